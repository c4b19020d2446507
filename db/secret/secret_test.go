package secret

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"entente/prm/fault"
)

func TestSealAndOpen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sub", "entente.key")
	b, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	sealed := b.Seal([]byte("private"), "station 1")
	if bytes.Contains(sealed, []byte("private")) || bytes.Equal(sealed, b.Seal([]byte("private"), "station 1")) {
		t.Error("sealed alike or readable")
	}
	again, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Open(sealed, "station 1"); err != nil || string(got) != "private" {
		t.Errorf("%q %v", got, err)
	}
	if _, err := again.Open(sealed, "station 2"); fault.KeyOf(err) != "secret.broken" {
		t.Error("a secret was opened in another's place:", err)
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := again.Open(sealed, "station 1"); fault.KeyOf(err) != "secret.broken" {
		t.Error(err)
	}
	for _, short := range [][]byte{nil, {1}, sealed[:12]} {
		if _, err := again.Open(short, "station 1"); fault.KeyOf(err) == "" {
			t.Error(short, err)
		}
	}
	if _, err := Random().Open(b.Seal(nil, ""), ""); fault.KeyOf(err) != "secret.wrong_key" {
		t.Error(err)
	}
}

// TestNewKey: a key put in front seals, and the old one opens what it sealed.
func TestNewKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old, fresh := filepath.Join(dir, "old"), filepath.Join(dir, "new")
	b, err := Load(old)
	if err != nil {
		t.Fatal(err)
	}
	sealed := b.Seal([]byte("x"), "")
	n, err := Load(fresh)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := os.ReadFile(old)
	c, _ := os.ReadFile(fresh)
	both := filepath.Join(dir, "both")
	if err := os.WriteFile(both, append(c, a...), 0o600); err != nil {
		t.Fatal(err)
	}
	box, err := Load(both)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := box.Open(sealed, ""); err != nil || string(got) != "x" {
		t.Error(got, err)
	}
	if got, err := n.Open(box.Seal([]byte("y"), ""), ""); err != nil || string(got) != "y" {
		t.Error(got, err)
	}
}

func TestKeyFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "k")
	var wg sync.WaitGroup
	for range 8 { // all get the same key
		wg.Go(func() {
			if _, err := Load(path); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".key-*")); len(left) > 0 {
		t.Error(left)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "0600") {
		t.Error(err)
	}
	for _, bad := range []string{"", "entente-key-1 AAAA\n", "hello\n"} {
		p := filepath.Join(dir, "bad")
		if err := os.WriteFile(p, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(p); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// TestSigned: what was signed is known by its text, its purpose and any key of the file,
// and by no shorter beginning than asked for.
func TestSigned(t *testing.T) {
	t.Parallel()
	b, other := Random(), Random()
	both := &Box{keys: append(append([]key{}, other.keys...), b.keys...)} // a new key in front
	s := b.Sign("text", "about")
	for name, ok := range map[string]bool{
		"whole": b.Signed(s, "text", "about"), "its beginning": b.Signed(s[:leastSigned], "text", "about"), "after a new key": both.Signed(s, "text", "about"),
	} {
		if !ok {
			t.Errorf("%s is not known", name)
		}
	}
	for name, ok := range map[string]bool{
		"another text": b.Signed(s, "texu", "about"), "another purpose": b.Signed(s, "text", "abouu"), "another key": other.Signed(s, "text", "about"), "too short": b.Signed(s[:leastSigned-1], "text", "about"),
		"nothing": b.Signed(nil, "text", "about"), "altered": b.Signed(append([]byte{s[0] ^ 1}, s[1:]...), "text", "about"), "too long": b.Signed(append(s, 0), "text", "about"), "a shifted border": b.Signed(s, "t\x00text", "abou"),
	} {
		if ok {
			t.Errorf("%s is taken", name)
		}
	}
}
