package promo

import (
	"context"
	"time"

	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
)

// Replayed is what terms would have done to the orders of the same days a year before.
type Replayed struct {
	From, Until string // those days
	Parts       []ReplayedPart
}

// ReplayedPart is one company, in its currency. Cut says that there were more orders than
// are looked at.
type ReplayedPart struct {
	Org    string
	Orders int            // with a line under the terms
	Units  money.Quantity // base units granted
	Free   money.Quantity // of goods free of charge
	Cost   money.Amount
	Step   money.Rate // of steps of all of the window: the one those units reach
	Cut    bool
}

const (
	mostReplayed = 2000 // orders of a company
	replayAhead  = 60   // days before the window in which an order for it may have come
	replayLate   = 31   // days after it in which one may have been received
)

// Replay judges last year's orders by terms that are being written: what they would have
// cost. Nothing is kept, no partner is told. Orders did not carry a number then, so none is
// asked for; a promotion by the date of the resale is judged by that of the order.
// Codes: Forbidden, Invalid (by field).
func (s *Service) Replay(ctx context.Context, actor access.Actor, orders Orders, t Terms) (Replayed, error) {
	if err := access.Check(actor, access.PromoWrite, access.Own(actor.Org)); err != nil {
		return Replayed{}, err
	}
	if err := s.ready(ctx, actor, &t); err != nil {
		return Replayed{}, err
	}
	back := func(day string, days int) string {
		d, err := time.Parse(time.DateOnly, day)
		if day == "" || err != nil {
			return ""
		}
		return d.AddDate(-1, 0, days).Format(time.DateOnly)
	}
	now := t.From
	t.From, t.Until, t.ShipBy, t.Quoted = back(t.From, 0), back(t.Until, 0), back(t.ShipBy, 0), false
	if t.By == ByResale {
		t.By = ByOrder
	}
	t.Settle = OffInvoice // by the days that the orders say, whatever became of them
	out := Replayed{From: t.From, Until: t.Until}
	err := s.view(ctx, actor, func(ctx context.Context) error {
		for _, p := range t.Parts {
			if p.Role != Participant {
				continue
			}
			x, err := s.replayPart(ctx, access.System("promotions", actor.Org), orders, t, p, now)
			if err != nil {
				return err
			}
			out.Parts = append(out.Parts, x)
		}
		return nil
	})
	return out, err
}

func (s *Service) replayPart(ctx context.Context, actor access.Actor, orders Orders, t Terms, p Part, on string) (ReplayedPart, error) {
	out := ReplayedPart{Org: p.Org, Cost: money.Amount{Currency: p.Currency}}
	begin, _ := time.Parse(time.DateOnly, t.From)
	end, _ := time.Parse(time.DateOnly, t.Until)
	begin, end = begin.AddDate(0, 0, -replayAhead), end.AddDate(0, 0, replayLate)
	x := &live{id: "replay", terms: t, part: p}
	seen := 0
	type counted struct {
		quantity money.Quantity
		base     money.Price
	}
	var all []counted // of steps of all of the window: what they give is known at the end
	for after := ""; ; {
		got, next, err := orders.PromoOrders(ctx, actor, p.Org, begin, after, rebuildOrders)
		if err != nil {
			return out, err
		}
		for _, o := range got {
			if o.Received.After(end) {
				next = ""
				break
			}
			if seen++; seen > mostReplayed {
				out.Cut, next = true, ""
				break
			}
			under, bought := false, money.Quantity(0)
			for i, v := range judge([]*live{x}, o) {
				if v.Granted <= 0 || t.gives(&o.Lines[i]) {
					continue
				}
				under = true
				n := times(v.Granted, o.Lines[i].Factor)
				bought += n
				if t.Kind == Free {
					continue
				}
				if t.Cumulative {
					all = append(all, counted{v.Granted, basePrice(&o.Lines[i])})
					continue
				}
				if a, err := money.Extend(v.Granted, v.Allowance, p.Currency); err == nil {
					out.Cost.Minor += a.Minor
				}
			}
			if under {
				out.Orders++
				out.Units += bought
			}
			if t.Kind == Free {
				out.Free += bought / t.Buy * t.Free
			}
		}
		if after = next; after == "" {
			break
		}
	}
	out.Step = t.step(out.Units)
	for _, l := range all {
		if a, err := money.Extend(l.quantity, times(l.base, out.Step), p.Currency); err == nil {
			out.Cost.Minor += a.Minor
		}
	}
	if out.Free == 0 {
		return out, nil
	}
	// what would have been given is worth its price of the day on which it will be given
	items, err := s.catalog.Resolve(ctx, actor, actor.Org, "", []catalog.ItemKey{{SKU: t.FreeSKU}})
	if err != nil || !items[0].Found {
		return out, err
	}
	prices, err := s.catalog.PricesOn(ctx, actor, actor.Org, p.Org, p.Currency, on, []catalog.ID{items[0].Product.ID})
	if err != nil {
		return out, err
	}
	a, err := money.Extend(out.Free, prices[items[0].Product.ID], p.Currency)
	if err != nil {
		return out, fault.Wrap(err, fault.Internal, "error.internal")
	}
	out.Cost = a
	return out, nil
}
