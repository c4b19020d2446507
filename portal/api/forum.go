package api

import (
	"context"
	"time"

	"entente/chat/forum"
	"entente/prm/access"
	"entente/prm/fault"
)

type categoryOut struct {
	ID     string     `json:"id"`
	Name   string     `json:"name"`
	About  string     `json:"about"`
	Owner  string     `json:"owner" doc:"slug of the company"`
	Open   bool       `json:"open" doc:"its companies are named to each other"`
	Agreed bool       `json:"agreed" doc:"your company agreed to that; without it an open category is not entered"`
	Closed bool       `json:"closed"`
	Reply  bool       `json:"reply"`
	Create bool       `json:"create"`
	Unread int        `json:"unread"`
	Seats  []seatOut  `json:"seats,omitempty" doc:"for its owner"`
	Tiers  []tierSeat `json:"tiers,omitempty" doc:"for its owner: whoever has the tier is in"`
	NDA    *ndaHead   `json:"agreement,omitempty" doc:"under which its confidential ideas are read"`
}

type ndaHead struct {
	Number   int  `json:"number" doc:"of the text that holds"`
	Accepted bool `json:"accepted" doc:"by you"`
}

type ndaOut struct {
	Number   int         `json:"number"`
	Text     string      `json:"text"`
	Hash     string      `json:"sha256" doc:"of the text"`
	At       time.Time   `json:"at"`
	Accepted bool        `json:"accepted" doc:"by you"`
	Register []ndaAccept `json:"register,omitempty" doc:"who accepted: all for the owner's moderators, else your own people"`
}

type ndaAccept struct {
	Org    string    `json:"org"`
	Person string    `json:"person"`
	Name   string    `json:"name"`
	Number int       `json:"number"`
	Hash   string    `json:"sha256"`
	At     time.Time `json:"at"`
}

type seatOut struct {
	Org    string `json:"org"`
	Reply  bool   `json:"reply"`
	Create bool   `json:"create"`
	Agreed bool   `json:"agreed"`
}

// tierSeat is what partners of a tier may do: read it, and what is said here.
type tierSeat struct {
	Tier   string `json:"tier" minLength:"1" maxLength:"200"`
	Reply  bool   `json:"reply,omitempty"`
	Create bool   `json:"create,omitempty"`
}

type topicOut struct {
	ID       string           `json:"id"`
	Category string           `json:"category"`
	Kind     string           `json:"kind"`
	From     *author          `json:"from,omitempty" doc:"absent where you may not know the author"`
	Title    string           `json:"title"`
	Body     string           `json:"body" doc:"Markdown"`
	Tags     []string         `json:"tags"`
	State    string           `json:"state"`
	Accepted string           `json:"accepted,omitempty"`
	Replies  int              `json:"replies"`
	Votes    *int             `json:"votes,omitempty" doc:"for the owner of the category and in an open one"`
	Voted    bool             `json:"voted"`
	Watching string           `json:"watching,omitempty"`
	Unread   bool             `json:"unread"`
	Removed  bool             `json:"removed,omitempty"`
	NDA      bool             `json:"nda,omitempty" doc:"read only by who accepted the agreement of its category"`
	Survey   []surveyQuestion `json:"survey,omitempty"`
	Done     bool             `json:"done,omitempty" doc:"you answered the survey"`
	Counted  int              `json:"counted,omitempty" doc:"answers behind result: five or a multiple of it"`
	Result   []resultOut      `json:"result,omitempty"`
	At       time.Time        `json:"at"`
	Active   time.Time        `json:"active"`
	Moved    *time.Time       `json:"moved,omitempty" doc:"when it was moved into its category"`
	Files    []documentFile   `json:"files,omitempty"`
	Posts    *list[postOut]   `json:"posts,omitempty"`
}

// surveyQuestion is a question with the options one is chosen of.
type surveyQuestion struct {
	Text    string   `json:"text"`
	Options []string `json:"options"`
}

type resultOut struct {
	Text    string   `json:"text"`
	Options []string `json:"options"`
	Counts  []int    `json:"counts"`
}

