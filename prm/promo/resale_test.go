package promo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/blob"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
	"entente/prm/partner"
)

// shelf keeps the reports that stand.
type shelf struct {
	m       *market
	all     []Resale
	reports []Reports // where they stand, of all companies
}

// PromoReported gives where the reports of the companies asked for stand.
func (s *shelf) PromoReported(_ context.Context, _ access.Actor, _ string, resellers []string, _, _, _ string) ([]Reports, error) {
	var out []Reports
	for _, r := range s.reports {
		if slices.Contains(resellers, r.Org) {
			out = append(out, r)
		}
	}
	return out, nil
}

func (s *shelf) PromoResales(_ context.Context, _ access.Actor, supplier, reseller string, fn func(Resale) error) error {
	for _, o := range s.all {
		if o.Supplier == supplier && o.Reseller == reseller && o.Stands {
			if err := fn(o); err != nil {
				return err
			}
		}
	}
	return nil
}

// told books a report in place of those it replaces, and measures it, twice.
func (s *shelf) told(o Resale) {
	s.m.t.Helper()
	for i := range s.all {
		if slices.Contains(o.Replaces, s.all[i].ID) || s.all[i].ID == o.ID {
			s.all[i].Stands = false
		}
	}
	s.all = append(s.all, o)
	for range 2 {
		s.m.must(s.m.svc.Resold(s.m.at(), access.System("promotions", s.m.aurelia), o))
	}
}

// sold is a report of Kestrel of one product.
func (m *market) sold(id, sku string, n int64, from, to, deal string) Resale {
	m.t.Helper()
	items, err := m.cat.Resolve(m.at(), m.ingrid, m.aurelia, m.kestrel, []catalog.ItemKey{{SKU: sku}})
	m.must(err)
	at, err := time.Parse(time.DateOnly, to)
	m.must(err)
	return Resale{ID: id, Number: "SR-" + id, Supplier: m.aurelia, Reseller: m.kestrel, At: at.AddDate(0, 0, 3), Stands: true,
		Lines: []ResaleLine{{Line: 1, Product: items[0].Product.ID, SKU: sku, Family: items[0].Product.Family, Sold: money.Whole(n), From: from, To: to, Deal: deal, Country: "GB"}}}
}

// soldOn is where a promotion pays what is sold on, on a claim: its reports, and terms.
func (m *market) soldOn() (*shelf, Terms) {
	s := &shelf{m: m}
	m.svc.Report(s)
	x := m.terms()
	x.By, x.Settle, x.ShipBy, x.BackDays, x.Quoted = ByResale, BillBack, "", 0, false
	return s, x
}

func (m *market) byResale() (*shelf, Detail) {
	s, x := m.soldOn()
	x.Parts[0].Limit = money.Whole(30)
	return s, m.running(x)
}

