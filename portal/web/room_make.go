package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/chat/forum"
	"entente/chat/room"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/lead"
	"entente/prm/returns"
	"entente/prm/settle"
	"entente/prm/trade"
)

// What is made of a message: a task, a lead, a case, a topic or an answer in the forum, by who
// may make one. The form of it begins with what was said; for the forum without names. A task
// says what the message says.

func taskRoutes() []Route {
	return []Route{
		post("/c/:slug/rooms/:id/task", "say something and make a task of it", InCompany, access.RoomPost, taskSay),
		post("/c/:slug/rooms/:id/messages/:seq/task", "make a task of a message", InCompany, access.RoomPost, taskMake),
		post("/c/:slug/rooms/:id/tasks/:task", "mark a task", InCompany, access.RoomPost, taskDeed("said.saved", func(v *visit, id room.TaskID) error {
			_, err := v.w.d.Rooms.SetTask(v.ctx, v.actor(), id, v.FormValue("done") != "")
			return err
		})),
		post("/c/:slug/rooms/:id/tasks/:task/hand", "hand a task on", InCompany, access.RoomPost, taskDeed("said.task_handed", func(v *visit, id room.TaskID) error {
			person, org, _ := strings.Cut(v.FormValue("person"), ".")
			_, err := v.w.d.Rooms.HandTask(v.ctx, v.actor(), id, person, org)
			return err
		})),
		post("/c/:slug/rooms/:id/tasks/:task/remove", "delete a task", InCompany, access.RoomPost, taskDeed("said.task_dropped", func(v *visit, id room.TaskID) error {
			return v.w.d.Rooms.DropTask(v.ctx, v.actor(), id)
		})),
	}
}

// mayMake says whether the viewer may make a lead, and something in the forum.
func (v *visit) mayMake() (lead, topic bool) {
	return v.may(access.LeadWrite, access.Own(v.org())), v.may(access.ForumWrite, access.Own(v.org()))
}

// mayTask says whether the viewer may make a task of what is said in a room that he sees.
func (v *visit) mayTask() bool { return v.may(access.RoomPost, access.Own(v.org())) }

// makeURL is where one chooses what to make of a message, "" for who may make nothing.
func (v *visit) makeURL(id room.ID, seq int64) string {
	if lead, topic := v.mayMake(); !lead && !topic && !v.mayTask() {
		return ""
	}
	return v.path("rooms", string(id), "messages", strconv.FormatInt(seq, 10), "make")
}

// roomMakeOf is the page on which one chooses.
func roomMakeOf(v *visit) error { return v.makePage(200, view.Form{}) }

func (v *visit) makePage(status int, f view.Form) error {
	id, seq := room.ID(v.Params("id")), v.seq()
	text, err := v.w.d.Rooms.Redacted(v.ctx, v.actor(), id, seq)
	if err != nil {
		return err
	}
	may, topic := v.mayMake()
	if !may && !topic && !v.mayTask() {
		return fault.New(fault.NotFound, "error.not_found")
	}
	from := "?from=" + room.MessageRef(id, seq)
	page := &view.MakePage{Base: v.shell(), URL: v.makeURL(id, seq), BackURL: v.messageURL(id, seq), Text: text, Query: v.search()}
	if may {
		page.LeadURL = v.path("leads", "new") + from
	}
	if page.Task, err = v.taskForm(id, seq, f); err != nil {
		return err
	}
	if page.Cases, err = v.cases(id, seq, from); err != nil {
		return err
	}
	if !topic {
		return v.renderAs(status, page, nil)
	}
	cats, err := v.w.d.Forum.Categories(v.ctx, v.actor())
	if err != nil {
		return err
	}
	for _, c := range cats {
		if c.Create && !c.Locked() {
			page.TopicURL = v.path("forum", "new") + from
		}
	}
	topics, _, err := v.w.d.Forum.Topics(v.ctx, v.actor(), forum.Filter{Query: page.Query, Limit: 20})
	if err != nil {
		return err
	}
	n, err := v.forumNames(cats, topics, nil)
	if err != nil {
		return err
	}
	for _, t := range v.topicRows(topics, cats, n) {
		t.URL += from + "#reply"
		page.Topics = append(page.Topics, t)
	}
	return v.renderAs(status, page, nil)
}

