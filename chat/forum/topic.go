package forum

import (
	"context"
	"slices"
	"strings"

	"entente/chat/text"
	"entente/db"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
)

// Topics lists the topics the actor may read, the latest activity first, and the cursor
// of the next part.
// Codes: Unauthenticated, NotFound (the category), Forbidden, Invalid.
func (s *Service) Topics(ctx context.Context, actor access.Actor, f Filter) ([]Topic, string, error) {
	scope, err := access.List(actor, access.ForumRead)
	if err != nil {
		return nil, "", err
	}
	if f.Limit == 0 {
		f.Limit = pageRows
	}
	if f.Limit < 1 || f.Limit > mostRows {
		return nil, "", fault.InvalidField("limit", "form.out_of_range")
	}
	var out []Topic
	next := ""
	err = s.view(ctx, actor, func(ctx context.Context) error {
		if f.Category != "" {
			if _, err := enter(ctx, actor, access.ForumRead, f.Category, true); err != nil {
				return err
			}
		}
		rows, err := listTopics(ctx, scope.Org(), actor.Person, f, f.Limit+1)
		if err != nil {
			return err
		}
		if len(rows) > f.Limit {
			rows = rows[:f.Limit]
			last := rows[f.Limit-1].Topic
			next = db.Cursor(last.Active, last.ID)
		}
		out, err = s.dress(ctx, actor, rows)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return out, next, nil
}

// dress turns rows into topics as the actor sees them, with one read of categories, seats
// and votes each.
func (s *Service) dress(ctx context.Context, actor access.Actor, rows []listedRow) ([]Topic, error) {
	var ids, cats []string
	for _, r := range rows {
		ids = append(ids, r.Topic.ID)
		if !slices.Contains(cats, r.Topic.CategoryID) {
			cats = append(cats, r.Topic.CategoryID)
		}
	}
	seats, err := seatsIn(ctx, cats)
	if err != nil {
		return nil, err
	}
	heads, err := categoriesAt(ctx, cats)
	if err != nil {
		return nil, err
	}
	if err := s.present(ctx, actor, heads, seats); err != nil {
		return nil, err
	}
	all := map[string]Category{}
	ours, err := seatsAt(ctx, actor.Org, cats)
	if err != nil {
		return nil, err
	}
	for _, h := range heads { // the list holds only those where the company has a seat
		seat, there := ours[h.ID]
		if !there {
			return nil, notFound()
		}
		all[h.ID] = category(h, seat)
	}
	votes, err := tallies(ctx, ids, []string{""}, actor.Person)
	if err != nil {
		return nil, err
	}
	out := make([]Topic, len(rows))
	for i, r := range rows {
		out[i] = topic(actor, all[r.Topic.CategoryID], seats[r.Topic.CategoryID], r.Topic, votes[r.Topic.ID+"/"])
		if r.Level != nil {
			out[i].Level = *r.Level
			out[i].Unread = *r.Level == Watching && *r.Seen < r.Topic.Active
		}
	}
	return out, nil
}

func topic(actor access.Actor, c Category, seats []seatRow, r topicRow, votes tally) Topic {
	t := Topic{ID: TopicID(r.ID), Category: c.ID, Kind: Kind(r.Kind), From: author(actor, c, seats, r.OrgID, r.PersonID), Title: r.Title, Body: r.Body, Tags: tagsIn(r.Tags), State: State(r.State),
		Accepted: PostID(r.Accepted), Replies: int(r.Replies), Active: db.FromMicros(r.Active), Made: db.FromMicros(r.Made), Moved: db.FromMicros(r.Moved), Edited: r.Edited != 0, Removed: r.Removed != 0, Voted: votes.Mine > 0, Votes: -1}
	if c.counts(actor) {
		t.Votes = int(votes.N)
	}
	if t.Removed {
		t.Body = ""
	}
	t.Survey = db.FromText[[]Asked](r.Survey)
	manage := access.Allowed(actor, access.ForumManage, c.resource(actor.Org))
	write := access.Allowed(actor, access.ForumWrite, c.resource(actor.Org))
	mine := own(actor, r.OrgID, r.PersonID)
	t.CanModerate = manage && !t.Removed
	t.CanEdit = mine && write && !t.Removed && c.Reply
	t.CanAccept = t.Kind == Question && (mine && write || manage) && !t.Removed && !c.Closed
	t.NDA = r.Nda != 0
	t.CanSeal = t.Kind == Idea && !t.NDA && (mine && write || manage) && !t.Removed
	t.CanMove = t.CanModerate && !t.NDA
	t.CanUnseal = t.NDA && mine && write && !t.Removed
	t.CanReply = write && c.Reply && !t.Removed && t.State != Closed
	return t
}

// load reads a topic with its category for the actor.
func load(ctx context.Context, actor access.Actor, act access.Action, id TopicID) (Category, topicRow, error) {
	if !actor.Known() {
		return Category{}, topicRow{}, fault.New(fault.Unauthenticated, "error.signed_out")
	}
	t, err := readTopic(ctx, id)
	if err != nil {
		return Category{}, t, err
	}
	c, err := enter(ctx, actor, act, CategoryID(t.CategoryID), true)
	if err != nil {
		return c, t, err
	}
	closed, err := barred(ctx, actor, t)
	if err == nil && closed {
		err = notFound()
	}
	return c, t, err
}

// lock is load with the lock of the topic's row: nothing of it changes until the commit.
// Where it was moved while this waited, the rights are those in its category now, and nobody
// is told there by name who spoke where nobody was: then it is a conflict.
func lock(ctx context.Context, actor access.Actor, act access.Action, id TopicID) (Category, topicRow, error) {
	c, was, err := load(ctx, actor, act, id)
	if err != nil {
		return c, was, err
	}
	t, err := lockTopic(ctx, id)
	if err != nil || t.CategoryID == was.CategoryID {
		return c, t, err
	}
	now, t, err := load(ctx, actor, act, id)
	if err == nil && now.Open != c.Open {
		err = fault.New(fault.Conflict, "forum.was_moved")
	}
	return now, t, err
}

// Topic returns a topic with a part of its replies, oldest first, and the cursor of the
// next part. Reading the last part notes that the actor has read it.
// Codes: Unauthenticated, NotFound, Invalid (cursor).
func (s *Service) Topic(ctx context.Context, actor access.Actor, id TopicID, after string, limit int) (Topic, []Post, string, error) {
	if limit == 0 {
		limit = mostRows
	}
	if limit < 1 || limit > mostRows {
		return Topic{}, nil, "", fault.InvalidField("limit", "form.out_of_range")
	}
	var t Topic
	var posts []Post
	next := ""
	read := watchRow{}
	err := s.view(ctx, actor, func(ctx context.Context) error {
		c, row, err := load(ctx, actor, access.ForumRead, id)
		if err != nil {
			return err
		}
		seats, err := seatsIn(ctx, []string{row.CategoryID})
		if err != nil {
			return err
		}
		if err := s.present(ctx, actor, []categoryRow{{ID: row.CategoryID, OwnerID: c.Owner, Open: db.Flag(c.Open)}}, seats); err != nil {
			return err
		}
		rows, err := postsOf(ctx, id, after, limit+1)
		if err != nil {
			return err
		}
		ids := []string{""}
		for _, r := range rows {
			ids = append(ids, r.ID)
		}
		votes, err := tallies(ctx, []string{row.ID}, ids, actor.Person)
		if err != nil {
			return err
		}
		files, err := filesOf(ctx, id, ids)
		if err != nil {
			return err
		}
		w, err := watchOf(ctx, id, actor.Person, actor.Org)
		if err != nil {
			return err
		}
		t = topic(actor, c, seats[row.CategoryID], row, votes[row.ID+"/"])
		if !t.Removed {
			t.Files = files[""]
		}
		t.Level, t.Unread = w.Level, w.Level == Watching && w.Seen < row.Active
		if err := s.results(ctx, actor, c, &t); err != nil {
			return err
		}
		if len(rows) > limit {
			rows = rows[:limit]
			next = db.Cursor(rows[limit-1].Made, rows[limit-1].ID)
		} else if w.TopicID != "" && w.Seen < row.Active {
			read = watchRow{row.ID, actor.Person, actor.Org, "", row.Active}
		}
		for _, r := range rows {
			p := Post{ID: PostID(r.ID), From: author(actor, c, seats[row.CategoryID], r.OrgID, r.PersonID), Body: r.Body, Made: db.FromMicros(r.Made), Via: r.Via, Edited: r.Edited != 0, Removed: r.Removed != 0, Accepted: r.ID == row.Accepted,
				Voted: votes[row.ID+"/"+r.ID].Mine > 0, Votes: -1, CanEdit: own(actor, r.OrgID, r.PersonID) && r.Removed == 0 && c.Reply}
			if c.counts(actor) {
				p.Votes = int(votes[row.ID+"/"+r.ID].N)
			}
			if p.Files = files[r.ID]; p.Removed {
				p.Body, p.Files = "", nil
			}
			posts = append(posts, p)
		}
		return nil
	})
	if err == nil && read.TopicID != "" {
		err = s.change(ctx, actor, func(ctx context.Context) error { return putWatch(ctx, read) })
	}
	if err != nil {
		return Topic{}, nil, "", err
	}
	return t, posts, next, nil
}

// Ask makes a topic; its author watches it. A survey is the owner's.
// Codes: Unauthenticated, NotFound, Forbidden (may not create there), Conflict (closed), Invalid.
func (s *Service) Ask(ctx context.Context, actor access.Actor, cmd TopicCmd) (Topic, error) {
	var t Topic
	err := s.change(ctx, actor, func(ctx context.Context) error {
		c, err := enter(ctx, actor, access.ForumWrite, cmd.Category, true)
		if err != nil {
			return err
		}
		if actor.Person == "" {
			return notFound()
		}
		if row, there, err := topicByKey(ctx, actor.Person, cmd.Key); err != nil || there {
			if err == nil {
				if row.CategoryID != string(cmd.Category) {
					return fault.New(fault.Conflict, "forum.key_used")
				}
				t = topic(actor, c, nil, row, tally{})
			}
			return err
		}
		switch {
		case c.Closed:
			return fault.New(fault.Conflict, "forum.closed")
		case !c.Create || cmd.Kind == Survey && !access.Allowed(actor, access.ForumManage, c.resource(actor.Org)):
			return fault.New(fault.Forbidden, "forum.may_not_create")
		}
		row, err := cmd.row(ctx, actor)
		if err == nil {
			err = cmd.checkNDA(ctx)
		}
		if err != nil {
			return err
		}
		if err := insertTopic(ctx, row); err != nil {
			return err
		}
		if err := put(ctx, actor, row.CategoryID, row.ID, "", cmd.Files); err != nil {
			return err
		}
		if err := found.Put(ctx, row.ID, row.Title, row.Body, row.Tags); err != nil {
			return err
		}
		if err := putWatch(ctx, watchRow{row.ID, actor.Person, actor.Org, Watching, row.Active}); err != nil {
			return err
		}
		t = topic(actor, c, nil, row, tally{})
		t.Level = Watching
		return nil
	})
	return t, err
}

func (cmd TopicCmd) row(ctx context.Context, actor access.Actor) (topicRow, error) {
	cmd.Title, cmd.Body = strings.TrimSpace(cmd.Title), text.Clean(cmd.Body)
	bad := fault.New(fault.Invalid, "form.invalid")
	text.Check(bad, "title", cmd.Title, 1, maxTitle, false)
	text.Check(bad, "body", cmd.Body, 0, maxBody, true)
	if !slices.Contains(Kinds, cmd.Kind) {
		bad.With("kind", "form.choice_wrong")
	}
	if cmd.Key == "" || len(cmd.Key) > maxKey {
		bad.With("key", "room.key_wrong")
	}
	list := tags(bad, cmd.Tags)
	survey := ""
	if cmd.Kind == Survey {
		if len(cmd.Survey) == 0 || len(cmd.Survey) > maxQuestions {
			bad.With("survey", "forum.survey_wrong")
		}
		for _, q := range cmd.Survey {
			text.Check(bad, "survey", q.Text, 1, maxTitle, false)
			if len(q.Options) < 2 || len(q.Options) > maxOptions {
				bad.With("survey", "forum.survey_wrong")
			}
			for _, o := range q.Options {
				text.Check(bad, "survey", o, 1, maxTitle, false)
			}
		}
		survey = db.Text(cmd.Survey)
	} else if cmd.Body == "" {
		bad.With("body", "form.missing")
	}
	now := db.Micros(db.Now(ctx))
	return topicRow{ID: db.NewID(), CategoryID: string(cmd.Category), Kind: string(cmd.Kind), OrgID: actor.Org, PersonID: actor.Person, ClientKey: cmd.Key, Title: cmd.Title, Body: cmd.Body, Tags: list,
		State: string(Open), Survey: survey, Active: now, Made: now, Nda: db.Flag(cmd.NDA)}, bad.OrNil()
}

// Reply answers a topic; who answers watches it.
// Codes: Unauthenticated, NotFound, Forbidden (may not reply), Conflict (closed), Invalid.
func (s *Service) Reply(ctx context.Context, actor access.Actor, id TopicID, body, key string) (PostID, error) {
	return s.ReplyWith(ctx, actor, id, body, key, nil)
}

// ReplyWith is Reply with files that the actor brought for it.
// Codes: as of Reply.
func (s *Service) ReplyWith(ctx context.Context, actor access.Actor, id TopicID, body, key string, files []FileID) (PostID, error) {
	body = text.Clean(body)
	var out PostID
	err := s.change(ctx, actor, func(ctx context.Context) error {
		c, row, err := lock(ctx, actor, access.ForumWrite, id)
		if err != nil {
			return err
		}
		if actor.Person == "" || row.Removed != 0 {
			return notFound()
		}
		if p, there, err := postByKey(ctx, actor.Person, key); err != nil || there {
			if err == nil && p.TopicID != row.ID {
				err = fault.New(fault.Conflict, "forum.key_used")
			}
			out = PostID(p.ID)
			return err
		}
		switch {
		case c.Closed || State(row.State) == Closed:
			return fault.New(fault.Conflict, "forum.closed")
		case !c.Reply:
			return fault.New(fault.Forbidden, "forum.may_not_reply")
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		text.Check(bad, "body", body, 1-min(len(files), 1), maxBody, true) // files say enough
		if key == "" || len(key) > maxKey {
			bad.With("key", "room.key_wrong")
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		if row.Replies >= maxReplies {
			return fault.New(fault.Conflict, "forum.full")
		}
		now := max(db.Micros(db.Now(ctx)), row.Active+1) // order of activity is order of commits
		p := postRow{ID: db.NewID(), TopicID: row.ID, OrgID: actor.Org, PersonID: actor.Person, ClientKey: key, Body: body, Made: now, Via: via(actor)}
		if err := insertPost(ctx, p); err != nil {
			return err
		}
		if err := put(ctx, actor, row.CategoryID, row.ID, p.ID, files); err != nil {
			return err
		}
		if err := setTopic(ctx, row.ID, map[string]any{"replies": row.Replies + 1, "active": now}); err != nil {
			return err
		}
		w, err := watchOf(ctx, id, actor.Person, actor.Org)
		if err != nil {
			return err
		}
		level := w.Level
		if level == "" {
			level = Watching
		}
		if err := putWatch(ctx, watchRow{row.ID, actor.Person, actor.Org, level, now}); err != nil {
			return err
		}
		out = PostID(p.ID)
		return s.tell(ctx, EventReplied, c, Told{Topic: id, Post: out, Person: actor.Person})
	})
	return out, err
}

// Posted says whether the actor replied to a topic under a key.
// Codes: Unauthenticated, NotFound.
func (s *Service) Posted(ctx context.Context, actor access.Actor, id TopicID, key string) (there bool, err error) {
	err = s.view(ctx, actor, func(ctx context.Context) error {
		_, row, err := load(ctx, actor, access.ForumWrite, id)
		if err != nil {
			return err
		}
		p, ok, err := postByKey(ctx, actor.Person, key)
		there = ok && p.TopicID == row.ID
		return err
	})
	return there, err
}

func (s *Service) tell(ctx context.Context, kind string, c Category, t Told) error {
	if s.events == nil {
		return nil
	}
	t.Owner = c.Owner
	return s.events.Publish(ctx, job.Event{Kind: kind, Orgs: []string{c.Owner}, Object: string(t.Topic), Payload: t})
}

// step changes a topic under its lock.
func (s *Service) step(ctx context.Context, actor access.Actor, act access.Action, id TopicID, do func(ctx context.Context, c Category, row topicRow) error) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		c, row, err := lock(ctx, actor, act, id)
		if err != nil {
			return err
		}
		if actor.Person == "" {
			return notFound()
		}
		if row.Removed != 0 {
			return fault.New(fault.Conflict, "forum.removed")
		}
		return do(ctx, c, row)
	})
}

// Edit changes the actor's own topic, or with post his own reply. title and tags are the
// topic's.
// Codes: Unauthenticated, NotFound, Forbidden (another's, may not reply any more), Conflict (closed, removed), Invalid.
func (s *Service) Edit(ctx context.Context, actor access.Actor, id TopicID, post PostID, title, body string, list []string) error {
	body, title = text.Clean(body), strings.TrimSpace(title)
	return s.step(ctx, actor, access.ForumWrite, id, func(ctx context.Context, c Category, row topicRow) error {
		bad := fault.New(fault.Invalid, "form.invalid")
		switch {
		case c.Closed:
			return fault.New(fault.Conflict, "forum.closed")
		case !c.Reply: // other words are new ones
			return fault.New(fault.Forbidden, "forum.may_not_reply")
		}
		now := db.Micros(db.Now(ctx))
		if post != "" {
			p, err := readPost(ctx, id, post)
			if err != nil {
				return err
			}
			switch text.Check(bad, "body", body, 1, maxBody, true); {
			case !own(actor, p.OrgID, p.PersonID):
				return fault.New(fault.Forbidden, "room.not_yours")
			case p.Removed != 0:
				return fault.New(fault.Conflict, "forum.removed")
			case bad.OrNil() != nil:
				return bad
			case p.Body == body:
				return nil
			}
			return setPost(ctx, p.ID, map[string]any{"body": body, "edited": now})
		}
		if !own(actor, row.OrgID, row.PersonID) {
			return fault.New(fault.Forbidden, "room.not_yours")
		}
		text.Check(bad, "title", title, 1, maxTitle, false)
		text.Check(bad, "body", body, int(1-db.Flag(Kind(row.Kind) == Survey)), maxBody, true)
		set := tags(bad, list)
		if err := bad.OrNil(); err != nil {
			return err
		}
		if err := setTopic(ctx, row.ID, map[string]any{"title": title, "body": body, "tags": set, "edited": now}); err != nil {
			return err
		}
		return found.Put(ctx, row.ID, title, body, set)
	})
}

// Remove takes away what the actor wrote, or as a moderator of the owner what anybody
// did: the text goes, the place stays. A removed topic is in no list any more.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (removed).
func (s *Service) Remove(ctx context.Context, actor access.Actor, id TopicID, post PostID) error {
	return s.step(ctx, actor, access.ForumWrite, id, func(ctx context.Context, c Category, row topicRow) error {
		return s.remove(ctx, actor, c, row, post)
	})
}

func (s *Service) remove(ctx context.Context, actor access.Actor, c Category, row topicRow, post PostID) error {
	manage := access.Allowed(actor, access.ForumManage, c.resource(actor.Org))
	gone := map[string]any{"body": "", "removed": db.Micros(db.Now(ctx)), "removed_by": actor.Person}
	if post != "" {
		p, err := readPost(ctx, TopicID(row.ID), post)
		if err != nil {
			return err
		}
		if !own(actor, p.OrgID, p.PersonID) && !manage {
			return fault.New(fault.Forbidden, "room.not_yours")
		}
		if row.Accepted == p.ID {
			if err := setTopic(ctx, row.ID, accepted(row, "")); err != nil {
				return err
			}
		}
		if err := setPost(ctx, p.ID, gone); err != nil {
			return err
		}
		return note(ctx, actor, "forum.post_removed", p.ID)
	}
	if !own(actor, row.OrgID, row.PersonID) && !manage {
		return fault.New(fault.Forbidden, "room.not_yours")
	}
	gone["title"], gone["tags"], gone["survey"] = "–", "", ""
	if err := setTopic(ctx, row.ID, gone); err != nil {
		return err
	}
	if err := found.Drop(ctx, row.ID); err != nil {
		return err
	}
	return note(ctx, actor, "forum.topic_removed", row.ID)
}

// Accept marks a reply as the answer to a question, or takes the mark back. Its author
// may, and a moderator of the owner.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (not a question, removed).
func (s *Service) Accept(ctx context.Context, actor access.Actor, id TopicID, post PostID, on bool) error {
	return s.step(ctx, actor, access.ForumWrite, id, func(ctx context.Context, c Category, row topicRow) error {
		if !topic(actor, c, nil, row, tally{}).CanAccept {
			if Kind(row.Kind) != Question {
				return fault.New(fault.Conflict, "forum.not_question")
			}
			return fault.New(fault.Forbidden, "room.not_yours")
		}
		p, err := readPost(ctx, id, post)
		if err != nil {
			return err
		}
		if p.Removed != 0 {
			return fault.New(fault.Conflict, "forum.removed")
		}
		if on == (row.Accepted == p.ID) {
			return nil
		}
		if !on {
			return setTopic(ctx, row.ID, accepted(row, ""))
		}
		if err := s.tell(ctx, EventAccepted, c, Told{Topic: id, Post: post, Person: actor.Person}); err != nil {
			return err
		}
		return setTopic(ctx, row.ID, accepted(row, post))
	})
}

// accepted is what a question becomes with an answer, or "" without one. What a moderator
// closed stays closed.
func accepted(row topicRow, answer PostID) map[string]any {
	set := map[string]any{"accepted": string(answer)}
	if State(row.State) != Closed {
		set["state"] = string(Open)
		if answer != "" {
			set["state"] = string(Answered)
		}
	}
	return set
}

// SetState moves an idea along, or closes and opens any other topic. It is for moderators
// of the owner.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (removed), Invalid.
func (s *Service) SetState(ctx context.Context, actor access.Actor, id TopicID, state State) error {
	return s.step(ctx, actor, access.ForumManage, id, func(ctx context.Context, _ Category, row topicRow) error {
		fits := state == Open || state == Closed
		if Kind(row.Kind) == Idea {
			fits = slices.Contains(IdeaStates, state)
		}
		if !fits {
			return fault.InvalidField("state", "form.choice_wrong")
		}
		if state == Open && row.Accepted != "" {
			state = Answered
		}
		return setTopic(ctx, row.ID, map[string]any{"state": string(state)})
	})
}
