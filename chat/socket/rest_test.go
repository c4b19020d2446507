package socket_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/gofiber/fiber/v2"

	"entente/chat/hub"
	"entente/chat/room"
	"entente/chat/socket"
)

// rest opens a connection that joins a room, and keeps nothing but the socket.
func (n *node) rest(t testing.TB, id room.ID) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", n.addr)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(6 * patience))
	head := "GET /live HTTP/1.1\r\nHost: " + n.addr + "\r\nCookie: session=maya\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
	if _, err := c.Write(append([]byte(head), masked(0x81, `{"type":"join","room":"`+string(id)+`"}`)...)); err != nil {
		t.Fatal(err)
	}
	var got []byte
	for b := make([]byte, 512); !bytes.Contains(got, []byte(`"joined"`)); {
		k, err := c.Read(b)
		if got = append(got, b[:k]...); err != nil {
			t.Fatalf("%v after %q", err, got)
		}
	}
	_ = c.SetDeadline(time.Time{})
	return c
}

// inUse is the memory of the heap and of stacks that is in use, once the collector has
// shrunk what it can.
func inUse() int64 {
	var m runtime.MemStats
	for range 6 { // a stack is halved at most once a collection
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// bare opens a connection that sends a byte and gets one, and then rests: a goroutine of
// the other side waits for it with a loop of its own. It is what any server of goroutines
// pays, whatever the release of Go.
func bare(t testing.TB, ln net.Listener) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	var b [1]byte
	if _, err := c.Write(b[:]); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(b[:]); err != nil {
		t.Fatal(err)
	}
	return c
}

// echo answers on a listener byte by byte until it is closed.
func echo(t testing.TB) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				var b [1]byte
				for {
					if _, err := c.Read(b[:]); err != nil {
						return
					}
					if _, err := c.Write(b[:]); err != nil {
						return
					}
				}
			}()
		}
	}()
	return ln
}

// TestRestingConnection bounds what a connection costs that sits in a room and says
// nothing, beyond a bare one of the same program with a goroutine that waits: so neither the
// sockets of both ends nor the runtime's stacks count. It runs alone.
func TestRestingConnection(t *testing.T) {
	const conns, most = 1000, 3 << 10
	n := single(t, socket.Limits{Connections: conns + 100, FrameRate: 1e9, FrameBurst: 1e9, PingEvery: time.Hour, RecheckEvery: time.Hour})
	var rooms []room.Room
	for i := range conns / 20 {
		rooms = append(rooms, n.room(t, fmt.Sprint(i)))
	}
	ln := echo(t)
	var open []net.Conn
	defer func() {
		for _, c := range open {
			_ = c.Close()
		}
	}()
	for i := range 50 { // what is made once
		open = append(open, n.rest(t, rooms[i].ID), bare(t, ln))
	}
	begin := inUse()
	for range conns {
		open = append(open, bare(t, ln))
	}
	before := inUse()
	other := (before - begin) / conns
	for i := range conns {
		open = append(open, n.rest(t, rooms[i%len(rooms)].ID))
	}
	// what was told since they joined is written, and its buffers are collected
	var each int64
	eventually(t, fmt.Sprint("a connection at rest to take at most ", most, " bytes more than a bare one"), func() bool {
		each = (inUse()-before)/conns - other
		return each <= most
	})
	t.Logf("%d bytes a connection beyond the %d of a bare one", each, other)
	if all, _ := n.live.Hub().Connections(""); all != conns+50 {
		t.Fatalf("%d connections", all)
	}
}

// TestUnfinishedMessages: a message that comes byte by byte, or in fragments that never
// end, keeps no connection, however well its pings are answered.
func TestUnfinishedMessages(t *testing.T) {
	t.Parallel()
	n := single(t, socket.Limits{PingEvery: 300 * time.Millisecond, PongWait: 2 * time.Second})
	for name, next := range map[string]func(i int) []byte{
		"a byte at a time": func(i int) []byte { return raw(0x81, strings.Repeat("x", 60000))[i : i+1] },
		"empty fragments": func(i int) []byte {
			if i == 0 {
				return raw(0x01, "")
			}
			return raw(0x00, "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := n.wire(t, "maya", 0)
			over := make(chan struct{})
			defer close(over)
			pongs := make(chan []byte, 100)
			go func() {
				for i := 0; ; i++ {
					b := next(i)
					select {
					case <-over:
						return
					case p := <-pongs:
						if len(b) > 1 { // between fragments
							b = append(masked(0x8a, string(p)), b...)
						}
					case <-time.After(20 * time.Millisecond):
					}
					if _, err := w.Write(b); err != nil {
						return
					}
				}
			}()
			for {
				op, p := w.frame(t)
				if op == 9 {
					pongs <- p
				}
				if op == 8 {
					if code := hub.Code(binary.BigEndian.Uint16(p)); code != hub.CodeSilent {
						t.Fatalf("code %d", code)
					}
					return
				}
			}
		})
	}
}

