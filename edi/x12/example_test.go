package x12_test

import (
	"fmt"
	"os"
	"strings"
	"time"

	"entente/edi/wire"
	"entente/edi/x12"
)

const sample = "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261122*0912*^*00501*000000101*0*P*>~" +
	"GS*PO*KESTRELSUPPLY*AURELIATOOLS*20261122*0912*101*X*005010~ST*850*0001~BEG*00*SA*4500187521**20261122~SE*3*0001~GE*1*101~IEA*1*000000101~"

// Segments are pulled one at a time; their elements are borrowed until the next call.
func ExampleReader() {
	r := x12.NewReader(strings.NewReader(sample), wire.Limits{})
	for {
		s, err := r.Next()
		if err != nil { // io.EOF at the proper end
			break
		}
		fmt.Printf("%d %s %s\n", s.FileSegment, s.ID(), s.El(1))
	}
	// Output:
	// 1 ISA 00
	// 2 GS PO
	// 3 ST 850
	// 4 BEG 00
	// 5 SE 3
	// 6 GE 1
	// 7 IEA 1
}

// Scan reads envelopes only: who sends what to whom.
func ExampleScan() {
	found, err := x12.Scan(strings.NewReader(sample), wire.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(found[0].Sender, "to", found[0].Receiver, found[0].Control, found[0].SetCount, found[0].Complete)
	// Output: KESTRELSUPPLY to AURELIATOOLS 000000101 1 true
}

// The writer fills counts, control numbers of sets and trailers.
func ExampleWriteInterchange() {
	err := x12.WriteInterchange(os.Stdout, x12.Outgoing{
		Header: x12.Header{SenderQualifier: "ZZ", Sender: "AURELIATOOLS", ReceiverQualifier: "ZZ", Receiver: "KESTRELSUPPLY", Version: "00501", Control: "7", Usage: "P"},
		Group:  x12.Group{FunctionalID: "PR", Sender: "AURELIATOOLS", Receiver: "KESTRELSUPPLY", Control: "7", Agency: "X", Version: "005010"},
		Bodies: []x12.Body{{Type: "855", Segs: []x12.Seg{x12.S("BAK", "00", "AD", "4500187521", "20261122")}}},
	}, time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// ISA*00*          *00*          *ZZ*AURELIATOOLS   *ZZ*KESTRELSUPPLY  *261123*0900*^*00501*000000007*0*P*>~GS*PR*AURELIATOOLS*KESTRELSUPPLY*20261123*0900*7*X*005010~ST*855*0001~BAK*00*AD*4500187521*20261122~SE*3*0001~GE*1*7~IEA*1*000000007~
}
