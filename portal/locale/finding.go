package locale

import "fmt"

// FindingFacts is what the sentence of an EDI finding may speak of.
type FindingFacts struct {
	Segment            string // tag
	Element, Component int    // position, 0 = none
	Ref                string // reference number of the element
	Value              string // copy of the bad value
	Args               map[string]string
}

// Place is the usual short name of where a finding stands: "DTM02", "PO107-2", "SE".
func (f FindingFacts) Place() string {
	switch {
	case f.Element == 0:
		return f.Segment
	case f.Component > 0:
		return fmt.Sprintf("%s%02d-%d", f.Segment, f.Element, f.Component)
	}
	return fmt.Sprintf("%s%02d", f.Segment, f.Element)
}

// Finding is the sentence of an EDI finding: what is wrong, where, how to mend
// it. key is the rule's name; the text is "edi.finding." + key.
func Finding(p *Printer, key string, f FindingFacts) string {
	args := map[string]any{"Value": f.Value, "Segment": f.Segment, "Element": f.Element, "Ref": f.Ref, "Place": f.Place()}
	for k, v := range f.Args {
		args[k] = v
	}
	return p.T("edi.finding."+key, args)
}
