package room

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"entente/db"
	"entente/db/audit"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
)

// A room has several owners. Each company decides how long what its own people wrote is
// kept, may put a hold on a room, and takes the whole room with it as an export. Under a
// hold of one company the other's removals still remove: the holder keeps a copy that
// only its own export shows.

// MaxKeepDays bounds a retention, in days.
const MaxKeepDays = 36500

// maxReason bounds the reason of a hold, in characters.
const maxReason = 500

// Keeping is how a company of a room keeps it.
type Keeping struct {
	Org  string // company id
	Days int    // 0: for ever
	Hold bool   // shown to the company itself only
}

// Keeps tells how long each company of a room keeps what its people write, so that a
// difference is seen in the room and not found later. Of holds a company sees its own.
// Codes: NotFound.
func (s *Service) Keeps(ctx context.Context, actor access.Actor, id ID) ([]Keeping, error) {
	var out []Keeping
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, err := s.load(ctx, actor, access.RoomRead, id)
		if err != nil {
			return err
		}
		rules, err := policiesOf(ctx, r.Orgs)
		if err != nil {
			return err
		}
		holds, err := holdsOf(ctx, id)
		if err != nil {
			return err
		}
		for _, org := range r.Orgs {
			out = append(out, Keeping{org, int(rules[org].KeepDays), org == actor.Org && slices.ContainsFunc(holds, func(h holdRow) bool { return h.OrgID == org })})
		}
		return nil
	})
	return out, err
}

// Retention is how many days the actor's company keeps what its people write; 0 is for
// ever.
// Codes: Unauthenticated, NotFound.
func (s *Service) Retention(ctx context.Context, actor access.Actor) (int, error) {
	if err := access.Check(actor, access.RoomRead, access.Own(actor.Org)); err != nil {
		return 0, err
	}
	days := 0
	err := s.view(ctx, actor, func(ctx context.Context) error {
		rules, err := policiesOf(ctx, []string{actor.Org})
		days = int(rules[actor.Org].KeepDays)
		return err
	})
	return days, err
}

// SetRetention chooses it. What is older is removed within an hour, but in rooms that the
// company holds.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid.
func (s *Service) SetRetention(ctx context.Context, actor access.Actor, days int) error {
	if err := access.Check(actor, access.RoomKeep, access.Own(actor.Org)); err != nil {
		return err
	}
	if days < 0 || days > MaxKeepDays {
		return fault.InvalidField("days", "form.out_of_range")
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		if err := putPolicy(ctx, actor.Org, actor.Person, days); err != nil {
			return err
		}
		return s.note(ctx, actor, "room.retention", "")
	})
}

// Hold keeps for the actor's company whatever anybody removes or changes in a room from
// now on, until Release.
// Codes: NotFound, Forbidden (not an admin), Invalid.
func (s *Service) Hold(ctx context.Context, actor access.Actor, id ID, reason string) error {
	reason = strings.TrimSpace(reason)
	return s.holding(ctx, actor, id, "room.hold", func(ctx context.Context) error {
		if reason == "" || utf8.RuneCountInString(reason) > maxReason || !utf8.ValidString(reason) || strings.ContainsRune(reason, 0) {
			return fault.InvalidField("reason", "room.reason_wrong")
		}
		return putHold(ctx, id, actor.Org, actor.Person, reason)
	})
}

// Release ends a hold; the copies it made are removed with it.
// Codes: NotFound, Forbidden (not an admin).
func (s *Service) Release(ctx context.Context, actor access.Actor, id ID) error {
	return s.holding(ctx, actor, id, "room.release", func(ctx context.Context) error {
		if err := dropHold(ctx, id, actor.Org); err != nil {
			return err
		}
		left, err := holdsOf(ctx, id)
		if err == nil && len(left) == 0 {
			err = dropKeptTasks(ctx, id)
		}
		return err
	})
}

