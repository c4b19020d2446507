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

// sent emits an 855 to Kestrel, who fetches it; the clock on its 997 runs.
func (b *bench) sent(control int, test bool) (id, number string) {
	b.Helper()
	e, err := b.emit(Outgoing{
		Supplier: aurelia, Reseller: kestrel, Partnership: withKestrel.ID, From: aurelia, Sender: idAurelia, Receiver: idKestrel, Test: test,
		Kind: "855", Doc: ackOf(fmt.Sprint("PO", control)), DocumentKind: "order_response", DocumentID: db.NewID(), Number: fmt.Sprint("PO", control),
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := b.s.Fetched(b.Context(), maya, e.ID); err != nil {
		b.Fatal(err)
	}
	return e.ID, e.Control
}

// later runs the clock as if hours had passed.
func (b *bench) later(hours int) {
	b.Helper()
	if err := b.s.Overdue(db.WithNow(b.Context(), time.Now().Add(time.Duration(hours)*time.Hour))); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) fault(what string, err error, code fault.Code, key string) {
	b.Helper()
	if fault.CodeOf(err) != code || key != "" && fault.KeyOf(err) != key {
		b.Errorf("%s: %v (%s %s), want %s %s", what, err, fault.CodeOf(err), fault.KeyOf(err), code, key)
	}
}

func TestAnOverdueAcknowledgement(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		id, number := b.sent(500, false)
		w := b.get(ingrid, id).Wait
		if !w.Open() || w.Late() || w.Due.Sub(w.Started) != 24*time.Hour {
			t.Fatalf("clock: %+v", w)
		}
		b.fault("asked before its time", b.s.AskAcknowledgement(t.Context(), ingrid, id), fault.Conflict, "edi.not_overdue")
		b.later(23)
		b.want("not late yet", b.get(ingrid, id).Wait.Late(), false)
		b.later(25)
		b.later(49)
		b.want("told once", fmt.Sprint(b.events(EventOverdue), b.events(EventOverdueTold)), "1 1")
		b.want("late", b.get(ingrid, id).Wait.Late(), true)
		page, err := b.s.List(t.Context(), ingrid, Filter{Late: true})
		b.want("listed", fmt.Sprint(len(page.Items), err), "1 <nil>")
		page, err = b.s.List(t.Context(), maya, Filter{Late: true})
		b.want("not the receiver's", fmt.Sprint(len(page.Items), err), "0 <nil>")

		b.fault("the receiver asks", b.s.AskAcknowledgement(t.Context(), maya, id), fault.Forbidden, "edi.sender_only")
		b.fault("a stranger asks", b.s.AskAcknowledgement(t.Context(), kaarel, id), fault.NotFound, "")
		b.fault("a viewer asks", b.s.AskAcknowledgement(t.Context(), person(aurelia, access.Finance), id), fault.Forbidden, "")
		if err := b.s.AskAcknowledgement(t.Context(), ingrid, id); err != nil {
			t.Fatal(err)
		}
		b.fault("asked twice", b.s.AskAcknowledgement(t.Context(), ingrid, id), fault.Conflict, "edi.asked_today")
		b.want("told the partner", b.events(EventAsked), 1)
		if err := b.s.AskAcknowledgement(db.WithNow(t.Context(), time.Now().Add(25*time.Hour)), ingrid, id); err != nil {
			t.Errorf("asked the day after: %v", err)
		}
		b.fault("it arrived", b.s.Resend(t.Context(), ingrid, id), fault.Conflict, "edi.proved")

		answer := message{from: idKestrel, to: idAurelia, control: 501, groups: []group{{kind: "FA", sets: [][]string{{
			"997", "AK1*PR*" + strings.TrimLeft(number, "0"), "AK2*855*0001", "AK5*A", "AK9*A*1*1*1",
		}}}}}
		b.post(maya, answer.String())
		b.work()
		m := b.get(ingrid, id)
		b.want("answered", fmt.Sprintln(m.Acknowledged, m.Wait.Outcome, m.Wait.Open()), "accepted answered false\n")
		b.fault("nothing to ask for", b.s.AskAcknowledgement(t.Context(), ingrid, id), fault.Conflict, "edi.not_awaited")
	})
}

// shut is a calendar that opens at one instant.
type shut struct{ opens time.Time }

func (s *shut) Opens(_ context.Context, org string, at time.Time) (time.Time, error) {
	if org == aurelia && at.Before(s.opens) {
		return s.opens, nil
	}
	return at, nil
}

