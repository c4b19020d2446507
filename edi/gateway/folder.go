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

// lookIntoFolder takes what lies in FOLDER/SLUG for each company that has such a
// folder. It makes no folder for a company and follows no link.
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
			err = p.pickup(ctx, access.Station(folderSource, org), folderSource, folderOf{filepath.Join(p.folder, e.Name())})
		}
		failure = errors.Join(failure, err)
	}
	return failure
}

// folderOf is one company's folder on this machine. What was taken goes to done/, what
// was refused to errors/ with its text.
type folderOf struct{ dir string }

func (f folderOf) list(context.Context) ([]sftp.File, error) {
	entries, err := os.ReadDir(f.dir)
	var out []sftp.File
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		if got, err := f.stat(e.Name()); err == nil {
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
	if err := f.move(name, "errors"); err != nil {
		return err
	}
	return local(os.WriteFile(filepath.Join(f.dir, "errors", name+textEnding), []byte(why), 0o640))
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

func local(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(err, fault.NotFound, "error.not_found")
	}
	return fault.Wrap(err, fault.Unavailable, "error.unavailable")
}
