package sellthrough

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
)

type bench struct {
	t                                             testing.TB
	db                                            *db.DB
	svc                                           *Service
	cat                                           *catalog.Service
	heard                                         []string
	aurelia, kestrel, baltic, toKestrel, toBaltic string
	ingrid, seller, maya, kaarel                  access.Actor
	now                                           time.Time
}

// Publish notes the kinds of events.
func (b *bench) Publish(_ context.Context, e job.Event) error {
	b.heard = append(b.heard, strings.TrimPrefix(e.Kind, "sellthrough."))
	return nil
}

func (b *bench) told() string {
	out := strings.Join(b.heard, " ")
	b.heard = nil
	return out
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) wants(err error, code fault.Code, key string) {
	b.t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != code || key != "" && f.Key != key && !slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Key == key }) {
		b.t.Fatalf("got %v, want %s %s", err, code, key)
	}
}

func (b *bench) at() context.Context {
	b.now = b.now.Add(time.Minute)
	return db.WithNow(context.Background(), b.now)
}

func setup(t testing.TB, d *db.DB) *bench {
	b := &bench{t: t, db: d, aurelia: db.NewID(), kestrel: db.NewID(), baltic: db.NewID(), toKestrel: db.NewID(), toBaltic: db.NewID(), now: time.Date(2026, 12, 2, 9, 0, 0, 0, time.UTC)}
	b.cat = catalog.New(d, nil)
	b.svc = New(d, b.cat, b)
	person := func(org string, r access.Role) access.Actor {
		return access.Actor{Person: db.NewID(), Org: org, Roles: []access.Role{r}, Via: "session:x"}
	}
	b.ingrid, b.seller, b.maya, b.kaarel = person(b.aurelia, access.Manager), person(b.aurelia, access.Sales), person(b.kestrel, access.Manager), person(b.baltic, access.Admin)
	b.must(d.InTx(context.Background(), func(ctx context.Context) error {
		for _, o := range [][2]string{{b.aurelia, "aurelia"}, {b.kestrel, "kestrel"}, {b.baltic, "baltic"}} {
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', 'GB', 'GBP', 'Europe/London', 'en', 'active', 1)", o[0], o[1], o[1]).Error; err != nil {
				return err
			}
		}
		for id, r := range map[string]string{b.toKestrel: b.kestrel, b.toBaltic: b.baltic} {
			if err := db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', 'GBP', 5000, 0, 1, 1, '')", id, b.aurelia, r).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	b.must(b.cat.Put(b.at(), b.ingrid, catalog.Product{SKU: "AUR-D18B", NameEN: "Drill", Family: "tools", Unit: "EA", Packs: []catalog.Pack{{Level: catalog.Case, Unit: "CA", Quantity: money.Whole(10)}}}, catalog.Product{SKU: "AUR-B50", NameEN: "Battery", Family: "tools", Unit: "EA"}))
	return b
}

// november is a report of Kestrel of the month.
func (b *bench) november(number, key string, lines ...Line) BookCmd {
	return BookCmd{Partnership: b.toKestrel, Number: number, From: "2026-11-01", To: "2026-11-30", Source: FromEDI, Key: key, Lines: lines}
}

func sale(sku string, n int64, unit string) Line {
	return Line{SKU: sku, Kind: KindSale, Movement: "SS", Quantity: money.Whole(n), Unit: unit, Price: 99_500_000, Customer: Customer{Name: "Canary Steel Ltd", Country: "GB"}}
}

func (b *bench) book(cmd BookCmd) Receipt {
	b.t.Helper()
	r, err := b.svc.Book(b.at(), b.maya, cmd)
	b.must(err)
	return r
}

func (b *bench) show(id ID) Detail {
	b.t.Helper()
	d, err := b.svc.Show(b.at(), b.ingrid, id, LineFilter{})
	b.must(err)
	return d
}

// A report is booked once; a return counts below zero, a move not at all, an unknown item
// and unit are doubts; a correction takes its place, an equal one is a duplicate, an older
// one that comes late does not count, and a cancellation takes it back.
func TestReports(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		lines := func() []Line {
			back := sale("AUR-D18B", 3, "EA")
			back.Kind, back.Movement = KindReturn, "BN"
			move := sale("AUR-D18B", 50, "EA")
			move.Kind, move.Movement = KindMove, "IB"
			odd := sale("AUR-D18B", 1, "EA")
			odd.Kind, odd.Movement = KindOther, "ZZ"
			out := sale("AUR-D18B", 1, "EA")
			out.From = "2026-10-31"
			mine := sale("", 4, "EA")
			mine.BuyerItem = "K-77"
			return []Line{sale("AUR-D18B", 2, "CA"), back, move, odd, out, mine, sale("AUR-B50", 5, "PL")}
		}
		cmd := b.november("R-11", "edi:1", lines()...)
		cmd.Made = "2026-12-02 0800"
		r := b.book(cmd)
		if got := b.told(); got != "Reported" || r.Outcome != Booked || r.Report.Doubts != 4 {
			t.Fatalf("%s %+v", got, r)
		}
		if again := b.book(cmd); again.Report.ID != r.Report.ID || b.told() != "" {
			t.Fatalf("%+v", again)
		}
		x := b.show(r.Report.ID)
		var got []string
		for _, l := range x.Page {
			got = append(got, fmt.Sprint(l.SKU, l.BuyerItem, " ", l.Quantity, " ", l.Pieces, " ", joined(l.Doubts)))
		}
		want := []string{"AUR-D18B 2 20 ", "AUR-D18B -3 -3 ", "AUR-D18B 50 0 ", "AUR-D18B 1 0 kind", "AUR-D18B 1 0 date", "K-77 4 0 item", "AUR-B50 5 0 unit"}
		if !slices.Equal(got, want) || x.Totals != (Totals{money.Whole(20), money.Whole(3)}) {
			t.Fatalf("%q %+v", got, x.Totals)
		}
		twin := cmd
		twin.Key, twin.Lines = "edi:2", lines()
		if dup := b.book(twin); dup.Outcome != Duplicate || dup.Report.ID != r.Report.ID || b.told() != "" {
			t.Fatalf("%+v", dup)
		}
		// the same number says something else: it takes the place
		fixed := b.november("R-11", "edi:3", sale("AUR-D18B", 21, "EA"))
		fixed.Made = "2026-12-03 0800"
		c := b.book(fixed)
		if c.Outcome != Corrected || b.told() != "Corrected" || b.show(r.Report.ID).State != Replaced || b.show(r.Report.ID).ReplacedBy != c.Report.ID {
			t.Fatalf("%+v", c)
		}
		old := b.november("R-11", "edi:4", sale("AUR-D18B", 19, "EA"))
		old.Made = "2026-12-02 1200"
		if l := b.book(old); l.Outcome != Late || b.show(l.Report.ID).State != Replaced || b.show(c.Report.ID).State != Current || b.told() != "" {
			t.Fatalf("%+v", l)
		}
		// purpose 05 with a number of its own replaces the period whole
		whole := b.november("R-11B", "edi:5", sale("AUR-B50", 2, "EA"))
		whole.Purpose = PurposeReplace
		w := b.book(whole)
		if w.Outcome != Corrected || b.show(c.Report.ID).State != Replaced {
			t.Fatalf("%+v", w)
		}
		// another number of the same days counts beside it, and both say so
		beside := b.book(b.november("R-11C", "edi:6", sale("AUR-B50", 1, "EA")))
		if o := b.show(beside.Report.ID).Overlaps; len(o) != 1 || o[0].ID != w.Report.ID {
			t.Fatalf("%+v", o)
		}
		gone := BookCmd{Partnership: b.toKestrel, Number: "X-1", Replaces: "R-11C", Purpose: PurposeCancel, From: "2026-11-01", To: "2026-11-30", Source: FromEDI, Key: "edi:7"}
		b.told()
		if g := b.book(gone); g.Outcome != Dropped || b.show(beside.Report.ID).State != Withdrawn || b.told() != "Withdrawn" {
			t.Fatalf("%+v", g)
		}
		if g := b.book(gone); g.Outcome != Nothing {
			t.Fatalf("%+v", g)
		}
		b.must(b.svc.Withdraw(b.at(), b.maya, w.Report.ID))
		b.must(b.svc.Withdraw(b.at(), b.maya, w.Report.ID))
		b.wants(b.svc.Withdraw(b.at(), b.maya, r.Report.ID), fault.Conflict, "sellthrough.replaced")
		b.wants(b.svc.Withdraw(b.at(), b.ingrid, c.Report.ID), fault.Forbidden, "")
		var seen []ID
		for after := ""; ; {
			list, next, err := b.svc.List(b.at(), b.ingrid, Filter{After: after, Limit: 2})
			b.must(err)
			for _, x := range list {
				seen = append(seen, x.ID)
			}
			if after = next; after == "" {
				break
			}
		}
		if len(seen) != 5 || len(slices.Compact(slices.Sorted(slices.Values(seen)))) != 5 || seen[0] != beside.Report.ID {
			t.Fatalf("%v", seen)
		}
		if list, _, err := b.svc.List(b.at(), b.ingrid, Filter{Query: "r-11c"}); err != nil || len(list) != 1 || list[0].Number != "R-11C" {
			t.Fatal(list, err)
		}
		if list, _, err := b.svc.List(b.at(), b.ingrid, Filter{Query: "%"}); err != nil || len(list) != 0 {
			t.Fatal(list, err)
		}
		_, err := b.svc.Book(b.at(), b.maya, BookCmd{Partnership: b.toKestrel, Number: "", From: "2026-11-30", To: "2026-11-01", Lines: []Line{{Kind: KindSale, Price: -1}}})
		b.wants(err, fault.Invalid, "trade.price_negative")
		b.wants(err, fault.Invalid, "sellthrough.period")
		b.wants(err, fault.Invalid, "form.missing")
		none := b.book(BookCmd{Partnership: b.toKestrel, Number: "R-12", From: "2026-12-01", To: "2026-12-31", Source: FromEDI, Key: "edi:9"})
		if x := b.show(none.Report.ID); none.Outcome != Booked || len(x.Page) != 0 || x.State != Current {
			t.Fatalf("%+v", x)
		}
	})
}

// What was unknown counts as soon as the cross reference is there.
func TestMend(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		mine := sale("", 4, "CA")
		mine.BuyerItem = "K-77"
		other := sale("", 1, "EA")
		other.BuyerItem = "K-78"
		var many []Line
		for range chunk + 5 {
			many = append(many, mine)
		}
		r := b.book(b.november("R-11", "k", append(many, other, sale("AUR-B50", 1, "EA"))...))
		if r.Report.Doubts != chunk+6 {
			t.Fatalf("%+v", r)
		}
		if n, err := b.svc.Mend(b.at(), b.maya, b.toKestrel); err != nil || n != 0 {
			t.Fatal(n, err)
		}
		b.must(b.cat.Refer(b.at(), b.ingrid, catalog.Reference{Supplier: b.aurelia, Partner: b.kestrel, BuyerItem: "K-77", SKU: "AUR-D18B"}))
		b.told()
		b.must(b.svc.MendPair(b.at(), access.System("sell-through", b.aurelia), b.aurelia, b.kestrel))
		x := b.show(r.Report.ID)
		if x.Doubts != 1 || b.told() != "Mended" || x.Page[0].Pieces != money.Whole(40) || x.Page[0].SKU != "AUR-D18B" || x.Totals.Sold != money.Whole(40*(chunk+5)+1) {
			t.Fatalf("%+v", x.Report)
		}
		left, err := b.svc.Show(b.at(), b.ingrid, r.Report.ID, LineFilter{Doubts: true})
		b.must(err)
		if len(left.Page) != 1 || left.Page[0].BuyerItem != "K-78" {
			t.Fatalf("%+v", left.Page)
		}
		n := 0
		b.must(b.svc.Each(b.at(), b.ingrid, r.Report.ID, func(ls []Line) error { n += len(ls); return nil }))
		if n != chunk+7 {
			t.Fatal(n)
		}
	})
}

