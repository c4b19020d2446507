package web

import (
	"slices"
	"strconv"
	"strings"

	"entente/chat/room"
	"entente/db"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/partner"
)

// roomRows is how many lines a room shows at first; the panel beside a document
// shows fewer.
const (
	roomRows  = 100
	panelRows = 30
)

var roomIcons = map[string]string{"": "hash", "order": "package", "partnership": "building-community", "agreement": "file-text", "promotion": "speakerphone", "deal": "shield-check", "quote": "file-text", "engagement": "users", claimSubject: "coin", "interchange": "file-code"}

// roomList is the list of rooms.
func roomList(v *visit) error {
	asked, err := v.invitations()
	if err != nil {
		return err
	}
	page := &view.RoomsPage{Base: v.shell(), Query: strings.TrimSpace(v.Query("q")), NewURL: v.newRoomURL(), Asked: asked}
	if page.Query != "" {
		err = v.findTalk(page)
	} else {
		page.Groups, err = v.roomGroups("")
	}
	if err != nil {
		return err
	}
	return v.render(page, fragments{"list": "rooms.list"})
}

// roomShow is one room beside the list. Opening it enters it and moves the read
// mark to what is shown.
func roomShow(v *visit) error {
	return v.roomPage(200, view.Form{}, nil)
}

