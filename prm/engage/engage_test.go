package engage

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// Whatever is done in whatever order by whom: a seat is in a state of the table, only its
// company or the owner moves it, each by its own deeds, and nobody takes part who was not
// invited before.
func TestMachine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var st SeatState
		invited := false
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			d := rapid.SampledFrom(Deeds).Draw(t, "deed")
			owner := rapid.Bool().Draw(t, "owner")
			was := st
			if !may(d, owner, st) {
				continue
			}
			st = steps[d].to
			switch {
			case !slices.Contains(SeatStates, st):
				t.Fatalf("%s led to %q", d, st)
			case owner == (d == Accept || d == Decline || d == Leave):
				t.Fatalf("the other side did %s", d)
			case st == Active && (!invited || was != Invited):
				t.Fatalf("takes part from %q", was)
			case st == Left && was != Active:
				t.Fatalf("left from %q", was)
			}
			invited = invited || st == Invited
		}
	})
}

// The rule of the wall over all histories: a company knows itself and the owner; another one
// only where companies are shown, and only if both accepted; what is invited is known to the
// owner alone; who left learns of nobody who came later.
func TestKnows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := party{owner: "o", shown: rapid.Bool().Draw(t, "shown"), seats: map[string]Seat{"o": {Org: "o", State: Active, Joined: db.FromMicros(1)}}}
		for i, org := range []string{"a", "b"} {
			x := Seat{Org: org, State: rapid.SampledFrom(SeatStates).Draw(t, "state")}
			if rapid.Bool().Draw(t, "joined") || x.State == Active || x.State == Left {
				x.Joined = db.FromMicros(int64(rapid.IntRange(10, 20).Draw(t, "at")*2 + i))
				if x.State != Active {
					x.Left = db.FromMicros(db.Micros(x.Joined) + int64(rapid.IntRange(1, 20).Draw(t, "stays")))
				}
			}
			p.seats[org] = x
		}
		a, b := p.seats["a"], p.seats["b"]
		p.org = "a"
		if !p.knows("a") || !p.knows("o") || p.knows("stranger") || p.knows("") {
			t.Fatal("itself, the owner, a stranger")
		}
		if p.knows("b") && (!p.shown || a.Joined.IsZero() || b.Joined.IsZero() || a.State == Invited || a.State != Active && !b.Joined.Before(a.Left)) {
			t.Fatalf("a (%+v) knows b (%+v), shown %v", a, b, p.shown)
		}
		if p.shown && a.State == Active && b.State == Active && !p.knows("b") {
			t.Fatal("shown, and not known")
		}
		if p.both("o", "o") && !p.shown {
			t.Fatal("what the owner keeps with itself is seen")
		}
		p.org = "o"
		if !p.knows("a") || !p.knows("b") {
			t.Fatal("the owner does not know whom it invited")
		}
	})
}

// An invited company reads the teaser and nothing else until it accepts the terms it read.
func TestInvitation(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		id := b.begun(false)
		_, err := b.svc.Get(b.at(), b.maya, id)
		b.want(err, fault.NotFound, "")
		_, err = b.svc.Invite(b.at(), b.ingrid, id, InviteCmd{Org: b.other, Role: "reseller"})
		b.want(err, fault.Invalid, "engage.partner_unknown")
		b.invite(id, b.kestrel, "distributor")
		b.invite(id, b.kestrel, "distributor") // again: nothing happens
		eq(t, "told once", b.events.take(b), "Invited>kestrel,")
		_, err = b.svc.Edit(b.at(), b.ingrid, id, terms(true))
		b.want(err, fault.Conflict, "engage.terms_fixed")
		text := b.said(id, b.maya)
		for _, w := range []string{"Harrow", "Win the line", "12345", "line 4"} {
			if strings.Contains(text, w) {
				t.Fatalf("an invited company reads %q in %s", w, text)
			}
		}
		if !strings.Contains(text, "metal works") {
			t.Fatal("no teaser")
		}
		for _, q := range []string{"Harrow", "Fabrication"} {
			page, err := b.svc.List(b.at(), b.maya, Filter{Query: q})
			b.must(err)
			eq(t, "found by the customer", len(page.Items), 0)
		}
		_, err = b.svc.Section(b.at(), b.maya, id)
		b.want(err, fault.NotFound, "")
		_, err = b.svc.SaveSection(b.at(), b.maya, id, Section{})
		b.want(err, fault.NotFound, "")
		_, err = b.svc.AddTask(b.at(), b.maya, id, TaskCmd{Org: b.aurelia, Title: "x"})
		b.want(err, fault.NotFound, "")
		b.want(b.svc.MaySee(b.at(), b.maya, string(id)), fault.NotFound, "")
		_, err = b.svc.Accept(b.at(), b.maya, id, "another text")
		b.want(err, fault.Conflict, "engage.changed")
		b.want(b.svc.Decline(b.at(), b.maya, id, AnswerCmd{Reason: "weather"}), fault.Invalid, "form.choice_wrong")
		b.must(b.svc.Decline(b.at(), b.maya, id, AnswerCmd{Reason: "no_capacity", Comment: "in May"}))
		b.must(b.svc.Decline(b.at(), b.maya, id, AnswerCmd{Reason: "no_capacity"}))
		eq(t, "declined once", b.events.take(b), "Declined>aurelia,")
		_, err = b.svc.Accept(b.at(), b.maya, id, "")
		b.want(err, fault.Conflict, "engage.not_now")
		eq(t, "reason", b.detail(id, b.ingrid).Seats[1].Reason, "no_capacity")
		// the terms are free again, and another invitation has other terms
		was, err := b.svc.Get(b.at(), b.maya, id)
		b.must(err)
		tt := terms(true)
		_, err = b.svc.Edit(b.at(), b.ingrid, id, tt)
		b.must(err)
		b.invite(id, b.kestrel, "distributor")
		_, err = b.svc.Accept(b.at(), b.maya, id, was.Invitation.Hash)
		b.want(err, fault.Conflict, "engage.changed")
		b.must(b.svc.Withdraw(b.at(), b.ingrid, id, b.kestrel))
		_, err = b.svc.Accept(b.at(), b.maya, id, "")
		b.want(err, fault.Conflict, "engage.not_now")
		b.invite(id, b.kestrel, "distributor")
		b.circle.partners[b.kestrel] = false
		seen, err := b.svc.Get(b.at(), b.maya, id)
		b.must(err)
		_, err = b.svc.Accept(b.at(), b.maya, id, seen.Invitation.Hash)
		b.want(err, fault.Conflict, "engage.partner_gone")
		b.must(b.svc.PartnersEnded(b.at(), access.System("x", b.kestrel), b.aurelia, b.kestrel))
		eq(t, "ended with the partnership", b.detail(id, b.ingrid).Seats[1].State, Withdrawn)
		tt.Teaser = "For harrow fabrication"
		_, err = b.svc.Edit(b.at(), b.ingrid, id, tt)
		b.want(err, fault.Invalid, "engage.teaser_names")
	})
}

