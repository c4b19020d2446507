package forum

import (
	"context"
	"slices"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
)

// ladder is which tier aurelia gives whom.
type ladder struct {
	owner string
	tiers map[string]string
}

func (l *ladder) Held(_ context.Context, org string) (map[string]string, error) {
	return map[string]string{l.owner: l.tiers[org]}, nil
}

func (l *ladder) Given(_ context.Context, owner string) (map[string]string, error) {
	if owner != l.owner {
		return nil, nil
	}
	return l.tiers, nil
}

func (l *ladder) Tiers(context.Context, string) ([]string, error) {
	return []string{"Gold", "Silver", "Bronze"}, nil
}

// TestTiers: what a partner may see, answer and begin follows its tier from one call to the
// next; a partner chosen by name has what was chosen; nobody learns of another by it.
func TestTiers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		ingrid, maya, kaarel, chen := h.actors["ingrid"], h.actors["maya"], h.actors["kaarel"], h.actors["chen"]
		l := &ladder{h.org["aurelia"], map[string]string{maya.Org: "Silver", chen.Org: "Gold"}}
		h.s.Tier(l)
		isCode(t, "a partner asks for the tiers of others", second(h.s.Choices(ctx, h.actors["dan"])), fault.Forbidden)
		cmd := CategoryCmd{Name: "By tier", Tiers: []TierSeat{{Tier: "Gold", Create: true}, {Tier: "Silver", Reply: true}, {Tier: "Bronze"}}}
		for _, bad := range [][]TierSeat{{{Tier: "Iron"}}, {{Tier: "Gold"}, {Tier: "Gold", Reply: true}}} {
			wrong := cmd
			wrong.Tiers = bad
			isCode(t, "wrong tiers", second(h.s.SaveCategory(ctx, ingrid, wrong)), fault.Invalid)
		}
		id, err := h.s.SaveCategory(ctx, ingrid, cmd)
		must(t, err)
		if c, err := h.s.Get(ctx, ingrid, id); err != nil || len(c.Tiers) != 3 || c.Tiers[1] != (TierSeat{"Gold", true, true}) || len(c.Seats) != 0 {
			t.Errorf("%+v %v", c, err)
		}
		q := h.ask(t, "ingrid", id, Talk, "for some")
		// may says what somebody may do with the topic now, by every way to it
		may := func(who string) string {
			t.Helper()
			a := h.actors[who]
			c, err := h.s.Get(ctx, a, id)
			cats, err2 := h.s.Categories(ctx, a)
			topics, _, err3 := h.s.Topics(ctx, a, Filter{})
			_, _, _, err4 := h.s.Topic(ctx, a, q.ID, "", 0)
			must(t, err2)
			must(t, err3)
			in := slices.ContainsFunc(cats, func(x Category) bool { return x.ID == id && x.Reply == c.Reply && x.Create == c.Create })
			listed := slices.ContainsFunc(topics, func(x Topic) bool { return x.ID == q.ID })
			_, err5 := h.s.Reply(ctx, a, q.ID, "words", db.NewID())
			_, err6 := h.s.Ask(ctx, a, TopicCmd{Category: id, Kind: Talk, Title: "new", Body: "words", Key: db.NewID()})
			switch {
			case fault.IsNotFound(err) && !in && !listed && fault.IsNotFound(err4) && fault.IsNotFound(err5) && fault.IsNotFound(err6):
				return "nothing"
			case err != nil || !in || !listed || err4 != nil || (err5 == nil) != c.Reply || (err6 == nil) != c.Create || fault.IsNotFound(err5) || fault.IsNotFound(err6) || len(c.Tiers)+len(c.Seats) != 0:
				t.Errorf("%s: %+v %v, in %v, listed %v, %v %v %v", who, c, err, in, listed, err4, err5, err6)
				return "?"
			case c.Create:
				return "create"
			case c.Reply:
				return "reply"
			}
			return "see"
		}
		is := func(who, want string) {
			t.Helper()
			if got := may(who); got != want {
				t.Errorf("%s may %s, want %s", who, got, want)
			}
		}
		is("maya", "reply")
		is("chen", "create")
		is("kaarel", "nothing")
		told := func(want ...string) {
			t.Helper()
			w, err := h.s.Watchers(ctx, access.System("test", h.org["aurelia"]), q.ID)
			must(t, err)
			var got []string
			for _, who := range []string{"maya", "chen", "kaarel"} {
				if slices.Contains(w.Who[h.actors[who].Org], h.actors[who].Person) {
					got = append(got, who)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("told %v, want %v", got, want)
			}
		}
		told("maya", "chen") // who answered watches
		_, posts, _, err := h.s.Topic(ctx, maya, q.ID, "", 0)
		must(t, err)
		for _, p := range posts {
			if !p.From.Hidden() && p.From.Org != maya.Org && p.From.Org != ingrid.Org {
				t.Errorf("named to a competitor: %+v", p.From)
			}
		}
		// the tier changes, and nothing but it
		l.tiers[maya.Org] = "Gold"
		is("maya", "create")
		l.tiers[maya.Org] = "Bronze"
		is("maya", "see")
		told("maya", "chen")
		delete(l.tiers, maya.Org)
		is("maya", "nothing")
		told("chen")
		l.tiers[kaarel.Org] = "Silver"
		is("kaarel", "reply")
		// by name goes first, also where it is less
		cmd.ID, cmd.Seats = id, []Seat{{Org: kaarel.Org}}
		must(t, second(h.s.SaveCategory(ctx, ingrid, cmd)))
		is("kaarel", "see")
		cmd.Seats = nil
		must(t, second(h.s.SaveCategory(ctx, ingrid, cmd)))
		is("kaarel", "reply")
		// open: the own consent first, which stays when the category is saved
		cmd.Open = true
		must(t, second(h.s.SaveCategory(ctx, ingrid, cmd)))
		if c, err := h.s.Get(ctx, kaarel, id); err != nil || !c.Locked() {
			t.Errorf("%+v %v", c, err)
		}
		must(t, h.s.Agree(ctx, kaarel, id, true))
		must(t, second(h.s.SaveCategory(ctx, ingrid, cmd)))
		is("kaarel", "reply")
		// named to who agreed as well, and only while it has the tier: it could take nothing back
		must(t, h.s.Agree(ctx, chen, id, true))
		best, err := h.s.Reply(ctx, kaarel, q.ID, "the best", "best")
		must(t, err)
		asked, err := h.s.Ask(ctx, chen, TopicCmd{Category: id, Kind: Question, Title: "who knows", Body: "?", Key: "knows"})
		must(t, err)
		known, err := h.s.Reply(ctx, kaarel, asked.ID, "I do", "knows")
		must(t, err)
		must(t, h.s.Accept(ctx, chen, asked.ID, known, true))
		names := func(want bool) {
			t.Helper()
			_, posts, _, err := h.s.Topic(ctx, chen, q.ID, "", 0)
			must(t, err)
			i := slices.IndexFunc(posts, func(p Post) bool { return p.ID == best })
			experts, err := h.s.Experts(ctx, chen, Filter{Category: id})
			must(t, err)
			found := slices.ContainsFunc(experts, func(e Expert) bool { return e.From.Org == kaarel.Org })
			if posts[i].From.Hidden() == want || found != want {
				t.Errorf("named %v, among experts %v, want %v", posts[i].From, experts, want)
			}
		}
		names(true)
		delete(l.tiers, kaarel.Org)
		is("kaarel", "nothing")
		names(false)
		l.tiers[kaarel.Org] = "Gold"
		names(true)
		delete(l.tiers, kaarel.Org)
		isCode(t, "agreeing without a seat", h.s.Agree(ctx, kaarel, id, true), fault.NotFound)
		// a tier that is taken off
		cmd.Open, cmd.Tiers = false, cmd.Tiers[1:]
		must(t, second(h.s.SaveCategory(ctx, ingrid, cmd)))
		is("chen", "nothing")
	})
}