// roomPage is one room with, where asked for, the pane of a message or about the room.
// change puts into it what a refused form has to say.
func (v *visit) roomPage(status int, form view.Form, change func(*view.Room)) error {
	id := room.ID(v.Params("id"))
	r, err := v.w.d.Rooms.Enter(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	before, _ := strconv.ParseInt(v.Query("before"), 10, 64)
	at, _ := strconv.ParseInt(v.Query("m"), 10, 64)
	if at <= 0 {
		at = max(v.seq(), 0)
	}
	window := room.Window{Before: max(before, 0), Limit: roomRows}
	if at > 0 && r.LastSeq-at >= roomRows { // a message of long ago, with what stands around it
		window = room.Window{After: max(at-roomRows/2, 0), Limit: roomRows}
		if window.After == 0 {
			window = room.Window{Before: at + roomRows/2, Limit: roomRows}
		}
	}
	shown, facts, err := v.room(r, window, false)
	if err != nil {
		return err
	}
	shown.Form, shown.At = form, at
	for i := range shown.Messages {
		shown.Messages[i].On = shown.Messages[i].Seq == at
	}
	if err := v.panes(shown, facts, id, at, change); err != nil {
		return err
	}
	before += window.After + window.Before
	if before == 0 && !v.htmx() && v.Method() == "GET" {
		if err := v.w.d.Rooms.Read(v.ctx, v.actor(), id, shown.After); err != nil {
			return err
		}
	}
	groups, err := v.roomGroups(id)
	if err != nil {
		return err
	}
	page := &view.RoomsPage{Base: v.shell(), Groups: groups, Room: shown, NewURL: v.newRoomURL()}
	return v.renderAs(status, page, fragments{"list": "rooms.list"})
}

// panes adds the pane of a message or about the room.
func (v *visit) panes(shown *view.Room, facts roomFacts, id room.ID, at int64, change func(*view.Room)) error {
	var err error
	if at > 0 {
		err = v.thread(shown, id, at, facts)
	} else if v.Query("about") != "" || change != nil {
		err = v.about(shown, id, facts)
	}
	if err != nil {
		return err
	}
	if change != nil {
		change(shown)
	}
	return nil
}

// roomPost says something in a room by a plain form. The key makes a repeated
// post the same message.
func roomPost(v *visit) error {
	in := v.input()
	id := room.ID(v.Params("id"))
	files, err := v.bring(id)
	if err == nil {
		_, _, err = v.w.d.Rooms.Post(v.ctx, v.actor(), room.Draft{Room: id, Key: v.key(), Text: in.values["text"], Files: files})
	}
	if err == nil {
		err = v.w.d.Rooms.KeepDraft(v.ctx, v.actor(), id, "")
	}
	if err != nil {
		err = renameField(err, "file", "text")
		errs, note, ok := v.formErrors(err)
		if !ok || fault.CodeOf(err) != fault.Invalid {
			return err
		}
		return v.roomPage(422, in.form(errs, note), nil)
	}
	if next := in.text("next"); next != "" {
		return v.back()
	}
	return v.seeOther(v.path("rooms", string(id)))
}

// roomAbout is the room of a subject as a panel; nil when there is none, or it is
// not for the reader.
func (v *visit) roomAbout(subject room.Subject, compact bool) (*view.Room, error) {
	if !v.lists(access.RoomRead) {
		return nil, nil
	}
	r, err := v.w.d.Rooms.BySubject(v.ctx, v.actor(), subject)
	if fault.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out, _, err := v.room(r, room.Window{Limit: panelRows}, compact)
	if out != nil && compact { // the page says what it is about
		out.Title = view.T("promo.room")
	}
	return out, err
}

// room is a room with a part of its history.
func (v *visit) room(r room.Room, w room.Window, compact bool) (*view.Room, roomFacts, error) {
	facts := roomFacts{faces: map[string]string{}}
	lines, err := v.w.d.Rooms.History(v.ctx, v.actor(), r.ID, w)
	if err != nil {
		return nil, facts, err
	}
	if facts.people, err = v.w.d.Rooms.People(v.ctx, v.actor(), r.ID); err != nil {
		return nil, facts, err
	}
	if facts.st, err = v.w.d.Rooms.Standing(v.ctx, v.actor(), r.ID); err != nil {
		return nil, facts, err
	}
	if facts.n, err = v.lookup(r.Orgs, nil); err != nil {
		return nil, facts, err
	}
	n := facts.n
	facts.bySlug = n.bySlug()
	out := &view.Room{ID: string(r.ID), URL: v.path("rooms", string(r.ID)), Title: v.roomTitle(r, n), Icon: roomIcons[r.Subject.Kind], SubjectURL: v.subjectURL(r.Subject.Kind, r.Subject.ID),
		Me: v.login.Person.ID, Epoch: r.Epoch, After: r.LastSeq, Read: facts.st.Read, Key: db.NewID(), Compact: compact, Draft: facts.st.Draft, Latest: true,
		ReadOnly: r.ReadOnly || !v.may(access.RoomPost, r.Resource()), Joining: r.Open}
	for _, id := range r.Orgs {
		out.Companies = append(out.Companies, n.org(id))
		if id != v.org() {
			out.Readers = append(out.Readers, n.org(id))
		}
	}
	for _, p := range facts.people {
		out.People = append(out.People, view.Person{ID: p.ID, Name: p.Name, Company: v.foreign(p.Org, n)})
		facts.faces[p.ID] = p.Name
	}
	cards, err := v.cards(lines...)
	if err != nil {
		return nil, facts, err
	}
	var own room.Message // the last of the viewer's
	for _, m := range lines {
		if m.Kind == room.Act {
			continue // seen on the message it was done to
		}
		line := v.message(m, n, facts.bySlug)
		if m.Kind == room.Said {
			v.dressed(&line, m, facts.faces, !out.ReadOnly)
			line.Cards = cards[m.Seq]
		}
		out.Messages = append(out.Messages, line)
		if line.Mine && !line.Removed {
			own = m
		}
	}
	if err := v.quotes(r.ID, lines, out.Messages); err != nil {
		return nil, facts, err
	}
	out.Crowd = facts.crowd()
	if out.Pins, err = v.pins(r.ID, facts); err != nil {
		return nil, facts, err
	}
	if out.Tasks, err = v.tasks(r.ID, 0); err != nil {
		return nil, facts, err
	}
	if len(lines) > 0 {
		if (w.Before > 0 || w.After > 0) && lines[len(lines)-1].Seq < r.LastSeq {
			out.Latest = false
		}
		if w.Before == 0 && w.After == 0 {
			out.After = max(out.After, lines[len(lines)-1].Seq)
		}
		if first := lines[0].Seq; first > 1 {
			out.OlderURL = v.path("rooms", string(r.ID)) + "?before=" + strconv.FormatInt(first, 10)
		}
	}
	if out.Latest && own.Seq > 0 {
		out.Seen = facts.seenBy(own)
	}
	return out, facts, nil
}

// pins are the pinned messages of a room.
func (v *visit) pins(id room.ID, facts roomFacts) ([]view.Message, error) {
	list, err := v.w.d.Rooms.Pins(v.ctx, v.actor(), id)
	if err != nil {
		return nil, err
	}
	out := make([]view.Message, len(list))
	for i, m := range list {
		out[i] = v.message(m, facts.n, facts.bySlug)
		out[i].URL, out[i].Text = v.messageURL(id, m.Seq), view.Raw(snippet(m.Opening()))
	}
	return out, nil
}

// foreign is the name of a company that is not the reader's.
func (v *visit) foreign(org string, n names) string {
	if org == v.org() {
		return ""
	}
	return n.org(org)
}

func (v *visit) message(m room.Message, n names, bySlug map[string]account.Org) view.Message {
	out := view.Message{Seq: m.Seq, Removed: m.Removed, At: m.At}
	if m.Kind == room.Event {
		out.Event = true
		out.Text = v.eventText(m, n)
		out.Tone = historyIcons[lastWord(m.Event)].tone
		out.URL = v.subjectURL(m.Subject.Kind, m.Subject.ID)
		return out
	}
	org := bySlug[m.From.Org]
	out.Author = view.Person{ID: m.From.ID, Name: m.From.Name, Company: v.foreign(org.ID, n)}
	out.Mine = m.From.ID == v.login.Person.ID
	out.Text = view.Raw(m.Text)
	return out
}

// eventText is the sentence of a system line. Arguments that name a company or a
// person by id among those of the room become names.
func (v *visit) eventText(m room.Message, n names) view.Text {
	return v.told("event."+m.Event, m.Args, n)
}

// told is a kept sentence: its key, its values, and "company" for the id in "org".
// A kind that has no sentence any more shows nothing but its date.
func (v *visit) told(key string, args map[string]string, n names) view.Text {
	values := pairs(args)
	if org := args["org"]; org != "" && args["company"] == "" {
		values = append(values, "company", n.org(org))
	}
	return view.T(key, values...)
}

// lastWord is the last part of a dotted name.
func lastWord(kind string) string {
	return kind[strings.LastIndexByte(kind, '.')+1:]
}

// roomTitle is what a room is called: the order, or the other company.
func (v *visit) roomTitle(r room.Room, n names) view.Text {
	switch r.Subject.Kind {
	case "order":
		return view.T("order.title", "number", r.Title)
	case "partnership", "agreement":
		for _, id := range r.Orgs {
			if id != v.org() && n.org(id) != "" {
				if r.Subject.Kind == "agreement" {
					return view.T("agreement.room", "company", n.org(id))
				}
				return view.Raw(n.org(id))
			}
		}
	}
	return view.Raw(r.Title)
}

// subjectURL is the page of an object that a room, event or notice is about.
func (v *visit) subjectURL(kind, id string) string {
	if kind == "chat" { // "room.number"
		in, seq, _ := strings.Cut(id, ".")
		n, _ := strconv.ParseInt(seq, 10, 64)
		return v.messageURL(room.ID(in), n)
	}
	if p := view.SubjectPath(kind, id); p != "" {
		return v.path(strings.Split(p, "/")...)
	}
	return ""
}

// roomGroups is the list of rooms: partnerships first, then orders, each with the
// latest first.
func (v *visit) roomGroups(open room.ID) ([]view.RoomGroup, error) {
	list, _, err := v.w.d.Rooms.List(v.ctx, v.actor(), room.Filter{Limit: 200})
	if err != nil {
		return nil, err
	}
	if open != "" && !slices.ContainsFunc(list, func(l room.Listed) bool { return l.ID == open }) {
		r, err := v.w.d.Rooms.Get(v.ctx, v.actor(), open)
		if err != nil {
			return nil, err
		}
		list = append(list, room.Listed{Room: r, LastAt: r.Created})
	}
	groups := []view.RoomGroup{{Label: view.T("rooms.partners")}, {Label: view.T("rooms.free")}, {Label: view.T("rooms.orders")}}
	for _, l := range list {
		row := v.roomRow(l, open)
		at := 2
		switch l.Subject.Kind {
		case "partnership", "agreement":
			at = 0
		case room.KindFree:
			at = 1
		}
		groups[at].Rooms = append(groups[at].Rooms, row)
	}
	return slices.DeleteFunc(groups, func(g view.RoomGroup) bool { return len(g.Rooms) == 0 }), nil
}

func (v *visit) roomRow(l room.Listed, open room.ID) view.RoomRow {
	n := names{orgs: map[string]account.Org{}}
	var others []string
	for _, c := range l.Companies {
		n.orgs[c.ID] = account.Org{ID: c.ID, Name: c.Name, Slug: c.Slug}
		if c.ID != v.org() {
			others = append(others, c.Name)
		}
	}
	row := view.RoomRow{ID: string(l.ID), URL: v.path("rooms", string(l.ID)), Title: v.roomTitle(l.Room, n), Icon: roomIcons[l.Subject.Kind], At: l.LastAt, Unread: int(l.Unread), Read: l.ReadSeq, On: l.ID == open}
	if l.Subject.Kind != "partnership" && l.Subject.Kind != "agreement" && len(others) > 0 {
		row.Last = view.Raw(v.p.List(others))
	}
	if row.Icon == "" {
		row.Icon = "hash"
	}
	return row
}

// roomNew is the form of a free room.
func roomNew(v *visit) error { return v.roomForm(200, view.Form{}, nil) }

// roomForm shows the form; chosen are the people ticked.
func (v *visit) roomForm(status int, f view.Form, chosen []string) error {
	with, err := v.partnerOptions(f.Value("partner"))
	if err != nil {
		return err
	}
	page := &view.RoomFormPage{Base: v.shell(), URL: v.path("rooms"), Form: f, Partners: append([]view.Option{{Label: view.T("room.partner_none"), On: f.Value("partner") == ""}}, with...)}
	if page.People, err = v.colleagueOptions(chosen); err != nil {
		return err
	}
	if slices.Contains(v.actor().Roles, access.Admin) && len(with) > 1 {
		page.CanOpen = true
		asked := v.all("partners")
		for _, o := range with {
			o.On = slices.Contains(asked, o.Value)
			page.Ask = append(page.Ask, o)
		}
	}
	return v.renderAs(status, page, nil)
}

// colleagueOptions are the people of the own company but the viewer, to be ticked.
func (v *visit) colleagueOptions(chosen []string) ([]view.Option, error) {
	all, err := v.w.d.Accounts.Directory().People(v.ctx, v.org())
	var out []view.Option
	for _, p := range all {
		if p.ID != v.login.Person.ID {
			out = append(out, view.Option{Value: p.ID, Label: view.Raw(p.Name), On: slices.Contains(chosen, p.ID)})
		}
	}
	return out, err
}

func roomMake(v *visit) error {
	in, people := v.input(), v.all("people")
	r, err := v.w.d.Rooms.Make(v.ctx, v.actor(), room.FreeCmd{Title: in.text("title"), Partner: in.text("partner"), People: people, Key: v.key(), Agreed: in.text("agreed") != "", Open: in.text("open") != "", Partners: v.all("partners")})
	if err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		return v.roomForm(422, in.form(errs, note), people)
	}
	return v.seeOther(v.path("rooms", string(r.ID)))
}

