package translate

import (
	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
)

// Kinds of document (1001) and means of payment (4461) with a twin.
var (
	unDocuments  = map[string]string{"380": "IV", "381": "CM", "383": "DL"}
	x12Documents = map[string]string{"IV": "380", "CM": "381", "CL": "381", "DL": "383", "DB": "383"}
	unPayments   = map[string]string{"20": "CHK", "2": "ACH"}
	x12Payments  = inverse(unPayments)
	unBanks      = map[string]string{"5": "02", "17": "02"}
)

// The parts of a REMADV.
const (
	remitHead = iota
	remitDoc
	remitAdjust
	remitSkip // INP, DLI, or a currency of the document
	remitEnd
)

// readREMADV reads a REMADV as the remittance that an 820 would be. AJT's amounts say
// what is kept back, so that their sign turns.
func readREMADV(set *schema.Set) (*doc.Remittance, []wire.Finding) {
	d := &doc.Remittance{Handling: "I", Flag: "C", TraceType: "1", Lines: []doc.RemittanceLine{}}
	r := newUnReader(set, &d.Header)
	at := remitHead
	var line *doc.RemittanceLine
	var adj *doc.Adjustment
	for i := range set.Un {
		s := &set.Un[i]
		tag := string(s.TagBytes())
		q := r.get(s, 1, 1)
		switch {
		case tag == "UNH" || tag == "UNT":
		case tag == "BGM":
			d.Number = r.get(s, 2, 1)
		case tag == "DOC":
			d.Lines = append(d.Lines, doc.RemittanceLine{Qualifier: twin(unDocuments, q), Number: r.get(s, 2, 1)})
			line, adj, at = &d.Lines[len(d.Lines)-1], nil, remitDoc
			r.ignored(s, 2, 2, 2, 3)
		case tag == "UNS":
			at = remitEnd
		case tag == "AJT" && (at == remitDoc || at == remitAdjust || at == remitSkip && adj != nil):
			reason, un := reasonOf(q)
			line.Adjustments = append(line.Adjustments, doc.Adjustment{Reason: reason, ReasonUN: un})
			adj, at = &line.Adjustments[len(line.Adjustments)-1], remitAdjust
		case tag == "INP" || tag == "DLI":
			at, adj = remitSkip, nil
			r.drop(s)
		case at == remitHead:
			r.remitHead(s, d)
		case at == remitDoc:
			r.remitDoc(s, line)
		case at == remitAdjust && tag == "MOA" && (q == "5" || q == "165") && adj.Amount == "":
			adj.Amount = negated(r.number(s, 1, 2))
			r.foreign(s)
		case at == remitAdjust && tag == "RFF" && adj.Ref.Qualifier == "":
			adj.Ref = doc.Ref{Qualifier: twin(unRefs, q), Value: r.get(s, 1, 2)}
		case at == remitAdjust && tag == "FTX":
			adj.Notes = appendTexts(adj.Notes, r.ftx(s))
		case at == remitAdjust && tag == "TAX":
			at = remitSkip // adj stays: the next AJT is its neighbour
			r.drop(s)
		case at == remitEnd && tag == "MOA" && q == "12" && d.Total == "":
			d.Total = r.number(s, 1, 2)
			r.foreign(s)
		default:
			r.drop(s)
		}
	}
	r.done()
	return d, r.findings
}

func (r *unReader) remitHead(s *edifact.Segment, d *doc.Remittance) {
	switch q := r.get(s, 1, 1); string(s.TagBytes()) {
	case "DTM":
		switch {
		case r.party == nil && q == "137" && d.Date == "":
			d.Date, _ = r.when(s)
		case r.party == nil && q == "138" && d.Paid == "":
			d.Paid, _ = r.when(s)
		default:
			r.dtm(s)
		}
	case "FII":
		a := doc.BankAccount{Account: r.get(s, 2, 1), Bank: r.get(s, 3, 1)}
		if a.Bank != "" {
			a.BankQualifier = twin(unBanks, r.get(s, 3, 3))
		}
		switch { // the first of each
		case q == "OR" && d.Payer == (doc.BankAccount{}):
			d.Payer = a
		case q == "BF" && d.Payee == (doc.BankAccount{}):
			d.Payee = a
		default:
			r.drop(s)
			return
		}
		r.ignored(s, 2, 2, 2, 3, 2, 4, 3, 4, 3, 7, 3, 8, 4, 1) // holder, currency, branch, name, place and country
	case "PAI":
		d.Method = twin(unPayments, r.get(s, 1, 3))
		r.ignored(s, 1, 1, 1, 2, 1, 6)
	default:
		r.common(s)
	}
}

