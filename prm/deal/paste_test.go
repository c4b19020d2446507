package deal

import (
	"fmt"
	"testing"

	"entente/prm/money"
)

func TestRead(t *testing.T) {
	t.Parallel()
	sold := func(ws []string) map[string]bool {
		out := map[string]bool{}
		for _, w := range ws {
			out[w] = w == "AUR-D18B" || w == "AUR-B50"
		}
		return out
	}
	d := Read(`From: Maya Osei <maya@kestrel.example>
To: Sam Reid <sam.reid@northgate-rail.co.uk>
Subject: Quote Q-5510, depot refit

Northgate Rail Ltd
Doncaster DN1 2AB
VAT GB980780684

400 x AUR-D18B drill at £84.00
720  AUR-B50 battery at £31.20
Total £56,064.00 net, delivery by 15 December 2026
`, []string{"kestrel.example"}, sold)
	if d.Customer.Name != "Northgate Rail Ltd" || d.Customer.Web != "northgate-rail.co.uk" || d.Contact.Mail != "sam.reid@northgate-rail.co.uk" || d.Customer.Postcode != "DN1 2AB" || d.Customer.TaxID != "GB980780684" || d.Customer.Country != "GB" || d.CloseOn != "2026-12-15" || d.Value.String() != "56064.00" || d.Value.Currency != "GBP" || d.Title != "Quote Q-5510, depot refit" {
		t.Errorf("read %+v", d)
	}
	if fmt.Sprint(d.Items) != fmt.Sprint([]Item{{SKU: "AUR-D18B", Quantity: money.Whole(400)}, {SKU: "AUR-B50", Quantity: money.Whole(720)}}) {
		t.Errorf("items %+v", d.Items)
	}
	zh := Read("客户：苏州新区机床有限公司\n联系人：王伟\n电话：0512 6800 1234\n项目：车间改造\nAUR-D18B 120台\n合计 ¥98,400.00\n预计 2026年12月20日", nil, sold)
	if zh.Customer.Name != "苏州新区机床有限公司" || zh.Contact.Name != "王伟" || zh.Value.Currency != "CNY" || zh.Value.Minor != 98_400_00 || zh.CloseOn != "2026-12-20" || len(zh.Items) != 1 || zh.Items[0].Quantity != money.Whole(120) {
		t.Errorf("read %+v", zh)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("400 x AUR-D18B at £84.00\nTotal £1,0")
	f.Fuzz(func(t *testing.T, s string) {
		d := Read(s, nil, func(ws []string) map[string]bool {
			out := map[string]bool{}
			for _, w := range ws {
				out[w] = true
			}
			return out
		})
		for _, p := range d.Items {
			if p.Quantity <= 0 {
				t.Fatalf("%+v", p)
			}
		}
	})
}
