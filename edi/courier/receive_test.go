package courier

import (
	"bytes"
	"entente/db"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/db/fail"
	"entente/edi/as2"
)

var errDied = errors.New("the node died here")

func (w *world) terms(who string, sender string, partnership string, t Terms) {
	w.Helper()
	if _, err := w.s.SetTerms(w.Context(), person(who, "admin"), partnership, sender, 0, t); err != nil {
		w.Fatal(err)
	}
}

// A hundred of the same at once: one effect, and everybody gets the same receipt.
func TestRepetitions(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		rel := kestrelTo()
		r := pack(t, rel, "", po(1))
		replies := make([]Reply, 100)
		var wg sync.WaitGroup
		for i := range replies {
			wg.Go(func() { replies[i] = w.receive(r) })
		}
		wg.Wait()
		if f := verdict(t, rel, replies[0], r); f.Verdict != as2.Proven {
			t.Fatalf("%+v", f)
		}
		for i, a := range replies {
			if a.Status != 200 || !bytes.Equal(a.Body, replies[0].Body) || a.Header.Get("Content-Type") != replies[0].Header.Get("Content-Type") || a.Header.Get("Message-ID") != replies[0].Header.Get("Message-ID") {
				t.Errorf("%d has another receipt: %d %s", i, a.Status, a.Body)
			}
		}
		w.want("interchanges", w.interchanges(), 1)
		w.want("messages", w.count("SELECT count(*) FROM as2_message"), 1)

		// Wrapped anew under its id, the content is the same: still the stored receipt.
		again := pack(t, rel, r.Sent.MessageID, po(1))
		if a := w.receive(again); !bytes.Equal(a.Body, replies[0].Body) {
			t.Errorf("wrapped anew: %s", a.Body)
		}
		// Without the angle brackets as well.
		bare := *r
		bare.Header = append(as2.Header(nil), r.Header...)
		for i := range bare.Header {
			if bare.Header[i].Name == "Message-ID" {
				bare.Header[i].Value = bare.Header[i].Value[1 : len(bare.Header[i].Value)-1]
			}
		}
		if a := w.receive(&bare); !bytes.Equal(a.Body, replies[0].Body) {
			t.Errorf("bare id: %s", a.Body)
		}
		// The same document under another id is taken, but has no second effect.
		if f := verdict(t, rel, w.receive(pack(t, rel, "", po(1))), pack(t, rel, "", po(1))); f.Claim.Text != "" {
			t.Errorf("the content again: %+v", f)
		}
		w.want("interchanges", w.interchanges(), 1)

		// Another document under the id is refused and told.
		other := pack(t, rel, r.Sent.MessageID, po(2))
		if f := verdict(t, rel, w.receive(other), other); f.Verdict != as2.Refused {
			t.Errorf("other content: %+v", f)
		}
		w.want("told", w.events(EventMisused), 1)
		w.want("interchanges", w.interchanges(), 1)
		if a := w.receive(r); !bytes.Equal(a.Body, replies[0].Body) {
			t.Error("after the misuse the first one's receipt is another")
		}
	})
}

// What failed is in nobody's way: the good message under its id is taken.
func TestMendedUnderTheSameID(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		rel := kestrelTo()
		id := as2.NewID("kestrel.example")
		bent := pack(t, rel, id, po(1))
		bent.Body[len(bent.Body)/2] ^= 1
		if f := verdict(t, rel, w.receive(bent), bent); f.Verdict != as2.Refused {
			t.Errorf("bent: %+v", f)
		}
		lost := pack(t, rel, id, order("KESTRELSUPPLY", "NOBODY", 1, "1"))
		if f := verdict(t, rel, w.receive(lost), lost); f.Verdict != as2.Refused {
			t.Errorf("an unknown receiver: %+v", f)
		}
		foreign := pack(t, rel, id, order("BALTICTRADE", "AURELIATOOLS", 1, "1"))
		if f := verdict(t, rel, w.receive(foreign), foreign); f.Claim.Text != "authentication-failed" {
			t.Errorf("an interchange of another company: %+v", f)
		}
		none := pack(t, rel, id, "no document at all")
		if f := verdict(t, rel, w.receive(none), none); f.Verdict != as2.Refused {
			t.Errorf("no document: %+v", f)
		}
		w.want("interchanges", w.interchanges(), 0)
		good := pack(t, rel, id, po(1))
		if f := verdict(t, rel, w.receive(good), good); f.Verdict != as2.Proven {
			t.Errorf("mended: %+v", f)
		}
		w.want("interchanges", w.interchanges(), 1)
		w.want("evidence", w.count("SELECT count(*) FROM as2_message WHERE state = 'refused' AND NOT proved"), 4)
	})
}

