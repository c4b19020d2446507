package sfu

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

const levelURI = sdp.AudioLevelURI

// kept is how many packets of a picture are kept for who lost one: about a second.
const kept = 128

// keyEvery is how often a sender is asked for a whole picture at most.
const keyEvery = 400 * time.Millisecond

// maxPacket is what one is at most.
const maxPacket = 1500

// up is a medium that a party sends.
type up struct {
	x      *seat
	medium int
	track  *webrtc.TrackRemote
	level  uint8 // id of the header extension that tells how loud it is; 0: none
	to     atomic.Pointer[[]*down]

	mu    sync.Mutex
	ring  []packet
	keyAt time.Time
}

// levelID is the id of the header extension that tells how loud it is, 0 where there is none.
func levelID(all []webrtc.RTPHeaderExtensionParameter) uint8 {
	for _, e := range all {
		if e.URI == levelURI {
			return uint8(e.ID) //nolint:gosec // of one byte by RFC 8285
		}
	}
	return 0
}

// packet is what is handed on of a packet: the rest is between the sender and us.
type packet struct {
	seq    uint16
	ts     uint32
	marker bool
	level  byte
	loud   bool // level is told
	body   []byte
}

// add has another party get the medium, cut nobody any more. Both with the session's lock.
func (u *up) add(d *down) {
	var list []*down
	if old := u.to.Load(); old != nil {
		list = *old
	}
	list = append(slices.Clip(list), d)
	u.to.Store(&list)
}

func (u *up) remove(d *down) {
	if old := u.to.Load(); old != nil {
		list := slices.DeleteFunc(slices.Clone(*old), func(x *down) bool { return x == d })
		u.to.Store(&list)
	}
}

func (u *up) cut() {
	if list := u.to.Swap(nil); list != nil {
		for _, d := range *list {
			d.from(nil)
		}
	}
}

// read hands packets on until the medium ends.
func (u *up) read() {
	buf := make([]byte, maxPacket)
	var h rtp.Header
	for {
		n, _, err := u.track.Read(buf)
		if err != nil {
			return
		}
		if !u.x.spend(max(n, least)) {
			continue
		}
		h = rtp.Header{}
		size, err := h.Unmarshal(buf[:n])
		if err != nil {
			continue
		}
		end := n
		if h.Padding && end > size {
			end = max(size, end-int(buf[n-1]))
		}
		p := packet{seq: h.SequenceNumber, ts: h.Timestamp, marker: h.Marker, body: buf[size:end]}
		if u.level != 0 {
			if v := h.GetExtension(u.level); len(v) > 0 {
				p.level, p.loud = v[0], true
			}
		}
		if u.medium != mic {
			u.keep(p)
		}
		if list := u.to.Load(); list != nil {
			for _, d := range *list {
				d.send(u, p)
			}
			u.x.s.packets.Add(int64(len(*list)))
		}
	}
}

func (u *up) keep(p packet) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ring == nil {
		u.ring = make([]packet, kept)
	}
	at := &u.ring[p.seq%kept]
	body := append(at.body[:0], p.body...)
	*at = p
	at.body = body
}

// lost is a copy of a packet that was sent before.
func (u *up) lost(seq uint16) (packet, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ring == nil {
		return packet{}, false
	}
	p := u.ring[seq%kept]
	if p.seq != seq || len(p.body) == 0 {
		return packet{}, false
	}
	p.body = slices.Clone(p.body)
	return p, true
}

// whole asks the sender for a picture that can be read without those before.
func (u *up) whole() {
	u.mu.Lock()
	now := time.Now()
	soon := now.Sub(u.keyAt) < keyEvery
	if !soon {
		u.keyAt = now
	}
	u.mu.Unlock()
	if !soon {
		_ = u.x.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(u.track.SSRC())}})
	}
}

// down is a medium that a party gets, from one sender after another: its numbers and times
// go on when the sender changes. It is a webrtc.TrackLocal.
type down struct {
	x       *seat
	id      string
	picture bool
	t       *webrtc.RTPTransceiver

	mu    sync.Mutex
	out   webrtc.TrackLocalWriter
	ssrc  uint32
	pt    uint8
	level uint8
	src   *up
	begun bool // something of src was sent
	n     int  // packets of src so far
	seq   uint16
	ts    uint32
	first uint16 // of src
	last  uint16 // sent, highest
	lastT uint32
	at    time.Time
}

// Bind implements webrtc.TrackLocal.
func (d *down) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	want := opus.MimeType
	if d.picture {
		want = vp8.MimeType
	}
	for _, p := range c.CodecParameters() {
		if p.MimeType != want {
			continue
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.out, d.ssrc, d.pt, d.level = c.WriteStream(), uint32(c.SSRC()), uint8(p.PayloadType), levelID(c.HeaderExtensions())
		return p, nil
	}
	return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
}

