package translate

import (
	"fmt"

	"entente/edi/doc"
)

// orderChange says only what both 860 and ORDCHG have a place for.
func (s source) orderChange() *doc.OrderChange {
	n := s.IntN(4)
	d := &doc.OrderChange{
		Header: s.header(n), Purpose: s.pick("04", "01", "05"), Type: "SA", Number: "PO-1", Date: s.day(), ChangeDate: s.day(),
		Sequence: s.pick("", "2"), Request: s.pick("", "CH-7"), Contract: s.pick("", "C-1"), Release: s.pick("", "R1"), Seller: s.pick("", "OR-2"),
		Lines: []doc.ChangeLine{},
	}
	if s.maybe() {
		d.Total = s.cents()
	}
	plain(&d.Header)
	for i := range n {
		l := doc.ChangeLine{Line: s.line(i + 1), Change: s.pick("AI", "DI", "CA", "NC")}
		if s.maybe() {
			l.Left = s.decimal()
		}
		noPercent(l.Allowances)
		d.Lines = append(d.Lines, l)
	}
	return d
}

// plain takes out of a header what X12 has only with a basis that EDIFACT does not say.
func plain(h *doc.Header) { noPercent(h.Allowances) }

func noPercent(list []doc.Allowance) {
	for i := range list {
		list[i].Percent = ""
	}
}

// orderChangeX12 says what only an 860 can.
func (s source) orderChangeX12() *doc.OrderChange {
	d := s.orderChange()
	d.Type, d.AckDate = s.pick("SA", "BK", "RL"), s.pick("", s.day())
	d.Requirements = []string{"SC"}
	for i := range d.Lines {
		l := &d.Lines[i]
		l.Change, l.PriceBasis, l.Pack = s.pick("QI", "QD", "PC", "PQ", "CT", "RZ"), s.pick("", "PE"), s.pickDecimal("", "6")
		if s.maybe() {
			l.Schedules = []doc.Schedule{{Quantity: s.decimal(), Unit: "EA", Dates: []doc.Date{{Qualifier: "002", Date: s.day()}}}}
		}
		if s.maybe() {
			l.Taxes = []doc.Tax{{Type: "VA", Percent: "20"}}
		}
		l.Parties = s.parties()[1:]
	}
	return d
}

func (s source) pickDecimal(list ...doc.Decimal) doc.Decimal { return list[s.IntN(len(list))] }

func (s source) orderChangeAck() *doc.OrderChangeAck {
	a := s.orderAck()
	d := &doc.OrderChangeAck{
		Header: a.Header, Purpose: "04", Type: s.pick("", "AC", "AT"), Number: a.Number, Date: a.Date, Sequence: s.pick("", "1"),
		Request: s.pick("", "CH-7"), Contract: a.Contract, Seller: a.Seller, AckDate: s.pick("", a.AckDate), ChangeDate: s.pick("", s.day()),
		Lines: []doc.ChangeAckLine{},
	}
	plain(&d.Header)
	for _, l := range a.Lines {
		noPercent(l.Allowances)
		c := doc.ChangeAckLine{AckLine: l, Change: s.pick("CA", "QD", "DI", "AI"), Left: s.pickDecimal("", "40")}
		if s.maybe() {
			c.Responses[0].Dates = []doc.Date{{Qualifier: "067", Date: s.day()}}
		}
		if d.Type == "" {
			c.Responses = []doc.Response{}
		}
		d.Lines = append(d.Lines, c)
	}
	return d
}

func (s source) orderRefs() (out []doc.OrderRef) {
	for i := range s.IntN(3) {
		o := doc.OrderRef{Number: fmt.Sprint("PO-", i), Release: s.pick("", "R2")}
		if s.maybe() {
			o.Date = s.day()
		}
		out = append(out, o)
	}
	return out
}

