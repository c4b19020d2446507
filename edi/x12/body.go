package x12

import "iter"

// Seg is one segment as text, for writing. Els are the elements after the tag;
// trailing empty ones are dropped on writing. A composite is made with
// Composite, a repeating element with Repeated.
type Seg struct {
	ID  string   `json:"id"`
	Els []string `json:"els"`
}

// S is the short form to build a Seg.
func S(id string, els ...string) Seg { return Seg{ID: id, Els: els} }

// Body is a transaction set without ST and SE.
type Body struct {
	// Type is ST01, "855".
	Type string `json:"type"`
	// Implementation is ST03, mostly empty.
	Implementation string `json:"implementation,omitempty"`
	Segs           []Seg  `json:"segs"`
	// More gives the segments behind Segs one after the other, where there are too many to
	// hold at once.
	More iter.Seq[Seg] `json:"-"`
}
