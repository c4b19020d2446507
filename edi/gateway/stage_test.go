package gateway

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// fetchAll takes everything out of an outbox, as a partner's program does.
func (b *bench) fetchAll(who access.Actor) (types []string) {
	b.Helper()
	o, err := b.s.Outbox(b.Context(), who, "", 200)
	if err != nil {
		b.Fatal(err)
	}
	for _, i := range o.Items {
		if err := b.s.Fetched(b.Context(), who, i.ID); err != nil {
			b.Fatal(err)
		}
		types = append(types, i.Type)
	}
	return types
}

func test(control int, sets ...[]string) message {
	m := fromKestrel(control, sets...)
	m.usage = "T"
	return m
}

// acknowledge sends Kestrel's 997 on what stands in an interchange of Aurelia's.
func (b *bench) acknowledge(control int, id, verdict string) {
	b.Helper()
	m := b.get(maya, id)
	kind := map[string]string{"855": "PR", "856": "SH", "810": "IN"}[m.Types[0]]
	n := "1"
	if verdict == "R" {
		n = "0"
	}
	answer := message{from: idKestrel, to: idAurelia, control: control, usage: "T", groups: []group{{kind: "FA", sets: [][]string{{
		"997", "AK1*" + kind + "*" + m.Sets[0].GroupControl, "AK2*" + m.Types[0] + "*0001", "AK5*" + verdict, "AK9*" + verdict + "*1*1*" + n,
	}}}}}
	b.post(maya, answer.String())
	b.work()
}

// goOn does what the subscriber of events does.
func (b *bench) goOn(order string) {
	b.Helper()
	if err := b.d.InTx(db.WithOrgs(b.Context(), aurelia), func(ctx context.Context) error { return b.s.Continue(ctx, order) }); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) rehearsed(who access.Actor) string {
	b.Helper()
	r, err := b.s.Rehearsal(b.Context(), who, withKestrel.ID)
	if err != nil {
		b.Fatal(err)
	}
	var out []string
	for _, t := range r.Ticks {
		w := t.Step
		switch {
		case t.Failed:
			w += "!"
		case t.Done:
			w += "+"
		}
		if t.Waits != "" {
			w += "?" + t.Waits
		}
		out = append(out, w)
	}
	return strings.Join(out, " ")
}

func TestALinkedRehearsal(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.want("nothing yet", b.rehearsed(maya), "order answered response shipped invoiced acknowledged refused")
		b.fault("nothing to answer", b.s.Rehearse(ctx, ingrid, withKestrel.ID), fault.Conflict, "edi.no_test_order")
		if err := b.s.StartTest(ctx, maya, withKestrel.ID); err != nil {
			t.Fatal(err)
		}
		b.fault("not ready", b.s.SayLive(ctx, maya, withKestrel.ID, kestrel, true), fault.Conflict, "edi.stage_not_ready")

		bad := order("TEST-0")
		bad[2] = "DTM*002*20261131"
		b.post(maya, test(1, bad).String())
		b.work()
		b.want("a refused one", b.rehearsed(ingrid), "order answered response shipped invoiced acknowledged refused+")

		id := b.post(maya, test(2, order("TEST-1")).String()).ID
		b.work()
		b.goOn(id)
		b.goOn(id) // twice is once
		b.want("answered", b.rehearsed(maya), "order+ answered?fetch response?fetch shipped invoiced acknowledged refused+")
		b.want("fetched", b.fetchAll(maya), "[997 997 855]")
		b.want("waits for their 997", b.rehearsed(maya), "order+ answered+ response+?ack shipped invoiced acknowledged refused+")
		if err := b.s.SayLive(ctx, maya, withKestrel.ID, kestrel, true); err != nil {
			t.Errorf("orders are ready: %v", err)
		}
		b.fault("answers are not", b.s.SayLive(ctx, maya, withKestrel.ID, aurelia, true), fault.Conflict, "edi.stage_not_ready")

		next := func(i int) Tick {
			r, err := b.s.Rehearsal(ctx, ingrid, withKestrel.ID)
			if err != nil {
				t.Fatal(err)
			}
			return r.Ticks[i]
		}
		for i, control := range []int{10, 11, 12} {
			b.acknowledge(control, next(2+i).Interchange, "A")
			b.goOn(id)
			text := ""
			if i < 2 {
				text = b.raw(maya, next(3+i).Interchange)
				holds(t, text, "*T*>", "TEST-1")
				b.accepted(text)
			}
			b.fetchAll(maya)
		}
		b.want("complete", b.rehearsed(maya), "order+ answered+ response+ shipped+ invoiced+ acknowledged+ refused+")
		b.want("nothing was booked", b.count("SELECT count(*) FROM test_order"), 0)
		b.want("a stranger", fmt.Sprint(b.rehearsalFault(kaarel)), "not_found")

		// A later order that came less far does not take the ticks away.
		b.post(maya, test(3, order("TEST-2")).String())
		b.work()
		b.want("the best chain counts", b.rehearsed(maya), "order+ answered+ response+ shipped+ invoiced+ acknowledged+ refused+")
	})
}

