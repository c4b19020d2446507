package web

import (
	"cmp"
	"io"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/gofiber/fiber/v2"

	"entente/chat/room"
	"entente/db"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

// What can be done in a room beside posting. Each is a plain form that leads back to the
// message, so that it works without the live line.
func roomRoutes() []Route {
	return []Route{
		post("/c/:slug/rooms/:id/messages/:seq/answer", "answer message", InCompany, access.RoomPost, roomAnswer),
		post("/c/:slug/rooms/:id/messages/:seq/edit", "edit message", InCompany, access.RoomPost, roomEdit),
		post("/c/:slug/rooms/:id/messages/:seq/remove", "remove message", InCompany, access.RoomPost, roomDeed(func(v *visit, id room.ID, seq int64) error {
			_, err := v.w.d.Rooms.Remove(v.ctx, v.actor(), id, seq)
			return err
		})),
		post("/c/:slug/rooms/:id/messages/:seq/react", "react to message", InCompany, access.RoomPost, roomDeed(func(v *visit, id room.ID, seq int64) error {
			_, err := v.w.d.Rooms.React(v.ctx, v.actor(), id, seq, v.FormValue("emoji"), v.FormValue("on") != "")
			return err
		})),
		post("/c/:slug/rooms/:id/messages/:seq/pin", "pin message", InCompany, access.RoomPost, roomDeed(func(v *visit, id room.ID, seq int64) error {
			_, err := v.w.d.Rooms.Pin(v.ctx, v.actor(), id, seq, v.FormValue("on") != "")
			return err
		})),
		get("/c/:slug/rooms/:id/messages/:seq/make", "make something of a message", InCompany, access.RoomRead, roomMakeOf),
		get("/c/:slug/rooms/:id/cards", "cards of messages", InCompany, access.RoomRead, roomCards),
		get("/c/:slug/rooms/:id/files/:file", "file of a room", InCompany, access.RoomRead, roomFile),
		get("/c/:slug/rooms/:id/files/:file/inspect", "interchange attached in a room", InCompany, access.RoomRead, roomInspect),
		post("/c/:slug/rooms/:id/title", "rename a room", InCompany, access.RoomPost, roomRename),
		post("/c/:slug/rooms/:id/people", "people of a room", InCompany, access.RoomPost, roomPeople),
		post("/c/:slug/rooms/:id/invite", "invite a partner", InCompany, access.RoomPost, roomInvite),
		post("/c/:slug/rooms/:id/archive", "archive a room", InCompany, access.RoomPost, roomArchive),
		post("/c/:slug/rooms/:id/leave", "leave a room", InCompany, access.RoomRead, roomLeave),
		post("/c/:slug/rooms/:id/draft", "keep draft", InCompany, access.RoomPost, roomDraft),
		post("/c/:slug/rooms/:id/level", "level of a room", InCompany, access.RoomRead, roomLevel),
		post("/c/:slug/rooms/:id/relay", "how calls go", InCompany, access.CallPolicy, roomRelay),
		post("/c/:slug/rooms/:id/bots", "make a bot", InCompany, access.RoomBots, roomBot),
		post("/c/:slug/rooms/:id/bots/:bot/end", "end a bot", InCompany, access.RoomBots, roomBotEnd),
		post("/c/:slug/rooms/:id/retention", "retention", InCompany, access.RoomKeep, roomRetention),
		post("/c/:slug/rooms/:id/hold", "hold a room", InCompany, access.RoomKeep, roomHold),
		post("/c/:slug/rooms/:id/release", "release a room", InCompany, access.RoomKeep, roomRelease),
		get("/c/:slug/rooms/:id/export", "room as an archive", InCompany, access.RoomKeep, roomExport),
	}
}

// offered are the emojis one may set with one press.
var offered = []string{"👍", "✅", "👀", "🎉", "❤️"}

// seq is the message of the address; 0 for none.
func (v *visit) seq() int64 {
	n, _ := strconv.ParseInt(v.Params("seq"), 10, 64)
	return n
}

// messageURL is the permalink of a message.
func (v *visit) messageURL(id room.ID, seq int64) string {
	return v.path("rooms", string(id)) + "?m=" + strconv.FormatInt(seq, 10)
}

// roomDeed does something to a message and leads back to it.
func roomDeed(do func(v *visit, id room.ID, seq int64) error) func(*visit) error {
	return func(v *visit) error {
		id, seq := room.ID(v.Params("id")), v.seq()
		if err := do(v, id, seq); err != nil {
			return err
		}
		return v.seeOther(v.messageURL(id, seq))
	}
}

func roomAnswer(v *visit) error {
	in, id, seq := v.input(), room.ID(v.Params("id")), v.seq()
	if _, err := v.w.d.Rooms.One(v.ctx, v.actor(), id, seq); err != nil {
		return err
	}
	_, _, err := v.w.d.Rooms.Post(v.ctx, v.actor(), room.Draft{Room: id, Key: v.key(), Text: in.values["answer"], Thread: seq})
	if err != nil {
		errs, note, ok := v.formErrors(renameField(err, "text", "answer"))
		if !ok {
			return err
		}
		return v.roomPage(422, view.Form{}, func(r *view.Room) { r.Thread.Form = in.form(errs, note) })
	}
	return v.seeOther(v.messageURL(id, seq))
}

func roomEdit(v *visit) error {
	in, id, seq := v.input(), room.ID(v.Params("id")), v.seq()
	if _, err := v.w.d.Rooms.Edit(v.ctx, v.actor(), id, seq, in.values["text"]); err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		return v.roomPage(422, view.Form{}, func(r *view.Room) { r.Thread.Edit = in.form(errs, note) })
	}
	return v.seeOther(v.messageURL(id, seq))
}

