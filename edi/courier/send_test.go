package courier

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"entente/db"
	"entente/db/fail"
	"entente/edi/as2"
	"entente/edi/gateway"
	"entente/prm/fault"
)

// reach gives Kestrel a server here.
func (w *world) reach(x *station) {
	w.Helper()
	if _, err := w.s.SetStation(w.Context(), maya, x.server.URL+"/in", nil); err != nil {
		w.Fatal(err)
	}
}

func status(n int) func(http.ResponseWriter, *http.Request, []byte) {
	return func(w http.ResponseWriter, _ *http.Request, _ []byte) { w.WriteHeader(n) }
}

// A try that fails is repeated with the same Message-ID and bytes, and in the end a
// person is asked, once.
func TestSendRetries(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.listen(kestrelTo())
		w.reach(x)
		x.set(status(503))
		id := w.queue()
		for range 6 {
			w.drain()
			w.due()
		}
		w.want("tries", x.seen(), 3)
		for i := range x.ids {
			if x.ids[i] != x.ids[0] || !bytes.Equal(x.bodies[i], x.bodies[0]) || x.ids[i] == "" {
				t.Errorf("try %d is another message", i)
			}
		}
		row := w.message("submission_id = ?", id)
		w.want("state", row.State, Failed)
		w.want("said", w.gate.last(id), gateway.DeliveryFailed)
		w.want("told", w.events(EventFailed), 1)
		w.want("log", w.count("SELECT count(*) FROM as2_attempt WHERE message_id = ?", row.ID), 3)

		// A person sends it again: the same message. Only the sender's people may.
		w.want("the receiver resends", code(w.s.Resend(t.Context(), maya, row.ID, false)), fault.Forbidden)
		w.want("a competitor resends", code(w.s.Resend(t.Context(), kaarel, row.ID, false)), fault.NotFound)
		if err := w.s.Resend(t.Context(), ingrid, row.ID, false); err != nil {
			t.Fatal(err)
		}
		w.want("while it is on its way", code(w.s.Resend(t.Context(), ingrid, row.ID, false)), fault.Conflict)
		x.set(nil)
		w.drain()
		w.want("tries", x.seen(), 4)
		if x.ids[3] != x.ids[0] || !bytes.Equal(x.bodies[3], x.bodies[0]) {
			t.Error("sent again it is another message")
		}
		row = w.message("submission_id = ?", id)
		w.want("state", row.State, Delivered)
		w.want("proved", row.ReceiptProved, true)
		w.want("nothing to say", row.Reason, "")
		w.want("said", w.gate.last(id), gateway.DeliveryDelivered)
		w.want("after it was proved", code(w.s.Resend(t.Context(), ingrid, row.ID, false)), fault.Conflict)

		// Both sides see it with its tries, nobody else.
		i := gateway.Interchange{ID: id, Supplier: aurelia, Reseller: kestrel}
		for _, who := range []string{aurelia, kestrel} {
			all, err := w.s.Messages(t.Context(), person(who, "admin"), i)
			if err != nil || len(all) != 1 || len(all[0].Tries) != 4 {
				t.Errorf("%v, %d messages", err, len(all))
			}
		}
	})
}

// Sent again as a new one it has another Message-ID.
func TestResendFresh(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.listen(kestrelTo())
		w.reach(x)
		x.set(status(500))
		id := w.queue()
		for range 4 {
			w.drain()
			w.due()
		}
		x.set(nil)
		if err := w.s.Resend(t.Context(), ingrid, w.message("submission_id = ?", id).ID, true); err != nil {
			t.Fatal(err)
		}
		w.drain()
		if n := x.seen(); n != 4 || x.ids[3] == x.ids[0] {
			t.Errorf("%d messages: %q", n, x.ids)
		}
		w.want("state", w.message("submission_id = ?", id).State, Delivered)
	})
}

