package fund

import (
	"context"
	"errors"
	"slices"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// tickBatch bounds one pass.
const tickBatch = 200

// Tick lets requests begin, end and lapse, and lots of earned money lapse, and tells new
// partners of announced programmes, each in a transaction of its own. It runs on a schedule, late or twice: what was done is not done
// again.
func (s *Service) Tick(ctx context.Context) error {
	var errs []error
	var ids []RequestID
	var claims []ClaimID
	var places []lotRow
	err := s.db.View(ctx, func(ctx context.Context) (err error) {
		now := db.Micros(db.Now(ctx))
		if ids, err = dueRequests(ctx, now, tickBatch); err != nil {
			return err
		}
		if claims, err = dueClaims(ctx, now, tickBatch); err != nil {
			return err
		}
		places, err = duePlaces(ctx, now, tickBatch)
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return err
		}
		errs = append(errs, s.tickRequest(ctx, id)) // the others go on
	}
	for _, id := range claims {
		if err := ctx.Err(); err != nil {
			return err
		}
		errs = append(errs, s.tickClaim(ctx, id))
	}
	for _, p := range places {
		if err := ctx.Err(); err != nil {
			return err
		}
		errs = append(errs, s.lapse(ctx, p))
	}
	return errors.Join(append(errs, s.tellLater(ctx), s.closeVolumes(ctx))...)
}

func (s *Service) tickRequest(ctx context.Context, id RequestID) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		r, err := requestByID(ctx, string(id), true)
		if fault.CodeOf(err) == fault.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		if r.NextAt == 0 || r.NextAt > db.Micros(db.Now(ctx)) {
			return nil // somebody was faster
		}
		actor := access.System("funds", r.OwnerID)
		was := r.State
		p, err := programByID(ctx, r.ProgramID, false)
		if err != nil {
			return err
		}
		if err := advance(ctx, p, &r); err != nil {
			return err
		}
		if today(ctx, p.Zone) > r.ClaimBy && RequestState(r.State).Holds() {
			open, err := openClaims(ctx, r.ID)
			if err != nil {
				return err
			}
			if open > 0 { // what is filed is decided first
				r.NextAt = db.Micros(db.Now(ctx).Add(24 * time.Hour))
				return saveRequest(ctx, &r)
			}
			live, err := liveClaims(ctx, r.ID)
			if err != nil {
				return err
			}
			if r.State = string(ReqLapsed); live > 0 {
				r.State = string(ReqClosed)
			}
			if err := s.release(ctx, actor, &r); err != nil {
				return err
			}
			if err := s.publish(ctx, RequestLapsed, Event{Program: ProgramID(r.ProgramID), Request: id, Supplier: r.OwnerID, Reseller: r.OrgID}); err != nil {
				return err
			}
		}
		if err := saveRequest(ctx, &r); err != nil {
			return err
		}
		if r.State == was {
			return nil
		}
		return addLog(ctx, r.ID, r.State, access.Actor{}, 0, r.Currency, "")
	})
}

// tickClaim ends what lines have waited for too long: the documents are looked at once
// more, and what they do not show by now is rejected for the reason for which it waited. Where
// people look and the partner has brought something in time, it waits for them.
func (s *Service) tickClaim(ctx context.Context, id ClaimID) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		r, err := claimByID(ctx, string(id), true)
		if fault.CodeOf(err) == fault.NotFound {
			return nil
		}
		now := db.Micros(db.Now(ctx))
		if err != nil || r.NextAt == 0 || r.NextAt > now {
			return err // somebody was faster
		}
		actor := access.System("funds", r.OwnerID)
		p, err := programByID(ctx, r.ProgramID, false)
		if err != nil {
			return err
		}
		lines, err := linesOf(ctx, r.ID)
		if err != nil {
			return err
		}
		var verdicts []Verdict
		day, late := today(ctx, p.Zone), false
		brought, err := broughtSince(ctx, r)
		if err != nil {
			return err
		}
		for _, l := range lines {
			_, ours := LackOf(l.Missing)
			switch {
			case l.Verdict != LinePending || l.DueOn >= day:
			case brought && !ours:
				late = true
			default:
				verdicts = append(verdicts, Verdict{Position: int(l.Position), Verdict: LineRejected, Reason: l.Reason})
			}
		}
		if s.checks != nil && r.Source == SourceEDI {
			c, err := s.entire(ctx, actor, r)
			if err != nil {
				return err
			}
			c.Lines = slices.DeleteFunc(c.Lines, func(l Line) bool { // the others go on waiting, and take nothing
				return !slices.ContainsFunc(verdicts, func(v Verdict) bool { return v.Position == l.Position })
			})
			last, err := s.checks.Last(ctx, actor, c)
			if err != nil {
				return err
			}
			for i, v := range verdicts {
				if k := slices.IndexFunc(last, func(x Verdict) bool { return x.Position == v.Position }); k >= 0 {
					verdicts[i] = last[k]
				}
			}
			was := len(verdicts) // what only waits for a look of the supplier's people is not the partner's fault
			verdicts = slices.DeleteFunc(verdicts, func(v Verdict) bool { return v.Verdict == LinePending })
			late = late || len(verdicts) < was
		}
		if len(verdicts) == 0 {
			if err := wait(ctx, &r, lines); err != nil {
				return err
			}
			if late {
				r.NextAt = now + (24 * time.Hour).Microseconds()
			}
			return saveClaim(ctx, &r)
		}
		err = s.decide(ctx, actor, &r, lines, verdicts, "")
		if NeedsPeople(err) { // it waits for them
			r.NextAt = now + (24 * time.Hour).Microseconds()
			return saveClaim(ctx, &r)
		}
		return err
	})
}

// broughtSince says that a partner added a file to a claim since it was decided last, or that
// all proof of one that came as a document is there.
func broughtSince(ctx context.Context, r claimRow) (bool, error) {
	files, err := filesOf(ctx, r.ID)
	if err != nil || len(files) == 0 {
		return false, err
	}
	last := db.FromMicros(r.Decided)
	return slices.ContainsFunc(files, func(f File) bool { return f.Made.After(last) }) ||
		r.Source == SourceEDI && len(missing(db.FromText[[]string](r.Proof), files)) == 0, nil
}

// lapse ends the lots of a partner whose day is over.
func (s *Service) lapse(ctx context.Context, at lotRow) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		p, err := programByID(ctx, at.ProgramID, true)
		if err != nil {
			return err
		}
		sum, err := lapseLots(ctx, at.ProgramID, at.OrgID, db.Micros(db.Now(ctx)))
		if err != nil || sum == 0 {
			return err
		}
		_, err = post(ctx, access.System("funds", p.OwnerID), posting{program: p.ID, owner: p.OwnerID, org: at.OrgID, kind: EntryLapse, currency: money.Currency(at.Currency), subject: "fund", id: p.ID, text: "", legs: move(leg{org: at.OrgID, kind: accAvailable}, leg{org: at.OrgID, kind: accLapsed}, sum)})
		return err
	})
}
