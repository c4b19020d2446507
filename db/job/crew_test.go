package job_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"entente/db/job"
)

// While one works for long and a look fails, what is due later is begun all the same.
func TestCrewLooksAgain(t *testing.T) {
	t.Parallel()
	long, kick, looks := make(chan struct{}), make(chan struct{}, 1), 0
	var ended []string
	err := job.Crew(t.Context(), slog.New(slog.DiscardHandler), kick, func(begin func(work, ended func())) error {
		switch looks++; looks {
		case 1:
			begin(func() { <-long }, func() { ended = append(ended, "long") })
		case 2, 3:
			kick <- struct{}{}
			return errors.New("not now")
		case 4:
			begin(func() {}, func() { ended = append(ended, "short"); close(long) })
		}
		return nil
	})
	if err != nil || len(ended) != 2 || ended[0] != "short" {
		t.Errorf("%v, %v after %d looks", err, ended, looks)
	}
	bad := errors.New("for ever")
	if err := job.Crew(t.Context(), slog.New(slog.DiscardHandler), nil, func(func(work, ended func())) error { return bad }); !errors.Is(err, bad) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	begun := 0
	if err := job.Crew(ctx, slog.Default(), nil, func(begin func(work, ended func())) error {
		begun++
		begin(cancel, func() {})
		<-ctx.Done()
		return nil
	}); err != nil || begun != 1 {
		t.Errorf("%v, %d begun", err, begun)
	}
}