func (b *bench) rehearsalFault(who access.Actor) fault.Code {
	_, err := b.s.Rehearsal(b.Context(), who, withKestrel.ID)
	return fault.CodeOf(err)
}

// TestRehearsedByHand: without a gate nothing is made by itself, and a person of the
// supplier sends one document after the other; a refusal shows.
func TestRehearsedByHand(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		id := b.post(maya, test(1, order("TEST-1")).String()).ID
		b.work()
		b.goOn(id)
		b.want("only the 997", b.fetchAll(maya), "[997]")
		b.fault("the reseller", b.s.Rehearse(ctx, maya, withKestrel.ID), fault.Forbidden, "edi.supplier_only")
		b.fault("a stranger", b.s.Rehearse(ctx, kaarel, withKestrel.ID), fault.NotFound, "")
		b.fault("a viewer", b.s.Rehearse(ctx, person(aurelia, access.Finance), withKestrel.ID), fault.Forbidden, "")
		for range 3 {
			if err := b.s.Rehearse(ctx, ingrid, withKestrel.ID); err != nil {
				t.Fatal(err)
			}
		}
		b.fault("all sent", b.s.Rehearse(ctx, ingrid, withKestrel.ID), fault.Conflict, "edi.tests_sent")
		b.want("all three", b.fetchAll(maya), "[855 856 810]")
		r, _ := b.s.Rehearsal(ctx, maya, withKestrel.ID)
		b.acknowledge(9, r.Ticks[4].Interchange, "R")
		b.want("the invoice was refused", b.rehearsed(maya), "order+ answered+ response+?ack shipped+?ack invoiced! acknowledged refused")
	})
}

