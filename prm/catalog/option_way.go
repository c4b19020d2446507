package catalog

// mostSteps bounds one search: options that people can follow need a few dozen steps.
const mostSteps = 4000

// The three values of an option while a way is looked for.
const (
	undecided = iota
	taken
	without
)

// atLeast says that one of any is chosen where cond is (-1: always).
type atLeast struct {
	cond int
	any  []int
}

// atMost says that at most most of among are chosen, unless cond is not.
type atMost struct {
	cond, most int
	among      []int
}

type ways struct {
	clauses []atLeast
	bounds  []atMost
	steps   int
}

// way says whether some choice keeps every rule, answers the required groups that need says,
// and has the option with. done is false where the search was given up.
func (o Options) way(need func(group int) bool, with string) (ok, done bool) {
	at := map[string]int{}
	for _, g := range o.Groups {
		for _, x := range g.Options {
			at[x.Code] = len(at)
		}
	}
	s := &ways{}
	index := func(codes []string) []int {
		list := make([]int, len(codes))
		for i, c := range codes {
			list[i] = at[c]
		}
		return list
	}
	for i, g := range o.Groups {
		var list []int
		for _, x := range g.Options {
			list = append(list, at[x.Code])
		}
		s.bounds = append(s.bounds, atMost{-1, g.Most, list})
		if g.Required && need(i) {
			s.clauses = append(s.clauses, atLeast{-1, list})
		}
	}
	for _, r := range o.Rules {
		cond := -1
		if r.If != "" {
			cond = at[r.If]
		}
		then := index(r.Then)
		switch r.Kind {
		case RuleRequires:
			s.clauses = append(s.clauses, atLeast{cond, then})
		case RuleAdds:
			for _, t := range then {
				s.clauses = append(s.clauses, atLeast{cond, []int{t}})
			}
		case RuleExcludes:
			s.bounds = append(s.bounds, atMost{cond, 0, then})
		case RuleLimits:
			s.bounds = append(s.bounds, atMost{cond, r.Most, then})
		}
	}
	value := make([]uint8, len(at))
	if with != "" {
		value[at[with]] = taken
	}
	ok = s.try(value)
	return ok, ok || s.steps < mostSteps
}

// try completes value, or says that it cannot be.
func (s *ways) try(value []uint8) bool {
	if s.steps++; s.steps >= mostSteps {
		return false
	}
	if !s.follow(value) {
		return false
	}
	for _, c := range s.clauses {
		if c.cond >= 0 && value[c.cond] != taken || s.met(c, value) {
			continue
		}
		for _, x := range c.any {
			if value[x] != undecided {
				continue
			}
			next := append([]uint8(nil), value...)
			next[x] = taken
			if s.try(next) {
				return true
			}
			value[x] = without
		}
		return false
	}
	return true // what is left open is left out
}

func (s *ways) met(c atLeast, value []uint8) bool {
	for _, x := range c.any {
		if value[x] == taken {
			return true
		}
	}
	return false
}

// follow writes down what must be so, until nothing more follows; false: it cannot be.
func (s *ways) follow(value []uint8) bool {
	for again := true; again; {
		again = false
		for _, c := range s.clauses {
			if c.cond >= 0 && value[c.cond] == without || s.met(c, value) {
				continue
			}
			last, left := -1, 0
			for _, x := range c.any {
				if value[x] == undecided {
					last, left = x, left+1
				}
			}
			holds := c.cond < 0 || value[c.cond] == taken
			switch {
			case left == 0 && holds:
				return false
			case left == 0: // so the condition is not met
				value[c.cond], again = without, true
			case left == 1 && holds:
				value[last], again = taken, true
			}
		}
		for _, b := range s.bounds {
			if b.cond >= 0 && value[b.cond] == without {
				continue
			}
			n := 0
			for _, x := range b.among {
				if value[x] == taken {
					n++
				}
			}
			holds := b.cond < 0 || value[b.cond] == taken
			switch {
			case n > b.most && holds:
				return false
			case n > b.most:
				value[b.cond], again = without, true
			case n == b.most && holds:
				for _, x := range b.among {
					if value[x] == undecided {
						value[x], again = without, true
					}
				}
			}
		}
	}
	return true
}
