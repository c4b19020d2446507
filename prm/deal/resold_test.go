package deal

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/identity"
	"entente/prm/money"
)

// resale is a report of a reseller of drills and batteries.
func (f *field) resale(id, reseller string, drills, batteries int64, who identity.Facts, refs ...string) Resale {
	day := f.now.Format(time.DateOnly)
	o := Resale{ID: "r" + id, Number: "SR-" + id, Supplier: f.aurelia, Reseller: reseller, From: day, To: day, At: f.now, Stands: true}
	for i, n := range []int64{drills, batteries} {
		o.Lines = append(o.Lines, ResaleLine{Line: i + 1, SKU: []string{"AUR-D18B", "AUR-B50"}[i], Pieces: money.Whole(n), From: day, To: day, Refs: refs, Customer: who})
	}
	return o
}

func (f *field) sold(o Resale) {
	f.t.Helper()
	for range 2 { // twice is once
		f.must(f.svc.Resold(f.at(), access.System("deals", f.aurelia), o))
	}
}

// What is sold on to the customer, or with the number, wins by quantity at the registered
// price; what was invoiced of the same goods is not added to it; a return, a correction and
// a withdrawal take it back.
func TestWonByResale(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		id := f.submitted(f.maya, f.toKestrel, northgate(), "quote")
		f.must(f.svc.Approve(f.at(), f.ingrid, ApproveCmd{Deal: id}))
		code := f.get(f.maya, id).Code
		f.events.take()
		f.want(f.svc.Resold(f.at(), access.System("deals", f.baltic), f.resale("x", f.kestrel, 1, 1, identity.Facts{})), fault.NotFound, "")
		f.sold(f.resale("none", f.kestrel, 400, 720, identity.Facts{})) // to nobody that is named
		f.sold(f.resale("else", f.kestrel, 400, 720, identity.Facts{Name: "Selby Foundry", Country: "GB", Postcode: "YO8 1AA"}))
		f.said("")
		// written in another way
		to := identity.Facts{Name: "NORTHGATE RAIL LIMITED", Country: "GB", Postcode: "DN12AB"}
		f.sold(f.resale("1", f.kestrel, 100, 0, to))
		f.said("PartlyWon") // 8,400 of 55,920
		if g := f.get(f.maya, id); g.Sums.Won != 8_400_00 || g.Sums.Resold != 8_400_00 || g.Sums.Invoiced != 0 || g.Lines[0].Basis != ByResale {
			t.Fatalf("%+v %+v", g.Sums, g.Lines)
		}
		// the same goods were ordered with the number and are invoiced: not added
		o := f.order("3", code)
		o.Lines[0].Invoiced, o.Lines[0].Amount = money.Whole(25), 8_000_00 // cases of four
		f.ordered(o)
		if g := f.get(f.maya, id); g.Sums.Won != 8_400_00 || g.Sums.Invoiced != 8_000_00 {
			t.Fatalf("%+v", g.Sums)
		}
		// more than was registered does not count: 400 drills are
		f.sold(f.resale("2", f.kestrel, 500, 200, identity.Facts{}, "CT-1", code))
		f.said("Won")
		if g := f.get(f.maya, id); g.Sums.Won != 33_600_00+6_200_00 {
			t.Fatalf("%+v", g.Sums)
		}
		// goods come back
		f.sold(f.resale("3", f.kestrel, -350, -200, to))
		f.said("Reopened")
		if g := f.get(f.maya, id); g.Sums.Won != 21_000_00 || g.State() != StatePartlyWon {
			t.Fatalf("%+v", g.Sums)
		}
		// a correction takes the place of the return, then of all
		fix := f.resale("4", f.kestrel, -1, 0, to)
		fix.Replaces = []string{"r3"}
		f.sold(fix)
		f.said("Won")
		last := f.resale("5", f.kestrel, 50, 0, to)
		last.Replaces = []string{"r1", "r2", "r3", "r4"}
		f.sold(last)
		f.said("Reopened")
		if g := f.get(f.maya, id); g.Sums.Won != 8_000_00 || g.Sums.Resold != 4_200_00 {
			t.Fatalf("%+v", g.Sums)
		}
		last.Stands = false
		f.sold(last)
		if g := f.get(f.maya, id); g.Sums.Resold != 0 || g.Sums.Won != 8_000_00 {
			t.Fatalf("%+v", g.Sums)
		}
		early := f.resale("6", f.kestrel, 400, 720, to)
		for i := range early.Lines {
			early.Lines[i].From, early.Lines[i].To = "2026-01-01", "2026-01-31"
		}
		f.sold(early)
		if g := f.get(f.maya, id); g.Sums.Resold != 0 || g.Lines[len(g.Lines)-1].Why != WhyTime {
			t.Fatalf("%+v %+v", g.Sums, g.Lines)
		}
	})
}

