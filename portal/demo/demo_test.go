package demo

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/blob"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/edi/schema"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/catalog"
	"entente/prm/channel"
	"entente/prm/customer"
	"entente/prm/deal"
	"entente/prm/engage"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/landing"
	"entente/prm/lead"
	"entente/prm/partner"
	"entente/prm/promo"
	"entente/prm/protect"
	"entente/prm/quote"
	"entente/prm/sellthrough"
	"entente/prm/settle"
	"entente/prm/trade"
	"entente/prm/trigger"
)

// postbox keeps what was posted.
type postbox struct{ raw [][]byte }

func (p *postbox) Post(_ context.Context, actor access.Actor, raw []byte) error {
	p.raw = append(p.raw, raw)
	return nil
}

// office counts eight hours a day.
type office struct{}

func (office) Clock(_ context.Context, _ string, start time.Time, hours int) (lead.Clock, error) {
	d := time.Duration(hours) * 3 * time.Hour
	return lead.Clock{Start: start, Half: start.Add(d / 2), Most: start.Add(d * 4 / 5), Due: start.Add(d)}, nil
}

func (office) Close(_ context.Context, _ string, t time.Time) (time.Time, error) { return t, nil }

// together has all companies work with each other.
type together struct{}

func (together) Between(context.Context, string, string) (engage.Tie, error) {
	return engage.Tie{Active: true}, nil
}

func (together) Belongs(context.Context, string, string) (bool, error) { return true, nil }

func services(t testing.TB, d *db.DB) Services {
	jobs := job.New(d, job.Options{})
	accounts := account.NewService(d, account.Options{Cost: account.Cost{Time: 1, Memory: 64, Threads: 1}})
	cat := catalog.New(d, jobs)
	customers := customer.New(d)
	partners := partner.NewService(d, jobs, accounts.Directory())
	blobs, err := blob.New(d, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	leads := lead.NewService(d, jobs, customers, office{})
	deals := deal.New(deal.Parts{DB: d, Jobs: jobs, Blobs: blobs, Catalog: cat, Customers: customers, Leads: leads, Calendar: office{}})
	desk := trade.New(d, cat, jobs)
	engagements := engage.New(d, together{}, nil, jobs)
	promos := promo.New(d, jobs, partners, cat)
	funds := fund.New(d, jobs, blobs, partners)
	return Services{DB: d, Protect: protect.New(d, jobs, cat, channel.New(d, cat), funds, func(_, day, currency string) string { return day + " " + currency }), Engagements: engagements, Landing: landing.New(d, promos, leads, jobs), Deals: deals, Quotes: quote.New(d, cat, deals, desk, jobs), Accounts: accounts, Partners: partners, Promos: promos, Catalog: cat, Trade: desk, Settle: settle.New(d, desk, jobs), Customers: customers, Leads: leads, Funds: funds, SellThrough: sellthrough.New(d, cat, jobs), Triggers: trigger.New(d, jobs, nil)}
}

// The demo is made twice for one database each: what the contract says of it is
// there, nothing differs but what is meant to, and both databases hold the same.
func TestMake(t *testing.T) {
	t.Parallel()
	var digests []string
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := services(t, d)
		box := &postbox{}
		s.Wire = box
		begun := time.Now()
		ctx := db.WithNow(context.Background(), time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC))
		if err := Make(ctx, s); err != nil {
			t.Fatal(err)
		}
		t.Logf("made in %s", time.Since(begun))
		if err := Make(ctx, s); fault.CodeOf(err) != fault.Conflict {
			t.Fatalf("a second time: %v", err)
		}
		people(t, ctx, s)
		aurelia := org(t, ctx, d, "aurelia")
		boss := access.System("test", aurelia)
		c, err := s.Trade.Counts(ctx, boss)
		if err != nil {
			t.Fatal(err)
		}
		if c.All < 400 || c.All > 420 || c.Differs != 1 || c.Held != 1 || c.Marked != 1 {
			t.Fatalf("counts %+v", c)
		}
		for _, slug := range []string{"kestrel", "baltic", "huadong"} {
			page, err := s.Trade.List(ctx, boss, trade.Filter{States: []trade.State{trade.Received}, Partner: org(t, ctx, d, slug)})
			if err != nil || len(page.Items) == 0 {
				t.Fatalf("%s: nothing waits for an answer (%v)", slug, err)
			}
		}
		page, err := s.Trade.List(ctx, boss, trade.Filter{View: trade.ViewDiffers})
		if err != nil || len(page.Items) != 1 || page.Items[0].Number != "4500187342" || page.Items[0].Total.String() != "52720.00" {
			t.Fatalf("differing: %v %v", page.Items, err)
		}
		o, err := s.Trade.Get(ctx, boss, page.Items[0].ID)
		if err != nil || o.Difference.String() != "1632.00" || !o.Lines[1].PriceWrong || !o.Lines[2].QuantityWrong {
			t.Fatalf("difference %s %v", o.Difference, err)
		}
		quoted, err := s.Quotes.Counts(ctx, boss, access.Supplier)
		if err != nil || !maps.Equal(quoted, map[string]int{quote.ViewMine: 1, quote.ViewTheirs: 2, quote.ViewAccepted: 1, quote.ViewClosed: 1}) {
			t.Fatalf("quotes %v %v", quoted, err)
		}
		ended, err := s.Promos.List(ctx, boss, promo.Filter{States: []promo.State{promo.Ended}})
		if err != nil || len(ended.Items) != 1 {
			t.Fatalf("ended promotions: %v %v", ended.Items, err)
		}
		if r, err := s.Promos.Results(ctx, boss, ended.Items[0].ID); err != nil || r.Rebuild == nil || r.Rebuild.Lines == 0 || r.Rebuild.Changed != 0 {
			t.Fatalf("its rebuild: %+v %v", r.Rebuild, err)
		}
		sold(t, ctx, s)
		protected(t, ctx, s)
		posted(t, box.raw)
		goods(t, ctx, s, boss)
		digests = append(digests, digest(t, ctx, s, boss))
	})
	if len(digests) == 2 && digests[0] != digests[1] {
		t.Fatal("the two databases hold different histories")
	}
}

