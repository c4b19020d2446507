package courier

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/fault"
)

// lockedPause is how long a server that does not let us in is left alone: who comes with a
// wrong password again and again has the account locked.
const lockedPause = time.Hour

// The reasons of a server that does not let us in. Its company mends that, or whoever keeps
// the server: no further try does.
const (
	loginMissing = "courier.http_login"         // it asks for a name and password, and none are kept
	loginRefused = "courier.http_login_refused" // it refuses those that are kept
	// Denied is that of an EventLocked where it refuses who comes from here, or this sender.
	Denied = "courier.http_denied"
)

var (
	loginReasons  = []string{loginMissing, loginRefused}
	lockedReasons = append(slices.Clone(loginReasons), Denied)
)

// knockPause is how long after a call that was not let in a person may have the next one made.
const knockPause = 5 * time.Minute

// lockedOut says why a server did not let us in; empty: it did.
func lockedOut(status int, user string) string {
	switch {
	case status == http.StatusForbidden:
		return Denied
	case status != http.StatusUnauthorized && status != http.StatusProxyAuthRequired:
		return ""
	case user == "":
		return loginMissing
	}
	return loginRefused
}

// letIn says that a server let us in, whatever it then said of the message: neither it nor a
// proxy in front of it speaks of itself only.
func letIn(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired,
		http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return false
	}
	return status >= 200
}

// Locked says that a message waits until its receiver's server lets its sender in again.
func (m Message) Locked() bool {
	return m.Direction == Out && m.State == Queued && slices.Contains(lockedReasons, m.LastError)
}

// gate notes what a delivery told of the receiver's server: that it does not let us in, that
// it refuses this sender, or that it let us in. No receipt tells it: of one that we send the
// address was chosen by whoever wrote the message, and one that comes is no call of ours.
func (s *Service) gate(ctx context.Context, r *messageRow, o outcome) error {
	switch {
	case r.Direction != Out:
		return nil
	case o.locked:
		return s.lock(ctx, r, o.reason)
	case o.denied:
		told, err := deniedBefore(ctx, r)
		if err != nil || told {
			return err
		}
		e := *r
		e.Reason = o.reason
		return s.tell(ctx, EventLocked, &e)
	case !o.letIn:
		return nil
	}
	st, err := stationOf(ctx, r.ReceiverID)
	if err != nil {
		return err
	}
	if st.told != "" {
		if err := s.unlock(ctx, r.ReceiverID, "", loginReasons); err != nil {
			return err
		}
	}
	n, err := freeLane(ctx, r.Lane, s.DB.Clock(), s.lease)
	if err != nil || n == 0 {
		return err
	}
	return s.wake(ctx)
}

// lock notes in the transaction of ctx that the server of a message's receiver does not let
// us in, and tells both companies the first time since it let somebody in, and once more
// where a login that was missing is now refused.
func (s *Service) lock(ctx context.Context, r *messageRow, reason string) error {
	st, err := stationOf(ctx, r.ReceiverID)
	if err != nil {
		return err
	}
	told := st.told == loginRefused || st.told == reason
	by := reason
	if st.told == loginRefused {
		by = st.told
	}
	if err := lockStation(ctx, r.ReceiverID, db.Micros(s.DB.Clock()), by); err != nil || told {
		return err
	}
	e := *r
	e.Reason = reason
	return s.tell(ctx, EventLocked, &e)
}

// unlock has what waits for the server of a company for some reasons sent at once: it lets us
// in again, or its company changed what we come with, and then told stays what both were told.
func (s *Service) unlock(ctx context.Context, org, told string, reasons []string) error {
	if err := lockStation(ctx, org, 0, told); err != nil {
		return err
	}
	n, err := freeLocked(ctx, org, reasons, s.DB.Clock(), s.lease)
	if err != nil || n == 0 {
		return err
	}
	return s.wake(ctx)
}

// knock has the server of the receiver called again now, though it did not let us in:
// somebody says that it was mended. The message tries it, and if that is let in the others
// follow. Codes: Conflict (it was called a moment ago).
func (s *Service) knock(ctx context.Context, r *messageRow) error {
	st, err := stationOf(ctx, r.ReceiverID)
	if err != nil {
		return err
	}
	last, err := deniedSince(ctx, r.Lane, r.ID)
	if err != nil {
		return err
	}
	if last.Before(st.Changed) {
		last = time.Time{}
	}
	if st.Locked.After(last) {
		last = st.Locked
	}
	if wait := last.Add(knockPause).Sub(s.DB.Clock()); !last.IsZero() && wait > 0 {
		return fault.New(fault.Conflict, "courier.called_lately", "Minutes", int(wait/time.Minute)+1)
	}
	if st.Locked.IsZero() {
		return nil
	}
	return lockStation(ctx, r.ReceiverID, 1, st.told) // long ago, and told already
}

// waits says whether a message is left alone for now, and what is noted of it: the server of
// its receiver does not let us in, or refuses its sender. It is not claimed then, so that it
// is no try. One that a person just sent again is tried whatever the sender was told before.
func (s *Service) waits(ctx context.Context, r *messageRow) (outcome, bool, error) {
	if r.Direction != Out || r.State != string(Queued) {
		return outcome{}, false, nil
	}
	var st Station
	var last time.Time
	err := s.DB.View(db.WithOrgs(ctx, r.SupplierID, r.ResellerID), func(ctx context.Context) (err error) {
		if st, err = stationOf(ctx, r.ReceiverID); err != nil || st.URL == "" {
			return err
		}
		if resent := r.Fence > 0 && r.Attempts == 0 && r.LastError == ""; !resent {
			last, err = deniedSince(ctx, r.Lane, "")
		}
		return err
	})
	if err != nil || st.URL == "" {
		return outcome{}, false, err
	}
	now, reason := s.DB.Clock(), st.LockedBy
	wait := reach{locked: st.Locked}.barred(now)
	if wait == 0 && last.After(st.Changed) {
		wait, reason = reach{locked: last}.barred(now), Denied
	}
	if wait == 0 {
		return outcome{}, false, nil
	}
	return outcome{state: Queued, reason: reason, again: wait + time.Duration(rand.Int64N(int64(lockedPause)/20)), delivery: gateway.DeliveryFailed, quiet: true}, true, nil
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
