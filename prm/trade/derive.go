package trade

import (
	"entente/prm/money"
)

// derive gives the state of an order from its lines. It is the only place where
// the state comes from.
func derive(lines []Line) State {
	var live, unanswered, confirmed, back, cancelled, shipped, withdrawn, refused, open bool
	allShipped, allInvoiced, allReceived := true, true, true
	for _, l := range lines {
		want := l.Ordered - l.Cancelled
		open = open || l.State == LineOpen
		withdrawn = withdrawn || l.State == LineCancelled
		refused = refused || l.State == LineRejected
		live = live || want > 0
		unanswered = unanswered || l.Unanswered() > 0
		confirmed, back, cancelled = confirmed || l.Confirmed > 0, back || l.Backordered > 0, cancelled || l.Cancelled > 0
		shipped = shipped || l.Shipped > 0
		allShipped = allShipped && l.Shipped >= want
		allInvoiced = allInvoiced && l.Invoiced >= want
		allReceived = allReceived && l.Received >= want
	}
	switch {
	case !live && !open:
		if withdrawn && !refused {
			return Cancelled
		}
		return Rejected
	case !confirmed && !back && !cancelled && !refused && !withdrawn:
		return Received
	case !live: // only lines nobody could read are left
		return PartlyConfirmed
	case allShipped && allInvoiced && allReceived:
		return Closed
	case allInvoiced && (allShipped || !shipped):
		return Invoiced
	case allShipped:
		return Shipped
	case shipped:
		return PartlyShipped
	case !unanswered && !back && !cancelled && !open:
		return Confirmed
	}
	return PartlyConfirmed
}

// lineState gives the state of a line from its quantities; before is the state
// it had, which keeps what quantities do not tell (changed, rejected, cancelled).
func lineState(l Line, before LineState) LineState {
	want := l.Ordered - l.Cancelled
	switch {
	case l.Ordered == 0:
		return before
	case want == 0:
		if before == LineCancelled {
			return LineCancelled
		}
		return LineRejected
	case l.Invoiced >= want:
		return LineInvoiced
	case l.Received >= want:
		return LineReceived
	case l.Shipped >= want:
		return LineShipped
	case l.Backordered > 0:
		return LineBackordered
	case l.Unanswered() > 0 && l.Confirmed == 0:
		return LineOpen
	case before == LineChanged || l.Cancelled > 0:
		return LineChanged
	}
	return LineConfirmed
}

// settle brings the derived columns of an order in line with its lines.
func settle(o *orderRow, lines []Line) {
	c := money.Currency(o.Currency)
	total, confirmed := money.Amount{Currency: c}, money.Amount{Currency: c}
	o.Marks, o.LineCount = 0, int64(len(lines))
	for _, l := range lines {
		if len(l.Marks) > 0 && l.State == LineOpen {
			o.Marks++
		}
		if sum, err := total.Add(l.Amount); err == nil {
			total = sum
		}
		if part, err := l.net(l.Confirmed); err == nil {
			if sum, err := confirmed.Add(part); err == nil {
				confirmed = sum
			}
		}
	}
	o.Total, o.ConfirmedTotal = total.Minor, confirmed.Minor
	o.State = string(derive(lines))
}

// holds says whether the quantities of a line obey the rules of the desk: the
// promise in code form, used by the writing methods before they save.
func (l Line) holds() bool {
	return l.Ordered >= 0 && l.Confirmed >= 0 && l.Backordered >= 0 && l.Cancelled >= 0 && l.Shipped >= 0 && l.Received >= 0 && l.Invoiced >= 0 &&
		l.Confirmed+l.Backordered+l.Cancelled <= l.Ordered && l.Shipped <= l.Confirmed && l.Received <= l.Shipped && l.Returned >= 0 && l.Returned <= max(l.Shipped, l.Invoiced) && l.Credited >= 0 && l.Credited <= l.Invoiced && l.Invoiced-l.Credited <= l.Ordered-l.Cancelled
}
