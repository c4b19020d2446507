package mask

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"entente/edi/edifact"
	"entente/edi/schema"
)

const invoice = "ISA*03*SECRET    *01*WORD4242  *ZZ*AURELIATOOLS   *ZZ*KESTREL        *261124*0930*^*00501*000000001*0*P*>~\r\n" +
	"GS*IN*A*K*20261124*0930*1*X*005010~ST*810*0001~BIG*20261124*INV-1**4500187519~NTE*GEN*paid 4711 before~CUR*SE*GBP~SE*5*0001~ST*810*0002~BIG*20261124*INV-7766*20261120*PO-5544~" +
	"CUR*SE*GBP*1.17~NTE*GEN*Net 31337 by Friday~REF*PD*PR-2026-017~ITD*01*3*2.53133**10**30*313.37~DTM*011*20261124~IT1*1*240*EA*313.37*PE*VP*AUR-D18B~CTP**NET*31.337***DIS*0.31337*31337.01~" +
	"PID*F****Drill 18 V, list £ 313.37 or 313.37 GBP~SAC*A*C310***3133700*3*3.1337*31337.5**2~TXI*VA*31337*20~ZZ9*31337*A~TDS*3133700*3133701~AMT*1*31337.02~CTT*1*31337~BIN*7*31337.9~SE*18*0002~GE*2*1~IEA*1*000000001~"

const ediInvoice = "UNA:+.? 'UNB+UNOC:3+AURELIA:14+KESTREL:14+261124:0930+1+PASS31337'UNH+1+INVOIC:D:96A:UN'BGM+380+INV-7766+9'DTM+137:20261124:102'FTX+AAI+++Net 31337 by Friday?+5'RFF+ON:PO-5544'TAX+7+VAT++31337.5+:::20'" +
	"CUX+2:GBP:4'ALC+A++++DI'PCD+3:3.1337'MOA+8:31337.77'LIN+1++7391234500019:EN'IMD+F++:::Drill 18 V 313.37 EUR'QTY+47:240:PCE'PRI+AAA:313.37'MOA+203:75208.80'UNS+S'CNT+2:1'CNT+39:31337'MOA+77:31337.99'UNT+19+1'UNZ+1+1'"

