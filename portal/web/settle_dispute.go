package web

import (
	"strconv"

	"entente/chat/room"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/settle"
	"entente/prm/trade"
)

const threadRows = 100

func (v *visit) disputeURL(id settle.DisputeID) string { return v.path("disputes", string(id)) }

// settlePlaces are the pages about money, one beside the other.
func (v *visit) settlePlaces(on string) ([]view.Tab, error) {
	w, err := v.w.d.Settle.Waiting(v.ctx, v.actor())
	if err != nil {
		return nil, err
	}
	var out []view.Tab
	for _, p := range []struct {
		name string
		n    int
		path []string
	}{{"invoices", -1, []string{"invoices"}}, {"disputes", w.Disputes, []string{"disputes"}}, {"payments", w.Held, []string{"payments"}}, {"issues", w.Issues, []string{"payments", "issues"}}, {"statements", -1, []string{"statements"}}} {
		n := p.n
		if n == 0 {
			n = -1
		}
		out = append(out, view.Tab{Label: view.T("settle.place." + p.name), URL: v.path(p.path...), Count: n, On: p.name == on})
	}
	return out, nil
}

// disputeRow is a dispute in a list.
func (v *visit) disputeRow(d settle.Dispute, n names) view.DisputeRow {
	turn, late := v.turn(d.Owner, d.Due, d.Late(v.now), n)
	if d.State == settle.DisputeClosed {
		turn, late = view.T("dispute.outcome."+d.Outcome), false
	}
	return view.DisputeRow{URL: v.disputeURL(d.ID), Number: d.Number, InvoiceNumber: d.InvoiceNumber, InvoiceURL: v.invoiceURL(d.Invoice), Partner: n.company(d.PartnerOf(v.org())), Reason: view.T("dispute.reason." + d.Reason),
		Amount: amount(d.Amount), Status: view.Status{State: view.State("dispute." + d.State)}, Turn: turn, Late: late, At: d.Opened}
}

