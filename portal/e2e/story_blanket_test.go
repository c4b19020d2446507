package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// otherDoubts leaves out what the list of the demo says of a price.
func otherDoubts(marks []string) []string {
	return slices.DeleteFunc(slices.Clone(marks), func(m string) bool { return m == "price_differs" })
}

// drawn is a blanket order as both companies read it.
type drawn struct {
	Order, Number, Closed string
	From                  string `json:"valid_from"`
	Until                 string `json:"valid_until"`
	Lines                 []struct {
		SKU, Agreed, Left string
		Drawn             string `json:"called_off"`
	}
	CallOffs []struct{ Release, State string } `json:"call_offs"`
}

// kind850 is an order of Kestrel of another kind than SA: BEG02 and what follows it.
func kind850(control int, beg string, segs ...string) string {
	text := po{control: control, number: "X", lines: segs}.String()
	text = strings.Replace(text, "BEG*00*SA*X**20261122", "BEG*00*"+beg, 1)
	lines := strings.Count(strings.Join(segs, "~"), "PO1*")
	if dates, rest, ok := strings.Cut(segs[0], "~PO1"); ok { // dates stand before the parties
		text = strings.Replace(strings.Replace(text, segs[0], "PO1"+rest, 1), "~N1*BY", "~"+dates+"~N1*BY", 1)
	}
	text = strings.Replace(text, fmt.Sprintf("CTT*%d", len(segs)), fmt.Sprintf("CTT*%d", lines), 1)
	start := strings.Index(text, "ST*850")
	end := strings.Index(text, "SE*")
	count := strings.Count(text[start:end], "~") + 1
	tail := text[end:]
	tail = "SE*" + fmt.Sprint(count) + tail[strings.Index(tail[3:], "*")+3:]
	return text[:end] + tail
}

// recounted puts the right count into the UNT of an interchange of one message.
func recounted(un string) string {
	start, end := strings.Index(un, "UNH+"), strings.Index(un, "UNT+")
	rest := un[end+4:]
	return un[:end] + fmt.Sprintf("UNT+%d", strings.Count(un[start:end], "'")+1) + rest[strings.Index(rest, "+"):]
}

