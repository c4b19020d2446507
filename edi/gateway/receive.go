package gateway

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"entente/db"
	"entente/db/audit"
	"entente/db/blob"
	"entente/db/fail"
	"entente/edi/wire"
	"entente/prm/access"
	"entente/prm/fault"
)

// Submission is a body of one or several interchanges.
type Submission struct {
	Reader         io.Reader
	IdempotencyKey string // optional, at most MaxKey bytes
	Door           string // "api", "page", "as2"
	// Receiver, where set, is the company that every interchange must be for: the
	// proof of its sender was made to that company and counts for nobody else.
	Receiver string
	// Network is the network (VAN) from whose mailbox the receiver fetched it: that proves
	// the network, and senders whose agreement names it.
	Network string
	// Forms lets the body be documents in a form of ERP systems, see IsForm; Form names
	// it, else it is found out. Partner is the short name of the company that the
	// documents are for, where it was said; Name that of the file.
	Forms               bool
	Form, Partner, Name string
	// Also joins the transaction that stores the submission, once its answer is
	// known: what a door must keep of it stands with it or not at all. It may run
	// more than once.
	Also func(ctx context.Context, a Answer) error
}

// actReceive is what the audit calls a receipt: a line of it is what a sender was told.
const actReceive = "edi.receive"

// MaxKey is the longest idempotency key, in bytes.
const MaxKey = 200

// Receive takes a submission in. It answers only after the bytes are durable.
// Codes: Invalid edi.not_edi, edi.not_read, edi.sender_not_yours,
// edi.receiver_unknown, edi.key_too_long, of forms edi.form_partner, edi.form_test and
// edi.error.… with the place; Conflict edi.idempotency_conflict;
// TooLarge. A refused body leaves nothing but an audit line.
func (s *Service) Receive(ctx context.Context, actor access.Actor, in Submission) (Answer, error) {
	if err := access.Check(actor, access.EDISend, access.Own(actor.Org)); err != nil {
		return Answer{}, err
	}
	key := strings.TrimSpace(text(in.IdempotencyKey, MaxKey+1))
	if len(key) > MaxKey {
		return Answer{}, fault.New(fault.Invalid, "edi.key_too_long", "Max", MaxKey)
	}
	body := bufio.NewReaderSize(in.Reader, headSize)
	form, err := in.begins(body)
	if err != nil {
		return Answer{}, s.refuse(ctx, actor, err)
	}
	staged, err := s.blobs.Stage(ctx, body, s.opt.Limit)
	if err != nil {
		return Answer{}, s.refuse(ctx, actor, err)
	}
	var rows []interchangeRow
	if form == "" {
		rows, err = s.inspect(ctx, actor, &in, staged)
	} else {
		rows, err = s.inspectForm(ctx, actor, &in, form, staged)
	}
	if err != nil {
		return Answer{}, s.refuse(ctx, actor, err)
	}
	fail.At(fail.ReceiveStaged)
	orgs := []string{actor.Org}
	for _, r := range rows {
		for _, org := range []string{r.SenderID, r.ReceiverID} {
			if !slices.Contains(orgs, org) {
				orgs = append(orgs, org)
			}
		}
	}
	var answer Answer
	door := word(in.Door)
	share := s.db.Group
	if key == "" && len(rows) == 1 { // a key is claimed before anything is stored
		rows[0].Position, rows[0].Door = 1, door
		share = func(ctx context.Context, lane string, fn func(ctx context.Context) error) error {
			return s.db.GroupAhead(ctx, lane, &rows[0], insertAhead, fn)
		}
	}
	err = share(db.WithOrgs(ctx, orgs...), "intake", func(ctx context.Context) error {
		var err error
		answer, err = s.store(ctx, actor, submissionRow{OrgID: actor.Org, IdempotencyKey: key, Sha256: staged.Hash, MadeBy: actor.Person}, door, staged, rows)
		if err == nil && in.Also != nil {
			err = in.Also(ctx, answer)
		}
		fail.At(fail.ReceiveStoring)
		return err
	})
	if err != nil {
		return Answer{}, err
	}
	fail.At(fail.ReceiveStored)
	return answer, nil
}

// headSize is how much is read before anything is staged; the standard shows in the
// first sniffSize bytes.
const (
	headSize  = 4 << 10
	sniffSize = 2 << 10
)

// begins refuses what does not even begin like an interchange, or like the form that it
// may be and that is named then, before it costs room.
func (in *Submission) begins(body *bufio.Reader) (form string, err error) {
	head, err := body.Peek(headSize)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF): // as blob.Stage says it of a longer one
		return "", fault.Wrap(err, fault.Invalid, "error.truncated")
	case err != nil && !errors.Is(err, io.EOF):
		return "", fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	if form = in.formName(head); form != "" {
		return form, nil
	}
	if err != nil { // all of it: inspect looks at the same bytes, and staging them costs nothing
		return "", nil
	}
	found, err := scanBytes(head, wire.Limits{})
	if len(found) == 0 {
		return "", scanFault(found, err)
	}
	return "", nil
}

