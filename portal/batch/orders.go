package batch

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"entente/edi/doc"
	"entente/portal/form"
	"entente/portal/intake"
	"entente/portal/sheet"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/partner"
	"entente/prm/trade"
)

// KindOrders is the name of files of orders.
const KindOrders = "orders"

// maxNumber is the longest order number that an 850 carries (BEG03).
const maxNumber = 22

// Orders are files of order lines: rows with one number are one order. An order with a
// wrong row waits; it is never placed in part.
type Orders struct {
	Trade    *trade.Service
	Partners *partner.Service
}

// Name is that of the kind.
func (Orders) Name() string { return KindOrders }

// Fields are those of a line.
func (Orders) Fields() []string { return intake.Names }

// Single is false: an order has many rows.
func (Orders) Single() bool { return false }

// Together is one: an order stands or falls alone.
func (Orders) Together() int { return 1 }

// Check asks for the right to order in the partnership.
func (o Orders) Check(ctx context.Context, actor access.Actor, partnership string) error {
	reader := actor
	reader.Scopes = nil // a token to order need not read partners
	p, err := o.Partners.Get(ctx, reader, partnership)
	if err == nil {
		err = access.Check(actor, access.OrderPlace, p.Resource())
	}
	return err
}

// Guess finds the columns, by what is sold where the titles say nothing.
func (o Orders) Guess(ctx context.Context, actor access.Actor, f File, rows []sheet.Row) sheet.Mapping {
	return intake.Guess(rows, ItemsKnown(ctx, o.Trade, actor, f.Partnership))
}

// Clean leaves the columns of a line.
func (Orders) Clean(m sheet.Mapping) sheet.Mapping { return intake.Clean(m) }

// Read reads a row. Totals and rows that make no line are shown and left out.
func (Orders) Read(m sheet.Mapping, row sheet.Row, today string) (Row, bool) {
	l, ok := intake.Read(m, row, today)
	if !ok {
		return Row{}, false
	}
	r := Row{No: l.Row, Wrong: l.Wrong, Fields: map[string]string{}}
	for name, value := range map[string]string{intake.Number: strings.TrimSpace(l.Number), intake.Item: l.Item, intake.Quantity: l.Quantity, intake.Unit: l.Unit, intake.Price: l.Price, intake.Date: l.Date} {
		if value != "" {
			r.Fields[name] = value
		}
	}
	switch {
	case l.Total:
		r.Dropped, r.Wrong, r.Doubts = true, nil, []sheet.Wrong{{Key: "batch.total"}}
	case l.Blank():
		r.Dropped, r.Wrong, r.Doubts = true, nil, []sheet.Wrong{{Key: "batch.blank"}}
	}
	return r, true
}

func lineOf(r Row) intake.Line {
	f := r.Fields
	return intake.Line{Row: r.No, Number: f[intake.Number], Item: f[intake.Item], Quantity: f[intake.Quantity], Unit: f[intake.Unit], Price: f[intake.Price], Date: f[intake.Date], Wrong: r.Wrong}
}

// Judge asks the order desk what the rows are.
func (o Orders) Judge(ctx context.Context, actor access.Actor, f File, rows []Row) error {
	lines := make([]intake.Line, len(rows))
	for i, r := range rows {
		if lines[i] = lineOf(r); r.Dropped {
			lines[i].Item = ""
		}
	}
	quotes, err := QuoteLines(ctx, o.Trade, actor, f.Partnership, f.Head["requested"], lines)
	if err != nil {
		return err
	}
	numbered := f.Mapping.Column(intake.Number) >= 0
	for i := range rows {
		r := &rows[i]
		r.Group = clip(r.Fields[intake.Number], 60)
		if r.Dropped {
			continue
		}
		q := quotes[i]
		r.Wrong, r.Doubts = LineFaults(lines[i], q), nil
		switch {
		case len(r.Group) > maxNumber:
			r.Wrong = append(r.Wrong, sheet.Wrong{Field: intake.Number, Key: "form.too_long", Args: map[string]any{"Most": maxNumber}, Value: r.Group})
		case numbered && r.Group == "":
			r.Wrong = append(r.Wrong, sheet.Wrong{Field: intake.Number, Key: "batch.no_number"})
		}
		if !q.Found {
			continue
		}
		if unit := UnitFor(q, r.Fields[intake.Unit]); unit != "" {
			r.Fields[intake.Unit] = unit
		}
		for _, m := range q.Marks {
			if m == trade.UnitUnknown || m == trade.NoListPrice && q.PlaceLine.Price == 0 {
				continue
			}
			r.Doubts = append(r.Doubts, sheet.Wrong{Field: intake.Item, Key: "mark.short." + string(m)})
		}
		if asked := q.PlaceLine.Price; asked > 0 && q.Price > 0 && asked != q.Price {
			r.Doubts = append(r.Doubts, sheet.Wrong{Field: intake.Price, Key: "batch.price_list", Args: map[string]any{"Price": q.Price.Fixed(2)}})
		}
	}
	return nil
}

