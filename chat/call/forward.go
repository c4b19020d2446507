package call

import (
	"context"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// Forwarder takes what a party of a call sends once and hands it to the others (chat/sfu).
// A call has at most one, on one node. It offers and the party answers; n numbers the
// connection, and tracks says by mid which party a medium is of, and its kind.
type Forwarder interface {
	Open(call, party string, tell func(n int64, sdp string, tracks map[string][2]string)) error
	Answer(call, party string, n int64, sdp string) error
	Leave(call, party string)
	Keep(call string, parties []string) // takes out all others
	Calls() []string
}

// enter adds a party to a locked call. One more than may send to each other has the call
// forwarded from now on; it never goes back.
func (s *Service) enter(ctx context.Context, c *callRow, actor access.Actor, f Flags) (Peer, error) {
	n, err := parties(ctx, c.ID)
	if err != nil {
		return "", err
	}
	if c.Sfu == 0 && s.Forwarder != nil && n >= s.Mesh {
		if err := host(ctx, c, s.Node); err != nil {
			return "", err
		}
	}
	if most := s.most(*c); n >= most {
		return "", fault.New(fault.Conflict, "call.full", "most", most)
	}
	return insertParty(ctx, c.ID, actor.Person, actor.Org, f)
}

// most is how many may take part in a call.
func (s *Service) most(c callRow) int {
	if c.Sfu != 0 || s.Forwarder != nil {
		return s.Most
	}
	return MaxParties
}

func (s *Service) state(ctx context.Context, c callRow) (State, error) {
	st, err := readState(ctx, c)
	st.Most = s.most(c)
	return st, err
}

// Seat says where a party of a forwarded call gets its connection: st.Node. Where that node
// is gone, or silent for HostLease, this one takes the call over (moved).
// Codes: NotFound (no such party, or the call is not forwarded), Unavailable (nobody
// forwards it).
func (d Desk) Seat(ctx context.Context, p Peer) (st State, moved bool, err error) {
	err = d.s.db.InTx(ctx, func(ctx context.Context) error {
		row, err := readParty(ctx, p)
		if err != nil {
			return err
		}
		c, err := readCall(ctx, row.CallID)
		if err != nil {
			return err
		}
		if row.Gone != 0 || c.Ended != 0 || c.Sfu == 0 {
			return errNotFound
		}
		if d.s.deserted(ctx, c) {
			if c, err = lockCall(ctx, ID(c.ID)); err != nil {
				return err
			}
			if moved = d.s.deserted(ctx, c) && c.Ended == 0; moved { // nobody was faster
				if d.s.Forwarder == nil {
					return fault.New(fault.Unavailable, "error.unavailable")
				}
				if err := host(ctx, &c, d.s.Node); err != nil {
					return err
				}
			}
		}
		st, err = d.s.state(ctx, c)
		return err
	})
	if err != nil {
		return State{}, false, err
	}
	return st, moved, d.s.name(ctx, &st)
}

// deserted says that no node forwards a call that should be.
func (s *Service) deserted(ctx context.Context, c callRow) bool {
	return c.SfuNode == "" || c.SfuNode != s.Node && c.SfuBeat < db.Micros(db.Now(ctx).Add(-HostLease))
}

// Hosted says again that this node forwards the calls, and returns those that it is to:
// the others it is to end.
func (d Desk) Hosted(ctx context.Context, calls []string) (out []State, err error) {
	if len(calls) == 0 {
		return nil, nil
	}
	err = d.s.db.InTx(ctx, func(ctx context.Context) error {
		rows, err := hosted(ctx, d.s.Node, calls)
		for _, c := range rows {
			st, err := d.s.state(ctx, c)
			if err != nil {
				return err
			}
			out = append(out, st)
		}
		return err
	})
	return out, err
}

// Unhost has this node forward nothing any more: it stops, and the next that is asked takes
// its calls over.
func (d Desk) Unhost(ctx context.Context) error {
	if d.s.Forwarder == nil {
		return nil
	}
	return d.s.db.InTx(ctx, func(ctx context.Context) error { return unhost(ctx, d.s.Node) })
}
