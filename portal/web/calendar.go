package web

import (
	"strconv"
	"strings"
	"time"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/partner"
	"entente/prm/trade"
)

// calendarForms are the two forms of the page; one of them may have been refused.
type calendarForms struct{ week, day *view.Form }

// calendar is the business calendar of the company.
func calendar(v *visit) error { return v.calendarPage(200, calendarForms{}) }

func (v *visit) calendarPage(status int, f calendarForms) error {
	c, err := v.w.d.Accounts.Calendar(v.ctx, v.actor())
	if err != nil {
		return err
	}
	page := &view.CalendarPage{Base: v.shell(), URL: v.path("company", "calendar"), Version: strconv.FormatInt(c.Version, 10), Zone: c.Zone, Country: countryText(c.Country, v.p),
		Public: c.Public, Manage: v.may(access.OrgManage, access.Own(v.org())), Changed: c.Changed}
	if c.ChangedBy != "" {
		n, err := v.lookup(nil, []string{c.ChangedBy})
		if err != nil {
			return err
		}
		page.By = n.person(c.ChangedBy)
	}
	page.Week = view.Form{Values: map[string]string{}}
	for i := range 7 {
		d := (i + 1) % 7 // Monday first
		field := "day" + strconv.Itoa(d)
		page.Week.Values[field] = account.FormatSpans(c.Week[d])
		page.Weekday = append(page.Weekday, view.WeekdayRow{Field: field})
	}
	if f.week != nil {
		page.Week = *f.week
		page.Public = f.week.Value("public") != ""
	}
	if f.day != nil {
		page.Day = *f.day
	}
	for _, k := range []account.DayKind{account.DayOff, account.DayHours, account.DayWork} {
		page.Kinds = append(page.Kinds, view.Option{Value: string(k), Label: view.T("calendar.kind." + string(k)), On: page.Day.Value("kind") == string(k)})
	}
	today := v.now.In(c.Location()).Format(time.DateOnly)
	worked := func(on string) (view.Text, bool) {
		hours := c.On(on)
		if len(hours) == 0 {
			return view.T("calendar.closed"), true
		}
		return view.Raw(account.FormatSpans(hours)), false
	}
	for _, d := range c.Days {
		row := view.CalendarDay{On: view.Date(d.On), Name: view.Raw(d.Name)}
		row.Hours, row.Off = worked(d.On)
		page.Days = append(page.Days, row)
	}
	for _, p := range account.PublicDays(c.Country) {
		if p.On >= today && c.Public {
			row := view.CalendarDay{On: view.Date(p.On), Name: view.T("holiday." + p.Name)}
			row.Hours, row.Off = worked(p.On)
			page.Holiday = append(page.Holiday, row)
		}
	}
	return v.renderAs(status, page, nil)
}

