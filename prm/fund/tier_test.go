package fund

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// stepped is an earned programme with 3 %, from 1 000 on 5 % and from 5 000 on 7 %.
func (b *bench) stepped(reach string) ProgramID {
	b.t.Helper()
	cmd := autumn
	cmd.Kind, cmd.Title, cmd.Until, cmd.ClaimDays, cmd.Proof = KindEarned, "Volume", "2027-12-31", 0, nil
	p, err := b.svc.Create(b.at(), b.ingrid, cmd)
	b.must(err)
	b.must(b.svc.Grant(b.at(), b.ingrid, p.ID, b.toKestrel, gbp(0), "", ""))
	_, err = b.svc.AddRule(b.at(), b.ingrid, p.ID, Rule{Tiers: tiers(3, 0, 5, 1000, 7, 5000), Reach: reach, CloseDays: 10, From: "2026-11-01", Until: "2026-12-31", Days: 400})
	b.must(err)
	return p.ID
}

// tiers are pairs of a percentage and from when it holds.
func tiers(of ...int64) (out []Step) {
	for i := 0; i < len(of); i += 2 {
		out = append(out, Step{From: money.Whole(of[i+1]), Rate: money.Rate(of[i] * money.One / 100)})
	}
	return out
}

// moves are the entries of a statement in words, the oldest first.
func (b *bench) moves() string {
	b.t.Helper()
	st, err := b.svc.Statement(b.at(), b.maya, StatementFilter{Partnership: b.toKestrel})
	b.must(err)
	var out []string
	for _, m := range st.Moves {
		x := fmt.Sprintf("%s %s %s", m.Kind, m.Text, m.Amount)
		if m.Step != nil {
			x += fmt.Sprintf(" %s %s of %s on %s", m.Step.Why, m.Step.Now, m.Step.Volume, m.Step.Base)
		}
		out = append(out, x)
	}
	return strings.Join(out, "\n")
}

// A step that is reached holds for what was bought before too, as an entry of its own on the
// day it is posted; a return that falls below it takes that back; the close finds nothing to
// do, or what is missing.
func TestTrueUp(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		p := b.stepped(ReachAll)
		sys := access.System("funds", b.aurelia)
		bad := Rule{Tiers: tiers(5, 0, 3, 1000), Reach: ReachAll, From: "2026-11-01", Until: "2026-12-31", Days: 10}
		_, err := b.svc.AddRule(b.at(), b.ingrid, p, bad)
		b.wants(err, fault.Invalid, "fund.tiers")
		one, two := b.invoice("INV-1", "2026-11-10", 600_00, 200_00), b.invoice("INV-2", "2026-11-20", 400_00)
		for range 2 { // told twice
			b.must(b.svc.Invoiced(b.at(), sys, one))
		}
		b.must(b.svc.Invoiced(b.at(), sys, two))
		back := credit(one, "CN-1", 300_00)
		for range 2 {
			b.must(b.svc.Invoiced(b.at(), sys, back))
		}
		want := `earn INV-1 24.00 at 0.03 of 800.00 on 800.00
earn INV-2 20.00 at 0.05 of 1200.00 on 400.00
trueup INV-2 16.00 reached 0.05 of 1200.00 on 800.00
takeback CN-1 15.00 back 0.03 of 900.00 on 300.00
trueup CN-1 18.00 fell 0.03 of 900.00 on 900.00`
		if got := b.moves(); got != want {
			t.Fatalf("%s\nwant\n%s", got, want)
		}
		w, err := b.svc.Wallet(b.at(), b.maya, p)
		b.must(err)
		if len(w.Volumes) != 1 || w.Volumes[0].Bought != gbp(900_00) || w.Volumes[0].Next == nil || w.Volumes[0].Next.Missing != gbp(100_00) || w.Volumes[0].Next.Gain != gbp(23_00) || w.Balance.Granted != gbp(27_00) {
			t.Fatalf("%+v", w)
		}
		b.lots(p)
		b.day("2027-01-12")
		for range 2 {
			b.must(b.svc.Tick(b.at()))
		}
		if got := b.moves(); got != want {
			t.Fatalf("the close changed something: %s", got)
		}
		// an invoice of the period that comes after its close
		b.must(b.svc.Invoiced(b.at(), sys, b.invoice("INV-3", "2026-12-30", 100_00)))
		if got := b.moves(); !strings.HasSuffix(got, "\nearn INV-3 5.00 at 0.05 of 1000.00 on 100.00\ntrueup INV-3 18.00 reached 0.05 of 1000.00 on 900.00") {
			t.Fatal(got)
		}
		list, err := b.svc.Liabilities(b.at(), b.ingrid, "")
		b.must(err)
		if len(list) != 1 || len(list[0].Volumes) != 1 || list[0].Volumes[0].Earned != gbp(50_00) || list[0].Volumes[0].Closed.IsZero() {
			t.Fatalf("%+v", list)
		}
		b.reconciles(p)
	})
}

