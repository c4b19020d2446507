// Package mail keeps the outbox: every mail is a row before it is anything
// else. With a mail server set, a job sends it; without one it stays in the
// outbox, where the company's admins read it, so that nothing depends on a mail
// server.
//
// A letter is written in the reader's language with the words of portal/locale.
// The link of a mail is a secret: it is blacked out once the mail was sent, and
// in kept mails when the link has run out.
package mail

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	"entente/db"
	"entente/db/job"
	"entente/portal/locale"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

// State of a mail.
type State string

// The states: waiting for the mail server, kept here for lack of one, sent, or
// refused for good.
const (
	Waiting State = "waiting"
	Kept    State = "kept"
	Sent    State = "sent"
	Failed  State = "failed"
)

// JobKind names the job that sends a mail.
const JobKind = "mail.send"

const (
	maxTries   = job.MaxTries
	maxSubject = 250 // characters
	keepLinks  = account.LinkLife
	keepMails  = 90 * 24 * time.Hour
	pageRows   = 50
	mostRows   = 200
)

// Mail is one row of the outbox.
type Mail struct {
	Org, ID, Person string
	Address         string
	Kind            account.MailKind
	Locale          string
	Subject, Body   string
	HTML            string // the same as HTML; "" for none
	Sender          string // name beside the sender's address, "" for none
	Dedupe          string // what it was posted under
	Stop            string // address that ends mails of this kind, "" for none
	Thread          string // key of what it is about, "" for none
	ReplyTo         string // where an answer goes, "" for the sender
	Envelope        string // where it comes back to, "" for the sender; not kept
	State           State
	Attempts        int
	Created, Sent   time.Time
}

// Queue is the part of db/job this package needs.
type Queue interface {
	Enqueue(ctx context.Context, j job.Job) error
	Handle(kind string, fn func(ctx context.Context, a job.Args) error)
}

// Options of New.
type Options struct {
	SMTP    string // smtp://user:password@host:port or smtps://…, "" keeps mail here; ?from= names the sender
	BaseURL string // address people type, without a slash at the end; links begin with it
	Log     *slog.Logger
}

// Service is the outbox.
type Service struct {
	db   *db.DB
	jobs Queue
	base string
	log  *slog.Logger
	out  *server // nil: mail is kept
	ends map[account.MailKind]func(ctx context.Context, m Mail, code string) error
	may  map[account.MailKind]func(ctx context.Context, m Mail) (bool, error)
	back func(id string) string // where mails of campaigns come back to; nil: to the sender
}

// New makes the outbox and binds its job. A mail server address that cannot be
// read is reported by Check and keeps mail waiting.
func New(d *db.DB, jobs Queue, o Options) *Service {
	s := &Service{db: d, jobs: jobs, base: strings.TrimRight(o.BaseURL, "/"), log: o.Log}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if o.SMTP != "" {
		s.out = newServer(o.SMTP, s.base)
	}
	jobs.Handle(JobKind, s.send)
	return s
}

// Check reports what is wrong with the mail server's address, nil when it can be
// used or none is set. It does not call the server.
func (s *Service) Check() error {
	if s.out == nil {
		return nil
	}
	return s.out.err
}

// Ended binds fn to the end of every mail of a kind: it was sent, or refused for good
// with a code. fn is called in the transaction that notes it, while wiring nothing runs.
func (s *Service) Ended(kind account.MailKind, fn func(ctx context.Context, m Mail, code string) error) {
	if s.ends == nil {
		s.ends = map[account.MailKind]func(ctx context.Context, m Mail, code string) error{}
	}
	s.ends[kind] = fn
}

// codeUnwanted is why a mail was not sent that nobody is to get any more.
const codeUnwanted = "unwanted"

// While binds fn to every try of mails of a kind: false is that the mail is not to be sent
// any more. A mail may wait for hours while the mail server is away. fn is called in the
// transaction that takes the mail for the try, while wiring nothing runs.
func (s *Service) While(kind account.MailKind, fn func(ctx context.Context, m Mail) (bool, error)) {
	if s.may == nil {
		s.may = map[account.MailKind]func(ctx context.Context, m Mail) (bool, error){}
	}
	s.may[kind] = fn
}

// Back says where mails of campaigns come back to that cannot be delivered, by their id;
// while wiring nothing runs.
func (s *Service) Back(fn func(id string) string) { s.back = fn }

