package agreement

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"entente/edi/courier"
	"entente/edi/translate"
)

// The sections of an agreement, in the order in which people read it.
var Sections = []string{"parties", "documents", "transport", "security", "clocks", "business", "codes"}

// Fact is one thing that was agreed, for people. What it says is named by Section and
// Name; Side is the company it speaks of and Of the thing: a set, a code.
type Fact struct {
	Section string
	Name    string
	Side    string // Supplier, Reseller or empty
	Of      string
	// Value is said as it is, unless Words: then it is a word of that list, such as
	// "transport" or "sign".
	Value string
	Words string
}

func (f Fact) key() [4]string { return [4]string{f.Section, f.Name, f.Side, f.Of} }

// Facts gives what a body says and this server does, section by section. Parts that
// are kept only are not among them: what is shown holds.
func (b Body) Facts() []Fact {
	var out []Fact
	add := func(section, name, side, of, value, words string) {
		if value != "" {
			out = append(out, Fact{section, name, side, of, value, words})
		}
	}
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	yes := func(on bool) string {
		if on {
			return "yes"
		}
		return ""
	}
	for _, side := range []string{Supplier, Reseller} {
		s := b.side(side)
		add("parties", "x12_id", side, "", s.X12, "")
		add("parties", "edifact_id", side, "", s.EDIFACT, "")
		add("parties", "tax_number", side, "", s.TaxNumber, "")
		add("parties", "groups", side, "", strings.Join(s.Groups, ", "), "")
		for _, d := range s.Delegates {
			sets := strings.Join(d.Sets, ", ")
			if sets == "" {
				sets = "*"
			}
			add("parties", "delegate", side, d.Name+" ("+d.Org+")", sets, "")
		}
	}
	add("documents", "x12", "", "", b.X12, "")
	add("documents", "edifact", "", "", b.EDIFACT, "")
	for _, side := range []string{Supplier, Reseller} {
		var sets []string
		for _, s := range b.Sets {
			if s.From == side {
				sets = append(sets, s.Kind)
			}
		}
		slices.Sort(sets)
		add("documents", "sets", side, "", strings.Join(sets, ", "), "")
	}
	for _, raw := range b.Guides {
		name, about, sum := guideLine(raw)
		add("documents", "guide", "", about, name+" · "+sum, "")
	}
	w := b.Writing
	add("documents", "delimiters", "", "", w.delimiters(), "")
	add("documents", "lines", "", "", yes(w.Lines), "yes")
	add("documents", "implementation", "", "", yes(w.Implementation), "yes")
	add("documents", "only_errors", "", "", yes(w.OnlyErrors), "yes")
	for _, side := range []string{Supplier, Reseller} {
		s := b.side(side)
		add("transport", "network", side, "", s.Network, "")
		add("transport", "folder", side, "", yes(s.Transport == "folder"), "yes")
		add("transport", "tries", side, "", number(s.Tries), "")
		if s.Terms != nil {
			out = append(out, termFacts(side, s.Terms.Filled())...)
		}
	}
	for _, side := range []string{Supplier, Reseller} {
		if p := b.side(side).Patience; p != nil {
			add("clocks", "patience", side, "", strconv.Itoa(*p), "")
		}
	}
	add("clocks", "response", "", "", number(b.ResponseHours), "")
	add("clocks", "duplicates", "", "", number(b.DuplicateDays), "")
	add("business", "price_tolerance", "", "", b.Price.PriceTolerance, "ratio")
	add("business", "quantity_tolerance", "", "", b.Price.QuantityTolerance, "ratio")
	add("business", "price_date", "", "", b.Price.Date, "price_date")
	add("business", "price_basis", "", "", b.Price.Basis, "price_basis")
	add("business", "free_goods", "", "", b.Price.FreeGoods, "free_goods")
	add("business", "tax_rounding", "", "", b.Tax.Rounding, "tax_rounding")
	add("business", "tax_reverse", "", "", yes(b.Tax.Reverse), "yes")
	add("business", "check_locations", "", "", yes(b.CheckLocations), "yes")
	return append(out, codeFacts(b.Codes)...)
}

// delimiters writes the delimiters with the standard's for those that were not agreed.
func (w Writing) delimiters() string {
	if w.Element+w.Component+w.Repetition+w.Segment == "" {
		return ""
	}
	var out []string
	for _, d := range [][2]string{{w.Element, "*"}, {w.Component, ">"}, {w.Repetition, "^"}, {w.Segment, "~"}} {
		c := d[0]
		switch c {
		case "":
			c = d[1]
		case "\n":
			c = "LF"
		}
		out = append(out, c)
	}
	return strings.Join(out, " ")
}

// guideLine names a guide, what it is about, and the beginning of its hash, so that an
// edited guide of the same name shows.
func guideLine(raw json.RawMessage) (name, about, sum string) {
	var g struct{ Name, Version, Set string }
	_ = json.Unmarshal(raw, &g) // it was checked before
	var b bytes.Buffer
	_ = json.Compact(&b, raw)
	return g.Name, g.Set + " " + g.Version, hashOf("guide", 0, "", b.String())[:8]
}

func termFacts(side string, t courier.Terms) []Fact {
	var out []Fact
	for _, w := range []struct{ name, word string }{
		{"sign", t.Sign}, {"encrypt", t.Encrypt}, {"receipt", t.Receipt}, {"compress", t.Compress}, {"signature", t.Signature}, {"transport", t.Transport},
	} {
		out = append(out, Fact{Section: "security", Name: w.name, Side: side, Value: w.word, Words: w.name})
	}
	for _, w := range []struct {
		name string
		on   bool
	}{{"async", t.Async}, {"new_id", t.NewID}, {"with_headers", t.WithHeaders}, {"plain_names", t.PlainNames}, {"dated", t.Dated}} {
		if w.on {
			out = append(out, Fact{Section: "security", Name: w.name, Side: side, Value: "yes", Words: "yes"})
		}
	}
	return out
}

func codeFacts(p translate.Profile) []Fact {
	var out []Fact
	for _, l := range []struct {
		name  string
		pairs []translate.Pair
	}{
		{"unit", p.Units}, {"purpose", p.Purposes}, {"type", p.Types}, {"role", p.Roles}, {"ref", p.Refs}, {"date", p.Dates}, {"party_qualifier", p.PartyQualifiers}, {"item_qualifier", p.ItemQualifiers},
	} {
		for _, e := range l.pairs {
			out = append(out, Fact{Section: "codes", Name: l.name, Of: e.Theirs, Value: e.Ours})
		}
	}
	for _, l := range []struct {
		name  string
		cross []translate.Cross
	}{{"item", p.Items}, {"location", p.Locations}} {
		for _, e := range l.cross {
			out = append(out, Fact{Section: "codes", Name: l.name, Of: e.TheirQualifier + ":" + e.Theirs, Value: e.OurQualifier + ":" + e.Ours})
		}
	}
	return out
}

// Difference is one place where two bodies differ. A fact that came or went has a zero
// value on the other side.
type Difference struct {
	Was, Now Fact
}

// Diff gives what changed from one body to the other, in the order of the newer.
func Diff(was, now Body) []Difference {
	old := map[[4]string]Fact{}
	for _, f := range was.Facts() {
		old[f.key()] = f
	}
	var out []Difference
	for _, f := range now.Facts() {
		before, had := old[f.key()]
		delete(old, f.key())
		if !had || before.Value != f.Value {
			out = append(out, Difference{Was: before, Now: f})
		}
	}
	for _, f := range was.Facts() {
		if _, gone := old[f.key()]; gone {
			out = append(out, Difference{Was: f})
		}
	}
	return out
}