// What the partner answers decides: refused, unproved, nothing.
func TestAnswers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.listen(kestrelTo())
		w.reach(x)
		signed := func(d as2.Disposition, key as2.Identity) func(http.ResponseWriter, *http.Request, []byte) {
			return func(rw http.ResponseWriter, r *http.Request, body []byte) {
				m, _ := x.mdn(as2.HeaderOf(r.Header), body, d, key)
				for _, f := range m.Header {
					rw.Header().Set(f.Name, f.Value)
				}
				_, _ = rw.Write(m.Body)
			}
		}
		for name, c := range map[string]struct {
			answer   func(http.ResponseWriter, *http.Request, []byte)
			state    State
			delivery string
			event    string
		}{
			"refused":                     {signed(as2.DecryptionFailed, kestrelKey()), Failed, gateway.DeliveryFailed, EventFailed},
			"signed by other":             {signed(as2.Processed, balticKey()), Unproved, gateway.DeliveryUnproved, EventUnproved},
			"refused, under a status":     {under(500, signed(as2.DecryptionFailed, kestrelKey())), Failed, gateway.DeliveryFailed, EventFailed},
			"refused, under 401":          {under(401, signed(as2.DecryptionFailed, kestrelKey())), Failed, gateway.DeliveryFailed, EventFailed},
			"refused, under 403":          {under(403, signed(as2.DecryptionFailed, kestrelKey())), Failed, gateway.DeliveryFailed, EventFailed},
			"refused without a signature": {signed(as2.UnknownRelation, as2.Identity{}), Unproved, gateway.DeliveryUnproved, EventUnproved},
			"empty":                       {status(200), Unproved, gateway.DeliveryUnproved, EventUnproved},
			"not a receipt": {func(rw http.ResponseWriter, _ *http.Request, _ []byte) { _, _ = rw.Write([]byte("<h1>Thank you</h1>")) },
				Unproved, gateway.DeliveryUnproved, EventUnproved},
		} {
			x.set(c.answer)
			was := w.events(c.event)
			id := w.queue()
			w.drain()
			row := w.message("submission_id = ?", id)
			w.want(name, row.State, c.state)
			w.want(name+": said", w.gate.last(id), c.delivery)
			w.want(name+": told", w.events(c.event)-was, 1)
			w.want(name+": proved", row.ReceiptProved, false)
			w.due()
		}
		// What the partner signed counts, whatever the status; what anybody could say does not.
		x.set(under(500, signed(as2.Processed, kestrelKey())))
		taken := w.queue()
		w.drain()
		w.want("taken, under a status", w.message("submission_id = ?", taken).State, Delivered)
		x.set(under(400, signed(as2.AuthenticationFailed, as2.Identity{})))
		open := w.queue()
		w.drain()
		row := w.message("submission_id = ?", open)
		w.want("refused by somebody", row.State+" "+row.LastError, string(Queued)+" courier.http_status")
		w.want("in whose words", w.count("SELECT count(*) FROM as2_attempt WHERE message_id = ? AND detail = ?", row.ID, "Bad Request: processed/error: authentication-failed"), 1)
		w.exec("UPDATE as2_message SET next_at = 0, state = ? WHERE id = ?", string(Failed), row.ID)
		// The receipt of another message proves nothing of this one.
		var first *as2.Request
		x.set(func(rw http.ResponseWriter, r *http.Request, body []byte) {
			m, _ := x.mdn(as2.HeaderOf(r.Header), body, as2.Processed, kestrelKey())
			if first == nil {
				first = m
			}
			for _, f := range first.Header {
				rw.Header().Set(f.Name, f.Value)
			}
			_, _ = rw.Write(first.Body)
		})
		one := w.queue()
		w.drain()
		two := w.queue()
		w.drain()
		w.want("its own", w.message("submission_id = ?", one).State, Delivered)
		w.want("another's", w.message("submission_id = ?", two).State, Unproved)
	})
}

// deliver hands a receipt to our door.
func (w *world) deliver(m *as2.Request) Reply {
	return w.s.Receive(w.Context(), Arrival{Header: m.Header, Body: as2.InMemory(m.Body), Addr: "192.0.2.9"})
}

