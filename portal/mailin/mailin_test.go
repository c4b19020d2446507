package mailin

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/smtp"
	"net/textproto"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/chat/forum"
	"entente/chat/room"
	"entente/db"
	"entente/db/blob"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/db/secret"
	"entente/portal/letter"
	"entente/portal/mail"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/notify"
)

// world is two companies that work together and one that does not, with a room and a
// topic of the two. Jobs run when a test says so.
type world struct {
	t      *testing.T
	d      *db.DB
	s      *Service
	rooms  *room.Service
	forum  *forum.Service
	out    *mail.Service
	now    time.Time
	org    map[string]string
	people []account.Colleague
	jobs   []job.Job
	door   *Door
	addr   string // of the door
	room   room.ID
	topic  forum.TopicID
}

func (w *world) Enqueue(_ context.Context, j job.Job) error                 { w.jobs = append(w.jobs, j); return nil }
func (w *world) Handle(string, func(ctx context.Context, a job.Args) error) {}

func (w *world) People(_ context.Context, orgs ...string) (out []account.Colleague, _ error) {
	for _, p := range w.people {
		if slices.Contains(orgs, p.Org) {
			out = append(out, p)
		}
	}
	return out, nil
}

func (w *world) OrgsByID(_ context.Context, ids ...string) (map[string]account.Org, error) {
	out := map[string]account.Org{}
	for slug, id := range w.org {
		if slices.Contains(ids, id) {
			out[id] = account.Org{ID: id, Slug: slug, Name: slug}
		}
	}
	return out, nil
}

// staff are the same people as the rooms ask for them.
type staff struct{ w *world }

func (s staff) Staff(ctx context.Context, orgs []string) (out []room.Person, err error) {
	all, err := s.w.People(ctx, orgs...)
	for _, p := range all {
		out = append(out, room.Person{ID: p.ID, Name: p.Name, Org: p.Org, Roles: p.Roles})
	}
	return out, err
}

func (s staff) Names(context.Context, []string) (map[string]string, error) {
	out := map[string]string{}
	for _, p := range s.w.people {
		out[p.ID] = p.Name
	}
	return out, nil
}

func (s staff) Companies(context.Context, []string) (map[string]room.Company, error) {
	out := map[string]room.Company{}
	for slug, id := range s.w.org {
		out[id] = room.Company{ID: id, Slug: slug, Name: slug}
	}
	return out, nil
}

// With implements forum.Partners: all work with all.
func (s staff) With(context.Context, string) (out []string, _ error) {
	for _, id := range s.w.org {
		out = append(out, id)
	}
	return out, nil
}

func (w *world) ctx() context.Context { return db.WithNow(context.Background(), w.now) }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) who(name string) account.Colleague {
	i := slices.IndexFunc(w.people, func(p account.Colleague) bool { return p.Name == name })
	return w.people[i]
}

func (w *world) actor(name string) access.Actor {
	p := w.who(name)
	return access.Actor{Person: p.ID, Org: p.Org, Roles: p.Roles, Via: "session:test"}
}

func (w *world) leaves(name string) {
	w.people = slices.DeleteFunc(w.people, func(p account.Colleague) bool { return p.Name == name })
}

