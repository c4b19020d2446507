package trade

import (
	"context"
	"slices"
	"time"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// OrderAck is a response as a document (855), with the companies and the order it
// belongs to. It holds the lines it speaks about; what earlier responses said of
// the same lines is stated again, so that the parts of a line add up to what was
// ordered.
// Codes: NotFound.
func (s *Service) OrderAck(ctx context.Context, actor access.Actor, id ResponseID) (doc.OrderAck, Parties, error) {
	var out doc.OrderAck
	var who Parties
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, d, t, err := s.responseDetail(ctx, actor, id)
		if err != nil {
			return err
		}
		who = partiesOf(d.Order, r.InterchangeID)
		out = ackDoc(d, id, t)
		from, err := replyOf(ctx, r.ID)
		if err != nil || from == nil {
			return err
		}
		in, err := from.incoming()
		if err == nil && in.Ack != nil { // whose order it is to the seller, and when it was said
			out.Seller, out.Carrier = in.Ack.Seller, in.Ack.Carrier
			if in.Ack.AckDate != "" {
				out.AckDate = in.Ack.AckDate
			}
		}
		who.Received = from.InterchangeID
		return err
	})
	return out, who, err
}

// responseDetail reads a response with its order, for who may see its prices.
func (s *Service) responseDetail(ctx context.Context, actor access.Actor, id ResponseID) (responseRow, Detail, terms, error) {
	r, err := responseByID(ctx, id)
	if err == nil {
		err = access.Check(actor, access.OrderPrices, access.Shared(r.SupplierID, r.ResellerID))
	}
	if err != nil {
		return r, Detail{}, terms{}, err
	}
	o, err := orderByID(ctx, OrderID(r.OrderID), false)
	if err != nil {
		return r, Detail{}, terms{}, err
	}
	d, err := s.detail(ctx, o, actor)
	if err != nil {
		return r, d, terms{}, err
	}
	t, err := termsOf(ctx, o.PartnershipID)
	return r, d, t, err
}

func partiesOf(o Order, interchange string) Parties {
	return Parties{Supplier: o.Supplier, Reseller: o.Reseller, Partnership: o.Partnership, Order: o.ID, Source: o.Source, Interchange: interchange}
}

// ackDoc builds the document of one response of an order.
func ackDoc(d Detail, id ResponseID, t terms) doc.OrderAck {
	a := doc.OrderAck{Header: echo(d), Purpose: "00", Type: "AD", Number: d.Number, Release: d.Release, Date: d.OrderedOn, Contract: d.Contract}
	parts := map[int][]doc.Response{}
	var order []int
	said := map[int]bool{}
	prices := map[int]money.Price{}
	for _, r := range d.Responses {
		this := r.ID == id
		anew := map[int]bool{}
		for _, p := range r.Lines {
			if r.Change != "" {
				if p.Code == codeRejected {
					continue // the change was refused: the line stands
				}
				if !anew[p.Line] {
					anew[p.Line] = true
					parts[p.Line] = nil
					delete(prices, p.Line)
				}
			}
			if this && !said[p.Line] {
				said[p.Line] = true
				order = append(order, p.Line)
			}
			if p.Price != 0 {
				prices[p.Line] = p.Price
			}
			if !this && p.Code == codeBackorder {
				continue // spoken about again
			}
			if p.Code == codeDate && p.Quantity == 0 { // what was promised comes later
				for i := range parts[p.Line] {
					if x := &parts[p.Line][i]; x.Status != codeRejected {
						x.Status, x.DateQualifier, x.Date = codeDate, "067", p.Date
					}
				}
				continue
			}
			parts[p.Line] = append(parts[p.Line], ackPart(d.Lines[p.Line-1], p))
		}
		if this {
			a.AckDate = civilIn(r.At, t.SupplierZone)
			switch r.Kind {
			case ResponseChanged:
				a.Type = "AC"
			case ResponseRejected:
				a.Type = "RD"
			}
			break
		}
	}
	for _, n := range order {
		l := d.Lines[n-1]
		al := doc.AckLine{Line: docLine(asOrdered(l), l.Price), Responses: parts[n]}
		al.Quantity = decimal(l.Ordered)
		if off, err := l.off(l.Ordered - l.Cancelled); err == nil {
			al.Allowances = promoAllowance(l, l.Ordered-l.Cancelled, off)
		}
		if p := prices[n]; p != 0 {
			al.Price = doc.Decimal(p.Fixed(2))
		}
		a.Lines = append(a.Lines, al)
	}
	return a
}