func copied(t testing.TB, raw string, set int) string {
	t.Helper()
	var b bytes.Buffer
	if err := Copy(&b, strings.NewReader(raw), edifact.Is([]byte(raw)), set); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Of the document asked for everything is there but what it costs; of the others nothing.
func TestCopy(t *testing.T) {
	t.Parallel()
	got := copied(t, invoice, 2)
	want := `ISA*03*XXXXXX    *01*XXXXXXXX  *ZZ*AURELIATOOLS   *ZZ*KESTREL        *261124*0930*^*00501*000000001*0*P*>~
GS*IN*A*K*20261124*0930*1*X*005010~
ST*810*0002~
BIG*20261124*INV-7766*20261120*PO-5544~
CUR*SE*GBP*1.17~
NTE*GEN*Net XXXX by Friday~
REF*PD*PR-2026-017~
ITD*01*3*XXXX**10**30*XXXX~
DTM*011*20261124~
IT1*1*240*EA*XXXX*PE*VP*AUR-D18B~
CTP**NET*XXXX***DIS*XXXX*XXXX~
PID*F****Drill 18 V, list £ XXXX or XXXX GBP~
SAC*A*C310***XXXX*3*XXXX*XXXX**2~
TXI*VA*XXXX*XXXX~
ZZ9*XXXX*XXXX~
TDS*XXXX*XXXX~
AMT*1*XXXX~
CTT*1*XXXX~
BIN*4*XXXX~
SE*18*0002~
GE*2*1~
IEA*1*000000001~
`
	if got != want {
		t.Errorf("X12:\n%s", got)
	}
	if again := copied(t, got, 1); again != got {
		t.Errorf("a copy of the copy:\n%s", again)
	}
	got = copied(t, ediInvoice, 1)
	want = `UNA:+.? '
UNB+UNOC:3+AURELIA:14+KESTREL:14+261124:0930+1+XXXX'
UNH+1+INVOIC:D:96A:UN'
BGM+380+INV-7766+9'
DTM+137:20261124:102'
FTX+AAI+++Net XXXX by Friday?+XXXX'
RFF+ON:PO-5544'
TAX+7+VAT++XXXX+:::20'
CUX+2:GBP:4'
ALC+A++++DI'
PCD+3:XXXX'
MOA+8:XXXX'
LIN+1++7391234500019:EN'
IMD+F++:::Drill 18 V XXXX EUR'
QTY+47:240:PCE'
PRI+AAA:XXXX'
MOA+203:XXXX'
UNS+S'
CNT+2:1'
CNT+39:XXXX'
MOA+77:XXXX'
UNT+19+1'
UNZ+1+1'
`
	if got = strings.Replace(got, "UNA:+.? 'UNB", "UNA:+.? '\nUNB", 1); got != want {
		t.Errorf("EDIFACT:\n%s", got)
	}
	if nothing := copied(t, invoice, 3); nothing != "" {
		t.Errorf("of a document that is not there: %q", nothing)
	}
}

// Every file that comes with the program can be copied, and no element that its
// dictionary calls a price is left in the copy.
func TestCopyOfEverySample(t *testing.T) {
	t.Parallel()
	files, values := 0, 0
	err := filepath.WalkDir("../testdata", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Base(path) != "in.edi" && filepath.Base(path) != "in.x12" {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		un := edifact.Is(raw)
		for set := 1; set <= 3; set++ {
			masked := copied(t, string(raw), set)
			if masked == "" {
				continue
			}
			files++
			_ = schema.Explain(strings.NewReader(masked), schema.Options{}, func(_ *schema.Interchange, _ *schema.Group, e schema.Explained) error {
				for _, s := range e.Segments {
					for _, el := range s.Elements {
						if price := PriceX12(el.Ref) && !un || PriceUN(el.Ref) && un; !price || el.Value == "" {
							continue
						}
						values++
						if el.Value != Word && !(el.Ref == "6066" && s.Elements[0].Value == lines) {
							t.Errorf("%s: %s is %q", path, el.Place, el.Value)
						}
					}
				}
				return nil
			})
		}
		return nil
	})
	if err != nil || files < 100 || values < 300 {
		t.Errorf("%d documents, %d values, %v", files, values, err)
	}
}

// What the dictionaries name after money is masked, or stands here with the reason.
func TestEveryNameOfMoneyIsKnown(t *testing.T) {
	t.Parallel()
	money := regexp.MustCompile(`(?i)price|amount|\brate\b|percent|discount|allowance|multiplier|money|account number|tax basis|condition value`)
	open := map[string]string{
		"1004": "a code", "122": "a code", "1300": "a code", "1301": "a code", "236": "a code", "248": "a code", "289": "a quantity", "341": "a number of an agreement", "351": "days", "370": "a date", "378": "a code", "417": "a code", "522": "a code",
		"639": "a code", "648": "a code", "653": "a code", "654": "a code", "656": "a code", "659": "a code", "280": "between currencies", "569": "a code",
		"un 1230": "a number of an agreement", "un 5025": "a code", "un 5125": "a code", "un 5189": "a code", "un 5213": "a code", "un 5245": "a code", "un 5249": "a code", "un 5273": "a code", "un 5278": "of a tax, by law", "un 5279": "a code",
		"un 5284": "a quantity", "un 5375": "a code", "un 5387": "a code", "un 5393": "a code", "un 5402": "between currencies", "un 5419": "a code", "un 5463": "a code", "un 6348": "between currencies",
	}
	seen := 0
	for file, prefix := range map[string]string{"edi": "edi.el.", "un": "edi.un.el."} {
		raw, err := os.ReadFile("../../portal/locale/" + file + ".en.json")
		if err != nil {
			t.Fatal(err)
		}
		var words map[string]any
		if err := json.Unmarshal(raw, &words); err != nil {
			t.Fatal(err)
		}
		for key, name := range words {
			ref, ok := strings.CutPrefix(key, prefix)
			if !ok || !money.MatchString(fmt.Sprint(name)) {
				continue
			}
			seen++
			id := ref
			if file == "un" {
				id = "un " + ref
			}
			if masked := PriceX12(ref) && file == "edi" || PriceUN(ref) && file == "un"; masked == (open[id] != "") {
				t.Errorf("%s %q: masked %v, left because it is %q", id, name, masked, open[id])
			}
		}
	}
	if seen < 40 {
		t.Errorf("only %d names", seen)
	}
}

func TestReader(t *testing.T) {
	t.Parallel()
	r := Reader(strings.NewReader(invoice), false, 2)
	b, err := io.ReadAll(r)
	if err != nil || string(b) != copied(t, invoice, 2) {
		t.Errorf("%v %s", err, b)
	}
	r = Reader(strings.NewReader(invoice), false, 2)
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if got := copied(t, invoice[:500], 2); !strings.HasPrefix(got, "ISA*03*XXXXXX") {
		t.Errorf("of a file that breaks off: %q", got)
	}
}

func FuzzCopy(f *testing.F) {
	f.Add(invoice, 2)
	f.Add(ediInvoice, 1)
	f.Fuzz(func(t *testing.T, raw string, set int) {
		var b bytes.Buffer
		if err := Copy(&b, strings.NewReader(raw), edifact.Is([]byte(raw)), set); err != nil {
			t.Fatal(err)
		}
		if b.Len() > 8*len(raw)+64 {
			t.Fatalf("%d bytes of %d", b.Len(), len(raw))
		}
	})
}
