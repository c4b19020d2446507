package gateway

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	proto "github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"entente/db"
	"entente/db/secret"
	"entente/edi/dial"
	"entente/edi/sftp"
	"entente/prm/access"
	"entente/prm/fault"
)

// foreign is a server of a company's own: somebody else's software.
type foreign struct {
	t       *testing.T
	addr    string
	hostKey string
	files   *proto.Client
	fixed   atomic.Bool                    // it lets nobody move or remove a file
	opened  atomic.Pointer[func()]         // the next file is opened for writing
	conn    atomic.Pointer[ssh.ServerConn] // the last one
	says    atomic.Pointer[func(r *proto.Request) error]
}

// keeper is a server that may be told to keep its files where they are. It opens none for
// reading and writing at once.
type keeper struct {
	proto.FileCmder
	proto.FileWriter
	*foreign
}

func (k keeper) Filewrite(r *proto.Request) (io.WriterAt, error) {
	if f := r.Pflags(); f.Read && f.Write {
		return nil, proto.ErrSSHFxPermissionDenied
	}
	if fn := k.opened.Swap(nil); fn != nil {
		(*fn)()
	}
	return k.FileWriter.Filewrite(r)
}

func (k keeper) Filecmd(r *proto.Request) error {
	if k.fixed.Load() && (r.Method == "Rename" || r.Method == "PosixRename" || r.Method == "Remove") {
		return proto.ErrSSHFxPermissionDenied
	}
	if says := k.says.Load(); says != nil {
		if err := (*says)(r); err != nil {
			return err
		}
	}
	return k.FileCmder.Filecmd(r)
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
	f := &foreign{t: t}
	k := keeper{disk.FileCmd, disk.FilePut, f}
	disk.FileCmd, disk.FilePut = k, k
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				conn, chans, reqs, err := ssh.NewServerConn(c, cfg)
				if err != nil {
					return
				}
				defer conn.Close()
				f.conn.Store(conn)
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
			}()
		}
	}()
	f.addr, f.hostKey = l.Addr().String(), ssh.FingerprintSHA256(signer.PublicKey())
	c, err := ssh.Dial("tcp", f.addr, &ssh.ClientConfig{User: "entente", Auth: []ssh.AuthMethod{ssh.Password("right")}, HostKeyCallback: ssh.FixedHostKey(signer.PublicKey())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if f.files, err = proto.NewClient(c); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"/from", "/done", "/to"} {
		if err := f.files.Mkdir(dir); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func (f *foreign) put(name, content string) {
	f.t.Helper()
	w, err := f.files.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err == nil {
		if _, err = w.Write([]byte(content)); err == nil {
			err = w.Close()
		}
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *foreign) names(dir string) string {
	f.t.Helper()
	list, err := f.files.ReadDir(dir)
	if err != nil {
		f.t.Fatal(err)
	}
	var out []string
	for _, i := range list {
		out = append(out, i.Name())
	}
	return strings.Join(out, " ")
}

type slugs map[string]string

func (s slugs) CompanyOf(_ context.Context, slug string) (string, error) { return s[slug], nil }

func (b *bench) pickup(allow []netip.Prefix, folder string) *Pickup {
	b.Helper()
	remotes := NewRemotes(b.d, secret.Random(), dial.New(dial.Options{Allow: allow}))
	return NewPickup(b.s, b.box(), PickupConfig{Remotes: remotes, Companies: slugs{"kestrel": kestrel}, Folder: folder, Temp: b.TempDir()})
}

// turn makes everything due and settled, and runs the drain once.
func (b *bench) turn(p *Pickup) {
	b.Helper()
	b.exec("UPDATE edi_remote SET next_at = 0")
	b.exec("UPDATE edi_pickup SET seen = 0")
	if _, err := p.drain(b.Context()); err != nil {
		b.Fatal(err)
	}
	if err := p.lookIntoFolder(b.Context()); err != nil {
		b.Fatal(err)
	}
}

func kestrelServer(f *foreign) RemoteCmd {
	return RemoteCmd{Name: "our server", Addr: f.addr, Login: "entente", Password: "right", HostKey: f.hostKey, In: "/from", Done: "/done", Out: "/to"}
}

// atKestrel is a server of Kestrel's at which we look.
func (b *bench) atKestrel(t *testing.T) (*foreign, *Pickup, Remote) {
	t.Helper()
	f := openForeign(t)
	p := b.pickup(dial.Loopback, "")
	r, err := p.Add(t.Context(), maya, kestrelServer(f))
	if err != nil {
		t.Fatal(err)
	}
	return f, p, r
}

func TestRemoteFetchesAndDelivers(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		f, p, r := b.atKestrel(t)
		if err := p.Check(t.Context(), maya, r.ID); err != nil {
			t.Errorf("check: %v", err)
		}
		b.want("secrets in the open", b.count("SELECT count(*) FROM edi_remote WHERE addr || login || host_key LIKE '%right%' OR sealed IS NULL"), 0)
		text := fromKestrel(1, order("R-1")).String()
		f.put("/from/order.edi", text)
		f.put("/from/half.part", text)
		f.put("/from/half.edi", text[:len(text)-12]) // the IEA is missing
		sent := func() int { return b.count("SELECT count(*) FROM interchange WHERE door = 'sftp' AND origin = 'sent'") }
		for range 2 { // seen a moment ago: not yet
			b.exec("UPDATE edi_remote SET next_at = 0")
			if _, err := p.drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			b.want("taken at once", sent(), 0)
		}
		b.turn(p)
		b.want("taken", sent(), 1)
		b.want("/from", f.names("/from"), "half.edi half.part")
		b.want("/done", f.names("/done"), "order.edi")
		b.work()
		b.want("orders", b.count("SELECT count(*) FROM test_order"), 1)
		b.turn(p)
		b.want("waiting here", len(b.waiting(maya)), 0)
		if got := f.names("/to"); !strings.HasPrefix(got, "997-000000001-") || strings.Contains(got, "part") {
			t.Errorf("/to lists %q", got)
		}
		// the half one grows to its end
		f.put("/from/half.edi", fromKestrel(2, order("R-2")).String())
		b.exec("UPDATE edi_remote SET next_at = 0")
		if _, err := p.drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.want("taken while it grows", sent(), 1)
		b.turn(p)
		b.want("taken when whole", sent(), 2)
		b.want("/done", f.names("/done"), "half.edi order.edi")
		list, err := p.List(t.Context(), maya)
		if err != nil || len(list) != 1 || list[0].Failing != "" || list[0].Checked.IsZero() {
			t.Errorf("%+v, %v", list, err)
		}

		// died between taking and putting away: put away, and nothing else
		f.put("/from/again.edi", fromKestrel(3, order("R-3")).String())
		b.turn(p)
		b.turn(p)
		b.want("taken", sent(), 3)
		if err := f.files.Rename("/done/again.edi", "/from/again.edi"); err != nil {
			t.Fatal(err)
		}
		b.want("remembered", b.count("SELECT count(*) FROM edi_pickup WHERE org_id = ? AND source = ? AND name = 'again.edi' AND state = 'taken' AND length(sha256) = 64", kestrel, r.ID), 1)
		receipts := b.count("SELECT count(*) FROM audit WHERE action = 'edi.receive'")
		b.turn(p)
		b.want("receipts", b.count("SELECT count(*) FROM audit WHERE action = 'edi.receive'"), receipts)
		b.want("/done", f.names("/done"), "again.edi half.edi order.edi")
	})
}

// What waits goes to one server, once: a second one to deliver to is refused, and where there
// are two from before, or two turns at once, whoever claims it first has it. A claim of who
// died lapses.
func TestRemoteDeliversOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		f, g := openForeign(t), openForeign(t)
		p := b.pickup(dial.Loopback, "")
		r, err := p.Add(t.Context(), maya, kestrelServer(f))
		if err != nil {
			t.Fatal(err)
		}
		second := kestrelServer(g)
		second.Name = "the other"
		if _, err := p.Add(t.Context(), maya, second); fault.CodeOf(err) != fault.Invalid || len(fault.As(err).Fields) != 1 || fault.As(err).Fields[0].Key != "sftp.out_taken" {
			t.Fatalf("a second one to deliver to: %v", err)
		}
		second.Out = ""
		other, err := p.Add(t.Context(), maya, second)
		if err != nil {
			t.Fatal(err)
		}
		network := kestrelServer(g)
		network.Name, network.Network = "a network", true
		if _, err := p.Add(t.Context(), maya, network); err != nil {
			t.Fatalf("a network beside it: %v", err)
		}
		b.exec("DELETE FROM edi_remote WHERE network")
		b.exec("UPDATE edi_remote SET out_path = '/to' WHERE id = ?", other.ID) // from before

		f.put("/from/order.edi", fromKestrel(1, order("D-1")).String())
		b.turn(p)
		b.turn(p)
		b.work()
		if n := len(b.waiting(maya)); n != 1 {
			t.Fatalf("%d wait", n)
		}
		put := func(x *foreign) int { return len(strings.Fields(x.names("/to"))) }
		// While the first server is written to, another turn there begins and ends.
		visit := func() {
			var rows []remoteRow
			if err := b.d.View(t.Context(), func(ctx context.Context) (err error) { rows, err = remotesOf(ctx, kestrel); return err }); err != nil {
				t.Error(err)
			}
			for i := range rows {
				if got, err := p.visit(t.Context(), &rows[i]); err != nil || got.well > 0 {
					t.Errorf("%s: %+v, %v", rows[i].Name, got, err)
				}
			}
		}
		f.opened.Store(&visit)
		b.turn(p)
		b.want("files at the first, at the other", fmt.Sprint(put(f), put(g)), "1 0")
		b.want("waiting here", len(b.waiting(maya)), 0)
		list, err := p.List(t.Context(), maya)
		if err != nil || len(list) != 2 || list[0].Idle != "" || list[1].Idle != r.Name {
			t.Errorf("which delivers: %+v, %v", list, err)
		}

		// Whoever claimed it died: it is left alone for a while, and goes then.
		f.put("/from/again.edi", fromKestrel(2, order("D-2")).String())
		b.exec("DELETE FROM edi_remote WHERE id = ?", other.ID)
		b.turn(p)
		b.turn(p)
		b.work()
		b.exec("UPDATE interchange SET fence = fence + 1, next_at = ? WHERE delivery = ?", db.Micros(b.d.Clock().Add(dropLease)), DeliveryWaiting)
		before := put(f) + put(g)
		b.turn(p)
		b.want("claimed by another", put(f)+put(g), before)
		b.exec("UPDATE interchange SET next_at = ? WHERE delivery = ?", db.Micros(b.d.Clock()), DeliveryWaiting)
		b.turn(p)
		b.want("the claim lapsed", put(f)+put(g), before+1)
		b.want("no failure", b.count("SELECT count(*) FROM edi_remote WHERE id = ? AND last_error = ''", r.ID), 1)
	})
}

