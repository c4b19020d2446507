package idoc

import (
	"entente/edi/doc"
	"entente/edi/markup"
)

// head maps E1EDK01. number is BELNR, kind BSART.
func head(m *markup.Map, currency, kind, number *string, more func(*markup.Map)) {
	m.In("E1EDK01", func(m *markup.Map) {
		m.Text("CURCY", currency)
		if more != nil {
			more(m)
		}
		m.Text("BSART", kind)
		m.Text("BELNR", number)
	})
}

// order maps ORDERS: the number is that of E1EDK02 001, else BELNR of E1EDK01.
func order(m *markup.Map, d *doc.PurchaseOrder) {
	var kind string // the buyer's own order type, which has no twin
	number1 := d.Number
	head(m, &d.Currency, &kind, &number1, nil)
	day := d.Date
	m.Marked("E1EDK03", "IDDAT", "012", func(m *markup.Map) { date(m, "DATUM", &day) })
	dated(m, "E1EDK03", &d.Dates)
	taxless(m, &d.Header)
	number(m, "001", &d.Number, &d.Date)
	number(m, "005", &d.Contract, nil)
	refs(m, "E1EDK02", &d.Refs)
	terms(m, &d.Terms)
	texts(m, "E1EDKT1", "E1EDKT2", &d.Notes)
	markup.Each(m, "E1EDP01", &d.Lines, func(m *markup.Map, l *doc.Line) {
		line(m, l, func(m *markup.Map) {
			refs(m, "E1EDP02", &l.Refs)
			schedules(m, l)
			taxes(m, "E1EDP04", &l.Taxes)
			conditions(m, "E1EDP05", &l.Allowances)
		}, func(m *markup.Map) { deliveries(m, l) })
	})
	count(m, &d.LineCount)
	sum(m, "002", &d.Total)
	if m.Read() {
		if d.Number == "" {
			d.Number = number1
		}
		if d.Date == "" {
			d.Date = day
		}
		if d.Type == "" {
			d.Type = "SA"
		}
		if kind != "" {
			m.Problem("E1EDK01/BSART", keyLeft, kind)
		}
	}
}

const keyLeft = "not_carried"

func taxless(m *markup.Map, h *doc.Header) {
	conditions(m, "E1EDK05", &h.Allowances)
	parties(m, "E1EDKA1", &h.Parties)
}

// line maps E1EDP01 with what follows it: before the parties and after them.
func line(m *markup.Map, l *doc.Line, before, mid func(*markup.Map)) {
	m.Text("POSEX", &l.Number)
	m.Number("MENGE", &l.Quantity)
	m.Text("MENEE", &l.Unit)
	price(m, l)
	before(m)
	if mid != nil {
		mid(m)
	}
	parties(m, "E1EDPA1", &l.Parties)
	items(m, l)
	texts(m, "E1EDPT1", "E1EDPT2", &l.Notes)
}

// price maps VPREI, the price of PEINH units. One that has no end is a problem.
func price(m *markup.Map, l *doc.Line) {
	m.Number("VPREI", &l.Price)
	per := doc.Decimal("")
	if l.Price != "" && !m.Read() {
		per = "1"
	}
	m.Number("PEINH", &per)
	if !m.Read() || l.Price == "" || per == "" {
		return
	}
	one, ok := l.Price.Per(per)
	if !ok {
		m.Problem("PEINH", doc.KeyNumber, string(per))
		return
	}
	l.Price = one
}

// items maps E1EDP19: 001 the buyer's number, 002 the vendor's, 003 a GTIN. The
// description stands at the first.
func items(m *markup.Map, l *doc.Line) {
	list := l.ItemIDs()
	if !m.Read() && len(list) == 0 && l.Description != "" {
		list = []doc.ItemID{{Qualifier: "VP"}}
	}
	text := l.Description
	markup.EachWhere(m, "E1EDP19", &list, func(n *markup.Node) bool { q := n.Part("QUALF"); return object(q, "") != "" }, func(m *markup.Map, it *doc.ItemID) {
		q := it.Qualifier
		switch q {
		case "BP", "IN":
			q = "001"
		case "VP", "VN":
			q = "002"
		case "EN", "UP", "UK":
			q = "003"
		}
		m.Text("QUALF", &q)
		m.Text("IDTNR", &it.ID)
		it.Qualifier = object(q, it.ID)
		if m.Read() {
			text = ""
		}
		m.Text("KTEXT", &text)
		if m.Read() && l.Description == "" {
			l.Description = text
		}
		text = ""
	})
	if m.Read() {
		for _, it := range list {
			if it.ID != "" {
				l.Items = append(l.Items, it)
			}
		}
		l.Identify()
	}
}

