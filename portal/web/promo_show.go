package web

import (
	"net/url"
	"slices"
	"strconv"

	"entente/chat/room"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/partner"
	"entente/prm/promo"
)

// promoForms are the forms of the page as they came back.
type promoForms struct{ answer, send, decline, cancel, task, keep view.Form }

// promoShow is a promotion for its owner or for a company that takes part.
func promoShow(v *visit) error { return v.promoPage(200, promoForms{}) }

func (v *visit) promoPage(status int, f promoForms) error {
	id := promo.ID(v.Params("id"))
	d, err := v.w.d.Promos.Get(v.ctx, v.actor(), id)
	if err == nil {
		return v.promoOwner(status, d, f)
	}
	if fault.CodeOf(err) != fault.NotFound {
		return err
	}
	j, err := v.w.d.Promos.Join(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	return v.promoJoined(status, j, f)
}

// promoHead fills what both sides see.
func (v *visit) promoHead(h promo.Head, t promo.Terms, f promoForms) *view.PromoPage {
	p := &view.PromoPage{Base: v.shell(), URL: v.promoURL(h.ID), Number: h.Number, Title: t.Title, Status: view.Status{State: promoState(h.State)}, Window: promoWindow(t.From, t.Until), Sentence: v.promoSentence(h.Number, t), Summary: t.Summary,
		Facts: v.promoFacts(h.Number, t), Budget: amount(h.Budget), Version: itoa(h.Version), Answer: f.answer, Send: f.send, Decline: f.decline, Cancel: f.cancel, Task: f.task, Keep: f.keep}
	return p
}

func (v *visit) promoOwner(status int, d promo.Detail, f promoForms) error {
	t := d.Text()
	orgs, people := logPeople(d.Log)
	orgs = append(orgs, d.Owner)
	for _, s := range d.Seats {
		orgs, people = append(orgs, s.Org), append(people, s.AnsweredBy)
	}
	for _, p := range t.Parts {
		orgs = append(orgs, p.Org)
	}
	for _, c := range d.Counters {
		orgs, people = append(orgs, c.Org), append(people, c.By)
	}
	for _, k := range d.Tasks {
		orgs = append(orgs, k.Org)
	}
	if d.Draft != nil {
		for _, p := range d.Draft.Parts {
			orgs = append(orgs, p.Org)
		}
	}
	n, err := v.lookup(orgs, people)
	if err != nil {
		return err
	}
	p := v.promoHead(d.Head, t, f)
	p.Mine, p.Owner = true, n.company(d.Owner)
	p.Tabs = v.promoTabs(p.URL, d.InForce != nil, true, "")
	p.Budget = amount(t.Budget())
	manages := v.may(access.PromoWrite, access.Own(v.org()))
	open := !d.State.Over() && d.State != promo.Ended
	if manages {
		p.CopyURL = v.path("promotions", "new") + "?from=" + string(d.ID)
		p.CanKeep = true
		if p.Keep.Values == nil {
			p.Keep.Values = map[string]string{"name": t.Title}
		}
		if open {
			p.EditURL = p.URL + "/edit"
		}
		p.CanSend, p.CanCancel = open && d.Draft != nil, open
	}
	if d.Approval != "" {
		p.CanSend, p.Waits = false, view.T("promo.kept")
		if v.lists(access.ApprovalRead) {
			p.WaitsURL = v.path("approvals", d.Approval)
		}
	}
	for _, w := range t.Warnings() {
		p.Warnings = append(p.Warnings, view.T(w))
	}
	if manages && open {
		meets, err := v.promoMeets(d.ID, t)
		if err != nil {
			return err
		}
		p.Warnings = append(p.Warnings, meets...)
	}
	v.promoParts(p, d, t, n)
	for _, c := range d.Counters {
		x := view.PromoCounter{ID: c.ID, Company: n.company(c.Org), By: n.person(c.By), Note: c.Note, At: c.Made}
		if d.Open != nil {
			was := promo.Visible(d.Open.Terms, c.Org)
			x.Changes = v.promoChanges(promo.Diff(was, c.Terms), n)
		}
		p.Counters = append(p.Counters, x)
	}
	switch {
	case d.Draft != nil && (d.Open != nil || d.InForce != nil):
		p.Changes, p.ChangesOf = v.promoChanges(promo.Diff(t, *d.Draft), n), view.T("promo.changes_draft")
	case d.Open != nil && d.InForce != nil:
		p.Changes, p.ChangesOf = v.promoChanges(promo.Diff(d.InForce.Terms, d.Open.Terms), n), view.T("promo.changes_open")
	case d.Open != nil:
		if i := slices.IndexFunc(d.Versions, func(x promo.Version) bool { return x.Number == d.Open.Number-1 }); i >= 0 {
			p.Changes, p.ChangesOf = v.promoChanges(promo.Diff(d.Versions[i].Terms, d.Open.Terms), n), view.T("promo.changes_last", "number", d.Open.Number-1)
		}
	}
	p.Tasks, p.TasksDone = v.promoTasks(d.Tasks, n, true)
	p.CanTask = !d.State.Over() && v.may(access.PromoTask, access.Own(v.org()))
	p.TaskOrgs = []view.Option{{Value: v.org(), Label: view.Raw(n.org(v.org()))}}
	for _, s := range d.Seats {
		if s.State == promo.Asked || s.State == promo.Approved {
			p.TaskOrgs = append(p.TaskOrgs, view.Option{Value: s.Org, Label: view.Raw(n.org(s.Org)), On: f.task.Value("org") == s.Org})
		}
	}
	if d.State != promo.Draft {
		for _, s := range d.Seats {
			look := view.Entry{Tone: view.Amber, Icon: v.icon("clock"), Actor: n.org(s.Org), Text: view.T("promo.waits_since"), At: s.Asked}
			switch s.State {
			case promo.Approved:
				if _, sits := t.Part(s.Org); !sits {
					look.Text, look.At = view.T("promo.leaves"), s.Answered
					break
				}
				look = view.Entry{Tone: view.Green, Icon: v.icon("check"), Actor: n.actor(s.AnsweredBy, s.Org), Text: view.T("promo.approved_for", "company", n.org(s.Org)), At: s.Answered}
			case promo.Declined:
				look = view.Entry{Tone: view.Red, Icon: v.icon("x"), Actor: n.actor(s.AnsweredBy, s.Org), Text: view.T("promo.declined_for", "company", n.org(s.Org)), At: s.Answered}
			case promo.Dropped:
				continue
			}
			p.Approvals = append(p.Approvals, look)
		}
	}
	p.History = v.promoLog(d.Log, n)
	if p.Rooms, err = v.promoRooms(d.Seats, n); err != nil {
		return err
	}
	return v.renderAs(status, p, nil)
}

// promoParts are the companies and their money, for the owner.
func (v *visit) promoParts(p *view.PromoPage, d promo.Detail, t promo.Terms, n names) {
	total := t.Budget().Minor
	left := 0
	share := func(label string, a money.Amount, class string) {
		if a.Minor <= 0 || total <= 0 {
			return
		}
		w := int(a.Minor * 100 / total)
		p.Shares = append(p.Shares, view.PromoShare{Label: label, Amount: amount(a), Left: left, Width: w, Class: class})
		left += w
	}
	classes := []string{"f-soft", "f-soft2", "f-soft3"}
	own := money.Amount{Minor: t.Share, Currency: t.Currency}
	share(n.org(d.Owner), own, "f-accent")
	p.Partners = append(p.Partners, view.PromoPartner{Company: n.company(d.Owner), Role: view.T("promoword.owner"), Pledge: amount(own), Status: view.Status{State: "seat.approved"}})
	if d.State == promo.Draft {
		p.Partners[0].Status = view.Status{State: "promotion.draft"}
	}
	var rates []string
	for i, x := range t.Parts {
		row := view.PromoPartner{Company: n.company(x.Org), Role: view.T("promoword." + x.Role), Pledge: amount(x.Pledge()), Target: quantityText(v, x.Target), Limit: quantityText(v, x.Limit)}
		worth := promo.Convert(x.Pledge(), x.Rate, t.Currency)
		share(n.org(x.Org), worth, classes[i%len(classes)])
		if x.Currency != t.Currency {
			row.Worth = amount(worth)
			if r := view.T("promo.rate", "one", view.Money{Amount: "1.00", Currency: string(t.Currency)}, "other", view.Money{Amount: x.Rate.Fixed(2), Currency: string(x.Currency)}).In(v.p); !slices.Contains(rates, r) {
				rates = append(rates, r)
			}
		}
		if k := slices.IndexFunc(d.Seats, func(s promo.Seat) bool { return s.Org == x.Org }); k >= 0 {
			row.Status = view.Status{State: seatState(d.Seats[k].State)}
		} else {
			row.Status = view.Status{State: "promotion.draft"}
		}
		p.Partners = append(p.Partners, row)
	}
	if len(rates) > 0 {
		p.Rates = view.T("promo.rates", "rates", v.p.List(rates))
	}
}

// promoRooms leads the owner to its room with each company.
func (v *visit) promoRooms(seats []promo.Seat, n names) ([]view.KV, error) {
	if !v.lists(access.RoomRead) || len(seats) == 0 {
		return nil, nil
	}
	ids := make([]string, len(seats))
	for i, s := range seats {
		ids[i] = s.ID
	}
	rooms, err := v.w.d.Rooms.BySubjects(v.ctx, v.actor(), promoRoom, ids)
	if err != nil {
		return nil, err
	}
	var out []view.KV
	for _, s := range seats {
		if id := rooms[s.ID]; id != "" {
			out = append(out, view.KV{Label: view.Raw(n.org(s.Org)), Value: view.T("promo.room_open"), URL: v.path("rooms", string(id))})
		}
	}
	return out, nil
}

// promoRoom is the kind of subject of a room about a promotion; its id is the seat's.
const promoRoom = "promotion"

func (v *visit) promoJoined(status int, j promo.Joined, f promoForms) error {
	orgs, people := logPeople(j.Log)
	orgs = append(append(orgs, j.Owner, v.org()), j.Named...)
	n, err := v.lookup(orgs, people)
	if err != nil {
		return err
	}
	p := v.promoHead(j.Head, j.Text, f)
	p.Owner, p.Hash = n.company(j.Owner), j.Hash
	p.Tabs = v.promoTabs(p.URL, j.InForce != nil || j.Held, j.InForce != nil && j.Seat.Role == promo.Participant, "")
	for _, id := range j.Named {
		p.Named = append(p.Named, n.company(id))
	}
	seat := *j.Seat
	part, _ := j.Text.Part(v.org())
	row := view.PromoPartner{Company: n.company(v.org()), Role: view.T("promoword." + seat.Role), Pledge: amount(part.Pledge()), Target: quantityText(v, part.Target), Limit: quantityText(v, part.Limit), Status: view.Status{State: seatState(seat.State)}}
	p.Partners = []view.PromoPartner{row}
	gone := seat.State == promo.Declined || seat.State == promo.Dropped
	if gone {
		p.Status = view.Status{State: seatState(seat.State)}
	}
	open := !gone && !j.State.Over() && j.State != promo.Ended
	answers := v.may(access.PromoAnswer, access.Resource{Members: []string{v.org()}})
	p.CanAnswer = open && answers && seat.State == promo.Asked
	p.CanDecline = open && answers && (j.InForce == nil || seat.State == promo.Asked)
	if j.InForce != nil && !gone && (j.State == promo.Agreed || j.State == promo.Running) && seat.Role == promo.Participant {
		if p.OrderURL, err = v.promoOrder(j); err != nil {
			return err
		}
	}
	if p.CanAnswer {
		p.CounterURL, p.Note = p.URL+"/counter", j.Note
	}
	switch {
	case j.InForce != nil && seat.State == promo.Asked:
		p.Changes, p.ChangesOf = v.promoChanges(promo.Diff(*j.InForce, j.Text), n), view.T("promo.changes_open")
	case j.Before != nil && seat.State == promo.Asked:
		p.Changes, p.ChangesOf = v.promoChanges(promo.Diff(*j.Before, j.Text), n), view.T("promo.changes_last", "number", j.Number-1)
	}
	if j.Counter != nil {
		p.Counters = []view.PromoCounter{{ID: j.Counter.ID, Company: n.company(v.org()), By: n.person(j.Counter.By), Note: j.Counter.Note, At: j.Counter.Made, Changes: v.promoChanges(promo.Diff(j.Text, j.Counter.Terms), n)}}
	}
	switch seat.State {
	case promo.Asked:
		p.Approvals = []view.Entry{{Tone: view.Amber, Icon: v.icon("clock"), Actor: n.org(v.org()), Text: view.T("promo.waits_since"), At: seat.Asked}}
	case promo.Approved:
		p.Approvals = []view.Entry{{Tone: view.Green, Icon: v.icon("check"), Actor: n.actor(seat.AnsweredBy, v.org()), Text: view.T("promo.approved_for", "company", n.org(v.org())), At: seat.Answered}}
	}
	p.Tasks, p.TasksDone = v.promoTasks(j.Tasks, n, false)
	p.CanTask = open && v.may(access.PromoTask, access.Resource{Members: []string{v.org()}})
	p.History = v.promoLog(j.Log, n)
	if p.Room, err = v.roomAbout(room.Subject{Kind: promoRoom, ID: seat.ID}, true); err != nil {
		return err
	}
	return v.renderAs(status, p, nil)
}

// promoOrder leads to the form of an order under a promotion; nowhere who does not order
// from its owner.
func (v *visit) promoOrder(j promo.Joined) (string, error) {
	if !v.lists(access.OrderPlace) {
		return "", nil
	}
	c, err := v.partners()
	if err != nil {
		return "", err
	}
	for _, p := range c.all {
		if p.Supplier == j.Owner && p.Reseller == v.org() && p.State == partner.Active {
			q := url.Values{"partner": {p.ID}, "promo": {j.Head.Number}}
			if len(j.InForce.SKUs) == 1 && len(j.InForce.Families) == 0 {
				q.Set("sku", j.InForce.SKUs[0])
			}
			return v.path("orders", "new") + "?" + q.Encode(), nil
		}
	}
	return "", nil
}

// promoSeat leads from a notice or a room to the page of its promotion.
func promoSeat(v *visit) error {
	j, err := v.w.d.Promos.OfSeat(v.ctx, v.actor(), v.Params("seat"))
	if err != nil {
		return err
	}
	return v.seeOther(v.promoURL(j.ID))
}

// promoDone comes back to a promotion, with the refused form where there is one.
func (v *visit) promoDone(in *input, err error, said string, keep func(f *promoForms, form view.Form)) error {
	if err == nil {
		return v.done(v.promoURL(promo.ID(v.Params("id"))), said)
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	var f promoForms
	keep(&f, in.form(errs, note))
	return v.promoPage(422, f)
}

func toAnswer(f *promoForms, form view.Form) { f.answer = form }

// promoPropose sends what was written.
func promoPropose(v *visit) error {
	in := v.input()
	d, err := v.w.d.Promos.Propose(v.ctx, v.actor(), promo.ID(v.Params("id")), in.version(), in.text("note"))
	said := "said.promo_sent"
	if d.Approval != "" {
		said = "said.promo_kept"
	}
	return v.promoDone(in, err, said, func(f *promoForms, form view.Form) { f.send = form })
}

// promoApprove agrees to the text that was read.
func promoApprove(v *visit) error {
	in := v.input()
	_, err := v.w.d.Promos.Approve(v.ctx, v.actor(), promo.ID(v.Params("id")), in.text("hash"))
	return v.promoDone(in, err, "said.promo_approved", toAnswer)
}

// promoDecline refuses it.
func promoDecline(v *visit) error {
	in := v.input()
	_, err := v.w.d.Promos.Decline(v.ctx, v.actor(), promo.ID(v.Params("id")), in.text("reason"))
	return v.promoDone(in, err, "said.saved", func(f *promoForms, form view.Form) { f.decline = form })
}

// promoCancel ends it before its time.
func promoCancel(v *visit) error {
	in := v.input()
	_, err := v.w.d.Promos.Cancel(v.ctx, v.actor(), promo.ID(v.Params("id")), in.version(), in.text("reason"))
	return v.promoDone(in, err, "said.saved", func(f *promoForms, form view.Form) { f.cancel = form })
}

// promoAdopt takes a counter-proposal over.
func promoAdopt(v *visit) error { return v.promoCounter(true) }

// promoRefuse declines a counter-proposal.
func promoRefuse(v *visit) error { return v.promoCounter(false) }

func (v *visit) promoCounter(adopt bool) error {
	in := v.input()
	_, err := v.w.d.Promos.AnswerCounter(v.ctx, v.actor(), promo.ID(v.Params("id")), v.Params("counter"), adopt, in.text("note"))
	return v.promoDone(in, err, "said.saved", toAnswer)
}

// promoTaskAdd gives a task.
func promoTaskAdd(v *visit) error {
	in := v.input()
	due := in.date("due")
	err := in.err()
	if err == nil {
		_, err = v.w.d.Promos.AddTask(v.ctx, v.actor(), promo.ID(v.Params("id")), in.text("org"), in.text("title"), due)
	}
	return v.promoDone(in, err, "said.saved", func(f *promoForms, form view.Form) { f.task = form })
}

// promoTaskDo ticks a task off.
func promoTaskDo(v *visit) error {
	in := v.input()
	done, _ := strconv.ParseBool(in.text("done"))
	id, err := v.w.d.Promos.DoTask(v.ctx, v.actor(), v.Params("task"), done)
	if err != nil {
		return err
	}
	return v.seeOther(v.promoURL(id) + "#tasks")
}

// promoClaim is the claim that follows from the lines of a bill-back; nil where there is
// none to be made.
func (v *visit) promoClaim(id promo.ID, t promo.Terms) (*view.PromoClaim, error) {
	if t.Settle != promo.BillBack || !v.may(access.ClaimWrite, access.Resource{Reseller: v.org()}) {
		return nil, nil
	}
	got, err := v.w.d.Promos.Proposed(v.ctx, v.actor(), id)
	if c := fault.CodeOf(err); c == fault.NotFound || c == fault.Conflict {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := &view.PromoClaim{URL: v.promoURL(id) + "/claim", Mark: got.Mark, Sum: amount(got.Sum), Text: view.T("promo.claim_none"), FundsURL: v.path("funds", "claims")}
	if got.Mark == "" {
		return out, nil
	}
	out.Text = view.T("promo.claim_text", "amount", amount(got.Sum))
	if len(got.Proof) > 0 {
		out.Proof = view.T("promo.claim_proof", "items", v.p.List(got.Proof))
	}
	for _, l := range got.Lines {
		x := view.PromoClaimLine{Order: l.Text, SKU: l.SKU, Quantity: view.Quantity{Value: l.Quantity.String()}, Amount: amount(l.Amount)}
		if v.lists(access.OrderRead) {
			x.OrderURL = v.path("orders", l.Order)
		}
		out.Lines = append(out.Lines, x)
	}
	return out, nil
}

// promoClaimFile confirms the claim that was proposed.
func promoClaimFile(v *visit) error {
	c, err := v.w.d.Promos.Claim(v.ctx, v.actor(), promo.ID(v.Params("id")), v.input().text("mark"))
	if err == nil {
		return v.done(v.claimURL(c.ID), "said.promo_claimed")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.resultsPage(409, view.Form{Errors: errs, Note: note})
}