// A receipt on its own way: forged ones change nothing, overdue is told, and a late
// good one still counts.
func TestAsyncSend(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.s.opt.URL = "http://portal.example/as2"
		x := w.listen(kestrelTo())
		w.reach(x)
		w.terms(kestrel, aurelia, withKestrel, Terms{Async: true})
		id := w.queue()
		w.drain()
		w.want("state", w.message("submission_id = ?", id).State, AwaitingReceipt)
		w.want("asked for", x.asked[0], w.s.opt.URL)
		mdn := x.later[0]

		// Terms that changed meanwhile do not make a sent message another one.
		if _, err := w.s.SetTerms(t.Context(), maya, withKestrel, aurelia, 1, Terms{}); err != nil {
			t.Fatal(err)
		}

		h := as2.Header{}
		for _, f := range []struct{ n, v string }{{"Message-ID", x.ids[0]}, {"AS2-From", "AURELIA-AS2"}, {"AS2-To", "KESTREL-AS2"}} {
			h = append(h, as2.Field{Name: f.n, Value: f.v})
		}
		forge := func(key as2.Identity, wish string) *as2.Request {
			rel := x.rel
			rel.Keys.Sign = key
			got := &as2.Received{From: "AURELIA-AS2", To: "KESTREL-AS2", MessageID: x.ids[0], Relation: rel, Known: true,
				Ask: as2.Ask{Wanted: true, Signed: wish == "signed", Hash: as2.SHA256, Name: "sha-256"}}
			m, err := got.Answer(as2.MDN{ID: as2.NewID("x"), Date: time.Now(), Agent: "x", Disposition: as2.DecryptionFailed})
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		for _, m := range []*as2.Request{forge(balticKey(), "signed"), forge(otherKey(), "signed"), forge(kestrelKey(), "unsigned")} {
			if a := w.deliver(m); a.Status != 200 || len(a.Body) > 0 {
				t.Errorf("a forged receipt: %d %s", a.Status, a.Body)
			}
		}
		row := w.message("submission_id = ?", id)
		w.want("after forged receipts", row.State, AwaitingReceipt)
		w.want("why the first does not count", row.Reason, "courier.mdn_other_mdn_signer")
		if row.NextAt == 0 {
			t.Error("it would wait for ever")
		}
		bent := *mdn
		bent.Body = bytes.Replace(mdn.Body, []byte("processed"), []byte("processeD"), 1)
		w.deliver(&bent)
		w.want("after a bent one", w.message("submission_id = ?", id).State, AwaitingReceipt)

		w.due()
		w.drain()
		w.want("overdue", w.message("submission_id = ?", id).State, Unproved)
		w.want("why, still", w.message("submission_id = ?", id).Reason, "courier.mdn_other_mdn_signer")
		w.want("said", w.gate.last(id), gateway.DeliveryUnproved)
		w.want("told", w.events(EventUnproved), 1)
		w.want("sent", x.seen(), 1)
		if a := w.deliver(mdn); a.Status != 200 {
			t.Errorf("%d", a.Status)
		}
		row = w.message("submission_id = ?", id)
		w.want("late but good", row.State, Delivered)
		w.want("proved", row.ReceiptProved, true)
		w.want("said", w.gate.last(id), gateway.DeliveryDelivered)
		w.deliver(mdn)
		w.deliver(forge(kestrelKey(), "signed"))
		w.want("nothing takes it back", w.message("submission_id = ?", id).State, Delivered)
		w.want("log", w.count("SELECT count(*) FROM as2_attempt WHERE message_id = ?", row.ID), 3)
	})
}

