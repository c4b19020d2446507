package agreement

import (
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/edi/courier"
	"entente/edi/gateway"
	"entente/edi/translate"
	"entente/edi/x12"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

var (
	aurelia     = db.NewID()
	kestrel     = db.NewID()
	baltic      = db.NewID()
	provider    = db.NewID()
	withKestrel = db.NewID()
	withBaltic  = db.NewID()
)

func person(org string, roles ...access.Role) access.Actor {
	return access.Actor{Person: "person of " + org, Org: org, Roles: roles, Via: "session:test"}
}

var (
	tomas  = person(aurelia, access.EDI)
	ingrid = person(aurelia, access.Admin)
	maya   = person(kestrel, access.Admin)
	dan    = person(kestrel, access.EDI)
	clerk  = person(kestrel, access.Buyer)
	kaarel = person(baltic, access.Admin)
)

// house is the partnerships of the test and what was set in them.
type house struct {
	ended map[string]bool
	set   map[string]any
}

func (h *house) Pair(_ context.Context, actor access.Actor, id string) (Pair, error) {
	p := Pair{Supplier: aurelia, Reseller: kestrel, Zone: time.FixedZone("far", 9*3600), Ended: h.ended[id]}
	switch id {
	case withKestrel:
	case withBaltic:
		p.Reseller = baltic
	default:
		return Pair{}, notFound()
	}
	if actor.Org != p.Supplier && actor.Org != p.Reseller {
		return Pair{}, notFound()
	}
	return p, nil
}

func (*house) Identities(context.Context, access.Actor, string) (map[string][]string, error) {
	return map[string][]string{aurelia: {"ZZ:AURELIATOOLS", "AURELIATOOLS:ZZZ"}, kestrel: {"ZZ:KESTRELSUPPLY"}, baltic: {"BALTICTRADE:ZZZ"}}, nil
}

func (*house) Manages(actor access.Actor, p Pair) error {
	return access.Check(actor, access.PartnerManage, access.Shared(p.Supplier, p.Reseller))
}

func (h *house) SetTolerances(_ context.Context, _ access.Actor, id string, price, quantity *money.Rate) error {
	if price != nil {
		h.set[id+" price"] = *price
	}
	if quantity != nil {
		h.set[id+" quantity"] = *quantity
	}
	return nil
}

func (h *house) AdoptTerms(_ context.Context, actor access.Actor, id, sender string, t courier.Terms) error {
	if actor.Person == "" {
		return fault.New(fault.Internal, "error.internal", "Cause", "nobody confirmed")
	}
	h.set[id+" terms "+sender] = t
	return nil
}

func (h *house) AdoptAnswerTime(_ context.Context, _ access.Actor, id string, hours int) error {
	h.set[id+" answer"] = hours
	return nil
}

func (h *house) AdoptPatience(_ context.Context, _ access.Actor, id, org string, hours int) error {
	h.set[id+" patience "+org] = hours
	return nil
}

type world struct {
	*testing.T
	d   *db.DB
	h   *house
	s   *Service
	now time.Time
}

// on is the context of an instant.
func (w *world) on() context.Context { return db.WithNow(w.Context(), w.now) }

func each(t *testing.T, fn func(w *world)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := &world{T: t, d: d, h: &house{ended: map[string]bool{}, set: map[string]any{}}, now: time.Date(2026, 11, 28, 20, 0, 0, 0, time.UTC)}
		err := d.InTx(t.Context(), func(ctx context.Context) error {
			for _, id := range []string{aurelia, kestrel, baltic} {
				if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, '', '', '', 'GBP', 'UTC', 'en', 'active', 0)", id, id).Error; err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		jobs := job.New(d, job.Options{})
		w.s = New(Deps{DB: d, Jobs: jobs, Partners: w.h, Courier: w.h, Gateway: w.h, Desk: w.h})
		fn(w)
	})
}

func (w *world) propose(a access.Actor, base int, from string, b Body) Version {
	w.Helper()
	v, err := w.s.Propose(w.on(), a, ProposeCmd{Partnership: withKestrel, Base: base, ValidFrom: from, Body: b, Note: "please look"})
	if err != nil {
		w.Fatal(err)
	}
	return v
}

func (w *world) confirm(a access.Actor, v Version) Version {
	w.Helper()
	v, err := w.s.Confirm(w.on(), a, v.ID, v.Hash)
	if err != nil {
		w.Fatal(err)
	}
	return v
}

func (w *world) refused(err error, code fault.Code, key string) {
	w.Helper()
	if fault.CodeOf(err) != code || fault.KeyOf(err) != key {
		w.Errorf("got %v, want %s %s", err, code, key)
	}
}

func (w *world) field(err error, name, key string) {
	w.Helper()
	if fault.CodeOf(err) == fault.Invalid {
		for _, f := range fault.As(err).Fields {
			if f.Name == name && f.Key == key {
				return
			}
		}
	}
	w.Errorf("got %v, want field %s %s", err, name, key)
}

// body is an agreement that says something of everything.
func body() Body {
	hours, none := 2, 0
	return Body{
		Supplier: Side{X12: "ZZ:AURELIATOOLS", Terms: &courier.Terms{Sign: "sha384"}, Patience: &hours, Tries: 8},
		Reseller: Side{
			X12: "ZZ:KESTRELSUPPLY", Groups: []string{"KESTREL-NORTH"}, Transport: "van", Network: "GXS", Patience: &none, TaxNumber: "GB123",
			Delegates: []Delegate{{Org: provider, Name: "A provider", Sets: []string{"850"}}},
		},
		X12: "005010", EDIFACT: "D:96A:UN:EAN008", Sets: []Set{{"850", Reseller}, {"855", Supplier}, {"824", Supplier}},
		Guides:  []json.RawMessage{json.RawMessage(`{"guide":"entente/1","name":"Kestrel orders","version":"005010","set":"850","rules":[{"path":"BEG01","codes":["00"]}]}`)},
		Writing: Writing{Segment: "\n", Lines: false, Implementation: true}, DuplicateDays: 60, ResponseHours: 4,
		Codes: translate.Profile{Units: []translate.Pair{{Theirs: "STK", Ours: "EA"}}, Items: []translate.Cross{{TheirQualifier: "BP", Theirs: "K-1", OurQualifier: "VP", Ours: "AUR-1"}}, Locations: []translate.Cross{{TheirQualifier: "92", Theirs: "A1", OurQualifier: "92", Ours: "B1"}}},
		Price: Price{PriceTolerance: "0.005", Date: "order", Basis: "net"}, Tax: Tax{Rounding: "rate", Reverse: true}, CheckLocations: true,
	}
}

// TestOneSideProposesTheOtherConfirms: the text that was seen is confirmed, by the
// other side alone; what runs elsewhere is set with it.
func TestOneSideProposesTheOtherConfirms(t *testing.T) {
	each(t, func(w *world) {
		b := body()
		v := w.propose(ingrid, 0, "", b)
		if v.Number != 1 || v.State != Proposed || len(v.Hash) != 64 || v.Note != "please look" {
			w.Fatalf("proposed %+v", v)
		}
		if len(w.h.set) > 0 {
			w.Error("a proposal set something")
		}
		_, err := w.s.Confirm(w.on(), tomas, v.ID, v.Hash)
		w.refused(err, fault.Forbidden, "agreement.own")
		_, err = w.s.Confirm(w.on(), maya, v.ID, strings.Repeat("0", 64))
		w.refused(err, fault.Conflict, "agreement.other_text")
		_, err = w.s.Confirm(w.on(), clerk, v.ID, v.Hash)
		w.refused(err, fault.Forbidden, "error.forbidden")
		_, err = w.s.Confirm(w.on(), dan, v.ID, v.Hash)
		w.refused(err, fault.Forbidden, "agreement.commercial")
		_, err = w.s.Propose(w.on(), maya, ProposeCmd{Partnership: withKestrel, Body: b})
		w.refused(err, fault.Conflict, "agreement.open")

		got := w.confirm(maya, v)
		if got.State != Confirmed || !got.Starts.Equal(w.now) || got.AnsweredBy != maya.Person {
			w.Fatalf("confirmed %+v", got)
		}
		if !reflect.DeepEqual(got.Body, b) {
			w.Errorf("the body was kept as\n%+v", got.Body)
		}
		want := map[string]any{
			withKestrel + " terms " + aurelia: courier.Terms{Sign: "sha384"}, withKestrel + " patience " + aurelia: 2, withKestrel + " patience " + kestrel: 0, withKestrel + " price": money.Rate(5000),
			withKestrel + " answer": 4,
		}
		if !maps.Equal(w.h.set, want) {
			w.Errorf("set %v, want %v", w.h.set, want)
		}
		clear(w.h.set)
		if again := w.confirm(maya, v); again.State != Confirmed || len(w.h.set) > 0 {
			w.Errorf("confirmed twice: %+v, set %v", again, w.h.set)
		}
		_, err = w.s.Decline(w.on(), maya, v.ID, "")
		w.refused(err, fault.Conflict, "agreement.answered")
		for what, fixed := range map[string]func() (bool, error){
			"terms of the supplier": func() (bool, error) { return w.s.FixesTerms(w.on(), withKestrel, true) }, "patience": func() (bool, error) { return w.s.FixesPatience(w.on(), withKestrel, false) },
			"answer time": func() (bool, error) { return w.s.FixesAnswerTime(w.on(), withKestrel) },
			"tolerance":   func() (bool, error) { ok, _, err := w.s.FixesTolerances(w.on(), withKestrel); return ok, err },
		} {
			if ok, err := fixed(); err != nil || !ok {
				w.Errorf("%s not fixed: %v", what, err)
			}
		}
		if ok, err := w.s.FixesTerms(w.on(), withKestrel, false); err != nil || ok {
			w.Errorf("terms fixed of which nothing was agreed: %v", err)
		}
	})
}

// TestOldDocumentsHaveTheVersionOfTheirDay: a version begins at midnight of the
// supplier, not before it is confirmed, and what it replaces stays valid for what came
// before.
func TestOldDocumentsHaveTheVersionOfTheirDay(t *testing.T) {
	each(t, func(w *world) {
		one := w.confirm(maya, w.propose(ingrid, 0, "", Body{DuplicateDays: 10}))
		// It is the 29th there already.
		_, err := w.s.Propose(w.on(), maya, ProposeCmd{Partnership: withKestrel, Base: 1, ValidFrom: "2026-11-28", Body: Body{DuplicateDays: 20}})
		w.field(err, "valid_from", "agreement.date_past")
		hours := 5
		two := w.confirm(ingrid, w.propose(maya, 1, "2026-12-01", Body{DuplicateDays: 20, Reseller: Side{Patience: &hours}}))
		if want := time.Date(2026, 11, 30, 15, 0, 0, 0, time.UTC); !two.Starts.Equal(want) {
			w.Errorf("begins %s, want %s", two.Starts, want)
		}
		if err := w.s.Begin(w.on()); err != nil || len(w.h.set) > 0 {
			w.Errorf("begun before its day: %v %v", w.h.set, err)
		}
		at := func(when time.Time) int {
			var n int
			if err := w.d.View(w.Context(), func(ctx context.Context) error {
				r, err := validAt(ctx, withKestrel, when)
				if r != nil {
					n = int(r.Number)
				}
				return err
			}); err != nil {
				w.Fatal(err)
			}
			return n
		}
		for when, want := range map[time.Time]int{w.now.Add(-time.Second): 0, w.now: 1, two.Starts.Add(-time.Microsecond): 1, two.Starts: 2} {
			if n := at(when); n != want {
				w.Errorf("at %s version %d holds, want %d", when, n, want)
			}
		}
		p, err := w.s.Present(w.on(), tomas, withKestrel)
		if err != nil || p.Valid == nil || p.Valid.Number != 1 || p.Next == nil || p.Next.Number != 2 || p.Open != nil || p.Newest().Number != 2 {
			w.Fatalf("present %+v, %v", p, err)
		}
		// A third one is agreed meanwhile and begins at once: the second never does.
		w.now = w.now.Add(time.Hour)
		w.confirm(maya, w.propose(ingrid, 2, "", Body{DuplicateDays: 30}))
		w.now = two.Starts.Add(time.Hour)
		if err := w.s.Begin(w.on()); err != nil || len(w.h.set) > 0 {
			w.Errorf("an overtaken version was set: %v %v", w.h.set, err)
		}
		if n := at(w.now); n != 3 {
			w.Errorf("version %d holds, want 3", n)
		}
		// A fourth begins on its day and is set then.
		w.confirm(maya, w.propose(ingrid, 3, "2026-12-24", Body{DuplicateDays: 40, Reseller: Side{Patience: &hours}}))
		w.now = time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC)
		for range 2 {
			if err := w.s.Begin(w.on()); err != nil || w.h.set[withKestrel+" patience "+kestrel] != 5 {
				w.Errorf("on its day: %v %v", w.h.set, err)
			}
		}
		all, err := w.s.History(w.on(), dan, withKestrel)
		var states []State
		for _, v := range all {
			states = append(states, v.State)
		}
		if err != nil || !slices.Equal(states, []State{Confirmed, Superseded, Superseded, Superseded}) {
			w.Errorf("history %v, %v", states, err)
		}
		if got, err := w.s.Get(w.on(), dan, one.ID); err != nil || got.State != Superseded || got.Body.DuplicateDays != 10 {
			w.Errorf("the first is %+v, %v", got, err)
		}
	})
}

