package web

import (
	"slices"
	"strings"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
)

// productShow is one product: the owner's with everything, a supplier's as it may be
// seen.
func productShow(v *visit) error { return v.productPage(200, nil) }

func (v *visit) productURL(id catalog.ID) string { return v.path("catalogue", string(id)) }

func (v *visit) productPage(status int, typed *view.Form) error {
	e, err := v.w.d.Catalog.Product(v.ctx, v.actor(), catalog.ID(v.Params("id")), v.today())
	if err != nil {
		return err
	}
	partners, err := v.partners()
	if err != nil {
		return err
	}
	own := e.Org == v.org()
	page := &view.ProductPage{Base: v.shell(), URL: v.productURL(e.ID), SKU: e.SKU, Name: e.Name(string(v.p.Language())), Own: own, Status: v.productStatus(e.Product), Facts: v.productFacts(e.Product, partners), Units: unitRows(e.Product), CanEdit: own && v.may(access.CatalogWrite, access.Own(e.Org))}
	if page.Status.State == "" {
		page.Status.State = "product.active"
	}
	for _, p := range partners.suppliers(v.actor()) {
		if p.Supplier == e.Org && e.State == catalog.Active {
			page.OrderURL = v.path("orders", "new") + "?partner=" + queryEscape(p.ID) + "&sku=" + queryEscape(e.SKU)
		}
	}
	if e.ReplacedBy != "" {
		if next, err := v.w.d.Catalog.Get(v.ctx, v.actor(), e.Org, e.ReplacedBy); err == nil {
			page.NewSKU, page.NewURL = next.SKU, v.productURL(next.ID)
		}
	}
	page.StockStatus, page.Stock = v.stockFacts(e)
	if err := v.productPrices(page, e); err != nil {
		return err
	}
	if err := v.productReferences(page, e, partners); err != nil {
		return err
	}
	if err := v.productOptions(page, e); err != nil {
		return err
	}
	if typed != nil {
		page.Reference = typed
	}
	return v.renderAs(status, page, nil)
}

// productStatus is set where a product is not plainly sold.
func (v *visit) productStatus(p catalog.Product) view.Status {
	switch {
	case p.State != catalog.Active:
		return view.Status{State: "product.discontinued"}
	case p.Replaced(v.today()):
		return view.Status{State: "product.replaced", Words: view.T("product.replaced_by", "sku", p.ReplacedBy)}
	case p.ReplacedBy != "":
		return view.Status{State: "product.replaced", Words: view.T("product.replaced_on", "sku", p.ReplacedBy, "date", view.Date(p.ReplacedFrom))}
	}
	return view.Status{}
}

func (v *visit) productFacts(p catalog.Product, c circle) []view.KV {
	out := []view.KV{{Label: view.T("col.sku"), Value: view.Raw(p.SKU), Mono: true}}
	if p.Org != v.org() {
		out = append(out, view.KV{Label: view.T("col.supplier"), Value: view.Raw(c.orgs[p.Org].Name)})
	}
	for _, x := range []struct{ key, text string }{{"field.name_en", p.NameEN}, {"field.name_zh", p.NameZH}} {
		if x.text != "" {
			out = append(out, view.KV{Label: view.T(x.key), Value: view.Raw(x.text)})
		}
	}
	if p.Family != "" {
		out = append(out, view.KV{Label: view.T("field.family"), Value: v.family(p.Family)})
	}
	if p.Minimum > 0 {
		out = append(out, view.KV{Label: view.T("field.minimum"), Value: view.T("product.quantity", "quantity", counted(p.Minimum, p.Unit))})
	}
	if p.Multiple > 0 {
		out = append(out, view.KV{Label: view.T("field.multiple"), Value: view.T("product.quantity", "quantity", counted(p.Multiple, p.Unit))})
	}
	return out
}

