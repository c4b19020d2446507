package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"entente/db"
	"entente/db/fail"
	"entente/edi/ack"
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/translate"
	"entente/edi/wire"
	"entente/edi/x12"
	"entente/prm/access"
	"entente/prm/fault"
)

// Outgoing is a document to send. ReplyTo names the interchange it follows from:
// then sender, receiver, partnership, version and usage are taken from there,
// swapped. Without it they must be given. Exactly one of Doc and Body is set. Kind is
// named as in X12; in EDIFACT it becomes its message, ORDRSP for 855.
type Outgoing struct {
	ReplyTo      string // interchange id
	Supplier     string // company ids
	Reseller     string
	Partnership  string
	From         string // company id of the sender, Supplier or Reseller
	Sender       Identity
	Receiver     Identity
	Syntax       string // SyntaxX12 (also ""), SyntaxEDIFACT or a form, see IsForm
	Version      string // GS08, default "005010"; in EDIFACT "D:96A:UN" with EANCOM's association after it
	Test         bool
	Kind         string    // "850", "855", "856", "810", "860", "865", "820" …
	Doc          any       // the document of the kind: *doc.PurchaseOrder, *doc.OrderAck …
	Body         *x12.Body // or the segments themselves
	DocumentKind string    // "order", "order_response", "shipment", "invoice"
	DocumentID   string
	Number       string // business number, for lists
}

// Emitted is what became of an Outgoing. Duplicate: it was sent before, ID is
// that one.
type Emitted struct {
	ID        string
	Control   string
	Duplicate bool
}

// Emit stores an outgoing interchange in the caller's transaction and puts it
// into the receiver's outbox. It is idempotent by (DocumentKind, DocumentID,
// Kind). actor must be of the sending company. Codes: Invalid edi.not_sendable
// when our own validator refuses it.
func (s *Service) Emit(ctx context.Context, actor access.Actor, out Outgoing) (Emitted, error) {
	if err := access.Check(actor, access.EDISend, access.Own(actor.Org)); err != nil {
		return Emitted{}, err
	}
	if out.ReplyTo == "" && out.From != actor.Org {
		return Emitted{}, notFound()
	}
	var sent Emitted
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		group := x12.Group{FunctionalID: groupOf(out.Kind)}
		if out.ReplyTo != "" {
			if err := s.reply(ctx, actor, &out, &group); err != nil {
				return err
			}
		}
		var err error
		sent, err = s.emit(ctx, out, group)
		return err
	})
	return sent, err
}

// reply fills an Outgoing from the interchange it follows.
func (s *Service) reply(ctx context.Context, actor access.Actor, out *Outgoing, group *x12.Group) error {
	r, err := interchangeByID(ctx, out.ReplyTo)
	if err != nil {
		return err
	}
	if err := access.Check(actor, access.EDIRead, r.resource()); err != nil {
		return err
	}
	sender, receiver := r.ReceiverIdent, r.SenderIdent
	out.From = r.ReceiverID
	if r.SenderID == actor.Org { // our own earlier message: the same direction
		sender, receiver, out.From = receiver, sender, r.SenderID
	}
	out.Sender, out.Receiver = identity(sender), identity(receiver)
	out.Supplier, out.Reseller, out.Partnership = r.SupplierID, r.ResellerID, r.PartnershipID
	out.Syntax, out.Version, out.Test = r.Syntax, r.Version, r.Test
	gs, err := groupsOf(ctx, r.ID)
	if err != nil || len(gs) == 0 || r.SenderID == actor.Org {
		return err
	}
	var g ack.Group
	if json.Unmarshal([]byte(gs[0].Verdict), &g) == nil {
		group.Sender, group.Receiver = g.Receiver, g.Sender
	}
	return nil
}

// groupOf is the functional group of a set (GS01): 844 and 849 share CF.
func groupOf(kind string) string { return schema.GroupCode(kind) }

