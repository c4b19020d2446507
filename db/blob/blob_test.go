package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"entente/db"
	"entente/db/blob"
	"entente/db/dbtest"
	"entente/prm/fault"
)

func open(t *testing.T, d *db.DB) (*blob.Store, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "blobs")
	s, err := blob.New(d, dir)
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	if err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			names = append(names, rel)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return names
}

func insert(t *testing.T, d *db.DB, st *blob.Staged) {
	t.Helper()
	if err := d.InTx(context.Background(), st.Insert); err != nil {
		t.Fatal(err)
	}
}

func payload(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 31 / 7)
	}
	return b
}

func same(t *testing.T, r io.ReadSeekCloser, want []byte) {
	t.Helper()
	defer func() { _ = r.Close() }()
	for range 2 {
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes read, %v; want %d", len(got), err, len(want))
		}
		if _, err := r.Seek(0, io.SeekStart); err != nil {
			t.Error(err)
		}
	}
}

// Every size comes back as it went in, from the row up to 64 KiB, from a file
// above; equal bytes are stored once.
func TestKeepsEverySize(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, dir := open(t, d)
		for _, n := range []int{0, 1, 4095, 4096, blob.Inline - 1, blob.Inline, blob.Inline + 1, 1 << 20} {
			want := payload(n)
			sum := sha256.Sum256(want)
			before := len(files(t, dir))
			var st *blob.Staged
			for range 2 {
				var err error
				if st, err = s.Stage(context.Background(), bytes.NewReader(want), int64(n)); err != nil {
					t.Fatalf("%d bytes: %v", n, err)
				}
				if st.Hash != hex.EncodeToString(sum[:]) || st.Size != int64(n) {
					t.Fatalf("%d bytes: staged as %+v", n, st)
				}
				r, err := st.Bytes()
				if err != nil {
					t.Fatal(err)
				}
				same(t, r, want)
				insert(t, d, st)
			}
			r, err := s.Open(context.Background(), st.Hash)
			if err != nil {
				t.Fatalf("%d bytes: %v", n, err)
			}
			same(t, r, want)
			wantFiles := 0
			if n > blob.Inline {
				wantFiles = 1
			}
			if got := len(files(t, dir)) - before; got != wantFiles {
				t.Errorf("%d bytes made %d files, want %d", n, got, wantFiles)
			}
		}
	})
}

type broken struct{ after int }

func (b *broken) Read(p []byte) (int, error) {
	if b.after <= 0 {
		return 0, errors.New("the sender hung up")
	}
	n := min(len(p), b.after)
	b.after -= n
	return n, nil
}

// Over the limit, or broken off: refused, and nothing is left behind.
func TestRefusalLeavesNothing(t *testing.T) {
	d := dbtest.One(t)
	s, dir := open(t, d)
	for _, c := range []struct {
		name  string
		r     io.Reader
		limit int64
		code  fault.Code
	}{
		{"small over", bytes.NewReader(payload(101)), 100, fault.TooLarge},
		{"large over", bytes.NewReader(payload(1 << 20)), 1<<20 - 1, fault.TooLarge},
		{"endless", endless{}, 3 << 20, fault.TooLarge},
		{"small broken", &broken{100}, 1 << 20, fault.Unavailable},
		{"large broken", &broken{500_000}, 1 << 20, fault.Unavailable},
		{"small cut off", io.MultiReader(bytes.NewReader(payload(100)), iotest.ErrReader(io.ErrUnexpectedEOF)), 1 << 20, fault.Invalid},
		{"large cut off", io.MultiReader(bytes.NewReader(payload(500_000)), iotest.ErrReader(io.ErrUnexpectedEOF)), 1 << 20, fault.Invalid},
	} {
		if _, err := s.Stage(context.Background(), c.r, c.limit); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Stage(ctx, bytes.NewReader(payload(1<<20)), 1<<30); err == nil {
		t.Error("staged under an ended context")
	}
	for _, size := range []int{0, 100, 1 << 20} {
		seen, refused := 0, fault.InvalidField("file", "room.file_barred")
		_, err := s.StageIf(context.Background(), bytes.NewReader(payload(size)), 1<<20, func(in io.ReadSeeker) error {
			if _, writes := in.(io.Writer); writes {
				t.Error("who looks at a payload may write it")
			}
			b, err := io.ReadAll(in)
			if seen = len(b); err != nil {
				return err
			}
			return refused
		})
		if fault.CodeOf(err) != fault.Invalid || seen != size {
			t.Errorf("%d of %d bytes seen, %v", seen, size, err)
		}
	}
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// A row that was rolled back is not there; a hash is not a path; a damaged file
// is noticed.
func TestOpenRefuses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, dir := open(t, d)
		ctx := context.Background()
		st, err := s.Stage(ctx, bytes.NewReader(payload(100_000)), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		boom := errors.New("boom")
		if err := d.InTx(ctx, func(ctx context.Context) error {
			if err := st.Insert(ctx); err != nil {
				return err
			}
			return boom
		}); !errors.Is(err, boom) {
			t.Fatal(err)
		}
		for _, h := range []string{st.Hash, "", "..", "../../etc/passwd", strings.Repeat("a", 64), strings.ToUpper(st.Hash)} {
			if _, err := s.Open(ctx, h); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("open %q: %v", h, err)
			}
		}
		insert(t, d, st)
		if err := os.Truncate(filepath.Join(dir, st.Hash[:2], st.Hash), 99_999); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Open(ctx, st.Hash); fault.CodeOf(err) != fault.Internal {
			t.Errorf("a damaged file: %v", err)
		}
	})
}

// Staging files of a process that died are removed at start, payloads stay.
func TestOrphansAreRemoved(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, dir := open(t, d)
		st, err := s.Stage(context.Background(), bytes.NewReader(payload(100_000)), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		insert(t, d, st)
		orphan, young := filepath.Join(dir, ".staging-1"), filepath.Join(dir, ".staging-2")
		for _, f := range []string{orphan, young} {
			if err := os.WriteFile(f, []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		old := time.Now().Add(-2 * time.Hour)
		if err := os.Chtimes(orphan, old, old); err != nil {
			t.Fatal(err)
		}
		again, err := blob.New(d, dir)
		if err != nil {
			t.Fatal(err)
		}
		want := 1 // on SQLite nobody else can be writing
		if d.Dialect() == db.Postgres {
			want = 2 // another node may be
		}
		if got := files(t, dir); len(got) != want {
			t.Errorf("left: %v, want %d", got, want)
		}
		r, err := again.Open(context.Background(), st.Hash)
		if err != nil {
			t.Fatal(err)
		}
		same(t, r, payload(100_000))
	})
}

// Many senders of the same bytes at once end with one payload.
func TestTogether(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, dir := open(t, d)
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				n := 70_000 + i%2
				st, err := s.Stage(context.Background(), bytes.NewReader(payload(n)), 1<<20)
				if err == nil {
					err = d.InTx(context.Background(), st.Insert)
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if got := files(t, dir); len(got) != 2 {
			t.Errorf("files %v, want 2", got)
		}
	})
}