// calendarWeek changes the weekly hours.
func calendarWeek(v *visit) error {
	in := v.input()
	cmd := account.WeekCmd{Version: version(in.text("version")), Public: in.text("public") != ""}
	var wrong []view.FieldError
	for d := range cmd.Week {
		field := "day" + strconv.Itoa(d)
		spans, ok := account.ParseSpans(in.text(field))
		if !ok {
			wrong = append(wrong, view.FieldError{Field: field, Text: view.T("calendar.hours_wrong")})
		}
		cmd.Week[d] = spans
	}
	if len(wrong) > 0 {
		form := in.form(wrong, view.Text{})
		return v.calendarPage(422, calendarForms{week: &form})
	}
	_, err := v.w.d.Accounts.SetWeek(v.ctx, v.actor(), cmd)
	if err == nil {
		return v.done(v.path("company", "calendar"), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	form := in.form(errs, note)
	return v.calendarPage(422, calendarForms{week: &form})
}

func version(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

// calendarDay adds a special day.
func calendarDay(v *visit) error {
	in := v.input()
	day := account.SpecialDay{On: in.text("on"), Kind: account.DayKind(in.text("kind")), Name: in.text("name")}
	spans, ok := account.ParseSpans(in.text("day_hours"))
	if !ok {
		form := in.form([]view.FieldError{{Field: "day_hours", Text: view.T("calendar.hours_wrong")}}, view.Text{})
		return v.calendarPage(422, calendarForms{day: &form})
	}
	day.Hours = spans
	_, err := v.w.d.Accounts.SetDay(v.ctx, v.actor(), version(in.text("version")), day)
	if err == nil {
		return v.done(v.path("company", "calendar"), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	form := in.form(errs, note)
	return v.calendarPage(422, calendarForms{day: &form})
}

// calendarClear takes a special day out.
func calendarClear(v *visit) error {
	if _, err := v.w.d.Accounts.ClearDay(v.ctx, v.actor(), version(v.input().text("version")), v.Params("date")); err != nil {
		return err
	}
	return v.done(v.path("company", "calendar"), "said.saved")
}

// absences fills the part of the profile that says when the person is away.
func (v *visit) absences(page *view.ProfilePage, typed *view.Form) error {
	if v.org() == "" || !v.may(access.OrgRead, access.Own(v.org())) {
		return nil
	}
	list, err := v.w.d.Accounts.Absences(v.ctx, v.actor())
	if err != nil {
		return err
	}
	people, err := v.w.d.Accounts.Directory().People(v.ctx, v.org())
	if err != nil {
		return err
	}
	out := &view.AbsenceForm{Covers: []view.Option{{Label: view.T("absence.nobody")}}}
	if typed != nil {
		out.Form = *typed
	}
	names := map[string]string{}
	for _, p := range people {
		names[p.ID] = p.Name
		if p.ID == v.actor().Person {
			continue
		}
		roles := make([]string, len(p.Roles))
		for i, r := range p.Roles {
			roles[i] = v.p.T("role."+string(r), nil)
		}
		out.Covers = append(out.Covers, view.Option{Value: p.ID, Label: view.Raw(p.Name + " · " + strings.Join(roles, ", ")), On: out.Form.Value("cover") == p.ID})
	}
	for _, a := range list {
		out.Rows = append(out.Rows, view.AbsenceRow{ID: a.ID, From: view.Date(a.From), To: view.Date(a.To), Cover: names[a.Cover], Now: !a.Starts.After(v.now)})
	}
	page.Absence = out
	return nil
}

// absenceAdd notes that the person is away.
func absenceAdd(v *visit) error {
	in := v.input()
	_, err := v.w.d.Accounts.AddAbsence(v.ctx, v.actor(), account.AbsenceCmd{From: in.text("away_from"), To: in.text("to"), Cover: in.text("cover")})
	if err == nil {
		return v.done(v.path("profile"), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	form := in.form(errs, note)
	return v.profilePage(422, profileForms{absence: &form})
}

// absenceRemove takes it back.
func absenceRemove(v *visit) error {
	if err := v.w.d.Accounts.RemoveAbsence(v.ctx, v.actor(), v.Params("id")); err != nil {
		return err
	}
	return v.done(v.path("profile"), "said.saved")
}

// partnerAnswer shows how long the supplier may take to answer an order.
func (v *visit) partnerAnswer(page *view.PartnerPage, p partner.Partnership) error {
	if p.State != partner.Active && p.State != partner.Suspended {
		return nil
	}
	a, err := v.w.d.Trade.AnswerTime(v.ctx, v.actor(), p.ID)
	if err != nil {
		return err
	}
	ours := a.Supplier == v.org()
	page.Answer = &view.AnswerSetting{Form: view.Form{Values: map[string]string{"answer_hours": strconv.Itoa(a.Hours)}}, Hours: a.Hours, Ours: ours,
		Editable: ours && v.may(access.PartnerManage, p.Resource()), Calendar: v.path("company", "calendar")}
	return nil
}

// partnerAnswerSave changes it.
func partnerAnswerSave(v *visit) error {
	in, id := v.input(), v.Params("id")
	hours, err := strconv.Atoi(in.text("answer_hours"))
	if err != nil {
		hours = -1 // said by the service, for those who may
	}
	if err := v.w.d.Trade.SetAnswerTime(v.ctx, v.actor(), id, hours); err != nil {
		return err
	}
	return v.done(v.path("partners", id), "said.saved")
}

// orderClock is the clock on the answer to an order; nil when none is awaited.
func (v *visit) orderClock(d trade.Detail, n names) *view.OrderClock {
	c := d.Clock
	if !c.Open() {
		return nil
	}
	out := &view.OrderClock{Late: c.Late(v.now), Near: c.Near(v.now), Note: view.T("order.answer_note", "company", n.org(d.Supplier))}
	switch {
	case out.Late:
		out.Text = view.T("order.answer_was_due", "when", c.Due)
	case !c.Paused.IsZero():
		out.Text = view.T("order.answer_paused")
	default:
		out.Text = view.T("order.answer_due", "when", c.Due)
	}
	return out
}

// lateAnswers puts the orders whose answer is overdue onto the monitor.
func (v *visit) lateAnswers(page *view.MonitorPage) error {
	if !v.lists(access.OrderRead) {
		return nil
	}
	rows, count, err := v.w.d.Trade.LateAnswers(v.ctx, v.actor(), 10)
	if err != nil || count == 0 {
		return err
	}
	n, err := v.lookup(orgsOf(rows), nil)
	page.Unsaid, page.AllLate = count, v.path("orders")+"?view="+string(trade.ViewLate)
	for _, r := range rows {
		page.Answers = append(page.Answers, view.LateAnswer{URL: v.orderURL(r.ID), Partner: n.company(r.PartnerOf(v.org())), Number: r.Number, Ours: r.Supplier == v.org(), Due: r.Clock.Due})
	}
	return err
}

// calendarRoutes are the pages and forms of calendars, absences and answer times.
func calendarRoutes() []Route {
	return []Route{
		get("/c/:slug/company/calendar", "calendar", InCompany, access.OrgRead, calendar),
		post("/c/:slug/company/calendar", "save calendar", InCompany, access.OrgManage, calendarWeek),
		post("/c/:slug/company/calendar/days", "add special day", InCompany, access.OrgManage, calendarDay),
		post("/c/:slug/company/calendar/days/:date/remove", "remove special day", InCompany, access.OrgManage, calendarClear),
		post("/c/:slug/profile/absences", "add absence", InCompany, "", absenceAdd),
		post("/c/:slug/profile/absences/:id/remove", "remove absence", InCompany, "", absenceRemove),
		post("/c/:slug/partners/:id/answer", "answer time", InCompany, access.PartnerManage, partnerAnswerSave),
	}
}
