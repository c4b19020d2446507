package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"entente/db"
	"entente/db/fail"
	"entente/edi/wire"
	"entente/prm/fault"
)

// DrainName is the name of the drain that processes what came in.
const DrainName = "edi-in"

// releaseTime is how long giving back a claim may take when we are stopping.
const releaseTime = 3 * time.Second

// drain works through everything due. It returns when nothing is due and nothing
// runs, or when ctx ends and what ran has stopped.
func (s *Service) drain(ctx context.Context) (bool, error) {
	var (
		running = map[string]int{} // shares, by lane
		count   int                // shares of all
		ended   = make(chan []interchangeRow)
		failure error
		look    bool // something may be due
		tick    = time.NewTicker(time.Second)
	)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer tick.Stop()
	if err := s.revive(ctx); err != nil {
		return false, err
	}
	stopping, quit := ctx.Done(), s.quit
	for {
		select {
		case <-quit:
			cancel()
			quit = nil
		default:
		}
		found := 0
		// A claim is a commit: not one for every single place that falls free.
		room := s.opt.Workers*wholeShare - count
		if look = look || count == 0 || room >= s.opt.Workers*wholeShare/2; look && ctx.Err() == nil && failure == nil {
			look = false
			claimed, err := s.claim(ctx, room, running)
			if err != nil {
				failure = err
			}
			found = len(claimed)
			for _, rows := range batches(claimed) {
				for _, row := range rows {
					running[row.Lane] += row.share()
					count += row.share()
				}
				go func() {
					s.workAll(ctx, rows)
					ended <- rows
				}()
			}
		}
		if count == 0 && found == 0 {
			return false, failure
		}
		select {
		case rows := <-ended:
			for _, row := range rows {
				count -= row.share()
				if running[row.Lane] -= row.share(); running[row.Lane] == 0 {
					delete(running, row.Lane)
				}
			}
		case <-s.wake:
			look = true
		case <-tick.C:
			look = true
		case <-quit:
			cancel()
			quit = nil
		case <-stopping:
			stopping = nil // wait for the workers
		}
	}
}

// work processes one claimed interchange and settles how it went.
func (s *Service) work(ctx context.Context, row interchangeRow) {
	fail.At(fail.ProcessClaimed)
	s.settle(ctx, row, s.process(ctx, row))
}

// settle gives back what was broken off, and puts back or parks what could not be
// processed.
func (s *Service) settle(ctx context.Context, row interchangeRow, err error) {
	if err == nil || errors.Is(err, errFenced) {
		return
	}
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	if ctx.Err() != nil {
		err = s.release(settle, row)
	} else {
		s.log.Error("an interchange could not be processed", slog.String("interchange", row.ID), slog.Int64("attempt", row.Attempts), slog.Any("cause", err))
		err = s.fail(settle, row, err)
	}
	if err != nil {
		s.log.Error("a claim could not be settled", slog.String("interchange", row.ID), slog.Any("cause", err))
	}
}

// A worker's place is counted in shares: a small interchange takes one, any other all of
// them.
const wholeShare = 32

func (r *interchangeRow) share() int {
	if r.Size <= smallSize {
		return 1
	}
	return wholeShare
}

// claim takes due interchanges for up to free shares, lanes in turn, never more than
// PerLane places of a lane at once. A claim stands for Lease and is renewed by every commit. Claims
// go by the clock, as pick does, and not by the instant a caller works at: making
// the past (db.WithNow) must not let a claim lapse at once.
func (s *Service) claim(ctx context.Context, free int, running map[string]int) ([]interchangeRow, error) {
	if free <= 0 {
		return nil, nil
	}
	var picked []interchangeRow
	err := s.db.View(ctx, func(ctx context.Context) error {
		var err error
		picked, err = s.pick(ctx, free, running)
		return err
	})
	if err != nil || len(picked) == 0 {
		return nil, err
	}
	var out []interchangeRow
	err = s.db.Group(ctx, "edi", func(ctx context.Context) error {
		shared, err := controlsShared(ctx, picked)
		if err != nil {
			return err
		}
		var good []interchangeRow
		for _, r := range picked {
			settled := false
			if shared[r.ID] {
				settled, err = s.holdReused(ctx, &r)
			}
			if err == nil && !settled {
				settled, err = s.parkCrashing(ctx, &r)
			}
			if err != nil {
				return err
			}
			if !settled {
				good = append(good, r)
			}
		}
		out, err = claimRows(ctx, good, db.Micros(s.db.Clock().Add(s.opt.Lease)))
		return err
	})
	return out, err
}