func setup(t *testing.T, d *db.DB, o DoorOptions) *world {
	t.Helper()
	w := &world{t: t, d: d, now: time.Now().UTC().Truncate(time.Microsecond), org: map[string]string{}}
	w.must(d.InTx(context.Background(), func(ctx context.Context) error {
		for _, slug := range []string{"aurelia", "kestrel", "baltic"} {
			w.org[slug] = db.NewID()
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', '', 'GBP', 'UTC', 'en', 'active', 0)", w.org[slug], slug, slug).Error; err != nil {
				return err
			}
		}
		for _, p := range []struct {
			name, org, locale string
			role              access.Role
		}{{"ingrid", "aurelia", "en", access.Admin}, {"maya", "kestrel", "en", access.Sales}, {"chen", "kestrel", "zh-CN", access.Admin}, {"vic", "kestrel", "en", access.Viewer}, {"kaarel", "baltic", "en", access.Admin}} {
			c := account.Colleague{ID: db.NewID(), Name: p.name, Org: w.org[p.org], Roles: []access.Role{p.role}, Locale: p.locale, Zone: "UTC", Email: p.name + "@" + p.org + ".example"}
			w.people = append(w.people, c)
			if err := db.Tx(ctx).Exec("INSERT INTO person (id, email, name, locale, theme, timezone, password, password_at, operator, state, last_org, created) VALUES (?, ?, ?, 'en', '', 'UTC', '', 0, ?, 'active', '', 0)", c.ID, c.Email, c.Name, false).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	blobs, err := blob.New(d, t.TempDir())
	w.must(err)
	w.rooms = room.NewService(d, room.Deps{People: staff{w}, Blobs: blobs})
	w.forum = forum.New(d, staff{w}, nil)
	w.forum.Keep(blobs, nil)
	w.out = mail.New(d, w, mail.Options{BaseURL: "https://portal.example"})
	w.s = New(Deps{DB: d, Jobs: w, People: w, Rooms: w.rooms, Forum: w.forum, Out: w.out, Secrets: secret.Random(), Domain: "answers.example"})
	r, err := w.rooms.EnsureRoom(w.ctx(), access.System("test", w.org["aurelia"]), room.Spec{Subject: room.Subject{Kind: "partnership", ID: "p"}, Title: "x", Orgs: []string{w.org["aurelia"], w.org["kestrel"]}})
	w.must(err)
	w.room = r.ID
	_, _, err = w.rooms.Post(w.ctx(), w.actor("ingrid"), room.Draft{Room: r.ID, Key: "a", Text: "@maya can you confirm?"})
	w.must(err)
	c, err := w.forum.SaveCategory(w.ctx(), w.actor("ingrid"), forum.CategoryCmd{Name: "Tools", Seats: []forum.Seat{{Org: w.org["kestrel"], Reply: true}}})
	w.must(err)
	topic, err := w.forum.Ask(w.ctx(), w.actor("ingrid"), forum.TopicCmd{Category: c, Kind: forum.Question, Title: "Which blade?", Body: "For steel.", Key: "k"})
	w.must(err)
	w.topic = topic.ID
	door, err := NewDoor(w.s, o)
	w.must(err)
	w.door = door
	l, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	w.must(door.Start(l))
	t.Cleanup(door.Stop)
	w.addr = l.Addr().String()
	return w
}

// address is where somebody answers about the message of the room or the topic.
func (w *world) address(name, kind string) string {
	w.t.Helper()
	p, id := w.who(name), string(w.room)+".1"
	if kind == kindTopic {
		id = string(w.topic)
	}
	a, err := w.s.Address(w.ctx(), notify.Target{Org: p.Org, Person: p.ID}, kind, id)
	w.must(err)
	return a
}

// text is a mail.
func text(from, id, body string) string {
	return "From: " + from + "\r\nMessage-ID: <" + id + ">\r\nSubject: Re: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + strings.ReplaceAll(body, "\n", "\r\n")
}

// send hands a mail to the door over a connection of its own.
func (w *world) send(to, raw string) error {
	w.t.Helper()
	return smtp.SendMail(w.addr, nil, "mailer@kestrel.example", []string{to}, []byte(raw))
}

// run works off what came, and says what became of it: state and reason of each, the
// oldest first.
func (w *world) run() string {
	w.t.Helper()
	for _, j := range w.jobs {
		if r, ok := j.Args.(ref); ok {
			w.must(w.s.work(w.ctx(), r.ID))
		}
	}
	w.jobs = nil
	var rows []struct {
		State, Reason string
		N             int64
	}
	w.must(w.d.View(context.Background(), func(ctx context.Context) error {
		return db.Tx(ctx).Raw("SELECT state, reason, COALESCE(length(raw), 0) AS n FROM mail_in ORDER BY received, id").Scan(&rows).Error
	}))
	var out []string
	for _, r := range rows {
		if r.N != 0 && r.State != string(Received) {
			w.t.Errorf("the bytes of a mail that is %s stay", r.State)
		}
		out = append(out, strings.TrimSpace(r.State+" "+r.Reason))
	}
	return strings.Join(out, ", ")
}

// said are the messages of the room after the first, and the replies of the topic.
func (w *world) said() (msgs []room.Message, posts []forum.Post) {
	w.t.Helper()
	msgs, err := w.rooms.History(w.ctx(), w.actor("ingrid"), w.room, room.Window{After: 1})
	w.must(err)
	_, posts, _, err = w.forum.Topic(w.ctx(), w.actor("ingrid"), w.topic, "", 0)
	w.must(err)
	return msgs, posts
}

// told are the refusals in the outbox: whom, and the text.
func (w *world) told() (out []string) {
	w.t.Helper()
	var rows []struct{ Address, Subject, Body string }
	w.must(w.d.View(context.Background(), func(ctx context.Context) error {
		return db.Tx(ctx).Raw("SELECT address, subject, body FROM mail WHERE kind = ? ORDER BY created, id", string(KindRefused)).Scan(&rows).Error
	}))
	for _, r := range rows {
		if strings.Contains(r.Subject+r.Body, "⟦") {
			w.t.Errorf("words are missing: %s", r.Body)
		}
		out = append(out, r.Address+" "+r.Subject+"\n"+r.Body)
	}
	return out
}

func each(t *testing.T, fn func(w *world)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(setup(t, d, DoorOptions{})) })
}

func TestModelsMatchTheSchema(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { dbtest.CheckModels(t, d, replyRow{}, inRow{}, boxRow{}) })
}

