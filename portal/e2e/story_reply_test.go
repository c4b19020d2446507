package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// x12 is a set of the supplier's system, written by hand: group code, type, body.
func x12(group, kind string, control int, body ...string) string {
	segs := []string{
		fmt.Sprintf("ISA*00*          *00*          *ZZ*%-15s*ZZ*%-15s*261123*0915*^*00501*%09d*0*P*>", "AURELIATOOLS", "KESTRELSUPPLY", control),
		fmt.Sprintf("GS*%s*AURELIATOOLS*KESTRELSUPPLY*20261123*0915*%d*X*005010", group, control), "ST*" + kind + "*0001",
	}
	segs = append(segs, body...)
	segs = append(segs, fmt.Sprintf("SE*%d*0001", len(body)+2), fmt.Sprintf("GE*1*%d", control), fmt.Sprintf("IEA*1*%09d", control))
	return strings.Join(segs, "~") + "~"
}

// ack855 answers the order of po with both lines; the second only in part.
func ack855(control int, number string) string {
	return x12("PR", "855", control, "BAK*00*AC*"+number+"*20261122****SO-9001*20261123",
		"PO1*1*240*EA*84.00*PE*VP*AUR-D18B", "ACK*IA*240*EA*067*20261215",
		"PO1*2*160*EA*46.50*PE*VP*AUR-G125", "ACK*IA*120*EA*067*20261215", "ACK*IB*40*EA", "CTT*2")
}

// asn856 ships what ack855 promises, in one carton; its lines are of the seller's own
// count.
func asn856(control int, notice, number string) string {
	return x12("SH", "856", control, "BSN*00*"+notice+"*20261201*0912*0001", "HL*1**S", "TD5**2*DHLX*M*DHL", "REF*CN*JD014600", "DTM*011*20261201",
		"HL*2*1*O", "PRF*"+number, "HL*3*2*P", "MAN*GM*00340123450000000017", "HL*4*3*I", "LIN*000010*VP*AUR-D18B", "SN1**240*EA", "HL*5*3*I", "LIN*000020*VP*AUR-G125", "SN1**120*EA", "CTT*5")
}

// inv810 invoices what asn856 shipped, with 20 % VAT.
func inv810(control int, invoice, number string) string {
	return x12("IN", "810", control, "BIG*20261202*"+invoice+"*20261122*"+number+"***DI", "CUR*SE*GBP",
		"IT1*1*240*EA*84.00*PE*VP*AUR-D18B", "IT1*2*120*EA*46.50*PE*VP*AUR-G125", "TDS*3088800", "TXI*VA*5148.00*20", "CTT*2")
}