// asOrdered is a line under the item that the buyer ordered: a substitute is named by the
// answer alone (ACK07, PIA 3).
func asOrdered(l Line) Line {
	if l.InsteadOf != "" {
		l.SKU, l.GTIN, l.Description = l.InsteadOf, "", ""
	}
	return l
}

func ackPart(l Line, p ResponseLine) doc.Response {
	r := doc.Response{Status: p.Code, Quantity: decimal(p.Quantity), Unit: l.Unit}
	day := p.Date
	if day == "" && p.Code != codeRejected && p.Code != codeBackorder {
		day = l.RequestedOn
	}
	if day != "" && p.Code != codeRejected {
		r.DateQualifier, r.Date = "067", day
	}
	if p.Substitute != "" {
		r.Items = []doc.ItemID{{Qualifier: "VP", ID: p.Substitute}}
	}
	return r
}

// InvoiceDoc is an invoice as a document (810), with the companies and the order
// it belongs to.
// Codes: NotFound, Forbidden (the role sees no invoices).
func (s *Service) InvoiceDoc(ctx context.Context, actor access.Actor, id InvoiceID) (doc.Invoice, Parties, error) {
	var out doc.Invoice
	var who Parties
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		row, err := invoiceByID(ctx, id)
		if err == nil {
			err = access.Check(actor, access.InvoiceRead, access.Shared(row.SupplierID, row.ResellerID))
		}
		if err != nil {
			return err
		}
		o, err := orderByID(ctx, OrderID(row.OrderID), false)
		if err != nil {
			return err
		}
		d, err := s.detail(ctx, o, actor)
		if err != nil {
			return err
		}
		who = partiesOf(d.Order, row.InterchangeID)
		from, err := replyOf(ctx, row.ID)
		if err != nil {
			return err
		}
		if from != nil { // what came goes on, to the cent
			in, err := from.incoming()
			if err == nil && in.Invoice != nil {
				out = *in.Invoice
			}
			who.Received = from.InterchangeID
			return err
		}
		all := map[OrderID]Detail{d.ID: d}
		if row.Orders > 0 { // a credit of several orders, made on the pages
			whole, err := familyOf(ctx, row.ID)
			if err == nil {
				err = s.further(ctx, row, all)
			}
			if err != nil {
				return err
			}
			d.Invoices = append(plain(whole), d.Invoices...)
		}
		for _, inv := range d.Invoices {
			if inv.ID == id {
				out = invoiceDoc(d, inv, all)
				t, err := termsOf(ctx, o.PartnershipID)
				if err != nil {
					return err
				}
				return s.taxed(ctx, t, inv.At, &out.Header)
			}
		}
		return nil
	})
	return out, who, err
}

