package translate

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"

	"entente/edi/doc"
)

// Profile is what was agreed with a partner about the codes and numbers of documents.
// It is data of the partner: In turns a document that was read from the partner's
// words into ours, Out a document to be written from ours into the partner's. The
// zero value changes nothing. Where several of theirs mean one of ours, the first
// listed goes out.
type Profile struct {
	// Units, 355: {"theirs":"STK","ours":"EA"}.
	Units []Pair `json:"units,omitempty"`
	// Purposes, 353, and Types, the document's type (BEG02, BIG07 …).
	Purposes []Pair `json:"purposes,omitempty"`
	Types    []Pair `json:"types,omitempty"`
	// Roles of parties (98), qualifiers of references (128), of dates (374), of
	// party numbers (66) and of item numbers (235).
	Roles           []Pair `json:"roles,omitempty"`
	Refs            []Pair `json:"refs,omitempty"`
	Dates           []Pair `json:"dates,omitempty"`
	PartyQualifiers []Pair `json:"party_qualifiers,omitempty"`
	ItemQualifiers  []Pair `json:"item_qualifiers,omitempty"`
	// Items and Locations are cross references, under our qualifiers. An item
	// number is added beside the other, a location's takes its place.
	Items     []Cross `json:"items,omitempty"`
	Locations []Cross `json:"locations,omitempty"`
}

// Pair is a code of the partner's and ours for the same thing.
type Pair struct {
	Theirs string `json:"theirs"`
	Ours   string `json:"ours"`
}

// Cross is a number of the partner's and ours for the same thing, each with who
// gave it: BP and VP of items, 92 and 91 of locations.
type Cross struct {
	TheirQualifier string `json:"their_qualifier"`
	Theirs         string `json:"theirs"`
	OurQualifier   string `json:"our_qualifier"`
	Ours           string `json:"ours"`
}

// ReadProfile reads a profile as JSON and checks it. A name that means nothing is an
// error, as it is mostly misspelt.
func ReadProfile(r io.Reader) (*Profile, error) {
	p := &Profile{}
	dec := json.NewDecoder(io.LimitReader(r, 16<<20))
	dec.DisallowUnknownFields()
	if err := dec.Decode(p); err != nil {
		return nil, fmt.Errorf("translate: %w", err)
	}
	return p, p.Check()
}

// ProfileError says which entry of a profile is wrong.
type ProfileError struct {
	List  string // "units", "items" …
	Entry int    // from 1
	Twice string // what was listed before; empty: a part of the entry is missing
	need  string
}

// Error implements error.
func (e *ProfileError) Error() string {
	if e.Twice != "" {
		return fmt.Sprintf("translate: %s %d: %q is listed twice", e.List, e.Entry, e.Twice)
	}
	return fmt.Sprintf("translate: %s %d: %s", e.List, e.Entry, e.need)
}

// Check says what is wrong with a profile, as a *ProfileError.
func (p *Profile) Check() error {
	for _, l := range p.lists() {
		seen := map[string]bool{}
		for i, e := range *l.pairs {
			switch {
			case e.Theirs == "" || e.Ours == "":
				return &ProfileError{List: l.name, Entry: i + 1, need: "theirs and ours must both be given"}
			case seen[e.Theirs]:
				return &ProfileError{List: l.name, Entry: i + 1, Twice: e.Theirs}
			}
			seen[e.Theirs] = true
		}
	}
	for name, list := range map[string][]Cross{"items": p.Items, "locations": p.Locations} {
		seen := map[string]bool{}
		for i, e := range list {
			switch key := e.TheirQualifier + ":" + e.Theirs; {
			case e.Theirs == "" || e.Ours == "" || e.TheirQualifier == "" || e.OurQualifier == "":
				return &ProfileError{List: name, Entry: i + 1, need: "both numbers and both qualifiers must be given"}
			case seen[key]:
				return &ProfileError{List: name, Entry: i + 1, Twice: e.Theirs}
			default:
				seen[key] = true
			}
		}
	}
	return nil
}

type namedPairs struct {
	name  string
	pairs *[]Pair
}

func (p *Profile) lists() []namedPairs {
	return []namedPairs{
		{"units", &p.Units}, {"purposes", &p.Purposes}, {"types", &p.Types}, {"roles", &p.Roles}, {"refs", &p.Refs},
		{"dates", &p.Dates}, {"party_qualifiers", &p.PartyQualifiers}, {"item_qualifiers", &p.ItemQualifiers},
	}
}

func (p *Profile) empty() bool {
	for _, l := range p.lists() {
		if len(*l.pairs) > 0 {
			return false
		}
	}
	return len(p.Items)+len(p.Locations) == 0
}

// In turns a document that was read into our words. It changes d.
func (p *Profile) In(d Document) {
	if p != nil && !p.empty() {
		p.turn(false).walk(reflect.ValueOf(d).Elem(), true)
	}
}

// Out gives the document in the partner's words; d itself is left as it is.
func (p *Profile) Out(d Document) (Document, error) {
	if p == nil || p.empty() {
		return d, nil
	}
	b, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	copied := reflect.New(reflect.TypeOf(d).Elem())
	if err := json.Unmarshal(b, copied.Interface()); err != nil {
		return nil, err
	}
	p.turn(true).walk(copied.Elem(), true)
	return copied.Interface().(Document), nil
}

