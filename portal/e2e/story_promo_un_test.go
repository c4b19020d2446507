package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// promotionEDIFACT is the chain of TestStoryPromotion in the other standard, in the program
// that runs already: ORDERS with RFF+PD and without, above the quantity; ORDRSP and INVOIC with
// ALC; SLSRPT, the claim that follows from it, confirmed and decided; a REMADV that pays less,
// and the claim offset against it. EDIFACT has no 844: a proposed claim stands in its place. The
// ledger, the statement and the results come to what is computed here by hand.
func promotionEDIFACT(t *testing.T, s *server, aurelia *client, partnership string) {
	t.Helper()
	baltic := s.token("kaarel@baltic.example", "edi:read,edi:write,orders:read,invoices:read,payments:read,promotions:read,promotions:write,funds:read,funds:write,sellthrough:read")
	now := time.Now().UTC()
	monday := now.AddDate(0, 0, -(int(now.Weekday())+6)%7)
	year, week := now.ISOWeek()
	agreed := func(terms string) promoText {
		t.Helper()
		var p promoText
		aurelia.post("/api/v1/promotions", `{`+terms+`,"zone":"UTC","until":"`+now.AddDate(0, 1, 0).Format(time.DateOnly)+`"}`, 201, &p)
		aurelia.post("/api/v1/promotions/"+p.ID+"/propose", fmt.Sprintf(`{"version":%d}`, p.Version), 200, &p)
		var text struct{ Hash string }
		baltic.get("/api/v1/promotions/"+p.ID, &text)
		baltic.post("/api/v1/promotions/"+p.ID+"/approve", `{"hash":"`+text.Hash+`"}`, 200, nil)
		return p
	}
	off := agreed(`"title":"Four off the drill","skus":["AUR-D18B"],"mechanism":"amount","settle":"off_invoice","by":"order","from":"` + now.Format(time.DateOnly) + `","parts":[{"company":"baltic","rate":"1.15","allow":"4.00","limit":"70"}]`)
	ordered := func(reference, number, quantity, code string) order {
		t.Helper()
		text := unOrder(reference, number, "LIN+1++AUR-D18B:SA", "QTY+21:"+quantity+":PCE", "PRI+AAA:98.30")
		text = strings.ReplaceAll(strings.Replace(text, "DTM+137:20261122:102", "DTM+137:"+now.Format("20060102")+":102", 1), "ü", "\xfc")
		if code != "" {
			text = strings.Replace(text, "RFF+CT:CT-77", "RFF+PD:"+code, 1)
		}
		baltic.booked(text)
		eventually(t, number+" is there", func() bool { return len(aurelia.orders(number)) == 1 })
		o := aurelia.orders(number)[0]
		aurelia.get("/api/v1/orders/"+o.ID, &o)
		return o
	}
	// 60 × 98.30 less 4.00 each; nothing off without the number; 10 of 40 that are left of 70
	for _, x := range []struct {
		o                           order
		taken, total, doubt, number string
	}{
		{ordered("BT7801", "UP-1", "60", off.Number), "240", "5658", "", "INV-UP-1"},
		{ordered("BT7802", "UP-2", "10", ""), "", "983", "", "INV-UP-2"},
		{ordered("BT7803", "UP-3", "40", off.Number), "40", "3892", "promotion_part", "INV-UP-3"},
	} {
		if marks := x.o.Lines[0].Marks; x.o.Total.Amount != x.total+".00" || x.doubt != "" && !slices.Contains(marks, x.doubt) {
			t.Errorf("%s: %s %v, by hand %s", x.o.Number, x.o.Total.Amount, marks, x.total)
		}
		for _, step := range []string{"confirm", "ship"} {
			aurelia.post("/api/v1/orders/"+x.o.ID+"/"+step, `{}`, 200, nil)
		}
		aurelia.post("/api/v1/orders/"+x.o.ID+"/invoice", `{"number":"`+x.number+`"}`, 200, nil)
		answer, bill := baltic.await("ORDRSP", "RFF+ON:"+x.o.Number+"'"), baltic.await("INVOIC", x.number)
		checkFile(t, answer)
		checkFile(t, bill)
		for _, raw := range [][]byte{answer, bill} {
			text := string(raw)
			if has := strings.Contains(text, "ALC+A+"+off.Number+"+") && strings.Contains(text, "MOA+8:"+x.taken); has != (x.taken != "") {
				t.Errorf("%s: an allowance of %q under %s: %s", x.o.Number, x.taken, off.Number, text)
			}
		}
		if !strings.Contains(string(bill), "MOA+77:"+x.total) {
			t.Errorf("%s is not %s: %s", x.number, x.total, bill)
		}
	}
	// by hand: 60 + 10 of 70 agreed, 70 × 98.30 and 70 × 4.00
	want := promoFigure{Company: "baltic", Orders: 2, Counted: "70", Invoiced: "70", Sold: "0", Value: coins{"6881.00", "EUR"}, Earned: coins{"280.00", "EUR"}}
	eventually(t, "the invoices are measured", func() bool { return aurelia.figuresOf(off.ID, "baltic").Invoiced == "70" })
	for _, c := range []*client{aurelia, baltic} {
		if got := c.figuresOf(off.ID, "baltic"); got != want {
			t.Errorf("%+v, by hand %+v", got, want)
		}
	}

	back := agreed(`"title":"Sell the drill on","skus":["AUR-D18B"],"mechanism":"amount","settle":"bill_back","by":"resale","quoted":false,"from":"` + monday.Format(time.DateOnly) + `","parts":[{"company":"baltic","rate":"1.15","allow":"2.00"}]`)
	at := "/api/v1/promotions/" + back.ID
	baltic.booked(slsrpt("BT7804", "UP-W", fmt.Sprintf("%d%02d", year, week), "LIN+1++AUR-D18B:SA", "QTY+153:12:PCE", "QTY+61:2:PCE"))
	var claim struct {
		Mark  string
		Sum   coins
		Lines []struct{ SKU string }
	}
	eventually(t, "the report is measured", func() bool {
		claim.Mark = ""
		baltic.get(at+"/claim", &claim)
		return claim.Mark != ""
	})
	if claim.Sum != (coins{"20.00", "EUR"}) { // (12 - 2) × 2.00
		t.Errorf("%+v", claim)
	}
	var c struct {
		ID, Number, Fund, State string
		Version                 int64
		Approved, Settled       coins
	}
	baltic.post(at+"/claim", `{"mark":"`+claim.Mark+`"}`, 201, &c)
	path := "/api/v1/claims/" + c.ID
	aurelia.get(path, &c)
	aurelia.post(path+"/decide", fmt.Sprintf(`{"version":%d}`, c.Version), 200, &c)
	if c.State != "approved" || c.Approved.Amount != "20.00" {
		t.Fatalf("%+v", c)
	}
	// it is taken off the payment of the first invoice: offset, and never paid beside
	remit := baltic.processed(baltic.send(unPay("BT7805", "RA-UP-1", "INV-UP-1", "5638", "20")).ID)
	if *remit.Result != "accepted" || remit.Sets[0].Business != "booked" || remit.Sets[0].Document.Kind != "payment" {
		t.Fatalf("%+v", remit)
	}
	short := aurelia.account("INV-UP-1")
	if short.Paid.Amount != "5638.00" || short.Open.Amount != "20.00" || len(short.Issues) != 1 {
		t.Fatalf("%+v", short)
	}
	aurelia.post(path+"/settle", fmt.Sprintf(`{"version":%d,"kind":"offset","reference":"RA-UP-1"}`, c.Version), 200, &c)
	aurelia.post("/api/v1/payment-issues/"+short.Issues[0].ID+"/answer", `{"answer":"credited","note":"claim `+c.Number+`"}`, 204, nil)
	if short = baltic.account("INV-UP-1"); short.Open.Amount != "0.00" || short.Settlement != "paid" || c.State != "settled" {
		t.Errorf("%+v %+v", short, c)
	}
	// ledger = statement = results = 10 × 2.00
	var fund struct {
		Partners []struct {
			Partner string
			Balance fundSums
		}
	}
	aurelia.get("/api/v1/funds/"+c.Fund, &fund)
	if len(fund.Partners) != 1 || fund.Partners[0].Balance.Granted.Amount != "20.00" || fund.Partners[0].Balance.Settled.Amount != "20.00" || fund.Partners[0].Balance.Available.Amount != "0.00" {
		t.Errorf("%+v", fund)
	}
	for _, who := range []*client{aurelia, baltic} {
		var st struct {
			Moves []struct {
				Fund   string
				Change fundSums
			}
		}
		who.get("/api/v1/fund-statements/"+partnership+"?currency=EUR", &st)
		sum := [2]int64{}
		for _, m := range st.Moves {
			if m.Fund == c.Fund {
				sum[0] += cents(t, m.Change.Granted)
				sum[1] += cents(t, m.Change.Settled)
			}
		}
		if sum != [2]int64{20_00, 20_00} {
			t.Errorf("the statement has %v", sum)
		}
		if got := who.figuresOf(back.ID, "baltic"); got.Sold != "10" || got.Earned != (coins{"20.00", "EUR"}) {
			t.Errorf("%+v", got)
		}
	}
	aurelia.unchanged(off.ID)
	aurelia.unchanged(back.ID)
}
