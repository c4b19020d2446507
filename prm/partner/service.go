package partner

import (
	"context"
	"strings"

	"entente/db"
	"entente/db/audit"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/money"
)

// Service keeps partnerships. Every method checks access first.
type Service struct {
	db   *db.DB
	jobs *job.Jobs
}

// NewService makes the service.
func NewService(d *db.DB, jobs *job.Jobs) *Service { return &Service{d, jobs} }

var errNotFound = fault.New(fault.NotFound, "error.not_found")

func acting(ctx context.Context, a access.Actor) context.Context { return db.WithOrgs(ctx, a.Org) }

// write loads a partnership, checks the action and runs fn in one transaction.
func (s *Service) write(ctx context.Context, actor access.Actor, act access.Action, id, what string, fn func(ctx context.Context, p Partnership) error) error {
	return s.db.InTx(acting(ctx, actor), func(ctx context.Context) error {
		p, err := byID(ctx, id)
		if err != nil {
			return err
		}
		if err := access.Check(actor, act, p.Resource()); err != nil {
			return err
		}
		if err := fn(ctx, p); err != nil {
			return err
		}
		return audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: what, SubjectKind: "partnership", SubjectID: id, Outcome: "done"})
	})
}

// Create makes a partnership of the actor's company with another. Made by the
// machine it is active at once; made by a person it is invited until the other
// side agrees. Codes: Invalid, Forbidden, Conflict (there is one already).
// Publishes partner.Activated when active.
func (s *Service) Create(ctx context.Context, actor access.Actor, cmd CreateCmd) (Partnership, error) {
	p := Partnership{Supplier: cmd.Supplier, Reseller: cmd.Reseller, State: Invited, Currency: cmd.Currency, PriceTolerance: cmd.PriceTolerance, QuantityTolerance: cmd.QuantityTolerance, Version: 1}
	if err := access.Check(actor, access.PartnerManage, p.Resource()); err != nil {
		return Partnership{}, err
	}
	if cmd.Supplier == cmd.Reseller {
		return Partnership{}, fault.InvalidField("partner", "partner.with_itself")
	}
	if err := checkSettings(cmd.Currency, cmd.PriceTolerance, cmd.QuantityTolerance); err != nil {
		return Partnership{}, err
	}
	if strings.HasPrefix(actor.Via, "system:") {
		p.State = Active
	}
	err := s.db.InTx(acting(ctx, actor), func(ctx context.Context) error {
		p.ID, p.Created = db.NewID(), db.Now(ctx)
		done, err := insert(ctx, partnershipRow{ID: p.ID, SupplierID: p.Supplier, ResellerID: p.Reseller, State: string(p.State), Currency: string(p.Currency),
			PriceTolerance: int64(p.PriceTolerance), QuantityTolerance: int64(p.QuantityTolerance), Created: db.Micros(p.Created), Version: 1})
		if err != nil {
			return err
		}
		if !done {
			return fault.New(fault.Conflict, "partner.exists")
		}
		if p.State == Active {
			if err := s.tell(ctx, EventActivated, p); err != nil {
				return err
			}
		}
		return audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: "partner.create", SubjectKind: "partnership", SubjectID: p.ID, Outcome: "done"})
	})
	if err != nil {
		return Partnership{}, err
	}
	return p, nil
}

func checkSettings(c money.Currency, price, quantity money.Rate) error {
	var f fault.Error
	f.Code, f.Key = fault.Invalid, "form.invalid"
	if !c.Valid() {
		f.With("currency", "form.currency")
	}
	if price < 0 || price > money.One {
		f.With("price_tolerance", "partner.tolerance")
	}
	if quantity < 0 || quantity > money.One {
		f.With("quantity_tolerance", "partner.tolerance")
	}
	return f.OrNil()
}

func (s *Service) tell(ctx context.Context, kind string, p Partnership) error {
	return s.jobs.Publish(ctx, job.Event{Kind: kind, Orgs: []string{p.Supplier, p.Reseller}, Object: p.ID, Payload: Event{p.ID, p.Supplier, p.Reseller}})
}

