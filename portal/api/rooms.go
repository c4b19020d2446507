package api

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"entente/chat/room"
	"entente/portal/locale"
	"entente/prm/access"
	"entente/prm/fault"
)

type roomOut struct {
	ID        string    `json:"id"`
	Subject   subject   `json:"subject"`
	Title     string    `json:"title"`
	Companies []string  `json:"companies" doc:"slugs"`
	Epoch     string    `json:"epoch"`
	Seq       int64     `json:"seq" doc:"number of the latest message"`
	Unread    int64     `json:"unread"`
	ReadOnly  bool      `json:"read_only"`
	LastAt    time.Time `json:"last_at"`
}

type subject struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

type messageOut struct {
	Seq     int64     `json:"seq"`
	Type    string    `json:"type" doc:"message or event"`
	Key     string    `json:"key,omitempty"`
	From    *author   `json:"from,omitempty"`
	Kind    string    `json:"kind,omitempty" doc:"kind of an event"`
	Subject *subject  `json:"subject,omitempty"`
	Text    string    `json:"text"`
	Thread  int64     `json:"thread,omitempty"`
	Removed bool      `json:"removed,omitempty"`
	Edited  bool      `json:"edited,omitempty"`
	At      time.Time `json:"at"`
	Via     string    `json:"via,omitempty" doc:"mail: an answer to a notice that came by mail; bot: a program said it"`

	Mentions  []author      `json:"mentions,omitempty" doc:"people the text names"`
	Files     []fileOut     `json:"files,omitempty"`
	Reactions []reactionOut `json:"reactions,omitempty"`
	Pinned    bool          `json:"pinned,omitempty"`
	Answers   int           `json:"answers,omitempty" doc:"messages of the thread that begins here"`
	Target    int64         `json:"target,omitempty" doc:"of an event message.*: seq of the message it was done to"`
	Body      string        `json:"body,omitempty" doc:"of message.edited: the text as it is now"`
	Emoji     string        `json:"emoji,omitempty" doc:"of message.reacted"`
	On        *bool         `json:"on,omitempty" doc:"of message.reacted: set or taken back"`
}

type fileOut struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type" doc:"judged by the content"`
	Size int64  `json:"size"`
	Href string `json:"href"`
}

type reactionOut struct {
	Emoji   string   `json:"emoji"`
	Persons []string `json:"persons" doc:"ids of people in the room"`
}

type author struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Org  string `json:"org" doc:"slug of the company"`
}

