package web

import (
	"slices"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
)

// people is everyone of the company and, for an admin, the open invitations.
func people(v *visit) error { return v.peoplePage(200, view.Form{}, nil) }

func (v *visit) peoplePage(status int, invite view.Form, chosen []access.Role) error {
	members, err := v.w.d.Accounts.Members(v.ctx, v.actor())
	if err != nil {
		return err
	}
	page := &view.PeoplePage{Base: v.shell(), URL: v.path("people"), Roles: roleOptions(chosen), Invite: invite, Manage: v.may(access.PeopleManage, access.Own(v.org())), Link: v.shownLink()}
	for _, m := range members {
		page.People = append(page.People, v.memberRow(m, page.Manage))
	}
	if page.Manage {
		open, err := v.w.d.Accounts.Invitations(v.ctx, v.actor())
		if err != nil {
			return err
		}
		for _, i := range open {
			page.People = append(page.People, view.MemberRow{Person: view.Person{ID: i.ID, Name: or(i.Name, i.Email)}, Email: i.Email, Roles: roleOptions(i.Roles), State: "person.invited"})
		}
	}
	return v.renderAs(status, page, nil)
}

func (v *visit) memberRow(m account.Member, manage bool) view.MemberRow {
	self := m.Person.ID == v.login.Person.ID
	row := view.MemberRow{Person: view.Person{ID: m.Person.ID, Name: m.Person.Name}, Email: m.Person.Email, Roles: roleOptions(m.Roles), State: "person.active", Seen: m.Seen, Self: self, Editable: manage}
	if m.State != account.Active {
		row.State = "person.deactivated"
	}
	row.CanLink = manage && !self && m.State == account.Active && !m.Person.Operator
	return row
}

// shownLink is the one-time link that the redirect before carried, for this page
// alone.
func (v *visit) shownLink() *view.OneTimeLink {
	o := v.flash().Once
	if o == nil || o.Kind != "link" {
		return nil
	}
	return &view.OneTimeLink{URL: v.absolute("/link/" + o.Secret), Name: or(o.Name, o.Email), Email: o.Email, Purpose: view.LinkPurpose(o.Purpose), Expires: o.Expires}
}

// showLink carries a link over the redirect to the people page.
func (v *visit) showLink(l account.OneTime) error {
	v.setFlash(flash{Key: "said.link_made", Once: &once{Kind: "link", Purpose: string(l.Kind), Secret: l.Secret, Name: l.Name, Email: l.Email, Expires: l.Expires}})
	return v.seeOther(v.path("people"))
}

// roles reads the ticked roles; unknown words are dropped by the service's check.
func (v *visit) roles() []access.Role {
	var out []access.Role
	for _, r := range v.all("role") {
		if slices.Contains(access.Roles, access.Role(r)) {
			out = append(out, access.Role(r))
		}
	}
	return out
}

// peopleInvite makes an invitation; its link is shown once.
func peopleInvite(v *visit) error {
	in, roles := v.input(), v.roles()
	link, err := v.w.d.Accounts.Invite(v.ctx, v.actor(), account.InviteCmd{Email: in.text("email"), Name: in.text("name"), Roles: roles})
	if err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		return v.peoplePage(422, in.form(errs, note), roles)
	}
	return v.showLink(link)
}

// peopleRoles changes the roles of somebody.
func peopleRoles(v *visit) error {
	if err := v.w.d.Accounts.ChangeRoles(v.ctx, v.actor(), v.Params("id"), v.roles()); err != nil {
		return v.peopleRefused(err)
	}
	return v.done(v.path("people"), "said.saved")
}

// peopleRefused shows on the people page why something was not done there: the
// last admin stays.
func (v *visit) peopleRefused(err error) error {
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	if note.IsZero() && len(errs) > 0 {
		note = errs[0].Text
	}
	return v.peoplePage(409, view.Form{Note: note}, nil)
}

// peopleLink makes a link by which somebody chooses a new password.
func peopleLink(v *visit) error {
	link, err := v.w.d.Accounts.MakeLink(v.ctx, v.actor(), v.Params("id"))
	if err != nil {
		return v.peopleRefused(err)
	}
	return v.showLink(link)
}

// peopleDeactivate ends a membership: sessions, tokens and live connections with
// it.
func peopleDeactivate(v *visit) error {
	return v.peopleSwitch(v.w.d.Accounts.Deactivate, "said.deactivated")
}

// peopleActivate lets somebody who left back in.
func peopleActivate(v *visit) error {
	return v.peopleSwitch(v.w.d.Accounts.Reactivate, "said.activated")
}

func (v *visit) peopleSwitch(do switcher, said string) error {
	id := v.Params("id")
	if err := do(v.ctx, v.actor(), id); err != nil {
		return v.peopleRefused(err)
	}
	n, err := v.lookup(nil, []string{id})
	if err != nil {
		return err
	}
	return v.done(v.path("people"), said, "name", n.person(id))
}