// TestStoryBlanket: a blanket order is agreed, call-offs draw on it by EDI and on the API,
// one asks for more than is left and one comes after it was closed: both are asked about.
// The goods go by the call-offs; the EDIFACT twin leaves the same. A competitor sees none.
func TestStoryBlanket(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		kestrel := s.token("dan@kestrel.example", "edi:read,edi:write,orders:read,orders:write,invoices:read")
		aurelia := s.token("ingrid@aurelia.example", "edi:read,edi:write,orders:read,orders:write,invoices:read")
		baltic := s.token("kaarel@baltic.example", "edi:read,edi:write,orders:read,orders:write,invoices:read")
		send := (*client).booked
		of := func(c *client, release string) parted {
			t.Helper()
			var l struct {
				Items []struct{ ID, Release, Number string }
			}
			c.get("/api/v1/orders?q=BLK-1", &l)
			for _, o := range l.Items {
				if o.Release == release && o.Number == "BLK-1" {
					var out parted
					c.get("/api/v1/orders/"+o.ID, &out)
					return out
				}
			}
			t.Fatalf("no release %q", release)
			return parted{}
		}
		// A call-off is quicker than its blanket order, and is asked about.
		send(kestrel, kind850(760100, "RL*BLK-1*R0*20261122", "PO1*1*10*EA*82.00*PE*VP*AUR-D18B"))
		if got := of(kestrel, "R0"); !slices.Contains(got.Lines[0].Marks, "release_unknown") {
			t.Errorf("%+v", got)
		}
		send(kestrel, kind850(760101, "BK*BLK-1**20261122", "DTM*092*20261101~DTM*093*20270331~PO1*1*1000*EA*82.00*PE*VP*AUR-D18B", "PO1*2*500*EA*46.50*PE*VP*AUR-G125"))
		blank := of(kestrel, "")
		aurelia.post("/api/v1/orders/"+blank.ID+"/confirm", `{}`, 200, nil)
		checkFile(t, kestrel.await("855", "BLK-1"))
		for _, step := range []string{"ship", "invoice"} {
			if r := aurelia.do("POST", "/api/v1/orders/"+blank.ID+"/"+step, "application/json", []byte(`{}`)); r.status != 409 {
				t.Errorf("a blanket order is to %s: %d", step, r.status)
			}
		}

		// Two call-offs within it: no doubt, at its price.
		send(kestrel, kind850(760102, "RL*BLK-1*R1*20261122", "PO1*1*400*EA*82.00*PE*VP*AUR-D18B", "PO1*2*100*EA*46.50*PE*VP*AUR-G125"))
		r1 := of(aurelia, "R1")
		if len(r1.Lines[0].Marks)+len(r1.Lines[1].Marks) != 0 {
			t.Errorf("%+v", r1)
		}
		aurelia.booked(x12("PR", "855", 760001, "BAK*00*AD*BLK-1*20261122*R1", "PO1*1*400*EA*82.00*PE*VP*AUR-D18B", "ACK*IA*400*EA*067*20261215", "PO1*2*100*EA*46.50*PE*VP*AUR-G125", "ACK*IA*100*EA*067*20261215", "CTT*2"))
		aurelia.booked(x12("SH", "856", 760002, "BSN*00*BN-1*20261201*0912*0004", "HL*1**S", "DTM*011*20261201", "HL*2*1*O", "PRF*BLK-1*R1", "HL*3*2*I", "LIN*1*VP*AUR-D18B", "SN1**400*EA", "HL*4*2*I", "LIN*2*VP*AUR-G125", "SN1**100*EA", "CTT*4"))
		aurelia.booked(x12("IN", "810", 760003, "BIG*20261202*BI-1*20261122*BLK-1*R1**DI", "CUR*SE*GBP", "IT1*1*400*EA*82.00*PE*VP*AUR-D18B", "IT1*2*100*EA*46.50*PE*VP*AUR-G125", "TDS*3745000", "CTT*2"))
		if got := of(kestrel, "R1"); got.State != "invoiced" {
			t.Errorf("%+v", got)
		}
		// goods of the blanket order itself are held, with the words of what to do
		ic := aurelia.processed(aurelia.send(x12("SH", "856", 760004, "BSN*00*BN-2*20261201*0912*0004", "HL*1**S", "DTM*011*20261201", "HL*2*1*O", "PRF*BLK-1", "HL*3*2*I", "LIN*1*VP*AUR-D18B", "SN1**4*EA", "CTT*3")).ID)
		if ic.Sets[0].Business != "held" {
			t.Errorf("%+v", ic)
		}
		// The API calls off the same way; the same number is the same order.
		var called struct {
			Order, Outcome string
			Marked         int
		}
		kestrel.post("/api/v1/orders/"+blank.ID+"/calloffs", `{"release":"R2","requested_on":"2026-12-20","lines":[{"line":1,"quantity":"90"}]}`, 201, &called)
		if called.Outcome != "booked" || called.Marked != 0 {
			t.Errorf("%+v", called)
		}
		kestrel.post("/api/v1/orders/"+blank.ID+"/calloffs", `{"release":"R2","requested_on":"2026-12-20","lines":[{"line":1,"quantity":"90"}]}`, 201, &called)
		if called.Outcome != "duplicate" {
			t.Errorf("%+v", called)
		}
		// Above what is left, before it holds, another price.
		send(kestrel, kind850(760103, "RL*BLK-1*R3*20261122", "PO1*1*501*EA*82.00*PE*VP*AUR-D18B", "PO1*2*1*EA*40.00*PE*VP*AUR-G125", "PO1*3*5*EA*31.20*PE*VP*AUR-B50"))
		send(kestrel, kind850(760104, "RL*BLK-1*R4*20261015", "PO1*1*1*EA*82.00*PE*VP*AUR-D18B"))
		if l := of(kestrel, "R3").Lines; fmt.Sprint(l[0].Marks, l[1].Marks, l[2].Marks) != "[release_over] [release_price] [release_item]" {
			t.Errorf("%+v", l)
		}
		if l := of(kestrel, "R4").Lines; !slices.Contains(l[0].Marks, "release_outside") {
			t.Errorf("%+v", l)
		}
		aurelia.post("/api/v1/orders/"+of(aurelia, "R3").ID+"/confirm", `{"lines":[{"line":1,"action":"reject"},{"line":2,"action":"reject"},{"line":3,"action":"reject"}]}`, 200, nil)
		var mine, theirs drawn
		kestrel.get("/api/v1/orders/"+blank.ID+"/blanket", &mine)
		aurelia.get("/api/v1/orders/"+r1.ID+"/blanket", &theirs)
		if fmt.Sprint(mine) != fmt.Sprint(theirs) || mine.From != "2026-11-01" || mine.Until != "2027-03-31" || mine.Lines[0].Drawn != "501" || mine.Lines[0].Left != "499" || mine.Lines[1].Left != "400" || len(mine.CallOffs) != 5 {
			t.Errorf("%+v\n%+v", mine, theirs)
		}
		kestrel.post("/api/v1/orders/"+blank.ID+"/blanket/close", `{"reason":"new contract from January"}`, 204, nil)
		send(kestrel, kind850(760105, "RL*BLK-1*R5*20261123", "PO1*1*5*EA*82.00*PE*VP*AUR-D18B"))
		if l := of(aurelia, "R5").Lines; fmt.Sprint(l[0].Marks) != "[release_closed]" {
			t.Errorf("%+v", l)
		}
		for _, path := range []string{"/blanket", "/blanket/close", "/calloffs"} {
			method, body := "POST", `{"reason":"x"}`
			if path == "/blanket" {
				method, body = "GET", ""
			}
			if path == "/calloffs" {
				body = `{"release":"X","lines":[{"line":1,"quantity":"1"}]}`
			}
			if a := baltic.do(method, "/api/v1/orders/"+blank.ID+path, "application/json", []byte(body)); a.status != 404 {
				t.Errorf("a competitor: %s %d", path, a.status)
			}
		}

		// The twin: 221, and 226 that names it in RFF BO.
		un := func(reference, kind, number string, lines ...string) string {
			text := strings.Replace(unOrder(reference, number, lines...), "BGM+220+", "BGM+"+kind+"+", 1)
			return strings.ReplaceAll(text, "ü", "\xfc")
		}
		blanket := strings.Replace(un("BT8401", "221", "BLK-2", "LIN+1++AUR-D18B:SA", "QTY+21:1000:PCE", "PRI+AAA:95.00"), "DTM+2:20261215:102'\r\n", "DTM+157:20261101:102'\r\nDTM+36:20270331:102'\r\n", 1)
		send(baltic, recounted(blanket))
		release := func(reference, number, quantity string) string {
			text := un(reference, "226", number, "LIN+1++AUR-D18B:SA", "QTY+21:"+quantity+":PCE", "PRI+AAA:95.00")
			return strings.Replace(text, "RFF+CT:CT-77'", "RFF+BO:BLK-2'", 1)
		}
		send(baltic, release("BT8402", "CALL-1", "600"))
		send(baltic, release("BT8403", "CALL-2", "401"))
		if a, b := baltic.parted("CALL-1"), baltic.parted("CALL-2"); len(a.Lines[0].Marks) != 0 || fmt.Sprint(b.Lines[0].Marks) != "[release_over]" {
			t.Errorf("%+v\n%+v", a, b)
		}
		aurelia.booked(unReply("AU9401", "ORDRSP", "BGM+231+OR-1+29", "DTM+137:20261123:102", "RFF+ON:CALL-1", "NAD+BY+BT-TLN::92", "NAD+SU+AURELIA::92", "LIN+1+5+AUR-D18B:SA", "QTY+21:600:PCE", "UNS+S"))
		rsp := baltic.await("ORDRSP", "RFF+ON:CALL-1")
		checkFile(t, rsp)
		if !strings.Contains(string(rsp), "RFF+BO:BLK-2") {
			t.Errorf("%s", rsp)
		}
		var un2 drawn
		baltic.get("/api/v1/orders/"+baltic.parted("CALL-1").ID+"/blanket", &un2)
		if un2.Number != "BLK-2" || un2.Lines[0].Drawn != "1001" || un2.Lines[0].Left != "-1" || un2.Until != mine.Until || un2.From != mine.From {
			t.Errorf("%+v", un2)
		}
		s.command("reconcile")
	})
}