// Where the supplier sells beside its resellers, its sales people see what was sold and
// not to whom or at what price; only the reseller turns the switch off.
func TestDualDistribution(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		r := b.book(b.november("R-11", "k", sale("AUR-D18B", 1, "EA")))
		sees := func(a access.Actor) bool {
			t.Helper()
			x, err := b.svc.Show(b.at(), a, r.Report.ID, LineFilter{})
			b.must(err)
			text := fmt.Sprintf("%+v", x)
			each := ""
			b.must(b.svc.Each(b.at(), a, r.Report.ID, func(ls []Line) error { each += fmt.Sprintf("%+v", ls); return nil }))
			if n := strings.Count(text+each, "Canary"); n != 0 && n != 2 || strings.Contains(text+each, "99.5") != (n == 2) {
				t.Fatalf("%s\n%s", text, each)
			}
			return strings.Contains(text, "Canary")
		}
		if !sees(b.seller) || !sees(b.ingrid) {
			t.Fatal("hidden without the switch")
		}
		b.wants(b.svc.SetDual(b.at(), b.seller, b.toKestrel, true), fault.Forbidden, "")
		b.wants(b.svc.SetDual(b.at(), b.kaarel, b.toKestrel, true), fault.NotFound, "")
		b.must(b.svc.SetDual(b.at(), b.ingrid, b.toKestrel, true))
		b.must(b.svc.SetDual(b.at(), b.ingrid, b.toKestrel, true))
		if sees(b.seller) || !sees(b.ingrid) || !sees(b.maya) {
			t.Fatal("the switch hides from the wrong people")
		}
		b.wants(b.svc.SetDual(b.at(), b.ingrid, b.toKestrel, false), fault.Forbidden, "sellthrough.dual_theirs")
		b.must(b.svc.SetDual(b.at(), b.maya, b.toKestrel, false))
		if !sees(b.seller) {
			t.Fatal("still hidden")
		}
	})
}

