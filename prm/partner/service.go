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

// Publisher is the part of db/job this package needs.
type Publisher interface {
	Publish(ctx context.Context, e job.Event) error
}

// Founder makes companies that are not on the server yet (prm/account.Service); its
// methods join the transaction of ctx.
type Founder interface {
	Found(ctx context.Context, actor access.Actor, cmd account.FoundCmd) (account.Org, account.OneTime, error)
	Refound(ctx context.Context, actor access.Actor, org string) (account.OneTime, error)
	Unfound(ctx context.Context, actor access.Actor, org string) error
	MailFounding(ctx context.Context, actor access.Actor, link account.OneTime, locale string) error
}

// Service keeps partnerships.
type Service struct {
	db   *db.DB
	jobs Publisher
	dir  account.Directory
	// agreed says of which tolerances an agreement of both companies speaks.
	agreed Agreed
	found  Founder
}

// Agreed knows the EDI agreements of companies. It is implemented by edi/agreement.
type Agreed interface {
	// FixesTolerances joins the transaction of ctx.
	FixesTolerances(ctx context.Context, partnership string) (price, quantity bool, err error)
}

// Heed has tolerances that an agreement speaks of changed by it alone; call it before use.
func (s *Service) Heed(a Agreed) { s.agreed = a }

// NewService makes the service.
func NewService(d *db.DB, jobs Publisher, dir account.Directory) *Service {
	return &Service{db: d, jobs: jobs, dir: dir}
}

var errNotFound = fault.New(fault.NotFound, "error.not_found")

func (s *Service) view(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.View(account.Acting(ctx, a), fn)
}

// change runs fn in a writing transaction and audits a refusal afterwards.
func (s *Service) change(ctx context.Context, a access.Actor, action, id string, fn func(ctx context.Context) error) error {
	err := s.db.InTx(account.Acting(ctx, a), fn)
	if c := fault.CodeOf(err); a.Known() && !db.Joined(ctx) && (c == fault.NotFound || c == fault.Forbidden) {
		werr := s.db.InTx(account.Acting(ctx, a), func(ctx context.Context) error {
			return trail(ctx, a, action, id, audit.Denied)
		})
		if werr != nil {
			return werr
		}
	}
	return err
}

func trail(ctx context.Context, a access.Actor, action, id, outcome string) error {
	via, _, _ := strings.Cut(a.Via, ":")
	if !db.ValidID(id) {
		id = "" // what was asked for, not an id of ours: never into the log
	}
	return audit.Write(ctx, audit.Entry{Org: a.Org, Person: a.Person, Via: via, Action: action, SubjectKind: "partnership", SubjectID: id, Outcome: outcome,
		Addr: account.OriginOf(ctx).Addr})
}

// load reads a partnership and checks the action on it, inside a transaction.
func load(ctx context.Context, a access.Actor, act access.Action, id string) (Partnership, error) {
	if !a.Known() {
		return Partnership{}, fault.New(fault.Unauthenticated, "error.signed_out")
	}
	p, ok, err := find(ctx, id)
	if err != nil {
		return Partnership{}, err
	}
	if !ok {
		return Partnership{}, errNotFound
	}
	if err := access.Check(a, act, p.Resource()); err != nil {
		return Partnership{}, err
	}
	return p, nil
}

// Get returns a partnership of the actor's company.
// Codes: Unauthenticated, NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, id string) (Partnership, error) {
	var p Partnership
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		p, err = load(ctx, actor, access.PartnerRead, id)
		return err
	})
	return p, err
}

// List returns the partnerships of the actor's company in the given states (none
// given: in all), the oldest first.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) List(ctx context.Context, actor access.Actor, states ...State) ([]Partnership, error) {
	scope, err := access.List(actor, access.PartnerRead)
	if err != nil {
		return nil, err
	}
	return s.ListFor(ctx, scope, states...)
}

// ListFor is List for a service that holds the scope already.
func (s *Service) ListFor(ctx context.Context, scope access.Scope, states ...State) ([]Partnership, error) {
	if scope.Org() == "" {
		return nil, errNotFound
	}
	var out []Partnership
	err := s.db.View(db.WithOrgs(ctx, scope.Org()), func(ctx context.Context) (err error) {
		out, err = list(ctx, scope, states, "")
		return err
	})
	return out, err
}

// Between returns the partnerships of the actor's company with another: none,
// one, or one each way, in any state. A company that does not exist gives none.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Between(ctx context.Context, actor access.Actor, other string) ([]Partnership, error) {
	scope, err := access.List(actor, access.PartnerRead)
	if err != nil {
		return nil, err
	}
	if other == "" || other == scope.Org() {
		return nil, nil
	}
	var out []Partnership
	err = s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = list(ctx, scope, nil, other)
		return err
	})
	return out, err
}

// ByID returns partnerships by id in one query, for ports and for pages whose
// service granted the ids already; unknown ids are absent. It checks nothing and
// is never called with an id that came from a request.
func (s *Service) ByID(ctx context.Context, ids ...string) (map[string]Partnership, error) {
	var out map[string]Partnership
	err := s.db.View(ctx, func(ctx context.Context) (err error) {
		out, err = byIDs(ctx, ids)
		return err
	})
	return out, err
}

