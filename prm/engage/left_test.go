package engage

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
)

// Of a company that left, the others that are shown to each other read that it did, and
// nothing of what passes between it and the owner: why it left, what it is written, whether it
// is asked again. Through the eyes of another nobody reads more than on the own page.
func TestEyes(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	id := b.three(true)
	stands := func(want SeatState) {
		t.Helper()
		for _, x := range b.detail(id, b.maya).Seats {
			if x.Org == b.baltic {
				eq(t, "Baltic on Kestrel's page", x.State, want)
			}
		}
		for _, org := range []string{b.baltic, b.aurelia} {
			seen, err := b.svc.As(b.at(), b.maya, id, org)
			b.must(err)
			if seen.Detail == nil {
				t.Fatalf("Kestrel reads the invitation of %s: %+v", b.names[org], seen.Invitation)
			}
			for _, x := range append(seen.Detail.Seats, seen.Detail.Mine) {
				if x.Org == b.baltic && (x.State != want || x.Reason+x.Comment+x.Message+x.AnsweredBy != "") {
					t.Fatalf("as %s sees it: %+v", b.names[org], x)
				}
			}
		}
	}
	stands(Active)
	b.must(b.svc.Leave(b.at(), b.kaarel, id, AnswerCmd{Reason: "conflict", Comment: "CANARY-WHY"}))
	stands(Left)
	_, err := b.svc.Invite(b.at(), b.ingrid, id, InviteCmd{Org: b.baltic, Role: "services", Message: "CANARY-AGAIN"})
	b.must(err)
	stands(Left)
	b.want(second(b.svc.As(b.at(), b.kaarel, id, b.aurelia)), fault.NotFound, "") // it is asked, and reads the invitation alone
	b.must(b.svc.Decline(b.at(), b.kaarel, id, AnswerCmd{Reason: "terms"}))
	stands(Left)
	b.invite(id, b.baltic, "services")
	b.must(b.svc.Withdraw(b.at(), b.ingrid, id, b.baltic))
	stands(Left)
	b.invite(id, b.baltic, "services")
	b.join(id, b.kaarel)
	stands(Active)
	seen, err := b.svc.As(b.at(), b.ingrid, id, b.baltic) // the owner knows its own letter
	b.must(err)
	eq(t, "the owner's letter", seen.Detail.Mine.Message, "Will you take part?")
}

// Who left learns nothing of what came later: not through the eyes of the owner, and not by
// how it is refused.
func TestLeftLearnsNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	id := b.three(true)
	task, err := b.svc.AddTask(b.at(), b.ingrid, id, TaskCmd{Org: b.baltic, Title: "Site visit"})
	b.must(err)
	_, err = b.svc.AddTask(b.at(), b.ingrid, id, TaskCmd{Org: b.baltic, Title: "Report"})
	b.must(err)
	hand, err := b.svc.HandOver(b.at(), b.ingrid, id, HandCmd{To: b.kestrel, What: "Drawings"})
	b.must(err)
	b.must(b.svc.Propose(b.at(), b.maya, id, ProposeCmd{Shares: []Share{{b.aurelia, 4000}, {b.kestrel, 3000}, {b.baltic, 3000}}}))
	b.must(b.svc.Leave(b.at(), b.kaarel, id, AnswerCmd{Reason: "done"}))
	eyes := func() (out string) {
		for _, org := range []string{b.aurelia, b.kestrel} {
			seen, err := b.svc.As(b.at(), b.kaarel, id, org)
			b.must(err)
			out += db.Text(seen.Detail)
		}
		return out
	}
	refused := func() string {
		_, err := b.svc.SaveSection(b.at(), b.kaarel, id, Section{Version: 1})
		return err.Error() + b.svc.AgreeSplit(b.at(), b.kaarel, id, "x").Error()
	}
	page, as, no := b.said(id, b.kaarel), eyes(), refused()
	b.must(b.svc.SetTask(b.at(), b.ingrid, id, task.ID, true))
	b.must(b.svc.AnswerHand(b.at(), b.maya, id, hand.ID, HandTaken, "CANARY"))
	b.must(b.svc.AgreeSplit(b.at(), b.ingrid, id, b.detail(id, b.ingrid).Splits[0].Hash))
	b.must(b.svc.WithdrawSplit(b.at(), b.maya, id))
	b.must(b.svc.Close(b.at(), b.ingrid, id, CloseCmd{Outcome: "won", Comment: "CANARY"}))
	if got := eyes(); got != as || strings.Contains(got, "CANARY") {
		t.Errorf("through the eyes of others:\n%s\n%s", as, got)
	}
	if got := b.said(id, b.kaarel); got != page {
		t.Errorf("on its page:\n%s\n%s", page, got)
	}
	eq(t, "how it is refused", refused(), no)
}

