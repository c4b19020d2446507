package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

var orderLine = []Field{
	{"sku", Text, true, []string{"sku", "item", "item no", "article", "Artikel", "货号", "产品编号"}},
	{"quantity", Number, true, []string{"quantity", "qty", "Menge", "数量"}},
	{"wanted", Date, false, []string{"wanted", "wanted on", "delivery date", "交货日期"}},
}

func mapped(t *testing.T, r *Reader, fix Repairs) (Mapping, []string) {
	t.Helper()
	var rows []Row
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, Row{No: row.No, Cells: append([]Cell(nil), row.Cells...)})
	}
	m := Guess(rows, orderLine)
	var out []string
	for _, row := range rows {
		rec, ok := m.Read(row, orderLine, fix, "2026-11-28")
		if !ok {
			continue
		}
		s := fmt.Sprintf("%d %s × %s %s", rec.No, rec.Values["sku"], rec.Values["quantity"], rec.Values["wanted"])
		for _, w := range rec.Wrong {
			s += " " + w.Field + ":" + w.Key
		}
		out = append(out, strings.TrimSpace(s))
	}
	return m, out
}

func TestMapping(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in string
		header   int
		columns  string
		want     []string
	}{
		{"titles in German, decimal comma", "Pos;Artikel;Bezeichnung;Menge\n1;AUR-1;Bohrer;1.234,5\n2;AUR-2;Säge;3\n", 1, ",sku,,quantity", []string{"2 AUR-1 × 1234.5", "3 AUR-2 × 3"}},
		{"decimal comma shown by another row", "item;qty\nA;1,234\nB;2,50\n", 1, "sku,quantity", []string{"2 A × 1.234", "3 B × 2.50"}},
		{"thousands", "item,qty\nA,\"1,234\"\nB,\"1,234.5\"\n", 1, "sku,quantity", []string{"2 A × 1234", "3 B × 1234.5"}},
		{"titles in Chinese below a letterhead", "华东五金采购单\t\t\n产品编号\t名称\t数量（件）\nAUR-1\t电钻\t１２\n", 2, "sku,,quantity", []string{"3 AUR-1 × 12"}},
		{"pasted without titles", "AUR-1\t5\nAUR-2\t7\n", 0, "sku,quantity", []string{"1 AUR-1 × 5", "2 AUR-2 × 7"}},
		{"a number where the item should be", "5012345678900\t5\n5012345678917\t7\n", 0, "sku,quantity", []string{"1 5012345678900 × 5", "2 5012345678917 × 7"}},
		{"American dates", "item,qty,delivery date\nA,1,12/01/2026\nB,2,12/24/2026\n", 1, "sku,quantity,wanted", []string{"2 A × 1 2026-12-01", "3 B × 2 2026-12-24"}},
		{"British dates", "item,qty,delivery date\nA,1,01/12/2026\nB,2,24/12/2026 08:30\n", 1, "sku,quantity,wanted", []string{"2 A × 1 2026-12-01", "3 B × 2 2026-12-24"}},
		{"wrong cells", "item,qty,wanted\nA,many,soon\n,5,\nTotal,,\n", 1, "sku,quantity,wanted", []string{"2 A × many soon quantity:sheet.number wanted:sheet.date", "3  × 5  sku:sheet.missing", "4 Total ×   quantity:sheet.missing"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := OpenText(c.in)
			if err != nil {
				t.Fatal(err)
			}
			m, got := mapped(t, r, Repairs{})
			if m.Header != c.header || strings.Join(m.Columns, ",") != c.columns {
				t.Errorf("titles in row %d, columns %v", m.Header, m.Columns)
			}
			for i := range c.want {
				c.want[i] = strings.TrimSpace(c.want[i])
			}
			same(t, got, c.want...)
		})
	}
}

// TestRepairs: what a person typed stands in place of the cell, a dropped row is
// none.
func TestRepairs(t *testing.T) {
	t.Parallel()
	r, err := OpenText("item,qty\nA,many\nB,2\nTotal,2\n")
	if err != nil {
		t.Fatal(err)
	}
	_, got := mapped(t, r, Repairs{Values: map[int]map[string]string{2: {"quantity": "1 200"}, 3: {"sku": "C"}}, Dropped: map[int]bool{4: true}})
	same(t, got, "2 A × 1200", "3 C × 2")
}

// TestWorkbookMapping: dates and numbers of a workbook need no guess.
func TestWorkbookMapping(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/excelize.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(bytes.NewReader(b), int64(len(b)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, got := mapped(t, r, Repairs{})
	if m.Header != 3 {
		t.Errorf("titles in row %d", m.Header)
	}
	same(t, got, "4 AUR-1001 × 12 2026-12-01", "5 AUR-1002 × 2.5 2026-12-24", "7 Total ×   quantity:sheet.missing")
}

func TestShapeAndSense(t *testing.T) {
	t.Parallel()
	a := Shape([]Cell{{Text: "Item No."}, {Text: "Qty"}})
	if a != Shape([]Cell{{Text: "item no"}, {Text: "QTY "}}) || a == Shape([]Cell{{Text: "Qty"}, {Text: "Item No."}}) {
		t.Error("shapes")
	}
	m := Mapping{Header: -3, Columns: []string{"sku", "sku", "price", "quantity"}, Decimal: ";", Order: "ymd"}.Sensible(orderLine)
	if fmt.Sprint(m) != fmt.Sprint(Mapping{Columns: []string{"sku", "", "", "quantity"}}) || m.Missing(orderLine) != nil {
		t.Errorf("%+v", m)
	}
}

func FuzzOpen(f *testing.F) {
	b, err := os.ReadFile("testdata/excelize.xlsx")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte("a;b\n\"c\";1,5\n"))
	f.Add([]byte("\xff\xfea\x00,\x00b\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Open(bytes.NewReader(b), int64(len(b)), Options{})
		if err != nil {
			return
		}
		defer r.Close()
		var rows []Row
		for range 1000 {
			row, err := r.Next()
			if err != nil {
				break
			}
			if len(row.Cells) > MaxColumns {
				t.Fatalf("%d columns", len(row.Cells))
			}
			rows = append(rows, Row{No: row.No, Cells: append([]Cell(nil), row.Cells...)})
		}
		m := Guess(rows, orderLine)
		for _, row := range rows {
			m.Read(row, orderLine, Repairs{}, "2026-11-28")
		}
	})
}
