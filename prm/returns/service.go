package returns

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// Service keeps returns. Every method checks the actor first; the rights are those to the
// order: who orders asks, who answers orders decides, who ships counts, who invoices credits.
type Service struct {
	db    *db.DB
	trade *trade.Service
}

// New makes the service.
func New(d *db.DB, t *trade.Service) *Service { return &Service{db: d, trade: t} }

// Ask asks to send goods of an order back.
// Codes: NotFound, Forbidden (not the buying side), Invalid (a line, more than was
// delivered and is not on its way back, a reason).
// Publishes trade.ReturnAsked.
func (s *Service) Ask(ctx context.Context, actor access.Actor, order trade.OrderID, cmd AskCmd) (ID, error) {
	r := returnRow{Source: trade.SourceForm, AskedBy: actor.Person}
	if strings.HasPrefix(actor.Via, "token:") {
		r.Source = trade.SourceAPI
	}
	if cmd.Key != "" {
		r.SourceKey = "key:" + string(order) + "/" + cmd.Key
	}
	return s.ask(ctx, actor, order, cmd, r)
}

func (s *Service) ask(ctx context.Context, actor access.Actor, order trade.OrderID, cmd AskCmd, r returnRow) (ID, error) {
	var out ID
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		head, err := s.trade.Head(ctx, actor, order)
		if err != nil {
			return err
		}
		if err := access.Check(actor, access.OrderPlace, access.Shared(head.Supplier, head.Reseller)); err != nil {
			return err
		}
		if known, ok, err := bySource(ctx, head.Reseller, r.SourceKey); err != nil || ok {
			out = known
			return err
		}
		r.ID, r.OrderID, r.SupplierID, r.ResellerID, r.PartnershipID = db.NewID(), string(order), head.Supplier, head.Reseller, head.Partnership
		r.State, r.Note, r.Asked = string(Asked), cut(cmd.Note, 500), db.Micros(db.Now(ctx))
		if r.Number = cut(cmd.Number, 30); r.Number == "" {
			n, err := db.Next(ctx, "returns:"+head.Partnership)
			if err != nil {
				return err
			}
			r.Number = fmt.Sprintf("%s-R%d", cut(head.Number, 22), n)
		}
		// the order is locked from here on: two returns cannot take the same goods
		err = s.trade.Returned(ctx, actor, order, trade.ReturnDeed{What: trade.ReturnAsked, Return: r.ID, Number: r.Number, Interchange: r.InterchangeID, SetNo: int(r.SetNo), Source: r.Source})
		if err != nil {
			return err
		}
		d, err := s.trade.Get(ctx, access.System("returns", head.Supplier), order)
		if err != nil {
			return err
		}
		all, err := ofOrder(ctx, order)
		if err != nil {
			return err
		}
		lines, err := asked(cmd, d.Lines, Returnable(d.Lines, all), r.Source != trade.SourceEDI)
		if err != nil {
			return err
		}
		out = ID(r.ID)
		return insert(ctx, r, lines)
	})
	return out, err
}

// Returnable is what of each line can be asked to go back: delivered, not back, and not in
// another return that is on its way.
func Returnable(lines []trade.Line, all []Return) map[int]money.Quantity {
	out := map[int]money.Quantity{}
	for _, l := range lines {
		out[l.Number] = max(l.Shipped, l.Invoiced-l.Credited) - l.Returned
	}
	for _, r := range all {
		for _, l := range r.Lines {
			switch r.State {
			case Asked:
				out[l.Line] -= l.Quantity
			case Granted:
				out[l.Line] -= l.Granted
			}
		}
	}
	return out
}

// asked checks the lines; a person names a reason, a system may leave it out.
func asked(cmd AskCmd, lines []trade.Line, left map[int]money.Quantity, strict bool) ([]Line, error) {
	bad := fault.New(fault.Invalid, "form.invalid")
	var out []Line
	for i, a := range cmd.Lines {
		at := fmt.Sprintf("lines.%d.", i)
		if a.Line < 1 || a.Line > len(lines) {
			bad.With(at+"line", "trade.line_unknown", "Line", a.Line)
			continue
		}
		if a.Quantity <= 0 || a.Quantity > left[a.Line] {
			bad.With(at+"quantity", "returns.over", "Line", a.Line, "Open", max(0, left[a.Line]).String())
			continue
		}
		if !slices.Contains(Reasons, a.Reason) && (a.Reason != "" || strict) {
			bad.With(at+"reason", "returns.reason")
			continue
		}
		left[a.Line] -= a.Quantity
		l := lines[a.Line-1]
		out = append(out, Line{Position: len(out) + 1, Line: a.Line, Reference: l.Reference, SKU: l.SKU, BuyerItem: l.BuyerItem, GTIN: l.GTIN, Description: l.Description, Unit: l.Unit, Reason: a.Reason, Quantity: a.Quantity})
	}
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "returns.nothing")
	}
	return out, nil
}

