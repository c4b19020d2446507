// Package mailin takes answers that people write by mail: to a notice of what was said in
// a room or in a topic of the forum.
//
// Such a notice names an address that is good for one person in one company and one
// object, for a time. The id of its row is signed in it: nobody can make one. Who has the
// address may try; whether the person may write there is judged when the mail comes, by
// the rights of then. The address is the first proof, the From line the second; what
// SPF and DKIM say is the matter of the mail server before this one.
//
// What the door said yes to is a row with its bytes. A job reads it, posts it and forgets
// the bytes; a mail that comes again, or a job that runs again, posts nothing twice.
package mailin

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/chat/forum"
	"entente/chat/room"
	"entente/db"
	"entente/db/job"
	"entente/db/secret"
	"entente/portal/letter"
	"entente/portal/mail"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/notify"
)

// JobKind names the job that reads a mail.
const JobKind = "mail.in"

// The kinds of what is answered.
const (
	kindRoom  = "chat"
	kindTopic = "topic"
)

// Limits.
const (
	anyName     = "reply"             // before the "+" of an address, where nothing else is said
	signed      = 10                  // bytes of the signature in an address
	life        = 30 * 24 * time.Hour // of an address
	renew       = life / 2            // an address that is good for less is not given out again
	keepRows    = 90 * 24 * time.Hour
	perHour     = 60 // mails of a person
	MaxSize     = 12 << 20
	maxTo       = 5 // addresses of one mail
	listed      = 50
	sealAbout   = "mail reply"
	maxLeftOut  = 10
	maxLeftName = 80
	MostName    = 20 // characters before the "+" of an address, which has 64 before the "@"
)

// State of a mail that came in.
type State string

// The states: not yet looked at, posted, of a machine, refused.
const (
	Received State = "received"
	Posted   State = "posted"
	Dropped  State = "dropped"
	Refused  State = "refused"
)

// Reasons of a refusal that are not those of the room or the forum.
const (
	reasonAuto   = "auto"   // a machine wrote it
	reasonLeft   = "left"   // the person is not in the company any more
	reasonSender = "sender" // another address wrote it
	reasonEmpty  = "empty"  // nothing was typed
	reasonGone   = "gone"   // the person may not write there, or it is not there
	reasonLarge  = "large"
)

// Incoming is a mail that came in, as an admin of the company sees it.
type Incoming struct {
	ID       string
	Person   string
	Kind     string // what it answers: "chat" or "topic"
	State    State
	Reason   string // key of the words that say why it was not posted, "" for none
	Received time.Time
}

// People knows who is in a company; account.Directory does.
type People interface {
	People(ctx context.Context, orgs ...string) ([]account.Colleague, error)
	OrgsByID(ctx context.Context, ids ...string) (map[string]account.Org, error)
}

// Rooms posts into rooms; *room.Service does.
type Rooms interface {
	One(ctx context.Context, actor access.Actor, id room.ID, seq int64) (room.Message, error)
	Posted(ctx context.Context, actor access.Actor, id room.ID, key string) (there bool, err error)
	Post(ctx context.Context, actor access.Actor, d room.Draft) (room.Message, bool, error)
	Bring(ctx context.Context, actor access.Actor, id room.ID, name string, body io.Reader) (room.File, error)
}

// Forum answers topics; *forum.Service does.
type Forum interface {
	Said(ctx context.Context, actor access.Actor, id forum.TopicID, post forum.PostID) (string, error)
	Bring(ctx context.Context, actor access.Actor, category forum.CategoryID, in forum.TopicID, name string, body io.Reader) (forum.File, error)
	Posted(ctx context.Context, actor access.Actor, id forum.TopicID, key string) (there bool, err error)
	ReplyWith(ctx context.Context, actor access.Actor, id forum.TopicID, body, key string, files []forum.FileID) (forum.PostID, error)
}

