package notify

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

// Pile is a part of the centre.
type Pile string

// The piles: what is open, what was put off, what was done with or is not wanted in the
// inbox.
const (
	Open    Pile = "open"
	Snoozed Pile = "snoozed"
	Done    Pile = "done"
)

// Piles lists them.
var Piles = []Pile{Open, Snoozed, Done}

// groupRows of a group are shown, the newest; maxSnooze is how far one may put off.
const (
	groupRows = 5
	maxSnooze = 90 * 24 * time.Hour
)

// Group is what a person is told about one object, the newest first.
type Group struct {
	Notices []Notice // at most groupRows
	N       int      // how many there are
	Unread  int
	Urgent  bool
	Until   time.Time // put off until then
	Muted   bool      // the person is told nothing more about the object but what is urgent
	CanMute bool      // it is about an object
}

// aboutOf is the key of what a notice is about: messages of one room are one; "" where it
// is about nothing that has a name.
func aboutOf(kind, id string) string {
	if kind == "" || id == "" {
		return ""
	}
	if kind == "chat" {
		id, _, _ = strings.Cut(id, ".")
	}
	return kind + "/" + id
}

// Groups returns a pile of the actor's own notices by object, without objects that he may not
// see any more: a page may be shorter for them. next is empty on the last page.
// Codes: Unauthenticated, NotFound, Forbidden (a token without the scope), Invalid.
func (s *Service) Groups(ctx context.Context, actor access.Actor, pile Pile, f Filter) (groups []Group, next string, err error) {
	if err := own(actor); err != nil {
		return nil, "", err
	}
	if pile == "" {
		pile = Open
	}
	if !slices.Contains(Piles, pile) {
		return nil, "", fault.InvalidField("pile", "form.choice_wrong")
	}
	if f.Limit == 0 {
		f.Limit = pageRows
	}
	if f.Limit < 1 || f.Limit > mostRows {
		return nil, "", fault.InvalidField("limit", "form.out_of_range")
	}
	after, err := parseCursor(f.After)
	if err != nil {
		return nil, "", err
	}
	err = s.db.View(account.Acting(ctx, actor), func(ctx context.Context) error {
		groups, next, err = groupsOf(ctx, actor.Org, actor.Person, pile, f.Unread, after, f.Limit)
		return err
	})
	if err != nil || s.sight == nil {
		return groups, next, err
	}
	about := func(g Group) string { return aboutOf(g.Notices[0].SubjectKind, g.Notices[0].SubjectID) }
	abouts := make([]string, len(groups))
	for i, g := range groups {
		abouts[i] = about(g)
	}
	lost, err := s.lost(ctx, actor, abouts)
	if err != nil {
		return nil, "", err
	}
	return slices.DeleteFunc(groups, func(g Group) bool { return lost[about(g)] }), next, nil
}

// mineTo does something to the group of one of the actor's own notices.
func (s *Service) mineTo(ctx context.Context, actor access.Actor, id string, do func(ctx context.Context, n noticeRow) error) error {
	if err := ownWrite(actor); err != nil {
		return err
	}
	return s.db.InTx(account.Acting(ctx, actor), func(ctx context.Context) error {
		n, err := oneOf(ctx, actor.Org, actor.Person, id)
		if err != nil {
			return err
		}
		s.touch(ctx, actor.Person)
		return do(ctx, n)
	})
}

// Finish puts what the actor was told about an object, up to the notice named and in its
// pile, with what is done. Safe to repeat; what came later stays open.
// Codes: Unauthenticated, NotFound (not the actor's own), Forbidden.
func (s *Service) Finish(ctx context.Context, actor access.Actor, id string) error {
	return s.mineTo(ctx, actor, id, func(ctx context.Context, n noticeRow) error { return finish(ctx, pileOf(ctx, n)) })
}

// Reopen takes back Finish, or Snooze of what is put off; each leaves the other as it is.
// Codes: Unauthenticated, NotFound (not the actor's own), Forbidden.
func (s *Service) Reopen(ctx context.Context, actor access.Actor, id string) error {
	return s.mineTo(ctx, actor, id, reopen)
}

// Snooze puts an object's open notices off: until then they count nowhere and are not
// mailed, then they are unread and at the top.
// Codes: Unauthenticated, NotFound (not the actor's own), Forbidden, Invalid.
func (s *Service) Snooze(ctx context.Context, actor access.Actor, id string, until time.Time) error {
	return s.mineTo(ctx, actor, id, func(ctx context.Context, n noticeRow) error {
		if now := db.Now(ctx); !until.After(now) || until.After(now.Add(maxSnooze)) {
			return fault.InvalidField("until", "form.out_of_range")
		}
		return snooze(ctx, n, until)
	})
}

// Mute ends what the actor is told about an object, but for what is urgent; off takes it
// back. What is open is done with.
// Codes: Unauthenticated, NotFound (not the actor's own), Forbidden, Conflict (about
// nothing).
func (s *Service) Mute(ctx context.Context, actor access.Actor, id string, on bool) error {
	return s.mineTo(ctx, actor, id, func(ctx context.Context, n noticeRow) error {
		if n.About == n.ID {
			return fault.New(fault.Conflict, "notice.about_nothing")
		}
		row := offRow{OrgID: n.OrgID, PersonID: n.PersonID, Topic: n.About, Way: wayAll}
		if !on {
			return dropOff(ctx, row)
		}
		if err := saveOff(ctx, []offRow{row}); err != nil {
			return err
		}
		return finish(ctx, groupOf(ctx, n))
	})
}
