package edifact_test

import (
	"fmt"
	"os"
	"strings"
	"time"

	"entente/edi/edifact"
	"entente/edi/wire"
)

// Values come without release characters and in UTF-8, whatever the file is in.
func ExampleReader() {
	const file = "UNB+UNOC:3+BALTICTRADE:ZZZ+AURELIATOOLS:ZZZ+261122:0912+R1'UNH+1+ORDERS:D:96A:UN'BGM+220+PO?'7+9'UNT+3+1'UNZ+1+R1'"
	r := edifact.NewReader(strings.NewReader(file), wire.Limits{})
	for {
		s, err := r.Next()
		if err != nil { // io.EOF at the proper end
			break
		}
		if s.ID() == "BGM" {
			fmt.Printf("%s as %s, segment %d of the message\n", s.Text(2, 1), s.El(2, 1), s.SetSegment)
		}
	}
	// Output: PO'7 as PO?'7, segment 2 of the message
}

// The writer escapes, counts and leaves empty ends out.
func ExampleWriteInterchange() {
	err := edifact.WriteInterchange(os.Stdout, edifact.Outgoing{
		Header: edifact.Header{Syntax: "UNOC", SyntaxVersion: "3", Sender: "AURELIATOOLS", SenderQualifier: "ZZZ", Recipient: "BALTICTRADE", RecipientQualifier: "ZZZ", Reference: "7"},
		Bodies: []edifact.Body{{
			ID:   edifact.MessageID{Type: "ORDRSP", Version: "D", Release: "96A", Agency: "UN"},
			Segs: []edifact.Seg{edifact.S("BGM", "231", "PO'7", "29", ""), edifact.S("DTM", edifact.C("137", "20261123", "102"))},
		}},
	}, time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	if err != nil {
		fmt.Println(err)
	}
	// Output: UNB+UNOC:3+AURELIATOOLS:ZZZ+BALTICTRADE:ZZZ+261123:0900+7'UNH+1+ORDRSP:D:96A:UN'BGM+231+PO?'7+29'DTM+137:20261123:102'UNT+4+1'UNZ+1+7'
}
