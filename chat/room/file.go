package room

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// FileID names a file of a room.
type FileID string

// Limits of files.
const (
	MaxFile  = 25 << 20 // bytes of one file
	MaxFiles = 10       // of one message
	maxLoose = 50       // files a person brought to a room and put into no message
	maxName  = 150      // characters of a file name
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
func (f File) EDI() bool { return f.Type == TypeX12 || f.Type == TypeEDIFACT }

// Shown says that a browser may show the file itself: pictures that hold no script.
func (f File) Shown() bool {
	return f.Type == "image/png" || f.Type == "image/jpeg" || f.Type == "image/gif" || f.Type == "image/webp"
}

// Types of interchanges (RFC 1767).
const (
	TypeX12     = "application/edi-x12"
	TypeEDIFACT = "application/edifact"
)

// Scanner judges a file before it is kept. A refusal is a fault Invalid; anything else
// means that it could not be judged, and then the file is not taken either.
type Scanner interface {
	Scan(ctx context.Context, name string, body io.Reader) error
}

// barred begin files that run when they are opened: no partner has a reason to send one
// by chat.
var barred = [][]byte{
	[]byte("MZ"),                            // Windows programs
	[]byte("\x7fELF"),                       // Unix programs
	[]byte("\xca\xfe\xba\xbe"),              // Java classes, Mach-O for several machines
	[]byte("\xcf\xfa\xed\xfe"),              // Mach-O
	[]byte("\xce\xfa\xed\xfe"),              // Mach-O
	[]byte("#!"),                            // scripts
	[]byte("L\x00\x00\x00\x01\x14\x02\x00"), // Windows shortcuts
}

// judge is the type of a file by the beginning of its content.
func judge(head []byte) (string, error) {
	for _, b := range barred {
		if bytes.HasPrefix(head, b) {
			return "", fault.InvalidField("file", "room.file_barred")
		}
	}
	text := bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	switch {
	case bytes.HasPrefix(text, []byte("ISA")) && len(text) > 105:
		return TypeX12, nil
	case bytes.HasPrefix(text, []byte("UNA")) && len(text) > 9, bytes.HasPrefix(text, []byte("UNB+")):
		return TypeEDIFACT, nil
	}
	t, _, _ := strings.Cut(http.DetectContentType(head), ";")
	if t == "text/html" || t == "text/xml" { // never told as something a browser would run
		t = "text/plain"
	}
	return t, nil
}

// CleanName makes a name safe to show and to save under: no folder, no control or
// direction marks, no leading dot, bounded.
func CleanName(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`/:*?"<>|`, r) {
			return -1
		}
		return r
	}, name)
	name = strings.TrimLeft(strings.TrimSpace(name), ".")
	for utf8.RuneCountInString(name) > maxName {
		end := path.Ext(name)
		if utf8.RuneCountInString(end) > 12 {
			end = ""
		}
		stem := []rune(strings.TrimSuffix(name, end))
		name = string(stem[:maxName-utf8.RuneCountInString(end)]) + end
	}
	if name == "" {
		return "file"
	}
	return name
}

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
	f := File{ID: FileID(db.NewID()), Room: id, Name: CleanName(name)}
	st, err := s.blobs.StageIf(ctx, body, MaxFile, func(in io.ReadSeeker) (err error) {
		f.Type, err = s.pass(ctx, f.Name, in)
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
		if err := st.Insert(ctx); err != nil {
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

// pass is the type of a file that may be kept.
func (s *Service) pass(ctx context.Context, name string, in io.ReadSeeker) (string, error) {
	head := make([]byte, 512)
	n, err := io.ReadFull(in, head)
	if err == io.EOF {
		return "", fault.InvalidField("file", "room.file_empty")
	}
	if err != nil && err != io.ErrUnexpectedEOF {
		return "", err
	}
	kind, err := judge(head[:n])
	if err != nil || s.scan == nil {
		return kind, err
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	if err = s.scan.Scan(ctx, name, in); err != nil && fault.CodeOf(err) != fault.Invalid {
		err = fault.Wrap(err, fault.Unavailable, "room.file_not_scanned")
	}
	return kind, err
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
