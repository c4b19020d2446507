package socket

import (
	"sync"
	"time"
)

// rates are token buckets per person: several connections of one person share
// them.
type rates struct {
	lim   Limits
	clock func() time.Time

	mu      sync.Mutex
	persons map[string]*allowance
	gone    []leaving // who has no connection, in the order in which the last one ended
	looked  int       // entries of gone that close looked at, for its test
}

// leaving is a person whose last connection ended at an instant.
type leaving struct {
	person string
	at     time.Time
}

type allowance struct {
	conns  int
	left   time.Time // when the last connection ended
	posts  bucket
	frames bucket
	calls  bucket
	rings  bucket
	enters bucket
	said   bucket               // in bytes
	typed  map[string]time.Time // room → last typing told; nil: none
	rang   map[string]bucket    // person → how often rung by this one; nil: none
}

type bucket struct {
	tokens float64
	at     time.Time
}

// take removes one token if there is one.
func (b *bucket) take(rate, burst float64, now time.Time) bool { return b.takeN(1, rate, burst, now) }

func (b *bucket) takeN(n, rate, burst float64, now time.Time) bool {
	if b.at.IsZero() {
		b.tokens = burst
	} else if d := now.Sub(b.at).Seconds(); d > 0 {
		b.tokens = min(burst, b.tokens+d*rate)
	}
	b.at = now
	if b.tokens < n {
		return false
	}
	b.tokens -= n
	return true
}

func newRates(l Limits, clock func() time.Time) *rates {
	return &rates{lim: l, clock: clock, persons: map[string]*allowance{}}
}

// open counts a connection; false when the person has too many.
func (r *rates) open(person string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.persons[person]
	if a == nil {
		a = &allowance{}
		r.persons[person] = a
	}
	if a.conns >= r.lim.Connections {
		return false
	}
	a.conns++
	return true
}

// keepAllowance is how long a person's buckets outlive his last connection, so
// that reconnecting does not refill them.
const keepAllowance = time.Minute

// close counts a connection that ended, and forgets persons whose time is over. It looks at
// those alone and at one more, so that ten thousand who go at once cost ten thousand looks.
func (r *rates) close(person string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock()
	if a := r.persons[person]; a != nil {
		if a.conns--; a.conns <= 0 {
			a.left = now
			r.gone = append(r.gone, leaving{person, now})
		}
	}
	for len(r.gone) > 0 {
		r.looked++
		first := r.gone[0]
		if now.Sub(first.at) <= keepAllowance {
			return
		}
		if a := r.persons[first.person]; a != nil && a.conns <= 0 && !a.left.After(first.at) { // else he came back meanwhile
			delete(r.persons, first.person)
		}
		r.gone = r.gone[1:]
	}
	r.gone = nil
}

// frame takes one frame of any type from the person's rate.
func (r *rates) frame(person string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.persons[person]
	return a != nil && a.frames.take(r.lim.FrameRate, r.lim.FrameBurst, r.clock())
}

// post takes one post from the person's rate.
func (r *rates) post(person string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.persons[person]
	return a != nil && a.posts.take(r.lim.PostRate, r.lim.PostBurst, r.clock())
}

// call takes one frame of a call from the person's rate.
func (r *rates) call(person string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.persons[person]
	return a != nil && a.calls.take(r.lim.CallRate, r.lim.CallBurst, r.clock())
}

// ring takes one beginning of a call from the person's rate.
func (r *rates) ring(person string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.persons[person]
	return a != nil && a.rings.take(r.lim.RingRate, r.lim.RingBurst, r.clock())
}

// How often one person rings the same other: some times at once, then once a minute, however
// often that one declines.
const (
	rangRate  = 1.0 / 60
	rangBurst = 3
)

// rings takes one ringing of another from the person's rate.
func (r *rates) rings(person, other string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.persons[person]
	if a == nil {
		return false
	}
	if a.rang == nil || len(a.rang) > 2000 {
		a.rang = map[string]bucket{}
	}
	b := a.rang[other]
	ok := b.take(rangRate, rangBurst, r.clock())
	a.rang[other] = b
	return ok
}

// enter takes one coming into a call from the person's rate: each writes a row, and is told
// to everybody in the room.
func (r *rates) enter(person string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.persons[person]
	return a != nil && a.enters.take(r.lim.EnterRate, r.lim.EnterBurst, r.clock())
}

// said takes n bytes that a party says to another from the person's rate, so that nobody
// fills the other's queue.
func (r *rates) said(person string, n int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.persons[person]
	return a != nil && a.said.takeN(float64(n), r.lim.SaidRate, r.lim.SaidBurst, r.clock())
}

// typingEvery is how often a person's typing in a room is passed on.
const typingEvery = time.Second

// typing reports whether it is time to tell again.
func (r *rates) typing(person, room string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, now := r.persons[person], r.clock()
	if a == nil || now.Sub(a.typed[room]) < typingEvery {
		return false
	}
	if a.typed == nil || len(a.typed) > 200 {
		a.typed = map[string]time.Time{}
	}
	a.typed[room] = now
	return true
}
