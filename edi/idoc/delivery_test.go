package idoc

import (
	"bytes"
	"fmt"
	"testing"

	"entente/edi/doc"
	"entente/edi/markup"
)

// TestDelivery: a DELVRY03 as SAP sends it, with a pallet that holds a carton, an item
// that is packed in part, and handling units that are not there or hold each other.
func TestDelivery(t *testing.T) {
	t.Parallel()
	text := func(more string) string {
		return `<DELVRY03><IDOC BEGIN="1"><EDI_DC40 SEGMENT="1"><TABNAM>EDI_DC40</TABNAM><IDOCTYP>DELVRY03</IDOCTYP><MESTYP>DESADV</MESTYP></EDI_DC40>
<E1EDL20 SEGMENT="1"><VBELN>0080001234</VBELN>
<E1ADRM1 SEGMENT="1"><PARTNER_Q>WE</PARTNER_Q><PARTNER_ID>5012345000015</PARTNER_ID><NAME1>Kestrel Supply</NAME1></E1ADRM1>
<E1ADRM1 SEGMENT="1"><PARTNER_Q>SP</PARTNER_Q><PARTNER_ID>DHLC</PARTNER_ID></E1ADRM1>
<E1EDT13 SEGMENT="1"><QUALF>015</QUALF><NTANF>20261122</NTANF><NTANZ>071500</NTANZ></E1EDT13>
<E1EDT13 SEGMENT="1"><QUALF>007</QUALF><NTANF>20261124</NTANF></E1EDT13>
<E1EDL24 SEGMENT="1"><POSNR>000010</POSNR><MATNR>AUR-D18B</MATNR><LFIMG>24</LFIMG><VRKME>PCE</VRKME><E1EDL41 SEGMENT="1"><QUALI>001</QUALI><BSTNR>4500187342</BSTNR><POSEX>1</POSEX></E1EDL41></E1EDL24>
<E1EDL24 SEGMENT="1"><POSNR>000020</POSNR><KDMAT>KS-2</KDMAT><LFIMG>10</LFIMG><VRKME>PCE</VRKME><E1EDL41 SEGMENT="1"><QUALI>001</QUALI><BSTNR>4500187342</BSTNR><POSEX>2</POSEX></E1EDL41></E1EDL24>
<E1EDL37 SEGMENT="1"><EXIDV>003739123450000011</EXIDV><VHILM>PALLET</VHILM><E1EDL44 SEGMENT="1"><VELIN>1</VELIN><POSNR>000010</POSNR><VEMNG>24</VEMNG></E1EDL44><E1EDL44 SEGMENT="1"><VELIN>3</VELIN><EXIDV>003739123450000028</EXIDV></E1EDL44></E1EDL37>
<E1EDL37 SEGMENT="1"><EXIDV>003739123450000028</EXIDV><VHILM>CARTON</VHILM><E1EDL44 SEGMENT="1"><VELIN>1</VELIN><POSNR>000020</POSNR><VEMNG>4</VEMNG></E1EDL44></E1EDL37>` + more + `</E1EDL20></IDOC></DELVRY03>`
	}
	read := func(s string) Item {
		items, err := Read(bytes.NewReader([]byte(s)), markup.Default)
		if err != nil || len(items) != 1 {
			t.Fatalf("%v %+v", err, items)
		}
		return items[0]
	}
	it := read(text(""))
	d := it.Document.(*doc.ShipNotice)
	if d.Number != "0080001234" || d.Date != "2026-11-22" || d.Time != "07:15:00" || d.Carrier.Code != "DHLC" || len(d.Parties) != 1 || d.Parties[0].IDQualifier != "UL" || len(d.Dates) != 1 || d.Dates[0].Qualifier != "017" {
		t.Errorf("%+v", d)
	}
	if len(it.Problems)+len(it.Left)+len(d.Validate()) > 0 || len(d.Orders) != 1 {
		t.Fatalf("%+v %+v %+v", it.Problems, it.Left, d)
	}
	o := d.Orders[0]
	pallet := o.Packs[0]
	if len(o.Packs) != 1 || pallet.Kind != "T" || len(pallet.Lines) != 1 || pallet.Lines[0].Quantity != "24" || len(pallet.Packs) != 1 || pallet.Packs[0].Kind != "P" || pallet.Packs[0].Lines[0].Quantity != "4" {
		t.Errorf("%+v", o.Packs)
	}
	if len(o.Lines) != 1 || o.Lines[0].Quantity != "6" || o.Lines[0].Number != "2" || o.Lines[0].BuyerItem != "KS-2" {
		t.Errorf("%+v", o.Lines)
	}
	unit := `<E1EDL37 SEGMENT="1"><EXIDV>%s</EXIDV><E1EDL44 SEGMENT="1"><VELIN>%s</VELIN><POSNR>%s</POSNR><EXIDV>%s</EXIDV></E1EDL44></E1EDL37>`
	for name, tc := range map[string]struct{ more, key string }{
		"twice":      {fmt.Sprintf(unit, "003739123450000011", "1", "000010", ""), doc.KeyDuplicate},
		"no item":    {fmt.Sprintf(unit, "003739123450000035", "1", "000030", ""), doc.KeyMissing},
		"no unit":    {fmt.Sprintf(unit, "003739123450000035", "3", "", "003739123450000042"), doc.KeyMissing},
		"each other": {fmt.Sprintf(unit, "A", "3", "", "B") + fmt.Sprintf(unit, "B", "3", "", "A"), doc.KeyDuplicate},
	} {
		if p := read(text(tc.more)).Problems; len(p) == 0 || p[0].Key != tc.key {
			t.Errorf("%s: %+v", name, p)
		}
	}
}
