package view

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"testing"
)

var token = regexp.MustCompile(`(--e-[a-z0-9-]+):light-dark\((#[0-9a-f]{6}),(#[0-9a-f]{6})\)`)

// TestContrast repeats the computation of the design: text at least 4.5 to 1, marks, borders and the focus ring at least 3 to 1, in both themes.
func TestContrast(t *testing.T) {
	css, err := os.ReadFile("../../static/css/entente.css")
	if err != nil {
		t.Fatal(err)
	}
	colours := map[string][2]string{}
	for _, m := range token.FindAllStringSubmatch(string(css), -1) {
		colours[m[1]] = [2]string{m[2], m[3]}
	}
	colours["white"] = [2]string{"#ffffff", "#ffffff"}
	type pair struct {
		front, back string
		least       float64
	}
	var pairs []pair
	for _, back := range []string{"--e-bg", "--e-surface", "--e-rail", "--e-sunken", "--e-hover"} {
		for _, ink := range []string{"--e-ink", "--e-ink-2", "--e-ink-3", "--e-accent-ink"} {
			pairs = append(pairs, pair{ink, back, 4.5})
		}
	}
	for _, back := range []string{"--e-bg", "--e-surface"} {
		pairs = append(pairs, pair{"--e-line-control", back, 3}, pair{"--e-focus", back, 3})
		for _, hue := range []string{"grey", "blue", "amber", "red", "green", "violet"} {
			pairs = append(pairs, pair{"--e-" + hue, back, 3}, pair{"--e-" + hue + "-ink", back, 4.5})
		}
	}
	for _, hue := range []string{"grey", "blue", "amber", "red", "green", "violet"} {
		pairs = append(pairs, pair{"--e-" + hue + "-ink", "--e-" + hue + "-soft", 4.5})
		pairs = append(pairs, pair{"--e-ink", "--e-" + hue + "-soft", 4.5})
	}
	pairs = append(pairs, pair{"white", "--e-accent", 4.5}, pair{"white", "--e-accent-hover", 4.5}, pair{"--e-accent-ink", "--e-accent-soft", 4.5}, pair{"--e-ink", "--e-accent-soft", 4.5})
	for _, p := range pairs {
		front, okFront := colours[p.front]
		back, okBack := colours[p.back]
		if !okFront || !okBack {
			t.Errorf("no token %s or %s", p.front, p.back)
			continue
		}
		for theme, name := range []string{"light", "dark"} {
			if c := contrast(front[theme], back[theme]); c < p.least {
				t.Errorf("%s: %s on %s is %.2f, want %.1f", name, p.front, p.back, c, p.least)
			}
		}
	}
}

// contrast is the ratio of WCAG 2.2 between two colours given as #rrggbb.
func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

func luminance(hex string) float64 {
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			panic(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
