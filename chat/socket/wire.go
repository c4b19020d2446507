package socket

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"entente/chat/hub"
)

// The opcodes of RFC 6455, section 5.2. From opClose on they are control frames.
const (
	opMore   = 0
	opText   = 1
	opBinary = 2
	opClose  = 8
	opPing   = 9
	opPong   = 10
)

const (
	maxControl = 125 // bytes of a control frame (section 5.5)
	maxHeader  = 14  // two bytes, eight of a length, four of a mask
)

// taker is told what wire has cut out of a client's bytes.
type taker interface {
	// message takes a whole text, which is UTF-8 and the taker's until it returns.
	// False: nothing more is wanted.
	message(text []byte) bool
	// control takes a ping or a pong, likewise.
	control(op byte, payload []byte)
	// hungUp is told of the client's close frame; code 0 is one without a code.
	hungUp(code hub.Code)
	// refuse is told why the client's bytes are taken no longer.
	refuse(code hub.Code)
}

// wire cuts the bytes of a client into messages and control frames, as they come
// and wherever they are cut. Between two frames it holds nothing; of a message it
// holds what has come, never what was announced, and at most limit.
//
// Once the client was refused, frames are passed over up to its close frame, so
// that it is not cut off before it has read why.
type wire struct {
	limit int64  // bytes of a message
	head  []byte // of a header, or a whole control frame, what has come
	msg   []byte // of a message what has come, without a mask
	left  int64  // bytes of a data frame yet to come
	want  uint8  // bytes of head before which nothing is known
	key   uint32 // mask of the next four bytes
	fin   bool   // the frame under way is the last of its message
	open  bool   // a message is under way
	deaf  bool   // refused, or wanted no more
}

// header is the beginning of a frame.
type header struct {
	fin, rsv, masked bool
	op               byte
	length           int64 // negative: above 63 bits
	key              uint32
	size             int // of the header itself
}

// readHeader reads a header; where b holds less of it, size is how much is needed
// to know more.
func readHeader(b []byte) (h header) {
	if len(b) < 2 {
		return header{size: 2}
	}
	h = header{fin: b[0]&0x80 != 0, rsv: b[0]&0x70 != 0, op: b[0] & 0x0f, masked: b[1]&0x80 != 0, length: int64(b[1] & 0x7f), size: 2}
	switch h.length {
	case 126:
		h.size += 2
	case 127:
		h.size += 8
	}
	length := h.size
	if h.masked {
		h.size += 4
	}
	if len(b) < h.size {
		return h
	}
	switch h.length {
	case 126:
		h.length = int64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		h.length = int64(binary.BigEndian.Uint64(b[2:]))
	}
	if h.masked {
		h.key = binary.LittleEndian.Uint32(b[length:])
	}
	return h
}

// resting reports that nothing is under way.
func (w *wire) resting() bool { return !w.open && len(w.head) == 0 && w.left == 0 }

// feed takes the next bytes, which it changes. True: the client hung up.
func (w *wire) feed(b []byte, to taker) (over bool) {
	for len(b) > 0 {
		if w.left > 0 {
			b = w.payload(b, to)
			continue
		}
		f := b
		if kept := len(w.head); kept > 0 { // goes on where it was cut
			n := min(int(w.want)-kept, len(b))
			w.head = append(w.head, b[:n]...)
			b, f = b[n:], w.head
		}
		h := readHeader(f)
		want, known := h.size, len(f) >= h.size
		if known && !w.deaf {
			if code := w.judge(h); code != 0 {
				w.refuse(code, to)
			} else if h.op >= opClose {
				want += int(h.length)
			}
		}
		if len(f) < want {
			if len(w.head) == 0 {
				w.head, b = append(make([]byte, 0, maxHeader), f...), nil
			}
			w.want = uint8(want)
			continue
		}
		if len(w.head) > 0 {
			w.head = nil
		} else {
			b = b[want:]
		}
		switch {
		case w.deaf:
			if h.op == opClose {
				return true
			}
			if w.left = h.length; h.length < 0 {
				w.left = math.MaxInt64
			}
		case h.op >= opClose:
			p := f[h.size:want]
			unmask(p, h.key)
			if h.op == opClose {
				return w.hangUp(p, to)
			}
			to.control(h.op, p)
		default:
			w.left, w.key, w.fin, w.open = h.length, h.key, h.fin, true
			if h.length == 0 {
				w.whole(w.msg, to)
			}
		}
	}
	return false
}

