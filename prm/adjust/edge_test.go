package adjust

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
	"entente/prm/promo"
)

// report is one of Kestrel of one item sold between two days.
func (s *stand) report(number, sku string, pieces int64, from, to string) promo.Resale {
	s.t.Helper()
	items, err := s.cat.Resolve(s.at(), s.edi, s.aurelia, s.kestrel, []catalog.ItemKey{{SKU: sku}})
	s.must(err)
	return promo.Resale{ID: db.NewID(), Number: number, Supplier: s.aurelia, Reseller: s.kestrel, At: s.now, Stands: true, Lines: []promo.ResaleLine{{Line: 1, Product: items[0].Product.ID, SKU: sku, Family: "power", Sold: money.Whole(pieces), From: from, To: to}}}
}

// resold receives one.
func (s *stand) resold(number, sku string, pieces int64, from, to string) {
	s.t.Helper()
	s.must(s.promos.Resold(s.at(), access.System("promotions", s.aurelia), s.report(number, sku, pieces, from, to)))
	s.must(s.svc.Recheck(s.at(), s.edi, s.kestrel))
}

// stepped is a promotion of November with 5 % from 20 grinders of 46.50 on and 10 % from 60.
func (s *stand) stepped() promo.Detail {
	s.day("2026-10-20")
	p := s.agreed(promo.Terms{Title: "By volume", SKUs: []string{"AUR-G125"}, Kind: promo.Tiers, Cumulative: true, Tiers: []promo.Tier{{From: money.Whole(20), Percent: money.One / 20}, {From: money.Whole(60), Percent: money.One / 10}}, Settle: promo.BillBack, By: promo.ByResale, From: "2026-11-01", Until: "2026-11-30", Zone: "Europe/London", Currency: "GBP", ClaimBy: "2027-02-28",
		Parts: []promo.Part{{Org: s.kestrel, Role: promo.Participant, Currency: "GBP"}}})
	s.day("2026-11-16")
	return p
}

// Goods that the promotion refused, here of weeks that only end or begin in its window, do
// not stand for those of a claim: it waits for their report, not for a step, and is not cut.
func TestRefusedGoodsShowNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.resold("SR-1", "AUR-D18B", 10, "2026-10-28", "2026-11-03")
		s.sold("SR-2", "AUR-D18B", 5)
		n := s.receive(s.claim("CLM-1", "00", item("1", "K-1", "AUR-D18B", "2026-11-10", "10", "42.00")), Taken)
		s.verdicts(s.booked(n), "pending no_proof 0.00")
		s.sold("SR-3", "AUR-D18B", 5)
		s.verdicts(s.booked(n), "accepted  42.00")

		s.promo = s.stepped()
		s.resold("SR-4", "AUR-G125", 10, "2026-10-28", "2026-11-03")
		n = s.receive(s.claim("CLM-2", "00", item("1", "K-2", "AUR-G125", "2026-11-02", "10", "23.25")), Taken)
		if l := s.booked(n).Lines[0]; l.Missing != "evidence:reports" {
			t.Fatalf("%+v", l)
		}
	})
}

// What was taken back may come once more: it is another word than the one before.
func TestClaimAfterItsCancellation(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		first := s.claim("CLM-1", "00", item("1", "K-1", "AUR-D18B", "2026-11-10", "10", "42.00"))
		n := s.receive(first, Taken)
		s.receive(s.claim("CLM-1", "01"), Taken)
		s.verdicts(s.booked(n), "rejected replaced 0.00")
		if m := s.receive(first, Nothing); m.Reason != WhyNumberUsed {
			t.Fatalf("%+v", m)
		}
		again := s.claim("CLM-1", "05", item("1", "K-1", "AUR-D18B", "2026-11-10", "10", "42.00"))
		m := s.receive(again, Taken)
		s.verdicts(s.booked(m), "pending no_proof 0.00")
		s.receive(s.claim("CLM-1", "01"), Taken)
		m = s.receive(again, Taken)
		s.receive(again, Duplicate)
		s.sold("SR-1", "AUR-D18B", 10)
		s.verdicts(s.booked(m), "accepted  42.00")
		s.receive(s.claim("CLM-1", "01"), Taken) // what was granted is taken back, and may be granted again
		if h, err := s.funds.Of(s.at(), s.maya, s.aurelia, string(s.promo.ID)); err != nil || h.Balance.Available.Minor != 42_00 || h.Balance.Consumed.Minor != 0 {
			t.Fatalf("%v %+v", err, h.Balance)
		}
		m = s.receive(again, Taken)
		s.verdicts(s.booked(m), "accepted  42.00")
		if h, err := s.funds.Of(s.at(), s.maya, s.aurelia, string(s.promo.ID)); err != nil || h.Balance.Available.Minor != 0 || h.Balance.Consumed.Minor != 42_00 {
			t.Fatalf("%v %+v", err, h.Balance)
		}
	})
}