// What is overdue on a day off is late at once, and told when the company that waits is
// open again, once; not at all where the answer came meanwhile.
func TestOverdueOnADayOff(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		h := &shut{opens: time.Now().Add(60 * time.Hour)}
		b.s.Work(h)
		id, _ := b.sent(530, false)
		settled, _ := b.sent(531, false)
		b.later(25)
		b.later(59)
		b.want("late at once", b.get(ingrid, id).Wait.Late(), true)
		b.want("nobody is told", fmt.Sprint(b.events(EventOverdue), b.events(EventOverdueTold)), "2 0")
		if err := b.s.ConfirmAcknowledgement(t.Context(), ingrid, settled, "it is there"); err != nil {
			t.Fatal(err)
		}
		h.opens = h.opens.Add(24 * time.Hour) // a further day off, entered meanwhile
		b.later(61)
		b.want("put off", b.events(EventOverdueTold), 0)
		b.later(83)
		b.want("still closed", b.events(EventOverdueTold), 0)
		b.later(85)
		b.later(86)
		b.want("told once", b.events(EventOverdueTold), 1)
		b.want("of what is awaited", b.count("SELECT count(*) FROM event WHERE kind = ? AND payload LIKE ?", EventOverdueTold, "%"+id+"%"), 1)
		b.want("marked once", b.events(EventOverdue), 2)
	})
}

func TestConfirmedByHand(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		id, _ := b.sent(510, false)
		b.fault("no reason", b.s.ConfirmAcknowledgement(t.Context(), ingrid, id, " \n"), fault.Invalid, "")
		b.fault("a stranger", b.s.ConfirmAcknowledgement(t.Context(), kaarel, id, "it is there"), fault.NotFound, "")
		if err := b.s.ConfirmAcknowledgement(t.Context(), ingrid, id, "Maya saw it on the phone"); err != nil {
			t.Fatal(err)
		}
		w := b.get(ingrid, id).Wait
		b.want("confirmed", fmt.Sprint(w.Outcome, w.SettledBy, w.Reason), fmt.Sprint(WaitConfirmed, ingrid.Person, "Maya saw it on the phone"))
		b.want("what the receiver sees", fmt.Sprint(b.get(maya, id).Wait.Reason, b.get(maya, id).Wait.Outcome), fmt.Sprint("", WaitConfirmed))
		b.want("audited", b.count("SELECT count(*) FROM audit WHERE subject_id = ? AND action = 'edi.confirm_ack' AND person_id = ?", id, ingrid.Person), 1)
		b.later(100)
		b.want("not late any more", b.events(EventOverdue), 0)
		b.fault("twice", b.s.ConfirmAcknowledgement(t.Context(), ingrid, id, "again"), fault.Conflict, "edi.not_awaited")
	})
}

func TestWhatNobodyAcknowledges(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		id, _ := b.sent(520, true)
		b.want("test traffic", b.get(ingrid, id).Wait.Started.IsZero(), true)
		b.post(maya, fromKestrel(521, order("PO521")).String())
		b.work()
		o, err := b.s.Outbox(t.Context(), maya, "", 10)
		if err != nil || len(o.Items) != 1 {
			t.Fatal(o, err)
		}
		if err := b.s.Fetched(t.Context(), maya, o.Items[0].ID); err != nil {
			t.Fatal(err)
		}
		b.want("a 997", b.count("SELECT count(*) FROM edi_wait"), 0)

		p, err := b.s.Patience(t.Context(), ingrid, withKestrel.ID)
		b.want("default", fmt.Sprint(p.Hours, err), "24 <nil>")
		b.fault("too long", b.s.SetPatience(t.Context(), ingrid, withKestrel.ID, 721, 0), fault.Invalid, "")
		b.fault("a stranger", b.s.SetPatience(t.Context(), kaarel, withKestrel.ID, 2, 0), fault.NotFound, "")
		b.fault("a buyer", b.s.SetPatience(t.Context(), person(aurelia, access.Buyer), withKestrel.ID, 2, 0), fault.Forbidden, "")
		if err := b.s.SetPatience(t.Context(), ingrid, withKestrel.ID, 2, 0); err != nil {
			t.Fatal(err)
		}
		id, _ = b.sent(522, false)
		w := b.get(ingrid, id).Wait
		b.want("two hours", w.Due.Sub(w.Started), 2*time.Hour)
		if err := b.s.SetPatience(t.Context(), ingrid, withKestrel.ID, 0, 0); err != nil {
			t.Fatal(err)
		}
		b.want("a running clock keeps its end", b.get(ingrid, id).Wait.Due.Equal(w.Due), true)
		id, _ = b.sent(523, false)
		b.want("off", b.get(ingrid, id).Wait.Started.IsZero(), true)
		p, err = b.s.Patience(t.Context(), maya, withKestrel.ID)
		b.want("the other side's own", fmt.Sprint(p.Hours, err), "24 <nil>")
	})
}

// taken is a courier that carries everything and was asked again for some.
type taken struct{ again []string }

func (c *taken) Take(context.Context, Interchange) (bool, error) { return true, nil }
func (c *taken) Again(_ context.Context, _ access.Actor, out Interchange) (bool, error) {
	c.again = append(c.again, out.ID)
	return true, nil
}

