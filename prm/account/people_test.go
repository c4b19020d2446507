package account

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entente/prm/access"
	"entente/prm/fault"
)

func TestInvitationMakesAPerson(t *testing.T) {
	each(t, func(w *world) {
		maya, _ := w.in(w.maya, "kestrel")
		link, err := w.s.Invite(w.ctx(), maya, InviteCmd{Email: "New@Kestrel.example", Name: "Nia New", Roles: []access.Role{access.Sales}})
		w.must(err)
		var stored string
		w.must(w.d.Gorm().Raw("SELECT hash FROM link").Scan(&stored).Error)
		if len(link.Secret) != 43 || stored != digest(link.Secret) || link.Path() != "/link/"+link.Secret {
			w.t.Error("the secret must be 256 bits and stored as a hash")
		}
		info, err := w.s.OpenLink(w.ctx(), "", link.Secret)
		w.must(err)
		if info.Company != "Kestrel Supply" || info.InvitedBy != "Maya Osei" || !info.AskName || !info.AskPassword || info.Email != "new@kestrel.example" {
			w.t.Errorf("info = %+v", info)
		}
		_, err = w.s.UseLink(w.ctx(), link.Secret, UseCmd{Name: "Nia New", Password: "password1234"})
		w.wants(err, fault.Invalid, "") // a refused password does not burn the link
		in, err := w.s.UseLink(w.ctx(), link.Secret, UseCmd{Name: "Nia New", Password: "seven quiet herons", Locale: "zh-CN"})
		w.must(err)
		if in.Person.Locale != "zh-CN" || in.Person.Zone != "Europe/London" || in.Person.Operator {
			w.t.Errorf("person = %+v", in.Person)
		}
		l, err := w.s.LoginBySession(w.ctx(), in.Token, "kestrel")
		w.must(err)
		if !l.Actor.Has(access.Sales) || l.Actor.Has(access.Admin) {
			w.t.Errorf("roles = %v", l.Actor.Roles)
		}
		_, err = w.s.UseLink(w.ctx(), link.Secret, UseCmd{Name: "Nia New", Password: "seven quiet herons"})
		w.wants(err, fault.NotFound, "account.link_dead")
		_, err = w.s.OpenLink(w.ctx(), "", link.Secret)
		w.wants(err, fault.NotFound, "account.link_dead")
		_, err = w.s.Invite(w.ctx(), maya, InviteCmd{Email: "new@kestrel.example", Roles: []access.Role{access.Sales}})
		w.wants(err, fault.Conflict, "account.is_member")
	})
}

func TestInvitationRunsOutAndIsReplaced(t *testing.T) {
	each(t, func(w *world) {
		maya, _ := w.in(w.maya, "kestrel")
		invite := func() OneTime {
			l, err := w.s.Invite(w.ctx(), maya, InviteCmd{Email: "x@y.example", Roles: []access.Role{access.Sales}})
			w.must(err)
			return l
		}
		dead := func(l OneTime) {
			w.t.Helper()
			_, err := w.s.UseLink(w.ctx(), l.Secret, UseCmd{Name: "X", Password: "seven quiet herons"})
			w.wants(err, fault.NotFound, "account.link_dead")
		}
		first := invite()
		second := invite()
		dead(first)
		open, err := w.s.Invitations(w.ctx(), maya)
		w.must(err)
		if len(open) != 1 {
			w.t.Fatalf("open = %+v", open)
		}
		w.must(w.s.Withdraw(w.ctx(), maya, open[0].ID))
		w.wants(w.s.Withdraw(w.ctx(), maya, open[0].ID), fault.NotFound, "")
		w.wants(w.s.Withdraw(w.ctx(), maya, ""), fault.NotFound, "")
		dead(second)
		third := invite()
		w.pass(InvitationLife)
		dead(third)
		dead(OneTime{Secret: "made up"})
	})
}

