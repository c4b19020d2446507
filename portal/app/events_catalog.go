package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"entente/db"
	"entente/db/job"
	"entente/edi/doc"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/catalog"
	"entente/prm/location"
	"entente/prm/money"
	"entente/prm/notify"
	"entente/prm/trade"
)

// catalogNotices tells a partner of a price list that was published for it, and a
// supplier of a distributor's stock.
func (a *App) catalogNotices(ctx context.Context, e job.Received) error {
	var c catalog.Event
	if err := e.Decode(&c); err != nil {
		return err
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, c.Supplier, c.Reseller)
	if err != nil {
		return err
	}
	if e.Kind == catalog.StockReceived {
		n := notify.Notice{Dedupe: e.ID, Kind: "catalog.stock_report", SubjectKind: catalog.DocumentStockReport, SubjectID: c.Report, Args: map[string]string{}}
		return a.tellSide(ctx, c.Supplier, orgs[c.Reseller].Name, []access.Role{access.Manager}, n)
	}
	l, v, err := a.publishedPrices(ctx, c)
	if err != nil {
		return err
	}
	kind := "catalog.prices"
	if e.Kind == catalog.PricesWithdrawn {
		kind = "catalog.prices_withdrawn"
	}
	n := notify.Notice{Dedupe: e.ID, Kind: kind, SubjectKind: catalog.DocumentPriceList, SubjectID: string(c.List), Args: map[string]string{"currency": string(l.Currency), "date": v.From}}
	return a.tellSide(ctx, c.Reseller, orgs[c.Supplier].Name, []access.Role{access.Buyer, access.Sales}, n)
}

// priceUses says what was priced by versions of price lists: order lines, and claims of price
// protection.
type priceUses struct{ a *App }

func (p priceUses) PricedBy(ctx context.Context, actor access.Actor, list catalog.ListID, v catalog.PriceVersion) (bool, error) {
	if used, err := p.a.trade.PricedBy(ctx, actor, list, v); err != nil || used {
		return used, err
	}
	return p.a.protect.PricedBy(ctx, actor, list, v)
}

// publishedPrices are the list and the version of an event.
func (a *App) publishedPrices(ctx context.Context, c catalog.Event) (catalog.PriceList, catalog.PriceVersion, error) {
	l, err := a.catalog.PriceList(ctx, access.System("catalog", c.Supplier), c.List)
	if err != nil {
		return l, catalog.PriceVersion{}, err
	}
	for _, v := range l.Versions {
		if v.Number == c.Version {
			return l, v, nil
		}
	}
	return l, catalog.PriceVersion{}, fmt.Errorf("app: price list %s has no version %d", c.List, c.Version)
}

// to832 sends a partner its own prices as of the day a new version begins. Where it was withdrawn
// they take the place of those that were sent: under the version that holds on that day now, and
// where none does what the version had is deleted.
func (a *App) to832(ctx context.Context, e job.Received) error {
	var c catalog.Event
	if err := e.Decode(&c); err != nil || !c.EDI {
		return err
	}
	l, v, err := a.publishedPrices(ctx, c)
	if err != nil {
		return err
	}
	actor := access.System("edi", c.Supplier)
	d := doc.PriceCatalog{Purpose: "00", Type: "PC", Number: string(l.Currency) + "-" + v.From, Version: strconv.Itoa(v.Number), Date: db.Now(ctx).Format(time.DateOnly), ValidFrom: v.From}
	d.Currency = string(l.Currency)
	if d.Parties, err = a.sellerAndBuyer(ctx, c.Supplier, c.Reseller); err != nil {
		return err
	}
	for after := ""; ; {
		rows, next, err := a.catalog.Offers(ctx, actor, c.Reseller, l.Currency, v.From, after, 200)
		if err != nil {
			return err
		}
		for _, o := range rows {
			line := doc.CatalogItem{Line: itemLine(len(d.Lines)+1, o.Product, o.BuyerItem), Prices: []doc.Price{{Kind: "NET", Amount: doc.Decimal(o.Price.Fixed(2)), Unit: o.Unit}}}
			if o.Minimum > 0 {
				line.Quantities = []doc.StockQuantity{{Qualifier: "57", Quantity: doc.Decimal(o.Minimum.String())}}
			}
			d.Lines = append(d.Lines, line)
		}
		if after = next; after == "" {
			break
		}
	}
	id := fmt.Sprintf("%s:%d:%s", c.List, c.Version, c.Partnership)
	if e.Kind == catalog.PricesWithdrawn {
		id += ":withdrawn"
		d.Purpose, d.Replaces = "05", doc.CatalogVersion{Number: d.Number, Version: d.Version}
		if now, ok := l.InForce(v.From); ok {
			d.Number, d.Version = string(l.Currency)+"-"+now.From, strconv.Itoa(now.Number)
		}
		for after, none := "", len(d.Lines) == 0; none; none = after != "" {
			page, err := a.catalog.PriceEntries(ctx, actor, l.ID, catalog.EntryFilter{Version: v.Number, After: after, Limit: 200})
			if err != nil {
				return err
			}
			for _, x := range page.Items {
				d.Lines = append(d.Lines, doc.CatalogItem{Line: itemLine(len(d.Lines)+1, x.Product, ""), Action: "002"})
			}
			after = page.Next
		}
	}
	if len(d.Lines) == 0 {
		return nil
	}
	d.LineCount = len(d.Lines)
	return a.emitCatalog(ctx, actor, c, gateway.Outgoing{Kind: "832", Doc: &d, DocumentKind: catalog.DocumentPriceList, DocumentID: id, Number: d.Number})
}

