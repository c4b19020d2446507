package deal

import (
	"context"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// seen is a dispute as the registrant of one of its registrations may see it: nothing of
// the other one, nor of who opened it, and not the supplier's note.
func (d Dispute) seen(org string, id ID) Dispute {
	d.Note, d.Evidence = "", nil
	if id == d.Claim {
		d.Holder = ""
	} else {
		d.Claim = ""
	}
	if d.Org != org {
		d.Org, d.Person, d.Reason, d.Text = "", "", "", ""
	}
	return d
}

// Contest opens a dispute about what was decided of the actor's own registration: it
// waits, or was refused. The clock of the one that is protected stands still until a
// named person of the supplier rules.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict (nothing to contest, or
// in dispute already). Publishes EventDisputed for each registration.
func (s *Service) Contest(ctx context.Context, actor access.Actor, id ID, reason, words string) error {
	return s.step(ctx, actor, access.DealWrite, id, func(ctx context.Context, r *Registration) error {
		if !r.CanDispute() {
			return fault.New(fault.Conflict, "deal.not_now", "State", string(r.State()))
		}
		var holder *Registration
		if r.Against != "" {
			h, ok, err := byID(ctx, r.Against)
			if err != nil {
				return err
			}
			if ok && h.Disputes == 0 && (h.Decision == Protected || h.Decision == Expired) {
				holder = &h
			}
		}
		return s.open(ctx, actor, r, holder, reason, words, nil)
	})
}

// Doubt opens a dispute about a protected registration of a partner, for the supplier.
// claim may name the registration that contends, or be empty.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict.
func (s *Service) Doubt(ctx context.Context, actor access.Actor, id, claim ID, reason, words string) error {
	return s.step(ctx, actor, access.DealDecide, id, func(ctx context.Context, r *Registration) error {
		if r.Disputes > 0 || r.Decision != Protected && r.Decision != Expired {
			return fault.New(fault.Conflict, "deal.not_held")
		}
		if claim == "" {
			return s.open(ctx, actor, nil, r, reason, words, nil)
		}
		c, err := load(ctx, actor, access.DealDecide, claim)
		if err != nil {
			return err
		}
		if c.ID == id || !c.CanDispute() {
			return fault.New(fault.Conflict, "deal.not_now", "State", string(c.State()))
		}
		return s.open(ctx, actor, &c, r, reason, words, nil)
	})
}

func (s *Service) open(ctx context.Context, actor access.Actor, claim, holder *Registration, reason, words string, evidence *Resold) error {
	words = strings.TrimSpace(words)
	if err := reasoned(OpenDispute, reason, words); err != nil {
		return err
	}
	about := claim
	if about == nil {
		about = holder
	}
	t, err := termsOf(ctx, about.Supplier)
	if err != nil {
		return err
	}
	now := db.Now(ctx)
	d := Dispute{ID: DisputeID(db.NewID()), Supplier: about.Supplier, Org: actor.Org, Person: actor.Person, Reason: reason, Text: words, Decider: t.Decider, Opened: now, Evidence: evidence}
	if d.Due, err = s.calendar.Clock(ctx, about.Supplier, now, t.DisputeHours); err != nil {
		return err
	}
	for _, r := range []*Registration{holder, claim} {
		if r == nil {
			continue
		}
		who := actor
		if actor.Org != r.Registrant && actor.Org != r.Supplier { // the other one is not told by whom
			who = access.System("deals", r.Supplier)
		}
		if d.Decider == "" {
			d.Decider = r.DecidedBy
		}
		e := Entry{}
		if r == claim {
			d.Claim = r.ID
			e.Reason, e.Note = reason, words
		} else {
			d.Holder = r.ID
			r.Guard.freeze(now)
			if claim == nil && evidence == nil { // it would tell that somebody else sold there
				e.Reason = reason
			}
		}
		r.Disputes++
		r.Review = d.Due
		if err := s.aside(ctx, who, r, OpenDispute, EventDisputed, Event{Due: d.Due.Due, Decider: d.Decider}, e); err != nil {
			return err
		}
	}
	return insertDispute(ctx, d)
}

// RuleCmd rules a dispute. Percent is the holder's part of a split, 1 to 99. Note stays
// with the supplier.
type RuleCmd struct {
	Dispute DisputeID
	Ruling  Ruling
	Percent int
	Note    string
}

// Rule ends a dispute: the holder keeps the deal, shares it, or loses it to the claim.
// The time of the dispute is given back to its clock.
// Codes: Unauthenticated, NotFound, Forbidden (another person decides), Invalid, Conflict
// (ruled already; no place left for the claim). Publishes EventRuled for each
// registration.
func (s *Service) Rule(ctx context.Context, actor access.Actor, cmd RuleCmd) error {
	cmd.Note = strings.TrimSpace(cmd.Note)
	return s.change(ctx, actor, func(ctx context.Context) error {
		if !actor.Known() {
			return fault.New(fault.Unauthenticated, "error.signed_out")
		}
		d, ok, err := disputeByID(ctx, cmd.Dispute)
		if err != nil {
			return err
		}
		if !ok {
			return notFound()
		}
		if err := access.Check(actor, access.DealDecide, access.Resource{Supplier: d.Supplier}); err != nil {
			return err
		}
		switch {
		case d.Decider != "" && d.Decider != actor.Person && !actor.Has(access.Admin):
			return fault.New(fault.Forbidden, "deal.other_decider")
		case d.Ruling != "":
			return fault.New(fault.Conflict, "deal.ruled")
		case cmd.Ruling != Uphold && cmd.Ruling != Split && cmd.Ruling != Transfer, cmd.Ruling == Split && (d.Claim == "" || d.Holder == ""):
			return fault.InvalidField("ruling", "form.choice_wrong")
		case cmd.Ruling == Split && (cmd.Percent < 1 || cmd.Percent > 99):
			return fault.InvalidField("percent", "form.between", "least", 1, "most", 99)
		case cmd.Note == "":
			return fault.InvalidField("note", "form.missing")
		case len(cmd.Note) > 2000:
			return fault.InvalidField("note", "form.too_long", "Most", 2000)
		}
		if err := serial(ctx, d.Supplier); err != nil {
			return err
		}
		d.Ruling, d.Percent, d.Note, d.Ruled, d.RuledBy = cmd.Ruling, cmd.Percent, cmd.Note, db.Now(ctx), actor.Person
		if ok, err := closeDispute(ctx, d); err != nil || !ok {
			if err == nil {
				err = fault.New(fault.Conflict, "deal.ruled")
			}
			return err
		}
		if err := s.ruleClaim(ctx, actor, d); err != nil {
			return err
		}
		return s.ruleHolder(ctx, actor, d)
	})
}

// ruleClaim does what a ruling means for the claim.
func (s *Service) ruleClaim(ctx context.Context, actor access.Actor, d Dispute) error {
	if d.Claim == "" {
		return nil
	}
	r, ok, err := byID(ctx, d.Claim)
	if err != nil || !ok {
		return err
	}
	r.Disputes--
	if d.Ruling != Uphold {
		if !r.Counting() {
			if err := s.room(ctx, r); err != nil {
				return err
			}
		}
		was := r.State()
		if err := r.move(Grant); err != nil {
			return err
		}
		if err := s.protect(ctx, actor, &r); err != nil {
			return err
		}
		if r.Share = 100; d.Ruling == Split {
			r.Share = 100 - d.Percent
		}
		if err := s.told(ctx, actor, &r, was, Grant, Entry{}); err != nil {
			return err
		}
	}
	if err := s.aside(ctx, actor, &r, Rule, EventRuled, Event{}, ruled(d)); err != nil {
		return err
	}
	return s.settle(ctx, &r, nil, nil)
}

func ruled(d Dispute) Entry { return Entry{Args: map[string]string{"ruling": string(d.Ruling)}} }

// ruleHolder does what a ruling means for the one that was protected.
func (s *Service) ruleHolder(ctx context.Context, actor access.Actor, d Dispute) error {
	if d.Holder == "" {
		return nil
	}
	r, ok, err := byID(ctx, d.Holder)
	if err != nil || !ok {
		return err
	}
	r.Disputes--
	r.Guard.thaw(db.Now(ctx))
	if d.Ruling == Split {
		r.Share = d.Percent
	}
	if d.Ruling == Transfer {
		was := r.State()
		if err := r.move(Yield); err != nil {
			return err
		}
		r.Reason, r.Asked = "ruled", Asked{}
		if err := s.told(ctx, actor, &r, was, Yield, Entry{Reason: r.Reason}); err != nil {
			return err
		}
	}
	if err := s.aside(ctx, actor, &r, Rule, EventRuled, Event{}, ruled(d)); err != nil {
		return err
	}
	if d.Ruling == Transfer {
		return s.admit(ctx, r)
	}
	return s.settle(ctx, &r, nil, nil)
}
