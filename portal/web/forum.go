package web

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"entente/chat/forum"
	"entente/chat/room"
	"entente/portal/prose"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/partner"
)

func forumRoutes() []Route {
	return []Route{
		get("/c/:slug/forum", "forum", InCompany, access.ForumRead, forumList),
		get("/c/:slug/forum/new", "topic form", InCompany, access.ForumWrite, topicNew),
		post("/c/:slug/forum/new", "make topic", InCompany, access.ForumWrite, topicMake),
		get("/c/:slug/forum/related", "related topics", InCompany, access.ForumRead, topicRelated),
		get("/c/:slug/forum/reports", "reports", InCompany, access.ForumManage, forumReports),
		post("/c/:slug/forum/reports/:id", "decide report", InCompany, access.ForumManage, forumDecide),
		get("/c/:slug/forum/categories/new", "category form", InCompany, access.ForumManage, categoryNew),
		post("/c/:slug/forum/categories/new", "make category", InCompany, access.ForumManage, categorySave),
		get("/c/:slug/forum/categories/:id", "category", InCompany, access.ForumManage, categoryEdit),
		post("/c/:slug/forum/categories/:id", "save category", InCompany, access.ForumManage, categorySave),
		post("/c/:slug/forum/categories/:id/agree", "agree to be named", InCompany, access.ForumAgree, categoryAgree),
		get("/c/:slug/forum/categories/:id/agreement", "agreement of a category", InCompany, access.ForumRead, ndaShow),
		post("/c/:slug/forum/categories/:id/agreement", "accept agreement of a category", InCompany, access.ForumRead, ndaAccept),
		get("/c/:slug/forum/categories/:id/agreement/csv", "register of an agreement", InCompany, access.ForumRead, ndaCSV),
		post("/c/:slug/forum/topics/:id/nda", "put idea under agreement", InCompany, access.ForumWrite, topicDeed(func(v *visit, id forum.TopicID, _ forum.PostID) error {
			return v.w.d.Forum.SetNDA(v.ctx, v.actor(), id, v.FormValue("on") != "")
		})),
		get("/c/:slug/forum/topics/:id", "topic", InCompany, access.ForumRead, topicShow),
		get("/c/:slug/forum/topics/:id/files/:file", "file of a topic", InCompany, access.ForumRead, topicFile),
		post("/c/:slug/forum/topics/:id/files/:file/remove", "remove file of a topic", InCompany, access.ForumWrite, topicDeed(func(v *visit, id forum.TopicID, _ forum.PostID) error {
			return v.w.d.Forum.RemoveFile(v.ctx, v.actor(), id, forum.FileID(v.Params("file")))
		})),
		post("/c/:slug/forum/topics/:id/reply", "reply to topic", InCompany, access.ForumWrite, topicReply),
		post("/c/:slug/forum/topics/:id/edit", "edit topic", InCompany, access.ForumWrite, topicEdit),
		post("/c/:slug/forum/topics/:id/remove", "remove from topic", InCompany, access.ForumWrite, topicDeed(func(v *visit, id forum.TopicID, post forum.PostID) error {
			return v.w.d.Forum.Remove(v.ctx, v.actor(), id, post)
		})),
		post("/c/:slug/forum/topics/:id/accept", "accept answer", InCompany, access.ForumWrite, topicDeed(func(v *visit, id forum.TopicID, post forum.PostID) error {
			return v.w.d.Forum.Accept(v.ctx, v.actor(), id, post, v.FormValue("on") != "")
		})),
		post("/c/:slug/forum/topics/:id/vote", "vote", InCompany, access.ForumWrite, topicDeed(func(v *visit, id forum.TopicID, post forum.PostID) error {
			return v.w.d.Forum.Vote(v.ctx, v.actor(), id, post, v.FormValue("on") != "")
		})),
		post("/c/:slug/forum/topics/:id/watch", "watch topic", InCompany, access.ForumRead, topicDeed(func(v *visit, id forum.TopicID, _ forum.PostID) error {
			return v.w.d.Forum.Watch(v.ctx, v.actor(), id, v.FormValue("level"))
		})),
		post("/c/:slug/forum/topics/:id/state", "state of topic", InCompany, access.ForumManage, topicDeed(func(v *visit, id forum.TopicID, _ forum.PostID) error {
			return v.w.d.Forum.SetState(v.ctx, v.actor(), id, forum.State(v.FormValue("state")))
		})),
		post("/c/:slug/forum/topics/:id/move", "move topic", InCompany, access.ForumManage, topicDeed(func(v *visit, id forum.TopicID, _ forum.PostID) error {
			return v.w.d.Forum.Move(v.ctx, v.actor(), id, forum.CategoryID(v.FormValue("category")))
		})),
		post("/c/:slug/forum/topics/:id/report", "report", InCompany, access.ForumWrite, topicDeed(func(v *visit, id forum.TopicID, post forum.PostID) error {
			return v.w.d.Forum.Report(v.ctx, v.actor(), id, post, v.FormValue("reason"))
		})),
		post("/c/:slug/forum/topics/:id/answer", "answer survey", InCompany, access.ForumWrite, surveyAnswer),
	}
}