// Unbind implements webrtc.TrackLocal.
func (d *down) Unbind(webrtc.TrackLocalContext) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.out = nil
	return nil
}

// ID implements webrtc.TrackLocal.
func (d *down) ID() string { return d.id }

// RID implements webrtc.TrackLocal.
func (d *down) RID() string { return "" }

// StreamID implements webrtc.TrackLocal.
func (d *down) StreamID() string { return d.id }

// Kind implements webrtc.TrackLocal.
func (d *down) Kind() webrtc.RTPCodecType {
	if d.picture {
		return webrtc.RTPCodecTypeVideo
	}
	return webrtc.RTPCodecTypeAudio
}

func (d *down) source() *up {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.src
}

// from changes whose medium it is; nil: nobody's.
func (d *down) from(u *up) {
	d.mu.Lock()
	old := d.src
	d.src, d.begun = u, false
	d.mu.Unlock()
	if old != nil && old != u {
		old.remove(d)
	}
}

// send hands a packet on. A picture begins with a whole one.
func (d *down) send(u *up, p packet) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.src != u || d.out == nil {
		return
	}
	if !d.begun {
		if d.picture && !beginsWhole(p.body) {
			u.whole()
			return
		}
		d.begun, d.first, d.n = true, p.seq, 0
		if d.at.IsZero() {
			d.seq, d.ts = 0, 0
		} else {
			rate := opus.ClockRate
			if d.picture {
				rate = vp8.ClockRate
			}
			d.seq = d.last + 1 - p.seq
			d.ts = d.lastT + max(1, uint32(time.Since(d.at).Seconds()*float64(rate))) - p.ts
		}
		d.last = p.seq + d.seq - 1
	}
	if d.before(p.seq) {
		return
	}
	d.n++
	d.put(p)
}

// before says that a packet is one from before the first of its sender that was sent: its
// number may have been another's.
func (d *down) before(seq uint16) bool { return d.n < 1<<14 && int16(seq-d.first) < 0 } //nolint:gosec // numbers go round

func (d *down) put(p packet) {
	h := rtp.Header{Version: 2, Marker: p.marker, PayloadType: d.pt, SSRC: d.ssrc, SequenceNumber: p.seq + d.seq, Timestamp: p.ts + d.ts}
	if p.loud && d.level != 0 {
		_ = h.SetExtension(d.level, []byte{p.level})
	}
	if int16(h.SequenceNumber-d.last) > 0 { //nolint:gosec // numbers go round
		d.last, d.lastT, d.at = h.SequenceNumber, h.Timestamp, time.Now()
	}
	_, _ = d.out.WriteRTP(&h, p.body)
}

// asked answers what the party says of what it gets: it lost packets, or cannot go on
// without a whole picture.
func (d *down) asked(r *webrtc.RTPSender) {
	for {
		said, _, err := r.ReadRTCP()
		if err != nil {
			return
		}
		for _, s := range said {
			switch s := s.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				if u := d.source(); u != nil && d.picture {
					u.whole()
				}
			case *rtcp.TransportLayerNack:
				d.resend(s.Nacks)
			}
		}
	}
}

// maxLost is how many packets are sent once more for one word of a party.
const maxLost = 64

func (d *down) resend(pairs []rtcp.NackPair) {
	if !d.picture {
		return
	}
	n := 0
	for _, pair := range pairs {
		for _, seq := range pair.PacketList() {
			if n++; n > maxLost {
				return
			}
			d.mu.Lock()
			u, at := d.src, seq-d.seq
			none := u == nil || !d.begun || d.before(at)
			d.mu.Unlock()
			if none {
				continue
			}
			if !d.x.resent.take(maxPacket, d.x.s.opt.Bytes) {
				return
			}
			p, ok := u.lost(at)
			d.mu.Lock()
			if ok && d.src == u && d.begun && d.out != nil {
				d.put(p)
			}
			d.mu.Unlock()
		}
	}
}

// beginsWhole says that a packet of VP8 begins a picture that can be read alone (RFC 7741).
func beginsWhole(b []byte) bool {
	if len(b) < 2 || b[0]&0x17 != 0x10 { // S=1, PID=0
		return false
	}
	at := 1
	if b[0]&0x80 != 0 { // X
		x := b[1]
		at = 2
		if x&0x80 != 0 { // I
			if at >= len(b) {
				return false
			}
			if b[at]&0x80 != 0 {
				at++
			}
			at++
		}
		if x&0x40 != 0 { // L
			at++
		}
		if x&0x30 != 0 { // T, K
			at++
		}
	}
	return at < len(b) && b[at]&0x01 == 0
}
