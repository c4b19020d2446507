package trade

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/fault"
)

// ReceiveReply books what a supplier's system sent, in the caller's transaction when
// there is one. It is safe to repeat: the same set of the same interchange gives the
// first receipt again. A number that is known makes no second document: equal content
// is a duplicate, other content is held. A reply to an order that nobody knows waits
// for it; one that breaks a rule of the desk is held with the reason. Nothing is lost.
// The actor is the system acting for the company that sent it.
// Codes: NotFound (no such partnership), Conflict (it is not active), Forbidden,
// TooLarge.
// Publishes what booking it by hand publishes, ReplyHeld or ReplyDuplicate.
func (s *Service) ReceiveReply(ctx context.Context, actor access.Actor, in IncomingReply) (ReplyReceipt, error) {
	action := access.OrderConfirm
	if fromReseller(in.kind()) {
		action = access.OrderPlace
	}
	if err := access.Check(actor, action, access.Shared(in.Supplier, in.Reseller)); err != nil {
		return ReplyReceipt{}, err
	}
	if !strings.HasPrefix(actor.Via, "system:") {
		return ReplyReceipt{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	if in.Source == "" {
		in.Source = SourceEDI
	}
	var out ReplyReceipt
	err := s.db.InTx(db.WithOrgs(ctx, in.Supplier, in.Reseller), func(ctx context.Context) error {
		t, err := s.active(ctx, in.Partnership)
		if err != nil {
			return err
		}
		if t.SupplierID != in.Supplier || t.ResellerID != in.Reseller {
			return fault.New(fault.NotFound, "error.not_found")
		}
		r, err := newReply(ctx, t, in)
		if err != nil {
			return err
		}
		fresh, err := insertOnce(ctx, &r)
		if err != nil {
			return err
		}
		if !fresh {
			if r, err = replyBySource(ctx, in.Supplier, r.SourceKey); err != nil {
				return err
			}
			out = r.receipt()
			out.Repeated = true
			return nil
		}
		own, err := r.incoming() // booking adds to the lines, and may run again
		if err != nil {
			return err
		}
		if err := s.place(ctx, actor, t, &r, own); err != nil {
			return err
		}
		out = r.receipt()
		return nil
	})
	return out, err
}

// newReply is the row of a document before anything came of it.
func newReply(ctx context.Context, t terms, in IncomingReply) (replyRow, error) {
	now := db.Now(ctx)
	r := replyRow{ID: db.NewID(), SupplierID: t.SupplierID, ResellerID: t.ResellerID, PartnershipID: t.ID, Kind: in.kind(), Number: bounded(in.number(), 60), Outcome: string(Waits),
		Args: "{}", Source: in.Source, InterchangeID: in.Interchange, SetNo: int64(in.SetNo), Syntax: in.Syntax, Made: db.Micros(now), Due: db.Micros(now.Add(WaitForOrder))}
	if in.Interchange != "" {
		r.SourceKey = in.Interchange + "/" + itoa(in.SetNo)
	}
	if os := in.orders(); len(os) > 0 {
		r.OrderNumber, r.ReleaseNo = bounded(os[0][0], 60), bounded(os[0][1], 60)
	}
	lines := 0
	switch {
	case in.Ack != nil:
		lines = len(in.Ack.Lines)
	case in.Notice != nil:
		in.Notice.EachLine(func(*doc.ShippedOrder, *doc.ShipLine) { lines++ })
		r.Packs = strings.Join(codesOf(in.Notice), ",")
	case in.Change != nil:
		lines = len(in.Change.Lines)
	case in.ChangeAck != nil:
		lines = len(in.ChangeAck.Lines)
	case in.Advice != nil:
		lines = len(in.Advice.Lines)
	case in.Return != nil:
		lines = len(in.Return.Lines)
	default:
		lines = len(in.Invoice.Lines)
	}
	if lines > maxLines {
		return r, fault.New(fault.TooLarge, "trade.too_many_lines", "Most", maxLines)
	}
	return r, r.write(in)
}

// write keeps the document, and the fingerprint of what a resend would repeat: neither
// the envelope nor when it was written.
func (r *replyRow) write(in IncomingReply) error {
	kept, bare := keptReply{Ack: in.Ack, Notice: in.Notice, Invoice: in.Invoice, Change: in.Change, ChangeAck: in.ChangeAck, Advice: in.Advice, Return: in.Return}, keptReply{}
	switch {
	case in.Ack != nil:
		d := *in.Ack
		d.AckDate, d.Extra = "", nil
		bare.Ack = &d
	case in.Notice != nil:
		d := *in.Notice
		d.Date, d.Time, d.Extra = "", "", nil
		bare.Notice = &d
	case in.Change != nil:
		d := *in.Change
		if d.Extra = nil; r.Number != "" { // else only its date tells one change from another
			d.ChangeDate = ""
		}
		bare.Change = &d
	case in.ChangeAck != nil:
		d := *in.ChangeAck
		d.AckDate, d.ChangeDate, d.Extra = "", "", nil
		bare.ChangeAck = &d
	case in.Advice != nil:
		d := *in.Advice
		d.Date, d.Time, d.Extra = "", "", nil
		bare.Advice = &d
	case in.Return != nil:
		d := *in.Return
		d.Date, d.Time, d.Extra = "", "", nil
		bare.Return = &d
	default:
		d := *in.Invoice
		d.Extra = nil
		bare.Invoice = &d
	}
	a, err := json.Marshal(kept)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "error.internal")
	}
	b, err := json.Marshal(bare)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "error.internal")
	}
	r.Document = string(a)
	if r.ContentHash == "" {
		sum := sha256.Sum256(b)
		r.ContentHash = hex.EncodeToString(sum[:])
	}
	return nil
}

