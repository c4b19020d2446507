package account

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed holidays.txt
var holidayText string

// PublicDay is a day of a country on which its companies work otherwise than by the
// week. Name is the last part of the key "holiday.<name>".
type PublicDay struct {
	On    string // civil date
	Name  string
	Works bool // an extra working day
	Short int  // ends so many minutes earlier; 0: not
}

// publicDays are those of every country that is known, by date.
var publicDays = sync.OnceValue(func() map[string]map[string]PublicDay {
	out := map[string]map[string]PublicDay{}
	for line := range strings.Lines(holidayText) {
		f := strings.Fields(line)
		if len(f) != 4 || strings.HasPrefix(line, "#") {
			continue
		}
		p := PublicDay{On: f[1], Name: f[3], Works: f[2] == "work"}
		if n, ok := strings.CutPrefix(f[2], "short:"); ok {
			p.Short, _ = strconv.Atoi(n)
		}
		if out[f[0]] == nil {
			out[f[0]] = map[string]PublicDay{}
		}
		out[f[0]][p.On] = p
	}
	return out
})

// PublicDays lists the public days of a country that are known, by date; none for a
// country without any here.
func PublicDays(country string) []PublicDay {
	var out []PublicDay
	for _, p := range publicDays()[country] {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b PublicDay) int { return strings.Compare(a.On, b.On) })
	return out
}
