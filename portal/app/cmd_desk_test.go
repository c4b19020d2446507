package app

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"entente/db"
	"entente/edi/as2"
)

// desk is a data folder with two companies, and what is typed beside its server.
type desk struct {
	*testing.T
	dir string
	a   *App
}

func openDesk(t *testing.T) *desk {
	t.Helper()
	k := &desk{T: t, dir: t.TempDir()}
	a, err := New(t.Context(), Config{Addr: "127.0.0.1:0", Data: k.dir}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	k.a = a
	for _, slug := range []string{"aurelia", "kestrel", "baltic"} {
		k.say(0, "/link/", "user", "create", "--org", slug, "--company", slug, "--country", "GB", "--currency", "GBP", "--zone", "Europe/London", "--email", "a@"+slug+".example", "--name", "Ada", "--role", "admin")
	}
	return k
}

// say types a command; what it prints must hold a text.
func (k *desk) say(code int, holds string, args ...string) string {
	k.Helper()
	got, out, errs := typed(k.T, nil, "", append(args, "--data", k.dir)...)
	if got != code || !strings.Contains(out+errs, holds) || code != 0 && args[0] != "cert" && out != "" {
		k.Fatalf("entente %s: exit %d, want %d with %q:\n%s%s", strings.Join(args, " "), got, code, holds, out, errs)
	}
	return out
}

// list types a command with --json.
func list[T any](k *desk, args ...string) (rows T) {
	k.Helper()
	out := k.say(0, "", append(args, "--json")...)
	if err := json.Unmarshal([]byte(out), &rows); err != nil {
		k.Fatalf("%v: %v\n%s", args, err, out)
	}
	return rows
}

func (k *desk) file(name string, content []byte) string {
	k.Helper()
	path := filepath.Join(k.T.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		k.Fatal(err)
	}
	return path
}

// Certificates in every form that partners send are added, listed, exported as PEM, and
// taken out of use; those that end soon are told by an exit code.
func TestCertCommands(t *testing.T) {
	t.Parallel()
	k := openDesk(t)
	k.say(1, "no AS2 name yet", "cert", "generate", "AURELIA-AS2", "--org", "aurelia")
	k.say(0, "", "partner", "identity", "add", "as2", "AURELIA-AS2", "--org", "aurelia")
	k.say(1, "none of your company’s AS2 names", "cert", "generate", "KESTREL-AS2", "--org", "aurelia")
	k.say(0, "with key", "cert", "generate", "AURELIA-AS2", "--org", "aurelia")
	own := list[[]listedCertificate](k, "cert", "list", "--org", "aurelia")
	if len(own) != 1 || own[0].State != "in_use" || !own[0].Private || own[0].DaysLeft < 1000 {
		t.Fatalf("%+v", own)
	}
	exported := k.say(0, "BEGIN CERTIFICATE", "cert", "export", own[0].ID, "--org", "aurelia")
	if strings.Contains(exported, "PRIVATE") {
		t.Error("the private key is exported")
	}
	block, _ := pem.Decode([]byte(exported))
	// Kestrel's own server: its certificates as DER and PKCS #7, one for later.
	now := time.Now()
	short, err := as2.Generate("KESTREL-AS2", now.Add(-time.Hour), now.AddDate(0, 0, 9))
	if err != nil {
		t.Fatal(err)
	}
	later, err := as2.Generate("KESTREL-AS2", now.Add(-time.Hour), now.AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	k.say(0, "in_use", "cert", "add", k.file("k.der", short.Certificate.Raw), "--org", "kestrel")
	k.say(0, "coming", "cert", "add", k.file("k.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: later.Certificate.Raw})), "--org", "kestrel", "--purpose", "sign", "--use-from", now.AddDate(0, 0, 7).Format(time.DateOnly))
	// A PKCS #12 as old programs write it, with its key and password.
	third, err := as2.Generate("KESTREL-HOST", now.Add(-time.Hour), now.AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	old, err := pkcs12.LegacyRC2.Encode(third.Key, third.Certificate, nil, "open sesame")
	if err != nil {
		t.Fatal(err)
	}
	p12, password := k.file("old.p12", old), k.file("password", []byte("open sesame\n"))
	k.say(1, "password", "cert", "add", p12, "--private", "--org", "kestrel")
	k.say(0, "with key", "cert", "add", p12, "--private", "--password-file", password, "--org", "kestrel")
	k.say(1, "certificate", "cert", "add", k.file("junk", []byte("junk")), "--org", "kestrel")

	theirs := list[[]listedCertificate](k, "cert", "list", "--org", "kestrel")
	if len(theirs) != 3 {
		t.Fatalf("%+v", theirs)
	}
	// What ends soon, of all companies and of one.
	if out := k.say(1, "kestrel", "cert", "expiry", "--days", "10"); strings.Count(out, "\n") != 1 || !strings.Contains(out, theirs[0].ID) {
		t.Errorf("%s", out)
	}
	k.say(0, "", "cert", "expiry", "--days", "5")
	k.say(0, "", "cert", "expiry", "--days", "10", "--org", "aurelia")
	k.say(1, "", "cert", "retire", theirs[0].ID, "--org", "aurelia") // not its own
	k.say(0, "out of use", "cert", "retire", theirs[0].ID, "--org", "kestrel")
	k.say(0, "", "cert", "expiry", "--days", "10")
	if left, all := list[[]listedCertificate](k, "cert", "list", "--org", "kestrel"), list[[]listedCertificate](k, "cert", "list", "--all", "--org", "kestrel"); len(left) != 2 || len(all) != 3 || all[0].State != "retired" {
		t.Errorf("%+v\n%+v", left, all)
	}
	k.say(1, "has no certificate", "cert", "export", theirs[0].ID, "--org", "aurelia")
	if block == nil || len(block.Bytes) == 0 {
		t.Error("not PEM")
	}
	// Without the server's key nothing is sealed under another one.
	k.say(1, "--key-file", "cert", "generate", "X-AS2", "--org", "aurelia", "--key-file", filepath.Join(t.TempDir(), "absent"))
}

// Two companies are joined, parted and joined again by commands, and the server hears of
// it as if a person had done it.
func TestPartnerCommands(t *testing.T) {
	t.Parallel()
	k := openDesk(t)
	if all := list[[]struct{ Slug string }](k, "partner", "companies"); len(all) != 3 {
		t.Errorf("%+v", all)
	}
	k.say(0, "invited", "partner", "invite", "kestrel", "--org", "aurelia", "--as", "supplier", "--currency", "gbp", "--price-tolerance", "0.02")
	k.say(1, "", "partner", "invite", "kestrel", "--org", "aurelia", "--as", "supplier", "--currency", "GBP")
	k.say(1, "", "partner", "invite", "nowhere", "--org", "aurelia", "--as", "supplier", "--currency", "GBP")
	k.say(1, "", "partner", "accept", "kestrel", "--org", "aurelia") // its own invitation
	k.say(0, "active", "partner", "accept", "aurelia", "--org", "kestrel")
	of := list[[]listedPartnership](k, "partner", "list", "--org", "kestrel")
	if len(of) != 1 || of[0].Company != "aurelia" || of[0].Side != "supplier" || of[0].State != "active" || of[0].Currency != "GBP" {
		t.Fatalf("%+v", of)
	}
	k.say(1, "", "partner", "suspend", of[0].ID, "--org", "baltic") // a competitor
	if of := list[[]listedPartnership](k, "partner", "list", "--org", "baltic"); len(of) != 0 {
		t.Errorf("%+v", of)
	}
	var heard int64
	if err := k.a.db.View(t.Context(), func(ctx context.Context) error {
		return db.Tx(ctx).Raw("SELECT count(*) FROM delivery d JOIN event e ON e.id = d.event_id WHERE e.kind = 'partner.Activated' AND d.subscriber = 'rooms'").Scan(&heard).Error
	}); err != nil || heard != 1 {
		t.Errorf("%d deliveries to the rooms, %v", heard, err)
	}

	k.say(0, "once that partner confirmed it", "partner", "identity", "add", "as2", "AURELIA-AS2", "--org", "aurelia")
	k.say(0, "", "partner", "identity", "add", "x12", "AURELIATOOLS", "--qualifier", "ZZ", "--org", "aurelia")
	k.say(1, "", "partner", "identity", "add", "x12", "AURELIATOOLS", "--qualifier", "ZZ", "--org", "kestrel")
	k.say(1, "qualifier", "partner", "identity", "add", "x12", "SHORT", "--org", "kestrel")
	mine := list[[]listedIdentity](k, "partner", "identities", "--org", "aurelia")
	if len(mine) != 2 || mine[0].Company != "aurelia" || mine[0].Confirmed != nil {
		t.Fatalf("%+v", mine)
	}
	k.say(1, "", "partner", "identity", "confirm", "kestrel", mine[0].ID, "--org", "aurelia") // one's own
	k.say(0, "confirmed", "partner", "identity", "confirm", "aurelia", mine[0].ID, "--org", "kestrel")
	sure := func() (n int) {
		for _, i := range list[[]listedIdentity](k, "partner", "identities", "aurelia", "--org", "kestrel") {
			if i.Confirmed != nil && *i.Confirmed {
				n++
			}
		}
		return n
	}
	if n := sure(); n != 1 {
		t.Errorf("%d confirmed", n)
	}
	k.say(0, "no more", "partner", "identity", "withdraw", of[0].ID, mine[0].ID, "--org", "kestrel")
	if n := sure(); n != 0 {
		t.Errorf("%d confirmed", n)
	}
	k.say(0, "AS2 from kestrel: sign sha256", "partner", "terms", "kestrel", "--org", "aurelia")
	terms := list[struct {
		PriceTolerance string `json:"price_tolerance"`
		AckHours       int    `json:"acknowledgement_hours"`
		AS2            []any  `json:"as2"`
	}](k, "partner", "terms", "kestrel", "--org", "aurelia")
	if terms.PriceTolerance != "0.02" || terms.AckHours != 24 || len(terms.AS2) != 2 {
		t.Errorf("%+v", terms)
	}
	k.say(0, "850  outbox", "partner", "route", "kestrel", "850", "outbox", "--org", "aurelia")
	k.say(1, "no folder", "partner", "route", "kestrel", "850", "folder", "--org", "aurelia")
	k.say(1, "", "partner", "route", "kestrel", "855", "outbox", "--org", "aurelia") // it receives none
	drop := t.TempDir()
	if err := os.Mkdir(filepath.Join(drop, "aurelia"), 0o750); err != nil {
		t.Fatal(err)
	}
	k.say(0, "850  folder", "partner", "route", "kestrel", "850", "folder", "--org", "aurelia", "--folder", drop)
	if rows := list[[]struct{ Type, Door string }](k, "partner", "route", "kestrel", "--org", "aurelia"); len(rows) != 1 || rows[0].Door != "folder" {
		t.Errorf("%+v", rows)
	}
	k.say(0, "suspended", "partner", "suspend", "kestrel", "--org", "aurelia")
	k.say(1, "", "partner", "resume", "aurelia", "--org", "kestrel") // the other side suspended it
	k.say(0, "active again", "partner", "resume", "kestrel", "--org", "aurelia")
	k.say(0, "removed", "partner", "identity", "remove", mine[0].ID, "--org", "aurelia")
	k.say(0, "ended", "partner", "end", "kestrel", "--org", "aurelia")
	k.say(1, "no company", "partner", "list", "--org", "nobody")
	if rows := list[[]any](k, "partner", "refused"); len(rows) != 0 {
		t.Errorf("%+v", rows)
	}
}
