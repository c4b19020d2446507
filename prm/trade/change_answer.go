package trade

import (
	"context"
	"strings"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// AnswerChange answers a change for the supplier: each line is granted as far as it can
// be, granted to another quantity, or refused with a reason. Granting promises the line
// as changed. It writes the response (865). What the supplier's rules keep back until it is
// approved gives no response, and the change stays open.
// Codes: NotFound, Forbidden, Conflict (another version, or it was answered), Invalid (a
// field per wrong line).
// Publishes ChangeDecided.
func (s *Service) AnswerChange(ctx context.Context, actor access.Actor, id ChangeID, cmd AnswerCmd) (ResponseID, error) {
	var out ResponseID
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := changeByID(ctx, string(id))
		if err == nil {
			err = access.Check(actor, access.OrderConfirm, access.Shared(r.SupplierID, r.ResellerID))
		}
		if err != nil {
			return err
		}
		o, lines, err := s.open(ctx, actor, access.OrderConfirm, OrderID(r.OrderID), cmd.Version)
		if err != nil {
			return err
		}
		if r, err = changeByID(ctx, string(id)); err != nil { // under the lock of the order
			return err
		}
		if r.State != ChangeOpen {
			return fault.New(fault.Conflict, "trade.doubt."+r.over(), "Number", firstOf(r.Number, r.Sequence))
		}
		asked, err := changeLinesOf(ctx, r.ID)
		if err != nil {
			return err
		}
		if !refusesAll(asked, cmd.Lines) && r.Kind != ChangeAll {
			if err := stopped(o); err != nil {
				return err
			}
		}
		if !refusesAll(asked, cmd.Lines) {
			all, err := changeRows(ctx, o.ID)
			if err != nil {
				return err
			}
			for _, x := range all {
				if x.Made > r.Made || x.Made == r.Made && x.ID > r.ID {
					return fault.New(fault.Conflict, "trade.change_overtaken", "Number", firstOf(r.Number, r.Sequence), "Later", firstOf(x.Number, x.Sequence))
				}
			}
		}
		t, err := termsOf(ctx, o.PartnershipID)
		if err != nil {
			return err
		}
		keep := func(after []Line) (bool, error) {
			if s.approvals == nil || cmd.Approval != "" {
				return false, nil
			}
			req, err := s.approvals.Granting(ctx, actor, s.grantedFacts(t, o, after, asked), id, cmd)
			return req != "", err
		}
		out, err = s.decide(ctx, actor, t, o, lines, r, asked, cmd.Lines, keep)
		if err == nil && out != "" && cmd.Approval == "" {
			err = s.changeAnswered(ctx, o)
		}
		return err
	})
	return out, err
}

// changeAnswered ends what waited to be approved before a change was answered otherwise, or
// overtaken by a later one.
func (s *Service) changeAnswered(ctx context.Context, o orderRow) error {
	if s.approvals == nil {
		return nil
	}
	return s.approvals.ChangeAnswered(ctx, OrderID(o.ID))
}

// refusesAll says that an answer grants nothing.
func refusesAll(asked []ChangeLine, answer []ChangeAnswer) bool {
	refused := map[int]bool{}
	for _, a := range answer {
		refused[a.Position] = a.Refuse
	}
	for _, l := range asked {
		if !refused[l.Position] {
			return false
		}
	}
	return true
}

// GetChange returns a change with its lines, and the document as it was written.
// Codes: NotFound, Forbidden (the role sees no prices).
func (s *Service) GetChange(ctx context.Context, actor access.Actor, id ChangeID) (OrderChange, doc.OrderChange, Parties, error) {
	var out OrderChange
	var d doc.OrderChange
	var who Parties
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := changeByID(ctx, string(id))
		if err == nil {
			err = access.Check(actor, access.OrderPrices, access.Shared(r.SupplierID, r.ResellerID))
		}
		if err != nil {
			return err
		}
		o, err := orderByID(ctx, OrderID(r.OrderID), false)
		if err != nil {
			return err
		}
		lines, err := linesOf(ctx, o)
		if err != nil {
			return err
		}
		all, err := changesOf(ctx, o.ID, lines)
		if err != nil {
			return err
		}
		for _, c := range all {
			if c.ID == id {
				out = c
			}
		}
		who = partiesOf(o.order(), "")
		who.Received = r.InterchangeID
		d, err = r.document()
		return err
	})
	return out, d, who, err
}