// turn is one change of state.
func (s *Service) turn(ctx context.Context, actor access.Actor, id, what string, from []State, to State, event string) error {
	return s.write(ctx, actor, access.PartnerManage, id, what, func(ctx context.Context, p Partnership) error {
		if p.State == to {
			return nil
		}
		done, err := move(ctx, id, from, to)
		if err != nil {
			return err
		}
		if !done {
			return fault.New(fault.Conflict, "partner.state", "State", string(p.State))
		}
		return s.tell(ctx, event, p)
	})
}

// Activate agrees to an invitation or resumes a suspended partnership.
// Codes: NotFound, Forbidden, Conflict. Publishes partner.Activated.
func (s *Service) Activate(ctx context.Context, actor access.Actor, id string) error {
	return s.turn(ctx, actor, id, "partner.activate", []State{Invited, Suspended}, Active, EventActivated)
}

// Suspend stops new interchanges. Codes: NotFound, Forbidden, Conflict.
func (s *Service) Suspend(ctx context.Context, actor access.Actor, id string) error {
	return s.turn(ctx, actor, id, "partner.suspend", []State{Active}, Suspended, EventSuspended)
}

// End ends the partnership for good; both sides keep reading. Codes: NotFound,
// Forbidden, Conflict. Publishes partner.Ended.
func (s *Service) End(ctx context.Context, actor access.Actor, id string) error {
	return s.turn(ctx, actor, id, "partner.end", []State{Invited, Active, Suspended}, Ended, EventEnded)
}

// Settings changes currency and tolerances. Codes: NotFound, Forbidden, Invalid,
// Conflict (somebody changed them first).
func (s *Service) Settings(ctx context.Context, actor access.Actor, id string, cmd SettingsCmd) error {
	return s.write(ctx, actor, access.PartnerManage, id, "partner.settings", func(ctx context.Context, p Partnership) error {
		if err := checkSettings(cmd.Currency, cmd.PriceTolerance, cmd.QuantityTolerance); err != nil {
			return err
		}
		done, err := settings(ctx, id, cmd)
		if err == nil && !done {
			return fault.New(fault.Conflict, "partner.changed")
		}
		return err
	})
}

// Get returns a partnership. Codes: NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, id string) (p Partnership, err error) {
	err = s.db.View(acting(ctx, actor), func(ctx context.Context) error {
		if p, err = byID(ctx, id); err != nil {
			return err
		}
		return access.Check(actor, access.PartnerRead, p.Resource())
	})
	if err != nil {
		return Partnership{}, err
	}
	return p, nil
}

// List returns the partnerships of the actor's company, oldest first.
func (s *Service) List(ctx context.Context, actor access.Actor) (ps []Partnership, err error) {
	scope, err := access.List(actor, access.PartnerRead)
	if err != nil {
		return nil, err
	}
	err = s.db.View(acting(ctx, actor), func(ctx context.Context) error {
		ps, err = listFor(ctx, scope)
		return err
	})
	return ps, err
}

// Between returns the partnerships of the actor's company with another, at most
// one each way. Codes: NotFound when there is none.
func (s *Service) Between(ctx context.Context, actor access.Actor, other string) (ps []Partnership, err error) {
	scope, err := access.List(actor, access.PartnerRead)
	if err != nil {
		return nil, err
	}
	err = s.db.View(acting(ctx, actor), func(ctx context.Context) error {
		ps, err = between(ctx, scope.Org(), other)
		return err
	})
	if err == nil && len(ps) == 0 {
		err = errNotFound
	}
	return ps, err
}

// Identities lists the EDI identities of both sides and what the other confirmed
// of them. Codes: NotFound.
func (s *Service) Identities(ctx context.Context, actor access.Actor, id string) (ids []Confirmed, err error) {
	err = s.db.View(acting(ctx, actor), func(ctx context.Context) error {
		p, err := byID(ctx, id)
		if err != nil {
			return err
		}
		if err := access.Check(actor, access.PartnerRead, p.Resource()); err != nil {
			return err
		}
		ids, err = identities(ctx, p)
		return err
	})
	return ids, err
}

