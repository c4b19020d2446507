package promo

import (
	"cmp"
	"slices"
	"strings"

	"entente/prm/catalog"
	"entente/prm/money"
	"entente/prm/trade"
)

// slice is what a step found: the rows of some orders as they are and as they should be.
type slice struct {
	was, now []lineRow
	orders   int
	differ   []string // orders, sorted
	orgs     []string // of those, sorted
	changed  int
	last     bool   // no order follows
	place    string // of the last one
}

// of are the rows of some orders.
func of(rows []lineRow, orders []string) []lineRow {
	out := make([]lineRow, 0, len(rows))
	in, at := false, ""
	for _, r := range rows {
		if r.OrderID != at {
			at = r.OrderID
			_, in = slices.BinarySearch(orders, at)
		}
		if in {
			out = append(out, r)
		}
	}
	return out
}

// belonged gives order lines the family by which they were judged when they came: where terms
// name families as they are, what moved to another one since neither gains nor loses by that. What
// was free goods then is that still, whatever price was agreed afterwards. A line that nothing was kept of is judged by what the catalogue says of that instant.
func belonged(rows []lineRow, versions map[int]*Terms, moved catalog.Moved, got []trade.PromoOrder) {
	kept := false // something is read from the rows
	for _, t := range versions {
		kept = kept || t.Kind == Free || !t.Fixed && len(t.Families) > 0
	}
	if len(moved) == 0 && (!kept || len(rows) == 0) {
		return
	}
	for i, o := range got {
		own := false
		for k := range o.Lines {
			l := &o.Lines[k]
			family, gift := l.Family, l.Free
			r := rowOf(rows, o.ID, l.Number)
			if r != nil && r.SKU == l.SKU && (r.Granted > 0 || r.Reason == WhyUsed || r.Reason == WhyFreeNone) {
				if t := versions[int(r.VersionNo)]; t != nil && t.Kind == Free {
					gift = r.Free != 0
				}
			}
			if r == nil {
				family = moved.At(catalog.ID(l.Product), o.Received, l.Family)
			} else if t := versions[int(r.VersionNo)]; t != nil && !t.Fixed && len(t.Families) > 0 && r.SKU == l.SKU && (t.Kind != Free || l.SKU != t.FreeSKU) {
				switch covers := t.Covers(l.SKU, l.Family); {
				case !covers && (r.Verdict != LineOut || r.Granted > 0):
					family = t.Families[0]
				case covers && r.Verdict == LineOut && r.Reason == WhyProduct:
					family = ""
				}
			}
			if family == l.Family && gift == l.Free {
				continue
			}
			if !own {
				got[i].Lines, own = slices.Clone(o.Lines), true
			}
			got[i].Lines[k].Family, got[i].Lines[k].Free = family, gift
		}
	}
}

// compare finds the orders whose rows are not the same.
func (b *slice) compare() {
	sortLines(b.now)
	add := func(r *lineRow) {
		b.changed++
		if n := len(b.differ); n == 0 || b.differ[n-1] != r.OrderID {
			b.differ = append(b.differ, r.OrderID)
		}
		if i, in := slices.BinarySearch(b.orgs, r.OrgID); !in {
			b.orgs = slices.Insert(b.orgs, i, r.OrgID)
		}
	}
	was, now := b.was, b.now
	for len(was) > 0 || len(now) > 0 {
		at := 0 // which one comes first
		switch {
		case len(was) == 0:
			at = 1
		case len(now) == 0:
			at = -1
		default:
			at = byPlace(&was[0], &now[0])
		}
		switch {
		case at > 0:
			add(&now[0])
		case at < 0:
			add(&was[0])
		case was[0] != now[0]:
			add(&was[0])
			if was[0].OrgID != now[0].OrgID {
				b.changed--
				add(&now[0])
			}
		}
		if at <= 0 {
			was = was[1:]
		}
		if at >= 0 {
			now = now[1:]
		}
	}
}

func byPlace(a, b *lineRow) int {
	if a.OrderID != b.OrderID {
		return strings.Compare(a.OrderID, b.OrderID)
	}
	return cmp.Compare(a.Line, b.Line)
}

// rowOf is the row of a line among some in their order, nil where there is none.
func rowOf(rows []lineRow, order trade.OrderID, line int) *lineRow {
	at := lineRow{OrderID: string(order), Line: int64(line)}
	if i, ok := slices.BinarySearchFunc(rows, &at, func(a lineRow, b *lineRow) int { return byPlace(&a, b) }); ok {
		return &rows[i]
	}
	return nil
}

// asJudged is an order with the quantities that were judged, as its rows have them, and those rows
// by line: a change that came afterwards asks no promotion again, it is followed.
func asJudged(rows []lineRow, o trade.PromoOrder) (asked trade.PromoOrder, kept []*lineRow) {
	kept = make([]*lineRow, len(o.Lines))
	own := false
	for k := range o.Lines {
		l := &o.Lines[k]
		r := rowOf(rows, o.ID, l.Number)
		if kept[k] = r; r == nil || r.SKU != l.SKU || r.Ordered == int64(times(l.Ordered, l.Factor)) {
			continue
		}
		if !own {
			o.Lines, own = slices.Clone(o.Lines), true
		}
		o.Lines[k].Ordered = per(money.Quantity(r.Ordered), l.Factor)
	}
	return o, kept
}

// sortLines puts rows in the order in which linesOfOrders reads them.
func sortLines(rows []lineRow) {
	for i := 1; i < len(rows); i++ {
		if byPlace(&rows[i-1], &rows[i]) > 0 {
			slices.SortFunc(rows, func(a, b lineRow) int { return byPlace(&a, &b) })
			return
		}
	}
}
