package e2e

import (
	"fmt"
	"strings"
	"testing"
)

type coins struct{ Amount, Currency string }

// accounted is an invoice as GET …/account tells it.
type accounted struct {
	ID, Number, Kind, State, Settlement     string
	Open, Paid, Credited, Disputed, Payable coins
	Disputes                                []string
	Issues                                  []struct{ ID, Kind, State, Dispute, Turn string }
	Match                                   []struct {
		Position   int
		Difference coins
		Wrong      []string
	}
}

type disputed struct {
	ID, Number, State, Turn, Outcome, Credit, Room string
	Thread, Version                                int64
	Gross                                          coins
}

// bill820 pays one invoice short, with the reason.
func bill820(control int, trace, invoice, paid, less string, more ...string) string {
	body := []string{"BPR*I*" + paid + "*C*ACH************20261210", "TRN*1*" + trace, "CUR*PR*GBP", "N1*PR*Kestrel Supply", "N1*PE*Aurelia Tools", "ENT*1", "RMR*IV*" + invoice + "**" + paid}
	if less != "" {
		body = append(body, "ADX*-"+less+"*01")
	}
	body = append(body, more...)
	text := x12("RA", "820", control, body...)
	text = strings.Replace(text, fmt.Sprintf("*ZZ*%-15s*ZZ*%-15s", "AURELIATOOLS", "KESTRELSUPPLY"), fmt.Sprintf("*ZZ*%-15s*ZZ*%-15s", "KESTRELSUPPLY", "AURELIATOOLS"), 1)
	return strings.Replace(text, "GS*RA*AURELIATOOLS*KESTRELSUPPLY", "GS*RA*KESTRELSUPPLY*AURELIATOOLS", 1)
}

// account reads an invoice by its number with what became of it.
func (c *client) account(number string) accounted {
	c.t.Helper()
	var l struct{ Items []accounted }
	c.get("/api/v1/invoices?q="+number, &l)
	for _, i := range l.Items {
		if i.Number == number {
			var a accounted
			c.get("/api/v1/invoices/"+i.ID+"/account", &a)
			return a
		}
	}
	c.t.Fatalf("no invoice %s", number)
	return accounted{}
}

