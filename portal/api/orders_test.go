package api_test

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"entente/portal/portaltest"
)

func TestMain(m *testing.M) { portaltest.Main(m) }

var secret = regexp.MustCompile(`ent_[a-z2-7]{40,}`)

// caller is a program with a token of a demo person.
type caller struct {
	browser *portaltest.Client
	token   string
}

func program(t *testing.T, email, slug string, scopes ...string) caller {
	t.Helper()
	c := portaltest.Demo(t).As(t, email)
	made := c.Post(t, "/c/"+slug+"/company/tokens", url.Values{"name": {"test"}, "days": {"1"}, "scope": scopes})
	token := secret.FindString(c.Get(t, made.Location).Body)
	if token == "" {
		t.Fatalf("no token: %d %s", made.Status, made.Location)
	}
	return caller{c, token}
}

// do sends a body, none when empty, and reads the answer into out.
func (c caller) do(t *testing.T, method, path, body string, status int, out any) {
	t.Helper()
	headers := []string{"Authorization", "Bearer " + c.token}
	var r io.Reader
	if body != "" {
		r, headers = strings.NewReader(body), append(headers, "Content-Type", "application/json")
	}
	a := c.browser.Do(t, method, "/api/v1"+path, r, headers...)
	if a.Status != status {
		t.Fatalf("%s %s %s: %d, want %d\n%s", method, path, body, a.Status, status, a.Body)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal([]byte(a.Body), out); err != nil {
		t.Fatalf("%s %s: %v\n%s", method, path, err, a.Body)
	}
}

type anOrder struct {
	ID, State string
	Room      *string
	Version   int64
	Lines     []struct{ Confirmed, Shipped, Invoiced string }
}

type refusal struct {
	Code   string
	Errors []struct{ Location, Code, Message string }
}

// place orders ten drills under a new key and returns the order's address.
func place(t *testing.T, buyer caller, key string) string {
	t.Helper()
	key += "-" + rand.Text()
	var o anOrder
	buyer.do(t, http.MethodPost, "/orders", `{"supplier":"aurelia","key":"`+key+`","lines":[{"sku":"AUR-D18B","quantity":"10"}]}`, 201, &o)
	return "/orders/" + o.ID
}

// TestABodyLeftOut: no body accepts, ships, invoices and receives everything.
func TestABodyLeftOut(t *testing.T) {
	t.Parallel()
	buyer := program(t, portaltest.Dan, "kestrel", "orders:read", "orders:write")
	seller := program(t, portaltest.Ingrid, "aurelia", "orders:read", "orders:write")
	at := place(t, buyer, "no-body")
	for _, step := range []struct {
		by   caller
		does string
	}{{seller, "confirm"}, {seller, "ship"}, {seller, "invoice"}, {buyer, "receive"}} {
		step.by.do(t, http.MethodPost, at+"/"+step.does, "", 200, nil)
	}
	var o anOrder
	buyer.do(t, http.MethodGet, at, "", 200, &o)
	if l := o.Lines[0]; l.Confirmed != "10" || l.Shipped != "10" || l.Invoiced != "10" {
		t.Errorf("after every step without a body: %+v", o)
	}
}

// TestAnItemThatIsWrong: the refusal of an order names the place in the body.
func TestAnItemThatIsWrong(t *testing.T) {
	t.Parallel()
	buyer := program(t, portaltest.Dan, "kestrel", "orders:write")
	var r refusal
	buyer.do(t, http.MethodPost, "/orders", `{"supplier":"aurelia","key":"wrong","lines":[{"sku":"AUR-D18B","quantity":"1"},{"sku":"AUR-NOPE","quantity":"1"}]}`, 422, &r)
	if len(r.Errors) != 1 || r.Errors[0].Location != "lines.1.sku" {
		t.Errorf("an unknown item: %+v", r)
	}
}

// TestANoughtIsNotEverything: a quantity of nought is refused, not read as all that
// is open.
func TestANoughtIsNotEverything(t *testing.T) {
	t.Parallel()
	buyer := program(t, portaltest.Dan, "kestrel", "orders:read", "orders:write")
	seller := program(t, portaltest.Ingrid, "aurelia", "orders:read", "orders:write")
	at := place(t, buyer, "nought")
	for _, body := range []string{
		`{"lines":[{"line":1,"action":"accept","quantity":"0"}]}`,
		`{"lines":[{"line":1,"action":"reject","quantity":"0.00"}]}`,
		`{"lines":[{"line":1,"action":"accept","quantity":"10"},{"line":1,"action":"backorder","quantity":"0"}]}`,
	} {
		var r refusal
		seller.do(t, http.MethodPost, at+"/confirm", body, 422, &r)
		if len(r.Errors) != 1 || r.Errors[0].Code != "trade.quantity_wrong" || !strings.Contains(r.Errors[0].Message, "Line 1") {
			t.Errorf("%s: %+v", body, r)
		}
	}
	var o anOrder
	seller.do(t, http.MethodPost, at+"/confirm", `{}`, 200, &o)
	seller.do(t, http.MethodPost, at+"/invoice", `{"lines":[{"line":1,"quantity":"0"}]}`, 422, nil)
	seller.do(t, http.MethodGet, at, "", 200, &o)
	if l := o.Lines[0]; l.Confirmed != "10" || l.Invoiced != "0" {
		t.Errorf("after the refusals: %+v", o)
	}
}

// TestAnOrderAsAnERPWritesIt: item numbers of three kinds, prices, dates and the
// place of delivery; the same number again is the same order, other content under
// it is held.
func TestAnOrderAsAnERPWritesIt(t *testing.T) {
	t.Parallel()
	buyer := program(t, portaltest.Chen, "huadong", "orders:read", "orders:write")
	number := "API-" + rand.Text()[:8]
	body := func(quantity string) string {
		return `{"supplier":"aurelia","number":"` + number + `","requested":"2027-03-01","ship_to":{"name":"Huadong","street":"1 Hongqiao Rd","city":"Shanghai","country":"CN"},"lines":[{"sku":"AUR-D18B","quantity":"` + quantity + `","price":"1","requested_on":"2027-03-05"},{"sku":"AUR-G125","quantity":"2"}]}`
	}
	type written struct {
		ID, Number, Held string
		RequestedOn      string `json:"requested_on"`
		Lines            []struct {
			SKU, Quantity string
			Price         struct{ Amount string }
			RequestedOn   string `json:"requested_on"`
			Marks         []string
		}
	}
	var one, two, three written
	buyer.do(t, http.MethodPost, "/orders", body("10"), 201, &one)
	buyer.do(t, http.MethodPost, "/orders", body("10"), 201, &two)
	if one.ID == "" || one.ID != two.ID || one.RequestedOn != "2027-03-01" || len(one.Lines) != 2 || one.Lines[0].RequestedOn != "2027-03-05" || one.Lines[0].Price.Amount != "1.00" || len(one.Lines[0].Marks) != 1 || one.Lines[0].Marks[0] != "price_differs" {
		t.Errorf("booked %+v, again %s", one, two.ID)
	}
	buyer.do(t, http.MethodPost, "/orders", body("11"), 201, &three)
	if three.ID != one.ID || three.Held != "duplicate" || three.Lines[0].Quantity != "10" {
		t.Errorf("other content under the number: %+v", three)
	}
	var r refusal
	buyer.do(t, http.MethodPost, "/orders", `{"supplier":"aurelia","lines":[{"quantity":"1"},{"gtin":"123","quantity":"1"},{"sku":"AUR-D18B","quantity":"1","unit":"PL9"}]}`, 422, &r)
	if len(r.Errors) != 3 {
		t.Errorf("refused with %+v", r)
	}
	stranger := program(t, portaltest.Chen, "huadong", "orders:read")
	stranger.do(t, http.MethodPost, "/orders", body("10"), 403, nil)
}

// TestTwoOrdersOnOneInvoice: a change is asked for and withdrawn, and two orders are invoiced
// together.
func TestTwoOrdersOnOneInvoice(t *testing.T) {
	t.Parallel()
	buyer, seller := program(t, portaltest.Dan, "kestrel", "orders:write", "orders:read"), program(t, portaltest.Ingrid, "aurelia", "orders:write", "orders:read", "invoices:read")
	one, two := place(t, buyer, "together-1"), place(t, buyer, "together-2")
	var o struct {
		ID      string
		Changes []struct{ ID, Kind, State string }
	}
	buyer.do(t, http.MethodPost, one+"/changes", `{"lines":[{"line":1,"quantity":"4"}]}`, 201, &o)
	back := one + "/changes/" + o.Changes[0].ID + "/withdraw"
	seller.do(t, http.MethodPost, back, "", 403, nil)
	buyer.do(t, http.MethodPost, two+"/changes/"+o.Changes[0].ID+"/withdraw", "", 404, nil)
	buyer.do(t, http.MethodPost, back, "", 200, &o)
	if len(o.Changes) != 2 || o.Changes[0].State != "withdrawn" || o.Changes[1].Kind != "withdrawal" {
		t.Fatalf("%+v", o.Changes)
	}
	ids := make([]string, 2)
	for i, path := range []string{one, two} {
		seller.do(t, http.MethodPost, path+"/confirm", "", 200, &o)
		seller.do(t, http.MethodPost, path+"/ship", "", 200, nil)
		ids[i] = o.ID
	}
	var inv struct {
		Net    struct{ Amount string }
		Orders []struct{ ID string }
		Lines  []struct{ Order string }
	}
	body := `{"tax_rate":"0.2","orders":[{"order":"` + ids[0] + `"},{"order":"` + ids[1] + `","lines":[{"line":1,"quantity":"QUANTITY"}]}]}`
	var bad refusal
	seller.do(t, http.MethodPost, "/invoices", strings.Replace(body, "QUANTITY", "11", 1), 422, &bad)
	if len(bad.Errors) == 0 || !strings.Contains(bad.Errors[0].Location, "orders.1.lines.0.quantity") {
		t.Errorf("%+v", bad)
	}
	seller.do(t, http.MethodPost, "/invoices", strings.Replace(body, "QUANTITY", "6", 1), 201, &inv)
	if len(inv.Orders) != 2 || len(inv.Lines) != 2 || inv.Lines[1].Order == inv.Lines[0].Order {
		t.Errorf("%+v", inv)
	}
}
