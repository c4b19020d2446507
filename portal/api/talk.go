package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"

	"entente/chat/forum"
	"entente/chat/room"
	"entente/portal/locale"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/lead"
)

// MessagePath is a message of a room in an address.
type MessagePath struct {
	IDPath
	Seq int64 `path:"seq" minimum:"1" doc:"number of the message"`
}

// talk is what can be done in a room beside posting.
func (a *API) talk() {
	const base = "/api/v1/rooms/{id}"
	printer := func() *locale.Printer { return locale.New(locale.English, time.UTC, time.Now()) }
	type edit struct {
		MessagePath
		Body struct {
			Text string `json:"text" minLength:"1" maxLength:"16384"`
		}
	}
	act := func(m room.Message, err error) (*reply[messageOut], error) {
		if err != nil {
			return nil, err
		}
		return &reply[messageOut]{wireMessage(printer(), m)}, nil
	}
	const acts = "The answer is the event that every member gets. Repeating it changes nothing."
	handle(a, op("GET", base+"/messages/{seq}", "chat:read", "Get a message", "", 200),
		func(ctx context.Context, actor access.Actor, in *MessagePath) (*reply[messageOut], error) {
			return act(a.d.Rooms.One(ctx, actor, room.ID(in.ID), in.Seq))
		})
	handle(a, op("POST", base+"/messages/{seq}/edit", "chat:write", "Change your message", acts, 200),
		func(ctx context.Context, actor access.Actor, in *edit) (*reply[messageOut], error) {
			return act(a.d.Rooms.Edit(ctx, actor, room.ID(in.ID), in.Seq, in.Body.Text))
		})
	handle(a, op("POST", base+"/messages/{seq}/remove", "chat:write", "Remove a message", "Your own, or as an admin any in the room. Its number stays. "+acts, 200),
		func(ctx context.Context, actor access.Actor, in *MessagePath) (*reply[messageOut], error) {
			return act(a.d.Rooms.Remove(ctx, actor, room.ID(in.ID), in.Seq))
		})
	type reaction struct {
		MessagePath
		Body struct {
			Emoji string `json:"emoji" minLength:"1" maxLength:"64"`
			On    *bool  `json:"on,omitempty" doc:"false takes your reaction back; default true"`
		}
	}
	handle(a, op("POST", base+"/messages/{seq}/react", "chat:write", "React to a message", acts, 200),
		func(ctx context.Context, actor access.Actor, in *reaction) (*reply[messageOut], error) {
			return act(a.d.Rooms.React(ctx, actor, room.ID(in.ID), in.Seq, in.Body.Emoji, in.Body.On == nil || *in.Body.On))
		})
	type pin struct {
		MessagePath
		Body struct {
			On *bool `json:"on,omitempty" doc:"false takes it off; default true"`
		}
	}
	handle(a, op("POST", base+"/messages/{seq}/pin", "chat:write", "Pin a message", acts, 200),
		func(ctx context.Context, actor access.Actor, in *pin) (*reply[messageOut], error) {
			return act(a.d.Rooms.Pin(ctx, actor, room.ID(in.ID), in.Seq, in.Body.On == nil || *in.Body.On))
		})
	handle(a, op("GET", base+"/pins", "chat:read", "List pinned messages", "The latest pin first.", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[list[messageOut]], error) {
			got, err := a.d.Rooms.Pins(ctx, actor, room.ID(in.ID))
			if err != nil {
				return nil, err
			}
			items := make([]messageOut, len(got))
			for i, m := range got {
				items[i] = wireMessage(printer(), m)
			}
			return page(items, ""), nil
		})
	a.freeRooms(base)
	a.callPolicy()
	a.makings(base)
	a.bots(base)
	type member struct {
		ID      string `json:"id"`
		Name    string `json:"name"`
		Org     string `json:"org" doc:"slug of the company"`
		Entered bool   `json:"entered"`
		Read    int64  `json:"read" doc:"seq up to which the person has read"`
	}
	handle(a, op("GET", base+"/members", "chat:read", "List who may read a room", "With how far each has read.", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[list[member]], error) {
			people, err := a.d.Rooms.People(ctx, actor, room.ID(in.ID))
			if err != nil {
				return nil, err
			}
			st, err := a.d.Rooms.Standing(ctx, actor, room.ID(in.ID))
			if err != nil {
				return nil, err
			}
			var orgs []string
			for _, p := range people {
				orgs = append(orgs, p.Org)
			}
			names, err := a.d.Accounts.Directory().OrgsByID(ctx, orgs...)
			if err != nil {
				return nil, err
			}
			items := make([]member, len(people))
			for i, p := range people {
				items[i] = member{ID: p.ID, Name: p.Name, Org: names[p.Org].Slug}
				items[i].Read, items[i].Entered = st.By(p.ID, p.Org)
			}
			return page(items, ""), nil
		})
	type read struct {
		IDPath
		Body struct {
			Seq int64 `json:"seq" minimum:"0"`
		}
	}
	handle(a, op("POST", base+"/read", "chat:write", "Move your read mark", "It never moves back.", 204),
		func(ctx context.Context, actor access.Actor, in *read) (*struct{}, error) {
			return nil, a.d.Rooms.Read(ctx, actor, room.ID(in.ID), in.Body.Seq)
		})
	type query struct {
		Paging
		Q    string `query:"q" required:"true" minLength:"1" doc:"every word must occur; two Chinese characters are a word"`
		Room string `query:"room" doc:"only this room"`
	}
	type foundOut struct {
		Room string `json:"room"`
		messageOut
	}
	handle(a, op("GET", "/api/v1/messages", "chat:read", "Search messages", "In the rooms of your company, the latest first.", 200),
		func(ctx context.Context, actor access.Actor, in *query) (*reply[list[foundOut]], error) {
			got, next, err := a.d.Rooms.Search(ctx, actor, room.Find{Query: in.Q, Room: room.ID(in.Room), After: in.After, Limit: min(in.Limit, 100)})
			if err != nil {
				return nil, err
			}
			items := make([]foundOut, len(got))
			for i, m := range got {
				items[i] = foundOut{string(m.Room), wireMessage(printer(), m.Message)}
			}
			return page(items, next), nil
		})
	type upload struct {
		IDPath
		Name    string `query:"name" required:"true" minLength:"1" maxLength:"400"`
		RawBody []byte
	}
	bring := op("POST", base+"/files", "chat:write", "Bring a file to a room", fmt.Sprintf("The body is the file, up to 1 MiB; larger ones go by the page. It is judged by its content and belongs to nobody else until you post a message with its id, within a day. At most %d a message.", room.MaxFiles), 201)
	bring.MaxBodyBytes = 1 << 20
	handle(a, bring, func(ctx context.Context, actor access.Actor, in *upload) (*reply[fileOut], error) {
		f, err := a.d.Rooms.Bring(ctx, actor, room.ID(in.ID), in.Name, bytes.NewReader(in.RawBody))
		if err != nil {
			return nil, err
		}
		return &reply[fileOut]{wireFile(room.ID(in.ID), f)}, nil
	})
	type fileIn struct {
		IDPath
		File string `path:"file"`
	}
	get := op("GET", base+"/files/{file}", "chat:read", "Get a file of a room", "Always a download.", 200)
	get.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: bytesOf("application/octet-stream")}}
	handle(a, get, func(ctx context.Context, actor access.Actor, in *fileIn) (*huma.StreamResponse, error) {
		f, body, err := a.d.Rooms.Open(ctx, actor, room.ID(in.ID), room.FileID(in.File))
		if err != nil {
			return nil, err
		}
		return fileStream(f.Name, f.Size, body)
	})
}

