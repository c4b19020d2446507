package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// parted is an order as the API tells it to both companies, with what parts and substitutes
// make of its lines.
type parted struct {
	ID, State string
	Kind      string
	Lines     []struct {
		SKU, State, Confirmed, Backordered, Shipped, Invoiced string
		Quantity                                              string
		InsteadOf                                             string `json:"instead_of"`
		Promised                                              string `json:"promised_on"`
		Requested                                             string `json:"requested_on"`
		Free                                                  bool
		Marks                                                 []string
		Parts                                                 []struct{ Quantity, On string }
	}
}

func (c *client) parted(number string) parted {
	c.t.Helper()
	list := c.orders(number)
	if len(list) != 1 {
		c.t.Fatalf("%d orders %s", len(list), number)
	}
	var out parted
	c.get("/api/v1/orders/"+list[0].ID, &out)
	return out
}

// shape is what of an order must be the same whatever standard it came in.
func (p parted) shape() string {
	w := []string{p.State}
	for _, l := range p.Lines {
		l.Marks = otherDoubts(l.Marks)
		w = append(w, fmt.Sprint(l))
	}
	return strings.Join(w, "\n")
}

// booked sends a document that must be booked.
func (c *client) booked(text string) {
	c.t.Helper()
	ic := c.processed(c.send(text).ID)
	if *ic.Result == "rejected" || ic.Sets[0].Business != "booked" {
		c.t.Fatalf("%+v\n%s", ic, text)
	}
}

