package account

import (
	"reflect"
	"testing"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// TestRefreshAll asks for many at once: each has the answer that is his alone, and all of
// it takes a few statements.
func TestRefreshAll(t *testing.T) {
	each(t, func(w *world) {
		maya, _ := w.in(w.maya, "kestrel")
		gone, goneToken := w.in(w.maya, "kestrel")
		dan, _ := w.in(w.dan, "kestrel")
		_, living, err := w.s.CreateToken(w.ctx(), maya, TokenCmd{Name: "ERP", Scopes: []string{"edi:write", "chat:write"}, Days: 90})
		w.must(err)
		_, revoked, err := w.s.CreateToken(w.ctx(), maya, TokenCmd{Name: "old", Scopes: []string{"edi:write"}, Days: 90})
		w.must(err)
		w.must(w.s.RevokeToken(w.ctx(), maya, revoked.ID))
		w.must(w.s.SignOut(w.ctx(), goneToken))
		as := func(a access.Actor, change func(*access.Actor)) access.Actor { change(&a); return a }
		byToken := access.Actor{Person: maya.Person, Org: maya.Org, Roles: maya.Roles, Scopes: []string{"chat:write", "edi:write"}, Via: "token:" + living.ID}
		cases := []struct {
			name string
			ask  access.Actor
			now  access.Actor
			code fault.Code
		}{
			{"session", maya, maya, ""},
			{"session with the roles of yesterday", as(maya, func(a *access.Actor) { a.Roles = []access.Role{access.Viewer} }), maya, ""},
			{"another's session", as(maya, func(a *access.Actor) { a.Via = dan.Via }), access.Actor{}, fault.Unauthenticated},
			{"an ended session", gone, access.Actor{}, fault.Unauthenticated},
			{"no session", as(maya, func(a *access.Actor) { a.Via = "session:x" }), access.Actor{}, fault.Unauthenticated},
			{"a company of others", as(maya, func(a *access.Actor) { a.Org = w.baltic.ID }), access.Actor{}, fault.NotFound},
			{"no company", as(maya, func(a *access.Actor) { a.Org, a.Roles = "", nil }), as(maya, func(a *access.Actor) { a.Org, a.Roles = "", nil }), ""},
			{"token", as(byToken, func(a *access.Actor) { a.Scopes = nil }), byToken, ""},
			{"another's token", as(byToken, func(a *access.Actor) { a.Person = dan.Person }), access.Actor{}, fault.Unauthenticated},
			{"token, another company", as(byToken, func(a *access.Actor) { a.Org = w.baltic.ID }), access.Actor{}, fault.Unauthenticated},
			{"a revoked token", as(byToken, func(a *access.Actor) { a.Via = "token:" + revoked.ID }), access.Actor{}, fault.Unauthenticated},
			{"a token's id as a session's", as(byToken, func(a *access.Actor) { a.Via = "session:" + living.ID }), access.Actor{}, fault.Unauthenticated},
			{"nobody", access.Actor{}, access.Actor{}, fault.Unauthenticated},
			{"the system", access.System("x", w.kestrel.ID), access.Actor{}, fault.Unauthenticated},
			{"dan", dan, dan, ""},
		}
		asks := make([]access.Actor, 0, 40*len(cases))
		for len(asks) < cap(asks) { // more than are read at once
			for _, c := range cases {
				asks = append(asks, c.ask)
			}
		}
		before := w.d.Counts().Run
		got := w.s.RefreshAll(w.ctx(), asks)
		if n := w.d.Counts().Run - before; w.d.Dialect() == db.SQLite && n > 12 {
			w.t.Errorf("%d statements for %d actors", n, len(asks))
		}
		for i, r := range got {
			c := cases[i%len(cases)]
			if fault.CodeOf(r.Err) != c.code || !reflect.DeepEqual(r.Actor, c.now) {
				w.t.Fatalf("%s: %+v, %v; expected %+v, %q", c.name, r.Actor, r.Err, c.now, c.code)
			}
		}
		// a leaver, and the next one
		boss, _ := w.in(w.maya, "kestrel")
		w.must(w.s.Deactivate(w.ctx(), boss, w.dan.ID))
		two := w.s.RefreshAll(w.ctx(), []access.Actor{dan, maya})
		w.wants(two[0].Err, fault.Unauthenticated, "")
		w.must(two[1].Err)
	})
}
