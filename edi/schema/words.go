package schema

import "strings"

// wordsRoom is how many bytes of text stand in one piece of memory, at most kept
// alive by one of them.
const wordsRoom = 512

// words makes strings of short texts that are kept, many to one piece of memory.
type words struct{ b strings.Builder }

func (w *words) keep(v []byte) string {
	if len(v) == 0 {
		return ""
	}
	if len(v) > wordsRoom/8 {
		return string(v)
	}
	if w.b.Cap()-w.b.Len() < len(v) {
		w.b = strings.Builder{}
		w.b.Grow(wordsRoom)
	}
	at := w.b.Len()
	w.b.Write(v)
	return w.b.String()[at:]
}

// like is keep for a text that mostly is the same as the one before.
func (w *words) like(before string, v []byte) string {
	if string(v) == before {
		return before
	}
	return string(v)
}