// TestStorySettle: an invoice differs; the buyer disputes the line, approves the rest and
// pays short by 820, which meets the dispute. The supplier credits, the credit goes out as
// an 810, and both are even. The same payment again is booked once, one of an unknown
// invoice waits for it, and a competitor sees nothing.
func TestStorySettle(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		kestrel := s.token("dan@kestrel.example", "edi:read,edi:write,orders:read,invoices:read,invoices:write,payments:read,payments:write,chat:read")
		aurelia := s.token("ingrid@aurelia.example", "edi:read,orders:read,orders:write,invoices:read,invoices:write,payments:read,payments:write")
		baltic := s.token("kaarel@baltic.example", "edi:read,orders:read,invoices:read,payments:read")

		kestrel.processed(kestrel.send(po{control: 730101, number: "SET-1"}.String()).ID)
		got := aurelia.orders("SET-1")
		id := got[0].ID
		aurelia.post("/api/v1/orders/"+id+"/confirm", `{}`, 200, nil)
		aurelia.post("/api/v1/orders/"+id+"/ship", `{}`, 200, nil)
		aurelia.post("/api/v1/orders/"+id+"/invoice", `{"number":"INV-SET-1","tax_rate":"0.2","lines":[{"line":1,"quantity":"240"},{"line":2,"quantity":"160","price":"48.90"}]}`, 200, nil)
		a := kestrel.account("INV-SET-1")
		if a.State != "differs" || a.Match[1].Difference.Amount != "384.00" || fmt.Sprint(a.Match[1].Wrong) != "[price]" || a.Open.Amount != "33580.80" {
			t.Fatalf("%+v", a)
		}
		if r := kestrel.do("POST", "/api/v1/invoices/"+a.ID+"/approve", "application/json", []byte(`{}`)); r.status != 409 {
			t.Errorf("a difference is approved unseen: %d", r.status)
		}
		var dis disputed
		kestrel.post("/api/v1/invoices/"+a.ID+"/dispute", `{"reason":"price","note":"line 2 has the July price"}`, 201, &dis)
		if dis.State != "open" || dis.Turn != "aurelia" || dis.Gross.Amount != "460.80" {
			t.Fatalf("%+v", dis)
		}
		eventually(t, "the dispute has its thread", func() bool {
			kestrel.get("/api/v1/disputes/"+dis.ID, &dis)
			return dis.Room != "" && dis.Thread > 0
		})
		kestrel.post("/api/v1/invoices/"+a.ID+"/approve", `{}`, 200, &a)
		if a.Payable.Amount != "33120.00" || a.Settlement != "disputed" {
			t.Errorf("%+v", a)
		}

		// Short, with the reason, by EDI.
		pay := bill820(730102, "RA-SET-1", "INV-SET-1", "33120.00", "460.80")
		in := kestrel.send(pay)
		if ic := kestrel.processed(in.ID); *ic.Result != "accepted" || ic.Sets[0].Business != "booked" || ic.Sets[0].Document.Kind != "payment" {
			t.Fatalf("%+v", ic)
		}
		a = aurelia.account("INV-SET-1")
		if a.Paid.Amount != "33120.00" || a.Open.Amount != "460.80" || len(a.Issues) != 1 || a.Issues[0].State != "matched" || a.Issues[0].Dispute != dis.Number {
			t.Fatalf("the deduction did not meet the dispute: %+v", a)
		}
		again := kestrel.send(strings.Replace(pay, "000730102", "000730103", 2))
		if ic := kestrel.processed(again.ID); ic.Sets[0].Business != "duplicate" {
			t.Errorf("%+v", ic)
		}

		// Credited, sent, even.
		aurelia.post("/api/v1/disputes/"+dis.ID+"/credit", `{}`, 200, &dis)
		if dis.State != "closed" || dis.Outcome != "credited" {
			t.Fatalf("%+v", dis)
		}
		credit := kestrel.await("810", "***CR")
		checkFile(t, credit)
		for _, w := range []string{"REF*IV*INV-SET-1", "TDS*46080", "TXI*VA*76.80*20"} {
			if !strings.Contains(string(credit), w) {
				t.Errorf("no %s in %s", w, credit)
			}
		}
		a = kestrel.account("INV-SET-1")
		if a.Settlement != "paid" || a.Open.Amount != "0.00" || a.Credited.Amount != "460.80" || len(a.Issues) != 0 || a.State != "matched" {
			t.Errorf("%+v", a)
		}

		// An invoice that nobody knows, yet.
		kestrel.processed(kestrel.send(bill820(730104, "RA-SET-2", "INV-SET-2", "1000.00", "")).ID)
		var open struct {
			Items []struct{ ID, Kind, Number, Turn string }
		}
		aurelia.get("/api/v1/payment-issues", &open)
		found := false
		for _, x := range open.Items {
			found = found || x.Kind == "unknown" && x.Number == "INV-SET-2" && x.Turn == "aurelia"
		}
		if !found {
			t.Errorf("%+v", open)
		}
		kestrel.processed(kestrel.send(po{control: 730105, number: "SET-2"}.String()).ID)
		id = aurelia.orders("SET-2")[0].ID
		aurelia.post("/api/v1/orders/"+id+"/confirm", `{}`, 200, nil)
		aurelia.post("/api/v1/orders/"+id+"/invoice", `{"number":"INV-SET-2","lines":[{"line":1,"quantity":"10"}]}`, 200, nil)
		eventually(t, "the invoice takes what was paid for it", func() bool {
			x := kestrel.account("INV-SET-2")
			return x.Paid.Amount == "840.00" && x.Settlement == "paid"
		})

		for _, path := range []string{"/api/v1/invoices/" + a.ID + "/account", "/api/v1/disputes/" + dis.ID, "/api/v1/statements/kestrel"} {
			if r := baltic.do("GET", path, "", nil); r.status != 404 {
				t.Errorf("a competitor gets %s: %d", path, r.status)
			}
		}
		s.command("reconcile")
	})
}

