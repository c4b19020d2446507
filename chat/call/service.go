package call

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"entente/chat/room"
	"entente/db"
	"entente/db/audit"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
)

// Service keeps calls. Every exported method checks access first; what the actor may
// not see is NotFound.
type Service struct {
	Deps
	db *db.DB
}

// Deps are what calls need. Rooms and People are required.
type Deps struct {
	Rooms  *room.Service
	People room.People
	Events room.Events // nil: nobody is told of a call that was missed
	// CanRelay says that there is a server through which calls go that find no direct way;
	// nil: there is none.
	CanRelay func() bool
	// Relay has all calls go through it, whatever companies choose.
	Relay bool

	Node      string    // unique name of this node
	Forwarder Forwarder // nil: this node forwards no calls
	Mesh      int       // how many send to each other before a call goes through the forwarder; default 4
	Most      int       // parties of a call that is forwarded; default 12
}

// New makes the service.
func New(d *db.DB, deps Deps) *Service {
	if deps.CanRelay == nil {
		deps.CanRelay = func() bool { return false }
	}
	if deps.Node == "" {
		deps.Node = "alone"
	}
	if deps.Mesh == 0 {
		deps.Mesh = 4
	}
	if deps.Most == 0 {
		deps.Most = 12
	}
	return &Service{Deps: deps, db: d}
}

var (
	errNotFound = fault.New(fault.NotFound, "error.not_found")
	errOver     = fault.New(fault.Conflict, "call.over")
)

// May checks that the actor may take part in calls of a room.
// Codes: NotFound, Forbidden (may read, not call), Conflict (the room is read-only).
func (s *Service) May(ctx context.Context, actor access.Actor, id room.ID) error {
	r, err := s.Rooms.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if actor.Person == "" {
		return errNotFound
	}
	if err := access.Check(actor, access.CallJoin, r.Resource()); err != nil {
		return err
	}
	if r.ReadOnly {
		return fault.New(fault.Conflict, "room.read_only")
	}
	return nil
}

// Begin begins a call in a room and takes part in it, or joins the one that runs.
// began says which. The beginning is a line of the room.
// Codes: those of May, Conflict (full; a company hides addresses, and there is no server for it).
func (s *Service) Begin(ctx context.Context, actor access.Actor, id room.ID, f Flags) (st State, me Peer, began bool, err error) {
	if err := s.May(ctx, actor, id); err != nil {
		return State{}, "", false, err
	}
	self, err := s.Rooms.Feed().Self(ctx, actor.Person, actor.Org)
	if err != nil {
		return State{}, "", false, err
	}
	r, err := s.Rooms.Feed().Room(ctx, id)
	if err != nil {
		return State{}, "", false, err
	}
	err = s.change(ctx, actor, func(ctx context.Context) error {
		c, there, err := lockOpen(ctx, id)
		if err != nil {
			return err
		}
		if began = !there; began {
			relay := s.Relay
			if !relay {
				if relay, err = s.hides(ctx, r.Orgs); err != nil {
					return err
				}
			}
			if c, began, err = insertCall(ctx, id, actor.Person, actor.Org, relay); err != nil {
				return err
			}
			if !began { // somebody else's came first
				if c, there, err = lockOpen(ctx, id); err == nil && !there {
					err = errOver
				}
				if err != nil {
					return err
				}
			}
		}
		if err := s.hide(ctx, &c, r.Orgs); err != nil {
			return err
		}
		if me, err = s.enter(ctx, &c, actor, f); err != nil {
			return err
		}
		if began {
			_, err = s.Rooms.Event(ctx, system(actor.Org), room.Line{Room: id, Key: "began " + c.ID, Kind: LineBegan,
				Subject: room.Subject{Kind: SubjectCall, ID: c.ID}, Args: map[string]string{"person": self.Name}})
			if err != nil {
				return err
			}
		}
		st, err = s.state(ctx, c)
		return err
	})
	if err != nil {
		return State{}, "", false, err
	}
	return st, me, began, s.name(ctx, &st)
}

// hide has a call that runs go through the server alone for whoever comes into it from now
// on, where a company wants it that was let into the room, or chose it, after it began.
func (s *Service) hide(ctx context.Context, c *callRow, orgs []string) error {
	if c.Relay != 0 {
		return nil
	}
	want, err := s.hides(ctx, orgs)
	if err != nil || !want {
		return err
	}
	c.Relay = 1
	return relayed(ctx, c.ID)
}

// hides says that one of the companies wants that addresses stay hidden. Where there is no
// server for it any more, there is no call rather than one that shows them.
func (s *Service) hides(ctx context.Context, orgs []string) (bool, error) {
	want, err := wantRelay(ctx, orgs)
	if err == nil && want && !s.CanRelay() {
		err = fault.New(fault.Conflict, "call.no_relay")
	}
	return want, err
}

