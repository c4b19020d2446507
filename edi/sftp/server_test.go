package sftp

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"entente/prm/access"
	"entente/prm/fault"
)

// box is a mailbox in memory, of several companies.
type box struct {
	mu      sync.Mutex
	taken   []string // "org name content"
	files   map[string][]File
	content map[string]string // by id
	removed []string
	fail    error
	hold    chan struct{} // Take waits for it
	limit   int64
}

func (b *box) Take(_ context.Context, a access.Actor, name string, body io.ReadSeeker) error {
	raw, err := io.ReadAll(body)
	if b.hold != nil {
		<-b.hold
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		err = b.fail
	}
	if err == nil {
		b.taken = append(b.taken, a.Org+" "+name+" "+string(raw))
	}
	return err
}

func (b *box) List(_ context.Context, a access.Actor, f Folder) ([]File, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.files[a.Org+string(f)]), nil
}

func (b *box) Stat(ctx context.Context, a access.Actor, f Folder, name string) (File, error) {
	list, _ := b.List(ctx, a, f)
	for _, x := range list {
		if x.Name == name {
			return x, nil
		}
	}
	return File{}, fault.New(fault.NotFound, "error.not_found")
}

type readerCloser struct{ *strings.Reader }

func (readerCloser) Close() error { return nil }

func (b *box) Open(_ context.Context, _ access.Actor, _ Folder, f File) (Body, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return readerCloser{strings.NewReader(b.content[f.ID])}, nil
}

func (b *box) Remove(_ context.Context, a access.Actor, f Folder, file File) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := a.Org + string(f)
	b.files[key] = slices.DeleteFunc(b.files[key], func(x File) bool { return x.ID == file.ID })
	b.removed = append(b.removed, file.ID)
	return nil
}

func (b *box) Limit() int64 { return b.limit }

func (b *box) add(org string, f Folder, name, content string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	id := fmt.Sprint("id", len(b.content))
	b.content[id] = content
	b.files[org+string(f)] = append(b.files[org+string(f)], File{id, name, int64(len(content)), time.Now()})
}

func (b *box) got() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.taken)
}

// users are logins by password "pw-NAME"; the company is the name up to a dot.
type users struct {
	mu   sync.Mutex
	gone map[string]bool
	keys map[string][]byte
	told map[string]int // refusals: name and reason
}

var errWrong = fault.New(fault.Unauthenticated, "account.signin_wrong")

func (u *users) in(name string) (access.Actor, error) {
	org, _, _ := strings.Cut(name, ".")
	return access.Station("sftp:"+name, org), u.Still(context.Background(), access.Actor{Via: "station:sftp:" + name})
}

func (u *users) Password(_ context.Context, name, password, _ string) (access.Actor, error) {
	if password != "pw-"+name {
		return access.Actor{}, errWrong
	}
	return u.in(name)
}

func (u *users) Refused(_ context.Context, name, addr string, why error, times int) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.told == nil {
		u.told = map[string]int{}
	}
	u.told[strings.TrimSpace(name+" "+addr+" "+why.Error())] += times
	return nil
}

func (u *users) Knows(_ context.Context, name string, key []byte) error {
	if u.keys[name] == nil || !bytes.Equal(u.keys[name], key) {
		return errWrong
	}
	return nil
}

func (u *users) Key(ctx context.Context, name string, key []byte, _ string) (access.Actor, error) {
	if err := u.Knows(ctx, name, key); err != nil {
		return access.Actor{}, err
	}
	return u.in(name)
}

func (u *users) Still(_ context.Context, a access.Actor) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.gone[a.Via] {
		return errWrong
	}
	return nil
}

type door struct {
	t     *testing.T
	box   *box
	users *users
	srv   *Server
	addr  string
	key   ed25519.PrivateKey
	pin   string
	spool string
}

func openDoor(t *testing.T) *door {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	d := &door{
		t: t, key: key, pin: ssh.FingerprintSHA256(signer.PublicKey()), spool: filepath.Join(t.TempDir(), "spool"),
		box:   &box{files: map[string][]File{}, content: map[string]string{}, limit: 1 << 20},
		users: &users{gone: map[string]bool{}, keys: map[string][]byte{}},
	}
	d.start()
	return d
}

func (d *door) start() {
	d.t.Helper()
	var err error
	if d.srv, err = New(Config{Users: d.users, Mailbox: d.box, HostKey: d.key, Spool: d.spool}); err != nil {
		d.t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		d.t.Fatal(err)
	}
	if err := d.srv.Start(l); err != nil {
		d.t.Fatal(err)
	}
	d.addr = l.Addr().String()
	d.t.Cleanup(d.srv.Stop)
}

// plain dials without a guard: the tests are all on this machine.
type plain struct{ net.Dialer }

