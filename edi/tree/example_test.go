package tree_test

import (
	"bytes"
	"fmt"
	"strings"

	"entente/edi/tree"
	"entente/edi/wire"
)

// What ToJSON wrote, FromJSON turns into the same bytes, odd ones included.
func ExampleToJSON() {
	const file = "UNB+UNOC:3+A+B+261122:0912+1'\r\nUNZ+0+1'\r\n\r\n"
	var form, back bytes.Buffer
	if err := tree.ToJSON(&form, strings.NewReader(file), wire.Limits{}); err != nil {
		fmt.Println(err)
		return
	}
	if err := tree.FromJSON(&back, &form, wire.Limits{}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(back.String() == file)
	// Output: true
}
