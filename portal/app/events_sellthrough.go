package app

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"entente/db"
	"entente/db/job"
	"entente/edi/doc"
	"entente/edi/gateway"
	"entente/portal/hook"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/deal"
	"entente/prm/identity"
	"entente/prm/money"
	"entente/prm/notify"
	"entente/prm/promo"
	"entente/prm/sellthrough"
)

// receiveSales books an 867 or an SLSRPT.
func (g gatewayReplies) receiveSales(ctx context.Context, in gateway.ReplyIn, d *doc.SellThrough) (gateway.ReplyOut, error) {
	cmd := sellthrough.BookCmd{Partnership: in.Partnership, Number: d.Number, Purpose: d.Purpose, Replaces: d.Replaces, Made: d.Date + " " + d.Time, From: d.Period.From, To: d.Period.To, Source: sellthrough.FromEDI,
		Key: fmt.Sprintf("edi:%s:%d", in.InterchangeID, in.Set), Interchange: in.InterchangeID, SetNo: in.Set, Currency: money.Currency(d.Currency)}
	cmd.From, cmd.To = salesPeriod(d.Period, doc.Period{From: d.Date, To: d.Date})
	if cmd.From == "" {
		cmd.From = db.Now(ctx).Format(time.DateOnly)
		cmd.To = cmd.From
	}
	if cmd.Number == "" { // then its period is what it is known by
		cmd.Number = cmd.From + "/" + cmd.To
	}
	if !cmd.Currency.Valid() {
		cmd.Currency = ""
	}
	head := refs(d.Refs)
	for i := range d.Lines {
		cmd.Lines = append(cmd.Lines, soldLine(&d.Lines[i], head))
	}
	got, err := g.a.sellthrough.Book(ctx, access.System("edi", in.Reseller), cmd)
	if err != nil {
		return gateway.ReplyOut{}, err
	}
	return gateway.ReplyOut{Kind: sellthrough.DocumentReport, ID: string(got.Report.ID), Outcome: salesOutcomes[got.Outcome]}, nil
}

// salesPeriod is a period that can be kept: the second where the first says nothing that is
// one. What is wrong with it is a finding of the set.
func salesPeriod(p, or doc.Period) (string, string) {
	for _, x := range []doc.Period{p, or} {
		if x.From == "" {
			x.From = x.To
		}
		if x.To == "" {
			x.To = x.From
		}
		from, err := time.Parse(time.DateOnly, x.From)
		to, err2 := time.Parse(time.DateOnly, x.To)
		if err == nil && err2 == nil && !to.Before(from) && !to.After(from.AddDate(2, 0, 0)) {
			return x.From, x.To
		}
	}
	return "", ""
}

// salesOutcomes are the gateway's words for what became of a report.
var salesOutcomes = map[sellthrough.Outcome]string{
	sellthrough.Booked: gateway.BusinessBooked, sellthrough.Corrected: gateway.BusinessBooked, sellthrough.Late: gateway.BusinessBooked, sellthrough.Dropped: gateway.BusinessBooked,
	sellthrough.Duplicate: gateway.BusinessDuplicate, sellthrough.Nothing: gateway.BusinessDiscarded,
}

// refs are the first values of references by their qualifier.
func refs(list []doc.Ref) map[string]string {
	out := map[string]string{}
	for _, r := range list {
		if out[r.Qualifier] == "" {
			out[r.Qualifier] = r.Value
		}
	}
	return out
}

// soldLine is a line in the words of prm/sellthrough. A number or price that does not fit
// is left out; the set's findings tell it. head are the references of the report: a line's
// own stand before them.
func soldLine(l *doc.SellLine, head map[string]string) sellthrough.Line {
	out := sellthrough.Line{SKU: l.VendorItem, BuyerItem: l.BuyerItem, GTIN: l.GTIN, Description: l.Description, Kind: l.Kind, Movement: l.Movement, Unit: l.Unit}
	out.From, out.To = salesPeriod(l.Period, doc.Period{})
	if n, err := money.ParseMicro(string(l.Quantity)); err == nil {
		out.Quantity = n
	}
	if n, err := money.ParseMicro(string(l.Price)); err == nil && n > 0 {
		out.Price = n
	}
	for _, p := range l.Prices {
		if p.Amount == l.Price && money.Currency(p.Currency).Valid() {
			out.Currency = money.Currency(p.Currency)
		}
	}
	for _, q := range []string{"003", "006"} { // invoiced; sold
		for _, t := range l.Dates {
			if t.Qualifier == q {
				out.From, out.To = salesPeriod(doc.Period{From: t.Date}, doc.Period{From: out.From, To: out.To})
			}
		}
	}
	if c := l.Customer(); c != nil {
		out.Customer = sellthrough.Customer{Name: c.Name, City: c.City, Postcode: c.Postcode, Country: c.Country, List: c.IDQualifier, Code: c.ID}
	}
	for _, p := range l.Parties {
		if p.Role == "SN" {
			if out.Place = p.ID; out.Place == "" {
				out.Place = p.Name
			}
		}
	}
	own := refs(l.Refs)
	pick := func(qualifiers ...string) string {
		for _, from := range []map[string]string{own, head} {
			for _, q := range qualifiers {
				if from[q] != "" {
					return from[q]
				}
			}
		}
		return ""
	}
	out.Promotion, out.Deal, out.Reference = pick("PD"), pick("CT", "PR"), pick("IV")
	return out
}

