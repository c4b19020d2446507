package account

import (
	"crypto/dsa" //nolint:staticcheck // what is refused
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"entente/prm/access"
	"entente/prm/fault"
)

func publicKey(t *testing.T) ssh.PublicKey {
	t.Helper()
	pub, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func line(k ssh.PublicKey) string { return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(k))) }

func TestSFTPUser(t *testing.T) {
	each(t, func(w *world) {
		maya, _ := w.in(w.maya, "kestrel")
		key, other := publicKey(w.t), publicKey(w.t)
		secret, u, err := w.s.CreateSFTPUser(w.ctx(), maya, SFTPUserCmd{Name: "kestrel.erp", Keys: []string{"# the ERP", line(key) + " erp@kestrel", ""}})
		w.must(err)
		if len(secret) != 32 || !u.Password || len(u.Keys) != 1 || u.Keys[0].Comment != "erp@kestrel" || u.Keys[0].Fingerprint != ssh.FingerprintSHA256(key) {
			w.t.Fatalf("%q, %+v", secret, u)
		}
		in, err := w.s.SFTPByPassword(w.ctx(), "kestrel.erp", secret)
		w.must(err)
		if in.Org != w.kestrel.ID || in.Person != "" || in.Has(access.Admin) || !in.Has(access.EDI) || in.Via != "station:sftp:"+u.ID {
			w.t.Errorf("signed in as %+v", in)
		}
		w.must(w.s.SFTPStill(w.ctx(), in))
		byKey, err := w.s.SFTPByKey(w.ctx(), "kestrel.erp", key.Marshal())
		w.must(err)
		if byKey.Via != in.Via {
			w.t.Errorf("by key: %+v", byKey)
		}
		w.must(w.s.SFTPKnows(w.ctx(), "kestrel.erp", key.Marshal()))
		for name, err := range map[string]error{
			"another key":        w.s.SFTPKnows(w.ctx(), "kestrel.erp", other.Marshal()),
			"no key":             w.s.SFTPKnows(w.ctx(), "kestrel.erp", nil),
			"another name's key": w.s.SFTPKnows(w.ctx(), "kestrel", key.Marshal()),
			"a name like SQL":    w.s.SFTPKnows(w.ctx(), "' OR name LIKE '%", key.Marshal()),
		} {
			w.wantsNamed(name, err, fault.Unauthenticated)
		}
		for _, c := range [][2]string{{"kestrel.erp", "wrong"}, {"kestrel.erp", ""}, {"nobody", secret}, {"", ""}, {"kestrel.erp\x00", secret}, {"KESTREL.ERP", secret}} {
			_, err := w.s.SFTPByPassword(w.ctx(), c[0], c[1])
			if fault.KeyOf(err) != "account.signin_wrong" {
				w.t.Errorf("%q: %v", c, err)
			}
		}

		// a login with a key alone never takes a password, not even an empty one
		none, only, err := w.s.CreateSFTPUser(w.ctx(), maya, SFTPUserCmd{Name: "kestrel", Keys: []string{line(other)}, KeyOnly: true})
		w.must(err)
		if none != "" || only.Password {
			w.t.Errorf("a login with a key alone: %q, %+v", none, only)
		}
		_, err = w.s.SFTPByPassword(w.ctx(), "kestrel", "")
		w.wantsNamed("an empty password", err, fault.Unauthenticated)

		list, err := w.s.SFTPUsers(w.ctx(), maya)
		w.must(err)
		if len(list) != 2 || list[0].Name != "kestrel" || list[1].Used.IsZero() {
			w.t.Errorf("%+v", list)
		}
		dan, _ := w.in(w.dan, "kestrel") // buyer
		_, err = w.s.SFTPUsers(w.ctx(), dan)
		w.wantsNamed("a buyer lists", err, fault.Forbidden)
		_, _, err = w.s.CreateSFTPUser(w.ctx(), in, SFTPUserCmd{Name: "kestrel.more"})
		w.wantsNamed("a station makes a login", err, fault.Forbidden)

		w.must(w.s.RemoveSFTPUser(w.ctx(), maya, u.ID))
		w.wantsNamed("once more", w.s.RemoveSFTPUser(w.ctx(), maya, u.ID), fault.NotFound)
		w.wantsNamed("removed", w.s.SFTPStill(w.ctx(), in), fault.Unauthenticated)
		_, err = w.s.SFTPByPassword(w.ctx(), "kestrel.erp", secret)
		w.wantsNamed("removed, by password", err, fault.Unauthenticated)
		_, err = w.s.SFTPByKey(w.ctx(), "kestrel.erp", key.Marshal())
		w.wantsNamed("removed, by key", err, fault.Unauthenticated)
	})
}

