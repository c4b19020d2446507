package web

import (
	"slices"

	"entente/portal/view"
	"entente/prm/account"
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

func (n names) org(id string) string { return n.orgs[id].Name }

func (n names) person(id string) string { return n.people[id].Name }

// actor is who did something: the person, else the company, else nobody.
func (n names) actor(person, org string) string {
	if name := n.person(person); name != "" {
		return name
	}
	return n.org(org)
}
