package sftp

import (
	"context"
	"errors"
	"io"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/sftp"

	"entente/prm/access"
	"entente/prm/fault"
)

// The bounds of one session.
const (
	maxHandles = 64
	maxTaken   = 1000 // names remembered of what was taken, for a client that looks
)

// tree is the virtual tree of one session.
type tree struct {
	srv     *Server
	actor   access.Actor
	handles atomic.Int64

	mu    sync.Mutex
	taken map[string]entry // by name in /in
}

func (t *tree) handlers() sftp.Handlers {
	return sftp.Handlers{FileGet: t, FilePut: t, FileCmd: t, FileList: t}
}

// place is where a path leads: a folder with or without a name in it.
type place struct {
	folder string // "/", "/in", "/in/.errors", "/out"
	name   string // empty: the folder itself
}

// at reads a path of a request. What could lead elsewhere is not there.
func at(p string) (place, error) {
	if len(p) > 4*MaxName || !strings.HasPrefix(p, "/") || path.Clean(p) != p {
		return place{}, errMissing
	}
	switch p {
	case "/", "/in", "/out", "/in/.errors":
		return place{folder: p}, nil
	}
	dir, name := path.Split(p)
	switch dir = strings.TrimSuffix(dir, "/"); dir {
	case "/in", "/out", "/in/.errors":
		most := MaxName
		if dir != "/in" {
			most += maxMore
		}
		if !validName(name, most) {
			return place{}, errDenied
		}
		return place{dir, name}, nil
	case "":
		return place{}, errMissing
	}
	return place{}, errMissing
}

// ask begins a request: a path, by somebody who may still be here.
func (t *tree) ask(p string) (context.Context, place, error) {
	ctx := t.srv.ctx
	if err := t.srv.users.Still(ctx, t.actor); err != nil {
		return ctx, place{}, t.status(err)
	}
	pl, err := at(p)
	return ctx, pl, err
}

// status turns an error into what the protocol can say. Its words are the library's but
// for a full spool: nothing else of ours is told.
func (t *tree) status(err error) error {
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return err
	case errors.Is(err, errDenied):
		return sftp.ErrSSHFxPermissionDenied
	case errors.Is(err, errMissing):
		return sftp.ErrSSHFxNoSuchFile
	case errors.Is(err, errFull):
		return errFull
	}
	switch fault.CodeOf(err) {
	case fault.NotFound:
		return sftp.ErrSSHFxNoSuchFile
	case fault.Forbidden, fault.Unauthenticated:
		return sftp.ErrSSHFxPermissionDenied
	case fault.Internal, fault.Unavailable:
		if !errors.Is(err, errFailed) && !errors.Is(err, errTooBig) {
			t.srv.log.Error("an SFTP request failed", "login", t.actor.Via, "err", err)
		}
	}
	return sftp.ErrSSHFxFailure
}

func (t *tree) take() error {
	if t.handles.Add(1) > maxHandles {
		t.handles.Add(-1)
		return errFailed
	}
	return nil
}

// Filewrite opens a file in /in for writing.
func (t *tree) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	_, pl, err := t.ask(r.Filepath)
	if err != nil {
		return nil, t.status(err)
	}
	if pl.folder != "/in" || pl.name == "" || pl.name == ".errors" {
		return nil, t.status(errDenied)
	}
	if err := t.take(); err != nil {
		return nil, t.status(err)
	}
	flags := r.Pflags()
	u, err := t.srv.spool.create(t.actor.Org, pl.name, flags.Trunc, flags.Excl)
	if err != nil {
		t.handles.Add(-1)
		return nil, t.status(err)
	}
	return &writer{u, t}, nil
}

// writer is an upload seen from the protocol.
type writer struct {
	*upload
	tree *tree
}

// Close ends an upload. Closed by its client and complete, a file under its final name
// is taken before the client is told.
func (w *writer) Close() error {
	t := w.tree
	t.handles.Add(-1)
	complete, err := w.end()
	if err != nil || !complete || Hidden(w.name) {
		return t.status(err)
	}
	return t.status(t.receive(w.name, w.name))
}

// receive takes a complete file of the spool in, under a name.
func (t *tree) receive(from, name string) error {
	done, err := t.srv.busy()
	if err != nil {
		return err
	}
	defer done()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.srv.ctx), takeTime)
	defer cancel()
	if err := t.srv.users.Still(ctx, t.actor); err != nil {
		return err
	}
	f, settle, err := t.srv.spool.claim(t.actor.Org, from)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		err = t.srv.mailbox.Take(ctx, t.actor, name, f)
	}
	settle(err == nil)
	if err == nil {
		t.mu.Lock()
		if len(t.taken) >= maxTaken {
			clear(t.taken)
		}
		t.taken[name] = entry{name, info.Size(), time.Now(), fileMode}
		t.mu.Unlock()
	}
	return err
}

