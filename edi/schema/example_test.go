package schema_test

import (
	"fmt"
	"strings"

	"entente/edi/schema"
)

const refused = "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261122*0912*^*00501*000000101*0*P*>~" +
	"GS*PO*KESTRELSUPPLY*AURELIATOOLS*20261122*0912*101*X*005010~ST*850*0001~BEG*00*SA*4500187521**20261131~PO1*1*12*EACH*84.00**VP*AUR-D18B~CTT*1~SE*5*0001~GE*1*101~IEA*1*000000101~"

// Check judges a whole file. A finding says what, where and why; its words are
// the caller's (in this project portal/locale).
func ExampleCheck() {
	report, err := schema.Check(strings.NewReader(refused), schema.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range report.Interchanges[0].GroupReports[0].SetReports[0].Findings {
		fmt.Println(f.Place(), f.Key, f.Code, f.Value)
	}
	fmt.Println(report.Rejected)
	// Output:
	// BEG05 date.impossible 8 20261131
	// PO103 element.too_long 5 EACH
	// true
}