func (d *door) in(name string) *Client {
	d.t.Helper()
	c, err := Connect(d.t.Context(), &plain{}, Remote{Addr: d.addr, User: name, Password: "pw-" + name, HostKey: d.pin})
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(c.Close)
	return c
}

// torn opens a file, writes to it and drops the connection.
func (d *door) torn(name, file, content string, flags int) {
	d.t.Helper()
	c := d.in(name)
	org, _, _ := strings.Cut(name, ".")
	f, err := c.sftp.OpenFile(file, flags)
	if err != nil {
		d.t.Fatal(err)
	}
	info, _ := c.sftp.Stat(file)
	off := int64(0)
	if info != nil && flags&os.O_TRUNC == 0 {
		off = info.Size()
	}
	if _, err := f.WriteAt([]byte(content), off); err != nil {
		d.t.Fatal(err)
	}
	_ = c.ssh.Close() // the file is open
	eventually(d.t, "the server noticed", func() bool {
		d.srv.spool.mu.Lock()
		defer d.srv.spool.mu.Unlock()
		return d.srv.spool.open[d.srv.spool.path(org, path.Base(file))] == nil
	})
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	end := time.Now().Add(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
		<-tick.C
	}
}

func (d *door) want(what string, want ...string) {
	d.t.Helper()
	if got := d.box.got(); !slices.Equal(got, want) {
		d.t.Errorf("%s: taken %q, want %q", what, got, want)
	}
}

func (d *door) write(c *Client, name, content string) error {
	f, err := c.sftp.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	if _, err := f.Write([]byte(content)); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

const newFile = os.O_WRONLY | os.O_CREATE | os.O_TRUNC

func TestPut(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	c := d.in("kestrel.erp")
	if err := d.write(c, "/in/order.edi", "one"); err != nil {
		t.Fatal(err)
	}
	d.want("put", "kestrel order.edi one")
	if f, err := c.Stat("/in/order.edi"); err != nil || f.Size != 3 {
		t.Errorf("a client that looks afterwards finds %+v, %v", f, err)
	}
	if list, err := c.List(t.Context(), "/in", 10, nil); err != nil || len(list) != 0 {
		t.Errorf("/in lists %+v, %v", list, err)
	}
	// the same name again is another file
	if err := d.write(c, "/in/order.edi", "two"); err != nil {
		t.Fatal(err)
	}
	d.want("put again", "kestrel order.edi one", "kestrel order.edi two")
	// relative paths begin at the top, and .. does not lead out
	if err := d.write(c, "in/../../in/./three.edi", "three"); err != nil {
		t.Fatal(err)
	}
	if got := d.box.got(); got[2] != "kestrel three.edi three" {
		t.Errorf("taken %q", got)
	}
	// what clients like to set afterwards
	if err := c.sftp.Chtimes("/in/order.edi", time.Now(), time.Now()); err != nil {
		t.Errorf("times: %v", err)
	}
	if err := c.sftp.Chmod("/in/order.edi", 0o600); err != nil {
		t.Errorf("mode: %v", err)
	}
	if err := c.sftp.Truncate("/in/order.edi", 0); err == nil {
		t.Error("what was taken was cut")
	}
}

func TestHiddenUntilRenamed(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	c := d.in("kestrel")
	for _, name := range []string{"a.part", "b.tmp", "c.filepart", "D.PART", ".in.e.edi"} {
		if err := d.write(c, "/in/"+name, name); err != nil {
			t.Fatal(err)
		}
	}
	d.want("before the renames")
	if list, err := c.List(t.Context(), "/in", 10, nil); err != nil || len(list) != 5 {
		t.Errorf("/in lists %+v, %v", list, err)
	}
	if err := c.sftp.Rename("/in/a.part", "/in/a2.part"); err != nil {
		t.Fatal(err)
	}
	if err := c.sftp.Rename("/in/a2.part", "/in/a.edi"); err != nil {
		t.Fatal(err)
	}
	if err := c.sftp.PosixRename("/in/b.tmp", "/in/b.edi"); err != nil {
		t.Fatal(err)
	}
	d.want("renamed", "kestrel a.edi a.part", "kestrel b.edi b.tmp")
	if _, err := c.Stat("/in/a.part"); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a.part is still there: %v", err)
	}
	if err := c.sftp.Rename("/in/a.part", "/in/a.edi"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("renamed twice: %v", err)
	}
	if err := c.Remove("/in/c.filepart"); err != nil {
		t.Errorf("a part given up: %v", err)
	}
	if err := c.sftp.Rename("/in/c.filepart", "/in/c.edi"); err == nil {
		t.Error("a part that was given up was renamed")
	}
	// a file still open, and one that broke off, are not complete
	f, err := c.sftp.OpenFile("/in/open.part", newFile)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	if err := c.sftp.Rename("/in/open.part", "/in/open.edi"); err == nil {
		t.Error("a file that is still written was renamed")
	}
	d.torn("kestrel", "/in/torn.part", "half", newFile)
	if err := c.sftp.Rename("/in/torn.part", "/in/torn.edi"); err == nil {
		t.Error("a file that broke off was renamed")
	}
	if n := len(d.box.got()); n != 2 {
		t.Errorf("%d taken", n)
	}
}

