package event

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"entente/edi/tree"
	"entente/edi/wire"
)

const (
	isa  = "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261122*0912*^*00501*000000101*0*P*>~"
	rest = "GS*PO*KESTREL*AURELIA*20261122*0912*1*X*005010~ST*850*0001~BEG*00*SA*P1**20261122~N1*ST*Wakefield~N3*Unit 4~PO1*1*5*EA*2**VP*A1~PO1*2*5*EA*2**VP*A2~PID*F****Drill~CTT*2~SE*9*0001~GE*1*1~IEA*1*000000101~"
	un   = "UNB+UNOC:3+KESTREL:ZZZ+AURELIA:ZZZ+261122:0912+101'UNH+1+ORDERS:D:96A:UN:EAN008'BGM+220+4500187519+9'FTX+AAI+++A ?+ B?: C??, 1.5'LIN+1++4012345:SRV'UNT+5+1'UNZ+1+101'"
)

// dump gives one line for each event, indented by what is open, and holds what must be
// true of every event.
func dump(t *testing.T, r *Reader, file []byte) (string, error) {
	t.Helper()
	var b strings.Builder
	depth := 0
	for r.Next() {
		ev := r.Event()
		switch ev.Kind {
		case InterchangeEnd, GroupEnd, SetEnd, LoopEnd:
			depth--
		}
		fmt.Fprintf(&b, "%*s%s %s %+v %q %q\n", depth, "", ev.Kind, ev.Name, ev.Pos, ev.Raw, ev.Value)
		switch ev.Kind {
		case InterchangeBegin, GroupBegin, SetBegin, LoopBegin:
			depth++
		}
		if depth < 0 {
			t.Fatalf("more ends than begins:\n%s", b.String())
		}
		if file != nil && len(ev.Raw) > 0 && (ev.Pos.Offset >= int64(len(file)) || file[ev.Pos.Offset] != ev.Raw[0]) {
			t.Fatalf("%s: %q does not stand at %d", ev.Kind, ev.Raw, ev.Pos.Offset)
		}
	}
	if depth != 0 {
		t.Fatalf("%d are left open:\n%s", depth, b.String())
	}
	if r.Next() {
		t.Fatal("an event after the end")
	}
	return b.String(), r.Err()
}

// builder makes the nodes of a tree from events.
type builder struct {
	lists [][]any // open lists of nodes
	names []map[string]any
	unEsc byte
	un    bool
	seg   []any
	rep   []any
	comp  []any
	inRep bool
	inSeg bool
}

func (b *builder) flushComp() {
	if b.comp != nil {
		b.value(b.comp)
		b.comp = nil
	}
}

func (b *builder) value(v any) {
	if b.inRep {
		b.rep = append(b.rep, v)
		return
	}
	b.seg = append(b.seg, v)
}

func (b *builder) flushRep() {
	b.flushComp()
	if b.inRep {
		b.seg = append(b.seg, map[string]any{"repeat": b.rep})
		b.rep, b.inRep = nil, false
	}
}

func (b *builder) flushSeg() {
	b.flushRep()
	if b.inSeg {
		b.node(b.seg)
		b.seg, b.inSeg = nil, false
	}
}

func (b *builder) node(v any) {
	n := len(b.lists) - 1
	b.lists[n] = append(b.lists[n], v)
}

// take adds an event.
func (b *builder) take(r *Reader) {
	ev := r.Event()
	text := func() any { return plain(ev.Raw, b.unEsc) }
	switch ev.Kind {
	case InterchangeBegin, GroupBegin, SetBegin, LoopBegin:
		b.flushSeg()
		b.names = append(b.names, map[string]any{ev.Kind.String(): named(ev.Name)})
		b.lists = append(b.lists, []any{})
	case InterchangeEnd, GroupEnd, SetEnd, LoopEnd:
		b.flushSeg()
		n := len(b.names) - 1
		m := b.names[n]
		m["nodes"] = b.lists[n+1]
		b.lists, b.names = b.lists[:n+1], b.names[:n]
		b.node(m)
	case Object:
		b.flushSeg()
		b.node(map[string]any{"object": string(ev.Raw)})
	case Segment:
		b.flushSeg()
		b.unEsc = 0
		if e := r.EDIFACT(); e != nil {
			b.unEsc = e.Delimiters().Release
		}
		b.inSeg = true
		b.seg = []any{plain([]byte(ev.Name), b.unEsc)}
	case Element:
		if ev.Pos.Repeat == 0 {
			b.flushRep()
		}
		b.flushComp()
		b.value(text())
	case Composite:
		if ev.Pos.Repeat == 0 {
			b.flushRep()
		}
		b.flushComp()
		if ev.Pos.Element == 0 { // the tag itself
			b.seg = nil
		}
		b.comp = []any{}
	case Component:
		b.comp = append(b.comp, text())
	case Repetition:
		if ev.Pos.Repeat == 1 {
			b.flushRep()
		}
		b.flushComp()
		b.inRep = true
	}
}