// A promotion whose date is that of the resale pays what is sold on within its window, a
// month never in part, up to the agreed quantity; a correction frees what others then get; a
// return gives back. Orders earn nothing, and each side reads its own.
func TestPromotionByResale(t *testing.T) {
	open4(t, func(m *market) {
		s, p := m.byResale()
		m.deliver(m.order("2026-12-02", "", want{"AUR-D18B", "40", "84", ""}).ID, "2026-12-03", "2026-12-04", "2026-12-05")
		s.told(m.sold("a", "AUR-D18B", 10, "2026-12-04", "2026-12-04", ""))
		s.told(m.sold("b", "AUR-D18B", 9, "2026-12-20", "2027-01-10", ""))
		s.told(m.sold("c", "AUR-G125", 9, "2026-12-05", "2026-12-05", "")) // another product
		s.told(m.sold("d", "AUR-G125", 9, "2026-12-05", "2026-12-05", p.Number))
		s.told(m.sold("e", "AUR-B50", 25, "2026-12-10", "2026-12-10", p.Number))
		lines := func(who access.Actor) string {
			t.Helper()
			got, _, err := m.svc.Resales(m.at(), who, p.ID, LineFilter{})
			m.must(err)
			out := ""
			for _, l := range slices.Backward(got) {
				out += fmt.Sprint(l.Report, " ", l.Reason, " ", l.Counted, " ", l.Earned, "; ")
			}
			return out
		}
		// 84 less 5 %: 4.20 each; 31.20: 1.56 each
		if got := lines(m.ingrid); got != "a auto 10 42.00; c product 0 0.00; d product 0 0.00; e limit 20 31.20; b period 0 0.00; " && got != "a auto 10 42.00; d product 0 0.00; e limit 20 31.20; b period 0 0.00; " {
			t.Fatal(got)
		}
		fix := m.sold("f", "AUR-D18B", 4, "2026-12-04", "2026-12-04", "")
		fix.Replaces = []string{"a"}
		s.told(fix)
		if got := lines(m.maya); got != "f auto 4 16.80; d product 0 0.00; e number 25 39.00; b period 0 0.00; " {
			t.Fatal(got)
		}
		s.told(m.sold("g", "AUR-B50", -5, "2026-12-12", "2026-12-12", ""))
		r, err := m.svc.Results(m.at(), m.ingrid, p.ID)
		m.must(err)
		if f := r.Parts[0]; len(r.Parts) != 1 || f.Sold != money.Whole(24) || f.Earned.String() != "48.00" || f.Orders != 0 {
			t.Fatalf("%+v", r.Parts)
		}
		if seats := m.get(p.ID).Seats; !slices.ContainsFunc(seats, func(x Seat) bool { return x.Org == m.kestrel && x.Taken == money.Whole(24) }) {
			t.Fatalf("%+v", seats)
		}
		// the claim follows from what was sold on: returns come off, and it is claimed once
		blobs, err := blob.New(m.db, t.TempDir())
		m.must(err)
		m.svc.Pay(fund.New(m.db, nil, blobs, partner.NewService(m.db, m.events, account.Directory{})))
		claim, err := m.svc.Proposed(m.at(), m.maya, p.ID)
		m.must(err)
		if claim.Sum.String() != "48.00" || len(claim.Lines) != 2 {
			t.Fatalf("%+v", claim)
		}
		c, err := m.svc.Claim(m.at(), m.maya, p.ID, claim.Mark)
		m.must(err)
		if c.Asked.String() != "48.00" || c.State != fund.ClaimSubmitted {
			t.Fatalf("%+v", c)
		}
		if none, err := m.svc.Proposed(m.at(), m.maya, p.ID); err != nil || len(none.Lines) != 0 {
			t.Fatalf("%v %+v", err, none)
		}
		m.rebuilt(p.ID)
		if got := lines(m.kaarel); got != "" {
			t.Fatalf("another participant reads %s", got)
		}
		_, _, err = m.svc.Resales(m.at(), m.banker, p.ID, LineFilter{})
		m.want(err, fault.NotFound, "")
		m.want(m.svc.Resold(m.at(), access.System("x", m.baltic), fix), fault.NotFound, "")
		m.want(m.svc.Resold(m.at(), m.maya, fix), fault.Forbidden, "")
	})
}

// Of two promotions by resale a line is paid for by the one it names, else by the better;
// one by order counts it beside, for sell-in and sell-through.
func TestResaleIsPaidForOnce(t *testing.T) {
	open4(t, func(m *market) {
		s, p := m.byResale()
		x := m.terms()
		x.Title, x.By, x.ShipBy, x.BackDays, x.Settle, x.Quoted, x.Percent = "Better", ByResale, "", 0, BillBack, false, money.One/10
		better := m.running(x)
		x = m.terms()
		x.Title, x.Quoted = "By order", false
		byOrder := m.running(x)
		m.deliver(m.order("2026-12-02", "", want{"AUR-D18B", "40", "84", ""}).ID, "2026-12-03", "2026-12-04", "2026-12-05")
		s.told(m.sold("a", "AUR-D18B", 10, "2026-12-04", "2026-12-04", ""))
		s.told(m.sold("b", "AUR-D18B", 3, "2026-12-05", "2026-12-05", p.Number))
		for _, w := range []struct {
			id     ID
			sold   int64
			earned string
		}{{p.ID, 3, "12.60"}, {better.ID, 10, "84.00"}, {byOrder.ID, 13, "168.00"}} {
			r, err := m.svc.Results(m.at(), m.ingrid, w.id)
			m.must(err)
			if f := r.Parts[0]; f.Sold != money.Whole(w.sold) || f.Earned.String() != w.earned {
				t.Errorf("%s: %+v", w.id, f)
			}
			m.rebuilt(w.id)
		}
	})
}