// roomDraft keeps what is being written; the page sends it while one types.
func roomDraft(v *visit) error {
	if err := v.w.d.Rooms.KeepDraft(v.ctx, v.actor(), room.ID(v.Params("id")), v.input().values["text"]); err != nil {
		return err
	}
	return v.SendStatus(fiber.StatusNoContent)
}

// aboutDone does something on the pane about a room and shows it again.
func (v *visit) aboutDone(do func(in *input, id room.ID) error) error {
	in, id := v.input(), room.ID(v.Params("id"))
	if err := do(in, id); err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		return v.roomPage(422, view.Form{}, func(r *view.Room) { r.About.Form = in.form(errs, note) })
	}
	return v.done(v.path("rooms", string(id))+"?about=1", "said.saved")
}

func roomLevel(v *visit) error {
	return v.aboutDone(func(in *input, id room.ID) error {
		return v.w.d.Rooms.SetLevel(v.ctx, v.actor(), id, room.Level(in.text("level")))
	})
}

func roomRetention(v *visit) error {
	return v.aboutDone(func(in *input, id room.ID) error {
		if _, err := v.w.d.Rooms.Get(v.ctx, v.actor(), id); err != nil {
			return err
		}
		days, err := strconv.Atoi(cmp.Or(in.text("keep_days"), "0"))
		if err != nil {
			days = -1 // said by the service
		}
		return renameField(v.w.d.Rooms.SetRetention(v.ctx, v.actor(), days), "days", "keep_days")
	})
}

func roomHold(v *visit) error {
	return v.aboutDone(func(in *input, id room.ID) error {
		return v.w.d.Rooms.Hold(v.ctx, v.actor(), id, in.text("reason"))
	})
}

func roomRelease(v *visit) error {
	if v.FormValue("next") == "holds" { // it may be of a room that the company left
		if err := v.w.d.Rooms.Release(v.ctx, v.actor(), room.ID(v.Params("id"))); err != nil {
			return err
		}
		return v.done(v.path("rooms", "holds"), "said.saved")
	}
	return v.aboutDone(func(_ *input, id room.ID) error { return v.w.d.Rooms.Release(v.ctx, v.actor(), id) })
}

