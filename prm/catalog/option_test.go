package catalog

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// drill is a product whose long handle needs a motor, whose case comes with the kit, and that
// takes two batteries at most with the small motor.
func drill() Options {
	opt := func(code string, most int) Option { return Option{Code: code, NameEN: code, Most: most} }
	return Options{Groups: []OptionGroup{
		{Code: "MOTOR", NameEN: "Motor", Required: true, Most: 1, Options: []Option{opt("SMALL", 1), opt("BIG", 1)}},
		{Code: "HANDLE", NameEN: "Handle", Most: 1, Options: []Option{opt("SHORT", 1), opt("LONG", 1)}},
		{Code: "EXTRA", NameEN: "Extras", Most: 9, Options: []Option{opt("CASE", 1), opt("KIT", 1), opt("BATTERY", 5)}},
	}, Rules: []OptionRule{
		{Kind: RuleRequires, If: "LONG", Then: []string{"BIG"}},
		{Kind: RuleExcludes, If: "SHORT", Then: []string{"KIT"}},
		{Kind: RuleAdds, If: "KIT", Then: []string{"CASE"}},
		{Kind: RuleLimits, If: "SMALL", Then: []string{"BATTERY"}, Most: 2},
	}}
}

func picks(list ...string) []Pick {
	var out []Pick
	for _, s := range list {
		out = append(out, Pick{s, 1})
	}
	return out
}

