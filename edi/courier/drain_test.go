package courier

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/edi/as2"
	"entente/edi/gateway"
)

// Twenty partners that never answer, each with a queue, do not delay one that does: not
// what waits already, and not what comes while they hang. None of them is called more
// than twice at once.
func TestHangingPartners(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.listen(kestrelTo())
		w.reach(x)
		const partners, queue = 20, 3
		lane := func(id string, n int) {
			w.exec("UPDATE as2_message SET lane = ? WHERE submission_id = ?", fmt.Sprintf("hangs-%02d", n), id)
		}
		dead := map[string]bool{}
		for n := range partners {
			for range queue {
				id := w.queue()
				lane(id, n)
				dead[id] = true
			}
		}
		// The bytes of the live one's messages are known by their Message-ID only, so
		// the station asks which lane a message stands in.
		var mu sync.Mutex
		open, most := map[string]int{}, 0
		hung, let := make(chan string, partners*queue), make(chan struct{})
		x.set(func(rw http.ResponseWriter, r *http.Request, body []byte) {
			row := w.message("message_id = ?", bare(r.Header.Get("Message-ID")))
			if !dead[row.SubmissionID] {
				x.reply(rw, as2.HeaderOf(r.Header), body, as2.Processed)
				return
			}
			mu.Lock()
			open[row.Lane]++
			most = max(most, open[row.Lane])
			mu.Unlock()
			hung <- row.Lane
			select {
			case <-let:
			case <-r.Context().Done():
			}
			mu.Lock()
			open[row.Lane]--
			mu.Unlock()
			rw.WriteHeader(http.StatusServiceUnavailable)
		})
		ended := make(chan error, 1)
		go func() {
			_, err := w.s.drain(t.Context())
			ended <- err
		}()
		for range partners * perLane {
			<-hung
		}
		// All of them hang, with more behind. Now the live one.
		delivered := make(chan struct{})
		w.gate.delivered = func(id string) {
			if !dead[id] {
				close(delivered)
			}
		}
		id := w.queue()
		<-delivered
		w.want("state", w.message("submission_id = ?", id).State, Delivered)
		w.want("of the dead ones", w.count("SELECT count(*) FROM as2_message WHERE state = ? AND attempts = 1", string(Queued)), partners*perLane)
		close(let)
		if err := <-ended; err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		w.want("calls to one at once", most, perLane)
		w.want("tried in the end", w.count("SELECT count(*) FROM as2_message WHERE state = ? AND attempts = 1", string(Queued)), partners*queue)
	})
}

// A partner whose call failed is tried by one call at a time.
func TestTroubledPartner(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.listen(kestrelTo())
		w.reach(x)
		for range 3 {
			w.queue()
		}
		x.set(status(503))
		w.drain()
		w.due()
		var mu sync.Mutex
		open, most := 0, 0
		x.set(func(rw http.ResponseWriter, r *http.Request, body []byte) {
			mu.Lock()
			open++
			most = max(most, open)
			mu.Unlock()
			x.reply(rw, as2.HeaderOf(r.Header), body, as2.Processed)
			mu.Lock()
			open--
			mu.Unlock()
		})
		w.drain()
		w.want("delivered", w.count("SELECT count(*) FROM as2_message WHERE state = ?", string(Delivered)), 3)
		w.want("at once", most, perTroubled)
	})
}