// What began from a partner's registration asks that partner first.
func TestBeginFromDeal(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	cmd := BeginCmd{Terms: terms(false), Kind: FromDeal, Ref: "deal of " + b.kestrel, Key: "k", Role: "manufacturer"}
	d, err := b.svc.Begin(b.at(), b.ingrid, cmd)
	b.must(err)
	again, err := b.svc.Begin(b.at(), b.ingrid, cmd)
	b.must(err)
	eq(t, "the same post", again.ID, d.ID)
	_, err = b.svc.Invite(b.at(), b.ingrid, d.ID, InviteCmd{Org: b.baltic, Role: "distributor"})
	b.want(err, fault.Conflict, "engage.first")
	b.invite(d.ID, b.kestrel, "distributor")
	_, err = b.svc.Invite(b.at(), b.ingrid, d.ID, InviteCmd{Org: b.baltic, Role: "distributor"})
	b.want(err, fault.Conflict, "engage.first")
	b.join(d.ID, b.maya)
	b.invite(d.ID, b.baltic, "distributor")
	eq(t, "the number stays with the owner", b.detail(d.ID, b.maya).About.Number, "")
	b.join(d.ID, b.kaarel)
	for who, n := range map[*access.Actor]int{&b.ingrid: 1, &b.maya: 0, &b.kaarel: 0} {
		page, err := b.svc.List(b.at(), *who, Filter{Query: "D-1"})
		b.must(err)
		eq(t, "found by it by "+b.names[who.Org], len(page.Items), n)
	}
	// the supplier's sales people may sell beside its partners: they do not read it
	_, err = b.svc.Get(b.at(), b.sven, d.ID)
	b.want(err, fault.NotFound, "")
	page, err := b.svc.List(b.at(), b.sven, Filter{})
	b.must(err)
	eq(t, "nor list it", len(page.Items), 0)
	_, err = b.svc.Begin(b.at(), b.ingrid, BeginCmd{Terms: terms(false), Kind: FromLead, Ref: "x", Role: "other"})
	b.want(err, fault.NotFound, "")
	_, err = b.svc.Begin(b.at(), b.dan, cmd)
	b.want(err, fault.NotFound, "")
	// begun by one of them it stays his as long as no company is in it that his own supplies
	_, err = b.svc.Begin(b.at(), b.sven, BeginCmd{Terms: terms(false), Kind: FromDeal, Ref: "deal of " + b.kestrel, Role: "manufacturer"})
	b.want(err, fault.Forbidden, "engage.managers")
	his, err := b.svc.Begin(b.at(), b.sven, BeginCmd{Terms: terms(false), Role: "manufacturer"})
	b.must(err)
	_, err = b.svc.Invite(b.at(), b.sven, his.ID, InviteCmd{Org: b.kestrel, Role: "distributor"})
	b.want(err, fault.Invalid, "engage.managers")
	b.invite(his.ID, b.kestrel, "distributor")
	b.want(b.svc.Decline(b.at(), b.maya, his.ID, AnswerCmd{Reason: ReasonPartnership}), fault.Invalid, "form.choice_wrong") // not for a person to say
	bad := cmd
	bad.Customer, bad.Role, bad.Key = "", "boss", "z"
	_, err = b.svc.Begin(b.at(), b.ingrid, bad)
	b.want(err, fault.Invalid, "form.missing")
}

