package partner

import (
	"context"
	"slices"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

// Identities returns the EDI identities of both sides, with what the other side
// of each has confirmed in this partnership. Ended partnerships show none, and who invited
// reads those of the other side only once it accepted.
// Codes: Unauthenticated, NotFound.
func (s *Service) Identities(ctx context.Context, actor access.Actor, id string) ([]Identity, error) {
	var out []Identity
	err := s.view(ctx, actor, func(ctx context.Context) error {
		p, err := load(ctx, actor, access.PartnerRead, id)
		if err != nil || p.State == Ended {
			return err
		}
		out, err = identities(ctx, p)
		if !p.Opened(actor.Org) {
			out = slices.DeleteFunc(out, func(i Identity) bool { return i.Org != actor.Org })
		}
		return err
	})
	return out, err
}

// ConfirmIdentity says that an identity of the other side is known to be
// theirs; from then on it counts in this partnership. Safe to repeat.
// Codes: Unauthenticated, NotFound (no such partnership, or no such identity of
// the other side), Forbidden, Conflict (the partnership ended).
func (s *Service) ConfirmIdentity(ctx context.Context, actor access.Actor, id, identity string) error {
	return s.change(ctx, actor, "partner.confirm_identity", id, func(ctx context.Context) error {
		p, i, err := theirs(ctx, actor, id, identity)
		if err != nil || !i.Confirmed.IsZero() {
			return err
		}
		if err := insertConfirmation(ctx, p, i, actor.Person); err != nil {
			return err
		}
		return trail(ctx, actor, "partner.confirm_identity", p.ID, audit.Done)
	})
}

// WithdrawIdentity takes the confirmation back: interchanges from and to it are
// refused from then on. Safe to repeat.
// Codes: as ConfirmIdentity.
func (s *Service) WithdrawIdentity(ctx context.Context, actor access.Actor, id, identity string) error {
	return s.change(ctx, actor, "partner.withdraw_identity", id, func(ctx context.Context) error {
		p, i, err := theirs(ctx, actor, id, identity)
		if err != nil {
			return err
		}
		ok, err := deleteConfirmations(ctx, p.ID, i.ID)
		if err != nil || !ok {
			return err
		}
		return trail(ctx, actor, "partner.withdraw_identity", p.ID, audit.Done)
	})
}

// theirs reads an identity of the other side of a partnership the actor manages.
func theirs(ctx context.Context, actor access.Actor, id, identity string) (Partnership, Identity, error) {
	p, err := load(ctx, actor, access.PartnerManage, id)
	if err != nil {
		return Partnership{}, Identity{}, err
	}
	if !p.Opened(actor.Org) && p.State == Invited {
		return Partnership{}, Identity{}, errNotFound
	}
	if p.State == Ended {
		return Partnership{}, Identity{}, fault.New(fault.Conflict, "partner.state_wrong", "state", string(p.State))
	}
	all, err := identities(ctx, p)
	if err != nil {
		return Partnership{}, Identity{}, err
	}
	for _, i := range all {
		if i.ID == identity && i.Org == p.Other(actor.Org) {
			return p, i, nil
		}
	}
	return Partnership{}, Identity{}, errNotFound
}

// Addresses returns the confirmed identities of a kind by which one company of a
// partnership writes to the other; ok is false where one of them has none or the
// partnership is not active.
// Codes: Unauthenticated, NotFound.
func (s *Service) Addresses(ctx context.Context, actor access.Actor, id string, kind account.IdentityKind, from, to string) (sender, receiver Address, ok bool, err error) {
	err = s.view(ctx, actor, func(ctx context.Context) error {
		p, err := load(ctx, actor, access.PartnerRead, id)
		if err != nil || p.State != Active {
			return err
		}
		all, err := identities(ctx, p)
		if err != nil {
			return err
		}
		found := map[string]Address{}
		for _, i := range all {
			if _, have := found[i.Org]; !have && i.Kind == kind && !i.Confirmed.IsZero() {
				found[i.Org] = Address{Qualifier: i.Qualifier, Value: i.Value}
			}
		}
		var a, b bool
		sender, a = found[from]
		receiver, b = found[to]
		ok = a && b && from != to
		return nil
	})
	return sender, receiver, ok, err
}

// Resolve says to whom two identities belong, in one query. It is the gateway's
// look-up before any actor's company is compared; it joins the transaction of
// ctx. The answer may be kept for seconds, not longer: a suspension counts at
// once for new interchanges.
func (s *Service) Resolve(ctx context.Context, q Query) (Route, error) {
	var out Route
	err := s.db.Glance(ctx, func(ctx context.Context) (err error) {
		out, err = route(ctx, q)
		return err
	})
	if err != nil {
		return Route{}, db.Translate(err)
	}
	return out, nil
}
