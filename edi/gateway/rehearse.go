package gateway

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"time"

	"entente/db"
	"entente/edi/doc"
	"entente/edi/guide"
	"entente/edi/schema"
	"entente/edi/translate"
	"entente/edi/wire"
	"entente/prm/access"
	"entente/prm/fault"
)

// DocumentTest is the document kind of what is made of a test order: its id is the
// interchange that the order came in. The business knows no such document.
const DocumentTest = "test_order"

// The steps of a rehearsal, in their order. RehearseRefused is a test order with a
// mistake that is refused; it proves that the reseller sees why, and is not required.
const (
	RehearseOrder        = "order"        // 850, ORDERS
	RehearseAnswered     = "answered"     // our 997 or CONTRL on it
	RehearseRefused      = "refused"      //
	RehearseResponse     = "response"     // 855, ORDRSP
	RehearseShipped      = "shipped"      // 856, DESADV
	RehearseInvoiced     = "invoiced"     // 810, INVOIC
	RehearseAcknowledged = "acknowledged" // their answers to all three
)

// What a step waits for.
const (
	WaitsFetch = "fetch" // it lies in the receiver's outbox, or is on its way
	WaitsAck   = "ack"   // the receiver's acknowledgement of it
)

// Tick is one step of a rehearsal, taken from what really went.
type Tick struct {
	Step        string // a Rehearse… word
	Kind        string // set or message type
	Sender      string // company id
	For         string // company id of the direction whose gate asks for it; empty: not required
	Done        bool
	Failed      bool   // the receiver refused it
	Waits       string // a Waits… word, where it was sent and is not done
	Interchange string // that made it so; empty: none yet
	Control     string
	At          time.Time
}

// Rehearsal is how far two companies came with a chain of test documents. All of them
// carry the test indicator, and none is booked.
type Rehearsal struct {
	Standard string // SyntaxX12 or SyntaxEDIFACT; empty: no test order was accepted yet
	Order    string // the interchange of the order that the chain follows
	Ticks    []Tick
}

// Ready says that every test which the gate of a direction asks for is done.
func (r Rehearsal) Ready(sender string) bool {
	asked := false
	for _, t := range r.Ticks {
		if t.For == sender {
			asked = true
			if !t.Done {
				return false
			}
		}
	}
	return asked
}

// Done counts the steps that are done.
func (r Rehearsal) Done() (n int) {
	for _, t := range r.Ticks {
		if t.Done {
			n++
		}
	}
	return n
}

// Rehearsal returns how far a partnership came with its test documents.
// Codes: NotFound.
func (s *Service) Rehearsal(ctx context.Context, actor access.Actor, partnership string) (Rehearsal, error) {
	supplier, reseller, err := s.link(ctx, actor, access.LinkRead, partnership)
	if err != nil {
		return Rehearsal{}, err
	}
	var out Rehearsal
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		out, err = s.rehearsal(ctx, partnership, supplier, reseller)
		return err
	})
	return out, err
}

// testKinds are the types of a chain, by standard.
var testKinds = map[string][]string{SyntaxX12: {"850", "997", "855", "856", "810"}, SyntaxEDIFACT: {"ORDERS", "CONTRL", "ORDRSP", "DESADV", "INVOIC"}}

// recentTests is how many of the latest test orders are looked at for the chain that
// came farthest.
const recentTests = 10

func (s *Service) rehearsal(ctx context.Context, partnership, supplier, reseller string) (Rehearsal, error) {
	orders, err := testsOf(ctx, partnership, reseller, []string{"850", "ORDERS"}, recentTests)
	if err != nil {
		return Rehearsal{}, err
	}
	best, found := chain(SyntaxX12, supplier, reseller), false
	var refused *interchangeRow
	for i := range orders {
		o := &orders[i]
		switch {
		case o.Origin != OriginSent || o.State != string(Processed) || o.Held == HeldDiscarded:
		case o.Result == ResultRejected && refused == nil:
			refused = o
		case o.Result == ResultAccepted:
			one, err := s.chainOf(ctx, o)
			if err != nil {
				return Rehearsal{}, err
			}
			if !found || one.Done() > best.Done() {
				best, found = one, true
			}
		}
	}
	if refused != nil {
		t := &best.Ticks[slices.IndexFunc(best.Ticks, func(t Tick) bool { return t.Step == RehearseRefused })]
		t.Kind, t.Done, t.Interchange, t.Control, t.At = refused.Types, true, refused.ID, refused.Control, instant(refused.Received)
		if best.Standard == "" && refused.Syntax == SyntaxEDIFACT {
			other := chain(SyntaxEDIFACT, supplier, reseller)
			for i := range other.Ticks {
				best.Ticks[i].Kind = other.Ticks[i].Kind
			}
		}
	}
	return best, nil
}