// bring takes the files of a form into a room.
func (v *visit) bring(id room.ID) ([]room.FileID, error) {
	form, err := v.MultipartForm()
	if err != nil {
		return nil, nil // a plain form
	}
	var out []room.FileID
	for _, head := range form.File["file"] {
		if head.Size == 0 && head.Filename == "" {
			continue
		}
		if len(out) == room.MaxFiles {
			return nil, fault.InvalidField("file", "form.too_many", "most", room.MaxFiles)
		}
		body, err := head.Open()
		if err != nil {
			return nil, fault.Wrap(err, fault.Unavailable, "error.unavailable")
		}
		f, err := v.w.d.Rooms.Bring(v.ctx, v.actor(), id, head.Filename, body)
		_ = body.Close()
		if err != nil {
			return nil, err
		}
		out = append(out, f.ID)
	}
	return out, nil
}

// roomFile sends a file of a room.
func roomFile(v *visit) error {
	f, body, err := v.w.d.Rooms.Open(v.ctx, v.actor(), room.ID(v.Params("id")), room.FileID(v.Params("file")))
	if err != nil {
		return err
	}
	return v.sendBrought(f.Name, f.Type, f.Size, body)
}

// roomExport is a room as an archive: room.json, messages.jsonl and the files. It is
// written to disk first, so that a refusal or a fault is an answer and no broken file.
func roomExport(v *visit) error {
	id := room.ID(v.Params("id"))
	f, err := os.CreateTemp("", "room-export-")
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	keep := false
	defer func() {
		_ = os.Remove(f.Name()) // open still: gone once closed
		if !keep {
			_ = f.Close()
		}
	}()
	if err := v.w.d.Rooms.WriteExport(v.ctx, v.actor(), id, f); err != nil {
		return err
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	keep = true
	v.Set(fiber.HeaderContentType, "application/zip")
	v.Set(fiber.HeaderContentDisposition, disposition("attachment", "room-"+string(id)+".zip"))
	v.Context().SetBodyStream(f, int(size))
	return nil
}

// links are addresses in what people write. Only these two schemes become links.
var links = regexp.MustCompile(`https?://[^\s<>"'，。；：！？、（）《》]+`)

// said cuts what a person wrote into plain pieces, links and names.
func said(text string, named []room.Mention) []view.Part {
	var out []view.Part
	names := make([]string, len(named))
	for i, m := range named {
		names[i] = m.Name
	}
	plain := func(s string) {
		last := 0
		for _, n := range room.Namings(s, names) {
			if n.From > last {
				out = append(out, view.Part{Text: s[last:n.From]})
			}
			out = append(out, view.Part{Text: s[n.From:n.To], Mention: true})
			last = n.To
		}
		if last < len(s) {
			out = append(out, view.Part{Text: s[last:]})
		}
	}
	last := 0
	for _, at := range linksIn(text) {
		link := text[at[0]:at[1]]
		plain(text[last:at[0]])
		out = append(out, view.Part{Text: link, URL: link})
		last = at[1]
	}
	plain(text[last:])
	return out
}

// linksIn are the places of the addresses in a text. One that pretends to lead elsewhere, by
// a name before an @ or with signs that nobody sees or that turn the order of letters, is
// left as the text that it is; chat.js does the same.
func linksIn(text string) (out [][2]int) {
	for _, at := range links.FindAllStringIndex(text, -1) {
		end := at[0] + len(strings.TrimRight(text[at[0]:at[1]], ".,;:!?)]}"))
		if u, err := url.Parse(text[at[0]:end]); err == nil && u.Host != "" && u.User == nil && !strings.ContainsFunc(text[at[0]:end], unseen) {
			out = append(out, [2]int{at[0], end})
		}
	}
	return out
}

func unseen(r rune) bool { return unicode.In(r, unicode.Cf, unicode.Cc) }

// snippet is the beginning of a text on one line.
func snippet(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > 120 {
		return string(r[:120]) + "…"
	}
	return text
}

// dressed fills a message of a person: its pieces, files, emojis and where its forms go.
func (v *visit) dressed(out *view.Message, m room.Message, people map[string]string, open bool) {
	out.URL = v.messageURL(m.Room, m.Seq)
	out.Edited, out.Pinned, out.Answers, out.Last, out.Gone = m.Edited, m.Pinned, m.Answers, m.LastAnswer, m.RemovedBy.Name
	out.ByMail, out.Bot = m.Via == room.ViaMail, m.Via == room.ViaBot
	if m.Removed {
		return
	}
	out.Parts = said(m.Text, m.Mentions)
	if open {
		out.Do = v.path("rooms", string(m.Room), "messages", strconv.FormatInt(m.Seq, 10))
	}
	for _, f := range m.Files {
		link := v.fileLink(f.Name, f.Type, f.Size, v.path("rooms", string(m.Room), "files", string(f.ID)))
		if link.EDI {
			link.Inspect = link.URL + "/inspect"
		}
		out.Files = append(out.Files, link)
	}
	for _, r := range m.Reactions {
		chip := view.Chip{Emoji: r.Emoji, N: len(r.Persons), Mine: slices.Contains(r.Persons, v.login.Person.ID)}
		for _, p := range r.Persons {
			if name := people[p]; name != "" {
				chip.Names = append(chip.Names, name)
			}
		}
		out.Reactions = append(out.Reactions, chip)
	}
}

// quotes puts the beginning of what a message answers above it, with one read.
func (v *visit) quotes(id room.ID, lines []room.Message, shown []view.Message) error {
	roots := map[int64]room.Message{}
	for _, m := range lines {
		if m.Kind == room.Said {
			roots[m.Seq] = m
		}
	}
	var missing []int64
	for _, m := range lines {
		if _, ok := roots[m.Thread]; m.Thread > 0 && !ok && !slices.Contains(missing, m.Thread) {
			missing = append(missing, m.Thread)
		}
	}
	if len(missing) > 0 {
		more, err := v.w.d.Rooms.Some(v.ctx, v.actor(), id, missing)
		if err != nil {
			return err
		}
		for _, m := range more {
			roots[m.Seq] = m
		}
	}
	quote(shown, lines, roots, func(seq int64) string { return v.messageURL(id, seq) })
	return nil
}

// quote puts what was answered above the answers. What answers a line of the system has
// nothing to quote and no page to lead to.
func quote(shown []view.Message, lines []room.Message, roots map[int64]room.Message, url func(seq int64) string) {
	for i := range shown {
		for _, m := range lines {
			if root, ok := roots[m.Thread]; ok && m.Seq == shown[i].Seq {
				shown[i].Quote = &view.Quote{Name: root.From.Name, Text: snippet(root.Opening()), URL: url(m.Thread), Gone: root.Removed}
			}
		}
	}
}

// roomFacts are what the parts of a room's page are made of.
type roomFacts struct {
	st     room.Standing
	people []room.Person
	faces  map[string]string // person → name
	n      names
	bySlug map[string]account.Org
}

// seenBy counts per company who has read a message, without its author.
func (r roomFacts) seenBy(m room.Message) []view.SeenBy {
	var out []view.SeenBy
	var orgs []string
	for _, p := range r.people {
		if !slices.Contains(orgs, p.Org) {
			orgs = append(orgs, p.Org)
		}
	}
	slices.SortFunc(orgs, func(a, b string) int { return cmp.Compare(r.n.org(a), r.n.org(b)) })
	for _, org := range orgs {
		one := view.SeenBy{Company: r.n.org(org)}
		for _, p := range r.people {
			if p.Org != org || p.ID == m.From.ID {
				continue
			}
			one.Of++
			if seq, entered := r.st.By(p.ID, org); entered && seq >= m.Seq {
				one.N++
				one.Names = append(one.Names, p.Name)
			}
		}
		if one.N > 0 {
			out = append(out, one)
		}
	}
	return out
}

// crowd tells chat.js what it needs to go on counting who has read.
func (r roomFacts) crowd() string {
	type face struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		Org  string `json:"org"` // name of the company
		Seq  int64  `json:"seq"`
	}
	faces := make([]face, len(r.people))
	for i, p := range r.people {
		seq, _ := r.st.By(p.ID, p.Org)
		faces[i] = face{p.ID, p.Name, r.n.org(p.Org), seq}
	}
	return db.Text(faces)
}