// TestStoryDirect: a drop shipment goes to the reseller's customer. The reseller gets the
// ship notice and pays; the note that lies with the goods names the reseller and no price;
// nobody else learns of the customer. The twin says it with NAD UD.
func TestStoryDirect(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		kestrel := s.token("dan@kestrel.example", "edi:read,edi:write,orders:read,orders:write,invoices:read")
		aurelia := s.token("ingrid@aurelia.example", "edi:read,edi:write,orders:read,orders:write,invoices:read")
		baltic := s.token("kaarel@baltic.example", "edi:read,edi:write,orders:read,orders:write,invoices:read")
		text := kind850(770101, "DS*DROP-1**20261122", "PO1*1*12*EA*84.00*PE*VP*AUR-D18B")
		text = strings.Replace(text, "N1*ST*KESTREL DC WAKEFIELD*92*KS-WKF1", "N1*ST*Airedale Joinery~N3*4 Mill Lane~N4*Keighley**BD21 1AA*GB", 1)
		text = strings.Replace(text, "~SE*9*", "~SE*11*", 1)
		kestrel.booked(text)
		o := kestrel.parted("DROP-1")
		if o.Kind != "DS" || len(otherDoubts(o.Lines[0].Marks)) != 0 {
			t.Fatalf("%+v", o)
		}
		aurelia.booked(x12("PR", "855", 770001, "BAK*00*AD*DROP-1*20261122", "PO1*1*12*EA*84.00*PE*VP*AUR-D18B", "ACK*IA*12*EA*067*20261215", "CTT*1"))
		aurelia.booked(x12("SH", "856", 770002, "BSN*00*DN-1*20261201*0912*0004", "HL*1**S", "DTM*011*20261201", "N1*ST*Airedale Joinery", "N3*4 Mill Lane", "N4*Keighley**BD21 1AA*GB", "HL*2*1*O", "PRF*DROP-1", "HL*3*2*I", "LIN*1*VP*AUR-D18B", "SN1**12*EA", "CTT*3"))
		aurelia.booked(x12("IN", "810", 770003, "BIG*20261202*DI-1*20261122*DROP-1***DI", "CUR*SE*GBP", "IT1*1*12*EA*84.00*PE*VP*AUR-D18B", "TDS*100800", "CTT*1"))
		notice := kestrel.await("856", "DROP-1")
		checkFile(t, notice)
		if !strings.Contains(string(notice), "Airedale Joinery") {
			t.Errorf("%s", notice)
		}
		checkFile(t, kestrel.await("810", "DROP-1"))
		if got := kestrel.parted("DROP-1"); got.State != "invoiced" {
			t.Errorf("%+v", got)
		}
		for _, path := range []string{"", "/blanket"} {
			if a := baltic.do("GET", "/api/v1/orders/"+o.ID+path, "", nil); a.status != 404 || strings.Contains(string(a.body), "Airedale") {
				t.Errorf("a competitor: %d %s", a.status, a.body)
			}
		}
		var found struct{ Items []struct{ ID string } }
		baltic.get("/api/v1/orders?q=Airedale", &found)
		if len(found.Items) != 0 {
			t.Errorf("a competitor finds the customer: %+v", found)
		}

		un := unOrder("BT8501", "DROP-2", "LIN+1++AUR-D18B:SA", "QTY+21:12:PCE", "PRI+AAA:97.00")
		un = strings.Replace(un, "NAD+SU+AURELIA::92'", "NAD+SU+AURELIA::92'\r\nNAD+UD+++Metsa Puit+Mill 4+Tartu++51007+EE'\r\nNAD+DP+++Metsa Puit+Mill 4+Tartu++51007+EE'", 1)
		un = recounted(un)
		baltic.booked(strings.ReplaceAll(un, "ü", "\xfc"))
		if got := baltic.parted("DROP-2"); got.Kind != "DS" || len(otherDoubts(got.Lines[0].Marks)) != 0 {
			t.Errorf("%+v", got)
		}
		aurelia.booked(unReply("AU9501", "DESADV", "BGM+351+UD-1+9", "DTM+137:20261201:102", "RFF+ON:DROP-2", "NAD+BY+BT-TLN::92", "NAD+SU+AURELIA::92", "NAD+DP+++Metsa Puit+Mill 4+Tartu++51007+EE", "CPS+1", "LIN+1++AUR-D18B:SA", "QTY+12:12:PCE"))
		des := baltic.await("DESADV", "DROP-2")
		checkFile(t, des)
		aurelia.booked(unReply("AU9502", "INVOIC", "BGM+380+UDI-1+9", "DTM+137:20261202:102", "RFF+ON:DROP-2", "NAD+BY+BT-TLN::92", "NAD+SU+AURELIA::92", "CUX+2:EUR:4", "LIN+1++AUR-D18B:SA", "QTY+47:12:PCE", "PRI+AAA:97.00", "UNS+S", "MOA+77:1164.00"))
		a, b := kestrel.parted("DROP-1"), baltic.parted("DROP-2")
		if a.shape() != b.shape() || a.Kind != b.Kind {
			t.Errorf("the twins differ:\n%s\n%s", a.shape(), b.shape())
		}
		s.command("reconcile")
	})
}