// to846 sends a partner the stock that it is told of.
func (a *App) to846(ctx context.Context, e job.Received) error {
	var c catalog.Event
	if err := e.Decode(&c); err != nil || !c.EDI {
		return err
	}
	actor := access.System("edi", c.Supplier)
	at := db.FromMicros(c.At)
	d := doc.Inventory{Purpose: "00", Type: "SI", Number: "ST-" + at.UTC().Format("20060102-150405"), Date: at.UTC().Format(time.DateOnly)}
	var err error
	if d.Parties, err = a.sellerAndBuyer(ctx, c.Supplier, c.Reseller); err != nil {
		return err
	}
	for after := ""; ; {
		rows, next, err := a.catalog.Telling(ctx, actor, c.Reseller, after, 200)
		if err != nil {
			return err
		}
		for _, t := range rows {
			if t.Stock.Exact {
				d.Lines = append(d.Lines, doc.StockLine{Line: itemLine(len(d.Lines)+1, t.Product, t.BuyerItem), Quantities: []doc.StockQuantity{{Qualifier: "33", Quantity: doc.Decimal(t.Stock.Quantity.String()), Unit: t.Unit}}})
			}
		}
		if after = next; after == "" {
			break
		}
	}
	if len(d.Lines) == 0 {
		return nil
	}
	d.LineCount = len(d.Lines)
	return a.emitCatalog(ctx, actor, c, gateway.Outgoing{Kind: "846", Doc: &d, DocumentKind: catalog.DocumentStock, DocumentID: fmt.Sprintf("%s:%d", c.Partnership, c.At), Number: d.Number})
}

func itemLine(n int, p catalog.Product, buyerItem string) doc.Line {
	return doc.Line{Number: strconv.Itoa(n), VendorItem: p.SKU, BuyerItem: buyerItem, GTIN: p.GTIN, Description: p.Name("en")}
}

func (a *App) sellerAndBuyer(ctx context.Context, supplier, reseller string) ([]doc.Party, error) {
	orgs, err := a.accounts.Directory().OrgsByID(ctx, supplier, reseller)
	return []doc.Party{{Role: "SE", Name: orgs[supplier].Name}, {Role: "BY", Name: orgs[reseller].Name}}, err
}

// emitCatalog sends a document to the partner's X12 or EDIFACT address; a partner
// without one reads it on the pages.
func (a *App) emitCatalog(ctx context.Context, actor access.Actor, c catalog.Event, out gateway.Outgoing) error {
	from, to, ok, err := a.partners.Addresses(ctx, actor, c.Partnership, account.X12, c.Supplier, c.Reseller)
	if err == nil && !ok {
		out.Syntax = gateway.SyntaxEDIFACT
		from, to, ok, err = a.partners.Addresses(ctx, actor, c.Partnership, account.EDIFACT, c.Supplier, c.Reseller)
	}
	if err != nil || !ok {
		return err
	}
	out.Supplier, out.Reseller, out.Partnership, out.From = c.Supplier, c.Reseller, c.Partnership, c.Supplier
	out.Sender, out.Receiver = gateway.Identity{Qualifier: from.Qualifier, Value: from.Value}, gateway.Identity{Qualifier: to.Qualifier, Value: to.Value}
	_, err = a.gateway.Emit(ctx, actor, out)
	return err
}