// A rival's resale to the customer opens a dispute, once for each report however often it is
// corrected. The supplier sees the line; the holder does not learn by whom, nor why; after a
// split both may sell.
func TestResaleDispute(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		holder := f.submitted(f.maya, f.toKestrel, northgate(), "quote")
		f.must(f.svc.Approve(f.at(), f.ingrid, ApproveCmd{Deal: holder}))
		other := northgate()
		other.Customer.Name, other.Customer.Web, other.Contact.Mail = "Northgate Rail Limited", "", ""
		claim := f.submitted(f.kaarel, f.toBaltic, other, "customer_letter")
		f.must(f.svc.Wait(f.at(), f.ingrid, claim, holder))
		f.later(time.Minute)
		f.events.take()
		to := identity.Facts{Name: "Northgate Rail", Country: "GB", Postcode: "DN1 2AB"}
		f.sold(f.resale("9", f.baltic, -5, -5, to)) // a return is no sale
		f.sold(f.resale("8", f.harrow, 0, 3, to))   // Harrow has no claim of its own
		f.said("Disputed")
		g := f.get(f.maya, holder)
		text := fmt.Sprintf("%+v", g)
		if len(g.Disputes) != 1 || g.Guard.Frozen.IsZero() || g.Disputes[0].Evidence != nil || strings.Contains(text, f.harrow) || strings.Contains(text, "SR-8") || strings.Contains(text, "resold") {
			t.Fatalf("the holder reads %s", text)
		}
		x := f.get(f.ingrid, holder).Disputes[0]
		if e := x.Evidence; x.Reason != "resold" || e == nil || e.Reseller != f.harrow || e.SKU != "AUR-B50" || e.Pieces != money.Whole(3) || e.Line != 2 {
			t.Fatalf("%+v %+v", x, x.Evidence)
		}
		f.must(f.svc.Rule(f.at(), f.ingrid, RuleCmd{Dispute: x.ID, Ruling: Uphold, Note: "an old promise"}))
		f.events.take()
		again := f.resale("8b", f.harrow, 0, 4, to)
		again.Number, again.Replaces = "SR-8", []string{"r8"}
		f.sold(again)
		f.said("")
		// one whose registration waits: that is the claim
		f.sold(f.resale("7", f.baltic, 2, 0, to))
		f.said("Disputed Disputed")
		x = f.get(f.ingrid, holder).Disputes[0]
		if x.Claim != claim || x.Holder != holder {
			t.Fatalf("%+v", x)
		}
		if k := fmt.Sprintf("%+v", f.get(f.kaarel, claim)); strings.Contains(k, string(holder)) || strings.Contains(k, f.kestrel) {
			t.Fatalf("the claimant reads %s", k)
		}
		f.must(f.svc.Rule(f.at(), f.ingrid, RuleCmd{Dispute: x.ID, Ruling: Split, Percent: 50, Note: "both"}))
		f.events.take()
		f.sold(f.resale("6", f.baltic, 2, 0, to))
		if said := f.events.take(); strings.Contains(said, "Disputed") {
			t.Fatal(said)
		}
		if g := f.get(f.kaarel, claim); g.Sums.Resold != 168_00 {
			t.Fatalf("%+v", g.Sums)
		}
	})
}
