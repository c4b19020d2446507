package session

import (
	"sync"
	"time"

	"entente/prm/fault"
)

// Rate is how many requests a second go on and how many may come at once.
type Rate struct{ PerSecond, Burst float64 }

// Limits slow floods down, per node. Guessing at passwords is throttled in
// prm/account on top of this.
type Limits struct {
	Open    Rate // requests of somebody unknown, per address
	Session Rate // pages of one session
	Token   Rate // API calls of one token
}

func (l Limits) orDefault() Limits {
	for _, d := range []struct {
		of *Rate
		to Rate
	}{{&l.Open, Rate{20, 400}}, {&l.Session, Rate{50, 500}}, {&l.Token, Rate{1000, 3000}}} {
		if *d.of == (Rate{}) {
			*d.of = d.to
		}
	}
	return l
}

// limiter is a token bucket per key. Full buckets are forgotten, so its memory
// follows who is active.
type limiter struct {
	rate  Rate
	clock func() time.Time

	mu    sync.Mutex
	held  map[string]bucket
	swept time.Time
}

type bucket struct {
	left float64
	at   time.Time
}

// maxBuckets bounds the memory of a limiter. Beyond it, keys that are new share
// one bucket: a flood from many addresses slows only newcomers.
const maxBuckets = 100_000

func newLimiter(r Rate, clock func() time.Time) *limiter {
	return &limiter{rate: r, clock: clock, held: map[string]bucket{}}
}

// take counts one request of the key, or answers RateLimited with the seconds to
// wait.
func (l *limiter) take(key string) error {
	now := l.clock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(now)
	b, ok := l.held[key]
	if !ok && len(l.held) >= maxBuckets {
		key = ""
		b, ok = l.held[key]
	}
	if !ok {
		b = bucket{left: l.rate.Burst, at: now}
	}
	if gone := now.Sub(b.at).Seconds(); gone > 0 {
		b.left = min(l.rate.Burst, b.left+gone*l.rate.PerSecond)
		b.at = now
	}
	if b.left < 1 {
		l.held[key] = b
		return fault.New(fault.RateLimited, "account.wait", "seconds", int64((1-b.left)/l.rate.PerSecond)+1)
	}
	b.left--
	l.held[key] = b
	return nil
}

// sweep forgets buckets that filled up again, once a minute.
func (l *limiter) sweep(now time.Time) {
	if now.Sub(l.swept) < time.Minute {
		return
	}
	l.swept = now
	for k, b := range l.held {
		if b.left+now.Sub(b.at).Seconds()*l.rate.PerSecond >= l.rate.Burst {
			delete(l.held, k)
		}
	}
}

// Limiter slows down a door of its own, by any key.
type Limiter struct{ of *limiter }

// NewLimiter makes one.
func NewLimiter(r Rate, clock func() time.Time) *Limiter { return &Limiter{newLimiter(r, clock)} }

// Take counts one request of the key. Codes: RateLimited with the seconds to wait.
func (l *Limiter) Take(key string) error { return l.of.take(key) }
