package catalog

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"entente/prm/fault"
	"entente/prm/money"
)

// Options is what a buyer chooses when a product is ordered: groups of options, and the rules
// between them. Revision counts its changes, 0 before the first. A product without groups is
// sold as it is.
type Options struct {
	Product   ID            `json:"-"`
	Revision  int           `json:"-"`
	Changed   time.Time     `json:"-"`
	ChangedBy string        `json:"-"`
	Groups    []OptionGroup `json:"groups"`
	Rules     []OptionRule  `json:"rules,omitempty"`
}

// OptionGroup is a question. Most is how many of its options may stand together: 1 is one of
// them.
type OptionGroup struct {
	Code     string   `json:"code"`
	NameEN   string   `json:"name_en,omitempty"`
	NameZH   string   `json:"name_zh,omitempty"`
	Required bool     `json:"required,omitempty"`
	Most     int      `json:"most"`
	Options  []Option `json:"options"`
}

// Option is an answer; its code is the only one of the product. Most is how many pieces of it
// go into one piece of the product.
type Option struct {
	Code   string `json:"code"`
	NameEN string `json:"name_en,omitempty"`
	NameZH string `json:"name_zh,omitempty"`
	Most   int    `json:"most"`
}

// Kinds of a rule.
const (
	RuleRequires = "requires" // with If one of Then is chosen
	RuleExcludes = "excludes" // with If none of Then
	RuleAdds     = "adds"     // If brings each of Then
	RuleLimits   = "limits"   // with If at most Most pieces of Then together
)

// RuleKinds lists them.
var RuleKinds = []string{RuleRequires, RuleExcludes, RuleAdds, RuleLimits}

// OptionRule is an if-then rule between options. If is empty for a limit that always holds.
type OptionRule struct {
	Kind string   `json:"kind"`
	If   string   `json:"if,omitempty"`
	Then []string `json:"then"`
	Most int      `json:"most,omitempty"`
}

// OptionPrice is what an option adds to the price of a product in one version of a price list:
// an amount per piece, below zero for less, or a part of the product's own price.
type OptionPrice struct {
	Option  string
	Price   money.Price
	Percent money.Rate
}

// The bounds of the options of a product.
const (
	MaxGroups  = 40
	MaxOptions = 200
	MaxRules   = 200
	maxPieces  = 999
)

func nameIn(lang, en, zh, code string) string {
	if n := (Product{NameEN: en, NameZH: zh}).Name(lang); n != "" {
		return n
	}
	return code
}

// Name is the name in a language, the other where there is none, then the code.
func (g OptionGroup) Name(lang string) string { return nameIn(lang, g.NameEN, g.NameZH, g.Code) }

// Name is as that of a group.
func (o Option) Name(lang string) string { return nameIn(lang, o.NameEN, o.NameZH, o.Code) }

// Find gives an option and its group.
func (o Options) Find(code string) (Option, OptionGroup, bool) {
	for _, g := range o.Groups {
		for _, x := range g.Options {
			if x.Code == code {
				return x, g, true
			}
		}
	}
	return Option{}, OptionGroup{}, false
}

var optionCode = regexp.MustCompile(`^[A-Z0-9][A-Z0-9_-]{0,19}$`)

func foldCode(s string) string { return strings.ToUpper(strings.TrimSpace(s)) }

// Clean folds what somebody typed and says what is wrong with it, a field for each: groups.N…,
// rules.N…. What is in order can be filled in: no option is dead, no rule runs in a circle,
// every required group has an answer.
// Codes: Invalid.
func (o Options) Clean() (Options, error) {
	bad := fault.New(fault.Invalid, "form.invalid")
	o = o.folded(bad)
	if bad.OrNil() == nil {
		o.checkRules(bad)
	}
	if bad.OrNil() == nil {
		o.checkCircles(bad)
	}
	if bad.OrNil() == nil {
		o.checkWays(bad)
	}
	return o, bad.OrNil()
}

