package socket

import (
	"net"
	"sync"
	"syscall"
	"time"

	"entente/chat/hub"
)

// link is the connection under a WebSocket. Its reader answers with control frames;
// data frames are written by the hub's writer. Both share one lock, so frames never
// mix. fasthttp's own wrapper ignores Close and is reused afterwards, so everything
// goes to the raw connection.
type link struct {
	net.Conn // the raw connection
	wait     time.Duration

	ahead []byte   // what fasthttp had read ahead; the reader's
	raw   *rawWait // the reader's; nil: the connection is read in the ordinary way
	small []byte   // the reader's own buffer where it is

	wmu    sync.Mutex
	ended  bool        // a close frame went out: no frame after it
	broken bool        // a write failed, perhaps in the middle of a frame
	grace  *time.Timer // cuts a closing connection

	now  syscall.RawConn // writes without waiting; nil: the connection cannot
	owes bool            // tryFrames wrote a part and has kept wmu for the rest
}

// chunk is what a reader takes when there is something to read.
type chunk [4 << 10]byte

var chunks = sync.Pool{New: func() any { return new(chunk) }}

// smallRead is the size of a buffer that a connection holds while it waits, where the
// kernel cannot tell that there is something.
const smallRead = 512

// newLink takes the connection from fasthttp's wrapper, and what fasthttp had read
// ahead: neither the wrapper nor its reader is used afterwards.
func newLink(nc net.Conn, wait time.Duration) *link {
	l := &link{Conn: nc, wait: wait}
	for {
		u, ok := l.Conn.(interface{ UnsafeConn() net.Conn })
		if !ok {
			break
		}
		l.Conn = u.UnsafeConn()
	}
	l.now = rawOf(l.Conn)
	l.ahead = readAhead(nc, l.Conn)
	if l.raw = newRawWait(l.now); l.raw == nil {
		l.small = make([]byte, smallRead)
	}
	return l
}

// readAhead returns what a wrapper holds that it read before it was asked: with a
// deadline in the past the wire gives nothing. A wire that ended says so again.
func readAhead(wrapper, raw net.Conn) (ahead []byte) {
	if raw.SetReadDeadline(time.Unix(1, 0)) != nil {
		return nil
	}
	var b [1024]byte
	for {
		n, err := wrapper.Read(b[:])
		ahead = append(ahead, b[:n]...)
		if err != nil || n == 0 {
			_ = raw.SetReadDeadline(time.Time{})
			return ahead
		}
	}
}

// next waits until the client has sent something. What it returns is good until
// done. One goroutine reads.
func (l *link) next() ([]byte, error) {
	if b := l.ahead; len(b) > 0 {
		l.ahead = nil
		return b, nil
	}
	if l.raw != nil {
		return l.raw.next()
	}
	n, err := l.Conn.Read(l.small)
	if n > 0 {
		err = nil // it comes again
	}
	return l.small[:n], err
}

// done gives the buffer back that next had taken.
func (l *link) done() {
	if l.raw != nil {
		l.raw.done()
	}
}

// detach ends the connection; nothing waits for its end any more.
func (l *link) detach() {
	_ = l.Conn.Close()
	l.wmu.Lock()
	defer l.wmu.Unlock()
	if l.grace != nil {
		l.grace.Stop()
	}
}

// cut ends the connection without a word.
func (l *link) cut() {
	if l != nil {
		_ = l.Conn.Close()
	}
}

// Write writes the handshake.
func (l *link) Write(p []byte) (int, error) {
	l.wmu.Lock()
	defer l.wmu.Unlock()
	return len(p), l.put(p)
}

// writeFrames writes whole data frames, or the rest of what tryFrames began.
func (l *link) writeFrames(b []byte) error {
	if l.owes {
		l.owes = false
	} else {
		l.wmu.Lock()
	}
	defer l.wmu.Unlock()
	return l.put(b)
}

// writeControl writes one control frame. A close frame is the last one.
func (l *link) writeControl(f []byte) error {
	l.wmu.Lock()
	defer l.wmu.Unlock()
	err := l.put(f)
	if f[0] == 0x80|opClose {
		l.ended = true
	}
	return err
}

// put writes with the lock held.
func (l *link) put(b []byte) error {
	if l.broken || l.ended {
		return net.ErrClosed
	}
	_ = l.Conn.SetWriteDeadline(time.Now().Add(l.wait))
	if _, err := l.Conn.Write(b); err != nil {
		l.broken = true
		return err
	}
	_ = l.Conn.SetWriteDeadline(time.Time{}) // else tryFrames, or what TLS itself answers while it reads, is refused once it passed
	return nil
}

// tryFrames writes of whole data frames what the connection takes without waiting. After
// a part of it, writeFrames with the rest must follow.
func (l *link) tryFrames(b []byte) (n int, err error) {
	if !l.wmu.TryLock() { // a control frame is being written
		return 0, nil
	}
	if l.broken || l.ended {
		err = net.ErrClosed
	} else if n, err = writeNow(l.now, b); err != nil {
		l.broken = true
	}
	if l.owes = err == nil && 0 < n && n < len(b); !l.owes {
		l.wmu.Unlock()
	}
	return n, err
}

// closeGrace is how long a closing connection may take: a write under way, the
// close frame, the client's answer. A slow client that reads on within it learns
// the code; one that does not answer is cut off.
const closeGrace = 3 * time.Second

// end writes a close frame, unless one went out, and cuts the connection where it is
// not detached within closeGrace.
func (l *link) end(code hub.Code, reason string) {
	cut := time.AfterFunc(closeGrace, l.cut)
	if err := l.writeControl(closeFrame(code, reason)); err != nil && l.dead() {
		l.cut() // nobody answers
	}
	l.wmu.Lock()
	defer l.wmu.Unlock()
	l.grace = cut
}

func (l *link) dead() bool {
	l.wmu.Lock()
	defer l.wmu.Unlock()
	return l.broken
}
