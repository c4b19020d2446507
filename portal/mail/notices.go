package mail

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/db/secret"
	"entente/portal/letter"
	"entente/portal/locale"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/notify"
)

// KindNotice is a mail that tells notices.
const KindNotice account.MailKind = "notice"

// The deeds a link of a mail can do without a sign-in. Opening one changes nothing: a
// mail scanner follows every link.
const (
	DeedOffer    = "offer"     // answer an offered lead: Object is the offer
	DeedPromo    = "promotion" // join a promotion or decline it: Object is the seat, Bound the hash of the text
	DeedOrder    = "order"     // confirm an order as it stands: Object is the order, Bound its version
	DeedApproval = "approval"  // approve or refuse what a rule keeps back: Object is the request, Bound the step
	DeedStop     = "stop"      // no more notices by mail
)

// answerLife is how long a link of a notice works; what was done by one is known for longer.
const (
	answerLife = 7 * 24 * time.Hour
	keepDeeds  = 30 * 24 * time.Hour
)

// Deed is what a link of a mail may do, and for whom; nobody else.
type Deed struct {
	Kind    string    `json:"k"`
	Org     string    `json:"o"`
	Person  string    `json:"p"`
	Object  string    `json:"i,omitempty"`
	Bound   string    `json:"b,omitempty"` // of the object, as the mail told it
	Address string    `json:"a,omitempty"` // key of the address it went to
	Locale  string    `json:"l,omitempty"` // of whom it was written to, where that is nobody here
	Expires time.Time `json:"e"`
}

// sealAbout says what a sealed deed is, see secret.Box.
const sealAbout = "mail deed"

// Notices mails notices and reads the links of such mails.
type Notices struct {
	mail    *Service
	notify  *notify.Service
	people  account.Directory
	secrets *secret.Box
	answers Answers // nil: notices are not answered by mail
	objects Objects
}

// Answers knows where people answer by mail. It is a port: portal/mailin implements it.
type Answers interface {
	// Address is where the person answers about a subject, in the caller's transaction;
	// "" where nobody does.
	Address(ctx context.Context, to notify.Target, kind, id string) (string, error)
	// Said is what a notice is about as its reader may read it now, "" for nothing.
	Said(ctx context.Context, reader access.Actor, n notify.Notice) (string, error)
}

// Answer lets notices be answered by mail.
func (n *Notices) Answer(a Answers) { n.answers = a }

// answered are the kinds of notices that tell what somebody wrote. A report to a
// moderator is none: its answer would stand before everybody.
var answered = []string{"chat.mentioned", "chat.mentioned_own", "forum.replied", "forum.accepted"}

// NewNotices makes the mailing of notices.
func NewNotices(m *Service, n *notify.Service, people account.Directory, secrets *secret.Box) *Notices {
	return &Notices{mail: m, notify: n, people: people, secrets: secrets}
}

// Seal makes the token of a deed: nobody can make or read one without the server's key.
func (n *Notices) Seal(d Deed) (string, error) {
	raw, err := json.Marshal(d)
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "error.internal")
	}
	return base64.RawURLEncoding.EncodeToString(n.secrets.Seal(raw, sealAbout)), nil
}

// Read gives the deed of a token and the person as an actor, with the roles they hold
// now. Codes: NotFound (not made here, run out, or the person has left the company or
// its mailbox);
// which of them, nobody is told.
func (n *Notices) Read(ctx context.Context, token string) (Deed, access.Actor, error) {
	dead := fault.New(fault.NotFound, "account.link_dead")
	d, ok := n.open(token)
	if !ok || !d.Expires.After(db.Now(ctx)) {
		return Deed{}, access.Actor{}, dead
	}
	all, err := n.people.People(ctx, d.Org)
	if err != nil {
		return Deed{}, access.Actor{}, err
	}
	p, ok := present(all, notify.Target{Org: d.Org, Person: d.Person})
	if !ok || d.Address != "" && d.Address != addressKey(p.Email) {
		return Deed{}, access.Actor{}, dead
	}
	return d, access.Actor{Org: d.Org, Person: p.ID, Roles: p.Roles, Via: "mail"}, nil
}

// open reads what a token says, if it was made here.
func (n *Notices) open(token string) (d Deed, ok bool) {
	if len(token) > 1000 {
		return d, false
	}
	sealed, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return d, false
	}
	raw, err := n.secrets.Open(sealed, sealAbout)
	return d, err == nil && json.Unmarshal(raw, &d) == nil
}

// present finds a target among the present people of companies.
func present(all []account.Colleague, t notify.Target) (account.Colleague, bool) {
	i := slices.IndexFunc(all, func(c account.Colleague) bool { return c.ID == t.Person && c.Org == t.Org })
	if i < 0 {
		return account.Colleague{}, false
	}
	return all[i], true
}

