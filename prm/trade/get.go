package trade

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/money"
)

// Get returns one order with everything that belongs to it. Prices are left out
// for a reader without the right to them, invoices likewise.
// Codes: NotFound (missing, or the actor's company is not party to it).
func (s *Service) Get(ctx context.Context, actor access.Actor, id OrderID) (Detail, error) {
	var out Detail
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		row, err := orderByID(ctx, id, false)
		if err == nil {
			err = access.Check(actor, access.OrderRead, access.Shared(row.SupplierID, row.ResellerID))
		}
		if err != nil {
			return err
		}
		out, err = s.detail(ctx, row, actor)
		return err
	})
	if err != nil {
		return Detail{}, err
	}
	if actor.Org != out.Supplier {
		for i := range out.Holds {
			out.Holds[i].outside()
		}
	}
	both := access.Shared(out.Supplier, out.Reseller)
	if !access.Allowed(actor, access.InvoiceRead, both) {
		out.Invoices, out.InvoicesHidden = nil, true
		out.Chain = slices.DeleteFunc(out.Chain, func(s Step) bool { return s.Code == "810" })
	}
	if !access.Allowed(actor, access.OrderPrices, both) {
		out.hide(true)
	}
	return out, nil
}

// Head returns an order without its lines: for lists, rooms and notices.
// Codes: NotFound.
func (s *Service) Head(ctx context.Context, actor access.Actor, id OrderID) (Order, error) {
	var out Order
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		row, err := orderByID(ctx, id, false)
		if err == nil {
			err = access.Check(actor, access.OrderRead, access.Shared(row.SupplierID, row.ResellerID))
		}
		if err != nil {
			return err
		}
		out = row.order()
		out.Differs, err = differs(ctx, row.ID)
		return err
	})
	out.hide(!access.Allowed(actor, access.OrderPrices, access.Shared(out.Supplier, out.Reseller)))
	return out, err
}

// Body returns an order with its lines and invoices, and with what those say of them:
// Get without the rest. It is for the system, which sees every price. Codes: NotFound.
func (s *Service) Body(ctx context.Context, actor access.Actor, id OrderID) (Detail, error) {
	var out Detail
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		row, err := orderByID(ctx, id, false)
		if err == nil {
			err = access.Check(actor, access.OrderPrices, access.Shared(row.SupplierID, row.ResellerID))
		}
		if err != nil {
			return err
		}
		out, err = s.lines(ctx, row)
		return err
	})
	return out, err
}

// Named are orders as Body gives them, with the names of their products: for an invoice that
// is of many, a few questions for all of them. Codes: NotFound.
func (s *Service) Named(ctx context.Context, actor access.Actor, ids ...OrderID) (map[OrderID]Detail, error) {
	out := map[OrderID]Detail{}
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		clear(out)
		if err := readBodies(ctx, ids); err != nil {
			return err
		}
		all := map[string][]Line{} // by supplier
		for _, id := range ids {
			d, err := s.Body(ctx, actor, id)
			if err != nil {
				return err
			}
			out[id] = d
			all[d.Supplier] = append(all[d.Supplier], d.Lines...)
		}
		for supplier, lines := range all {
			if err := nameLines(ctx, orderRow{SupplierID: supplier}, lines); err != nil {
				return err
			}
			for _, id := range ids { // in the sequence in which they were put together
				if d := out[id]; d.Supplier == supplier {
					copy(d.Lines, lines)
					lines = lines[len(d.Lines):]
				}
			}
		}
		return nil
	})
	return out, err
}

// Bodies makes ready what Body asks of some orders, as Heads does for Head.
func Bodies(ctx context.Context, ids ...OrderID) error { return readBodies(ctx, ids) }

// Heads makes ready what Head and Get ask first of some orders, in the transaction of
// ctx: one question instead of one for each. It tells nothing and checks nothing.
func Heads(ctx context.Context, ids ...OrderID) error { return readHeads(ctx, ids) }

// lines reads an order with its lines and invoices.
func (s *Service) lines(ctx context.Context, row orderRow) (Detail, error) {
	out := Detail{Order: row.order()}
	var err error
	if out.Head, err = row.head(); err != nil {
		return out, err
	}
	if out.Lines, err = linesOf(ctx, row); err != nil {
		return out, err
	}
	invs, err := invoicesOf(ctx, row.ID)
	if err != nil {
		return out, err
	}
	out.Difference = money.Amount{Currency: out.Currency}
	if len(invs) > 0 {
		t, err := termsOf(ctx, row.PartnershipID)
		if err != nil {
			return out, err
		}
		match(out.Lines, invs, out.Currency, money.Rate(t.PriceTolerance), money.Rate(t.QuantityTolerance))
	}
	for _, m := range invs {
		inv := m.invoice()
		inv.OrderNumber = out.Number
		out.Invoices = append(out.Invoices, inv)
		out.Differs = out.Differs || inv.State == InvoiceDiffers
		out.Difference.Minor += inv.Difference.Minor
	}
	return out, nil
}

