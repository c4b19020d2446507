package room

import (
	"cmp"
	"context"
	"io"
	"strings"
	"time"

	"entente/chat/attach"
	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// FileID names a file of a room.
type FileID string

// Limits of files.
const (
	MaxFiles = 10 // of one message
	maxLoose = 50 // files a person brought to a room and put into no message
)

// File is a file of a message.
type File struct {
	ID   FileID    `json:"id"`
	Room ID        `json:"-"`
	Name string    `json:"name"`
	Type string    `json:"type"` // by its content, never by its name or what the sender said
	Size int64     `json:"size"`
	Hash string    `json:"-"`
	Made time.Time `json:"-"`
}

// EDI says that the file is an X12 or EDIFACT interchange.
func (f File) EDI() bool { return attach.EDI(f.Type) }

// Shown says that a browser may show the file itself: pictures that hold no script.
func (f File) Shown() bool { return attach.Picture(f.Type) }

// fileNames are the names of files in one line.
func fileNames(files []File) string {
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.Name
	}
	return strings.Join(names, ", ")
}

// Opening is how a message begins where there is no place for all of it: its words, or the
// names of its files.
func (m Message) Opening() string { return cmp.Or(m.Text, fileNames(m.Files)) }

// Bring takes a file into a room, for a message of the same person that is posted next.
// It is judged by its content and by the scanner before anything is kept; nobody else
// sees it until it is posted.
// Codes: NotFound, Forbidden, Conflict (read-only, too many), Invalid, TooLarge,
// Unavailable (not scanned).
func (s *Service) Bring(ctx context.Context, actor access.Actor, id ID, name string, body io.Reader) (File, error) {
	may := func(ctx context.Context) error {
		r, err := s.load(ctx, actor, access.RoomPost, id)
		switch {
		case err != nil:
			return err
		case actor.Person == "" || s.blobs == nil:
			return errNotFound
		case r.ReadOnly:
			return errReadOnly
		}
		loose, err := countLoose(ctx, id, actor.Person)
		if err == nil && loose >= maxLoose {
			err = fault.New(fault.Conflict, "room.too_many_files", "most", maxLoose)
		}
		return err
	}
	// before the bytes are read
	if err := s.view(ctx, actor, may); err != nil {
		return File{}, err
	}
	f := File{ID: FileID(db.NewID()), Room: id, Name: attach.CleanName(name)}
	st, err := s.blobs.StageIf(ctx, body, attach.MaxFile, func(in io.ReadSeeker) (err error) {
		f.Type, err = attach.Pass(ctx, s.scan, f.Name, in)
		return err
	})
	if err != nil {
		return File{}, err
	}
	f.Size, f.Hash = st.Size, st.Hash
	err = s.change(ctx, actor, func(ctx context.Context) error {
		if err := may(ctx); err != nil {
			return err
		}
		if err := st.InsertFor(ctx, actor.Org); err != nil {
			return err
		}
		f.Made = db.Now(ctx)
		return insertFile(ctx, f, actor.Person, actor.Org)
	})
	if err != nil {
		return File{}, err
	}
	return f, nil
}

// Open gives a file of a room to a member; one that is in no message yet only to who
// brought it.
// Codes: NotFound.
func (s *Service) Open(ctx context.Context, actor access.Actor, id ID, file FileID) (File, io.ReadSeekCloser, error) {
	var f File
	err := s.view(ctx, actor, func(ctx context.Context) error {
		if _, err := s.load(ctx, actor, access.RoomRead, id); err != nil {
			return err
		}
		row, err := readFile(ctx, id, file)
		if err != nil {
			return err
		}
		if row.Removed != 0 || row.Seq == 0 && row.PersonID != actor.Person {
			return errNotFound
		}
		f = row.file()
		return nil
	})
	if err == nil && s.blobs == nil {
		err = errNotFound
	}
	if err != nil {
		return File{}, nil, err
	}
	body, err := s.blobs.Open(ctx, f.Hash)
	return f, body, err
}

// SweepFiles forgets files that were brought and never posted.
func (s *Service) SweepFiles(ctx context.Context) error {
	return s.db.InTx(ctx, func(ctx context.Context) error { return dropLoose(ctx, db.Now(ctx).Add(-24*time.Hour)) })
}
