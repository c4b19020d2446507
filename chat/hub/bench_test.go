package hub

import (
	"bytes"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// pipe is a client at the other end of an in-process pipe: what is written is
// copied out by a reader of its own, as a socket would.
type pipe struct {
	net.Conn
	got *atomic.Int64
}

func (p pipe) Write(b []byte) error      { _, err := p.Conn.Write(b); return err }
func (p pipe) Close(code Code, _ string) { _ = p.Conn.Close() }

var mark = []byte(`"seq"`)

func (p pipe) read(c net.Conn) {
	buf := make([]byte, batchMax)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		p.got.Add(int64(bytes.Count(buf[:n], mark)))
	}
}

// BenchmarkFanOut publishes to one room of 1,000 connections; one operation is
// one message to all of them. deliveries/s is the figure to watch.
func BenchmarkFanOut(b *testing.B) {
	const members = 1000
	tab := newTable()
	h := start(b, Options{Source: tab, QueueBytes: 64 << 20, QueueFrames: 1 << 20})
	var got atomic.Int64
	for range members {
		here, there := net.Pipe()
		p := pipe{here, &got}
		go p.read(there)
		c, err := h.Add(Who{}, p)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(c.Remove)
		join(b, c, "r", 0)
	}
	f := Prepare([]byte(`{"type":"message","seq":1,"text":"` + string(bytes.Repeat([]byte("x"), 128)) + `"}`))
	b.ReportAllocs()
	b.ResetTimer()
	begin := time.Now()
	for i := range b.N {
		h.Publish("r", int64(i+1), f)
		for int64(i+1)*members-got.Load() > 64*members { // as far behind as a client may be
			time.Sleep(50 * time.Microsecond)
		}
	}
	for got.Load() < int64(b.N)*members {
		time.Sleep(50 * time.Microsecond)
	}
	b.ReportMetric(float64(b.N)*members/time.Since(begin).Seconds(), "deliveries/s")
}