type postOut struct {
	ID       string         `json:"id"`
	From     *author        `json:"from,omitempty"`
	Body     string         `json:"body"`
	Votes    *int           `json:"votes,omitempty"`
	Voted    bool           `json:"voted"`
	Accepted bool           `json:"accepted,omitempty"`
	Edited   bool           `json:"edited,omitempty"`
	Removed  bool           `json:"removed,omitempty"`
	At       time.Time      `json:"at"`
	Via      string         `json:"via,omitempty" doc:"mail: an answer to a notice that came by mail"`
	Files    []documentFile `json:"files,omitempty"`
}

// forumNames are slugs of companies and names of people that the service let the caller
// know.
type forumNames struct {
	slugs, people map[string]string
}

func (a *API) forumNames(ctx context.Context, orgs, people []string) (forumNames, error) {
	n := forumNames{map[string]string{}, map[string]string{}}
	dir := a.d.Accounts.Directory()
	companies, err := dir.OrgsByID(ctx, orgs...)
	if err != nil {
		return n, err
	}
	for id, o := range companies {
		n.slugs[id] = o.Slug
	}
	persons, err := dir.PersonsByID(ctx, people...)
	for id, p := range persons {
		n.people[id] = p.Name
	}
	return n, err
}

func (n forumNames) author(x forum.Author) *author {
	if x.Hidden() {
		return nil
	}
	return &author{x.Person, n.people[x.Person], n.slugs[x.Org]}
}

func counted(n int) *int {
	if n < 0 {
		return nil
	}
	return &n
}

func (n forumNames) topic(t forum.Topic) topicOut {
	out := topicOut{ID: string(t.ID), Category: string(t.Category), Kind: string(t.Kind), From: n.author(t.From), Title: t.Title, Body: t.Body, Tags: append([]string{}, t.Tags...), State: string(t.State), Accepted: string(t.Accepted), Replies: t.Replies,
		Votes: counted(t.Votes), Voted: t.Voted, Watching: t.Level, Unread: t.Unread, Removed: t.Removed, NDA: t.NDA, Done: t.Done, Counted: t.Counted, At: t.Made, Active: t.Active, Files: topicFiles(t.ID, t.Files)}
	if !t.Moved.IsZero() {
		out.Moved = &t.Moved
	}
	for _, q := range t.Survey {
		out.Survey = append(out.Survey, surveyQuestion(q))
	}
	for _, r := range t.Result {
		out.Result = append(out.Result, resultOut{r.Text, r.Options, r.Counts})
	}
	return out
}

func (n forumNames) category(c forum.Category) categoryOut {
	out := categoryOut{ID: string(c.ID), Name: c.Name, About: c.About, Owner: n.slugs[c.Owner], Open: c.Open, Agreed: c.Agreed, Closed: c.Closed, Reply: c.Reply, Create: c.Create, Unread: c.Unread}
	if c.NDA.Number > 0 {
		out.NDA = &ndaHead{c.NDA.Number, c.NDA.Accepted}
	}
	for _, s := range c.Seats {
		out.Seats = append(out.Seats, seatOut{n.slugs[s.Org], s.Reply, s.Create, s.Agreed})
	}
	for _, t := range c.Tiers {
		out.Tiers = append(out.Tiers, tierSeat(t))
	}
	return out
}