func (s *Service) emit(ctx context.Context, out Outgoing, group x12.Group) (Emitted, error) {
	to := out.Supplier
	if out.From == out.Supplier {
		to = out.Reseller
	}
	if group.FunctionalID == "" || out.DocumentID == "" || out.DocumentKind == "" || out.From != out.Supplier && out.From != out.Reseller {
		return Emitted{}, fault.New(fault.Internal, "error.internal", "Cause", "an outgoing document without kind, id or sender")
	}
	fromSupplier := out.From == out.Supplier
	terms, err := s.termsAt(ctx, out.Partnership, db.Now(ctx))
	if err != nil {
		return Emitted{}, err
	}
	terms.address(&out)
	if v := terms.version(out.Syntax); v != "" && (out.Version == "" || out.ReplyTo != "") {
		out.Version = v
	}
	if group.Sender == "" || group.Receiver == "" {
		group.Sender, group.Receiver = out.Sender.Value, out.Receiver.Value
	}
	terms.groups(&group, fromSupplier)
	if d, ok := out.Doc.(translate.Document); ok && fromSupplier {
		if out.Doc, err = terms.Codes.Out(d); err != nil {
			return Emitted{}, fault.Wrap(err, fault.Internal, "error.internal")
		}
	}
	var style Style
	if IsForm(out.Syntax) {
		if style, err = s.styleOf(ctx, out.Partnership, to); err != nil {
			return Emitted{}, err
		}
	}
	write, err := out.writer(group, terms, style)
	if err != nil {
		return Emitted{}, err
	}
	sender, receiver := out.Sender.String(), out.Receiver.String()
	if err := lockPair(ctx, sender, receiver); err != nil {
		return Emitted{}, err
	}
	earlier, err := madeFor(ctx, Ref{out.DocumentKind, out.DocumentID}, write.kind)
	if err != nil {
		return Emitted{}, err
	}
	if earlier != nil {
		return Emitted{ID: earlier.ID, Control: earlier.Control, Duplicate: true}, nil
	}
	n, err := nextControl(ctx, sender, receiver)
	if err != nil {
		return Emitted{}, err
	}
	text, err := write.bytes(n, db.Now(ctx))
	if err != nil {
		return Emitted{}, err
	}
	if write.syntax == "" {
		if err := judged(text, terms); err != nil {
			return Emitted{}, err
		}
		write.syntax, write.numbers = out.Syntax, numbersOf(text)
	}
	m := made{
		From: out.From, To: to, Partnership: out.Partnership, Supplier: out.Supplier, Reseller: out.Reseller,
		Sender: sender, Receiver: receiver, Test: out.Test, Number: n, Syntax: write.syntax, Kind: write.kind, GroupKind: write.group,
		Version: write.version, Door: "trade", DocumentKind: out.DocumentKind, DocumentID: out.DocumentID,
		BusinessKey: out.Number, Bytes: text, Findings: write.findings, Numbers: write.numbers,
	}
	id, err := s.insertMade(ctx, m)
	fail.At(fail.EmitStored)
	return Emitted{ID: id, Control: padNumber(n)}, err
}

// writing is an outgoing document, translated and ready to be numbered.
type writing struct {
	kind    string // set or message type
	group   string // GS01; empty in EDIFACT
	version string
	bytes   func(n int64, at time.Time) ([]byte, error)
	// Of a form: its name, what it has no place for, and further numbers.
	syntax   string
	findings []wire.Finding
	numbers  []string
}

// writer translates what is to be sent, in the syntax asked for.
func (out Outgoing) writer(group x12.Group, terms *Terms, style Style) (writing, error) {
	if IsForm(out.Syntax) {
		return out.form(style)
	}
	if out.Syntax == SyntaxEDIFACT {
		return out.edifact(terms)
	}
	if out.Version == "" {
		out.Version = "005010"
	}
	body, err := bodyOf(out)
	if err != nil {
		return writing{}, err
	}
	return writing{kind: out.Kind, group: group.FunctionalID, version: out.Version, bytes: func(n int64, at time.Time) ([]byte, error) {
		return out.x12(group, body, terms, n, at)
	}}, nil
}

// bodyOf gives the segments to send.
func bodyOf(out Outgoing) (x12.Body, error) {
	var body x12.Body
	var findings []wire.Finding
	switch d := out.Doc.(type) {
	case nil:
		if out.Body == nil {
			return body, fault.New(fault.Internal, "error.internal", "Cause", "nothing to send")
		}
		return *out.Body, nil
	case translate.Document:
		body, findings = translate.WriteX12(d, out.Version)
	default:
		return body, fault.New(fault.Internal, "error.internal", "Cause", fmt.Sprintf("no translation for %T", out.Doc))
	}
	if wire.VerdictOf(findings) == wire.Rejected {
		return body, notSendable(findings)
	}
	return body, nil
}

// notSendable is the fault for a document that our own rules refuse. It names
// the rule and the place, never the value.
func notSendable(findings []wire.Finding) error {
	for _, f := range findings {
		if f.Severity == wire.Reject {
			return fault.New(fault.Invalid, "edi.not_sendable", "Rule", f.Key, "Segment", f.SegmentID, "Element", f.Pos.Element)
		}
	}
	return fault.New(fault.Invalid, "edi.not_sendable")
}

