package translate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

var unDirectories = []edifact.MessageID{
	{Version: "D", Release: "96A", Agency: "UN"}, {Version: "D", Release: "96A", Agency: "UN", Association: "EAN006"},
	{Version: "D", Release: "01B", Agency: "UN"}, {Version: "D", Release: "01B", Agency: "UN", Association: "EAN011"},
}

// roundReport writes a set, lets our own rules judge it and reads it again. Nothing may be
// told on the way.
func roundReport(t *testing.T, d Document, version string) Document {
	t.Helper()
	body, findings := WriteX12(d, version)
	bad, err := schema.CheckBody(body, version)
	if err != nil || wire.VerdictOf(bad) == wire.Rejected || len(findings) > 0 {
		t.Fatalf("%v %+v %+v\n%s\n%s", err, findings, bad, segTexts(body), text(t, d))
	}
	got := backX12(t, body, version)
	if len(got.Findings) > 0 || len(got.Problems) > 0 {
		t.Fatalf("%s\n%s", text(t, got), segTexts(body))
	}
	return got.Document.(Document)
}

// identity writes random documents in both standards and reads them again. ready takes
// out what a version or directory has no place for.
func identity(t *testing.T, seeds uint64, make func(source) Document, ready func(d Document, release string)) {
	t.Helper()
	for seed := range seeds {
		for _, version := range []string{"004010", "005010"} {
			d := make(source{rand.New(rand.NewPCG(seed, 23))})
			ready(d, version)
			want, _ := json.MarshalIndent(d, "", " ")
			if got, _ := json.MarshalIndent(roundReport(t, d, version), "", " "); !bytes.Equal(got, want) {
				body, _ := WriteX12(d, version)
				t.Fatalf("seed %d %s: %s\n%s", seed, version, differs(string(want), string(got)), segTexts(body))
			}
		}
		for _, id := range unDirectories {
			d := make(source{rand.New(rand.NewPCG(seed, 29))})
			ready(d, id.Release)
			want, _ := json.MarshalIndent(d, "", " ")
			if got, _ := json.MarshalIndent(roundUN(t, d, id), "", " "); !bytes.Equal(got, want) {
				body, _ := WriteUN(d, id)
				t.Fatalf("seed %d %s: %s\n%v", seed, id, differs(string(want), string(got)), body.Segs)
			}
		}
	}
}

// differs shows the first lines in which two documents part.
func differs(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range a {
		if i >= len(b) || a[i] != b[i] {
			return strings.Join(a[max(0, i-6):min(len(a), i+6)], "\n") + "\n--- read:\n" + strings.Join(b[min(len(b), max(0, i-2)):min(len(b), i+6)], "\n")
		}
	}
	return "longer: " + strings.Join(b[len(a):], "\n")
}

// TestNothingLost: every value of a document that does not come back was told when it was
// written.
func TestNothingLost(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		for _, make := range []func(source) Document{source.sellThrough, source.inventory, source.catalog} {
			s := source{rand.New(rand.NewPCG(seed, 37))}
			for _, version := range []string{"004010", "005010"} {
				d := make(s)
				body, findings := WriteX12(d, version)
				unsaid(t, d, backX12(t, body, version).Document, findings)
			}
			for _, id := range unDirectories {
				d := make(s)
				body, findings := WriteUN(d, id)
				unsaid(t, d, backUN(t, body).Document, findings)
			}
		}
	}
}

// unsaid fails for values of want that neither got nor a finding has. What only qualifies
// another value is not told apart from it.
func unsaid(t *testing.T, want Document, got any, findings []wire.Finding) {
	t.Helper()
	if wire.VerdictOf(findings) == wire.Rejected {
		t.Fatalf("%+v", findings)
	}
	came, told := map[string]bool{}, ""
	values(got, func(_, v string) { came[v] = true })
	for _, f := range findings {
		told += f.Value + "\n"
	}
	values(want, func(key, v string) {
		if !came[v] && !strings.Contains(told, v) && !slices.Contains([]string{"qualifier", "id_qualifier", "unit", "role", "weight_unit", "volume_unit", "length_unit"}, key) {
			t.Fatalf("%s %q of %T is lost\n%s\n%s", key, v, want, told, text(t, want))
		}
	})
}

