package schema

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"entente/edi/edifact"
	"entente/edi/wire"
	"entente/edi/x12"
)

// SyntaxEDIFACT is Interchange.Syntax of EDIFACT; that of X12 is empty.
const SyntaxEDIFACT = "EDIFACT"

// sniffLen is how much of a file is looked at to tell its syntax.
const sniffLen = 2 << 10

// sniff says whether r gives EDIFACT, and gives a reader of the whole.
func sniff(r io.Reader) (io.Reader, bool, error) {
	head := make([]byte, sniffLen)
	n, err := io.ReadFull(r, head)
	head = head[:n]
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, false, err
	}
	whole := io.MultiReader(bytes.NewReader(head), r)
	if err != nil {
		whole = bytes.NewReader(head)
	}
	return whole, edifact.Is(head), nil
}

// unEngine walks one file of EDIFACT. Messages outside groups stand in an implicit
// group, so that a Visitor sees the same order as with X12.
type unEngine struct {
	r    *edifact.Reader
	v    Visitor
	lim  wire.Limits
	skip int
	opt  Options

	ic       Interchange
	head     edifact.Header
	icOpen   bool
	icTold   int // messages told
	icBad    int // of those, rejected
	icErr    bool
	explicit int    // groups begun with UNG
	packages int    // UNO, of the interchange
	uno      []byte // length and reference of the package
	groupsOf controls
	group    Group
	grHead   edifact.Group
	grOpen   bool
	grErr    bool
	grTold   int
	unhSeen  controls
	set      Set
	id       *edifact.MessageID // of the message, never changed
	version  string             // of id, without the type
	idRaw    []byte             // what id was read from
	dir      *directory         // of id, nil when there is none
	stOpen   bool
	skipped  bool
	sets     int
	groups   int
	ics      int

	judge unJudge
	raw   []byte // of the message's segments, unless the reader's last
	segs  []edifact.Segment
	text  words // references and the like
	size  int
	full  bool
}

// runEDIFACT reads interchanges of EDIFACT, after what was seen of the file, and counts
// on.
func runEDIFACT(r *edifact.Reader, opt Options, v Visitor, n seen) (seen, error) {
	e := &unEngine{r: r, v: v, lim: opt.Limits.Filled(), skip: opt.SkipSets, opt: opt, ics: n.ics, groups: n.groups, sets: n.sets}
	e.judge.limit, e.judge.treats = e.lim.Findings, opt.Tolerance
	err := e.run(r)
	return seen{e.ics, e.groups, e.sets}, err
}