// ChangeAck is the answer to a change as a document (865).
// Codes: NotFound, Forbidden (the role sees no prices).
func (s *Service) ChangeAck(ctx context.Context, actor access.Actor, id ResponseID) (doc.OrderChangeAck, Parties, error) {
	var out doc.OrderChangeAck
	var who Parties
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, d, t, err := s.responseDetail(ctx, actor, id)
		if err == nil && r.ChangeID == "" {
			err = fault.New(fault.NotFound, "error.not_found")
		}
		if err != nil {
			return err
		}
		who = partiesOf(d.Order, r.InterchangeID)
		for _, c := range d.Changes {
			for _, x := range d.Responses {
				if string(c.ID) == r.ChangeID && x.ID == id {
					out = changeAckDoc(d, c, x, t.SupplierZone)
				}
			}
		}
		from, err := replyOf(ctx, r.ID)
		if err != nil || from == nil {
			return err
		}
		in, err := from.incoming()
		if err == nil && in.ChangeAck != nil {
			out.Seller = in.ChangeAck.Seller
		}
		who.Received = from.InterchangeID
		return err
	})
	return out, who, err
}

// decide answers a change: the order moves as far as it was granted, the response states
// anew the lines that it touched.
func (s *Service) decide(ctx context.Context, actor access.Actor, t terms, o orderRow, lines []Line, r changeRow, asked []ChangeLine, answers []ChangeAnswer, keep func(after []Line) (bool, error)) (ResponseID, error) {
	byPosition := map[int]ChangeAnswer{}
	bad := fault.New(fault.Invalid, "form.invalid")
	for i, a := range answers {
		at := "lines." + itoa(i) + "."
		if a.Position < 1 || a.Position > len(asked) {
			bad.With(at+"position", "trade.line_unknown", "Line", a.Position)
		}
		if len(a.Reason) > 80 {
			bad.With(at+"reason", "form.too_long", "Most", 80)
		}
		if a.Quantity < 0 {
			bad.With(at+"quantity", "trade.quantity_wrong", "Line", a.Position)
		}
		byPosition[a.Position] = a
	}
	if err := bad.OrNil(); err != nil {
		return "", err
	}
	fresh, err := s.freshLines(ctx, t, o, lines, asked)
	if err != nil {
		return "", err
	}
	var parts []ResponseLine
	count := map[string]int{}
	for i := range asked {
		c := &asked[i]
		p, err := s.decideLine(c, &lines, fresh, byPosition[c.Position], money.Currency(o.Currency))
		if err != nil {
			return "", err
		}
		parts = append(parts, p...)
		count[c.Verdict]++
	}
	kind := ResponsePartly
	switch len(asked) {
	case count[VerdictGranted]:
		kind = ResponseAccepted
	case count[VerdictRefused]:
		kind = ResponseRejected
	}
	if kind != ResponseRejected {
		if keep != nil {
			if kept, err := keep(lines); kept || err != nil {
				return "", err
			}
		}
		drawn, err := s.quotedLines(ctx, t, o, lines, asked)
		if err != nil {
			return "", err
		}
		o.RequestedOn = commonDate(lines, o.RequestedOn)
		if err := s.save(ctx, &o, lines); err != nil {
			return "", err
		}
		if drawn.ID != "" {
			if err := s.quotes.Also(ctx, drawn); err != nil {
				return "", err
			}
		}
		if err := s.rematch(ctx, &o, lines); err != nil {
			return "", err
		}
		var more []string
		for _, l := range fresh {
			more = append(more, l.SKU, l.BuyerItem, l.GTIN, l.Description)
		}
		if err := alsoFound(ctx, o.ID, strings.Join(more, " ")); err != nil {
			return "", err
		}
	}
	row, err := s.writeResponse(ctx, actor, t, o, kind, r.ID, parts)
	if err != nil {
		return "", err
	}
	r.State, r.Answered, r.AnsweredBy, r.AnsweredOrg, r.ResponseID = ChangeAnswered, db.Micros(db.Now(ctx)), actor.Person, actor.Org, row.ID
	if err := saveChange(ctx, r, asked); err != nil {
		return "", err
	}
	return ResponseID(row.ID), s.record(ctx, actor, o, deed{history: "order.change_" + kind, args: map[string]string{"Change": firstOf(r.Number, r.Sequence), "Response": row.Number}, action: "order.answer_change",
		event: ChangeDecided, payload: Event{Change: ChangeID(r.ID), Response: ResponseID(row.ID), Reason: kind, Interchange: r.InterchangeID, SetNo: int(r.SetNo)}})
}