// A receipt may come before the answer of the call that sent the message, and after
// the message was given up.
func TestReceiptOutOfTurn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.s.opt.URL = "http://portal.example/as2"
		x := w.listen(kestrelTo())
		w.reach(x)
		w.terms(kestrel, aurelia, withKestrel, Terms{Async: true})
		x.set(func(rw http.ResponseWriter, r *http.Request, body []byte) {
			m, _ := x.mdn(as2.HeaderOf(r.Header), body, as2.Processed, kestrelKey())
			w.deliver(m)
		})
		id := w.queue()
		w.drain()
		w.want("before the answer", w.message("submission_id = ?", id).State, Delivered)

		var kept *as2.Request
		x.set(func(rw http.ResponseWriter, r *http.Request, body []byte) {
			kept, _ = x.mdn(as2.HeaderOf(r.Header), body, as2.Processed, kestrelKey())
			rw.WriteHeader(502) // it arrived, but the answer went lost
		})
		id = w.queue()
		for range 4 {
			w.drain()
			w.due()
		}
		w.want("given up", w.message("submission_id = ?", id).State, Failed)
		w.deliver(kept)
		w.want("proved after all", w.message("submission_id = ?", id).State, Delivered)

		// A receipt for something else than what was sent is kept as well, and ends the tries.
		other := func(h as2.Header, body []byte, key as2.Identity) *as2.Request {
			rel := x.rel
			rel.Keys.Sign = key
			got, err := as2.Open(h, body, func(string, string) (as2.Relation, bool) { return rel, true }, as2.Limits{})
			if err != nil {
				t.Error(err)
				return nil
			}
			got.MIC.Sum = bytes.Repeat([]byte{1}, len(got.MIC.Sum))
			m, err := got.Answer(as2.MDN{ID: as2.NewID("kestrel"), Date: time.Now(), Agent: "kestrel", Disposition: as2.Processed})
			if err != nil {
				t.Error(err)
			}
			return m
		}
		for _, after := range []int{200, 502} {
			before := x.seen()
			x.set(func(rw http.ResponseWriter, r *http.Request, body []byte) {
				h := as2.HeaderOf(r.Header)
				w.deliver(other(h, body, otherKey())) // anybody's
				w.want("forged", w.message("message_id = ?", bare(h.Get("Message-ID"))).State, Queued)
				w.deliver(other(h, body, kestrelKey()))
				rw.WriteHeader(after)
			})
			told := w.events(EventUnproved)
			id = w.queue()
			for range 2 {
				w.drain()
				w.due()
			}
			row := w.message("submission_id = ?", id)
			w.want("of something else", fmt.Sprint(row.State, row.Reason, row.NextAt, row.ReceiptProved, x.seen()-before), fmt.Sprint(Unproved, "courier.mdn_mic_differs", 0, false, 1))
			w.want("said", w.gate.last(id), gateway.DeliveryUnproved)
			w.want("told", w.events(EventUnproved)-told, 1)
			if len(row.Receipt) == 0 || row.Disposition == "" {
				t.Error("the receipt is not kept")
			}
		}
		x.set(func(rw http.ResponseWriter, r *http.Request, body []byte) {
			kept = other(as2.HeaderOf(r.Header), body, kestrelKey())
			rw.WriteHeader(502)
		})
		id = w.queue()
		for range 4 {
			w.drain()
			w.due()
		}
		w.want("given up", w.message("submission_id = ?", id).State, Failed)
		w.deliver(kept)
		w.want("it has something else", w.message("submission_id = ?", id).Reason, "courier.mdn_mic_differs")

		// Unsigned, as agreed, it counts once our call says that the message arrived.
		if _, err := w.s.SetTerms(t.Context(), maya, withKestrel, aurelia, 1, Terms{Async: true, Receipt: "unsigned"}); err != nil {
			t.Fatal(err)
		}
		var early Reply
		x.set(func(rw http.ResponseWriter, r *http.Request, body []byte) {
			kept = other(as2.HeaderOf(r.Header), body, kestrelKey())
			early = w.deliver(kept)
		})
		id = w.queue()
		w.drain()
		w.want("early", early.Status, http.StatusServiceUnavailable)
		w.want("awaited", w.message("submission_id = ?", id).State, AwaitingReceipt)
		w.deliver(kept)
		w.want("it has something else", w.message("submission_id = ?", id).Reason, "courier.mdn_mic_differs")
	})
}

