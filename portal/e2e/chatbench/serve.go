package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/coder/websocket"
)

// A server publishes to the members of a room. Rooms are known by their index.
type server interface {
	// Start serves WebSockets on the listener and does not return.
	Start(net.Listener) error
	Publish(room int, text string) error
}

// small is the message of the servers that are not ours.
type small struct {
	Type string `json:"type"`
	Room string `json:"room"`
	Seq  int64  `json:"seq"`
	Text string `json:"text"`
}

// serve is a child: it says its address and takes messages to publish from in,
// "ROOM TEXT" a line, until in ends.
func serve(name, dsn, addr string, rooms, people int, in io.Reader, out io.Writer) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	var s server
	switch name {
	case "bare", "bare-same":
		s = newBare(rooms, name == "bare-same")
	case "centrifuge":
		s, err = newCentrifuge()
	case "entente":
		s, err = newEntente(dsn, rooms, people)
	default:
		err = fmt.Errorf("no server %q", name)
	}
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- s.Start(ln) }()
	if o, ok := s.(interface{ Rooms() []string }); ok {
		fmt.Fprintln(out, ln.Addr(), strings.Join(o.Rooms(), ","))
	} else {
		fmt.Fprintln(out, ln.Addr(), "-")
	}
	go func() {
		lines := bufio.NewScanner(in)
		lines.Buffer(make([]byte, 64<<10), 64<<10)
		for lines.Scan() {
			room, text, _ := strings.Cut(lines.Text(), " ")
			n, err := strconv.Atoi(room)
			if err == nil {
				err = s.Publish(n, text)
			}
			if err != nil {
				failed <- err
				return
			}
		}
		failed <- lines.Err()
	}()
	return <-failed
}

// bare is the least that fans out over coder/websocket: a frame is made once, a
// connection has a queue and a goroutine that writes all of it by one call. It
// has no rooms of a database, no rights, no presence, no limits.
type bare struct {
	rooms []bareRoom
	same  bool // as many bytes a message as ours
}

// alike is a message with the fields and the lengths of ours.
type alike struct {
	Type   string    `json:"type"`
	Room   string    `json:"room"`
	Seq    int64     `json:"seq"`
	Key    string    `json:"key"`
	From   alikeFrom `json:"from"`
	Text   string    `json:"text"`
	Thread *int64    `json:"thread"`
	At     time.Time `json:"at"`
}

type alikeFrom struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Org  string `json:"org"`
}

type bareRoom struct {
	mu      sync.Mutex
	seq     int64
	members []*bareConn
}

type bareConn struct {
	net.Conn
	mu    sync.Mutex
	queue [][]byte
	wake  chan struct{}
}

func newBare(rooms int, same bool) *bare { return &bare{make([]bareRoom, rooms), same} }

func (s *bare) Start(ln net.Listener) error {
	return http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.URL.Query().Get("room"))
		if err != nil || n < 0 || n >= len(s.rooms) {
			http.NotFound(w, r)
			return
		}
		t := &taken{ResponseWriter: w}
		ws, err := websocket.Accept(t, r, nil)
		if err != nil {
			return
		}
		go s.member(ws, t.conn, &s.rooms[n]) // the handler's goroutine and buffers go
	}))
}

func (s *bare) member(ws *websocket.Conn, nc net.Conn, r *bareRoom) {
	c := &bareConn{Conn: nc, wake: make(chan struct{}, 1)}
	r.mu.Lock()
	r.members = append(r.members, c)
	r.mu.Unlock()
	go c.write()
	c.push(textFrame([]byte(`{"type":"joined"}`)))
	for {
		if _, _, err := ws.Read(context.Background()); err != nil {
			r.mu.Lock()
			r.members = slices.DeleteFunc(r.members, func(o *bareConn) bool { return o == c })
			r.mu.Unlock()
			c.Close()
			return
		}
	}
}