// detail reads an order completely: fifteen queries at most, whatever its size.
func (s *Service) detail(ctx context.Context, row orderRow, actor access.Actor) (Detail, error) {
	out, err := s.lines(ctx, row)
	if err != nil {
		return out, err
	}
	if err = nameLines(ctx, row, out.Lines); err != nil {
		return out, err
	}
	if out.Responses, err = responsesOf(ctx, row.ID); err != nil {
		return out, err
	}
	if out.Shipments, err = shipped(ctx, row.ID); err != nil {
		return out, err
	}
	if out.Arrivals, err = arrivalsOf(ctx, row); err != nil {
		return out, err
	}
	if out.Changes, err = changesOf(ctx, row.ID, out.Lines); err != nil {
		return out, err
	}
	if out.Replies, err = repliesOfOrder(ctx, row.ID, actor); err != nil {
		return out, err
	}
	if actor.Org == row.SupplierID && access.Allowed(actor, access.OrderPrices, access.Shared(row.SupplierID, row.ResellerID)) {
		if out.Warnings, err = warningsOf(ctx, row.ID); err != nil {
			return out, err
		}
	}
	if out.History, err = historyOf(ctx, row.ID); err != nil {
		return out, err
	}
	if out.Place, err = heldPlace(ctx, row, out.Head); err != nil {
		return out, err
	}
	if out.Holds, err = holdsOf(ctx, row.ID); err != nil {
		return out, err
	}
	k, _, err := clockOf(ctx, row.ID)
	if err != nil {
		return out, err
	}
	out.Clock = k.clock()
	out.Chain = chain(out)
	return out, nil
}

// hide takes every price and amount out of the detail.
func (d *Detail) hide(yes bool) {
	if !yes {
		return
	}
	d.Order.hide(true)
	zero := money.Amount{Currency: d.Currency}
	d.Difference = zero
	d.Head.Allowances, d.Head.Terms = nil, nil
	for i := range d.Lines {
		l := &d.Lines[i]
		l.Price, l.ListPrice, l.InvoicePrice, l.DealAllowance, l.Trail = 0, 0, 0, 0, nil
		l.Amount, l.InvoiceAmount, l.Difference = zero, zero, zero
	}
	for i := range d.Responses {
		for k := range d.Responses[i].Lines {
			d.Responses[i].Lines[k].Price = 0
		}
	}
	for i := range d.Invoices {
		d.Invoices[i].hide()
	}
	for i := range d.Chain {
		d.Chain[i].Amount = zero
	}
	for i := range d.Changes {
		for k := range d.Changes[i].Lines {
			c := &d.Changes[i].Lines[k]
			c.WasPrice, c.Price = 0, 0
		}
	}
	for i := range d.Arrivals {
		d.Arrivals[i].Differences = slices.DeleteFunc(d.Arrivals[i].Differences, func(x Difference) bool { return x.Field == "price" })
	}
}

func (i *Invoice) hide() {
	zero := money.Amount{Currency: i.Currency}
	i.PricesHidden, i.Net, i.Tax, i.Gross, i.Difference, i.TaxRate, i.Taxes = true, zero, zero, zero, zero, 0, nil
	for k := range i.Lines {
		i.Lines[k].Price, i.Lines[k].Amount, i.Lines[k].Off = 0, zero, zero
	}
}