// TestStoryTwoSystems: two ERPs talk through the portal. The reseller's 850 is answered,
// shipped and invoiced by the supplier's system alone; the reseller fetches the 855, 856
// and 810, and both see the order move. What comes twice is booked once, what comes
// before its order waits for it, what cannot be is held, and a competitor sees nothing.
func TestStoryTwoSystems(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		kestrel := s.token("dan@kestrel.example", "edi:read,edi:write,orders:read,invoices:read")
		aurelia := s.token("ingrid@aurelia.example", "edi:read,edi:write,orders:read,orders:write,invoices:read")
		baltic := s.token("kaarel@baltic.example", "edi:read,edi:write,orders:read,invoices:read")

		// The supplier's system wants its orders, the reseller's everything as it is.
		link := s.token("ingrid@aurelia.example", "stations:read,stations:write,partners:read")
		partnership := link.partnership("kestrel")
		link.put("/api/v1/partners/"+partnership+"/routes", `{"routes":[{"type":"850","door":"outbox","standard":"","version":""}]}`, 200)
		link.put("/api/v1/partners/"+partnership+"/routes", `{"routes":[{"type":"855","door":"outbox","standard":"","version":""}]}`, 422)
		baltic2 := s.token("kaarel@baltic.example", "stations:read,stations:write,partners:read")
		baltic2.put("/api/v1/partners/"+partnership+"/routes", `{"routes":[]}`, 404)

		// The answer is quicker than the order.
		early := aurelia.send(ack855(710001, "TWO-1"))
		if ic := aurelia.processed(early.ID); *ic.Result != "accepted" || ic.Sets[0].Business != "waiting_order" {
			t.Fatalf("%+v", ic)
		}
		kestrel.processed(kestrel.send(po{control: 710101, number: "TWO-1"}.String()).ID)
		eventually(t, "the answer is booked when its order is there", func() bool {
			ic := aurelia.processed(early.ID)
			return ic.Sets[0].Business == "booked" && ic.Sets[0].Document != nil && ic.Sets[0].Document.Kind == "order_response"
		})
		copied := aurelia.await("850", "TWO-1")
		checkFile(t, copied)
		for _, w := range []string{"BEG*00*SA*TWO-1**20261122", "N1*ST*KESTREL DC WAKEFIELD*92*KS-WKF1", "PO1*1*240*EA*84.00*PE*VP*AUR-D18B", "*ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS "} {
			if !strings.Contains(string(copied), w) {
				t.Errorf("no %s in %s", w, copied)
			}
		}
		got := kestrel.orders("TWO-1")
		if len(got) != 1 || got[0].State != "partly_confirmed" || got[0].Lines[1].Backordered != "40" {
			t.Fatalf("%+v", got)
		}
		response := kestrel.await("855", "TWO-1")
		checkFile(t, response)
		for _, w := range []string{"ACK*IA*240*EA", "ACK*IA*120*EA", "ACK*IB*40*EA", "SO-9001"} {
			if !strings.Contains(string(response), w) {
				t.Errorf("no %s in %s", w, response)
			}
		}
		aurelia.await("997", "AK1*PR*710001")

		// In a new interchange, and written anew: booked once.
		again := aurelia.send(ack855(710002, "TWO-1"))
		if ic := aurelia.processed(again.ID); ic.Sets[0].Business != "duplicate" {
			t.Fatalf("%+v", ic)
		}
		aurelia.processed(aurelia.send(asn856(710003, "ASN-TWO-1", "TWO-1")).ID)
		notice := kestrel.await("856", "TWO-1")
		checkFile(t, notice)
		for _, w := range []string{"BSN*00*ASN-TWO-1", "MAN*GM*00340123450000000017", "JD014600", "SN1*2*120*EA"} {
			if !strings.Contains(string(notice), w) {
				t.Errorf("no %s in %s", w, notice)
			}
		}
		if strings.Contains(string(notice), "LIN*000010") || !strings.Contains(string(notice), "LIN*1*") {
			t.Errorf("not the buyer's line number in %s", notice)
		}
		aurelia.processed(aurelia.send(inv810(710004, "INV-TWO-1", "TWO-1")).ID)
		bill := kestrel.await("810", "TWO-1")
		checkFile(t, bill)
		for _, w := range []string{"INV-TWO-1", "TDS*3088800", "TXI*VA*5148"} {
			if !strings.Contains(string(bill), w) {
				t.Errorf("no %s in %s", w, bill)
			}
		}
		got = kestrel.orders("TWO-1")
		if got[0].State != "partly_shipped" || got[0].Lines[0].State != "invoiced" || got[0].Lines[1].Shipped != "120" {
			t.Errorf("%+v", got)
		}
		if n := kestrel.waits("855", "TWO-1") + kestrel.waits("856", "TWO-1") + kestrel.waits("810", "TWO-1"); n != 0 {
			t.Errorf("%d more wait in the outbox", n)
		}

		// More than was ordered is acknowledged and held.
		over := strings.Replace(asn856(710005, "ASN-TWO-2", "TWO-1"), "SN1**120", "SN1**9999", 1)
		ic := aurelia.processed(aurelia.send(over).ID)
		if *ic.Result != "accepted" || ic.Sets[0].Business != "held" {
			t.Fatalf("%+v", ic)
		}
		for _, c := range []*client{baltic, kestrel, aurelia} {
			want := 200
			if c == baltic {
				want = 404
			}
			if a := c.do("GET", "/api/v1/edi/interchanges/"+early.ID, "", nil); a.status != want {
				t.Errorf("GET: %d, want %d", a.status, want)
			}
		}
		if len(baltic.orders("TWO-1")) != 0 {
			t.Error("a competitor sees the order")
		}
		s.command("reconcile")

		// An invoice at another price is held before it leaves, where its supplier wants that,
		// until one of its people says why it goes. The buyer learns nothing of it before.
		aurelia.put("/api/v1/partners/"+partnership+"/checks", `{"checks":{"price":"stop"}}`, 200)
		kestrel.put("/api/v1/partners/"+partnership+"/checks", `{"checks":{"price":"off"}}`, 404)
		dear := x12("IN", "810", 710009, "BIG*20261203*INV-TWO-DEAR*20261122*TWO-1***DI", "CUR*SE*GBP", "IT1*2*10*EA*49.00*PE*VP*AUR-G125", "TDS*49000", "CTT*1")
		if ic := aurelia.processed(aurelia.send(dear).ID); *ic.Result != "accepted" || ic.Sets[0].Business != "held" {
			t.Fatalf("%+v", ic)
		}
		held := func(c *client) (id string) {
			var got struct {
				Items []struct {
					ID, Reason  string
					Differences []struct {
						Rule   string
						Values map[string]string
					}
				}
			}
			c.get("/api/v1/held-documents", &got)
			for _, x := range got.Items {
				if x.Reason == "checks" && len(x.Differences) == 1 && x.Differences[0].Rule == "price" && x.Differences[0].Values["Was"] == "46.50" {
					id = x.ID
				}
			}
			return id
		}
		dearID := held(aurelia)
		if dearID == "" || held(kestrel) != "" || kestrel.waits("810", "INV-TWO-DEAR") != 0 {
			t.Fatalf("held as %q, for the buyer as %q", dearID, held(kestrel))
		}
		aurelia.post("/api/v1/held-documents/"+dearID+"/release", `{}`, 422, nil)
		aurelia.post("/api/v1/held-documents/"+dearID+"/release", `{"reason":"copper surcharge, agreed"}`, 200, nil)
		kestrel.await("810", "INV-TWO-DEAR")

		// An 812 credits a part of its price; the buyer gets the credit.
		less := x12("CD", "812", 710010, "BCD*20261204*CN-TWO-1*A*2500*C*20261203*INV-TWO-DEAR**20261122*TWO-1", "CUR*SE*GBP", "N1*SU*AURELIA TOOLS", "CDD*01*C*2*2500*N**10*EA*2.50*CON*46.50", "LIN*2*VP*AUR-G125")
		if ic := aurelia.processed(aurelia.send(less).ID); *ic.Result != "accepted" || ic.Sets[0].Business != "booked" {
			t.Fatalf("%+v", ic)
		}
		kestrel.await("810", "CN-TWO-1")

		// A restart between the yes and the booking books once.
		kestrel.processed(kestrel.send(po{control: 710102, number: "TWO-2"}.String()).ID)
		for i, text := range []string{ack855(710006, "TWO-2"), asn856(710007, "ASN-TWO-3", "TWO-2"), inv810(710008, "INV-TWO-3", "TWO-2")} {
			in := aurelia.send(text)
			s.kill()
			s.run()
			eventually(t, "it is booked after the crash", func() bool {
				ic := aurelia.processed(in.ID)
				return ic.Sets[0].Business == "booked"
			})
			if a := aurelia.send(text); !a.Duplicate {
				t.Errorf("%d: a second yes: %+v", i, a)
			}
		}
		for _, kind := range []string{"855", "856", "810"} {
			kestrel.await(kind, "TWO-2")
		}
		if n := kestrel.waits("855", "TWO-2") + kestrel.waits("856", "TWO-2") + kestrel.waits("810", "TWO-2"); n != 0 {
			t.Errorf("%d more wait in the outbox", n)
		}
		s.command("reconcile")
	})
}

