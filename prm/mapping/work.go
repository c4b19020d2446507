package mapping

import (
	"context"
	"errors"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/mapping/blind"
)

// The phases of a side. A side waits where it needs the other's message or a consent.
const (
	phaseCollect = iota // read the customers, blind their keys
	phaseList           // put them into their order by chance, commit to it
	phaseDouble         // blind the other's list again
	phaseSend           // put that into an order by chance
	phaseCount          // compare: about how many
	phaseMarks          // say which places of the other's list match, with proof
	phaseLink           // read which of mine match
	phaseFields         // say the agreed fields of those
	phaseTold           // read the other's
	phaseEnd
)

// The messages: what the phases before them made.
const (
	partCommit = iota + 1
	partList
	partDouble
	partMarks
	partFields
)

// made is the first phase at which a message stands.
var made = map[int]int64{partCommit: phaseDouble, partList: phaseDouble, partDouble: phaseCount, partMarks: phaseLink, partFields: phaseTold}

// chunkRows is how many accounts a piece of a message holds.
const chunkRows = 256

const (
	lease    = 30 * time.Second
	turn     = 3 * time.Second // after which another run has its turn
	maxTries = 6
)

var (
	// errLost says that another node, or a person, has the run now.
	errLost = errors.New("mapping: the run is no longer this node's")
	// errIdle says that a run waits for a person or a file.
	errIdle = errors.New("mapping: nothing to do")
)

// refused ends a run for a reason that is told: word is under "mapping.reason.".
type refused struct {
	word, org string
}

func (e refused) Error() string { return "mapping: " + e.word }

// work is one turn at a run.
type work struct {
	run   Run
	mine  sideRow
	peer  *sideRow // of this server
	known map[[16]byte]uint32
}

// Turn goes on with the run whose turn it is. More is true while any may be left.
func (s *Service) Turn(ctx context.Context) (more bool, err error) {
	r, ok, err := s.claim(ctx)
	if err != nil || !ok {
		return false, err
	}
	run := r.run()
	if r.Clean == 1 {
		err = s.clean(ctx, run)
	} else {
		err = s.compute(ctx, run)
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err == nil || errors.Is(err, errLost) {
		return true, nil
	}
	var no refused
	if !errors.As(err, &no) {
		s.log.Warn("an account mapping did not go on", "run", r.ID, "error", err)
		if r.Tries+1 < maxTries {
			return true, s.db.InTx(ctx, func(ctx context.Context) error {
				_, err := held(ctx, run.ID, run.State, s.me, map[string]any{"tries": r.Tries + 1, "turn": db.Micros(db.Now(ctx).Add(time.Duration(r.Tries+1) * 5 * time.Second)), "lease_by": "", "lease_until": 0})
				return err
			})
		}
		no = refused{word: "gave_up"}
	}
	return true, s.fail(ctx, run, no)
}

// claim takes the run whose turn it is.
func (s *Service) claim(ctx context.Context) (out runRow, ok bool, err error) {
	var due []runRow
	err = s.db.Glance(ctx, func(ctx context.Context) (err error) {
		due, err = dueRuns(ctx, db.Micros(db.Now(ctx)), s.db.Dialect() == db.SQLite, s.me)
		return err
	})
	if err != nil || len(due) == 0 {
		return runRow{}, false, err
	}
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		for _, r := range due {
			got, err := claimRun(ctx, r, s.me, db.Micros(db.Now(ctx).Add(lease)))
			if err != nil {
				return err
			}
			if got {
				out, ok = r, true
				return nil
			}
		}
		return nil
	})
	return out, ok, err
}

// fail ends a run that cannot go on. Its cause is told to the company whose list it is.
func (s *Service) fail(ctx context.Context, r Run, no refused) error {
	return s.db.InTx(ctx, func(ctx context.Context) error {
		now, ok, err := runByID(ctx, r.ID, true)
		if err != nil || !ok || !now.State.Open() {
			return err
		}
		now.Reason, now.ReasonOrg = no.word, no.org
		return s.close(ctx, access.System("mapping", r.Orgs()[0]), now, Failed, DidFail)
	})
}

// compute does steps of a run until its turn is over or it waits.
func (s *Service) compute(ctx context.Context, r Run) error {
	began := s.db.Clock()
	for {
		w, err := s.next(ctx, r)
		if err != nil {
			return err
		}
		if w == nil {
			return s.rest(ctx, r)
		}
		if err := s.step(ctx, w); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if s.db.Clock().Sub(began) > turn {
			return s.db.InTx(ctx, func(ctx context.Context) error {
				_, err := held(ctx, r.ID, Working, s.me, map[string]any{"turn": db.Micros(db.Now(ctx)), "lease_by": "", "lease_until": 0})
				return err
			})
		}
	}
}

