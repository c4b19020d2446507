package e2e

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	proto "github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"entente/edi/as2"
)

// away is a distributor's AS2 server in runs that kill the portal. It answers every
// second message with a receipt of its own way, again and again until it was taken.
type away struct {
	*station
	bodies map[string][]byte          // by Message-ID: a resent message has the same bytes
	docs   map[string]map[string]bool // interchange control and kind → Message-IDs
	mdns   map[string]int             // receipts of our own messages, by their Message-ID
	owed   []*as2.Request
	bad    []string
}

func (x *away) listen() {
	x.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		x.t.Fatal(err)
	}
	x.url = "http://" + l.Addr().String() + "/in"
	srv := &http.Server{Handler: http.HandlerFunc(x.take), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(l) }()
	x.t.Cleanup(func() { _ = srv.Close() })
}

func (x *away) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the portal died while sending
	}
	h := as2.HeaderOf(r.Header)
	x.mu.Lock()
	defer x.mu.Unlock()
	if as2.IsMDN(h, body) {
		report, err := as2.ParseMDN(h, body, as2.Limits{})
		if err != nil || report.Disposition != as2.Processed {
			x.bad = append(x.bad, "a receipt that does not say processed: "+string(body))
			return
		}
		x.mdns[bareID(report.OriginalID)]++
		return
	}
	got, err := as2.Open(h, body, func(string, string) (as2.Relation, bool) { return x.rel, true }, as2.Limits{})
	if err != nil {
		x.bad = append(x.bad, "a message that cannot be opened: "+err.Error())
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	id := bareID(got.MessageID)
	if before, seen := x.bodies[id]; seen && !bytes.Equal(before, body) {
		x.bad = append(x.bad, "one Message-ID with two bodies: "+id)
	}
	x.bodies[id] = body
	doc := element(find(got.Payloads[0].Data, "ISA"), 13) + " " + element(find(got.Payloads[0].Data, "ST"), 1)
	if x.docs[doc] == nil {
		x.docs[doc] = map[string]bool{}
	}
	x.docs[doc][id] = true
	mdn, err := got.Answer(as2.MDN{ID: as2.NewID("kestrel"), Date: time.Now(), Agent: "kestrel", Disposition: as2.Processed})
	if err != nil {
		x.bad = append(x.bad, err.Error())
		return
	}
	if got.Ask.Async != "" && len(x.bodies)%2 == 0 {
		x.owed = append(x.owed, mdn)
		return
	}
	for _, f := range mdn.Header {
		w.Header().Set(f.Name, f.Value)
	}
	_, _ = w.Write(mdn.Body)
}

// settle sends the receipts that are owed; those that are not taken stay owed.
func (x *away) settle() {
	x.mu.Lock()
	owed := x.owed
	x.owed = nil
	x.mu.Unlock()
	for _, r := range owed {
		if a, err := x.try(r); err != nil || a.status != 200 {
			x.mu.Lock()
			x.owed = append(x.owed, r)
			x.mu.Unlock()
		}
	}
}

// try posts to the portal's door, which may be gone.
func (x *away) try(r *as2.Request) (answer, error) {
	h := []string{}
	for _, f := range r.Header {
		h = append(h, f.Name, f.Value)
	}
	return (&client{t: x.t, s: x.s}).try(x.t.Context(), "POST", "/as2", "", r.Body, h...)
}

func bareID(id string) string { return strings.Trim(strings.TrimSpace(id), "<>") }

// foreign is a company's own SFTP server: somebody else's software.
type foreign struct {
	t       *testing.T
	addr    string
	hostKey string
	files   *proto.Client
}

func openForeign(t *testing.T) *foreign {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cfg := &ssh.ServerConfig{PasswordCallback: func(c ssh.ConnMetadata, pw []byte) (*ssh.Permissions, error) {
		if c.User() == "entente" && string(pw) == "right" {
			return nil, nil
		}
		return nil, errors.New("wrong")
	}}
	cfg.AddHostKey(signer)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	disk := proto.InMemHandler()
	disk.FileGet, disk.FilePut = forgiving{disk}, forgiving{disk}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serveFiles(c, cfg, disk)
		}
	}()
	f := &foreign{t: t, addr: l.Addr().String(), hostKey: ssh.FingerprintSHA256(signer.PublicKey())}
	if f.files, err = signIn(t, f.addr, "entente", "right"); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"/from", "/done", "/to"} {
		if err := f.files.Mkdir(dir); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// forgiving hides from the server that a file can be told of a broken transfer: the one in
// memory then fails for ever, which no disk does.
type forgiving struct{ proto.Handlers }

func (d forgiving) Fileread(r *proto.Request) (io.ReaderAt, error) {
	f, err := d.FileGet.Fileread(r)
	return struct{ io.ReaderAt }{f}, err
}

func (d forgiving) Filewrite(r *proto.Request) (io.WriterAt, error) {
	f, err := d.FilePut.Filewrite(r)
	return struct{ io.WriterAt }{f}, err
}

func serveFiles(c net.Conn, cfg *ssh.ServerConfig, disk proto.Handlers) {
	conn, chans, reqs, err := ssh.NewServerConn(c, cfg)
	if err != nil {
		return
	}
	defer conn.Close()
	go ssh.DiscardRequests(reqs)
	for nc := range chans {
		ch, in, err := nc.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range in {
				_ = r.Reply(r.Type == "subsystem", nil)
			}
		}()
		go func() { _ = proto.NewRequestServer(ch, disk).Serve(); _ = ch.Close() }()
	}
}

// signIn is a client that is not ours: pkg/sftp as anybody would use it.
func signIn(t *testing.T, addr, user, password string) (*proto.Client, error) {
	return signInBy(t, addr, user, ssh.Password(password))
}

// signInBy is signIn by a key as well.
func signInBy(t *testing.T, addr, user string, how ssh.AuthMethod) (*proto.Client, error) {
	c, err := ssh.Dial("tcp", addr, &ssh.ClientConfig{User: user, Auth: []ssh.AuthMethod{how}, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: 10 * time.Second})
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = c.Close() })
	return proto.NewClient(c)
}

// putFile writes a file under a hidden name and renames it, as careful clients do.
func putFile(c *proto.Client, dir, name, content string) error {
	w, err := c.Create(dir + "/" + name + ".tmp")
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte(content)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.Rename(dir+"/"+name+".tmp", dir+"/"+name)
}

// names lists a folder there.
func (f *foreign) names(dir string) []string {
	f.t.Helper()
	list, err := f.files.ReadDir(dir)
	if err != nil {
		f.t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		out = append(out, e.Name())
	}
	slices.Sort(out)
	return out
}

func newAway(s *station) *away {
	return &away{station: s, bodies: map[string][]byte{}, docs: map[string]map[string]bool{}, mdns: map[string]int{}}
}
