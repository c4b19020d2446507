package x12

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"strconv"

	"entente/edi/wire"
)

// Scan reads the envelopes of a file from its start to its end: for every
// interchange the header, its place, its counts and whether it is complete. It
// streams; memory does not grow with the file. Errors: *wire.Error of kind
// ErrNotEDI, ErrNotRead (ErrEDIFACT), ErrTruncated, ErrMalformed, ErrTooLarge, or
// that of r; what was read before the error is returned with it, the broken
// interchange last, with findings and Complete false.
func Scan(r io.Reader, limits wire.Limits) ([]Envelope, error) {
	var found []Envelope
	_, err := ScanRest(wire.Rest{Src: r}, limits, func(e *Envelope) { found = append(found, *e) })
	return found, err
}

// ScanRest is Scan over the rest of a file that gives every envelope to each as it ends.
// Where EDIFACT begins (ErrEDIFACT) it returns what is left then.
func ScanRest(rest wire.Rest, limits wire.Limits, each func(*Envelope)) (wire.Rest, error) {
	s := scanner{r: NewRestReader(rest, limits), each: each, sum: sha256.New(), sets: rest.Sets, found: rest.Interchanges, findings: rest.Findings}
	err := s.run()
	if !errors.Is(err, ErrEDIFACT) {
		return wire.Rest{}, err
	}
	left := s.r.Rest()
	left.Sets, left.Interchanges, left.Findings = s.sets, s.found, s.findings
	return left, err
}

// ScanBytes is Scan over bytes in memory, without copying them.
func ScanBytes(b []byte, limits wire.Limits) ([]Envelope, error) {
	var found []Envelope
	s := scanner{r: NewBytesReader(b, limits), each: func(e *Envelope) { found = append(found, *e) }, sum: sha256.New()}
	err := s.run()
	return found, err
}

type scanner struct {
	r        *Reader
	each     func(*Envelope)
	cur      *Envelope // nil between interchanges
	sum      hash.Hash
	mark     [1]byte
	sets     int // in the file
	found    int // interchanges in the file
	findings int // kept, of those that ended

	group     Group
	groupSets int
	inGroup   bool
	setOpen   bool
}

func (s *scanner) run() error {
	for {
		seg, err := s.r.Next()
		if err != nil {
			s.endInterchange(nil)
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return err
		}
		if seg.Kind == wire.InterchangeStart {
			s.endInterchange(nil)
			if s.found >= s.r.lim.Interchanges {
				return s.r.fail(wire.ErrTooLarge, "limit.interchanges", "")
			}
			s.begin(seg)
		}
		if s.cur == nil {
			continue
		}
		s.sum.Write(seg.Raw())
		s.mark[0] = s.r.delim.Terminator
		s.sum.Write(s.mark[:])
		s.cur.SegmentCount++
		if err := s.take(seg); err != nil {
			s.endInterchange(nil)
			return err
		}
	}
}

func (s *scanner) begin(seg *Segment) {
	s.cur = &Envelope{Header: s.r.Header(), Delimiters: s.r.Delimiters(), Offset: seg.Offset, Groups: []Group{}}
	s.sum.Reset()
	s.inGroup, s.setOpen = false, false
}

func (s *scanner) take(seg *Segment) error {
	switch seg.Kind {
	case wire.GroupStart:
		s.endGroup(nil, seg)
		s.group, s.inGroup, s.groupSets = GroupOf(seg), true, 0
		s.cur.GroupCount++
		if len(s.cur.Groups) < MaxScanGroups {
			s.cur.Groups = append(s.cur.Groups, s.group)
		}
	case wire.GroupEnd:
		s.endGroup(seg, seg)
	case wire.SetStart:
		s.groupSets++
		s.sets++
		s.cur.SetCount++
		if s.sets > s.r.lim.Sets {
			return s.r.fail(wire.ErrTooLarge, "limit.sets", "")
		}
	case wire.InterchangeEnd:
		s.endGroup(nil, seg)
		s.endInterchange(seg)
	}
	return nil
}

// endGroup closes the open group; ge is nil when GE is missing.
func (s *scanner) endGroup(ge, at *Segment) {
	if !s.inGroup {
		return
	}
	s.inGroup = false
	for _, f := range GroupEndFindings(s.group, s.groupSets, ge, at) {
		s.add(f)
	}
}

