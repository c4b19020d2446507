package session

import (
	"context"
	"testing"
	"time"

	"entente/chat/socket"
	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
)

// A ticket that one node keeps is taken once, at any node, and in time; what nobody took
// goes.
func TestTickets(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.CheckModels(t, d, ticketRow{})
		one, two, ctx := NewTickets(d), NewTickets(d), context.Background()
		now := time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
		who := socket.Identity{Actor: access.Actor{Person: "p", Org: "o", Roles: []access.Role{access.Buyer}, Scopes: []string{"chat:read"}, Via: "token:x"}, Session: "token:x", Lang: "zh-CN"}
		put := func(hash byte, at time.Time) {
			t.Helper()
			if err := one.Put(ctx, [32]byte{hash}, who, at.Add(socket.TicketLife)); err != nil {
				t.Fatal(err)
			}
		}
		put(1, now)
		got, err := two.Take(ctx, [32]byte{1}, now.Add(time.Second))
		if err != nil || got.Actor.Person != "p" || len(got.Actor.Scopes) != 1 || got.Actor.Roles[0] != access.Buyer || got.Session != who.Session || got.Lang != "zh-CN" {
			t.Fatalf("%+v, %v", got, err)
		}
		put(2, now)
		for hash, at := range map[byte]time.Time{1: now, 2: now.Add(socket.TicketLife + time.Second), 3: now} {
			if got, err := one.Take(ctx, [32]byte{hash}, at); fault.CodeOf(err) != fault.Unauthenticated || got.Actor.Person != "" {
				t.Errorf("ticket %d: %+v, %v", hash, got, err)
			}
		}
		put(4, now)
		put(5, now.Add(time.Hour))
		var n int64
		if err := d.View(ctx, func(ctx context.Context) error { return db.Tx(ctx).Model(&ticketRow{}).Count(&n).Error }); err != nil || n != 1 {
			t.Errorf("%d tickets are kept, %v", n, err)
		}

		// shown at two nodes at once, one takes it
		put(6, now)
		took := make(chan error, 2)
		for _, s := range []*Tickets{one, two} {
			go func() { _, err := s.Take(ctx, [32]byte{6}, now); took <- err }()
		}
		if a, b := <-took, <-took; (a == nil) == (b == nil) {
			t.Errorf("taken: %v and %v", a, b)
		}
	})
}