func TestBrokenTransfersAreNeverTaken(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	d.torn("kestrel", "/in/order.edi", "ISA-first-half", newFile)
	d.want("the connection dropped")
	c := d.in("kestrel")
	if f, err := c.Stat("/in/order.edi"); err != nil || f.Size != 14 {
		t.Fatalf("what came waits to be resumed: %+v, %v", f, err)
	}
	// looked at, opened and closed: nothing happens
	f, err := c.sftp.OpenFile("/in/order.edi", os.O_WRONLY|os.O_APPEND)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Errorf("opened and closed: %v", err)
	}
	d.want("opened and closed")
	// resumed, broken off again, and the server restarted between
	d.torn("kestrel", "/in/order.edi", "-second", os.O_WRONLY|os.O_APPEND|os.O_CREATE)
	d.srv.Stop()
	d.start()
	c = d.in("kestrel")
	g, err := c.Stat("/in/order.edi")
	if err != nil || g.Size != 21 {
		t.Fatalf("%+v, %v", g, err)
	}
	f, err = c.sftp.OpenFile("/in/order.edi", os.O_WRONLY|os.O_APPEND|os.O_CREATE)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("-end"), g.Size); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	d.want("resumed", "kestrel order.edi ISA-first-half-second-end")
	// begun anew instead, and shorter
	d.torn("kestrel", "/in/again.edi", "a long first try", newFile)
	c = d.in("kestrel")
	if err := d.write(c, "/in/again.edi", "short"); err != nil {
		t.Fatal(err)
	}
	if got := d.box.got(); got[1] != "kestrel again.edi short" {
		t.Errorf("%q", got)
	}
}

// A file with a hole, or with the tail of an older try, is not taken.
func TestHolesAndTails(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	c := d.in("kestrel")
	put := func(name string, flags int, pieces ...span) error {
		f, err := c.sftp.OpenFile(name, flags)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pieces {
			if _, err := f.WriteAt(bytes.Repeat([]byte{'x'}, int(p.to-p.from)), p.from); err != nil {
				_ = f.Close()
				return err
			}
		}
		return f.Close()
	}
	if err := put("/in/hole.edi", newFile, span{0, 10}, span{20, 30}); err == nil {
		t.Error("a file with a hole was closed with success")
	}
	if err := put("/in/late.edi", newFile, span{10, 20}); err == nil {
		t.Error("a file without its beginning was closed with success")
	}
	if err := put("/in/order.edi", newFile, span{20, 30}, span{0, 10}, span{5, 25}); err != nil {
		t.Errorf("pieces out of order: %v", err)
	}
	d.torn("kestrel", "/in/tail.edi", strings.Repeat("old", 10), newFile)
	if err := put("/in/tail.edi", os.O_WRONLY, span{0, 10}); err == nil {
		t.Error("a file with the tail of an older try was closed with success")
	}
	if err := put("/in/large.edi", newFile, span{0, 1 << 19}, span{1 << 19, 1<<20 + 1}); err == nil {
		t.Error("a file beyond the limit was closed with success")
	}
	if err := put("/in/far.edi", newFile, span{1 << 62, 1<<62 + 10}); err == nil {
		t.Error("a write far beyond the limit")
	}
	d.want("whole files only", "kestrel order.edi "+strings.Repeat("x", 30))
	if list, err := c.List(t.Context(), "/in", 10, nil); err != nil || len(list) != 0 {
		t.Errorf("left behind: %+v, %v", list, err)
	}
}

// A client that comes back is not kept out by its own dead connection, and the dead
// one cannot spoil or take anything any more.
func TestTakenOver(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	old, fresh := d.in("kestrel"), d.in("kestrel")
	f, err := old.sftp.OpenFile("/in/order.edi", newFile)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("old")); err != nil {
		t.Fatal(err)
	}
	g, err := fresh.sftp.OpenFile("/in/order.edi", newFile)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Write([]byte("new")); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("late")); err == nil {
		t.Error("the old handle still writes")
	}
	if err := f.Close(); err == nil {
		t.Error("the old handle was closed with success")
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	d.want("the new one", "kestrel order.edi new")
}