// step is the frame of everything the supplier does: the return locked and in the state
// wanted, the right checked.
func (s *Service) step(ctx context.Context, actor access.Actor, id ID, action access.Action, want State, fn func(context.Context, *Return) error) (Return, error) {
	var out Return
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := byID(ctx, id, true)
		if err == nil {
			err = access.Check(actor, action, access.Shared(r.Supplier, r.Reseller))
		}
		if err != nil {
			return err
		}
		if r.State != want {
			return fault.New(fault.Conflict, "returns.moved_on")
		}
		if err := fn(ctx, &r); err != nil {
			return err
		}
		out = r
		return save(ctx, want, r)
	})
	if err != nil {
		return Return{}, err
	}
	return out, nil
}

// Decide authorises a return under a number, all or part of it, or refuses it with words.
// Codes: NotFound, Forbidden, Conflict (it was decided), Invalid.
// Publishes trade.ReturnGranted or trade.ReturnRefused.
func (s *Service) Decide(ctx context.Context, actor access.Actor, id ID, cmd DecideCmd) (Return, error) {
	return s.step(ctx, actor, id, access.OrderConfirm, Asked, func(ctx context.Context, r *Return) error {
		r.DecidedAt, r.DecidedBy, r.Answer = db.Now(ctx), actor.Person, cut(cmd.Answer, 300)
		deed := trade.ReturnDeed{What: trade.ReturnGranted, Return: string(r.ID), Number: r.Number, Interchange: r.Interchange, SetNo: r.SetNo}
		if cmd.Refuse {
			if r.Answer == "" {
				return fault.InvalidField("answer", "returns.why")
			}
			r.State, deed.What = Refused, trade.ReturnRefused
			return s.trade.Returned(ctx, actor, r.Order, deed)
		}
		parts, err := partsOf(cmd.Lines, r.Lines, func(l Line) money.Quantity { return l.Quantity })
		if err != nil {
			return err
		}
		any := false
		for i := range r.Lines {
			r.Lines[i].Granted = parts[r.Lines[i].Position]
			any = any || r.Lines[i].Granted > 0
		}
		if !any {
			return fault.New(fault.Invalid, "returns.nothing")
		}
		if r.RMA = cut(cmd.RMA, 30); r.RMA == "" {
			n, err := db.Next(ctx, "returns:rma:"+r.Partnership)
			if err != nil {
				return err
			}
			r.RMA = fmt.Sprintf("RMA-%s-%04d", strings.ToUpper(r.Partnership[len(r.Partnership)-5:]), n)
		}
		r.State = Granted
		return s.trade.Returned(ctx, actor, r.Order, deed)
	})
}