// refuse writes the audit line of a refused body and returns why. Faults of our
// own are not refusals.
func (s *Service) refuse(ctx context.Context, actor access.Actor, why error) error {
	switch fault.CodeOf(why) {
	case fault.Invalid, fault.TooLarge, fault.Conflict:
	default:
		return why
	}
	err := s.db.Group(db.WithOrgs(context.WithoutCancel(ctx), actor.Org), "intake", func(ctx context.Context) error {
		return s.note(ctx, actor, actReceive, "", audit.Denied)
	})
	if err != nil {
		return err
	}
	return why
}

// inspect checks every envelope before anything is kept and prepares the rows.
func (s *Service) inspect(ctx context.Context, actor access.Actor, in *Submission, staged *blob.Staged) ([]interchangeRow, error) {
	body, err := staged.Bytes()
	if err != nil {
		return nil, err
	}
	defer body.Close()
	var found []envelope
	if small, ok := staged.Small(); ok {
		found, err = scanBytes(small, s.opt.Limits)
	} else {
		head := make([]byte, sniffSize)
		n, readErr := io.ReadFull(body, head)
		if readErr == nil {
			_, readErr = body.Seek(0, io.SeekStart)
		}
		if readErr != nil {
			return nil, fault.Wrap(readErr, fault.Unavailable, "error.unavailable")
		}
		found, err = scan(body, head[:n], s.opt.Limits)
	}
	if err := scanFault(found, err); err != nil {
		return nil, err
	}
	known := map[[3]string]Resolved{}
	rows := make([]interchangeRow, 0, len(found))
	for i := range found {
		e := &found[i]
		pair := [3]string{e.syntax, e.sender.String(), e.receiver.String()}
		to, ok := known[pair]
		if !ok {
			if to, err = s.partners.Resolve(ctx, e.syntax, e.sender, e.receiver); err != nil {
				return nil, err
			}
			known[pair] = to
		}
		var other bool
		network := in.Network
		if in.Network != "" {
			other, err = s.networked(ctx, actor.Org, in.Network, to, e)
		} else if other, err = s.delegated(ctx, actor.Org, to, e); err == nil && !other && to.Sender != actor.Org {
			network, err = s.carriedBy(ctx, actor.Org, to, e)
			other = network != ""
		}
		if err != nil {
			return nil, err
		}
		switch {
		case other:
		case in.Network != "": // the same words for a company that is not here
			return nil, fault.New(fault.Invalid, "edi.network_sender", "Sender", e.sender.Written(e.syntax), "Control", e.control, "Network", in.Network)
		case to.Sender != actor.Org:
			return nil, fault.New(fault.Invalid, "edi.sender_not_yours", "Sender", e.sender.Written(e.syntax), "Control", e.control)
		}
		p, ok := choose(to, e)
		if !ok || in.Receiver != "" && to.Receiver != in.Receiver {
			return nil, fault.New(fault.Invalid, "edi.receiver_unknown", "Receiver", e.receiver.Written(e.syntax), "Control", e.control)
		}
		r := rowOf(e, actor, to, p, staged.Hash)
		if r.Network = network; in.Network != "" {
			r.DelegateID = ""
		}
		rows = append(rows, r)
	}
	return rows, hashSlices(body, staged, rows)
}

// scanFault turns what Scan says into a refusal. A file that only breaks off is
// taken: its end is judged and answered like every other fault of an envelope.
func scanFault(found []envelope, err error) error {
	var broken *wire.Error
	switch {
	case err == nil && len(found) > 0:
		return nil
	case err == nil:
		return fault.New(fault.Invalid, "edi.not_edi", "Rule", "empty", "Offset", int64(0))
	case !errors.As(err, &broken):
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	case errors.Is(err, wire.ErrNotRead):
		return fault.Wrap(err, fault.Invalid, "edi.not_read", why(broken)...)
	case errors.Is(err, wire.ErrTooLarge) && broken.Key == "limit.interchanges":
		return fault.Wrap(err, fault.TooLarge, "edi.too_many", "Offset", broken.Pos.Offset)
	case errors.Is(err, wire.ErrTooLarge) && broken.Key != "limit.file":
		return fault.Wrap(err, fault.TooLarge, "edi.segment_too_large", "Offset", broken.Pos.Offset)
	case errors.Is(err, wire.ErrTooLarge):
		return fault.Wrap(err, fault.TooLarge, "edi.too_large", "Offset", broken.Pos.Offset)
	case errors.Is(err, wire.ErrTruncated) && len(found) > 0:
		return nil
	}
	return fault.Wrap(err, fault.Invalid, "edi.not_edi", why(broken)...)
}

