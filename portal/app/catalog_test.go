package app

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"entente/db"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
)

// outgoing reads what waits in a company's outbox that holds a word.
func outgoing(t *testing.T, a *App, org, word string) (found []string) {
	t.Helper()
	if err := a.jobs.Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	erp := access.System("test", org)
	box, err := a.gateway.Outbox(t.Context(), erp, "", 200)
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range box.Items {
		body, _, err := a.gateway.Raw(t.Context(), erp, it.ID)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(body)
		body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), word) {
			found = append(found, string(b))
		}
	}
	return found
}

// A published version goes as 832 and PRICAT to the partners that take it, each with
// its own prices; stock goes as 846 and INVRPT; a distributor's 846 is kept between
// the two.
func TestCatalogueByEDI(t *testing.T) {
	t.Parallel()
	a := demoApp(t)
	ctx := t.Context()
	ids := map[string]string{}
	for _, slug := range []string{"aurelia", "kestrel", "baltic"} {
		org, err := a.accounts.Directory().OrgBySlug(ctx, slug)
		if err != nil {
			t.Fatal(err)
		}
		ids[slug] = org.ID
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	boss := access.System("test", ids["aurelia"])
	for _, p := range []string{"kestrel", "baltic"} {
		must(a.catalog.SetTerms(ctx, boss, catalog.Terms{Partner: ids[p], Shown: catalog.ShowExact, StockEDI: true, PricesEDI: true}))
	}
	lists, err := a.catalog.Lists(ctx, boss)
	must(err)
	at := slices.IndexFunc(lists, func(l catalog.PriceList) bool { return l.Partner == ids["kestrel"] })
	if at < 0 {
		t.Fatal("the demo has no list of Kestrel's own")
	}
	special := lists[at]
	from := db.Now(ctx).AddDate(0, 3, 0).Format("2006-01-02")
	_, err = a.catalog.BeginDraft(ctx, boss, special.ID, catalog.DraftCmd{From: from})
	must(err)
	must(a.catalog.ChangeDraft(ctx, boss, special.ID, []catalog.PriceChange{{SKU: "AUR-D18B", Price: 77_130_000}}))
	_, err = a.catalog.Publish(ctx, boss, special.ID, catalog.PublishCmd{})
	must(err)
	got := outgoing(t, a, ids["kestrel"], "BCT*PC*GBP-"+from)
	if len(got) != 1 || !strings.Contains(got[0], "77.13") || strings.Count(got[0], "LIN*") != 40 || !strings.Contains(got[0], "AUR-G125") {
		t.Errorf("Kestrel's 832: %d %.900s", len(got), strings.Join(got, "\n"))
	}
	// withdrawn, what held before takes its place, and says so
	l, err := a.catalog.PriceList(ctx, boss, special.ID)
	must(err)
	mine, ok := l.InForce(from)
	if !ok {
		t.Fatalf("%+v", l.Versions)
	}
	must(a.catalog.Withdraw(ctx, boss, special.ID, mine.Number))
	must(a.jobs.Idle(ctx))
	replaces := fmt.Sprintf("**GBP-%s*%d***05~", from, mine.Number)
	if got = outgoing(t, a, ids["kestrel"], replaces); len(got) != 1 || strings.Contains(got[0], "77.13") || !strings.Contains(got[0], "LIN*") || strings.Contains(got[0], "BCT*PC*GBP-"+from) {
		t.Errorf("the 832 of the withdrawal, %s: %d %.900s", replaces, len(got), strings.Join(got, "\n"))
	}
	eur := catalog.ListID(ids["aurelia"] + "-eur")
	_, err = a.catalog.BeginDraft(ctx, boss, eur, catalog.DraftCmd{From: from, Percent: money.One / 50})
	must(err)
	_, err = a.catalog.Publish(ctx, boss, eur, catalog.PublishCmd{})
	must(err)
	got = outgoing(t, a, ids["baltic"], "PRICAT")
	if len(got) != 1 || strings.Contains(got[0], "77.13") || strings.Contains(got[0], "GBP") {
		t.Errorf("Baltic's PRICAT: %d %.900s", len(got), strings.Join(got, "\n"))
	}
	if len(outgoing(t, a, ids["baltic"], "77.13")) > 0 || len(outgoing(t, a, ids["kestrel"], "BCT*PC*EUR")) > 0 {
		t.Error("prices of one partner went to the other")
	}
	must(a.catalog.TellStock(ctx))
	must(a.catalog.TellStock(ctx))
	if n, m := len(outgoing(t, a, ids["kestrel"], "*SI*ST-")), len(outgoing(t, a, ids["baltic"], "INVRPT")); n != 1 || m != 1 {
		t.Errorf("%d 846 and %d INVRPT, want one each", n, m)
	}
	report := "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261128*0900*U*00501*000009901*0*P*>~GS*IB*KESTRELSUPPLY*AURELIATOOLS*20261128*0900*9901*X*005010~" +
		"ST*846*0001~BIA*00*DD*STK-77*20261127~LIN*1*VP*AUR-D18B~QTY*33*14*EA~LIN*2*BP*KS-UNKNOWN~QTY*17*3*EA~CTT*2~SE*8*0001~GE*1*9901~IEA*1*000009901~"
	_, err = a.gateway.Receive(ctx, access.System("test", ids["kestrel"]), gateway.Submission{Reader: strings.NewReader(report), Door: "test"})
	must(err)
	must(a.jobs.Idle(ctx))
	rs, err := a.catalog.Reports(ctx, boss)
	must(err)
	if len(rs) != 1 || rs[0].Number != "STK-77" || rs[0].Lines != 2 || rs[0].Unknown != 1 {
		t.Fatalf("reports %+v", rs)
	}
	if _, _, err := a.catalog.ReportLines(context.Background(), access.System("test", ids["baltic"]), rs[0].ID, 0, 10); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("Baltic reads Kestrel's stock: %v", err)
	}
}