// A station that is taken away leaves the message in the outbox; without a key of ours
// nothing is sent.
func TestStationGone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.listen(kestrelTo())
		w.reach(x)
		id := w.queue()
		if _, err := w.s.SetStation(t.Context(), maya, "", nil); err != nil {
			t.Fatal(err)
		}
		w.drain()
		w.want("calls", x.seen(), 0)
		w.want("said", w.gate.last(id), gateway.DeliveryWaiting)
		w.want("state", w.message("submission_id = ?", id).State, Failed)
		err := w.d.InTx(t.Context(), func(ctx context.Context) error {
			ok, err := w.s.Take(ctx, gateway.Interchange{ID: "x", From: aurelia, To: kestrel, Partnership: withKestrel})
			if ok {
				t.Error("taken for a company without a server")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// A station that is taken away after a try that may have arrived, because the node died in
// it or the partner never answered, is a person's decision; after one that cannot have, it
// is the outbox's.
func TestStationGoneInDoubt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.listen(kestrelTo())
		for at, doubt := range map[string]bool{fail.SendClaimed: false, fail.SendTried: true} {
			w.reach(x)
			w.s.probe = func(edge string) error {
				if edge == at {
					return errDied
				}
				return nil
			}
			id := w.queue()
			w.drain()
			w.s.probe = nil
			if _, err := w.s.SetStation(t.Context(), maya, "", nil); err != nil {
				t.Fatal(err)
			}
			was := x.seen()
			w.due()
			w.drain()
			w.want(at+": calls", x.seen(), was)
			state, delivery := Failed, gateway.DeliveryWaiting
			if doubt {
				state, delivery = Unproved, gateway.DeliveryUnproved
			}
			w.want(at+": state", w.message("submission_id = ?", id).State, state)
			w.want(at+": said", w.gate.last(id), delivery)
			if !doubt {
				continue
			}
			again := func() (ok bool) {
				if err := w.d.InTx(t.Context(), func(ctx context.Context) (err error) {
					ok, err = w.s.Again(ctx, ingrid, gateway.Interchange{ID: id, From: aurelia, To: kestrel, Partnership: withKestrel})
					return err
				}); err != nil {
					t.Fatal(err)
				}
				return ok
			}
			w.want("sent again without a station: by AS2", again(), false)
			w.reach(x)
			w.want("sent again with one: by AS2", again(), true)
			w.drain()
			w.want("sent again", w.message("submission_id = ?", id).State, Delivered)
			w.want("under its id", x.ids[len(x.ids)-1], x.ids[len(x.ids)-2])
		}
	})
	for outcome, want := range map[string]bool{"dial.refused": true, "dial.tls_pin": true, "courier.http_status": true, "courier.http_denied": true, "dial.timeout": false, "courier.unreachable": false, "": false} {
		if sure(outcome) != want {
			t.Errorf("%q: sure %v", outcome, !want)
		}
	}
}

// A server that did not let us in is called once an hour; any answer of its own to that call
// says that it does again, and what waited goes at once. Both companies are told anew when it
// closes again, and not before.
func TestLetInAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.listen(kestrelTo())
		w.reach(x)
		x.set(status(http.StatusUnauthorized))
		first := w.queue()
		w.drain()
		second := w.queue()
		w.drain()
		locked := func() string {
			st, _, err := w.s.Station(t.Context(), maya, "", kestrel)
			if err != nil {
				t.Fatal(err)
			}
			return st.LockedBy
		}
		want := func(what string, calls, told int, by string) {
			t.Helper()
			w.want(what, fmt.Sprint(x.seen(), w.events(EventLocked), locked()), fmt.Sprint(calls, told, by))
		}
		want("locked", 1, 1, loginMissing)
		hour := func() { // goes by for the first one
			w.exec("UPDATE as2_station SET locked = 1 WHERE locked > 0")
			w.exec("UPDATE as2_message SET next_at = 1, attempts = 1 WHERE submission_id = ?", first)
		}
		hour()
		w.drain()
		want("still locked", 2, 1, loginMissing)
		for i, code := range []int{http.StatusBadGateway, http.StatusTooManyRequests} { // a proxy speaks of itself
			x.set(status(code))
			hour()
			w.drain()
			want(http.StatusText(code), 3+i, 1, loginMissing)
		}
		x.set(status(http.StatusInternalServerError))
		hour()
		w.drain()
		want("let in", 6, 1, "")
		for _, id := range []string{first, second} {
			w.want("said no", w.message("submission_id = ?", id).LastError, "courier.http_status")
		}
		x.set(status(http.StatusUnauthorized))
		w.exec("UPDATE as2_message SET next_at = 1, attempts = 1")
		w.drain()
		want("locked again", 7, 2, loginMissing)
		x.set(nil)
		hour()
		w.drain()
		want("let in again", 9, 2, "")
		for _, id := range []string{first, second} {
			w.want("sent", w.message("submission_id = ?", id).State, Delivered)
		}
	})
}

