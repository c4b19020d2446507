package demo

import (
	"context"

	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/money"
)

// shelves gives the price lists that come next month, three and a half in a hundred
// higher, and what Aurelia has in stock: every seventh article is out of stock, every
// fifth low. Partners see the band, Huadong the quantity.
func (m *maker) shelves(ctx context.Context, boss access.Actor) error {
	coming := day(m.start.AddDate(0, 1, 2-m.start.Day()))
	next := map[string][]catalog.ListPrice{}
	var sets []catalog.StockSet
	for i, a := range articles {
		for _, c := range []money.Currency{"GBP", "EUR", "CNY"} {
			p := listPrice(a, c, false)
			if a.family != "accessory" {
				p += p * 35 / 1000 / (money.One / 20) * (money.One / 20)
			}
			next[a.sku] = append(next[a.sku], catalog.ListPrice{Currency: c, From: coming, Price: p})
		}
		n := int64(90 + i*37%400)
		switch {
		case i%7 == 3:
			n = 0
		case i%5 == 2:
			n = int64(4 + i%9)
		}
		sets = append(sets, catalog.StockSet{SKU: a.sku, Quantity: money.Whole(n), At: m.start})
	}
	if err := m.Catalog.SetPrices(ctx, boss, next); err != nil {
		return err
	}
	ctx = m.at(ctx, m.start)
	if err := m.Catalog.SetStock(ctx, boss, catalog.FromDemo, sets); err != nil {
		return err
	}
	if err := m.Catalog.SetTerms(ctx, boss, catalog.Terms{Shown: catalog.ShowBand, Low: money.Whole(20)}); err != nil {
		return err
	}
	return m.Catalog.SetTerms(ctx, boss, catalog.Terms{Partner: m.huadong.id, Shown: catalog.ShowExact, Low: money.Whole(20)})
}