// The first report says how often the partner reports; a period is measured by whether
// every day of it is told; what is missing is reminded of once a day.
func TestCompleteness(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		month := func(from, to, key string) {
			cmd := b.november(key, key, sale("AUR-D18B", 1, "EA"))
			cmd.From, cmd.To = from, to
			b.book(cmd)
		}
		states := func(a access.Actor, today string) string {
			t.Helper()
			all, err := b.svc.Completeness(b.at(), a, today, 5)
			b.must(err)
			var out []string
			for _, c := range all {
				for _, p := range slices.Backward(c.Periods) {
					late := ""
					if p.Late {
						late = "!"
					}
					out = append(out, p.From[5:7]+p.State+late)
				}
			}
			return strings.Join(out, " ")
		}
		month("2026-08-01", "2026-08-31", "A")
		month("2026-10-01", "2026-10-14", "B")
		if got := states(b.ingrid, "2026-12-05"); got != "08complete! 09missing 10partial 11awaited 12running" {
			t.Fatal(got)
		}
		if got := states(b.maya, "2026-12-11"); got != "08complete! 09missing 10partial 11missing 12running" {
			t.Fatal(got)
		}
		if got := states(b.kaarel, "2026-12-11"); got != "" {
			t.Fatal(got)
		}
		month("2026-10-15", "2026-10-31", "C")
		month("2026-11-01", "2026-11-30", "D") // on 2 December: in time
		if got := states(b.ingrid, "2026-12-11"); got != "08complete! 09missing 10complete! 11complete 12running" {
			t.Fatal(got)
		}
		b.told()
		b.wants(b.svc.Chase(b.at(), b.ingrid, b.toKestrel, "2026-10-01", "2026-12-11"), fault.Conflict, "sellthrough.not_due")
		b.wants(b.svc.Chase(b.at(), b.ingrid, b.toKestrel, "2026-09-02", "2026-12-11"), fault.NotFound, "")
		b.wants(b.svc.Chase(b.at(), b.maya, b.toKestrel, "2026-09-01", "2026-12-11"), fault.Forbidden, "")
		for range 2 {
			b.must(b.svc.Chase(b.at(), b.ingrid, b.toKestrel, "2026-09-01", "2026-12-11"))
		}
		if got := b.told(); got != "Chased" {
			t.Fatal(got)
		}
		all, err := b.svc.Completeness(b.at(), b.maya, "2026-12-11", 13)
		b.must(err)
		if all[0].Gaps() != 1 || all[0].Periods[3].Chased.IsZero() {
			t.Fatalf("%+v", all)
		}
		sold := func(a access.Actor, from, to string) string {
			t.Helper()
			x, err := b.svc.Sold(b.at(), a, b.aurelia, b.kestrel, from, to, []string{"AUR-D18B"})
			b.must(err)
			sums := map[int]money.Quantity{}
			for _, q := range x.Sums {
				sums[q.At] += q.Pieces
			}
			out := x.Grain
			for i, p := range x.Periods {
				out += fmt.Sprint(" ", p.From[5:], " ", p.Known, " ", sums[i])
			}
			return out
		}
		// only whole months, and of the days that were told
		if got := sold(b.maya, "2026-07-15", "2026-12-20"); got != "month 08-01 true 1 09-01 false 0 10-01 true 2 11-01 true 1" {
			t.Fatal(got)
		}
		if _, err := b.svc.Sold(b.at(), b.kaarel, b.aurelia, b.kestrel, "2026-08-01", "2026-12-01", nil); fault.CodeOf(err) != fault.NotFound {
			t.Fatal(err)
		}
		// 4-4-5 from the first Monday of the year
		p := all[0].Plan
		p.Grain, p.Since, p.DueDays = FourFour5, "2026-01-05", 5
		b.wants(b.svc.SetPlan(b.at(), b.maya, p), fault.Forbidden, "")
		b.must(b.svc.SetPlan(b.at(), b.ingrid, p))
		b.wants(b.svc.SetPlan(b.at(), b.ingrid, p), fault.Conflict, "sellthrough.changed")
		all, err = b.svc.Completeness(b.at(), b.ingrid, "2026-04-01", 3)
		b.must(err)
		if got := fmt.Sprint(all[0].Periods[2].Period, all[0].Periods[1].Period, all[0].Periods[0].Period); got != "{2026-01-05 2026-02-01} {2026-02-02 2026-03-01} {2026-03-02 2026-04-05}" {
			t.Fatal(got)
		}
		// a month that was told whole lies in no period of four weeks, and is not split
		if got := sold(b.ingrid, "2026-07-01", "2026-12-01"); got != "445 07-06 false 0 08-03 false 0 08-31 false 0 10-05 false 1 11-02 false 0" {
			t.Fatal(got)
		}
		p.Grain, p.Version = "fortnight", p.Version+1
		b.wants(b.svc.SetPlan(b.at(), b.ingrid, p), fault.Invalid, "form.choice_wrong")
		p.Grain = NoGrain
		b.must(b.svc.SetPlan(b.at(), b.ingrid, p))
		month("2026-12-01", "2026-12-31", "E")
		if got := states(b.ingrid, "2026-12-11"); got != "" {
			t.Fatalf("a report brought back what was switched off: %s", got)
		}
	})
}

