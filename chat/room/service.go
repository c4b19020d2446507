package room

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"

	"entente/chat/attach"
	"entente/db"
	"entente/db/blob"
	"entente/prm/access"
	"entente/prm/fault"
)

// Service keeps rooms. Every exported method checks access first; what the
// actor may not see is NotFound.
type Service struct {
	db     *db.DB
	people People
	gate   Gate
	pub    Publisher
	events Events
	blobs  *blob.Store
	scan   attach.Scanner

	partners Partners
	bots     botBuckets
	sending  keys // of messages

	indexed atomic.Bool // every message is findable
}

// Deps are the ports of the service. Gate nil means OpenGate, Publisher nil
// means Silent.
type Deps struct {
	People    People
	Gate      Gate
	Publisher Publisher
	Events    Events         // nil: nobody is told of mentions
	Blobs     *blob.Store    // nil: no files
	Scan      attach.Scanner // nil: files are not scanned
	Partners  Partners       // nil: free rooms are of one company only
}

// NewService makes the service.
func NewService(d *db.DB, deps Deps) *Service {
	s := &Service{db: d, people: deps.People, gate: deps.Gate, pub: deps.Publisher, events: deps.Events, blobs: deps.Blobs, scan: deps.Scan, partners: deps.Partners}
	if s.gate == nil {
		s.gate = OpenGate{}
	}
	if s.pub == nil {
		s.pub = Silent{}
	}
	return s
}

// Publish sets who is told after a commit. It is called once while wiring,
// before the first message, because the live side needs the service as well.
func (s *Service) Publish(p Publisher) { s.pub = p }

var (
	errNotFound = fault.New(fault.NotFound, "error.not_found")
	errReadOnly = fault.New(fault.Conflict, "room.read_only")
)

// see is the check of every method about one room: the company is in it, the
// role may read rooms and see the subject.
func (s *Service) see(ctx context.Context, actor access.Actor, act access.Action, r Room) error {
	gated, err := s.sees(actor, act, r)
	if gated {
		err = s.asks(ctx, actor, r)
	}
	return err
}

func system(a access.Actor) bool { return strings.HasPrefix(a.Via, "system:") }

// load reads a room and checks it, inside a transaction.
func (s *Service) load(ctx context.Context, actor access.Actor, act access.Action, id ID) (Room, error) {
	if !actor.Known() {
		return Room{}, fault.New(fault.Unauthenticated, "error.signed_out")
	}
	r, err := readRoom(ctx, id)
	if err != nil {
		return Room{}, err
	}
	return r, s.see(ctx, actor, act, r)
}

// Get returns a room.
// Codes: NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, id ID) (Room, error) {
	var r Room
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		r, err = s.load(ctx, actor, access.RoomRead, id)
		return err
	})
	if err != nil {
		return Room{}, err
	}
	return r, nil
}

// BySubject returns the room about a subject.
// Codes: NotFound.
func (s *Service) BySubject(ctx context.Context, actor access.Actor, subject Subject) (Room, error) {
	var r Room
	err := s.view(ctx, actor, func(ctx context.Context) error {
		if !actor.Known() {
			return fault.New(fault.Unauthenticated, "error.signed_out")
		}
		id, err := findSubject(ctx, subject)
		if err != nil {
			return err
		}
		r, err = s.load(ctx, actor, access.RoomRead, id)
		return err
	})
	if err != nil {
		return Room{}, err
	}
	return r, nil
}

// BySubjects returns the rooms of the actor's company about many subjects of one
// kind, in one query; those he may not see are absent.
// Codes: Unauthenticated, Forbidden, Invalid (more than 200).
func (s *Service) BySubjects(ctx context.Context, actor access.Actor, kind string, ids []string) (map[string]ID, error) {
	scope, err := access.List(actor, access.RoomRead)
	if err != nil {
		return nil, err
	}
	if len(ids) > MaxHistory || kind == KindFree {
		return nil, fault.New(fault.Invalid, "form.invalid").With("ids", "form.too_many", "most", MaxHistory)
	}
	var found map[string]ID
	if len(ids) > 0 {
		err = s.view(ctx, actor, func(ctx context.Context) error {
			found, err = findSubjects(ctx, scope.Org(), kind, ids)
			return err
		})
	}
	for id := range found {
		if s.gate.MaySee(ctx, actor, Subject{Kind: kind, ID: id}) != nil {
			delete(found, id)
		}
	}
	return found, err
}

