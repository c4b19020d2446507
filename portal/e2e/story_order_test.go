package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

type intake struct {
	ID           string
	Href         string
	Duplicate    bool
	Interchanges []struct {
		ID        string
		Duplicate bool
	}
}

type interchange struct {
	ID, State string
	Result    *string
	Test      bool
	Sets      []struct {
		Control, Type, Result, Business string
		Document                        *struct{ Kind, ID string }
		Findings                        []struct {
			Key, Code, Segment, Value, Text string
			Position, Element               int
		}
	}
	Acknowledgements []struct{ ID, Type, Control, Href string }
}

type order struct {
	ID, Number, State, Supplier, Reseller, Currency string
	Total                                           struct{ Amount, Currency string }
	Lines                                           []struct {
		Line                            int
		SKU, Quantity, Unit, State      string
		Price, Amount                   struct{ Amount, Currency string }
		Marks                           []string
		Confirmed, Backordered, Shipped string
	}
	Room         *string
	Interchanges []struct{ ID, Type, Control, Href string }
	Version      int64
	Held         string
	ShipTo       string `json:"ship_to"`
}

func (c *client) send(body string) intake {
	c.t.Helper()
	a := c.do("POST", "/api/v1/edi/interchanges", "application/edi-x12", []byte(body))
	if a.status != 202 {
		c.t.Fatalf("intake: %d %s\n%s", a.status, a.body, c.s.logs)
	}
	var in intake
	a.json(c.t, &in)
	return in
}

func (c *client) processed(id string) interchange {
	c.t.Helper()
	var ic interchange
	eventually(c.t, "the interchange is processed", func() bool {
		ic = interchange{}
		c.get("/api/v1/edi/interchanges/"+id, &ic)
		return ic.State == "processed"
	})
	return ic
}

func (c *client) raw(href string) []byte {
	c.t.Helper()
	a := c.do("GET", href, "", nil)
	if a.status != 200 {
		c.t.Fatalf("GET %s: %d %s", href, a.status, a.body)
	}
	return a.body
}

type outboxItem struct{ ID, Type, Control, Href string }

func (c *client) outbox() []outboxItem {
	c.t.Helper()
	var box struct{ Items []outboxItem }
	c.get("/api/v1/edi/outbox?limit=200", &box)
	return box.Items
}

// await fetches the first outbox item of a type whose bytes hold the text, and
// acknowledges it.
func (c *client) await(kind, text string) []byte {
	c.t.Helper()
	var raw []byte
	eventually(c.t, kind+" in the outbox", func() bool {
		for _, it := range c.outbox() {
			if it.Type != kind {
				continue
			}
			if b := c.raw(it.Href); strings.Contains(string(b), text) {
				raw = b
				c.post("/api/v1/edi/outbox/"+it.ID+"/ack", "", 204, nil)
				return true
			}
		}
		return false
	})
	return raw
}

// orders lists the orders with exactly this number; the search itself also finds
// others that hold its words.
func (c *client) orders(number string) []order {
	c.t.Helper()
	var list struct{ Items []order }
	c.get("/api/v1/orders?limit=200&q="+number, &list)
	return slices.DeleteFunc(list.Items, func(o order) bool { return o.Number != number })
}

