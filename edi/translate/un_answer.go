package translate

import (
	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
)

// Codes of services and taxes with a twin.
var (
	unServices  = map[string]string{"PAD": "F800", "DI": "C310", "FC": "D240"}
	x12Services = inverse(unServices)
	unTaxes     = map[string]string{"VAT": "VA", "GST": "GS"}
	x12Taxes    = inverse(unTaxes)
)

// readORDRSP reads an ORDRSP as the answer that an 855 would be. What the line action
// says (1229: 5 accepted, 7 refused, 2 deleted, 3 and 6 changed) becomes the responses of
// the line: QTY 113 what will be delivered, QTY 83 what is back-ordered; of a changed
// line with quantities the rest is refused.
func readORDRSP(set *schema.Set) (*doc.OrderAck, []wire.Finding) {
	d := &doc.OrderAck{Purpose: "00", Lines: []doc.AckLine{}}
	r := newUnReader(set, &d.Header)
	actions := []string{}
	number := ""
	var line *doc.AckLine
	for i := range set.Un {
		s := &set.Un[i]
		switch string(s.TagBytes()) {
		case "UNH", "UNT":
		case "BGM":
			number = r.get(s, 2, 1)
			d.Type = twin(unAnswers, r.get(s, 3, 1))
		case "LIN":
			d.Lines = append(d.Lines, doc.AckLine{Line: doc.Line{Number: r.get(s, 1, 1)}, Responses: []doc.Response{}})
			line = &d.Lines[len(d.Lines)-1]
			actions = append(actions, r.get(s, 2, 1))
			r.open(&line.Line)
			r.item(r.get(s, 3, 1), r.get(s, 3, 2))
		case "PIA":
			if line == nil || r.get(s, 1, 1) != "3" {
				r.common(s)
				continue
			}
			r.line = &doc.Line{}
			r.item(r.get(s, 2, 1), r.get(s, 2, 2))
			line.Responses = append(line.Responses, doc.Response{Status: "IS", Items: r.line.Items})
			r.line = &line.Line
		case "SCC":
			r.part, r.party, r.allowance, r.tax = false, nil, nil, nil
		case "QTY":
			kind := r.get(s, 1, 1)
			if line == nil || kind != "113" && kind != "83" {
				r.common(s)
				continue
			}
			status := "IA"
			if kind == "83" {
				status = "IB"
			}
			if n := len(line.Responses); n > 0 && line.Responses[n-1].Status == "IS" && line.Responses[n-1].Quantity == "" {
				line.Responses[n-1].Quantity, line.Responses[n-1].Unit = r.number(s, 1, 2), twin(unUnits, r.get(s, 1, 3))
				continue
			}
			line.Responses = append(line.Responses, doc.Response{Status: status, Quantity: r.number(s, 1, 2), Unit: twin(unUnits, r.get(s, 1, 3))})
		case "DTM":
			r.answerDate(s, d, line)
		case "RFF":
			if line == nil && r.party == nil && r.get(s, 1, 1) == "ON" && d.Number == "" {
				d.Number, r.group = r.get(s, 1, 2), true
				continue
			}
			if line == nil && r.party == nil && r.headRef(s, &d.Contract, &d.Release) {
				continue
			}
			r.ref(s)
		case "TDT":
			r.routing(s, &d.Carrier)
		case "UNS":
			line = nil
			r.close()
		case "MOA":
			r.money(s)
		default:
			r.common(s)
		}
	}
	if number != d.Number {
		d.Seller = number
	}
	for i := range d.Lines {
		settle(&d.Lines[i], actions[i])
	}
	d.Lines = withGifts(r, d.Lines, func(l *doc.AckLine) *doc.Line { return &l.Line }, func(l *doc.AckLine) {
		l.Responses = []doc.Response{{Status: "IA", Quantity: l.Quantity, Unit: l.Unit}}
	})
	for i := range d.Lines {
		identify(&d.Lines[i].Line)
	}
	r.done()
	return d, r.findings
}

