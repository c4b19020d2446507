//go:build unix

package socket

import (
	"net"
	"sync"
	"syscall"
)

// rawOf returns what reads from and writes to a plain connection without waiting; nil for
// one whose bytes are not those of its descriptor, such as TLS, which cannot stop in the
// middle of a record.
func rawOf(c net.Conn) syscall.RawConn {
	switch c := c.(type) { // by their types: what embeds one has its method, and perhaps another Read
	case *net.TCPConn:
		raw, _ := c.SyscallConn()
		return raw
	case *net.UnixConn:
		raw, _ := c.SyscallConn()
		return raw
	}
	return nil
}

// try is one write without waiting. They are kept, as the function is made once.
type try struct {
	b   []byte
	n   int
	err error
	fn  func(uintptr) bool
}

var tries = sync.Pool{New: func() any {
	t := &try{}
	t.fn = t.write
	return t
}}

func (t *try) write(fd uintptr) bool {
	for {
		n, err := syscall.Write(int(fd), t.b)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
		case err != nil:
			t.err = err
		default:
			t.n = n
		}
		return true // never wait
	}
}

// writeNow writes what the connection takes at once.
func writeNow(raw syscall.RawConn, b []byte) (int, error) {
	t := tries.Get().(*try)
	t.b, t.n, t.err = b, 0, nil
	err := raw.Write(t.fn)
	if err == nil {
		err = t.err
	}
	n := t.n
	t.b = nil
	tries.Put(t)
	return n, err
}
