package browser

import (
	"io"
	"net"
	"strings"
	"sync"
)

// Line is a telephone line between a browser and the server that can be cut: it
// hands on every byte until then, and refuses new connections until mended.
type Line struct {
	URL string // what the browser opens

	target   string
	listener net.Listener
	mu       sync.Mutex
	cut      bool
	open     map[net.Conn]bool
}

// Lay makes a line to a server on a port of its own.
func Lay(server *Server) (*Line, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &Line{URL: "http://" + listener.Addr().String(), target: strings.TrimPrefix(server.URL, "http://"), listener: listener, open: map[net.Conn]bool{}}
	go l.serve()
	return l, nil
}

func (l *Line) serve() {
	for {
		from, err := l.listener.Accept()
		if err != nil {
			return
		}
		go l.carry(from)
	}
}

func (l *Line) carry(from net.Conn) {
	to, err := net.Dial("tcp", l.target)
	if err != nil {
		from.Close()
		return
	}
	l.mu.Lock()
	if l.cut {
		l.mu.Unlock()
		from.Close()
		to.Close()
		return
	}
	l.open[from], l.open[to] = true, true
	l.mu.Unlock()
	both := func(a, b net.Conn) {
		_, _ = io.Copy(a, b)
		a.Close()
		b.Close()
		l.mu.Lock()
		delete(l.open, a)
		delete(l.open, b)
		l.mu.Unlock()
	}
	go both(to, from)
	both(from, to)
}

// Cut breaks every connection without a word and refuses new ones.
func (l *Line) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = true
	for c := range l.open {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		c.Close()
	}
	clear(l.open)
}

// Mend lets connections through again.
func (l *Line) Mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = false
}

// Close ends the line for good.
func (l *Line) Close() {
	l.listener.Close()
	l.Cut()
}