// Three companies, none shown to the others: whatever one distributor does, the other reads,
// lists and hears exactly what it did before. A private field leaves its company nowhere.
func TestThreeHidden(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		id := b.begun(false)
		b.invite(id, b.kestrel, "distributor")
		b.join(id, b.maya)
		b.must(b.svc.Propose(b.at(), b.ingrid, id, ProposeCmd{Shares: []Share{{b.aurelia, 7000}, {b.kestrel, 3000}}, Note: "of what is invoiced"}))
		mine := b.detail(id, b.maya)
		eq(t, "one text", len(mine.Splits), 1)
		eq(t, "its own share alone", fmt.Sprint(mine.Splits[0].Shares), fmt.Sprint([]Share{{b.kestrel, 3000}}))
		b.want(b.svc.AgreeSplit(b.at(), b.ingrid, id, b.detail(id, b.ingrid).Splits[0].Hash), fault.Conflict, "engage.split_others")
		b.must(b.svc.AgreeSplit(b.at(), b.maya, id, mine.Splits[0].Hash))
		before := b.said(id, b.maya)
		b.events.take(b)
		// the rival comes, works and goes
		b.invite(id, b.baltic, "distributor")
		b.join(id, b.kaarel)
		s, err := b.svc.Section(b.at(), b.kaarel, id)
		b.must(err)
		s.Stage, s.OwnStage, s.Amount, s.Notes, s.NextStep = "business", "Pakkumine", money.Amount{Minor: 999, Currency: "EUR"}, "CANARY-NOTE", "call"
		s.Private = []Private{{"CANARY-FIELD", "CANARY-VALUE"}}
		_, err = b.svc.SaveSection(b.at(), b.kaarel, id, s)
		b.must(err)
		out, err := b.svc.Preview(b.at(), b.kaarel, id, PublishCmd{Template: "all", To: []string{b.aurelia}})
		b.must(err)
		_, err = b.svc.Publish(b.at(), b.kaarel, id, PublishCmd{Template: "all", To: []string{b.aurelia}, Hash: out.Hash})
		b.must(err)
		_, err = b.svc.Preview(b.at(), b.kaarel, id, PublishCmd{Template: "all", To: []string{b.kestrel}})
		b.want(err, fault.Invalid, "engage.company_unknown")
		_, err = b.svc.AddTask(b.at(), b.kaarel, id, TaskCmd{Org: b.kestrel, Title: "x"})
		b.want(err, fault.Invalid, "engage.company_unknown")
		_, err = b.svc.HandOver(b.at(), b.kaarel, id, HandCmd{To: b.kestrel, What: "x"})
		b.want(err, fault.Invalid, "engage.company_unknown")
		_, err = b.svc.AddTask(b.at(), b.ingrid, id, TaskCmd{Org: b.baltic, Person: b.kaarel.Person, Title: "Site visit", Due: "2026-12-01"})
		b.must(err)
		_, err = b.svc.AddTask(b.at(), b.ingrid, id, TaskCmd{Org: b.aurelia, Title: "Ask both distributors"})
		b.must(err)
		h, err := b.svc.HandOver(b.at(), b.ingrid, id, HandCmd{To: b.baltic, What: "Drawings"})
		b.must(err)
		b.must(b.svc.AnswerHand(b.at(), b.kaarel, id, h.ID, HandTaken, ""))
		b.want(b.svc.Propose(b.at(), b.kaarel, id, ProposeCmd{}), fault.Forbidden, "engage.owner_proposes")
		// another split: the same text for Kestrel, which has answered it
		b.want(b.svc.AgreeSplit(b.at(), b.ingrid, id, b.detail(id, b.ingrid).Splits[0].Hash), fault.Conflict, "engage.split_members")
		b.must(b.svc.Propose(b.at(), b.ingrid, id, ProposeCmd{Shares: []Share{{b.aurelia, 5000}, {b.kestrel, 3000}, {b.baltic, 2000}}, Note: "of what is invoiced"}))
		b.must(b.svc.RefuseSplit(b.at(), b.kaarel, id, b.detail(id, b.kaarel).Splits[0].Hash, "too little"))
		b.must(b.svc.Propose(b.at(), b.ingrid, id, ProposeCmd{Shares: []Share{{b.aurelia, 4500}, {b.kestrel, 3000}, {b.baltic, 2500}}, Note: "of what is invoiced"}))
		b.must(b.svc.AgreeSplit(b.at(), b.kaarel, id, b.detail(id, b.kaarel).Splits[0].Hash))
		if got := b.said(id, b.maya); got != before {
			t.Fatalf("Kestrel sees that Baltic is there:\n%s\n%s", before, got)
		}
		for _, e := range b.events.events {
			if x := e.Payload.(Event); slices.Contains(e.Orgs, b.kestrel) || slices.Contains(x.To, b.kestrel) || x.Company == b.kestrel {
				t.Fatalf("Kestrel hears of %+v", e)
			}
		}
		eq(t, "Baltic's texts count for Baltic", b.detail(id, b.kaarel).Splits[0].Number, 2)
		own := b.detail(id, b.ingrid)
		eq(t, "all agreed", own.Splits[0].Ready, true)
		b.must(b.svc.AgreeSplit(b.at(), b.ingrid, id, own.Splits[0].Hash))
		eq(t, "in force", b.detail(id, b.maya).Splits[0].State, SplitInForce)
		b.events.take(b)
		force := b.said(id, b.maya)
		b.must(b.svc.Propose(b.at(), b.ingrid, id, ProposeCmd{Shares: []Share{{b.aurelia, 4000}, {b.kestrel, 3000}, {b.baltic, 3000}}, Note: "of what is invoiced"}))
		b.must(b.svc.AgreeSplit(b.at(), b.kaarel, id, b.detail(id, b.kaarel).Splits[0].Hash))
		b.must(b.svc.AgreeSplit(b.at(), b.ingrid, id, b.detail(id, b.ingrid).Splits[0].Hash))
		b.must(b.svc.Leave(b.at(), b.kaarel, id, AnswerCmd{Reason: "done"}))
		if got := b.said(id, b.maya); got != force {
			t.Fatalf("Kestrel sees what Baltic did:\n%s\n%s", force, got)
		}
		// what each company reads, and what of it must never be there
		for who, never := range map[*access.Actor][]string{&b.maya: {"CANARY", b.baltic, "Pakkumine", "Drawings", "Site visit", "Ask both"}, &b.kaarel: {b.kestrel, "Ask both"}, &b.ingrid: {"CANARY"}} {
			text := b.said(id, *who)
			for _, w := range never {
				if strings.Contains(text, w) {
					t.Errorf("%s reads %q", b.names[who.Org], w)
				}
			}
		}
		// nor through the eyes of another
		for _, org := range []string{b.baltic, b.other} {
			_, err = b.svc.As(b.at(), b.maya, id, org)
			b.want(err, fault.NotFound, "")
		}
		theirs, err := b.svc.As(b.at(), b.maya, id, b.aurelia)
		b.must(err)
		if text := db.Text(theirs.Detail); strings.Contains(text, b.baltic) || strings.Contains(text, "Drawings") || strings.Contains(text, "Pakkumine") {
			t.Errorf("Kestrel sees Baltic through Aurelia: %s", text)
		}
		as, err := b.svc.As(b.at(), b.ingrid, id, b.kestrel)
		b.must(err)
		eq(t, "as Kestrel sees it", len(as.Detail.Seats), 2)
		for _, f := range []string{b.baltic, b.other} {
			page, err := b.svc.List(b.at(), b.maya, Filter{Partner: f})
			b.must(err)
			eq(t, "listed by a rival", len(page.Items), 0)
		}
		_, err = b.svc.Revisions(b.at(), b.maya, id, b.baltic, b.aurelia)
		b.want(err, fault.NotFound, "")
		_, err = b.svc.Revisions(b.at(), b.maya, id, b.baltic, b.kestrel)
		b.want(err, fault.NotFound, "")
		seat := b.detail(id, b.ingrid).Rooms[b.kestrel]
		b.must(b.svc.MaySee(b.at(), b.maya, seat))
		b.must(b.svc.MaySee(b.at(), b.ingrid, seat))
		b.want(b.svc.MaySee(b.at(), b.kaarel, seat), fault.NotFound, "")
		b.want(b.svc.MaySee(b.at(), b.maya, string(id)), fault.NotFound, "")
	})
}

