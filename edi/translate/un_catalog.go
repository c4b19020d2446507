package translate

import (
	"slices"
	"strings"

	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
)

// What is done to an item: 1229 with its twin of 875.
var (
	unItemActions  = map[string]string{"1": "021", "2": "002", "3": "001"}
	x12ItemActions = inverse(unItemActions)
)

// Kinds of packaging: 7065 with its twin of 103.
var (
	unPackaging  = map[string]string{"CT": "CTN", "BX": "BOX", "CS": "CAS", "PX": "PLT", "PK": "PKG"}
	x12Packaging = inverse(unPackaging)
)

// noGroup is the PGI of products in no group (5379).
const noGroup = "9"

// pricatReader reads a PRICAT: at is nil in the head, the group or the item that segments
// belong to.
type pricatReader struct {
	unReader
	d        *doc.PriceCatalog
	group    doc.CatalogItem // what stands once for a PGI
	at       *doc.CatalogItem
	price    *doc.Price // whose group is open
	currency string     // of the prices that follow
	early    bool       // D96A
	// inherited are the days of the item that its own take the place of.
	inheritedFrom, inheritedTo bool
}

func readPRICAT(set *schema.Set) (*doc.PriceCatalog, []wire.Finding) {
	d := &doc.PriceCatalog{Lines: []doc.CatalogItem{}}
	r := &pricatReader{unReader: *newUnReader(set, &d.Header), d: d, early: set.Message.Release == "96A"}
	for i := range set.Un {
		r.segment(&set.Un[i])
	}
	for i := range d.Lines {
		identify(&d.Lines[i].Line)
	}
	r.keepShape(d)
	r.done()
	return d, r.findings
}

func (r *pricatReader) segment(s *edifact.Segment) {
	tag := string(s.TagBytes())
	switch tag {
	case "CUX", "RNG", "DTM", "APR", "PCD":
	default:
		r.price = nil
	}
	switch tag {
	case "UNH", "UNT":
	case "BGM":
		r.d.Number, r.d.Version, r.d.Revision = r.get(s, 2, 1), r.get(s, 2, 2), r.get(s, 2, 3)
		r.d.Purpose = twin(unPurposes, r.get(s, 3, 1))
	case "PGI":
		r.group = doc.CatalogItem{Group: doc.ProductGroup{Type: r.get(s, 1, 1), Code: r.get(s, 2, 1), Name: r.get(s, 2, 4)}}
		if r.group.Group == (doc.ProductGroup{Type: noGroup}) {
			r.group.Group = doc.ProductGroup{}
		}
		r.begin(&r.group)
	case "LIN":
		r.line0(s)
	case "QTY":
		r.quantity(s)
	case "ALI":
		if r.at == nil || r.allowance != nil || r.part {
			r.drop(s)
			return
		}
		setOnce(&r.at.Origin, r.get(s, 1, 1))
		for el := 3; el <= 7; el++ {
			r.at.Conditions = appendTexts(r.at.Conditions, r.get(s, el, 1))
		}
	case "PRI":
		r.party, r.allowance, r.tax, r.part, r.unReader.group = nil, nil, nil, false, true
		if r.at == nil {
			r.drop(s)
			return
		}
		p := r.priceOf(s)
		p.Currency = r.currency
		r.at.Prices = append(r.at.Prices, p)
		r.price = &r.at.Prices[len(r.at.Prices)-1]
	case "CUX":
		switch {
		case r.price != nil:
			r.price.Currency = r.get(s, 1, 2)
		case r.at != nil:
			r.currency = r.get(s, 1, 2)
			r.party, r.allowance, r.tax, r.part, r.unReader.group = nil, nil, nil, false, true
		default:
			r.common(s)
		}
	case "RNG":
		if r.price == nil {
			r.drop(s)
			return
		}
		r.price.From, r.price.To = r.number(s, 2, 2), r.number(s, 2, 3)
		setOnce(&r.price.Unit, twin(unUnits, r.get(s, 2, 1)))
	case "DTM":
		r.date(s)
	case "PAC":
		r.party, r.allowance, r.tax, r.part = nil, nil, nil, true
		if r.at == nil || r.at == &r.group || r.get(s, 3, 1) == "" {
			r.drop(s)
			return
		}
		r.packaging(twin(unPackaging, r.get(s, 3, 1)))
	case "RFF":
		if r.at == nil && r.party == nil && r.get(s, 1, 1) == "PL" && r.get(s, 1, 2) == r.d.Number && r.get(s, 1, 4) != "" && r.d.Version == "" {
			r.d.Version = r.get(s, 1, 4)
			return
		}
		if r.at != nil && r.at != &r.group && !r.part {
			r.party = nil
		}
		if r.part {
			r.drop(s)
			return
		}
		r.ref(s)
	case "FTX":
		if r.at != nil && r.at != &r.group {
			r.party = nil
		}
		r.common(s)
	case "MOA":
		r.money(s)
	case "APR", "MEA", "HAN", "CED", "GIR":
		r.drop(s)
	case "HYN", "EFI", "TRU", "PTY":
		r.party, r.allowance, r.tax, r.part = nil, nil, nil, true
		r.drop(s)
	default:
		r.common(s)
	}
}

