package room

import (
	"context"
	"slices"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
)

// TestOpenRooms: several partners in one room, each only after its own admin agreed; before
// that none learns of another, whatever it asks, and who declines is known to the maker alone.
func TestOpenRooms(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		ingrid, maya, dan, kaarel := h.actor("ingrid"), h.actor("maya"), h.actor("dan"), h.actor("kaarel")
		for _, a := range []*access.Actor{&ingrid, &maya, &kaarel} {
			a.Roles = []access.Role{access.Admin}
		}
		h.roles[maya.Person], h.roles[kaarel.Person], h.roles[ingrid.Person] = maya.Roles, kaarel.Roles, ingrid.Roles
		sales := ingrid
		sales.Roles = []access.Role{access.Sales}
		cmd := FreeCmd{Title: "Fair in Leeds", Key: "k", Open: true, Partners: []string{h.org["kestrel"], h.org["baltic"]}}
		_, err := h.s.Make(ctx, sales, cmd)
		isCode(t, err, fault.Forbidden)
		wrong := cmd
		wrong.Partners = []string{h.org["kestrel"], "nobody"}
		_, err = h.s.Make(ctx, ingrid, wrong)
		isCode(t, err, fault.Invalid)

		// Kestrel keeps for another time: said when the room is made, and when it agrees.
		ok(t, h.s.SetRetention(ctx, maya, 30))
		_, err = h.s.Make(ctx, ingrid, cmd)
		isCode(t, err, fault.Conflict)
		cmd.Agreed = true
		r, err := h.s.Make(ctx, ingrid, cmd)
		if err != nil || !r.Open || !slices.Equal(r.Orgs, []string{ingrid.Org}) {
			t.Fatalf("%+v %v", r, err)
		}
		if again, err := h.s.Make(ctx, ingrid, cmd); err != nil || again.ID != r.ID {
			t.Errorf("again: %+v %v", again, err)
		}
		asked := 0
		for _, e := range h.told {
			if len(e.Persons) == 1 && e.Seq == 0 && e.Room == r.ID {
				asked++
			}
		}
		if asked != 2 {
			t.Errorf("%d admins were told", asked)
		}
		h.post(t, "ingrid", r.ID, "p1", "welcome to the fair")

		// Before it agreed, nobody asked finds the room or anybody in it.
		for _, a := range []access.Actor{maya, kaarel, dan} {
			_, err := h.s.Get(ctx, a, r.ID)
			isCode(t, err, fault.NotFound)
			_, err = h.s.Asked(ctx, a, r.ID)
			isCode(t, err, fault.NotFound)
			if list, _, err := h.s.List(ctx, a, Filter{}); err != nil || len(list) != 0 {
				t.Errorf("%v %v", list, err)
			}
		}
		got, err := h.s.Invitations(ctx, maya)
		if err != nil || len(got) != 1 || got[0] != (Invitation{r.ID, "Fair in Leeds", ingrid.Org, maya.Org, false, 30, 0}) {
			t.Errorf("%+v %v", got, err)
		}
		_, err = h.s.Invitations(ctx, dan)
		isCode(t, err, fault.Forbidden)
		isCode(t, h.s.Answer(ctx, dan, r.ID, AnswerCmd{Join: true}), fault.Forbidden)
		isCode(t, h.s.Answer(ctx, maya, r.ID, AnswerCmd{Join: true}), fault.Conflict)
		isCode(t, h.s.Answer(ctx, maya, r.ID, AnswerCmd{Join: true, Agreed: true, People: []string{kaarel.Person}}), fault.Invalid)
		ok(t, h.s.Answer(ctx, maya, r.ID, AnswerCmd{Join: true, Agreed: true}))
		isCode(t, h.s.Answer(ctx, maya, r.ID, AnswerCmd{Join: true, Agreed: true}), fault.NotFound)
		ms, err := h.s.History(ctx, maya, r.ID, Window{})
		if err != nil || len(ms) != 3 || ms[1].Text != "welcome to the fair" || ms[2].Args["company"] != "KESTREL" {
			t.Fatalf("%+v %v", ms, err)
		}
		names := func(a access.Actor) (out []string) {
			people, err := h.s.People(ctx, a, r.ID)
			ok(t, err)
			for _, p := range people {
				out = append(out, p.Name)
			}
			return out
		}
		if got := names(maya); slices.Contains(got, "kaarel") || !slices.Contains(got, "ingrid") {
			t.Errorf("maya sees %v", got)
		}
		if got, err := h.s.Asked(ctx, maya, r.ID); err != nil || len(got) != 0 {
			t.Errorf("a company that agreed is told who else was asked: %v %v", got, err)
		}
		if got, err := h.s.Asked(ctx, ingrid, r.ID); err != nil || len(got) != 1 || got[0].Org != kaarel.Org {
			t.Errorf("%v %v", got, err)
		}
		isCode(t, h.s.InvitePartner(ctx, maya, r.ID, InviteCmd{Partner: h.org["aurelia"], Shown: true}), fault.Forbidden)
		isCode(t, h.s.Withdraw(ctx, maya, r.ID, kaarel.Org), fault.Forbidden)
		if got, err := h.s.Keeps(ctx, ingrid, r.ID); err != nil || len(got) != 2 {
			t.Errorf("%v %v", got, err)
		}

		// Declined: no line tells the others.
		before, err := h.s.Get(ctx, ingrid, r.ID)
		ok(t, err)
		ok(t, h.s.Answer(ctx, kaarel, r.ID, AnswerCmd{}))
		if after, err := h.s.Get(ctx, ingrid, r.ID); err != nil || after.LastSeq != before.LastSeq {
			t.Errorf("declining made a line: %v", err)
		}
		if got, err := h.s.Asked(ctx, ingrid, r.ID); err != nil || len(got) != 1 || !got[0].Declined {
			t.Errorf("%v %v", got, err)
		}
		isCode(t, h.s.Answer(ctx, kaarel, r.ID, AnswerCmd{Join: true}), fault.NotFound)

		// Asked anew, withdrawn, asked anew.
		isCode(t, h.s.InvitePartner(ctx, ingrid, r.ID, InviteCmd{Partner: kaarel.Org}), fault.Conflict)
		ok(t, h.s.InvitePartner(ctx, ingrid, r.ID, InviteCmd{Partner: kaarel.Org, Shown: true}))
		ok(t, h.s.Withdraw(ctx, ingrid, r.ID, kaarel.Org))
		isCode(t, h.s.Answer(ctx, kaarel, r.ID, AnswerCmd{Join: true}), fault.NotFound)
		ok(t, h.s.InvitePartner(ctx, ingrid, r.ID, InviteCmd{Partner: kaarel.Org, Shown: true}))
		ok(t, h.s.Answer(ctx, kaarel, r.ID, AnswerCmd{Join: true}))
		isCode(t, h.s.InvitePartner(ctx, ingrid, r.ID, InviteCmd{Partner: kaarel.Org, Shown: true}), fault.Conflict)
		if got := names(maya); !slices.Contains(got, "kaarel") {
			t.Errorf("maya sees %v", got)
		}
		h.post(t, "kaarel", r.ID, "p2", "hello @maya")

		// The two fall out with each other: the room of a third goes on. One leaves: the
		// others stay, and it finds nothing any more.
		h.competes = false
		ok(t, h.s.PartnersEnded(ctx, access.System("rooms", maya.Org), maya.Org, kaarel.Org))
		if x, err := h.s.Get(ctx, maya, r.ID); err != nil || x.ReadOnly {
			t.Errorf("%+v %v", x, err)
		}
		ok(t, h.s.Leave(ctx, kaarel, r.ID))
		_, err = h.s.Get(ctx, kaarel, r.ID)
		isCode(t, err, fault.NotFound)
		if x, err := h.s.Get(ctx, maya, r.ID); err != nil || x.ReadOnly || len(x.Orgs) != 2 {
			t.Errorf("%+v %v", x, err)
		}
		// The maker's partnership ends: closed, and what was asked is taken back.
		ok(t, h.s.InvitePartner(ctx, ingrid, r.ID, InviteCmd{Partner: kaarel.Org, Shown: true}))
		h.apart = true
		isCode(t, h.s.Answer(ctx, kaarel, r.ID, AnswerCmd{Join: true}), fault.NotFound)
		ok(t, h.s.PartnersEnded(ctx, access.System("rooms", ingrid.Org), ingrid.Org, kaarel.Org))
		if got, err := h.s.Invitations(ctx, kaarel); err != nil || len(got) != 0 {
			t.Errorf("%v %v", got, err)
		}
		ok(t, h.s.PartnersEnded(ctx, access.System("rooms", ingrid.Org), ingrid.Org, maya.Org))
		if x, err := h.s.Get(ctx, maya, r.ID); err != nil || !x.ReadOnly {
			t.Errorf("%+v %v", x, err)
		}
	})
}
