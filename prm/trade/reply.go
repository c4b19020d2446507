package trade

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/money"
	"entente/prm/precheck"
)

// ReplyID names one document that a supplier sent in reply to an order.
type ReplyID string

// Reply is a document of the supplier's own system: an answer (855, ORDRSP), a ship
// notice (856, DESADV), an invoice or a credit (810, INVOIC). It is booked as one made
// on the pages, or it waits for its order, or it is held with the reason.
type Reply struct {
	ID          ReplyID
	Kind        string // DocumentResponse, DocumentShipment, DocumentInvoice, DocumentCredit
	Supplier    string // company ids
	Reseller    string
	Partnership string
	Number      string  // its own, where it has one
	OrderNumber string  // of the first order it names
	Order       OrderID // "" while that is unknown
	Made        string  // id of the response, shipment or invoice it became
	Outcome     Outcome
	Reason      string            // why it waits or is held: the key of its words is "trade.doubt.<reason>"
	Args        map[string]string // of these words; no prices
	// Findings are what DoubtChecks holds it for; for people of the supplier who see prices.
	Findings    []precheck.Finding
	Inferred    bool     // lines were found by item and quantity, not by their number
	Packs       []string // SSCC of a ship notice, at most MaxPacks
	Source      string
	Interchange string
	SetNo       int
	At          time.Time
	Due         time.Time // until when it waits, then people are asked
	Settled     time.Time // when a person or the order decided it; zero while it is open
	SettledBy   string
	SettledOrg  string
	Note        string // what the person wrote
}

// Open says that it waits for its order or for a person.
func (r Reply) Open() bool { return r.Outcome == Waits || r.Outcome == HeldBack }

// PartnerOf is the company on the other side of org.
func (r Reply) PartnerOf(org string) string {
	if org == r.Supplier {
		return r.Reseller
	}
	return r.Supplier
}

// DocumentCredit is the kind of a credit; it is kept among the invoices.
const DocumentCredit = "credit"

// Kinds of a change of an order and of the answer to it; the answer is kept among the
// responses.
const (
	DocumentChange    = "order_change"
	DocumentChangeAck = "change_answer"
)

// Kinds of what is said of goods after they left: what arrived (861, RECADV), what is to go
// back (180, RETANN) and what the supplier says to that (180, RETINS).
const (
	DocumentAdvice       = "receiving_advice"
	DocumentReturn       = "goods_return"
	DocumentReturnAnswer = "return_answer"
)

// ReturnDesk keeps goods that go back. It is implemented by prm/returns and joins the
// transaction of ctx. A fault Invalid or Conflict holds the document with its words.
type ReturnDesk interface {
	// BookReturn records what the reseller wants to send back of an order, and gives its id.
	BookReturn(ctx context.Context, actor access.Actor, order OrderID, d *doc.Return, interchange string, setNo int) (string, error)
	// BookAnswer records what the supplier says to that, and gives the id of the return.
	BookAnswer(ctx context.Context, actor access.Actor, order OrderID, d *doc.Return) (string, error)
}

// DocumentReply names a reply that was not booked, for links from the gateway.
const DocumentReply = "reply"

// MaxPacks is how many packs of a ship notice are listed.
const MaxPacks = 100

// Further outcomes of a reply.
const (
	Waits     Outcome = "waiting"   // for its order
	Discarded Outcome = "discarded" // a person said that it is not to be booked
)

// WaitForOrder is how long a reply waits for its order before people are asked.
const WaitForOrder = 48 * time.Hour

