package translate

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// reread collects the documents of accepted sets with the sets' versions.
type reread struct {
	docs     []Document
	versions []string
	messages []*edifact.MessageID
	tags     [][]string
}

func (v *reread) Interchange(*schema.Interchange) error    { return nil }
func (v *reread) Group(*schema.Group) error                { return nil }
func (v *reread) GroupEnd(*schema.Group) error             { return nil }
func (v *reread) InterchangeEnd(*schema.Interchange) error { return nil }
func (v *reread) Set(s *schema.Set) error {
	if s.Verdict == wire.Rejected {
		return nil
	}
	d, _ := Read(s)
	if d == nil {
		return nil
	}
	v.docs = append(v.docs, d)
	v.versions = append(v.versions, s.Version)
	v.messages = append(v.messages, s.Message)
	var tags []string
	for i := range s.Segments {
		tags = append(tags, s.Segments[i].ID())
	}
	for i := range s.Un {
		tags = append(tags, s.Un[i].ID())
	}
	v.tags = append(v.tags, tags)
	return nil
}

func documentsOf(t *testing.T, in []byte) *reread {
	t.Helper()
	v := &reread{}
	if err := schema.ReadBytes(in, schema.Options{}, v); err != nil && !errors.Is(err, wire.ErrTruncated) {
		var we *wire.Error
		if !errors.As(err, &we) {
			t.Fatal(err)
		}
	}
	return v
}

// writtenAgain writes a document in the standard it came in.
func writtenAgain(t *testing.T, d Document, version string, id *edifact.MessageID) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	if id != nil {
		body, findings := WriteUN(d, *id)
		if wire.VerdictOf(findings) == wire.Rejected {
			return nil
		}
		err = edifact.WriteInterchange(&b, edifact.Outgoing{
			Header: edifact.Header{Syntax: "UNOY", SyntaxVersion: "4", Sender: "S", Recipient: "R", Reference: "1"}, Bodies: []edifact.Body{body},
		}, time.Unix(0, 0).UTC())
	} else {
		body, findings := WriteX12(d, version)
		if wire.VerdictOf(findings) == wire.Rejected {
			return nil
		}
		err = x12.WriteInterchange(&b, x12.Outgoing{
			Header: x12.Header{SenderQualifier: "ZZ", Sender: "A", ReceiverQualifier: "ZZ", Receiver: "B", Control: "1", Version: x12.ISAVersion(version)},
			Group:  x12.Group{FunctionalID: schema.GroupCode(body.Type), Sender: "A", Receiver: "B", Control: "1", Version: version},
			Bodies: []x12.Body{body},
		}, at)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestCarried: whatever a sample holds that its document has no field for is carried
// and written again where it stood, so that the document read from that is the same.
func TestCarried(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("../testdata/cases/*/in.x12")
	un, _ := filepath.Glob("../testdata/edifact/*/in.edi")
	if len(files) < 30 || len(un) < 30 {
		t.Fatal(len(files), len(un))
	}
	for _, path := range append(files, un...) {
		t.Run(filepath.Base(filepath.Dir(path)), func(t *testing.T) {
			t.Parallel()
			in, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			v := documentsOf(t, in)
			for i, d := range v.docs {
				if len(extraOf(d)) == 0 {
					continue
				}
				checkCarried(t, d, v.versions[i], v.messages[i])
			}
		})
	}
}

func checkCarried(t *testing.T, d Document, version string, id *edifact.MessageID) {
	t.Helper()
	out := writtenAgain(t, d, version, id)
	if out == nil {
		return
	}
	again := documentsOf(t, out)
	if len(again.docs) != 1 {
		r, _ := schema.CheckBytes(out, schema.Options{})
		t.Fatalf("%d documents of\n%s\n%s", len(again.docs), out, text(t, r))
	}
	if a, b := text(t, extraOf(d)), text(t, extraOf(again.docs[0])); a != b {
		t.Errorf("carried:\n%s\nread again:\n%s\n%s", a, b, out)
	}
}

// TestCarriedLoops: whole loops without a field stand in their line again, in order,
// among what the document knows.
func TestCarriedLoops(t *testing.T) {
	t.Parallel()
	in, err := os.ReadFile("../testdata/cases/850-ok-005010/in.x12")
	if err != nil {
		t.Fatal(err)
	}
	segs := strings.Split(strings.TrimSpace(string(in)), "~")
	var out []string
	n := 0
	for _, s := range segs {
		s = strings.TrimSpace(s)
		out = append(out, s)
		if strings.HasPrefix(s, "PO1*") {
			n++
			if n == 1 {
				out = append(out, "PO3*SC*20261124****5*EA", "CTP**RES*12.5", "MEA*PD*G*12*LB")
			}
		}
	}
	// After the last line's segments stand two part lists, below CTT.
	at := slices.IndexFunc(out, func(s string) bool { return strings.HasPrefix(s, "CTT") })
	out = slices.Insert(out, at, "SLN*1**I*2*EA*1.5*PE**VP*A-1", "PID*F****Bit", "SLN*2**I*1*EA*2.5*PE**VP*A-2", "PID*F****Case")
	head := slices.IndexFunc(out, func(s string) bool { return strings.HasPrefix(s, "DTM") })
	out = slices.Insert(out, head+1, "TD5**2*UPSN*M*GROUND*****CD*3", "MAN*GM*00107391234500019006")
	count := 0
	for i, s := range out {
		if strings.HasPrefix(s, "ST*") {
			count = -i
		}
		if f := strings.Split(s, "*"); f[0] == "SE" {
			out[i] = "SE*" + strconv.Itoa(count+i+1) + "*" + f[2]
		}
	}
	v := documentsOf(t, []byte(strings.Join(out, "~\n")))
	if len(v.docs) != 1 {
		r, _ := schema.CheckBytes([]byte(strings.Join(out, "~\n")), schema.Options{})
		t.Fatal(text(t, r))
	}
	d := v.docs[0].(*doc.PurchaseOrder)
	var got []string
	for _, e := range d.Extra {
		got = append(got, e.Place+" "+e.Segment)
	}
	if len(got) != 9 || got[len(got)-1] != "PO1["+strconv.Itoa(len(d.Lines))+"]/SLN[2] PID" {
		t.Fatal(got)
	}
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var back doc.PurchaseOrder
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	checkCarried(t, &back, v.versions[0], nil)
	written := writtenAgain(t, &back, v.versions[0], nil)
	if i, k := bytes.Index(written, []byte("SLN*1*")), bytes.Index(written, []byte("PID*F****Bit")); i < 0 || k < i || bytes.Index(written, []byte("SLN*2*")) < k {
		t.Errorf("%s", written)
	}
}
