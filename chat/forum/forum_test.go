package forum

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
)

// house is aurelia, who shares categories with kestrel and baltic, who compete, and
// huadong, with whom nothing is shared.
type house struct {
	db     *db.DB
	s      *Service
	org    map[string]string
	person map[string]string
	actors map[string]access.Actor
	told   []string
}

func (h *house) With(_ context.Context, org string) ([]string, error) {
	if org != h.org["aurelia"] {
		return []string{h.org["aurelia"]}, nil
	}
	return []string{h.org["kestrel"], h.org["baltic"]}, nil
}

func (h *house) Publish(_ context.Context, e job.Event) error {
	h.told = append(h.told, e.Kind)
	return nil
}

func setup(t testing.TB, d *db.DB) *house {
	t.Helper()
	h := &house{db: d, org: map[string]string{}, person: map[string]string{}, actors: map[string]access.Actor{}}
	h.s = New(d, h, h)
	err := d.InTx(context.Background(), func(ctx context.Context) error {
		for _, slug := range []string{"aurelia", "kestrel", "baltic", "huadong"} {
			h.org[slug] = db.NewID()
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', '', 'GBP', 'UTC', 'en', 'active', 0)", h.org[slug], slug, slug).Error; err != nil {
				return err
			}
		}
		people := []string{"ingrid aurelia admin", "wen aurelia sales", "maya kestrel admin", "dan kestrel buyer", "vic kestrel viewer", "kaarel baltic admin", "chen huadong admin"}
		for i := range 12 {
			people = append(people, fmt.Sprintf("k%d kestrel sales", i))
		}
		for _, p := range people {
			w := strings.Fields(p)
			id := db.NewID()
			h.person[w[0]] = id
			h.actors[w[0]] = access.Actor{Person: id, Org: h.org[w[1]], Roles: []access.Role{access.Role(w[2])}, Via: "session:test"}
			if err := db.Tx(ctx).Exec("INSERT INTO person (id, email, name, locale, theme, timezone, password, password_at, operator, state, last_org, created) VALUES (?, ?, ?, 'en', '', 'UTC', '', 0, ?, 'active', '', 0)", id, w[0]+"@example", w[0], false).Error; err != nil {
				return err
			}
		}
		return nil
	})
	must(t, err)
	return h
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func isCode(t testing.TB, what string, err error, c fault.Code) {
	t.Helper()
	if fault.CodeOf(err) != c || err == nil {
		t.Errorf("%s: %v, want %s", what, err, c)
	}
}

func second[T any](_ T, err error) error { return err }

// shared makes a category of aurelia's with kestrel and baltic.
func (h *house) shared(t testing.TB, name string, open bool) CategoryID {
	t.Helper()
	id, err := h.s.SaveCategory(context.Background(), h.actors["ingrid"], CategoryCmd{Name: name, Open: open, Seats: []Seat{{Org: h.org["kestrel"], Reply: true, Create: true}, {Org: h.org["baltic"], Reply: true}}})
	must(t, err)
	return id
}

func (h *house) ask(t testing.TB, who string, c CategoryID, kind Kind, title string) Topic {
	t.Helper()
	cmd := TopicCmd{Category: c, Kind: kind, Title: title, Body: "body of " + title, Tags: []string{"EDI", "#850"}, Key: db.NewID()}
	if kind == Survey {
		cmd.Survey = []Asked{{"Which?", []string{"a", "b"}}}
	}
	topic, err := h.s.Ask(context.Background(), h.actors[who], cmd)
	must(t, err)
	return topic
}

func (h *house) reply(t testing.TB, who string, id TopicID, body string) PostID {
	t.Helper()
	p, err := h.s.Reply(context.Background(), h.actors[who], id, body, db.NewID())
	must(t, err)
	return p
}

