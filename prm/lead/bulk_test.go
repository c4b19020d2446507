package lead

import (
	"fmt"
	"strings"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/customer"
	"entente/prm/fault"
)

// several makes n leads of Aurelia, each for a customer of its own in the country.
func (f *field) several(n int, country string) []Pick {
	f.t.Helper()
	var out []Pick
	for i := range n {
		l, made, err := f.svc.Bring(f.at(), f.ingrid, Incoming{Customer: customer.Draft{Name: fmt.Sprintf("Firm %s %d", country, i), Country: country, Web: fmt.Sprintf("firm%d-%s.example", i, strings.ToLower(country))}, Lead: Draft{Title: fmt.Sprint("Workshop ", i), Source: "import"}, Origin: fmt.Sprint(country, i)})
		f.must(err)
		if !made {
			f.t.Fatal("not made")
		}
		out = append(out, Pick{l.ID, l.Version})
	}
	return out
}

func bulkTally(rs []BulkResult) string {
	n := map[string]int{}
	for _, r := range rs {
		n[r.Outcome]++
	}
	return strings.TrimPrefix(fmt.Sprint(n), "map")
}

// TestBulkOffer: many leads go to one partner; each has a result of its own, a look
// writes nothing, a repeat does nothing, and a rival learns of none of it.
func TestBulkOffer(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		picks := f.several(6, "GB")
		f.events.take()
		// one is with somebody else, one was declined by the partner, one changed meanwhile
		_, err := f.svc.Offer(f.at(), f.ingrid, OfferCmd{Lead: picks[0].Lead, Version: 1, Partnership: f.toBaltic})
		f.must(err)
		o, err := f.svc.Offer(f.at(), f.ingrid, OfferCmd{Lead: picks[1].Lead, Version: 1, Partnership: f.toKestrel})
		f.must(err)
		f.must(f.svc.Decline(f.at(), f.maya, o.ID, "timing", ""))
		picks[1].Version = 0
		l, err := f.svc.Get(f.at(), f.ingrid, picks[2].Lead)
		f.must(err)
		x := l.Draft
		x.Title = "Another workshop"
		_, err = f.svc.Update(f.at(), f.ingrid, l.ID, l.Lead.Version, x)
		f.must(err)
		// one has a contact who did not agree
		secret, _, err := f.svc.Bring(f.at(), f.ingrid, Incoming{Customer: customer.Draft{Name: "Silent Ltd", Country: "GB"}, Contact: customer.ContactDraft{Name: "Nobody Asked"}, Lead: Draft{Title: "Quiet workshop"}, Origin: "q"})
		f.must(err)
		picks = append(picks, Pick{Lead: secret.ID})
		cmd := BulkCmd{Picks: picks, Partnership: f.toKestrel, Accept: 8}
		f.events.take()
		for range 2 {
			got, err := f.svc.Look(f.at(), f.ingrid, cmd)
			f.must(err)
			if s := bulkTally(got); s != "[before:1 changed:1 consent:1 not_free:1 ready:3]" {
				t.Fatal(s)
			}
		}
		if s := f.events.take(); s != "" {
			t.Fatalf("a look published %s", s)
		}
		got, err := f.svc.BulkOffer(f.at(), f.ingrid, cmd)
		f.must(err)
		if s := bulkTally(got); s != "[before:1 changed:1 consent:1 not_free:1 offered:3]" {
			t.Fatal(s)
		}
		if s := f.events.take(); s != "Offered Offered Offered" {
			t.Fatal(s)
		}
		got, err = f.svc.BulkOffer(f.at(), f.ingrid, cmd)
		f.must(err)
		if s := bulkTally(got); s != "[already:3 before:1 changed:1 consent:1 not_free:1]" {
			t.Fatal(s)
		}
		if s := f.events.take(); s != "" {
			t.Fatalf("a repeat published %s", s)
		}
		if mine, err := f.svc.Received(f.at(), f.maya, Filter{View: ViewOffered}); err != nil || len(mine.Items) != 3 {
			t.Errorf("%d, %v", len(mine.Items), err)
		}
		if rival, err := f.svc.Received(f.at(), f.kaarel, Filter{}); err != nil || len(rival.Items) != 1 {
			t.Errorf("%d, %v", len(rival.Items), err)
		}
		// who may not: a stranger finds nothing, a partner is no owner, sales do not offer
		for _, c := range []struct {
			actor access.Actor
			code  fault.Code
		}{{f.kaarel, fault.NotFound}, {access.Actor{Person: "p", Org: f.aurelia, Roles: []access.Role{access.Sales}, Via: "session:x"}, fault.Forbidden}} {
			_, err := f.svc.Look(f.at(), c.actor, cmd)
			f.want(err, c.code, "")
			_, err = f.svc.BulkOffer(f.at(), c.actor, cmd)
			f.want(err, c.code, "")
		}
		cmd.Partnership = "p-of-nobody"
		_, err = f.svc.Look(f.at(), f.ingrid, cmd)
		f.want(err, fault.NotFound, "")
		cmd.Partnership, cmd.Picks = f.toKestrel, make([]Pick, MostPicks+1)
		_, err = f.svc.Look(f.at(), f.ingrid, cmd)
		f.want(err, fault.Invalid, "form.too_many")
		cmd.Picks, cmd.Note = f.several(1, "IE"), "Ask at Firm IE 0"
		got, err = f.svc.BulkOffer(f.at(), f.ingrid, cmd)
		f.must(err)
		if s := bulkTally(got); s != "[names:1]" {
			t.Error(s)
		}
	})
}

