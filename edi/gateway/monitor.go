package gateway

import (
	"cmp"
	"context"
	"slices"
	"time"

	"entente/db"
	"entente/edi/wire"
	"entente/prm/access"
)

// Monitor is what a company's EDI people look at: how much ran, what is late, what
// waits for a person, what goes wrong most.
type Monitor struct {
	Slots       []Slot
	States      []StateCount  // of the whole span
	Recent      []Interchange // newest first
	Late        []Interchange // acknowledgements overdue, the oldest first
	LateCount   int
	Stuck       []Interchange // held or parked on their way in, newest first
	StuckCount  int
	Undelivered []Interchange // made here and given up, held back or not proved
	LostCount   int
	Errors      []ErrorGroup // most frequent first, at most MaxErrorGroups
	Looked      int          // refused interchanges that Errors speaks of, at most maxRefused
}

// Slot counts the documents of a while; acknowledgements are none.
type Slot struct {
	From             time.Time
	In, Out, Refused int
}

// StateCount counts documents in a state, by direction. Word is a State before it is
// processed, its result after; of what was made here the delivery, then the partner's
// verdict.
type StateCount struct {
	Out  bool
	Word string
	N    int
}

// ErrorGroup is a rule that the documents of one sender break. Interchange and Position
// are the newest example; position 0 is the whole interchange.
type ErrorGroup struct {
	Key         string
	Sender      string // company id
	Partner     string // the other company, seen from the reader
	Sets        int
	Interchange string
	Position    int
	Example     wire.Finding // as it stands there
}

// Span is the while that a Monitor counts: Slots times Slot from Since on. What is out
// of bounds becomes the last 24 hours.
type Span struct {
	Since time.Time
	Slot  time.Duration
	Slots int
}

// MaxErrorGroups bounds Monitor.Errors. errorDays is how far they look back.
const (
	MaxErrorGroups = 10
	errorDays      = 30
	monitorRows    = 20
	maxRefused     = 300
	maxRefusedSets = 2000
)

// filled is the span within bounds.
func (p Span) filled(now time.Time) Span {
	if p.Slots < 1 || p.Slots > 100 || p.Slot < time.Minute || p.Slot > 31*24*time.Hour || p.Since.After(now) || now.Sub(p.Since) > 370*24*time.Hour {
		return Span{Since: now.Truncate(time.Hour).Add(-23 * time.Hour), Slot: time.Hour, Slots: 24}
	}
	return p
}

// Monitor reads it for the actor's company. Every query is bounded by the span or by a
// number of rows.
func (s *Service) Monitor(ctx context.Context, actor access.Actor, span Span) (Monitor, error) {
	scope, err := access.List(actor, access.EDIRead)
	if err != nil {
		return Monitor{}, err
	}
	now, org := s.db.Clock(), scope.Org()
	span = span.filled(now)
	var m Monitor
	err = s.db.View(ctx, func(ctx context.Context) error {
		m = Monitor{}
		if err := m.count(ctx, org, span); err != nil {
			return err
		}
		rows, err := newestOf(ctx, org, span.Since, monitorRows)
		if err != nil {
			return err
		}
		if m.Recent, err = seen(ctx, org, rows); err != nil {
			return err
		}
		if rows, m.LateCount, err = lateOf(ctx, org, monitorRows); err != nil {
			return err
		}
		if m.Late, err = seen(ctx, org, rows); err != nil {
			return err
		}
		if rows, m.StuckCount, err = stuckOf(ctx, org, monitorRows); err != nil {
			return err
		}
		if m.Stuck, err = seen(ctx, org, rows); err != nil {
			return err
		}
		if rows, m.LostCount, err = undeliveredOf(ctx, org, monitorRows); err != nil {
			return err
		}
		if m.Undelivered, err = seen(ctx, org, rows); err != nil {
			return err
		}
		return m.group(ctx, org, now.Add(-errorDays*24*time.Hour))
	})
	return m, err
}

