package sftp

import (
	"encoding/base32"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// spool keeps what is being uploaded: one file for each company and name, named by
// the name in base32, and whether the client closed it.
type spool struct {
	dir   string
	limit int64 // bytes of one file

	mu     sync.Mutex
	open   map[string]*upload // by path without ending
	claims int
}

// The endings of a spool file: open is being written or broke off, kept was closed by
// its client and waits to be renamed, taking is being taken in.
const (
	endOpen   = ".open"
	endKept   = ".kept"
	endTaking = ".taking"
)

const (
	maxPending = 32             // unfinished files of one company
	keepFor    = 24 * time.Hour // how long an unfinished file waits
	unnamedFor = time.Hour      // how long a closed one is safe from being thrown away for another
	maxRanges  = 1024           // of one upload written out of order
)

var (
	errDenied  = fs.ErrPermission
	errMissing = fs.ErrNotExist
	errFailed  = errors.New("failure")
	errTooBig  = errors.New("too large")
)

// errFull is told in its words: the person at the client can mend it.
var errFull = errors.New(strconv.Itoa(maxPending) + " files of your company are unfinished: finish or remove one, then send this one again")

var plain32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func newSpool(dir string, limit int64) (*spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return &spool{dir: dir, limit: limit, open: map[string]*upload{}}, nil
}

func (s *spool) path(org, name string) string {
	return filepath.Join(s.dir, plain32.EncodeToString([]byte(org)), plain32.EncodeToString([]byte(name)))
}

// part is an unfinished file.
type part struct {
	name string
	size int64
	at   time.Time
	kept bool // its client closed it
}

// parts lists the unfinished files of a company, by name.
func (s *spool) parts(org string) ([]part, error) {
	entries, err := os.ReadDir(filepath.Dir(s.path(org, "x")))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var out []part
	for _, e := range entries {
		stem, end := e.Name(), filepath.Ext(e.Name())
		name, err := plain32.DecodeString(strings.TrimSuffix(stem, end))
		info, gone := e.Info()
		if err != nil || gone != nil || end != endOpen && end != endKept {
			continue
		}
		out = append(out, part{string(name), info.Size(), info.ModTime(), end == endKept})
	}
	slices.SortFunc(out, func(a, b part) int { return strings.Compare(a.name, b.name) })
	return out, err
}

// stat finds one unfinished file.
func (s *spool) stat(org, name string) (part, bool) {
	for _, end := range []string{endOpen, endKept} {
		if info, err := os.Lstat(s.path(org, name) + end); err == nil {
			return part{name, info.Size(), info.ModTime(), end == endKept}, true
		}
	}
	return part{}, false
}

// create begins an upload, or goes on with what is there unless trunc. Whoever still
// has the file open loses it: a client that comes back after a break is not kept out
// by its own dead connection.
func (s *spool) create(org, name string, trunc, excl bool) (*upload, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	there, found := s.stat(org, name)
	if found && excl {
		return nil, errFailed
	}
	if !found {
		if list, err := s.parts(org); err != nil {
			return nil, err
		} else if len(list) >= maxPending && !s.makeRoom(org, list) {
			return nil, errFull
		}
	}
	path := s.path(org, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if old := s.open[path]; old != nil {
		old.lose()
	}
	if found && there.kept {
		if err := os.Rename(path+endKept, path+endOpen); err != nil {
			return nil, err
		}
	}
	if trunc { // a new file, so that a lost writer cannot reach it
		if err := os.Remove(path + endOpen); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	f, err := os.OpenFile(path+endOpen, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	u := &upload{spool: s, path: path, name: name, f: f, fresh: trunc || !found}
	if !u.fresh {
		u.base = there.size
		u.have = []span{{0, there.size}}
	}
	s.open[path] = u
	return u, nil
}

// makeRoom throws away the oldest of a company's unfinished files that broke off, else the
// oldest that has waited for its name for long: a client that never comes back to what it
// began must not keep itself out for a day.
func (s *spool) makeRoom(org string, list []part) bool {
	var oldest *part
	for i := range list {
		p := &list[i]
		if s.open[s.path(org, p.name)] != nil || p.kept && time.Since(p.at) < unnamedFor {
			continue
		}
		if oldest == nil || oldest.kept && !p.kept || oldest.kept == p.kept && p.at.Before(oldest.at) {
			oldest = p
		}
	}
	if oldest == nil {
		return false
	}
	path := s.path(org, oldest.name)
	return dropFile(path+endOpen) == nil && dropFile(path+endKept) == nil
}

// remove throws an unfinished file away.
func (s *spool) remove(org, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, found := s.stat(org, name); !found {
		return errMissing
	}
	path := s.path(org, name)
	if u := s.open[path]; u != nil {
		u.lose()
		delete(s.open, path)
	}
	return errors.Join(dropFile(path+endOpen), dropFile(path+endKept))
}

// claim takes a file that its client closed out of everybody's reach, to be taken in.
// settle ends it: the file is gone when it was taken, and back in its place when not.
func (s *spool) claim(org, name string) (f *os.File, settle func(taken bool), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, found := s.stat(org, name)
	switch {
	case !found:
		return nil, nil, errMissing
	case !p.kept:
		return nil, nil, errFailed // still written, or broken off
	}
	s.claims++
	path := s.path(org, name)
	mine := path + "." + strconv.Itoa(s.claims) + endTaking
	if err := os.Rename(path+endKept, mine); err != nil {
		return nil, nil, err
	}
	if f, err = os.Open(mine); err != nil {
		return nil, nil, err
	}
	return f, func(taken bool) {
		_ = f.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, again := s.stat(org, name); taken || again {
			_ = dropFile(mine)
			return
		}
		_ = os.Rename(mine, path+endKept)
	}, nil
}

// rename gives a file that its client closed another hidden name.
func (s *spool) rename(org, from, to string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, found := s.stat(org, from)
	switch {
	case !found:
		return errMissing
	case !p.kept || s.open[s.path(org, to)] != nil:
		return errFailed
	}
	if err := dropFile(s.path(org, to) + endOpen); err != nil {
		return err
	}
	return os.Rename(s.path(org, from)+endKept, s.path(org, to)+endKept)
}

// sweep throws away what nobody came back for.
func (s *spool) sweep(now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return nil // gone meanwhile
		}
		stem := strings.TrimSuffix(path, filepath.Ext(path))
		if s.open[stem] == nil && now.Sub(info.ModTime()) > keepFor {
			return dropFile(path)
		}
		return nil
	})
}

func dropFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

type span struct{ from, to int64 }

// upload is a file being written by one handle.
type upload struct {
	spool *spool
	path  string
	name  string

	mu     sync.Mutex
	f      *os.File
	fresh  bool   // it began empty
	base   int64  // bytes that were there when it was opened
	have   []span // what is written, in order, without touching neighbours
	wrote  int64  // end of the furthest write
	failed error
	broken bool // the connection ended before the client closed it
	lost   bool // somebody else has the file now
}

func (u *upload) lose() {
	u.mu.Lock()
	u.lost = true
	u.mu.Unlock()
}

// WriteAt writes a piece; pieces may come in any order.
func (u *upload) WriteAt(p []byte, off int64) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	end := off + int64(len(p))
	switch {
	case u.lost || u.failed != nil:
		return 0, errFailed
	case off < 0 || end < off || end > u.spool.limit:
		u.failed = errTooBig
		return 0, errFailed
	}
	n, err := u.f.WriteAt(p, off)
	if err != nil {
		u.failed = err
		return n, errFailed
	}
	if n > 0 {
		u.wrote = max(u.wrote, end)
		u.note(span{off, end})
	}
	return n, nil
}

