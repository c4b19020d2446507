// Package notify keeps what each person is told: notices in the portal, one per
// person, company and occasion, unread until marked.
//
// A notice holds a kind and values, never a sentence; portal/locale has the
// words in the reader's language. Notices are written by subscribers of events,
// in their transaction, and are idempotent by the dedupe key.
package notify

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"entente/db"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

// Limits of a notice.
const (
	maxArgs  = 4 << 10 // bytes of its values as JSON
	maxWord  = 64      // bytes of a kind or subject kind
	maxKey   = 120     // bytes of a dedupe key
	pageRows = 50
	mostRows = 200
)

// Target is one person in one company.
type Target struct{ Org, Person string }

// Notice is what somebody is told.
type Notice struct {
	ID          string
	Org, Person string
	Kind        string            // such as "order.received"
	Dedupe      string            // one notice per company, person and key: the id of the event
	Args        map[string]string // values of its sentence
	SubjectKind string            // what it is about: "order"
	SubjectID   string
	Urgent      bool
	Reason      string // why this person is told: one of the Reasons, or ForRole
	At          time.Time
	Seen        time.Time // zero: unread
}

// Why somebody is told.
const (
	ReasonCover = "cover" // stands in for a colleague who is away
	ReasonAdmin = "admin" // nobody of the company holds the role it is for
	ReasonNamed = "named" // a message names the person
	ReasonWatch = "watch" // the person follows what it is about
	ReasonAsked = "asked" // it waits for the person's decision
	ReasonYours = "yours" // the person asked for it, or it was given to them
)

// Reasons lists them.
var Reasons = []string{ReasonCover, ReasonAdmin, ReasonNamed, ReasonWatch, ReasonAsked, ReasonYours}

// ForRole is the reason of who holds a role.
func ForRole(r access.Role) string { return "role." + string(r) }

// Filter chooses groups. Unread: only those with something unread. After is a cursor of an earlier page.
type Filter struct {
	Unread bool
	After  string
	Limit  int // 1 to 200, 0 = 50
}

// Count is how many notices are unread, and how many of them are urgent.
type Count struct{ Unread, Urgent int }

// CountMost is how far a Count is shown as a number: of more it says that there are more.
const CountMost = 99

// Service keeps notices.
type Service struct {
	db      *db.DB
	changed func(person string) // what a person is told has changed
	devices Devices             // nil: nobody has one
	sight   Sight               // nil: whoever was told sees what it is about
	judged  []string            // the kinds of subjects of which it is asked
}

// Subject is what a notice is about: of a message in a room the room.
type Subject struct{ Kind, ID string }

// Sight tells what a reader sees now. It is a port: whoever keeps rooms and topics knows.
type Sight interface {
	// Lost are those of some subjects that the reader may not see.
	Lost(ctx context.Context, reader access.Actor, of []Subject) (map[Subject]bool, error)
}

// Judge says who is asked, at each reading, whether what notices of some kinds are about may
// still be seen: a notice about anything else is neither shown nor counted.
func (s *Service) Judge(by Sight, kinds ...string) { s.sight, s.judged = by, kinds }

// InSight are those of some notices of one person whose objects the reader, who is that
// person, may see now: for whoever tells them by another way than the inbox.
func (s *Service) InSight(ctx context.Context, reader access.Actor, list []Notice) ([]Notice, error) {
	if s.sight == nil {
		return list, nil
	}
	abouts := make([]string, len(list))
	for i, n := range list {
		abouts[i] = aboutOf(n.SubjectKind, n.SubjectID)
	}
	lost, err := s.lost(ctx, reader, abouts)
	if err != nil || len(lost) == 0 {
		return list, err
	}
	return slices.DeleteFunc(slices.Clone(list), func(n Notice) bool { return lost[aboutOf(n.SubjectKind, n.SubjectID)] }), nil
}

// errAsk ends a transaction that met notices of which nobody was asked yet.
var errAsk = errors.New("notify: not asked yet")

