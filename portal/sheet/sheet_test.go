package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"entente/prm/fault"
)

func read(t *testing.T, b []byte, o Options) (Source, []string) {
	t.Helper()
	r, err := Open(bytes.NewReader(b), int64(len(b)), o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out []string
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r.Source, out
		}
		if err != nil {
			t.Fatal(err)
		}
		cells := make([]string, len(row.Cells))
		for i, c := range row.Cells {
			cells[i] = c.Text + []string{"", "#", "@", "!"}[c.Kind]
		}
		out = append(out, fmt.Sprintf("%d:%s", row.No, strings.Join(cells, "|")))
	}
}

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("read\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func key(t *testing.T, err error) string {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) {
		t.Fatalf("%v is no fault", err)
	}
	return f.Key
}

// TestCharsets: the same table in every encoding reads the same, whether or not it
// is marked.
func TestCharsets(t *testing.T) {
	t.Parallel()
	const zh = "货号;数量;备注\r\nAUR-1;5;冲击钻，带充电器\r\n"
	const west = "Artikel;Menge;Bemerkung\r\nAUR-1;5;Große Übergröße für Zürich, naïve façade\r\n"
	enc := func(e interface{ String(string) (string, error) }, s string) []byte {
		out, err := e.String(s)
		if err != nil {
			t.Fatal(err)
		}
		return []byte(out)
	}
	utf16 := func(e unicode.Endianness, b unicode.BOMPolicy, s string) []byte {
		return enc(unicode.UTF16(e, b).NewEncoder(), s)
	}
	for _, c := range []struct {
		name string
		b    []byte
		want Charset
		text string
	}{
		{"utf-8", []byte(zh), UTF8, zh},
		{"utf-8 marked", []byte("\ufeff" + zh), UTF8, zh},
		{"gb18030", enc(simplifiedchinese.GB18030.NewEncoder(), zh), GB18030, zh},
		{"latin-1", enc(charmap.ISO8859_1.NewEncoder(), west), Western, west},
		{"windows-1252", enc(charmap.Windows1252.NewEncoder(), west+"x;1;€ “quoted”\r\n"), Western, west + "x;1;€ “quoted”\r\n"},
		{"utf-16 little", utf16(unicode.LittleEndian, unicode.UseBOM, west), UTF16LE, west},
		{"utf-16 big", utf16(unicode.BigEndian, unicode.UseBOM, zh), UTF16BE, zh},
		{"utf-16 little unmarked", utf16(unicode.LittleEndian, unicode.IgnoreBOM, west), UTF16LE, west},
	} {
		src, got := read(t, c.b, Options{})
		if src.Charset != c.want || src.Delimiter != ';' {
			t.Errorf("%s: taken for %s with %q", c.name, src.Charset, src.Delimiter)
		}
		var want []string
		for i, l := range strings.Split(strings.TrimSpace(c.text), "\r\n") {
			want = append(want, fmt.Sprintf("%d:%s", i+1, strings.ReplaceAll(l, ";", "|")))
		}
		same(t, got, want...)
	}
	// The high bytes come only after the first 64 KiB.
	long := strings.Repeat("AUR-1;5;plain\r\n", 6000)
	if src, got := read(t, append([]byte(long), enc(simplifiedchinese.GB18030.NewEncoder(), "AUR-2;6;角磨机\r\n")...), Options{}); src.Charset != GB18030 || got[6000] != "6001:AUR-2|6|角磨机" {
		t.Errorf("%s %q", src.Charset, got[6000])
	}
}

func TestCSVForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in        string
		delimiter byte
		want      []string
	}{
		{"a,b\n1,2\n", ',', []string{"1:a|b", "2:1|2"}},
		{"a\tb\r1\t2", '\t', []string{"1:a|b", "2:1|2"}},
		{"sep=|\r\na|b\r\n1|2,3\r\n", '|', []string{"1:a|b", "2:1|2,3"}},
		{"name;price\n\"Drill; 18 V\";\"1.234,50\"\n\n;\nlast;\"he said \"\"no\"\"\"", ';', []string{"1:name|price", "2:Drill; 18 V|1.234,50", "5:last|he said \"no\""}},
		{"a,b\n\"two\r\nlines\",2\n", ',', []string{"1:a|b", "2:two\nlines|2"}},
		{"5\" pipe,3\nx,'=SUM(A1)\n", ',', []string{"1:5\" pipe|3", "2:x|=SUM(A1)"}},
		{"one column\nAUR-1\n", ',', []string{"1:one column", "2:AUR-1"}},
	} {
		src, got := read(t, []byte(c.in), Options{})
		if src.Delimiter != c.delimiter {
			t.Errorf("%q: cut at %q", c.in, src.Delimiter)
		}
		same(t, got, c.want...)
	}
	if _, got := read(t, []byte("a;b,c"), Options{Delimiter: ','}); got[0] != "1:a;b|c" {
		t.Errorf("the chosen delimiter was not taken: %q", got)
	}
}

// TestXLSX reads a workbook of another writer.
func TestXLSX(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/excelize.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	src, got := read(t, b, Options{})
	if src.Format != XLSX || src.Sheet != "订单" || strings.Join(src.Sheets, ",") != "订单,More" {
		t.Errorf("%+v", src)
	}
	same(t, got, "1:Acme Ltd purchase list", "3:Item no.|数量|Wanted on|Price|GTIN|Note",
		"4:AUR-1001|12#|2026-12-01@|0.3#|05012345678900|=not a formula", "5:AUR-1002|2.5#|2026-12-24@|1234.5#|5012345678900#|电钻 & <more>", "7:Total|||||TRUE")
	if _, err := Open(bytes.NewReader(b), int64(len(b)), Options{Sheet: "Hidden"}); key(t, err) != "sheet.no_sheet" {
		t.Error("a hidden sheet was read")
	}
}