// Whatever comes in whatever order, the running figures equal those computed again.
func TestRebuildEqualsTheRunningResales(t *testing.T) {
	open4(t, func(m *market) {
		seed := uint64(time.Now().UnixNano())
		m.t.Logf("seed %d", seed)
		rnd := rand.New(rand.NewPCG(seed, 2))
		s, p := m.byResale()
		other := m.terms()
		other.Title, other.By, other.ShipBy, other.BackDays, other.Settle, other.Kind, other.Percent, other.Quoted = "Steps", ByResale, "", 0, BillBack, Tiers, 0, false
		other.Tiers = []Tier{{From: money.Whole(1), Percent: money.One / 50}, {From: money.Whole(8), Percent: money.One / 10}}
		q := m.running(other)
		for i := range 40 {
			day := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rnd.IntN(50))
			to := day.AddDate(0, 0, rnd.IntN(3))
			o := m.sold(fmt.Sprintf("r%02d", i), []string{"AUR-D18B", "AUR-B50", "AUR-G125"}[rnd.IntN(3)], int64(rnd.IntN(14)-3), day.Format(time.DateOnly), to.Format(time.DateOnly), []string{"", p.Number, q.Number, "PR-2026-ZZZZ"}[rnd.IntN(4)])
			if rnd.IntN(3) == 0 {
				o.Reseller = m.baltic
			}
			if len(s.all) > 0 && rnd.IntN(3) == 0 {
				if old := s.all[rnd.IntN(len(s.all))]; old.Reseller == o.Reseller {
					o.Replaces = []string{old.ID}
				}
			}
			s.told(o)
		}
		m.rebuilt(p.ID)
		m.rebuilt(q.ID)
		if _, err := m.svc.Rebuild(m.at(), m.maya, m.trade, p.ID); fault.CodeOf(err) != fault.Forbidden {
			t.Fatal(err)
		}
	})
}

// A product that joins a living family later is judged at a rebuild by the family of the day on
// which its sale was told, as it was when that came.
func TestResaleOfAFamilyJoinedLater(t *testing.T) {
	open4(t, func(m *market) {
		s, p := m.byResale()
		put := func(day, family string) {
			t.Helper()
			m.must(m.cat.Put(m.on(day), access.Actor{Person: db.NewID(), Org: m.aurelia, Roles: []access.Role{access.Admin}, Via: "session:x"}, catalog.Product{SKU: "AUR-NEW", NameEN: "New", Family: family, Unit: "EA"}))
		}
		told := func(id, day string, n int64) {
			t.Helper()
			o := m.sold(id, "AUR-NEW", n, day, day, "")
			s.told(o)
		}
		put("2026-12-01", "shed")
		told("a", "2026-12-03", 3)
		put("2026-12-10", "cordless")
		told("b", "2026-12-12", 4)
		put("2026-12-18", "shed")
		told("c", "2026-12-20", 5)
		put("2026-12-28", "cordless")
		for i, l := range s.all { // as the reports are read now
			for k := range l.Lines {
				s.all[i].Lines[k].Family = "cordless"
			}
		}
		m.rebuilt(p.ID)
		r, err := m.svc.Results(m.at(), m.maya, p.ID)
		m.must(err)
		if r.Parts[0].Sold != money.Whole(4) {
			t.Fatalf("%+v", r.Parts)
		}
	})
}

