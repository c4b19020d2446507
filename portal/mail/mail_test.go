package mail

import (
	"bufio"
	"context"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

// queue keeps jobs and runs them when told.
type queue struct {
	mu   sync.Mutex
	jobs []job.Job
	fn   func(ctx context.Context, a job.Args) error
}

func (q *queue) Enqueue(_ context.Context, j job.Job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs = append(q.jobs, j)
	return nil
}
func (q *queue) Handle(_ string, fn func(ctx context.Context, a job.Args) error) { q.fn = fn }

// smtp is a mail server that answers RCPT with a chosen line.
type smtp struct {
	t    *testing.T
	l    net.Listener
	mu   sync.Mutex
	got  []string
	from []string // of the envelopes
	rcpt string
}

func newSMTP(t *testing.T) *smtp {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &smtp{t: t, l: l, rcpt: "250 ok"}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.talk(c)
		}
	}()
	return s
}

func (s *smtp) talk(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	say := func(line string) { fmt.Fprintf(c, "%s\r\n", line) }
	say("220 test")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		switch verb := strings.ToUpper(strings.Fields(line + " x")[0]); verb {
		case "EHLO", "HELO":
			say("250-test")
			say("250 ENHANCEDSTATUSCODES")
		case "MAIL":
			_, from, _ := strings.Cut(line, "<")
			from, _, _ = strings.Cut(from, ">")
			s.mu.Lock()
			s.from = append(s.from, from)
			s.mu.Unlock()
			say("250 ok")
		case "RCPT":
			s.mu.Lock()
			say(s.rcpt)
			s.mu.Unlock()
		case "DATA":
			say("354 go on")
			var body strings.Builder
			for {
				l, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if l == ".\r\n" {
					break
				}
				body.WriteString(l)
			}
			s.mu.Lock()
			s.got = append(s.got, body.String())
			s.mu.Unlock()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *smtp) senders() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.from...)
}

func (s *smtp) mails() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.got...)
}

type world struct {
	t     *testing.T
	d     *db.DB
	q     *queue
	s     *Service
	admin access.Actor
	now   time.Time
}

func each(t *testing.T, smtpURL func(t *testing.T) string, fn func(w *world)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := &world{t: t, d: d, q: &queue{}, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
		url := ""
		if smtpURL != nil {
			url = smtpURL(t)
		}
		w.s = New(d, w.q, Options{SMTP: url, BaseURL: "https://portal.example/"})
		w.admin = access.Actor{Person: "maya", Org: "kestrel", Roles: []access.Role{access.Admin}, Via: "session:x"}
		fn(w)
	})
}

func (w *world) ctx() context.Context { return db.WithNow(context.Background(), w.now) }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) post(m account.Mail) {
	w.t.Helper()
	l, err := w.s.Compose(m)
	w.must(err)
	w.must(w.s.Post(w.ctx(), l))
}

// run runs the job of the n-th mail.
func (w *world) run(n int) error {
	w.t.Helper()
	return w.s.try(w.ctx(), w.q.jobs[n].Args.(ref))
}

func (w *world) only() Mail {
	w.t.Helper()
	all, _, err := w.s.List(w.ctx(), w.admin, Filter{})
	w.must(err)
	if len(all) != 1 {
		w.t.Fatalf("%d mails", len(all))
	}
	m, err := w.s.Get(w.ctx(), w.admin, all[0].ID)
	w.must(err)
	return m
}

const token = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789_-abcde"

var address = account.Mail{Kind: account.MailAddress, Org: "kestrel", Person: "maya", Address: "maya2@kestrel.example", Name: "Maya Osei", Locale: "en", Zone: "Europe/London",
	Path: "/link/" + token, NewEmail: "maya2@kestrel.example", Expires: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), Dedupe: "d1"}

func TestModelsMatchTheSchema(t *testing.T) {
	each(t, nil, func(w *world) { dbtest.CheckModels(w.t, w.d, mailRow{}, deedRow{}) })
}

