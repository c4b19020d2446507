package promo

import (
	"context"
	"slices"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

func closeCounter(ctx context.Context, id, org, state, person string) error {
	c, err := counterOf(ctx, id, org)
	if err != nil || c == nil {
		return err
	}
	_, err = moveVersion(ctx, c.ID, VersionOpen, state, map[string]any{"answered_by": person, "answered": db.Micros(db.Now(ctx))})
	return err
}

// Counter proposes other words to the owner: the common terms and the company's own part
// as it would have them. Hash names the text it answers. A second one replaces the first.
// Codes: NotFound, Forbidden, Invalid (by field; nothing changed; another way of paying than was agreed), Conflict (another text
// stands now, it is over). Publishes EventCountered.
func (s *Service) Counter(ctx context.Context, actor access.Actor, id ID, hash string, t Terms, words string) (Joined, error) {
	if _, err := access.List(actor, access.PromoAnswer); err != nil {
		return Joined{}, err
	}
	var out Joined
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, seats, seat, err := open(ctx, actor, id)
		if err != nil {
			return err
		}
		if err := standing(r, seat); err != nil {
			return err
		}
		if seat.Hash != hash || r.OpenNo == 0 {
			return fault.New(fault.Conflict, "promo.other_text")
		}
		v, err := versionNo(ctx, r.ID, r.OpenNo)
		if err != nil {
			return err
		}
		was := v.Terms.visible(actor.Org)
		own, asked := was.Part(actor.Org)
		if !asked {
			return fault.New(fault.Conflict, "promo.agreed")
		}
		mine, ok := t.Part(actor.Org)
		if !ok {
			mine = own
		}
		mine.Role, mine.Currency, mine.Rate = own.Role, own.Currency, own.Rate
		t.Parts, t.Share, t.Currency = []Part{mine}, 0, was.Currency
		if err := s.readyFor(ctx, r.OwnerID, actor, &t); err != nil {
			return err
		}
		if db.Text(t) == db.Text(was) {
			return fault.New(fault.Invalid, "promo.unchanged")
		}
		if err := sameMoney(ctx, r, t); err != nil {
			return err
		}
		if err := closeCounter(ctx, r.ID, actor.Org, VersionWithdrawn, actor.Person); err != nil {
			return err
		}
		c := versionRow{ID: db.NewID(), PromotionID: r.ID, OwnerID: r.OwnerID, OrgID: actor.Org, State: VersionOpen, Body: db.Text(t), Hash: hashOf(id, r.Number, t), Note: bounded(words, 1000), MadeBy: actor.Person, Made: db.Micros(db.Now(ctx))}
		if err := insertVersion(ctx, &c); err != nil {
			return err
		}
		if err := addLog(ctx, r.ID, actor.Org, "countered", actor.Org, actor.Person, 0, c.Note); err != nil {
			return err
		}
		if err := note(ctx, actor, "promotion.counter", r.ID); err != nil {
			return err
		}
		if err := s.publish(ctx, EventCountered, Event{Promotion: id, Seat: seat.ID, Owner: r.OwnerID, Company: actor.Org, Org: actor.Org}); err != nil {
			return err
		}
		out, err = joined(ctx, r, seats, actor.Org)
		return err
	})
	return out, err
}

// readyFor checks the terms of a company that takes part: by themselves and against the
// owner's catalogue.
func (s *Service) readyFor(ctx context.Context, owner string, actor access.Actor, t *Terms) error {
	t.normal()
	check := *t
	if len(check.Parts) == 1 && check.Parts[0].Role == Sponsor { // the participants are not in its text
		check.Parts = append(check.Parts[:1:1], Part{Org: "others", Role: Participant, Currency: t.Currency, Rate: 1, Allow: 1})
	}
	if err := check.check(owner); err != nil {
		return err
	}
	return s.known(ctx, owner, t)
}

// AnswerCounter decides on a company's counter-proposal. Adopting it makes a new version
// with its words, which the company has approved by writing them; the others are asked
// where their texts changed. Safe to repeat.
// Codes: NotFound, Forbidden, Conflict (answered meanwhile, it is over), Invalid (the
// merged terms).
func (s *Service) AnswerCounter(ctx context.Context, actor access.Actor, id ID, counter string, adopt bool, words string) (Detail, error) {
	var out Detail
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, seats, err := load(ctx, actor, access.PromoWrite, id, true)
		if err != nil {
			return err
		}
		out, err = s.answerCounter(ctx, actor, r, seats, counter, adopt, words, nil)
		return err
	})
	return out, err
}