// thread fills the pane of one message.
func (v *visit) thread(r *view.Room, id room.ID, seq int64, facts roomFacts) error {
	root, err := v.w.d.Rooms.One(v.ctx, v.actor(), id, seq)
	if err != nil {
		return err
	}
	answers, err := v.w.d.Rooms.History(v.ctx, v.actor(), id, room.Window{Thread: seq, Limit: room.MaxHistory})
	if err != nil {
		return err
	}
	cards, err := v.cards(append([]room.Message{root}, answers...)...)
	if err != nil {
		return err
	}
	mine := root.From.ID == v.login.Person.ID
	t := &view.Thread{Close: v.path("rooms", string(id)), Emojis: offered, CanAct: !r.ReadOnly, CanEdit: mine && !r.ReadOnly,
		CanRemove: (mine || slices.Contains(v.actor().Roles, access.Admin)) && !r.ReadOnly, Edit: view.Form{Values: map[string]string{"text": root.Text}}}
	t.Root = v.message(root, facts.n, facts.bySlug)
	v.dressed(&t.Root, root, facts.faces, !r.ReadOnly)
	t.Root.Cards = cards[root.Seq]
	t.Seen = facts.seenBy(root)
	if !root.Removed && root.Kind == room.Said {
		t.MakeURL = v.makeURL(id, seq)
		if t.Made, err = v.makings(id, seq); err != nil {
			return err
		}
		if t.Tasks, err = v.tasks(id, seq); err != nil {
			return err
		}
	}
	for _, a := range answers {
		line := v.message(a, facts.n, facts.bySlug)
		v.dressed(&line, a, facts.faces, !r.ReadOnly)
		line.InPane, line.Cards = true, cards[a.Seq]
		t.Answers = append(t.Answers, line)
	}
	r.Thread = t
	return nil
}

