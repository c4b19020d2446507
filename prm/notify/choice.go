package notify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

// Topics are what a person chooses by: the kinds of notices, put together.
var Topics = []string{"order", "settle", "approval", "lead", "deal", "quote", "engage", "promo", "fund", "sell", "catalog", "chat", "call", "forum", "library", "edi"}

// beside are first words of kinds that belong to another topic.
var beside = map[string]string{"as2": "edi", "hook": "edi", "agreement": "edi", "claim": "fund", "protect": "fund", "mapping": "lead"}

// Topic is that of a kind; "" for one of none.
func Topic(kind string) string {
	word, _, _ := strings.Cut(kind, ".")
	if t := beside[word]; t != "" {
		return t
	}
	if slices.Contains(Topics, word) {
		return word
	}
	return ""
}

// The ways a notice reaches a person. wayAll is that of an object: no way at all.
const (
	WayInbox = "inbox"
	WayMail  = "mail"
	wayAll   = "all"
)

// Settings are what a person chose in one company.
type Settings struct {
	Mode  Mode // empty: nothing yet
	Quiet Quiet
	Off   map[string][]string // topic → ways by which it does not come
}

// Quiet are the hours of the person's day without mail, as minutes from midnight; equal:
// none. From may be later than To: over midnight.
type Quiet struct{ From, To int }

// Clock writes a time of day.
func Clock(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// ParseQuiet reads two times of day; where one is empty there are no quiet hours.
// Codes: Invalid.
func ParseQuiet(from, to string) (Quiet, error) {
	var q Quiet
	if from == "" || to == "" {
		return q, nil
	}
	for _, one := range []struct {
		field, text string
		into        *int
	}{{"quiet_from", from, &q.From}, {"quiet_to", to, &q.To}} {
		t, err := time.Parse("15:04", strings.ReplaceAll(one.text, "：", ":"))
		if err != nil {
			return Quiet{}, fault.InvalidField(one.field, "notice.hour_wrong")
		}
		*one.into = 60*t.Hour() + t.Minute()
	}
	return q, nil
}

// End is when the quiet time that holds at an instant is over; the zero time: none holds.
func (q Quiet) End(at time.Time, zone *time.Location) time.Time {
	l := at.In(zone)
	clock := func(day, minutes int) time.Time {
		return time.Date(l.Year(), l.Month(), l.Day()+day, 0, minutes, 0, 0, zone)
	}
	for day := -1; day <= 0 && q.From != q.To; day++ {
		from, to := clock(day, q.From), clock(day, q.To)
		if q.To < q.From {
			to = clock(day+1, q.To)
		}
		if !at.Before(from) && at.Before(to) {
			return to
		}
	}
	return time.Time{}
}

// Settings returns what the actor chose in the actor's company.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Settings(ctx context.Context, actor access.Actor) (Settings, error) {
	if err := own(actor); err != nil {
		return Settings{}, err
	}
	out := Settings{Off: map[string][]string{}}
	err := s.db.View(account.Acting(ctx, actor), func(ctx context.Context) error {
		r, err := choiceOf(ctx, actor.Org, actor.Person)
		if err != nil {
			return err
		}
		out.Mode, out.Quiet = Mode(r.Mode), Quiet{int(r.QuietFrom), int(r.QuietTo)}
		rows, err := offOf(ctx, actor.Org, actor.Person)
		for _, o := range rows {
			if o.Way != wayAll {
				out.Off[o.Topic] = append(out.Off[o.Topic], o.Way)
			}
		}
		return err
	})
	return out, err
}

// SaveSettings sets what the actor is told by which way; zone is the person's, for the
// hour of a daily mail.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid.
func (s *Service) SaveSettings(ctx context.Context, actor access.Actor, set Settings, zone *time.Location) error {
	if err := ownWrite(actor); err != nil {
		return err
	}
	if !slices.Contains(Modes, set.Mode) {
		return fault.InvalidField("mail", "form.choice_wrong")
	}
	const day = 24 * 60
	if q := set.Quiet; q.From < 0 || q.From >= day {
		return fault.InvalidField("quiet_from", "notice.hour_wrong")
	} else if q.To < 0 || q.To >= day {
		return fault.InvalidField("quiet_to", "notice.hour_wrong")
	}
	var rows []offRow
	for topic, ways := range set.Off {
		for _, way := range ways {
			if !slices.Contains(Topics, topic) || way != WayInbox && way != WayMail && way != WayPush {
				return fault.InvalidField("off", "form.choice_wrong")
			}
			if r := (offRow{OrgID: actor.Org, PersonID: actor.Person, Topic: topic, Way: way}); !slices.Contains(rows, r) {
				rows = append(rows, r)
			}
		}
	}
	slices.SortFunc(rows, func(a, b offRow) int { return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Way, b.Way)) })
	return s.db.InTx(account.Acting(ctx, actor), func(ctx context.Context) error {
		now := db.Now(ctx)
		c, err := choiceOf(ctx, actor.Org, actor.Person)
		if err != nil {
			return err
		}
		if c.Mode != string(set.Mode) || c.NextAt == 0 {
			c.NextAt = db.Micros(morning(now, zone))
		}
		c.OrgID, c.PersonID, c.Mode, c.Changed, c.Hold = actor.Org, actor.Person, string(set.Mode), db.Micros(now), 0
		c.QuietFrom, c.QuietTo = int64(set.Quiet.From), int64(set.Quiet.To)
		if err := saveChoice(ctx, c); err != nil {
			return err
		}
		return replaceOff(ctx, actor.Org, actor.Person, rows)
	})
}