// The close trues up what went wrong before.
func TestCloseTruesUp(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		p := b.stepped(ReachAbove)
		b.must(b.svc.Invoiced(b.at(), access.System("funds", b.aurelia), b.invoice("INV-1", "2026-11-10", 2_000_00)))
		if w := b.wallet(p); w.Granted != gbp(80_00) {
			t.Fatalf("30 of the first thousand, 50 of the second: %+v", w)
		}
		b.must(b.db.InTx(b.at(), func(ctx context.Context) error {
			_, err := db.Exec(ctx, "UPDATE fund_volume_line SET net = net + 100000 WHERE document_id <> ''")
			return err
		}))
		b.day("2027-01-12")
		b.must(b.svc.Tick(b.at()))
		if got := b.moves(); !strings.HasSuffix(got, "\ntrueup  50.00 closed 0.05 of 3000.00 on 3000.00") {
			t.Fatal(got)
		}
		b.lots(p)
		b.reconciles(p)
	})
}

// Purchases and returns in any order, late and told twice, part of what is earned used in
// between: what is earned is what the volume is worth, to the cent, at any time.
func TestStepsOfAnyOrder(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		t.Logf("seed %d", seed)
		rnd := rand.New(rand.NewPCG(seed, 7))
		b := setup(t, d)
		all, above := b.stepped(ReachAll), b.stepped(ReachAbove)
		sys := access.System("funds", b.aurelia)
		type pair struct{ invoice, credits int64 }
		var docs []trade.Invoice
		for i := range 9 {
			inv := b.invoice(fmt.Sprint("INV-", i), fmt.Sprintf("2026-%d-%02d", 11+rnd.IntN(2), 1+rnd.IntN(28)), 1+rnd.Int64N(90_000), 1+rnd.Int64N(40_000))
			docs = append(docs, inv)
			for k := range rnd.IntN(3) {
				docs = append(docs, credit(inv, fmt.Sprint("CN-", i, "-", k), 1+rnd.Int64N(60_000)))
			}
		}
		docs = append(docs, b.invoice("OUT", "2026-10-31", 5_000_00)) // not of the period
		docs = append(docs, credit(docs[len(docs)-1], "OUT-CN", 1_000_00))
		rnd.Shuffle(len(docs), func(i, j int) { docs[i], docs[j] = docs[j], docs[i] })
		got := map[trade.InvoiceID][]pair{} // by line
		for n, doc := range docs {
			b.must(b.svc.Invoiced(b.at(), sys, doc))
			if rnd.IntN(4) == 0 {
				b.must(b.svc.Invoiced(b.at(), sys, docs[rnd.IntN(n+1)]))
			}
			of := doc.ID
			if doc.CreditOf != "" {
				of = doc.CreditOf
			}
			if got[of] == nil {
				got[of] = make([]pair, 2)
			}
			for i, l := range doc.Lines {
				switch {
				case doc.CreditOf != "":
					got[of][i].credits -= l.Amount.Minor
				case doc.Number != "OUT":
					got[of][i].invoice += l.Amount.Minor
				}
			}
			volume := int64(0)
			for _, ls := range got {
				for _, l := range ls {
					volume += max(0, l.invoice-l.credits)
				}
			}
			rate := int64(3)
			if volume >= 1_000_00 {
				rate = 5
			}
			if volume >= 5_000_00 {
				rate = 7
			}
			parts := 3*min(volume, 1_000_00) + 5*max(0, min(volume, 5_000_00)-1_000_00) + 7*max(0, volume-5_000_00)
			for p, want := range map[ProgramID]int64{all: (volume*rate + 50) / 100, above: (parts + 50) / 100} {
				if w := b.wallet(p); w.Granted != gbp(want) {
					t.Fatalf("after %s: %s earned, want %s for %s", doc.Number, w.Granted, gbp(want), gbp(volume))
				}
			}
			w := b.wallet(all)
			if free := w.Available.Minor - w.Owed.Minor; rnd.IntN(3) == 0 && free > 100 { // what is owed comes off first
				c, err := b.svc.FileClaim(b.at(), b.maya, ClaimCmd{Program: all, Nature: NatureService, Title: "Flyers", Lines: lines("2026-11-17", free/2)})
				b.must(err)
				_, err = b.svc.Decide(b.at(), b.ingrid, c.ID, c.Version, nil, "")
				b.must(err)
			}
		}
		before := b.moves()
		b.day("2027-01-12")
		b.must(b.svc.Tick(b.at()))
		if b.moves() != before {
			t.Error("the close changed something")
		}
		for _, p := range []ProgramID{all, above} {
			b.lots(p)
			b.sound(p)
		}
	})
}

