package web

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"time"

	"entente/chat/forum"
	"entente/chat/room"
	"entente/portal/prose"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
)

// topicURL is the address of a topic, or of a reply in it.
func (v *visit) topicURL(id forum.TopicID, post forum.PostID) string {
	u := v.path("forum", "topics", string(id))
	if post != "" {
		u += "#p-" + string(post)
	}
	return u
}

// topicDeed does something to a topic or a reply and leads back to it.
func topicDeed(do func(v *visit, id forum.TopicID, post forum.PostID) error) func(*visit) error {
	return func(v *visit) error {
		id, post := forum.TopicID(v.Params("id")), forum.PostID(v.FormValue("post"))
		if err := do(v, id, post); err != nil {
			return err
		}
		if _, _, _, err := v.w.d.Forum.Topic(v.ctx, v.actor(), id, "", 1); err != nil {
			return v.done(v.path("forum"), "said.saved")
		}
		return v.done(v.topicURL(id, post), "said.saved")
	}
}

func topicShow(v *visit) error {
	said, err := v.saidThere(v.Query("from"), true)
	if err != nil {
		return err
	}
	form := view.Form{}
	if said != "" {
		form.Values = map[string]string{"body": said, "from": v.Query("from")}
	}
	return v.topicPage(200, form, "", false)
}

// topicPage is a topic; form is of the reply, or where of names a post (or "topic") of
// the change of that.
func (v *visit) topicPage(status int, form view.Form, of string, preview bool) error {
	v.secluded()
	id := forum.TopicID(v.Params("id"))
	t, posts, next, err := v.w.d.Forum.Topic(v.ctx, v.actor(), id, v.Query("after"), 0)
	if err != nil {
		return err
	}
	c, err := v.w.d.Forum.Get(v.ctx, v.actor(), t.Category)
	if err != nil {
		return err
	}
	n, err := v.forumNames([]forum.Category{c}, []forum.Topic{t}, posts)
	if err != nil {
		return err
	}
	page := &view.TopicPage{Base: v.shell(), URL: v.path("forum", "topics", string(id)), Title: t.Title, Kind: view.T("forum.kind." + string(t.Kind)), Status: view.Status{State: topicStates[t.State]}, Category: v.categoryRow(c, n, ""),
		NextURL: v.next(next), Replies: t.Replies, Votes: t.Votes, Level: t.Level, Done: t.Done, Counted: t.Counted, Least: forum.LeastBallots, CanReply: t.CanReply, CanState: t.CanModerate, NDA: t.NDA, CanSeal: t.CanSeal, CanUnseal: t.CanUnseal, Moved: t.Moved, CanMove: t.CanMove, Who: v.audience(c, n)}
	if err := v.topicMoves(page, id); err != nil {
		return err
	}
	if t.Removed {
		page.Title = v.p.T("forum.removed_title")
	}
	canVote := v.may(access.ForumWrite, access.Resource{Owner: c.Owner, Members: []string{v.org()}}) && !t.Removed
	mine := func(a forum.Author) bool { return a.Mine && canVote && !c.Closed } // who may only read may still take away what he wrote
	page.Topic = view.TopicPost{Author: v.poster(t.From, n), Hidden: t.From.Hidden(), HTML: prose.Render(t.Body), Files: v.topicFiles(id, t.Files, mine(t.From) || t.CanModerate), At: t.Made, Edited: t.Edited, Removed: t.Removed, Voted: t.Voted, Votes: t.Votes, Mine: t.From.Mine, URL: page.URL,
		CanEdit: t.CanEdit, CanRemove: mine(t.From) || t.CanModerate, CanVote: canVote && !t.From.Mine, Form: view.Form{Values: map[string]string{"title": t.Title, "body": t.Body, "tags": strings.Join(t.Tags, " ")}}}
	if of == "topic" {
		page.Topic.Form = form
	}
	for _, p := range posts {
		one := view.TopicPost{ID: string(p.ID), Author: v.poster(p.From, n), Hidden: p.From.Hidden(), HTML: prose.Render(p.Body), Files: v.topicFiles(id, p.Files, mine(p.From) || t.CanModerate), At: p.Made, ByMail: p.Via == forum.ViaMail, Edited: p.Edited, Removed: p.Removed, Accepted: p.Accepted, Voted: p.Voted, Votes: p.Votes, Mine: p.From.Mine, URL: v.topicURL(id, p.ID),
			CanEdit: p.CanEdit && canVote, CanRemove: (mine(p.From) || t.CanModerate) && !p.Removed, CanAccept: t.CanAccept && !p.Removed, CanVote: canVote && !p.From.Mine && !p.Removed, Form: view.Form{Values: map[string]string{"body": p.Body}}}
		if of == one.ID && of != "" {
			one.Form = form
		}
		page.Posts = append(page.Posts, one)
	}
	if of == "" {
		page.Form = form
	}
	if preview {
		page.Preview = prose.Render(form.Value("body"))
	}
	for _, tag := range t.Tags {
		page.Tags = append(page.Tags, view.TagLink{Name: tag, URL: v.path("forum") + "?tag=" + queryEscape(tag)})
	}
	for _, l := range []string{"", forum.Watching, forum.Muted} {
		label := l
		if l == "" {
			label = "none"
		}
		page.Levels = append(page.Levels, view.Option{Value: l, Label: view.T("forum.level." + label), On: l == t.Level})
	}
	states := []forum.State{forum.Open, forum.Closed}
	if t.Kind == forum.Idea {
		states = forum.IdeaStates
	}
	for _, s := range states {
		o := view.Option{Value: string(s), Label: view.T("state." + string(topicStates[s])), On: s == t.State}
		if s == forum.Open && t.State == forum.Answered { // an open question with an answer is kept as answered
			o.Label, o.On = view.T("state."+string(topicStates[t.State])), true
		}
		page.States = append(page.States, o)
	}
	page.CanVote = t.Kind == forum.Survey && !t.Done && t.CanReply
	for i, q := range t.Survey {
		row := view.SurveyRow{Text: q.Text, Name: "q." + strconv.Itoa(i)}
		for j, o := range q.Options {
			opt := view.SurveyOption{Value: strconv.Itoa(j), Text: o}
			if i < len(t.Result) {
				opt.N = t.Result[i].Counts[j]
				opt.Percent = opt.N * 100 / t.Counted
			}
			row.Options = append(row.Options, opt)
		}
		page.Survey = append(page.Survey, row)
	}
	similar, err := v.related(t.Title, []forum.Category{c})
	if err != nil {
		return err
	}
	for _, s := range similar {
		if s.URL != page.URL {
			page.Similar = append(page.Similar, s)
		}
	}
	return v.renderAs(status, page, nil)
}

