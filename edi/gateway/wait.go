package gateway

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/edi/wire"
	"entente/prm/access"
	"entente/prm/fault"
)

// Patience is how long a company waits for the acknowledgements of what it sends in a
// partnership. A machine's clock runs in elapsed hours, also at night and on days off.
// What is changed holds for clocks that start later.
type Patience struct {
	Partnership string
	Org         string // company id
	Hours       int    // 1 to MaxPatience; 0: it does not wait
	// ReceiptHours is for the receipt of the transport (MDN) where it comes on a way of
	// its own: 1 to MaxPatience.
	ReceiptHours int
	Changed      time.Time
	ChangedBy    string // person id
}

// DefaultPatience and DefaultReceipt hold where nobody said otherwise, MaxPatience is
// the longest; in hours.
const (
	DefaultPatience = 24
	DefaultReceipt  = 4
	MaxPatience     = 720
)

// The outcomes of a wait.
const (
	WaitAnswered  = "answered"  // the acknowledgement came
	WaitConfirmed = "confirmed" // a person said that the partner has it
)

// AskAgain is how long after a question the next one may follow.
const AskAgain = 24 * time.Hour

// Wait is the clock on the acknowledgement of an interchange that we made. The zero
// value: no clock runs, as for acknowledgements and test traffic. AskedBy, SettledBy
// and Reason are shown to the sender only.
type Wait struct {
	Started   time.Time // the receiver got it
	Due       time.Time
	Overdue   time.Time // when it was found late; zero: it is not, yet
	Asked     time.Time // the partner was asked for it last
	AskedBy   string    // person id
	Settled   time.Time
	Outcome   string // a Wait… word; empty while it waits
	SettledBy string // person id
	Reason    string // what the person wrote
}

// Open says that the acknowledgement is still awaited.
func (w Wait) Open() bool { return !w.Started.IsZero() && w.Settled.IsZero() }

// Late says that it is awaited and overdue.
func (w Wait) Late() bool { return w.Open() && !w.Overdue.IsZero() }

// Patience returns how long the actor's company waits in a partnership.
// Codes: NotFound.
func (s *Service) Patience(ctx context.Context, actor access.Actor, partnership string) (Patience, error) {
	if _, err := access.List(actor, access.LinkRead); err != nil {
		return Patience{}, err
	}
	supplier, reseller, err := s.partners.Sides(ctx, actor, partnership)
	if err != nil {
		return Patience{}, err
	}
	if err := access.Check(actor, access.LinkRead, access.Shared(supplier, reseller)); err != nil {
		return Patience{}, err
	}
	out := Patience{Partnership: partnership, Org: actor.Org, Hours: DefaultPatience, ReceiptHours: DefaultReceipt}
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := patienceOf(ctx, partnership, actor.Org)
		if r != nil {
			out.Hours, out.ReceiptHours, out.Changed, out.ChangedBy = int(r.Hours), int(r.ReceiptHours), instant(r.Changed), r.ChangedBy
		}
		return err
	})
	return out, err
}

// SetPatience changes how long the actor's company waits in a partnership: 1 to
// MaxPatience hours, 0 for not at all; and for the receipts of the transport, 0 for as
// long as before. Running clocks keep their end.
// Codes: NotFound, Forbidden, Invalid, Conflict (an agreement of both speaks of the
// hours, and they are changed).
func (s *Service) SetPatience(ctx context.Context, actor access.Actor, partnership string, hours, receipt int) error {
	if _, err := access.List(actor, access.LinkRead); err != nil {
		return err
	}
	supplier, reseller, err := s.partners.Sides(ctx, actor, partnership)
	if err != nil {
		return err
	}
	if err := access.Check(actor, access.LinkManage, access.Shared(supplier, reseller)); err != nil {
		return err
	}
	if hours < 0 || hours > MaxPatience {
		return fault.InvalidField("hours", "edi.patience_range", "Most", MaxPatience)
	}
	if receipt < 0 || receipt > MaxPatience {
		return fault.InvalidField("receipt_hours", "edi.receipt_range", "Most", MaxPatience)
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		was, err := patienceOf(ctx, partnership, actor.Org)
		if err != nil {
			return err
		}
		if s.agreed != nil && (was == nil || was.Hours != int64(hours)) {
			fixed, err := s.agreed.FixesPatience(ctx, partnership, actor.Org == supplier)
			if err != nil {
				return err
			}
			if fixed {
				return fault.New(fault.Conflict, "agreement.propose_instead")
			}
		}
		return writePatience(ctx, actor, patienceRow{PartnershipID: partnership, OrgID: actor.Org, SupplierID: supplier, ResellerID: reseller, Hours: int64(hours), ReceiptHours: int64(receipt)}, was)
	})
}