// Terms of one company open no door to another: a message that proves nothing, since
// its receiver asks for no proof, cannot carry an interchange for somebody else.
func TestProofCountsForItsReceiver(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.terms(norden, kestrel, nordenKestrel, Terms{Sign: "none", Encrypt: "none", Receipt: "unsigned"})
		rel := relation("KESTREL-AS2", "NORDEN-AS2", kestrelKey(), nordenKey(), unsecured)
		forged := pack(t, rel, "", po(1)) // KESTRELSUPPLY to AURELIATOOLS
		if f := verdict(t, rel, w.receive(forged), forged); f.Verdict != as2.Refused {
			t.Errorf("an order for Aurelia by Norden's door: %+v", f)
		}
		both := pack(t, rel, "", order("KESTRELSUPPLY", "NORDENTOOLS", 2, "2"), po(3))
		if f := verdict(t, rel, w.receive(both), both); f.Verdict != as2.Refused {
			t.Errorf("beside one that is Norden's: %+v", f)
		}
		w.want("interchanges", w.interchanges(), 0)
		own := pack(t, rel, "", order("KESTRELSUPPLY", "NORDENTOOLS", 4, "4"))
		if f := verdict(t, rel, w.receive(own), own); f.Verdict != as2.Confirmed {
			t.Errorf("what Norden takes: %+v", f)
		}
		w.want("interchanges", w.interchanges(), 1)
	})
}

// Security that is asked and missing, keys that are not the company's.
func TestUnproved(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, c := range map[string]struct {
			rel  as2.Relation
			text string
			told string // to people
		}{
			"unsigned":     {kestrelTo(func(a *as2.Agreement) { a.Sign = false }), "insufficient-message-security", "It is not signed"},
			"unencrypted":  {kestrelTo(func(a *as2.Agreement) { a.Cipher = "" }), "insufficient-message-security", "It is not encrypted"},
			"other signer": {relation("KESTREL-AS2", "AURELIA-AS2", otherKey(), aureliaKey()), "authentication-failed", "cannot be verified with the certificates"},
			"baltic signs": {relation("KESTREL-AS2", "AURELIA-AS2", balticKey(), aureliaKey()), "authentication-failed", "cannot be verified with the certificates"},
			"other reader": {relation("KESTREL-AS2", "AURELIA-AS2", kestrelKey(), otherKey()), "decryption-failed", "Encrypt with our current certificate"},
		} {
			r := pack(t, c.rel, "", po(1))
			a := w.receive(r)
			report, err := as2.ParseMDN(a.Header, a.Body, as2.Limits{})
			if err != nil || report.Disposition.Text != c.text {
				t.Errorf("%s: %v %+v", name, err, report)
			} else if !strings.Contains(report.Text, c.told) || !strings.Contains(report.Text, r.Sent.MessageID+" from KESTREL-AS2 to AURELIA-AS2 was not taken: "+report.Disposition.String()) {
				t.Errorf("%s, to people: %s", name, report.Text)
			}
		}
		// Two that have nothing with each other are told the same as two that do not exist.
		var texts []string
		for _, n := range [][2]string{{"KESTREL-AS2", "BALTIC-AS2"}, {"BALTIC-AS2", "NORDEN-AS2"}, {"NOBODY", "AURELIA-AS2"}, {"NOBODY", "NOWHERE"}, {"AURELIA-AS2", "KESTREL-AS2"}} {
			r := pack(t, relation(n[0], n[1], kestrelKey(), aureliaKey()), "", po(1))
			a := w.receive(r)
			report, err := as2.ParseMDN(a.Header, a.Body, as2.Limits{})
			if err != nil || report.Signed {
				t.Fatalf("%v: %v, %d %s", n, err, a.Status, a.Body)
			}
			texts = append(texts, report.Disposition.String())
		}
		for _, x := range texts {
			if x != texts[0] {
				t.Errorf("unknown pairs are told apart: %q", texts)
			}
		}
		w.want("interchanges", w.interchanges(), 0)
		// Where no receipt can say it, the status does.
		for _, rel := range []as2.Relation{
			kestrelTo(unsecured, func(a *as2.Agreement) { a.Receipt = as2.NoReceipt }),
			relation("NOBODY", "AURELIA-AS2", kestrelKey(), aureliaKey(), async("http://nobody.example/")),
		} {
			if a := w.receive(pack(t, rel, "", po(1))); a.Status != http.StatusBadRequest || len(a.Body) == 0 {
				t.Errorf("without a receipt: %d %s", a.Status, a.Body)
			}
		}
		w.want("nothing waits", w.count("SELECT count(*) FROM as2_message WHERE next_at > 0"), 0)
	})
}

