package api

import (
	"context"
	"time"

	"entente/portal/hook"
	"entente/portal/locale"
	"entente/prm/access"
)

type hookOut struct {
	ID     string   `json:"id"`
	URL    string   `json:"url"`
	Events []string `json:"events"`
	Active bool     `json:"active"`
	// what became of it
	Failing  *time.Time `json:"failing,omitempty" doc:"since when no call succeeded"`
	Paused   *time.Time `json:"paused,omitempty" doc:"since when nothing is sent any more; what happens meanwhile waits"`
	Why      string     `json:"why,omitempty" doc:"why it is paused: failing or gone"`
	OldUntil *time.Time `json:"old_secret_until,omitempty" doc:"until when the secret before signs as well"`
	Created  time.Time  `json:"created"`
}

type hookSecret struct {
	hookOut
	Secret string `json:"secret" doc:"whsec_…; shown this once"`
}

type hookIn struct {
	Body struct {
		URL    string   `json:"url" doc:"https address that is posted to"`
		Events []string `json:"events" doc:"order.received, order.held, order.refused, order.confirmed, order.agreed, order.cancelled, order.on_hold, order.released, order.hold_overdue, shipment.sent, goods.received, invoice.issued, invoice.approved, invoice.disputed, dispute.answered, dispute.ended, payment.received, payment.held, payment.questioned, document.refused, fund.granted, request.submitted, request.returned, request.declined, request.approved, request.cancelled, request.lapsed, claim.filed, claim.returned, claim.decided, claim.denied, claim.settled, sell_through.reported, sell_through.corrected, sell_through.withdrawn, quote.requested, quote.offered, quote.accepted, quote.declined, quote.withdrawn, quote.expired, quote.ordered, engagement.invited, engagement.accepted, engagement.declined, engagement.withdrawn, engagement.expiring, engagement.expired, engagement.left, engagement.shared, engagement.split_proposed, engagement.split_answered, engagement.split_refused, engagement.split_agreed, engagement.split_withdrawn, engagement.task_given, engagement.task_done, engagement.handed_over, engagement.handover_answered, engagement.closed, promotion.proposed, promotion.approved, promotion.countered, promotion.counter_answered, promotion.declined, promotion.dropped, promotion.agreed, promotion.started, promotion.ended, promotion.settled, promotion.adjusted, promotion.cancelled, promotion.task_given, protection.proposed, protection.reminded, protection.answered, protection.lapsed, lead.offered, lead.accepted, lead.declined, lead.expired, lead.withdrawn, lead.warned, lead.stale, lead.returned, lead.reclaimed, lead.converted, lead.lost, lead.paused, lead.resumed, lead.unplaced, deal.submitted, deal.recalled, deal.withdrawn, deal.taken, deal.returned, deal.protected, deal.registered, deal.rejected, deal.duplicate, deal.waiting, deal.admitted, deal.cancelled, deal.overdue, deal.warned, deal.held, deal.expired, deal.postponed, deal.released, deal.asked, deal.extended, deal.denied, deal.lost, deal.ordered, deal.partly_won, deal.won, deal.reopened, deal.disputed, deal.ruled, mapping.proposed, mapping.consented, mapping.revealed, mapping.closed"`
	}
}

type hookChange struct {
	IDPath
	Body struct {
		URL    string   `json:"url"`
		Events []string `json:"events"`
		Active bool     `json:"active"`
	}
}

type hookTry struct {
	Number int       `json:"number"`
	At     time.Time `json:"at"`
	TookMS int64     `json:"took_ms"`
	Status int       `json:"status,omitempty" doc:"of HTTP; absent when no answer came"`
	Result string    `json:"result" doc:"delivered, or the key of what went wrong"`
	Text   string    `json:"text,omitempty" doc:"the same in words"`
}

type hookDelivery struct {
	ID       string     `json:"id" doc:"webhook-id, the same at every try"`
	Type     string     `json:"type"`
	State    string     `json:"state" doc:"queued, delivered or parked"`
	Attempts int        `json:"attempts"`
	Next     *time.Time `json:"next,omitempty" doc:"when it is tried again"`
	Created  time.Time  `json:"created"`
	Settled  *time.Time `json:"settled,omitempty"`
	Body     string     `json:"body,omitempty" doc:"of one delivery only: what is sent, to the byte"`
	Tries    []hookTry  `json:"tries,omitempty" doc:"of one delivery only, newest first"`
}

type hookPage struct {
	IDPath
	Paging
}