// sellNotices tells a supplier of a report and of what is in doubt, and a reseller of one
// that is missing, or of doubts in what its system sent.
func (a *App) sellNotices(ctx context.Context, e job.Received) error {
	var x sellthrough.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	if x.Quiet {
		return nil
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Supplier, x.Reseller)
	if err != nil {
		return err
	}
	n := notify.Notice{Dedupe: e.ID, SubjectKind: sellthrough.DocumentReport, SubjectID: string(x.Report), Args: map[string]string{"from": x.From, "to": x.To, "doubts": strconv.Itoa(x.Doubts)}}
	desk := []access.Role{access.Manager, access.EDI}
	switch e.Kind {
	case sellthrough.EventChased:
		n.Kind, n.Urgent, n.SubjectKind, n.SubjectID = "sell.chased", true, sellCoverage, x.Partnership
		return a.tellSide(ctx, x.Reseller, orgs[x.Supplier].Name, append(desk, access.Sales), n)
	case sellthrough.EventMended:
		return nil
	case sellthrough.EventWithdrawn:
		n.Kind = "sell.withdrawn"
	case sellthrough.EventCorrected:
		n.Kind = "sell.corrected"
	default:
		n.Kind = "sell.reported"
	}
	if err := a.tellSide(ctx, x.Supplier, orgs[x.Reseller].Name, []access.Role{access.Manager}, n); err != nil || x.Doubts == 0 {
		return err
	}
	n.Kind = "sell.doubts"
	return a.tellSide(ctx, x.Reseller, orgs[x.Supplier].Name, desk, n)
}

// sellHookKinds names the webhook of each event.
var sellHookKinds = map[string]string{sellthrough.EventReported: hook.SalesReported, sellthrough.EventCorrected: hook.SalesCorrected, sellthrough.EventWithdrawn: hook.SalesWithdrawn}

// sellHook is the data of these webhooks.
type sellHook struct {
	Partner string         `json:"partner"` // slug of the other company
	Report  sellthrough.ID `json:"report"`
	From    string         `json:"from"`
	To      string         `json:"to"`
	Doubts  int            `json:"doubts"` // lines that do not count yet
	Href    string         `json:"href"`
}

// sellHooks tells the systems of both companies of a report.
func (a *App) sellHooks(ctx context.Context, e job.Received) error {
	var x sellthrough.Event
	if err := e.Decode(&x); err != nil || x.Quiet || sellHookKinds[e.Kind] == "" {
		return err
	}
	return a.tellHooks(ctx, e, sellHookKinds[e.Kind], x.Supplier, x.Reseller, func(_ access.Actor, partner string) (any, error) {
		return sellHook{partner, x.Report, x.From, x.To, x.Doubts, "/api/v1/sell-through/" + string(x.Report)}, nil
	})
}

// sellCoverage is the subject of a reminder: which periods are reported.
const sellCoverage = "sell_coverage"

// sellItems looks again at lines in doubt when a cross reference was added.
func (a *App) sellItems(ctx context.Context, e job.Received) error {
	var c catalog.Event
	if err := e.Decode(&c); err != nil {
		return err
	}
	return a.sellthrough.MendPair(ctx, access.System("sell-through", c.Supplier), c.Supplier, c.Reseller)
}

// resaleLines are the lines of a report that counts, with the reports that no longer do.
// What its event says may be over by now: what stands is read.
func (a *App) resaleLines(ctx context.Context, actor access.Actor, x sellthrough.Event) (sellthrough.Report, []sellthrough.Line, error) {
	r, err := a.sellthrough.Get(ctx, actor, x.Report)
	if err != nil || r.State != sellthrough.Current {
		return r, nil, err
	}
	var out []sellthrough.Line
	err = a.sellthrough.Each(ctx, actor, r.ID, func(ls []sellthrough.Line) error {
		for _, l := range ls {
			if l.Pieces != 0 {
				out = append(out, l)
			}
		}
		return nil
	})
	return r, out, err
}

// dealResales counts what was sold on for registrations.
func (a *App) dealResales(ctx context.Context, e job.Received) error {
	var x sellthrough.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	actor := access.System("deals", x.Supplier)
	r, lines, err := a.resaleLines(ctx, actor, x)
	if err != nil {
		return err
	}
	o := deal.Resale{ID: string(r.ID), Number: r.Number, Supplier: r.Supplier, Reseller: r.Reseller, From: r.From, To: r.To, At: r.Received, Stands: r.State == sellthrough.Current}
	for _, id := range x.Replaces {
		o.Replaces = append(o.Replaces, string(id))
	}
	for _, l := range lines {
		d := deal.ResaleLine{Line: l.Position, SKU: l.SKU, Pieces: l.Pieces, From: l.From, To: l.To, Customer: identity.Facts{Name: l.Customer.Name, Country: l.Customer.Country, Postcode: l.Customer.Postcode}}
		if l.Deal != "" {
			d.Refs = []string{l.Deal}
		}
		switch l.Customer.List {
		case "UL":
			d.Customer.GLN = l.Customer.Code
		case "1", "9": // of DUNS+4 the first nine
			d.Customer.DUNS = l.Customer.Code[:min(9, len(l.Customer.Code))]
		}
		o.Lines = append(o.Lines, d)
	}
	return a.deals.Resold(ctx, actor, o)
}

