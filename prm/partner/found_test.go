package partner

import (
	"strings"
	"testing"

	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

func newcomer(email string) InviteNewCmd {
	return InviteNewCmd{FoundCmd: account.FoundCmd{Company: "Atlas Maghreb", Country: "ma", Locale: "zh-CN", Email: email}, As: access.Supplier, Terms: terms}
}

// TestInviteNew: a company that is not here yet is made with the partnership and a link
// for its first person, who is its admin and accepts; a lost link is made anew, a
// withdrawn invitation ends it.
func TestInviteNew(t *testing.T) {
	each(t, func(w *world) {
		w.pub.take()
		p, link, err := w.s.InviteNew(w.ctx(), w.who["aurelia"], newcomer("Samira@Atlas.example"))
		w.must(err)
		if p.State != Invited || p.Supplier != w.orgs["aurelia"].ID || w.pub.take() != EventInvited || link.Email != "samira@atlas.example" {
			w.t.Fatalf("invited: %+v %+v", p, link)
		}
		info, err := w.acc.OpenLink(w.ctx(), "", link.Secret)
		w.must(err)
		if info.Kind != account.LinkFound || info.Company != "Atlas Maghreb" || info.Partner != "aurelia" || !strings.HasPrefix(info.Slug, "atlas-maghreb-") {
			w.t.Errorf("the link says %+v", info)
		}
		again, err := w.s.InviteAgain(w.ctx(), w.who["aurelia"], p.ID)
		w.must(err)
		_, err = w.acc.OpenLink(w.ctx(), "", link.Secret)
		w.wants("the lost link", err, fault.NotFound, "")
		in, err := w.acc.UseLink(w.ctx(), again.Secret, account.UseCmd{Name: "Samira Idrissi", Password: "a quiet harbour 7"})
		w.must(err)
		orgs, err := w.acc.Directory().OrgsByID(w.ctx(), p.Reseller)
		w.must(err)
		if o := orgs[p.Reseller]; in.Person.LastOrg != p.Reseller || o.Zone != "Africa/Casablanca" || o.Country != "MA" || o.Locale != "zh-CN" || o.Currency != "GBP" {
			w.t.Errorf("joined %+v, %+v", in.Person, o)
		}
		_, err = w.s.InviteAgain(w.ctx(), w.who["aurelia"], p.ID)
		w.wants("somebody joined", err, fault.Conflict, "account.founded_joined")
		samira := access.Actor{Person: in.Person.ID, Org: p.Reseller, Roles: []access.Role{access.Admin}, Via: "session:y"}
		p, err = w.s.Accept(w.ctx(), samira, p.ID)
		w.must(err)
		if p.State != Active {
			w.t.Error("not active")
		}

		// The name tells nothing of another company of that name, and a second of it is another.
		q, other, err := w.s.InviteNew(w.ctx(), w.who["baltic"], newcomer("x@y.example"))
		w.must(err)
		second, err := w.acc.OpenLink(w.ctx(), "", other.Secret)
		w.must(err)
		if second.Slug == info.Slug || len(second.Slug) != len(info.Slug) || q.Reseller == p.Reseller {
			w.t.Errorf("slugs %q and %q", info.Slug, second.Slug)
		}
		// Withdrawn.
		_, err = w.s.End(w.ctx(), w.who["baltic"], q.ID)
		w.must(err)
		_, err = w.acc.UseLink(w.ctx(), other.Secret, account.UseCmd{Name: "X", Password: "a quiet harbour 8"})
		w.wants("a withdrawn invitation", err, fault.NotFound, "")
		_, err = w.s.InviteAgain(w.ctx(), w.who["baltic"], q.ID)
		w.wants("a link for it", err, fault.Conflict, "partner.state_wrong")

		_, _, err = w.s.InviteNew(w.ctx(), w.who["aurelia viewer"], newcomer("z@y.example"))
		w.wants("a viewer", err, fault.Forbidden, "")
		bad := newcomer("nobody")
		bad.Company, bad.Country = " ", "Morocco"
		_, _, err = w.s.InviteNew(w.ctx(), w.who["aurelia"], bad)
		w.wants("nothing right", err, fault.Invalid, "")
		if n := len(fault.As(err).Fields); n != 3 {
			w.t.Errorf("%d fields are told, want company, country and address: %v", n, fault.As(err).Fields)
		}
		for range 29 {
			_, _, err = w.s.InviteNew(w.ctx(), w.who["kestrel"], newcomer("m@many.example"))
			w.must(err)
		}
		_, _, err = w.s.InviteNew(w.ctx(), w.who["kestrel"], newcomer("m@many.example"))
		w.must(err)
		_, _, err = w.s.InviteNew(w.ctx(), w.who["kestrel"], newcomer("m@many.example"))
		w.wants("too many", err, fault.Conflict, "account.founded_many")
	})
}