// TestAnswers: declined and withdrawn proposals leave what holds as it is, and make way.
func TestAnswers(t *testing.T) {
	each(t, func(w *world) {
		_, err := w.s.Propose(w.on(), tomas, ProposeCmd{Partnership: withKestrel, Body: Body{Supplier: Side{Transport: "van"}}})
		w.refused(err, fault.Invalid, "agreement.nothing")
		v := w.propose(tomas, 0, "", Body{DuplicateDays: 10})
		_, err = w.s.Withdraw(w.on(), dan, v.ID)
		w.refused(err, fault.Forbidden, "agreement.not_own")
		if v, err = w.s.Decline(w.on(), dan, v.ID, "  too short "); err != nil || v.State != Declined || v.Reason != "too short" {
			w.Fatalf("declined %+v, %v", v, err)
		}
		_, err = w.s.Confirm(w.on(), maya, v.ID, v.Hash)
		w.refused(err, fault.Conflict, "agreement.answered")
		v = w.propose(dan, 0, "", Body{DuplicateDays: 60})
		if v.Number != 2 {
			w.Errorf("number %d, want 2", v.Number)
		}
		if v, err = w.s.Withdraw(w.on(), maya, v.ID); err != nil || v.State != Withdrawn {
			w.Fatalf("withdrawn %+v, %v", v, err)
		}
		w.confirm(tomas, w.propose(dan, 0, "", Body{DuplicateDays: 30}))
		_, err = w.s.Propose(w.on(), tomas, ProposeCmd{Partnership: withKestrel, Base: 0, Body: Body{DuplicateDays: 31}})
		w.refused(err, fault.Conflict, "agreement.changed")
		_, err = w.s.Propose(w.on(), tomas, ProposeCmd{Partnership: withKestrel, Base: 3, Body: Body{DuplicateDays: 30}})
		w.refused(err, fault.Invalid, "agreement.unchanged")
		w.h.ended[withKestrel] = true
		_, err = w.s.Propose(w.on(), tomas, ProposeCmd{Partnership: withKestrel, Base: 3, Body: Body{DuplicateDays: 31}})
		w.refused(err, fault.Conflict, "agreement.ended")

		got, next, err := w.s.List(w.on(), tomas, Filter{Limit: 2})
		if err != nil || len(got) != 2 || next == "" {
			w.Fatalf("listed %d, %q, %v", len(got), next, err)
		}
		rest, last, err := w.s.List(w.on(), tomas, Filter{Limit: 2, After: next})
		if err != nil || len(rest) != 1 || last != "" || rest[0].ID == got[0].ID || rest[0].ID == got[1].ID {
			w.Errorf("then %d, %q, %v", len(rest), last, err)
		}
		if only, _, err := w.s.List(w.on(), maya, Filter{State: Confirmed}); err != nil || len(only) != 1 {
			w.Errorf("confirmed: %d, %v", len(only), err)
		}
		_, _, err = w.s.List(w.on(), maya, Filter{After: "rubbish"})
		w.field(err, "after", "form.cursor_wrong")
	})
}