// Where companies are not shown to each other, one that fills what there is room for takes
// nothing from another, and nobody learns by a bound that others are there.
func TestBounds(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	id := b.three(false)
	now := db.Micros(b.now)
	var tasks []taskRow
	for range MaxTasks {
		tasks = append(tasks, taskRow{ID: db.NewID(), EngagementID: string(id), OrgID: b.aurelia, Title: "CANARY", DueOn: "2026-01-01", MadeOrg: b.baltic, MadeBy: b.kaarel.Person, Made: now})
	}
	var hands []handRow
	for range MaxHands {
		hands = append(hands, handRow{ID: db.NewID(), EngagementID: string(id), FromID: b.baltic, ToID: b.aurelia, What: "CANARY", State: HandOffered, Made: now, MadeBy: b.kaarel.Person})
	}
	b.must(b.db.InTx(b.at(), func(ctx context.Context) error {
		return errors.Join(db.Tx(ctx).Create(&tasks).Error, db.Tx(ctx).Create(&hands).Error)
	}))
	b.want(second(b.svc.AddTask(b.at(), b.kaarel, id, TaskCmd{Org: b.aurelia, Title: "x"})), fault.Conflict, "engage.too_many")
	b.want(second(b.svc.AddTask(b.at(), b.ingrid, id, TaskCmd{Org: b.baltic, Title: "x"})), fault.Conflict, "engage.too_many")
	b.want(second(b.svc.HandOver(b.at(), b.ingrid, id, HandCmd{To: b.baltic, What: "x"})), fault.Conflict, "engage.too_many")
	b.must(second(b.svc.AddTask(b.at(), b.maya, id, TaskCmd{Org: b.aurelia, Title: "Kestrel asks"})))
	b.must(second(b.svc.AddTask(b.at(), b.ingrid, id, TaskCmd{Org: b.kestrel, Title: "Aurelia asks"})))
	b.must(second(b.svc.AddTask(b.at(), b.ingrid, id, TaskCmd{Org: b.aurelia, Title: "for itself"})))
	b.must(second(b.svc.HandOver(b.at(), b.maya, id, HandCmd{To: b.aurelia, What: "Drawings"})))
	mine := b.detail(id, b.maya)
	eq(t, "Kestrel's tasks", len(mine.Tasks), 2)
	eq(t, "Kestrel's hand-overs", len(mine.Hands), 1)
	own := b.detail(id, b.ingrid)
	eq(t, "the owner's tasks", len(own.Tasks), MaxTasks+3)
	eq(t, "the owner's hand-overs", len(own.Hands), MaxHands+1)
}

// What is in force for a company cannot be refused, whether or not another text is open with
// others: where it is not shown to them, it would learn so that they are asked.
func TestRefuseInForce(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	id := b.three(false)
	propose := func(own, rival int) {
		t.Helper()
		b.must(b.svc.Propose(b.at(), b.ingrid, id, ProposeCmd{Shares: []Share{{b.aurelia, own}, {b.kestrel, 3000}, {b.baltic, rival}}}))
		b.must(b.svc.AgreeSplit(b.at(), b.kaarel, id, b.detail(id, b.kaarel).Splits[0].Hash))
	}
	propose(5000, 2000)
	hash := b.detail(id, b.maya).Splits[0].Hash
	b.must(b.svc.AgreeSplit(b.at(), b.maya, id, hash))
	b.must(b.svc.AgreeSplit(b.at(), b.ingrid, id, b.detail(id, b.ingrid).Splits[0].Hash))
	b.want(b.svc.RefuseSplit(b.at(), b.maya, id, hash, "x"), fault.Conflict, "engage.changed")
	propose(4000, 3000)
	b.want(b.svc.RefuseSplit(b.at(), b.maya, id, hash, "x"), fault.Conflict, "engage.changed")
	b.must(b.svc.AgreeSplit(b.at(), b.maya, id, hash))
	eq(t, "the owner may put it in force", b.detail(id, b.ingrid).Splits[0].Ready, true)
}

