package translate

import (
	"maps"

	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
)

// The functions of a dispute (1225) and who acts on an instruction (3301).
var (
	unDisputePurposes = func() map[string]string {
		m := maps.Clone(unPurposes)
		m["6"] = "06"
		return m
	}()
	x12DisputePurposes = inverse(unDisputePurposes)
	unActors           = map[string]string{"4": "BY", "5": "SE"}
	x12Actors          = inverse(unActors)
)

// disputeReader walks DOC, AJT, INP and DLI.
type disputeReader struct {
	*unReader
	d       *doc.Dispute
	at      *doc.DisputedDocument // nil in the header
	line    *doc.DisputedLine
	reasons *[]doc.DisputeReason // where AJT belongs
	notes   *[]string            // where FTX belongs
}

// ReadDispute reads a COMDIS, which X12 has no twin of.
func ReadDispute(set *schema.Set) (*doc.Dispute, []wire.Finding) {
	d := &doc.Dispute{Documents: []doc.DisputedDocument{}}
	r := &disputeReader{unReader: newUnReader(set, &d.Header), d: d}
	if set.Message == nil || set.Type != "COMDIS" {
		x := newReader(set, &d.Header)
		x.is("COMDIS")
		return d, x.findings
	}
	for i := range set.Un {
		r.segment(&set.Un[i])
	}
	r.done()
	return d, r.findings
}

func (r *disputeReader) segment(s *edifact.Segment) {
	q := r.get(s, 1, 1)
	switch tag := string(s.TagBytes()); {
	case tag == "UNH" || tag == "UNT":
	case tag == "BGM":
		r.d.Number, r.d.Purpose = r.get(s, 2, 1), twin(unDisputePurposes, r.get(s, 3, 1))
	case tag == "DOC":
		r.d.Documents = append(r.d.Documents, doc.DisputedDocument{Qualifier: twin(unDocuments, q), Number: r.get(s, 2, 1), Status: r.get(s, 2, 2)})
		r.at = &r.d.Documents[len(r.d.Documents)-1]
		r.line, r.reasons, r.notes = nil, &r.at.Reasons, nil
		r.ignored(s, 2, 3)
	case r.at == nil && tag == "DTM":
		r.date(s, q, &r.head.Dates)
	case r.at == nil:
		r.common(s)
	case tag == "DTM" && r.line == nil && r.notes == nil:
		r.date(s, q, &r.at.Dates)
	case tag == "MOA":
		r.money(s, q)
	case tag == "AJT":
		reason, un := reasonOf(q)
		*r.reasons = append(*r.reasons, doc.DisputeReason{Reason: reason, ReasonUN: un})
		r.notes = &(*r.reasons)[len(*r.reasons)-1].Notes
	case tag == "INP":
		r.at.Actions = append(r.at.Actions, doc.DisputeAction{Party: twin(unActors, q), Kind: r.get(s, 2, 1), Code: r.get(s, 2, 2)})
		r.notes = &r.at.Actions[len(r.at.Actions)-1].Notes
		r.ignored(s, 1, 2, 2, 5, 3, 1)
	case tag == "DLI":
		r.at.Lines = append(r.at.Lines, doc.DisputedLine{Kind: q, Number: r.get(s, 2, 1)})
		r.line = &r.at.Lines[len(r.at.Lines)-1]
		r.reasons, r.notes = &r.line.Reasons, nil
	case tag == "FTX" && r.notes != nil:
		*r.notes = appendTexts(*r.notes, r.ftx(s))
	default:
		r.drop(s)
	}
}

// date takes 137 of the head as the dispute's, of a document as X12's 003.
func (r *disputeReader) date(s *edifact.Segment, q string, to *[]doc.Date) {
	date, clockTime := r.when(s)
	switch {
	case date == "":
	case q == "137" && r.at == nil && r.d.Date == "":
		r.d.Date = date
	case q == "137" && r.at != nil:
		*to = append(*to, doc.Date{Qualifier: "003", Date: date, Time: clockTime})
	default:
		*to = append(*to, doc.Date{Qualifier: dateQualifier(q), Date: date, Time: clockTime})
	}
}

func (r *disputeReader) money(s *edifact.Segment, q string) {
	due, disputed, adjusted := &r.at.Due, &r.at.Disputed, &r.at.Adjusted
	if r.line != nil {
		due, disputed, adjusted = &r.line.Due, &r.line.Disputed, &r.line.Adjusted
	}
	to := map[string]*doc.Decimal{"9": due, "257": disputed, "5": adjusted}[q]
	if to == nil || *to != "" {
		r.drop(s)
		return
	}
	*to = r.number(s, 1, 2)
	r.foreign(s)
}

// dispute writes COMDIS.
func (b *unBuilder) dispute(d *doc.Dispute) {
	b.add("BGM", "67", b.free("BGM", 2, d.Number, 35), twin(x12DisputePurposes, d.Purpose))
	b.refs(d.Refs)
	b.dtm("137", d.Date, "")
	b.dates(d.Dates)
	if b.early() {
		b.left("CUX", 1, d.Currency)
	} else {
		b.currencies(d.Currency, "4")
	}
	b.plainParties(d.Parties)
	b.without("BGM", &d.Header)
	for _, n := range d.Notes {
		b.left("BGM", 0, n)
	}
	for i := range d.Documents {
		x := &d.Documents[i]
		b.add("DOC", edifact.C(twin(x12Documents, x.Qualifier)), edifact.C(b.free("DOC", 2, x.Number, 35), x.Status))
		for _, t := range x.Dates {
			if t.Qualifier == "003" {
				b.dtm("137", t.Date, t.Time)
				b.left("DTM", 1, t.Zone)
			} else {
				b.dates([]doc.Date{t})
			}
		}
		b.amount("9", x.Due)
		b.amount("257", x.Disputed)
		b.amount("5", x.Adjusted)
		b.disputeReasons(x.Reasons)
		for _, a := range x.Actions {
			b.add("INP", edifact.C(twin(x12Actors, a.Party)), edifact.C(a.Kind, a.Code))
			for _, n := range a.Notes {
				b.told("AAG", n)
			}
		}
		for k := range x.Lines {
			l := &x.Lines[k]
			b.add("DLI", l.Kind, l.Number)
			b.amount("9", l.Due)
			b.amount("257", l.Disputed)
			b.amount("5", l.Adjusted)
			b.disputeReasons(l.Reasons)
		}
	}
}

func (b *unBuilder) disputeReasons(list []doc.DisputeReason) {
	for _, r := range list {
		b.ajt(r.Reason, r.ReasonUN)
		for _, n := range r.Notes {
			b.told("ACE", n)
		}
	}
}