// pick reads what is due: one from every lane, then a second one, beginning after
// the lane that was served last.
func (s *Service) pick(ctx context.Context, free int, running map[string]int) ([]interchangeRow, error) {
	now := db.Micros(s.db.Clock())
	lanes, err := lanesAfter(ctx, s.lane)
	if err != nil {
		return nil, err
	}
	due := make([][]interchangeRow, 0, len(lanes))
	rounds := 0
	for _, lane := range lanes {
		room := min(s.opt.PerLane*wholeShare-running[lane], free)
		if room <= 0 {
			continue
		}
		var rows []interchangeRow
		if err := db.Tx(ctx).Where("state = ? AND lane = ? AND next_at <= ?", string(Received), lane, now).
			Order("next_at, id").Limit(room).Find(&rows).Error; err != nil {
			return nil, err
		}
		for i := range rows {
			if room -= rows[i].share(); room < 0 {
				rows = rows[:i] // the next one waits for more room, and those behind it
				break
			}
		}
		if len(rows) > 0 {
			due = append(due, rows)
			rounds = max(rounds, len(rows))
		}
		if len(due) == free {
			break
		}
	}
	var out []interchangeRow
	for i := range rounds {
		for _, rows := range due {
			if i < len(rows) && rows[i].share() <= free {
				out = append(out, rows[i])
				free -= rows[i].share()
				s.lane = rows[i].Lane
			}
		}
	}
	return out, nil
}

// lanesAfter lists the lanes with waiting interchanges in the order of their
// names, those after last first. It jumps from lane to lane in the index.
func lanesAfter(ctx context.Context, last string) ([]string, error) {
	var all []string
	err := db.Tx(ctx).Raw(`WITH RECURSIVE waiting(lane) AS (
  SELECT min(lane) FROM interchange WHERE state = ?
  UNION ALL
  SELECT (SELECT min(i.lane) FROM interchange i WHERE i.state = ? AND i.lane > waiting.lane) FROM waiting WHERE waiting.lane IS NOT NULL
) SELECT lane FROM waiting WHERE lane IS NOT NULL ORDER BY lane`, string(Received), string(Received)).Scan(&all).Error
	for i, lane := range all {
		if lane > last {
			return append(append([]string(nil), all[i:]...), all[:i]...), err
		}
	}
	return all, err
}

// holdReused holds an interchange whose control number another one used, where
// intake could not see it because both came at the same moment.
func (s *Service) holdReused(ctx context.Context, r *interchangeRow) (bool, error) {
	if r.Held == HeldReleased || r.SetsDone > 0 || IsForm(r.Syntax) {
		return false, nil
	}
	since, err := s.reuse(ctx, r, db.Now(ctx))
	if err != nil {
		return false, err
	}
	earlier, err := controlTaken(ctx, r, since)
	if err != nil || earlier == "" {
		return false, err
	}
	findings := append(findingsOf(r.Findings), reusedFinding(r))
	ok, err := change(ctx, r.ID, map[string]any{
		"state": string(Held), "held": HeldControlReused, "duplicate_of": earlier, "findings": findingsText(findings),
	}, "state = ? AND fence = ? AND next_at = ?", string(Received), r.Fence, r.NextAt)
	if err != nil || !ok {
		return true, err
	}
	return true, s.publish(ctx, EventHeld, r, HeldEvent{Parties: r.parties(), Reason: HeldControlReused, Earlier: earlier})
}

func reusedFinding(r *interchangeRow) wire.Finding {
	f := wire.Finding{
		Level: wire.LevelInterchange, Severity: wire.Reject, Key: findingReused, Code: "025", SegmentID: "ISA",
		Pos: wire.Position{Element: 13, FileSegment: 1}, Value: r.Control, Codes: wire.Codes{CONTRL: "26"},
	}
	if r.Syntax == SyntaxEDIFACT {
		f.SegmentID, f.Pos.Element = "UNB", 5
	}
	return f
}