// fileStream sends a file that somebody brought as it lies in the store, or the one range of it
// that was asked for: always a download. The server closes it once it is sent.
func fileStream(name string, size int64, body io.ReadSeekCloser) (*huma.StreamResponse, error) {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		c := humafiber.Unwrap(hc).Context()
		hc.SetHeader("Content-Type", "application/octet-stream")
		hc.SetHeader("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(name))
		hc.SetHeader("Content-Security-Policy", "default-src 'none'; sandbox")
		hc.SetHeader("Accept-Ranges", "bytes")
		status, send := 200, size
		if from, to, asked := byteRange(string(c.Request.Header.Peek("Range")), size); asked {
			fits := from < to
			if fits {
				_, err := body.Seek(from, io.SeekStart)
				fits = err == nil
			}
			if !fits {
				_ = body.Close()
				hc.SetHeader("Content-Range", fmt.Sprintf("bytes */%d", size))
				hc.SetStatus(416)
				return
			}
			hc.SetHeader("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to-1, size))
			status, send = 206, to-from
		}
		hc.SetStatus(status)
		c.Response.SetBodyStream(struct {
			io.Reader
			io.Closer
		}{io.LimitReader(body, send), body}, int(send))
	}}, nil
}

// partnerSlug is a company by its slug; one that does not exist is refused by the service as
// one you do not work with.
func (a *API) partnerSlug(ctx context.Context, slug string) (string, error) {
	o, err := a.d.Accounts.Directory().OrgBySlug(ctx, slug)
	if fault.IsNotFound(err) {
		return "none", nil
	}
	return o.ID, err
}