// Join takes part in a call that runs.
// Codes: those of May, NotFound (no such call in the room), Conflict (over, full, as Begin).
func (s *Service) Join(ctx context.Context, actor access.Actor, id room.ID, call ID, f Flags) (st State, me Peer, err error) {
	if err := s.May(ctx, actor, id); err != nil {
		return State{}, "", err
	}
	r, err := s.Rooms.Feed().Room(ctx, id)
	if err != nil {
		return State{}, "", err
	}
	err = s.change(ctx, actor, func(ctx context.Context) error {
		c, err := lockCall(ctx, call)
		if err != nil {
			return err
		}
		if c.RoomID != string(id) {
			return errNotFound
		}
		if c.Ended != 0 {
			return errOver
		}
		if err := s.hide(ctx, &c, r.Orgs); err != nil {
			return err
		}
		if me, err = s.enter(ctx, &c, actor, f); err != nil {
			return err
		}
		st, err = s.state(ctx, c)
		return err
	})
	if err != nil {
		return State{}, "", err
	}
	return st, me, s.name(ctx, &st)
}

// Set says what the actor's own party sends now.
// Codes: those of May, NotFound (not his, or gone).
func (s *Service) Set(ctx context.Context, actor access.Actor, id room.ID, me Peer, f Flags) (st State, err error) {
	if err := s.May(ctx, actor, id); err != nil {
		return State{}, err
	}
	err = s.change(ctx, actor, func(ctx context.Context) error {
		p, err := readParty(ctx, me)
		if err != nil {
			return err
		}
		if p.PersonID != actor.Person || p.OrgID != actor.Org {
			return errNotFound
		}
		c, err := lockCall(ctx, ID(p.CallID))
		if err != nil {
			return err
		}
		if c.RoomID != string(id) || c.Ended != 0 {
			return errNotFound
		}
		if there, err := setFlags(ctx, me, f); err != nil || !there {
			return first(err, errNotFound)
		}
		st, err = s.state(ctx, c)
		return err
	})
	if err != nil {
		return State{}, err
	}
	return st, s.name(ctx, &st)
}

// End ends a call for everybody. Who began it may, and an admin of a company of the room.
// Codes: NotFound, Forbidden. Safe to repeat.
func (s *Service) End(ctx context.Context, actor access.Actor, id room.ID, call ID) (st State, gone []Peer, err error) {
	if err := s.May(ctx, actor, id); err != nil {
		return State{}, nil, err
	}
	err = s.change(ctx, actor, func(ctx context.Context) error {
		c, err := lockCall(ctx, call)
		if err != nil {
			return err
		}
		if c.RoomID != string(id) {
			return errNotFound
		}
		if c.PersonID != actor.Person && !slices.Contains(actor.Roles, access.Admin) {
			return fault.New(fault.Forbidden, "call.not_yours")
		}
		if c.Ended == 0 {
			if gone, err = outAll(ctx, c.ID); err != nil {
				return err
			}
			if err := s.over(ctx, &c, db.Now(ctx)); err != nil {
				return err
			}
		}
		st, err = s.state(ctx, c)
		return err
	})
	if err != nil {
		return State{}, nil, err
	}
	return st, gone, s.name(ctx, &st)
}

// Current is the call that runs in a room.
// Codes: NotFound (the room, or none runs).
func (s *Service) Current(ctx context.Context, actor access.Actor, id room.ID) (st State, err error) {
	if _, err := s.Rooms.Get(ctx, actor, id); err != nil {
		return State{}, err
	}
	err = s.view(ctx, actor, func(ctx context.Context) error {
		c, there, err := readOpen(ctx, id)
		if err != nil || !there {
			return first(err, errNotFound)
		}
		st, err = s.state(ctx, c)
		return err
	})
	if err != nil {
		return State{}, err
	}
	return st, s.name(ctx, &st)
}

// Decline notes that the actor refuses a call of a room, and returns it: it is none that he
// missed. Safe to repeat.
// Codes: those of May, NotFound (no such call in the room), Conflict (over).
func (s *Service) Decline(ctx context.Context, actor access.Actor, id room.ID, call ID) (st State, err error) {
	if err := s.May(ctx, actor, id); err != nil {
		return State{}, err
	}
	if st, err = s.Current(ctx, actor, id); fault.IsNotFound(err) || err == nil && st.ID != call {
		return State{}, errOver
	}
	if err != nil {
		return State{}, err
	}
	return st, s.change(ctx, actor, func(ctx context.Context) error { return decline(ctx, call, actor.Person, actor.Org, db.Now(ctx)) })
}

// Policy is how a company's calls go.
type Policy struct {
	Relay  bool // the company wants that nobody learns an address
	Server bool // the server wants it for all
	Can    bool // there is a server for it
}

