package ack

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
)

// ErrNotCONTRL says that a message is no CONTRL.
var ErrNotCONTRL = errors.New("ack: the message is no CONTRL")

// The actions of 0083.
const (
	actionRejected     = "4"
	actionAcknowledged = "7"
)

// contrlID chooses the CONTRL by the interchange answered: it belongs to the syntax
// version, and to GS1's guide when the messages do.
func contrlID(ic *schema.InterchangeReport) edifact.MessageID {
	id := edifact.MessageID{Type: "CONTRL", Version: "D", Release: "3", Agency: "UN"}
	gs1 := "EAN004"
	switch v := ic.UNB.SyntaxVersion; {
	case v >= "4":
		id.Release, gs1 = "4", ""
	case v <= "2":
		id.Version, id.Release, gs1 = "2", "2", "EAN002"
	}
	for _, g := range ic.GroupReports {
		for _, s := range g.SetReports {
			if s.Message != nil && strings.HasPrefix(s.Message.Association, "EAN") {
				id.Association = gs1
			}
		}
	}
	return id
}

// BodyCONTRL makes the CONTRL that answers an interchange: UCI, UCF for every group
// on the wire, UCM for every message, also the accepted ones, and below a refused
// message UCS and UCD. There is one code for each level; only what refuses is told,
// as CONTRL knows no acceptance with errors. When the interchange itself is refused,
// UCI says it for everything. ErrNoAnswer when it holds nothing but CONTRL, or when
// UNB does not say from whom, to whom or under which reference it came.
func BodyCONTRL(ic *schema.InterchangeReport) (edifact.Body, error) {
	b := edifact.Body{ID: contrlID(ic)}
	h := ic.UNB
	if h == nil || h.Sender == "" || h.Recipient == "" || h.Reference == "" {
		return b, ErrNoAnswer
	}
	others := len(ic.GroupReports) == 0
	for _, g := range ic.GroupReports {
		for _, s := range g.SetReports {
			others = others || s.Type != "CONTRL"
		}
	}
	if !others {
		return b, ErrNoAnswer
	}
	action, fault := verdictOf(ic.Findings, wire.LevelInterchange)
	uci := []any{
		cut(h.Reference, 14), edifact.C(cut(h.Sender, 35), cut(h.SenderQualifier, 4), cut(h.SenderInternal, 35)),
		edifact.C(cut(h.Recipient, 35), cut(h.RecipientQualifier, 4), cut(h.RecipientInternal, 35)), action,
	}
	b.Segs = append(b.Segs, edifact.S("UCI", append(uci, fault...)...))
	if action == actionRejected {
		return b, nil
	}
	// Messages outside groups stand before the groups.
	groups := slices.Clone(ic.GroupReports)
	slices.SortStableFunc(groups, func(x, y schema.GroupReport) int {
		return cmp.Compare(rankGroup(&x), rankGroup(&y))
	})
	for i := range groups {
		g := &groups[i]
		if !g.Implicit {
			action, fault := verdictOf(g.Findings, wire.LevelGroup)
			ucf := []any{orText(cut(g.Header.Control, 14), "0"), cut(g.Header.Sender, 35), cut(g.Header.Receiver, 35), action}
			b.Segs = append(b.Segs, edifact.S("UCF", append(ucf, fault...)...))
			if action == actionRejected {
				continue
			}
		}
		for k := range g.SetReports {
			if s := &g.SetReports[k]; s.Type != "CONTRL" {
				b.Segs = append(b.Segs, messageSegments(s)...)
			}
		}
	}
	return b, nil
}

func rankGroup(g *schema.GroupReport) int {
	if g.Implicit {
		return 0
	}
	return 1
}

// cut shortens a value to what its place in CONTRL takes.
func cut(s string, n int) string {
	if len(s) <= n && utf8.ValidString(s) {
		return s
	}
	r := []rune(s)
	return string(r[:min(n, len(r))])
}

// verdictOf gives 0083 of a level, and 0085, 0013 and S011 of its first refusal.
func verdictOf(findings []wire.Finding, level wire.Level) (action string, fault []any) {
	for _, f := range findings {
		if f.Level == level && f.Severity == wire.Reject && f.Codes.CONTRL != "" {
			return actionRejected, faultOf(f)
		}
	}
	return actionAcknowledged, nil
}