func (s *Service) holding(ctx context.Context, actor access.Actor, id ID, action string, do func(ctx context.Context) error) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		if _, _, err := s.loadHeld(ctx, actor, id, action == "room.release"); err != nil {
			return err
		}
		if err := access.Check(actor, access.RoomKeep, access.Own(actor.Org)); err != nil {
			return err
		}
		if err := lock(ctx, id); err != nil {
			return err
		}
		if err := do(ctx); err != nil {
			return err
		}
		return s.note(ctx, actor, action, id)
	})
}

func (s *Service) note(ctx context.Context, actor access.Actor, action string, id ID) error {
	return audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: action, SubjectKind: "room", SubjectID: string(id), Outcome: audit.Done})
}

// keep copies a message for the companies that hold its room, before it changes. The
// room's row is locked, so that no hold begins between.
func (s *Service) keep(ctx context.Context, r Room, m messageRow) error {
	holds, err := holdsOf(ctx, r.ID)
	if err != nil {
		return err
	}
	return keepFor(ctx, r, holds, m)
}

func keepFor(ctx context.Context, r Room, holds []holdRow, m messageRow) error {
	if len(holds) == 0 {
		return nil
	}
	files, err := filesOf(ctx, r.ID, []int64{m.Seq})
	if err != nil {
		return err
	}
	for _, h := range holds {
		if !slices.Contains(r.Orgs, h.OrgID) { // it left: what it could read then, and nothing of what became of it
			had, err := m.Seq > h.Upto, error(nil)
			if !had {
				had, err = keptSince(ctx, m, h.OrgID, h.Gone)
			}
			if err != nil {
				return err
			}
			if had {
				continue
			}
		}
		if err := keepCopy(ctx, m, h.OrgID, files[m.Seq]); err != nil {
			return err
		}
	}
	return nil
}

// loadHeld reads a room that the actor may see; or, where left allows it, one that his
// company left and holds, up to the number that it could read then: upto is 0 for a room it is in.
func (s *Service) loadHeld(ctx context.Context, actor access.Actor, id ID, left bool) (r Room, h holdRow, err error) {
	r, none := s.load(ctx, actor, access.RoomRead, id)
	if none == nil || !left || !fault.IsNotFound(none) {
		return r, holdRow{}, none
	}
	if access.Check(actor, access.RoomKeep, access.Own(actor.Org)) != nil {
		return Room{}, h, none
	}
	h, there, err := holdAt(ctx, id, actor.Org)
	if err != nil || !there || h.Gone == 0 {
		return Room{}, holdRow{}, cmp.Or(err, none)
	}
	if r, err = readRoom(ctx, id); err == nil && slices.Contains(r.Orgs, actor.Org) {
		err = none // in the room, and still not his to see
	}
	if err != nil {
		return Room{}, holdRow{}, err
	}
	out := Room{ID: r.ID, Subject: r.Subject, LastSeq: h.Upto, Created: r.Created, Orgs: []string{actor.Org}} // who is in it now is not for it
	if r.Subject.Kind != KindFree {
		out.Title = r.Title // of a free one it may be a new one
	}
	return out, h, nil
}

// Held is a hold of a company on a room.
type Held struct {
	Room    ID
	Subject Subject
	Title   string // "" where it may have changed since the company left
	Reason  string
	By      string    // person id
	At      time.Time // since when
	Left    time.Time // when the company left the room; zero: it is in it
}

