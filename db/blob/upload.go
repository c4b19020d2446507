package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"entente/db"
	"entente/prm/fault"
)

// Uploads are files that people bring. They have a table and a folder of their own: what
// EDI acknowledged lies in another, where nothing is ever deleted.
//
// Bytes that nothing names any more go in two steps, each after a time of grace: first their
// row is marked, and when nothing named them since, row and file are deleted. Who keeps equal
// bytes meanwhile takes the mark off in the transaction that names them, on the locked row;
// so a sweep deletes no row that is being named. A file goes only when it was not written
// again within the grace: it is put aside, looked at, and put back if it was.
type uploads struct {
	before *Store   // where they lay before; may be nil
	names  []string // queries of hashes that something names
	sizes  []string // queries of the sum of bytes of a company, with one "?"
	most   int64    // bytes of a company; 0: no bound
}

// Grace is how long bytes stay that nothing names, and again once they are marked.
const Grace = 24 * time.Hour

const goingPrefix = ".going-"

// UploadOptions make a store of uploads. Before is where they lay earlier. Names are
// conditions on the column u.hash under which something names it; Sizes are queries of the
// bytes that a company keeps, with its id as the one argument. Most bounds these; 0 does not.
type UploadOptions struct {
	Before *Store
	Names  []string
	Sizes  []string
	Most   int64
	Beside bool // read in a second process: make no folder
}

// NewUploads makes a store of uploads in the folder dir.
func NewUploads(d *db.DB, dir string, o UploadOptions) (*Store, error) {
	s := Beside(d, dir)
	if !o.Beside {
		var err error
		if s, err = New(d, dir); err != nil {
			return nil, err
		}
	}
	s.up = &uploads{o.Before, o.Names, o.Sizes, o.Most}
	return s, nil
}

func (s *Store) table() string {
	if s.up != nil {
		return "upload"
	}
	return "blob"
}

// Used is how many bytes a company keeps, and how many it may; 0 is without a bound.
func (s *Store) Used(ctx context.Context, org string) (used, most int64, err error) {
	err = s.db.View(db.WithOrgs(ctx, org), func(ctx context.Context) (err error) {
		used, err = s.used(ctx, org)
		return err
	})
	return used, s.up.most, err
}

