package lift

import (
	"math"
	"slices"
	"testing"
)

// rng is splitmix64.
type rng uint64

func (r *rng) next() float64 {
	*r += 0x9E3779B97F4A7C15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return float64((z^z>>31)>>11) / (1 << 53)
}

// market is a history made by shops, one by one: each is there from some week on, is open or
// closed, asks for its own size of order as often as the month and the holidays have it.
// The estimator knows none of this: no shop, no month, no holiday, and no share of what the
// promotion does, which moves single orders.
type market struct {
	without, with       [weeks]float64 // what was sold, if there had been no promotion and as it was
	sibling, siblingHad [weeks]float64
	injected            float64 // extra units within the window
	pulled, switched    float64 // of them, those missing after it and those of the sibling
}

const (
	weeks      = 104
	promoFrom  = 92
	promoWeeks = 6
)

var months = [12]float64{0.82, 0.86, 1.00, 1.08, 1.16, 1.20, 1.08, 0.94, 1.06, 1.10, 1.04, 0.86}

// simulate makes a market: about one order in five of the window is extra, of these one in
// eight is bought ahead of the next weeks and one in ten instead of the sibling.
func simulate(seed int) *market {
	r := rng(seed) * 0x5851F42D4C957F2D
	m := &market{}
	shops, ahead := 1060, [weeks + 8]float64{}
	start := int(r.next() * 52) // the week of the year in which it begins
	size, opens := make([]float64, shops), make([]int, shops)
	for i := range shops {
		size[i] = 5 + math.Floor(8*r.next())
		if i%4 == 3 { // a quarter of the shops comes in the course of the two years
			opens[i] = int(r.next() * weeks)
		}
	}
	for w := range weeks {
		at := float64((start+w)%52) / 52 * 12
		lo := int(at)
		busy := months[lo] + (months[(lo+1)%12]-months[lo])*(at-float64(lo))
		if d := (start+w)%52 - 39; d == 0 || d == 1 { // a holiday of two weeks
			busy *= 0.9
		}
		weather := 1 + 0.05*(r.next()-0.5)
		for i := range shops {
			if opens[i] > w || r.next() > 0.72*busy*weather {
				continue
			}
			q := size[i] * float64(3+int(r.next()*3)) / 4
			mine := i%3 != 2 // a third of them buys the sibling
			if !mine {
				m.siblingHad[w] += q
				m.sibling[w] += q
				continue
			}
			m.without[w] += q
			m.with[w] += q
			if w < promoFrom || w >= promoFrom+promoWeeks || r.next() > 0.2 {
				continue
			}
			m.with[w] += q
			m.injected += q
			switch x := r.next(); {
			case x < 0.125:
				ahead[promoFrom+promoWeeks+int(r.next()*4)] += q
				m.pulled += q
			case x < 0.225:
				m.sibling[w] -= q
				m.switched += q
			}
		}
	}
	for w := range weeks {
		m.with[w] -= ahead[w]
	}
	return m
}

func series(sold [weeks]float64) []Period {
	out := make([]Period, weeks)
	for w := range out {
		out[w] = Period{At: 2023.37 + float64(w)*7/365.2425, Actual: sold[w]}
		switch {
		case w >= promoFrom && w < promoFrom+promoWeeks:
			out[w].Role = Window
		case w >= promoFrom+promoWeeks && w < promoFrom+promoWeeks+4:
			out[w].Role = After
		}
	}
	return out
}

// What was injected into 400 histories of two years is found again: the stated interval
// covers it as often as it says, is narrow enough to be of use, leans to no side, and where
// nothing was injected it says so.
func TestKnownLift(t *testing.T) {
	t.Parallel()
	const seeds = 400
	fit := func(sold [weeks]float64) *Fit {
		f, why := Of(series(sold), 365.2425/7)
		if why != "" {
			t.Fatal(why)
		}
		return f
	}
	type score struct {
		covered, apart int
		bias           float64
		widths         []float64
	}
	var lift, pulled, taken, net, zero, zeroNet score
	see := func(s *score, e Sum, truth, base float64) {
		low, high := e.Interval()
		if low <= truth && truth <= high {
			s.covered++
		}
		if e.Differs() {
			s.apart++
		}
		s.bias += (e.Value - truth) / base / seeds
		s.widths = append(s.widths, (high-low)/base)
	}
	share := 0.0
	for seed := 1; seed <= seeds; seed++ {
		m := simulate(seed)
		base := 0.0
		for _, q := range m.without[promoFrom : promoFrom+promoWeeks] {
			base += q
		}
		share += m.injected / base / seeds
		a, b := fit(m.with), fit(m.sibling)
		see(&lift, a.Effect(Window), m.injected, base)
		see(&pulled, a.Effect(After), -m.pulled, base)
		see(&taken, b.Effect(Window), -m.switched, base)
		see(&net, With(a, []Role{Window, After}, 1, b, []Role{Window}, 1), m.injected-m.pulled-m.switched, base)
		c, d := fit(m.without), fit(m.siblingHad)
		see(&zero, c.Effect(Window), 0, base)
		see(&zeroNet, With(c, []Role{Window, After}, 1, d, []Role{Window}, 1), 0, base)
	}
	if math.Abs(share-0.2) > 0.005 {
		t.Fatalf("injected %.3f", share)
	}
	middle := func(s score) float64 { slices.Sort(s.widths); return s.widths[len(s.widths)/2] }
	for name, s := range map[string]score{"lift": lift, "pull-forward": pulled, "cannibalised": taken, "incremental": net, "none": zero, "none, incremental": zeroNet} {
		t.Logf("%-18s covered %.1f %%, median width %.1f points (%.0f %% of the lift), bias %+.2f points, not different from zero %.1f %%", name, 100*float64(s.covered)/seeds, 100*middle(s), 100*middle(s)/share, 100*s.bias, 100*float64(seeds-s.apart)/seeds)
		if c := float64(s.covered) / seeds; c < 0.85 || c > 0.95 {
			t.Errorf("%s: the interval covers %.3f", name, c)
		}
		if math.Abs(s.bias) > 0.02 {
			t.Errorf("%s: bias %.4f", name, s.bias)
		}
	}
	for _, s := range []score{lift, net} {
		if w := middle(s) / share; w > 0.6 {
			t.Errorf("the interval is %.2f of the lift", w)
		}
	}
	for _, s := range []score{zero, zeroNet} {
		if n := seeds - s.apart; n < seeds*85/100 {
			t.Errorf("nothing is called something in %d", seeds-n)
		}
	}
}

