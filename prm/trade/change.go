package trade

import (
	"context"
	"strings"
	"time"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// ChangeID names a change that the buyer of an order asks for.
type ChangeID string

// OrderChange is what a buyer asks to change in an order (860, ORDCHG, or on the pages). It
// waits for the supplier, who answers each of its lines (865, ORDRSP, or on the pages).
type OrderChange struct {
	ID          ChangeID
	Order       OrderID
	Supplier    string // company ids
	Reseller    string
	Number      string // the buyer's own number of it (BCH07)
	Sequence    string // which change of the order it is (BCH05)
	Kind        string // ChangeLines, ChangeAll, ChangeBack
	State       string // ChangeOpen, ChangeAnswered, ChangeWithdrawn
	Note        string
	Source      string
	Interchange string
	SetNo       int
	By          string // person, "" for a system
	At          time.Time
	AnsweredBy  string
	AnsweredOrg string
	AnsweredAt  time.Time
	Response    ResponseID
	Lines       []ChangeLine
}

// Open says that it waits for the supplier.
func (c OrderChange) Open() bool { return c.State == ChangeOpen }

// Kinds and states of a change.
const (
	ChangeLines     = "lines"      // of some lines
	ChangeAll       = "cancel"     // the whole order is withdrawn
	ChangeBack      = "withdrawal" // takes back the changes before it that were open
	ChangeOpen      = "open"
	ChangeAnswered  = "answered"
	ChangeWithdrawn = "withdrawn"
)

// ChangeAction is what a line of a change asks for.
type ChangeAction string

// The actions.
const (
	ChangeAdd    ChangeAction = "add"
	ChangeCancel ChangeAction = "cancel"
	ChangeValues ChangeAction = "change" // the values of Fields
)

// Fields of a line that can change.
const (
	FieldQuantity = "quantity"
	FieldPrice    = "price"
	FieldDate     = "date"
)

// Verdicts of the supplier on a line of a change.
const (
	VerdictGranted = "granted"
	VerdictPartly  = "partly"
	VerdictRefused = "refused"
)

// ChangeLine is a line of a change: what stood when it was asked for, and what is asked
// for. Quantities are in Unit, prices per Unit.
type ChangeLine struct {
	Position    int
	Line        int // of the order; 0 for a new one that is not on it
	Action      ChangeAction
	Reference   string // the buyer's line number
	Product     string
	SKU         string
	BuyerItem   string
	GTIN        string
	Description string
	Unit        string
	Fields      []string // of ChangeValues
	WasQuantity money.Quantity
	Quantity    money.Quantity
	WasPrice    money.Price
	Price       money.Price
	WasDate     string
	Date        string
	Marks       Marks          // doubts of a quote that the order draws on, when it was asked for
	Effect      Effect         // on the order as it stands; only while the change is open
	Verdict     string         // "" while it is open
	Granted     money.Quantity // what the line was left at
	Reason      string         // why not all of it: a word of Limits or of Reasons, or the supplier's own words
}

// Has says whether it asks for another value of a field.
func (c ChangeLine) Has(field string) bool {
	for _, f := range c.Fields {
		if f == field {
			return true
		}
	}
	return false
}

// Effect is what a line of a change can do to an order: the quantity that the line would
// be left at, and what of it is too late.
type Effect struct {
	Quantity money.Quantity
	Limits   []Limit
	None     bool // nothing of it can be done any more
}

// Limit is something that is asked for too late. Key is the last part of the locale key
// "trade.limit.<key>", Done the quantity that is shipped or invoiced.
type Limit struct {
	Field string
	Key   string
	Done  money.Quantity
}

// The keys of a Limit; they are reasons of a refusal too.
const (
	LimitShipped   = "shipped_already"
	LimitInvoiced  = "invoiced_already"
	LimitCancelled = "cancelled_already"
)

// AskCmd asks for a change of an order. Version 0 does not check. Key makes a repeated
// post the same change. Cancel withdraws the whole order; Lines are then left out.
type AskCmd struct {
	Version int64
	Key     string
	Note    string
	Cancel  bool
	Lines   []AskLine
	// Approval is the request by which it was approved; prm/approval alone sets it.
	Approval string `json:"-"`
}

// AskLine is a line to change. Line 0 is a new one, of the item SKU (any number of the
// item). A value left zero stays as it is.
type AskLine struct {
	Line        int
	Cancel      bool
	SKU         string
	Unit        string
	Quantity    money.Quantity
	Price       money.Price
	RequestedOn string // civil date
}

// AnswerCmd answers a change. Lines that are not named are granted as far as they can be.
type AnswerCmd struct {
	Version int64 // of the order; 0 does not check
	Lines   []ChangeAnswer
	// Approval is the request by which it was approved; prm/approval alone sets it.
	Approval string
}

// ChangeAnswer is the answer to a line of a change. Quantity is what the line shall be
// left at instead of what is asked for; 0 as far as possible.
type ChangeAnswer struct {
	Position int
	Refuse   bool
	Quantity money.Quantity
	Reason   string // code of Reasons or own words, to 80 characters
}

// ResponsePartly is the kind of an answer that grants a change in part.
const ResponsePartly = "partly"

// Doubts about a change.
const (
	DoubtSequence = "change_older"    // a later change of the order is known
	DoubtShipTo   = "change_ship_to"  // sends the goods elsewhere
	DoubtPending  = "change_pending"  // takes back a change that is not answered yet
	DoubtReopens  = "change_reopens"  // wants more of an order that is at its end
	DoubtExists   = "line_exists"     // adds a line whose number is taken
	DoubtChange   = "change_unknown"  // answers a change that nobody asked for
	DoubtAnswers  = "change_answered" // answers a change that was answered
	DoubtBack     = "change_back"     // answers a change that its buyer withdrew
	DoubtSilent   = "change_rest"     // says nothing to a line of the change
)

// codeDeleted is ACK01 of a line taken off.
const codeDeleted = "ID"

// code is POC02 of a line of a change.
func (c ChangeLine) code() string {
	switch c.Action {
	case ChangeAdd:
		return "AI"
	case ChangeCancel:
		return "DI"
	}
	q, p, d := c.Has(FieldQuantity), c.Has(FieldPrice), c.Has(FieldDate)
	switch {
	case q && p && !d:
		return "PQ"
	case q && !p && !d && c.Quantity > c.WasQuantity:
		return "QI"
	case q && !p && !d:
		return "QD"
	case p && !q && !d:
		return "PC"
	case d && !p && !q:
		return "CT"
	}
	return "CA"
}

// gone is what of a line cannot be taken back: shipped, or invoiced and not credited.
func (l Line) gone() money.Quantity { return max(l.Shipped, l.Invoiced-l.Credited) }

// wanted is what is asked for and not cancelled.
func (l Line) wanted() money.Quantity { return l.Ordered - l.Cancelled }

func (l Line) limit(field string) Limit {
	if l.Shipped >= l.Invoiced-l.Credited {
		return Limit{field, LimitShipped, l.Shipped}
	}
	return Limit{field, LimitInvoiced, l.Invoiced - l.Credited}
}

// effect weighs a line of a change against the line as it stands.
func (c ChangeLine) effect(l Line) Effect {
	e := Effect{Quantity: l.wanted()}
	done := 0 // of the fields, those that can be
	switch c.Action {
	case ChangeAdd:
		return Effect{Quantity: c.Quantity}
	case ChangeCancel:
		switch gone := l.gone(); {
		case l.wanted() == 0:
			e.Limits, e.None = []Limit{{FieldQuantity, LimitCancelled, 0}}, true
		case gone > 0:
			e.Quantity, e.Limits, e.None = gone, []Limit{l.limit(FieldQuantity)}, gone >= l.wanted()
		default:
			e.Quantity = 0
		}
		return e
	}
	if l.wanted() == 0 && l.Ordered > 0 {
		return Effect{Limits: []Limit{{FieldQuantity, LimitCancelled, 0}}, None: true}
	}
	if c.Has(FieldQuantity) {
		e.Quantity = max(c.Quantity, l.gone())
		if e.Quantity != c.Quantity {
			e.Limits = append(e.Limits, l.limit(FieldQuantity))
		}
		if e.Quantity != l.wanted() {
			done++
		}
	}
	if c.Has(FieldPrice) {
		if n := l.Invoiced - l.Credited; n > 0 {
			e.Limits = append(e.Limits, Limit{FieldPrice, LimitInvoiced, n})
		} else {
			done++
		}
	}
	if c.Has(FieldDate) {
		if l.Shipped >= e.Quantity && l.Shipped > 0 {
			e.Limits = append(e.Limits, Limit{FieldDate, LimitShipped, l.Shipped})
		} else {
			done++
		}
	}
	e.None = done == 0
	return e
}

// apply changes a line as far as the effect allows, to the quantity q. Granting a change
// promises the line as changed: what is not back-ordered is confirmed.
func (c ChangeLine) apply(l *Line, e Effect, q money.Quantity, cur money.Currency) error {
	late := map[string]bool{}
	for _, x := range e.Limits {
		late[x.Field] = true
	}
	if c.Action == ChangeCancel {
		gone := l.gone()
		l.Cancelled, l.Confirmed, l.Backordered = l.Ordered-gone, min(l.Confirmed, gone), 0
		before := LineChanged
		if gone == 0 {
			before = LineCancelled
		}
		l.State = lineState(*l, before)
		if l.Ordered == 0 { // nobody could read it
			l.State = LineCancelled
		}
		return nil
	}
	if c.Has(FieldQuantity) && q != l.wanted() {
		back := min(l.Backordered, q-min(l.Confirmed, q))
		l.Ordered, l.Cancelled, l.Backordered = q, 0, back
		l.Marks = l.Marks.without(QuantityUnread)
	}
	if c.Has(FieldPrice) && !late[FieldPrice] {
		l.Price = c.Price
		l.Marks = l.Marks.without(PriceMissing).without(PriceZero).without(PriceDiffers)
	}
	if c.Has(FieldDate) && !late[FieldDate] {
		l.RequestedOn, l.PromisedOn = c.Date, c.Date
	}
	l.Confirmed = l.Ordered - l.Cancelled - l.Backordered
	if l.PromisedOn == "" {
		l.PromisedOn = l.RequestedOn
	}
	amount, err := l.net(l.Ordered)
	if err != nil {
		return err
	}
	l.Amount = amount
	l.State = lineState(*l, LineChanged)
	return nil
}

// restated are the parts of the answer that say how the line stands now.
func (c ChangeLine) restated(l Line, verdict string) []ResponseLine {
	var out []ResponseLine
	code := codeAccepted
	if verdict == VerdictPartly {
		code = codeChanged
	}
	action := Accept
	if verdict == VerdictPartly {
		action = Change
	}
	if l.Confirmed > 0 {
		out = append(out, ResponseLine{Line: l.Number, Action: action, Code: code, Quantity: l.Confirmed, Date: l.PromisedOn, Reason: c.Reason})
	}
	if l.Backordered > 0 {
		out = append(out, ResponseLine{Line: l.Number, Action: Backorder, Code: codeBackorder, Quantity: l.Backordered})
	}
	if l.Cancelled > 0 {
		out = append(out, ResponseLine{Line: l.Number, Action: Reject, Code: codeDeleted, Quantity: l.Cancelled})
	}
	return out
}

// changeAckDoc builds the 865 of an answered change from the parts of its response.
func changeAckDoc(d Detail, c OrderChange, r Response, zone string) doc.OrderChangeAck {
	out := doc.OrderChangeAck{Header: echo(d), Purpose: "04", Type: map[string]string{ResponseAccepted: "AD", ResponsePartly: "AC", ResponseRejected: "RD"}[r.Kind], Number: d.Number, Release: d.Release,
		Sequence: c.Sequence, Date: d.OrderedOn, Request: c.Number, Contract: d.Contract, AckDate: civilIn(r.At, zone), ChangeDate: civilIn(c.At, zone)}
	parts := map[int][]ResponseLine{}
	for _, p := range r.Lines {
		parts[p.Line] = append(parts[p.Line], p)
	}
	for _, cl := range c.Lines {
		al := doc.ChangeAckLine{Change: cl.code()}
		if cl.Line == 0 { // a new line that was refused
			l := Line{Reference: cl.Reference, SKU: cl.SKU, BuyerItem: cl.BuyerItem, GTIN: cl.GTIN, Description: cl.Description, Unit: cl.Unit}
			al.Line = docLine(l, cl.Price)
			al.Quantity = decimal(cl.Quantity)
			al.Responses = []doc.Response{{Status: codeRejected, Quantity: al.Quantity, Unit: cl.Unit}}
			out.Lines = append(out.Lines, al)
			continue
		}
		l := d.Lines[cl.Line-1]
		al.Line = docLine(l, l.Price)
		var sum money.Quantity
		for _, p := range parts[cl.Line] {
			sum += p.Quantity
			x := ackPart(l, p)
			if p.Code == codeDeleted {
				x.DateQualifier, x.Date = "", ""
			}
			al.Responses = append(al.Responses, x)
		}
		al.Quantity = decimal(sum)
		out.Lines = append(out.Lines, al)
	}
	return out
}

// WithdrawChange takes back, for the buyer, a change that the supplier has not answered, with
// those before it that are open too: the order stands as it is. What was answered meanwhile
// is not touched. Safe to repeat.
// Codes: NotFound, Forbidden (not the buying side), Conflict (it was answered, or a later one
// is open, which is not taken back unsaid).
// Publishes ChangeTakenBack.
func (s *Service) WithdrawChange(ctx context.Context, actor access.Actor, id ChangeID) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := changeByID(ctx, string(id))
		if err == nil {
			err = access.Check(actor, access.OrderPlace, access.Shared(r.SupplierID, r.ResellerID))
		}
		if err != nil {
			return err
		}
		o, lines, err := s.open(ctx, actor, access.OrderPlace, OrderID(r.OrderID), 0)
		if err != nil {
			return err
		}
		if r, err = changeByID(ctx, string(id)); err != nil || r.State == ChangeWithdrawn { // under the lock of the order
			return err
		}
		if r.State != ChangeOpen {
			return fault.New(fault.Conflict, "trade.doubt.change_answered", "Number", firstOf(r.Number, r.Sequence))
		}
		open, asked, err := openChanges(ctx, o.ID)
		if err != nil {
			return err
		}
		if last := open[len(open)-1]; last.ID != r.ID {
			return fault.New(fault.Conflict, "trade.change_later", "Number", firstOf(r.Number, r.Sequence), "Later", firstOf(last.Number, last.Sequence))
		}
		t, err := termsOf(ctx, o.PartnershipID)
		if err != nil {
			return err
		}
		d, err := AskCmd{}.document(ctx, t, o, lines)
		if err != nil {
			return err
		}
		d.Lines = asStanding(lines, asked)
		if err := numberChange(ctx, t, o, d); err != nil {
			return err
		}
		_, err = s.takeBack(ctx, actor, o, open, d, changeRow{Source: typedBy(actor), MadeBy: actor.Person})
		return err
	})
}

