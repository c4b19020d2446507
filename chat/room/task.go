package room

import (
	"cmp"
	"context"
	"slices"
	"time"

	"entente/db"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
)

// A task is what somebody of a room is to do about a message. Everybody in the room sees it,
// as they see the message. It has no words of its own: what is to be done is what the message
// says now, so that a change, a removal, a retention or a hold of the message is one of the
// task, and nothing is kept twice.

// TaskID names a task.
type TaskID string

// EventTasked is published for the owner of a new task, unless he made it himself. Its
// payload is Mentioned.
const EventTasked = "chat.Tasked"

// Limits of tasks.
const (
	MaxTasks  = 200 // that are open in one room
	mostTasks = 200 // of one list
)

// Task is something to do about a message.
type Task struct {
	ID      TaskID
	Room    ID
	Seq     int64  // of the message
	Text    string // what the message says now; of one without words the names of its files
	Removed bool   // the message was removed
	Owner   Author
	Due     string // civil date of the owner, 2006-01-02; "" for none
	By      Author // who made it
	Made    time.Time
	Done    time.Time // zero: not yet
	DoneBy  Author

	until time.Time // how it stood once: until then

	CanSet, CanDrop bool // the viewer may mark and hand it on, delete it
}

// Open says that it is to be done still.
func (t Task) Open() bool { return t.Done.IsZero() }

// TaskCmd makes a task.
type TaskCmd struct {
	Person, Org string // who is to do it, ids; both "" for the actor
	Due         string // civil date, 2006-01-02; "" for none
	Key         string // the same key of the same person is one task
}

// AddTask makes a task of a message, for somebody who is in the room and may write there. It
// is told in the room, and to its owner. Publishes EventTasked. Safe to repeat with one key.
// Codes: NotFound (the room, the message), Forbidden (may read, not write), Conflict
// (read-only, removed, too many), Invalid (owner, due, key).
func (s *Service) AddTask(ctx context.Context, actor access.Actor, id ID, seq int64, cmd TaskCmd) (Task, error) {
	var r Room
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		if r, err = s.load(ctx, actor, access.RoomPost, id); err == nil && actor.Person == "" {
			err = errNotFound
		}
		return err
	})
	if err != nil {
		return Task{}, err
	}
	if cmd.Person == "" && cmd.Org == "" {
		cmd.Person, cmd.Org = actor.Person, actor.Org
	}
	if cmd.Key == "" || len(cmd.Key) > MaxKey {
		return Task{}, fault.InvalidField("key", "room.key_wrong")
	}
	if day, err := time.Parse(time.DateOnly, cmd.Due); cmd.Due != "" && (err != nil || day.Year() < 2000 || day.Year() > 2200) {
		return Task{}, fault.InvalidField("due", "form.date_wrong")
	}
	owner, err := s.taskOwner(ctx, r, cmd)
	if err != nil {
		return Task{}, err
	}
	var row taskRow
	err = s.change(ctx, actor, func(ctx context.Context) error {
		if err := lock(ctx, id); err != nil {
			return err
		}
		if r, err = s.load(ctx, actor, access.RoomPost, id); err != nil {
			return err
		}
		had, there, err := taskByKey(ctx, actor.Person, cmd.Key)
		if err != nil {
			return err
		}
		if row = had; there {
			if row.RoomID != string(id) || row.Seq != seq {
				return fault.InvalidField("key", "room.key_wrong")
			}
			return nil
		}
		m, err := readMessage(ctx, id, seq)
		switch {
		case err != nil:
			return err
		case r.ReadOnly:
			return errReadOnly
		case m.Removed != 0:
			return fault.New(fault.Conflict, "room.is_removed")
		}
		if n, err := countTasks(ctx, id); err != nil || n >= MaxTasks {
			if err == nil {
				err = fault.New(fault.Conflict, "room.too_many_tasks", "most", MaxTasks)
			}
			return err
		}
		row = taskRow{ID: db.NewID(), RoomID: string(id), Seq: seq, OrgID: owner.Org, PersonID: owner.ID, Due: cmd.Due,
			Made: db.Micros(db.Now(ctx)), MadeOrg: actor.Org, MadeBy: actor.Person, ClientKey: cmd.Key}
		if err := insertTask(ctx, row); err != nil {
			return err
		}
		if err := s.trace(ctx, actor, id, "room.task_made", "owner", owner.Name); err != nil {
			return err
		}
		if s.events == nil || owner.ID == actor.Person {
			return nil
		}
		return s.events.Publish(ctx, job.Event{Kind: EventTasked, Orgs: r.Orgs, Object: string(id),
			Payload: Mentioned{Room: id, Seq: seq, Author: actor.Person, Org: actor.Org, Persons: []string{owner.ID}, Orgs: []string{owner.Org}}})
	})
	if err != nil {
		return Task{}, err
	}
	return s.task(ctx, actor, row.ID)
}

