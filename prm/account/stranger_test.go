package account

import (
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
)

// actions are the calls that change or read something of a company, by name of
// the method, made with ids of another company. Every exported method that
// takes an actor stands here or in alone, or the test fails.
func actions(w *world, token Token, identity Identity, invitation, session string) map[string]func(a access.Actor) error {
	good := []access.Role{access.Viewer}
	away, err := w.s.AddAbsence(w.ctx(), w.as(w.dan, w.kestrel, access.Buyer), AbsenceCmd{From: w.now.Format(time.DateOnly), To: w.now.Format(time.DateOnly)})
	w.must(err)
	return map[string]func(a access.Actor) error{
		"ChangeRoles":    func(a access.Actor) error { return w.s.ChangeRoles(w.ctx(), a, w.dan.ID, good) },
		"RemoveAbsence":  func(a access.Actor) error { return w.s.RemoveAbsence(w.ctx(), a, away.ID) },
		"Deactivate":     func(a access.Actor) error { return w.s.Deactivate(w.ctx(), a, w.dan.ID) },
		"Reactivate":     func(a access.Actor) error { return w.s.Reactivate(w.ctx(), a, w.dan.ID) },
		"MakeLink":       func(a access.Actor) error { _, err := w.s.MakeLink(w.ctx(), a, w.dan.ID); return err },
		"Withdraw":       func(a access.Actor) error { return w.s.Withdraw(w.ctx(), a, invitation) },
		"RemoveIdentity": func(a access.Actor) error { return w.s.RemoveIdentity(w.ctx(), a, identity.ID) },
		"RevokeToken":    func(a access.Actor) error { return w.s.RevokeToken(w.ctx(), a, token.ID) },
		"EndSession":     func(a access.Actor) error { return w.s.EndSession(w.ctx(), a, session) },
		"CreateOrg": func(a access.Actor) error {
			_, err := w.s.CreateOrg(w.ctx(), a, OrgCmd{Name: "New", Country: "GB", Currency: "GBP", Zone: "UTC", Locale: "en"})
			return err
		},
		"CreatePerson": func(a access.Actor) error {
			_, err := w.s.CreatePerson(w.ctx(), a, PersonCmd{Email: "n@e.example", Name: "N", Org: w.kestrel.ID, Roles: good})
			return err
		},
		"CreateUserLink": func(a access.Actor) error {
			_, err := w.s.CreateUserLink(w.ctx(), a, UserCmd{Slug: "kestrel", Email: "n@e.example", Roles: good})
			return err
		},
		"CreateTokenFor": func(a access.Actor) error {
			_, _, err := w.s.CreateTokenFor(w.ctx(), a, TokenForCmd{Email: w.maya.Email, TokenCmd: TokenCmd{Name: "n", Scopes: []string{"edi:read"}, Days: 1}})
			return err
		},
		"RemoveSFTPUser": func(a access.Actor) error { return w.s.RemoveSFTPUser(w.ctx(), a, w.login.ID) },
		"SFTPStill": func(a access.Actor) error {
			if a.Known() && a.Org == w.baltic.ID { // a forged one: the login of another company
				a.Via = "station:sftp:" + w.login.ID
				if err := w.s.SFTPStill(w.ctx(), a); fault.CodeOf(err) != fault.Unauthenticated {
					return err
				}
			}
			if !a.Known() {
				return w.s.SFTPStill(w.ctx(), a)
			}
			return errNotFound
		},
		"CreateSFTPUserFor": func(a access.Actor) error {
			_, _, err := w.s.CreateSFTPUserFor(w.ctx(), a, "kestrel", SFTPUserCmd{Name: "kestrel.x"})
			return err
		},
		"Refound": func(a access.Actor) error { _, err := w.s.Refound(w.ctx(), a, w.kestrel.ID); return err },
		"Unfound": func(a access.Actor) error { return w.s.Unfound(w.ctx(), a, w.kestrel.ID) },
		"SFTPStrangers": func(a access.Actor) error {
			_, err := w.s.SFTPStrangers(w.ctx(), a, time.Time{})
			return err
		},
		"PlatformOrgs": func(a access.Actor) error { _, err := w.s.PlatformOrgs(w.ctx(), a); return err },
	}
}

