package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// sftpAddress is where a server takes files; empty while it is down.
func (s *server) sftpAddress() string {
	res, err := http.Get(s.url + "/readyz")
	if err != nil {
		return ""
	}
	defer res.Body.Close()
	var ready struct{ Addresses struct{ SFTP string } }
	if json.NewDecoder(res.Body).Decode(&ready) != nil {
		return ""
	}
	return ready.Addresses.SFTP
}

// long is an order of so many lines.
func long(control int, number string, n int) po {
	p := po{control: control, number: number}
	for i := range n {
		p.lines = append(p.lines, fmt.Sprintf("PO1*%d*1*EA*84.00*PE*VP*AUR-D18B*BP*KS-%06d", i+1, i))
	}
	return p
}

// TestStoryPairSFTP: the buyer's program brings its orders to the seller's SFTP server and
// fetches the answers there, knowing it by its host key. Either is killed in the middle of a
// transfer, the other way round too: nothing is booked half, and everything once. A file
// that comes a hundred times at once is one order.
func TestStoryPairSFTP(t *testing.T) {
	t.Parallel()
	bin, err := mortal()
	if err != nil {
		t.Fatal(err)
	}
	eachDatabase(t, func(t *testing.T, d database) {
		p := newPair(t, d, bin, "--sftp-addr", "127.0.0.1:0")
		p.ordersGo("outbox")
		door := openGate(t, p.seller.sftpAddress)
		password := filepath.Join(t.TempDir(), "password")
		if err := os.WriteFile(password, []byte("entente-demo-1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		hostKey, _, _ := strings.Cut(p.seller.command("sftp", "host-key"), "\n")
		said := p.buyer.command("sftp", "remote", "--org", "aurelia", "--name", "seller", "--server", door.addr, "--login", "kestrel", "--password-file", password,
			"--host-key", hostKey, "--in", "/out", "--out", "/in", "--every", "1s", "--allow-dial", "127.0.0.1")
		if !strings.Contains(said, "works") {
			t.Fatalf("the first try: %s", said)
		}
		p.chain(po{control: 540001, number: "FILES-1"})

		// The seller's program dies while an order comes, then the buyer's while it brings one.
		for i, dies := range []*server{p.seller, p.buyer} {
			o := long(540002+i, fmt.Sprintf("FILES-UP-%d", i), 1500)
			stuck := door.stopAfter(50_000, false)
			p.kestrel.send(o.String())
			after(t, "half of the order has passed", stuck)
			if n := len(p.aurelia.orders(o.number)); n != 0 {
				t.Fatalf("half an order became %d", n)
			}
			dies.kill()
			dies.run()
			if dies == p.seller { // who died brings nothing by itself
				door.close()
				door.open()
			}
			p.aurelia.state(o.number, "received")
			p.kestrel.settled(o.number, "850")
		}
		// The buyer's dies while it fetches an answer.
		stuck := door.stopAfter(50_000, true)
		big := p.aurelia.orders("FILES-UP-0")[0]
		p.aurelia.post("/api/v1/orders/"+big.ID+"/confirm", `{}`, 200, nil)
		after(t, "half of the 855 has passed", stuck)
		if o := p.kestrel.orders("FILES-UP-0")[0]; o.State != "received" {
			t.Errorf("half a 855 made the order %s", o.State)
		}
		p.buyer.kill()
		p.buyer.run()
		p.kestrel.state("FILES-UP-0", "confirmed")
		p.aurelia.settled("FILES-UP-0", "855")

		hundredFiles(t, p)
		for _, number := range []string{"FILES-1", "FILES-UP-0", "FILES-UP-1"} {
			if a, b := len(p.aurelia.orders(number)), len(p.kestrel.orders(number)); a != 1 || b != 1 {
				t.Errorf("%s: %d and %d orders", number, a, b)
			}
		}
		p.reconciled()
	})
}

// hundredFiles brings an order that was brought before a hundred times, by ten sessions at
// once: more than 32 unfinished files are not taken.
func hundredFiles(t *testing.T, p *pair) {
	first := p.kestrel.sentFor("FILES-1", "850")[0]
	text := string(p.kestrel.raw("/api/v1/edi/interchanges/" + first.ID + "/raw"))
	var all sync.WaitGroup
	for i := range 10 {
		c, err := signIn(t, p.seller.sftpAddress(), "kestrel", "entente-demo-1")
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			for j := range 10 {
				if err := putFile(c, "/in", fmt.Sprintf("again-%d-%d.edi", i, j), text); err != nil {
					t.Errorf("file %d of session %d: %v", j, i, err)
				}
			}
		})
	}
	all.Wait()
	c, err := signIn(t, p.seller.sftpAddress(), "kestrel", "entente-demo-1")
	if err != nil {
		t.Fatal(err)
	}
	files, err := c.ReadDir("/in")
	if err != nil || len(files) != 1 || files[0].Name() != ".errors" {
		t.Errorf("/in holds %d, %v", len(files), err)
	}
	if refused, err := c.ReadDir("/in/.errors"); err != nil || len(refused) != 0 {
		t.Errorf("/in/.errors holds %d, %v", len(refused), err)
	}
	if a := p.kestrelThere.do("POST", "/api/v1/edi/interchanges", "application/edi-x12", []byte(text)); a.status != 202 || !strings.Contains(string(a.body), `"duplicate":true`) {
		t.Errorf("once more by HTTP: %d %s", a.status, a.body)
	}
	p.kestrel.settled("FILES-1", "850")
}
