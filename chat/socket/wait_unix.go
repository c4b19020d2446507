//go:build unix

package socket

import (
	"io"
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

// newRawWait is nil where rawOf is.
func newRawWait(raw syscall.RawConn) *rawWait {
	if raw == nil {
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