// named is a name as far as it is ASCII: events have it in UTF-8, the tree as in the file.
func named(s string) string {
	return strings.Map(func(r rune) rune {
		if r > 0x7e {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// plain is a value as the tree has it.
func plain(raw []byte, release byte) string {
	var out []byte
	for i := 0; i < len(raw); i++ {
		if release != 0 && raw[i] == release {
			if i++; i == len(raw) {
				break
			}
		}
		out = append(out, raw[i])
	}
	return string(out)
}

// simple gives a node of a tree without what is only for writing it again.
func simple(v any, release byte) any {
	switch t := v.(type) {
	case []any:
		out := []any{}
		for _, x := range t {
			out = append(out, simple(x, release))
		}
		return out
	case map[string]any:
		if s, ok := t["base64"].(string); ok {
			b, _ := base64.StdEncoding.DecodeString(s)
			return string(b)
		}
		if raw, ok := t["raw"]; ok {
			s, _ := simple(raw, release).(string)
			return plain([]byte(s), release)
		}
		if seg, ok := t["segment"]; ok {
			return simple(seg, release)
		}
		out := map[string]any{}
		for k, x := range t {
			if out[k] = simple(x, release); k == "set" || k == "group" {
				s, _ := out[k].(string)
				out[k] = named(s)
			}
		}
		return out
	}
	return v
}

// TestEventsAgreeWithTree: for every sample the events make the tree that edi/tree
// makes.
func TestEventsAgreeWithTree(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../testdata/*/*/in.*")
	if err != nil || len(files) < 250 {
		t.Fatal(len(files), err)
	}
	for _, name := range files {
		t.Run(filepath.Base(filepath.Dir(name)), func(t *testing.T) {
			t.Parallel()
			in, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			agree(t, in)
		})
	}
}

func agree(t *testing.T, in []byte) {
	t.Helper()
	var text bytes.Buffer
	if err := tree.ToJSON(&text, bytes.NewReader(in), wire.Limits{}); err != nil {
		return // not whole
	}
	var file struct {
		Interchanges []struct {
			Syntax     string
			Delimiters map[string]any
			Nodes      []any
		}
	}
	if err := json.Unmarshal(text.Bytes(), &file); err != nil {
		t.Fatal(err)
	}
	b := &builder{lists: [][]any{{}}}
	r := NewReader(bytes.NewReader(in), Options{})
	for r.Next() {
		b.take(r)
	}
	if we, ok := errors.AsType[*wire.Error](r.Err()); r.Err() != nil && (!ok || we.Key != "interchange.unfinished") {
		t.Fatal(r.Err())
	}
	if len(b.lists) != 1 || len(b.lists[0]) != len(file.Interchanges) {
		t.Fatalf("%d interchanges, not %d", len(b.lists[0]), len(file.Interchanges))
	}
	for i, ic := range file.Interchanges {
		var release byte
		if s, ok := ic.Delimiters["release"].(string); ok {
			release = s[0]
		}
		got, _ := b.lists[0][i].(map[string]any)
		standard := map[string]any{"x12": X12, "edifact": EDIFACT}[ic.Syntax]
		want, err := json.Marshal(simple(ic.Nodes, release))
		if err != nil {
			t.Fatal(err)
		}
		have, err := json.Marshal(simple(got["nodes"], 0))
		if err != nil || got["interchange"] != standard || !bytes.Equal(want, have) {
			t.Errorf("got\n%s\nwant\n%s", have, want)
		}
	}
}

// TestReader holds odd files: the same events from memory and from a stream of single
// bytes, every value at its place.
func TestReader(t *testing.T) {
	t.Parallel()
	wrap := func(s string, n int) string {
		var b strings.Builder
		for ; len(s) > n; s = s[n:] {
			b.WriteString(s[:n] + "\n")
		}
		return b.String() + s
	}
	for name, tc := range map[string]struct {
		in   string
		want []string
		key  string
	}{
		"X12":     {isa + rest, []string{"  set 850 {Offset:153", "   loop N1 {Offset:188 FileSegment:5 Segment:3", "   loop PO1", "element PID {Offset:263 FileSegment:9 Segment:7 Element:5"}, ""},
		"EDIFACT": {un, []string{"element FTX {Offset:111 FileSegment:4 Segment:3 Element:4 Component:0 Repeat:0} \"A ?+ B?: C??, 1.5\" \"A + B: C?, 1.5\"", "loop SG25"}, ""},
		"both":    {isa + rest + "\n" + un + isa + rest, []string{"interchange X12", "interchange EDIFACT"}, ""},
		"repetitions": {isa + strings.Replace(rest, "Unit 4", "a>b^c^>d", 1), []string{
			`repetition N3 {Offset:207 FileSegment:6 Segment:4 Element:1 Component:0 Repeat:1} "a>b"`, `composite N3 {Offset:207 FileSegment:6 Segment:4 Element:1 Component:0 Repeat:1}`,
			`component N3 {Offset:209 FileSegment:6 Segment:4 Element:1 Component:2 Repeat:1} "b" "b"`, `element N3 {Offset:211 FileSegment:6 Segment:4 Element:1 Component:0 Repeat:2} "c" "c"`,
			`component N3 {Offset:214 FileSegment:6 Segment:4 Element:1 Component:2 Repeat:3} "d" "d"`,
		}, ""},
		"EDIFACT repeats": {strings.NewReplacer("UNOC:3", "UNOY:4", "BGM+220+4500187519", "BGM+220*23?*0:1*:2+上海?+").Replace(un), []string{
			`component BGM {Offset:88 FileSegment:3 Segment:2 Element:1 Component:1 Repeat:2} "23?*0" "23*0"`, `element BGM {Offset:99 FileSegment:3 Segment:2 Element:2 Component:0 Repeat:0} "上海?+" "上海+"`,
		}, ""},
		"Latin-1":    {strings.Replace(un, "4500187519", "M\xfcller", 1), []string{`"M\xfcller" "Müller"`}, ""},
		"binary":     {isa + strings.Replace(rest, "CTT*2", "BIN*9*a~*>^\x00\xff~b~CTT*2", 1), []string{`"a~*>^\x00\xff~b"`}, ""},
		"wrapped":    {wrap(isa+rest, 80), []string{`element PID {Offset:266 FileSegment:9 Segment:7 Element:5 Component:0 Repeat:0} "Drill"`}, ""},
		"wrapped un": {wrap(un, 40), []string{`"4500187519"`}, ""},
		"cut":        {isa + rest[:100], []string{"  set end 850", "interchange end X12"}, "interchange.unfinished"},
		"junk":       {isa + rest + "hello", []string{"interchange end X12"}, "junk"},
		"nothing":    {"", nil, "empty"},
		"only UNB":   {un[:strings.Index(un, "UNH")], []string{"interchange end EDIFACT"}, "interchange.unfinished"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := dump(t, NewBytesReader([]byte(tc.in), Options{}), []byte(tc.in))
			slow, serr := dump(t, NewReader(iotest.OneByteReader(strings.NewReader(tc.in)), Options{}), []byte(tc.in))
			if got != slow || fmt.Sprint(err) != fmt.Sprint(serr) {
				t.Errorf("memory and stream differ: %v, %v\n%s\n%s", err, serr, got, slow)
			}
			for _, w := range tc.want {
				if !strings.Contains(got, w) {
					t.Errorf("no %s in\n%s", w, got)
				}
			}
			we, ok := errors.AsType[*wire.Error](err)
			if tc.key == "" && err != nil || tc.key != "" && (!ok || we.Key != tc.key) {
				t.Errorf("got %v", err)
			}
			if tc.key == "" {
				agree(t, []byte(tc.in))
			}
		})
	}
}

// TestNesting: what nests too deep ends reading, and all begins have ends.
func TestNesting(t *testing.T) {
	t.Parallel()
	_, err := dump(t, NewReader(strings.NewReader(isa+rest), Options{Limits: wire.Limits{Nesting: 3}}), nil)
	if we, ok := errors.AsType[*wire.Error](err); !ok || we.Key != "limit.nesting" || we.Pos.Offset != 188 || !errors.Is(err, wire.ErrTooLarge) {
		t.Error(err)
	}
	if got, err := dump(t, NewReader(strings.NewReader(isa+rest), Options{NoLoops: true, Limits: wire.Limits{Nesting: 3}}), nil); err != nil || strings.Contains(got, "loop") {
		t.Error(err, got)
	}
	failing := iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(isa + rest)))
	if _, err := dump(t, NewReader(failing, Options{}), nil); !errors.Is(err, iotest.ErrTimeout) {
		t.Error(err)
	}
}

// TestAllocations: reading ten times as much allocates no more, but for what a set
// begins with.
func TestAllocations(t *testing.T) {
	for name, one := range map[string][3]string{
		"X12":     {isa, strings.Repeat("PO1*1*5*EA*2**VP*A>1*BP*x^y~PID*F****Drill~", 1), rest},
		"EDIFACT": {un, "LIN+1++4012?+345:SRV'QTY+21:12'", un},
	} {
		file := func(n int) []byte {
			if name == "X12" {
				return []byte(isa + strings.Replace(rest, "CTT*2", strings.Repeat(one[1], n)+"CTT*2", 1))
			}
			return []byte(strings.Replace(un, "UNT", strings.Repeat(one[1], n)+"UNT", 1))
		}
		count := func(b []byte) float64 {
			return testing.AllocsPerRun(5, func() {
				r := NewBytesReader(b, Options{})
				for r.Next() {
					sink += len(r.Event().Value)
				}
				if r.Err() != nil {
					t.Fatal(r.Err())
				}
			})
		}
		if small, big := count(file(200)), count(file(20_000)); big > small+4 {
			t.Errorf("%s: %v allocations, %v for a file of the hundredfold", name, small, big)
		}
	}
}

var sink int

// TestMemory: a stream takes no more memory the longer it is.
func TestMemory(t *testing.T) {
	body := strings.TrimSuffix(rest, "IEA*1*000000101~")
	parts := []io.Reader{strings.NewReader(isa)}
	for range 20_000 {
		parts = append(parts, strings.NewReader(body))
	}
	r := NewReader(io.MultiReader(append(parts, strings.NewReader("IEA*20000*000000101~"))...), Options{})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n := 0
	for r.Next() {
		n++
	}
	if r.Err() != nil || n < 1_000_000 {
		t.Fatal(n, r.Err())
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("%d bytes held after the run", grown)
	}
	runtime.KeepAlive(r)
}

// FuzzEvents: never a panic, always pairs, memory and stream agree, and the same as the
// tree.
func FuzzEvents(f *testing.F) {
	f.Add([]byte(isa + rest))
	f.Add([]byte(un))
	f.Add([]byte(isa + rest + "\r\n" + un + isa + rest))
	f.Add([]byte(isa[:80] + "\n" + isa[80:] + rest[:54] + "\n" + rest[54:134] + "\n" + rest[134:]))
	f.Fuzz(func(t *testing.T, data []byte) {
		opt := Options{Limits: wire.Limits{File: 1 << 20, Segment: 4096, Elements: 100}}
		a, aerr := dump(t, NewBytesReader(data, opt), data)
		b, berr := dump(t, NewReader(iotest.OneByteReader(bytes.NewReader(data)), opt), data)
		if a != b || fmt.Sprint(aerr) != fmt.Sprint(berr) {
			t.Fatalf("memory and stream differ: %v, %v\n%s\n%s", aerr, berr, a, b)
		}
		if _, ok := errors.AsType[*wire.Error](aerr); aerr != nil && !ok {
			t.Fatal(aerr)
		}
		if aerr == nil {
			agree(t, data)
		}
	})
}