// about fills the pane about a room.
func (v *visit) about(r *view.Room, id room.ID, facts roomFacts) error {
	keeps, err := v.w.d.Rooms.Keeps(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	a := &view.About{Close: v.path("rooms", string(id)), People: r.People, Admin: v.may(access.OrgManage, access.Own(v.org())), Export: v.path("rooms", string(id), "export")}
	for _, l := range []room.Level{room.LevelAll, room.LevelMentions, room.LevelNone} {
		a.Levels = append(a.Levels, view.Option{Value: string(l), Label: view.T("room.level." + string(l)), On: l == facts.st.Level})
	}
	for _, k := range keeps {
		a.Keeps = append(a.Keeps, view.Keep{Company: facts.n.org(k.Org), Days: k.Days})
		if k.Org == v.org() {
			a.Hold, a.Days = k.Hold, k.Days
		}
	}
	a.Form = view.Form{Values: map[string]string{}}
	if a.Days > 0 {
		a.Form.Values["keep_days"] = strconv.Itoa(a.Days)
	}
	r.About = a
	policy, err := v.w.d.Calls.Policy(v.ctx, v.actor())
	if err != nil {
		return err
	}
	a.Calls = view.CallPolicy(policy)
	bots, err := v.w.d.Rooms.Bots(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	for _, b := range bots {
		row := view.BotRow{Name: b.Name, Company: facts.n.org(b.Org), Used: b.Used}
		if a.Admin {
			row.EndURL = v.path("rooms", string(id), "bots", string(b.ID), "end")
		}
		a.Bots = append(a.Bots, row)
	}
	a.Free, err = v.freeRoom(id)
	return err
}

// findTalk is the list of rooms when something is looked for.
func (v *visit) findTalk(page *view.RoomsPage) error {
	got, next, err := v.w.d.Rooms.Search(v.ctx, v.actor(), room.Find{Query: page.Query, After: v.Query("after")})
	if err != nil {
		return err
	}
	var orgs []string
	for _, m := range got {
		orgs = append(orgs, m.In.Orgs...)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	for _, m := range got {
		page.Found = append(page.Found, view.FoundRow{URL: v.messageURL(m.Room, m.Seq), Title: v.roomTitle(m.In, n), Author: view.Person{ID: m.From.ID, Name: m.From.Name}, Text: snippet(m.Opening()), At: m.At})
	}
	if next != "" {
		page.More = v.path("rooms") + "?" + url.Values{"q": {page.Query}, "after": {next}}.Encode()
	}
	return nil
}