// Deps are the ports of the service.
type Deps struct {
	DB      *db.DB
	Jobs    mail.Queue
	People  People
	Rooms   Rooms
	Forum   Forum
	Out     *mail.Service // refusals leave by it
	Bounces Bounces       // nil: nothing comes back
	Secrets *secret.Box
	Log     *slog.Logger
	Domain  string // of the addresses; "" makes none
	Name    string // before their "+"; "" is "reply"
}

// Service takes answers.
type Service struct {
	Deps
}

// New makes the service and binds its job.
func New(d Deps) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	d.Domain, d.Name = strings.ToLower(d.Domain), cmp.Or(strings.ToLower(d.Name), anyName)
	s := &Service{d}
	d.Jobs.Handle(JobKind, s.read)
	return s
}

var b32 = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// Address is where a person answers by mail about a subject of a notice, "" where nobody
// does. It joins the transaction of ctx; mails about the same carry the same address
// while it is good for long enough.
func (s *Service) Address(ctx context.Context, to notify.Target, kind, id string) (string, error) {
	object, seq, ok := about(kind, id)
	if s.Domain == "" || !ok {
		return "", nil
	}
	var r replyRow
	err := s.DB.InTx(db.WithOrgs(ctx, to.Org), func(ctx context.Context) (err error) {
		now := db.Now(ctx)
		r = replyRow{ID: db.NewID(), OrgID: to.Org, PersonID: to.Person, Kind: kind, Object: object, Seq: seq, Made: db.Micros(now), Expires: db.Micros(now.Add(life))}
		old, there, err := replyAbout(ctx, r, now.Add(renew))
		if err != nil || there {
			r = old
			return err
		}
		return insertReply(ctx, r)
	})
	if err != nil {
		return "", err
	}
	return s.Name + "+" + r.ID + b32.EncodeToString(s.Secrets.Sign(r.ID, sealAbout)[:signed]) + "@" + s.Domain, nil
}

// about reads what a notice is about: a message of a room, or a topic.
func about(kind, id string) (object string, seq int64, ok bool) {
	switch kind {
	case kindRoom:
		object, n, _ := strings.Cut(id, ".")
		seq, err := strconv.ParseInt(n, 10, 64)
		return object, seq, err == nil && seq > 0 && object != ""
	case kindTopic:
		return id, 0, id != ""
	}
	return "", 0, false
}

// Said is what a notice is about, as its reader may read it now.
// Codes: NotFound.
func (s *Service) Said(ctx context.Context, reader access.Actor, n notify.Notice) (string, error) {
	object, seq, ok := about(n.SubjectKind, n.SubjectID)
	switch {
	case !ok:
		return "", fault.New(fault.NotFound, "error.not_found")
	case n.SubjectKind == kindTopic:
		return s.Forum.Said(ctx, reader, forum.TopicID(object), forum.PostID(n.Args["post"]))
	}
	m, err := s.Rooms.One(ctx, reader, room.ID(object), seq)
	return m.Text, err
}

// Reply is an address that is good.
type Reply struct {
	row    replyRow
	bounce bool // of a mail that may come back
}

// Known reads the address a mail is for. Which of its faults it has, nobody is told.
// Codes: NotFound (not ours, not made here, run out, or its person has left).
func (s *Service) Known(ctx context.Context, address string) (Reply, error) {
	none := fault.New(fault.NotFound, "error.not_found")
	local, domain, ok := strings.Cut(strings.ToLower(address), "@")
	name, token, ours := strings.Cut(local, "+")
	if !ok || !ours || name != s.Name && name != anyName || domain != s.Domain || s.Domain == "" || len(token) != 26+b32.EncodedLen(signed) {
		return Reply{}, none
	}
	id := token[:26]
	proof, err := b32.DecodeString(token[26:])
	if err == nil && db.ValidID(id) && s.Bounces != nil && s.Secrets.Signed(proof, id, sealBounce) {
		return s.bounce(ctx, id)
	}
	if err != nil || !db.ValidID(id) || !s.Secrets.Signed(proof, id, sealAbout) {
		return Reply{}, none
	}
	var r replyRow
	err = s.DB.View(ctx, func(ctx context.Context) (err error) {
		r, err = readReply(ctx, id)
		if err == nil && r.Expires <= db.Micros(db.Now(ctx)) {
			err = none
		}
		return err
	})
	if err != nil {
		return Reply{}, err
	}
	if _, there, err := s.person(ctx, r.OrgID, r.PersonID); err != nil || !there {
		if err == nil {
			err = none
		}
		return Reply{}, err
	}
	return Reply{row: r}, nil
}

