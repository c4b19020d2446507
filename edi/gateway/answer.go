package gateway

import (
	"bytes"
	"context"
	"errors"

	"entente/db"
	"entente/edi/ack"
	"entente/edi/wire"
	"entente/edi/x12"
	"entente/prm/fault"
)

// match ties a partner's acknowledgement to what we sent under that number.
func (w *worker) match(ctx context.Context, got *ack.Received, row *setRow) error {
	row.BusinessKey = word(got.Control)
	made, err := madeByControl(ctx, w.row.ReceiverID, w.row.ReceiverIdent, w.row.SenderIdent, padded(got.Control))
	if err != nil {
		return err
	}
	if made != nil {
		gs, err := groupsOf(ctx, made.ID)
		if err != nil {
			return err
		}
		if len(gs) != 1 || gs[0].Kind != got.FunctionalID {
			made = nil
		}
	}
	if made == nil {
		row.Business = BusinessUnmatched
		row.Findings = findingsText(append(findingsOf(row.Findings), wire.Finding{
			Level: wire.LevelSet, Severity: wire.Note, Key: findingUnmatched, SegmentID: "AK1",
			Pos: wire.Position{Offset: row.StartAt, Segment: 2, Element: 2}, Value: got.Control,
		}))
		return nil
	}
	row.Business, row.DocumentKind, row.DocumentID = BusinessMatched, "interchange", made.ID
	told, err := change(ctx, made.ID, map[string]any{"acknowledged": string(got.Verdict)}, "acknowledged = ''")
	if err != nil || !told {
		return err
	}
	verdicts := map[string]string{}
	for _, set := range got.Sets {
		verdicts[set.Control] = string(set.Verdict)
	}
	sets, err := setsOf(ctx, made.ID, 0, MaxSets)
	if err != nil {
		return err
	}
	ev := AcknowledgedEvent{Parties: made.parties(), Answer: w.row.ID, Verdict: string(got.Verdict)}
	for i := range sets {
		v := verdicts[sets[i].Control]
		if v == "" {
			v = string(got.Verdict)
		}
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
		rows, err := setsOfGroup(ctx, w.row.ID, e.no)
		if err != nil {
			return "", err
		}
		g.Sets = nil
		for i := range rows {
			g.Sets = append(g.Sets, rows[i].answer())
		}
	}
	result := g.Verdict()
	stored := g
	stored.Sets = nil
	row := groupRow{
		InterchangeID: w.row.ID, GroupNo: e.no, SupplierID: w.row.SupplierID, ResellerID: w.row.ResellerID,
		Kind: word(g.FunctionalID), Control: word(g.Control), Version: word(g.Version), Result: string(result), Verdict: asJSON(stored),
	}
	if g.FunctionalID != "FA" {
		id, err := w.answer(ctx, g)
		if err != nil {
			return "", err
		}
		row.AnswerID = id
	}
	return row.AnswerID, db.Tx(ctx).Create(&row).Error
}

// answer makes the 997 of a group, puts it into the sender's outbox and returns its
// id; empty when the group must not or cannot be answered.
func (w *worker) answer(ctx context.Context, g ack.Group) (string, error) {
	n, err := nextControl(ctx, w.row.ReceiverIdent, w.row.SenderIdent)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := ack.Write997(&b, w.header, []ack.Group{g}, ack.Numbers{Interchange: n, Group: n}, db.Now(ctx)); err != nil {
		var unwritable *x12.DataError
		if errors.Is(err, ack.ErrNoAnswer) || errors.As(err, &unwritable) {
			return "", nil // its own ids cannot be said back: there is no answer that could reach it
		}
		return "", fault.Wrap(err, fault.Internal, "error.internal")
	}
	made := made{
		SubmissionID: w.row.SubmissionID, From: w.row.ReceiverID, To: w.row.SenderID, Partnership: w.row.PartnershipID,
		Supplier: w.row.SupplierID, Reseller: w.row.ResellerID, Sender: w.row.ReceiverIdent, Receiver: w.row.SenderIdent,
		Test: w.row.Test, Number: n, Kind: "997", GroupKind: "FA", Version: g.Version, Door: "answer",
		DocumentKind: "interchange", DocumentID: w.row.ID, BusinessKey: word(g.Control), Bytes: b.Bytes(),
	}
	return w.s.insertMade(ctx, made)
}