// faultOf is the code, and for a service segment its tag and the place in it.
func faultOf(f wire.Finding) []any {
	out := []any{f.Codes.CONTRL}
	if !strings.HasPrefix(f.SegmentID, "UN") || len(f.SegmentID) != 3 {
		return out
	}
	out = append(out, f.SegmentID)
	if f.Pos.Element > 0 {
		out = append(out, elementAt(f))
	}
	return out
}

// elementAt is S011: the tag is element 1.
func elementAt(f wire.Finding) []string {
	at := edifact.C(strconv.Itoa(f.Pos.Element + 1))
	if f.Pos.Component > 0 {
		at = append(at, strconv.Itoa(f.Pos.Component))
	}
	return at
}

// The greatest use of UCS in a message and of UCD in a segment.
const (
	maxSegments = 999
	maxFaults   = 99
)

// messageSegments are UCM of a message, and UCS and UCD of its faults.
func messageSegments(s *schema.Set) []edifact.Seg {
	action, fault := verdictOf(s.Findings, wire.LevelSet)
	if s.Verdict == wire.Rejected {
		action = actionRejected
	}
	m := s.Message
	ucm := []any{
		orText(cut(s.Control, 14), "0"),
		edifact.C(orText(cut(m.Type, 6), "0"), orText(cut(m.Version, 3), "0"), orText(cut(m.Release, 3), "0"), orText(cut(m.Agency, 3), "UN"), cut(m.Association, 6)), action,
	}
	var list []wire.Finding
	for _, f := range s.Findings {
		if f.Severity == wire.Reject && f.Codes.CONTRL != "" && f.Pos.Segment > 0 && (f.Level == wire.LevelSegment || f.Level == wire.LevelElement) {
			list = append(list, f)
		}
	}
	if action == actionRejected && len(fault) == 0 && len(list) == 0 {
		fault = []any{"18"} // what was found is beyond the limit of findings
	}
	out := []edifact.Seg{edifact.S("UCM", append(ucm, fault...)...)}
	slices.SortStableFunc(list, func(a, b wire.Finding) int {
		if c := cmp.Compare(a.Pos.Segment, b.Pos.Segment); c != 0 {
			return c
		}
		return cmp.Compare(rank(a), rank(b))
	})
	at, segments, faults := 0, 0, 0
	for _, f := range list {
		if f.Pos.Segment != at {
			if segments++; segments > maxSegments {
				break
			}
			at, faults = f.Pos.Segment, 0
			ucs := []any{strconv.Itoa(at)}
			if f.Level == wire.LevelSegment {
				ucs = append(ucs, f.Codes.CONTRL)
			}
			out = append(out, edifact.S("UCS", ucs...))
		}
		if f.Level == wire.LevelElement {
			if faults++; faults <= maxFaults {
				out = append(out, edifact.S("UCD", f.Codes.CONTRL, elementAt(f)))
			}
		}
	}
	return out
}

// WriteCONTRL writes one interchange with the CONTRL that answers ic, under the given
// interchange reference and in the syntax of ic; what its character set cannot hold
// makes it UNOC. Of the style only EOL counts. Errors: ErrNoAnswer, *edifact.DataError, or that of w.
func WriteCONTRL(w io.Writer, ic *schema.InterchangeReport, style Style, reference string, at time.Time) error {
	body, err := BodyCONTRL(ic)
	if err != nil {
		return err
	}
	h := ic.UNB.Swapped()
	h.Reference = reference
	if v := h.SyntaxVersion; len(v) != 1 || v < "1" || v > "4" {
		h.SyntaxVersion = "3"
	}
	var out bytes.Buffer // whole or not at all
	err = edifact.WriteInterchange(&out, edifact.Outgoing{Header: h, Bodies: []edifact.Body{body}, EOL: style.EOL}, at)
	var bad *edifact.DataError
	if errors.As(err, &bad) {
		out.Reset()
		h.Syntax, h.Encoding = "UNOC", ""
		err = edifact.WriteInterchange(&out, edifact.Outgoing{Header: h, Bodies: []edifact.Body{body}, EOL: style.EOL}, at)
	}
	if err != nil {
		return err
	}
	_, err = w.Write(out.Bytes())
	return err
}