func (r *pricatReader) begin(i *doc.CatalogItem) {
	r.at, r.currency = i, ""
	r.open(&i.Line)
}

// line0 begins an item, with what was said of its group.
func (r *pricatReader) line0(s *edifact.Segment) {
	i, g := r.group, &r.group
	i.Refs, i.Dates, i.Notes, i.Parties = slices.Clip(g.Refs), slices.Clip(g.Dates), slices.Clip(g.Notes), slices.Clip(g.Parties)
	i.Allowances, i.Taxes = slices.Clip(g.Allowances), slices.Clip(g.Taxes)
	i.Prices, i.Quantities, i.Conditions = slices.Clip(g.Prices), slices.Clip(g.Quantities), slices.Clip(g.Conditions)
	i.Number, i.Action, i.Parent = r.get(s, 1, 1), twin(unItemActions, r.get(s, 2, 1)), r.get(s, 4, 2)
	r.d.Lines = append(r.d.Lines, i)
	r.begin(&r.d.Lines[len(r.d.Lines)-1])
	r.inheritedFrom, r.inheritedTo = true, true
	r.item(r.get(s, 3, 1), r.get(s, 3, 2))
}

// quantity takes QTY 59 as the pack, others as conditions of ordering.
func (r *pricatReader) quantity(s *edifact.Segment) {
	switch {
	case r.at == nil || r.allowance != nil || r.part:
		r.drop(s)
	case r.get(s, 1, 1) == "59" && r.at.Pack == "" && r.at != &r.group:
		r.at.Pack = r.number(s, 1, 2)
		r.at.Packs = []doc.Packing{{Pack: r.at.Pack}}
	default:
		r.at.Quantities = append(r.at.Quantities, r.stock(s))
	}
}

func (r *pricatReader) packaging(kind string) {
	for k := range r.at.Packs {
		if p := &r.at.Packs[k]; p.Packaging == "" {
			p.Packaging = kind
			return
		}
	}
	r.at.Packs = append(r.at.Packs, doc.Packing{Packaging: kind})
}

// date takes the days that the list, an item or a price holds.
func (r *pricatReader) date(s *edifact.Segment) {
	q := r.get(s, 1, 1)
	from, to, rest := &r.d.ValidFrom, &r.d.ValidTo, (*[]doc.Date)(nil)
	switch {
	case r.price != nil:
		from, to, rest = &r.price.ValidFrom, &r.price.ValidTo, &r.price.Dates
	case r.unReader.group || r.part || r.party != nil:
		r.dtm(s)
		return
	case r.at != nil:
		from, to = &r.at.ValidFrom, &r.at.ValidTo
		if r.at != &r.group {
			r.disinherit(q)
		}
	case q == "137" && r.d.Date == "":
		r.d.Date, _ = r.when(s)
		return
	}
	if q == "273" && *from == "" && *to == "" {
		if p, ok := spanned(r.get(s, 1, 2)); ok {
			*from, *to = p.From, p.To
			return
		}
	}
	at := map[string]*string{"7": from, "157": from, "194": from, "36": to, "206": to, "21E": to}[q]
	if at != nil && *at == "" {
		*at, _ = r.when(s)
		return
	}
	if rest == nil {
		r.dtm(s)
		return
	}
	if date, clock := r.when(s); date != "" {
		*rest = append(*rest, doc.Date{Qualifier: dateQualifier(q), Date: date, Time: clock})
	}
}

// disinherit makes room for the item's own days where those of its group stand.
func (r *pricatReader) disinherit(q string) {
	if r.inheritedFrom && (q == "7" || q == "157" || q == "194" || q == "273") {
		r.at.ValidFrom, r.inheritedFrom = "", false
	}
	if r.inheritedTo && (q == "36" || q == "206" || q == "21E" || q == "273") {
		r.at.ValidTo, r.inheritedTo = "", false
	}
}

