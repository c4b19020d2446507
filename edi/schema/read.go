package schema

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"strconv"

	"entente/edi/edifact"
	"entente/edi/wire"
	"entente/edi/x12"
)

// Read judges every interchange of r. A file that breaks off or whose envelope
// cannot be followed closes what is open (with findings) and then returns the
// *wire.Error. An error of r itself, or of the Visitor, ends Read at once and is
// returned unchanged. At the proper end it returns nil.
//
// Interchanges that begin with UNA or UNB are read as EDIFACT: what Interchange, Group
// and Set say of them stands there. A file may hold both standards.
func Read(r io.Reader, opt Options, v Visitor) error {
	r, un, err := sniff(r)
	if err != nil {
		return err
	}
	return both(wire.Rest{Src: r}, un, opt, v)
}

// ReadBytes is Read over bytes in memory, without copying them.
func ReadBytes(b []byte, opt Options, v Visitor) error {
	return both(wire.Rest{Head: b}, edifact.Is(b[:min(len(b), sniffLen)]), opt, v)
}

// seen counts what was read of a file.
type seen struct{ ics, groups, sets int }

// both reads a file with interchanges of either standard.
func both(rest wire.Rest, un bool, opt Options, v Visitor) error {
	var n seen
	for {
		var err error
		var other error
		if un {
			other = edifact.ErrX12
			r := edifact.NewRestReader(rest, opt.Limits)
			n, err = runEDIFACT(r, opt, v, n)
			rest = r.Rest()
		} else {
			other = x12.ErrEDIFACT
			r := x12.NewRestReader(rest, opt.Limits)
			n, err = run(r, opt, v, n)
			rest = r.Rest()
		}
		if !errors.Is(err, other) {
			return err
		}
		un = !un
	}
}

// engine walks one file.
type engine struct {
	r   *x12.Reader
	v   Visitor
	lim wire.Limits
	// skip is how many sets are passed over.
	skip int
	opt  Options

	ic      Interchange
	icOpen  bool
	icTold  int // sets told
	icBad   int // of those, rejected
	icEmpty int // groups refused without a set
	icErr   bool
	gsSeen  controls
	group   Group
	grOpen  bool
	refused bool // the group cannot be judged
	grErr   bool // a set was accepted with errors
	grTold  int
	stSeen  controls
	set     Set
	stOpen  bool
	skipped bool // the open set is passed over
	sets    int
	groups  int
	ics     int

	judge judge
	rel   *release
	raw   []byte // of the set's segments, unless the reader's last
	segs  []x12.Segment
	text  words // control numbers and the like
	size  int
	full  bool
}

// run reads interchanges of X12, after what was seen of the file, and counts on.
func run(r *x12.Reader, opt Options, v Visitor, n seen) (seen, error) {
	e := &engine{r: r, v: v, lim: opt.Limits.Filled(), skip: opt.SkipSets, opt: opt, ics: n.ics, groups: n.groups, sets: n.sets}
	e.judge.limit, e.judge.nesting, e.judge.treats = e.lim.Findings, e.lim.Nesting, opt.Tolerance
	r.LookOver()
	err := e.run(r)
	return seen{e.ics, e.groups, e.sets}, err
}