// x12 makes the bytes.
func (out Outgoing) x12(group x12.Group, body x12.Body, terms *Terms, n int64, at time.Time) ([]byte, error) {
	group.Control, group.Agency, group.Version = fmt.Sprint(n), "X", out.Version
	usage := "P"
	if out.Test {
		usage = "T"
	}
	message := x12.Outgoing{
		Header: x12.Header{
			SenderQualifier: out.Sender.Qualifier, Sender: out.Sender.Value, ReceiverQualifier: out.Receiver.Qualifier,
			Receiver: out.Receiver.Value, Version: isaVersion(out.Version), Control: padNumber(n), Usage: usage,
		},
		Group: group, Bodies: []x12.Body{body}, Delimiters: terms.Answers.Delimiters, EOL: terms.Answers.EOL, Replace: terms.sub(),
	}
	var b bytes.Buffer
	if err := x12.WriteInterchange(&b, message, at); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "edi.not_sendable")
	}
	return b.Bytes(), nil
}

// edifact translates into a message of the directory of out.Version, by default
// D.96A, and writes it in UNOC, or in UTF-8 (UNOY) where that cannot hold a name.
func (out Outgoing) edifact(terms *Terms) (writing, error) {
	d, ok := out.Doc.(translate.Document)
	if !ok {
		return writing{}, fault.New(fault.Internal, "error.internal", "Cause", "nothing to send")
	}
	id := messageID("", out.Version)
	if id.Version == "" || id.Release == "" || id.Agency == "" {
		id = edifact.MessageID{Version: "D", Release: "96A", Agency: "UN"}
	}
	if out.Kind == "180" { // RETANN and RETINS begin with D.01B
		id = edifact.MessageID{Version: "D", Release: "01B", Agency: "UN"}
	}
	if id.Association != "" {
		id.Association = associations[out.Kind+id.Release]
	}
	body, findings := translate.WriteUN(d, id)
	if wire.VerdictOf(findings) == wire.Rejected {
		return writing{}, notSendable(findings)
	}
	return writing{kind: body.ID.Type, version: directoryOf(body.ID), bytes: func(n int64, at time.Time) ([]byte, error) {
		h := edifact.Header{
			Syntax: "UNOC", SyntaxVersion: "3", Sender: out.Sender.Value, SenderQualifier: out.Sender.Qualifier,
			Recipient: out.Receiver.Value, RecipientQualifier: out.Receiver.Qualifier, Reference: padNumber(n), Test: out.Test,
		}
		var b bytes.Buffer
		err := edifact.WriteInterchange(&b, edifact.Outgoing{Header: h, Bodies: []edifact.Body{body}, EOL: terms.Answers.EOL}, at)
		var unfit *edifact.DataError
		if errors.As(err, &unfit) {
			b.Reset()
			h.Syntax, h.SyntaxVersion = "UNOY", "4"
			err = edifact.WriteInterchange(&b, edifact.Outgoing{Header: h, Bodies: []edifact.Body{body}, EOL: terms.Answers.EOL}, at)
		}
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "edi.not_sendable")
		}
		return b.Bytes(), nil
	}}, nil
}

// associations are the EANCOM versions (0057) of the messages that we send, by kind
// and release.
var associations = map[string]string{
	"85096A": "EAN008", "85596A": "EAN005", "85696A": "EAN005", "81096A": "EAN008", "86096A": "EAN008", "86596A": "EAN005", "86001B": "EAN010", "86501B": "EAN009", "85001B": "EAN010", "85501B": "EAN009", "85601B": "EAN007", "81001B": "EAN011",
}

// judged reads what is to be sent as a partner would.
func judged(text []byte, terms *Terms) error {
	report, err := schema.Check(bytes.NewReader(text), terms.options(schema.Options{}))
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "edi.not_sendable")
	}
	if !report.Rejected {
		return nil
	}
	for _, i := range report.Interchanges {
		for _, g := range i.GroupReports {
			for _, set := range g.SetReports {
				if set.Verdict == wire.Rejected {
					return notSendable(set.Findings)
				}
			}
		}
	}
	return notSendable(nil)
}

// isaVersion is ISA12 for a GS08: "00501" for "005010" and what is derived from it.
func isaVersion(version string) string {
	if len(version) < 5 {
		return "00501"
	}
	return version[:5]
}

func padNumber(n int64) string { return fmt.Sprintf("%09d", n) }

// padded gives a group control number the form of an interchange's: ours are
// equal.
func padded(control string) string {
	c := strings.TrimLeft(strings.TrimSpace(control), "0")
	if len(c) >= 9 {
		return c
	}
	return strings.Repeat("0", 9-len(c)) + c
}