// Apply places an order for each group.
func (o Orders) Apply(ctx context.Context, actor access.Actor, f File, groups []Group) error {
	for i := range groups {
		g := &groups[i]
		if g.Lines > maxGroup {
			g.Outcome, g.Problem = Refused, Problem{Key: "trade.too_many_lines", Args: map[string]any{"Most": maxGroup}}
			continue
		}
		cmd := o.cmd(f, *g)
		receipt, err := o.Trade.Place(ctx, actor, cmd)
		if p := fault.As(err); err != nil {
			if p.Code != fault.Invalid && p.Code != fault.TooLarge {
				return err
			}
			g.Outcome, g.Problem = Refused, problemOf(p, g.Rows)
			continue
		}
		g.Outcome, g.Subject, g.Label = Made, string(receipt.Order), g.Key
		switch {
		case receipt.Outcome == trade.ForApproval:
			g.Outcome = Kept
		case receipt.Outcome == trade.HeldBack:
			g.Outcome = Held
		case receipt.Repeated, receipt.Outcome == trade.Duplicate:
			g.Outcome = Same
		}
	}
	return nil
}

// maxGroup is the most lines of an order.
const maxGroup = 10_000

func (o Orders) cmd(f File, g Group) trade.PlaceCmd {
	cmd := trade.PlaceCmd{Partnership: f.Partnership, Number: g.Key, RequestedOn: f.Head["requested"], Note: f.Head["note"], Key: "file:" + f.Key(g.Key), File: true,
		ShipTo: doc.Party{Role: "ST", Name: f.Head["ship_name"], City: f.Head["ship_city"], Postcode: f.Head["ship_postcode"], Country: f.Head["ship_country"]}}
	if street := f.Head["ship_street"]; street != "" {
		cmd.ShipTo.Address = []string{street}
	}
	if cmd.Number == "" {
		cmd.Number = f.Head["number"]
	}
	for _, r := range g.Rows {
		quantity, _ := form.Decimal(r.Fields[intake.Quantity])
		price, _ := form.Decimal(r.Fields[intake.Price])
		cmd.Lines = append(cmd.Lines, trade.PlaceLine{SKU: r.Fields[intake.Item], Quantity: quantity, Unit: r.Fields[intake.Unit], Price: price, RequestedOn: r.Fields[intake.Date]})
	}
	return cmd
}

// problemOf is the first thing that a service found wrong, with the row it is about.
func problemOf(p *fault.Error, rows []Row) Problem {
	out := Problem{Key: p.Key, Args: p.Args}
	if len(p.Fields) == 0 {
		return out
	}
	first := p.Fields[0]
	out = Problem{Key: first.Key, Args: map[string]any{}}
	for name, value := range first.Args {
		out.Args[name] = value
	}
	if w := strings.SplitN(first.Name, ".", 3); len(w) == 3 && slices.Contains([]string{"lines", "products"}, w[0]) {
		if i, err := strconv.Atoi(w[1]); err == nil && i < len(rows) {
			out.Args["InRow"] = strconv.Itoa(rows[i].No)
		}
	}
	return out
}
