package customer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/identity"
)

// desk is a company with its sales person, and a competitor.
type desk struct {
	t                 testing.TB
	db                *db.DB
	svc               *Service
	maya, eyes, other access.Actor
	now               time.Time
}

func setup(t testing.TB, d *db.DB) *desk {
	t.Helper()
	k := &desk{t: t, db: d, svc: New(d), now: time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)}
	act := func(org string, r access.Role) access.Actor {
		return access.Actor{Person: db.NewID(), Org: org, Roles: []access.Role{r}, Via: "session:x"}
	}
	own, foreign := db.NewID(), db.NewID()
	k.maya, k.eyes, k.other = act(own, access.Sales), act(own, access.Viewer), act(foreign, access.Admin)
	k.must(d.InTx(context.Background(), func(ctx context.Context) error {
		for i, id := range []string{own, foreign} {
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, 'x', '', 'GB', 'GBP', 'UTC', 'en', 'active', 1)", id, fmt.Sprint("o", i)).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	return k
}

func (k *desk) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

func (k *desk) want(err error, code fault.Code, key string) {
	k.t.Helper()
	f := fault.As(err)
	if err == nil || f.Code != code {
		k.t.Fatalf("got %v, want %s %s", err, code, key)
	}
	if f.Key != key && !slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Key == key }) {
		k.t.Fatalf("got %v, want %s", err, key)
	}
}

func (k *desk) at() context.Context {
	k.now = k.now.Add(time.Minute)
	return db.WithNow(context.Background(), k.now)
}

func (k *desk) make(d Draft) Customer {
	k.t.Helper()
	c, err := k.svc.Create(k.at(), k.maya, d)
	k.must(err)
	return c
}

func (k *desk) get(id ID) Detail {
	k.t.Helper()
	d, err := k.svc.Get(k.at(), k.maya, id)
	k.must(err)
	return d
}

var harrow = Draft{Name: "Harrow Fitout Ltd", Country: "gb", City: "Harrow", Postcode: "HA1 2AB", Web: "www.harrow-fitout.co.uk", Note: "first met in May\nlikes tea"}

func TestModels(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.CheckModels(t, d, customerRow{}, keyRow{}, contactRow{}, mergeRow{})
	})
}