// Of two servers from before the younger gets what waits while the older is dead, but for what
// may lie at the older.
func TestDeadServerStopsNothing(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect()
		_, p, r := b.atKestrel(t)
		g := openForeign(t)
		cmd := kestrelServer(g)
		cmd.Name, cmd.Out = "the other", ""
		other, err := p.Add(t.Context(), maya, cmd)
		if err != nil {
			t.Fatal(err)
		}
		b.exec("UPDATE edi_remote SET out_path = '/to' WHERE id = ?", other.ID)
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		b.exec("UPDATE edi_remote SET addr = ?, created = created - 1 WHERE id = ?", l.Addr().String(), r.ID)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		idle := func() string {
			t.Helper()
			list, err := p.List(t.Context(), maya)
			if err != nil || len(list) != 2 {
				t.Fatalf("%+v, %v", list, err)
			}
			return list[0].Idle + "|" + list[1].Idle
		}
		first, open := b.response("E-1"), b.response("E-2")
		b.exec("UPDATE interchange SET unclear = TRUE WHERE id = ?", open)
		for range toldTries {
			b.want("while it may come back", b.get(ingrid, first).Delivery, DeliveryWaiting)
			b.want("which is idle", idle(), "|"+r.Name)
			b.turn(p)
		}
		b.want("which is idle", idle(), other.Name+"|")
		b.turn(p)
		b.want("at the other", b.get(ingrid, first).Delivery, DeliveryDelivered)
		b.want("what may be at the first", b.get(ingrid, open).Delivery, DeliveryWaiting)
		b.want("/to", g.names("/to"), b.nameOf(first))
		b.exec("UPDATE edi_remote SET last_error = 'sftp.denied' WHERE id = ?", r.ID)
		b.want("one that says no works", idle(), "|"+r.Name)
		if err := p.Remove(t.Context(), maya, r.ID); err != nil {
			t.Fatal(err)
		}
		b.turn(p)
		b.want("without the first", b.get(ingrid, open).Delivery, DeliveryDelivered)
	})
}