func TestOurFaultIsSaid(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	d.box.fail = fault.New(fault.Unavailable, "error.unavailable")
	c := d.in("kestrel")
	if err := d.write(c, "/in/order.edi", "x"); err == nil {
		t.Error("closed with success though nothing was kept")
	}
	if err := d.write(c, "/in/order.part", "part"); err != nil {
		t.Fatal(err)
	}
	if err := c.sftp.Rename("/in/order.part", "/in/order2.edi"); err == nil {
		t.Error("renamed with success though nothing was kept")
	}
	d.box.mu.Lock()
	d.box.fail = nil
	d.box.mu.Unlock()
	if err := c.sftp.Rename("/in/order.part", "/in/order2.edi"); err != nil {
		t.Errorf("renamed later: %v", err)
	}
	d.want("later", "kestrel order2.edi part")
}

func TestOut(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	d.box.add("kestrel", Out, "997-1.edi", "ack one")
	d.box.add("kestrel", Out, "855-2.edi", strings.Repeat("answer ", 20000))
	d.box.add("kestrel", Errors, "bad.edi", "not edi")
	c := d.in("kestrel")
	list, err := c.List(t.Context(), "/out", 10, nil)
	if err != nil || len(list) != 2 || list[0].Name != "855-2.edi" || list[0].Size != 140000 {
		t.Fatalf("%+v, %v", list, err)
	}
	if err := c.Remove("/out/997-1.edi"); err == nil {
		t.Error("removed before anybody read it")
	}
	if err := c.sftp.Rename("/out/997-1.edi", "/out/x"); err == nil {
		t.Error("moved before anybody read it")
	}
	// read in part only
	f, err := c.sftp.Open("/out/855-2.edi")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read(make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	if err := c.Remove("/out/855-2.edi"); err == nil {
		t.Error("removed after half of it was read")
	}
	var buf bytes.Buffer
	if _, err := c.Get("/out/855-2.edi", &buf, 1<<20); err != nil || buf.Len() != 140000 {
		t.Fatalf("%d bytes, %v", buf.Len(), err)
	}
	other := d.in("kestrel") // another session of the company removes it
	if err := other.Remove("/out/855-2.edi"); err != nil {
		t.Errorf("removed after it was read: %v", err)
	}
	if _, err := c.Get("/out/997-1.edi", io.Discard, 1<<20); err != nil {
		t.Fatal(err)
	}
	if err := c.sftp.Rename("/out/997-1.edi", "/out/done/997-1.edi"); err != nil {
		t.Errorf("moved after it was read: %v", err)
	}
	if list, err := c.List(t.Context(), "/out", 10, nil); err != nil || len(list) != 0 {
		t.Errorf("/out lists %+v, %v", list, err)
	}
	buf.Reset()
	if _, err := c.Get("/in/.errors/bad.edi", &buf, 100); err != nil || buf.String() != "not edi" {
		t.Errorf("%q, %v", buf.String(), err)
	}
	if err := c.Remove("/in/.errors/bad.edi"); err != nil {
		t.Errorf("a refused file that was dealt with: %v", err)
	}
	if err := d.write(c, "/out/mine.edi", "x"); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("written to /out: %v", err)
	}
}

// One company's login finds nothing of another's, under whatever name.
func TestStrangers(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	d.box.add("kestrel", Out, "997-1.edi", "ack one")
	d.box.add("kestrel", Errors, "bad.edi", "not edi")
	k, b := d.in("kestrel"), d.in("baltic")
	if err := d.write(k, "/in/secret.part", "kestrel's"); err != nil {
		t.Fatal(err)
	}
	if err := d.write(k, "/in/done.edi", "kestrel's"); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"/in", "/out", "/in/.errors"} {
		if list, err := b.List(t.Context(), dir, 10, nil); err != nil || len(list) != 0 {
			t.Errorf("baltic lists %s: %+v, %v", dir, list, err)
		}
	}
	for _, name := range []string{"/out/997-1.edi", "/in/.errors/bad.edi", "/in/secret.part", "/in/done.edi"} {
		if _, err := b.Stat(name); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("baltic looks at %s: %v", name, err)
		}
		if _, err := b.Get(name, io.Discard, 100); err == nil {
			t.Errorf("baltic reads %s", name)
		}
		if err := b.Remove(name); err == nil {
			t.Errorf("baltic removes %s", name)
		}
		if err := b.sftp.Rename(name, "/in/mine.edi"); err == nil {
			t.Errorf("baltic renames %s", name)
		}
	}
	if err := d.write(b, "/in/secret.part", "baltic's"); err != nil {
		t.Fatal(err)
	}
	if err := k.sftp.Rename("/in/secret.part", "/in/secret.edi"); err != nil {
		t.Fatal(err)
	}
	d.want("each has its own", "kestrel done.edi kestrel's", "kestrel secret.edi kestrel's")
	if _, err := k.Get("/out/997-1.edi", io.Discard, 100); err != nil {
		t.Fatal(err)
	}
	d.box.add("baltic", Out, "997-1.edi", "another")
	d.box.mu.Lock()
	d.box.files["baltic/out"][0].ID = d.box.files["kestrel/out"][0].ID // even the same id
	d.box.mu.Unlock()
	if err := b.Remove("/out/997-1.edi"); err == nil {
		t.Error("kestrel's reading let baltic remove")
	}
}

