package sellthrough

import (
	"fmt"

	"entente/db"
	"entente/prm/fault"
	"entente/prm/money"
)

// MaxLines bounds a report.
const MaxLines = 200_000

// MostPieces bounds what counts of a report, sold and returned together: far above any
// trade, and so far below what a number holds that the reports of years can be added up.
// A line beyond it is in doubt.
const MostPieces = money.Quantity(1_000_000_000 * money.One)

// less takes a quantity, whichever its sign, from what is left; below zero there is none.
func less(left, q money.Quantity) money.Quantity {
	if q > left || q < -left {
		return -1
	}
	if q < 0 {
		q = -q
	}
	return left - q
}

// fit takes what a line counts from what a report may still hold, or puts it in doubt.
func fit(l *Line, left *money.Quantity) {
	if rest := less(*left, l.Pieces); rest >= 0 {
		*left = rest
		return
	}
	l.Pieces = 0
	doubt(l, DoubtSize)
}

// check mends what can be and names what is wrong with a report that comes now.
func check(cmd *BookCmd) error {
	bad := fault.New(fault.Invalid, "form.invalid")
	if cmd.Number = cut(shown(cmd.Number), 60); cmd.Number == "" {
		bad.With("number", "form.missing")
	}
	if err := checkPeriod(cmd.From, cmd.To); err != nil {
		for _, f := range fault.As(err).Fields {
			bad.With(f.Name, f.Key)
		}
	}
	if cmd.Currency != "" && !cmd.Currency.Valid() {
		bad.With("currency", "form.choice_wrong")
	}
	if cmd.Key == "" {
		cmd.Key = "id:" + db.NewID()
	}
	cmd.Replaces, cmd.Made = cut(cmd.Replaces, 60), cut(cmd.Made, 20)
	for i := range cmd.Lines {
		at := fmt.Sprintf("lines.%d.", i)
		l := &cmd.Lines[i]
		l.Position = i + 1
		for _, text := range l.texts() {
			*text = shown(*text)
		}
		if l.Price < 0 {
			bad.With(at+"price", "trade.price_negative")
		}
		if l.From == "" {
			l.From = l.To
		}
		if l.To == "" {
			l.To = l.From
		}
		if l.From == "" {
			l.From, l.To = cmd.From, cmd.To
		} else if err := checkPeriod(l.From, l.To); err != nil {
			bad.With(at+"date", "form.date")
		}
	}
	return bad.OrNil()
}