// Apart runs do, which takes notices and settles them in a transaction, and asks of what it
// takes outside of it: whoever judges may be slow, and others wait for the transaction. do
// hands what it took to told, which gives back what of it may be told, or an error that ends the
// transaction; ask then says it of those of which it was not asked before, and do runs again.
func Apart(ctx context.Context, ask func(ctx context.Context, list []Notice) (told []Notice, err error), do func(ctx context.Context, told func(list []Notice) ([]Notice, error)) error) error {
	asked := map[string]bool{} // whether it may be told
	for range 5 {              // what is told meanwhile is met by the next
		var fresh []Notice
		err := do(ctx, func(list []Notice) (out []Notice, err error) {
			fresh = nil
			for _, n := range list {
				switch tell, known := asked[n.ID]; {
				case !known:
					fresh, err = append(fresh, n), errAsk
				case tell:
					out = append(out, n)
				}
			}
			return out, err
		})
		if len(fresh) == 0 {
			return err
		}
		told, err := ask(ctx, fresh)
		if err != nil {
			return err
		}
		for _, n := range fresh {
			asked[n.ID] = false
		}
		for _, n := range told {
			asked[n.ID] = true
		}
	}
	return fault.Wrap(errAsk, fault.Unavailable, "error.unavailable")
}

// lost are the keys of the objects among some that the reader may not see.
func (s *Service) lost(ctx context.Context, reader access.Actor, abouts []string) (map[string]bool, error) {
	var of []Subject
	had := map[Subject]bool{}
	for _, a := range abouts {
		if kind, id, ok := strings.Cut(a, "/"); ok && slices.Contains(s.judged, kind) && !had[Subject{kind, id}] {
			had[Subject{kind, id}] = true
			of = append(of, Subject{kind, id})
		}
	}
	if len(of) == 0 {
		return nil, nil
	}
	gone, err := s.sight.Lost(ctx, reader, of)
	out := map[string]bool{}
	for x := range gone {
		out[x.Kind+"/"+x.ID] = true
	}
	return out, err
}

// NewService makes the service.
func NewService(d *db.DB) *Service { return &Service{db: d, changed: func(string) {}} }

// Live says who is to be told, after each commit, that a person's notices changed.
func (s *Service) Live(changed func(person string)) { s.changed = changed }

// touch tells the person's open pages, once the transaction is committed.
func (s *Service) touch(ctx context.Context, person string) {
	db.AfterCommit(ctx, func() { s.changed(person) })
}

// own checks that the actor is a person of a company; notices are for one's own
// eyes, and not for an API token without the scope.
func own(a access.Actor) error {
	if err := access.Check(a, access.NoticeOwn, access.Own(a.Org)); err != nil {
		return err
	}
	if a.Person == "" {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return nil
}

// ownWrite is own for what changes something.
func ownWrite(a access.Actor) error {
	if err := own(a); err != nil {
		return err
	}
	return access.Check(a, access.NoticeWrite, access.Own(a.Org))
}

// Tell writes a notice for each target, who must be of the actor's company. It
// is for subscribers: system actors. It joins the transaction of ctx; a target
// that was told under the same dedupe key is passed over, and who does not want to
// hear of it: of its topic, or of its subject when it is not urgent.
// Codes: NotFound (not a system actor, or a target of another company), Invalid.
func (s *Service) Tell(ctx context.Context, actor access.Actor, to []Target, n Notice) error {
	if !strings.HasPrefix(actor.Via, "system:") || slices.ContainsFunc(to, func(t Target) bool { return t.Org != actor.Org || t.Person == "" }) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	args := n.Args
	if args == nil {
		args = map[string]string{}
	}
	raw, err := json.Marshal(args)
	switch {
	case err != nil:
		return fault.Wrap(err, fault.Internal, "error.internal")
	case n.Kind == "" || len(n.Kind) > maxWord || len(n.SubjectKind) > maxWord || len(n.Reason) > maxWord || n.Dedupe == "" || len(n.Dedupe) > maxKey || len(raw) > maxArgs || !utf8.Valid(raw):
		return fault.New(fault.Invalid, "notice.wrong", "kind", n.Kind)
	}
	if len(to) == 0 {
		return nil
	}
	return s.db.InTx(account.Acting(ctx, actor), func(ctx context.Context) error {
		now := db.Micros(db.Now(ctx))
		people := make([]string, len(to))
		for i, t := range to {
			people[i] = t.Person
		}
		off, err := offFor(ctx, actor.Org, people, Topic(n.Kind), aboutOf(n.SubjectKind, n.SubjectID))
		if err != nil {
			return err
		}
		with, err := s.having(ctx, actor.Org, people)
		if err != nil {
			return err
		}
		rows := make([]noticeRow, 0, len(to))
		for _, t := range to {
			if slices.ContainsFunc(rows, func(r noticeRow) bool { return r.PersonID == t.Person }) {
				continue
			}
			not := off[t.Person]
			if not[WayInbox] && not[WayMail] || not[wayAll] && !n.Urgent {
				continue
			}
			r := noticeRow{OrgID: t.Org, ID: db.NewID(), PersonID: t.Person, Kind: n.Kind, Dedupe: n.Dedupe, Args: string(raw),
				SubjectKind: n.SubjectKind, SubjectID: n.SubjectID, Urgent: n.Urgent, Reason: n.Reason, Happened: now, Place: now}
			if r.About = aboutOf(n.SubjectKind, n.SubjectID); r.About == "" {
				r.About = r.ID
			}
			if not[WayInbox] {
				r.Done = now // unseen still: it is mailed
			}
			if not[WayMail] {
				r.Mailed = mailSettled
			}
			if r.Pushed = 1; with[t.Person] && !not[WayPush] {
				r.Pushed = 0
			}
			rows = append(rows, r)
			s.touch(ctx, t.Person)
		}
		if len(rows) == 0 {
			return nil
		}
		return insertNew(ctx, rows)
	})
}

// Unread counts the actor's own unread notices in the actor's company, without those
// put off and those about what he may not see any more. Of many only the newest 200 are
// looked at: see CountMost.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Unread(ctx context.Context, actor access.Actor) (Count, error) {
	if err := own(actor); err != nil {
		return Count{}, err
	}
	var rows []unreadRow
	err := s.db.View(account.Acting(ctx, actor), func(ctx context.Context) (err error) {
		rows, err = unreadOf(ctx, actor.Org, actor.Person)
		return err
	})
	if err != nil {
		return Count{}, err
	}
	var abouts []string
	for _, r := range rows {
		if s.sight != nil && slices.Contains(s.judged, r.SubjectKind) {
			abouts = append(abouts, r.About)
		}
	}
	lost, err := s.lost(ctx, actor, abouts)
	var c Count
	for _, r := range rows {
		if lost[r.About] {
			continue
		}
		c.Unread += r.N
		if r.Urgent {
			c.Urgent += r.N
		}
	}
	return c, err
}

