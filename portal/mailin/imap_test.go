package mailin

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"entente/chat/room"
	"entente/db"
	"entente/db/dbtest"
)

// mailbox is a real IMAP server on the loopback with the mailbox of one user.
type mailbox struct {
	w    *world
	user *imapmemserver.User
	addr string
	tls  *tls.Config
	caps imap.CapSet
}

const boxUser, boxPassword = "replies@answers.example", "s3cret/:@"

func openMailbox(w *world, secure bool, caps ...imap.Cap) *mailbox {
	cert, key, pool := selfSigned(w.t)
	pair, err := tls.LoadX509KeyPair(cert, key)
	w.must(err)
	m := &mailbox{w: w, user: imapmemserver.NewUser(boxUser, boxPassword), tls: &tls.Config{RootCAs: pool, ServerName: "answers.example", MinVersion: tls.VersionTLS12}, caps: imap.CapSet{imap.CapIMAP4rev1: {}}}
	for _, c := range caps {
		m.caps[c] = struct{}{}
	}
	w.must(m.user.Create("INBOX", nil))
	mem := imapmemserver.New()
	mem.AddUser(m.user)
	conf := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	s := imapserver.New(&imapserver.Options{Caps: m.caps, TLSConfig: conf, NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
		return mem.NewSession(), nil, nil
	}})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	m.addr = l.Addr().String()
	if secure {
		l = tls.NewListener(l, conf)
	}
	go func() { _ = s.Serve(l) }()
	w.t.Cleanup(func() { _ = s.Close() })
	return m
}

type quoted struct{ *strings.Reader }

func (q quoted) Size() int64 { return q.Reader.Size() }

// put lays a mail into the mailbox.
func (m *mailbox) put(raw string) {
	m.w.t.Helper()
	_, err := m.user.Append("INBOX", quoted{strings.NewReader(raw)}, &imap.AppendOptions{Time: m.w.now})
	m.w.must(err)
}

func (m *mailbox) box(scheme string) *Box {
	m.w.t.Helper()
	b, err := NewBox(m.w.s, BoxOptions{URL: scheme + "://replies%40answers.example:s3cret%2F%3A%40@" + m.addr, Dialer: &net.Dialer{}, TLS: m.tls})
	m.w.must(err)
	return b
}

// look is one look by a program that was started anew.
func (m *mailbox) look() error { return m.box("imaps").watch(m.w.ctx(), false) }

func (m *mailbox) unseen() uint32 {
	d, err := m.user.Status("INBOX", &imap.StatusOptions{NumUnseen: true})
	m.w.must(err)
	return *d.NumUnseen
}

func sentTo(header, to, from, id, body string) string {
	return header + ": <" + to + ">\r\n" + text(from, id, body)
}

// TestMailbox: answers in a mailbox are posted as those at the door are, each once however
// often the mailbox is looked through, also when it was made anew; what is not ours stays as
// it was.
func TestMailbox(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, DoorOptions{})
		m := openMailbox(w, true)
		chat, topic := w.address("maya", kindRoom), w.address("maya", kindTopic)
		m.put(sentTo("To", "office@answers.example", "x@y.example", "spam", "Buy!"))
		m.put(sentTo("To", chat, "maya@kestrel.example", "one", "Yes, Friday."))
		m.put(sentTo("Delivered-To", topic, "maya@kestrel.example", "two", "Blade 7."))
		m.put(sentTo("To", chat, "kaarel@baltic.example", "three", "I am not Maya."))
		m.put("Return-Path: <>\r\n" + sentTo("To", chat, "maya@kestrel.example", "four", "I am away."))
		forged := strings.Replace(chat, "reply+", "reply+1", 1)
		m.put(sentTo("To", forged, "maya@kestrel.example", "five", "Forged."))
		for range 3 {
			w.must(m.look())
		}
		if got, want := w.run(), "posted, posted, refused sender, dropped auto"; got != want {
			t.Fatalf("%s, want %s", got, want)
		}
		msgs, posts := w.said()
		if len(msgs) != 1 || msgs[0].Text != "Yes, Friday." || msgs[0].Via != room.ViaMail || len(posts) != 1 || posts[0].Body != "Blade 7." {
			t.Fatalf("said %+v, %+v", msgs, posts)
		}
		if n := m.unseen(); n != 2 {
			t.Errorf("%d mails are unread, want the two that are not ours", n)
		}
		// The same mails under other UIDs: the server was moved.
		w.must(m.user.Delete("INBOX"))
		w.must(m.user.Create("INBOX", nil))
		m.put(sentTo("To", chat, "maya@kestrel.example", "one", "Yes, Friday."))
		m.put(sentTo("To", chat, "maya@kestrel.example", "six", "And Monday."))
		w.must(m.look())
		w.must(m.look())
		if got, want := w.run(), "posted, posted, refused sender, dropped auto, posted"; got != want {
			t.Fatalf("made anew: %s, want %s", got, want)
		}
		// Run out, and the mark stands: nothing is searched for twice.
		var r boxRow
		w.must(d.View(context.Background(), func(ctx context.Context) (err error) {
			r, err = readBox(ctx, m.box("imaps").url.id())
			return err
		}))
		if r.Settled != 2 {
			t.Errorf("settled up to %d, want 2", r.Settled)
		}
	})
}

