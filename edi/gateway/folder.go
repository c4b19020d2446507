package gateway

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"entente/db/fail"
	"entente/edi/sftp"
	"entente/prm/access"
	"entente/prm/fault"
)

// DoorFolder is the door of what an operator put into the folder.
const DoorFolder = "folder"

// folderSource names the operator's folder among the sources.
const folderSource = "folder"

// folderEvery is how often the folder is looked at.
const folderEvery = 2 * time.Second

// lookIntoFolder takes what lies in FOLDER/SLUG for each company that has such a folder,
// and puts there what waits for it. It makes no folder for a company and follows no link.
func (p *Pickup) lookIntoFolder(ctx context.Context) error {
	if p.folder == "" || time.Since(p.looked) < fail.Pace(folderEvery) {
		return nil
	}
	p.looked = time.Now()
	entries, err := os.ReadDir(p.folder)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	var failure error
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		org, err := p.orgs.CompanyOf(ctx, e.Name())
		if err == nil && org != "" {
			actor, dir := access.Station(folderSource, org), filepath.Join(p.folder, e.Name())
			_, in := p.pickup(ctx, actor, folderSource, folderOf{dir}, time.Time{})
			err = errors.Join(in, p.drop(ctx, actor, dir))
		}
		failure = errors.Join(failure, err)
	}
	return failure
}

// folderOf is one company's folder on this machine. What was taken goes to done/, what
// was refused to errors/ with its text.
type folderOf struct{ dir string }

func (f folderOf) list(_ context.Context, wanted func(sftp.File) bool) ([]sftp.File, error) {
	entries, err := os.ReadDir(f.dir)
	var out []sftp.File
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		if got, err := f.stat(e.Name()); err == nil && wanted(got) && len(out) <= maxPicked {
			out = append(out, got)
		}
	}
	return out, local(err)
}

func (f folderOf) stat(name string) (sftp.File, error) {
	info, err := os.Lstat(filepath.Join(f.dir, name))
	if err != nil {
		return sftp.File{}, local(err)
	}
	if !info.Mode().IsRegular() {
		return sftp.File{}, notFound()
	}
	return sftp.File{Name: name, Size: info.Size(), At: info.ModTime()}, nil
}

func (f folderOf) get(name string, w io.Writer, limit int64) (int64, error) {
	root, err := os.OpenRoot(f.dir) // a link put there meanwhile leads nowhere
	if err != nil {
		return 0, local(err)
	}
	defer root.Close()
	in, err := root.Open(name)
	if err != nil {
		return 0, local(err)
	}
	defer in.Close()
	n, err := io.Copy(w, io.LimitReader(in, limit+1))
	if err == nil && n > limit {
		return n, fault.New(fault.TooLarge, "error.too_large")
	}
	return n, local(err)
}

func (f folderOf) done(name string) error { return f.move(name, "done") }

func (f folderOf) refused(name, why string) error {
	dir := filepath.Join(f.dir, "errors")
	err := os.MkdirAll(dir, 0o750)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+textEnding), []byte(why), 0o640)
	}
	if err != nil {
		return local(err)
	}
	return f.move(name, "errors")
}

func (f folderOf) move(name, to string) error {
	dir := filepath.Join(f.dir, to)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return local(err)
	}
	err := os.Rename(filepath.Join(f.dir, name), filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // put away before
	}
	return local(err)
}

// The folders in a company's folder for what is sent to it: those that it takes files
// from, and our copies.
const (
	folderOut  = "out"
	folderSent = "sent"
)

// drop puts what waits for a company's folder there, oldest first.
func (p *Pickup) drop(ctx context.Context, actor access.Actor, dir string) error {
	var root *os.Root // opened for the first
	defer func() {
		if root != nil {
			_ = root.Close()
		}
	}()
	_, err := p.deliver(ctx, actor, way{
		due: func(ctx context.Context, now int64) ([]interchangeRow, error) {
			return droppedFor(ctx, actor.Org, now, maxPicked)
		},
		put: func(name string, body io.Reader, _ int64) (err error) {
			if root == nil {
				if root, err = os.OpenRoot(dir); err != nil {
					return local(err)
				}
			}
			return putDown(root, name, body)
		},
		done: func(ctx context.Context, r *interchangeRow) error {
			return p.s.taken(ctx, actor, r.ID, RouteFolder, DeliveryDelivered, RouteFolder, r)
		},
	}, time.Time{})
	return err
}

// putDown writes a file durably under a hidden name and then makes it visible, with a copy
// in sent/. That the copy has its name says that the file was complete: who finds it after
// a crash shows the file if it is still hidden, and else knows that it was shown, perhaps
// taken already, and puts no second one there.
func putDown(root *os.Root, name string, body io.Reader) error {
	hidden, shown, copied := folderOut+"/."+name+".part", folderOut+"/"+name, folderSent+"/"+name
	if _, err := root.Lstat(copied); errors.Is(err, fs.ErrNotExist) {
		for _, dir := range []string{folderOut, folderSent} {
			if err := root.Mkdir(dir, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
				return local(err)
			}
		}
		half := folderSent + "/." + name + ".part"
		if err := write(root, body, hidden, half); err != nil {
			return local(err)
		}
		if err := root.Rename(half, copied); err != nil {
			return local(err)
		}
		if err := keepNames(root, folderOut, folderSent); err != nil {
			return local(err)
		}
	} else if err != nil {
		return local(err)
	}
	err := root.Rename(hidden, shown)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it was shown before
	}
	if err == nil {
		err = keepNames(root, folderOut)
	}
	return local(err)
}

// write copies a body into files, which are durable then.
func write(root *os.Root, body io.Reader, names ...string) error {
	var files []*os.File
	var to []io.Writer
	for _, name := range names {
		f, err := root.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
		if err != nil {
			return err
		}
		defer f.Close()
		files, to = append(files, f), append(to, f)
	}
	if _, err := io.Copy(io.MultiWriter(to...), body); err != nil {
		return err
	}
	for _, f := range files {
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// keepNames makes the names in folders durable.
func keepNames(root *os.Root, dirs ...string) error {
	for _, name := range dirs {
		dir, err := root.Open(name)
		if err != nil {
			return err
		}
		if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
			return err
		}
	}
	return nil
}

func local(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(err, fault.NotFound, "error.not_found")
	}
	return fault.Wrap(err, fault.Unavailable, "error.unavailable")
}