// chain lines up the documents of an order as they came, with what is still missing at the
// end.
func chain(d Detail) []Step {
	zero := money.Amount{Currency: d.Currency}
	var ordered, open, left, due money.Quantity
	for _, l := range d.Lines {
		ordered += l.Ordered
		open += l.Answerable()
		left += l.Outstanding()
		due += max(0, l.Ordered-l.Cancelled-l.Invoiced)
	}
	out := []Step{{Code: "850", ID: string(d.ID), Number: d.Number, State: "received", At: d.Received, By: d.Reseller, Interchange: d.Interchange, Quantity: ordered, Total: ordered, Amount: d.Total}}
	answers := 0
	for _, r := range d.Responses {
		code := "855"
		if r.Change != "" {
			code = "865"
		} else {
			answers++
		}
		st := Step{Code: code, ID: string(r.ID), Number: r.Number, State: r.Kind, At: r.At, By: d.Supplier, Interchange: r.Interchange, Total: ordered, Amount: zero}
		for _, l := range r.Lines {
			if l.Code != codeRejected && l.Code != codeBackorder {
				st.Quantity += l.Quantity
			}
		}
		out = append(out, st)
	}
	for _, c := range d.Changes {
		state := "accepted"
		switch {
		case c.Open():
			state = "open"
		case c.State == ChangeWithdrawn:
			state = ChangeWithdrawn
		}
		out = append(out, Step{Code: "860", ID: string(c.ID), Number: firstOf(c.Number, c.Sequence), State: state, At: c.At, By: d.Reseller, Interchange: c.Interchange, Amount: zero})
	}
	if answers == 0 && open > 0 {
		out = append(out, Step{Code: "855", By: d.Supplier, Total: ordered, Amount: zero, Todo: true})
	}
	for _, sh := range d.Shipments {
		st := Step{Code: "856", ID: string(sh.ID), Number: sh.Number, State: "shipped", At: sh.At, By: d.Supplier, Total: ordered, Amount: zero}
		if !sh.ReceivedAt.IsZero() {
			st.State = "received"
		}
		for _, l := range sh.Lines {
			st.Quantity += l.Quantity
		}
		out = append(out, st)
	}
	if len(d.Shipments) == 0 && left > 0 && d.State != Invoiced {
		out = append(out, Step{Code: "856", By: d.Supplier, Total: ordered, Amount: zero, Todo: true})
	}
	for _, inv := range d.Invoices {
		st := Step{Code: "810", ID: string(inv.ID), Number: inv.Number, State: inv.State, At: inv.At, By: d.Supplier, Interchange: inv.Interchange, Total: ordered, Amount: inv.Net}
		for _, l := range inv.Lines {
			st.Quantity += l.Quantity
		}
		out = append(out, st)
	}
	if len(d.Invoices) == 0 && due > 0 {
		out = append(out, Step{Code: "810", By: d.Supplier, Total: ordered, Amount: zero, Todo: true})
	}
	slices.SortStableFunc(out, func(a, b Step) int { // as they came; what is missing stays at the end
		switch {
		case a.Todo && b.Todo:
			return 0
		case a.Todo:
			return 1
		case b.Todo:
			return -1
		}
		return a.At.Compare(b.At)
	})
	return out
}

func arrivalsOf(ctx context.Context, o orderRow) ([]Arrival, error) {
	rows, err := arrivalRows(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	out := make([]Arrival, len(rows))
	for i, r := range rows {
		out[i] = Arrival{ID: ArrivalID(r.ID), Order: OrderID(r.OrderID), Number: r.Number, Outcome: Outcome(r.Outcome), Reason: r.Reason, Source: r.Source, Interchange: r.InterchangeID, SetNo: int(r.SetNo), At: db.FromMicros(r.Made),
			Answer: r.Answer, AnsweredBy: r.AnsweredBy, AnsweredOrg: r.AnsweredOrg, AnsweredAt: db.FromMicros(r.Answered), NewOrder: OrderID(r.NewOrderID)}
		if r.Outcome == string(HeldBack) && r.Answer == "" {
			var k kept
			if json.Unmarshal([]byte(r.Document), &k) == nil {
				out[i].Differences = k.Differences
			}
			out[i].CanReplace = State(o.State) == Received || r.Reason == HeldCancel && !slices.Contains([]State{Closed, Cancelled, Rejected, Shipped, Invoiced}, State(o.State))
		}
	}
	return out, nil
}

// GetInvoice returns one invoice with its lines.
// Codes: NotFound, Forbidden (the role sees no invoices).
func (s *Service) GetInvoice(ctx context.Context, actor access.Actor, id InvoiceID) (Invoice, error) {
	var out Invoice
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		row, err := invoiceByID(ctx, id)
		if err == nil {
			err = access.Check(actor, access.InvoiceRead, access.Shared(row.SupplierID, row.ResellerID))
		}
		if err != nil {
			return err
		}
		o, err := orderByID(ctx, OrderID(row.OrderID), false)
		if err != nil {
			return err
		}
		m := matched{row: row}
		if m.lines, err = invoiceLinesOf(ctx, row.ID); err != nil {
			return err
		}
		taxes, err := taxesOf(ctx, []invoiceRow{row})
		if err != nil {
			return err
		}
		m.taxes = taxes[row.ID]
		out = m.invoice()
		out.OrderNumber = o.Number
		if row.Orders > 0 {
			out.Shares, err = namedShares(ctx, row)
		}
		return err
	})
	return out, err
}

// Detail is one order with everything that belongs to it. InvoicesHidden says
// that the reader has no right to invoices, which are then left out.
type Detail struct {
	Order
	Head
	Lines          []Line
	Responses      []Response // oldest first, as all of these
	Shipments      []Shipment
	Invoices       []Invoice
	InvoicesHidden bool
	Arrivals       []Arrival
	Changes        []OrderChange
	Replies        []Reply // what the supplier's system sent about it
	Warnings       []SentWarning
	History        []Entry // newest first
	Chain          []Step
	Clock          AnswerClock
	Place          *HeldPlace   // set while it is held for its ship-to
	Holds          []Hold       // of its supplier, the newest first
	Difference     money.Amount // sum over the lines
}