// TestBulkRoute: what the look says by the rules is what is done by them.
func TestBulkRoute(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		_, err := f.svc.SaveRule(f.at(), f.ingrid, Rule{Name: "Islands", Active: true, Countries: []string{"GB", "EE"}})
		f.must(err)
		for p, c := range map[string]string{f.toKestrel: "GB", f.toBaltic: "EE"} {
			_, err := f.svc.SaveProfile(f.at(), f.ingrid, Profile{Partnership: p, Most: 3, Countries: []string{c}})
			f.must(err)
		}
		picks := append(append(f.several(5, "GB"), f.several(2, "EE")...), f.several(1, "CN")...)
		cmd := BulkCmd{Picks: picks}
		look, err := f.svc.Look(f.at(), f.ingrid, cmd)
		f.must(err)
		if s := bulkTally(look); s != "[no_rule:1 nobody:2 ready:5]" {
			t.Fatal(s)
		}
		got, err := f.svc.BulkOffer(f.at(), f.ingrid, cmd)
		f.must(err)
		for i := range got {
			if look[i].Reseller != got[i].Reseller || (look[i].Outcome == BulkReady) != (got[i].Outcome == BulkOffered) {
				t.Errorf("%d: looked %s for %s, did %s for %s", i, look[i].Outcome, look[i].Reseller, got[i].Outcome, got[i].Reseller)
			}
		}
		again, err := f.svc.BulkOffer(f.at(), f.ingrid, cmd)
		f.must(err)
		if s := bulkTally(again); s != "[already:5 changed:2 no_rule:1]" && s != "[already:5 no_rule:1 nobody:2]" {
			t.Error(s)
		}
	})
}

// TestFairnessFloor: a partner that is new gets one of five leads though another is
// quicker and has more room; its factors say so and say nothing of others.
func TestFairnessFloor(t *testing.T) {
	t.Parallel()
	f := setup(t, dbtest.One(t))
	_, err := f.svc.SaveRule(f.at(), f.ingrid, Rule{Name: "All", Active: true})
	f.must(err)
	_, err = f.svc.SaveProfile(f.at(), f.ingrid, Profile{Partnership: f.toKestrel, Most: 1000})
	f.must(err)
	_, err = f.svc.SaveProfile(f.at(), f.ingrid, Profile{Partnership: f.toBaltic, Most: 4})
	f.must(err)
	answer := func(o OfferID) { // Kestrel is quick
		_, err := f.svc.Accept(f.at(), f.maya, o)
		f.must(err)
	}
	picks := f.several(25, "GB")
	for _, p := range picks[:6] { // by hand, so that it has a record
		o, err := f.svc.Offer(f.at(), f.ingrid, OfferCmd{Lead: p.Lead, Version: 1, Partnership: f.toKestrel})
		f.must(err)
		answer(o.ID)
	}
	var order []string
	for _, p := range picks[6:] {
		got, err := f.svc.Route(f.at(), f.ingrid, p.Lead)
		f.must(err)
		d, err := f.svc.Get(f.at(), f.ingrid, p.Lead)
		f.must(err)
		if d.Holder == f.kestrel {
			order = append(order, "k")
			answer(got[0].Offer)
			continue
		}
		order = append(order, "b")
		o, err := f.svc.GetOffer(f.at(), f.kaarel, got[0].Offer)
		f.must(err)
		turn := false
		for _, x := range o.Factors {
			if turn = turn || x.Kind == FactorTurn; x.Kind == FactorTurn && (x.N != 0 || x.Of != 0 || x.Text != "") {
				t.Errorf("the factor tells of others: %+v", x)
			}
		}
		if !turn {
			t.Errorf("no word of the turn: %+v", o.Factors)
		}
	}
	// its profile takes four at most
	if got := strings.Join(order, ""); got != "bkkkkbkkkkbkkkkbkkk" {
		t.Errorf("the leads went %s", got)
	}
}

// TestOfferAfterMerge: a lead whose customer was merged into another is offered with the
// customer it became, and its contact moved along.
func TestOfferAfterMerge(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := setup(t, d)
		l := f.lead()
		big, err := f.customers.Create(f.at(), f.ingrid, customer.Draft{Name: "Harrow Group plc", Country: "GB", City: "York", Postcode: "YO1 7AA"})
		f.must(err)
		_, err = f.customers.Merge(f.at(), f.ingrid, customer.MergeCmd{Winner: big.ID, WinnerVersion: big.Version, Loser: f.harrow.ID, LoserVersion: f.harrow.Version})
		f.must(err)
		o, err := f.svc.Offer(f.at(), f.ingrid, OfferCmd{Lead: l.ID, Version: l.Version, Partnership: f.toKestrel})
		f.must(err)
		got, err := f.svc.Accept(f.at(), f.maya, o.ID)
		f.must(err)
		if got.Shared == nil || got.Shared.Customer != "Harrow Group plc" || got.Shared.Contact != "Priya Nair" {
			t.Errorf("%+v", got.Shared)
		}
	})
}
