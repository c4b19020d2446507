package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/fault"
)

// A network (VAN) is a post office: a company has an account there, where what many
// partners send lies in one mailbox and from where what is put there is carried to them.
// Who signs in there is the company; who a partner is stands in ISA and UNB alone. So a
// network speaks for those partners whose agreement names it, to the company whose
// account it is, and for nobody else.

// networked says whether the agreement that holds lets a network speak for the company
// whose identity stands in an interchange, to the one whose account it is.
func (s *Service) networked(ctx context.Context, org, network string, to Resolved, e *envelope) (bool, error) {
	if to.Receiver != org {
		return false, nil
	}
	return s.spokenFor(ctx, org, to, e, func(t *Terms, supplier bool) bool { return t.side(supplier).Network == network })
}

// unpack receives what lay in a network's mailbox. A file may hold interchanges of many
// partners: each is taken or refused by itself, and a refused one is kept with its
// reason. Doing it again, after a crash, adds nothing.
func (p *Pickup) unpack(ctx context.Context, actor access.Actor, f *os.File, network, name string) error {
	take := func(body io.Reader) error {
		_, err := p.s.Receive(ctx, actor, Submission{Reader: body, Door: DoorSFTP, Receiver: actor.Org, Network: network, Name: name})
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return local(err)
	}
	head := make([]byte, sniffSize)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return local(err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return local(err)
	}
	found, err := scan(f, head[:n], p.s.opt.Limits)
	if err != nil || len(found) < 2 {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return local(err)
		}
		return take(f)
	}
	ending := path.Ext(name)
	for i := range found {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		err := take(io.NewSectionReader(f, found[i].offset, found[i].length))
		switch fault.CodeOf(err) {
		case "":
		case fault.Invalid, fault.TooLarge, fault.Conflict:
			part := fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ending), i+1, ending)
			if err := p.box.keep(ctx, actor, part, io.NewSectionReader(f, found[i].offset, found[i].length), fault.As(err)); err != nil {
				return err
			}
		default:
			return err
		}
	}
	return nil
}

// mail is the way into the mailbox of a network.
func (p *Pickup) mail(actor access.Actor, network string) way {
	w := p.push(actor, false)
	w.due = func(ctx context.Context, now int64) ([]interchangeRow, error) {
		return mailedBy(ctx, actor.Org, network, now, maxPicked)
	}
	w.done = func(ctx context.Context, r *interchangeRow) error { return p.s.mailed(ctx, actor, r) }
	return w
}

// mailed notes that a network has an interchange for its receiver. The clock on the
// receiver's acknowledgement starts; it is not answered by this. It is there also where it was
// held meanwhile, or its account ended.
func (s *Service) mailed(ctx context.Context, actor access.Actor, claimed *interchangeRow) error {
	if err := access.Check(actor, access.EDISend, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := interchangeByID(ctx, claimed.ID)
		if err != nil {
			return err
		}
		ok, err := change(ctx, r.ID, r.there(db.Now(ctx), DeliveryMailbox), "sender_id = ? AND network <> '' AND way = '' AND delivery IN ? AND fence = ?", actor.Org, append([]string{DeliveryUnproved}, onItsWay...), claimed.Fence)
		if err != nil || !ok {
			return err
		}
		if err := startWait(ctx, r); err != nil {
			return err
		}
		return s.note(ctx, actor, "edi.deliver", r.ID, audit.Done)
	})
}

// RouteNetwork is the way of what a network that is a company here has for the receiver, or
// is to fetch.
const RouteNetwork = "network"

// carrier is the company here that an org calls a network by its short name, since it works
// with it, and their partnership; empty: none.
func (s *Service) carrier(ctx context.Context, org, network string) (carrier string, between Partnership, err error) {
	if s.counterparts == nil || network == "" {
		return "", Partnership{}, nil
	}
	list, err := s.counterparts.Working(ctx, org, strings.ToLower(network))
	if err != nil || len(list) == 0 {
		return "", Partnership{}, err
	}
	if list[0].Supplier == org {
		return list[0].Reseller, list[0], nil
	}
	return list[0].Supplier, list[0], nil
}

// carriedBy is the network that the agreement names for the company whose identity stands
// in an interchange, where org is that network: by its own channel it speaks for it to a
// company that works with it. Empty: it does not.
func (s *Service) carriedBy(ctx context.Context, org string, to Resolved, e *envelope) (network string, err error) {
	if _, err := s.spokenFor(ctx, org, to, e, func(t *Terms, supplier bool) bool {
		network = t.side(supplier).Network
		return network != ""
	}); err != nil || network == "" {
		return "", err
	}
	carrier, _, err := s.carrier(ctx, to.Receiver, network)
	if err != nil || carrier != org {
		return "", err
	}
	return network, nil
}

// Through says by which network a company of a partnership is reached, as the agreement
// that holds names it; of the actor's partner, also how: by the actor's account there
// ("account"), by the company here that is the network ("company"), or not at all ("").
type Through struct{ Org, Network, By string }

// Through lists the sides of a partnership that a network stands before.
// Codes: NotFound.
func (s *Service) Through(ctx context.Context, actor access.Actor, partnership string) ([]Through, error) {
	supplier, reseller, err := s.linked(ctx, actor, access.LinkRead, partnership)
	if err != nil {
		return nil, err
	}
	var out []Through
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		out = nil
		t, err := s.termsAt(ctx, partnership, db.Now(ctx))
		if err != nil {
			return err
		}
		for _, org := range []string{supplier, reseller} {
			x := Through{Org: org, Network: t.side(org == supplier).Network}
			if x.Network == "" {
				continue
			}
			if org != actor.Org {
				there, err := accountAt(ctx, actor.Org, x.Network)
				if err != nil {
					return err
				}
				carrier, _, err := s.carrier(ctx, actor.Org, x.Network)
				if err != nil {
					return err
				}
				switch {
				case there:
					x.By = "account"
				case carrier != "" && carrier != org:
					x.By = "company"
				}
			}
			out = append(out, x)
		}
		return nil
	})
	return out, err
}

// byNetwork brings a document on its way to the network that the agreement names: into the
// mailbox of the sender's account there, or to the company here that is the network, by its
// station or into its outbox, who then reads it.
// Codes: Conflict edi.no_account, there is neither.
func (s *Service) byNetwork(ctx context.Context, r *interchangeRow) error {
	if there, err := accountAt(ctx, r.SenderID, r.Network); err != nil || there {
		return err
	}
	carrier, between, err := s.carrier(ctx, r.SenderID, r.Network)
	if err != nil {
		return err
	}
	if carrier == "" || carrier == r.ReceiverID {
		return fault.New(fault.Conflict, "edi.no_account", "Network", r.Network)
	}
	r.DelegateID, r.Way = carrier, RouteNetwork
	if s.courier == nil {
		return nil
	}
	out := r.view()
	out.To, out.Partnership, out.Supplier, out.Reseller = carrier, between.ID, between.Supplier, between.Reseller
	taken, err := s.courier.Take(ctx, out)
	if taken {
		r.Delivery = DeliverySending
	}
	return err
}

// rerouted takes what the agreement says now for a document that waited for an account.
func rerouted(r *interchangeRow, t *Terms) {
	r.Held, r.Network = HeldReleased, t.side(r.ReceiverID == r.SupplierID).Network
}