// TestFromQuestionToAnswer walks a topic through its life.
func TestFromQuestionToAnswer(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		c := h.shared(t, "EDI help", false)
		cmd := TopicCmd{Category: c, Kind: Question, Title: "配送窗口怎么写", Body: "How do I write a delivery window?", Tags: []string{"EDI", "850", "edi"}, Key: "one"}
		q, err := h.s.Ask(ctx, h.actors["dan"], cmd)
		must(t, err)
		if again, err := h.s.Ask(ctx, h.actors["dan"], cmd); err != nil || again.ID != q.ID {
			t.Fatalf("%+v %v", again, err)
		}
		p, err := h.s.Reply(ctx, h.actors["wen"], q.ID, "Use DTM 064 and 063.", "r1")
		must(t, err)
		if again, err := h.s.Reply(ctx, h.actors["wen"], q.ID, "Use DTM 064 and 063.", "r1"); err != nil || again != p {
			t.Fatalf("%v %v", again, err)
		}
		list, _, err := h.s.Topics(ctx, h.actors["dan"], Filter{})
		if err != nil || len(list) != 1 || !list[0].Unread || list[0].Replies != 1 || !slices.Equal(list[0].Tags, []string{"edi", "850"}) {
			t.Fatalf("%+v %v", list, err)
		}
		if cats, err := h.s.Categories(ctx, h.actors["dan"]); err != nil || len(cats) != 1 || cats[0].Unread != 1 || cats[0].Seats != nil {
			t.Fatalf("%+v %v", cats, err)
		}
		isCode(t, "accept by another", h.s.Accept(ctx, h.actors["maya"], q.ID, p, true), fault.Forbidden)
		for range 2 {
			must(t, h.s.Accept(ctx, h.actors["dan"], q.ID, p, true))
			must(t, h.s.Vote(ctx, h.actors["dan"], q.ID, p, true))
		}
		isCode(t, "a vote for oneself", h.s.Vote(ctx, h.actors["wen"], q.ID, p, true), fault.Conflict)
		top, posts, _, err := h.s.Topic(ctx, h.actors["ingrid"], q.ID, "", 0)
		if err != nil || top.State != Answered || top.Accepted != p || len(posts) != 1 || !posts[0].Accepted || posts[0].Votes != 1 || top.From.Hidden() {
			t.Fatalf("%+v %+v %v", top, posts, err)
		}
		if _, _, _, err := h.s.Topic(ctx, h.actors["dan"], q.ID, "", 0); err != nil {
			t.Fatal(err)
		}
		if list, _, _ := h.s.Topics(ctx, h.actors["dan"], Filter{Watched: true}); len(list) != 1 || list[0].Unread {
			t.Errorf("%+v", list)
		}
		for _, f := range []Filter{{Query: "配送"}, {Query: "delivery win"}, {Tag: "edi"}, {Kind: Question}, {State: Answered}, {Category: c}} {
			if list, _, err := h.s.Topics(ctx, h.actors["kaarel"], f); err != nil || len(list) != 1 {
				t.Errorf("%+v finds %d, %v", f, len(list), err)
			}
		}
		for _, f := range []Filter{{Query: "nothing"}, {Tag: "ed"}, {Kind: Idea}, {Query: "'\"*("}} {
			if list, _, err := h.s.Topics(ctx, h.actors["dan"], f); err != nil || len(list) != 0 {
				t.Errorf("%+v finds %d, %v", f, len(list), err)
			}
		}
		if rel, err := h.s.Related(ctx, h.actors["maya"], "A delivery by train"); err != nil || len(rel) != 1 {
			t.Errorf("%+v %v", rel, err)
		}
		must(t, h.s.Watch(ctx, h.actors["dan"], q.ID, Muted))
		w, err := h.s.Watchers(ctx, access.System("notices", h.org["aurelia"]), q.ID)
		if err != nil || w.Sealed || len(w.Who[h.org["kestrel"]]) != 0 || len(w.Who[h.org["aurelia"]]) != 1 {
			t.Errorf("%+v %v", w, err)
		}
		must(t, h.s.Edit(ctx, h.actors["dan"], q.ID, "", "Delivery window in an 850", "changed", []string{"850"}))
		isCode(t, "edit by another", h.s.Edit(ctx, h.actors["maya"], q.ID, "", "x", "x", nil), fault.Forbidden)
		must(t, h.s.Remove(ctx, h.actors["ingrid"], q.ID, p)) // the owner moderates
		top, posts, _, _ = h.s.Topic(ctx, h.actors["dan"], q.ID, "", 0)
		if top.State != Open || top.Accepted != "" || posts[0].Body != "" || !posts[0].Removed || !top.Edited {
			t.Errorf("%+v %+v", top, posts)
		}
		p = h.reply(t, "wen", q.ID, "063 and 064, then")
		must(t, h.s.SetState(ctx, h.actors["ingrid"], q.ID, Closed))
		for _, on := range []bool{true, false} { // its author may choose, not open it again
			must(t, h.s.Accept(ctx, h.actors["dan"], q.ID, p, on))
			if top, _, _, err := h.s.Topic(ctx, h.actors["dan"], q.ID, "", 0); err != nil || top.State != Closed || (top.Accepted == p) != on || top.CanReply {
				t.Errorf("accepting %t in a closed topic: %+v %v", on, top, err)
			}
		}
		must(t, h.s.Accept(ctx, h.actors["dan"], q.ID, p, true))
		must(t, h.s.Remove(ctx, h.actors["wen"], q.ID, p))
		isCode(t, "a reply to a closed topic", second(h.s.Reply(ctx, h.actors["dan"], q.ID, "x", "late")), fault.Conflict)
		must(t, h.s.Remove(ctx, h.actors["dan"], q.ID, ""))
		if list, _, _ := h.s.Topics(ctx, h.actors["dan"], Filter{}); len(list) != 0 {
			t.Errorf("a removed topic is listed: %+v", list)
		}
		if !slices.Equal(h.told, []string{EventReplied, EventAccepted, EventReplied, EventAccepted, EventAccepted}) {
			t.Errorf("%v", h.told)
		}
	})
}

