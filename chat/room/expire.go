package room

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"entente/db"
)

const (
	expireSlice = 100             // messages of a company that are removed before another's turn
	expireFor   = 8 * time.Second // of one run
)

// keeper is a company that does not keep all, and how far a run came in what it wrote.
type keeper struct {
	policyRow
	last messageRow
	bad  []string // rooms in which nothing could be removed
}

// Expire removes what companies keep no longer: an act of nobody in a room's sequence, so
// that open pages and clients follow. The companies take turns until nothing is left, or a
// run has lasted long enough and the next goes on. A room's trouble, or a company's, keeps
// what stands in no other.
func (s *Service) Expire(ctx context.Context) error {
	var rules []policyRow
	if err := s.db.View(ctx, func(ctx context.Context) (err error) { rules, err = keepers(ctx); return err }); err != nil {
		return err
	}
	todo := make([]*keeper, len(rules))
	for i, rule := range rules {
		todo[i] = &keeper{policyRow: rule}
	}
	var failed error
	for end := s.db.Clock().Add(expireFor); len(todo) > 0; {
		var left []*keeper
		for _, k := range todo {
			more, err := s.expireSome(db.WithOrgs(ctx, k.OrgID), k)
			failed = errors.Join(failed, err)
			if ctx.Err() != nil || !s.db.Clock().Before(end) {
				return failed
			}
			if more {
				left = append(left, k)
			}
		}
		todo = left
	}
	return failed
}

// expireSome removes the next of a company's messages, those of a room in one transaction.
func (s *Service) expireSome(ctx context.Context, k *keeper) (more bool, err error) {
	var rows []messageRow
	err = s.db.View(ctx, func(ctx context.Context) (err error) {
		rows, err = overdue(ctx, k.OrgID, db.Now(ctx).AddDate(0, 0, -int(k.KeepDays)), k.last, expireSlice)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("company %s: %w", k.OrgID, err)
	}
	seqs, rooms := map[string][]int64{}, []string(nil)
	for _, row := range rows {
		k.last = row
		if !slices.Contains(k.bad, row.RoomID) {
			seqs[row.RoomID], rooms = append(seqs[row.RoomID], row.Seq), appendNew(rooms, row.RoomID)
		}
	}
	var failed error
	for _, id := range rooms {
		if err := s.expire(ctx, ID(id), seqs[id], k.OrgID); err != nil {
			k.bad = append(k.bad, id)
			failed = errors.Join(failed, fmt.Errorf("room %s: %w", id, err))
		}
	}
	return len(rows) == expireSlice, failed
}

func (s *Service) expire(ctx context.Context, id ID, seqs []int64, org string) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		if err := lock(ctx, id); err != nil {
			return err
		}
		r, err := readRoom(ctx, id)
		if err != nil {
			return err
		}
		holds, err := holdsOf(ctx, id)
		if err != nil || slices.ContainsFunc(holds, func(h holdRow) bool { return h.OrgID == org }) {
			return err
		}
		rows, err := standing(ctx, id, seqs)
		if err != nil || len(rows) == 0 {
			return err
		}
		number, _, err := nextActs(ctx, id, len(rows))
		if err != nil {
			return err
		}
		seqs, outs := make([]int64, len(rows)), make([]Message, len(rows))
		for i, m := range rows {
			if err := keepFor(ctx, r, holds, m); err != nil {
				return err
			}
			seqs[i] = m.Seq
			outs[i] = Message{Room: id, Seq: number + int64(i), Kind: Act, Event: ActRemoved, Target: m.Seq, Subject: subjectOf(m.Seq), At: db.Now(ctx)}
		}
		if err := erase(ctx, id, seqs, db.Now(ctx)); err != nil {
			return err
		}
		for _, out := range outs {
			if err := insertAct(ctx, out, "", org); err != nil {
				return err
			}
		}
		if err := passMarks(ctx, id, number, len(rows)); err != nil {
			return err
		}
		db.AfterCommit(ctx, func() {
			for _, out := range outs {
				s.pub.Published(out)
			}
		})
		return nil
	})
}