// freeRoom is what can be done with a free room, nil for others.
func (v *visit) freeRoom(id room.ID) (*view.FreeRoom, error) {
	r, err := v.w.d.Rooms.Get(v.ctx, v.actor(), id)
	if err != nil || r.Subject.Kind != room.KindFree {
		return nil, err
	}
	out := &view.FreeRoom{Title: r.Title, Archived: r.ReadOnly, Change: v.may(access.RoomPost, r.Resource()), Own: r.Maker == v.org()}
	chosen := r.Guests[v.org()]
	out.Whole, out.Leave = len(chosen) == 0, len(chosen) > 0 || v.may(access.OrgManage, access.Own(v.org()))
	out.Takes = len(chosen) < 2 || !slices.Contains(chosen, v.login.Person.ID)
	if len(r.Orgs) == 1 && out.Own && out.Change && !out.Archived && (r.By == v.login.Person.ID || slices.Contains(v.actor().Roles, access.Admin)) {
		if out.Invite, err = v.partnerOptions(""); err != nil {
			return nil, err
		}
	}
	if out.Open = r.Open; r.Open && out.Own {
		if err := v.askedInto(r, out); err != nil {
			return nil, err
		}
	}
	out.People, err = v.colleagueOptions(chosen)
	return out, err
}

// askedInto adds to an open room of the own company who was asked, and who may be.
func (v *visit) askedInto(r room.Room, out *view.FreeRoom) error {
	asked, err := v.w.d.Rooms.Asked(v.ctx, v.actor(), r.ID)
	if err != nil {
		return err
	}
	orgs, waits := []string{}, map[string]bool{}
	for _, i := range asked {
		orgs, waits[i.Org] = append(orgs, i.Org), !i.Declined
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	for _, i := range asked {
		out.Asked = append(out.Asked, view.AskedRow{Org: i.Org, Name: n.org(i.Org), Declined: i.Declined})
	}
	if !out.Change || out.Archived || r.By != v.login.Person.ID && !slices.Contains(v.actor().Roles, access.Admin) {
		return nil
	}
	out.MayAsk = true
	out.Invite, err = v.partnerOptions("")
	out.Invite = slices.DeleteFunc(out.Invite, func(o view.Option) bool { return slices.Contains(r.Orgs, o.Value) || waits[o.Value] })
	return err
}

// invitations are the rooms into which the own company was asked, for its admins.
func (v *visit) invitations() ([]view.AskedRow, error) {
	if !v.may(access.OrgManage, access.Own(v.org())) {
		return nil, nil
	}
	list, err := v.w.d.Rooms.Invitations(v.ctx, v.actor())
	if err != nil {
		return nil, err
	}
	var orgs []string
	for _, x := range list {
		orgs = append(orgs, x.Maker)
	}
	n, err := v.lookup(orgs, nil)
	var out []view.AskedRow
	for _, x := range list {
		out = append(out, view.AskedRow{Title: x.Title, Name: n.org(x.Maker), URL: v.path("rooms", "invitations", string(x.Room))})
	}
	return out, err
}

// invitationOf is the invitation into a room that the own company has not answered.
func (v *visit) invitationOf(id room.ID) (room.Invitation, error) {
	list, err := v.w.d.Rooms.Invitations(v.ctx, v.actor())
	if err != nil {
		return room.Invitation{}, err
	}
	i := slices.IndexFunc(list, func(x room.Invitation) bool { return x.Room == id })
	if i < 0 {
		return room.Invitation{}, fault.New(fault.NotFound, "error.not_found")
	}
	return list[i], nil
}

// roomAsked is the page on which an admin agrees that the own company takes part in an open
// room, or declines.
func roomAsked(v *visit) error { return v.roomAskedPage(200, view.Form{}, nil) }

func (v *visit) roomAskedPage(status int, f view.Form, chosen []string) error {
	x, err := v.invitationOf(room.ID(v.Params("id")))
	if err != nil {
		return err
	}
	n, err := v.lookup([]string{x.Maker}, nil)
	if err != nil {
		return err
	}
	page := &view.RoomAskedPage{Base: v.shell(), URL: v.path("rooms", "invitations", string(x.Room)), Title: x.Title, Maker: n.org(x.Maker), Ours: x.Ours, Theirs: x.Theirs, Differs: x.Ours != x.Theirs, Form: f}
	if page.People, err = v.colleagueOptions(chosen); err != nil {
		return err
	}
	return v.renderAs(status, page, nil)
}

func roomAskedAnswer(v *visit) error {
	in, id, people := v.input(), room.ID(v.Params("id")), v.all("people")
	join := in.text("join") != ""
	if err := v.w.d.Rooms.Answer(v.ctx, v.actor(), id, room.AnswerCmd{Join: join, People: people, Agreed: in.text("agreed") != ""}); err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		return v.roomAskedPage(422, in.form(errs, note), people)
	}
	if !join {
		return v.done(v.path("rooms"), "said.saved")
	}
	return v.seeOther(v.path("rooms", string(id)))
}