// freeRooms are rooms about no object.
func (a *API) freeRooms(base string) {
	type made struct {
		ID string `json:"id"`
	}
	type newRoom struct {
		Body struct {
			Title   string   `json:"title" minLength:"1" maxLength:"80"`
			Partner string   `json:"partner,omitempty" doc:"slug of a company you work with; without one the room is of your company alone"`
			People  []string `json:"people,omitempty" maxItems:"200" doc:"ids of people of your company; none: all of it"`
			Key     string   `json:"key" minLength:"1" maxLength:"64" doc:"made by you; the same key is one room"`
			Agreed  bool     `json:"agreed,omitempty" doc:"make it although the companies keep messages for different times"`

			Open     bool     `json:"open,omitempty" doc:"among several partners, by an admin: each is asked, and is in it and sees the others once one of its admins agreed"`
			Partners []string `json:"partners,omitempty" maxItems:"50" doc:"slugs of the companies asked into an open room"`
		}
	}
	handle(a, op("POST", "/api/v1/rooms", "chat:write", "Make a room", "About no object, of your company alone, with one partner, or open among several. 409 room.keep_differs where the two keep messages for different times and you did not say agreed.", 201),
		func(ctx context.Context, actor access.Actor, in *newRoom) (*reply[made], error) {
			cmd := room.FreeCmd{Title: in.Body.Title, People: in.Body.People, Key: in.Body.Key, Agreed: in.Body.Agreed, Open: in.Body.Open}
			for _, slug := range in.Body.Partners {
				p, err := a.partnerSlug(ctx, slug)
				if err != nil {
					return nil, err
				}
				cmd.Partners = append(cmd.Partners, p)
			}
			if in.Body.Partner != "" {
				var err error
				if cmd.Partner, err = a.partnerSlug(ctx, in.Body.Partner); err != nil {
					return nil, err
				}
			}
			r, err := a.d.Rooms.Make(ctx, actor, cmd)
			if err != nil {
				return nil, err
			}
			return &reply[made]{made{string(r.ID)}}, nil
		})
	type rename struct {
		IDPath
		Body struct {
			Title string `json:"title" minLength:"1" maxLength:"80"`
		}
	}
	handle(a, op("POST", base+"/title", "chat:write", "Rename a room", "Only one about no object.", 204),
		func(ctx context.Context, actor access.Actor, in *rename) (*struct{}, error) {
			return nil, a.d.Rooms.Rename(ctx, actor, room.ID(in.ID), in.Body.Title)
		})
	type people struct {
		IDPath
		Body struct {
			People []string `json:"people" maxItems:"200" doc:"ids of people of your company, you among them in any case; none: all of it"`
		}
	}
	handle(a, op("POST", base+"/people", "chat:write", "Choose who of your company is in a room", "Only in one about no object. Who is left out leaves at once.", 204),
		func(ctx context.Context, actor access.Actor, in *people) (*struct{}, error) {
			return nil, a.d.Rooms.Choose(ctx, actor, room.ID(in.ID), in.Body.People)
		})
	type invite struct {
		IDPath
		Body struct {
			Partner string `json:"partner" minLength:"1" doc:"slug of a company you work with"`
			Shown   bool   `json:"shown,omitempty" doc:"it is meant that the company reads what was said until now"`
			Agreed  bool   `json:"agreed,omitempty" doc:"although the two companies keep messages for different times"`
		}
	}
	handle(a, op("POST", base+"/invite", "chat:write", "Invite a partner into a room", "Only into one about no object that your company made and is alone in, or that is open, by who made it or an admin. 409 room.history_shown where you did not say shown, room.had_partner where another partner was in it before.", 204),
		func(ctx context.Context, actor access.Actor, in *invite) (*struct{}, error) {
			partner, err := a.partnerSlug(ctx, in.Body.Partner)
			if err != nil {
				return nil, err
			}
			return nil, a.d.Rooms.InvitePartner(ctx, actor, room.ID(in.ID), room.InviteCmd{Partner: partner, Shown: in.Body.Shown, Agreed: in.Body.Agreed})
		})
	a.roomInvitations(base)
	type archive struct {
		IDPath
		Body struct {
			On bool `json:"on"`
		}
	}
	handle(a, op("POST", base+"/archive", "chat:write", "Archive a room or open it again", "Only one about no object that your company made.", 204),
		func(ctx context.Context, actor access.Actor, in *archive) (*struct{}, error) {
			return nil, a.d.Rooms.Archive(ctx, actor, room.ID(in.ID), in.Body.On)
		})
	handle(a, op("POST", base+"/leave", "chat:write", "Leave a room", "Only one about no object. The last one chosen, or an admin where the whole company is in it, takes the company out.", 204),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*struct{}, error) {
			return nil, a.d.Rooms.Leave(ctx, actor, room.ID(in.ID))
		})
}