// A turn that works and has no more time ends well and goes on at once; what is going out
// does not wait for what comes in.
func TestRemoteTurnEnds(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		f, p, r := b.atKestrel(t)
		f.put("/from/0.edi", fromKestrel(1, order("E-0")).String())
		b.turn(p)
		b.turn(p)
		b.work()
		sent := func() int { return b.count("SELECT count(*) FROM interchange WHERE door = 'sftp' AND origin = 'sent'") }
		for i := range 3 {
			f.put(fmt.Sprintf("/from/%d.edi", i+1), fromKestrel(i+2, order(fmt.Sprint("E-", i+1))).String())
		}
		b.turn(p)
		p.span = 0
		for i := range 3 {
			b.exec("UPDATE edi_pickup SET seen = 0")
			var rows []remoteRow
			if err := b.d.View(t.Context(), func(ctx context.Context) (err error) { rows, err = remotesOf(ctx, kestrel); return err }); err != nil {
				t.Fatal(err)
			}
			p.turn(t.Context(), &rows[0])
			b.want("taken", sent(), i+2)
			b.want("at once", b.count("SELECT count(*) FROM edi_remote WHERE id = ? AND last_error = '' AND attempts = 0 AND next_at <= ?", r.ID, db.Micros(b.d.Clock())), map[bool]int{true: 1}[i < 2])
			b.want("waiting here", len(b.waiting(maya)), 0)
		}
		b.want("/from", f.names("/from"), "")
	})
}