// roomWithdraw takes an invitation into an open room back.
func roomWithdraw(v *visit) error {
	return v.aboutDone(func(in *input, id room.ID) error {
		return v.w.d.Rooms.Withdraw(v.ctx, v.actor(), id, in.text("partner"))
	})
}

// partnerOptions are the companies that the own one works with.
func (v *visit) partnerOptions(chosen string) (out []view.Option, err error) {
	list, err := v.partners()
	if err != nil {
		return nil, err
	}
	for _, p := range list.all {
		if id := p.Other(v.org()); p.State == partner.Active && !slices.ContainsFunc(out, func(o view.Option) bool { return o.Value == id }) {
			out = append(out, view.Option{Value: id, Label: view.Raw(list.orgs[id].Name), On: chosen == id})
		}
	}
	return out, nil
}

// roomInvite lets a partner into a free room.
func roomInvite(v *visit) error {
	return v.aboutDone(func(in *input, id room.ID) error {
		return v.w.d.Rooms.InvitePartner(v.ctx, v.actor(), id, room.InviteCmd{Partner: in.text("partner"), Shown: in.text("shown") != "", Agreed: in.text("agreed") != ""})
	})
}

func roomRename(v *visit) error {
	return v.aboutDone(func(in *input, id room.ID) error { return v.w.d.Rooms.Rename(v.ctx, v.actor(), id, in.text("title")) })
}

func roomPeople(v *visit) error {
	return v.aboutDone(func(in *input, id room.ID) error {
		people := v.all("people")
		if in.text("whole") != "" {
			people = nil
		} else if len(people) == 0 {
			people = []string{v.login.Person.ID}
		}
		return v.w.d.Rooms.Choose(v.ctx, v.actor(), id, people)
	})
}

func roomArchive(v *visit) error {
	return v.aboutDone(func(in *input, id room.ID) error {
		return v.w.d.Rooms.Archive(v.ctx, v.actor(), id, in.text("on") != "")
	})
}

func roomLeave(v *visit) error {
	if err := v.w.d.Rooms.Leave(v.ctx, v.actor(), room.ID(v.Params("id"))); err != nil {
		return err
	}
	return v.done(v.path("rooms"), "said.room_left")
}
