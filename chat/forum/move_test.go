package forum

import (
	"context"
	"slices"
	"strings"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/fault"
)

// TestMove: what partners had a part in goes only where nobody reads it who did not before,
// now or by a tier, and where nobody is named who was nobody; who loses it is told; what the
// owner's people wrote alone goes anywhere.
func TestMove(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		ingrid, maya, kaarel, chen := h.actors["ingrid"], h.actors["maya"], h.actors["kaarel"], h.actors["chen"]
		h.s.Tier(&ladder{h.org["aurelia"], map[string]string{chen.Org: "Gold"}})
		k, b := Seat{Org: maya.Org, Reply: true, Create: true}, Seat{Org: kaarel.Org, Reply: true, Create: true}
		made := func(name string, open bool, tiers []TierSeat, seats ...Seat) CategoryID {
			t.Helper()
			id, err := h.s.SaveCategory(ctx, ingrid, CategoryCmd{Name: name, Open: open, Seats: seats, Tiers: tiers})
			must(t, err)
			return id
		}
		gold, silver := []TierSeat{{Tier: "Gold", Create: true}}, []TierSeat{{Tier: "Silver"}}
		both, one, none := made("both", false, nil, k, b), made("kestrel", false, nil, k), made("nobody", false, nil)
		high, low, mixed := made("gold", false, gold, k), made("silver", false, silver, k), made("gold and both", false, gold, k, b)
		round, table := made("round", true, nil, k, b), made("round of one", true, nil, k)
		for _, x := range []CategoryID{round, table} {
			must(t, h.s.Agree(ctx, maya, x, true))
		}
		bars := func(id TopicID) string {
			t.Helper()
			all, err := h.s.Moves(ctx, ingrid, id)
			must(t, err)
			var out []string
			for _, m := range all {
				out = append(out, m.Category.Name+":"+string(m.Bar))
			}
			return strings.Join(out, " ")
		}
		// kestrel's question, read by kestrel and the owner alone
		q := h.ask(t, "maya", one, Question, "ours")
		if got, want := bars(q.ID), "both:readers gold:readers gold and both:readers nobody: round:names round of one:names silver:tiers"; got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
		for to, word := range map[CategoryID]string{both: "readers", high: "readers", low: "tiers", round: "names"} {
			if err := h.s.Move(ctx, ingrid, q.ID, to); fault.CodeOf(err) != fault.Conflict || !strings.Contains(err.Error(), "forum.move_"+word) {
				t.Errorf("into %s: %v", to, err)
			}
		}
		isCode(t, "moved by a partner", h.s.Move(ctx, maya, q.ID, none), fault.Forbidden)
		isCode(t, "into nothing", h.s.Move(ctx, ingrid, q.ID, CategoryID(db.NewID())), fault.NotFound)
		must(t, h.s.Move(ctx, ingrid, q.ID, one)) // where it is
		if len(h.told) != 0 {
			t.Errorf("told %v", h.told)
		}
		// from more readers to fewer: who loses it is told, and reads it no more
		q = h.ask(t, "maya", both, Question, "for two")
		h.reply(t, "kaarel", q.ID, "from baltic")
		h.told = nil
		must(t, h.s.Move(ctx, ingrid, q.ID, one))
		if !slices.Equal(h.told, []string{EventMoved}) {
			t.Errorf("told %v", h.told)
		}
		if seen, err := h.s.Readable(ctx, kaarel, []TopicID{q.ID}); err != nil || seen[q.ID] {
			t.Errorf("%v %v", seen, err)
		}
		_, _, _, err := h.s.Topic(ctx, kaarel, q.ID, "", 0)
		isCode(t, "read after it went", err, fault.NotFound)
		at, posts, _, err := h.s.Topic(ctx, maya, q.ID, "", 0)
		if err != nil || at.Category != one || at.Moved.IsZero() || len(posts) != 1 || !posts[0].From.Hidden() {
			t.Errorf("%+v %+v %v", at, posts, err)
		}
		isCode(t, "and back", h.s.Move(ctx, ingrid, q.ID, both), fault.Conflict)
		// by tier to the same tier; in open ones among those who agreed
		q = h.ask(t, "chen", mixed, Talk, "of gold")
		must(t, h.s.Move(ctx, ingrid, q.ID, high))
		q = h.ask(t, "maya", round, Talk, "named")
		if got := bars(q.ID); !strings.Contains(got, "both:readers ") || !strings.Contains(got, "kestrel: ") || !strings.Contains(got, "round of one: ") {
			t.Errorf("%s", got) // baltic has not agreed, so it read nothing
		}
		must(t, h.s.Move(ctx, ingrid, q.ID, table))
		if got := bars(q.ID); !strings.Contains(got, "round:readers") { // baltic may agree there any day
			t.Errorf("%s", got)
		}
		// the owner's own goes anywhere, until a partner has a part in it: a vote is one
		q = h.ask(t, "ingrid", one, Idea, "our own")
		if got := bars(q.ID); strings.Contains(strings.ReplaceAll(got, ": ", " ")+" ", ":readers") || strings.Contains(got, "names") || strings.Contains(got, "tiers") {
			t.Errorf("%s", got)
		}
		must(t, h.s.Vote(ctx, maya, q.ID, "", true))
		isCode(t, "with a vote", h.s.Move(ctx, ingrid, q.ID, round), fault.Conflict)
		must(t, h.s.Vote(ctx, maya, q.ID, "", false))
		must(t, h.s.Move(ctx, ingrid, q.ID, round))
		// a confidential one stays with the agreement that its readers accepted
		must(t, second(h.s.SaveCategory(ctx, ingrid, CategoryCmd{ID: one, Name: "kestrel", Seats: []Seat{k}, NDA: "keep it to yourself"})))
		secret, err := h.s.Ask(ctx, ingrid, TopicCmd{Category: one, Kind: Idea, Title: "secret", Body: "x", Key: "secret", NDA: true})
		must(t, err)
		isCode(t, "a confidential one", h.s.Move(ctx, ingrid, secret.ID, none), fault.Conflict)
		if d.Dialect() != db.Postgres { // where one writes at a time nobody waits with what was read before
			return
		}
		// what waits while the topic is moved does not follow it where its author is named, nor
		// where his company reads nothing
		for to, want := range map[CategoryID]fault.Code{round: fault.Conflict, none: fault.NotFound} {
			q := h.ask(t, "ingrid", high, Idea, "on its way")
			done := make(chan error, 1)
			must(t, d.InTx(db.WithOrgs(ctx, ingrid.Org), func(tx context.Context) error {
				if _, err := lockTopic(tx, q.ID); err != nil {
					return err
				}
				go func() { done <- second(h.s.Reply(ctx, maya, q.ID, "said in confidence", "late")) }()
				for n := int64(0); n == 0; {
					err := d.View(ctx, func(ctx context.Context) error {
						_, err := db.Row(ctx, "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'", nil, &n)
						return err
					})
					if err != nil {
						return err
					}
				}
				return moveTopic(tx, string(q.ID), string(to), db.Micros(db.Now(tx)))
			}))
			isCode(t, "a reply that waited", <-done, want)
			if _, posts, _, err := h.s.Topic(ctx, ingrid, q.ID, "", 0); err != nil || len(posts) != 0 {
				t.Errorf("%+v %v", posts, err)
			}
		}
	})
}
