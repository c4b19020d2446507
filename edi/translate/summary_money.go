package translate

import (
	"strconv"

	"entente/edi/doc"
)

// moneyFacts are the keys that only documents about money have.
func moneyFacts() []string {
	return []string{
		"payer", "payee", "paid_on", "deducted", "part_paid",
		"claim", "claimant", "contract", "end_user", "claimed", "accepted", "changed_lines", "rejected", "pending", "granted", "valid_from", "valid_to",
		"about", "refused_documents", "accepted_documents", "errors", "invoice", "credited", "debited", "disputed",
	}
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

// claimTotal is the total of a claim: what it says, else the sum of its lines.
func claimTotal(t *doc.ClaimTotals, each func(func(*doc.ClaimLine))) doc.Decimal {
	for _, a := range t.Amounts {
		if a.Kind == "TT" {
			return a.Amount
		}
	}
	sum := doc.Decimal("0")
	each(func(l *doc.ClaimLine) {
		if v := l.Claimed(); v.Valid() && v != "" {
			sum = sum.Add(v)
		}
	})
	return sum
}

func (f *facts) claimHead(date string, h *doc.Header) {
	f.date("date", date)
	f.party("claimant", h, "DS", "BY", "CLM")
	f.party("seller", h, "SE", "SU", "MF")
}

func (f *facts) contract(x *doc.Contract) {
	if x.Qualifier == "PD" {
		f.text("deal", x.Number)
	} else {
		f.text("contract", x.Number)
	}
	f.party("end_user", &doc.Header{Parties: x.Parties}, "EU", "UD")
	for _, r := range x.Refs {
		if r.Qualifier == "PD" {
			f.text("deal", r.Value)
		}
	}
}

func (f *facts) claim(d *doc.Claim) {
	f.text("number", d.Number)
	f.claimHead(d.Date, &d.Header)
	n := 0
	each := func(fn func(*doc.ClaimLine)) {
		for i := range d.Contracts {
			for k := range d.Contracts[i].Lines {
				fn(&d.Contracts[i].Lines[k])
			}
		}
	}
	each(func(*doc.ClaimLine) { n++ })
	for i := range d.Contracts {
		f.contract(&d.Contracts[i].Contract)
	}
	f.lines(n)
	f.money("claimed", claimTotal(&d.ClaimTotals, each), d.Currency)
}

func (f *facts) claimAnswer(d *doc.ClaimAnswer) {
	f.text("claim", d.Number)
	f.claimHead(d.Date, &d.Header)
	verdicts := map[string]int{}
	n := 0
	each := func(fn func(*doc.ClaimLine)) {
		for i := range d.Contracts {
			for k := range d.Contracts[i].Lines {
				l := &d.Contracts[i].Lines[k]
				if v := or(l.Verdict, doc.VerdictOf(l.Change, l.Reasons)); v == doc.VerdictAccepted || v == doc.VerdictChanged {
					fn(&l.ClaimLine)
				}
			}
		}
	}
	for i := range d.Contracts {
		f.contract(&d.Contracts[i].Contract)
		for k := range d.Contracts[i].Lines {
			n++
			l := &d.Contracts[i].Lines[k]
			verdicts[or(l.Verdict, doc.VerdictOf(l.Change, l.Reasons))]++
		}
	}
	f.lines(n)
	f.number("accepted", verdicts[doc.VerdictAccepted])
	f.number("changed_lines", verdicts[doc.VerdictChanged])
	f.number("rejected", verdicts[doc.VerdictRejected])
	f.number("pending", verdicts[doc.VerdictPending])
	f.money("granted", claimTotal(&doc.ClaimTotals{}, each), d.Currency)
}

func (f *facts) priceAuthorization(d *doc.PriceAuthorization) {
	f.text("number", d.Number)
	f.claimHead(d.Date, &d.Header)
	n := 0
	for i := range d.Contracts {
		f.contract(&d.Contracts[i].Contract)
		n += len(d.Contracts[i].Lines)
	}
	dates := d.Dates
	if len(d.Contracts) > 0 {
		dates = append(dates[:len(dates):len(dates)], d.Contracts[0].Dates...)
	}
	for _, t := range dates {
		switch t.Qualifier {
		case "092", "007", "196":
			f.date("valid_from", t.Date)
		case "093", "036", "197":
			f.date("valid_to", t.Date)
		}
	}
	f.lines(n)
}

func (f *facts) advice(d *doc.ApplicationAdvice) {
	f.text("number", d.Number)
	f.date("date", d.Date)
	refused, wrong := 0, 0
	for i := range d.Advised {
		a := &d.Advised[i]
		f.text("about", a.Number)
		wrong += len(a.Errors)
		if a.Refuses() {
			refused++
		}
	}
	f.number("refused_documents", refused)
	f.number("accepted_documents", len(d.Advised)-refused)
	f.number("errors", wrong)
}

func (f *facts) creditDebit(d *doc.CreditDebit) {
	f.text("number", d.Number)
	f.text("invoice", d.Invoice)
	f.text("order", d.OrderNumber)
	f.date("date", d.Date)
	f.head(&d.Header)
	if d.Ref.Qualifier == "PD" {
		f.text("deal", d.Ref.Value)
	}
	f.number("lines", len(d.Lines))
	key := "debited"
	if d.Flag == "C" {
		key = "credited"
	}
	f.money(key, d.Amount, d.Currency)
}

func (f *facts) dispute(d *doc.Dispute) {
	f.text("number", d.Number)
	f.date("date", d.Date)
	f.head(&d.Header)
	for i := range d.Documents {
		x := &d.Documents[i]
		f.text("invoice", x.Number)
		amount := x.Disputed
		if amount == "" { // the lines say it
			sum := doc.Decimal("0")
			for k := range x.Lines {
				if v := x.Lines[k].Disputed; v.Valid() && v != "" {
					sum = sum.Add(v)
				}
			}
			if sum.Sign() != 0 {
				amount = sum
			}
		}
		f.money("disputed", amount, d.Currency)
	}
}
