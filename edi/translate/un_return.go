package translate

import (
	"strings"

	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
)

// RETANN and RETINS are said with EAN's codes, as D01B has none of its own for the
// document and for what becomes of goods. A code of X12 without a twin goes as one of
// X12's list.
var (
	unDispositions   = map[string]string{"12E": "RA", "13E": "DI", "14E": "DI", "15E": "RF", "16E": "RP", "17E": "RD"}
	x12Dispositions  = map[string]string{"RA": "12E", "DI": "13E", "RF": "15E", "RP": "16E", "RD": "17E"}
	unReturnReasons  = map[string]string{"4": "DA", "6": "WG"}
	x12ReturnReasons = inverse(unReturnReasons)
)

// The states of CDI (7001): what becomes of the goods, how they arrived, and what the
// seller found.
const (
	stateReturn  = "3E"
	stateArrival = "3"
	stateLife    = "4"
	agencyEAN    = "9"
)

// readReturnUN reads a RETANN or RETINS as the return that a 180 would be: QTY 61 how
// much, CDI what becomes of it and why, RFF ALQ the number of the return, RFF ARN the
// announcement that is answered.
func readReturnUN(set *schema.Set) (*doc.Return, []wire.Finding) {
	d := &doc.Return{Stage: doc.StageRequest, Lines: []doc.ReturnLine{}}
	original := "13"
	if set.Type == "RETINS" {
		d.Stage, original = doc.StageInstruct, "11"
	}
	r := newUnReader(set, &d.Header)
	var line *doc.ReturnLine
	var ordered *doc.OrderRef // whose RFF we are in
	foreign := false          // in a quantity of a RETANN that is not carried, whose states are not the line's
	for i := range set.Un {
		s := &set.Un[i]
		tag := string(s.TagBytes())
		if tag != "RFF" && tag != "DTM" {
			ordered = nil
		}
		foreign = foreign && tag == "CDI"
		order, verdict := &d.Order, &d.Disposition
		if line != nil {
			order, verdict = &line.Order, &line.Disposition
		}
		switch tag {
		case "UNH", "UNT":
		case "BGM":
			d.Number, d.Purpose = r.get(s, 2, 1), twin(unPurposes, r.get(s, 3, 1))
			if d.Purpose == "00" {
				d.Purpose = original
			}
		case "LIN":
			d.Lines = append(d.Lines, doc.ReturnLine{Line: doc.Line{Number: r.get(s, 1, 1)}})
			line = &d.Lines[len(d.Lines)-1]
			r.open(&line.Line)
			r.item(r.get(s, 3, 1), r.get(s, 3, 2))
		case "QTY":
			if line == nil || r.part || r.get(s, 1, 1) != "61" || line.Quantity != "" {
				foreign = set.Type == "RETANN"
				r.drop(s)
				continue
			}
			line.Quantity, line.Unit = r.number(s, 1, 2), twin(unUnits, r.get(s, 1, 3))
		case "CDI":
			if foreign {
				r.drop(s)
				continue
			}
			r.party, r.part, r.group, r.allowance, r.tax = nil, false, true, nil, nil
			r.state(s, verdict)
		case "RFF":
			ordered = nil
			switch q := r.get(s, 1, 1); {
			case r.party == nil && q == "ON" && order.Number == "":
				order.Number, ordered, r.group = r.get(s, 1, 2), order, true
			case r.party == nil && q == "RE" && order.Number != "" && order.Release == "":
				order.Release, r.group = r.get(s, 1, 2), true
			case r.party == nil && line == nil && q == "ALQ" && d.RMA == "":
				d.RMA, r.group = r.get(s, 1, 2), true
			case r.party == nil && line == nil && q == "ARN" && d.Reference == "":
				d.Reference, r.group = r.get(s, 1, 2), true
			default:
				r.ref(s)
			}
		case "DOC": // what is wanted or follows
			r.party, r.group = nil, true
			r.drop(s)
		case "TDT":
			if line != nil || d.Carrier != (doc.Carrier{}) {
				r.drop(s)
				continue
			}
			r.party, r.group = nil, true
			d.Carrier = doc.Carrier{Code: r.get(s, 5, 1), Mode: twin(unModes, r.get(s, 3, 1)), Name: r.get(s, 5, 4)}
		case "DTM":
			switch q := r.get(s, 1, 1); {
			case q == "137" && line == nil && !r.group && r.party == nil && d.Date == "":
				d.Date, d.Time = r.when(s)
			case q == "171" && ordered != nil:
				ordered.Date, _ = r.when(s)
				ordered = nil
			default:
				r.dtm(s)
			}
		case "CNT": // a 180 counts nothing
		case "MOA":
			r.money(s)
		case "UNS":
			line = nil
			r.close()
		default:
			r.common(s)
		}
	}
	for i := range d.Lines {
		identify(&d.Lines[i].Line)
	}
	r.done()
	return d, r.findings
}