// receiveStock keeps the stock that a reseller reports.
func (g gatewayReplies) receiveStock(ctx context.Context, in gateway.ReplyIn, d *doc.Inventory) (gateway.ReplyOut, error) {
	cmd := catalog.ReportCmd{Supplier: in.Supplier, Reseller: in.Reseller, Partnership: in.Partnership, Number: d.Number, Day: d.Date, Source: catalog.FromEDI,
		Key: fmt.Sprintf("edi:%s:%d", in.InterchangeID, in.Set), Interchange: in.InterchangeID}
	if _, err := time.Parse(time.DateOnly, cmd.Day); err != nil {
		cmd.Day = db.Now(ctx).Format(time.DateOnly)
	}
	place := placeOf(d.Parties)
	for i := range d.Lines {
		l := &d.Lines[i]
		line := catalog.ReportLine{SKU: l.VendorItem, BuyerItem: l.BuyerItem, GTIN: l.GTIN, Place: place}
		if p := placeOf(l.Parties); p != "" {
			line.Place = p
		}
		for _, q := range l.Quantities {
			n, err := money.ParseMicro(string(q.Quantity))
			if err != nil {
				continue // no number that fits: told as a finding of the set, never guessed
			}
			line.Kind, line.Quantity, line.Unit = q.Qualifier+q.Code, n, q.Unit
			if line.Unit == "" {
				line.Unit = l.Unit
			}
			cmd.Lines = append(cmd.Lines, line)
		}
		for _, at := range l.Places {
			n, err := money.ParseMicro(string(at.Quantity))
			if err != nil {
				continue
			}
			line.Kind, line.Quantity, line.Unit, line.Place = "33", n, at.Unit, at.ID
			cmd.Lines = append(cmd.Lines, line)
		}
	}
	return g.keepStock(ctx, cmd)
}

func (g gatewayReplies) keepStock(ctx context.Context, cmd catalog.ReportCmd) (gateway.ReplyOut, error) {
	r, err := g.a.catalog.ReceiveStock(ctx, access.System("edi", cmd.Reseller), cmd)
	if err != nil {
		return gateway.ReplyOut{}, err
	}
	return gateway.ReplyOut{Kind: catalog.DocumentStockReport, ID: r.ID, Outcome: gateway.BusinessBooked}, nil
}

// receiveActivity keeps the stock that an 852 tells of, as that of the last day of its period:
// what is available (ZA QA, of the last day told), store by store where it says so, and what
// stands below the product (QTY 17 on hand, 33 available where no QA says it). Its sales are shown and counted nowhere: an 867 is
// what counts. One without any stock is no report that all is gone.
func (g gatewayReplies) receiveActivity(ctx context.Context, in gateway.ReplyIn, d *doc.ProductActivity) (gateway.ReplyOut, error) {
	from, day := salesPeriod(d.Period, doc.Period{})
	if day == "" {
		from = db.Now(ctx).Format(time.DateOnly)
		day = from
	}
	cmd := catalog.ReportCmd{Supplier: in.Supplier, Reseller: in.Reseller, Partnership: in.Partnership, Number: from + "/" + day, Day: day, Source: catalog.FromEDI,
		Key: fmt.Sprintf("edi:%s:%d", in.InterchangeID, in.Set), Interchange: in.InterchangeID}
	place := storeOf(d.Parties)
	for i := range d.Lines {
		l := &d.Lines[i]
		at := cmp.Or(storeOf(l.Parties), place)
		add := func(kind, place string, quantity doc.Decimal, unit string) {
			if n, err := money.ParseMicro(string(quantity)); err == nil { // else a finding of the set
				cmd.Lines = append(cmd.Lines, catalog.ReportLine{SKU: l.VendorItem, BuyerItem: l.BuyerItem, GTIN: l.GTIN, Place: place, Kind: kind, Quantity: n, Unit: cmp.Or(unit, l.Unit)})
			}
		}
		available := lastAvailable(l.Activities)
		for _, q := range l.Quantities {
			if q.Qualifier == "17" || q.Qualifier == "33" && len(available) == 0 { // 33 is what QA is
				add(q.Qualifier, at, q.Quantity, q.Unit)
			}
		}
		for _, a := range available {
			if len(a.Places) == 0 {
				add("33", at, a.Quantity, a.Unit)
			}
			for _, p := range a.Places { // they add up to the quantity, where both are there
				add("33", p.ID, p.Quantity, cmp.Or(p.Unit, a.Unit))
			}
		}
	}
	if len(cmd.Lines) == 0 {
		return gateway.ReplyOut{Outcome: gateway.BusinessDiscarded}, nil
	}
	if err := g.otherStores(ctx, &cmd, place); err != nil {
		return gateway.ReplyOut{}, err
	}
	return g.keepStock(ctx, cmd)
}