// callPolicy is how calls go in the rooms of a company.
func (a *API) callPolicy() {
	type policy struct {
		Relay  bool `json:"relay" doc:"calls that begin in rooms of your company go through the TURN server alone: nobody in them learns another's network address"`
		Server bool `json:"server" doc:"the server wants it for everybody"`
		Can    bool `json:"can" doc:"there is a TURN server"`
	}
	handle(a, op("GET", "/api/v1/calls/policy", "chat:read", "How calls go", "", 200),
		func(ctx context.Context, actor access.Actor, _ *struct{}) (*reply[policy], error) {
			p, err := a.d.Calls.Policy(ctx, actor)
			if err != nil {
				return nil, err
			}
			return &reply[policy]{policy(p)}, nil
		})
	type choose struct {
		Body struct {
			Relay bool `json:"relay"`
		}
	}
	handle(a, op("POST", "/api/v1/calls/policy", "chat:write", "Choose how calls go", "For admins. 409 call.no_relay where there is no TURN server.", 204),
		func(ctx context.Context, actor access.Actor, in *choose) (*struct{}, error) {
			return nil, a.d.Calls.SetRelay(ctx, actor, in.Body.Relay)
		})
}

// makings are what a company makes of messages.
func (a *API) makings(base string) {
	type redacted struct {
		Text string `json:"text" doc:"the message and what answers it, without names of people and companies of the room, its subject, addresses, links, amounts and long numbers: read it before you post it"`
	}
	handle(a, op("GET", base+"/messages/{seq}/redacted", "chat:read", "Get what was said without names", "A beginning of a topic or an answer in the forum.", 200),
		func(ctx context.Context, actor access.Actor, in *MessagePath) (*reply[redacted], error) {
			text, err := a.d.Rooms.Redacted(ctx, actor, room.ID(in.ID), in.Seq)
			if err != nil {
				return nil, err
			}
			return &reply[redacted]{redacted{text}}, nil
		})
	type making struct {
		Kind   string    `json:"kind" doc:"lead, topic, answer, return or dispute"`
		Object string    `json:"object" doc:"its id; of an answer the topic's id, a dot and its own"`
		At     time.Time `json:"at"`
	}
	handle(a, op("GET", base+"/messages/{seq}/made", "chat:read", "List what your company made of a message", "No other company learns of it.", 200),
		func(ctx context.Context, actor access.Actor, in *MessagePath) (*reply[list[making]], error) {
			got, err := a.d.Rooms.MadeOf(ctx, actor, room.ID(in.ID), in.Seq)
			if err != nil {
				return nil, err
			}
			items := make([]making, len(got))
			for i, m := range got {
				items[i] = making{m.Kind, m.Object, m.At}
			}
			return page(items, ""), nil
		})
	type note struct {
		MessagePath
		Body struct {
			Kind   string `json:"kind" enum:"lead,topic,answer"`
			Object string `json:"object" minLength:"1" maxLength:"64" doc:"a lead of your company, a topic, or of an answer the topic's id, a dot and its own"`
		}
	}
	handle(a, op("POST", base+"/messages/{seq}/made", "chat:write", "Note what you made of a message", "The object and the message then lead to each other, for your company alone. 404 where you may not see the object.", 204),
		func(ctx context.Context, actor access.Actor, in *note) (*struct{}, error) {
			var err error
			if in.Body.Kind == room.MadeLead {
				_, err = a.d.Leads.Get(ctx, actor, lead.ID(in.Body.Object))
			} else {
				topic, post, _ := strings.Cut(in.Body.Object, ".")
				_, err = a.d.Forum.Said(ctx, actor, forum.TopicID(topic), forum.PostID(post))
			}
			if err != nil {
				return nil, err
			}
			return nil, a.d.Rooms.NoteMade(ctx, actor, room.ID(in.ID), in.Seq, in.Body.Kind, in.Body.Object)
		})
}

