package demo

import (
	"context"
	"fmt"
	"time"

	"entente/prm/access"
	"entente/prm/money"
	"entente/prm/sellthrough"
)

// sales are what the distributors sold on: Kestrel by the month, one month missing and two
// lines in doubt, Baltic by the week, one of them corrected.
func (m *maker) sales(ctx context.Context) error {
	month := time.Date(m.start.Year(), m.start.Month(), 1, 0, 0, 0, 0, time.UTC)
	for _, ago := range []int{5, 4, 3, 1} {
		from := month.AddDate(0, -ago, 0)
		lines := m.soldLines(ago, []sellthrough.Customer{{Name: "Tees Valley Homes Ltd", City: "Stockton-on-Tees", Postcode: "TS18 1AB", Country: "GB"}, {Name: "Aire Joinery Ltd", City: "Leeds", Postcode: "LS10 1AA", Country: "GB"}, {}})
		if ago == 1 {
			lines = append(lines, sellthrough.Line{BuyerItem: "KS-88-214", Description: "Workshop lamp", Kind: sellthrough.KindSale, Movement: "SS", Quantity: money.Whole(6), Unit: "EA"}, sellthrough.Line{BuyerItem: "KS-88-230", Description: "Dust bag, pack", Kind: sellthrough.KindSale, Movement: "SS", Quantity: money.Whole(12), Unit: "EA"})
		}
		if err := m.sold(ctx, m.kestrel.staff["maya"], "kestrel", fmt.Sprintf("SR-%s", from.Format("2006-01")), from, from.AddDate(0, 1, -1), lines); err != nil {
			return err
		}
	}
	monday := m.start.AddDate(0, 0, -(int(m.start.Weekday())+6)%7-7).Truncate(24 * time.Hour)
	for _, ago := range []int{4, 3, 2, 0} {
		from := monday.AddDate(0, 0, -7*ago)
		year, week := from.ISOWeek()
		number := fmt.Sprintf("BT-%d-W%02d", year, week)
		lines := m.soldLines(ago+1, []sellthrough.Customer{{Name: "Riga Port Repairs SIA", City: "Riga", Postcode: "LV-1015", Country: "LV"}, {}})
		if err := m.sold(ctx, m.baltic.staff["kaarel"], "baltic", number, from, from.AddDate(0, 0, 6), lines); err != nil {
			return err
		}
		if ago == 3 {
			lines[0].Quantity += money.One
			if err := m.sold(ctx, m.baltic.staff["kaarel"], "baltic", number, from, from.AddDate(0, 0, 6), lines); err != nil {
				return err
			}
		}
	}
	return nil
}

// soldLines are some articles, the last one a return.
func (m *maker) soldLines(seed int, customers []sellthrough.Customer) []sellthrough.Line {
	var out []sellthrough.Line
	for i := range 6 {
		a := articles[(seed*5+i*7)%len(articles)]
		l := sellthrough.Line{SKU: a.sku, Kind: sellthrough.KindSale, Movement: "SS", Quantity: money.Whole(int64(3 + (seed*11+i*5)%19)), Unit: "EA", Customer: customers[i%len(customers)]}
		if i == 5 {
			l.Kind, l.Movement, l.Quantity = sellthrough.KindReturn, "BN", money.Whole(1)
		}
		out = append(out, l)
	}
	return out
}

func (m *maker) sold(ctx context.Context, who access.Actor, slug, number string, from, to time.Time, lines []sellthrough.Line) error {
	told := to.AddDate(0, 0, 2).Add(9 * time.Hour)
	if told.After(m.start) { // a week that is just over
		told = m.start
	}
	_, err := m.SellThrough.Book(m.at(ctx, told), who, sellthrough.BookCmd{Partnership: m.partners[slug].ID, Number: number, From: day(from), To: day(to), Source: sellthrough.FromAPI, Lines: lines})
	return err
}
