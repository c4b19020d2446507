package call

import (
	"context"
	"errors"
	"time"

	"entente/chat/room"
	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// Desk does for the node itself what follows from its connections: a party whose
// connection ended, the parties it still holds. It must not be handed to anything that
// answers a request.
type Desk struct{ s *Service }

// Desk returns the node's own hand.
func (s *Service) Desk() Desk { return Desk{s} }

// Leave takes a party out of its call; the last one out ends it. changed is false when it
// was out already.
// Codes: NotFound (no such party).
func (d Desk) Leave(ctx context.Context, p Peer) (st State, changed bool, err error) {
	err = d.s.db.InTx(ctx, func(ctx context.Context) error {
		row, err := readParty(ctx, p)
		if err != nil {
			return err
		}
		c, err := lockCall(ctx, ID(row.CallID))
		if err != nil {
			return err
		}
		if changed, err = out(ctx, p, db.Now(ctx)); err != nil {
			return err
		}
		return d.settle(ctx, &c, db.Now(ctx), &st)
	})
	if err != nil {
		return State{}, false, err
	}
	return st, changed, d.s.name(ctx, &st)
}

// settle ends a locked call that nobody is in.
func (d Desk) settle(ctx context.Context, c *callRow, at time.Time, st *State) (err error) {
	if *st, err = d.s.state(ctx, *c); err != nil || c.Ended != 0 || len(st.Parties) > 0 {
		return err
	}
	if err := d.s.over(ctx, c, at); err != nil {
		return err
	}
	*st, err = d.s.state(ctx, *c)
	return err
}

// Beat says that this node holds the parties, and returns those that are in no call any
// more: their node is to tell them.
func (d Desk) Beat(ctx context.Context, held []Peer) (lost []Peer, err error) {
	if len(held) == 0 {
		return nil, nil
	}
	err = d.s.db.InTx(ctx, func(ctx context.Context) error {
		lost, err = beat(ctx, held, db.Now(ctx))
		return err
	})
	return lost, err
}

// Sweep takes out the parties that no node spoke for, and ends the calls nobody is in:
// what a node leaves behind that fell over. It returns the calls that changed. It is a
// job; safe to repeat.
func (d Desk) Sweep(ctx context.Context) ([]State, error) {
	var due []ID
	err := d.s.db.View(ctx, func(ctx context.Context) (err error) {
		due, err = stale(ctx, db.Now(ctx).Add(-Lease), 200)
		return err
	})
	if err != nil {
		return nil, err
	}
	var changed []State
	var errs []error
	for _, id := range due {
		var st State
		err := d.s.db.InTx(ctx, func(ctx context.Context) error {
			c, err := lockCall(ctx, id)
			if err != nil || c.Ended != 0 {
				return err
			}
			last, err := outStale(ctx, c.ID, db.Now(ctx).Add(-Lease))
			if err != nil {
				return err
			}
			if last.IsZero() {
				last = db.Now(ctx)
			}
			return d.settle(ctx, &c, last, &st)
		})
		if err == nil && st.ID != "" {
			err = d.s.name(ctx, &st)
			changed = append(changed, st)
		}
		errs = append(errs, err)
	}
	return changed, errors.Join(errs...)
}

// Forget deletes the rows of calls that ended long ago. It is a job; safe to repeat.
func (d Desk) Forget(ctx context.Context) error {
	for {
		var n int
		err := d.s.db.InTx(ctx, func(ctx context.Context) (err error) {
			n, err = forget(ctx, db.Now(ctx).Add(-KeepFor), 200)
			return err
		})
		if err != nil || n < 200 {
			return err
		}
	}
}

// Running is the call that runs in a room, for those whom the caller let into the room.
func (d Desk) Running(ctx context.Context, id room.ID) (st State, there bool, err error) {
	err = d.s.db.View(ctx, func(ctx context.Context) error {
		var c callRow
		if c, there, err = readOpen(ctx, id); err != nil || !there {
			return err
		}
		st, err = d.s.state(ctx, c)
		return err
	})
	if err != nil || !there {
		return State{}, false, err
	}
	return st, true, d.s.name(ctx, &st)
}

// Rang keeps whom a call rang.
func (d Desk) Rang(ctx context.Context, call ID, who []Member) error {
	return d.s.db.InTx(ctx, func(ctx context.Context) error { return keepRung(ctx, call, who) })
}

// Rung are those whom a call rang.
func (d Desk) Rung(ctx context.Context, call ID) (out []Member, err error) {
	err = d.s.db.View(ctx, func(ctx context.Context) (err error) {
		out, err = rungBy(ctx, call)
		return err
	})
	return out, err
}

// Ring is whom a new call rings: those who entered the room and may take part, but the
// caller and those who want no notices of the room; where only names somebody, him alone,
// though he never entered it. The title is the room's.
func (d Desk) Ring(ctx context.Context, id room.ID, but, only string) (r room.Room, out []Member, err error) {
	feed := d.s.Rooms.Feed()
	if r, err = feed.Room(ctx, id); err != nil {
		return room.Room{}, nil, err
	}
	people, err := feed.Audience(ctx, r, only)
	if err != nil {
		return room.Room{}, nil, err
	}
	for _, p := range people {
		if p.Person == but {
			continue
		}
		switch err := feed.Sees(ctx, p, access.CallJoin, r); {
		case err == nil && !r.ReadOnly:
			out = append(out, Member{p.Person, p.Org})
		case fault.CodeOf(err) == fault.Internal:
			return room.Room{}, nil, err
		}
	}
	return r, out, nil
}