// values calls fn for every text in a document with the key it stands under.
func values(d any, fn func(key, v string)) {
	b, _ := json.Marshal(d)
	var tree any
	_ = json.Unmarshal(b, &tree)
	var walk func(key string, v any)
	walk = func(key string, v any) {
		switch v := v.(type) {
		case string:
			fn(key, v)
		case []any:
			for _, e := range v {
				walk(key, e)
			}
		case map[string]any:
			for k, e := range v {
				walk(k, e)
			}
		}
	}
	walk("", tree)
}

func backX12(t *testing.T, body x12.Body, version string) translated {
	t.Helper()
	if bad, err := schema.CheckBody(body, version); err != nil || wire.VerdictOf(bad) == wire.Rejected {
		t.Fatalf("%v %+v\n%s", err, bad, segTexts(body))
	}
	return back(t, func(b *bytes.Buffer) error {
		return x12.WriteInterchange(b, x12.Outgoing{
			Header: x12.Header{SenderQualifier: "ZZ", Sender: "S", ReceiverQualifier: "ZZ", Receiver: "R", Version: x12.ISAVersion(version), Control: "1"},
			Group:  x12.Group{FunctionalID: schema.GroupCode(body.Type), Sender: "S", Receiver: "R", Control: "1", Agency: "X", Version: version}, Bodies: []x12.Body{body},
		}, time.Unix(0, 0).UTC())
	})
}

func backUN(t *testing.T, body edifact.Body) translated {
	t.Helper()
	return back(t, func(b *bytes.Buffer) error {
		return edifact.WriteInterchange(b, edifact.Outgoing{
			Header: edifact.Header{Syntax: "UNOC", SyntaxVersion: "3", Sender: "S", Recipient: "R", Reference: "1"}, Bodies: []edifact.Body{body},
		}, time.Unix(0, 0).UTC())
	})
}

// back reads the only document of what write wrote; one that is refused is no document.
func back(t *testing.T, write func(*bytes.Buffer) error) translated {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	v := &unTranslator{}
	if err := schema.ReadBytes(b.Bytes(), schema.Options{}, v); err != nil || len(v.out) != 1 {
		t.Fatalf("%v %d\n%s", err, len(v.out), b.Bytes())
	}
	return v.out[0]
}

func (s source) reportHeader(n int) doc.Header {
	h := doc.Header{Refs: s.refs(), Parties: []doc.Party{{Role: "FR", IDQualifier: "UL", ID: "5012345000015"}, {Role: "SU", Name: s.text()}}, LineCount: n}
	if s.maybe() {
		h.Currency = s.pick("GBP", "EUR")
	}
	if s.maybe() {
		h.Parties[0].Contacts = []doc.Contact{{Function: "OC", Name: "Dan", Numbers: []doc.ContactNumber{{Kind: "TE", Number: "5551"}}}}
	}
	return h
}

func (s source) span() doc.Period {
	if s.maybe() {
		return doc.Period{From: "2026-11-16", To: "2026-11-22"}
	}
	grain := s.pick("month", "quarter", "year", "week")
	p, _ := namedPeriod(grain, map[string]string{"month": "202611", "quarter": "20264", "year": "2026", "week": "202647"}[grain])
	return p
}