// Holds lists the rooms that the actor's company holds, those it left among them, the latest
// first, for admins, and the cursor of the next part ("" at the end). limit is 1 to 200, 0
// is 50; a part may be shorter where rooms are not for the actor.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (limit, cursor).
func (s *Service) Holds(ctx context.Context, actor access.Actor, after string, limit int) ([]Held, string, error) {
	if err := access.Check(actor, access.RoomKeep, access.Own(actor.Org)); err != nil {
		return nil, "", err
	}
	if limit = cmp.Or(limit, 50); limit < 1 || limit > 200 {
		return nil, "", fault.InvalidField("limit", "form.out_of_range")
	}
	var out []Held
	next := ""
	err := s.view(ctx, actor, func(ctx context.Context) error {
		rows, err := holdsBy(ctx, actor.Org, after, limit+1)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows = rows[:limit]
			next = db.Cursor(rows[limit-1].Made, rows[limit-1].RoomID)
		}
		for _, h := range rows {
			r, at, err := s.loadHeld(ctx, actor, ID(h.RoomID), true)
			if fault.IsNotFound(err) || fault.CodeOf(err) == fault.Forbidden { // of a subject that is not for this admin
				continue
			}
			if err != nil {
				return err
			}
			out = append(out, held(r, h, at))
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	return out, next, nil
}

func held(r Room, h, at holdRow) Held {
	return Held{r.ID, r.Subject, r.Title, h.Reason, h.PersonID, db.FromMicros(h.Made), db.FromMicros(at.Gone)}
}

// HoldOn is the hold of the actor's company on one room.
// Codes: Unauthenticated, NotFound (there is none), Forbidden.
func (s *Service) HoldOn(ctx context.Context, actor access.Actor, id ID) (Held, error) {
	if err := access.Check(actor, access.RoomKeep, access.Own(actor.Org)); err != nil {
		return Held{}, err
	}
	var out Held
	err := s.view(ctx, actor, func(ctx context.Context) error {
		h, there, err := holdAt(ctx, id, actor.Org)
		if err != nil || !there {
			return cmp.Or[error](err, errNotFound)
		}
		r, at, err := s.loadHeld(ctx, actor, id, true)
		out = held(r, h, at)
		return err
	})
	if err != nil {
		return Held{}, err
	}
	return out, nil
}

// EventHoldStays is published for the admins of a company that was taken out of a room which
// it holds. Its payload is Mentioned.
const EventHoldStays = "chat.HoldStays"

// leaveHold has the hold of a company go on that leaves a room, and tells its admins.
func (s *Service) leaveHold(ctx context.Context, r Room, org string) error {
	if err := lock(ctx, r.ID); err != nil {
		return err
	}
	held, err := leaveHold(ctx, r.ID, org)
	if err != nil || !held || s.events == nil {
		return err
	}
	staff, err := s.people.Staff(ctx, []string{org})
	if err != nil {
		return err
	}
	e := Mentioned{Room: r.ID, Seq: r.LastSeq, Org: org}
	for _, p := range staff {
		if slices.Contains(p.Roles, access.Admin) {
			e.Persons, e.Orgs = append(e.Persons, p.ID), append(e.Orgs, p.Org)
		}
	}
	return s.events.Publish(ctx, job.Event{Kind: EventHoldStays, Orgs: []string{org}, Object: string(r.ID), Payload: e})
}

// Exported is one line of an export: a number of the room's sequence with all that a
// member may know of it, and under a hold what stood there before.
type Exported struct {
	Seq       int64             `json:"seq"`
	Type      string            `json:"type"`
	At        time.Time         `json:"at"`
	From      *Author           `json:"from,omitempty"`
	Text      string            `json:"text,omitempty"`
	Thread    int64             `json:"thread,omitempty"`
	Via       string            `json:"via,omitempty"`
	Edited    bool              `json:"edited,omitempty"`
	Removed   bool              `json:"removed,omitempty"`
	Kind      string            `json:"kind,omitempty"`
	Subject   *Subject          `json:"subject,omitempty"`
	Values    map[string]string `json:"values,omitempty"`
	Target    int64             `json:"target,omitempty"`
	Emoji     string            `json:"emoji,omitempty"`
	On        *bool             `json:"on,omitempty"`
	Mentions  []Mention         `json:"mentions,omitempty"`
	Files     []ExportedFile    `json:"files,omitempty"`
	Reactions []Reaction        `json:"reactions,omitempty"`
	Pinned    bool              `json:"pinned,omitempty"`
	Tasks     []ExportedTask    `json:"tasks,omitempty"`
	Kept      []Former          `json:"kept,omitempty"`
}

// ExportedTask is a task made of a message.
type ExportedTask struct {
	Owner  Author     `json:"owner"`
	Due    string     `json:"due,omitempty"`
	By     Author     `json:"by"`
	Made   time.Time  `json:"made"`
	Done   *time.Time `json:"done,omitempty"`
	DoneBy *Author    `json:"done_by,omitempty"`
	Until  *time.Time `json:"until,omitempty"` // under a hold: it stood so until then, when it was handed on or deleted
}

// ExportedFile names a file of an export; its bytes stand beside under Path.
type ExportedFile struct {
	ID   FileID `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size"`
	Hash string `json:"sha256"`
	Path string `json:"path"`
}

// Former is what a message said before it was changed or removed, kept under a hold.
type Former struct {
	Text  string         `json:"text"`
	Files []ExportedFile `json:"files,omitempty"`
	At    time.Time      `json:"until"`
}

// Export reads a room for the actor's company a page after another: messages and events
// of every company with their files, complete for each side. Of what was removed only the
// number is left, and what the own company kept under a hold. It is for admins.
// Of a room that the company left under a hold it is what it could read when it left, as it
// stood then.
// Codes: NotFound, Forbidden.
func (s *Service) Export(ctx context.Context, actor access.Actor, id ID, each func(lines []Exported) error, file func(f ExportedFile, body io.Reader) error) (Room, error) {
	var r Room
	var left holdRow
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		if r, left, err = s.loadHeld(ctx, actor, id, true); err != nil {
			return err
		}
		return access.Check(actor, access.RoomKeep, access.Own(actor.Org))
	})
	if err != nil {
		return Room{}, err
	}
	for after := int64(0); ; {
		var ms []Message
		var kept map[int64][]keptRow
		var tasks []taskRow
		err := s.view(ctx, actor, func(ctx context.Context) (err error) {
			if r, left, err = s.loadHeld(ctx, actor, id, true); err != nil {
				return err
			}
			if ms, err = history(ctx, id, Window{After: after, Limit: MaxHistory, forward: true}); err != nil || len(ms) == 0 {
				return err
			}
			if left.Gone != 0 {
				ms = slices.DeleteFunc(ms, func(m Message) bool { return m.Seq > left.Upto })
			}
			if len(ms) == 0 {
				return nil
			}
			if err := dress(ctx, id, ms); err != nil {
				return err
			}
			if left.Gone == 0 { // else the acts up to then say it
				if err := adorn(ctx, id, ms); err != nil {
					return err
				}
			}
			if kept, err = keptIn(ctx, id, actor.Org, after, ms[len(ms)-1].Seq); err != nil {
				return err
			}
			own := left
			if left.Gone == 0 {
				if own, _, err = holdAt(ctx, id, actor.Org); err != nil {
					return err
				}
				own.Gone = 0 // it is in the room
			}
			tasks, err = tasksAt(ctx, id, after, ms[len(ms)-1].Seq)
			tasks = own.tasks(tasks)
			return err
		})
		if err != nil {
			return Room{}, err
		}
		if len(ms) == 0 {
			break
		}
		if err := s.name(ctx, ms); err != nil {
			return Room{}, err
		}
		lines := make([]Exported, len(ms))
		for i, m := range ms {
			if left.Gone != 0 {
				m, kept[m.Seq] = left.asItStood(m, kept[m.Seq])
			}
			lines[i] = exported(m, kept[m.Seq])
		}
		of, err := s.tasks(ctx, actor, tasks)
		if err != nil {
			return Room{}, err
		}
		for _, t := range of {
			if i := slices.IndexFunc(lines, func(l Exported) bool { return l.Seq == t.Seq }); i >= 0 {
				lines[i].Tasks = append(lines[i].Tasks, exportedTask(t))
			}
		}
		if err := each(lines); err != nil {
			return Room{}, err
		}
		for _, l := range lines {
			files := l.Files
			for _, k := range l.Kept {
				files = append(files, k.Files...)
			}
			for i, f := range files {
				if slices.ContainsFunc(files[:i], func(x ExportedFile) bool { return x.ID == f.ID }) {
					continue
				}
				if err := s.exportFile(ctx, f, file); err != nil {
					return Room{}, err
				}
			}
		}
		after = ms[len(ms)-1].Seq
	}
	return r, s.change(ctx, actor, func(ctx context.Context) error { return s.note(ctx, actor, "room.export", id) })
}

