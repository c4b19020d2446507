package socket

import (
	"bytes"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/coder/websocket"

	"entente/chat/hub"
)

// link is the connection under a WebSocket. coder/websocket reads from it and
// writes control frames to it; data frames are written by the hub's writer. Both
// share one lock, so frames never mix. fasthttp's own wrapper ignores Close and
// is reused afterwards, so everything goes to the raw connection.
type link struct {
	net.Conn // the raw connection
	wait     time.Duration
	ws       *websocket.Conn // set before the first frame

	rmu sync.Mutex
	in  io.Reader // nil once detached

	wmu    sync.Mutex
	ended  bool // a close frame went out: no data after it
	broken bool // a write failed, perhaps in the middle of a frame

	now  syscall.RawConn // writes without waiting; nil: the connection cannot
	owes bool            // tryFrames wrote a part and has kept wmu for the rest
}

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
	l.in, l.now = l.Conn, rawOf(l.Conn)
	if ahead := readAhead(nc, l.Conn); len(ahead) > 0 {
		l.in = io.MultiReader(bytes.NewReader(ahead), l.Conn)
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

// Read reads what fasthttp had read ahead, then the wire.
func (l *link) Read(p []byte) (int, error) {
	l.rmu.Lock()
	defer l.rmu.Unlock()
	if l.in == nil {
		return 0, net.ErrClosed
	}
	return l.in.Read(p)
}

// detach closes the connection and waits until nobody reads from it.
func (l *link) detach() {
	_ = l.Conn.Close()
	l.rmu.Lock()
	l.in = nil
	l.rmu.Unlock()
}

// cut ends the connection without a word.
func (l *link) cut() {
	if l != nil {
		_ = l.Conn.Close()
	}
}

const opClose = 0x88 // first byte of a final close frame

// Write writes one control frame of coder/websocket, or the handshake.
func (l *link) Write(p []byte) (int, error) {
	l.wmu.Lock()
	defer l.wmu.Unlock()
	if l.broken {
		return 0, net.ErrClosed
	}
	if len(p) > 0 && p[0] == opClose {
		l.ended = true
	}
	return l.put(p)
}

// put writes within the time a client has, with wmu held.
func (l *link) put(p []byte) (int, error) {
	_ = l.Conn.SetWriteDeadline(time.Now().Add(l.wait))
	n, err := l.Conn.Write(p)
	if err != nil {
		l.broken = true
	} else if l.now != nil {
		_ = l.Conn.SetWriteDeadline(time.Time{}) // else tryFrames is refused once it passed
	}
	return n, err
}

// writeFrames writes whole data frames, or the rest of what tryFrames began.
func (l *link) writeFrames(b []byte) error {
	if l.owes {
		l.owes = false
	} else {
		l.wmu.Lock()
	}
	defer l.wmu.Unlock()
	if l.broken || l.ended {
		return net.ErrClosed
	}
	_, err := l.put(b)
	return err
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

// end closes with a code, within closeGrace.
func (l *link) end(code hub.Code, reason string) {
	cut := time.AfterFunc(closeGrace, l.cut)
	defer cut.Stop()
	l.wmu.Lock()
	broken := l.broken
	l.ended = true
	l.wmu.Unlock()
	if broken {
		_ = l.ws.CloseNow()
		return
	}
	_ = l.ws.Close(websocket.StatusCode(code), reason)
}