// Why a reply is not booked. The words of each name the next step.
const (
	DoubtOrder     = "order_unknown"          // nobody knows the order, yet
	DoubtSame      = "same_number"            // its number was used for other content
	DoubtCurrency  = "currency_differs"       // not that of the order
	DoubtLine      = "line_unknown"           // a line that the order does not have
	DoubtUnclear   = "line_unclear"           // several lines of the order fit
	DoubtUnit      = "unit_differs"           // cannot be converted to the unit of the order
	DoubtQuantity  = "quantity_unread"        // no positive number
	DoubtAnswered  = "answers_more"           // answers more than is open
	DoubtRest      = "rest_open"              // says nothing of the rest of a line
	DoubtTakesBack = "takes_back"             // promises less than was promised before
	DoubtStatus    = "status_unknown"         // a code that has no effect here
	DoubtEmpty     = "no_lines"               // says nothing
	DoubtShips     = "ships_more"             // ships more than was ordered
	DoubtReplaces  = "replaces"               // replaces or cancels an earlier one
	DoubtInvoices  = "invoices_more"          // invoices more than was ordered
	DoubtTotal     = "total_wrong"            // its total is not that of its lines
	DoubtAmount    = "amount_range"           // cannot be computed
	DoubtOrders    = "several_orders"         // an invoice of more orders than one can be of
	DoubtTwoOrders = "two_orders"             // a line that names two orders
	DoubtCredit    = "credit_without_invoice" // names no invoice that is known
	DoubtCredits   = "credits_more"           // more than was invoiced
	DoubtState     = "order_held"             // the order waits for a decision itself
	DoubtOneOrder  = "one_order"              // speaks of several orders
	DoubtReceives  = "receives_more"          // more than is under way
	DoubtFinished  = "order_finished"         // nothing is open of its order, which is cancelled, refused or closed
	DoubtDebit     = "debit"                  // an adjustment that raises what is owed
	DoubtDate      = "date_odd"               // a date of it cannot be meant
	DoubtNoOrder   = "order_missing"          // names no order at all
	DoubtBlanket   = "blanket"                // moves goods of a blanket order
	DoubtOther     = "other"                  // the desk refuses it; Args hold the words
)

// saidBefore is why a reply that is no copy is still a duplicate: everything it says
// stands already.
const saidBefore = "said_before"

// IncomingReply is a document that a supplier's system sent. Interchange and SetNo make
// it idempotent. Exactly one of the documents is set. Change comes from the reseller's
// system: it waits for its order, or is held, as a reply is.
type IncomingReply struct {
	Ack         *doc.OrderAck
	Notice      *doc.ShipNotice
	Invoice     *doc.Invoice
	Change      *doc.OrderChange
	ChangeAck   *doc.OrderChangeAck
	Advice      *doc.ReceivingAdvice
	Return      *doc.Return
	Supplier    string
	Reseller    string
	Partnership string
	Interchange string
	SetNo       int
	Syntax      string // of the interchange; kept for the record
	Source      string // SourceEDI when empty
}

// ReplyReceipt says what became of a reply. For a booked one Kind and ID name what it
// made, for others the reply itself.
type ReplyReceipt struct {
	Reply    ReplyID
	Outcome  Outcome
	Reason   string
	Kind, ID string
	Order    OrderID
	Repeated bool // this very set was received before: nothing was done
}

// doubt is a rule of the desk that a reply breaks: it is held with these words.
type doubt struct {
	reason string
	args   map[string]string
	found  []precheck.Finding // of DoubtChecks
	unseen bool               // repeats what has not left its supplier
}

func (d *doubt) Error() string { return "trade: reply in doubt: " + d.reason }

// doubted makes a doubt with its values, name and value in turn.
func doubted(reason string, args ...string) *doubt {
	d := &doubt{reason: reason, args: map[string]string{}}
	for i := 0; i+1 < len(args); i += 2 {
		d.args[args[i]] = args[i+1]
	}
	return d
}

func (in *IncomingReply) kind() string {
	switch {
	case in.Ack != nil:
		return DocumentResponse
	case in.Notice != nil:
		return DocumentShipment
	case in.Change != nil:
		return DocumentChange
	case in.ChangeAck != nil:
		return DocumentChangeAck
	case in.Advice != nil:
		return DocumentAdvice
	case in.Return != nil && in.Return.Stage == doc.StageInstruct:
		return DocumentReturnAnswer
	case in.Return != nil:
		return DocumentReturn
	case in.Invoice != nil && (in.Invoice.Type == "CR" || in.Invoice.Type == "CN"):
		return DocumentCredit
	}
	return DocumentInvoice
}