// A competitor of the reseller, somebody without the right and nobody learn nothing and
// change nothing, by any method.
func TestStrangers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		r := b.book(b.november("R-11", "k", sale("AUR-D18B", 1, "EA")))
		id, ctx := r.Report.ID, b.at()
		calls := map[string]func(a access.Actor) error{
			"Book": func(a access.Actor) error {
				_, err := b.svc.Book(ctx, a, b.november("R-11", "k2", sale("AUR-B50", 9, "EA")))
				return err
			},
			"Withdraw":  func(a access.Actor) error { return b.svc.Withdraw(ctx, a, id) },
			"MayReport": func(a access.Actor) error { return b.svc.MayReport(ctx, a, b.toKestrel) },
			"Mend":      func(a access.Actor) error { _, err := b.svc.Mend(ctx, a, b.toKestrel); return err },
			"MendPair":  func(a access.Actor) error { return b.svc.MendPair(ctx, a, b.aurelia, b.kestrel) },
			"Get":       func(a access.Actor) error { _, err := b.svc.Get(ctx, a, id); return err },
			"Show":      func(a access.Actor) error { _, err := b.svc.Show(ctx, a, id, LineFilter{}); return err },
			"Each":      func(a access.Actor) error { return b.svc.Each(ctx, a, id, func([]Line) error { return nil }) },
			"Sold": func(a access.Actor) error {
				_, err := b.svc.Sold(ctx, a, b.aurelia, b.kestrel, "2026-01-01", "2026-12-31", []string{"AUR-D18B"})
				return err
			},
			"Of":      func(a access.Actor) error { _, err := b.svc.Of(ctx, a, b.toKestrel); return err },
			"SetPlan": func(a access.Actor) error { return b.svc.SetPlan(ctx, a, Plan{Partnership: b.toKestrel, Version: 1}) },
			"SetDual": func(a access.Actor) error { return b.svc.SetDual(ctx, a, b.toKestrel, true) },
			"Lately":  func(a access.Actor) error { _, err := b.svc.Lately(ctx, a, b.toKestrel, "2027-01-01", 3); return err },
			"Covering": func(a access.Actor) error {
				_, err := b.svc.Covering(ctx, a, b.aurelia, []string{b.kestrel}, "2026-11-01", "2026-11-30", "2027-01-01")
				return err
			},
			"Chase": func(a access.Actor) error { return b.svc.Chase(ctx, a, b.toKestrel, "2026-11-01", "2027-01-01") },
		}
		empty := map[string]func(a access.Actor) (int, error){
			"List": func(a access.Actor) (int, error) { l, _, err := b.svc.List(ctx, a, Filter{}); return len(l), err },
			"Completeness": func(a access.Actor) (int, error) {
				l, err := b.svc.Completeness(ctx, a, "2027-01-01", 3)
				return len(l), err
			},
		}
		for m := range reflect.TypeFor[*Service]().Methods() {
			if calls[m.Name] == nil && empty[m.Name] == nil && m.Name != "Begin" { // the clock's
				t.Errorf("method %s is not called by a stranger", m.Name)
			}
		}
		viewer := b.maya
		viewer.Roles = []access.Role{access.Viewer}
		before := fmt.Sprintf("%+v", b.show(id))
		b.told()
		for _, a := range []access.Actor{b.kaarel, access.System("x", b.baltic), {Person: db.NewID(), Org: db.NewID(), Roles: []access.Role{access.Admin}}, viewer} {
			for name, call := range calls {
				err := call(a)
				if a.Org == b.kestrel && name == "SetDual" { // it may see the partnership
					b.wants(err, fault.Forbidden, "")
				} else if fault.CodeOf(err) != fault.NotFound {
					t.Errorf("%s: %v", name, err)
				}
			}
			for name, call := range empty {
				if n, err := call(a); n != 0 || err != nil && fault.CodeOf(err) != fault.Forbidden {
					t.Errorf("%s: %d, %v", name, n, err)
				}
			}
		}
		for name, call := range calls {
			if err := call(access.Actor{}); fault.CodeOf(err) != fault.Unauthenticated {
				t.Errorf("%s by nobody: %v", name, err)
			}
		}
		if after := fmt.Sprintf("%+v", b.show(id)); after != before || b.told() != "" {
			t.Fatal("a stranger changed something")
		}
	})
}

