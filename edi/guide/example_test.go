package guide_test

import (
	"fmt"
	"strings"

	"entente/edi/guide"
)

// A guide is data that people write; reading it says what is wrong with it.
func ExampleRead() {
	const text = `{"guide":"entente/1","name":"Kestrel orders","version":"005010","set":"850",
	 "rules":[{"path":"BEG01","codes":["00","05"]},{"path":"XYZ","forbid":true}]}`
	_, problems, err := guide.Read(strings.NewReader(text))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range problems {
		fmt.Println(p.Rule, p.Key)
	}
	// Output: 2 segment_unknown
}