// TestRelated: what is asked finds what was asked in other words, in both languages, and not
// what only asks in the same way; most words first, then the rarer, then the latest.
func TestRelated(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		c, err := h.s.SaveCategory(ctx, h.actors["ingrid"], CategoryCmd{Name: "Help", Seats: []Seat{{Org: h.org["kestrel"], Reply: true, Create: true}}})
		must(t, err)
		for _, title := range []string{
			"取消订单的方法", "Cancelling: to cancel an order after it was shipped", "Certificates of a station", "怎么导入价格表",
			"How do I print labels?", "How do I print invoices?", "How do I see what is due?", "How do I find a partner?", "How do I export a list?", "An order twice", "Which orders are late?",
			"如何打印标签", "如何下订单", "如何查看订单", "如何导出订单",
		} {
			_, err := h.s.Ask(ctx, h.actors["dan"], TopicCmd{Category: c, Kind: Question, Title: title, Body: ".", Key: title})
			must(t, err)
		}
		for title, want := range map[string][]string{
			"How do I cancel an order":         {"Cancelling: to cancel an order after it was shipped", "Which orders are late?", "An order twice"},
			"如何取消订单":                           {"取消订单的方法"},
			"请问我们的价格表怎么导入":                     {"怎么导入价格表"},
			"Where do I put a new certificate": {"Certificates of a station"},
			"Where do I put it":                nil,
			"'\"*( OR NEAR":                    nil,
			"":                                 nil,
		} {
			var got []string
			list, err := h.s.Related(ctx, h.actors["maya"], title)
			for _, x := range list {
				got = append(got, x.Title)
			}
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("like %q are %q, %v", title, got, err)
			}
			if list, err := h.s.Related(ctx, h.actors["kaarel"], title); err != nil || len(list) != 0 {
				t.Errorf("who has no seat finds %+v, %v", list, err)
			}
		}
	})
}