// count fills the slots and the states.
func (m *Monitor) count(ctx context.Context, org string, span Span) error {
	for i := range span.Slots {
		m.Slots = append(m.Slots, Slot{From: span.Since.Add(time.Duration(i) * span.Slot)})
	}
	rows, err := countsOf(ctx, org, span)
	if err != nil {
		return err
	}
	for _, r := range rows {
		word := r.State
		switch {
		case r.Origin == OriginMade && refusedBy(r.Acknowledged, r.Advised) != "":
			word = refusedBy(r.Acknowledged, r.Advised)
		case r.Origin == OriginMade && r.Acknowledged != "":
			word = r.Acknowledged
		case r.Origin == OriginMade:
			word = cmp.Or(r.Delivery, BusinessMade)
		case r.State == string(Processed):
			word = cmp.Or(r.Result, r.State)
		}
		if i := slices.IndexFunc(m.States, func(c StateCount) bool { return c.Out == r.Went && c.Word == word }); i >= 0 {
			m.States[i].N += r.N
		} else {
			m.States = append(m.States, StateCount{Out: r.Went, Word: word, N: r.N})
		}
		if r.Slot < 0 || r.Slot >= len(m.Slots) {
			continue
		}
		slot := &m.Slots[r.Slot]
		if r.Went {
			slot.Out += r.N
		} else {
			slot.In += r.N
		}
		if word == ResultRejected || word == ResultPartly {
			slot.Refused += r.N
		}
	}
	slices.SortFunc(m.States, func(a, b StateCount) int {
		if a.Out != b.Out {
			return map[bool]int{true: 1, false: -1}[a.Out]
		}
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Word, b.Word))
	})
	return nil
}

// group counts which rules the refused documents broke, by sender.
func (m *Monitor) group(ctx context.Context, org string, since time.Time) error {
	heads, err := refusedOf(ctx, org, since, maxRefused)
	if err != nil {
		return err
	}
	m.Looked = len(heads)
	ids, place := make([]string, len(heads)), map[string]int{}
	for i := range heads {
		ids[i], place[heads[i].ID] = heads[i].ID, i
	}
	sets, err := refusedSets(ctx, ids, maxRefusedSets)
	if err != nil {
		return err
	}
	groups := map[[2]string]*ErrorGroup{}
	newest := map[[2]string]int{} // place of the example
	add := func(i, position int, fs []wire.Finding) {
		h := &heads[i]
		var said []string
		for _, f := range fs {
			if f.Severity != wire.Reject || f.Key == findingRefused || slices.Contains(said, f.Key) {
				continue
			}
			said = append(said, f.Key)
			k := [2]string{f.Key, h.SenderID}
			g := groups[k]
			if g == nil {
				partner := h.SenderID
				if partner == org {
					partner = h.ReceiverID
				}
				g = &ErrorGroup{Key: f.Key, Sender: h.SenderID, Partner: partner, Interchange: h.ID, Position: position, Example: f}
				groups[k], newest[k] = g, i
			}
			g.Sets++
			if i < newest[k] || i == newest[k] && position < g.Position {
				g.Interchange, g.Position, g.Example, newest[k] = h.ID, position, f, i
			}
		}
	}
	for i := range heads {
		add(i, 0, findingsOf(heads[i].Findings))
	}
	for _, set := range sets {
		add(place[set.InterchangeID], int(set.Position), findingsOf(set.Findings))
	}
	for _, g := range groups {
		m.Errors = append(m.Errors, *g)
	}
	slices.SortFunc(m.Errors, func(a, b ErrorGroup) int {
		return cmp.Or(cmp.Compare(b.Sets, a.Sets), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Sender, b.Sender))
	})
	m.Errors = m.Errors[:min(len(m.Errors), MaxErrorGroups)]
	return nil
}

// bounds are the begin and the length of a slot of a span as stored.
func (p Span) bounds() (since, slot int64) { return db.Micros(p.Since), p.Slot.Microseconds() }