// secluded keeps pages of the forum out of any index, should a copy of one ever be reached.
func (v *visit) secluded() { v.Set("X-Robots-Tag", "noindex, nofollow") }

var topicStates = map[forum.State]view.State{forum.Open: "topic.open", forum.Answered: "topic.answered", forum.Closed: "topic.closed", forum.Review: "topic.review", forum.Planned: "topic.planned", forum.Trial: "topic.trial", forum.Released: "topic.released", forum.Declined: "topic.declined"}

// forumList is the topics one may read, beside the categories.
func forumList(v *visit) error {
	v.secluded()
	cats, err := v.w.d.Forum.Categories(v.ctx, v.actor())
	if err != nil {
		return err
	}
	f := forum.Filter{Category: forum.CategoryID(v.Query("category")), Tag: v.Query("tag"), Query: v.search(), After: v.Query("after"), Limit: pageRows}
	seen := v.Query("view")
	switch seen {
	case "questions":
		f.Kind, f.State = forum.Question, forum.Open
	case "ideas":
		f.Kind = forum.Idea
	case "surveys":
		f.Kind = forum.Survey
	case "watched":
		f.Watched = true
	}
	list, next, err := v.w.d.Forum.Topics(v.ctx, v.actor(), f)
	if err != nil {
		return err
	}
	n, err := v.forumNames(cats, list, nil)
	if err != nil {
		return err
	}
	page := &view.ForumPage{Base: v.shell(), URL: v.path("forum"), Filters: v.filters("forum.search", false, []string{"view", "category", "tag"}), Pager: view.Pager{Shown: len(list), Total: -1, Next: v.next(next)}}
	for _, t := range []string{"", "questions", "watched", "ideas", "surveys"} {
		label := t
		if t == "" {
			label = "all"
		}
		page.Tabs = append(page.Tabs, view.Tab{Label: view.T("forum.view." + label), URL: v.again("view", t), Count: -1, On: t == seen})
	}
	for _, c := range cats {
		page.Categories = append(page.Categories, v.categoryRow(c, n, f.Category))
		if c.Create && !c.Locked() && v.may(access.ForumWrite, access.Own(v.org())) {
			page.NewURL = v.path("forum", "new")
			if f.Category != "" {
				page.NewURL += "?category=" + queryEscape(string(f.Category))
			}
		}
	}
	if v.may(access.ForumManage, access.Own(v.org())) {
		page.ManageURL = v.path("forum", "categories", "new")
		reports, err := v.w.d.Forum.Reports(v.ctx, v.actor())
		if err != nil {
			return err
		}
		if page.Reports = len(reports); page.Reports > 0 {
			page.ReportsURL = v.path("forum", "reports")
		}
	}
	page.Rows = v.topicRows(list, cats, n)
	if page.Experts, err = v.experts(f); err != nil {
		return err
	}
	return v.render(page, fragments{"list": "forum.list", "rows": "forum.list"})
}

// shownExperts are as many as the list shows.
const shownExperts = 5

// experts are who has answered such questions.
func (v *visit) experts(f forum.Filter) ([]view.ExpertRow, error) {
	list, err := v.w.d.Forum.Experts(v.ctx, v.actor(), f)
	if err != nil {
		return nil, err
	}
	list = list[:min(len(list), shownExperts)]
	var orgs, people []string
	for _, e := range list {
		orgs, people = append(orgs, e.From.Org), append(people, e.From.Person)
	}
	n, err := v.lookup(orgs, people)
	var out []view.ExpertRow
	for _, e := range list {
		out = append(out, view.ExpertRow{Who: view.Person{ID: e.From.Person, Name: n.person(e.From.Person), Company: v.foreign(e.From.Org, n)}, Accepted: e.Accepted})
	}
	return out, err
}

