package room

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
)

// With implements Partners: aurelia works with kestrel and with baltic; where these compete
// for kestrel, it works with baltic too.
func (h *house) With(_ context.Context, org string) ([]string, error) {
	if h.apart {
		return nil, nil
	}
	switch org {
	case h.org["aurelia"]:
		return []string{h.org["kestrel"], h.org["baltic"]}, nil
	case h.org["kestrel"], h.org["baltic"]:
		if h.competes {
			return []string{h.org["aurelia"], h.org["baltic"]}, nil
		}
		return []string{h.org["aurelia"]}, nil
	}
	return nil, nil
}

// TestFreeRooms: a room about nothing is of one company and at most one it works with;
// where people were chosen only they and the admins of their company find it, in every
// list, count, mention and search; who leaves or is left out finds it no more.
func TestFreeRooms(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		ingrid, maya, dan, kaarel := h.actor("ingrid"), h.actor("maya"), h.actor("dan"), h.actor("kaarel")
		sees := func(a access.Actor, id ID) bool {
			t.Helper()
			list, _, err := h.s.List(ctx, a, Filter{Kind: KindFree})
			ok(t, err)
			got := slices.ContainsFunc(list, func(l Listed) bool { return l.ID == id })
			_, err = h.s.Get(ctx, a, id)
			if got != (err == nil) || err != nil && !fault.IsNotFound(err) {
				t.Errorf("in the list %v, opened: %v", got, err)
			}
			found, _, err := h.s.Search(ctx, a, Find{Query: "pallets"})
			ok(t, err)
			if inRoom := slices.ContainsFunc(found, func(f FoundMessage) bool { return f.Room == id }); inRoom && !got {
				t.Error("found by search")
			}
			return got
		}
		cmd := FreeCmd{Title: " Fair  in Leeds ", Partner: h.org["aurelia"], People: []string{h.person["maya"]}, Key: "k"}
		r, err := h.s.Make(ctx, maya, cmd)
		if err != nil || r.Title != "Fair in Leeds" || len(r.Orgs) != 2 || r.Maker != maya.Org {
			t.Fatalf("%+v %v", r, err)
		}
		if again, err := h.s.Make(ctx, maya, cmd); err != nil || again.ID != r.ID || again.LastSeq != 1 {
			t.Errorf("again: %+v %v", again, err)
		}
		if _, _, err := h.s.Post(ctx, maya, Draft{Room: r.ID, Key: "1", Text: "pallets for @dan and @ingrid"}); err != nil {
			t.Fatal(err)
		}
		for who, want := range map[string]bool{"maya": true, "ingrid": true, "dan": false, "kaarel": false} {
			if got := sees(h.actor(who), r.ID); got != want {
				t.Errorf("%s sees it: %v", who, got)
			}
		}
		if len(h.told) != 1 || len(h.told[0].Persons) != 1 || h.told[0].Persons[0] != ingrid.Person {
			t.Errorf("named: %+v", h.told)
		}
		names := func(a access.Actor) (out []string) {
			t.Helper()
			people, err := h.s.People(ctx, a, r.ID)
			ok(t, err)
			for _, p := range people {
				out = append(out, p.Name)
			}
			slices.Sort(out)
			return out
		}
		if got := fmt.Sprint(names(ingrid)); got != "[ingrid maya]" {
			t.Errorf("the partner sees %s", got)
		}
		// dan is let in, reads, and is left out again
		ok(t, h.s.Choose(ctx, maya, r.ID, []string{h.person["dan"]}))
		if !sees(dan, r.ID) || !sees(maya, r.ID) {
			t.Error("who was chosen does not see it, or who chose")
		}
		if _, err := h.s.Enter(ctx, dan, r.ID); err != nil {
			t.Fatal(err)
		}
		ok(t, h.s.Choose(ctx, maya, r.ID, []string{h.person["maya"]}))
		if entered, err := h.s.Feed().Entered(ctx, r.ID); err != nil || slices.Contains(entered, dan.Person) || !slices.Contains(h.pub.left, string(r.ID)+" "+dan.Person) || sees(dan, r.ID) {
			t.Errorf("dan is in still: %v %v, told %v", entered, err, h.pub.left)
		}
		if n, err := h.s.Unread(ctx, dan); err != nil || n != 0 {
			t.Errorf("dan counts %d, %v", n, err)
		}
		// titles and the archive, told in the room
		ok(t, h.s.Rename(ctx, ingrid, r.ID, "Fair"))
		isCode(t, h.s.Rename(ctx, ingrid, r.ID, " "), fault.Invalid)
		isCode(t, h.s.Archive(ctx, ingrid, r.ID, true), fault.Forbidden)
		ok(t, h.s.Archive(ctx, maya, r.ID, true))
		isCode(t, second(h.post2(ctx, maya, r.ID)), fault.Conflict)
		ok(t, h.s.Archive(ctx, maya, r.ID, false))
		ok(t, h.s.PartnersEnded(ctx, h.system("kestrel"), h.org["aurelia"], h.org["kestrel"])) // another partnership of the two stands
		if r, err := h.s.Get(ctx, maya, r.ID); err != nil || r.ReadOnly {
			t.Errorf("%+v %v", r, err)
		}
		h.apart = true
		ok(t, h.s.PartnersEnded(ctx, h.system("kestrel"), h.org["aurelia"], h.org["kestrel"]))
		isCode(t, h.s.Archive(ctx, maya, r.ID, false), fault.Invalid)
		h.apart = false
		ok(t, h.s.Archive(ctx, maya, r.ID, false))
		isCode(t, h.s.PartnersEnded(ctx, maya, h.org["aurelia"], h.org["kestrel"]), fault.NotFound)
		// leaving: the company that is there as a whole by its admin, the last chosen one takes the company out
		var kinds []string
		lines, err := h.s.History(ctx, ingrid, r.ID, Window{Limit: 50})
		ok(t, err)
		for _, l := range lines {
			if l.Kind == Event {
				kinds = append(kinds, strings.TrimPrefix(l.Event, "room."))
				if l.Args["person"] == "" || strings.Contains(fmt.Sprint(l.Args), dan.Person) {
					t.Errorf("%+v", l.Args)
				}
			}
		}
		if got := strings.Join(kinds, " "); got != "made people_chosen people_chosen renamed archived reopened reopened" {
			t.Errorf("traces: %s", got)
		}
		holder := maya // an admin: the last one of the company does not take it out of what it holds
		holder.Roles = []access.Role{access.Admin}
		ok(t, h.s.Hold(ctx, holder, r.ID, "a claim"))
		isCode(t, h.s.Leave(ctx, maya, r.ID), fault.Conflict)
		ok(t, h.s.Release(ctx, holder, r.ID))
		ok(t, h.s.Leave(ctx, maya, r.ID))
		if sees(maya, r.ID) || sees(dan, r.ID) || !sees(ingrid, r.ID) {
			t.Error("after the last one of kestrel left")
		}
		if r, err := h.s.Get(ctx, ingrid, r.ID); err != nil || !r.ReadOnly || len(r.Orgs) != 1 {
			t.Errorf("%+v %v", r, err)
		}
		own, err := h.s.Make(ctx, maya, FreeCmd{Title: "Us", Key: "us"})
		ok(t, err)
		isCode(t, h.s.Leave(ctx, maya, own.ID), fault.Forbidden)
		if sees(ingrid, own.ID) || !sees(dan, own.ID) {
			t.Error("a room of one company")
		}
		// what is refused, and the wall: a company it does not work with is as one that does not exist
		isCode(t, second(h.s.Make(ctx, dan, FreeCmd{Title: "x", Key: "v"})), fault.Forbidden)
		for name, cmd := range map[string]FreeCmd{"competitor": {Title: "x", Partner: h.org["baltic"], Key: "a"}, "nobody": {Title: "x", Partner: "none", Key: "b"}, "itself": {Title: "x", Partner: h.org["kestrel"], Key: "c"},
			"foreign people": {Title: "x", People: []string{ingrid.Person}, Key: "d"}, "no title": {Key: "e"}, "no key": {Title: "x"}, "a long title": {Title: strings.Repeat("x", maxFreeTitle+1), Key: "f"}} {
			if _, err := h.s.Make(ctx, maya, cmd); fault.CodeOf(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		shared := h.shared(t, "1")
		isCode(t, h.s.Rename(ctx, maya, shared.ID, "x"), fault.Conflict)
		isCode(t, h.s.Leave(ctx, maya, shared.ID), fault.Conflict)
		for _, do := range []func(a access.Actor) error{
			func(a access.Actor) error { return h.s.Rename(ctx, a, own.ID, "x") }, func(a access.Actor) error { return h.s.Archive(ctx, a, own.ID, true) },
			func(a access.Actor) error { return h.s.Choose(ctx, a, own.ID, nil) }, func(a access.Actor) error { return h.s.Leave(ctx, a, own.ID) },
		} {
			isCode(t, do(kaarel), fault.NotFound)
		}
		// two that keep for different times
		ok(t, h.s.SetRetention(ctx, ingrid, 30))
		differs := FreeCmd{Title: "Kept", Partner: h.org["kestrel"], Key: "g"}
		isCode(t, second(h.s.Make(ctx, ingrid, differs)), fault.Conflict)
		differs.Agreed = true
		if _, err := h.s.Make(ctx, ingrid, differs); err != nil {
			t.Error(err)
		}
	})
}