// state reads CDI; a second one of a kind is told.
func (r *unReader) state(s *edifact.Segment, to *doc.Disposition) {
	code, field := r.get(s, 2, 1), &to.Reason
	switch r.get(s, 1, 1) {
	case stateReturn:
		code, field = twin(unDispositions, code), &to.Code
	case stateLife:
		field = &to.Response
	default:
		code = twin(unReturnReasons, code)
	}
	if code != "" && *field != "" {
		r.drop(s)
		return
	}
	setOnce(field, code)
	if t := r.get(s, 2, 4); t != "" && to.Text != "" {
		r.note("translate.not_carried", s, 2, 4, t)
	} else {
		setOnce(&to.Text, t)
	}
}

// returned writes RETANN or, of an instruction, RETINS. D96A has neither.
func (b *unBuilder) returned(d *doc.Return) {
	asks := d.Stage != doc.StageInstruct
	document, original := "71E", "11"
	b.body.ID.Type = "RETINS"
	if asks {
		document, original = "70E", "13"
		b.body.ID.Type = "RETANN"
	}
	if b.body.ID.Release == "96A" {
		b.find("translate.wrong_set", wire.Reject, "UNH", 2, "D96A")
	}
	purpose := twin(x12Purposes, d.Purpose)
	if d.Purpose == original {
		purpose = "9"
	}
	b.add("BGM", edifact.C(document, "", agencyEAN), b.free("BGM", 2, d.Number, 35), purpose)
	b.dtm("137", d.Date, d.Time)
	b.dates(d.Dates)
	b.notes(d.Notes)
	if d.Currency != "" {
		b.add("CUX", edifact.C("2", d.Currency, "9"))
	}
	b.orderRefs([]doc.OrderRef{d.Order})
	b.rff("ARN", d.Reference)
	b.rff("ALQ", d.RMA)
	b.refs(d.Refs)
	b.parties(d.Parties)
	if !asks {
		b.states(d.Disposition)
	} else {
		b.leftStates(d.Disposition)
	}
	b.carrier(d.Carrier)
	for _, l := range d.Loads {
		b.left("PAC", 1, string(l.Count))
	}
	for _, v := range []string{d.Zone, d.Type, d.Action} {
		b.left("BGM", 1, v)
	}
	rest := doc.Header{Contacts: d.Contacts, Requirements: d.Requirements, Terms: d.Terms}
	if asks {
		b.allowances(d.Allowances)
	} else {
		rest.Allowances = d.Allowances
	}
	b.leftHead(&rest)
	for i := range d.Lines {
		b.returnLine(&d.Lines[i], asks)
	}
	if asks {
		b.add("UNS", "S")
	}
	b.count(len(d.Lines))
}

func (b *unBuilder) returnLine(l *doc.ReturnLine, asks bool) {
	b.lin(&l.Line, "")
	b.dates(l.Dates)
	rest := doc.Line{Taxes: l.Taxes, Schedules: l.Schedules, Parties: l.Parties}
	if asks { // RETANN: price, notes, quantity with its states
		b.price(&l.Line)
		b.notes(l.Notes)
		b.qty("61", l.Quantity, l.Unit)
		if l.Quantity != "" {
			b.states(l.Disposition)
		} else {
			b.leftStates(l.Disposition)
		}
	} else {
		b.left("PRI", 1, string(l.Price))
		b.left("PRI", 1, string(l.Pack))
		b.qty("61", l.Quantity, l.Unit)
		b.notes(l.Notes)
		rest.Allowances = l.Allowances
	}
	b.orderRefs([]doc.OrderRef{l.Order})
	b.refs(l.Refs)
	if asks {
		b.allowances(l.Allowances)
	} else {
		b.states(l.Disposition)
	}
	for _, n := range l.Quantities {
		b.left("QTY", 1, string(n.Quantity))
	}
	b.left("PRI", 1, l.PriceBasis)
	b.leftLine(&rest)
}

// states writes CDI for what becomes of goods and why. The text goes with the first.
func (b *unBuilder) states(v doc.Disposition) {
	text := b.free("CDI", 2, v.Text, 70)
	write := func(state, code, agency string) {
		b.add("CDI", state, edifact.C(code, "", agency, text))
		text = ""
	}
	if c, ok := x12Dispositions[v.Code]; ok {
		write(stateReturn, c, agencyEAN)
	} else if strings.HasSuffix(v.Code, "E") && len(v.Code) == 3 {
		write(stateReturn, v.Code, agencyEAN)
	} else if v.Code != "" {
		write(stateReturn, v.Code, agencyX12)
	}
	if c, ok := x12ReturnReasons[v.Reason]; ok {
		write(stateArrival, c, "")
	} else if v.Reason != "" {
		write(stateArrival, v.Reason, agencyX12)
	}
	if v.Response != "" {
		write(stateLife, v.Response, agencyX12)
	}
	if text != "" {
		write(stateArrival, "", "")
	}
	b.left("CDI", 2, v.Used)
}

func (b *unBuilder) leftStates(v doc.Disposition) {
	for _, t := range []string{v.Code, v.Reason, v.Response, v.Text, v.Used} {
		b.left("CDI", 2, t)
	}
}