// next finds a side that can go on.
func (s *Service) next(ctx context.Context, r Run) (out *work, err error) {
	err = s.db.View(db.WithOrgs(ctx, r.Orgs()...), func(ctx context.Context) error {
		out, err = able(ctx, r)
		return err
	})
	return out, err
}

func able(ctx context.Context, r Run) (*work, error) {
	now, ok, err := runByID(ctx, r.ID, false)
	if err != nil || !ok || now.State != Working {
		return nil, err
	}
	sides, err := sidesOf(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	for _, org := range r.Orgs() {
		w := &work{run: now, mine: sides[org]}
		if r.Way == Here {
			peer := sides[r.Other(org)]
			w.peer = &peer
		}
		if w.can() {
			return w, nil
		}
	}
	return nil, nil
}

// can says whether the side has what its phase needs.
func (w *work) can() bool {
	switch w.mine.Phase {
	case phaseCollect, phaseList, phaseSend:
		return true
	case phaseDouble:
		return w.has(partList)
	case phaseCount:
		return w.has(partDouble)
	case phaseMarks:
		return w.agreed(StepMine)
	case phaseLink:
		return w.agreed(StepMine) && w.has(partMarks)
	case phaseFields:
		return len(w.run.Terms.Fields) > 0 && w.agreed(StepFields)
	case phaseTold:
		return w.agreed(StepFields) && w.has(partFields)
	}
	return false
}

// has says whether a message of the other side is there.
func (w *work) has(part int) bool {
	if w.peer == nil {
		return w.mine.Got >= int64(part)
	}
	return w.peer.Phase >= made[part]
}

// agreed says whether both companies agreed to a step. Another server's company says so by
// its file.
func (w *work) agreed(step int64) bool {
	return w.mine.Consent >= step && (w.peer == nil || w.peer.Consent >= step)
}

// from is who made the messages of the other side.
func (w *work) from() string {
	if w.peer == nil {
		return ""
	}
	return w.peer.OrgID
}

// theirCommit is what the other side committed to.
func (w *work) theirCommit() Commit {
	if w.peer == nil {
		return db.FromText[header](w.mine.PeerLine).Commit
	}
	return db.FromText[Commit](w.peer.Commitment)
}

func (w *work) id() ID       { return w.run.ID }
func (w *work) org() string  { return w.mine.OrgID }
func (w *work) slots() int   { return w.run.Terms.Slots() }
func (w *work) rowSize() int { return w.slots() * blind.Size }
func (w *work) domain() blind.Domain {
	return blind.Domain{Run: []byte(w.run.Code), Edition: w.run.Terms.Edition}
}

// rest lets a run wait, if it still has nothing to do.
func (s *Service) rest(ctx context.Context, r Run) error {
	s.forget()
	return s.db.InTx(db.WithOrgs(ctx, r.Orgs()...), func(ctx context.Context) error {
		values := map[string]any{"lease_by": "", "lease_until": 0, "tries": 0}
		ok, err := held(ctx, r.ID, Working, s.me, values) // the row is ours until the end
		if err != nil || !ok {
			return err
		}
		w, err := able(ctx, r)
		if err != nil {
			return err
		}
		if w == nil {
			return db.Tx(ctx).Model(&runRow{}).Where("id = ?", string(r.ID)).Update("turn", 0).Error
		}
		return nil
	})
}

// forget lets go of the points that were kept.
func (s *Service) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = nil
}

// step does one piece of a phase.
func (s *Service) step(ctx context.Context, w *work) error {
	switch w.mine.Phase {
	case phaseCollect:
		return s.collect(ctx, w)
	case phaseList:
		return s.arrange(ctx, w)
	case phaseDouble:
		return s.double(ctx, w)
	case phaseSend:
		return s.scatter(ctx, w)
	case phaseCount:
		return s.count(ctx, w)
	case phaseMarks:
		return s.mark(ctx, w)
	case phaseLink:
		return s.link(ctx, w)
	case phaseFields:
		return s.tell(ctx, w)
	case phaseTold:
		return s.hear(ctx, w)
	}
	return errIdle
}

// keep writes what a step made with the place it reached, if the run is still this node's
// and the side where it was. Values with "phase" end the phase.
func (s *Service) keep(ctx context.Context, w *work, values map[string]any, fn func(ctx context.Context) error) error {
	return s.db.InTx(db.WithOrgs(ctx, w.run.Orgs()...), func(ctx context.Context) error {
		ok, err := held(ctx, w.id(), Working, s.me, map[string]any{"tries": 0, "lease_until": db.Micros(db.Now(ctx).Add(lease))})
		if err == nil && !ok {
			err = errLost
		}
		if err != nil {
			return err
		}
		phase, ends := values["phase"]
		if ends {
			values["place"], values["done"] = "", 0
		}
		if ok, err = moveSide(ctx, w.mine, values); err == nil && !ok {
			err = errLost
		}
		if err == nil && fn != nil {
			err = fn(ctx)
		}
		if err != nil || !ends {
			return err
		}
		return s.reached(ctx, w.run, w.mine.OrgID, phase.(int))
	})
}