// note adds a written span.
func (u *upload) note(n span) {
	i, _ := slices.BinarySearchFunc(u.have, n.from, func(s span, from int64) int {
		switch {
		case s.to < from:
			return -1
		case s.to > from:
			return 1
		}
		return 0
	})
	j := i
	for j < len(u.have) && u.have[j].from <= n.to {
		n.from, n.to = min(n.from, u.have[j].from), max(n.to, u.have[j].to)
		j++
	}
	u.have = slices.Replace(u.have, i, j, n)
	if len(u.have) > maxRanges {
		u.failed = errFailed
	}
}

// whole says that the file has no hole and no tail of an older one.
func (u *upload) whole() bool {
	if len(u.have) == 0 {
		return u.fresh // empty
	}
	return len(u.have) == 1 && u.have[0].from == 0 && (u.fresh || u.wrote >= u.base)
}

// TransferError notes that the connection ended with the file open.
func (u *upload) TransferError(error) {
	u.mu.Lock()
	u.broken = true
	u.mu.Unlock()
}

// end closes the file. complete says that the client closed it and that it is whole
// and still its own; then the spool holds it as kept. What broke off waits to be
// resumed; what failed is thrown away.
func (u *upload) end() (complete bool, err error) {
	u.spool.mu.Lock()
	defer u.spool.mu.Unlock()
	u.mu.Lock()
	defer u.mu.Unlock()
	err = u.f.Close()
	if u.lost {
		return false, errFailed
	}
	delete(u.spool.open, u.path)
	switch {
	case u.failed != nil:
		return false, errors.Join(errFailed, dropFile(u.path+endOpen))
	case u.broken:
		return false, nil
	case err != nil:
		return false, err
	case !u.fresh && u.wrote == 0: // opened and closed: nothing happened
		return false, nil
	case !u.whole():
		return false, errors.Join(errFailed, dropFile(u.path+endOpen))
	}
	return true, os.Rename(u.path+endOpen, u.path+endKept)
}