// further adds the other orders of an invoice of several.
func (s *Service) further(ctx context.Context, inv invoiceRow, to map[OrderID]Detail) error {
	ids, err := ordersOf(ctx, inv)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, there := to[OrderID(id)]; there {
			continue
		}
		o, err := orderByID(ctx, OrderID(id), false)
		if err != nil {
			return err
		}
		if to[OrderID(id)], err = s.lines(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// invoiceDoc is an invoice as a document; d is its first order, all are its orders.
func invoiceDoc(d Detail, inv Invoice, all map[OrderID]Detail) doc.Invoice {
	out := doc.Invoice{Header: echo(d), Number: inv.Number, Date: inv.IssuedOn, OrderDate: d.OrderedOn, OrderNumber: d.Number, Release: d.Release, Type: "DI", Purpose: "00", Total: cents(inv.Gross)}
	out.Header.Terms = []doc.Terms{{NetDate: inv.DueOn}}
	if inv.Kind == InvoiceCredit { // amounts are stored below zero and written without sign
		inv = unsigned(inv)
		out.Type, out.Total, out.Header.Terms = "CR", cents(inv.Gross), nil
		for _, of := range d.Invoices {
			if of.ID == inv.CreditOf {
				out.Header.Refs = append(out.Header.Refs, doc.Ref{Qualifier: "IV", Value: of.Number})
			}
		}
	}
	for _, l := range inv.Lines {
		of := all[l.Order]
		ol := of.Lines[l.Line-1]
		il := doc.InvoiceLine{Line: docLine(ol, l.Price), Amount: cents(l.Amount)}
		if inv.Orders > 0 {
			il.Refs = append(slices.Clip(il.Refs), doc.Ref{Qualifier: "PO", Value: of.Number}, doc.Ref{Qualifier: "LI", Value: ol.Reference})
			if of.Release != "" {
				il.Refs = append(il.Refs, doc.Ref{Qualifier: "RE", Value: of.Release})
			}
			il.Number = itoa(l.Position)
		}
		il.Quantity = decimal(l.Quantity)
		il.Allowances = promoAllowance(ol, l.Quantity, l.Off)
		out.Lines = append(out.Lines, il)
	}
	// One order line may be invoiced in two positions: its number stands once.
	seen := map[string]bool{}
	for i := range out.Lines {
		if n := out.Lines[i].Number; seen[n] {
			out.Lines[i].Number = ""
		}
		seen[out.Lines[i].Number] = true
	}
	if inv.Tax.Minor != 0 {
		for _, x := range inv.Taxes {
			percent, _ := times(x.Rate, money.Whole(100))
			tax := doc.Tax{Type: "VA", Amount: cents(x.Amount), Percent: decimal(percent)}
			if base := cents(x.Basis); len(base) <= 10 { // TXI08 holds nine digits
				tax.Taxable = base
			}
			out.Taxes = append(out.Taxes, tax)
		}
	}
	return out
}

// unsigned is a credit with its amounts above zero.
func unsigned(inv Invoice) Invoice {
	inv.Net.Minor, inv.Tax.Minor, inv.Gross.Minor = -inv.Net.Minor, -inv.Tax.Minor, -inv.Gross.Minor
	inv.Lines = slices.Clone(inv.Lines)
	for i := range inv.Lines {
		inv.Lines[i].Amount.Minor = -inv.Lines[i].Amount.Minor
	}
	inv.Taxes = slices.Clone(inv.Taxes)
	for i := range inv.Taxes {
		inv.Taxes[i].Basis.Minor, inv.Taxes[i].Amount.Minor = -inv.Taxes[i].Basis.Minor, -inv.Taxes[i].Amount.Minor
	}
	return inv
}

// echo is the head that goes back with every later document: currency, parties
// and the references that a partner matches on.
func echo(d Detail) doc.Header {
	h := doc.Header{Currency: string(d.Currency), Parties: d.Parties}
	for _, r := range d.Refs {
		switch r.Qualifier {
		case "PD", "CT", "PR", "AAG", "DP", "IA", "CO", "BO":
			h.Refs = append(h.Refs, r)
		}
	}
	return h
}

func docLine(l Line, price money.Price) doc.Line {
	out := doc.Line{Number: l.Reference, BuyerItem: l.BuyerItem, VendorItem: l.SKU, GTIN: l.GTIN, Unit: l.Unit, Price: doc.Decimal(price.Fixed(2)), Description: bounded(l.Description, 80)}
	for _, it := range []doc.ItemID{{Qualifier: "VP", ID: l.SKU}, {Qualifier: "BP", ID: l.BuyerItem}, {Qualifier: "UK", ID: l.GTIN}} {
		if it.ID != "" {
			out.Items = append(out.Items, it)
		}
	}
	if l.Free && price == 0 {
		out.PriceBasis = doc.NoCharge
	}
	out.Refs = l.Deals()
	return out
}

// promoAllowance is the allowance of a promotion on a line: off the invoice, or a bill-back
// that is carried and changes no total. What is in the price already is not said again, and
// what a later day decides is not promised.
func promoAllowance(l Line, q money.Quantity, off money.Amount) []doc.Allowance {
	a := doc.Allowance{Indicator: "A", Code: "F800", Reference: l.DealApplied, Method: "02", Amount: cents(off)}
	if l.DealMethod == DealBillBack {
		var err error
		if off, err = money.Extend(max(0, min(q, l.DealGranted)), l.DealAllowance, l.Amount.Currency); err != nil {
			return nil
		}
		a.Method, a.Amount = "01", cents(off)
	}
	if l.DealGranted <= 0 || off.Minor <= 0 || l.DealReason == DealShipDay || l.DealReason == DealBillDay {
		return nil
	}
	return []doc.Allowance{a}
}

func decimal(m money.Micro) doc.Decimal { return doc.Decimal(m.String()) }

// cents writes an amount with two decimals, as the totals of X12 have them.
func cents(a money.Amount) doc.Decimal { return doc.Decimal(a.String()).Round(2) }

func civilIn(t time.Time, zone string) string {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	return t.In(loc).Format(time.DateOnly)
}

// SetInterchange links a response, shipment or invoice to the interchange it went
// out in, in the caller's transaction: kind is DocumentResponse or
// DocumentInvoice. The first link stays; the same one again is no error.
// Codes: NotFound, Forbidden (a person; only the system acts here), Conflict
// (another link stands), Invalid (kind).
func (s *Service) SetInterchange(ctx context.Context, actor access.Actor, kind, id, interchange string) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		var supplier, reseller, was string
		switch kind {
		case DocumentResponse:
			r, err := responseByID(ctx, ResponseID(id))
			if err != nil {
				return err
			}
			supplier, reseller, was = r.SupplierID, r.ResellerID, r.InterchangeID
		case DocumentInvoice:
			r, err := invoiceByID(ctx, InvoiceID(id))
			if err != nil {
				return err
			}
			supplier, reseller, was = r.SupplierID, r.ResellerID, r.InterchangeID
		default:
			return fault.InvalidField("kind", "form.invalid")
		}
		action := access.EDIRead
		if err := access.Check(actor, action, access.Shared(supplier, reseller)); err != nil {
			return err
		}
		if actor.Person != "" {
			return fault.New(fault.Forbidden, "error.forbidden")
		}
		switch was {
		case interchange:
			return nil
		case "":
			return link(ctx, kind, id, interchange)
		}
		return fault.New(fault.Conflict, "trade.already_sent")
	})
}

