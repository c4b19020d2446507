package e2e

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/edi/as2"
)

// TestStoryPair: two programs of two companies trade by AS2. An order becomes its 855, 856
// and 810 with receipts in the reply and with receipts of their own way; who waits for a
// receipt is killed before it comes and gets it when it is back; a message that comes a
// hundred times at once is one order and one receipt.
func TestStoryPair(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		p := newPair(t, d, "")
		p.byAS2()
		tape := p.toSeller.record()
		p.chain(po{control: 510001, number: "PAIR-1"})

		// Its 850, as the buyer's program sent it, a hundred times at once.
		first := firstRequest(t, tape)
		var receipts sync.Map
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				receipts.Store(string(first.post(t, p.seller.url)), true)
			})
		}
		all.Wait()
		n := 0
		receipts.Range(func(k, _ any) bool {
			n++
			if !strings.Contains(k.(string), first.header.Get("Message-Id")) {
				t.Errorf("no receipt: %s", k)
			}
			return true
		})
		if n != 1 {
			t.Errorf("a hundred repetitions were answered with %d receipts", n)
		}

		// From now on receipts go their own way.
		for _, c := range []struct {
			who    *client
			sender string
		}{{p.aureliaThere, "kestrel"}, {p.kestrelThere, "aurelia"}} {
			partner := c.who.partnership(c.sender)
			c.who.put("/api/v1/partners/"+partner+"/as2/terms", `{"sender":"`+c.sender+`","version":0,"terms":{"async":true}}`, 200)
		}
		p.chain(po{control: 510002, number: "PAIR-2"})

		// The buyer's program sends and is gone when the receipt is brought.
		p.toBuyer.close()
		p.kestrel.send(po{control: 510003, number: "PAIR-3"}.String())
		p.aurelia.state("PAIR-3", "received")
		eventually(t, "the receipt finds nobody", func() bool { return p.toBuyer.calls() > 0 })
		p.buyer.kill()
		p.buyer.run()
		if got := p.kestrel.sentFor("PAIR-3", "850"); len(got) != 1 || got[0].Delivery == "delivered" {
			t.Errorf("without a receipt: %+v", got)
		}
		p.toBuyer.open()
		p.kestrel.settled("PAIR-3", "850")
		for number, state := range map[string]string{"PAIR-1": "invoiced", "PAIR-2": "invoiced", "PAIR-3": "received"} {
			p.aurelia.state(number, state)
		}
		p.reconciled()
	})
}

// request is an HTTP request as it passed.
type request struct {
	header http.Header
	body   []byte
}

// firstRequest reads the AS2 message that passed first.
func firstRequest(t *testing.T, tape *lines) request {
	t.Helper()
	in := bufio.NewReader(strings.NewReader(tape.String()))
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			t.Fatalf("no message passed: %v", err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		if !as2.IsMDN(as2.HeaderOf(r.Header), body) {
			return request{r.Header, body}
		}
	}
}

// post sends it again; what comes back is one of our receipts, or nothing.
func (r request) post(t *testing.T, url string) []byte {
	req, err := http.NewRequest(http.MethodPost, url+"/as2", bytes.NewReader(r.body))
	if err != nil {
		t.Error(err)
		return nil
	}
	req.Header = r.header.Clone()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 {
		t.Errorf("%d, %v", res.StatusCode, err)
	}
	return b
}

