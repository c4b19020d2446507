package translate

import (
	"strconv"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// catalogReader reads an 832.
type catalogReader struct {
	*reader
	d     *doc.PriceCatalog
	item  *doc.CatalogItem
	price *doc.Price // whose CTP loop is open
}

// ReadPriceCatalog reads an 832 or a PRICAT; the document is the same for both.
func ReadPriceCatalog(set *schema.Set) (*doc.PriceCatalog, []wire.Finding) {
	if set.Message != nil && set.Type == "PRICAT" {
		return readPRICAT(set)
	}
	d := &doc.PriceCatalog{Lines: []doc.CatalogItem{}}
	r := &catalogReader{reader: newReader(set, &d.Header), d: d}
	if !r.is("832") {
		return d, r.findings
	}
	for i := range set.Segments {
		r.segment(&set.Segments[i])
	}
	r.keepShape(d)
	r.done()
	return d, r.findings
}

func (r *catalogReader) segment(s *x12.Segment) {
	tag := string(s.TagBytes())
	switch tag {
	case "BCT":
		r.d.Type, r.d.Number, r.d.Version, r.d.Revision = r.text(s, 1), r.text(s, 2), r.text(s, 3), r.text(s, 4)
		r.d.Replaces = doc.CatalogVersion{Number: r.text(s, 6), Version: r.text(s, 7), Revision: r.text(s, 8)}
		r.d.Description, r.d.Purpose = r.text(s, 9), r.text(s, 10)
		r.spare(s, 5)
	case "LIN":
		r.d.Lines = append(r.d.Lines, doc.CatalogItem{Line: doc.Line{Number: r.text(s, 1), Items: r.items(s, 2, 31)}})
		r.item, r.price = &r.d.Lines[len(r.d.Lines)-1], nil
		identify(&r.item.Line)
		r.newLine(&r.item.Line)
	case "CTT":
		r.item, r.price = nil, nil
		r.count(s)
	case "PKL", "G39", "LFG", "LS":
		r.at, r.price = inPart, nil
		r.drop(s)
	case "LM", "LQ":
		r.drop(s)
	case "G53", "CTB", "PO4", "CTP":
		if r.item == nil || r.at == inPart || r.price != nil && tag != "CTP" {
			r.drop(s)
			return
		}
		r.ofItem(s, tag)
	case "DTM":
		r.date(s)
	case "CUR":
		if r.price == nil {
			r.common(s)
		} else if r.price.Currency == "" {
			r.price.Currency = r.text(s, 2)
		} else {
			r.drop(s)
		}
	case "REF", "SAC", "TXI", "ITD", "PER":
		if r.price != nil { // of the price alone
			r.drop(s)
			return
		}
		r.common(s)
	case "N1", "N9", "SLN":
		r.price = nil
		r.common(s)
	default:
		if !r.common(s) {
			r.drop(s)
		}
	}
}

func (r *catalogReader) ofItem(s *x12.Segment, tag string) {
	switch {
	case tag == "G53" && r.item.Action == "":
		r.item.Action = r.text(s, 1)
	case tag == "CTB" && r.text(s, 1) == "OR" && r.text(s, 3) != "":
		r.item.Quantities = append(r.item.Quantities, doc.StockQuantity{Qualifier: r.text(s, 3), Quantity: r.number(s, 4)})
		r.spare(s, 2, 5, 6)
	case tag == "PO4":
		p := doc.Packing{
			Pack: r.number(s, 1), Size: r.number(s, 2), Unit: r.text(s, 3), Packaging: r.text(s, 4), Inner: r.number(s, 14),
			Weight: r.number(s, 6), WeightUnit: r.text(s, 7), Volume: r.number(s, 8), VolumeUnit: r.text(s, 9),
			Length: r.number(s, 10), Width: r.number(s, 11), Height: r.number(s, 12), LengthUnit: r.text(s, 13),
		}
		if q := r.text(s, 5); q != "" && q != "G" {
			r.note("translate.not_carried", s, 5, q)
		}
		setOnce((*string)(&r.item.Pack), string(p.Pack))
		r.item.Packs = append(r.item.Packs, p)
	case tag == "CTP":
		r.newLine(&r.item.Line)
		r.item.Prices = append(r.item.Prices, r.ctp(s))
		r.price = &r.item.Prices[len(r.item.Prices)-1]
	default:
		r.drop(s)
	}
}

// date takes the days that the list, an item or a price holds.
func (r *catalogReader) date(s *x12.Segment) {
	from, to := &r.d.ValidFrom, &r.d.ValidTo
	switch {
	case r.price != nil:
		from, to = &r.price.ValidFrom, &r.price.ValidTo
	case r.item != nil:
		from, to = &r.item.ValidFrom, &r.item.ValidTo
	}
	q := r.text(s, 1)
	if r.at == inHeader || r.at == inLine {
		at := map[string]*string{"007": from, "036": to}[q]
		if q == "097" && r.item == nil {
			at = &r.d.Date
		}
		if at != nil && *at == "" && r.text(s, 2) != "" {
			*at = r.date0(s)
			return
		}
	}
	if r.price != nil {
		if t, ok := r.dated(s); ok {
			r.price.Dates = append(r.price.Dates, t)
		}
		return
	}
	r.common(s)
}

// date0 is the day of a DTM; its time has no place beside a validity.
func (r *catalogReader) date0(s *x12.Segment) string {
	r.spare(s, 3)
	return r.reader.date(s, 2)
}

// WritePriceCatalog makes the body of an 832.
func WritePriceCatalog(d *doc.PriceCatalog, version string) (x12.Body, []wire.Finding) {
	b := newBuilder("832", version)
	b.add("BCT", d.Type, d.Number, d.Version, d.Revision, "", d.Replaces.Number, d.Replaces.Version, d.Replaces.Revision, b.free("BCT", 9, d.Description, 80), d.Purpose)
	b.refs(d.Refs)
	b.contacts(d.Contacts)
	if d.Date != "" {
		b.add("DTM", "097", b.date(d.Date))
	}
	b.validity(d.ValidFrom, d.ValidTo)
	b.dates(d.Dates)
	b.currency(d.Currency, "SE")
	b.terms(d.Terms)
	b.allowances(d.Allowances)
	b.parties(d.Parties)
	b.leftAll("BCT", 1, d.Requirements...)
	b.leftAll("BCT", 1, d.Notes...)
	for i := range d.Lines {
		b.catalogItem(&d.Lines[i])
	}
	b.add("CTT", strconv.Itoa(len(d.Lines)))
	return b.body, b.findings
}

func (b *builder) validity(from, to string) {
	if from != "" {
		b.add("DTM", "007", b.date(from))
	}
	if to != "" {
		b.add("DTM", "036", b.date(to))
	}
}

func (b *builder) catalogItem(l *doc.CatalogItem) {
	b.add("LIN", append([]string{l.Number}, b.items("LIN", 2, itemsOf(&l.Line))...)...)
	b.add("G53", l.Action)
	b.validity(l.ValidFrom, l.ValidTo)
	b.dates(l.Dates)
	b.refs(l.Refs)
	for k := range l.Quantities {
		q := &l.Quantities[k]
		if q.Qualifier == "" {
			b.leftAll("CTB", 3, q.Code+" "+string(q.Quantity))
			continue
		}
		b.add("CTB", "OR", "", q.Qualifier, string(q.Quantity))
		b.leftAll("CTB", 4, q.Code, q.Unit)
	}
	for _, part := range b.chunks("PID", l.Description, 80) {
		b.add("PID", "F", "", "", "", part)
	}
	for k, p := range l.Packs {
		if k > 0 { // one PO4 to an item
			b.leftAll("PO4", 1, string(p.Pack), p.Packaging)
			continue
		}
		kind := ""
		if p.Weight != "" {
			kind = "G"
		}
		b.add("PO4", string(p.Pack), string(p.Size), p.Unit, p.Packaging, kind, string(p.Weight), p.WeightUnit, string(p.Volume), p.VolumeUnit,
			string(p.Length), string(p.Width), string(p.Height), p.LengthUnit, string(p.Inner))
	}
	if len(l.Packs) == 0 && l.Pack != "" {
		b.add("PO4", string(l.Pack))
	}
	b.allowances(l.Allowances)
	b.taxes(l.Taxes)
	for k := range l.Prices {
		p := &l.Prices[k]
		b.ctp(p, l.Unit)
		b.validity(p.ValidFrom, p.ValidTo)
		b.dates(p.Dates)
		b.currency(p.Currency, "SE")
	}
	b.parties(l.Parties)
	b.leftAll("LIN", 1, l.Parent, l.Group.Type, l.Group.Code, l.Group.Name, l.Origin, string(l.Quantity))
	b.leftAll("LIN", 1, l.Conditions...)
	b.leftAll("LIN", 1, l.Notes...)
	b.leftAll("LIN", 1, leftOf(l.Schedules, func(s doc.Schedule) string { return string(s.Quantity) })...)
}
