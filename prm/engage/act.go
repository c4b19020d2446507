package engage

import (
	"context"
	"errors"
	"slices"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// InviteCmd invites a company.
type InviteCmd struct {
	Org     string
	Role    string
	Message string // read by this company before it accepts: it names nobody
	Days    int    // to answer, 1 to MostDays; 0: AnswerDays
}

// AnswerCmd declines, leaves or removes. Reason is one of ReasonsFor.
type AnswerCmd struct {
	Reason  string
	Comment string
}

func notNow(st SeatState) error {
	return fault.New(fault.Conflict, "engage.not_now", "State", string(st))
}

// Invite asks a partner of the owner to take part. What began from another company's case
// asks that company first, and others once it accepted. Repeating it changes nothing.
// Codes: NotFound (the engagement), Forbidden (not the owner's people), Invalid (company, role,
// message), Conflict (it takes part or is invited, whose case it is comes first, too many, closed).
// Publishes EventInvited.
func (s *Service) Invite(ctx context.Context, actor access.Actor, id ID, cmd InviteCmd) (Detail, error) {
	var out Detail
	err := s.change(ctx, actor, func(ctx context.Context) error {
		e, p, err := s.working(ctx, actor, access.EngageLead, id)
		if err != nil {
			return err
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		if !slices.Contains(Roles, cmd.Role) {
			bad.With("role", "form.choice_wrong")
		}
		if cmd.Days == 0 {
			cmd.Days = AnswerDays
		}
		if cmd.Days < 1 || cmd.Days > MostDays {
			bad.With("answer_days", "engage.days", "Most", MostDays)
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		tie, err := s.circle.Between(ctx, p.owner, cmd.Org)
		if err != nil {
			return err
		}
		if !tie.Active || cmd.Org == p.owner {
			return fault.InvalidField("company", "engage.partner_unknown")
		}
		if tie.Supplies && shut(actor) { // with this company in it, he would not read it any more
			return fault.InvalidField("company", "engage.managers")
		}
		x := p.seats[cmd.Org]
		cmd.Message = bounded(cmd.Message, 1000)
		if x.State == Invited && x.Role == cmd.Role && x.Message == cmd.Message {
			out, err = s.detailOf(ctx, actor, id)
			return err
		}
		if !may(Invite, true, x.State) {
			return notNow(x.State)
		}
		if e.FirstOrg != "" && cmd.Org != e.FirstOrg && p.seats[e.FirstOrg].Joined.IsZero() {
			return fault.New(fault.Conflict, "engage.first")
		}
		if len(p.seats) >= MaxSeats {
			return fault.New(fault.Conflict, "engage.too_many", "Most", MaxSeats)
		}
		now := db.Now(ctx)
		if x.ID == "" {
			x.ID = db.NewID()
		}
		back, err := s.circle.Between(ctx, cmd.Org, p.owner)
		if err != nil {
			return err
		}
		x.Org, x.Role, x.State, x.Message, x.Invited, x.InvitedBy = cmd.Org, cmd.Role, Invited, cmd.Message, now, actor.Person
		x.Due, x.offer = now.AddDate(0, 0, cmd.Days), e.terms()
		x.Answered, x.AnsweredBy, x.Reason, x.Comment, x.supplies = time.Time{}, "", "", "", back.Supplies
		if own := p.seats[p.owner]; tie.Supplies && !own.supplies {
			own.supplies = true
			if err := saveSeat(ctx, e, own, now); err != nil {
				return err
			}
		}
		if err := saveSeat(ctx, e, x, now); err != nil {
			return err
		}
		if err := note(ctx, actor, "engagement.invite", id); err != nil {
			return err
		}
		p.seats[cmd.Org] = x
		if err := s.tell(ctx, actor, EventInvited, e, p, said{to: []string{cmd.Org}}); err != nil {
			return err
		}
		out, err = s.detailOf(ctx, actor, id)
		return err
	})
	return out, err
}

// Accept takes part on the terms whose hash was read: among them whether those who take part
// are shown to each other. Of two at once one does it, the other finds it done.
// Codes: NotFound, Forbidden, Conflict (other terms than those read, not invited any more,
// closed, the partnership is not active). Publishes EventAccepted.
func (s *Service) Accept(ctx context.Context, actor access.Actor, id ID, hash string) (Detail, error) {
	var out Detail
	err := s.change(ctx, actor, func(ctx context.Context) error {
		e, p, x, err := s.answering(ctx, actor, id, Accept)
		if err != nil {
			return err
		}
		if x.State == Active {
			out, err = s.detailOf(ctx, actor, id)
			return err
		}
		h, err := offerHash(e, x)
		if err != nil {
			return err
		}
		if hash != h {
			return changed()
		}
		tie, err := s.circle.Between(ctx, p.owner, actor.Org)
		if err != nil {
			return err
		}
		if !tie.Active {
			return fault.New(fault.Conflict, "engage.partner_gone")
		}
		now := db.Now(ctx)
		if x.Joined.IsZero() {
			x.Joined = now
		}
		x.State, x.Answered, x.AnsweredBy, x.Left = Active, now, actor.Person, time.Time{}
		p.seats[actor.Org] = x
		if err := saveSeat(ctx, e, x, now); err != nil {
			return err
		}
		was, err := sectionOf(ctx, id, actor.Org)
		if err == nil && was.Version == 0 {
			err = saveSection(ctx, id, actor.Org, Section{Stage: Stages[0], Version: 1, Changed: now, By: actor.Person})
		}
		if err != nil {
			return err
		}
		if err := note(ctx, actor, "engagement.accept", id); err != nil {
			return err
		}
		if err := s.tell(ctx, actor, EventAccepted, e, p, said{to: p.others(), whole: true}); err != nil {
			return err
		}
		out, err = s.detailOf(ctx, actor, id)
		return err
	})
	return out, err
}

// answering is load for a company's deed in its own seat. A deed that is done already passes.
func (s *Service) answering(ctx context.Context, actor access.Actor, id ID, d Deed) (row, party, Seat, error) {
	e, p, err := load(ctx, actor, access.EngageAnswer, id, true)
	if err != nil {
		return e, p, Seat{}, err
	}
	x := p.seats[actor.Org]
	switch {
	case State(e.State) != Open && (x.State == Active || x.State == Invited):
		err = fault.New(fault.Conflict, "engage.closed")
	case x.State == steps[d].to && !(d == Leave && actor.Org == p.owner):
	case actor.Org == p.owner:
		err = fault.New(fault.Conflict, "engage.owner_stays")
	case d == Accept && x.State == Invited && !x.Due.IsZero() && !db.Now(ctx).Before(x.Due):
		err = fault.New(fault.Conflict, "engage.over")
	case !may(d, false, x.State):
		err = notNow(x.State)
	}
	return e, p, x, err
}

// Decline refuses an invitation, with a reason. Repeating it changes nothing.
// Codes: NotFound, Forbidden, Invalid (reason), Conflict (not invited). Publishes EventDeclined.
func (s *Service) Decline(ctx context.Context, actor access.Actor, id ID, cmd AnswerCmd) error {
	return s.end(ctx, actor, id, Decline, cmd)
}

// Leave ends the own company's part; what it got stays readable, its room is closed to it.
// Codes: NotFound, Forbidden, Invalid (reason), Conflict (it does not take part, it is the
// owner's). Publishes EventLeft.
func (s *Service) Leave(ctx context.Context, actor access.Actor, id ID, cmd AnswerCmd) error {
	return s.end(ctx, actor, id, Leave, cmd)
}

func (s *Service) end(ctx context.Context, actor access.Actor, id ID, d Deed, cmd AnswerCmd) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		e, p, x, err := s.answering(ctx, actor, id, d)
		if err != nil || x.State == steps[d].to {
			return err
		}
		return s.leave(ctx, actor, e, p, x, d, cmd)
	})
}