// eventually waits until the door stands so.
func (w *world) eventually(so func() bool) {
	w.t.Helper()
	for end := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
		w.door.mu.Lock()
		ok := so()
		w.door.mu.Unlock()
		if ok {
			return
		}
		if time.Now().After(end) {
			w.t.Fatal("the door does not come to stand so")
		}
	}
}

func code(err error) int {
	var e *textproto.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// TestAnswers: a mail over SMTP becomes one message of the room in the thread it answers,
// or one reply of the topic, as the person it was written to; a hundred copies are one,
// also after a crash between post and note.
func TestAnswers(t *testing.T) {
	each(t, func(w *world) {
		to, topic := w.address("maya", kindRoom), w.address("maya", kindTopic)
		if again := w.address("maya", kindRoom); again != to || topic == to || len(strings.Split(to, "@")[0]) > 64 {
			t.Errorf("%s %s %s", to, again, topic)
		}
		body := "Friday is fine.\n\nOn Sun, 22 Nov 2026 at 17:05, Aurelia <portal@answers.example> wrote:\n\n> ##- Answer above this line -##\n> Hello\n"
		for range 3 {
			w.must(w.send(strings.ToUpper(to), text("Maya <MAYA@kestrel.example>", "1@k", body)))
		}
		c, err := smtp.Dial(w.addr)
		w.must(err)
		for range 97 { // over one connection
			w.must(c.Mail("mailer@kestrel.example"))
			w.must(c.Rcpt(to))
			in, err := c.Data()
			w.must(err)
			_, err = fmt.Fprint(in, text("maya@kestrel.example", "1@k", body))
			w.must(err)
			w.must(in.Close())
		}
		w.must(c.Quit())
		if len(w.jobs) != 1 {
			t.Fatalf("%d jobs", len(w.jobs))
		}
		// killed after the post, before its note
		m, err := w.one(w.jobs[0])
		w.must(err)
		w.must(w.s.post(w.ctx(), access.Actor{Person: w.who("maya").ID, Org: w.org["kestrel"], Roles: []access.Role{access.Sales}, Via: room.ViaMail}, words(w.ctx(), w.who("maya")), m, replyRow{Kind: kindRoom, Object: string(w.room), Seq: 1}, letterOf(t, m.Raw)))
		if got := w.run(); got != "posted" {
			t.Errorf("became %s", got)
		}
		w.must(w.send(topic, text("maya@kestrel.example", "1@k", body)))
		w.must(w.send(topic, text("maya@kestrel.example", "2@k", "Use the **fine** one.")))
		if got := w.run(); got != "posted, posted, posted" {
			t.Errorf("became %s", got)
		}
		msgs, posts := w.said()
		if len(msgs) != 1 || msgs[0].Text != "Friday is fine." || msgs[0].From.Name != "maya" || msgs[0].Thread != 1 || msgs[0].Via != room.ViaMail {
			t.Errorf("%+v", msgs)
		}
		if len(posts) != 2 || posts[0].Body != "Friday is fine." || posts[1].Body != "Use the **fine** one." || posts[1].From.Person != w.who("maya").ID || posts[1].Via != forum.ViaMail {
			t.Errorf("%+v", posts)
		}
		if told := w.told(); len(told) != 0 {
			t.Errorf("told %v", told)
		}
		// an admin sees that they came, and nobody else
		list, err := w.s.List(w.ctx(), w.actor("chen"))
		if err != nil || len(list) != 3 || list[2].Person != w.who("maya").ID || list[2].State != Posted || list[2].Kind != kindRoom {
			t.Errorf("%+v %v", list, err)
		}
		if list, err := w.s.List(w.ctx(), w.actor("kaarel")); err != nil || len(list) != 0 {
			t.Errorf("another company: %v %v", list, err)
		}
		if _, err := w.s.List(w.ctx(), w.actor("maya")); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("no admin: %v", err)
		}
	})
}