// taskOwner is who is to do it: somebody of the room's companies who may write there.
// Anybody else is refused as one who does not exist.
func (s *Service) taskOwner(ctx context.Context, r Room, cmd TaskCmd) (Person, error) {
	staff, err := s.people.Staff(ctx, r.Orgs)
	if err != nil {
		return Person{}, err
	}
	may, err := s.able(ctx, access.RoomPost, r, slices.DeleteFunc(staff, func(p Person) bool { return p.ID != cmd.Person || p.Org != cmd.Org && cmd.Org != "" }))
	if err == nil && len(may) == 0 {
		err = fault.InvalidField("person", "form.choice_wrong")
	}
	if err != nil {
		return Person{}, err
	}
	return may[0], nil
}

// TaskOwners are the people of a room to whom the actor may give a task.
// Codes: NotFound, Forbidden.
func (s *Service) TaskOwners(ctx context.Context, actor access.Actor, id ID) ([]Person, error) {
	var r Room
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		r, err = s.load(ctx, actor, access.RoomPost, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	staff, err := s.people.Staff(ctx, r.Orgs)
	if err != nil {
		return nil, err
	}
	return s.able(ctx, access.RoomPost, r, staff)
}

// SetTask says that a task is done, or that it is not. It is for people of the company of its
// owner or of its maker who may write in the room, also where it takes no messages any more.
// What is done is told in the room. Safe to repeat.
// Codes: NotFound, Forbidden.
func (s *Service) SetTask(ctx context.Context, actor access.Actor, id TaskID, done bool) (Task, error) {
	err := s.change(ctx, actor, func(ctx context.Context) error {
		row, err := s.loadTask(ctx, actor, access.RoomPost, id)
		if err != nil {
			return err
		}
		if actor.Person == "" || actor.Org != row.OrgID && actor.Org != row.MadeOrg {
			return fault.New(fault.Forbidden, "room.not_yours")
		}
		changed, err := setTaskDone(ctx, row.ID, actor.Person, actor.Org, done)
		if err != nil || !changed || !done {
			return err
		}
		return s.trace(ctx, actor, ID(row.RoomID), "room.task_done")
	})
	if err != nil {
		return Task{}, err
	}
	return s.task(ctx, actor, string(id))
}

// HandTask gives an open task to another person of the room who may write there. It is for
// people of the company of its owner or of its maker. It is told in the room, and to the new
// owner. Publishes EventTasked. To who has it already nothing changes.
// Codes: NotFound, Forbidden, Conflict (read-only, done), Invalid (owner).
func (s *Service) HandTask(ctx context.Context, actor access.Actor, id TaskID, person, org string) (Task, error) {
	var r Room
	var row taskRow
	may := func(ctx context.Context) (err error) {
		if row, err = s.loadTask(ctx, actor, access.RoomPost, id); err != nil {
			return err
		}
		if r, err = readRoom(ctx, ID(row.RoomID)); err != nil {
			return err
		}
		switch {
		case actor.Person == "" || actor.Org != row.OrgID && actor.Org != row.MadeOrg:
			return fault.New(fault.Forbidden, "room.not_yours")
		case r.ReadOnly:
			return errReadOnly
		case row.Done != 0:
			return fault.New(fault.Conflict, "task.handed_done")
		}
		return nil
	}
	if err := s.view(ctx, actor, may); err != nil {
		return Task{}, err
	}
	err := s.change(ctx, actor, func(ctx context.Context) error {
		if err := lock(ctx, r.ID); err != nil {
			return err
		}
		if err := may(ctx); err != nil {
			return err
		}
		owner, err := s.taskOwner(ctx, r, TaskCmd{Person: person, Org: org}) // of who is in the room under its lock
		if err != nil || row.PersonID == owner.ID && row.OrgID == owner.Org {
			return err
		}
		if err := s.keepTask(ctx, row); err != nil {
			return err
		}
		if err := setTaskOwner(ctx, row.ID, owner.ID, owner.Org); err != nil {
			return err
		}
		names, err := s.people.Names(ctx, []string{row.PersonID})
		if err != nil {
			return err
		}
		if err := s.trace(ctx, actor, r.ID, "room.task_handed", "from", names[row.PersonID], "owner", owner.Name); err != nil {
			return err
		}
		if s.events == nil || owner.ID == actor.Person {
			return nil
		}
		return s.events.Publish(ctx, job.Event{Kind: EventTasked, Orgs: r.Orgs, Object: string(r.ID),
			Payload: Mentioned{Room: r.ID, Seq: row.Seq, Author: actor.Person, Org: actor.Org, Persons: []string{owner.ID}, Orgs: []string{owner.Org}}})
	})
	if err != nil {
		return Task{}, err
	}
	return s.task(ctx, actor, row.ID)
}

// DropTask deletes a task. It is for who made it, and for admins of the company that did. It
// is told in the room; the message stays.
// Codes: NotFound, Forbidden.
func (s *Service) DropTask(ctx context.Context, actor access.Actor, id TaskID) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		row, err := s.loadTask(ctx, actor, access.RoomPost, id)
		if err != nil {
			return err
		}
		if actor.Person == "" || !row.droppable(actor) {
			return fault.New(fault.Forbidden, "room.not_yours")
		}
		if err := lock(ctx, ID(row.RoomID)); err != nil {
			return err
		}
		if row, err = readTask(ctx, row.ID); err != nil {
			return err
		}
		if err := s.keepTask(ctx, row); err != nil {
			return err
		}
		gone, err := dropTask(ctx, row.ID)
		if err != nil || !gone { // by another, while this waited for the lock
			return cmp.Or[error](err, errNotFound)
		}
		names, err := s.people.Names(ctx, []string{row.PersonID})
		if err != nil {
			return err
		}
		return s.trace(ctx, actor, ID(row.RoomID), "room.task_dropped", "owner", names[row.PersonID], "due", row.Due)
	})
}

