package gateway

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"entente/db"
	"entente/db/fail"
	"entente/edi/ack"
	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
	"entente/prm/fault"
)

// received is what a 997, 999 or CONTRL says about one thing that we sent.
type received struct {
	control  string                  // of our group (X12) or interchange (EDIFACT)
	kind     string                  // AK101; empty for EDIFACT
	verdict  wire.Verdict            // empty: the partner only says that it came
	verdicts map[string]wire.Verdict // by bare number, as errors
	unlisted wire.Verdict            // on a set that is not listed
	errors   map[string][]wire.Finding
	listed   []string // the numbers as they came
	whole    int      // sets of a group that is accepted with counts that agree
}

func receivedOf(set *schema.Set) (*received, error) {
	out := &received{verdicts: map[string]wire.Verdict{}, errors: map[string][]wire.Finding{}}
	if set.Type != "CONTRL" {
		got, err := ack.Read(set)
		if err != nil {
			return nil, err
		}
		out.control, out.kind, out.verdict, out.unlisted = got.Control, got.FunctionalID, got.Verdict, got.Of("")
		if got.Verdict == wire.Accepted && got.Stated == got.Received && got.Received == got.Accepted {
			out.whole = got.Stated
		}
		for _, s := range got.Sets {
			out.list(s.Control, s.Verdict, saidErrors(s.Verdict, s.Segments, s.Codes, "718", "720", "723"))
		}
		return out, nil
	}
	got, err := ack.ReadCONTRL(set)
	if err != nil {
		return nil, err
	}
	out.control = got.Reference
	messages := got.Messages
	for _, g := range got.Groups {
		messages = append(messages, g.Messages...)
	}
	rejected := 0
	for _, m := range messages {
		var codes []string
		if m.Code != "" {
			codes = []string{m.Code}
		}
		out.list(m.Reference, m.Verdict, saidErrors(m.Verdict, m.Segments, codes, "0085", "0085", "0085"))
		if m.Verdict == wire.Rejected {
			rejected++
		}
	}
	switch {
	case got.Verdict == wire.Rejected || rejected > 0 && rejected == len(messages):
		out.verdict = wire.Rejected
	case rejected > 0:
		out.verdict = wire.Partly
	case got.Action != "8" || len(messages) > 0:
		out.verdict = wire.Accepted
	}
	return out, nil
}

// Keys of what a partner found in what we sent. Args: List and Code name the partner's
// code, Said is its own text.
const (
	saidSet     = "partner.set"
	saidSegment = "partner.segment"
	saidElement = "partner.element"
	saidAdvice  = "partner.advice"
)

// The bounds of what is kept of one set: its errors, and the documents it speaks of.
const (
	maxSaid    = 100
	maxAdvised = 1000
)

// saidErrors are the errors that an acknowledgement lists of one set, in the places of
// that set; the lists are those of the codes of a set, a segment and an element.
func saidErrors(verdict wire.Verdict, segments []ack.ReceivedSegment, codes []string, set, segment, element string) []wire.Finding {
	var out []wire.Finding
	severity := wire.AcceptedWithError
	if verdict == wire.Rejected {
		severity = wire.Reject
	}
	add := func(f wire.Finding, list, code string) {
		if len(out) < maxSaid {
			f.Severity, f.Args = severity, map[string]string{"List": list, "Code": word(code)}
			out = append(out, f)
		}
	}
	for _, c := range codes {
		if c != "5" || set != "718" || len(segments) == 0 { // those in error follow
			add(wire.Finding{Level: wire.LevelSet, Key: saidSet, Code: unless(set, "0085", c)}, set, c)
		}
	}
	for _, s := range segments {
		at := wire.Finding{Level: wire.LevelSegment, Key: saidSegment, SegmentID: word(s.ID), LoopID: word(s.Loop), Pos: wire.Position{Segment: s.N}, Code: unless(set, "0085", s.Code)}
		if s.Code != "" && (s.Code != "8" || segment != "720" || len(s.Elements) == 0) {
			add(at, segment, s.Code)
		}
		for _, e := range s.Elements {
			f := at
			f.Level, f.Key, f.Ref, f.Value, f.Code = wire.LevelElement, saidElement, word(e.Ref), text(e.Value, wire.MaxValue), unless(set, "0085", e.Code)
			f.Pos.Element, f.Pos.Component = e.N, e.Component
			add(f, element, e.Code)
		}
	}
	return out
}

