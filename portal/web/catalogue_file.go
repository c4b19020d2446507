package web

import (
	"context"

	"entente/portal/batch"
	"entente/portal/sheet"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/partner"
)

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
