package quote

import (
	"strconv"
	"strings"

	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
)

// Config is what was chosen of a product with options, as the options stood then.
type Config struct {
	Revision int            `json:"revision"` // of the product's options
	Options  []ConfigOption `json:"options"`
}

// ConfigOption is one chosen option with its group. By is the option whose rule brought it,
// empty where it was chosen.
type ConfigOption struct {
	Group   string `json:"group"`
	GroupEN string `json:"group_en,omitempty"`
	GroupZH string `json:"group_zh,omitempty"`
	Code    string `json:"code"`
	NameEN  string `json:"name_en,omitempty"`
	NameZH  string `json:"name_zh,omitempty"`
	Pieces  int    `json:"pieces"`
	By      string `json:"by,omitempty"`
}

// Name is the option's name in a language.
func (o ConfigOption) Name(lang string) string {
	return catalog.Option{Code: o.Code, NameEN: o.NameEN, NameZH: o.NameZH}.Name(lang)
}

// GroupName is that of its group.
func (o ConfigOption) GroupName(lang string) string {
	return catalog.OptionGroup{Code: o.Group, NameEN: o.GroupEN, NameZH: o.GroupZH}.Name(lang)
}

// Code names a configuration as catalog.Configuration.Code does; nothing chosen is "".
func (c *Config) Code() string {
	var x catalog.Configuration
	if c != nil {
		for _, o := range c.Options {
			x.Chosen = append(x.Chosen, catalog.Chosen{Option: catalog.Option{Code: o.Code}, Pieces: o.Pieces})
		}
	}
	return x.Code()
}

// Words are the chosen options in a language, "Motor: big", with the pieces where there are
// several.
func (c *Config) Words(lang string) []string {
	if c == nil {
		return nil
	}
	out := make([]string, len(c.Options))
	for i, o := range c.Options {
		if out[i] = o.GroupName(lang) + ": " + o.Name(lang); o.Pieces > 1 {
			out[i] += " × " + strconv.Itoa(o.Pieces)
		}
	}
	return out
}

// Picks are the options that were chosen, without those that rules brought.
func (c *Config) Picks() []catalog.Pick {
	if c == nil {
		return nil
	}
	var out []catalog.Pick
	for _, o := range c.Options {
		if o.By == "" {
			out = append(out, catalog.Pick{Option: o.Code, Pieces: o.Pieces})
		}
	}
	return out
}

// Text is what an order says of the line, empty where nothing was chosen: the name and the
// codes of the options, which fit into the text of a line (PID, IMD) whole or not at all.
func (l Line) Text() string {
	if l.Config == nil || len(l.Config.Options) == 0 {
		return ""
	}
	long := l.Name("en") + "; " + strings.Join(l.Config.Words("en"), "; ")
	if len(long) > 300 {
		long = l.SKU + " " + l.Config.Code()
	}
	return long
}

// Choice is what can be chosen of the product of a line, and what the picks come to.
type Choice struct {
	Options catalog.Options
	catalog.Configuration
	Adds map[string]money.Price // what one piece of an option would add, per unit of the line
}

// pricing is how the price of an item comes about: by the lists, and by its options.
type pricing struct {
	steps   []catalog.Step
	options catalog.Options
	terms   map[string]catalog.OptionTerm
	try     bool // for a form, which shows what else can be had
}

// configure works out what picks come to and adds the step of each option to the line. What
// does not stand is a field of bad; the line says how far it goes.
func (p pricing) configure(l *Line, picks []catalog.Pick, at string, bad *fault.Error) {
	if len(p.options.Groups) == 0 {
		if len(picks) > 0 {
			bad.With(at+"options", "quote.options_none", "SKU", l.SKU)
		}
		return
	}
	check := p.options.Check // nothing is held up for long while it is written
	if p.try {
		check = p.options.Configure
	}
	got := check(picks)
	l.Choice = &Choice{Options: p.options, Configuration: got, Adds: map[string]money.Price{}}
	if !got.OK() {
		bad.With(at+"options", "quote.options_wrong", "SKU", l.SKU, "Count", len(got.Problems))
	}
	var own money.Price
	if len(p.steps) > 0 {
		own = p.steps[len(p.steps)-1].Price
	}
	for _, g := range p.options.Groups {
		for _, o := range g.Options {
			if one, _ := catalog.Configured(own, []catalog.Chosen{{Group: g, Option: o, Pieces: 1}}, p.terms); len(one) == 1 {
				l.Choice.Adds[o.Code] = scaled(one[0].Add, l.Factor)
			}
		}
	}
	if len(got.Chosen) == 0 {
		return
	}
	l.Config = &Config{Revision: p.options.Revision}
	for _, c := range got.Chosen {
		l.Config.Options = append(l.Config.Options, ConfigOption{Group: c.Group.Code, GroupEN: c.Group.NameEN, GroupZH: c.Group.NameZH, Code: c.Option.Code, NameEN: c.Option.NameEN, NameZH: c.Option.NameZH, Pieces: c.Pieces, By: c.By})
	}
	if len(p.steps) == 0 {
		return
	}
	steps, ok := catalog.Configured(own, got.Chosen, p.terms)
	if !ok {
		bad.With(at+"options", "quote.options_below", "SKU", l.SKU)
		return
	}
	for _, s := range steps {
		was := l.Base
		l.Base = scaled(s.Price, l.Factor)
		l.Steps = append(l.Steps, Step{Kind: StepOption, Price: l.Base, List: s.List, Version: s.Version, From: s.From, Option: s.Option.Code, NameEN: s.Option.NameEN, NameZH: s.Option.NameZH, Pieces: s.Pieces, Add: l.Base - was, Percent: s.Percent})
	}
}

// scaled is a price per base unit in a unit of factor base units.
func scaled(p money.Price, factor money.Quantity) money.Price {
	if p < 0 {
		return -scaled(-p, factor)
	}
	return money.Price(ratio(money.Quantity(p), factor, money.One))
}
