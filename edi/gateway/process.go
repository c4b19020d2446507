package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"entente/db"
	"entente/edi/ack"
	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/translate"
	"entente/edi/wire"
	"entente/edi/x12"
	"entente/prm/fault"
)

// commitSets is how many sets share a transaction at most; commitBytes bounds
// what waits for it in memory.
const (
	commitSets  = 100
	commitBytes = 4 << 20
)

// Keys of findings that the gateway itself makes; their texts are
// "edi.finding." + key.
const (
	findingReused    = "interchange.control_reused"
	findingRefused   = "interchange.refused"
	findingSide      = "set.wrong_side"
	findingUnmatched = "ack.unmatched"
)

// errFenced says that somebody else claimed the interchange, or that it moved on:
// nothing may be written any more.
var errFenced = errors.New("gateway: the claim was lost")

// step is what one set, and the groups that end after it, want written. A step
// without set closes groups that hold none.
type step struct {
	set      *setRow
	order    *doc.PurchaseOrder
	received *ack.Received
	size     int
	ends     []groupEnd
}

type groupEnd struct {
	no    int64
	group ack.Group // without sets
}

// worker processes one claimed interchange. It is the schema.Visitor.
type worker struct {
	s      *Service
	ctx    context.Context
	row    interchangeRow
	doomed bool
	header x12.Header
	closed map[int64]bool // groups answered before a crash
	done   int64          // sets stored
	steps  []step
	bytes  int
	group  x12.Group
	groupN int64
	extra  []wire.Finding // of the envelope, found while reading
	ended  bool
}

