package web

import (
	"strconv"
	"time"

	"entente/edi/gateway"
	"entente/edi/wire"
	"entente/portal/view"
	"entente/prm/access"
)

// The spans of the monitor, as in the query "span".
const (
	spanHour = "hour"
	spanDay  = ""
	spanWeek = "week"
)

var ediSpans = []string{spanDay, spanHour, spanWeek}

// span is what the monitor counts: the last hour by five minutes, 24 hours by the hour,
// seven days of the reader's calendar by the day.
func (v *visit) span(which string) gateway.Span {
	switch which {
	case spanHour:
		return gateway.Span{Since: v.now.Truncate(5 * time.Minute).Add(-55 * time.Minute), Slot: 5 * time.Minute, Slots: 12}
	case spanWeek:
		y, m, d := v.p.Now().Date()
		return gateway.Span{Since: time.Date(y, m, d, 0, 0, 0, 0, v.p.Now().Location()).Add(-6 * 24 * time.Hour), Slot: 24 * time.Hour, Slots: 7}
	}
	return gateway.Span{Since: v.now.Truncate(time.Hour).Add(-23 * time.Hour), Slot: time.Hour, Slots: 24}
}

// ediMonitor is what the EDI people look at first.
func ediMonitor(v *visit) error {
	which := oneOf(v.Query("span"), ediSpans)
	m, err := v.w.d.Gateway.Monitor(v.ctx, v.actor(), v.span(which))
	if err != nil {
		return err
	}
	var orgs, people []string
	for _, list := range [][]gateway.Interchange{m.Recent, m.Late, m.Stuck, m.Undelivered} {
		for _, i := range list {
			orgs, people = append(orgs, i.Partner(v.org())), append(people, i.Wait.AskedBy)
		}
	}
	for _, e := range m.Errors {
		orgs = append(orgs, e.Partner)
	}
	n, err := v.lookup(orgs, people)
	if err != nil {
		return err
	}
	page := &view.MonitorPage{Base: v.shell(), ListURL: v.path("edi"), LateCount: m.LateCount, Persons: m.StuckCount + m.LostCount, Looked: m.Looked, Chart: bars(m.Slots, which == spanWeek)}
	labels := map[string]string{spanDay: "monitor.span_day", spanHour: "monitor.span_hour", spanWeek: "monitor.span_week"}
	for _, s := range ediSpans {
		page.Spans = append(page.Spans, view.Tab{Label: view.T(labels[s]), URL: v.again("span", s), Count: -1, On: s == which})
	}
	for _, s := range m.Slots {
		page.In, page.Out, page.Refused = page.In+s.In, page.Out+s.Out, page.Refused+s.Refused
	}
	page.Documents = page.In + page.Out
	page.States = tallies(m.States)
	for _, i := range m.Late {
		wait := v.ackWait(i, n)
		page.Late = append(page.Late, view.LateRow{URL: v.path("edi", i.ID), Partner: n.company(i.Partner(v.org())), Types: i.Types, Number: or(i.Reference, i.Control), Wait: *wait})
	}
	if len(m.Late) > 0 {
		page.Oldest = v.now.Sub(m.Late[0].Wait.Due)
	}
	for _, i := range append(m.Stuck, m.Undelivered...) {
		row := view.StuckRow{URL: v.path("edi", i.ID), Partner: n.company(i.Partner(v.org())), Types: i.Types, Number: or(i.Reference, i.Control), Status: interchangeStatus(i), Since: i.Received, Deeds: v.deeds(gateway.Message{Interchange: i}), Reason: v.stuckReason(i)}
		row.Deeds.Answer = (i.State == gateway.Held || i.State == gateway.Failed) && v.may(access.EDIResolve, access.Shared(i.Supplier, i.Reseller))
		row.Deeds.Release = row.Deeds.Release && !row.Deeds.Answer
		page.Stuck = append(page.Stuck, row)
	}
	for _, e := range m.Errors {
		row := view.ErrorRow{URL: v.path("edi", e.Interchange), Partner: n.company(e.Partner), Own: e.Sender == v.org(), Key: e.Key, Sets: e.Sets, Text: v.findings([]wire.Finding{e.Example}, "")[0].Title}
		if e.Position > 0 {
			row.URL += "?set=" + strconv.Itoa(e.Position)
		}
		page.Errors = append(page.Errors, row)
	}
	for _, i := range m.Recent {
		page.Rows = append(page.Rows, v.messageRow(i, n))
	}
	if err := v.lateAnswers(page); err != nil {
		return err
	}
	return v.render(page, fragments{"monitor": "monitor.body"})
}

// stuckReason says why a message waits for a person.
func (v *visit) stuckReason(i gateway.Interchange) view.Text {
	switch {
	case i.State == gateway.Failed && i.LastError != "" && v.has(i.LastError):
		return view.T("monitor.parked", "tries", v.p.Count(i.Attempts), "reason", view.T(i.LastError))
	case i.State == gateway.Held && i.HeldFor != "":
		return view.T("hold." + i.HeldFor)
	case i.Delivery == gateway.DeliveryHeld && i.HeldFor == gateway.HeldNoAccount:
		return view.T("hold.no_account_text", "network", i.Network)
	}
	return view.Text{}
}

// tallies puts both directions of a state into one row.
func tallies(counts []gateway.StateCount) []view.StateTally {
	var out []view.StateTally
next:
	for _, c := range counts {
		state := view.State("edi." + c.Word)
		for i := range out {
			if out[i].State == state {
				out[i].In, out[i].Out = out[i].In+inOf(c), out[i].Out+outOf(c)
				continue next
			}
		}
		out = append(out, view.StateTally{State: state, In: inOf(c), Out: outOf(c)})
	}
	return out
}

func inOf(c gateway.StateCount) int {
	if c.Out {
		return 0
	}
	return c.N
}

func outOf(c gateway.StateCount) int {
	if c.Out {
		return c.N
	}
	return 0
}

// bars draws the slots: zero-based, the highest bar 112 high; one that is not empty is
// at least 2 high.
func bars(slots []gateway.Slot, days bool) view.Bars {
	out := view.Bars{Days: days}
	refused, best := 0, 0
	for i, s := range slots {
		refused += s.Refused
		if s.In+s.Out > out.Most {
			out.Most, best = s.In+s.Out, i
		}
	}
	if len(slots) == 0 {
		return out
	}
	step := 600 / len(slots)
	for i, s := range slots {
		total := s.In + s.Out
		h := 0
		if total > 0 {
			h = max(2, 112*total/out.Most)
		}
		out.Bars = append(out.Bars, view.Bar{X: i*step + 1, Y: 112 - h, W: max(step-2, 1), H: h, Bad: s.Refused > 0,
			Words: view.T("monitor.bar", "when", s.From, "total", total, "refused", s.Refused)})
	}
	every := max(1, len(slots)/4)
	if days {
		every = max(1, len(slots)-1) // days have long names
	}
	for i := 0; i < len(slots); i += every {
		out.Labels = append(out.Labels, slots[i].From)
	}
	out.Say = view.T("monitor.chart_none")
	if out.Most > 0 {
		out.Say = view.T("monitor.chart", "most", out.Most, "when", slots[best].From, "refused", refused)
	}
	return out
}