// freshLines weighs the new lines of a change again, as they would be booked now.
func (s *Service) freshLines(ctx context.Context, t terms, o orderRow, lines []Line, asked []ChangeLine) (map[int]Line, error) {
	var list []doc.Line
	var at []int
	for _, c := range asked {
		if c.Action != ChangeAdd {
			continue
		}
		l := docLine(Line{Reference: c.Reference, SKU: c.SKU, BuyerItem: c.BuyerItem, GTIN: c.GTIN, Description: c.Description, Unit: c.Unit}, 0)
		l.Price, l.Quantity = "", decimal(c.Quantity)
		if c.Price > 0 {
			l.Price = decimal(c.Price)
		}
		if c.Date != "" {
			l.Dates = []doc.Date{{Qualifier: "002", Date: c.Date}}
		}
		list, at = append(list, l), append(at, c.Position)
	}
	if len(list) == 0 {
		return nil, nil
	}
	j, err := s.judge(ctx, t, doc.PurchaseOrder{Header: doc.Header{Currency: o.Currency}, Date: o.OrderedOn, Lines: list})
	if err != nil {
		return nil, err
	}
	out := map[int]Line{}
	for i, l := range j.lines {
		if l.Reference = list[i].Number; l.Reference == "" {
			l.Reference = freeReference(lines, len(lines)+i+1)
		}
		if l.RequestedOn == "" {
			l.RequestedOn = o.RequestedOn
		}
		out[at[i]] = l
	}
	return out, nil
}

// decideLine answers one line of a change and moves the order's line.
func (s *Service) decideLine(c *ChangeLine, lines *[]Line, fresh map[int]Line, a ChangeAnswer, cur money.Currency) ([]ResponseLine, error) {
	c.Reason = strings.TrimSpace(a.Reason)
	e := effectOn(*c, *lines)
	if e.None || a.Refuse {
		c.Verdict, c.Granted = VerdictRefused, 0
		if c.Reason == "" && len(e.Limits) > 0 {
			c.Reason = e.Limits[0].Key
		}
		if c.Action == ChangeAdd {
			return nil, nil
		}
		l := (*lines)[c.Line-1]
		c.Granted = l.wanted()
		return []ResponseLine{{Line: c.Line, Action: Reject, Code: codeRejected, Quantity: l.wanted(), Reason: c.Reason}}, nil
	}
	if c.Action == ChangeAdd {
		l := fresh[c.Position]
		if l.Marks.Has(AmountRange) || l.unpriced() {
			return nil, fault.InvalidField("lines."+itoa(c.Position-1)+".refuse", "trade.price_needed", "Line", c.Position)
		}
		l.Number = len(*lines) + 1
		l.Confirmed, l.PromisedOn = l.Ordered, l.RequestedOn
		l.State = lineState(l, LineConfirmed)
		*lines = append(*lines, l)
		c.Line, c.Verdict, c.Granted, c.Product = l.Number, VerdictGranted, l.Ordered, l.Product
		return c.restated(l, c.Verdict), nil
	}
	l := &(*lines)[c.Line-1]
	q := e.Quantity
	if a.Quantity > 0 && c.Has(FieldQuantity) && c.Action == ChangeValues {
		if q = a.Quantity; q < l.gone() {
			return nil, fault.InvalidField("lines."+itoa(c.Position-1)+".quantity", "trade.change_below", "Line", c.Line, "Done", l.gone().String())
		}
	}
	if err := c.apply(l, e, q, cur); err != nil {
		return nil, fault.InvalidField("lines."+itoa(c.Position-1)+".quantity", "trade.amount_range")
	}
	c.Verdict, c.Granted = VerdictGranted, l.wanted()
	if len(e.Limits) > 0 || c.Has(FieldQuantity) && c.Granted != c.Quantity {
		c.Verdict = VerdictPartly
		if c.Reason == "" && len(e.Limits) > 0 {
			c.Reason = e.Limits[0].Key
		}
	}
	return c.restated(*l, c.Verdict), nil
}

// commonDate is the date that all lines have, else the order's.
func commonDate(lines []Line, was string) string {
	day := ""
	for _, l := range lines {
		if l.wanted() == 0 {
			continue
		}
		if day != "" && l.RequestedOn != day {
			return was
		}
		day = l.RequestedOn
	}
	return firstOf(day, was)
}

// openChange finds the change that an answer of the supplier's system is about: by the
// number or the sequence it names, else the only one that is open.
func (s *Service) openChange(ctx context.Context, o orderRow, request, sequence string) (changeRow, error) {
	rows, err := changeRows(ctx, o.ID)
	if err != nil {
		return changeRow{}, err
	}
	var open []changeRow
	for i := len(rows) - 1; i >= 0; i-- {
		r := rows[i]
		if request != "" && r.Number == request || request == "" && sequence != "" && sameNumber(r.Sequence, sequence) {
			if r.State != ChangeOpen {
				return r, doubted(r.over(), "Number", firstOf(r.Number, r.Sequence))
			}
			return r, nil
		}
		if r.State == ChangeOpen {
			open = append(open, r)
		}
	}
	if request == "" && sequence == "" && len(open) == 1 {
		return open[0], nil
	}
	return changeRow{}, doubted(DoubtChange, "Number", firstOf(request, sequence, "?"))
}

