package web_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"

	"entente/portal/portaltest"
	"entente/portal/sheet"
)

// table reads a download back.
func table(t *testing.T, a portaltest.Answer) [][]sheet.Cell {
	t.Helper()
	if a.Status != 200 {
		t.Fatalf("%d %.300s", a.Status, a.Body)
	}
	r, err := sheet.Open(bytes.NewReader([]byte(a.Body)), int64(len(a.Body)), sheet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var out [][]sheet.Cell
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, append([]sheet.Cell(nil), row.Cells...))
	}
}

// TestExports: orders, their lines and invoices leave as CSV and XLSX with the
// list's filters, in the reader's language, all of them and not one page.
func TestExports(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	dan, chen := p.As(t, portaltest.Dan), p.As(t, portaltest.Chen)
	page := dan.Get(t, "/c/kestrel/orders").Body
	for _, format := range []string{"csv", "xlsx"} {
		if !strings.Contains(page, "/c/kestrel/orders/export?format="+format) {
			t.Errorf("the list has no link to %s", format)
		}
		a := dan.Get(t, "/c/kestrel/orders/export?format="+format)
		if got := a.Header.Get("Content-Type"); got != sheet.Format(format).Type() || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment;") {
			t.Errorf("%s: %v", format, a.Header)
		}
		rows := table(t, a)
		if len(rows) < 52 || rows[0][0].Text != "Order" || rows[1][1].Text != "Aurelia Tools" {
			t.Errorf("%s: %d rows, first %v", format, len(rows), rows[:2])
		}
		lines := table(t, dan.Get(t, "/c/kestrel/orders/export?lines=1&format="+format))
		if len(lines) <= len(rows) || fmt.Sprint(lines[0]) == fmt.Sprint(rows[0]) {
			t.Errorf("%s: %d lines of %d orders", format, len(lines), len(rows))
		}
		invoices := table(t, dan.Get(t, "/c/kestrel/invoices/export?format="+format))
		if len(invoices) < 10 || !strings.HasPrefix(invoices[1][0].Text, "INV") {
			t.Errorf("%s: %d invoices: %v", format, len(invoices), invoices[:2])
		}
	}
	all, some := table(t, dan.Get(t, "/c/kestrel/orders/export")), table(t, dan.Get(t, "/c/kestrel/orders/export?state=closed"))
	if len(some) < 2 || len(some) >= len(all) {
		t.Errorf("a filter leaves %d of %d rows", len(some), len(all))
	}
	for _, r := range some[1:] {
		if r[2].Text != "Finished" {
			t.Errorf("filtered: %v", r)
		}
	}
	if mine := table(t, chen.Get(t, "/c/huadong/orders/export?"+url.Values{"lines": {"1"}}.Encode())); mine[0][1].Text != "伙伴" || strings.Contains(fmt.Sprint(mine), "Kestrel") {
		t.Errorf("hers: %v", mine[:1])
	}
}