// Withdraw takes an invitation back.
// Codes: NotFound, Forbidden, Invalid (company), Conflict (it was answered). Publishes EventWithdrawn.
func (s *Service) Withdraw(ctx context.Context, actor access.Actor, id ID, org string) error {
	return s.out(ctx, actor, id, org, Withdraw, AnswerCmd{})
}

// Remove ends the part of a company.
// Codes: NotFound, Forbidden, Invalid (company, reason), Conflict (it does not take part). Publishes EventLeft.
func (s *Service) Remove(ctx context.Context, actor access.Actor, id ID, org string, cmd AnswerCmd) error {
	return s.out(ctx, actor, id, org, Remove, cmd)
}

func (s *Service) out(ctx context.Context, actor access.Actor, id ID, org string, d Deed, cmd AnswerCmd) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		e, p, err := s.working(ctx, actor, access.EngageLead, id)
		if err != nil {
			return err
		}
		x, ok := p.seats[org]
		switch {
		case !ok || org == p.owner:
			return fault.InvalidField("company", "engage.company_unknown")
		case x.State == steps[d].to:
			return nil
		case !may(d, true, x.State):
			return notNow(x.State)
		}
		return s.leave(ctx, actor, e, p, x, d, cmd)
	})
}

// leave ends a seat, or an invitation.
func (s *Service) leave(ctx context.Context, actor access.Actor, e row, p party, x Seat, d Deed, cmd AnswerCmd) error {
	if list := reasons[d]; list != nil && (cmd.Reason != ReasonPartnership || actor.Person != "") && !slices.Contains(list, cmd.Reason) {
		return fault.InvalidField("reason", "form.choice_wrong")
	}
	to := p.org
	p.org = x.Org
	others := p.others() // who knows it, before it goes
	p.org = to
	now, kind := db.Now(ctx), EventLeft
	was := x.State
	x.State, x.Answered, x.AnsweredBy, x.Reason, x.Comment = steps[d].to, now, actor.Person, cmd.Reason, bounded(cmd.Comment, 1000)
	if x.State == Left {
		x.Left = now
	}
	if err := saveSeat(ctx, e, x, now); err != nil {
		return err
	}
	p.seats[x.Org] = x
	who := []string{p.owner}
	switch d {
	case Decline:
		kind = EventDeclined
	case Withdraw:
		kind = EventWithdrawn
	case Expire:
		kind = EventExpired
	}
	if actor.Org == p.owner {
		who = []string{x.Org}
	}
	if was == Active {
		for _, o := range others {
			if o != actor.Org && !slices.Contains(who, o) {
				who = append(who, o)
			}
		}
	}
	if err := note(ctx, actor, "engagement."+string(d), ID(e.ID)); err != nil {
		return err
	}
	return s.tell(ctx, actor, kind, e, p, said{to: who, company: x.Org, seat: x.ID, reason: cmd.Reason, whole: was == Active})
}