// person finds a present person of a company.
func (s *Service) person(ctx context.Context, org, id string) (account.Colleague, bool, error) {
	all, err := s.People.People(ctx, org)
	if err != nil {
		return account.Colleague{}, false, err
	}
	i := slices.IndexFunc(all, func(c account.Colleague) bool { return c.ID == id && c.Org == org })
	if i < 0 {
		return account.Colleague{}, false, nil
	}
	return all[i], true, nil
}

// Take keeps a mail for each address it came to, before the door says yes. nobody says
// that it has no sender to answer (RFC 5321 section 4.5.5). One that is kept already is
// passed over.
// Codes: Invalid (no mail), RateLimited (the person sends too many).
func (s *Service) Take(ctx context.Context, to []Reply, nobody bool, raw []byte) error {
	return s.take(ctx, to, nobody, raw, int64(len(raw)))
}

// take is Take of a mail of some size, of which raw may be the head alone.
func (s *Service) take(ctx context.Context, to []Reply, nobody bool, raw []byte, size int64) error {
	id, ok := letter.ID(raw)
	if !ok {
		return fault.New(fault.Invalid, "mailin.unreadable")
	}
	to, err := s.returned(ctx, to, raw)
	if err != nil || len(to) == 0 {
		return err
	}
	key := sha256.Sum256([]byte(id))
	if id == "" {
		key = sha256.Sum256(raw)
	}
	var orgs []string
	for _, r := range to {
		if !slices.Contains(orgs, r.row.OrgID) {
			orgs = append(orgs, r.row.OrgID)
		}
	}
	return s.DB.InTx(db.WithOrgs(ctx, orgs...), func(ctx context.Context) error {
		now := db.Now(ctx)
		for _, r := range to {
			m := inRow{ID: db.NewID(), ReplyID: r.row.ID, OrgID: r.row.OrgID, PersonID: r.row.PersonID, MessageKey: hex.EncodeToString(key[:]), Size: size, Raw: raw, State: string(Received), Received: db.Micros(now)}
			if nobody {
				m.Nobody = 1
			}
			made, err := insertIn(ctx, m)
			if err != nil {
				return err
			}
			if !made {
				continue
			}
			n, err := countIn(ctx, r.row.PersonID, now.Add(-time.Hour))
			if err != nil {
				return err
			}
			if n > perHour {
				return fault.New(fault.RateLimited, "error.rate_limited")
			}
			if err := s.Jobs.Enqueue(ctx, job.Job{Kind: JobKind, Args: ref{m.ID}, Unique: true}); err != nil {
				return err
			}
		}
		return nil
	})
}

// ref names a mail in a job.
type ref struct {
	ID string `json:"id"`
}

// List returns the latest mails that came in for the actor's company, the newest first.
// Codes: Unauthenticated, NotFound, Forbidden (not an admin).
func (s *Service) List(ctx context.Context, actor access.Actor) ([]Incoming, error) {
	if err := access.Check(actor, access.MailRead, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	var out []Incoming
	err := s.DB.View(account.Acting(ctx, actor), func(ctx context.Context) (err error) {
		out, err = listIn(ctx, actor.Org, listed)
		return err
	})
	return out, err
}

// Sweep forgets mails and addresses that are long over. A scheduled job of the machine.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error { return sweep(ctx, db.Now(ctx).Add(-keepRows)) })
}