// Three companies that are shown to each other: from the acceptance on, and no earlier.
func TestThreeShown(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		id := b.begun(true)
		b.invite(id, b.kestrel, "distributor")
		b.invite(id, b.baltic, "services")
		if text := b.said(id, b.maya); strings.Contains(text, b.baltic) || !strings.Contains(text, "Shown:true") {
			t.Fatal("the invitation names who else is invited, or does not say that companies are shown")
		}
		b.join(id, b.maya)
		if text := b.said(id, b.maya); strings.Contains(text, b.baltic) {
			t.Fatal("a company that has not agreed is named")
		}
		b.events.take(b)
		b.join(id, b.kaarel)
		eq(t, "told", b.events.take(b), "Accepted>"+b.order("aurelia", "kestrel")+"room")
		eq(t, "all three", len(b.detail(id, b.maya).Seats), 3)
		eq(t, "nothing of the letter to another", b.detail(id, b.maya).Seats[2].Message, "")
		b.must(b.svc.MaySee(b.at(), b.maya, string(id)))
		// a snapshot for one is not for the other
		s, err := b.svc.Section(b.at(), b.maya, id)
		b.must(err)
		s.Stage, s.Amount, s.Close, s.Notes = "qualified", money.Amount{Minor: 1_234_567, Currency: "GBP"}, "2027-03-31", "CANARY-NOTE"
		s, err = b.svc.SaveSection(b.at(), b.maya, id, s)
		b.must(err)
		cmd := PublishCmd{Fields: []string{"stage", "amount", "close"}, To: []string{b.baltic}}
		out, err := b.svc.Preview(b.at(), b.maya, id, cmd)
		b.must(err)
		cmd.Hash = out.Hash
		s.Amount.Minor++
		s, err = b.svc.SaveSection(b.at(), b.maya, id, s)
		b.must(err)
		_, err = b.svc.Publish(b.at(), b.maya, id, cmd)
		b.want(err, fault.Conflict, "engage.changed") // not what was previewed
		_, err = b.svc.SaveSection(b.at(), b.maya, id, Section{Version: 1})
		b.want(err, fault.Conflict, "engage.changed")
		publish := func() Outgoing {
			t.Helper()
			out, err := b.svc.Preview(b.at(), b.maya, id, cmd)
			b.must(err)
			cmd.Hash = out.Hash
			out, err = b.svc.Publish(b.at(), b.maya, id, cmd)
			b.must(err)
			return out
		}
		publish()
		eq(t, "told without a line for all", b.events.take(b), "Shared>baltic,")
		_, err = b.svc.Publish(b.at(), b.maya, id, cmd)
		b.want(err, fault.Conflict, "engage.nothing_new")
		cmd.To = []string{b.baltic, b.aurelia}
		s.Close, s.Stage = "2027-04-30", "committed"
		_, err = b.svc.SaveSection(b.at(), b.maya, id, s)
		b.must(err)
		out = publish()
		eq(t, "revisions run for each reader", fmt.Sprint(out.To[0].Rev+out.To[1].Rev), "3")
		eq(t, "and a line", b.events.take(b), "Shared>"+b.order("aurelia", "baltic")+"room")
		list, err := b.svc.Revisions(b.at(), b.kaarel, id, b.kestrel, b.baltic)
		b.must(err)
		eq(t, "kept", len(list), 2)
		var said []string
		for _, c := range list[0].Changes {
			said = append(said, c.Field+" "+c.Was.String()+">"+c.Now.String())
		}
		eq(t, "difference", strings.Join(said, "; "), "stage qualified>committed; close 2027-03-31>2027-04-30")
		eq(t, "exact", list[0].Values[1].String(), "12345.68 GBP")
		eq(t, "the first for Aurelia", b.detail(id, b.ingrid).Got[0].Rev, 1)
		for _, who := range []access.Actor{b.kaarel, b.ingrid} {
			if strings.Contains(b.said(id, who), "CANARY") {
				t.Fatalf("%s reads a note of Kestrel", b.names[who.Org])
			}
		}
		if err := d.InTx(context.Background(), func(ctx context.Context) error {
			return db.Tx(ctx).Exec("UPDATE engagement_snapshot SET body = '[]'").Error
		}); err == nil {
			t.Fatal("a snapshot was changed")
		}
		// the split: anyone proposes, all agree to the same text
		wrong := []Share{{b.aurelia, 5000}, {b.kestrel, 3000}, {b.baltic, 1999}}
		b.want(b.svc.Propose(b.at(), b.maya, id, ProposeCmd{Shares: wrong}), fault.Invalid, "engage.shares_sum")
		b.want(b.svc.Propose(b.at(), b.maya, id, ProposeCmd{Shares: wrong[:2]}), fault.Invalid, "engage.shares_wrong")
		wrong[2].Part++
		b.must(b.svc.Propose(b.at(), b.maya, id, ProposeCmd{Shares: wrong}))
		b.must(b.svc.Propose(b.at(), b.maya, id, ProposeCmd{Shares: wrong})) // again: the same
		eq(t, "one version", len(b.detail(id, b.kaarel).Splits), 1)
		text := b.detail(id, b.ingrid).Splits[0]
		eq(t, "all shares", len(text.Shares), 3)
		b.must(b.svc.AgreeSplit(b.at(), b.ingrid, id, text.Hash))
		b.must(b.svc.AgreeSplit(b.at(), b.ingrid, id, text.Hash))
		b.want(b.svc.AgreeSplit(b.at(), b.kaarel, id, text.Hash), fault.Conflict, "engage.changed") // of another's text
		b.must(b.svc.AgreeSplit(b.at(), b.kaarel, id, b.detail(id, b.kaarel).Splits[0].Hash))
		eq(t, "in force", b.detail(id, b.maya).Splits[0].State, SplitInForce)
		b.want(b.svc.Propose(b.at(), b.maya, id, ProposeCmd{Shares: wrong}), fault.Conflict, "engage.split_same")
		b.must(b.svc.Propose(b.at(), b.kaarel, id, ProposeCmd{Shares: []Share{{b.aurelia, 4000}, {b.kestrel, 3000}, {b.baltic, 3000}}}))
		b.must(b.svc.RefuseSplit(b.at(), b.maya, id, b.detail(id, b.maya).Splits[0].Hash, "no"))
		eq(t, "the old one holds", b.detail(id, b.ingrid).Splits[1].State, SplitInForce)
		b.want(b.svc.WithdrawSplit(b.at(), b.maya, id), fault.Conflict, "engage.changed")
		b.must(b.svc.WithdrawSplit(b.at(), b.kaarel, id))
		eq(t, "withdrawn", b.detail(id, b.ingrid).Splits[0].State, SplitWithdrawn)
		// tasks and hand-overs
		b.want(second(b.svc.AddTask(b.at(), b.maya, id, TaskCmd{Org: b.baltic, Person: b.maya.Person, Title: "x"})), fault.Invalid, "engage.person_unknown")
		task, err := b.svc.AddTask(b.at(), b.maya, id, TaskCmd{Org: b.baltic, Person: b.kaarel.Person, Title: "Measure the hall", Due: "2026-12-01"})
		b.must(err)
		b.want(b.svc.SetTask(b.at(), b.ingrid, id, task.ID, true), fault.Forbidden, "engage.task_others")
		b.must(b.svc.SetTask(b.at(), b.kaarel, id, task.ID, true))
		b.events.take(b)
		b.must(b.svc.SetTask(b.at(), b.kaarel, id, task.ID, true))
		eq(t, "done once", b.events.take(b), "")
		h, err := b.svc.HandOver(b.at(), b.maya, id, HandCmd{To: b.baltic, What: "Commissioning"})
		b.must(err)
		b.want(b.svc.AnswerHand(b.at(), b.ingrid, id, h.ID, HandTaken, ""), fault.Forbidden, "engage.hand_others")
		b.want(b.svc.AnswerHand(b.at(), b.kaarel, id, h.ID, HandRefused, ""), fault.Invalid, "form.missing")
		b.must(b.svc.AnswerHand(b.at(), b.kaarel, id, h.ID, HandTaken, ""))
		b.want(b.svc.AnswerHand(b.at(), b.maya, id, h.ID, HandWithdrawn, ""), fault.Conflict, "engage.hand_answered")
		// who left reads what it had, and learns nothing more
		b.must(b.svc.Leave(b.at(), b.kaarel, id, AnswerCmd{Reason: "done"}))
		b.want(b.svc.MaySee(b.at(), b.kaarel, string(id)), fault.NotFound, "")
		left := b.said(id, b.kaarel)
		_, err = b.svc.AddTask(b.at(), b.maya, id, TaskCmd{Org: b.aurelia, Title: "LATER"})
		b.must(err)
		b.must(b.svc.Propose(b.at(), b.maya, id, ProposeCmd{Shares: []Share{{b.aurelia, 5000}, {b.kestrel, 5000}}, Note: "LATER"}))
		b.must(b.svc.AgreeSplit(b.at(), b.ingrid, id, b.detail(id, b.ingrid).Splits[0].Hash))
		b.must(b.svc.Close(b.at(), b.ingrid, id, CloseCmd{Outcome: "won", Comment: "LATER"}))
		if got := b.said(id, b.kaarel); got != left {
			t.Fatalf("who left sees what came later:\n%s\n%s", left, got)
		}
		b.want(b.svc.Close(b.at(), b.ingrid, id, CloseCmd{Outcome: "lost"}), fault.Conflict, "engage.closed")
		b.must(b.svc.Close(b.at(), b.ingrid, id, CloseCmd{Outcome: "won"}))
		_, err = b.svc.SaveSection(b.at(), b.maya, id, Section{})
		b.want(err, fault.Conflict, "engage.closed")
		b.want(b.svc.Leave(b.at(), b.maya, id, AnswerCmd{Reason: "done"}), fault.Conflict, "engage.closed")
	})
}

