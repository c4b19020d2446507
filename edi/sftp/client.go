package sftp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"entente/edi/dial"
	"entente/prm/fault"
)

// Dialer connects; *dial.Dialer is one.
type Dialer interface {
	DialContext(ctx context.Context, network, addr string) (net.Conn, error)
}

// Remote is a server of somebody else and how we sign in there.
type Remote struct {
	Addr     string // host:port
	User     string
	Password string
	Key      []byte // private key in PEM; with or instead of the password
	// HostKey is the server's key that was agreed on: its line as in known_hosts without
	// names ("ssh-ed25519 AAAA…"), or its fingerprint ("SHA256:…"). No other server is
	// talked to.
	HostKey string
}

// Client is a session on a partner's server. It is used by one goroutine.
type Client struct {
	ssh   *ssh.Client
	sftp  *sftp.Client
	line  io.Closer // what ends all of it
	stop  func() bool
	quiet time.Duration // quietTime, but in tests
	now   atomic.Pointer[call]
}

// A server that says nothing for quietTime while it is asked for something is gone; one that
// is slower than slowest bytes a second is as good as that.
const (
	quietTime = time.Minute
	slowest   = 50_000
)

// CallTime is the longest that a file of a size is on its way, however slowly.
func CallTime(size int64) time.Duration {
	return 2*quietTime + time.Duration(size/slowest)*time.Second
}

// call is one thing asked of a server, with the time it may take.
type call struct {
	quiet time.Duration
	end   time.Time
	timer *time.Timer
	late  atomic.Bool
	over  atomic.Bool // there came more than most
	most  int64       // bytes of answers; 0: any number
	mu    sync.Mutex
	heard int64
	ended bool
}

// within asks for one thing, and ends the session when the server stays quiet, or has it last
// longer than a file of size does.
func (c *Client) within(size int64, ask func(c *call) error) error {
	return c.ask(&call{quiet: c.quiet, end: time.Now().Add(CallTime(size))}, ask)
}

func (c *Client) ask(k *call, ask func(c *call) error) error {
	k.timer = time.AfterFunc(k.quiet, func() {
		k.late.Store(true)
		_ = c.line.Close()
	})
	c.now.Store(k)
	err := ask(k)
	c.now.Store(nil)
	k.mu.Lock()
	k.ended = true
	k.timer.Stop()
	k.mu.Unlock()
	switch {
	case err != nil && k.over.Load():
		return fault.Wrap(err, fault.Unavailable, "sftp.folder_full", "Names", maxListing/usualName)
	case err != nil && k.late.Load():
		return dial.Explain(context.DeadlineExceeded)
	}
	return remote(err)
}

// moved says that bytes came or went.
func (k *call) moved() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.ended {
		k.timer.Reset(min(k.quiet, max(0, time.Until(k.end))))
	}
}

// hearing notes what comes from a server for the call under way, and ends the session where
// that is more than it may say.
type hearing struct {
	io.Reader
	c *Client
}

// Read reads on.
func (h hearing) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	if k := h.c.now.Load(); k != nil && n > 0 {
		k.moved()
		if k.heard += int64(n); k.most > 0 && k.heard > k.most {
			k.over.Store(true)
			return 0, errors.Join(errLong, h.c.line.Close())
		}
	}
	return n, err
}

var errLong = errors.New("sftp: the server says more than it was asked for")

// Connect signs in within ctx; when ctx ends, so does the session. Faults: those of
// dial, Unavailable sftp.host_key_other (the server is not the agreed one),
// sftp.signin_refused, sftp.no_sftp; Invalid sftp.host_key_wrong, sftp.key_wrong.
func Connect(ctx context.Context, d Dialer, r Remote) (*Client, error) {
	check, algorithms, err := pinned(r.HostKey)
	if err != nil {
		return nil, err
	}
	auth, err := r.auth()
	if err != nil {
		return nil, err
	}
	client, err := handshake(ctx, d, r.Addr, &ssh.ClientConfig{
		User: r.User, Auth: auth, HostKeyCallback: check, HostKeyAlgorithms: algorithms, ClientVersion: "SSH-2.0-Entente",
	})
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = client.Close() })
	c := &Client{ssh: client, line: client, stop: stop, quiet: quietTime}
	if err := c.within(0, func(*call) error {
		session, err := client.NewSession()
		if err != nil {
			return err
		}
		to, err := session.StdinPipe()
		if err != nil {
			return err
		}
		from, err := session.StdoutPipe()
		if err != nil {
			return err
		}
		if err := session.RequestSubsystem("sftp"); err != nil {
			return err
		}
		c.sftp, err = sftp.NewClientPipe(hearing{from, c}, to)
		return err
	}); err != nil {
		stop()
		_ = client.Close()
		return nil, fault.Wrap(err, fault.Unavailable, "sftp.no_sftp")
	}
	return c, nil
}

