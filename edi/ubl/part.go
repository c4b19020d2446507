package ubl

import (
	"slices"
	"strings"

	"entente/edi/doc"
	"entente/edi/markup"
)

var (
	schemes = map[string]string{"UL": "0088", "1": "0060"}
	// of party numbers in a file
	schemesBack = back(schemes, map[string]string{"GLN": "UL", "DUNS": "1"})
)

func schemed(m *markup.Map, qualifier *string, out, in map[string]string) {
	s := ""
	if !m.Read() {
		s = twin(out, *qualifier)
	}
	m.Attr("schemeID", &s)
	if m.Read() {
		*qualifier = twin(in, s)
	}
}

// find gives the party of a role, nil for none.
func find(list []doc.Party, role string) *doc.Party {
	for i := range list {
		if list[i].Role == role {
			return &list[i]
		}
	}
	return nil
}

// side maps a party that stands in a wrapper of its own, such as BuyerCustomerParty.
func side(m *markup.Map, wrapper, role string, list *[]doc.Party, must bool) {
	fn := m.In
	if must {
		fn = m.Must
	}
	fn(wrapper, func(m *markup.Map) { member(m, "cac:Party", role, list) })
}

// member maps the party of a role.
func member(m *markup.Map, name, role string, list *[]doc.Party) {
	p := &doc.Party{}
	if !m.Read() {
		if p = find(*list, role); p == nil {
			return
		}
	}
	found := m.Has(name)
	m.In(name, func(m *markup.Map) { party(m, p) })
	if m.Read() && found {
		p.Role = role
		*list = append(*list, *p)
	}
}

func party(m *markup.Map, p *doc.Party) {
	if m.Read() && !m.Has("cac:PartyIdentification") {
		m.In("cbc:EndpointID", func(m *markup.Map) {
			m.Value(&p.ID)
			schemed(m, &p.IDQualifier, schemes, schemesBack)
		})
	}
	m.In("cac:PartyIdentification", func(m *markup.Map) {
		m.In("cbc:ID", func(m *markup.Map) {
			m.Value(&p.ID)
			schemed(m, &p.IDQualifier, schemes, schemesBack)
		})
	})
	names := p.MoreNames
	if p.Name != "" {
		names = append([]string{p.Name}, names...)
	}
	markup.Each(m, "cac:PartyName", &names, func(m *markup.Map, s *string) { m.Text("cbc:Name", s) })
	m.In("cac:PostalAddress", func(m *markup.Map) { address(m, p) })
	var vat string
	for _, r := range p.Refs {
		if r.Qualifier == "VX" && vat == "" {
			vat = r.Value
		}
	}
	m.In("cac:PartyTaxScheme", func(m *markup.Map) {
		m.Text("cbc:CompanyID", &vat)
		if m.Read() || vat != "" {
			m.In("cac:TaxScheme", func(m *markup.Map) { m.Constant("cbc:ID", "VAT") })
		}
	})
	if m.Read() {
		m.In("cac:PartyLegalEntity", func(m *markup.Map) {
			var legal string
			if len(names) == 0 {
				m.Text("cbc:RegistrationName", &legal)
				names = []string{legal}
			}
		})
		if len(names) > 0 {
			p.Name, p.MoreNames = names[0], names[1:]
		}
		if len(p.MoreNames) == 0 {
			p.MoreNames = nil
		}
		if vat != "" {
			p.Refs = []doc.Ref{{Qualifier: "VX", Value: vat}}
		}
	}
	contact(m, p)
}

func address(m *markup.Map, p *doc.Party) {
	lines := make([]string, max(2, len(p.Address)))
	copy(lines, p.Address)
	m.Text("cbc:StreetName", &lines[0])
	m.Text("cbc:AdditionalStreetName", &lines[1])
	m.Text("cbc:CityName", &p.City)
	m.Text("cbc:PostalZone", &p.Postcode)
	m.Text("cbc:CountrySubentity", &p.Region)
	more := lines[2:]
	markup.Each(m, "cac:AddressLine", &more, func(m *markup.Map, s *string) { m.Text("cbc:Line", s) })
	m.In("cac:Country", func(m *markup.Map) { m.Text("cbc:IdentificationCode", &p.Country) })
	if m.Read() {
		p.Address = slices.DeleteFunc(append(lines[:2:2], more...), func(s string) bool { return s == "" })
		if len(p.Address) == 0 {
			p.Address = nil
		}
	}
}