// What counts can be added up: a line beyond is in doubt, also once its item is known. Texts
// show what they hold.
func TestBounds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		// a day that is still to come is in doubt until it has begun, and then counts
		ahead := b.november("F-1", "ahead", sale("AUR-D18B", 5, "EA"))
		ahead.From, ahead.To = "2027-06-01", "2027-06-30"
		f := b.book(ahead)
		if x := b.show(f.Report.ID); x.Doubts != 1 || joined(x.Page[0].Doubts) != "future" || x.Totals.Sold != 0 {
			t.Fatalf("%+v", x)
		}
		now := b.now
		b.must(b.svc.Begin(b.at()))
		if x := b.show(f.Report.ID); x.Doubts != 1 {
			t.Fatal("it counts before its day")
		}
		b.now = time.Date(2027, 6, 2, 9, 0, 0, 0, time.UTC)
		b.must(b.svc.Begin(b.at())) // the clock: nobody has to press anything
		if x := b.show(f.Report.ID); x.Doubts != 0 || x.Totals.Sold != money.Whole(5) {
			t.Fatalf("%+v", x)
		}
		b.now = now
		odd := sale("AUR-D18B", 1, "EA")
		odd.Description, odd.Customer.Name = "Drill\n18 V\x01", "Canary\u202e Steel\x00 Ltd"
		later := sale("", 900_000_000, "CA")
		later.BuyerItem = "K-77"
		r := b.book(b.november("R\x00\u202e1", "big", odd, sale("AUR-D18B", 600_000_000, "EA"), sale("AUR-D18B", 600_000_000, "EA"), sale("AUR-D18B", -600_000_000, "EA"), sale("AUR-D18B", 9_000_000_000_000, "EA"), sale("AUR-D18B", 900_000_000, "CA"), sale("AUR-D18B", 9, "EA"), later))
		if r.Report.Number != "R1" || r.Report.Doubts != 5 {
			t.Fatalf("%+v", r)
		}
		wants := func(last string) {
			t.Helper()
			x := b.show(r.Report.ID)
			var got []string
			for _, l := range x.Page {
				got = append(got, l.Pieces.String()+" "+joined(l.Doubts))
			}
			if want := []string{"1 ", "600000000 ", "0 size", "0 size", "0 size", "0 size", "9 ", last}; !slices.Equal(got, want) || x.Totals.Sold != money.Whole(600_000_010) {
				t.Fatalf("%q %+v", got, x.Totals)
			}
			if l := x.Page[0]; l.Description != "Drill 18 V" || l.Customer.Name != "Canary Steel Ltd" {
				t.Errorf("%q %q", l.Description, l.Customer.Name)
			}
		}
		wants("0 item")
		b.must(b.cat.Refer(b.at(), b.ingrid, catalog.Reference{Supplier: b.aurelia, Partner: b.kestrel, BuyerItem: "K-77", SKU: "AUR-D18B"}))
		if _, err := b.svc.Mend(b.at(), b.maya, b.toKestrel); err != nil {
			t.Fatal(err)
		}
		wants("0 size")
	})
}