// MarkSeen marks some of the actor's own notices as read; ids of others are as
// unknown ones. Safe to repeat.
// Codes: Unauthenticated, NotFound (none of them is the actor's), Forbidden, Invalid.
func (s *Service) MarkSeen(ctx context.Context, actor access.Actor, ids ...string) error {
	if err := ownWrite(actor); err != nil {
		return err
	}
	if len(ids) == 0 || len(ids) > mostRows {
		return fault.InvalidField("id", "form.out_of_range")
	}
	return s.db.InTx(account.Acting(ctx, actor), func(ctx context.Context) error {
		mine, err := countOf(ctx, actor.Org, actor.Person, ids)
		if err != nil {
			return err
		}
		if mine == 0 {
			return fault.New(fault.NotFound, "error.not_found")
		}
		s.touch(ctx, actor.Person)
		return markSeen(ctx, actor.Org, actor.Person, ids, time.Time{})
	})
}

// MarkOne is MarkSeen of one notice.
func (s *Service) MarkOne(ctx context.Context, actor access.Actor, id string) error {
	return s.MarkSeen(ctx, actor, id)
}

// MarkAllSeen marks the actor's notices in the actor's company up to an instant
// as read; the zero time means up to now.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) MarkAllSeen(ctx context.Context, actor access.Actor, upTo time.Time) error {
	if err := ownWrite(actor); err != nil {
		return err
	}
	return s.db.InTx(account.Acting(ctx, actor), func(ctx context.Context) error {
		if upTo.IsZero() {
			upTo = db.Now(ctx)
		}
		s.touch(ctx, actor.Person)
		return markSeen(ctx, actor.Org, actor.Person, nil, upTo)
	})
}

// MarkSubjectSeen marks the actor's notices about a subject as read: its page
// was opened. What was put off stays so.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) MarkSubjectSeen(ctx context.Context, actor access.Actor, kind, id string) error {
	if err := ownWrite(actor); err != nil {
		return err
	}
	any := false
	err := s.db.View(account.Acting(ctx, actor), func(ctx context.Context) (err error) {
		any, err = unreadAbout(ctx, actor.Org, actor.Person, kind, id)
		return err
	})
	if err != nil || !any {
		return err
	}
	return s.db.InTx(account.Acting(ctx, actor), func(ctx context.Context) error {
		s.touch(ctx, actor.Person)
		return markSubject(ctx, actor.Org, actor.Person, kind, id)
	})
}