// What stays at a server stands in nobody's way: not what was refused or is not complete, nor
// what was taken where the server lets nobody put it away. That is shown, and is no failure;
// once it is allowed all of it goes.
func TestRemoteLeavesFiles(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		f, p, r := b.atKestrel(t)
		for i := range maxPicked + 1 {
			f.put(fmt.Sprintf("/from/%03d.tmp", i), "x")
			f.put(fmt.Sprintf("/from/%03d.edi", i), "")
		}
		b.exec(`INSERT INTO edi_pickup (org_id, source, name, size, changed, sha256, state, seen) VALUES (?, ?, 'gone.edi', 1, 1, '', 'refused', 0)`, kestrel, r.ID)
		f.put("/from/letter.txt", "Dear all,")
		f.put("/from/m.edi", fromKestrel(1, order("L-1")).String())
		f.put("/from/n.edi", fromKestrel(2, order("L-2")).String())
		f.fixed.Store(true)
		left := func() int {
			list, err := p.List(t.Context(), maya)
			if err != nil || len(list) != 1 || list[0].Failing != "" {
				t.Fatalf("%+v, %v", list, err)
			}
			return list[0].Left
		}
		for range 4 {
			b.turn(p)
			left()
		}
		b.want("taken", b.count("SELECT count(*) FROM interchange WHERE door = 'sftp' AND origin = 'sent'"), 2)
		b.want("told once", b.count("SELECT count(*) FROM audit WHERE action = 'edi.receive' AND outcome = 'denied'"), 1)
		b.want("left", left(), 2)
		b.want("forgotten", b.count("SELECT count(*) FROM edi_pickup WHERE name = 'gone.edi'"), 0)
		f.fixed.Store(false)
		b.turn(p)
		b.want("left", left(), 0)
		b.want("/done", f.names("/done"), "m.edi n.edi")

		if err := f.files.RemoveDirectory("/done"); err == nil {
			t.Fatal("it is not empty")
		}
		if err := f.files.Rename("/done", "/elsewhere"); err != nil { // the folder for taken files is gone
			t.Fatal(err)
		}
		f.put("/from/o.edi", fromKestrel(3, order("L-3")).String())
		b.turn(p)
		b.turn(p)
		b.want("taken", b.count("SELECT count(*) FROM interchange WHERE door = 'sftp' AND origin = 'sent'"), 3)

		// Nor does a folder that is not there any more to deliver to: it is told, and orders come at the usual pace.
		b.work()
		if err := f.files.Rename("/to", "/nowhere"); err != nil {
			t.Fatal(err)
		}
		for range toldTries {
			b.turn(p)
		}
		f.put("/from/p.edi", fromKestrel(4, order("L-4")).String())
		b.turn(p)
		b.turn(p)
		b.want("taken", b.count("SELECT count(*) FROM interchange WHERE door = 'sftp' AND origin = 'sent'"), 4)
		b.want("at the usual pace", b.count("SELECT count(*) FROM edi_remote WHERE last_error = 'sftp.no_such_file' AND attempts > ? AND next_at < ?", toldTries, db.Micros(b.d.Clock().Add(90*time.Second))), 1)
		b.want("told", b.count("SELECT count(*) FROM event WHERE kind = ? AND payload NOT LIKE '%sftp.incomplete%'", EventRemote), 1) // the .tmp files aside
		if n := len(b.waiting(maya)); n == 0 {
			t.Error("nothing waits")
		}
		if err := f.files.Rename("/nowhere", "/to"); err != nil {
			t.Fatal(err)
		}
		b.turn(p)
		b.want("waiting here", len(b.waiting(maya)), 0)
	})
}

// A company may want taken files left: they are taken once, and nothing is said of them.
func TestRemoteLeavesAll(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		f := openForeign(t)
		p := b.pickup(dial.Loopback, "")
		cmd := kestrelServer(f)
		cmd.Leave = true
		if _, err := p.Add(t.Context(), maya, cmd); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("left and moved: %v", err)
		}
		cmd.Done = ""
		if _, err := p.Add(t.Context(), maya, cmd); err != nil {
			t.Fatal(err)
		}
		f.put("/from/a.edi", fromKestrel(1, order("S-1")).String())
		f.put("/from/b.edi", fromKestrel(2, order("S-2")).String())
		for range 4 {
			b.turn(p)
		}
		b.want("taken", b.count("SELECT count(*) FROM interchange WHERE door = 'sftp' AND origin = 'sent'"), 2)
		b.want("receipts", b.count("SELECT count(*) FROM audit WHERE action = 'edi.receive'"), 2)
		b.want("/from", f.names("/from"), "a.edi b.edi")
		if list, err := p.List(t.Context(), maya); err != nil || !list[0].Leave || list[0].Left != 0 || list[0].Failing != "" || list[0].Checked.IsZero() {
			t.Errorf("%+v, %v", list, err)
		}
		f.put("/from/a.edi", fromKestrel(3, order("S-33")).String())
		b.turn(p)
		b.turn(p)
		b.want("another of its name", b.count("SELECT count(*) FROM interchange WHERE door = 'sftp' AND origin = 'sent'"), 3)
	})
}

