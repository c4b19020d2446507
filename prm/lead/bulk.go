package lead

import (
	"context"
	"errors"
	"slices"

	"entente/db"
	"entente/prm/access"
	"entente/prm/customer"
	"entente/prm/fault"
)

// MostPicks is how many leads may be offered at once.
const MostPicks = 200

// Pick is a lead to offer. Version 0 does not check; otherwise it is the version the
// person saw.
type Pick struct {
	Lead    ID
	Version int64
}

// BulkCmd offers many leads: to one partner, or where Partnership is empty by the rules.
// Hours and note go with an offer to one partner, as in OfferCmd.
type BulkCmd struct {
	Picks       []Pick
	Partnership string
	Accept      int
	Convert     int
	Note        string
}

// Outcomes of a pick.
const (
	BulkReady     = "ready"     // would be offered to Reseller
	BulkOffered   = "offered"   // was offered to Reseller now
	BulkAlready   = "already"   // Reseller has it or was offered it: nothing was done
	BulkNotFree   = "not_free"  // somebody else has it, or it is over
	BulkBefore    = "before"    // the partner had it before
	BulkConsent   = "consent"   // its contact did not agree to be passed on
	BulkNoRule    = "no_rule"   // no rule fits
	BulkNobody    = "nobody"    // nobody that the rule allows may have it
	BulkChanged   = "changed"   // somebody changed it meanwhile
	BulkForbidden = "names"     // the note names its customer
	BulkUnknown   = "unfounded" // its customer or contact is gone
)

// BulkResult is what became of a pick, or would.
type BulkResult struct {
	Lead        Lead
	Outcome     string
	Partnership string
	Reseller    string
	Fit         int // 0 to 1000; 0: chosen by a person
	Rule        string
	Offer       OfferID
}

