package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// softMemory is from where on the program collects garbage sooner, before it takes more from
// the machine: large messages double what they need otherwise. SQLite's caches are not in it.
const softMemory = 224 << 20

// garbage is how far, in percent, the heap may grow between two collections below softMemory:
// the program lives on small, short orders, and at Go's 100 a sixth of its time was collecting.
const garbage = 400

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
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softMemory)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
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