// keptReply is how the document is stored.
type keptReply struct {
	Ack       *doc.OrderAck        `json:"ack,omitempty"`
	Notice    *doc.ShipNotice      `json:"notice,omitempty"`
	Invoice   *doc.Invoice         `json:"invoice,omitempty"`
	Change    *doc.OrderChange     `json:"change,omitempty"`
	ChangeAck *doc.OrderChangeAck  `json:"change_ack,omitempty"`
	Advice    *doc.ReceivingAdvice `json:"advice,omitempty"`
	Return    *doc.Return          `json:"return,omitempty"`
}

// incoming is the stored document as it arrived.
func (r *replyRow) incoming() (IncomingReply, error) {
	var k keptReply
	if err := json.Unmarshal([]byte(r.Document), &k); err != nil {
		return IncomingReply{}, fault.Wrap(err, fault.Internal, "error.internal")
	}
	return IncomingReply{Ack: k.Ack, Notice: k.Notice, Invoice: k.Invoice, Change: k.Change, ChangeAck: k.ChangeAck, Advice: k.Advice, Return: k.Return, Supplier: r.SupplierID, Reseller: r.ResellerID, Partnership: r.PartnershipID,
		Interchange: r.InterchangeID, SetNo: int(r.SetNo), Syntax: r.Syntax, Source: r.Source}, nil
}

// place finds out what becomes of a reply whose row is stored, and writes that. It
// writes nothing of a reply that it does not book.
func (s *Service) place(ctx context.Context, actor access.Actor, t terms, r *replyRow, in IncomingReply) error {
	was := *r
	err := s.bookReply(ctx, actor, t, r, in)
	mends := r.mends
	var d *doubt
	switch {
	case errors.As(err, &d):
		*r = was
		r.Reason, r.Outcome, r.Findings = d.reason, string(HeldBack), ""
		if len(d.found) > 0 {
			r.Findings = db.Text(d.found)
		}
		switch {
		case d.reason == DoubtOrder && db.Micros(db.Now(ctx)) < r.Due:
			r.Outcome = string(Waits)
			r.OrderNumber, r.ReleaseNo = bounded(d.args["Order"], 60), bounded(d.args["Release"], 60)
		case d.reason == saidBefore:
			if r.Outcome = string(Duplicate); d.unseen {
				r.Reason = DoubtChecks
			}
		}
		args, err := json.Marshal(d.args)
		if err != nil {
			return fault.Wrap(err, fault.Internal, "error.internal")
		}
		r.Args = string(args)
		for i, n := range append([][2]string{{r.OrderNumber, r.ReleaseNo}}, in.orders()...) { // it is seen on the page of one that is known
			if i > MaxInvoiceOrders {
				break
			}
			o, known, err := orderByKey(ctx, r.SupplierID, r.ResellerID, n[0], n[1], false)
			if err != nil {
				return err
			}
			if known {
				r.OrderID = o.ID
				break
			}
		}
	case err != nil:
		return err
	default:
		r.Outcome, r.Reason, r.Args = string(Booked), "", "{}"
	}
	if err := s.mended(ctx, actor, r, mends); err != nil {
		return err
	}
	if err := saveReply(ctx, r); err != nil {
		return err
	}
	if Outcome(r.Outcome) == Booked {
		return s.warned(ctx, r)
	}
	if was.Outcome == r.Outcome && was.Reason == r.Reason && was.OrderID == r.OrderID && was.Settled == r.Settled && Outcome(r.Outcome) != Waits {
		return nil // tried again in vain
	}
	return s.tell(ctx, actor, r)
}