// order joins names as ids sort.
func (b *bench) order(names ...string) string {
	var ids []string
	for id, n := range b.names {
		if slices.Contains(names, n) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	out := ""
	for _, id := range ids {
		out += b.names[id] + ","
	}
	return out
}

func second[T any](_ T, err error) error { return err }

// Of two at once one answers; the other is told, or finds it done.
func TestRace(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		id := b.begun(false)
		b.invite(id, b.kestrel, "distributor")
		b.events.take(b)
		seen, err := b.svc.Get(b.at(), b.maya, id)
		b.must(err)
		errs := make([]error, 4)
		ctx := b.at()
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() {
				if i%2 == 0 {
					errs[i] = b.svc.Decline(ctx, b.maya, id, AnswerCmd{Reason: "other"})
				} else {
					_, errs[i] = b.svc.Accept(ctx, b.maya, id, seen.Invitation.Hash)
				}
			})
		}
		all.Wait()
		ok := 0
		for _, err := range errs {
			if err == nil {
				ok++
			} else if fault.CodeOf(err) != fault.Conflict {
				t.Fatal(err)
			}
		}
		eq(t, "one answer, said twice", ok, 2)
		if got := b.events.take(b); got != "Accepted>aurelia,room" && got != "Declined>aurelia," {
			t.Fatal(got)
		}
	})
}