// object is the qualifier (235) of one of E1EDP19; a GTIN's by its length.
func object(q, id string) string {
	switch q {
	case "001":
		return "BP"
	case "002":
		return "VP"
	case "003":
		return map[int]string{12: "UP", 14: "UK"}[len(id)] + map[bool]string{true: "EN"}[len(id) != 12 && len(id) != 14]
	}
	if lettered(q) {
		return q
	}
	return ""
}

// schedules maps the date of a whole line that also has part deliveries.
func schedules(m *markup.Map, l *doc.Line) {
	some := l.Dates
	if !m.Read() && len(l.Schedules) == 0 { // E1EDP20 says it
		some = nil
		for _, d := range l.Dates {
			if d.Qualifier != "002" {
				some = append(some, d)
			}
		}
	}
	dated(m, "E1EDP03", &some)
	if m.Read() {
		l.Dates = some
	}
}

// deliveries maps E1EDP20: the one date of the line, or its part deliveries.
func deliveries(m *markup.Map, l *doc.Line) {
	list := l.Schedules
	if !m.Read() && len(list) == 0 {
		for _, d := range l.Dates {
			if d.Qualifier == "002" && d.Date != "" {
				list = []doc.Schedule{{Quantity: l.Quantity, Dates: []doc.Date{d}}}
				break
			}
		}
	}
	markup.Each(m, "E1EDP20", &list, func(m *markup.Map, s *doc.Schedule) {
		m.Number("WMENG", &s.Quantity)
		if m.Read() {
			passed(m, "AMENG", "EZEIT")
		}
		var day string
		for _, d := range s.Dates {
			if d.Qualifier == "002" {
				day = d.Date
			}
		}
		date(m, "EDATU", &day)
		if m.Read() {
			s.Unit = l.Unit
			if day != "" {
				s.Dates = []doc.Date{{Qualifier: "002", Date: day}}
			}
		}
	})
	if !m.Read() {
		return
	}
	if len(list) == 1 && (list[0].Quantity == "" || list[0].Quantity.Cmp(l.Quantity) == 0) {
		l.Dates = append(list[0].Dates, l.Dates...)
		return
	}
	l.Schedules = list
}

// answer maps ORDRSP: BELNR is the seller's number, E1EDK02 001 the buyer's order.
func answer(m *markup.Map, d *doc.OrderAck) {
	var kind string
	number1 := d.Seller
	head(m, &d.Currency, &kind, &number1, nil)
	m.Marked("E1EDK03", "IDDAT", "012", func(m *markup.Map) { date(m, "DATUM", &d.AckDate) })
	dated(m, "E1EDK03", &d.Dates)
	taxless(m, &d.Header)
	number(m, "001", &d.Number, &d.Date)
	seller := d.Seller
	number(m, "002", &seller, nil)
	number(m, "005", &d.Contract, nil)
	refs(m, "E1EDK02", &d.Refs)
	terms(m, &d.Terms)
	texts(m, "E1EDKT1", "E1EDKT2", &d.Notes)
	markup.Each(m, "E1EDP01", &d.Lines, func(m *markup.Map, l *doc.AckLine) { answerLine(m, d, l) })
	count(m, &d.LineCount)
	if !m.Read() {
		return
	}
	d.Seller = number1
	if seller != "" {
		d.Seller = seller
	}
	if d.Type == "" {
		d.Type = verdict(d)
	}
	if kind != "" {
		m.Problem("E1EDK01/BSART", keyLeft, kind)
	}
}

// verdict is the type of an answer (BAK02) that its lines come to.
func verdict(d *doc.OrderAck) string {
	for i := range d.Lines {
		l := &d.Lines[i]
		if len(l.Responses) != 1 || l.Responses[0].Status != "IA" || l.Responses[0].Quantity.Cmp(l.Quantity) != 0 {
			return "AC"
		}
	}
	return "AD"
}

// refused are the answers that nothing is delivered of.
var refused = map[string]bool{"IR": true, "ID": true, "R1": true, "R2": true, "R3": true, "R4": true, "R5": true, "R6": true}

