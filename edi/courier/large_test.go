package courier

import (
	"archive/zip"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"entente/db/dbtest"
	"entente/edi/as2"
	"entente/edi/dial"
	"entente/edi/gateway"
	"entente/prm/access"
)

// A large document is signed and encrypted in files: what is allocated meanwhile, garbage
// too, has nothing to do with its size. It is not parallel: it counts everything.
func TestPackMemory(t *testing.T) {
	const size, bound = 60 << 20, 8 << 20
	for _, cipher := range []as2.Cipher{as2.AES256, as2.AES256GCM} {
		w := setup(t, dbtest.One(t), Options{})
		w.s.Temp = t.TempDir()
		w.gate.more = size
		rel := kestrelTo()
		x := w.listen(rel)
		w.reach(x)
		id := w.queue()
		row := w.message("submission_id = ?", id)
		if ok, err := w.s.claim(t.Context(), &row); err != nil || !ok {
			t.Fatal(ok, err)
		}
		out, _, err := w.s.outgoing(t.Context(), &row)
		if err != nil {
			t.Fatal(err)
		}
		out.Agreement.Cipher = cipher
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err = w.s.pack(t.Context(), &row, out)
		runtime.ReadMemStats(&after)
		if a := after.TotalAlloc - before.TotalAlloc; err != nil || a > bound {
			t.Fatalf("%s: %d octets were allocated, %v", cipher, a, err)
		}
		if left, err := os.ReadDir(w.s.Temp); err != nil || len(left) != 0 {
			t.Errorf("%s: %d files are left, %v", cipher, len(left), err)
		}
		w.due()
		w.drain()
		w.want("state", w.message("id = ?", row.ID).State, Delivered)
		got, err := as2.Open(headerOf(row.Headers), x.bodies[0], func(string, string) (as2.Relation, bool) { return rel, true }, as2.Limits{})
		if err != nil || got.Payloads[0].Size() != size+len(outText) || !strings.HasPrefix(string(got.Payloads[0].Data[:len(outText)+9]), outText+"\n\n") || got.Encryption.Cipher != cipher {
			t.Errorf("%s: %v", cipher, err)
		}
		// Nor does its proof, of whatever size: what the receipt is about is found and written from files.
		row = w.message("id = ?", row.ID)
		p := &Proof{s: w.s, actor: person(aurelia, access.Admin), message: gateway.Message{Interchange: gateway.Interchange{ID: id, Size: int64(size + len(outText))}}}
		k := &packing{zip: zip.NewWriter(io.Discard)}
		runtime.ReadMemStats(&before)
		err = p.opened(t.Context(), k, "", &Carried{Message: row.message()}, headerOf(row.Headers))
		runtime.ReadMemStats(&after)
		if a := after.TotalAlloc - before.TotalAlloc; err != nil || a > bound || len(k.files) != 1 || k.files[0].Size <= size {
			t.Errorf("%s: %d octets were allocated for the proof, %+v, %v", cipher, a, k.files, err)
		}
	}
}

// A call has time by the size of what is sent, and while it lasts nobody else takes the
// message: the claim is renewed. A server that does not answer within it is named.
func TestLargeCall(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if small, large := CallTime(1<<10), CallTime(100<<20); small != 2*time.Minute || large < 19*time.Minute || large > CallTime(MaxSize) {
			t.Errorf("%s, %s", small, large)
		}
		w.gate.more = 3 << 20
		w.s.lease = 300 * time.Millisecond
		x := w.listen(kestrelTo())
		w.reach(x)
		var size int64
		w.s.callTime = func(n int64) time.Duration { size = n; return CallTime(n) }
		claim := func(id string) int { return w.count("SELECT next_at FROM as2_message WHERE message_id = ?", id) }
		x.set(func(rw http.ResponseWriter, r *http.Request, body []byte) {
			h := as2.HeaderOf(r.Header)
			first := claim(bare(h.Get("Message-ID")))
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			for claim(bare(h.Get("Message-ID"))) == first {
				select {
				case <-tick.C:
				case <-t.Context().Done():
					return
				}
			}
			x.reply(rw, h, body, as2.Processed)
		})
		id := w.queue()
		w.drain()
		row := w.message("submission_id = ?", id)
		w.want("state", fmt.Sprint(row.State, row.NextAt), fmt.Sprint(Delivered, 0))
		if size != row.Size || size <= 3<<20 || int64(len(x.bodies[0])) != size {
			t.Errorf("time for %d octets, of %d", size, row.Size)
		}

		w.s.callTime = func(int64) time.Duration { return time.Millisecond }
		over := make(chan struct{})
		x.set(func(http.ResponseWriter, *http.Request, []byte) { <-over })
		w.Cleanup(func() { close(over) })
		w.s.Client = dial.New(dial.Options{Allow: dial.Loopback}).Client(dial.Limits{})
		id = w.queue()
		w.drain()
		w.want("no answer", w.message("submission_id = ?", id).LastError, "dial.timeout")
	})
}

// BenchmarkLargeMessage takes a signed and encrypted message of one order of 93 MB from a
// file and tells the most memory that was resident meanwhile, and before it. Run it with
// -benchtime 1x and the settings of serve: GOGC=400 GOMEMLIMIT=224MiB.
func BenchmarkLargeMessage(b *testing.B) {
	if _, err := resident("VmHWM"); err != nil {
		b.Skipf("no /proc here: %v", err)
	}
	w := setup(b, dbtest.One(b), Options{})
	var peak, before int
	for i := range b.N {
		b.StopTimer()
		header, file, size := large(b, i)
		debug.FreeOSMemory()
		if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil { // begin the high-water mark anew
			b.Skip(err)
		}
		before, _ = resident("VmRSS")
		b.StartTimer()
		a := w.s.Receive(b.Context(), Arrival{Header: header, Body: as2.InFile(file, size), Addr: "192.0.2.1"})
		b.StopTimer()
		peak, _ = resident("VmHWM")
		if m := w.message("message_id = ?", bare(header.Get("Message-ID"))); a.Status != 200 || m.State != string(Received) {
			b.Fatalf("%d, %s %s", a.Status, m.State, m.Reason)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(before)/1024, "MB-before")
	b.ReportMetric(float64(peak)/1024, "MB-peak")
}

// large makes the message, in a file.
func large(b *testing.B, n int) (as2.Header, *os.File, int) {
	b.Helper()
	var text strings.Builder
	text.Grow(94 << 20)
	head, tail, _ := strings.Cut(po(n+1), "PO1*1*")
	_, tail, _ = strings.Cut(tail, "~")
	text.WriteString(head)
	lines := 0
	for text.Len() < 93<<20 {
		lines++
		fmt.Fprintf(&text, "PO1*%d*12*EA*84.00**VP*AUR-D18B~", lines)
	}
	text.WriteString(strings.NewReplacer("CTT*1~SE*5*", fmt.Sprintf("CTT*%d~SE*%d*", lines, lines+4)).Replace(tail))
	req := pack(b, kestrelTo(), "", text.String())
	file, err := os.CreateTemp(b.TempDir(), "")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = file.Close() })
	if _, err := file.Write(req.Body); err != nil {
		b.Fatal(err)
	}
	return req.Header, file, len(req.Body)
}

// resident reads a line of /proc/self/status, in kB.
func resident(name string) (int, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), name+":")
	kb, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	return strconv.Atoi(kb)
}
