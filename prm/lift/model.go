package lift

import "math"

// model is the fitted mean: exp(row·beta), variance phi·mean·μ.
type model struct {
	middle  float64 // of the years
	waves   int
	penalty []float64
	beta    []float64
	inv     [][]float64 // of the penalised information: phi times it is the variance of beta
	phi     float64     // relative variance of a period at the mean
	mean    float64
	df      float64
	carry   float64
	long    float64   // how much more a carried-over noise says of the fit
	resid   []float64 // Pearson
}

// leastNoise is what a period differs by at least, as a part of the mean: a history that fits
// better was fitted by chance.
const leastNoise = 0.01

// How fast sales may grow in a year and how much that may itself change in a year, as
// standard deviations of the logarithm. The first only keeps a history of zeros from running
// away.
const (
	growth       = 1.0
	growthChange = 0.05
)

// roughness: how fast waves are held back with their number, and by how much. The pair that
// makes the history likeliest is taken.
var roughness = []float64{1, 2}
var freedom = []float64{0.3, 3, 30, 300, 3000}

func fitModel(in []Period, perYear float64) *model {
	m := &model{waves: min(12, int(perYear/2-0.5)), middle: (in[0].At + in[len(in)-1].At) / 2}
	n, p := len(in), 3+2*m.waves
	xs := make([][]float64, n)
	y := make([]float64, n)
	for i, h := range in {
		xs[i], y[i] = m.row(h.At), h.Actual
		m.mean += h.Actual / float64(n)
	}
	m.beta = make([]float64, p)
	m.beta[0] = math.Log(m.mean)
	m.phi = 0.01
	m.penalty = m.penalties(2, 30)
	for range 3 {
		m.step(xs, y)
	}
	best, rough, free := math.Inf(-1), 2.0, 30.0
	info, rhs, zz := m.working(xs, y)
	for _, r := range roughness {
		for _, g := range freedom {
			if l := likelihood(info, rhs, zz, m.penalties(r, g), n); l > best {
				best, rough, free = l, r, g
			}
		}
	}
	m.penalty = m.penalties(rough, free)
	for range 3 {
		m.step(xs, y)
	}
	return m
}

// row is what the mean of a period is made of.
func (m *model) row(at float64) []float64 {
	t := at - m.middle
	out := make([]float64, 3+2*m.waves)
	out[0], out[1], out[2] = 1, t, t*t/2
	s, c := math.Sincos(2 * math.Pi * at)
	sk, ck := s, c
	for k := range m.waves {
		out[3+2*k], out[4+2*k] = ck, sk
		sk, ck = sk*c+ck*s, ck*c-sk*s
	}
	return out
}

// eta is the logarithm of the mean, within what can be meant.
func (m *model) eta(x []float64) float64 {
	c := math.Log(m.mean)
	return min(c+6, max(c-12, dot(x, m.beta)))
}

// penalties are in units of phi.
func (m *model) penalties(rough, free float64) []float64 {
	out := make([]float64, 3+2*m.waves)
	out[1] = m.phi / (growth * growth)
	out[2] = m.phi / (growthChange * growthChange)
	for k := range m.waves {
		v := math.Pow(float64(k+1), 2*rough) / free
		out[3+2*k], out[4+2*k] = v, v
	}
	return out
}

// working is the linear problem around the present mean: information, right side and the
// weighted square of the response.
func (m *model) working(xs [][]float64, y []float64) (info [][]float64, rhs []float64, zz float64) {
	p := len(m.beta)
	info, rhs = square(p), make([]float64, p)
	for i, x := range xs {
		eta := m.eta(x)
		mu := math.Exp(eta)
		w := mu / m.mean
		z := eta + (y[i]-mu)/mu
		zz += w * z * z
		for a := range p {
			wx := w * x[a]
			rhs[a] += wx * z
			for b := 0; b <= a; b++ {
				info[a][b] += wx * x[b]
			}
		}
	}
	return info, rhs, zz
}