// A line whose day is over is judged by what is there for it, not after lines that may wait on.
func TestClockOfOneLine(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		n := s.receive(s.claim("CLM-1", "00", item("1", "K-1", "AUR-D18B", "2026-11-10", "20", "84.00"), item("2", "K-2", "AUR-D18B", "2026-11-10", "10", "42.00")), Taken)
		s.sold("SR-1", "AUR-D18B", 4)
		c := s.booked(n)
		c, err := s.funds.Decide(s.at(), s.ingrid, c.ID, c.Version, []fund.Verdict{{Position: 1, Verdict: fund.LinePending, Reason: "no_proof", Missing: "evidence:reports", Due: "2027-01-31"}}, "")
		s.must(err)
		s.day("2026-12-17")
		s.must(s.funds.Tick(s.at()))
		s.verdicts(s.booked(n), "pending no_proof 0.00", "changed over_quantity 16.80")
	})
}

// An amount that no ledger holds is refused in words and is not added up.
func TestClaimBeyondAllMoney(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		var lines []doc.ClaimLine
		for _, n := range []string{"1", "2"} {
			lines = append(lines, item(n, "K-"+n, "AUR-D18B", "2026-11-10", "10", "9000000000000"))
		}
		n := s.receive(s.claim("CLM-1", "00", lines...), Taken)
		s.sold("SR-1", "AUR-D18B", 20)
		s.verdicts(s.booked(n), "changed wrong_price 42.00", "changed wrong_price 42.00")
	})
}

// What a document costs does not grow with the claims that wait: they are read in pages and
// judged by one reading of their promotion; what a step lacks by now is noted at once for all.
func TestWaitingClaimsAreCheap(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		const many = 40
		wait := func(sku, amount string) (notices []Notice) {
			for i := range many {
				n := fmt.Sprint(sku, "-", s.promo.Number, "-", i)
				notices = append(notices, s.receive(s.claim("C"+n, "00", item("1", "K"+n, sku, "2026-11-10", "2", amount)), Taken))
			}
			return notices
		}
		plain := wait("AUR-B50", "3.12")
		s.promo = s.stepped()
		s.resold("SR-1", "AUR-G125", 2, "2026-11-10", "2026-11-10")
		steps := wait("AUR-G125", "4.65")
		s.resold("SR-2", "AUR-G125", 1, "2026-11-11", "2026-11-11")
		was := d.Counts().Run
		s.must(s.svc.Recheck(s.at(), s.edi, s.kestrel))
		if n := d.Counts().Run - was; n > 80 {
			t.Errorf("%d statements for %d claims", n, 2*many)
		}
		s.must(s.promos.Resold(s.at(), access.System("promotions", s.aurelia), s.report("SR-3", "AUR-G125", 1, "2026-11-12", "2026-11-12")))
		was = d.Counts().Run
		s.must(s.svc.Recheck(s.at(), s.edi, s.kestrel))
		if n := d.Counts().Run - was; n > 80 {
			t.Errorf("%d statements where all lack another figure", n)
		}
		for _, n := range steps {
			if l := s.booked(n).Lines[0]; l.Missing != "evidence:step 20 16" || l.Due != "2026-12-30" {
				t.Fatalf("%+v", l)
			}
		}
		// once the step is there all are granted, on both sides of the end of a page
		s.resold("SR-4", "AUR-G125", 74, "2026-11-12", "2026-11-12")
		paid := 0
		for _, n := range steps {
			if s.booked(n).Approved.Minor == 4_65 {
				paid++
			}
		}
		if paid != many {
			t.Errorf("%d of %d", paid, many)
		}
		for _, n := range plain {
			s.verdicts(s.booked(n), "pending no_proof 0.00")
		}
	})
}

