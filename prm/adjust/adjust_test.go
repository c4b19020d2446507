package adjust

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/blob"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
	"entente/prm/partner"
	"entente/prm/promo"
)

type recorder struct{ kinds []string }

func (r *recorder) Publish(_ context.Context, e job.Event) error {
	r.kinds = append(r.kinds, e.Kind)
	return nil
}

// stand is Aurelia with two distributors and a promotion of November that is billed back
// by what was sold on: 5 % off drills of 84.00 and batteries of 31.20.
type stand struct {
	t                                   testing.TB
	svc                                 *Service
	funds                               *fund.Service
	promos                              *promo.Service
	cat                                 *catalog.Service
	aurelia, kestrel, baltic, toKestrel string
	edi, ingrid, fin, maya, kaarel      access.Actor
	promo                               promo.Detail
	now                                 time.Time
	sets                                int
	heard                               *recorder // what funds publish
}

func (s *stand) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) at() context.Context {
	s.now = s.now.Add(time.Minute)
	return db.WithNow(context.Background(), s.now)
}

func (s *stand) day(day string) {
	t, err := time.Parse(time.DateOnly, day)
	s.must(err)
	s.now = t.Add(12 * time.Hour)
}

func open(t testing.TB, d *db.DB) *stand {
	s := &stand{t: t, aurelia: db.NewID(), kestrel: db.NewID(), baltic: db.NewID(), toKestrel: db.NewID(), now: time.Date(2026, 10, 16, 9, 0, 0, 0, time.UTC)}
	person := func(org string, roles ...access.Role) access.Actor {
		return access.Actor{Person: db.NewID(), Org: org, Roles: roles, Via: "session:x"}
	}
	s.edi, s.ingrid, s.fin = access.System("edi", s.aurelia), person(s.aurelia, access.Admin), person(s.aurelia, access.Finance)
	s.maya, s.kaarel = person(s.kestrel, access.Admin), person(s.baltic, access.Admin)
	s.must(d.InTx(context.Background(), func(ctx context.Context) error {
		for i, id := range []string{s.aurelia, s.kestrel, s.baltic} {
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', 'GB', 'GBP', 'Europe/London', 'en', 'active', 1)", id, fmt.Sprint("o", i), fmt.Sprint("Company ", i)).Error; err != nil {
				return err
			}
		}
		for _, p := range [][2]string{{s.toKestrel, s.kestrel}, {db.NewID(), s.baltic}} {
			if err := db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', 'GBP', 0, 0, 1, 1, '')", p[0], s.aurelia, p[1]).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	s.cat = catalog.New(d, nil)
	cat, partners := s.cat, partner.NewService(d, nil, account.NewService(d, account.Options{}).Directory())
	prices := map[string][]catalog.ListPrice{}
	var ps []catalog.Product
	for i, x := range []struct {
		sku   string
		price money.Price
	}{{"AUR-D18B", 84_000_000}, {"AUR-B50", 31_200_000}, {"AUR-G125", 46_500_000}} {
		ps = append(ps, catalog.Product{SKU: x.sku, NameEN: x.sku, NameZH: "工具", Family: "power", Unit: "EA", GTIN: catalog.CheckDigit(fmt.Sprintf("073912345%02d00", i+10))})
		prices[x.sku] = []catalog.ListPrice{{Currency: "GBP", From: "2026-01-01", Price: x.price}}
	}
	s.must(cat.Put(s.at(), s.ingrid, ps...))
	s.must(cat.SetPrices(s.at(), s.ingrid, prices))
	blobs, err := blob.New(d, t.TempDir())
	s.must(err)
	s.heard = &recorder{}
	s.funds = fund.New(d, s.heard, blobs, partners)
	s.promos = promo.New(d, &recorder{}, partners, cat)
	s.promos.Pay(s.funds)
	s.svc = New(d, &recorder{}, s.funds, s.promos, cat)
	s.funds.Judge(s.svc)
	s.promo = s.running(promo.BillBack)
	s.day("2026-11-16")
	return s
}

func (s *stand) running(settle string) promo.Detail {
	s.t.Helper()
	x := promo.Terms{Title: "Sell it on", SKUs: []string{"AUR-B50", "AUR-D18B"}, Kind: promo.Percent, Percent: money.One / 20, Settle: settle, By: promo.ByResale, From: "2026-11-01", Until: "2026-11-30", Zone: "Europe/London", Currency: "GBP", Parts: []promo.Part{{Org: s.kestrel, Role: promo.Participant, Currency: "GBP"}}}
	if settle == promo.BillBack {
		x.ClaimBy = "2027-02-28"
	}
	return s.agreed(x)
}

func (s *stand) agreed(x promo.Terms) promo.Detail {
	s.t.Helper()
	p, err := s.promos.Create(s.at(), s.ingrid, x)
	s.must(err)
	p, err = s.promos.Propose(s.at(), s.ingrid, p.ID, p.Version, "")
	s.must(err)
	j, err := s.promos.Join(s.at(), s.maya, p.ID)
	s.must(err)
	_, err = s.promos.Approve(s.at(), s.maya, p.ID, j.Hash)
	s.must(err)
	return p
}

// sold is a report of Kestrel of one item on a day of November.
func (s *stand) sold(number, sku string, pieces int64) {
	s.t.Helper()
	items, err := s.cat.Resolve(s.at(), s.edi, s.aurelia, s.kestrel, []catalog.ItemKey{{SKU: sku}})
	s.must(err)
	s.must(s.promos.Resold(s.at(), access.System("promotions", s.aurelia), promo.Resale{ID: db.NewID(), Number: number, Supplier: s.aurelia, Reseller: s.kestrel, At: s.now, Stands: true, Lines: []promo.ResaleLine{{Line: 1, Product: items[0].Product.ID, SKU: sku, Family: "power", Sold: money.Whole(pieces), From: "2026-11-10", To: "2026-11-10"}}}))
	s.must(s.svc.Recheck(s.at(), s.edi, s.kestrel))
}

func item(n, invoice, sku, on, quantity, amount string) doc.ClaimLine {
	l := doc.ClaimLine{Transfer: "SS", QuantityKind: "32", Amounts: []doc.ClaimAmount{{Kind: "1", Amount: doc.Decimal(amount)}}}
	l.Line = doc.Line{Number: n, VendorItem: sku, Items: []doc.ItemID{{Qualifier: "VP", ID: sku}}, Quantity: doc.Decimal(quantity), Unit: "EA", Refs: []doc.Ref{{Qualifier: "IV", Value: invoice}}, Dates: []doc.Date{{Qualifier: "003", Date: on}}}
	return l
}

func (s *stand) claim(number, purpose string, lines ...doc.ClaimLine) *doc.Claim {
	d := &doc.Claim{Purpose: purpose, Report: "DD", Date: "2026-11-16", Qualifier: "CL", Number: number, Contracts: []doc.ClaimContract{{Contract: doc.Contract{Qualifier: "PD", Number: s.promo.Number, Status: "AC"}, Lines: lines}}}
	d.Currency = "GBP"
	return d
}

func (s *stand) receive(d *doc.Claim, want Outcome) Notice {
	s.t.Helper()
	s.sets++
	got, err := s.svc.Receive(s.at(), s.edi, Incoming{Doc: d, Supplier: s.aurelia, Reseller: s.kestrel, Partnership: s.toKestrel, Interchange: db.NewID(), SetNo: s.sets})
	s.must(err)
	if got.Outcome != want {
		s.t.Fatalf("%s, want %s: %+v", got.Outcome, want, got.Notice)
	}
	n, err := s.svc.Get(s.at(), s.maya, got.Notice.ID)
	s.must(err)
	return n
}

// booked is the claim that a notice became, as its supplier reads it.
func (s *stand) booked(n Notice) fund.Claim {
	s.t.Helper()
	c, err := s.funds.GetClaim(s.at(), s.ingrid, n.Parts[0].Claim)
	s.must(err)
	return c
}

// verdicts fails unless the lines of a claim are as told: "verdict reason approved".
func (s *stand) verdicts(c fund.Claim, want ...string) {
	s.t.Helper()
	for i, l := range c.Lines {
		if got := fmt.Sprintf("%s %s %s", l.Verdict, l.Reason, l.Approved); i >= len(want) || got != want[i] {
			s.t.Errorf("line %d: %s", i+1, got)
		}
	}
	if len(c.Lines) != len(want) {
		s.t.Errorf("%d lines, want %d", len(c.Lines), len(want))
	}
	led, err := s.funds.Check(s.at(), s.ingrid, c.Program)
	s.must(err)
	if !led.OK() {
		s.t.Errorf("the ledger does not add up: %+v", led)
	}
}

// answer is the next 849 of a notice, nil for none.
func (s *stand) answer(n Notice, d *doc.Claim) (*doc.ClaimAnswer, Answer) {
	s.t.Helper()
	x, a, ok, err := s.svc.Answer(s.at(), s.edi, n.ID, d)
	s.must(err)
	if !ok {
		return nil, a
	}
	if p := x.Validate(); len(p) > 0 {
		s.t.Fatalf("an answer that cannot be sent: %+v", p)
	}
	return &x, a
}

func answers(x *doc.ClaimAnswer) (out []string) {
	for _, c := range x.Contracts {
		for _, l := range c.Lines {
			out = append(out, fmt.Sprintf("%s %s %s", doc.VerdictOf(l.Change, l.Reasons, c.Reasons, x.Reasons), l.Change, l.Claimed()))
		}
	}
	return out
}

// golden holds an answer against the document that is read from the message it is to be.
func (s *stand) golden(x *doc.ClaimAnswer) {
	s.t.Helper()
	want, err := os.ReadFile("../../edi/testdata/cases/849-by-line/doc.json")
	s.must(err)
	var read []struct{ Document doc.ClaimAnswer }
	s.must(json.Unmarshal(want, &read))
	got, other := *x, read[0].Document
	got.Contracts[0].Number = "PR-2026-020"
	if a, b := db.Text(got), db.Text(other); a != b {
		s.t.Errorf("got  %s\nwant %s", a, b)
	}
}

func same(t testing.TB, got, want []string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("got  %q\nwant %q", got, want)
	}
}

// Every line has its verdict at once, good ones are paid while one waits for a report, and
// each time something is decided there is one answer, until the last.
func TestClaimByLines(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.sold("SR-1", "AUR-D18B", 40) // 168.00
		claim := s.claim("CLM-1", "00",
			item("1", "K-1", "AUR-D18B", "2026-11-10", "30", "126.00"), item("2", "K-2", "AUR-B50", "2026-11-12", "10", "15.60"), item("3", "K-3", "AUR-D18B", "2026-10-31", "5", "21.00"), item("4", "K-4", "AUR-G125", "2026-11-12", "5", "11.60"),
			item("5", "K-5", "AUR-D18B", "2026-11-12", "5", "30.00"), item("6", "K-1", "AUR-D18B", "2026-11-10", "30", "126.00"), item("7", "K-6", "AUR-D18B", "2026-11-12", "2", "-8.40"), item("8", "K-7", "KS-NOBODY", "2026-11-12", "2", "8.40"))
		claim.Contracts = append(claim.Contracts, doc.ClaimContract{Contract: doc.Contract{Qualifier: "CT", Number: "CT-NOBODY", Status: "AC"}, Lines: []doc.ClaimLine{item("1", "K-9", "AUR-D18B", "2026-11-10", "1", "4.20")}})
		n := s.receive(claim, Taken)
		if n.State != Booked || n.Parts[1].Reason != WhyUnknown || n.Parts[1].Claim != "" {
			t.Fatalf("%+v", n)
		}
		c := s.booked(n)
		s.verdicts(c, "accepted  126.00", "pending no_proof 0.00", "rejected wrong_window 0.00", "rejected wrong_product 0.00", "changed wrong_price 21.00", "rejected claimed_before 0.00", "rejected return 0.00", "rejected wrong_product 0.00")
		if c.State != fund.ClaimApproved || c.Approved.Minor != 147_00 || c.Pending != 1 || c.Lines[1].Missing != "evidence:reports" || c.Lines[1].Due != "2026-12-16" || c.Source != fund.SourceEDI {
			t.Fatalf("%+v", c)
		}
		x, a := s.answer(n, claim)
		same(t, answers(x), []string{"accepted  126.00", "pending  0.00", "rejected  0.00", "rejected  0.00", "changed PC 21.00", "rejected  0.00", "rejected  0.00", "rejected  0.00"})
		if a.Final || x.Purpose != "00" || x.Amounts[0].Amount != "147.00" || x.Contracts[1].Reasons[0].Valid != "N" || x.Contracts[0].Lines[1].Dates[1].Date != "2026-12-16" || x.Contracts[0].Lines[2].Reasons[0].Code != "62" {
			t.Fatalf("%+v %+v", a, x)
		}
		s.golden(x)
		if again, _ := s.answer(n, claim); again != nil {
			t.Fatal("the same answer twice")
		}
		// good lines are paid meanwhile, and the same claim again is nothing new
		c, err := s.funds.Settle(s.at(), s.fin, c.ID, c.Version, fund.SettleCmd{Kind: fund.ByCreditNote, Reference: "CN-1"})
		s.must(err)
		if c.State != fund.ClaimApproved || c.Settled.Minor != 147_00 {
			t.Fatalf("%+v", c)
		}
		if twin := s.receive(claim, Duplicate); twin.ID != n.ID {
			t.Fatalf("%+v", twin)
		}
		s.sold("SR-2", "AUR-B50", 4) // not all of it yet
		if got := s.booked(n); got.Pending != 1 {
			t.Fatalf("%+v", got)
		}
		s.sold("SR-3", "AUR-B50", 6)
		c = s.booked(n)
		if c.Pending != 0 || c.Lines[1].Verdict != fund.LineAccepted || c.Approved.Minor != 162_60 {
			t.Fatalf("%+v", c)
		}
		x, a = s.answer(n, claim)
		if !a.Final || x.Purpose != "05" || answers(x)[1] != "accepted  15.60" || x.Amounts[0].Amount != "162.60" {
			t.Fatalf("%+v %+v", a, x)
		}
		if n, err = s.svc.Get(s.at(), s.ingrid, n.ID); err != nil || len(n.Answers) != 2 {
			t.Fatalf("%v %+v", err, n)
		}
		// what an 844 took is not proposed again
		if p, err := s.promos.Proposed(s.at(), s.maya, s.promo.ID); err != nil || p.Sum.Minor != 21_00 {
			t.Fatalf("5 of the 40 drills are left: %v %+v", err, p)
		}
		// a competitor, and people, who do not receive documents
		if _, err := s.svc.Get(s.at(), s.kaarel, n.ID); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("%v", err)
		}
		if list, err := s.svc.Of(s.at(), s.kaarel, c.ID); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("%v %v", list, err)
		}
		if _, err := s.svc.Receive(s.at(), s.ingrid, Incoming{Doc: claim, Supplier: s.aurelia, Reseller: s.kestrel}); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%v", err)
		}
		if _, err := s.funds.Book(s.at(), s.ingrid, s.kestrel, fund.ClaimCmd{Program: c.Program}, nil); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%v", err)
		}
		if err := s.funds.Supersede(s.at(), s.maya, c.ID, []int{1}); err == nil {
			t.Error("a partner takes lines out of a claim")
		}
	})
}