// alone are the methods that take no id: they act for the actor's own company
// or person, so a stranger meets only their own.
var alone = []string{"Org", "ChangeOrg", "Members", "Invitations", "Invite", "AddIdentity", "Identities", "CreateToken", "Tokens", "OrgTokens",
	"Profile", "ChangeProfile", "ChangePassword", "AskAddress", "Sessions", "SignOutEverywhere", "Refresh", "RefreshAll", "CreateSFTPUser", "SFTPUsers", "SFTPTries",
	"Calendar", "SetWeek", "SetDay", "ClearDay", "Absences", "AddAbsence", "Found", "MailFounding"}

func TestStrangerMeetsNothing(t *testing.T) {
	each(t, func(w *world) {
		maya, _ := w.in(w.maya, "kestrel")
		dan, _ := w.in(w.dan, "kestrel")
		_, token, err := w.s.CreateToken(w.ctx(), dan, TokenCmd{Name: "ERP", Scopes: []string{"edi:read"}, Days: 1})
		w.must(err)
		identity, err := w.s.AddIdentity(w.ctx(), maya, IdentityCmd{Kind: AS2, Value: "KESTREL-AS2"})
		w.must(err)
		_, err = w.s.Invite(w.ctx(), maya, InviteCmd{Email: "n@e.example", Roles: []access.Role{access.Sales}})
		w.must(err)
		open, err := w.s.Invitations(w.ctx(), maya)
		w.must(err)
		sessions, err := w.s.Sessions(w.ctx(), dan)
		w.must(err)
		kaarel, _ := w.in(w.kaarel, "baltic")
		_, w.login, err = w.s.CreateSFTPUser(w.ctx(), maya, SFTPUserCmd{Name: "kestrel"})
		w.must(err)
		forged := kaarel // a company that the session is not in, as no login would make it
		forged.Org, forged.Roles = "", nil
		calls := actions(w, token, identity, open[0].ID, sessions[0].ID)
		w.live.clear()
		before, denied := w.digest(), w.audited("people.manage", "denied")
		for name, call := range calls {
			w.wantsNamed(name+" by a stranger", call(kaarel), fault.NotFound)
			w.wantsNamed(name+" without a company", call(forged), fault.NotFound)
			w.wantsNamed(name+" by nobody", call(access.Actor{}), fault.Unauthenticated)
		}
		if w.digest() != before {
			w.t.Error("a refused call changed something")
		}
		if len(w.live.all()) != 0 {
			w.t.Errorf("a refused call closed doors: %v", w.live.all())
		}
		if w.audited("people.manage", "denied") <= denied {
			w.t.Error("no refusal was written down")
		}
		methods := reflect.TypeOf(w.s)
		for i := range methods.NumMethod() {
			m := methods.Method(i)
			takes := false
			for j := range m.Type.NumIn() {
				takes = takes || m.Type.In(j) == reflect.TypeOf(access.Actor{})
			}
			_, called := calls[m.Name]
			listed := false
			for _, a := range alone {
				listed = listed || a == m.Name
			}
			if takes && !called && !listed {
				w.t.Errorf("%s takes an actor and is not in the stranger test", m.Name)
			}
		}
	})
}

func (w *world) wantsNamed(name string, err error, code fault.Code) {
	w.t.Helper()
	if fault.CodeOf(err) != code {
		w.t.Errorf("%s: %v, want %s", name, err, code)
	}
}

// TestRolesBelowAdminChangeNothing: colleagues without the role are refused in
// words, since they may see their company.
func TestRolesBelowAdminChangeNothing(t *testing.T) {
	each(t, func(w *world) {
		dan, _ := w.in(w.dan, "kestrel")
		before := w.digest()
		for name, err := range map[string]error{
			"ChangeRoles": w.s.ChangeRoles(w.ctx(), dan, w.dan.ID, []access.Role{access.Admin}),
			"Deactivate":  w.s.Deactivate(w.ctx(), dan, w.maya.ID),
			"Withdraw":    w.s.Withdraw(w.ctx(), dan, "x"),
			"Identity":    w.s.RemoveIdentity(w.ctx(), dan, "x"),
			"Invite": func() error {
				_, err := w.s.Invite(w.ctx(), dan, InviteCmd{Email: "a@b.example", Roles: []access.Role{access.Admin}})
				return err
			}(),
			"OrgTokens": func() error { _, err := w.s.OrgTokens(w.ctx(), dan); return err }(),
			"ChangeOrg": func() error { _, err := w.s.ChangeOrg(w.ctx(), dan, OrgCmd{}); return err }(),
		} {
			w.wantsNamed(name, err, fault.Forbidden)
		}
		if w.digest() != before {
			w.t.Error("a refused call changed something")
		}
	})
}

