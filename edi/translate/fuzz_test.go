package translate

import (
	"os"
	"path/filepath"
	"testing"

	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
)

// summing reads every set, refused ones too, sums it up and writes it back.
type summing struct{ translator }

func (v *summing) Set(s *schema.Set) error {
	d, _ := Read(s)
	if d == nil {
		return nil
	}
	d.Validate()
	Summary(d)
	WriteX12(d, "005010")
	WriteUN(d, edifact.MessageID{Version: "D", Release: "96A", Agency: "UN"})
	WriteUN(d, edifact.MessageID{Version: "D", Release: "01B", Agency: "UN"})
	WriteX12(d, "004010")
	return nil
}

// FuzzRead: whatever stands in a set, reading and writing its document ends without
// a panic.
func FuzzRead(f *testing.F) {
	for _, pattern := range []string{"../testdata/cases/*/in.x12", "../testdata/edifact/*/in.edi"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) < 50 {
			f.Fatalf("%s: %d, %v", pattern, len(files), err)
		}
		for _, name := range files {
			b, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	f.Fuzz(func(_ *testing.T, b []byte) {
		_ = schema.ReadBytes(b, schema.Options{Limits: wire.Limits{}}, &summing{})
	})
}
