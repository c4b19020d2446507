package courier

import (
	"context"
	"time"
)

// drainName is the name of the drain that sends.
const drainName = "as2-out"

// workers are how many calls run at once, perLane how many to one partner.
const (
	workers = 8
	perLane = 2
)

// drain sends what is due, lanes in turn, so that a partner that does not answer
// delays nobody else. It returns when nothing is due and nothing runs.
func (s *Service) drain(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		running = map[string]bool{} // by row
		lanes   = map[string]int{}
		ended   = make(chan messageRow)
		tick    = time.NewTicker(time.Second)
		failure error
		look    = true
	)
	defer tick.Stop()
	stopping, quit := ctx.Done(), s.quit
	for {
		found := 0
		if look && ctx.Err() == nil && failure == nil && len(running) < workers {
			look = false
			var rows []messageRow
			failure = s.DB.View(ctx, func(ctx context.Context) (err error) {
				rows, err = due(ctx, []State{Queued, AwaitingReceipt, Received, Refused}, s.DB.Clock(), perLane, 4*workers)
				return err
			})
			for _, r := range rows {
				if running[r.ID] || lanes[r.Lane] >= perLane || len(running) >= workers {
					continue
				}
				running[r.ID] = true
				lanes[r.Lane]++
				found++
				go func() {
					s.work(ctx, r)
					ended <- r
				}()
			}
		}
		if len(running) == 0 && found == 0 {
			return false, failure
		}
		select {
		case r := <-ended:
			delete(running, r.ID)
			if lanes[r.Lane]--; lanes[r.Lane] == 0 {
				delete(lanes, r.Lane)
			}
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