// TestStoryFree: goods free of charge (PO105 NC, QTY 192) are a question until both agree
// that the order's word is enough; then they are answered, shipped and invoiced at nothing
// beside what is paid, and match. The twin says it as a quantity of the same line.
func TestStoryFree(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		kestrel := s.token("dan@kestrel.example", "edi:read,edi:write,orders:read,orders:write,invoices:read")
		aurelia := s.token("ingrid@aurelia.example", "edi:read,edi:write,orders:read,orders:write,invoices:read")
		baltic := s.token("kaarel@baltic.example", "edi:read,edi:write,orders:read,orders:write,invoices:read")
		free := func(control int, number string) string {
			return po{control: control, number: number, lines: []string{"PO1*1*100*EA*84.00*PE*VP*AUR-D18B", "PO1*2*10*EA*0*NC*VP*AUR-D18B"}}.String()
		}
		kestrel.booked(free(780101, "FREE-0"))
		if l := kestrel.parted("FREE-0").Lines; fmt.Sprint(otherDoubts(l[0].Marks), l[1].Marks) != "[] [free_goods]" || !l[1].Free {
			t.Fatalf("%+v", l)
		}
		aurelia.booked(x12("PR", "855", 780001, "BAK*00*AC*FREE-0*20261122", "PO1*1*100*EA*84.00*PE*VP*AUR-D18B", "ACK*IA*100*EA*067*20261215", "PO1*2*10*EA*0*NC*VP*AUR-D18B", "ACK*IA*10*EA*067*20261215", "CTT*2"))
		answer := kestrel.await("855", "FREE-0")
		checkFile(t, answer)
		if !strings.Contains(string(answer), "PO1*2*10*EA*0.00*NC*VP*AUR-D18B") {
			t.Errorf("%s", answer)
		}
		// lines without numbers: what costs nothing finds what was to cost nothing
		aurelia.booked(x12("SH", "856", 780002, "BSN*00*FN-1*20261201*0912*0004", "HL*1**S", "DTM*011*20261201", "HL*2*1*O", "PRF*FREE-0", "HL*3*2*I", "LIN*1*VP*AUR-D18B", "SN1**100*EA", "HL*4*2*I", "LIN*2*VP*AUR-D18B", "SN1**10*EA", "CTT*4"))
		aurelia.booked(x12("IN", "810", 780003, "BIG*20261202*FI-1*20261122*FREE-0***DI", "CUR*SE*GBP", "IT1**10*EA*0*NC*VP*AUR-D18B", "IT1**100*EA*84.00*PE*VP*AUR-D18B", "TDS*840000", "CTT*2"))
		checkFile(t, kestrel.await("810", "FREE-0"))
		x := kestrel.parted("FREE-0")
		if a := kestrel.account("FI-1"); a.State != "matched" || a.Open.Amount != "8400.00" {
			t.Errorf("%+v", a)
		}

		un := unOrder("BT8601", "FREE-1", "LIN+1++AUR-D18B:SA", "QTY+21:100:PCE", "QTY+192:10:PCE", "PRI+AAA:97.00")
		baltic.booked(strings.ReplaceAll(un, "ü", "\xfc"))
		if l := baltic.parted("FREE-1").Lines; len(l) != 2 || fmt.Sprint(otherDoubts(l[0].Marks), l[1].Marks) != "[] [free_goods]" || l[1].Quantity != "10" {
			t.Fatalf("%+v", l)
		}
		head := []string{"NAD+BY+BT-TLN::92", "NAD+SU+AURELIA::92"}
		aurelia.booked(unReply("AU9601", "ORDRSP", slices.Concat([]string{"BGM+231+OR-1+4", "DTM+137:20261123:102", "RFF+ON:FREE-1"}, head, []string{"LIN+1+5+AUR-D18B:SA", "QTY+21:100:PCE", "QTY+192:10:PCE", "UNS+S"})...))
		rsp := baltic.await("ORDRSP", "FREE-1")
		checkFile(t, rsp)
		if !strings.Contains(string(rsp), "QTY+192:10:PCE") || strings.Count(string(rsp), "LIN+") != 1 {
			t.Errorf("%s", rsp)
		}
		aurelia.booked(unReply("AU9602", "DESADV", slices.Concat([]string{"BGM+351+FD-1+9", "DTM+137:20261201:102", "RFF+ON:FREE-1"}, head, []string{"CPS+1", "LIN+1++AUR-D18B:SA", "QTY+12:100:PCE", "QTY+192:10:PCE"})...))
		des := baltic.await("DESADV", "FREE-1")
		checkFile(t, des)
		if !strings.Contains(string(des), "QTY+192:10:PCE") {
			t.Errorf("%s", des)
		}
		aurelia.booked(unReply("AU9603", "INVOIC", slices.Concat([]string{"BGM+380+FI-2+9", "DTM+137:20261202:102", "RFF+ON:FREE-1"}, head, []string{"CUX+2:EUR:4", "LIN+1++AUR-D18B:SA", "QTY+47:100:PCE", "QTY+192:10:PCE", "PRI+AAA:97.00", "UNS+S", "MOA+77:9700.00"})...))
		inv := baltic.await("INVOIC", "FREE-1")
		checkFile(t, inv)
		if !strings.Contains(string(inv), "QTY+192:10:PCE") || !strings.Contains(string(inv), "MOA+77:9700") {
			t.Errorf("%s", inv)
		}
		if a := baltic.account("FI-2"); a.State != "matched" || a.Open.Amount != "9700.00" {
			t.Errorf("%+v", a)
		}
		if y := baltic.parted("FREE-1"); x.shape() != y.shape() {
			t.Errorf("the twins differ:\n%s\n%s", x.shape(), y.shape())
		}
		s.command("reconcile")
	})
}
