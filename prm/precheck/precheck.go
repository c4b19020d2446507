// Package precheck says how a supplier wants what it sends to be checked before it leaves
// for a partner: for each rule whether what breaks it is held for a person (stop), goes
// with a warning (warn) or is not looked at (off). The judgement itself is the order
// desk's; what can not be booked at all is held whatever is chosen here.
//
// Partners charge for answers, ship notices and invoices that differ from the order;
// found here, a difference is mended before it costs (reference/edi.md 6, opening 5).
package precheck

import (
	"maps"
	"slices"
)

// Rule is one thing that is looked at.
type Rule string

// The rules.
const (
	PriceAnswer    Rule = "price_answer"    // 855: another price than ordered, beyond the tolerance
	LateAnswer     Rule = "late_answer"     // 855: promised for later than asked
	LateShipment   Rule = "late_shipment"   // 856: left after the day that was promised, or asked for
	AboveConfirmed Rule = "above_confirmed" // 856, 810: more than was promised
	PackTwice      Rule = "pack_twice"      // 856: one SSCC on two packs
	PackAgain      Rule = "pack_again"      // 856: an SSCC of an earlier ship notice, within a year
	PackWrong      Rule = "pack_wrong"      // 856: an SSCC whose check digit is wrong
	Price          Rule = "price"           // 810: another price than agreed, beyond the tolerance
	AboveShipped   Rule = "above_shipped"   // 810: more than left
	BeforeShipment Rule = "before_shipment" // 810: of a line of which nothing left
	Charge         Rule = "charge"          // 810: allowances or charges that the order does not have
	Tax            Rule = "tax"             // 810: a tax that is not its rate of its base
	Item           Rule = "item"            // the number of one line with the item of another
	Unit           Rule = "unit"            // another unit than ordered, though it converts
)

// Severity is what happens to a document that breaks a rule.
type Severity string

// The severities.
const (
	Off  Severity = "off"
	Warn Severity = "warn"
	Stop Severity = "stop"
)

// Severities lists them in the order of the form.
var Severities = []Severity{Off, Warn, Stop}

// Rules lists the rules in the order of the documents. The words of one are
// "check.rule.<rule>", of what breaks it "check.found.<rule>".
var Rules = []Rule{PriceAnswer, LateAnswer, LateShipment, AboveConfirmed, PackTwice, PackAgain, PackWrong, Price, AboveShipped, BeforeShipment, Charge, Tax, Item, Unit}

// Policy is what is chosen for each rule.
type Policy map[Rule]Severity

// Default holds for a partnership for which nothing was chosen: what contradicts itself
// is held, what the buyer's own match would mark goes with a warning.
func Default() Policy {
	p := Policy{}
	for _, r := range Rules {
		p[r] = Warn
	}
	p[PackTwice], p[Tax] = Stop, Stop
	p[BeforeShipment] = Off // only where the two agreed on it
	return p
}

// Of is the severity of a rule; of one that is not known it is Off.
func (p Policy) Of(r Rule) Severity {
	if s, ok := p[r]; ok {
		return s
	}
	return Off
}

// with is the policy with choices on top; what is not known is left out.
func (p Policy) with(chosen map[Rule]Severity) Policy {
	out := maps.Clone(p)
	for r, s := range chosen {
		if _, known := out[r]; known && slices.Contains(Severities, s) {
			out[r] = s
		}
	}
	return out
}

// Finding is a rule that a document breaks. Line is the order's own number of the line,
// empty for the whole. Args are values of its words; prices and amounts among them are
// for those alone who may see prices.
type Finding struct {
	Rule Rule              `json:"rule"`
	Line string            `json:"line,omitempty"`
	Args map[string]string `json:"args,omitempty"`
}

// Note adds a finding with its values, name and value in turn, unless the rule was broken
// at this line before.
func Note(all []Finding, r Rule, line string, args ...string) []Finding {
	if slices.ContainsFunc(all, func(f Finding) bool { return f.Rule == r && f.Line == line }) {
		return all
	}
	f := Finding{Rule: r, Line: line, Args: map[string]string{}}
	if line != "" {
		f.Args["Line"] = line
	}
	for i := 0; i+1 < len(args); i += 2 {
		f.Args[args[i]] = args[i+1]
	}
	return append(all, f)
}

// Sort parts findings by what the policy says: those that stop, those that warn. Rules
// that a person released only warn.
func (p Policy) Sort(all []Finding, released []Rule) (stop, warn []Finding) {
	for _, f := range all {
		switch s := p.Of(f.Rule); {
		case s == Stop && !slices.Contains(released, f.Rule):
			stop = append(stop, f)
		case s != Off:
			warn = append(warn, f)
		}
	}
	return stop, warn
}
