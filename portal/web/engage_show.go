package web

import (
	"fmt"
	"strconv"

	"entente/chat/room"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/engage"
	"entente/prm/fault"
)

// engageRoom is the kind of subject of a room about an engagement: of all who take part, or of
// the owner and one company.
const engageRoom = "engagement"

// engageShow is an engagement: an invitation before the company accepted. The id of a seat, as
// rooms name it, leads to its engagement.
func engageShow(v *visit) error {
	id := engage.ID(v.Params("id"))
	err := v.engagePage(200, id, "", view.Form{})
	if !fault.IsNotFound(err) {
		return err
	}
	of, miss := v.w.d.Engagements.OfSubject(v.ctx, v.actor(), string(id))
	if miss != nil || of == id {
		return err
	}
	return v.seeOther(v.engageURL(of))
}

// engagePage draws the page; the form of one deed may have been refused.
func (v *visit) engagePage(status int, id engage.ID, name string, form view.Form) error {
	seen, err := v.w.d.Engagements.Get(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	forms := map[string]view.Form{name: form}
	if seen.Invitation != nil {
		page, err := v.engageInvitation(*seen.Invitation, forms)
		if err != nil {
			return err
		}
		return v.renderAs(status, page, nil)
	}
	page, err := v.engagement(*seen.Detail, forms)
	if err != nil {
		return err
	}
	return v.renderAs(status, page, nil)
}

// engageAs shows the engagement as a partner sees it, without anything to press.
func engageAs(v *visit) error {
	id, org := engage.ID(v.Params("id")), v.Params("org")
	seen, err := v.w.d.Engagements.As(v.ctx, v.actor(), id, org)
	if err != nil {
		return err
	}
	n, err := v.lookup([]string{org}, nil)
	if err != nil {
		return err
	}
	as := view.T("engage.as", "company", n.org(org))
	if seen.Invitation != nil {
		page, err := v.engageInvitation(*seen.Invitation, nil)
		if err != nil {
			return err
		}
		page.As, page.CanAnswer = as, false
		return v.render(page, nil)
	}
	page, err := v.engagementRead(*seen.Detail, org)
	if err != nil {
		return err
	}
	page.As = as
	for i := range page.Splits {
		page.Splits[i].CanAgree, page.Splits[i].CanRefuse, page.Splits[i].CanWithdraw = false, false, false
	}
	for i := range page.Hands {
		page.Hands[i].CanAnswer, page.Hands[i].CanTakeBack = false, false
	}
	return v.render(page, nil)
}

func (v *visit) engageInvitation(d engage.Invitation, forms map[string]view.Form) (*view.EngagementInvitationPage, error) {
	n, err := v.lookup([]string{d.Owner, d.Seat.Org}, []string{d.Seat.InvitedBy})
	page := &view.EngagementInvitationPage{Base: v.shell(), URL: v.engageURL(d.ID), Number: d.Number, Teaser: d.Teaser, Owner: n.company(d.Owner), Status: engageStatus(d.State, d.Seat.State), Message: d.Seat.Message, By: n.actor(d.Seat.InvitedBy, d.Owner), At: d.Seat.Invited, Hash: d.Hash, Forms: forms}
	page.Shown = view.T("engage.hidden_you", "company", n.org(d.Owner))
	if d.Shown {
		page.Shown = view.T("engage.shown_you", "company", n.org(d.Owner))
	}
	page.Facts = []view.KV{{Label: view.T("engage.your_role"), Value: view.T("engagerole." + d.Seat.Role)}}
	if d.Seat.State == engage.Invited && !d.Seat.Due.IsZero() {
		page.Clock = &view.Clock{Since: d.Seat.Invited, Due: d.Seat.Due, Text: view.T("engage.answer_until", "due", d.Seat.Due)}
	}
	if d.Country != "" {
		page.Facts = append(page.Facts, view.KV{Label: view.T("engage.country"), Value: countryText(d.Country, v.p)})
	}
	if d.Band != "" {
		page.Facts = append(page.Facts, view.KV{Label: view.T("engage.band"), Value: view.T("engageband." + d.Band)})
	}
	page.CanAnswer = d.Seat.State == engage.Invited && d.State == engage.Open && v.may(access.EngageAnswer, access.Resource{Members: []string{v.org()}})
	page.Reasons = engageReasons(engage.Decline, forms["end"])
	return page, err
}

// engageReasons are the coded reasons of a deed as choices.
func engageReasons(d engage.Deed, f view.Form) []view.Option {
	out := []view.Option{{Label: view.T("form.choose")}}
	for _, r := range engage.ReasonsFor(d) {
		out = append(out, view.Option{Value: r, Label: view.T("engagereason." + r), On: f.Value("reason") == r})
	}
	return out
}

// engageOrgs are the companies that a detail names.
func engageOrgs(d engage.Detail) []string {
	out := []string{d.Owner}
	for _, x := range d.Seats {
		out = append(out, x.Org)
	}
	for _, x := range d.Got {
		out = append(out, x.From)
	}
	for _, x := range d.Sent {
		out = append(out, x.To)
	}
	for _, x := range d.Splits {
		out = append(out, x.Org)
		for _, s := range x.Shares {
			out = append(out, s.Org)
		}
	}
	for _, x := range d.Tasks {
		out = append(out, x.Org, x.MadeOrg)
	}
	for _, x := range d.Hands {
		out = append(out, x.From, x.To)
	}
	return out
}

func engagePeople(d engage.Detail) []string {
	out := []string{d.MadeBy}
	for _, x := range d.Seats {
		out = append(out, x.InvitedBy, x.AnsweredBy)
	}
	for _, x := range d.Got {
		out = append(out, x.By)
	}
	for _, x := range d.Splits {
		out = append(out, x.By)
	}
	for _, x := range d.Tasks {
		out = append(out, x.Person, x.DoneBy, x.MadeBy)
	}
	for _, x := range d.Hands {
		out = append(out, x.MadeBy, x.AnsweredBy)
	}
	return out
}

// engagementRead is what a company reads of an engagement.
func (v *visit) engagementRead(d engage.Detail, org string) (*view.EngagementPage, error) {
	n, err := v.lookup(engageOrgs(d), engagePeople(d))
	if err != nil {
		return nil, err
	}
	page := &view.EngagementPage{Base: v.shell(), URL: v.engageURL(d.ID), Number: d.Number, Title: d.Title, Status: engageStatus(d.State, d.Mine.State), Purpose: d.Purpose, Owner: n.company(d.Owner)}
	page.Shown = view.T("engage.hidden_all", "company", n.org(d.Owner))
	if d.Shown {
		page.Shown = view.T("engage.shown_all")
	}
	page.Facts = []view.KV{{Label: view.T("engage.customer"), Value: view.Raw(d.Customer)}}
	if d.Country != "" {
		page.Facts = append(page.Facts, view.KV{Label: view.T("engage.country"), Value: countryText(d.Country, v.p)})
	}
	if d.Band != "" {
		page.Facts = append(page.Facts, view.KV{Label: view.T("engage.band"), Value: view.T("engageband." + d.Band)})
	}
	page.Facts = append(page.Facts, view.KV{Label: view.T("engage.owner"), Value: view.Raw(n.org(d.Owner))})
	if d.About.Kind != "" {
		kv := view.KV{Label: view.T("engage.began_from"), Value: view.T("engagefrom."+d.About.Kind, "number", d.About.Number)}
		switch d.About.Kind {
		case engage.FromDeal:
			kv.URL = v.path("deals", d.About.ID)
		case engage.FromLead:
			kv.URL = v.path("leads", d.About.ID)
		case engage.FromOffer:
			kv.URL = v.path("leads", "offers", d.About.ID)
		}
		page.Facts = append(page.Facts, kv)
	}
	if d.Outcome != "" {
		page.Told = view.T("engage.closed_told", "outcome", view.T("engageoutcome."+d.Outcome), "comment", d.Comment)
		if d.Comment == "" {
			page.Told = view.T("engage.closed_told_short", "outcome", view.T("engageoutcome."+d.Outcome))
		}
	}
	for _, x := range d.Seats {
		row := view.EngagementSeat{Company: n.company(x.Org), Role: view.T("engagerole." + x.Role), Status: engageStatus(engage.Open, x.State), Owner: x.Org == d.Owner}
		if x.Reason != "" {
			row.Told = view.T("engagereason." + x.Reason)
			if x.Comment != "" {
				row.Told = view.T("engage.reason_told", "reason", view.T("engagereason."+x.Reason), "comment", x.Comment)
			}
		}
		page.Seats = append(page.Seats, row)
	}
	for _, x := range d.Got {
		page.Got = append(page.Got, v.engageRevision(x, n, v.engageURL(d.ID)+"/snapshots/"+x.From+"/"+org))
	}
	v.engageSplits(page, d, n)
	today := v.civilDay()
	for _, x := range d.Tasks {
		row := view.EngagementTask{ID: x.ID, Title: x.Title, Company: n.company(x.Org), Person: n.person(x.Person), Due: view.Date(x.Due), Done: !x.Done.IsZero(), Late: x.Done.IsZero() && x.Due != "" && x.Due < today}
		row.CanDo = x.Org == v.org() || x.MadeOrg == v.org()
		page.Tasks = append(page.Tasks, row)
		if row.Done {
			page.TasksDone++
		}
	}
	for _, x := range d.Hands {
		row := view.EngagementHand{ID: x.ID, What: x.What, Note: x.Note, Comment: x.Comment, Due: view.Date(x.Due), Status: view.Status{State: view.State("handover." + x.State)}, Text: view.T("engage.hand_from_to", "from", n.org(x.From), "to", n.org(x.To)), By: n.actor(x.MadeBy, x.From), At: x.Made}
		if !x.Answered.IsZero() {
			row.By, row.At = n.actor(x.AnsweredBy, x.To), x.Answered
		}
		open := x.State == engage.HandOffered && d.State == engage.Open && d.Mine.State == engage.Active
		row.CanAnswer, row.CanTakeBack = open && x.To == v.org(), open && x.From == v.org()
		page.Hands = append(page.Hands, row)
	}
	return page, nil
}

// engageSplits are the texts of the split that the company reads.
func (v *visit) engageSplits(page *view.EngagementPage, d engage.Detail, n names) {
	manager := v.may(access.EngageAgree, access.Own(v.org())) && d.Mine.State == engage.Active && d.State == engage.Open
	for i, x := range d.Splits {
		row := view.EngagementSplit{Number: x.Number, Status: view.Status{State: view.State("split." + x.State)}, Note: x.Note, Hash: x.Hash, By: view.T("engage.proposed_by", "person", n.actor(x.By, x.Org), "company", n.org(x.Org)), At: x.Made, Since: x.Since, Strange: x.Strange}
		for _, s := range x.Shares {
			row.Shares = append(row.Shares, view.EngagementShare{Company: n.company(s.Org), Percent: sharePercent(s.Part), Width: s.Part / 100, Mine: s.Org == v.org()})
		}
		for _, a := range x.Answers {
			text := view.T("engageanswer."+a.State, "company", n.org(a.Org))
			if a.Comment != "" {
				text = view.T("engage.answer_comment", "answer", text, "comment", a.Comment)
			}
			row.Answers = append(row.Answers, text)
		}
		live := x.State == engage.SplitOpen || x.State == engage.SplitRefused
		mine := x.Org == v.org()
		row.CanAgree = manager && live && (!mine || x.Ready)
		row.CanRefuse = manager && !mine && (live || x.State == engage.SplitGiven) && x.State != engage.SplitRefused
		row.CanWithdraw = manager && mine && i == 0 && (live || x.State == engage.SplitGiven)
		page.Splits = append(page.Splits, row)
	}
}

// sharePercent writes hundredths of a percent.
func sharePercent(part int) string { return fmt.Sprintf("%d.%02d", part/100, part%100) }

// engageValues are the fields of a snapshot in words.
func (v *visit) engageValues(values []engage.Value) []view.KV {
	var out []view.KV
	for _, x := range values {
		out = append(out, view.KV{Label: view.T("engagefield." + x.Field), Value: v.engageValue(&x)})
	}
	return out
}

func (v *visit) engageValue(x *engage.Value) view.Text {
	switch {
	case x == nil:
		return view.Raw("–")
	case x.Amount != nil:
		return view.Raw(v.p.Money(x.Amount.String(), string(x.Amount.Currency)))
	case x.Field == "stage":
		return view.T("engagestage." + x.Text)
	case x.Field == "close":
		return view.T("order.on", "date", view.Date(x.Text))
	case x.Field == "probability":
		return view.T("engage.percent_n", "n", x.Text)
	}
	return view.Raw(x.Text)
}

func (v *visit) engageChanges(list []engage.Change) []view.Text {
	var out []view.Text
	for _, c := range list {
		out = append(out, view.T("engage.change", "field", view.T("engagefield."+c.Field), "was", v.engageValue(c.Was), "now", v.engageValue(c.Now)))
	}
	return out
}

func (v *visit) engageRevision(x engage.Received, n names, url string) view.EngagementRevision {
	return view.EngagementRevision{Company: n.company(x.From), Rev: x.Rev, Values: v.engageValues(x.Values), Changes: v.engageChanges(x.Changes), By: n.actor(x.By, x.From), At: x.Made, URL: url}
}

// engageRevisions are all revisions that one company got from another.
func engageRevisions(v *visit) error {
	id, from, to := engage.ID(v.Params("id")), v.Params("from"), v.Params("to")
	list, err := v.w.d.Engagements.Revisions(v.ctx, v.actor(), id, from, to)
	if err != nil {
		return err
	}
	number, _, err := v.w.d.Engagements.Label(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	people := make([]string, len(list))
	for i, x := range list {
		people[i] = x.By
	}
	n, err := v.lookup([]string{from, to}, people)
	if err != nil {
		return err
	}
	page := &view.EngagementRevisionsPage{Base: v.shell(), BackURL: v.engageURL(id), Number: number, Title: view.T("engage.revisions_of", "from", n.org(from), "to", n.org(to))}
	for _, x := range list {
		page.Rows = append(page.Rows, v.engageRevision(x, n, ""))
	}
	return v.render(page, nil)
}

// engagement is the page of a company that took part, with what its person may do.
func (v *visit) engagement(d engage.Detail, forms map[string]view.Form) (*view.EngagementPage, error) {
	page, err := v.engagementRead(d, v.org())
	if err != nil {
		return nil, err
	}
	page.Forms = forms
	n, err := v.lookup(engageOrgs(d), nil)
	if err != nil {
		return nil, err
	}
	owner := d.Owner == v.org()
	res := d.Mine.Resource(d.Owner)
	working := d.State == engage.Open && d.Mine.State == engage.Active
	page.CanWork = working && v.may(access.EngageWrite, access.Own(v.org()))
	page.CanLead = working && owner && v.may(access.EngageLead, res) || working && owner && v.may(access.EngageLead, access.Own(v.org()))
	page.CanLeave = working && !owner && v.may(access.EngageAnswer, access.Resource{Members: []string{v.org()}})
	page.CanPropose = working && (owner || d.Shown) && v.may(access.EngageAgree, access.Own(v.org()))
	x, err := v.w.d.Engagements.Section(v.ctx, v.actor(), d.ID)
	if err != nil {
		return nil, err
	}
	v.engageOwn(page, x, forms)
	fixed := false
	people, err := v.w.d.Accounts.Directory().People(v.ctx, activeSeats(d)...)
	if err != nil {
		return nil, err
	}
	for i, s := range d.Seats {
		row := &page.Seats[i]
		if s.Org != v.org() && s.State != engage.Withdrawn {
			row.AsURL = page.URL + "/as/" + s.Org
		}
		if s.Org != d.Owner {
			fixed = fixed || s.State == engage.Invited || !s.Joined.IsZero()
			row.CanWithdraw, row.CanRemove = page.CanLead && s.State == engage.Invited, page.CanLead && s.State == engage.Active
		}
		if s.State == engage.Active {
			name := view.Raw(n.org(s.Org))
			page.Assignees = append(page.Assignees, view.Option{Value: s.Org, Label: name})
			for _, p := range people {
				if p.Org == s.Org && access.Allowed(access.Actor{Person: p.ID, Org: s.Org, Roles: p.Roles}, access.EngageRead, s.Resource(d.Owner)) {
					page.Assignees = append(page.Assignees, view.Option{Value: s.Org + " " + p.ID, Label: view.T("engage.person_at", "person", p.Name, "company", n.org(s.Org))})
				}
			}
			page.Shares = append(page.Shares, view.EngagementShare{Company: n.company(s.Org), Percent: v.engageLast(d, s.Org)})
			if s.Org != v.org() {
				page.Others = append(page.Others, view.Option{Value: s.Org, Label: name})
			}
		}
	}
	if page.CanLead && !fixed {
		page.EditURL = page.URL + "/edit"
	}
	if page.CanWork && len(page.Others) > 0 {
		page.ShareURL = page.URL + "/share"
	}
	page.CanPropose = page.CanPropose && len(page.Shares) > 1
	for _, s := range d.Sent {
		r := v.engageRevision(s.Received, n, page.URL+"/snapshots/"+v.org()+"/"+s.To)
		r.Company = n.company(s.To)
		page.Sent = append(page.Sent, r)
	}
	if err := v.engageChoices(page, d, n, forms); err != nil {
		return nil, err
	}
	var seers []seer
	for _, s := range d.Seats {
		key := "engagesees.member"
		switch {
		case s.Org == d.Owner:
			key = "engagesees.owner"
		case s.State == engage.Invited:
			key = "engagesees.invited"
		case s.State == engage.Left:
			key = "engagesees.left"
		case s.State != engage.Active:
			key = "engagesees.declined"
		}
		seers = append(seers, seer{s.Org, access.EngageRead, s.Resource(d.Owner), key})
	}
	if page.Sees, err = v.sees(n, seers...); err != nil {
		return nil, err
	}
	return page, v.engageRooms(page, d, n)
}

func activeSeats(d engage.Detail) []string {
	var out []string
	for _, s := range d.Seats {
		if s.State == engage.Active {
			out = append(out, s.Org)
		}
	}
	return out
}

// engageLast is the share of a company in the newest text, for the form of the next.
func (v *visit) engageLast(d engage.Detail, org string) string {
	if len(d.Splits) > 0 {
		for _, s := range d.Splits[0].Shares {
			if s.Org == org {
				return sharePercent(s.Part)
			}
		}
	}
	return ""
}

// engageOwn is the company's own section and its form.
func (v *visit) engageOwn(page *view.EngagementPage, x engage.Section, forms map[string]view.Form) {
	add := func(field, s string) {
		if s != "" {
			page.Own = append(page.Own, view.KV{Label: view.T("engagefield." + field), Value: v.engageValue(&engage.Value{Field: field, Text: s})})
		}
	}
	add("stage", x.Stage)
	add("own_stage", x.OwnStage)
	if x.Amount.Currency != "" {
		page.Own = append(page.Own, view.KV{Label: view.T("engagefield.amount"), Value: v.engageValue(&engage.Value{Field: "amount", Amount: &x.Amount})})
	}
	add("close", x.Close)
	if x.Probability > 0 {
		add("probability", strconv.Itoa(x.Probability))
	}
	add("next_step", x.NextStep)
	add("needs", x.Needs)
	add("products", x.Products)
	add("contact", x.Contact)
	if x.Notes != "" {
		page.Private = append(page.Private, view.KV{Label: view.T("engage.notes"), Value: view.Raw(x.Notes)})
	}
	for _, p := range x.Private {
		page.Private = append(page.Private, view.KV{Label: view.Raw(p.Name), Value: view.Raw(p.Value)})
	}
	f, ok := forms["section"]
	if !ok || f.Values == nil {
		f = view.Form{Values: map[string]string{"version": itoa(x.Version), "stage": x.Stage, "own_stage": x.OwnStage, "close": x.Close, "next_step": x.NextStep, "needs": x.Needs, "products": x.Products, "contact": x.Contact, "notes": x.Notes, "currency": string(x.Amount.Currency)}}
		if x.Amount.Currency != "" {
			f.Values["amount"] = x.Amount.String()
		}
		if x.Probability > 0 {
			f.Values["probability"] = strconv.Itoa(x.Probability)
		}
		for i, p := range x.Private {
			f.Values[fmt.Sprintf("private.%d.name", i)], f.Values[fmt.Sprintf("private.%d.value", i)] = p.Name, p.Value
		}
	}
	page.Section = f
	for i := range min(len(x.Private)+2, engage.MaxOwn) {
		page.PrivateRows = append(page.PrivateRows, strconv.Itoa(i))
	}
	page.Stages = keyed(engage.Stages, "engagestage.", f.Value("stage"))
	page.Currencies = plainOptions(currencyCodes, or(f.Value("currency"), string(v.login.Org.Currency)))
}

// engageChoices are the choices of the forms.
func (v *visit) engageChoices(page *view.EngagementPage, d engage.Detail, n names, forms map[string]view.Form) error {
	page.LeaveReasons, page.RemoveReasons = engageReasons(engage.Leave, forms["end"]), engageReasons(engage.Remove, forms["seat"])
	page.Outcomes = append([]view.Option{{Label: view.T("form.choose")}}, keyed(engage.Outcomes, "engageoutcome.", forms["close"].Value("outcome"))...)
	page.Roles = keyed(engage.Roles, "engagerole.", or(forms["invite"].Value("role"), "distributor"))
	if !page.CanLead {
		return nil
	}
	c, err := v.partners()
	if err != nil {
		return err
	}
	for _, org := range v.engagePartners(c) {
		taken := false
		for _, s := range d.Seats {
			taken = taken || s.Org == org && (s.State == engage.Invited || s.State == engage.Active)
		}
		if !taken {
			page.Partners = append(page.Partners, view.Option{Value: org, Label: view.Raw(c.orgs[org].Name), On: forms["invite"].Value("company") == org})
		}
	}
	return nil
}

// engageRooms shows the room of the company, or leads the owner to its rooms.
func (v *visit) engageRooms(page *view.EngagementPage, d engage.Detail, n names) (err error) {
	if d.Room != "" {
		page.Room, err = v.roomAbout(room.Subject{Kind: engageRoom, ID: d.Room}, true)
		return err
	}
	if !v.lists(access.RoomRead) || len(d.Rooms) == 0 {
		return nil
	}
	var ids []string
	for _, id := range d.Rooms {
		ids = append(ids, id)
	}
	rooms, err := v.w.d.Rooms.BySubjects(v.ctx, v.actor(), engageRoom, ids)
	for _, s := range d.Seats {
		if id := rooms[d.Rooms[s.Org]]; id != "" {
			page.Rooms = append(page.Rooms, view.KV{Label: view.Raw(n.org(s.Org)), Value: view.T("promo.room_open"), URL: v.path("rooms", string(id))})
		}
	}
	return err
}

// engageFrom is where an engagement begins from something, for who may begin one.
func (v *visit) engageFrom(kind, id string) string {
	if !v.may(access.EngageLead, access.Own(v.org())) {
		return ""
	}
	return v.path("engagements", "new") + "?" + kind + "=" + queryEscape(id)
}
