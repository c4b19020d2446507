package promo

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"entente/db"
	"entente/prm/fault"
	"entente/prm/money"
)

// keepFrom is the number of order lines of the companies of a promotion together from which
// on what it added is measured in the background: a page would wait too long for it. A
// company is as much work as keepEach lines, beside its own.
const (
	keepFrom = 20_000
	keepEach = 2_000
)

// keptBatch bounds how many promotions one pass looks at, at a time.
const keptBatch = 200

// Measure keeps what promotions with many order lines added, company by company, so that
// Lift reads it. Only what may have changed is measured again: a document, a promotion, a day of the
// window or of the weeks after it. It runs on a schedule, late or twice.
func (s *Service) Measure(ctx context.Context) error {
	var errs []error
	for after := ""; ; {
		var rows []row
		err := s.db.View(ctx, func(ctx context.Context) (err error) {
			rows, err = agreedAfter(ctx, after, keptBatch)
			return err
		})
		if err != nil || len(rows) == 0 {
			return errors.Join(append(errs, err)...)
		}
		for _, r := range rows {
			after = r.ID
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := s.measureAll(ctx, r); err != nil {
				errs = append(errs, err) // the others go on
			}
		}
	}
}

// measureAll looks at each company of one promotion, each in a transaction of its own: none
// holds up the others.
func (s *Service) measureAll(ctx context.Context, r row) error {
	ctx = db.WithOrgs(ctx, r.OwnerID)
	var t Terms
	var kept map[string]keptRow
	total, stamps := int64(0), map[string]string{}
	err := s.db.View(ctx, func(ctx context.Context) error {
		v, err := versionNo(ctx, r.ID, r.AgreedNo)
		if err != nil {
			return err
		}
		t = v.Terms
		if kept, err = keptOf(ctx, r.ID, ""); err != nil {
			return err
		}
		for _, p := range t.Parts {
			if p.Role != Participant {
				continue
			}
			n, stamp, err := t.stamp(ctx, r.OwnerID, p.Org)
			if err != nil {
				return err
			}
			total, stamps[p.Org] = total+n+keepEach, stamp
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range t.Parts {
		if p.Role != Participant {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.measurePart(ctx, r, t, p, kept[p.Org], stamps[p.Org], total < s.keepFrom); err != nil {
			return err
		}
	}
	return nil
}

// stamp is how many order lines of a company there are, and what changes when its measure may.
func (t Terms) stamp(ctx context.Context, owner, org string) (int64, string, error) {
	lines, stamp, err := stampOf(ctx, owner, org)
	_, to := t.read(ctx)
	return lines, stamp + " " + to, err
}

// measurePart keeps the measure of a company as it was when its stamp was read: what came
// meanwhile is measured the next time.
func (s *Service) measurePart(ctx context.Context, r row, t Terms, p Part, was keptRow, stamp string, few bool) error {
	now := keptRow{PromotionID: r.ID, OrgID: p.Org, Version: r.AgreedNo, Stamp: stamp, Made: db.Micros(db.Now(ctx))}
	switch same := was.Version == now.Version && was.Stamp == now.Stamp; {
	case few && was.PromotionID == "":
		return nil
	case few:
		return s.db.InTx(ctx, func(ctx context.Context) error { return dropKept(ctx, was) })
	case same: // the figures are those of now too
		return s.db.InTx(ctx, func(ctx context.Context) error { return renewKept(ctx, was, now.Made) })
	}
	err := s.db.View(ctx, func(ctx context.Context) error {
		goods, err := goodsOf(ctx, r.OwnerID, t)
		if err != nil || len(goods) == 0 {
			return err
		}
		figures, err := sums(ctx, r.ID, p.Org, "org_id")
		if err != nil {
			return err
		}
		m, err := s.weigh(ctx, r, t, p, goods, figures)
		if err != nil {
			return err
		}
		body, err := json.Marshal(m)
		if err != nil {
			return fault.Wrap(err, fault.Internal, "error.internal")
		}
		now.Content = string(body)
		return nil
	})
	if err != nil || now.Content == "" {
		return err
	}
	return s.db.InTx(ctx, func(ctx context.Context) error { return keep(ctx, now) })
}

// read is the span of civil dates that a measure is made of: years before the window, and
// the weeks after it as far as they are over.
func (t Terms) read(ctx context.Context) (from, to string) {
	zone, err := time.LoadLocation(t.Zone)
	if err != nil {
		zone = time.UTC
	}
	begin, _ := time.Parse(time.DateOnly, t.From)
	until, _ := time.Parse(time.DateOnly, t.Until)
	return begin.AddDate(-liftYears, 0, 0).Format(time.DateOnly),
		min(db.Now(ctx).In(zone).AddDate(0, 0, -1).Format(time.DateOnly), until.AddDate(0, 0, 7*liftBeyond).Format(time.DateOnly))
}

// of says that a measure is of the terms of a promotion that are agreed.
func (k keptRow) of(r row) bool { return k.PromotionID != "" && k.Version == r.AgreedNo }

// measured reads what was kept of a company, and when; false: nothing of these terms was.
func (k keptRow) measured(r row) (Measured, bool, error) {
	var m Measured
	if !k.of(r) {
		return m, false, nil
	}
	if err := json.Unmarshal([]byte(k.Content), &m); err != nil {
		return m, false, fault.Wrap(err, fault.Internal, "error.internal")
	}
	return m, true, nil
}

// costOf is what the promotion cost at a company so far.
func costOf(figures []Figures, p Part) money.Amount {
	for _, f := range figures {
		if f.Org == p.Org && f.Currency == p.Currency {
			return f.Earned
		}
	}
	return money.Amount{Currency: p.Currency}
}