// CloseCmd closes an engagement. Outcome is one of Outcomes.
type CloseCmd struct {
	Outcome string
	Comment string // read by all who take part
}

// Close ends an engagement for all: invitations lapse, everything stays readable. Repeating
// it changes nothing.
// Codes: NotFound, Forbidden (not the owner's people), Invalid (outcome), Conflict (closed with
// another outcome). Publishes EventClosed.
func (s *Service) Close(ctx context.Context, actor access.Actor, id ID, cmd CloseCmd) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		e, p, err := load(ctx, actor, access.EngageLead, id, true)
		if err != nil {
			return err
		}
		switch {
		case State(e.State) == Closed && e.Outcome == cmd.Outcome:
			return nil
		case State(e.State) == Closed:
			return fault.New(fault.Conflict, "engage.closed")
		case !slices.Contains(Outcomes, cmd.Outcome):
			return fault.InvalidField("outcome", "form.choice_wrong")
		}
		now := db.Now(ctx)
		for _, x := range p.seats {
			if x.State == Invited {
				if err := s.leave(ctx, actor, e, p, x, Withdraw, AnswerCmd{}); err != nil {
					return err
				}
			}
		}
		e.State, e.Outcome, e.Comment, e.Closed, e.ClosedBy = string(Closed), cmd.Outcome, bounded(cmd.Comment, 1000), db.Micros(now), actor.Person
		if err := saveState(ctx, e); err != nil {
			return err
		}
		for _, x := range p.seats {
			if x.State == Active {
				if err := saveSeat(ctx, e, x, now); err != nil {
					return err
				}
			}
		}
		if err := note(ctx, actor, "engagement.close", id); err != nil {
			return err
		}
		return s.tell(ctx, actor, EventClosed, e, p, said{to: p.others(), reason: cmd.Outcome, whole: true, closed: true})
	})
}