func (s *Store) used(ctx context.Context, org string) (sum int64, err error) {
	for _, q := range s.up.sizes {
		n := int64(0)
		if _, err := db.Row(ctx, q, []any{org}, &n); err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// InsertFor adds the row of an upload in the transaction of ctx, for a company that names it
// in the same transaction. Equal bytes are stored once, and counted for each that names them.
// Codes: TooLarge (the company would keep more than it may).
func (s *Staged) InsertFor(ctx context.Context, org string) error {
	if s.store == nil || s.store.up == nil {
		return s.Insert(ctx)
	}
	if most := s.store.up.most; most > 0 {
		if db.DialectOf(ctx) == db.Postgres { // two at once would both find room; on SQLite one writes
			if _, err := db.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", "quota:"+org); err != nil {
				return err
			}
		}
		used, err := s.store.used(ctx, org)
		if err != nil {
			return err
		}
		if used+s.Size > most {
			return fault.New(fault.TooLarge, "error.quota", "Used", megabytes(used), "Most", megabytes(most))
		}
	}
	place, data := placeFile, any(nil)
	if s.Size <= Inline {
		place, data = placeRow, s.small
	}
	now := db.Micros(db.Now(ctx))
	_, err := db.Exec(ctx, "INSERT INTO upload (hash, size, place, data, created, marked) VALUES (?, ?, ?, ?, ?, 0) ON CONFLICT (hash) DO UPDATE SET marked = 0", s.Hash, s.Size, place, data, now)
	return db.Translate(err)
}

// megabytes are as people read them, rounded up.
func megabytes(n int64) int64 { return (n + 1<<20 - 1) >> 20 }

// Swept is what a sweep did, or would do.
type Swept struct {
	Marked  int64 `json:"marked"`  // that nothing names, from now on
	Deleted int64 `json:"deleted"` // that nothing named for long enough
	Bytes   int64 `json:"bytes"`   // of these
	Files   int64 `json:"files"`   // without a row, deleted
}

func (s *Swept) add(o Swept) {
	s.Marked, s.Deleted, s.Bytes, s.Files = s.Marked+o.Marked, s.Deleted+o.Deleted, s.Bytes+o.Bytes, s.Files+o.Files
}

// Parts is into how many parts a sweep is cut, by the first byte of the hash.
const Parts = 256

// SweepAll sweeps all parts. dry says what it would do, and does nothing.
func (s *Store) SweepAll(ctx context.Context, dry bool) (Swept, error) {
	var out Swept
	for part := range Parts {
		got, err := s.SweepPart(ctx, part, dry)
		if err != nil {
			return out, err
		}
		out.add(got)
	}
	return out, nil
}

// SweepHourly sweeps a share of the parts, so that all had their turn in a day. A scheduled
// job; safe to repeat.
func (s *Store) SweepHourly(ctx context.Context) error {
	const share = (Parts + 23) / 24
	first := int(db.Now(ctx).Unix()/3600) * share
	for i := range share {
		if _, err := s.SweepPart(ctx, (first+i)%Parts, false); err != nil {
			return err
		}
	}
	return nil
}

// onePart bounds what a part deletes at once; the rest has its turn a day later.
const onePart = 2000

// SweepPart sweeps the hashes that begin with one byte.
func (s *Store) SweepPart(ctx context.Context, part int, dry bool) (Swept, error) {
	var out Swept
	if s.up == nil {
		return out, errors.New("blob: payloads are never deleted")
	}
	from, to := hex.EncodeToString([]byte{byte(part)}), "g"
	if part < Parts-1 {
		to = hex.EncodeToString([]byte{byte(part + 1)})
	}
	named := "(" + strings.Join(s.up.names, " OR ") + ")"
	var gone []row
	work := s.db.InTx
	if dry {
		work = s.db.View
	}
	err := work(ctx, func(ctx context.Context) error {
		out, gone = Swept{}, nil
		now := db.Now(ctx)
		cutoff := db.Micros(now.Add(-Grace))
		if dry {
			_, err := db.Row(ctx, "SELECT COUNT(*) FROM upload u WHERE u.hash >= ? AND u.hash < ? AND u.marked = 0 AND u.created < ? AND NOT "+named, []any{from, to, cutoff}, &out.Marked)
			if err != nil {
				return err
			}
			_, err = db.Row(ctx, "SELECT COUNT(*), COALESCE(SUM(u.size), 0) FROM upload u WHERE u.hash >= ? AND u.hash < ? AND u.marked > 0 AND u.marked < ? AND NOT "+named, []any{from, to, cutoff}, &out.Deleted, &out.Bytes)
			return err
		}
		if _, err := db.Exec(ctx, "UPDATE upload AS u SET marked = 0 WHERE u.hash >= ? AND u.hash < ? AND u.marked > 0 AND "+named, from, to); err != nil {
			return err
		}
		if err := db.Tx(ctx).Raw("SELECT u.hash, u.size, u.place, u.created FROM upload u WHERE u.hash >= ? AND u.hash < ? AND u.marked > 0 AND u.marked < ? ORDER BY u.hash LIMIT ?", from, to, cutoff, onePart).Scan(&gone).Error; err != nil {
			return err
		}
		kept := gone[:0]
		for _, r := range gone {
			n, err := db.Exec(ctx, "DELETE FROM upload AS u WHERE u.hash = ? AND u.marked > 0 AND u.marked < ? AND NOT "+named, r.Hash, cutoff)
			if err != nil {
				return err
			}
			if n == 1 {
				kept = append(kept, r)
				out.Deleted++
				out.Bytes += r.Size
			}
		}
		gone = kept
		n, err := db.Exec(ctx, "UPDATE upload AS u SET marked = ? WHERE u.hash >= ? AND u.hash < ? AND u.marked = 0 AND u.created < ? AND NOT "+named, db.Micros(now), from, to, cutoff)
		out.Marked = n
		return err
	})
	if err != nil {
		return Swept{}, err
	}
	cutoff := time.Now().Add(-Grace) // of files, by the clock of the machine
	for _, r := range gone {
		if r.Place == placeFile {
			if _, err := s.drop(r.Hash, cutoff); err != nil {
				return out, err
			}
		}
	}
	out.Files, err = s.sweepFiles(ctx, from, cutoff, dry)
	return out, err
}

// drop deletes a file that was not written since cutoff.
func (s *Store) drop(hash string, cutoff time.Time) (bool, error) {
	path, aside := s.path(hash), filepath.Join(s.dir, goingPrefix+hash)
	switch err := os.Rename(path, aside); {
	case errors.Is(err, os.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	}
	info, err := os.Stat(aside)
	if err != nil {
		return false, err
	}
	if info.ModTime().After(cutoff) { // somebody is about to name it
		return false, os.Rename(aside, path)
	}
	return true, os.Remove(aside)
}

// sweepFiles deletes files of a part that have no row: a process was killed before it
// committed, or after a row was deleted.
func (s *Store) sweepFiles(ctx context.Context, folder string, cutoff time.Time, dry bool) (n int64, err error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, folder))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		if !validHash.MatchString(e.Name()) {
			continue
		}
		if info, err := e.Info(); err != nil || info.ModTime().After(cutoff) {
			continue
		}
		there := int64(0)
		if err := s.db.View(ctx, func(ctx context.Context) error {
			_, err := db.Row(ctx, "SELECT COUNT(*) FROM upload WHERE hash = ?", []any{e.Name()}, &there)
			return err
		}); err != nil {
			return n, err
		}
		if there > 0 {
			continue
		}
		if dry {
			n++
			continue
		}
		switch dropped, err := s.drop(e.Name(), cutoff); {
		case err != nil:
			return n, err
		case dropped:
			n++
		}
	}
	return n, nil
}

// Verify reads every upload that is not marked and tells of those whose bytes are missing or
// other than their hash says. It returns how many and how many bytes it compared.
func (s *Store) Verify(ctx context.Context, wrong func(hash string)) (n, size int64, err error) {
	after := ""
	for {
		var rows []row
		if err := s.db.View(ctx, func(ctx context.Context) error {
			return db.Tx(ctx).Raw("SELECT hash, size FROM upload WHERE hash > ? AND marked = 0 ORDER BY hash LIMIT 200", after).Scan(&rows).Error
		}); err != nil || len(rows) == 0 {
			return n, size, err
		}
		for _, r := range rows {
			after = r.Hash
			n, size = n+1, size+r.Size
			if !s.intact(ctx, r.Hash) {
				wrong(r.Hash)
			}
		}
	}
}

func (s *Store) intact(ctx context.Context, hash string) bool {
	f, err := s.Open(ctx, hash)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return err == nil && sum(h) == hash
}