// The clock of lines that wait: what the documents show by then is granted, the rest is
// rejected with its code, and the last answer can go.
func TestClockOfPendingLines(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		claim := s.claim("CLM-1", "00", item("1", "K-1", "AUR-D18B", "2026-11-10", "10", "42.00"), item("2", "K-2", "AUR-B50", "2026-11-10", "10", "15.60"))
		n := s.receive(claim, Taken)
		s.verdicts(s.booked(n), "pending no_proof 0.00", "pending no_proof 0.00")
		s.answer(n, claim)
		s.sold("SR-1", "AUR-D18B", 3)
		s.day("2026-12-16")
		s.must(s.funds.Tick(s.at()))
		if c := s.booked(n); c.Pending != 2 {
			t.Fatalf("its day is not over: %+v", c)
		}
		s.day("2026-12-17")
		for range 2 {
			s.must(s.funds.Tick(s.at()))
		}
		c := s.booked(n)
		s.verdicts(c, "changed over_quantity 12.60", "rejected no_proof 0.00")
		x, a := s.answer(n, claim)
		same(t, answers(x), []string{"changed QD 12.60", "rejected  0.00"})
		if !a.Final || x.Contracts[0].Lines[1].Reasons[0].Code != "15" {
			t.Fatalf("%+v %+v", a, x)
		}
	})
}

