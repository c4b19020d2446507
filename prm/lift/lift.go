// Package lift tells what a promotion added from how a partner bought or sold before it.
//
// The periods without a promotion are fitted with a level, a trend whose growth may change a
// little, and a yearly season that says as much as the same weeks of past years agree on:
// a log-linear mean with variance in proportion to it (quasi-Poisson), waves of the year held
// back the more the shorter they are, by how much is chosen by restricted likelihood. What
// the fit says of the promotion's periods is the baseline; actual less baseline is the lift,
// its interval that of a prediction (noise and fit, with what is carried over from one
// period to the next).
//
// Numbers here are statistics and floats. What is told and paid is rounded by the caller.
package lift

import "math"

// Role says what a period is to a promotion.
type Role byte

// The roles.
const (
	History Role = iota // without a promotion: it is fitted
	Window              // of the promotion
	After               // in which what was bought ahead is missing
	Left                // known, but neither fitted nor measured: another promotion
)

// Period is one period of a series. At is where its middle lies, in years.
type Period struct {
	At     float64
	Actual float64
	Role   Role
}

// Why there is no estimate.
const (
	Short     = "short"      // less history than Least
	SameWeeks = "same_weeks" // the window's place in the year was never seen without a promotion
	Nothing   = "nothing"    // nothing was sold in the history
	NoWindow  = "no_window"  // no period of the promotion is over
)

// Least is how many years of history there must be, from the first period to the last, and
// how much of them must be known.
const (
	Least      = 1.25
	leastKnown = 0.7
	quarterly  = 6.0 // periods a year below which two years are asked for
)

// Level of the intervals.
const Level = 0.90

// Sum is an effect added up over periods, in the unit of the series.
type Sum struct {
	Value float64
	SE    float64 // standard error of Value
	DF    float64 // degrees of freedom of SE
}

// Interval is where the true value lies at Level.
func (s Sum) Interval() (low, high float64) {
	w := quantile(s.DF) * s.SE
	return s.Value - w, s.Value + w
}

// Differs says that zero lies outside the interval.
func (s Sum) Differs() bool {
	low, high := s.Interval()
	return low > 0 || high < 0
}

// Times scales an effect.
func (s Sum) Times(f float64) Sum { return Sum{s.Value * f, s.SE * math.Abs(f), s.DF} }

// Fit is what was made of a series.
type Fit struct {
	Base      []float64 // for each period, what was to be expected without the promotion
	Low, High []float64 // where a period without one lies at Level
	Years     float64   // of history
	Fitted    int       // periods
	Carry     float64   // of one period's deviation into the next
	Noise     float64   // of one period without a promotion, as a part of the mean

	periods []Period
	model   *model
	resid   []float64 // Pearson, NaN where not fitted
}

// Of fits a series; perYear is how many of its periods make a year. Why is empty where it
// could be done.
func Of(periods []Period, perYear float64) (f *Fit, why string) {
	var in []Period
	window, total := 0, 0.0
	for _, p := range periods {
		switch p.Role {
		case History:
			in = append(in, p)
			total += p.Actual
		case Window:
			window++
		}
	}
	least := Least
	if perYear < quarterly {
		least = 2
	}
	switch {
	case window == 0:
		return nil, NoWindow
	case len(in) == 0:
		return nil, Short
	}
	years := in[len(in)-1].At - in[0].At + 1/perYear
	switch {
	case years < least-0.5/perYear, float64(len(in)) < leastKnown*least*perYear:
		return nil, Short
	case total <= 0:
		return nil, Nothing
	case !seen(periods, in, perYear):
		return nil, SameWeeks
	}
	m := fitModel(in, perYear)
	f = &Fit{Years: years, Fitted: len(in), Noise: math.Sqrt(m.phi), Carry: m.carry, periods: periods, model: m}
	k := 0
	for _, p := range periods {
		x := m.row(p.At)
		mu := math.Exp(m.eta(x))
		sd := math.Sqrt(m.phi*m.mean*mu + mu*mu*m.varOf(x))
		w := quantile(m.df) * sd
		f.Base = append(f.Base, mu)
		f.Low, f.High = append(f.Low, max(0, mu-w)), append(f.High, mu+w)
		r := math.NaN()
		if p.Role == History {
			r = m.resid[k]
			k++
		}
		f.resid = append(f.resid, r)
	}
	return f, ""
}

// seen says that the place in the year of every period of the window was seen without a
// promotion, two weeks or one period beside it at most.
func seen(all, in []Period, perYear float64) bool {
	near := max(2.1/52, 1.1/perYear)
	for _, p := range all {
		if p.Role != Window {
			continue
		}
		found := false
		for _, h := range in {
			d := p.At - h.At
			if d = math.Abs(d - math.Round(d)); d <= near && math.Abs(p.At-h.At) > 0.5 {
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// Effect is actual less baseline over the periods of some roles.
func (f *Fit) Effect(roles ...Role) Sum {
	d := f.deviation(roles)
	return Sum{d.value, math.Sqrt(d.noise + d.model), f.model.df}
}

type deviation struct{ value, noise, model float64 }

func (f *Fit) deviation(roles []Role) deviation {
	var d deviation
	g := make([]float64, len(f.model.beta))
	var sds []float64
	var at []int
	for i, p := range f.periods {
		if !has(roles, p.Role) {
			continue
		}
		d.value += p.Actual - f.Base[i]
		for j, x := range f.model.row(p.At) {
			g[j] += f.Base[i] * x
		}
		sds, at = append(sds, math.Sqrt(f.model.phi*f.model.mean*f.Base[i])), append(at, i)
	}
	for i := range sds {
		for j := range sds {
			d.noise += sds[i] * sds[j] * math.Pow(f.Carry, math.Abs(float64(at[i]-at[j])))
		}
	}
	d.model = f.model.varOf(g)
	return d
}

// With is x times the effect on one series and y times that on another of the same periods
// together, such as products and their siblings: what moves both is counted once.
func With(a *Fit, of []Role, x float64, b *Fit, and []Role, y float64) Sum {
	c, d := a.deviation(of), b.deviation(and)
	v := x*x*(c.noise+c.model) + y*y*(d.noise+d.model) + 2*x*y*together(a.resid, b.resid)*math.Sqrt(c.noise*d.noise)
	return Sum{x*c.value + y*d.value, math.Sqrt(max(0, v)), min(a.model.df, b.model.df)}
}

// together is the correlation of what two series have in common.
func together(a, b []float64) float64 {
	var xy, xx, yy float64
	for i := range min(len(a), len(b)) {
		if math.IsNaN(a[i]) || math.IsNaN(b[i]) {
			continue
		}
		xy, xx, yy = xy+a[i]*b[i], xx+a[i]*a[i], yy+b[i]*b[i]
	}
	if xx == 0 || yy == 0 {
		return 0
	}
	return xy / math.Sqrt(xx*yy)
}

func has(roles []Role, r Role) bool {
	for _, x := range roles {
		if x == r {
			return true
		}
	}
	return false
}
