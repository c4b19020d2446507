package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// openssh is OpenSSH's client signed in at a server's SFTP door.
type openssh struct {
	t          *testing.T
	dir        string // of what it needs and what it fetches
	host, port string
	user       string
	options    []string
	env        []string
}

// need leaves a test out, or fails in CI, where tools of a Debian package are not there.
func need(t *testing.T, debian string, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is not there: CI tests with it (Debian package %s)", tool, debian)
			}
			t.Skipf("left out: %s is not there; install the Debian package %s", tool, debian)
		}
	}
}

func needOpenSSH(t *testing.T) {
	t.Helper()
	need(t, "openssh-client", "sftp", "ssh", "ssh-keygen")
}

// sftp is a client that signs in by a password, or by a key file when password is empty,
// and knows the server by the host key that its command prints.
func (s *server) sftp(user, password, keyFile string) *openssh {
	s.t.Helper()
	var ready struct {
		Addresses struct{ SFTP string }
	}
	(&client{t: s.t, s: s}).get("/readyz", &ready)
	host, port, err := net.SplitHostPort(ready.Addresses.SFTP)
	if err != nil {
		s.t.Fatalf("readyz says SFTP is at %q: %v", ready.Addresses.SFTP, err)
	}
	o := &openssh{t: s.t, dir: s.t.TempDir(), host: host, port: port, user: user, env: []string{"HOME=/nonexistent", "PATH=" + os.Getenv("PATH")}}
	hostKey, _, _ := strings.Cut(s.command("sftp", "host-key"), "\n")
	o.write("known_hosts", fmt.Sprintf("[%s]:%s %s\n", host, port, hostKey))
	o.options = []string{"-F", "none", "-o", "BatchMode=no", "-o", "StrictHostKeyChecking=yes", "-o", "UserKnownHostsFile=" + filepath.Join(o.dir, "known_hosts"), "-o", "NumberOfPasswordPrompts=1"}
	if password != "" {
		ask := o.write("ask", "#!/bin/sh\necho '"+password+"'\n")
		if err := os.Chmod(ask, 0o700); err != nil {
			s.t.Fatal(err)
		}
		o.env = append(o.env, "SSH_ASKPASS="+ask, "SSH_ASKPASS_REQUIRE=force")
		o.options = append(o.options, "-o", "PreferredAuthentications=password")
	} else {
		o.options = append(o.options, "-o", "PreferredAuthentications=publickey", "-o", "IdentitiesOnly=yes", "-i", keyFile)
	}
	return o
}

func (o *openssh) write(name, content string) string {
	o.t.Helper()
	path := filepath.Join(o.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		o.t.Fatal(err)
	}
	return path
}

func (o *openssh) cmd(ctx context.Context, batch string, more ...string) *exec.Cmd {
	file := o.write("batch", batch)
	args := slices.Concat(o.options, []string{"-q", "-P", o.port}, more, []string{"-b", file, o.user + "@" + o.host})
	cmd := exec.CommandContext(ctx, "sftp", args...)
	cmd.Env, cmd.Dir = o.env, o.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a signal to all of it
	return cmd
}

// try runs commands; the first that fails ends it.
func (o *openssh) try(batch ...string) (string, error) {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), 2*time.Minute)
	defer cancel()
	out, err := o.cmd(ctx, strings.Join(batch, "\n")+"\n").CombinedOutput()
	return string(out), err
}

func (o *openssh) run(batch ...string) string {
	o.t.Helper()
	out, err := o.try(batch...)
	if err != nil {
		o.t.Fatalf("sftp %q: %v\n%s", batch, err, out)
	}
	return out
}

// names lists a folder, hidden names too.
func (o *openssh) names(dir string) []string {
	o.t.Helper()
	var out []string
	for l := range strings.Lines(o.run("cd "+dir, "ls -1a")) {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "sftp>") {
			out = append(out, l)
		}
	}
	return out
}

// size is how much of a file the server shows; -1: none.
func (o *openssh) size(dir, name string) int64 {
	o.t.Helper()
	size := int64(-1)
	for l := range strings.Lines(o.run("ls -la " + dir)) {
		if w := strings.Fields(l); len(w) == 9 && w[8] == name {
			_, _ = fmt.Sscan(w[4], &size)
		}
	}
	return size
}

// fetch waits for a file in /out whose name begins with kind and whose content holds
// text, and takes it off the list.
func (o *openssh) fetch(kind, text string) []byte {
	o.t.Helper()
	var found []byte
	eventually(o.t, kind+" in /out", func() bool {
		for _, name := range o.names("/out") {
			if !strings.HasPrefix(name, kind+"-") {
				continue
			}
			o.run("get /out/" + name)
			raw, err := os.ReadFile(filepath.Join(o.dir, name))
			if err != nil {
				o.t.Fatal(err)
			}
			if strings.Contains(string(raw), text) {
				o.run("rm /out/" + name)
				found = raw
				return true
			}
		}
		return false
	})
	return found
}