// Terms are what both sides of a partnership agree on.
type Terms struct {
	Currency          money.Currency
	PriceTolerance    money.Rate // 0 to 1
	QuantityTolerance money.Rate // 0 to 1
}

func (t Terms) check() error {
	bad := fault.New(fault.Invalid, "form.invalid")
	if !t.Currency.Valid() {
		bad.With("currency", "account.currency_wrong")
	}
	if t.PriceTolerance < 0 || t.PriceTolerance > money.One {
		bad.With("price_tolerance", "partner.tolerance_wrong")
	}
	if t.QuantityTolerance < 0 || t.QuantityTolerance > money.One {
		bad.With("quantity_tolerance", "partner.tolerance_wrong")
	}
	return bad.OrNil()
}

func (t Terms) onto(p *Partnership) {
	p.Currency, p.PriceTolerance, p.QuantityTolerance = t.Currency, t.PriceTolerance, t.QuantityTolerance
}

// InviteCmd invites a company into a partnership. Company is its code, the id
// that its people see on their company page. As is what the actor's company will
// be: access.Supplier or access.Reseller.
type InviteCmd struct {
	Company string
	As      access.Side
	Terms
}

// Invite proposes a partnership to another company, which accepts it or not. An
// ended one begins anew.
// Codes: Unauthenticated, NotFound (no such company), Forbidden, Invalid,
// Conflict (there is one already).
// Publishes EventInvited.
func (s *Service) Invite(ctx context.Context, actor access.Actor, cmd InviteCmd) (Partnership, error) {
	var p Partnership
	err := s.change(ctx, actor, "partner.invite", "", func(ctx context.Context) error {
		supplier, reseller := actor.Org, strings.TrimSpace(cmd.Company)
		if cmd.As == access.Reseller {
			supplier, reseller = reseller, supplier
		}
		if err := access.Check(actor, access.PartnerManage, access.Shared(supplier, reseller)); err != nil {
			return err
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		if cmd.As != access.Supplier && cmd.As != access.Reseller {
			bad.With("side", "partner.side_wrong")
		}
		if supplier == reseller {
			bad.With("company", "partner.company_own")
		}
		if err := cmd.check(); err != nil {
			bad.Fields = append(bad.Fields, fault.As(err).Fields...)
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		orgs, err := s.dir.OrgsByID(ctx, supplier, reseller)
		if err != nil {
			return err
		}
		if len(orgs) != 2 || orgs[supplier].State != account.Active || orgs[reseller].State != account.Active {
			return fault.New(fault.NotFound, "partner.company_unknown")
		}
		old, ok, err := findPair(ctx, supplier, reseller)
		if err != nil {
			return err
		}
		if ok && old.State != Ended {
			return fault.New(fault.Conflict, "partner.exists")
		}
		if ok {
			p = old
			cmd.onto(&p)
			return s.move(ctx, actor, &p, Invited, EventInvited)
		}
		p = Partnership{ID: db.NewID(), Supplier: supplier, Reseller: reseller, State: Invited, Created: db.Now(ctx), Version: 1, MovedBy: actor.Org}
		cmd.onto(&p)
		return s.invited(ctx, actor, p)
	})
	if err != nil {
		return Partnership{}, err
	}
	return p, nil
}

// invited writes a new partnership with its event and audit line.
func (s *Service) invited(ctx context.Context, actor access.Actor, p Partnership) error {
	if err := insert(ctx, p); err != nil {
		return err
	}
	if err := s.jobs.Publish(ctx, p.event(EventInvited, actor.Org)); err != nil {
		return err
	}
	return trail(ctx, actor, EventInvited, p.ID, audit.Done)
}

// move writes a change of state with its event and audit line.
func (s *Service) move(ctx context.Context, actor access.Actor, p *Partnership, to State, kind string) error {
	p.State, p.MovedBy = to, actor.Org
	ok, err := update(ctx, *p)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.Conflict, "partner.changed")
	}
	p.Version++
	if err := s.jobs.Publish(ctx, p.event(kind, actor.Org)); err != nil {
		return err
	}
	return trail(ctx, actor, kind, p.ID, audit.Done)
}

// step is a change of state: already there is no error, from elsewhere is a
// Conflict.
func (s *Service) step(ctx context.Context, actor access.Actor, id, kind string, to State, may func(p Partnership) bool) (Partnership, error) {
	var p Partnership
	err := s.change(ctx, actor, kind, id, func(ctx context.Context) (err error) {
		if p, err = load(ctx, actor, access.PartnerManage, id); err != nil || p.State == to {
			return err
		}
		if !may(p) {
			return fault.New(fault.Conflict, "partner.state_wrong", "state", string(p.State))
		}
		if to == Ended {
			if p.State == Invited && p.MovedBy == actor.Org && s.found != nil {
				if err := s.found.Unfound(ctx, actor, p.Other(actor.Org)); err != nil && !fault.IsNotFound(err) {
					return err
				}
			}
			if _, err := deleteConfirmations(ctx, p.ID, ""); err != nil {
				return err
			}
		}
		return s.move(ctx, actor, &p, to, kind)
	})
	if err != nil {
		return Partnership{}, err
	}
	return p, nil
}

