package app

import (
	"context"
	"fmt"
)

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