// Names that nobody knows are refused, counted by source and hour, and stand in the
// audit log once for each: a flood adds no rows, and is not forgotten.
func TestStrangersAreCounted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		rel := kestrelTo(unsecured)
		stranger := pack(t, rel, "", "x")
		for i := range stranger.Header {
			if stranger.Header[i].Name == "AS2-From" {
				stranger.Header[i].Value = "NOBODY-AS2"
			}
		}
		knock := func(addr string) {
			t.Helper()
			if a := w.s.Receive(t.Context(), Arrival{Header: stranger.Header, Body: as2.InMemory(stranger.Body), Addr: addr}); a.Status != 200 && a.Status != 400 {
				t.Errorf("%d %s", a.Status, a.Body)
			}
		}
		lines := func() int { return w.count("SELECT count(*) FROM audit WHERE action = 'as2.receive'") }
		for range 7 {
			knock("192.0.2.1")
		}
		knock("192.0.2.2")
		w.want("lines", lines(), 2)
		w.want("of one source", w.count("SELECT times FROM as2_refused WHERE addr = '192.0.2.1'"), 7)
		for i := range maxSources + 20 {
			knock(fmt.Sprintf("198.51.100.%d", i))
		}
		w.want("lines of many sources", lines(), maxSources+1)
		w.want("together", w.count("SELECT times FROM as2_refused WHERE addr = ''"), 22)
		w.want("all of them", w.count("SELECT CAST(sum(times) AS INTEGER) FROM as2_refused"), maxSources+28)
		w.want("messages", w.count("SELECT count(*) FROM as2_message"), 0)

		operator := ingrid
		operator.Operator, operator.Scopes = true, nil
		got, err := w.s.Refused(t.Context(), operator, time.Now().Add(-time.Hour))
		if err != nil || len(got) != maxSources+1 || got[0].From != "NOBODY-AS2" || got[0].Reason == "" {
			t.Errorf("%v, %d sources", err, len(got))
		}
		if _, err := w.s.Refused(t.Context(), ingrid, time.Time{}); err == nil {
			t.Error("a company's person reads what strangers did")
		}

		// What cannot even be answered is counted as well: its sender may be a partner.
		nameless := as2.Header{{Name: "AS2-From", Value: "KESTREL-AS2"}, {Name: "AS2-To", Value: "AURELIA-AS2"}}
		if a := w.s.Receive(t.Context(), Arrival{Header: nameless, Body: as2.InMemory(stranger.Body), Addr: "198.51.100.1"}); a.Status != 400 || !strings.Contains(string(a.Body), "Message-ID") {
			t.Errorf("without a Message-ID: %d %s", a.Status, a.Body)
		}
		w.want("without a Message-ID", w.count("SELECT times FROM as2_refused WHERE addr = '198.51.100.1' AND as2_from = 'KESTREL-AS2' AND reason = 'bad_header'"), 2)

		// Of a known pair, what goes past the rows that are kept is counted as well.
		for range maxEvidence + 5 {
			w.receive(pack(t, rel, "", "x"))
		}
		w.want("lines of the pair", w.count("SELECT count(*) FROM audit WHERE action = 'as2.receive' AND org_id = ?", aurelia), maxEvidence+1)
		w.want("counted", w.count("SELECT times FROM as2_refused WHERE org_id = ?", aurelia), 5)
	})
}

// How long an asynchronous receipt is awaited is the sender's setting for the partner.
func TestReceiptPatience(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.s.opt.URL = "http://portal.example/as2"
		x := w.listen(kestrelTo())
		w.reach(x)
		w.terms(kestrel, aurelia, withKestrel, Terms{Async: true})
		wait := func() int {
			t.Helper()
			id := w.queue()
			w.drain()
			row := w.message("submission_id = ?", id)
			w.want("state", row.State, AwaitingReceipt)
			left := time.Duration(row.NextAt-row.Happened) * time.Microsecond
			return int((left + 30*time.Minute) / time.Hour) // the time of the test itself does not count
		}
		w.want("at first", wait(), gateway.DefaultReceipt)
		if err := w.gate.SetPatience(t.Context(), ingrid, withKestrel, 24, 9); err != nil {
			t.Fatal(err)
		}
		w.want("set", wait(), 9)
		if err := w.gate.SetPatience(t.Context(), ingrid, withKestrel, 12, 0); err != nil {
			t.Fatal(err)
		}
		w.want("left as it was", wait(), 9)
		w.due()
		w.drain()
		w.want("told", w.events(EventUnproved), 3)
		w.want("why", w.message("state = ?", string(Unproved)).Reason, ReceiptOverdue)
	})
}