// checkFile runs our own edi check on bytes and wants exit 0.
func checkFile(t *testing.T, raw []byte) {
	t.Helper()
	f := filepath.Join(t.TempDir(), "x.edi")
	if err := os.WriteFile(f, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(binary, "edi", "check", f).CombinedOutput(); err != nil {
		t.Errorf("edi check: %v\n%s\n%s", err, out, raw)
	}
}

// TestStoryOrder is story 1 over HTTP: an order from an ERP to its invoice.
func TestStoryOrder(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		kestrel := s.token("maya@kestrel.example", "edi:read,edi:write,orders:read")
		aurelia := s.token("ingrid@aurelia.example", "edi:read,orders:read,orders:write")
		baltic := s.token("kaarel@baltic.example", "edi:read,edi:write,orders:read,orders:write,chat:read,chat:write")

		first := po{control: 770001, number: "STORY-1"}.String()
		in := kestrel.send(first)
		if in.ID == "" || in.Duplicate || in.Href != "/api/v1/edi/interchanges/"+in.ID || len(in.Interchanges) != 1 {
			t.Fatalf("answer %+v", in)
		}
		ic := kestrel.processed(in.ID)
		if ic.Result == nil || *ic.Result != "accepted" || len(ic.Sets) != 1 || ic.Sets[0].Result != "accepted" || ic.Sets[0].Document == nil {
			t.Fatalf("interchange %+v", ic)
		}
		if got := kestrel.raw("/api/v1/edi/interchanges/" + in.ID + "/raw"); string(got) != first {
			t.Errorf("the raw bytes changed:\n%s", got)
		}
		if len(ic.Acknowledgements) != 1 {
			t.Fatalf("acknowledgements %+v", ic.Acknowledgements)
		}

		ack := kestrel.await("997", "AK1*PO*770001")
		checkFile(t, ack)
		isa := find(ack, "ISA")
		if strings.TrimSpace(element(isa, 6)) != "AURELIATOOLS" || strings.TrimSpace(element(isa, 8)) != "KESTRELSUPPLY" || element(isa, 13) != element(find(ack, "IEA"), 2) || element(isa, 15) != "P" {
			t.Errorf("the 997's envelope: %s", ack)
		}
		if element(find(ack, "AK5"), 1) != "A" || find(ack, "AK9") != "AK9*A*1*1*1" || element(find(ack, "AK2"), 2) != "0001" {
			t.Errorf("the 997: %s", ack)
		}

		var mine order
		for _, c := range []*client{kestrel, aurelia} {
			got := c.orders("STORY-1")
			if len(got) != 1 {
				t.Fatalf("%d orders STORY-1", len(got))
			}
			mine = got[0]
			if mine.Total.Amount != "27600.00" || mine.Total.Currency != "GBP" || mine.Supplier != "aurelia" || mine.Reseller != "kestrel" || mine.State != "received" || len(mine.Lines) != 2 {
				t.Errorf("order %+v", mine)
			}
			if l := mine.Lines[0]; l.SKU != "AUR-D18B" || l.Quantity != "240" || l.Price.Amount != "84.00" || l.Amount.Amount != "20160.00" || l.Amount.Currency != "GBP" {
				t.Errorf("line %+v", l)
			}
		}
		var full order
		eventually(t, "the order has its room", func() bool {
			kestrel.get("/api/v1/orders/"+mine.ID, &full)
			return full.Room != nil
		})
		if len(full.Interchanges) < 2 {
			t.Errorf("the order shows %d interchanges, want the 850 and its 997", len(full.Interchanges))
		}

		if listed := kestrel.orders("STORY-1")[0]; listed.Room == nil || *listed.Room != *full.Room || len(listed.Interchanges) != len(full.Interchanges) {
			t.Errorf("the list shows room %v and %d interchanges, the order %d", listed.Room, len(listed.Interchanges), len(full.Interchanges))
		}
		for _, q := range []string{"%25", "--", "%27", "%20%20*"} {
			var none struct{ Items []order }
			if kestrel.get("/api/v1/orders?q="+q, &none); len(none.Items) != 0 {
				t.Errorf("a search for %s, in which nothing can be found, found %d", q, len(none.Items))
			}
		}

		// a competitor learns nothing
		for _, path := range []string{"/api/v1/orders/" + mine.ID, "/api/v1/edi/interchanges/" + in.ID, "/api/v1/edi/interchanges/" + in.ID + "/raw", "/api/v1/rooms/" + *full.Room, "/api/v1/rooms/" + *full.Room + "/messages"} {
			if a := baltic.do("GET", path, "", nil); a.status != 404 {
				t.Errorf("Baltic GET %s: %d", path, a.status)
			}
		}
		if a := baltic.do("POST", "/api/v1/orders/"+mine.ID+"/confirm", "application/json", []byte("{}")); a.status != 404 {
			t.Errorf("Baltic confirms: %d", a.status)
		}
		if got := baltic.orders("STORY-1"); len(got) != 0 {
			t.Errorf("Baltic lists %d", len(got))
		}
		if a := baltic.do("POST", "/api/v1/edi/interchanges", "application/edi-x12", []byte(po{control: 770002, number: "STORY-X"}.String())); a.status != 422 || !strings.Contains(string(a.body), "edi.sender_not_yours") {
			t.Errorf("a foreign sender: %d %s", a.status, a.body)
		}

		// the same bytes again are the same thing
		again := kestrel.send(first)
		if !again.Duplicate || again.ID != in.ID {
			t.Errorf("the second time: %+v", again)
		}
		if n := len(kestrel.orders("STORY-1")); n != 1 {
			t.Errorf("%d orders after the duplicate", n)
		}

		t.Run("refused", func(t *testing.T) { refused(t, kestrel) })
		t.Run("doubts", func(t *testing.T) { doubts(t, kestrel, aurelia) })

		// the answer, with a split, and the invoice
		aurelia.post("/api/v1/orders/"+mine.ID+"/confirm", `{"lines":[{"line":1,"action":"accept"},{"line":2,"action":"accept","quantity":"120"},{"line":2,"action":"backorder","quantity":"40","date":"2026-12-20"}]}`, 200, &full)
		if full.State != "partly_confirmed" || full.Lines[1].Confirmed != "120" || full.Lines[1].Backordered != "40" {
			t.Errorf("after the answer: %+v", full)
		}
		response := kestrel.await("855", "STORY-1")
		checkFile(t, response)
		if n := strings.Count(string(response), "~ACK*"); n != 3 {
			t.Errorf("%d ACK segments, want 3:\n%s", n, response)
		}
		if !strings.Contains(string(response), "ACK*IB*40*EA") {
			t.Errorf("no back-order in %s", response)
		}
		aurelia.post("/api/v1/orders/"+mine.ID+"/ship", `{"carrier":"DHL"}`, 200, &full)
		notice := kestrel.await("856", "STORY-1")
		checkFile(t, notice)
		for _, w := range []string{"~HL*2*1*O*1~PRF*STORY-1***20261122~", "SN1*1*240*EA**240*EA~", "SN1*2*120*EA**160*EA~"} {
			if !strings.Contains(string(notice), w) {
				t.Errorf("no %s in %s", w, notice)
			}
		}
		aurelia.post("/api/v1/orders/"+mine.ID+"/invoice", `{}`, 200, &full)
		bill := kestrel.await("810", "STORY-1")
		checkFile(t, bill)
		if got := element(find(bill, "TDS"), 1); got != "2574000" { // 240 × 84.00 + 120 × 46.50
			t.Errorf("TDS01 is %s cents:\n%s", got, bill)
		}
		if a := kestrel.do("POST", "/api/v1/orders/"+mine.ID+"/confirm", "application/json", []byte("{}")); a.status != 403 {
			t.Errorf("the buyer confirms its own order: %d", a.status)
		}
		controls := map[string]bool{}
		for _, raw := range [][]byte{ack, response, bill} {
			controls[element(find(raw, "ISA"), 13)] = true
		}
		if len(controls) != 3 {
			t.Errorf("control numbers repeat: %v", controls)
		}
	})
}