// TestStoryParts: two part deliveries of a line, a substitute and a back-order, confirmed in
// two answers, shipped twice and invoiced twice, by EDI from the first to the last document.
// The EDIFACT twin gives the same orders.
func TestStoryParts(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		kestrel := s.token("dan@kestrel.example", "edi:read,edi:write,orders:read,orders:write,invoices:read")
		aurelia := s.token("ingrid@aurelia.example", "edi:read,edi:write,orders:read,orders:write,invoices:read")
		baltic := s.token("kaarel@baltic.example", "edi:read,edi:write,orders:read,orders:write,invoices:read")

		order := po{control: 750101, number: "PART-1", lines: []string{
			"PO1*1*240*EA*84.00*PE*VP*AUR-D18B~SCH*140*EA***002*20261210~SCH*100*EA***002*20261220", "PO1*2*160*EA*46.50*PE*VP*AUR-G125", "PO1*3*20*EA*31.20*PE*VP*AUR-B50"}, segments: 13}.String()
		if ic := kestrel.processed(kestrel.send(order).ID); *ic.Result == "rejected" {
			t.Fatalf("%+v", ic)
		}
		got := kestrel.parted("PART-1")
		if l := got.Lines[0]; fmt.Sprint(l.Parts) != "[{140 2026-12-10} {100 2026-12-20}]" {
			t.Fatalf("%+v", got)
		}
		aurelia.booked(x12("PR", "855", 750001, "BAK*00*AC*PART-1*20261122****SO-1*20261123",
			"PO1*1*240*EA*84.00*PE*VP*AUR-D18B", "ACK*IA*140*EA*067*20261210", "ACK*IA*100*EA*067*20261220",
			"PO1*2*160*EA*46.50*PE*VP*AUR-G125", "ACK*IA*120*EA*067*20261215", "ACK*IB*40*EA",
			"PO1*3*20*EA*31.20*PE*VP*AUR-B50", "ACK*IS*20*EA*067*20261215**VP*AUR-B80", "CTT*3"))
		answer := kestrel.await("855", "PART-1")
		checkFile(t, answer)
		for _, w := range []string{"PO1*3*20*EA*31.20**VP*AUR-B50", "ACK*IS*20*EA*067*20261215**VP*AUR-B80", "ACK*IA*140*EA*067*20261210", "ACK*IA*100*EA*067*20261220", "ACK*IB*40*EA"} {
			if !strings.Contains(string(answer), w) {
				t.Errorf("no %s in %s", w, answer)
			}
		}
		ship := func(control int, notice string, lines ...string) string {
			body := []string{"BSN*00*" + notice + "*20261201*0912*0004", "HL*1**S", "DTM*011*20261201", "HL*2*1*O", "PRF*PART-1"}
			for i, l := range lines {
				body = append(body, fmt.Sprintf("HL*%d*2*I", i+3), l)
			}
			text := x12("SH", "856", control, append(body, fmt.Sprintf("CTT*%d", len(lines)+2))...)
			return strings.Replace(text, "SE*"+fmt.Sprint(len(body)+3)+"*", "SE*"+fmt.Sprint(strings.Count(text, "~")-4)+"*", 1)
		}
		bill := func(control int, number, total string, lines ...string) string {
			return x12("IN", "810", control, slices.Concat([]string{"BIG*20261202*" + number + "*20261122*PART-1***DI", "CUR*SE*GBP"}, lines, []string{"TDS*" + total, fmt.Sprintf("CTT*%d", len(lines))})...)
		}
		aurelia.booked(ship(750002, "PN-1", "LIN*1*VP*AUR-D18B~SN1**140*EA", "LIN*2*VP*AUR-G125~SN1**120*EA", "LIN*3*VP*AUR-B80~SN1**20*EA"))
		aurelia.booked(bill(750003, "PI-1", "1796400", "IT1*1*140*EA*84.00*PE*VP*AUR-D18B", "IT1*2*120*EA*46.50*PE*VP*AUR-G125", "IT1*3*20*EA*31.20*PE*VP*AUR-B80"))
		x12Half := kestrel.parted("PART-1")

		// The back-order is promised, and the rest leaves.
		aurelia.booked(x12("PR", "855", 750004, "BAK*00*AC*PART-1*20261122****SO-1*20261216", "PO1*2*40*EA*46.50*PE*VP*AUR-G125", "ACK*IA*40*EA*067*20270110", "CTT*1"))
		aurelia.booked(ship(750005, "PN-2", "LIN*1*VP*AUR-D18B~SN1**100*EA", "LIN*2*VP*AUR-G125~SN1**40*EA"))
		aurelia.booked(bill(750006, "PI-2", "1026000", "IT1*1*100*EA*84.00*PE*VP*AUR-D18B", "IT1*2*40*EA*46.50*PE*VP*AUR-G125"))
		x12Done := kestrel.parted("PART-1")
		for _, kind := range []string{"856", "810"} {
			checkFile(t, kestrel.await(kind, "PART-1"))
		}

		// The twin.
		un := unOrder("BT8301", "PART-2", "LIN+1++AUR-D18B:SA", "QTY+21:240:PCE", "PRI+AAA:97.00", "SCC+1", "QTY+21:140:PCE", "DTM+2:20261210:102", "SCC+1", "QTY+21:100:PCE", "DTM+2:20261220:102",
			"LIN+2++AUR-G125:SA", "QTY+21:160:PCE", "PRI+AAA:53.80", "LIN+3++AUR-B50:SA", "QTY+21:20:PCE", "PRI+AAA:36.10")
		if ic := baltic.processed(baltic.send(strings.ReplaceAll(un, "ü", "\xfc")).ID); *ic.Result == "rejected" {
			t.Fatalf("%+v", ic)
		}
		head := []string{"NAD+BY+BT-TLN::92", "NAD+SU+AURELIA::92"}
		aurelia.booked(unReply("AU9301", "ORDRSP", slices.Concat([]string{"BGM+231+OR-1+4", "DTM+137:20261123:102", "RFF+ON:PART-2"}, head, []string{
			"LIN+1+3+AUR-D18B:SA", "QTY+21:240:PCE", "SCC+1", "QTY+113:140:PCE", "DTM+67:20261210:102", "SCC+1", "QTY+113:100:PCE", "DTM+67:20261220:102",
			"LIN+2+3+AUR-G125:SA", "QTY+21:160:PCE", "QTY+83:40:PCE", "QTY+113:120:PCE", "DTM+67:20261215:102",
			"LIN+3+3+AUR-B50:SA", "PIA+3+AUR-B80:SA", "QTY+21:20:PCE", "QTY+113:20:PCE", "DTM+67:20261215:102", "UNS+S"})...))
		rsp := baltic.await("ORDRSP", "PART-2")
		checkFile(t, rsp)
		for _, w := range []string{"PIA+5+AUR-B50:SA", "PIA+3+AUR-B80:SA", "QTY+113:140:PCE", "QTY+83:40:PCE"} {
			if !strings.Contains(string(rsp), w) {
				t.Errorf("no %s in %s", w, rsp)
			}
		}
		unShip := func(reference, notice string, lines ...string) string {
			return unReply(reference, "DESADV", slices.Concat([]string{"BGM+351+" + notice + "+9", "DTM+137:20261201:102", "RFF+ON:PART-2"}, head, []string{"CPS+1"}, lines)...)
		}
		unBill := func(reference, number, total string, lines ...string) string {
			return unReply(reference, "INVOIC", slices.Concat([]string{"BGM+380+" + number + "+9", "DTM+137:20261202:102", "RFF+ON:PART-2"}, head, []string{"CUX+2:EUR:4"}, lines, []string{"UNS+S", "MOA+77:" + total})...)
		}
		aurelia.booked(unShip("AU9302", "UN-1", "LIN+1++AUR-D18B:SA", "QTY+12:140:PCE", "LIN+2++AUR-G125:SA", "QTY+12:120:PCE", "LIN+3++AUR-B80:SA", "QTY+12:20:PCE"))
		aurelia.booked(unBill("AU9303", "UI-1", "20758.00", "LIN+1++AUR-D18B:SA", "QTY+47:140:PCE", "PRI+AAA:97.00", "LIN+2++AUR-G125:SA", "QTY+47:120:PCE", "PRI+AAA:53.80", "LIN+3++AUR-B80:SA", "QTY+47:20:PCE", "PRI+AAA:36.10"))
		unHalf := baltic.parted("PART-2")
		aurelia.booked(unReply("AU9304", "ORDRSP", slices.Concat([]string{"BGM+231+OR-2+4", "DTM+137:20261216:102", "RFF+ON:PART-2"}, head, []string{"LIN+2+3+AUR-G125:SA", "QTY+21:40:PCE", "QTY+113:40:PCE", "DTM+67:20270110:102", "UNS+S"})...))
		aurelia.booked(unShip("AU9305", "UN-2", "LIN+1++AUR-D18B:SA", "QTY+12:100:PCE", "LIN+2++AUR-G125:SA", "QTY+12:40:PCE"))
		aurelia.booked(unBill("AU9306", "UI-2", "11852.00", "LIN+1++AUR-D18B:SA", "QTY+47:100:PCE", "PRI+AAA:97.00", "LIN+2++AUR-G125:SA", "QTY+47:40:PCE", "PRI+AAA:53.80"))
		unDone := baltic.parted("PART-2")

		if l := x12Half.Lines; x12Half.State != "partly_shipped" || l[0].Shipped != "140" || l[1].Backordered != "40" || l[1].Invoiced != "120" || l[2].SKU != "AUR-B80" || l[2].InsteadOf != "AUR-B50" || l[2].Invoiced != "20" || l[0].Promised != "2026-12-20" {
			t.Errorf("%+v", x12Half)
		}
		if l := x12Done.Lines; x12Done.State != "invoiced" || l[0].Invoiced != "240" || l[1].Confirmed != "160" || l[1].Backordered != "0" || l[1].Promised != "2027-01-10" {
			t.Errorf("%+v", x12Done)
		}
		for _, pair := range [][2]parted{{x12Half, unHalf}, {x12Done, unDone}} {
			if a, b := pair[0].shape(), pair[1].shape(); a != b {
				t.Errorf("the twins differ:\n%s\n\n%s", a, b)
			}
		}
		s.command("reconcile")
	})
}
