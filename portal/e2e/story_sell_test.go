package e2e

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

type salesReport struct {
	ID, Number, Supplier, Reseller, From, To, State, Source, Sold, Returned string
	Doubts                                                                  int
	ReplacedBy                                                              string `json:"replaced_by"`
	CustomersHidden                                                         bool   `json:"customers_hidden"`
	Items                                                                   []struct {
		SKU, Kind, Quantity, Pieces, From, Promotion, Deal string
		BuyerItem                                          string `json:"buyer_item"`
		Doubts                                             []string
		Price                                              *struct{ Amount, Currency string }
		Customer                                           *struct{ Name, GLN string }
	}
}

func (c *client) sales(query string) []salesReport {
	c.t.Helper()
	var l struct{ Items []salesReport }
	c.get("/api/v1/sell-through"+query, &l)
	return l.Items
}

// fromKestrel turns the envelope of x12 round: Kestrel's system sends.
func fromKestrel(group, kind string, control int, body ...string) string {
	return strings.NewReplacer("AURELIATOOLS   *ZZ*KESTRELSUPPLY  ", "KESTRELSUPPLY  *ZZ*AURELIATOOLS   ", "*AURELIATOOLS*KESTRELSUPPLY*", "*KESTRELSUPPLY*AURELIATOOLS*").Replace(x12(group, kind, control, body...))
}