// step is one round of reweighted least squares, with what follows for the noise.
func (m *model) step(xs [][]float64, y []float64) {
	info, rhs, _ := m.working(xs, y)
	n, p := len(xs), len(m.beta)
	l := chol(info, m.penalty)
	m.beta = solve(l, rhs)
	m.inv = inverse(l)
	used := 0.0
	for a := range p {
		for b := range p {
			used += m.inv[a][b] * info[max(a, b)][min(a, b)]
		}
	}
	m.df = max(5, float64(n)-used)
	chi, cross := 0.0, 0.0
	m.resid = m.resid[:0]
	for i, x := range xs {
		mu := math.Exp(m.eta(x))
		r := (y[i] - mu) / math.Sqrt(mu*m.mean)
		m.resid = append(m.resid, r)
		chi += r * r
		if i > 0 {
			cross += r * m.resid[i-1]
		}
	}
	m.phi = max(chi/m.df, leastNoise*leastNoise)
	// Residuals of a fit lean against each other by about used/n; less than one standard
	// error of a correlation is none.
	carry := 0.0
	if chi > 0 {
		carry = cross/chi + used/float64(n)/2
	}
	if carry < 1/math.Sqrt(float64(n)) {
		carry = 0
	}
	m.carry = min(carry, 0.7)
	m.long = (1 + m.carry) / (1 - m.carry)
}

// varOf is the variance of g·beta.
func (m *model) varOf(g []float64) float64 {
	v := 0.0
	for a := range g {
		v += g[a] * dot(m.inv[a], g)
	}
	return v * m.phi * m.long
}

// likelihood is the restricted one, of the response given the penalties, but for a constant.
func likelihood(info [][]float64, rhs []float64, zz float64, penalty []float64, n int) float64 {
	l := chol(info, penalty)
	rss := zz - dot(rhs, solve(l, rhs))
	out := -float64(n-2) / 2 * math.Log(max(rss, 1e-12))
	for i := range l {
		out -= math.Log(l[i][i])
		if penalty[i] > 0 {
			out += math.Log(penalty[i]) / 2
		}
	}
	return out
}

func dot(a, b []float64) float64 {
	s := 0.0
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

func square(n int) [][]float64 {
	all := make([]float64, n*n)
	out := make([][]float64, n)
	for i := range out {
		out[i] = all[i*n : (i+1)*n]
	}
	return out
}

// chol is the lower factor of a (its lower half is read) with d added to the diagonal.
func chol(a [][]float64, d []float64) [][]float64 {
	l := square(len(a))
	for i := range a {
		for j := 0; j <= i; j++ {
			s := a[i][j] - dot(l[i][:j], l[j][:j])
			if i == j {
				l[i][i] = math.Sqrt(max(s+d[i], 1e-10))
			} else {
				l[i][j] = s / l[j][j]
			}
		}
	}
	return l
}

func solve(l [][]float64, b []float64) []float64 {
	n := len(b)
	x := make([]float64, n)
	for i := range n {
		x[i] = (b[i] - dot(l[i][:i], x[:i])) / l[i][i]
	}
	for i := n - 1; i >= 0; i-- {
		for k := i + 1; k < n; k++ {
			x[i] -= l[k][i] * x[k]
		}
		x[i] /= l[i][i]
	}
	return x
}

func inverse(l [][]float64) [][]float64 {
	out := make([][]float64, len(l))
	for i := range l {
		e := make([]float64, len(l))
		e[i] = 1
		out[i] = solve(l, e)
	}
	return out
}

// quantile is that of Student's distribution at the upper end of Level (Abramowitz and
// Stegun 26.7.5).
func quantile(df float64) float64 {
	const z = 1.6448536269514722
	z3, z5 := z*z*z, z*z*z*z*z
	return z + (z3+z)/(4*df) + (5*z5+16*z3+3*z)/(96*df*df)
}