func (w *world) one(j job.Job) (m inRow, err error) {
	err = w.d.View(w.ctx(), func(ctx context.Context) error {
		m, err = readIn(ctx, j.Args.(ref).ID)
		return err
	})
	return m, err
}

// TestStrangers: addresses that are none, forged, altered, run out or of who has left are
// refused at RCPT, all in the same words.
func TestStrangers(t *testing.T) {
	t.Parallel()
	w := setup(t, dbtest.One(t), DoorOptions{})
	to, vics := w.address("maya", kindRoom), w.address("vic", kindRoom)
	local, _, _ := strings.Cut(to, "@")
	other := New(Deps{DB: w.d, Jobs: w, People: w, Rooms: w.rooms, Forum: w.forum, Out: w.out, Secrets: secret.Random(), Domain: "answers.example"})
	p := w.who("maya")
	foreign, err := other.Address(w.ctx(), notify.Target{Org: p.Org, Person: p.ID}, kindRoom, string(w.room)+".1")
	w.must(err)
	flip := func(i int) string {
		b := []byte(to)
		if b[i] = '0'; to[i] == '0' {
			b[i] = '1'
		}
		return string(b)
	}
	bad := map[string]string{
		"nobody": "maya@answers.example", "postmaster": "postmaster@answers.example", "another domain": local + "@else.example", "a subdomain": local + "@x.answers.example",
		"without the proof": local[:len(local)-16] + "@answers.example", "half of it": local[:len(local)-4] + "@answers.example", "another id": flip(10), "another proof": flip(len(local) - 1), "another server's": foreign,
		"without id": "reply+@answers.example", "a relay": local + "%else.example@answers.example",
	}
	refused := ""
	try := func(name, to string) {
		t.Helper()
		err := w.send(to, text("maya@kestrel.example", name, "x"))
		if code(err) != 550 || refused != "" && err.Error() != refused {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			refused = err.Error()
		}
	}
	for name, to := range bad {
		try(name, to)
	}
	w.leaves("vic")
	try("left", vics)
	w.now = w.now.Add(-life - time.Minute) // the address is of long ago
	w.must(w.d.InTx(w.ctx(), func(ctx context.Context) error {
		return db.Tx(ctx).Exec("UPDATE mail_reply SET expires = ?", db.Micros(time.Now().Add(-time.Second))).Error
	}))
	try("run out", to)
	if len(w.jobs) != 0 || w.run() != "" {
		t.Errorf("%d jobs", len(w.jobs))
	}
	// who tries many is sent away
	c, err := smtp.Dial(w.addr)
	w.must(err)
	w.must(c.Mail(""))
	n := 0
	for n < 50 && code(c.Rcpt(fmt.Sprintf("a%d@answers.example", n))) == 550 {
		n++
	}
	if n != wrongTo-1 {
		t.Errorf("%d addresses of one connection", n)
	}
	for _, kind := range []string{"order", kindRoom, kindTopic, ""} { // about nothing that is answered
		if a, err := w.s.Address(w.ctx(), notify.Target{Org: p.Org, Person: p.ID}, kind, ""); a != "" || err != nil {
			t.Errorf("%s: %s %v", kind, a, err)
		}
	}
}

