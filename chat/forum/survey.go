package forum

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// Answer casts the actor's answers to a survey: one option of each question, once. Who
// chose what is told to nobody.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (not a survey, closed, answered), Invalid.
func (s *Service) Answer(ctx context.Context, actor access.Actor, id TopicID, choices []int) error {
	return s.step(ctx, actor, access.ForumWrite, id, func(ctx context.Context, c Category, row topicRow) error {
		asked := db.FromText[[]Asked](row.Survey)
		switch {
		case Kind(row.Kind) != Survey:
			return fault.New(fault.Conflict, "forum.not_survey")
		case c.Closed || State(row.State) == Closed:
			return fault.New(fault.Conflict, "forum.closed")
		case !c.Reply:
			return fault.New(fault.Forbidden, "forum.may_not_reply")
		case len(choices) != len(asked):
			return fault.InvalidField("choices", "forum.choices_wrong")
		}
		for i, n := range choices {
			if n < 0 || n >= len(asked[i].Options) {
				return fault.InvalidField("choices", "forum.choices_wrong")
			}
		}
		last, err := lastBallot(ctx, id)
		if err != nil {
			return err
		}
		at := max(db.Micros(db.Now(ctx)), last+1) // their order is that of commits: what was counted stays so
		fresh, err := putBallot(ctx, ballotRow{row.ID, actor.Person, actor.Org, db.Text(choices), at})
		if err == nil && !fresh {
			err = fault.New(fault.Conflict, "forum.answered")
		}
		return err
	})
}

// results adds to a survey what it may tell the actor. An aggregate covers LeastBallots
// answers or a multiple of them, the first that came: neither a result nor the difference
// of two says what one person chose.
func (s *Service) results(ctx context.Context, actor access.Actor, c Category, t *Topic) error {
	if t.Kind != Survey || t.Removed {
		return nil
	}
	var err error
	if t.Done, err = voted(ctx, t.ID, actor.Person); err != nil {
		return err
	}
	if actor.Org != c.Owner && !(c.counts(actor) && t.Done) {
		return nil
	}
	all, err := ballots(ctx, t.ID)
	if err != nil {
		return err
	}
	t.Counted = len(all) / LeastBallots * LeastBallots
	if t.Counted == 0 {
		return nil
	}
	t.Result = make([]Result, len(t.Survey))
	for i, q := range t.Survey {
		t.Result[i] = Result{q, make([]int, len(q.Options))}
	}
	for _, b := range all[:t.Counted] {
		for i, n := range db.FromText[[]int](b) {
			if i < len(t.Result) && n < len(t.Result[i].Counts) {
				t.Result[i].Counts[n]++
			}
		}
	}
	return nil
}

// Report tells the owner of a category that something should not stand there. A repeat by
// the same person changes nothing.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (removed), Invalid.
func (s *Service) Report(ctx context.Context, actor access.Actor, id TopicID, post PostID, reason string) error {
	reason = strings.TrimSpace(reason)
	return s.step(ctx, actor, access.ForumWrite, id, func(ctx context.Context, c Category, row topicRow) error {
		if post != "" {
			if _, err := readPost(ctx, id, post); err != nil {
				return err
			}
		}
		if reason == "" || utf8.RuneCountInString(reason) > maxReason || !utf8.ValidString(reason) || strings.ContainsRune(reason, 0) {
			return fault.InvalidField("reason", "room.reason_wrong")
		}
		f := flagRow{ID: db.NewID(), CategoryID: row.CategoryID, TopicID: row.ID, PostID: string(post), OrgID: actor.Org, PersonID: actor.Person, Reason: reason, State: "open", Made: db.Micros(db.Now(ctx))}
		fresh, err := insertFlag(ctx, f)
		if err != nil || !fresh {
			return err
		}
		return s.tell(ctx, EventFlagged, c, Told{Topic: id, Post: post, Person: actor.Person})
	})
}

// Reports lists what waits for the moderators of the actor's company, the oldest first.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Reports(ctx context.Context, actor access.Actor) ([]Flag, error) {
	if err := access.Check(actor, access.ForumManage, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	var out []Flag
	err := s.view(ctx, actor, func(ctx context.Context) error {
		rows, err := openFlags(ctx, actor.Org)
		if err != nil {
			return err
		}
		var topics, posts []string
		for _, f := range rows {
			topics = append(topics, f.TopicID)
			if f.PostID != "" && !slices.Contains(posts, f.PostID) {
				posts = append(posts, f.PostID)
			}
		}
		heads, err := titlesOf(ctx, topics)
		if err != nil {
			return err
		}
		bodies, err := bodiesOf(ctx, posts)
		if err != nil {
			return err
		}
		for _, f := range rows {
			one := Flag{ID: FlagID(f.ID), Category: CategoryID(f.CategoryID), Topic: TopicID(f.TopicID), Post: PostID(f.PostID), Title: heads[f.TopicID].Title, Text: heads[f.TopicID].Body,
				From: Author{Person: f.PersonID, Org: f.OrgID}, Reason: f.Reason, Made: db.FromMicros(f.Made)}
			if f.PostID != "" {
				one.Text = bodies[f.PostID].Body
			}
			if one.Sealed, err = barred(ctx, actor, heads[f.TopicID]); err != nil {
				return err
			}
			if one.Sealed {
				one.Title, one.Text, one.Reason = "", "", ""
			}
			out = append(out, one)
		}
		return nil
	})
	return out, err
}

// Decide settles what was reported: it stays, or it is removed.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (decided).
func (s *Service) Decide(ctx context.Context, actor access.Actor, id FlagID, remove bool) error {
	if err := access.Check(actor, access.ForumManage, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		f, err := readFlag(ctx, id, actor.Org)
		if err != nil {
			return err
		}
		if f.State != "open" {
			return fault.New(fault.Conflict, "forum.decided")
		}
		c, row, err := lock(ctx, actor, access.ForumManage, TopicID(f.TopicID))
		if err != nil {
			return err
		}
		state := "kept"
		if remove {
			state = "removed"
		}
		if n, err := decideFlags(ctx, f, state, actor.Person); err != nil || n == 0 {
			if err == nil { // by another, while this waited for the lock
				err = fault.New(fault.Conflict, "forum.decided")
			}
			return err
		}
		if !remove || f.PostID == "" && row.Removed != 0 {
			return nil
		}
		return s.remove(ctx, actor, c, row, PostID(f.PostID)) // a reply also where its topic went
	})
}
