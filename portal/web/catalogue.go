package web

import (
	"context"
	"slices"

	"entente/portal/batch"
	"entente/portal/sheet"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/partner"
)

// catalogueShow is the catalogue: one's own products, and those of one's
// suppliers with the price of the partnership.
func catalogueShow(v *visit) error {
	partners, err := v.partners()
	if err != nil {
		return err
	}
	f := catalog.Filter{Query: v.search(), After: v.Query("after"), Limit: pageRows, On: v.today()}
	suppliers := v.suppliers(partners)
	if supplier := v.Query("supplier"); slices.ContainsFunc(suppliers, func(o view.Option) bool { return o.Value == supplier }) {
		f.Supplier = supplier
	}
	if s := v.Query("state"); s == catalog.Active || s == catalog.Discontinued {
		f.State = s
	}
	list, err := v.w.d.Catalog.List(v.ctx, v.actor(), f)
	if err != nil {
		return err
	}
	page := &view.CataloguePage{Base: v.shell(), Tabs: v.catalogueTabs("products"), Pager: view.Pager{Shown: len(list.Items), Total: -1, Next: v.next(list.Next)}}
	var lists []view.Filter
	if len(suppliers) > 1 {
		lists = append(lists, choice("supplier", "col.supplier", f.Supplier, suppliers))
	}
	states := []view.Option{{Value: catalog.Active, Label: view.T("state.product.active")}, {Value: catalog.Discontinued, Label: view.T("state.product.discontinued")}}
	lists = append(lists, choice("state", "col.state", f.State, states))
	page.Filters = v.filters("catalogue.search", false, nil, lists...)
	if v.may(access.CatalogWrite, access.Own(v.org())) {
		page.NewURL, page.FileURL = v.path("catalogue", "new"), v.filesURL("products")
	}
	for _, p := range partners.all {
		if p.State == partner.Active && v.may(access.ReferenceWrite, access.Resource{Owner: p.Supplier, Reseller: p.Reseller}) {
			page.NumbersURL = v.filesURL("references")
		}
	}
	if !list.PricesHidden {
		for _, c := range list.Currencies {
			page.Currencies = append(page.Currencies, string(c))
		}
	}
	order := map[string]string{}
	for _, p := range partners.suppliers(v.actor()) {
		order[p.Supplier] = p.ID
	}
	for _, e := range list.Items {
		page.Products = append(page.Products, v.productRow(e, page.Currencies, partners, order[e.Org], len(suppliers) > 1))
		page.Stock = page.Stock || e.Stock.Level != ""
	}
	return v.render(page, fragments{"list": "catalogue.list", "rows": "catalogue.list"})
}

// catalogueTabs are the parts of the catalogue that the person may open.
func (v *visit) catalogueTabs(on string) []view.Tab {
	var out []view.Tab
	for _, t := range []struct {
		name string
		path []string
		act  access.Action
	}{{"products", []string{"catalogue"}, access.CatalogRead}, {"prices", []string{"catalogue", "prices"}, access.CatalogPrices}, {"stock", []string{"catalogue", "stock"}, access.StockReport}, {"backorders", []string{"catalogue", "backorders"}, access.OrderRead}} {
		if v.lists(t.act) {
			out = append(out, view.Tab{Label: view.T("catalogue.tab." + t.name), URL: v.path(t.path...), Count: -1, On: t.name == on})
		}
	}
	return out
}

// suppliers are the companies whose products the actor may see.
func (v *visit) suppliers(c circle) []view.Option {
	var out []view.Option
	for _, p := range c.all {
		if p.Reseller == v.org() && access.Allowed(v.actor(), access.CatalogRead, access.Resource{Owner: p.Supplier, Reseller: p.Reseller}) {
			out = append(out, view.Option{Value: p.Supplier, Label: view.Raw(c.orgs[p.Supplier].Name)})
		}
	}
	return out
}

func (v *visit) productRow(e catalog.Entry, currencies []string, c circle, partnership string, several bool) view.ProductRow {
	row := view.ProductRow{URL: v.productURL(e.ID), BuyerItem: e.BuyerItem, Status: v.productStatus(e.Product), SKU: e.SKU, Name: e.Name(string(v.p.Language())), GTIN: e.GTIN, Unit: e.Unit, Family: v.family(e.Family), Pack: packText(e.Packs)}
	row.Stock, row.StockNote = stockStatus(e.Stock, e.Unit)
	if several {
		row.Supplier = c.orgs[e.Org].Name
	}
	for _, code := range currencies {
		m := view.Money{}
		for _, p := range e.Prices {
			if string(p.Currency) == code {
				m = price(p.Price, p.Currency)
				row.From = view.Date(p.From)
			}
		}
		row.Prices = append(row.Prices, m)
	}
	if partnership != "" && e.State == catalog.Active {
		row.OrderURL = v.path("orders", "new") + "?partner=" + queryEscape(partnership) + "&sku=" + queryEscape(e.SKU)
	}
	return row
}

