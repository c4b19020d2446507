package fund

import (
	"context"
	"slices"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// Talk is where one line of a claim is talked about: a room of both sides, and the message
// on which the thread of the line hangs.
type Talk struct {
	Position int
	Room     string
	Thread   int64
}

// Rooms is where threads begin. It is implemented by the composition root over chat/room
// and joins the transaction of ctx.
type Rooms interface {
	// Begin writes the line into the room of its claim and gives the place. Safe to repeat.
	Begin(ctx context.Context, c Claim, l Line) (room string, thread int64, err error)
}

// TalkIn has lines talked about in rooms; call it before use.
func (s *Service) TalkIn(r Rooms) { s.rooms = r }

// Discuss gives the thread of a line of a claim, and begins it where nobody has: whoever
// writes or decides the claim. The other lines go on meanwhile. Safe to repeat.
// Codes: NotFound (also no such line), Forbidden, Conflict (it is not sent yet).
// Publishes ClaimDiscussed for a new one.
func (s *Service) Discuss(ctx context.Context, actor access.Actor, id ClaimID, position int) (Talk, error) {
	var out Talk
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, err := claim(ctx, actor, access.FundRead, id, true)
		if err != nil {
			return err
		}
		pair := access.Shared(r.OwnerID, r.OrgID)
		if err := access.Check(actor, access.ClaimWrite, pair); err != nil && access.Check(actor, access.ClaimDecide, pair) != nil {
			return err
		}
		if r.Submitted == 0 {
			return fault.New(fault.Conflict, "fund.talk_early")
		}
		if s.rooms == nil {
			return notFound()
		}
		talks, err := talksOf(ctx, r.ID)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(talks, func(t Talk) bool { return t.Position == position }); i >= 0 {
			out = talks[i]
			return nil
		}
		c, err := s.entire(ctx, actor, r)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(c.Lines, func(l Line) bool { return l.Position == position })
		if i < 0 {
			return notFound()
		}
		out.Position = position
		if out.Room, out.Thread, err = s.rooms.Begin(ctx, c, c.Lines[i]); err != nil {
			return err
		}
		if err := saveTalk(ctx, r, out, actor.Person, db.Now(ctx)); err != nil {
			return err
		}
		if err := note(ctx, actor, "fund.claim_talk", "fund_claim", r.ID); err != nil {
			return err
		}
		return s.publish(ctx, ClaimDiscussed, Event{Program: c.Program, Claim: id, Supplier: r.OwnerID, Reseller: r.OrgID, Org: actor.Org, Person: actor.Person})
	})
	return out, err
}

// Talks returns the threads of a claim's lines, in the order of these.
// Codes: NotFound, Forbidden.
func (s *Service) Talks(ctx context.Context, actor access.Actor, id ClaimID) ([]Talk, error) {
	var out []Talk
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, err := claim(ctx, actor, access.FundRead, id, false)
		if err == nil {
			out, err = talksOf(ctx, r.ID)
		}
		return err
	})
	return out, err
}

// MaySee says whether the actor may read a claim, for the room about it.
// Codes: NotFound, Forbidden.
func (s *Service) MaySee(ctx context.Context, actor access.Actor, id ClaimID) error {
	return s.view(ctx, actor, func(ctx context.Context) error {
		_, err := claim(ctx, actor, access.FundRead, id, false)
		return err
	})
}