// reached makes a step of the run when all its sides came to the end of it.
func (s *Service) reached(ctx context.Context, r Run, org string, phase int) error {
	if phase == phaseDouble { // its list stands
		if err := logged(ctx, r.ID, "", Entry{Org: org, What: DidCommit}); err != nil {
			return err
		}
	}
	sides, err := sidesOf(ctx, r.ID)
	if err != nil {
		return err
	}
	least, small := int64(phaseEnd), false
	for _, x := range sides {
		least = min(least, x.Phase)
		small = small || min(x.OwnCount, x.TheirCount) < Fewest
	}
	was, stage := r, 0
	switch {
	case r.Stage < StepSize && least >= phaseMarks:
		stage, r.State = StepSize, Sized
	case r.Stage == StepSize && least >= phaseFields:
		stage, r.State = StepMine, Matched
		if len(r.Terms.Fields) == 0 {
			r.State = Done
		}
	case r.Stage == StepMine && least >= phaseEnd:
		stage, r.State = StepFields, Done
	default:
		return nil
	}
	system := access.System("mapping", r.Orgs()[0])
	r.Stage, r.Expires = stage, until(ctx)
	if stage == StepSize && small {
		// the stage is written first: the close compares with it
		if err := saveRun(ctx, was, r); err != nil {
			return err
		}
		return s.close(ctx, system, r, Small, DidSmall)
	}
	if err := logged(ctx, r.ID, "", Entry{What: DidReveal, Step: stage}); err != nil {
		return err
	}
	for _, o := range r.Orgs() {
		if err := audited(ctx, access.System("mapping", o), r, DidReveal); err != nil {
			return err
		}
	}
	if r.State == Done {
		r.State = was.State
		if err := saveRun(ctx, was, r); err != nil {
			return err
		}
		return s.close(ctx, system, r, Done, "")
	}
	if err := saveRun(ctx, was, r); err != nil {
		return err
	}
	return s.publish(ctx, system, EventRevealed, r, stage)
}

// progress is how much of the step that is being made is done, in percent.
func progress(r Run, x sideRow) int {
	first, phases := phaseCollect, 5
	switch r.Stage {
	case StepSize:
		first, phases = phaseMarks, 2
	case StepMine:
		first, phases = phaseFields, 2
	}
	n := 0
	if x.ListRows > 0 && x.Phase > phaseCollect {
		n = int(min(100, x.Done*100/x.ListRows))
	}
	return max(0, min(99, ((int(x.Phase)-first)*100+n)/phases))
}

// cleanRows is how much is destroyed in one transaction.
const cleanRows = 4000

// clean destroys the secrets, points and messages of a run that is over, some at a time,
// and what was found for a step that was not made.
// Of a list that was compared, hashes stay on its own side: they bind the next one.
func (s *Service) clean(ctx context.Context, r Run) error {
	s.forget()
	for {
		var gone int64
		err := s.db.InTx(db.WithOrgs(ctx, r.Orgs()...), func(ctx context.Context) error {
			ok, err := held(ctx, r.ID, r.State, s.me, map[string]any{"lease_until": db.Micros(db.Now(ctx).Add(lease))})
			if err == nil && !ok {
				err = errLost
			}
			for _, org := range r.Orgs() {
				if err == nil {
					err = setSide(ctx, r.ID, org, map[string]any{"secret": []byte{}})
				}
			}
			type part struct {
				table string
				run   ID
				org   string
				most  int
			}
			parts := []part{{"chunk", r.ID, "", 40}, {"theirs", r.ID, "", cleanRows}}
			if r.Stage > 0 {
				parts = append(parts, part{"points", r.ID, "", cleanRows})
			}
			if r.Stage < StepMine { // found for a step that was not made
				parts = append(parts, part{"matches", r.ID, "", cleanRows})
			} else if r.Stage < StepFields {
				parts = append(parts, part{"told", r.ID, "", cleanRows})
			}
			for _, org := range r.Orgs() {
				if r.Stage == 0 {
					parts = append(parts, part{"own", r.ID, org, cleanRows})
				} else if err == nil {
					var old []string
					if old, err = outdated(ctx, r, org, 2); err == nil {
						for _, id := range old {
							parts = append(parts, part{"own", ID(id), org, cleanRows})
						}
					}
				}
			}
			for _, p := range parts {
				if err != nil || gone > 0 {
					return err
				}
				gone, err = deleteSome(ctx, p.table, p.run, p.org, p.most)
			}
			if err == nil && gone == 0 {
				if err = logged(ctx, r.ID, "", Entry{What: DidErase}); err == nil {
					_, err = held(ctx, r.ID, r.State, s.me, map[string]any{"turn": 0, "clean": 0, "lease_by": "", "lease_until": 0})
				}
			}
			return err
		})
		if err != nil || gone == 0 {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}