// unPay is a REMADV of Baltic Trade for one invoice.
func unPay(reference, number, invoice, paid, less string) string {
	segs := []string{"UNH+1+REMADV:D:96A:UN", "BGM+481+" + number + "+9", "DTM+137:20261210:102", "DTM+138:20261211:102", "NAD+PR+BT-TLN::92", "NAD+PE+AURELIA::92", "CUX+2:EUR:11",
		"DOC+380+" + invoice, "MOA+12:" + paid}
	if less != "" {
		segs = append(segs, "AJT+60", "MOA+165:"+less)
	}
	segs = append(segs, "UNS+S", "MOA+12:"+paid)
	segs = append(segs, fmt.Sprintf("UNT+%d+1", len(segs)+1))
	return "UNB+UNOC:3+BALTICTRADE:ZZZ+AURELIATOOLS:ZZZ+261210:0915+" + reference + "'" + strings.Join(segs, "'") + "'UNZ+1+" + reference + "'"
}

// TestStorySettleEDIFACT is the twin: REMADV in, INVOIC 381 out.
func TestStorySettleEDIFACT(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		baltic := s.token("kaarel@baltic.example", "edi:read,edi:write,orders:read,invoices:read,invoices:write,payments:read,payments:write")
		aurelia := s.token("ingrid@aurelia.example", "edi:read,orders:read,orders:write,invoices:read,invoices:write,payments:read,payments:write")
		text := unOrder("BT9001", "USET-1", "LIN+1++AUR-D18B:SA", "QTY+21:240:PCE", "PRI+AAA:97.00", "LIN+2++AUR-G125:SA", "QTY+21:160:PCE", "PRI+AAA:53.80")
		baltic.processed(baltic.send(strings.ReplaceAll(text, "ü", "\xfc")).ID)
		id := aurelia.orders("USET-1")[0].ID
		aurelia.post("/api/v1/orders/"+id+"/confirm", `{}`, 200, nil)
		aurelia.post("/api/v1/orders/"+id+"/ship", `{}`, 200, nil)
		aurelia.post("/api/v1/orders/"+id+"/invoice", `{"number":"INV-USET-1","lines":[{"line":1,"quantity":"240"},{"line":2,"quantity":"160","price":"55.80"}]}`, 200, nil)
		a := baltic.account("INV-USET-1")
		if a.State != "differs" || a.Match[1].Difference.Amount != "320.00" || a.Open.Amount != "32208.00" {
			t.Fatalf("%+v", a)
		}
		var dis disputed
		baltic.post("/api/v1/invoices/"+a.ID+"/dispute", `{"reason":"price"}`, 201, &dis)
		in := baltic.send(unPay("BT9002", "RA-USET-1", "INV-USET-1", "31888", "320"))
		if ic := baltic.processed(in.ID); *ic.Result != "accepted" || ic.Sets[0].Business != "booked" || ic.Sets[0].Document.Kind != "payment" {
			t.Fatalf("%+v", ic)
		}
		a = aurelia.account("INV-USET-1")
		if a.Paid.Amount != "31888.00" || len(a.Issues) != 1 || a.Issues[0].State != "matched" || a.Issues[0].Dispute != dis.Number {
			t.Fatalf("the deduction did not meet the dispute: %+v", a)
		}
		aurelia.post("/api/v1/disputes/"+dis.ID+"/credit", `{}`, 200, &dis)
		credit := baltic.await("INVOIC", "BGM+381+")
		checkFile(t, credit)
		for _, w := range []string{"RFF+IV:INV-USET-1", "MOA+77:320"} {
			if !strings.Contains(string(credit), w) {
				t.Errorf("no %s in %s", w, credit)
			}
		}
		if a = baltic.account("INV-USET-1"); a.Settlement != "paid" || a.Open.Amount != "0.00" || a.State != "matched" {
			t.Errorf("%+v", a)
		}
		s.command("reconcile")
	})
}