func (e *engine) run(r *x12.Reader) error {
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
func (e *engine) closeAll(s *x12.Segment) error {
	if err := e.endGroup(nil, s); err != nil {
		return err
	}
	return e.endInterchange(nil, s)
}

func (e *engine) take(s *x12.Segment) error {
	switch s.Kind {
	case wire.Body:
		if !e.skipped {
			e.keep(s)
			e.judge.segment(s)
		}
		e.set.SegmentCount++
	case wire.SetStart:
		if err := e.endSet(nil, s); err != nil {
			return err
		}
		return e.beginSet(s)
	case wire.SetEnd:
		return e.endSet(s, s)
	case wire.GroupStart:
		if err := e.endGroup(nil, s); err != nil {
			return err
		}
		return e.beginGroup(s)
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
			Level: wire.LevelInterchange, Severity: wire.Reject, Key: "segment.stray", Code: "022",
			SegmentID: clip(s.TagBytes()), Pos: position(s),
		})
	case wire.Service:
		switch s.ID() {
		case "TA3": // a network tells of an interchange: shown as it is written, nothing follows of it
			e.ic.Notices++
			e.icFinding(wire.Finding{
				Level: wire.LevelInterchange, Severity: wire.Note, Key: "interchange.notice",
				SegmentID: "TA3", Pos: position(s), Value: clip(s.Raw()), Args: notice(s),
			})
		case "TA1":
			e.ic.TA1s++
			if len(e.ic.Answers) < e.lim.Findings {
				e.ic.Answers = append(e.ic.Answers, TA1{
					Control: s.Text(1), Date: s.Text(2), Time: s.Text(3), Status: s.Text(4), Code: s.Text(5), Offset: s.Offset,
				})
			}
		}
	}
	return nil
}

// notice are the facts of a TA3 that a sentence is made of (X12.5, segment TA3): which
// interchange, by TA305, what became of it (TA312, or TA315 where something followed), when,
// and what was wrong with it (TA303). What is not there, or no code, is left out.
func notice(s *x12.Segment) map[string]string {
	out := map[string]string{}
	set := func(name string, b []byte, most int) {
		for _, c := range b {
			if (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
				return
			}
		}
		if len(b) > 0 && len(b) <= most {
			out[name] = string(b)
		}
	}
	action := 12
	if len(s.El(15)) > 0 {
		action = 15
	}
	set("Control", s.El(5), 14)
	set("Action", s.El(action), 2)
	set("Date", s.El(action+1), 8)
	set("Time", s.El(action+2), 8)
	set("Error", s.El(3), 3)
	return out
}

func (e *engine) icFinding(f wire.Finding) {
	e.ic.Findings = wire.Keep(e.ic.Findings, f, e.lim.Findings)
}

func (e *engine) beginInterchange(s *x12.Segment) error {
	if e.ics == e.lim.Interchanges {
		return &wire.Error{Kind: wire.ErrTooLarge, Key: "limit.interchanges", Pos: position(s)}
	}
	e.ic = Interchange{Index: e.ics, Header: e.r.Header(), Offset: s.Offset, Delimiters: e.r.Delimiters()}
	e.ics++
	e.icOpen, e.icTold, e.icBad, e.icEmpty, e.icErr = true, 0, 0, 0, false
	e.gsSeen.reset()
	e.ic.Findings = headerFindings(s, e.ic.Header, e.ic.Delimiters)
	if n := e.r.Skipped(); n > 0 {
		e.icFinding(wire.Finding{
			Level: wire.LevelInterchange, Severity: wire.Note, Key: "interchange.leading",
			SegmentID: "ISA", Pos: position(s), Args: map[string]string{"bytes": strconv.FormatInt(n, 10)},
		})
	}
	if w, ok := e.r.Wrapped(); ok {
		e.icFinding(wrapFinding(w, "ISA", position(s)))
	}
	return e.v.Interchange(&e.ic)
}

// wrapFinding notes that an interchange was cut into lines.
func wrapFinding(w wire.Wrap, id string, at wire.Position) wire.Finding {
	return wire.Finding{
		Level: wire.LevelInterchange, Severity: wire.Note, Key: "interchange.wrapped",
		SegmentID: id, Pos: at, Args: map[string]string{"width": strconv.Itoa(w.Width)},
	}
}

func (e *engine) endInterchange(iea, at *x12.Segment) error {
	if !e.icOpen {
		return nil
	}
	e.icOpen = false
	for _, f := range x12.InterchangeEndFindings(e.ic.Header, e.ic.Groups, iea) {
		e.icFinding(f)
	}
	e.ic.Length = e.end(at) - e.ic.Offset
	e.ic.Verdict = wire.VerdictOf(e.ic.Findings)
	switch {
	case e.ic.Verdict == wire.Rejected:
	case e.icBad == e.icTold && e.icBad+e.icEmpty > 0:
		e.ic.Verdict = wire.Rejected
	case e.icBad+e.icEmpty > 0:
		e.ic.Verdict = wire.Partly
	case e.icErr:
		e.ic.Verdict = wire.AcceptedWithErrors
	}
	return e.v.InterchangeEnd(&e.ic)
}