// orders are the numbers and releases of the orders it names, the first one first.
func (in *IncomingReply) orders() [][2]string {
	switch {
	case in.Ack != nil:
		return [][2]string{{in.Ack.Number, in.Ack.Release}}
	case in.Notice != nil:
		var out [][2]string
		for _, o := range in.Notice.Orders {
			out = append(out, [2]string{o.Number, o.Release})
		}
		return out
	case in.Change != nil:
		return [][2]string{{in.Change.Number, in.Change.Release}}
	case in.ChangeAck != nil:
		return [][2]string{{in.ChangeAck.Number, in.ChangeAck.Release}}
	case in.Advice != nil:
		return adviceOrders(in.Advice)
	case in.Return != nil:
		return returnOrders(in.Return)
	}
	return invoiceOrders(in.Invoice)
}

// number is that of the document itself.
func (in *IncomingReply) number() string {
	switch {
	case in.Ack != nil:
		return in.Ack.Seller
	case in.Notice != nil:
		return in.Notice.Number
	case in.Change != nil:
		return firstOf(in.Change.Request, in.Change.Sequence)
	case in.ChangeAck != nil:
		return firstOf(in.ChangeAck.Request, in.ChangeAck.Sequence)
	case in.Advice != nil:
		return in.Advice.Number
	case in.Return != nil:
		return in.Return.Number
	}
	return in.Invoice.Number
}

// fromReseller says that documents of a kind come from the reseller's system.
func fromReseller(kind string) bool {
	return kind == DocumentChange || kind == DocumentAdvice || kind == DocumentReturn
}

// adviceOrders are the orders that a receiving advice names, each once.
func adviceOrders(d *doc.ReceivingAdvice) [][2]string {
	refs := slices.Clone(d.Orders)
	for i := range d.Lines {
		refs = append(refs, d.Lines[i].Orders...)
	}
	return orderRefs(refs)
}

func returnOrders(d *doc.Return) [][2]string {
	refs := []doc.OrderRef{d.Order}
	for i := range d.Lines {
		refs = append(refs, d.Lines[i].Order)
	}
	return orderRefs(refs)
}