// unitRows is the pack tree from the piece up; each level says how many of the one
// below it holds where that comes out even, and how many pieces.
func unitRows(p catalog.Product) []view.UnitRow {
	rows := []view.UnitRow{{Level: view.T("level.each"), Unit: p.Unit, Rec20: catalog.UnitRec20(p.Unit), Holds: view.T("product.base_unit"), GTIN: p.GTIN}}
	packs := slices.Clone(p.Packs)
	slices.SortFunc(packs, func(a, b catalog.Pack) int {
		return slices.Index(catalog.Levels, a.Level) - slices.Index(catalog.Levels, b.Level)
	})
	below, unit := money.Quantity(money.One), p.Unit
	for i, k := range packs {
		row := view.UnitRow{Level: view.T("level." + k.Level), Unit: k.Unit, Rec20: catalog.UnitRec20(k.Unit), GTIN: k.GTIN, Smaller: i + 1, Holds: view.T("product.holds", "quantity", counted(k.Quantity, p.Unit))}
		if i > 0 && below > 0 && k.Quantity%below == 0 {
			row.Holds = view.T("product.holds_packs", "packs", counted(money.Whole(int64(k.Quantity/below)), unit), "quantity", counted(k.Quantity, p.Unit))
		}
		below, unit = k.Quantity, k.Unit
		rows = append(rows, row)
	}
	return rows
}

// stockStatus is what the reader is told of a stock, in a word and a note.
func stockStatus(s catalog.Shown, unit string) (view.Status, view.Text) {
	if s.Level == "" {
		return view.Status{}, view.Text{}
	}
	note := view.Text{}
	if s.Exact {
		note = view.T("product.quantity", "quantity", counted(s.Quantity, unit))
	}
	return view.Status{State: view.State("stock." + s.Level)}, note
}

func (v *visit) stockFacts(e catalog.Entry) (view.Status, []view.KV) {
	status, note := stockStatus(e.Stock, e.Unit)
	var out []view.KV
	if !note.IsZero() {
		out = append(out, view.KV{Label: view.T("stock.available"), Value: note})
	}
	if !e.Stock.AsOf.IsZero() {
		out = append(out, view.KV{Label: view.T("stock.as_of"), Value: view.T("product.at", "when", e.Stock.AsOf)})
	}
	return status, out
}

// productPrices are the prices per currency, how a partner's comes about, and the
// price of the version that comes next.
func (v *visit) productPrices(page *view.ProductPage, e catalog.Entry) error {
	if !v.lists(access.CatalogPrices) {
		page.PricesHidden = true
		return nil
	}
	all, err := v.w.d.Catalog.Lists(v.ctx, v.actor())
	if err != nil {
		return err
	}
	reader := ""
	if !page.Own {
		reader = v.org()
	}
	for _, p := range e.Prices {
		row := view.PriceRow{Price: price(p.Price, p.Currency), From: view.Date(p.From)}
		steps, err := v.w.d.Catalog.Steps(v.ctx, v.actor(), e.Org, reader, p.Currency, v.today(), []catalog.ID{e.ID})
		if err != nil {
			return err
		}
		if list := steps[e.ID]; len(list) > 1 {
			for _, s := range list {
				row.Steps = append(row.Steps, view.PriceStep{Words: view.T("price.step." + s.Kind), Price: price(s.Price, p.Currency), From: view.Date(s.From)})
			}
		}
		for _, l := range all {
			if l.Org != e.Org || l.Currency != p.Currency || page.Own && l.Partner != "" {
				continue
			}
			if row.URL == "" || l.Partner != "" {
				row.URL = v.listURL(l.ID)
			}
			for _, c := range l.Coming(v.today()) {
				next, err := v.w.d.Catalog.PricesOn(v.ctx, v.actor(), e.Org, reader, p.Currency, c.From, []catalog.ID{e.ID})
				if err != nil {
					return err
				}
				if n, ok := next[e.ID]; ok && (row.Next == nil || view.Date(c.From) < row.Next.From) {
					row.Next = &view.PriceNext{Price: price(n, p.Currency), From: view.Date(c.From), Up: n > p.Price, Same: n == p.Price}
				}
				break
			}
		}
		page.Prices = append(page.Prices, row)
	}
	return nil
}

