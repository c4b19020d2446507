package edifact

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
// ErrNotEDI, ErrNotRead, ErrTruncated, ErrMalformed, ErrTooLarge, or that of r;
// what was read before the error is returned with it, the broken interchange last,
// with findings and Complete false.
func Scan(r io.Reader, limits wire.Limits) ([]Envelope, error) {
	var found []Envelope
	_, err := ScanRest(wire.Rest{Src: r}, limits, func(e *Envelope) { found = append(found, *e) })
	return found, err
}

// ScanRest is Scan over the rest of a file that gives every envelope to each as it ends.
// Where X12 begins (ErrX12) it returns what is left then.
func ScanRest(rest wire.Rest, limits wire.Limits, each func(*Envelope)) (wire.Rest, error) {
	s := scanner{r: NewRestReader(rest, limits), each: each, sum: sha256.New(), sets: rest.Sets, found: rest.Interchanges, findings: rest.Findings}
	err := s.run()
	if !errors.Is(err, ErrX12) {
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
	packages  int // in the interchange
}

func (s *scanner) run() error {
	for {
		seg, err := s.r.Next()
		if err != nil {
			s.endInterchange(nil, s.r.Offset())
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return err
		}
		if seg.Kind == wire.InterchangeStart {
			s.endInterchange(nil, s.r.Begin())
			if s.found >= s.r.lim.Interchanges {
				return s.r.fail(wire.ErrTooLarge, "limit.interchanges", "")
			}
			s.cur = &Envelope{Header: s.r.Header(), Delimiters: s.r.Delimiters(), Offset: s.r.Begin(), Messages: []MessageID{}}
			s.sum.Reset()
			s.inGroup, s.packages = false, 0
		}
		if s.cur == nil {
			continue
		}
		s.sum.Write(seg.Raw())
		s.mark[0] = s.r.delim.Terminator
		s.sum.Write(s.mark[:])
		if seg.Kind != wire.Object {
			s.cur.SegmentCount++
		}
		if err := s.take(seg); err != nil {
			s.endInterchange(nil, s.r.Offset())
			return err
		}
	}
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
	case wire.Service:
		if seg.Tag == tagUNO {
			s.packages++
		}
	case wire.SetStart:
		s.groupSets++
		s.sets++
		s.cur.MessageCount++
		if len(s.cur.Messages) < MaxScanGroups {
			s.cur.Messages = append(s.cur.Messages, MessageOf(seg))
		}
		if s.sets > s.r.lim.Sets {
			return s.r.fail(wire.ErrTooLarge, "limit.sets", "")
		}
	case wire.InterchangeEnd:
		s.endGroup(nil, seg)
		s.endInterchange(seg, s.r.Offset())
	}
	return nil
}

// endGroup closes the open group; une is nil when UNE is missing.
func (s *scanner) endGroup(une, at *Segment) {
	if !s.inGroup {
		return
	}
	s.inGroup = false
	for _, f := range GroupEndFindings(s.group, s.groupSets, une, at) {
		s.add(f)
	}
}

// endInterchange closes the open interchange, which ends at offset end; unz is nil
// when UNZ is missing.
func (s *scanner) endInterchange(unz *Segment, end int64) {
	if s.cur == nil {
		return
	}
	if unz == nil {
		s.endGroup(nil, nil)
	}
	e := s.cur
	n := e.MessageCount + s.packages
	if e.GroupCount > 0 {
		n = e.GroupCount
	}
	findings := InterchangeEndFindings(e.Header, n, unz)
	for _, f := range findings {
		s.add(f)
	}
	e.Complete = unz != nil && len(findings) == 0
	e.Length = end - e.Offset
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

// trailer makes a finding about UNE or UNZ.
func trailer(level wire.Level, id, key, code string, s *Segment, el int, args map[string]string) wire.Finding {
	p := place(s)
	value := ""
	if el > 0 {
		p.Element, p.Offset = el, s.ElOffset(el, 1)
		value = clip(s.Text(el, 1))
	}
	sev := wire.Reject
	if level == wire.LevelGroup {
		sev = wire.AcceptedWithError
	}
	return wire.Finding{
		Level: level, Severity: sev, Key: key, Codes: wire.Codes{CONTRL: code},
		SegmentID: id, Pos: p, Value: value, Args: args,
	}
}

// GroupEndFindings judges the end of a group that held so many messages. une is nil
// when UNE is missing; at is where that was noticed, nil at the end of the file. The
// codes are of list 0085: 13, 28 and 29. They are told, and do not refuse the
// messages, each of which has had its verdict already.
func GroupEndFindings(g Group, messages int, une, at *Segment) []wire.Finding {
	if une == nil {
		return []wire.Finding{trailer(wire.LevelGroup, "UNE", "un_group.unfinished", "13", at, 0, map[string]string{"group": g.Reference})}
	}
	var out []wire.Finding
	if n, ok := count(une.El(1, 1)); !ok || n != messages {
		out = append(out, trailer(wire.LevelGroup, "UNE", "un_group.count", "29", une, 1, map[string]string{"want": strconv.Itoa(messages)}))
	}
	if une.Text(2, 1) != g.Reference {
		out = append(out, trailer(wire.LevelGroup, "UNE", "un_group.reference_differs", "28", une, 2, map[string]string{"want": g.Reference}))
	}
	return out
}

// InterchangeEndFindings judges the end of an interchange that held n groups or, when
// it has none, n messages. unz is nil when UNZ is missing. The codes are of list 0085.
func InterchangeEndFindings(h Header, n int, unz *Segment) []wire.Finding {
	if unz == nil {
		return []wire.Finding{trailer(wire.LevelInterchange, "UNZ", "un_interchange.unfinished", "13", nil, 0, map[string]string{"reference": h.Reference})}
	}
	var out []wire.Finding
	if got, ok := count(unz.El(1, 1)); !ok || got != n {
		out = append(out, trailer(wire.LevelInterchange, "UNZ", "un_interchange.count", "29", unz, 1, map[string]string{"want": strconv.Itoa(n)}))
	}
	if unz.Text(2, 1) != h.Reference {
		out = append(out, trailer(wire.LevelInterchange, "UNZ", "un_interchange.reference_differs", "28", unz, 2, map[string]string{"want": h.Reference}))
	}
	return out
}

// clip cuts a value to what a finding keeps, and to whole characters.
func clip(s string) string {
	if len(s) <= wire.MaxValue {
		return s
	}
	n := wire.MaxValue
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}

// count reads a count of the envelope.
func count(b []byte) (int, bool) {
	b = bytes.TrimSpace(b)
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
