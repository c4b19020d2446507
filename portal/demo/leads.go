package demo

import (
	"context"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/customer"
	"entente/prm/lead"
	"entente/prm/money"
)

// prospect is an end customer of the demo with its lead.
type prospect struct {
	name, country, city, street, postcode, web string
	contact, title, mail, phone                string
	lead                                       lead.Draft
	value                                      string
	currency                                   money.Currency
}

var prospects = []prospect{
	{"Harrow Fabrication Ltd", "GB", "Leeds", "Kirkstall Road 88", "LS4 2AZ", "harrow-fabrication.example", "Priya Nair", "Workshop manager", "priya.nair@harrow-fabrication.example", "+44 113 496 0114",
		lead.Draft{Title: "Steel fabrication, Leeds", Need: "Wants one cordless platform for two shifts; trial of six drills in December.", Details: "Two workshops; the second shift starts at 14:00. Ask for a trial before the order.", Industry: "Metal", Size: "180 staff", Families: []string{"cordless"}, Products: []lead.Wanted{{SKU: "AUR-D18B", Quantity: money.Whole(60)}, {SKU: "AUR-B50", Quantity: money.Whole(120)}}, Source: "website"}, "38000", "GBP"},
	{"Doncaster Rail Refit", "GB", "Doncaster", "Hexthorpe Road 3", "DN4 0BF", "doncaster-rail.example", "Owen Hale", "Buyer", "owen.hale@doncaster-rail.example", "+44 1302 496 022",
		lead.Draft{Title: "Depot refit, rail, Doncaster", Need: "Lighting and drills for a depot refit from January.", Industry: "Rail", Size: "Contractor", Families: []string{"lighting", "cordless"}, Source: "event"}, "21500", "GBP"},
	{"Harrogate Property Care", "GB", "Harrogate", "Station Parade 12", "HG1 1UE", "harrogate-care.example", "Ruth Dale", "Facilities", "ruth.dale@harrogate-care.example", "+44 1423 496 118",
		lead.Draft{Title: "Facilities care, Harrogate", Need: "Batteries and chargers for 14 vans.", Industry: "Facilities", Size: "60 staff", Families: []string{"battery"}, Source: "website"}, "6200", "GBP"},
	{"Brigg & Sons Roofing", "GB", "York", "Foss Islands Road 41", "YO31 7UL", "brigg-roofing.example", "Tom Brigg", "Owner", "tom@brigg-roofing.example", "+44 1904 496 201",
		lead.Draft{Title: "Roofing contractor, York", Need: "Nailers and a compressor for three crews.", Industry: "Roofing", Size: "24 staff", Source: "promotion"}, "8400", "GBP"},
	{"Otley Print Works", "GB", "Otley", "Ilkley Road 5", "LS21 3JP", "otley-print.example", "Jean Moss", "Maintenance", "jean.moss@otley-print.example", "+44 1943 496 077",
		lead.Draft{Title: "Print works, Otley", Need: "Maintenance kit for presses.", Industry: "Print", Size: "35 staff", Source: "website"}, "3100", "GBP"},
	{"Tallinna Laevaremont AS", "EE", "Tallinn", "Kopli 103", "11712", "laevaremont.example", "Mart Saar", "Ostujuht", "mart.saar@laevaremont.example", "+372 600 1234",
		lead.Draft{Title: "Ship repair yard, Tallinn", Need: "Grinders for corrosion work, 40 welders.", Industry: "Marine", Size: "220 staff", Families: []string{"power"}, Source: "direct"}, "15000", "EUR"},
	{"SIA Rīgas Mēbeles", "LV", "Riga", "Brīvības iela 214", "LV-1039", "rigasmebeles.example", "Ilze Ozola", "Iepirkumi", "ilze.ozola@rigasmebeles.example", "+371 6700 0012",
		lead.Draft{Title: "Furniture maker, Riga", Need: "Sanders with extraction for two lines.", Industry: "Furniture", Size: "90 staff", Source: "event"}, "9800", "EUR"},
	{"上海申江机床有限公司", "CN", "上海", "共和新路 3200 号", "200072", "shenjiang-machine.example", "周岚", "设备科", "zhoulan@shenjiang-machine.example", "+86 21 5500 0188",
		lead.Draft{Title: "机床维修，上海", Need: "两个车间需要一套锂电工具平台。", Details: "先试用六台电钻，再定数量。", Industry: "机械", Size: "400 人", Source: "website"}, "260000", "CNY"},
	{"Calder Valley College", "GB", "Halifax", "Francis Street 1", "HX1 3UZ", "calder-college.example", "Amy Frost", "Estates", "amy.frost@calder-college.example", "+44 1422 496 300",
		lead.Draft{Title: "College workshop refit, Halifax", Need: "Workshop refit, tender expected before spring.", Industry: "Education", Size: "900 students", Source: "direct"}, "41000", "GBP"},
	{"Selby Marine Services", "GB", "Selby", "Ousegate 9", "YO8 4NN", "selby-marine.example", "Carl Reed", "Owner", "carl@selby-marine.example", "+44 1757 496 044",
		lead.Draft{Title: "Marine services, Selby", Need: "Grinders for corrosion work.", Industry: "Marine", Size: "18 staff", Source: "direct"}, "15000", "GBP"},
	{"Humber Cold Stores", "GB", "Hull", "Hedon Road 300", "HU9 5NJ", "humber-cold.example", "Ben Lacey", "Maintenance", "ben.lacey@humber-cold.example", "+44 1482 496 512",
		lead.Draft{Title: "Cold stores, Hull", Need: "Maintenance kit for four sites.", Industry: "Logistics", Size: "70 staff", Source: "promotion"}, "9800", "GBP"},
}

