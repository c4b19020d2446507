package web

import (
	"slices"

	"entente/portal/locale"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/partner"
)

// names are the companies and people whose ids a page was granted by a service,
// looked up at once.
type names struct {
	orgs   map[string]account.Org
	people map[string]account.Person
}

// lookup finds names for ids that a service returned; never for ids of a request.
func (v *visit) lookup(orgs, people []string) (names, error) {
	n := names{}
	var err error
	dir := v.w.d.Accounts.Directory()
	if orgs = distinct(orgs); len(orgs) > 0 {
		if n.orgs, err = dir.OrgsByID(v.ctx, orgs...); err != nil {
			return n, err
		}
	}
	if people = distinct(people); len(people) > 0 {
		n.people, err = dir.PersonsByID(v.ctx, people...)
	}
	return n, err
}

// distinct sorts ids and leaves out empty and repeated ones.
func distinct(ids []string) []string {
	out := slices.Clone(ids)
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > 0 && out[0] == "" {
		out = out[1:]
	}
	return out
}

func (n names) company(id string) view.Company {
	o := n.orgs[id]
	return view.Company{ID: id, Name: o.Name}
}

// bySlug are the companies by the name in their addresses.
func (n names) bySlug() map[string]account.Org {
	out := make(map[string]account.Org, len(n.orgs))
	for _, o := range n.orgs {
		out[o.Slug] = o
	}
	return out
}

func (n names) org(id string) string { return n.orgs[id].Name }

func (n names) person(id string) string { return n.people[id].Name }

// actor is who did something: the person, else the company, else nobody.
func (n names) actor(person, org string) string {
	if name := n.person(person); name != "" {
		return name
	}
	return n.org(org)
}

// circle is who the actor's company works with.
type circle struct {
	own  string
	all  []partner.Partnership
	orgs map[string]account.Org
}

// partners reads the partnerships of the company with the names of the other
// sides; none for somebody who may not see them.
func (v *visit) partners() (circle, error) {
	c := circle{own: v.org()}
	if !v.lists(access.PartnerRead) {
		return c, nil
	}
	var err error
	if c.all, err = v.w.d.Partners.List(v.ctx, v.actor()); err != nil {
		return c, err
	}
	var ids []string
	for _, p := range c.all {
		ids = append(ids, p.Other(c.own))
	}
	n, err := v.lookup(ids, nil)
	c.orgs = n.orgs
	return c, err
}

// has reports whether the company is a partner, whatever the state.
func (c circle) has(org string) bool {
	return slices.ContainsFunc(c.all, func(p partner.Partnership) bool { return p.Other(c.own) == org })
}

// options are the partners as choices of a filter, by name.
func (c circle) options() []view.Option {
	var out []view.Option
	for _, p := range c.all {
		id := p.Other(c.own)
		if slices.ContainsFunc(out, func(o view.Option) bool { return o.Value == id }) {
			continue
		}
		out = append(out, view.Option{Value: id, Label: view.Raw(c.orgs[id].Name)})
	}
	slices.SortFunc(out, func(a, b view.Option) int { return compareText(a.Label.Raw, b.Label.Raw) })
	return out
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// supplies says whether the company supplies another one.
func (c circle) supplies(org string) bool {
	return slices.ContainsFunc(c.all, func(p partner.Partnership) bool { return p.Supplier == c.own && p.Reseller == org })
}

// sells says whether the company supplies anybody.
func (c circle) sells() bool {
	return slices.ContainsFunc(c.all, func(p partner.Partnership) bool { return p.State == partner.Active && p.Supplier == c.own })
}

// suppliers are the active partnerships in which the actor may place orders.
func (c circle) suppliers(a access.Actor) []partner.Partnership {
	var out []partner.Partnership
	for _, p := range c.all {
		if p.State == partner.Active && access.Allowed(a, access.OrderPlace, p.Resource()) {
			out = append(out, p)
		}
	}
	return out
}

func (c circle) canOrder(a access.Actor) bool { return len(c.suppliers(a)) > 0 }

// The lists that forms choose from. They hold what companies of the portal's
// markets need; a value that a record has already is always among them.

var countryCodes = []string{"AT", "BE", "BG", "CH", "CN", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HK", "HR", "HU", "IE", "IT", "JP", "KR", "LT", "LU", "LV", "NL", "NO", "PL", "PT", "RO", "SE", "SG", "SI", "SK", "TW", "US"}

var currencyCodes = []string{"CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "JPY", "KRW", "NOK", "PLN", "RON", "SEK", "SGD", "TWD", "USD"}

var zoneNames = []string{"UTC", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/New_York", "Asia/Hong_Kong", "Asia/Seoul", "Asia/Shanghai", "Asia/Singapore", "Asia/Taipei", "Asia/Tokyo",
	"Europe/Amsterdam", "Europe/Athens", "Europe/Berlin", "Europe/Brussels", "Europe/Bucharest", "Europe/Budapest", "Europe/Copenhagen", "Europe/Dublin", "Europe/Helsinki", "Europe/Lisbon", "Europe/London",
	"Europe/Madrid", "Europe/Oslo", "Europe/Paris", "Europe/Prague", "Europe/Riga", "Europe/Rome", "Europe/Sofia", "Europe/Stockholm", "Europe/Tallinn", "Europe/Vienna", "Europe/Vilnius", "Europe/Warsaw", "Europe/Zurich"}

// plainOptions are values that are their own label.
func plainOptions(values []string, chosen string) []view.Option {
	if chosen != "" && !slices.Contains(values, chosen) {
		values = append([]string{chosen}, values...)
	}
	out := make([]view.Option, len(values))
	for i, c := range values {
		out[i] = view.Option{Value: c, Label: view.Raw(c), On: c == chosen}
	}
	return out
}

// countries are the choices with their names where we have them.
func countries(chosen string, p *locale.Printer) []view.Option {
	out := plainOptions(countryCodes, chosen)
	for i, o := range out {
		if key := "country." + o.Value; locale.Has(p.Language(), key) {
			out[i].Label = view.T(key)
		}
	}
	return out
}

// countryText is the name of a country, or its code where there is none.
func countryText(code string, p *locale.Printer) view.Text {
	if key := "country." + code; locale.Has(p.Language(), key) {
		return view.T(key)
	}
	return view.Raw(code)
}

func languages(chosen string) []view.Option {
	var out []view.Option
	for _, l := range locale.Languages() {
		out = append(out, view.Option{Value: string(l), Label: view.T("language." + string(l)), On: string(l) == chosen})
	}
	return out
}

func themes(chosen string) []view.Option {
	var out []view.Option
	for _, t := range []view.Theme{view.ThemeSystem, view.ThemeLight, view.ThemeDark} {
		out = append(out, view.Option{Value: string(t), Label: view.T("theme." + string(t)), On: string(t) == chosen})
	}
	return out
}

func roleOptions(on []access.Role) []view.Option {
	var out []view.Option
	for _, r := range access.Roles {
		out = append(out, view.Option{Value: string(r), Label: view.T("role." + string(r)), On: slices.Contains(on, r)})
	}
	return out
}