// unless is the code, nothing where the list is that one: Code of a finding is of X12.
func unless(list, that, code string) string {
	if list == that {
		return ""
	}
	return word(code)
}

// headOf is the tag of the segment that opens a set.
func headOf(set *schema.Set) string {
	if set.Message != nil {
		return "UNH"
	}
	return "ST"
}

// versionOf is the version a set is judged by: GS08, or that of UNH.
func versionOf(g x12.Group, set *schema.Set) string {
	if set.Message != nil {
		return directoryOf(*set.Message)
	}
	return g.Version
}

// match ties a partner's acknowledgement to what we sent under that number.
func (w *worker) match(ctx context.Context, got *received, row *setRow) error {
	row.BusinessKey = word(got.control)
	made, err := w.answeredBy(ctx, got.control)
	if err != nil {
		return err
	}
	if made != nil {
		gs, err := groupsOf(ctx, made.ID)
		if err != nil {
			return err
		}
		if len(gs) != 1 || got.kind != "" && gs[0].Kind != got.kind {
			made = nil
		}
	}
	if made == nil {
		return w.unmatched(ctx, row, []wire.Finding{{
			Level: wire.LevelSet, Severity: wire.Note, Key: findingUnmatched, SegmentID: ackSegment(row.Kind),
			Pos: wire.Position{Offset: row.StartAt, Segment: 2, Element: 2}, Value: got.control,
		}})
	}
	row.Business, row.DocumentKind, row.DocumentID = BusinessMatched, "interchange", made.ID
	if got.verdict == "" {
		return nil
	}
	sets, err := setsOf(ctx, made.ID, 0, MaxSets)
	if err != nil {
		return err
	}
	if doubtful, err := w.doubt(ctx, sets, got, row); err != nil || doubtful {
		return err
	}
	return w.acknowledge(ctx, made, sets, got, row)
}

// answeredBy is what we sent under a control number that a partner acknowledges. A test
// says nothing of production.
func (w *worker) answeredBy(ctx context.Context, control string) (*interchangeRow, error) {
	made, err := madeByControl(ctx, w.row.ReceiverID, w.row.ReceiverIdent, w.row.SenderIdent, padded(control))
	if err != nil || made == nil || w.row.Test && !made.Test {
		return nil, err
	}
	return made, nil
}

// unmatched keeps that a set speaks of what we do not know to have sent, and tells it: of
// each set once.
func (w *worker) unmatched(ctx context.Context, row *setRow, found []wire.Finding) error {
	row.Business = BusinessUnmatched
	row.Findings = findingsText(append(findingsOf(row.Findings), found...))
	return w.tellUnmatched(ctx, row.Position, UnmatchedEvent{Parties: w.row.parties(), Set: int(row.Position), Kind: row.Kind, Number: text(found[0].Value, 80)})
}

// tellUnmatched publishes a bounded number for an interchange; at is the place in it.
func (w *worker) tellUnmatched(ctx context.Context, at int64, ev UnmatchedEvent) error {
	if !w.lost[at] && len(w.lost) >= MaxUnmatchedEvents {
		return nil
	}
	if w.lost == nil {
		w.lost = map[int64]bool{}
	}
	w.lost[at] = true // it may run again
	return w.s.publish(ctx, EventUnmatched, &w.row, ev)
}