// topicMoves fills in where a topic may be moved, and where it may not.
func (v *visit) topicMoves(page *view.TopicPage, id forum.TopicID) error {
	if !page.CanMove {
		return nil
	}
	all, err := v.w.d.Forum.Moves(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	if page.CanMove = len(all) > 0; !page.CanMove {
		return nil
	}
	var orgs []string
	for _, m := range all {
		orgs = append(append(orgs, m.Gains...), m.Loses...)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	named := func(ids []string) string {
		var out []string
		for _, id := range ids {
			out = append(out, n.org(id))
		}
		return v.p.List(out)
	}
	for _, m := range all {
		switch {
		case m.Bar != "":
			page.NoMoves = append(page.NoMoves, view.T("forum.move_not."+string(m.Bar), "category", m.Category.Name, "companies", named(m.Gains)))
		case len(m.Loses) > 0:
			page.Moves = append(page.Moves, view.Option{Value: string(m.Category.ID), Label: view.T("forum.move_loses", "category", m.Category.Name, "companies", named(m.Loses))})
		default:
			page.Moves = append(page.Moves, view.Option{Value: string(m.Category.ID), Label: view.Raw(m.Category.Name)})
		}
	}
	return nil
}

// poster is an author beside what he wrote; nobody where he is hidden.
func (v *visit) poster(a forum.Author, n names) view.Person {
	if a.Hidden() {
		return view.Person{}
	}
	return view.Person{ID: a.Person, Name: n.person(a.Person), Company: v.foreign(a.Org, n)}
}

func topicReply(v *visit) error {
	in, id := v.input(), forum.TopicID(v.Params("id"))
	if in.text("preview") != "" {
		return v.topicPage(200, in.form(nil, view.Text{}), "", true)
	}
	var p forum.PostID
	files, err := v.bringTo("", id)
	if err == nil {
		p, err = v.w.d.Forum.ReplyWith(v.ctx, v.actor(), id, in.values["body"], v.key(), files)
	}
	if err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		return v.topicPage(422, in.form(errs, note), "", false)
	}
	v.madeOf(in.text("from"), room.MadeAnswer, string(id)+"."+string(p))
	return v.seeOther(v.topicURL(id, p))
}

// bringTo takes the files of a form for a topic in a category, or a reply.
func (v *visit) bringTo(category forum.CategoryID, id forum.TopicID) ([]forum.FileID, error) {
	form, err := v.MultipartForm()
	if err != nil {
		return nil, nil // a plain form
	}
	var out []forum.FileID
	for _, head := range form.File["file"] {
		if head.Size == 0 && head.Filename == "" {
			continue
		}
		if len(out) == forum.MaxFiles {
			return nil, fault.InvalidField("file", "form.too_many", "most", forum.MaxFiles)
		}
		body, err := head.Open()
		if err != nil {
			return nil, fault.Wrap(err, fault.Unavailable, "error.unavailable")
		}
		f, err := v.w.d.Forum.Bring(v.ctx, v.actor(), category, id, head.Filename, body)
		_ = body.Close()
		if err != nil {
			return nil, err
		}
		out = append(out, f.ID)
	}
	return out, nil
}

func topicFile(v *visit) error {
	f, body, err := v.w.d.Forum.Open(v.ctx, v.actor(), forum.TopicID(v.Params("id")), forum.FileID(v.Params("file")))
	if err != nil {
		return err
	}
	v.secluded()
	return v.sendBrought(f.Name, f.Type, f.Size, body)
}

// topicFiles are the files of a topic or a reply.
func (v *visit) topicFiles(id forum.TopicID, files []forum.File, can bool) []view.FileLink {
	var out []view.FileLink
	for _, f := range files {
		link := v.fileLink(f.Name, f.Type, f.Size, v.path("forum", "topics", string(id), "files", string(f.ID)))
		if can {
			link.DropURL = link.URL + "/remove"
		}
		out = append(out, link)
	}
	return out
}

func topicEdit(v *visit) error {
	in, id := v.input(), forum.TopicID(v.Params("id"))
	post := forum.PostID(in.text("post"))
	err := v.w.d.Forum.Edit(v.ctx, v.actor(), id, post, in.text("title"), in.values["body"], strings.Fields(strings.ReplaceAll(in.text("tags"), ",", " ")))
	if err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		of := string(post)
		if of == "" {
			of = "topic"
		}
		return v.topicPage(422, in.form(errs, note), of, false)
	}
	return v.done(v.topicURL(id, post), "said.saved")
}

