package web

import (
	"time"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/promo"
)

// promoColumns are the columns of the board.
var promoColumns = []struct {
	id     string
	states []promo.State
}{
	{"draft", []promo.State{promo.Draft}}, {"proposed", []promo.State{promo.Proposed}}, {"agreed", []promo.State{promo.Agreed}}, {"running", []promo.State{promo.Running}},
	{"ended", []promo.State{promo.Ended}}, {"done", []promo.State{promo.Settled, promo.Cancelled}},
}

const (
	boardCards  = 20 // of a column
	boardMonths = 6  // of the calendar
)

var promoViews = []string{"board", "list", "calendar"}

// promoList shows the promotions of a company as a board, a list or a calendar.
func promoList(v *visit) error {
	c, err := v.partners()
	if err != nil {
		return err
	}
	page := &view.PromosPage{Base: v.shell(), Kind: or(oneOf(v.Query("view"), promoViews), "board")}
	for _, w := range promoViews {
		page.Ways = append(page.Ways, view.Tab{Label: view.T("promos." + w), URL: v.again("view", w, "from", "", "state", ""), Count: -1, On: w == page.Kind})
	}
	if v.may(access.PromoWrite, access.Own(v.org())) && c.sells() {
		page.NewURL = v.path("promotions", "new")
		if v.lists(access.TriggerRead) {
			page.SuggestionsURL = v.path("suggestions")
			if page.Suggestions, err = v.w.d.Triggers.Count(v.ctx, v.actor()); err != nil {
				return err
			}
		}
	}
	f := promo.Filter{Partner: v.Query("partner"), Query: v.search(), Waiting: v.Query("waiting") != ""}
	if !c.has(f.Partner) {
		f.Partner = ""
	}
	page.Filters = v.filters("promos.search", false, []string{"view", "from", "state"}, choice("partner", "col.partner", f.Partner, c.options()), choice("waiting", "promos.waiting", v.Query("waiting"), []view.Option{{Value: "1", Label: view.T("promos.waiting_me")}}))
	switch page.Kind {
	case "board":
		err = v.promoBoard(page, f)
	case "calendar":
		err = v.promoCalendar(page)
	default:
		f.After, f.Limit = v.Query("after"), pageRows
		for _, col := range promoColumns {
			if col.id == v.Query("state") {
				f.States = col.states
			}
		}
		var got promo.Page
		if got, err = v.w.d.Promos.List(v.ctx, v.actor(), f); err == nil {
			page.Pager = view.Pager{Shown: len(got.Items), Total: -1, Next: v.next(got.Next)}
			page.Rows, err = v.promoCards(got.Items)
		}
	}
	if err != nil {
		return err
	}
	return v.render(page, fragments{"list": "promos.body", "rows": "promos.body"})
}

func (v *visit) promoBoard(page *view.PromosPage, f promo.Filter) error {
	counts, err := v.w.d.Promos.Counts(v.ctx, v.actor())
	if err != nil {
		return err
	}
	narrow, any := f.Partner != "" || f.Query != "" || f.Waiting, false
	for _, col := range promoColumns {
		f.States, f.Limit = col.states, boardCards
		got, err := v.w.d.Promos.List(v.ctx, v.actor(), f)
		if err != nil {
			return err
		}
		x := view.PromoColumn{ID: col.id, Label: view.T("promos.col." + col.id)}
		for _, s := range col.states {
			x.Count += counts[s]
		}
		if narrow {
			x.Count = len(got.Items)
		}
		if got.Next != "" {
			x.MoreURL = v.again("view", "list", "state", col.id)
		}
		if x.Cards, err = v.promoCards(got.Items); err != nil {
			return err
		}
		any = any || len(x.Cards) > 0
		page.Columns = append(page.Columns, x)
	}
	if !any {
		page.Columns = nil
	}
	return nil
}

// promoCards are heads with the names of their companies.
func (v *visit) promoCards(hs []promo.Head) ([]view.PromoCard, error) {
	var orgs []string
	for _, h := range hs {
		orgs = append(append(orgs, h.Owner), h.Partners...)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return nil, err
	}
	out := make([]view.PromoCard, len(hs))
	for i, h := range hs {
		out[i] = v.promoCard(h, n)
	}
	return out, nil
}

