package demo

import (
	"context"
	"time"

	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fund"
	"entente/prm/money"
	"entente/prm/protect"
)

// protectedItems are what Kestrel pays by a list of its own.
var protectedItems = []string{"AUR-BS12", "AUR-DM15", "AUR-DD125", "AUR-JB10", "AUR-SB190", "AUR-SP125"}

// protection lowers Kestrel's prices of accessories twice: what was granted on its stock for the
// first fall was claimed and paid, that for the second waits for Kestrel.
func (m *maker) protection(ctx context.Context) error {
	if m.Protect == nil {
		return nil
	}
	ingrid, maya := m.aurelia.staff["ingrid"], m.kestrel.staff["maya"]
	on := func(days, hour int) context.Context {
		t := m.start.AddDate(0, 0, days)
		return m.at(ctx, time.Date(t.Year(), t.Month(), t.Day(), hour, 0, 0, 0, time.UTC))
	}
	if err := m.Protect.SetTerms(on(-60, 9), ingrid, protect.Terms{Currency: "GBP", Days: 120, Cover: money.One, Cap: money.Amount{Minor: 5_000_00, Currency: "GBP"}, Least: money.Amount{Minor: 5_00, Currency: "GBP"}, AnswerDays: 14}); err != nil {
		return err
	}
	l, err := m.Catalog.CreateList(on(-50, 9), ingrid, catalog.ListCmd{Name: "Accessories for Kestrel", Currency: "GBP", Partner: m.kestrel.id})
	if err != nil {
		return err
	}
	lower := func(published, from int, percent int64) (protect.Protection, error) {
		begins := day(m.start.AddDate(0, 0, from))
		if _, err := m.Catalog.BeginDraft(on(published, 10), ingrid, l.ID, catalog.DraftCmd{From: begins, Note: "Accessories"}); err != nil {
			return protect.Protection{}, err
		}
		var prices []catalog.PriceChange
		for _, a := range articles {
			for _, sku := range protectedItems {
				if a.sku == sku {
					p := listPrice(a, "GBP", false) * money.Price(percent) / 100
					prices = append(prices, catalog.PriceChange{SKU: sku, Price: p / (money.One / 100) * (money.One / 100)})
				}
			}
		}
		if err := m.Catalog.ChangeDraft(on(published, 11), ingrid, l.ID, prices); err != nil {
			return protect.Protection{}, err
		}
		v, err := m.Catalog.Publish(on(published, 12), ingrid, l.ID, catalog.PublishCmd{Short: true})
		if err == nil {
			err = m.Protect.Published(on(from, 7), access.System("demo", m.aurelia.id), m.partners["kestrel"].ID, l.ID, v.Number)
		}
		if err != nil {
			return protect.Protection{}, err
		}
		list, _, err := m.Protect.List(on(from, 8), maya, protect.Filter{States: []protect.State{protect.Proposed}, Limit: 1})
		if err != nil || len(list) == 0 { // nothing of it was in stock
			return protect.Protection{}, err
		}
		return m.Protect.Get(on(from, 8), maya, list[0].ID)
	}
	x, err := lower(-45, -40, 92)
	if err == nil && x.ID != "" {
		err = m.settleProtection(on, x, ingrid, maya)
	}
	if err == nil {
		_, err = lower(-9, -3, 85)
	}
	return err
}

func (m *maker) settleProtection(on func(days, hour int) context.Context, x protect.Protection, ingrid, maya access.Actor) error {
	c, err := m.Protect.Confirm(on(-38, 9), maya, x.ID, x.Mark)
	if err == nil {
		c, err = m.Funds.Decide(on(-36, 10), ingrid, c.ID, c.Version, nil, "")
	}
	if err == nil {
		_, err = m.Funds.Settle(on(-30, 11), ingrid, c.ID, c.Version, fund.SettleCmd{Kind: fund.ByCreditNote, Reference: "CN-PP-1", TaxRate: money.One / 5, On: day(m.start.AddDate(0, 0, -30))})
	}
	return err
}
