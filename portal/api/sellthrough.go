package api

import (
	"context"
	"strconv"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/sellthrough"
)

// salesReport is what a reseller sold on in a period.
type salesReport struct {
	ID              string      `json:"id"`
	Number          string      `json:"number"`
	Supplier        string      `json:"supplier" doc:"slug"`
	Reseller        string      `json:"reseller" doc:"slug"`
	From            string      `json:"from" doc:"civil date"`
	To              string      `json:"to"`
	State           string      `json:"state" doc:"current (counts), replaced or withdrawn"`
	ReplacedBy      string      `json:"replaced_by,omitempty"`
	Outcome         string      `json:"outcome,omitempty" doc:"of a report that was just sent: booked, corrected (in place of another), duplicate (nothing was booked), late (a later one had replaced it already)"`
	Source          string      `json:"source" doc:"edi, file or api"`
	Interchange     string      `json:"interchange,omitempty"`
	Currency        string      `json:"currency"`
	Lines           int         `json:"lines"`
	Doubts          int         `json:"doubts" doc:"lines that are not counted until they are known"`
	Received        time.Time   `json:"received"`
	CustomersHidden bool        `json:"customers_hidden,omitempty" doc:"your role sees no end customers and no resale prices of this partner"`
	Sold            string      `json:"sold,omitempty" doc:"base units, of a single report"`
	Returned        string      `json:"returned,omitempty"`
	Overlaps        []string    `json:"overlaps,omitempty" doc:"other reports that count and speak of some of the same days"`
	Items           []salesLine `json:"items,omitempty"`
	Next            *int        `json:"next,omitempty" doc:"position for after; left out at the end"`
}

type salesLine struct {
	Position    int            `json:"position"`
	SKU         string         `json:"sku,omitempty"`
	BuyerItem   string         `json:"buyer_item,omitempty"`
	GTIN        string         `json:"gtin,omitempty"`
	Description string         `json:"description,omitempty"`
	Kind        string         `json:"kind" doc:"sale, return, move, none or other; only sales and returns count"`
	Quantity    string         `json:"quantity" doc:"below zero for returns"`
	Unit        string         `json:"unit,omitempty"`
	Pieces      string         `json:"pieces" doc:"what counts, in base units"`
	Doubts      []string       `json:"doubts,omitempty" doc:"item, unit, kind (movement not known), date (outside the period)"`
	Price       *amount        `json:"price,omitempty"`
	From        string         `json:"from"`
	To          string         `json:"to"`
	Customer    *salesCustomer `json:"customer,omitempty"`
	Place       string         `json:"place,omitempty"`
	Promotion   string         `json:"promotion,omitempty"`
	Deal        string         `json:"deal,omitempty"`
	Reference   string         `json:"reference,omitempty"`
}

type salesCustomer struct {
	Name     string `json:"name,omitempty" maxLength:"200"`
	City     string `json:"city,omitempty" maxLength:"100"`
	Postcode string `json:"postcode,omitempty" maxLength:"20"`
	Country  string `json:"country,omitempty" maxLength:"3"`
	GLN      string `json:"gln,omitempty" maxLength:"13"`
	DUNS     string `json:"duns,omitempty" maxLength:"13"`
	Code     string `json:"code,omitempty" maxLength:"80" doc:"your own number of the customer"`
}

type salesLineIn struct {
	SKU         string         `json:"sku,omitempty" maxLength:"60" doc:"the supplier's number; or buyer_item, or gtin"`
	BuyerItem   string         `json:"buyer_item,omitempty" maxLength:"60"`
	GTIN        string         `json:"gtin,omitempty" maxLength:"14"`
	Description string         `json:"description,omitempty" maxLength:"200"`
	Return      bool           `json:"return,omitempty" doc:"came back from the customer; a quantity below zero says the same"`
	Quantity    string         `json:"quantity"`
	Unit        string         `json:"unit,omitempty" maxLength:"10"`
	Price       string         `json:"price,omitempty" doc:"resale price of one unit, if you tell it"`
	Date        string         `json:"date,omitempty" doc:"civil date of the sale; the period when left out"`
	Customer    *salesCustomer `json:"customer,omitempty"`
	Place       string         `json:"place,omitempty" maxLength:"80" doc:"branch or shop"`
	Promotion   string         `json:"promotion,omitempty" maxLength:"50"`
	Deal        string         `json:"deal,omitempty" maxLength:"50" doc:"number of a registration or a special price"`
	Reference   string         `json:"reference,omitempty" maxLength:"50" doc:"your invoice"`
}