// TestTheWall: to a competitor there is no agreement, and roles that do not see EDI see
// none.
func TestTheWall(t *testing.T) {
	each(t, func(w *world) {
		v := w.propose(tomas, 0, "", Body{DuplicateDays: 10})
		calls := map[string]error{}
		_, calls["get"] = w.s.Get(w.on(), kaarel, v.ID)
		_, calls["history"] = w.s.History(w.on(), kaarel, withKestrel)
		_, calls["present"] = w.s.Present(w.on(), kaarel, withKestrel)
		_, calls["propose"] = w.s.Propose(w.on(), kaarel, ProposeCmd{Partnership: withKestrel})
		_, calls["confirm"] = w.s.Confirm(w.on(), kaarel, v.ID, v.Hash)
		_, calls["decline"] = w.s.Decline(w.on(), kaarel, v.ID, "")
		_, calls["withdraw"] = w.s.Withdraw(w.on(), kaarel, v.ID)
		for name, err := range calls {
			if fault.CodeOf(err) != fault.NotFound {
				w.Errorf("%s: %v", name, err)
			}
		}
		if got, _, err := w.s.List(w.on(), kaarel, Filter{}); err != nil || len(got) > 0 {
			w.Errorf("listed %v, %v", got, err)
		}
		if got, _, err := w.s.List(w.on(), kaarel, Filter{Partnership: withKestrel}); err != nil || len(got) > 0 {
			w.Errorf("listed %v, %v", got, err)
		}
		_, _, err := w.s.List(w.on(), person(kestrel, access.Viewer), Filter{})
		w.refused(err, fault.Forbidden, "error.forbidden")
	})
}