func (v *visit) productReferences(page *view.ProductPage, e catalog.Entry, c circle) error {
	refs, err := v.w.d.Catalog.References(v.ctx, v.actor(), e.ID)
	if err != nil {
		return err
	}
	for _, r := range refs {
		row := view.ReferenceRow{Partner: r.Partner, BuyerItem: r.BuyerItem, CanDrop: v.may(access.ReferenceWrite, access.Resource{Owner: r.Supplier, Reseller: r.Partner})}
		if page.Own {
			row.Company = c.orgs[r.Partner].Name
		}
		page.References = append(page.References, row)
	}
	if page.Own {
		for _, p := range c.all {
			if p.Supplier == v.org() {
				page.Partners = append(page.Partners, view.Option{Value: p.Reseller, Label: view.Raw(c.orgs[p.Reseller].Name)})
			}
		}
		if len(page.Partners) == 0 {
			return nil
		}
	}
	partner := v.org()
	if page.Own {
		partner = page.Partners[0].Value
	}
	if v.may(access.ReferenceWrite, access.Resource{Owner: e.Org, Reseller: partner}) {
		page.Reference = &view.Form{}
	}
	return nil
}

// referenceAdd keeps a partner's number for the product.
func referenceAdd(v *visit) error {
	in := v.input()
	e, err := v.w.d.Catalog.Product(v.ctx, v.actor(), catalog.ID(v.Params("id")), "")
	if err != nil {
		return err
	}
	in.require("buyer_item")
	err = in.err()
	if err == nil {
		err = v.w.d.Catalog.Refer(v.ctx, v.actor(), catalog.Reference{Supplier: e.Org, Partner: v.partnerOf(e, in), BuyerItem: in.text("buyer_item"), SKU: e.SKU})
	}
	if err == nil {
		return v.done(v.productURL(e.ID)+"#references", "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	form := in.form(errs, note)
	return v.productPage(422, &form)
}

// referenceDrop takes a partner's number away.
func referenceDrop(v *visit) error {
	in := v.input()
	e, err := v.w.d.Catalog.Product(v.ctx, v.actor(), catalog.ID(v.Params("id")), "")
	if err != nil {
		return err
	}
	if err := v.w.d.Catalog.DropReference(v.ctx, v.actor(), e.Org, v.partnerOf(e, in), in.text("buyer_item")); err != nil {
		return err
	}
	return v.done(v.productURL(e.ID)+"#references", "said.saved")
}

// partnerOf is whose number a form is about: the owner names the partner, a partner
// speaks for itself.
func (v *visit) partnerOf(e catalog.Entry, in *input) string {
	if e.Org == v.org() {
		return in.text("partner")
	}
	return v.org()
}

// productNew is the empty form of a product, productEdit that of an existing one.
func productNew(v *visit) error {
	if err := access.Check(v.actor(), access.CatalogWrite, access.Own(v.org())); err != nil {
		return err
	}
	return v.productForm(200, "", view.Form{Values: map[string]string{"unit": "EA", "state": catalog.Active}})
}

func productEdit(v *visit) error {
	e, err := v.ownProduct()
	if err != nil {
		return err
	}
	values := map[string]string{"sku": e.SKU, "name_en": e.NameEN, "name_zh": e.NameZH, "family": e.Family, "unit": e.Unit, "gtin": e.GTIN, "state": e.State, "replaced_by": e.ReplacedBy, "replaced_from": e.ReplacedFrom}
	for name, q := range map[string]money.Quantity{"minimum": e.Minimum, "multiple": e.Multiple} {
		if q > 0 {
			values[name] = q.String()
		}
	}
	for _, k := range e.Packs {
		values["pack."+k.Level+".unit"], values["pack."+k.Level+".quantity"], values["pack."+k.Level+".gtin"] = k.Unit, k.Quantity.String(), k.GTIN
	}
	return v.productForm(200, e.SKU, view.Form{Values: values})
}

// ownProduct is the product of the address if the actor may change it.
func (v *visit) ownProduct() (catalog.Entry, error) {
	e, err := v.w.d.Catalog.Product(v.ctx, v.actor(), catalog.ID(v.Params("id")), v.today())
	if err == nil {
		err = access.Check(v.actor(), access.CatalogWrite, access.Resource{Owner: e.Org, Reseller: v.org()})
	}
	return e, err
}

func (v *visit) productForm(status int, sku string, form view.Form) error {
	page := &view.ProductFormPage{Base: v.shell(), URL: v.path("catalogue", "new"), BackURL: v.path("catalogue"), SKU: sku, Form: form, Packs: catalog.Levels, Families: []string{"cordless", "corded", "battery", "accessory", "workwear", "measuring", "lighting", "storage"}}
	if sku != "" {
		page.URL, page.BackURL = v.path("catalogue", v.Params("id"), "edit"), v.path("catalogue", v.Params("id"))
	}
	for _, s := range []string{catalog.Active, catalog.Discontinued} {
		page.States = append(page.States, view.Option{Value: s, Label: view.T("state.product." + s), On: form.Value("state") == s})
	}
	return v.renderAs(status, page, nil)
}

// productSave makes a product or changes one.
func productSave(v *visit) error {
	in := v.input()
	sku, packs := "", []catalog.Pack(nil)
	if v.Params("id") != "" {
		e, err := v.ownProduct()
		if err != nil {
			return err
		}
		sku = e.SKU
	} else if have, err := v.w.d.Catalog.Get(v.ctx, v.actor(), v.org(), in.text("sku")); err == nil {
		in.wrong.With("sku", "catalog.sku_taken", "SKU", have.SKU)
	}
	p := catalog.Product{SKU: or(sku, in.text("sku")), NameEN: in.text("name_en"), NameZH: in.text("name_zh"), Family: in.text("family"), Unit: in.text("unit"), GTIN: plainGTIN(in.text("gtin")), State: in.text("state"),
		Minimum: in.number("minimum"), Multiple: in.number("multiple"), ReplacedBy: in.text("replaced_by"), ReplacedFrom: in.date("replaced_from")}
	for _, level := range catalog.Levels {
		at := "pack." + level + "."
		k := catalog.Pack{Level: level, Unit: in.text(at + "unit"), GTIN: plainGTIN(in.text(at + "gtin")), Quantity: in.number(at + "quantity")}
		if k.Unit == "" && k.GTIN == "" && k.Quantity == 0 {
			continue
		}
		if k.Quantity == 0 {
			in.wrong.With(at+"quantity", "form.missing")
		}
		if k.Unit == "" {
			in.wrong.With(at+"unit", "form.missing")
		}
		packs = append(packs, k)
	}
	p.Packs = packs
	err := in.err()
	if err == nil {
		err = v.w.d.Catalog.Put(v.ctx, v.actor(), p)
	}
	if err == nil {
		made, err := v.w.d.Catalog.Get(v.ctx, v.actor(), v.org(), p.SKU)
		if err != nil {
			return err
		}
		return v.done(v.productURL(made.ID), "said.saved")
	}
	errs, note, ok := v.formErrors(plainFields(err, "products.0."))
	if !ok {
		return err
	}
	return v.productForm(422, sku, in.form(errs, note))
}

// plainGTIN takes the blanks and hyphens out of a number as people write it.
func plainGTIN(s string) string { return strings.NewReplacer(" ", "", "-", "").Replace(s) }

// plainFields takes a prefix off the fields of a service's refusal; what it says of
// all packs stands at the first.
func plainFields(err error, prefix string) error {
	f := fault.As(err)
	if f == nil || len(f.Fields) == 0 {
		return err
	}
	out := *f
	out.Fields = slices.Clone(f.Fields)
	for i := range out.Fields {
		name := strings.TrimPrefix(out.Fields[i].Name, prefix)
		switch {
		case name == "name":
			name = "name_en"
		case strings.HasPrefix(name, "packs."):
			name = "pack." + strings.TrimPrefix(name, "packs.")
		}
		out.Fields[i].Name = name
	}
	return &out
}
