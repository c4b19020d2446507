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
