package catalog

import (
	"context"
	"slices"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// heard collects events.
type heard struct{ all []job.Event }

func (h *heard) Publish(_ context.Context, e job.Event) error {
	h.all = append(h.all, e)
	return nil
}

func (s *shelf) on(day string) context.Context {
	t, err := time.Parse(time.DateOnly, day)
	s.must(err)
	return db.WithNow(context.Background(), t.Add(9*time.Hour))
}

func (s *shelf) code(what string, err error, want fault.Code) {
	s.t.Helper()
	if fault.CodeOf(err) != want {
		s.t.Errorf("%s: %v, want %s", what, err, want)
	}
}

// Versions are published, replace one another by their dates, and never change.
func TestPriceVersions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setup(t, d)
		h := &heard{}
		s.svc = New(d, h)
		ls, err := s.svc.Lists(s.ctx(), s.boss)
		s.must(err)
		if len(ls) != 2 || ls[1].Currency != "GBP" || len(ls[1].Versions) != 2 {
			t.Fatalf("lists %+v", ls)
		}
		gbp := ls[1].ID
		// the same prices again make no version
		s.must(s.svc.SetPrices(s.ctx(), s.boss, map[string][]ListPrice{"AUR-1": {{"GBP", "2026-01-01", 80_000_000}, {"GBP", "2026-07-01", 84_000_000}}}))
		l, err := s.svc.PriceList(s.ctx(), s.boss, gbp)
		s.must(err)
		if len(l.Versions) != 2 {
			t.Errorf("the same prices made versions: %+v", l.Versions)
		}
		s.must(s.svc.ChangeList(s.ctx(), s.boss, gbp, ListCmd{Name: "Trade 2027", NoticeDays: 30}))
		v, err := s.svc.BeginDraft(s.ctx(), s.boss, gbp, DraftCmd{From: "2026-12-01", Percent: money.One * 35 / 1000, Round: money.One / 20})
		s.must(err)
		_, err = s.svc.BeginDraft(s.ctx(), s.boss, gbp, DraftCmd{From: "2027-01-01"})
		s.code("a second draft", err, fault.Conflict)
		s.must(s.svc.ChangeDraft(s.ctx(), s.boss, gbp, []PriceChange{{SKU: "aur-2", Price: 20_000_000}}))
		s.code("an unknown item", s.svc.ChangeDraft(s.ctx(), s.boss, gbp, []PriceChange{{SKU: "NOPE", Price: 1}}), fault.Invalid)
		page, err := s.svc.PriceEntries(s.ctx(), s.boss, gbp, EntryFilter{Version: v.Number, Limit: 1})
		s.must(err)
		if e := page.Items[0]; e.Price != 86_950_000 || e.Was != 84_000_000 || page.Next == "" { // 84 × 1.035 = 86.94, to 0.05
			t.Errorf("entry %+v", e)
		}
		if l, err = s.svc.PriceList(s.ctx(), s.buyer, gbp); err != nil || len(l.Versions) != 2 {
			t.Errorf("a partner sees the draft: %v %+v", err, l.Versions)
		}
		_, err = s.svc.PriceEntries(s.ctx(), s.buyer, gbp, EntryFilter{Version: v.Number})
		s.code("a partner reads the draft", err, fault.NotFound)
		_, err = s.svc.Publish(s.ctx(), s.boss, gbp, PublishCmd{Version: v.Number})
		s.code("within the notice period", err, fault.Invalid)
		_, err = s.svc.Publish(s.on("2026-12-02"), s.boss, gbp, PublishCmd{Version: v.Number, Short: true})
		s.code("in the past", err, fault.Invalid)
		_, err = s.svc.Publish(s.ctx(), s.buyer, gbp, PublishCmd{})
		s.code("by a partner", err, fault.Forbidden)
		_, err = s.svc.Publish(s.ctx(), s.boss, gbp, PublishCmd{Version: v.Number, Short: true})
		s.must(err)
		if len(h.all) != 1 || h.all[0].Payload.(Event).Reseller != s.buy {
			t.Errorf("told %+v", h.all)
		}
		s.code("a published version changes", s.svc.ChangeDraft(s.ctx(), s.boss, gbp, []PriceChange{{SKU: "AUR-2", Price: 1}}), fault.Conflict)
		s.code("a published version is dropped", s.svc.DropDraft(s.ctx(), s.boss, gbp), fault.Conflict)
		one, err := s.svc.Get(s.ctx(), s.boss, s.sup, "AUR-1")
		s.must(err)
		for day, want := range map[string]money.Price{"2026-11-30": 84_000_000, "2026-12-01": 86_950_000, "2030-01-01": 86_950_000} {
			m, err := s.svc.PricesOn(s.ctx(), s.buyer, s.sup, s.buy, "GBP", day, []ID{one.ID})
			s.must(err)
			if m[one.ID] != want {
				t.Errorf("%s: %s, want %s", day, m[one.ID], want)
			}
		}
		l, err = s.svc.PriceList(s.ctx(), s.buyer, gbp)
		s.must(err)
		if c := l.Coming("2026-11-22"); len(c) != 1 || c[0].From != "2026-12-01" || l.NoticeDays != 30 {
			t.Errorf("coming %+v", c)
		}
		page, err = s.svc.PriceEntries(s.ctx(), s.buyer, gbp, EntryFilter{Version: v.Number, Changed: true})
		s.must(err)
		if len(page.Items) != 2 || page.Items[1].Known || page.Items[1].Price != 20_000_000 {
			t.Errorf("the difference %+v", page.Items)
		}
		// a version that takes an item out leaves it without a price
		v, err = s.svc.BeginDraft(s.ctx(), s.boss, gbp, DraftCmd{From: "2027-06-01"})
		s.must(err)
		s.must(s.svc.ChangeDraft(s.ctx(), s.boss, gbp, []PriceChange{{SKU: "AUR-1", Remove: true}}))
		_, err = s.svc.Publish(s.ctx(), s.boss, gbp, PublishCmd{})
		s.must(err)
		page, err = s.svc.PriceEntries(s.ctx(), s.buyer, gbp, EntryFilter{Version: v.Number, Changed: true})
		s.must(err)
		m, err := s.svc.PricesOn(s.ctx(), s.buyer, s.sup, s.buy, "GBP", "2027-06-01", []ID{one.ID})
		s.must(err)
		if len(page.Items) != 1 || !page.Items[0].Gone || len(m) != 0 {
			t.Errorf("taken out: %+v %v", page.Items, m)
		}
	})
}