// TestStorySFTP is story 1 by SFTP, with OpenSSH's own client: an order goes up, its
// answers come down; transfers that break off are never booked; nobody sees another's.
func TestStorySFTP(t *testing.T) {
	t.Parallel()
	needOpenSSH(t)
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		api := s.token("maya@kestrel.example", "edi:read,edi:write,orders:read,partners:read")
		aurelia := s.token("ingrid@aurelia.example", "orders:read,orders:write,edi:read")
		kestrel := s.sftp("kestrel", "entente-demo-1", "")

		if got := kestrel.names("/"); !slices.Equal(got, []string{"in", "out"}) {
			t.Errorf("/ lists %q", got)
		}
		if got := kestrel.names("/in"); !slices.Equal(got, []string{".errors"}) {
			t.Errorf("/in lists %q", got)
		}
		first := po{control: 660001, number: "SFTP-1"}.String()
		kestrel.write("order.edi", first)
		kestrel.run("put -p order.edi /in/order.edi")
		ack := kestrel.fetch("997", "AK1*PO*660001")
		checkFile(t, ack)
		if element(find(ack, "AK5"), 1) != "A" {
			t.Errorf("the 997: %s", ack)
		}
		if got := kestrel.names("/out"); len(got) != 0 {
			t.Errorf("after rm /out lists %q", got)
		}
		if box := api.outbox(); len(box) != 0 {
			t.Errorf("after rm the outbox lists %+v", box)
		}
		orders := api.orders("SFTP-1")
		if len(orders) != 1 || orders[0].Total.Amount != "27600.00" {
			t.Fatalf("orders %+v", orders)
		}
		aurelia.post("/api/v1/orders/"+orders[0].ID+"/confirm", `{}`, 200, nil)
		answer := kestrel.fetch("855", "SFTP-1")
		checkFile(t, answer)

		// the same file again, under another name, is the same order
		kestrel.run("put order.edi /in/again.edi")
		if n := len(api.orders("SFTP-1")); n != 1 {
			t.Errorf("%d orders after the duplicate", n)
		}

		t.Run("demo erp", func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), binary, "demo", "erp", "--url", s.url, "--via", "sftp").CombinedOutput()
			if err != nil || !strings.Contains(string(out), "signed in by SFTP as kestrel") || !strings.Contains(string(out), "is confirmed and invoiced") {
				t.Errorf("%v\n%s", err, out)
			}
		})
		t.Run("killed", func(t *testing.T) { killedUpload(t, kestrel, api) })
		if d.name == "sqlite" { // of the door alone
			t.Run("renamed", func(t *testing.T) { renamedUpload(t, kestrel, api) })
			t.Run("refused", func(t *testing.T) { refusedUpload(t, kestrel, api) })
			t.Run("signing in", func(t *testing.T) { sftpSignIn(t, s, kestrel, api) })
			t.Run("tricks", func(t *testing.T) { sftpTricks(t, kestrel) })
		}
		t.Run("restart", func(t *testing.T) {
			kestrel.write("part.edi", po{control: 660050, number: "SFTP-RESTART"}.String())
			kestrel.run("put part.edi /in/part.tmp")
			s.kill()
			s.run()
			again := s.sftp("kestrel", "entente-demo-1", "") // by the same host key
			again.run("rename /in/part.tmp /in/part.edi")
			again.fetch("997", "AK1*PO*660050")
		})
	})
}

func renamedUpload(t *testing.T, kestrel *openssh, api *client) {
	kestrel.write("r.edi", po{control: 660010, number: "SFTP-REN"}.String())
	for _, name := range []string{"r.edi.part", "r.tmp", "r.filepart"} {
		kestrel.run("put r.edi /in/" + name)
	}
	if got := kestrel.names("/in"); !slices.Equal(got, []string{".errors", "r.edi.part", "r.filepart", "r.tmp"}) {
		t.Errorf("/in lists %q", got)
	}
	if n := len(api.orders("SFTP-REN")); n != 0 {
		t.Fatalf("%d orders before the rename", n)
	}
	kestrel.run("rename /in/r.edi.part /in/r.edi", "rm /in/r.tmp", "rm /in/r.filepart")
	kestrel.fetch("997", "AK1*PO*660010")
	if n := len(api.orders("SFTP-REN")); n != 1 {
		t.Errorf("%d orders after the rename", n)
	}
}

