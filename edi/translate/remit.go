package translate

import (
	"strconv"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// ReadRemittance reads an 820 or a REMADV; the document is the same for both. An ADX
// below an RMR adjusts its document, one above all of an ENT concerns none; RMR07 and
// RMR08 become the first adjustment.
func ReadRemittance(set *schema.Set) (*doc.Remittance, []wire.Finding) {
	if set.Message != nil && set.Type == "REMADV" {
		return readREMADV(set)
	}
	d := &doc.Remittance{Lines: []doc.RemittanceLine{}}
	r := newReader(set, &d.Header)
	if !r.is("820") {
		return d, r.findings
	}
	w := &remitReader{reader: r, d: d}
	for i := range set.Segments {
		w.segment(&set.Segments[i])
	}
	r.done()
	return d, r.findings
}

// remitReader walks ENT, RMR and ADX.
type remitReader struct {
	*reader
	d      *doc.Remittance
	detail bool      // past the header
	entity doc.Party // of the ENT
	line   *doc.RemittanceLine
	adj    *doc.Adjustment
	skip   bool // in a loop that is not carried
}

func (r *remitReader) segment(s *x12.Segment) {
	d := r.d
	switch string(s.TagBytes()) {
	case "ST", "SE":
	case "BPR":
		d.Handling, d.Total, d.Flag, d.Method, d.Format = r.text(s, 1), r.number(s, 2), r.text(s, 3), r.text(s, 4), r.text(s, 5)
		d.Payer, d.Payee = r.account(s, 6), r.account(s, 12)
		d.Company, d.CompanyCode, d.Paid = r.text(s, 10), r.text(s, 11), r.date(s, 16)
		r.beyond(s, 16)
	case "TRN":
		if d.Number != "" || r.detail {
			r.drop(s)
			return
		}
		d.TraceType, d.Number, d.TraceCompany, d.TraceRef = r.text(s, 1), r.text(s, 2), r.text(s, 3), r.text(s, 4)
	case "ENT":
		r.detail, r.line, r.adj, r.skip = true, nil, nil, false
		r.entity = doc.Party{Role: r.text(s, 2), IDQualifier: r.text(s, 3), ID: r.text(s, 4)}
		r.beyond(s, 4)
	case "RMR":
		r.detail, r.adj, r.skip = true, nil, false
		d.Lines = append(d.Lines, doc.RemittanceLine{
			Qualifier: r.text(s, 1), Number: r.text(s, 2), Action: r.text(s, 3), Paid: r.number(s, 4),
			Amount: r.number(s, 5), Discount: r.number(s, 6), Entity: r.entity,
		})
		r.line = &d.Lines[len(d.Lines)-1]
		if reason := r.text(s, 7); reason != "" {
			r.line.Adjustments = []doc.Adjustment{{Amount: r.number(s, 8), Reason: reason}}
		}
	case "ADX":
		r.detail, r.skip = true, false
		if r.line == nil {
			d.Lines = append(d.Lines, doc.RemittanceLine{Entity: r.entity})
			r.line = &d.Lines[len(d.Lines)-1]
		}
		r.line.Adjustments = append(r.line.Adjustments, doc.Adjustment{
			Amount: r.number(s, 1), Reason: r.text(s, 2), Ref: doc.Ref{Qualifier: r.text(s, 3), Value: r.text(s, 4)},
		})
		r.adj = &r.line.Adjustments[len(r.line.Adjustments)-1]
	default:
		r.other(s)
	}
}

func (r *remitReader) account(s *x12.Segment, i int) doc.BankAccount {
	return doc.BankAccount{BankQualifier: r.text(s, i), Bank: r.text(s, i+1), Kind: r.text(s, i+2), Account: r.text(s, i+3)}
}

// other reads what stands below the leading segments.
func (r *remitReader) other(s *x12.Segment) {
	tag := string(s.TagBytes())
	switch {
	case !r.detail && (tag == "TXP" || tag == "DED" || tag == "LX" || tag == "N9" || tag == "RYL"):
		r.detail = true
		r.drop(s)
	case !r.detail && tag == "DTM" && r.at == inHeader && r.text(s, 1) == "097" && r.d.Date == "":
		if t, _ := r.stamp(s); t.Date != "" {
			r.d.Date = t.Date
		} else {
			r.drop(s)
		}
	case !r.detail:
		if !r.common(s) {
			r.drop(s)
		}
	case r.line == nil || r.skip:
		r.drop(s)
	case tag == "REF" && r.adj != nil:
		r.adj.Refs = append(r.adj.Refs, r.reference(s))
	case tag == "REF":
		r.line.Refs = append(r.line.Refs, r.reference(s))
	case tag == "DTM" && r.adj != nil && len(r.adj.Refs) == 0:
		r.stamped(s, &r.adj.Dates)
	case tag == "DTM" && r.adj == nil:
		r.stamped(s, &r.line.Dates)
	case tag == "NTE" && r.adj != nil:
		r.adj.Notes = append(r.adj.Notes, r.text(s, 2))
	case tag == "NTE":
		r.line.Notes = append(r.line.Notes, r.text(s, 2))
	default:
		// PER and the date of a reference end nothing; the rest opens a loop.
		r.skip = tag != "PER" && tag != "DTM"
		r.drop(s)
	}
}

// WriteRemittance makes the body of an 820. A line without a document opens an ENT of
// its own, as its ADX stands above every RMR.
func WriteRemittance(d *doc.Remittance, version string) (x12.Body, []wire.Finding) {
	b := newBuilder("820", version)
	b.add("BPR", d.Handling, string(d.Total), d.Flag, or(d.Method, "ZZZ"), d.Format, // BPR04 is mandatory: as both agreed
		d.Payer.BankQualifier, d.Payer.Bank, d.Payer.Kind, d.Payer.Account, d.Company, d.CompanyCode,
		d.Payee.BankQualifier, d.Payee.Bank, d.Payee.Kind, d.Payee.Account, b.date(d.Paid))
	b.remarks(d.Notes)
	b.add("TRN", or(d.TraceType, "1"), d.Number, d.TraceCompany, d.TraceRef)
	b.currency(d.Currency, "PR")
	b.refs(d.Refs)
	if d.Date != "" {
		b.add("DTM", "097", b.date(d.Date))
	}
	b.dates(d.Dates)
	b.parties(d.Parties)
	b.without("BPR", &d.Header, true)
	ent := 0
	var last doc.Party
	for i := range d.Lines {
		l := &d.Lines[i]
		if i == 0 || l.Number == "" || !sameEntity(last, l.Entity) {
			ent++
			b.add("ENT", strconv.Itoa(ent), l.Entity.Role, l.Entity.IDQualifier, l.Entity.ID)
			last = l.Entity
		}
		if l.Number != "" {
			b.add("RMR", l.Qualifier, l.Number, l.Action, string(l.Paid), string(l.Amount), string(l.Discount))
			b.remarks(l.Notes)
			b.refs(l.Refs)
			b.dates(l.Dates)
		}
		for _, a := range l.Adjustments {
			b.outside("ADX", 2, a.ReasonUN)
			b.add("ADX", string(a.Amount), a.Reason, a.Ref.Qualifier, a.Ref.Value)
			b.remarks(a.Notes)
			if l.Number == "" {
				b.dates(a.Dates)
			} else { // below RMR only a reference of the ADX has a date
				for _, t := range a.Dates {
					b.outside("ADX", 0, t.Date)
				}
			}
			b.refs(a.Refs)
		}
	}
	return b.body, b.findings
}

func sameEntity(a, b doc.Party) bool {
	return a.Role == b.Role && a.IDQualifier == b.IDQualifier && a.ID == b.ID
}