func TestConfigure(t *testing.T) {
	t.Parallel()
	o, err := drill().Clean()
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name   string
		picks  []Pick
		code   string
		broken []string
	}{
		{"nothing", nil, "", []string{"group_required MOTOR"}},
		{"least", picks("small"), "SMALL", nil},
		{"brings the case", picks("SMALL", "KIT"), "SMALL CASE KIT", nil},
		{"long needs big", picks("SMALL", "LONG"), "SMALL LONG", []string{"requires "}},
		{"short and kit", picks("BIG", "SHORT", "KIT"), "BIG SHORT CASE KIT", []string{"excludes "}},
		{"two motors", picks("BIG", "SMALL"), "SMALL BIG", []string{"group_most MOTOR"}},
		{"batteries", append(picks("SMALL"), Pick{"BATTERY", 3}), "SMALL BATTERY=3", []string{"limits "}},
		{"batteries of the big one", append(picks("BIG"), Pick{"BATTERY", 5}), "BIG BATTERY=5", nil},
		{"too many", append(picks("BIG"), Pick{"BATTERY", 6}), "BIG BATTERY=6", []string{"pieces EXTRA"}},
		{"unknown", picks("BIG", "WINGS"), "BIG", []string{"unknown "}},
	} {
		c := o.Configure(x.picks)
		var got []string
		for _, p := range c.Problems {
			got = append(got, p.Kind+" "+p.Group)
		}
		if c.Code() != x.code || !slices.Equal(got, x.broken) || c.OK() != (len(x.broken) == 0) {
			t.Errorf("%s: %q %v, want %q %v", x.name, c.Code(), got, x.code, x.broken)
		}
	}
	c := o.Configure(picks("BIG", "SHORT"))
	if p, ok := c.Blocked["KIT"]; !ok || p.Kind != RuleExcludes || !slices.Equal(p.Because, []string{"SHORT"}) || len(c.Blocked) != 1 {
		t.Errorf("blocked %+v", c.Blocked)
	}
	c = o.Configure(picks("BIG", "KIT"))
	if p := c.Blocked["SHORT"]; !slices.Equal(p.Because, []string{"KIT"}) {
		t.Errorf("blocked %+v", c.Blocked)
	}
	if by := c.Chosen[1]; by.Option.Code != "CASE" || by.By != "KIT" {
		t.Errorf("brought %+v", by)
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		change func(o *Options)
		field  string
		key    string
	}{
		"contradiction": {func(o *Options) {
			o.Rules = append(o.Rules, OptionRule{Kind: RuleExcludes, If: "LONG", Then: []string{"BIG"}})
		}, "groups.1.options.1.code", "option.contradiction"},
		"brings what it excludes": {func(o *Options) {
			o.Rules = append(o.Rules, OptionRule{Kind: RuleExcludes, If: "CASE", Then: []string{"KIT"}})
		}, "groups.2.options.1.code", "option.contradiction"},
		"circle": {func(o *Options) {
			o.Rules = append(o.Rules, OptionRule{Kind: RuleAdds, If: "CASE", Then: []string{"KIT"}})
		}, "rules.4.then", "option.circle"},
		"never filled": {func(o *Options) {
			o.Rules = append(o.Rules, OptionRule{Kind: RuleLimits, Then: []string{"SMALL", "BIG"}})
		}, "groups.0.code", "option.group_never"},
		"exclude one another": {func(o *Options) {
			o.Groups[1].Required = true
			for _, m := range []string{"SMALL", "BIG"} {
				o.Rules = append(o.Rules, OptionRule{Kind: RuleExcludes, If: m, Then: []string{"SHORT", "LONG"}})
			}
		}, "groups", "option.none_possible"},
		"unknown":    {func(o *Options) { o.Rules[0].Then = []string{"NOWHERE"} }, "rules.0.then", "option.unknown"},
		"itself":     {func(o *Options) { o.Rules[0].Then = []string{"long"} }, "rules.0.then", "option.rule_self"},
		"twice":      {func(o *Options) { o.Groups[1].Options[0].Code = "big" }, "groups.1.options.0.code", "option.code_twice"},
		"no answers": {func(o *Options) { o.Groups[0].Options = nil; o.Rules = nil }, "groups.0.code", "option.group_empty"},
	} {
		o := drill()
		x.change(&o)
		_, err := o.Clean()
		if fault.CodeOf(err) != fault.Invalid || said(err, x.field) != x.key {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is written into a file is read again.
func TestOptionRecords(t *testing.T) {
	t.Parallel()
	o, err := drill().Clean()
	if err != nil {
		t.Fatal(err)
	}
	prices := []OptionPrice{{"BIG", 0, money.One / 8}, {"CASE", -money.One, 0}}
	rows := o.Records(prices)
	got, list, err := ReadOptionRecords(rows)
	if err != nil || !slices.Equal(list, prices) || !slices.EqualFunc(got.Records(list), rows, slices.Equal[[]string]) {
		t.Fatalf("%v\n%v\n%v", err, got.Records(list), rows)
	}
	for name, bad := range map[string][]string{"kind": {"wings", "", "X"}, "number": {"group", "", "X", "x", "", "", "many"}, "no such group": {"option", "NOPE", "X", "x"}} {
		if _, _, err := ReadOptionRecords(append(slices.Clone(rows), bad)); said(err, "rows.16") == "" && said(err, "rows.17") == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := ReadOptionRecords([][]string{{"a", "b"}}); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("no head: %v", err)
	}
}

func TestConfigured(t *testing.T) {
	t.Parallel()
	c := drill().Configure(append(picks("BIG", "CASE"), Pick{"BATTERY", 2}))
	terms := map[string]OptionTerm{"BIG": {OptionPrice: OptionPrice{Percent: money.One / 10}}, "BATTERY": {OptionPrice: OptionPrice{Price: money.Whole(19)}}}
	steps, ok := Configured(99_999_995, c.Chosen, terms) // 99.999995
	if !ok || len(steps) != 3 || steps[0].Add != 10_000_000 || steps[1].Add != 0 || steps[2].Price != 147_999_995 {
		t.Errorf("%v %+v", ok, steps)
	}
	terms["CASE"] = OptionTerm{OptionPrice: OptionPrice{Price: -money.Whole(500)}}
	if _, ok := Configured(99_999_995, c.Chosen, terms); ok {
		t.Error("below zero")
	}
}

// Whatever the options and picks are: what is accepted keeps every rule, as a second reading
// of the rules finds it; the sequence of the picks is nothing; what is blocked would break
// something; and what Clean lets pass can be filled in.
func TestConfigureHolds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var codes []string
		o := Options{}
		for g := range rapid.IntRange(1, 3).Draw(t, "groups") {
			group := OptionGroup{Code: "G" + string(rune('A'+g)), NameEN: "g", Required: rapid.Bool().Draw(t, "required"), Most: rapid.IntRange(1, 3).Draw(t, "most")}
			for range rapid.IntRange(1, 3).Draw(t, "options") {
				code := "O" + string(rune('A'+len(codes)))
				codes = append(codes, code)
				group.Options = append(group.Options, Option{Code: code, NameEN: "o", Most: rapid.IntRange(1, 3).Draw(t, "pieces")})
			}
			o.Groups = append(o.Groups, group)
		}
		one := rapid.SampledFrom(codes)
		for range rapid.IntRange(0, 5).Draw(t, "rules") {
			o.Rules = append(o.Rules, OptionRule{Kind: rapid.SampledFrom(RuleKinds).Draw(t, "kind"), If: one.Draw(t, "if"), Then: rapid.SliceOfNDistinct(one, 1, min(2, len(codes)), rapid.ID).Draw(t, "then"), Most: rapid.IntRange(0, 3).Draw(t, "limit")})
		}
		var ps []Pick
		for _, c := range rapid.SliceOfN(one, 0, 6).Draw(t, "picks") {
			ps = append(ps, Pick{c, rapid.IntRange(0, 4).Draw(t, "n")})
		}
		got := o.Configure(ps)
		if plain := o.Check(ps); len(plain.Blocked) > 0 || plain.Code() != got.Code() || !reflect.DeepEqual(plain.Problems, got.Problems) {
			t.Fatalf("checked %+v, configured %+v", plain, got)
		}
		again := o.Configure(rapid.Permutation(ps).Draw(t, "sequence"))
		if got.Code() != again.Code() || len(got.Problems) != len(again.Problems) || len(got.Blocked) != len(again.Blocked) {
			t.Fatalf("the sequence matters: %q %q", got.Code(), again.Code())
		}
		have := map[string]int{}
		for _, c := range got.Chosen {
			have[c.Option.Code] = c.Pieces
		}
		for _, p := range ps {
			if p.Pieces > 0 && have[p.Option] < p.Pieces {
				t.Fatalf("%s was picked", p.Option)
			}
		}
		if got.OK() != keeps(o, have) {
			t.Fatalf("ok %v of %q, problems %+v", got.OK(), got.Code(), got.Problems)
		}
		if cleaned, err := o.Clean(); err == nil && !fillable(cleaned, codes) {
			t.Fatal("nothing can be filled in")
		} else if err != nil && said(err, "groups") == "option.none_possible" && fillable(o, codes) {
			t.Fatal("it can be filled in")
		}
	})
}

