package demo

import (
	"context"
	"time"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/landing"
	"entente/prm/money"
	"entente/prm/promo"
	"entente/prm/trade"
)

// promos makes joint promotions in every state: one that ended, one that runs with
// Kestrel, one agreed with 华东五金, one that waits for three answers, and a draft.
func (m *maker) promos(ctx context.Context) error {
	ingrid, wen := m.aurelia.staff["ingrid"], m.aurelia.staff["wen"]
	maya, kaarel, chen := m.kestrel.staff["maya"], m.baltic.staff["kaarel"], m.huadong.staff["chen"]
	on := func(days, hour, minute int) context.Context {
		t := m.start.AddDate(0, 0, days)
		return m.at(ctx, time.Date(t.Year(), t.Month(), t.Day(), hour, minute, 0, 0, time.UTC))
	}
	date := func(days int) string { return day(m.start.AddDate(0, 0, days)) }
	part := func(c *company, rate money.Rate, share, target int64) promo.Part {
		return promo.Part{Org: c.id, Role: promo.Participant, Currency: c.org.Currency, Rate: rate, Share: share, Target: money.Whole(target)}
	}
	const euro, yuan = 1_150_000, 9_250_000
	// send makes a promotion, proposes it and lets those named approve it.
	send := func(days int, who access.Actor, t promo.Terms, yes ...access.Actor) (promo.Detail, error) {
		d, err := m.Promos.Create(on(days, 9, 10), who, t)
		if err != nil {
			return d, err
		}
		if d, err = m.Promos.Propose(on(days, 9, 40), who, d.ID, d.Version, ""); err != nil {
			return d, err
		}
		for i, a := range yes {
			j, err := m.Promos.Join(on(days+2, 10+i, 0), a, d.ID)
			if err != nil {
				return d, err
			}
			if _, err := m.Promos.Approve(on(days+2, 10+i, 5), a, d.ID, j.Hash); err != nil {
				return d, err
			}
		}
		return d, nil
	}
	m.Trade.Promote(m.Promos)
	return m.DB.InTx(ctx, func(inner context.Context) error {
		ctx = inner
		autumn, err := send(-100, ingrid, promo.Terms{Title: "Autumn Cordless Push", Summary: "Drills, grinders and batteries for the indoor season.", Audience: "Installers and small workshops", SKUs: []string{"AUR-D18B", "AUR-I18", "AUR-B50", "AUR-G125", "AUR-C18"},
			Kind: promo.Percent, Percent: money.One / 20, Settle: promo.BillBack, By: promo.ByOrder, From: date(-76), Until: date(-35), Zone: m.aurelia.org.Zone, ClaimBy: date(30), Proof: []string{"Invoice copy"}, Named: true, Currency: "GBP", Share: 7_500_00,
			Parts: []promo.Part{part(m.kestrel, money.One, 3_000_00, 420), part(m.baltic, euro, 2_760_00, 260), part(m.huadong, yuan, 25_000_00, 300)}}, maya, kaarel, chen)
		if err != nil {
			return err
		}
		// Its orders are older here than its agreement: the first time they are found, and the
		// second, which its page tells of, nothing differs.
		for range 2 {
			if _, err := m.Promos.Rebuild(m.at(ctx, m.start), ingrid, m.Trade, autumn.ID); err != nil {
				return err
			}
		}
		running := promo.Terms{Title: "Grinder safety month", Summary: "Grinders with a guard check at the counter.", Audience: "Metal workshops in the North", SKUs: []string{"AUR-G125", "AUR-G230"}, Families: []string{"accessory"},
			Kind: promo.Percent, Percent: 80_000, Settle: promo.OffInvoice, By: promo.ByOrder, From: date(-12), Until: date(18), ShipBy: date(32), BackDays: 20, Zone: m.aurelia.org.Zone, Countries: []string{"GB"}, Quoted: true, Currency: "GBP", Share: 4_000_00,
			Parts: []promo.Part{{Org: m.kestrel.id, Role: promo.Participant, Currency: "GBP", Rate: money.One, Share: 1_000_00, Target: money.Whole(600), Limit: money.Whole(800)}}}
		d, err := send(-25, ingrid, running, maya)
		if err != nil {
			return err
		}
		for _, t := range []struct {
			org, title string
			due        int
			done       access.Actor
		}{{m.aurelia.id, "Guard check leaflet, English", -14, ingrid}, {m.kestrel.id, "Counter display in three branches", -10, maya}, {m.kestrel.id, "Train the counter staff", 3, access.Actor{}}, {m.aurelia.id, "Second delivery of leaflets", 1, access.Actor{}}} {
			task, err := m.Promos.AddTask(on(-22, 11, 0), ingrid, d.ID, t.org, t.title, date(t.due))
			if err != nil {
				return err
			}
			if t.done.Org != "" {
				if _, err := m.Promos.DoTask(on(-11, 15, 0), t.done, task.ID, true); err != nil {
					return err
				}
			}
		}
		if err := m.grinders(on, d.Number); err != nil {
			return err
		}
		if _, err := send(-18, wen, promo.Terms{Title: "年货节工具专场", Summary: "春节前备货，工具箱与电池。", Audience: "五金店与安装队", SKUs: []string{"AUR-TB3", "AUR-B50"}, Kind: promo.Amount, Settle: promo.OffInvoice, By: promo.ByOrder, From: date(6), Until: date(40), Zone: "Asia/Shanghai", Quoted: true, Currency: "GBP", Share: 2_000_00,
			Parts: []promo.Part{{Org: m.huadong.id, Role: promo.Participant, Currency: "CNY", Rate: yuan, Share: 20_000_00, Target: money.Whole(900), Allow: money.Whole(12)}}}, chen); err != nil {
			return err
		}
		winter, err := send(-6, ingrid, promo.Terms{Title: "Winter Site Warm-up", Summary: "Heated workwear for sites; a battery with every two jackets.", Audience: "Building sites", SKUs: []string{"AUR-HT20"}, Kind: promo.Free, Buy: money.Whole(2), Free: money.Whole(1), FreeSKU: "AUR-B50", Settle: promo.OffInvoice, By: promo.ByOrder,
			From: date(2), Until: date(63), ShipBy: date(77), BackDays: 20, Zone: m.aurelia.org.Zone, Quoted: true, Currency: "GBP", Share: 12_000_00,
			Parts: []promo.Part{part(m.kestrel, money.One, 3_000_00, 420), part(m.baltic, euro, 2_760_00, 260), part(m.huadong, yuan, 20_000_00, 900)}}, kaarel)
		if err != nil {
			return err
		}
		j, err := m.Promos.Join(on(-2, 3, 0), chen, winter.ID)
		if err != nil {
			return err
		}
		asks := j.Text
		asks.Parts = []promo.Part{{Org: m.huadong.id, Share: 15_000_00, Target: money.Whole(700)}}
		if _, err := m.Promos.Counter(on(-2, 3, 20), chen, winter.ID, j.Hash, asks, "上海仓库备货有限，数量与出资都减少一些。"); err != nil {
			return err
		}
		if _, err := m.Promos.Create(on(-1, 16, 0), ingrid, promo.Terms{Title: "Trade Counter Days", Summary: "Two days at the counter in every branch.", Families: []string{"cordless"}, Kind: promo.Tiers, Tiers: []promo.Tier{{From: money.Whole(20), Percent: 30_000}, {From: money.Whole(60), Percent: 60_000}},
			Settle: promo.BillBack, By: promo.ByInvoice, From: date(75), Until: date(89), Zone: m.aurelia.org.Zone, Currency: "GBP", Share: 3_000_00, Parts: []promo.Part{part(m.kestrel, money.One, 3_000_00, 200)}}); err != nil {
			return err
		}
		if err := m.Promos.Tick(m.at(ctx, m.start)); err != nil {
			return err
		}
		return m.leaflets(on, d.ID)
	})
}