func TestPathTricks(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	c := d.in("kestrel")
	inside := filepath.Dir(d.spool)
	for _, name := range []string{
		"/", "/in", "/out", "/in/.errors", "/in/", "/x.edi", "/etc/passwd", "/in/sub/x.edi", "/in/.errors/x.edi", "/out/x.edi", "/inx/y.edi", "/in../x.edi",
		"/in/../x.edi", "/in/../../../../etc/cron.d/x", "/in/a\x00b.edi", "/in/a\nb.edi", "/in/a\\..\\b.edi", "/in/\u202egpj.exe", "/in/\u200b.edi", "/in/\xff\xfe.edi",
		"/in/" + strings.Repeat("n", MaxName+1), "/in/" + strings.Repeat("n", 5000), "/in/" + strings.Repeat("../", 2000) + "x", "",
	} {
		if err := d.write(c, name, "x"); err == nil {
			t.Errorf("%.40q was written", name)
		}
	}
	d.want("tricks")
	for name, do := range map[string]error{
		"symlink":          c.sftp.Symlink("/etc/passwd", "/in/link"),
		"link":             c.sftp.Link("/etc/passwd", "/in/link"),
		"mkdir":            c.sftp.Mkdir("/in/sub"),
		"mkdir out":        c.sftp.Mkdir("/out/sub"),
		"rmdir":            c.sftp.RemoveDirectory("/in"),
		"remove a folder":  c.sftp.Remove("/in"),
		"remove .errors":   c.sftp.Remove("/in/.errors"),
		"rename a folder":  c.sftp.Rename("/in", "/out2"),
		"rename .errors":   c.sftp.Rename("/in/.errors", "/in/errors"),
		"chmod a folder":   c.sftp.Chmod("/in", 0o777),
		"chown":            c.sftp.Chown("/in", 0, 0),
		"chmod of nothing": c.sftp.Chmod("/in/nothing", 0o777),
		"truncate":         c.sftp.Truncate("/in/nothing", 0),
	} {
		if do == nil {
			t.Errorf("%s was done", name)
		}
	}
	for _, name := range []string{"/etc/passwd", "/../../etc/passwd", "/in/link", d.spool, "/proc/self/environ"} {
		if _, err := c.sftp.Lstat(name); err == nil {
			t.Errorf("%s was found", name)
		}
		if _, err := c.sftp.ReadLink(name); err == nil {
			t.Errorf("%s was read as a link", name)
		}
		if _, err := c.Get(name, io.Discard, 100); err == nil {
			t.Errorf("%s was read", name)
		}
	}
	if got, err := c.sftp.RealPath("/in/../../.."); err != nil || got != "/" {
		t.Errorf("%q, %v", got, err)
	}
	// names that mean something to a shell, a disk or a page are names and nothing else
	for _, name := range []string{"CON", "nul.edi", "a b;rm -rf.edi", "$(id).edi", "<script>.edi", "..edi", "订单.edi", "%2e%2e%2fx.edi", strings.Repeat("n", MaxName)} {
		if err := d.write(c, "/in/"+name, "x"); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	_ = filepath.WalkDir(inside, func(p string, e fs.DirEntry, err error) error {
		if rel, _ := filepath.Rel(inside, p); err == nil && strings.ContainsAny(rel, " ;$<%") {
			t.Errorf("a client's name is on our disk: %s", rel)
		}
		return err
	})
}

func TestSigningIn(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sshPub, err := ssh.NewPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	d.users.keys["kestrel"] = sshPub.Marshal()
	r := Remote{Addr: d.addr, User: "kestrel", Key: pem.EncodeToMemory(block), HostKey: d.pin}
	c, err := Connect(t.Context(), &plain{}, r)
	if err != nil {
		t.Fatalf("by key: %v", err)
	}
	if err := d.write(c, "/in/k.edi", "by key"); err != nil {
		t.Fatal(err)
	}
	c.Close()
	d.want("by key", "kestrel k.edi by key")
	whole, fingerprint, err := HostKey(t.Context(), &plain{}, d.addr)
	if err != nil || fingerprint != d.pin {
		t.Errorf("%s, %v", fingerprint, err)
	}
	for what, change := range map[string]struct {
		do   func(r *Remote)
		want string
	}{
		"another name's key": {func(r *Remote) { r.User = "baltic" }, "sftp.signin_refused"},
		"no name":            {func(r *Remote) { r.User = "" }, "sftp.signin_refused"},
		"a wrong password":   {func(r *Remote) { r.Key, r.Password = nil, "wrong" }, "sftp.signin_refused"},
		"an empty password":  {func(r *Remote) { r.Key = nil }, "sftp.signin_refused"},
		"another server":     {func(r *Remote) { r.HostKey = "SHA256:" + strings.Repeat("A", 43) }, "sftp.host_key_other"},
		"no server agreed":   {func(r *Remote) { r.HostKey = "" }, "sftp.host_key_wrong"},
		"nonsense agreed":    {func(r *Remote) { r.HostKey = "SHA256:short" }, "sftp.host_key_wrong"},
		"a broken key":       {func(r *Remote) { r.Key = []byte("-----BEGIN") }, "sftp.key_wrong"},
		"nobody there":       {func(r *Remote) { r.Addr = "127.0.0.1:1" }, "dial.refused"},
		"the whole key":      {func(r *Remote) { r.HostKey = whole }, ""},
	} {
		bad := r
		change.do(&bad)
		c, err := Connect(t.Context(), &plain{}, bad)
		if err == nil {
			c.Close()
		}
		if fault.KeyOf(err) != change.want {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A login that is removed loses what it has open with its next request.
func TestRemovedLogin(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	c := d.in("kestrel")
	f, err := c.sftp.OpenFile("/in/order.edi", newFile)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	d.users.mu.Lock()
	d.users.gone["station:sftp:kestrel"] = true
	d.users.mu.Unlock()
	if err := f.Close(); err == nil {
		t.Error("a file was taken from a login that is gone")
	}
	if _, err := c.List(t.Context(), "/out", 10, nil); err == nil {
		t.Error("a login that is gone still lists")
	}
	d.want("nothing")
}

func TestNothingButSFTP(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	c := d.in("kestrel")
	for _, do := range []func(s *ssh.Session) error{
		func(s *ssh.Session) error { return s.Run("id") },
		func(s *ssh.Session) error { return s.Shell() },
		func(s *ssh.Session) error { return s.RequestSubsystem("netconf") },
		func(s *ssh.Session) error { return s.RequestPty("vt100", 80, 24, nil) },
		func(s *ssh.Session) error { return s.Setenv("LD_PRELOAD", "/tmp/x") },
	} {
		s, err := c.ssh.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if do(s) == nil {
			t.Error("something else than sftp was served")
		}
		_ = s.Close()
	}
	if _, err := c.ssh.Dial("tcp", d.addr); err == nil {
		t.Error("a connection was forwarded")
	}
	if l, err := c.ssh.Listen("tcp", "127.0.0.1:0"); err == nil {
		_ = l.Close()
		t.Error("a port was forwarded")
	}
	if err := d.write(c, "/in/x.edi", "still here"); err != nil {
		t.Error(err)
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	c := d.in("kestrel")
	var open []*sftp.File
	for i := range maxPending + 1 {
		f, err := c.sftp.OpenFile(fmt.Sprintf("/in/%d.edi", i), newFile)
		if err != nil {
			if i < maxPending {
				t.Fatalf("file %d: %v", i, err)
			}
			if code := (*sftp.StatusError)(nil); !errors.As(err, &code) || code.FxCode() != sftp.ErrSSHFxFailure || !strings.Contains(err.Error(), "32 files of your company are unfinished") {
				t.Errorf("one too many is refused with %v", err)
			}
			break
		}
		if i == maxPending {
			t.Error("more unfinished files than allowed")
		}
		open = append(open, f)
	}
	d.box.add("kestrel", Out, "x.edi", "x")
	for i := range maxHandles {
		f, err := c.sftp.Open("/out/x.edi")
		if err != nil {
			if i < maxHandles-maxPending {
				t.Fatalf("handle %d: %v", i, err)
			}
			break
		}
		if i == maxHandles-1 {
			t.Error("more handles than allowed")
		}
		open = append(open, f)
	}
	for _, f := range open {
		_ = f.Close()
	}
	if err := d.write(c, "/in/after.edi", "x"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	// connections of one login
	for range maxOfLogin - 1 {
		d.in("kestrel")
	}
	if _, err := Connect(t.Context(), &plain{}, Remote{Addr: d.addr, User: "kestrel", Password: "pw-kestrel", HostKey: d.pin}); err == nil {
		t.Error("more sessions of a login than allowed")
	}
	d.in("baltic")
}

// Strangers who say nothing take no place from others for long, and not many.
func TestSilentStrangers(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	var silent []net.Conn
	for range maxFromAddr {
		c, err := net.Dial("tcp", d.addr)
		if err != nil {
			t.Fatal(err)
		}
		silent = append(silent, c)
	}
	eventually(t, "all are counted", func() bool {
		d.srv.mu.Lock()
		defer d.srv.mu.Unlock()
		return d.srv.greeting["127.0.0.1"] == maxFromAddr
	})
	c, err := net.Dial("tcp", d.addr)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if n, err := c.Read(make([]byte, 1)); err == nil || n > 0 {
		t.Error("one more was greeted")
	}
	for _, c := range silent {
		_ = c.Close()
	}
	eventually(t, "their places are free", func() bool { d.srv.mu.Lock(); defer d.srv.mu.Unlock(); return len(d.srv.greeting) == 0 })
	d.in("kestrel")
}

// Stopping lets a file become durable that is being taken, and says so to its client.
func TestStop(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	d.box.hold = make(chan struct{})
	c := d.in("kestrel")
	closed := make(chan error, 1)
	go func() { closed <- d.write(c, "/in/order.edi", "x") }()
	eventually(t, "it is being taken", func() bool {
		parts, _ := filepath.Glob(filepath.Join(d.spool, "*", "*"+endTaking))
		return len(parts) == 1
	})
	stopped := make(chan struct{})
	go func() { d.srv.Stop(); close(stopped) }()
	eventually(t, "it is stopping", func() bool { d.srv.mu.Lock(); defer d.srv.mu.Unlock(); return d.srv.stopping })
	close(d.box.hold)
	<-stopped
	if len(d.box.got()) != 1 {
		t.Error("it was lost")
	}
	<-closed // success, or a broken connection when the answer was late
	if _, err := net.DialTimeout("tcp", d.addr, time.Second); err == nil {
		t.Error("the door is still open")
	}
	d.srv.Stop()
}

// What nobody came back for goes after a day; what is open stays.
func TestSweep(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	d.torn("kestrel", "/in/old.edi", "x", newFile)
	c := d.in("kestrel")
	if err := d.write(c, "/in/kept.part", "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.sftp.OpenFile("/in/open.edi", newFile); err != nil {
		t.Fatal(err)
	}
	if err := d.srv.spool.sweep(time.Now().Add(keepFor - time.Hour)); err != nil {
		t.Fatal(err)
	}
	if list, _ := c.List(t.Context(), "/in", 10, nil); len(list) != 3 {
		t.Errorf("after less than a day: %+v", list)
	}
	if err := d.srv.spool.sweep(time.Now().Add(keepFor + time.Hour)); err != nil {
		t.Fatal(err)
	}
	if list, _ := c.List(t.Context(), "/in", 10, nil); len(list) != 1 || list[0].Name != "open.edi" {
		t.Errorf("after a day: %+v", list)
	}
}

func TestClientPutIsHidden(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	c := d.in("kestrel")
	if err := c.Put("/in/order.edi", strings.NewReader("pushed"), 6); err != nil {
		t.Fatal(err)
	}
	d.want("pushed", "kestrel order.edi pushed")
	if err := c.Put("/out/order.edi", strings.NewReader("pushed"), 6); fault.KeyOf(err) != "sftp.denied" {
		t.Errorf("pushed where it may not: %v", err)
	}
	if _, err := c.Get("/out/none", io.Discard, 1); fault.KeyOf(err) != "sftp.no_such_file" {
		t.Errorf("nothing there: %v", err)
	}
	d.box.add("kestrel", Out, "big.edi", strings.Repeat("x", 1000))
	if _, err := c.Get("/out/big.edi", io.Discard, 999); fault.CodeOf(err) != fault.TooLarge {
		t.Errorf("too large: %v", err)
	}
}

// strict is a server of others: it opens no file for reading and writing at once, and allows
// what it is told to. One that is stuck answers no reading.
type strict struct {
	sftp.FileWriter
	sftp.FileCmder
	sftp.FileReader
	sftp.FileLister
	no    []string // methods
	keeps bool     // it replaces no file
	names map[string]bool
	talks bool // its folders have no end
	stuck chan struct{}
}

// endless lists files without end.
type endless struct{ os.FileInfo }

func (e endless) ListAt(to []os.FileInfo, _ int64) (int, error) {
	for i := range to {
		to[i] = e.FileInfo
	}
	return len(to), nil
}

func (s *strict) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	l, err := s.FileLister.Filelist(r)
	one := make([]os.FileInfo, 1)
	if err != nil || !s.talks || r.Method != "List" {
		return l, err
	}
	if _, err := l.ListAt(one, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return endless{one[0]}, nil
}

func (s *strict) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	if f := r.Pflags(); f.Read && f.Write || slices.Contains(s.no, "Put") {
		return nil, sftp.ErrSSHFxPermissionDenied
	}
	return s.FileWriter.Filewrite(r)
}

func (s *strict) Filecmd(r *sftp.Request) error {
	if slices.Contains(s.no, strings.TrimPrefix(r.Method, "Posix")) {
		return sftp.ErrSSHFxPermissionDenied
	}
	if s.keeps && strings.HasSuffix(r.Method, "Rename") {
		if s.names[r.Target] {
			return sftp.ErrSSHFxFailure
		}
		s.names[r.Target] = true
	}
	return s.FileCmder.Filecmd(r)
}

func (s *strict) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	if s.stuck != nil {
		<-s.stuck
	}
	return s.FileReader.Fileread(r)
}

// ends are both ends of a line, which end together.
type ends struct {
	io.Reader
	io.WriteCloser
	other io.Closer
}

func (e ends) Close() error { return errors.Join(e.WriteCloser.Close(), e.other.Close()) }

// to is a client of a strict server.
func (d *door) to(s *strict) *Client {
	d.t.Helper()
	disk := sftp.InMemHandler()
	s.FileWriter, s.FileCmder, s.FileReader, s.FileLister = disk.FilePut, disk.FileCmd, disk.FileGet, disk.FileList
	disk.FilePut, disk.FileCmd, disk.FileGet, disk.FileList = s, s, s, s
	up, fromUp := io.Pipe()
	down, fromDown := io.Pipe()
	go func() { _ = sftp.NewRequestServer(ends{up, fromDown, up}, disk).Serve() }()
	c := d.in("kestrel")
	_ = c.sftp.Close()
	var err error
	line := ends{down, fromUp, down}
	if c.sftp, err = sftp.NewClientPipe(hearing{down, c}, line); err != nil {
		d.t.Fatal(err)
	}
	c.line = line
	if err := c.sftp.Mkdir("/to"); err != nil {
		d.t.Fatal(err)
	}
	return c
}

// What a server does not allow is found before a document waits for it, and delivering asks
// for no more than it needs: not to read, nor to remove.
func TestStrictServers(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	for _, x := range []struct {
		no        string
		put, tryd string
	}{
		{"", "", ""}, {"Remove", "", ""}, {"Put", "sftp.denied", "sftp.write_denied"}, {"Rename", "sftp.denied", "sftp.rename_denied"},
	} {
		c := d.to(&strict{no: []string{x.no}})
		if err := c.Put("/to/order.edi", strings.NewReader("pushed"), 6); fault.KeyOf(err) != x.put {
			t.Errorf("without %q: put: %v", x.no, err)
		}
		if err := c.Try("/to"); fault.KeyOf(err) != x.tryd {
			t.Errorf("without %q: tried: %v", x.no, err)
		}
		list, err := c.List(t.Context(), "/to", 10, func(f File) bool { return !Hidden(f.Name) })
		if err != nil || (len(list) == 1) != (x.put == "") {
			t.Errorf("without %q: %+v, %v", x.no, list, err)
		}
		if err := c.Try("/nowhere"); x.no == "" && fault.KeyOf(err) != "sftp.no_such_file" {
			t.Errorf("a folder that is not there: %v", err)
		}
	}
}

// A server that replaces no file and lets nobody remove one is tried as often as one likes; a
// file that is there whole was delivered.
func TestServerThatKeepsAll(t *testing.T) {
	t.Parallel()
	c := openDoor(t).to(&strict{no: []string{"Remove"}, keeps: true, names: map[string]bool{}})
	for range 3 {
		if err := c.Try("/to"); err != nil {
			t.Error(err)
		}
		if err := c.Put("/to/order.edi", strings.NewReader("pushed"), 6); err != nil {
			t.Error(err)
		}
	}
	if err := c.Put("/to/order.edi", strings.NewReader("other"), 5); fault.KeyOf(err) != "sftp.failed" {
		t.Errorf("another under its name: %v", err)
	}
}

// A folder without end is not held in memory.
func TestEndlessFolder(t *testing.T) {
	t.Parallel()
	s := &strict{}
	c := openDoor(t).to(s)
	if err := c.Put("/to/"+strings.Repeat("n", 200)+".edi", strings.NewReader("x"), 1); err != nil {
		t.Fatal(err)
	}
	s.talks = true
	if _, err := c.List(t.Context(), "/to", 10, nil); fault.KeyOf(err) != "sftp.folder_full" {
		t.Errorf("%v", err)
	}
}

// A server that says nothing any more is left, in words; a large file has the time it needs.
func TestQuietServer(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	s := &strict{stuck: make(chan struct{})}
	c := d.to(s)
	t.Cleanup(func() { close(s.stuck) })
	c.quiet = time.Millisecond
	if _, err := c.Get("/to/order.edi", io.Discard, 1<<20); fault.KeyOf(err) != "dial.timeout" {
		t.Errorf("%v", err)
	}
	if err := c.Remove("/to/order.edi"); err == nil {
		t.Error("the session goes on")
	}
	if a, b := CallTime(1<<10), CallTime(100<<20); a < 2*quietTime || b < 30*time.Minute {
		t.Errorf("%s, %s", a, b)
	}
}