// receivingAdvice says only what both 861 and RECADV have a place for.
func (s source) receivingAdvice() *doc.ReceivingAdvice {
	n := 1 + s.IntN(4)
	d := &doc.ReceivingAdvice{
		Purpose: s.pick("00", "05"), Type: "2", Number: "RCV-9", Date: s.day(), Time: s.pick("", "14:10", "14:10:59"), Orders: s.orderRefs(),
		Header: doc.Header{LineCount: n, Refs: []doc.Ref{{Qualifier: "MA", Value: "ASN-1"}}, Parties: s.parties(), Dates: []doc.Date{{Qualifier: "050", Date: s.day()}}},
	}
	if s.maybe() {
		d.Carrier = doc.Carrier{Code: "DHLC", Mode: s.pick("M", "A", ""), Name: s.pick("", "DHL Freight")}
	}
	if s.maybe() {
		d.Loads = []doc.ShipmentCount{{Packaging: "CTN", Count: "12"}, {Packaging: "PLT", Count: "1"}}
	}
	for i := range n {
		l := doc.ReceivedLine{Line: s.line(i + 1), Orders: s.orderRefs()}
		l.Price, l.Notes, l.Allowances = "", nil, nil
		l.Quantity = doc.FromScaled(s.Int64N(1000), s.IntN(2))
		if s.maybe() {
			l.Returned, l.ReturnedUnit = "2", s.pick("EA", "KG")
		}
		if s.maybe() {
			l.Shipped, l.ShippedUnit = "120", s.pick("EA", "PC")
		}
		for range s.IntN(6) {
			l.Exceptions = append(l.Exceptions, doc.Exception{Quantity: "3.5", Unit: l.Unit, Condition: s.pick("01", "02", "03", "07", "09")})
		}
		for k := range s.IntN(3) {
			l.SSCCs = append(l.SSCCs, fmt.Sprintf("00373912345000009%d%02d", i, k))
		}
		d.Lines = append(d.Lines, l)
	}
	return d
}

// receivingAdviceX12 says what only an 861 can.
func (s source) receivingAdviceX12() *doc.ReceivingAdvice {
	d := s.receivingAdvice()
	d.Type, d.Condition, d.Action, d.Currency = s.pick("1", "8"), s.pick("", "01"), s.pick("", "AC"), s.pick("", "GBP")
	d.Contacts = []doc.Contact{{Function: "RE", Name: "Dock 4", Numbers: []doc.ContactNumber{{Kind: "TE", Number: "555"}}}}
	d.Loads = []doc.ShipmentCount{{Count: "1", Packaging: "PLT", Weight: "310.5", Unit: "KG"}}
	for i := range d.Lines {
		l := &d.Lines[i]
		l.Pack, l.Parties = s.pickDecimal("", "6"), s.parties()[1:]
		for k := range l.Exceptions {
			l.Exceptions[k].Unit = s.pick("EA", "CT")
		}
		if s.maybe() && len(l.Exceptions) > 0 {
			l.Quantity, l.Unit = "", ""
		}
		l.Allowances = s.allowances()
		noPercent(l.Allowances)
	}
	return d
}

func (s source) orderRef() (o doc.OrderRef) {
	if s.maybe() {
		o = doc.OrderRef{Number: s.pick("PO-1", "PO-2"), Release: s.pick("", "R2"), Date: s.pick("", "2026-11-22")}
	}
	return o
}

// disposition says what both RDR and CDI can.
func (s source) disposition(stage string) (v doc.Disposition) {
	v.Text = s.pick("", "Gearbox noise")
	v.Code = s.pick("", "RA", "RN", "RP", "RD", "DI", "KA", "RF")
	if stage == doc.StageRequest || s.maybe() {
		v.Reason = s.pick("", "DA", "WG", "EI", "DM")
	} else {
		v.Response = s.pick("", "IN", "RT")
	}
	return v
}

// returns says only what both 180 and the message of its stage have a place for.
func (s source) returns(stage string) *doc.Return {
	n := 1 + s.IntN(4)
	d := &doc.Return{
		Stage: stage, Number: "RT-7", Date: s.day(), Time: s.pick("", "09:12"), Reference: s.pick("", "RT-1"), RMA: s.pick("", "RMA-118"), Order: s.orderRef(),
		Header: doc.Header{Refs: s.refs(), Notes: s.notes(), Parties: s.parties(), Dates: []doc.Date{{Qualifier: "010", Date: s.day()}}},
	}
	asks := stage == doc.StageRequest
	d.Purpose = "11"
	if asks {
		d.Purpose, d.Allowances = "13", s.allowances()
		plain(&d.Header)
	} else {
		d.Disposition = s.disposition(stage)
	}
	if s.maybe() {
		d.Carrier = doc.Carrier{Code: "DHLC", Mode: s.pick("M", "A", ""), Name: s.pick("", "DHL Freight")}
	}
	d.Parties[0].Refs, d.Parties = nil, d.Parties[:2] // N1 has no references in a 180
	for i := range n {
		l := doc.ReturnLine{Line: s.line(i + 1), Order: s.orderRef(), Disposition: s.disposition(stage)}
		noPercent(l.Allowances)
		if !asks {
			l.Price, l.Allowances = "", nil
		}
		if l.Order == d.Order {
			l.Order = doc.OrderRef{}
		}
		if d.Order.Number == "" && l.Order.Number == "" {
			l.Order = doc.OrderRef{Number: "PO-3"} // the line number has no other place
		}
		d.Lines = append(d.Lines, l)
	}
	return d
}