func TestRemoteRefusesAndFails(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		f, p, r := b.atKestrel(t)
		f.put("/from/letter.txt", "Dear all,")
		for range 4 {
			b.turn(p)
		}
		b.want("it stays", f.names("/from"), "letter.txt")
		b.want("told once", b.count("SELECT count(*) FROM audit WHERE action = 'edi.receive' AND outcome = 'denied'"), 1)
		b.want("errors", strings.Join(b.names(station(kestrel), sftp.Errors), " "), "letter.txt letter.txt.txt")

		for _, c := range []struct {
			what   string
			change func(*RemoteCmd)
			want   string
		}{
			{"another server", func(c *RemoteCmd) { c.HostKey = "SHA256:" + strings.Repeat("A", 43) }, "sftp.host_key_other"},
			{"a wrong password", func(c *RemoteCmd) { c.Password = "wrong" }, "sftp.signin_refused"},
			{"no such folder", func(c *RemoteCmd) { c.In = "/nowhere" }, "sftp.no_such_file"},
			{"nobody there", func(c *RemoteCmd) { c.Addr = "127.0.0.1:1" }, "dial.refused"},
		} {
			cmd := kestrelServer(f)
			cmd.Name, cmd.Out = c.what, ""
			mended := cmd
			c.change(&cmd)
			bad, err := p.Add(t.Context(), maya, cmd)
			if err != nil {
				t.Fatalf("%s: %v", c.what, err)
			}
			if err := p.Check(t.Context(), maya, bad.ID); fault.KeyOf(err) != c.want {
				t.Errorf("%s, checked: %v", c.what, err)
			}
			b.turn(p)
			b.want(c.what, b.count("SELECT count(*) FROM edi_remote WHERE id = ? AND last_error = ? AND attempts = 1 AND checked = 0 AND next_at > 0", bad.ID, c.want), 1)
			// What no further try mends is told at once, and left alone for an hour; the rest after some tries.
			refused := c.want == "sftp.signin_refused" || c.want == "sftp.host_key_other"
			told := b.count("SELECT count(*) FROM event WHERE kind = ? AND object = ?", EventRemote, bad.ID)
			b.want(c.what+", told", told, map[bool]int{true: 1}[refused])
			left := b.count("SELECT count(*) FROM edi_remote WHERE id = ? AND next_at > ?", bad.ID, db.Micros(b.d.Clock().Add(55*time.Minute)))
			b.want(c.what+", an hour", left, map[bool]int{true: 1}[refused])
			for range 6 {
				b.exec("UPDATE edi_remote SET next_at = 0 WHERE id = ?", bad.ID)
				b.turn(p)
			}
			b.want(c.what+", told once", b.count("SELECT count(*) FROM event WHERE kind = ? AND object = ?", EventRemote, bad.ID), 1)
			if c.want == "sftp.signin_refused" { // mended, and looked at at once
				for _, who := range []access.Actor{kaarel, person(kestrel, access.Buyer)} {
					if _, err := p.Change(t.Context(), who, bad.ID, mended); fault.CodeOf(err) != fault.NotFound && fault.CodeOf(err) != fault.Forbidden {
						t.Errorf("%v changes the sign-in: %v", who.Roles, err)
					}
				}
				if err := b.change(p, bad.ID, mended); err != nil {
					t.Fatal(err)
				}
				b.turn(p)
				b.want("mended", b.count("SELECT count(*) FROM edi_remote WHERE id = ? AND last_error = '' AND attempts = 0 AND checked > 0", bad.ID), 1)
				b.exec("UPDATE edi_remote SET last_error = ?, attempts = 3, next_at = ? WHERE id = ?", c.want, db.Micros(b.d.Clock().Add(time.Hour)), bad.ID)
				if err := p.Check(t.Context(), maya, bad.ID); err != nil {
					t.Fatal(err)
				}
				b.want("tried by hand", b.count("SELECT count(*) FROM edi_remote WHERE id = ? AND last_error = '' AND next_at <= ?", bad.ID, db.Micros(b.d.Clock())), 1)
			}
			if err := p.Remove(t.Context(), maya, bad.ID); err != nil {
				t.Fatal(err)
			}
		}
		guarded := NewRemotes(b.d, p.secrets, dial.New(dial.Options{}))
		if err := guarded.Check(t.Context(), maya, r.ID); fault.KeyOf(err) != "dial.not_allowed" {
			t.Errorf("a private address: %v", err)
		}
		otherKey := NewRemotes(b.d, secret.Random(), p.dialer)
		if err := otherKey.Check(t.Context(), maya, r.ID); fault.KeyOf(err) != "secret.wrong_key" {
			t.Errorf("another key file: %v", err)
		}
	})
}

// What lies incomplete at a company's server is told to it once, and shown while it lies there.
func TestRemoteTellsOfIncomplete(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		f, p, r := b.atKestrel(t)
		text := fromKestrel(1, order("I-1")).String()
		f.put("/from/half.edi", text[:len(text)-12])
		f.put("/from/never.edi.part", "ISA")
		for i := range maxParts { // they say nothing of those that are not finished
			f.put(fmt.Sprint("/from/.profile", i), "x")
		}
		stuck := func() string {
			got, err := p.Get(t.Context(), maya, r.ID)
			if err != nil || got.Failing != "" {
				t.Fatalf("%+v, %v", got, err)
			}
			return SomeNames(got.Stuck)
		}
		told := func() int { return b.count("SELECT count(*) FROM event WHERE kind = ?", EventRemote) }
		look := func() {
			t.Helper()
			b.exec("UPDATE edi_remote SET next_at = 0")
			if _, err := p.drain(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		look()
		look()
		b.want("while they may grow", fmt.Sprint(stuck(), told()), fmt.Sprint("", 0))
		b.turn(p) // the part for a day, the half one has no trailer
		b.want("the part", fmt.Sprint(stuck(), told()), fmt.Sprint("never.edi.part", 1))
		b.turn(p) // for an hour
		b.want("both", fmt.Sprint(stuck(), told()), fmt.Sprint("half.edi, never.edi.part", 2))
		b.turn(p)
		b.turn(p)
		b.want("told once", told(), 2)
		b.want("in words", b.count("SELECT count(*) FROM event WHERE kind = ? AND payload LIKE '%half.edi%' AND payload LIKE '%sftp.incomplete%'", EventRemote), 1)

		f.put("/from/half.edi", text)
		if err := f.files.Remove("/from/never.edi.part"); err != nil {
			t.Fatal(err)
		}
		b.turn(p)
		b.turn(p)
		b.want("mended", fmt.Sprint(stuck(), f.names("/done")), fmt.Sprint("", "half.edi"))
	})
}

