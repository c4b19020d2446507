package courier

import (
	"context"
	"io"

	"entente/db"
	"entente/db/audit"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/fault"
)

// Attempt is one try to send.
type Attempt struct {
	Number  int
	At      int64 // microseconds since 1970, UTC
	Took    int64 // microseconds
	Outcome string
	Detail  string
}

// Carried is a message with its tries.
type Carried struct {
	Message
	Tries []Attempt
}

// Messages lists the AS2 messages that carried an interchange, oldest first.
// Codes: NotFound.
func (s *Service) Messages(ctx context.Context, actor access.Actor, i gateway.Interchange) ([]Carried, error) {
	if err := access.Check(actor, access.EDIRead, access.Shared(i.Supplier, i.Reseller)); err != nil {
		return nil, err
	}
	var out []Carried
	err := s.DB.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		out = nil
		submissions := []string{i.ID}
		if i.Origin != gateway.OriginMade && i.Submission != "" { // what we made names the submission it answers
			submissions = append(submissions, i.Submission)
		}
		rows, err := messagesOf(ctx, submissions...)
		if err != nil {
			return err
		}
		for k := range rows {
			r := &rows[k]
			if access.Check(actor, access.EDIRead, access.Shared(r.SupplierID, r.ResellerID)) != nil {
				continue
			}
			tries, err := attemptsOf(ctx, r.ID)
			if err != nil {
				return err
			}
			c := Carried{Message: r.message()}
			for _, a := range tries {
				c.Tries = append(c.Tries, Attempt{Number: int(a.Number), At: a.Happened, Took: a.Took, Outcome: a.Outcome, Detail: a.Detail})
			}
			out = append(out, c)
		}
		return nil
	})
	return out, err
}

// Evidence is what proves a message: its request and its receipt, byte for byte.
type Evidence struct {
	Message        Message
	Headers        []byte // JSON, in the order of the wire
	Body           io.ReadCloser
	ReceiptHeaders []byte
	Receipt        []byte
}

// Evidence opens what was kept of a message. The caller closes Body, which is nil where
// the message was not kept. Codes: NotFound.
func (s *Service) Evidence(ctx context.Context, actor access.Actor, id string) (Evidence, error) {
	if _, err := access.List(actor, access.EDIRead); err != nil {
		return Evidence{}, err
	}
	var r *messageRow
	err := s.DB.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		if r, err = messageByID(ctx, id); err != nil {
			return err
		}
		return access.Check(actor, access.EDIRead, access.Shared(r.SupplierID, r.ResellerID))
	})
	if err != nil {
		return Evidence{}, err
	}
	out := Evidence{Message: r.message(), Headers: []byte(r.Headers), ReceiptHeaders: []byte(r.ReceiptHeaders), Receipt: r.Receipt}
	if r.Blob != "" {
		if out.Body, err = s.Blobs.Open(ctx, r.Blob); err != nil {
			return Evidence{}, err
		}
	}
	return out, nil
}

// Resend sends a message again that was given up or is not proved: the same bytes under
// the same Message-ID, or, where fresh, as a new message of today's terms. The sender's
// people decide. One that waits for a server that does not let us in (Locked) is tried now.
// Codes: NotFound, Forbidden, Conflict (it is on its way, or proved, or that server was called
// a few minutes ago).
func (s *Service) Resend(ctx context.Context, actor access.Actor, id string, fresh bool) error {
	if _, err := access.List(actor, access.EDIRead); err != nil {
		return err
	}
	return s.DB.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := messageByID(ctx, id)
		if err != nil {
			return err
		}
		if err := access.Check(actor, access.EDIResolve, access.Shared(r.SupplierID, r.ResellerID)); err != nil {
			return err
		}
		if r.SenderID != actor.Org || r.Direction != Out {
			return fault.New(fault.Forbidden, "courier.sender_resends")
		}
		early := s.knock(ctx, r) // before it waits for nothing any more
		values := map[string]any{"state": string(Queued), "attempts": 0, "next_at": db.Micros(db.Now(ctx)), "fence": r.Fence + 1, "reason": "", "last_error": "", "settled": int64(0)}
		if fresh {
			values["blob"], values["proved"], values["message_id"] = "", false, ""
		}
		ok, err := changeMessage(ctx, id, values, "(state IN ? OR state = ? AND last_error IN ? AND next_at > ?) AND fence = ?",
			[]string{string(Failed), string(Unproved)}, string(Queued), lockedReasons, db.Micros(s.DB.Clock().Add(s.lease)), r.Fence)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Conflict, "courier.not_waiting", "State", r.State)
		}
		if early != nil {
			return early
		}
		if err := s.Gateway.Carried(ctx, access.System("as2", r.SenderID), r.Interchanges, gateway.DeliverySending); err != nil {
			return err
		}
		if err := s.wake(ctx); err != nil {
			return err
		}
		return s.note(ctx, actor, "as2.resend", "as2_message", id, audit.Done)
	})
}

// Again carries an interchange once more (gateway.Courier): the last message of it that
// was given up or is not proved.
func (s *Service) Again(ctx context.Context, actor access.Actor, out gateway.Interchange) (bool, error) {
	rows, err := messagesOf(ctx, out.ID)
	if err != nil {
		return false, err
	}
	for k := len(rows) - 1; k >= 0; k-- {
		if rows[k].Direction != Out || rows[k].Reason == noStation {
			continue
		}
		if rows[k].Reason == noStationDoubt { // by AS2 where that is possible again: under its id nothing is taken twice
			st, err := stationOf(ctx, out.To)
			if err != nil || st.URL == "" {
				return false, err
			}
		}
		return true, s.Resend(ctx, actor, rows[k].ID, false)
	}
	return false, nil
}
