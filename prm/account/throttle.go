package account

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"entente/db"
	"entente/prm/fault"
)

// pace says how failures of one key are slowed down: the first Free are free,
// then each costs a pause that doubles from First up to Most; a key that was
// quiet for Forget starts anew.
type pace struct {
	free   int64
	first  time.Duration
	most   time.Duration
	forget time.Duration
}

// An account is guessed at by many addresses and an address guesses at many
// accounts, so both are counted. Many people may share one address.
var (
	accountPace = pace{free: 5, first: 10 * time.Second, most: 15 * time.Minute, forget: 24 * time.Hour}
	addressPace = pace{free: 50, first: 10 * time.Second, most: 15 * time.Minute, forget: time.Hour}
)

// pause is what must be waited after the n-th failure in a row.
func (p pace) pause(n int64) time.Duration {
	if n < p.free {
		return 0
	}
	d := p.first
	for i := p.free; i < n && d < p.most; i++ {
		d *= 2
	}
	return min(d, p.most)
}

func accountKey(email string) string { return "account:" + digest(email)[:32] }

// addressKey counts an IPv6 client by its /64, which is what one household gets.
func addressKey(addr string) string {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return "address:unknown"
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return "address:" + p.String()
		}
	}
	return "address:" + a.String()
}

func paceOf(key string) pace {
	if len(key) > 8 && key[:8] == "account:" {
		return accountPace
	}
	return addressPace
}

// attempt counts a try at a secret before it is made, so that many at once
// cannot slip through together. It answers RateLimited while a pause runs; that
// try is not counted. A try that succeeds is taken back by succeeded.
func (s *Service) attempt(ctx context.Context, keys ...string) error {
	slices.Sort(keys)
	return s.db.InTx(ctx, func(ctx context.Context) error {
		now := db.Now(ctx)
		rows := make([]throttleRow, len(keys))
		var wait time.Duration
		for i, k := range keys {
			var err error
			if rows[i], err = lockThrottle(ctx, k); err != nil {
				return err
			}
			wait = max(wait, db.FromMicros(rows[i].Until).Sub(now))
		}
		if wait > 0 {
			return fault.New(fault.RateLimited, "account.wait", "seconds", int64((wait+time.Second-1)/time.Second))
		}
		for i := range rows {
			p := paceOf(rows[i].Key)
			if now.Sub(db.FromMicros(rows[i].Since)) > p.forget {
				rows[i].Failures = 0
			}
			rows[i].Failures++
			rows[i].Since = db.Micros(now)
			rows[i].Until = 0
			if d := p.pause(rows[i].Failures); d > 0 {
				rows[i].Until = db.Micros(now.Add(d))
			}
			if err := updateThrottle(ctx, rows[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// succeeded forgets the failures of the account and takes back the one try of
// the address: somebody with one account must not clear the way to others. It
// joins the transaction of the success.
func succeeded(ctx context.Context, keys ...string) error {
	slices.Sort(keys)
	for _, k := range keys {
		if paceOf(k) == accountPace {
			if err := deleteThrottle(ctx, k); err != nil {
				return err
			}
			continue
		}
		r, err := lockThrottle(ctx, k)
		if err != nil {
			return err
		}
		r.Failures = max(0, r.Failures-1)
		if addressPace.pause(r.Failures) == 0 {
			r.Until = 0
		}
		if err := updateThrottle(ctx, r); err != nil {
			return err
		}
	}
	return nil
}