// EnsureRoom returns the room about spec.Subject, makes it when there is none
// and adds companies that are missing in it. It is for system actors acting for
// one of the companies: a person never makes a room in this way. Safe to repeat,
// also at the same time.
// Codes: NotFound (not a system actor, or its company is not in the room), Invalid.
func (s *Service) EnsureRoom(ctx context.Context, actor access.Actor, spec Spec) (Room, error) {
	if !system(actor) || !slices.Contains(spec.Orgs, actor.Org) {
		return Room{}, errNotFound
	}
	if spec.Subject.Kind == "" || spec.Subject.ID == "" {
		return Room{}, fault.InvalidField("subject", "room.subject_missing")
	}
	orgs := slices.Clone(spec.Orgs)
	slices.Sort(orgs)
	orgs = slices.Compact(orgs)
	if len(orgs) > maxRoomOrgs || slices.Contains(orgs, "") {
		return Room{}, fault.InvalidField("orgs", "room.orgs_wrong")
	}
	var r Room
	err := s.db.InTx(db.WithOrgs(ctx, orgs...), func(ctx context.Context) error {
		row, made, err := ensureRoom(ctx, spec.Subject, spec.Title)
		if err != nil {
			return err
		}
		if err := addOrgs(ctx, ID(row.ID), orgs...); err != nil {
			return err
		}
		if made {
			r = row.room(orgs)
			db.Know(ctx, freshKey(r.ID), nil, r)
			return nil
		}
		r, err = readRoom(ctx, ID(row.ID))
		return err
	})
	if err != nil {
		return Room{}, err
	}
	return r, nil
}

// freshKey is what a transaction knows a room by that it has just made: nobody else sees
// it, and nothing was said in it.
func freshKey(id ID) string { return "room.fresh:" + string(id) }

// Enter notes that the actor opened the room and returns where it stands. From
// then on the room counts for his unread figures and notices.
// Codes: NotFound.
func (s *Service) Enter(ctx context.Context, actor access.Actor, id ID) (Room, error) {
	r, err := s.Get(ctx, actor, id)
	if err != nil || actor.Person == "" {
		return r, err
	}
	var known bool
	err = s.view(ctx, actor, func(ctx context.Context) (err error) {
		_, known, err = readMark(ctx, id, actor.Person, actor.Org)
		return err
	})
	if err != nil || known {
		return r, err
	}
	// history before the first visit is not unread
	err = s.change(ctx, actor, func(ctx context.Context) error {
		return enter(ctx, id, actor.Person, actor.Org, r.LastSeq)
	})
	if err != nil {
		return Room{}, err
	}
	return r, nil
}

// Read moves the actor's read mark to seq; it never moves back nor beyond the
// last message. Entering is implied.
// Codes: NotFound.
func (s *Service) Read(ctx context.Context, actor access.Actor, id ID, seq int64) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		r, err := s.load(ctx, actor, access.RoomRead, id)
		if err != nil || actor.Person == "" {
			return err
		}
		return enter(ctx, id, actor.Person, actor.Org, min(max(seq, 0), r.LastSeq))
	})
}

// Mark returns how far the actor has read, and whether he ever entered.
// Codes: NotFound.
func (s *Service) Mark(ctx context.Context, actor access.Actor, id ID) (seq int64, entered bool, err error) {
	err = s.view(ctx, actor, func(ctx context.Context) error {
		if _, err := s.load(ctx, actor, access.RoomRead, id); err != nil {
			return err
		}
		seq, entered, err = readMark(ctx, id, actor.Person, actor.Org)
		return err
	})
	return seq, entered, err
}

// History returns a part of the conversation in ascending order.
// Codes: NotFound, Invalid (limit).
func (s *Service) History(ctx context.Context, actor access.Actor, id ID, w Window) ([]Message, error) {
	if w.Limit == 0 {
		w.Limit = 50
	}
	var out []Message
	err := s.view(ctx, actor, func(ctx context.Context) error {
		if _, err := s.load(ctx, actor, access.RoomRead, id); err != nil {
			return err
		}
		if w.Limit < 1 || w.Limit > MaxHistory || w.After < 0 || w.Before < 0 {
			return fault.InvalidField("limit", "form.out_of_range")
		}
		var err error
		if out, err = history(ctx, id, w); err != nil {
			return err
		}
		if err := dress(ctx, id, out); err != nil {
			return err
		}
		return adorn(ctx, id, out)
	})
	if err != nil {
		return nil, err
	}
	return out, s.name(ctx, out)
}