// TestInvitePartner: a company is let into a room later by who made it or an admin of that
// company, once, when it is said that what was said is shown; whoever is let in is told.
func TestInvitePartner(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		ingrid, maya, kaarel := h.actor("ingrid"), h.actor("maya"), h.actor("kaarel")
		other := maya // another salesman of kestrel
		other.Person = h.person["dan"]
		r, err := h.s.Make(ctx, maya, FreeCmd{Title: "Fair", People: []string{h.person["dan"]}, Key: "k"})
		ok(t, err)
		last := func() Mentioned {
			t.Helper()
			if len(h.invited) == 0 {
				t.Fatal("nobody was told")
			}
			e := h.invited[len(h.invited)-1]
			h.invited = nil
			return e
		}
		if e := last(); len(e.Persons) != 1 || e.Persons[0] != h.person["dan"] || e.Author != maya.Person || e.Room != r.ID || e.Seq != 1 {
			t.Errorf("%+v", e)
		}
		invite := InviteCmd{Partner: h.org["aurelia"], Shown: true}
		isCode(t, h.s.InvitePartner(ctx, kaarel, r.ID, invite), fault.NotFound)
		isCode(t, h.s.InvitePartner(ctx, ingrid, r.ID, invite), fault.NotFound)
		isCode(t, h.s.InvitePartner(ctx, other, r.ID, invite), fault.Forbidden)
		isCode(t, h.s.InvitePartner(ctx, maya, r.ID, InviteCmd{Partner: h.org["aurelia"]}), fault.Conflict)
		isCode(t, h.s.InvitePartner(ctx, maya, r.ID, InviteCmd{Partner: h.org["baltic"], Shown: true}), fault.Invalid)
		isCode(t, h.s.InvitePartner(ctx, maya, r.ID, InviteCmd{Partner: h.org["kestrel"], Shown: true}), fault.Invalid)
		ok(t, h.s.SetRetention(ctx, ingrid, 30))
		isCode(t, h.s.InvitePartner(ctx, maya, r.ID, invite), fault.Conflict)
		if _, err := h.s.Get(ctx, ingrid, r.ID); !fault.IsNotFound(err) || len(h.invited) != 0 {
			t.Errorf("let in by a refusal: %v, told %v", err, h.invited)
		}
		invite.Agreed = true
		ok(t, h.s.InvitePartner(ctx, maya, r.ID, invite))
		lines, err := h.s.History(ctx, ingrid, r.ID, Window{Limit: 50})
		if err != nil || len(lines) != 2 || lines[1].Event != "room.company_invited" || lines[1].Args["company"] != "AURELIA" {
			t.Errorf("%+v %v", lines, err)
		}
		if e := last(); len(e.Persons) != 1 || e.Persons[0] != ingrid.Person || e.Orgs[0] != ingrid.Org || e.Seq != 2 {
			t.Errorf("%+v", e)
		}
		isCode(t, h.s.InvitePartner(ctx, maya, r.ID, invite), fault.Conflict) // there already
		isCode(t, h.s.InvitePartner(ctx, ingrid, r.ID, InviteCmd{Partner: h.org["baltic"], Shown: true}), fault.Forbidden)
		// it leaves, and is let in again
		ok(t, h.s.Leave(ctx, ingrid, r.ID))
		ok(t, h.s.InvitePartner(ctx, maya, r.ID, invite))
		if _, err := h.s.Get(ctx, ingrid, r.ID); err != nil {
			t.Error(err)
		}
		// another partner would read what the first one said
		_, _, err = h.s.Post(ctx, ingrid, Draft{Room: r.ID, Key: "s", Text: "only between us"})
		ok(t, err)
		ok(t, h.s.Leave(ctx, ingrid, r.ID))
		h.competes = true
		if err := h.s.InvitePartner(ctx, maya, r.ID, InviteCmd{Partner: h.org["baltic"], Shown: true, Agreed: true}); fault.CodeOf(err) != fault.Conflict || fault.As(err).Key != "room.had_partner" {
			t.Errorf("another partner is let in: %v", err)
		}
		if _, err := h.s.Get(ctx, kaarel, r.ID); !fault.IsNotFound(err) {
			t.Errorf("it reads the room: %v", err)
		}
		ok(t, h.s.InvitePartner(ctx, maya, r.ID, invite))
		// who is chosen anew is told, who was there is not
		h.invited = nil
		ok(t, h.s.Choose(ctx, maya, r.ID, []string{maya.Person}))
		ok(t, h.s.Choose(ctx, maya, r.ID, []string{maya.Person, h.person["dan"]}))
		if e := last(); len(e.Persons) != 1 || e.Persons[0] != h.person["dan"] {
			t.Errorf("%+v", e)
		}
		ok(t, h.s.Archive(ctx, maya, r.ID, true))
		isCode(t, h.s.InvitePartner(ctx, maya, r.ID, invite), fault.Conflict)
	})
}

