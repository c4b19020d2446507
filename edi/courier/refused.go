package courier

import (
	"context"
	"time"

	"entente/db"
	"entente/prm/access"
)

// Refusals are the messages of one source that were refused in one hour and of which
// no row was kept: names we do not know, or more of a pair than is kept.
type Refusals struct {
	Receiver    string // company id; empty: no company of ours was meant
	Addr        string // network address; empty: further sources in this hour
	Times       int
	First, Last time.Time
	From, To    string // AS2 names of the last one
	Reason      string // of the last one: key without "courier." or a word of RFC 4130
}

// refusalDays is how long they are kept.
const refusalDays = 90

// Refused lists what was refused since an instant, the newest first, at most 500. It
// is for the platform's operator.
// Codes: NotFound, Unauthenticated.
func (s *Service) Refused(ctx context.Context, actor access.Actor, since time.Time) ([]Refusals, error) {
	if err := access.CheckOperator(actor); err != nil {
		return nil, err
	}
	var out []Refusals
	err := s.DB.View(ctx, func(ctx context.Context) error {
		rows, err := refusedAfter(ctx, db.Micros(since), 500)
		out = make([]Refusals, len(rows))
		for i, r := range rows {
			out[i] = Refusals{Receiver: r.OrgID, Addr: r.Addr, Times: int(r.Times), First: db.FromMicros(r.FirstAt), Last: db.FromMicros(r.LastAt), From: r.As2From, To: r.As2To, Reason: r.Reason}
		}
		return err
	})
	return out, err
}