// forumNames are the companies and people that the service let the reader know.
func (v *visit) forumNames(cats []forum.Category, topics []forum.Topic, posts []forum.Post) (names, error) {
	var orgs, people []string
	for _, c := range cats {
		orgs = append(orgs, c.Owner)
		for _, s := range c.Seats {
			orgs = append(orgs, s.Org)
		}
	}
	for _, t := range topics {
		orgs, people = append(orgs, t.From.Org), append(people, t.From.Person)
	}
	for _, p := range posts {
		orgs, people = append(orgs, p.From.Org), append(people, p.From.Person)
	}
	return v.lookup(orgs, people)
}

func (v *visit) categoryRow(c forum.Category, n names, on forum.CategoryID) view.CategoryRow {
	row := view.CategoryRow{URL: v.path("forum") + "?category=" + queryEscape(string(c.ID)), Name: c.Name, About: c.About, Owner: v.foreign(c.Owner, n), Open: c.Open, Closed: c.Closed, Locked: c.Locked(),
		CanAgree: v.may(access.ForumAgree, access.Resource{Owner: c.Owner, Members: []string{v.org()}}), Agreed: c.Agreed, Unread: c.Unread, On: c.ID == on, DoURL: v.path("forum", "categories", string(c.ID)), Shared: len(c.Seats)}
	for _, t := range c.Tiers {
		row.Tiers = append(row.Tiers, t.Tier)
	}
	if c.Owner == v.org() && v.may(access.ForumManage, access.Own(v.org())) {
		row.EditURL = row.DoURL
	}
	if row.Accepted = c.NDA.Accepted; c.NDA.Number > 0 {
		row.NDAURL = row.DoURL + "/agreement"
	}
	return row
}

func (v *visit) topicRows(list []forum.Topic, cats []forum.Category, n names) []view.TopicRow {
	var out []view.TopicRow
	for _, t := range list {
		row := view.TopicRow{URL: v.path("forum", "topics", string(t.ID)), Title: t.Title, By: v.writer(t.From, n), Kind: view.T("forum.kind." + string(t.Kind)), Status: view.Status{State: topicStates[t.State]}, Replies: t.Replies, Votes: t.Votes, At: t.Active, Unread: t.Unread, NDA: t.NDA, Tags: t.Tags}
		for _, c := range cats {
			if c.ID == t.Category {
				row.Category = c.Name
			}
		}
		out = append(out, row)
	}
	return out
}

// writer is how an author is named to the reader.
func (v *visit) writer(a forum.Author, n names) view.Text {
	if a.Hidden() {
		return view.T("forum.a_partner")
	}
	if company := v.foreign(a.Org, n); company != "" {
		return view.T("forum.by", "name", n.person(a.Person), "company", company)
	}
	return view.Raw(n.person(a.Person))
}

// forumReports is what waits for the moderators.
func forumReports(v *visit) error {
	v.secluded()
	list, err := v.w.d.Forum.Reports(v.ctx, v.actor())
	if err != nil {
		return err
	}
	var orgs, people []string
	for _, f := range list {
		orgs, people = append(orgs, f.From.Org), append(people, f.From.Person)
	}
	n, err := v.lookup(orgs, people)
	if err != nil {
		return err
	}
	page := &view.ReportsPage{Base: v.shell()}
	for _, f := range list {
		page.Rows = append(page.Rows, view.ReportRow{URL: v.topicURL(f.Topic, f.Post), DoURL: v.path("forum", "reports", string(f.ID)), Title: f.Title, HTML: prose.Render(f.Text), Reason: f.Reason,
			By: view.Person{ID: f.From.Person, Name: n.person(f.From.Person), Company: n.org(f.From.Org)}, At: f.Made})
	}
	return v.render(page, nil)
}

func forumDecide(v *visit) error {
	if err := v.w.d.Forum.Decide(v.ctx, v.actor(), forum.FlagID(v.Params("id")), v.FormValue("remove") != ""); err != nil {
		return err
	}
	return v.done(v.path("forum", "reports"), "said.saved")
}

func categoryNew(v *visit) error {
	if err := access.Check(v.actor(), access.ForumManage, access.Own(v.org())); err != nil {
		return err
	}
	return v.categoryForm(200, forum.Category{}, view.Form{})
}

func categoryEdit(v *visit) error {
	c, err := v.w.d.Forum.Get(v.ctx, v.actor(), forum.CategoryID(v.Params("id")))
	if err != nil {
		return err
	}
	if err := access.Check(v.actor(), access.ForumManage, access.Resource{Owner: c.Owner, Members: []string{v.org()}}); err != nil {
		return err
	}
	return v.categoryForm(200, c, view.Form{Values: map[string]string{"name": c.Name, "about": c.About, "nda": c.NDA.Text}})
}