// partsOf are the quantities by position, those not named as they stand.
func partsOf(cmd []Part, lines []Line, most func(Line) money.Quantity) (map[int]money.Quantity, error) {
	out := map[int]money.Quantity{}
	for _, l := range lines {
		out[l.Position] = most(l)
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	for i, p := range cmd {
		if p.Position < 1 || p.Position > len(lines) {
			bad.With(fmt.Sprintf("lines.%d.position", i), "trade.line_unknown", "Line", p.Position)
			continue
		}
		if m := most(lines[p.Position-1]); p.Quantity < 0 || p.Quantity > m {
			bad.With(fmt.Sprintf("lines.%d.quantity", i), "returns.over", "Line", lines[p.Position-1].Line, "Open", m.String())
			continue
		}
		out[p.Position] = p.Quantity
	}
	return out, bad.OrNil()
}

// Receive counts what came back; lines that are not named came as they were authorised.
// Codes: NotFound, Forbidden, Conflict (it is not authorised, or arrived before), Invalid.
// Publishes trade.ReturnArrived.
func (s *Service) Receive(ctx context.Context, actor access.Actor, id ID, lines []Part) (Return, error) {
	return s.step(ctx, actor, id, access.OrderShip, Granted, func(ctx context.Context, r *Return) error {
		parts, err := partsOf(lines, r.Lines, func(l Line) money.Quantity { return l.Granted })
		if err != nil {
			return err
		}
		deed := trade.ReturnDeed{What: trade.ReturnArrived, Return: string(r.ID), Number: r.Number}
		for i := range r.Lines {
			l := &r.Lines[i]
			if l.Arrived = parts[l.Position]; l.Arrived > 0 {
				deed.Lines = append(deed.Lines, trade.LineQuantity{Line: l.Line, Quantity: l.Arrived})
			}
		}
		if len(deed.Lines) == 0 {
			return fault.New(fault.Invalid, "returns.nothing")
		}
		r.State, r.ArrivedAt, r.ArrivedBy = Arrived, db.Now(ctx), actor.Person
		return s.trade.Returned(ctx, actor, r.Order, deed)
	})
}

// Credit credits what came back, at the prices of the invoices, the last invoice first: one
// credit for each invoice, never more than that invoice has of a line.
// Codes: NotFound, Forbidden, Conflict (nothing arrived, or nothing of it was invoiced).
// Publishes trade.Invoiced for each credit.
func (s *Service) Credit(ctx context.Context, actor access.Actor, id ID) (Return, error) {
	return s.step(ctx, actor, id, access.OrderInvoice, Arrived, func(ctx context.Context, r *Return) error {
		d, err := s.trade.Get(ctx, access.System("returns", r.Supplier), r.Order)
		if err != nil {
			return err
		}
		made := 0
		for i := len(d.Invoices) - 1; i >= 0; i-- {
			inv := d.Invoices[i]
			if inv.Kind != trade.InvoiceDebit {
				continue
			}
			var cmd trade.CreditCmd
			room := d.Creditable(inv.ID)
			for _, il := range inv.Lines {
				for k := range r.Lines {
					l := &r.Lines[k]
					if q := min(l.Arrived-l.Credited, room[il.Line], il.Quantity); l.Line == il.Line && q > 0 {
						room[il.Line] -= q
						l.Credited += q
						cmd.Lines = append(cmd.Lines, trade.CreditLine{Position: il.Position, Quantity: q})
					}
				}
			}
			if len(cmd.Lines) == 0 {
				continue
			}
			if _, err := s.trade.Credit(ctx, actor, inv.ID, cmd); err != nil {
				return err
			}
			made++
		}
		if made == 0 {
			return fault.New(fault.Conflict, "returns.not_invoiced")
		}
		r.State, r.CreditedAt = Credited, db.Now(ctx)
		return nil
	})
}

// Get returns one. Codes: NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, id ID) (Return, error) {
	var out Return
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := byID(ctx, id, false)
		if err == nil {
			err = access.Check(actor, access.OrderRead, access.Shared(r.Supplier, r.Reseller))
		}
		if err == nil {
			out = r
		}
		return err
	})
	return out, err
}

// Of lists the returns of an order, oldest first. Codes: NotFound.
func (s *Service) Of(ctx context.Context, actor access.Actor, order trade.OrderID) ([]Return, error) {
	if _, err := s.trade.Head(ctx, actor, order); err != nil {
		return nil, err
	}
	var out []Return
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		out, err = ofOrder(ctx, order)
		return err
	})
	return out, err
}

// List returns those of the actor's company on either side, newest first. after is the
// cursor of the page before, limit 1 to 200. Codes: Forbidden, Invalid (cursor).
func (s *Service) List(ctx context.Context, actor access.Actor, after string, limit int) (items []Return, next string, err error) {
	scope, err := access.List(actor, access.OrderRead)
	if err != nil {
		return nil, "", err
	}
	if limit < 1 || limit > 200 {
		limit = 50
	}
	var micros int64
	var id string
	if after != "" {
		var ok bool
		if micros, id, ok = db.ReadCursor(after); !ok {
			return nil, "", fault.InvalidField("after", "form.cursor")
		}
	}
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		items, err = page(ctx, scope, micros, id, limit+1)
		return err
	})
	if err == nil && len(items) > limit {
		items = items[:limit]
		last := items[limit-1]
		next = db.Cursor(db.Micros(last.AskedAt), string(last.ID))
	}
	return items, next, err
}

func newestFirst(rows []returnRow) {
	slices.SortFunc(rows, func(a, b returnRow) int {
		if a.Asked != b.Asked {
			return int(min(1, max(-1, b.Asked-a.Asked)))
		}
		return strings.Compare(b.ID, a.ID)
	})
}

