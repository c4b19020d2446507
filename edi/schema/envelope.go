package schema

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"entente/edi/wire"
	"entente/edi/x12"
)

// headerFindings judges the content of an ISA. Codes are those of TA105.
func headerFindings(s *x12.Segment, h x12.Header, d x12.Delimiters) []wire.Finding {
	var out []wire.Finding
	add := func(key, code string, el int, ref string, sev wire.Severity) {
		p := position(s)
		p.Element, p.Offset = el, s.ElOffset(el)
		out = append(out, wire.Finding{
			Level: wire.LevelInterchange, Severity: sev, Key: key, Code: code,
			SegmentID: "ISA", Pos: p, Ref: ref, Value: clip(s.El(el)),
		})
	}
	if h.Sender == "" {
		add("interchange.sender", "006", 6, "I06", wire.Reject)
	}
	if h.Receiver == "" {
		add("interchange.receiver", "008", 8, "I07", wire.Reject)
	}
	if !validDate(s.El(9)) {
		add("interchange.date", "014", 9, "I08", wire.AcceptedWithError)
	}
	if t := s.El(10); len(t) != 4 || !validTime(t) {
		add("interchange.time", "015", 10, "I09", wire.AcceptedWithError)
	}
	if rep := s.El(11); h.Version >= "00402" && digitsOnly(h.Version) && !repeatable(rep, d) {
		// Many send U as before 00402 and repeat nothing.
		code, sev := "022", wire.AcceptedWithError
		if h.Version >= "00505" {
			code = "032" // since 005042, which ISA12 cannot tell from 00504
		}
		if string(rep) != "U" {
			sev = wire.Reject
		}
		add("interchange.repetition", code, 11, "I10", sev)
	}
	if !digitsOnly(h.Version) {
		add("interchange.version", "017", 12, "I11", wire.Reject)
	}
	if !digitsOnly(h.Control) || len(h.Control) != 9 {
		add("interchange.control", "018", 13, "I12", wire.Reject)
	}
	if c := string(s.El(14)); c != "0" && c != "1" {
		add("interchange.ack_requested", "019", 14, "I13", wire.AcceptedWithError)
	}
	if h.Usage != "P" && h.Usage != "T" && h.Usage != "I" {
		add("interchange.usage", "020", 15, "I14", wire.Reject)
	}
	return out
}

// repeatable says whether ISA11 is the repetition separator that the reader follows.
func repeatable(rep []byte, d x12.Delimiters) bool {
	return len(rep) == 1 && d.Repetition != 0 && rep[0] == d.Repetition
}

func groupFinding(key, code string, sev wire.Severity, s *x12.Segment, el int, ref string) wire.Finding {
	p := position(s)
	p.Element, p.Offset = el, s.ElOffset(el)
	return wire.Finding{
		Level: wire.LevelGroup, Severity: sev, Key: key, Code: code,
		SegmentID: "GS", Pos: p, Ref: ref, Value: clip(s.El(el)),
	}
}

// groupFindings judges the content of a GS. Codes are those of AK905.
func groupFindings(s *x12.Segment, g x12.Group, rel *release, opt *Options) []wire.Finding {
	var out []wire.Finding
	if rel == nil {
		f := groupFinding("group.version", "2", wire.Reject, s, 8, "480")
		f.Args = map[string]string{"supported": strings.Join(editions, ", ")}
		out = append(out, f)
	} else if !rel.knowsGroup(g.FunctionalID, opt) {
		out = append(out, groupFinding("group.unsupported", "1", wire.Reject, s, 1, "479"))
	}
	if n, err := strconv.ParseInt(g.Control, 10, 64); err != nil || n < 0 || len(g.Control) > 9 {
		out = append(out, groupFinding("group.control", "6", wire.Reject, s, 6, "28"))
	}
	if !validDate(s.El(4)) {
		out = append(out, groupFinding("group.date", "", wire.Note, s, 4, "373"))
	}
	if t := s.El(5); len(t) < 4 || len(t) > 8 || !validTime(t) {
		out = append(out, groupFinding("group.time", "", wire.Note, s, 5, "337"))
	}
	return out
}

func (r *release) knowsGroup(id string, opt *Options) bool {
	for _, s := range r.sets {
		if s.group == id && opt.takes(s.kind) {
			return true
		}
	}
	return opt.ownGroup(r.name, id)
}

// validControl says whether ST02 is 4 to 9 printable characters.
func validControl(c string) bool {
	if len(c) < 4 || len(c) > 9 {
		return false
	}
	for i := 0; i < len(c); i++ {
		if c[i] <= ' ' || c[i] > 0x7e {
			return false
		}
	}
	return true
}

func digitsOnly(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// maxControls bounds what controls remembers. Beyond it repeats are not seen.
const maxControls = 1 << 16

// controls remembers control numbers in little memory: runs of numbers that rise
// by one take one entry.
type controls struct {
	runs  []span              // rising
	max   int64               // the greatest seen
	late  map[int64]struct{}  // numbers below max that were new
	other map[string]struct{} // what is no number
}

type span struct{ from, to int64 }

func (c *controls) reset() {
	c.runs, c.max = c.runs[:0], -1
	clear(c.late)
	clear(c.other)
}

// add says whether the control number is new.
func (c *controls) add(s string) bool {
	n, ok := parseControl(s)
	switch {
	case !ok:
		return remember(&c.other, s)
	case n > c.max:
		last := len(c.runs) - 1
		if last >= 0 && c.runs[last].to+1 == n {
			c.runs[last].to = n
		} else if len(c.runs) < maxControls {
			c.runs = append(c.runs, span{n, n})
		}
		c.max = n
		return true
	}
	i, found := slices.BinarySearchFunc(c.runs, n, func(r span, n int64) int { return cmp.Compare(r.from, n) })
	if found || i > 0 && n <= c.runs[i-1].to {
		return false
	}
	return remember(&c.late, n)
}

// remember adds v to a bounded set and says whether it was new.
func remember[T comparable](m *map[T]struct{}, v T) bool {
	if _, seen := (*m)[v]; seen {
		return false
	}
	if *m == nil {
		*m = map[T]struct{}{}
	}
	if len(*m) < maxControls {
		(*m)[v] = struct{}{}
	}
	return true
}

func parseControl(s string) (int64, bool) {
	if len(s) == 0 || len(s) > 9 {
		return 0, false
	}
	var n int64
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n, true
}
