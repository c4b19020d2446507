package intake

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"entente/portal/sheet"
)

func rowsOf(t testing.TB, text string) (out []sheet.Row) {
	t.Helper()
	r, err := sheet.OpenText(text)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		row.Cells = slices.Clone(row.Cells)
		out = append(out, row)
	}
}

func sold(values []string) []bool {
	out := make([]bool, len(values))
	for i, v := range values {
		out[i] = strings.HasPrefix(v, "AUR-") || v == "4006381333931"
	}
	return out
}

// said is what the rows were read as.
func said(t testing.TB, text string) string {
	t.Helper()
	rows := rowsOf(t, text)
	m := Guess(rows, sold)
	var b strings.Builder
	for _, r := range rows {
		l, ok := Read(m, r, "2026-11-24")
		if !ok {
			continue
		}
		fmt.Fprintf(&b, "%d:%s|%s|%s|%s|%s|%s", l.Row, l.Number, l.Item, l.Quantity, l.Unit, l.Price, l.Date)
		if l.Total {
			b.WriteString(" total")
		}
		for _, w := range l.Wrong {
			b.WriteString(" " + w.Field + ":" + w.Key)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// TestTables: what people paste, in any order of columns, with and without titles.
func TestTables(t *testing.T) {
	t.Parallel()
	const two = "1:|AUR-D18B|24|||\n2:|AUR-G125|10|||\n"
	for name, c := range map[string]struct{ text, want string }{
		"plain":           {"AUR-D18B\t24\nAUR-G125\t10\n", two},
		"turned":          {"24\tAUR-D18B\n10\tAUR-G125\n", two},
		"semicolons":      {"AUR-D18B;24\r\nAUR-G125;10", two},
		"commas":          {"AUR-D18B,24\nAUR-G125,10", two},
		"one row":         {"AUR-D18B\t24", "1:|AUR-D18B|24|||\n"},
		"counted":         {"1\tAUR-D18B\t24\n2\tAUR-G125\t10\n", two},
		"names":           {"Drill 18 V\tAUR-D18B\t24\nGrinder\tAUR-G125\t10\n", two},
		"all, no titles":  {"12.12.2026;箱;AUR-D18B;24;84,50\n13.12.2026;箱;AUR-G125;10;46,50", "1:|AUR-D18B|24|箱|84.50|2026-12-12\n2:|AUR-G125|10|箱|46.50|2026-12-13\n"},
		"price first":     {"84.50\tAUR-D18B\t24\n46.50\tAUR-G125\t10", "1:|AUR-D18B|24||84.50|\n2:|AUR-G125|10||46.50|\n"},
		"unit in number":  {"AUR-D18B\t24 pcs\nAUR-G125\t10箱", "1:|AUR-D18B|24|pcs||\n2:|AUR-G125|10|箱||\n"},
		"gtin":            {"4006381333931\t24\n4006381333931\t10", "1:|4006381333931|24|||\n2:|4006381333931|10|||\n"},
		"unknown items":   {"K-1 \t 5\nK-2\t6", "1:|K-1|5|||\n2:|K-2|6|||\n"},
		"english titles":  {"Qty\tUnit price\tItem no.\tRequested date\tUOM\n24\t£84.00\tAUR-D18B\t2026-12-12\tEA", "2:|AUR-D18B|24|EA|84.00|2026-12-12\n"},
		"chinese titles":  {"序号,产品编码,品名,数量,单位,含税单价,单价,交货日期,金额\n1,AUR-D18B,电钻,24,件,95,¥84.00,2026年12月12日,2016", "2:|AUR-D18B|24|件|84.00|2026-12-12\n"},
		"order numbers":   {"采购单号\t货号\t数量\nPO-1\tAUR-D18B\t24\nPO-2\tAUR-G125\t10\n合计\t\t34", "2:PO-1|AUR-D18B|24|||\n3:PO-2|AUR-G125|10|||\n4:合计||34||| total\n"},
		"order date":      {"Order date\tItem\tQuantity\n2026-11-01\tAUR-D18B\t24", "2:|AUR-D18B|24|||\n"},
		"half titled":     {"Artigo\tQuantity\nAUR-D18B\t24", "2:|AUR-D18B|24|||\n"},
		"wrong cells":     {"Item\tQuantity\tDate\nAUR-D18B\tmany\tsoon\n\t5\t\nAUR-G125\t\t", "2:|AUR-D18B|many|||soon quantity:sheet.number date:sheet.date\n3:||5||| item:intake.no_item\n4:|AUR-G125|||| quantity:intake.no_quantity\n"},
		"letterhead":      {"Huadong\n\nItem\tQuantity\nAUR-D18B\t24", "4:|AUR-D18B|24|||\n"},
		"quoted":          {"\"Item\",\"Quantity\"\n\"AUR-D18B\",\"1,000\"", "2:|AUR-D18B|1000|||\n"},
		"item word again": {"AUR-D18B\t24\tsku\nAUR-G125\t10\tsku", two},
	} {
		t.Run(name, func(t *testing.T) {
			if got := said(t, c.text); got != c.want {
				t.Errorf("read\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestUnitCodes(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{"件": "EA", "pcs.": "EA", "箱": "CA", "ctn": "CA", "CT": "CA", "ＥＡ": "EA", "pallet": "PL", "XY": "XY", "": ""} {
		got := UnitCodes(word)
		if want == "" && got == nil {
			continue
		}
		if !slices.Contains(got, want) {
			t.Errorf("%q may be %v, want %s among them", word, got, want)
		}
	}
}

// FuzzRead: nothing that is pasted breaks the reading, and no filled row is lost.
func FuzzRead(f *testing.F) {
	f.Add("Item\tQty\nA\t1\n")
	f.Add("1;2;3\n件;10箱;¥1\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := sheet.OpenText(text)
		if err != nil {
			return
		}
		defer r.Close()
		var rows []sheet.Row
		for len(rows) < 200 {
			row, err := r.Next()
			if err != nil {
				break
			}
			row.Cells = slices.Clone(row.Cells)
			rows = append(rows, row)
		}
		m := Guess(rows, nil)
		for _, row := range rows {
			l, ok := Read(m, row, "2026-11-24")
			if !ok && row.No > m.Header {
				t.Fatalf("row %d is lost", row.No)
			}
			if ok && len(l.Cells) != len(row.Cells) {
				t.Fatalf("row %d lost cells", row.No)
			}
		}
	})
}