func TestWrongBodies(t *testing.T) {
	each(t, func(w *world) {
		long := -1
		for _, c := range []struct {
			field, key string
			change     func(*Body)
		}{
			{"x12", "agreement.version_wrong", func(b *Body) { b.X12 = "5010" }},
			{"edifact", "agreement.directory_wrong", func(b *Body) { b.EDIFACT = "D96A" }},
			{"sets", "agreement.set_unknown", func(b *Body) { b.Sets = []Set{{"851", Reseller}} }},
			{"sets", "agreement.set_side", func(b *Body) { b.Sets = []Set{{"850", Supplier}} }},
			{"sets", "agreement.set_twice", func(b *Body) { b.Sets = []Set{{"850", Reseller}, {"850", Reseller}} }},
			{"guide", "agreement.guide_unreadable", func(b *Body) { b.Guides = []json.RawMessage{json.RawMessage(`{}`)} }},
			{"guide", "agreement.guide_wrong", func(b *Body) {
				b.Guides = []json.RawMessage{json.RawMessage(`{"guide":"entente/1","name":"x","version":"005010","set":"850","rules":[{"path":"QQQ["}]}`)}
			}},
			{"delimiter_segment", "agreement.delimiter_wrong", func(b *Body) { b.Writing.Segment = "A" }},
			{"delimiter_component", "agreement.delimiter_twice", func(b *Body) { b.Writing.Component = "*" }},
			{"duplicate_days", "agreement.range", func(b *Body) { b.DuplicateDays = 366 }},
			{"units", "agreement.code_half", func(b *Body) { b.Codes.Units = []translate.Pair{{Theirs: "STK"}} }},
			{"price_tolerance", "partner.tolerance_wrong", func(b *Body) { b.Price.PriceTolerance = "1.1" }},
			{"reseller_tax", "agreement.tax_wrong", func(b *Body) { b.Reseller.TaxNumber = "GB\n1" }},
			{"response_hours", "agreement.range", func(b *Body) { b.ResponseHours = 401 }},
			{"price_date", "agreement.word_unknown", func(b *Body) { b.Price.Date = "ship" }},
			{"price_basis", "agreement.word_unknown", func(b *Body) { b.Price.Basis = "gross" }},
			{"reseller_transport", "agreement.word_unknown", func(b *Body) { b.Reseller.Transport = "pigeon" }},
			{"supplier_patience", "agreement.range", func(b *Body) { b.Supplier.Patience = &long }},
			{"supplier_sign", "courier.term_unknown", func(b *Body) { b.Supplier.Terms = &courier.Terms{Sign: "md5"} }},
			{"supplier_x12", "agreement.address_unknown", func(b *Body) { b.Supplier.X12 = "ZZ:BALTICTRADE" }},
			{"reseller_x12", "agreement.address_unknown", func(b *Body) { b.Reseller.X12 = "ZZ:AURELIATOOLS" }},
			{"reseller_edifact", "agreement.address_unknown", func(b *Body) { b.Reseller.EDIFACT = "BALTICTRADE:ZZZ" }},
			{"reseller_groups", "agreement.group_wrong", func(b *Body) { b.Reseller.Groups = []string{"x"} }},
			{"reseller_delegates", "agreement.delegate_wrong", func(b *Body) { b.Reseller.Delegates = []Delegate{{Org: "x", Name: "x"}} }},
			{"reseller_delegates", "agreement.set_side", func(b *Body) { b.Reseller.Delegates = []Delegate{{Org: provider, Name: "x", Sets: []string{"855"}}} }},
		} {
			b := body()
			c.change(&b)
			_, err := w.s.Propose(w.on(), ingrid, ProposeCmd{Partnership: withKestrel, Body: b})
			w.field(err, c.field, c.key)
		}
		b := body()
		b.Guides[0] = json.RawMessage(`{"guide":"entente/1","version":"005010","set":"850","comment":"` + strings.Repeat("x", MaxBody) + `"}`)
		_, err := w.s.Propose(w.on(), ingrid, ProposeCmd{Partnership: withKestrel, Body: b})
		if c := fault.CodeOf(err); c != fault.TooLarge && c != fault.Invalid {
			w.Errorf("a huge body: %v", err)
		}
	})
}