// Evidence of what proved nothing stays bounded, and is in no good message's way.
func TestEvidenceIsBounded(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		rel := kestrelTo(unsecured)
		for range maxEvidence + 5 {
			w.receive(pack(t, rel, "", "x"))
		}
		w.want("rows", w.count("SELECT count(*) FROM as2_message"), maxEvidence)
		good := kestrelTo()
		r := pack(t, good, "", po(1))
		if f := verdict(t, good, w.receive(r), r); f.Verdict != as2.Proven {
			t.Errorf("%+v", f)
		}
	})
}

// A receipt on a way of its own is sent until it arrives, only to agreed hosts, and
// again where the message is.
func TestAsyncReceipt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.listen(kestrelTo())
		r := pack(t, kestrelTo(async(x.server.URL+"/mdn")), "", po(1))
		a := w.receive(r)
		if f := verdict(t, kestrelTo(), a, r); f.Verdict != as2.Refused || f.Claim.Text != "unexpected-processing-error" {
			t.Fatalf("a host that nobody named: %+v", f)
		}
		w.drain()
		w.want("calls to it", x.mdns, 0)

		if _, err := w.s.SetStation(t.Context(), maya, "", []string{x.server.Listener.Addr().String()}); err != nil {
			t.Fatal(err)
		}
		x.set(func(w http.ResponseWriter, _ *http.Request, _ []byte) { w.WriteHeader(503) })
		if a := w.receive(r); a.Status != 200 || len(a.Body) > 0 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		for range 5 {
			w.drain()
			w.due()
		}
		w.want("calls while it is down", x.mdns, 3)
		row := w.message("proved AND direction = 'in'")
		w.want("state", row.State, Received)
		w.want("what failed", row.LastError, "courier.http_status")
		w.want("reason", row.Reason, "")

		// It was given up; the partner asks again and is there again.
		x.set(nil)
		if a := w.receive(r); a.Status != 200 || len(a.Body) > 0 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		w.drain()
		w.want("calls", x.mdns, 4)
		w.want("sent", w.count("SELECT count(*) FROM as2_message WHERE receipt_proved AND next_at = 0 AND state = 'received'"), 1)
		w.drain()
		w.want("calls afterwards", x.mdns, 4)
		w.want("interchanges", w.interchanges(), 1)

		// What is refused keeps why, also after its receipt went.
		bent := pack(t, kestrelTo(async(x.server.URL+"/mdn")), "", po(2))
		bent.Body[len(bent.Body)/2] ^= 1
		w.receive(bent)
		before := w.message("state = 'refused' AND message_id = ?", bare(bent.Sent.MessageID))
		w.drain()
		after := w.message("id = ?", before.ID)
		if after.Reason == "" || after.Reason != before.Reason || !after.ReceiptProved || after.Settled != before.Settled {
			t.Errorf("refused for %q, then %q (sent: %v)", before.Reason, after.Reason, after.ReceiptProved)
		}

		// A server that does not let us in is left alone, and called again once its company says
		// how else it is reached.
		w.reach(x)
		x.set(status(http.StatusUnauthorized))
		w.receive(pack(t, kestrelTo(async(x.server.URL+"/mdn")), "", po(3)))
		calls := x.mdns
		w.drain()
		if left := db.FromMicros(w.message("last_error = ?", loginMissing).NextAt).Sub(w.d.Clock()); left < 50*time.Minute {
			t.Errorf("it is called again in %s", left)
		}
		w.want("calls to who lets nobody in", x.mdns, calls+1)
		w.want("told", w.events(EventLocked), 0)
		x.set(nil)
		w.reach(x)
		w.drain()
		w.want("calls once it was mended", x.mdns, calls+2)

		// Anybody can write a message in Kestrel's name and choose where its receipt goes: that
		// locks nothing, and what goes to Kestrel goes.
		for _, code := range []int{http.StatusUnauthorized, http.StatusForbidden} {
			x.set(func(rw http.ResponseWriter, r *http.Request, body []byte) {
				if h := as2.HeaderOf(r.Header); !as2.IsMDN(h, body) {
					x.reply(rw, h, body, as2.Processed)
					return
				}
				rw.WriteHeader(code)
			})
			forged := pack(t, kestrelTo(unsecured, async(x.server.URL+"/private")), "", "x")
			calls := x.mdns
			w.receive(forged)
			w.drain()
			w.want("its receipt is tried", x.mdns, calls+1)
			id := w.queue()
			w.drain()
			w.want("what goes to Kestrel", w.message("submission_id = ?", id).State, Delivered)
		}
		w.want("told", w.events(EventLocked), 0)
	})
}

