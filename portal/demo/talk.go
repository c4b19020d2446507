package demo

import (
	"context"
	"fmt"
	"time"

	"entente/chat/room"
	"entente/db"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/trade"
)

// said is one line of the demo's talk: who, how long ago, what.
type said struct {
	email string
	ago   time.Duration
	text  string
}

// conversation is the talk in one room: the order's of a number, or the
// partnership's when the number is empty.
type conversation struct {
	reseller, order string
	lines           []said
}

const hour = time.Hour

var talk = []conversation{
	{"kestrel", "4500187342", []said{
		{"dan@kestrel.example", 75 * hour, "Line 2 is billed at 48.90. We agreed 46.50 until 31 December."},
		{"tomas@aurelia.example", 74*hour + 20*time.Minute, "That price is from the list of July. The credit note comes by EDI."},
		{"dan@kestrel.example", 74 * hour, "And line 3: 400 batteries invoiced, 360 came. The 855 promised the other 40 for later."},
		{"ingrid@aurelia.example", 51 * hour, "You are right on both. The 40 leave on the day we promised; we bill them then."},
		{"maya@kestrel.example", 50 * hour, "Thank you. We approve the undisputed part and hold the rest."},
		{"ingrid@aurelia.example", 26 * hour, "Credit note is with our finance, you will see it here."},
	}},
	{"kestrel", "", []said{
		{"ingrid@aurelia.example", 98 * hour, "The new price list starts on 1 January. Tell me what you want to stock up on before."},
		{"maya@kestrel.example", 97 * hour, "Batteries and bit sets. I send the quantities this week."},
		{"ingrid@aurelia.example", 28 * hour, "Send them here, then I reserve them for you."},
	}},
	{"baltic", "BT-26512", []said{
		{"kaarel@baltic.example", 44 * hour, "Do the vacuum cleaners come with EU plugs?"},
		{"ingrid@aurelia.example", 43 * hour, "Yes, with both. The UK one is in the box."},
	}},
	{"huadong", "HD10412", []said{
		{"chen@huadong.example", 20 * hour, "请问角磨机下周能发货吗？客户工地等着用。"},
		{"wen@aurelia.example", 19 * hour, "可以，库存够。您确认收货地址不变，我周三安排发出。"},
		{"chen@huadong.example", 18*hour + 30*time.Minute, "地址不变，谢谢。"},
		{"wen@aurelia.example", 2 * hour, "好的，确认后您会在这里看到发货信息。"},
	}},
}

// Talk lets the demo people talk in the rooms that followed from the demo's
// orders. Call it once everything that follows from Make was handled.
func Talk(ctx context.Context, s Services, rooms *room.Service) error {
	now := db.Now(ctx)
	actors := map[string]access.Actor{}
	for _, c := range talk {
		for _, l := range c.lines {
			who, err := actor(ctx, s.Accounts, actors, l.email)
			if err != nil {
				return err
			}
			subject, err := subjectOf(ctx, s, who, c)
			if err != nil {
				return err
			}
			r, err := rooms.BySubject(ctx, who, subject)
			if err != nil {
				return fmt.Errorf("demo: room of %s %s: %w", c.reseller, c.order, err)
			}
			last, err := rooms.History(ctx, who, r.ID, room.Window{Limit: 1})
			if err != nil {
				return err
			}
			at := now.Add(-l.ago)
			if len(last) > 0 && !last[0].At.Before(at) { // the days of a room follow one another
				at = last[0].At.Add(time.Minute)
			}
			ctx := db.WithNow(ctx, at)
			// whoever speaks has read what stands there
			if err := rooms.Read(ctx, who, r.ID, r.LastSeq); err != nil {
				return err
			}
			if _, _, err := rooms.Post(ctx, who, room.Draft{Room: r.ID, Key: fmt.Sprintf("demo-%d", l.ago), Text: l.text}); err != nil {
				return err
			}
		}
	}
	return nil
}

func actor(ctx context.Context, acc *account.Service, known map[string]access.Actor, email string) (access.Actor, error) {
	if a, ok := known[email]; ok {
		return a, nil
	}
	p, seats, err := acc.Directory().PersonByEmail(ctx, email)
	if err != nil {
		return access.Actor{}, err
	}
	a := access.Actor{Person: p.ID, Org: seats[0].Org.ID, Roles: seats[0].Roles, Via: "system:demo"}
	known[email] = a
	return a, nil
}

func subjectOf(ctx context.Context, s Services, who access.Actor, c conversation) (room.Subject, error) {
	if c.order == "" {
		org, err := s.Accounts.Directory().OrgBySlug(ctx, c.reseller)
		if err != nil {
			return room.Subject{}, err
		}
		supplier, err := s.Accounts.Directory().OrgBySlug(ctx, "aurelia")
		if err != nil {
			return room.Subject{}, err
		}
		other := supplier.ID
		if who.Org == other {
			other = org.ID
		}
		ps, err := s.Partners.Between(ctx, who, other)
		if err != nil {
			return room.Subject{}, err
		}
		return room.Subject{Kind: "partnership", ID: ps[0].ID}, nil
	}
	page, err := s.Trade.List(ctx, who, trade.Filter{Query: c.order, Limit: 50})
	if err != nil {
		return room.Subject{}, err
	}
	for _, o := range page.Items {
		if o.Number == c.order {
			return room.Subject{Kind: trade.DocumentOrder, ID: string(o.ID)}, nil
		}
	}
	return room.Subject{}, fmt.Errorf("demo: no order %s", c.order)
}