func (b *bench) change(p *Pickup, id string, cmd RemoteCmd) error {
	b.Helper()
	_, err := p.Change(b.Context(), maya, id, cmd)
	return err
}

// A server is changed as it was made; a secret that is not named stays, except for a server of
// another key.
func TestRemoteChanges(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		f, p, r := b.atKestrel(t)
		f.put("/from/a.edi", fromKestrel(1, order("C-1")).String())
		b.turn(p)
		b.turn(p)
		cmd := kestrelServer(f)
		cmd.Name, cmd.Password, cmd.Done, cmd.Out, cmd.Every = " Leeds ", "", "", "/from/sub/..", time.Hour
		b.fault("one folder", b.change(p, r.ID, cmd), fault.Invalid, "form.invalid")
		cmd.Out, cmd.HostKey = "/to", " "+cmd.HostKey+" "
		changed, err := p.Change(t.Context(), maya, r.ID, cmd)
		if err != nil || changed.Name != "Leeds" || changed.Done != "" || changed.Every != time.Hour || changed.HostKey != r.HostKey {
			t.Fatalf("%+v, %v", changed, err)
		}
		if got, err := p.Get(t.Context(), maya, r.ID); err != nil || !reflect.DeepEqual(got, changed) {
			t.Errorf("%+v, %v", got, err)
		}
		if err := p.Check(t.Context(), maya, r.ID); err != nil {
			t.Errorf("with the secret of before: %v", err)
		}
		taken := "SELECT count(*) FROM interchange WHERE door = 'sftp' AND origin = 'sent'"
		f.put("/from/b.edi", fromKestrel(2, order("C-2")).String())
		b.turn(p)
		b.turn(p)
		b.want("taken", b.count(taken), 2)
		b.want("/from", f.names("/from"), "")

		other := cmd
		other.HostKey = "SHA256:" + strings.Repeat("A", 43)
		err = b.change(p, r.ID, other)
		if b.fault("the secret for another server", err, fault.Invalid, "form.invalid"); fault.As(err).Fields[0].Key != "sftp.secret_missing" {
			t.Errorf("%v", err)
		}
		other.Password = "right"
		if err := b.change(p, r.ID, other); err != nil {
			t.Fatal(err)
		}
		if err := p.Check(t.Context(), maya, r.ID); fault.KeyOf(err) != "sftp.host_key_other" {
			t.Errorf("another server: %v", err)
		}

		second := kestrelServer(f)
		second.Name, second.Out = "York", ""
		york, err := p.Add(t.Context(), maya, second)
		if err != nil {
			t.Fatal(err)
		}
		second.Name = "Leeds"
		b.fault("a name twice", b.change(p, york.ID, second), fault.Conflict, "sftp.remote_taken")
		second.Name, second.Out = "York", "/to"
		err = b.change(p, york.ID, second)
		if b.fault("a second to deliver to", err, fault.Invalid, "form.invalid"); fault.As(err).Fields[0].Key != "sftp.out_taken" {
			t.Errorf("%v", err)
		}
		for _, who := range []access.Actor{kaarel, person(kestrel, access.Buyer), token(maya, "stations:read", "edi:write")} {
			_, err := p.Change(t.Context(), who, r.ID, cmd)
			if fault.CodeOf(err) != fault.NotFound && fault.CodeOf(err) != fault.Forbidden {
				t.Errorf("%v changes it: %v", who.Roles, err)
			}
			if _, _, err := p.HostKey(t.Context(), who, f.addr); who.Org == kestrel && fault.CodeOf(err) != fault.Forbidden {
				t.Errorf("%v asks for a key: %v", who.Roles, err)
			}
		}
		if _, err := p.Get(t.Context(), kaarel, r.ID); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a stranger sees it: %v", err)
		}
		if _, err := p.Get(t.Context(), token(maya, "stations:read"), r.ID); err != nil {
			t.Errorf("a token reads it: %v", err)
		}
		line, fingerprint, err := p.HostKey(t.Context(), token(maya, "stations:write"), f.addr)
		if _, said, _ := strings.Cut(line, " "); err != nil || said == "" || fingerprint != f.hostKey {
			t.Errorf("the key: %q %s, %v", line, fingerprint, err)
		}
		if _, _, err := p.HostKey(t.Context(), maya, "nowhere"); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("no address: %v", err)
		}
		b.want("noted", b.count("SELECT count(*) FROM audit WHERE action = 'edi.remote.change' AND subject_id = ?", r.ID), 2)
	})
}

func token(of access.Actor, scopes ...string) access.Actor {
	of.Scopes = scopes
	return of
}