// TestDiff: every part of a body shows as a fact, and a difference names what was and
// what is.
func TestDiff(t *testing.T) {
	t.Parallel()
	b := body()
	facts := map[[4]string]string{}
	for _, f := range b.Facts() {
		if _, twice := facts[f.key()]; twice {
			t.Errorf("%v is told twice", f.key())
		}
		if !slices.Contains(Sections, f.Section) {
			t.Errorf("%v is in no section", f.key())
		}
		facts[f.key()] = f.Value
	}
	for key, want := range map[[4]string]string{
		{"parties", "groups", "reseller", ""}: "KESTREL-NORTH", {"documents", "sets", "supplier", ""}: "824, 855", {"documents", "delimiters", "", ""}: "* > ^ LF",
		{"security", "sign", "supplier", ""}: "sha384", {"clocks", "patience", "reseller", ""}: "0", {"codes", "item", "", "BP:K-1"}: "VP:AUR-1", {"business", "price_tolerance", "", ""}: "0.005",
		{"parties", "delegate", "reseller", "A provider (" + provider + ")"}: "850",
	} {
		if facts[key] != want {
			t.Errorf("%v: %q, want %q", key, facts[key], want)
		}
	}
	if got := Diff(b, b); len(got) > 0 {
		t.Errorf("equal bodies differ: %v", got)
	}
	if got := Diff(Body{}, b); len(got) != len(facts) {
		t.Errorf("%d differences from nothing, %d facts", len(got), len(facts))
	}
	c := body()
	c.Reseller.Groups, c.X12, c.Guides[0] = nil, "004010", json.RawMessage(strings.Replace(string(c.Guides[0]), `"00"`, `"05"`, 1))
	got := Diff(b, c)
	if len(got) != 3 || got[0].Now.Name != "x12" || got[0].Was.Value != "005010" || got[1].Now.Name != "guide" || got[2].Now.Name != "" || got[2].Was.Name != "groups" {
		t.Errorf("differences %+v", got)
	}
}

