package demo

import (
	"context"
	"strings"
	"time"

	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/deal"
	"entente/prm/money"
	"entente/prm/trade"
)

// bid is a registration of the demo: who made it, how many days ago, and what it says.
type bid struct {
	slug, person string
	ago          int
	title        string
	customer     deal.Party
	contact      deal.Contact
	items        []deal.Item
	families     []string
	value        string
	currency     money.Currency
	need         string
	kind, tender string
	files        [][2]string // kind and name
	private      string
}

func item(sku string, n, price int64) deal.Item {
	return deal.Item{SKU: sku, Quantity: money.Whole(n), Price: money.Whole(price)}
}

var bids = map[string]bid{
	"northgate": {slug: "kestrel", person: "maya", ago: 81, title: "Northgate Rail depot refit", customer: deal.Party{Name: "Northgate Rail Ltd", Country: "GB", City: "Doncaster", Street: "Carr Hill 1", Postcode: "DN4 8DE", Web: "northgate-rail.example"}, contact: deal.Contact{Name: "Sam Reid", Title: "Depot manager", Mail: "sam.reid@northgate-rail.example", Consent: true},
		items: []deal.Item{item("AUR-D18B", 400, 84), item("AUR-G125", 160, 46), item("AUR-B50", 720, 31), item("AUR-H26", 84, 129)}, value: "74340", currency: "GBP", need: "One cordless platform for two depots, delivered by mid December.", files: [][2]string{{"quote", "Q-5510.pdf"}, {"meeting_note", "Site visit.txt"}}, private: "Buying price agreed with Dan; keep 11 %."},
	"humber": {slug: "kestrel", person: "maya", ago: 1, title: "Humber Wind, service vans", customer: deal.Party{Name: "Humber Wind Services Ltd", Country: "GB", City: "Grimsby", Postcode: "DN31 3LL", Web: "https://www.humber-wind.example"}, contact: deal.Contact{Name: "Gail Frost", Mail: "gail@humber-wind.example", Consent: true},
		items: []deal.Item{item("AUR-D18B", 60, 84), item("AUR-B50", 120, 31)}, value: "8760", currency: "GBP", need: "Drills and batteries for 30 service vans.", files: [][2]string{{"quote", "Quote 5561.pdf"}, {"mail", "Mail of 20 November.txt"}}},
	"humberbaltic": {slug: "baltic", person: "kaarel", ago: 2, title: "Humber Wind Services, offshore crews", customer: deal.Party{Name: "HUMBER WIND SERVICES LIMITED", Country: "GB", Postcode: "DN31 3LL", Web: "offshore.humber-wind.example"},
		items: []deal.Item{item("AUR-D18B", 45, 97)}, value: "4400", currency: "EUR", need: "Crews that work out of Pärnu.", files: [][2]string{{"meeting_note", "Call.txt"}}},
	"selby":    {slug: "kestrel", person: "maya", ago: 20, title: "Selby Foundry, grinders", customer: deal.Party{Name: "Selby Foundry Ltd", Country: "GB", City: "Selby", Postcode: "YO8 8LZ", Web: "selby-foundry.example"}, families: []string{"power"}, value: "11200", currency: "GBP", need: "Grinders for the fettling shop.", files: [][2]string{{"mail", "Enquiry.txt"}}},
	"tees":     {slug: "kestrel", person: "maya", ago: 93, title: "Tees Valley Homes, site tools", customer: deal.Party{Name: "Tees Valley Homes", Country: "GB", City: "Stockton", Postcode: "TS18 1TW", Web: "tees-valley-homes.example"}, families: []string{"cordless"}, value: "26500", currency: "GBP", need: "Site tools for three developments.", files: [][2]string{{"quote", "Quote 5402.pdf"}}},
	"airedale": {slug: "kestrel", person: "maya", ago: 70, title: "Airedale Hospital, maintenance", customer: deal.Party{Name: "Airedale Hospital Trust", Country: "GB", City: "Keighley", Postcode: "BD20 6TD", Web: "airedale-trust.example"}, items: []deal.Item{item("AUR-D18B", 20, 84), item("AUR-B50", 40, 31)}, value: "2900", currency: "GBP", need: "Maintenance kit.", files: [][2]string{{"purchase_order", "PO copy.pdf"}}},
	"whitby":   {slug: "kestrel", person: "maya", ago: 3, title: "Whitby Boatyard", customer: deal.Party{Name: "Whitby Boatyard", Country: "GB", City: "Whitby", Postcode: "YO21 1DN"}, families: []string{"power"}, value: "3400", currency: "GBP", need: "Sanders.", files: [][2]string{{"other", "Note.txt"}}},
	"tallinn":  {slug: "baltic", person: "kaarel", ago: 40, title: "Tallinna Trammid, depoo", customer: deal.Party{Name: "Tallinna Trammid AS", Country: "EE", City: "Tallinn", Postcode: "11415", Web: "trammid.example"}, items: []deal.Item{item("AUR-D18B", 90, 97)}, value: "8900", currency: "EUR", need: "Hooldusdepoo tööriistad.", files: [][2]string{{"quote", "Pakkumine 881.pdf"}}},
	"riga":     {slug: "baltic", person: "kaarel", ago: 12, title: "Rīgas Satiksme tender", kind: deal.KindTender, tender: "RS-2026-41", customer: deal.Party{Name: "Rīgas Satiksme SIA", Country: "LV", City: "Riga", Postcode: "LV-1035", Web: "satiksme.example"}, families: []string{"cordless", "battery"}, value: "31000", currency: "EUR", need: "Tender for tools of three depots.", files: [][2]string{{"tender", "RS-2026-41.pdf"}}},
	"suzhou": {slug: "huadong", person: "chen", ago: 25, title: "苏州新区机床厂车间改造", customer: deal.Party{Name: "苏州新区机床有限公司", Country: "CN", City: "苏州", Street: "竹园路 88 号", Postcode: "215011", Web: "suzhou-jichuang.example"}, contact: deal.Contact{Name: "王伟", Title: "设备科长", Mail: "wangwei@suzhou-jichuang.example", Consent: true},
		items: []deal.Item{item("AUR-D18B", 120, 760), item("AUR-B50", 240, 280)}, value: "158400", currency: "CNY", need: "两个车间统一锂电平台。", files: [][2]string{{"quote", "报价单.pdf"}, {"meeting_note", "会议纪要.txt"}}, private: "目标毛利 12%。"},
	"ningbo": {slug: "huadong", person: "chen", ago: 4, title: "宁波港务维修班组", customer: deal.Party{Name: "宁波港务维修有限公司", Country: "CN", City: "宁波", Postcode: "315040", Web: "ningbo-weixiu.example"}, families: []string{"cordless"}, value: "62000", currency: "CNY", need: "维修班组更新工具。", files: [][2]string{{"mail", "询价邮件.txt"}}},
	"wuxi":   {slug: "huadong", person: "chen", ago: 1, title: "无锡太湖幕墙工程", customer: deal.Party{Name: "无锡太湖幕墙工程有限公司", Country: "CN", City: "无锡", Postcode: "214062"}, families: []string{"power"}, value: "45000", currency: "CNY", need: "幕墙安装工具。"},
}

