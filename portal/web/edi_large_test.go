package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"entente/portal/portaltest"
)

// ediSender posts interchanges by the API as a person, and waits until one is processed.
func ediSender(t *testing.T, p *portaltest.Portal, c *portaltest.Client, slug string) func(kind, text string) string {
	t.Helper()
	c.Post(t, "/c/"+slug+"/company/tokens", url.Values{"name": {"large"}, "scope": {"edi:write"}, "days": {"30"}})
	secret := c.Find(t, "/c/"+slug+"/company", `value="([^"]+)" aria-label="[^"]*" id="new-token"`)
	id := regexp.MustCompile(`"id":"([0-9a-v]{26})"`)
	return func(kind, text string) string {
		t.Helper()
		a := p.Nobody(t).Do(t, http.MethodPost, "/api/v1/edi/interchanges", strings.NewReader(text), "Authorization", "Bearer "+secret, "Content-Type", kind)
		m := id.FindStringSubmatch(a.Body)
		if a.Status != 202 || m == nil {
			t.Fatal(a.Status, a.Body)
		}
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); <-tick.C {
			if s := p.Nobody(t).Do(t, http.MethodGet, "/api/v1/edi/interchanges/"+m[1], nil, "Authorization", "Bearer "+secret); strings.Contains(s.Body, `"state":"processed"`) {
				return m[1]
			}
		}
		t.Fatal("never processed")
		return ""
	}
}

// x12Orders is a test interchange from Kestrel with the bodies of 850s, from BEG on.
func x12Orders(control string, usage string, bodies ...[]string) string {
	var b strings.Builder
	b.WriteString("ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261124*0912*^*00501*" + control + "*0*" + usage + "*>~GS*PO*KESTRELSUPPLY*AURELIATOOLS*20261124*0912*" + control + "*X*005010~")
	for i, body := range bodies {
		fmt.Fprintf(&b, "ST*850*%04d~%s~SE*%d*%04d~", i+1, strings.Join(body, "~"), len(body)+2, i+1)
	}
	fmt.Fprintf(&b, "GE*%d*%s~IEA*1*%s~", len(bodies), control, control)
	return b.String()
}

func unOrders(reference string, bodies ...[]string) string {
	var b strings.Builder
	b.WriteString("UNA:+.? 'UNB+UNOC:3+BALTICTRADE:ZZZ+AURELIATOOLS:ZZZ+261122:0912+" + reference + "++++++1'")
	for i, body := range bodies {
		fmt.Fprintf(&b, "UNH+M%d+ORDERS:D:96A:UN:EAN008'%s'UNT+%d+M%d'", i+1, strings.Join(body, "'"), len(body)+2, i+1)
	}
	fmt.Fprintf(&b, "UNZ+%d+%s'", len(bodies), reference)
	return b.String()
}

// x12Order and unOrder are bodies of so many lines; what is no order is refused.
func x12Order(number string, lines int, ok bool) []string {
	out := []string{"BEG*00*SA*" + number + "**20261124", "N1*ST*Kestrel DC*92*KS-WKF1"}
	if !ok {
		out = append(out[:1], "DTM*002*20261399", out[1])
	}
	for i := range lines {
		out = append(out, fmt.Sprintf("PO1*%d*4*EA*84.00*PE*VP*AUR-D18B", i+1), "PID*F****Cordless drill, 18 V, as listed in July, with two batteries and a case")
	}
	return append(out, fmt.Sprintf("CTT*%d", lines))
}

func unOrder(number string, lines int, ok bool) []string {
	out := []string{"BGM+220+" + number + "+9", "DTM+137:20261122:102", "NAD+BY+5012345000015::9", "NAD+SU+5098765000016::9"}
	if !ok {
		out[1] = "DTM+137:20261399:102"
	}
	for i := range lines {
		out = append(out, fmt.Sprintf("LIN+%d++5012345678900:EN", i+1), "IMD+F++:::Cordless drill, 18 V, as it is list:with two batteries and a carry case", "QTY+21:12:PCE", "PRI+AAA:84.00")
	}
	return append(out, "UNS+S", fmt.Sprintf("CNT+2:%d", lines))
}