func orderRefs(refs []doc.OrderRef) [][2]string {
	var out [][2]string
	for _, r := range refs {
		if x := [2]string{r.Number, r.Release}; r.Number != "" && !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	if len(out) == 0 {
		out = append(out, [2]string{})
	}
	return out
}

// bookAdvice marks as received what the reseller's system says arrived; what it says is
// short will not come.
func (s *Service) bookAdvice(ctx context.Context, actor access.Actor, r *replyRow, d *doc.ReceivingAdvice) error {
	if d.Purpose == "05" || d.Purpose == "01" {
		return doubted(DoubtReplaces, "Number", r.Number)
	}
	refs := adviceOrders(d)
	if len(refs) > 1 {
		return doubted(DoubtOneOrder, "Order", refs[0][0], "Other", refs[1][0])
	}
	o, lines, err := s.known(ctx, r, refs[0][0], refs[0][1])
	if err != nil {
		return err
	}
	r.OrderID = o.ID
	p, err := s.placer(ctx, o, lines)
	if err != nil {
		return err
	}
	cmd := ReceiveCmd{}
	var notes []string
	for i := range d.Lines {
		x := &d.Lines[i]
		l, err := p.find(&x.Line, x.Quantity, Line.ToReceive)
		if err != nil {
			return err
		}
		var q money.Quantity
		if x.Quantity != "" {
			if q, err = p.quantity(l, x.Quantity, x.Unit); err != nil {
				return err
			}
		}
		for _, e := range x.Exceptions {
			switch e.Condition {
			case "02":
				cmd.Short = true
			case "07", "":
			default:
				notes = append(notes, l.Reference+": "+string(e.Quantity)+" "+e.Condition)
			}
		}
		if open := l.ToReceive() - p.said[l.Number]; q > open {
			return doubted(DoubtReceives, "Line", l.Reference, "Quantity", q.String(), "Open", open.String())
		}
		adopt(&x.Line, l)
		if q > 0 {
			p.said[l.Number] += q
			cmd.Lines = append(cmd.Lines, LineQuantity{l.Number, q})
		}
	}
	if len(cmd.Lines) == 0 && !cmd.Short {
		return doubted(DoubtEmpty)
	}
	if len(cmd.Lines) == 0 { // none named would mean all of them
		cmd.Lines = []LineQuantity{{1, 0}}
	}
	cmd.Note = bounded(strings.Join(notes, "; "), 200)
	r.Inferred = p.inferred
	if err := r.write(IncomingReply{Advice: d}); err != nil {
		return err
	}
	r.MadeID = o.ID
	return refusal(s.arrived(ctx, actor, &o, lines, cmd))
}

// bookReturn hands what goes back, and the answer to it, to the desk that keeps them.
func (s *Service) bookReturn(ctx context.Context, actor access.Actor, r *replyRow, d *doc.Return) error {
	refs := returnOrders(d)
	if len(refs) > 1 {
		return doubted(DoubtOneOrder, "Order", refs[0][0], "Other", refs[1][0])
	}
	o, lines, err := s.known(ctx, r, refs[0][0], refs[0][1])
	if err != nil {
		return err
	}
	r.OrderID = o.ID
	if s.returns == nil {
		return doubted(DoubtEmpty)
	}
	p, err := s.placer(ctx, o, lines)
	if err != nil {
		return err
	}
	for i := range d.Lines { // in the order's numbers and units
		x := &d.Lines[i]
		l, err := p.find(&x.Line, x.Quantity, func(l Line) money.Quantity { return l.Shipped - l.Returned })
		if err != nil {
			return err
		}
		q, err := p.quantity(l, x.Quantity, x.Unit)
		if err != nil {
			return err
		}
		adopt(&x.Line, l)
		x.Quantity, x.Unit = decimal(q), l.Unit
	}
	r.Inferred = p.inferred
	if r.Kind == DocumentReturnAnswer {
		r.MadeID, err = s.returns.BookAnswer(ctx, actor, OrderID(o.ID), d)
	} else {
		r.MadeID, err = s.returns.BookReturn(ctx, actor, OrderID(o.ID), d, r.InterchangeID, int(r.SetNo))
	}
	return refusal(err)
}

// system is the actor that books a document: its sender's.
func (r *replyRow) system() access.Actor {
	if fromReseller(r.Kind) {
		return access.System("edi", r.ResellerID)
	}
	return access.System("edi", r.SupplierID)
}

// ordered is the order that a line of an invoice names itself (REF PO, RFF+ON; RE its
// release), else that of the head.
func ordered(d *doc.Invoice, l *doc.InvoiceLine) [2]string {
	out, release := [2]string{d.OrderNumber, d.Release}, ""
	for _, ref := range l.Refs {
		switch {
		case ref.Value == "":
		case ref.Qualifier == "PO" || ref.Qualifier == "ON":
			if ref.Value != d.OrderNumber {
				out = [2]string{ref.Value}
			}
		case ref.Qualifier == "RE":
			release = ref.Value
		}
	}
	if release != "" && out[0] != "" {
		out[1] = release
	}
	return out
}

// oneOrderEach doubts a line that names two orders of its buyer: which of them it invoices is
// not guessed. The order of the head counts only where a line names none.
func oneOrderEach(d *doc.Invoice) error {
	for i, l := range d.Lines {
		first := ""
		for _, ref := range l.Refs {
			switch {
			case ref.Value == "" || ref.Qualifier != "PO" && ref.Qualifier != "ON":
			case first == "":
				first = ref.Value
			case ref.Value != first:
				return doubted(DoubtTwoOrders, "Line", firstOf(l.Number, itoa(i+1)), "First", first, "Second", ref.Value)
			}
		}
	}
	return nil
}

// invoiceOrders are the orders that an invoice is of, as its lines name them.
func invoiceOrders(d *doc.Invoice) [][2]string {
	var out [][2]string
	seen := map[[2]string]bool{}
	for i := range d.Lines {
		if o := ordered(d, &d.Lines[i]); !seen[o] {
			seen[o] = true
			out = append(out, o)
		}
	}
	if len(out) == 0 {
		out = append(out, [2]string{d.OrderNumber, d.Release})
	}
	return out
}