// why are the facts of a refusal: the rule by which the reader knew it, what stood there and where.
func why(w *wire.Error) []any {
	return []any{"Rule", w.Key, "Value", text(w.Value, wire.MaxValue), "Offset", w.Pos.Offset, "Segment", w.Pos.FileSegment}
}

// delegated says whether the agreement that holds lets a company send an interchange
// for the one whose identity stands in it.
func (s *Service) delegated(ctx context.Context, org string, to Resolved, e *envelope) (bool, error) {
	return s.spokenFor(ctx, org, to, e, func(t *Terms, supplier bool) bool { return t.speaks(org, supplier, e.types) })
}

// spokenFor asks the agreement between the companies of an interchange whether another,
// org, may send it; says is told the terms and whether the sender is the supplier.
func (s *Service) spokenFor(ctx context.Context, org string, to Resolved, e *envelope, says func(t *Terms, supplier bool) bool) (bool, error) {
	if to.Sender == org || to.Sender == "" {
		return false, nil
	}
	p, ok := choose(to, e)
	if !ok {
		return false, nil
	}
	var yes bool
	err := s.db.View(db.WithOrgs(ctx, p.Supplier, p.Reseller), func(ctx context.Context) error {
		t, err := s.termsAt(ctx, p.ID, db.Now(ctx))
		yes = err == nil && says(t, to.Sender == p.Supplier)
		return err
	})
	return yes, err
}

// noteFor writes into the audit of a company that another sent an interchange for it.
func (s *Service) noteFor(ctx context.Context, actor access.Actor, r *interchangeRow) error {
	return audit.Write(ctx, audit.Entry{
		Org: r.SenderID, Person: actor.Person, Via: actor.Via, Action: "edi.receive_delegated", SubjectKind: "interchange", SubjectID: r.ID, Outcome: audit.Done,
	})
}

// choose picks the partnership: where both companies supply each other, orders go
// one way and answers the other.
func choose(to Resolved, e *envelope) (Partnership, bool) {
	if len(to.Active) == 0 || to.Receiver == "" {
		return Partnership{}, false
	}
	supplier := e.fromSupplier()
	for _, p := range to.Active {
		if supplier && p.Supplier == to.Sender || !supplier && p.Reseller == to.Sender {
			return p, true
		}
	}
	return to.Active[0], true
}

// lane is the queue of a partnership and a direction.
func lane(p Partnership, sender string) string {
	if sender == p.Reseller {
		return p.ID + ":reseller"
	}
	return p.ID + ":supplier"
}

func rowOf(e *envelope, actor access.Actor, to Resolved, p Partnership, hash string) interchangeRow {
	return interchangeRow{
		SenderID: to.Sender, ReceiverID: to.Receiver, PartnershipID: p.ID, SupplierID: p.Supplier, ResellerID: p.Reseller,
		Origin: OriginSent, Syntax: e.syntax, Version: e.version, SenderIdent: e.sender.String(), ReceiverIdent: e.receiver.String(),
		Control: e.control, Dated: e.dated, Test: e.test,
		Blob: hash, StartAt: e.offset, Size: e.length, Digest: e.digest, SetCount: int64(e.sets),
		State: string(Received), Findings: findingsText(e.findings), Lane: lane(p, to.Sender), MadeBy: actor.Person,
		Types: strings.Join(e.types, ","), DelegateID: delegateOf(actor.Org, to.Sender),
	}
}

// delegateOf is who sent, where it is not the sender itself.
func delegateOf(org, sender string) string {
	if org == sender {
		return ""
	}
	return org
}

// hashSlices gives every interchange the hash of exactly its bytes.
func hashSlices(body io.ReadSeeker, staged *blob.Staged, rows []interchangeRow) error {
	if len(rows) == 1 && rows[0].StartAt == 0 && rows[0].Size == staged.Size {
		rows[0].Sha256 = staged.Hash
		return nil
	}
	for i := range rows {
		if _, err := body.Seek(rows[i].StartAt, io.SeekStart); err != nil {
			return fault.Wrap(err, fault.Unavailable, "error.unavailable")
		}
		h := sha256.New()
		if n, err := io.CopyN(h, body, rows[i].Size); err != nil {
			return fault.Wrap(fmt.Errorf("%d of %d bytes: %w", n, rows[i].Size, err), fault.Unavailable, "error.unavailable")
		}
		rows[i].Sha256 = hex.EncodeToString(h.Sum(nil))
	}
	return nil
}

