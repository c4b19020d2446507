package translate

import (
	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// ReadCreditDebit reads an 812. Its references are N9, those of parties too.
func ReadCreditDebit(set *schema.Set) (*doc.CreditDebit, []wire.Finding) {
	d := &doc.CreditDebit{}
	r := newReader(set, &d.Header)
	if !r.is("812") {
		return d, r.findings
	}
	var line *doc.AdjustedLine
	for i := range set.Segments {
		s := &set.Segments[i]
		switch tag := string(s.TagBytes()); {
		case tag == "BCD":
			d.Date, d.Number, d.Handling, d.Amount, d.Flag = r.date(s, 1), r.text(s, 2), r.text(s, 3), r.implied(s, 4), r.text(s, 5)
			d.InvoiceDate, d.Invoice, d.SellerOrder, d.OrderDate, d.OrderNumber = r.date(s, 6), r.text(s, 7), r.text(s, 8), r.date(s, 9), r.text(s, 10)
			d.Purpose, d.Type, d.Ref, d.Action = r.text(s, 11), r.text(s, 12), doc.Ref{Qualifier: r.text(s, 13), Value: r.text(s, 14)}, r.text(s, 15)
		case tag == "CDD":
			d.Lines = append(d.Lines, doc.AdjustedLine{})
			line = &d.Lines[len(d.Lines)-1]
			r.adjusted(s, line)
			r.newLine(&line.Line)
		case tag == "N11", tag == "LM", tag == "FA1":
			r.at = inPart
			r.drop(s)
		case r.at == inPart && tag != "SE":
			r.drop(s)
		case tag == "N9":
			r.reference812(s)
		case tag == "LIN" && line != nil:
			if line.Number == "" {
				line.Number = r.text(s, 1)
			}
			line.Items = r.items(s, 2, 31)
			identify(&line.Line)
		case tag == "REF", tag == "AMT", tag == "LIN":
			r.drop(s)
		default:
			if !r.common(s) {
				r.drop(s)
			}
		}
	}
	r.done()
	return d, r.findings
}

func (r *reader) adjusted(s *x12.Segment, l *doc.AdjustedLine) {
	l.Reason, l.Flag, l.Number, l.Amount = r.text(s, 1), r.text(s, 2), r.text(s, 3), r.implied(s, 4)
	l.Returned, l.Bracket, l.Quantity, l.Unit, l.Difference = r.text(s, 5), r.text(s, 6), r.number(s, 7), r.text(s, 8), r.number(s, 9)
	l.PriceKind, l.Price, l.CompareKind, l.ComparePrice = r.text(s, 10), r.number(s, 11), r.text(s, 12), r.number(s, 13)
	r.beyond(s, 13)
}

func (r *reader) reference812(s *x12.Segment) {
	v := r.reference(s)
	switch {
	case r.party != nil:
		r.party.Refs = append(r.party.Refs, v)
	case r.line != nil:
		r.line.Refs = append(r.line.Refs, v)
	default:
		r.head.Refs = append(r.head.Refs, v)
	}
	r.beyond(s, 3)
}

// WriteCreditDebit makes the body of an 812. Amounts are N2, cents without a point;
// prices are R.
func WriteCreditDebit(d *doc.CreditDebit, version string) (x12.Body, []wire.Finding) {
	b := newBuilder("812", version)
	b.add("BCD", b.date(d.Date), d.Number, d.Handling, b.cents("BCD", 4, d.Amount), d.Flag, b.date(d.InvoiceDate), d.Invoice,
		d.SellerOrder, b.date(d.OrderDate), d.OrderNumber, d.Purpose, d.Type, d.Ref.Qualifier, d.Ref.Value, d.Action)
	b.currency(d.Currency, "SE")
	b.n9(d.Refs)
	b.contacts(d.Contacts)
	b.terms(d.Terms)
	b.dates(d.Dates)
	b.allowances(d.Allowances)
	for _, p := range d.Parties {
		plain := p
		plain.Refs, plain.Contacts = nil, nil
		b.parties([]doc.Party{plain})
		b.n9(p.Refs)
		b.contacts(p.Contacts)
	}
	for _, t := range append(d.Notes[:len(d.Notes):len(d.Notes)], d.Requirements...) {
		b.outside("BCD", 0, t)
	}
	for i := range d.Lines {
		l := &d.Lines[i]
		b.add("CDD", l.Reason, l.Flag, l.Number, b.cents("CDD", 4, l.Amount), l.Returned, l.Bracket, string(l.Quantity), l.Unit,
			string(l.Difference), l.PriceKind, string(l.Price), l.CompareKind, string(l.ComparePrice))
		if items := b.items("LIN", 2, itemsOf(&l.Line)); len(items) > 0 {
			b.add("LIN", append([]string{l.Number}, items...)...)
		}
		if l.Pack != "" {
			b.add("PO4", string(l.Pack))
		}
		b.allowances(l.Allowances)
		b.n9(l.Refs)
		b.dates(l.Dates)
		b.outside("CDD", 0, l.Description)
		for _, n := range l.Notes {
			b.outside("CDD", 0, n)
		}
		for _, p := range l.Parties {
			b.outside("CDD", 0, or(p.Name, p.ID))
		}
		for _, t := range l.Taxes {
			b.outside("CDD", 0, t.Type)
		}
		for _, s := range l.Schedules {
			b.outside("CDD", 0, string(s.Quantity))
		}
	}
	return b.body, b.findings
}

func (b *builder) n9(refs []doc.Ref) {
	for _, r := range refs {
		b.add("N9", r.Qualifier, r.Value, b.free("N9", 3, r.Text, 45))
	}
}