// killedUpload kills the client in the middle, twice, then lets it resume.
func killedUpload(t *testing.T, kestrel *openssh, api *client) {
	lines := make([]string, 3000)
	for i := range lines {
		lines[i] = fmt.Sprintf("PO1*%d*1*EA*84.00*PE*VP*AUR-D18B*BP*KS-%06d", i+1, i)
	}
	whole := po{control: 660020, number: "SFTP-KILL", lines: lines}.String()
	kestrel.write("big.edi", whole)
	look := *kestrel // another session, that looks
	look.dir = t.TempDir()
	size := int64(0)
	for n, batch := range []string{"put big.edi /in/big.edi\n", "reput big.edi /in/big.edi\n"} {
		cmd := kestrel.cmd(t.Context(), batch, "-l", "200", "-B", "1024", "-R", "1") // slowly
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "some of it arrived", func() bool { return look.size("/in", "big.edi") > size })
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if err := cmd.Wait(); err == nil {
			t.Fatal("the client ended by itself")
		}
		size = look.size("/in", "big.edi")
		if size <= 0 || size >= int64(len(whole)) {
			t.Fatalf("kill %d: the server shows %d of %d bytes", n, size, len(whole))
		}
		if got := api.orders("SFTP-KILL"); len(got) != 0 {
			t.Fatalf("kill %d booked %+v", n, got)
		}
	}
	if out, err := kestrel.try("rename /in/big.edi /in/big2.edi"); err == nil {
		t.Errorf("a file that broke off was renamed: %s", out)
	}
	kestrel.run("reput big.edi /in/big.edi")
	kestrel.fetch("997", "AK1*PO*660020")
	if got := api.orders("SFTP-KILL"); len(got) != 1 {
		t.Errorf("resumed: %d orders", len(got))
	}
	// what was killed and is never resumed is simply begun anew
	if got := kestrel.names("/in"); !slices.Equal(got, []string{".errors"}) {
		t.Errorf("/in lists %q", got)
	}
	if got := kestrel.names("/in/.errors"); len(got) != 0 {
		t.Errorf("/in/.errors lists %q", got)
	}
}

func refusedUpload(t *testing.T, kestrel *openssh, api *client) {
	kestrel.write("letter.edi", "Dear Ingrid, please find our order attached.")
	kestrel.write("foreign.edi", po{control: 660030, number: "SFTP-FOREIGN", sender: "BALTICTRADE"}.String())
	kestrel.run("put letter.edi /in/letter.edi", "put foreign.edi /in/foreign.edi")
	if got := kestrel.names("/in/.errors"); !slices.Equal(got, []string{"foreign.edi", "foreign.edi.txt", "letter.edi", "letter.edi.txt"}) {
		t.Fatalf("/in/.errors lists %q", got)
	}
	kestrel.run("get /in/.errors/letter.edi back.edi", "get /in/.errors/letter.edi.txt", "get /in/.errors/foreign.edi.txt")
	if raw, err := os.ReadFile(filepath.Join(kestrel.dir, "back.edi")); err != nil || string(raw) != "Dear Ingrid, please find our order attached." {
		t.Errorf("%q, %v", raw, err)
	}
	for name, want := range map[string]string{"letter.edi.txt": "ISA", "foreign.edi.txt": "BALTICTRADE"} {
		raw, err := os.ReadFile(filepath.Join(kestrel.dir, name))
		if err != nil || !strings.Contains(string(raw), want) || strings.Contains(string(raw), "⟦") {
			t.Errorf("%s: %q, %v", name, raw, err)
		}
	}
	if n := len(api.orders("SFTP-FOREIGN")); n != 0 {
		t.Errorf("%d orders of a foreign sender", n)
	}
	kestrel.run("rm /in/.errors/letter.edi", "rm /in/.errors/foreign.edi.txt")
	if got := kestrel.names("/in/.errors"); len(got) != 0 {
		t.Errorf("/in/.errors lists %q", got)
	}
}