// leads makes the manufacturer's end customers and leads in every state, the rules that
// route them and what each partner is sent; and a few customers of Kestrel's own.
func (m *maker) leads(ctx context.Context) error {
	ingrid := m.aurelia.staff["ingrid"]
	on := func(days, hour, minute int) context.Context {
		t := m.start.AddDate(0, 0, -days)
		return m.at(ctx, time.Date(t.Year(), t.Month(), t.Day(), hour, minute, 0, 0, time.UTC))
	}
	return m.DB.InTx(ctx, func(inner context.Context) error {
		ctx = inner
		for _, r := range []lead.Rule{
			{Name: "North England", Active: true, Countries: []string{"GB"}, Postcodes: []string{"LS", "HG", "YO", "DN", "HX", "HU"}, Partners: []string{m.partners["kestrel"].ID}},
			{Name: "Baltics", Active: true, Countries: []string{"EE", "LV", "LT"}, Partners: []string{m.partners["baltic"].ID}},
			{Name: "华东", Active: true, Countries: []string{"CN"}},
		} {
			if _, err := m.Leads.SaveRule(on(40, 9, 0), ingrid, r); err != nil {
				return err
			}
		}
		for slug, p := range map[string]lead.Profile{"kestrel": {Most: 20, Countries: []string{"GB"}}, "baltic": {Most: 12, Countries: []string{"EE", "LV", "LT"}}, "huadong": {Most: 10, Countries: []string{"CN"}}} {
			p.Partnership = m.partners[slug].ID
			if _, err := m.Leads.SaveProfile(on(40, 9, 10), ingrid, p); err != nil {
				return err
			}
		}
		made := make([]lead.Lead, len(prospects))
		for i, p := range prospects {
			l, err := m.prospect(on(20-i%3, 8, 30+i), ingrid, p)
			if err != nil {
				return err
			}
			made[i] = l
		}
		maya, kaarel, chen := m.kestrel.staff["maya"], m.baltic.staff["kaarel"], m.huadong.staff["chen"]
		offer := func(ctx context.Context, i int, slug string) (lead.OfferID, error) {
			o, err := m.Leads.Offer(ctx, ingrid, lead.OfferCmd{Lead: made[i].ID, Version: made[i].Version, Partnership: m.partners[slug].ID})
			return o.ID, err
		}
		fresh := m.start.Add(-40 * time.Minute)
		for i, slug := range map[int]string{0: "kestrel", 1: "kestrel", 5: "baltic", 7: "huadong"} {
			id, err := offer(m.at(ctx, fresh), i, slug)
			if err != nil {
				return err
			}
			if i == 1 {
				if err := m.Leads.Open(m.at(ctx, fresh.Add(20*time.Minute)), maya, id); err != nil {
					return err
				}
			}
		}
		taken := func(i, days int, slug string, who access.Actor) (lead.OfferID, error) {
			id, err := offer(on(days, 9, 0), i, slug)
			if err == nil {
				_, err = m.Leads.Accept(on(days, 10, 12), who, id)
			}
			return id, err
		}
		working, err := taken(2, 6, "kestrel", maya)
		if err != nil {
			return err
		}
		if _, err := m.Leads.Work(on(4, 11, 20), maya, working, "call", "Wants a price for 14 vans; chargers in the van.", day(m.start.AddDate(0, 0, 3))); err != nil {
			return err
		}
		if _, err := taken(3, 12, "kestrel", maya); err != nil { // going stale
			return err
		}
		if _, err := taken(6, 3, "baltic", kaarel); err != nil {
			return err
		}
		lost, err := taken(4, 15, "kestrel", maya)
		if err != nil {
			return err
		}
		if err := m.Leads.Lose(on(9, 15, 0), maya, lost, "other_vendor", "Signed with a local dealer."); err != nil {
			return err
		}
		declined, err := offer(on(2, 9, 30), 8, "kestrel")
		if err != nil {
			return err
		}
		if err := m.Leads.Decline(on(2, 11, 0), maya, declined, "timing", "No tender team before spring."); err != nil {
			return err
		}
		if err := m.ownCustomers(on(30, 10, 0), ingrid, maya, chen); err != nil {
			return err
		}
		return m.tick(ctx)
	})
}