func TestCustomer(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := setup(t, d)
		c := k.make(harrow)
		if c.Country != "GB" || c.Version != 1 {
			t.Fatalf("%+v", c)
		}
		got := k.get(c.ID)
		if len(got.Keys) != 2 || got.Keys[0] != (identity.Key{Kind: identity.Domain, Value: "harrow-fitout.co.uk"}) || len(got.Problems) != 0 {
			t.Fatalf("keys %v, problems %v", got.Keys, got.Problems)
		}
		p, err := k.svc.SaveContact(k.at(), k.maya, c.ID, "", 0, ContactDraft{Name: "Priya Nair", Mail: "priya@hfo-group.com"}, Consent{Contact: true, Basis: BasisForm})
		k.must(err)
		if p.Consent.By != k.maya.Person || p.Consent.Given.IsZero() {
			t.Fatalf("consent %+v", p.Consent)
		}
		if got = k.get(c.ID); len(got.Keys) != 3 { // the contact's domain too
			t.Fatalf("keys %v", got.Keys)
		}
		d2 := harrow
		d2.City = "London"
		_, err = k.svc.Update(k.at(), k.maya, c.ID, 7, d2)
		k.want(err, fault.Conflict, "customer.changed")
		c, err = k.svc.Update(k.at(), k.maya, c.ID, 1, d2)
		k.must(err)
		if c.Version != 2 || k.get(c.ID).City != "London" {
			t.Fatalf("%+v", c)
		}
		k.must(k.svc.RemoveContact(k.at(), k.maya, c.ID, p.ID))
		k.must(k.svc.RemoveContact(k.at(), k.maya, c.ID, p.ID))
		if got = k.get(c.ID); len(got.Keys) != 2 || len(got.Contacts) != 0 {
			t.Fatalf("%+v", got)
		}
	})
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := setup(t, d)
		for key, draft := range map[string]Draft{
			"form.missing": {Country: "GB"}, "form.too_long": {Name: strings.Repeat("x", 201)}, "form.text_wrong": {Name: "a\u202eb"}, "identity.tax_wrong": {Name: "x", Country: "GB", TaxID: "1"},
			"identity.gln_wrong": {Name: "x", GLN: "1234567890123"}, "identity.country_wrong": {Name: "x", Country: "1!"}, "identity.web_wrong": {Name: "x", Web: "not a site"},
		} {
			_, err := k.svc.Create(k.at(), k.maya, draft)
			k.want(err, fault.Invalid, key)
		}
		c := k.make(Draft{Name: "A", External: "C-1"})
		_, err := k.svc.Create(k.at(), k.maya, Draft{Name: "B", External: "C-1"})
		k.want(err, fault.Conflict, "customer.external_taken")
		_, err = k.svc.SaveContact(k.at(), k.maya, c.ID, "", 0, ContactDraft{Name: "P"}, Consent{Share: true})
		k.want(err, fault.Invalid, "customer.basis_missing")
		_, err = k.svc.SaveContact(k.at(), k.maya, c.ID, "", 0, ContactDraft{Name: "P"}, Consent{Share: true, Basis: BasisMail, Given: k.now.Add(time.Hour)})
		k.want(err, fault.Invalid, "customer.consent_future")
		_, err = k.svc.SaveContact(k.at(), k.maya, c.ID, "", 0, ContactDraft{Name: "P", Mail: "P <p@x.com>"}, Consent{})
		k.want(err, fault.Invalid, "identity.mail_wrong")
		_, err = k.svc.List(k.at(), k.maya, Filter{After: "!"})
		k.want(err, fault.Invalid, "form.cursor")
		_, err = k.svc.Merge(k.at(), k.maya, MergeCmd{Winner: c.ID, Loser: c.ID, WinnerVersion: 1, LoserVersion: 1})
		k.want(err, fault.Invalid, "customer.merge_self")
	})
}

func TestMatches(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := setup(t, d)
		a := k.make(harrow)
		_ = k.make(Draft{Name: "Harlow Logistics", Country: "GB", Postcode: "HA1 2AB"})
		b := k.make(Draft{Name: "Harrow Fit Out Group", Country: "GB", Postcode: "ha12ab"})
		_ = k.make(Draft{Name: "Harrow Fitout", Country: "GB", Postcode: "M1 1AA"}) // elsewhere
		ms, err := k.svc.Matches(k.at(), k.maya, Draft{Name: "Harow Fitout", Country: "GB", Postcode: "HA1 2AB", Web: "shop.harrow-fitout.co.uk"}, nil, "")
		k.must(err)
		if len(ms) != 2 || ms[0].Customer.ID != a.ID || !ms[0].Sure() || ms[1].Customer.ID != b.ID || ms[1].Sure() || ms[1].Customer.Name != "Harrow Fit Out Group" {
			t.Fatalf("%+v", ms)
		}
		c, made, err := k.svc.Ensure(k.at(), k.maya, Draft{Name: "HFO", Web: "harrow-fitout.co.uk"})
		k.must(err)
		if made || c.ID != a.ID {
			t.Fatalf("made %v, %+v", made, c)
		}
		c, made, err = k.svc.Ensure(k.at(), k.maya, Draft{Name: "Harrow Fitout Ltd", Country: "GB", Postcode: "HA1 2AB"}) // by name alone: not sure
		k.must(err)
		if !made || c.ID == a.ID {
			t.Fatalf("made %v, %+v", made, c)
		}
		k.make(Draft{Name: "Other", External: "E-9"})
		if _, made, err = k.svc.Ensure(k.at(), k.maya, Draft{Name: "renamed", External: "E-9"}); err != nil || made {
			t.Fatalf("made %v, %v", made, err)
		}
	})
}