// TestRefusals: what may not be posted is answered once to the person the address is of,
// in that person's words, and what a machine sent not at all. Rights are those of the
// moment at which the mail is read.
func TestRefusals(t *testing.T) {
	each(t, func(w *world) {
		maya, chen := w.address("maya", kindRoom), w.address("chen", kindTopic)
		for i := range 3 { // another sender has the address
			w.must(w.send(maya, text("eve@else.example", fmt.Sprint("e", i), "I am Maya")))
		}
		w.must(w.send(maya, text("maya@kestrel.example, eve@else.example", "two", "We are Maya")))
		w.must(w.send(chen, text("chen@kestrel.example", "empty", "> only\n> quoted\n")))
		if got := w.run(); got != "refused sender, refused sender, refused sender, refused sender, refused empty" {
			t.Errorf("became %s", got)
		}
		told := w.told()
		if len(told) != 2 || !strings.HasPrefix(told[0], "maya@kestrel.example ") || !strings.Contains(told[0], "another address") || strings.Contains(told[0], "Re: x") || !strings.Contains(told[0], "https://portal.example/c/kestrel/rooms/"+string(w.room)) ||
			!strings.HasPrefix(told[1], "chen@kestrel.example 您的回复未能发布") || !strings.Contains(told[1], "Re: x") {
			t.Errorf("told %v", told)
		}
		var denied int
		w.must(w.d.View(w.ctx(), func(ctx context.Context) error {
			return db.Tx(ctx).Raw("SELECT COUNT(*) FROM audit WHERE action = 'mail.answer' AND outcome = 'denied' AND person_id = ?", w.who("maya").ID).Scan(&denied).Error
		}))
		if denied != 4 {
			t.Errorf("%d denials in the log", denied)
		}
		// machines
		w.must(w.send(maya, "Auto-Submitted: auto-replied\r\n"+text("maya@kestrel.example", "v", "I am away")))
		w.must(smtp.SendMail(w.addr, nil, "", []string{maya}, []byte(text("mailer-daemon@kestrel.example", "b", "Not delivered"))))
		if got := w.run(); !strings.HasSuffix(got, "dropped auto, dropped auto") || len(w.told()) != 2 {
			t.Errorf("became %s, told %v", got, w.told())
		}
		// rights of then
		vic := w.address("vic", kindRoom)
		w.must(w.send(vic, text("vic@kestrel.example", "r", "a viewer may not write")))
		w.must(w.send(vic, text("vic@kestrel.example", "g", "sent before I left")))
		gone := w.jobs[1]
		w.jobs = w.jobs[:1]
		if got := w.run(); !strings.Contains(got, "refused gone") {
			t.Errorf("became %s", got)
		}
		w.jobs = []job.Job{gone}
		w.leaves("vic")
		if got := w.run(); !strings.HasSuffix(got, "refused left") || len(w.told()) != 3 {
			t.Errorf("became %s, told %v", got, w.told())
		}
		w.must(w.rooms.SetReadOnly(w.ctx(), access.System("test", w.org["kestrel"]), w.room, true))
		w.must(w.send(maya, text("maya@kestrel.example", "ro", "too late")))
		if got := w.run(); !strings.HasSuffix(got, "refused room.read_only") {
			t.Errorf("became %s", got)
		}
		w.must(w.rooms.RemoveOrg(w.ctx(), access.System("test", w.org["aurelia"]), w.room, w.org["kestrel"]))
		w.must(w.send(maya, text("maya@kestrel.example", "out", "not in the room any more")))
		if got := w.run(); !strings.HasSuffix(got, "refused gone") || len(w.told()) != 5 {
			t.Errorf("became %s, told %v", got, w.told())
		}
		w.now = w.now.Add(24 * time.Hour) // the next day it is told again
		w.must(w.send(maya, text("eve@else.example", "e9", "I am Maya")))
		if w.run(); len(w.told()) != 6 {
			t.Errorf("told %v", w.told())
		}
		msgs, posts := w.said()
		if len(msgs)+len(posts) != 0 {
			t.Errorf("%v %v", msgs, posts)
		}
	})
}

