package fund

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// Talk is where one line of a claim is talked about: a room of both sides, and the message
// on which the thread of the line hangs. It goes with what the line stands for: where the
// claim was rewritten without it, Position is 0, and Said tells what it was called.
type Talk struct {
	Position int
	Room     string
	Thread   int64
	Said     string
}

// mark names a line of a claim whatever its position: by its key, or else by its words.
func (r lineRow) mark() string {
	if r.LineKey != "" {
		return "k:" + r.LineKey
	}
	return "t:" + r.Text + "|" + r.SKU + "|" + r.OnDay
}

// marksOf are the positions of lines by their marks; equal lines are counted.
func marksOf(lines []lineRow) map[string]int {
	out := make(map[string]int, len(lines))
	seen := map[string]int{}
	for _, l := range lines {
		m := l.mark()
		if seen[m]++; seen[m] > 1 {
			m += "#" + strconv.Itoa(seen[m])
		}
		out[m] = int(l.Position)
	}
	return out
}

// Rooms is where threads begin. It is implemented by the composition root over chat/room
// and joins the transaction of ctx.
type Rooms interface {
	// Begin writes the line into the room of its claim and gives the place. Safe to repeat.
	// The key is the line's own, whatever its position.
	Begin(ctx context.Context, c Claim, l Line, key string) (room string, thread int64, err error)
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
		lines, err := linesOf(ctx, r.ID)
		if err != nil {
			return err
		}
		marks := marksOf(lines)
		talks, err := talksOf(ctx, r.ID, marks)
		if err != nil {
			return err
		}
		if position <= 0 {
			return notFound()
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
		mark := ""
		for m, at := range marks {
			if at == position {
				mark = m
			}
		}
		out.Position, out.Said = position, strings.TrimSpace(c.Lines[i].Text+" "+c.Lines[i].SKU)
		sum := sha256.Sum256([]byte(mark))
		if out.Room, out.Thread, err = s.rooms.Begin(ctx, c, c.Lines[i], hex.EncodeToString(sum[:16])); err != nil {
			return err
		}
		if err := saveTalk(ctx, r, out, mark, actor.Person, db.Now(ctx)); err != nil {
			return err
		}
		if err := note(ctx, actor, "fund.claim_talk", "fund_claim", r.ID); err != nil {
			return err
		}
		return s.publish(ctx, ClaimDiscussed, Event{Program: c.Program, Claim: id, Supplier: r.OwnerID, Reseller: r.OrgID, Org: actor.Org, Person: actor.Person})
	})
	return out, err
}

// Talks returns the threads of a claim's lines, in the order of these; first those whose line
// is not in it any more.
// Codes: NotFound, Forbidden.
func (s *Service) Talks(ctx context.Context, actor access.Actor, id ClaimID) ([]Talk, error) {
	var out []Talk
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, err := claim(ctx, actor, access.FundRead, id, false)
		if err != nil {
			return err
		}
		lines, err := linesOf(ctx, r.ID)
		if err != nil {
			return err
		}
		out, err = talksOf(ctx, r.ID, marksOf(lines))
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

// Visible are those of some claims of which MaySee says so.
func (s *Service) Visible(ctx context.Context, actor access.Actor, ids []ClaimID) (map[ClaimID]bool, error) {
	out := map[ClaimID]bool{}
	if !actor.Known() || len(ids) == 0 {
		return out, nil
	}
	err := s.view(ctx, actor, func(ctx context.Context) error {
		rows, err := claimsAt(ctx, ids)
		for _, r := range rows {
			if (r.Submitted != 0 || actor.Org == r.OrgID) && access.Allowed(actor, access.FundRead, access.Shared(r.OwnerID, r.OrgID)) {
				out[ClaimID(r.ID)] = true
			}
		}
		return err
	})
	return out, err
}