// TestInspectLargeFile: of a single document of 9 MB, and of the 2,500th of 3,000, the page
// costs neither much memory nor much of a page, opens at what is refused and shows whichever
// document is asked for. It measures, so nothing runs beside it.
func TestInspectLargeFile(t *testing.T) {
	p := portaltest.Demo(t)
	for _, c := range []struct {
		name, person, slug, kind string
		file                     func(n int, bodies ...[]string) string
		order                    func(number string, lines int, ok bool) []string
		lines                    int
	}{
		{"X12", portaltest.Maya, "kestrel", "application/edi-x12", func(n int, bodies ...[]string) string {
			return x12Orders(fmt.Sprintf("%09d", 970100+n), "T", bodies...)
		}, x12Order, 85_000},
		{"EDIFACT", portaltest.Kaarel, "baltic", "application/edifact", func(n int, bodies ...[]string) string { return unOrders(fmt.Sprint("LARGE", n), bodies...) }, unOrder, 75_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			who := p.As(t, c.person)
			send := ediSender(t, p, who, c.slug)
			open := func(path string) string {
				t.Helper()
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				a := who.Get(t, path)
				runtime.ReadMemStats(&after)
				used := (after.TotalAlloc - before.TotalAlloc) >> 20
				t.Logf("%s: %d octets, %d MB allocated", path, len(a.Body), used)
				if a.Status != 200 || used > 64 || len(a.Body) > 1<<20 {
					t.Errorf("%s: %d, %d octets, %d MB allocated", path, a.Status, len(a.Body), used)
				}
				return a.Body
			}
			has := func(page string, want ...string) {
				t.Helper()
				for _, w := range want {
					if !strings.Contains(page, w) {
						t.Errorf("%s is not on the page", w)
					}
				}
			}
			one := c.file(1, c.order("PO-LARGE-ONE", c.lines, false))
			if len(one) < 9<<20 {
				t.Fatalf("%d octets", len(one))
			}
			url := "/c/" + c.slug + "/edi/" + send(c.kind, one)
			page := open(url)
			has(page, "PO-LARGE-ONE", "20261399", `id="finding-1"`, "longer than 1 MB")
			if strings.Contains(page, url+"/sets") {
				t.Error("the list of one document is offered")
			}
			has(open(url+"?at="+strconv.Itoa(c.lines)+"&view=tree"), "PO-LARGE-ONE", `data-at="`+strconv.Itoa(c.lines)+`"`)

			var many [][]string
			for i := range 3000 {
				many = append(many, c.order(fmt.Sprintf("PO-MANY-%d", i+1), 20, i+1 != 2500))
			}
			url = "/c/" + c.slug + "/edi/" + send(c.kind, c.file(2, many...))
			page = open(url)
			has(page, "PO-MANY-2500", "20261399", "Document 2,500 of 3,000", `href="?set=2499"`, `href="?set=2501"`, url+"/sets")
			for _, n := range []int{1, 201, 3000} {
				page = open(url + "?set=" + strconv.Itoa(n))
				has(page, fmt.Sprintf("PO-MANY-%d<", n), "In plain words")
				if strings.Contains(page, "PO-MANY-2500") || strings.Contains(page, `id="finding-1"`) {
					t.Errorf("document %d is shown as another", n)
				}
			}
			if a := who.Get(t, url+"?set=3001"); a.Status != 404 {
				t.Errorf("a document that is not there: %d", a.Status)
			}
			page = open(url + "/sets")
			has(page, url+"?set=1\"", "PO-MANY-50<", "50 of ", "result=rejected", "after=50")
			if strings.Contains(page, "PO-MANY-51<") {
				t.Error("the list is not paged")
			}
			has(open(url+"/sets?after=2950"), "PO-MANY-2951<", "PO-MANY-3000<")
			page = open(url + "/sets?result=rejected")
			has(page, url+"?set=2500\"", "PO-MANY-2500<")
			if n := strings.Count(page, "data-row"); n != 1 {
				t.Errorf("%d are refused", n)
			}
			has(open(url+"/sets?q=po-many-777"), url+"?set=777\"")
			has(open(url+"/sets?q=1234"), url+"?set=1234\"")
			if a := who.Get(t, url+"/sets?after=x"); a.Status != 422 {
				t.Errorf("a place that is none: %d", a.Status)
			}
			if other := map[string]string{portaltest.Maya: portaltest.Kaarel, portaltest.Kaarel: portaltest.Maya}[c.person]; true {
				slug := map[string]string{"kestrel": "baltic", "baltic": "kestrel"}[c.slug]
				if a := p.As(t, other).Get(t, strings.Replace(url, c.slug, slug, 1)+"/sets"); a.Status != 404 {
					t.Errorf("a competitor reads the list: %d", a.Status)
				}
			}
		})
	}
}

