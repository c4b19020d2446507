package courier

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"entente/db"
	"entente/edi/as2"
	"entente/prm/access"
	"entente/prm/fault"
)

// inUse is the certificate of a company that a partnership begins with.
func (w *world) inUse(who access.Actor, partnership, org string) string {
	w.Helper()
	_, certs, err := w.s.Station(w.Context(), who, partnership, org)
	if err != nil {
		w.Fatal(err)
	}
	c, _ := InUse(certs, ForSigning, time.Now(), false)
	return c.ID
}

// keys are those that a partnership works with now, seen from Aurelia.
func (w *world) keys(partnership, other string) as2.Keys {
	w.Helper()
	var rel as2.Relation
	err := w.d.View(w.Context(), func(ctx context.Context) (err error) {
		rel, _, err = w.s.relation(ctx, Route{Partnership: partnership, Supplier: aurelia, Reseller: other}, aurelia, "AURELIA-AS2", "X", aurelia, other, db.Now(ctx))
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return rel.Keys
}

// A certificate that follows another is believed at once and begun with once the other
// company confirmed it, in each partnership by itself; no date switches before.
func TestTheNextCertificateIsConfirmed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		first := w.certificates(aurelia)[0]
		w.want("the first is nobody's to confirm", fmt.Sprint(first.Announced, w.events(EventAnnounced)), "0 0")
		id := identity("AURELIA-AS2")()
		next := w.add(ingrid, id, true)
		w.want("announced", fmt.Sprint(next.Pending(), w.events(EventAnnounced)), "true 1")
		w.add(ingrid, id, true)
		w.want("announced once", w.events(EventAnnounced), 1)
		w.want("still the first", w.keys(withKestrel, kestrel).Sign.Certificate.Equal(aureliaKey().Certificate), true)
		w.want("both read", len(w.keys(withKestrel, kestrel).Decrypt), 2)

		for who, c := range map[string]struct {
			a           access.Actor
			partnership string
			want        fault.Code
		}{
			"its own company": {ingrid, withKestrel, fault.NotFound}, "a buyer": {person(kestrel, access.Buyer), withKestrel, fault.Forbidden},
			"a competitor": {kaarel, withKestrel, fault.NotFound}, "another supplier": {sven, withKestrel, fault.NotFound},
		} {
			_, err := w.s.ConfirmCertificate(ctx, c.a, c.partnership, next.ID)
			w.want(who, code(err), c.want)
		}
		_, err := w.s.ConfirmCertificate(ctx, maya, withKestrel, w.certificates(baltic)[0].ID)
		w.want("a certificate of somebody else", code(err), fault.NotFound)

		for range 2 {
			got, err := w.s.ConfirmCertificate(ctx, maya, withKestrel, next.ID)
			if err != nil || got.Pending() || got.How != HowPerson || got.ConfirmedBy != maya.Person {
				t.Fatalf("%+v %v", got, err)
			}
		}
		w.want("told once", w.events(EventConfirmed), 1)
		w.want("audited", w.count("SELECT count(*) FROM audit WHERE action = 'as2.confirm' AND subject_id = ? AND org_id = ?", next.ID, kestrel), 1)
		w.want("now the next", w.keys(withKestrel, kestrel).Sign.Certificate.Equal(id.Certificate), true)
		w.want("as the page says", fmt.Sprint(w.inUse(maya, withKestrel, aurelia) == next.ID, w.inUse(ingrid, withKestrel, aurelia) == next.ID), "true true")
		w.want("of another partnership", fmt.Sprint(w.inUse(kaarel, withBaltic, aurelia) == first.ID, w.keys(withBaltic, baltic).Sign.Certificate.Equal(aureliaKey().Certificate)), "true true")

		// The end of the old one alone switches nothing; its retirement by hand does.
		w.exec("UPDATE as2_certificate SET not_after = 1 WHERE id = ?", first.ID)
		w.want("the old one ended", w.keys(withBaltic, baltic).Sign.Certificate == nil, true)
		if err := w.s.RetireCertificate(ctx, ingrid, first.ID); err != nil {
			t.Fatal(err)
		}
		w.want("the old one is retired", w.keys(withBaltic, baltic).Sign.Certificate.Equal(id.Certificate), true)

		// Where the terms say so, dates decide.
		third := identity("AURELIA-AS2")()
		w.add(ingrid, third, true)
		w.want("a third one waits", w.keys(withKestrel, kestrel).Sign.Certificate.Equal(id.Certificate), true)
		if _, err := w.s.SetTerms(ctx, maya, withKestrel, aurelia, 0, Terms{Dated: true}); err != nil {
			t.Fatal(err)
		}
		w.want("by its date", w.keys(withKestrel, kestrel).Sign.Certificate.Equal(third.Certificate), true)
		w.want("not elsewhere", w.keys(withBaltic, baltic).Sign.Certificate.Equal(third.Certificate), false)
	})
}

