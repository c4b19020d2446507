package translate

import (
	"strconv"

	"entente/edi/doc"
)

// reportKeys are the keys of the summaries of reports and price lists.
func reportKeys() []string {
	return []string{"reporter", "from", "to", "sold", "returned", "replaces", "place", "on_hand", "version", "items_added", "items_deleted"}
}

// sellThrough tells who reports which days, and how much was sold and came back where
// all lines count in one unit.
func (f *facts) sellThrough(d *doc.SellThrough) {
	f.text("number", d.Number)
	f.date("date", d.Date)
	f.text("replaces", d.Replaces)
	if p := d.Reporter(); p != nil {
		f.text("reporter", or(p.Name, p.ID))
	}
	f.date("from", d.Period.From)
	f.date("to", d.Period.To)
	f.head(&d.Header)
	f.lines(len(d.Lines))
	sums, unit := map[string]doc.Decimal{}, ""
	for i := range d.Lines {
		l := &d.Lines[i]
		if l.Kind != doc.KindSale && l.Kind != doc.KindReturn {
			continue
		}
		if unit != "" && l.Unit != unit {
			return
		}
		unit = l.Unit
		sums[l.Kind] = sums[l.Kind].Add(l.Sold())
	}
	f.add("sold", string(sums[doc.KindSale]), "number")
	if back := sums[doc.KindReturn]; back.Sign() < 0 {
		f.add("returned", string(doc.Decimal("0").Sub(back)), "number")
	}
}

// inventory tells whose stock it is, where it lies, and how much where all lines count in
// one unit.
func (f *facts) inventory(d *doc.Inventory) {
	f.text("number", d.Number)
	f.date("date", d.Date)
	places := map[string]bool{}
	place := func(list []doc.Party) {
		for i := range list {
			p := &list[i]
			if name := or(p.Name, p.ID); (p.Role == "WH" || p.Role == "GY") && !places[name] {
				places[name] = true
				f.text("place", name)
			}
		}
	}
	place(d.Parties)
	for i := range d.Lines {
		if len(places) < mostPlaces {
			place(d.Lines[i].Parties)
		}
	}
	f.date("from", d.Period.From)
	f.date("to", d.Period.To)
	f.head(&d.Header)
	f.lines(len(d.Lines))
	sum, unit := doc.Decimal(""), ""
	for i := range d.Lines {
		l := &d.Lines[i]
		n := l.OnHand()
		if n == "" {
			continue
		}
		u := l.Quantities[0].Unit
		if unit != "" && u != unit {
			return
		}
		sum, unit = sum.Add(n), u
	}
	f.add("on_hand", string(sum), "number")
}

// mostPlaces is how many places of goods a summary names.
const mostPlaces = 5

// activity tells who reports which days, and how much was sold, came back and lies there
// where all figures count in one unit.
func (f *facts) activity(d *doc.ProductActivity) {
	if p := d.Reporter(); p != nil {
		f.text("reporter", or(p.Name, p.ID))
	}
	f.date("from", d.Period.From)
	f.date("to", d.Period.To)
	f.head(&d.Header)
	f.lines(len(d.Lines))
	sums, unit := map[string]doc.Decimal{}, ""
	for i := range d.Lines {
		for k := range d.Lines[i].Activities {
			a := &d.Lines[i].Activities[k]
			key := map[string]string{"QS": "sold", "QU": "returned", "QA": "on_hand"}[a.Code]
			if key == "" {
				continue
			}
			if unit != "" && a.Unit != unit {
				return
			}
			unit = a.Unit
			sums[key] = sums[key].Add(a.Total())
		}
	}
	for _, key := range []string{"sold", "returned", "on_hand"} {
		f.add(key, string(sums[key]), "number")
	}
}

// catalog tells which price list it is, when it holds, and how many items come and go.
func (f *facts) catalog(d *doc.PriceCatalog) {
	f.text("number", d.Number)
	version := d.Version
	if d.Revision != "" {
		version += "." + d.Revision
	}
	f.text("version", version)
	f.date("date", d.Date)
	f.date("valid_from", d.ValidFrom)
	f.date("valid_to", d.ValidTo)
	f.head(&d.Header)
	f.lines(len(d.Lines))
	added, deleted := 0, 0
	for i := range d.Lines {
		switch d.Lines[i].Action {
		case "021":
			added++
		case "002":
			deleted++
		}
	}
	if added > 0 {
		f.add("items_added", strconv.Itoa(added), "number")
	}
	if deleted > 0 {
		f.add("items_deleted", strconv.Itoa(deleted), "number")
	}
}