// turner is a profile made ready for one direction.
type turner struct {
	units, purposes, types, roles, refs, dates, parties, kinds map[string]string
	items, places                                              map[doc.ItemID]doc.ItemID
	out                                                        bool
}

func (p *Profile) turn(out bool) *turner {
	pairs := func(list []Pair) map[string]string {
		m := make(map[string]string, len(list))
		for _, e := range list {
			from, to := e.Theirs, e.Ours
			if out {
				from, to = to, from
			}
			if _, ok := m[from]; !ok {
				m[from] = to
			}
		}
		return m
	}
	crosses := func(list []Cross) map[doc.ItemID]doc.ItemID {
		m := make(map[doc.ItemID]doc.ItemID, len(list))
		for _, e := range list {
			from, to := doc.ItemID{Qualifier: e.TheirQualifier, ID: e.Theirs}, doc.ItemID{Qualifier: e.OurQualifier, ID: e.Ours}
			if out {
				from, to = to, from
			}
			if _, ok := m[from]; !ok {
				m[from] = to
			}
		}
		return m
	}
	return &turner{
		units: pairs(p.Units), purposes: pairs(p.Purposes), types: pairs(p.Types), roles: pairs(p.Roles), refs: pairs(p.Refs),
		dates: pairs(p.Dates), parties: pairs(p.PartyQualifiers), kinds: pairs(p.ItemQualifiers),
		items: crosses(p.Items), places: crosses(p.Locations), out: out,
	}
}

// What the walk does with a field, by its type or name.
type part uint8

const (
	partWalk part = iota + 1
	partUnit
	partPurpose
	partType
)

// plans holds for every struct of edi/doc which fields matter.
var plans sync.Map // reflect.Type → []part

func planOf(t reflect.Type) []part {
	if p, ok := plans.Load(t); ok {
		return p.([]part)
	}
	plan := make([]part, t.NumField())
	for i := range plan {
		f := t.Field(i)
		switch kind := f.Type.Kind(); {
		case f.Type == reflect.TypeFor[[]doc.Extra]():
		case kind == reflect.Struct || kind == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct, kind == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
			plan[i] = partWalk
		case kind != reflect.String:
		case strings.HasSuffix(f.Name, "Unit"):
			plan[i] = partUnit
		case f.Name == "Purpose":
			plan[i] = partPurpose
		case f.Name == "Type":
			plan[i] = partType
		}
	}
	plans.Store(t, plan)
	return plan
}

// walk turns everything below a struct; top says that it is the document itself.
func (t *turner) walk(v reflect.Value, top bool) {
	switch x := v.Addr().Interface().(type) {
	case *doc.Party:
		t.party(x)
	case *doc.Ref:
		swap(t.refs, &x.Qualifier)
		return
	case *doc.Date:
		swap(t.dates, &x.Qualifier)
		return
	case *doc.ItemID:
		if !t.out {
			swap(t.kinds, &x.Qualifier)
		}
		return
	}
	for i, what := range planOf(v.Type()) {
		f := v.Field(i)
		switch what {
		case partWalk:
			switch f.Kind() {
			case reflect.Struct:
				t.walk(f, top && v.Type().Field(i).Anonymous)
			case reflect.Pointer:
				if !f.IsNil() {
					t.walk(f.Elem(), false)
				}
			default:
				for k := range f.Len() {
					t.walk(f.Index(k), false)
				}
			}
		case partUnit:
			swapValue(t.units, f)
		case partPurpose:
			if top {
				swapValue(t.purposes, f)
			}
		case partType:
			if top {
				swapValue(t.types, f)
			}
		}
	}
	if x, ok := v.Addr().Interface().(*doc.Line); ok {
		t.line(x)
	}
}

func swap(m map[string]string, to *string) {
	if v, ok := m[*to]; ok {
		*to = v
	}
}

func swapValue(m map[string]string, f reflect.Value) {
	if v, ok := m[f.String()]; ok {
		f.SetString(v)
	}
}

// party turns a party: cross references stand under our qualifiers.
func (t *turner) party(p *doc.Party) {
	swap(t.roles, &p.Role)
	if !t.out {
		swap(t.parties, &p.IDQualifier)
	}
	if to, ok := t.places[doc.ItemID{Qualifier: p.IDQualifier, ID: p.ID}]; ok {
		p.IDQualifier, p.ID = to.Qualifier, to.ID
	}
	if t.out {
		swap(t.parties, &p.IDQualifier)
	}
}

// line adds the other side's item numbers, then names all as they are to be named.
func (t *turner) line(l *doc.Line) {
	if len(t.items) > 0 {
		list := itemsOf(l)
		have := map[string]bool{}
		for _, it := range list {
			have[it.Qualifier] = true
		}
		for _, it := range list {
			if to, ok := t.items[it]; ok && !have[to.Qualifier] {
				have[to.Qualifier] = true
				list = append(list[:len(list):len(list)], to)
			}
		}
		l.Items = list
	}
	if !t.out {
		l.BuyerItem, l.VendorItem, l.GTIN = "", "", ""
		identify(l)
		return
	}
	if len(t.kinds) > 0 {
		l.Items = append([]doc.ItemID(nil), itemsOf(l)...)
		for i := range l.Items {
			swap(t.kinds, &l.Items[i].Qualifier)
		}
	}
}