// keepTask copies a task for the companies that hold its room, before it changes hands or is
// deleted. The room's row is locked.
func (s *Service) keepTask(ctx context.Context, row taskRow) error {
	holds, err := holdsOf(ctx, ID(row.RoomID))
	if err != nil || len(holds) == 0 {
		return err
	}
	return keepTask(ctx, row)
}

// droppable says that a task is the actor's to delete: he made it for the company he acts
// for, or he is an admin of it.
func (r taskRow) droppable(actor access.Actor) bool {
	return r.MadeOrg == actor.Org && (r.MadeBy == actor.Person || slices.Contains(actor.Roles, access.Admin))
}

// loadTask reads a task in a room that the actor may see.
func (s *Service) loadTask(ctx context.Context, actor access.Actor, act access.Action, id TaskID) (taskRow, error) {
	if !actor.Known() {
		return taskRow{}, fault.New(fault.Unauthenticated, "error.signed_out")
	}
	row, err := readTask(ctx, string(id))
	if err != nil {
		return taskRow{}, err
	}
	_, err = s.load(ctx, actor, act, ID(row.RoomID))
	return row, err
}

func (s *Service) task(ctx context.Context, actor access.Actor, id string) (Task, error) {
	var rows []taskRow
	err := s.view(ctx, actor, func(ctx context.Context) error {
		row, err := s.loadTask(ctx, actor, access.RoomRead, TaskID(id))
		rows = []taskRow{row}
		return err
	})
	if err != nil {
		return Task{}, err
	}
	out, err := s.tasks(ctx, actor, rows)
	if err != nil {
		return Task{}, err
	}
	return out[0], nil
}

// Task is one task.
// Codes: NotFound.
func (s *Service) Task(ctx context.Context, actor access.Actor, id TaskID) (Task, error) {
	return s.task(ctx, actor, string(id))
}

