package notify

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

// Mode says which notices a person is also sent by mail.
type Mode string

// The modes. Whoever never chose has ModeUrgent where a mail server is set, or ModeAway as
// long as no visit of theirs is known; without a server none.
const (
	ModeUrgent Mode = "urgent" // urgent ones, at once
	ModeAll    Mode = "all"    // every one, at once
	ModeDaily  Mode = "daily"  // one mail in the morning, of what came since the last visit
	ModeNever  Mode = "never"
	ModeAway   Mode = "away" // urgent ones at once, all others in the morning; nobody chooses it
)

// Modes lists those that a person chooses from.
var Modes = []Mode{ModeUrgent, ModeAll, ModeDaily, ModeNever}

// What was seen in the portal within MailAfter is not mailed; what is older than
// mailUntil neither, so that a long stop ends without a flood. A mail lists mailRows.
const (
	MailAfter = 2 * time.Minute
	mailUntil = 48 * time.Hour
	mailRows  = 20
	awayRows  = 100 // for who has no inbox at hand
	mailHour  = 8   // of the person's day, for ModeDaily
)

// The steps of a notice on its way to a mail.
const (
	mailOpen    = 0
	mailSettled = 1 // mailed, or not to be
	mailDigest  = 2 // waits for the morning
)

// Digest is what one mail to a person lists: the oldest first, and how many more there are.
type Digest struct {
	Mode    Mode
	Notices []Notice
	More    int
}

// Thread is the key of the one object they are all about, "" where there is none.
func (d Digest) Thread() string {
	about := ""
	for i, n := range d.Notices {
		if a := aboutOf(n.SubjectKind, n.SubjectID); a == "" || i > 0 && a != about {
			return ""
		} else {
			about = a
		}
	}
	if d.More > 0 {
		return ""
	}
	return about
}

// Mode returns what the actor chose in the actor's company; empty: nothing yet.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Mode(ctx context.Context, actor access.Actor) (Mode, error) {
	if err := own(actor); err != nil {
		return "", err
	}
	var m Mode
	err := s.db.View(account.Acting(ctx, actor), func(ctx context.Context) error {
		r, err := choiceOf(ctx, actor.Org, actor.Person)
		m = Mode(r.Mode)
		return err
	})
	return m, err
}

// Choose sets which notices the actor gets by mail; zone is the person's, for the
// hour of a daily mail.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid.
func (s *Service) Choose(ctx context.Context, actor access.Actor, m Mode, zone *time.Location) error {
	if err := ownWrite(actor); err != nil {
		return err
	}
	if !slices.Contains(Modes, m) {
		return fault.InvalidField("mail", "form.choice_wrong")
	}
	return s.db.InTx(account.Acting(ctx, actor), func(ctx context.Context) error {
		now := db.Now(ctx)
		c, err := choiceOf(ctx, actor.Org, actor.Person) // the hours without mail stay
		if err != nil {
			return err
		}
		c.OrgID, c.PersonID, c.Mode, c.NextAt, c.Changed = actor.Org, actor.Person, string(m), db.Micros(morning(now, zone)), db.Micros(now)
		return saveChoice(ctx, c)
	})
}

// morning is the next mailHour after t.
func morning(t time.Time, zone *time.Location) time.Time {
	l := t.In(zone)
	at := time.Date(l.Year(), l.Month(), l.Day(), mailHour, 0, 0, 0, zone)
	if !at.After(t) {
		at = time.Date(l.Year(), l.Month(), l.Day()+1, mailHour, 0, 0, 0, zone)
	}
	return at
}

// Pending finds people with notices that may have to be mailed by now, up to limit. It
// is for the job that mails.
func (s *Service) Pending(ctx context.Context, limit int) ([]Target, error) {
	var out []Target
	err := s.db.View(ctx, func(ctx context.Context) (err error) {
		out, err = pendingMail(ctx, db.Now(ctx).Add(-MailAfter), db.Now(ctx), limit)
		return err
	})
	return out, err
}

// Collect takes what one mail to a person lists and settles it, in the transaction of
// ctx, in which the mail is written too. sends says whether a mail server is set; visited
// is when the person was last at the portal: what was told before that is not in a daily
// mail. In the person's quiet hours nothing is taken, and nothing is due until they end.
// Codes: NotFound (not a system actor, or a target of another company).
func (s *Service) Collect(ctx context.Context, actor access.Actor, to Target, zone *time.Location, sends bool, visited time.Time) (Digest, error) {
	if !strings.HasPrefix(actor.Via, "system:") || to.Org != actor.Org || to.Person == "" {
		return Digest{}, fault.New(fault.NotFound, "error.not_found")
	}
	var out Digest
	err := s.db.InTx(account.Acting(ctx, actor), func(ctx context.Context) error {
		now := db.Now(ctx)
		c, err := choiceOf(ctx, to.Org, to.Person)
		if err != nil {
			return err
		}
		out.Mode = Mode(c.Mode)
		switch {
		case out.Mode == "" && sends && visited.IsZero():
			out.Mode = ModeAway
		case out.Mode == "" && sends:
			out.Mode = ModeUrgent
		case out.Mode == "":
			out.Mode = ModeNever
		}
		if end := (Quiet{int(c.QuietFrom), int(c.QuietTo)}).End(now, zone); !end.IsZero() && out.Mode != ModeNever {
			c.Hold = db.Micros(end)
			return saveChoice(ctx, c)
		}
		before, from := now.Add(-MailAfter), now.Add(-mailUntil)
		steps, rows := []int{mailOpen, mailDigest}, mailRows
		if out.Mode == ModeAway {
			rows = awayRows
		}
		take := func(steps []int, urgent bool) (err error) {
			var n int64
			if out.Notices, n, err = unmailed(ctx, to, steps, from, before, urgent, rows); err == nil {
				out.More = int(n) - len(out.Notices)
			}
			return err
		}
		if out.Mode == ModeDaily || out.Mode == ModeAway {
			due, err := s.morningCame(ctx, to, &c, now, zone)
			if err != nil {
				return err
			}
			if !due {
				if out.Mode == ModeAway {
					if err := take([]int{mailOpen}, true); err != nil {
						return err
					}
					if err := stepUrgent(ctx, to, before); err != nil {
						return err
					}
				}
				return stepMail(ctx, to, []int{mailOpen}, before, mailDigest)
			}
			if visited.After(from) {
				from = visited
			}
		}
		if out.Mode != ModeNever {
			if err := take(steps, out.Mode == ModeUrgent); err != nil {
				return err
			}
		}
		return stepMail(ctx, to, steps, before, mailSettled)
	})
	return out, err
}

// morningCame says whether a daily mail is due: its hour came, and something was told before
// it. What is told later in the day waits for the next one.
func (s *Service) morningCame(ctx context.Context, to Target, c *choiceRow, now time.Time, zone *time.Location) (bool, error) {
	at := c.NextAt
	if at > db.Micros(now) {
		return false, nil
	}
	c.OrgID, c.PersonID, c.NextAt = to.Org, to.Person, db.Micros(morning(now, zone))
	if err := saveChoice(ctx, *c); err != nil {
		return false, err
	}
	return toldBefore(ctx, to, at)
}