// TestSeats: see, reply and create are said for each company; a company without a seat
// finds nothing, and a seat taken away ends it.
func TestSeats(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		c := h.shared(t, "EDI help", false)
		q := h.ask(t, "dan", c, Question, "window")
		p := h.reply(t, "dan", q.ID, "a reply")
		ghost, ghostPost, none := TopicID(db.NewID()), PostID(db.NewID()), CategoryID(db.NewID())
		for name, call := range map[string]func(a access.Actor, c CategoryID, id TopicID, p PostID) error{
			"Get": func(a access.Actor, c CategoryID, _ TopicID, _ PostID) error { return second(h.s.Get(ctx, a, c)) },
			"Topics": func(a access.Actor, c CategoryID, _ TopicID, _ PostID) error {
				_, _, err := h.s.Topics(ctx, a, Filter{Category: c})
				return err
			},
			"Topic": func(a access.Actor, _ CategoryID, id TopicID, _ PostID) error {
				_, _, _, err := h.s.Topic(ctx, a, id, "", 0)
				return err
			},
			"Ask": func(a access.Actor, c CategoryID, _ TopicID, _ PostID) error {
				return second(h.s.Ask(ctx, a, TopicCmd{Category: c, Kind: Talk, Title: "x", Body: "x", Key: "x"}))
			},
			"Reply": func(a access.Actor, _ CategoryID, id TopicID, _ PostID) error {
				return second(h.s.Reply(ctx, a, id, "x", "x"))
			},
			"Edit": func(a access.Actor, _ CategoryID, id TopicID, p PostID) error {
				return h.s.Edit(ctx, a, id, p, "x", "x", nil)
			},
			"Remove": func(a access.Actor, _ CategoryID, id TopicID, p PostID) error { return h.s.Remove(ctx, a, id, p) },
			"Accept": func(a access.Actor, _ CategoryID, id TopicID, p PostID) error { return h.s.Accept(ctx, a, id, p, true) },
			"State": func(a access.Actor, _ CategoryID, id TopicID, _ PostID) error {
				return h.s.SetState(ctx, a, id, Closed)
			},
			"Vote":   func(a access.Actor, _ CategoryID, id TopicID, p PostID) error { return h.s.Vote(ctx, a, id, p, true) },
			"Watch":  func(a access.Actor, _ CategoryID, id TopicID, _ PostID) error { return h.s.Watch(ctx, a, id, Watching) },
			"Report": func(a access.Actor, _ CategoryID, id TopicID, p PostID) error { return h.s.Report(ctx, a, id, p, "x") },
			"Answer": func(a access.Actor, _ CategoryID, id TopicID, _ PostID) error {
				return h.s.Answer(ctx, a, id, []int{0})
			},
			"Posted": func(a access.Actor, _ CategoryID, id TopicID, _ PostID) error {
				return second(h.s.Posted(ctx, a, id, "k"))
			},
			"Move":  func(a access.Actor, c CategoryID, id TopicID, _ PostID) error { return h.s.Move(ctx, a, id, c) },
			"Moves": func(a access.Actor, _ CategoryID, id TopicID, _ PostID) error { return second(h.s.Moves(ctx, a, id)) },
			"Agree": func(a access.Actor, c CategoryID, _ TopicID, _ PostID) error { return h.s.Agree(ctx, a, c, true) },
			"Save": func(a access.Actor, c CategoryID, _ TopicID, _ PostID) error {
				return second(h.s.SaveCategory(ctx, a, CategoryCmd{ID: c, Name: "mine"}))
			},
		} {
			got, want := call(h.actors["chen"], c, q.ID, p), call(h.actors["chen"], none, ghost, ghostPost)
			if fault.CodeOf(got) != fault.NotFound || want == nil || got.Error() != want.Error() {
				t.Errorf("%s by a stranger: %v, of nothing %v", name, got, want)
			}
			if err := call(access.Actor{}, c, q.ID, p); fault.CodeOf(err) != fault.Unauthenticated {
				t.Errorf("%s by nobody: %v", name, err)
			}
		}
		for _, a := range []string{"chen"} {
			list, _, err := h.s.Topics(ctx, h.actors[a], Filter{Query: "window"})
			cats, err2 := h.s.Categories(ctx, h.actors[a])
			rel, err3 := h.s.Related(ctx, h.actors[a], "window")
			if len(list)+len(cats)+len(rel) != 0 || err != nil || err2 != nil || err3 != nil {
				t.Errorf("%v %v %v", list, cats, rel)
			}
		}
		isCode(t, "create without the right", second(h.s.Ask(ctx, h.actors["kaarel"], TopicCmd{Category: c, Kind: Talk, Title: "x", Body: "x", Key: "x"})), fault.Forbidden)
		h.reply(t, "kaarel", q.ID, "may reply")
		isCode(t, "a viewer's reply", second(h.s.Reply(ctx, h.actors["vic"], q.ID, "x", "x")), fault.Forbidden)
		isCode(t, "a survey of a partner", second(h.s.Ask(ctx, h.actors["maya"], TopicCmd{Category: c, Kind: Survey, Title: "x", Survey: []Asked{{"q", []string{"a", "b"}}}, Key: "s"})), fault.Forbidden)
		isCode(t, "another's category", second(h.s.SaveCategory(ctx, h.actors["maya"], CategoryCmd{ID: c, Name: "mine"})), fault.Forbidden)
		isCode(t, "shared with a stranger", second(h.s.SaveCategory(ctx, h.actors["ingrid"], CategoryCmd{Name: "x", Seats: []Seat{{Org: h.org["huadong"]}}})), fault.Invalid)
		isCode(t, "the name again", second(h.s.SaveCategory(ctx, h.actors["ingrid"], CategoryCmd{Name: "EDI help"})), fault.Conflict)
		isCode(t, "made by sales", second(h.s.SaveCategory(ctx, h.actors["wen"], CategoryCmd{Name: "y"})), fault.Forbidden)
		must(t, h.s.Ended(ctx, access.System("x", h.org["aurelia"]), h.org["aurelia"], h.org["kestrel"]))
		isCode(t, "a reply after the end", second(h.s.Reply(ctx, h.actors["dan"], q.ID, "x", "end")), fault.Forbidden)
		isCode(t, "other words after the end", h.s.Edit(ctx, h.actors["dan"], q.ID, "", "new", "words", nil), fault.Forbidden)
		if top, _, _, err := h.s.Topic(ctx, h.actors["dan"], q.ID, "", 0); err != nil || top.CanEdit {
			t.Errorf("reading after the end: %+v %v", top, err)
		}
		isCode(t, "ended by a person", h.s.Ended(ctx, h.actors["ingrid"], h.org["aurelia"], h.org["kestrel"]), fault.NotFound)
		if _, err := h.s.SaveCategory(ctx, h.actors["ingrid"], CategoryCmd{ID: c, Name: "EDI help", Seats: []Seat{{Org: h.org["baltic"]}}}); err != nil {
			t.Fatal(err)
		}
		isCode(t, "without its seat", second(h.s.Get(ctx, h.actors["dan"], c)), fault.NotFound)
	})
}

