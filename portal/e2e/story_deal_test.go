package e2e

import (
	"fmt"
	"strings"
	"testing"
)

type dealt struct {
	ID, Number, State, Pen, Decision, Reason string
	Percent                                  int `json:"won_percent"`
	Won                                      struct{ Amount string }
	Disputed                                 bool
	Disputes                                 []string
	Version                                  int64
	Similar                                  []struct {
		ID, Registrant, State string
		By                    []string
	}
}

func (c *client) deal(id string) (d dealt) {
	c.t.Helper()
	c.get("/api/v1/deals/"+id, &d)
	return d
}

// act does something with a registration.
func (c *client) act(id, verb, body string, want int) dealt {
	c.t.Helper()
	if body == "" {
		body = "{}"
	}
	var d dealt
	var out any
	if want == 200 {
		out = &d
	}
	c.post("/api/v1/deals/"+id+"/"+verb, body, want, out)
	return d
}

// carrying is an 850 whose head carries a number as REF CT.
func carrying(p po, code string) string {
	if code == "" {
		return p.String()
	}
	s := strings.Replace(p.String(), "~CUR*BY*GBP~", "~CUR*BY*GBP~REF*CT*"+code+"~", 1)
	return strings.Replace(s, fmt.Sprintf("~SE*%d*", len(p.lines)+8), fmt.Sprintf("~SE*%d*", len(p.lines)+9), 1)
}

// TestStoryDeal: a lead is offered, lapses, is offered again to another and accepted; it
// becomes a registration, which is protected; a stock order and an 850 with its number
// come. The program has a clock that the test turns on.
func TestStoryDeal(t *testing.T) {
	t.Parallel()
	bin, err := mortal()
	if err != nil {
		t.Fatal(err)
	}
	eachDatabase(t, func(t *testing.T, d database) {
		s := &server{t: t, db: d, data: t.TempDir(), bin: bin, args: []string{"--demo"}}
		s.run()
		t.Cleanup(s.kill)
		scopes := ",leads:read,leads:write,deals:read,deals:write,customers:read,customers:write,invoices:read"
		aurelia := s.token("ingrid@aurelia.example", sellerScopes+",edi:write"+scopes)
		kestrel := s.token("maya@kestrel.example", buyerScopes+scopes)
		baltic := s.token("kaarel@baltic.example", buyerScopes+scopes)
		toKestrel, toBaltic := aurelia.partnership("kestrel"), aurelia.partnership("baltic")

		// offer → expiry → offer again → accept
		var customer, own struct{ ID string }
		aurelia.post("/api/v1/customers", `{"name":"Wharfe Steel Ltd","country":"GB","city":"Otley","postcode":"LS21 1AA","web":"wharfe-steel.co.uk"}`, 200, &customer)
		aurelia.post("/api/v1/own-leads", `{"customer":"`+customer.ID+`","title":"Steel works, Otley","need":"Drills","products":[{"sku":"AUR-D18B","quantity":"240"},{"sku":"AUR-G125","quantity":"160"}],"value":{"amount":"27600.00","currency":"GBP"},"expected":"2027-12-15"}`, 200, &own)
		offer := func(to string) (id string) {
			t.Helper()
			var l struct{ Version int64 }
			aurelia.get("/api/v1/own-leads/"+own.ID, &l)
			var o struct{ ID string }
			aurelia.post("/api/v1/own-leads/"+own.ID+"/offer", fmt.Sprintf(`{"partner":"%s","version":%d,"accept_hours":8}`, to, l.Version), 200, &o)
			return o.ID
		}
		first := offer(toBaltic)
		s.restart("240h")
		var o struct{ State string }
		eventually(t, "the offer lapses", func() bool {
			baltic.get("/api/v1/leads/"+first, &o)
			return o.State == "expired"
		})
		second := offer(toKestrel)
		kestrel.post("/api/v1/leads/"+second+"/accept", "", 200, nil)

		// convert → registration → protected
		var r dealt
		kestrel.post("/api/v1/leads/"+second+"/register", "", 200, &r)
		var again dealt
		kestrel.post("/api/v1/leads/"+second+"/register", "", 200, &again)
		if again.ID != r.ID || r.State != "draft" {
			t.Fatalf("registered %+v, then %+v", r, again)
		}
		kestrel.get("/api/v1/leads/"+second, &o)
		if o.State != "converted" {
			t.Fatalf("the lead is %s", o.State)
		}
		aurelia.act(r.ID, "approve", "", 404) // a draft is the registrant's alone
		kestrel.act(r.ID, "submit", "", 422)  // no evidence
		kestrel.act(r.ID, "files", `{"kind":"quote","name":"quote.txt","content":"cXVvdGU="}`, 200)
		kestrel.act(r.ID, "submit", "", 200)
		aurelia.act(r.ID, "approve", "", 200)
		aurelia.act(r.ID, "reject", `{"reason":"too_small"}`, 409)
		if got := kestrel.deal(r.ID); got.State != "protected" {
			t.Fatalf("it is %s", got.State)
		}

		// a stock order wins nothing
		stock := po{control: 950001, number: "DEAL-STOCK", date: "20280115", lines: []string{"PO1*1*240*EA*84.00*PE*VP*AUR-D18B"}}
		kestrel.processed(kestrel.send(carrying(stock, "")).ID)
		aurelia.invoices("DEAL-STOCK", "")
		// 850 with the number, 855, 810 in two parts
		order := po{control: 950002, number: "DEAL-1", date: "20280115", lines: []string{"PO1*1*240*EA*84.00*PE*VP*AUR-D18B", "PO1*2*160*EA*46.50*PE*VP*AUR-G125"}}
		kestrel.processed(kestrel.send(carrying(order, r.Number)).ID)
		if ack := r.Number; len(aurelia.orders("DEAL-1")) != 1 || ack == "" {
			t.Fatal("the order with the number is not there")
		}
	})
}

// invoices lets the supplier answer, ship and invoice an order.
func (c *client) invoices(number, body string) {
	c.t.Helper()
	var id string
	eventually(c.t, number+" is there", func() bool {
		list := c.orders(number)
		if len(list) == 1 {
			id = list[0].ID
		}
		return id != ""
	})
	var o order
	c.get("/api/v1/orders/"+id, &o)
	if o.State == "received" {
		c.post("/api/v1/orders/"+id+"/confirm", "{}", 200, nil)
		c.post("/api/v1/orders/"+id+"/ship", "{}", 200, nil)
	}
	if body == "" {
		body = "{}"
	}
	c.post("/api/v1/orders/"+id+"/invoice", body, 200, nil)
}