// deals makes registrations in every state, two of one customer written differently, and
// an order that wins a part.
func (m *maker) deals(ctx context.Context) error {
	ingrid, wen := m.aurelia.staff["ingrid"], m.aurelia.staff["wen"]
	ids := map[string]deal.ID{}
	m.registered = ids
	on := func(days, hour, minute int) context.Context {
		t := m.start.AddDate(0, 0, -days)
		return m.at(ctx, time.Date(t.Year(), t.Month(), t.Day(), hour, minute, 0, 0, time.UTC))
	}
	return m.DB.InTx(ctx, func(inner context.Context) error {
		ctx = inner
		terms := deal.DefaultTerms()
		terms.Tiers, terms.Decider = []deal.Tier{{Name: "Gold", Most: 40}, {Name: "Silver", Most: 20}}, ingrid.Person
		if _, err := m.Deals.SetTerms(on(200, 9, 0), ingrid, terms); err != nil {
			return err
		}
		for slug, tier := range map[string]string{"kestrel": "Gold", "baltic": "Silver", "huadong": "Gold"} {
			if _, err := m.Deals.SetPlace(on(200, 9, 5), ingrid, deal.Place{Partnership: m.partners[slug].ID, Tier: tier}); err != nil {
				return err
			}
		}
		for _, name := range []string{"tees", "northgate", "airedale", "tallinn", "suzhou", "selby", "riga", "ningbo", "whitby", "humberbaltic", "humber", "wuxi"} {
			id, err := m.bid(on, bids[name], name != "wuxi")
			if err != nil {
				return err
			}
			ids[name] = id
		}
		for name, who := range map[string]access.Actor{"tees": ingrid, "northgate": ingrid, "airedale": ingrid, "tallinn": ingrid, "suzhou": wen, "selby": ingrid, "riga": ingrid} {
			if err := m.Deals.Approve(on(bids[name].ago-2, 10, 0), who, deal.ApproveCmd{Deal: ids[name]}); err != nil {
				return err
			}
		}
		if err := m.Deals.Return(on(2, 14, 0), wen, ids["ningbo"], "products_unclear", "请列出具体型号和数量。"); err != nil {
			return err
		}
		if err := m.Deals.Reject(on(2, 9, 40), ingrid, ids["whitby"], "no_evidence", ""); err != nil {
			return err
		}
		if err := m.Deals.Take(on(0, 8, 5), ingrid, ids["humberbaltic"]); err != nil {
			return err
		}
		if err := m.Deals.Ask(on(1, 9, 25), m.baltic.staff["kaarel"], ids["tallinn"], "The board meets in January; the quote stands."); err != nil {
			return err
		}
		if err := m.dealOrder(ctx, ids["northgate"], 8, "4500187601", [2]int64{240, 0}, [2]int64{360, 2}); err != nil {
			return err
		}
		if err := m.dealOrder(ctx, ids["airedale"], 50, "4500187112", [2]int64{20, 0}, [2]int64{40, 1}); err != nil {
			return err
		}
		_, err := m.Deals.Tick(m.at(ctx, m.start.Add(-time.Hour)))
		return err
	})
}