func TestSFTPNamesAndKeys(t *testing.T) {
	each(t, func(w *world) {
		maya, _ := w.in(w.maya, "kestrel")
		kaarel, _ := w.in(w.kaarel, "baltic")
		for _, name := range []string{"", "baltic", "baltic.erp", "kestrelx", "kestrel-erp", "Kestrel.ERP", "kestrel.a/b", "kestrel.ünï", "kestrel." + strings.Repeat("x", 60), "root"} {
			_, _, err := w.s.CreateSFTPUser(w.ctx(), maya, SFTPUserCmd{Name: name})
			w.wantsNamed("the name "+name, err, fault.Invalid)
		}
		small, err := rsa.GenerateKey(rand.Reader, 1024)
		if err == nil {
			weak, err := ssh.NewPublicKey(&small.PublicKey)
			w.must(err)
			_, _, err = w.s.CreateSFTPUser(w.ctx(), maya, SFTPUserCmd{Name: "kestrel", Keys: []string{line(weak)}})
			w.wantsNamed("RSA of 1024 bits", err, fault.Invalid)
		}
		old, err := ssh.NewPublicKey(&dsa.PublicKey{Parameters: dsa.Parameters{P: new(big.Int).Lsh(big.NewInt(1), 1023), Q: big.NewInt(7), G: big.NewInt(2)}, Y: big.NewInt(3)})
		if err == nil {
			_, _, err = w.s.CreateSFTPUser(w.ctx(), maya, SFTPUserCmd{Name: "kestrel", Keys: []string{line(old)}})
			w.wantsNamed("DSA", err, fault.Invalid)
		}
		good := line(publicKey(w.t))
		for _, key := range []string{"nonsense", `command="sh" ` + good, good[:40]} {
			_, _, err := w.s.CreateSFTPUser(w.ctx(), maya, SFTPUserCmd{Name: "kestrel", Keys: []string{key}})
			w.wantsNamed("the key "+key, err, fault.Invalid)
		}
		_, _, err = w.s.CreateSFTPUser(w.ctx(), maya, SFTPUserCmd{Name: "kestrel", KeyOnly: true})
		w.wantsNamed("neither key nor password", err, fault.Invalid)
		stored, err := w.s.HashPassword(w.ctx(), goodPassword)
		w.must(err)
		_, _, err = w.s.CreateSFTPUser(w.ctx(), maya, SFTPUserCmd{Name: "kestrel", PasswordHash: stored})
		w.wantsNamed("a password of one's own", err, fault.Invalid)

		// the machine gives any name, once
		sys := access.System("test", "")
		secret, _, err := w.s.CreateSFTPUserFor(w.ctx(), sys, "kestrel", SFTPUserCmd{Name: "erp1", PasswordHash: stored})
		w.must(err)
		if secret != "" {
			w.t.Error("a password was made although one was given")
		}
		if in, err := w.s.SFTPByPassword(w.ctx(), "erp1", goodPassword); err != nil || in.Org != w.kestrel.ID {
			w.t.Errorf("%+v, %v", in, err)
		}
		_, _, err = w.s.CreateSFTPUserFor(w.ctx(), sys, "baltic", SFTPUserCmd{Name: "erp1"})
		w.wantsNamed("a name twice", err, fault.Conflict)
		_, _, err = w.s.CreateSFTPUserFor(w.ctx(), sys, "nobody", SFTPUserCmd{Name: "erp2"})
		w.wantsNamed("no such company", err, fault.NotFound)
		if list, err := w.s.SFTPUsers(w.ctx(), kaarel); err != nil || len(list) != 0 {
			w.t.Errorf("Baltic sees %+v, %v", list, err)
		}
		for i := range maxSFTPUsers {
			if _, _, err = w.s.CreateSFTPUser(w.ctx(), kaarel, SFTPUserCmd{Name: "baltic." + string(rune('a'+i)), Keys: []string{good}, KeyOnly: true}); err != nil {
				w.t.Fatal(err)
			}
		}
		_, _, err = w.s.CreateSFTPUser(w.ctx(), kaarel, SFTPUserCmd{Name: "baltic"})
		w.wantsNamed("one too many", err, fault.Conflict)
	})
}

// Guessing is slowed down for who guesses, and never for the company's own system at
// another address.
func TestSFTPGuessing(t *testing.T) {
	each(t, func(w *world) {
		maya, _ := w.in(w.maya, "kestrel")
		secret, _, err := w.s.CreateSFTPUser(w.ctx(), maya, SFTPUserCmd{Name: "kestrel"})
		w.must(err)
		there := WithOrigin(w.ctx(), Origin{Addr: "198.51.100.7"})
		for range accountPace.free {
			_, err := w.s.SFTPByPassword(there, "kestrel", "guess")
			w.wantsNamed("a guess", err, fault.Unauthenticated)
		}
		_, err = w.s.SFTPByPassword(there, "kestrel", secret)
		if fault.KeyOf(err) != "account.signin_wrong" {
			w.t.Errorf("during the pause: %v", err)
		}
		here := WithOrigin(w.ctx(), Origin{Addr: "192.0.2.9"})
		_, err = w.s.SFTPByPassword(here, "kestrel", secret)
		w.must(err)
		w.now = w.now.Add(accountPace.first + 1)
		there = WithOrigin(w.ctx(), Origin{Addr: "198.51.100.7"})
		_, err = w.s.SFTPByPassword(there, "kestrel", secret)
		w.must(err)
	})
}
