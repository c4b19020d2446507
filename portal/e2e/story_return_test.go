package e2e

import (
	"strings"
	"testing"
)

type goodsReturn struct {
	ID, Number, RMA, State string
	Lines                  []struct{ Quantity, Granted, Arrived, Credited, Reason string }
}

// TestStoryReturn: goods are received with a difference (861), some go back (180), are
// authorised, counted and credited (810 CR); in EDIFACT the same with RETANN, RETINS and
// INVOIC 381. Both ends are alike, and a competitor sees none of it.
func TestStoryReturn(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		kestrel := s.token("dan@kestrel.example", "edi:read,edi:write,orders:read,orders:write,invoices:read")
		aurelia := s.token("ingrid@aurelia.example", "edi:read,edi:write,orders:read,orders:write,invoices:read")
		baltic := s.token("kaarel@baltic.example", "edi:read,edi:write,orders:read,orders:write,invoices:read")
		deliver := func(c *client, number, text string) order {
			t.Helper()
			c.processed(c.send(text).ID)
			o := c.orders(number)[0]
			for _, step := range []string{"confirm", "ship", "invoice"} {
				aurelia.post("/api/v1/orders/"+o.ID+"/"+step, `{}`, 200, nil)
			}
			return o
		}
		mine := func(text string) string {
			return strings.NewReplacer("AURELIATOOLS   *ZZ*KESTRELSUPPLY  ", "KESTRELSUPPLY  *ZZ*AURELIATOOLS   ", "*AURELIATOOLS*KESTRELSUPPLY*", "*KESTRELSUPPLY*AURELIATOOLS*").Replace(text)
		}
		deliver(kestrel, "RET-1", po{control: 740101, number: "RET-1"}.String())
		advice := mine(x12("RC", "861", 740001, "BRA*RCV-1*20261127*00*2", "DTM*050*20261127", "PRF*RET-1", "RCD*1*238*EA***2*EA*02", "LIN*1*VP*AUR-D18B", "RCD*2*160*EA", "LIN*2*VP*AUR-G125", "CTT*2"))
		kestrel.booked(advice)
		wish := mine(x12("AN", "180", 740002, "BGN*13*KR-1*20261203", "PRF*RET-1***20261122", "BLI*VP*AUR-D18B*3*EA", "RDR*RP*DM", "PRF*RET-1***20261122*1"))
		ic := kestrel.processed(kestrel.send(wish).ID)
		if *ic.Result == "rejected" || ic.Sets[0].Business != "booked" || ic.Sets[0].Document.Kind != "goods_return" {
			t.Fatalf("%+v", ic)
		}
		finish := func(c *client, number string) (goodsReturn, []string) {
			t.Helper()
			var list struct{ Items []goodsReturn }
			c.get("/api/v1/returns", &list)
			if len(list.Items) != 1 || list.Items[0].Number != number {
				t.Fatalf("%+v", list)
			}
			r := list.Items[0]
			aurelia.post("/api/v1/returns/"+r.ID+"/decide", `{"rma":"RMA-5"}`, 200, nil)
			aurelia.post("/api/v1/returns/"+r.ID+"/receive", `{"lines":[{"position":1,"quantity":"2"}]}`, 200, nil)
			aurelia.post("/api/v1/returns/"+r.ID+"/credit", `{}`, 200, &r)
			return r, nil
		}
		r1, _ := finish(kestrel, "KR-1")
		answer := kestrel.await("180", "RMA-5")
		checkFile(t, answer)
		if !strings.Contains(string(answer), "BGN*11*KR-1") || !strings.Contains(string(answer), "RDR*RA*DM") {
			t.Errorf("%s", answer)
		}
		credit := kestrel.await("810", "***CR")
		checkFile(t, credit)
		if !strings.Contains(string(credit), "TDS*16800") || !strings.Contains(string(credit), "REF*IV*") {
			t.Errorf("%s", credit)
		}

		un := unOrder("BT8201", "RET-2", "LIN+1++AUR-D18B:SA", "QTY+21:240:PCE", "PRI+AAA:97.00", "LIN+2++AUR-G125:SA", "QTY+21:160:PCE", "PRI+AAA:53.80")
		deliver(baltic, "RET-2", strings.ReplaceAll(un, "ü", "\xfc"))
		retann := "UNB+UNOC:3+BALTICTRADE:ZZZ+AURELIATOOLS:ZZZ+261203:0912+BT8202'UNH+1+RETANN:D:01B:UN'BGM+409+KR-2+9'DTM+137:20261203:102'RFF+ON:RET-2'NAD+BY+BT-TLN::92'NAD+SU+AURELIA::92'LIN+1++AUR-D18B:SA'QTY+61:3:PCE'UNS+S'UNT+10+1'UNZ+1+BT8202'"
		baltic.booked(retann)
		r2, _ := finish(baltic, "KR-2")
		checkFile(t, baltic.await("RETINS", "RMA-5"))
		note := baltic.await("INVOIC", "BGM+381")
		checkFile(t, note)
		if r1.State != r2.State || r1.Lines[0].Credited != "2" || r2.Lines[0].Credited != "2" {
			t.Errorf("%+v\n%+v", r1, r2)
		}
		if a := baltic.do("GET", "/api/v1/returns/"+r1.ID, "", nil); a.status != 404 {
			t.Errorf("a competitor: %d", a.status)
		}
		s.command("reconcile")
	})
}
