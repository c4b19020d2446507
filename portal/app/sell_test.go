package app

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/engage"
	"entente/prm/landing"
	"entente/prm/money"
	"entente/prm/notify"
	"entente/prm/promo"
	"entente/prm/sellthrough"
)

// A report reaches the promotion whose date is that of the resale, through the events of
// the program; its correction takes its place, and a rebuild from the reports that count
// changes nothing.
func TestResaleReachesPromotions(t *testing.T) {
	t.Parallel()
	a := demoApp(t)
	ctx := t.Context()
	ingrid, maya := demoPerson(t, a, "ingrid@aurelia.example", access.Admin), demoPerson(t, a, "maya@kestrel.example", access.Admin)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	today := time.Now().UTC()
	d, err := a.promos.Create(ctx, ingrid, promo.Terms{Title: "Sell it on", SKUs: []string{"AUR-D18B"}, Kind: promo.Percent, Percent: money.One / 20, Settle: promo.BillBack, By: promo.ByResale, From: today.Format(time.DateOnly), Until: today.AddDate(0, 1, 0).Format(time.DateOnly), Zone: "Europe/London", Currency: "GBP",
		Parts: []promo.Part{{Org: maya.Org, Role: promo.Participant, Currency: "GBP", Limit: money.Whole(20)}}})
	must(err)
	_, err = a.promos.Propose(ctx, ingrid, d.ID, d.Version, "")
	must(err)
	j, err := a.promos.Join(ctx, maya, d.ID)
	must(err)
	_, err = a.promos.Approve(ctx, maya, d.ID, j.Hash)
	must(err)
	all, err := a.partners.Between(ctx, maya, ingrid.Org)
	must(err)
	day := today.Format(time.DateOnly)
	tell := func(n int64, key string) {
		t.Helper()
		_, err := a.sellthrough.Book(ctx, maya, sellthrough.BookCmd{Partnership: all[0].ID, Number: "SR-P", From: day, To: day, Source: sellthrough.FromAPI, Key: key, Lines: []sellthrough.Line{{SKU: "AUR-D18B", Kind: sellthrough.KindSale, Movement: "SS", Quantity: money.Whole(n), Unit: "EA"}}})
		must(err)
		must(a.jobs.Idle(ctx))
	}
	sold := func(want int64) {
		t.Helper()
		for end := time.Now().Add(time.Minute); ; {
			r, err := a.promos.Results(ctx, maya, d.ID)
			must(err)
			if len(r.Parts) == 1 && r.Parts[0].Sold == money.Whole(want) && r.Parts[0].Earned.Minor > 0 {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("%+v", r.Parts)
			}
		}
	}
	tell(12, "a")
	sold(12)
	tell(30, "b") // more than the limit
	sold(20)
	got, err := a.promos.Rebuild(ctx, ingrid, a.trade, d.ID)
	must(err)
	if got.Changed != 0 || got.Lines != 1 {
		t.Fatalf("a rebuild finds %+v", got)
	}

	// Its landing page goes out and is taken back: the owner is told of both, no rival of either.
	page := landing.Page{Live: true, Texts: []landing.Text{{Language: "en", Title: "Sell it on", Consent: "Kept to answer you."}}}
	for range 2 {
		page, err = a.landing.Save(ctx, maya, d.ID, page, false)
		must(err)
		page.Live = false
	}
	must(a.jobs.Idle(ctx))
	told := func(who access.Actor) (out []string) {
		t.Helper()
		groups, _, err := a.notify.Groups(ctx, who, notify.Open, notify.Filter{Limit: 100})
		must(err)
		for _, g := range groups {
			for _, n := range g.Notices {
				if strings.HasPrefix(n.Kind, "promo.page_") && n.Args["title"] == "Sell it on" {
					out = append(out, n.Kind+" "+n.Args["partner"])
				}
			}
		}
		slices.Sort(out)
		return out
	}
	for end := time.Now().Add(time.Minute); len(told(ingrid)) < 2 && time.Now().Before(end); {
		must(a.jobs.Idle(ctx))
	}
	if got := told(ingrid); !slices.Equal(got, []string{"promo.page_published Kestrel Supply", "promo.page_withdrawn Kestrel Supply"}) {
		t.Errorf("the owner is told %v", got)
	}
	for _, mail := range []string{"maya@kestrel.example", "kaarel@baltic.example"} {
		if got := told(demoPerson(t, a, mail, access.Admin)); len(got) > 0 {
			t.Errorf("%s is told %v", mail, got)
		}
	}
}

// An invited company is told that its time to answer ends, and that it ended; the owner hears of
// the end alone.
func TestInvitationEndsTold(t *testing.T) {
	t.Parallel()
	a := demoApp(t)
	ctx, now := t.Context(), time.Now()
	at := func(hours int) context.Context {
		return db.WithNow(ctx, now.Add(time.Duration(hours)*time.Hour))
	}
	ingrid, maya := demoPerson(t, a, "ingrid@aurelia.example", access.Admin, access.Manager), demoPerson(t, a, "maya@kestrel.example", access.Admin, access.Manager)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	e, err := a.engagements.Begin(at(-26), ingrid, engage.BeginCmd{Terms: engage.Terms{Customer: "Harrow", Teaser: "A metal works in the north"}, Role: "manufacturer"})
	must(err)
	_, err = a.engagements.Invite(at(-25), ingrid, e.ID, engage.InviteCmd{Org: maya.Org, Role: "distributor", Days: 1})
	must(err)
	for _, hours := range []int{-3, 0} {
		_, err = a.engagements.Tick(at(hours))
		must(err)
	}
	told := func(who access.Actor) (out []string) {
		t.Helper()
		groups, _, err := a.notify.Groups(ctx, who, notify.Open, notify.Filter{Limit: 100})
		must(err)
		for _, g := range groups {
			for _, n := range g.Notices {
				if n.SubjectID == string(e.ID) {
					out = append(out, n.Kind+" "+n.Args["partner"])
				}
			}
		}
		slices.Sort(out)
		return out
	}
	for end := time.Now().Add(time.Minute); len(told(maya)) < 3 && time.Now().Before(end); {
		must(a.jobs.Idle(ctx))
	}
	if got := told(maya); !slices.Equal(got, []string{"engage.expired_own Aurelia Tools", "engage.expiring Aurelia Tools", "engage.invited Aurelia Tools"}) {
		t.Errorf("the invited company is told %v", got)
	}
	if got := told(ingrid); !slices.Equal(got, []string{"engage.expired Kestrel Supply"}) {
		t.Errorf("the owner is told %v", got)
	}
	if got := told(demoPerson(t, a, "kaarel@baltic.example", access.Admin, access.Manager)); len(got) > 0 {
		t.Errorf("a rival is told %v", got)
	}
}
