package app

import (
	"context"
	"slices"

	"entente/db/job"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/trade"
)

// toReplies books what waited for an order that came, and tells the interchange what
// became of a reply that was not booked at once.
func (a *App) toReplies(ctx context.Context, e job.Received) error {
	var t trade.Event
	if err := e.Decode(&t); err != nil || t.Quiet {
		return err
	}
	actor := access.System("edi", t.Supplier)
	if slices.Contains([]string{trade.OrderReceived, trade.OrderAnswered, trade.OrderLocated, trade.OrderApproved, trade.OrderReleased}, e.Kind) {
		return a.trade.BookWaiting(ctx, actor, t.Order)
	}
	r, err := a.trade.GetReply(ctx, actor, t.Reply)
	if err != nil || r.Interchange == "" {
		return err
	}
	out := gateway.ReplyOut{Kind: trade.DocumentReply, ID: string(r.ID), Outcome: replyOutcomes[r.Outcome]}
	if r.Outcome == trade.Booked {
		out.Kind, out.ID = r.Kind, r.Made
		switch r.Kind {
		case trade.DocumentCredit:
			out.Kind = trade.DocumentInvoice
		case trade.DocumentChangeAck:
			out.Kind = trade.DocumentResponse
		case trade.DocumentAdvice:
			out.Kind = trade.DocumentOrder
		case trade.DocumentReturnAnswer:
			out.Kind = trade.DocumentReturn
		}
	}
	return a.gateway.Settled(ctx, actor, r.Interchange, r.SetNo, out)
}