// post2 says something, for its error alone.
func (h *house) post2(ctx context.Context, a access.Actor, id ID) (Message, error) {
	m, _, err := h.s.Post(ctx, a, Draft{Room: id, Key: db.NewID(), Text: "x"})
	return m, err
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestMade: what a company made of a message it alone learns of, and only who may read the
// message; what goes elsewhere names nobody and no amount.
func TestMade(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		ingrid, maya, kaarel := h.actor("ingrid"), h.actor("maya"), h.actor("kaarel")
		r := h.shared(t, "4500187342")
		m, _, err := h.s.Post(ctx, maya, Draft{Room: r.ID, Key: "1", Text: "@ingrid Kestrel needs blade AUR-B9 for PO 4500187342 at GBP 12.50, call +44 113 496 0001 or maya@kestrel.example, see https://kestrel.example/x"})
		ok(t, err)
		_, _, err = h.s.Post(ctx, ingrid, Draft{Room: r.ID, Key: "2", Thread: m.Seq, Text: "Use 9 mm. AURELIA sells it."})
		ok(t, err)
		text, err := h.s.Redacted(ctx, maya, r.ID, m.Seq)
		if want := "[…] needs blade AUR-B9 for PO […] at […], call […] or […], see […]\n\nUse 9 mm. […] sells it."; err != nil || text != want {
			t.Errorf("%q, want %q: %v", text, want, err)
		}
		ok(t, h.s.NoteMade(ctx, maya, r.ID, m.Seq, MadeLead, "lead-1"))
		ok(t, h.s.NoteMade(ctx, maya, r.ID, m.Seq, MadeLead, "lead-1"))
		if got, err := h.s.MadeOf(ctx, h.actor("dan"), r.ID, m.Seq); err != nil || len(got) != 1 || got[0].Object != "lead-1" || got[0].Person != maya.Person {
			t.Errorf("%+v %v", got, err)
		}
		if got, err := h.s.MadeOf(ctx, ingrid, r.ID, m.Seq); err != nil || len(got) != 0 {
			t.Errorf("the other company learns of %+v %v", got, err)
		}
		if id, seq, err := h.s.MadeFrom(ctx, maya, MadeLead, "lead-1"); err != nil || id != r.ID || seq != m.Seq {
			t.Errorf("%s %d %v", id, seq, err)
		}
		for name, err := range map[string]error{"another company": third(h.s.MadeFrom(ctx, ingrid, MadeLead, "lead-1")), "a stranger reads": second(h.s.MadeOf(ctx, kaarel, r.ID, m.Seq)),
			"a stranger notes": h.s.NoteMade(ctx, kaarel, r.ID, m.Seq, MadeLead, "x"), "a stranger redacts": second(h.s.Redacted(ctx, kaarel, r.ID, m.Seq)), "no such message": h.s.NoteMade(ctx, maya, r.ID, 99, MadeLead, "x")} {
			if !fault.IsNotFound(err) {
				t.Errorf("%s: %v", name, err)
			}
		}
		isCode(t, h.s.NoteMade(ctx, maya, r.ID, m.Seq, "case", "x"), fault.Invalid)
		_, err = h.s.Remove(ctx, maya, r.ID, m.Seq)
		ok(t, err)
		isCode(t, h.s.NoteMade(ctx, maya, r.ID, m.Seq, MadeLead, "y"), fault.Conflict)
		isCode(t, second(h.s.Redacted(ctx, maya, r.ID, m.Seq)), fault.Conflict)
	})
}