// TestAuthorsAreNobody: competitors are not named to each other, nor counted, until the
// category is open and both agreed; then nobody enters who did not.
func TestAuthorsAreNobody(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		c := h.shared(t, "EDI help", false)
		q := h.ask(t, "dan", c, Question, "window")
		h.reply(t, "kaarel", q.ID, "from baltic")
		h.reply(t, "wen", q.ID, "from aurelia")
		must(t, h.s.Vote(ctx, h.actors["maya"], q.ID, "", true))
		seen := func(who string) (Topic, []Post) {
			t.Helper()
			top, posts, _, err := h.s.Topic(ctx, h.actors[who], q.ID, "", 0)
			must(t, err)
			return top, posts
		}
		top, posts := seen("kaarel")
		if !top.From.Hidden() || top.Votes != -1 || posts[0].From.Hidden() || posts[1].From.Hidden() || !posts[1].From.Owner || strings.Contains(fmt.Sprintf("%+v %+v", top, posts), h.org["kestrel"]) {
			t.Errorf("kaarel sees %+v %+v", top, posts)
		}
		top, posts = seen("maya")
		if top.From.Hidden() || !posts[0].From.Hidden() || posts[0].Votes != -1 || strings.Contains(fmt.Sprintf("%+v", posts), h.person["kaarel"]) {
			t.Errorf("maya sees %+v %+v", top, posts)
		}
		if list, _, _ := h.s.Topics(ctx, h.actors["kaarel"], Filter{}); !list[0].From.Hidden() || list[0].Votes != -1 {
			t.Errorf("%+v", list)
		}
		top, posts = seen("ingrid")
		if top.From.Hidden() || posts[0].From.Hidden() || top.Votes != 1 {
			t.Errorf("the owner sees %+v %+v", top, posts)
		}
		isCode(t, "consent to what is not open", h.s.Agree(ctx, h.actors["maya"], c, true), fault.Conflict)
		if _, err := h.s.SaveCategory(ctx, h.actors["ingrid"], CategoryCmd{ID: c, Name: "EDI help", Open: true, Seats: []Seat{{Org: h.org["kestrel"], Reply: true}, {Org: h.org["baltic"], Reply: true}}}); err != nil {
			t.Fatal(err)
		}
		isCode(t, "entering without consent", func() error { _, _, _, err := h.s.Topic(ctx, h.actors["kaarel"], q.ID, "", 0); return err }(), fault.NotFound)
		if list, _, err := h.s.Topics(ctx, h.actors["kaarel"], Filter{Query: "window"}); err != nil || len(list) != 0 {
			t.Errorf("%+v %v", list, err)
		}
		if got, err := h.s.Get(ctx, h.actors["kaarel"], c); err != nil || !got.Locked() {
			t.Errorf("%+v %v", got, err)
		}
		isCode(t, "consent by a buyer", h.s.Agree(ctx, h.actors["dan"], c, true), fault.Forbidden)
		must(t, h.s.Agree(ctx, h.actors["kaarel"], c, true))
		if top, _ := seen("kaarel"); !top.From.Hidden() {
			t.Errorf("named without its company's consent: %+v", top)
		}
		must(t, h.s.Agree(ctx, h.actors["maya"], c, true))
		if top, _ := seen("kaarel"); top.From.Person != h.person["dan"] || top.Votes != 1 {
			t.Errorf("%+v", top)
		}
		must(t, h.s.Agree(ctx, h.actors["maya"], c, false))
		if top, _ := seen("kaarel"); !top.From.Hidden() {
			t.Errorf("named after the consent was taken back: %+v", top)
		}
		must(t, h.s.Agree(ctx, h.actors["maya"], c, true))
		for _, open := range []bool{false, true} { // a consent is to this opening: what was written between was of nobody
			if _, err := h.s.SaveCategory(ctx, h.actors["ingrid"], CategoryCmd{ID: c, Name: "EDI help", Open: open, Seats: []Seat{{Org: h.org["kestrel"], Reply: true}, {Org: h.org["baltic"], Reply: true}}}); err != nil {
				t.Fatal(err)
			}
			if top, _ := seen("ingrid"); top.From.Hidden() {
				t.Errorf("the owner may enter always: %+v", top)
			}
			for _, who := range []string{"kaarel", "maya"} {
				if got, err := h.s.Get(ctx, h.actors[who], c); err != nil || got.Locked() != open || got.Agreed {
					t.Errorf("open %t: %+v %v", open, got, err)
				}
			}
			if !open {
				h.reply(t, "dan", q.ID, "of nobody")
			}
		}
		isCode(t, "inside without consent", second(h.s.Reply(ctx, h.actors["dan"], q.ID, "x", "x")), fault.NotFound)
	})
}

