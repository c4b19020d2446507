package batch

import (
	"context"
	"slices"
	"strings"

	"entente/portal/form"
	"entente/portal/intake"
	"entente/portal/sheet"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/money"
	"entente/prm/trade"
)

// QuoteLines asks the order desk what lines are; those without an item have an empty
// answer. The unit is settled first: a word may stand for several codes, and the item
// says which of them it is sold in.
func QuoteLines(ctx context.Context, desk *trade.Service, actor access.Actor, partnership, requested string, lines []intake.Line) ([]trade.Quote, error) {
	out := make([]trade.Quote, len(lines))
	var asked []trade.PlaceLine
	var at []int
	for i, l := range lines {
		if l.Item == "" || l.Total {
			continue
		}
		q, _ := form.Decimal(l.Quantity)
		price, _ := form.Decimal(l.Price)
		asked, at = append(asked, trade.PlaceLine{SKU: l.Item, Quantity: max(q, 0), Price: max(price, 0)}), append(at, i)
	}
	for from := 0; from < len(asked); from += step {
		part := asked[from:min(from+step, len(asked))]
		for range 2 { // first for the units, then with them
			quotes, err := desk.Quote(ctx, actor, trade.PlaceCmd{Partnership: partnership, RequestedOn: requested, Lines: part})
			if err != nil {
				return nil, err
			}
			again := false
			for i, q := range quotes {
				l := lines[at[from+i]]
				out[at[from+i]] = q
				if unit := UnitFor(q, l.Unit); part[i].Unit == "" && unit != "" && unit != q.Unit {
					part[i].Unit, again = unit, true
				}
			}
			if !again {
				break
			}
		}
	}
	return out, nil
}

// UnitFor is the code of the item's unit that a word stands for, else the word.
func UnitFor(q trade.Quote, word string) string {
	for _, code := range intake.UnitCodes(word) {
		for _, u := range q.Units {
			if catalog.SameUnit(u) == catalog.SameUnit(code) {
				return u
			}
		}
	}
	if len(word) > 10 {
		return word
	}
	return strings.ToUpper(word)
}

// LineFaults are the reasons why a row cannot be ordered as it stands: those of its
// cells and those of the order desk. Fields are those of intake.
func LineFaults(l intake.Line, q trade.Quote) []sheet.Wrong {
	out := slices.Clone(l.Wrong)
	refuse := func(field, key, value string, args map[string]any) {
		out = append(out, sheet.Wrong{Field: field, Key: key, Args: args, Value: value})
	}
	if n, ok := form.Decimal(l.Quantity); ok && n <= 0 && l.Quantity != "" {
		refuse(intake.Quantity, "intake.not_above", l.Quantity, map[string]any{"Value": l.Quantity})
	}
	if n, ok := form.Decimal(l.Price); ok && n < 0 {
		refuse(intake.Price, "trade.price_negative", l.Price, nil)
	}
	if l.Item == "" || slices.ContainsFunc(out, func(w sheet.Wrong) bool { return w.Field == intake.Item || w.Field == intake.GTIN }) {
		return out
	}
	switch {
	case !q.Found:
		refuse(intake.Item, "trade.item_unknown", l.Item, map[string]any{"SKU": l.Item})
	case q.Marks.Has(trade.UnitUnknown):
		refuse(intake.Unit, "trade.unit_unsold", l.Unit, map[string]any{"Unit": l.Unit})
	case q.Price == 0 && q.PlaceLine.Price == 0:
		refuse(intake.Item, "trade.price_none", l.Item, map[string]any{"SKU": l.Item})
	}
	return out
}

// ItemsKnown asks the order desk which values are numbers of items.
func ItemsKnown(ctx context.Context, desk *trade.Service, actor access.Actor, partnership string) func([]string) []bool {
	return func(values []string) []bool {
		out := make([]bool, len(values))
		asked := make([]trade.PlaceLine, len(values))
		for i, s := range values {
			asked[i] = trade.PlaceLine{SKU: s, Quantity: money.One}
		}
		quotes, err := desk.Quote(ctx, actor, trade.PlaceCmd{Partnership: partnership, Lines: asked})
		for i := range quotes {
			out[i] = err == nil && quotes[i].Found
		}
		return out
	}
}