// What a partner signed with its next certificate confirms that one; so does its receipt
// for what we signed with ours.
func TestACertificateIsConfirmedByWhatItProves(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		next := identity("KESTREL-AS2")()
		c := w.add(maya, next, false)
		w.want("encrypted for the first", w.keys(withKestrel, kestrel).Encrypt.Equal(kestrelKey().Certificate), true)
		rel := relation("KESTREL-AS2", "AURELIA-AS2", next, aureliaKey())
		r := pack(t, rel, "", po(1))
		if f := verdict(t, rel, w.receive(r), r); f.Verdict != as2.Proven {
			t.Fatalf("%+v", f)
		}
		w.want("encrypted for the next", w.keys(withKestrel, kestrel).Encrypt.Equal(next.Certificate), true)
		_, certs, err := w.s.Station(ctx, ingrid, withKestrel, kestrel)
		if err != nil || certs[1].ID != c.ID || certs[1].How != HowMessage || certs[1].ConfirmedBy != "" {
			t.Errorf("%+v %v", certs, err)
		}
		w.want("told", w.events(EventConfirmed), 1)

		// Ours: a test message that is signed with it.
		id := identity("AURELIA-AS2")()
		ours := w.add(ingrid, id, true)
		stranger := relation("KESTREL-AS2", "AURELIA-AS2", next, aureliaKey())
		x := w.listen(stranger)
		w.reach(x)
		x.set(func(rw http.ResponseWriter, r *http.Request, body []byte) { rw.WriteHeader(http.StatusForbidden) })
		got, err := w.s.TryCertificate(ctx, ingrid, withKestrel, ours.ID)
		w.want("their software does not take it", fmt.Sprint(got.Good, err, w.events(EventConfirmed)), "false <nil> 1")
		x.mu.Lock()
		x.rel.Keys.Verify = append(x.rel.Keys.Verify, id.Certificate)
		x.mu.Unlock()
		x.set(func(rw http.ResponseWriter, r *http.Request, body []byte) { rw.WriteHeader(http.StatusOK) })
		got, err = w.s.TryCertificate(ctx, ingrid, withKestrel, ours.ID)
		w.want("no receipt, no proof", fmt.Sprint(got.Good, err, w.events(EventConfirmed)), "false <nil> 1")
		x.set(nil)
		if got, err = w.s.TryCertificate(ctx, ingrid, withKestrel, ours.ID); err != nil || !got.Good {
			t.Fatalf("%+v %v", got, err)
		}
		w.want("confirmed", fmt.Sprint(w.inUse(ingrid, withKestrel, aurelia) == ours.ID, w.events(EventConfirmed)), "true 2")
		_, err = w.s.TryCertificate(ctx, ingrid, withKestrel, c.ID)
		w.want("a certificate of theirs", code(err), fault.NotFound)
	})
}

// Both companies change their certificates while documents go both ways: those under way
// under the old ones and those under the new ones all arrive, once.
func TestRolloverInTraffic(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		ourNext, theirNext := identity("AURELIA-AS2")(), identity("KESTREL-AS2")()
		// Their server reads with both of its keys and believes both of ours, and signs
		// its receipts with the old one, as one does that has not switched yet.
		x := w.listen(kestrelTo())
		x.rel.Keys.Decrypt = append(x.rel.Keys.Decrypt, theirNext)
		x.rel.Keys.Verify = append(x.rel.Keys.Verify, ourNext.Certificate)
		w.reach(x)

		const each = 12
		signers, readers := []as2.Identity{kestrelKey(), theirNext}, []as2.Identity{aureliaKey(), ourNext}
		both := []*x509.Certificate{aureliaKey().Certificate, ourNext.Certificate}
		var before []string
		for range each {
			before = append(before, w.queue())
		}
		// They are made with the old keys, and their server is down.
		x.set(func(rw http.ResponseWriter, _ *http.Request, _ []byte) { rw.WriteHeader(http.StatusServiceUnavailable) })
		w.drain()
		x.set(nil)
		w.due()
		a, b := w.add(ingrid, ourNext, true), w.add(maya, theirNext, false)

		var wg sync.WaitGroup
		bad := make(chan string, 100)
		for i := range 2 * each {
			rel := relation("KESTREL-AS2", "AURELIA-AS2", signers[i%2], readers[i/2%2])
			rel.Keys.Verify = both
			r := pack(t, rel, "", po(100+i))
			wg.Go(func() {
				if f := verdict(t, rel, w.receive(r), r); f.Verdict != as2.Proven {
					bad <- fmt.Sprintf("message %d: %+v", i, f)
				}
			})
		}
		for who, c := range map[string]struct {
			a    access.Actor
			cert string
		}{"theirs confirm ours": {maya, a.ID}, "ours confirm theirs": {ingrid, b.ID}} {
			wg.Go(func() {
				if _, err := w.s.ConfirmCertificate(ctx, c.a, withKestrel, c.cert); err != nil {
					bad <- who + ": " + err.Error()
				}
			})
		}
		wg.Go(w.drain)
		wg.Wait()
		close(bad)
		for text := range bad {
			t.Error(text)
		}
		for range each {
			w.queue()
		}
		w.drain()
		w.want("arrived", w.interchanges(), 2*each)
		w.want("delivered", w.count("SELECT count(*) FROM as2_message WHERE direction = 'out' AND state = 'delivered'"), 2*each)
		w.want("nothing else went out", w.count("SELECT count(*) FROM as2_message WHERE direction = 'out'"), 2*each)
		k := w.keys(withKestrel, kestrel)
		w.want("both switched", fmt.Sprint(k.Sign.Certificate.Equal(ourNext.Certificate), k.Encrypt.Equal(theirNext.Certificate)), "true true")
		w.want("each confirmed once", w.events(EventConfirmed), 2)
		w.want("told of those before", w.gate.last(before[0]), "delivered")
	})
}