// made is an interchange that we send, with one group and one set.
type made struct {
	SubmissionID                          string
	From, To                              string
	Delegate                              string // who sent for To what it answers
	Partnership, Supplier, Reseller       string
	Sender, Receiver                      string
	Test                                  bool
	Number                                int64
	Syntax                                string // "" is SyntaxX12
	Kind, GroupKind, Version, Door        string
	DocumentKind, DocumentID, BusinessKey string
	Bytes                                 []byte
	Findings                              []wire.Finding
	Numbers                               []string // further ones of a document
}

// insertMade stores what we send; it waits in the receiver's outbox.
func (s *Service) insertMade(ctx context.Context, m made) (string, error) {
	staged, err := s.blobs.Stage(ctx, bytes.NewReader(m.Bytes), int64(len(m.Bytes)))
	if err != nil {
		return "", err
	}
	if err := staged.Insert(ctx); err != nil {
		return "", err
	}
	setControl := "0001"
	switch m.Syntax {
	case "":
		m.Syntax = SyntaxX12
	case SyntaxX12:
	default:
		setControl = "1"
	}
	sum := sha256.Sum256(m.Bytes)
	hash := hex.EncodeToString(sum[:])
	now := db.Now(ctx)
	at := db.Micros(now)
	r := interchangeRow{
		ID: db.NewID(), SubmissionID: m.SubmissionID, Position: 1, SenderID: m.From, ReceiverID: m.To, PartnershipID: m.Partnership,
		SupplierID: m.Supplier, ResellerID: m.Reseller, Origin: OriginMade, Door: m.Door, Syntax: m.Syntax, Version: m.Version,
		SenderIdent: m.Sender, ReceiverIdent: m.Receiver, Control: padNumber(m.Number), Dated: now.Format("0601021504"), Test: m.Test,
		Blob: staged.Hash, Size: int64(len(m.Bytes)), Sha256: hash, Digest: hash, Types: m.Kind, SetCount: 1, SetsDone: 1, DelegateID: m.Delegate,
		State: string(Processed), Result: ResultAccepted, Delivery: DeliveryWaiting,
		Lane:     lane(Partnership{ID: m.Partnership, Supplier: m.Supplier, Reseller: m.Reseller}, m.From) + ":out",
		Received: at, Processed: at,
	}
	if !m.Test && !acknowledges(m.Kind) {
		closed, err := gated(ctx, m.Partnership, m.From)
		if err != nil {
			return "", err
		}
		if closed {
			r.Delivery, r.Held = DeliveryHeld, HeldNotLive
		}
	}
	t, err := s.termsAt(ctx, m.Partnership, now)
	if err != nil {
		return "", err
	}
	r.Network = t.side(m.To == m.Supplier).Network
	first := false // of what is held for want of an account: its sender is told once
	if r.Delivery == DeliveryWaiting {
		if err = s.offer(ctx, &r, t); fault.KeyOf(err) == "edi.no_account" {
			r.Delivery, r.Held = DeliveryHeld, HeldNoAccount
			first, err = heldForAccount(ctx, m.From)
			first = !first
		}
		if err != nil {
			return "", err
		}
	}
	if acknowledges(m.Kind) { // nothing is asked of it before the commit
		err = db.Later(ctx, "interchange", interchangeColumns, "", r.values()...)
	} else {
		_, err = db.Exec(ctx, interchangeInsert, r.values()...)
	}
	if err != nil {
		return "", err
	}
	if first {
		if err := s.publish(ctx, EventHeld, &r, HeldEvent{Parties: r.parties(), Reason: HeldNoAccount}); err != nil {
			return "", err
		}
	}
	control := fmt.Sprint(m.Number)
	if IsForm(m.Syntax) {
		// no group: nobody acknowledges it
	} else if err := insertGroup(ctx, &groupRow{
		InterchangeID: r.ID, GroupNo: 1, SupplierID: m.Supplier, ResellerID: m.Reseller, Kind: m.GroupKind,
		Control: control, Version: m.Version, Result: ResultAccepted,
	}); err != nil {
		return "", err
	}
	set := setRow{
		InterchangeID: r.ID, Position: 1, SupplierID: m.Supplier, ResellerID: m.Reseller, GroupNo: 1, GroupKind: m.GroupKind,
		GroupControl: control, GroupVersion: m.Version, Kind: m.Kind, Control: setControl, Size: r.Size, Result: ResultAccepted,
		Business: BusinessMade, BusinessKey: m.BusinessKey, DocumentKind: m.DocumentKind, DocumentID: m.DocumentID, Findings: findingsText(m.Findings),
	}
	if err := insertSets(ctx, []setRow{set}); err != nil || acknowledges(m.Kind) {
		return r.ID, err
	}
	return r.ID, insertNumbers(ctx, &set, m.Numbers)
}
