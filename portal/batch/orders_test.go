package batch

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/migrate"
	"entente/portal/sheet"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/location"
	"entente/prm/trade"
)

func TestModels(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		t.Parallel()
		dbtest.CheckModels(t, d, fileRow{}, rowRow{}, groupRow{}, layoutRow{})
	})
}

func each(t *testing.T, fn func(t *testing.T, b *desk)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		t.Parallel()
		b := newDesk(t, d, t.TempDir())
		b.fill()
		fn(t, b)
	})
}

const two = "Order no;Item;Qty;Unit;Date\nPO-1;AUR-01;5;箱;2027-01-10\nPO-1;AUR-02;3;;\nPO-2;AUR-03;many;;\nPO-2;AUR-XX;1;;\nPO-3;AUR-04;2;;\nTotal;;11;;\n"

// TestOrderFile: several orders in a file. The clean ones are placed, the one with wrong
// cells waits whole, is repaired in the grid and placed then; a total is left out.
func TestOrderFile(t *testing.T) {
	each(t, func(t *testing.T, b *desk) {
		f := b.take(b.dan, KindOrders, b.toKestrel, two)
		if got := tally(f); got != "ready rows=6 wrong=2 dropped=1 groups=3 clean=2 map[]" {
			t.Fatal(got)
		}
		bad, err := b.files.Rows(bg, b.dan, f.ID, true, 0, 50)
		b.must(err)
		if got := wrongs(bad); got != "4:quantity:sheet.number 5:item:trade.item_unknown" {
			t.Fatal(got)
		}
		f = b.apply(b.dan, f.ID, Head{"requested": "2027-02-01"})
		if got := tally(f); got != "ready rows=6 wrong=2 dropped=1 groups=3 clean=0 map[made:2]" || b.orders() != 2 {
			t.Fatal(got, b.orders())
		}
		if err := b.files.Apply(bg, b.dan, f.ID, nil); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("nothing is left: %v", err)
		}
		b.must(b.files.Repair(bg, b.dan, f.ID, "2026-12-01", []Repair{{Row: 4, Fields: map[string]string{"quantity": "1.200"}}, {Row: 5, Dropped: true}}))
		if got := tally(b.get(b.dan, f.ID)); got != "ready rows=6 wrong=0 dropped=2 groups=3 clean=1 map[made:2]" {
			t.Fatal(got)
		}
		f = b.apply(b.dan, f.ID, nil)
		if got := tally(f); got != "done rows=6 wrong=0 dropped=2 groups=3 clean=0 map[made:3]" || b.orders() != 3 {
			t.Fatal(got, b.orders())
		}
		groups, err := b.files.Groups(bg, b.dan, f.ID, 0, 10)
		b.must(err)
		if len(groups) != 3 || groups[0].Label != "PO-1" {
			t.Fatalf("%+v", groups)
		}
		d, err := b.trade.Get(bg, b.dan, trade.OrderID(groups[0].Subject))
		b.must(err)
		if len(d.Lines) != 2 || d.Lines[0].Unit != "CA" || d.Lines[0].RequestedOn != "2027-01-10" || d.RequestedOn != "2027-02-01" || d.Lines[0].Price.String() != "110" {
			t.Errorf("%+v", d.Lines)
		}
		d, err = b.trade.Get(bg, b.dan, trade.OrderID(groups[1].Subject))
		b.must(err)
		if len(d.Lines) != 1 || d.Lines[0].Ordered.String() != "1.2" {
			t.Errorf("%+v", d.Lines)
		}
	})
}