func (v *visit) categoryForm(status int, c forum.Category, f view.Form) error {
	v.secluded()
	list, err := v.partners()
	if err != nil {
		return err
	}
	page := &view.CategoryFormPage{Base: v.shell(), URL: v.path("forum", "categories", "new"), ID: string(c.ID), Form: f, Open: c.Open, Closed: c.Closed}
	if c.ID != "" {
		page.URL = v.path("forum", "categories", string(c.ID))
	}
	var orgs []string
	for _, p := range list.all {
		if other := p.Other(v.org()); p.State == partner.Active && !slices.Contains(orgs, other) {
			orgs = append(orgs, other)
		}
	}
	for _, s := range c.Seats {
		if !slices.Contains(orgs, s.Org) {
			orgs = append(orgs, s.Org)
		}
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	for _, org := range orgs {
		row := view.SeatRow{Org: org, Name: n.org(org), Choice: f.Value("seat." + org)}
		for _, s := range c.Seats {
			if s.Org != org {
				continue
			}
			row.Agreed = s.Agreed
			if _, typed := f.Values["seat."+org]; !typed {
				row.Choice = seatChoice(s.Reply, s.Create)
			}
		}
		page.Seats = append(page.Seats, row)
	}
	slices.SortFunc(page.Seats, func(a, b view.SeatRow) int { return strings.Compare(a.Name, b.Name) })
	tiers, err := v.w.d.Forum.Choices(v.ctx, v.actor())
	if err != nil {
		return err
	}
	for _, t := range c.Tiers { // one that is given to nobody any more
		if !slices.Contains(tiers, t.Tier) {
			tiers = append(tiers, t.Tier)
		}
	}
	for _, name := range tiers {
		row := view.SeatRow{Org: name, Name: name, Choice: f.Value("tier." + name)}
		if i := slices.IndexFunc(c.Tiers, func(t forum.TierSeat) bool { return t.Tier == name }); i >= 0 {
			if _, typed := f.Values["tier."+name]; !typed {
				row.Choice = seatChoice(c.Tiers[i].Reply, c.Tiers[i].Create)
			}
		}
		page.Tiers = append(page.Tiers, row)
	}
	return v.renderAs(status, page, nil)
}

// seatChoice is what a seat lets somebody do, as the form names it.
func seatChoice(reply, create bool) string {
	switch {
	case create:
		return "create"
	case reply:
		return "reply"
	}
	return "see"
}

func categorySave(v *visit) error {
	in := v.input()
	cmd := forum.CategoryCmd{ID: forum.CategoryID(v.Params("id")), Name: in.text("name"), About: in.text("about"), Open: in.text("open") != "", Closed: in.text("closed") != "", NDA: in.values["nda"]}
	for key, value := range in.values {
		if org, ok := strings.CutPrefix(key, "seat."); ok && value != "" {
			cmd.Seats = append(cmd.Seats, forum.Seat{Org: org, Reply: value != "see", Create: value == "create"})
		}
		if tier, ok := strings.CutPrefix(key, "tier."); ok && value != "" {
			cmd.Tiers = append(cmd.Tiers, forum.TierSeat{Tier: tier, Reply: value != "see", Create: value == "create"})
		}
	}
	id, err := v.w.d.Forum.SaveCategory(v.ctx, v.actor(), cmd)
	if err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		c := forum.Category{ID: cmd.ID, Open: cmd.Open, Closed: cmd.Closed}
		if cmd.ID != "" {
			if have, err := v.w.d.Forum.Get(v.ctx, v.actor(), cmd.ID); err == nil {
				c.Seats, c.Tiers = have.Seats, have.Tiers
			}
		}
		return v.categoryForm(422, c, in.form(errs, note))
	}
	return v.done(v.path("forum")+"?category="+queryEscape(string(id)), "said.saved")
}

func categoryAgree(v *visit) error {
	id := forum.CategoryID(v.Params("id"))
	if err := v.w.d.Forum.Agree(v.ctx, v.actor(), id, v.FormValue("on") != ""); err != nil {
		return err
	}
	return v.done(v.path("forum"), "said.saved")
}

// topicNew is the form of a topic, in the category one came from.
func topicNew(v *visit) error {
	said, err := v.saidThere(v.Query("from"), true)
	if err != nil {
		return err
	}
	from := ""
	if said != "" {
		from = v.Query("from")
	}
	return v.topicForm(200, view.Form{Values: map[string]string{"body": said, "from": from, "category": v.Query("category"), "kind": string(forum.Question)}}, false)
}