// TestInvitationNeverSetsThePasswordOfAnAccount: an admin who invites somebody
// else's address and opens the link must not get into that account.
func TestInvitationNeverSetsThePasswordOfAnAccount(t *testing.T) {
	each(t, func(w *world) {
		maya, _ := w.in(w.maya, "kestrel")
		link, err := w.s.Invite(w.ctx(), maya, InviteCmd{Email: w.kaarel.Email, Roles: []access.Role{access.Viewer}})
		w.must(err)
		info, err := w.s.OpenLink(w.ctx(), "", link.Secret)
		w.must(err)
		if !info.AskName || !info.AskPassword || info.Name != "" {
			w.t.Errorf("the page tells of an account: %+v", info)
		}
		stranger, err := w.s.Invite(w.ctx(), maya, InviteCmd{Email: "nobody@kestrel.example", Roles: []access.Role{access.Viewer}})
		w.must(err)
		for _, cmd := range []UseCmd{{}, {Password: "seven quiet herons"}, {Name: "Mallory"}, {Name: "Mallory", Password: "short"}, {Name: "Mallory", Password: "password1234"}, {Name: "x\x00", Password: "seven quiet herons"}} {
			_, has := w.s.UseLink(w.ctx(), link.Secret, cmd)
			_, not := w.s.UseLink(w.ctx(), stranger.Secret, cmd)
			if !reflect.DeepEqual(fault.As(has), fault.As(not)) {
				w.t.Errorf("%+v tells who has an account: %v and %v", cmd, has, not)
			}
		}
		before := w.digest()
		_, err = w.s.UseLink(w.ctx(), link.Secret, UseCmd{Name: "Mallory", Password: "mallory was here"})
		w.wants(err, fault.Unauthenticated, "account.signin_wrong")
		_, err = w.s.UseLink(w.ctx(), link.Secret, UseCmd{Person: w.maya.ID, Name: "Mallory", Password: "mallory was here"})
		w.wants(err, fault.Unauthenticated, "account.signin_wrong")
		if w.digest() != before {
			w.t.Error("a refused use changed something")
		}
		info, err = w.s.OpenLink(w.ctx(), w.kaarel.ID, link.Secret)
		w.must(err)
		if info.AskName || info.AskPassword || info.Name != w.kaarel.Name {
			w.t.Errorf("the owner is asked again: %+v", info)
		}
		in, err := w.s.UseLink(w.ctx(), link.Secret, UseCmd{Person: w.kaarel.ID})
		w.must(err)
		l, err := w.s.LoginBySession(w.ctx(), in.Token, "kestrel")
		w.must(err)
		if len(l.Seats) != 2 || l.Actor.Has(access.Admin) {
			w.t.Errorf("seats = %+v", l.Seats)
		}
		_, err = w.s.SignIn(w.ctx(), w.kaarel.Email, goodPassword)
		w.must(err)
		// and now that he is in both, Kestrel's admin cannot reset his password
		before = w.digest()
		_, err = w.s.MakeLink(w.ctx(), maya, w.kaarel.ID)
		w.wants(err, fault.Conflict, "account.link_not_here")
		if w.digest() != before {
			w.t.Error("a refused link changed something")
		}
		w.must(w.s.Deactivate(w.ctx(), maya, w.kaarel.ID))
		kaarel, _ := w.in(w.kaarel, "baltic") // his own company is untouched
		_, err = w.s.MakeLink(w.ctx(), kaarel, w.kaarel.ID)
		w.wants(err, fault.Conflict, "account.link_not_here") // he may come back to Kestrel
	})
}

func TestInvitationTakesThePresentPassword(t *testing.T) {
	each(t, func(w *world) {
		maya, _ := w.in(w.maya, "kestrel")
		link, err := w.s.Invite(w.ctx(), maya, InviteCmd{Email: w.kaarel.Email, Roles: []access.Role{access.Viewer}})
		w.must(err)
		in, err := w.s.UseLink(w.ctx(), link.Secret, UseCmd{Name: "ignored", Password: goodPassword})
		w.must(err)
		if in.Person.ID != w.kaarel.ID || in.Person.Name != w.kaarel.Name {
			w.t.Errorf("person = %+v", in.Person)
		}
	})
}