// chain is the chain of a standard with nothing done.
func chain(standard, supplier, reseller string) Rehearsal {
	k := testKinds[standard]
	return Rehearsal{Ticks: []Tick{
		{Step: RehearseOrder, Kind: k[0], Sender: reseller, For: reseller}, {Step: RehearseAnswered, Kind: k[1], Sender: supplier, For: reseller},
		{Step: RehearseResponse, Kind: k[2], Sender: supplier, For: supplier}, {Step: RehearseShipped, Kind: k[3], Sender: supplier, For: supplier},
		{Step: RehearseInvoiced, Kind: k[4], Sender: supplier, For: supplier}, {Step: RehearseAcknowledged, Kind: k[1], Sender: reseller, For: supplier},
		{Step: RehearseRefused, Kind: k[0], Sender: reseller},
	}}
}

// chainOf follows one accepted test order.
func (s *Service) chainOf(ctx context.Context, o *interchangeRow) (Rehearsal, error) {
	out := chain(o.Syntax, o.SupplierID, o.ResellerID)
	out.Standard, out.Order = o.Syntax, o.ID
	t := out.Ticks
	t[0].Done = true
	t[0].put(o)
	kinds := testKinds[o.Syntax]
	answers, err := answersTo(ctx, "interchange", o.ID)
	if err != nil {
		return out, err
	}
	if a := answers[kinds[1]]; a != nil {
		t[1].put(a)
		t[1].arrived(a)
	}
	made, err := answersTo(ctx, DocumentTest, o.ID)
	if err != nil {
		return out, err
	}
	acknowledged := 0
	for i, kind := range kinds[2:] {
		step, r := &t[2+i], made[kind]
		if r == nil {
			if r, err = sentTest(ctx, o, kind); err != nil {
				return out, err
			}
		}
		if r == nil {
			continue
		}
		step.put(r)
		step.arrived(r)
		verdict := r.Acknowledged
		if r.Origin == OriginSent { // the supplier's own system sent it: we judged it
			verdict = r.Result
		}
		switch verdict {
		case "":
		case string(wire.Rejected), ResultPartly:
			step.Done, step.Failed, step.Waits = false, true, ""
		default: // what was acknowledged has arrived
			step.Done, step.Waits = true, ""
			acknowledged++
			t[5].put(r)
		}
		if step.Done && verdict == "" {
			step.Waits = WaitsAck
		}
	}
	if t[5].Done = acknowledged == 3; !t[5].Done {
		t[5].Interchange, t[5].Control, t[5].At = "", "", time.Time{}
	}
	return out, nil
}

func (t *Tick) put(r *interchangeRow) {
	t.Interchange, t.Control, t.At = r.ID, r.Control, instant(r.Received)
}

// arrived says whether the receiver has what we made.
func (t *Tick) arrived(r *interchangeRow) {
	switch {
	case r.Origin == OriginSent:
		t.Done = r.State == string(Processed)
	case r.Delivery == DeliveryFetched, r.Delivery == DeliveryDelivered, r.Delivery == DeliveryUnproved, r.Delivery == DeliveryMailbox:
		t.Done = true
	case r.Delivery == DeliveryFailed:
		t.Failed = true
	default:
		t.Waits = WaitsFetch
	}
}

// sentTest finds a test document of a type that the supplier's own system sent after an
// order.
func sentTest(ctx context.Context, o *interchangeRow, kind string) (*interchangeRow, error) {
	rows, err := testsOf(ctx, o.PartnershipID, o.SupplierID, []string{kind}, 1)
	if err != nil || len(rows) == 0 || rows[0].Origin != OriginSent || rows[0].Received < o.Received {
		return nil, err
	}
	return &rows[0], nil
}

// maxTest is the largest test order that is answered with documents made from it.
const maxTest = 1 << 20

// Rehearse sends the next test document of a partnership's chain, made from its test
// order, by the way that documents really go; also before the one before it was
// acknowledged. People of the supplier do.
// Codes: NotFound, Forbidden, Conflict (no accepted test order, or nothing is left to
// send), Invalid edi.not_sendable.
func (s *Service) Rehearse(ctx context.Context, actor access.Actor, partnership string) error {
	supplier, reseller, err := s.link(ctx, actor, access.LinkManage, partnership)
	if err != nil {
		return err
	}
	if actor.Org != supplier {
		return fault.New(fault.Forbidden, "edi.supplier_only")
	}
	if err := access.Check(actor, access.EDISend, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		seen, err := s.rehearsal(ctx, partnership, supplier, reseller)
		if err != nil {
			return err
		}
		if seen.Order == "" {
			return fault.New(fault.Conflict, "edi.no_test_order")
		}
		o, err := interchangeByID(ctx, seen.Order)
		if err != nil {
			return err
		}
		sent, err := s.nextTest(ctx, actor, o, true)
		if err == nil && !sent {
			err = fault.New(fault.Conflict, "edi.tests_sent")
		}
		if err != nil {
			return err
		}
		return s.noteLink(ctx, actor, "edi.rehearse", partnership)
	})
}

