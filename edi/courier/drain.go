package courier

import (
	"context"
	"maps"
	"slices"

	"entente/db"
	"entente/db/job"
)

// drainName is the name of the drain that sends.
const drainName = "as2-out"

// A call waits for somebody else's server and costs little meanwhile: its bytes are
// read from where they lie. So there is no small number of workers that slow partners
// could use up: each lane has its own, and only the sockets are counted.
const (
	// perLane is how many calls to one partner run at once, perTroubled how many to
	// one whose last call failed.
	perLane     = 2
	perTroubled = 1
	// calls bounds all of them, look how many rows are read at once.
	calls = 512
	look  = 64
	// packers is how many messages are signed and encrypted at once; beyond 2 MB in files.
	packers = 4
)

// drain sends what is due, lanes in turn, so that a partner that does not answer
// delays nobody else. It returns when nothing is due and nothing runs.
func (s *Service) drain(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-s.quit:
			cancel()
		case <-ctx.Done():
		}
	}()
	var (
		running = map[string]bool{} // by row
		lanes   = map[string]int{}
		full    = map[string]bool{} // lanes that take no more now
	)
	return false, job.Crew(ctx, s.Log, s.kick, func(begin func(work, ended func())) error {
		if len(running) >= calls {
			return nil
		}
		var rows []messageRow
		err := s.DB.View(ctx, func(ctx context.Context) (err error) {
			rows, err = due(ctx, []State{Queued, AwaitingReceipt, Received, Refused}, s.DB.Clock(), slices.Collect(maps.Keys(full)), perLane, look)
			return err
		})
		for _, r := range rows {
			most := perLane
			if r.Attempts > 0 {
				most = perTroubled
			}
			if lanes[r.Lane] >= most {
				full[r.Lane] = true
			}
			if running[r.ID] || full[r.Lane] || len(running) >= calls {
				continue
			}
			running[r.ID] = true
			lanes[r.Lane]++
			begin(func() { s.work(ctx, r) }, func() {
				delete(running, r.ID)
				delete(full, r.Lane)
				if lanes[r.Lane]--; lanes[r.Lane] == 0 {
					delete(lanes, r.Lane)
				}
			})
		}
		return err
	})
}

// wake has what was just queued sent, once the transaction in ctx has committed: also
// while a pass of the drain waits for slow partners.
func (s *Service) wake(ctx context.Context) error {
	db.AfterCommit(ctx, func() {
		select {
		case s.kick <- struct{}{}:
		default:
		}
	})
	return s.Jobs.Wake(ctx, drainName)
}
