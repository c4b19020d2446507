package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	gauge "runtime/metrics"

	"golang.org/x/sys/unix"
)

// Between two collections the heap may grow to five times what is in use, since the program
// lives on small, short orders and at Go's 100 % a sixth of its time was collecting; but by no
// more than grow bytes, since large messages double what they need otherwise; and by half of
// what is in use in any case, so that a server with many connections does not only collect.
// SQLite's memory is not in it.
const (
	garbage    = 400 // percent
	grow       = 64 << 20
	leastGrown = 50 // percent
)

// Collect has the garbage collector do so from now on, for the whole process: after each
// collection it says when the next is due. GOGC in the environment takes the place of the
// 400 %, GOMEMLIMIT of the rule.
func Collect() {
	most := garbage
	if os.Getenv("GOGC") != "" {
		most = debug.SetGCPercent(garbage) // what it says
	}
	debug.SetGCPercent(most)
	if os.Getenv("GOMEMLIMIT") != "" || most < 0 {
		return
	}
	c := &collection{most: most, percent: most, live: []gauge.Sample{{Name: "/gc/heap/live:bytes"}}}
	runtime.SetFinalizer(c, (*collection).over)
}

// collection is found to be garbage by each collection, and comes back for the next.
type collection struct {
	most, percent int
	live          []gauge.Sample
}

func (c *collection) over() {
	gauge.Read(c.live)
	if percent := growth(c.live[0].Value.Uint64(), c.most); percent != c.percent {
		c.percent = percent
		debug.SetGCPercent(percent)
	}
	runtime.SetFinalizer(c, (*collection).over)
}

// growth is by how many percent a heap may grow of which so many bytes are in use, by most at
// the most.
func growth(live uint64, most int) int {
	return min(most, max(leastGrown, int(grow*100/max(live, 1))))
}

func serve(ctx context.Context, e *env, args []string) (int, error) {
	fs := e.flags("serve")
	register(fs)
	demo := fs.Bool("demo", false, "on an empty database, make the demo companies first")
	rest, err := e.parse(fs, "[--demo] [flags]", args)
	if err != nil {
		return exitUsage, err
	}
	if len(rest) > 0 {
		return exitUsage, misuse("serve takes no argument %q", rest[0])
	}
	cfg, err := configure(fs, e.getenv)
	if err != nil {
		return exitUsage, misuse("%v", err)
	}
	cfg.Demo = *demo
	Collect()
	log := newLogger(e.err)
	a, err := New(ctx, cfg, log)
	if err != nil {
		return exitFailed, err
	}
	defer a.Close()
	err = a.Run(ctx, func(addr string) {
		fmt.Fprintln(e.out, "entente ready", addr)
	})
	if err != nil {
		return exitFailed, err
	}
	return exitOK, nil
}

// announceSetup prints the one-time set-up link while there is no company.
func (a *App) announceSetup(ctx context.Context) {
	token, err := a.accounts.NewSetupToken(ctx)
	switch {
	case err == nil && token == "": // set up already
	case err != nil:
		a.log.Error("the set-up link cannot be made", "err", err)
	default:
		a.log.Info("open this link once to make the first company", "url", a.cfg.BaseURL+"/setup?token="+token)
	}
}

// lockData takes the exclusive lock on the data folder. The kernel drops it when
// the process dies, however it dies.
func lockData(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the data folder %s cannot be made: %w", dir, err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the data folder %s cannot be written: %w", dir, err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("another entente serve already uses the data folder %s; stop it first, or choose another folder with --data", dir)
		}
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return f, nil
}