func (s source) sellThrough() Document {
	n := 1 + s.IntN(5)
	d := &doc.SellThrough{Header: s.reportHeader(n), Purpose: s.pick("00", "05"), Number: "W47-" + fmt.Sprint(s.IntN(999)), Date: s.day(), Time: s.pick("", "06:00"), Period: s.span(), Replaces: s.pick("", "W46-1")}
	if s.maybe() {
		d.Amounts = []doc.Amount{{Qualifier: "TT", Amount: s.cents()}}
	}
	if s.maybe() {
		d.Parties[0].Refs = []doc.Ref{{Qualifier: "VX", Value: "GB123456789"}}
	}
	for i := range n {
		l := doc.SellLine{Line: s.line(i + 1), Movement: s.pick("SS", "SS", "BN"), Measure: "32"}
		l.Notes, l.Allowances, l.Dates, l.Price = nil, nil, nil, ""
		l.Kind = doc.KindOf(l.Movement)
		if l.Kind == doc.KindReturn {
			l.Measure, l.Code = "76", s.pick("", "210")
		} else if s.maybe() {
			l.OnPromotion = "1"
		}
		if s.maybe() {
			l.Parties = append(l.Parties, doc.Party{Role: "SN", IDQualifier: s.pick("UL", "92"), ID: s.pick("5012345000022", "5012345000039"), Name: s.pick("", "Leeds")})
		}
		if s.maybe() {
			l.Parties = append(l.Parties, doc.Party{Role: "UD", Name: "Holt Joinery", City: "Hull", Postcode: "HU1 2AB", Country: "GB"})
		}
		if s.maybe() {
			l.Dates = append(l.Dates, doc.Date{Qualifier: s.pick("003", "006", "011"), Date: s.day()})
		}
		if s.maybe() {
			l.Period = s.span()
		}
		for range s.IntN(3) {
			l.Prices = append(l.Prices, doc.Price{Amount: s.decimal(), Per: doc.Decimal(s.pick("", "100")), Unit: s.pick("EA", "PC"), Basis: s.pick("", "PE", "CT"), Kind: s.pick("", "CON", "RTL"), Code: s.pick("", "AAE"), Currency: s.pick("", "USD")})
		}
		firstPrice(&l.Line, l.Prices)
		if l.Price == "" {
			l.Prices = nil
		}
		if s.maybe() {
			l.Amounts = []doc.Amount{{Qualifier: "1", Amount: s.cents()}}
		}
		d.Lines = append(d.Lines, l)
	}
	return d
}

// TestSellThroughIdentity: a report written and read again is the same, in both standards.
func TestSellThroughIdentity(t *testing.T) {
	t.Parallel()
	identity(t, 40, source.sellThrough, func(x Document, release string) {
		d := x.(*doc.SellThrough)
		un := len(release) == 3
		if un {
			d.LineCount = 0
		} else if d.Period.Grain == "week" {
			d.Period = doc.Period{From: d.Period.From, To: d.Period.To}
		}
		if release == "96A" {
			d.Amounts, d.Parties[0].Refs = nil, nil
		}
		for i := range d.Lines {
			l := &d.Lines[i]
			for k := range l.Prices {
				p := &l.Prices[k]
				if !un {
					p.Kind, p.Code, p.Currency = "", "", ""
				}
				if release == "96A" {
					p.Currency = ""
				}
			}
			if !un {
				l.Code, l.OnPromotion = "", ""
				if l.Period.Grain == "week" {
					l.Period = doc.Period{}
				}
			}
		}
	})
}

// twins reads samples of both standards: their documents must be equal but for what blank
// takes out of them.
func twins(t *testing.T, x12Case, unCase string, blank func(Document)) {
	t.Helper()
	a := sample(t, x12Case)
	in, err := os.ReadFile(filepath.Join(unCases, unCase, "in.edi"))
	if err != nil {
		t.Fatal(err)
	}
	v := &unTranslator{}
	if err := schema.ReadBytes(in, schema.Options{}, v); err != nil || len(v.out) != 1 {
		t.Fatal(err, len(v.out))
	}
	if len(v.out[0].Findings) > 0 || len(v.out[0].Problems) > 0 {
		t.Errorf("%s: %s", unCase, text(t, v.out[0]))
	}
	if p := a.Validate(); len(p) > 0 {
		t.Errorf("%s: %+v", x12Case, p)
	}
	b := v.out[0].Document.(Document)
	blank(a)
	blank(b)
	if x, y := text(t, a), text(t, b); x != y {
		t.Errorf("%s differs from %s: %s", unCase, x12Case, differs(x, y))
	}
}