// TestWhoWentOver: what somebody wrote for a company stays that company's when he acts for
// a competitor.
func TestWhoWentOver(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		c := h.shared(t, "EDI help", false)
		q := h.ask(t, "dan", c, Question, "window")
		p := h.reply(t, "dan", q.ID, "from kestrel")
		over := h.actors["dan"]
		over.Org = h.org["baltic"]
		top, posts, _, err := h.s.Topic(ctx, over, q.ID, "", 0)
		if err != nil || top.CanEdit || top.CanAccept || posts[0].CanEdit || top.From != (Author{}) || posts[0].From != (Author{}) {
			t.Errorf("%+v %+v %v", top, posts, err)
		}
		isCode(t, "editing the topic", h.s.Edit(ctx, over, q.ID, "", "x", "x", nil), fault.Forbidden)
		isCode(t, "editing the reply", h.s.Edit(ctx, over, q.ID, p, "", "x", nil), fault.Forbidden)
		isCode(t, "accepting", h.s.Accept(ctx, over, q.ID, p, true), fault.Forbidden)
		isCode(t, "removing the reply", h.s.Remove(ctx, over, q.ID, p), fault.Forbidden)
		isCode(t, "removing the topic", h.s.Remove(ctx, over, q.ID, ""), fault.Forbidden)
		must(t, h.s.Edit(ctx, h.actors["dan"], q.ID, p, "", "x", nil))
	})
}