// Pages follow one another without a gap, in the company's own order.
func TestList(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		var made []ID
		for range 5 {
			id := b.begun(false)
			b.invite(id, b.kestrel, "distributor")
			made = append([]ID{id}, made...)
		}
		b.join(made[4], b.maya) // moves to the front
		made = append([]ID{made[4]}, made[:4]...)
		var got []ID
		f := Filter{Limit: 2}
		for {
			page, err := b.svc.List(b.at(), b.maya, f)
			b.must(err)
			for _, x := range page.Items {
				got = append(got, x.ID)
				eq(t, "waits", x.Waits, x.Seat == Invited)
			}
			if f.After = page.Next; f.After == "" {
				break
			}
		}
		eq(t, "all, in order", fmt.Sprint(got), fmt.Sprint(made))
		n, err := b.svc.Counts(b.at(), b.maya)
		b.must(err)
		eq(t, "counts", fmt.Sprint(n), "map[invited:4 open:1]")
		page, err := b.svc.List(b.at(), b.maya, Filter{View: ViewOpen, Query: "harrow fab"})
		b.must(err)
		eq(t, "found once it is read", len(page.Items), 1)
		eq(t, "by title", page.Items[0].Full.Title, "Harrow line 4")
		needs, err := b.svc.Waiting(b.at(), b.maya, 10)
		b.must(err)
		eq(t, "waiting", len(needs), 4)
		_, err = b.svc.List(b.at(), b.maya, Filter{After: "x"})
		b.want(err, fault.Invalid, "form.cursor")
		_, err = b.svc.List(b.at(), b.dan, Filter{})
		b.want(err, fault.Forbidden, "")
		own, err := b.svc.SaveTemplate(b.at(), b.maya, Template{Name: "Ours", Fields: []string{"close", "stage"}})
		b.must(err)
		_, err = b.svc.SaveTemplate(b.at(), b.maya, Template{Name: "Ours", Fields: []string{"notes"}})
		b.want(err, fault.Invalid, "engage.fields_none")
		all, err := b.svc.Templates(b.at(), b.maya)
		b.must(err)
		eq(t, "own", all[len(all)-1].Name+strings.Join(own.Fields, ","), "Oursstage,close")
		out, err := b.svc.Preview(b.at(), b.maya, made[0], PublishCmd{Template: own.ID, To: []string{b.aurelia}})
		b.must(err)
		eq(t, "what says something", len(out.Values), 1)
		theirs, err := b.svc.Templates(b.at(), b.ingrid)
		b.must(err)
		eq(t, "not theirs", len(theirs), len(BuiltIn))
	})
}