// contact maps the first contact, which is the one for orders.
func contact(m *markup.Map, p *doc.Party) {
	var c doc.Contact
	if len(p.Contacts) > 0 && p.Contacts[0].Function == "OC" {
		c = p.Contacts[0]
	}
	m.In("cac:Contact", func(m *markup.Map) {
		m.Text("cbc:Name", &c.Name)
		for _, at := range [][2]string{{"cbc:Telephone", "TE"}, {"cbc:Telefax", "FX"}, {"cbc:ElectronicMail", "EM"}} {
			var v string
			for _, n := range c.Numbers {
				if n.Kind == at[1] && v == "" {
					v = n.Number
				}
			}
			m.Text(at[0], &v)
			if m.Read() && v != "" {
				c.Numbers = append(c.Numbers, doc.ContactNumber{Kind: at[1], Number: v})
			}
		}
	})
	if m.Read() && (c.Name != "" || len(c.Numbers) > 0) {
		c.Function = "OC"
		p.Contacts = []doc.Contact{c}
	}
}

func refs(m *markup.Map, name string, list *[]doc.Ref) {
	some := *list
	if !m.Read() {
		some = slices.DeleteFunc(slices.Clone(*list), func(r doc.Ref) bool { return r.Value == "" })
	}
	markup.Each(m, name, &some, func(m *markup.Map, r *doc.Ref) {
		m.Text("cbc:ID", &r.Value)
		coded(m, "cbc:DocumentTypeCode", &r.Qualifier, nil, nil)
		m.Text("cbc:DocumentDescription", &r.Text)
	})
	if m.Read() {
		*list = some
	}
}

// when maps the date of a qualifier.
func when(list *[]doc.Date, m *markup.Map, name, qualifier string) {
	var v string
	if !m.Read() {
		for _, d := range *list {
			if d.Qualifier == qualifier && v == "" {
				v = d.Date
			}
		}
	}
	m.Date(name, &v)
	if m.Read() && v != "" {
		*list = append(*list, doc.Date{Qualifier: qualifier, Date: v})
	}
}

// delivery maps the dates of a delivery, in the order of the schema; between them its
// address and parties.
func delivery(m *markup.Map, dates *[]doc.Date, parties func(*markup.Map)) {
	when(dates, m, "cbc:ActualDeliveryDate", "035")
	when(dates, m, "cbc:LatestDeliveryDate", "063")
	m.In("cac:RequestedDeliveryPeriod", func(m *markup.Map) {
		var span []doc.Date
		if !m.Read() {
			span = *dates
		}
		when(&span, m, "cbc:StartDate", "064")
		when(&span, m, "cbc:EndDate", "002")
		if !m.Read() {
			return
		}
		switch {
		case len(span) == 2 && span[0].Date == span[1].Date:
			span = span[1:]
		case len(span) == 1:
			span[0].Qualifier = "002"
		}
		*dates = append(*dates, span...)
	})
	m.In("cac:PromisedDeliveryPeriod", func(m *markup.Map) { m.Passed("cbc:StartDate"); when(dates, m, "cbc:EndDate", "067") })
	m.In("cac:EstimatedDeliveryPeriod", func(m *markup.Map) { m.Passed("cbc:StartDate"); when(dates, m, "cbc:EndDate", "017") })
	if parties != nil {
		parties(m)
	}
}

// carrier maps the party that carries the goods.
func carrier(m *markup.Map, c *doc.Carrier) {
	m.In("cac:CarrierParty", func(m *markup.Map) {
		m.In("cac:PartyIdentification", func(m *markup.Map) { m.Text("cbc:ID", &c.Code) })
		m.In("cac:PartyName", func(m *markup.Map) { m.Text("cbc:Name", &c.Name) })
	})
}