// bots are programs that speak in one room.
func (a *API) bots(base string) {
	type roomBot struct {
		ID   string     `json:"id"`
		Name string     `json:"name"`
		Org  string     `json:"org" doc:"slug of its company"`
		Made time.Time  `json:"made"`
		Used *time.Time `json:"used" doc:"when it last said something; null: never"`
	}
	handle(a, op("GET", base+"/bots", "chat:read", "List the bots of a room", "Those of every company of the room.", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[list[roomBot]], error) {
			got, err := a.d.Rooms.Bots(ctx, actor, room.ID(in.ID))
			if err != nil {
				return nil, err
			}
			var orgs []string
			for _, b := range got {
				orgs = append(orgs, b.Org)
			}
			names, err := a.d.Accounts.Directory().OrgsByID(ctx, orgs...)
			if err != nil {
				return nil, err
			}
			items := make([]roomBot, len(got))
			for i, b := range got {
				items[i] = roomBot{string(b.ID), b.Name, names[b.Org].Slug, b.Made, nil}
				if !b.Used.IsZero() {
					items[i].Used = &b.Used
				}
			}
			return page(items, ""), nil
		})
	type newBot struct {
		IDPath
		Body struct {
			Name string `json:"name" minLength:"1" maxLength:"40" doc:"shown with a mark that it is a bot; nobody else in the room bears it"`
		}
	}
	type madeBot struct {
		ID    string `json:"id"`
		Token string `json:"token" doc:"told this once"`
	}
	handle(a, op("POST", base+"/bots", "chat:write", "Make a bot", "For admins. Its token is good for saying something in this room and for nothing else.", 201),
		func(ctx context.Context, actor access.Actor, in *newBot) (*reply[madeBot], error) {
			b, token, err := a.d.Rooms.MakeBot(ctx, actor, room.ID(in.ID), in.Body.Name)
			if err != nil {
				return nil, err
			}
			return &reply[madeBot]{madeBot{string(b.ID), token}}, nil
		})
	type botPath struct {
		IDPath
		Bot string `path:"bot"`
	}
	handle(a, op("POST", base+"/bots/{bot}/end", "chat:write", "End a bot", "For admins of every company of the room; its token is worthless at once.", 204),
		func(ctx context.Context, actor access.Actor, in *botPath) (*struct{}, error) {
			return nil, a.d.Rooms.EndBot(ctx, actor, room.ID(in.ID), room.BotID(in.Bot))
		})
	type botWords struct {
		Text   string `json:"text" minLength:"1" maxLength:"16384" doc:"names nobody: a bot's @ gives no notice"`
		Key    string `json:"key,omitempty" maxLength:"64" doc:"made by you; the same key is one message"`
		Thread int64  `json:"thread,omitempty" minimum:"0" doc:"number of the message this answers"`
	}
	type botSaid struct {
		Room string `json:"room"`
		Seq  int64  `json:"seq"`
	}
	say := func(ctx context.Context, o huma.Operation, token string, w botWords) (*reply[botSaid], error) {
		m, _, err := a.d.Rooms.PostAsBot(ctx, token, room.Draft{Text: w.Text, Key: w.Key, Thread: w.Thread})
		if err != nil {
			return nil, a.failed(refusal(err), o, err)
		}
		return &reply[botSaid]{botSaid{string(m.Room), m.Seq}}, nil
	}
	about := "No other credentials. One message a second, twenty at once; then 429 with Retry-After. 401 room.bot_unknown where the token is none, was ended, or its company left the room."
	hook := op("POST", "/api/v1/bots/{token}/messages", "", "Say something as a bot (incoming webhook)", about, 201)
	hook.Security = []map[string][]string{}
	type hookIn struct {
		Token string `path:"token" maxLength:"100"`
		Body  botWords
	}
	huma.Register(a.huma, hook, func(ctx context.Context, in *hookIn) (*reply[botSaid], error) {
		return say(ctx, hook, in.Token, in.Body)
	})
	header := op("POST", "/api/v1/bots/messages", "", "Say something as a bot", about, 201)
	header.Security = []map[string][]string{}
	type headerIn struct {
		Token string `header:"X-Bot-Token" required:"true" maxLength:"100"`
		Body  botWords
	}
	huma.Register(a.huma, header, func(ctx context.Context, in *headerIn) (*reply[botSaid], error) {
		return say(ctx, header, in.Token, in.Body)
	})
}

