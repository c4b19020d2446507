package forum

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"entente/db"
	"entente/db/blob"
	"entente/db/dbtest"
	"entente/prm/fault"
)

// TestNDA: an idea under the agreement of its category is read by its author and by who
// accepted the text that holds, through whatever door; another text is accepted anew, and
// the register tells a company of its own people alone.
func TestNDA(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		blobs, err := blob.New(d, t.TempDir())
		must(t, err)
		h.s.Keep(blobs, nil)
		save := func(id CategoryID, nda string) (CategoryID, error) {
			return h.s.SaveCategory(ctx, h.actors["ingrid"], CategoryCmd{ID: id, Name: "Ideas", NDA: nda, Seats: []Seat{{Org: h.org["kestrel"], Reply: true, Create: true}, {Org: h.org["baltic"], Reply: true}}})
		}
		c, err := save("", "")
		must(t, err)
		cmd := TopicCmd{Category: c, Kind: Idea, Title: "Zebra cutter", Body: "A secret blade.", Tags: []string{"blade"}, Key: "n1", NDA: true}
		_, err = h.s.Ask(ctx, h.actors["dan"], cmd)
		isCode(t, "an idea under no agreement", err, fault.Invalid)
		_, err = save(c, "Keep it to yourself.")
		must(t, err)
		q := cmd
		q.Kind, q.Key = Question, "n2"
		_, err = h.s.Ask(ctx, h.actors["dan"], q)
		isCode(t, "a question under an agreement", err, fault.Invalid)
		file, err := h.s.Bring(ctx, h.actors["dan"], c, "", "plan.txt", strings.NewReader("plan"))
		must(t, err)
		cmd.Files = []FileID{file.ID}
		idea, err := h.s.Ask(ctx, h.actors["dan"], cmd)
		must(t, err)

		sees := func(who string) (out []string) {
			t.Helper()
			a := h.actors[who]
			add := func(what string, is bool) {
				if is {
					out = append(out, what)
				}
			}
			list, _, err := h.s.Topics(ctx, a, Filter{})
			must(t, err)
			add("list", len(list) == 1)
			list, _, err = h.s.Topics(ctx, a, Filter{Query: "zebra"})
			must(t, err)
			add("search", len(list) == 1)
			rel, err := h.s.Related(ctx, a, "zebra")
			must(t, err)
			add("related", len(rel) == 1)
			_, _, _, err = h.s.Topic(ctx, a, idea.ID, "", 0)
			add("topic", err == nil)
			_, err = h.s.Said(ctx, a, idea.ID, "")
			add("said", err == nil)
			_, body, err := h.s.Open(ctx, a, idea.ID, file.ID)
			if err == nil {
				_ = body.Close()
			}
			add("file", err == nil)
			add("watch", h.s.Watch(ctx, a, idea.ID, Watching) == nil)
			return out
		}
		all := []string{"list", "search", "related", "topic", "said", "file", "watch"}
		if got := sees("dan"); !slices.Equal(got, all) {
			t.Errorf("the author sees %v", got)
		}
		for _, who := range []string{"ingrid", "wen", "maya", "kaarel"} {
			if got := sees(who); len(got) > 0 {
				t.Errorf("%s did not accept and sees %v", who, got)
			}
			_, err := h.s.Reply(ctx, h.actors[who], idea.ID, "x", db.NewID())
			isCode(t, who+" replies", err, fault.NotFound)
			isCode(t, who+" votes", h.s.Vote(ctx, h.actors[who], idea.ID, "", true), fault.NotFound)
			isCode(t, who+" takes it out", h.s.SetNDA(ctx, h.actors[who], idea.ID, false), fault.NotFound)
		}
		isCode(t, "a stranger accepts", h.s.AcceptNDA(ctx, h.actors["chen"], c, 1), fault.NotFound)
		isCode(t, "another text", h.s.AcceptNDA(ctx, h.actors["maya"], c, 2), fault.Conflict)
		for _, who := range []string{"maya", "maya", "kaarel", "ingrid"} {
			must(t, h.s.AcceptNDA(ctx, h.actors[who], c, 1))
		}
		for _, who := range []string{"ingrid", "maya", "kaarel"} {
			if got := sees(who); !slices.Equal(got, all) {
				t.Errorf("%s accepted and sees %v", who, got)
			}
		}
		isCode(t, "a moderator takes it out", h.s.SetNDA(ctx, h.actors["ingrid"], idea.ID, false), fault.Forbidden)

		registered := func(who string) (out []string) {
			list, err := h.s.Register(ctx, h.actors[who], c)
			must(t, err)
			for _, a := range list {
				for name, id := range h.person {
					if id == a.Person {
						out = append(out, name)
					}
				}
				if len(a.Hash) != 64 || a.At.IsZero() || a.Number != 1 {
					t.Errorf("%+v", a)
				}
			}
			slices.Sort(out)
			return out
		}
		for who, want := range map[string][]string{"ingrid": {"ingrid", "kaarel", "maya"}, "maya": {"maya"}, "dan": {"maya"}, "kaarel": {"kaarel"}} {
			if got := registered(who); !slices.Equal(got, want) {
				t.Errorf("the register tells %s of %v, want %v", who, got, want)
			}
		}
		isCode(t, "the register for a stranger", second(h.s.Register(ctx, h.actors["chen"], c)), fault.NotFound)
		isCode(t, "the owner's register for who does not moderate", second(h.s.Register(ctx, h.actors["wen"], c)), fault.Forbidden)

		// Another text: nobody reads on before it is accepted, and nobody is told.
		must(t, h.s.Report(ctx, h.actors["maya"], idea.ID, "", "odd zebra"))
		_, err = save(c, "Keep it to yourself for ten years.")
		must(t, err)
		for _, who := range []string{"ingrid", "maya", "kaarel"} {
			if got := sees(who); len(got) > 0 {
				t.Errorf("%s accepted another text and sees %v", who, got)
			}
		}
		h.reply(t, "dan", idea.ID, "More.")
		if cats, err := h.s.Categories(ctx, h.actors["maya"]); err != nil || len(cats) != 1 || cats[0].Unread != 0 || cats[0].NDA.Number != 2 || cats[0].NDA.Accepted {
			t.Errorf("%+v %v", cats, err)
		}
		owner := h.actors["ingrid"]
		owner.Via, owner.Person = "system:test", ""
		if w, err := h.s.Watchers(ctx, owner, idea.ID); err != nil || !w.Sealed || len(w.Who) != 1 || !slices.Equal(w.Who[h.org["kestrel"]], []string{h.person["dan"]}) {
			t.Errorf("told: %+v, %v", w, err)
		}
		if flags, err := h.s.Reports(ctx, h.actors["ingrid"]); err != nil || len(flags) != 1 || !flags[0].Sealed || flags[0].Title+flags[0].Text+flags[0].Reason != "" {
			t.Errorf("%+v %v", flags, err)
		}
		must(t, h.s.AcceptNDA(ctx, h.actors["maya"], c, 2))
		if got := sees("maya"); !slices.Equal(got, all) {
			t.Errorf("maya accepted anew and sees %v", got)
		}

		_, err = save(c, "")
		isCode(t, "the agreement of an idea is taken away", err, fault.Invalid)
		must(t, h.s.SetNDA(ctx, h.actors["dan"], idea.ID, false))
		_, err = save(c, "")
		must(t, err)
		if got := sees("kaarel"); !slices.Equal(got, all) {
			t.Errorf("taken out, kaarel sees %v", got)
		}
		isCode(t, "put under none", h.s.SetNDA(ctx, h.actors["dan"], idea.ID, true), fault.Conflict)
	})
}