// AdoptPatience sets how long a company waits to what both companies agreed, in the
// transaction of ctx. It is called by edi/agreement for the company that confirmed.
// Codes: NotFound, Forbidden, Invalid.
func (s *Service) AdoptPatience(ctx context.Context, actor access.Actor, partnership, org string, hours int) error {
	if _, err := access.List(actor, access.LinkRead); err != nil {
		return err
	}
	supplier, reseller, err := s.partners.Sides(ctx, actor, partnership)
	if err != nil {
		return err
	}
	if err := access.Check(actor, access.LinkManage, access.Shared(supplier, reseller)); err != nil {
		return err
	}
	if org != supplier && org != reseller {
		return notFound()
	}
	if hours < 0 || hours > MaxPatience {
		return fault.InvalidField("hours", "edi.patience_range", "Most", MaxPatience)
	}
	return s.db.InTx(ctx, func(ctx context.Context) error {
		was, err := patienceOf(ctx, partnership, org)
		if err != nil || was != nil && was.Hours == int64(hours) {
			return err
		}
		return writePatience(ctx, actor, patienceRow{PartnershipID: partnership, OrgID: org, SupplierID: supplier, ResellerID: reseller, Hours: int64(hours)}, was)
	})
}

// ReceiptPatience is how long a company waits for the receipt of what it sends in a
// partnership, for what carries messages.
func (s *Service) ReceiptPatience(ctx context.Context, partnership, org string) (out time.Duration, err error) {
	out = DefaultReceipt * time.Hour
	err = s.db.View(db.WithOrgs(ctx, org), func(ctx context.Context) error {
		r, err := patienceOf(ctx, partnership, org)
		if r != nil {
			out = time.Duration(r.ReceiptHours) * time.Hour
		}
		return err
	})
	return out, err
}

// writePatience writes a row in place of the one that was; no hours for receipts leave
// them as they were.
func writePatience(ctx context.Context, actor access.Actor, r patienceRow, was *patienceRow) error {
	switch {
	case r.ReceiptHours == 0 && was != nil:
		r.ReceiptHours = was.ReceiptHours
	case r.ReceiptHours == 0:
		r.ReceiptHours = DefaultReceipt
	}
	r.Changed, r.ChangedBy = db.Micros(db.Now(ctx)), actor.Person
	if err := savePatience(ctx, &r); err != nil {
		return err
	}
	return audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: "edi.patience", SubjectKind: "partnership", SubjectID: r.PartnershipID, Outcome: audit.Done})
}

// isAnswer says that what holds only sets of these types is an acknowledgement
// itself, which nobody acknowledges.
func isAnswer(types []string) bool {
	return len(types) > 0 && !slices.ContainsFunc(types, func(t string) bool { return !acknowledges(t) })
}

// startWait starts the clock on what its receiver just got, once.
func startWait(ctx context.Context, r *interchangeRow) error {
	if r.Origin != OriginMade || r.Test || r.Acknowledged != "" || isAnswer(split(r.Types)) || IsForm(r.Syntax) {
		return nil
	}
	hours := int64(DefaultPatience)
	p, err := patienceOf(ctx, r.PartnershipID, r.SenderID)
	if err != nil {
		return err
	}
	if p != nil {
		hours = p.Hours
	}
	if hours == 0 {
		return nil
	}
	now := db.Now(ctx)
	return insertWait(ctx, &waitRow{
		InterchangeID: r.ID, PartnershipID: r.PartnershipID, SupplierID: r.SupplierID, ResellerID: r.ResellerID, SenderID: r.SenderID,
		Started: db.Micros(now), Due: db.Micros(now.Add(time.Duration(hours) * time.Hour)),
	})
}

