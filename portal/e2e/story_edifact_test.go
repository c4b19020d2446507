package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// unOrder is an ORDERS of D.96A written by hand.
func unOrder(reference, number string, lines ...string) string {
	segments := []string{
		"UNH+1+ORDERS:D:96A:UN:EAN008", "BGM+220+" + number + "+9", "DTM+137:20261122:102", "DTM+2:20261215:102", "RFF+CT:CT-77",
		"NAD+BY+BT-TLN::92++Baltic Trade Oü+Peterburi tee 47+Tallinn++11415+EE", "NAD+SU+AURELIA::92", "CUX+2:EUR:9",
	}
	segments = append(segments, lines...)
	items := strings.Count(strings.Join(lines, "'"), "LIN+")
	segments = append(segments, "UNS+S", fmt.Sprintf("CNT+2:%d", items))
	segments = append(segments, fmt.Sprintf("UNT+%d+1", len(segments)+1))
	return "UNA:+.? '\r\nUNB+UNOC:3+BALTICTRADE:ZZZ+AURELIATOOLS:ZZZ+261122:0912+" + reference + "'\r\n" + strings.Join(segments, "'\r\n") + "'\r\nUNZ+1+" + reference + "'\r\n"
}

// TestStoryEDIFACT is story 1 in the other standard: ORDERS, CONTRL, ORDRSP, INVOIC.
func TestStoryEDIFACT(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		baltic := s.token("kaarel@baltic.example", "edi:read,edi:write,orders:read")
		aurelia := s.token("ingrid@aurelia.example", "edi:read,orders:read,orders:write")
		kestrel := s.token("maya@kestrel.example", "edi:read,orders:read")

		// The demo's names are of ISO 8859-1, as UNOC has them.
		text := unOrder("BT7001", "UN-1", "LIN+1++AUR-D18B:SA", "QTY+21:10:PCE", "PRI+AAA:97.00", "LIN+2", "PIA+5+AUR-G125:SA", "QTY+21:4:EA", "PRI+AAA:53.80")
		latin := strings.ReplaceAll(text, "ü", "\xfc")
		in := baltic.send(latin)
		ic := baltic.processed(in.ID)
		if ic.Result == nil || *ic.Result != "accepted" || len(ic.Sets) != 1 || ic.Sets[0].Business != "booked" || ic.Sets[0].Type != "ORDERS" {
			t.Fatalf("%+v", ic)
		}
		if got := baltic.raw("/api/v1/edi/interchanges/" + in.ID + "/raw"); string(got) != strings.TrimSpace(latin) {
			t.Errorf("the raw bytes changed:\n%q", got)
		}
		contrl := baltic.await("CONTRL", "UCI+BT7001+")
		checkFile(t, contrl)
		if !strings.Contains(string(contrl), "UCI+BT7001+BALTICTRADE:ZZZ+AURELIATOOLS:ZZZ+7'UCM+1+ORDERS:D:96A:UN:EAN008+7'") {
			t.Errorf("%s", contrl)
		}
		got := aurelia.orders("UN-1")
		if len(got) != 1 || got[0].Reseller != "baltic" || len(got[0].Lines) != 2 || got[0].Lines[0].SKU != "AUR-D18B" || fmt.Sprint(got[0].Lines[0].Marks, got[0].Lines[1].Marks) != "[price_differs] [price_differs]" {
			t.Fatalf("%+v", got)
		}
		if len(kestrel.orders("UN-1")) != 0 || kestrel.do("GET", "/api/v1/edi/interchanges/"+in.ID, "", nil).status != 404 {
			t.Error("a competitor sees it")
		}

		var full order
		aurelia.post("/api/v1/orders/"+got[0].ID+"/confirm", `{"lines":[{"line":1,"action":"accept","quantity":"6"},{"line":1,"action":"backorder","quantity":"4","date":"2026-12-20"},{"line":2,"action":"accept"}]}`, 200, &full)
		response := baltic.await("ORDRSP", "UN-1")
		checkFile(t, response)
		for _, w := range []string{"RFF+ON:UN-1'", "LIN+1+3+7391234500019:EN'", "QTY+83:4", "QTY+113:6", "LIN+2+5+7391234500057:EN'", "Baltic Trade O\xfc"} {
			if !strings.Contains(string(response), w) {
				t.Errorf("no %s in %q", w, response)
			}
		}
		aurelia.post("/api/v1/orders/"+got[0].ID+"/ship", `{"carrier":"DHL"}`, 200, &full)
		notice := baltic.await("DESADV", "UN-1")
		checkFile(t, notice)
		for _, w := range []string{"BGM+351+", "RFF+ON:UN-1'", "CPS+1'", "QTY+12:6", "QTY+12:4", "CNT+2:2'"} {
			if !strings.Contains(string(notice), w) {
				t.Errorf("no %s in %s", w, notice)
			}
		}
		aurelia.post("/api/v1/orders/"+got[0].ID+"/invoice", `{}`, 200, &full)
		bill := baltic.await("INVOIC", "UN-1")
		checkFile(t, bill)
		for _, w := range []string{"BGM+380+", "RFF+ON:UN-1'", "QTY+47:6", "MOA+77:"} {
			if !strings.Contains(string(bill), w) {
				t.Errorf("no %s in %s", w, bill)
			}
		}

		// the partner's CONTRL finds what we sent
		ref := strings.Split(strings.SplitAfterN(string(bill), "UNB+", 2)[1], "'")
		ref = strings.Split(ref[0], "+")
		reference := ref[len(ref)-1]
		answer := baltic.send("UNB+UNOC:3+BALTICTRADE:ZZZ+AURELIATOOLS:ZZZ+261122:0915+BT7002'UNH+1+CONTRL:D:3:UN'UCI+" + reference + "+AURELIATOOLS:ZZZ+BALTICTRADE:ZZZ+7'UNT+3+1'UNZ+1+BT7002'")
		if ic := baltic.processed(answer.ID); ic.Sets[0].Business != "matched" {
			t.Errorf("%+v", ic)
		}

		// refused: 31 November
		bad := baltic.send(strings.Replace(unOrder("BT7003", "UN-2", "LIN+1++AUR-D18B:SA", "QTY+21:10:PCE"), "20261215", "20261131", 1))
		if ic := baltic.processed(bad.ID); *ic.Result != "rejected" || len(ic.Sets[0].Findings) == 0 || strings.Contains(ic.Sets[0].Findings[0].Text, "⟦") {
			t.Errorf("%+v", ic)
		}
		if refusal := string(baltic.await("CONTRL", "UCI+BT7003+")); !strings.Contains(refusal, "UCM+1+ORDERS:D:96A:UN:EAN008+4'UCS+4'UCD+12+2:2'") {
			t.Error(refusal)
		}
		if len(aurelia.orders("UN-2")) != 0 {
			t.Error("a refused ORDERS made an order")
		}
		s.command("reconcile")
	})
}