// TestSameFileTwice: the same bytes again add neither an order nor a trace of one; the
// same orders in another file are duplicates, and a changed one is held.
func TestSameFileTwice(t *testing.T) {
	each(t, func(t *testing.T, b *desk) {
		text := "Order no;Item;Qty\nPO-1;AUR-01;5\nPO-2;AUR-02;3\n"
		b.apply(b.dan, b.take(b.dan, KindOrders, b.toKestrel, text).ID, nil)
		f := b.take(b.dan, KindOrders, b.toKestrel, text)
		before, err := b.files.Before(bg, b.dan, f.ID)
		b.must(err)
		if before.ID == "" || before.State != Done {
			t.Errorf("the file before: %+v", before)
		}
		if got := tally(b.apply(b.dan, f.ID, nil)); got != "done rows=2 wrong=0 dropped=0 groups=2 clean=0 map[same:2]" || b.orders() != 2 || b.arrivals() != 0 {
			t.Fatal(got, b.orders(), b.arrivals())
		}
		f = b.take(b.dan, KindOrders, b.toKestrel, "Order no;Item;Qty\nPO-2;AUR-02;3\nPO-1;AUR-01;6\n")
		if got := tally(b.apply(b.dan, f.ID, nil)); got != "done rows=2 wrong=0 dropped=0 groups=2 clean=0 map[held:1 same:1]" || b.orders() != 2 {
			t.Fatal(got, b.orders())
		}
		// a file without numbers is one order; sent again it is the same, with another number a new one
		text = "Item;Qty\nAUR-01;5\nAUR-02;3\n"
		b.apply(b.dan, b.take(b.dan, KindOrders, b.toKestrel, text).ID, Head{"number": "X-1"})
		b.apply(b.dan, b.take(b.dan, KindOrders, b.toKestrel, text).ID, Head{"number": "X-1"})
		if b.orders() != 3 {
			t.Errorf("%d orders", b.orders())
		}
		b.apply(b.dan, b.take(b.dan, KindOrders, b.toKestrel, text).ID, Head{"number": "X-2"})
		if b.orders() != 4 {
			t.Errorf("%d orders", b.orders())
		}
	})
}

// TestColumnsRemembered: columns set by hand are known for the next file of the layout,
// within the company alone.
func TestColumnsRemembered(t *testing.T) {
	each(t, func(t *testing.T, b *desk) {
		text := "Alpha;Beta;Gamma\nAUR-01;7;5\nAUR-02;8;3\n"
		f := b.take(b.dan, KindOrders, b.toKestrel, text)
		b.must(b.files.Columns(bg, b.dan, f.ID, sheet.Mapping{Header: 1, Columns: []string{"item", "", "quantity"}}))
		b.work()
		rows, err := b.files.Rows(bg, b.dan, f.ID, false, 0, 10)
		b.must(err)
		if len(rows) != 2 || rows[0].Fields["quantity"] != "5" || len(rows[0].Wrong) > 0 {
			t.Fatalf("%+v", rows)
		}
		again := b.take(b.dan, KindOrders, b.toKestrel, strings.Replace(text, "7", "9", 1))
		if rows, _ := b.files.Rows(bg, b.dan, again.ID, false, 0, 10); len(rows) != 2 || rows[0].Fields["quantity"] != "5" {
			t.Errorf("not remembered: %+v", rows)
		}
		other := b.take(b.kaarel, KindOrders, b.toBaltic, text)
		if rows, _ := b.files.Rows(bg, b.kaarel, other.ID, false, 0, 10); len(rows) == 2 && rows[0].Fields["quantity"] == "5" {
			t.Errorf("another company's columns are used")
		}
	})
}

