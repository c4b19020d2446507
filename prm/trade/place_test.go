package trade

import (
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
)

// TestQuoteSaysWhatIsDoubtful: the form is told of an item that is no longer sold,
// of its successor, of minimum and multiple, of a unit it is not sold in, and the
// units it is sold in, with prices per unit.
func TestQuoteSaysWhatIsDoubtful(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.must(b.cat.Put(b.at(), b.ingrid,
			catalog.Product{SKU: "AUR-B50", NameEN: "Old", Family: "tools", Unit: "EA", State: catalog.Discontinued},
			catalog.Product{SKU: "AUR-BS40", NameEN: "Before", Family: "tools", Unit: "EA", State: catalog.Active, ReplacedBy: "AUR-H26", ReplacedFrom: "2026-01-01", Minimum: money.Whole(5), Multiple: money.Whole(5)}))
		cmd := PlaceCmd{Partnership: b.toKestrel, Lines: []PlaceLine{
			{SKU: "AUR-B50", Quantity: money.Whole(1)},
			{SKU: "AUR-BS40", Quantity: money.Whole(3)},
			{SKU: "AUR-D18B", Quantity: money.Whole(2), Unit: "CA"},
			{SKU: "AUR-D18B", Quantity: money.Whole(2), Unit: "PL"},
			{SKU: "AUR-D18B", Quantity: money.Whole(2), Price: b.micro("80.5")},
			{SKU: "NOPE", Quantity: money.Whole(2)},
		}}
		got, err := b.svc.Quote(b.at(), b.dan, cmd)
		b.must(err)
		for i, want := range []struct{ marks, price, amount string }{
			{"discontinued", "31.2", "31.20"}, {"superseded,below_minimum,not_multiple", "9.8", "29.40"}, {"", "840", "1680.00"}, {"unit_unknown", "0", "0.00"}, {"", "84", "161.00"}, {"unknown_item", "0", "0.00"},
		} {
			if q := got[i]; q.Marks.text() != want.marks || q.Price.String() != want.price || q.Amount.String() != want.amount {
				t.Errorf("line %d: marks %s, price %s, amount %s; want %v", i, q.Marks.text(), q.Price, q.Amount, want)
			}
		}
		if got[1].ReplacedBy != "AUR-H26" || len(got[2].Units) != 2 || got[2].Units[1] != "CA" {
			t.Errorf("successor %q, units %v", got[1].ReplacedBy, got[2].Units)
		}

		_, err = b.svc.Place(b.at(), b.dan, PlaceCmd{Partnership: b.toKestrel, Lines: []PlaceLine{{SKU: "AUR-D18B", Quantity: money.Whole(1), Unit: "PL"}, {SKU: "AUR-D18B", Quantity: money.Whole(1), RequestedOn: "soon"}, {SKU: "AUR-D18B"}, {SKU: "AUR-D18B", Quantity: money.Whole(100_000_001), Unit: "CA"}}})
		fields := map[string]string{}
		for _, f := range fault.As(err).Fields {
			fields[f.Name] = f.Key
		}
		if len(fields) != 4 || fields["lines.3.quantity"] != "trade.quantity_most" || fields["lines.0.unit"] != "trade.unit_unsold" || fields["lines.1.date"] != "form.date" || fields["lines.2.quantity"] != "trade.quantity_wrong" {
			t.Errorf("refused with %v", fields)
		}
	})
}

// TestPlacedByAProgram: an order that a program places came by the API, not by the form.
func TestPlacedByAProgram(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		program := b.dan
		program.Via, program.Scopes = "token:x", []string{"orders:write", "orders:read"}
		for actor, want := range map[string]string{"a program": SourceAPI, "a person": SourceForm} {
			who := b.dan
			if want == SourceAPI {
				who = program
			}
			r, err := b.svc.Place(b.at(), who, PlaceCmd{Partnership: b.toKestrel, Number: "BY-" + want, Lines: []PlaceLine{{SKU: "AUR-D18B", Quantity: money.Whole(2)}}})
			b.must(err)
			o, err := b.svc.Get(b.at(), b.ingrid, r.Order)
			b.must(err)
			eq(t, actor, o.Source, want)
		}
	})
}

// TestPlaceKeepsWhatTheBuyerWrote: price, date, unit and the kinds of item number
// stand on the booked lines; a price beyond the tolerance is the supplier's to see.
func TestPlaceKeepsWhatTheBuyerWrote(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.must(b.cat.Refer(b.at(), b.ingrid, catalog.Reference{Supplier: b.aurelia, Partner: b.kestrel, BuyerItem: "K-77", SKU: "AUR-G125"}))
		r, err := b.svc.Place(b.at(), b.dan, PlaceCmd{Partnership: b.toKestrel, Number: "K-1", RequestedOn: "2026-12-10", Lines: []PlaceLine{
			{SKU: "AUR-D18B", Quantity: money.Whole(2), Price: b.micro("60"), RequestedOn: "2026-12-20"},
			{BuyerItem: "K-77", Quantity: money.Whole(3), Unit: "CA"},
		}})
		b.must(err)
		o, err := b.svc.Get(b.at(), b.dan, r.Order)
		b.must(err)
		one, two := o.Lines[0], o.Lines[1]
		if one.Price.String() != "60" || !one.Marks.Has(PriceDiffers) || one.RequestedOn != "2026-12-20" {
			t.Errorf("line 1: %+v", one)
		}
		if two.SKU != "AUR-G125" || two.BuyerItem != "K-77" || two.Unit != "CA" || two.Price.String() != "465" || two.RequestedOn != "2026-12-10" || len(two.Marks) != 0 {
			t.Errorf("line 2: %+v", two)
		}
	})
}