// returnX12 says what only a 180 can.
func (s source) returnX12() *doc.Return {
	d := s.returns(doc.StageInstruct)
	d.Purpose, d.Zone, d.Type, d.Action = "00", s.pick("", "ET"), s.pick("", "RA"), s.pick("", "RX")
	d.Contacts = []doc.Contact{{Function: "IC", Name: "Returns", Numbers: []doc.ContactNumber{{Kind: "TE", Number: "555"}}}}
	d.Loads = []doc.ShipmentCount{{Packaging: "CTN", Count: "2", Weight: "18.5", Unit: "KG"}}
	if d.Time == "" {
		d.Zone = ""
	}
	d.Disposition = doc.Disposition{Code: "RA", Used: s.pick("", "Y", "N")}
	for i := range d.Lines {
		l := &d.Lines[i]
		l.Price, l.PriceBasis = s.decimal(), s.pick("", "PE")
		l.Quantities = []doc.Counted{{Qualifier: "76", Quantity: l.Quantity, Unit: l.Unit}, {Qualifier: "39", Quantity: "100", Unit: l.Unit}}[:s.IntN(3)]
		if len(l.Quantities) == 0 {
			l.Quantities = nil
		}
		l.Parties = []doc.Party{{Role: "ST", Name: "Works", IDQualifier: "91", ID: "AUR-2"}}
	}
	return d
}

func (s source) states(n int, ofLine bool) (out []doc.State) {
	for range n {
		v := doc.State{Code: s.pick("BO", "SS", "CC", "IP"), Date: s.pick("", s.day()), Reason: s.pick("", "A01"), Text: s.pick("", "Waiting for motors")}
		for range s.IntN(3) {
			v.Quantities = append(v.Quantities, doc.Counted{Qualifier: s.pick("39", "40", "63"), Quantity: s.decimal(), Unit: "EA"})
		}
		if ofLine && s.maybe() {
			v.Dates, v.Refs = []doc.Date{{Qualifier: "017", Date: s.day()}}, s.refs()
		}
		out = append(out, v)
	}
	return out
}

func (s source) orderStatus() *doc.OrderStatus {
	d := &doc.OrderStatus{
		Report: "2", Scope: "PP", Number: "ST-5", Date: s.day(), Time: s.pick("", "09:12"), Inquiry: s.pick("", "Q-1"), InquiryDate: s.pick("", s.day()),
		Header: doc.Header{Refs: s.refs(), Parties: s.parties()},
	}
	if s.maybe() {
		d.Carrier, d.Dates = doc.Carrier{Code: "DHLC", Mode: "M"}, []doc.Date{{Qualifier: "017", Date: s.day()}}
	}
	for i := range 1 + s.IntN(3) {
		o := doc.StatusOrder{Number: fmt.Sprint("PO-", i), Release: s.pick("", "R1"), Date: s.pick("", s.day()), Refs: s.refs(), States: s.states(s.IntN(2), false)}
		if s.maybe() {
			o.Contacts = []doc.Contact{{Function: "OC", Name: "Dan"}}
			o.Dates = []doc.Date{{Qualifier: "002", Date: s.day()}}
			o.Parties = s.parties()
		}
		n := s.IntN(4)
		if len(o.States) == 0 {
			n++
		}
		for k := range n {
			l := doc.StatusLine{Line: s.line(k + 1), States: s.states(1+s.IntN(3), true)}
			l.Notes, l.Allowances = nil, nil
			if s.maybe() {
				l.Parties = s.parties()
			}
			o.Levels = o.Levels || len(l.Dates)+len(l.Refs)+len(l.Parties) > 0 || s.maybe()
			o.Lines = append(o.Lines, l)
		}
		d.Orders = append(d.Orders, o)
	}
	return d
}