// typedBy is the source of what a person asks for: the API where a token acts for them.
func typedBy(actor access.Actor) string {
	if strings.HasPrefix(actor.Via, "token:") {
		return SourceAPI
	}
	return SourceForm
}

// asStanding restates the lines that changes asked to change, and deletes those that they
// asked to add: a system that did not hear of the answer reads it as another change.
func asStanding(lines []Line, asked []ChangeLine) []doc.ChangeLine {
	out := []doc.ChangeLine{}
	named := map[string]bool{}
	for _, c := range asked {
		if named[c.Reference] {
			continue
		}
		named[c.Reference] = true
		x := doc.ChangeLine{Change: "DI"}
		if c.Line >= 1 && c.Line <= len(lines) {
			l := lines[c.Line-1]
			x.Line, x.Change = docLine(l, 0), "CA"
			x.Refs, x.Quantity, x.Price = nil, decimal(l.wanted()), ""
			if l.Price > 0 || l.Free { // one that nobody named is not zero
				x.Price = decimal(l.Price)
			}
			if l.RequestedOn != "" {
				x.Dates = []doc.Date{{Qualifier: "002", Date: l.RequestedOn}}
			}
		} else {
			x.Number, x.VendorItem, x.Unit, x.Quantity = c.Reference, c.SKU, c.Unit, "0"
			x.Items = []doc.ItemID{{Qualifier: "VP", ID: c.SKU}}
		}
		out = append(out, x)
	}
	return out
}