// Tasks are those of a room, or with seq those of one message: what is open first, the
// nearest due first, then what was done, the latest first; at most 200.
// Codes: NotFound.
func (s *Service) Tasks(ctx context.Context, actor access.Actor, id ID, seq int64) ([]Task, error) {
	var rows []taskRow
	err := s.view(ctx, actor, func(ctx context.Context) error {
		if _, err := s.load(ctx, actor, access.RoomRead, id); err != nil {
			return err
		}
		var err error
		rows, err = tasksIn(ctx, id, seq, mostTasks)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.tasks(ctx, actor, rows)
}

// MyTasks are the open tasks of the actor's own in the actor's company, the nearest due
// first, those without a day last; in rooms that he may still see.
// Codes: Unauthenticated, Forbidden, Invalid (limit).
func (s *Service) MyTasks(ctx context.Context, actor access.Actor, limit int) ([]Task, error) {
	scope, err := access.List(actor, access.RoomRead)
	if err != nil {
		return nil, err
	}
	if limit < 1 || limit > mostTasks {
		return nil, fault.InvalidField("limit", "form.out_of_range")
	}
	var kept []taskRow
	err = s.view(ctx, actor, func(ctx context.Context) error {
		kept = nil
		seen := map[ID]bool{}
		var last *taskRow
		for part := limit; len(kept) < limit; part = mostTasks { // those of rooms he is out of take nobody's place
			rows, err := tasksOf(ctx, scope.Org(), actor.Person, last, part)
			if err != nil {
				return err
			}
			if err := s.seeRooms(ctx, actor, rows, seen); err != nil {
				return err
			}
			for _, r := range rows {
				if seen[ID(r.RoomID)] && len(kept) < limit {
					kept = append(kept, r)
				}
			}
			if len(rows) < part {
				break
			}
			last = &rows[len(rows)-1]
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.tasks(ctx, actor, kept)
}

// seeRooms notes of the rooms of some tasks, as far as it is not known, whether the actor may
// see them.
func (s *Service) seeRooms(ctx context.Context, actor access.Actor, tasks []taskRow, seen map[ID]bool) error {
	var ids []string
	for _, t := range tasks {
		if _, known := seen[ID(t.RoomID)]; !known {
			ids = appendNew(ids, t.RoomID)
		}
	}
	rooms, err := readRooms(ctx, ids)
	if err != nil {
		return err
	}
	for _, r := range rooms {
		err := s.see(ctx, actor, access.RoomRead, r)
		if c := fault.CodeOf(err); err != nil && c != fault.NotFound && c != fault.Forbidden {
			return err
		}
		seen[r.ID] = err == nil
	}
	return nil
}

// tasks turns rows into tasks, with what their messages say and the names of their people;
// that the actor may see their rooms is known.
func (s *Service) tasks(ctx context.Context, actor access.Actor, rows []taskRow) ([]Task, error) {
	var people, orgs []string
	for _, r := range rows {
		people = appendNew(appendNew(people, r.PersonID), r.MadeBy)
		orgs = appendNew(appendNew(orgs, r.OrgID), r.MadeOrg)
		if r.Done > 0 {
			people, orgs = appendNew(people, r.DoneBy), appendNew(orgs, r.DoneOrg)
		}
	}
	if len(rows) == 0 {
		return nil, nil
	}
	said, files := map[string]messageRow{}, map[string][]File{}
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		if said, err = saidAt(ctx, rows); err != nil {
			return err
		}
		var bare []messageRow
		for _, m := range said {
			if m.Text == "" && m.Removed == 0 {
				bare = append(bare, m)
			}
		}
		files, err = filesWith(ctx, bare)
		return err
	})
	if err != nil {
		return nil, err
	}
	names, err := s.people.Names(ctx, people)
	if err != nil {
		return nil, err
	}
	companies, err := s.people.Companies(ctx, orgs)
	if err != nil {
		return nil, err
	}
	who := func(person, org string) Author {
		return Author{ID: person, Name: names[person], Org: companies[org].Slug, Company: companies[org].Name}
	}
	out := make([]Task, len(rows))
	for i, r := range rows {
		ref := MessageRef(ID(r.RoomID), r.Seq)
		m := said[ref]
		out[i] = Task{ID: TaskID(r.ID), Room: ID(r.RoomID), Seq: r.Seq, Text: cmp.Or(m.Text, fileNames(files[ref])), Removed: m.Removed != 0, Owner: who(r.PersonID, r.OrgID), Due: r.Due, By: who(r.MadeBy, r.MadeOrg), Made: db.FromMicros(r.Made)}
		if m.Removed != 0 {
			out[i].Text = ""
		}
		if actor.Person != "" && access.Allowed(actor, access.RoomPost, access.Own(actor.Org)) { // the room is the actor's, or it was not read
			out[i].CanSet, out[i].CanDrop = actor.Org == r.OrgID || actor.Org == r.MadeOrg, r.droppable(actor)
		}
		if r.Done < 0 {
			out[i].until, out[i].CanSet, out[i].CanDrop = db.FromMicros(-r.Done), false, false
		}
		if r.Done > 0 {
			out[i].Done, out[i].DoneBy = db.FromMicros(r.Done), who(r.DoneBy, r.DoneOrg)
		}
	}
	return out, nil
}