// answerLine maps a line and its answers: WMENG and EDATU of E1EDP20 are what is
// confirmed and for when, AMENG what is not, with the answer in letters (ACK01) as
// ACTION. ACTION 003 of the line, or ABGRU, says that the rest is refused.
func answerLine(m *markup.Map, d *doc.OrderAck, l *doc.AckLine) {
	none := len(l.Responses) > 0
	for _, r := range l.Responses {
		none = none && refused[r.Status]
	}
	action, why := "", ""
	if !m.Read() && none {
		action = "003"
	}
	at := l.Number
	m.Text("POSEX", &at)
	m.Text("ACTION", &action)
	m.Number("MENGE", &l.Quantity)
	m.Text("MENEE", &l.Unit)
	price(m, &l.Line)
	if m.Read() {
		m.Text("ABGRU", &why)
		l.Number = at
	}
	if m.Read() || l.Number != "" {
		m.Marked("E1EDP02", "QUALF", "001", func(m *markup.Map) {
			order := d.Number
			m.Text("BELNR", &order)
			m.Text("ZEILE", &l.Number)
		})
	}
	refs(m, "E1EDP02", &l.Refs)
	dated(m, "E1EDP03", &l.Dates)
	conditions(m, "E1EDP05", &l.Allowances)
	markup.Each(m, "E1EDP20", &l.Responses, func(m *markup.Map, r *doc.Response) { response(m, l, r) })
	parties(m, "E1EDPA1", &l.Parties)
	items(m, &l.Line)
	texts(m, "E1EDPT1", "E1EDPT2", &l.Notes)
	if !m.Read() || action != "003" && why == "" {
		return
	}
	rest := l.Quantity
	for _, r := range l.Responses {
		rest = rest.Sub(r.Quantity)
	}
	if rest.Sign() > 0 {
		l.Responses = append(l.Responses, doc.Response{Status: "IR", Quantity: rest, Unit: l.Unit, Industry: why})
	}
}

func response(m *markup.Map, l *doc.AckLine, r *doc.Response) {
	promised := !refused[r.Status] && (r.Status != "IB" || r.Date != "")
	confirmed, open, status := r.Quantity, doc.Decimal(""), r.Status
	if !m.Read() && !promised {
		confirmed, open = "0", r.Quantity
	}
	if status == "IA" {
		status = ""
	}
	m.Number("WMENG", &confirmed)
	m.Number("AMENG", &open)
	date(m, "EDATU", &r.Date)
	m.Text("ACTION", &status)
	if !m.Read() {
		return
	}
	passed(m, "EZEIT")
	r.Status, r.Quantity, r.Unit = "IA", confirmed, l.Unit
	if lettered(status) {
		r.Status = status
		if confirmed.Sign() == 0 && open != "" {
			r.Quantity = open
		}
	}
	if r.Date != "" {
		r.DateQualifier = "067"
	}
}

// invoice maps INVOIC: E1EDK02 009 is the invoice, 001 the order it bills.
func invoice(m *markup.Map, d *doc.Invoice) {
	kind := "INVO"
	if d.Type == "CR" || d.Type == "CN" {
		kind = "CRME"
	}
	number1, day := d.Number, d.Date
	if m.Read() {
		kind = ""
	}
	head(m, &d.Currency, &kind, &number1, nil)
	parties(m, "E1EDKA1", &d.Parties)
	number(m, "009", &d.Number, &d.Date)
	number(m, "001", &d.OrderNumber, &d.OrderDate)
	refs(m, "E1EDK02", &d.Refs)
	m.Marked("E1EDK03", "IDDAT", "012", func(m *markup.Map) { date(m, "DATUM", &day) })
	dated(m, "E1EDK03", &d.Dates)
	conditions(m, "E1EDK05", &d.Allowances)
	taxes(m, "E1EDK04", &d.Taxes)
	terms(m, &d.Terms)
	texts(m, "E1EDKT1", "E1EDKT2", &d.Notes)
	markup.Each(m, "E1EDP01", &d.Lines, func(m *markup.Map, l *doc.InvoiceLine) {
		line(m, &l.Line, func(m *markup.Map) {
			refs(m, "E1EDP02", &l.Refs)
			if m.Read() { // 001 is the customer's order, ZEILE its line
				var order, at string
				m.Marked("E1EDP02", "QUALF", "001", func(m *markup.Map) { m.Text("BELNR", &order); m.Text("ZEILE", &at) })
				if order != "" && order != d.OrderNumber {
					l.Refs = append(l.Refs, doc.Ref{Qualifier: "PO", Value: order})
					if at != "" {
						l.Refs = append(l.Refs, doc.Ref{Qualifier: "LI", Value: at})
					}
				}
			}
			dated(m, "E1EDP03", &l.Dates)
		}, func(m *markup.Map) {
			net := l.Amount
			m.Marked("E1EDP26", "QUALF", "003", func(m *markup.Map) { m.Number("BETRG", &net) })
			conditions(m, "E1EDP05", &l.Allowances)
			taxes(m, "E1EDP04", &l.Taxes)
			if m.Read() {
				if l.Amount = l.Quantity.Mul(l.Price, 2); l.Amount == "" {
					l.Amount = net
				}
			}
		})
	})
	count(m, &d.LineCount)
	sum(m, "011", &d.Total)
	sum(m, "012", &d.Discountable)
	if !m.Read() {
		return
	}
	if d.Number == "" {
		d.Number = number1
	}
	if d.Date == "" {
		d.Date = day
	}
	if d.Type == "" {
		d.Type = map[string]string{"INVO": "DI", "CRME": "CR"}[kind]
	}
}