// headDelivery maps where and when the whole is delivered.
func headDelivery(m *markup.Map, h *doc.Header, c *doc.Carrier) {
	m.In("cac:Delivery", func(m *markup.Map) {
		var at doc.Party
		if m.Read() {
			m.In("cac:DeliveryLocation", func(m *markup.Map) {
				m.In("cbc:ID", func(m *markup.Map) {
					m.Value(&at.ID)
					schemed(m, &at.IDQualifier, schemes, schemesBack)
				})
				m.In("cac:Address", func(m *markup.Map) { address(m, &at) })
			})
			m.In("cac:DeliveryAddress", func(m *markup.Map) { address(m, &at) })
		}
		delivery(m, &h.Dates, func(m *markup.Map) {
			if c != nil {
				carrier(m, c)
			}
			member(m, "cac:DeliveryParty", "ST", &h.Parties)
		})
		if !m.Read() || at.ID == "" && at.City == "" && len(at.Address) == 0 {
			return
		}
		p := find(h.Parties, "ST")
		if p == nil {
			h.Parties = append(h.Parties, doc.Party{Role: "ST"})
			p = &h.Parties[len(h.Parties)-1]
		}
		if p.ID == "" {
			p.ID, p.IDQualifier = at.ID, at.IDQualifier
		}
		if len(p.Address) == 0 && p.City == "" {
			p.Address, p.City, p.Postcode, p.Region, p.Country = at.Address, at.City, at.Postcode, at.Region, at.Country
		}
	})
}

// allowances maps those that change the total. base is what a percentage is of.
func (x *mapper) allowances(m *markup.Map, list *[]doc.Allowance, base doc.Decimal) {
	some := *list
	if !m.Read() {
		some = slices.DeleteFunc(slices.Clone(*list), func(a doc.Allowance) bool { return !a.ChangesTotal() || amountOf(a, base) == "" })
	}
	markup.Each(m, "cac:AllowanceCharge", &some, func(m *markup.Map, a *doc.Allowance) {
		charge := map[bool]string{true: "true", false: "false"}[a.Charge]
		m.Text("cbc:ID", &a.Reference)
		m.Text("cbc:ChargeIndicator", &charge)
		coded(m, "cbc:AllowanceChargeReasonCode", &a.Code, nil, nil)
		m.Text("cbc:AllowanceChargeReason", &a.Text)
		m.Number("cbc:MultiplierFactorNumeric", &a.Percent)
		v := amountOf(*a, base)
		x.amount(m, "cbc:Amount", &v)
		if m.Read() {
			a.Amount, a.Charge, a.Indicator, a.Method = v, charge == "true" || charge == "1", "A", "02"
			if a.Charge {
				a.Indicator = "C"
			}
		}
	})
	if m.Read() {
		*list = some
	}
}

// amountOf is what an allowance comes to; empty where that is not said.
func amountOf(a doc.Allowance, base doc.Decimal) doc.Decimal {
	if a.Amount != "" || a.Percent == "" {
		return a.Amount
	}
	return base.Mul(a.Percent, 8).Mul("0.01", 2)
}

// net is what is left of an amount after its allowances.
func net(amount doc.Decimal, list []doc.Allowance) doc.Decimal {
	out := amount
	for _, a := range list {
		v := amountOf(a, amount)
		switch {
		case !a.ChangesTotal() || v == "":
		case a.Charge:
			out = out.Add(v)
		default:
			out = out.Sub(v)
		}
	}
	return out
}

var taxTypes = map[string]string{"VA": "VAT", "GS": "GST"}

// categoryOf maps a tax category with its rate and scheme.
func categoryOf(m *markup.Map, t *doc.Tax) {
	id := "S"
	switch {
	case m.Read():
	case t.Exempt == "1":
		id = "E"
	case t.Percent.Valid() && t.Percent.Sign() == 0:
		id = "Z"
	}
	m.Text("cbc:ID", &id)
	m.Number("cbc:Percent", &t.Percent)
	if m.Read() && id == "E" {
		t.Exempt = "1"
	}
	m.In("cac:TaxScheme", func(m *markup.Map) {
		v := twin(taxTypes, t.Type)
		m.Text("cbc:ID", &v)
		if m.Read() {
			t.Type = twin(back(taxTypes, nil), v)
		}
	})
}