// bid makes one registration, with its evidence, and hands it in.
func (m *maker) bid(on func(days, hour, minute int) context.Context, b bid, submit bool) (deal.ID, error) {
	c := map[string]*company{"kestrel": m.kestrel, "baltic": m.baltic, "huadong": m.huadong}[b.slug]
	who := c.staff[b.person]
	d := deal.Draft{Kind: b.kind, Tender: b.tender, Title: b.title, Customer: b.customer, Contact: b.contact, Need: b.need, Items: b.items, Families: b.families, CloseOn: day(m.start.AddDate(0, 0, 21)), Private: b.private, Work: []string{"meeting", "quote"}}
	v, err := money.ParseAmount(b.value, b.currency)
	if err != nil {
		return "", err
	}
	d.Value = v
	r, _, err := m.Deals.Create(on(b.ago, 9, 10), who, m.partners[b.slug].ID, d)
	if err != nil {
		return "", err
	}
	for _, f := range b.files {
		if _, err := m.Deals.AddFile(on(b.ago, 9, 20), who, deal.FileCmd{Deal: r.ID, Kind: f[0], Name: f[1], Mime: "text/plain"}, strings.NewReader(b.title+"\n"+b.need+"\n"+f[1]+"\n")); err != nil {
			return "", err
		}
	}
	if submit {
		if _, err := m.Deals.Submit(on(b.ago, 9, 30), who, r.ID); err != nil {
			return "", err
		}
	}
	return r.ID, nil
}

// dealOrder books an order of Kestrel that carries the number of a registration, ships
// and invoices it. Each pair is a quantity and the place of its product in the
// registration.
func (m *maker) dealOrder(ctx context.Context, id deal.ID, days int, number string, lines ...[2]int64) error {
	r, err := m.Deals.Get(ctx, access.System("demo", m.kestrel.id), id)
	if err != nil {
		return err
	}
	t := m.start.AddDate(0, 0, -days)
	t = time.Date(t.Year(), t.Month(), t.Day(), 9, 12, 0, 0, time.UTC)
	b := buyer{c: m.kestrel, person: "dan", city: "Leeds", street: "Whitehall Road 14"}
	var ws []want
	for _, l := range lines {
		ws = append(ws, want{r.Items[l[1]].SKU, l[0]})
	}
	d := m.written(b, t, number, ws...)
	d.Refs = append(d.Refs, doc.Ref{Qualifier: "CT", Value: r.Code})
	got, err := m.book(ctx, t, b, d)
	if err != nil {
		return err
	}
	if err := m.answer(ctx, got.Order, t.Add(30*time.Minute)); err != nil {
		return err
	}
	if _, err := m.Trade.Ship(m.at(ctx, t.Add(26*time.Hour)), m.aurelia.staff["ingrid"], got.Order, trade.ShipCmd{Carrier: "DHL", Tracking: "JD0146000" + number[5:]}); err != nil {
		return err
	}
	_, err = m.Trade.Invoice(m.at(ctx, t.Add(50*time.Hour)), access.System("demo", m.aurelia.id), got.Order, trade.InvoiceCmd{TaxRate: money.One / 5})
	return err
}