// judge is the code for which a frame is refused; 0: it is taken.
func (w *wire) judge(h header) hub.Code {
	switch {
	case h.length < 0, h.rsv, !h.masked:
		return hub.CodeProtocol
	case h.op >= opClose:
		if h.op > opPong || h.length > maxControl || !h.fin {
			return hub.CodeProtocol
		}
	case h.op > opBinary, (h.op == opMore) != w.open:
		return hub.CodeProtocol
	case h.op == opBinary:
		return hub.CodeData
	case h.length > w.limit-int64(len(w.msg)):
		return hub.CodeTooBig
	}
	return 0
}

func (w *wire) refuse(code hub.Code, to taker) {
	w.stop()
	to.refuse(code)
}

// stop passes over whatever comes from now on.
func (w *wire) stop() { w.deaf, w.open, w.msg = true, false, nil }

// payload takes what b has of the data frame under way and returns the rest.
func (w *wire) payload(b []byte, to taker) []byte {
	n := int(min(w.left, int64(len(b))))
	p, b := b[:n], b[n:]
	w.left -= int64(n)
	if w.deaf {
		return b
	}
	w.key = unmask(p, w.key)
	if w.left == 0 && w.fin && len(w.msg) == 0 {
		w.whole(p, to) // all of it at once, as nearly always
		return b
	}
	w.msg = append(w.msg, p...)
	if w.left == 0 {
		w.whole(w.msg, to)
	}
	return b
}

// whole hands a message on where its last frame is over.
func (w *wire) whole(p []byte, to taker) {
	if !w.fin {
		return
	}
	w.open, w.msg = false, nil
	if !utf8.Valid(p) { // JSON would be read with other letters
		w.refuse(hub.CodeNoText, to)
	} else if !to.message(p) {
		w.stop()
	}
}

// hangUp takes the payload of the client's close frame (section 7.1.5). Its reason
// nobody reads.
func (w *wire) hangUp(p []byte, to taker) bool {
	w.stop()
	code := hub.Code(0)
	if len(p) > 0 {
		if len(p) == 1 {
			to.refuse(hub.CodeProtocol)
			return true
		}
		if code = hub.Code(binary.BigEndian.Uint16(p)); !sendable(code) {
			to.refuse(hub.CodeProtocol)
			return true
		}
	}
	to.hungUp(code)
	return true
}

// sendable reports a code that may stand in a close frame (section 7.4 and the
// registry of codes at IANA).
func sendable(c hub.Code) bool {
	switch c {
	case 1004, 1005, 1006:
		return false
	}
	return c >= 1000 && c <= 1014 || c >= 3000 && c <= 4999
}

// unmask takes a mask off (section 5.3) and returns it for the byte that follows.
func unmask(b []byte, key uint32) uint32 {
	wide := uint64(key)<<32 | uint64(key)
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^wide)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= byte(key)
		key = key>>8 | key<<24
	}
	return key
}

// controlFrame is a control frame of ours; the payload has at most maxControl bytes.
func controlFrame(op byte, payload []byte) []byte {
	return append(append(make([]byte, 0, 2+len(payload)), 0x80|op, byte(len(payload))), payload...)
}

// closeFrame is a close frame with a code, 0 for none, and a reason of at most 123
// bytes, of which what is too long is left out.
func closeFrame(code hub.Code, reason string) []byte {
	if code == 0 {
		return controlFrame(opClose, nil)
	}
	p := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(reason)), uint16(code))
	return controlFrame(opClose, append(p, reason[:min(len(reason), maxControl-2)]...))
}