func (b *unBuilder) validity(start, from, to string) {
	if from != "" && to != "" {
		b.add("DTM", edifact.C("273", strings.ReplaceAll(from+to, "-", ""), "718"))
		return
	}
	b.dtm(start, from, "")
	b.dtm("206", to, "")
}

// priceCatalog writes PRICAT. Items of one group follow each other below its PGI.
func (b *unBuilder) priceCatalog(d *doc.PriceCatalog) {
	early := b.body.ID.Release == "96A"
	number := b.free("BGM", 2, d.Number, 35)
	if early {
		b.add("BGM", "9", number, twin(x12Purposes, d.Purpose))
	} else {
		b.add("BGM", "9", edifact.C(number, b.free("BGM", 2, d.Version, 9), b.free("BGM", 2, d.Revision, 6)), twin(x12Purposes, d.Purpose))
	}
	b.dtm("137", d.Date, "")
	b.validity("157", d.ValidFrom, d.ValidTo)
	b.dates(d.Dates)
	b.notes(d.Notes)
	if early {
		if d.Version != "" {
			b.add("RFF", edifact.C("PL", number, "", d.Version))
		}
		b.left("BGM", 2, d.Revision)
	}
	b.refs(d.Refs)
	b.head(&d.Header, "8")
	b.allowances(d.Allowances)
	for _, v := range []string{d.Type, d.Description, d.Replaces.Number, d.Replaces.Version, d.Replaces.Revision} {
		b.left("BGM", 1, v)
	}
	for i := range d.Lines {
		l := &d.Lines[i]
		if i == 0 || d.Lines[i-1].Group != l.Group {
			b.add("PGI", or(l.Group.Type, noGroup), edifact.C(l.Group.Code, "", "", b.free("PGI", 2, l.Group.Name, 35)))
		}
		b.catalogItem(l, early)
	}
}

func (b *unBuilder) catalogItem(l *doc.CatalogItem, early bool) {
	at := len(b.body.Segs)
	action := twin(x12ItemActions, l.Action)
	b.lin(&l.Line, action)
	if l.Parent != "" {
		b.body.Segs[at].Els = append(b.body.Segs[at].Els, edifact.C("1", l.Parent))
	}
	pack := l.Pack
	if len(l.Packs) > 0 {
		pack = l.Packs[0].Pack
	}
	b.qty("59", pack, "")
	for k := range l.Quantities {
		if code, ok := b.stock(&l.Quantities[k]); ok {
			b.qty(code, l.Quantities[k].Quantity, l.Quantities[k].Unit)
		}
	}
	if l.Origin != "" || len(l.Conditions) > 0 {
		els := []any{l.Origin, ""}
		for k, c := range l.Conditions {
			if k == 5 {
				b.left("ALI", 7, c)
				break
			}
			els = append(els, c)
		}
		b.add("ALI", els...)
	}
	b.validity("157", l.ValidFrom, l.ValidTo)
	b.dates(l.Dates)
	parties := b.bare(l.Parties, !early)
	refs := l.Refs
	if early {
		b.parties(parties)
		if len(refs) > 1 {
			for _, f := range refs[1:] {
				b.left("RFF", 1, f.Qualifier+" "+f.Value)
			}
			refs = refs[:1]
		}
	}
	b.refs(refs)
	b.notes(l.Notes)
	b.taxes(l.Taxes, false)
	for k := range l.Prices {
		b.catalogPrice(&l.Prices[k])
	}
	b.allowances(l.Allowances)
	for k, p := range l.Packs {
		if p.Packaging != "" {
			b.add("PAC", "1", "", twin(x12Packaging, p.Packaging))
		}
		if k > 0 {
			b.left("QTY", 1, string(p.Pack))
		}
		for _, v := range []string{string(p.Size), string(p.Inner), string(p.Weight), string(p.Volume), string(p.Length), string(p.Width), string(p.Height)} {
			b.left("PAC", 1, v)
		}
	}
	if !early {
		b.parties(parties)
	}
	for _, s := range l.Schedules {
		b.left("SCC", 1, string(s.Quantity))
	}
	b.left("QTY", 1, string(l.Quantity))
}

func (b *unBuilder) catalogPrice(p *doc.Price) {
	b.pri(*p)
	if p.Currency != "" {
		b.add("CUX", edifact.C("2", p.Currency, "8"))
	}
	if p.From != "" || p.To != "" {
		b.add("RNG", "4", edifact.C(or(twin(x12Units, p.Unit), "PCE"), string(p.From), string(p.To)))
	}
	b.validity("194", p.ValidFrom, p.ValidTo)
	b.dates(p.Dates)
}