// process works through one claimed interchange. It returns nil when the row was
// written to its end, errFenced when it belongs to somebody else.
func (s *Service) process(ctx context.Context, row interchangeRow) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.Wrap(fmt.Errorf("panic: %v", r), fault.Internal, "error.internal")
		}
	}()
	ctx = db.WithOrgs(ctx, row.SupplierID, row.ResellerID)
	w := &worker{s: s, ctx: ctx, row: row, doomed: row.doomed(), closed: map[int64]bool{}, done: row.SetsDone}
	if row.SetsDone > 0 {
		err := s.db.View(ctx, func(ctx context.Context) error {
			gs, err := groupsOf(ctx, row.ID)
			for _, g := range gs {
				w.closed[g.GroupNo] = true
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	body, err := s.open(ctx, &row)
	if err != nil {
		return err
	}
	defer body.Close()
	err = schema.Read(body, schema.Options{Limits: s.opt.Limits, SkipSets: int(row.SetsDone)}, w)
	if w.ended {
		return nil
	}
	var broken *wire.Error
	if errors.As(err, &broken) {
		// It cannot be read to its end, today or later: refuse what is left.
		w.extra = append(w.extra, wire.Finding{
			Level: wire.LevelInterchange, Severity: wire.Reject, Key: broken.Key, Code: "022", Pos: broken.Pos, Value: broken.Value,
		})
		w.doomed = true
		return w.flush(true)
	}
	if err == nil {
		err = fault.New(fault.Internal, "error.internal", "Cause", "the interchange has no end")
	}
	return err
}

// Interchange takes the header that answers are made from.
func (w *worker) Interchange(in *schema.Interchange) error {
	w.header = in.Header
	w.doomed = w.doomed || refused(in.Findings)
	return w.ctx.Err()
}

// Group remembers the open group.
func (w *worker) Group(g *schema.Group) error {
	w.group, w.groupN = g.Header, int64(g.Index)+1
	return nil
}

// Set prepares one set: everything that needs no transaction.
func (w *worker) Set(set *schema.Set) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if len(w.steps) >= commitSets || w.bytes >= commitBytes {
		if err := w.flush(false); err != nil {
			return err
		}
	}
	st := step{size: int(set.Length)}
	findings, verdict := set.Findings, set.Verdict
	if verdict != wire.Rejected {
		var more []wire.Finding
		switch {
		case set.Type == "997":
			got, err := ack.Read(set)
			if err != nil {
				return fault.Wrap(err, fault.Internal, "error.internal")
			}
			st.received = &got
		case !w.sideFits(set.Type):
			more = []wire.Finding{{
				Level: wire.LevelSet, Severity: wire.Reject, Key: findingSide, Code: "1", SegmentID: "ST",
				Pos: wire.Position{Offset: set.Offset, Segment: 1, Element: 1}, Value: set.Type,
			}}
		case set.Type == "850":
			st.order, more = translate.ReadPurchaseOrder(set)
		}
		if len(more) > 0 {
			findings = append(append([]wire.Finding(nil), findings...), more...)
			verdict = wire.VerdictOf(findings)
		}
	}
	st.set = &setRow{
		InterchangeID: w.row.ID, Position: w.done + int64(len(w.steps)) + 1, SupplierID: w.row.SupplierID, ResellerID: w.row.ResellerID,
		GroupNo: w.groupN, GroupKind: word(w.group.FunctionalID), GroupControl: word(w.group.Control), GroupVersion: word(w.group.Version),
		Kind: word(set.Type), Control: word(set.Control), Implementation: word(set.Implementation), Segments: int64(set.SegmentCount), StartAt: set.Offset, Size: set.Length,
		Result: string(verdict), BusinessKey: businessKey(set), Findings: findingsText(findings),
	}
	w.steps = append(w.steps, st)
	w.bytes += st.size
	return nil
}

// GroupEnd notes that the group can be answered with its last set.
func (w *worker) GroupEnd(g *schema.Group) error {
	no := int64(g.Index) + 1
	if w.closed[no] {
		return nil
	}
	if len(w.steps) == 0 {
		w.steps = append(w.steps, step{})
	}
	last := &w.steps[len(w.steps)-1]
	last.ends = append(last.ends, groupEnd{no: no, group: ack.GroupOf(g, nil)})
	return nil
}

// InterchangeEnd writes what is left.
func (w *worker) InterchangeEnd(in *schema.Interchange) error {
	if w.ended {
		return nil
	}
	w.extra = append(w.extra, in.Findings...)
	// What only the end shows refuses the whole, as long as nothing was booked.
	w.doomed = w.doomed || w.done == 0 && refused(in.Findings)
	return w.flush(true)
}

// refused says that findings refuse the interchange itself.
func refused(findings []wire.Finding) bool {
	for _, f := range findings {
		if f.Level == wire.LevelInterchange && f.Severity == wire.Reject && f.Key != findingReused {
			return true
		}
	}
	return false
}

// flush writes the waiting steps in one transaction. If that fails they are
// written one by one, so that a bad set does not take its neighbours along.
func (w *worker) flush(final bool) error {
	steps := w.steps
	w.steps, w.bytes = nil, 0
	if len(steps) == 0 && !final {
		return nil
	}
	err := w.commit(steps, final)
	if err == nil || len(steps) < 2 || errors.Is(err, errFenced) || w.ctx.Err() != nil {
		return err
	}
	for i := range steps {
		if err := w.commit(steps[i:i+1], final && i == len(steps)-1); err != nil {
			return err
		}
	}
	return nil
}

// commit is the transaction of HOUSE story 1, step 5. It may run more than once.
func (w *worker) commit(steps []step, final bool) error {
	s := w.s
	sets := int64(0)
	for _, st := range steps {
		if st.set != nil {
			sets++
		}
	}
	if err := s.at("before"); err != nil {
		return err
	}
	err := s.db.Group(w.ctx, "edi", func(ctx context.Context) error {
		ok, err := change(ctx, w.row.ID, map[string]any{"sets_done": w.done + sets, "next_at": db.Micros(db.Now(ctx).Add(s.opt.Lease))},
			"state = ? AND fence = ? AND sets_done = ?", string(Received), w.row.Fence, w.done)
		if err != nil {
			return err
		}
		if !ok {
			return errFenced
		}
		var answers []string
		reached := w.done
		for i := range steps {
			if steps[i].set != nil {
				reached++
				row := *steps[i].set // fn may run again: the prepared row stays as it is
				if err := w.book(ctx, &steps[i], &row); err != nil {
					return err
				}
			}
			for _, e := range steps[i].ends {
				id, err := w.closeGroup(ctx, e, reached)
				if err != nil {
					return err
				}
				if id != "" {
					answers = append(answers, id)
				}
			}
		}
		if err := w.addAnswers(ctx, answers); err != nil {
			return err
		}
		if final {
			if err := w.finish(ctx); err != nil {
				return err
			}
		}
		return s.at("inside")
	})
	if err != nil {
		return err
	}
	w.done += sets
	w.ended = w.ended || final
	return s.at("after")
}

// book stores one set and does what it asks for in the business.
func (w *worker) book(ctx context.Context, st *step, row *setRow) error {
	if w.doomed && row.Result != ResultRejected {
		row.Result = ResultRejected
		row.Findings = findingsText(append(findingsOf(row.Findings), wire.Finding{
			Level: wire.LevelSet, Severity: wire.Reject, Key: findingRefused, SegmentID: "ST",
			Pos: wire.Position{Offset: row.StartAt, Segment: 1},
		}))
	}
	switch {
	case row.Result == ResultRejected:
		row.Business = BusinessRefused
	case st.received != nil:
		if err := w.match(ctx, st.received, row); err != nil {
			return err
		}
	case w.row.Test:
		row.Business = BusinessTest
	case st.order != nil:
		out, err := w.s.orders.ReceiveOrder(ctx, OrderIn{
			Order: st.order, Supplier: w.row.SupplierID, Reseller: w.row.ResellerID, Partnership: w.row.PartnershipID,
			InterchangeID: w.row.ID, Set: int(row.Position),
		})
		if err != nil {
			return err
		}
		row.Business, row.DocumentKind, row.DocumentID = out.Outcome, "order", out.OrderID
	default:
		row.Business = BusinessNotBooked
	}
	return db.Tx(ctx).Create(row).Error
}

// addAnswers notes the acknowledgements made; earlier chunks may have made some.
func (w *worker) addAnswers(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	now, err := interchangeByID(ctx, w.row.ID)
	if err != nil {
		return err
	}
	all := append(split(now.Answers), ids...)
	_, err = change(ctx, w.row.ID, map[string]any{"answers": strings.Join(all, ",")}, "fence = ?", w.row.Fence)
	return err
}

// finish closes the interchange and tells both companies.
func (w *worker) finish(ctx context.Context) error {
	t, kinds, err := tallyOf(ctx, w.row.ID)
	if err != nil {
		return err
	}
	result := ResultPartly
	switch {
	case w.doomed && t.Total == 0, t.Total > 0 && t.Rejected == t.Total:
		result = ResultRejected
	case t.Rejected == 0:
		result = ResultAccepted
	}
	values := map[string]any{
		"state": string(Processed), "result": result, "processed": db.Micros(db.Now(ctx)), "set_count": t.Total,
		"types": strings.Join(kinds, ","), "last_error": "", "findings": findingsText(merged(findingsOf(w.row.Findings), w.extra)),
	}
	if ok, err := change(ctx, w.row.ID, values, "state = ? AND fence = ?", string(Received), w.row.Fence); err != nil || !ok {
		return errors.Join(err, errFenced)
	}
	if err := w.tellRejected(ctx, t); err != nil {
		return err
	}
	return w.s.publish(ctx, EventProcessed, &w.row, ProcessedEvent{Parties: w.row.parties(), Result: result, Sets: int(t.Total)})
}

// tellRejected publishes the refusals of the interchange, a bounded number.
func (w *worker) tellRejected(ctx context.Context, t tally) error {
	if w.doomed {
		return w.s.publish(ctx, EventDocumentRejected, &w.row, DocumentRejectedEvent{Parties: w.row.parties()})
	}
	if t.Rejected == 0 {
		return nil
	}
	var rows []setRow
	err := db.Tx(ctx).Where("interchange_id = ? AND result = ?", w.row.ID, ResultRejected).Order("position").Limit(MaxRejectedEvents).Find(&rows).Error
	for i := range rows {
		if err != nil {
			break
		}
		err = w.s.publish(ctx, EventDocumentRejected, &w.row, DocumentRejectedEvent{
			Parties: w.row.parties(), Set: int(rows[i].Position), Kind: rows[i].Kind,
		})
	}
	return err
}

// sideFits says whether this side of the partnership may send such a document:
// orders come from the reseller, answers and invoices from the supplier.
func (w *worker) sideFits(kind string) bool {
	switch kind {
	case "850", "860":
		return w.row.SenderID == w.row.ResellerID
	case "855", "856", "810", "865":
		return w.row.SenderID == w.row.SupplierID
	}
	return true
}

// businessKey reads the number of the document: BEG03, BAK03, BIG02.
func businessKey(set *schema.Set) string {
	at := map[string]int{"BEG": 3, "BAK": 3, "BIG": 2}
	for i := range set.Segments {
		if i == 4 {
			break
		}
		if n := at[set.Segments[i].ID()]; n > 0 {
			return text(set.Segments[i].Text(n), 80)
		}
	}
	return ""
}

// merged joins findings, those equal in key and place only once.
func merged(a, b []wire.Finding) []wire.Finding {
	out := append([]wire.Finding(nil), a...)
next:
	for _, f := range b {
		for _, g := range out {
			if g.Key == f.Key && g.Level == f.Level && g.Pos.Element == f.Pos.Element {
				continue next
			}
		}
		out = append(out, f)
	}
	return out
}

// open gives the bytes of one interchange: a slice of what was submitted.
func (s *Service) open(ctx context.Context, row *interchangeRow) (io.ReadCloser, error) {
	f, err := s.blobs.Open(ctx, row.Blob)
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(row.StartAt, io.SeekStart); err != nil {
		_ = f.Close()
		return nil, fault.Wrap(err, fault.Internal, "error.internal")
	}
	return slice{io.LimitReader(f, row.Size), f}, nil
}

type slice struct {
	io.Reader
	io.Closer
}