func TestRemoteRights(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		f, p, r := b.atKestrel(t)
		if err := p.Remove(t.Context(), kaarel, r.ID); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a stranger removes it: %v", err)
		}
		if err := p.Check(t.Context(), kaarel, r.ID); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a stranger checks it: %v", err)
		}
		if list, err := p.List(t.Context(), kaarel); err != nil || len(list) != 0 {
			t.Errorf("a stranger lists %+v, %v", list, err)
		}
		for _, who := range []access.Actor{person(kestrel, access.Buyer), station(kestrel)} {
			if _, err := p.Add(t.Context(), who, kestrelServer(f)); fault.CodeOf(err) != fault.Forbidden {
				t.Errorf("%v adds: %v", who.Roles, err)
			}
			if _, err := p.List(t.Context(), who); fault.CodeOf(err) != fault.Forbidden {
				t.Errorf("%v lists: %v", who.Roles, err)
			}
		}
		if _, err := p.Add(t.Context(), maya, kestrelServer(f)); fault.KeyOf(err) != "sftp.remote_taken" {
			t.Errorf("a name twice: %v", err)
		}
		for what, change := range map[string]func(c *RemoteCmd){
			"no name": func(c *RemoteCmd) { c.Name = " " }, "no port": func(c *RemoteCmd) { c.Addr = "host" }, "no login": func(c *RemoteCmd) { c.Login = "" },
			"no secret": func(c *RemoteCmd) { c.Password = "" }, "no host key": func(c *RemoteCmd) { c.HostKey = "" }, "a bad key": func(c *RemoteCmd) { c.Key = "x" },
			"no folder": func(c *RemoteCmd) { c.In, c.Out = "", "" }, "one folder": func(c *RemoteCmd) { c.Out = "/from/." }, "a line": func(c *RemoteCmd) { c.In = "/a\nb" },
		} {
			cmd := kestrelServer(f)
			change(&cmd)
			if _, err := p.Add(t.Context(), maya, cmd); fault.CodeOf(err) != fault.Invalid {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

func TestFolder(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		root := t.TempDir()
		for _, dir := range []string{"kestrel", "nobody", ".git"} {
			if err := os.Mkdir(filepath.Join(root, dir), 0o750); err != nil {
				t.Fatal(err)
			}
		}
		put := func(name, content string) {
			t.Helper()
			if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		p := b.pickup(nil, root)
		text := fromKestrel(1, order("F-1")).String()
		put("kestrel/order.edi", text)
		put("kestrel/half.edi", text[:len(text)-12])
		put("kestrel/copying.tmp", text)
		put("kestrel/letter.txt", "Dear all,")
		put("nobody/order.edi", text)
		put("order.edi", text)
		put("outside.edi", fromKestrel(9, order("F-9")).String())
		if err := os.Symlink(filepath.Join(root, "outside.edi"), filepath.Join(root, "kestrel", "link.edi")); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			p.looked = p.looked.Add(-folderEvery)
			b.turn(p)
		}
		b.want("taken", b.count("SELECT count(*) FROM interchange WHERE door = 'folder' AND origin = 'sent' AND sender_id = ?", kestrel), 1)
		for name, want := range map[string]bool{
			"kestrel/done/order.edi": true, "kestrel/order.edi": false, "kestrel/half.edi": true, "kestrel/copying.tmp": true, "kestrel/errors/letter.txt": true,
			"kestrel/errors/letter.txt.txt": true, "kestrel/letter.txt": false, "nobody/order.edi": true, "order.edi": true, "kestrel/link.edi": true, "outside.edi": true,
		} {
			if _, err := os.Lstat(filepath.Join(root, name)); (err == nil) != want {
				t.Errorf("%s is there: %v", name, err == nil)
			}
		}
		if raw, err := os.ReadFile(filepath.Join(root, "kestrel/errors/letter.txt.txt")); err != nil || !strings.Contains(string(raw), "edi.not_edi") {
			t.Errorf("%q, %v", raw, err)
		}
	})
}

