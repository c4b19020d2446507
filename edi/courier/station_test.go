package courier

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"entente/edi/as2"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/fault"
)

func TestCertificates(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		own := otherKey()
		keyPEM := func(id as2.Identity) []byte {
			der, err := x509.MarshalPKCS8PrivateKey(id.Key)
			if err != nil {
				t.Fatal(err)
			}
			return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
		}
		add := func(f CertificateFile) (Certificate, error) { return w.s.AddFile(t.Context(), ingrid, f) }
		field := func(what string, err error, name string) {
			t.Helper()
			var f *fault.Error
			if !errors.As(err, &f) || f.Code != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Key != name {
				t.Errorf("%s: %v, want %s", what, err, name)
			}
		}
		_, err := add(CertificateFile{File: append(pemOf(own.Certificate), keyPEM(own)...)})
		field("a private key that was not meant", err, "courier.holds_key")
		_, err = add(CertificateFile{File: append(pemOf(own.Certificate), keyPEM(kestrelKey())...), Private: true})
		field("a key that does not fit", err, "courier.key_differs")
		_, err = add(CertificateFile{File: pemOf(own.Certificate), Private: true})
		field("no key", err, "courier.no_key_in_file")
		_, err = add(CertificateFile{File: []byte("nothing")})
		if code(err) != fault.Invalid {
			t.Errorf("no certificate: %v", err)
		}
		_, err = w.s.AddCertificate(t.Context(), ingrid, CertificateCmd{Certificate: own.Certificate, Key: kestrelKey().Key})
		field("a key that does not fit", err, "courier.key_differs")
		_, err = w.s.AddCertificate(t.Context(), ingrid, CertificateCmd{Certificate: own.Certificate, Purpose: "all"})
		field("a purpose", err, "courier.purpose")
		old, err := as2.Generate("OLD", time.Now().AddDate(-2, 0, 0), time.Now().Add(-time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		_, err = add(CertificateFile{File: pemOf(old.Certificate)})
		field("expired", err, "courier.expired")

		// The certificate first, its key later: both are one certificate, and the key works.
		first, err := add(CertificateFile{File: pemOf(own.Certificate)})
		if err != nil || first.Own {
			t.Fatalf("%v %+v", err, first)
		}
		second, err := add(CertificateFile{File: append(pemOf(own.Certificate), keyPEM(own)...), Private: true})
		if err != nil || second.ID != first.ID || !second.Own {
			t.Errorf("with its key: %v, %v, own %v", err, second.ID == first.ID, second.Own)
		}
		again, err := add(CertificateFile{File: pemOf(own.Certificate)})
		if err != nil || again.ID != first.ID || !again.Own {
			t.Errorf("again without it: %v, own %v", err, again.Own)
		}
		// The key lies sealed: neither as DER nor as PEM.
		der, _ := x509.MarshalPKCS8PrivateKey(own.Key)
		var r certificateRow
		for _, row := range w.certificates(aurelia) {
			if row.ID == first.ID {
				r = row
			}
		}
		if len(r.Private) == 0 || strings.Contains(string(r.Private), string(der[40:80])) {
			t.Errorf("%d bytes of key, sealed?", len(r.Private))
		}
		if got, err := w.box.Open(r.Private, about(aurelia, r.Fingerprint)); err != nil || string(got) != string(der) {
			t.Errorf("opened: %v", err)
		}

		if err := w.s.RetireCertificate(t.Context(), ingrid, first.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.s.RetireCertificate(t.Context(), ingrid, first.ID); err != nil {
			t.Errorf("repeated: %v", err)
		}
		w.want("one that is none", code(w.s.RetireCertificate(t.Context(), ingrid, "none")), fault.NotFound)
		w.want("another company's", code(w.s.RetireCertificate(t.Context(), kaarel, first.ID)), fault.NotFound)
		_, err = add(CertificateFile{File: pemOf(own.Certificate)})
		w.want("a retired one", code(err), fault.Conflict)
		_, many, err := w.s.Station(t.Context(), ingrid, "", aurelia)
		if err != nil || len(many) != 2 {
			t.Errorf("its company sees the retired one: %v, %d", err, len(many))
		}
		_, seen, err := w.s.Station(t.Context(), maya, withKestrel, aurelia)
		if err != nil || len(seen) != 1 {
			t.Errorf("its partner does not: %v, %d", err, len(seen))
		}

		w.exec("INSERT INTO as2_certificate (org_id, id, purpose, der, fingerprint, subject, issuer, serial, algorithm, not_before, not_after, use_from, retired, warned, made_by, created) SELECT org_id, id || d.n, purpose, der, fingerprint || d.n, subject, issuer, serial, algorithm, not_before, not_after, use_from, 0, 0, made_by, created FROM as2_certificate, (" + digits(19) + ") d WHERE org_id = '" + aurelia + "' AND retired = 0")
		id, err := as2.Generate("MORE", time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.s.AddCertificate(t.Context(), ingrid, CertificateCmd{Certificate: id.Certificate})
		w.want("too many", code(err), fault.Conflict)
	})
}

func digits(n int) string {
	var parts []string
	for i := range n {
		parts = append(parts, fmt.Sprintf("SELECT '-%d' AS n", i))
	}
	return strings.Join(parts, " UNION ALL ")
}

func (w *world) certificates(org string) []certificateRow {
	w.Helper()
	var out []certificateRow
	if err := w.d.View(w.Context(), func(ctx context.Context) (err error) { out, err = certificatesOf(ctx, true, org); return err }); err != nil {
		w.Fatal(err)
	}
	return out
}

// A roll-over: the next certificate is believed at once and used from its day, the old
// one is believed until it is retired.
func TestRollover(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		next := otherKey()
		tomorrow := time.Now().Add(24 * time.Hour)
		c, err := w.s.AddCertificate(t.Context(), maya, CertificateCmd{Certificate: next.Certificate, UseFrom: tomorrow})
		if err != nil {
			t.Fatal(err)
		}
		withNext := relation("KESTREL-AS2", "AURELIA-AS2", next, aureliaKey())
		for i, rel := range []as2.Relation{kestrelTo(), withNext} {
			r := pack(t, rel, "", po(50+i))
			if f := verdict(t, rel, w.receive(r), r); f.Verdict != as2.Proven {
				t.Errorf("%d: %+v", i, f)
			}
		}
		// Ours goes to the old one until then.
		x := w.listen(kestrelTo())
		w.reach(x)
		w.queue()
		w.drain()
		w.want("for the old one", w.count("SELECT count(*) FROM as2_message WHERE state = 'delivered'"), 1)
		w.exec("UPDATE as2_certificate SET use_from = 1 WHERE id = ?", c.ID)
		w.exec("UPDATE as2_certificate SET use_from = 0 WHERE org_id = ? AND id <> ?", kestrel, c.ID)
		x.mu.Lock()
		x.rel = withNext
		x.mu.Unlock()
		w.queue()
		w.drain()
		w.want("for the next one", w.count("SELECT count(*) FROM as2_message WHERE state = 'delivered'"), 2)

		for _, old := range w.certificates(kestrel) {
			if old.ID != c.ID {
				if err := w.s.RetireCertificate(t.Context(), maya, old.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		late := pack(t, kestrelTo(), "", po(52))
		if f := verdict(t, kestrelTo(), w.receive(late), late); f.Claim.Text != "authentication-failed" {
			t.Errorf("signed with a retired one: %+v", f)
		}

		// Ours: the old key still reads what was encrypted for it.
		id, err := as2.Generate("AURELIA-AS2", time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		ours := w.add(ingrid, id, true)
		if _, err := w.s.ConfirmCertificate(t.Context(), maya, withKestrel, ours.ID); err != nil {
			t.Fatal(err)
		}
		old := withNext
		old.Keys.Verify = []*x509.Certificate{id.Certificate}
		for i, to := range []as2.Identity{aureliaKey(), id} {
			old.Keys.Encrypt = to.Certificate
			r := pack(t, old, "", po(60+i))
			if f := verdict(t, old, w.receive(r), r); f.Verdict != as2.Proven {
				t.Errorf("encrypted for %d, answered by the new one: %+v", i, f)
			}
		}
	})
}

func TestExpiryNotices(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.certificates(kestrel)[0].ID
		day := int64(24 * time.Hour / time.Microsecond)
		told := 0
		for _, c := range []struct {
			left float64 // days
			more int
		}{{40, 0}, {30.5, 0}, {29.5, 1}, {29.4, 0}, {15, 0}, {13.9, 1}, {8, 0}, {6.5, 1}, {2, 0}, {0.9, 1}, {0.1, 0}, {-3, 0}} {
			w.exec("UPDATE as2_certificate SET not_after = ? WHERE id = ?", time.Now().UnixMicro()+int64(c.left*float64(day)), id)
			for range 2 {
				if err := w.s.Expire(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			told += c.more
			w.want(fmt.Sprint("notices at ", c.left), w.events(EventExpiring), told)
		}
		// One that comes with two days left is told once, not four times.
		w.exec("UPDATE as2_certificate SET not_after = ? WHERE org_id = ?", time.Now().UnixMicro()+2*day, baltic)
		if err := w.s.Expire(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.want("late", w.events(EventExpiring), told+1)
		// Whose it is told of: messages, or the HTTPS server, also where it is for both.
		ofServer := func() int {
			return w.count(`SELECT count(*) FROM event WHERE kind = ? AND payload LIKE '%"server":true%'`, EventExpiring)
		}
		w.want("of the server", ofServer(), 0)
		w.exec("UPDATE as2_certificate SET purpose = 'both+https', warned = 7 WHERE org_id = ?", baltic)
		w.exec("UPDATE as2_certificate SET not_after = ? WHERE org_id = ?", time.Now().UnixMicro()+day/2, baltic)
		if err := w.s.Expire(t.Context()); err != nil {
			t.Fatal(err)
		}
		told++
		w.want("of the server too", ofServer(), 1)
		// A retired one is nobody's concern.
		w.exec("UPDATE as2_certificate SET not_after = ?, retired = 1 WHERE org_id = ?", time.Now().UnixMicro()+2*day, norden)
		if err := w.s.Expire(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.want("retired", w.events(EventExpiring), told+1)
	})
}

func TestTerms(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		all, err := w.s.Terms(ctx, maya, withKestrel)
		if err != nil || len(all) != 2 || all[0].Sender != aurelia || all[0].Version != 0 || len(all[0].Terms.Weak()) != 0 {
			t.Fatalf("%v %+v", err, all)
		}
		_, err = w.s.SetTerms(ctx, maya, withKestrel, kestrel, 0, Terms{Sign: "none"})
		w.want("the sender decides", code(err), fault.Forbidden)
		_, err = w.s.SetTerms(ctx, maya, withKestrel, baltic, 0, Terms{})
		w.want("a sender outside", code(err), fault.NotFound)
		for _, bad := range []Terms{{Sign: "md5"}, {Encrypt: "rc2"}, {Compress: "yes"}, {Receipt: "maybe"}, {Signature: "x"}, {Transport: "x"}, {Receipt: "none", Async: true}, {Sign: "none", Receipt: "none", Async: true}} {
			_, err = w.s.SetTerms(ctx, maya, withKestrel, aurelia, 0, bad)
			w.want(fmt.Sprintf("%+v", bad), code(err), fault.Invalid)
		}
		one, err := w.s.SetTerms(ctx, maya, withKestrel, aurelia, 0, Terms{Sign: "sha1", Encrypt: "3des"})
		if err != nil || one.Version != 1 || fmt.Sprint(one.Terms.Weak()) != "[encrypt sign]" {
			t.Errorf("%v %+v", err, one)
		}
		for _, v := range []int64{0, 2, -1} {
			_, err = w.s.SetTerms(ctx, maya, withKestrel, aurelia, v, Terms{})
			w.want(fmt.Sprint("version ", v), code(err), fault.Conflict)
		}
		if two, err := w.s.SetTerms(ctx, maya, withKestrel, aurelia, 1, Terms{}); err != nil || two.Version != 2 {
			t.Errorf("%v %+v", err, two)
		}
	})
}

func TestStationAddress(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, bad := range []string{"ftp://x.example/", "x.example", "http://", "http://u:p@x.example/", "http://x.example/#a", "javascript:alert(1)", "http://x.example/" + strings.Repeat("a", 500)} {
			_, err := w.s.SetStation(t.Context(), maya, bad, nil)
			w.want(bad, code(err), fault.Invalid)
		}
		for _, bad := range []string{"a/b", "u@x", "x,y", "a b", strings.Repeat("a", 300)} {
			_, err := w.s.SetStation(t.Context(), maya, "", []string{bad})
			w.want(bad, code(err), fault.Invalid)
		}
		st, err := w.s.SetStation(t.Context(), maya, " https://as2.kestrel.example/in ", []string{" MDN.kestrel.example:8080", "", "[2001:db8::1]:80"})
		if err != nil || st.URL != "https://as2.kestrel.example/in" || fmt.Sprint(st.ReceiptHosts) != "[mdn.kestrel.example:8080 [2001:db8::1]:80]" {
			t.Fatalf("%v %+v", err, st)
		}
		for url, want := range map[string]bool{
			"http://as2.kestrel.example/x": true, "https://AS2.KESTREL.example:9/x": true, "http://mdn.kestrel.example:8080/": true, "http://mdn.kestrel.example/": false,
			"http://as2.kestrel.example.evil.example/": false, "http://evil.example/?as2.kestrel.example": false, "http://as2.kestrel.example@evil.example/": false,
			"http://[2001:db8::1]:80/": true, "http://[2001:db8::1]:81/": false, "ftp://as2.kestrel.example/": false, "http://localhost/": false, "http://169.254.169.254/": false,
			"//as2.kestrel.example/": false, "": false, "http://": false,
		} {
			ok, err := w.s.mayCallBack(t.Context(), kestrel, url)
			if err != nil || ok != want {
				t.Errorf("%s: %v, %v", url, ok, err)
			}
		}
	})
}

// Nobody outside a partnership learns anything from any exported method, nor does a
// partner change what is the other's.
func TestStrangers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		x := w.listen(kestrelTo())
		w.reach(x)
		id := w.queue()
		w.drain()
		r := pack(t, kestrelTo(), "", po(1))
		w.receive(r)
		out := w.message("submission_id = ?", id)
		in := w.message("direction = 'in'")
		cert := w.certificates(kestrel)[0].ID
		nobody := access.Actor{Org: kestrel, Person: "p", Via: "session:1"}
		unscoped := maya
		unscoped.Scopes = []string{"orders:read"}
		i := gateway.Interchange{ID: id, Supplier: aurelia, Reseller: kestrel}
		for name, call := range map[string]func(a access.Actor) error{
			"Station of the supplier": func(a access.Actor) error { _, _, err := w.s.Station(ctx, a, withKestrel, aurelia); return err },
			"Station of the reseller": func(a access.Actor) error { _, _, err := w.s.Station(ctx, a, withKestrel, kestrel); return err },
			"Believed":                func(a access.Actor) error { _, _, err := w.s.Believed(ctx, a, withKestrel, kestrel); return err },
			"Terms":                   func(a access.Actor) error { _, err := w.s.Terms(ctx, a, withKestrel); return err },
			"SetTerms": func(a access.Actor) error {
				_, err := w.s.SetTerms(ctx, a, withKestrel, aurelia, 0, Terms{})
				return err
			},
			"RetireCertificate":  func(a access.Actor) error { return w.s.RetireCertificate(ctx, a, cert) },
			"ConfirmCertificate": func(a access.Actor) error { _, err := w.s.ConfirmCertificate(ctx, a, withKestrel, cert); return err },
			"TryCertificate":     func(a access.Actor) error { _, err := w.s.TryCertificate(ctx, a, withKestrel, cert); return err },
			"Messages":           func(a access.Actor) error { _, err := w.s.Messages(ctx, a, i); return err },
			"Evidence out":       func(a access.Actor) error { _, err := w.s.Evidence(ctx, a, out.ID); return err },
			"Evidence in":        func(a access.Actor) error { _, err := w.s.Evidence(ctx, a, in.ID); return err },
			"Resend":             func(a access.Actor) error { return w.s.Resend(ctx, a, out.ID, true) },
		} {
			for who, a := range map[string]access.Actor{"a competitor": kaarel, "another supplier": sven, "no role": nobody, "no scope": unscoped, "nobody": {}} {
				if c := code(call(a)); c != fault.NotFound && (who == "a competitor" || who == "another supplier" || c != fault.Forbidden && c != fault.Unauthenticated) {
					t.Errorf("%s by %s: %v", name, who, c)
				}
			}
		}
		for name, call := range map[string]func(a access.Actor) error{
			"SetStation":  func(a access.Actor) error { _, err := w.s.SetStation(ctx, a, "", nil); return err },
			"SaveStation": func(a access.Actor) error { _, err := w.s.SaveStation(ctx, a, StationCmd{}); return err },
			"AddCertificate": func(a access.Actor) error {
				_, err := w.s.AddCertificate(ctx, a, CertificateCmd{Certificate: otherKey().Certificate})
				return err
			},
			"AddFile": func(a access.Actor) error { _, err := w.s.AddFile(ctx, a, CertificateFile{Generate: "X"}); return err },
		} {
			for who, a := range map[string]access.Actor{"no role": nobody, "no scope": unscoped, "nobody": {}, "sales": person(kestrel, access.Sales)} {
				if c := code(call(a)); c != fault.NotFound && c != fault.Forbidden && c != fault.Unauthenticated {
					t.Errorf("%s by %s: %v", name, who, c)
				}
			}
		}
		// A company that is in one partnership cannot see by it into another.
		_, _, err := w.s.Station(ctx, kaarel, withBaltic, kestrel)
		w.want("by an own partnership", code(err), fault.NotFound)
		_, certs, err := w.s.Station(ctx, kaarel, withBaltic, aurelia)
		if err != nil || len(certs) != 1 {
			t.Errorf("its own supplier: %v, %d", err, len(certs))
		}
		all, err := w.s.Messages(ctx, kaarel, gateway.Interchange{ID: id, Supplier: aurelia, Reseller: baltic})
		if err != nil || len(all) != 0 {
			t.Errorf("messages by a forged interchange: %v, %d", err, len(all))
		}

		// What was refused under no interchange is listed under none.
		bent := pack(t, kestrelTo(), "", po(2))
		bent.Body[len(bent.Body)/2] ^= 1
		w.receive(bent)
		if all, err := w.s.Messages(ctx, maya, i); err != nil || len(all) != 1 {
			t.Errorf("messages of one interchange: %v, %d", err, len(all))
		}
		e, err := w.s.Evidence(ctx, maya, in.ID)
		if err != nil || e.Body == nil || len(e.Receipt) == 0 {
			t.Fatalf("%v", err)
		}
		_ = e.Body.Close()
	})
}

// Terms may have digests written as older software writes them.
func TestPlainNames(t *testing.T) {
	t.Parallel()
	for terms, want := range map[Terms]string{{Encrypt: "none"}: "micalg=sha-256;", {Encrypt: "none", PlainNames: true}: "micalg=sha256;"} {
		rel := kestrelTo()
		us := rel.Agreement
		rel.Agreement = terms.agreement(us.Us, us.Them)
		req := pack(t, rel, "", po(1))
		asked := req.Header.Get("Disposition-Notification-Options")
		if kind := req.Header.Get("Content-Type") + ";"; !strings.Contains(kind, want) || !strings.HasSuffix(asked+";", strings.TrimPrefix(want, "micalg=")) {
			t.Errorf("%+v: %s, %s", terms, kind, asked)
		}
	}
}
