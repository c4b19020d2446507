package ack

import (
	"errors"
	"strconv"
	"strings"

	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// ErrNot997 says that a set is neither a 997 nor a 999.
var ErrNot997 = errors.New("ack: the set is no 997 and no 999")

// Received is an incoming 997: what the partner says about one group of ours.
type Received struct {
	FunctionalID string        `json:"functional_id"` // AK101
	Control      string        `json:"control"`       // AK102, our GS06
	Version      string        `json:"version,omitempty"`
	Status       string        `json:"status"` // AK901, in capitals
	Verdict      wire.Verdict  `json:"verdict"`
	Stated       int           `json:"stated"`
	Received     int           `json:"received"`
	Accepted     int           `json:"accepted"`
	Codes        []string      `json:"codes,omitempty"` // AK905…
	Sets         []ReceivedSet `json:"sets,omitempty"`
}

// ReceivedSet is what the partner says about one set of ours.
type ReceivedSet struct {
	Type           string            `json:"type"`    // AK201
	Control        string            `json:"control"` // AK202, our ST02
	Implementation string            `json:"implementation,omitempty"`
	Status         string            `json:"status"` // AK501, in capitals
	Verdict        wire.Verdict      `json:"verdict"`
	Codes          []string          `json:"codes,omitempty"` // AK502…
	Segments       []ReceivedSegment `json:"segments,omitempty"`
}

// ReceivedSegment is one AK3 with its AK4.
type ReceivedSegment struct {
	ID       string            `json:"id"`
	N        int               `json:"n"`
	Loop     string            `json:"loop,omitempty"`
	Code     string            `json:"code,omitempty"`
	Elements []ReceivedElement `json:"elements,omitempty"`
	Contexts []ReceivedContext `json:"contexts,omitempty"`
}

// ReceivedContext is one CTX of a 999: what triggered an error, or in which document
// it stands.
type ReceivedContext struct {
	Name      string `json:"name"` // SITUATIONAL TRIGGER, or the place of a value
	Value     string `json:"value,omitempty"`
	ID        string `json:"id,omitempty"`
	N         int    `json:"n,omitempty"`
	Loop      string `json:"loop,omitempty"`
	Element   int    `json:"element,omitempty"`
	Component int    `json:"component,omitempty"`
}

// ReceivedElement is one AK4.
type ReceivedElement struct {
	N         int    `json:"n"`
	Component int    `json:"component,omitempty"`
	Repeat    int    `json:"repeat,omitempty"`
	Ref       string `json:"ref,omitempty"`
	Code      string `json:"code"`
	Value     string `json:"value,omitempty"`

	Contexts []ReceivedContext `json:"contexts,omitempty"`
}

// ReadAll takes an incoming 997 or 999 apart: what it says about each group, mostly one.
// It takes what is there: a 997 that its own judgement rejected is read as far as it
// goes, segments that are missing are done without, and verdicts that are not stated
// are drawn from those that are. The only error is ErrNot997.
func ReadAll(set *schema.Set) ([]Received, error) {
	if set.Type != "997" && set.Type != "999" {
		return nil, ErrNot997
	}
	r := reading{delims: set.Delimiters}
	for i := range set.Segments {
		r.take(&set.Segments[i])
	}
	for i := range r.out {
		r.out[i].settle()
	}
	return r.out, nil
}

// Read is the first of ReadAll, for partners that send one group in a 997.
func Read(set *schema.Set) (Received, error) {
	list, err := ReadAll(set)
	if err != nil || len(list) == 0 {
		return Received{}, err
	}
	return list[0], nil
}

// reading is one acknowledgement being taken apart.
type reading struct {
	delims x12.Delimiters
	out    []Received
	seg    *ReceivedSegment
	el     *ReceivedElement
	open   bool // a set is open
}

// group is the group being read; one that no AK1 opened has no number.
func (r *reading) group() *Received {
	if len(r.out) == 0 {
		r.out = append(r.out, Received{})
	}
	return &r.out[len(r.out)-1]
}

// set is the set being read, nil outside of one.
func (r *reading) set() *ReceivedSet {
	if g := r.group(); r.open && len(g.Sets) > 0 {
		return &g.Sets[len(g.Sets)-1]
	}
	return nil
}

func (r *reading) take(s *x12.Segment) {
	switch string(s.TagBytes()) {
	case "AK1":
		r.out = append(r.out, Received{FunctionalID: s.Text(1), Control: s.Text(2), Version: s.Text(3)})
		r.open, r.seg, r.el = false, nil, nil
	case "AK2":
		g := r.group()
		g.Sets = append(g.Sets, ReceivedSet{Type: s.Text(1), Control: s.Text(2), Implementation: s.Text(3)})
		r.open, r.seg, r.el = true, nil, nil
	case "AK3", "IK3":
		if cur := r.set(); cur != nil {
			cur.Segments = append(cur.Segments, ReceivedSegment{ID: s.Text(1), N: number(s.El(2)), Loop: s.Text(3), Code: s.Text(4)})
			r.seg, r.el = &cur.Segments[len(cur.Segments)-1], nil
		}
	case "AK4", "IK4":
		cur := r.set()
		if cur == nil {
			return
		}
		if r.seg == nil { // an AK4 without its AK3
			cur.Segments = append(cur.Segments, ReceivedSegment{})
			r.seg = &cur.Segments[len(cur.Segments)-1]
		}
		r.seg.Elements = append(r.seg.Elements, element(s, r.delims))
		r.el = &r.seg.Elements[len(r.seg.Elements)-1]
	case "CTX":
		switch c := r.context(s); {
		case r.el != nil:
			r.el.Contexts = append(r.el.Contexts, c)
		case r.seg != nil:
			r.seg.Contexts = append(r.seg.Contexts, c)
		}
	case "AK5", "IK5":
		if cur := r.set(); cur != nil {
			cur.Status = status(s)
			cur.Codes = codes(s, 2)
		}
		r.open, r.seg, r.el = false, nil, nil
	case "AK9":
		g := r.group()
		g.Status = status(s)
		g.Stated, g.Received, g.Accepted = number(s.El(2)), number(s.El(3)), number(s.El(4))
		g.Codes = codes(s, 5)
		r.open, r.seg, r.el = false, nil, nil
	}
}

// settle gives every part a verdict, also where the partner did not state one.
func (g *Received) settle() {
	g.Verdict = verdict(g.Status)
	good, bad := 0, 0
	for i := range g.Sets {
		s := &g.Sets[i]
		s.Verdict = verdict(s.Status)
		if s.Verdict == "" {
			switch {
			case g.Verdict == wire.Accepted || g.Verdict == wire.AcceptedWithErrors || g.Verdict == wire.Rejected:
				s.Verdict = g.Verdict
			case len(s.Segments) > 0:
				s.Verdict = wire.Rejected
			}
		}
		switch s.Verdict {
		case wire.Rejected:
			bad++
		case wire.Accepted, wire.AcceptedWithErrors:
			good++
		case wire.Partly:
		}
	}
	if g.Verdict != "" {
		return
	}
	switch {
	case bad > 0 && good > 0:
		g.Verdict = wire.Partly
	case bad > 0:
		g.Verdict = wire.Rejected
	case good > 0:
		g.Verdict = wire.Accepted
	}
}

// Of gives the verdict on one of our sets, by its ST02: as stated, or as it follows from
// that on the group when sets are not listed. It is empty when the partner does not say.
func (g *Received) Of(control string) wire.Verdict {
	for i := range g.Sets {
		if g.Sets[i].Control == control {
			return g.Sets[i].Verdict
		}
	}
	switch g.Verdict {
	case wire.Rejected:
		return wire.Rejected
	case wire.Accepted, wire.AcceptedWithErrors:
		return wire.Accepted
	case wire.Partly:
		if len(g.Sets) > 0 { // only those in error are listed
			return wire.Accepted
		}
	}
	return ""
}

func element(s *x12.Segment, d x12.Delimiters) ReceivedElement {
	n, comp, rep := place(s.El(1), d)
	return ReceivedElement{N: n, Component: comp, Repeat: rep, Ref: s.Text(2), Code: s.Text(3), Value: s.Text(4)}
}

// place reads C030: the element, and the component and repetition where stated.
func place(b []byte, d x12.Delimiters) (n, component, repeat int) {
	e, rest, _ := x12.Part(b, d.Component)
	c, rest, _ := x12.Part(rest, d.Component)
	r, _, _ := x12.Part(rest, d.Component)
	return number(e), number(c), number(r)
}

func (r *reading) context(s *x12.Segment) ReceivedContext {
	first, _, _ := x12.Part(s.El(1), r.delims.Repetition)
	name, value, _ := x12.Part(first, r.delims.Component)
	c := ReceivedContext{Name: string(name), Value: string(value), ID: s.Text(2), N: number(s.El(3)), Loop: s.Text(4)}
	c.Element, c.Component, _ = place(s.El(5), r.delims)
	return c
}

// number reads a count; what is none is 0.
func number(b []byte) int {
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func codes(s *x12.Segment, from int) []string {
	var out []string
	for i := from; i <= s.Len(); i++ {
		if c := strings.TrimSpace(s.Text(i)); c != "" {
			out = append(out, c)
		}
	}
	return out
}

func status(s *x12.Segment) string { return strings.ToUpper(strings.TrimSpace(s.Text(1))) }

// verdict reads AK501 and AK901, in capitals. M, W and X are refusals for reasons of
// security, and so is what nobody knows; nothing says nothing.
func verdict(status string) wire.Verdict {
	switch status {
	case "":
		return ""
	case "A":
		return wire.Accepted
	case "E":
		return wire.AcceptedWithErrors
	case "P":
		return wire.Partly
	}
	return wire.Rejected
}

// ReceivedTA1 is what a partner says about one interchange of ours.
type ReceivedTA1 struct {
	Control string       `json:"control"` // our ISA13, nine digits
	Date    string       `json:"date,omitempty"`
	Time    string       `json:"time,omitempty"`
	Verdict wire.Verdict `json:"verdict"`
	Code    string       `json:"code"` // TA105, three digits
}

// ReadTA1 reads the TA1s of a judged interchange. Numbers that were shortened by
// their zeros are filled again.
func ReadTA1(i *schema.Interchange) []ReceivedTA1 {
	var out []ReceivedTA1
	for _, t := range i.Answers {
		out = append(out, ReceivedTA1{
			Control: filled(t.Control, 9), Date: t.Date, Time: t.Time,
			Verdict: verdict(strings.ToUpper(strings.TrimSpace(t.Status))), Code: filled(t.Code, 3),
		})
	}
	return out
}

func filled(s string, n int) string {
	s = strings.TrimSpace(s)
	if s == "" || digits(s) == "" {
		return s
	}
	for len(s) < n {
		s = "0" + s
	}
	return s
}
