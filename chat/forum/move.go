package forum

import (
	"context"
	"maps"
	"slices"

	"entente/db"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
)

// A topic goes into another category of the same owner. Whoever wrote in it wrote for those
// who read it there, under the names that they were shown by there: so what others than the
// owner's people had a part in goes only where nobody reads it who did not before, and where
// nobody is named who was nobody. What the owner's people wrote alone is the owner's to show.

// EventMoved is published for people whose companies do not read a topic where it went.
const EventMoved = "forum.Moved"

// Gone is the payload of EventMoved: ids only.
type Gone struct {
	Topic  TopicID             `json:"topic"`
	From   CategoryID          `json:"from"`
	Owner  string              `json:"owner"`
	Person string              `json:"person"` // who moved it
	Who    map[string][]string `json:"who"`    // people by company
}

// Bar is why a topic cannot go into a category.
type Bar string

// The bars.
const (
	BarReaders Bar = "readers" // companies would read it that do not read it now
	BarTiers   Bar = "tiers"   // whoever gets a tier later would read it
	BarNames   Bar = "names"   // the category names people who were nobody, and shows what was counted
)

// Move is what moving a topic into a category would do.
type Move struct {
	Category Category
	Bar      Bar      // "" where it may go there
	Gains    []string // companies that would read it newly
	Loses    []string // companies that would read it no more
}

// circle is who reads what stands in a category.
type circle struct {
	open  bool
	reads map[string]bool // companies that read it now
	seats map[string]bool // those and who has not agreed to be named
	tiers map[string]bool
}

func circleOf(c categoryRow, seats []seatRow, tiers []TierSeat, given map[string]string) circle {
	out := circle{open: c.Open != 0, reads: map[string]bool{}, seats: map[string]bool{}, tiers: map[string]bool{}}
	sits := func(org string, agreed bool) {
		out.seats[org] = true
		if !out.open || agreed || org == c.OwnerID {
			out.reads[org] = true
		}
	}
	byTier, agreed := map[string]string{}, map[string]bool{}
	for org, tier := range given {
		byTier[org] = tier
	}
	for _, s := range seats {
		agreed[s.OrgID] = s.Agreed != 0
		if s.ByTier == 0 {
			sits(s.OrgID, s.Agreed != 0)
			delete(byTier, s.OrgID)
		}
	}
	for _, t := range tiers {
		out.tiers[t.Tier] = true
	}
	for org, tier := range byTier {
		if out.tiers[tier] {
			sits(org, agreed[org])
		}
	}
	return out
}

// beyond are those of one set that are not in another, in order.
func beyond(one, other map[string]bool) []string {
	var out []string
	for _, x := range slices.Sorted(maps.Keys(one)) {
		if !other[x] {
			out = append(out, x)
		}
	}
	return out
}

// judge says what moving does. foreign says that others than the owner's people had a part in
// the topic: wrote, voted or answered.
func judge(from, to circle, foreign bool) (bar Bar, gains, loses []string) {
	gains, loses = beyond(to.reads, from.reads), beyond(from.reads, to.reads)
	if to.open && from.open { // who has not agreed to be named may do so any day
		for _, org := range beyond(to.seats, from.seats) {
			if !slices.Contains(gains, org) {
				gains = append(gains, org)
			}
		}
	}
	switch {
	case !foreign:
	case to.open && !from.open:
		bar = BarNames
	case len(gains) > 0:
		bar = BarReaders
	case len(beyond(to.tiers, from.tiers)) > 0 || from.open && !to.open && len(to.tiers) > 0:
		bar = BarTiers
	}
	return bar, gains, loses
}

// Moves are the other categories of the owner with what moving a topic into each would do,
// for a moderator.
// Codes: Unauthenticated, NotFound, Forbidden (not the owner's moderator).
func (s *Service) Moves(ctx context.Context, actor access.Actor, id TopicID) ([]Move, error) {
	given, err := s.given(ctx, actor.Org)
	if err != nil {
		return nil, err
	}
	var out []Move
	err = s.view(ctx, actor, func(ctx context.Context) error {
		_, row, err := load(ctx, actor, access.ForumManage, id)
		if err != nil {
			return err
		}
		cats, err := categoriesBy(ctx, actor.Org)
		if err != nil {
			return err
		}
		out, err = moves(ctx, actor, row, cats, given)
		return err
	})
	return out, err
}

