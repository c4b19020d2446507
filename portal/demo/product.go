package demo

import (
	"context"
	"fmt"

	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/money"
)

// article is one product of the demo catalogue: pence is its list price in GBP,
// inner, box and pallet the pieces per pack (0: no such pack).
type article struct {
	sku, en, zh, family string
	pence               int64
	inner, box, pallet  int64
}

// articles are the forty products of Aurelia Tools.
var articles = []article{
	{"AUR-D18B", "Drill 18 V brushless", "18 V 无刷电钻", "cordless", 8400, 0, 4, 96},
	{"AUR-D12C", "Drill 12 V compact", "12 V 紧凑型电钻", "cordless", 5650, 0, 6, 144},
	{"AUR-I18", "Impact driver 18 V", "18 V 冲击起子机", "cordless", 7990, 0, 4, 96},
	{"AUR-W18H", "Impact wrench 18 V, 1/2 in", "18 V 冲击扳手 1/2 英寸", "cordless", 14200, 0, 2, 48},
	{"AUR-G125", "Grinder 125 mm", "125 毫米角磨机", "corded", 4650, 0, 5, 120},
	{"AUR-G230", "Grinder 230 mm", "230 毫米角磨机", "corded", 7820, 0, 2, 60},
	{"AUR-H26", "Rotary hammer 26 mm", "26 毫米电锤", "corded", 12900, 0, 2, 48},
	{"AUR-H40", "Demolition hammer 40 mm", "40 毫米电镐", "corded", 31500, 0, 1, 18},
	{"AUR-S190", "Circular saw 190 mm", "190 毫米圆锯", "corded", 8950, 0, 2, 48},
	{"AUR-J800", "Jigsaw 800 W", "800 W 曲线锯", "corded", 6450, 0, 4, 80},
	{"AUR-R18", "Reciprocating saw 18 V", "18 V 往复锯", "cordless", 9980, 0, 3, 60},
	{"AUR-M18", "Multi-tool 18 V", "18 V 多功能工具", "cordless", 8680, 0, 4, 80},
	{"AUR-P82", "Planer 82 mm", "82 毫米电刨", "corded", 7340, 0, 3, 60},
	{"AUR-O125", "Orbital sander 125 mm", "125 毫米圆盘砂光机", "corded", 4280, 0, 5, 120},
	{"AUR-V25", "Wet and dry vacuum 25 l", "25 升干湿两用吸尘器", "corded", 11450, 0, 1, 24},
	{"AUR-B20", "Battery 2.0 Ah", "2.0 Ah 电池", "battery", 1890, 5, 20, 800},
	{"AUR-B50", "Battery 5.0 Ah", "5.0 Ah 电池", "battery", 3120, 5, 20, 640},
	{"AUR-B80", "Battery 8.0 Ah", "8.0 Ah 电池", "battery", 5460, 2, 10, 320},
	{"AUR-C18", "Charger 18 V, fast", "18 V 快速充电器", "battery", 2480, 0, 10, 300},
	{"AUR-C18D", "Charger 18 V, two bays", "18 V 双槽充电器", "battery", 4150, 0, 6, 180},
	{"AUR-BS40", "Bit set, 40 pieces", "40 件批头套装", "accessory", 980, 10, 50, 2000},
	{"AUR-BS12", "Impact bit set, 12 pieces", "12 件冲击批头套装", "accessory", 640, 10, 100, 4000},
	{"AUR-DM15", "Masonry drill set, 15 pieces", "15 件砖石钻头套装", "accessory", 1420, 10, 40, 1600},
	{"AUR-DX7", "SDS-plus drill set, 7 pieces", "7 件 SDS-plus 钻头套装", "accessory", 1860, 5, 30, 1200},
	{"AUR-CD125", "Cutting disc 125 mm, 10 pack", "125 毫米切割片 10 片装", "accessory", 720, 10, 60, 2400},
	{"AUR-DD125", "Diamond disc 125 mm", "125 毫米金刚石锯片", "accessory", 1650, 5, 50, 2000},
	{"AUR-SB190", "Saw blade 190 mm, 40 teeth", "190 毫米圆锯片 40 齿", "accessory", 1980, 5, 30, 1500},
	{"AUR-JB10", "Jigsaw blades, 10 pack", "曲线锯条 10 支装", "accessory", 560, 10, 100, 5000},
	{"AUR-SP125", "Sanding paper 125 mm, 50 pack", "125 毫米砂纸 50 片装", "accessory", 890, 10, 60, 2400},
	{"AUR-HT20", "Heated jacket 20 W", "20 W 加热夹克", "workwear", 7250, 0, 8, 160},
	{"AUR-HG10", "Heated gloves", "加热手套", "workwear", 4390, 0, 12, 360},
	{"AUR-SG3", "Safety glasses, 3 pack", "防护眼镜 3 副装", "workwear", 690, 12, 72, 2880},
	{"AUR-EP50", "Ear plugs, 50 pairs", "耳塞 50 副装", "workwear", 830, 10, 60, 2400},
	{"AUR-KP2", "Knee pads", "护膝", "workwear", 1740, 0, 20, 600},
	{"AUR-LL3", "Cross line laser 3D", "3D 激光水平仪", "measuring", 13900, 0, 4, 120},
	{"AUR-LM50", "Laser measure 50 m", "50 米激光测距仪", "measuring", 4980, 5, 40, 1600},
	{"AUR-WL20", "Work light 20 W", "20 W 工作灯", "lighting", 3460, 0, 8, 240},
	{"AUR-HL5", "Head torch 500 lm", "500 流明头灯", "lighting", 1890, 6, 48, 1920},
	{"AUR-TB3", "Stacking case, medium", "中号叠加工具箱", "storage", 2960, 0, 4, 64},
	{"AUR-TB5", "Stacking case on wheels", "带轮叠加工具箱", "storage", 6480, 0, 1, 24},
}

