package hub

import "encoding/binary"

// Frame is a WebSocket text message prepared once for all its receivers, header
// included. Where readers of different languages see different text there is one
// variant per language.
type Frame struct {
	plain  []byte            // for everybody without a variant
	byLang map[string][]byte // language → frame
}

// Prepare makes the frame of one payload. The payload is copied.
func Prepare(payload []byte) Frame { return Frame{plain: wire(payload)} }

// With adds a variant for a language and returns the frame.
func (f Frame) With(lang string, payload []byte) Frame {
	m := make(map[string][]byte, len(f.byLang)+1)
	for k, v := range f.byLang {
		m[k] = v
	}
	m[lang] = wire(payload)
	f.byLang = m
	return f
}

// For returns the bytes for a reader of the language, header included. They must
// not be changed.
func (f Frame) For(lang string) []byte {
	if w, ok := f.byLang[lang]; ok {
		return w
	}
	return f.plain
}

// Empty reports a frame without content.
func (f Frame) Empty() bool { return f.plain == nil && len(f.byLang) == 0 }

// wire puts the header of an unmasked final text frame (RFC 6455, 5.2) in front.
func wire(p []byte) []byte {
	b := make([]byte, 0, len(p)+10)
	b = append(b, 0x80|0x1)
	switch {
	case len(p) < 126:
		b = append(b, byte(len(p)))
	case len(p) < 1<<16:
		b = append(b, 126)
		b = binary.BigEndian.AppendUint16(b, uint16(len(p)))
	default:
		b = append(b, 127)
		b = binary.BigEndian.AppendUint64(b, uint64(len(p)))
	}
	return append(b, p...)
}
