package gateway

import (
	"bytes"
	"context"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/edi/schema"
	"entente/edi/wire"
)

// TestScanBoth: a body with both standards, wrapped or not, is cut into interchanges
// each of which reads by itself.
func TestScanBoth(t *testing.T) {
	t.Parallel()
	sample := func(name string) string {
		b, err := os.ReadFile("../testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return strings.NewReplacer("\r", "", "\n", "").Replace(string(b))
	}
	lines := func(s string) string {
		var b strings.Builder
		for ; len(s) > 80; s = s[80:] {
			b.WriteString(s[:80] + "\r\n")
		}
		return b.String() + s
	}
	x, un := sample("cases/850-ok-005010/in.x12"), sample("edifact/orders-ok-d96a/in.edi")
	for name, body := range map[string]string{
		"plain": x + un + x + un, "lines between": x + "\r\n" + un + "\n" + x + "\n" + un, "wrapped each": lines(x) + "\r\n" + lines(un) + "\r\n" + x + lines(un),
	} {
		found, err := scan(strings.NewReader(body), []byte(body)[:min(len(body), 1024)], wire.Limits{})
		if err != nil || len(found) != 4 {
			t.Fatalf("%s: %d interchanges, %v", name, len(found), err)
		}
		if in, err := scanBytes([]byte(body), wire.Limits{}); err != nil || !reflect.DeepEqual(in, found) {
			t.Errorf("%s: read from memory it is another: %+v, %v", name, in, err)
		}
		for i, e := range found {
			want := []string{SyntaxX12, SyntaxEDIFACT}[i%2]
			rep, err := schema.CheckBytes([]byte(body)[e.offset:e.offset+e.length], schema.Options{})
			if e.syntax != want || e.sets != 1 || err != nil || rep.Rejected || len(rep.Interchanges) != 1 {
				t.Errorf("%s: interchange %d is %s, %v", name, i, e.syntax, err)
			}
		}
	}
	two := lines(x + x) // the second begins in the middle of a line
	found, err := scan(strings.NewReader(two), []byte(two)[:1024], wire.Limits{})
	if err != nil || len(found) != 2 {
		t.Fatal(len(found), err)
	}
	for i, e := range found {
		var text bytes.Buffer
		text.WriteString(two[e.offset : e.offset+e.length])
		if rep, err := schema.Check(&text, schema.Options{}); err != nil || rep.Rejected {
			t.Errorf("interchange %d of a wrapped body: %v", i, err)
		}
	}
}

// TestScanOfAnOrderNeedsNoBuffer: a small interchange lies in memory already.
func TestScanOfAnOrderNeedsNoBuffer(t *testing.T) {
	body := []byte(fromKestrel(1, order("PO1")).String())
	had := allocated()
	const times = 100
	for range times {
		if found, err := scanBytes(body, wire.Limits{}); err != nil || len(found) != 1 {
			t.Fatal(len(found), err)
		}
	}
	if each := (allocated() - had) / times; each > 16<<10 {
		t.Errorf("%d bytes are allocated for one of %d", each, len(body))
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// TestReadingAnOrderNeedsNoBuffer: those of a batch lie in memory.
func TestReadingAnOrderNeedsNoBuffer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { // beside no other: it is measured what all allocate
		b := setup(t, d, Options{})
		a := b.post(maya, fromKestrel(1, order("PO1")).String())
		var rows []interchangeRow
		err := b.d.View(t.Context(), func(ctx context.Context) (err error) {
			rows, err = interchangesByID(ctx, []string{a.ID})
			return err
		})
		if err != nil || len(rows) != 1 {
			t.Fatal(len(rows), err)
		}
		read := func(n int) uint64 {
			all := make([]interchangeRow, n)
			for i := range all {
				all[i] = rows[0]
			}
			had := allocated()
			if ready, failed := b.s.readAll(db.WithOrgs(t.Context(), rows[0].orgs()...), all); len(ready) != n || len(failed) != 0 {
				t.Fatal(len(ready), failed)
			}
			return allocated() - had
		}
		read(1)
		const more = 50
		if each := (read(1+more) - read(1)) / more; each > 32<<10 {
			t.Errorf("%d bytes are allocated for one of %d", each, rows[0].Size)
		}
	})
}
