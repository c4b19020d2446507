package locale

import (
	"strings"
	"sync"
	"time"
)

// more are names of countries that people write and no text of ours says.
var more = map[string]string{"uk": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "usa": "US", "czech republic": "CZ", "holland": "NL", "中国大陆": "CN"}

var countries = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for name, code := range more {
		out[name] = code
	}
	for _, l := range Languages() {
		p := New(l, time.UTC, time.Time{})
		for _, key := range Keys(l) {
			if code, ok := strings.CutPrefix(key, "country."); ok {
				out[strings.ToLower(p.T(key))] = code
			}
		}
	}
	return out
})

// CountryCode is the code (ISO 3166-1 alpha-2) of a country by its name in one of our
// languages.
func CountryCode(name string) (string, bool) {
	code, ok := countries()[strings.ToLower(strings.TrimSpace(name))]
	return code, ok
}