// The same claim by two ways at once, and two of one number, are one after the other: one is
// taken, and what it asks for is granted once.
func TestClaimsAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.sold("SR-1", "AUR-D18B", 40)
		for round := range 3 {
			number, now := fmt.Sprint("CLM-", round), s.at()
			got := make(chan Outcome, 4)
			for i := range cap(got) {
				x := s.claim(number, "00", item("1", "K-"+number, "AUR-D18B", "2026-11-10", "10", "42.00"))
				if i%2 == 1 {
					x = s.claim(number, "00", item("1", "K-"+number, "AUR-D18B", "2026-11-10", "10", "41.00"))
				}
				go func() {
					r, err := s.svc.Receive(now, s.edi, Incoming{Doc: x, Supplier: s.aurelia, Reseller: s.kestrel, Partnership: s.toKestrel, Interchange: db.NewID(), SetNo: i + 1})
					if err != nil {
						t.Error(err)
					}
					got <- r.Outcome
				}()
			}
			of := map[Outcome]int{}
			for range cap(got) {
				of[<-got]++
			}
			if of[Taken] != 1 || of[Duplicate] != 1 || of[Nothing] != 2 {
				t.Errorf("%v", of)
			}
		}
	})
}

// Goods of a claim that was paid came back: what they used comes off the next claim at once,
// with its reason, and in the end as much is granted as is sold, to the cent.
func TestReturnComesOffTheNextClaim(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.sold("SR-1", "AUR-D18B", 10)
		c := s.booked(s.receive(s.claim("CLM-1", "00", item("1", "K-1", "AUR-D18B", "2026-11-10", "10", "42.00")), Taken))
		_, err := s.funds.Settle(s.at(), s.fin, c.ID, c.Version, fund.SettleCmd{Kind: fund.ByCreditNote, Reference: "CN-1"})
		s.must(err)
		s.sold("SR-2", "AUR-D18B", -4)
		next := s.claim("CLM-2", "00", item("1", "K-2", "AUR-D18B", "2026-11-12", "6", "25.20"))
		n := s.receive(next, Taken)
		s.verdicts(s.booked(n), "pending no_proof 0.00") // they are not shown yet
		s.sold("SR-3", "AUR-D18B", 6)
		s.verdicts(s.booked(n), "changed return 8.40")
		x, a := s.answer(n, next)
		same(t, answers(x), []string{"changed CA 8.40"})
		if refs := x.Contracts[0].Lines[0].Refs; !a.Final || refs[len(refs)-1].Value != fund.ReasonReturn {
			t.Fatalf("%+v %+v", a, x)
		}
		s.sold("SR-4", "AUR-D18B", 1)
		n = s.receive(s.claim("CLM-3", "00", item("1", "K-3", "AUR-D18B", "2026-11-12", "1", "4.20"), item("2", "K-4", "AUR-D18B", "2026-11-12", "4", "16.80")), Taken)
		s.verdicts(s.booked(n), "accepted  4.20", "rejected return 0.00")
		h, err := s.funds.Of(s.at(), s.maya, s.aurelia, string(s.promo.ID))
		s.must(err)
		if b := h.Balance; b.Granted.Minor != 13*4_20 || b.Owed.Minor != 0 || b.Available.Minor != 0 || b.Consumed.Minor+b.Settled.Minor != 13*4_20 {
			t.Fatalf("%+v", b)
		}
	})
}

