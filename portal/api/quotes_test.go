package api_test

import (
	"net/http"
	"testing"

	"entente/portal/portaltest"
)

type aQuote struct {
	ID, Number, State, Order, Approval string
	Round                              int
	Total                              struct{ Amount, Currency string }
	Lines                              []struct {
		Price string
		Steps []struct{ Kind, Price string }
	}
	Rounds []struct {
		Round   int
		Changes []struct{ Field, Was, Now string }
	}
}

// TestQuotesOverTheAPI: asked for, offered and accepted by programs; each answer names the
// round that was seen, a repeated acceptance is the same order, a competitor sees nothing.
func TestQuotesOverTheAPI(t *testing.T) {
	t.Parallel()
	ingrid := program(t, portaltest.Ingrid, "aurelia", "quotes:write")
	chen := program(t, portaltest.Chen, "huadong", "quotes:write", "orders:write", "leads:read")
	kaarel := program(t, portaltest.Kaarel, "baltic", "quotes:write")
	refused := func(c caller, path, body string, status int, code string) {
		t.Helper()
		var r refusal
		c.do(t, http.MethodPost, path, body, status, &r)
		if r.Code != code && (len(r.Errors) == 0 || r.Errors[0].Code != code) {
			t.Errorf("POST %s: %+v, want %s", path, r, code)
		}
	}
	line := func(price string) string {
		return `"lines":[{"sku":"AUR-D18B","quantity":"30","price":"` + price + `"}]`
	}
	refused(chen, "/quotes/requests", `{"partner":"aurelia","lines":[{"sku":"NOPE","quantity":"1"}]}`, 422, "trade.item_unknown")
	var q aQuote
	chen.do(t, http.MethodPost, "/quotes/requests", `{"partner":"aurelia","key":"api-1","customer":"四号线","note":"API",`+line("500")+`}`, 200, &q)
	if q.State != "requested" || q.Round != 1 || len(q.Lines) != 1 || q.Lines[0].Steps[len(q.Lines[0].Steps)-1].Kind != "asked" {
		t.Fatalf("%+v", q)
	}
	at := "/quotes/" + q.ID
	ingrid.do(t, http.MethodPost, at+"/offers", `{"round":1,`+line("520")+`}`, 200, &q)
	if q.State != "offered" || q.Total.Amount != "15600.00" || len(q.Rounds) != 2 || len(q.Rounds[0].Changes) == 0 {
		t.Fatalf("%+v", q)
	}
	if q.Lines[0].Price != "520.00" {
		t.Errorf("price %s", q.Lines[0].Price)
	}
	chen.do(t, http.MethodGet, at+"/pdf?lang=xx", "", 422, nil)
	chen.do(t, http.MethodGet, "/leads?least=x&currency=CNY", "", 422, nil)
	kaarel.do(t, http.MethodGet, at, "", 404, nil)
	refused(kaarel, at+"/accept", `{"round":2,"order":true}`, 404, "not_found")
	refused(chen, at+"/accept", `{"round":1,"order":true}`, 409, "quote.changed")
	refused(chen, at+"/decline", `{"round":2,"reason":"weather"}`, 422, "form.choice_wrong")
	chen.do(t, http.MethodPost, at+"/accept", `{"round":2,"order":true,"number":"HD-API-Q","ship_to":{"name":"华东五金","city":"上海"}}`, 200, &q)
	first := q.Order
	chen.do(t, http.MethodPost, at+"/accept", `{"round":2,"order":true}`, 200, &q)
	if q.State != "accepted" || first == "" || q.Order != first {
		t.Fatalf("accepted twice: %+v", q)
	}
	var list struct{ Items []aQuote }
	ingrid.do(t, http.MethodGet, "/quotes?side=supplier&view=accepted&q="+q.Number, "", 200, &list)
	if len(list.Items) == 0 {
		t.Error("the supplier does not find it")
	}
	kaarel.do(t, http.MethodGet, "/quotes?q="+q.Number, "", 200, &list)
	for _, x := range list.Items {
		if x.ID == q.ID {
			t.Error("a competitor lists it")
		}
	}
}