// TestStoryRemittance: a buyer without a payment run in its system records on the portal
// what it paid; the supplier's system gets it as an 820 or a REMADV, with what was kept
// back, once. What the supplier wrote down itself, or what came by EDI, is not sent.
func TestStoryRemittance(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		const scopes = "edi:read,edi:write,orders:read,orders:write,invoices:read,invoices:write,payments:read,payments:write"
		kestrel, aurelia, baltic := s.token("dan@kestrel.example", scopes), s.token("ingrid@aurelia.example", scopes), s.token("kaarel@baltic.example", scopes)
		link := s.token("ingrid@aurelia.example", "stations:read,stations:write,partners:read")
		link.put("/api/v1/partners/"+link.partnership("kestrel")+"/routes", `{"routes":[{"type":"850","door":"outbox","standard":"","version":""}]}`, 200)
		link.put("/api/v1/partners/"+link.partnership("baltic")+"/routes", `{"routes":[{"type":"850","door":"outbox","standard":"edifact","version":"D:96A:UN"}]}`, 200)
		billed := func(c *client, number, invoice string) {
			t.Helper()
			id := aurelia.orders(number)[0].ID
			aurelia.post("/api/v1/orders/"+id+"/confirm", `{}`, 200, nil)
			aurelia.post("/api/v1/orders/"+id+"/ship", `{}`, 200, nil)
			aurelia.post("/api/v1/orders/"+id+"/invoice", `{"number":"`+invoice+`","lines":[{"line":1,"quantity":"10"}]}`, 200, nil)
		}
		kestrel.booked(po{control: 790101, number: "REM-1"}.String())
		billed(kestrel, "REM-1", "INV-REM-1")
		baltic.booked(strings.ReplaceAll(unOrder("BT8701", "REM-2", "LIN+1++AUR-D18B:SA", "QTY+21:10:PCE", "PRI+AAA:97.00"), "ü", "\xfc"))
		billed(baltic, "REM-2", "INV-REM-2")

		kestrel.post("/api/v1/payments", `{"partner":"aurelia","number":"RUN-1","paid_on":"2026-12-10","method":"ACH","key":"run-1","lines":[{"number":"INV-REM-1","paid":"800.00","deductions":[{"amount":"40.00","reason":"damaged","note":"two cases"}]}]}`, 201, nil)
		kestrel.post("/api/v1/payments", `{"partner":"aurelia","number":"RUN-1","paid_on":"2026-12-10","method":"ACH","key":"run-1","lines":[{"number":"INV-REM-1","paid":"800.00","deductions":[{"amount":"40.00","reason":"damaged","note":"two cases"}]}]}`, 201, nil)
		baltic.post("/api/v1/payments", `{"partner":"aurelia","number":"RUN-2","paid_on":"2026-12-10","method":"ACH","lines":[{"number":"INV-REM-2","paid":"970.00"}]}`, 201, nil)
		sent := aurelia.await("820", "RUN-1")
		checkFile(t, sent)
		for _, w := range []string{"BPR*I*800.00*C*ACH", "TRN*1*RUN-1", "CUR*PR*GBP", "N1*PR*Kestrel Supply", "N1*PE*Aurelia Tools", "RMR*IV*INV-REM-1**800.00", "ADX*-40.00*11", "~GS*RA*KESTRELSUPPLY*AURELIATOOLS*"} {
			if !strings.Contains(string(sent), w) {
				t.Errorf("no %s in %s", w, sent)
			}
		}
		un := aurelia.await("REMADV", "RUN-2")
		checkFile(t, un)
		for _, w := range []string{"BGM+481+RUN-2", "DOC+380+INV-REM-2", "MOA+12:970"} {
			if !strings.Contains(string(un), w) {
				t.Errorf("no %s in %s", w, un)
			}
		}

		var paid struct{ Number, Outcome, Reason string }
		// What the supplier saw in its bank is its own news, and an 820 is not sent back.
		aurelia.post("/api/v1/payments", `{"partner":"kestrel","number":"BANK-1","paid_on":"2026-12-11","lines":[{"number":"INV-REM-1","paid":"1.00"}]}`, 201, nil)
		kestrel.processed(kestrel.send(bill820(790102, "RA-REM-1", "INV-REM-1", "2.00", "")).ID)
		kestrel.post("/api/v1/payments", `{"partner":"aurelia","number":"RUN-3","paid_on":"2026-12-12","lines":[{"number":"INV-REM-1","paid":"3.00"}]}`, 201, &paid)
		if paid.Outcome != "booked" {
			t.Fatalf("%+v", paid)
		}
		aurelia.await("820", "RUN-3")
		for _, it := range aurelia.outboxAll() {
			if it.Type == "820" {
				t.Errorf("sent beside the two: %s", aurelia.raw(it.Href))
			}
		}
		s.command("reconcile")
	})
}