// refusedBefore applies the TA1s that refuse an interchange of ours; others only say that
// it came, and a 997 follows. One that we did not send changes nothing and is told.
func (w *worker) refusedBefore(ctx context.Context) ([]wire.Finding, error) {
	var out []wire.Finding
	for i, t := range w.ta1s {
		if t.Verdict != wire.Rejected {
			continue
		}
		made, err := w.answeredBy(ctx, t.Control)
		if err != nil {
			return nil, err
		}
		switch {
		case made != nil:
			err = w.acknowledge(ctx, made, nil, &received{control: t.Control, verdict: wire.Rejected}, nil)
		case i < maxSaid:
			out = append(out, wire.Finding{Level: wire.LevelInterchange, Severity: wire.Note, Key: findingTA1, SegmentID: "TA1", Pos: wire.Position{Element: 1}, Value: word(t.Control)})
			err = w.tellUnmatched(ctx, -int64(i)-1, UnmatchedEvent{Parties: w.row.parties(), Kind: "TA1", Number: word(t.Control)})
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// milder are the verdicts, none included, that a later one takes the place of.
func milder(v wire.Verdict) []string {
	all := []string{"", string(wire.Accepted), string(wire.AcceptedWithErrors), string(wire.Partly), string(wire.Rejected)}
	return all[:max(slices.Index(all, string(v)), 1)]
}

// acknowledge keeps what a partner says about something we sent; in is the set that says
// it, nil for a TA1. Of several verdicts the worst stands: who took it first and refused it
// later did not take it. What else is said is kept beside it.
func (w *worker) acknowledge(ctx context.Context, made *interchangeRow, sets []setRow, got *received, in *setRow) error {
	told, err := change(ctx, made.ID, map[string]any{"acknowledged": string(got.verdict)}, "acknowledged IN ?", milder(got.verdict))
	if err != nil || !told && in == nil {
		return err
	}
	if err := settleWait(ctx, made.ID); err != nil {
		return err
	}
	if sets == nil {
		if sets, err = setsOf(ctx, made.ID, 0, MaxSets); err != nil {
			return err
		}
	}
	ev := AcknowledgedEvent{Parties: made.parties(), Answer: w.row.ID, Verdict: string(got.verdict)}
	for i := range sets {
		control := bare(sets[i].Control)
		v := string(cmp.Or(got.verdicts[control], got.unlisted, got.verdict))
		if told {
			if err := markSet(ctx, &sets[i], "answered", v); err != nil {
				return err
			}
		}
		if in != nil {
			if err := insertSaid(ctx, &sets[i], in, v, got.errors[control], db.Micros(db.Now(ctx))); err != nil {
				return err
			}
		}
		ev.DocumentKind, ev.DocumentID = sets[i].DocumentKind, sets[i].DocumentID
	}
	if !told {
		return nil
	}
	return w.s.publish(ctx, EventAcknowledged, made, ev)
}

// adviceWords are the second letters of OTI01 (TR, IR, GR), from the best to the worst.
var adviceWords = []struct{ code, word string }{
	{"A", AdvisedAccepted}, {"E", AdvisedErrors}, {"C", AdvisedChanged}, {"P", AdvisedPartly}, {"R", AdvisedRejected},
}

// adviceRank is the place of a code in adviceWords, -1 for one that is none. A refused
// item (IR) refuses its document in part.
func adviceRank(code string) int {
	if len(code) != 2 || !strings.Contains("TIG", code[:1]) {
		return -1
	}
	if code == "IR" {
		code = "IP"
	}
	for i, w := range adviceWords {
		if w.code == code[1:] {
			return i
		}
	}
	return -1
}

// told is what an advice says of one set of ours, of all that it says the worst.
type told struct {
	made   *interchangeRow
	set    *setRow
	rank   int
	errors []wire.Finding
}

// advised ties the advice of a partner's application to the sets that we made. What it
// names and we cannot find, or find in several documents, is kept and told, not guessed.
func (w *worker) advised(ctx context.Context, d *doc.ApplicationAdvice, row *setRow) error {
	var all []*told
	var missing []wire.Finding
	lost := func(key, value string) {
		if len(missing) < maxSaid {
			missing = append(missing, wire.Finding{
				Level: wire.LevelSet, Severity: wire.Note, Key: key, SegmentID: adviceSegment(row.Kind), Pos: wire.Position{Offset: row.StartAt}, Value: text(value, wire.MaxValue),
			})
		}
	}
	for i := range d.Advised {
		if i == maxAdvised {
			missing = append(missing, wire.Finding{
				Level: wire.LevelSet, Severity: wire.Note, Key: findingMany, SegmentID: adviceSegment(row.Kind), Pos: wire.Position{Offset: row.StartAt}, Args: map[string]string{"Most": strconv.Itoa(maxAdvised)},
			})
			break
		}
		a := &d.Advised[i]
		rank := adviceRank(a.Code)
		if rank < 0 {
			lost(findingAdvised, a.Code)
			continue
		}
		made, set, err := w.advisedOn(ctx, d, a)
		if err != nil {
			return err
		}
		if set == nil {
			lost(findingAdvice, cmp.Or(a.Number, a.Group, d.Original, a.Control, a.Code))
			continue
		}
		at := slices.IndexFunc(all, func(t *told) bool {
			return t.set.InterchangeID == set.InterchangeID && t.set.Position == set.Position
		})
		if at < 0 {
			at, all = len(all), append(all, &told{made: made, set: set})
		}
		all[at].rank = max(all[at].rank, rank)
		all[at].errors = append(all[at].errors, adviceErrors(a, rank)...)
	}
	for _, t := range all {
		t.errors = t.errors[:min(len(t.errors), maxSaid)]
		verdict := adviceWords[t.rank].word
		if err := insertSaid(ctx, t.set, row, verdict, t.errors, db.Micros(db.Now(ctx))); err != nil {
			return err
		}
		if err := markSet(ctx, t.set, "advised", verdict); err != nil {
			return err
		}
		if _, err := change(ctx, t.made.ID, map[string]any{"advised": verdict}, "origin = ?", OriginMade); err != nil {
			return err
		}
		err := w.s.publish(ctx, EventAdvised, t.made, AdvisedEvent{
			Parties: t.made.parties(), Answer: w.row.ID, Set: int(t.set.Position), Kind: t.set.Kind, Number: t.set.BusinessKey,
			Verdict: verdict, DocumentKind: t.set.DocumentKind, DocumentID: t.set.DocumentID,
		})
		if err != nil {
			return err
		}
	}
	if len(all) > 0 {
		row.DocumentKind, row.DocumentID = "interchange", all[0].made.ID
	}
	switch {
	case len(missing) > 0:
		return w.unmatched(ctx, row, missing)
	case len(d.Advised) > 0:
		row.Business = BusinessMatched
	}
	return nil
}

// adviceSegment is the segment of an advice that names what it is about.
func adviceSegment(kind string) string {
	if kind == "APERAK" {
		return "RFF"
	}
	return "OTI"
}

// adviceErrors are the errors that an advice lists, in the places of our set.
func adviceErrors(a *doc.Advised, rank int) []wire.Finding {
	severity := wire.AcceptedWithError
	if adviceWords[rank].word == AdvisedRejected {
		severity = wire.Reject
	}
	var out []wire.Finding
	for _, e := range a.Errors[:min(len(a.Errors), maxSaid)] {
		f := wire.Finding{
			Level: wire.LevelSet, Severity: severity, Key: saidAdvice, SegmentID: word(e.Segment), Ref: word(e.Ref), Value: text(cmp.Or(e.Bad, e.Item.Value), wire.MaxValue),
			Pos: wire.Position{Segment: e.Position, Element: e.Element, Component: e.Component}, Args: map[string]string{"Code": word(e.Code), "Said": text(e.Text, 500)},
		}
		switch {
		case e.Element > 0:
			f.Level = wire.LevelElement
		case e.Segment != "":
			f.Level = wire.LevelSegment
		}
		if e.Agency == "" {
			f.Args["List"] = "647"
		}
		if e.New != "" {
			f.Args["New"] = text(e.New, wire.MaxValue)
		}
		if len(e.Notes) > 0 {
			f.Args["Note"] = text(strings.Join(e.Notes, " "), 1000)
		}
		out = append(out, f)
	}
	return out
}

// closeGroup stores the verdict on a group and, unless it holds acknowledgements
// itself, the 997 that answers it. now are the sets stored in this transaction;
// earlier ones of the group are read.
func (w *worker) closeGroup(ctx context.Context, e groupEnd, now []setRow) (string, error) {
	g := e.group
	for i := range now {
		if now[i].GroupNo == e.no {
			g.Sets = append(g.Sets, now[i].answer())
		}
	}
	if len(g.Sets) < g.Received {
		g.Sets = make([]ack.Set, 0, g.Received)
		if err := setsOfGroup(ctx, w.row.ID, e.no, func(r *setRow) { g.Sets = append(g.Sets, r.answer()) }); err != nil {
			return "", err
		}
	}
	result := g.Verdict()
	stored := g
	stored.Sets = nil
	row := groupRow{
		InterchangeID: w.row.ID, GroupNo: e.no, SupplierID: w.row.SupplierID, ResellerID: w.row.ResellerID,
		Kind: word(g.FunctionalID), Control: word(g.Control), Version: word(g.Version), Result: string(result), Verdict: db.Text(stored),
	}
	if w.unb == nil && g.FunctionalID != "FA" && !w.doomed { // what is refused as a whole has a TA1
		id, err := w.answer(ctx, g)
		if err != nil {
			return "", err
		}
		row.AnswerID = id
		fail.At(fail.AnswerMade)
	}
	return row.AnswerID, insertGroup(ctx, &row)
}

// answer makes the 997, or 999 where that was agreed, of a group, puts it into the sender's outbox and returns its
// id; empty when the group must not or cannot be answered.
func (w *worker) answer(ctx context.Context, g ack.Group) (string, error) {
	n, err := nextControl(ctx, w.row.ReceiverIdent, w.row.SenderIdent)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := ack.Write(&b, w.header, []ack.Group{g}, nil, w.terms.Answers, ack.Numbers{Interchange: n, Group: n}, db.Now(ctx)); err != nil {
		var unwritable *x12.DataError
		if errors.Is(err, ack.ErrNoAnswer) || errors.As(err, &unwritable) {
			return "", giveBack(ctx, w.row.ReceiverIdent, w.row.SenderIdent) // its own ids cannot be said back: there is no answer that could reach it
		}
		return "", fault.Wrap(err, fault.Internal, "error.internal")
	}
	made := made{
		SubmissionID: w.row.SubmissionID, From: w.row.ReceiverID, To: w.row.SenderID, Partnership: w.row.PartnershipID,
		Supplier: w.row.SupplierID, Reseller: w.row.ResellerID, Sender: w.row.ReceiverIdent, Receiver: w.row.SenderIdent,
		Test: w.row.Test, Number: n, Kind: w.terms.Answers.Kind(g), GroupKind: "FA", Version: g.Version, Door: "answer",
		Delegate: w.row.DelegateID, DocumentKind: "interchange", DocumentID: w.row.ID, BusinessKey: word(g.Control), Bytes: b.Bytes(),
	}
	return w.s.insertMade(ctx, made)
}

// ta1 makes the TA1 of an interchange of X12, where ISA14 asks for one or the
// interchange itself is refused, and returns its id; empty when none is due.
func (w *worker) ta1(ctx context.Context) (string, error) {
	in := *w.end
	in.Findings = merged(findingsOf(w.row.Findings), w.extra)
	seg := ack.TA1(&in, w.fa, w.terms.Answers)
	if seg == nil {
		return "", nil
	}
	n, err := nextControl(ctx, w.row.ReceiverIdent, w.row.SenderIdent)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := ack.Write(&b, w.header, nil, seg, w.terms.Answers, ack.Numbers{Interchange: n, Group: n}, db.Now(ctx)); err != nil {
		var unwritable *x12.DataError
		if errors.Is(err, ack.ErrNoAnswer) || errors.As(err, &unwritable) {
			return "", giveBack(ctx, w.row.ReceiverIdent, w.row.SenderIdent) // its own ids cannot be said back
		}
		return "", fault.Wrap(err, fault.Internal, "error.internal")
	}
	return w.s.insertMade(ctx, made{
		SubmissionID: w.row.SubmissionID, From: w.row.ReceiverID, To: w.row.SenderID, Partnership: w.row.PartnershipID,
		Supplier: w.row.SupplierID, Reseller: w.row.ResellerID, Sender: w.row.ReceiverIdent, Receiver: w.row.SenderIdent,
		Test: w.row.Test, Number: n, Kind: "TA1", Version: w.header.Version, Door: "answer",
		Delegate: w.row.DelegateID, DocumentKind: "interchange", DocumentID: w.row.ID, BusinessKey: word(w.header.Control), Bytes: b.Bytes(),
	})
}

// ackSegment is the segment of an acknowledgement that names what it answers.
func ackSegment(kind string) string {
	if kind == "CONTRL" {
		return "UCI"
	}
	return "AK1"
}

// control makes the CONTRL that answers an interchange of EDIFACT, from what is
// stored of it, puts it into the sender's outbox and returns its id; empty when the
// interchange must not or cannot be answered.
func (w *worker) control(ctx context.Context) (string, error) {
	report, err := w.report(ctx)
	if err != nil {
		return "", err
	}
	if _, err := ack.BodyCONTRL(report); errors.Is(err, ack.ErrNoAnswer) {
		return "", nil // no number is taken for nothing
	}
	n, err := nextControl(ctx, w.row.ReceiverIdent, w.row.SenderIdent)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := ack.WriteCONTRL(&b, report, w.terms.Answers, padNumber(n), db.Now(ctx)); err != nil {
		var unwritable *edifact.DataError
		if errors.Is(err, ack.ErrNoAnswer) || errors.As(err, &unwritable) {
			return "", giveBack(ctx, w.row.ReceiverIdent, w.row.SenderIdent) // its own ids cannot be said back: there is no answer that could reach it
		}
		return "", fault.Wrap(err, fault.Internal, "error.internal")
	}
	return w.s.insertMade(ctx, made{
		SubmissionID: w.row.SubmissionID, From: w.row.ReceiverID, To: w.row.SenderID, Partnership: w.row.PartnershipID,
		Supplier: w.row.SupplierID, Reseller: w.row.ResellerID, Sender: w.row.ReceiverIdent, Receiver: w.row.SenderIdent,
		Test: w.row.Test, Number: n, Syntax: SyntaxEDIFACT, Kind: "CONTRL", Version: w.row.Version, Door: "answer",
		Delegate: w.row.DelegateID, DocumentKind: "interchange", DocumentID: w.row.ID, BusinessKey: word(w.unb.Reference), Bytes: b.Bytes(),
	})
}

// report builds what CONTRL tells from the groups and messages stored.
func (w *worker) report(ctx context.Context) (*schema.InterchangeReport, error) {
	out := &schema.InterchangeReport{Interchange: schema.Interchange{
		Syntax: schema.SyntaxEDIFACT, UNB: w.unb, Findings: merged(findingsOf(w.row.Findings), w.extra),
	}}
	gs, err := groupsOf(ctx, w.row.ID)
	if err != nil {
		return nil, err
	}
	for _, g := range gs {
		var stored ack.Group
		if json.Unmarshal([]byte(g.Verdict), &stored) != nil {
			continue
		}
		one := schema.GroupReport{Group: schema.Group{
			Header:   x12.Group{FunctionalID: stored.FunctionalID, Sender: stored.Sender, Receiver: stored.Receiver, Control: stored.Control},
			Implicit: stored.FunctionalID == "" && stored.Control == "", Findings: stored.Findings,
		}}
		err := setsOfGroup(ctx, w.row.ID, g.GroupNo, func(r *setRow) {
			id := messageID(r.Kind, r.GroupVersion)
			one.SetReports = append(one.SetReports, schema.Set{Type: r.Kind, Control: r.Control, Message: &id, Verdict: wire.Verdict(r.Result), Findings: findingsOf(r.Findings)})
		})
		if err != nil {
			return nil, err
		}
		out.GroupReports = append(out.GroupReports, one)
	}
	return out, nil
}

// messageID is the identification of a message whose directory was stored.
func messageID(kind, version string) edifact.MessageID {
	id := edifact.MessageID{Type: kind}
	for i, part := range strings.SplitN(version, ":", 4) {
		*[]*string{&id.Version, &id.Release, &id.Agency, &id.Association}[i] = part
	}
	return id
}