type salesCoverage struct {
	Supplier string        `json:"supplier" doc:"slug"`
	Reseller string        `json:"reseller" doc:"slug"`
	Grain    string        `json:"grain" doc:"week, month, quarter or 445 (4, 4 and 5 weeks)"`
	Since    string        `json:"since"`
	DueDays  int           `json:"due_days" doc:"after the end of a period"`
	Dual     bool          `json:"dual_distribution" doc:"the supplier's sales people see no end customers and no resale prices"`
	Version  int64         `json:"version"`
	Periods  []salesPeriod `json:"periods" doc:"newest first"`
}

type salesPeriod struct {
	From    string     `json:"from"`
	To      string     `json:"to"`
	Due     string     `json:"due"`
	State   string     `json:"state" doc:"running, awaited, missing, partial or complete"`
	Late    bool       `json:"late,omitempty"`
	Reports int        `json:"reports"`
	Chased  *time.Time `json:"chased,omitempty"`
}

type channelStock struct {
	From       string        `json:"from" doc:"day of the earlier stock report"`
	To         string        `json:"to"`
	Report     string        `json:"report"`
	Complete   bool          `json:"complete" doc:"sell-through covers every day between"`
	Straddling int           `json:"straddling" doc:"lines whose period only begins or ends between: left out"`
	Items      []channelItem `json:"items"`
}

type channelItem struct {
	SKU        string `json:"sku"`
	Opening    string `json:"opening"`
	In         string `json:"in" doc:"shipped, but for drop shipments"`
	Sold       string `json:"sold"`
	Back       string `json:"back" doc:"came back to the supplier"`
	Expected   string `json:"expected"`
	Closing    string `json:"closing" doc:"as reported"`
	Difference string `json:"difference"`
}

// SellPartner names the other company. Exported, else huma would not see its field where it is
// embedded.
type SellPartner struct {
	Partner string `path:"partner" doc:"slug of the other company"`
}

func (a *API) wireSales(ctx context.Context, list ...sellthrough.Report) ([]salesReport, error) {
	orgs := map[string]bool{}
	for _, r := range list {
		orgs[r.Supplier], orgs[r.Reseller] = true, true
	}
	slugs, err := a.slugs(ctx, orgs)
	if err != nil {
		return nil, err
	}
	out := make([]salesReport, len(list))
	for i, r := range list {
		out[i] = salesReport{ID: string(r.ID), Number: r.Number, Supplier: slugs[r.Supplier].Slug, Reseller: slugs[r.Reseller].Slug, From: r.From, To: r.To, State: r.State, ReplacedBy: string(r.ReplacedBy), Source: r.Source, Interchange: r.Interchange,
			Currency: string(r.Currency), Lines: r.Lines, Doubts: r.Doubts, Received: r.Received, CustomersHidden: r.Hidden}
	}
	return out, nil
}

func wireSold(l sellthrough.Line) salesLine {
	out := salesLine{Position: l.Position, SKU: l.SKU, BuyerItem: l.BuyerItem, GTIN: l.GTIN, Description: l.Description, Kind: l.Kind, Quantity: l.Quantity.String(), Unit: l.Unit, Pieces: l.Pieces.String(), Doubts: l.Doubts, From: l.From, To: l.To,
		Place: l.Place, Promotion: l.Promotion, Deal: l.Deal, Reference: l.Reference}
	if l.Price > 0 {
		out.Price = &amount{l.Price.Fixed(l.Currency.Digits()), string(l.Currency)}
	}
	if c := l.Customer; c.Named() {
		out.Customer = &salesCustomer{Name: c.Name, City: c.City, Postcode: c.Postcode, Country: c.Country}
		switch c.List {
		case "UL":
			out.Customer.GLN = c.Code
		case "1", "9":
			out.Customer.DUNS = c.Code
		default:
			out.Customer.Code = c.Code
		}
	}
	return out
}

