package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// client is a lean WebSocket client, the same for every server: it counts the
// marks "wsb:NANOSECONDS:" of the texts that arrive and answers pings.
type client struct {
	nc   net.Conn
	r    *bufio.Reader
	tell *tally
	wmu  sync.Mutex
	each func(payload []byte) // every message, when set; before the connection opens
	over chan struct{}        // closed when reading ended
}

// tally is what the clients of one server have seen.
type tally struct {
	got   atomic.Int64 // messages with a mark
	bytes atomic.Int64 // payload of all messages
	lost  atomic.Int64 // connections that the server ended
	since atomic.Int64 // instant from which delays are counted; 0: they are not
	delay hist
}

// hist counts delays in buckets 1 % wide, from a microsecond.
type hist struct {
	n atomic.Int64
	b [2200]atomic.Int64
}

const growth = 0.00995033 // ln 1.01

func (h *hist) add(d time.Duration) {
	i := 0
	if us := float64(d) / 1e3; us > 1 {
		i = min(int(math.Log(us)/growth), len(h.b)-1)
	}
	h.b[i].Add(1)
	h.n.Add(1)
}

func (h *hist) reset() {
	h.n.Store(0)
	for i := range h.b {
		h.b[i].Store(0)
	}
}

// at is the delay below which the share q of them lies, in milliseconds.
func (h *hist) at(q float64) float64 {
	want, have := int64(math.Ceil(q*float64(h.n.Load()))), int64(0)
	for i := range h.b {
		if have += h.b[i].Load(); have >= want && have > 0 {
			return math.Exp(float64(i+1)*growth) / 1e3
		}
	}
	return 0
}

var mark = []byte("wsb:")

// text is a payload of size bytes with the present instant in it.
func text(size int) string {
	s := "wsb:" + strconv.FormatInt(time.Now().UnixNano(), 10) + ":"
	return s + strings.Repeat("x", max(0, size-len(s)))
}

func (t *tally) message(p []byte) {
	t.bytes.Add(int64(len(p)))
	for n := int64(0); ; n++ {
		i := bytes.Index(p, mark)
		if i < 0 {
			if n > 0 {
				t.got.Add(n)
			}
			return
		}
		p = p[i+len(mark):]
		if since := t.since.Load(); since != 0 {
			end := max(bytes.IndexByte(p, ':'), 0)
			if at, err := strconv.ParseInt(string(p[:end]), 10, 64); err == nil && at >= since {
				t.delay.add(time.Duration(time.Now().UnixNano() - at))
			}
		}
	}
}

// open connects, sends frames and waits for a message that holds ready.
func open(addr, path, cookie string, frames []string, ready string, t *tally, each func([]byte)) (*client, error) {
	nc, err := net.DialTimeout("tcp", addr, 30*time.Second)
	if err != nil {
		return nil, err
	}
	_ = nc.SetDeadline(time.Now().Add(time.Minute))
	head := "GET " + path + " HTTP/1.1\r\nHost: " + addr + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
	if cookie != "" {
		head += "Cookie: " + cookie + "\r\n"
	}
	c := &client{nc: nc, r: bufio.NewReaderSize(nc, 4096), tell: t, each: each, over: make(chan struct{})}
	if _, err := io.WriteString(nc, head+"\r\n"); err != nil {
		return nil, err
	}
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		why, _ := io.ReadAll(io.LimitReader(res.Body, 300))
		nc.Close()
		return nil, fmt.Errorf("%s: %s", res.Status, why)
	}
	for _, f := range frames {
		if err := c.say(f); err != nil {
			return nil, err
		}
	}
	for want := []byte(ready); ; {
		p, err := c.next()
		if err != nil {
			nc.Close()
			return nil, err
		}
		if each != nil {
			each(p)
		}
		if bytes.Contains(p, want) {
			break
		}
	}
	_ = nc.SetDeadline(time.Time{})
	go c.read()
	return c, nil
}

func (c *client) read() {
	defer close(c.over)
	for {
		p, err := c.next()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				c.tell.lost.Add(1)
			}
			return
		}
		c.tell.message(p)
		if c.each != nil {
			c.each(p)
		}
	}
}

// next is the payload of the next message, good until the next call.
func (c *client) next() ([]byte, error) {
	for {
		h, err := c.r.Peek(2)
		if err != nil {
			return nil, err
		}
		op, n, skip := h[0]&0xf, int(h[1]&0x7f), 2
		switch n {
		case 126:
			if h, err = c.r.Peek(4); err != nil {
				return nil, err
			}
			n, skip = int(binary.BigEndian.Uint16(h[2:])), 4
		case 127:
			if h, err = c.r.Peek(10); err != nil {
				return nil, err
			}
			n, skip = int(binary.BigEndian.Uint64(h[2:])), 10
		}
		var p []byte
		if skip+n <= c.r.Size() {
			if p, err = c.r.Peek(skip + n); err != nil {
				return nil, err
			}
			p = p[skip:]
			_, _ = c.r.Discard(skip + n) // p stays until the buffer is filled again
		} else {
			_, _ = c.r.Discard(skip)
			p = make([]byte, n)
			if _, err := io.ReadFull(c.r, p); err != nil {
				return nil, err
			}
		}
		switch op {
		case 8:
			return nil, fmt.Errorf("closed by the server: %q", p)
		case 9:
			if err := c.frame(0x8a, string(p)); err != nil {
				return nil, err
			}
		case 10:
		default:
			return p, nil
		}
	}
}

func (c *client) say(payload string) error { return c.frame(0x81, payload) }

func (c *client) frame(first byte, payload string) error {
	b := append(make([]byte, 0, len(payload)+8), first)
	if len(payload) < 126 {
		b = append(b, 0x80|byte(len(payload)))
	} else {
		b = append(b, 0x80|126, byte(len(payload)>>8), byte(len(payload)))
	}
	b = append(append(b, 0, 0, 0, 0), payload...)
	c.wmu.Lock()
	defer c.wmu.Unlock()
	_, err := c.nc.Write(b)
	return err
}

// cut ends the connection without a word and waits until nothing reads from it.
func (c *client) cut() {
	c.nc.Close()
	<-c.over
}