// HookDeliveryPath names one delivery of one webhook.
type HookDeliveryPath struct {
	IDPath
	Delivery string `path:"delivery"`
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func hookView(h hook.Hook) hookOut {
	out := hookOut{ID: h.ID, URL: h.URL, Events: h.Events, Active: h.Active, Failing: moment(h.Failing), Paused: moment(h.Paused), Why: h.Why, Created: h.Created}
	if h.OldUntil.After(time.Now()) {
		out.OldUntil = moment(h.OldUntil)
	}
	return out
}

func deliveryView(d hook.Delivery) hookDelivery {
	out := hookDelivery{ID: d.ID, Type: d.Kind, State: string(d.State), Attempts: d.Attempts, Next: moment(d.Next), Created: d.Created, Settled: moment(d.Settled), Body: d.Body}
	p := locale.New(locale.English, time.UTC, time.Now())
	for _, a := range d.Tries {
		try := hookTry{Number: a.Number, At: a.At, TookMS: a.Took.Milliseconds(), Status: a.Status, Result: a.Result}
		if a.Result != string(hook.Delivered) {
			try.Text = p.T(a.Result, "Status", a.Status)
		}
		out.Tries = append(out.Tries, try)
	}
	return out
}

func (a *API) hooks() {
	const base = "/api/v1/webhooks"
	handle(a, op("GET", base, "webhooks:read", "List your webhooks", "", 200),
		func(ctx context.Context, actor access.Actor, _ *struct{}) (*reply[list[hookOut]], error) {
			got, err := a.d.Hooks.List(ctx, actor)
			items := make([]hookOut, len(got))
			for i := range got {
				items[i] = hookView(got[i])
			}
			return page(items, ""), err
		})
	handle(a, op("POST", base, "webhooks:write", "Add a webhook", "What happens to your documents from now on is posted to the address, signed after the Standard Webhooks specification. The answer has the secret, which is not shown again.", 201),
		func(ctx context.Context, actor access.Actor, in *hookIn) (*reply[hookSecret], error) {
			h, key, err := a.d.Hooks.Add(ctx, actor, in.Body.URL, in.Body.Events)
			if err != nil {
				return nil, err
			}
			return &reply[hookSecret]{hookSecret{hookView(h), key}}, nil
		})
	handle(a, op("GET", base+"/{id}", "webhooks:read", "One webhook", "", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[hookOut], error) {
			h, err := a.d.Hooks.Get(ctx, actor, in.ID)
			return &reply[hookOut]{hookView(h)}, err
		})
	handle(a, op("PUT", base+"/{id}", "webhooks:write", "Change a webhook", "One that was paused goes on.", 200),
		func(ctx context.Context, actor access.Actor, in *hookChange) (*reply[hookOut], error) {
			h, err := a.d.Hooks.Change(ctx, actor, in.ID, in.Body.URL, in.Body.Events, in.Body.Active)
			return &reply[hookOut]{hookView(h)}, err
		})
	handle(a, op("DELETE", base+"/{id}", "webhooks:write", "Remove a webhook", "With all that was sent to it and all that waits.", 204),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*struct{}, error) {
			return nil, a.d.Hooks.Remove(ctx, actor, in.ID)
		})
	handle(a, op("POST", base+"/{id}/rotate", "webhooks:write", "Make a new secret", "For a day the old one signs too: take the new one up on your side meanwhile.", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[hookSecret], error) {
			h, key, err := a.d.Hooks.Rotate(ctx, actor, in.ID)
			if err != nil {
				return nil, err
			}
			return &reply[hookSecret]{hookSecret{hookView(h), key}}, nil
		})
	handle(a, op("POST", base+"/{id}/resume", "webhooks:write", "Let a paused webhook go on", "", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[hookOut], error) {
			h, err := a.d.Hooks.Resume(ctx, actor, in.ID)
			return &reply[hookOut]{hookView(h)}, err
		})
	handle(a, op("POST", base+"/{id}/test", "webhooks:write", "Send a test", "A message of type webhook.test, tried once. GET the delivery to see the answer.", 202),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[hookDelivery], error) {
			d, err := a.d.Hooks.Test(ctx, actor, in.ID)
			return &reply[hookDelivery]{deliveryView(d)}, err
		})
	handle(a, op("GET", base+"/{id}/deliveries", "webhooks:read", "Messages of a webhook", "Newest first.", 200),
		func(ctx context.Context, actor access.Actor, in *hookPage) (*reply[list[hookDelivery]], error) {
			got, next, err := a.d.Hooks.Deliveries(ctx, actor, in.ID, in.After, in.Limit)
			items := make([]hookDelivery, len(got))
			for i := range got {
				items[i] = deliveryView(got[i])
			}
			return page(items, next), err
		})
	handle(a, op("GET", base+"/{id}/deliveries/{delivery}", "webhooks:read", "One message with its tries", "", 200),
		func(ctx context.Context, actor access.Actor, in *HookDeliveryPath) (*reply[hookDelivery], error) {
			d, err := a.d.Hooks.Delivery(ctx, actor, in.ID, in.Delivery)
			return &reply[hookDelivery]{deliveryView(d)}, err
		})
	handle(a, op("POST", base+"/{id}/deliveries/{delivery}/redeliver", "webhooks:write", "Send a message again", "With the same webhook-id.", 202),
		func(ctx context.Context, actor access.Actor, in *HookDeliveryPath) (*reply[hookDelivery], error) {
			d, err := a.d.Hooks.Redeliver(ctx, actor, in.ID, in.Delivery)
			return &reply[hookDelivery]{deliveryView(d)}, err
		})
}
