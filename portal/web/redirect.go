package web

import (
	"context"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"entente/chat/room"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/trade"
)

// bare sends a link without a company ("/orders/{id}") to the company through
// which the person sees the object. Where none or several do, it does not exist.
func bare(section string, sees func(ctx context.Context, w *Web, actor access.Actor, id string) error) func(*visit) error {
	return func(v *visit) error {
		id, slug := v.Params("id"), ""
		for _, seat := range v.login.Seats {
			actor := v.login.Actor
			actor.Org, actor.Roles = seat.Org.ID, seat.Roles
			err := sees(account.Acting(v.ctx, actor), v.w, actor, id)
			if c := fault.CodeOf(err); c == fault.NotFound || c == fault.Forbidden {
				continue
			}
			if err != nil {
				return err
			}
			if slug != "" {
				return fault.New(fault.NotFound, "error.not_found")
			}
			slug = seat.Org.Slug
		}
		if slug == "" {
			return fault.New(fault.NotFound, "error.not_found")
		}
		return v.Redirect("/c/"+slug+"/"+section+"/"+url.PathEscape(id), fiber.StatusSeeOther)
	}
}

func seesOrder(ctx context.Context, w *Web, actor access.Actor, id string) error {
	_, err := w.d.Trade.Get(ctx, actor, trade.OrderID(id))
	return err
}

func seesInvoice(ctx context.Context, w *Web, actor access.Actor, id string) error {
	_, err := w.d.Trade.GetInvoice(ctx, actor, trade.InvoiceID(id))
	return err
}

func seesMessage(ctx context.Context, w *Web, actor access.Actor, id string) error {
	_, err := w.d.Gateway.Get(ctx, actor, id)
	return err
}

func seesPartner(ctx context.Context, w *Web, actor access.Actor, id string) error {
	_, err := w.d.Partners.Get(ctx, actor, id)
	return err
}

func seesRoom(ctx context.Context, w *Web, actor access.Actor, id string) error {
	_, err := w.d.Rooms.Get(ctx, actor, room.ID(id))
	return err
}

// unescape undoes the escaping of a part of an address.
func unescape(s string) string {
	if out, err := url.PathUnescape(s); err == nil {
		return out
	}
	return s
}
