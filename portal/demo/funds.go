package demo

import (
	"context"
	"strings"
	"time"

	"entente/prm/access"
	"entente/prm/fund"
	"entente/prm/money"
)

// funds makes a programme of the quarter with parts for Kestrel and 华东五金, requests in
// several states, and claims: one paid, one that waits for a decision. The finance desk of
// Aurelia is Ingrid, who is its admin.
func (m *maker) funds(ctx context.Context) error {
	ingrid, maya, chen := m.aurelia.staff["ingrid"], m.kestrel.staff["maya"], m.huadong.staff["chen"]
	on := func(days, hour, minute int) context.Context {
		t := m.start.AddDate(0, 0, days)
		return m.at(ctx, time.Date(t.Year(), t.Month(), t.Day(), hour, minute, 0, 0, time.UTC))
	}
	date := func(days int) string { return day(m.start.AddDate(0, 0, days)) }
	f := m.Funds
	p, err := f.Create(on(-80, 9, 0), ingrid, fund.ProgramCmd{Title: "Marketing fund, half year", Kind: fund.KindMDF, About: "Half of the cost of events, print and training that were agreed before. For every partner; with less than 1,000 a half year, ask for the counter kit instead.", From: date(-80), Until: date(100), Zone: m.aurelia.org.Zone, ClaimDays: 45, Share: money.One / 2, Proof: []string{"Invoice copy", "Photo"}})
	if err != nil {
		return err
	}
	for _, x := range []struct {
		amount money.Amount
		four   int64
		to     *company
		part   int64
	}{{money.Amount{Minor: 12_000_00, Currency: "GBP"}, 2_500_00, m.kestrel, 4_000_00}, {money.Amount{Minor: 90_000_00, Currency: "CNY"}, 0, m.huadong, 40_000_00}} {
		if err := f.Put(on(-80, 9, 20), ingrid, p.ID, fund.PutCmd{Amount: x.amount, FourEyes: &money.Amount{Minor: x.four, Currency: x.amount.Currency}, Words: "Board, half-year plan"}); err != nil {
			return err
		}
		if err := f.Grant(on(-79, 10, 0), ingrid, p.ID, m.partners[x.to.org.Slug].ID, money.Amount{Minor: x.part, Currency: x.amount.Currency}, "", ""); err != nil {
			return err
		}
	}
	type wish struct {
		who             access.Actor
		title, activity string
		from, until     int
		cost, asked     int64
		currency        money.Currency
	}
	ask := func(days int, w wish) (fund.Request, error) {
		r, err := f.SaveRequest(on(days, 9, 30), w.who, "", 0, fund.RequestCmd{Program: p.ID, Title: w.title, Activity: w.activity, From: date(w.from), Until: date(w.until), Cost: money.Amount{Minor: w.cost, Currency: w.currency}, Asked: money.Amount{Minor: w.asked, Currency: w.currency}})
		if err != nil {
			return r, err
		}
		return f.SubmitRequest(on(days, 9, 45), w.who, r.ID, r.Version)
	}
	grant := func(days int, r fund.Request, who access.Actor) (fund.Request, error) {
		r, err := f.ApproveRequest(on(days, 11, 0), ingrid, r.ID, r.Version, fund.Grants{Amount: r.Asked})
		if err != nil {
			return r, err
		}
		return f.CommitRequest(on(days, 15, 0), who, r.ID, r.Version)
	}
	counter, err := ask(-70, wish{maya, "Counter days in Leeds and York", "event", -55, -53, 2_400_00, 1_200_00, "GBP"})
	if err == nil {
		counter, err = grant(-68, counter, maya)
	}
	if err != nil {
		return err
	}
	paid, err := m.claim(on, -50, maya, counter, "KS-MDF-11", [2]string{"Stand hire, three days", date(-54)}, 640_00, [2]string{"Demonstrator", date(-53)}, 260_00)
	if err == nil {
		var looks []fund.Look
		for _, x := range paid.Files {
			looks = append(looks, fund.Look{File: x.ID, Accept: true})
		}
		paid, err = f.JudgeProof(on(-47, 9, 45), ingrid, paid.ID, looks)
	}
	if err == nil {
		paid, err = f.Decide(on(-47, 10, 0), ingrid, paid.ID, paid.Version, nil, "")
	}
	if err == nil {
		paid, err = f.Settle(on(-40, 10, 0), ingrid, paid.ID, paid.Version, fund.SettleCmd{Kind: fund.ByInvoice, Reference: "KS-90211", TaxRate: money.One / 5, On: date(-40)})
	}
	if err != nil {
		return err
	}
	van, err := ask(-24, wish{maya, "Demo van, North England", "demo_stock", -14, -4, 3_000_00, 1_500_00, "GBP"})
	if err == nil {
		van, err = grant(-22, van, maya)
	}
	if err == nil {
		_, err = m.claim(on, -2, maya, van, "KS-MDF-14", [2]string{"Van hire, ten days", date(-14)}, 980_00, [2]string{"Fuel and driver", date(-6)}, 310_00)
	}
	if err != nil {
		return err
	}
	if _, err := ask(-1, wish{maya, "Winter leaflet, 5,000 copies", "print", 10, 24, 900_00, 450_00, "GBP"}); err != nil {
		return err
	}
	training, err := ask(-6, wish{chen, "安装工培训日", "training", 8, 9, 24_000_00, 12_000_00, "CNY"})
	if err != nil {
		return err
	}
	if _, err := f.ApproveRequest(on(-4, 9, 0), ingrid, training.ID, training.Version, fund.Grants{Amount: training.Asked}); err != nil {
		return err
	}
	earned, err := f.Create(on(-30, 9, 0), ingrid, fund.ProgramCmd{Title: "Earned on cordless, 2%", Kind: fund.KindEarned, About: "Two per cent of the net of every invoice of drills and batteries, to be claimed for your own advertising.", From: date(-30), Until: date(335), Zone: m.aurelia.org.Zone, ClaimDays: 30, Share: money.One})
	if err == nil {
		_, err = f.AddRule(on(-30, 9, 10), ingrid, earned.ID, fund.Rule{Rate: money.One / 50, SKUs: []string{"AUR-D18B", "AUR-I18", "AUR-B50"}, From: date(-30), Until: date(335), Days: 180})
	}
	if err == nil {
		err = f.Grant(on(-30, 9, 20), ingrid, earned.ID, m.partners["kestrel"].ID, money.Amount{Currency: "GBP"}, "", "")
	}
	if err != nil {
		return err
	}
	return f.Tick(m.at(ctx, m.start))
}

// claim files one of two lines with both pieces of proof.
func (m *maker) claim(on func(days, hour, minute int) context.Context, days int, who access.Actor, r fund.Request, number string, one [2]string, first int64, two [2]string, second int64) (fund.Claim, error) {
	c, err := m.Funds.SaveClaim(on(days, 14, 0), who, "", 0, fund.ClaimCmd{Request: r.ID, Number: number, Nature: fund.NatureService, Title: r.Title, Lines: []fund.LineCmd{{Text: one[0], On: one[1], Amount: money.Amount{Minor: first, Currency: r.Asked.Currency}}, {Text: two[0], On: two[1], Amount: money.Amount{Minor: second, Currency: r.Asked.Currency}}}})
	if err != nil {
		return c, err
	}
	for _, x := range c.Proof {
		if _, err := m.Funds.AddFile(on(days, 14, 10), who, fund.FileCmd{Claim: c.ID, Item: x, Name: number + " " + strings.ToLower(x) + ".txt", Mime: "text/plain"}, strings.NewReader(x+" of "+r.Title+"\n")); err != nil {
			return c, err
		}
	}
	return m.Funds.SubmitClaim(on(days, 14, 20), who, c.ID, c.Version)
}
