package sfu

import (
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/transport/v5/packetio"
)

// What one party may cost. The libraries keep a buffer for every number (SSRC) that a packet
// names, and a candidate for every address one comes from, as long as the connection stands:
// both are bounded here, beside the bytes.
const (
	maxSources  = 64        // addresses from which one comes, over all networks it changes to
	maxStreams  = 16        // that it sends; it has three media
	streamBytes = 256 << 10 // of a stream that nobody has read yet
	wordBytes   = 32 << 10  // of what it says about a stream
	least       = 256       // what a packet counts, however small: it costs as much to hand on
)

// purse holds what may be spent in a second.
type purse struct {
	mu     sync.Mutex
	tokens float64
	at     time.Time
}

// take takes n from what is left; a new purse is full.
func (p *purse) take(n int, most float64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.tokens = min(most, p.tokens+now.Sub(p.at).Seconds()*most)
	p.at = now
	if p.tokens < float64(n) {
		return false
	}
	p.tokens -= float64(n)
	return true
}

// door is the port as one party sees it: packets from more addresses than anybody has are not
// looked at.
type door struct {
	ice.UDPMux
	x *seat
}

// GetConn implements ice.UDPMux.
func (d door) GetConn(ufrag string, at net.Addr) (net.PacketConn, error) {
	c, err := d.UDPMux.GetConn(ufrag, at)
	if err != nil {
		return nil, err
	}
	return gate{c, d.x}, nil
}

type gate struct {
	net.PacketConn
	x *seat
}

func (g gate) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := g.PacketConn.ReadFrom(b)
		if err != nil || g.x.knows(from) {
			return n, from, err
		}
	}
}

// knows says that packets from an address are looked at.
func (x *seat) knows(from net.Addr) bool {
	u, ok := from.(*net.UDPAddr)
	if !ok {
		return false
	}
	x.boundMu.Lock()
	defer x.boundMu.Unlock()
	at := u.AddrPort()
	if x.sources[at] {
		return true
	}
	if len(x.sources) >= maxSources {
		return false
	}
	x.sources[at] = true
	return true
}

// stream is the buffer of one number. Who names more of them than a party of the largest call
// has reason to loses the seat.
func (x *seat) stream(kind packetio.BufferPacketType, _ uint32) io.ReadWriteCloser {
	x.boundMu.Lock()
	x.streams[kind]++
	n := x.streams[kind]
	x.boundMu.Unlock()
	b, most, size := queue{packetio.NewBuffer()}, maxStreams, streamBytes
	if kind == packetio.RTCPBufferPacket { // of what it sends, and of what it gets
		most, size = 2*maxStreams+2*media*x.s.opt.Most, wordBytes
	}
	b.SetLimitSize(size)
	if n > most {
		x.end()
		_ = b.Close() // what comes for it fails
	}
	return b
}

// queue is a buffer of the library as its own SRTP takes it.
type queue struct{ *packetio.Buffer }

func (q queue) Read(b []byte) (int, error) {
	n, _, err := q.Buffer.Read(b, nil)
	return n, err
}

func (q queue) Write(b []byte) (int, error) { return q.Buffer.Write(b, nil) }

// fits says that an answer speaks of the media of the offer, one after the other, and of
// nothing else: no channel for data, and no media that were not offered.
func fits(offer, answer string) bool { return slices.Equal(kindsIn(offer), kindsIn(answer)) }

func kindsIn(sdp string) (out []string) {
	for l := range strings.Lines(sdp) {
		if kind, ok := strings.CutPrefix(strings.TrimSpace(l), "m="); ok {
			kind, _, _ = strings.Cut(kind, " ")
			out = append(out, kind)
		}
	}
	return out
}

// unsaid are attributes that an answer is read without: candidates, for none is sent to; that
// its sender does as little for ICE as this end, which would make this one look for it; and
// several pictures for one medium, which are not forwarded.
var unsaid = map[string]bool{"candidate": true, "remote-candidates": true, "ice-lite": true, "rid": true, "simulcast": true, "ssrc-group": true}

// plain is a description without what is unsaid, with one stream number (ssrc) for a medium,
// each once: the library makes two tracks of two for one, of which it never makes the second
// ready, and reads it all the same.
func plain(sdp string) string {
	var out strings.Builder
	mine, taken := "", map[string]bool{}
	for l := range strings.Lines(sdp) {
		bare := strings.TrimSpace(l)
		if strings.HasPrefix(bare, "m=") {
			mine = ""
		}
		if a, ok := strings.CutPrefix(bare, "a="); ok {
			name, value, _ := strings.Cut(a, ":")
			switch name = strings.TrimSpace(name); {
			case unsaid[name]:
				continue
			case name == "ssrc":
				number, _, _ := strings.Cut(value, " ")
				if n, err := strconv.ParseUint(number, 10, 32); err != nil || n == 0 || strconv.FormatUint(n, 10) != number {
					continue
				}
				if mine == "" && !taken[number] {
					mine, taken[number] = number, true
				}
				if number != mine {
					continue
				}
			}
		}
		out.WriteString(l)
	}
	return out.String()
}
