package trade

import (
	"context"
	"strings"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

// An order is to be answered within so many working hours of the supplier's business
// calendar. The clock begins when the order is booked and runs until nothing of it is
// unanswered; while a document of it is held it stands still, and an order that was
// replaced begins anew. It keeps the version of the calendar that it began with.

// Limits of the time to answer, in working hours.
const (
	DefaultAnswerHours = 16
	MaxAnswerHours     = 400
	warnPercent        = 80
)

// Events of the clock, with Event for payload; Object is the order's id.
const (
	AnswerDue     = "trade.AnswerDue"     // four fifths of the time are gone
	AnswerOverdue = "trade.AnswerOverdue" // all of it
)

// ClockEvents lists them.
func ClockEvents() []string { return []string{AnswerDue, AnswerOverdue} }

// AnswerClock is the clock on the answer to an order. The zero value: none runs.
type AnswerClock struct {
	Started time.Time
	Warn    time.Time // four fifths of the time
	Due     time.Time
	Warned  time.Time // when it was found to be near its end; zero: not yet
	Overdue time.Time // when it was found late; zero: not yet
	Paused  time.Time // a document is held; zero: it runs
	Settled time.Time
	Outcome string // AnsweredInTime …; empty while it waits
}

// The outcomes of an answer clock.
const (
	ClockAnswered  = "answered"
	ClockCancelled = "cancelled"
)

// Open says that an answer is still awaited.
func (c AnswerClock) Open() bool { return !c.Started.IsZero() && c.Settled.IsZero() }

// Late says that it is awaited past its time at an instant.
func (c AnswerClock) Late(now time.Time) bool {
	return c.Open() && (!c.Overdue.IsZero() || c.Paused.IsZero() && !now.Before(c.Due))
}

// Near says that four fifths of the time are gone, and not all of it.
func (c AnswerClock) Near(now time.Time) bool {
	return c.Open() && !c.Late(now) && c.Paused.IsZero() && !now.Before(c.Warn)
}

// AnswerTime is how long the supplier of a partnership may take to answer an order.
type AnswerTime struct {
	Partnership string
	Supplier    string
	Hours       int // working hours of the supplier's calendar; 0: no clock runs
	Changed     time.Time
	ChangedBy   string // person id
}

// AnswerTime returns it to both companies.
// Codes: NotFound.
func (s *Service) AnswerTime(ctx context.Context, actor access.Actor, partnership string) (AnswerTime, error) {
	var out AnswerTime
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		t, err := termsOf(ctx, partnership)
		if err == nil {
			err = access.Check(actor, access.PartnerRead, access.Shared(t.SupplierID, t.ResellerID))
		}
		if err != nil {
			return err
		}
		r, err := answerTimeOf(ctx, partnership)
		out = AnswerTime{Partnership: partnership, Supplier: t.SupplierID, Hours: int(r.Hours), ChangedBy: r.ChangedBy}
		if r.Changed > 0 {
			out.Changed = db.FromMicros(r.Changed)
		}
		return err
	})
	return out, err
}

// SetAnswerTime changes it: 1 to MaxAnswerHours, 0 for no clock. The supplier promises,
// so the supplier decides; running clocks keep their end.
// Codes: NotFound, Forbidden, Invalid, Conflict (an agreement of both speaks of it).
func (s *Service) SetAnswerTime(ctx context.Context, actor access.Actor, partnership string, hours int) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		t, err := termsOf(ctx, partnership)
		if err == nil {
			err = access.Check(actor, access.PartnerManage, access.Shared(t.SupplierID, t.ResellerID))
		}
		if err != nil {
			return err
		}
		if actor.Org != t.SupplierID {
			return fault.New(fault.Forbidden, "trade.supplier_decides")
		}
		if s.agreed != nil {
			fixed, err := s.agreed.FixesAnswerTime(ctx, partnership)
			if err == nil && fixed {
				err = fault.New(fault.Conflict, "agreement.propose_instead")
			}
			if err != nil {
				return err
			}
		}
		return setAnswerTime(ctx, actor, t, hours)
	})
}

func setAnswerTime(ctx context.Context, actor access.Actor, t terms, hours int) error {
	if hours < 0 || hours > MaxAnswerHours {
		return fault.InvalidField("answer_hours", "trade.answer_hours", "Most", MaxAnswerHours)
	}
	err := saveAnswerTime(ctx, answerTimeRow{PartnershipID: t.ID, SupplierID: t.SupplierID, ResellerID: t.ResellerID, Hours: int64(hours), Changed: db.Micros(db.Now(ctx)), ChangedBy: actor.Person})
	if err != nil {
		return err
	}
	return audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: "partner.answer_time", SubjectKind: "partnership", SubjectID: t.ID, Outcome: audit.Done})
}

// AdoptAnswerTime sets it to what both companies agreed, in the transaction of ctx. It
// is called by edi/agreement for the company that confirmed, on either side.
// Codes: NotFound, Forbidden (a person), Invalid.
func (s *Service) AdoptAnswerTime(ctx context.Context, actor access.Actor, partnership string, hours int) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		t, err := termsOf(ctx, partnership)
		if err == nil {
			err = access.Check(actor, access.PartnerManage, access.Shared(t.SupplierID, t.ResellerID))
		}
		if err == nil && !strings.HasPrefix(actor.Via, "system:") {
			err = fault.New(fault.Forbidden, "error.forbidden")
		}
		if err != nil {
			return err
		}
		return setAnswerTime(ctx, actor, t, hours)
	})
}