// end is the offset where the thing closed by segment s ends: after the segment if
// it is the trailer, before it if it begins something new.
func (e *engine) end(s *x12.Segment) int64 {
	if s != nil && (s.Kind == wire.InterchangeStart || s.Kind == wire.GroupStart || s.Kind == wire.SetStart) {
		return s.Offset
	}
	return e.r.Offset()
}

func (e *engine) beginGroup(s *x12.Segment) error {
	e.group = Group{Index: e.groups, Interchange: e.ic.Index, Header: x12.GroupOf(s), Offset: s.Offset}
	e.groups++
	e.ic.Groups++
	e.grOpen, e.grErr, e.grTold = true, false, 0
	e.stSeen.reset()
	e.rel = releaseOf(e.group.Header.Version)
	e.group.Findings = groupFindings(s, e.group.Header, e.rel, &e.opt)
	if !e.gsSeen.add(e.group.Header.Control) {
		f := groupFinding("group.control_repeated", "19", wire.AcceptedWithError, s, 6, "28")
		if e.group.Header.Version < "004050" {
			f.Code, f.Severity = "", wire.Note // 19 meant something else before
		}
		e.group.Findings = append(e.group.Findings, f)
	}
	e.refused = wire.VerdictOf(e.group.Findings) == wire.Rejected
	return e.v.Group(&e.group)
}

