package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime"
	"slices"
	"time"

	"entente/edi/ack"
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/translate"
	"entente/edi/wire"
	"entente/edi/x12"
)

// benchRounds is how often every stage is measured, each time after the yardstick.
const benchRounds = 7

// rate is one line of "entente edi bench": the best rate, and the median of the
// ratios to the scan measured just before.
type rate struct {
	MBs   float64 `json:"mb_s"`
	Ratio float64 `json:"ratio,omitempty"`
}

// benchReport is what "entente edi bench" prints. A megabyte is a million bytes.
type benchReport struct {
	File      string `json:"file"`
	Bytes     int    `json:"bytes"`
	Scan      rate   `json:"scan"`
	Tokenise  rate   `json:"tokenise"`
	Events    rate   `json:"events"`
	Validate  rate   `json:"validate"`
	Translate rate   `json:"translate"`
	// Stream is tokenising the file as it is read, StreamValidate judging it.
	Stream         rate `json:"stream"`
	StreamValidate rate `json:"stream_validate"`
}

// scanned keeps the yardstick's sum alive.
var scanned int

func ediBench(e *env, args []string) (int, error) {
	fs := e.flags("edi bench")
	rest, err := e.parse(fs, "FILE", args)
	if err != nil {
		return exitUsage, err
	}
	if len(rest) != 1 || rest[0] == "-" {
		return exitUsage, misuse("name one file")
	}
	data, err := os.ReadFile(rest[0])
	if err != nil {
		return exitUsage, misuse("%v", err)
	}
	if err := schema.ReadBytes(data, schema.Options{}, &answering{}); err != nil {
		return exitUsage, unreadable(printer("en"), err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	out := benchReport{File: rest[0], Bytes: len(data)}
	tokenise := func(elements bool) error { return tokens(x12.NewBytesReader(data, wire.Limits{}), elements) }
	stream := func(r io.Reader) error { return tokens(x12.NewReader(r, wire.Limits{}), false) }
	if edifact.Is(data[:min(len(data), 2<<10)]) {
		tokenise = func(elements bool) error { return unTokens(edifact.NewBytesReader(data, wire.Limits{}), elements) }
		stream = func(r io.Reader) error { return unTokens(edifact.NewReader(r, wire.Limits{}), false) }
	}
	stages := []struct {
		out *rate
		run func() error
	}{
		{&out.Tokenise, func() error { return tokenise(false) }},
		{&out.Events, func() error { return tokenise(true) }},
		{&out.Validate, func() error { return schema.ReadBytes(data, schema.Options{}, &answering{}) }},
		{&out.Translate, func() error { return schema.ReadBytes(data, schema.Options{}, &answering{documents: true}) }},
		{&out.Stream, func() error { return streamed(rest[0], stream) }},
		{&out.StreamValidate, func() error {
			return streamed(rest[0], func(r io.Reader) error { return schema.Read(r, schema.Options{}, &answering{}) })
		}},
	}
	for _, s := range stages {
		scan, stage, err := measure(data, s.run)
		if err != nil {
			return exitUsage, err
		}
		out.Scan.MBs = max(out.Scan.MBs, scan)
		*s.out = stage
	}
	enc := json.NewEncoder(e.out)
	enc.SetIndent("", "  ")
	return exitOK, enc.Encode(out)
}

// measure runs a stage, each time after the scan.
func measure(data []byte, run func() error) (scan float64, stage rate, err error) {
	mbs := func(d time.Duration) float64 { return float64(len(data)) / 1e6 / max(d.Seconds(), 1e-9) }
	var ratios []float64
	for range benchRounds {
		runtime.GC()
		at := time.Now()
		scanned += scanBytes(data)
		s := mbs(time.Since(at))
		at = time.Now()
		if err := run(); err != nil {
			return 0, rate{}, err
		}
		m := mbs(time.Since(at))
		scan, stage.MBs = max(scan, s), max(stage.MBs, m)
		ratios = append(ratios, m/s)
	}
	slices.Sort(ratios)
	stage.Ratio = ratios[len(ratios)/2]
	return scan, stage, nil
}

// class is the yardstick's table.
var class = func() (t [256]uint8) {
	t['*'], t['~'], t['>'], t['^'] = 1, 2, 3, 4
	t['+'], t['\''], t[':'], t['?'] = 1, 2, 3, 4
	return t
}()

// scanBytes is the yardstick: one look into a table for each byte.
func scanBytes(buf []byte) (n int) {
	for _, c := range buf {
		n += int(class[c])
	}
	return n
}

// tokens reads all segments and, when asked, goes over their elements.
func tokens(r *x12.Reader, elements bool) error {
	for {
		s, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if elements {
			b := s.Bounds()
			for i := 1; i < len(b)-1; i++ {
				scanned += int(b[i+1] - b[i])
			}
		}
	}
}

// unTokens is tokens for EDIFACT, component by component.
func unTokens(r *edifact.Reader, elements bool) error {
	for {
		s, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if elements {
			m := s.Marks()
			for i := 1; i < len(m)-1; i++ {
				scanned += m[i+1].Start() - m[i].Start()
			}
		}
	}
}

func streamed(name string, run func(io.Reader) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return run(f)
}

// answering judges, makes the answer (a 997 for every group, a CONTRL for every
// interchange of EDIFACT) and, when asked, the documents.
type answering struct {
	documents bool
	ic        schema.InterchangeReport
	sets      []ack.Set
	out       bytes.Buffer
}

func (v *answering) Interchange(i *schema.Interchange) error {
	v.ic = schema.InterchangeReport{Interchange: *i}
	return nil
}

func (v *answering) Group(g *schema.Group) error {
	v.sets = v.sets[:0]
	if v.edifact() {
		v.ic.GroupReports = append(v.ic.GroupReports, schema.GroupReport{Group: *g})
	}
	return nil
}

func (v *answering) edifact() bool { return v.ic.Syntax == schema.SyntaxEDIFACT }

func (v *answering) Set(s *schema.Set) error {
	if v.edifact() {
		kept := *s
		kept.Un = nil
		g := &v.ic.GroupReports[len(v.ic.GroupReports)-1]
		g.SetReports = append(g.SetReports, kept)
	} else {
		v.sets = append(v.sets, ack.SetOf(s))
	}
	if v.documents && s.Verdict != wire.Rejected {
		if d, _ := translate.Read(s); d != nil {
			scanned++
		}
	}
	return nil
}

func (v *answering) GroupEnd(g *schema.Group) error {
	if v.edifact() {
		v.ic.GroupReports[len(v.ic.GroupReports)-1].Group = *g
		return nil
	}
	v.out.Reset()
	err := ack.Write997(&v.out, v.ic.Header, []ack.Group{ack.GroupOf(g, v.sets)}, ack.Numbers{Interchange: 1, Group: 1}, time.Unix(0, 0).UTC())
	return v.written(err)
}

func (v *answering) InterchangeEnd(i *schema.Interchange) error {
	if !v.edifact() {
		return nil
	}
	v.ic.Interchange = *i
	v.out.Reset()
	return v.written(ack.WriteCONTRL(&v.out, &v.ic, ack.Style{}, "1", time.Unix(0, 0).UTC()))
}

// written counts what was answered; that nothing is to be answered is no error.
func (v *answering) written(err error) error {
	scanned += v.out.Len()
	if errors.Is(err, ack.ErrNoAnswer) {
		return nil
	}
	return err
}