// Link is the address people type of a path.
func (s *Service) Link(path string) string { return s.base + path }

// Sends reports whether a mail server is set.
func (s *Service) Sends() bool { return s.out != nil }

// Compose writes a mail in the reader's language. Outside any transaction.
// Codes: Invalid (an address that would forge a header).
func (s *Service) Compose(m account.Mail) (account.Letter, error) {
	if _, err := account.NormalEmail("email", m.Address); err != nil {
		return account.Letter{}, err
	}
	zone, err := time.LoadLocation(m.Zone)
	if err != nil {
		zone = time.UTC
	}
	p := locale.New(locale.Language(m.Locale), zone, time.Now())
	name := m.Name
	if name == "" {
		name = m.Address
	}
	until := ""
	if !m.Expires.IsZero() {
		until = p.Instant(m.Expires)
	}
	args := []any{"name", oneLine(name), "company", oneLine(m.Company), "by", oneLine(m.By), "until", until, "email", m.NewEmail, "notice", ""}
	key := "mail." + string(m.Kind)
	lines := []string{p.T("mail.hello", args...), "", p.T(key+".body", args...)}
	if m.Path != "" {
		lines = append(lines, "", fmt.Sprintf("%s: %s", p.T(key+".button", args...), s.base+m.Path))
	}
	if until != "" {
		lines = append(lines, "", p.T("mail.expires", args...))
	}
	lines = append(lines, "", p.T("mail.foot", "site", s.base))
	return account.Letter{Mail: m, Subject: shorten(oneLine(p.T(key+".subject", args...)), maxSubject), Body: strings.Join(lines, "\n") + "\n"}, nil
}

// oneLine takes control characters and line breaks out of words that others
// wrote: they must not end a header line.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }), " ")
}

func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// Post puts a letter into the outbox, in the caller's transaction. A second one
// with the same dedupe key to the same address is passed over.
func (s *Service) Post(ctx context.Context, l account.Letter) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		state := Kept
		if s.out != nil {
			state = Waiting
		}
		m := Mail{Org: l.Org, ID: db.NewID(), Person: l.Person, Address: l.Address, Kind: l.Kind, Locale: l.Locale, Subject: l.Subject, Body: l.Body, HTML: l.HTML, Sender: l.Sender, Dedupe: l.Dedupe, Stop: l.Stop, Thread: l.Thread, ReplyTo: l.ReplyTo, State: state, Created: db.Now(ctx)}
		if m.Locale == "" {
			m.Locale = string(locale.English)
		}
		made, err := insert(ctx, m, l.Dedupe)
		if err != nil || !made || state != Waiting {
			return err
		}
		return s.jobs.Enqueue(ctx, job.Job{Kind: JobKind, Args: ref{m.Org, m.ID}, Unique: true})
	})
}

// ref names a mail in a job.
type ref struct {
	Org string `json:"org"`
	ID  string `json:"id"`
}

// send is the job: it claims the mail, sends it outside any transaction and
// notes the outcome. A crash between the server's yes and the note sends again
// under the same Message-ID, by which mailboxes know the copy.
func (s *Service) send(ctx context.Context, a job.Args) error {
	var r ref
	if err := a.Decode(&r); err != nil {
		return err
	}
	return s.try(ctx, r)
}

func (s *Service) try(ctx context.Context, r ref) error {
	if s.out == nil {
		return s.db.InTx(ctx, func(ctx context.Context) error { return keep(ctx, r) }) // the server was taken away
	}
	var m Mail
	state := claimed
	err := s.db.InTx(ctx, func(ctx context.Context) (err error) {
		m, state, err = claim(ctx, r, db.Now(ctx).Add(job.Timeout))
		fn := s.may[m.Kind]
		if err != nil || state != claimed || fn == nil {
			return err
		}
		ok, err := fn(ctx, m)
		if err != nil || ok {
			return err
		}
		state = done
		return s.finish(ctx, m, Failed, blackOut(m.Body), codeUnwanted)
	})
	switch {
	case err != nil:
		return err
	case state == done:
		return nil
	case state == busy:
		return fault.New(fault.Unavailable, "error.unavailable")
	}
	if _, _, ok := ofCampaign(m); ok && m.Kind == KindCampaign && s.back != nil {
		m.Envelope = s.back(m.ID)
	}
	sendErr := s.out.send(ctx, m)
	final := sendErr != nil && (permanent(sendErr) || m.Attempts >= maxTries)
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		switch {
		case sendErr == nil:
			return s.finish(ctx, m, Sent, blackOut(m.Body), "")
		case final:
			return s.finish(ctx, m, Failed, hide(m), code(sendErr))
		}
		return release(ctx, m, code(sendErr))
	})
	if err != nil || sendErr == nil {
		return err
	}
	s.log.Warn("mail not sent", "mail", m.ID, "try", m.Attempts, "final", final, "error", sendErr)
	if final {
		return nil
	}
	return fault.Wrap(sendErr, fault.Unavailable, "error.unavailable")
}