// Terms that ask for proof: what the documents show waits for the files, by their names and
// until a day, and nothing of the money moves; the files are added on the claim, and once a
// person of the supplier accepted the last of them the line is granted and answered. Without them it is rejected.
func TestProofComesLater(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.day("2026-10-20")
		s.promo = s.agreed(promo.Terms{Title: "Shown in the window", SKUs: []string{"AUR-B50", "AUR-D18B"}, Kind: promo.Percent, Percent: money.One / 10, Settle: promo.BillBack, By: promo.ByResale, From: "2026-11-01", Until: "2026-11-30", Zone: "Europe/London", Currency: "GBP", ClaimBy: "2027-02-28", Proof: []string{"Photo", "Price tag"},
			Parts: []promo.Part{{Org: s.kestrel, Role: promo.Participant, Currency: "GBP"}}})
		s.day("2026-11-16")
		s.sold("SR-1", "AUR-D18B", 10)
		claim := s.claim("CLM-1", "00", item("1", "K-1", "AUR-D18B", "2026-11-10", "10", "84.00"), item("2", "K-2", "AUR-B50", "2026-11-10", "10", "31.20"), item("3", "K-3", "AUR-D18B", "2026-10-31", "1", "8.40"))
		n := s.receive(claim, Taken)
		c := s.booked(n)
		s.verdicts(c, "pending no_proof 0.00", "pending no_proof 0.00", "rejected wrong_window 0.00")
		money := func(available, used int64) {
			t.Helper()
			h, err := s.funds.Of(s.at(), s.maya, s.aurelia, string(s.promo.ID))
			s.must(err)
			if b := h.Balance; b.Available.Minor != available || b.Granted.Minor-b.Available.Minor != used {
				t.Fatalf("%+v", b)
			}
		}
		money(84_00, 0)
		if c.Lines[0].Missing != "evidence:proof;Photo, Price tag" || c.Lines[1].Missing != "evidence:reports;Photo, Price tag" || c.Lines[0].Due != "2026-12-16" {
			t.Fatalf("%+v", c.Lines)
		}
		said := func(x *doc.ClaimAnswer, line int) string {
			refs := x.Contracts[0].Lines[line].Refs
			return refs[len(refs)-1].Text
		}
		x, a := s.answer(n, claim)
		same(t, answers(x), []string{"pending  0.00", "pending  0.00", "rejected  0.00"})
		if a.Final || said(x, 0) != "Photo, Price tag" || said(x, 1) != "reports; Photo, Price tag" {
			t.Fatalf("%+v %+v", a, x)
		}
		file := func(of fund.ClaimID, who access.Actor, name string) error {
			_, err := s.funds.AddFile(s.at(), who, fund.FileCmd{Claim: of, Item: name, Name: name + ".txt", Mime: "text/plain"}, strings.NewReader(name))
			return err
		}
		if err := file(c.ID, s.kaarel, "Photo"); fault.CodeOf(err) != fault.NotFound {
			t.Fatalf("%v", err)
		}
		s.heard.kinds = nil
		s.must(file(c.ID, s.maya, "Photo"))
		same(t, s.heard.kinds, []string{fund.ClaimProof})
		s.must(s.svc.Recheck(s.at(), s.edi, s.kestrel))
		if c = s.booked(n); c.Pending != 2 || c.Lines[0].Missing != "evidence:proof;Price tag" {
			t.Fatalf("%+v", c.Lines)
		}
		money(84_00, 0)
		// a correction keeps what its partner has added
		claim = s.claim("CLM-1", "05", item("1", "K-1", "AUR-D18B", "2026-11-10", "10", "84.00"), item("2", "K-2", "AUR-B50", "2026-11-10", "10", "31.20"), item("3", "K-3", "AUR-D18B", "2026-10-31", "2", "8.40"))
		n = s.receive(claim, Taken)
		if c = s.booked(n); c.Pending != 2 || c.Lines[0].Missing != "evidence:proof;Price tag" || len(c.Files) != 1 || len(c.Missing) != 1 {
			t.Fatalf("%+v", c)
		}
		s.answer(n, claim)
		s.must(file(c.ID, s.maya, "Price tag"))
		s.must(s.svc.Recheck(s.at(), s.edi, s.kestrel))
		c = s.booked(n) // all of it is there: a person of the supplier has to look, and no clock rejects it meanwhile
		s.verdicts(c, "pending no_proof 0.00", "pending no_proof 0.00", "rejected wrong_window 0.00")
		if c.Lines[0].Missing != "evidence:look;Photo, Price tag" || len(c.Missing) != 0 || len(c.Unseen) != 2 {
			t.Fatalf("%+v", c)
		}
		if x, a = s.answer(n, claim); a.Final || said(x, 0) != "look; Photo, Price tag" {
			t.Fatalf("%+v %+v", a, x)
		}
		look := func(who access.Actor, f fund.File, yes bool, why string) error {
			_, err := s.funds.JudgeProof(s.at(), who, c.ID, []fund.Look{{File: f.ID, Accept: yes, Reason: why}})
			return err
		}
		if err := look(s.maya, c.Files[0], true, ""); fault.CodeOf(err) != fault.Forbidden {
			t.Fatalf("%v", err)
		}
		s.must(look(s.ingrid, c.Files[0], true, ""))
		s.must(look(s.ingrid, c.Files[1], false, "Nothing can be read on it"))
		s.must(s.svc.Recheck(s.at(), s.edi, s.kestrel))
		if c = s.booked(n); c.Lines[0].Missing != "evidence:proof;Price tag" || c.Lines[0].Verdict != fund.LinePending {
			t.Fatalf("%+v", c.Lines)
		}
		money(84_00, 0)
		s.heard.kinds = nil
		s.must(look(s.ingrid, c.Files[1], true, ""))
		same(t, s.heard.kinds, []string{fund.ClaimSeen})
		s.must(s.svc.Recheck(s.at(), s.edi, s.kestrel))
		c = s.booked(n)
		s.verdicts(c, "accepted  84.00", "pending no_proof 0.00", "rejected wrong_window 0.00")
		money(0, 84_00)
		x, a = s.answer(n, claim)
		same(t, answers(x), []string{"accepted  84.00", "pending  0.00", "rejected  0.00"})
		if a.Final || x.Purpose != "05" {
			t.Fatalf("%+v", a)
		}
		s.sold("SR-2", "AUR-B50", 10)
		if x, a = s.answer(n, claim); !a.Final || x.Amounts[0].Amount != "115.20" {
			t.Fatalf("%+v %+v", a, x)
		}
		// another claim brings its own proof, and none comes: what it waits for changes on its
		// way, and at last it is rejected and nothing was moved
		late := s.claim("CLM-2", "00", item("1", "K-9", "AUR-D18B", "2026-11-10", "2", "16.80"))
		n = s.receive(late, Taken)
		if c = s.booked(n); c.Lines[0].Missing != "evidence:reports;Photo, Price tag" {
			t.Fatalf("%+v", c.Lines)
		}
		x, _ = s.answer(n, late)
		same(t, answers(x), []string{"pending  0.00"})
		s.day("2026-11-20")
		s.sold("SR-3", "AUR-D18B", 2)
		if c = s.booked(n); c.Lines[0].Missing != "evidence:proof;Photo, Price tag" || c.Lines[0].Due != "2026-12-20" {
			t.Fatalf("%+v", c.Lines)
		}
		if x, a = s.answer(n, late); x == nil || a.Final || said(x, 0) != "Photo, Price tag" {
			t.Fatalf("%+v %+v", a, x)
		}
		s.day("2026-12-21")
		s.must(s.funds.Tick(s.at()))
		s.verdicts(s.booked(n), "rejected no_proof 0.00")
		money(16_80, 115_20)
		if x, a = s.answer(n, late); !a.Final || x.Contracts[0].Lines[0].Reasons[0].Code != "15" {
			t.Fatalf("%+v %+v", a, x)
		}
	})
}

