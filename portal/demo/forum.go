package demo

import (
	"context"
	"fmt"
	"time"

	"entente/chat/forum"
	"entente/db"
	"entente/prm/access"
)

// post is a reply of the demo's forum, or its first text.
type post struct {
	email string
	ago   time.Duration
	text  string
}

var topics = []struct {
	kind  forum.Kind
	title string
	tags  []string
	posts []post // the first is the topic's own text
	best  int    // the accepted answer, 0 for none
	state forum.State
}{
	{forum.Question, "Which DTM qualifier for \"deliver not before\"?", []string{"850", "edi"}, []post{
		{"dan@kestrel.example", 240 * hour, "Our planner needs a window, not a date. What do we put in the 850 so that yours does not ship early?"},
		{"tomas@aurelia.example", 238 * hour, "Use two segments. **064** is *do not deliver before* and **063** is *do not deliver after*. 002 stays a wish.\n\n```\nDTM*064*20261202~\nDTM*063*20261205~\n```"},
		{"kaarel@baltic.example", 190 * hour, "In EDIFACT the same is `DTM+64` and `DTM+63`."},
	}, 1, ""},
	{forum.Question, "价目表更新后，旧订单按哪个价格？", []string{"价格"}, []post{
		{"chen@huadong.example", 96 * hour, "新价目表生效前下的订单，发货时按下单日价格还是发货日价格？"},
		{"wen@aurelia.example", 92 * hour, "按下单日的价格。确认回复中的价格为准。"},
	}, 1, ""},
	{forum.Idea, "A charger that works from the van", []string{"chargers"}, []post{
		{"maya@kestrel.example", 300 * hour, "Half of our site customers charge from the van. A 12 V charger for the 5.0 Ah battery would sell itself."},
		{"ingrid@aurelia.example", 280 * hour, "We hear it often. It is on the list for spring; who wants to try it, say so here."},
	}, 0, forum.Planned},
}

// Forum makes a category of the manufacturer's and what was said in it.
func Forum(ctx context.Context, s Services, f *forum.Service) error {
	now, actors := db.Now(ctx), map[string]access.Actor{}
	ingrid, err := actor(ctx, s.Accounts, actors, "ingrid@aurelia.example")
	if err != nil {
		return err
	}
	cmd := forum.CategoryCmd{Name: "Working with Aurelia", About: "Orders, EDI and products"}
	for _, slug := range []string{"kestrel", "baltic", "huadong"} {
		org, err := s.Accounts.Directory().OrgBySlug(ctx, slug)
		if err != nil {
			return err
		}
		cmd.Seats = append(cmd.Seats, forum.Seat{Org: org.ID, Reply: true, Create: true})
	}
	category, err := f.SaveCategory(db.WithNow(ctx, now.Add(-400*hour)), ingrid, cmd)
	if err != nil {
		return fmt.Errorf("demo: forum: %w", err)
	}
	for i, t := range topics {
		var asked forum.Topic
		for j, p := range t.posts {
			who, err := actor(ctx, s.Accounts, actors, p.email)
			if err != nil {
				return err
			}
			at, key := db.WithNow(ctx, now.Add(-p.ago)), fmt.Sprintf("demo-%d-%d", i, j)
			if j == 0 {
				if asked, err = f.Ask(at, who, forum.TopicCmd{Category: category, Kind: t.kind, Title: t.title, Body: p.text, Tags: t.tags, Key: key}); err != nil {
					return err
				}
				continue
			}
			made, err := f.Reply(at, who, asked.ID, p.text, key)
			if err != nil {
				return err
			}
			if j == t.best {
				author, err := actor(ctx, s.Accounts, actors, t.posts[0].email)
				if err != nil {
					return err
				}
				if err := f.Accept(at, author, asked.ID, made, true); err != nil {
					return err
				}
			}
		}
		if t.state != "" {
			if err := f.SetState(ctx, ingrid, asked.ID, t.state); err != nil {
				return err
			}
		}
	}
	return nil
}
