package sftp

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/pkg/sftp"
)

// entry is one line of a folder.
type entry struct {
	name string
	size int64
	at   time.Time
	mode fs.FileMode
}

const (
	fileMode = fs.FileMode(0o640)
	dirMode  = fs.ModeDir | 0o750
)

// Name is the name in its folder.
func (e entry) Name() string { return e.name }

// Size is in bytes.
func (e entry) Size() int64 { return e.size }

// Mode is fileMode or dirMode.
func (e entry) Mode() fs.FileMode { return e.mode }

// ModTime is when it came.
func (e entry) ModTime() time.Time { return e.at }

// IsDir says that it is a folder.
func (e entry) IsDir() bool { return e.mode.IsDir() }

// Sys is nothing.
func (e entry) Sys() any { return nil }

// Filelist lists a folder or describes one file.
func (t *tree) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	ctx, pl, err := t.ask(r.Filepath)
	if err != nil {
		return nil, t.status(err)
	}
	switch r.Method {
	case "List":
		if pl.name != "" {
			return nil, t.status(errMissing)
		}
		if err := t.take(); err != nil {
			return nil, t.status(err)
		}
		list, err := t.list(ctx, pl)
		if err != nil {
			t.handles.Add(-1)
			return nil, t.status(err)
		}
		return &lister{list, t}, nil
	case "Stat":
		e, err := t.find(ctx, pl)
		if err != nil {
			return nil, t.status(err)
		}
		return entries{e}, nil
	}
	return nil, t.status(errDenied) // there are no links to read
}

func (t *tree) list(ctx context.Context, pl place) (entries, error) {
	began := t.srv.began
	switch pl.folder {
	case "/":
		return entries{{"in", 0, began, dirMode}, {"out", 0, began, dirMode}}, nil
	case "/in":
		out := entries{{".errors", 0, began, dirMode}}
		parts, err := t.srv.spool.parts(t.actor.Org)
		for _, p := range parts {
			out = append(out, p.entry())
		}
		return out, err
	}
	folder, _ := pl.mail()
	files, err := t.srv.mailbox.List(ctx, t.actor, folder)
	out := make(entries, 0, len(files))
	for _, f := range files {
		out = append(out, f.entry())
	}
	return out, err
}

func (p part) entry() entry { return entry{p.name, p.size, p.at, fileMode} }
func (f File) entry() entry { return entry{f.Name, f.Size, f.At, fileMode} }

// find describes one file or folder. What was taken in this session is still found
// under its name: clients look whether all of it arrived.
func (t *tree) find(ctx context.Context, pl place) (entry, error) {
	if pl.name == "" {
		return entry{path.Base(pl.folder), 0, t.srv.began, dirMode}, nil
	}
	if pl.folder == "/in" {
		if p, ok := t.srv.spool.stat(t.actor.Org, pl.name); ok {
			return p.entry(), nil
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		if e, ok := t.taken[pl.name]; ok {
			return e, nil
		}
		return entry{}, errMissing
	}
	folder, _ := pl.mail()
	f, err := t.srv.mailbox.Stat(ctx, t.actor, folder, pl.name)
	return f.entry(), err
}

// entries is a list as the library reads it.
type entries []entry

// ListAt copies entries from offset on.
func (l entries) ListAt(to []os.FileInfo, offset int64) (int, error) {
	if offset >= int64(len(l)) {
		return 0, io.EOF
	}
	n := 0
	for _, e := range l[offset:] {
		if n == len(to) {
			return n, nil
		}
		to[n] = e
		n++
	}
	return n, io.EOF
}

// lister is an open folder.
type lister struct {
	entries
	tree *tree
}

// Close gives the handle back.
func (l *lister) Close() error {
	l.tree.handles.Add(-1)
	return nil
}