func (l salesLineIn) line(at string) (sellthrough.Line, error) {
	out := sellthrough.Line{SKU: l.SKU, BuyerItem: l.BuyerItem, GTIN: l.GTIN, Description: l.Description, Kind: sellthrough.KindSale, Movement: "SS", Unit: l.Unit, From: l.Date, Place: l.Place, Promotion: l.Promotion, Deal: l.Deal, Reference: l.Reference}
	q, err := money.ParseMicro(l.Quantity)
	if err != nil {
		return out, fault.InvalidField(at+"quantity", "form.decimal", "Value", l.Quantity)
	}
	if l.SKU == "" && l.BuyerItem == "" && l.GTIN == "" {
		return out, fault.InvalidField(at+"sku", "form.missing")
	}
	if out.Quantity = q; l.Return || q < 0 {
		out.Kind, out.Movement = sellthrough.KindReturn, "BN"
	}
	if out.Price, err = quantity(at+"price", l.Price); err != nil {
		return out, err
	}
	if c := l.Customer; c != nil {
		out.Customer = sellthrough.Customer{Name: c.Name, City: c.City, Postcode: c.Postcode, Country: c.Country, List: "92", Code: c.Code}
		switch {
		case c.GLN != "":
			out.Customer.List, out.Customer.Code = "UL", c.GLN
		case c.DUNS != "":
			out.Customer.List, out.Customer.Code = "1", c.DUNS
		case c.Code == "":
			out.Customer.List = ""
		}
	}
	return out, nil
}

func (a *API) salesDetail(ctx context.Context, actor access.Actor, id sellthrough.ID, f sellthrough.LineFilter) (*reply[salesReport], error) {
	d, err := a.d.SellThrough.Show(ctx, actor, id, f)
	if err != nil {
		return nil, err
	}
	out, err := a.wireSales(ctx, d.Report)
	if err != nil {
		return nil, err
	}
	r := &out[0]
	r.Sold, r.Returned, r.Items = d.Totals.Sold.String(), d.Totals.Returned.String(), []salesLine{}
	for _, l := range d.Page {
		r.Items = append(r.Items, wireSold(l))
	}
	for _, o := range d.Overlaps {
		r.Overlaps = append(r.Overlaps, string(o.ID))
	}
	if d.Next > 0 {
		r.Next = &d.Next
	}
	return &reply[salesReport]{*r}, nil
}

func today(ctx context.Context) string { return db.Now(ctx).UTC().Format(time.DateOnly) }

