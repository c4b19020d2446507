package sellthrough

import (
	"fmt"
	"time"

	"entente/db"
	"entente/prm/fault"
	"entente/prm/identity"
	"entente/prm/money"
)

// MaxLines bounds a report.
const MaxLines = 200_000

// MostPieces bounds what a report may hold, sold and returned together: far above any
// trade, and so far below what a number holds that the reports of years can be added up.
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

// check mends what can be and names what is wrong with a report that comes now.
func check(cmd *BookCmd, now time.Time) error {
	bad := fault.New(fault.Invalid, "form.invalid")
	if cmd.Number = cut(cmd.Number, 60); cmd.Number == "" {
		bad.With("number", "form.missing")
	} else if !identity.Readable(cmd.Number, false) {
		bad.With("number", "form.text_wrong")
	}
	if err := checkPeriod(cmd.From, cmd.To); err != nil {
		for _, f := range fault.As(err).Fields {
			bad.With(f.Name, f.Key)
		}
	} else if cmd.From > now.AddDate(0, 0, 1).Format(time.DateOnly) { // it is tomorrow somewhere
		bad.With("from", "sellthrough.future")
	}
	if cmd.Currency != "" && !cmd.Currency.Valid() {
		bad.With("currency", "form.choice_wrong")
	}
	if cmd.Key == "" {
		cmd.Key = "id:" + db.NewID()
	}
	cmd.Replaces, cmd.Made = cut(cmd.Replaces, 60), cut(cmd.Made, 20)
	left := MostPieces
	for i := range cmd.Lines {
		at := fmt.Sprintf("lines.%d.", i)
		l := &cmd.Lines[i]
		l.Position = i + 1
		for _, text := range l.texts() {
			*text = shown(*text)
		}
		if left = less(left, l.Quantity); left < 0 {
			bad.With(at+"quantity", "sellthrough.too_large", "Most", MostPieces.String())
			break
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