// family is the word for a product family where we have one, else as it stands.
func (v *visit) family(name string) view.Text {
	if key := "family." + name; v.has(key) {
		return view.T(key)
	}
	return view.Raw(name)
}

// familyList names product families in the reader's words.
func (v *visit) familyList(names []string) view.Text {
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = n
		if key := "family." + n; v.has(key) {
			words[i] = v.p.T(key)
		}
	}
	return view.Raw(v.p.List(words))
}

// packText names the packs from the smallest: "6, 24, 480 EA" is "6 · 24 · 480".
func packText(packs []catalog.Pack) view.Text {
	if len(packs) == 0 {
		return view.Text{}
	}
	words := ""
	for _, level := range catalog.Levels {
		for _, p := range packs {
			if p.Level != level {
				continue
			}
			if words != "" {
				words += " · "
			}
			words += p.Quantity.String()
		}
	}
	return view.T("catalogue.packs", "packs", words)
}

// catalogueExports are the files of a kind that can be taken out, as they can be brought
// in again.
func (v *visit) catalogueExports(kind string, c circle) []view.Export {
	var out []view.Export
	if kind == batch.KindProducts {
		for _, f := range []sheet.Format{sheet.XLSX, sheet.CSV} {
			out = append(out, view.Export{Label: view.T("export." + string(f)), URL: v.path("catalogue", "export") + "?format=" + string(f)})
		}
		return out
	}
	for _, p := range c.all {
		if p.State == partner.Active && v.may(access.ReferenceWrite, access.Resource{Owner: p.Supplier, Reseller: p.Reseller}) {
			out = append(out, view.Export{Label: view.T("files.numbers_of", "company", c.orgs[p.Other(v.org())].Name), URL: v.path("catalogue", "export") + "?format=csv&partner=" + queryEscape(p.ID)})
		}
	}
	return out
}

// columnsOf are titles that a file of the kind is read by.
func columnsOf(names []string) []sheet.Column {
	out := make([]sheet.Column, len(names))
	for i, n := range names {
		out[i] = sheet.Column{Title: n, Width: 16}
	}
	return out
}

// catalogueExport is the company's own products, or with ?partner= (a partnership) what
// the partner calls them, in the columns in which such a file is read.
func catalogueExport(v *visit) error {
	if id := v.Query("partner"); id != "" {
		p, err := v.w.d.Partners.Get(v.ctx, v.actor(), id)
		if err != nil {
			return err
		}
		first, err := v.w.d.Catalog.ReferencesOf(v.ctx, v.actor(), p.Supplier, p.Reseller, "", exportRows)
		if err != nil {
			return err
		}
		return v.export(v.p.T("product.references"), columnsOf(batch.ReferenceColumns()), func(ctx context.Context, put func(...sheet.Cell) error) error {
			for rows := first; len(rows) > 0; {
				for _, r := range rows {
					if err := put(words(r.BuyerItem), words(r.SKU)); err != nil {
						return err
					}
				}
				var err error
				if rows, err = v.w.d.Catalog.ReferencesOf(ctx, v.actor(), p.Supplier, p.Reseller, rows[len(rows)-1].BuyerItem, exportRows); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := access.Check(v.actor(), access.CatalogRead, access.Own(v.org())); err != nil {
		return err
	}
	f := catalog.Filter{Supplier: v.org(), Limit: exportRows}
	page, err := v.w.d.Catalog.List(v.ctx, v.actor(), f)
	if err != nil {
		return err
	}
	if len(page.Items) == 0 && !v.may(access.CatalogWrite, access.Own(v.org())) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return v.export(v.p.T("nav.catalogue"), columnsOf(batch.ProductColumns()), func(ctx context.Context, put func(...sheet.Cell) error) error {
		for {
			for _, e := range page.Items {
				var row []sheet.Cell
				for _, s := range batch.ProductCells(e.Product) {
					row = append(row, words(s))
				}
				if err := put(row...); err != nil {
					return err
				}
			}
			if page.Next == "" {
				return nil
			}
			f.After = page.Next
			if page, err = v.w.d.Catalog.List(ctx, v.actor(), f); err != nil {
				return err
			}
		}
	})
}