// leaflets is the landing page of Kestrel for the running promotion, in words that Aurelia
// proposed, with a referral code for a fair and what was looked at.
func (m *maker) leaflets(on func(days, hour, minute int) context.Context, id promo.ID) error {
	maya := m.kestrel.staff["maya"]
	english := landing.Text{Language: "en", Title: "Is your grinder's guard still good?", Body: "Bring it to the counter: we check the guard while you wait, and grinders and accessories cost less this month."}
	if _, err := m.Landing.Propose(on(-21, 10, 0), m.aurelia.staff["ingrid"], id, 0, []landing.Text{english}); err != nil {
		return err
	}
	english.Consent = "Kestrel Supply keeps what you write to answer you about this offer, and nothing else."
	page, err := m.Landing.Save(landing.Quiet(on(-20, 9, 30)), maya, id, landing.Page{Live: true, Offer: true, Colour: "blue", Imprint: "Kestrel Supply\nUnit 4, Canal Wharf, Leeds LS11 5PS", Texts: []landing.Text{english}}, false)
	if err != nil {
		return err
	}
	if _, err := m.Landing.AddCode(on(-19, 9, 0), maya, id, "LEEDS-FAIR", "Trade fair, Leeds"); err != nil {
		return err
	}
	for days, looks := range map[int][2]int{-9: {3, 0}, -6: {4, 2}, -3: {2, 5}, -2: {5, 1}} {
		for i, ref := range []string{"", "LEEDS-FAIR"} {
			seen, err := m.Landing.Public(on(days, 11, 0), m.kestrel.org.Slug, page.Token, ref)
			if err != nil {
				return err
			}
			for range looks[i] {
				if err := m.Landing.Seen(on(days, 11, 0), seen); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// grinders are two orders of Kestrel under the running promotion: one invoiced with the
// allowance, one that waits for its answer.
func (m *maker) grinders(on func(days, hour, minute int) context.Context, number string) error {
	kestrel := buyer{c: m.kestrel, person: "dan", city: "Leeds", street: "Whitehall Road 14"}
	order := func(ctx context.Context, po string, ws ...want) (trade.OrderID, error) {
		d := m.written(kestrel, db.Now(ctx), po, ws...)
		d.Refs = []doc.Ref{{Qualifier: "PD", Value: number}}
		r, err := m.book(ctx, db.Now(ctx), kestrel, d)
		if err != nil {
			return "", err
		}
		return r.Order, m.Promos.Attribute(ctx, access.System("demo", m.aurelia.id), m.Trade, r.Order)
	}
	id, err := order(on(-10, 9, 20), "4500187401", want{"AUR-G125", 240}, want{"AUR-CD125", 200})
	if err != nil {
		return err
	}
	boss := access.System("demo", m.aurelia.id)
	if _, err := m.Trade.Confirm(on(-10, 11, 0), m.aurelia.staff["ingrid"], id, trade.ConfirmCmd{}); err != nil {
		return err
	}
	if _, err := m.Trade.Ship(on(-8, 14, 0), m.aurelia.staff["ingrid"], id, trade.ShipCmd{Carrier: "DHL", Tracking: "JD014600012001"}); err != nil {
		return err
	}
	if _, err := m.Trade.Invoice(on(-7, 9, 0), boss, id, trade.InvoiceCmd{TaxRate: money.One / 5}); err != nil {
		return err
	}
	if _, err := m.Trade.MarkReceived(on(-6, 10, 0), m.kestrel.staff["dan"], id, trade.ReceiveCmd{}); err != nil {
		return err
	}
	if err := m.Promos.Attribute(on(-6, 11, 0), boss, m.Trade, id); err != nil {
		return err
	}
	_, err = order(on(-1, 15, 30), "4500187640", want{"AUR-G230", 120}, want{"AUR-DD125", 200})
	return err
}