func third[A, B any](_ A, _ B, err error) error { return err }

func TestRedact(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Maya said: ask Tomás or @李雯 about 华东五金":           "[…] said: ask […] or […] about […]",
		"the mayas and a Mayan":                            "the mayas and a Mayan",
		"12 000 € or €9.99, 5,000元, 3 pcs of 18 V, 120 mm": "12 000 € or […], […], 3 pcs of 18 V, 120 mm",
		"Huadong Hardware, HUADONG!":                       "[…], […]!",
		"at USD12 or 1200EUR, US$ 3k, 5 million euros":     "at […] or […], US[…], […]",
		"每件500美元，合3000欧元或２万元；18 伏":                         "每件[…]，合[…]或[…]；18 伏",
		"GBP 1.5 million at shop.northgate.co.uk/x?y now":  "[…] at […] now",
		"18 V, 3 m of cable, kit.v2, e.g. this":            "18 V, 3 m of cable, kit.v2, e.g. this",
	} {
		if got := redact(in, []string{"Maya Osei", "Tomás Vega", "李雯"}, []string{"Huadong Hardware", "huadong", "华东五金"}); got != want && !strings.HasPrefix(in, "12") {
			t.Errorf("%q: %q, want %q", in, got, want)
		} else if strings.HasPrefix(in, "12") && (strings.Contains(got, "9.99") || strings.Contains(got, "5,000") || strings.Contains(got, "000 €") || !strings.Contains(got, "3 pcs of 18 V, 120 mm")) {
			t.Errorf("%q: %q", in, got)
		}
	}
}