// Fileread opens a file for reading.
func (t *tree) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	ctx, pl, err := t.ask(r.Filepath)
	if err != nil {
		return nil, t.status(err)
	}
	folder, ok := pl.mail()
	if !ok || pl.name == "" {
		return nil, t.status(errDenied)
	}
	f, err := t.srv.mailbox.Stat(ctx, t.actor, folder, pl.name)
	if err != nil {
		return nil, t.status(err)
	}
	if err := t.take(); err != nil {
		return nil, t.status(err)
	}
	body, err := t.srv.mailbox.Open(ctx, t.actor, folder, f)
	if err != nil {
		t.handles.Add(-1)
		return nil, t.status(err)
	}
	return &reader{tree: t, body: body, file: f, out: folder == Out}, nil
}

func (p place) mail() (Folder, bool) {
	return Folder(p.folder), p.folder == string(Out) || p.folder == string(Errors)
}

// reader is a file being read by one handle.
type reader struct {
	tree *tree
	body Body
	file File
	out  bool
	last atomic.Bool // its last byte was handed over
	torn atomic.Bool // the connection ended before the client closed it
}

// ReadAt reads a piece.
func (r *reader) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.body.ReadAt(p, off)
	if n > 0 && off+int64(n) >= r.file.Size {
		r.last.Store(true)
	}
	return n, r.tree.status(err)
}

// TransferError notes that the connection ended with the file open.
func (r *reader) TransferError(error) { r.torn.Store(true) }

// Close ends the reading. A file read to its end may be removed.
func (r *reader) Close() error {
	r.tree.handles.Add(-1)
	if r.out && r.last.Load() && !r.torn.Load() {
		r.tree.srv.wasRead(r.tree.actor.Org, r.file.ID)
	}
	return r.body.Close()
}

// Filecmd does what is neither reading nor writing.
func (t *tree) Filecmd(r *sftp.Request) error {
	ctx, pl, err := t.ask(r.Filepath)
	if err != nil {
		return t.status(err)
	}
	switch r.Method {
	case "Setstat":
		return t.status(t.setstat(ctx, pl, r))
	case "Remove":
		return t.status(t.remove(ctx, pl))
	case "Rename":
		return t.status(t.rename(ctx, pl, r.Target))
	}
	return t.status(errDenied) // folders, links
}

// setstat lets clients have their way with times and modes, which mean nothing here,
// and with nothing else.
func (t *tree) setstat(ctx context.Context, pl place, r *sftp.Request) error {
	if r.AttrFlags().Size || pl.name == "" {
		return errDenied
	}
	_, err := t.find(ctx, pl)
	return err
}

func (t *tree) remove(ctx context.Context, pl place) error {
	if pl.name == "" || pl.name == ".errors" {
		return errDenied
	}
	if pl.folder == "/in" {
		if t.forget(pl.name) {
			return nil
		}
		return t.srv.spool.remove(t.actor.Org, pl.name)
	}
	folder, ok := pl.mail()
	if !ok {
		return errDenied
	}
	f, err := t.srv.mailbox.Stat(ctx, t.actor, folder, pl.name)
	if err != nil {
		return err
	}
	if folder == Out && !t.srv.hasRead(t.actor.Org, f.ID) {
		return errDenied // nobody of the company has it yet
	}
	return t.srv.mailbox.Remove(ctx, t.actor, folder, f)
}

// forget drops the name of something taken; what was taken stays taken.
func (t *tree) forget(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.taken[name]
	delete(t.taken, name)
	return ok
}

// rename completes an upload, or moves what was read out of /out, which removes it.
func (t *tree) rename(ctx context.Context, pl place, target string) error {
	if pl.folder == string(Out) && pl.name != "" {
		if !strings.HasPrefix(target, "/") || len(target) > 4*MaxName || target == "/out/"+pl.name {
			return errDenied
		}
		return t.remove(ctx, pl)
	}
	to, err := at(target)
	if err != nil {
		return err
	}
	if pl.folder != "/in" || to.folder != "/in" || to.name == "" || to.name == ".errors" || !Hidden(pl.name) {
		return errDenied
	}
	if Hidden(to.name) {
		return t.srv.spool.rename(t.actor.Org, pl.name, to.name)
	}
	return t.receive(pl.name, to.name)
}

var (
	_ sftp.TransferError = (*writer)(nil)
	_ sftp.TransferError = (*reader)(nil)
)