// TestSameSellThrough: the same week as 867 and as SLSRPT by place or by line. An SLSRPT
// has no report type and counts no lines; by line it names no customer.
func TestSameSellThrough(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"slsrpt-week-d96a", "slsrpt-week-d01b"} {
		twins(t, "867-week-004010", name, func(x Document) {
			d := x.(*doc.SellThrough)
			d.Type, d.LineCount = "", 0
			if name == "slsrpt-week-d01b" {
				d.Lines[1].Parties = d.Lines[1].Parties[:1]
			}
		})
	}
}

// TestSold: what a line adds to the quantity sold follows its movement (practice.md 23).
func TestSold(t *testing.T) {
	t.Parallel()
	d := sample(t, "867-month").(*doc.SellThrough)
	var got []string
	for i := range d.Lines {
		got = append(got, d.Lines[i].Kind+" "+string(d.Lines[i].Sold()))
	}
	if want := "[sale 24 sale 6 move 0 return -2 none 0]"; fmt.Sprint(got) != want {
		t.Errorf("%v", got)
	}
	if c := d.Lines[0].Customer(); c == nil || c.Name != "Holt Joinery" {
		t.Errorf("%+v", c)
	}
	facts := map[string]string{}
	for _, f := range Summary(d) {
		facts[f.Key] = f.Value
	}
	for k, v := range map[string]string{"number": "KS-2026-11", "reporter": "Kestrel Supply Ltd", "from": "2026-11-01", "to": "2026-11-30", "sold": "30", "returned": "2", "replaces": "KS-2026-11A", "deal": "PR-2026-017"} {
		if facts[k] != v {
			t.Errorf("%s: %q in %v", k, facts[k], facts)
		}
	}
}

// TestToldOfReports: what the other standard has no place for is told, and never lost
// silently.
func TestToldOfReports(t *testing.T) {
	t.Parallel()
	d := sample(t, "867-month")
	body, findings := WriteUN(d, edifact.MessageID{Version: "D", Release: "96A", Agency: "UN"})
	told := map[string]bool{}
	for _, f := range findings {
		if f.Key != "write.left_out" || f.Severity != wire.Note {
			t.Errorf("%+v", f)
		}
		told[f.SegmentID+" "+f.Value] = true
	}
	for _, want := range []string{"QTY SD", "QTY IB 40", "QTY PA 1", "QTY RV", "QTY 4", "BGM 02", "MOA 2304.00"} {
		if !told[want] {
			t.Errorf("%s is not told: %v", want, told)
		}
	}
	lines := 0
	for _, s := range body.Segs {
		if s.ID == "LIN" {
			lines++
		}
	}
	if lines != 3 {
		t.Errorf("%d lines", lines)
	}
}

// TestNamedPeriods: a week is that of ISO 8601, and a name that is none is refused.
func TestNamedPeriods(t *testing.T) {
	t.Parallel()
	for _, c := range []string{
		"week 202601 2025-12-29 2026-01-04", "week 202653 2026-12-28 2027-01-03", "week 202647 2026-11-16 2026-11-22",
		"month 202602 2026-02-01 2026-02-28", "quarter 20264 2026-10-01 2026-12-31", "year 2026 2026-01-01 2026-12-31",
	} {
		var grain, value, from, to string
		fmt.Sscan(c, &grain, &value, &from, &to)
		if p, ok := namedPeriod(grain, value); !ok || p.From != from || p.To != to {
			t.Errorf("%s: %+v", c, p)
		}
	}
	for _, c := range [][2]string{{"week", "202600"}, {"month", "202613"}, {"quarter", "20265"}, {"year", "26"}, {"", "2026"}, {"month", "2026-1"}} {
		if p, ok := namedPeriod(c[0], c[1]); ok {
			t.Errorf("%v: %+v", c, p)
		}
	}
}

// TestReportRoundTrip writes samples that were read, in both releases.
func TestReportRoundTrip(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"867-sales", "867-week-004010", "846-places", "846-stock", "852-activity", "852-month-004010", "832-list", "832-catalogue"} {
		for _, version := range []string{"004010", "005010"} {
			first := sample(t, name)
			if a, b := text(t, first), text(t, roundReport(t, first, version)); a != b {
				t.Errorf("%s %s: %s", name, version, differs(a, b))
			}
		}
	}
}
