// Package guide reads a partner's guide and judges transaction sets by it, on top
// of the standard: codes narrowed, segments and elements required, forbidden or
// bounded, each with its severity, and the standard's rules that the partner treats
// otherwise. A guide is JSON that people write:
//
//	{"guide":"entente/1","name":"Kestrel orders","version":"005010","set":"850",
//	 "rules":[
//	  {"path":"BEG01","codes":["00","05"]},
//	  {"path":"N1[N101=ST]","require":true,"max":1},
//	  {"path":"PO1/PO104","require":true,"severity":"accept_with_error"},
//	  {"path":"PO1/PID/PID05","max_length":40},
//	  {"path":"FOB","forbid":true}],
//	 "tolerance":[{"rule":"code.unlisted","place":"PO103","as":"reject"}]}
//
// Paths are those of edi/tree. A rule about an element speaks of every segment that
// the path leads to; "require" on a segment of every loop that could hold it.
package guide

import (
	"encoding/json"
	"fmt"
	"io"

	"entente/edi/schema"
	"entente/edi/tree"
)

// Format is the name and version of the form, the value of "guide".
const Format = "entente/1"

// MaxSize is the largest guide that is read, in bytes.
const MaxSize = 1 << 20

// Guide is a partner's guide for one set.
type Guide struct {
	Format string `json:"guide"`
	Name   string `json:"name,omitempty"`
	// Version is the release, the first six places of GS08; Set is ST01.
	Version   string             `json:"version"`
	Set       string             `json:"set"`
	Rules     []Rule             `json:"rules,omitempty"`
	Tolerance []schema.Tolerance `json:"tolerance,omitempty"`
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
	// Severity is reject when empty.
	Severity schema.Treatment `json:"severity,omitempty"`
	// Comment is for the reader of the guide.
	Comment string `json:"comment,omitempty"`

	query *tree.Query
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

// Options are the options of the standard's judge with this guide on top.
func (g *Guide) Options(opt schema.Options) schema.Options {
	opt.Tolerance = append(opt.Tolerance[:len(opt.Tolerance):len(opt.Tolerance)], g.Tolerance...)
	opt.Also = g.Judge
	return opt
}
