package e2e

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// natsServer is a NATS server of its own on a free port, until the test ends.
func natsServer(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "natsd")
	build := exec.Command("go", "build", "-o", bin, "./natsd")
	build.Dir = "cluster"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	cmd := exec.Command(bin)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	sc := bufio.NewScanner(out)
	if !sc.Scan() {
		t.Fatal("the NATS server says no address")
	}
	return sc.Text()
}

// TestStoryNodes: two nodes on one PostgreSQL. People talk across them, with a ticket that
// the other node gave; one node is killed in the middle of it, its reader goes on at the
// other one from where it was, and nobody misses or repeats a message.
func TestStoryNodes(t *testing.T) {
	t.Parallel()
	d := onPostgres(t)
	args := []string{"--demo", "--sftp-addr", "off", "--turn-addr", "off", "--nats-url", natsServer(t)}
	one := start(t, d, args...)
	two := &server{t: t, db: one.db, data: t.TempDir(), args: append(args, "--key-file", filepath.Join(one.data, "entente.key"))}
	two.run()
	t.Cleanup(two.kill)

	maya := one.token("maya@kestrel.example", "edi:read,edi:write,orders:read,chat:read,chat:write")
	ingrid := two.token("ingrid@aurelia.example", "orders:read,chat:read,chat:write")
	in := maya.send(po{control: 990011, number: "NODES-1"}.String())
	maya.processed(in.ID)
	var o order
	eventually(t, "the order has its room", func() bool {
		maya.get("/api/v1/orders/"+maya.orders("NODES-1")[0].ID, &o)
		return o.Room != nil
	})
	room := *o.Room
	eventually(t, "both nodes are joined", func() bool {
		for _, s := range []*server{one, two} {
			var r struct{ Checks map[string]string }
			maya.s = s
			maya.get("/readyz", &r)
			if r.Checks["nats"] != "ok" {
				return false
			}
		}
		maya.s = one
		return true
	})

	// A ticket is good at either node, once.
	var ticket struct{ Ticket string }
	maya.post("/api/v1/live/ticket", "", 201, &ticket)
	dial := func(s *server) (*websocket.Conn, *http.Response, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		return websocket.Dial(ctx, strings.Replace(s.url, "http", "ws", 1)+"/live?ticket="+ticket.Ticket, nil)
	}
	ws, _, err := dial(two)
	if err != nil {
		t.Fatalf("a ticket of the other node: %v", err)
	}
	_ = ws.CloseNow()
	for _, s := range []*server{one, two} {
		if ws, _, err := dial(s); err == nil {
			_ = ws.CloseNow()
			t.Error("a ticket was taken twice")
		}
	}

	a, b := maya.live(), ingrid.live()
	a.send(map[string]any{"type": "join", "room": room, "after": 0})
	b.send(map[string]any{"type": "join", "room": room, "after": 0})
	a.next("joined")
	b.next("joined")
	last := map[*talker]float64{}
	hears := func(k *talker, text string) {
		t.Helper()
		for {
			m := k.next("message", "event")
			if seq := m["seq"].(float64); last[k] != 0 && seq != last[k]+1 {
				t.Fatalf("%v after %v", seq, last[k])
			} else {
				last[k] = seq
			}
			if m["text"] == text {
				return
			}
		}
	}
	say := func(k *talker, n int) string {
		text := fmt.Sprintf("line %d", n)
		k.send(map[string]any{"type": "post", "room": room, "key": fmt.Sprint("n", n), "text": text})
		return text
	}
	for n := range 10 {
		from := []*talker{a, b}[n%2]
		text := say(from, n)
		hears(a, text)
		hears(b, text)
	}

	two.kill()
	at := last[b]
	for n := 10; n < 15; n++ {
		hears(a, say(a, n))
	}
	ingrid.s = one
	c := ingrid.live()
	last[c] = at
	c.send(map[string]any{"type": "join", "room": room, "after": at})
	c.next("joined")
	hears(c, "line 14")
	hears(a, say(c, 15))
	hears(c, "line 15")

	two.run()
	ingrid.s = two
	back := ingrid.live()
	back.send(map[string]any{"type": "join", "room": room, "after": last[c]})
	back.next("joined")
	last[back] = last[c]
	hears(back, say(a, 16))
}