// TestMailboxLimits: one too large is told to its person, one of a person who sends too many
// waits while others go on, and neither is lost.
func TestMailboxLimits(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, DoorOptions{})
		m := openMailbox(w, true)
		chat := w.address("maya", kindRoom)
		m.put(sentTo("To", chat, "maya@kestrel.example", "big", strings.Repeat("x", MaxSize)))
		for i := range perHour {
			m.put(sentTo("To", chat, "maya@kestrel.example", fmt.Sprint("n", i), fmt.Sprint("Number ", i)))
		}
		m.put(sentTo("To", w.address("chen", kindRoom), "chen@kestrel.example", "chen", "My turn."))
		w.must(m.look())
		got := strings.Split(w.run(), ", ")
		if len(got) != perHour+1 || got[0] != "refused large" || got[perHour] != "posted" {
			t.Fatalf("%d: %v", len(got), got)
		}
		if told := w.told(); len(told) != 1 || !strings.Contains(told[0], "12 MB") {
			t.Errorf("told %q", told)
		}
		msgs, err := w.rooms.History(w.ctx(), w.actor("ingrid"), w.room, room.Window{})
		w.must(err)
		if last := msgs[len(msgs)-1].Text; last != "My turn." {
			t.Errorf("the last said is %q", last)
		}
		w.now = w.now.Add(2 * time.Hour)
		w.must(m.look())
		if got := strings.Split(w.run(), ", "); len(got) != perHour+2 {
			t.Fatalf("what had to wait did not come: %d", len(got))
		}
	})
}