// TestAHundredUsesOfALinkAreOne.
func TestAHundredUsesOfALinkAreOne(t *testing.T) {
	each(t, func(w *world) {
		maya, _ := w.in(w.maya, "kestrel")
		links := map[string]OneTime{}
		var err error
		links["invite"], err = w.s.Invite(w.ctx(), maya, InviteCmd{Email: "new@kestrel.example", Roles: []access.Role{access.Sales}})
		w.must(err)
		links["reset"], err = w.s.MakeLink(w.ctx(), maya, w.dan.ID)
		w.must(err)
		for name, link := range links {
			var yes, dead atomic.Int64
			var wg sync.WaitGroup
			for range 100 {
				wg.Add(1)
				go func() {
					defer wg.Done()
					_, err := w.s.UseLink(w.ctx(), link.Secret, UseCmd{Name: "Nia New", Password: "seven quiet herons"})
					switch {
					case err == nil:
						yes.Add(1)
					case fault.IsNotFound(err), fault.CodeOf(err) == fault.Conflict, fault.KeyOf(err) == "account.wait", fault.CodeOf(err) == fault.Unauthenticated:
						dead.Add(1)
					default:
						w.t.Errorf("%s: %v", name, err)
					}
				}()
			}
			wg.Wait()
			if yes.Load() != 1 || dead.Load() != 99 {
				w.t.Errorf("%s: %d uses got in and %d were told it is dead, want 1 and 99", name, yes.Load(), dead.Load())
			}
		}
		var n int64
		w.must(w.d.Gorm().Raw("SELECT count(*) FROM person WHERE email = 'new@kestrel.example'").Scan(&n).Error)
		if n != 1 {
			w.t.Errorf("%d people were made", n)
		}
	})
}

func TestResetLink(t *testing.T) {
	each(t, func(w *world) {
		maya, _ := w.in(w.maya, "kestrel")
		_, danToken := w.in(w.dan, "kestrel")
		first, err := w.s.MakeLink(w.ctx(), maya, w.dan.ID)
		w.must(err)
		link, err := w.s.MakeLink(w.ctx(), maya, w.dan.ID)
		w.must(err)
		_, err = w.s.UseLink(w.ctx(), first.Secret, UseCmd{Password: "seven quiet herons"})
		w.wants(err, fault.NotFound, "account.link_dead")
		in, err := w.s.UseLink(w.ctx(), link.Secret, UseCmd{Password: "seven quiet herons"})
		w.must(err)
		_, err = w.s.LoginBySession(w.ctx(), danToken, "")
		w.wants(err, fault.Unauthenticated, "")
		_, err = w.s.LoginBySession(w.ctx(), in.Token, "kestrel")
		w.must(err)
		_, err = w.s.SignIn(w.ctx(), w.dan.Email, goodPassword)
		w.wants(err, fault.Unauthenticated, "")
		_, err = w.s.SignIn(w.ctx(), w.dan.Email, "seven quiet herons")
		w.must(err)
		link, err = w.s.MakeLink(w.ctx(), maya, w.dan.ID)
		w.must(err)
		w.pass(LinkLife)
		_, err = w.s.UseLink(w.ctx(), link.Secret, UseCmd{Password: "seven quiet herons"})
		w.wants(err, fault.NotFound, "account.link_dead")
	})
}

