package schema

import (
	"strings"
)

// Dictionary is the compiled definition of one set of an edition: a set of an X12
// release ("005010") or a message of an EDIFACT directory ("D96A").
type Dictionary struct {
	edition, set string
	release      *release
	directory    *directory
}

// IsDirectory says whether an edition is one of EDIFACT.
func IsDirectory(edition string) bool { return strings.HasPrefix(edition, "D") }

// Editions are the releases of X12 and the directories of EDIFACT that we judge by.
func Editions() []string { return append(append([]string{}, editions...), "D96A", "D01B") }

// TablesOf gives the embedded definitions of an edition; nil for one we do not have.
func TablesOf(edition string) *Tables {
	switch {
	case releases[edition] != nil:
		return embedded(edition)
	case edition != "" && directories[edition] != nil:
		return embeddedUN(edition)
	}
	return nil
}

// DictionaryOf gives the embedded dictionary; nil where we have none.
func DictionaryOf(edition, set string) *Dictionary {
	d := &Dictionary{edition: edition, set: set}
	switch {
	case releases[edition] != nil:
		d.release = releases[edition]()
	case edition != "" && directories[edition] != nil:
		d.directory = directories[edition]()
	}
	if !d.known() {
		return nil
	}
	return d
}

// Compile makes a dictionary of one's own for a set. The error is a *TableError.
func (t *Tables) Compile(edition, set string) (*Dictionary, error) {
	d := &Dictionary{edition: edition, set: set}
	var err error
	if IsDirectory(edition) {
		d.directory, err = compileDirectory(t, edition)
	} else {
		d.release, err = compile(t, edition)
	}
	if err == nil && !d.known() {
		err = &TableError{Key: "set_unknown", Text: set}
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

func (d *Dictionary) known() bool {
	return d.release != nil && d.release.sets[d.set] != nil || d.directory != nil && d.directory.messages[d.set] != nil
}

// HasSegment says whether the set may hold a segment.
func (d *Dictionary) HasSegment(tag string) bool {
	if d.release != nil {
		for t := range d.release.sets[d.set].tags {
			if s := d.release.segments[t]; s != nil && s.id == tag {
				return true
			}
		}
		return tag == "ST" || tag == "SE"
	}
	for t := range d.directory.messages[d.set].tags {
		if s := d.directory.segments[t]; s != nil && s.id == tag {
			return true
		}
	}
	return tag == "UNH" || tag == "UNT"
}

// Element describes a place of a segment: the reference number and the least and
// greatest length; in EDIFACT component 0 of a composite is its first. Ok is false when
// the segment has no such place; a place that is not judged has no reference number.
func (d *Dictionary) Element(tag string, n, component int) (ref string, least, most int, ok bool) {
	if n < 1 {
		return "", 0, 0, false
	}
	if d.directory != nil {
		for _, s := range d.directory.segments {
			if s.id != tag || n > len(s.fields) {
				continue
			}
			f := &s.fields[n-1]
			e := f.one.unElement
			if f.parts != nil {
				if component > len(f.parts) {
					return "", 0, 0, false
				}
				e = f.parts[max(component, 1)-1].unElement
			} else if component > 1 {
				return "", 0, 0, false
			}
			if e.fixed {
				return e.ref, e.max, e.max, true
			}
			return e.ref, 1, e.max, true
		}
		return "", 0, 0, false
	}
	for _, s := range d.release.segments {
		if s.id != tag {
			continue
		}
		if n > len(s.fields) {
			return "", 0, 0, s.open
		}
		e := s.fields[n-1].element
		if component > 0 {
			if component > len(e.parts) {
				return "", 0, 0, false
			}
			e = e.parts[component-1].element
		}
		return e.ref, e.min, e.max, true
	}
	return "", 0, 0, false
}

// HasCode says whether a code is in the list of an element; true where there is no
// list.
func (d *Dictionary) HasCode(ref, code string) bool {
	if d.directory != nil {
		e := d.directory.elements[ref]
		return e == nil || e.codes == nil || e.codes.has([]byte(code))
	}
	e := d.release.elements[ref]
	return e == nil || e.codes == nil || e.codes.has([]byte(code))
}

// own finds the dictionary of the caller's own for a set, by the edition that the file
// names.
func (o *Options) own(edition, set string) *Dictionary {
	for _, d := range o.Own {
		if d.set == set && d.edition == edition {
			return d
		}
	}
	return nil
}

// ownGroup says whether an X12 group of the code may hold a set of the caller's own.
func (o *Options) ownGroup(edition, group string) bool {
	for _, d := range o.Own {
		if d.edition == edition && d.release != nil && d.release.sets[d.set].group == group {
			return true
		}
	}
	return false
}
