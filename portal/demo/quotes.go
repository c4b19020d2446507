package demo

import (
	"context"
	"time"

	"entente/prm/access"
	"entente/prm/money"
	"entente/prm/quote"
)

// quotes makes quotes in the states that their lists show: one to price, for a registration,
// two to answer, one accepted whose order is to follow, and one that was declined.
func (m *maker) quotes(ctx context.Context) error {
	ago := func(hours int) context.Context { return m.at(ctx, m.start.Add(-time.Duration(hours)*time.Hour)) }
	ahead := func(days int) string { return day(m.start.AddDate(0, 0, days)) }
	line := func(sku string, n int64, price string) quote.LineCmd {
		p, err := money.ParseMicro(price)
		if err != nil {
			panic(err) // a price of this file
		}
		return quote.LineCmd{SKU: sku, Quantity: money.Whole(n), Price: p}
	}
	ingrid, wen := m.aurelia.staff["ingrid"], m.aurelia.staff["wen"]
	maya, chen, kaarel := m.kestrel.staff["maya"], m.huadong.staff["chen"], m.baltic.staff["kaarel"]
	return m.DB.InTx(ctx, func(inner context.Context) error {
		ctx = inner
		ask := func(hours int, who access.Actor, slug string, cmd quote.Cmd) (quote.Quote, error) {
			cmd.Partnership = m.partners[slug].ID
			return m.Quotes.Ask(ago(hours), who, cmd)
		}
		offer := func(hours int, who access.Actor, q quote.Quote, cmd quote.Cmd) (quote.Quote, error) {
			cmd.Quote, cmd.Round = q.ID, q.Round
			return m.Quotes.Offer(ago(hours), who, cmd)
		}

		old, err := ask(24*22, chen, "huadong", quote.Cmd{Title: "苏州新区机床厂首批", Customer: "苏州新区机床有限公司", Deal: m.registered["suzhou"], Lines: []quote.LineCmd{line("AUR-D18B", 40, "715"), line("AUR-B50", 80, "262")}})
		if err != nil {
			return err
		}
		if old, err = offer(24*21, wen, old, quote.Cmd{ValidUntil: ahead(-10), Until: ahead(45), Lines: []quote.LineCmd{line("AUR-D18B", 40, "728"), line("AUR-B50", 80, "268")}}); err != nil {
			return err
		}
		if _, err = m.Quotes.Accept(ago(24*19), chen, old.ID, quote.AcceptCmd{Round: old.Round}); err != nil {
			return err
		}

		lost, err := ask(24*24, kaarel, "baltic", quote.Cmd{Title: "Pärnu laevaremont", Customer: "Pärnu Laevad OÜ", Lines: []quote.LineCmd{line("AUR-G125", 60, "47")}})
		if err != nil {
			return err
		}
		if lost, err = offer(24*23, ingrid, lost, quote.Cmd{ValidUntil: ahead(-8), Lines: []quote.LineCmd{line("AUR-G125", 60, "52.5")}}); err != nil {
			return err
		}
		if _, err = m.Quotes.Decline(ago(24*20), kaarel, lost.ID, quote.EndCmd{Round: lost.Round, Reason: "price", Comment: "The yard bought elsewhere."}); err != nil {
			return err
		}

		grinders, err := ask(24*6, maya, "kestrel", quote.Cmd{Title: "Selby Foundry, grinders", Customer: "Selby Foundry Ltd", Deal: m.registered["selby"], Until: ahead(60), Lines: []quote.LineCmd{line("AUR-G125", 150, "41"), line("AUR-BS40", 60, "0")}})
		if err != nil {
			return err
		}
		if _, err = offer(24*5, ingrid, grinders, quote.Cmd{ValidUntil: ahead(12), Until: ahead(60), Note: "One delivery to Selby.", Lines: []quote.LineCmd{line("AUR-G125", 150, "43.25"), line("AUR-BS40", 60, "0")}}); err != nil {
			return err
		}

		port, err := ask(24*4, chen, "huadong", quote.Cmd{Title: "宁波港务维修班组更新工具", Customer: "宁波港务维修有限公司", Lines: []quote.LineCmd{line("AUR-D18B", 60, "700")}})
		if err != nil {
			return err
		}
		if port, err = offer(24*3, wen, port, quote.Cmd{ValidUntil: ahead(9), Lines: []quote.LineCmd{line("AUR-D18B", 60, "742")}}); err != nil {
			return err
		}
		if port, err = m.Quotes.Ask(ago(24*2), chen, quote.Cmd{Quote: port.ID, Round: port.Round, Note: "电池一并采购，请再优惠。", Lines: []quote.LineCmd{line("AUR-D18B", 60, "715"), line("AUR-B50", 120, "265")}}); err != nil {
			return err
		}
		if _, err = offer(26, wen, port, quote.Cmd{ValidUntil: ahead(9), Until: ahead(30), Lines: []quote.LineCmd{line("AUR-D18B", 60, "726.5"), line("AUR-B50", 120, "268")}}); err != nil {
			return err
		}

		_, err = ask(5, maya, "kestrel", quote.Cmd{Title: "Northgate Rail depot refit, second lot", Customer: "Northgate Rail Ltd", Deal: m.registered["northgate"], Until: ahead(90), Note: "The depot starts in January.", Lines: []quote.LineCmd{line("AUR-D18B", 200, "76"), line("AUR-B50", 360, "28.5"), line("AUR-H26", 40, "0")}})
		return err
	})
}