// categories are made and changed by their owner.
func (a *API) categories() {
	const base = "/api/v1/categories"
	show := func(ctx context.Context, actor access.Actor, id forum.CategoryID) (*reply[categoryOut], error) {
		c, err := a.d.Forum.Get(ctx, actor, id)
		if err != nil {
			return nil, err
		}
		orgs := []string{c.Owner}
		for _, s := range c.Seats {
			orgs = append(orgs, s.Org)
		}
		n, err := a.forumNames(ctx, orgs, nil)
		return &reply[categoryOut]{n.category(c)}, err
	}
	handle(a, op("GET", base+"/{id}", "forum:read", "Get a category", "", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[categoryOut], error) {
			return show(ctx, actor, forum.CategoryID(in.ID))
		})
	type categorySeat struct {
		Org    string `json:"org" minLength:"1" doc:"slug of a company you work with"`
		Reply  bool   `json:"reply,omitempty"`
		Create bool   `json:"create,omitempty"`
	}
	type categoryIn struct {
		Name   string         `json:"name" minLength:"1" maxLength:"80"`
		About  string         `json:"about,omitempty" maxLength:"500"`
		Open   bool           `json:"open,omitempty" doc:"its companies are named to each other, each once its admin agreed on the page"`
		Closed bool           `json:"closed,omitempty" doc:"read only"`
		Seats  []categorySeat `json:"seats,omitempty" maxItems:"500" doc:"all companies it is shared with by name; one left out finds nothing of it any more"`
		Tiers  []tierSeat     `json:"tiers,omitempty" maxItems:"50" doc:"all tiers it is shared with: whoever has one is in, from the moment it gets it until it loses it; what seats say of a company goes first"`
		NDA    string         `json:"agreement,omitempty" maxLength:"20000" doc:"the text under which confidential ideas are read"`
	}
	save := func(ctx context.Context, actor access.Actor, id string, b categoryIn) (*reply[categoryOut], error) {
		cmd := forum.CategoryCmd{ID: forum.CategoryID(id), Name: b.Name, About: b.About, Open: b.Open, Closed: b.Closed, NDA: b.NDA}
		for _, s := range b.Seats {
			org, err := a.partnerSlug(ctx, s.Org)
			if err != nil {
				return nil, err
			}
			cmd.Seats = append(cmd.Seats, forum.Seat{Org: org, Reply: s.Reply, Create: s.Create})
		}
		for _, t := range b.Tiers {
			cmd.Tiers = append(cmd.Tiers, forum.TierSeat(t))
		}
		at, err := a.d.Forum.SaveCategory(ctx, actor, cmd)
		if err != nil {
			return nil, err
		}
		return show(ctx, actor, at)
	}
	type made struct{ Body categoryIn }
	handle(a, op("POST", base, "forum:write", "Make a category", "By moderators. 409 where the name is taken.", 201),
		func(ctx context.Context, actor access.Actor, in *made) (*reply[categoryOut], error) {
			return save(ctx, actor, "", in.Body)
		})
	type agreeing struct {
		IDPath
		Body struct {
			On *bool `json:"on,omitempty" doc:"false takes it back, default true"`
		}
	}
	handle(a, op("POST", base+"/{id}/agree", "forum:consent", "Agree to be named in an open category", "For your company, by its admins: your people are named to the other companies there that agreed, and theirs to you; before that your company does not enter. Taken back, your people are nobody again and your company reads nothing there. 409 forum.not_open.", 200),
		func(ctx context.Context, actor access.Actor, in *agreeing) (*reply[categoryOut], error) {
			if err := a.d.Forum.Agree(ctx, actor, forum.CategoryID(in.ID), in.Body.On == nil || *in.Body.On); err != nil {
				return nil, err
			}
			return show(ctx, actor, forum.CategoryID(in.ID))
		})
	type changed struct {
		IDPath
		Body categoryIn
	}
	handle(a, op("PUT", base+"/{id}", "forum:write", "Change a category", "All of it, by moderators of its owner.", 200),
		func(ctx context.Context, actor access.Actor, in *changed) (*reply[categoryOut], error) {
			return save(ctx, actor, in.ID, in.Body)
		})
}