func TestUserLinkOfTheMachine(t *testing.T) {
	each(t, func(w *world) {
		sys := access.System("cli", "")
		link, err := w.s.CreateUserLink(w.ctx(), sys, UserCmd{Slug: "kestrel", Email: "first@kestrel.example", Name: "First One", Roles: []access.Role{access.EDI}})
		w.must(err)
		in, err := w.s.UseLink(w.ctx(), link.Secret, UseCmd{Name: "First One", Password: "seven quiet herons"})
		w.must(err)
		l, err := w.s.LoginBySession(w.ctx(), in.Token, "kestrel")
		w.must(err)
		if l.Actor.Operator || !l.Actor.Has(access.EDI) {
			w.t.Errorf("actor = %+v", l.Actor)
		}
		link, err = w.s.CreateUserLink(w.ctx(), sys, UserCmd{Email: "ops2@entente.example", Operator: true})
		w.must(err)
		in, err = w.s.UseLink(w.ctx(), link.Secret, UseCmd{Name: "Second Operator", Password: "seven quiet herons"})
		w.must(err)
		l, err = w.s.LoginBySession(w.ctx(), in.Token, "")
		w.must(err)
		if !l.Actor.Operator || len(l.Seats) != 0 || access.CheckOperator(l.Actor) != nil {
			w.t.Errorf("actor = %+v", l.Actor)
		}
		orgs, err := w.s.PlatformOrgs(w.ctx(), l.Actor)
		w.must(err)
		if len(orgs) != 2 || orgs[1].People != 4 {
			w.t.Errorf("orgs = %+v", orgs)
		}
		_, err = w.s.CreateUserLink(w.ctx(), sys, UserCmd{Slug: "nowhere", Email: "a@b.example", Roles: []access.Role{access.EDI}})
		w.wants(err, fault.NotFound, "")
		_, err = w.s.CreateUserLink(w.ctx(), sys, UserCmd{Email: "a@b.example"})
		w.wants(err, fault.Invalid, "")
	})
}

func TestChangeOfAddress(t *testing.T) {
	each(t, func(w *world) {
		dan, _ := w.in(w.dan, "kestrel")
		w.wants(w.s.AskAddress(w.ctx(), dan, "d2@kestrel.example", "wrong words here"), fault.Invalid, "")
		w.must(w.s.AskAddress(w.ctx(), dan, "d2@kestrel.example", goodPassword))
		letter := w.mail.last()
		if letter.Kind != MailAddress || letter.Address != "d2@kestrel.example" || !strings.HasPrefix(letter.Path, "/link/") {
			w.t.Fatalf("letter = %+v", letter)
		}
		secret := strings.TrimPrefix(letter.Path, "/link/")
		info, err := w.s.OpenLink(w.ctx(), "", secret) // looking changes nothing
		w.must(err)
		if info.AskPassword || info.Kind != LinkAddress {
			w.t.Errorf("info = %+v", info)
		}
		_, err = w.s.SignIn(w.ctx(), "d2@kestrel.example", goodPassword)
		w.wants(err, fault.Unauthenticated, "")
		in, err := w.s.UseLink(w.ctx(), secret, UseCmd{})
		w.must(err)
		if in.Token != "" {
			w.t.Error("a change of address opened a session")
		}
		if told := w.mail.last(); told.Kind != MailAddressTold || told.Address != w.dan.Email || told.Path != "" {
			w.t.Errorf("the old address was told %+v", told)
		}
		_, err = w.s.SignIn(w.ctx(), "d2@kestrel.example", goodPassword)
		w.must(err)
		_, err = w.s.SignIn(w.ctx(), w.dan.Email, goodPassword)
		w.wants(err, fault.Unauthenticated, "")

		// an address in use gets the same answer and no letter
		maya, _ := w.in(w.maya, "kestrel")
		n := len(w.mail.letters)
		before := w.digest()
		w.must(w.s.AskAddress(w.ctx(), maya, w.kaarel.Email, goodPassword))
		if len(w.mail.letters) != n || w.digest() != before {
			w.t.Error("asking for an address in use did something")
		}
	})
}