// answerDate takes 137 and 171 of the head and 67 of a line's parts.
func (r *unReader) answerDate(s *edifact.Segment, d *doc.OrderAck, line *doc.AckLine) {
	q := r.get(s, 1, 1)
	switch {
	case line == nil && q == "137" && !r.group && r.party == nil && d.AckDate == "":
		d.AckDate, _ = r.when(s)
	case line == nil && q == "171" && r.party == nil && d.Date == "":
		d.Date, _ = r.when(s)
	case line != nil && q == "67":
		date, _ := r.when(s)
		for n := len(line.Responses) - 1; n >= 0; n-- {
			if p := &line.Responses[n]; p.Status != "IB" && p.Date == "" {
				p.DateQualifier, p.Date = "067", date
				return
			}
		}
		line.Responses = append(line.Responses, doc.Response{Status: "IA", DateQualifier: "067", Date: date})
	default:
		r.dtm(s)
	}
}

// settle completes the responses of a line by its action.
func settle(l *doc.AckLine, action string) {
	switch action {
	case "5", "":
		if len(l.Responses) == 0 && action == "5" {
			l.Responses = append(l.Responses, doc.Response{Status: "IA"})
		}
		for i := range l.Responses {
			if p := &l.Responses[i]; p.Quantity == "" && len(l.Responses) == 1 {
				p.Quantity, p.Unit = l.Quantity, l.Unit
			}
		}
		return
	case "7", "2", "10":
		status := "IR"
		if action == "2" {
			status = "ID"
		}
		if len(l.Responses) == 0 {
			l.Responses = append(l.Responses, doc.Response{Status: status, Quantity: l.Quantity, Unit: l.Unit})
		}
		return
	}
	if len(l.Responses) == 0 {
		l.Responses = append(l.Responses, doc.Response{Status: "IC", Quantity: l.Quantity, Unit: l.Unit})
		return
	}
	if !l.Quantity.Valid() {
		return
	}
	rest := l.Quantity
	for i := range l.Responses {
		if p := &l.Responses[i]; p.Quantity.Valid() {
			rest = rest.Sub(p.Quantity)
		} else {
			return // a part without a quantity stands for the rest
		}
	}
	if rest.Sign() > 0 {
		l.Responses = append(l.Responses, doc.Response{Status: "IR", Quantity: rest, Unit: l.Unit})
	}
}

// readINVOIC reads an INVOIC (380, 381 and the like) as the invoice that an 810 would
// be. Line amounts are derived, as there.
func readINVOIC(set *schema.Set) (*doc.Invoice, []wire.Finding) {
	d := &doc.Invoice{Purpose: "00", Lines: []doc.InvoiceLine{}}
	r := newUnReader(set, &d.Header)
	for i := range set.Un {
		s := &set.Un[i]
		switch string(s.TagBytes()) {
		case "UNH", "UNT":
		case "BGM":
			d.Number = r.get(s, 2, 1)
			d.Type = "DI"
			if r.get(s, 1, 1) == "381" || r.get(s, 1, 1) == "396" {
				d.Type = "CR"
			}
		case "LIN":
			d.Lines = append(d.Lines, doc.InvoiceLine{Line: doc.Line{Number: r.get(s, 1, 1)}})
			r.open(&d.Lines[len(d.Lines)-1].Line)
			r.item(r.get(s, 3, 1), r.get(s, 3, 2))
		case "QTY":
			if r.line != nil && !r.part && r.get(s, 1, 1) == "47" && r.line.Quantity == "" {
				r.line.Quantity, r.line.Unit = r.number(s, 1, 2), twin(unUnits, r.get(s, 1, 3))
				continue
			}
			r.common(s)
		case "UNS":
			r.close()
			r.taxes = &d.Taxes
		case "DTM":
			switch q := r.get(s, 1, 1); {
			case q == "137" && r.line == nil && r.party == nil && !r.part && !r.group && d.Date == "":
				d.Date, _ = r.when(s)
			case q == "171" && r.line == nil && r.party == nil && d.OrderDate == "":
				d.OrderDate, _ = r.when(s)
			default:
				r.dtm(s)
			}
		case "RFF":
			if r.line == nil && r.party == nil && r.get(s, 1, 1) == "ON" && d.OrderNumber == "" {
				d.OrderNumber, r.group = r.get(s, 1, 2), true
				continue
			}
			none := ""
			if r.line == nil && r.party == nil && r.get(s, 1, 1) == "RE" && r.headRef(s, &none, &d.Release) {
				continue
			}
			r.ref(s)
			if line := s.Text(1, 3); r.line != nil && r.party == nil && r.get(s, 1, 1) == "ON" && line != "" && line != r.line.Number { // C506 1156: the line of that order
				r.get(s, 1, 3)
				r.line.Refs = append(r.line.Refs, doc.Ref{Qualifier: "LI", Value: line})
			}
		case "MOA":
			if r.summary && r.tax == nil && r.allowance == nil {
				switch r.get(s, 1, 1) {
				case "77", "9":
					d.Total = r.number(s, 1, 2)
					continue
				case "79", "124", "125", "176":
					continue // derived
				}
			}
			if r.line != nil && r.tax == nil && r.allowance == nil && r.get(s, 1, 1) == "203" {
				continue // derived
			}
			r.money(s)
		default:
			r.common(s)
		}
	}
	d.Lines = withGifts(r, d.Lines, func(l *doc.InvoiceLine) *doc.Line { return &l.Line }, nil)
	for i := range d.Lines {
		l := &d.Lines[i]
		identify(&l.Line)
		if l.Price.Valid() && l.Quantity.Valid() {
			l.Amount = l.Quantity.Mul(l.Price, 2)
		}
	}
	r.done()
	return d, r.findings
}