func (s *Service) finish(ctx context.Context, m Mail, state State, body, code string) error {
	noted, err := finish(ctx, m, state, body, code)
	if fn := s.ends[m.Kind]; err == nil && noted && fn != nil {
		m.State = state
		err = fn(ctx, m, code)
	}
	return err
}

var secretLink = regexp.MustCompile(`/(link|answer)/[A-Za-z0-9_-]{20,}`)

// saidMark begins the lines of a mail that tell what somebody wrote in a room or the forum.
const saidMark = "  | "

var (
	secretReply = regexp.MustCompile(`reply\+[a-z0-9]{20,}@`)
	saidLine    = regexp.MustCompile(`(?m)^  \| .+$`)
)

// blackOut takes out of a mail's text what only its reader may have: what a link or an
// address proves, and what people wrote where an admin may have no seat.
func blackOut(body string) string {
	body = secretLink.ReplaceAllString(body, "/$1/…")
	return saidLine.ReplaceAllString(secretReply.ReplaceAllString(body, "reply+…@"), saidMark+"…")
}

// acts says that the links of mails of a kind act for their reader, and for nobody else.
func acts(k account.MailKind) bool { return k == KindNotice || k == KindCampaign || k == KindOptIn }

// hide is the text that is kept of a mail that could not be sent: links stay, so that an
// admin can hand them over, but not those of a notice.
func hide(m Mail) string {
	if acts(m.Kind) {
		return blackOut(m.Body)
	}
	return m.Body
}

// Filter chooses a page of the outbox. After is a cursor of an earlier page.
type Filter struct {
	After string
	Limit int // 1 to 200, 0 = 50
}

// List returns the outbox of the actor's company, the newest first, without
// bodies. next is empty on the last page.
// Codes: Unauthenticated, NotFound, Forbidden (not an admin), Invalid.
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) (mails []Mail, next string, err error) {
	if err := access.Check(actor, access.MailRead, access.Own(actor.Org)); err != nil {
		return nil, "", err
	}
	if f.Limit == 0 {
		f.Limit = pageRows
	}
	if f.Limit < 1 || f.Limit > mostRows {
		return nil, "", fault.InvalidField("limit", "form.out_of_range")
	}
	if f.After != "" && !db.ValidID(f.After) {
		return nil, "", fault.InvalidField("after", "form.cursor_wrong")
	}
	err = s.db.View(account.Acting(ctx, actor), func(ctx context.Context) (err error) {
		mails, err = list(ctx, actor.Org, f.After, f.Limit+1)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	if len(mails) > f.Limit {
		mails = mails[:f.Limit]
		next = mails[f.Limit-1].ID
	}
	return mails, next, nil
}

// Get returns one mail of the actor's company with its text.
// Codes: Unauthenticated, NotFound, Forbidden (not an admin).
func (s *Service) Get(ctx context.Context, actor access.Actor, id string) (Mail, error) {
	if err := access.Check(actor, access.MailRead, access.Own(actor.Org)); err != nil {
		return Mail{}, err
	}
	var m Mail
	err := s.db.View(account.Acting(ctx, actor), func(ctx context.Context) (err error) {
		m, err = read(ctx, actor.Org, id)
		return err
	})
	if acts(m.Kind) {
		m.Body = blackOut(m.Body)
	}
	return m, err
}

// Sweep blacks out links that ran out in kept mails and deletes mails older than
// 90 days. A scheduled job of the machine.
func (s *Service) Sweep(ctx context.Context) error {
	return s.db.InTx(ctx, func(ctx context.Context) error { return sweep(ctx, db.Now(ctx)) })
}

// PasswordHidden is the mail server's address without its password, for logs
// and pages.
func PasswordHidden(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Redacted()
}

var _ account.Mailer = (*Service)(nil)