func TestMailIsKeptWithoutAServer(t *testing.T) {
	each(t, nil, func(w *world) {
		w.post(address)
		w.post(address) // the same dedupe key
		zh := address
		zh.Locale, zh.Dedupe, zh.Org = "zh-CN", "d2", "huadong"
		w.post(zh)
		m := w.only()
		if m.State != Kept || !strings.Contains(m.Body, "https://portal.example/link/"+token) || len(w.q.jobs) != 0 || w.s.Sends() || strings.Contains(m.Subject+m.Body, "⟦") {
			w.t.Errorf("mail = %+v, jobs %v", m, w.q.jobs)
		}
		huadong := w.admin
		huadong.Org = "huadong"
		all, _, err := w.s.List(w.ctx(), huadong, Filter{})
		w.must(err)
		if len(all) != 1 || all[0].Subject == m.Subject || all[0].Body != "" {
			w.t.Errorf("mails = %+v", all)
		}
		w.now = w.now.Add(keepLinks + time.Minute)
		w.must(w.s.Sweep(w.ctx()))
		if m := w.only(); strings.Contains(m.Body, token) || !strings.Contains(m.Body, "/link/…") {
			w.t.Errorf("the link that ran out stays: %s", m.Body)
		}
		w.now = w.now.Add(keepMails)
		w.must(w.s.Sweep(w.ctx()))
		if all, _, _ := w.s.List(w.ctx(), w.admin, Filter{}); len(all) != 0 {
			w.t.Errorf("old mail stays: %+v", all)
		}
	})
}

func TestEveryKindHasWords(t *testing.T) {
	t.Parallel()
	s := New(nil, &queue{}, Options{BaseURL: "https://portal.example"})
	for _, lang := range []string{"en", "zh-CN", "fr", ""} {
		for _, k := range []account.MailKind{account.MailInvitation, account.MailFounding, account.MailReset, account.MailFirst, account.MailAddress, account.MailAddressTold, account.MailPasswordTold} {
			m := address
			m.Kind, m.Locale, m.Company, m.By = k, lang, "Kestrel Supply", "Dan"
			l, err := s.Compose(m)
			if err != nil || l.Subject == "" || strings.Contains(l.Subject+l.Body, "⟦") || strings.Contains(l.Subject+l.Body, "<no value>") {
				t.Errorf("%s %s: %q %q %v", lang, k, l.Subject, l.Body, err)
			}
		}
	}
}