// taxes maps the taxes of the whole that have an amount.
func (x *mapper) taxes(m *markup.Map, list *[]doc.Tax) {
	some := *list
	if !m.Read() {
		some = slices.DeleteFunc(slices.Clone(*list), func(t doc.Tax) bool { return t.Amount == "" })
		if len(some) == 0 {
			return
		}
	}
	m.In("cac:TaxTotal", func(m *markup.Map) {
		sum := doc.Decimal("0")
		for _, t := range some {
			sum = sum.Add(t.Amount)
		}
		x.amount(m, "cbc:TaxAmount", &sum)
		markup.Each(m, "cac:TaxSubtotal", &some, func(m *markup.Map, t *doc.Tax) {
			x.amount(m, "cbc:TaxableAmount", &t.Taxable)
			x.amount(m, "cbc:TaxAmount", &t.Amount)
			m.In("cac:TaxCategory", func(m *markup.Map) { categoryOf(m, t) })
		})
		if m.Read() && len(some) == 0 && sum.Sign() != 0 {
			some = []doc.Tax{{Type: "VA", Amount: sum}}
		}
	})
	if m.Read() {
		*list = some
	}
}

// item maps the product of a line.
func item(m *markup.Map, l *doc.Line, taxes *[]doc.Tax) {
	m.Must("cac:Item", func(m *markup.Map) {
		var description string
		name := l.Description
		if m.Read() {
			m.Text("cbc:Description", &description)
		}
		m.Text("cbc:Name", &name)
		list := slices.Clone(l.ItemIDs())
		take := func(element string, fixed bool, kinds ...string) {
			if m.Read() {
				m.In(element, func(m *markup.Map) {
					m.In("cbc:ID", func(m *markup.Map) {
						it := doc.ItemID{Qualifier: kinds[0]}
						m.Value(&it.ID)
						var scheme string
						m.Attr("schemeID", &scheme)
						if slices.Contains(kinds, scheme) || !fixed && scheme != "" {
							it.Qualifier = scheme
						} else if element == "cac:StandardItemIdentification" {
							it.Qualifier = map[int]string{12: "UP", 14: "UK"}[len(it.ID)]
							if it.Qualifier == "" {
								it.Qualifier = "EN"
							}
						}
						l.Items = append(l.Items, it)
					})
				})
				return
			}
			i := slices.IndexFunc(list, func(it doc.ItemID) bool { return len(kinds) == 0 || slices.Contains(kinds, it.Qualifier) })
			if i < 0 {
				return
			}
			it := list[i]
			list = slices.Delete(list, i, i+1)
			m.In(element, func(m *markup.Map) {
				m.In("cbc:ID", func(m *markup.Map) {
					m.Value(&it.ID)
					scheme := it.Qualifier
					if fixed && scheme == kinds[0] {
						scheme = ""
					}
					if element == "cac:StandardItemIdentification" {
						scheme = "0160"
					}
					m.Attr("schemeID", &scheme)
				})
			})
		}
		take("cac:BuyersItemIdentification", true, "BP", "IN")
		take("cac:SellersItemIdentification", true, "VP", "VN")
		take("cac:ManufacturersItemIdentification", true, "MG")
		take("cac:StandardItemIdentification", true, "EN", "UP", "UK")
		if m.Read() {
			for m.Has("cac:AdditionalItemIdentification") {
				take("cac:AdditionalItemIdentification", false, "ZZ")
			}
			l.Description = name
			if name == "" {
				l.Description = description
			}
			l.Items = slices.DeleteFunc(l.Items, func(it doc.ItemID) bool { return it.ID == "" })
			l.Identify()
		} else {
			for len(list) > 0 {
				take("cac:AdditionalItemIdentification", false)
			}
		}
		if taxes != nil {
			markup.Each(m, "cac:ClassifiedTaxCategory", taxes, categoryOf)
		}
	})
}

// price maps the price of one; a price of several is divided where that has an end.
func (x *mapper) price(m *markup.Map, l *doc.Line) {
	m.In("cac:Price", func(m *markup.Map) {
		x.amount(m, "cbc:PriceAmount", &l.Price)
		if !m.Read() {
			return
		}
		var per doc.Decimal
		var unit string
		quantity(m, "cbc:BaseQuantity", &per, &unit)
		if per == "" || l.Price == "" {
			return
		}
		one, ok := l.Price.Per(per)
		if !ok || unit != "" && l.Unit != "" && unit != l.Unit {
			m.Problem("cbc:BaseQuantity", doc.KeyNumber, strings.TrimSpace(string(per)+" "+unit))
			return
		}
		l.Price = one
	})
}