// An 852 is the stock of the last day of its period: what is available, by store where it
// says so. Its sales are no stock, and one with nothing else is no report.
func TestActivityIsStock(t *testing.T) {
	t.Parallel()
	a := demoApp(t)
	ctx := t.Context()
	ids := map[string]string{}
	for _, slug := range []string{"aurelia", "kestrel", "baltic"} {
		org, err := a.accounts.Directory().OrgBySlug(ctx, slug)
		if err != nil {
			t.Fatal(err)
		}
		ids[slug] = org.ID
	}
	boss := access.System("test", ids["aurelia"])
	of := func(day string) (out []catalog.Report) {
		t.Helper()
		rs, err := a.catalog.Reports(ctx, boss)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rs {
			if r.Day == day && r.Reseller == ids["kestrel"] {
				out = append(out, r)
			}
		}
		return out
	}
	send := func(control, from, to string, body ...string) {
		t.Helper()
		set := append([]string{"ST*852*0001", "XQ*H*" + from + "*" + to}, body...)
		set = append(set, fmt.Sprintf("SE*%d*0001", len(set)+1))
		raw := "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261128*0900*U*00501*" + control + "*0*P*>~GS*PD*KESTRELSUPPLY*AURELIATOOLS*20261128*0900*" + control[3:] + "*X*005010~" + strings.Join(set, "~") + "~GE*1*" + control[3:] + "~IEA*1*" + control + "~"
		if _, err := a.gateway.Receive(ctx, access.System("test", ids["kestrel"]), gateway.Submission{Reader: strings.NewReader(raw), Door: "test"}); err != nil {
			t.Fatal(err)
		}
		if err := a.jobs.Idle(ctx); err != nil {
			t.Fatal(err)
		}
	}
	send("000852101", "20260302", "20260308", "N1*RE*Kestrel Supply*92*KS", "LIN*1*VP*AUR-D18B", "ZA*QS*27*EA", "ZA*QA*43*EA", "SDQ*EA*92*KS-1*40*KS-2*3", "LIN*2*VP*AUR-G125", "QTY*17*18*EA", "ZA*QS*5*EA", "LIN*3*VP*AUR-B50", "ZA*QA*2*CA", "CTT*3")
	got := of("2026-03-08")
	if len(got) != 1 || got[0].Lines != 4 || got[0].Unknown != 0 || got[0].Source != catalog.FromEDI {
		t.Fatalf("%+v", got)
	}
	_, lines, err := a.catalog.ReportLines(ctx, boss, got[0].ID, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, l := range lines {
		said = append(said, fmt.Sprint(l.SKU, " ", l.Kind, " ", l.Place, " ", l.Quantity, l.Unit))
		if l.Unit == "EA" && l.Pieces != l.Quantity || l.Unit == "CA" && l.Pieces <= l.Quantity {
			t.Errorf("%+v", l)
		}
	}
	if got, want := strings.Join(said, ", "), "AUR-D18B 33 KS-1 40EA, AUR-D18B 33 KS-2 3EA, AUR-G125 17  18EA, AUR-B50 33  2CA"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if _, _, err := a.catalog.ReportLines(ctx, access.System("test", ids["baltic"]), got[0].ID, 0, 10); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("Baltic reads Kestrel's stock: %v", err)
	}
	send("000852102", "20260309", "20260315", "N1*RE*Kestrel Supply*92*KS", "LIN*1*VP*AUR-D18B", "ZA*QS*27*EA", "CTT*1")
	if rs := of("2026-03-15"); len(rs) != 0 {
		t.Errorf("sales alone are a report of stock: %+v", rs)
	}
	if rs := of("2026-03-08"); len(rs) != 1 {
		t.Errorf("it does not stand any more: %+v", rs)
	}
	// each store by itself, one again, and figures of each day: the last of each store stands
	store := func(control, id string, body ...string) {
		send(control, "20260316", "20260322", append([]string{"N1*RE*Kestrel Supply*92*KS", "N1*ST*Shop*92*" + id, "LIN*1*VP*AUR-D18B"}, body...)...)
	}
	store("000852111", "KS-1", "ZA*QA*9*EA", "CTT*1")
	store("000852112", "KS-2", "QTY*33*7*EA", "ZA*QA*8*EA*090*20260321", "ZA*QA*7*EA*090*20260322", "ZA*QA*8*EA*090*20260320", "CTT*1")
	store("000852113", "KS-1", "QTY*33*4*EA", "ZA*QS*1*EA", "CTT*1")
	if got = of("2026-03-22"); len(got) != 1 {
		t.Fatalf("%+v", got)
	}
	if _, lines, err = a.catalog.ReportLines(ctx, boss, got[0].ID, 0, 10); err != nil {
		t.Fatal(err)
	}
	said = nil
	for _, l := range lines {
		said = append(said, fmt.Sprint(l.SKU, " ", l.Kind, " ", l.Place, " ", l.Quantity, l.Unit))
	}
	if got, want := strings.Join(said, ", "), "AUR-D18B 33 KS-1 4EA, AUR-D18B 33 KS-2 7EA"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
