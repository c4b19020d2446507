package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// databases makes two empty databases.
func databases(t *testing.T, dsn string) (one, two string) {
	t.Helper()
	return newDatabase(t, dsn, "template1"), newDatabase(t, dsn, "template1")
}

// newDatabase makes a database, a copy of a template if one is named, and gives its address.
func newDatabase(t *testing.T, dsn, template string) string {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	name := fmt.Sprintf("e2e_%d_%d", os.Getpid(), schemas.Add(1))
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+template+" STRATEGY FILE_COPY"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dropDatabase(dsn, name) })
	return addressOf(conn.Config(), name)
}

func dropDatabase(dsn, name string) {
	ctx := context.Background()
	if conn, err := pgx.Connect(ctx, dsn); err == nil {
		_, _ = conn.Exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
		_ = conn.Close(ctx)
	}
}

// addressOf is the address of a database beside the one that is connected.
func addressOf(at *pgx.ConnConfig, name string) string {
	v := url.URL{Scheme: "postgres", Path: "/" + name, RawQuery: url.Values{
		"host": {at.Host}, "port": {fmt.Sprint(at.Port)}, "user": {at.User}, "password": {at.Password}, "sslmode": {"disable"},
	}.Encode()}
	return v.String()
}

// fails runs a command that must fail, and gives what it says.
func (s *server) fails(args ...string) string {
	s.t.Helper()
	args = append(args, "--data", s.data)
	if s.db.url != "" {
		args = append(args, "--database-url", s.db.url)
	}
	out, err := exec.Command(binary, args...).CombinedOutput()
	if err == nil {
		s.t.Fatalf("entente %s succeeds: %s", strings.Join(args, " "), out)
	}
	return string(out)
}

// A backup is made beside the running server, restored elsewhere and proved there;
// what was altered on the way, in the file or in the data, is found.
func TestBackup(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		other := database{name: d.name}
		if d.url != "" {
			d.url, other.url = databases(t, os.Getenv("ENTENTE_TEST_POSTGRES"))
		}
		s := start(t, d, "--demo")
		erp := s.token("maya@kestrel.example", "edi:write,edi:read")
		var lines []string
		for i := range 2500 { // beyond what is kept in a row
			lines = append(lines, fmt.Sprintf("PO1*%d*1*EA*84.00*PE*VP*AUR-D18B", i+1))
		}
		ic := erp.processed(erp.send(po{control: 4501, number: "PO-BACKUP-1", lines: lines}.String()).ID)
		small := erp.processed(erp.send(po{control: 4502, number: "PO-BACKUP-2"}.String()).ID)
		s.command("reconcile")

		file := filepath.Join(t.TempDir(), "entente.backup")
		s.command("backup", file)
		if said := s.fails("backup", file); !strings.Contains(said, "is there already") {
			t.Error("written over: " + said)
		}
		if said := s.fails("restore", file); !strings.Contains(said, "already uses the data folder") {
			t.Error("restored under a running server: " + said)
		}
		s.kill()

		r := &server{t: t, db: other, data: filepath.Join(t.TempDir(), "restored")}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		bad := filepath.Join(t.TempDir(), "bad.backup")
		for name, b := range map[string][]byte{"cut off": text[:len(text)-len(text)/3], "altered": append(append([]byte{}, text[:len(text)/2]...), append([]byte{text[len(text)/2] ^ 1}, text[len(text)/2+1:]...)...), "no backup": []byte("ISA*00*")} {
			if err := os.WriteFile(bad, b, 0o600); err != nil {
				t.Fatal(err)
			}
			r.fails("restore", bad)
			if left, _ := filepath.Glob(filepath.Join(r.data, "[ep.]*")); len(left) > 0 {
				t.Errorf("%s: left behind %v", name, left)
			}
		}
		r.command("restore", file)
		var got struct {
			Interchanges  int
			Discrepancies []struct{ Rule, ID string }
		}
		if err := json.Unmarshal([]byte(r.command("reconcile", "--json")), &got); err != nil || got.Interchanges < 4 || len(got.Discrepancies) != 0 {
			t.Fatalf("%v %+v", err, got)
		}
		if said := r.fails("restore", file); !strings.Contains(said, "holds data already") {
			t.Error("restored over data: " + said)
		}
		r.run()
		t.Cleanup(r.kill)
		again := &client{t: t, s: r, token: erp.token}
		if a, b := string(again.raw("/api/v1/edi/interchanges/"+ic.ID+"/raw")), strings.Join(lines, "~"); !strings.Contains(a, b) {
			t.Error("the large interchange came back otherwise")
		}
		if !again.send(po{control: 4502, number: "PO-BACKUP-2"}.String()).Duplicate {
			t.Error("what was received before the backup is new after it")
		}
		r.kill()

		files, _ := filepath.Glob(filepath.Join(r.data, "payloads", "[0-9a-f][0-9a-f]", "*"))
		if len(files) != 1 {
			t.Fatalf("payload files: %v", files)
		}
		b, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)/2] ^= 1
		if err := os.WriteFile(files[0], b, 0o600); err != nil {
			t.Fatal(err)
		}
		if said := r.fails("reconcile"); !strings.Contains(said, "payload_altered  "+ic.ID) || strings.Contains(said, small.ID) {
			t.Error(said)
		}
		if err := os.Remove(files[0]); err != nil {
			t.Fatal(err)
		}
		if said := r.fails("reconcile"); !strings.Contains(said, "payload_missing  "+ic.ID) {
			t.Error(said)
		}
	})
}