// Overdue finds the acknowledgements that did not come in time: each is overdue at once
// (EventOverdue), and the people of the company that waits are told once
// (EventOverdueTold), in the next open hour of its calendar where that is closed now.
// Uploads that nobody booked in time go too. It runs on a schedule.
func (s *Service) Overdue(ctx context.Context) error {
	if err := s.db.InTx(ctx, func(ctx context.Context) error { return sweepUploads(ctx, db.Micros(db.Now(ctx))) }); err != nil {
		return err
	}
	if err := s.waits(ctx, dueWaits, s.foundLate); err != nil {
		return err
	}
	return s.waits(ctx, untoldWaits, s.tellLate)
}

// waits gives what read finds to fn, 200 in a transaction. opens says when a company
// opens next, see Hours.
func (s *Service) waits(ctx context.Context, read func(context.Context, time.Time, int) ([]waitRow, error), fn func(ctx context.Context, w *waitRow, opens func(org string) (time.Time, error)) error) error {
	for {
		var n int
		err := s.db.InTx(ctx, func(ctx context.Context) error {
			now := db.Now(ctx)
			rows, err := read(ctx, now, 200)
			n = len(rows)
			if err != nil {
				return err
			}
			known := map[string]time.Time{}
			opens := func(org string) (at time.Time, err error) {
				at, ok := known[org]
				if !ok && s.hours == nil {
					at = now
				} else if !ok {
					at, err = s.hours.Opens(ctx, org, now)
				}
				known[org] = at
				return at, err
			}
			for i := range rows {
				if err := fn(ctx, &rows[i], opens); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || n < 200 {
			return err
		}
	}
}

// foundLate marks a wait as overdue, to be told when its company is open.
func (s *Service) foundLate(ctx context.Context, w *waitRow, opens func(string) (time.Time, error)) error {
	at, err := opens(w.SenderID)
	if err != nil {
		return err
	}
	ok, err := changeWait(ctx, w.InterchangeID, map[string]any{"overdue": db.Micros(db.Now(ctx)), "tell": db.Micros(at)}, "settled = 0 AND overdue = 0")
	if err != nil || !ok {
		return err
	}
	return s.publishLate(ctx, EventOverdue, w)
}

// tellLate tells of one whose company is open, or puts it off where its calendar became
// another meanwhile.
func (s *Service) tellLate(ctx context.Context, w *waitRow, opens func(string) (time.Time, error)) error {
	at, err := opens(w.SenderID)
	if err != nil {
		return err
	}
	still, now := "settled = 0 AND tell = ?", db.Now(ctx)
	if at.After(now) {
		_, err := changeWait(ctx, w.InterchangeID, map[string]any{"tell": db.Micros(at)}, still, w.Tell)
		return err
	}
	ok, err := changeWait(ctx, w.InterchangeID, map[string]any{"tell": 0}, still, w.Tell)
	if err != nil || !ok {
		return err
	}
	return s.publishLate(ctx, EventOverdueTold, w)
}

func (s *Service) publishLate(ctx context.Context, kind string, w *waitRow) error {
	r, err := interchangeByID(ctx, w.InterchangeID)
	if err != nil {
		return err
	}
	return s.publish(ctx, kind, r, OverdueEvent{Parties: r.parties(), Due: w.Due})
}

// waiting loads an interchange of the actor's company whose acknowledgement is awaited.
func (s *Service) waiting(ctx context.Context, actor access.Actor, id string) (*interchangeRow, *waitRow, error) {
	r, err := interchangeByID(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if err := access.Check(actor, access.EDIResolve, r.resource()); err != nil {
		return nil, nil, err
	}
	if r.SenderID != actor.Org {
		return nil, nil, fault.New(fault.Forbidden, "edi.sender_only")
	}
	w, err := waitOf(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if w == nil || w.Settled > 0 {
		return nil, nil, fault.New(fault.Conflict, "edi.not_awaited")
	}
	return r, w, nil
}

// AskAcknowledgement asks the receiver's people for an acknowledgement that is overdue,
// at most once a day: the document arrived, so that sending it again would book it
// twice. Publishes EventAsked.
// Codes: NotFound, Forbidden, Conflict (it came, is not late, or was asked for today).
func (s *Service) AskAcknowledgement(ctx context.Context, actor access.Actor, id string) error {
	if err := may(actor); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, w, err := s.waiting(ctx, actor, id)
		if err != nil {
			return err
		}
		now := db.Now(ctx)
		if w.Overdue == 0 {
			return fault.New(fault.Conflict, "edi.not_overdue")
		}
		ok, err := changeWait(ctx, id, map[string]any{"asked": db.Micros(now), "asked_by": actor.Person}, "settled = 0 AND asked <= ?", db.Micros(now.Add(-AskAgain)))
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Conflict, "edi.asked_today")
		}
		if err := s.publish(ctx, EventAsked, r, AskedEvent{Parties: r.parties(), Person: actor.Person}); err != nil {
			return err
		}
		return s.note(ctx, actor, "edi.ask", id, audit.Done)
	})
}

// ConfirmAcknowledgement settles a wait by hand: a person knows from the partner that
// the document is there. The reason is kept with the person's name; an acknowledgement
// that comes later is still matched.
// Codes: NotFound, Forbidden, Invalid (no reason), Conflict (nothing is awaited).
func (s *Service) ConfirmAcknowledgement(ctx context.Context, actor access.Actor, id, reason string) error {
	if err := may(actor); err != nil {
		return err
	}
	reason = strings.TrimSpace(text(reason, 500))
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if _, _, err := s.waiting(ctx, actor, id); err != nil {
			return err
		}
		if reason == "" {
			return fault.InvalidField("reason", "edi.reason_missing")
		}
		ok, err := changeWait(ctx, id, map[string]any{
			"settled": db.Micros(db.Now(ctx)), "outcome": WaitConfirmed, "settled_by": actor.Person, "reason": reason,
		}, "settled = 0")
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Conflict, "edi.not_awaited")
		}
		return s.note(ctx, actor, "edi.confirm_ack", id, audit.Done)
	})
}