// TestTabsKeepTheDocument: whichever tab is opened of one document of several, it stays that
// document: what is shared is what was seen, and an order leads to its own place.
func TestTabsKeepTheDocument(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	maya := p.As(t, portaltest.Maya)
	id := ediSender(t, p, maya, "kestrel")("application/edi-x12", x12Orders("000970201", "P", x12Order("PO-TAB-1", 1, true), x12Order("PO-TAB-2", 1, true), x12Order("PO-TAB-3", 1, false)))
	url := "/c/kestrel/edi/" + id
	tab := func(page, name string) string {
		t.Helper()
		m := regexp.MustCompile(`href="([^"]*tab=` + name + `)"`).FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("no tab %s", name)
		}
		return strings.ReplaceAll(m[1], "&amp;", "&")
	}
	if page := maya.Get(t, url).Body; !strings.Contains(page, "PO-TAB-3") || tab(page, "share") != "?set=3&tab=share" {
		t.Errorf("opens with tabs %s", tab(page, "share"))
	}
	page := maya.Get(t, url+"?set=2&view=tree&at=4.2").Body
	for _, name := range []string{"explanation", "attempts", "audit", "share"} {
		want := "?set=2&view=tree&at=4.2&tab=" + name
		if got := tab(page, name); got != want {
			t.Errorf("tab %s is at %s", name, got)
		}
		if body := maya.Get(t, url+want).Body; !strings.Contains(body, "PO-TAB-2") || strings.Contains(body, "PO-TAB-3") || tab(body, "explanation") != "?set=2&view=tree&at=4.2&tab=explanation" {
			t.Errorf("tab %s shows another document", name)
		}
	}
	shared := maya.Get(t, url+tab(page, "share")).Body
	form := regexp.MustCompile(`action="([^"]*/shares[^"]*)">[^ß]*?name="position" value="(\d+)"`).FindStringSubmatch(shared)
	if form == nil || form[2] != "2" {
		t.Fatalf("the form shares %v", form)
	}
	made := maya.Post(t, strings.ReplaceAll(form[1], "&amp;", "&"), map[string][]string{"position": {form[2]}, "days": {"7"}, "note": {"second"}})
	if !strings.Contains(made.Body, "PO-TAB-2") || strings.Contains(made.Body, "PO-TAB-3") || !strings.HasPrefix(tab(made.Body, "audit"), url+"?set=2&") {
		t.Errorf("the answer shows another document: %d %s", made.Status, tab(made.Body, "audit"))
	}
	link := regexp.MustCompile(`value="https?://[^"/]+(/shared/[A-Z0-9]{26})"`).FindStringSubmatch(made.Body)
	if link == nil {
		t.Fatal("no link was made")
	}
	if seen := p.Nobody(t).Get(t, link[1]+"/file").Body; !strings.Contains(seen, "ST*850*0002~") || strings.Contains(seen, "ST*850*0001~") || strings.Contains(seen, "ST*850*0003~") {
		t.Errorf("another document left the house: %s", seen)
	}

	order := ""
	eventually(t, "the order is found", func() bool {
		m := regexp.MustCompile(`href="(/c/kestrel/orders/[0-9a-v]{26})"`).FindStringSubmatch(maya.Get(t, "/c/kestrel/orders?q=PO-TAB-2").Body)
		if m != nil {
			order = m[1]
		}
		return m != nil
	})
	body := maya.Get(t, order).Body
	if !strings.Contains(body, url+"?set=2") || strings.Contains(body, url+`"`) || strings.Contains(body, url+"?set=1") {
		t.Errorf("the order leads to %v", regexp.MustCompile(url+`[^"]*`).FindAllString(body, -1))
	}
}