// Policy is that of the actor's company.
// Codes: Unauthenticated, NotFound.
func (s *Service) Policy(ctx context.Context, actor access.Actor) (p Policy, err error) {
	if err := access.Check(actor, access.RoomRead, access.Own(actor.Org)); err != nil {
		return Policy{}, err
	}
	p.Server, p.Can = s.Relay, s.CanRelay()
	err = s.view(ctx, actor, func(ctx context.Context) (err error) {
		p.Relay, err = wantRelay(ctx, []string{actor.Org})
		return err
	})
	return p, err
}

// SetRelay chooses whether calls in rooms of the actor's company go through the server
// alone, so that nobody in them learns the address of another. It holds for whoever comes
// into a call from now on, and is audited.
// Codes: Unauthenticated, NotFound, Forbidden (not an admin), Conflict (there is no server).
func (s *Service) SetRelay(ctx context.Context, actor access.Actor, on bool) error {
	if err := access.Check(actor, access.CallPolicy, access.Own(actor.Org)); err != nil {
		return err
	}
	if on && !s.CanRelay() {
		return fault.New(fault.Conflict, "call.no_relay")
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		if err := putRelay(ctx, actor.Org, actor.Person, on); err != nil {
			return err
		}
		return audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: "call.relay", SubjectKind: "org", SubjectID: actor.Org, Outcome: audit.Done})
	})
}

// over ends a locked call and writes its line.
func (s *Service) over(ctx context.Context, c *callRow, at time.Time) error {
	if err := endCall(ctx, c.ID, at); err != nil {
		return err
	}
	c.Ended = db.Micros(at)
	persons, err := everIn(ctx, c.ID)
	if err != nil {
		return err
	}
	names, err := s.People.Names(ctx, persons)
	if err != nil {
		return err
	}
	shown := make([]string, 0, maxNames)
	for _, p := range persons[:min(len(persons), maxNames)] {
		shown = append(shown, names[p])
	}
	kind := LineEnded
	if len(persons) < 2 {
		kind = LineMissed
	}
	r, err := s.Rooms.Feed().Room(ctx, room.ID(c.RoomID))
	if err != nil {
		return err
	}
	org := c.OrgID
	if !slices.Contains(r.Orgs, org) { // taken out of the room meanwhile
		if len(r.Orgs) == 0 {
			return nil
		}
		org = r.Orgs[0]
	}
	ctx = db.WithOrgs(ctx, org)
	line, err := s.Rooms.Event(ctx, system(org), room.Line{Room: r.ID, Key: "ended " + c.ID, Kind: kind, Subject: room.Subject{Kind: SubjectCall, ID: c.ID},
		Args: map[string]string{"person": names[c.PersonID], "people": strings.Join(shown, ", "), "duration": lasted(at.Sub(db.FromMicros(c.Begun)))}})
	if err != nil || s.Events == nil {
		return err
	}
	missed, err := missedBy(ctx, c.ID)
	if err != nil || len(missed) == 0 {
		return err
	}
	e := Missed{Room: r.ID, Seq: line.Seq, Person: c.PersonID, Org: c.OrgID}
	for _, m := range missed {
		e.Persons, e.Orgs = append(e.Persons, m.Person), append(e.Orgs, m.Org)
	}
	return s.Events.Publish(ctx, job.Event{Kind: EventMissed, Orgs: r.Orgs, Object: string(r.ID), Payload: e})
}

// maxNames is how many of those who took part a line names.
const maxNames = 20

// lasted writes a length of time as on a clock: 0:42, 12:05, 1:02:03.
func lasted(d time.Duration) string {
	n := int(d.Round(time.Second) / time.Second)
	if n >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", n/3600, n/60%60, n%60)
	}
	return fmt.Sprintf("%d:%02d", n/60, n%60)
}

func system(org string) access.Actor { return access.System("call", org) }

// name replaces ids by names in place.
func (s *Service) name(ctx context.Context, st *State) error {
	who := []*room.Author{&st.By}
	for i := range st.Parties {
		who = append(who, &st.Parties[i].From)
	}
	var persons, orgs []string
	for _, a := range who {
		persons, orgs = appendNew(persons, a.ID), appendNew(orgs, a.Org)
	}
	names, err := s.People.Names(ctx, persons)
	if err != nil {
		return err
	}
	companies, err := s.People.Companies(ctx, orgs)
	if err != nil {
		return err
	}
	for _, a := range who {
		c := companies[a.Org]
		a.Name, a.Org, a.Company = names[a.ID], c.Slug, c.Name
	}
	return nil
}

func appendNew(ids []string, id string) []string {
	if slices.Contains(ids, id) {
		return ids
	}
	return append(ids, id)
}

// first is the first error that is one.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) view(ctx context.Context, actor access.Actor, fn func(context.Context) error) error {
	return s.db.View(db.WithOrgs(ctx, actor.Org), fn)
}

func (s *Service) change(ctx context.Context, actor access.Actor, fn func(context.Context) error) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), fn)
}
