//go:build unix

package socket

import (
	"io"
	"net"
	"syscall"
)

// rawWait reads from a connection of the kernel's own: it waits until there is
// something, with neither a buffer nor a deep stack, and only then takes a buffer.
type rawWait struct {
	conn syscall.RawConn
	try  func(fd uintptr) bool
	buf  *chunk // the buffer last read into; nil: given back
	n    int
	err  error
}

// newRawWait is nil for a connection whose bytes are not those of its descriptor,
// such as one of TLS, or one that wraps another.
func newRawWait(nc net.Conn) *rawWait {
	var s syscall.Conn
	switch nc := nc.(type) { // by their types: what embeds one has its method, and perhaps another Read
	case *net.TCPConn:
		s = nc
	case *net.UnixConn:
		s = nc
	default:
		return nil
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return nil
	}
	w := &rawWait{conn: raw}
	w.try = w.read
	return w
}

func (w *rawWait) read(fd uintptr) bool {
	b := chunks.Get().(*chunk)
	for {
		n, err := syscall.Read(int(fd), b[:])
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			chunks.Put(b)
			return false
		case err != nil:
			w.err = err
		case n == 0:
			w.err = io.EOF
		default:
			w.buf, w.n = b, n
			return true
		}
		chunks.Put(b)
		return true
	}
}

// next waits for bytes; they are good until done.
func (w *rawWait) next() ([]byte, error) {
	if err := w.conn.Read(w.try); err != nil {
		return nil, err
	}
	if w.err != nil {
		return nil, w.err
	}
	return w.buf[:w.n], nil
}

func (w *rawWait) done() {
	if w.buf != nil {
		chunks.Put(w.buf)
		w.buf = nil
	}
}