// cut bounds a text to n bytes at a rune.
func cut(s string, n int) string {
	s = strings.TrimSpace(s)
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

// BookReturn implements trade.ReturnDesk: lines are in the order's numbers and units.
func (s *Service) BookReturn(ctx context.Context, actor access.Actor, order trade.OrderID, d *doc.Return, interchange string, setNo int) (string, error) {
	o, err := s.trade.Get(ctx, actor, order)
	if err != nil {
		return "", err
	}
	cmd := AskCmd{Number: d.Number, Note: strings.Join(d.Notes, "\n")}
	for i := range d.Lines {
		l := &d.Lines[i]
		q, err := money.ParseMicro(string(l.Quantity))
		if err != nil {
			return "", fault.InvalidField("quantity", "trade.quantity_wrong", "Line", l.Number)
		}
		a := AskLine{Quantity: q, Reason: l.Disposition.Reason}
		if a.Reason == "" {
			a.Reason = d.Disposition.Reason
		}
		if !slices.Contains(Reasons, a.Reason) {
			a.Reason = "" // its code is in the document
		}
		for _, x := range o.Lines {
			if x.Reference == l.Number {
				a.Line = x.Number
			}
		}
		cmd.Lines = append(cmd.Lines, a)
	}
	id, err := s.ask(ctx, actor, order, cmd, returnRow{Source: trade.SourceEDI, InterchangeID: interchange, SetNo: int64(setNo)})
	return string(id), err
}

// BookAnswer implements trade.ReturnDesk: the supplier's system authorises or refuses.
func (s *Service) BookAnswer(ctx context.Context, actor access.Actor, order trade.OrderID, d *doc.Return) (string, error) {
	all, err := s.Of(ctx, actor, order)
	if err != nil {
		return "", err
	}
	for i := len(all) - 1; i >= 0; i-- {
		r := all[i]
		if r.State != Asked || d.Reference != "" && d.Reference != r.Number {
			continue
		}
		cmd := DecideCmd{RMA: d.RMA, Answer: strings.Join(d.Notes, " ")}
		denied := 0
		for k := range d.Lines {
			x := &d.Lines[k]
			code := x.Disposition.Code
			if code == "" {
				code = d.Disposition.Code
			}
			for _, l := range r.Lines {
				if l.Reference != x.Number {
					continue
				}
				q, err := money.ParseMicro(string(x.Quantity))
				if err != nil {
					return "", fault.InvalidField("quantity", "trade.quantity_wrong", "Line", x.Number)
				}
				if code == "RD" {
					q, denied = 0, denied+1
				}
				cmd.Lines = append(cmd.Lines, Part{Position: l.Position, Quantity: q})
			}
		}
		if d.Disposition.Code == "RD" && len(d.Lines) == 0 || denied > 0 && denied == len(cmd.Lines) {
			cmd.Refuse = true
			if cmd.Answer == "" {
				cmd.Answer = cut("RDR "+d.Disposition.Code+" "+d.Disposition.Text, 80)
			}
		}
		_, err := s.Decide(ctx, actor, r.ID, cmd)
		return string(r.ID), err
	}
	return "", fault.New(fault.Conflict, "returns.none_asked", "Number", d.Reference)
}

// Document is a return as it is told to the other side: what the reseller asks (180,
// RETANN), or once it was decided what the supplier says to it (180, RETINS).
// Codes: NotFound, Forbidden (the role sees no prices).
func (s *Service) Document(ctx context.Context, actor access.Actor, id ID) (doc.Return, Return, error) {
	r, err := s.Get(ctx, actor, id)
	if err != nil {
		return doc.Return{}, r, err
	}
	o, _, err := s.trade.PurchaseOrder(ctx, actor, r.Order)
	if err != nil {
		return doc.Return{}, r, err
	}
	d := doc.Return{Header: doc.Header{Currency: o.Currency, Parties: o.Parties}, Stage: doc.StageRequest, Purpose: "13", Number: r.Number, Date: r.AskedAt.UTC().Format("2006-01-02"), Order: doc.OrderRef{Number: o.Number, Release: o.Release, Date: o.Date}}
	if r.Note != "" {
		d.Notes = []string{r.Note}
	}
	if r.State != Asked {
		d.Stage, d.Purpose, d.Reference, d.RMA, d.Date = doc.StageInstruct, "11", r.Number, r.RMA, r.DecidedAt.UTC().Format("2006-01-02")
		d.Notes = nil
		if r.Answer != "" {
			d.Notes = []string{r.Answer}
		}
	}
	for _, l := range r.Lines {
		x := doc.ReturnLine{Disposition: doc.Disposition{Code: "RP", Reason: l.Reason}}
		x.Number, x.BuyerItem, x.VendorItem, x.GTIN, x.Unit = l.Reference, l.BuyerItem, l.SKU, l.GTIN, l.Unit
		x.Items = x.ItemIDs()
		x.Quantity = doc.Decimal(l.Quantity.String())
		if d.Stage == doc.StageInstruct {
			x.Disposition.Code = "RA"
			if l.Granted == 0 {
				x.Disposition.Code = "RD"
			} else {
				x.Quantity = doc.Decimal(l.Granted.String())
			}
		}
		d.Lines = append(d.Lines, x)
	}
	return d, r, nil
}