// maxCrashes is how often whoever works on an interchange may die before it is parked:
// more than the tries of one that fails, because a server that is killed is mostly not
// the document's fault, and what was claimed beside the one at work is counted with it.
const maxCrashes = 12

// parkCrashing parks an interchange that was claimed too often and never settled:
// whoever worked on it died each time.
func (s *Service) parkCrashing(ctx context.Context, r *interchangeRow) (bool, error) {
	if r.Attempts < int64(max(s.opt.Attempts, maxCrashes)) {
		return false, nil
	}
	cause := r.LastError
	if cause == "" {
		cause = "error.internal"
	}
	key, _ := reason(cause)
	ok, err := change(ctx, r.ID, map[string]any{"state": string(Failed), "last_error": cause},
		"state = ? AND fence = ? AND next_at = ?", string(Received), r.Fence, r.NextAt)
	if err != nil || !ok {
		return true, err
	}
	return true, s.publish(ctx, EventFailed, r, FailedEvent{Parties: r.parties(), Attempts: int(r.Attempts), Reason: key})
}

// withArgs is a key with the values of its text, as a row keeps them: key?Name=value.
func withArgs(key string, cause error) string {
	f := fault.As(cause)
	if len(f.Args) == 0 {
		return key
	}
	q := url.Values{}
	for name, value := range f.Args {
		q.Set(name, fmt.Sprint(value))
	}
	return key + "?" + q.Encode()
}

// reason reads what withArgs wrote.
func reason(s string) (key string, args map[string]any) {
	key, query, has := strings.Cut(s, "?")
	if !has {
		return key, nil
	}
	q, _ := url.ParseQuery(query) // our own
	args = make(map[string]any, len(q))
	for name := range q {
		args[name] = q.Get(name)
	}
	return key, args
}

// fail puts a claimed interchange back for a later try, or parks it.
func (s *Service) fail(ctx context.Context, row interchangeRow, cause error) error {
	key := fault.KeyOf(cause)
	if key == "" {
		key = "error.internal"
	}
	return s.db.Group(db.WithOrgs(ctx, row.orgs()...), "edi", func(ctx context.Context) error {
		values := map[string]any{"last_error": withArgs(key, cause)}
		parked := row.Attempts >= int64(s.opt.Attempts)
		if parked {
			values["state"] = string(Failed)
		} else {
			wait := s.opt.stretched(min(s.opt.Backoff<<min(row.Attempts-1, 20), 10*time.Minute))
			values["next_at"] = db.Micros(s.db.Clock().Add(wait))
		}
		ok, err := change(ctx, row.ID, values, "state = ? AND fence = ?", string(Received), row.Fence)
		if err != nil || !ok || !parked {
			return err
		}
		return s.publish(ctx, EventFailed, &row, FailedEvent{Parties: row.parties(), Attempts: int(row.Attempts), Reason: key})
	})
}

// release gives a claim back that was broken off by stopping: it does not count
// as a try.
func (s *Service) release(ctx context.Context, row interchangeRow) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		_, err := change(ctx, row.ID, map[string]any{"attempts": row.Attempts - 1, "next_at": row.Received},
			"state = ? AND fence = ?", string(Received), row.Fence)
		return err
	})
}

// revive makes what a killed process had claimed due again at once, when the drain
// runs for the first time. On SQLite one process serves, and it holds the lock on
// the data folder; on PostgreSQL another node may be at work, so claims lapse by
// themselves. A claim taken back by mistake does no harm: see fence.
func (s *Service) revive(ctx context.Context) error {
	if s.revived || s.db.Dialect() != db.SQLite {
		return nil
	}
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		now := db.Micros(db.Now(ctx))
		return db.Tx(ctx).Model(&interchangeRow{}).
			Where("state = ? AND attempts > 0 AND next_at > ? AND last_error = ''", string(Received), now).Update("next_at", now).Error
	})
	s.revived = err == nil
	return err
}