// TestTestedFirst: production is held in both directions until both companies said yes,
// and nobody gets past the gate by hand; partnerships without one know nothing of it.
func TestTestedFirst(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.fault("a stranger", b.s.StartTest(ctx, kaarel, withKestrel.ID), fault.NotFound, "")
		b.fault("finance", b.s.StartTest(ctx, person(kestrel, access.Finance), withKestrel.ID), fault.Forbidden, "")
		b.post(kaarel, message{from: idBaltic, to: idAurelia, control: 1, groups: []group{{kind: "PO", sets: [][]string{order("B-1")}}}}.String())
		b.work()
		b.fault("production went already", b.s.StartTest(ctx, kaarel, withBaltic.ID), fault.Conflict, "edi.stage_traffic")
		for range 2 {
			if err := b.s.StartTest(ctx, ingrid, withKestrel.ID); err != nil {
				t.Fatal(err)
			}
		}
		held := b.post(maya, fromKestrel(1, order("PO-1")).String()).ID
		b.work()
		m := b.get(maya, held)
		b.want("held", fmt.Sprint(m.State, m.HeldFor, b.count("SELECT count(*) FROM test_order WHERE number = 'PO-1'"), b.events(EventHeld)), "heldnot_live0 1")
		b.fault("released", b.s.Release(ctx, ingrid, held), fault.Conflict, "edi.not_live")
		b.fault("processed", b.s.Resolve(ctx, maya, held, AnswerProcess), fault.Conflict, "edi.not_live")
		b.fault("judged again", b.s.Reprocess(ctx, ingrid, held), fault.Conflict, "edi.not_live")
		again := fromKestrel(1, order("PO-1B"))
		reused := b.post(maya, again.String()).ID
		b.want("held for its number", b.get(maya, reused).HeldFor, HeldControlReused)
		b.fault("its number is no way around", b.s.Resolve(ctx, maya, reused, AnswerProcess), fault.Conflict, "edi.not_live")
		if err := b.s.Resolve(ctx, maya, reused, AnswerDiscard); err != nil {
			t.Fatal(err)
		}

		out, err := b.emit(Outgoing{
			Supplier: aurelia, Reseller: kestrel, Partnership: withKestrel.ID, From: aurelia, Sender: idAurelia, Receiver: idKestrel,
			Kind: "855", Doc: ackOf("PO-0"), DocumentKind: "order_response", DocumentID: db.NewID(), Number: "PO-0",
		})
		if err != nil {
			t.Fatal(err)
		}
		b.want("what we made", fmt.Sprint(b.get(ingrid, out.ID).Delivery, len(b.waiting(maya))), "held0")
		b.fault("sent all the same", b.s.Release(ctx, ingrid, out.ID), fault.Conflict, "edi.not_live")

		// A chain of tests opens the gate of orders first.
		id := b.post(maya, test(2, order("TEST-1")).String()).ID
		b.work()
		b.goOn(id)
		b.fetchAll(maya)
		say := func(who access.Actor, sender string, yes bool) {
			t.Helper()
			if err := b.s.SayLive(ctx, who, withKestrel.ID, sender, yes); err != nil {
				t.Fatal(err)
			}
		}
		b.fault("a stranger says yes", b.s.SayLive(ctx, kaarel, withKestrel.ID, kestrel, true), fault.NotFound, "")
		b.fault("for a third", b.s.SayLive(ctx, maya, withKestrel.ID, baltic, true), fault.NotFound, "")
		say(maya, kestrel, true)
		say(maya, kestrel, false)
		say(ingrid, kestrel, true)
		b.fault("one yes is none", b.s.Release(ctx, ingrid, held), fault.Conflict, "edi.not_live")
		say(maya, kestrel, true)
		say(maya, kestrel, true)
		b.fault("live stays live", b.s.SayLive(ctx, maya, withKestrel.ID, kestrel, false), fault.Conflict, "edi.stage_live")
		b.want("told", fmt.Sprint(b.events(EventLiveAsked), b.events(EventLive)), "2 1")
		g, err := b.s.Gate(ctx, maya, withKestrel.ID)
		b.want("held", fmt.Sprint(len(g.Stages), g.Held, err), "2 2 <nil>")
		n, err := b.s.ReleaseNotLive(ctx, maya, withKestrel.ID)
		b.want("one click", fmt.Sprint(n, err), "1 <nil>")
		b.work()
		b.want("booked now", b.count("SELECT count(*) FROM test_order WHERE number = 'PO-1'"), 1)
		b.post(maya, fromKestrel(3, order("PO-2")).String())
		b.work()
		b.want("production flows", b.count("SELECT count(*) FROM test_order WHERE number = 'PO-2'"), 1)
		b.want("its 997 too", len(b.fetchAll(maya)), 2)
		b.want("answers still wait", fmt.Sprint(b.get(ingrid, out.ID).Delivery), "held")

		for i, control := range []int{10, 11, 12} {
			r, _ := b.s.Rehearsal(ctx, ingrid, withKestrel.ID)
			b.acknowledge(control, r.Ticks[2+i].Interchange, "A")
			b.goOn(id)
			b.fetchAll(maya)
		}
		say(maya, aurelia, true)
		say(ingrid, aurelia, true)
		n, err = b.s.ReleaseNotLive(ctx, maya, withKestrel.ID)
		b.want("the sender sends", fmt.Sprint(n, err), "0 <nil>")
		n, err = b.s.ReleaseNotLive(ctx, ingrid, withKestrel.ID)
		b.want("released", fmt.Sprint(n, err), "1 <nil>")
		b.want("in the outbox", b.fetchAll(maya), "[855]")

		watch := func(at time.Time) int {
			var who map[string]string
			err := b.d.View(db.WithNow(ctx, at), func(ctx context.Context) (err error) {
				who, err = b.s.Watching(ctx, withKestrel.ID, kestrel)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return len(who)
		}
		b.want("watched", fmt.Sprint(watch(time.Now()), watch(time.Now().AddDate(0, 0, WatchDays+1))), "2 0")
		b.want("and no gate elsewhere", fmt.Sprint(b.get(kaarel, b.post(kaarel, message{from: idBaltic, to: idAurelia, control: 2, groups: []group{{kind: "PO", sets: [][]string{order("B-2")}}}}.String()).ID).State), string(Received))
	})
}