// store is the one transaction of Receive. It may run more than once.
func (s *Service) store(ctx context.Context, actor access.Actor, sub submissionRow, door string, staged *blob.Staged, rows []interchangeRow) (Answer, error) {
	sub.ID, sub.Received = db.NewID(), db.Micros(db.Now(ctx))
	if sub.IdempotencyKey != "" {
		earlier, err := s.claimKey(ctx, &sub)
		if err != nil || earlier != nil {
			return answerOf(earlier, sub.Sha256, err)
		}
	}
	fresh := false
	var answer Answer
	for i := range rows {
		r := rows[i]
		r.Position, r.Door = int64(i)+1, door
		against, isNew := insertedAhead(ctx, &rows[i], &r)
		if isNew {
			sub.ID = r.SubmissionID
		} else {
			r.arrive(sub.ID, db.Now(ctx))
			var err error
			if isNew, against, err = insertInterchange(ctx, &r); err != nil {
				return Answer{}, err
			}
		}
		if isNew {
			fresh = true
			if against.reused && !IsForm(r.Syntax) { // a form is known by its content alone
				if err := s.holdIfReused(ctx, &r); err != nil {
					return Answer{}, err
				}
			}
			if against.gated {
				if err := s.holdUntilLive(ctx, &r); err != nil {
					return Answer{}, err
				}
			}
			if r.SenderID != actor.Org {
				if err := s.noteFor(ctx, actor, &r); err != nil {
					return Answer{}, err
				}
			}
		}
		answer.Interchanges = append(answer.Interchanges, ReceivedMessage{ID: r.ID, Href: Href(r.ID), Duplicate: !isNew})
	}
	first := answer.Interchanges[0]
	answer.Submission, answer.ID, answer.Href, answer.Duplicate = sub.ID, first.ID, first.Href, first.Duplicate
	sub.Answer = db.Text(answer)
	if fresh {
		if err := staged.Insert(ctx); err != nil {
			return Answer{}, err
		}
		if err := s.wakeUp(ctx); err != nil {
			return Answer{}, err
		}
	}
	if err := s.keep(ctx, &sub, fresh, len(rows) > 1); err != nil {
		return Answer{}, err
	}
	return answer, s.note(ctx, actor, actReceive, answer.ID, audit.Done)
}

// claimKey takes the idempotency key for sub, or returns who has it.
func (s *Service) claimKey(ctx context.Context, sub *submissionRow) (*submissionRow, error) {
	ok, err := insertSubmission(ctx, sub)
	if err != nil || ok {
		return nil, err
	}
	return submissionByKey(ctx, sub.OrgID, sub.IdempotencyKey)
}

// answerOf replays the stored answer if the bytes are the same.
func answerOf(earlier *submissionRow, hash string, err error) (Answer, error) {
	if err != nil {
		return Answer{}, err
	}
	if earlier.Sha256 != hash {
		return Answer{}, fault.New(fault.Conflict, "edi.idempotency_conflict", "Key", earlier.IdempotencyKey)
	}
	var a Answer
	if err := json.Unmarshal([]byte(earlier.Answer), &a); err != nil {
		return Answer{}, fault.Wrap(err, fault.Internal, "error.internal")
	}
	a.Submission = earlier.ID
	return a, nil
}

// keep stores what was answered: always under a key, else only if something is new of
// several interchanges. Of a single one the line of the audit says it.
func (s *Service) keep(ctx context.Context, sub *submissionRow, fresh, several bool) error {
	if sub.IdempotencyKey != "" {
		return db.Tx(ctx).Model(&submissionRow{}).Where("org_id = ? AND id = ?", sub.OrgID, sub.ID).Update("answer", sub.Answer).Error
	}
	if !fresh || !several {
		return nil
	}
	return db.LaterRow(ctx, sub, " ON CONFLICT DO NOTHING")
}

// holdIfReused holds a new interchange whose control number stood on other bytes.
func (s *Service) holdIfReused(ctx context.Context, r *interchangeRow) error {
	since, err := s.reuse(ctx, r, db.Now(ctx))
	if err != nil {
		return err
	}
	earlier, err := controlUsed(ctx, r, since)
	if err != nil || earlier == "" {
		return err
	}
	findings := append(findingsOf(r.Findings), reusedFinding(r))
	if _, err := change(ctx, r.ID, map[string]any{
		"state": string(Held), "held": HeldControlReused, "duplicate_of": earlier, "findings": findingsText(findings),
	}, "state = ?", string(Received)); err != nil {
		return err
	}
	return s.publish(ctx, EventHeld, r, HeldEvent{Parties: r.parties(), Reason: HeldControlReused, Earlier: earlier})
}

// LooksLikeEDI says whether a document begins like an interchange that Receive would
// read.
func LooksLikeEDI(b []byte) bool {
	head := b[:min(len(b), headSize)]
	found, _ := scanBytes(head, wire.Limits{})
	return len(found) > 0
}