// People lists the present people of the room's companies. It is how one person
// may learn of another: only through a shared room.
// Codes: NotFound.
func (s *Service) People(ctx context.Context, actor access.Actor, id ID) ([]Person, error) {
	r, err := s.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	staff, err := s.people.Staff(ctx, r.Orgs)
	return slices.DeleteFunc(staff, func(p Person) bool {
		return r.barred(access.Actor{Person: p.ID, Org: p.Org, Roles: p.Roles})
	}), err
}

// SetReadOnly closes or opens a room for posting, for the end or the revival of
// a partnership. System actors of one of the companies only; safe to repeat.
// Codes: NotFound.
func (s *Service) SetReadOnly(ctx context.Context, actor access.Actor, id ID, on bool) error {
	if !system(actor) {
		return errNotFound
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		if _, err := s.load(ctx, actor, access.RoomRead, id); err != nil {
			return err
		}
		return setReadOnly(ctx, id, on)
	})
}

// RemoveOrg takes a company out of a room; its open connections leave at once
// after the commit. What it wrote stays, and a hold of it goes on: its admins are told.
// Publishes EventHoldStays. System actors only; safe to repeat.
// Codes: NotFound.
func (s *Service) RemoveOrg(ctx context.Context, actor access.Actor, id ID, org string) error {
	if !system(actor) {
		return errNotFound
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		r, err := s.load(ctx, actor, access.RoomRead, id)
		if err != nil {
			return err
		}
		if slices.Contains(r.Orgs, org) {
			if err := s.leaveHold(ctx, r, org); err != nil {
				return err
			}
		}
		if err := removeOrg(ctx, id, org); err != nil {
			return err
		}
		db.AfterCommit(ctx, func() { s.pub.Left(id, org) })
		return nil
	})
}

// Filter narrows a list of rooms.
type Filter struct {
	Kind   string // kind of subject, "" = all
	Query  string // part of the title, any case
	Unread bool   // only rooms with unread messages
	Mine   bool   // only rooms the person entered
	Limit  int    // 1 to 200, 0 = 50
	After  string // cursor from an earlier answer
}

// List returns the rooms of the actor's company whose subject he may see, latest
// activity first, and the cursor of the next part ("" at the end). A part may be
// shorter than Limit where rooms were not for the actor.
// Codes: Unauthenticated, Forbidden, Invalid (limit, cursor).
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) ([]Listed, string, error) {
	scope, err := access.List(actor, access.RoomRead)
	if err != nil {
		return nil, "", err
	}
	if f.Limit == 0 {
		f.Limit = 50
	}
	if f.Limit < 1 || f.Limit > 200 {
		return nil, "", fault.InvalidField("limit", "form.out_of_range")
	}
	var out []Listed
	var next string
	err = s.view(ctx, actor, func(ctx context.Context) error {
		var rows []Listed
		if rows, next, err = listRooms(ctx, scope, actor.Person, f); err != nil {
			return err
		}
		for _, l := range rows {
			switch err := s.see(ctx, actor, access.RoomRead, l.Room); {
			case err == nil:
				out = append(out, l)
			case !fault.IsNotFound(err):
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	if err := s.nameLast(ctx, out); err != nil {
		return nil, "", err
	}
	return out, next, s.companies(ctx, out)
}

// Unread returns in how many rooms the actor has unread messages, for the
// counter in the menu. Only rooms he entered count.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Unread(ctx context.Context, actor access.Actor) (int, error) {
	scope, err := access.List(actor, access.RoomRead)
	if err != nil {
		return 0, err
	}
	n := 0
	err = s.view(ctx, actor, func(ctx context.Context) error {
		rooms, err := unreadRooms(ctx, scope, actor.Person)
		if err != nil {
			return err
		}
		for _, r := range rooms {
			switch err := s.see(ctx, actor, access.RoomRead, r); {
			case err == nil:
				n++
			case !fault.IsNotFound(err):
				return err
			}
		}
		return nil
	})
	return n, err
}

func (s *Service) view(ctx context.Context, actor access.Actor, fn func(context.Context) error) error {
	return s.db.View(db.WithOrgs(ctx, actor.Org), fn)
}

func (s *Service) change(ctx context.Context, actor access.Actor, fn func(context.Context) error) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), fn)
}