// reports are what waits for the moderators.
func (a *API) reports() {
	const base = "/api/v1/forum-reports"
	type forumReport struct {
		ID       string    `json:"id"`
		Category string    `json:"category"`
		Topic    string    `json:"topic"`
		Post     string    `json:"post,omitempty" doc:"of a reply; absent: the topic itself"`
		Title    string    `json:"title" doc:"empty where you did not accept the agreement it is under"`
		Text     string    `json:"text"`
		Reason   string    `json:"reason"`
		From     *author   `json:"from"`
		At       time.Time `json:"at"`
	}
	handle(a, op("GET", base, "forum:write", "List what was reported", "In the categories of your company, the oldest first, for its moderators. To close, open or move an idea along: POST /api/v1/topics/{id}/state; to take something away: …/remove.", 200),
		func(ctx context.Context, actor access.Actor, _ *struct{}) (*reply[list[forumReport]], error) {
			all, err := a.d.Forum.Reports(ctx, actor)
			if err != nil {
				return nil, err
			}
			var orgs, people []string
			for _, f := range all {
				orgs, people = append(orgs, f.From.Org), append(people, f.From.Person)
			}
			n, err := a.forumNames(ctx, orgs, people)
			items := make([]forumReport, len(all))
			for i, f := range all {
				items[i] = forumReport{string(f.ID), string(f.Category), string(f.Topic), string(f.Post), f.Title, f.Text, f.Reason, n.author(f.From), f.Made}
			}
			return &reply[list[forumReport]]{page(items, "").Body}, err
		})
	type decide struct {
		IDPath
		Body struct {
			Remove bool `json:"remove" doc:"true: it is removed; false: it stays"`
		}
	}
	handle(a, op("POST", base+"/{id}/decide", "forum:write", "Decide a report", "409 forum.decided where another has.", 204),
		func(ctx context.Context, actor access.Actor, in *decide) (*struct{}, error) {
			return nil, a.d.Forum.Decide(ctx, actor, forum.FlagID(in.ID), in.Body.Remove)
		})
}

