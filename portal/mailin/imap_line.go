package mailin

import (
	"bytes"
	"errors"
	"net"
	"sync/atomic"
	"time"
)

// line is the connection to somebody else's server: what one answer may take in bytes and in
// time is bounded.
type line struct {
	net.Conn
	left atomic.Int64
}

var errTalk = errors.New("the server's answer has no end")

func (l *line) Read(p []byte) (int, error) {
	if l.left.Load() <= 0 {
		return 0, errTalk
	}
	n, err := l.Conn.Read(p)
	l.left.Add(int64(-n))
	return n, err
}

// ask waits for an answer of at most so many bytes more than usual. The connection ends
// where it is longer, or is not there in time.
func (l *line) ask(more int64, wait time.Duration, do func() error) error {
	l.left.Store(boxTalk + more)
	end := time.AfterFunc(wait, func() { _ = l.Close() })
	defer end.Stop()
	return do()
}

// lines are the whole lines of a head that may be cut off.
func lines(head []byte) []byte {
	if bytes.HasSuffix(head, []byte("\n\r\n")) || bytes.HasSuffix(head, []byte("\n\n")) {
		return head
	}
	return head[:bytes.LastIndexByte(head, '\n')+1]
}