// TestExperts: who answered such questions, among those the reader may know.
func TestExperts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, ctx := setup(t, d), context.Background()
		hidden, open := h.shared(t, "Hidden", false), h.shared(t, "Open", true)
		for _, who := range []string{"maya", "kaarel"} {
			must(t, h.s.Agree(ctx, h.actors[who], open, true))
		}
		answer := func(c CategoryID, title, who string) {
			t.Helper()
			q := h.ask(t, "ingrid", c, Question, title)
			must(t, h.s.Accept(ctx, h.actors["ingrid"], q.ID, h.reply(t, who, q.ID, "so"), true))
			h.reply(t, "wen", q.ID, "not accepted")
		}
		answer(hidden, "zebra one", "maya")
		answer(hidden, "zebra two", "maya")
		answer(hidden, "lion", "kaarel")
		answer(hidden, "zebra three", "wen")
		answer(open, "zebra four", "kaarel")
		told := func(who string, f Filter) (out []string) {
			t.Helper()
			list, err := h.s.Experts(ctx, h.actors[who], f)
			must(t, err)
			for _, e := range list {
				for name, id := range h.person {
					if id == e.From.Person {
						out = append(out, fmt.Sprint(name, e.Accepted))
					}
				}
			}
			return out
		}
		for _, x := range []struct {
			who  string
			f    Filter
			want string
		}{
			{"ingrid", Filter{Query: "zebra"}, "maya2 kaarel1 wen1"},
			{"ingrid", Filter{}, "kaarel2 maya2 wen1"},
			{"ingrid", Filter{Category: open}, "kaarel1"},
			{"ingrid", Filter{Tag: "850"}, "kaarel2 maya2 wen1"},
			{"ingrid", Filter{Tag: "none"}, ""},
			{"maya", Filter{}, "maya2 kaarel1 wen1"}, // of kaarel what is open alone
			{"kaarel", Filter{}, "kaarel2 wen1"},
			{"chen", Filter{}, ""},
		} {
			got := told(x.who, x.f)
			slices.SortStableFunc(got, func(a, b string) int { // equal ones are by id
				if a[len(a)-1] != b[len(b)-1] {
					return int(b[len(b)-1]) - int(a[len(a)-1])
				}
				return strings.Compare(a, b)
			})
			if strings.Join(got, " ") != x.want {
				t.Errorf("%s %+v: %v, want %s", x.who, x.f, got, x.want)
			}
		}
		isCode(t, "a category of others", second(h.s.Experts(ctx, h.actors["chen"], Filter{Category: open})), fault.NotFound)
	})
}