// A server that refuses one sender (HTTP 403) stops that sender alone, and is not called with
// each message of it; what waits for that is the outbox's once the station is taken away.
func TestDenied(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.listen(kestrelTo())
		w.reach(x)
		x.set(status(http.StatusForbidden))
		first, second := w.queue(), ""
		w.drain()
		second = w.queue()
		w.drain()
		w.want("calls", x.seen(), 1)
		w.want("told", w.events(EventLocked), 1)
		for _, id := range []string{first, second} {
			r := w.message("submission_id = ?", id)
			w.want("waits", fmt.Sprint(r.LastError, r.message().Locked(), w.gate.last(id)), fmt.Sprint(Denied, true, gateway.DeliveryFailed))
		}
		if st, _, err := w.s.Station(t.Context(), maya, "", kestrel); err != nil || st.LockedBy != "" {
			t.Errorf("the station is locked: %+v, %v", st, err)
		}
		// Another partner's message goes there all the same.
		other := w.message("submission_id = ?", second)
		other.ID, other.SubmissionID, other.Interchanges = db.NewID(), db.NewID(), ""
		other.PartnershipID, other.SupplierID, other.SenderID, other.As2From, other.Lane = nordenKestrel, norden, norden, "NORDEN-AS2", nordenKestrel+":as2:"+norden
		other.LastError, other.Reason, other.NextAt = "", "", 1
		if err := w.d.InTx(t.Context(), func(ctx context.Context) error { _, err := insertMessage(ctx, &other); return err }); err != nil {
			t.Fatal(err)
		}
		w.drain()
		w.want("calls, with the other's", x.seen(), 2)

		w.due() // a wait that ends is no try
		w.drain()
		w.want("a moment later", fault.KeyOf(w.s.Resend(t.Context(), ingrid, w.message("submission_id = ?", first).ID, false)), "courier.called_lately")
		w.exec("UPDATE as2_attempt SET happened = happened - ?", int64(2*knockPause/time.Microsecond))
		w.exec("UPDATE as2_station SET changed = 0")
		w.want("told", w.events(EventLocked), 2) // Norden as well
		if _, err := w.s.SetStation(t.Context(), maya, "", nil); err != nil {
			t.Fatal(err)
		}
		w.due()
		w.drain()
		for _, id := range []string{first, second} {
			w.want("without a station", w.message("submission_id = ?", id).Reason, noStation)
		}
	})
}

// Two nodes never send one message at the same time, nor twice.
func TestTwoNodes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.listen(kestrelTo())
		w.reach(x)
		other, _ := w.node(Options{Tries: 3})
		var mu sync.Mutex
		inside := map[string]bool{}
		x.set(func(rw http.ResponseWriter, r *http.Request, body []byte) {
			id := r.Header.Get("Message-ID")
			mu.Lock()
			if inside[id] {
				t.Errorf("%s twice at once", id)
			}
			inside[id] = true
			mu.Unlock()
			x.reply(rw, as2.HeaderOf(r.Header), body, as2.Processed)
			mu.Lock()
			inside[id] = false
			mu.Unlock()
		})
		for range 12 {
			w.queue()
		}
		var wg sync.WaitGroup
		for _, s := range []*Service{w.s, other, w.s, other} {
			wg.Go(func() {
				if _, err := s.drain(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		w.want("calls", x.seen(), 12)
		w.want("delivered", w.count("SELECT count(*) FROM as2_message WHERE state = 'delivered'"), 12)
	})
}

// Wherever the node dies while it sends, the message goes again with its id and bytes,
// and comes to an end.
func TestSendCrash(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.listen(kestrelTo())
		w.reach(x)
		for _, at := range []string{fail.SendClaimed, fail.SendTried} {
			w.s.probe = func(edge string) error {
				if edge == at {
					return errDied
				}
				return nil
			}
			id := w.queue()
			was := x.seen()
			w.drain()
			row := w.message("submission_id = ?", id)
			w.want(at+": state", row.State, Queued)
			if row.NextAt == 0 {
				t.Fatalf("%s: it would wait for ever", at)
			}
			w.s.probe = nil
			w.drain()
			if n := x.seen() - was; at == fail.SendClaimed && n != 0 || at == fail.SendTried && n != 1 {
				t.Errorf("%s: %d calls before the claim ran out", at, n)
			}
			w.due()
			w.drain()
			w.want(at+": state", w.message("submission_id = ?", id).State, Delivered)
			if n := x.seen(); at == fail.SendTried && (x.ids[n-1] != x.ids[n-2] || !bytes.Equal(x.bodies[n-1], x.bodies[n-2])) {
				t.Errorf("%s: sent again it is another message", at)
			}
		}
	})
}