func (a *API) forum() {
	handle(a, op("GET", "/api/v1/categories", "forum:read", "List categories of the forum", "Those your company has a seat in.", 200),
		func(ctx context.Context, actor access.Actor, _ *struct{}) (*reply[list[categoryOut]], error) {
			all, err := a.d.Forum.Categories(ctx, actor)
			if err != nil {
				return nil, err
			}
			var orgs []string
			for _, c := range all {
				orgs = append(orgs, c.Owner)
				for _, s := range c.Seats {
					orgs = append(orgs, s.Org)
				}
			}
			n, err := a.forumNames(ctx, orgs, nil)
			if err != nil {
				return nil, err
			}
			items := make([]categoryOut, len(all))
			for i, c := range all {
				items[i] = n.category(c)
			}
			return page(items, ""), nil
		})
	a.categories()
	a.reports()
	a.agreement()
	a.experts()
	const base = "/api/v1/topics"
	type filter struct {
		Paging
		Q        string `query:"q" doc:"every word must occur; two Chinese characters are a word"`
		Category string `query:"category"`
		Kind     string `query:"kind" enum:"question,talk,idea,survey"`
		State    string `query:"state"`
		Tag      string `query:"tag"`
		Watched  bool   `query:"watched"`
	}
	handle(a, op("GET", base, "forum:read", "List topics", "Latest activity first.", 200),
		func(ctx context.Context, actor access.Actor, in *filter) (*reply[list[topicOut]], error) {
			all, next, err := a.d.Forum.Topics(ctx, actor, forum.Filter{Category: forum.CategoryID(in.Category), Kind: forum.Kind(in.Kind), State: forum.State(in.State), Tag: in.Tag, Query: in.Q, Watched: in.Watched, After: in.After, Limit: min(in.Limit, 100)})
			if err != nil {
				return nil, err
			}
			var orgs, people []string
			for _, t := range all {
				orgs, people = append(orgs, t.From.Org), append(people, t.From.Person)
			}
			n, err := a.forumNames(ctx, orgs, people)
			if err != nil {
				return nil, err
			}
			items := make([]topicOut, len(all))
			for i, t := range all {
				items[i] = n.topic(t)
			}
			return page(items, next), nil
		})
	type one struct {
		IDPath
		After string `query:"after" doc:"cursor of the replies"`
	}
	show := func(ctx context.Context, actor access.Actor, id, after string) (*reply[topicOut], error) {
		t, posts, next, err := a.d.Forum.Topic(ctx, actor, forum.TopicID(id), after, 0)
		if err != nil {
			return nil, err
		}
		orgs, people := []string{t.From.Org}, []string{t.From.Person}
		for _, p := range posts {
			orgs, people = append(orgs, p.From.Org), append(people, p.From.Person)
		}
		n, err := a.forumNames(ctx, orgs, people)
		if err != nil {
			return nil, err
		}
		out := n.topic(t)
		items := make([]postOut, len(posts))
		for i, p := range posts {
			items[i] = postOut{string(p.ID), n.author(p.From), p.Body, counted(p.Votes), p.Voted, p.Accepted, p.Edited, p.Removed, p.Made, p.Via, topicFiles(t.ID, p.Files)}
		}
		out.Posts = &page(items, next).Body
		return &reply[topicOut]{out}, nil
	}
	handle(a, op("GET", base+"/{id}", "forum:read", "Get a topic", "With its replies, oldest first.", 200),
		func(ctx context.Context, actor access.Actor, in *one) (*reply[topicOut], error) {
			return show(ctx, actor, in.ID, in.After)
		})
	type forumAsk struct {
		Body struct {
			Category string           `json:"category"`
			Kind     string           `json:"kind" enum:"question,talk,idea,survey"`
			Title    string           `json:"title" minLength:"1" maxLength:"200"`
			Body     string           `json:"body,omitempty" maxLength:"20000" doc:"Markdown"`
			Tags     []string         `json:"tags,omitempty" maxItems:"5"`
			Survey   []surveyQuestion `json:"survey,omitempty" maxItems:"10" doc:"of a survey, which its owner makes"`
			Key      string           `json:"key" minLength:"1" maxLength:"64" doc:"made by you; the same key is one topic"`
			Files    []string         `json:"files,omitempty" maxItems:"10" doc:"ids of files you brought to the category"`
			NDA      bool             `json:"nda,omitempty" doc:"an idea that only who accepted the agreement of the category reads"`
		}
	}
	handle(a, op("POST", base, "forum:write", "Make a topic", "", 201),
		func(ctx context.Context, actor access.Actor, in *forumAsk) (*reply[topicOut], error) {
			b := in.Body
			var survey []forum.Asked
			for _, q := range b.Survey {
				survey = append(survey, forum.Asked(q))
			}
			t, err := a.d.Forum.Ask(ctx, actor, forum.TopicCmd{Category: forum.CategoryID(b.Category), Kind: forum.Kind(b.Kind), Title: b.Title, Body: b.Body, Tags: b.Tags, Survey: survey, Key: b.Key, Files: fileIDs(b.Files), NDA: b.NDA})
			if err != nil {
				return nil, err
			}
			return show(ctx, actor, string(t.ID), "")
		})
	type forumReply struct {
		IDPath
		Body struct {
			Body  string   `json:"body" maxLength:"20000" doc:"Markdown; empty only where files come with it"`
			Key   string   `json:"key" minLength:"1" maxLength:"64" doc:"made by you; the same key is one reply"`
			Files []string `json:"files,omitempty" maxItems:"10" doc:"ids of files you brought to the topic"`
		}
	}
	type forumMade struct {
		ID string `json:"id"`
	}
	handle(a, op("POST", base+"/{id}/replies", "forum:write", "Reply to a topic", "", 201),
		func(ctx context.Context, actor access.Actor, in *forumReply) (*reply[forumMade], error) {
			p, err := a.d.Forum.ReplyWith(ctx, actor, forum.TopicID(in.ID), in.Body.Body, in.Body.Key, fileIDs(in.Body.Files))
			if err != nil {
				return nil, err
			}
			return &reply[forumMade]{forumMade{string(p)}}, nil
		})
	a.topicFiles(base)
	type forumDeed struct {
		IDPath
		Body struct {
			Post    string   `json:"post,omitempty" doc:"id of a reply; empty: the topic itself"`
			On      *bool    `json:"on,omitempty" doc:"of accept, vote and nda; false takes it back, default true"`
			Level   string   `json:"level,omitempty" enum:"watching,muted," doc:"of watch"`
			State   string   `json:"state,omitempty" doc:"of state"`
			Reason  string   `json:"reason,omitempty" maxLength:"500" doc:"of report"`
			Title   string   `json:"title,omitempty" maxLength:"200" doc:"of edit"`
			Body    string   `json:"body,omitempty" maxLength:"20000" doc:"of edit"`
			Tags    []string `json:"tags,omitempty" doc:"of edit"`
			Choices []int    `json:"choices,omitempty" doc:"of answer: the option of each question, from 0"`

			Category string `json:"category,omitempty" doc:"of move: id of another category of your company"`
		}
	}
	a.topicMoves(base)
	for _, d := range []struct {
		path, scope, title, text string
		do                       func(ctx context.Context, actor access.Actor, id forum.TopicID, in *forumDeed) error
	}{
		{"accept", "forum:write", "Accept an answer", "By the author of the question or a moderator.", func(ctx context.Context, actor access.Actor, id forum.TopicID, in *forumDeed) error {
			return a.d.Forum.Accept(ctx, actor, id, forum.PostID(in.Body.Post), in.Body.On == nil || *in.Body.On)
		}},
		{"vote", "forum:write", "Vote", "", func(ctx context.Context, actor access.Actor, id forum.TopicID, in *forumDeed) error {
			return a.d.Forum.Vote(ctx, actor, id, forum.PostID(in.Body.Post), in.Body.On == nil || *in.Body.On)
		}},
		{"nda", "forum:write", "Put an idea under the agreement of its category", "Only who accepted the agreement reads it then. By its author, who may also take it out, or a moderator of the owner.", func(ctx context.Context, actor access.Actor, id forum.TopicID, in *forumDeed) error {
			return a.d.Forum.SetNDA(ctx, actor, id, in.Body.On == nil || *in.Body.On)
		}},
		{"watch", "forum:read", "Watch or mute a topic", "", func(ctx context.Context, actor access.Actor, id forum.TopicID, in *forumDeed) error {
			return a.d.Forum.Watch(ctx, actor, id, in.Body.Level)
		}},
		{"state", "forum:write", "Set the state of a topic", "By moderators of the owner.", func(ctx context.Context, actor access.Actor, id forum.TopicID, in *forumDeed) error {
			return a.d.Forum.SetState(ctx, actor, id, forum.State(in.Body.State))
		}},
		{"move", "forum:write", "Move a topic to another category", "By moderators of the owner of both. 409 forum.move_readers, move_tiers or move_names where somebody would read, or be named, who must not; GET …/moves says it beforehand.", func(ctx context.Context, actor access.Actor, id forum.TopicID, in *forumDeed) error {
			return a.d.Forum.Move(ctx, actor, id, forum.CategoryID(in.Body.Category))
		}},
		{"report", "forum:write", "Report something to the owner", "", func(ctx context.Context, actor access.Actor, id forum.TopicID, in *forumDeed) error {
			return a.d.Forum.Report(ctx, actor, id, forum.PostID(in.Body.Post), in.Body.Reason)
		}},
		{"edit", "forum:write", "Change what you wrote", "", func(ctx context.Context, actor access.Actor, id forum.TopicID, in *forumDeed) error {
			return a.d.Forum.Edit(ctx, actor, id, forum.PostID(in.Body.Post), in.Body.Title, in.Body.Body, in.Body.Tags)
		}},
		{"remove", "forum:write", "Remove a topic or a reply", "Your own, or any as a moderator of the owner.", func(ctx context.Context, actor access.Actor, id forum.TopicID, in *forumDeed) error {
			return a.d.Forum.Remove(ctx, actor, id, forum.PostID(in.Body.Post))
		}},
		{"answer", "forum:write", "Answer a survey", "Once. Who chose what is told to nobody.", func(ctx context.Context, actor access.Actor, id forum.TopicID, in *forumDeed) error {
			return a.d.Forum.Answer(ctx, actor, id, in.Body.Choices)
		}},
	} {
		handle(a, op("POST", base+"/{id}/"+d.path, d.scope, d.title, d.text, 204), func(ctx context.Context, actor access.Actor, in *forumDeed) (*struct{}, error) {
			return nil, d.do(ctx, actor, forum.TopicID(in.ID), in)
		})
	}
}