func TestResendOnlyWhereNothingIsProved(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		emit := func(n int) string {
			e, err := b.emit(Outgoing{
				Supplier: aurelia, Reseller: kestrel, Partnership: withKestrel.ID, From: aurelia, Sender: idAurelia, Receiver: idKestrel,
				Kind: "855", Doc: ackOf("PO530"), DocumentKind: "order_response", DocumentID: db.NewID(), Number: "PO530",
			})
			if err != nil {
				t.Fatal(n, err)
			}
			return e.ID
		}
		lies := emit(1)
		b.fault("in the outbox", b.s.Resend(t.Context(), ingrid, lies), fault.Conflict, "edi.proved")
		b.exec("UPDATE interchange SET delivery = 'failed' WHERE id = ?", lies)
		was := b.raw(ingrid, lies)
		b.fault("the receiver", b.s.Resend(t.Context(), maya, lies), fault.Forbidden, "edi.sender_only")
		b.fault("a stranger", b.s.Resend(t.Context(), kaarel, lies), fault.NotFound, "")
		if err := b.s.Resend(t.Context(), ingrid, lies); err != nil {
			t.Fatal(err)
		}
		b.want("the same bytes wait", b.waiting(maya)[0] == was, true)

		c := &taken{}
		b.s.Carry(c)
		carried := emit(2)
		if err := b.s.Carried(t.Context(), edi, carried, DeliveryUnproved); err != nil {
			t.Fatal(err)
		}
		b.want("the clock runs: it may have arrived", b.get(ingrid, carried).Wait.Open(), true)
		if err := b.s.Resend(t.Context(), ingrid, carried); err != nil {
			t.Fatal(err)
		}
		b.want("by the courier", fmt.Sprint(c.again), fmt.Sprint([]string{carried}))
		if err := b.s.Carried(t.Context(), edi, carried, DeliveryDelivered); err != nil {
			t.Fatal(err)
		}
		b.fault("delivered", b.s.Resend(t.Context(), ingrid, carried), fault.Conflict, "edi.proved")
	})
}

func TestHoldAndRelease(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.post(maya, fromKestrel(540, order("PO540")).String())
		b.fault("a stranger", b.s.Hold(t.Context(), kaarel, a.ID), fault.NotFound, "")
		if err := b.s.Hold(t.Context(), ingrid, a.ID); err != nil {
			t.Fatal(err)
		}
		b.fault("twice", b.s.Hold(t.Context(), ingrid, a.ID), fault.Conflict, "edi.too_late")
		b.work()
		m := b.get(ingrid, a.ID)
		b.want("held", fmt.Sprint(m.State, m.HeldFor, b.count("SELECT count(*) FROM test_order")), fmt.Sprint(Held, HeldByHand, 0))
		if err := b.s.Release(t.Context(), ingrid, a.ID); err != nil {
			t.Fatal(err)
		}
		b.work()
		b.want("released", b.get(ingrid, a.ID).State, Processed)
		b.fault("not held", b.s.Release(t.Context(), ingrid, a.ID), fault.Conflict, "edi.not_held")

		out := b.count("SELECT count(*) FROM interchange WHERE origin = 'made'")
		b.want("its answer", out, 1)
		o, _ := b.s.Outbox(t.Context(), maya, "", 10)
		made := o.Items[0].ID
		b.fault("the receiver holds", b.s.Hold(t.Context(), maya, made), fault.Forbidden, "edi.sender_only")
		if err := b.s.Hold(t.Context(), ingrid, made); err != nil {
			t.Fatal(err)
		}
		b.want("out of the outbox", len(b.waiting(maya)), 0)
		if err := b.s.Release(t.Context(), ingrid, made); err != nil {
			t.Fatal(err)
		}
		b.want("back in it", len(b.waiting(maya)), 1)
	})
}

func TestReprocess(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		bad := order("PO550")
		bad[2] = "DTM*002*20261131"
		a := b.post(maya, fromKestrel(550, bad).String())
		b.work()
		m := b.get(ingrid, a.ID)
		b.want("refused", fmt.Sprintln(m.Result, m.MayReprocess()), "rejected true\n")
		b.fault("the sender", b.s.Reprocess(t.Context(), maya, a.ID), fault.Forbidden, "edi.receiver_only")
		b.fault("a stranger", b.s.Reprocess(t.Context(), kaarel, a.ID), fault.NotFound, "")
		if err := b.s.Reprocess(t.Context(), ingrid, a.ID); err != nil {
			t.Fatal(err)
		}
		b.want("due again", fmt.Sprint(b.get(ingrid, a.ID).State, len(b.get(ingrid, a.ID).Sets)), fmt.Sprint(Received, 0))
		b.work()
		m = b.get(ingrid, a.ID)
		b.want("judged again", fmt.Sprint(m.State, m.Result, len(m.Sets), len(m.Acknowledgements)), fmt.Sprint(Processed, ResultRejected, 1, 2))
		b.want("two answers", len(b.waiting(maya)), 2)

		good := b.post(maya, fromKestrel(551, order("PO551")).String())
		b.work()
		b.fault("booked", b.s.Reprocess(t.Context(), ingrid, good.ID), fault.Conflict, "edi.not_refused")
		out, err := b.s.Reconcile(t.Context(), access.Actor{Person: "op", Operator: true, Via: "session:x"})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range out.Discrepancies {
			if d.ID == a.ID {
				t.Errorf("%+v", d)
			}
		}
	})
}