// A promotion is settled once the reports of its window are there, or with a reason that
// all who take part read, with the periods that were missing, each its own.
func TestSettleAsksForReports(t *testing.T) {
	open4(t, func(m *market) {
		s := &shelf{m: m}
		m.svc.Report(s)
		p := m.running(m.terms())
		week := Reported{From: "2026-12-07", To: "2026-12-13", State: "missing", Due: "2026-12-23"}
		none := Reported{From: "2026-12-01", To: "2026-12-31", State: ReportUnplanned}
		s.reports = []Reports{{Org: m.kestrel, Partnership: m.toKestrel, Grain: "week", Periods: []Reported{{From: "2026-11-30", To: "2026-12-06", State: ReportComplete}, week}}, {Org: m.baltic, Periods: []Reported{none}}}
		m.must(m.svc.Tick(m.on("2026-12-02")))
		m.must(m.svc.Tick(m.on("2027-01-02")))
		settle := func(who access.Actor, reason string) error {
			return m.svc.Settle(m.on("2027-02-01"), who, p.ID, m.get(p.ID).Version, reason)
		}
		m.want(settle(m.ingrid, " "), fault.Conflict, "promo.reports_missing")
		m.want(settle(m.maya, "we are in a hurry"), fault.Forbidden, "")
		m.want(settle(m.ingrid, "a minimum resale price"), fault.Invalid, "promo.resale_price")
		if d := m.get(p.ID); d.State != Ended {
			t.Fatal(d.State)
		}
		saw := func(who access.Actor) (out string) {
			t.Helper()
			all, err := m.svc.Reports(m.at(), who, p.ID)
			m.must(err)
			for _, x := range all {
				out += fmt.Sprint(x.Org == who.Org, len(x.Periods), len(x.Gaps(ByOrder)), len(x.Gaps(ByResale)), " ")
			}
			return out
		}
		if got := saw(m.ingrid) + "; " + saw(m.maya) + "; " + saw(m.kaarel); !strings.Contains(got, "false 2 1 1") || !strings.Contains(got, "false 1 0 1") || !strings.HasSuffix(got, "; true 2 1 1 ; true 1 0 1 ") {
			t.Fatal(got)
		}
		if _, err := m.svc.Reports(m.at(), m.banker, p.ID); fault.CodeOf(err) != fault.NotFound {
			t.Fatal(err)
		}
		m.must(settle(m.ingrid, "Kestrel closed that week"))
		m.must(settle(m.ingrid, "")) // again
		s.reports[0].Periods[1].State = ReportComplete
		want := []Gap{{m.kestrel, week.From, week.To, "missing"}}
		for _, who := range []access.Actor{m.ingrid, m.maya, m.kaarel} {
			r, err := m.svc.Results(m.at(), who, p.ID)
			m.must(err)
			gaps := want
			if who.Org == m.baltic { // never of another's reports
				gaps = nil
			}
			if r.State != Settled || r.Waived == nil || r.Waived.Reason != "Kestrel closed that week" || !slices.Equal(r.Waived.Gaps, gaps) {
				t.Fatalf("%+v", r.Waived)
			}
		}
		j, err := m.svc.Join(m.at(), m.maya, p.ID)
		m.must(err)
		if j.Log[0].Kind != "settled_short" || j.Log[0].Text != "Kestrel closed that week" {
			t.Fatalf("%+v", j.Log[0])
		}
	})
}