// sftpSignIn is who gets in, and that one company's login sees nothing of another's.
func sftpSignIn(t *testing.T, s *server, kestrel *openssh, api *client) {
	if out, err := s.sftp("kestrel", "wrong", "").try("ls"); err == nil {
		t.Errorf("a wrong password: %v %s", err, out)
	}
	if out, err := s.sftp("nobody", "entente-demo-1", "").try("ls"); err == nil {
		t.Errorf("an unknown login: %v %s", err, out)
	}
	refused := func(c *client) (all string) {
		var list struct {
			Items []struct {
				Login, Address, Reason string
				Times                  int
			}
		}
		c.get("/api/v1/edi/sftp/refused", &list)
		for _, i := range list.Items {
			all += fmt.Sprintln(i.Login, i.Address, i.Reason, i.Times)
		}
		return all
	}
	stations := s.token("maya@kestrel.example", "stations:read")
	eventually(t, "Kestrel reads why", func() bool { return refused(stations) == "kestrel 127.0.0.1 password 1\n" })
	if got := refused(s.token("kaarel@baltic.example", "stations:read")); got != "" {
		t.Errorf("Baltic reads %s", got)
	}
	maya := s.signIn(t, "maya@kestrel.example")
	for _, page := range []string{"", "/connect?step=way&way=sftp"} {
		maya.open("/c/kestrel/edi/connections/" + api.partnership("aurelia") + page).says("The password is wrong.")
	}
	eventually(t, "the operator reads of the stranger", func() bool { return strings.Contains(s.command("sftp", "refused"), "No login has this name") })
	keyFile := filepath.Join(t.TempDir(), "id")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "baltic ERP", "-f", keyFile).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	password := s.command("sftp", "user", "--org", "baltic", "--name", "baltic-erp", "--key", keyFile+".pub")
	if !regexp.MustCompile(`^[a-z2-7]{32}$`).MatchString(password) {
		t.Errorf("the command printed %q", password)
	}
	if out := s.command("sftp", "list", "--org", "baltic"); !strings.HasPrefix(out, "baltic-erp  password, SHA256:") {
		t.Errorf("list: %s", out)
	}

	// something of Kestrel's in every folder
	kestrel.write("k.edi", po{control: 660040, number: "SFTP-WALL"}.String())
	kestrel.write("k.txt", "not EDI")
	kestrel.run("put k.edi /in/k.edi", "put k.txt /in/k.txt", "put k.edi /in/k.part")
	var waiting string
	eventually(t, "a 997 waits", func() bool {
		names := kestrel.names("/out")
		if len(names) == 1 {
			waiting = names[0]
		}
		return waiting != ""
	})
	if len(api.outbox()) != 1 {
		t.Errorf("the outbox lists %+v", api.outbox())
	}
	if out, err := kestrel.try("rm /out/" + waiting); err == nil {
		t.Errorf("removed before it was read: %s", out)
	}
	for way, baltic := range map[string]*openssh{"key": s.sftp("baltic-erp", "", keyFile), "password": s.sftp("baltic-erp", password, "")} {
		for dir, want := range map[string][]string{"/in": {".errors"}, "/out": nil, "/in/.errors": nil} {
			if got := baltic.names(dir); !slices.Equal(got, want) {
				t.Errorf("by %s, Baltic lists %q in %s", way, got, dir)
			}
		}
		for _, do := range []string{"get /out/" + waiting, "rm /out/" + waiting, "get /in/.errors/k.txt", "get /in/.errors/k.txt.txt", "rm /in/.errors/k.txt", "rm /in/k.part", "rename /in/k.part /in/mine.edi", "rename /out/" + waiting + " /out/x"} {
			if out, err := baltic.try(do); err == nil {
				t.Errorf("by %s, Baltic may %s: %s", way, do, out)
			}
		}
	}
	kestrel.fetch("997", "AK1*PO*660040")
	kestrel.run("rm /in/k.part", "rm /in/.errors/k.txt")

	s.command("sftp", "remove", "--org", "baltic", "--name", "baltic-erp")
	if out, err := s.sftp("baltic-erp", "", keyFile).try("ls"); err == nil {
		t.Errorf("a login that was removed: %s", out)
	}
}

func sftpTricks(t *testing.T, kestrel *openssh) {
	kestrel.write("x", "x")
	for _, do := range []string{
		"put x /x", "put x /etc/passwd", "put x /in/../x", "put x /in/../../../../tmp/x", "put x /out/x", "put x /in/.errors/x", "put x /in/sub/x",
		`put x "/in/a\\..\\b"`, "put x /in/" + strings.Repeat("n", 200), "get /etc/passwd", "get /../../etc/passwd", "get /in/../../etc/passwd",
		"mkdir /in/sub", "rmdir /in", "rm /in/.errors", "ln /etc/passwd /in/l", "ln -s /etc/passwd /in/l", "rename /in /out2", "chmod 777 /in",
		"ls /etc", "cd /in/../../etc",
	} {
		if out, err := kestrel.try(do); err == nil {
			t.Errorf("%s was done: %s", do, out)
		}
	}
	cmd := exec.CommandContext(t.Context(), "ssh", slices.Concat(kestrel.options, []string{"-p", kestrel.port, kestrel.user + "@" + kestrel.host, "id"})...)
	cmd.Env = kestrel.env
	if out, err := cmd.CombinedOutput(); err == nil || bytes.Contains(out, []byte("uid=")) {
		t.Errorf("a command ran: %v %s", err, out)
	}
	if got := kestrel.names("/in"); !slices.Equal(got, []string{".errors"}) {
		t.Errorf("/in lists %q", got)
	}
}