// refused covers the 850s whose syntax is wrong: no order, a 997 that says where.
func refused(t *testing.T, kestrel *client) {
	kestrel = &client{t, kestrel.s, kestrel.token}
	for _, c := range []struct {
		name string
		po   po
		want []string
	}{
		{"SE01 wrong", po{control: 770010, number: "STORY-SE", segments: 99}, []string{"AK5*R*4", "AK9*R*1*1*0"}},
		{"31 November", po{control: 770011, number: "STORY-DTM", date: "20261131"}, []string{"AK3*DTM*4**8", "AK4*2*373*8*20261131", "AK5*R*5", "AK9*R*1*1*0"}},
		{"004010", po{control: 770012, number: "STORY-4010", date: "20261131", version: "004010"}, []string{"AK1*PO*770012~", "AK3*DTM*4**8", "AK4*2*373*8*20261131"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := kestrel.send(c.po.String())
			ic := kestrel.processed(in.ID)
			if ic.Result == nil || *ic.Result != "rejected" || len(ic.Sets) != 1 || ic.Sets[0].Result != "rejected" || len(ic.Sets[0].Findings) == 0 || ic.Sets[0].Document != nil {
				t.Fatalf("%+v", ic)
			}
			raw := kestrel.await("997", fmt.Sprintf("AK1*PO*%d", c.po.control))
			checkFile(t, raw)
			for _, w := range c.want {
				if !strings.Contains(string(raw), w) {
					t.Errorf("no %s in %s", w, raw)
				}
			}
			if got := kestrel.orders(c.po.number); len(got) != 0 {
				t.Errorf("a refused 850 made %d orders", len(got))
			}
			for _, f := range ic.Sets[0].Findings {
				if f.Text == "" || strings.Contains(f.Text, "⟦") {
					t.Errorf("finding without words: %+v", f)
				}
			}
		})
	}
}