// What a company chose its folder for is put there once, complete and with a copy, and is
// nowhere else; after a crash at any step nothing is shown twice.
func TestFolderOut(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect()
		root := t.TempDir()
		dir := filepath.Join(root, "kestrel")
		if err := os.Mkdir(dir, 0o750); err != nil {
			t.Fatal(err)
		}
		p := b.pickup(nil, root)
		emit := func(number string) string {
			e, err := b.emit(Outgoing{Partnership: withKestrel.ID, From: aurelia, Supplier: aurelia, Reseller: kestrel, Sender: idAurelia, Receiver: idKestrel, Kind: "855", Doc: ackOf(number), DocumentKind: "order_response", DocumentID: db.NewID(), Number: number})
			if err != nil {
				t.Fatal(err)
			}
			return e.ID
		}
		look := func() {
			t.Helper()
			b.exec("UPDATE interchange SET next_at = 0 WHERE origin = 'made'")
			p.looked = p.looked.Add(-folderEvery)
			b.turn(p)
		}
		there := func(sub string) string {
			entries, _ := os.ReadDir(filepath.Join(dir, sub))
			var out []string
			for _, e := range entries {
				out = append(out, e.Name())
			}
			return strings.Join(out, " ")
		}
		choose := func() error {
			return b.s.SetRoutes(t.Context(), maya, withKestrel.ID, []Route{{Kind: "855", Door: RouteFolder}})
		}
		if doors, err := b.s.Doors(t.Context(), maya, ""); err != nil || strings.Join(doors, " ") != " pages outbox as2" {
			t.Errorf("%q, %v", doors, err)
		}
		if err := choose(); fault.CodeOf(err) != fault.Invalid {
			t.Fatalf("without a folder: %v", err)
		}
		b.s.Folders(folders{kestrel: dir})
		b.s.Carry(&taken{})
		if err := choose(); err != nil {
			t.Fatal(err)
		}
		id := emit("F-1")
		m := b.get(maya, id)
		b.want("before", fmt.Sprint(m.Delivery, m.Way, m.Wait.Open(), len(b.waiting(maya))), fmt.Sprint(DeliveryWaiting, RouteFolder, false, 0))
		b.fault("fetched past the folder", b.s.Fetched(t.Context(), maya, id), fault.NotFound, "")
		if err := b.s.Hold(t.Context(), ingrid, id); err != nil {
			t.Fatal(err)
		}
		look()
		b.want("held", there("out"), "")
		if err := b.s.Release(t.Context(), ingrid, id); err != nil {
			t.Fatal(err)
		}
		look()
		m = b.get(maya, id)
		b.want("after", fmt.Sprint(m.Delivery, m.Way, m.Wait.Open(), m.Fetched.IsZero()), fmt.Sprint(DeliveryDelivered, RouteFolder, true, false))
		name := outFile(OutboxItem{ID: id, Type: "855", Control: m.Control, Format: SyntaxX12}).Name
		for _, sub := range []string{"out", "sent"} {
			text, err := os.ReadFile(filepath.Join(dir, sub, name))
			if err != nil || string(text) != b.raw(maya, id) || there(sub) != name {
				t.Errorf("%s holds %q: %q, %v", sub, there(sub), text, err)
			}
		}
		// its acknowledgement of an order follows
		b.post(maya, fromKestrel(1, order("F-2")).String())
		b.work()
		look()
		if got := there("out"); !strings.Contains(got, "997-") {
			t.Errorf("no 997 in %q", got)
		}

		again := "UPDATE interchange SET delivery = 'waiting' WHERE id = ?"
		b.exec(again, id) // died before it was noted; the file was taken meanwhile
		if err := os.Remove(filepath.Join(dir, "out", name)); err != nil {
			t.Fatal(err)
		}
		look()
		if strings.Contains(there("out"), name) || b.get(maya, id).Delivery != DeliveryDelivered {
			t.Errorf("shown twice: %q", there("out"))
		}
		b.exec(again, id) // died before it was shown
		if err := os.WriteFile(filepath.Join(dir, "out", "."+name+".part"), []byte("whole"), 0o600); err != nil {
			t.Fatal(err)
		}
		look()
		if text, err := os.ReadFile(filepath.Join(dir, "out", name)); string(text) != "whole" {
			t.Errorf("%q, %v", text, err)
		}
		b.exec(again, id) // died while it was written
		for _, file := range []string{"sent/" + name, "out/" + name} {
			if err := os.Remove(filepath.Join(dir, file)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "out", "."+name+".part"), []byte("longer than what is written now"+strings.Repeat(".", 9000)), 0o600); err != nil {
			t.Fatal(err)
		}
		look()
		if text, err := os.ReadFile(filepath.Join(dir, "out", name)); string(text) != b.raw(maya, id) {
			t.Errorf("%q, %v", text, err)
		}

		// a link leads nowhere, and the document waits
		outside := t.TempDir()
		if err := os.Rename(filepath.Join(dir, "out"), filepath.Join(dir, "was")); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(outside, filepath.Join(dir, "out")); err != nil {
			t.Fatal(err)
		}
		id = emit("F-3")
		b.exec("UPDATE edi_pickup SET seen = 0")
		p.looked = p.looked.Add(-folderEvery)
		if err := p.lookIntoFolder(t.Context()); err == nil {
			t.Error("a link was followed")
		}
		if left, _ := os.ReadDir(outside); len(left) > 0 || b.get(maya, id).Delivery != DeliveryWaiting {
			t.Errorf("%d files outside", len(left))
		}
	})
}

// An agreement that says folder chooses it for who chose nothing and has one.
func TestFolderByAgreement(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect()
		b.s.Judge(agreements{terms: Terms{Reseller: SideTerms{Folder: true}}})
		emit := func(number string) string {
			e, err := b.emit(Outgoing{Partnership: withKestrel.ID, From: aurelia, Supplier: aurelia, Reseller: kestrel, Sender: idAurelia, Receiver: idKestrel, Kind: "855", Doc: ackOf(number), DocumentKind: "order_response", DocumentID: db.NewID(), Number: number})
			if err != nil {
				t.Fatal(err)
			}
			return b.get(maya, e.ID).Way
		}
		b.want("without a folder", emit("A-1"), RouteUsual)
		b.s.Folders(folders{kestrel: "/somewhere"})
		b.want("with one", emit("A-2"), RouteFolder)
		if err := b.s.SetRoutes(t.Context(), maya, withKestrel.ID, []Route{{Kind: "855", Door: RouteOutbox}}); err != nil {
			t.Fatal(err)
		}
		b.want("with a choice", emit("A-3"), RouteUsual)
	})
}

type folders map[string]string

func (f folders) FolderOf(_ context.Context, org string) (string, error) { return f[org], nil }