// TestMailboxTells: with IDLE what comes is taken at once, over STARTTLS too; a wrong
// password, a server without encryption and one we do not know are refused in words.
func TestMailboxTells(t *testing.T) {
	t.Parallel()
	w := setup(t, dbtest.One(t), DoorOptions{})
	m := openMailbox(w, false, imap.CapIdle)
	b := m.box("imap")
	b.Start()
	defer b.Stop()
	sent := sentTo("To", w.address("maya", kindRoom), "maya@kestrel.example", "one", "Yes.")
	m.put(sent)
	count := func() (n int64) {
		w.must(w.d.View(context.Background(), func(ctx context.Context) error {
			_, err := db.Row(ctx, "SELECT COUNT(*) FROM mail_in", nil, &n)
			return err
		}))
		return n
	}
	for want := int64(1); want <= 3; want++ { // the first may be there before it looks, the others are told
		// This server does not tell of what comes between a command and IDLE before something
		// else comes: the same mail then, which is no second one.
		again := time.Now().Add(2 * time.Second)
		for end := time.Now().Add(30 * time.Second); count() != want; runtime.Gosched() {
			if now := time.Now(); now.After(end) {
				t.Fatalf("mail %d did not come: %v", want, b.Err())
			} else if now.After(again) {
				m.put(sent)
				again = now.Add(2 * time.Second)
			}
		}
		sent = sentTo("To", w.address("maya", kindRoom), "maya@kestrel.example", fmt.Sprint("m", want), "Again.")
		m.put(sent)
	}
	b.Stop()
	b.Stop()

	strange := m.box("imap")
	strange.opt.TLS = nil
	if err := strange.watch(w.ctx(), false); err == nil {
		t.Error("a server with an unknown certificate was told the password")
	}
	wrong := m.box("imap")
	wrong.url.Password = "x"
	if err := wrong.watch(w.ctx(), false); err == nil {
		t.Error("a wrong password was let in")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	defer func() { _ = l.Close() }()
	said := make(chan string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		_, _ = c.Write([]byte("* OK [CAPABILITY IMAP4rev1] hello\r\n"))
		buf := make([]byte, 100)
		n, _ := c.Read(buf)
		tag, _, _ := strings.Cut(string(buf[:n]), " ")
		_, _ = c.Write([]byte(tag + " BAD no TLS here\r\n"))
		k, _ := c.Read(buf[n:])
		said <- string(buf[:n+k])
	}()
	m.addr = l.Addr().String()
	if err := m.box("imap").watch(w.ctx(), false); err == nil {
		t.Error("mail was read without encryption")
	}
	if s := <-said; strings.Contains(s, "s3cret") || !strings.Contains(s, "STARTTLS") {
		t.Errorf("said to a server without encryption: %q", s)
	}
}

// TestMailboxName: an ordinary mailbox takes answers under its own name and a plus, those
// given out before stay good.
func TestMailboxName(t *testing.T) {
	t.Parallel()
	w := setup(t, dbtest.One(t), DoorOptions{})
	old := w.address("maya", kindRoom)
	deps := w.s.Deps
	deps.Name = "Replies"
	w.s = New(deps)
	named := w.address("maya", kindRoom)
	if !strings.HasPrefix(named, "replies+") {
		t.Fatalf("address %s", named)
	}
	for _, a := range []string{old, named} {
		if _, err := w.s.Known(w.ctx(), a); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
	if _, err := w.s.Known(w.ctx(), strings.Replace(named, "replies+", "other+", 1)); err == nil {
		t.Error("another name is good")
	}
	for text, want := range map[string]string{
		"imaps://a%40b.example:p@h.example":       "h.example:993 INBOX a b.example",
		"imap://joe:p@h.example:1143/Answers/New": "h.example:1143 Answers/New  ",
		"imaps://h.example":                       "!",
		"https://a:b@h.example":                   "!",
		"imaps://a:b@":                            "!",
	} {
		u, err := ParseBox(text)
		name, domain := u.Address()
		if got := u.Host + ":" + u.Port + " " + u.Folder + " " + name + " " + domain; err == nil && got != want || err != nil && want != "!" {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
}

// TestDoorStopsAtOnce: one that is stopped before it came to accept ends all the same.
func TestDoorStopsAtOnce(t *testing.T) {
	t.Parallel()
	w := setup(t, dbtest.One(t), DoorOptions{})
	for range 50 {
		d, err := NewDoor(w.s, DoorOptions{})
		w.must(err)
		l, err := net.Listen("tcp", "127.0.0.1:0")
		w.must(err)
		w.must(d.Start(l))
		d.Stop()
	}
}

// TestMailboxMalformedHead: lines of a head that are none lose no mail, in the mailbox and at
// the door alike; what cannot be read at all is named by its UID and counted once, and keeps
// nothing behind it.
func TestMailboxMalformedHead(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := setup(t, d, DoorOptions{})
		chat := w.address("maya", kindRoom)
		m := shelf(w,
			">From maya@kestrel.example Mon Nov 23 10:00:00 2026\r\n"+sentTo("To", chat, "maya@kestrel.example", "one", "First."),
			"X-Scanned by the gateway\r\n To: nobody@answers.example\r\n"+sentTo("Delivered-To", chat, "maya@kestrel.example", "two", "Second."),
			"To: Room of Aurelia, Ltd. <"+chat+"> (by hand\r\n"+text("maya@kestrel.example", "three", "Third."),
			"no line of this\r\nis one of a head\r\n\r\nTo: "+chat+"\r\n",
			sentTo("To", chat, "maya@kestrel.example", "four", "Fourth."))
		var log strings.Builder
		b, err := NewBox(w.s, BoxOptions{URL: "imaps://replies%40answers.example:s3cret%2F%3A%40@" + m.addr, Dialer: &net.Dialer{}, TLS: m.tls, Log: slog.New(slog.NewTextHandler(&log, nil))})
		w.must(err)
		w.must(b.watch(w.ctx(), false))
		w.must(b.watch(w.ctx(), false))
		if got, want := w.run(), "posted, posted, posted, posted"; got != want {
			t.Fatalf("%s, want %s", got, want)
		}
		if b.Unreadable() != 1 || strings.Count(log.String(), "cannot be read") != 1 || !strings.Contains(log.String(), "uid=4") {
			t.Errorf("%d are counted, the log says %s", b.Unreadable(), log.String())
		}
		to, err := w.s.Known(w.ctx(), chat)
		w.must(err)
		w.must(w.s.Take(w.ctx(), []Reply{to}, false, []byte("a line without a colon\r\n"+sentTo("To", chat, "maya@kestrel.example", "five", "Fifth."))))
		w.run()
		msgs, err := w.rooms.History(w.ctx(), w.actor("ingrid"), w.room, room.Window{})
		w.must(err)
		var said []string
		for _, x := range msgs {
			if x.Via == room.ViaMail {
				said = append(said, x.Text)
			}
		}
		if !slices.Equal(said, []string{"First.", "Second.", "Third.", "Fourth.", "Fifth."}) {
			t.Errorf("said %q", said)
		}
	})
}
