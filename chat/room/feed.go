package room

import (
	"context"
)

// Feed reads conversations for the node itself, not for a person: chat/socket
// uses it to fill gaps of rooms whose members it has already checked. It must
// not be handed to anything that answers a request.
type Feed struct{ s *Service }

// Feed returns the node's own reader.
func (s *Service) Feed() Feed { return Feed{s} }

// After returns up to limit messages of the room above seq, ascending, with the
// names of their authors.
func (f Feed) After(ctx context.Context, id ID, seq int64, limit int) ([]Message, error) {
	var out []Message
	err := f.s.db.View(ctx, func(ctx context.Context) (err error) {
		if out, err = history(ctx, id, Window{After: seq, Limit: limit, forward: true}); err == nil {
			err = dress(ctx, id, out)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, f.s.name(ctx, out)
}

// Positions returns the number of the latest message of each room that exists.
func (f Feed) Positions(ctx context.Context, ids []ID) (map[ID]int64, error) {
	var out map[ID]int64
	err := f.s.db.View(ctx, func(ctx context.Context) (err error) {
		out, err = positions(ctx, ids)
		return err
	})
	return out, err
}

// Entered returns the persons who entered the room: whom a new message concerns.
func (f Feed) Entered(ctx context.Context, id ID) ([]string, error) {
	var out []string
	err := f.s.db.Glance(ctx, func(ctx context.Context) (err error) {
		out, err = members(ctx, id)
		return err
	})
	return out, err
}
