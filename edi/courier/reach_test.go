package courier

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/edi/as2"
	"entente/edi/dial"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/fault"
)

// secure gives Kestrel a station behind TLS that shows a certificate and asks for a name
// and password, where there are any.
func (w *world) secure(x *station, id as2.Identity, user, password string) *httptest.Server {
	w.Helper()
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if u, p, _ := r.BasicAuth(); u != user || p != password {
			w.refusals.Add(1)
			rw.Header().Set("WWW-Authenticate", `Basic realm="AS2"`)
			rw.WriteHeader(http.StatusUnauthorized)
			return
		}
		x.ServeHTTP(rw, r)
	}))
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{id.Certificate.Raw}, PrivateKey: id.Key}}}
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	w.Cleanup(srv.Close)
	return srv
}

// A server with a certificate of its own making is sent to once its company put that here,
// and no other certificate is believed then; the name and password that it asks for lie
// sealed and go to it alone. What stands in the way is told by its own word.
func TestSendToHTTPS(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		dialer := dial.New(dial.Options{Allow: dial.Loopback})
		w.s.Client = dialer.Client(dial.Limits{})
		w.s.Pinned = func(certs []*x509.Certificate, only bool) *http.Client {
			return dialer.Client(dial.Limits{Trust: dial.Trust{Certificates: certs, Only: only}})
		}
		x := w.listen(kestrelTo())
		srv := w.secure(x, otherKey(), "aurelia", "s3cret")
		save := func(cmd StationCmd) error { _, err := w.s.SaveStation(ctx, maya, cmd); return err }
		pin := func(c *x509.Certificate) Certificate {
			t.Helper()
			got, err := w.s.AddFile(ctx, maya, CertificateFile{File: pemOf(c), Purpose: ForServer})
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		// try sends one document and says why it failed, or that it did not.
		try := func() string {
			t.Helper()
			id := w.queue()
			w.drain()
			r := w.message("submission_id = ?", id)
			w.exec("UPDATE as2_message SET next_at = 0 WHERE id = ?", r.ID)
			if r.State == string(Delivered) && r.ReceiptProved {
				return "delivered"
			}
			return r.LastError
		}
		echoed := func() string {
			t.Helper()
			e, err := w.s.Echo(ctx, ingrid, withKestrel)
			if err != nil {
				t.Fatal(err)
			}
			return e.Advice
		}

		// What cannot be: a password in the clear, or none for a new name.
		w.want("plain", code(save(StationCmd{URL: "http://as2.kestrel.example/in", Login: &Login{"aurelia", "s3cret"}})), fault.Invalid)
		w.want("no password", code(save(StationCmd{URL: srv.URL + "/in", Login: &Login{User: "aurelia"}})), fault.Invalid)
		w.want("a colon", code(save(StationCmd{URL: srv.URL + "/in", Login: &Login{"a:b", "c"}})), fault.Invalid)
		w.want("a line", code(save(StationCmd{URL: srv.URL + "/in", Login: &Login{"a", "c\r\nX: y"}})), fault.Invalid)

		if err := save(StationCmd{URL: srv.URL + "/in"}); err != nil {
			t.Fatal(err)
		}
		if why := try(); why != "dial.tls_authority" && why != "dial.tls_name" {
			t.Errorf("nothing named: %s", why)
		}
		pin(balticKey().Certificate)
		w.want("another is shown", try(), "dial.tls_pin")
		w.want("told by the test message", echoed(), "echo.advice.tls")
		var tried attemptRow
		if err := w.d.View(ctx, func(ctx context.Context) error {
			return db.Tx(ctx).Where("outcome = ?", "dial.tls_pin").Take(&tried).Error
		}); err != nil {
			t.Fatal(err)
		}
		w.want("what was shown instead, at the document", Shown(tried.Detail), fingerprint(otherKey().Certificate))
		said, err := w.s.LastEcho(ctx, ingrid, withKestrel)
		if err != nil {
			t.Fatal(err)
		}
		w.want("and at the test message", said.Steps[len(said.Steps)-1].Args["fingerprint"], fingerprint(otherKey().Certificate))
		pin(otherKey().Certificate)
		w.want("no login", try(), "courier.http_login")
		w.want("no login, by the test message", echoed(), "echo.advice.http_asks")
		if err := save(StationCmd{URL: srv.URL + "/in", Login: &Login{"aurelia", "wrong"}}); err != nil {
			t.Fatal(err)
		}
		w.want("a wrong password", try(), "courier.http_login_refused")
		w.want("a wrong password, by the test message", echoed(), "echo.advice.http_login")

		// It is not called again with each document: both companies were told at once, and what
		// follows waits, shown as not delivered.
		w.want("told", w.events(EventLocked), 2)
		calls := w.refusals.Load()
		var waits []string
		for range 3 {
			id := w.queue()
			w.drain()
			r := w.message("submission_id = ?", id)
			w.want("waits", fmt.Sprint(r.State, r.LastError, r.Attempts, r.message().Locked(), w.gate.last(id)), fmt.Sprint(Queued, "courier.http_login_refused", 0, true, gateway.DeliveryFailed))
			if left := db.FromMicros(r.NextAt).Sub(w.d.Clock()); left < 50*time.Minute {
				t.Errorf("it is tried again in %s", left)
			}
			waits = append(waits, r.ID)
		}
		w.want("calls", w.refusals.Load(), calls)
		w.want("tries", w.count("SELECT count(*) FROM as2_attempt WHERE message_id IN ?", waits), 0)
		// Somebody sends one again: not at once, and then it is called once, and nobody is told anew.
		w.want("a moment later", fault.KeyOf(w.s.Resend(ctx, ingrid, waits[0], false)), "courier.called_lately")
		if err := w.d.InTx(ctx, func(ctx context.Context) error {
			return lockStation(ctx, kestrel, db.Micros(w.d.Clock().Add(-2*knockPause)), loginRefused)
		}); err != nil {
			t.Fatal(err)
		}
		if err := w.s.Resend(ctx, ingrid, waits[0], false); err != nil {
			t.Fatal(err)
		}
		w.drain()
		w.want("calls, sent again", w.refusals.Load(), calls+1)
		w.want("told", w.events(EventLocked), 2)
		// Its company saves the same again, and what waits is refused again: they know.
		if err := save(StationCmd{URL: srv.URL + "/in"}); err != nil {
			t.Fatal(err)
		}
		w.drain()
		if n := w.refusals.Load(); n <= calls+1 {
			t.Errorf("%d calls after it was saved", n)
		}
		w.want("told, saved again", w.events(EventLocked), 2)
		if err := save(StationCmd{URL: srv.URL + "/in", Login: &Login{"aurelia", "s3cret"}}); err != nil {
			t.Fatal(err)
		}
		w.drain() // what waited goes by itself
		for _, id := range waits {
			w.want("what waited", w.message("id = ?", id).State, Delivered)
		}
		w.want("the right one", try(), "delivered")
		if st, _, err := w.s.Station(ctx, ingrid, withKestrel, kestrel); err != nil || st.LockedBy != "" || !st.Locked.IsZero() {
			t.Errorf("still locked: %+v, %v", st, err)
		}
		w.want("the right one, by the test message", echoed(), "")
		if err := save(StationCmd{URL: srv.URL + "/in"}); err != nil { // the form of one who changes something else
			t.Fatal(err)
		}
		w.want("the password stays", try(), "delivered")

		// A server that points elsewhere takes nobody along, and nothing with it.
		stolen := make(chan string, 9)
		thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { stolen <- r.Header.Get("Authorization") }))
		t.Cleanup(thief.Close)
		x.set(func(rw http.ResponseWriter, r *http.Request, _ []byte) {
			http.Redirect(rw, r, thief.URL, http.StatusTemporaryRedirect)
		})
		w.want("pointed elsewhere", try(), "dial.redirected")
		w.want("pointed elsewhere, by the test message", echoed(), "echo.advice.redirect")
		w.want("who is pointed to hears", len(stolen), 0)
		x.set(nil)

		// It counts beside what signs, needs nobody's word, and is no certificate to encrypt for.
		_, certs, err := w.s.Station(ctx, ingrid, withKestrel, kestrel)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range certs {
			if c.Purpose == ForServer && c.Pending() || c.Purpose == ForServer && c.fits(ForCipher) {
				t.Errorf("%+v", c)
			}
		}
		st, _, _ := w.s.Station(ctx, ingrid, withKestrel, kestrel)
		w.want("the partner reads the name", st.User, "")
		if st, _, _ = w.s.Station(ctx, maya, "", kestrel); st.User != "aurelia" {
			t.Errorf("its own people read %q", st.User)
		}
		var row stationRow
		if err := w.d.View(ctx, func(ctx context.Context) error { return db.Tx(ctx).Where("org_id = ?", kestrel).Take(&row).Error }); err != nil || len(row.HTTPSecret) == 0 || bytes.Contains(row.HTTPSecret, []byte("s3cret")) {
			t.Errorf("the password is not sealed: %v", err)
		}
		for address, want := range map[string]string{srv.URL + "/mdn": "aurelia", "https://mdn.kestrel.example/": "", "http://" + strings.TrimPrefix(srv.URL, "https://"): ""} {
			if to, err := w.s.reach(ctx, kestrel, address); err != nil || to.user != want {
				t.Errorf("%s is called as %q: %v", address, to.user, err)
			}
		}

		// Pinned is the server at the address; a receipt to another host is judged by that host's.
		for address, want := range map[string]bool{srv.URL + "/mdn": true, "https://127.0.0.1:1/mdn": true, "https://mdn.kestrel.example/": false} {
			var only bool
			was := w.s.Pinned
			w.s.pins, w.s.Pinned = clients{}, func(c []*x509.Certificate, o bool) *http.Client { only = o; return was(c, o) }
			if _, err := w.s.reach(ctx, kestrel, address); err != nil || only != want {
				t.Errorf("%s is pinned: %v, %v", address, only, err)
			}
			w.s.pins, w.s.Pinned = clients{}, was
		}

		// The server has a new certificate: told, until it stands here too.
		again := w.secure(x, nordenKey(), "aurelia", "s3cret")
		// The password was said for the other server: who moves the address says it again.
		for _, l := range []*Login{nil, {User: "aurelia"}} {
			w.want("moved", fmt.Sprint(fault.As(save(StationCmd{URL: again.URL + "/in", Login: l})).Fields), "[{http_password courier.http_password_moved map[]}]")
		}
		if err := save(StationCmd{URL: again.URL + "/in", Login: &Login{"aurelia", "s3cret"}}); err != nil {
			t.Fatal(err)
		}
		w.want("a new certificate", try(), "dial.tls_pin")
		pin(nordenKey().Certificate)
		w.want("it was added", try(), "delivered")

		// Without any pinned one, the certificate that it signs its messages with will do.
		for _, c := range w.certificates(kestrel) {
			if c.Purpose == string(ForServer) {
				_ = w.s.RetireCertificate(ctx, maya, c.ID)
			}
		}
		same := w.secure(x, kestrelKey(), "", "")
		if err := save(StationCmd{}); err != nil { // no address, no password
			t.Fatal(err)
		}
		w.want("a new address has no password", code(save(StationCmd{URL: same.URL + "/in", Login: &Login{User: "aurelia"}})), fault.Invalid)
		if err := save(StationCmd{URL: same.URL + "/in", Login: &Login{}}); err != nil {
			t.Fatal(err)
		}
		w.want("its AS2 certificate", try(), "delivered")
	})
}