// TestFilesOfOthers: a file exists for its company alone, the supplier included, and for
// those who may order.
func TestFilesOfOthers(t *testing.T) {
	each(t, func(t *testing.T, b *desk) {
		f := b.take(b.dan, KindOrders, b.toKestrel, two)
		viewer := b.dan
		viewer.Roles = []access.Role{access.Viewer}
		for who, c := range map[string]struct {
			actor access.Actor
			want  fault.Code
		}{"supplier": {b.ingrid, fault.NotFound}, "competitor": {b.kaarel, fault.NotFound}, "nobody": {access.Actor{}, fault.NotFound}, "viewer": {viewer, fault.Forbidden}} {
			for what, fn := range map[string]func() error{
				"get":     func() error { _, err := b.files.Get(bg, c.actor, f.ID); return err },
				"rows":    func() error { _, err := b.files.Rows(bg, c.actor, f.ID, false, 0, 9); return err },
				"groups":  func() error { _, err := b.files.Groups(bg, c.actor, f.ID, 0, 9); return err },
				"before":  func() error { _, err := b.files.Before(bg, c.actor, f.ID); return err },
				"columns": func() error { return b.files.Columns(bg, c.actor, f.ID, sheet.Mapping{}) },
				"repair": func() error {
					return b.files.Repair(bg, c.actor, f.ID, "2026-12-01", []Repair{{Row: 2, Dropped: true}})
				},
				"apply":  func() error { return b.files.Apply(bg, c.actor, f.ID, nil) },
				"remove": func() error { return b.files.Remove(bg, c.actor, f.ID) },
				"errors": func() error { return b.files.Errors(bg, c.actor, f.ID, func([]string, Row) error { return nil }) },
			} {
				if err := fn(); fault.CodeOf(err) != c.want {
					t.Errorf("%s, %s: %v", who, what, err)
				}
			}
			if list, err := b.files.List(bg, c.actor, KindOrders); err != nil || len(list) != 0 {
				t.Errorf("%s lists %d, %v", who, len(list), err)
			}
		}
		if _, err := b.files.Take(bg, b.kaarel, KindOrders, b.toKestrel, "x", nil, strings.NewReader(two)); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a file for another's partnership: %v", err)
		}
		if got := tally(b.get(b.dan, f.ID)); got != "ready rows=6 wrong=2 dropped=1 groups=3 clean=2 map[]" {
			t.Error(got)
		}
	})
}

// TestRefusedFile: a file that breaks off, and a person who may no longer order.
func TestRefusedFile(t *testing.T) {
	each(t, func(t *testing.T, b *desk) {
		f := b.take(b.dan, KindOrders, b.toKestrel, manyText(600)+"PO-9;\"AUR-01;5\n")
		if f.State != Failed || f.Problem.Key != "sheet.quote_open" {
			t.Errorf("%s %+v", f.State, f.Problem)
		}
		f = b.take(b.dan, KindOrders, b.toKestrel, two)
		b.must(b.files.Apply(bg, b.dan, f.ID, nil))
		b.dan.Roles = []access.Role{access.Viewer}
		b.work()
		b.dan.Roles = []access.Role{access.Buyer}
		if f = b.get(b.dan, f.ID); f.State != Ready || f.Problem.Key != "error.forbidden" || b.orders() != 0 {
			t.Errorf("%s %+v, %d orders", f.State, f.Problem, b.orders())
		}
	})
}

// TestTakenOver: a node that lost its lease writes nothing more, and the other goes on
// where it stood.
func TestTakenOver(t *testing.T) {
	t.Parallel()
	b := newDesk(t, dbtest.Postgres(t), t.TempDir()) // on SQLite one node has the file
	b.fill()
	slow := b.files
	taken := false
	slow.d.Step = func(File) {
		if taken {
			return
		}
		taken = true
		b.must(b.db.InTx(bg, func(ctx context.Context) error { return db.Tx(ctx).Exec("UPDATE data_file SET lease_until = 0").Error }))
		b.serve(t.TempDir(), nil)
		b.files.d.Blobs = slow.d.Blobs
		b.work()
	}
	f, err := slow.Take(bg, b.dan, KindOrders, b.toKestrel, "x", nil, strings.NewReader(manyText(2000)))
	b.must(err)
	if _, err := slow.Turn(bg); err != nil {
		t.Fatal(err)
	}
	if got := tally(b.get(b.dan, f.ID)); !taken || got != "ready rows=2000 wrong=0 dropped=0 groups=100 clean=100 map[]" {
		t.Error(taken, got)
	}
}