// headRef takes the references of the head that are fields of a document.
func (r *unReader) headRef(s *edifact.Segment, contract, release *string) bool {
	to := map[string]*string{"BC": contract, "RE": release}[r.get(s, 1, 1)]
	if to == nil || *to != "" {
		return false
	}
	*to, r.group = r.get(s, 1, 2), true
	return true
}

// open begins a line, close the summary.
func (r *unReader) open(l *doc.Line) {
	r.line, r.party, r.part, r.group, r.allowance, r.tax, r.taxes = l, nil, false, false, nil, nil, &l.Taxes
	r.lines++
}

func (r *unReader) close() {
	r.line, r.party, r.part, r.group, r.summary, r.allowance, r.tax, r.taxes = nil, nil, false, true, true, nil, nil, nil
}

// alc begins an allowance or charge of the head or a line.
func (r *unReader) alc(s *edifact.Segment) {
	r.party, r.tax, r.part, r.group = nil, nil, false, true
	a := doc.Allowance{
		Charge: r.get(s, 1, 1) == "C", Indicator: r.get(s, 1, 1), Reference: r.get(s, 2, 1), Code: twin(unServices, r.get(s, 5, 1)), Text: r.get(s, 5, 4),
	}
	if m := r.get(s, 3, 1); len(m) == 1 {
		a.Method = "0" + m
	} else {
		a.Method = m
	}
	list := &r.head.Allowances
	if r.line != nil {
		list = &r.line.Allowances
	}
	*list = append(*list, a)
	r.allowance = &(*list)[len(*list)-1]
}

// duty begins a tax of a line or of the summary; one of the head is told.
func (r *unReader) duty(s *edifact.Segment) {
	r.party, r.allowance, r.tax, r.part, r.group = nil, nil, nil, false, true
	if r.taxes == nil || r.get(s, 1, 1) != "7" {
		r.part = true
		r.drop(s)
		return
	}
	t := doc.Tax{Type: twin(unTaxes, r.get(s, 2, 1)), Percent: r.number(s, 5, 4), TaxID: r.get(s, 7, 1)}
	if r.get(s, 6, 1) == "E" {
		t.Exempt = "1"
	}
	*r.taxes = append(*r.taxes, t)
	r.tax = &(*r.taxes)[len(*r.taxes)-1]
}

// money takes the amount of an allowance or a tax.
func (r *unReader) money(s *edifact.Segment) {
	kind := r.get(s, 1, 1)
	switch {
	case r.allowance != nil && (kind == "8" || kind == "23" || kind == "204") && r.allowance.Amount == "":
		r.allowance.Amount = r.number(s, 1, 2)
	case r.tax != nil && kind == "124":
		r.tax.Amount = r.number(s, 1, 2)
	case r.tax != nil && kind == "125":
		r.tax.Taxable = r.number(s, 1, 2)
	default:
		r.drop(s)
	}
}