func (r *unReader) remitDoc(s *edifact.Segment, l *doc.RemittanceLine) {
	q := r.get(s, 1, 1)
	amounts := map[string]*doc.Decimal{"9": &l.Amount, "12": &l.Paid, "52": &l.Discount}
	switch string(s.TagBytes()) {
	case "MOA":
		if to := amounts[q]; to != nil && *to == "" {
			*to = r.number(s, 1, 2)
			r.foreign(s)
			return
		}
		r.drop(s)
	case "DTM":
		date, t := r.when(s)
		if q == "137" {
			q = "003"
		} else {
			q = dateQualifier(q)
		}
		if date != "" {
			l.Dates = append(l.Dates, doc.Date{Qualifier: q, Date: date, Time: t})
		}
	case "RFF":
		l.Refs = append(l.Refs, doc.Ref{Qualifier: twin(unRefs, q), Value: r.get(s, 1, 2)})
	case "NAD":
		if l.Entity.Role != "" {
			r.drop(s)
			return
		}
		l.Entity = doc.Party{Role: twin(unRoles, q), ID: r.get(s, 2, 1)}
		if l.Entity.ID != "" {
			l.Entity.IDQualifier = twin(unLists, r.get(s, 2, 3))
		}
		r.ignored(s, 3, 1, 4, 1, 5, 1, 6, 1)
	default:
		r.drop(s)
	}
}

// ftx joins the lines of a free text.
func (r *unReader) ftx(s *edifact.Segment) string {
	var parts []string
	for c := 1; c <= 5; c++ {
		parts = appendTexts(parts, r.get(s, 4, c))
	}
	out := ""
	for _, p := range parts {
		if out != "" {
			out += " "
		}
		out += p
	}
	return out
}

// remittance writes REMADV. Adjustments that concern no document have no place in it,
// and without them its total would be wrong: it must not be sent.
func (b *unBuilder) remittance(d *doc.Remittance) {
	b.add("BGM", "481", b.free("BGM", 2, d.Number, 35), "9")
	b.dtm("137", d.Date, "")
	b.dtm("138", d.Paid, "")
	b.dates(d.Dates)
	b.refs(d.Refs)
	b.account("OR", d.Payer)
	b.account("BF", d.Payee)
	if d.Method != "" {
		b.add("PAI", edifact.C("", "", twin(x12Payments, d.Method)))
	}
	b.notes(d.Notes)
	if b.early() {
		b.plainParties(d.Parties)
	} else {
		b.parties(d.Parties)
	}
	b.currencies(d.Currency, "11")
	b.without("BGM", &d.Header)
	if d.Handling != "I" {
		b.left("BGM", 1, d.Handling)
	}
	if d.Flag != "C" {
		b.left("MOA", 1, d.Flag)
	}
	if d.TraceType != "1" {
		b.left("BGM", 2, d.TraceType)
	}
	for _, v := range []string{d.TraceCompany, d.TraceRef, d.Format, d.Company, d.CompanyCode} {
		b.left("BGM", 2, v)
	}
	for i := range d.Lines {
		b.remittanceLine(&d.Lines[i])
	}
	b.add("UNS", "S")
	b.amount("12", d.Total)
}

func (b *unBuilder) account(role string, a doc.BankAccount) {
	if a == (doc.BankAccount{}) {
		return
	}
	bank := []string{}
	switch {
	case a.BankQualifier == "02":
		bank = edifact.C(a.Bank, "25", "5")
	case a.BankQualifier == "01" || a.BankQualifier == "03" || a.BankQualifier == "04":
		b.left("FII", 3, a.BankQualifier)
		bank = edifact.C(a.Bank)
	case a.Bank != "":
		bank = edifact.C(a.Bank, "", a.BankQualifier)
	}
	b.left("FII", 2, a.Kind)
	b.add("FII", role, edifact.C(a.Account), bank)
}

func (b *unBuilder) remittanceLine(l *doc.RemittanceLine) {
	if l.Number == "" {
		for _, a := range l.Adjustments {
			b.find("write.left_out", wire.Reject, "AJT", 1, string(a.Amount))
		}
		return
	}
	b.add("DOC", edifact.C(twin(x12Documents, l.Qualifier)), edifact.C(b.free("DOC", 2, l.Number, 35)))
	b.amount("9", l.Amount)
	b.amount("12", l.Paid)
	b.amount("52", l.Discount)
	for _, t := range l.Dates {
		if t.Qualifier == "003" {
			b.dtm("137", t.Date, t.Time)
			b.left("DTM", 1, t.Zone)
		} else {
			b.dates([]doc.Date{t})
		}
	}
	b.refs(l.Refs)
	if e := l.Entity; e.Role != "" {
		id := []string{}
		if e.ID != "" {
			id = edifact.C(b.free("NAD", 2, e.ID, 35), "", twin(x12Lists, e.IDQualifier))
		}
		b.add("NAD", twin(x12Roles, e.Role), id)
	}
	b.left("DOC", 3, l.Action)
	for _, n := range l.Notes {
		b.left("FTX", 4, n)
	}
	// EANCOM 97 knows the amount as 5 alone.
	kind := "165"
	if b.eancom() && b.early() {
		kind = "5"
	}
	for _, a := range l.Adjustments {
		b.ajt(a.Reason, a.ReasonUN)
		b.amount(kind, negated(a.Amount))
		if a.Ref.Value != "" {
			b.rff(twin(x12Refs, a.Ref.Qualifier), a.Ref.Value)
		}
		for _, f := range a.Refs {
			b.left("RFF", 1, f.Value)
		}
		for _, t := range a.Dates {
			b.left("DTM", 1, t.Date)
		}
		for _, n := range a.Notes {
			if parts := b.broken("FTX", 4, n, 70, 5); len(parts) > 0 {
				b.add("FTX", "AAI", "", "", parts)
			}
		}
	}
}