// PartnersEnded ends what two companies have together in engagements that one of them owns,
// when their last partnership ended. It is for the system and may run twice.
// Codes: NotFound.
func (s *Service) PartnersEnded(ctx context.Context, actor access.Actor, one, other string) error {
	if !actor.Known() || actor.Person != "" || actor.Org != one && actor.Org != other {
		return notFound()
	}
	tie, err := s.circle.Between(ctx, one, other)
	if err != nil || tie.Active {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, one, other), func(ctx context.Context) error {
		list, err := together(ctx, one, other)
		if err != nil {
			return err
		}
		for _, at := range list {
			desk := access.System("engagements", at.OwnerID)
			e, p, err := load(ctx, desk, access.EngageRead, ID(at.EngagementID), true)
			if err != nil {
				return err
			}
			x, d := p.seats[at.OrgID], Remove
			if State(e.State) != Open {
				continue
			}
			if x.State == Invited {
				d = Withdraw
			}
			if may(d, true, x.State) {
				if err := s.leave(ctx, desk, e, p, x, d, AnswerCmd{Reason: ReasonPartnership}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// warnMost is how long before its end at most an invited company is told.
const warnMost = 3 * 24 * time.Hour

// Tick tells invited companies that their time to answer ends, and ends the invitations that
// nobody answered in time: each in a transaction of its own, late or twice is harmless. more
// says that there was more than one pass takes.
func (s *Service) Tick(ctx context.Context) (more bool, err error) {
	soon, warned := s.pass(ctx, expiring, func(r seatRow) string { return r.OwnerID }, s.warn)
	late, ended := s.pass(ctx, overdue, func(r seatRow) string { return r.OrgID }, s.expire) // its silence is what the owner is told of
	return soon || late, errors.Join(warned, ended)
}

// pass takes a step with invitations that a query finds, in the name of one of the two
// companies; what was answered meanwhile is left.
func (s *Service) pass(ctx context.Context, find func(ctx context.Context, now int64, limit int) ([]seatRow, error), as func(seatRow) string,
	step func(ctx context.Context, desk access.Actor, e row, p party, x Seat) error) (more bool, err error) {
	const batch = 200
	var rows []seatRow
	err = s.db.View(ctx, func(ctx context.Context) (err error) {
		rows, err = find(ctx, db.Micros(db.Now(ctx)), batch)
		return err
	})
	errs := []error{err}
	for _, r := range rows {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		errs = append(errs, s.db.InTx(db.WithOrgs(ctx, r.OwnerID, r.OrgID), func(ctx context.Context) error {
			desk := access.System("engagements", as(r))
			e, p, err := load(ctx, desk, access.EngageRead, ID(r.EngagementID), true)
			if x := p.seats[r.OrgID]; err == nil && x.State == Invited && State(e.State) == Open {
				err = step(ctx, desk, e, p, x)
			}
			return err
		})) // the others go on
	}
	err = errors.Join(errs...)
	return len(rows) == batch && err == nil, err
}

// warn tells a company that its time to answer ends, once.
func (s *Service) warn(ctx context.Context, desk access.Actor, e row, p party, x Seat) error {
	now := db.Now(ctx)
	if !now.Before(x.Due) || x.Due.Sub(now) > warnMost {
		return nil
	}
	first, err := warn(ctx, x.ID, db.Micros(now))
	if err != nil || !first {
		return err
	}
	return s.tell(ctx, desk, EventExpiring, e, p, said{to: []string{x.Org}, company: x.Org})
}

// expire ends an invitation that nobody answered in time.
func (s *Service) expire(ctx context.Context, desk access.Actor, e row, p party, x Seat) error {
	if x.Due.IsZero() || db.Now(ctx).Before(x.Due) {
		return nil
	}
	return s.leave(ctx, desk, e, p, x, Expire, AnswerCmd{})
}
