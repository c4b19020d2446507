package tree

import (
	"bytes"

	"entente/edi/edifact"
	"entente/edi/wire"
)

// unSegment writes one EDIFACT segment with the bytes around it.
func (d *decoder) unSegment(els []any, gap []byte, cut bool) error {
	b := d.b[:0]
	var err error
	for i, v := range els {
		if i > 0 {
			b = append(b, d.un.Element)
		}
		if b, err = d.unElement(b, v, cut && i == len(els)-1); err != nil {
			return err
		}
	}
	d.b = b
	first := d.first
	if first {
		gap = d.before
		if err := d.checkUNB(b); err != nil {
			return err
		}
		d.first = false
	}
	return d.put(gap, b, 0, cut, first)
}

// checkUNB holds what an interchange begins with against the delimiters stated.
func (d *decoder) checkUNB(unb []byte) error {
	if len(unb) < 4 || !bytes.HasPrefix(unb, []byte("UNB")) && !bytes.HasPrefix(unb, []byte("UIB")) || unb[3] != d.un.Element {
		return d.wrong("an interchange begins with UNB")
	}
	text := d.before
	if d.wrap.Width > 0 { // a break may cut through UNA
		text = bytes.ReplaceAll(text, []byte(d.wrap.Break), nil)
	}
	// The UNA stands last; its own characters may be what is blank elsewhere.
	if i := bytes.LastIndex(text, []byte("UNA")); i >= 0 && len(text) >= i+9 && len(bytes.Trim(text[i+9:], blanks)) == 0 {
		if una := text[i:]; una[3] != d.un.Component || una[4] != d.un.Element || una[8] != d.un.Terminator {
			return d.wrong("the delimiters are not those of the UNA")
		}
		text = text[:i]
	}
	other := bytes.Trim(bytes.TrimPrefix(text, []byte{0xef, 0xbb, 0xbf}), blanks)
	if len(other) > 0 && !d.found(unb) {
		// Other content is passed over only where the reader still finds the interchange
		// behind it.
		return d.wrong("before a UNB only blanks and a UNA may stand")
	}
	return nil
}

// found says whether a reader finds the UNB behind what stands before it.
func (d *decoder) found(unb []byte) bool {
	head := append(append(bytes.Clone(d.before), unb...), d.d.Terminator)
	if !d.any && !edifact.Is(head[:min(len(head), 2<<10)]) {
		return false
	}
	rest := wire.Rest{Head: head}
	if d.any {
		rest.Offset = 1
	}
	s, err := edifact.NewRestReader(rest, wire.Limits{}).Next()
	return err == nil && s.Offset-rest.Offset == int64(len(d.before))
}

// unElement appends an element; final says that it ends a segment without terminator.
func (d *decoder) unElement(b []byte, v any, final bool) ([]byte, error) {
	if m, ok := v.(map[string]any); ok {
		if list, ok := m["repeat"].([]any); ok && len(m) == 1 {
			if d.un.Repetition == 0 {
				return nil, d.wrong("nothing repeats without a repetition separator")
			}
			for i, part := range list {
				if i > 0 {
					b = append(b, d.un.Repetition)
				}
				var err error
				if b, err = d.unComposite(b, part, final && i == len(list)-1); err != nil {
					return nil, err
				}
			}
			return b, nil
		}
	}
	return d.unComposite(b, v, final)
}

func (d *decoder) unComposite(b []byte, v any, final bool) ([]byte, error) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	sep := *d.un
	if d.first {
		sep.Repetition = 0 // as the reader takes UNB
	}
	for i, part := range list {
		if i > 0 {
			b = append(b, d.un.Component)
		}
		if m, ok := part.(map[string]any); ok && m["raw"] != nil && len(m) == 1 {
			raw, err := d.text(m["raw"])
			if err != nil {
				return nil, err
			}
			if !whole(raw, sep, final && i == len(list)-1) {
				return nil, d.wrong("%q holds a delimiter without its release character", raw)
			}
			b = append(b, raw...)
			continue
		}
		t, err := d.text(part)
		if err != nil {
			return nil, err
		}
		if d.un.Release == 0 {
			for _, c := range t {
				if separates(c, sep) {
					return nil, d.wrong("%q holds the delimiter %q", t, c)
				}
			}
		}
		b = escape(b, t, sep)
	}
	return b, nil
}

// whole says whether escaped bytes are one value: every separator is released, and
// no release character is left at the end, unless the file ends there.
func whole(v []byte, d edifact.Delimiters, final bool) bool {
	for i := 0; i < len(v); i++ {
		if d.Release != 0 && v[i] == d.Release {
			i++
			if i == len(v) {
				return final
			}
			continue
		}
		if separates(v[i], d) {
			return false
		}
	}
	return true
}
