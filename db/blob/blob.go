// Package blob keeps raw payloads and attachments by the SHA-256 of their bytes.
//
// Up to 64 KiB lie in a table, written in the caller's transaction. Larger ones
// are a file: written under a temporary name, forced to disk, renamed, the
// folder forced too, all before the row exists. So a row never points at bytes
// that a crash could take away; at worst a file has no row, which harms nobody.
// Equal bytes are stored once.
package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"entente/db"
	"entente/db/fail"
	"entente/prm/fault"
)

// Inline is the largest payload kept in the table, in bytes.
const Inline = 64 << 10

// The places of a payload.
const (
	placeRow  = "row"
	placeFile = "file"
)

// Store keeps payloads in the table blob and in one folder. On several nodes the
// folder is shared.
type Store struct {
	db  *db.DB
	dir string

	up *uploads // nil: payloads that are never deleted
}

type row struct {
	Hash    string `gorm:"primaryKey"`
	Size    int64
	Place   string
	Data    *[]byte
	Created int64
}

func (row) TableName() string { return "blob" }

const tempPrefix = ".staging-"

// stale is the age after which a staging file has no living owner.
const stale = time.Hour

// New makes the store with its folder dir, which is created when missing.
// Staging files that nobody can be writing any more are removed.
func New(d *db.DB, dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("blob folder: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("blob folder: %w", err)
	}
	for _, e := range entries {
		if hash, ok := strings.CutPrefix(e.Name(), goingPrefix); ok && validHash.MatchString(hash) {
			s := Store{dir: dir} // a sweep was killed: it goes back, and is looked at again
			if err := os.MkdirAll(filepath.Dir(s.path(hash)), 0o700); err == nil {
				_ = os.Rename(filepath.Join(dir, e.Name()), s.path(hash))
			}
			continue
		}
		if len(e.Name()) < len(tempPrefix) || e.Name()[:len(tempPrefix)] != tempPrefix {
			continue
		}
		// On SQLite one process holds the data folder: whatever is left is an orphan.
		if info, err := e.Info(); err == nil && (d.Dialect() == db.SQLite || time.Since(info.ModTime()) > stale) {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
	return &Store{db: d, dir: dir}, nil
}

// Beside is a store for reading in a second process while another one serves: it
// makes no folder and removes nothing.
func Beside(d *db.DB, dir string) *Store { return &Store{db: d, dir: dir} }

// Staged is a payload that is safe on disk or in memory, but has no row yet.
type Staged struct {
	Hash string // SHA-256, lower-case hexadecimal
	Size int64  // bytes

	store *Store
	small []byte
	trial bool
}

// Trial is a payload in memory of which Insert keeps nothing: for a transaction that is
// rolled back.
func (s *Store) Trial(b []byte) *Staged {
	h := sha256.Sum256(b)
	return &Staged{Hash: hex.EncodeToString(h[:]), Size: int64(len(b)), store: s, small: b, trial: true}
}

// Stage reads r to its end, at most limit bytes, outside any transaction: it may
// take as long as the sender does. Codes: TooLarge or Invalid (it breaks off; nothing is
// left behind of either), Unavailable (the disk).
func (s *Store) Stage(ctx context.Context, r io.Reader, limit int64) (*Staged, error) {
	return s.StageIf(ctx, r, limit, func(io.ReadSeeker) error { return nil })
}

// StageIf is Stage for a payload that is looked at before it is kept: what look refuses
// leaves nothing behind, and its fault is the answer.
func (s *Store) StageIf(ctx context.Context, r io.Reader, limit int64, look func(io.ReadSeeker) error) (*Staged, error) {
	h := sha256.New()
	head := make([]byte, 0, 4<<10)
	in := &counted{ctx: ctx, r: r, left: limit, hash: h}
	for len(head) <= Inline {
		if len(head) == cap(head) {
			head = append(head, 0)[:len(head)]
		}
		n, err := in.Read(head[len(head):min(cap(head), Inline+1)])
		head = head[:len(head)+n]
		if err == io.EOF {
			if err := look(bytes.NewReader(head)); err != nil {
				return nil, stageError(err)
			}
			return &Staged{Hash: sum(h), Size: int64(len(head)), store: s, small: head}, nil
		}
		if err != nil {
			return nil, stageError(err)
		}
	}
	return s.stageFile(in, head, h, look)
}

func (s *Store) stageFile(in io.Reader, head []byte, h hash.Hash, look func(io.ReadSeeker) error) (_ *Staged, err error) {
	f, err := os.CreateTemp(s.dir, tempPrefix)
	if err != nil {
		return nil, stageError(err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
			err = stageError(err)
		}
	}()
	if _, err := f.Write(head); err != nil {
		return nil, err
	}
	n, err := io.Copy(f, in)
	if err != nil {
		return nil, err
	}
	size := int64(len(head)) + n
	if err := look(io.NewSectionReader(f, 0, size)); err != nil { // nobody gets the file itself, which may be written
		return nil, err
	}
	if err := f.Sync(); err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	fail.At(fail.BlobWritten)
	st := &Staged{Hash: sum(h), Size: size, store: s}
	path := s.path(st.Hash)
	folder := filepath.Dir(path)
	if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
		if err := syncDir(s.dir); err != nil {
			return nil, err
		}
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return nil, err
	}
	if err := syncDir(folder); err != nil {
		return nil, err
	}
	fail.At(fail.BlobRenamed)
	return st, nil
}

// Bytes opens the staged payload from its beginning.
func (s *Staged) Bytes() (io.ReadSeekCloser, error) {
	if s.small != nil || s.Size == 0 {
		return memory{bytes.NewReader(s.small)}, nil
	}
	return s.store.openFile(s.Hash, s.Size)
}

// Small is the payload itself where it is held in memory. It must not be changed.
func (s *Staged) Small() ([]byte, bool) { return s.small, s.small != nil || s.Size == 0 }

// Insert adds the payload's row in the transaction of ctx, unless equal bytes
// are stored already.
func (s *Staged) Insert(ctx context.Context) error {
	if s.trial {
		return nil
	}
	place, data := placeFile, any(nil)
	if s.Size <= Inline {
		place, data = placeRow, s.small
	}
	if s.store != nil && s.store.up != nil {
		return fault.Wrap(errors.New("an upload is kept for a company"), fault.Internal, "error.internal", "Blob", s.Hash)
	}
	err := db.Later(ctx, "blob", "hash, size, place, data, created", " ON CONFLICT (hash) DO NOTHING", s.Hash, s.Size, place, data, db.Micros(db.Now(ctx)))
	return db.Translate(err)
}

// Inline reads those of some payloads that lie in the table, by hash, in one statement.
func (s *Store) Inline(ctx context.Context, hashes []string) (map[string][]byte, error) {
	out := map[string][]byte{}
	if len(hashes) == 0 {
		return out, nil
	}
	var rows []row
	err := s.db.Glance(ctx, func(ctx context.Context) error {
		return db.Tx(ctx).Where("hash IN ? AND place = ?", hashes, placeRow).Find(&rows).Error
	})
	for _, r := range rows {
		if r.Data != nil && int64(len(*r.Data)) == r.Size { // Open tells what is wrong with others
			out[r.Hash] = *r.Data
		}
	}
	return out, db.Translate(err)
}

// Open opens a payload, inside a transaction or outside. Whether the caller may
// read it is decided by who hands out the hash. Codes: NotFound (no row),
// Internal (the file is missing or has another size than its row says).
func (s *Store) Open(ctx context.Context, hash string) (io.ReadSeekCloser, error) {
	if !validHash.MatchString(hash) {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	var r row
	found := false
	err := s.db.Glance(ctx, func(ctx context.Context) (err error) {
		found, err = db.Row(ctx, "SELECT hash, size, place, data FROM "+s.table()+" WHERE hash = ?", []any{hash}, &r.Hash, &r.Size, &r.Place, &r.Data)
		return err
	})
	if err == nil && !found && s.up != nil && s.up.before != nil { // kept before there was a place for uploads
		return s.up.before.Open(ctx, hash)
	}
	if err == nil && !found {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	if err != nil {
		return nil, err
	}
	if r.Place == placeFile {
		return s.openFile(r.Hash, r.Size)
	}
	var data []byte
	if r.Data != nil {
		data = *r.Data
	}
	if int64(len(data)) != r.Size {
		return nil, damaged(hash, int64(len(data)), r.Size)
	}
	return memory{bytes.NewReader(data)}, nil
}

var validHash = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (s *Store) path(hash string) string { return filepath.Join(s.dir, hash[:2], hash) }

func (s *Store) openFile(hash string, size int64) (io.ReadSeekCloser, error) {
	f, err := os.Open(s.path(hash))
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "error.internal", "Blob", hash)
	}
	info, err := f.Stat()
	if err == nil && info.Size() != size {
		err = damaged(hash, info.Size(), size)
	}
	if err != nil {
		_ = f.Close()
		return nil, fault.Wrap(err, fault.Internal, "error.internal", "Blob", hash)
	}
	return f, nil
}

func damaged(hash string, is, want int64) error {
	return fault.Wrap(fmt.Errorf("blob %s has %d bytes, its row says %d", hash, is, want), fault.Internal, "error.internal", "Blob", hash)
}

var errLimit = fault.New(fault.TooLarge, "error.too_large")

// counted hashes what is read, stops beyond the limit and when ctx ends.
type counted struct {
	ctx  context.Context
	r    io.Reader
	left int64
	hash io.Writer
}

func (c *counted) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, errLimit
	}
	_, _ = c.hash.Write(p[:n]) // a hash never fails
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = fault.Wrap(err, fault.Invalid, "error.truncated")
	}
	return n, err
}

func stageError(err error) error {
	var f *fault.Error
	if errors.As(err, &f) {
		return err
	}
	return fault.Wrap(err, fault.Unavailable, "error.unavailable")
}

func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	return d.Sync()
}

type memory struct{ *bytes.Reader }

func (memory) Close() error { return nil }
