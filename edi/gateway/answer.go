package gateway

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"

	"entente/db"
	"entente/db/fail"
	"entente/edi/ack"
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
	"entente/prm/fault"
)

// received is what a 997, 999 or CONTRL says about one thing that we sent.
type received struct {
	control  string       // of our group (X12) or interchange (EDIFACT)
	kind     string       // AK101; empty for EDIFACT
	verdict  wire.Verdict // empty: the partner only says that it came
	verdicts map[string]wire.Verdict
	unlisted wire.Verdict // on a set that is not listed
}

func receivedOf(set *schema.Set) (*received, error) {
	out := &received{verdicts: map[string]wire.Verdict{}}
	if set.Type != "CONTRL" {
		got, err := ack.Read(set)
		if err != nil {
			return nil, err
		}
		out.control, out.kind, out.verdict, out.unlisted = got.Control, got.FunctionalID, got.Verdict, got.Of("")
		for _, s := range got.Sets {
			out.verdicts[s.Control] = s.Verdict
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
		out.verdicts[m.Reference] = m.Verdict
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
	made, err := madeByControl(ctx, w.row.ReceiverID, w.row.ReceiverIdent, w.row.SenderIdent, padded(got.control))
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
		row.Business = BusinessUnmatched
		row.Findings = findingsText(append(findingsOf(row.Findings), wire.Finding{
			Level: wire.LevelSet, Severity: wire.Note, Key: findingUnmatched, SegmentID: ackSegment(row.Kind),
			Pos: wire.Position{Offset: row.StartAt, Segment: 2, Element: 2}, Value: got.control,
		}))
		return nil
	}
	row.Business, row.DocumentKind, row.DocumentID = BusinessMatched, "interchange", made.ID
	if got.verdict == "" {
		return nil
	}
	return w.acknowledge(ctx, made, got)
}

// refusedBefore applies the TA1s that refuse an interchange of ours; others only say that
// it came, and a 997 follows. One that we did not send changes nothing.
func (w *worker) refusedBefore(ctx context.Context) error {
	for _, t := range w.ta1s {
		if t.Verdict != wire.Rejected {
			continue
		}
		made, err := madeByControl(ctx, w.row.ReceiverID, w.row.ReceiverIdent, w.row.SenderIdent, padded(t.Control))
		if err != nil {
			return err
		}
		if made == nil {
			continue
		}
		if err := w.acknowledge(ctx, made, &received{control: t.Control, verdict: wire.Rejected}); err != nil {
			return err
		}
	}
	return nil
}

// acknowledge keeps what a partner says about something we sent, the first time only.
func (w *worker) acknowledge(ctx context.Context, made *interchangeRow, got *received) error {
	told, err := change(ctx, made.ID, map[string]any{"acknowledged": string(got.verdict)}, "acknowledged = ''")
	if err != nil || !told {
		return err
	}
	if err := settleWait(ctx, made.ID); err != nil {
		return err
	}
	sets, err := setsOf(ctx, made.ID, 0, MaxSets)
	if err != nil {
		return err
	}
	ev := AcknowledgedEvent{Parties: made.parties(), Answer: w.row.ID, Verdict: string(got.verdict)}
	for i := range sets {
		v := string(cmp.Or(got.verdicts[sets[i].Control], got.unlisted, got.verdict))
		if err := db.Tx(ctx).Model(&setRow{}).Where("interchange_id = ? AND position = ?", made.ID, sets[i].Position).
			Update("answered", v).Error; err != nil {
			return err
		}
		ev.DocumentKind, ev.DocumentID = sets[i].DocumentKind, sets[i].DocumentID
	}
	return w.s.publish(ctx, EventAcknowledged, made, ev)
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
		g.Sets = nil
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
			return "", nil // its own ids cannot be said back: there is no answer that could reach it
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
			return "", nil // its own ids cannot be said back
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
			return "", nil // its own ids cannot be said back: there is no answer that could reach it
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
