package api

import (
	"context"
	"time"

	"entente/chat/room"
	"entente/portal/locale"
	"entente/prm/access"
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