func TestLeaver(t *testing.T) {
	each(t, func(w *world) {
		maya, _ := w.in(w.maya, "kestrel")
		dan, danSession := w.in(w.dan, "kestrel")
		secret, tok, err := w.s.CreateToken(w.ctx(), dan, TokenCmd{Name: "ERP", Scopes: []string{"edi:write"}, Days: 90})
		w.must(err)
		w.live.clear()
		w.must(w.s.Deactivate(w.ctx(), maya, w.dan.ID))
		if got, want := strings.Join(w.live.all(), "; "), fmt.Sprintf("left %s %s; revoked %s 1; out %s 1", w.kestrel.ID, w.dan.ID, w.dan.ID, w.dan.ID); got != want {
			w.t.Errorf("doors were told %q, want %q", got, want)
		}
		_, err = w.s.LoginBySession(w.ctx(), danSession, "kestrel")
		w.wants(err, fault.Unauthenticated, "")
		_, err = w.s.LoginByToken(w.ctx(), secret)
		w.wants(err, fault.Unauthenticated, "account.token_invalid")
		_, err = w.s.Refresh(w.ctx(), access.Actor{Person: w.dan.ID, Org: w.kestrel.ID, Via: "token:" + tok.ID})
		w.wants(err, fault.Unauthenticated, "")
		_, err = w.s.SignIn(w.ctx(), w.dan.Email, goodPassword)
		w.wants(err, fault.Unauthenticated, "")
		w.must(w.s.Deactivate(w.ctx(), maya, w.dan.ID)) // again is no error
		w.must(w.s.Reactivate(w.ctx(), maya, w.dan.ID))
		back, _ := w.in(w.dan, "kestrel")
		if !back.Has(access.Buyer) {
			w.t.Errorf("roles = %v", back.Roles)
		}
		_, err = w.s.LoginByToken(w.ctx(), secret)
		w.wants(err, fault.Unauthenticated, "") // tokens stay dead
		people, err := w.s.Directory().People(w.ctx(), w.kestrel.ID)
		w.must(err)
		if len(people) != 3 {
			w.t.Errorf("people = %+v", people)
		}
	})
}

// TestLeaverOfOneCompanyStaysInTheOther.
func TestLeaverOfOneCompanyStaysInTheOther(t *testing.T) {
	each(t, func(w *world) {
		sys := access.System("test", "")
		_, err := w.s.CreatePerson(w.ctx(), sys, PersonCmd{Email: w.dan.Email, Name: w.dan.Name, Org: w.baltic.ID, Roles: []access.Role{access.Viewer}})
		w.must(err)
		maya, _ := w.in(w.maya, "kestrel")
		dan, token := w.in(w.dan, "kestrel")
		w.must(w.s.Deactivate(w.ctx(), maya, w.dan.ID))
		_, err = w.s.LoginBySession(w.ctx(), token, "kestrel")
		w.wants(err, fault.NotFound, "")
		_, err = w.s.Refresh(w.ctx(), dan)
		w.wants(err, fault.NotFound, "")
		_, err = w.s.LoginBySession(w.ctx(), token, "baltic")
		w.must(err)
	})
}

func TestTheLastAdminStays(t *testing.T) {
	each(t, func(w *world) {
		maya, _ := w.in(w.maya, "kestrel")
		before := w.digest()
		w.wants(w.s.Deactivate(w.ctx(), maya, w.maya.ID), fault.Conflict, "account.last_admin")
		w.wants(w.s.ChangeRoles(w.ctx(), maya, w.maya.ID, []access.Role{access.Sales}), fault.Conflict, "account.last_admin")
		if w.digest() != before {
			w.t.Error("a refused change changed something")
		}
		w.must(w.s.ChangeRoles(w.ctx(), maya, w.dan.ID, []access.Role{access.Admin}))
		dan, _ := w.in(w.dan, "kestrel")
		if !dan.Has(access.Admin) {
			w.t.Error("the new role does not count")
		}
		// both take the other's role away at once: one admin is left
		var wg sync.WaitGroup
		for _, one := range []struct {
			by access.Actor
			of string
		}{{maya, w.dan.ID}, {dan, w.maya.ID}} {
			wg.Add(1)
			go func() {
				defer wg.Done()
				if err := w.s.ChangeRoles(w.ctx(), one.by, one.of, []access.Role{access.Viewer}); err != nil && fault.CodeOf(err) != fault.Conflict {
					w.t.Error(err)
				}
			}()
		}
		wg.Wait()
		var n int64
		w.must(w.d.Gorm().Raw("SELECT count(*) FROM membership WHERE org_id = ? AND state = 'active' AND roles LIKE '%admin%'", w.kestrel.ID).Scan(&n).Error)
		if n != 1 {
			w.t.Errorf("%d admins are left, want 1", n)
		}
	})
}

