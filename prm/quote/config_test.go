package quote

import (
	"slices"
	"strings"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// kit makes the drill a product with options.
func (b *bench) kit() catalog.ID {
	b.t.Helper()
	e, err := b.svc.cat.Get(b.at(), b.ingrid, b.aurelia, "DRILL")
	b.must(err)
	opt := func(code, en, zh string, most int) catalog.Option {
		return catalog.Option{Code: code, NameEN: en, NameZH: zh, Most: most}
	}
	_, err = b.svc.cat.SetOptions(b.at(), b.ingrid, e.ID, catalog.OptionsCmd{Options: catalog.Options{Groups: []catalog.OptionGroup{
		{Code: "MOTOR", NameEN: "Motor", NameZH: "电机", Required: true, Most: 1, Options: []catalog.Option{opt("SMALL", "small", "小", 1), opt("BIG", "big", "大", 1)}},
		{Code: "EXTRA", NameEN: "Extras", Most: 5, Options: []catalog.Option{opt("CASE", "case", "箱", 1), opt("KIT", "kit", "套装", 1), opt("BATTERY", "battery", "电池", 4)}},
	}, Rules: []catalog.OptionRule{{Kind: catalog.RuleAdds, If: "KIT", Then: []string{"CASE"}}, {Kind: catalog.RuleExcludes, If: "SMALL", Then: []string{"BATTERY"}}}}})
	b.must(err)
	b.must(b.svc.cat.SetOptionPrices(b.at(), b.ingrid, "GBP", "2026-01-01", map[string][]catalog.OptionPrice{"DRILL": {{Option: "BIG", Percent: money.One / 4}, {Option: "BATTERY", Price: price2("9.5")}, {Option: "KIT", Price: -money.One}}}))
	return e.ID
}

// A configuration is checked, priced step by step, part of the hash and of the difference
// between rounds, and of the order; an order by EDI finds the line by its price.
func TestConfigured(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		id := b.kit()
		pick := func(unit string, n int64, price money.Price, codes ...string) LineCmd {
			l := LineCmd{SKU: "DRILL", Unit: unit, Quantity: money.Whole(n), Price: price}
			for _, c := range codes {
				code, pieces, _ := strings.Cut(c, "=")
				l.Options = append(l.Options, catalog.Pick{Option: code, Pieces: 1 + len(pieces)})
			}
			return l
		}
		ask := func(ls ...LineCmd) (Quote, error) {
			return b.svc.Ask(b.at(), b.maya, Cmd{Partnership: b.toK, Lines: ls})
		}
		_, err := ask(pick("", 1, 0))
		b.want(err, fault.Invalid, "quote.options_wrong")
		_, err = ask(pick("", 1, 0, "SMALL", "BATTERY"))
		b.want(err, fault.Invalid, "quote.options_wrong")
		_, err = ask(LineCmd{SKU: "SAW", Quantity: money.One, Options: []catalog.Pick{{Option: "BIG", Pieces: 1}}})
		b.want(err, fault.Invalid, "quote.options_none")
		lines, _, err := b.svc.Preview(b.at(), b.maya, Ask, Cmd{Partnership: b.toK, Lines: []LineCmd{pick("", 1, 0, "SMALL")}})
		b.must(err)
		eq(t, "why not", strings.Join(lines[0].Choice.Blocked["BATTERY"].Because, ""), "SMALL")
		eq(t, "what it would add", lines[0].Choice.Adds["BIG"], money.Price(money.Whole(21)))

		q, err := ask(pick("", 10, 0, "KIT", "BIG", "BATTERY=x"), pick("", 2, 0, "SMALL"))
		b.must(err)
		l := q.Lines[0]
		eq(t, "code", l.Config.Code(), "BIG CASE KIT BATTERY=2")
		eq(t, "price", l.Price, price2("123")) // 84 + 21 + 0 - 1 + 19
		var how []string
		for _, s := range l.Steps {
			how = append(how, s.Kind+" "+s.Option+" "+s.Add.Fixed(2)+" "+s.Price.Fixed(2))
		}
		if want := []string{"list  0.00 84.00", "option BIG 21.00 105.00", "option CASE 0.00 105.00", "option KIT -1.00 104.00", "option BATTERY 19.00 123.00"}; !slices.Equal(how, want) {
			t.Errorf("steps %q", how)
		}
		eq(t, "brought", l.Config.Options[1].By, "KIT")
		eq(t, "words", l.Config.Words("zh-CN")[3], "Extras: 电池 × 2")
		same, err := ask(pick("", 10, 0, "BATTERY=x", "BIG", "KIT"), pick("", 2, 0, "SMALL"))
		b.must(err)
		eq(t, "one hash whatever the sequence", same.Hash, q.Hash)
		other, err := ask(pick("", 10, 0, "BATTERY=x", "BIG", "KIT", "CASE"), pick("", 2, 0, "SMALL"))
		b.must(err)
		eq(t, "another choice, another hash", other.Hash != q.Hash, true)

		q, err = b.svc.Offer(b.at(), b.ingrid, Cmd{Quote: q.ID, Round: 1, Until: "2026-12-31", Lines: []LineCmd{pick("", 2, 0, "SMALL"), pick("", 10, price2("99"), "BIG", "KIT")}})
		b.must(err)
		eq(t, "what it would cost by the lists", q.Lines[1].Base, price2("104"))
		d2, err := b.svc.Get(b.at(), b.maya, q.ID)
		b.must(err)
		var diff []string
		for _, c := range Diff(d2.Versions[1], d2.Versions[0]) {
			diff = append(diff, c.Field+" "+c.Was+" > "+c.Now)
		}
		if want := []string{"options BIG CASE KIT BATTERY=2 > BIG CASE KIT", "price 123.00 > 99.00"}; !slices.Equal(diff, want) {
			t.Errorf("differences %q", diff)
		}
		got, err := b.svc.Accept(b.at(), b.dan, q.ID, AcceptCmd{Round: 2, Order: true})
		b.must(err)
		o, err := b.trade.Get(b.at(), b.ingrid, got.Order)
		b.must(err)
		eq(t, "what the order says", o.Lines[1].Description, "Drill; Motor: big; Extras: case; Extras: kit")
		eq(t, "no doubt", o.Marks, 0)

		// the options change: what was offered stands, a new round is held against them
		_, err = b.svc.cat.SetOptions(b.at(), b.ingrid, id, catalog.OptionsCmd{Revision: 1})
		b.must(err)
		_, err = ask(pick("", 1, 0, "BIG"))
		b.want(err, fault.Invalid, "quote.options_none")
	})
}