func handshake(ctx context.Context, d Dialer, addr string, cfg *ssh.ClientConfig) (*ssh.Client, error) {
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, dial.Explain(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	_ = conn.SetDeadline(time.Now().Add(greetingTime))
	c, chans, reqs, err := ssh.NewClientConn(conn, addr, cfg)
	if err != nil {
		_ = conn.Close()
		switch {
		case ctx.Err() != nil:
			return nil, dial.Explain(ctx.Err())
		case strings.Contains(err.Error(), "unable to authenticate"):
			return nil, fault.Wrap(err, fault.Unavailable, "sftp.signin_refused")
		}
		return nil, dial.Explain(err)
	}
	_ = conn.SetDeadline(time.Time{})
	return ssh.NewClient(c, chans, reqs), nil
}

func (r Remote) auth() ([]ssh.AuthMethod, error) {
	var out []ssh.AuthMethod
	if len(r.Key) > 0 {
		key, err := ssh.ParsePrivateKey(r.Key)
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "sftp.key_wrong")
		}
		out = append(out, ssh.PublicKeys(key))
	}
	if r.Password != "" {
		out = append(out, ssh.Password(r.Password), ssh.KeyboardInteractive(func(_, _ string, questions []string, echo []bool) ([]string, error) {
			if len(questions) == 1 && !echo[0] { // servers that ask for the password so
				return []string{r.Password}, nil
			}
			return make([]string, len(questions)), nil
		}))
	}
	return out, nil
}

// pinned accepts one host key. A key given whole also chooses the algorithm to ask for.
func pinned(want string) (ssh.HostKeyCallback, []string, error) {
	want = strings.TrimSpace(want)
	fingerprint, algorithms := want, []string(nil)
	if !strings.HasPrefix(want, "SHA256:") {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(want))
		if err != nil {
			return nil, nil, fault.New(fault.Invalid, "sftp.host_key_wrong")
		}
		fingerprint, algorithms = ssh.FingerprintSHA256(key), []string{key.Type()}
		if key.Type() == ssh.KeyAlgoRSA {
			algorithms = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
		}
	}
	if len(fingerprint) != len("SHA256:")+43 {
		return nil, nil, fault.New(fault.Invalid, "sftp.host_key_wrong")
	}
	return func(_ string, _ net.Addr, key ssh.PublicKey) error {
		if got := ssh.FingerprintSHA256(key); got != fingerprint {
			return fault.New(fault.Unavailable, "sftp.host_key_other", "Got", got)
		}
		return nil
	}, algorithms, nil
}

// CheckHostKey says whether a host key can be agreed on, and gives it without the
// blanks and words around it. Codes: Invalid sftp.host_key_wrong.
func CheckHostKey(want string) (string, error) {
	if _, _, err := pinned(want); err != nil {
		return "", err
	}
	if want = strings.TrimSpace(want); strings.HasPrefix(want, "SHA256:") {
		return want, nil
	}
	return strings.Join(strings.Fields(want)[:2], " "), nil
}

// CheckKey says whether a private key can be used. Codes: Invalid sftp.key_wrong.
func CheckKey(pem []byte) error {
	if _, err := ssh.ParsePrivateKey(pem); err != nil {
		return fault.Wrap(err, fault.Invalid, "sftp.key_wrong")
	}
	return nil
}

// errSeen ends a handshake that only wanted to see the key.
var errSeen = errors.New("seen")

// HostKey asks a server for its key, as a line and as a fingerprint, without signing
// in: for two people to compare before it is agreed on.
func HostKey(ctx context.Context, d Dialer, addr string) (line, fingerprint string, err error) {
	_, err = handshake(ctx, d, addr, &ssh.ClientConfig{User: "-", HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
		line, fingerprint = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))), ssh.FingerprintSHA256(key)
		return errSeen
	}})
	if fingerprint != "" {
		err = nil
	}
	return line, fingerprint, err
}

// Close ends the session.
func (c *Client) Close() {
	c.stop()
	_ = c.sftp.Close()
	_ = c.ssh.Close()
}

// maxListing bounds what a server says of one folder, in bytes, of which a file takes about
// usualName; all of it is held in memory at once.
const (
	maxListing = 16 << 20
	usualName  = 160
)