// folded checks what stands alone: codes, names, numbers.
func (o Options) folded(bad *fault.Error) Options {
	seen, n := map[string]bool{}, 0
	code := func(at string, s *string) {
		switch *s = foldCode(*s); {
		case !optionCode.MatchString(*s):
			bad.With(at+".code", "option.code_wrong", "Code", short(*s, 30))
		case seen[*s]:
			bad.With(at+".code", "option.code_twice", "Code", *s)
		}
		seen[*s] = true
	}
	names := func(at string, en, zh *string) {
		*en, *zh = strings.TrimSpace(*en), strings.TrimSpace(*zh)
		for name, s := range map[string]string{".name_en": *en, ".name_zh": *zh} {
			if len(s) > 80 {
				bad.With(at+name, "form.too_long", "Most", 80)
			}
			if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0xFFFD }) {
				bad.With(at+name, "form.text_wrong")
			}
		}
		if *en == "" && *zh == "" {
			bad.With(at+".name_en", "form.missing")
		}
	}
	if len(o.Groups) > MaxGroups || len(o.Rules) > MaxRules {
		bad.With("groups", "option.too_many", "Groups", MaxGroups, "Options", MaxOptions, "Rules", MaxRules)
		return o
	}
	o.Groups = slices.Clone(o.Groups)
	for i := range o.Groups {
		g, at := &o.Groups[i], fmt.Sprintf("groups.%d", i)
		code(at, &g.Code)
		names(at, &g.NameEN, &g.NameZH)
		if g.Most == 0 {
			g.Most = 1
		}
		if g.Most < 1 || g.Most > MaxOptions {
			bad.With(at+".most", "option.most_wrong", "Most", MaxOptions)
		}
		if len(g.Options) == 0 {
			bad.With(at+".code", "option.group_empty", "Group", g.Code)
		}
		if n += len(g.Options); n > MaxOptions {
			bad.With("groups", "option.too_many", "Groups", MaxGroups, "Options", MaxOptions, "Rules", MaxRules)
			return o
		}
		g.Options = slices.Clone(g.Options)
		for k := range g.Options {
			x, at := &g.Options[k], fmt.Sprintf("%s.options.%d", at, k)
			code(at, &x.Code)
			names(at, &x.NameEN, &x.NameZH)
			if x.Most == 0 {
				x.Most = 1
			}
			if x.Most < 1 || x.Most > maxPieces {
				bad.With(at+".most", "option.most_wrong", "Most", maxPieces)
			}
		}
	}
	o.Rules = slices.Clone(o.Rules)
	for i := range o.Rules {
		r := &o.Rules[i]
		r.Kind, r.If = strings.ToLower(strings.TrimSpace(r.Kind)), foldCode(r.If)
		var then []string
		for _, t := range r.Then {
			if t = foldCode(t); t != "" && !slices.Contains(then, t) {
				then = append(then, t)
			}
		}
		if r.Then = then; r.Kind != RuleLimits {
			r.Most = 0
		}
	}
	return o
}

// checkRules checks that each rule speaks of options that there are.
func (o Options) checkRules(bad *fault.Error) {
	for i, r := range o.Rules {
		at := fmt.Sprintf("rules.%d", i)
		if !slices.Contains(RuleKinds, r.Kind) {
			bad.With(at+".kind", "option.rule_kind")
			continue
		}
		if r.If == "" && r.Kind != RuleLimits {
			bad.With(at+".if", "form.missing")
		} else if _, _, ok := o.Find(r.If); r.If != "" && !ok {
			bad.With(at+".if", "option.unknown", "Code", short(r.If, 30))
		}
		if len(r.Then) == 0 {
			bad.With(at+".then", "form.missing")
		}
		for _, t := range r.Then {
			if _, _, ok := o.Find(t); !ok {
				bad.With(at+".then", "option.unknown", "Code", short(t, 30))
			} else if t == r.If && r.Kind != RuleLimits {
				bad.With(at+".then", "option.rule_self", "Code", t)
			}
		}
		if r.Kind == RuleLimits && (r.Most < 0 || r.Most > MaxOptions*maxPieces) {
			bad.With(at+".most", "option.most_wrong", "Most", MaxOptions*maxPieces)
		}
	}
}

// checkCircles refuses options that bring or need each other round in a circle: each of them
// says what another says.
func (o Options) checkCircles(bad *fault.Error) {
	next := map[string][]int{}
	for i, r := range o.Rules {
		if r.Kind == RuleAdds || r.Kind == RuleRequires && len(r.Then) == 1 {
			next[r.If] = append(next[r.If], i)
		}
	}
	state := map[string]int{} // 1 on the way, 2 done
	var walk func(code string)
	walk = func(code string) {
		state[code] = 1
		for _, i := range next[code] {
			for _, t := range o.Rules[i].Then {
				switch state[t] {
				case 0:
					walk(t)
				case 1:
					bad.With(fmt.Sprintf("rules.%d.then", i), "option.circle", "If", code, "Then", t)
				}
			}
		}
		state[code] = 2
	}
	for _, r := range o.Rules {
		if state[r.If] == 0 {
			walk(r.If)
		}
	}
}

// checkWays refuses groups that can never be filled and options that can never be chosen.
func (o Options) checkWays(bad *fault.Error) {
	hard := false
	ask := func(groups func(int) bool, with string) bool {
		ok, done := o.way(groups, with)
		hard = hard || !done
		return ok || !done
	}
	all := func(int) bool { return true }
	if !ask(all, "") {
		said := false
		for i, g := range o.Groups {
			if g.Required && !ask(func(k int) bool { return k == i }, "") {
				bad.With(fmt.Sprintf("groups.%d.code", i), "option.group_never", "Group", g.Code)
				said = true
			}
		}
		if !said {
			bad.With("groups", "option.none_possible")
		}
		return
	}
	for i, g := range o.Groups {
		for k, x := range g.Options {
			if !ask(all, x.Code) {
				bad.With(fmt.Sprintf("groups.%d.options.%d.code", i, k), "option.contradiction", "Code", x.Code)
			}
		}
	}
	if hard {
		bad.With("rules", "option.too_hard")
	}
}