// TestFiles: files become those of the room or the topic under its rules; what is not taken
// is named, in the words of who wrote. A mail with files alone says enough.
func TestFiles(t *testing.T) {
	t.Parallel()
	w := setup(t, dbtest.One(t), DoorOptions{})
	part := func(name, body string) string {
		return "--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"" + name + "\"\r\n\r\n" + body + "\r\n"
	}
	mixed := func(from, id string) string {
		return "From: " + from + "\r\nMessage-ID: <" + id + ">\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee the files.\r\n" + part("plan.txt", "the plan") + part("run.exe", "MZ\x90") + "--b--\r\n"
	}
	w.must(w.send(w.address("maya", kindRoom), mixed("maya@kestrel.example", "f1")))
	w.must(w.send(w.address("chen", kindTopic), mixed("chen@kestrel.example", "f2")))
	if got := w.run(); got != "posted, posted" {
		t.Fatalf("became %s", got)
	}
	msgs, posts := w.said()
	if len(msgs) != 1 || msgs[0].Text != "See the files.\n\n(Not taken from the mail: run.exe)" || len(msgs[0].Files) != 1 || msgs[0].Files[0].Name != "plan.txt" {
		t.Errorf("%+v", msgs)
	}
	if err := w.send(w.address("maya", kindRoom), text("maya@kestrel.example", "l", strings.Repeat(strings.Repeat("x", 70)+"\n", MaxSize/70))); code(err) != 552 {
		t.Errorf("too large: %v", err)
	}
	if err := w.send(w.address("maya", kindRoom), "no mail"); code(err) != 550 {
		t.Errorf("no mail: %v", err)
	}
	if len(posts) != 1 || posts[0].Body != "See the files.\n\n（邮件中未收录：run.exe）" || len(posts[0].Files) != 1 || posts[0].Files[0].Name != "plan.txt" {
		t.Errorf("%+v", posts)
	}
	// Handled once more, after a crash: it stays one post, though the topic is closed by now.
	var once inRow
	w.must(w.d.View(context.Background(), func(ctx context.Context) error {
		return db.Tx(ctx).Where("person_id = ?", w.who("chen").ID).Take(&once).Error
	}))
	w.must(w.forum.SetState(w.ctx(), w.actor("ingrid"), w.topic, forum.Closed))
	l := letter.Letter{Text: "See the files.", Files: []letter.File{{Name: "plan.txt", Body: []byte("the plan")}}}
	if err := w.s.post(w.ctx(), w.actor("chen"), nil, once, replyRow{Kind: kindTopic, Object: string(w.topic)}, l); err != nil {
		t.Errorf("again: %v", err)
	}
	w.must(w.forum.SetState(w.ctx(), w.actor("ingrid"), w.topic, forum.Open))
	many := ""
	for i := range forum.MaxFiles + 1 {
		many += part(fmt.Sprintf("p%02d.txt", i), fmt.Sprint("plan ", i))
	}
	alone := func(id, parts string) string {
		return "From: chen@kestrel.example\r\nMessage-ID: <" + id + ">\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + parts + "--b--\r\n"
	}
	to := w.address("chen", kindTopic)
	for range 2 { // the second time it is the same reply
		w.must(w.send(to, alone("f3", part("only.txt", "all is said here"))))
		w.must(w.send(to, alone("f4", many)))
	}
	if got := w.run(); strings.Contains(got, "refused") {
		t.Fatalf("became %s", got)
	}
	if _, posts = w.said(); len(posts) != 3 {
		t.Fatalf("%+v", posts)
	}
	for _, p := range posts[1:] {
		switch {
		case p.Body == "" && len(p.Files) == 1 && p.Files[0].Name == "only.txt":
		case p.Body == "（邮件中未收录：p10.txt）" && len(p.Files) == forum.MaxFiles:
		default:
			t.Errorf("%+v", p)
		}
	}
}