// canary is a price that nobody but one partner may meet.
const canary = money.Price(77_123_456)

// A partner's special list stands over the standard one, and no other partner meets
// a trace of it.
func TestSpecialPrices(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setup(t, d)
		h := &heard{}
		s.svc = New(d, h)
		l, err := s.svc.CreateList(s.ctx(), s.boss, ListCmd{Name: "Kestrel special", Currency: "GBP", Partner: s.buy, Basis: ByRequestedDate})
		s.must(err)
		_, err = s.svc.CreateList(s.ctx(), s.boss, ListCmd{Currency: "GBP", Partner: s.buy})
		s.code("a second special list", err, fault.Conflict)
		_, err = s.svc.CreateList(s.ctx(), s.boss, ListCmd{Currency: "GBP", Partner: s.stranger.Org})
		s.code("for a company without partnership", err, fault.NotFound)
		_, err = s.svc.CreateList(s.ctx(), s.buyer, ListCmd{Currency: "GBP"})
		s.code("by a buyer", err, fault.Forbidden)
		_, err = s.svc.BeginDraft(s.ctx(), s.boss, l.ID, DraftCmd{From: "2026-12-01"})
		s.must(err)
		_, err = s.svc.Publish(s.ctx(), s.boss, l.ID, PublishCmd{})
		s.code("an empty version", err, fault.Invalid)
		_, err = s.svc.PriceList(s.ctx(), s.buyer, l.ID)
		s.code("a partner learns that a list is being made", err, fault.NotFound)
		mine, err := s.svc.Lists(s.ctx(), s.buyer)
		s.must(err)
		if slices.ContainsFunc(mine, func(x PriceList) bool { return x.ID == l.ID }) {
			t.Errorf("a partner sees the list before it holds: %+v", mine)
		}
		s.must(s.svc.ChangeDraft(s.ctx(), s.boss, l.ID, []PriceChange{{SKU: "AUR-1", Price: canary}}))
		v, err := s.svc.Publish(s.ctx(), s.boss, l.ID, PublishCmd{})
		s.must(err)
		if len(h.all) != 1 || h.all[0].Payload.(Event).Reseller != s.buy || len(h.all[0].Orgs) != 2 {
			t.Errorf("told %+v", h.all)
		}
		one, err := s.svc.Get(s.on("2026-12-01"), s.buyer, s.sup, "AUR-1")
		s.must(err)
		if one.Prices[0].Price != canary {
			t.Errorf("the partner sees %+v", one.Prices)
		}
		steps, err := s.svc.Steps(s.ctx(), s.buyer, s.sup, s.buy, "GBP", "2026-12-01", []ID{one.ID})
		s.must(err)
		if st := steps[one.ID]; len(st) != 2 || st[0].Kind != StepList || st[0].Price != 84_000_000 || st[1].Kind != StepPartner || st[1].Price != canary || st[1].Version != v.Number {
			t.Errorf("steps %+v", st)
		}
		if b, err := s.svc.Basis(s.ctx(), s.buyer, s.sup, s.buy, "GBP", "2026-12-01"); err != nil || b != ByRequestedDate {
			t.Errorf("basis %s %v", b, err)
		}
		// the other partner, even in the same currency
		s.must(d.InTx(s.ctx(), func(ctx context.Context) error {
			return db.Tx(ctx).Exec("UPDATE partnership SET currency = 'GBP' WHERE reseller_id = ?", s.other).Error
		}))
		two, err := s.svc.Get(s.on("2026-12-01"), s.theirAdmin, s.sup, "AUR-1")
		s.must(err)
		ls, err := s.svc.Lists(s.ctx(), s.theirAdmin)
		s.must(err)
		if len(ls) != 1 || ls[0].Partner != "" || two.Prices[0].Price == canary {
			t.Errorf("the other partner sees %+v %+v", ls, two.Prices)
		}
		m, err := s.svc.PricesOn(s.ctx(), s.theirAdmin, s.sup, s.other, "GBP", "2026-12-01", []ID{one.ID})
		s.must(err)
		if m[one.ID] != 84_000_000 {
			t.Errorf("the other partner pays %s", m[one.ID])
		}
		for _, a := range []access.Actor{s.theirAdmin, s.stranger} {
			_, err = s.svc.PriceList(s.ctx(), a, l.ID)
			s.code("the list", err, fault.NotFound)
			_, err = s.svc.PriceEntries(s.ctx(), a, l.ID, EntryFilter{Version: 1})
			s.code("its entries", err, fault.NotFound)
			_, err = s.svc.Steps(s.ctx(), a, s.sup, s.buy, "GBP", "2026-12-01", []ID{one.ID})
			s.code("its steps", err, fault.NotFound)
			_, err = s.svc.BeginDraft(s.ctx(), a, l.ID, DraftCmd{From: "2027-01-01"})
			s.code("a draft", err, fault.NotFound)
		}
		_, err = s.svc.Lists(s.ctx(), s.viewer)
		s.code("a viewer", err, fault.Forbidden)
	})
}

func TestRaised(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		p    money.Price
		rate money.Rate
		step money.Price
		want money.Price
	}{{84_000_000, 35_000, 0, 86_940_000}, {10_000_000, 5_000, 50_000, 10_050_000}, {10_000_000, -100_000, 0, 9_000_000}, {9_990_000, 0, 500_000, 10_000_000}, {1_000_000, 12_345, 0, 1_010_000}, {1_000_000, 15_000, 0, 1_020_000}} {
		if got, ok := raised(c.p, c.rate, c.step); !ok || got != c.want {
			t.Errorf("%s + %s to %s: %s, want %s", c.p, c.rate, c.step, got, c.want)
		}
	}
}
