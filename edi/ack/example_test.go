package ack_test

import (
	"fmt"
	"strings"
	"time"

	"entente/edi/ack"
	"entente/edi/schema"
)

// Answer checks a file and gives back what its sender is to be told.
func ExampleAnswer() {
	const file = "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261122*0912*^*00501*000000101*0*P*>~" +
		"GS*PO*KESTRELSUPPLY*AURELIATOOLS*20261122*0912*101*X*005010~ST*850*0001~BEG*00*SA*4500187521**20261131~PO1*1*12*EA*84.00**VP*AUR-D18B~CTT*1~SE*5*0001~GE*1*101~IEA*1*000000101~"
	answer, report, err := ack.Answer(strings.NewReader(file), schema.Options{}, time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Rejected)
	for _, s := range strings.Split(string(answer), "~") {
		if strings.HasPrefix(s, "AK") {
			fmt.Println(s)
		}
	}
	// Output:
	// true
	// AK1*PO*101*005010
	// AK2*850*0001
	// AK3*BEG*2**8
	// AK4*5*373*8*20261131
	// AK5*R*5
	// AK9*R*1*1*0
}
