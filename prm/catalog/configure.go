package catalog

import (
	"math/big"
	"slices"
	"strconv"
	"strings"

	"entente/prm/money"
)

// Pick is an option that a buyer chose, with how many pieces of it go into one piece of the
// product; below one it is not chosen.
type Pick struct {
	Option string `json:"option"`
	Pieces int    `json:"pieces"`
}

// Chosen is an option of a configuration. By names the option whose rule brought it, where the
// buyer did not choose it.
type Chosen struct {
	Group  OptionGroup
	Option Option
	Pieces int
	By     string
}

// Kinds of a problem; the others are those of a rule.
const (
	ProblemUnknown  = "unknown"        // there is no such option
	ProblemPieces   = "pieces"         // more pieces than the option allows
	ProblemRequired = "group_required" // the group has no answer
	ProblemMany     = "group_most"     // it has more than it takes
)

// Problem is why a configuration does not stand, or why an option cannot be added to it.
// Because are the chosen options that stand against it, Among those of which one is to be
// chosen; Rule is the place of the rule, -1 where it is none's.
type Problem struct {
	Kind    string
	Rule    int
	Group   string
	Option  string
	Because []string
	Among   []string
	Most    int
}

// Configuration is what picks come to. It stands where there are no problems. Blocked are the
// options that cannot be added to it, with the reason. It does not depend on the sequence of
// the picks.
type Configuration struct {
	Chosen   []Chosen
	Problems []Problem
	Blocked  map[string]Problem
}

// OK says that it may be ordered.
func (c Configuration) OK() bool { return len(c.Problems) == 0 }