// Where the date of the resale decides, a company without a plan has everything to report;
// once all is there no reason is asked for, and none is kept.
func TestSettleByResaleNeedsReports(t *testing.T) {
	open4(t, func(m *market) {
		s, p := m.byResale()
		s.reports = []Reports{{Org: m.kestrel, Periods: []Reported{{From: "2026-12-01", To: "2026-12-31", State: ReportUnplanned}}}}
		m.must(m.svc.Tick(m.on("2026-12-02")))
		m.must(m.svc.Tick(m.on("2027-01-02")))
		settle := func(reason string) error {
			return m.svc.Settle(m.on("2027-02-01"), m.ingrid, p.ID, m.get(p.ID).Version, reason)
		}
		m.want(settle(""), fault.Conflict, "promo.reports_missing")
		s.reports[0].Periods[0].State = ReportComplete
		m.must(settle("not needed"))
		r, err := m.svc.Results(m.at(), m.maya, p.ID)
		m.must(err)
		if log := m.get(p.ID).Log[0]; r.State != Settled || r.Waived != nil || log.Kind != "settled" || log.Text != "" {
			t.Fatalf("%+v %+v", r.Waived, log)
		}
		// reports that come later, are corrected and taken back: each an adjustment of its own
		m.now = time.Date(2027, 2, 5, 9, 0, 0, 0, time.UTC)
		m.events.take()
		s.told(m.sold("a", "AUR-D18B", 10, "2026-12-04", "2026-12-04", ""))
		reported := "reported SR-a 0 10 42.00 GBP"
		m.lates(p.ID, reported)
		m.now = m.now.Add(time.Hour)
		b := m.sold("b", "AUR-D18B", 6, "2026-12-04", "2026-12-04", "")
		b.Replaces = []string{"a"}
		s.told(b)
		corrected := "corrected SR-b 0 -4 -16.80 GBP"
		m.lates(p.ID, corrected, reported)
		m.now = m.now.Add(time.Hour)
		b.Stands = false
		s.told(b)
		m.lates(p.ID, "withdrawn SR-b 0 -6 -25.20 GBP", corrected, reported)
	})
}

// What two companies did together adds their promotions up, the same from either side, and
// nothing of another's.
func TestTogether(t *testing.T) {
	open4(t, func(m *market) {
		p := m.running(m.terms())
		x := m.terms()
		x.Title, x.SKUs, x.Families = "Next", []string{"AUR-HT20"}, nil
		_, err := m.svc.Create(m.at(), m.ingrid, x) // a draft is nobody's but the owner's
		m.must(err)
		m.must(m.svc.Tick(m.on("2026-12-02")))
		d := m.order("2026-12-02", p.Number, want{"AUR-D18B", "10", "84", ""})
		m.deliver(d.ID, "2026-12-03", "2026-12-05", "2026-12-06")
		for _, c := range []struct {
			who   access.Actor
			other string
			want  string
		}{
			{m.ingrid, m.kestrel, "map[running:1] [10 0 42.00 GBP true]"}, {m.maya, m.aurelia, "map[running:1] [10 0 42.00 GBP true]"},
			{m.ingrid, m.baltic, "map[running:1] []"}, {m.kaarel, m.aurelia, "map[running:1] []"}, {m.kaarel, m.kestrel, "map[] []"}, {m.maya, m.baltic, "map[] []"},
		} {
			got, err := m.svc.With(m.at(), c.who, c.other)
			m.must(err)
			says := []string{}
			for _, s := range got.Sums {
				says = append(says, fmt.Sprint(s.Counted, " ", s.Sold, " ", s.Earned, " ", s.Earned.Currency, " ", s.Org == m.kestrel))
			}
			if out := fmt.Sprint(got.States, " ", says); out != c.want {
				t.Errorf("%s with %s: %s, want %s", c.who.Org, c.other, out, c.want)
			}
		}
		r, err := m.svc.Results(m.at(), m.maya, p.ID)
		m.must(err)
		if r.Parts[0].Earned.String() != "42.00" {
			t.Fatalf("%+v", r.Parts)
		}
		lonely := m.maya
		lonely.Roles = nil
		_, err = m.svc.With(m.at(), lonely, m.aurelia)
		m.want(err, fault.Forbidden, "")
	})
}