// TestTokenMayDoWhatScopesAndPresentRolesAllow.
func TestTokenMayDoWhatScopesAndPresentRolesAllow(t *testing.T) {
	each(t, func(w *world) {
		maya, _ := w.in(w.maya, "kestrel")
		dan, _ := w.in(w.dan, "kestrel")
		for _, bad := range []TokenCmd{{Name: "x", Days: 90}, {Name: "x", Scopes: []string{"edi:write"}}, {Name: "x", Scopes: []string{"edi:write"}, Days: 366}, {Name: "x", Scopes: []string{"people:manage"}, Days: 1}, {Scopes: []string{"edi:write"}, Days: 1}} {
			_, _, err := w.s.CreateToken(w.ctx(), dan, bad)
			w.wants(err, fault.Invalid, "")
		}
		secret, tok, err := w.s.CreateToken(w.ctx(), dan, TokenCmd{Name: "ERP", Scopes: []string{"orders:write", "orders:read", "orders:write"}, Days: 90})
		w.must(err)
		if !strings.HasPrefix(secret, "ent_") || len(secret) != 56 || !strings.HasPrefix(secret, tok.Hint) || len(tok.Hint) != 10 {
			w.t.Errorf("secret %q, hint %q", secret, tok.Hint)
		}
		var stored string
		w.must(w.d.Gorm().Raw("SELECT hash FROM api_token").Scan(&stored).Error)
		if stored != digest(secret) {
			w.t.Error("the token is not stored as a hash")
		}
		l, err := w.s.LoginByToken(w.ctx(), secret)
		w.must(err)
		a := l.Actor
		shared := access.Shared(w.baltic.ID, w.kestrel.ID)
		for act, want := range map[access.Action]bool{access.OrderPlace: true, access.OrderRead: true, access.EDISend: false, access.InvoiceRead: false, access.OrderConfirm: false} {
			if got := access.Allowed(a, act, shared); got != want {
				w.t.Errorf("%s by token: %v, want %v", act, got, want)
			}
		}
		// nothing of the person's own, nor another token, by token
		_, _, err = w.s.CreateToken(w.ctx(), a, TokenCmd{Name: "more", Scopes: []string{"edi:write"}, Days: 1})
		w.wants(err, fault.Forbidden, "")
		_, err = w.s.Profile(w.ctx(), a)
		w.wants(err, fault.Forbidden, "")
		w.wants(w.s.ChangePassword(w.ctx(), a, goodPassword, "seven quiet herons"), fault.Forbidden, "")
		_, err = w.s.Tokens(w.ctx(), a)
		w.wants(err, fault.Forbidden, "")
		w.must(w.s.ChangeRoles(w.ctx(), maya, w.dan.ID, []access.Role{access.Viewer}))
		l, err = w.s.LoginByToken(w.ctx(), secret)
		w.must(err)
		if access.Allowed(l.Actor, access.OrderPlace, shared) || !access.Allowed(l.Actor, access.OrderRead, shared) {
			w.t.Error("the token kept the roles of the day it was made")
		}
		// last use is noted at most once a minute
		used := func() time.Time {
			all, err := w.s.OrgTokens(w.ctx(), maya)
			w.must(err)
			return all[0].Used
		}
		first := used()
		w.pass(30 * time.Second)
		_, err = w.s.LoginByToken(w.ctx(), secret)
		w.must(err)
		if first.IsZero() || !used().Equal(first) {
			w.t.Errorf("used = %v, then %v", first, used())
		}
		w.pass(31 * time.Second)
		_, err = w.s.LoginByToken(w.ctx(), secret)
		w.must(err)
		if !used().Equal(w.now) {
			w.t.Errorf("used = %v, want %v", used(), w.now)
		}
		sam, _ := w.in(w.sam, "kestrel")
		w.wants(w.s.RevokeToken(w.ctx(), sam, tok.ID), fault.NotFound, "")
		kaarel, _ := w.in(w.kaarel, "baltic")
		w.wants(w.s.RevokeToken(w.ctx(), kaarel, tok.ID), fault.NotFound, "")
		w.must(w.s.RevokeToken(w.ctx(), maya, tok.ID))
		w.must(w.s.RevokeToken(w.ctx(), maya, tok.ID))
		_, err = w.s.LoginByToken(w.ctx(), secret)
		w.wants(err, fault.Unauthenticated, "account.token_invalid")
		secret, _, err = w.s.CreateTokenFor(w.ctx(), access.System("cli", ""), TokenForCmd{Email: w.maya.Email, TokenCmd: TokenCmd{Name: "cli", Scopes: []string{"edi:read"}, Days: 1}})
		w.must(err)
		w.pass(24 * time.Hour)
		_, err = w.s.LoginByToken(w.ctx(), secret)
		w.wants(err, fault.Unauthenticated, "account.token_invalid")
	})
}

