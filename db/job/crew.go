package job

import (
	"context"
	"log/slog"
	"time"
)

// Crew works on many things beside each other until nothing is due. look finds what is due and
// begins each by begin, whose ended is called once its work is done, never beside look. It
// looks again at once while something is begun, and whenever work ended, kick has something or
// a second is over. A look that fails is logged, and the next one comes all the same: long
// work keeps nobody else waiting. When ctx ends nothing more is begun. Crew returns when
// nothing is at work, with how the last look failed.
func Crew(ctx context.Context, log *slog.Logger, kick <-chan struct{}, look func(begin func(work, ended func())) error) error {
	var (
		running int
		failure error
		done    = make(chan func())
		tick    = time.NewTicker(poll)
	)
	defer tick.Stop()
	stopping := ctx.Done()
	for {
		for again := true; again && ctx.Err() == nil; {
			found, before := 0, failure
			failure = look(func(work, ended func()) {
				running, found = running+1, found+1
				go func() {
					work()
					done <- ended
				}()
			})
			if failure != nil && running > 0 && (before == nil || before.Error() != failure.Error()) {
				log.Error("what is due could not be looked for; it is tried again within a second", slog.Any("error", failure))
			}
			again = failure == nil && found > 0
		}
		if running == 0 {
			return failure
		}
		select {
		case ended := <-done:
			running--
			ended()
		case <-tick.C:
		case <-kick:
		case <-stopping:
			stopping = nil // wait for those at work
		}
	}
}
