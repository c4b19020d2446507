package fund

import (
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
)

// What a credit took back of a claim that was paid is owed once: not again when the claim of
// these goods is lowered, whether it came back meanwhile or not, and the same paper is booked
// once whoever enters it. What was paid less what is owed is what is approved, at each step.
func TestOwedIsTakenOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		sys := access.System("edi", b.aurelia)
		cmd := SubjectCmd{Subject: db.NewID(), Title: "Winter", From: "2026-11-01", Until: "2026-12-31", Zone: "Europe/London"}
		earned := func(total int64) ProgramID {
			t.Helper()
			p, err := b.svc.SetEarned(b.at(), access.System("promotions", b.aurelia), cmd, b.toKestrel, gbp(total))
			b.must(err)
			return p
		}
		p := earned(100_00)
		c, err := b.svc.Book(b.at(), sys, b.kestrel, ClaimCmd{Program: p, Number: "CLM-1", Nature: NatureRebate, Title: "Winter", Source: SourceEDI, Lines: lines("2026-11-10", 60_00, 40_00)}, []Verdict{{Position: 1, Verdict: LineAccepted}, {Position: 2, Verdict: LineAccepted}})
		b.must(err)
		c, err = b.svc.Settle(b.at(), b.fin, c.ID, c.Version, SettleCmd{Kind: ByCreditNote, Reference: "CN-1"})
		b.must(err)
		stands := func(available, settled, owed, approved int64) {
			t.Helper()
			b.sound(p)
			w := b.wallet(p)
			if w.Available != gbp(available) || w.Settled != gbp(settled) || w.Owed != gbp(owed) {
				t.Fatalf("%+v", w)
			}
			if c, err = b.svc.GetClaim(b.at(), b.maya, c.ID); err != nil || c.Approved != gbp(approved) || settled-owed != approved {
				t.Fatalf("%v %s approved, %d settled, %d owed", err, c.Approved, settled, owed)
			}
			st, err := b.svc.Statement(b.at(), b.maya, StatementFilter{Partnership: b.toKestrel})
			b.must(err)
			sum := int64(0)
			for _, m := range st.Moves {
				sum += m.Change.Owed.Minor
			}
			if st.Closing != w || sum != owed {
				t.Fatalf("%+v, movements of %d", st.Closing, sum)
			}
		}
		earned(70_00) // a credit came
		if w := b.wallet(p); w.Owed != gbp(30_00) {
			t.Fatalf("%+v", w)
		}
		paper := RecoverCmd{Org: b.kestrel, Kind: ByDebit, Reference: "DN-1", Amount: gbp(10_00)}
		for _, paper.Key = range []string{"one", "one", "two", ""} {
			b.must(b.svc.Recover(b.at(), b.fin, p, paper))
		}
		if w := b.wallet(p); w.Owed != gbp(20_00) || w.Settled != gbp(90_00) {
			t.Fatalf("%+v", w)
		}
		paper.Amount = gbp(5_00)
		b.wants(b.svc.Recover(b.at(), b.fin, p, paper), fault.Conflict, "fund.recovered_before")
		lower := func(position int, to int64) {
			t.Helper()
			for range 2 {
				_, err := b.svc.Correct(b.at(), sys, c.ID, []Correction{{Position: position, To: gbp(to)}})
				b.must(err)
			}
		}
		lower(1, 30_00) // the notice of these goods
		stands(0, 90_00, 20_00, 70_00)
		lower(2, 25_00) // and less is claimed of others, which may be claimed again
		stands(15_00, 90_00, 35_00, 55_00)
		paper.Reference, paper.Amount = "DN-2", gbp(35_00)
		b.must(b.svc.Recover(b.at(), b.fin, p, paper))
		stands(15_00, 55_00, 0, 55_00)
		lower(2, 20_00)
		stands(20_00, 55_00, 5_00, 50_00)

		// the second paper was entered in error: an entry of its own, by who may settle, once
		entry := func(text string) string {
			t.Helper()
			list, _, err := b.svc.Entries(b.at(), b.fin, p, "", 0)
			b.must(err)
			for _, e := range list {
				if e.Kind == EntryRecover && e.Text == text && e.Undoable {
					return e.Entry
				}
			}
			t.Fatalf("no entry of %s that may be reversed", text)
			return ""
		}
		e := entry("DN-2")
		b.wants(b.svc.Reverse(b.at(), b.maya, p, e, "Wrong"), fault.Forbidden, "")
		b.wants(b.svc.Reverse(b.at(), b.wen, p, e, "Wrong"), fault.Forbidden, "")
		b.wants(b.svc.Reverse(b.at(), b.fin, p, e, " "), fault.Invalid, "form.missing")
		b.must(b.svc.Reverse(b.at(), b.fin, p, e, "Note of another partner"))
		b.wants(b.svc.Reverse(b.at(), b.fin, p, e, "Again"), fault.Conflict, "fund.reversed_before")
		stands(20_00, 90_00, 40_00, 50_00)
		b.must(b.svc.Recover(b.at(), b.fin, p, paper)) // and may be booked again, once
		b.must(b.svc.Recover(b.at(), b.fin, p, paper))
		stands(20_00, 55_00, 5_00, 50_00)
		b.must(b.svc.Reverse(b.at(), b.fin, p, entry("DN-2"), "Again"))
		stands(20_00, 90_00, 40_00, 50_00)
	})
}