func TestIdentitiesAreUniqueAndSayNotWhose(t *testing.T) {
	each(t, func(w *world) {
		maya, _ := w.in(w.maya, "kestrel")
		kaarel, _ := w.in(w.kaarel, "baltic")
		one, err := w.s.AddIdentity(w.ctx(), maya, IdentityCmd{Kind: X12, Qualifier: "zz", Value: "KESTRELSUPPLY   "})
		w.must(err)
		if one.Qualifier != "ZZ" || one.Value != "KESTRELSUPPLY" {
			w.t.Errorf("identity = %+v", one)
		}
		_, mine := w.s.AddIdentity(w.ctx(), maya, IdentityCmd{Kind: X12, Qualifier: "ZZ", Value: "KESTRELSUPPLY"})
		_, theirs := w.s.AddIdentity(w.ctx(), kaarel, IdentityCmd{Kind: X12, Qualifier: "ZZ", Value: "KESTRELSUPPLY"})
		w.wants(mine, fault.Conflict, "account.identity_taken")
		w.wants(theirs, fault.Conflict, "account.identity_taken")
		if len(fault.As(theirs).Args) != 0 {
			w.t.Errorf("the refusal tells %v", fault.As(theirs).Args)
		}
		_, err = w.s.AddIdentity(w.ctx(), kaarel, IdentityCmd{Kind: EDIFACT, Value: "BALTICTRADE", Qualifier: "ZZZ"})
		w.must(err)
		for _, bad := range []IdentityCmd{{X12, "Z", "A"}, {X12, "ZZ", ""}, {X12, "ZZ", "SIXTEENCHARACTER"}, {X12, "ZZ", "A*B"}, {EDIFACT, "ZZZ", "A+B"}, {EDIFACT, "ZZZ", "A'B"}, {AS2, "ZZ", "A"}, {AS2, "", `A"B`}, {"fax", "", "A"}, {X12, "ZZ", "Ä"}, {X12, "ZZ", "A\nB"}} {
			_, err := w.s.AddIdentity(w.ctx(), maya, bad)
			w.wants(err, fault.Invalid, "")
		}
		w.wants(w.s.RemoveIdentity(w.ctx(), kaarel, one.ID), fault.NotFound, "")
		w.must(w.s.RemoveIdentity(w.ctx(), maya, one.ID))
		all, err := w.s.Identities(w.ctx(), maya)
		w.must(err)
		if len(all) != 0 {
			w.t.Errorf("identities = %+v", all)
		}
	})
}