// claimByEDI is 867, 844, 849, report, final 849 under a promotion that is billed back by what
// was sold on: a part is credited, the rest deducted by an 820 from the invoice INV-PS-1 and
// settled by offset. It gives the id of the promotion.
func claimByEDI(t *testing.T, s *server, sends *client) string {
	t.Helper()
	kestrel := s.token("maya@kestrel.example", "edi:read,edi:write,sellthrough:read,promotions:read,promotions:write,funds:read,funds:write")
	owner := s.token("ingrid@aurelia.example", "promotions:read,promotions:write,funds:read,funds:write,edi:read,invoices:read,payments:read,payments:write,orders:write")
	stranger := s.token("kaarel@baltic.example", "funds:read,edi:read")
	now := time.Now().UTC()
	day, before := now.Format("20060102"), now.AddDate(0, 0, -3).Format("20060102")
	var p struct {
		ID, Number string
		Version    int64
	}
	owner.post("/api/v1/promotions", `{"title":"Sell the drill","skus":["AUR-D18B","AUR-B50"],"mechanism":"amount","settle":"bill_back","by":"resale","quoted":false,"zone":"UTC","from":"`+now.Format(time.DateOnly)+`","until":"`+now.AddDate(0, 1, 0).Format(time.DateOnly)+`","parts":[{"company":"kestrel","allow":"2.00"}]}`, 201, &p)
	owner.post("/api/v1/promotions/"+p.ID+"/propose", fmt.Sprintf(`{"version":%d}`, p.Version), 200, &p)
	var text struct{ Hash string }
	kestrel.get("/api/v1/promotions/"+p.ID, &text)
	kestrel.post("/api/v1/promotions/"+p.ID+"/approve", `{"hash":"`+text.Hash+`"}`, 200, nil)
	sold := func(control int, number, sku, quantity string) {
		sends.booked(fromKestrel("PT", "867", control, "BPT*00*"+number+"*"+day+"*02", "DTM*582****RD8*"+day+"-"+day, "N1*SE*Kestrel Supply*92*KESTREL", "PTD*SS", "DTM*003*"+day, "QTY*32*"+quantity+"*EA", "LIN*1*VP*"+sku, "CTT*1"))
	}
	sold(860010, "SR-20", "AUR-D18B", "10")
	claim := fromKestrel("CF", "844", 860011, "BAA*00*DD*"+day+"*CL*CLM-20", "CUR*BY*GBP", "N1*DS*Kestrel Supply*92*KESTREL", "CON*PD*"+p.Number+"*AC",
		"PAD*1*SS", "LIN*1*VP*AUR-D18B", "QTY*32*8*EA", "AMT*1*16.00", "REF*IV*KS-1", "DTM*003*"+day,
		"PAD*2*SS", "LIN*2*VP*AUR-D18B", "QTY*32*2*EA", "AMT*1*4.00", "REF*IV*KS-0", "DTM*003*"+before,
		"PAD*3*SS", "LIN*3*VP*AUR-B50", "QTY*32*5*EA", "AMT*1*10.00", "REF*IV*KS-2", "DTM*003*"+day, "CTT*1")
	eventually(t, "the report is measured", func() bool {
		var l struct{ Lines []struct{ SKU string } }
		kestrel.get("/api/v1/promotions/"+p.ID+"/claim", &l)
		return len(l.Lines) > 0
	})
	ic := sends.processed(sends.send(claim).ID)
	if *ic.Result != "accepted" || ic.Sets[0].Business != "booked" || ic.Sets[0].Document.Kind != "claim_notice" {
		t.Fatalf("%+v", ic)
	}
	first := sends.await("849", "CLM-20")
	checkFile(t, first)
	for _, w := range []string{"BRC*00*", "*CL*CLM-20", "CON*PD*" + p.Number, "AMT*1*16.00", "AAA*N**62*N", "REF*ZZ*wrong_window", "AAA*Y**42*Y", "REF*ZZ*no_proof*reports", "DTM*106*", "AMT*TT*16.00"} {
		if !strings.Contains(string(first), w) {
			t.Errorf("no %s in %s", w, first)
		}
	}
	var n struct {
		State     string
		Contracts []struct{ Claim string }
		Answers   []struct{ Final bool }
	}
	owner.get("/api/v1/claim-notices/"+ic.Sets[0].Document.ID, &n)
	type claimed struct {
		State   string
		Version int64
		Pending int
		Settled struct{ Amount string }
		Lines   []struct{ Verdict, Reason string }
	}
	var c claimed
	path := "/api/v1/claims/" + n.Contracts[0].Claim
	owner.get(path, &c)
	if c.State != "approved" || c.Pending != 1 || c.Lines[0].Verdict != "accepted" || c.Lines[1].Reason != "wrong_window" {
		t.Fatalf("%+v", c)
	}
	owner.post(path+"/settle", fmt.Sprintf(`{"version":%d,"kind":"credit_note","reference":"CN-20","tax_rate":"0.2"}`, c.Version), 200, &c)
	if c.Settled.Amount != "16.00" || c.State != "approved" {
		t.Fatalf("%+v", c)
	}
	sold(860012, "SR-21", "AUR-B50", "5")
	last := sends.await("849", "BRC*05*")
	checkFile(t, last)
	if !strings.Contains(string(last), "AMT*TT*26.00") || strings.Contains(string(last), "AAA*Y") {
		t.Errorf("%s", last)
	}
	// the partner takes what is left off its payment, and names the claim: no second credit
	remit := sends.processed(sends.send(strings.Replace(bill820(860014, "RA-PS-1", "INV-PS-1", "19142.00", "10.00"), "~ADX*-10.00*01~", "~ADX*-10.00*01*ZZ*CLM-20~", 1)).ID)
	if *remit.Result != "accepted" || remit.Sets[0].Business != "booked" || remit.Sets[0].Document.Kind != "payment" {
		t.Fatalf("%+v", remit)
	}
	owner.get(path, &c)
	if a := owner.do("POST", path+"/settle", "application/json", []byte(fmt.Sprintf(`{"version":%d,"kind":"credit_note","reference":"CN-21","tax_rate":"0.2"}`, c.Version))); a.status != 409 {
		t.Errorf("what was deducted is credited: %d %s", a.status, a.body)
	}
	owner.post(path+"/settle", fmt.Sprintf(`{"version":%d,"kind":"offset","reference":"RA-PS-1"}`, c.Version), 200, &c)
	short := owner.account("INV-PS-1")
	if short.Paid.Amount != "19142.00" || short.Open.Amount != "10.00" || len(short.Issues) != 1 {
		t.Fatalf("%+v", short)
	}
	owner.post("/api/v1/payment-issues/"+short.Issues[0].ID+"/answer", `{"answer":"credited","note":"claim CLM-20"}`, 204, nil)
	if short = sends.account("INV-PS-1"); short.Open.Amount != "0.00" || short.Settlement != "paid" {
		t.Errorf("%+v", short)
	}
	if c.State != "settled" || c.Settled.Amount != "26.00" {
		t.Fatalf("%+v", c)
	}
	if kestrel.get("/api/v1/claim-notices/"+ic.Sets[0].Document.ID, &n); len(n.Answers) != 2 || n.Answers[0].Final || !n.Answers[1].Final {
		t.Errorf("%+v", n)
	}
	// one that names nothing we know is refused in words, and answered
	ic = sends.processed(sends.send(fromKestrel("CF", "844", 860013, "BAA*00*DD*"+day+"*CL*CLM-21", "CON*CT*NOBODY-1*AC", "PAD*1*SS", "LIN*1*VP*AUR-D18B", "QTY*32*8*EA", "AMT*1*16.00", "CTT*1")).ID)
	if ic.Sets[0].Business != "discarded" {
		t.Errorf("%+v", ic.Sets)
	}
	if refused := string(sends.await("849", "CLM-21")); !strings.Contains(refused, "REF*ZZ*unknown") || !strings.Contains(refused, "AAA*N**33*C") {
		t.Errorf("%s", refused)
	}
	for _, path := range []string{path, "/api/v1/claim-notices/" + ic.Sets[0].Document.ID} {
		if a := stranger.do("GET", path, "", nil); a.status != 404 {
			t.Errorf("a competitor reads %s: %d", path, a.status)
		}
	}
	return p.ID
}