// TestEveryPartIsTold: nothing has an effect that the readable text does not show, and
// nothing is shown that has none.
func TestEveryPartIsTold(t *testing.T) {
	t.Parallel()
	var empty Body
	var walk func(v reflect.Value, path string)
	walk = func(v reflect.Value, path string) {
		for i := range v.NumField() {
			f, name := v.Field(i), path+"."+v.Type().Field(i).Name
			if f.Kind() == reflect.Struct {
				walk(f, name)
				continue
			}
			was := reflect.New(f.Type()).Elem()
			was.Set(f)
			switch f.Kind() {
			case reflect.String:
				f.SetString("x")
			case reflect.Int:
				f.SetInt(7)
			case reflect.Bool:
				f.SetBool(true)
			case reflect.Pointer:
				f.Set(reflect.New(f.Type().Elem()))
			case reflect.Slice:
				one := reflect.MakeSlice(f.Type(), 1, 1)
				switch e := one.Index(0).Addr().Interface().(type) {
				case *string:
					*e = "x"
				case *Set:
					*e = Set{"850", Reseller}
				case *json.RawMessage:
					*e = json.RawMessage(`{"set":"850"}`)
				case *translate.Pair:
					*e = translate.Pair{Theirs: "a", Ours: "b"}
				case *translate.Cross:
					*e = translate.Cross{TheirQualifier: "a", Theirs: "b", OurQualifier: "c", Ours: "d"}
				case *Delegate:
					*e = Delegate{Org: provider, Name: "x"}
				default:
					t.Fatalf("%s: a kind of list that the test does not know", name)
				}
				f.Set(one)
			default:
				t.Fatalf("%s: a kind of field that the test does not know", name)
			}
			if strings.HasSuffix(name, ".Transport") { // "van" is told by its network
				f.SetString("folder")
			}
			if len(empty.Facts()) == 0 && (f.Kind() != reflect.Pointer || !strings.Contains(name, "Terms")) {
				t.Errorf("%s is told nowhere", name)
			}
			f.Set(was)
		}
	}
	walk(reflect.ValueOf(&empty).Elem(), "body")
}