// Accept makes an invited partnership active. Only the invited side may. Safe to
// repeat.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (not invited, or by the
// actor's own company). Publishes EventActivated.
func (s *Service) Accept(ctx context.Context, actor access.Actor, id string) (Partnership, error) {
	return s.step(ctx, actor, id, EventActivated, Active, func(p Partnership) bool { return p.State == Invited && p.MovedBy != actor.Org })
}

// Suspend stops new interchanges until the same side resumes. Safe to repeat.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (not active).
// Publishes EventSuspended.
func (s *Service) Suspend(ctx context.Context, actor access.Actor, id string) (Partnership, error) {
	return s.step(ctx, actor, id, EventSuspended, Suspended, func(p Partnership) bool { return p.State == Active })
}

// Resume makes a suspended partnership active again. Only the side that
// suspended it may. Safe to repeat.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (not suspended, or by the
// other side). Publishes EventActivated.
func (s *Service) Resume(ctx context.Context, actor access.Actor, id string) (Partnership, error) {
	return s.step(ctx, actor, id, EventActivated, Active, func(p Partnership) bool { return p.State == Suspended && p.MovedBy == actor.Org })
}

// End ends a partnership, or declines or withdraws an invitation. What was
// confirmed in it is forgotten; the documents stay readable for both. Safe to
// repeat.
// Codes: Unauthenticated, NotFound, Forbidden. Publishes EventEnded.
func (s *Service) End(ctx context.Context, actor access.Actor, id string) (Partnership, error) {
	return s.step(ctx, actor, id, EventEnded, Ended, func(Partnership) bool { return true })
}

// ChangeCmd changes the terms. Version is the one the form was made from.
type ChangeCmd struct {
	Version int64
	Terms
}

// Change changes the terms of a partnership; either side may. The currency of an
// active partnership stays, since prices and orders are in it.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict (somebody
// changed it meanwhile: the present version is in the arguments; or it ended).
func (s *Service) Change(ctx context.Context, actor access.Actor, id string, cmd ChangeCmd) (Partnership, error) {
	var p Partnership
	err := s.change(ctx, actor, "partner.change", id, func(ctx context.Context) (err error) {
		if p, err = load(ctx, actor, access.PartnerManage, id); err != nil {
			return err
		}
		if err := cmd.check(); err != nil {
			return err
		}
		switch {
		case p.Version != cmd.Version:
			return fault.New(fault.Conflict, "partner.changed", "version", p.Version)
		case p.State == Ended:
			return fault.New(fault.Conflict, "partner.state_wrong", "state", string(p.State))
		case p.State != Invited && p.Currency != cmd.Currency:
			return fault.New(fault.Conflict, "partner.currency_fixed", "currency", string(p.Currency))
		}
		if s.agreed != nil && (p.PriceTolerance != cmd.PriceTolerance || p.QuantityTolerance != cmd.QuantityTolerance) {
			price, quantity, err := s.agreed.FixesTolerances(ctx, p.ID)
			if err != nil {
				return err
			}
			if price && p.PriceTolerance != cmd.PriceTolerance || quantity && p.QuantityTolerance != cmd.QuantityTolerance {
				return fault.New(fault.Conflict, "agreement.propose_instead")
			}
		}
		cmd.onto(&p)
		return s.write(ctx, actor, &p)
	})
	if err != nil {
		return Partnership{}, err
	}
	return p, nil
}

// AdoptTolerances sets the tolerances to what both companies agreed, in the
// transaction of ctx; nil leaves one as it is. It is called by edi/agreement for the
// company that confirmed.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict.
func (s *Service) AdoptTolerances(ctx context.Context, actor access.Actor, id string, price, quantity *money.Rate) error {
	return s.change(ctx, actor, "partner.change", id, func(ctx context.Context) error {
		p, err := load(ctx, actor, access.PartnerManage, id)
		if err != nil {
			return err
		}
		t := Terms{Currency: p.Currency, PriceTolerance: p.PriceTolerance, QuantityTolerance: p.QuantityTolerance}
		if price != nil {
			t.PriceTolerance = *price
		}
		if quantity != nil {
			t.QuantityTolerance = *quantity
		}
		if err := t.check(); err != nil {
			return err
		}
		if t.PriceTolerance == p.PriceTolerance && t.QuantityTolerance == p.QuantityTolerance {
			return nil
		}
		t.onto(&p)
		return s.write(ctx, actor, &p)
	})
}

// write stores changed terms in the transaction of ctx.
func (s *Service) write(ctx context.Context, actor access.Actor, p *Partnership) error {
	ok, err := update(ctx, *p)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.Conflict, "partner.changed")
	}
	p.Version++
	return trail(ctx, actor, "partner.change", p.ID, audit.Done)
}