// disputeList lists the disputes of the company.
func disputeList(v *visit) error {
	f := settle.DisputeFilter{View: oneOf(v.Query("view"), []string{"mine", "open", "closed"}), After: v.Query("after"), Limit: pageRows}
	list, err := v.w.d.Settle.Disputes(v.ctx, v.actor(), f)
	if err != nil {
		return err
	}
	var orgs []string
	for _, d := range list.Items {
		orgs = append(orgs, d.Supplier, d.Reseller)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	page := &view.DisputesPage{Base: v.shell(), Pager: view.Pager{Shown: len(list.Items), Total: -1, Next: v.next(list.Next)}}
	if page.Places, err = v.settlePlaces("disputes"); err != nil {
		return err
	}
	for _, w := range []string{"", "mine", "open", "closed"} {
		label := view.T("list.all")
		if w != "" {
			label = view.T("dispute.view." + w)
		}
		page.Tabs = append(page.Tabs, view.Tab{Label: label, URL: v.again("view", w), Count: -1, On: w == f.View})
	}
	for _, d := range list.Items {
		page.Rows = append(page.Rows, v.disputeRow(d, n))
	}
	return v.render(page, fragments{"list": "disputes.list", "rows": "disputes.list"})
}

func disputeShow(v *visit) error { return v.disputePage(200, view.Form{}) }

func (v *visit) disputePage(status int, form view.Form) error {
	d, err := v.w.d.Settle.GetDispute(v.ctx, v.actor(), settle.DisputeID(v.Params("id")))
	if err != nil {
		return err
	}
	people := []string{d.OpenedBy, d.ClosedBy}
	for _, s := range d.Steps {
		people = append(people, s.Person)
	}
	n, err := v.lookup([]string{d.Supplier, d.Reseller}, people)
	if err != nil {
		return err
	}
	a, err := v.w.d.Settle.Account(v.ctx, v.actor(), d.Invoice)
	if err != nil {
		return err
	}
	res := access.Shared(d.Supplier, d.Reseller)
	page := &view.DisputePage{Base: v.shell(), URL: v.disputeURL(d.ID), Number: d.Number, Status: view.Status{State: view.State("dispute." + d.State)}, Buyer: n.company(d.Reseller), Supplier: n.company(d.Supplier),
		InvoiceNumber: d.InvoiceNumber, InvoiceURL: v.invoiceURL(d.Invoice), OrderNumber: d.OrderNumber, OrderURL: v.orderURL(d.Order), Version: strconv.FormatInt(d.Version, 10), Note: d.Note, Form: form}
	page.Facts = v.disputeFacts(d)
	for _, l := range d.Lines {
		p := a.Lines[l.Position-1]
		row := view.DisputeLineRow{Position: l.Position, Name: p.Item.Name(string(v.p.Language())), SKU: p.SKU, Net: amount(l.Net)}
		if row.Name == "" {
			row.Name = p.SKU
		}
		page.Lines = append(page.Lines, row)
	}
	v.disputeTurn(page, d, res, n)
	for i := len(d.Steps) - 1; i >= 0; i-- {
		s := d.Steps[i]
		look := stepLooks[s.Kind]
		e := view.Entry{Tone: look.tone, Icon: v.icon(look.icon), Actor: n.actor(s.Person, s.Org), Text: view.T("dispute.step."+s.Kind, "amount", amount(s.Amount)), At: s.At}
		if s.Note != "" {
			e.Text = view.T("dispute.step_note", "step", e.Text, "note", s.Note)
		}
		page.Steps = append(page.Steps, e)
	}
	for _, x := range a.Issues {
		if x.Subject == string(d.ID) {
			page.Issues = append(page.Issues, v.issueBox(x, n))
		}
	}
	if err := v.disputeThread(page, d, n); err != nil {
		return err
	}
	return v.renderAs(status, page, nil)
}

// stepLooks chooses icon and colour of a step.
var stepLooks = map[string]struct {
	icon string
	tone view.Tone
}{
	"opened": {"alert-circle", view.Red}, "offer_credit": {"receipt", view.Amber}, "offer_stand": {"x", view.Amber}, "offer_correct": {"refresh", view.Amber}, "refused": {"x", view.Red}, "agreed": {"check", view.Green},
	"closed_credited": {"circle-check", view.Green}, "closed_corrected": {"circle-check", view.Green}, "closed_accepted": {"circle-check", view.Grey}, "closed_withdrawn": {"arrow-back-up", view.Grey},
}

func (v *visit) disputeFacts(d settle.Dispute) []view.KV {
	kv := func(key string, m money.Amount) view.KV {
		return view.KV{Label: view.T(key), Value: view.T("settle.money_of", "amount", amount(m))}
	}
	out := []view.KV{{Label: view.T("dispute.why"), Value: view.T("dispute.reason." + d.Reason)}, kv("col.net", d.Net), kv("order.tax", d.Tax), kv("order.gross", d.Amount)}
	if d.State == settle.DisputeClosed {
		out = append(out, view.KV{Label: view.T("dispute.ended"), Value: view.T("dispute.outcome." + d.Outcome)})
	}
	if d.Credit != "" {
		out = append(out, view.KV{Label: view.T("settle.credit"), Value: view.Raw(d.CreditNumber), URL: v.invoiceURL(d.Credit)})
	}
	return out
}

// disputeTurn says whose turn it is and what may be done.
func (v *visit) disputeTurn(page *view.DisputePage, d settle.Dispute, res access.Resource, n names) {
	if d.State == settle.DisputeClosed {
		return
	}
	page.Turn, page.Late = v.turn(d.Owner, d.Due, d.Late(v.now), n)
	page.TurnNote = view.T("dispute.turn_note", "company", n.org(d.Owner))
	if d.Offer != "" {
		page.Offer = &view.OfferBox{Text: view.T("dispute.offered."+d.Offer, "company", n.org(d.Supplier), "amount", amount(d.OfferAmount)), Note: d.OfferNote}
		if d.State == settle.DisputeAgreed {
			page.Offer.Text = view.T("dispute.agreed."+d.Offer, "company", n.org(d.Supplier), "amount", amount(d.OfferAmount))
		}
	}
	offers, answers := v.may(access.DisputeOffer, res), v.may(access.DisputeOpen, res)
	page.CanOffer = offers && d.State != settle.DisputeAgreed
	page.CanCredit = offers && d.State != settle.DisputeOffered
	page.CanAnswer = answers && d.State == settle.DisputeOffered
	page.CanWithdraw = answers && d.State != settle.DisputeAgreed
	credit := d.Amount
	if d.State == settle.DisputeAgreed {
		credit = d.OfferAmount
	}
	page.CreditLabel = view.T("dispute.credit", "amount", amount(credit))
}

// disputeThread is what was said about the dispute in the room of its order.
func (v *visit) disputeThread(page *view.DisputePage, d settle.Dispute, n names) error {
	if d.Room == "" || !v.lists(access.RoomRead) {
		return nil
	}
	r, err := v.w.d.Rooms.Get(v.ctx, v.actor(), room.ID(d.Room))
	if fault.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	lines, err := v.w.d.Rooms.History(v.ctx, v.actor(), r.ID, room.Window{Thread: d.Thread, Limit: threadRows})
	if err != nil {
		return err
	}
	bySlug := n.bySlug()
	for _, m := range lines {
		page.Messages = append(page.Messages, v.message(m, n, bySlug))
	}
	for _, id := range r.Orgs {
		if id != v.org() {
			page.Readers = append(page.Readers, n.org(id))
		}
	}
	page.RoomURL = v.path("rooms", string(r.ID))
	page.CanSay = !r.ReadOnly && v.may(access.RoomPost, r.Resource())
	return nil
}

// disputeDone comes back to a dispute, with the refused form where there is one.
func (v *visit) disputeDone(in *input, err error, said string) error {
	if err == nil {
		return v.done(v.disputeURL(settle.DisputeID(v.Params("id"))), said)
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.disputePage(422, in.form(errs, note))
}

// disputeOffer makes the supplier's offer.
func disputeOffer(v *visit) error {
	in := v.input()
	id := settle.DisputeID(v.Params("id"))
	d, err := v.w.d.Settle.GetDispute(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	cmd := settle.OfferCmd{Version: in.version(), Kind: in.text("kind"), Note: in.text("note")}
	if cmd.Kind == settle.OfferCredit && in.text("amount") != "" {
		cmd.Amount = in.coins("amount", d.Amount.Currency)
	}
	if err = in.err(); err == nil {
		err = v.w.d.Settle.Offer(v.ctx, v.actor(), id, cmd)
	}
	return v.disputeDone(in, err, "said.offered")
}

// disputeAnswer answers the offer.
func disputeAnswer(v *visit) error {
	in := v.input()
	answer := in.text("answer")
	err := renamedField(v.w.d.Settle.Answer(v.ctx, v.actor(), settle.DisputeID(v.Params("id")), in.version(), answer, in.text("refusal")), "note", "refusal")
	if answer == settle.AnswerRefuse {
		return v.disputeDone(in, err, "said.offer_refused")
	}
	return v.disputeDone(in, err, "said.offer_agreed")
}

func disputeWithdraw(v *visit) error {
	in := v.input()
	return v.disputeDone(in, v.w.d.Settle.Withdraw(v.ctx, v.actor(), settle.DisputeID(v.Params("id")), in.version(), in.text("note")), "said.withdrawn")
}

// disputeCredit issues the credit that ends the dispute.
func disputeCredit(v *visit) error {
	in := v.input()
	_, err := v.w.d.Settle.Credit(v.ctx, v.actor(), settle.DisputeID(v.Params("id")), in.version(), in.text("number"))
	return v.disputeDone(in, err, "said.credited")
}

// disputeSay says something in the dispute's thread. The key makes a repeated post the
// same message.
func disputeSay(v *visit) error {
	in := v.input()
	d, err := v.w.d.Settle.GetDispute(v.ctx, v.actor(), settle.DisputeID(v.Params("id")))
	if err != nil {
		return err
	}
	if d.Room == "" {
		return fault.New(fault.Conflict, "settle.no_room")
	}
	if _, _, err := v.w.d.Rooms.Post(v.ctx, v.actor(), room.Draft{Room: room.ID(d.Room), Thread: d.Thread, Key: v.key(), Text: in.values["text"]}); err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		return v.disputePage(422, in.form(errs, note))
	}
	return v.seeOther(v.disputeURL(d.ID) + "#thread")
}

// creditURL leads to an invoice or a credit by id.
func (v *visit) creditURL(id string) string { return v.invoiceURL(trade.InvoiceID(id)) }

// renamedField points a refusal of one field at the field of the form.
func renamedField(err error, from, to string) error {
	if f := fault.As(err); f != nil {
		for i := range f.Fields {
			if f.Fields[i].Name == from {
				f.Fields[i].Name = to
			}
		}
	}
	return err
}