// Goods come back that were claimed and granted: what they used is owed, and both sides are
// told. A line of a claim that says so is a line of its own, which takes them off the one by
// which they were claimed: nothing is taken back twice.
func TestGoodsCameBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.sold("SR-1", "AUR-D18B", 10)
		n := s.receive(s.claim("CLM-1", "00", item("1", "K-1", "AUR-D18B", "2026-11-10", "10", "42.00")), Taken)
		s.verdicts(s.booked(n), "accepted  42.00")
		s.heard.kinds = nil
		s.sold("SR-2", "AUR-D18B", -4)
		back := item("1", "K-1", "AUR-D18B", "2026-11-12", "4", "16.80")
		back.Transfer = "RU"
		m := s.receive(s.claim("CLM-2", "00", back), Taken)
		s.verdicts(s.booked(m), "counter  0.00")
		if got := strings.Count(strings.Join(s.heard.kinds, " "), fund.Countered); got != 1 {
			t.Errorf("%v", s.heard.kinds)
		}
		h, err := s.funds.Of(s.at(), s.maya, s.aurelia, string(s.promo.ID))
		s.must(err)
		if b := h.Balance; b.Owed.Minor != 0 || b.Consumed.Minor != 25_20 || b.Granted.Minor != 25_20 {
			t.Fatalf("%+v", b)
		}
	})
}