func TestMergeAndUndo(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := setup(t, d)
		w := k.make(Draft{Name: "Harrow Fitout", Country: "GB", City: "Harrow", External: ""})
		l := k.make(Draft{Name: "Harrow Fit-Out Ltd", Country: "GB", Postcode: "HA1 2AB", City: "London", External: "C-7"})
		_, err := k.svc.SaveContact(k.at(), k.maya, l.ID, "", 0, ContactDraft{Name: "Priya", Mail: "p@harrow.example"}, Consent{})
		k.must(err)
		cmd := MergeCmd{Winner: w.ID, Loser: l.ID, WinnerVersion: w.Version, LoserVersion: l.Version, Take: []string{"city"}}
		p, err := k.svc.PreviewMerge(k.at(), k.maya, cmd)
		k.must(err)
		if p.Result.City != "London" || p.Result.Postcode != "HA1 2AB" || p.Result.Name != "Harrow Fitout" || p.Contacts != 1 {
			t.Fatalf("%+v", p.Result)
		}
		if k.get(w.ID).City != "Harrow" {
			t.Fatal("the preview stored something")
		}
		_, err = k.svc.Merge(k.at(), k.maya, MergeCmd{Winner: w.ID, Loser: l.ID, WinnerVersion: 9, LoserVersion: 1})
		k.want(err, fault.Conflict, "customer.changed")
		m, err := k.svc.Merge(k.at(), k.maya, cmd)
		k.must(err)
		got := k.get(w.ID)
		if got.Draft != p.Result || len(got.Contacts) != 1 || got.External != "C-7" || len(got.Merges) != 1 {
			t.Fatalf("%+v", got)
		}
		cur, err := k.svc.Current(k.at(), k.maya, l.ID)
		k.must(err)
		if cur.ID != w.ID {
			t.Fatalf("the loser leads to %s", cur.ID)
		}
		page, err := k.svc.List(k.at(), k.maya, Filter{})
		k.must(err)
		if len(page.Items) != 1 {
			t.Fatalf("%d listed", len(page.Items))
		}
		_, err = k.svc.Update(k.at(), k.maya, l.ID, got.Version, harrow)
		k.want(err, fault.Conflict, "customer.merged")
		_, err = k.svc.Merge(k.at(), k.maya, cmd)
		k.want(err, fault.Conflict, "customer.changed")

		// changed since: stays; the rest goes back
		now := got.Draft
		now.City, now.Note = "Wembley", "new"
		_, err = k.svc.Update(k.at(), k.maya, w.ID, got.Version, now)
		k.must(err)
		k.must(k.svc.UndoMerge(k.at(), k.maya, m.ID))
		back, loser := k.get(w.ID), k.get(l.ID)
		if back.City != "Wembley" || back.Note != "new" || back.Postcode != "" || back.External != "" || len(back.Contacts) != 0 || len(back.Merges) != 0 {
			t.Fatalf("winner %+v", back)
		}
		if loser.State != Active || loser.Into != "" || len(loser.Contacts) != 1 || loser.External != "C-7" || len(loser.Keys) != 2 {
			t.Fatalf("loser %+v", loser)
		}
		k.want(k.svc.UndoMerge(k.at(), k.maya, m.ID), fault.Conflict, "customer.merge_undone")
	})
}

// Merges are undone in the order they were made, the last first.
func TestUndoLaterFirst(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := setup(t, d)
		a, b, c := k.make(Draft{Name: "A"}), k.make(Draft{Name: "B"}), k.make(Draft{Name: "C"})
		m1, err := k.svc.Merge(k.at(), k.maya, MergeCmd{Winner: b.ID, Loser: c.ID, WinnerVersion: 1, LoserVersion: 1})
		k.must(err)
		m2, err := k.svc.Merge(k.at(), k.maya, MergeCmd{Winner: a.ID, Loser: b.ID, WinnerVersion: 1, LoserVersion: 2})
		k.must(err)
		cur, err := k.svc.Current(k.at(), k.maya, c.ID)
		k.must(err)
		if cur.ID != a.ID {
			t.Fatalf("C leads to %s", cur.Name)
		}
		k.want(k.svc.UndoMerge(k.at(), k.maya, m1.ID), fault.Conflict, "customer.merge_later")
		k.must(k.svc.UndoMerge(k.at(), k.maya, m2.ID))
		k.must(k.svc.UndoMerge(k.at(), k.maya, m1.ID))
		page, err := k.svc.List(k.at(), k.maya, Filter{})
		k.must(err)
		if len(page.Items) != 3 {
			t.Fatalf("%d listed", len(page.Items))
		}
	})
}