// Every method answers a stranger, and who only declined, as if nothing were there.
func TestWall(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	id := b.three(true)
	task, err := b.svc.AddTask(b.at(), b.maya, id, TaskCmd{Org: b.baltic, Title: "x"})
	b.must(err)
	hand, err := b.svc.HandOver(b.at(), b.maya, id, HandCmd{To: b.baltic, What: "x"})
	b.must(err)
	s, ctx := b.svc, b.at()
	calls := map[string]func(a access.Actor) error{
		"Get":       func(a access.Actor) error { return second(s.Get(ctx, a, id)) },
		"As":        func(a access.Actor) error { return second(s.As(ctx, a, id, b.kestrel)) },
		"Edit":      func(a access.Actor) error { return second(s.Edit(ctx, a, id, terms(true))) },
		"Source":    func(a access.Actor) error { return second(s.Source(ctx, a, FromLead, string(id))) },
		"Label":     func(a access.Actor) error { _, _, err := s.Label(ctx, a, id); return err },
		"MaySee":    func(a access.Actor) error { return s.MaySee(ctx, a, string(id)) },
		"OfSubject": func(a access.Actor) error { return second(s.OfSubject(ctx, a, string(id))) },
		"Invite": func(a access.Actor) error {
			return second(s.Invite(ctx, a, id, InviteCmd{Org: b.other, Role: "other"}))
		},
		"Accept":        func(a access.Actor) error { return second(s.Accept(ctx, a, id, "")) },
		"Decline":       func(a access.Actor) error { return s.Decline(ctx, a, id, AnswerCmd{Reason: "other"}) },
		"Leave":         func(a access.Actor) error { return s.Leave(ctx, a, id, AnswerCmd{Reason: "other"}) },
		"Withdraw":      func(a access.Actor) error { return s.Withdraw(ctx, a, id, b.kestrel) },
		"Remove":        func(a access.Actor) error { return s.Remove(ctx, a, id, b.kestrel, AnswerCmd{Reason: "other"}) },
		"Close":         func(a access.Actor) error { return s.Close(ctx, a, id, CloseCmd{Outcome: "won"}) },
		"Section":       func(a access.Actor) error { return second(s.Section(ctx, a, id)) },
		"SaveSection":   func(a access.Actor) error { return second(s.SaveSection(ctx, a, id, Section{})) },
		"Preview":       func(a access.Actor) error { return second(s.Preview(ctx, a, id, PublishCmd{})) },
		"Publish":       func(a access.Actor) error { return second(s.Publish(ctx, a, id, PublishCmd{})) },
		"Revisions":     func(a access.Actor) error { return second(s.Revisions(ctx, a, id, b.kestrel, b.baltic)) },
		"Propose":       func(a access.Actor) error { return s.Propose(ctx, a, id, ProposeCmd{}) },
		"AgreeSplit":    func(a access.Actor) error { return s.AgreeSplit(ctx, a, id, "x") },
		"RefuseSplit":   func(a access.Actor) error { return s.RefuseSplit(ctx, a, id, "x", "") },
		"WithdrawSplit": func(a access.Actor) error { return s.WithdrawSplit(ctx, a, id) },
		"AddTask":       func(a access.Actor) error { return second(s.AddTask(ctx, a, id, TaskCmd{Org: a.Org, Title: "x"})) },
		"SetTask":       func(a access.Actor) error { return s.SetTask(ctx, a, id, task.ID, true) },
		"HandOver":      func(a access.Actor) error { return second(s.HandOver(ctx, a, id, HandCmd{To: b.kestrel, What: "x"})) },
		"AnswerHand":    func(a access.Actor) error { return s.AnswerHand(ctx, a, id, hand.ID, HandTaken, "") },
		"PartnersEnded": func(a access.Actor) error { return s.PartnersEnded(ctx, a, b.aurelia, b.kestrel) },
	}
	empty := map[string]func(a access.Actor) (int, error){
		"List":    func(a access.Actor) (int, error) { p, err := s.List(ctx, a, Filter{}); return len(p.Items), err },
		"Counts":  func(a access.Actor) (int, error) { c, err := s.Counts(ctx, a); return len(c), err },
		"Waiting": func(a access.Actor) (int, error) { w, err := s.Waiting(ctx, a, 50); return len(w), err },
		"Visible": func(a access.Actor) (int, error) {
			m, err := s.Visible(ctx, a, []string{string(id)}, true)
			return len(m), err
		},
		"Templates": func(a access.Actor) (int, error) { l, err := s.Templates(ctx, a); return len(l) - len(BuiltIn), err },
	}
	own := []string{"Begin", "SaveTemplate", "Tick"} // make something of the caller's own, or are the clock
	for m := range reflect.TypeFor[*Service]().Methods() {
		if calls[m.Name] == nil && empty[m.Name] == nil && !slices.Contains(own, m.Name) {
			t.Errorf("method %s is not called by a stranger", m.Name)
		}
	}
	for _, a := range []access.Actor{b.nobody, access.System("x", b.other), {Person: db.NewID(), Org: db.NewID(), Roles: []access.Role{access.Admin}}} {
		for name, call := range calls {
			if err := call(a); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
		for name, call := range empty {
			if n, err := call(a); err != nil || n != 0 {
				t.Errorf("%s: %d, %v", name, n, err)
			}
		}
	}
	for name, call := range calls {
		if err := call(access.Actor{}); fault.CodeOf(err) != fault.Unauthenticated && name != "PartnersEnded" {
			t.Errorf("%s without a person: %v", name, err)
		}
		if err := call(b.dan); fault.CodeOf(err) != fault.NotFound { // his roles do not read engagements
			t.Errorf("%s by a buyer: %v", name, err)
		}
	}
	_, err = s.Begin(ctx, access.Actor{}, BeginCmd{})
	_, err2 := s.SaveTemplate(ctx, access.Actor{}, Template{})
	if err := errors.Join(err, err2); fault.CodeOf(err) != fault.Unauthenticated {
		t.Error(err)
	}
}

// Shares stand if and only if they name exactly those who take part, once each, and sum to
// the whole.
func TestShares(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		active := []string{"a", "b", "c"}[:rapid.IntRange(1, 3).Draw(t, "companies")]
		var in []Share
		sum := 0
		for range rapid.IntRange(0, 4).Draw(t, "shares") {
			x := Share{rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "org"), rapid.SampledFrom([]int{-1, 0, 1, 3333, 3334, 5000, 6667, 9999, Whole, Whole + 1}).Draw(t, "part")}
			in, sum = append(in, x), sum+x.Part
		}
		out, err := sharesOf(in, active)
		right := len(in) == len(active) && sum == Whole
		for _, org := range active {
			n := 0
			for _, x := range in {
				if x.Org == org && x.Part >= 0 && x.Part <= Whole {
					n++
				}
			}
			right = right && n == 1
		}
		if right != (err == nil) || err == nil && len(out) != len(active) {
			t.Fatalf("%v of %v: %v", in, active, err)
		}
	})
}