func (v *visit) promoCard(h promo.Head, n names) view.PromoCard {
	c := view.PromoCard{URL: v.promoURL(h.ID), Number: h.Number, Title: h.Title, Window: promoWindow(h.From, h.Until), Status: view.Status{State: promoState(h.State)}, Budget: amount(h.Budget), Partners: v.cardPartners(h, n), Percent: -1}
	mine := h.Owner == v.org()
	switch {
	case h.Waiting && mine:
		c.Status = view.Status{State: "seat.asked", Words: view.T("promo.counter_waits")}
	case h.Waiting:
		c.Status = view.Status{State: "seat.asked", Words: view.T("promo.your_answer")}
	case h.Seat != nil && h.State == promo.Proposed && h.Seat.State == promo.Approved:
		c.Status = view.Status{State: "seat.approved"}
	case h.Tasks > 0 && (h.State == promo.Agreed || h.State == promo.Running):
		c.Status.Words = view.T("promo.tasks_open", "n", h.Tasks)
	}
	if h.State == promo.Running {
		c.Percent = elapsed(h.From, h.Until, v.today())
	}
	if !mine || !v.may(access.PromoWrite, access.Own(v.org())) {
		return c
	}
	move := func(key, to string) {
		c.Moves = append(c.Moves, view.Option{Label: view.T(key), Value: c.URL + to})
	}
	switch h.State {
	case promo.Draft:
		move("promo.move.send", "#send")
		move("promo.move.cancel", "#cancel")
	case promo.Proposed, promo.Agreed, promo.Running:
		move("promo.move.cancel", "#cancel")
	case promo.Ended:
		move("promo.move.settle", "/results#settle")
	}
	return c
}

// elapsed is how much of a window is over on a day, in percent.
func elapsed(from, until, today string) int {
	a, err1 := time.Parse(time.DateOnly, from)
	b, err2 := time.Parse(time.DateOnly, until)
	t, err3 := time.Parse(time.DateOnly, today)
	if err1 != nil || err2 != nil || err3 != nil {
		return -1
	}
	return partOf(t.Sub(a)+24*time.Hour, b.Sub(a)+24*time.Hour)
}

// partOf is part of whole in percent, 0 to 100.
func partOf(part, whole time.Duration) int {
	if whole <= 0 {
		return 0
	}
	return int(max(0, min(100, part*100/whole)))
}

// promoCalendar draws half a year.
func (v *visit) promoCalendar(page *view.PromosPage) error {
	first, err := time.Parse("2006-01", v.Query("from"))
	if err != nil {
		now := v.p.Now()
		first = time.Date(now.Year(), now.Month()-1, 1, 0, 0, 0, 0, time.UTC)
	}
	end := first.AddDate(0, boardMonths, 0)
	slots, more, err := v.w.d.Promos.Calendar(v.ctx, v.actor(), first.Format(time.DateOnly), end.AddDate(0, 0, -1).Format(time.DateOnly))
	if err != nil {
		return err
	}
	page.Earlier, page.Later = v.again("from", first.AddDate(0, -3, 0).Format("2006-01")), v.again("from", first.AddDate(0, 3, 0).Format("2006-01"))
	page.Cut = more
	whole := end.Sub(first)
	for m := first; m.Before(end); m = m.AddDate(0, 1, 0) {
		page.Months = append(page.Months, view.PromoMonth{Label: view.T("promos.month", "month", view.T("month.short."+m.Format("1")), "year", m.Year()).In(v.p), Left: partOf(m.Sub(first), whole), Width: 100 / boardMonths})
	}
	heads, titles := make([]promo.Head, len(slots)), map[promo.ID]string{}
	for i, s := range slots {
		heads[i], titles[s.ID] = s.Head, s.Title
	}
	cards, err := v.promoCards(heads)
	if err != nil {
		return err
	}
	for i, s := range slots {
		from, _ := time.Parse(time.DateOnly, s.From)
		until, _ := time.Parse(time.DateOnly, s.Until)
		bar := view.PromoBar{PromoCard: cards[i], Left: partOf(from.Sub(first), whole)}
		bar.Width = max(1, partOf(until.AddDate(0, 0, 1).Sub(first), whole)-bar.Left)
		var others []string
		for _, id := range s.Clashes {
			others = append(others, titles[id])
		}
		if len(others) > 0 {
			bar.Clash = view.T("promos.clash", "others", v.p.List(others))
		}
		page.Bars = append(page.Bars, bar)
	}
	return nil
}

