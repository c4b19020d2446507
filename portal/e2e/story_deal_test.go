package e2e

import (
	"encoding/json"
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

// becomes waits until a registration is in a state.
func (c *client) becomes(id, state string) dealt {
	c.t.Helper()
	var d dealt
	eventually(c.t, "the registration is "+state, func() bool {
		d = c.deal(id)
		return d.State == state
	})
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

// registers makes a registration with evidence and submits it.
func (c *client) registers(body string) string {
	c.t.Helper()
	var d dealt
	c.post("/api/v1/deals", body, 200, &d)
	c.act(d.ID, "files", `{"kind":"quote","name":"quote.txt","content":"cXVvdGU="}`, 200)
	c.act(d.ID, "submit", "", 200)
	return d.ID
}

// carrying is an 850 whose head carries a number as REF CT.
func carrying(p po, code string) string {
	if code == "" {
		return p.String()
	}
	s := strings.Replace(p.String(), "~CUR*BY*GBP~", "~CUR*BY*GBP~REF*CT*"+code+"~", 1)
	return strings.Replace(s, fmt.Sprintf("~SE*%d*", len(p.lines)+8), fmt.Sprintf("~SE*%d*", len(p.lines)+9), 1)
}

// TestStoryDeal: a lead is offered, lapses, is offered again and accepted; it becomes a
// registration, which is protected and won by the order that carries its number, as far
// as it is invoiced; a credit opens it again. A stock order wins nothing. Two partners
// register one customer, written differently; the dispute is ruled, and neither learns of
// the other. The program has a clock that the test turns on.
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
		toKestrel, toBaltic, ofAurelia := aurelia.partnership("kestrel"), aurelia.partnership("baltic"), kestrel.partnership("aurelia")

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
		aurelia.invoices("DEAL-1", `{"lines":[{"line":2,"quantity":"160"}]}`)
		if ack := string(kestrel.await("855", "DEAL-1")); !strings.Contains(ack, "REF*CT*"+r.Number) {
			t.Fatalf("the 855 does not carry the number:\n%s", ack)
		}
		partly := kestrel.becomes(r.ID, "partly_won")
		if partly.Won.Amount != "7440.00" {
			t.Fatalf("partly won: %+v", partly)
		}
		aurelia.invoices("DEAL-1", `{"lines":[{"line":1,"quantity":"240"}]}`)
		if won := kestrel.becomes(r.ID, "won"); won.Won.Amount != "27600.00" || won.Percent != 100 {
			t.Fatalf("won: %+v", won)
		}
		// the 810 of a credit opens it again
		credit := strings.NewReplacer("NUMBER", "CR-DEAL-1", "ORDER", "DEAL-1", "INVOICE", aurelia.invoiceOf("DEAL-1", "20160.00")).Replace(creditNote)
		tomas := s.token("tomas@aurelia.example", "edi:read,edi:write")
		tomas.processed(tomas.send(credit).ID)
		if open := kestrel.becomes(r.ID, "partly_won"); open.Won.Amount != "7440.00" {
			t.Fatalf("after the credit: %+v", open)
		}

		// two registrations for one customer, written differently
		body := `{"partner":"%s","title":"%s","customer":{"name":"%s","country":"GB","postcode":"%s","web":"%s"},"items":[{"sku":"AUR-D18B","quantity":"40"}],"value":{"amount":"3360.00","currency":"%s"},"close_on":"2027-12-15"}`
		held := kestrel.registers(fmt.Sprintf(body, ofAurelia, "Canary works", "Canary Works Ltd", "LS1 1AA", "https://www.canary-works.co.uk", "GBP"))
		aurelia.act(held, "approve", "", 200)
		claim := baltic.registers(fmt.Sprintf(body, baltic.partnership("aurelia"), "Offshore", "CANARY-WORKS (HOLDING)", "DN1 1AA", "offshore.canary-works.co.uk", "EUR"))
		var seen dealt
		eventually(t, "the supplier sees both side by side", func() bool {
			seen = aurelia.deal(claim)
			return len(seen.Similar) == 1
		})
		if seen.Similar[0].ID != held || seen.Similar[0].Registrant != "kestrel" || seen.Similar[0].By[0] != "domain" {
			t.Fatalf("similar: %+v", seen.Similar)
		}
		aurelia.act(claim, "approve", "", 409)
		aurelia.act(claim, "wait", `{"of":"`+held+`"}`, 200)
		baltic.act(claim, "contest", `{"reason":"worked_first","comment":"We met them in May"}`, 200)
		// neither learns of the other
		for _, x := range []struct {
			c     *client
			id    string
			words []string
		}{{kestrel, held, []string{claim, "baltic", "Baltic", "We met them", "HOLDING", "worked_first"}}, {baltic, claim, []string{held, "kestrel", "Kestrel", "Canary works", "LS1 1AA"}}} {
			for _, path := range []string{"/api/v1/deals/" + x.id, "/api/v1/deals?view=live", "/api/v1/deals?view=review", "/api/v1/deals?view=live&q=canary"} {
				a := x.c.do("GET", path, "", nil)
				for _, w := range x.words {
					if strings.Contains(string(a.body), w) {
						t.Fatalf("%s tells %q:\n%s", path, w, a.body)
					}
				}
			}
		}
		kestrel.act(claim, "withdraw", "", 404)
		if got := kestrel.deal(held); !got.Disputed || len(got.Disputes) != 1 {
			t.Fatalf("the holder reads %+v", got)
		}
		aurelia.act(claim, "rule", fmt.Sprintf(`{"dispute":"%s","ruling":"transfer","note":"Met in May"}`, aurelia.deal(claim).Disputes[0]), 200)
		if h, c := kestrel.deal(held), baltic.deal(claim); h.State != "released" || c.State != "protected" {
			t.Fatalf("ruled: %s, %s", h.State, c.State)
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

// invoiceOf is the number of the invoice of an order with this net.
func (c *client) invoiceOf(order, net string) string {
	c.t.Helper()
	var list struct{ Items []json.RawMessage }
	c.get("/api/v1/invoices?q="+order, &list)
	for _, raw := range list.Items {
		var i struct {
			Number string
			Net    struct{ Amount string }
		}
		if err := json.Unmarshal(raw, &i); err != nil {
			c.t.Fatal(err)
		}
		if i.Net.Amount == net {
			return i.Number
		}
	}
	c.t.Fatalf("no invoice of %s over %s: %s", order, net, list.Items)
	return ""
}

// creditNote is an 810 that credits line 1 of an order.
const creditNote = "ISA*00*          *00*          *ZZ*AURELIATOOLS   *ZZ*KESTRELSUPPLY  *261122*1030*^*00501*000960001*0*P*>~GS*IN*AURELIATOOLS*KESTRELSUPPLY*20261122*1030*960001*X*005010~ST*810*0001~BIG*20261122*NUMBER*20261122*ORDER***CR~CUR*SE*GBP~REF*IV*INVOICE~IT1*1*240*EA*84.00**VP*AUR-D18B~TDS*2016000~CTT*1~SE*8*0001~GE*1*960001~IEA*1*000960001~"