// Look says of each lead what BulkOffer would do. Nothing is written.
// Codes: Unauthenticated, NotFound (one of the leads, the partnership, or it is not
// active), Forbidden, Invalid (too many, hours, note).
func (s *Service) Look(ctx context.Context, actor access.Actor, cmd BulkCmd) ([]BulkResult, error) {
	if err := access.Check(actor, access.LeadOffer, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	bad := wrongTerms(&cmd.Note, cmd.Accept, cmd.Convert)
	if len(cmd.Picks) > MostPicks {
		bad.With("leads", "form.too_many", "most", MostPicks)
	}
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	var ids []ID
	versions := map[ID]int64{}
	for _, p := range cmd.Picks {
		if !slices.Contains(ids, p.Lead) {
			ids = append(ids, p.Lead)
		}
		versions[p.Lead] = p.Version
	}
	var out []BulkResult
	err := s.view(ctx, actor, func(ctx context.Context) error {
		leads, err := leadsByID(ctx, actor.Org, ids)
		if err != nil {
			return err
		}
		t, err := survey(ctx, actor.Org)
		if err != nil {
			return err
		}
		if cmd.Partnership != "" && t.partners[cmd.Partnership] == "" {
			return notFound()
		}
		had, err := offeredOf(ctx, actor.Org, ids)
		if err != nil {
			return err
		}
		var whose []customer.ID
		for _, l := range leads {
			whose = append(whose, l.Draft.Customer)
		}
		customers, err := s.customers.Many(ctx, s.owner(Lead{Org: actor.Org}, actor), whose)
		if err != nil {
			return err
		}
		for _, id := range ids {
			l, ok := leads[id]
			if !ok {
				return notFound()
			}
			r := BulkResult{Lead: l, Outcome: BulkReady}
			c, known := customers[l.Draft.Customer]
			contact, cerr := contactIn(c, l.Draft)
			switch v := versions[id]; {
			case v != 0 && v != l.Version && (l.State == New || l.State == Unplaced):
				r.Outcome = BulkChanged
			case !known || cerr != nil:
				r.Outcome = BulkUnknown
			case cmd.Partnership != "":
				t.byHand(&r, cmd, c, contact, had[id])
			default:
				t.byRule(&r, c, contact, had[id])
			}
			if r.Outcome == BulkReady {
				t.gave(r.Partnership, db.Now(ctx))
			}
			out = append(out, r)
		}
		return nil
	})
	return out, err
}

// byHand says what an offer to one partner would be.
func (t terrain) byHand(r *BulkResult, cmd BulkCmd, c customer.Detail, contact *customer.Contact, had map[string]bool) {
	r.Partnership, r.Reseller = cmd.Partnership, t.partners[cmd.Partnership]
	l := r.Lead
	switch {
	case l.Holder == r.Reseller && l.State != Lost:
		r.Outcome, r.Offer = BulkAlready, l.Offer
	case l.State != New && l.State != Unplaced:
		r.Outcome = BulkNotFree
	case had[r.Reseller]:
		r.Outcome = BulkBefore
	case contact != nil && !contact.Consent.Share:
		r.Outcome = BulkConsent
	case cmd.Note != "" && naming(map[string]string{"note": cmd.Note}, c) != nil:
		r.Outcome = BulkForbidden
	}
}

// byRule says whom the rules would choose.
func (t terrain) byRule(r *BulkResult, c customer.Detail, contact *customer.Contact, had map[string]bool) {
	l := r.Lead
	switch l.State {
	case New, Unplaced:
	case Routed, Accepted, Working:
		r.Outcome, r.Reseller, r.Offer = BulkAlready, l.Holder, l.Offer
		return
	default:
		r.Outcome = BulkNotFree
		return
	}
	to, why := t.choose(l, c, contact, had)
	if why != "" {
		r.Outcome = why
		return
	}
	r.Partnership, r.Reseller, r.Fit, r.Rule = to.partnership, to.reseller, to.fit, to.rule
}

// BulkOffer offers the leads that Look calls ready, each in a transaction of its own, and
// says of each what became of it. Safe to repeat: what the partner has is left alone.
// Codes: as Look. Publishes EventOffered.
func (s *Service) BulkOffer(ctx context.Context, actor access.Actor, cmd BulkCmd) ([]BulkResult, error) {
	all, err := s.Look(ctx, actor, cmd)
	if err != nil {
		return nil, err
	}
	var t terrain
	if cmd.Partnership == "" {
		if err := s.view(ctx, actor, func(ctx context.Context) (err error) {
			t, err = survey(ctx, actor.Org)
			return err
		}); err != nil {
			return nil, err
		}
	}
	for i := range all {
		r := &all[i]
		if r.Outcome != BulkReady {
			continue
		}
		if err := s.bulkOne(ctx, actor, cmd, r, &t); err != nil {
			return all[:i], err
		}
	}
	return all, nil
}

// bulkOne offers one lead; what was looked at is what is offered.
func (s *Service) bulkOne(ctx context.Context, actor access.Actor, cmd BulkCmd, r *BulkResult, t *terrain) error {
	var o Offer
	err := s.change(ctx, actor, func(ctx context.Context) (err error) {
		if cmd.Partnership != "" {
			o, err = s.Offer(ctx, actor, OfferCmd{Lead: r.Lead.ID, Version: r.Lead.Version, Partnership: cmd.Partnership, Accept: cmd.Accept, Convert: cmd.Convert, Note: cmd.Note})
			return err
		}
		l, err := load(ctx, actor, access.LeadOffer, r.Lead.ID)
		if err != nil {
			return err
		}
		if l.Version != r.Lead.Version {
			return fault.New(fault.Conflict, "lead.changed", "Version", l.Version)
		}
		var to *sending
		var why string
		if o, to, why, err = s.place(ctx, actor, &l, *t); err == nil && to == nil {
			r.Outcome = why
		}
		return err
	})
	var f *fault.Error
	switch {
	case err == nil && o.ID != "":
		r.Outcome, r.Offer, r.Partnership, r.Reseller, r.Fit, r.Rule = BulkOffered, o.ID, o.Partnership, o.Reseller, o.Fit, o.Rule
		if cmd.Partnership == "" {
			t.gave(o.Partnership, o.Offered)
		}
	case errors.As(err, &f) && f.Code == fault.Conflict:
		r.Outcome = BulkChanged
	case err != nil:
		return err
	}
	return nil
}