// A promotion is cancelled while a line waits: what was sold before is granted still, what
// comes after is nothing, and the line ends on its day. A stranger names it in vain, and what
// proves a line stays with it once it is granted.
func TestClaimOfACancelledPromotion(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		toBaltic := ""
		s.must(d.View(s.at(), func(ctx context.Context) error {
			return db.Tx(ctx).Raw("SELECT id FROM partnership WHERE reseller_id = ?", s.baltic).Scan(&toBaltic).Error
		}))
		foreign := s.claim("CLM-B", "00", item("1", "B-1", "AUR-D18B", "2026-11-10", "1", "4.20"))
		got, err := s.svc.Receive(s.at(), s.edi, Incoming{Doc: foreign, Supplier: s.aurelia, Reseller: s.baltic, Partnership: toBaltic, Interchange: db.NewID(), SetNo: 1})
		if err != nil || got.Notice.State != Refused {
			t.Fatalf("%v %+v", err, got)
		}
		if n, err := s.svc.Get(s.at(), s.kaarel, got.Notice.ID); err != nil || n.Parts[0].Reason != WhyUnknown {
			t.Fatalf("%v %+v", err, n)
		}
		s.sold("SR-1", "AUR-D18B", 10)
		n := s.receive(s.claim("CLM-1", "00", item("1", "K-1", "AUR-B50", "2026-11-10", "10", "15.60")), Taken)
		p, err := s.promos.Get(s.at(), s.ingrid, s.promo.ID)
		s.must(err)
		_, err = s.promos.Cancel(s.at(), s.ingrid, p.ID, p.Version, "No stock")
		s.must(err)
		s.resold("SR-2", "AUR-B50", 10, "2026-11-17", "2026-11-17")
		c := s.booked(n)
		s.verdicts(c, "pending no_proof 0.00")
		f, err := s.funds.AddFile(s.at(), s.maya, fund.FileCmd{Claim: c.ID, Name: "note.txt"}, strings.NewReader("note"))
		s.must(err)
		m := s.receive(s.claim("CLM-2", "00", item("1", "K-2", "AUR-D18B", "2026-11-10", "10", "42.00"), item("2", "K-3", "AUR-D18B", "2026-11-17", "1", "4.20")), Taken)
		s.verdicts(s.booked(m), "accepted  42.00", "pending no_proof 0.00")
		s.day("2026-12-17")
		s.must(s.funds.Tick(s.at()))
		s.verdicts(s.booked(n), "rejected no_proof 0.00")
		s.verdicts(s.booked(m), "accepted  42.00", "rejected no_proof 0.00")
		if err := s.funds.RemoveFile(s.at(), s.maya, c.ID, "", f.ID); fault.CodeOf(err) != fault.Conflict {
			t.Fatalf("%v", err)
		}
	})
}

// A correction that claims less than was granted is an entry of the ledger of its own, which
// both companies are told: what is not settled may be claimed again, what is settled is owed.
// Goods that come back are a line of their own. The statement adds up throughout.
func TestLoweredClaim(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.sold("SR-1", "AUR-D18B", 20)
		stands := func(available, consumed, settled, owed int64) {
			t.Helper()
			h, err := s.funds.Of(s.at(), s.maya, s.aurelia, string(s.promo.ID))
			s.must(err)
			if b := h.Balance; b.Available.Minor != available || b.Consumed.Minor != consumed || b.Settled.Minor != settled || b.Owed.Minor != owed {
				t.Fatalf("available %s, consumed %s, settled %s, owed %s", b.Available, b.Consumed, b.Settled, b.Owed)
			}
		}
		told := func(kind string, want int) {
			t.Helper()
			if got := strings.Count(strings.Join(s.heard.kinds, " ")+" ", kind+" "); got != want {
				t.Errorf("%s: %d in %v", kind, got, s.heard.kinds)
			}
			s.heard.kinds = nil
		}
		n := s.receive(s.claim("CLM-1", "00", item("1", "K-1", "AUR-D18B", "2026-11-10", "10", "42.00"), item("2", "K-2", "AUR-D18B", "2026-11-10", "10", "42.00")), Taken)
		s.verdicts(s.booked(n), "accepted  42.00", "accepted  42.00")
		entries := func() int {
			t.Helper()
			led, err := s.funds.Check(s.at(), s.ingrid, s.booked(n).Program)
			s.must(err)
			if !led.OK() {
				t.Fatalf("%+v", led)
			}
			return led.Entries
		}
		had := entries()
		s.heard.kinds = nil
		less := s.claim("CLM-1", "05", item("1", "K-1", "AUR-D18B", "2026-11-10", "8", "33.60")) // and not the other line
		m := s.receive(less, Taken)
		c := s.booked(m)
		s.verdicts(c, "changed lowered 33.60", "rejected taken_off 0.00")
		if c.ID != n.Parts[0].Claim || c.Approved.Minor != 33_60 || entries() != had+2 {
			t.Fatalf("%+v, %d entries", c, entries()-had)
		}
		told(fund.ClaimCorrected, 2)
		stands(50_40, 33_60, 0, 0)
		x, a := s.answer(m, less)
		if same(t, answers(x), []string{"accepted  33.60"}); !a.Final || x.Amounts[0].Amount != "33.60" {
			t.Fatalf("%+v %+v", a, x)
		}
		s.receive(less, Duplicate)
		c, err := s.funds.Settle(s.at(), s.fin, c.ID, c.Version, fund.SettleCmd{Kind: fund.ByCreditNote, Reference: "CN-1"})
		s.must(err)
		s.heard.kinds = nil
		s.receive(s.claim("CLM-1", "05", item("1", "K-1", "AUR-D18B", "2026-11-10", "5", "21.00")), Taken)
		if c = s.booked(n); c.Approved.Minor != 21_00 || c.Settled.Minor != 33_60 || c.State != fund.ClaimSettled {
			t.Fatalf("%+v", c)
		}
		told(fund.Countered, 1)
		stands(63_00, 0, 33_60, 12_60)
		// what is owed is not paid out a second time
		other := s.receive(s.claim("CLM-2", "00", item("1", "K-9", "AUR-D18B", "2026-11-11", "15", "63.00")), Taken)
		s.verdicts(s.booked(other), "changed over_quantity 50.40")
		// the credit note is taken back: nothing is owed any more, and what is claimed is to be paid
		c, err = s.funds.Unsettle(s.at(), s.fin, c.ID, c.Version, c.Settlements[0].ID, "Issued anew")
		s.must(err)
		if c.State != fund.ClaimApproved || c.Due().Minor != 21_00 {
			t.Fatalf("%+v", c)
		}
		stands(12_60, 71_40, 0, 0)
		// goods that came back: a line of its own, and the credit does not take it back again
		back := item("1", "K-9", "AUR-D18B", "2026-11-12", "3", "12.60")
		back.Transfer = "RU"
		returned := s.claim("CLM-3", "00", back)
		r := s.receive(returned, Taken)
		got := s.booked(r)
		s.verdicts(got, "counter  0.00")
		if l := got.Lines[0]; l.Back.Minor != 12_60 || l.BackOf != "CLM-2" || l.BackLine != 1 || got.State != fund.ClaimSettled {
			t.Fatalf("%+v", got)
		}
		s.verdicts(s.booked(other), "changed lowered 37.80")
		stands(25_20, 58_80, 0, 0)
		if x, _ = s.answer(r, returned); x.Amounts[0].Amount != "-12.60" {
			t.Fatalf("%+v", x)
		}
		s.sold("SR-2", "AUR-D18B", -3)
		s.must(s.svc.Recheck(s.at(), s.edi, s.kestrel))
		s.receive(s.claim("CLM-4", "00", item("1", "K-8", "AUR-D18B", "2026-11-11", "1", "4.20")), Taken)
		stands(8_40, 63_00, 0, 0)
		// cancelled
		s.receive(s.claim("CLM-1", "01"), Taken)
		if c = s.booked(n); c.State != fund.ClaimWithdrawn || c.Approved.Minor != 0 {
			t.Fatalf("%+v", c)
		}
		stands(29_40, 42_00, 0, 0)
		entries()
	})
}