// Wherever the node dies, what was answered is there, and what was not is not or is
// answered the same way when it comes again.
func TestReceiveCrash(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		rel := kestrelTo()
		for i, at := range []string{fail.AS2Staged, fail.AS2Storing, fail.AS2Stored} {
			r := pack(t, rel, "", po(10+i))
			w.s.probe = func(edge string) error {
				if edge == at {
					return errDied
				}
				return nil
			}
			if a := w.receive(r); a.Status != 503 {
				t.Errorf("%s: answered %d", at, a.Status)
			}
			there := 0
			if at == fail.AS2Stored {
				there = 1
			}
			w.want(at+": messages", w.count("SELECT count(*) FROM as2_message WHERE message_id = ?", bare(r.Sent.MessageID)), there)
			w.want(at+": interchanges", w.interchanges(), i+there)
			w.s.probe = nil
			if f := verdict(t, rel, w.receive(r), r); f.Verdict != as2.Proven {
				t.Errorf("%s, again: %+v", at, f)
			}
			w.want(at+": interchanges afterwards", w.interchanges(), i+1)
		}
	})
}

// TestReceiptWords: what a receipt tells people of a signature or an encryption is what its
// disposition says, whatever failed inside; and there are words for whatever is refused.
func TestReceiptWords(t *testing.T) {
	t.Parallel()
	got := &as2.Received{From: "KESTREL-AS2", To: "AURELIA-AS2", MessageID: "<1@kestrel>"}
	for d, reasons := range map[as2.Disposition][]as2.Reason{
		as2.DecryptionFailed:     {as2.NotDecrypted, as2.BadCMS, as2.NotSupported},
		as2.AuthenticationFailed: {as2.OtherSigner, as2.BadSignature, as2.BadCMS, as2.NotSupported},
		as2.IntegrityFailed:      {as2.Changed},
		as2.DecompressionFailed:  {as2.NotDecompressed, as2.BadCMS},
		as2.UnknownRelation:      {as2.UnknownPair},
	} {
		for _, r := range reasons {
			if text := receiptWords(got, d, r); text != receiptWords(got, d, "") || strings.Contains(text, "could not be processed") {
				t.Errorf("%s, %s: %s", d, r, text)
			}
		}
	}
	if text := receiptWords(got, as2.Processed, ""); !strings.Contains(text, "received and stored") {
		t.Error(text)
	}
}