// List gives the plain files of a folder that are wanted, nil: all, by name, at most most of them.
// A folder of more than about 100 000 files is refused (Unavailable sftp.folder_full), and the
// session is over.
func (c *Client) List(ctx context.Context, dir string, most int, wanted func(File) bool) ([]File, error) {
	var infos []os.FileInfo
	k := &call{quiet: c.quiet, end: time.Now().Add(CallTime(maxListing)), most: maxListing}
	if err := c.ask(k, func(*call) (err error) {
		infos, err = c.sftp.ReadDirContext(ctx, dir)
		return err
	}); err != nil {
		return nil, err
	}
	var out []File
	for _, i := range infos {
		if f := (File{Name: i.Name(), Size: i.Size(), At: i.ModTime()}); i.Mode().IsRegular() && validName(f.Name, 255) && (wanted == nil || wanted(f)) {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return out[:min(len(out), most)], nil
}

// Get copies a file to w, at most limit bytes.
func (c *Client) Get(name string, w io.Writer, limit int64) (n int64, err error) {
	err = c.within(limit, func(k *call) error {
		f, err := c.sftp.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		n, err = f.WriteTo(&bounded{w, k, limit}) // many requests on their way at once
		return err
	})
	return n, err
}

// bounded takes what comes until there is too much of it.
type bounded struct {
	io.Writer
	call *call
	left int64
}

// Write hands on what still fits.
func (b *bounded) Write(p []byte) (int, error) {
	b.call.moved()
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, fault.New(fault.TooLarge, "error.too_large")
	}
	return b.Writer.Write(p)
}

// partEnding hides a file from who polls the folder until all of it is there.
const partEnding = ".part"

// Put writes a file of a size under a hidden name and renames it when all of it is there: who
// polls the folder never sees half of it. It asks for no right to read what it writes, and
// for none to remove unless a file of that name is there. One of that name and size that is
// not to be replaced is the file itself, from a time whose end nobody saw.
func (c *Client) Put(name string, r io.Reader, size int64) error {
	if err := c.write(name+partEnding, r, size); err != nil {
		return err
	}
	err := c.Move(name+partEnding, name)
	if err != nil {
		if f, gone := c.Stat(name); gone == nil && f.Size == size {
			err = nil
		}
		_ = c.Remove(name + partEnding)
	}
	return err
}

func (c *Client) write(name string, r io.Reader, size int64) error {
	return c.within(size, func(k *call) error {
		f, err := c.sftp.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, moving{r, k})
		if end := f.Close(); err == nil {
			err = end
		}
		if err != nil && !k.late.Load() {
			_ = c.sftp.Remove(name)
		}
		return err
	})
}

// moving notes what is read.
type moving struct {
	io.Reader
	call *call
}

// Read reads on; whoever asks has sent what it got before.
func (m moving) Read(p []byte) (int, error) {
	m.call.moved()
	return m.Reader.Read(p)
}

// Try writes a hidden file to a folder, as Put does, renames it and removes it: it finds what
// a look at the folder does not. That it may not be removed is no fault, Put can do
// without: the next time it has another name.
// Codes: those of Put; Forbidden sftp.write_denied, sftp.rename_denied.
func (c *Client) Try(dir string) error {
	name := path.Join(dir, tryName+rand.Text()[:8]+tryEnding)
	err := c.write(name+partEnding, strings.NewReader("-"), 1)
	if fault.CodeOf(err) == fault.Forbidden {
		return fault.Wrap(err, fault.Forbidden, "sftp.write_denied", "Folder", dir)
	}
	if err != nil {
		return err
	}
	err = c.Move(name+partEnding, name)
	if err != nil {
		_ = c.Remove(name + partEnding)
		if fault.CodeOf(err) == fault.Forbidden {
			err = fault.Wrap(err, fault.Forbidden, "sftp.rename_denied", "Folder", dir)
		}
		return err
	}
	if err := c.Remove(name); fault.CodeOf(err) != fault.Forbidden {
		return err
	}
	return nil
}

// What Try writes is hidden by both of its ends.
const (
	tryName   = ".entente-try-"
	tryEnding = ".tmp"
)

// Move renames a file, replacing what is there.
func (c *Client) Move(from, to string) error {
	return c.within(0, func(*call) error { return c.move(from, to) })
}

func (c *Client) move(from, to string) error {
	if _, ok := c.sftp.HasExtension("posix-rename@openssh.com"); ok {
		return c.sftp.PosixRename(from, to)
	}
	err := c.sftp.Rename(from, to)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if c.sftp.Remove(to) != nil {
		return err
	}
	return c.sftp.Rename(from, to)
}

// Remove removes a file.
func (c *Client) Remove(name string) error {
	return c.within(0, func(*call) error { return c.sftp.Remove(name) })
}

// Stat describes a file.
func (c *Client) Stat(name string) (File, error) {
	var i os.FileInfo
	err := c.within(0, func(*call) (err error) {
		i, err = c.sftp.Stat(name)
		return err
	})
	if err != nil {
		return File{}, err
	}
	return File{Name: path.Base(name), Size: i.Size(), At: i.ModTime()}, nil
}

// remote turns what a server said into a fault.
func remote(err error) error {
	var f *fault.Error
	switch {
	case err == nil, errors.As(err, &f):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return fault.Wrap(err, fault.NotFound, "sftp.no_such_file")
	case errors.Is(err, fs.ErrPermission):
		return fault.Wrap(err, fault.Forbidden, "sftp.denied")
	}
	var status *sftp.StatusError
	if errors.As(err, &status) {
		return fault.Wrap(fmt.Errorf("the server said: %w", err), fault.Unavailable, "sftp.failed")
	}
	return dial.Explain(err)
}
