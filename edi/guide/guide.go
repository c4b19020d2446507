// Package guide reads a partner's guide and judges transaction sets and messages by
// it, on top of the standard: codes narrowed, segments and elements required, forbidden
// or bounded, each with its severity, the standard's rules that the partner treats
// otherwise, and definitions of one's own. A guide is JSON that people write:
//
//	{"guide":"entente/1","name":"Kestrel orders","version":"005010","set":"850",
//	 "rules":[
//	  {"path":"BEG01","codes":["00","05"]},
//	  {"path":"N1[N101=ST]","require":true,"max":1},
//	  {"path":"PO1/PO104","require":true,"severity":"accept_with_error"},
//	  {"path":"N1[N101=ST]/N4","require":true,"when":"BEG[BEG02=DS]"},
//	  {"path":"PO1/PID/PID05","max_length":40},
//	  {"path":"FOB","forbid":true}],
//	 "tolerance":[{"rule":"code.unlisted","place":"PO103","as":"reject"}],
//	 "define":["seg ZZA 353! 127"]}
//
// In EDIFACT version is the directory, "D96A", set the message, "ORDERS", and
// association, when there is one, how the association code of UNH begins, "EAN".
//
// Paths are those of edi/tree. A rule about an element speaks of every segment that
// the path leads to; "require" on a segment of every loop that could hold it. "when" is a
// path that must lead somewhere for the rule to hold. Definitions are lines in the form
// of schema.Tables, each in place of the standard's of the same name.
package guide

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"entente/edi/schema"
	"entente/edi/tree"
	"entente/edi/wire"
)

// Format is the name and version of the form, the value of "guide".
const Format = "entente/1"

// MaxSize is the largest guide that is read, in bytes.
const MaxSize = 1 << 20

// Guide is a partner's guide for one set.
type Guide struct {
	Format string `json:"guide"`
	Name   string `json:"name,omitempty"`
	// Version is the release, the first six places of GS08, and Set ST01; or the
	// directory, 0052 and 0054 in one word, and 0065.
	Version string `json:"version"`
	Set     string `json:"set"`
	// Association is how 0057 begins; empty for any.
	Association string             `json:"association,omitempty"`
	Rules       []Rule             `json:"rules,omitempty"`
	Tolerance   []schema.Tolerance `json:"tolerance,omitempty"`
	// Define are lines of tables; Comment is for the reader of the guide.
	Define  []string `json:"define,omitempty"`
	Comment string   `json:"comment,omitempty"`

	dict *schema.Dictionary
}

// Rule is one demand of a guide. Lengths count characters; 0 is no demand.
type Rule struct {
	Path      string   `json:"path"`
	Require   bool     `json:"require,omitempty"`
	Forbid    bool     `json:"forbid,omitempty"`
	Max       int      `json:"max,omitempty"`
	Codes     []string `json:"codes,omitempty"`
	MinLength int      `json:"min_length,omitempty"`
	MaxLength int      `json:"max_length,omitempty"`
	// When is a path; the rule holds where it leads somewhere.
	When string `json:"when,omitempty"`
	// Severity is reject when empty.
	Severity schema.Treatment `json:"severity,omitempty"`
	// Comment is for the reader of the guide.
	Comment string `json:"comment,omitempty"`

	query, when *tree.Query
}

// Read reads a guide and checks it. It returns the guide with its problems, of which
// a sound one has none that is an error; a guide with errors must not be used. The
// error says that it is no guide at all.
func Read(r io.Reader) (*Guide, []Problem, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return nil, nil, err
	}
	if len(b) > MaxSize {
		return nil, nil, fmt.Errorf("guide: larger than %d bytes", MaxSize)
	}
	g := &Guide{}
	if err := json.Unmarshal(b, g); err != nil {
		return nil, nil, fmt.Errorf("guide: %w", err)
	}
	if g.Format != Format {
		return nil, nil, fmt.Errorf("guide: \"guide\" is %q, not %q", g.Format, Format)
	}
	return g, g.lint(unknownFields(b)), nil
}

// Options are the options of the standard's judge with this guide on top, after what the
// options already hold.
func (g *Guide) Options(opt schema.Options) schema.Options {
	opt.Tolerance = slices.Clone(opt.Tolerance)
	for _, t := range g.Tolerance {
		t.Set = g.Set
		opt.Tolerance = append(opt.Tolerance, t)
	}
	if len(g.Define) > 0 && g.dict != nil {
		opt.Own = append(opt.Own[:len(opt.Own):len(opt.Own)], g.dict)
	}
	opt.Also = both(opt.Also, g.Judge)
	return opt
}

func both(a, b func(*schema.Set) []wire.Finding) func(*schema.Set) []wire.Finding {
	if a == nil {
		return b
	}
	return func(set *schema.Set) []wire.Finding { return append(a(set), b(set)...) }
}

// Show gives a set of the standard in the form of a guide, whole: read again it
// defines the same set. False for a set that we do not have.
func Show(version, set string) (*Guide, bool) {
	t := schema.TablesOf(version)
	if t == nil {
		return nil, false
	}
	lines := t.Lines(set)
	if lines == nil {
		return nil, false
	}
	return &Guide{Format: Format, Name: set + " " + version, Version: version, Set: set, Define: lines}, true
}
