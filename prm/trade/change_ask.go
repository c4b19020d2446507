package trade

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
)

// AskChange asks the supplier to change an order: quantity, price and date of lines, new
// lines, lines and the whole order withdrawn. Nothing of the order moves before the
// supplier answers; what can no longer be done in any part is answered at once. An empty id
// says that the buyer's own rules keep it back until it is approved.
// Codes: NotFound, Forbidden (not the buying side), Conflict (another version, the order
// is finished or held, or nothing would change), Invalid (a line, item, quantity or date).
// Publishes ChangeAsked.
func (s *Service) AskChange(ctx context.Context, actor access.Actor, id OrderID, cmd AskCmd) (ChangeID, error) {
	var out ChangeID
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		o, lines, err := s.open(ctx, actor, access.OrderPlace, id, 0)
		if err != nil {
			return err
		}
		key := ""
		if cmd.Key != "" {
			key = "key:" + o.ID + "/" + bounded(cmd.Key, 80)
			if known, ok, err := changeBySource(ctx, o.ResellerID, key); err != nil || ok {
				out = ChangeID(known)
				return err
			}
		}
		if cmd.Version != 0 && cmd.Version != o.Version {
			return fault.New(fault.Conflict, "trade.order_changed", "Yours", cmd.Version, "Now", o.Version, "State", o.State)
		}
		if o.Held != "" && o.Held != o.HoldReason { // what its supplier holds may be changed
			return fault.New(fault.Conflict, "trade.doubt.order_held", "Order", o.Number)
		}
		if s := State(o.State); s == Closed || s == Cancelled || s == Rejected {
			return fault.New(fault.Conflict, "trade.change_finished", "Order", o.Number)
		}
		t, err := s.active(ctx, o.PartnershipID)
		if err != nil {
			return err
		}
		d, err := cmd.document(ctx, t, o, lines)
		if err != nil {
			return err
		}
		if err := numberChange(ctx, t, o, d); err != nil {
			return err
		}
		r := changeRow{Source: typedBy(actor), SourceKey: key, MadeBy: actor.Person}
		asked, _, err := s.asked(ctx, t, o, lines, d)
		if err != nil {
			return told(err)
		}
		if s.approvals != nil && cmd.Approval == "" && !cmd.Cancel {
			f := s.changedFacts(t, o, lines, asked, d.Parties)
			if id, err := s.approvals.Changing(ctx, actor, f, cmd); err != nil || id != "" {
				return err
			}
		}
		out, err = s.ask(ctx, actor, t, o, lines, d, asked, r)
		return err
	})
	return out, err
}

// numberChange gives a change that is made here the next number of the partnership, and says
// which change of its order it is.
func numberChange(ctx context.Context, t terms, o orderRow, d *doc.OrderChange) error {
	n, err := changesCount(ctx, o.ID)
	if err != nil {
		return err
	}
	d.Sequence = strconv.FormatInt(n+1, 10)
	return numbered(ctx, t, "OC", &d.Request, func() (bool, error) { return true, nil })
}

// told turns a doubt about a document into the fault for the person who typed it.
func told(err error) error {
	d, ok := err.(*doubt)
	if !ok {
		return err
	}
	if d.reason == saidBefore {
		return fault.New(fault.Conflict, "trade.change_nothing")
	}
	args := make([]any, 0, 2*len(d.args))
	for k, v := range d.args {
		args = append(args, k, v)
	}
	return fault.New(fault.Invalid, "trade.doubt."+d.reason, args...)
}