// A rule by family earns on what belongs to it when it is invoiced; a fixed one on what did
// when the rule was made.
func TestRuleByFamily(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		family := func(sku, family string) {
			b.must(b.db.InTx(b.at(), func(ctx context.Context) error {
				_, err := db.Exec(ctx, "DELETE FROM product WHERE sku = ?", sku)
				if err == nil {
					_, err = db.Exec(ctx, "INSERT INTO product (org_id, id, sku, name_en, name_zh, family, unit, gtin, state, created) VALUES (?, ?, ?, 'x', '', ?, 'EA', '', 'active', 1)", b.aurelia, db.NewID(), sku, family)
				}
				return err
			}))
		}
		family("AUR-D18B", "cordless")
		family("AUR-B50", "battery")
		make := func(x Rule) ProgramID {
			cmd := autumn
			cmd.Kind, cmd.Title, cmd.Until, cmd.ClaimDays, cmd.Proof = KindEarned, "By family", "2027-12-31", 0, nil
			p, err := b.svc.Create(b.at(), b.ingrid, cmd)
			b.must(err)
			b.must(b.svc.Grant(b.at(), b.ingrid, p.ID, b.toKestrel, gbp(0), "", ""))
			x.From, x.Until, x.Days, x.Families = "2026-11-01", "2026-12-31", 90, []string{"cordless"}
			got, err := b.svc.AddRule(b.at(), b.ingrid, p.ID, x)
			b.must(err)
			if x.Fixed != (fmt.Sprint(got.Within) == "[AUR-D18B]") {
				t.Fatalf("%+v", got)
			}
			return p.ID
		}
		fixed, living, steps := make(Rule{Rate: 100_000, Fixed: true}), make(Rule{Rate: 100_000}), make(Rule{Tiers: tiers(10, 0), Reach: ReachAll})
		family("AUR-D18B", "retired")
		family("AUR-B50", "cordless")
		b.must(b.svc.Invoiced(b.at(), access.System("funds", b.aurelia), b.invoice("INV-1", "2026-11-10", 100_00, 30_00)))
		for p, want := range map[ProgramID]int64{fixed: 10_00, living: 3_00, steps: 3_00} {
			if w := b.wallet(p); w.Granted != gbp(want) {
				t.Errorf("%+v, want %s", w, gbp(want))
			}
		}
		_, err := b.svc.AddRule(b.at(), b.ingrid, fixed, Rule{Rate: 1, From: "2026-11-01", Until: "2026-12-31", Days: 1, Families: []string{"none"}, Fixed: true})
		b.wants(err, fault.Invalid, "fund.family_empty")
	})
}