func TestNobodyForgesAHeader(t *testing.T) {
	t.Parallel()
	s := New(nil, &queue{}, Options{BaseURL: "https://portal.example"})
	for _, bad := range []string{"a@b.example\r\nBcc: x@y.example", "a@b.example, x@y.example", "a@b.example\n", "Maya <a@b.example>", ""} {
		m := address
		m.Address = bad
		if _, err := s.Compose(m); err == nil && bad != "a@b.example\n" {
			t.Errorf("%q was taken", bad)
		}
	}
	m := address
	m.Kind, m.Company = account.MailInvitation, "Evil\r\nBcc: x@y.example\r\n\r\nhello\u2028x"
	l, err := s.Compose(m)
	if err != nil || strings.ContainsAny(l.Subject, "\r\n\u2028") {
		t.Errorf("subject %q, %v", l.Subject, err)
	}
	out := newServer("smtp://127.0.0.1:25", "https://portal.example")
	for _, bad := range []Mail{{Address: "a@b.example", Subject: "x\r\nBcc: y@z.example"}, {Address: "a@b.example\r\nBcc: y@z.example"}, {Address: "nobody"}} {
		if _, err := out.message(bad); !permanent(err) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestMailIsSentOnce(t *testing.T) {
	var out *smtp
	each(t, func(t *testing.T) string {
		out = newSMTP(t)
		return "smtp://" + out.l.Addr().String() + "?from=portal@aurelia.example"
	}, func(w *world) {
		out := out
		zh := address
		zh.Locale = "zh-CN"
		w.post(zh)
		w.post(zh)
		if len(w.q.jobs) != 1 || !w.q.jobs[0].Unique || w.only().State != Waiting {
			w.t.Fatalf("jobs = %+v", w.q.jobs)
		}
		w.must(w.run(0))
		w.must(w.run(0)) // a job that runs again sends nothing
		if len(out.mails()) != 1 {
			w.t.Fatalf("%d mails went out", len(out.mails()))
		}
		m := w.only()
		if m.State != Sent || m.Sent.IsZero() || strings.Contains(m.Body, token) {
			w.t.Errorf("mail = %+v", m)
		}
		msg, err := netmail.ReadMessage(strings.NewReader(out.mails()[0]))
		w.must(err)
		subject, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
		w.must(err)
		body := new(strings.Builder)
		_, err = bufio.NewReader(quotedprintable.NewReader(msg.Body)).WriteTo(body)
		w.must(err)
		if msg.Header.Get("Message-ID") != "<"+m.ID+"@aurelia.example>" || msg.Header.Get("To") != "<maya2@kestrel.example>" || subject != m.Subject ||
			!strings.Contains(body.String(), "https://portal.example/link/"+token) || msg.Header.Get("Bcc") != "" {
			w.t.Errorf("headers %v, subject %q, body %q", msg.Header, subject, body)
		}
	})
}

// TestWhileWanted: before each try it is asked whether a mail is still wanted; one that is
// not is not sent, and does not say so to the server's owner with its links.
func TestWhileWanted(t *testing.T) {
	var out *smtp
	each(t, func(t *testing.T) string {
		out = newSMTP(t)
		out.rcpt = "451 come again"
		return "smtp://" + out.l.Addr().String() + "?from=portal@aurelia.example"
	}, func(w *world) {
		out, wanted, ended := out, true, ""
		w.s.While(address.Kind, func(_ context.Context, m Mail) (bool, error) { return wanted, nil })
		w.s.Ended(address.Kind, func(_ context.Context, m Mail, code string) error {
			ended += string(m.State) + " " + code
			return nil
		})
		w.post(address)
		if err := w.run(0); err == nil || w.only().State != Waiting {
			w.t.Fatal(err, w.only().State)
		}
		out.mu.Lock()
		out.rcpt = "250 ok"
		out.mu.Unlock()
		wanted = false
		w.must(w.run(0))
		w.must(w.run(0))
		if m := w.only(); len(out.mails()) != 0 || m.State != Failed || strings.Contains(m.Body, token) || ended != "failed unwanted" {
			w.t.Errorf("%d mails, %+v, %q", len(out.mails()), m, ended)
		}
	})
}

// TestOneClick: a mail that can be ended says so in its headers, the one of RFC 8058
// section 3.1 only where the address is safe; others have neither.
func TestOneClick(t *testing.T) {
	for _, c := range []struct{ stop, list, post string }{
		{"", "", ""},
		{"http://portal.example/answer/x", "<http://portal.example/answer/x>", ""},
		{"https://portal.example/answer/x", "<https://portal.example/answer/x>", "List-Unsubscribe=One-Click"},
	} {
		s := newServer("smtp://127.0.0.1:9?from=portal@aurelia.example", "https://portal.example")
		msg, err := s.message(Mail{ID: "1", Address: "maya@kestrel.example", Subject: "x", Body: "x", Stop: c.stop})
		if err != nil {
			t.Fatal(err)
		}
		list, post := strings.Join(msg.GetGenHeader("List-Unsubscribe"), ","), strings.Join(msg.GetGenHeader("List-Unsubscribe-Post"), ",")
		if list != c.list || post != c.post {
			t.Errorf("%q: %q %q", c.stop, list, post)
		}
	}
}

// TestThreads: mails to one reader about one object have one root, for others another.
func TestThreads(t *testing.T) {
	t.Parallel()
	s := newServer("smtp://127.0.0.1:9?from=portal@aurelia.example", "https://portal.example")
	root := func(m Mail) string {
		t.Helper()
		m.ID, m.Address, m.Subject, m.Body = "1", "maya@kestrel.example", "x", "x"
		msg, err := s.message(m)
		if err != nil {
			t.Fatal(err)
		}
		in, refs := strings.Join(msg.GetGenHeader("In-Reply-To"), ","), strings.Join(msg.GetGenHeader("References"), ",")
		if in != refs || in != "" && (!strings.HasPrefix(in, "<thread.") || !strings.HasSuffix(in, "@aurelia.example>") || strings.Contains(in, "4711")) {
			t.Errorf("%q %q", in, refs)
		}
		return in
	}
	one := root(Mail{Org: "o", Person: "p", Thread: "order/4711"})
	if one == "" || one != root(Mail{Org: "o", Person: "p", Thread: "order/4711"}) {
		t.Errorf("two threads of one: %q", one)
	}
	for _, m := range []Mail{{Org: "o", Person: "q", Thread: "order/4711"}, {Org: "o", Person: "p", Thread: "order/4712"}, {Org: "x", Person: "p", Thread: "order/4711"}, {Org: "o", Person: "p"}} {
		if got := root(m); got == one || m.Thread == "" && got != "" {
			t.Errorf("%+v: %q", m, got)
		}
	}
}

func TestRefusalsAndTroubles(t *testing.T) {
	t.Parallel()
	d := dbtest.One(t)
	out := newSMTP(t)
	w := &world{t: t, d: d, q: &queue{}, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), admin: access.Actor{Person: "maya", Org: "kestrel", Roles: []access.Role{access.Admin}, Via: "session:x"}}
	w.s = New(d, w.q, Options{SMTP: "smtp://" + out.l.Addr().String(), BaseURL: "https://portal.example"})
	out.rcpt = "451 later"
	w.post(address)
	if err := w.run(0); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("a passing refusal: %v", err)
	}
	if m := w.only(); m.State != Waiting || m.Attempts != 1 {
		t.Errorf("mail = %+v", m)
	}
	out.mu.Lock()
	out.rcpt = "550 no such user"
	out.mu.Unlock()
	w.must(w.run(0))
	if m := w.only(); m.State != Failed || m.Attempts != 2 {
		t.Errorf("mail = %+v", m)
	}
	w.must(w.run(0))
	var last string
	w.must(d.Gorm().Raw("SELECT last_error FROM mail").Scan(&last).Error)
	if last != "smtp 550" || len(out.mails()) != 0 {
		t.Errorf("last error %q, %d mails", last, len(out.mails()))
	}
	for i, x := range []struct {
		rcpt, code string
		unknown    bool
	}{{"550 5.7.1 relaying denied", "smtp 550 5.7.1", false}, {"550 5.1.1 no such user", "smtp 550 5.1.1", true}, {"553 not here", "smtp 553", true}, {"554 spam", "smtp 554", false}} {
		out.mu.Lock()
		out.rcpt = x.rcpt
		out.mu.Unlock()
		m, got := address, ""
		m.Dedupe = fmt.Sprint("r", i)
		w.s.Ended(m.Kind, func(_ context.Context, _ Mail, code string) error { got = code; return nil })
		w.post(m)
		w.must(w.run(1 + i))
		if got != x.code || unknown(got) != x.unknown {
			t.Errorf("%s: %q, unknown %v", x.rcpt, got, unknown(got))
		}
	}
	if unknown("smtp 550 message") || unknown("unwanted") || unknown("") {
		t.Error("what says nothing of an address makes it unknown")
	}
	second := address
	second.Dedupe = "d9"
	w.post(second)
	_ = out.l.Close()
	for try := 1; try <= maxTries; try++ {
		if err := w.run(5); (err == nil) != (try == maxTries) {
			t.Errorf("try %d: %v", try, err)
		}
	}
	all, _, err := w.s.List(w.ctx(), w.admin, Filter{})
	w.must(err)
	if all[0].State != Failed && all[1].State != Failed {
		t.Errorf("mails = %+v", all)
	}
}