// A certificate that was put here for the server and then for AS2 serves both.
func TestOneCertificateForAll(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, p := range []Purpose{ForServer, ForBoth} {
			c, err := w.s.AddCertificate(t.Context(), maya, CertificateCmd{Certificate: otherKey().Certificate, Purpose: p})
			if err != nil || c.Purpose != p || c.Pending() != (p == ForBoth) || !c.Server {
				t.Errorf("%s: %+v, %v", p, c, err)
			}
		}
		// Whichever came first, the certificate is pinned: no authority is believed beside it.
		for who, c := range map[string]*x509.Certificate{kestrel: otherKey().Certificate, baltic: balticKey().Certificate} {
			actor, was := person(who, access.Admin), w.certificates(who)
			got, err := w.s.AddCertificate(t.Context(), actor, CertificateCmd{Certificate: c, Purpose: ForServer})
			if err != nil || got.Purpose != ForBoth || !got.Server {
				t.Errorf("%+v, %v", got, err)
			}
			if now := w.certificates(who); len(now) != len(was) || now[0].UseFrom != was[0].UseFrom || now[0].Announced != was[0].Announced {
				t.Errorf("%+v, was %+v", now, was)
			}
			var only bool
			if err := w.d.View(t.Context(), func(ctx context.Context) (err error) { _, only, err = w.s.believed(ctx, who); return err }); err != nil || !only {
				t.Errorf("others are believed: %v", err)
			}
		}
		w.want("announced", w.events(EventAnnounced), 1)

		// The pin is taken back alone: the certificate goes on signing.
		for _, c := range w.certificates(kestrel) {
			if !c.certificate().Server {
				continue
			}
			w.want("by a stranger", code(w.s.Unpin(t.Context(), kaarel, c.ID)), fault.NotFound)
			w.want("by a buyer", code(w.s.Unpin(t.Context(), person(kestrel, access.Buyer), c.ID)), fault.Forbidden)
			for range 2 {
				if err := w.s.Unpin(t.Context(), maya, c.ID); err != nil {
					t.Fatal(err)
				}
			}
			now := w.certificates(kestrel)
			at := slices.IndexFunc(now, func(r certificateRow) bool { return r.ID == c.ID })
			if got := now[at].certificate(); got.Server || got.Purpose != ForBoth || !got.Retired.IsZero() || now[at].UseFrom != c.UseFrom || now[at].Announced != c.Announced {
				t.Errorf("unpinned: %+v", got)
			}
		}
		var only bool
		if err := w.d.View(t.Context(), func(ctx context.Context) (err error) { _, only, err = w.s.believed(ctx, kestrel); return err }); err != nil || only {
			t.Errorf("still pinned: %v", err)
		}
		if _, err := w.s.AddCertificate(t.Context(), maya, CertificateCmd{Certificate: nordenKey().Certificate, Key: nordenKey().Key, Purpose: ForServer}); code(err) != fault.Invalid {
			t.Errorf("with its key: %v", err)
		}
	})
}