// bare is a control number without what partners leave out or add.
func bare(control string) string { return strings.TrimLeft(strings.TrimSpace(control), "0") }

// list keeps what is said of one set.
func (r *received) list(control string, v wire.Verdict, errors []wire.Finding) {
	r.listed = append(r.listed, control)
	r.verdicts[bare(control)], r.errors[bare(control)] = v, errors
}

// doubt keeps and tells that an acknowledgement names sets that are not in what it is about.
// What it says of the others may be said of the wrong document: it settles nothing, unless the
// whole group is accepted and the counts are those of what we sent.
func (w *worker) doubt(ctx context.Context, sets []setRow, got *received, row *setRow) (bool, error) {
	ours := map[string]bool{}
	for i := range sets {
		ours[bare(sets[i].Control)] = true
	}
	segment := "AK2"
	if row.Kind == "CONTRL" {
		segment = "UCM"
	}
	var strange []wire.Finding
	for _, n := range got.listed {
		if !ours[bare(n)] && len(strange) < maxSaid {
			strange = append(strange, wire.Finding{
				Level: wire.LevelSet, Severity: wire.Note, Key: findingSet, SegmentID: segment, Pos: wire.Position{Offset: row.StartAt}, Value: text(n, wire.MaxValue),
			})
		}
	}
	if len(strange) == 0 {
		return false, nil
	}
	if got.whole > 0 && got.whole == len(sets) {
		row.Findings = findingsText(append(findingsOf(row.Findings), strange...))
		return false, nil
	}
	for i := range sets {
		if err := insertSaid(ctx, &sets[i], row, "", strange, db.Micros(db.Now(ctx))); err != nil {
			return false, err
		}
	}
	return true, w.unmatched(ctx, row, strange)
}
