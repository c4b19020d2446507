package translate

import (
	"strconv"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// ReadPurchaseOrder reads an 850 or an ORDERS; the document is the same for both.
// Findings are notes on what was not carried.
func ReadPurchaseOrder(set *schema.Set) (*doc.PurchaseOrder, []wire.Finding) {
	if set.Message != nil && set.Type == "ORDERS" {
		return readORDERS(set)
	}
	d := &doc.PurchaseOrder{Lines: make([]doc.Line, 0, lines(set, tagPO1))}
	r := newReader(set, &d.Header)
	if !r.is("850") {
		return d, r.findings
	}
	for i := range set.Segments {
		s := &set.Segments[i]
		switch string(s.TagBytes()) {
		case "BEG":
			d.Purpose, d.Type, d.Number, d.Release = r.text(s, 1), r.text(s, 2), r.text(s, 3), r.text(s, 4)
			d.Date, d.Contract = r.date(s, 5), r.text(s, 6)
		case "PO1":
			d.Lines = append(d.Lines, r.orderLine(s))
			r.newLine(&d.Lines[len(d.Lines)-1])
		case "TD5":
			r.routing(s, &d.Carrier)
		case "CTT":
			r.count(s)
		case "AMT":
			r.amount(s, &d.Total)
		default:
			if !r.common(s) {
				r.drop(s)
			}
		}
	}
	r.done()
	return d, r.findings
}

// ReadOrderAck reads an 855 or an ORDRSP.
func ReadOrderAck(set *schema.Set) (*doc.OrderAck, []wire.Finding) {
	if set.Message != nil && set.Type == "ORDRSP" {
		return readORDRSP(set)
	}
	d := &doc.OrderAck{Lines: make([]doc.AckLine, 0, lines(set, tagPO1))}
	r := newReader(set, &d.Header)
	if !r.is("855") {
		return d, r.findings
	}
	var line *doc.AckLine
	for i := range set.Segments {
		s := &set.Segments[i]
		switch string(s.TagBytes()) {
		case "BAK":
			d.Purpose, d.Type, d.Number, d.Date = r.text(s, 1), r.text(s, 2), r.text(s, 3), r.date(s, 4)
			d.Release, d.Request, d.Contract = r.text(s, 5), r.text(s, 6), r.text(s, 7)
			d.Seller, d.AckDate = r.text(s, 8), r.date(s, 9)
		case "PO1":
			d.Lines = append(d.Lines, doc.AckLine{Line: r.orderLine(s), Responses: []doc.Response{}})
			line = &d.Lines[len(d.Lines)-1]
			r.newLine(&line.Line)
		case "ACK":
			if line == nil || r.at == inPart {
				r.drop(s)
				continue
			}
			line.Responses = append(line.Responses, r.response(s))
			r.at, r.party = inResponse, nil
		case "TD5":
			r.routing(s, &d.Carrier)
		case "DTM":
			if line != nil && r.at == inResponse {
				last := &line.Responses[len(line.Responses)-1]
				last.Dates = append(last.Dates, doc.Date{
					Qualifier: r.text(s, 1), Date: r.date(s, 2), Time: clock(r.text(s, 3)), Zone: r.text(s, 4),
				})
				continue
			}
			r.common(s)
		case "CTT":
			line = nil
			r.count(s)
		case "AMT":
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

// routing takes the TD5 of the header that names one carrier; any other is carried.
func (r *reader) routing(s *x12.Segment, to *doc.Carrier) {
	c := doc.Carrier{Code: r.text(s, 3), Mode: r.text(s, 4), Name: r.text(s, 5)}
	scac := r.text(s, 2) == "2" && c.Code != "" || r.text(s, 2) == "" && c.Code == ""
	if r.at != inHeader || *to != (doc.Carrier{}) || !scac || r.text(s, 1) != "" || s.Len() > 5 {
		r.drop(s)
		return
	}
	*to = c
}

func (r *reader) response(s *x12.Segment) doc.Response {
	return doc.Response{
		Status: r.text(s, 1), Quantity: r.number(s, 2), Unit: r.text(s, 3), DateQualifier: r.text(s, 4),
		Date: r.date(s, 5), Request: r.text(s, 6), Items: r.items(s, 7, 26), Industry: r.text(s, 29),
	}
}

// ReadInvoice reads an 810 or an INVOIC. Line amounts are derived: quantity times price, half
// up to two decimals.
func ReadInvoice(set *schema.Set) (*doc.Invoice, []wire.Finding) {
	if set.Message != nil && set.Type == "INVOIC" {
		return readINVOIC(set)
	}
	d := &doc.Invoice{Lines: make([]doc.InvoiceLine, 0, lines(set, tagIT1))}
	r := newReader(set, &d.Header)
	if !r.is("810") {
		return d, r.findings
	}
	for i := range set.Segments {
		s := &set.Segments[i]
		switch string(s.TagBytes()) {
		case "BIG":
			d.Date, d.Number, d.OrderDate, d.OrderNumber = r.date(s, 1), r.text(s, 2), r.date(s, 3), r.text(s, 4)
			d.Release, d.Type, d.Purpose = r.text(s, 5), r.text(s, 7), r.text(s, 8)
		case "IT1":
			l := doc.InvoiceLine{Line: r.orderLine(s)}
			if l.Price.Valid() && l.Quantity.Valid() {
				l.Amount = l.Quantity.Mul(l.Price, 2)
			}
			d.Lines = append(d.Lines, l)
			r.newLine(&d.Lines[len(d.Lines)-1].Line)
		case "TDS":
			r.summary()
			d.Total, d.Discountable = r.implied(s, 1), r.implied(s, 2)
			d.DiscountedTotal, d.Discount = r.implied(s, 3), r.implied(s, 4)
		case "TXI":
			if r.at == inSummary && r.afterTotal(i) {
				d.Taxes = append(d.Taxes, r.taxOf(s))
				continue
			}
			r.common(s)
		case "ISS":
			if d.ShippedUnits == "" {
				d.ShippedUnits, d.ShippedUnit = r.number(s, 1), r.text(s, 2)
			} else {
				r.drop(s)
			}
		case "CTT":
			r.count(s)
		default:
			if !r.common(s) {
				r.drop(s)
			}
		}
	}
	r.done()
	return d, r.findings
}

// afterTotal says whether the TXI at index i is one of the summary, which follow TDS,
// and not of a SAC there.
func (r *reader) afterTotal(i int) bool {
	for i--; i >= 0; i-- {
		switch string(r.set.Segments[i].TagBytes()) {
		case "TXI":
		case "TDS":
			return true
		default:
			return false
		}
	}
	return false
}

// lines counts the segments that open a line.
func lines(set *schema.Set, tag x12.Tag) int {
	n := 0
	for i := range set.Segments {
		if set.Segments[i].Tag == tag {
			n++
		}
	}
	return n
}

// orderLine reads PO1 and IT1, which are laid out alike.
func (r *reader) orderLine(s *x12.Segment) doc.Line {
	l := doc.Line{
		Number: r.text(s, 1), Quantity: r.number(s, 2), Unit: r.text(s, 3),
		Price: r.number(s, 4), PriceBasis: r.text(s, 5), Items: r.items(s, 6, 25),
	}
	identify(&l)
	return l
}

func (r *reader) count(s *x12.Segment) {
	r.summary()
	if n, err := strconv.Atoi(r.text(s, 1)); err == nil {
		r.head.LineCount = n
	}
}

// amount takes AMT TT after the lines as the total.
func (r *reader) amount(s *x12.Segment, total *doc.Decimal) {
	if r.at == inSummary && r.text(s, 1) == "TT" {
		*total = r.number(s, 2)
		return
	}
	r.drop(s)
}

// is checks the type of the set.
func (r *reader) is(kind string) bool {
	if r.set.Type == kind {
		return true
	}
	r.findings = append(r.findings, wire.Finding{
		Level: wire.LevelSet, Severity: wire.Reject, Key: "translate.wrong_set", Value: r.set.Type,
		Pos: wire.Position{Offset: r.set.Offset}, Args: map[string]string{"want": kind},
	})
	return false
}