// TestManyTurns: a file of more than one turn goes on at once when its next turn comes; a
// lease that was given away keeps nobody waiting.
func TestManyTurns(t *testing.T) {
	each(t, func(t *testing.T, b *desk) {
		f := b.take(b.dan, KindOrders, b.toKestrel, manyText(20*(slice+5)))
		if got, want := tally(b.apply(b.dan, f.ID, nil)), fmt.Sprintf("done rows=%d wrong=0 dropped=0 groups=%d clean=0 map[made:%d]", 20*(slice+5), slice+5, slice+5); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

// TestHugeFile reads and judges 100,000 lines and applies some of the orders: what the
// program holds does not grow with the file.
func TestHugeFile(t *testing.T) {
	dir := t.TempDir()
	d := dbtest.One(t)
	b := newDesk(t, d, dir)
	b.fill()
	path := filepath.Join(dir, "huge.csv")
	out, err := os.Create(path)
	b.must(err)
	many(out, 100_000)
	b.must(out.Close())
	in, err := os.Open(path)
	b.must(err)
	defer in.Close()
	var first, most uint64
	steps := 0
	b.files.d.Step = func(File) {
		if steps++; steps%20 != 2 {
			return
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if first == 0 {
			first = m.HeapAlloc
		}
		most = max(most, m.HeapAlloc)
	}
	f, err := b.files.Take(bg, b.dan, KindOrders, b.toKestrel, "huge.csv", nil, in)
	b.must(err)
	b.work()
	if got := tally(b.get(b.dan, f.ID)); got != "ready rows=100000 wrong=0 dropped=0 groups=5000 clean=5000 map[]" {
		t.Fatal(got)
	}
	if grown := int64(most) - int64(first); grown > 8<<20 {
		t.Errorf("reading grew by %d MB over its first steps", grown>>20)
	}
	t.Logf("100,000 lines: %d steps, heap %d KB at first, %d KB at most", steps, first>>10, most>>10)
	b.must(b.files.Apply(bg, b.dan, f.ID, nil))
	for range 3 {
		_, err := b.files.Turn(bg)
		b.must(err)
	}
	if n := b.orders(); n != 3*slice {
		t.Errorf("%d orders after three turns", n)
	}
}

const (
	childEnv = "ENTENTE_BATCH_CHILD"
	stepsEnv = "ENTENTE_BATCH_STEPS"
)

// TestKilledAndResumed kills a process at many steps of a file of 4,000 lines, while it
// is read and while it is applied. Every row is read once and every order placed once.
func TestKilledAndResumed(t *testing.T) {
	if dir := os.Getenv(childEnv); dir != "" {
		killedChild(t, dir)
		return
	}
	t.Parallel()
	dir := t.TempDir()
	b := newDesk(t, openAt(t, dir), dir)
	b.fill()
	f, err := b.files.Take(bg, b.dan, KindOrders, b.toKestrel, "x.csv", nil, strings.NewReader(manyText(4000)))
	b.must(err)
	b.must(b.db.Close())
	killed := func(steps int) {
		t.Helper()
		c := exec.Command(os.Args[0], "-test.run=^TestKilledAndResumed$", "-test.v")
		c.Env = append(os.Environ(), childEnv+"="+dir, stepsEnv+"="+strconv.Itoa(steps))
		out, err := c.CombinedOutput()
		ws, ok := c.ProcessState.Sys().(syscall.WaitStatus)
		if err == nil || !ok || !ws.Signaled() || ws.Signal() != syscall.SIGKILL {
			t.Fatalf("not killed: %v\n%s", err, out)
		}
	}
	for _, n := range []int{1, 1, 3, 2} { // while it is read: 8 steps and the last
		killed(n)
	}
	reopen := func() {
		b.db = openAt(t, dir)
		b.serve(dir, nil)
	}
	reopen()
	if f = b.get(b.dan, f.ID); f.State != Reading || f.Read != 7*step {
		t.Fatalf("%s after %d rows", f.State, f.Read)
	}
	b.work()
	if got := tally(b.get(b.dan, f.ID)); got != "ready rows=4000 wrong=0 dropped=0 groups=200 clean=200 map[]" {
		t.Fatal(got)
	}
	b.must(b.files.Apply(bg, b.dan, f.ID, nil))
	b.must(b.db.Close())
	for _, n := range []int{1, 17, 39, 41, 1} {
		killed(n)
	}
	reopen()
	if n := b.orders(); n != 99 {
		t.Errorf("%d orders stand, want 99", n)
	}
	b.work()
	if got := tally(b.get(b.dan, f.ID)); got != "done rows=4000 wrong=0 dropped=0 groups=200 clean=0 map[made:200]" || b.orders() != 200 || b.arrivals() != 0 {
		t.Error(got, b.orders(), b.arrivals())
	}
	b.must(b.db.Close())
}

func openAt(t testing.TB, dir string) *db.DB {
	t.Helper()
	d, err := db.Open(bg, filepath.Join(dir, "data.db"), db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := migrate.Up(bg, d); err != nil {
		t.Fatal(err)
	}
	return d
}

// killedChild works until it kills itself, after some steps.
func killedChild(t *testing.T, dir string) {
	left, err := strconv.Atoi(os.Getenv(stepsEnv))
	if err != nil {
		t.Fatal(err)
	}
	b := newDesk(t, openAt(t, dir), dir)
	var done atomic.Int64
	b.serve(dir, func(File) {
		if int(done.Add(1)) == left {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	})
	b.work()
	t.Error("came to the end")
}

// TestErrorFile: the rows that are not taken, as they stood in the file.
func TestErrorFile(t *testing.T) {
	each(t, func(t *testing.T, b *desk) {
		f := b.take(b.dan, KindOrders, b.toKestrel, two)
		var got []string
		b.must(b.files.Errors(bg, b.dan, f.ID, func(cells []string, r Row) error {
			got = append(got, strings.Join(cells, ",")+" "+wrongs([]Row{r}))
			return nil
		}))
		if want := "PO-2,AUR-03,many,, 4:quantity:sheet.number|PO-2,AUR-XX,1,, 5:item:trade.item_unknown"; strings.Join(got, "|") != want {
			t.Error(got)
		}
	})
}

// checked is what companies agreed where a ship-to is to be known to the supplier.
type checked struct{ trade.Agreed }

func (checked) ChecksLocation(context.Context, string, string, string) (bool, error) {
	return true, nil
}
func (checked) PricedBy(context.Context, string) (string, string, error) { return "", "", nil }
func (checked) FreeGoods(context.Context, string) (string, error) {
	return trade.FreeAsOrdered, nil
}

// TestFileToAnUnknownAddress: an order of a file is held for an address that nobody knows, as
// one of the same file by EDI is.
func TestFileToAnUnknownAddress(t *testing.T) {
	each(t, func(t *testing.T, b *desk) {
		b.trade.Heed(location.New(b.db, silent{}), checked{})
		f := b.take(b.dan, KindOrders, b.toKestrel, "Order no,Item,Qty\nPO-1,AUR-01,5\n")
		b.apply(b.dan, f.ID, Head{"ship_name": "Kestrel York", "ship_city": "York"})
		groups, err := b.files.Groups(bg, b.dan, f.ID, 0, 10)
		b.must(err)
		d, err := b.trade.Get(bg, b.dan, trade.OrderID(groups[0].Subject))
		b.must(err)
		if d.Held != trade.HeldLocation || d.Place == nil || d.Place.Code.Code != "kestrel york, york" {
			t.Errorf("%q %+v", d.Held, d.Place)
		}
	})
}
