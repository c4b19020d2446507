package translate

import (
	"strconv"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// claimReader reads what claims (844), their answers (849) and price authorizations
// (845) have in common: contracts with lines.
type claimReader struct {
	*reader
	sinks    []*doc.Line // what the shared reader fills for a contract
	contract *doc.Contract
	claim    *doc.ClaimLine       // nil above the lines
	offer    *doc.AuthorizedPrice // CTP of an 845
	totals   *doc.ClaimTotals
	reasons  *[]doc.ClaimReason // where AAA belongs
}

// newContract begins a contract, whose loops the shared reader takes for a line's.
func (r *claimReader) newContract(s *x12.Segment, x *doc.Contract) {
	x.Qualifier, x.Number, x.Status = r.text(s, 1), r.text(s, 2), r.text(s, 3)
	sink := &doc.Line{}
	r.sinks = append(r.sinks, sink)
	r.contract, r.claim, r.offer = x, nil, nil
	r.newLine(sink)
}

// newClaim begins a line (PAD).
func (r *claimReader) newClaim(s *x12.Segment, l *doc.ClaimLine) {
	l.Number, l.Transfer, l.Change = r.text(s, 1), r.text(s, 2), r.text(s, 3)
	l.MultiplierKind, l.Multiplier = r.text(s, 4), r.number(s, 5)
	r.claim, r.offer = l, nil
	r.newLine(&l.Line)
}

// settle gives contract i what was read below it.
func (r *claimReader) settle(i int, x *doc.Contract) {
	x.Refs, x.Dates, x.Parties = r.sinks[i].Refs, r.sinks[i].Dates, r.sinks[i].Parties
}

// segment reads what is the same in the three sets.
func (r *claimReader) segment(s *x12.Segment) {
	tag := string(s.TagBytes())
	l := r.claim
	switch {
	case tag == "CTT":
		r.count(s)
		r.claim, r.contract, r.offer = nil, nil, nil
		if r.totals != nil {
			r.totals.Quantity = r.number(s, 2)
		}
	case tag == "AMT" && r.at == inSummary && r.totals != nil:
		r.totals.Amounts = append(r.totals.Amounts, r.claimAmount(s))
	case tag == "AAA" && r.reasons != nil && r.at != inSummary:
		*r.reasons = append(*r.reasons, doc.ClaimReason{Valid: r.text(s, 1), Agency: r.text(s, 2), Code: r.text(s, 3), FollowUp: r.text(s, 4)})
	case tag == "PER" && r.contract != nil && l == nil && r.party == nil:
		r.line = nil // a contact of the contract, not of the head
		c := &doc.Header{}
		head := r.head
		r.head = c
		r.contact(s)
		r.head, r.line = head, r.sinks[len(r.sinks)-1]
		r.contract.Contacts = append(r.contract.Contacts, c.Contacts...)
	case l == nil || r.at == inSummary:
		r.above(s, tag)
	case tag == "LIN":
		if l.Number == "" {
			l.Number = r.text(s, 1)
		}
		l.Items = r.items(s, 2, 31)
		identify(&l.Line)
	case tag == "QTY":
		q := doc.ClaimQuantity{Kind: r.text(s, 1), Quantity: r.number(s, 2), Unit: r.part(s, 3, 1)}
		r.beyond(s, 3)
		if l.QuantityKind == "" {
			l.QuantityKind, l.Quantity, l.Unit = q.Kind, q.Quantity, q.Unit
		} else {
			l.Quantities = append(l.Quantities, q)
		}
	case tag == "AMT":
		l.Amounts = append(l.Amounts, r.claimAmount(s))
	case tag == "UIT":
		l.Prices = append(l.Prices, doc.ClaimPrice{Unit: r.part(s, 1, 1), Price: r.number(s, 2), Basis: r.text(s, 3)})
	case tag == "CUR" && l.Currency == "":
		l.Currency = r.text(s, 2)
	case tag == "DTM" && r.offer != nil:
		r.stamped(s, &r.offer.Dates)
	case r.offer != nil, tag == "SLN", tag == "N9", tag == "CUR":
		r.drop(s)
	default:
		if !r.common(s) {
			r.drop(s)
		}
	}
}

// above reads a segment of the head or of a contract.
func (r *claimReader) above(s *x12.Segment, tag string) {
	if tag == "N9" || tag == "CUR" && r.contract != nil || !r.common(s) {
		r.drop(s)
	}
}

func (r *claimReader) claimAmount(s *x12.Segment) doc.ClaimAmount {
	return doc.ClaimAmount{Kind: r.text(s, 1), Amount: r.number(s, 2), Flag: r.text(s, 3)}
}

// ReadClaim reads an 844.
func ReadClaim(set *schema.Set) (*doc.Claim, []wire.Finding) {
	d := &doc.Claim{Contracts: []doc.ClaimContract{}}
	r := &claimReader{reader: newReader(set, &d.Header), totals: &d.ClaimTotals}
	if !r.is("844") {
		return d, r.findings
	}
	for i := range set.Segments {
		s := &set.Segments[i]
		switch tag := string(s.TagBytes()); {
		case tag == "BAA":
			d.Purpose, d.Report, d.Date = r.text(s, 1), r.text(s, 2), r.date(s, 3)
			d.Qualifier, d.Number, d.Time = r.text(s, 4), r.text(s, 5), clock(r.text(s, 6))
		case tag == "CON":
			d.Contracts = append(d.Contracts, doc.ClaimContract{})
			r.newContract(s, &d.Contracts[len(d.Contracts)-1].Contract)
		case tag == "PAD" && r.contract != nil:
			x := &d.Contracts[len(d.Contracts)-1]
			x.Lines = append(x.Lines, doc.ClaimLine{})
			r.newClaim(s, &x.Lines[len(x.Lines)-1])
		default:
			r.segment(s)
		}
	}
	for i := range d.Contracts {
		r.settle(i, &d.Contracts[i].Contract)
	}
	r.done()
	return d, r.findings
}

// ReadClaimAnswer reads an 849. The verdict of a line is derived.
func ReadClaimAnswer(set *schema.Set) (*doc.ClaimAnswer, []wire.Finding) {
	d := &doc.ClaimAnswer{}
	r := &claimReader{reader: newReader(set, &d.Header), totals: &d.ClaimTotals, reasons: &d.Reasons}
	if !r.is("849") {
		return d, r.findings
	}
	for i := range set.Segments {
		s := &set.Segments[i]
		switch tag := string(s.TagBytes()); {
		case tag == "BRC":
			d.Purpose, d.Date, d.Qualifier, d.Number, d.Time = r.text(s, 1), r.date(s, 2), r.text(s, 3), r.text(s, 4), clock(r.text(s, 5))
		case tag == "CON":
			d.Contracts = append(d.Contracts, doc.AnsweredContract{})
			x := &d.Contracts[len(d.Contracts)-1]
			r.newContract(s, &x.Contract)
			r.reasons = &x.Reasons
		case tag == "PAD" && r.contract != nil:
			x := &d.Contracts[len(d.Contracts)-1]
			x.Lines = append(x.Lines, doc.AnswerLine{})
			l := &x.Lines[len(x.Lines)-1]
			r.newClaim(s, &l.ClaimLine)
			r.reasons = &l.Reasons
		default:
			r.segment(s)
		}
	}
	for i := range d.Contracts {
		x := &d.Contracts[i]
		r.settle(i, &x.Contract)
		for k := range x.Lines {
			l := &x.Lines[k]
			l.Verdict = doc.VerdictOf(l.Change, l.Reasons, x.Reasons, d.Reasons)
		}
	}
	r.done()
	return d, r.findings
}

// ReadPriceAuthorization reads an 845.
func ReadPriceAuthorization(set *schema.Set) (*doc.PriceAuthorization, []wire.Finding) {
	d := &doc.PriceAuthorization{Contracts: []doc.AuthorizedContract{}}
	r := &claimReader{reader: newReader(set, &d.Header)}
	if !r.is("845") {
		return d, r.findings
	}
	var line *doc.AuthorizedLine
	for i := range set.Segments {
		s := &set.Segments[i]
		switch tag := string(s.TagBytes()); {
		case tag == "BPA":
			d.Purpose, d.Date, d.Qualifier, d.Number, d.Time = r.text(s, 1), r.date(s, 2), r.text(s, 3), r.text(s, 4), clock(r.text(s, 5))
		case tag == "CON":
			d.Contracts = append(d.Contracts, doc.AuthorizedContract{})
			r.newContract(s, &d.Contracts[len(d.Contracts)-1].Contract)
			line = nil
		case tag == "PAD" && r.contract != nil:
			x := &d.Contracts[len(d.Contracts)-1]
			x.Lines = append(x.Lines, doc.AuthorizedLine{})
			line = &x.Lines[len(x.Lines)-1]
			r.newClaim(s, &line.ClaimLine)
		case tag == "CTP" && line != nil && r.claim != nil:
			line.Offers = append(line.Offers, doc.AuthorizedPrice{
				Class: r.text(s, 1), Kind: r.text(s, 2), Price: r.number(s, 3), Quantity: r.number(s, 4), Unit: r.part(s, 5, 1),
				MultiplierKind: r.text(s, 6), Multiplier: r.number(s, 7), Rebate: r.number(s, 8), Basis: r.text(s, 9),
			})
			r.offer = &line.Offers[len(line.Offers)-1]
			r.beyond(s, 9)
		default:
			r.segment(s)
		}
	}
	for i := range d.Contracts {
		r.settle(i, &d.Contracts[i].Contract)
	}
	r.done()
	return d, r.findings
}

// claimHead writes what the heads of the three sets share; reasons are those of an 849.
func (b *builder) claimHead(id string, h *doc.Header, role string, reasons []doc.ClaimReason) {
	b.currency(h.Currency, role)
	b.claimReasons(reasons)
	b.remarks(h.Notes)
	b.refs(h.Refs)
	b.contacts(h.Contacts)
	b.dates(h.Dates)
	b.parties(h.Parties)
	b.without(id, h, false)
}

func (b *builder) claimReasons(list []doc.ClaimReason) {
	for _, a := range list {
		b.add("AAA", a.Valid, a.Agency, a.Code, a.FollowUp)
	}
}

func (b *builder) contract(x *doc.Contract, reasons []doc.ClaimReason) {
	b.add("CON", x.Qualifier, x.Number, x.Status)
	b.claimReasons(reasons)
	b.refs(x.Refs)
	b.contacts(x.Contacts)
	b.dates(x.Dates)
	b.parties(x.Parties)
}

func (b *builder) pad(l *doc.ClaimLine) {
	b.add("PAD", l.Number, l.Transfer, l.Change, l.MultiplierKind, string(l.Multiplier))
}

func (b *builder) lineItem(l *doc.ClaimLine) {
	if items := b.items("LIN", 2, itemsOf(&l.Line)); len(items) > 0 {
		b.add("LIN", append([]string{l.Number}, items...)...)
	}
}

// figures writes UIT, QTY and AMT, and CUR where the set has it next.
func (b *builder) figures(l *doc.ClaimLine) {
	for _, part := range b.chunks("PID", l.Description, 80) {
		b.add("PID", "F", "", "", "", part)
	}
	for _, u := range l.Prices {
		b.add("UIT", u.Unit, string(u.Price), u.Basis)
	}
	if l.Quantity != "" {
		b.add("QTY", l.QuantityKind, string(l.Quantity), l.Unit)
	}
	for _, q := range l.Quantities {
		b.add("QTY", q.Kind, string(q.Quantity), q.Unit)
	}
	for _, a := range l.Amounts {
		b.add("AMT", a.Kind, string(a.Amount), a.Flag)
	}
	b.outside("PAD", 0, string(l.Price))
	b.outside("PAD", 0, string(l.Pack))
	for _, n := range l.Notes {
		b.outside("PAD", 0, n)
	}
	for _, a := range l.Allowances {
		b.outside("PAD", 0, or(a.Code, a.Indicator))
	}
	for _, t := range l.Taxes {
		b.outside("PAD", 0, t.Type)
	}
	for _, s := range l.Schedules {
		b.outside("PAD", 0, string(s.Quantity))
	}
}

// claimLine writes a PAD loop of 844 and 849.
func (b *builder) claimLine(l *doc.ClaimLine, role string, reasons []doc.ClaimReason) {
	b.pad(l)
	b.lineItem(l)
	b.claimReasons(reasons)
	b.figures(l)
	b.refs(l.Refs)
	b.dates(l.Dates)
	b.currency(l.Currency, role)
	for _, p := range l.Parties {
		b.outside("PAD", 0, or(p.Name, p.ID))
	}
}

func (b *builder) claimEnd(contracts int, t *doc.ClaimTotals) {
	b.add("CTT", strconv.Itoa(contracts), string(t.Quantity))
	for _, a := range t.Amounts {
		b.add("AMT", a.Kind, string(a.Amount), a.Flag)
	}
}

// WriteClaim makes the body of an 844.
func WriteClaim(d *doc.Claim, version string) (x12.Body, []wire.Finding) {
	b := newBuilder("844", version)
	b.add("BAA", d.Purpose, d.Report, b.date(d.Date), d.Qualifier, d.Number, b.clock(d.Time))
	b.claimHead("BAA", &d.Header, "BY", nil)
	for i := range d.Contracts {
		x := &d.Contracts[i]
		b.contract(&x.Contract, nil)
		for k := range x.Lines {
			b.claimLine(&x.Lines[k], "BY", nil)
		}
	}
	b.claimEnd(len(d.Contracts), &d.ClaimTotals)
	return b.body, b.findings
}

// WriteClaimAnswer makes the body of an 849. A rejected or pending line without reasons
// gets the AAA of its verdict, unless its contract or the whole answer has one.
func WriteClaimAnswer(d *doc.ClaimAnswer, version string) (x12.Body, []wire.Finding) {
	b := newBuilder("849", version)
	b.add("BRC", d.Purpose, b.date(d.Date), d.Qualifier, d.Number, b.clock(d.Time))
	b.claimHead("BRC", &d.Header, "SE", d.Reasons)
	for i := range d.Contracts {
		x := &d.Contracts[i]
		b.contract(&x.Contract, x.Reasons)
		for k := range x.Lines {
			l := &x.Lines[k]
			reasons := l.Reasons
			if len(reasons)+len(x.Reasons)+len(d.Reasons) == 0 {
				reasons = doc.ReasonsOf(l.Verdict, "")
			}
			b.claimLine(&l.ClaimLine, "SE", reasons)
		}
	}
	b.claimEnd(len(d.Contracts), &d.ClaimTotals)
	return b.body, b.findings
}

// WritePriceAuthorization makes the body of an 845, whose lines name the product after
// the figures and have no references.
func WritePriceAuthorization(d *doc.PriceAuthorization, version string) (x12.Body, []wire.Finding) {
	b := newBuilder("845", version)
	b.add("BPA", d.Purpose, b.date(d.Date), d.Qualifier, d.Number, b.clock(d.Time))
	b.claimHead("BPA", &d.Header, "SE", nil)
	for i := range d.Contracts {
		x := &d.Contracts[i]
		b.contract(&x.Contract, nil)
		for k := range x.Lines {
			l := &x.Lines[k]
			b.pad(&l.ClaimLine)
			b.figures(&l.ClaimLine)
			b.currency(l.Currency, "SE")
			b.dates(l.Dates)
			b.lineItem(&l.ClaimLine)
			for _, f := range l.Refs {
				b.outside("PAD", 0, f.Value)
			}
			b.parties(l.Parties)
			for _, o := range l.Offers {
				b.add("CTP", o.Class, o.Kind, string(o.Price), string(o.Quantity), o.Unit, o.MultiplierKind, string(o.Multiplier), string(o.Rebate), o.Basis)
				b.dates(o.Dates)
			}
		}
	}
	b.add("CTT", strconv.Itoa(len(d.Contracts)))
	return b.body, b.findings
}
