package app

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	calling "entente/chat/call"
	"entente/chat/relay"
	"entente/chat/sfu"
	"entente/db"
	"entente/db/blob"
	"entente/db/dbtest"
	"entente/db/migrate"
)

// typed runs a command as the shell would.
func typed(t *testing.T, environ map[string]string, in string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), &env{in: strings.NewReader(in), out: &o, err: &e, getenv: func(k string) string { return environ[k] }}, args)
	return code, o.String(), e.String()
}

func TestUsageAndHelp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"--help", 0, "Usage: entente"}, {"nonsense", 2, "no command"}, {"serve --help", 0, "ENTENTE_ADDR"}, {"serve --nonsense", 2, "serve --help"}, {"serve extra", 2, "extra"},
		{"serve --addr nonsense", 2, "host:port"}, {"version", 0, "entente " + Version}, {"version --json", 0, `"version"`}, {"version extra", 2, "extra"},
		{"edi", 2, "check"}, {"edi nonsense", 2, "check"}, {"edi check", 2, "file"}, {"edi check a b", 2, "file"}, {"edi check no-such-file", 2, "no-such-file"}, {"edi check --format xml x", 2, "xml"},
		{"token create", 2, "--user"}, {"token create --user a@b.example --name n --scopes all", 2, "orders:read"}, {"user create --operator --company X --email e@x --name n", 2, "--org"}, {"user create --org a", 2, "--email"}, {"user create --org a --email e@x --name n --role king", 2, "role"}, {"demo", 2, "erp"}, {"interchange", 2, "list"}, {"interchange list", 2, "--org"}, {"interchange list --org a --state parked", 2, "held or failed"}, {"interchange resend --org a", 2, "ID"}, {"interchange burn x --org a", 2, "resend"}, {"cert", 2, "expiry"}, {"cert list", 2, "--org"}, {"cert add --org a", 2, "FILE"}, {"cert add x --org a --purpose love", 2, "encrypt"}, {"cert add /nowhere/at/all --org a", 2, "/nowhere/at/all"}, {"cert generate X --org a --use-from soon", 2, "2026-12-01"}, {"cert burn x --org a", 2, "retire"}, {"cert --help", 0, "password-file"}, {"cert list --org a --data /nowhere/at/all", 1, "/nowhere/at/all"},
		{"partner", 2, "invite"}, {"partner list", 2, "--org"}, {"partner companies --org a", 2, "companies"}, {"partner invite x --org a", 2, "--as"}, {"partner invite x --org a --as supplier --currency GBP --price-tolerance two", 2, "0.02"}, {"partner identity marry a b --org a", 2, "confirm"}, {"partner suspend --org a", 2, "suspend"}, {"partner --help", 0, "qualifier"}, {"partner list --org a --data /nowhere/at/all", 1, "/nowhere/at/all"}, {"demo erp --as huadong", 2, "kestrel"}, {"demo erp --via pigeon", 2, "sftp"},
		{"sftp", 2, "host-key"}, {"sftp user --org a", 2, "--name"}, {"sftp host-key --org a", 2, "usage"}, {"sftp user --org a --name b --key /nowhere/at/all", 2, "keys"}, {"sftp list --org a --data /nowhere/at/all", 1, "/nowhere/at/all"}, {"sftp change --org a", 2, "change"}, {"sftp change --org a --name b --data /nowhere/at/all", 1, "/nowhere/at/all"},
		{"serve --sftp-addr 2022", 2, "--sftp-addr"}, {"serve --allow-dial localhost", 2, "--allow-dial"},
	} {
		code, out, errs := typed(t, nil, "", strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(out+errs, c.says) {
			t.Errorf("entente %s: exit %d, want %d with %q:\n%s%s", c.args, code, c.code, c.says, out, errs)
		}
		if c.code == 2 && out != "" {
			t.Errorf("entente %s printed its complaint on standard output", c.args)
		}
	}
}

func TestCommandsFindTheData(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "absent")
	code, _, errs := typed(t, nil, "", "token", "create", "--data", dir, "--user", "a@b.example", "--name", "n", "--scopes", "edi:read")
	if _, err := os.Stat(dir); code != 1 || !strings.Contains(errs, "no Entente data") || !os.IsNotExist(err) {
		t.Errorf("a token where no data is: exit %d %s %v", code, errs, err)
	}
	a, err := New(t.Context(), Config{Addr: "127.0.0.1:0", Data: dir}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	address := a.addrs.http
	a.Close()
	if info, err := os.Stat(filepath.Join(dir, "entente.db")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the database file: %v %v", info.Mode(), err)
	}
	code, out, errs := typed(t, nil, "", "user", "create", "--operator", "--data", dir, "--email", "ops@x.example", "--name", "Ops")
	if code != 0 || !strings.HasPrefix(out, address+"/link/") || strings.Count(out, "\n") != 1 {
		t.Errorf("the link does not lead to where the server runs (%s): %d %q %s", address, code, out, errs)
	}
}