// TestSurveysTellNoOne: no aggregate below five, and none that grows by fewer than five.
func TestSurveysTellNoOne(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		c := h.shared(t, "Market", false)
		q := h.ask(t, "ingrid", c, Survey, "What sells?")
		result := func() Topic {
			t.Helper()
			top, _, _, err := h.s.Topic(ctx, h.actors["ingrid"], q.ID, "", 0)
			must(t, err)
			return top
		}
		for i := range 11 {
			must(t, h.s.Answer(ctx, h.actors[fmt.Sprintf("k%d", i)], q.ID, []int{i % 2}))
			isCode(t, "twice", h.s.Answer(ctx, h.actors[fmt.Sprintf("k%d", i)], q.ID, []int{1}), fault.Conflict)
			top := result()
			want := (i + 1) / 5 * 5
			sum := 0
			for _, r := range top.Result {
				for _, n := range r.Counts {
					sum += n
				}
			}
			if top.Counted != want || sum != want || want == 0 && top.Result != nil {
				t.Fatalf("after %d: %+v", i+1, top)
			}
		}
		before := result()
		behind := db.WithNow(ctx, db.Now(ctx).Add(-time.Hour)) // a node whose clock is behind the other's
		must(t, h.s.Answer(behind, h.actors["maya"], q.ID, []int{0}))
		if after := result(); fmt.Sprint(after.Result) != fmt.Sprint(before.Result) {
			t.Errorf("one answer changes %v to %v", before.Result, after.Result)
		}
		top, _, _, err := h.s.Topic(ctx, h.actors["k1"], q.ID, "", 0)
		if err != nil || !top.Done || top.Result != nil || top.Counted != 0 {
			t.Errorf("a partner sees %+v %v", top, err)
		}
		for _, bad := range [][]int{nil, {2}, {-1}, {0, 0}} {
			isCode(t, fmt.Sprint(bad), h.s.Answer(ctx, h.actors["k11"], q.ID, bad), fault.Invalid)
		}
		idea := h.ask(t, "maya", c, Idea, "A charger for cars")
		isCode(t, "answering an idea", h.s.Answer(ctx, h.actors["k1"], idea.ID, []int{0}), fault.Conflict)
		isCode(t, "a state by a partner", h.s.SetState(ctx, h.actors["maya"], idea.ID, Planned), fault.Forbidden)
		isCode(t, "an unknown state", h.s.SetState(ctx, h.actors["ingrid"], idea.ID, "soon"), fault.Invalid)
		must(t, h.s.SetState(ctx, h.actors["ingrid"], idea.ID, Planned))
		isCode(t, "accepting in an idea", h.s.Accept(ctx, h.actors["maya"], idea.ID, PostID(db.NewID()), true), fault.Conflict)
	})
}

// TestReports go to the owner's moderators alone, and are decided once.
func TestReports(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		c := h.shared(t, "EDI help", false)
		q := h.ask(t, "dan", c, Talk, "window")
		p := h.reply(t, "kaarel", q.ID, "buy cheap")
		isCode(t, "no reason", h.s.Report(ctx, h.actors["maya"], q.ID, p, " "), fault.Invalid)
		for range 2 {
			must(t, h.s.Report(ctx, h.actors["maya"], q.ID, p, "advertisement"))
		}
		if n := len(slices.DeleteFunc(slices.Clone(h.told), func(kind string) bool { return kind != EventFlagged })); n != 1 {
			t.Errorf("the moderators are told %d times of one report", n)
		}
		list, err := h.s.Reports(ctx, h.actors["ingrid"])
		if err != nil || len(list) != 1 || list[0].Text != "buy cheap" || list[0].From.Person != h.person["maya"] {
			t.Fatalf("%+v %v", list, err)
		}
		if own, err := h.s.Reports(ctx, h.actors["maya"]); err != nil || len(own) != 0 {
			t.Errorf("%+v %v", own, err)
		}
		isCode(t, "sales", second(h.s.Reports(ctx, h.actors["wen"])), fault.Forbidden)
		isCode(t, "another's report", h.s.Decide(ctx, h.actors["maya"], list[0].ID, true), fault.NotFound)
		must(t, h.s.Decide(ctx, h.actors["ingrid"], list[0].ID, true))
		isCode(t, "again", h.s.Decide(ctx, h.actors["ingrid"], list[0].ID, false), fault.Conflict)
		if _, posts, _, _ := h.s.Topic(ctx, h.actors["dan"], q.ID, "", 0); !posts[0].Removed {
			t.Errorf("%+v", posts)
		}
		p = h.reply(t, "kaarel", q.ID, "buy cheap again")
		must(t, h.s.Report(ctx, h.actors["maya"], q.ID, p, "again"))
		must(t, h.s.Remove(ctx, h.actors["dan"], q.ID, "")) // its topic goes, the reply can still be read there
		list, err = h.s.Reports(ctx, h.actors["ingrid"])
		if err != nil || len(list) != 1 {
			t.Fatalf("%+v %v", list, err)
		}
		must(t, h.s.Decide(ctx, h.actors["ingrid"], list[0].ID, true))
		if _, posts, _, _ := h.s.Topic(ctx, h.actors["dan"], q.ID, "", 0); len(posts) != 2 || !posts[1].Removed || posts[1].Body != "" {
			t.Errorf("%+v", posts)
		}
	})
}