// asItStood is a message as it stood when the company left: where it was changed or removed
// since, the copy made then says so. What of the copies is older stays.
func (h holdRow) asItStood(m Message, kept []keptRow) (Message, []keptRow) {
	for i, k := range kept {
		if k.Kept < h.Gone {
			continue
		}
		m.Text, m.Removed, m.Edited, m.Files, m.Mentions = k.Text, false, i > 0, nil, nil
		for _, f := range db.FromText[[]ExportedFile](k.Files) {
			m.Files = append(m.Files, File{ID: f.ID, Name: f.Name, Type: f.Type, Size: f.Size, Hash: f.Hash})
		}
		return m, kept[:i]
	}
	return m, kept
}

// tasks are those that a holder is given: how they stand and how they stood since the hold
// began; for one that left, as they stood when it did. Without a hold it is how they stand.
func (h holdRow) tasks(rows []taskRow) []taskRow {
	var out []taskRow
	then := map[string]int{} // by task: its place in out, as it stood when the company left
	for _, t := range rows {
		switch was := -t.Done; {
		case h.OrgID == "" && was > 0, was > 0 && was < h.Made, h.Gone != 0 && t.Made > h.Gone: // nobody's, before the hold, after the company left
			continue
		case h.Gone == 0 || was > 0 && was <= h.Gone:
			out = append(out, t)
			continue
		}
		i, there := then[t.origin()]
		if there && (t.Done >= 0 || out[i].Done < 0 && out[i].Done >= t.Done) { // an earlier copy is nearer to then
			continue
		}
		if !there {
			i = len(out)
			then[t.origin()] = i
			out = append(out, t)
		}
		out[i] = t
	}
	for _, i := range then {
		if t := &out[i]; t.Done < 0 || t.Done > h.Gone { // came later
			t.Done, t.DoneBy, t.DoneOrg = 0, "", ""
		}
	}
	return out
}

func (s *Service) exportFile(ctx context.Context, f ExportedFile, file func(f ExportedFile, body io.Reader) error) error {
	body, err := s.blobs.Open(ctx, f.Hash)
	if err != nil {
		return err
	}
	defer body.Close()
	return file(f, body)
}

func exported(m Message, kept []keptRow) Exported {
	out := Exported{Seq: m.Seq, Type: string(m.Kind), At: m.At, Text: m.Text, Thread: m.Thread, Edited: m.Edited, Removed: m.Removed, Via: m.Via,
		Kind: m.Event, Values: m.Args, Target: m.Target, Emoji: m.Emoji, Mentions: m.Mentions, Files: exportedFiles(m.Files), Reactions: m.Reactions, Pinned: m.Pinned}
	if m.From.ID != "" {
		out.From = &m.From
	}
	if m.Subject != (Subject{}) {
		out.Subject = &m.Subject
	}
	if m.Event == ActReacted {
		out.On = &m.On
	}
	for _, k := range kept {
		f := Former{Text: k.Text, At: db.FromMicros(k.Kept)}
		f.Files = db.FromText[[]ExportedFile](k.Files)
		out.Kept = append(out.Kept, f)
	}
	return out
}