func surveyAnswer(v *visit) error {
	in, id := v.input(), forum.TopicID(v.Params("id"))
	t, _, _, err := v.w.d.Forum.Topic(v.ctx, v.actor(), id, "", 1)
	if err != nil {
		return err
	}
	choices := make([]int, len(t.Survey))
	for i := range choices {
		if choices[i], err = strconv.Atoi(in.text("q." + strconv.Itoa(i))); err != nil {
			choices[i] = -1 // said by the service
		}
	}
	if err := v.w.d.Forum.Answer(v.ctx, v.actor(), id, choices); err != nil {
		return err
	}
	return v.done(v.topicURL(id, ""), "said.saved")
}

// agreement reads a category that has one, and the register as far as the reader may see
// it: list says so.
func (v *visit) agreement() (c forum.Category, register []forum.Acceptance, list bool, err error) {
	if c, err = v.w.d.Forum.Get(v.ctx, v.actor(), forum.CategoryID(v.Params("id"))); err != nil {
		return c, nil, false, err
	}
	if c.NDA.Number == 0 {
		return c, nil, false, fault.New(fault.NotFound, "error.not_found")
	}
	if list = c.Owner != v.org() || v.may(access.ForumManage, access.Own(v.org())); list {
		register, err = v.w.d.Forum.Register(v.ctx, v.actor(), c.ID)
	}
	return c, register, list, err
}

// registerNames are the people and companies of a register.
func (v *visit) registerNames(register []forum.Acceptance) (names, error) {
	var orgs, people []string
	for _, a := range register {
		orgs, people = append(orgs, a.Org), append(people, a.Person)
	}
	return v.lookup(orgs, people)
}

// shownAcceptances are as many lines as a page has; the file has all.
const shownAcceptances = 200

func ndaShow(v *visit) error {
	v.secluded()
	c, register, list, err := v.agreement()
	if err != nil {
		return err
	}
	n, err := v.registerNames(register)
	if err != nil {
		return err
	}
	page := &view.NDAPage{Base: v.shell(), URL: v.path("forum", "categories", string(c.ID), "agreement"), BackURL: v.path("forum") + "?category=" + queryEscape(string(c.ID)), Category: c.Name, Number: c.NDA.Number, Body: c.NDA.Text, Made: c.NDA.Made, Accepted: c.NDA.Accepted, CanList: list}
	page.CSVURL = page.URL + "/csv"
	for _, a := range register[:min(len(register), shownAcceptances)] {
		page.Rows = append(page.Rows, view.NDARow{By: view.Person{ID: a.Person, Name: n.person(a.Person), Company: v.foreign(a.Org, n)}, Number: a.Number, At: a.At})
	}
	return v.render(page, nil)
}

func ndaAccept(v *visit) error {
	id := v.Params("id")
	number, err := strconv.Atoi(v.FormValue("number"))
	if err != nil {
		return fault.InvalidField("number", "form.invalid")
	}
	if err := v.w.d.Forum.AcceptNDA(v.ctx, v.actor(), forum.CategoryID(id), number); err != nil {
		return err
	}
	return v.done(v.path("forum", "categories", id, "agreement"), "said.saved")
}

// ndaCSV is the register as a file: the hash of each text says which one it was.
func ndaCSV(v *visit) error {
	c, register, list, err := v.agreement()
	if err == nil && !list {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	if err != nil {
		return err
	}
	n, err := v.registerNames(register)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"company", "person", "person_id", "version", "sha256", "accepted"})
	for _, a := range register {
		_ = w.Write([]string{cell(n.org(a.Org)), cell(n.person(a.Person)), a.Person, strconv.Itoa(a.Number), a.Hash, a.At.UTC().Format(time.RFC3339)})
	}
	w.Flush()
	v.secluded()
	return v.csvFile("agreement-"+string(c.ID)+".csv", b.Bytes())
}