// promoMeets warns of the promotions whose order lines could be of these terms, too.
func (v *visit) promoMeets(id promo.ID, t promo.Terms) ([]view.Text, error) {
	list, err := v.w.d.Promos.Clashes(v.ctx, v.actor(), id, t)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	var others []string
	for _, h := range list[:min(len(list), 5)] {
		others = append(others, v.p.T("promo.meets_one", "title", h.Title, "number", h.Number))
	}
	if n := len(list) - len(others); n > 0 {
		others = append(others, v.p.T("promo.meets_more", "n", n))
	}
	return []view.Text{view.T("promo.warn.meets", "others", v.p.List(others))}, nil
}

// homePromos adds the promotions that wait for the person.
func (v *visit) homePromos(page *view.HomePage) error {
	if !v.lists(access.PromoRead) || !v.lists(access.PromoAnswer) && !v.lists(access.PromoWrite) {
		return nil
	}
	list, err := v.w.d.Promos.List(v.ctx, v.actor(), promo.Filter{Waiting: true, Limit: homeNeeds})
	if err != nil {
		return err
	}
	var orgs []string
	for _, h := range list.Items {
		orgs = append(orgs, h.Owner)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	for _, h := range list.Items {
		need := view.Need{Tone: view.Amber, Icon: v.icon("speakerphone"), URL: v.promoURL(h.ID), Since: h.Changed, Sub: promoWindow(h.From, h.Until), Action: view.T("action.open"), Title: view.T("promoneed.counter", "title", h.Title)}
		switch {
		case h.Owner == v.org() && !v.may(access.PromoWrite, access.Own(v.org())):
			continue
		case h.Owner != v.org():
			need.Title = view.T("promoneed.answer", "company", n.org(h.Owner), "title", h.Title)
		}
		page.Needs = append(page.Needs, need)
	}
	return nil
}

// promoRebuild has the figures computed again from the documents.
func promoRebuild(v *visit) error {
	id := promo.ID(v.Params("id"))
	if err := v.w.d.Promos.StartRebuild(v.ctx, v.actor(), id); err != nil {
		return err
	}
	return v.done(v.promoURL(id)+"/results#rebuild", "promo.rebuild_begun")
}

// promoRebuildShow says how far that is: the page asks while it runs.
func promoRebuildShow(v *visit) error {
	id := promo.ID(v.Params("id"))
	if !v.htmx() || v.Get("HX-Target") != "rebuild" {
		return v.seeOther(v.promoURL(id) + "/results#rebuild")
	}
	got, err := v.w.d.Promos.Rebuilding(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	p := v.promoHead(got.Head, promo.Terms{}, promoForms{})
	p.Tab, p.Results = "results", &view.PromoResults{Rebuild: v.promoRebuilding(got)}
	return v.renderAs(200, p, fragments{"rebuild": "promo.rebuild.now"})
}

func (v *visit) promoRebuilding(r promo.Results) *view.PromoRebuild {
	if r.Owner != v.org() {
		return nil
	}
	out := &view.PromoRebuild{URL: v.promoURL(r.ID) + "/rebuild", CanStart: v.may(access.PromoWrite, access.Own(v.org())) && r.State != promo.Settled}
	if x := r.Rebuild; x != nil {
		key := "promo.rebuild_" + x.State
		if x.State == promo.RebuildDone && x.Changed > 0 {
			key = "promo.rebuild_changed"
		}
		out.Working, out.Done, out.Total = x.State == promo.RebuildRunning, x.Done, x.Total
		out.Said = view.T(key, "done", x.Done, "total", x.Total, "percent", 100*x.Done/max(1, x.Total), "lines", x.Lines, "changed", x.Changed, "when", x.At)
	}
	if !out.CanStart && out.Said.IsZero() {
		return nil
	}
	return out
}