func fileIDs(ids []string) []forum.FileID {
	out := make([]forum.FileID, len(ids))
	for i, id := range ids {
		out[i] = forum.FileID(id)
	}
	return out
}

func topicFiles(id forum.TopicID, files []forum.File) []documentFile {
	var out []documentFile
	for _, f := range files {
		out = append(out, documentFile{f.Name, f.Type, f.Size, "/api/v1/topics/" + string(id) + "/files/" + string(f.ID)})
	}
	return out
}

// agreement are the operations on the text under which confidential ideas are read.
func (a *API) agreement() {
	const path = "/api/v1/categories/{id}/agreement"
	handle(a, op("GET", path, "forum:read", "Get the agreement of a category", "With the register of who accepted it, as far as it is yours to know.", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[ndaOut], error) {
			c, err := a.d.Forum.Get(ctx, actor, forum.CategoryID(in.ID))
			if err == nil && c.NDA.Number == 0 {
				err = fault.New(fault.NotFound, "error.not_found")
			}
			if err != nil {
				return nil, err
			}
			out := ndaOut{Number: c.NDA.Number, Text: c.NDA.Text, Hash: c.NDA.Hash, At: c.NDA.Made, Accepted: c.NDA.Accepted}
			register, err := a.d.Forum.Register(ctx, actor, c.ID)
			if err != nil && fault.CodeOf(err) != fault.Forbidden {
				return nil, err
			}
			var orgs, people []string
			for _, r := range register {
				orgs, people = append(orgs, r.Org), append(people, r.Person)
			}
			n, err := a.forumNames(ctx, orgs, people)
			for _, r := range register {
				out.Register = append(out.Register, ndaAccept{n.slugs[r.Org], r.Person, n.people[r.Person], r.Number, r.Hash, r.At})
			}
			return &reply[ndaOut]{out}, err
		})
	type accepting struct {
		IDPath
		Body struct {
			Number int `json:"number" doc:"of the text you read"`
		}
	}
	handle(a, op("POST", path+"/accept", "forum:write", "Accept the agreement of a category", "For yourself, in the company of the token. 409 where the text was changed meanwhile.", 204),
		func(ctx context.Context, actor access.Actor, in *accepting) (*struct{}, error) {
			return nil, a.d.Forum.AcceptNDA(ctx, actor, forum.CategoryID(in.ID), in.Body.Number)
		})
}

// experts are the operation that finds who answered such questions.
func (a *API) experts() {
	type asked struct {
		Q        string `query:"q" doc:"every word must occur in the question"`
		Category string `query:"category"`
		Tag      string `query:"tag"`
	}
	type expertOut struct {
		From     *author `json:"from"`
		Accepted int     `json:"accepted"`
	}
	handle(a, op("GET", "/api/v1/forum-experts", "forum:read", "Find who knows", "People whose answers to such questions were accepted, the most first: in what you may read, and whom you may know there.", 200),
		func(ctx context.Context, actor access.Actor, in *asked) (*reply[list[expertOut]], error) {
			all, err := a.d.Forum.Experts(ctx, actor, forum.Filter{Query: in.Q, Category: forum.CategoryID(in.Category), Tag: in.Tag})
			if err != nil {
				return nil, err
			}
			var orgs, people []string
			for _, e := range all {
				orgs, people = append(orgs, e.From.Org), append(people, e.From.Person)
			}
			n, err := a.forumNames(ctx, orgs, people)
			items := make([]expertOut, len(all))
			for i, e := range all {
				items[i] = expertOut{n.author(e.From), e.Accepted}
			}
			return &reply[list[expertOut]]{page(items, "").Body}, err
		})
}
