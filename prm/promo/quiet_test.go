package promo

import (
	"slices"
	"testing"

	"entente/prm/access"
	"entente/prm/money"
)

// told are the companies to which events of a kind went since the last call, and those that
// read a line of the history.
func (f *fair) told(kind string) (orgs []string) {
	f.events.mu.Lock()
	defer f.events.mu.Unlock()
	for _, e := range f.events.events {
		if x, ok := e.Payload.(Event); ok && e.Kind == kind {
			orgs = append(orgs, x.Company)
		}
	}
	f.events.events = nil
	slices.Sort(orgs)
	return orgs
}

func lines(log []Entry, kind string) (n int) {
	for _, e := range log {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// Whose text stays the same hears nothing of a change that others agree to: no event, no line of
// the history; the owner has one line for each time.
func TestAgreedIsToldWhereTheTextChanged(t *testing.T) {
	each(t, func(f *fair) {
		d := f.sent(f.terms())
		f.agree(d.ID, f.maya, f.kaarel)
		if got := f.told(EventAgreed); len(got) != 2 {
			t.Fatal(got)
		}
		before := f.join(f.kaarel, d.ID)
		d = f.get(d.ID)
		next := d.InForce.Terms
		next.Parts = slices.Clone(next.Parts)
		for i := range next.Parts {
			if next.Parts[i].Org == f.kestrel {
				next.Parts[i].Share += 1_00
			}
		}
		d, err := f.svc.SaveDraft(f.at(), f.ingrid, d.ID, d.Version, next)
		f.must(err)
		_, err = f.svc.Propose(f.at(), f.ingrid, d.ID, d.Version, "")
		f.must(err)
		f.agree(d.ID, f.maya)
		if got := f.told(EventAgreed); !slices.Equal(got, []string{f.kestrel}) {
			t.Fatalf("told %v, Baltic is %s", got, f.baltic)
		}
		now := f.join(f.kaarel, d.ID)
		if now.Hash != before.Hash || len(now.Log) != len(before.Log) || lines(now.Log, "agreed") != 1 {
			t.Fatalf("%+v, before %+v", now.Log, before.Log)
		}
		if a, b := lines(f.join(f.maya, d.ID).Log, "agreed"), lines(f.get(d.ID).Log, "agreed"); a != 2 || b != 2 {
			t.Fatal(a, b)
		}
	})
}

// A company is named to those that agreed to it with it, and by the text in force: not one that
// joins a text without names, nor is one left out whose answer to the next is waited for.
func TestNamedByTheTextInForce(t *testing.T) {
	each(t, func(f *fair) {
		terms := f.terms()
		terms.Named = true
		d := f.sent(terms)
		f.agree(d.ID, f.maya, f.kaarel)
		d = f.get(d.ID)
		next := d.InForce.Terms
		next.Named, next.Parts = false, append(slices.Clone(next.Parts), Part{Org: f.bank, Role: Sponsor, Currency: "GBP", Share: 5_000_00})
		d, err := f.svc.SaveDraft(f.at(), f.ingrid, d.ID, d.Version, next)
		f.must(err)
		_, err = f.svc.Propose(f.at(), f.ingrid, d.ID, d.Version, "")
		f.must(err)
		f.agree(d.ID, f.maya, f.banker)
		if got := f.join(f.maya, d.ID).Named; !slices.Equal(got, []string{f.baltic}) {
			t.Fatalf("%v, Baltic is %s, the bank %s", got, f.baltic, f.bank)
		}
		if got := f.join(f.kaarel, d.ID).Named; !slices.Equal(got, []string{f.kestrel}) {
			t.Fatal(got)
		}
		if got := f.join(f.banker, d.ID).Named; len(got) != 0 {
			t.Fatal(got)
		}
		f.agree(d.ID, f.kaarel)
		for _, who := range []string{f.kestrel, f.baltic} {
			a := f.maya
			if who == f.baltic {
				a = f.kaarel
			}
			if got := f.join(a, d.ID).Named; len(got) != 0 {
				t.Fatal(who, got)
			}
		}
	})
}

// Who approved a text reads that text, whatever was put to it since: a change that is given up for
// another without it, or that somebody else refused.
func TestReadsTheTextItApproved(t *testing.T) {
	each(t, func(f *fair) {
		d := f.sent(f.terms())
		f.agree(d.ID, f.maya, f.kaarel)
		v1 := f.get(d.ID).InForce.Terms
		send := func(change func(*Terms)) {
			t.Helper()
			next := v1
			next.Parts = slices.Clone(v1.Parts)
			change(&next)
			d, err := f.svc.SaveDraft(f.at(), f.ingrid, d.ID, f.get(d.ID).Version, next)
			f.must(err)
			_, err = f.svc.Propose(f.at(), f.ingrid, d.ID, d.Version, "more")
			f.must(err)
		}
		raised := func(x *Terms) { x.Title, x.Percent = "Twice as much", money.One/10 }
		without := func(x *Terms) {
			raised(x)
			x.Parts = slices.DeleteFunc(x.Parts, func(p Part) bool { return p.Org == f.baltic })
		}
		reads := func(who access.Actor, state SeatState, title string, percent money.Rate, before bool) {
			t.Helper()
			j := f.join(who, d.ID)
			if j.Seat.State != state || j.Title != title || j.Text.Title != title || j.Text.Percent != percent || j.InForce == nil || j.InForce.Percent != v1.Percent || (j.Before != nil) != before || hashOf(d.ID, j.Head.Number, j.Text) != j.Hash {
				t.Fatalf("%s %+v", j.Seat.State, j)
			}
		}
		send(raised)
		reads(f.kaarel, Asked, "Twice as much", money.One/10, true)
		send(without)
		reads(f.kaarel, Approved, v1.Title, v1.Percent, false)
		reads(f.maya, Asked, "Twice as much", money.One/10, true)
		_, err := f.svc.Decline(f.at(), f.maya, d.ID, "no")
		f.must(err)
		reads(f.kaarel, Approved, v1.Title, v1.Percent, false)
		reads(f.maya, Approved, v1.Title, v1.Percent, false)
		send(raised)
		f.agree(d.ID, f.kaarel)
		reads(f.kaarel, Approved, "Twice as much", money.One/10, true)
		_, err = f.svc.Decline(f.at(), f.maya, d.ID, "no")
		f.must(err)
		reads(f.kaarel, Approved, v1.Title, v1.Percent, false)
	})
}