// Stopping is not the partner's fault and no try of it, not even the last one.
func TestStopWhileSending(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.listen(kestrelTo())
		w.reach(x)
		entered := make(chan struct{})
		x.set(func(_ http.ResponseWriter, r *http.Request, _ []byte) {
			close(entered)
			<-r.Context().Done()
		})
		id := w.queue()
		w.exec("UPDATE as2_message SET attempts = 2")
		ended := make(chan error)
		go func() {
			_, err := w.s.drain(t.Context())
			ended <- err
		}()
		<-entered
		w.s.Stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		row := w.message("submission_id = ?", id)
		w.want("state", row.State, Queued)
		w.want("tries", row.Attempts, 2)
		w.want("told", w.events(EventFailed), 0)
		if row.NextAt == 0 {
			t.Error("it would wait for ever")
		}
	})
}

// agreedTries is an Agreed with so many tries of what the supplier sends.
type agreedTries int

func (agreedTries) FixesTerms(context.Context, string, bool) (bool, error) { return false, nil }

func (n agreedTries) Tries(_ context.Context, _ string, fromSupplier bool) (int, error) {
	if fromSupplier {
		return int(n), nil
	}
	return 0, nil
}

// A person is asked after as many tries as both companies agreed on.
func TestTriesAsAgreed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.s.Agreed = agreedTries(2)
		x := w.listen(kestrelTo())
		w.reach(x)
		x.set(status(500))
		id := w.queue()
		for range 4 {
			w.drain()
			w.due()
		}
		w.want("tries", x.seen(), 2)
		w.want("state", w.message("submission_id = ?", id).State, Failed)
	})
}

// An address without a certificate is a station half set up: nothing is taken for it
// that could not be written, and the document waits in the outbox.
func TestHalfAStation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.listen(kestrelTo())
		w.reach(x)
		w.queue() // taken as long as the certificate is there
		w.exec("UPDATE as2_certificate SET retired = 1 WHERE org_id = ?", kestrel)
		take := func() (ok bool) {
			err := w.d.InTx(t.Context(), func(ctx context.Context) (err error) {
				ok, err = w.s.Take(ctx, gateway.Interchange{ID: db.NewID(), From: aurelia, To: kestrel, Supplier: aurelia, Reseller: kestrel, Partnership: withKestrel})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		w.want("taken without a certificate", take(), false)
		w.exec("UPDATE as2_certificate SET retired = 0 WHERE org_id = ?", kestrel)
		w.want("taken with it", take(), true)
	})
}

// Every pause lasts what its try asks for and up to a fifth more, spread over all of that,
// so that a thousand messages that failed together come again apart.
func TestPausesAreSpread(t *testing.T) {
	t.Parallel()
	seeded := rand.New(rand.NewPCG(1, 2))
	for attempt := int64(1); attempt <= int64(len(pauses))+3; attempt++ {
		least := pauses[min(int(attempt), len(pauses))-1]
		if got := pause(attempt, func(int64) int64 { return 0 }); got != least {
			t.Errorf("try %d: at least %v, want %v", attempt, got, least)
		}
		if got := pause(attempt, func(n int64) int64 { return n - 1 }); got != least+least/5 {
			t.Errorf("try %d: at most %v", attempt, got)
		}
		var early, late int
		for range 1000 {
			d := pause(attempt, seeded.Int64N)
			switch {
			case d < least || d > least+least/5:
				t.Fatalf("try %d: %v", attempt, d)
			case d < least+least/10:
				early++
			default:
				late++
			}
		}
		if early < 400 || late < 400 { // of 500 each, by a seed
			t.Errorf("try %d: %d early, %d late", attempt, early, late)
		}
	}
}