// taskForm is where a task is made of a message; nil in a room that takes no messages.
func (v *visit) taskForm(id room.ID, seq int64, f view.Form) (*view.TaskForm, error) {
	r, err := v.w.d.Rooms.Get(v.ctx, v.actor(), id)
	if err != nil || r.ReadOnly || !v.may(access.RoomPost, r.Resource()) {
		return nil, err
	}
	out := &view.TaskForm{URL: v.path("rooms", string(id), "messages", strconv.FormatInt(seq, 10), "task"), Form: f, Key: v.key()}
	person, slug := v.login.Person.ID, v.login.Org.Slug
	m, err := v.w.d.Rooms.One(v.ctx, v.actor(), id, seq)
	if err != nil {
		return nil, err
	}
	if len(m.Mentions) > 0 { // "/task @name words"
		person, slug = m.Mentions[0].ID, m.Mentions[0].Org
	}
	if out.Owners, err = v.taskOwners(r, person, slug); err != nil {
		return nil, err
	}
	if chosen := f.Value("person"); chosen != "" {
		for i := range out.Owners {
			out.Owners[i].On = out.Owners[i].Value == chosen
		}
	}
	return out, nil
}

// taskOwners are the people of a room to whom a task may be given; the chosen one is named
// by the person and the company's slug.
func (v *visit) taskOwners(r room.Room, person, slug string) ([]view.Option, error) {
	people, err := v.w.d.Rooms.TaskOwners(v.ctx, v.actor(), r.ID)
	if err != nil {
		return nil, err
	}
	n, err := v.lookup(r.Orgs, nil)
	if err != nil {
		return nil, err
	}
	var out []view.Option
	for _, p := range people {
		label := view.Raw(p.Name)
		if company := v.foreign(p.Org, n); company != "" {
			label = view.T("forum.by", "name", p.Name, "company", company)
		}
		out = append(out, view.Option{Value: taskPerson(p.ID, p.Org), Label: label, On: p.ID == person && n.orgs[p.Org].Slug == slug})
	}
	return out, nil
}

// taskPerson names a person of a company in a form.
func taskPerson(person, org string) string { return person + "." + org }

// taskSay says something and leads to where a task is made of it: /task of the composer.
func taskSay(v *visit) error {
	id := room.ID(v.Params("id"))
	m, _, err := v.w.d.Rooms.Post(v.ctx, v.actor(), room.Draft{Room: id, Key: v.key(), Text: v.input().values["text"]})
	if err != nil {
		return err
	}
	if err := v.w.d.Rooms.KeepDraft(v.ctx, v.actor(), id, ""); err != nil {
		return err
	}
	return v.seeOther(v.path("rooms", string(id), "messages", strconv.FormatInt(m.Seq, 10), "make") + "#task")
}

func taskMake(v *visit) error {
	in, id, seq := v.input(), room.ID(v.Params("id")), v.seq()
	person, org, _ := strings.Cut(in.text("person"), ".")
	_, err := v.w.d.Rooms.AddTask(v.ctx, v.actor(), id, seq, room.TaskCmd{Person: person, Org: org, Due: in.text("due"), Key: v.key()})
	if err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		return v.makePage(422, in.form(errs, note))
	}
	return v.done(v.messageURL(id, seq), "said.task_made")
}

// taskDeed does something with a task and leads to its message.
func taskDeed(said string, do func(v *visit, id room.TaskID) error) func(*visit) error {
	return func(v *visit) error {
		id := room.TaskID(v.Params("task"))
		t, err := v.w.d.Rooms.Task(v.ctx, v.actor(), id)
		if err == nil && t.Room != room.ID(v.Params("id")) {
			err = fault.New(fault.NotFound, "error.not_found")
		}
		if err == nil {
			err = do(v, id)
		}
		if err != nil {
			return err
		}
		return v.done(v.messageURL(t.Room, t.Seq), said)
	}
}