// TestATryUnderWayIsNotDoubled: after a crash the next try waits for the end of
// the one before it.
func TestATryUnderWayIsNotDoubled(t *testing.T) {
	var out *smtp
	each(t, func(t *testing.T) string { out = newSMTP(t); return "smtp://" + out.l.Addr().String() }, func(w *world) {
		out := out
		w.post(address)
		r := w.q.jobs[0].Args.(ref)
		w.must(w.d.InTx(w.ctx(), func(ctx context.Context) error {
			_, v, err := claim(ctx, r, w.now.Add(job.Timeout))
			if v != claimed {
				w.t.Errorf("verdict %v", v)
			}
			return err
		}))
		if err := w.run(0); fault.CodeOf(err) != fault.Unavailable || len(out.mails()) != 0 {
			w.t.Errorf("beside a try under way: %v, %d mails", err, len(out.mails()))
		}
		w.now = w.now.Add(job.Timeout)
		w.must(w.run(0))
		if len(out.mails()) != 1 || w.only().State != Sent {
			w.t.Errorf("%d mails, %s", len(out.mails()), w.only().State)
		}
	})
}

func TestServerAddresses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"smtp://mail.example": "mail.example 587 false  entente@portal.example", "smtps://u%40x.example:p%3Aw@mail.example": "mail.example 465 true u@x.example u@x.example",
		"smtp://u:p@127.0.0.1:2525?from=a@b.example": "127.0.0.1 2525 false u a@b.example",
		"http://mail.example":                        "!", "smtp://": "!", "smtp://mail.example:99999": "!", "smtp://mail.example?from=nobody": "!", "::": "!",
	} {
		s := newServer(in, "https://portal.example")
		got := fmt.Sprint(s.host, " ", s.port, " ", s.tls, " ", s.user, " ", s.from)
		if s.err != nil {
			got = "!"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	if got := PasswordHidden("smtp://u:token@mail.example:25"); strings.Contains(got, "token") || !strings.Contains(got, "mail.example") {
		t.Error(got)
	}
}

func TestOnlyTheCompanysAdminsRead(t *testing.T) {
	each(t, nil, func(w *world) {
		w.post(address)
		m := w.only()
		kaarel := access.Actor{Person: "kaarel", Org: "baltic", Roles: []access.Role{access.Admin}, Via: "session:y"}
		if all, _, err := w.s.List(w.ctx(), kaarel, Filter{}); err != nil || len(all) != 0 {
			w.t.Errorf("a stranger lists %v, %v", all, err)
		}
		if _, err := w.s.Get(w.ctx(), kaarel, m.ID); !fault.IsNotFound(err) {
			w.t.Errorf("a stranger reads: %v", err)
		}
		buyer := w.admin
		buyer.Roles = []access.Role{access.Buyer}
		if _, err := w.s.Get(w.ctx(), buyer, m.ID); fault.CodeOf(err) != fault.Forbidden {
			w.t.Errorf("a buyer reads: %v", err)
		}
		if _, err := w.s.Get(w.ctx(), access.Actor{}, m.ID); fault.CodeOf(err) != fault.Unauthenticated {
			w.t.Errorf("nobody reads: %v", err)
		}
		for i := range 5 {
			more := address
			more.Dedupe = fmt.Sprint("p", i)
			w.post(more)
		}
		seen, after := 0, ""
		for {
			page, next, err := w.s.List(w.ctx(), w.admin, Filter{After: after, Limit: 2})
			w.must(err)
			if seen += len(page); next == "" {
				break
			}
			after = next
		}
		if seen != 6 {
			w.t.Errorf("%d of 6 mails were listed", seen)
		}
	})
}

// TestAnswered: a mail that is answered says where; an admin who reads the outbox sees
// neither the address nor what was said, and after sending nobody does.
func TestAnswered(t *testing.T) {
	var out *smtp
	each(t, func(t *testing.T) string {
		out = newSMTP(t)
		return "smtp://" + out.l.Addr().String() + "?from=portal@aurelia.example"
	}, func(w *world) {
		out := out
		to := "reply+06h2gju7nhpj582no88tcpdlb0qagafvbna820njr0@answers.example"
		w.must(w.s.Post(w.ctx(), account.Letter{Mail: account.Mail{Kind: KindNotice, Org: "kestrel", Person: "maya", Address: "maya@kestrel.example", Dedupe: "n"}, Subject: "x", Body: "Hello\n  | the price is 12\n  Answer by mail: " + to + "\n", ReplyTo: to}))
		secret := func(s string) bool { return strings.Contains(s, "12") || strings.Contains(s, "06h2") }
		if m := w.only(); secret(m.Body) || !strings.Contains(m.Body, "Hello\n  | …\n  Answer by mail: reply+…@answers.example") {
			t.Errorf("an admin reads %q", m.Body)
		}
		w.must(w.run(0))
		var kept struct{ Body, ReplyTo string }
		w.must(w.d.Gorm().Raw("SELECT body, reply_to FROM mail").Scan(&kept).Error)
		if secret(kept.Body) || kept.ReplyTo != "" {
			t.Errorf("kept %+v", kept)
		}
		msg, err := netmail.ReadMessage(strings.NewReader(out.mails()[0]))
		w.must(err)
		if msg.Header.Get("Reply-To") != "<"+to+">" {
			t.Errorf("Reply-To %q", msg.Header.Get("Reply-To"))
		}
	})
	if _, err := newServer("smtp://127.0.0.1:25", "https://portal.example").message(Mail{Address: "a@b.example", Subject: "x", ReplyTo: "a@b.example\r\nBcc: y@z.example"}); !permanent(err) {
		t.Error(err)
	}
}

// TestKeptMailHasNoLinksButItsBodys: of a mail that nobody sends, from the start or as the
// server was taken away, nothing stays that bears links but the body, which loses them.
func TestKeptMailHasNoLinksButItsBodys(t *testing.T) {
	each(t, nil, func(w *world) {
		letter := account.Letter{Mail: account.Mail{Kind: KindNotice, Org: "kestrel", Person: "maya", Address: "maya@kestrel.example", Dedupe: "n"}, Subject: "x", Body: "See https://portal.example/answer/abc\n",
			HTML: `<a href="https://portal.example/answer/abc">Confirm</a>`, Stop: "https://portal.example/answer/def", ReplyTo: "reply+abc@answers.example"}
		type row struct{ State, Body, HTML, Stop, ReplyTo string }
		read := func() (r row) {
			w.must(w.d.Gorm().Raw("SELECT state, body, html AS html, stop, reply_to FROM mail").Scan(&r).Error)
			return r
		}
		kept := row{State: string(Kept), Body: letter.Body}
		full := map[string]any{"html": letter.HTML, "stop": letter.Stop, "reply_to": letter.ReplyTo}
		w.must(w.s.Post(w.ctx(), letter))
		if got := read(); got != kept {
			w.t.Errorf("without a server: %+v", got)
		}
		id := w.only().ID
		full["state"] = string(Waiting)
		w.must(w.d.Gorm().Table("mail").Where("id = ?", id).Updates(full).Error)
		w.must(w.s.try(w.ctx(), ref{"kestrel", id}))
		if got := read(); got != kept {
			w.t.Errorf("the server was taken away: %+v", got)
		}
		full["state"] = string(Kept)
		w.must(w.d.Gorm().Table("mail").Where("id = ?", id).Updates(full).Error)
		w.must(w.s.Sweep(w.ctx()))
		if got := read(); got != kept {
			w.t.Errorf("kept before: %+v", got)
		}
	})
}

// TestCampaignMail: a mail of a campaign bears the company's name, both bodies, and the
// headers by which a mail program ends it with one click; a name forges no header.
func TestCampaignMail(t *testing.T) {
	t.Parallel()
	s := newServer("smtp://127.0.0.1:9?from=post@portal.example", "https://portal.example")
	m := Mail{ID: "m1", Kind: KindCampaign, Address: "ann@shop.example", Subject: "Warm hands", Body: "words\n", HTML: "<p>words</p>", Sender: "Kestrel Supply", Stop: "https://portal.example/answer/abc", ReplyTo: "maya@kestrel.example", Created: time.Date(2026, 12, 7, 9, 0, 0, 0, time.UTC)}
	msg, err := s.message(m)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if _, err := msg.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`From: "Kestrel Supply" <post@portal.example>`, "Reply-To: <maya@kestrel.example>", "List-Unsubscribe: <https://portal.example/answer/abc>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click", "multipart/alternative", "text/plain", "text/html"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %s", want, out.String())
		}
	}
	for name, want := range map[string]string{`Kestrel "KST" Supply`: `From: "Kestrel \"KST\" Supply" <post@portal.example>`, `Kestrel\`: `From: "Kestrel\\" <post@portal.example>`, `x" <ceo@bank.example> (`: "<post@portal.example>", "a, b; c: d": `From: "a, b; c: d" <post@portal.example>`, "红隼供应": "<post@portal.example>"} {
		m.Sender = name
		msg, err := s.message(m)
		if err != nil {
			t.Errorf("the company %s sends nothing: %v", name, err)
			continue
		}
		from := msg.GetFrom()
		if len(from) != 1 || from[0].Address != "post@portal.example" || from[0].Name != name {
			t.Errorf("%s became %+v", name, from)
		}
		out.Reset()
		if _, err := msg.WriteTo(&out); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %s (%v)", want, out.String(), err)
		}
	}
	m.Sender = "Kestrel\r\nBcc: all@shop.example"
	if _, err := s.message(m); err == nil {
		t.Error("a name forged a header")
	}
}