// Above the company's own threshold two people decide about the money of a promotion, whatever
// their own limits are: the documents alone grant nothing then, one person neither, and to
// loosen it is for admins. Of another kind and another currency it says nothing.
func TestFourEyesOfPromotions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.CheckModels(t, d, fourEyesRow{})
		b := setup(t, d)
		sys := access.System("edi", b.aurelia)
		two := func(kind string, minor int64) FourEyes { return FourEyes{Kind: kind, Amount: gbp(minor)} }
		b.wants(b.svc.SetFourEyes(b.at(), b.ingrid, two(KindMDF, 1)), fault.Invalid, "form.choice_wrong")
		b.wants(b.svc.SetFourEyes(b.at(), b.fin, two(KindPromo, 1)), fault.Forbidden, "")
		b.must(b.svc.SetFourEyes(b.at(), b.wen, two(KindPromo, 50_00)))
		b.wants(b.svc.SetFourEyes(b.at(), b.wen, two(KindPromo, 50_01)), fault.Forbidden, "")
		b.wants(b.svc.SetFourEyes(b.at(), b.wen, two(KindPromo, 0)), fault.Forbidden, "")
		if got, err := b.svc.FourEyes(b.at(), b.maya); err != nil || len(got) != 0 {
			t.Fatal(got, err)
		}
		earned := func(kind string) ProgramID {
			t.Helper()
			p, err := b.svc.SetEarned(b.at(), access.System("promotions", b.aurelia), SubjectCmd{Kind: kind, Subject: db.NewID(), Title: "Winter", From: "2026-11-01", Until: "2026-12-31", Zone: "Europe/London"}, b.toKestrel, gbp(200_00))
			b.must(err)
			return p
		}
		book := func(p ProgramID, number string, amounts ...int64) Claim {
			t.Helper()
			var all []Verdict
			for i := range amounts {
				all = append(all, Verdict{Position: i + 1, Verdict: LineAccepted})
			}
			c, err := b.svc.Book(b.at(), sys, b.kestrel, ClaimCmd{Program: p, Number: number, Nature: NatureRebate, Title: "Winter", Source: SourceEDI, Lines: lines("2026-11-10", amounts...)}, all)
			b.must(err)
			return c
		}
		p := earned(KindPromo)
		if c := book(p, "CLM-1", 50_00); c.State != ClaimApproved {
			t.Fatalf("%+v", c)
		}
		c := book(p, "CLM-2", 30_00, 20_01)
		n := b.sound(p)
		if c.State != ClaimSubmitted || c.Approved.Minor != 0 {
			t.Fatalf("%+v", c)
		}
		c, err := b.svc.Decide(b.at(), b.ingrid, c.ID, c.Version, nil, "")
		b.must(err)
		if c.State != ClaimCheck || c.FirstBy != b.ingrid.Person || c.Approved.Minor != 0 || b.sound(p) != n {
			t.Fatalf("%+v", c)
		}
		_, err = b.svc.Decide(b.at(), b.ingrid, c.ID, c.Version, nil, "")
		b.wants(err, fault.Conflict, "fund.second_needed")
		b.must(b.svc.SetFourEyes(b.at(), b.ingrid, two(KindPromo, 0))) // what two began two decide
		_, err = b.svc.Decide(b.at(), b.ingrid, c.ID, c.Version, nil, "")
		b.wants(err, fault.Conflict, "fund.second_needed")
		c, err = b.svc.Decide(b.at(), b.wen, c.ID, c.Version, nil, "")
		b.must(err)
		if c.State != ClaimApproved || c.Approved != gbp(50_01) {
			t.Fatalf("%+v", c)
		}
		b.must(b.svc.SetFourEyes(b.at(), b.ingrid, two(KindPromo, 1)))
		if c := book(earned(KindProtect), "CLM-3", 60_00); c.State != ClaimApproved {
			t.Fatalf("%+v", c)
		}
		if got, err := b.svc.FourEyes(b.at(), b.ingrid); err != nil || len(got) != 1 || got[0] != two(KindPromo, 1) {
			t.Fatal(got, err)
		}
	})
}

// What is owed of a partner's part is not promised to another request.
func TestOwedIsNotReserved(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	sys := access.System("edi", b.aurelia)
	p := b.program()
	r := b.request(p, []string{}...)
	b.day("2026-11-19")
	c, err := b.svc.Book(b.at(), sys, b.kestrel, ClaimCmd{Program: p, Request: r.ID, Number: "CLM-1", Nature: NatureService, Title: "Stand", Source: SourceEDI, Lines: lines("2026-11-18", 1_000_00)}, []Verdict{{Position: 1, Verdict: LineAccepted}})
	b.must(err)
	c, err = b.svc.Settle(b.at(), b.fin, c.ID, c.Version, SettleCmd{Kind: ByInvoice, Reference: "INV-1"})
	b.must(err)
	b.must(b.svc.Tick(b.at()))
	r, err = b.svc.GetRequest(b.at(), b.ingrid, r.ID)
	b.must(err)
	_, err = b.svc.CloseRequest(b.at(), b.ingrid, r.ID, r.Version)
	b.must(err)
	_, err = b.svc.Correct(b.at(), sys, c.ID, []Correction{{Position: 1, To: gbp(400_00)}})
	b.must(err)
	if w := b.wallet(p); w.Available != gbp(3_600_00) || w.Owed != gbp(600_00) {
		t.Fatalf("%+v", w)
	}
	more := b.asked(p, 6_200_00, 3_100_00)
	_, err = b.svc.ApproveRequest(b.at(), b.ingrid, more.ID, more.Version, Grants{Amount: gbp(3_100_00)})
	b.wants(err, fault.Conflict, "fund.short_available")
	_, err = b.svc.ApproveRequest(b.at(), b.ingrid, more.ID, more.Version, Grants{Amount: gbp(3_000_00)})
	b.must(err)
	b.sound(p)
}
