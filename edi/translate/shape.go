package translate

import (
	"slices"
	"strings"

	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
)

// Reports repeat what stands once for a group on each of its lines, so that they may be
// written in other loops than they came in. What such a document carries along is kept
// only where the loops it stood in would be written as they were: it is never put into
// another line.

// keepShape lets go of carried segments that would be written into other loops, which
// turns the notes on them into those of segments that are not carried. d is the document
// of the reader.
func (r *reader) keepShape(d Document) {
	if len(r.head.Extra) == 0 {
		return
	}
	extra := r.head.Extra
	r.head.Extra = nil
	body, _ := WriteX12(d, r.set.Version)
	tags := make([]string, len(body.Segs))
	for i := range body.Segs {
		tags[i] = body.Segs[i].ID
	}
	o := schema.OutlineOf(r.set.Version, r.set.Type)
	r.head.Extra, r.findings = kept(extra, r.places(len(r.set.Segments)-1), o.Places(tags), r.findings)
}

func (r *unReader) keepShape(d Document) {
	if len(r.head.Extra) == 0 {
		return
	}
	extra := r.head.Extra
	r.head.Extra = nil
	body, _ := WriteUN(d, *r.set.Message)
	tags := []string{"UNH"}
	for i := range body.Segs {
		tags = append(tags, body.Segs[i].ID)
	}
	o := schema.UnOutlineOf(*r.set.Message)
	r.head.Extra, r.findings = kept(extra, r.places(len(r.set.Un)-1), o.Places(tags), r.findings)
}

// kept gives those of extra whose loops, as read and as written, are the same.
func kept(extra []doc.Extra, read, written []string, findings []wire.Finding) (out []doc.Extra, told []wire.Finding) {
	carried := map[string]int{}
	for _, e := range extra {
		carried[e.Place]++
	}
	same := map[string]bool{"": true} // by kind of place
	var holds func(kind string) bool
	holds = func(kind string) bool {
		ok, known := same[kind]
		if !known {
			above := kind[:max(0, strings.LastIndexByte(kind, '/'))]
			ok = holds(above) && slices.Equal(loopsOf(read, kind, carried), loopsOf(written, kind, nil))
			same[kind] = ok
		}
		return ok
	}
	still, lost := map[string]bool{}, map[string]bool{}
	for _, e := range extra {
		if holds(kindOf(e.Place)) {
			out, still[e.Segment] = append(out, e), true
		} else {
			lost[e.Segment] = true
		}
	}
	for _, f := range findings {
		if f.Key == "translate.carried" && lost[f.SegmentID] {
			if still[f.SegmentID] {
				told = append(told, f)
			}
			f.Key = "translate.not_carried"
		}
		told = append(told, f)
	}
	return out, told
}

// kindOf is a place without numbers: "LIN[2]/CTP[1]" is "LIN/CTP".
func kindOf(place string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(place, "/") {
		id, _, _ := strings.Cut(part, "[")
		if b.Len() > 0 {
			b.WriteByte('/')
		}
		b.WriteString(id)
	}
	return b.String()
}

// loopsOf lists the loops of a kind in their order; those of which every segment is
// carried are not among them.
func loopsOf(places []string, kind string, carried map[string]int) (out []string) {
	count := map[string]int{}
	for _, p := range places {
		count[p]++
	}
	seen := map[string]bool{}
	for _, p := range places {
		if p == "" || seen[p] {
			continue
		}
		seen[p] = true
		if kindOf(p) == kind && count[p] > carried[p] {
			out = append(out, p)
		}
	}
	return out
}