// document writes what is asked for as the 860 that it is.
func (cmd AskCmd) document(ctx context.Context, t terms, o orderRow, lines []Line) (*doc.OrderChange, error) {
	head, err := o.head()
	if err != nil {
		return nil, err
	}
	d := &doc.OrderChange{Header: doc.Header{Currency: o.Currency, Parties: head.Parties}, Purpose: purposeChange, Type: firstOf(o.Kind, "SA"), Number: o.Number, Release: o.ReleaseNo, Date: o.OrderedOn,
		Contract: head.Contract, ChangeDate: today(ctx, t.SupplierZone), Lines: []doc.ChangeLine{}}
	if note := bounded(strings.TrimSpace(cmd.Note), 500); note != "" {
		d.Notes = []string{note}
	}
	if cmd.Cancel {
		d.Purpose = purposeCancel
		return d, nil
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	if len(cmd.Lines) > maxLines {
		return nil, fault.New(fault.TooLarge, "trade.too_many_lines", "Most", maxLines)
	}
	next := len(lines)
	for i, a := range cmd.Lines {
		at := "lines." + itoa(i) + "."
		if a.RequestedOn != "" && !civil(a.RequestedOn) {
			bad.With(at+"date", "form.date", "Line", a.Line)
			continue
		}
		if a.Quantity < 0 || a.Price < 0 {
			bad.With(at+"quantity", "trade.quantity_wrong", "Line", a.Line)
			continue
		}
		if a.Quantity > MostPieces {
			bad.With(at+"quantity", "trade.quantity_most", "Line", a.Line)
			continue
		}
		x := doc.ChangeLine{}
		if a.RequestedOn != "" {
			x.Dates = []doc.Date{{Qualifier: "002", Date: a.RequestedOn}}
		}
		if a.Quantity > 0 {
			x.Quantity = decimal(a.Quantity)
		}
		if a.Line == 0 {
			if strings.TrimSpace(a.SKU) == "" {
				bad.With(at+"sku", "trade.item_missing")
				continue
			}
			if a.Quantity == 0 {
				bad.With(at+"quantity", "trade.quantity_wrong", "Line", a.Line)
				continue
			}
			next++
			x.Change, x.Unit = "AI", firstOf(strings.ToUpper(a.Unit), "EA")
			x.Number = freeReference(lines, next)
			x.VendorItem = bounded(strings.TrimSpace(a.SKU), 60)
			x.Items = []doc.ItemID{{Qualifier: "VP", ID: x.VendorItem}}
			if a.Price > 0 {
				x.Price = decimal(a.Price)
			}
			d.Lines = append(d.Lines, x)
			continue
		}
		if a.Line < 1 || a.Line > len(lines) {
			bad.With(at+"line", "trade.line_unknown", "Line", a.Line)
			continue
		}
		l := lines[a.Line-1]
		y := docLine(l, 0)
		y.Refs, y.Price, y.Quantity, y.Dates = nil, "", x.Quantity, x.Dates
		x.Line = y
		if x.Quantity == "" {
			x.Quantity = decimal(l.wanted())
		}
		if a.Price > 0 {
			x.Price = decimal(a.Price)
		}
		x.Change = "CA"
		if a.Cancel {
			x.Change, x.Dates, x.Price, x.Quantity = "DI", nil, "", "0"
		}
		d.Lines = append(d.Lines, x)
	}
	return d, bad.OrNil()
}

// freeReference is a line number that the order does not use yet.
func freeReference(lines []Line, n int) string {
	for {
		free := true
		for _, l := range lines {
			free = free && !sameNumber(l.Reference, itoa(n))
		}
		if free {
			return itoa(n)
		}
		n++
	}
}

// bookChange records a change that the buyer's system sent.
func (s *Service) bookChange(ctx context.Context, actor access.Actor, t terms, r *replyRow, d *doc.OrderChange) error {
	o, lines, err := s.known(ctx, r, d.Number, d.Release)
	if err != nil {
		return err
	}
	r.OrderID = o.ID
	if n, err := strconv.ParseInt(strings.TrimLeft(d.Sequence, "0"), 10, 64); err == nil && n > 0 {
		last, err := lastSequence(ctx, o.ID)
		if err != nil {
			return err
		}
		if n < last {
			return doubted(DoubtSequence, "Number", bounded(d.Sequence, 20), "Last", strconv.FormatInt(last, 10))
		}
	}
	asked, inferred, err := s.asked(ctx, t, o, lines, d)
	if pending, ok := err.(*doubt); ok && pending.reason == DoubtPending && d.Purpose != purposeCancel {
		open, all, err := openChanges(ctx, o.ID)
		if err != nil || !takesBack(d, all) {
			return cmp.Or(err, error(pending))
		}
		if err := r.write(IncomingReply{Change: d}); err != nil {
			return err
		}
		id, err := s.takeBack(ctx, actor, o, open, d, changeRow{Source: r.Source, InterchangeID: r.InterchangeID, SetNo: r.SetNo})
		r.MadeID = string(id)
		return err
	}
	if err != nil {
		return err
	}
	r.Inferred = inferred
	if err := r.write(IncomingReply{Change: d}); err != nil {
		return err
	}
	id, err := s.ask(ctx, actor, t, o, lines, d, asked, changeRow{Source: r.Source, InterchangeID: r.InterchangeID, SetNo: r.SetNo})
	r.MadeID = string(id)
	return err
}

// asked reads what a change asks of each line; what stands already is left out. Lines of
// the document are given the buyer's numbers.
func (s *Service) asked(ctx context.Context, t terms, o orderRow, lines []Line, d *doc.OrderChange) ([]ChangeLine, bool, error) {
	if d.Currency != "" && !strings.EqualFold(d.Currency, o.Currency) {
		return nil, false, doubted(DoubtCurrency, "Currency", bounded(d.Currency, 10), "Ours", o.Currency)
	}
	var out []ChangeLine
	cancel := func(l Line) {
		if l.wanted() > 0 || l.Ordered == 0 && l.State == LineOpen {
			c := lineChange(l, ChangeCancel)
			c.Quantity = 0
			out = append(out, c)
		}
	}
	if d.Purpose == purposeCancel {
		for _, l := range lines {
			cancel(l)
		}
		if len(out) == 0 {
			return nil, false, nothingNew(ctx, o, d)
		}
		return numberedLines(out), false, nil
	}
	if to := shipTo(d.Parties); to != "" && o.ShipTo != "" && !strings.EqualFold(to, o.ShipTo) && !samePlace(o, d.Parties) {
		return nil, false, doubted(DoubtShipTo, "Was", o.ShipTo, "Now", to)
	}
	p, err := s.placer(ctx, o, lines)
	if err != nil {
		return nil, false, err
	}
	named, day := map[int]bool{}, requested(d.Dates)
	var fresh []doc.Line
	for i := range d.Lines {
		x := &d.Lines[i]
		if x.Change == "NC" {
			if l, err := p.find(&x.Line, x.Quantity, Line.wanted); err == nil {
				named[l.Number] = true
			}
			continue
		}
		if x.Change == "AI" {
			if err := newLine(lines, x); err != nil {
				return nil, false, err
			}
			fresh = append(fresh, x.Line)
			continue
		}
		l, err := p.find(&x.Line, x.Quantity, Line.wanted)
		if err != nil {
			return nil, false, err
		}
		if named[l.Number] {
			return nil, false, doubted(DoubtUnclear, "Item", firstOf(l.SKU, l.BuyerItem, "?"))
		}
		named[l.Number] = true
		adopt(&x.Line, l)
		if x.Change == "DI" {
			cancel(*l)
			continue
		}
		c, err := p.changed(l, x, day, o.RequestedOn)
		if err != nil {
			return nil, false, err
		}
		if len(c.Fields) > 0 {
			out = append(out, c)
		}
	}
	if day != "" { // of every line that has the order's
		for _, l := range lines {
			if !named[l.Number] && l.RequestedOn == o.RequestedOn && l.RequestedOn != day && l.wanted() > 0 {
				c := lineChange(l, ChangeValues)
				c.Fields, c.Date = []string{FieldDate}, day
				out = append(out, c)
			}
		}
	}
	if d.Purpose == purposeReplace {
		for _, l := range lines {
			if !named[l.Number] {
				cancel(l)
			}
		}
	}
	added, err := s.added(ctx, t, o, fresh)
	if err != nil {
		return nil, false, err
	}
	if out = append(out, added...); len(out) == 0 {
		return nil, false, nothingNew(ctx, o, d)
	}
	if err := p.bounded(out); err != nil {
		return nil, false, err
	}
	if finished(o) != nil { // less of it, or other words, is answered as any change
		for _, c := range out {
			if c.Action == ChangeAdd || c.Quantity > c.WasQuantity {
				return nil, false, doubted(DoubtReopens, "Order", o.Number)
			}
		}
	}
	return numberedLines(out), p.inferred, nil
}

// bounded holds a change with which the order would be of more than MostPieces.
func (p *placer) bounded(changes []ChangeLine) error {
	total := func(n int, q money.Quantity, unit string) money.Quantity {
		prod, known := p.products[n]
		return piecesOf(catalog.Item{Found: known, Product: prod}, q, unit)
	}
	room := MostPieces
	of := map[int]bool{}
	for _, c := range changes {
		of[c.Line] = true
	}
	for _, l := range p.lines {
		if !of[l.Number] {
			room -= total(l.Number, l.wanted(), l.Unit)
		}
	}
	for _, c := range changes {
		if room -= total(c.Line, c.Quantity, c.Unit); room < 0 && c.Quantity > c.WasQuantity {
			return doubted(DoubtQuantity, "Line", firstOf(c.Reference, "?"), "Quantity", c.Quantity.String())
		}
	}
	return nil
}

// nothingNew is why a change that asks for what stands is not recorded. While another is
// open it takes that back, and must not be lost.
func nothingNew(ctx context.Context, o orderRow, d *doc.OrderChange) error {
	open, err := openChange(ctx, o.ID)
	switch {
	case err != nil:
		return err
	case open.ID != "":
		return doubted(DoubtPending, "Order", o.Number, "Number", firstOf(open.Number, open.Sequence))
	}
	return doubted(saidBefore, "Number", d.Request, "Order", o.Number)
}

func numberedLines(list []ChangeLine) []ChangeLine {
	for i := range list {
		list[i].Position = i + 1
	}
	return list
}

// samePlace says that the ship-to has the identifier that the order's has.
func samePlace(o orderRow, parties []doc.Party) bool {
	head, err := o.head()
	if err != nil {
		return false
	}
	id := func(list []doc.Party) string {
		for _, p := range list {
			if p.Role == "ST" {
				return p.ID
			}
		}
		return ""
	}
	return id(parties) != "" && id(parties) == id(head.Parties)
}

// newLine checks a line that is to be added.
func newLine(lines []Line, x *doc.ChangeLine) error {
	for _, l := range lines {
		if sameNumber(l.Reference, x.Number) {
			return doubted(DoubtExists, "Line", x.Number)
		}
	}
	if q, err := money.ParseMicro(string(x.Quantity)); err != nil || q <= 0 || q > MostPieces {
		return doubted(DoubtQuantity, "Line", firstOf(x.Number, "?"), "Quantity", bounded(string(x.Quantity), 30))
	}
	return nil
}

// added weighs new lines as those of an order are weighed.
func (s *Service) added(ctx context.Context, t terms, o orderRow, fresh []doc.Line) ([]ChangeLine, error) {
	if len(fresh) == 0 {
		return nil, nil
	}
	j, err := s.judge(ctx, t, doc.PurchaseOrder{Header: doc.Header{Currency: o.Currency}, Date: o.OrderedOn, Lines: fresh})
	if err != nil {
		return nil, err
	}
	out := make([]ChangeLine, len(j.lines))
	for i, l := range j.lines {
		if l.Marks.Has(QuantityUnread) {
			return nil, doubted(DoubtQuantity, "Line", firstOf(fresh[i].Number, "?"), "Quantity", bounded(string(fresh[i].Quantity), 30))
		}
		out[i] = lineChange(l, ChangeAdd)
		out[i].Line, out[i].WasQuantity, out[i].WasPrice, out[i].WasDate = 0, 0, 0, ""
		out[i].Quantity, out[i].Price, out[i].Date, out[i].Reference = l.Ordered, l.Price, l.RequestedOn, fresh[i].Number
	}
	return out, nil
}

// lineChange is a line of a change that changes nothing yet.
func lineChange(l Line, action ChangeAction) ChangeLine {
	return ChangeLine{Line: l.Number, Action: action, Reference: l.Reference, Product: l.Product, SKU: l.SKU, BuyerItem: l.BuyerItem, GTIN: l.GTIN, Description: l.Description, Unit: l.Unit,
		WasQuantity: l.wanted(), Quantity: l.wanted(), WasPrice: l.Price, Price: l.Price, WasDate: l.RequestedOn, Date: l.RequestedOn}
}

// changed reads the values that a line of a change states; those that stand are no change.
// Without a date of its own a line that has the order's date (was) takes the document's.
func (p *placer) changed(l *Line, x *doc.ChangeLine, headDay, was string) (ChangeLine, error) {
	c := lineChange(*l, ChangeValues)
	if x.Quantity != "" && x.Change != "PC" && x.Change != "CT" {
		q, err := p.quantity(l, x.Quantity, x.Unit)
		if err != nil {
			return c, err
		}
		if prod, known := p.products[l.Number]; piecesOf(catalog.Item{Found: known, Product: prod}, q, l.Unit) > MostPieces {
			return c, doubted(DoubtQuantity, "Line", l.Reference, "Quantity", bounded(string(x.Quantity), 30))
		}
		if q == 0 { // as good as withdrawn
			c.Action, c.Quantity = ChangeCancel, 0
			c.Fields = []string{FieldQuantity}
			return c, nil
		}
		if q != l.wanted() {
			c.Quantity = q
			c.Fields = append(c.Fields, FieldQuantity)
		}
	}
	if x.Price != "" {
		v, err := p.price(l, &x.Line)
		if err != nil {
			return c, err
		}
		if v != l.Price {
			c.Price = v
			c.Fields = append(c.Fields, FieldPrice)
		}
	}
	day := requested(x.Dates)
	if day == "" && l.RequestedOn == was {
		day = headDay
	}
	if day != "" && day != l.RequestedOn {
		c.Date = day
		c.Fields = append(c.Fields, FieldDate)
	}
	return c, nil
}

// ask writes a change and tells both companies. What can no longer be done in any part is
// answered at once.
func (s *Service) ask(ctx context.Context, actor access.Actor, t terms, o orderRow, lines []Line, d *doc.OrderChange, asked []ChangeLine, r changeRow) (ChangeID, error) {
	r.ID, r.OrderID, r.SupplierID, r.ResellerID, r.PartnershipID = db.NewID(), o.ID, o.SupplierID, o.ResellerID, o.PartnershipID
	r.Number, r.Sequence, r.Kind, r.State = bounded(d.Request, 60), bounded(d.Sequence, 20), ChangeLines, ChangeOpen
	if d.Purpose == purposeCancel {
		r.Kind = ChangeAll
	}
	r.Note, r.Made = bounded(strings.Join(d.Notes, "\n"), 500), db.Micros(db.Now(ctx))
	if err := r.keep(d); err != nil {
		return "", err
	}
	if err := s.quotedChange(ctx, t, o, lines, asked); err != nil {
		return "", err
	}
	if err := insertChange(ctx, r, asked); err != nil {
		return "", err
	}
	if err := alsoFound(ctx, o.ID, r.Number); err != nil {
		return "", err
	}
	err := s.record(ctx, actor, o, deed{history: "order.change_asked", args: map[string]string{"Change": firstOf(r.Number, r.Sequence), "Lines": itoa(len(asked))}, action: "order.change",
		event: ChangeAsked, payload: Event{Change: ChangeID(r.ID), Interchange: r.InterchangeID, SetNo: int(r.SetNo), Source: r.Source}})
	if err != nil {
		return "", err
	}
	if err := s.changeAnswered(ctx, o); err != nil { // an earlier one can no longer be granted
		return "", err
	}
	for _, c := range asked {
		if !effectOn(c, lines).None {
			return ChangeID(r.ID), nil
		}
	}
	_, err = s.decide(ctx, access.System("trade", o.SupplierID), t, o, lines, r, asked, nil, nil)
	return ChangeID(r.ID), err
}

// effectOn is the effect of a line of a change on the lines of its order.
func effectOn(c ChangeLine, lines []Line) Effect {
	if c.Line < 1 || c.Line > len(lines) {
		return c.effect(Line{})
	}
	return c.effect(lines[c.Line-1])
}
