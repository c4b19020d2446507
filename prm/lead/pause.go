package lead

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// Pause stops the clocks of an accepted lead while its customer wants it so. Both companies
// see who set it, why and until when.
type Pause struct {
	Since, Until time.Time
	Reason       string // a PauseReasons word
	Comment      string
	Org, Person  string
}

// PauseReasons are why a customer holds something.
var PauseReasons = []string{"customer_budget", "customer_date", "customer_absent", "other"}

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

// Pause stops the clocks of an accepted lead: the partner that holds it and the owner may. What
// is left of them runs on afterwards, so they end later and never sooner. Repeating it changes
// nothing.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (reason, comment, day), Conflict (not held,
// paused already, its time is over, paused too long altogether). Publishes EventPaused.
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
		case !o.State.Held():
			return NotHeld()
		case o.Pause != nil && o.Pause.Org == actor.Org && o.Pause.Reason == cmd.Reason && o.Pause.Until.Equal(until):
			return nil
		case o.Pause != nil:
			return fault.New(fault.Conflict, "lead.paused")
		case !o.Convert.Due.After(now):
			return NotHeld()
		case o.Paused+until.Sub(now) > MostPaused:
			return fault.New(fault.Conflict, "lead.paused_long", "Days", int(MostPaused/(24*time.Hour)))
		}
		o.Pause = &Pause{Since: now, Until: until, Reason: cmd.Reason, Comment: cmd.Comment, Org: actor.Org, Person: actor.Person}
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

// mayPause asks whether the actor may stop the clocks of an offer: as who works on it, or as
// its owner.
func mayPause(actor access.Actor, o Offer) error {
	act := access.OfferAnswer
	if actor.Org == o.Supplier {
		act = access.OfferManage
	}
	return access.Check(actor, act, o.Resource())
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
// Codes: Unauthenticated, NotFound, Forbidden. Publishes EventResumed.
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
	e.Org, e.Person, e.Due = actor.Org, actor.Person, o.Convert.Due
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
	since, was, had := o.Pause.Since, o.Convert.Due, o.Paused
	o.unpause(db.Now(ctx))
	took := o.Paused - had
	least, most := 1, o.kept.hours
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
	for _, t := range []*time.Time{&o.Convert.Half, &o.Convert.Most, &o.Convert.Due} {
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
	later(&o.Convert.Half)
	later(&o.Convert.Most)
	later(&o.Convert.Due)
	switch {
	case o.Worked.Before(o.Pause.Since):
		later(&o.Worked)
	case o.Worked.Before(now): // during the pause: it is not stale sooner than if nothing had been done
		o.Worked = now
	}
	o.Paused += took
	o.Pause = nil
}

// Ends is when the clock of an accepted lead ends, as far as is known: of a paused one, when
// the pause lasts to its end.
func (o Offer) Ends() time.Time {
	if o.Pause == nil || o.Convert.Due.IsZero() {
		return o.Convert.Due
	}
	return o.Convert.Due.Add(o.Pause.Until.Sub(o.Pause.Since))
}

// Certificate says that a partner is certified for a product family, to the last day of
// Until; empty: without end.
type Certificate struct {
	Family string `json:"family"`
	Until  string `json:"until,omitempty"`
}

// Holds says whether it holds on a civil day.
func (c Certificate) Holds(day string) bool { return c.Until == "" || day <= c.Until }

// checkCertificates folds certificates, the one of a family that holds longest first.
func checkCertificates(bad *fault.Error, list []Certificate) []Certificate {
	var out []Certificate
	if len(list) > 50 {
		bad.With("certificates", "form.too_many")
		return nil
	}
	for _, c := range list {
		c.Family, c.Until = strings.ToLower(strings.TrimSpace(c.Family)), strings.TrimSpace(c.Until)
		if c.Family == "" {
			continue
		}
		if len(c.Family) > 60 {
			bad.With("certificates", "form.too_long", "Most", 60)
		}
		if _, err := time.Parse(time.DateOnly, c.Until); c.Until != "" && err != nil {
			bad.With("certificates", "form.date")
		}
		if i := slices.IndexFunc(out, func(x Certificate) bool { return x.Family == c.Family }); i >= 0 {
			if out[i].Until != "" && (c.Until == "" || c.Until > out[i].Until) {
				out[i].Until = c.Until
			}
			continue
		}
		out = append(out, c)
	}
	return out
}

// certified are the families, of some, for which the owner keeps certificates: of them only
// certified partners are chosen.
func (t terrain) certified(families []string) []string {
	var out []string
	for _, f := range families {
		for _, p := range t.profiles {
			if slices.ContainsFunc(p.Certificates, func(c Certificate) bool { return strings.EqualFold(c.Family, f) }) {
				out = append(out, f)
				break
			}
		}
	}
	return out
}