// startClock begins the clock of an order just booked (fresh), or of one that was replaced.
func (s *Service) startClock(ctx context.Context, t terms, o orderRow, fresh bool) error {
	if sparse(ctx) || State(o.State) != Received {
		return nil
	}
	r, err := answerTimeOf(ctx, t.ID)
	if err != nil || r.Hours == 0 {
		return err
	}
	cal, err := account.StandingCalendar(ctx, t.SupplierID, t.SupplierCountry, t.SupplierZone)
	if err != nil {
		return err
	}
	work := time.Duration(r.Hours) * time.Hour
	c, ok := cal.Clock(db.Now(ctx), work, warnPercent)
	if !ok {
		return nil // a company that does not work promises nothing
	}
	save := saveClock
	if fresh {
		save = beginClock
	}
	return save(ctx, clockRow{
		OrderID: o.ID, PartnershipID: o.PartnershipID, SupplierID: o.SupplierID, ResellerID: o.ResellerID, CalendarVersion: c.Version,
		Work: work.Microseconds(), Started: db.Micros(c.Start), Warn: db.Micros(c.Warn[0]), Due: db.Micros(c.Due),
	})
}

// tick brings the clock of an order in line with what just happened to it.
func (s *Service) tick(ctx context.Context, o orderRow) error {
	if o.ID == "" {
		return nil
	}
	c, ok, err := clockOf(ctx, o.ID)
	if err != nil || !ok || c.Settled > 0 {
		return err
	}
	waits, err := unanswered(ctx, o.ID)
	if err != nil {
		return err
	}
	now := db.Now(ctx)
	switch {
	case !waits:
		outcome := ClockAnswered
		if State(o.State) == Cancelled {
			outcome = ClockCancelled
		}
		return changeClock(ctx, o.ID, map[string]any{"settled": db.Micros(now), "outcome": outcome})
	case o.Held != "" && c.Paused == 0:
		cal, err := account.CalendarVersion(ctx, c.SupplierID, c.CalendarVersion)
		if err != nil {
			return err
		}
		left := func(at int64) int64 { return max(0, cal.Between(now, db.FromMicros(at)).Microseconds()) }
		return changeClock(ctx, o.ID, map[string]any{"paused": db.Micros(now), "warn_left": left(c.Warn), "due_left": left(c.Due)})
	case o.Held == "" && c.Paused > 0:
		cal, err := account.CalendarVersion(ctx, c.SupplierID, c.CalendarVersion)
		if err != nil {
			return err
		}
		values := map[string]any{"paused": int64(0)}
		for name, left := range map[string]int64{"warn": c.WarnLeft, "due": c.DueLeft} {
			if at, ok := cal.Add(now, time.Duration(left)*time.Microsecond); ok && left > 0 {
				values[name] = db.Micros(at)
			}
		}
		return changeClock(ctx, o.ID, values)
	}
	return nil
}

// Clocks finds the orders whose answer is nearly due, or overdue, and tells of each once.
// It runs on a schedule. Publishes AnswerDue and AnswerOverdue.
func (s *Service) Clocks(ctx context.Context) error {
	for _, k := range []struct{ at, told, event string }{{"due", "overdue", AnswerOverdue}, {"warn", "warned", AnswerDue}} {
		for {
			n := 0
			err := s.db.InTx(ctx, func(ctx context.Context) error {
				now := db.Now(ctx)
				rows, err := ringing(ctx, k.at, k.told, now, 200)
				n = len(rows)
				if err != nil {
					return err
				}
				for _, r := range rows {
					values := map[string]any{k.told: db.Micros(now)}
					if k.event == AnswerOverdue && r.Warned == 0 {
						values["warned"] = db.Micros(now) // one notice is enough
					}
					if err := changeClock(ctx, r.OrderID, values); err != nil {
						return err
					}
					if s.events == nil {
						continue
					}
					e := Event{Order: OrderID(r.OrderID), Supplier: r.SupplierID, Reseller: r.ResellerID, Partnership: r.PartnershipID}
					if err := s.events.Publish(ctx, job.Event{Kind: k.event, Version: eventVersion, Orgs: []string{r.SupplierID, r.ResellerID}, Object: r.OrderID, Payload: e}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
			if n < 200 {
				break
			}
		}
	}
	return nil
}

// LateAnswers lists the orders of the actor's company, on either side, whose answer is
// overdue, the longest first, at most limit (to 200), and counts them all.
// Codes: Forbidden.
func (s *Service) LateAnswers(ctx context.Context, actor access.Actor, limit int) ([]Row, int, error) {
	scope, err := access.List(actor, access.OrderRead)
	if err != nil {
		return nil, 0, err
	}
	var out []Row
	n := 0
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		rows, count, err := lateOrders(ctx, scope, db.Now(ctx), pageSize(limit))
		if err != nil {
			return err
		}
		n = count
		out, err = s.rows(ctx, actor, scope, rows)
		return err
	})
	return out, n, err
}