// TestStoryPairRollover: both change their certificates while orders go one way and answers
// the other. Whoever has a new key opens with it at once and signs with it from a named
// instant on; until then its certificate is given to the other. Nothing is refused, lost or
// doubled, and the old ones are out of use before the traffic ends.
func TestStoryPairRollover(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		p := newPair(t, d, "")
		p.byAS2()
		orders := many("ROLL", 520001, 12)
		next := make(chan po)
		var senders sync.WaitGroup
		for range 3 {
			senders.Go(func() {
				for o := range next {
					if a, err := p.kestrel.try(t.Context(), "POST", "/api/v1/edi/interchanges", "application/edi-x12", []byte(o.String())); err != nil || a.status != 202 {
						t.Errorf("%s: %d %s, %v", o.number, a.status, a.body, err)
					}
				}
			})
		}
		confirm := func(numbers ...po) {
			for _, o := range numbers {
				p.aurelia.post("/api/v1/orders/"+p.aurelia.state(o.number, "received").ID+"/confirm", `{}`, 200, nil)
			}
		}
		var signs time.Time // with the newest key
		rollover := func(here, there *client, name string) {
			old, oldThere := here.keys(), there.keys()
			key, err := as2.Generate(name, time.Now().Add(-time.Hour), time.Now().AddDate(2, 0, 0))
			if err != nil {
				t.Fatal(err)
			}
			signs = time.Now().Add(3 * time.Second)
			here.ownKey(key, signs)
			there.certificate(key.Certificate)
			if len(old) != 1 || len(oldThere) != 1 || len(here.keys()) != 2 || len(there.keys()) != 2 {
				t.Errorf("%s: %d and %d certificates before, %d and %d in the overlap", name, len(old), len(oldThere), len(here.keys()), len(there.keys()))
			}
		}
		feed := func(some []po) {
			for _, o := range some {
				next <- o
			}
		}
		feed(orders[:4])
		confirm(orders[0])
		rollover(p.kestrel, p.kestrelThere, "KESTREL-AS2")
		feed(orders[4:7])
		confirm(orders[1:3]...)
		rollover(p.aurelia, p.aureliaThere, "AURELIA-AS2")
		feed(orders[7:9])
		confirm(orders[3:5]...)
		for _, o := range orders[:9] { // what was made with the old keys has arrived
			p.kestrel.settled(o.number, "850")
		}
		for _, o := range orders[:5] {
			p.aurelia.settled(o.number, "855")
		}
		eventually(t, "the new keys sign", func() bool { return time.Now().After(signs) })
		for _, c := range []*client{p.kestrel, p.kestrelThere, p.aurelia, p.aureliaThere} {
			c.retire(c.keys()[0])
		}
		feed(orders[9:])
		close(next)
		senders.Wait()
		confirm(orders[5:]...)
		for _, o := range orders {
			p.kestrel.settled(o.number, "850")
			p.aurelia.settled(o.number, "855")
			p.kestrel.state(o.number, "confirmed")
		}
		for _, s := range []*server{p.seller, p.buyer} {
			if strings.Contains(s.logs.String(), "an AS2 message was refused") {
				t.Errorf("a message was refused:\n%s", s.logs)
			}
		}
		p.reconciled()
	})
}

// TestStoryPairSilent: the 997 of the other program never comes. It is shown as overdue, and
// asking for it comes first: nothing is sent again, for the document arrived. In the end it
// comes after all.
func TestStoryPairSilent(t *testing.T) {
	t.Parallel()
	bin, err := mortal()
	if err != nil {
		t.Fatal(err)
	}
	eachDatabase(t, func(t *testing.T, d database) {
		p := newPair(t, d, bin)
		p.byAS2()
		p.kestrel.send(po{control: 530001, number: "SILENT-1"}.String())
		p.kestrel.settled("SILENT-1", "850")
		order := p.aurelia.state("SILENT-1", "received")

		p.toSeller.close() // what the buyer's program says reaches nobody
		p.aurelia.post("/api/v1/orders/"+order.ID+"/confirm", `{}`, 200, nil)
		p.kestrel.state("SILENT-1", "confirmed")
		eventually(t, "the 855 is delivered, and its 997 awaited", func() bool {
			m := p.aurelia.sentFor("SILENT-1", "855")
			return len(m) == 1 && m[0].Delivery == "delivered" && m[0].AcknowledgementDue != nil && !m[0].Overdue && p.toSeller.calls() > 0
		})
		p.seller.restart("33h")
		eventually(t, "it is overdue", func() bool {
			m := p.aurelia.sentFor("SILENT-1", "855")
			return len(m) == 1 && m[0].Overdue && m[0].Acknowledged == ""
		})
		id := p.aurelia.sentFor("SILENT-1", "855")[0].ID
		ingrid := p.seller.signIn(t, "ingrid@aurelia.example")
		ingrid.open("/c/aurelia/edi/" + id).says("Ask for the acknowledgement")
		if strings.Contains(ingrid.main(), "Send again") {
			t.Error("sending again is offered though it arrived")
		}
		if late := p.seller.command("interchange", "list", "--org", "aurelia", "--late"); !strings.Contains(late, id) {
			t.Errorf("the operator's list of late ones: %s", late)
		}
		p.aurelia.post("/api/v1/edi/interchanges/"+id+"/ask", "", 204, nil)

		p.toSeller.open()
		p.buyer.restart("33h") // its next try is due
		p.aurelia.settled("SILENT-1", "855")
		if m := p.aurelia.sentFor("SILENT-1", "855")[0]; m.Overdue {
			t.Errorf("settled, and still overdue: %+v", m)
		}
		p.reconciled()
	})
}