// waits counts what lies in the outbox of a type and holds the text.
func (c *client) waits(kind, text string) int {
	c.t.Helper()
	n := 0
	for _, it := range c.outbox() {
		if it.Type == kind && strings.Contains(string(c.raw(it.Href)), text) {
			n++
		}
	}
	return n
}

// unReply is a message of the supplier's system to Baltic Trade.
func unReply(reference, kind string, body ...string) string {
	segs := append([]string{"UNH+1+" + kind + ":D:96A:UN"}, body...)
	segs = append(segs, fmt.Sprintf("UNT+%d+1", len(segs)+1))
	return "UNB+UNOC:3+AURELIATOOLS:ZZZ+BALTICTRADE:ZZZ+261123:0915+" + reference + "'" + strings.Join(segs, "'") + "'UNZ+1+" + reference + "'"
}

// TestStoryTwoSystemsEDIFACT is the twin: ORDRSP, DESADV and INVOIC of the supplier's
// system make of an ORDERS what the 855, 856 and 810 make of an 850.
func TestStoryTwoSystemsEDIFACT(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		baltic := s.token("kaarel@baltic.example", "edi:read,edi:write,orders:read,invoices:read")
		aurelia := s.token("ingrid@aurelia.example", "edi:read,edi:write,orders:read,invoices:read")
		link := s.token("ingrid@aurelia.example", "stations:read,stations:write,partners:read")
		link.put("/api/v1/partners/"+link.partnership("baltic")+"/routes", `{"routes":[{"type":"850","door":"outbox","standard":"edifact","version":"D:01B:UN"}]}`, 200)

		text := unOrder("BT8001", "TWIN-1", "LIN+1++AUR-D18B:SA", "QTY+21:240:PCE", "PRI+AAA:97.00", "LIN+2++AUR-G125:SA", "QTY+21:160:PCE", "PRI+AAA:53.80")
		baltic.processed(baltic.send(strings.ReplaceAll(text, "ü", "\xfc")).ID)
		orders := aurelia.await("ORDERS", "TWIN-1")
		checkFile(t, orders)
		if !strings.Contains(string(orders), "ORDERS:D:01B:UN") || !strings.Contains(string(orders), "AURELIATOOLS:ZZZ") {
			t.Errorf("%s", orders)
		}
		for _, in := range []string{
			unReply("AU9001", "ORDRSP", "BGM+231+OR-1+4", "DTM+137:20261123:102", "RFF+ON:TWIN-1", "NAD+BY+BT-TLN::92", "NAD+SU+AURELIA::92", "LIN+1+5+AUR-D18B:SA", "QTY+21:240:PCE",
				"LIN+2+3+AUR-G125:SA", "QTY+21:160:PCE", "QTY+113:120:PCE", "QTY+83:40:PCE", "UNS+S"),
			unReply("AU9002", "DESADV", "BGM+351+DA-1+9", "DTM+137:20261201:102", "NAD+BY+BT-TLN::92", "NAD+SU+AURELIA::92", "CPS+1", "LIN+1++AUR-D18B:SA", "QTY+12:240:PCE", "RFF+ON:TWIN-1",
				"LIN+2++AUR-G125:SA", "QTY+12:120:PCE", "RFF+ON:TWIN-1"),
			unReply("AU9003", "INVOIC", "BGM+380+IN-1+9", "DTM+137:20261202:102", "RFF+ON:TWIN-1", "NAD+BY+BT-TLN::92", "NAD+SU+AURELIA::92", "CUX+2:EUR:4", "LIN+1++AUR-D18B:SA", "QTY+47:240:PCE", "MOA+203:23280.00", "PRI+AAA:97.00",
				"LIN+2++AUR-G125:SA", "QTY+47:120:PCE", "MOA+203:6456.00", "PRI+AAA:53.80", "UNS+S", "MOA+77:29736.00"),
		} {
			ic := aurelia.processed(aurelia.send(in).ID)
			if *ic.Result == "rejected" || ic.Sets[0].Business != "booked" {
				t.Fatalf("%s: %+v", in, ic)
			}
		}
		got := baltic.orders("TWIN-1")
		if len(got) != 1 || got[0].State != "partly_shipped" || got[0].Lines[0].State != "invoiced" || got[0].Lines[1].Shipped != "120" || got[0].Lines[1].Backordered != "40" {
			t.Fatalf("%+v", got)
		}
		for _, kind := range []string{"ORDRSP", "DESADV", "INVOIC"} {
			checkFile(t, baltic.await(kind, "TWIN-1"))
		}

		// One INVOIC is of two orders, and waits for the second.
		both := aurelia.send(unReply("AU9004", "INVOIC", "BGM+380+IN-2+9", "DTM+137:20261203:102", "NAD+BY+BT-TLN::92", "NAD+SU+AURELIA::92", "CUX+2:EUR:4", "LIN+1++AUR-G125:SA", "QTY+47:40:PCE", "MOA+203:2152.00", "PRI+AAA:53.80", "RFF+ON:TWIN-1:2",
			"LIN+2++AUR-D18B:SA", "QTY+47:10:PCE", "MOA+203:970.00", "PRI+AAA:97.00", "RFF+ON:TWIN-2:1", "UNS+S", "MOA+77:3122.00"))
		if ic := aurelia.processed(both.ID); ic.Sets[0].Business != "waiting_order" {
			t.Fatalf("%+v", ic)
		}
		baltic.processed(baltic.send(strings.ReplaceAll(unOrder("BT8002", "TWIN-2", "LIN+1++AUR-D18B:SA", "QTY+21:10:PCE", "PRI+AAA:97.00"), "ü", "\xfc")).ID)
		collected := baltic.await("INVOIC", "TWIN-2")
		checkFile(t, collected)
		if !strings.Contains(string(collected), "RFF+ON:TWIN-1") || baltic.waits("INVOIC", "IN-2") != 0 { // once
			t.Errorf("%s", collected)
		}
		var bills struct{ Items []struct{ ID string } }
		baltic.get("/api/v1/invoices?q=IN-2", &bills)
		var bill struct {
			Orders []struct {
				Number string `json:"order_number"`
				Net    struct{ Amount string }
			}
		}
		baltic.get("/api/v1/invoices/"+bills.Items[0].ID, &bill)
		if len(bill.Orders) != 2 || bill.Orders[0].Number != "TWIN-1" || bill.Orders[0].Net.Amount != "2152.00" || bill.Orders[1].Number != "TWIN-2" || bill.Orders[1].Net.Amount != "970.00" {
			t.Errorf("%+v", bill)
		}
		s.command("reconcile")
	})
}