// ConfirmIdentity says that an identity of the other side is theirs. Only then
// does it count toward this partnership. Safe to repeat.
// Codes: NotFound (also an identity of a third company), Forbidden.
func (s *Service) ConfirmIdentity(ctx context.Context, actor access.Actor, id, identity string) error {
	return s.write(ctx, actor, access.PartnerManage, id, "partner.identity_confirm", func(ctx context.Context, p Partnership) error {
		if err := s.theirs(ctx, actor, p, identity); err != nil {
			return err
		}
		return confirm(ctx, confirmationRow{PartnershipID: id, OrgID: actor.Org, IdentityID: identity, ConfirmedBy: actor.Person, Confirmed: db.Micros(db.Now(ctx))})
	})
}

// WithdrawIdentity takes a confirmation back. Safe to repeat.
// Codes: NotFound, Forbidden.
func (s *Service) WithdrawIdentity(ctx context.Context, actor access.Actor, id, identity string) error {
	return s.write(ctx, actor, access.PartnerManage, id, "partner.identity_withdraw", func(ctx context.Context, p Partnership) error {
		if err := s.theirs(ctx, actor, p, identity); err != nil {
			return err
		}
		return unconfirm(ctx, id, actor.Org, identity)
	})
}

func (s *Service) theirs(ctx context.Context, actor access.Actor, p Partnership, identity string) error {
	ids, err := identities(ctx, p)
	if err != nil {
		return err
	}
	for _, i := range ids {
		if i.ID == identity && i.Org == p.Other(actor.Org) {
			return nil
		}
	}
	return errNotFound
}

// Addresses returns the confirmed addresses of a kind with which the actor's
// company writes to another within a partnership; ok is false when one of them
// is missing. Codes: NotFound.
func (s *Service) Addresses(ctx context.Context, actor access.Actor, id string, kind account.IdentityKind, from, to string) (a, b Address, ok bool, err error) {
	ids, err := s.Identities(ctx, actor, id)
	if err != nil {
		return a, b, false, err
	}
	for _, i := range ids {
		if i.Kind != kind || i.At.IsZero() {
			continue
		}
		switch {
		case i.Org == from && a.Value == "":
			a = Address{i.Kind, i.Qualifier, i.Value}
		case i.Org == to && b.Value == "":
			b = Address{i.Kind, i.Qualifier, i.Value}
		}
	}
	return a, b, a.Value != "" && b.Value != "", nil
}

// Directory holds look-ups for the ports of other packages. It checks nothing:
// who asks has made its own check.
type Directory struct{ db *db.DB }

// Directory returns the look-ups.
func (s *Service) Directory() Directory { return Directory{s.db} }

// ByID returns partnerships by id in one query; unknown ids are absent.
func (d Directory) ByID(ctx context.Context, ids ...string) (map[string]Partnership, error) {
	out := map[string]Partnership{}
	err := d.db.View(ctx, func(ctx context.Context) error {
		ps, err := byIDs(ctx, ids)
		for _, p := range ps {
			out[p.ID] = p
		}
		return err
	})
	return out, err
}

// Between returns the partnerships of two companies, in either direction.
func (d Directory) Between(ctx context.Context, a, b string) (ps []Partnership, err error) {
	err = d.db.View(ctx, func(ctx context.Context) error {
		ps, err = between(ctx, a, b)
		return err
	})
	return ps, err
}

// Resolve says to whom two addresses belong and in which active partnerships
// both are confirmed. A receiver that does not exist and one without such a
// partnership look the same.
func (d Directory) Resolve(ctx context.Context, sender, receiver Address) (r Resolved, err error) {
	err = d.db.View(ctx, func(ctx context.Context) error {
		from, fromID, err := owner(ctx, sender)
		if err != nil || from == "" {
			return err
		}
		r.Sender = from
		to, toID, err := owner(ctx, receiver)
		if err != nil || to == "" || to == from {
			return err
		}
		ps, err := between(ctx, from, to)
		if err != nil || len(ps) == 0 {
			return err
		}
		ids := make([]string, len(ps))
		for i, p := range ps {
			ids[i] = p.ID
		}
		n, err := confirmedIn(ctx, ids, fromID, toID)
		if err != nil {
			return err
		}
		for _, p := range ps {
			if p.State == Active && n[p.ID] == 2 {
				r.Active = append(r.Active, p)
			}
		}
		if len(r.Active) > 0 {
			r.Receiver = to
		}
		return nil
	})
	return r, err
}