func (c *bareConn) push(f []byte) {
	c.mu.Lock()
	c.queue = append(c.queue, f)
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

var bareBuffers = sync.Pool{New: func() any { return new([]byte) }}

func (c *bareConn) write() {
	var mine [][]byte
	for range c.wake {
		c.mu.Lock()
		mine, c.queue = c.queue, mine[:0]
		c.mu.Unlock()
		if len(mine) == 0 {
			continue
		}
		b := bareBuffers.Get().(*[]byte)
		*b = (*b)[:0]
		for _, f := range mine {
			*b = append(*b, f...)
		}
		clear(mine)
		_, err := c.Write(*b)
		bareBuffers.Put(b)
		if err != nil {
			return
		}
	}
}

func (s *bare) Publish(room int, text string) error {
	r := &s.rooms[room]
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	p, err := json.Marshal(s.message(room, r.seq, text))
	if err != nil {
		return err
	}
	f := textFrame(p)
	for _, c := range r.members {
		c.push(f)
	}
	return nil
}

func (s *bare) message(room int, seq int64, text string) any {
	if !s.same {
		return small{"message", strconv.Itoa(room), seq, text}
	}
	return alike{"message", fmt.Sprintf("%026d", room), seq, strconv.FormatInt(seq, 10),
		alikeFrom{fmt.Sprintf("%026d", 0), "Person 0", "aurelia"}, text, nil, time.Now().UTC()}
}

// textFrame is an unmasked final text frame of less than 64 KiB.
func textFrame(p []byte) []byte {
	if len(p) < 126 {
		return append([]byte{0x81, byte(len(p))}, p...)
	}
	return append([]byte{0x81, 126, byte(len(p) >> 8), byte(len(p))}, p...)
}

// taken hands coder/websocket small buffers of its own and keeps the connection.
type taken struct {
	http.ResponseWriter
	conn net.Conn
}

func (t *taken) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, _, err := t.ResponseWriter.(http.Hijacker).Hijack()
	t.conn = c
	return c, bufio.NewReadWriter(bufio.NewReaderSize(c, 1024), bufio.NewWriterSize(c, 1024)), err
}

// fuge is the centrifuge library as its own documentation sets it up: memory
// broker, no history, pings off so that clients need not know its protocol.
type fuge struct {
	node *centrifuge.Node
	seq  atomic.Int64
}

func newCentrifuge() (*fuge, error) {
	n, err := centrifuge.New(centrifuge.Config{LogLevel: centrifuge.LogLevelError, ClientQueueMaxSize: 64 << 20})
	if err != nil {
		return nil, err
	}
	n.OnConnect(func(c *centrifuge.Client) {
		c.OnSubscribe(func(_ centrifuge.SubscribeEvent, answer centrifuge.SubscribeCallback) {
			answer(centrifuge.SubscribeReply{}, nil)
		})
	})
	return &fuge{node: n}, n.Run()
}

func (s *fuge) Start(ln net.Listener) error {
	h := centrifuge.NewWebsocketHandler(s.node, centrifuge.WebsocketConfig{UseWriteBufferPool: true, ReadBufferSize: 1024,
		PingPongConfig: centrifuge.PingPongConfig{PingInterval: -1, PongTimeout: -1}})
	return http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(centrifuge.SetCredentials(r.Context(), &centrifuge.Credentials{UserID: r.URL.Query().Get("user")})))
	}))
}

func (s *fuge) Publish(room int, text string) error {
	p, err := json.Marshal(small{"message", strconv.Itoa(room), s.seq.Add(1), text})
	if err != nil {
		return err
	}
	_, err = s.node.Publish("r"+strconv.Itoa(room), p)
	return err
}

// child is the answer to chatbench -serve. With a folder it leaves there what its
// processor and memory were used for.
func child(name, dsn, addr string, rooms, people int, profiles string) {
	keep := func() error { return nil }
	if profiles != "" {
		var err error
		if keep, err = profile(filepath.Join(profiles, fmt.Sprintf("%s-%d", name, rooms))); err != nil {
			fmt.Fprintln(os.Stderr, "chatbench:", err)
			os.Exit(1)
		}
	}
	if err := errors.Join(serve(name, dsn, addr, rooms, people, os.Stdin, os.Stdout), keep()); err != nil {
		fmt.Fprintln(os.Stderr, "chatbench:", name+":", err)
		os.Exit(1)
	}
}

// profile begins to sample the processor; the function it returns ends that and
// writes the heap and the sizes of memory.
func profile(prefix string) (func() error, error) {
	cpu, err := os.Create(prefix + ".cpu")
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return nil, err
	}
	return func() error {
		pprof.StopCPUProfile()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		sizes := fmt.Sprintf("goroutines %d\nheap in use %d KiB\nheap idle %d KiB, released %d KiB\nstacks %d KiB\nsys %d KiB\ncollections %d\n",
			runtime.NumGoroutine(), m.HeapInuse>>10, m.HeapIdle>>10, m.HeapReleased>>10, m.StackInuse>>10, m.Sys>>10, m.NumGC)
		heap, err := os.Create(prefix + ".heap")
		if err != nil {
			return err
		}
		runtime.GC()
		return errors.Join(os.WriteFile(prefix+".txt", []byte(sizes), 0o644), pprof.WriteHeapProfile(heap), heap.Close(), cpu.Close())
	}, nil
}