// A company that declined, or let its invitation lapse, knows the engagement by the teaser it
// was invited on, whatever the owner writes for those who are asked after it.
func TestTeaserOfThen(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	id := b.begun(false)
	b.invite(id, b.kestrel, "distributor")
	b.must(b.svc.Decline(b.at(), b.maya, id, AnswerCmd{Reason: "no_capacity"}))
	b.invite(id, b.baltic, "distributor")
	b.now = b.now.AddDate(0, 0, AnswerDays+1)
	b.must(second(b.svc.Tick(b.at())))
	later := terms(false)
	later.Teaser, later.Band, later.Country = "CANARY of the next one", "small", "SE"
	_, err := b.svc.Edit(b.at(), b.ingrid, id, later)
	b.must(err)
	for _, who := range []access.Actor{b.maya, b.kaarel} {
		_, title, err := b.svc.Label(b.at(), who, id)
		b.must(err)
		eq(t, "its label", title, terms(false).Teaser)
		if got := b.said(id, who); strings.Contains(got, "CANARY") {
			t.Errorf("it reads %s", got)
		}
		hits, err := b.svc.List(b.at(), who, Filter{Query: "canary"})
		b.must(err)
		eq(t, "found by it", len(hits.Items), 0)
	}
}

// deaf takes no event about one engagement.
type deaf struct {
	Publisher
	id ID
}

func (d deaf) Publish(ctx context.Context, e job.Event) error {
	if e.Object == string(d.id) {
		return errors.New("no")
	}
	return d.Publisher.Publish(ctx, e)
}

// An invitation that cannot be ended keeps no other one from lapsing.
func TestTickGoesOn(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	stuck, other := b.begun(false), b.begun(false)
	b.invite(stuck, b.kestrel, "distributor")
	b.invite(other, b.kestrel, "distributor")
	b.now = b.now.AddDate(0, 0, AnswerDays+1)
	svc := New(b.db, b.circle, b.circle, deaf{b.events, stuck})
	if _, err := svc.Tick(b.at()); err == nil {
		t.Error("nothing is said of it")
	}
	seen, err := b.svc.Get(b.at(), b.maya, other)
	b.must(err)
	eq(t, "the other one", seen.Invitation.Seat.State, Expired)
}

// An invited company is told once that its time to answer ends: with three days left, or a third
// of a shorter time; asked again, it is told again.
func TestAnswerSoon(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		id := b.begun(false)
		invite := func(org string, days int) {
			t.Helper()
			_, err := b.svc.Invite(b.at(), b.ingrid, id, InviteCmd{Org: org, Role: "distributor", Days: days})
			b.must(err)
			b.events.take(b)
		}
		pass := func(h int, want string) {
			t.Helper()
			b.now = b.now.Add(time.Duration(h) * time.Hour)
			for range 2 {
				_, err := b.svc.Tick(b.at())
				b.must(err)
			}
			eq(t, "told", b.events.take(b), want)
		}
		invite(b.kestrel, 14)
		invite(b.baltic, 3)
		pass(24, "")
		pass(25, "Expiring>baltic,")
		pass(24, "Expired>aurelia,")
		invite(b.baltic, 1)
		pass(1, "")
		pass(16, "Expiring>baltic,")
		b.must(b.svc.Decline(b.at(), b.kaarel, id, AnswerCmd{Reason: "other"}))
		b.events.take(b)
		pass(7*24, "")
		pass(26, "Expiring>kestrel,")
		b.join(id, b.maya)
		b.events.take(b)
		pass(100, "")
	})
}