// TestBack: a mail of a campaign goes out under the address to which it comes back where
// there is one, tests and all other mails under the sender's; who comes by such an address
// comes for a mail of a campaign that went out.
func TestBack(t *testing.T) {
	var out *smtp
	each(t, func(t *testing.T) string {
		out = newSMTP(t)
		return "smtp://" + out.l.Addr().String() + "?from=portal@aurelia.example"
	}, func(w *world) {
		out := out
		c := &Campaigns{n: &Notices{mail: w.s}}
		post := func(kind account.MailKind, key string) string {
			m := address
			m.Kind, m.Dedupe = kind, key
			w.must(w.s.Post(w.ctx(), account.Letter{Mail: m, Subject: key, Body: "x"}))
			w.must(w.run(len(w.q.jobs) - 1))
			return w.q.jobs[len(w.q.jobs)-1].Args.(ref).ID
		}
		post(KindCampaign, "campaign:1:0")
		w.s.Back(func(id string) string { return "reply+" + id + "@answers.example" })
		id := post(KindCampaign, "campaign:1:2")
		test, notice := post(KindCampaign, "test:1"), post(KindNotice, "n")
		from := out.senders()
		sender := "portal@aurelia.example"
		if want := []string{sender, "reply+" + id + "@answers.example", sender, sender}; !slices.Equal(from, want) {
			w.t.Errorf("%v, want %v", from, want)
		}
		if all := out.mails(); !strings.Contains(all[1], "From: <"+sender+">") || strings.Contains(all[1], "answers.example") {
			w.t.Errorf("the mail tells of it: %s", all[1])
		}
		if org, err := c.Returnable(w.ctx(), id); err != nil || org != address.Org {
			w.t.Errorf("%q %v", org, err)
		}
		for _, x := range []string{test, notice, db.NewID()} {
			if _, err := c.Returnable(w.ctx(), x); !fault.IsNotFound(err) {
				w.t.Errorf("%s: %v", x, err)
			}
		}
	})
	for status, want := range map[string]bool{"5.1.1": true, "5.2.1": true, "5.2.2": false, "5.7.1": false, "5.3.4": false} {
		if dead(status) != want {
			t.Errorf("%s: %v", status, !want)
		}
	}
}
