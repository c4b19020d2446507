package web_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"entente/portal/portaltest"
)

// TestFormats: a company looks at a real order in each format, chooses one with the door,
// and says how its files look; what is wrong is said and stays typed.
func TestFormats(t *testing.T) {
	t.Parallel()
	c := portaltest.Demo(t).As(t, "ingrid@aurelia.example")
	at := c.Find(t, "/c/aurelia/edi/connections", `href="(/c/aurelia/edi/connections/[0-9a-z]{26})"[^>]*>Kestrel`)
	for format, want := range map[string]string{"json": "&#34;type&#34;: &#34;850&#34;", "csv": "document,number,date", "xlsx": "<td class=\"mono small nowrap\">number</td>", "idoc": "EDI_DC40", "ubl": "urn:oasis:names", "x12 005010": "BEG*", "edifact D:96A:UN": "BGM&#43;", "nonsense": "&#34;type&#34;"} {
		a := c.Get(t, at+"/preview?"+url.Values{"kind": {"850"}, "format": {format}}.Encode())
		if a.Status != 200 || !strings.Contains(a.Body, want) {
			t.Errorf("%s: %d, no %s", format, a.Status, want)
		}
	}
	if a := c.Get(t, at+"/preview?kind=855"); a.Status != 404 {
		t.Errorf("what it does not receive: %d", a.Status)
	}
	if a := c.Get(t, at+"/preview/file?kind=850&format=csv"); a.Status != 200 || !strings.HasPrefix(a.Body, "document,number") || !strings.Contains(a.Header.Get("Content-Disposition"), "850.csv") {
		t.Errorf("%d %s", a.Status, a.Header.Get("Content-Disposition"))
	}
	if a := c.Post(t, at+"/routes", url.Values{"only": {"850"}, "door_850": {"outbox"}, "format_850": {"csv"}}); a.Status != 303 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := c.Get(t, at+"/preview?kind=850"); !strings.Contains(a.Body, "This is how you receive it") {
		t.Error("it is not chosen")
	}
	wrong := c.Post(t, at+"/style", url.Values{"columns": {"colour = Farbe"}, "client": {"800"}})
	if wrong.Status != 422 || !strings.Contains(wrong.Body, "There is no column “colour”") || !strings.Contains(wrong.Body, "colour = Farbe") {
		t.Errorf("%d", wrong.Status)
	}
	if a := c.Post(t, at+"/style", url.Values{"decimal": {","}, "comma": {";"}, "columns": {"number = Beleg\nquantity = Menge\n"}}); a.Status != 303 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := c.Get(t, at+"/preview/file?kind=850&format=csv"); !strings.HasPrefix(a.Body, "document;Beleg;") {
		t.Errorf("%s", a.Body)
	}
	stranger := portaltest.Demo(t).As(t, "kaarel@baltic.example")
	other := strings.Replace(at, "/c/aurelia/", "/c/baltic/", 1)
	for _, path := range []string{"/preview?kind=850", "/preview/file?kind=850"} {
		if a := stranger.Get(t, other+path); a.Status != 404 {
			t.Errorf("a competitor sees %s: %d", path, a.Status)
		}
	}
}