func (a *API) sellThrough() {
	const base, read, write = "/api/v1/sell-through", "sellthrough:read", "sellthrough:write"
	type filter struct {
		Paging
		Partner string `query:"partner" doc:"slug of the other company"`
		Doubts  bool   `query:"doubts" doc:"only reports with lines that are not counted"`
		State   string `query:"state" enum:"current,replaced,withdrawn"`
	}
	handle(a, op("GET", base, read, "List sell-through reports", "Newest first; of your company and of the resellers that report to it.", 200),
		func(ctx context.Context, actor access.Actor, in *filter) (*reply[list[salesReport]], error) {
			f := sellthrough.Filter{Doubts: in.Doubts, State: in.State, After: in.After, Limit: in.Limit}
			if in.Partner != "" {
				p, err := a.between(ctx, actor, in.Partner, "")
				if err != nil {
					return nil, err
				}
				f.Partnership = p.ID
			}
			got, next, err := a.d.SellThrough.List(ctx, actor, f)
			if err != nil {
				return nil, err
			}
			items, err := a.wireSales(ctx, got...)
			if err != nil {
				return nil, err
			}
			return page(items, next), nil
		})
	type book struct {
		Body struct {
			Supplier string        `json:"supplier" doc:"slug"`
			Key      string        `json:"key,omitempty" maxLength:"64" doc:"made by you; the same key is the same report"`
			Number   string        `json:"number" minLength:"1" maxLength:"60" doc:"the same number and period again replaces the report"`
			From     string        `json:"from" doc:"first day of the period"`
			To       string        `json:"to" doc:"last day"`
			Replace  bool          `json:"replace,omitempty" doc:"take the place of everything reported for the period"`
			Currency string        `json:"currency,omitempty" maxLength:"3" doc:"of prices; that of the partnership when left out"`
			Lines    []salesLineIn `json:"lines" maxItems:"20000" doc:"none: nothing was sold"`
		}
	}
	handle(a, op("POST", base, write, "Report what was sold on", "Items that the supplier does not know are kept as doubts and count as soon as a cross reference is added. Moves between your own places are left out.", 201),
		func(ctx context.Context, actor access.Actor, in *book) (*reply[salesReport], error) {
			b := in.Body
			p, err := a.between(ctx, actor, b.Supplier, "reseller")
			if err != nil {
				return nil, err
			}
			cmd := sellthrough.BookCmd{Partnership: p.ID, Number: b.Number, From: b.From, To: b.To, Source: sellthrough.FromAPI, Currency: money.Currency(b.Currency)}
			if b.Key != "" {
				cmd.Key = "key:" + b.Key
			}
			if b.Replace {
				cmd.Purpose = sellthrough.PurposeReplace
			}
			for i, l := range b.Lines {
				x, err := l.line("lines." + strconv.Itoa(i) + ".")
				if err != nil {
					return nil, err
				}
				cmd.Lines = append(cmd.Lines, x)
			}
			got, err := a.d.SellThrough.Book(ctx, actor, cmd)
			if err != nil {
				return nil, err
			}
			out, err := a.salesDetail(ctx, actor, got.Report.ID, sellthrough.LineFilter{})
			if err == nil {
				out.Body.Outcome = string(got.Outcome)
			}
			return out, err
		})
	type lines struct {
		IDPath
		After  int  `query:"after" minimum:"0" doc:"position"`
		Limit  int  `query:"limit" minimum:"1" maximum:"1000" default:"50"`
		Doubts bool `query:"doubts" doc:"only lines that are not counted"`
	}
	handle(a, op("GET", base+"/{id}", read, "Get a sell-through report with its lines", "", 200),
		func(ctx context.Context, actor access.Actor, in *lines) (*reply[salesReport], error) {
			return a.salesDetail(ctx, actor, sellthrough.ID(in.ID), sellthrough.LineFilter{After: in.After, Limit: in.Limit, Doubts: in.Doubts})
		})
	handle(a, op("POST", base+"/{id}/withdraw", write, "Take a report back", "It no longer counts. Safe to repeat.", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[salesReport], error) {
			if err := a.d.SellThrough.Withdraw(ctx, actor, sellthrough.ID(in.ID)); err != nil {
				return nil, err
			}
			return a.salesDetail(ctx, actor, sellthrough.ID(in.ID), sellthrough.LineFilter{})
		})
	type mended struct {
		Mended int `json:"mended" doc:"lines that count now"`
	}
	handle(a, op("POST", base+"/with/{partner}/check", write, "Look up lines in doubt again", "After products were added. An added cross reference does it by itself.", 200),
		func(ctx context.Context, actor access.Actor, in *SellPartner) (*reply[mended], error) {
			p, err := a.between(ctx, actor, in.Partner, "")
			if err != nil {
				return nil, err
			}
			n, err := a.d.SellThrough.Mend(ctx, actor, p.ID)
			return &reply[mended]{mended{n}}, err
		})
	type window struct {
		Periods int `query:"periods" minimum:"1" maximum:"53" default:"13"`
	}
	handle(a, op("GET", "/api/v1/sell-through-coverage", read, "Which periods are reported", "By partner, as it reports: weeks, months, quarters or 4-4-5. The first report says how often, until the supplier says otherwise.", 200),
		func(ctx context.Context, actor access.Actor, in *window) (*reply[list[salesCoverage]], error) {
			all, err := a.d.SellThrough.Completeness(ctx, actor, today(ctx), in.Periods)
			if err != nil {
				return nil, err
			}
			orgs := map[string]bool{}
			for _, c := range all {
				orgs[c.Supplier], orgs[c.Reseller] = true, true
			}
			slugs, err := a.slugs(ctx, orgs)
			if err != nil {
				return nil, err
			}
			items := make([]salesCoverage, len(all))
			for i, c := range all {
				items[i] = salesCoverage{Supplier: slugs[c.Supplier].Slug, Reseller: slugs[c.Reseller].Slug, Grain: c.Grain, Since: c.Since, DueDays: c.DueDays, Dual: c.Dual, Version: c.Version, Periods: []salesPeriod{}}
				for _, s := range c.Periods {
					x := salesPeriod{From: s.From, To: s.To, Due: s.Due, State: s.State, Late: s.Late, Reports: s.Reports}
					if !s.Chased.IsZero() {
						x.Chased = &s.Chased
					}
					items[i].Periods = append(items[i].Periods, x)
				}
			}
			return page(items, ""), nil
		})
	type chase struct {
		SellPartner
		Body struct {
			From string `json:"from" doc:"first day of the period"`
		}
	}
	type done struct {
		Done bool `json:"done"`
	}
	handle(a, op("POST", base+"/with/{partner}/remind", write, "Remind a reseller of a period", "Of one that is due and not fully reported, once a day.", 200),
		func(ctx context.Context, actor access.Actor, in *chase) (*reply[done], error) {
			p, err := a.between(ctx, actor, in.Partner, "supplier")
			if err != nil {
				return nil, err
			}
			return &reply[done]{done{true}}, a.d.SellThrough.Chase(ctx, actor, p.ID, in.Body.From, today(ctx))
		})
	type plan struct {
		SellPartner
		Body struct {
			Grain   string `json:"grain" enum:",week,month,quarter,445" doc:"empty expects no reports"`
			Since   string `json:"since,omitempty" doc:"first day that is expected; of 445 the first day of a quarter"`
			DueDays int    `json:"due_days,omitempty" minimum:"0" maximum:"90"`
			Version int64  `json:"version" doc:"0 for the first"`
		}
	}
	handle(a, op("PUT", base+"/with/{partner}/plan", write, "Say how often a reseller reports", "", 200),
		func(ctx context.Context, actor access.Actor, in *plan) (*reply[done], error) {
			p, err := a.between(ctx, actor, in.Partner, "supplier")
			if err != nil {
				return nil, err
			}
			return &reply[done]{done{true}}, a.d.SellThrough.SetPlan(ctx, actor, sellthrough.Plan{Partnership: p.ID, Grain: in.Body.Grain, Since: in.Body.Since, DueDays: in.Body.DueDays, Version: in.Body.Version})
		})
	type balance struct {
		SellPartner
		Report string `query:"report" doc:"id of a stock report; the newest when left out"`
	}
	handle(a, op("GET", base+"/with/{partner}/stock", read, "Hold a reseller's reported stock against what should be there", "Opening stock and what was shipped, less what was sold on and sent back, against the stock reported (846, INVRPT). Base units, the greatest differences first. Also needs `stock:read`.", 200),
		func(ctx context.Context, actor access.Actor, in *balance) (*reply[channelStock], error) {
			p, err := a.between(ctx, actor, in.Partner, "")
			if err != nil {
				return nil, err
			}
			b, err := a.d.Channel.Balance(ctx, actor, p.ID, in.Report)
			if err != nil {
				return nil, err
			}
			out := channelStock{From: b.From.Day, To: b.To.Day, Report: b.To.ID, Complete: b.Complete, Straddling: b.Straddling, Items: []channelItem{}}
			for _, r := range b.Rows {
				out.Items = append(out.Items, channelItem{r.SKU, r.Opening.String(), r.In.String(), r.Sold.String(), r.Back.String(), r.Expected.String(), r.Closing.String(), r.Difference.String()})
			}
			return &reply[channelStock]{out}, nil
		})
	type dual struct {
		SellPartner
		Body struct {
			On bool `json:"on"`
		}
	}
	handle(a, op("PUT", base+"/with/{partner}/dual-distribution", "partners:write", "Hide end customers from the supplier's sales people", "For a supplier that also sells directly. Either company turns it on, only the reseller turns it off.", 200),
		func(ctx context.Context, actor access.Actor, in *dual) (*reply[done], error) {
			p, err := a.between(ctx, actor, in.Partner, "")
			if err != nil {
				return nil, err
			}
			return &reply[done]{done{true}}, a.d.SellThrough.SetDual(ctx, actor, p.ID, in.Body.On)
		})
}