// Continue sends the next test document of the chain of one test order where its
// partnership is tested first and the one before was accepted. It is for subscribers,
// joins the transaction of ctx, and does nothing for other interchanges. Safe to repeat.
func (s *Service) Continue(ctx context.Context, order string) error {
	o, err := interchangeByID(ctx, order)
	if err != nil {
		return err
	}
	if !o.Test || o.Origin != OriginSent || o.SenderID != o.ResellerID || o.Result != ResultAccepted || o.Types != testKinds[o.Syntax][0] {
		return nil
	}
	rows, err := stagesOf(ctx, o.PartnershipID)
	if err != nil || !slices.ContainsFunc(rows, func(r stageRow) bool { return r.Live == 0 }) {
		return err
	}
	_, err = s.nextTest(ctx, access.System("edi", o.SupplierID), o, false)
	if fault.CodeOf(err) == fault.Invalid { // an order of which no document can be made: a person sees the chain stand still
		s.log.Warn("a test order could not be answered", slog.String("interchange", o.ID), slog.Any("cause", err))
		return nil
	}
	return err
}

// nextTest sends the next document of an order's chain, and says whether there was one.
func (s *Service) nextTest(ctx context.Context, actor access.Actor, o *interchangeRow, byHand bool) (bool, error) {
	made, err := answersTo(ctx, DocumentTest, o.ID)
	if err != nil {
		return false, err
	}
	before := ""
	for i, kind := range testKinds[o.Syntax][2:] {
		if r := made[kind]; r != nil {
			before = r.Acknowledged
			continue
		}
		if i > 0 && !byHand && before != string(wire.Accepted) && before != string(wire.AcceptedWithErrors) {
			return false, nil
		}
		if own, err := sentTest(ctx, o, kind); err != nil || own != nil {
			return false, err // its own system does it
		}
		order, err := s.orderOf(ctx, o)
		if err != nil {
			return false, err
		}
		out := Outgoing{ReplyTo: o.ID, Kind: []string{"855", "856", "810"}[i], DocumentKind: DocumentTest, DocumentID: o.ID}
		out.Doc, out.Number = testDocument(out.Kind, order, o.Control, db.Now(ctx))
		_, err = s.Emit(ctx, actor, out)
		return err == nil, err
	}
	return false, nil
}

// orderOf reads the first order of an interchange.
func (s *Service) orderOf(ctx context.Context, o *interchangeRow) (*doc.PurchaseOrder, error) {
	if o.Size > maxTest {
		return nil, fault.New(fault.Invalid, "edi.test_large", "Most", maxTest)
	}
	body, err := s.open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	v := &firstOrder{}
	err = schema.Read(body, guide.WithAssociations(schema.Options{Limits: s.opt.Limits}), v)
	if v.order == nil {
		if err == nil || errors.Is(err, io.EOF) {
			err = errors.New("no order can be read of it")
		}
		return nil, fault.Wrap(err, fault.Invalid, "edi.not_sendable")
	}
	if o.SenderID == o.ResellerID {
		terms, err := s.termsAt(ctx, o.PartnershipID, o.judged())
		if err != nil {
			return nil, err
		}
		terms.Codes.In(v.order)
	}
	return v.order, nil
}

// firstOrder stops after the first order it is shown.
type firstOrder struct{ order *doc.PurchaseOrder }

func (f *firstOrder) Interchange(*schema.Interchange) error    { return nil }
func (f *firstOrder) Group(*schema.Group) error                { return nil }
func (f *firstOrder) GroupEnd(*schema.Group) error             { return nil }
func (f *firstOrder) InterchangeEnd(*schema.Interchange) error { return nil }

func (f *firstOrder) Set(set *schema.Set) error {
	if set.Type != "850" && set.Type != "ORDERS" {
		return nil
	}
	f.order, _ = translate.ReadPurchaseOrder(set)
	return io.EOF
}

var _ schema.Visitor = (*firstOrder)(nil)

func (s *Service) trialAnswer(ctx context.Context, id string) (TrialAnswer, error) {
	r, err := interchangeByID(ctx, id)
	if err != nil {
		return TrialAnswer{}, err
	}
	body, err := s.open(ctx, r)
	if err != nil {
		return TrialAnswer{}, err
	}
	defer body.Close()
	b, err := io.ReadAll(io.LimitReader(body, 16<<10))
	return TrialAnswer{Kind: r.Types, Text: string(b)}, err
}