func TestListAndSearch(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := setup(t, d)
		for i := range 25 {
			k.make(Draft{Name: fmt.Sprintf("customer %02d", i), City: "Leeds"})
		}
		k.make(Draft{Name: "华东五金有限公司", City: "上海"})
		var names []string
		for after := ""; ; {
			p, err := k.svc.List(k.at(), k.maya, Filter{After: after, Limit: 7})
			k.must(err)
			for _, c := range p.Items {
				names = append(names, c.Name)
			}
			if after = p.Next; after == "" {
				break
			}
		}
		if len(names) != 26 || !slices.IsSorted(names) || names[25] != "华东五金有限公司" {
			t.Fatalf("%d: %v", len(names), names)
		}
		for q, n := range map[string]int{"leeds 07": 1, "五金": 1, "nowhere": 0, "customer": 25, "%": 0} {
			p, err := k.svc.List(k.at(), k.maya, Filter{Query: q, Limit: 100})
			k.must(err)
			if len(p.Items) != n {
				t.Errorf("%q finds %d, want %d", q, len(p.Items), n)
			}
		}
	})
}

// What is one company's does not exist for another, whatever it calls, and a viewer may
// not read it either.
func TestStranger(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := setup(t, d)
		a, b := k.make(harrow), k.make(Draft{Name: "Canary Werft"})
		p, err := k.svc.SaveContact(k.at(), k.maya, a.ID, "", 0, ContactDraft{Name: "Priya"}, Consent{})
		k.must(err)
		m, err := k.svc.Merge(k.at(), k.maya, MergeCmd{Winner: a.ID, Loser: b.ID, WinnerVersion: 1, LoserVersion: 1})
		k.must(err)
		for who, actor := range map[string]access.Actor{"competitor": k.other, "viewer": k.eyes} {
			_, e1 := k.svc.Get(k.at(), actor, a.ID)
			_, e2 := k.svc.Update(k.at(), actor, a.ID, 2, harrow)
			_, e3 := k.svc.SaveContact(k.at(), actor, a.ID, "", 0, ContactDraft{Name: "x"}, Consent{})
			e4 := k.svc.RemoveContact(k.at(), actor, a.ID, p.ID)
			_, e5 := k.svc.PreviewMerge(k.at(), actor, MergeCmd{Winner: a.ID, Loser: b.ID})
			_, e6 := k.svc.Merge(k.at(), actor, MergeCmd{Winner: a.ID, Loser: b.ID, WinnerVersion: 2, LoserVersion: 2})
			e7 := k.svc.UndoMerge(k.at(), actor, m.ID)
			_, e8 := k.svc.Current(k.at(), actor, b.ID)
			for i, err := range []error{e1, e2, e3, e4, e5, e6, e7, e8} {
				if fault.CodeOf(err) != fault.NotFound {
					t.Errorf("%s, call %d: %v", who, i+1, err)
				}
			}
		}
		ms, err := k.svc.Matches(k.at(), k.other, harrow, nil, "")
		k.must(err)
		page, err := k.svc.List(k.at(), k.other, Filter{Query: "Harrow"})
		k.must(err)
		if len(ms) != 0 || len(page.Items) != 0 {
			t.Fatalf("the competitor finds %v %v", ms, page.Items)
		}
		c, made, err := k.svc.Ensure(k.at(), k.other, harrow)
		k.must(err)
		if !made || c.Org != k.other.Org {
			t.Fatalf("made %v for %s", made, c.Org)
		}
		if got := k.get(a.ID); got.Version != 2 || len(got.Contacts) != 1 {
			t.Fatalf("changed: %+v", got)
		}
	})
}
