// Package sftp is the SFTP door (CONTRACT 5): a server in front of the gateway's
// mailbox, and the client that fetches from and delivers to a partner's server. It
// speaks the protocol; what is stored, and who somebody is, comes through ports.
//
// A login sees three folders and nothing else: /in, /in/.errors and /out. A file put
// into /in under its final name is taken when the client itself closes it; one put
// under a name that is hidden (.tmp, .part, .filepart, or a leading dot) when it is
// renamed. Closing is answered with success only after the bytes are durable. A
// transfer that breaks off is never taken: what came of it waits to be resumed and is
// thrown away after a day. A file in /out is taken off the list when it was read to
// its end and is then removed or moved.
package sftp

import (
	"context"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"entente/prm/access"
)

// Users says who signs in. It is implemented by portal/app over prm/account. addr is
// the client's address without port.
type Users interface {
	// Password proves a login by its password; every refusal is alike.
	Password(ctx context.Context, name, password, addr string) (access.Actor, error)
	// Knows says whether a public key (wire form) may be tried under a name.
	Knows(ctx context.Context, name string, key []byte) error
	// Key opens to a login that proved to hold the key.
	Key(ctx context.Context, name string, key []byte, addr string) (access.Actor, error)
	// Refused is told of sign-ins that failed alike: under a name, empty where none was
	// given or too many were, from an address, and why: what Password, Knows or Key said,
	// or a Trouble.
	Refused(ctx context.Context, name, addr string, why error, times int) error
	// Still says whether a login may go on.
	Still(ctx context.Context, actor access.Actor) error
}

// Folder is one of the mailbox's.
type Folder string

// The folders of a mailbox. What is sent has none: it is taken at once.
const (
	Out    Folder = "/out"
	Errors Folder = "/in/.errors"
)

// File is one of a mailbox.
type File struct {
	ID   string // of what it stands for, opaque
	Name string // unique in its folder, and stable
	Size int64
	At   time.Time
}

// Body is the content of a file.
type Body interface {
	io.ReaderAt
	io.Closer
}

// Mailbox is what a company sends and what waits for it. It is implemented by
// edi/gateway. A file that is not there, or not the company's, is a NotFound fault.
type Mailbox interface {
	// Take takes a complete file in. nil says that it is durable: as interchanges or,
	// when it could not be read, in the folder Errors with a text beside it.
	Take(ctx context.Context, actor access.Actor, name string, body io.ReadSeeker) error
	List(ctx context.Context, actor access.Actor, folder Folder) ([]File, error)
	Stat(ctx context.Context, actor access.Actor, folder Folder, name string) (File, error)
	Open(ctx context.Context, actor access.Actor, folder Folder, file File) (Body, error)
	// Remove takes a file off its folder; from Out it counts as fetched.
	Remove(ctx context.Context, actor access.Actor, folder Folder, file File) error
	// Limit is the largest file taken, in bytes.
	Limit() int64
}

// MaxName is the longest name of a file that is sent, in bytes; what we name ourselves
// may be longer by maxMore.
const (
	MaxName = 120
	maxMore = 40
)

// validName says whether a file may be called so. Names are shown to people and never
// become names on our disk.
func validName(s string, most int) bool {
	if s == "" || len(s) > most || s == "." || s == ".." || !utf8.ValidString(s) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r == '/' || r == '\\' || r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)
	})
}

// Hidden says that a file of this name is not complete before it is renamed.
func Hidden(name string) bool {
	lower := strings.ToLower(name)
	for _, end := range []string{".tmp", ".part", ".filepart"} {
		if strings.HasSuffix(lower, end) {
			return true
		}
	}
	return strings.HasPrefix(name, ".")
}
