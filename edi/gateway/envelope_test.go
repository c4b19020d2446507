package gateway

import (
	"bytes"
	"context"
	"fmt"
	"io"
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

// manyGroups are interchanges without end, each of 64 groups whose counts are wrong. It tells
// the most that was in use while it was read.
type manyGroups struct {
	n, most int // interchanges
	text    []byte
	at      int
	used    uint64
}

func (m *manyGroups) Read(b []byte) (int, error) {
	if m.at == len(m.text) {
		if m.n == m.most {
			return 0, io.EOF
		}
		if m.n++; m.n%500 == 0 {
			runtime.GC()
			var s runtime.MemStats
			runtime.ReadMemStats(&s)
			m.used = max(m.used, s.HeapAlloc)
		}
		m.text, m.at = fmt.Appendf(m.text[:0], "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261122*0931*^*00501*%09d*0*P*>~", m.n), 0
		for g := range 64 {
			m.text = fmt.Appendf(m.text, "GS*PO*KESTRELSUPPLY*AURELIATOOLS*20261122*0931*%d*X*005010~GE*7*%d~", g, g)
		}
		m.text = fmt.Appendf(m.text, "IEA*65*%09d~\n", m.n)
	}
	n := copy(b, m.text[m.at:])
	m.at += n
	return n, nil
}

// TestManyEnvelopes: as many interchanges as a file may hold, with faults in every group, take
// little while their envelopes are read, and each is still known to be refused. It is not
// parallel: it counts everything that is in use.
func TestManyEnvelopes(t *testing.T) {
	limits := wire.DefaultLimits()
	in := &manyGroups{most: limits.Interchanges}
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	found, err := scan(in, []byte("ISA"), limits)
	if err != nil || len(found) != limits.Interchanges {
		t.Fatal(len(found), err)
	}
	if used := int64(in.used) - int64(before.HeapAlloc); used > 24<<20 {
		t.Errorf("%d bytes were in use", used)
	}
	kept := 0
	for i := range found {
		kept += len(found[i].findings)
		if !refused(found[i].findings) {
			t.Fatalf("interchange %d would be read: %v", i, found[i].findings)
		}
	}
	if kept > wire.FileFindings+limits.Interchanges+limits.Findings || len(found[0].findings) != 65 {
		t.Errorf("%d findings, %d of the first", kept, len(found[0].findings))
	}
}