func (a *API) rooms() {
	const base = "/api/v1/rooms"
	type filter struct {
		Paging
		Q    string `query:"q" doc:"part of the title"`
		Kind string `query:"kind" doc:"partnership or order"`
	}
	handle(a, op("GET", base, "chat:read", "List rooms", "Latest activity first.", 200),
		func(ctx context.Context, actor access.Actor, in *filter) (*reply[list[roomOut]], error) {
			got, next, err := a.d.Rooms.List(ctx, actor, room.Filter{Kind: in.Kind, Query: in.Q, Limit: in.Limit, After: in.After})
			if err != nil {
				return nil, err
			}
			items := make([]roomOut, len(got))
			for i, r := range got {
				items[i] = roomOut{string(r.ID), subject{r.Subject.Kind, r.Subject.ID}, r.Title, []string{}, r.Epoch, r.LastSeq, r.Unread, r.ReadOnly, r.LastAt}
				for _, c := range r.Companies {
					items[i].Companies = append(items[i].Companies, c.Slug)
				}
			}
			return page(items, next), nil
		})
	handle(a, op("GET", base+"/{id}", "chat:read", "Get a room", "", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[roomOut], error) {
			r, err := a.d.Rooms.Get(ctx, actor, room.ID(in.ID))
			if err != nil {
				return nil, err
			}
			orgs, err := a.d.Accounts.Directory().OrgsByID(ctx, r.Orgs...)
			if err != nil {
				return nil, err
			}
			out := roomOut{ID: string(r.ID), Subject: subject{r.Subject.Kind, r.Subject.ID}, Title: r.Title, Companies: []string{}, Epoch: r.Epoch, Seq: r.LastSeq, ReadOnly: r.ReadOnly, LastAt: r.Created}
			st, err := a.d.Rooms.Standing(ctx, actor, r.ID)
			if err != nil {
				return nil, err
			}
			out.Unread = st.Unread
			last, err := a.d.Rooms.History(ctx, actor, r.ID, room.Window{Limit: 1})
			if err != nil {
				return nil, err
			}
			if len(last) > 0 {
				out.LastAt = last[0].At
			}
			for _, id := range r.Orgs {
				out.Companies = append(out.Companies, orgs[id].Slug)
			}
			return &reply[roomOut]{out}, nil
		})
	type window struct {
		IDPath
		After  int64 `query:"after" minimum:"0" doc:"numbers above this, ascending"`
		Before int64 `query:"before" minimum:"0" doc:"the newest below this"`
		Limit  int   `query:"limit" minimum:"1" maximum:"200" default:"50"`
		Thread int64 `query:"thread" minimum:"0" doc:"only answers to this message"`
	}
	handle(a, op("GET", base+"/{id}/messages", "chat:read", "Read messages", "In ascending order. Numbers have no gap: continue with the last seq as after.", 200),
		func(ctx context.Context, actor access.Actor, in *window) (*reply[list[messageOut]], error) {
			got, err := a.d.Rooms.History(ctx, actor, room.ID(in.ID), room.Window{After: in.After, Before: in.Before, Limit: in.Limit, Thread: in.Thread})
			if err != nil {
				return nil, err
			}
			p := locale.New(locale.English, time.UTC, time.Now())
			items := make([]messageOut, len(got))
			for i, m := range got {
				items[i] = wireMessage(p, m)
			}
			return page(items, ""), nil
		})
	type post struct {
		IDPath
		Body struct {
			Key    string        `json:"key" minLength:"1" maxLength:"64" doc:"made by you; the same key is one message however often it is sent"`
			Text   string        `json:"text,omitempty" maxLength:"16384" doc:"may be empty where there are files"`
			Thread int64         `json:"thread,omitempty" minimum:"0" doc:"seq of the message this answers"`
			Files  []room.FileID `json:"files,omitempty" maxItems:"10" doc:"ids of files you brought to this room"`
		}
	}
	handle(a, op("POST", base+"/{id}/messages", "chat:write", "Write a message", "", 201),
		func(ctx context.Context, actor access.Actor, in *post) (*reply[messageOut], error) {
			m, _, err := a.d.Rooms.Post(ctx, actor, room.Draft{Room: room.ID(in.ID), Key: in.Body.Key, Text: in.Body.Text, Thread: in.Body.Thread, Files: in.Body.Files})
			if err != nil {
				return nil, err
			}
			return &reply[messageOut]{wireMessage(locale.New(locale.English, time.UTC, time.Now()), m)}, nil
		})
	a.talk()
	a.keeping(base)
	a.own(base)
	a.tasks(base)
	a.notices()
	type ticket struct {
		Ticket  string    `json:"ticket"`
		Expires time.Time `json:"expires"`
		URL     string    `json:"url" doc:"path to open as a WebSocket"`
	}
	handle(a, op("POST", "/api/v1/live/ticket", "chat:read", "Get a ticket for the live socket", "Good for one connection within 30 seconds: GET /live?ticket=…", 201),
		func(ctx context.Context, actor access.Actor, _ *struct{}) (*reply[ticket], error) {
			who, err := a.d.Identity(ctx)
			if err != nil {
				return nil, err
			}
			t, until, err := a.d.Live.IssueTicket(ctx, who)
			if err != nil {
				return nil, err
			}
			return &reply[ticket]{ticket{t, until, "/live?ticket=" + t}}, nil
		})
}

func wireMessage(p *locale.Printer, m room.Message) messageOut {
	out := messageOut{Seq: m.Seq, Type: string(m.Kind), Key: m.Key, Text: m.Text, Thread: m.Thread, Removed: m.Removed, Edited: m.Edited, At: m.At, Via: m.Via,
		Pinned: m.Pinned, Answers: m.Answers, Target: m.Target, Body: m.Body, Emoji: m.Emoji}
	for _, x := range m.Mentions {
		out.Mentions = append(out.Mentions, author{x.ID, x.Name, x.Org})
	}
	for _, f := range m.Files {
		out.Files = append(out.Files, wireFile(m.Room, f))
	}
	for _, r := range m.Reactions {
		out.Reactions = append(out.Reactions, reactionOut{r.Emoji, r.Persons})
	}
	if m.From.ID != "" {
		out.From = &author{m.From.ID, m.From.Name, m.From.Org}
	}
	if m.Kind != room.Said {
		out.Type, out.Kind = string(room.Event), m.Event
		out.Subject = &subject{m.Subject.Kind, m.Subject.ID}
		kind := m.Event
		if m.Kind == room.Act && m.From.ID == "" {
			kind = "message.expired"
		}
		out.Text = p.Fill("event."+kind, m.Args)
		if m.Event == room.ActReacted {
			out.On = &m.On
		}
	}
	return out
}