// tell records what became of a reply that was not booked; what was booked told itself.
func (s *Service) tell(ctx context.Context, actor access.Actor, r *replyRow) error {
	o := orderRow{SupplierID: r.SupplierID, ResellerID: r.ResellerID, PartnershipID: r.PartnershipID, Source: r.Source}
	if r.OrderID != "" {
		var err error
		if o, err = orderByID(ctx, OrderID(r.OrderID), false); err != nil {
			return err
		}
	}
	d := deed{args: map[string]string{"Kind": r.Kind, "Number": r.Number, "Order": r.OrderNumber, "Reason": r.Reason}, action: "order.reply",
		payload: Event{Reply: ReplyID(r.ID), Interchange: r.InterchangeID, SetNo: int(r.SetNo), Source: r.Source, Reason: r.Reason, Settled: r.Settled > 0}}
	switch Outcome(r.Outcome) {
	case Waits:
		d.event = ReplyWaits
	case HeldBack:
		d.event, d.history = ReplyHeld, "order.reply_held"
	case Duplicate:
		d.event, d.history = ReplyDuplicate, "order.reply_duplicate"
	case Discarded:
		d.event, d.history = ReplySettled, "order.reply_discarded"
	default:
		d.event = ReplySettled
	}
	if fromReseller(r.Kind) && d.event == ReplyHeld {
		d.event = ChangeHeld
	}
	if r.Kind == DocumentChange {
		switch d.event {
		case ChangeHeld:
			d.history = "order.change_held"
		case ReplyDuplicate:
			d.history = "order.change_duplicate"
		case ReplySettled:
			if d.history != "" {
				d.history = "order.change_discarded"
			}
		}
	}
	if r.OrderID == "" || r.Reason == DoubtChecks { // it has not left its supplier yet
		d.history = ""
	}
	return s.record(ctx, actor, o, d)
}

// bookReply books a document or says what is in the way. What it was asked to write it
// writes only after every rule was looked at.
func (s *Service) bookReply(ctx context.Context, actor access.Actor, t terms, r *replyRow, in IncomingReply) error {
	switch r.Kind {
	case DocumentResponse:
		return s.bookAck(ctx, actor, t, r, in.Ack)
	case DocumentShipment:
		return s.bookNotice(ctx, actor, t, r, in.Notice)
	case DocumentChange:
		return s.bookChange(ctx, actor, t, r, in.Change)
	case DocumentChangeAck:
		return s.bookChangeAck(ctx, actor, t, r, in.ChangeAck)
	case DocumentAdvice:
		return s.bookAdvice(ctx, actor, r, in.Advice)
	case DocumentReturn, DocumentReturnAnswer:
		return s.bookReturn(ctx, actor, r, in.Return)
	}
	return s.bookInvoice(ctx, actor, t, r, in.Invoice)
}

// known locks the order that a reply is about, once it is clear that the reply is new.
func (s *Service) known(ctx context.Context, r *replyRow, number, release string) (orderRow, []Line, error) {
	if err := repeated(ctx, r); err != nil {
		return orderRow{}, nil, err
	}
	o, err := taken(ctx, r, number, release)
	if err == nil {
		err = repeated(ctx, r) // while we waited for the lock
	}
	if err != nil {
		return o, nil, err
	}
	return s.answerable(ctx, r, o)
}

// taken locks the order that a reply names.
func taken(ctx context.Context, r *replyRow, number, release string) (orderRow, error) {
	if number == "" {
		return orderRow{}, doubted(DoubtNoOrder)
	}
	o, ok, err := orderByKey(ctx, r.SupplierID, r.ResellerID, number, release, true)
	if err == nil && !ok {
		err = doubted(DoubtOrder, "Order", number, "Release", release)
	}
	return o, err
}

// answerable gives the lines of an order that a reply may move.
func (s *Service) answerable(ctx context.Context, r *replyRow, o orderRow) (orderRow, []Line, error) {
	if o.Held != "" && !(r.Kind == DocumentChange && o.Held == o.HoldReason) {
		return o, nil, doubted(DoubtState, "Order", o.Number)
	}
	lines, err := linesOf(ctx, o)
	return o, lines, err
}

// repeated says whether a number is known: equal content is a duplicate, other content
// a doubt. What is held before it left, and its copies, are no use of the number: r mends it.
func repeated(ctx context.Context, r *replyRow) error {
	rows, err := repliesByKey(ctx, r)
	if err != nil {
		return err
	}
	used := false
	r.mends = nil
	for _, x := range rows {
		if x.ContentHash == r.ContentHash {
			d := doubted(saidBefore, "Number", r.Number, "Order", r.OrderNumber)
			d.unseen = x.Reason == DoubtChecks
			return d
		}
		if x.mendable() {
			r.mends = append(r.mends, x.ID)
		}
		used = used || x.Reason != DoubtChecks
	}
	ownNumber := r.Kind != DocumentChangeAck && r.Kind != DocumentResponse || r.Kind == DocumentResponse && r.Syntax == "edifact" // BAK08 is the number of the seller's order
	if used && ownNumber && r.Number != "" {
		return doubted(DoubtSame, "Number", r.Number)
	}
	return nil
}

// refusal turns a refusal of the desk into a doubt; other errors stay what they are.
func refusal(err error) error {
	f := fault.As(err)
	if err == nil || f == nil || f.Code != fault.Invalid && f.Code != fault.Conflict {
		return err
	}
	key, args := f.Key, f.Args
	if len(f.Fields) > 0 {
		key, args = f.Fields[0].Key, f.Fields[0].Args
	}
	d := doubted(DoubtOther, "Key", key)
	for k, v := range args {
		d.args[k] = bounded(fmt.Sprint(v), 100)
	}
	return d
}
