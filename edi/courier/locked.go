package courier

import (
	"context"
	"net/http"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/db/fail"
	"entente/prm/access"
)

// lockedPause is how long a server that does not let us in is left alone: who comes with a
// wrong password again and again has the account locked.
const lockedPause = time.Hour

// The reasons of a server that does not let us in. Its company mends that, or whoever keeps
// the server: no further try does.
const (
	loginMissing = "courier.http_login"         // it asks for a name and password, and none are kept
	loginRefused = "courier.http_login_refused" // it refuses those that are kept
	denied       = "courier.http_denied"        // it refuses whoever comes from here
)

var lockedReasons = []string{loginMissing, loginRefused, denied}

// lockedOut says why a server did not let us in; empty: it did.
func lockedOut(status int, user string) string {
	switch {
	case status == http.StatusUnauthorized && user == "":
		return loginMissing
	case status == http.StatusUnauthorized:
		return loginRefused
	case status == http.StatusForbidden, status == http.StatusProxyAuthRequired:
		return denied
	}
	return ""
}

// Locked says that a message waits until its receiver's server lets us in again.
func (m Message) Locked() bool {
	return m.Direction == Out && m.State == Queued && (m.LastError == loginMissing || m.LastError == loginRefused || m.LastError == denied)
}

// gate notes what a try told of the receiver's server: that it does not let us in, or that it
// does again.
func (s *Service) gate(ctx context.Context, r *messageRow, o outcome) error {
	switch {
	case o.locked && r.Direction == In: // who asked for the receipt
		return s.lock(ctx, r, r.SenderID, o.reason)
	case o.locked:
		return s.lock(ctx, r, r.ReceiverID, o.reason)
	}
	if r.Direction != Out || o.quiet || o.state != Delivered && o.state != AwaitingReceipt && o.state != Unproved || o.reason == ReceiptOverdue {
		return nil
	}
	st, err := stationOf(ctx, r.ReceiverID)
	if err != nil || st.Locked.IsZero() {
		return err
	}
	return s.unlock(ctx, r.ReceiverID)
}

// lock notes in the transaction of ctx that the server of a company does not let us in, and
// tells both companies the first time.
func (s *Service) lock(ctx context.Context, r *messageRow, org, reason string) error {
	st, err := stationOf(ctx, org)
	if err != nil {
		return err
	}
	if err := lockStation(ctx, org, db.Micros(s.DB.Clock()), reason); err != nil || st.LockedBy == reason {
		return err
	}
	e := *r
	if e.Reason = reason; e.Direction == In {
		e.SenderID, e.Interchanges = r.ReceiverID, "" // who does not get through
	}
	return s.tell(ctx, EventLocked, &e)
}

// unlock has everything that waits for the server of a company sent at once: it lets us in
// again, or its company changed what we come with.
func (s *Service) unlock(ctx context.Context, org string) error {
	if err := lockStation(ctx, org, 0, ""); err != nil {
		return err
	}
	now := s.DB.Clock()
	n, err := freeLocked(ctx, org, now, fail.Pace(lease))
	if err != nil || n == 0 {
		return err
	}
	return s.wake(ctx)
}

// knock has the server of the other company called again now, though it did not let us in:
// somebody says that it was mended. The next message that waits tries it, and if that is
// let in the others follow.
func (s *Service) knock(ctx context.Context, org string) error {
	st, err := stationOf(ctx, org)
	if err != nil || st.Locked.IsZero() {
		return err
	}
	return lockStation(ctx, org, 1, st.LockedBy) // long ago, and told already
}

// barred says how long a server is still left alone; 0: it may be called.
func (r reach) barred(now time.Time) time.Duration {
	if r.locked.IsZero() {
		return 0
	}
	return max(0, r.locked.Add(lockedPause).Sub(now))
}

// Unpin has the HTTPS server of the actor's company called by the authorities again, and
// whatever else it pinned: the certificate stays what it was beside, for messages, or is
// taken out of use where it was only that of the server. Safe to repeat.
// Codes: NotFound, Forbidden.
func (s *Service) Unpin(ctx context.Context, actor access.Actor, id string) error {
	if err := access.Check(actor, access.StationManage, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.DB.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		rows, err := certificatesOf(ctx, true, actor.Org)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.ID != id {
				continue
			}
			switch c := r.certificate(); {
			case !c.Server || !c.Retired.IsZero():
				return nil
			case c.Purpose == ForServer:
				return s.RetireCertificate(ctx, actor, id)
			default:
				r.Purpose = string(c.Purpose)
			}
			if err := keepPurpose(ctx, r); err != nil {
				return err
			}
			return s.note(ctx, actor, "as2.unpin", "certificate", id, audit.Done)
		}
		return notFound()
	})
}