// Code names a configuration: its options in the sequence of the product, "CASE=2 LONG".
func (c Configuration) Code() string {
	var out []string
	for _, x := range c.Chosen {
		s := x.Option.Code
		if x.Pieces > 1 {
			s += "=" + strconv.Itoa(x.Pieces)
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

// set is what is chosen: pieces by code, and by what a rule brought.
type set struct {
	pieces map[string]int
	by     map[string]string
}

// closed adds what rules bring to what was picked.
func (o Options) closed(picked map[string]int) set {
	s := set{map[string]int{}, map[string]string{}}
	for c, n := range picked {
		s.pieces[c] = n
	}
	for again := true; again; {
		again = false
		for _, r := range o.Rules {
			if r.Kind != RuleAdds || s.pieces[r.If] == 0 {
				continue
			}
			for _, t := range r.Then {
				if s.pieces[t] == 0 {
					s.pieces[t], s.by[t], again = 1, r.If, true
				}
			}
		}
	}
	return s
}

// broken are the groups and rules that a choice does not keep, in their sequence.
func (o Options) broken(s set) []Problem {
	var out []Problem
	for _, g := range o.Groups {
		var have []string
		for _, x := range g.Options {
			if n := s.pieces[x.Code]; n > 0 {
				have = append(have, x.Code)
				if n > x.Most {
					out = append(out, Problem{Kind: ProblemPieces, Rule: -1, Group: g.Code, Option: x.Code, Most: x.Most})
				}
			}
		}
		switch {
		case len(have) > g.Most:
			out = append(out, Problem{Kind: ProblemMany, Rule: -1, Group: g.Code, Because: have, Most: g.Most})
		case len(have) == 0 && g.Required:
			p := Problem{Kind: ProblemRequired, Rule: -1, Group: g.Code}
			for _, x := range g.Options {
				p.Among = append(p.Among, x.Code)
			}
			out = append(out, p)
		}
	}
	for i, r := range o.Rules {
		if r.If != "" && s.pieces[r.If] == 0 {
			continue
		}
		var because, have []string
		if r.If != "" {
			because = []string{r.If}
		}
		n := 0
		for _, t := range r.Then {
			if s.pieces[t] > 0 {
				have, n = append(have, t), n+s.pieces[t]
			}
		}
		switch {
		case r.Kind == RuleRequires && n == 0:
			out = append(out, Problem{Kind: r.Kind, Rule: i, Because: because, Among: r.Then})
		case r.Kind == RuleExcludes:
			for _, t := range have {
				out = append(out, Problem{Kind: r.Kind, Rule: i, Option: t, Because: because})
			}
		case r.Kind == RuleLimits && n > r.Most:
			for _, t := range have {
				if !slices.Contains(because, t) {
					because = append(because, t)
				}
			}
			out = append(out, Problem{Kind: r.Kind, Rule: i, Because: because, Most: r.Most})
		}
	}
	return out
}

// Configure says what picks come to: what the rules add, what stands in the way, and which
// further options cannot be had, and why. Of a code that is picked twice the larger counts.
func (o Options) Configure(picks []Pick) Configuration { return o.configure(picks, true) }

// Check is Configure without what further options cannot be had, which is most of the work.
func (o Options) Check(picks []Pick) Configuration { return o.configure(picks, false) }

func (o Options) configure(picks []Pick, further bool) Configuration {
	picked := map[string]int{}
	var out Configuration
	var unknown []string
	for _, p := range picks {
		code := foldCode(p.Option)
		if p.Pieces < 1 || code == "" {
			continue
		}
		if _, _, ok := o.Find(code); !ok {
			if !slices.Contains(unknown, code) {
				unknown = append(unknown, code)
			}
			continue
		}
		picked[code] = max(picked[code], p.Pieces)
	}
	slices.Sort(unknown)
	for _, c := range unknown {
		out.Problems = append(out.Problems, Problem{Kind: ProblemUnknown, Rule: -1, Option: short(c, 30)})
	}
	now := o.closed(picked)
	wrong := o.broken(now)
	out.Problems = append(out.Problems, wrong...)
	out.Blocked = map[string]Problem{}
	for _, g := range o.Groups {
		for _, x := range g.Options {
			if n := now.pieces[x.Code]; n > 0 {
				out.Chosen = append(out.Chosen, Chosen{Group: g, Option: x, Pieces: n, By: now.by[x.Code]})
			} else if further {
				if p, ok := o.blocked(picked, now, wrong, g, x.Code); ok {
					out.Blocked[x.Code] = p
				}
			}
		}
	}
	return out
}

// blocked says what adding an option would break that is not broken yet. In a group that
// takes one, the option comes in the place of the one that was picked.
func (o Options) blocked(picked map[string]int, now set, wrong []Problem, g OptionGroup, code string) (Problem, bool) {
	trial := map[string]int{code: 1}
	for c, n := range picked {
		if g.Most > 1 || !slices.ContainsFunc(g.Options, func(x Option) bool { return x.Code == c }) {
			trial[c] = n
		}
	}
	for _, p := range o.broken(o.closed(trial)) {
		if p.Kind == ProblemRequired || p.Kind == RuleRequires || p.Kind == ProblemPieces {
			continue
		}
		if slices.ContainsFunc(wrong, func(w Problem) bool {
			return w.Kind == p.Kind && w.Rule == p.Rule && w.Group == p.Group && w.Option == p.Option
		}) {
			continue
		}
		against := slices.Clone(p.Because)
		if p.Option != "" {
			against = append(against, p.Option)
		}
		p.Because = nil
		for _, c := range against {
			if by := now.by[c]; by != "" {
				c = by // what the buyer chose, and can take back
			}
			if now.pieces[c] > 0 && c != code && !slices.Contains(p.Because, c) {
				p.Because = append(p.Because, c)
			}
		}
		p.Option = code
		return p, true
	}
	return Problem{}, false
}

// OptionTerm is what an option adds in a version of a price list that is in force.
type OptionTerm struct {
	OptionPrice
	Kind    string // StepList or StepPartner
	Name    string // of the list
	Version int
	From    string
}

// OptionStep is one option on the way to a price. Add is what it adds for all its pieces,
// Price what the product costs with it. Percent is set where it is a part of the product's
// own price.
type OptionStep struct {
	Chosen
	Add, Price money.Price
	Percent    money.Rate
	List       string
	Version    int
	From       string
}

// Configured is what a product costs with its options: each adds its amount, or its part of
// the product's own price, rounded half up at the sixth place. An option of which the lists
// say nothing is in the price. ok is false where the sum is below zero or too large.
func Configured(own money.Price, chosen []Chosen, terms map[string]OptionTerm) (steps []OptionStep, ok bool) {
	sum := big.NewInt(int64(own))
	for _, c := range chosen {
		t := terms[c.Option.Code]
		add := big.NewInt(int64(t.Price))
		if t.Percent != 0 {
			add.Mul(big.NewInt(int64(own)), big.NewInt(int64(t.Percent)))
			add.Add(add.Lsh(add, 1), big.NewInt(money.One))
			add.Div(add, big.NewInt(2*money.One)) // half up, of what is below zero too
		}
		add.Mul(add, big.NewInt(int64(c.Pieces)))
		sum.Add(sum, add)
		if !sum.IsInt64() || !add.IsInt64() {
			return nil, false
		}
		steps = append(steps, OptionStep{Chosen: c, Add: money.Price(add.Int64()), Price: money.Price(sum.Int64()), Percent: t.Percent, List: t.Name, Version: t.Version, From: t.From})
	}
	return steps, sum.Sign() >= 0
}