// bookChangeAck answers a change as the supplier's system does (865).
func (s *Service) bookChangeAck(ctx context.Context, actor access.Actor, t terms, r *replyRow, d *doc.OrderChangeAck) error {
	o, lines, err := s.known(ctx, r, d.Number, d.Release)
	if err != nil {
		return err
	}
	r.OrderID = o.ID
	c, err := s.openChange(ctx, o, d.Request, d.Sequence)
	if err != nil {
		return err
	}
	said := make([]doc.AckLine, len(d.Lines))
	for i := range d.Lines {
		said[i] = d.Lines[i].AckLine
	}
	return s.answered(ctx, actor, t, r, o, lines, c, d.Type, said)
}

// answersChange says whether an answer to an order (ORDRSP) is one to a change of it.
func (s *Service) answersChange(ctx context.Context, o orderRow, d *doc.OrderAck) (changeRow, bool, error) {
	for _, ref := range d.Refs {
		if ref.Qualifier != "PP" {
			continue
		}
		c, err := s.openChange(ctx, o, "", ref.Value)
		if x, ok := err.(*doubt); ok && x.reason == DoubtChange {
			c, err = s.openChange(ctx, o, ref.Value, "")
		}
		return c, true, err
	}
	return changeRow{}, false, nil
}

// answered turns the lines of a document into the answer to a change.
func (s *Service) answered(ctx context.Context, actor access.Actor, t terms, r *replyRow, o orderRow, lines []Line, c changeRow, kind string, said []doc.AckLine) error {
	asked, err := changeLinesOf(ctx, c.ID)
	if err != nil {
		return err
	}
	p, err := s.placer(ctx, o, lines)
	if err != nil {
		return err
	}
	refusesAll := kind == "RD" || kind == "RJ"
	var answers []ChangeAnswer
	heard := map[int]bool{}
	for i := range said {
		al := &said[i]
		pos := 0
		for _, cl := range asked {
			if sameNumber(cl.Reference, al.Number) || al.Number == "" && cl.SKU != "" && strings.EqualFold(cl.SKU, al.VendorItem) {
				pos = cl.Position
			}
		}
		if pos == 0 {
			continue // a line that was not to change is said again
		}
		a, err := p.verdict(lines, asked[pos-1], al, refusesAll)
		if err != nil {
			return err
		}
		heard[pos] = true
		answers = append(answers, a)
	}
	for _, cl := range asked {
		switch {
		case heard[cl.Position]:
		case len(said) == 0 && refusesAll:
			answers = append(answers, ChangeAnswer{Position: cl.Position, Refuse: true})
		case len(said) > 0 && kind != "AE":
			return doubted(DoubtSilent, "Line", firstOf(cl.Reference, itoa(cl.Position)))
		}
	}
	r.Inferred = p.inferred
	id, err := s.decide(ctx, actor, t, o, lines, c, asked, answers, nil)
	if err == nil {
		err = s.changeAnswered(ctx, o)
	}
	r.MadeID = string(id)
	return refusal(err)
}

// verdict reads what is said to one line of a change.
func (p *placer) verdict(lines []Line, c ChangeLine, al *doc.AckLine, refusesAll bool) (ChangeAnswer, error) {
	a := ChangeAnswer{Position: c.Position, Refuse: refusesAll && len(al.Responses) == 0}
	var left money.Quantity
	refused, granted := false, false
	l := Line{Unit: c.Unit, Reference: c.Reference}
	if c.Line > 0 {
		l = lines[c.Line-1]
	}
	for _, x := range al.Responses {
		if x.Industry != "" {
			a.Reason = bounded(x.Industry, 80)
		}
		switch x.Status {
		case "IR", "R1", "R2", "R3", "R4":
			refused = true
			continue
		case "ID":
			if c.Action != ChangeCancel {
				refused = true
			}
			granted = true
			continue
		case "IA", "AC", "AR", "IQ", "IC", "IP", "DR", "IB", "BP", "IF", "SP", "IH", "IE":
		default:
			return a, doubted(DoubtStatus, "Line", firstOf(c.Reference, itoa(c.Position)), "Code", bounded(x.Status, 10))
		}
		granted = true
		if x.Quantity == "" {
			continue
		}
		q, err := p.quantity(&l, x.Quantity, firstOf(x.Unit, al.Unit))
		if err != nil {
			return a, err
		}
		left += q
	}
	if refused && granted && c.Action == ChangeAdd || refused && !granted {
		a.Refuse = true
		return a, nil
	}
	if c.Has(FieldQuantity) && left > 0 && left != c.Quantity {
		a.Quantity = left
	}
	return a, nil
}