// roomInvitations are open rooms into which a company was asked.
func (a *API) roomInvitations(base string) {
	type invitation struct {
		Room    string `json:"room"`
		Title   string `json:"title"`
		From    string `json:"from" doc:"slug of the company that made the room"`
		Days    int    `json:"keep_days" doc:"for which your company keeps what its people write; 0 is for ever"`
		Theirs  int    `json:"their_keep_days" doc:"those of the company that asks"`
		Differs bool   `json:"keep_differs"`
	}
	handle(a, op("GET", "/api/v1/room-invitations", "chat:read", "List invitations into rooms", "Open rooms into which your company was asked and has not answered, for its admins.", 200),
		func(ctx context.Context, actor access.Actor, _ *struct{}) (*reply[list[invitation]], error) {
			all, err := a.d.Rooms.Invitations(ctx, actor)
			if err != nil {
				return nil, err
			}
			var orgs []string
			for _, x := range all {
				orgs = append(orgs, x.Maker)
			}
			companies, err := a.d.Accounts.Directory().OrgsByID(ctx, orgs...)
			items := make([]invitation, len(all))
			for i, x := range all {
				items[i] = invitation{string(x.Room), x.Title, companies[x.Maker].Slug, x.Ours, x.Theirs, x.Ours != x.Theirs}
			}
			return &reply[list[invitation]]{page(items, "").Body}, err
		})
	type accept struct {
		IDPath
		Body struct {
			People []string `json:"people,omitempty" maxItems:"200" doc:"ids of people of your company; none: all of it"`
			Agreed bool     `json:"agreed,omitempty" doc:"although the two companies keep messages for different times"`
		}
	}
	handle(a, op("POST", "/api/v1/room-invitations/{id}/accept", "chat:write", "Take part in an open room", "By an admin: the companies there see yours and its people in the room, and yours sees them, now and later. 409 room.keep_differs where you did not say agreed.", 204),
		func(ctx context.Context, actor access.Actor, in *accept) (*struct{}, error) {
			return nil, a.d.Rooms.Answer(ctx, actor, room.ID(in.ID), room.AnswerCmd{Join: true, People: in.Body.People, Agreed: in.Body.Agreed})
		})
	handle(a, op("POST", "/api/v1/room-invitations/{id}/decline", "chat:write", "Decline to take part in an open room", "Only the company that asked learns of it.", 204),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*struct{}, error) {
			return nil, a.d.Rooms.Answer(ctx, actor, room.ID(in.ID), room.AnswerCmd{})
		})
	type withdraw struct {
		IDPath
		Body struct {
			Partner string `json:"partner" minLength:"1" doc:"slug of the company that was asked"`
		}
	}
	handle(a, op("POST", base+"/withdraw", "chat:write", "Take back an invitation into an open room", "By who made the room or an admin of the company that did.", 204),
		func(ctx context.Context, actor access.Actor, in *withdraw) (*struct{}, error) {
			partner, err := a.partnerSlug(ctx, in.Body.Partner)
			if err != nil {
				return nil, err
			}
			return nil, a.d.Rooms.Withdraw(ctx, actor, room.ID(in.ID), partner)
		})
}

