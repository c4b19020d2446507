package schema

import (
	"fmt"
	"slices"
	"strings"

	"entente/edi/wire"
)

// Treatment says what a finding of a rule does for one partner.
type Treatment string

// The treatments.
const (
	// TreatReject refuses the set.
	TreatReject Treatment = "reject"
	// TreatAccept tells it in the acknowledgement and accepts the set.
	TreatAccept Treatment = "accept_with_error"
	// TreatNote keeps it as a note, which is not told in an acknowledgement.
	TreatNote Treatment = "accept_with_note"
	// TreatIgnore forgets it.
	TreatIgnore Treatment = "ignore"
)

// Tolerance is one agreement with a partner about a rule. It is data of the
// partner; the first that fits a finding decides.
type Tolerance struct {
	// Rule is the key of a finding, "segment.max_use", or a family of them,
	// "condition.*".
	Rule string `json:"rule"`
	// Place narrows it to an element or segment, "PO103" or "PID"; empty for
	// everywhere.
	Place string    `json:"place,omitempty"`
	As    Treatment `json:"as"`
	// Set, where set, narrows it to sets of this type: a guide speaks of its own only.
	Set string `json:"-"`
}

// tolerable are the families of rules a partner may have otherwise: those about the
// content of a set. What keeps envelope and numbering together is not among them.
var tolerable = []string{"segment.", "loop.", "element.", "code.", "date.", "time.", "number.", "condition.", "count.", "level.", "allowance.", "guide."}

// Check says what is wrong with a tolerance.
func (t Tolerance) Check() error {
	switch t.As {
	case TreatReject, TreatAccept, TreatNote, TreatIgnore:
	default:
		return fmt.Errorf("schema: no treatment %q", t.As)
	}
	if !slices.ContainsFunc(tolerable, func(f string) bool { return strings.HasPrefix(t.Rule, f) && len(t.Rule) > len(f) }) {
		return fmt.Errorf("schema: rule %q cannot be treated otherwise", t.Rule)
	}
	return nil
}

func (t *Tolerance) fits(set string, f *wire.Finding) bool {
	if t.Set != "" && t.Set != set {
		return false
	}
	if family, ok := strings.CutSuffix(t.Rule, "*"); ok {
		if !strings.HasPrefix(f.Key, family) {
			return false
		}
	} else if t.Rule != f.Key {
		return false
	}
	return t.Place == "" || t.Place == f.SegmentID || t.Place == f.Place()
}

// treat changes a finding as a partner's tolerances say; false when it is to be
// forgotten. Invalid ones change nothing.
func treat(list []Tolerance, set string, f *wire.Finding) bool {
	for i := range list {
		t := &list[i]
		if !t.fits(set, f) || t.Check() != nil {
			continue
		}
		switch t.As {
		case TreatReject:
			f.Severity = wire.Reject
		case TreatAccept:
			f.Severity = wire.AcceptedWithError
		case TreatNote:
			f.Severity = wire.Note
		case TreatIgnore:
			return false
		}
		return true
	}
	return true
}
