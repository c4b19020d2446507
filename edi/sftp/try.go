package sftp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// Trouble is why a connection did not get as far as a proof, or not further.
type Trouble string

// The troubles.
const (
	Algorithms Trouble = "algorithms" // no key exchange, host key, cipher or MAC in common
	Protocol   Trouble = "protocol"   // what came is not SSH 2
	Left       Trouble = "left"       // it hung up before it tried to sign in, or said nothing in time
	Method     Trouble = "method"     // it tried neither a password nor a key
	Signature  Trouble = "signature"  // a known key, and a signature that is not its own
	Crowded    Trouble = "crowded"    // too many connections at once
	Sessions   Trouble = "sessions"   // too many of one login at once
)

// Error is the word.
func (t Trouble) Error() string { return string(t) }

// trial is what one connection tried until it was signed in or gone. One goroutine of
// the ssh package writes it, and is done when the handshake is.
type trial struct {
	name      string
	passwords []error // each is a try of its own
	key       error   // a client offers all its keys: together they are one
	asked     bool    // some method was asked for
}

// log takes one attempt (ssh.ServerConfig.AuthLogCallback).
func (t *trial) log(c ssh.ConnMetadata, method string, err error) {
	t.name, t.asked = c.User(), true
	switch {
	case err == nil || method == "none":
	case method == "password":
		t.passwords = append(t.passwords, err)
	case method == "publickey":
		t.key = err
	}
}

// refusals are the reasons to tell of a connection that ended its handshake with err.
func (t *trial) refusals(err error) []error {
	switch {
	case err == nil || len(t.passwords) > 0:
		return t.passwords
	case t.asked && strings.Contains(err.Error(), "verif"): // ends the handshake, and is not logged
		return []error{Signature}
	case t.key != nil:
		return []error{t.key}
	case t.asked:
		return []error{Method}
	}
	var none *ssh.AlgorithmNegotiationError
	var op *net.OpError
	switch {
	case errors.As(err, &none) || strings.Contains(err.Error(), "no common algorithm"):
		return []error{Algorithms}
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &op) || errors.Is(err, net.ErrClosed):
		return []error{Left}
	}
	return []error{Protocol}
}

// try is a failed sign-in to be told of.
type try struct{ name, addr, why string }

// ledger gathers failed sign-ins, so that a flood of them costs few writes and no
// memory to speak of: alike ones are one entry with a number.
type ledger struct {
	users Users
	log   *slog.Logger
	mu    sync.Mutex
	open  map[try]*entered
	kick  chan struct{}
}

type entered struct {
	why   error
	times int
}

const (
	maxEntered = 500 // kinds of tries that wait to be told; further ones count without their name and source
	tellTime   = 10 * time.Second
)

func newLedger(u Users, log *slog.Logger) *ledger {
	return &ledger{users: u, log: log, open: map[try]*entered{}, kick: make(chan struct{}, 1)}
}

// add notes a failed sign-in.
func (l *ledger) add(name, addr string, why error) {
	l.mu.Lock()
	k := try{name, addr, reasonOf(why)}
	if l.open[k] == nil && len(l.open) >= maxEntered {
		k = try{why: k.why}
	}
	if l.open[k] == nil {
		l.open[k] = &entered{why: why}
	}
	l.open[k].times++
	l.mu.Unlock()
	select {
	case l.kick <- struct{}{}:
	default:
	}
}

// reasonOf is what tells two refusals apart: the innermost error is the reason.
func reasonOf(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// tell hands on what was gathered, until ctx ends, and then what is left.
func (l *ledger) tell(ctx context.Context) {
	for {
		select {
		case <-l.kick:
			l.flush(ctx)
		case <-ctx.Done():
			l.flush(context.WithoutCancel(ctx))
			return
		}
	}
}

func (l *ledger) flush(ctx context.Context) {
	l.mu.Lock()
	open := l.open
	l.open = map[try]*entered{}
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, tellTime)
	defer cancel()
	for k, e := range open {
		if err := l.users.Refused(ctx, k.name, k.addr, e.why, e.times); err != nil {
			l.log.Warn("a failed sign-in could not be counted", "reason", k.why, "err", err)
		}
	}
}
