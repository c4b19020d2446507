package x12

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"entente/edi/wire"
)

var out5 = Outgoing{
	Header: Header{SenderQualifier: "ZZ", Sender: "A", ReceiverQualifier: "01", Receiver: "B", Control: "42", Usage: "T"},
	Group:  Group{FunctionalID: "IN", Sender: "A", Receiver: "B", Control: "7", Version: "005010"},
	Bodies: []Body{{Type: "810", Segs: []Seg{S("BIG", "20261122", "1", "", ""), S("AK4", Composite("2", "", "1"), "", Repeated("a", "b"))}}},
}

func TestWriteInterchange(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	at := time.Date(2026, 11, 22, 23, 59, 0, 0, time.FixedZone("", 3600))
	if err := WriteInterchange(&b, out5, at); err != nil {
		t.Fatal(err)
	}
	want := "ISA*00*          *00*          *ZZ*A              *01*B              *261122*2259*^*00501*000000042*0*T*>~" +
		"GS*IN*A*B*20261122*2259*7*X*005010~ST*810*0001~BIG*20261122*1~AK4*2>>1**a^b~SE*4*0001~GE*1*7~IEA*1*000000042~"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	got, err := ScanBytes(b.Bytes(), wire.Limits{})
	if err != nil || len(got) != 1 || !got[0].Complete {
		t.Errorf("%+v %v", got, err)
	}
	four := out5
	four.Group.Version = "004010"
	four.Bodies = four.Bodies[:0:0]
	b.Reset()
	if err := WriteInterchange(&b, four, at); err != nil || !strings.Contains(b.String(), "*U*00401*") {
		t.Errorf("%v %s", err, b.String())
	}
}

// TestWriterDelimiters: agreed delimiters, line breaks and a character that stands for
// a delimiter in data; unsound ones are refused.
func TestWriterDelimiters(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	o := out5
	o.Bodies = []Body{{Type: "810", Segs: []Seg{S("NTE", "GEN", "4|5 * 6' ok"), S("AK4", Composite("2", "1"), Repeated("a", "b"))}}}
	o.Delimiters, o.EOL, o.Replace = Delimiters{Element: '|', Component: ':', Repetition: '!', Terminator: '\''}, "\r\n", '.'
	var b bytes.Buffer
	if err := WriteInterchange(&b, o, at); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "NTE|GEN|4.5 * 6. ok'\r\nAK4|2:1|a!b'\r\n") {
		t.Error(b.String())
	}
	if got, err := ScanBytes(b.Bytes(), wire.Limits{}); err != nil || len(got) != 1 || !got[0].Complete {
		t.Errorf("%+v %v", got, err)
	}
	for name, change := range map[string]func(*Outgoing){
		"letter":          func(o *Outgoing) { o.Delimiters.Element = 'X' },
		"blank":           func(o *Outgoing) { o.Delimiters.Terminator = ' ' },
		"used twice":      func(o *Outgoing) { o.Delimiters.Component = '|' },
		"replacement":     func(o *Outgoing) { o.Replace = '|' },
		"in the envelope": func(o *Outgoing) { o.Group.Sender = "A|B" },
	} {
		bad := o
		change(&bad)
		var de *DataError
		if err := WriteInterchange(&bytes.Buffer{}, bad, at); !errors.As(err, &de) || de.Reason != "delimiter" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWriterRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*Outgoing)
		reason string
	}{
		"element separator":    {func(o *Outgoing) { o.Bodies = one("a*b") }, "delimiter"},
		"terminator":           {func(o *Outgoing) { o.Bodies = one("a~b") }, "delimiter"},
		"component separator":  {func(o *Outgoing) { o.Bodies = one("a>b") }, "delimiter"},
		"repetition separator": {func(o *Outgoing) { o.Bodies = one("a^b") }, "delimiter"},
		"line break":           {func(o *Outgoing) { o.Bodies = one("a\nb") }, "control"},
		"not UTF-8":            {func(o *Outgoing) { o.Bodies = one("a\xffb") }, "control"},
		"repeat in 004010": {func(o *Outgoing) {
			o.Group.Version = "004010"
			o.Bodies = one(Repeated("a", "b"))
		}, "control"},
		"long id":      {func(o *Outgoing) { o.Header.Sender = strings.Repeat("A", 16) }, "length"},
		"long control": {func(o *Outgoing) { o.Header.Control = "1234567890" }, "length"},
		"id with mark": {func(o *Outgoing) { o.Header.Receiver = "A*B" }, "delimiter"},
		"tag":          {func(o *Outgoing) { o.Bodies = []Body{{Type: "810", Segs: []Seg{S("big", "1")}}} }, "tag"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := out5
			tc.change(&o)
			var b bytes.Buffer
			var e *DataError
			if err := WriteInterchange(&b, o, time.Unix(0, 0)); !errors.As(err, &e) || e.Reason != tc.reason {
				t.Errorf("got %v, want %s", err, tc.reason)
			}
		})
	}
	w := NewWriter(&bytes.Buffer{}, DefaultDelimiters("00501"), "")
	var e *DataError
	if err := w.Segment(S("BEG", "00")); !errors.As(err, &e) || e.Reason != "order" {
		t.Errorf("a segment outside a set: %v", err)
	}
	four := DefaultDelimiters("00401")
	if _, ok := Writable("a^b", four); !ok {
		t.Error("^ is plain data before 00402")
	}
}

func one(v string) []Body { return []Body{{Type: "810", Segs: []Seg{S("BIG", "20261122", v)}}} }

// copyFile reads a file and writes it again with the same delimiters.
func copyFile(data []byte) (in, out string, err error) {
	var b bytes.Buffer
	var in2 strings.Builder
	r := NewBytesReader(data, wire.Limits{})
	var w *Writer
	for {
		s, err := r.Next()
		if err != nil {
			return in2.String(), b.String(), err
		}
		switch s.Kind {
		case wire.InterchangeStart:
			w = NewWriter(&b, r.Delimiters(), "")
			err = w.BeginInterchange(r.Header())
		case wire.GroupStart:
			err = w.BeginGroup(GroupOf(s))
		case wire.SetStart:
			err = w.BeginSet(s.Text(1), s.Text(2), s.Text(3))
		case wire.Body:
			err = w.Copy(s)
		case wire.SetEnd:
			err = w.EndSet()
		case wire.GroupEnd:
			err = w.EndGroup()
		case wire.InterchangeEnd:
			err = w.EndInterchange()
		case wire.Service, wire.Stray:
			err = errors.New("not copied")
		}
		if err != nil {
			return in2.String(), b.String(), err
		}
		if s.Kind == wire.Body {
			in2.Write(s.Raw())
			in2.WriteByte('\n')
		}
	}
}