// keeps reads groups and rules a second time.
func keeps(o Options, have map[string]int) bool {
	for _, g := range o.Groups {
		n := 0
		for _, x := range g.Options {
			if have[x.Code] > 0 {
				n++
			}
			if have[x.Code] > x.Most {
				return false
			}
		}
		if n > g.Most || g.Required && n == 0 {
			return false
		}
	}
	for _, r := range o.Rules {
		sum, kinds := 0, 0
		for _, c := range r.Then {
			sum += have[c]
			if have[c] > 0 {
				kinds++
			}
		}
		bad := map[string]bool{RuleRequires: kinds == 0, RuleExcludes: kinds > 0, RuleAdds: kinds < len(r.Then), RuleLimits: sum > r.Most}[r.Kind]
		if have[r.If] > 0 && bad {
			return false
		}
	}
	return true
}

func fillable(o Options, codes []string) bool {
	for bits := range 1 << len(codes) {
		have := map[string]int{}
		for i, c := range codes {
			have[c] = bits >> i & 1
		}
		if keeps(o, have) {
			return true
		}
	}
	return false
}

// said is the key of a field of a fault.
func said(err error, field string) string {
	for _, f := range fault.As(err).Fields {
		if f.Name == field {
			return f.Key
		}
	}
	return ""
}

