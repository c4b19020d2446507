package socket_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"entente/chat/hub"
	"entente/chat/room"
	"entente/chat/socket"
	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
)

// wire is a client that parses frames itself and answers nothing on its own.
type wire struct {
	net.Conn
	r *bufio.Reader
}

func (n *node) wire(t testing.TB, session string, readBuffer int) *wire {
	t.Helper()
	c, err := net.Dial("tcp", n.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if readBuffer > 0 {
		if err := c.(*net.TCPConn).SetReadBuffer(readBuffer); err != nil {
			t.Fatal(err)
		}
	}
	_ = c.SetDeadline(time.Now().Add(2 * patience))
	// the first frame comes in the same packet as the request: fasthttp reads it ahead
	head := "GET /live HTTP/1.1\r\nHost: " + n.addr + "\r\nCookie: session=" + session + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
	if _, err := c.Write(append([]byte(head), masked(0x81, `{"type":"ping"}`)...)); err != nil {
		t.Fatal(err)
	}
	w := &wire{c, bufio.NewReader(c)}
	res, err := http.ReadResponse(w.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != 101 || res.Header.Get("Sec-WebSocket-Accept") != "ICX+Yqv66kxgM0FcWaLWlFLwTAI=" {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	op, p := w.frame(t)
	for op == 9 { // where the machine is slow one is due by now
		if _, err := w.Write(masked(0x8a, string(p))); err != nil {
			t.Fatal(err)
		}
		op, p = w.frame(t)
	}
	if op != 1 || string(p) != `{"type":"pong"}` {
		t.Fatalf("%d %s", op, p)
	}
	return w
}

func masked(first byte, payload string) []byte {
	b := []byte{first}
	if len(payload) < 126 {
		b = append(b, 0x80|byte(len(payload)))
	} else {
		b = append(b, 0x80|126)
		b = binary.BigEndian.AppendUint16(b, uint16(len(payload)))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

func (w *wire) say(t testing.TB, payload string) {
	t.Helper()
	if _, err := w.Write(masked(0x81, payload)); err != nil {
		t.Fatal(err)
	}
}

// frame reads one frame and insists on RFC 6455: final, unmasked, no reserved
// bits, shortest length.
func (w *wire) frame(t testing.TB) (op byte, payload []byte) {
	t.Helper()
	op, payload, err := w.try()
	if err != nil {
		t.Fatal(err)
	}
	return op, payload
}

func (w *wire) try() (op byte, payload []byte, err error) {
	var h [8]byte
	if _, err := io.ReadFull(w.r, h[:2]); err != nil {
		return 0, nil, err
	}
	if h[0]&0xf0 != 0x80 || h[1]&0x80 != 0 {
		return 0, nil, fmt.Errorf("bad frame header % x", h[:2])
	}
	op, n := h[0]&0x0f, uint64(h[1])
	switch n {
	case 126:
		if _, err := io.ReadFull(w.r, h[:2]); err != nil {
			return 0, nil, err
		}
		if n = uint64(binary.BigEndian.Uint16(h[:2])); n < 126 {
			return 0, nil, fmt.Errorf("length %d written long", n)
		}
	case 127:
		if _, err := io.ReadFull(w.r, h[:8]); err != nil {
			return 0, nil, err
		}
		if n = binary.BigEndian.Uint64(h[:8]); n < 1<<16 {
			return 0, nil, fmt.Errorf("length %d written long", n)
		}
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(w.r, payload)
	return op, payload, err
}

// closeCode reads to the close frame; what comes before must be whole frames,
// what comes after is an error.
func (w *wire) closeCode(t testing.TB) int {
	t.Helper()
	for {
		op, p := w.frame(t)
		if op != 8 {
			continue
		}
		if _, err := w.Write(masked(0x88, string(p[:2]))); err != nil {
			t.Fatal(err)
		}
		if op, _, err := w.try(); err == nil {
			t.Fatalf("frame %d after the close", op)
		}
		return int(binary.BigEndian.Uint16(p))
	}
}

func TestPingsAndTheSilent(t *testing.T) {
	t.Parallel()
	n := single(t, socket.Limits{PingEvery: 30 * time.Millisecond, PongWait: 300 * time.Millisecond})
	w := n.wire(t, "maya", 0)
	for range 3 { // answered pings keep it open
		for {
			op, p := w.frame(t)
			if op == 9 {
				if _, err := w.Write(masked(0x8a, string(p))); err != nil {
					t.Fatal(err)
				}
				break
			}
		}
	}
	if c := w.closeCode(t); c != int(hub.CodeSilent) {
		t.Fatalf("code %d", c)
	}
}

func TestBrokenFramesEndTheConnection(t *testing.T) {
	t.Parallel()
	n := single(t, socket.Limits{PingEvery: 200 * time.Millisecond, PongWait: 200 * time.Millisecond})
	for name, raw := range map[string][]byte{
		"unmasked":        {0x81, 0x02, '{', '}'},
		"reserved bit":    append([]byte{0xc1}, masked(0x81, "{}")[1:]...),
		"unknown opcode":  append([]byte{0x83}, masked(0x81, "{}")[1:]...),
		"long control":    masked(0x89, strings.Repeat("x", 126)),
		"split control":   masked(0x09, "x"),
		"huge length":     {0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0},
		"negative length": {0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := n.wire(t, "maya", 0)
			if _, err := w.Write(raw); err != nil {
				t.Fatal(err)
			}
			for {
				op, _, err := w.try()
				if err != nil {
					break // ended, with or without a close frame before
				}
				if op == 1 {
					t.Fatal("it was answered as a message")
				}
			}
		})
	}
}

func TestSlowClientComesBackAndCatchesUp(t *testing.T) {
	t.Parallel()
	n := single(t, socket.Limits{QueueBytes: 256 << 10, WriteWait: time.Minute})
	r := n.room(t, "1")
	fast := n.open(t, "ingrid")
	fast.join(t, r.ID, 0)
	slow := n.wire(t, "maya", 64<<10)
	slow.say(t, `{"type":"join","room":"`+string(r.ID)+`","after":0}`)
	for joined := false; !joined; {
		_, p := slow.frame(t)
		joined = strings.Contains(string(p), `"joined"`)
	}
	// it stops reading: the kernel's buffers fill, then the queue
	big := strings.Repeat("x", 16000)
	seq := int64(0)
	for n.live.Hub().Open(n.person["maya"]) > 0 {
		seq = n.fill(t, "ingrid", r.ID, 8, big)
		if seq > 2000 {
			t.Fatal("the slow client was never closed")
		}
		fast.until(t, "progress", func() bool { return int64(len(fast.seqs(r.ID))) >= seq })
	}
	fast.exactly(t, r.ID, 1, seq)
	// it reads on and finds whole frames, then the code
	have := int64(0)
	code := 0
	for code == 0 {
		op, p, err := slow.try()
		if err != nil {
			break // the grace was over before it read
		}
		if op == 8 {
			code = int(binary.BigEndian.Uint16(p))
		} else if strings.Contains(string(p), `"type":"message"`) {
			have++
		}
	}
	if code != 0 && code != int(hub.CodeSlow) {
		t.Fatalf("code %d", code)
	}
	if have >= seq {
		t.Fatalf("the slow client got all %d messages: it was never slow", seq)
	}
	back := n.open(t, "maya")
	back.join(t, r.ID, have)
	if seq-have > room.MaxGap {
		back.next(t, "reload")
		return
	}
	back.exactly(t, r.ID, have+1, seq)
}

func TestFiftyForcedReconnectsLoseNothing(t *testing.T) {
	t.Parallel()
	n := single(t, socket.Limits{PostRate: 1e6, PostBurst: 1e6, FrameRate: 1e6, FrameBurst: 1e6})
	r := n.room(t, "1")
	const total = 400
	done, ahead := make(chan struct{}), make(chan struct{}, 12) // of what the reader was told to wait for
	go func() {
		defer close(done)
		defer close(ahead)
		ident, _ := n.identity("ingrid")
		for i := range total {
			ahead <- struct{}{}
			if _, _, err := n.rooms.Post(context.Background(), ident.Actor, room.Draft{Room: r.ID, Key: fmt.Sprint(i), Text: "x"}); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	have := int64(0)
	for cuts := 0; have < total; cuts++ {
		p := n.open(t, "maya")
		p.send(t, map[string]any{"type": "join", "room": r.ID, "after": have})
		want, more := total, total
		if cuts < 50 {
			want, more = min(int(have)+total/60, total), total/60
		}
		for range more {
			<-ahead
		}
		p.until(t, "some", func() bool { return int(have)+len(p.seqs(r.ID)) >= want })
		_ = p.ws.CloseNow() // a cut line, in the middle of things
		p.closed(t)
		p.mu.Lock()
		for _, s := range p.seqs(r.ID) {
			if s != have+1 {
				t.Fatalf("%d after %d", s, have)
			}
			have = s
		}
		p.mu.Unlock()
	}
	<-done
}

func TestStopTellsAllAtOnce(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("run", func(t *testing.T) {
		n := single(t, socket.Limits{Connections: 200})
		r := n.room(t, "1")
		var peers []*peer
		for range 60 {
			p := n.open(t, "maya")
			p.join(t, r.ID, 0)
			peers = append(peers, p)
		}
		begin := time.Now()
		n.live.Stop()
		n.live.Stop()
		if d := time.Since(begin); d > 4*time.Second {
			t.Errorf("stopping took %v", d)
		}
		for _, p := range peers {
			if c := p.closed(t); c != websocket.StatusGoingAway {
				t.Fatalf("code %d", c)
			}
		}
		if _, res, err := n.dial("/live", http.Header{"Cookie": {"session=maya"}}); err == nil || res.StatusCode != 503 {
			t.Fatalf("after the stop: %v", err)
		}
		n.live.Changed("order", "1", []string{n.org["kestrel"]}) // harmless
	})
	eventually(t, "goroutines to end", func() bool { return runtime.NumGoroutine() <= before+3 })
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("waited for %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// TestTwoNodesOneStops is story 4: clients on two nodes, one node stops in the
// middle, its clients go to the other with their last number.
func TestTwoNodesOneStops(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		one, two := pair(t, d)
		r := one.room(t, "1")
		const writers, each, readers = 3, 30, 6
		var wg sync.WaitGroup
		half := make(chan struct{})
		var halfOnce sync.Once
		stopped := make(chan struct{})
		for i := range readers {
			wg.Go(func() {
				nodes := []*node{one, two}
				at := nodes[i%2]
				have := int64(0)
				for have < 2*writers*each {
					p, _, err := at.dial("/live", http.Header{"Cookie": {"session=ingrid." + fmt.Sprint(i)}})
					if err != nil {
						at = two
						continue
					}
					p.send(t, map[string]any{"type": "join", "room": r.ID, "after": have})
					p.mu.Lock()
					for p.err == nil && have+int64(len(p.seqs(r.ID))) < 2*writers*each {
						p.cond.Wait()
					}
					got := p.seqs(r.ID)
					p.mu.Unlock()
					_ = p.ws.CloseNow()
					for _, s := range got {
						if s != have+1 {
							t.Errorf("reader %d: %d after %d", i, s, have)
						}
						have = s
					}
				}
			})
		}
		for w := range writers {
			wg.Go(func() {
				for i := range 2 * each {
					n := two
					if w%2 == 0 && i < each {
						n = one
					}
					if i == each {
						halfOnce.Do(func() { close(half) })
						<-stopped
					}
					ident, _ := n.identity("maya")
					if _, _, err := n.rooms.Post(context.Background(), ident.Actor, room.Draft{Room: r.ID, Key: fmt.Sprint(w, "-", i), Text: "x"}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		<-half
		one.live.Stop()
		close(stopped)
		wg.Wait()
		// the drop of a leaver reaches the other node too
		p := two.open(t, "maya.x")
		p.join(t, r.ID, 0)
		one.live.DropPerson(one.person["maya"])
		if c := p.closed(t); c != websocket.StatusCode(hub.CodeEnded) {
			t.Fatalf("code %d", c)
		}
		_, err := two.rooms.Event(context.Background(), access.System("test", two.org["kestrel"]), room.Line{Room: r.ID, Key: "end", Kind: "x"})
		if err != nil {
			t.Fatal(err)
		}
	})
}
