package schema

import "entente/edi/x12"

// unitPlaces say where a set keeps the number of its document.
var unitPlaces = map[string]struct {
	tag x12.Tag
	el  int
}{
	"850": {x12.TagOf("BEG"), 3}, "855": {x12.TagOf("BAK"), 3}, "856": {x12.TagOf("BSN"), 2}, "810": {x12.TagOf("BIG"), 2},
	"860": {x12.TagOf("BCH"), 3}, "865": {x12.TagOf("BCA"), 3}, "846": {x12.TagOf("BIA"), 3}, "820": {x12.TagOf("TRN"), 2},
	"861": {x12.TagOf("BRA"), 1}, "867": {x12.TagOf("BPT"), 2}, "824": {x12.TagOf("BGN"), 2}, "180": {x12.TagOf("BGN"), 2},
	"844": {x12.TagOf("BAA"), 5}, "849": {x12.TagOf("BRC"), 4}, "845": {x12.TagOf("BPA"), 4}, "812": {x12.TagOf("BCD"), 2},
	"870": {x12.TagOf("BSR"), 3},
}

// unitDepth is how many segments are looked at for it.
const unitDepth = 8

func unitOf(set *Set) Unit {
	at, ok := unitPlaces[set.Type]
	if !ok {
		return Unit{}
	}
	for i := range set.Segments[:min(len(set.Segments), unitDepth)] {
		if s := &set.Segments[i]; s.Tag == at.tag {
			if v := s.Text(at.el); v != "" {
				return Unit{place(s.ID(), at.el), v}
			}
			break
		}
	}
	return Unit{}
}
