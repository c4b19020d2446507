package sftp

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"entente/prm/fault"
)

func newSigner(t *testing.T) ssh.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every connection that does not get in is told of with the name and the reason, once,
// however many keys it offered; who gets in after offering wrong keys is not.
func TestRefusalsAreTold(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	good, other := newSigner(t), newSigner(t)
	d.users.keys["kestrel"] = good.PublicKey().Marshal()
	dial := func(name string, change func(*ssh.ClientConfig), auth ...ssh.AuthMethod) error {
		t.Helper()
		cfg := &ssh.ClientConfig{User: name, Auth: auth, HostKeyCallback: ssh.InsecureIgnoreHostKey()} //nolint:gosec // our own server
		if change != nil {
			change(cfg)
		}
		c, err := ssh.Dial("tcp", d.addr, cfg)
		if err == nil {
			_ = c.Close()
		}
		return err
	}
	for what, err := range map[string]error{
		"a wrong password":  dial("kestrel", nil, ssh.Password("guess")),
		"two wrong keys":    dial("kestrel", nil, ssh.PublicKeys(other, newSigner(t))),
		"nothing offered":   dial("baltic", nil),
		"an unknown name":   dial("nobody", nil, ssh.Password("pw")),
		"foreign algorithm": dial("kestrel", func(c *ssh.ClientConfig) { c.KeyExchanges = []string{"diffie-hellman-group1-sha1"} }, ssh.Password("pw-kestrel")),
		"a stolen key":      dial("kestrel", nil, ssh.PublicKeys(forged{good, other})),
	} {
		if err == nil {
			t.Errorf("%s: let in", what)
		}
	}
	if err := dial("kestrel", nil, ssh.PublicKeys(other, good)); err != nil {
		t.Errorf("a wrong key, then the right one: %v", err)
	}
	for _, text := range []string{strings.Repeat("x", 4096), ""} {
		c, err := net.Dial("tcp", d.addr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if text == "" {
			_ = c.Close()
			continue
		}
		for b := make([]byte, 64); err == nil; { // until the server hangs up
			_, err = c.Read(b)
		}
		_ = c.Close()
	}
	wrong := errWrong.Error()
	want := map[string]int{
		"kestrel 127.0.0.1 " + wrong: 2, "nobody 127.0.0.1 " + wrong: 1, "baltic 127.0.0.1 method": 1, "kestrel 127.0.0.1 signature": 1,
		"127.0.0.1 algorithms": 1, "127.0.0.1 left": 1, "127.0.0.1 protocol": 1,
	}
	sum := func(m map[string]int) (n int) {
		for _, k := range m {
			n += k
		}
		return n
	}
	eventually(t, "all are told of", func() bool { return sum(d.users.refusals()) >= sum(want) })
	if got := d.users.refusals(); !maps.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
}

func (u *users) refusals() map[string]int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return maps.Clone(u.told)
}

// forged shows one key and signs with another.
type forged struct{ shown, signs ssh.Signer }

func (f forged) PublicKey() ssh.PublicKey { return f.shown.PublicKey() }

func (f forged) Sign(r io.Reader, data []byte) (*ssh.Signature, error) {
	return f.signs.Sign(r, data)
}

// A flood of names and addresses takes a bounded place, and every one is counted.
func TestFloodOfRefusals(t *testing.T) {
	t.Parallel()
	u := &users{}
	l := newLedger(u, nil)
	why := fault.Wrap(errors.New("unknown"), fault.Unauthenticated, "account.signin_wrong")
	for i := range 3 * maxEntered {
		l.add(fmt.Sprint("n", i), "192.0.2.1", why)
		l.add("kestrel", "192.0.2.1", Crowded)
	}
	if n := len(l.open); n > maxEntered+2 {
		t.Errorf("%d wait", n)
	}
	l.flush(context.Background())
	got, all := u.refusals(), 0
	for _, n := range got {
		all += n
	}
	if all != 6*maxEntered || got["kestrel 192.0.2.1 crowded"] != 3*maxEntered || got[why.Error()] != 3*maxEntered-(maxEntered-1) {
		t.Errorf("%d told, %d without a name", all, got[why.Error()])
	}
}