func wireFile(id room.ID, f room.File) fileOut {
	return fileOut{string(f.ID), f.Name, f.Type, f.Size, "/api/v1/rooms/" + string(id) + "/files/" + string(f.ID)}
}

// keeping is how long messages are kept, holds and exports.
func (a *API) keeping(base string) {
	type messageRetention struct {
		Days int `json:"days" minimum:"0" maximum:"36500" doc:"for which your company keeps what its people write; 0 is for ever"`
	}
	const path = "/api/v1/rooms-retention"
	handle(a, op("GET", path, "chat:read", "How long your company keeps messages", "", 200),
		func(ctx context.Context, actor access.Actor, _ *struct{}) (*reply[messageRetention], error) {
			days, err := a.d.Rooms.Retention(ctx, actor)
			if err != nil {
				return nil, err
			}
			return &reply[messageRetention]{messageRetention{days}}, nil
		})
	type keep struct{ Body messageRetention }
	handle(a, op("PUT", path, "retention:write", "Choose how long your company keeps messages", "For admins. What is older is removed within an hour, but in rooms that your company holds. The other companies of its rooms see it.", 204),
		func(ctx context.Context, actor access.Actor, in *keep) (*struct{}, error) {
			return nil, a.d.Rooms.SetRetention(ctx, actor, in.Body.Days)
		})
	type roomKeeping struct {
		Org  string `json:"org" doc:"slug of the company"`
		Days int    `json:"days" doc:"0 is for ever"`
		Hold bool   `json:"hold" doc:"of your own company only"`
	}
	handle(a, op("GET", base+"/{id}/retention", "chat:read", "How each company of a room keeps it", "", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[list[roomKeeping]], error) {
			all, err := a.d.Rooms.Keeps(ctx, actor, room.ID(in.ID))
			if err != nil {
				return nil, err
			}
			var orgs []string
			for _, k := range all {
				orgs = append(orgs, k.Org)
			}
			names, err := a.d.Accounts.Directory().OrgsByID(ctx, orgs...)
			items := make([]roomKeeping, len(all))
			for i, k := range all {
				items[i] = roomKeeping{names[k.Org].Slug, k.Days, k.Hold}
			}
			return &reply[list[roomKeeping]]{page(items, "").Body}, err
		})
	type hold struct {
		IDPath
		Body struct {
			Reason string `json:"reason" minLength:"1" maxLength:"500"`
		}
	}
	handle(a, op("POST", base+"/{id}/hold", "retention:write", "Hold a room", "For admins. From now on your company keeps a copy of whatever anybody changes or removes there; only its own export shows it.", 204),
		func(ctx context.Context, actor access.Actor, in *hold) (*struct{}, error) {
			return nil, a.d.Rooms.Hold(ctx, actor, room.ID(in.ID), in.Body.Reason)
		})
	type roomHold struct {
		Room   string     `json:"room"`
		Title  string     `json:"title" doc:"empty where it may have changed since your company left"`
		Reason string     `json:"reason"`
		By     string     `json:"by" doc:"id of the person"`
		At     time.Time  `json:"at"`
		Left   *time.Time `json:"left" doc:"when your company left the room; null: it is in it"`
	}
	handle(a, op("GET", "/api/v1/rooms-holds", "retention:write", "List the rooms that your company holds", "For admins. A hold goes on when your company leaves the room: its export then is what it could read when it left. The latest first.", 200),
		func(ctx context.Context, actor access.Actor, in *Paging) (*reply[list[roomHold]], error) {
			all, next, err := a.d.Rooms.Holds(ctx, actor, in.After, in.Limit)
			items := make([]roomHold, len(all))
			for i, h := range all {
				items[i] = roomHold{string(h.Room), h.Title, h.Reason, h.By, h.At, nil}
				if !h.Left.IsZero() {
					items[i].Left = &all[i].Left
				}
			}
			return page(items, next), err
		})
	handle(a, op("POST", base+"/{id}/release", "retention:write", "End a hold", "For admins. The copies that it made are removed with it.", 204),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*struct{}, error) {
			return nil, a.d.Rooms.Release(ctx, actor, room.ID(in.ID))
		})
	get := op("GET", base+"/{id}/export", "retention:write", "Export a room", "For admins: a ZIP archive of room.json, messages.jsonl (each number of the room a line, with tasks, reactions and what was kept under a hold) and the files. The audit log notes it.", 200)
	get.Responses = map[string]*huma.Response{"200": {Description: "The archive", Content: bytesOf("application/zip")}}
	handle(a, get, func(ctx context.Context, actor access.Actor, in *IDPath) (*huma.StreamResponse, error) {
		f, err := os.CreateTemp("", "room-export-")
		if err != nil {
			return nil, fault.Wrap(err, fault.Unavailable, "error.unavailable")
		}
		_ = os.Remove(f.Name()) // open still: gone once closed
		if err := a.d.Rooms.WriteExport(ctx, actor, room.ID(in.ID), f); err != nil {
			_ = f.Close()
			return nil, err
		}
		size, err := f.Seek(0, io.SeekEnd)
		if err == nil {
			_, err = f.Seek(0, io.SeekStart)
		}
		if err != nil {
			_ = f.Close()
			return nil, fault.Wrap(err, fault.Unavailable, "error.unavailable")
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) { stream(hc, f, size, "application/zip", "room-"+in.ID+".zip") }}, nil
	})
}