// made is a plain history of n periods: 100 a period with a wave of the year, and the last
// of it is the window.
func made(n int, perYear float64, window int) []Period {
	out := make([]Period, n)
	for i := range out {
		at := 2024 + float64(i)/perYear
		out[i] = Period{At: at, Actual: 100 + 20*math.Sin(2*math.Pi*at) + float64(i%3-1)}
		if i >= n-window {
			out[i].Role = Window
		}
	}
	return out
}

// What cannot be told is said, not guessed.
func TestTooShort(t *testing.T) {
	t.Parallel()
	const weekly = 365.2425 / 7
	for name, c := range map[string]struct {
		periods []Period
		perYear float64
		why     string
	}{
		"no window":        {made(104, weekly, 0), weekly, NoWindow},
		"no history":       {made(4, weekly, 4), weekly, Short},
		"a year":           {made(56, weekly, 4), weekly, Short},
		"fifteen months":   {made(72, weekly, 4), weekly, ""},
		"months, a year":   {made(14, 12, 2), 12, Short},
		"months":           {made(26, 12, 2), 12, ""},
		"quarters":         {made(8, 4, 1), 4, Short},
		"quarters, longer": {made(13, 4, 1), 4, ""},
	} {
		f, why := Of(c.periods, c.perYear)
		if why != c.why || (f != nil) != (why == "") {
			t.Errorf("%s: %q", name, why)
			continue
		}
		if f != nil {
			e := f.Effect(Window)
			if low, high := e.Interval(); e.Differs() || high-low > 60*float64(len(c.periods)) {
				t.Errorf("%s: %+v of nothing injected", name, e)
			}
		}
	}
	full := made(104, weekly, 4)
	for i := range full {
		if d := math.Mod(full[i].At-full[103].At+10.5, 1) - 0.5; math.Abs(d) < 0.2 && full[i].Role == History {
			full[i].Role = Left // the same weeks of the year before were a promotion too
		}
	}
	if _, why := Of(full, weekly); why != SameWeeks {
		t.Error(why)
	}
	none := made(104, weekly, 4)
	for i := range none {
		none[i].Actual = 0
	}
	if _, why := Of(none, weekly); why != Nothing {
		t.Error(why)
	}
}

// Monthly figures are measured monthly, and what is added to them is found.
func TestMonths(t *testing.T) {
	t.Parallel()
	p := made(36, 12, 2)
	p[34].Actual += 30
	p[35].Actual += 30
	f, why := Of(p, 12)
	if why != "" {
		t.Fatal(why)
	}
	if e := f.Effect(Window); !e.Differs() || math.Abs(e.Value-60) > 10 {
		t.Errorf("%+v", e)
	}
}

// Histories of a few large orders, of zeros and of one leap stay numbers.
func TestLumps(t *testing.T) {
	t.Parallel()
	r := rng(7)
	for n := range 60 {
		p := made(110, 365.2425/7, 6)
		for i := range p {
			switch {
			case n%3 == 0 && r.next() > 0.05, n%3 == 1 && i < 80:
				p[i].Actual = 0
			case n%3 == 2 && i > 50:
				p[i].Actual *= 1e6
			default:
				p[i].Actual *= 500 * r.next()
			}
		}
		f, why := Of(p, 365.2425/7)
		if why != "" {
			continue
		}
		e := f.Effect(Window)
		for _, x := range append(slices.Concat(f.Base, f.Low, f.High), e.Value, e.SE) {
			if math.IsNaN(x) || math.IsInf(x, 0) || x != e.Value && x < 0 {
				t.Fatalf("%d: %v", n, x)
			}
		}
	}
}