// tick lets the clocks of the leads do what is due by now.
func (m *maker) tick(ctx context.Context) error {
	_, err := m.Leads.Tick(m.at(ctx, m.start))
	return err
}

// prospect makes a customer with its contact, who agreed to be passed on, and the lead.
func (m *maker) prospect(ctx context.Context, who access.Actor, p prospect) (lead.Lead, error) {
	c, err := m.Customers.Create(ctx, who, customer.Draft{Name: p.name, Country: p.country, City: p.city, Street: p.street, Postcode: p.postcode})
	if err != nil {
		return lead.Lead{}, err
	}
	k, err := m.Customers.SaveContact(ctx, who, c.ID, "", 0, customer.ContactDraft{Name: p.contact, Title: p.title, Mail: p.mail, Phone: p.phone}, customer.Consent{Contact: true, Share: true, Basis: customer.BasisForm, Given: db.Now(ctx)})
	if err != nil {
		return lead.Lead{}, err
	}
	d := p.lead
	d.Customer, d.Contact = c.ID, k.ID
	if d.Value, err = money.ParseAmount(p.value, p.currency); err != nil {
		return lead.Lead{}, err
	}
	l, _, err := m.Leads.Create(ctx, who, d)
	return l, err
}

// ownCustomers are end customers of the distributors, which nobody else sees. Some of Maya's
// are Ingrid's too, so that an account mapping has something to find.
func (m *maker) ownCustomers(ctx context.Context, ingrid, maya, chen access.Actor) error {
	for _, both := range [][3]string{{"Calder Valve Works", "Brighouse", "HD6 1QF"}, {"Ribble Cooling", "Preston", "PR1 8XJ"}, {"Humber Cranes", "Hull", "HU9 5PX"}, {"Nidd Presses", "Ripon", "HG4 1TT"}, {"Swale Hydraulics", "Richmond", "DL10 4TJ"}, {"Derwent Filters", "Malton", "YO17 7JT"}, {"Trent Gearing", "Newark", "NG24 2TN"}, {"Esk Turbines", "Whitby", "YO22 4PS"}} {
		for _, who := range []access.Actor{ingrid, maya} {
			web := strings.ReplaceAll(strings.ToLower(both[0]), " ", "-") + ".example"
			if _, err := m.Customers.Create(ctx, who, customer.Draft{Name: both[0], Country: "GB", City: both[1], Postcode: both[2], Web: web}); err != nil {
				return err
			}
		}
	}
	for _, d := range []customer.Draft{{Name: "Aire Joinery Ltd", Country: "GB", City: "Leeds", Postcode: "LS9 8AG", Web: "aire-joinery.example"}, {Name: "Aire Joinery", Country: "GB", City: "Leeds", Postcode: "LS9 8AG"}, {Name: "Wharfe Electrical", Country: "GB", City: "Otley", Postcode: "LS21 1AA"}} {
		if _, err := m.Customers.Create(ctx, maya, d); err != nil {
			return err
		}
	}
	_, err := m.Customers.Create(ctx, chen, customer.Draft{Name: "苏州金泰装饰有限公司", Country: "CN", City: "苏州", Postcode: "215000"})
	return err
}
