package lead

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// Pause stops the running clock of an offer: of one that waits for its answer its owner stops
// it, of an accepted lead either company. Both see who set it, why and until when.
type Pause struct {
	Since, Until time.Time
	Reason       string // a PauseReasons word
	Comment      string
	Org, Person  string
}

// PauseReasons are why something waits: the customer holds it, or who gave it has to look
// something up.
var PauseReasons = []string{"customer_budget", "customer_date", "customer_absent", "checking", "other"}

// The bounds of pauses, in elapsed time: of one, and of all of an offer together.
const (
	MostPause  = 60 * 24 * time.Hour
	MostPaused = 120 * 24 * time.Hour
)

// PauseCmd pauses. Until is the last civil day, in the partner's zone.
type PauseCmd struct {
	Reason  string
	Comment string
	Until   string
}

// Pause stops the running clock of an offer: its owner may, and of an accepted lead the partner
// that holds it. What is left of it runs on afterwards, so it ends later and never sooner. An
// offer that waits for its answer can be answered meanwhile. A lead that was stale is not while
// it is paused. Repeating it changes nothing.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (reason, comment, day; a comment on an
// offer not yet accepted names the customer), Conflict (not held, paused already, its time is
// over, paused too long altogether). Publishes EventPaused.
func (s *Service) Pause(ctx context.Context, actor access.Actor, id OfferID, cmd PauseCmd) error {
	cmd.Comment = strings.TrimSpace(cmd.Comment)
	return s.step(ctx, actor, access.OfferRead, id, func(ctx context.Context, o *Offer) error {
		if err := mayPause(actor, *o); err != nil {
			return err
		}
		zone, err := zoneOf(ctx, o.Reseller)
		if err != nil {
			return err
		}
		now := db.Now(ctx)
		until, bad := cmd.check(zone, now)
		switch {
		case bad.OrNil() != nil:
			return bad
		case !o.running().Running():
			return NotHeld()
		case o.Pause != nil && o.Pause.Org == actor.Org && o.Pause.Reason == cmd.Reason && o.Pause.Until.Equal(until):
			return nil
		case o.Pause != nil:
			return fault.New(fault.Conflict, "lead.paused")
		case !o.running().Due.After(now):
			return NotHeld()
		case o.Paused+until.Sub(now) > MostPaused:
			return fault.New(fault.Conflict, "lead.paused_long", "Days", int(MostPaused/(24*time.Hour)))
		}
		if o.State.Unanswered() {
			if err := s.namesNobody(ctx, actor, *o, cmd.Comment); err != nil {
				return err
			}
		}
		o.Pause = &Pause{Since: now, Until: until, Reason: cmd.Reason, Comment: cmd.Comment, Org: actor.Org, Person: actor.Person}
		if o.State == OfferStale { // nobody is late while the customer wants to wait
			o.State = OfferAccepted
			if o.Worked.After(o.Answered) {
				o.State = OfferWorking
			}
		}
		if err := store(ctx, o); err != nil {
			return err
		}
		e := o.event()
		e.Org, e.Person, e.Reason, e.Due = actor.Org, actor.Person, cmd.Reason, until
		if err := s.publish(ctx, EventPaused, e); err != nil {
			return err
		}
		return note(ctx, actor, "lead.pause", "offer", string(id))
	})
}

// namesNobody refuses words about an offer not yet accepted that name its customer.
func (s *Service) namesNobody(ctx context.Context, actor access.Actor, o Offer, words string) error {
	l, ok, err := leadByID(ctx, o.Supplier, o.Lead)
	if err != nil || !ok {
		return cmp.Or(err, notFound())
	}
	c, _, err := s.customerOf(ctx, s.owner(l, actor), l.Draft)
	if err != nil {
		return err
	}
	return naming(map[string]string{"comment": words}, c)
}

// mayPause asks whether the actor may stop the clocks of an offer: as who works on it, or as
// its owner. Codes: NotFound, Forbidden, Conflict.
func mayPause(actor access.Actor, o Offer) error {
	act := access.OfferAnswer
	if actor.Org == o.Supplier {
		act = access.OfferManage
	}
	if err := access.Check(actor, act, o.Resource()); err != nil {
		return err
	}
	if o.State.Unanswered() && actor.Org != o.Supplier { // who has it to answer does not stop its own clock
		return fault.New(fault.Conflict, "lead.pause_unanswered")
	}
	return nil
}

