// Package notify is the notification centre: what each person is told in each of
// their companies, and what they have seen. A notice holds a kind and values for
// its sentence, never the sentence; the words live in portal/locale under
// "notice.<kind>".
package notify

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// Target is a person in one company.
type Target struct{ Org, Person string }

// Notice is something to be told. Dedupe makes it one notice for each person
// however often it is sent: the id of the event it came from.
type Notice struct {
	Kind        string
	Args        map[string]string
	SubjectKind string
	SubjectID   string
	Urgent      bool
	Dedupe      string
}

// Told is a notice as its reader sees it. Seen is zero while it is unread.
type Told struct {
	ID string
	Notice
	At   time.Time
	Seen time.Time
}

// Filter narrows the inbox. Limit is 1 to 200, default 50.
type Filter struct {
	Unread bool
	After  string
	Limit  int
}

// Page is a page of notices, newest first.
type Page struct {
	Items []Told
	Next  string
}

// Service keeps notices.
type Service struct{ db *db.DB }

// NewService makes the service.
func NewService(d *db.DB) *Service { return &Service{d} }

// Tell writes a notice for each target, once per person and Dedupe. It is for
// system actors of the targets' company, inside the transaction of a subscriber.
// Codes: NotFound (not a system actor, or a target of another company).
func (s *Service) Tell(ctx context.Context, actor access.Actor, to []Target, n Notice) error {
	if !strings.HasPrefix(actor.Via, "system:") {
		return fault.New(fault.NotFound, "error.not_found")
	}
	if len(to) == 0 {
		return nil
	}
	for _, t := range to {
		if t.Org != actor.Org || t.Person == "" {
			return fault.New(fault.NotFound, "error.not_found")
		}
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		now := db.Micros(db.Now(ctx))
		rows := make([]noticeRow, len(to))
		for i, t := range to {
			rows[i] = noticeRow{OrgID: t.Org, ID: db.NewID(), PersonID: t.Person, Kind: n.Kind, Dedupe: n.Dedupe, Args: encode(n.Args), SubjectKind: n.SubjectKind, SubjectID: n.SubjectID, Urgent: n.Urgent, Happened: now}
		}
		return insert(ctx, rows)
	})
}

// own checks that the actor is a person reading for themselves.
func own(actor access.Actor) error {
	if err := access.Check(actor, access.NoticeOwn, access.Own(actor.Org)); err != nil {
		return err
	}
	if actor.Person == "" {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return nil
}

// List returns the actor's own notices in the actor's company, newest first.
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) (p Page, err error) {
	if err := own(actor); err != nil {
		return Page{}, err
	}
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	at, id, err := cursor(f.After)
	if err != nil {
		return Page{}, err
	}
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		rows, err := list(ctx, actor.Org, actor.Person, f.Unread, at, id, f.Limit+1)
		if err != nil {
			return err
		}
		if len(rows) > f.Limit {
			rows = rows[:f.Limit]
			last := rows[f.Limit-1]
			p.Next = base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%s", last.Happened, last.ID))
		}
		for _, r := range rows {
			p.Items = append(p.Items, r.told())
		}
		return nil
	})
	return p, err
}

func cursor(s string) (int64, string, error) {
	if s == "" {
		return 0, "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(s)
	var at int64
	var id string
	if err == nil {
		_, err = fmt.Sscanf(strings.Replace(string(raw), ".", " ", 1), "%d %s", &at, &id)
	}
	if err != nil || at <= 0 || !db.ValidID(id) {
		return 0, "", fault.InvalidField("after", "form.cursor")
	}
	return at, id, nil
}

// Unread counts the actor's unread notices, at most 100.
func (s *Service) Unread(ctx context.Context, actor access.Actor) (n int, err error) {
	if err := own(actor); err != nil {
		return 0, err
	}
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		n, err = unread(ctx, actor.Org, actor.Person)
		return err
	})
	return n, err
}

// See marks one notice of the actor as read. Safe to repeat. Codes: NotFound.
func (s *Service) See(ctx context.Context, actor access.Actor, id string) error {
	if err := own(actor); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		done, err := see(ctx, actor.Org, actor.Person, id)
		if err == nil && !done {
			return fault.New(fault.NotFound, "error.not_found")
		}
		return err
	})
}

// SeeAll marks every notice of the actor in the actor's company as read.
func (s *Service) SeeAll(ctx context.Context, actor access.Actor) error {
	if err := own(actor); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		return seeAll(ctx, actor.Org, actor.Person)
	})
}
