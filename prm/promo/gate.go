package promo

import (
	"context"
	"slices"

	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/partner"
)

// Facts are what the rules of the owner's own company judge a proposal by. Partner is the
// first that takes part, for those who read of it.
type Facts struct {
	Promotion            ID
	Owner                string
	Number               string
	Partner, Partnership string
	Others               []string     // the other companies that take part and trade with the owner, in the order of the terms
	Total                money.Amount // all of the budget
	Was                  money.Amount // of the version that stands, zero where there is none
}

// Kept is a proposal that is kept back: what was written, or a counter-proposal taken over.
type Kept struct {
	Promotion ID
	Words     string
	Counter   string // the version of a company that takes part
	// Total is the budget that was judged: a counter-proposal that comes to more by now, since it
	// is taken over into other terms, is not let go.
	Total money.Amount
}

// Approvals keeps proposals back until the owner's own people let them go. It is a port:
// prm/approval implements it, within the caller's transaction.
type Approvals interface {
	// Proposing gives the id of the request, or nothing where no rule catches the proposal.
	Proposing(ctx context.Context, actor access.Actor, f Facts, k Kept) (string, error)
	// Unproposed ends what waits for a promotion that goes another way.
	Unproposed(ctx context.Context, id ID) error
}

// Heed has proposals kept back by the rules of their own company; call it before use.
func (s *Service) Heed(a Approvals) { s.approvals = a }

// keep asks the rules of the owner's company about terms that are to be proposed; true says
// that they wait, which is written.
func (s *Service) keep(ctx context.Context, actor access.Actor, r *row, t Terms, k Kept) (bool, error) {
	if err := s.overtaken(ctx, r); err != nil || s.approvals == nil {
		return false, err
	}
	f := Facts{Promotion: ID(r.ID), Owner: r.OwnerID, Number: r.Number, Total: t.Budget()}
	orgs := make([]string, len(t.Parts))
	for i, part := range t.Parts {
		orgs[i] = part.Org
	}
	list, err := s.partners.With(ctx, access.System("promotions", r.OwnerID), orgs...)
	if err != nil {
		return false, err
	}
	for _, part := range t.Parts {
		org := part.Org
		at := slices.IndexFunc(list, func(x partner.Partnership) bool {
			return x.State == partner.Active && org != r.OwnerID && (x.Supplier == r.OwnerID && x.Reseller == org || x.Reseller == r.OwnerID && x.Supplier == org)
		})
		switch {
		case at < 0:
		case f.Partnership == "":
			f.Partner, f.Partnership = org, list[at].ID
		default:
			f.Others = append(f.Others, org)
		}
	}
	if f.Partnership == "" {
		return false, nil // nobody is asked
	}
	was, err := newest(ctx, *r)
	if err != nil {
		return false, err
	}
	if was.ID != "" {
		f.Was = was.Terms.Budget()
	}
	k.Total = f.Total
	id, err := s.approvals.Proposing(ctx, actor, f, k)
	if err != nil || id == "" {
		return false, err
	}
	r.Approval = id
	if err := addLog(ctx, r.ID, r.OwnerID, "kept", actor.Org, actor.Person, 0, k.Words); err != nil {
		return false, err
	}
	if err := note(ctx, actor, "promotion.keep", r.ID); err != nil {
		return false, err
	}
	return true, save(ctx, r)
}

// overtaken ends what waits for a promotion that goes another way now; the caller saves it.
func (s *Service) overtaken(ctx context.Context, r *row) error {
	if r.Approval == "" {
		return nil
	}
	r.Approval = ""
	if s.approvals == nil {
		return nil
	}
	return s.approvals.Unproposed(ctx, ID(r.ID))
}

// LetGo proposes what was kept back, in the name of who asked for it, once the owner's own
// people approved request. Nothing else may be proposed by it.
// Codes: NotFound, Forbidden (a person of its own), Conflict (it waits for another request,
// went another way, or comes to more than was judged), and those of Propose and AnswerCounter. Publishes as these.
func (s *Service) LetGo(ctx context.Context, actor access.Actor, request string, k Kept) (Detail, error) {
	var out Detail
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, seats, err := load(ctx, actor, access.PromoWrite, k.Promotion, true)
		if err != nil {
			return err
		}
		if actor.Via != access.System("approval", actor.Org).Via {
			return fault.New(fault.Forbidden, "error.forbidden")
		}
		if request == "" || r.Approval != request {
			return fault.New(fault.Conflict, "promo.approval_gone")
		}
		r.Approval = ""
		if k.Counter != "" {
			out, err = s.answerCounter(ctx, actor, r, seats, k.Counter, true, k.Words, &k.Total)
			return err
		}
		if r.Draft == "" {
			return fault.New(fault.Conflict, "promo.no_draft")
		}
		t, err := decode(r.Draft)
		if err != nil {
			return err
		}
		if err := s.ready(ctx, actor, &t); err != nil {
			return err
		}
		if err := s.propose(ctx, actor, &r, seats, t, k.Words, false); err != nil {
			return err
		}
		out, err = reread(ctx, r)
		return err
	})
	return out, err
}

// Unapproved notes that the owner's own people did not let a proposal go: it can be written
// on and proposed again. Safe to repeat.
// Codes: NotFound, Forbidden.
func (s *Service) Unapproved(ctx context.Context, actor access.Actor, id ID, request string) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		r, _, err := load(ctx, actor, access.PromoWrite, id, true)
		if err != nil || r.Approval == "" || r.Approval != request {
			return err
		}
		r.Approval = ""
		if err := addLog(ctx, r.ID, r.OwnerID, "unapproved", "", "", 0, ""); err != nil {
			return err
		}
		return save(ctx, &r)
	})
}
