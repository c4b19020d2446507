package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
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

// carrying is an 850 whose head carries a number as REF CT, or with another qualifier.
func carrying(p po, qualifier, code string) string {
	if code == "" {
		return p.String()
	}
	s := strings.Replace(p.String(), "~CUR*BY*GBP~", "~CUR*BY*GBP~REF*"+qualifier+"*"+code+"~", 1)
	return strings.Replace(s, fmt.Sprintf("~SE*%d*", len(p.lines)+8), fmt.Sprintf("~SE*%d*", len(p.lines)+9), 1)
}

// TestStoryDeal: a lead is offered, lapses, is offered again to another and accepted; it
// becomes a registration, which is protected; a stock order wins nothing, an 850 with the
// number of the quote that was made for it accepts that quote and counts, is answered (855) and invoiced in parts (810): partly won, won, and partly won again
// after a return is credited. What is sold on to the customer (867) wins it anew, and a
// customer's return takes it back. Another distributor registers the same customer in other
// words, and sells to it (SLSRPT): a dispute, which is ruled. The program has a clock that the
// test turns on.
func TestStoryDeal(t *testing.T) {
	t.Parallel()
	bin, err := mortal()
	if err != nil {
		t.Fatal(err)
	}
	eachDatabase(t, func(t *testing.T, d database) {
		s := &server{t: t, db: d, data: t.TempDir(), bin: bin, args: []string{"--demo"}}
		s.takeDemo()
		s.run()
		t.Cleanup(s.kill)
		scopes := ",quotes:read,quotes:write,leads:read,leads:write,deals:read,deals:write,customers:read,customers:write,invoices:read"
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
		kestrel.processed(kestrel.send(carrying(stock, "", "")).ID)
		aurelia.invoices("DEAL-STOCK", "")
		// a quote for it; 850 with its number, 855, 810 in two parts
		var q struct{ ID, Number, State, Order string }
		aurelia.post("/api/v1/quotes/offers", fmt.Sprintf(`{"partner":"kestrel","deal":%q,"from":"2020-01-01","until":%q,"lines":[{"sku":"AUR-D18B","quantity":"240","price":"84.00"},{"sku":"AUR-G125","quantity":"160","price":"46.50"}]}`, r.ID, time.Now().AddDate(1, 0, 0).Format(time.DateOnly)), 200, &q)
		order := po{control: 950002, number: "DEAL-1", date: "20280115", lines: []string{"PO1*1*240*EA*84.00*PE*VP*AUR-D18B", "PO1*2*160*EA*46.50*PE*VP*AUR-G125"}}
		kestrel.processed(kestrel.send(carrying(order, "PR", q.Number)).ID)
		won := func(want string, least, most int) {
			t.Helper()
			var got dealt
			eventually(t, "the deal is "+want, func() bool {
				got = kestrel.deal(r.ID)
				return got.State == want && got.Percent >= least && got.Percent <= most
			})
		}
		orderOf := func(number string) string {
			t.Helper()
			list := aurelia.orders(number)
			if len(list) != 1 {
				t.Fatalf("%s: %+v", number, list)
			}
			return list[0].ID
		}
		kestrel.get("/api/v1/quotes/"+q.ID, &q)
		if q.State != "accepted" || q.Order != orderOf("DEAL-1") {
			t.Fatalf("the order accepts the quote: %+v", q)
		}
		won("protected", 0, 0) // the stock order is invoiced by now
		aurelia.post("/api/v1/orders/"+orderOf("DEAL-1")+"/confirm", "{}", 200, nil)
		if ack := kestrel.await("855", "DEAL-1"); !strings.Contains(string(ack), "ACK*IA*240") {
			t.Fatalf("%s", ack)
		}
		aurelia.post("/api/v1/orders/"+orderOf("DEAL-1")+"/ship", "{}", 200, nil)
		invoice := func(body string) (id string) {
			t.Helper()
			var inv struct{ ID string }
			aurelia.post("/api/v1/orders/"+orderOf("DEAL-1")+"/invoice", body, 200, &inv)
			kestrel.await("810", "DEAL-1")
			return inv.ID
		}
		invoice(`{"lines":[{"line":1,"quantity":"100"}]}`) // 8,400 of 27,600
		won("partly_won", 30, 30)
		last := invoice(`{"lines":[{"line":1,"quantity":"140"}]}`)
		won("won", 73, 73)

		// goods come back: what they won is taken back
		var back goodsReturn
		kestrel.post("/api/v1/orders/"+orderOf("DEAL-1")+"/returns", `{"lines":[{"line":1,"quantity":"140","reason":"DM"}]}`, 201, &back)
		aurelia.post("/api/v1/returns/"+back.ID+"/decide", `{}`, 200, nil)
		aurelia.post("/api/v1/returns/"+back.ID+"/receive", `{}`, 200, nil)
		aurelia.post("/api/v1/returns/"+back.ID+"/credit", `{}`, 200, nil)
		kestrel.await("810", "***CR")
		won("partly_won", 30, 30)
		if last == "" {
			t.Fatal("the invoice has no id")
		}

		// sold on to the customer (867): more than was invoiced, and won again; a customer's
		// return takes it back
		sold := func(control int, number string, lines ...string) {
			t.Helper()
			day := time.Now().UTC().Add(240 * time.Hour).Format("20060102") // of the program; one to come would be in doubt
			body := append([]string{"BPT*00*" + number + "*" + day + "*02", "DTM*090*" + day, "DTM*091*" + day, "N1*SE*Kestrel Supply*92*KESTREL"}, lines...)
			kestrel.booked(fromKestrel("PT", "867", control, body...))
		}
		sold(950003, "DEAL-SR1", "PTD*SS", "N1*EU*WHARFE STEEL LIMITED", "N4*Otley**LS211AA*GB", "QTY*32*220*EA", "LIN*1*VP*AUR-D18B", "UIT*EA*140*PE", "CTT*1")
		won("won", 60, 73)
		sold(950004, "DEAL-SR2", "PTD*BN", "REF*CT*"+r.Number, "QTY*76*150*EA", "LIN*1*VP*AUR-D18B", "CTT*1")
		won("partly_won", 30, 30)

		// Baltic registers the same customer written differently; it is found alike, and waits
		var theirs dealt
		baltic.post("/api/v1/deals", `{"partner":"`+toBaltic+`","title":"Wharfe works","customer":{"name":"Wharfe Steel Limited","country":"GB","postcode":"LS21 1AA","city":"Otley"},"items":[{"sku":"AUR-D18B","quantity":"60"}],"value":{"amount":"5040.00","currency":"EUR"},"close_on":"2028-06-30","source":"partner"}`, 200, &theirs)
		baltic.act(theirs.ID, "files", `{"kind":"customer_letter","name":"letter.txt","content":"bGV0dGVy"}`, 200)
		baltic.act(theirs.ID, "submit", "", 200)
		eventually(t, "the two are found alike", func() bool { return len(aurelia.deal(theirs.ID).Similar) == 1 })
		if x := aurelia.deal(theirs.ID).Similar[0]; x.ID != r.ID || x.Registrant != "kestrel" {
			t.Fatalf("%+v", x)
		}
		aurelia.act(theirs.ID, "wait", `{"of":"`+r.ID+`"}`, 200)
		for _, x := range []dealt{baltic.deal(theirs.ID), kestrel.deal(r.ID)} {
			if len(x.Similar) != 0 || x.Disputed {
				t.Errorf("%+v", x)
			}
		}
		// Baltic sells to that customer all the same (SLSRPT): a dispute, ruled by the supplier
		today := time.Now().UTC().Add(240 * time.Hour).Format("20060102") // of the program
		baltic.booked(strings.NewReplacer("PERIOD:616", today+today+":718", "20261203", today).Replace(slsrpt("BT9501", "BT-DEAL", "PERIOD", "LIN+1++AUR-D18B:SA", "QTY+153:7:PCE", "NAD+UD+++Wharfe Steel+Works Rd+Otley++LS21 1AA+GB")))
		eventually(t, "it is in dispute", func() bool { return aurelia.deal(r.ID).Disputed && baltic.deal(theirs.ID).Disputed })
		for _, c := range []*client{kestrel, baltic} {
			for _, id := range []string{r.ID, theirs.ID} {
				a := c.do("GET", "/api/v1/deals/"+id, "", nil)
				if own := (c == kestrel) == (id == r.ID); own != (a.status == 200) {
					t.Errorf("%d", a.status)
				} else if text := string(a.body); own && (c == kestrel && strings.Contains(text, "altic") || c == baltic && strings.Contains(text, "estrel")) {
					t.Errorf("%s", text)
				}
			}
		}
		aurelia.act(r.ID, "rule", `{"dispute":"`+aurelia.deal(r.ID).Disputes[0]+`","ruling":"uphold","note":"registered first, with an order"}`, 200)
		eventually(t, "it is ruled", func() bool { return !kestrel.deal(r.ID).Disputed && !baltic.deal(theirs.ID).Disputed })
		won("partly_won", 30, 30)
		s.command("reconcile")
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
