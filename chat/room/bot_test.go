package room

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
)

// TestBots: a bot says something in its one room under a name that nobody else bears, by a
// token that is kept as a hash, until an admin of either company ends it or its company
// leaves.
func TestBots(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		ingrid, maya, kaarel := h.actor("ingrid"), h.actor("maya"), h.actor("kaarel")
		admin := maya
		admin.Roles = []access.Role{access.Admin}
		r := h.shared(t, "1")
		_, _, err := h.s.MakeBot(ctx, maya, r.ID, "Price watch")
		isCode(t, err, fault.Forbidden)
		_, _, err = h.s.MakeBot(ctx, kaarel, r.ID, "Price watch")
		isCode(t, err, fault.NotFound)
		for _, name := range []string{"", "Ingrid", "KESTREL", strings.Repeat("x", maxBotName+1), "a\u202eb", "Ingrid\u200b", "In\u00adgrid", "\u3164Ingrid", "Ingrid\ufe0f"} {
			if _, _, err := h.s.MakeBot(ctx, admin, r.ID, name); fault.CodeOf(err) != fault.Invalid {
				t.Errorf("a bot named %q: %v", name, err)
			}
		}
		b, token, err := h.s.MakeBot(ctx, admin, r.ID, " Price  watch ")
		if err != nil || b.Name != "Price watch" || b.Org != admin.Org || !strings.HasPrefix(token, BotPrefix) || len(token) < 50 {
			t.Fatalf("%+v %q %v", b, token, err)
		}
		_, _, err = h.s.MakeBot(ctx, ingrid, r.ID, "price WATCH")
		isCode(t, err, fault.Invalid)
		var kept string
		ok(t, d.View(ctx, func(ctx context.Context) error {
			return db.Tx(ctx).Raw("SELECT name || token_hash FROM room_bot").Scan(&kept).Error
		}))
		if strings.Contains(kept, token) || strings.Contains(kept, token[len(BotPrefix):]) {
			t.Error("the token is kept")
		}
		// it speaks: once for a key, in a thread, findable, naming nobody
		m, repeated, err := h.s.PostAsBot(ctx, token, Draft{Key: "k", Text: "AUR-B9 is cheaper, @ingrid"})
		if err != nil || repeated || m.From.Name != "Price watch" || m.From.Org != "kestrel" || m.Via != ViaBot {
			t.Fatalf("%+v %v %v", m, repeated, err)
		}
		again, repeated, err := h.s.PostAsBot(ctx, token, Draft{Key: "k", Text: "AUR-B9 is cheaper, @ingrid"})
		if err != nil || !repeated || again.Seq != m.Seq {
			t.Errorf("%+v %v %v", again, repeated, err)
		}
		if a, _, err := h.s.PostAsBot(ctx, token, Draft{Thread: m.Seq, Text: "still"}); err != nil || a.Thread != m.Seq {
			t.Errorf("%+v %v", a, err)
		}
		if len(h.told) != 0 {
			t.Errorf("a bot named %+v", h.told)
		}
		lines, err := h.s.History(ctx, ingrid, r.ID, Window{Limit: 50})
		if err != nil || len(lines) != 3 || lines[0].Event != "room.bot_made" || lines[0].Args["bot"] != "Price watch" || lines[1].From.Name != "Price watch" || lines[1].From.Company != "KESTREL" || lines[1].Via != ViaBot {
			t.Errorf("%+v %v", lines, err)
		}
		if found, _, err := h.s.Search(ctx, ingrid, Find{Query: "cheaper"}); err != nil || len(found) != 1 || found[0].From.Name != "Price watch" {
			t.Errorf("%+v %v", found, err)
		}
		list, _, err := h.s.List(ctx, ingrid, Filter{})
		if err != nil || len(list) != 1 || list[0].Last.From.Name != "Price watch" {
			t.Errorf("%+v %v", list, err)
		}
		for _, who := range []access.Actor{maya, ingrid} {
			if got, err := h.s.Bots(ctx, who, r.ID); err != nil || len(got) != 1 || got[0].Used.IsZero() {
				t.Errorf("%+v %v", got, err)
			}
		}
		isCode(t, second(h.s.Bots(ctx, kaarel, r.ID)), fault.NotFound)
		// what is refused
		for name, c := range map[string]struct {
			token string
			d     Draft
			want  fault.Code
		}{"no token": {"", Draft{Text: "x"}, fault.Unauthenticated}, "a wrong one": {token[:len(token)-1] + "0", Draft{Text: "x"}, fault.Unauthenticated}, "nothing": {token, Draft{}, fault.Invalid}, "no such message": {token, Draft{Text: "x", Thread: 99}, fault.Invalid}} {
			if _, _, err := h.s.PostAsBot(ctx, c.token, c.d); fault.CodeOf(err) != c.want {
				t.Errorf("%s: %v", name, err)
			}
		}
		ok(t, h.s.SetReadOnly(ctx, h.system("aurelia"), r.ID, true))
		_, _, err = h.s.PostAsBot(ctx, token, Draft{Text: "x"})
		isCode(t, err, fault.Conflict)
		ok(t, h.s.SetReadOnly(ctx, h.system("aurelia"), r.ID, false))
		// ended by an admin of the other company
		isCode(t, h.s.EndBot(ctx, maya, r.ID, b.ID), fault.Forbidden)
		isCode(t, h.s.EndBot(ctx, kaarel, r.ID, b.ID), fault.NotFound)
		isCode(t, h.s.EndBot(ctx, ingrid, r.ID, "none"), fault.NotFound)
		ok(t, h.s.EndBot(ctx, ingrid, r.ID, b.ID))
		ok(t, h.s.EndBot(ctx, ingrid, r.ID, b.ID))
		_, _, err = h.s.PostAsBot(ctx, token, Draft{Text: "x"})
		isCode(t, err, fault.Unauthenticated)
		if lines, err := h.s.History(ctx, ingrid, r.ID, Window{Limit: 1}); err != nil || lines[0].Event != "room.bot_ended" {
			t.Errorf("%+v %v", lines, err)
		}
		// how many, and not beyond the company's leaving
		for i := range MaxBots {
			if _, token, err = h.s.MakeBot(ctx, admin, r.ID, fmt.Sprint("bot ", i)); err != nil {
				t.Fatal(err)
			}
		}
		_, _, err = h.s.MakeBot(ctx, admin, r.ID, "one more")
		isCode(t, err, fault.Conflict)
		ok(t, h.s.RemoveOrg(ctx, h.system("aurelia"), r.ID, h.org["kestrel"]))
		_, _, err = h.s.PostAsBot(ctx, token, Draft{Text: "x"})
		isCode(t, err, fault.Unauthenticated)
		if got, err := h.s.Bots(ctx, ingrid, r.ID); err != nil || len(got) != 0 {
			t.Errorf("%+v %v", got, err)
		}
		var audited int64
		ok(t, d.View(ctx, func(ctx context.Context) error {
			return db.Tx(ctx).Raw("SELECT COUNT(*) FROM audit WHERE action = 'room.bot_ended' AND person_id = ?", ingrid.Person).Scan(&audited).Error
		}))
		if audited != 2 {
			t.Errorf("audited %d times", audited)
		}
	})
}

// TestBotRate: a bot says so much and no more, and no other bot pays for it.
func TestBotRate(t *testing.T) {
	t.Parallel()
	var b botBuckets
	now := time.Unix(1000, 0)
	said := 0
	for range 100 {
		if b.take("a", now) {
			said++
		}
	}
	if said != int(botBurst) || !b.take("b", now) || b.take("a", now.Add(time.Second/2)) || !b.take("a", now.Add(2*time.Second)) {
		t.Errorf("said %d", said)
	}
	if b.take("c", now.Add(time.Hour)); len(b.bots) != 1 {
		t.Errorf("%d are kept", len(b.bots))
	}
}
