package fund

import (
	"context"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/migrate"
	"entente/prm/access"
	"entente/prm/fault"
)

// begun counts the threads that were begun, and may fail.
type begun struct {
	lines []int
	keys  []string
	err   error
}

func (r *begun) Begin(_ context.Context, c Claim, l Line, key string) (string, int64, error) {
	if r.err != nil {
		return "", 0, r.err
	}
	r.lines, r.keys = append(r.lines, l.Position), append(r.keys, key)
	return "room-" + string(c.ID), int64(10 + l.Position), nil
}

// TestDiscuss: each line has one thread, whoever of the two sides begins it; the good line
// is approved and due meanwhile, and a third company finds nothing.
func TestDiscuss(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.CheckModels(t, d, talkRow{})
		b := setup(t, d)
		rooms, told := &begun{}, &eventLog{}
		b.svc.TalkIn(rooms)
		r := b.request(b.program(), []string{}...)
		b.day("2026-11-21")
		c, err := b.svc.SaveClaim(b.at(), b.maya, "", 0, ClaimCmd{Request: r.ID, Title: "Flyers", Nature: NatureService, Lines: lines("2026-11-19", 40_00, 60_00)})
		b.must(err)
		_, err = b.svc.Discuss(b.at(), b.maya, c.ID, c.Lines[1].Position)
		b.wants(err, fault.Conflict, "fund.talk_early")
		c, err = b.svc.SubmitClaim(b.at(), b.maya, c.ID, c.Version)
		b.must(err)
		bad := c.Lines[1].Position
		c, err = b.svc.Decide(b.at(), b.wen, c.ID, c.Version, []Verdict{{Position: bad, Verdict: LinePending, Reason: "no_proof", Missing: "The printer's invoice", Due: "2026-12-05"}}, "")
		b.must(err)
		b.svc.jobs = told
		rooms.err = fault.New(fault.Unavailable, "error.unavailable")
		_, err = b.svc.Discuss(b.at(), b.wen, c.ID, bad)
		b.wants(err, fault.Unavailable, "")
		rooms.err = nil
		first, err := b.svc.Discuss(b.at(), b.wen, c.ID, bad)
		b.must(err)
		again, err := b.svc.Discuss(b.at(), b.maya, c.ID, bad)
		b.must(err)
		if first != again || first.Thread != int64(10+bad) || len(rooms.lines) != 1 || len(told.kinds) != 1 || told.kinds[0] != ClaimDiscussed {
			t.Errorf("%+v %+v %v %v", first, again, rooms.lines, told.kinds)
		}
		_, err = b.svc.Discuss(b.at(), b.maya, c.ID, 99)
		b.wants(err, fault.NotFound, "")
		for name, who := range map[string]access.Actor{"the rival": b.kaarel, "nobody": {}} {
			_, err := b.svc.Discuss(b.at(), who, c.ID, bad)
			_, talks := b.svc.Talks(b.at(), who, c.ID)
			if err == nil || talks == nil || b.svc.MaySee(b.at(), who, c.ID) == nil {
				t.Errorf("%s: %v %v", name, err, talks)
			}
		}
		for _, who := range []access.Actor{b.wen, b.maya} {
			talks, err := b.svc.Talks(b.at(), who, c.ID)
			if err != nil || len(talks) != 1 || talks[0] != first || b.svc.MaySee(b.at(), who, c.ID) != nil {
				t.Errorf("%+v %v", talks, err)
			}
		}
		c, err = b.svc.GetClaim(b.at(), b.maya, c.ID)
		b.must(err)
		if c.Approved != gbp(40_00) || c.Due() != gbp(40_00) || c.Pending != 1 {
			t.Errorf("the good line waits too: %+v", c)
		}
	})
}

