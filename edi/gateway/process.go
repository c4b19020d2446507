package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"entente/db"
	"entente/db/fail"
	"entente/db/job"
	"entente/edi/ack"
	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/guide"
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
	findingAgreed    = "set.not_agreed"
	findingGroup     = "group.sender_not_agreed"
	findingGroupTo   = "group.receiver_not_agreed"
	findingUnmatched = "ack.unmatched"
	findingSet       = "ack.set_unknown"
	findingForm      = "form.unread"
	findingAdvice    = "advice.unmatched"
	findingTA1       = "ta1.unmatched"
	findingAdvised   = "advice.code"
	findingMany      = "advice.many"
)

// errFenced says that somebody else claimed the interchange, or that it moved on:
// nothing may be written any more.
var errFenced = errors.New("gateway: the claim was lost")

// step is what one set, and the groups that end after it, want written. A step
// without set closes groups that hold none.
type step struct {
	set      *setRow
	numbers  []string // by which it is found too
	order    *doc.PurchaseOrder
	reply    translate.Document // an answer, ship notice, invoice or credit
	received *received
	advice   *doc.ApplicationAdvice
	size     int
	ends     []groupEnd
}

type groupEnd struct {
	no    int64
	group ack.Group // without sets
}

// worker processes one claimed interchange. It is the schema.Visitor.
type worker struct {
	s       *Service
	ctx     context.Context
	row     interchangeRow
	doomed  bool
	header  x12.Header
	unb     *edifact.Header // of EDIFACT
	closed  map[int64]bool  // groups answered before a crash
	done    int64           // sets stored
	tally   tally           // of them
	answers []string        // made
	steps   []step
	bytes   int
	hold    bool // leave all steps to the caller
	held    bool // they are left
	most    int  // sets kept of a trial, -1: none, 0: all; further ones are counted in beyond
	beyond  tally
	group   x12.Group
	groupN  int64
	extra   []wire.Finding // of the envelope, found while reading
	ta1s    []ack.ReceivedTA1
	end     *schema.Interchange // of X12, once it was read
	fa      int                 // groups of acknowledgements
	lost    map[int64]bool      // where it speaks of what is not known, as told
	ended   bool
	terms   *Terms        // agreed when it was received
	strange *wire.Finding // the open group is not from an agreed id
	// evidence is the beginning of a form that came as a file.
	evidence []byte
}

// newWorker is a worker before it knows terms.
func (s *Service) newWorker(ctx context.Context, row interchangeRow) *worker {
	return &worker{
		s: s, ctx: db.WithOrgs(ctx, row.SupplierID, row.ResellerID), row: row, doomed: row.doomed(), closed: map[int64]bool{}, done: row.SetsDone, answers: split(row.Answers),
	}
}

// process works through one claimed interchange. It returns nil when the row was
// written to its end, errFenced when it belongs to somebody else.
func (s *Service) process(ctx context.Context, row interchangeRow) error {
	w := s.newWorker(ctx, row)
	err := s.db.View(w.ctx, func(ctx context.Context) (err error) {
		if w.terms, err = s.termsAt(ctx, row.PartnershipID, row.judged()); err != nil || row.SetsDone == 0 {
			return err
		}
		gs, err := groupsOf(ctx, row.ID)
		for _, g := range gs {
			w.closed[g.GroupNo] = true
		}
		if err != nil {
			return err
		}
		w.tally, err = tallyOf(ctx, row.ID)
		return err
	})
	if err != nil {
		return err
	}
	body, err := s.open(w.ctx, &row)
	if err != nil {
		return err
	}
	defer body.Close()
	if IsForm(row.Syntax) {
		return w.processForm(body)
	}
	return w.read(body)
}