// gs1 is the company prefix in all identifiers of the demo catalogue.
const gs1 = "7391234"

func gtin(indicator, item int) string {
	return catalog.CheckDigit(fmt.Sprintf("%d%s%05d", indicator, gs1, 50000+item))
}

// products are the articles as the catalogue takes them.
func products() []catalog.Product {
	out := make([]catalog.Product, len(articles))
	for i, a := range articles {
		p := catalog.Product{SKU: a.sku, NameEN: a.en, NameZH: a.zh, Family: a.family, Unit: "EA", GTIN: gtin(0, i+1)}
		for _, k := range []struct {
			level, unit string
			pieces      int64
		}{{catalog.Inner, "BX", a.inner}, {catalog.Case, "CA", a.box}, {catalog.Pallet, "PL", a.pallet}} {
			if k.pieces > 1 {
				p.Packs = append(p.Packs, catalog.Pack{Level: k.level, GTIN: gtin(len(p.Packs)+1, i+1), Unit: k.unit, Quantity: money.Whole(k.pieces)})
			}
		}
		out[i] = p
	}
	return out
}

// listPrice is the price of an article in a currency, in its own round steps.
// Old is the list before the last one, four in a hundred lower.
func listPrice(a article, c money.Currency, old bool) money.Price {
	n := a.pence // hundredths
	step := int64(1)
	switch c {
	case "EUR":
		n, step = n*117/100, 5
	case "CNY":
		n, step = n*920/100, 50
	}
	if old {
		n = n * 96 / 100
	}
	n = (n + step/2) / step * step
	return money.Price(n * money.One / 100)
}

// prices are both price lists by SKU; from and since are the days they begin.
func prices(from, since string) map[string][]catalog.ListPrice {
	out := map[string][]catalog.ListPrice{}
	for _, a := range articles {
		for _, c := range []money.Currency{"GBP", "EUR", "CNY"} {
			out[a.sku] = append(out[a.sku], catalog.ListPrice{Currency: c, From: from, Price: listPrice(a, c, true)}, catalog.ListPrice{Currency: c, From: since, Price: listPrice(a, c, false)})
		}
	}
	return out
}

// wrench are the options of one article: a drive, what comes with it, and batteries.
func wrench() catalog.Options {
	opt := func(code, en, zh string, most int) catalog.Option {
		return catalog.Option{Code: code, NameEN: en, NameZH: zh, Most: most}
	}
	return catalog.Options{Groups: []catalog.OptionGroup{
		{Code: "DRIVE", NameEN: "Drive", NameZH: "驱动头", Required: true, Most: 1, Options: []catalog.Option{opt("HALF", "1/2 in", "1/2 英寸", 1), opt("THREEQ", "3/4 in", "3/4 英寸", 1)}},
		{Code: "ANVIL", NameEN: "Anvil", NameZH: "砧座", Most: 1, Options: []catalog.Option{opt("RING", "friction ring", "摩擦环", 1), opt("PIN", "pin detent", "销锁", 1)}},
		{Code: "EXTRA", NameEN: "Extras", NameZH: "附件", Most: 4, Options: []catalog.Option{opt("CASE", "carrying case", "手提箱", 1), opt("SOCKETS", "socket set", "套筒组", 1), opt("B50", "5.0 Ah battery", "5.0 Ah 电池", 4), opt("BLUE", "tracking tag", "定位标签", 1)}},
	}, Rules: []catalog.OptionRule{
		{Kind: catalog.RuleRequires, If: "PIN", Then: []string{"THREEQ"}},
		{Kind: catalog.RuleExcludes, If: "HALF", Then: []string{"SOCKETS"}},
		{Kind: catalog.RuleAdds, If: "SOCKETS", Then: []string{"CASE"}},
		{Kind: catalog.RuleLimits, If: "CASE", Then: []string{"B50"}, Most: 2},
	}}
}

// options makes the wrench a product with options, and says what they add from a day on.
func (m *maker) options(ctx context.Context, boss access.Actor, from string) error {
	e, err := m.Catalog.Get(ctx, boss, m.aurelia.id, "AUR-W18H")
	if err != nil {
		return err
	}
	if _, err := m.Catalog.SetOptions(ctx, boss, e.ID, catalog.OptionsCmd{Options: wrench()}); err != nil {
		return err
	}
	for _, c := range []money.Currency{"GBP", "EUR", "CNY"} {
		add := func(code string, pence int64) catalog.OptionPrice {
			return catalog.OptionPrice{Option: code, Price: listPrice(article{pence: pence}, c, false)}
		}
		if err := m.Catalog.SetOptionPrices(ctx, boss, c, from, map[string][]catalog.OptionPrice{e.SKU: {{Option: "THREEQ", Percent: money.One / 8}, add("PIN", 400), add("CASE", 1800), add("SOCKETS", 3650), add("B50", 2900)}}); err != nil {
			return err
		}
	}
	return nil
}