// answerCounter is AnswerCounter of a promotion that is locked; letGo is the budget that the
// owner's own people approved, nil where nobody was asked.
func (s *Service) answerCounter(ctx context.Context, actor access.Actor, r row, seats []Seat, counter string, adopt bool, words string, letGo *money.Amount) (Detail, error) {
	rows, err := versionsOf(ctx, r.ID)
	if err != nil {
		return Detail{}, err
	}
	i := slices.IndexFunc(rows, func(x versionRow) bool { return x.ID == counter && x.Number == 0 })
	if i < 0 {
		return Detail{}, notFound()
	}
	c, words := rows[i], bounded(words, 1000)
	to := VersionDeclined
	if adopt {
		to = VersionAdopted
	}
	if c.State == to {
		return detail(ctx, r, seats)
	}
	k := slices.IndexFunc(seats, func(x Seat) bool { return x.Org == c.OrgID })
	if k < 0 {
		return Detail{}, notFound()
	}
	var t Terms
	if adopt {
		if t, err = s.merged(ctx, actor, r, c); err != nil {
			return Detail{}, err
		}
	}
	if sum := t.Budget(); letGo != nil && letGo.Currency != "" && (sum.Currency != letGo.Currency || sum.Minor > letGo.Minor) {
		return Detail{}, fault.New(fault.Conflict, "promo.approval_gone")
	}
	if adopt && letGo == nil && c.State == VersionOpen {
		kept, err := s.keep(ctx, actor, &r, t, Kept{Promotion: ID(r.ID), Words: words, Counter: counter})
		if err != nil {
			return Detail{}, err
		}
		if kept {
			return reread(ctx, r)
		}
	}
	ok, err := moveVersion(ctx, c.ID, VersionOpen, to, map[string]any{"answered_by": actor.Person, "answered": db.Micros(db.Now(ctx))})
	if err == nil && !ok {
		err = fault.New(fault.Conflict, "promo.answered", "State", c.State)
	}
	if err != nil {
		return Detail{}, err
	}
	kind := "counter_declined"
	if adopt {
		kind = "counter_adopted"
	}
	if err := addLog(ctx, r.ID, c.OrgID, kind, actor.Org, actor.Person, 0, words); err != nil {
		return Detail{}, err
	}
	if err := s.publish(ctx, EventAnswered, Event{Promotion: ID(r.ID), Seat: seats[k].ID, Owner: r.OwnerID, Company: c.OrgID, Org: actor.Org, Reason: to}); err != nil {
		return Detail{}, err
	}
	if adopt {
		err = s.adopt(ctx, actor, &r, seats, c, t, words)
	} else {
		err = save(ctx, &r)
	}
	if err != nil {
		return Detail{}, err
	}
	return reread(ctx, r)
}

// merged are the newest terms with the words of a counter-proposal in them.
func (s *Service) merged(ctx context.Context, actor access.Actor, r row, c versionRow) (Terms, error) {
	cv, err := c.version()
	if err != nil {
		return Terms{}, err
	}
	was, err := newest(ctx, r)
	if err != nil {
		return Terms{}, err
	}
	t := cv.Terms
	part, _ := t.Part(c.OrgID)
	t.Parts, t.Share, t.Currency = slices.Clone(was.Terms.Parts), was.Terms.Share, was.Terms.Currency
	for i := range t.Parts {
		if t.Parts[i].Org == c.OrgID {
			t.Parts[i] = part
		}
	}
	return t, s.ready(ctx, actor, &t)
}

// adopt proposes terms that hold a counter-proposal.
func (s *Service) adopt(ctx context.Context, actor access.Actor, r *row, seats []Seat, c versionRow, t Terms, words string) error {
	if h := hashOf(ID(r.ID), r.Number, t.visible(c.OrgID)); h == c.Hash {
		if err := approve(ctx, r.ID, c.OrgID, h, c.MadeBy); err != nil {
			return err
		}
		if err := addLog(ctx, r.ID, c.OrgID, "approved", c.OrgID, c.MadeBy, 0, ""); err != nil {
			return err
		}
	}
	return s.propose(ctx, actor, r, seats, t, words, true)
}