// TestWriteReadsBack: what either format is written with comes back, and no text is
// a formula in it.
func TestWriteReadsBack(t *testing.T) {
	t.Parallel()
	evil := []string{"=1+2", "+44 20", "-cmd|' /C calc'!A0", "@SUM(1)", "\t=1"}
	for _, f := range []Format{CSV, XLSX} {
		var buf bytes.Buffer
		w, err := NewWriter(&buf, f, "订单 [1]/2", []Column{{Title: "编号", Width: 12}, {Title: "Amount", Width: 10}, {Title: "Day", Width: 10}, {Title: "Note", Width: 30}})
		if err != nil {
			t.Fatal(err)
		}
		rows := []string{"1:编号|Amount|Day|Note"}
		for i, e := range evil {
			if err := w.Row(Cell{Text: fmt.Sprint("AUR-", i)}, Cell{Text: "-1234.50", Kind: Number}, Cell{Text: "2026-11-30", Kind: Date}, Cell{Text: e}); err != nil {
				t.Fatal(err)
			}
			number, day := "-1234.50", "2026-11-30"
			if f == XLSX {
				number, day = number+"#", day+"@"
			}
			rows = append(rows, fmt.Sprintf("%d:AUR-%d|%s|%s|%s", i+2, i, number, day, strings.TrimSpace(e)))
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		_, got := read(t, buf.Bytes(), Options{})
		same(t, got, rows...)
		raw := buf.String()
		if f == XLSX {
			z, err := zip.NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
			if err != nil {
				t.Fatal(err)
			}
			part, err := z.Open("xl/worksheets/sheet1.xml")
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(part)
			if raw = string(body); strings.Contains(raw, "<f>") || strings.Count(raw, `s="1" t="inlineStr"`) != len(evil) {
				t.Errorf("formulas: %s", raw)
			}
			continue
		}
		for _, e := range evil {
			if strings.Contains(raw, ","+e) || strings.Contains(raw, "\n"+e) || strings.Contains(raw, `"`+e) {
				t.Errorf("%q stands bare in %q", e, raw)
			}
		}
	}
}

// TestBadFiles: each is refused with words of its own.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	good, err := os.ReadFile("testdata/excelize.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	zipped := func(parts map[string]string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for name, body := range parts {
			w, _ := z.Create(name)
			_, _ = io.WriteString(w, body)
		}
		_ = z.Close()
		return b.Bytes()
	}
	book := map[string]string{
		"_rels/.rels":                `<Relationships><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns:r="r"><sheets><sheet name="A" r:id="b"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="b" Type="x/worksheet" Target="/xl/s.xml"/><Relationship Id="c" Type="x/sharedStrings" Target="t.xml"/></Relationships>`,
	}
	with := func(more ...string) []byte {
		all := map[string]string{}
		for k, v := range book {
			all[k] = v
		}
		for i := 0; i < len(more); i += 2 {
			all[more[i]] = more[i+1]
		}
		return zipped(all)
	}
	row := `<row><c t="inlineStr"><is><t>x</t></is></c></row>`
	for _, c := range []struct {
		name, key string
		b         []byte
	}{
		{"nothing", "sheet.empty", nil},
		{"old excel", "sheet.old_excel", append([]byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}, make([]byte, 600)...)},
		{"pdf", "sheet.not_table", []byte("%PDF-1.7 …")},
		{"binary", "sheet.not_table", []byte("MZ\x00\x01\x02\x00\x00rubbish")},
		{"cut short", "sheet.broken_xlsx", good[:len(good)/2]},
		{"another archive", "sheet.not_table", zipped(map[string]string{"a.txt": "hello"})},
		{"open quote", "sheet.quote_open", []byte("a,b\n\"c,d\ne,f")},
		{"endless cell", "sheet.cell_long", []byte("a,\"" + strings.Repeat("x", MaxCell+1))},
		{"wide", "sheet.columns", []byte(strings.Repeat("x,", MaxColumns) + "x")},
		{"sheet breaks off", "sheet.broken_xlsx", with("xl/s.xml", `<worksheet><sheetData>`+row)},
		{"no such text", "sheet.broken_xlsx", with("xl/s.xml", `<worksheet><sheetData><row><c t="s"><v>7</v></c></row></sheetData>`)},
		{"far row", "sheet.rows", with("xl/s.xml", `<worksheet><sheetData><row r="2000000"><c><v>7</v></c></row></sheetData>`)},
		{"far column", "sheet.columns", with("xl/s.xml", `<worksheet><sheetData><row><c r="XFD1"><v>7</v></c></row></sheetData>`)},
		{"bomb", "sheet.bomb", with("xl/s.xml", `<worksheet><sheetData>`+strings.Repeat("<x/>", 5<<20)+`</sheetData>`)},
		{"bomb of texts", "sheet.bomb", with("xl/s.xml", `<worksheet><sheetData></sheetData>`, "xl/t.xml", `<sst>`+strings.Repeat("<x/>", 5<<20)+`</sst>`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Open(bytes.NewReader(c.b), int64(len(c.b)), Options{})
			for err == nil {
				_, err = r.Next()
			}
			if k := key(t, err); k != c.key {
				t.Errorf("%s, want %s", k, c.key)
			}
		})
	}
}

// TestMemoryIsBounded: 200,000 rows are read while little more than one is held.
func TestMemoryIsBounded(t *testing.T) {
	const rows = 200_000
	for _, f := range []Format{CSV, XLSX} {
		file, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		w, err := NewWriter(file, f, "big", []Column{{Title: "Item", Width: 0}, {Title: "Quantity", Width: 0}, {Title: "Note", Width: 0}})
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			if err := w.Row(Cell{Text: fmt.Sprint("AUR-", i)}, Cell{Text: fmt.Sprint(i), Kind: Number}, Cell{Text: "some words about the line"}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		info, err := file.Stat()
		if err != nil {
			t.Fatal(err)
		}
		r, err := Open(file, info.Size(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		n, most := 0, uint64(0)
		for {
			if _, err := r.Next(); err != nil {
				if !errors.Is(err, io.EOF) {
					t.Fatal(err)
				}
				break
			}
			if n++; n%40_000 == 0 {
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
		if n != rows+1 || most > 24<<20 {
			t.Errorf("%s: %d rows, %d MiB held", f, n, most>>20)
		}
	}
}
