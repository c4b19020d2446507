package edifact

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"entente/edi/wire"
)

const packageFile = "UNB+UNOC:4+KESTREL:ZZZ+AURELIA:ZZZ+20261122:0912+REF1'UNH+1+ORDERS:D:96A:UN'BGM+220+PO1+9'UNT+3+1'" +
	"UNO+7+AAA:DRW-1+1:8+12'a'+:?\x00\xff\r\nUNPUNP+12+7'UNZ+2+REF1'"

// TestPackage: an object is read by its length, whatever bytes it holds.
func TestPackage(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("'UNZ+", 10_000)
	for name, tc := range map[string]struct{ in, want, key string }{
		"small":           {packageFile, "a'+:?\x00\xff\r\nUNP", ""},
		"big":             {strings.NewReplacer("+12'a'+:?\x00\xff\r\nUNP", "+50000'"+big, "+12+7", "+50000+7").Replace(packageFile), big, ""},
		"segments before": {strings.NewReplacer("1:8+12'", "1:8+12:2'USH+1'USA+2'").Replace(packageFile), "a'+:?\x00\xff\r\nUNP", ""},
		"empty":           {strings.NewReplacer("+12'a'+:?\x00\xff\r\nUNP", "+0'", "+12+7", "+0+7").Replace(packageFile), "", ""},
		"too long":        {strings.Replace(packageFile, "+12'", "+14'", 1), "", "object.length"},
		"cut":             {packageFile[:128], "", "interchange.unfinished"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, r := range []*Reader{NewBytesReader([]byte(tc.in), wire.Limits{}), NewReader(&pieces{[]byte(tc.in), 1}, wire.Limits{})} {
				var got bytes.Buffer
				var ids []string
				for {
					s, err := r.Next()
					if err != nil {
						we, ok := errors.AsType[*wire.Error](err)
						if ok != (tc.key != "") || ok && we.Key != tc.key {
							t.Error(err)
						}
						break
					}
					if s.Kind == wire.Object {
						got.Write(s.Raw())
						continue
					}
					ids = append(ids, s.ID())
				}
				if tc.key == "" && (got.String() != tc.want || !strings.HasSuffix(strings.Join(ids, " "), "UNP UNZ")) {
					t.Errorf("%d bytes %.40q, %v", got.Len(), got.String(), ids)
				}
			}
			found, err := ScanBytes([]byte(tc.in), wire.Limits{})
			if tc.key == "" && (err != nil || len(found) != 1 || !found[0].Complete) {
				t.Errorf("%+v %v", found, err)
			}
		})
	}
}