// TestTheGatewayIsToldWhatHeldThen: the version of the day, made ready to judge by.
func TestTheGatewayIsToldWhatHeldThen(t *testing.T) {
	each(t, func(w *world) {
		b := body()
		b.Writing = Writing{Element: "|", Segment: "!", Lines: true, Implementation: true}
		one := w.confirm(maya, w.propose(ingrid, 0, "", b))
		w.now = w.now.Add(time.Hour)
		b.DuplicateDays, b.Guides, b.Writing.Segment = 10, nil, "\n"
		w.confirm(maya, w.propose(ingrid, 1, "", b))
		at := func(when time.Time) *gateway.Terms {
			got, err := w.s.Terms(w.on(), withKestrel, when)
			if err != nil {
				w.Fatal(err)
			}
			return got
		}
		if got := at(one.Starts.Add(-time.Second)); got != nil {
			w.Errorf("before the first version: %+v", got)
		}
		got := at(one.Starts)
		if got.Number != 1 || len(got.Guides) != 1 || got.Guides[0].Set != "850" || got.Reuse != 60*24*time.Hour || got.X12 != "005010" || got.EDIFACT != "D:96A:UN:EAN008" ||
			!slices.Equal(got.Sets, []gateway.TermsSet{{Kind: "850"}, {Kind: "855", Supplier: true}, {Kind: "824", Supplier: true}}) || !slices.Equal(got.Reseller.Groups, []string{"KESTREL-NORTH"}) ||
			got.Answers.Delimiters != (x12.Delimiters{Element: '|', Component: '>', Repetition: '^', Terminator: '!'}) || got.Answers.EOL != "\n" || !got.Answers.Implementation || len(got.Codes.Units) != 1 {
			w.Errorf("the first says %+v", got)
		}
		if got := at(w.now); got.Number != 2 || got.Guides != nil || got.Reuse != 10*24*time.Hour || got.Answers.EOL != "" || got.Answers.Delimiters.Terminator != '\n' {
			w.Errorf("the second says %+v", got)
		}
		if date, basis, err := w.s.PricedBy(w.on(), withKestrel); err != nil || date != "order" || basis != "net" {
			w.Errorf("priced by %s, %s, %v", date, basis, err)
		}
		for at, want := range map[time.Time]string{one.Starts.Add(-time.Second): "", one.Starts: "GB123"} {
			if _, tax, err := w.s.TaxNumbers(w.on(), withKestrel, at); err != nil || tax != want {
				w.Errorf("at %s the tax number is %q, %v", at, tax, err)
			}
		}
		for code, want := range map[string]bool{"KS-1": true, "A1": false, "B1": false} {
			if asked, err := w.s.ChecksLocation(w.on(), withKestrel, "92", code); err != nil || asked != want {
				w.Errorf("%s is asked for: %v, %v", code, asked, err)
			}
		}
		if asked, err := w.s.ChecksLocation(w.on(), withBaltic, "92", "X"); err != nil || asked {
			w.Errorf("of another partnership: %v, %v", asked, err)
		}
		if got, err := w.s.Terms(w.on(), withBaltic, w.now); err != nil || got != nil {
			w.Errorf("another partnership: %+v, %v", got, err)
		}
		if n, err := w.s.Tries(w.on(), withKestrel, true); err != nil || n != 8 {
			w.Errorf("tries %d, %v", n, err)
		}
		for _, wrong := range []Body{{X12: "009990"}, {EDIFACT: "D:77A:UN"}} {
			if err := wrong.Check(); err == nil {
				w.Errorf("%+v is taken", wrong)
			}
		}
	})
}