// slsrpt is a report of Baltic Trade's system of one place of sale.
func slsrpt(reference, number, period string, lines ...string) string {
	segs := append([]string{"UNH+1+SLSRPT:D:96A:UN", "BGM+73E::9+" + number + "+9", "DTM+137:20261203:102", "DTM+356:" + period + ":616", "NAD+FR+BT-TLN::92", "CUX+2:EUR:10", "LOC+162+BT-TLN::92"}, lines...)
	segs = append(segs, "UNT+"+strconv.Itoa(len(segs)+1)+"+1")
	return "UNB+UNOC:3+BALTICTRADE:ZZZ+AURELIATOOLS:ZZZ+261203:0915+" + reference + "'" + strings.Join(segs, "'") + "'UNZ+1+" + reference + "'"
}

// TestStorySellThrough: two distributors report what they sold on, one in X12 and one in
// EDIFACT. A return counts below zero, a move between branches not at all, an unknown item
// is in doubt until the cross reference is added. The same report again is a duplicate, a
// correction takes its place, and neither distributor learns of the other's.
func TestStorySellThrough(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		scopes := "edi:read,edi:write,sellthrough:read,sellthrough:write"
		kestrel := s.token("maya@kestrel.example", scopes)
		aurelia := s.token("ingrid@aurelia.example", scopes+",catalog:read,catalog:write,partners:write")
		baltic := s.token("kaarel@baltic.example", scopes)
		before := len(aurelia.sales("?limit=200"))
		report := func(control int, number string, sold string, unknown string) string {
			return fromKestrel("PT", "867", control, "BPT*00*"+number+"*20261202*02", "DTM*582****CM*202611", "REF*PD*PR-2026-020", "N1*SE*Kestrel Supply*92*KESTREL",
				"PTD*SS", "DTM*003*20261104", "REF*CT*D-10000001", "N1*EU*Canary Steel Ltd*UL*5060000000017", "N4*Otley**LS21 1AA*GB", "QTY*32*"+sold+"*EA", "LIN*1*VP*AUR-D18B", "UIT*EA*119.5*PE", "QTY*32*2*CA", "LIN*2*VP*AUR-G125",
				"PTD*BN", "QTY*76*3*EA", "LIN*3*VP*AUR-D18B", "PTD*IB", "QTY*01*50*EA", "LIN*4*VP*AUR-D18B", "PTD*SS", "QTY*32*4*EA", "LIN*5*"+unknown, "CTT*5")
		}
		kestrel.booked(report(860001, "SR-11", "40", "BP*KS-NOBODY-1"))
		got := aurelia.sales("?partner=kestrel&state=current&limit=1")
		if len(got) != 1 || got[0].Number != "SR-11" || got[0].From != "2026-11-01" || got[0].To != "2026-11-30" || got[0].Doubts != 1 || got[0].Source != "edi" {
			t.Fatalf("%+v", got)
		}
		show := func(c *client, id string) (r salesReport) {
			t.Helper()
			c.get("/api/v1/sell-through/"+id, &r)
			return r
		}
		first := show(aurelia, got[0].ID)
		if len(first.Items) != 5 || first.Returned != "3" || first.Items[0].Pieces != "40" || first.Items[2].Quantity != "-3" || first.Items[3].Pieces != "0" || first.Items[4].Doubts[0] != "item" {
			t.Fatalf("%+v", first)
		}
		if l := first.Items[0]; l.From != "2026-11-04" || l.Deal != "D-10000001" || l.Promotion != "PR-2026-020" || l.Customer.Name != "Canary Steel Ltd" || l.Customer.GLN != "5060000000017" || l.Price.Amount != "119.50" {
			t.Fatalf("%+v", l)
		}
		if l := first.Items[1]; l.Customer != nil && l.Customer.Name != "Canary Steel Ltd" {
			t.Fatalf("%+v", l)
		}
		// the same again in a new interchange
		twin := kestrel.processed(kestrel.send(report(860002, "SR-11", "40", "BP*KS-NOBODY-1")).ID)
		if twin.Sets[0].Business != "duplicate" || twin.Sets[0].Document.ID != first.ID {
			t.Fatalf("%+v", twin.Sets)
		}
		// the cross reference mends it
		desk := s.signIn(t, "dan@kestrel.example").open("/c/kestrel/catalogue?q=AUR-B50")
		product := desk.found(`href="(/c/kestrel/catalogue/[0-9a-z]{20,})"`)
		desk.open(product).post(product+"/references", url.Values{"buyer_item": {"KS-NOBODY-1"}})
		eventually(t, "the doubt is gone", func() bool { return show(kestrel, first.ID).Doubts == 0 })
		if l := show(kestrel, first.ID).Items[4]; l.SKU != "AUR-B50" || l.Pieces != "4" {
			t.Fatalf("%+v", l)
		}
		// a correction of the same number and period
		kestrel.booked(report(860003, "SR-11", "44", "BP*KS-NOBODY-1"))
		if was := show(aurelia, first.ID); was.State != "replaced" || show(aurelia, was.ReplacedBy).Items[0].Pieces != "44" {
			t.Fatalf("%+v", was)
		}

		// EDIFACT, by the week
		baltic.booked(slsrpt("BT8601", "BT-W46", "202646", "LIN+1++AUR-D18B:SA", "QTY+153:7:PCE", "QTY+61:2:PCE", "LIN+2++BT-NOBODY:IN", "QTY+153:1:PCE"))
		un := baltic.sales("?state=current&limit=1")
		if len(un) != 1 || un[0].From != "2026-11-09" || un[0].To != "2026-11-15" || un[0].Doubts != 1 {
			t.Fatalf("%+v", un)
		}
		if r := show(aurelia, un[0].ID); r.Sold != "7" || r.Returned != "2" || r.Items[1].Quantity != "-2" || r.Items[2].BuyerItem != "BT-NOBODY" {
			t.Fatalf("%+v", r)
		}
		if n := len(aurelia.sales("?limit=200")); n != before+3 {
			t.Fatal(n, before)
		}

		// what is missing is reminded of
		var coverage struct {
			Items []struct {
				Reseller, Grain string
				Periods         []struct{ From, State string }
			}
		}
		kestrel.get("/api/v1/sell-through-coverage?periods=53", &coverage)
		if len(coverage.Items) != 1 || coverage.Items[0].Reseller != "kestrel" || coverage.Items[0].Grain != "month" {
			t.Fatalf("%+v", coverage)
		}

		// a competitor, and the switch
		for _, path := range []string{first.ID, un[0].ID} {
			other := baltic
			if path == un[0].ID {
				other = kestrel
			}
			if a := other.do("GET", "/api/v1/sell-through/"+path, "", nil); a.status != 404 {
				t.Errorf("a competitor: %d", a.status)
			}
			if a := other.do("POST", "/api/v1/sell-through/"+path+"/withdraw", "{}", nil); a.status != 404 {
				t.Errorf("a competitor: %d", a.status)
			}
		}
		for _, r := range append(kestrel.sales(""), kestrel.sales("?doubts=true")...) {
			if r.Reseller != "kestrel" {
				t.Errorf("%+v", r)
			}
		}
		s.command("reconcile")
	})
}