// Step is one document of the chain: 850, 855, 860, 865, 856, 810. Todo: not there yet.
// Quantity of Total is what it is about ("360 of 400").
type Step struct {
	Code        string
	ID          string
	Number      string
	State       string // received; accepted, changed, rejected; shipped, received; matched, differs
	At          time.Time
	By          string // the company that made it
	Interchange string
	Quantity    money.Quantity
	Total       money.Quantity
	Amount      money.Amount // zero with PricesHidden
	Todo        bool
}

// View is a saved view of the orders list.
type View string

// The views.
const (
	ViewAll     View = ""
	ViewWaiting View = "waiting" // waits for the actor's company
	ViewOpen    View = "open"    // not finished
	ViewHeld    View = "held"
	ViewMarked  View = "marked"  // lines with a doubt
	ViewDiffers View = "differs" // an invoice does not match
	ViewLate    View = "late"    // the answer is overdue
)

// Views lists them in the order of the tabs.
var Views = []View{ViewAll, ViewWaiting, ViewOpen, ViewLate, ViewMarked, ViewHeld, ViewDiffers}

// Filter narrows the list of orders. Side is "", "supplier" or "reseller", seen
// from the actor. From and To are civil days (UTC) of receipt, both included.
// Limit is 1 to 200, default 50. After is the cursor of the page before.
type Filter struct {
	View    View
	States  []State
	Partner string // company id
	Side    string
	From    string
	To      string
	Query   string
	After   string
	Limit   int
}

// Row is one order of the list, newest first.
type Row struct {
	Order
	FirstMark     Mark // of the first marked line
	FirstMarkLine int
	Waits         bool // waits for the actor's company
	Clock         AnswerClock
}

// Page is one page of orders.
type Page struct {
	Items []Row
	Next  string // "" at the end
}

// CountMost is how far the numbers beside the views are counted: one more says that there
// are more.
const CountMost = 1000

// Counts are the numbers beside the views, each up to CountMost + 1.
type Counts struct {
	All     int
	Waiting int
	Open    int
	Held    int
	Marked  int
	Differs int
	Late    int
}

// Of is the count of a view.
func (c Counts) Of(v View) int {
	switch v {
	case ViewWaiting:
		return c.Waiting
	case ViewOpen:
		return c.Open
	case ViewHeld:
		return c.Held
	case ViewMarked:
		return c.Marked
	case ViewDiffers:
		return c.Differs
	case ViewLate:
		return c.Late
	}
	return c.All
}

// What waits.
const (
	WaitConfirm = "confirm" // supplier: an order has no answer
	WaitMarked  = "marked"  // supplier: an order without an answer has doubtful lines
	WaitHeld    = "held"    // both: a document of the order is held
	WaitPlace   = "place"   // supplier: the ship-to of an order is not known; Subject is the code
	WaitAgree   = "agree"   // reseller: the answer differs from what was asked
	WaitReceive = "receive" // reseller: goods are on their way
	WaitDiffers = "differs" // both: an invoice does not match
	WaitChange  = "change"  // supplier: the reseller asks to change an order
	WaitReply   = "reply"   // supplier: what its system sent is held
	WaitAnswer  = "answer"  // reseller: the supplier's answer is overdue
)

// Item is one thing that waits for the actor's company. Between Since and Due
// lies its clock; what is due first comes first.
type Item struct {
	Kind    string
	Order   OrderID
	Number  string // of the order
	Partner string // company on the other side
	Subject string // number of the shipment or invoice, where it is about one
	ID      string // id of the response, shipment, invoice or arrival
	Marks   int
	// Difference is what the invoice differs by, for WaitDiffers.
	Difference money.Amount
	Since      time.Time
	Due        time.Time
	days       int // within which it is due, where it has no clock
}

// InvoiceFilter narrows the list of invoices, as Filter does.
type InvoiceFilter struct {
	State   string // InvoiceMatched, InvoiceDiffers or ""
	Partner string
	Side    string
	From    string
	To      string
	Query   string // the beginning of a number
	After   string
	Limit   int
}

// InvoicePage is one page of invoices, newest first, without lines.
type InvoicePage struct {
	Items []Invoice
	Next  string
}

// Summary is what a partnership has going on.
type Summary struct {
	Open    int
	Waiting int // for the actor's company
	Last    time.Time
}

// Parties names whose document it is and the order it belongs to.
type Parties struct {
	Supplier, Reseller, Partnership string
	Order                           OrderID
	Source                          string // of the order
	Interchange                     string // the document's, when it already went out
	Received                        string // the interchange it came in, "" for one made here
	Follows                         bool   // it went out with another document
}