// A second company comes onto a server by the command line, and its first person
// by the link that the command prints.
func TestASecondCompany(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, err := New(t.Context(), Config{Addr: "127.0.0.1:0", Data: dir}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	a.Close()
	args := []string{"user", "create", "--data", dir, "--org", "rhein", "--company", "Rhein Werkzeug", "--country", "DE", "--currency", "EUR", "--zone", "Europe/Berlin", "--name", "Jana Roth", "--role", "admin"}
	for i, email := range []string{"jana@rhein.example", "second@rhein.example"} {
		if code, out, errs := typed(t, nil, "", append(args, "--email", email)...); code != 0 || !strings.Contains(out, "/link/") {
			t.Errorf("person %d: exit %d %s%s", i, code, out, errs)
		}
	}
	if code, _, errs := typed(t, nil, "", "user", "create", "--data", dir, "--org", "nobody", "--email", "x@y.example", "--name", "X", "--role", "admin"); code != 1 || errs == "" {
		t.Errorf("an unknown company: exit %d %s", code, errs)
	}
}

func TestSettingsComeInOrder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "entente.yaml")
	if err := os.WriteFile(file, []byte("addr: 127.0.0.1:1\nbase-url: https://file.example\nsmtp-url: smtp://file.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := &env{out: io.Discard, err: io.Discard, getenv: func(k string) string {
		return map[string]string{"ENTENTE_ADDR": "127.0.0.1:2", "ENTENTE_BASE_URL": "https://env.example/"}[k]
	}}
	fs := e.flags("serve")
	register(fs)
	if _, err := e.parse(fs, "", []string{"--data", dir, "--addr", "127.0.0.1:3"}); err != nil {
		t.Fatal(err)
	}
	cfg, err := configure(fs, e.getenv)
	if err != nil || cfg.Addr != "127.0.0.1:3" || cfg.BaseURL != "https://env.example" || cfg.SMTPURL != "smtp://file.example" {
		t.Errorf("%+v %v", cfg, err)
	}
	if err := os.WriteFile(file, []byte("adr: x\ntrusted-proxies: nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := configure(fs, e.getenv); err == nil || !strings.Contains(err.Error(), `"adr"`) {
		t.Errorf("an unknown setting passed: %v", err)
	}
	if err := os.WriteFile(file, []byte("trusted-proxies: nonsense\nsmtp-url: nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := configure(fs, e.getenv); err == nil || !strings.Contains(err.Error(), "--trusted-proxies") || !strings.Contains(err.Error(), "--smtp-url") {
		t.Errorf("not all wrong settings are told at once: %v", err)
	}
	for text, want := range map[string]string{ // the domain to which people answer by mail
		"mail-in-addr: 127.0.0.1:2525\nmail-in-domain: answers.example.\n":           "answers.example",
		"mail-in-addr: 127.0.0.1:2525\nbase-url: https://portal.example:8443\n":      "portal.example",
		"mail-in-domain: answers.example\n":                                          "",
		"mail-in-addr: 127.0.0.1:2525\nbase-url: http://127.0.0.1:8080\n":            "--mail-in-domain",
		"mail-in-addr: 127.0.0.1:2525\nmail-in-domain: a b\n":                        "--mail-in-domain",
		"mail-in-url: imaps://replies%40firm.example:p@imap.firm.example\n":          "firm.example",
		"mail-in-url: imaps://joe:p@imap.example\nmail-in-domain: a.example\n":       "a.example",
		"mail-in-url: imaps://imap.example\nmail-in-domain: a.example\n":             "--mail-in-url",
		"mail-in-url: imaps://a+b%40firm.example:p@imap.firm.example\n":              "--mail-in-url",
		"mail-in-addr: nowhere\nmail-in-domain: a.example\n":                         "--mail-in-addr",
		"mail-in-addr: :2525\nmail-in-domain: a.example\nmail-in-cert: /tmp/c.pem\n": "--mail-in-cert",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		quiet := &env{out: io.Discard, err: io.Discard, getenv: func(string) string { return "" }}
		fs := quiet.flags("serve")
		register(fs)
		if _, err := quiet.parse(fs, "", []string{"--data", dir}); err != nil {
			t.Fatal(err)
		}
		cfg, err := configure(fs, quiet.getenv)
		if strings.HasPrefix(want, "--") && (err == nil || !strings.Contains(err.Error(), want+":")) || !strings.HasPrefix(want, "--") && (err != nil || cfg.mailDomain() != want) {
			t.Errorf("%q: %q, %v", text, cfg.mailDomain(), err)
		}
	}
}

// TestTURN: a demo has a TURN server whatever port is taken, others only when told; a wrong
// setting is told by its name, and credentials name the person.
func TestTURN(t *testing.T) {
	t.Parallel()
	serve := func(cfg Config) (*App, error) {
		cfg.Addr, cfg.Data = "127.0.0.1:0", t.TempDir()
		if err := cfg.check(); err != nil {
			return nil, err
		}
		d, err := cfg.dialer()
		if err != nil {
			t.Fatal(err)
		}
		a := &App{cfg: cfg, dialer: d, log: slog.New(slog.DiscardHandler)}
		err = a.openTURN()
		if a.turn != nil {
			t.Cleanup(a.turn.Close)
		}
		return a, err
	}
	seen := map[string]bool{}
	for range 2 { // the second finds the port taken
		a, err := serve(Config{Demo: true})
		if err != nil || a.turn == nil || !a.turn.Addr().Addr().IsLoopback() || seen[a.turn.URL()] {
			t.Fatalf("the demo's: %+v %v", a.turn, err)
		}
		seen[a.turn.URL()] = true
		w := a.ways("p1")
		if len(w) != 1 || w[0].URLs[0] != a.turn.URL() || !strings.HasSuffix(w[0].Username, ":p1") || w[0].Credential == "" {
			t.Errorf("%+v", w)
		}
	}
	for _, cfg := range []Config{{}, {TURNAddr: "off", Demo: true}} {
		if a, err := serve(cfg); err != nil || a.turn != nil || len(a.ways("p1")) != 0 {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
	a, err := serve(Config{TURNURL: "stun:stun.example, turn:turn.example:3478?transport=udp", TURNSecret: "s"})
	if err != nil {
		t.Fatal(err)
	}
	w := a.ways("p1")
	if len(w) != 2 || w[0].Username != "" || w[1].URLs[0] != "turn:turn.example:3478?transport=udp" {
		t.Fatalf("%+v", w)
	}
	m := hmac.New(sha1.New, []byte("s"))
	m.Write([]byte(w[1].Username))
	if w[1].Credential != base64.StdEncoding.EncodeToString(m.Sum(nil)) || !strings.HasSuffix(w[1].Username, ":p1") {
		t.Errorf("%+v", w[1])
	}
	if a, err = serve(Config{TURNAddr: "127.0.0.1:0", TURNPorts: "41000-41020"}); err != nil || a.turn == nil {
		t.Errorf("by its address: %v", err)
	}
	for name, cfg := range map[string]Config{"turn-addr": {TURNAddr: "3478"}, "turn-public": {TURNAddr: "0.0.0.0:0", TURNPublic: "turn.example"}, "turn-ports": {TURNPorts: "9-1"}, "turn-url": {TURNURL: "http://turn.example"}} {
		if _, err := serve(cfg); err == nil || !strings.Contains(err.Error(), "--"+name+":") {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
	if _, err := serve(Config{TURNAddr: "0.0.0.0:0"}); err == nil || !strings.Contains(err.Error(), "--turn-public") {
		t.Errorf("every address: %v", err)
	}
}

// TestForwarding: a demo forwards calls on this machine; elsewhere it is asked for, and no
// browser is told an address that is not public unless it is named.
func TestForwarding(t *testing.T) {
	t.Parallel()
	serve := func(cfg Config) (*App, error) {
		cfg.Addr, cfg.Data = "127.0.0.1:0", t.TempDir()
		if err := cfg.check(); err != nil {
			return nil, err
		}
		d, err := cfg.dialer()
		if err != nil {
			t.Fatal(err)
		}
		a := &App{cfg: cfg, dialer: d, log: slog.New(slog.DiscardHandler)}
		if err := a.openSFU(); err != nil {
			return nil, err
		}
		if a.sfu != nil {
			t.Cleanup(a.sfu.Close)
		}
		return a, nil
	}
	if a, err := serve(Config{Demo: true}); err != nil || a.sfu == nil || !a.sfu.Addr().Addr().IsLoopback() {
		t.Errorf("the demo's: %v", err)
	}
	for _, cfg := range []Config{{}, {SFUAddr: "off", Demo: true}} {
		if a, err := serve(cfg); err != nil || a.sfu != nil || a.forwarding(calling.Deps{}).Forwarder != nil {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
	a, err := serve(Config{SFUAddr: "127.0.0.1:0", TURNPublic: "203.0.113.7", AllowDial: "203.0.113.0/24", CallsMesh: "2", CallsMost: "9"})
	if err != nil || a.sfu.Addr().Addr().String() != "203.0.113.7" {
		t.Fatalf("behind NAT: %v", err)
	}
	if d := a.forwarding(calling.Deps{}); d.Forwarder == nil || d.Mesh != 2 || d.Most != 9 {
		t.Errorf("%+v", d)
	}
	for says, cfg := range map[string]Config{
		"--sfu-addr: 3479": {SFUAddr: "3479"}, "--sfu-addr: 127.0.0.1 is not public": {SFUAddr: "127.0.0.1:0"}, "10.0.0.7 is not public": {SFUAddr: "0.0.0.0:0", SFUPublic: "10.0.0.7"},
		"name the one browsers reach with --sfu-public": {SFUAddr: "0.0.0.0:0"}, "--sfu-public: ": {SFUAddr: "0.0.0.0:0", SFUPublic: "sfu.example"},
		"--calls-mesh: \"7\"": {CallsMesh: "7"}, "--calls-most: \"x\"": {CallsMost: "x"},
	} {
		if _, err := serve(cfg); err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), "\"3479\"", "3479"), says) {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

func TestOneServeForAFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := lockData(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockData(dir); err == nil || !strings.Contains(err.Error(), "already uses") {
		t.Errorf("a second lock: %v", err)
	}
	_ = first.Close()
	again, err := lockData(dir)
	if err != nil {
		t.Errorf("after the first ended: %v", err)
	} else {
		_ = again.Close()
	}
}

// TestUploadsAreNamed: every column that holds a hash is known to be none of an upload, of
// EDI, or is asked before the bytes of an upload are deleted; and what is asked works on both
// databases.
func TestUploadsAreNamed(t *testing.T) {
	t.Parallel()
	never := strings.Fields(`api_token.hash as2_message.blob as2_message.body_hash as2_message.content_hash blob.hash edi_agreement.hash edi_pickup.sha256 edi_submission.sha256 edi_upload.sha256 engagement_party.hash engagement_snapshot.hash engagement_split.hash
		forum_nda.hash interchange.blob interchange.sha256 link.hash live_ticket.hash payment.content_hash promotion_approval.hash promotion_seat.hash promotion_version.hash purchase_order.content_hash push_device.hash quote_version.hash
		room_bot.token_hash session.hash trade_reply.content_hash upload.hash`)
	asked := strings.Join(uploadNames, " ")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		tables, err := migrate.Describe(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, x := range tables {
			for _, c := range x.Columns {
				if c.Name != "blob" && !strings.HasSuffix(c.Name, "hash") && c.Name != "sha256" || slices.Contains(never, x.Name+"."+c.Name) {
					continue
				}
				if n++; !strings.Contains(asked, "FROM "+x.Name+" ") {
					t.Errorf("%s.%s: does it name an upload? Then uploadNames must ask it", x.Name, c.Name)
				}
			}
		}
		if n != len(uploadNames) {
			t.Errorf("%d columns are asked, %d conditions", n, len(uploadNames))
		}
		s, err := uploadStore(d, Config{Data: t.TempDir(), Quota: "1 GB"}, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, dry := range []bool{true, false} {
			if got, err := s.SweepAll(t.Context(), dry); err != nil || got != (blob.Swept{}) {
				t.Errorf("%+v %v", got, err)
			}
		}
		if used, most, err := s.Used(t.Context(), "nobody"); err != nil || used != 0 || most != 1<<30 {
			t.Errorf("%d of %d, %v", used, most, err)
		}
	})
	for text, want := range map[string]int64{"": 0, "500MB": 500 << 20, "20 gb": 20 << 30, "1TB": 1 << 40, "5": -1, "-1GB": -1, "GB": -1, "lots": -1} {
		c := Config{Quota: text}
		if got, err := c.quota(); err == nil && got != want || err != nil && want != -1 {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
}

// TestCallFigures: what a node runs for calls is counted, and nothing of what is off.
func TestCallFigures(t *testing.T) {
	t.Parallel()
	turn, err := relay.Listen(relay.Options{Addr: "127.0.0.1:0", Allow: func(netip.Addr) bool { return true }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(turn.Close)
	media, err := sfu.Listen(sfu.Options{Addr: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(media.Close)
	for _, x := range []struct {
		a    *App
		want int
	}{{&App{}, 0}, {&App{turn: turn}, 2}, {&App{turn: turn, sfu: media}, 5}} {
		reg := prometheus.NewRegistry()
		reg.MustRegister(collector{callDescs(), x.a.callFigures})
		got, err := reg.Gather()
		if err != nil || len(got) != x.want {
			t.Errorf("%d figures, want %d: %v", len(got), x.want, err)
		}
	}
}