func (v *visit) topicForm(status int, f view.Form, preview bool) error {
	v.secluded()
	cats, err := v.w.d.Forum.Categories(v.ctx, v.actor())
	if err != nil {
		return err
	}
	page := &view.TopicFormPage{Base: v.shell(), URL: v.path("forum", "new"), Form: f}
	var here []forum.Category
	for _, c := range cats {
		if !c.Create || c.Locked() {
			continue
		}
		here = append(here, c)
		page.Categories = append(page.Categories, view.Option{Value: string(c.ID), Label: view.Raw(c.Name), On: f.Value("category") == string(c.ID)})
		page.CanSeal = page.CanSeal || c.NDA.Number > 0
		page.CanSurvey = page.CanSurvey || v.may(access.ForumManage, access.Resource{Owner: c.Owner, Members: []string{v.org()}})
	}
	if len(here) == 0 {
		return fault.New(fault.NotFound, "error.not_found")
	}
	n, err := v.forumNames(here, nil, nil)
	if err != nil {
		return err
	}
	for _, c := range here {
		page.Who = append(page.Who, v.audience(c, n))
	}
	for _, k := range forum.Kinds {
		if k != forum.Survey || page.CanSurvey {
			page.Kinds = append(page.Kinds, view.Option{Value: string(k), Label: view.T("forum.kind." + string(k)), On: f.Value("kind") == string(k)})
		}
	}
	if preview {
		page.Preview = prose.Render(f.Value("body"))
	}
	if title := f.Value("title"); title != "" {
		if page.Related, err = v.related(title, cats); err != nil {
			return err
		}
	}
	return v.renderAs(status, page, nil)
}

// audience says who reads what is written in a category, and under which name.
func (v *visit) audience(c forum.Category, n names) view.Text {
	switch {
	case c.Owner == v.org():
		return view.T("forum.read_own", "category", c.Name)
	case c.Open && c.Agreed:
		return view.T("forum.read_open", "category", c.Name, "company", n.org(c.Owner))
	}
	return view.T("forum.read_hidden", "category", c.Name, "company", n.org(c.Owner))
}

// topicRelated is what is like the title being typed.
func topicRelated(v *visit) error {
	cats, err := v.w.d.Forum.Categories(v.ctx, v.actor())
	if err != nil {
		return err
	}
	page := &view.TopicFormPage{Base: v.shell()}
	if page.Related, err = v.related(strings.TrimSpace(v.Query("title")), cats); err != nil {
		return err
	}
	return v.send(fiber.StatusOK, page, "topic_form.related")
}

func (v *visit) related(title string, cats []forum.Category) ([]view.TopicRow, error) {
	list, err := v.w.d.Forum.Related(v.ctx, v.actor(), title)
	if err != nil {
		return nil, err
	}
	n, err := v.forumNames(nil, list, nil)
	if err != nil {
		return nil, err
	}
	return v.topicRows(list, cats, n), nil
}

// surveyOf reads questions as they are typed: a line is a question, the lines under it
// that begin with a hyphen its options.
func surveyOf(text string) []forum.Asked {
	var out []forum.Asked
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		option, is := strings.CutPrefix(line, "-")
		switch {
		case line == "":
		case is && len(out) > 0:
			last := &out[len(out)-1]
			last.Options = append(last.Options, strings.TrimSpace(option))
		default:
			out = append(out, forum.Asked{Text: line})
		}
	}
	return out
}

func topicMake(v *visit) error {
	in := v.input()
	if in.text("preview") != "" {
		return v.topicForm(200, in.form(nil, view.Text{}), true)
	}
	cmd := forum.TopicCmd{Category: forum.CategoryID(in.text("category")), Kind: forum.Kind(in.text("kind")), Title: in.text("title"), Body: in.values["body"], Tags: strings.FieldsFunc(in.text("tags"), func(r rune) bool { return r == ',' || r == ' ' || r == '，' || r == '、' }), Key: v.key(), NDA: in.text("nda") != ""}
	if cmd.Kind == forum.Survey {
		cmd.Survey = surveyOf(in.values["survey"])
	}
	var t forum.Topic
	files, err := v.bringTo(cmd.Category, "")
	if cmd.Files = files; err == nil {
		t, err = v.w.d.Forum.Ask(v.ctx, v.actor(), cmd)
	}
	if err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		return v.topicForm(422, in.form(errs, note), false)
	}
	v.madeOf(in.text("from"), room.MadeTopic, string(t.ID))
	return v.seeOther(v.path("forum", "topics", string(t.ID)))
}