func (e *unEngine) run(r *edifact.Reader) error {
	for {
		s, err := r.Next()
		if err == nil {
			if err = e.take(s); err != nil {
				return err
			}
			if !e.stOpen {
				r.LetGo() // only segments of a set must last
			}
			continue
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		var we *wire.Error
		if !errors.As(err, &we) {
			return err
		}
		if cerr := e.closeAll(nil); cerr != nil {
			return cerr
		}
		return err
	}
}

// closeAll ends what is open; s is the segment that shows it, nil at the end of
// the file.
func (e *unEngine) closeAll(s *edifact.Segment) error {
	if err := e.endGroup(nil, s); err != nil {
		return err
	}
	return e.endInterchange(nil, s)
}

func (e *unEngine) take(s *edifact.Segment) error {
	switch s.Kind {
	case wire.Body:
		if !e.skipped {
			e.keep(s)
			if !e.r.Unterminated() { // what is cut off is told once, as such
				e.judge.segment(s)
			}
		}
		e.set.SegmentCount++
	case wire.SetStart:
		if err := e.endSet(nil, s); err != nil {
			return err
		}
		if !e.grOpen {
			if err := e.beginGroup(nil, s); err != nil {
				return err
			}
		}
		return e.beginSet(s)
	case wire.SetEnd:
		return e.endSet(s, s)
	case wire.GroupStart:
		if err := e.endGroup(nil, s); err != nil {
			return err
		}
		return e.beginGroup(s, s)
	case wire.GroupEnd:
		return e.endGroup(s, s)
	case wire.InterchangeStart:
		if err := e.closeAll(s); err != nil {
			return err
		}
		return e.beginInterchange(s)
	case wire.InterchangeEnd:
		if err := e.endGroup(nil, s); err != nil {
			return err
		}
		return e.endInterchange(s, s)
	case wire.Stray:
		e.icFinding(wire.Finding{
			Level: wire.LevelInterchange, Severity: wire.Reject, Key: "un_interchange.stray", Codes: wire.Codes{CONTRL: ctlOutside},
			SegmentID: clip(s.TagBytes()), Pos: unPosition(s),
		})
	case wire.Service:
		return e.packaged(s)
	case wire.Object:
	}
	return nil
}

// packaged notes a package: what it holds is kept as it is and not judged.
func (e *unEngine) packaged(s *edifact.Segment) error {
	switch s.ID() {
	case "UNO":
		if err := e.endSet(nil, s); err != nil {
			return err
		}
		e.packages++
		e.uno = append(append(append(e.uno[:0], s.El(4, 1)...), 0), s.El(1, 1)...)
		p := unPosition(s)
		p.Element, p.Component, p.Offset = 4, 1, s.ElOffset(4, 1)
		e.icFinding(wire.Finding{
			Level: wire.LevelInterchange, Severity: wire.Note, Key: "un_interchange.package",
			SegmentID: "UNO", Pos: p, Ref: "0810", Value: clip(s.El(4, 1)),
		})
	case "UNP":
		if unp := append(append(bytes.Clone(s.El(1, 1)), 0), s.El(2, 1)...); !bytes.Equal(unp, e.uno) {
			p := unPosition(s)
			p.Element, p.Offset = 1, s.ElOffset(1, 1)
			e.icFinding(wire.Finding{
				Level: wire.LevelInterchange, Severity: wire.Reject, Key: "un_interchange.package_differs", Codes: wire.Codes{CONTRL: ctlReference},
				SegmentID: "UNP", Pos: p, Ref: "0810", Value: clip(s.El(1, 1)),
			})
		}
		e.uno = e.uno[:0]
	}
	return nil
}

func (e *unEngine) icFinding(f wire.Finding) {
	e.ic.Findings = wire.Keep(e.ic.Findings, f, e.lim.Findings)
}

// neutralHeader puts a UNB into the fields that X12 has too.
func neutralHeader(h edifact.Header) x12.Header {
	usage := "P"
	if h.Test {
		usage = "T"
	}
	return x12.Header{
		SenderQualifier: h.SenderQualifier, Sender: h.Sender, ReceiverQualifier: h.RecipientQualifier, Receiver: h.Recipient,
		Date: h.Date, Time: h.Time, Version: h.Syntax + ":" + h.SyntaxVersion, Control: h.Reference,
		AckRequested: h.AckRequested, Usage: usage,
	}
}

func (e *unEngine) beginInterchange(s *edifact.Segment) error {
	if e.ics == e.lim.Interchanges {
		return &wire.Error{Kind: wire.ErrTooLarge, Key: "limit.interchanges", Pos: unPosition(s)}
	}
	e.head = e.r.Header()
	head := e.head
	e.ic = Interchange{Index: e.ics, Syntax: SyntaxEDIFACT, UNB: &head, Header: neutralHeader(head), Offset: e.r.Begin()}
	e.ics++
	e.icOpen, e.icTold, e.icBad, e.icErr, e.explicit, e.packages = true, 0, 0, false, 0, 0
	e.groupsOf.reset()
	_, known := e.r.Charset()
	e.ic.Findings = unbFindings(s, head, known)
	if n := e.r.Skipped(); n > 0 {
		e.icFinding(wire.Finding{
			Level: wire.LevelInterchange, Severity: wire.Note, Key: "interchange.leading",
			SegmentID: "UNB", Pos: unPosition(s), Args: map[string]string{"bytes": strconv.FormatInt(n, 10)},
		})
	}
	if w, ok := e.r.Wrapped(); ok {
		e.icFinding(wrapFinding(w, "UNB", unPosition(s)))
	}
	return e.v.Interchange(&e.ic)
}

// unbFindings judges the content of a UNB.
func unbFindings(s *edifact.Segment, h edifact.Header, charset bool) []wire.Finding {
	var out []wire.Finding
	add := func(key, code string, el, comp int, ref string, sev wire.Severity) {
		p := unPosition(s)
		p.Element, p.Component, p.Offset = el, comp, s.ElOffset(el, comp)
		out = append(out, wire.Finding{
			Level: wire.LevelInterchange, Severity: sev, Key: key, Codes: wire.Codes{CONTRL: code},
			SegmentID: "UNB", Pos: p, Ref: ref, Value: clip([]byte(s.Text(el, comp))),
		})
	}
	if !charset {
		add("un_interchange.syntax", "2", 1, 1, "0001", wire.Reject)
	}
	if v := h.SyntaxVersion; len(v) != 1 || v < "1" || v > "4" {
		add("un_interchange.version", "2", 1, 2, "0002", wire.Reject)
	}
	if h.Sender == "" {
		add("un_interchange.sender", ctlMissing, 2, 1, "0004", wire.Reject)
	}
	if h.Recipient == "" {
		add("un_interchange.recipient", ctlMissing, 3, 1, "0010", wire.Reject)
	}
	if !validDate([]byte(h.Date)) {
		add("un_interchange.date", ctlInvalid, 4, 1, "0017", wire.AcceptedWithError)
	}
	if len(h.Time) != 4 || !validTime([]byte(h.Time)) {
		add("un_interchange.time", ctlInvalid, 4, 2, "0019", wire.AcceptedWithError)
	}
	if h.Reference == "" {
		add("un_interchange.reference", ctlMissing, 5, 1, "0020", wire.Reject)
	} else if len(h.Reference) > 14 {
		add("un_interchange.reference_long", ctlLong, 5, 1, "0020", wire.AcceptedWithError)
	}
	return out
}

func (e *unEngine) endInterchange(unz, at *edifact.Segment) error {
	if !e.icOpen {
		return nil
	}
	e.icOpen = false
	n := e.ic.Sets + e.packages
	if e.explicit > 0 {
		n = e.explicit
	}
	for _, f := range edifact.InterchangeEndFindings(e.head, n, unz) {
		e.icFinding(f)
	}
	e.ic.Length = e.end(at) - e.ic.Offset
	e.ic.Verdict = wire.VerdictOf(e.ic.Findings)
	switch {
	case e.ic.Verdict == wire.Rejected:
	case e.icBad > 0 && e.icBad == e.icTold:
		e.ic.Verdict = wire.Rejected
	case e.icBad > 0:
		e.ic.Verdict = wire.Partly
	case e.icErr:
		e.ic.Verdict = wire.AcceptedWithErrors
	}
	return e.v.InterchangeEnd(&e.ic)
}

// end is the offset where the thing closed by segment s ends: after the segment if
// it is the trailer, before it if it begins something new.
func (e *unEngine) end(s *edifact.Segment) int64 {
	switch {
	case s == nil:
	case s.Kind == wire.InterchangeStart:
		return e.r.Begin()
	case s.Kind == wire.GroupStart || s.Kind == wire.SetStart:
		return s.Offset
	}
	return e.r.Offset()
}

// beginGroup opens a group; ung is nil for the implicit one, which the message at
// opens.
func (e *unEngine) beginGroup(ung, at *edifact.Segment) error {
	e.group = Group{Index: e.groups, Interchange: e.ic.Index, Offset: at.Offset, Implicit: ung == nil}
	e.groups++
	e.ic.Groups++
	e.grOpen, e.grErr, e.grTold = true, false, 0
	e.grHead = edifact.Group{}
	e.unhSeen.reset()
	if ung != nil {
		g := edifact.GroupOf(ung)
		e.grHead = g
		e.explicit++
		e.group.Header = x12.Group{
			FunctionalID: g.Type, Sender: g.Sender, Receiver: g.Recipient, Date: g.Date, Time: g.Time,
			Control: g.Reference, Agency: g.Agency, Version: strings.Trim(g.Version+":"+g.Release, ":"),
		}
		add := func(key, code string, sev wire.Severity) {
			p := unPosition(ung)
			p.Element, p.Offset = 5, ung.ElOffset(5, 1)
			e.group.Findings = append(e.group.Findings, wire.Finding{
				Level: wire.LevelGroup, Severity: sev, Key: key, Codes: wire.Codes{CONTRL: code},
				SegmentID: "UNG", Pos: p, Ref: "0048", Value: clip([]byte(g.Reference)),
			})
		}
		if g.Reference == "" {
			add("un_group.reference", ctlMissing, wire.AcceptedWithError)
		} else if !e.groupsOf.add(g.Reference) {
			add("un_group.reference_repeated", "26", wire.AcceptedWithError)
		}
	}
	return e.v.Group(&e.group)
}

func (e *unEngine) endGroup(une, at *edifact.Segment) error {
	if !e.grOpen {
		return nil
	}
	if err := e.endSet(nil, at); err != nil {
		return err
	}
	e.grOpen = false
	g := &e.group
	g.Stated = g.Received
	if une != nil {
		if n, err := strconv.Atoi(une.Text(1, 1)); err == nil && n >= 0 {
			g.Stated = n
		}
	}
	if !g.Implicit {
		g.Findings = append(g.Findings, edifact.GroupEndFindings(e.grHead, g.Received, une, at)...)
	}
	g.Verdict = wire.VerdictOf(g.Findings)
	switch {
	case g.Verdict == wire.Rejected || e.grTold == 0:
	case g.Accepted == 0:
		g.Verdict = wire.Rejected
	case g.Accepted < e.grTold:
		g.Verdict = wire.Partly
	case e.grErr:
		g.Verdict = wire.AcceptedWithErrors
	}
	e.icErr = e.icErr || g.Verdict == wire.AcceptedWithErrors
	return e.v.GroupEnd(g)
}

func (e *unEngine) beginSet(s *edifact.Segment) error {
	if e.sets == e.lim.Sets {
		return &wire.Error{Kind: wire.ErrTooLarge, Key: "limit.sets", Pos: unPosition(s)}
	}
	e.identify(s)
	e.set = Set{
		Index: e.sets, Group: e.group.Index, Interchange: e.ic.Index, InGroup: e.group.Received,
		Type: e.id.Type, Control: e.reference(s), Version: e.version, Message: e.id,
		Offset: s.Offset, SegmentCount: 1,
	}
	e.stOpen = true
	e.skipped = e.sets < e.skip
	e.sets++
	e.ic.Sets++
	e.group.Received++
	fresh := e.unhSeen.add(e.set.Control)
	if e.skipped {
		e.r.LetGo()
		return nil
	}
	e.raw, e.segs = e.raw[:0], e.segs[:0]
	e.size, e.full = 0, false
	e.r.Hold(s)
	id, dir := e.id, e.dir
	var def *unMessage
	if dir != nil && e.opt.takes(id.Type) {
		if len(e.opt.Own) > 0 {
			if own := e.opt.own(dir.name, id.Type); own != nil {
				dir = own.directory
			}
		}
		e.set.Release = dir.name
		def = dir.messages[id.Type]
	}
	e.set.dir = dir
	set, _ := e.r.Charset()
	e.judge.begin(dir, def, set, id.Association)
	e.keep(s)
	e.setHead(s, def, fresh)
	return nil
}

// reference is 0062 of UNH.
func (e *unEngine) reference(s *edifact.Segment) string {
	if s.Released || s.High {
		return s.Text(1, 1)
	}
	return e.text.keep(s.El(1, 1))
}

// identify reads S009 of UNH; a message like the one before keeps its words.
func (e *unEngine) identify(s *edifact.Segment) {
	raw := s.Raw()[s.Start(2, 1):]
	if e.id != nil && bytes.Equal(raw, e.idRaw) {
		return
	}
	e.idRaw = append(e.idRaw[:0], raw...)
	id := edifact.MessageOf(s)
	e.id, e.version = &id, id.Version+":"+id.Release+":"+id.Agency
	if id.Association != "" {
		e.version += ":" + id.Association
	}
	e.dir = directoryOf(id)
}

// setHead judges UNH.
func (e *unEngine) setHead(s *edifact.Segment, def *unMessage, fresh bool) {
	add := func(key, code string, el int, ref string, sev wire.Severity, args map[string]string) {
		e.judge.add(unSetFinding(key, code, sev, s, el, ref, args))
	}
	if def == nil {
		add("un_set.unsupported", ctlValue, 2, "0065", wire.Reject, map[string]string{"version": e.set.Version})
	} else if g := e.grHead.Type; g != "" && g != e.id.Type {
		add("un_set.wrong_group", "31", 2, "0065", wire.AcceptedWithError, map[string]string{"group": g})
	}
	switch c := e.set.Control; {
	case c == "":
		add("un_set.reference", ctlMissing, 1, "0062", wire.Reject, nil)
	case !fresh:
		add("un_set.reference_repeated", "26", 1, "0062", wire.Reject, nil)
	case len(c) > 14:
		add("un_set.reference_long", ctlLong, 1, "0062", wire.AcceptedWithError, nil)
	}
	if e.group.Implicit && e.explicit > 0 {
		add("un_set.mixed", ctlMixed, 0, "", wire.Reject, nil)
	}
}

// keep adds a segment to the message: its marks are held by the reader, its bytes
// are copied where they would not last.
func (e *unEngine) keep(s *edifact.Segment) {
	if e.full {
		return
	}
	e.size += len(s.Raw()) + 1
	if e.size > e.lim.Set {
		e.full = true
		e.r.LetGo()
		e.judge.add(unSetFinding("set.too_large", ctlUnspecified, wire.Reject, s, 0, "", map[string]string{"max": strconv.Itoa(e.lim.Set)}))
		return
	}
	e.segs = append(e.segs, *s)
	if !e.r.Lasting() {
		e.raw = e.segs[len(e.segs)-1].MoveTo(e.raw)
	}
}

// endSet closes the open message; unt is nil when UNT is missing.
func (e *unEngine) endSet(unt, at *edifact.Segment) error {
	if !e.stOpen {
		return nil
	}
	e.stOpen = false
	if unt != nil {
		e.set.SegmentCount++
	}
	if e.skipped {
		return nil
	}
	e.set.Length = e.end(at) - e.set.Offset
	if at != nil && at.Kind != wire.SetEnd && at.Kind != wire.InterchangeStart { // closed by another trailer: end before it
		e.set.Length = at.Offset - e.set.Offset
	}
	e.setTail(unt, at)
	if e.opt.Also != nil && e.judge.msg != nil {
		e.set.Un = e.segs
		for _, f := range e.opt.Also(&e.set) {
			e.judge.add(f)
		}
		slices.SortStableFunc(e.judge.findings, func(a, b wire.Finding) int { return cmp.Compare(a.Pos.FileSegment, b.Pos.FileSegment) })
	}
	e.set.Findings, e.set.Dropped = e.judge.findings, e.judge.dropped
	e.set.Verdict = wire.VerdictOf(e.set.Findings)
	if e.set.Dropped > 0 {
		e.set.Verdict = wire.Rejected
	}
	e.set.Un = e.segs
	e.grTold++
	e.icTold++
	switch e.set.Verdict {
	case wire.Rejected:
		e.icBad++
	case wire.AcceptedWithErrors:
		e.grErr = true
		e.group.Accepted++
	case wire.Accepted, wire.Partly:
		e.group.Accepted++
	}
	return e.v.Set(&e.set)
}

// setTail judges UNT and what the message still owes.
func (e *unEngine) setTail(unt, at *edifact.Segment) {
	j := &e.judge
	if unt == nil {
		f := unSetFinding("un_set.unfinished", ctlMissing, wire.Reject, at, 0, "", nil)
		f.SegmentID = "UNT"
		j.add(f)
		return
	}
	e.keep(unt)
	if j.msg != nil {
		j.finish(unt)
	}
	if n, err := strconv.Atoi(string(unt.El(1, 1))); err != nil || n != e.set.SegmentCount {
		j.add(unSetFinding("un_set.count", ctlCount, wire.Reject, unt, 1, "0074", map[string]string{"want": strconv.Itoa(e.set.SegmentCount)}))
	}
	if string(unt.Plain(unt.El(2, 1))) != e.set.Control && unt.Text(2, 1) != e.set.Control {
		j.add(unSetFinding("un_set.reference_differs", ctlReference, wire.Reject, unt, 2, "0062", map[string]string{"want": e.set.Control}))
	}
}

// unSetFinding makes a finding about a whole message; s may be nil.
func unSetFinding(key, code string, sev wire.Severity, s *edifact.Segment, el int, ref string, args map[string]string) wire.Finding {
	f := wire.Finding{Level: wire.LevelSet, Severity: sev, Key: key, Codes: wire.Codes{CONTRL: code}, Ref: ref, Args: args}
	if s == nil {
		return f
	}
	f.SegmentID = clip(s.TagBytes())
	f.Pos = unPosition(s)
	if el > 0 {
		f.Pos.Element = el
		f.Pos.Offset = s.ElOffset(el, 1)
		f.Value = clip([]byte(s.Text(el, 1)))
	}
	return f
}