// answerCONTRL writes the answer to an interchange of EDIFACT, if there is one.
func answerCONTRL(w io.Writer, ic *schema.InterchangeReport, at time.Time) error {
	err := WriteCONTRL(w, ic, Style{}, strconv.FormatInt(fromText(ic.UNB.Reference), 10), at)
	var bad *edifact.DataError
	if errors.Is(err, ErrNoAnswer) || errors.As(err, &bad) {
		return nil
	}
	return err
}

// ReceivedCONTRL is an incoming CONTRL: what the partner says about one interchange of
// ours.
type ReceivedCONTRL struct {
	Reference string `json:"reference"` // our 0020
	Sender    string `json:"sender"`    // ours, as we wrote it
	Recipient string `json:"recipient"`
	ReceivedPart
	Groups   []ReceivedUNGroup `json:"groups,omitempty"`
	Messages []ReceivedMessage `json:"messages,omitempty"` // those outside groups
}

// ReceivedPart is the verdict on an interchange, a group or a message.
type ReceivedPart struct {
	Action  string       `json:"action"` // 0083: 4 rejected, 7 acknowledged, 8 received
	Verdict wire.Verdict `json:"verdict"`
	Code    string       `json:"code,omitempty"`    // 0085
	Segment string       `json:"segment,omitempty"` // 0013, the service segment in error
}

// ReceivedUNGroup is what the partner says about one group.
type ReceivedUNGroup struct {
	Reference string `json:"reference"`
	ReceivedPart
	Messages []ReceivedMessage `json:"messages,omitempty"`
}

// ReceivedMessage is what the partner says about one message of ours.
type ReceivedMessage struct {
	Reference string            `json:"reference"` // our 0062
	ID        edifact.MessageID `json:"id"`
	ReceivedPart
	// Segments have N counted from UNH = 1; the place of an element is counted
	// as in a wire.Position, from the first after the tag.
	Segments []ReceivedSegment `json:"segments,omitempty"`
}

// ReadCONTRL takes an incoming CONTRL apart. It takes what is there: one that its own
// judgement rejected is read as far as it goes. The only error is ErrNotCONTRL.
func ReadCONTRL(set *schema.Set) (ReceivedCONTRL, error) {
	if set.Type != "CONTRL" || set.Message == nil {
		return ReceivedCONTRL{}, ErrNotCONTRL
	}
	var out ReceivedCONTRL
	var msg *ReceivedMessage
	var seg *ReceivedSegment
	list := &out.Messages
	for i := range set.Un {
		s := &set.Un[i]
		switch string(s.TagBytes()) {
		case "UCI":
			out.Reference, out.Sender, out.Recipient = s.Text(1, 1), s.Text(2, 1), s.Text(3, 1)
			out.ReceivedPart = part(s, 4)
		case "UCF":
			out.Groups = append(out.Groups, ReceivedUNGroup{Reference: s.Text(1, 1), ReceivedPart: part(s, 4)})
			list, msg, seg = &out.Groups[len(out.Groups)-1].Messages, nil, nil
		case "UCM":
			*list = append(*list, ReceivedMessage{Reference: s.Text(1, 1), ID: edifact.MessageOf(s), ReceivedPart: part(s, 3)})
			msg, seg = &(*list)[len(*list)-1], nil
		case "UCS":
			if msg != nil {
				msg.Segments = append(msg.Segments, ReceivedSegment{N: number(s.El(1, 1)), Code: s.Text(2, 1)})
				seg = &msg.Segments[len(msg.Segments)-1]
			}
		case "UCD":
			if seg != nil {
				seg.Elements = append(seg.Elements, ReceivedElement{
					N: max(number(s.El(2, 1))-1, 0), Component: number(s.El(2, 2)), Repeat: number(s.El(2, 3)), Code: s.Text(1, 1),
				})
			}
		}
	}
	return out, nil
}

// part reads 0083, 0085 and 0013 from element el on.
func part(s *edifact.Segment, el int) ReceivedPart {
	p := ReceivedPart{Action: s.Text(el, 1), Code: s.Text(el+1, 1), Segment: s.Text(el+2, 1), Verdict: wire.Accepted}
	if p.Action != actionAcknowledged && p.Action != "8" {
		p.Verdict = wire.Rejected
	}
	return p
}