// Tell mails what people chose to be mailed and have not seen; a job of every minute.
// Each mail is written in the transaction that settles its notices: a crash mails
// nothing twice and forgets nothing. One person's trouble delays nobody else.
func (n *Notices) Tell(ctx context.Context) error {
	for end := time.Now().Add(8 * time.Second); time.Now().Before(end); {
		due, err := n.notify.Pending(ctx, 100)
		if err != nil || len(due) == 0 {
			return err
		}
		var ids []string
		for _, t := range due {
			if !slices.Contains(ids, t.Org) {
				ids = append(ids, t.Org)
			}
		}
		all, err := n.people.People(ctx, ids...)
		if err != nil {
			return err
		}
		orgs, err := n.people.OrgsByID(ctx, ids...)
		if err != nil {
			return err
		}
		persons := make([]string, len(due))
		for i, t := range due {
			persons[i] = t.Person
		}
		visited, err := n.people.Visited(ctx, persons...)
		if err != nil {
			return err
		}
		for _, t := range due {
			p, _ := present(all, t)
			err = errors.Join(err, n.tell(ctx, t, p, orgs[t.Org], visited[t.Person]))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tell mails one person; p is the zero value of who has left.
func (n *Notices) tell(ctx context.Context, t notify.Target, p account.Colleague, org account.Org, visited time.Time) error {
	p.Locale = cmp.Or(p.Locale, org.Locale)
	zone, err := time.LoadLocation(cmp.Or(p.Zone, org.Zone))
	if err != nil {
		zone = time.UTC
	}
	said := telling{reader: access.Actor{Org: p.Org, Person: p.ID, Roles: p.Roles, Via: "mail"}, said: map[string]string{}, deeds: map[string]Deed{}}
	ask := func(ctx context.Context, list []notify.Notice) ([]notify.Notice, error) {
		return n.look(ctx, p, &said, list)
	}
	return notify.Apart(ctx, ask, func(ctx context.Context, told func([]notify.Notice) ([]notify.Notice, error)) error {
		return n.mail.db.InTx(ctx, func(ctx context.Context) error {
			d, err := n.notify.Collect(ctx, access.System("mail", t.Org), t, zone, n.mail.Sends() && p.ID != "", visited)
			if err != nil || len(d.Notices) == 0 || p.ID == "" {
				return err
			}
			if d.Notices, err = told(d.Notices); err != nil || len(d.Notices) == 0 { // nothing of it is for the person any more
				return err
			}
			l, err := n.letter(ctx, p, org, zone, d, said)
			if err != nil {
				return err
			}
			return n.mail.Post(ctx, l)
		})
	})
}

// telling is what was asked about notices before a mail tells them.
type telling struct {
	reader access.Actor
	said   map[string]string // by notice: what somebody wrote
	deeds  map[string]Deed   // by subject: what a link may do
}

// look asks about notices, and gives those that may be told. Of what was said where the reader may
// not read any more nothing is: who lost a room or a category is not mailed what its topics are called.
func (n *Notices) look(ctx context.Context, p account.Colleague, told *telling, list []notify.Notice) (out []notify.Notice, err error) {
	if list, err = n.notify.InSight(ctx, told.reader, list); err != nil {
		return nil, err
	}
	for _, one := range list {
		if n.answers != nil && slices.Contains(answered, one.Kind) {
			text, err := n.answers.Said(ctx, told.reader, one)
			if c := fault.CodeOf(err); c == fault.NotFound || c == fault.Forbidden {
				continue
			}
			if err != nil {
				return nil, err
			}
			told.said[one.ID] = text
		}
		at := one.SubjectKind + "/" + one.SubjectID
		if _, had := told.deeds[at]; !had {
			if told.deeds[at], err = n.deedOf(ctx, told.reader, p.Email, one.SubjectKind, one.SubjectID); err != nil {
				return nil, err
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// letter writes the mail in the reader's words.
func (n *Notices) letter(ctx context.Context, p account.Colleague, org account.Org, zone *time.Location, d notify.Digest, told telling) (account.Letter, error) {
	words := locale.New(locale.Language(p.Locale), zone, db.Now(ctx))
	base := n.mail.base + "/c/" + org.Slug + "/"
	acts := map[string]bool{}
	orgs, err := n.people.OrgsByID(ctx, namedOrgs(d.Notices)...)
	if err != nil {
		return account.Letter{}, err
	}
	lines := []string{words.T("mail.hello", "name", oneLine(p.Name)), ""}
	subject, mark, replyTo, about := "", "", "", d.Thread()
	for _, one := range d.Notices {
		said := oneLine(sentence(words, one, orgs))
		if subject == "" {
			subject = said
		}
		lines = append(lines, "• "+said)
		if why := view.NoticeReason(one.Reason); !why.IsZero() {
			lines = append(lines, "  "+words.T(why.Key, why.Args...))
		}
		if path := view.SubjectPath(one.SubjectKind, one.SubjectID); path != "" {
			lines = append(lines, "  "+base+path)
		}
		if one.Kind == "lead.offered" && one.SubjectKind == "offer" && n.mail.Sends() { // kept mail is read by admins
			token, err := n.Seal(Deed{Kind: DeedOffer, Org: p.Org, Person: p.ID, Object: one.SubjectID, Address: addressKey(p.Email), Expires: db.Now(ctx).Add(answerLife)})
			if err != nil {
				return account.Letter{}, err
			}
			acts[one.SubjectID] = true
			lines = append(lines, "  "+words.T("mail.notices.answer")+" "+n.mail.base+"/answer/"+token)
		}
		if !acts[one.SubjectID] { // of several about the same, the first bears the link
			if deed := told.deeds[one.SubjectKind+"/"+one.SubjectID]; deed.Kind != "" {
				deed.Expires = db.Now(ctx).Add(answerLife)
				token, err := n.Seal(deed)
				if err != nil {
					return account.Letter{}, err
				}
				acts[one.SubjectID] = true
				lines = append(lines, "  "+words.T("mail.notices.answer_"+deed.Kind)+" "+n.mail.base+"/answer/"+token)
			}
		}
		if n.answers != nil && n.mail.Sends() && slices.Contains(answered, one.Kind) {
			to, err := n.answers.Address(ctx, notify.Target{Org: p.Org, Person: p.ID}, one.SubjectKind, one.SubjectID)
			if err != nil {
				return account.Letter{}, err
			}
			for _, l := range quoteLines(told.said[one.ID]) {
				lines = append(lines, saidMark+l)
			}
			switch {
			case to == "":
			case about == "":
				lines = append(lines, "  "+words.T("mail.reply.at")+" "+to)
			default: // the last one is what is answered
				replyTo = to
			}
		}
		lines = append(lines, "")
	}
	if len(acts) > 0 {
		lines = append(lines, words.T("mail.notices.once", "until", words.Instant(db.Now(ctx).Add(answerLife))), "")
	}
	if replyTo != "" {
		mark = letter.MarkLine(words.T("mail.reply.above"))
		lines = append([]string{mark, ""}, lines...)
		lines = append(lines, words.T("mail.reply.how"), "")
	}
	if len(d.Notices)+d.More > 1 {
		subject = words.T("mail.notices.subject", "n", len(d.Notices)+d.More, "company", oneLine(org.Name))
	}
	if d.More > 0 {
		lines = append(lines, words.T("mail.notices.more", "n", d.More)+" "+base+"inbox", "")
	}
	lines = append(lines, "--", words.T("mail.notices.why_"+string(d.Mode), "company", oneLine(org.Name)), words.T("mail.notices.change")+" "+base+"profile")
	stop, page := "", ""
	if n.mail.Sends() {
		token, err := n.Seal(Deed{Kind: DeedStop, Org: p.Org, Person: p.ID, Expires: db.Now(ctx).AddDate(0, 0, 60)})
		if err != nil {
			return account.Letter{}, err
		}
		stop = n.mail.base + "/answer/" + token
		lines = append(lines, words.T("mail.notices.stop")+" "+stop)
		if page, err = asPage(words, subject, oneLine(org.Name), mark, lines); err != nil { // kept mail is read as text
			return account.Letter{}, err
		}
	}
	return account.Letter{
		Mail:    account.Mail{Kind: KindNotice, Org: p.Org, Person: p.ID, Address: p.Email, Name: p.Name, Locale: p.Locale, Zone: p.Zone, Dedupe: "notice:" + d.Notices[len(d.Notices)-1].ID},
		Subject: shorten(subject, maxSubject), Body: strings.Join(lines, "\n") + "\n", HTML: page, Stop: stop, Thread: about, ReplyTo: replyTo,
	}, nil
}

// What a mail tells of a text.
const (
	saidLines = 20
	saidRunes = 1500
)

// quoteLines is the beginning of a text, in lines.
func quoteLines(text string) []string {
	if r := []rune(text); len(r) > saidRunes {
		text = string(r[:saidRunes]) + "…"
	}
	var out []string
	for l := range strings.SplitSeq(text, "\n") {
		if l = oneLine(l); l == "" {
			continue
		}
		if len(out) == saidLines {
			return append(out, "…")
		}
		out = append(out, l)
	}
	return out
}

// namedOrgs are the companies that notices name by id.
func namedOrgs(list []notify.Notice) []string {
	var out []string
	for _, one := range list {
		if id := one.Args["org"]; db.ValidID(id) {
			out = append(out, id)
		}
	}
	return out
}

func sentence(p *locale.Printer, one notify.Notice, orgs map[string]account.Org) string {
	args := make([]any, 0, 2*len(one.Args)+2)
	for k, v := range one.Args {
		args = append(args, k, v)
	}
	if one.Args["company"] == "" {
		args = append(args, "company", orgs[one.Args["org"]].Name)
	}
	return p.T("notice."+one.Kind, args...)
}

// Subject is what a notice says in one line: as the subject of a mail, no more.
func Subject(words *locale.Printer, n notify.Notice, orgs map[string]account.Org) string {
	return oneLine(sentence(words, n, orgs))
}

// Named are the companies that the sentences of notices name.
func Named(list []notify.Notice) []string { return namedOrgs(list) }
