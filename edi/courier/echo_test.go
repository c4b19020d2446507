package courier

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"entente/edi/as2"
	"entente/prm/access"
	"entente/prm/fault"
)

// TestEcho: a test message goes the way of documents; what comes back is told step by
// step, with advice about the mistakes that people make. Nothing of it is a document.
func TestEcho(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		_, err := w.s.Echo(ctx, ingrid, withKestrel)
		w.want("without an address", fault.KeyOf(err), "courier.no_station")
		x := w.listen(kestrelTo())
		w.reach(x)
		_, err = w.s.Echo(ctx, kaarel, withKestrel)
		w.want("a stranger", code(err), fault.NotFound)
		_, err = w.s.Echo(ctx, person(aurelia, access.Buyer), withKestrel)
		w.want("a buyer", code(err), fault.Forbidden)

		other := identity("OTHER-AS2")()
		answers := func(d as2.Disposition, key as2.Identity) func(http.ResponseWriter, *http.Request, []byte) {
			return func(rw http.ResponseWriter, r *http.Request, body []byte) {
				mdn, _ := x.mdn(as2.HeaderOf(r.Header), body, d, key)
				for _, f := range mdn.Header {
					rw.Header().Set(f.Name, f.Value)
				}
				_, _ = rw.Write(mdn.Body)
			}
		}
		own := x.rel.Keys.Sign
		for _, c := range []struct {
			name   string
			answer func(http.ResponseWriter, *http.Request, []byte)
			advice string // behind echo.advice.
			last   string // key of the last step
		}{
			{"all well", nil, "", "echo.mic"},
			{"names unknown to OpenAS2", status(500), "http_names", "echo.status_bad"},
			{"a wrong path", status(404), "http_path", "echo.status_bad"},
			{"a password", status(401), "http_asks", "echo.status_bad"},
			{"a proxy without its server", status(503), "http_down", "echo.status_bad"},
			{"another program", status(405), "http_method", "echo.status_bad"},
			{"a low limit", status(413), "http_size", "echo.status_bad"},
			{"nothing said", status(200), "empty_mdn", "courier.mdn_empty_mdn"},
			{"a web page", func(rw http.ResponseWriter, _ *http.Request, _ []byte) {
				rw.Header().Set("Content-Type", "text/html")
				_, _ = rw.Write([]byte("<h1>Welcome</h1>"))
			}, "no_mdn", "courier.mdn_no_mdn"},
			{"a new certificate", answers(as2.Processed, other), "other_mdn_signer", "courier.mdn_other_mdn_signer"},
			{"our certificate is unknown", answers(as2.AuthenticationFailed, own), "authentication", "echo.refused"},
			{"encrypted for an old one", answers(as2.DecryptionFailed, own), "decryption", "echo.refused"},
			{"changed on the way", answers(as2.IntegrityFailed, own), "integrity", "echo.refused"},
			{"less security than agreed", answers(as2.InsufficientSecurity, own), "security", "echo.refused"},
			{"compression", answers(as2.DecompressionFailed, own), "decompression", "echo.refused"},
			{"no EDI", answers(as2.UnexpectedError, own), "processing", "echo.refused"},
			{"names", answers(as2.UnknownRelation, own), "names", "echo.refused"},
			{"content", answers(as2.UnsupportedFormat, own), "format", "echo.refused"},
			{"digest", answers(as2.UnsupportedMIC, own), "mic_algorithm", "echo.refused"},
			{"names, said without a signature", answers(as2.UnknownRelation, as2.Identity{}), "names", "echo.refused"},
			{"decryption, said with a status", under(400, answers(as2.DecryptionFailed, own)), "decryption", "echo.refused"},
			{"all well, under a status of an error", under(500, answers(as2.Processed, own)), "", "echo.mic"},
			{"an old digest", answers(as2.Processed, withSHA1(own)), "weak_mdn_digest", "courier.mdn_weak_mdn_digest"},
		} {
			x.set(c.answer)
			got, err := w.s.Echo(ctx, ingrid, withKestrel)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			last := got.Steps[len(got.Steps)-1]
			advice := strings.TrimPrefix(got.Advice, "echo.advice.")
			w.want(c.name, fmt.Sprint(got.Good, advice, last.Key, last.Bad), fmt.Sprint(c.advice == "", c.advice, c.last, c.advice != ""))
			kept, err := w.s.LastEcho(ctx, ingrid, withKestrel)
			w.want("kept", fmt.Sprint(len(kept.Steps), kept.Advice, kept.Good, kept.By, err), fmt.Sprint(len(got.Steps), got.Advice, got.Good, ingrid.Person, nil))
		}
		x.server.Close()
		got, err := w.s.Echo(ctx, ingrid, withKestrel)
		w.want("nobody listens", fmt.Sprint(got.Good, got.Advice, err), "falseecho.advice.unreachable<nil>")
		_, err = w.s.LastEcho(ctx, kaarel, withKestrel)
		w.want("a stranger reads it", code(err), fault.NotFound)
		last, err := w.s.LastEcho(ctx, maya, withKestrel)
		w.want("the other company has none of its own", fmt.Sprint(last.At.IsZero(), err), "true <nil>")
		w.want("no interchange, no message", w.interchanges()+w.count("SELECT count(*) FROM as2_message"), 0)
	})
}

// TestEchoed: a partner's test message is answered like a document and kept, and is none;
// the same words in a message that is no test are not EDI.
func TestEchoed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		rel := kestrelTo()
		send := func(subject, kind, text string) (as2.Finding, *as2.Request) {
			t.Helper()
			r, err := as2.Pack(as2.Message{ID: as2.NewID("kestrel"), Subject: subject, Date: time.Now(), Payloads: []as2.Payload{{ContentType: kind, FileName: "hello.txt", Data: []byte(text)}}}, rel)
			if err != nil {
				t.Fatal(err)
			}
			return verdict(t, rel, w.receive(r), r), r
		}
		f, r := send("OpenAS2 Test", "text/plain", "hello")
		w.want("proved", f.Verdict, as2.Proven)
		w.want("kept", w.message("message_id = ?", bare(r.Sent.MessageID)).State, Received)
		a, b := w.receive(r), w.receive(r)
		w.want("the same receipt again", string(a.Body), string(b.Body))
		f, _ = send("Orders of today", "text/plain", "hello")
		w.want("a note is no document", f.Verdict, as2.Refused)
		f, _ = send("test", "text/plain", strings.Repeat("x", 5000))
		w.want("nor a long text", f.Verdict, as2.Refused)
		f, _ = send("test", as2.TypeX12, "hello")
		w.want("nor what calls itself X12", f.Verdict, as2.Refused)
		f, _ = send("test", "text/plain", po(4217))
		w.want("an order is an order, whatever it is called", fmt.Sprint(f.Verdict, w.interchanges()), fmt.Sprint(as2.Proven, 1))
	})
}