func TestProfileAndCompany(t *testing.T) {
	each(t, func(w *world) {
		maya, _ := w.in(w.maya, "kestrel")
		p, err := w.s.ChangeProfile(w.ctx(), maya, ProfileCmd{Name: "  Maya   O. ", Locale: "zh-CN", Theme: "dark", Zone: "Asia/Shanghai"})
		w.must(err)
		if p.Name != "Maya O." || p.Locale != "zh-CN" || p.Theme != "dark" || p.Location().String() != "Asia/Shanghai" {
			w.t.Errorf("person = %+v", p)
		}
		_, err = w.s.ChangeProfile(w.ctx(), maya, ProfileCmd{Name: "a\x00b", Locale: "fr", Theme: "pink", Zone: "Mars/Base"})
		if f := fault.As(err).Fields; len(f) != 4 {
			w.t.Errorf("fields = %+v", f)
		}
		o, err := w.s.ChangeOrg(w.ctx(), maya, OrgCmd{Slug: "other", Name: "Kestrel Supply Ltd", City: "Leeds", Country: "gb", Currency: "gbp", Zone: "Europe/London", Locale: "en"})
		w.must(err)
		if o.Slug != "kestrel" || o.Name != "Kestrel Supply Ltd" || o.Country != "GB" || o.City != "Leeds" {
			w.t.Errorf("org = %+v", o)
		}
	})
}

func TestSetup(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := &world{t: t, d: d, mail: &post{}, live: &doors{}, now: start}
		w.s = NewService(d, Options{Cost: fast, Parallel: 4})
		first, err := w.s.NewSetupToken(w.ctx())
		w.must(err)
		token, err := w.s.NewSetupToken(w.ctx())
		w.must(err)
		cmd := SetupCmd{Token: token, Company: OrgCmd{Name: "Aurelia Tools & Co.", Country: "GB", Currency: "GBP", Zone: "Europe/London", Locale: "en"}, Name: "Ingrid Dahl", Email: "ingrid@aurelia.example", Password: goodPassword}
		for _, wrong := range []string{"", "guess", first} {
			w.wants(w.s.SetupOpen(w.ctx(), wrong), fault.NotFound, "")
			bad := cmd
			bad.Token = wrong
			_, err := w.s.Setup(w.ctx(), bad)
			w.wants(err, fault.NotFound, "")
		}
		w.must(w.s.SetupOpen(w.ctx(), token))
		bad := cmd
		bad.Company.Name, bad.Name, bad.Password = "", "", "short"
		_, err = w.s.Setup(w.ctx(), bad)
		var names []string
		for _, f := range fault.As(err).Fields {
			names = append(names, f.Name)
		}
		if strings.Join(names, " ") != "company name password" {
			w.t.Errorf("fields = %v", names)
		}
		var yes atomic.Int64
		var wg sync.WaitGroup
		for range 20 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				in, err := w.s.Setup(w.ctx(), cmd)
				if err != nil {
					w.wantsNamed("set-up at once", err, fault.NotFound)
					return
				}
				yes.Add(1)
				l, err := w.s.LoginBySession(w.ctx(), in.Token, "aurelia-tools-co")
				if err != nil || !l.Actor.Has(access.Admin) || !l.Actor.Operator {
					w.t.Errorf("login = %+v, %v", l.Actor, err)
				}
			}()
		}
		wg.Wait()
		if yes.Load() != 1 {
			w.t.Errorf("%d set-ups went through, want 1", yes.Load())
		}
		w.wants(w.s.SetupOpen(w.ctx(), token), fault.NotFound, "")
		again, err := w.s.NewSetupToken(w.ctx())
		w.must(err)
		if again != "" {
			w.t.Error("a server with a company offers set-up again")
		}
	})
}