// lastAvailable are the figures of what is available (QA) of the last day of those told.
func lastAvailable(all []doc.Activity) (out []doc.Activity) {
	last := ""
	for _, a := range all {
		switch {
		case a.Code != "QA" || a.Date.Date < last:
			continue
		case a.Date.Date > last:
			last, out = a.Date.Date, nil
		}
		out = append(out, a)
	}
	return out
}

// otherStores adds to the report of one store what stands of the others of the same period:
// a reseller may send each store by itself, and one report stands for a day.
func (g gatewayReplies) otherStores(ctx context.Context, cmd *catalog.ReportCmd, place string) error {
	if place == "" {
		return nil
	}
	actor := access.System("edi", cmd.Reseller)
	all, err := g.a.catalog.Reports(ctx, actor)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(r catalog.Report) bool {
		return r.Supplier == cmd.Supplier && r.Reseller == cmd.Reseller && r.Source == cmd.Source && r.Day == cmd.Day && r.Number == cmd.Number
	})
	if i < 0 {
		return nil
	}
	told := map[string]bool{"": true}
	for _, l := range cmd.Lines {
		told[l.Place] = true
	}
	for after := 0; ; {
		_, lines, err := g.a.catalog.ReportLines(ctx, actor, all[i].ID, after, 1000)
		if err != nil || len(lines) == 0 {
			return err
		}
		for _, l := range lines {
			if after = l.Position; !told[l.Place] {
				cmd.Lines = append(cmd.Lines, l)
			}
		}
	}
}

// storeOf is the warehouse or the store among the parties.
func storeOf(ps []doc.Party) string {
	if p := placeOf(ps); p != "" {
		return p
	}
	for _, p := range ps {
		if p.Role == "ST" || p.Role == "SN" { // ship to, store
			return cmp.Or(p.ID, p.Name)
		}
	}
	return ""
}

// placeOf is the warehouse among the parties.
func placeOf(ps []doc.Party) string {
	for _, p := range ps {
		if p.Role == "WH" {
			if p.ID != "" {
				return p.ID
			}
			return p.Name
		}
	}
	return ""
}

// placeKnown releases the orders that were held for a code which has a place now.
func (a *App) placeKnown(ctx context.Context, e job.Received) error {
	var x location.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	return a.trade.Located(ctx, x.Partnership)
}

// ourPlace writes the supplier's own code of the ship-to into an order for its system.
// The document is not changed; a changed copy is given.
func (a *App) ourPlace(ctx context.Context, t trade.Event, d *doc.PurchaseOrder) (*doc.PurchaseOrder, error) {
	at := slices.IndexFunc(d.Parties, func(p doc.Party) bool { return p.Role == "ST" && p.ID != "" })
	if at < 0 {
		return d, nil
	}
	p, ok, err := a.locations.Find(ctx, access.System("edi", t.Supplier), t.Partnership, trade.ShipTo(d.Parties))
	if err != nil || !ok || p.Sent().Code == "" {
		return d, err
	}
	out := *d
	out.Parties = slices.Clone(d.Parties)
	out.Parties[at].IDQualifier, out.Parties[at].ID = p.Sent().Qualifier, p.Sent().Code
	return &out, nil
}

// theirPlace writes the reseller's code of the ship-to into what the supplier's system
// said of an order under the supplier's own number.
func (a *App) theirPlace(ctx context.Context, t trade.Event, d any) error {
	var parties []doc.Party
	switch x := d.(type) {
	case *doc.OrderAck:
		parties = x.Parties
	case *doc.ShipNotice:
		parties = x.Parties
	case *doc.Invoice:
		parties = x.Parties
	}
	actor := access.System("edi", t.Supplier)
	for i := range parties {
		to := &parties[i]
		if to.Role != "ST" || to.IDQualifier != location.BySeller || to.ID == "" {
			continue
		}
		p, ok, err := a.locations.Find(ctx, actor, t.Partnership, location.Code{Qualifier: to.IDQualifier, Code: to.ID})
		p.Codes = slices.DeleteFunc(p.Codes, func(c location.Code) bool { return c.Qualifier == location.Address }) // no code of theirs
		if err != nil || !ok || p.Number != to.ID || len(p.Codes) == 0 {
			return err
		}
		c := p.Codes[0]
		if len(p.Codes) > 1 { // as the order named it
			order, _, err := a.trade.PurchaseOrder(ctx, actor, t.Order)
			if err != nil {
				return err
			}
			if as := trade.ShipTo(order.Parties); slices.Contains(p.Codes, as) {
				c = as
			}
		}
		to.IDQualifier, to.ID = c.Qualifier, c.Code
	}
	return nil
}