// check says what is wrong with a command, and when the pause would end.
func (cmd PauseCmd) check(zone string, now time.Time) (time.Time, *fault.Error) {
	bad := fault.New(fault.Invalid, "form.invalid")
	if !slices.Contains(PauseReasons, cmd.Reason) {
		bad.With("reason", "form.choice_wrong")
	}
	if cmd.Reason == "other" && cmd.Comment == "" {
		bad.With("comment", "form.missing")
	}
	if len(cmd.Comment) > 1000 {
		bad.With("comment", "form.too_long", "Most", 1000)
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	day, err := time.ParseInLocation(time.DateOnly, cmd.Until, loc)
	until := day.AddDate(0, 0, 1).UTC()
	switch {
	case err != nil:
		bad.With("until", "form.date")
	case !until.After(now.Add(24 * time.Hour)):
		bad.With("until", "lead.pause_short")
	case until.Sub(now) > MostPause:
		bad.With("until", "lead.pause_long", "Days", int(MostPause/(24*time.Hour)))
	}
	return until, bad
}

// Resume lets the clocks run on before the pause is over; either company may. Repeating it
// changes nothing.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (it waits for the actor's own answer).
// Publishes EventResumed.
func (s *Service) Resume(ctx context.Context, actor access.Actor, id OfferID) error {
	return s.step(ctx, actor, access.OfferRead, id, func(ctx context.Context, o *Offer) error {
		if err := mayPause(actor, *o); err != nil {
			return err
		}
		if o.Pause == nil {
			return nil
		}
		return s.resume(ctx, actor, o)
	})
}

func (s *Service) resume(ctx context.Context, actor access.Actor, o *Offer) error {
	if err := s.runOn(ctx, o); err != nil {
		return err
	}
	if err := store(ctx, o); err != nil {
		return err
	}
	e := o.event()
	e.Org, e.Person, e.Due = actor.Org, actor.Person, o.running().Due
	if strings.HasPrefix(actor.Via, "system:") {
		e.Org = ""
	}
	if err := s.publish(ctx, EventResumed, e); err != nil {
		return err
	}
	return note(ctx, actor, "lead.resume", "offer", string(o.ID))
}

// runOn ends a pause. The clock gains as long as it took, and more where as many working hours
// as were left would not fit in: a pause over working days must not end in a weekend's clock.
func (s *Service) runOn(ctx context.Context, o *Offer) error {
	clock := o.running()
	since, was, had := o.Pause.Since, clock.Due, o.Paused
	o.unpause(db.Now(ctx))
	took := o.Paused - had
	least, most := 1, o.kept.hours
	if o.State.Unanswered() { // its hours are not kept
		most = mostHours
	}
	if took == 0 || most == 0 || !was.After(since) {
		return nil
	}
	for least < most { // the hours that were left
		half := (least + most) / 2
		c, err := s.calendar.Clock(ctx, o.Reseller, since, half)
		switch {
		case err != nil:
			return fixed(err)
		case c.Due.Before(was):
			least = half + 1
		default:
			most = half
		}
	}
	before, err := s.calendar.Clock(ctx, o.Reseller, since, least)
	if err != nil {
		return fixed(err)
	}
	after, err := s.calendar.Clock(ctx, o.Reseller, since.Add(took), least)
	if err != nil {
		return fixed(err)
	}
	more := after.Due.Sub(before.Due) - took
	for _, t := range []*time.Time{&clock.Half, &clock.Most, &clock.Due} {
		if more > 0 && t.After(since.Add(took)) {
			*t = t.Add(more)
		}
	}
	return nil
}

// fixed lets a clock run on by the time that passed where the company has no calendar to go by.
func fixed(err error) error {
	if fault.CodeOf(err) == fault.Internal {
		return err
	}
	return nil
}

// unpause ends a pause at now, or at its end where that was sooner: what was left of the
// clocks is left again.
func (o *Offer) unpause(now time.Time) {
	if o.Pause == nil {
		return
	}
	if now.After(o.Pause.Until) {
		now = o.Pause.Until
	}
	took := max(0, now.Sub(o.Pause.Since))
	later := func(t *time.Time) {
		if !t.IsZero() {
			*t = t.Add(took)
		}
	}
	clock := o.running()
	later(&clock.Half)
	later(&clock.Most)
	later(&clock.Due)
	switch {
	case o.Worked.IsZero():
	case o.Worked.Before(o.Pause.Since):
		later(&o.Worked)
	case o.Worked.Before(now): // during the pause: it is not stale sooner than if nothing had been done
		o.Worked = now
	}
	o.Paused += took
	o.Pause = nil
}

// running is the clock that runs, or stands still: until the answer, then until the deal. Of an
// offer that ended none does.
func (o *Offer) running() *Clock {
	switch {
	case o.State.Unanswered():
		return &o.Accept
	case o.State.Held():
		return &o.Convert
	}
	return &Clock{}
}

// Clock is the running clock, ending as Ends says; without an end where none runs.
func (o Offer) Clock() Clock {
	c := *o.running()
	c.Due = o.Ends()
	return c
}

// Ends is when the running clock ends, as far as is known: of a paused one, when the pause lasts
// to its end.
func (o Offer) Ends() time.Time {
	due := o.running().Due
	if o.Pause == nil || due.IsZero() {
		return due
	}
	return due.Add(o.Pause.Until.Sub(o.Pause.Since))
}

// Answerable says whether an offer waits for its answer at now: its clock may stand still.
func (o Offer) Answerable(now time.Time) bool { return o.State.Unanswered() && o.Ends().After(now) }
