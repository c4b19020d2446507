package locale

import (
	"strings"
	"time"
)

// ProofReadme is the text in an archive of proof: whoever gets it may read either
// language, so it holds all of them.
func ProofReadme() string {
	var parts []string
	for _, l := range Languages() {
		parts = append(parts, New(l, time.UTC, time.Time{}).T("proof.readme"))
	}
	return strings.Join(parts, "\n"+strings.Repeat("-", 72)+"\n\n")
}
