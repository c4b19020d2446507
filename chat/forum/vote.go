package forum

import (
	"context"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// Vote sets the actor's vote for a topic, or with post for a reply, or takes it back. One
// does not vote for oneself.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (removed, own).
func (s *Service) Vote(ctx context.Context, actor access.Actor, id TopicID, post PostID, on bool) error {
	return s.step(ctx, actor, access.ForumWrite, id, func(ctx context.Context, _ Category, row topicRow) error {
		by := row.PersonID
		if post != "" {
			p, err := readPost(ctx, id, post)
			if err != nil {
				return err
			}
			if by = p.PersonID; p.Removed != 0 {
				return fault.New(fault.Conflict, "forum.removed")
			}
		}
		if by == actor.Person {
			return fault.New(fault.Conflict, "forum.own_vote")
		}
		if !on {
			return unvote(ctx, id, post, actor.Person)
		}
		return vote(ctx, voteRow{row.ID, string(post), actor.Person, actor.Org, db.Micros(db.Now(ctx))})
	})
}