// Options belong to a product, what they add to a version of a price list; a stranger meets
// nothing, a partner reads what it may buy.
func TestOptionsKept(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setup(t, d)
		e, err := s.svc.Get(s.ctx(), s.boss, s.sup, "AUR-1")
		s.must(err)
		o, err := s.svc.SetOptions(s.ctx(), s.boss, e.ID, OptionsCmd{Options: drill()})
		s.must(err)
		_, err = s.svc.SetOptions(s.ctx(), s.boss, e.ID, OptionsCmd{Options: drill()})
		s.code("an old revision", err, fault.Conflict)
		if o, err = s.svc.SetOptions(s.ctx(), s.boss, e.ID, OptionsCmd{Revision: 1, Options: o}); err != nil || o.Revision != 2 {
			t.Fatalf("%d %v", o.Revision, err)
		}
		got, err := s.svc.Options(s.ctx(), s.viewer, e.ID)
		s.must(err)
		if len(got.Groups) != 3 || len(got.Rules) != 4 || got.Revision != 2 || got.ChangedBy != "" {
			t.Errorf("a partner reads %+v", got)
		}
		s.must(s.svc.SetOptionPrices(s.ctx(), s.boss, "GBP", "2026-07-02", map[string][]OptionPrice{"aur-1": {{"BIG", 0, money.One / 10}, {"battery", money.Whole(19), 0}, {"CASE", 0, 0}}}))
		ls, err := s.svc.Lists(s.ctx(), s.boss)
		s.must(err)
		gbp := ls[slices.IndexFunc(ls, func(l PriceList) bool { return l.Currency == "GBP" })].ID
		s.code("no draft", s.svc.ChangeOptionPrices(s.ctx(), s.boss, gbp, e.ID, nil), fault.Conflict)
		_, err = s.svc.SetOptions(s.ctx(), s.boss, e.ID, OptionsCmd{Revision: 2, Options: o, List: gbp})
		s.code("no draft", err, fault.Conflict)
		v, err := s.svc.BeginDraft(s.ctx(), s.boss, gbp, DraftCmd{From: "2027-01-01", Percent: money.One / 10})
		s.must(err)
		in, err := s.svc.OptionPrices(s.ctx(), s.boss, gbp, v.Number, e.ID)
		s.must(err)
		if len(in) != 2 || in[0] != (OptionPrice{"BATTERY", 20_900_000, 0}) || in[1] != (OptionPrice{"BIG", 0, money.One / 10}) {
			t.Errorf("raised %+v", in)
		}
		for name, p := range map[string]OptionPrice{"both": {"BIG", 1, 1}, "unknown": {"WINGS", 1, 0}, "all of it": {"BIG", 0, -money.One}} {
			s.code(name, s.svc.ChangeOptionPrices(s.ctx(), s.boss, gbp, e.ID, []OptionPrice{p}), fault.Invalid)
		}
		_, err = s.svc.SetOptions(s.ctx(), s.boss, e.ID, OptionsCmd{Revision: 2, Options: o, List: gbp, Prices: []OptionPrice{{"BATTERY", -money.One, 0}}})
		s.must(err)
		_, err = s.svc.Publish(s.ctx(), s.boss, gbp, PublishCmd{Short: true})
		s.must(err)
		own, err := s.svc.CreateList(s.ctx(), s.boss, ListCmd{Currency: "GBP", Partner: s.buy})
		s.must(err)
		_, err = s.svc.BeginDraft(s.ctx(), s.boss, own.ID, DraftCmd{From: "2026-11-22"})
		s.must(err)
		s.must(s.svc.ChangeDraft(s.ctx(), s.boss, own.ID, []PriceChange{{SKU: "AUR-1", Price: money.Whole(70)}}))
		s.must(s.svc.ChangeOptionPrices(s.ctx(), s.boss, own.ID, e.ID, []OptionPrice{{"BATTERY", money.Whole(15), 0}}))
		_, err = s.svc.Publish(s.ctx(), s.boss, own.ID, PublishCmd{})
		s.must(err)
		at := func(actor access.Actor, on string) map[string]OptionTerm {
			terms, err := s.svc.OptionTerms(s.ctx(), actor, s.sup, s.buy, "GBP", on, []ID{e.ID})
			s.must(err)
			return terms[e.ID]
		}
		if x := at(s.buyer, "2026-11-22"); len(x) != 2 || x["BATTERY"].Price != money.Whole(15) || x["BATTERY"].Kind != StepPartner || x["BIG"].Percent != money.One/10 || x["BIG"].Kind != StepList {
			t.Errorf("the partner's %+v", x)
		}
		if x := at(s.boss, "2027-01-05"); x["BATTERY"].Price != money.Whole(15) {
			t.Errorf("the partner's stays: %+v", x)
		}
		if x := at(s.boss, "2026-01-05"); len(x) != 0 {
			t.Errorf("before it said anything: %+v", x)
		}
		for who, a := range map[string]access.Actor{"stranger": s.stranger, "another partner": s.theirAdmin} {
			_, err := s.svc.OptionTerms(s.ctx(), a, s.sup, s.buy, "GBP", "2026-11-22", []ID{e.ID})
			s.code(who, err, fault.NotFound)
			_, err = s.svc.OptionPrices(s.ctx(), a, own.ID, 1, e.ID)
			s.code(who, err, fault.NotFound)
		}
		_, err = s.svc.Options(s.ctx(), s.stranger, e.ID)
		s.code("stranger", err, fault.NotFound)
		_, err = s.svc.OptionsOf(s.ctx(), s.stranger, s.sup, s.buy, []ID{e.ID})
		s.code("stranger", err, fault.NotFound)
		_, err = s.svc.SetOptions(s.ctx(), s.theirAdmin, e.ID, OptionsCmd{Revision: 2, Options: drill()})
		s.code("another's product", err, fault.NotFound)
		_, err = s.svc.SetOptions(s.ctx(), s.viewer, e.ID, OptionsCmd{Revision: 2, Options: drill()})
		if c := fault.CodeOf(err); c != fault.Forbidden && c != fault.NotFound {
			t.Errorf("a viewer: %v", err)
		}
		s.code("a viewer's prices", s.svc.ChangeOptionPrices(s.ctx(), s.viewer, gbp, e.ID, nil), fault.Forbidden)
		if c := fault.CodeOf(s.svc.SetOptionPrices(s.ctx(), s.viewer, "GBP", "2026-11-22", nil)); c != fault.Forbidden && c != fault.NotFound {
			t.Errorf("a viewer loads: %v", c)
		}
	})
}