// ShipNotice is a shipment as a document (856), with the companies and the order it
// belongs to. It says nothing of prices.
// Codes: NotFound.
func (s *Service) ShipNotice(ctx context.Context, actor access.Actor, id ShipmentID) (doc.ShipNotice, Parties, error) {
	var out doc.ShipNotice
	var who Parties
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		row, err := shipmentByID(ctx, id)
		if err == nil {
			err = access.Check(actor, access.OrderRead, access.Shared(row.SupplierID, row.ResellerID))
		}
		if err != nil {
			return err
		}
		o, err := orderByID(ctx, OrderID(row.OrderID), false)
		if err != nil {
			return err
		}
		d, err := s.detail(ctx, o, actor)
		if err != nil {
			return err
		}
		who = partiesOf(d.Order, "")
		from, err := replyOf(ctx, row.ID)
		if err != nil {
			return err
		}
		if from == nil { // a further order of one notice
			if from, err = replyOfFurther(ctx, row); err != nil {
				return err
			}
			who.Follows = from != nil
		}
		if from != nil { // what came goes on, with its packs
			in, err := from.incoming()
			if err == nil && in.Notice != nil {
				out = *in.Notice
			}
			who.Received = from.InterchangeID
			return err
		}
		for _, sh := range d.Shipments {
			if sh.ID == id {
				out = noticeDoc(d, sh)
			}
		}
		return nil
	})
	return out, who, err
}