// endInterchange closes the open interchange; iea is nil when IEA is missing.
func (s *scanner) endInterchange(iea *Segment) {
	if s.cur == nil {
		return
	}
	if iea == nil {
		s.endGroup(nil, nil)
	}
	e := s.cur
	findings := InterchangeEndFindings(e.Header, e.GroupCount, iea)
	for _, f := range findings {
		s.add(f)
	}
	e.Complete = iea != nil && len(findings) == 0
	e.Length = s.r.Offset() - e.Offset
	if iea != nil {
		e.Length = iea.At(len(iea.Raw())) - e.Offset
		if !s.r.Unterminated() {
			e.Length = s.r.Offset() - e.Offset
		}
	} else if s.r.seg.Kind == wire.InterchangeStart && s.r.seg.Offset > e.Offset {
		e.Length = s.r.seg.Offset - e.Offset
	}
	e.Digest = hex.EncodeToString(s.sum.Sum(nil))
	s.found, s.findings = s.found+1, s.findings+len(e.Findings)
	s.cur = nil
	s.each(e)
}

func (s *scanner) add(f wire.Finding) {
	s.cur.Findings = wire.Keep(s.cur.Findings, f, min(s.r.lim.Findings, wire.FileFindings-s.findings))
}

// place is the position of a segment, zero for none.
func place(s *Segment) wire.Position {
	if s == nil {
		return wire.Position{}
	}
	return wire.Position{Offset: s.Offset, FileSegment: s.FileSegment, Segment: s.SetSegment}
}

// GroupEndFindings judges the end of a group that held sets transaction sets. ge
// is nil when GE is missing; at is where that was noticed, nil at the end of the
// file. Codes are those of AK905: 3, 4 and 5. They are told, and do not refuse the
// sets, each of which has had its verdict already.
func GroupEndFindings(g Group, sets int, ge, at *Segment) []wire.Finding {
	f := func(key, code, value string, el int, want string) wire.Finding {
		p := place(at)
		p.Element = el
		if el > 0 {
			p.Offset = ge.ElOffset(el)
		}
		return wire.Finding{
			Level: wire.LevelGroup, Severity: wire.AcceptedWithError, Key: key, Code: code,
			SegmentID: "GE", Pos: p, Value: clip(value), Args: map[string]string{"want": want, "group": g.Control},
		}
	}
	if ge == nil {
		return []wire.Finding{f("group.unfinished", "3", "", 0, "GE")}
	}
	var out []wire.Finding
	if n, ok := count(ge.El(1)); !ok || n != sets {
		out = append(out, f("group.count", "5", ge.Text(1), 1, strconv.Itoa(sets)))
	}
	if !sameNumber(ge.El(2), []byte(g.Control)) {
		out = append(out, f("group.control_differs", "4", ge.Text(2), 2, g.Control))
	}
	return out
}

// InterchangeEndFindings judges the end of an interchange with so many groups.
// iea is nil when IEA is missing. Codes are those of TA105: 001, 021 and 023.
func InterchangeEndFindings(h Header, groups int, iea *Segment) []wire.Finding {
	f := func(key, code, value string, el int, want string) wire.Finding {
		p := place(iea)
		p.Element = el
		if el > 0 {
			p.Offset = iea.ElOffset(el)
		}
		return wire.Finding{
			Level: wire.LevelInterchange, Severity: wire.Reject, Key: key, Code: code,
			SegmentID: "IEA", Pos: p, Value: clip(value), Args: map[string]string{"want": want, "control": h.Control},
		}
	}
	if iea == nil {
		return []wire.Finding{f("interchange.unfinished", "023", "", 0, "IEA")}
	}
	var out []wire.Finding
	if n, ok := count(iea.El(1)); !ok || n != groups {
		out = append(out, f("interchange.count", "021", iea.Text(1), 1, strconv.Itoa(groups)))
	}
	if !sameNumber(iea.El(2), []byte(h.Control)) {
		out = append(out, f("interchange.control_differs", "001", iea.Text(2), 2, h.Control))
	}
	return out
}

func clip(s string) string { return s[:min(len(s), wire.MaxValue)] }

// count reads a count of the envelope.
func count(b []byte) (int, bool) {
	if len(b) == 0 || len(b) > 10 {
		return 0, false
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// sameNumber compares two control numbers, leading zeros not counted.
func sameNumber(a, b []byte) bool {
	return bytes.Equal(bytes.TrimLeft(bytes.TrimSpace(a), "0"), bytes.TrimLeft(bytes.TrimSpace(b), "0"))
}