// TestGarbage: a client that sends nonsense is told so once, holds nothing, and is cut off
// though it never hangs up.
func TestGarbage(t *testing.T) {
	t.Parallel()
	n := single(t, socket.Limits{})
	w := n.wire(t, "maya", 0)
	_ = w.SetDeadline(time.Now().Add(6 * patience))
	done := make(chan error, 1)
	go func() {
		b := bytes.Repeat([]byte{0x83, 0xff, 0x00}, 20000)
		for {
			if _, err := w.Write(b); err != nil {
				done <- err
				return
			}
		}
	}()
	if op, p := w.frame(t); op != 8 || hub.Code(binary.BigEndian.Uint16(p)) != hub.CodeProtocol {
		t.Fatalf("%d %q", op, p)
	}
	if err := <-done; err == nil || !strings.Contains(err.Error(), "reset") && !strings.Contains(err.Error(), "broken pipe") {
		t.Fatalf("it was not cut off: %v", err)
	}
	eventually(t, "the connection to be forgotten", func() bool { all, _ := n.live.Hub().Connections(""); return all == 0 })
}

// counted is a connection that passes its bytes on itself, though it has all methods of
// the kernel's.
type counted struct {
	*net.TCPConn
	read *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	c.read.Add(int64(n))
	return n, err
}

// timed is a connection that keeps the deadline of its writes.
type timed struct {
	*net.TCPConn
	until *atomic.Int64 // of Unix; 0: none
}

func (c timed) SetWriteDeadline(at time.Time) error {
	if c.until.Store(0); !at.IsZero() {
		c.until.Store(at.Unix())
	}
	return c.TCPConn.SetWriteDeadline(at)
}

type wrapping struct {
	net.Listener
	wrap func(net.Conn) net.Conn
}

func (l wrapping) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.wrap(c), nil
}

// TestOtherConnections speaks over connections whose bytes are not those of their
// descriptor: TLS, and one that embeds the kernel's.
func TestOtherConnections(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1)}, &x509.Certificate{SerialNumber: big.NewInt(1)}, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	var read, until atomic.Int64
	server := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	for name, wrap := range map[string]func(net.Conn) net.Conn{
		"tls":     func(c net.Conn) net.Conn { return tls.Server(timed{c.(*net.TCPConn), &until}, server) },
		"counted": func(c net.Conn) net.Conn { return counted{c.(*net.TCPConn), &read} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := single(t, socket.Limits{})
			app := fiber.New(fiber.Config{DisableStartupMessage: true})
			app.Server().KeepHijackedConns = true
			app.Get("/live", n.live.Handle)
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			go func() { _ = app.Listener(wrapping{ln, wrap}) }()
			t.Cleanup(func() { n.live.Stop(); _ = app.Shutdown() })
			nc, err := net.Dial("tcp", ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			if name == "tls" {
				nc = tls.Client(nc, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // its own certificate
			}
			dial := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nc, nil }}}
			ws, _, err := websocket.Dial(t.Context(), "ws://"+ln.Addr().String()+"/live",
				&websocket.DialOptions{HTTPClient: dial, HTTPHeader: http.Header{"Cookie": {"session=maya"}}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = ws.CloseNow() }()
			for _, size := range []int{0, 100, 5000, 60000} {
				if err := ws.Write(t.Context(), websocket.MessageText, []byte(`{"type":"ping"`+strings.Repeat(" ", size)+`}`)); err != nil {
					t.Fatal(err)
				}
				if _, p, err := ws.Read(t.Context()); err != nil || string(p) != `{"type":"pong"}` {
					t.Fatalf("%s %v", p, err)
				}
			}
			// TLS answers the other end while it reads, long after our last frame
			eventually(t, "no deadline to be left", func() bool { return name != "tls" || until.Load() == 0 })
			n.live.DropSession("maya")
			if _, _, err := ws.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusCode(hub.CodeEnded) {
				t.Fatalf("%v", err)
			}
			if name == "counted" && read.Load() < 65000 {
				t.Errorf("the connection's own Read was asked for %d bytes", read.Load())
			}
		})
	}
}