// Of two lines of one product, an order by EDI draws on the one that has its price.
func TestConfiguredByEDI(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	b.kit()
	line := func(n int64, codes ...string) LineCmd {
		l := LineCmd{SKU: "DRILL", Quantity: money.Whole(n)}
		for _, c := range codes {
			l.Options = append(l.Options, catalog.Pick{Option: c, Pieces: 1})
		}
		return l
	}
	q, err := b.svc.Offer(b.at(), b.ingrid, Cmd{Partnership: b.toK, Until: "2026-12-31", Lines: []LineCmd{line(10, "SMALL"), line(5, "BIG")}})
	b.must(err)
	o := b.receive(order("PO-1", "PR", q.Number, [4]string{"DRILL", "5", "EA", "105"}, [4]string{"DRILL", "9", "EA", "84"}))
	eq(t, "no doubt", o.Marks, 0)
	d, err := b.svc.Get(b.at(), b.ingrid, q.ID)
	b.must(err)
	eq(t, "small", d.Lines[0].Ordered, money.Whole(9))
	eq(t, "big", d.Lines[1].Ordered, money.Whole(5))
	o = b.receive(order("PO-2", "PR", q.Number, [4]string{"DRILL", "1", "EA", "105"}))
	eq(t, "none of it is left", o.Lines[0].Marks.Has(trade.QuoteOver), true)

	// the nearest price is the one that was meant, and without one none is guessed
	q, err = b.svc.Offer(b.at(), b.ingrid, Cmd{Partnership: b.toK, Until: "2026-12-31", Lines: []LineCmd{line(10, "SMALL"), line(5, "BIG")}})
	b.must(err)
	o = b.receive(order("PO-3", "PR", q.Number, [4]string{"DRILL", "2", "EA", "104.90"}, [4]string{"DRILL", "1", "EA", ""}))
	eq(t, "held against the big one", o.Lines[0].ListPrice, price2("105"))
	eq(t, "none is filled in", o.Lines[1].Marks.Has(trade.PriceMissing), true)
}
