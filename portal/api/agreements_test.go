package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"entente/portal/portaltest"
)

type anAgreement struct {
	ID, Partner, Side, State, Hash, Reason, Note string
	Number                                       int
	ProposedBy                                   string `json:"proposed_by"`
	AnsweredBy                                   string `json:"answered_by"`
	Starts                                       string
	Body                                         struct {
		DuplicateDays int `json:"duplicate_days"`
		Reseller      struct {
			TaxNumber string `json:"tax_number"`
		}
	}
}

// TestAgreements: one side proposes, the other reads the text and confirms it by its
// hash; with the faults of the pages.
func TestAgreements(t *testing.T) {
	t.Parallel()
	aurelia := program(t, portaltest.Ingrid, "aurelia", "agreements:read", "agreements:write")
	huadong := program(t, portaltest.Chen, "huadong", "agreements:read", "agreements:write")
	reader := program(t, portaltest.Chen, "huadong", "agreements:read")
	kestrel := program(t, portaltest.Maya, "kestrel", "agreements:read", "agreements:write")
	refused := func(c caller, path, body string, status int, code string) refusal {
		t.Helper()
		var r refusal
		c.do(t, http.MethodPost, path, body, status, &r)
		if r.Code != code && (len(r.Errors) == 0 || r.Errors[0].Code != code) {
			t.Errorf("POST %s: %+v, want %s", path, r, code)
		}
		return r
	}
	refused(aurelia, "/agreements", `{"partner":"huadong","body":{}}`, 422, "agreement.nothing")
	refused(aurelia, "/agreements", `{"partner":"huadong","body":{"x12":"5010"}}`, 422, "agreement.version_wrong")
	refused(aurelia, "/agreements", `{"partner":"kestrel-of-nowhere","body":{"x12":"005010"}}`, 404, "not_found")
	refused(kestrel, "/agreements", `{"partner":"huadong","body":{"x12":"005010"}}`, 404, "not_found")
	refused(reader, "/agreements", `{"partner":"aurelia","body":{"x12":"005010"}}`, 403, "token.scope_missing")

	var made, seen anAgreement
	aurelia.do(t, http.MethodPost, "/agreements", `{"partner":"huadong","note":"As discussed","body":{"duplicate_days":40,"reseller":{"tax_number":"91310101MA1FL0AB3X"},"guides":[{"guide":"entente/1","name":"Orders","version":"005010","set":"850","rules":[{"path":"BEG01","codes":["00"]}]}]}}`, 201, &made)
	if made.State != "proposed" || made.Number != 1 || made.Partner != "huadong" || made.Side != "supplier" || made.ProposedBy != "aurelia" || len(made.Hash) != 64 {
		t.Fatalf("%+v", made)
	}
	refused(aurelia, "/agreements", `{"partner":"huadong","body":{"x12":"005010"}}`, 409, "agreement.open")
	var open struct{ Items []anAgreement }
	huadong.do(t, http.MethodGet, "/agreements?state=proposed", "", 200, &open)
	if len(open.Items) != 1 || open.Items[0].ID != made.ID || open.Items[0].Side != "reseller" || open.Items[0].Partner != "aurelia" {
		t.Fatalf("%+v", open)
	}
	at := "/agreements/" + made.ID
	huadong.do(t, http.MethodGet, at, "", 200, &seen)
	if seen.Note != "As discussed" || seen.Body.DuplicateDays != 40 || seen.Body.Reseller.TaxNumber != "91310101MA1FL0AB3X" {
		t.Errorf("%+v", seen)
	}
	kestrel.do(t, http.MethodGet, at, "", 404, nil)
	refused(kestrel, at+"/confirm", `{"hash":"`+seen.Hash+`"}`, 404, "not_found")
	refused(aurelia, at+"/confirm", `{"hash":"`+seen.Hash+`"}`, 403, "agreement.own")
	refused(huadong, at+"/confirm", `{"hash":"`+strings.Repeat("0", 64)+`"}`, 409, "agreement.other_text")
	refused(huadong, at+"/withdraw", "", 403, "agreement.not_own")
	for range 2 { // the same call again is no error
		huadong.do(t, http.MethodPost, at+"/confirm", `{"hash":"`+seen.Hash+`"}`, 200, &seen)
	}
	if seen.State != "confirmed" || seen.AnsweredBy != "huadong" || seen.Starts == "" {
		t.Errorf("%+v", seen)
	}
	refused(huadong, at+"/decline", `{"reason":"x"}`, 409, "agreement.answered")

	refused(huadong, "/agreements", `{"partner":"aurelia","body":{"duplicate_days":50}}`, 409, "agreement.changed")
	huadong.do(t, http.MethodPost, "/agreements", `{"partner":"aurelia","base":1,"body":{"duplicate_days":50}}`, 201, &made)
	aurelia.do(t, http.MethodPost, "/agreements/"+made.ID+"/decline", `{"reason":"Too long"}`, 200, &made)
	if made.State != "declined" || made.Reason != "Too long" || made.Number != 2 {
		t.Errorf("%+v", made)
	}
	huadong.do(t, http.MethodPost, "/agreements", `{"partner":"aurelia","base":1,"body":{"duplicate_days":60}}`, 201, &made)
	huadong.do(t, http.MethodPost, "/agreements/"+made.ID+"/withdraw", "", 200, &made)
	var all struct {
		Items []anAgreement
		Next  *string
	}
	seenOf, after := map[int]string{}, ""
	for range 3 {
		all.Next = nil
		huadong.do(t, http.MethodGet, fmt.Sprintf("/agreements?limit=1&partner=aurelia%s", after), "", 200, &all)
		for _, x := range all.Items {
			seenOf[x.Number] = x.State
		}
		if all.Next != nil {
			after = "&after=" + *all.Next
		}
	}
	if fmt.Sprint(seenOf) != "map[1:confirmed 2:declined 3:withdrawn]" || all.Next != nil {
		t.Errorf("%v, next %v", seenOf, all.Next)
	}
}