// TestThreadGoesWithItsLine: a claim that was sent back and rewritten keeps each thread at the
// line it is about, whatever its place; a new line at the old place has none, and one that is
// not in the claim any more keeps its thread apart.
func TestThreadGoesWithItsLine(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		rooms := &begun{}
		b.svc.TalkIn(rooms)
		r := b.request(b.program(), []string{}...)
		b.day("2026-11-21")
		ls := lines("2026-11-19", 40_00, 60_00, 20_00)
		ls[0].Text, ls[1].Text, ls[2].Text = "Flyers", "Stand", "Stand" // two alike
		ls[0].Key = "invoice 7, line 1"
		c, err := b.svc.SaveClaim(b.at(), b.maya, "", 0, ClaimCmd{Request: r.ID, Title: "Fair", Nature: NatureService, Lines: ls})
		b.must(err)
		c, err = b.svc.SubmitClaim(b.at(), b.maya, c.ID, c.Version)
		b.must(err)
		var first [4]Talk
		for at := 1; at <= 3; at++ {
			first[at], err = b.svc.Discuss(b.at(), b.wen, c.ID, at)
			b.must(err)
		}
		if len(rooms.keys) != 3 || rooms.keys[0] == rooms.keys[1] || rooms.keys[1] == rooms.keys[2] {
			t.Fatalf("%q", rooms.keys)
		}
		c, err = b.svc.ReturnClaim(b.at(), b.wen, c.ID, c.Version, "The stand was cheaper")
		b.must(err)
		poster := lines("2026-11-19", 10_00)[0]
		poster.Text, poster.Key = "Poster", ""
		flyers, stand := ls[0], ls[1]
		flyers.Text, stand.Amount = "Flyers, reprinted", gbp(30_00) // the key and the words stand
		c, err = b.svc.SaveClaim(b.at(), b.maya, c.ID, c.Version, ClaimCmd{Request: r.ID, Title: "Fair", Nature: NatureService, Lines: []LineCmd{poster, stand, flyers}})
		b.must(err)
		got, err := b.svc.Talks(b.at(), b.maya, c.ID)
		b.must(err)
		if len(got) != 3 || got[0].Position != 0 || got[0].Thread != first[3].Thread || got[0].Said != "Stand" || got[1].Position != 2 || got[1].Thread != first[2].Thread || got[2].Position != 3 || got[2].Thread != first[1].Thread {
			t.Fatalf("%+v, begun as %+v", got, first)
		}
		c, err = b.svc.SubmitClaim(b.at(), b.maya, c.ID, c.Version)
		b.must(err)
		again, err := b.svc.Discuss(b.at(), b.maya, c.ID, 3)
		b.must(err)
		if again.Thread != first[1].Thread || len(rooms.lines) != 3 {
			t.Fatalf("%+v %v", again, rooms.lines)
		}
		fresh, err := b.svc.Discuss(b.at(), b.maya, c.ID, 1)
		b.must(err)
		if fresh.Said != "Poster" || len(rooms.lines) != 4 || rooms.keys[3] == rooms.keys[0] {
			t.Fatalf("%+v %q", fresh, rooms.keys)
		}
		_, err = b.svc.Discuss(b.at(), b.maya, c.ID, 0)
		b.wants(err, fault.NotFound, "")
	})
}

// TestOldThreadsAreCarried: threads that hung on positions before are found at their lines after
// the upgrade, those of equal lines apart, and one without a line is kept.
func TestOldThreadsAreCarried(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.svc.TalkIn(&begun{})
		r := b.request(b.program(), []string{}...)
		b.day("2026-11-21")
		ls := lines("2026-11-19", 40_00, 60_00, 20_00, 10_00)
		ls[0].Text, ls[1].Text, ls[2].Text, ls[3].Text = "传单 'A'", "Stand", "Stand", "Stand"
		ls[0].Key = "invoice 7, line 1"
		c, err := b.svc.SaveClaim(b.at(), b.maya, "", 0, ClaimCmd{Request: r.ID, Title: "Fair", Nature: NatureService, Lines: ls})
		b.must(err)
		c, err = b.svc.SubmitClaim(b.at(), b.maya, c.ID, c.Version)
		b.must(err)
		for _, at := range []int{1, 2, 4} {
			_, err = b.svc.Discuss(b.at(), b.wen, c.ID, at)
			b.must(err)
		}
		want, err := b.svc.Talks(b.at(), b.maya, c.ID)
		b.must(err)
		file, err := fs.ReadFile(migrate.Files(d.Dialect()), "0135_claim_talk_line.sql")
		b.must(err)
		b.must(d.InTx(b.at(), func(ctx context.Context) error {
			var org []string
			if err := db.Tx(ctx).Raw("SELECT org_id FROM fund_claim WHERE id = ?", string(c.ID)).Scan(&org).Error; err != nil {
				return err
			}
			for _, q := range []string{"DROP TABLE fund_claim_thread", "CREATE TABLE fund_claim_talk (claim_id TEXT NOT NULL, position BIGINT NOT NULL, owner_id TEXT NOT NULL, org_id TEXT NOT NULL, room_id TEXT NOT NULL, thread BIGINT NOT NULL, opened BIGINT NOT NULL, opened_by TEXT NOT NULL, PRIMARY KEY (claim_id, position))"} {
				if _, err := db.Exec(ctx, q); err != nil {
					return err
				}
			}
			for _, at := range []int{1, 2, 4, 9} {
				if _, err := db.Exec(ctx, "INSERT INTO fund_claim_talk VALUES (?, ?, ?, ?, ?, ?, ?, ?)", string(c.ID), at, org[0], org[0], "room-"+string(c.ID), 10+at, at, "somebody"); err != nil {
					return err
				}
			}
			for q := range strings.SplitSeq(string(file), ";\n") {
				if strings.TrimSpace(q) == "" {
					continue
				}
				if err := db.Tx(ctx).Exec(q).Error; err != nil {
					return err
				}
			}
			return nil
		}))
		got, err := b.svc.Talks(b.at(), b.maya, c.ID)
		b.must(err)
		if len(got) != 4 || got[0].Position != 0 || got[0].Thread != 19 || !slices.Equal(got[1:], want) {
			t.Fatalf("%+v, were %+v", got, want)
		}
		again, err := b.svc.Discuss(b.at(), b.maya, c.ID, 4)
		b.must(err)
		if again != want[2] {
			t.Fatalf("%+v", again)
		}
	})
}