// TestSendAFile: a file that is sent on the page is the same message as by another door,
// also one larger than other forms may be; what cannot be read is told at the field.
func TestSendAFile(t *testing.T) {
	t.Parallel()
	c := portaltest.Demo(t).As(t, "dan@kestrel.example")
	csrf := c.Find(t, "/c/kestrel/edi/send", `name="csrf" value="([^"]+)"`)
	rows := "document,number,date,currency,vendor_item,quantity,unit,price\n850,PAGE-FORM-1,2026-11-22,GBP,AUR-D18B,24,EA,84.00\n"
	a := upload(t, c, csrf, "/c/kestrel/edi/send", "file", "orders.csv", []byte(rows), url.Values{"partner": {"aurelia"}})
	if a.Status != 303 || !strings.HasPrefix(a.Location, "/c/kestrel/edi/send/") {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	report := a.Location
	if again := upload(t, c, csrf, "/c/kestrel/edi/send", "file", "orders.csv", []byte(rows), url.Values{"partner": {"aurelia"}}); again.Location != report {
		t.Errorf("again: %d %s", again.Status, again.Location)
	}
	page := c.Get(t, report)
	if page.Status != 200 || !strings.Contains(page.Body, "PAGE-FORM-1") || !strings.Contains(page.Body, "Booked") || strings.Contains(page.Body, "⟦") {
		t.Errorf("the report: %d\n%s", page.Status, page.Body)
	}
	if list := c.Get(t, "/c/kestrel/edi?q=PAGE-FORM-1"); strings.Contains(list.Body, ">PAGE-FORM-1<") {
		t.Error("it is booked before anybody said so")
	}
	for who, status := range map[string]int{"maya@kestrel.example": 200, "kaarel@baltic.example": 404, "ingrid@aurelia.example": 404} {
		x := portaltest.Demo(t).As(t, who)
		own := strings.Replace(report, "/c/kestrel/", "/c/"+map[string]string{"maya@kestrel.example": "kestrel", "kaarel@baltic.example": "baltic", "ingrid@aurelia.example": "aurelia"}[who]+"/", 1)
		if a := x.Get(t, own); a.Status != status {
			t.Errorf("%s sees the report: %d", who, a.Status)
		}
	}
	booked := c.Post(t, report+"/book", url.Values{"csrf": {csrf}})
	twice := c.Post(t, report+"/book", url.Values{"csrf": {csrf}})
	if booked.Status != 303 || booked.Location != twice.Location || strings.Contains(booked.Location, "/send/") {
		t.Fatalf("booked: %d %s, %d %s", booked.Status, booked.Location, twice.Status, twice.Location)
	}
	if page := c.Get(t, booked.Location); !strings.Contains(page.Body, "PAGE-FORM-1,2026-11-22") {
		t.Error("the page does not show the file")
	}
	if a := c.Get(t, report); a.Status != 303 || a.Location != booked.Location {
		t.Errorf("the report afterwards: %d %s", a.Status, a.Location)
	}
	other := upload(t, c, csrf, "/c/kestrel/edi/send", "file", "orders.csv", []byte(strings.Replace(rows, "FORM-1", "FORM-9", 1)), url.Values{"partner": {"aurelia"}})
	if a := c.Post(t, other.Location+"/drop", url.Values{"csrf": {csrf}}); a.Status != 303 || a.Location != "/c/kestrel/edi/send" {
		t.Errorf("dropped: %d %s", a.Status, a.Location)
	}
	if a := c.Post(t, other.Location+"/book", url.Values{"csrf": {csrf}}); a.Status != 409 {
		t.Errorf("booked after all: %d", a.Status)
	}
	var many strings.Builder
	many.WriteString(rows)
	for i := range 30_000 { // of orders of a hundred lines
		fmt.Fprintf(&many, "850,PAGE-FORM-L%d,2026-11-22,GBP,AUR-D18B,24,EA,84.00\n", i/100)
	}
	large := many.String()
	if a := upload(t, c, csrf, "/c/kestrel/edi/send", "file", "large.csv", []byte(large), nil); a.Status != 303 {
		t.Errorf("large: %d", a.Status)
	}
	bad := upload(t, c, csrf, "/c/kestrel/edi/send", "file", "letter.txt", []byte("Dear Ingrid"), nil)
	if bad.Status != 422 || strings.Contains(bad.Body, "⟦") {
		t.Errorf("%d", bad.Status)
	}
	viewer := c.Get(t, "/c/kestrel/edi/send")
	if viewer.Status != 200 {
		t.Errorf("%d", viewer.Status)
	}
}

// TestUploadsWaiting: the files of a company that wait are listed for its people, to be
// opened or dropped, in both languages; the report of a long file comes in parts.
func TestUploadsWaiting(t *testing.T) {
	t.Parallel()
	const page = "/c/kestrel/edi/send"
	c := portaltest.Demo(t).As(t, "maya@kestrel.example")
	csrf := c.Find(t, page, `name="csrf" value="([^"]+)"`)
	var many strings.Builder
	for i := range 60 {
		fmt.Fprintf(&many, "ISA*00*          *00*          *ZZ*%-15s*ZZ*%-15s*261122*0900*U*00401*%09d*0*P*>~GS*PO*A*B*20261122*0900*%d*X*004010~ST*850*0001~BEG*00*SA*WAIT-%d**20261122~SE*3*0001~GE*1*%d~IEA*1*%09d~", "KESTRELSUPPLY", "AURELIATOOLS", 71000+i, 71000+i, i, 71000+i, 71000+i)
	}
	long := upload(t, c, csrf, page, "file", "long.edi", []byte(many.String()), nil)
	if long.Status != 303 {
		t.Fatalf("%d %s", long.Status, long.Body)
	}
	first, rest := c.Get(t, long.Location).Body, c.Get(t, long.Location+"?from=51").Body
	if n := strings.Count(first, "<section"); n != 50 || !strings.Contains(first, "60 interchanges") || !strings.Contains(first, long.Location+"?from=51") || strings.Contains(first, "000071050") {
		t.Errorf("the first part has %d", n)
	}
	if n := strings.Count(rest, "<section"); n != 10 || !strings.Contains(rest, "000071050") || !strings.Contains(rest, "51 to 60 of the 60") || !strings.Contains(rest, long.Location+"?from=1\"") {
		t.Errorf("the second part has %d", n)
	}
	if a := c.Get(t, long.Location+"?from=9999999"); a.Status != 200 || strings.Count(a.Body, "<section") != 1 {
		t.Errorf("beyond its end: %d", a.Status)
	}
	chen := portaltest.Demo(t).As(t, "chen@huadong.example") // reads Chinese
	const theirs = "/c/huadong/edi/send"
	rows := "document,number,date,currency,vendor_item,quantity,unit,price\n850,WAIT-ZH,2026-11-22,CNY,AUR-D18B,24,EA,84.00\n"
	short := upload(t, chen, chen.Find(t, theirs, `name="csrf" value="([^"]+)"`), theirs, "file", "short.csv", []byte(rows), url.Values{"partner": {"aurelia"}})
	if short.Status != 303 {
		t.Fatalf("%d %s", short.Status, short.Body)
	}
	for _, x := range []struct {
		who   *portaltest.Client
		page  string
		file  string
		words []string
	}{{c, page, long.Location, []string{"Files that wait", "long.edi", "Drop it"}}, {chen, theirs, short.Location, []string{"待入账的文件", "short.csv", "放弃"}}} {
		a := x.who.Get(t, x.page)
		for _, w := range append(x.words, `href="`+x.file+`"`, `action="`+x.file+`/drop"`) {
			if !strings.Contains(a.Body, w) {
				t.Errorf("%s: no %q", x.page, w)
			}
		}
		if strings.Contains(a.Body, "⟦") {
			t.Errorf("%s: a text is missing", x.page)
		}
	}
	if a := portaltest.Demo(t).As(t, "ingrid@aurelia.example").Get(t, "/c/aurelia/edi/send"); strings.Contains(a.Body, "long.edi") {
		t.Error("another company sees the file")
	}
	if a := c.Post(t, long.Location+"/drop", url.Values{"csrf": {csrf}}); a.Status != 303 {
		t.Errorf("dropped: %d", a.Status)
	}
	if a := c.Get(t, page); strings.Contains(a.Body, "long.edi") {
		t.Error("it waits after it was dropped")
	}
}
