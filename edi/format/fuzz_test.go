package format

import (
	"bytes"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"entente/edi/doc"
	"entente/edi/markup"
)

// fuzz: whatever stands in a file, reading ends without a panic, and what was read
// without a problem is written and read again as it was.
func fuzz(f *testing.F, name string, files ...string) {
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for seed := range uint64(6) {
		s := source{rand.New(rand.NewPCG(seed, 9)), name}
		several := s.invoice().(*doc.Invoice) // of several orders
		for i := range several.Lines {
			several.Lines[i].Refs = append(several.Lines[i].Refs, doc.Ref{Qualifier: "PO", Value: "PO-" + strconv.Itoa(i%3)}, doc.Ref{Qualifier: "LI", Value: strconv.Itoa(i + 1)})
		}
		for _, d := range []Document{s.order(), s.answer(), s.invoice(), s.notice(), several} {
			var b bytes.Buffer
			if _, bad, err := Write(&b, d, name, Options{IDoc: control}); err == nil && len(bad) == 0 {
				f.Add(b.Bytes())
			}
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		items, err := Read(bytes.NewReader(in), name, Options{Limits: markup.Limits{Bytes: 1 << 20, Elements: 5000, Depth: 24, Text: 4096}})
		if err != nil {
			return
		}
		for _, it := range items {
			var b bytes.Buffer
			told, bad, err := Write(&b, it.Document, name, Options{IDoc: control})
			if err != nil {
				t.Fatalf("what was read cannot be written: %v\n%q", err, b.Bytes())
			}
			if len(bad) > 0 || len(told) > 0 {
				continue
			}
			again, err := Read(&b, name, Options{})
			if err != nil || len(again) != 1 {
				t.Fatalf("%v, %d documents", err, len(again))
			}
		}
	})
}

func FuzzJSON(f *testing.F) { fuzz(f, JSON) }
func FuzzCSV(f *testing.F)  { fuzz(f, CSV) }
func FuzzXLSX(f *testing.F) { fuzz(f, XLSX) }
func FuzzIDoc(f *testing.F) {
	fuzz(f, IDoc, "../idoc/testdata/orders01.idoc", "../idoc/testdata/orders05.xml")
}
func FuzzIDocXML(f *testing.F) { fuzz(f, IDocXML, "../idoc/testdata/orders05.xml") }
func FuzzUBL(f *testing.F) {
	fuzz(f, UBL, "../ubl/testdata/order.xml", "../ubl/testdata/invoice.xml")
}