// What a window needs of reports, in the periods of each reseller: days outside of the
// window are not asked for, those before the plan are said to be nobody's.
func TestCovering(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		month := func(from, to, key string) {
			cmd := b.november(key, key, sale("AUR-D18B", 1, "EA"))
			cmd.From, cmd.To = from, to
			b.book(cmd)
		}
		states := func(a access.Actor, from, to, today string) string {
			t.Helper()
			all, err := b.svc.Covering(b.at(), a, b.aurelia, []string{b.kestrel}, from, to, today)
			b.must(err)
			c := all[b.kestrel]
			out := c.Grain
			for _, p := range c.Periods {
				out += " " + p.From[5:] + p.State
				if !p.Chased.IsZero() {
					out += "*"
				}
			}
			if !c.Active || c.Partnership != b.toKestrel {
				t.Fatalf("%+v", c)
			}
			return out
		}
		if got := states(b.ingrid, "2026-09-15", "2026-10-10", "2026-12-05"); got != " 09-15unplanned" {
			t.Fatal(got)
		}
		month("2026-09-01", "2026-09-30", "A") // the plan begins: by months
		month("2026-10-01", "2026-10-14", "B")
		for _, x := range []struct{ from, to, want string }{
			{"2026-09-15", "2026-10-14", "month 09-01complete 10-01complete"}, // the rest of October is not of the window
			{"2026-09-15", "2026-10-15", "month 09-01complete 10-01partial"},
			{"2026-08-20", "2026-11-02", "month 08-20unplanned 09-01complete 10-01partial 11-01awaited"},
			{"2026-12-01", "2026-12-04", "month 12-01running"},
			{"2026-07-01", "2026-07-31", "month 07-01unplanned"},
		} {
			for _, a := range []access.Actor{b.ingrid, b.maya} {
				if got := states(a, x.from, x.to, "2026-12-05"); got != x.want {
					t.Fatalf("%s to %s: %s", x.from, x.to, got)
				}
			}
		}
		b.must(b.svc.Chase(b.at(), b.ingrid, b.toKestrel, "2026-10-01", "2026-12-05"))
		month("2026-08-20", "2026-08-31", "C") // before the plan, told all the same
		if got := states(b.ingrid, "2026-08-20", "2026-10-31", "2026-12-05"); got != "month 08-20complete 09-01complete 10-01partial*" {
			t.Fatal(got)
		}
		for _, a := range []access.Actor{b.ingrid, b.maya} { // the newest whole month, and what is due
			got, err := b.svc.Lately(b.at(), a, b.toKestrel, "2026-12-15", 5)
			b.must(err)
			if got.Last == nil || got.Last.From != "2026-09-01" || got.Sold != money.Whole(1) || got.Returned != 0 || got.Gaps() != 2 || len(got.Periods) != 4 {
				t.Fatalf("%+v", got)
			}
		}
		_, err := b.svc.Lately(b.at(), b.kaarel, b.toKestrel, "2026-12-15", 5)
		b.wants(err, fault.NotFound, "")
		if _, err := b.svc.Covering(b.at(), b.kaarel, b.aurelia, []string{b.kestrel}, "2026-09-01", "2026-09-30", "2026-12-05"); fault.CodeOf(err) != fault.NotFound {
			t.Fatal(err)
		}
		_, err = b.svc.Covering(b.at(), b.ingrid, b.aurelia, []string{b.kestrel}, "2026-09-01", "2026-08-31", "2026-12-05")
		b.wants(err, fault.Invalid, "sellthrough.period")
	})
}
