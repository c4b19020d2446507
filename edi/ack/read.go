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
	Status       string        `json:"status"` // AK901 as written
	Verdict      wire.Verdict  `json:"verdict"`
	Stated       int           `json:"stated"`
	Received     int           `json:"received"`
	Accepted     int           `json:"accepted"`
	Codes        []string      `json:"codes,omitempty"` // AK905…
	Sets         []ReceivedSet `json:"sets,omitempty"`
}

// ReceivedSet is what the partner says about one set of ours.
type ReceivedSet struct {
	Type     string            `json:"type"`    // AK201
	Control  string            `json:"control"` // AK202, our ST02
	Status   string            `json:"status"`  // AK501 as written
	Verdict  wire.Verdict      `json:"verdict"`
	Codes    []string          `json:"codes,omitempty"` // AK502…
	Segments []ReceivedSegment `json:"segments,omitempty"`
}

// ReceivedSegment is one AK3 with its AK4.
type ReceivedSegment struct {
	ID       string            `json:"id"`
	N        int               `json:"n"`
	Loop     string            `json:"loop,omitempty"`
	Code     string            `json:"code,omitempty"`
	Elements []ReceivedElement `json:"elements,omitempty"`
}

// ReceivedElement is one AK4.
type ReceivedElement struct {
	N         int    `json:"n"`
	Component int    `json:"component,omitempty"`
	Repeat    int    `json:"repeat,omitempty"`
	Ref       string `json:"ref,omitempty"`
	Code      string `json:"code"`
	Value     string `json:"value,omitempty"`
}

// Read takes an incoming 997 or 999 apart. It takes what is there: a 997 that its own
// judgement rejected is read as far as it goes. The only error is ErrNot997.
func Read(set *schema.Set) (Received, error) {
	if set.Type != "997" && set.Type != "999" {
		return Received{}, ErrNot997
	}
	var out Received
	var cur *ReceivedSet
	var seg *ReceivedSegment
	for i := range set.Segments {
		s := &set.Segments[i]
		switch string(s.TagBytes()) {
		case "AK1":
			out.FunctionalID, out.Control, out.Version = s.Text(1), s.Text(2), s.Text(3)
		case "AK2":
			out.Sets = append(out.Sets, ReceivedSet{Type: s.Text(1), Control: s.Text(2)})
			cur, seg = &out.Sets[len(out.Sets)-1], nil
		case "AK3", "IK3":
			if cur != nil {
				cur.Segments = append(cur.Segments, ReceivedSegment{ID: s.Text(1), N: number(s.El(2)), Loop: s.Text(3), Code: s.Text(4)})
				seg = &cur.Segments[len(cur.Segments)-1]
			}
		case "AK4", "IK4":
			if seg != nil {
				seg.Elements = append(seg.Elements, element(s, set.Delimiters))
			}
		case "AK5", "IK5":
			if cur != nil {
				cur.Status = s.Text(1)
				cur.Verdict = verdict(cur.Status)
				cur.Codes = codes(s, 2)
			}
			cur, seg = nil, nil
		case "AK9":
			out.Status = s.Text(1)
			out.Verdict = verdict(out.Status)
			out.Stated, out.Received, out.Accepted = number(s.El(2)), number(s.El(3)), number(s.El(4))
			out.Codes = codes(s, 5)
		}
	}
	return out, nil
}

func element(s *x12.Segment, d x12.Delimiters) ReceivedElement {
	n, rest, _ := x12.Part(s.El(1), d.Component)
	comp, rest, _ := x12.Part(rest, d.Component)
	return ReceivedElement{
		N: number(n), Component: number(comp), Repeat: number(rest),
		Ref: s.Text(2), Code: s.Text(3), Value: s.Text(4),
	}
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
		if c := s.Text(i); c != "" {
			out = append(out, c)
		}
	}
	return out
}

// verdict reads AK501 and AK901. M, W and X are refusals for reasons of security.
func verdict(status string) wire.Verdict {
	switch status {
	case "A":
		return wire.Accepted
	case "E":
		return wire.AcceptedWithErrors
	case "P":
		return wire.Partly
	}
	return wire.Rejected
}