// TestTwoModerators decide the same report at once: what the first said holds.
func TestTwoModerators(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		c := h.shared(t, "EDI help", false)
		for i := range 8 {
			q := h.ask(t, "dan", c, Talk, fmt.Sprint("window ", i))
			must(t, h.s.Report(ctx, h.actors["maya"], q.ID, "", "advertisement"))
			list, err := h.s.Reports(ctx, h.actors["ingrid"])
			if err != nil || len(list) != 1 {
				t.Fatalf("%+v %v", list, err)
			}
			var wait sync.WaitGroup
			var said [2]error // kept, removed
			for n := range said {
				wait.Go(func() { said[n] = h.s.Decide(ctx, h.actors["ingrid"], list[0].ID, n == 1) })
			}
			wait.Wait()
			top, _, _, err := h.s.Topic(ctx, h.actors["dan"], q.ID, "", 0)
			if err != nil || (said[0] == nil) == (said[1] == nil) || top.Removed != (said[1] == nil) {
				t.Fatalf("removed %t, said %v", top.Removed, said)
			}
		}
	})
}

// TestWhatIsWrong: texts nobody can read, too long, odd tags.
func TestWhatIsWrong(t *testing.T) {
	t.Parallel()
	h := setup(t, dbtest.One(t))
	ctx := context.Background()
	c := h.shared(t, "EDI help", false)
	good := TopicCmd{Category: c, Kind: Talk, Title: "t", Body: "b", Key: "k"}
	for name, change := range map[string]func(*TopicCmd){
		"no title": func(x *TopicCmd) { x.Title = " " }, "long title": func(x *TopicCmd) { x.Title = strings.Repeat("标", 201) }, "no body": func(x *TopicCmd) { x.Body = "" },
		"direction marks": func(x *TopicCmd) { x.Title = "a\u202eb" }, "zero": func(x *TopicCmd) { x.Body = "a\x00" }, "kind": func(x *TopicCmd) { x.Kind = "poll" },
		"tag": func(x *TopicCmd) { x.Tags = []string{"a b"} }, "tags": func(x *TopicCmd) { x.Tags = strings.Fields("a b c d e f") }, "key": func(x *TopicCmd) { x.Key = "" },
		"bytes": func(x *TopicCmd) { x.Body = "\xff" },
	} {
		cmd := good
		change(&cmd)
		isCode(t, name, second(h.s.Ask(ctx, h.actors["dan"], cmd)), fault.Invalid)
	}
	q := h.ask(t, "dan", c, Talk, "t")
	for i := range 7 {
		h.reply(t, "dan", q.ID, fmt.Sprint("reply ", i))
	}
	first, posts, next, err := h.s.Topic(ctx, h.actors["dan"], q.ID, "", 4)
	if err != nil || len(posts) != 4 || next == "" || first.Replies != 7 {
		t.Fatalf("%d %q %v", len(posts), next, err)
	}
	_, rest, end, err := h.s.Topic(ctx, h.actors["dan"], q.ID, next, 4)
	if err != nil || len(rest) != 3 || end != "" || rest[0].Body != "reply 4" {
		t.Fatalf("%+v %q %v", rest, end, err)
	}
	isCode(t, "cursor", func() error { _, _, _, err := h.s.Topic(ctx, h.actors["dan"], q.ID, "x", 4); return err }(), fault.Invalid)
}

func TestModelsMatchTheSchema(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, model := range []any{&categoryRow{}, &seatRow{}, &topicRow{}, &postRow{}, &voteRow{}, &watchRow{}, &flagRow{}, &ballotRow{}, &ndaRow{}, &acceptRow{}, &tierRow{}} {
			types, err := d.Gorm().Migrator().ColumnTypes(model)
			must(t, err)
			stmt := &gorm.Statement{DB: d.Gorm()}
			must(t, stmt.Parse(model))
			var have []string
			for _, c := range types {
				have = append(have, c.Name())
			}
			slices.Sort(have)
			want := slices.Sorted(slices.Values(stmt.Schema.DBNames))
			if !slices.Equal(have, want) {
				t.Errorf("%T: columns %v, fields %v", model, have, want)
			}
		}
	})
}
