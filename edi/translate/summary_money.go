package translate

import (
	"strconv"

	"entente/edi/doc"
)

// moneyFacts are the keys that only documents about money have.
func moneyFacts() []string {
	return []string{"payer", "payee", "paid_on", "deducted", "part_paid"}
}

func (f *facts) number(key string, n int) {
	if n > 0 {
		f.add(key, strconv.Itoa(n), "number")
	}
}

// party tells of the first party that has one of the roles.
func (f *facts) party(key string, h *doc.Header, roles ...string) {
	for _, role := range roles {
		for _, p := range h.Parties {
			if p.Role == role {
				f.text(key, or(p.Name, p.ID))
				return
			}
		}
	}
}

func (f *facts) remittance(d *doc.Remittance) {
	f.text("number", d.Number)
	f.date("date", d.Date)
	f.party("payer", &d.Header, "PR", "BY")
	f.party("payee", &d.Header, "PE", "SU", "SE")
	f.date("paid_on", d.Paid)
	deducted, part, docs := doc.Decimal("0.00"), 0, 0
	for i := range d.Lines {
		l := &d.Lines[i]
		if l.Number != "" {
			docs++
		}
		for _, a := range l.Adjustments {
			if a.Amount.Valid() && a.Amount.Sign() < 0 {
				deducted = deducted.Sub(a.Amount)
			}
		}
		if effect, _ := l.Settles(); effect == doc.SettlesPart {
			part++
		}
	}
	f.lines(docs)
	f.number("part_paid", part)
	if deducted.Sign() > 0 {
		f.money("deducted", deducted, d.Currency)
	}
	f.money("total", d.Total, d.Currency)
}