// tasks are the open tasks of a room, or all of one message.
func (v *visit) tasks(id room.ID, seq int64) ([]view.TaskRow, error) {
	list, err := v.w.d.Rooms.Tasks(v.ctx, v.actor(), id, seq)
	if err != nil {
		return nil, err
	}
	var out []view.TaskRow
	var hands []int // of out, with whose task it is
	var of []room.Author
	for _, t := range list {
		if seq == 0 && !t.Open() {
			continue
		}
		row := v.taskRow(t)
		if t.CanDrop {
			row.DropURL = v.path("rooms", string(t.Room), "tasks", string(t.ID), "remove")
		}
		if seq > 0 && t.CanSet && t.Open() {
			row.HandURL = v.path("rooms", string(t.Room), "tasks", string(t.ID), "hand")
			hands, of = append(hands, len(out)), append(of, t.Owner)
		}
		out = append(out, row)
	}
	if len(hands) == 0 {
		return out, nil
	}
	r, err := v.w.d.Rooms.Get(v.ctx, v.actor(), id)
	if err != nil {
		return nil, err
	}
	for i, at := range hands {
		if out[at].Owners, err = v.taskOwners(r, of[i].ID, of[i].Org); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (v *visit) taskRow(t room.Task) view.TaskRow {
	row := view.TaskRow{URL: v.messageURL(t.Room, t.Seq), Text: snippet(t.Text), Owner: view.Person{ID: t.Owner.ID, Name: t.Owner.Name}, Due: view.Date(t.Due), Done: !t.Open()}
	if t.Owner.Org != v.login.Org.Slug {
		row.Owner.Company = t.Owner.Company
	}
	row.Late = t.Due != "" && t.Open() && t.Due < v.p.Now().Format(time.DateOnly)
	if t.CanSet {
		row.DoURL = v.path("rooms", string(t.Room), "tasks", string(t.ID))
	}
	return row
}

// homeTasks adds the viewer's own open tasks; one is due at the end of its day.
func (v *visit) homeTasks(page *view.HomePage) error {
	if !v.lists(access.RoomRead) {
		return nil
	}
	list, err := v.w.d.Rooms.MyTasks(v.ctx, v.actor(), homeNeeds)
	if err != nil {
		return err
	}
	for _, t := range list {
		row := v.taskRow(t)
		need := view.Need{Tone: view.Blue, Icon: v.icon("checks"), URL: row.URL, Title: view.Raw(row.Text), Sub: view.T("task.by", "name", t.By.Name), Since: t.Made, Action: view.T("action.open")}
		if t.Removed {
			need.Title = view.T("task.removed")
		}
		if company := t.By.Company; t.By.Org != v.login.Org.Slug {
			need.Sub = view.T("task.by_of", "name", t.By.Name, "company", company)
		}
		if day, err := time.ParseInLocation(time.DateOnly, t.Due, v.p.Now().Location()); err == nil {
			need.Due = day.AddDate(0, 0, 1)
		}
		if row.Late {
			need.Tone = view.Red
		}
		page.Needs = append(page.Needs, need)
	}
	return nil
}

// casesMost is how many orders and invoices are looked at for what may be made of a message.
const casesMost = 5

// cases are what the viewer may open about the order of the room, and about the orders and
// invoices that the message links to: goods that go back, an invoice that is disputed.
func (v *visit) cases(id room.ID, seq int64, from string) ([]view.CaseLink, error) {
	r, err := v.w.d.Rooms.Get(v.ctx, v.actor(), id)
	if err != nil {
		return nil, err
	}
	m, err := v.w.d.Rooms.One(v.ctx, v.actor(), id, seq)
	if err != nil {
		return nil, err
	}
	var orders, invoices []string
	if r.Subject.Kind == trade.DocumentOrder {
		orders = []string{r.Subject.ID}
	}
	for _, at := range linksIn(m.Text) {
		ref, ok := v.cardRef(m.Text[at[0]:at[1]])
		switch {
		case ok && ref.kind == "order" && len(orders) < casesMost && !slices.Contains(orders, ref.id):
			orders = append(orders, ref.id)
		case ok && ref.kind == "invoice" && len(invoices) < casesMost && !slices.Contains(invoices, ref.id):
			invoices = append(invoices, ref.id)
		}
	}
	var out []view.CaseLink
	for _, o := range orders {
		d, err := v.w.d.Trade.Get(v.ctx, v.actor(), trade.OrderID(o))
		if passed(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, i := range d.Invoices {
			if len(invoices) < casesMost && !slices.Contains(invoices, string(i.ID)) {
				invoices = append(invoices, string(i.ID))
			}
		}
		if !v.may(access.OrderPlace, access.Shared(d.Supplier, d.Reseller)) {
			continue
		}
		all, err := v.w.d.Returns.Of(v.ctx, v.actor(), d.ID)
		if err != nil {
			return nil, err
		}
		for _, left := range returns.Returnable(d.Lines, all) {
			if left > 0 {
				out = append(out, view.CaseLink{Label: view.T("make.return_do", "number", d.Number), Icon: "package-import", URL: v.orderURL(d.ID) + "/return" + from})
				break
			}
		}
	}
	for _, i := range invoices {
		a, err := v.w.d.Settle.Account(v.ctx, v.actor(), trade.InvoiceID(i))
		if passed(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if a.Payable.Minor > 0 && v.may(access.DisputeOpen, access.Shared(a.Invoice.Supplier, a.Invoice.Reseller)) {
			out = append(out, view.CaseLink{Label: view.T("make.dispute_do", "number", a.Invoice.Number), Icon: "alert-circle", URL: v.invoiceURL(a.Invoice.ID) + "/dispute" + from})
		}
	}
	return out, nil
}

// passed says of a refusal that there is no such object for the reader.
func passed(err error) bool {
	c := fault.CodeOf(err)
	return err != nil && (c == fault.NotFound || c == fault.Forbidden)
}

// fromMessage reads the message that a form is made of; 0 for none.
func fromMessage(ref string) (room.ID, int64) {
	id, n, _ := strings.Cut(ref, ".")
	seq, err := strconv.ParseInt(n, 10, 64)
	if err != nil || seq < 1 {
		return "", 0
	}
	return room.ID(id), seq
}

// saidThere is what was said in the message a form is made of, for the forum without names;
// "" without one that the viewer may read.
func (v *visit) saidThere(ref string, redacted bool) (text string, err error) {
	id, seq := fromMessage(ref)
	if seq == 0 {
		return "", nil
	}
	if redacted {
		text, err = v.w.d.Rooms.Redacted(v.ctx, v.actor(), id, seq)
	} else {
		var m room.Message
		m, err = v.w.d.Rooms.One(v.ctx, v.actor(), id, seq)
		text = m.Text
	}
	if c := fault.CodeOf(err); c == fault.NotFound || c == fault.Conflict {
		return "", nil
	}
	return text, err
}

// caseForm is a form that begins with what was said in the message it is made of. Whoever
// sends it reads it first.
func (v *visit) caseForm() (view.Form, error) {
	from := v.Query("from")
	said, err := v.saidThere(from, false)
	if err != nil || said == "" {
		return view.Form{}, err
	}
	return view.Form{Values: map[string]string{"note": said, "from": from}}, nil
}

// madeOf notes that an object was made of a message. The object stands whether that can be
// noted or not.
func (v *visit) madeOf(ref, kind, object string) {
	id, seq := fromMessage(ref)
	if seq == 0 {
		return
	}
	if err := v.w.d.Rooms.NoteMade(v.ctx, v.actor(), id, seq, kind, object); err != nil && fault.CodeOf(err) == fault.Internal {
		v.w.d.Log.Warn("noting what was made of a message", "room", id, "seq", seq, "err", err)
	}
}

// madeFrom is the message an object was made of, "" where the viewer finds none.
func (v *visit) madeFrom(kind, object string) (string, error) {
	id, seq, err := v.w.d.Rooms.MadeFrom(v.ctx, v.actor(), kind, object)
	if c := fault.CodeOf(err); c == fault.NotFound || c == fault.Forbidden {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return v.messageURL(id, seq), nil
}

// makings are what the company made of a message, as far as the viewer may see it.
func (v *visit) makings(id room.ID, seq int64) ([]view.Making, error) {
	made, err := v.w.d.Rooms.MadeOf(v.ctx, v.actor(), id, seq)
	if err != nil {
		return nil, err
	}
	var out []view.Making
	for _, m := range made {
		var one view.Making
		var err error
		switch m.Kind {
		case room.MadeLead:
			var d lead.Detail
			if d, err = v.w.d.Leads.Get(v.ctx, v.actor(), lead.ID(m.Object)); err == nil {
				one = view.Making{Kind: m.Kind, Title: d.Title, URL: v.leadURL(d.ID)}
			}
		case room.MadeReturn:
			var r returns.Return
			if r, err = v.w.d.Returns.Get(v.ctx, v.actor(), returns.ID(m.Object)); err == nil {
				one = view.Making{Kind: m.Kind, Title: r.Number, URL: v.orderURL(r.Order) + "#return-" + m.Object}
			}
		case room.MadeDispute:
			var d settle.Dispute
			if d, err = v.w.d.Settle.GetDispute(v.ctx, v.actor(), settle.DisputeID(m.Object)); err == nil {
				one = view.Making{Kind: m.Kind, Title: d.Number, URL: v.disputeURL(d.ID)}
			}
		default:
			topic, post, _ := strings.Cut(m.Object, ".")
			if _, err = v.w.d.Forum.Said(v.ctx, v.actor(), forum.TopicID(topic), forum.PostID(post)); err == nil {
				one = view.Making{Kind: m.Kind, URL: v.topicURL(forum.TopicID(topic), forum.PostID(post))}
				if post == "" {
					one.URL = v.path("forum", "topics", topic)
				}
			}
		}
		switch c := fault.CodeOf(err); {
		case err == nil:
			out = append(out, one)
		case c != fault.NotFound && c != fault.Forbidden:
			return nil, err
		}
	}
	return out, nil
}

// newRoomURL is the form of a free room, for who may make one.
func (v *visit) newRoomURL() string {
	if !v.may(access.RoomMake, access.Own(v.org())) {
		return ""
	}
	return v.path("rooms", "new")
}

// roomBot makes a bot and shows its token, this once.
func roomBot(v *visit) error {
	in, id := v.input(), room.ID(v.Params("id"))
	_, token, err := v.w.d.Rooms.MakeBot(v.ctx, v.actor(), id, in.text("name"))
	if err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		return v.roomPage(422, view.Form{}, func(r *view.Room) { r.About.Form = in.form(errs, note) })
	}
	v.Set("Cache-Control", "no-store")
	return v.roomPage(200, view.Form{}, func(r *view.Room) {
		r.About.Token, r.About.Hook = token, v.w.d.Mail.Link("/api/v1/bots/"+token+"/messages")
	})
}

func roomBotEnd(v *visit) error {
	return v.aboutDone(func(_ *input, id room.ID) error {
		return v.w.d.Rooms.EndBot(v.ctx, v.actor(), id, room.BotID(v.Params("bot")))
	})
}

// roomRelay chooses for the company how calls in its rooms go.
func roomRelay(v *visit) error {
	return v.aboutDone(func(in *input, id room.ID) error {
		if _, err := v.w.d.Rooms.Get(v.ctx, v.actor(), id); err != nil {
			return err
		}
		return v.w.d.Calls.SetRelay(v.ctx, v.actor(), in.text("relay") != "")
	})
}

// roomCall is the page of a room's call. It alone may use a camera and a microphone.
func roomCall(v *visit) error {
	id := room.ID(v.Params("id"))
	if err := v.w.d.Calls.May(v.ctx, v.actor(), id); err != nil {
		return err
	}
	r, err := v.w.d.Rooms.Enter(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	shown, _, err := v.room(r, room.Window{Limit: panelRows}, true)
	if err != nil {
		return err
	}
	shown.InCall = true
	v.Set("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self), geolocation=()")
	page := &view.CallPage{Base: v.shell(), Room: shown}
	for _, p := range shown.People { // those with whom one shares the room, nobody else
		if p.ID == v.Query("who") && p.ID != shown.Me {
			page.Whom = p
		}
	}
	return v.render(page, nil)
}

// roomHolds lists what the company holds, rooms that it left among them.
func roomHolds(v *visit) error {
	list, next, err := v.w.d.Rooms.Holds(v.ctx, v.actor(), v.Query("after"), 0)
	if err != nil {
		return err
	}
	var people []string
	for _, h := range list {
		people = append(people, h.By)
	}
	n, err := v.lookup(nil, people)
	if err != nil {
		return err
	}
	page := &view.HoldsPage{Base: v.shell(), BackURL: v.path("rooms"), Pager: view.Pager{Shown: len(list), Total: -1, Next: v.next(next)}}
	for _, h := range list {
		at := v.path("rooms", string(h.Room))
		row := view.HoldRow{Title: h.Title, Reason: h.Reason, By: n.person(h.By), At: h.At, Left: h.Left, ExportURL: at + "/export", ReleaseURL: at + "/release"}
		if h.Left.IsZero() {
			row.URL = at
		}
		page.Rows = append(page.Rows, row)
	}
	return v.render(page, nil)
}
