package translate

import (
	"math/rand/v2"
	"strings"
	"testing"

	"entente/edi/doc"
)

func kestrel() *Profile {
	return &Profile{
		Units:          []Pair{{"STK", "EA"}, {"PCE", "EA"}, {"KTN", "CT"}},
		Purposes:       []Pair{{"22", "00"}},
		Types:          []Pair{{"ZZ", "SA"}},
		Roles:          []Pair{{"WH", "ST"}},
		Refs:           []Pair{{"ZPR", "PD"}},
		Dates:          []Pair{{"ZDL", "002"}},
		ItemQualifiers: []Pair{{"ZZ", "BP"}},
		Items:          []Cross{{"BP", "K-100", "VP", "AUR-D18B"}},
		Locations:      []Cross{{"92", "KS-WKF1", "91", "LOC-7"}},
	}
}

// TestProfile: the partner's words become ours, and ours become the partner's again.
func TestProfile(t *testing.T) {
	t.Parallel()
	p := kestrel()
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	theirs := func() *doc.PurchaseOrder {
		return &doc.PurchaseOrder{
			Header: doc.Header{
				Refs: []doc.Ref{{Qualifier: "ZPR", Value: "PR-1"}}, Dates: []doc.Date{{Qualifier: "ZDL", Date: "2026-12-01"}},
				Parties: []doc.Party{{Role: "WH", IDQualifier: "92", ID: "KS-WKF1", Refs: []doc.Ref{{Qualifier: "ZPR", Value: "2"}}}},
			},
			Purpose: "22", Type: "ZZ", Number: "P1", Date: "2026-11-22",
			Lines: []doc.Line{{
				Number: "1", Items: []doc.ItemID{{Qualifier: "ZZ", ID: "K-100"}}, Quantity: "2", Unit: "STK",
				Schedules:  []doc.Schedule{{Quantity: "1", Unit: "KTN"}},
				Allowances: []doc.Allowance{{Indicator: "A", Unit: "STK"}},
			}},
		}
	}
	d := theirs()
	p.In(d)
	l := d.Lines[0]
	if d.Purpose != "00" || d.Type != "SA" || d.Refs[0].Qualifier != "PD" || d.Dates[0].Qualifier != "002" {
		t.Errorf("%s", text(t, d))
	}
	if pt := d.Parties[0]; pt.Role != "ST" || pt.IDQualifier != "91" || pt.ID != "LOC-7" || pt.Refs[0].Qualifier != "PD" {
		t.Errorf("%s", text(t, pt))
	}
	if l.Unit != "EA" || l.Schedules[0].Unit != "CT" || l.Allowances[0].Unit != "EA" || l.BuyerItem != "K-100" || l.VendorItem != "AUR-D18B" {
		t.Errorf("%s", text(t, l))
	}
	before := text(t, d)
	out, err := p.Out(d)
	if err != nil {
		t.Fatal(err)
	}
	if text(t, d) != before {
		t.Error("the document itself was changed")
	}
	again := out.(*doc.PurchaseOrder)
	if o := again.Lines[0]; o.Unit != "STK" || o.Items[0] != (doc.ItemID{Qualifier: "ZZ", ID: "K-100"}) || again.Parties[0].ID != "KS-WKF1" || again.Parties[0].Role != "WH" {
		t.Errorf("%s", text(t, again))
	}
	if again.Purpose != "22" || again.Type != "ZZ" || again.Refs[0].Qualifier != "ZPR" || again.Dates[0].Qualifier != "ZDL" {
		t.Errorf("%s", text(t, again))
	}
	// One that knows only our number gets the partner's beside it.
	mine := &doc.Invoice{Lines: []doc.InvoiceLine{{Line: doc.Line{VendorItem: "AUR-D18B", Unit: "EA"}}}}
	out, err = p.Out(mine)
	if err != nil {
		t.Fatal(err)
	}
	if items := out.(*doc.Invoice).Lines[0].Items; len(items) != 2 || items[1] != (doc.ItemID{Qualifier: "ZZ", ID: "K-100"}) {
		t.Errorf("%+v", items)
	}
}

// TestProfileIdentity: with a profile of one to one, a document that went out and
// came in is the one it was.
func TestProfileIdentity(t *testing.T) {
	t.Parallel()
	p := &Profile{Units: []Pair{{"STK", "EA"}, {"KTN", "CT"}}, Refs: []Pair{{"ZZ1", "PD"}, {"ZZ2", "CT"}}, Roles: []Pair{{"WH", "ST"}}, Dates: []Pair{{"ZDL", "002"}}, Purposes: []Pair{{"22", "00"}}}
	for seed := range uint64(200) {
		s := source{rand.New(rand.NewPCG(seed, 5))}
		for _, d := range []Document{s.purchaseOrder(), s.orderAck(), s.invoice(), s.shipNotice()} {
			want := text(t, d)
			out, err := p.Out(d)
			if err != nil {
				t.Fatal(err)
			}
			p.In(out)
			if got := text(t, out); got != want {
				t.Fatalf("seed %d: %s\nbecame\n%s", seed, want, got)
			}
		}
	}
}

func TestProfileCheck(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]Profile{
		"units 1: theirs and ours must both be given": {Units: []Pair{{"", "EA"}}},
		`roles 2: "WH" is listed twice`:               {Roles: []Pair{{"WH", "ST"}, {"WH", "BY"}}},
		"items 1: both numbers":                       {Items: []Cross{{"BP", "1", "", "2"}}},
		`locations 2: "9" is listed twice`:            {Locations: []Cross{{"92", "9", "91", "2"}, {"92", "9", "91", "3"}}},
	} {
		if err := p.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := (&Profile{}).Check(); err != nil {
		t.Error(err)
	}
	if p, err := ReadProfile(strings.NewReader(`{"units":[{"theirs":"STK","ours":"EA"}]}`)); err != nil || len(p.Units) != 1 {
		t.Error(p, err)
	}
	if _, err := ReadProfile(strings.NewReader(`{"unit":[]}`)); err == nil {
		t.Error("a misspelt name was taken")
	}
}