// Units: a case is so many base units, an item of the GTIN of a pack is that pack, prices are
// of their own unit, and a unit that the product is not sold in is rejected.
func TestClaimInCases(t *testing.T) {
	t.Parallel()
	drill := catalog.Item{Found: true, Unit: "EA", Product: catalog.Product{SKU: "AUR-D18B", Unit: "EA", Packs: []catalog.Pack{{Level: catalog.Case, Unit: "CA", Quantity: money.Whole(12)}}}}
	boxed, rope := drill, drill
	boxed.Unit = "CA"
	rope.Unit, rope.Product.Unit, rope.Product.Packs = "M", "M", nil
	prices := func(unit, di, ct string) []doc.ClaimPrice {
		return []doc.ClaimPrice{{Unit: unit, Price: doc.Decimal(di), Basis: "DI"}, {Unit: unit, Price: doc.Decimal(ct), Basis: "CT"}}
	}
	for name, c := range map[string]struct {
		item           catalog.Item
		quantity, unit string
		prices         []doc.ClaimPrice
		want           string
	}{
		"pieces":                  {drill, "5", "EA", nil, "5 false 10.00"},
		"by another name":         {drill, "5", "PCE", nil, "5 false 10.00"},
		"cases":                   {drill, "5", "CA", nil, "60 false 10.00"},
		"of the pack of its GTIN": {boxed, "5", "", nil, "60 false 10.00"},
		"not sold so":             {drill, "5", "KG", nil, "0 true 10.00"},
		"each of what is metres":  {rope, "5", "EA", nil, "0 true 10.00"},
		"too many":                {drill, "9000000000000", "CA", nil, "0 true 10.00"},
		"not said":                {drill, "", "CA", nil, "0 false 10.00"},
		"cases by the piece":      {drill, "2", "CA", prices("EA", "84", "80"), "24 false 96.00"},
		"cases by the case":       {drill, "2", "CA", prices("CA", "1008", "960"), "24 false 96.00"},
		"pieces by the case":      {drill, "6", "EA", prices("CA", "1000", "999"), "6 false 0.50"},
		"priced by no unit":       {drill, "6", "EA", prices("KG", "1000", "999"), "6 false 0.00"},
	} {
		l := &doc.ClaimLine{Prices: c.prices}
		if c.prices == nil {
			l.Amounts = []doc.ClaimAmount{{Kind: "1", Amount: "10.00"}}
		}
		l.Quantity, l.Unit = doc.Decimal(c.quantity), c.unit
		var x line
		count(&x, l, c.item, "GBP")
		if got := fmt.Sprint(x.quantity, " ", x.odd, " ", x.asked); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// took are deductions by the numbers of what was taken off.
type took map[string]fund.Deduction

func (t took) Deducted(_ context.Context, _, _, number string) ([]fund.Deduction, error) {
	if d, ok := t[number]; ok {
		return []fund.Deduction{d}, nil
	}
	return nil, nil
}

// A correction takes the place of the claim with its number: what was granted stands, what
// was open is taken back, what was wrong is judged anew. Without purpose 05 a number that
// was used is refused, and a cancellation takes back what is open.
func TestCorrectedClaim(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.sold("SR-1", "AUR-D18B", 40)
		first := s.claim("CLM-1", "00", item("1", "K-1", "AUR-D18B", "2026-11-10", "10", "42.00"), item("2", "K-2", "AUR-D18B", "2026-10-31", "5", "21.00"), item("3", "K-3", "AUR-B50", "2026-11-12", "10", "15.60"))
		n := s.receive(first, Taken)
		s.verdicts(s.booked(n), "accepted  42.00", "rejected wrong_window 0.00", "pending no_proof 0.00")
		other := s.claim("CLM-1", "00", item("1", "K-1", "AUR-D18B", "2026-11-10", "11", "46.20"))
		refused := s.receive(other, Nothing)
		if refused.State != Refused || refused.Reason != WhyNumberUsed {
			t.Fatalf("%+v", refused)
		}
		if x, a := s.answer(refused, other); x == nil || !a.Final || x.Reasons[0].Valid != "N" || len(x.Contracts) != 0 {
			t.Fatalf("%+v", x)
		}
		again := s.claim("CLM-1", "05", item("1", "K-1", "AUR-D18B", "2026-11-10", "10", "42.00"), item("2", "K-2", "AUR-D18B", "2026-11-11", "5", "21.00"), item("3", "K-3", "AUR-B50", "2026-11-12", "8", "12.48"), item("4", "K-1", "AUR-D18B", "2026-11-10", "10", "41.00"))
		m := s.receive(again, Taken)
		if old := s.booked(n); old.Pending != 0 || old.Lines[2].Reason != fund.ReasonReplaced || old.Lines[0].Verdict != fund.LineAccepted {
			t.Fatalf("%+v", old)
		}
		if was, err := s.svc.Get(s.at(), s.maya, n.ID); err != nil || was.State != Replaced {
			t.Fatalf("%v %+v", err, was)
		}
		if x, _ := s.answer(n, first); x != nil {
			t.Fatal("a claim that was replaced is answered")
		}
		c := s.booked(m)
		if c.Number != "CLM-1/2" {
			t.Fatalf("%+v", c)
		}
		s.verdicts(c, "accepted  21.00", "pending no_proof 0.00", "rejected claimed_before 0.00")
		x, _ := s.answer(m, again)
		same(t, answers(x), []string{"accepted  42.00", "accepted  21.00", "pending  0.00", "rejected  0.00"})
		// what its sender took off a payment by its own number is not paid once more
		s.funds.Heed(took{"CLM-1": {Payment: "PAY-7", Amount: money.Amount{Minor: 21_00, Currency: "GBP"}}})
		_, err := s.funds.Settle(s.at(), s.fin, c.ID, c.Version, fund.SettleCmd{Kind: fund.ByCreditNote, Reference: "CN-1"})
		if f := fault.As(err); f.Code != fault.Conflict || f.Key != "fund.deducted_part" {
			t.Fatalf("%v", err)
		}
		_, err = s.funds.Settle(s.at(), s.fin, c.ID, c.Version, fund.SettleCmd{Kind: fund.ByOffset, Reference: "PAY-7"})
		s.must(err)
		// cancelled: what waits is taken back, and so is what was granted; what is paid already is owed
		s.receive(s.claim("CLM-1", "01", item("1", "K-1", "AUR-D18B", "2026-11-10", "10", "42.00")), Taken)
		if c = s.booked(m); c.Pending != 0 || c.Lines[1].Reason != fund.ReasonReplaced || c.Approved.Minor != 0 || c.Settled.Minor != 21_00 {
			t.Fatalf("%+v", c)
		}
		if old := s.booked(n); old.Approved.Minor != 0 || old.State != fund.ClaimWithdrawn {
			t.Fatalf("%+v", old)
		}
		if h, err := s.funds.Of(s.at(), s.maya, s.aurelia, string(s.promo.ID)); err != nil || h.Balance.Owed.Minor != 21_00 || h.Balance.Consumed.Minor != 0 || len(h.Claimed) > 0 && h.Claimed[0].Asked.Minor != 0 {
			t.Fatalf("%v %+v", err, h)
		}
		// a claim that was refused may come again, once what it names is known
		early := s.claim("CLM-8", "00", item("1", "K-7", "AUR-D18B", "2026-11-10", "1", "4.20"))
		early.Contracts[0].Number = "NOBODY"
		s.receive(early, Nothing)
		s.receive(early, Nothing)
		// under a promotion that is paid on the invoice nothing is claimed
		off := s.running(promo.OffInvoice)
		wrong := s.claim("CLM-9", "00", item("1", "K-8", "AUR-D18B", "2026-11-10", "1", "4.20"))
		wrong.Contracts[0].Number = off.Number
		if n := s.receive(wrong, Nothing); n.State != Refused || n.Parts[0].Reason != WhyOffInvoice {
			t.Fatalf("%+v", n)
		}
		long := s.claim("CLM-LONG", "00")
		for i := range fund.MostLines + 1 { // what they ask for could not be added up
			long.Contracts[0].Lines = append(long.Contracts[0].Lines, item(fmt.Sprint(i+1), "K-1", "AUR-D18B", "2026-11-10", "1", "9000000000000"))
		}
		if n := s.receive(long, Nothing); n.State != Refused || n.Parts[0].Reason != WhyLong {
			t.Errorf("%+v", n)
		}
	})
}