// read works through the bytes to their end, or until the steps at the end are held.
func (w *worker) read(body io.Reader) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.Wrap(fmt.Errorf("panic: %v", r), fault.Internal, "error.internal")
		}
	}()
	err = readBody(body, w.terms.options(guide.WithAssociations(schema.Options{Limits: w.s.opt.Limits, SkipSets: int(w.row.SetsDone)})), w)
	if w.ended || w.held {
		return nil
	}
	var broken *wire.Error
	if errors.As(err, &broken) {
		// It cannot be read to its end, today or later: refuse what is left.
		w.extra = append(w.extra, wire.Finding{
			Level: wire.LevelInterchange, Severity: wire.Reject, Key: broken.Key, Code: "022", Codes: wire.Codes{CONTRL: "18"}, Pos: broken.Pos, Value: broken.Value,
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
	if in.UNB != nil {
		unb := *in.UNB
		w.unb = &unb
	}
	w.doomed = w.doomed || refused(in.Findings)
	return w.ctx.Err()
}

// Group remembers the open group.
func (w *worker) Group(g *schema.Group) error {
	w.group, w.groupN = g.Header, int64(g.Index)+1
	if g.Header.FunctionalID == "FA" {
		w.fa++
	}
	w.strange = nil
	w.strange = w.terms.strangeGroup(g, w.fromSupplier(), w.unb != nil)
	return nil
}

// Set prepares one set: everything that needs no transaction.
func (w *worker) Set(set *schema.Set) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if !w.hold && (len(w.steps) >= commitSets || w.bytes >= commitBytes) {
		if err := w.flush(false); err != nil {
			return err
		}
	}
	st := step{size: int(set.Length)}
	findings, verdict := set.Findings, set.Verdict
	if verdict != wire.Rejected {
		var more []wire.Finding
		switch {
		case acknowledges(set.Type):
			got, err := receivedOf(set)
			if err != nil {
				return fault.Wrap(err, fault.Internal, "error.internal")
			}
			st.received = got
		case w.strange != nil:
			more = []wire.Finding{{Level: wire.LevelSet, Severity: wire.Reject, Key: w.strange.Key, SegmentID: headOf(set), Codes: wire.Codes{CONTRL: "17"}, Pos: wire.Position{Offset: set.Offset, Segment: 1}, Value: w.strange.Value}}
		case !w.terms.takes(set.Type, w.fromSupplier()) && w.sideFits(set.Type):
			more = []wire.Finding{{
				Level: wire.LevelSet, Severity: wire.Reject, Key: findingAgreed, Code: "1", SegmentID: headOf(set), Codes: wire.Codes{CONTRL: "17"},
				Pos: wire.Position{Offset: set.Offset, Segment: 1, Element: 1}, Value: set.Type,
			}}
		case !w.sideFits(set.Type):
			more = []wire.Finding{{
				Level: wire.LevelSet, Severity: wire.Reject, Key: findingSide, Code: "1", SegmentID: headOf(set), Codes: wire.Codes{CONTRL: "17"},
				Pos: wire.Position{Offset: set.Offset, Segment: 1, Element: 1}, Value: set.Type,
			}}
		case set.Type == "824" || set.Type == "APERAK":
			st.advice, more = translate.ReadAdvice(set)
		case set.Type == "850" || set.Type == "ORDERS":
			if st.order, more = translate.ReadPurchaseOrder(set); st.order != nil {
				w.terms.Codes.In(st.order)
			}
		case w.booked(set.Type) && w.s.replies != nil:
			if st.reply, more = translate.Read(set); st.reply != nil && !w.fromSupplier() {
				w.terms.Codes.In(st.reply)
			}
		}
		if len(more) > 0 {
			findings = append(append([]wire.Finding(nil), findings...), more...)
			verdict = wire.VerdictOf(findings)
		}
	}
	st.set = &setRow{
		InterchangeID: w.row.ID, Position: w.done + int64(len(w.steps)) + 1, SupplierID: w.row.SupplierID, ResellerID: w.row.ResellerID,
		GroupNo: w.groupN, GroupKind: word(w.group.FunctionalID), GroupControl: word(w.group.Control), GroupVersion: word(versionOf(w.group, set)),
		Kind: word(set.Type), Control: word(set.Control), Implementation: word(set.Implementation), Segments: int64(set.SegmentCount), StartAt: set.Offset, Size: set.Length,
		Result: string(verdict), BusinessKey: businessKey(set), Findings: findingsText(findings),
	}
	st.numbers = numbersIn(set)
	w.steps = append(w.steps, st)
	w.bytes += st.size
	w.enough()
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
	end := groupEnd{no: no, group: ack.GroupOf(g, nil)}
	if w.strange != nil {
		end.group.Findings = append(slices.Clone(end.group.Findings), *w.strange)
	}
	last.ends = append(last.ends, end)
	return nil
}

// InterchangeEnd writes what is left.
func (w *worker) InterchangeEnd(in *schema.Interchange) error {
	if w.ended {
		return nil
	}
	w.extra = append(w.extra, in.Findings...)
	if w.unb == nil {
		end := *in
		w.end = &end
	}
	w.ta1s = ack.ReadTA1(in)
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

// flush writes the waiting steps in one transaction, or leaves them to the caller of read.
func (w *worker) flush(final bool) error {
	if len(w.steps) == 0 && !final {
		return nil
	}
	if w.hold {
		w.held = final
		return nil
	}
	steps := w.steps
	w.steps, w.bytes = nil, 0
	return w.flushSteps(steps, final)
}

// flushSteps writes steps in one transaction. If that fails they are written one by one,
// so that a bad set does not take its neighbours along.
func (w *worker) flushSteps(steps []step, final bool) error {
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

// written is what one transaction stores, known to the worker only once it stands.
type written struct {
	sets    []setRow
	answers []string
	tally   tally
	extra   []wire.Finding // of the interchange
}

// commit is the one transaction of some steps. It may run more than once.
func (w *worker) commit(steps []step, final bool) error {
	if err := w.s.at(fail.ProcessBefore); err != nil {
		return err
	}
	var out written
	err := w.s.db.Group(w.ctx, "edi", func(ctx context.Context) error {
		var err error
		if out, err = w.write(ctx, steps, final); err != nil {
			return err
		}
		if err := w.advance(ctx, &out, final); err != nil {
			return err
		}
		return w.s.at(fail.ProcessInside)
	})
	if err != nil {
		if len(steps) == 1 && refuse(steps, err) { // of several, each comes by itself
			return w.commit(steps, final)
		}
		return err
	}
	w.stored(out, final)
	return w.s.at(fail.ProcessAfter)
}

// stored notes what a transaction stored, once it stands.
func (w *worker) stored(out written, final bool) {
	w.done += int64(len(out.sets))
	w.answers, w.tally = append(w.answers, out.answers...), out.tally
	w.ended = w.ended || final
}

// write stores some steps in the transaction of ctx: sets with what they book, and groups
// with their answers. It may run more than once, and nothing may stand unless the claim still
// does: advance or finish asks that.
func (w *worker) write(ctx context.Context, steps []step, final bool) (written, error) {
	out := written{tally: w.tally.copied()}
	db.First(ctx, "interchange") // answers wait for the commit, before their sets
	for i := range steps {
		if steps[i].set == nil {
			continue
		}
		row := *steps[i].set // it may run again: the prepared row stays as it is
		if err := w.book(ctx, &steps[i], &row); err != nil {
			return out, &unbooked{i, err}
		}
		out.sets = append(out.sets, row)
		out.tally.add(row.Kind, row.Result)
	}
	if err := insertSets(ctx, out.sets); err != nil {
		return out, err
	}
	answered := func(id string, err error) error {
		if id != "" {
			out.answers = append(out.answers, id)
		}
		return err
	}
	for i := range steps {
		if steps[i].set != nil {
			if err := insertNumbers(ctx, steps[i].set, steps[i].numbers); err != nil {
				return out, err
			}
		}
		for _, e := range steps[i].ends {
			if err := answered(w.closeGroup(ctx, e, out.sets)); err != nil {
				return out, err
			}
		}
	}
	if final && w.end != nil {
		if err := answered(w.ta1(ctx)); err != nil {
			return out, err
		}
	}
	if final && w.unb != nil {
		if err := answered(w.control(ctx)); err != nil {
			return out, err
		}
	}
	if final && !w.doomed {
		var err error
		if out.extra, err = w.refusedBefore(ctx); err != nil {
			return out, err
		}
	}
	return out, nil
}

// advance moves the interchange on under the worker's claim, to its end if final.
func (w *worker) advance(ctx context.Context, out *written, final bool) error {
	values := map[string]any{"sets_done": w.done + int64(len(out.sets)), "next_at": db.Micros(w.s.db.Clock().Add(w.s.opt.Lease))}
	if len(out.answers) > 0 {
		values["answers"] = w.answersText(out)
	}
	if final {
		values["state"], values["result"], values["processed"] = string(Processed), w.result(out.tally), db.Micros(db.Now(ctx))
		values["set_count"], values["types"], values["last_error"] = out.tally.total, strings.Join(out.tally.kinds, ","), ""
		values["findings"] = w.findingsText(out)
	}
	ok, err := change(ctx, w.row.ID, values, "state = ? AND fence = ? AND sets_done = ?", string(Received), w.row.Fence, w.done)
	if err != nil {
		return err
	}
	if !ok {
		return errFenced
	}
	if !final {
		return nil
	}
	return w.tell(ctx, out)
}

// answersText and findingsText are what the row then has.
func (w *worker) answersText(out *written) string {
	return strings.Join(slices.Concat(w.answers, out.answers), ",")
}

func (w *worker) findingsText(out *written) string {
	return findingsText(append(merged(findingsOf(w.row.Findings), w.extra), out.extra...))
}

// tell publishes that the interchange came to its end.
func (w *worker) tell(ctx context.Context, out *written) error {
	if err := w.tellRejected(ctx, out.tally); err != nil {
		return err
	}
	if err := w.tellRefusedForm(ctx, out.tally); err != nil {
		return err
	}
	// Nothing was told of an interchange that was neither held nor claimed before, nor refused,
	// nor speaks of what is not known.
	first := w.done == 0 && w.row.Held == "" && w.row.Fence == 1 && !w.doomed && out.tally.rejected == 0 && len(w.lost) == 0
	return w.s.jobs.Publish(ctx, job.Event{
		Kind: EventProcessed, Version: 1, Orgs: w.row.orgs(), Object: w.row.ID, First: first,
		Payload: ProcessedEvent{Parties: w.row.parties(), Result: w.result(out.tally), Sets: int(out.tally.total)},
	})
}

func (w *worker) result(t tally) string {
	switch {
	case w.doomed && t.total == 0, t.total > 0 && t.rejected == t.total:
		return ResultRejected
	case t.rejected == 0:
		return ResultAccepted
	}
	return ResultPartly
}

// book does what one set asks for in the business and notes it in row.
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
	case st.advice != nil:
		if err := w.advised(ctx, st.advice, row); err != nil {
			return err
		}
	case w.row.Test:
		row.Business = BusinessTest
	case st.order != nil:
		out, err := w.s.orders.ReceiveOrder(ctx, OrderIn{
			Order: st.order, Supplier: w.row.SupplierID, Reseller: w.row.ResellerID, Partnership: w.row.PartnershipID,
			InterchangeID: w.row.ID, Set: int(row.Position), File: w.row.Syntax != SyntaxX12 && w.row.Syntax != SyntaxEDIFACT,
		})
		if err != nil {
			return err
		}
		row.Business, row.DocumentKind, row.DocumentID = out.Outcome, "order", out.OrderID
	case st.reply != nil:
		out, err := w.s.replies.ReceiveReply(ctx, ReplyIn{
			Doc: st.reply, Supplier: w.row.SupplierID, Reseller: w.row.ResellerID, Partnership: w.row.PartnershipID,
			InterchangeID: w.row.ID, Set: int(row.Position), Syntax: w.row.Syntax, FromReseller: !w.fromSupplier(),
		})
		if err != nil {
			return err
		}
		row.Business, row.DocumentKind, row.DocumentID = out.Outcome, out.Kind, out.ID
	default:
		row.Business = BusinessNotBooked
	}
	return nil
}

// tellRejected publishes the refusals of the interchange, a bounded number.
func (w *worker) tellRejected(ctx context.Context, t tally) error {
	if w.doomed {
		return w.s.publish(ctx, EventDocumentRejected, &w.row, DocumentRejectedEvent{Parties: w.row.parties(), Number: w.row.Control})
	}
	if t.rejected == 0 {
		return nil
	}
	var rows []setRow
	err := db.Tx(ctx).Where("interchange_id = ? AND result = ?", w.row.ID, ResultRejected).Order("position").Limit(MaxRejectedEvents).Find(&rows).Error
	for i := range rows {
		if err != nil {
			break
		}
		err = w.s.publish(ctx, EventDocumentRejected, &w.row, DocumentRejectedEvent{
			Parties: w.row.parties(), Set: int(rows[i].Position), Kind: rows[i].Kind, Number: cmp.Or(rows[i].BusinessKey, rows[i].Control),
		})
	}
	return err
}

// sideFits says whether this side of the partnership may send such a document:
// orders come from the reseller, answers and invoices from the supplier.
func (w *worker) sideFits(kind string) bool {
	supplier, one := sides[kind]
	return !one || supplier == w.fromSupplier()
}

func (w *worker) fromSupplier() bool { return w.row.SenderID == w.row.SupplierID }

// booked says whether the set goes to Replies: what a supplier sends in reply, and the
// changes of orders, the stock, the sales, the claims and the payments that a reseller sends.
func (w *worker) booked(kind string) bool {
	switch kind {
	case "846", "INVRPT", "852", "820", "REMADV", "867", "SLSRPT", "844":
		return w.row.SenderID == w.row.ResellerID
	case "812": // a credit of the supplier; what a reseller debits is told by its 820
		return w.fromSupplier()
	}
	return replies[kind] || changes[kind] || kind == "180"
}

// changes are the sets by which a reseller changes an order, says what arrived and what
// goes back.
var changes = map[string]bool{"860": true, "ORDCHG": true, "861": true, "RECADV": true, "RETANN": true}

// replies are the sets that a supplier sends in reply to an order, and that are booked.
var replies = map[string]bool{"855": true, "865": true, "RETINS": true, "856": true, "810": true, "ORDRSP": true, "DESADV": true, "INVOIC": true}

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