// A correction that claims more of a line than was granted leaves what stands and judges the
// difference like a new line: by the documents that are left, the price agreed for the whole
// quantity and the proof. Nothing is written over; lowered again, what was raised last goes
// first, and a cancellation takes all of it.
func TestRaisedClaim(t *testing.T) {
	t.Parallel()
	s := open(t, dbtest.One(t))
	s.sold("SR-1", "AUR-D18B", 16)
	stands := func(available, consumed, settled, owed int64) {
		t.Helper()
		h, err := s.funds.Of(s.at(), s.maya, s.aurelia, string(s.promo.ID))
		s.must(err)
		if b := h.Balance; b.Available.Minor != available || b.Consumed.Minor != consumed || b.Settled.Minor != settled || b.Owed.Minor != owed {
			t.Fatalf("available %s, consumed %s, settled %s, owed %s", b.Available, b.Consumed, b.Settled, b.Owed)
		}
	}
	say := func(number, purpose, pieces, amount string) *doc.Claim {
		return s.claim(number, purpose, item("1", "K-"+number, "AUR-D18B", "2026-11-10", pieces, amount))
	}
	n := s.receive(say("CLM-1", "00", "10", "42.00"), Taken)
	s.verdicts(s.booked(n), "accepted  42.00")
	c := s.booked(n)
	c, err := s.funds.Settle(s.at(), s.fin, c.ID, c.Version, fund.SettleCmd{Kind: fund.ByCreditNote, Reference: "CN-1"})
	s.must(err)
	led, err := s.funds.Check(s.at(), s.ingrid, c.Program)
	s.must(err)
	had := led.Entries

	more := say("CLM-1", "05", "12", "50.40")
	m := s.receive(more, Taken)
	if raise := s.booked(m); raise.ID == c.ID || raise.Lines[0].Quantity != money.Whole(2) || raise.Number != "CLM-1/2" {
		t.Fatalf("%+v", raise)
	}
	s.verdicts(s.booked(m), "accepted  8.40")
	s.verdicts(s.booked(n), "accepted  42.00")
	if led, err = s.funds.Check(s.at(), s.ingrid, c.Program); err != nil || !led.OK() || led.Entries != had+1 {
		t.Fatalf("%v %+v, had %d", err, led, had)
	}
	stands(16_80, 8_40, 42_00, 0)
	x, a := s.answer(m, more)
	if same(t, answers(x), []string{"accepted  50.40"}); !a.Final || x.Amounts[0].Amount != "50.40" {
		t.Fatalf("%+v %+v", a, x)
	}
	s.receive(more, Duplicate)

	// raised again by more than the documents show: the difference waits for them, what stands stands
	again := say("CLM-1", "05", "20", "84.00")
	k := s.receive(again, Taken)
	s.verdicts(s.booked(k), "pending no_proof 0.00")
	x, a = s.answer(k, again)
	if same(t, answers(x), []string{"pending  50.40"}); a.Final {
		t.Fatalf("%+v %+v", a, x)
	}
	s.sold("SR-2", "AUR-D18B", 4)
	s.verdicts(s.booked(k), "accepted  33.60")
	x, _ = s.answer(k, again)
	same(t, answers(x), []string{"accepted  84.00"})
	stands(0, 42_00, 42_00, 0)

	// dearer for the same goods: nothing is granted of that, and what stands stays
	dear := say("CLM-1", "05", "20", "90.00")
	dm := s.receive(dear, Taken)
	s.verdicts(s.booked(dm), "rejected wrong_price 0.00")
	x, _ = s.answer(dm, dear)
	same(t, answers(x), []string{"changed PC 84.00"})

	// lowered: the last raise goes first, in part
	s.receive(say("CLM-1", "05", "14", "58.80"), Taken)
	s.verdicts(s.booked(k), "changed lowered 8.40")
	s.verdicts(s.booked(m), "accepted  8.40")
	stands(25_20, 16_80, 42_00, 0)
	// and raised back to what it was before it was lowered
	m = s.receive(say("CLM-1", "05", "20", "84.00"), Taken)
	if back := s.booked(m); back.Lines[0].Quantity != money.Whole(6) {
		t.Fatalf("%+v", back.Lines)
	}
	s.verdicts(s.booked(m), "accepted  25.20")
	stands(0, 42_00, 42_00, 0)
	s.receive(say("CLM-1", "05", "14", "58.80"), Taken)
	stands(25_20, 16_80, 42_00, 0)
	// another number claims none of it, raised or not
	o := s.claim("CLM-2", "00", item("1", "K-CLM-1", "AUR-D18B", "2026-11-10", "15", "63.00"))
	s.verdicts(s.booked(s.receive(o, Taken)), "rejected claimed_before 0.00")
	// goods that came back come off the raises first
	back := item("1", "K-CLM-1", "AUR-D18B", "2026-11-12", "3", "12.60")
	back.Transfer = "RU"
	r := s.booked(s.receive(s.claim("CLM-3", "00", back), Taken))
	s.verdicts(r, "counter  0.00")
	if l := r.Lines[0]; l.Back.Minor != 12_60 || l.BackOf != "CLM-1" {
		t.Fatalf("%+v", l)
	}
	stands(37_80, 4_20, 42_00, 0)
	// what is raised is decided with what stands: together they are over what one may decide
	s.must(s.funds.SetFourEyes(s.at(), s.ingrid, fund.FourEyes{Kind: fund.KindPromo, Amount: money.Amount{Minor: 50_00, Currency: "GBP"}}))
	s.sold("SR-3", "AUR-D18B", 12)
	f := s.booked(s.receive(s.claim("CLM-4", "00", item("1", "K-CLM-4", "AUR-D18B", "2026-11-10", "2", "8.40")), Taken))
	s.verdicts(f, "accepted  8.40")
	f = s.booked(s.receive(s.claim("CLM-4", "05", item("1", "K-CLM-4", "AUR-D18B", "2026-11-10", "13", "54.60")), Taken))
	if s.verdicts(f, "open  0.00"); f.State != fund.ClaimSubmitted {
		t.Fatalf("%+v", f)
	}
	f, err = s.funds.Decide(s.at(), s.ingrid, f.ID, f.Version, nil, "")
	s.must(err)
	if f.Approved.Minor != 0 || f.State != fund.ClaimCheck { // the second is asked
		t.Fatalf("%+v", f)
	}
	s.receive(s.claim("CLM-4", "01"), Taken)
	s.receive(s.claim("CLM-1", "01"), Taken)
	stands(130_20, 0, 42_00, 37_80) // what was freed last pays off what is owed
	if led, err = s.funds.Check(s.at(), s.ingrid, c.Program); err != nil || !led.OK() {
		t.Fatalf("%v %+v", err, led)
	}
}