// takesBack says that a change which asks for nothing but what stands restates all that
// the open ones ask to change: it then withdraws them. One that is silent about some of it
// could mean either, and is held.
func takesBack(d *doc.OrderChange, asked []ChangeLine) bool {
	if d.Purpose == purposeReplace {
		return true
	}
	for _, c := range asked {
		said := false
		for _, x := range d.Lines {
			if c.Action == ChangeAdd || x.Change == "NC" || !sameNumber(x.Number, c.Reference) {
				continue
			}
			quantity := x.Quantity != "" && x.Change != "PC" && x.Change != "CT"
			said = said || (quantity || c.Action == ChangeValues && !c.Has(FieldQuantity)) && (x.Price != "" || !c.Has(FieldPrice)) &&
				(requested(x.Dates) != "" || requested(d.Dates) != "" || !c.Has(FieldDate))
		}
		if !said {
			return false
		}
	}
	return true
}

// takeBack writes that the open changes of an order are withdrawn, and tells both companies.
func (s *Service) takeBack(ctx context.Context, actor access.Actor, o orderRow, open []changeRow, d *doc.OrderChange, r changeRow) (ChangeID, error) {
	now := db.Micros(db.Now(ctx))
	r.ID, r.OrderID, r.SupplierID, r.ResellerID, r.PartnershipID = db.NewID(), o.ID, o.SupplierID, o.ResellerID, o.PartnershipID
	r.Number, r.Sequence, r.Kind, r.State = bounded(d.Request, 60), bounded(d.Sequence, 20), ChangeBack, ChangeWithdrawn
	r.Made, r.Answered, r.AnsweredBy, r.AnsweredOrg = now, now, actor.Person, actor.Org
	if err := r.keep(d); err != nil {
		return "", err
	}
	if err := insertMany(ctx, []changeRow{r}); err != nil {
		return "", err
	}
	names := make([]string, len(open))
	for i, c := range open {
		c.State, c.Answered, c.AnsweredBy, c.AnsweredOrg = ChangeWithdrawn, now, actor.Person, actor.Org
		if err := saveChange(ctx, c, nil); err != nil {
			return "", err
		}
		names[i] = firstOf(c.Number, c.Sequence)
	}
	if err := alsoFound(ctx, o.ID, r.Number); err != nil {
		return "", err
	}
	err := s.record(ctx, actor, o, deed{history: "order.change_withdrawn", args: map[string]string{"Change": strings.Join(names, ", ")}, action: "order.change",
		event: ChangeTakenBack, payload: Event{Change: ChangeID(r.ID), Interchange: r.InterchangeID, SetNo: int(r.SetNo), Source: r.Source}})
	if err != nil {
		return "", err
	}
	return ChangeID(r.ID), s.changeAnswered(ctx, o)
}

// over is why a change takes no answer any more.
func (r changeRow) over() string {
	if r.State == ChangeWithdrawn {
		return DoubtBack
	}
	return DoubtAnswers
}