// topicFiles are files of topics and replies.
func (a *API) topicFiles(base string) {
	type upload struct {
		IDPath
		Name    string `query:"name" required:"true" minLength:"1" maxLength:"400"`
		RawBody []byte
	}
	type brought struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		Type string `json:"type"`
		Size int64  `json:"size"`
	}
	for _, in := range []struct{ path, title string }{{"/api/v1/categories/{id}/files", "Bring a file for a topic"}, {base + "/{id}/files", "Bring a file for a reply"}} {
		bring := op("POST", in.path, "forum:write", in.title, "The body is the file, up to 1 MiB; larger ones go by the page. It is judged by its content and seen by nobody until you post with its id, within a day.", 201)
		bring.MaxBodyBytes = 1 << 20
		handle(a, bring, func(ctx context.Context, actor access.Actor, x *upload) (*reply[brought], error) {
			category, topic := forum.CategoryID(x.ID), forum.TopicID("")
			if in.path == base+"/{id}/files" {
				category, topic = "", forum.TopicID(x.ID)
			}
			f, err := a.d.Forum.Bring(ctx, actor, category, topic, x.Name, bytes.NewReader(x.RawBody))
			if err != nil {
				return nil, err
			}
			return &reply[brought]{brought{string(f.ID), f.Name, f.Type, f.Size}}, nil
		})
	}
	type fileIn struct {
		IDPath
		File string `path:"file"`
	}
	get := op("GET", base+"/{id}/files/{file}", "forum:read", "Get a file of a topic", "Always a download.", 200)
	get.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: bytesOf("application/octet-stream")}}
	handle(a, get, func(ctx context.Context, actor access.Actor, in *fileIn) (*huma.StreamResponse, error) {
		f, body, err := a.d.Forum.Open(ctx, actor, forum.TopicID(in.ID), forum.FileID(in.File))
		if err != nil {
			return nil, err
		}
		return fileStream(f.Name, f.Size, body)
	})
	handle(a, op("DELETE", base+"/{id}/files/{file}", "forum:write", "Take a file away", "Your own, or any as a moderator of the owner.", 204), func(ctx context.Context, actor access.Actor, in *fileIn) (*struct{}, error) {
		return nil, a.d.Forum.RemoveFile(ctx, actor, forum.TopicID(in.ID), forum.FileID(in.File))
	})
}