func noticeDoc(d Detail, sh Shipment) doc.ShipNotice {
	h := echo(d)
	h.Currency, h.Dates = "", []doc.Date{{Qualifier: "011", Date: sh.ShippedOn}}
	if sh.Tracking != "" {
		h.Refs = append(h.Refs, doc.Ref{Qualifier: "CN", Value: bounded(sh.Tracking, 30)})
	}
	out := doc.ShipNotice{Header: h, Purpose: "00", Number: sh.Number, Date: sh.At.UTC().Format(time.DateOnly), Time: sh.At.UTC().Format("15:04"), Structure: "0004", Carrier: doc.Carrier{Name: bounded(sh.Carrier, 35)}}
	o := doc.ShippedOrder{Number: d.Number, Release: d.Release, Date: d.OrderedOn}
	for _, l := range sh.Lines {
		line := docLine(d.Lines[l.Line-1], 0)
		line.Price, line.Quantity = "", decimal(l.Quantity)
		o.Lines = append(o.Lines, doc.ShipLine{Line: line, Ordered: decimal(d.Lines[l.Line-1].Ordered)})
	}
	out.Orders = []doc.ShippedOrder{o}
	return out
}

// PurchaseOrder is an order as a document (850), with the companies it belongs to.
// Codes: NotFound, Forbidden (the role sees no prices).
func (s *Service) PurchaseOrder(ctx context.Context, actor access.Actor, id OrderID) (doc.PurchaseOrder, Parties, error) {
	var out doc.PurchaseOrder
	var who Parties
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		o, err := orderByID(ctx, id, false)
		if err == nil {
			err = access.Check(actor, access.OrderPrices, access.Shared(o.SupplierID, o.ResellerID))
		}
		if err != nil {
			return err
		}
		d, err := s.detail(ctx, o, actor)
		if err != nil {
			return err
		}
		who = partiesOf(d.Order, "")
		out = orderDoc(d)
		return nil
	})
	return out, who, err
}

func orderDoc(d Detail) doc.PurchaseOrder {
	out := doc.PurchaseOrder{Purpose: firstOf(d.Purpose, "00"), Type: firstOf(d.Kind, "SA"), Number: d.Number, Release: d.Release, Date: d.OrderedOn, Contract: d.Contract}
	out.Header = doc.Header{Currency: string(d.Currency), Parties: d.Parties, Refs: d.Refs, Dates: d.Dates, Terms: d.Terms, Allowances: d.Allowances, Contacts: d.Contacts}
	if d.Note != "" {
		out.Notes = []string{d.Note}
	}
	for _, l := range d.Lines {
		x := docLine(l, l.Price)
		x.Quantity = decimal(l.Ordered)
		for _, p := range l.Parts {
			s := doc.Schedule{Quantity: decimal(p.Quantity), Unit: l.Unit}
			if p.On != "" {
				s.Dates = []doc.Date{{Qualifier: "002", Date: p.On}}
			}
			x.Schedules = append(x.Schedules, s)
		}
		if l.RequestedOn != "" && l.RequestedOn != d.RequestedOn {
			x.Dates = []doc.Date{{Qualifier: "002", Date: l.RequestedOn}}
		}
		out.Lines = append(out.Lines, x)
	}
	return out
}