// own is what a person has of a room for himself: the draft, and what he is told.
func (a *API) own(base string) {
	type roomStanding struct {
		Entered bool   `json:"entered" doc:"you opened or wrote in the room, and it counts for you"`
		Read    int64  `json:"read" doc:"seq up to which you have read"`
		Unread  int64  `json:"unread"`
		Level   string `json:"level" enum:"all,mentions,none" doc:"all: the room counts as unread; mentions: only being named gives a notice; none: neither"`
		Draft   string `json:"draft" doc:"what you began to write, on whatever device"`
	}
	handle(a, op("GET", base+"/{id}/standing", "chat:read", "Where you stand in a room", "", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[roomStanding], error) {
			st, err := a.d.Rooms.Standing(ctx, actor, room.ID(in.ID))
			if err != nil {
				return nil, err
			}
			return &reply[roomStanding]{roomStanding{st.Entered, st.Read, st.Unread, string(st.Level), st.Draft}}, nil
		})
	type level struct {
		IDPath
		Body struct {
			Level string `json:"level" enum:"all,mentions,none"`
		}
	}
	handle(a, op("PUT", base+"/{id}/level", "chat:read", "Choose what you are told of a room", "", 204),
		func(ctx context.Context, actor access.Actor, in *level) (*struct{}, error) {
			return nil, a.d.Rooms.SetLevel(ctx, actor, room.ID(in.ID), room.Level(in.Body.Level))
		})
	type draft struct {
		IDPath
		Body struct {
			Text string `json:"text" maxLength:"16384" doc:"empty: forget it"`
		}
	}
	handle(a, op("PUT", base+"/{id}/draft", "chat:write", "Keep what you began to write", "", 204),
		func(ctx context.Context, actor access.Actor, in *draft) (*struct{}, error) {
			return nil, a.d.Rooms.KeepDraft(ctx, actor, room.ID(in.ID), in.Body.Text)
		})
}

// taskOut is a task made of a message.
type taskOut struct {
	ID      string     `json:"id"`
	Room    string     `json:"room"`
	Seq     int64      `json:"seq" doc:"of the message it was made of"`
	Text    string     `json:"text" doc:"what the message says now; of one without words the names of its files"`
	Removed bool       `json:"removed,omitempty" doc:"the message was removed"`
	Owner   author     `json:"owner" doc:"who is to do it"`
	Due     string     `json:"due,omitempty" doc:"civil date of the owner, YYYY-MM-DD"`
	By      author     `json:"by" doc:"who made it"`
	Made    time.Time  `json:"made"`
	Done    *time.Time `json:"done" doc:"null: not yet"`
	DoneBy  *author    `json:"done_by,omitempty"`
}

