package api_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// post sends bytes to the documents' address.
func (c caller) post(t *testing.T, query, kind, body string, status int, out any) {
	t.Helper()
	a := c.browser.Do(t, "POST", "/api/v1/documents"+query, strings.NewReader(body), "Authorization", "Bearer "+c.token, "Content-Type", kind)
	if a.Status != status {
		t.Fatalf("%s %s: %d, want %d\n%s", query, body, a.Status, status, a.Body)
	}
	if err := json.Unmarshal([]byte(a.Body), out); err != nil {
		t.Fatalf("%v\n%s", err, a.Body)
	}
}

// TestDocuments: an order as CSV, JSON or by its looks is taken, told in words, read in
// another form, and not taken twice; what cannot be read is refused with the place.
func TestDocuments(t *testing.T) {
	t.Parallel()
	c := program(t, "maya@kestrel.example", "kestrel", "edi:read", "edi:write")
	csv := "document,number,date,currency,vendor_item,quantity,unit,price\n850,API-FORM-1,2026-11-22,GBP,AUR-D18B,24,EA,84.00\n850,API-FORM-2,2026-11-22,GBP,AUR-D18B,many,EA,84.00\n"
	var taken struct {
		ID        string
		Duplicate bool
	}
	c.post(t, "?partner=aurelia", "text/csv", csv, 202, &taken)
	id := taken.ID
	if c.post(t, "", "application/octet-stream", csv, 202, &taken); !taken.Duplicate || taken.ID != id {
		t.Errorf("again: %+v", taken)
	}
	var m struct {
		State, Format string
		Result        *string
		Sets          []struct {
			Type, Number, Result, Business string
			Findings                       []struct{ Key, Text string }
		}
	}
	for end := time.Now().Add(20 * time.Second); m.State != "processed" && time.Now().Before(end); {
		c.do(t, "GET", "/documents/"+id, "", 200, &m)
	}
	if m.Format != "csv" || m.Result == nil || *m.Result != "partly" || len(m.Sets) != 2 || m.Sets[0].Business != "booked" || m.Sets[1].Result != "rejected" {
		t.Fatalf("%+v", m)
	}
	if f := m.Sets[1].Findings; len(f) == 0 || f[0].Text != "row 3, quantity: “many” is not a number." {
		t.Errorf("%+v", f)
	}
	var order struct {
		Type     string
		Document struct {
			Number string
			Lines  []struct{ Quantity string }
		}
	}
	if c.do(t, "GET", "/documents/"+id+"/1", "", 200, &order); order.Type != "850" || order.Document.Number != "API-FORM-1" || order.Document.Lines[0].Quantity != "24" {
		t.Errorf("%+v", order)
	}
	a := c.browser.Do(t, "GET", "/api/v1/documents/"+id+"/1?format=ubl", nil, "Authorization", "Bearer "+c.token)
	if a.Status != 200 || !strings.Contains(a.Body, "urn:oasis:names:specification:ubl:schema:xsd:Order-2") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	var refused struct{ Code, Detail string }
	c.post(t, "", "application/json", `{"type":"850","document":{"lines":[{"quantity":2}]}}`, 422, &refused)
	if refused.Code != "edi.error.json.text" || !strings.Contains(refused.Detail, "document.lines[0].quantity") {
		t.Errorf("%+v", refused)
	}
	if c.post(t, "?partner=baltic", "text/csv", csv, 422, &refused); refused.Code != "edi.receiver_unknown" {
		t.Errorf("a competitor: %+v", refused)
	}
	other := program(t, "kaarel@baltic.example", "baltic", "edi:read", "edi:write")
	for _, path := range []string{"/documents/" + id, "/documents/" + id + "/1"} {
		other.do(t, "GET", path, "", 404, nil)
	}
}