func (s *Service) given(ctx context.Context, owner string) (map[string]string, error) {
	if s.tiers == nil || owner == "" {
		return nil, nil
	}
	return s.tiers.Given(ctx, owner)
}

// moves judges a topic against categories of its owner, its own among them.
func moves(ctx context.Context, actor access.Actor, row topicRow, cats []categoryRow, given map[string]string) ([]Move, error) {
	var ids []string
	for _, c := range cats {
		ids = append(ids, c.ID)
	}
	seats, err := seatsIn(ctx, ids)
	if err != nil {
		return nil, err
	}
	tiers, err := tiersIn(ctx, ids)
	if err != nil {
		return nil, err
	}
	foreign, err := sharedIn(ctx, row.ID, actor.Org)
	if err != nil {
		return nil, err
	}
	at := func(c categoryRow) circle { return circleOf(c, seats[c.ID], tiers[c.ID], given) }
	i := slices.IndexFunc(cats, func(c categoryRow) bool { return c.ID == row.CategoryID })
	if i < 0 {
		return nil, notFound()
	}
	from := at(cats[i])
	var out []Move
	for _, c := range cats {
		if c.ID == row.CategoryID {
			continue
		}
		m := Move{Category: category(c, seatRow{MayReply: 1, MayCreate: 1, Agreed: 1})}
		m.Bar, m.Gains, m.Loses = judge(from, at(c), foreign)
		out = append(out, m)
	}
	return out, nil
}

// Move puts a topic with its replies and files into another category of the owner, for a
// moderator. Its address stays. Companies that read it no more are told: those of their
// people who wrote in it or watch it. Moved to where it is, nothing changes.
// Codes: Unauthenticated, NotFound (the topic, the category), Forbidden, Conflict (removed; a
// confidential idea; a Bar).
func (s *Service) Move(ctx context.Context, actor access.Actor, id TopicID, to CategoryID) error {
	given, err := s.given(ctx, actor.Org)
	if err != nil {
		return err
	}
	return s.step(ctx, actor, access.ForumManage, id, func(ctx context.Context, c Category, row topicRow) error {
		if row.CategoryID == string(to) {
			return nil
		}
		if err := lockCategories(ctx, row.CategoryID, string(to)); err != nil {
			return err
		}
		cats, err := categoriesAt(ctx, []string{row.CategoryID, string(to)}) // as they are under the lock
		if err != nil {
			return err
		}
		if len(cats) != 2 || slices.ContainsFunc(cats, func(x categoryRow) bool { return x.OwnerID != actor.Org }) {
			return notFound()
		}
		if row.Nda != 0 { // whoever reads it accepted the words of this category
			return fault.New(fault.Conflict, "forum.move_nda")
		}
		all, err := moves(ctx, actor, row, cats, given)
		if err != nil {
			return err
		}
		m := all[0]
		if m.Bar != "" {
			return fault.New(fault.Conflict, "forum.move_"+string(m.Bar), "n", len(m.Gains))
		}
		who, err := partTakers(ctx, id, m.Loses)
		if err != nil {
			return err
		}
		if err := moveTopic(ctx, row.ID, string(to), db.Micros(db.Now(ctx))); err != nil {
			return err
		}
		if err := note(ctx, actor, "forum.topic_moved", row.ID); err != nil {
			return err
		}
		if len(who) == 0 || s.events == nil {
			return nil
		}
		return s.events.Publish(ctx, job.Event{Kind: EventMoved, Orgs: []string{c.Owner}, Object: row.ID,
			Payload: Gone{Topic: id, From: c.ID, Owner: c.Owner, Person: actor.Person, Who: who}})
	})
}