// sold: leads in every state that needs no deal, each partner sees its own alone.
func sold(t *testing.T, ctx context.Context, s Services) {
	t.Helper()
	states := map[lead.State]int{}
	boss := access.System("test", org(t, ctx, s.DB, "aurelia"))
	for _, view := range []string{lead.ViewOpen, lead.ViewClosed} {
		page, err := s.Leads.List(ctx, boss, lead.Filter{View: view, Limit: 200})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range page.Items {
			states[l.State]++
		}
	}
	for _, st := range []lead.State{lead.New, lead.Routed, lead.Unplaced, lead.Accepted, lead.Working, lead.Lost} {
		if states[st] == 0 {
			t.Errorf("no lead is %s: %v", st, states)
		}
	}
	for slug, want := range map[string]int{"kestrel": 4, "baltic": 2, "huadong": 1} {
		page, err := s.Leads.Received(ctx, access.System("test", org(t, ctx, s.DB, slug)), lead.Filter{})
		if err != nil || len(page.Items) != want {
			t.Errorf("%s has %d open offers, want %d (%v)", slug, len(page.Items), want, err)
		}
	}
}

// protected: of two falls of prices Kestrel claimed one, which is paid, and one waits for it; the
// others have none.
func protected(t *testing.T, ctx context.Context, s Services) {
	t.Helper()
	kestrel := access.System("test", org(t, ctx, s.DB, "kestrel"))
	list, _, err := s.Protect.List(ctx, kestrel, protect.Filter{})
	if err != nil || len(list) != 2 || list[0].State != protect.Proposed && list[1].State != protect.Proposed {
		t.Fatalf("%v %+v", err, list)
	}
	for _, x := range list {
		x, err := s.Protect.Get(ctx, kestrel, x.ID)
		switch {
		case err != nil || x.Amount.Minor <= 0 || len(x.Lines) == 0:
			t.Errorf("%v %+v", err, x)
		case x.State == protect.Proposed && (x.Open != x.Amount || !x.AnswerBy.After(db.Now(ctx))):
			t.Errorf("it waits until %s: %+v", x.AnswerBy, x)
		case x.State == protect.Claimed:
			if c, err := s.Funds.GetClaim(ctx, kestrel, x.Claims[0]); err != nil || c.State != fund.ClaimSettled || c.Settled != x.Amount {
				t.Errorf("%v %+v", err, c)
			}
		}
	}
	if list, _, err := s.Protect.List(ctx, access.System("test", org(t, ctx, s.DB, "baltic")), protect.Filter{}); err != nil || len(list) != 0 {
		t.Errorf("%v %+v", err, list)
	}
}