// TestOfferKeptBack: a program sets a rule for quotes, finds what it keeps back under the
// quote, and lets it go.
func TestOfferKeptBack(t *testing.T) {
	t.Parallel()
	ingrid := program(t, portaltest.Ingrid, "aurelia", "quotes:write", "approvals:rules", "approvals:write")
	kaarel := program(t, portaltest.Kaarel, "baltic", "quotes:write")
	ingrid.do(t, http.MethodPost, "/approval-rules", `{"about":"quote","test":"limit","limit":{"amount":"9000000.00","currency":"EUR"},"role":"manager","active":true}`, 200, nil)
	var q, kept aQuote
	kaarel.do(t, http.MethodPost, "/quotes/requests", `{"partner":"aurelia","title":"Large","lines":[{"sku":"AUR-D18B","quantity":"200000"}]}`, 200, &q)
	offer := `{"round":1,"lines":[{"sku":"AUR-D18B","quantity":"200000","price":"90"}]}`
	ingrid.do(t, http.MethodPost, "/quotes/"+q.ID+"/offers", offer, 200, &kept)
	var r struct{ ID, Kind, State, Order, Quote string }
	ingrid.do(t, http.MethodGet, "/approvals/"+kept.Approval, "", 200, &r)
	if kept.State != "requested" || r.Kind != "quote" || r.Quote != q.ID || r.Order != "" {
		t.Fatalf("%+v %+v", kept, r)
	}
	kept = aQuote{}
	kaarel.do(t, http.MethodGet, "/quotes/"+q.ID, "", 200, &kept)
	if kept.Round != 1 || kept.Approval != "" {
		t.Fatalf("the reseller sees %+v", kept)
	}
	ingrid.do(t, http.MethodPost, "/approvals/"+r.ID+"/approve", "", 200, &r)
	kaarel.do(t, http.MethodGet, "/quotes/"+q.ID, "", 200, &kept)
	if r.State != "granted" || kept.State != "offered" || kept.Round != 2 {
		t.Fatalf("%+v %+v", r, kept)
	}
}

// TestOptionsOverTheAPI: programs read and write options, try a configuration and are told
// why it does not stand, and ask for one.
func TestOptionsOverTheAPI(t *testing.T) {
	t.Parallel()
	ingrid := program(t, portaltest.Ingrid, "aurelia", "catalog:write", "catalog:read")
	maya := program(t, portaltest.Maya, "kestrel", "quotes:write", "quotes:read", "catalog:read")
	kaarel := program(t, portaltest.Kaarel, "baltic", "catalog:write", "catalog:read")
	var o struct {
		Revision int
		Groups   []struct{ Code string }
	}
	ingrid.do(t, http.MethodPut, "/products/AUR-LM50/options", `{"revision":0,"groups":[{"code":"case","name_en":"Case","most":1,"options":[{"code":"soft","name_en":"soft","most":1}]}]}`, 200, &o)
	maya.do(t, http.MethodGet, "/products/AUR-LM50/options?supplier=aurelia", "", 200, &o)
	if o.Revision != 1 || o.Groups[0].Code != "CASE" {
		t.Errorf("%+v", o)
	}
	ingrid.do(t, http.MethodPut, "/products/AUR-LM50/options", `{"revision":0,"groups":[]}`, 409, nil)
	ingrid.do(t, http.MethodPut, "/products/AUR-LM50/options", `{"revision":1,"groups":[],"rules":[{"kind":"adds","if":"A","then":["B"]}]}`, 422, nil)
	kaarel.do(t, http.MethodPut, "/products/AUR-LM50/options", `{"revision":1,"groups":[]}`, 404, nil)
	var got struct {
		Items []struct {
			Orderable bool
			Price     string
			Steps     []struct{ Kind, Option, Add string }
			Problems  []struct{ Kind string }
			Blocked   []struct {
				Option  string
				Because []string
			}
		}
	}
	maya.do(t, http.MethodPost, "/quotes/configure", `{"partner":"aurelia","lines":[{"sku":"AUR-W18H","quantity":"1","options":[{"option":"HALF"}]},{"sku":"AUR-W18H","quantity":"1"},{"sku":"NOPE","quantity":"1"}]}`, 200, &got)
	if l := got.Items[0]; !l.Orderable || l.Price != "142.00" || len(l.Blocked) != 1 || l.Blocked[0].Option != "SOCKETS" || l.Blocked[0].Because[0] != "HALF" {
		t.Errorf("%+v", l)
	}
	if l := got.Items[1]; l.Orderable || l.Problems[0].Kind != "group_required" || got.Items[2].Orderable {
		t.Errorf("%+v", got)
	}
	maya.do(t, http.MethodPost, "/quotes/requests", `{"partner":"aurelia","lines":[{"sku":"AUR-W18H","quantity":"1"}]}`, 422, nil)
	var q aQuote
	maya.do(t, http.MethodPost, "/quotes/requests", `{"partner":"aurelia","lines":[{"sku":"AUR-W18H","quantity":"1","options":[{"option":"THREEQ"}]}]}`, 200, &q)
	if q.Lines[0].Price != "159.75" {
		t.Errorf("price %s", q.Lines[0].Price)
	}
}