// doubts covers what is well formed but doubtful: booked with a mark, held, or
// only tested.
func doubts(t *testing.T, kestrel, aurelia *client) {
	kestrel, aurelia = &client{t, kestrel.s, kestrel.token}, &client{t, aurelia.s, aurelia.token}
	in := kestrel.send(po{control: 770020, number: "STORY-MARK", lines: []string{"PO1*1*5*EA*84.00*PE*VP*AUR-D18B", "PO1*2*5*EA*12.00*PE*VP*NO-SUCH-ITEM", "PO1*3*5*EA*40.00*PE*VP*AUR-G125"}}.String())
	if ic := kestrel.processed(in.ID); *ic.Result != "accepted" {
		t.Errorf("business doubts refused the 850: %+v", ic)
	}
	got := aurelia.orders("STORY-MARK")
	if len(got) != 1 || len(got[0].Lines[0].Marks) != 0 || fmt.Sprint(got[0].Lines[1].Marks) != "[unknown_item]" || fmt.Sprint(got[0].Lines[2].Marks) != "[price_differs]" {
		t.Errorf("marks %+v", got)
	}

	// a known PO number in a new interchange: equal content books nothing …
	in = kestrel.send(po{control: 770021, number: "STORY-1"}.String())
	if ic := kestrel.processed(in.ID); ic.Sets[0].Business != "duplicate" || *ic.Result != "accepted" {
		t.Errorf("same PO number, same content: %+v", ic.Sets)
	}
	// … other content is held
	in = kestrel.send(po{control: 770022, number: "STORY-1", lines: []string{"PO1*1*999*EA*84.00*PE*VP*AUR-D18B"}}.String())
	if ic := kestrel.processed(in.ID); ic.Sets[0].Business != "held" {
		t.Errorf("same PO number, other content: %+v", ic.Sets)
	}
	if n := len(kestrel.orders("STORY-1")); n != 1 {
		t.Errorf("%d orders STORY-1", n)
	}

	// the control number again with other bytes is held
	in = kestrel.send(po{control: 770001, number: "STORY-OTHER"}.String())
	var ic interchange
	kestrel.get("/api/v1/edi/interchanges/"+in.ID, &ic)
	if ic.State != "held" || in.Duplicate {
		t.Errorf("control number reused: %+v", ic)
	}

	// test traffic is answered as test and never books
	in = kestrel.send(po{control: 770023, number: "STORY-T", usage: "T"}.String())
	if ic := kestrel.processed(in.ID); !ic.Test || ic.Sets[0].Business != "test" {
		t.Errorf("test traffic %+v", ic)
	}
	raw := kestrel.await("997", "AK1*PO*770023")
	if element(find(raw, "ISA"), 15) != "T" {
		t.Errorf("the answer to a test carries %s", element(find(raw, "ISA"), 15))
	}
	if n := len(kestrel.orders("STORY-T")); n != 0 {
		t.Errorf("test traffic made %d orders", n)
	}

	for body, code := range map[string]string{"hello": "edi.not_edi", "": "edi.not_edi", po{control: 770024, number: "S", receiver: "NOBODYHERE"}.String(): "edi.receiver_unknown", po{control: 770025, number: "S", sender: "BALTICX"}.String(): "edi.sender_not_yours"} {
		a := kestrel.do("POST", "/api/v1/edi/interchanges", "application/edi-x12", []byte(body))
		if a.status != 422 || !strings.Contains(string(a.body), `"`+code+`"`) || a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%.20q: %d %s", body, a.status, a.body)
		}
	}
}
