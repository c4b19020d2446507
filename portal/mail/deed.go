package mail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/approval"
	"entente/prm/fault"
	"entente/prm/promo"
	"entente/prm/trade"
)

// Objects are what the links of mails answer.
type Objects struct {
	Promos interface {
		OfSeat(ctx context.Context, actor access.Actor, seat string) (promo.Joined, error)
	}
	Orders interface {
		Get(ctx context.Context, actor access.Actor, id trade.OrderID) (trade.Detail, error)
	}
	Approvals interface {
		Parts(ctx context.Context, actor access.Actor, id approval.ID) ([]approval.Part, error)
	}
}

// Act lets links of mails join promotions, confirm orders and decide approvals.
func (n *Notices) Act(o Objects) { n.objects = o }

// deedAbout is what a notice about a subject may let its reader do.
var deedAbout = map[string]string{"promotion": DeedPromo, trade.DocumentOrder: DeedOrder, "approval": DeedApproval}

// Stands gives what a reader could answer now about an object by a link of a kind, as the
// object stands: the hash of a text, the version of an order. ok is false where there is
// nothing to answer, or it is not the reader's to answer.
func (n *Notices) Stands(ctx context.Context, reader access.Actor, kind, object string) (bound string, ok bool, err error) {
	switch {
	case kind == DeedPromo && n.objects.Promos != nil:
		j, err := n.objects.Promos.OfSeat(ctx, reader, object)
		if err != nil {
			return "", false, unseen(err)
		}
		mine := j.Seat != nil && j.Seat.ID == object && j.Seat.Org == reader.Org && access.Allowed(reader, access.PromoAnswer, access.Resource{Members: []string{reader.Org}})
		return j.Hash, mine && j.Seat.State == promo.Asked && j.Counter == nil && !j.State.Over() && j.State != promo.Ended, nil
	case kind == DeedOrder && n.objects.Orders != nil:
		d, err := n.objects.Orders.Get(ctx, reader, trade.OrderID(object))
		if err != nil {
			return "", false, unseen(err)
		}
		return strconv.FormatInt(d.Version, 10), asItStands(d) && access.Allowed(reader, access.OrderConfirm, access.Shared(d.Supplier, d.Reseller)), nil
	case kind == DeedApproval && n.objects.Approvals != nil:
		parts, err := n.objects.Approvals.Parts(ctx, reader, approval.ID(object))
		if err != nil {
			return "", false, unseen(err)
		}
		for _, p := range parts { // of several that are the reader's, one link decides all
			if p.Mine {
				return strconv.Itoa(p.Step.Position), true, nil
			}
		}
	}
	return "", false, nil
}

// unseen bears that an object is not the reader's to see.
func unseen(err error) error {
	if c := fault.CodeOf(err); c == fault.NotFound || c == fault.Forbidden {
		return nil
	}
	return err
}

// asItStands says that nothing of an order is answered, doubted or held, so that one word
// answers all of it.
func asItStands(d trade.Detail) bool {
	if d.State != trade.Received || d.Held != "" || d.HoldReason != "" || d.Place != nil || d.Marks > 0 || len(d.Lines) == 0 {
		return false
	}
	for _, l := range d.Lines {
		if l.Answerable() != l.Ordered {
			return false
		}
	}
	return true
}

// deedOf is what a reader may do about a subject by a link, without the time it works; the
// zero value for nothing.
func (n *Notices) deedOf(ctx context.Context, reader access.Actor, address, subject, id string) (Deed, error) {
	kind := deedAbout[subject]
	if kind == "" || !n.mail.Sends() { // kept mail is read by admins
		return Deed{}, nil
	}
	bound, ok, err := n.Stands(ctx, reader, kind, id)
	if err != nil || !ok {
		return Deed{}, err
	}
	return Deed{Kind: kind, Org: reader.Org, Person: reader.Person, Object: id, Bound: bound, Address: addressKey(address)}, nil
}

// addressKey is an address as a link knows it: who has moved to another one leaves the links
// in the old mailbox dead.
func addressKey(address string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(address)))
	return hex.EncodeToString(sum[:8])
}

// id names what a deed could do, whichever of several mails offered it.
func (d Deed) id() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{d.Kind, d.Org, d.Person, d.Object, d.Bound}, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// Done is what was done by a link.
type Done struct {
	Way string // as Use was told
	At  time.Time
}

// Done gives what was done by a deed; ok is false while nothing was.
func (n *Notices) Done(ctx context.Context, d Deed) (out Done, ok bool, err error) {
	err = n.mail.db.View(db.WithOrgs(ctx, d.Org), func(ctx context.Context) error {
		out, ok, err = deedDone(ctx, d.id())
		return err
	})
	return out, ok, err
}

// Use does what a link is for, once: fn in one transaction with the note that it was done,
// so that of two who press at once one does it, and what fails leaves the link as it was.
// The person is looked for anew, and what it answers has to stand as the mail told it.
// Codes: NotFound (as Read), Conflict (used before; answered or changed since the mail), and
// those of fn.
func (n *Notices) Use(ctx context.Context, token, way string, fn func(ctx context.Context, d Deed, actor access.Actor) error) error {
	d, _ := n.open(token)
	return n.mail.db.InTx(db.WithOrgs(ctx, d.Org), func(ctx context.Context) error {
		d, actor, err := n.Read(ctx, token)
		if err != nil {
			return err
		}
		if made, err := insertDeed(ctx, d, way); err != nil || !made {
			if err == nil {
				err = fault.New(fault.Conflict, "answer.used_before")
			}
			return err
		}
		if d.Kind != DeedOffer { // the lead asks for itself
			if bound, ok, err := n.Stands(ctx, actor, d.Kind, d.Object); err != nil || !ok || bound != d.Bound {
				if err == nil {
					err = fault.New(fault.Conflict, "answer.moved")
				}
				return err
			}
		}
		return fn(ctx, d, actor)
	})
}