// TestTheDoor: encryption, and how many.
func TestTheDoor(t *testing.T) {
	t.Parallel()
	cert, key, pool := selfSigned(t)
	w := setup(t, dbtest.One(t), DoorOptions{Cert: cert, Key: key})
	to := w.address("maya", kindRoom)
	c, err := smtp.Dial(w.addr)
	w.must(err)
	w.must(c.StartTLS(&tls.Config{RootCAs: pool, ServerName: "answers.example"}))
	w.must(c.Mail("x@kestrel.example"))
	w.must(c.Rcpt(to))
	in, err := c.Data()
	w.must(err)
	_, err = fmt.Fprint(in, text("maya@kestrel.example", "s", "over TLS"))
	w.must(err)
	w.must(in.Close())
	w.must(c.Quit())
	if got := w.run(); got != "posted" {
		t.Errorf("became %s", got)
	}
	// a body that does not come on keeps nobody waiting but its own person
	ingrid := w.address("ingrid", kindRoom)
	var half []*smtp.Client
	for range personOnce {
		c, err := smtp.Dial(w.addr)
		w.must(err)
		half = append(half, c)
		w.must(c.Mail("x@kestrel.example"))
		w.must(c.Rcpt(to))
		_, err = c.Data()
		w.must(err)
		_, err = fmt.Fprint(c.Text.W, "From: maya@kestrel.example\r\n")
		w.must(errors.Join(err, c.Text.W.Flush()))
	}
	w.eventually(func() bool { return w.door.bodies[w.who("maya").ID] == personOnce })
	third, err := smtp.Dial(w.addr)
	w.must(err)
	w.must(third.Mail("x@kestrel.example"))
	w.must(third.Rcpt(to))
	in, err = third.Data()
	w.must(err)
	_, err = fmt.Fprint(in, text("maya@kestrel.example", "h", "third"))
	w.must(err)
	if err := in.Close(); code(err) != 450 {
		t.Errorf("a third body at once: %v", err)
	}
	w.must(third.Mail("x@kestrel.example"))
	w.must(third.Rcpt(ingrid))
	in, err = third.Data()
	w.must(err)
	_, err = fmt.Fprint(in, text("ingrid@aurelia.example", "i", strings.Repeat("one long line ", 4000)))
	w.must(errors.Join(err, in.Close(), third.Quit()))
	for _, c := range half {
		w.must(c.Close())
	}
	w.eventually(func() bool { return len(w.door.bodies) == 0 && w.door.held == 0 })
	// half a mail is none, and many of one person do not fill the minute of all
	if got := w.run(); got != "posted, refused room.text_long" {
		t.Errorf("became %s", got)
	}
	flood := []string{w.who("maya").ID}
	refused := 0
	for range 2 * perMinute {
		if w.door.mayBring("127.0.0.1", flood) {
			w.door.brought(flood, 0)
		} else {
			refused++
		}
	}
	if refused < 2*perMinute-personMost || !w.door.mayBring("127.0.0.1", nil) {
		t.Errorf("%d of a person's mails were refused, and others' with them", refused)
	}
	// a person's many mails wait
	var last error
	for i := 0; i <= perHour && last == nil; i++ {
		r, err := w.s.Known(w.ctx(), to)
		w.must(err)
		last = w.s.Take(w.ctx(), []Reply{r}, false, []byte(text("maya@kestrel.example", fmt.Sprint("m", i), "x")))
	}
	if fault.CodeOf(last) != fault.RateLimited {
		t.Errorf("no end of mails: %v", last)
	}
	// connections of one address
	var open []net.Conn
	for range mostFrom + 5 {
		c, err := net.Dial("tcp", w.addr)
		w.must(err)
		open = append(open, c)
	}
	busy := 0
	for _, c := range open {
		line := make([]byte, 3)
		w.must(c.SetReadDeadline(time.Now().Add(10 * time.Second)))
		if _, err := c.Read(line); err != nil {
			t.Fatal(err)
		}
		if string(line) == "421" {
			busy++
		}
	}
	if busy != 5 {
		t.Errorf("%d of %d connections were sent away", busy, len(open))
	}
	for _, c := range open {
		w.must(c.Close())
	}
	for i := 0; ; i++ { // and the next ones come in again
		c, err := smtp.Dial(w.addr)
		if err == nil {
			_ = c.Close()
			break
		}
		if i > 1000 {
			t.Fatal(err)
		}
	}
	if _, err := NewDoor(w.s, DoorOptions{Cert: key, Key: cert}); err == nil {
		t.Error("a certificate that is none")
	}
}

// TestSweep: what is long over goes, what was not looked at stays.
func TestSweep(t *testing.T) {
	each(t, func(w *world) {
		w.must(w.send(w.address("maya", kindRoom), text("maya@kestrel.example", "1", "x")))
		w.run()
		w.must(w.send(w.address("chen", kindRoom), text("chen@kestrel.example", "1", "x")))
		left := func() (n [2]int) {
			w.must(w.d.View(w.ctx(), func(ctx context.Context) error {
				return errors.Join(db.Tx(ctx).Raw("SELECT COUNT(*) FROM mail_in").Scan(&n[0]).Error, db.Tx(ctx).Raw("SELECT COUNT(*) FROM mail_reply").Scan(&n[1]).Error)
			}))
			return n
		}
		w.must(w.s.Sweep(w.ctx()))
		if left() != [2]int{2, 2} {
			t.Errorf("%v are left", left())
		}
		w.now = w.now.Add(keepRows + life + time.Hour)
		w.must(w.s.Sweep(w.ctx()))
		if left() != [2]int{1, 1} {
			t.Errorf("%v are left", left())
		}
	})
}

// selfSigned makes a certificate for the domain of the tests.
func selfSigned(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	priv, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"answers.example"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &priv.PublicKey, priv)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(priv)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key, pool = filepath.Join(dir, "c.pem"), filepath.Join(dir, "k.pem"), x509.NewCertPool()
	for path, b := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return cert, key, pool
}

func letterOf(t *testing.T, raw []byte) letter.Letter {
	t.Helper()
	l, err := letter.Read(raw)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