// What was taken off one payment by the number of a document is there once for all of its claims,
// and what was taken off for one of them alone is its own. An offset undone opens it again.
func TestDeductedOnceForADocument(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.sold("SR-1", "AUR-D18B", 40)
		x := s.claim("CLM-1", "00", item("1", "K-1", "AUR-D18B", "2026-11-10", "15", "63.00"))
		two := x.Contracts[0]
		two.Lines = []doc.ClaimLine{item("2", "K-2", "AUR-D18B", "2026-11-10", "10", "42.00")}
		x.Contracts = append(x.Contracts, two)
		n := s.receive(x, Taken)
		var cs [2]fund.Claim
		for i := range cs {
			c, err := s.funds.GetClaim(s.at(), s.fin, n.Parts[i].Claim)
			s.must(err)
			cs[i] = c
		}
		pounds := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "GBP"} }
		if cs[1].Number != "CLM-1/2" || cs[0].Approved != pounds(63_00) || cs[1].Approved != pounds(42_00) {
			t.Fatalf("%+v", cs)
		}
		s.funds.Heed(took{"CLM-1": {Payment: "PAY-7", Amount: pounds(63_00)}, "CLM-1/2": {Payment: "pay-7", Amount: pounds(2_00)}})
		settle := func(i int, kind, reference string, minor int64) error {
			t.Helper()
			cmd := fund.SettleCmd{Kind: kind, Reference: reference}
			if minor > 0 {
				cmd.Amount = pounds(minor)
			}
			c, err := s.funds.Settle(s.at(), s.fin, cs[i].ID, cs[i].Version, cmd)
			if err == nil {
				cs[i] = c
			}
			return err
		}
		s.must(settle(0, fund.ByOffset, "PAY-7", 60_00))
		if f := fault.As(settle(1, fund.ByOffset, "PAY-7", 5_01)); f.Fields == nil || f.Fields[0].Key != "fund.over_deducted" {
			t.Fatalf("%+v", f)
		}
		if f := fault.As(settle(1, fund.ByCreditNote, "CN-1", 0)); f.Key != "fund.deducted_part" {
			t.Fatalf("%+v", f)
		}
		s.must(settle(1, fund.ByOffset, "PAY-7", 0)) // 2.00 of its own and 3.00 that are left
		if cs[1].Settled != pounds(5_00) {
			t.Fatalf("%+v", cs[1])
		}
		if f := fault.As(settle(0, fund.ByOffset, "PAY-7", 1)); f.Fields == nil || f.Fields[0].Key != "fund.over_deducted" {
			t.Fatalf("%+v", f)
		}
		s.must(settle(0, fund.ByCreditNote, "CN-1", 0))
		s.must(settle(1, fund.ByCreditNote, "CN-2", 0))
		if cs[0].State != fund.ClaimSettled || cs[1].State != fund.ClaimSettled {
			t.Fatalf("%+v", cs)
		}
		for i := range cs {
			c, err := s.funds.Unsettle(s.at(), s.fin, cs[i].ID, cs[i].Version, cs[i].Settlements[1].ID, "the other way")
			s.must(err)
			cs[i] = c
		}
		c, err := s.funds.Unsettle(s.at(), s.fin, cs[0].ID, cs[0].Version, cs[0].Settlements[0].ID, "it was the other")
		s.must(err)
		cs[0] = c
		s.must(settle(1, fund.ByOffset, "PAY-7", 0))
		if cs[1].State != fund.ClaimSettled {
			t.Fatalf("%+v", cs[1])
		}
		s.must(settle(0, fund.ByOffset, "PAY-7", 0)) // 65.00 less 42.00
		if cs[0].Settled != pounds(23_00) {
			t.Fatalf("%+v", cs[0])
		}
	})
}