// An invitation ends by itself, once, and the owner is told; who declined or did not answer goes
// on reading what it was invited on, in the list, on the page and by search, whatever the owner
// writes afterwards.
func TestAnswerBy(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		e, err := b.svc.Begin(b.at(), b.ingrid, BeginCmd{Terms: Terms{Title: "Line 4", Customer: "Harrow", Teaser: "A first teaser"}, Role: "manufacturer"})
		b.must(err)
		invite := func(org string, days int) {
			t.Helper()
			_, err := b.svc.Invite(b.at(), b.ingrid, e.ID, InviteCmd{Org: org, Role: "distributor", Days: days})
			b.must(err)
		}
		_, err = b.svc.Invite(b.at(), b.ingrid, e.ID, InviteCmd{Org: b.kestrel, Role: "distributor", Days: MostDays + 1})
		b.want(err, fault.Invalid, "engage.days")
		invite(b.kestrel, 0)
		invite(b.baltic, 3)
		b.must(b.svc.Decline(b.at(), b.kaarel, e.ID, AnswerCmd{Reason: "other"}))
		seen, err := b.svc.Get(b.at(), b.maya, e.ID)
		b.must(err)
		eq(t, "two weeks", seen.Invitation.Seat.Due.Sub(seen.Invitation.Seat.Invited), AnswerDays*24*time.Hour)
		b.events.take(b)
		b.now = b.now.Add(AnswerDays * 24 * time.Hour)
		_, err = b.svc.Accept(b.at(), b.maya, e.ID, seen.Invitation.Hash)
		b.want(err, fault.Conflict, "engage.over")
		for range 2 {
			_, err = b.svc.Tick(b.at())
			b.must(err)
		}
		eq(t, "the owner is told once", b.events.take(b), "Expired>aurelia,")
		_, err = b.svc.Edit(b.at(), b.ingrid, e.ID, Terms{Title: "Line 4", Customer: "Harrow", Teaser: "A canary teaser", Country: "SE", Band: "large", Shown: true})
		b.must(err)
		for who, a := range map[string]access.Actor{"declined": b.kaarel, "expired": b.maya} {
			seen, err := b.svc.Get(b.at(), a, e.ID)
			b.must(err)
			if x := seen.Invitation; x == nil || x.Teaser != "A first teaser" || x.Country != "" || x.Band != "" || x.Shown {
				t.Errorf("%s reads %+v", who, x)
			}
			page, err := b.svc.List(b.at(), a, Filter{})
			b.must(err)
			if len(page.Items) != 1 || page.Items[0].Teaser != "A first teaser" {
				t.Errorf("%s lists %+v", who, page.Items)
			}
			if page, err = b.svc.List(b.at(), a, Filter{Query: "canary"}); err != nil || len(page.Items) > 0 {
				t.Errorf("%s finds it by what was written later (%v)", who, err)
			}
		}
		invite(b.kestrel, 0)
		seen, err = b.svc.Get(b.at(), b.maya, e.ID)
		b.must(err)
		eq(t, "asked again on what stands now", seen.Invitation.Teaser, "A canary teaser")
		_, err = b.svc.Accept(b.at(), b.maya, e.ID, seen.Invitation.Hash)
		b.must(err)
		b.now = b.now.Add(100 * 24 * time.Hour)
		_, err = b.svc.Tick(b.at())
		b.must(err)
		eq(t, "who takes part stays", strings.Contains(b.events.take(b), "Expired"), false)
	})
}

// What a company began from a deal is listed beside it, for the owner alone.
func TestListAbout(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	ref := "deal of " + b.kestrel
	e, err := b.svc.Begin(b.at(), b.ingrid, BeginCmd{Terms: Terms{Customer: "Harrow", Teaser: "A metal works"}, Role: "manufacturer", Kind: FromDeal, Ref: ref})
	b.must(err)
	_, err = b.svc.Invite(b.at(), b.ingrid, e.ID, InviteCmd{Org: b.kestrel, Role: "distributor"})
	b.must(err)
	for _, x := range []struct {
		a    access.Actor
		ref  string
		want int
	}{{b.ingrid, ref, 1}, {b.ingrid, "deal of " + b.baltic, 0}, {b.maya, ref, 0}, {b.kaarel, ref, 0}} {
		page, err := b.svc.List(b.at(), x.a, Filter{Kind: FromDeal, Ref: x.ref})
		b.must(err)
		eq(t, "began from it", len(page.Items), x.want)
	}
}