// promoResale is a report as promotions look at it. Families are those of the catalogue.
func (a *App) promoResale(ctx context.Context, actor access.Actor, r sellthrough.Report, lines []sellthrough.Line, stands bool) (promo.Resale, error) {
	o := promo.Resale{ID: string(r.ID), Number: r.Number, Supplier: r.Supplier, Reseller: r.Reseller, At: r.Received, Stands: stands}
	keys := make([]catalog.ItemKey, len(lines))
	for i, l := range lines {
		keys[i] = catalog.ItemKey{SKU: l.SKU}
	}
	items, err := a.catalog.Resolve(ctx, actor, r.Supplier, r.Reseller, keys)
	if err != nil {
		return o, err
	}
	for i, l := range lines {
		o.Lines = append(o.Lines, promo.ResaleLine{Line: l.Position, Product: catalog.ID(l.Product), SKU: l.SKU, Family: items[i].Product.Family, Sold: l.Pieces, From: l.From, To: l.To, Deal: l.Promotion, Country: l.Customer.Country})
	}
	return o, nil
}

// promoResales measures what was sold on for promotions; claims may have waited for it.
func (a *App) promoResales(ctx context.Context, e job.Received) error {
	var x sellthrough.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	actor := access.System("promotions", x.Supplier)
	r, lines, err := a.resaleLines(ctx, actor, x)
	if err != nil {
		return err
	}
	o, err := a.promoResale(ctx, actor, r, lines, r.State == sellthrough.Current)
	if err != nil {
		return err
	}
	for _, id := range x.Replaces {
		o.Replaces = append(o.Replaces, string(id))
	}
	if err := a.promos.Resold(ctx, actor, o); err != nil {
		return err
	}
	return a.adjust.Recheck(ctx, access.System("claims", x.Supplier), x.Reseller)
}

// soldOn reads reports for a rebuild of promotions.
type soldOn struct{ a *App }

// PromoResales gives the reports of a reseller that count.
func (s soldOn) PromoResales(ctx context.Context, actor access.Actor, supplier, reseller string, fn func(promo.Resale) error) error {
	all, err := s.a.partners.Between(ctx, actor, reseller)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.Supplier != supplier {
			continue
		}
		for after := ""; ; {
			list, next, err := s.a.sellthrough.List(ctx, actor, sellthrough.Filter{Partnership: p.ID, State: sellthrough.Current, After: after, Limit: 200})
			if err != nil {
				return err
			}
			for _, r := range list {
				_, lines, err := s.a.resaleLines(ctx, actor, sellthrough.Event{Report: r.ID})
				if err != nil {
					return err
				}
				o, err := s.a.promoResale(ctx, actor, r, lines, true)
				if err != nil {
					return err
				}
				if err := fn(o); err != nil {
					return err
				}
			}
			if after = next; after == "" {
				break
			}
		}
	}
	return nil
}

// PromoSold is what a reseller sold on by the periods in which it reports.
func (s soldOn) PromoSold(ctx context.Context, actor access.Actor, supplier, reseller, from, to string, skus []string) (promo.Sold, error) {
	x, err := s.a.sellthrough.Sold(ctx, actor, supplier, reseller, from, to, skus)
	out := promo.Sold{Grain: x.Grain, PerYear: sellthrough.PerYear(x.Grain)}
	for _, p := range x.Periods {
		out.Periods = append(out.Periods, promo.SoldPeriod{From: p.From, To: p.To, Known: p.Known})
	}
	for _, q := range x.Sums {
		out.Sums = append(out.Sums, promo.SoldSum(q))
	}
	return out, err
}

// PromoReported is how far the reports of resellers cover a window.
func (s soldOn) PromoReported(ctx context.Context, actor access.Actor, supplier string, resellers []string, from, to, today string) ([]promo.Reports, error) {
	all, err := s.a.sellthrough.Covering(ctx, actor, supplier, resellers, from, to, today)
	if err != nil {
		return nil, err
	}
	var out []promo.Reports
	for _, org := range resellers {
		c := all[org]
		r := promo.Reports{Org: org, Grain: c.Grain}
		if c.Active {
			r.Partnership = c.Partnership
		}
		for _, p := range c.Periods {
			r.Periods = append(r.Periods, promo.Reported{From: p.From, To: p.To, State: p.State, Due: p.Due, Chased: p.Chased})
		}
		out = append(out, r)
	}
	return out, nil
}