func (e *engine) endGroup(ge, at *x12.Segment) error {
	if !e.grOpen {
		return nil
	}
	if err := e.endSet(nil, at); err != nil {
		return err
	}
	e.grOpen = false
	g := &e.group
	g.Stated = g.Received
	if ge != nil {
		if n, err := strconv.Atoi(ge.Text(1)); err == nil && n >= 0 {
			g.Stated = n
		}
	}
	g.Findings = append(g.Findings, x12.GroupEndFindings(g.Header, g.Received, ge, at)...)
	g.Verdict = wire.VerdictOf(g.Findings)
	if g.Verdict == wire.Rejected && e.grTold == 0 {
		e.icEmpty++
	}
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

func (e *engine) beginSet(s *x12.Segment) error {
	if e.sets == e.lim.Sets {
		return &wire.Error{Kind: wire.ErrTooLarge, Key: "limit.sets", Pos: position(s)}
	}
	e.set = Set{
		Index: e.sets, Group: e.group.Index, Interchange: e.ic.Index, InGroup: e.group.Received,
		Type: e.text.like(e.set.Type, s.El(1)), Control: e.text.keep(s.El(2)),
		Implementation: e.text.like(e.set.Implementation, s.El(3)), Version: e.group.Header.Version,
		Offset: s.Offset, SegmentCount: 1, Delimiters: e.r.Delimiters(),
	}
	e.stOpen = true
	e.skipped = e.sets < e.skip
	e.sets++
	e.ic.Sets++
	e.group.Received++
	fresh := e.stSeen.add(e.set.Control)
	if e.skipped {
		e.r.LetGo()
		return nil
	}
	e.raw, e.segs = e.raw[:0], e.segs[:0]
	e.size, e.full = 0, false
	e.r.Hold(s)
	var def *set
	rel := e.rel
	if rel != nil {
		if len(e.opt.Own) > 0 {
			if own := e.opt.own(rel.name, e.set.Type); own != nil {
				rel = own.release
			}
		}
		e.set.Release = rel.name
		def = rel.sets[e.set.Type]
	}
	e.set.rel = rel
	if e.refused || !e.opt.takes(e.set.Type) {
		def = nil
	}
	e.judge.begin(rel, def, e.set.Delimiters)
	e.keep(s)
	e.setHead(s, def, fresh)
	return nil
}

// setHead judges ST.
func (e *engine) setHead(s *x12.Segment, def *set, fresh bool) {
	add := func(key, code string, el int, ref string, args map[string]string) {
		e.judge.add(setFinding(key, code, s, el, ref, args))
	}
	switch {
	case e.refused:
		add("set.group_refused", "", 0, "", nil)
	case def == nil:
		add("set.unsupported", "1", 1, "143", map[string]string{"version": e.set.Version})
	case def.group != e.group.Header.FunctionalID:
		add("set.wrong_group", "6", 1, "143", map[string]string{"want": def.group, "group": e.group.Header.FunctionalID})
		e.judge.set = nil // ST01 may be what is wrong: nothing tells by which set to judge the rest
	}
	if !validControl(e.set.Control) {
		add("set.control", "7", 2, "329", nil)
	} else if !fresh {
		add("set.control_repeated", "23", 2, "329", nil)
	}
}

// keep adds a segment to the set: its bounds are held by the reader, its bytes are
// copied where they would not last.
func (e *engine) keep(s *x12.Segment) {
	if e.full {
		return
	}
	e.size += len(s.Raw()) + 1
	if e.size > e.lim.Set {
		e.full = true
		e.r.LetGo()
		e.judge.add(setFinding("set.too_large", "5", s, 0, "", map[string]string{"max": strconv.Itoa(e.lim.Set)}))
		return
	}
	e.segs = append(e.segs, *s)
	if !e.r.Lasting() {
		e.raw = e.segs[len(e.segs)-1].MoveTo(e.raw)
	}
}

// endSet closes the open set; se is nil when SE is missing.
func (e *engine) endSet(se, at *x12.Segment) error {
	if !e.stOpen {
		return nil
	}
	e.stOpen = false
	if se != nil {
		e.set.SegmentCount++
	}
	if e.skipped {
		return nil
	}
	e.set.Length = e.end(at) - e.set.Offset
	if at != nil && at.Kind != wire.SetEnd { // closed by another trailer: end before it
		e.set.Length = at.Offset - e.set.Offset
	}
	e.setTail(se, at)
	if e.full {
		e.judge.inError = true
	}
	if e.opt.Also != nil && e.judge.set != nil {
		e.set.Segments = e.segs
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
	e.set.Segments = e.segs
	if e.set.Verdict != wire.Accepted {
		e.set.Unit = unitOf(&e.set)
	}
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

// setTail judges SE and what the set still owes.
func (e *engine) setTail(se, at *x12.Segment) {
	j := &e.judge
	if se == nil {
		f := setFinding("set.unfinished", "2", at, 0, "", nil)
		f.SegmentID = "SE"
		if at != nil && at.Kind == wire.InterchangeStart {
			f.Pos = wire.Position{Offset: at.Offset, FileSegment: at.FileSegment}
		}
		j.add(f)
		return
	}
	e.keep(se)
	if j.set != nil {
		j.finish(se)
	}
	if n, err := strconv.Atoi(se.Text(1)); err != nil || n != e.set.SegmentCount {
		j.add(setFinding("set.count", "4", se, 1, "96", map[string]string{"want": strconv.Itoa(e.set.SegmentCount)}))
	}
	if string(se.El(2)) != e.set.Control {
		j.add(setFinding("set.control_differs", "3", se, 2, "329", map[string]string{"want": e.set.Control}))
	}
}

// setFinding makes a finding about a whole set; s may be nil.
func setFinding(key, code string, s *x12.Segment, el int, ref string, args map[string]string) wire.Finding {
	f := wire.Finding{Level: wire.LevelSet, Severity: wire.Reject, Key: key, Code: code, Ref: ref, Args: args}
	if s == nil {
		return f
	}
	f.SegmentID = clip(s.TagBytes())
	f.Pos = position(s)
	if el > 0 {
		f.Pos.Element = el
		f.Pos.Offset = s.ElOffset(el)
		f.Value = clip(s.El(el))
	}
	return f
}