func wireTask(t room.Task) taskOut {
	out := taskOut{ID: string(t.ID), Room: string(t.Room), Seq: t.Seq, Text: t.Text, Removed: t.Removed, Owner: author{t.Owner.ID, t.Owner.Name, t.Owner.Org}, Due: t.Due, By: author{t.By.ID, t.By.Name, t.By.Org}, Made: t.Made}
	if !t.Open() {
		out.Done, out.DoneBy = &t.Done, &author{t.DoneBy.ID, t.DoneBy.Name, t.DoneBy.Org}
	}
	return out
}

// tasks are made of messages.
func (a *API) tasks(base string) {
	one := func(t room.Task, err error) (*reply[taskOut], error) {
		if err != nil {
			return nil, err
		}
		return &reply[taskOut]{wireTask(t)}, nil
	}
	many := func(all []room.Task, err error) (*reply[list[taskOut]], error) {
		items := make([]taskOut, len(all))
		for i, t := range all {
			items[i] = wireTask(t)
		}
		if err != nil {
			return nil, err
		}
		return page(items, ""), nil
	}
	type made struct {
		MessagePath
		Body struct {
			Person string `json:"person,omitempty" doc:"id of somebody of the room who may write there; none: you"`
			Due    string `json:"due,omitempty" doc:"YYYY-MM-DD"`
			Key    string `json:"key" minLength:"1" maxLength:"64" doc:"made by you; the same key is one task"`
		}
	}
	handle(a, op("POST", base+"/{id}/messages/{seq}/tasks", "chat:write", "Make a task of a message", "Everybody in the room sees it, and its owner gets a notice. It says what the message says. 409 where the message was removed or 200 tasks are open in the room.", 201),
		func(ctx context.Context, actor access.Actor, in *made) (*reply[taskOut], error) {
			return one(a.d.Rooms.AddTask(ctx, actor, room.ID(in.ID), in.Seq, room.TaskCmd{Person: in.Body.Person, Due: in.Body.Due, Key: in.Body.Key}))
		})
	type of struct {
		IDPath
		Message int64 `query:"message" minimum:"0" doc:"only those of this message"`
	}
	handle(a, op("GET", base+"/{id}/tasks", "chat:read", "List the tasks of a room", "Open ones first, the nearest due before, then what was done; at most 200.", 200),
		func(ctx context.Context, actor access.Actor, in *of) (*reply[list[taskOut]], error) {
			return many(a.d.Rooms.Tasks(ctx, actor, room.ID(in.ID), in.Message))
		})
	handle(a, op("GET", "/api/v1/tasks", "chat:read", "List your open tasks", "Those made of messages, in all rooms that you may see, the nearest due first; at most 200.", 200),
		func(ctx context.Context, actor access.Actor, _ *struct{}) (*reply[list[taskOut]], error) {
			return many(a.d.Rooms.MyTasks(ctx, actor, 200))
		})
	type mark struct {
		IDPath
		Body struct {
			On *bool `json:"on,omitempty" doc:"false: it is not done; default true"`
		}
	}
	handle(a, op("POST", "/api/v1/tasks/{id}/done", "chat:write", "Say that a task is done", "By people of the company of its owner or of who made it. Safe to repeat.", 200),
		func(ctx context.Context, actor access.Actor, in *mark) (*reply[taskOut], error) {
			return one(a.d.Rooms.SetTask(ctx, actor, room.TaskID(in.ID), in.Body.On == nil || *in.Body.On))
		})
	type hand struct {
		IDPath
		Body struct {
			Person string `json:"person" minLength:"1" doc:"id of somebody of the room who may write there"`
		}
	}
	handle(a, op("POST", "/api/v1/tasks/{id}/hand", "chat:write", "Hand a task on", "To another person of the room, who gets a notice; the room is told. By people of the company of its owner or of who made it. 409 where it is done.", 200),
		func(ctx context.Context, actor access.Actor, in *hand) (*reply[taskOut], error) {
			return one(a.d.Rooms.HandTask(ctx, actor, room.TaskID(in.ID), in.Body.Person, ""))
		})
	handle(a, op("DELETE", "/api/v1/tasks/{id}", "chat:write", "Delete a task", "By who made it and by admins of that company; the room is told. The message stays.", 204),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*struct{}, error) {
			return nil, a.d.Rooms.DropTask(ctx, actor, room.TaskID(in.ID))
		})
}