func org(t *testing.T, ctx context.Context, d *db.DB, slug string) (id string) {
	t.Helper()
	if err := d.View(ctx, func(ctx context.Context) error {
		return db.Tx(ctx).Raw("SELECT id FROM org WHERE slug = ?", slug).Scan(&id).Error
	}); err != nil || id == "" {
		t.Fatalf("%s: %v", slug, err)
	}
	return id
}

// people signs every demo person in.
func people(t *testing.T, ctx context.Context, s Services) {
	t.Helper()
	for _, email := range []string{"ops@entente.example", "ingrid@aurelia.example", "tomas@aurelia.example", "wen@aurelia.example", "maya@kestrel.example", "dan@kestrel.example", "kaarel@baltic.example", "chen@huadong.example"} {
		if _, err := s.Accounts.SignIn(ctx, email, Password); err != nil {
			t.Fatalf("%s cannot sign in: %v", email, err)
		}
	}
}

// posted checks the two interchanges: one accepted, one refused for its date.
func posted(t *testing.T, raw [][]byte) {
	t.Helper()
	if len(raw) != 2 {
		t.Fatalf("%d interchanges", len(raw))
	}
	for i, refused := range []bool{false, true} {
		r, err := schema.CheckBytes(raw[i], schema.Options{})
		if err != nil || r.Rejected != refused {
			t.Fatalf("interchange %d: rejected %v, %v", i, r.Rejected, err)
		}
	}
}

// goods checks the catalogue: forty products in three currencies, valid GTINs.
func goods(t *testing.T, ctx context.Context, s Services, boss access.Actor) {
	t.Helper()
	page, err := s.Catalog.List(ctx, boss, catalog.Filter{Limit: 200})
	if err != nil || len(page.Items) != 40 || len(page.Currencies) != 3 {
		t.Fatalf("%d products, %v, %v", len(page.Items), page.Currencies, err)
	}
	for _, p := range page.Items {
		if _, ok := catalog.PadGTIN(p.GTIN); !ok || len(p.Prices) != 3 || p.NameZH == "" {
			t.Fatalf("product %+v", p)
		}
		if p.SKU == "AUR-D18B" && p.Prices[2].Price != 84_000_000 {
			t.Fatalf("price %v", p.Prices)
		}
	}
}

// digest is every order by number with state, total and dates.
func digest(t *testing.T, ctx context.Context, s Services, boss access.Actor) string {
	t.Helper()
	var b strings.Builder
	f := trade.Filter{Limit: 200}
	for {
		page, err := s.Trade.List(ctx, boss, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Items {
			fmt.Fprintln(&b, o.Number, o.State, o.Total, o.Currency, o.InvoicedTotal, o.Received, o.Changed, o.Marks, o.Held)
		}
		if f.After = page.Next; f.After == "" {
			return b.String()
		}
	}
}
