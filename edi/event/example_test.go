package event_test

import (
	"fmt"
	"strings"

	"entente/edi/event"
)

// A reader is pulled: each call of Next moves to the next event.
func ExampleReader() {
	file := "UNB+UNOC:3+KESTREL:ZZZ+AURELIA:ZZZ+261122:0912+7'UNH+1+ORDERS:D:96A:UN'BGM+220+PO?+1+9'LIN+1++4012345:EN'UNT+4+1'UNZ+1+7'"
	r := event.NewReader(strings.NewReader(file), event.Options{})
	depth := 0
	for r.Next() {
		ev := r.Event()
		switch ev.Kind {
		case event.SetBegin, event.LoopBegin:
			fmt.Printf("%*s%s %s\n", 2*depth, "", ev.Kind, ev.Name)
			depth++
		case event.SetEnd, event.LoopEnd:
			depth--
		case event.Element, event.Component:
			if ev.Pos.Segment > 1 {
				fmt.Printf("%*s%s%02d at byte %d: %q\n", 2*depth, "", ev.Name, ev.Pos.Element, ev.Pos.Offset, ev.Value)
			}
		}
	}
	if err := r.Err(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// set ORDERS
	//   BGM01 at byte 75: "220"
	//   BGM02 at byte 79: "PO+1"
	//   BGM03 at byte 85: "9"
	//   loop SG25
	//     LIN01 at byte 91: "1"
	//     LIN02 at byte 93: ""
	//     LIN03 at byte 94: "4012345"
	//     LIN03 at byte 102: "EN"
	//   UNT01 at byte 109: "4"
	//   UNT02 at byte 111: "1"
}
