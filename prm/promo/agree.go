package promo

import (
	"context"
	"maps"
	"slices"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// Propose sends what was written as a new version to those who take part. Who reads the
// same text as before and had approved it is not asked again. The owner's side approves
// by proposing. What the rules of its own company keep back waits (Detail.Approval), and is
// proposed by the last approval. Codes: NotFound, Forbidden, Invalid (terms; another currency than was
// agreed; nothing changed; the window is
// over), Conflict (changed meanwhile, nothing is written, it is over).
// Publishes EventProposed for each who is asked, EventDropped, EventAgreed.
func (s *Service) Propose(ctx context.Context, actor access.Actor, id ID, version int64, words string) (Detail, error) {
	var out Detail
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, seats, err := load(ctx, actor, access.PromoWrite, id, true)
		if err != nil {
			return err
		}
		if r.Version != version {
			return changed(r.Version)
		}
		if r.Draft == "" {
			return fault.New(fault.Conflict, "promo.no_draft")
		}
		t, err := decode(r.Draft)
		if err != nil {
			return err
		}
		if err := s.ready(ctx, actor, &t); err != nil {
			return err
		}
		words := bounded(words, 1000)
		kept, err := s.keep(ctx, actor, &r, t, Kept{Promotion: id, Words: words})
		if err == nil && !kept {
			err = s.propose(ctx, actor, &r, seats, t, words, false)
		}
		if err != nil {
			return err
		}
		out, err = reread(ctx, r)
		return err
	})
	return out, err
}

func reread(ctx context.Context, r row) (Detail, error) {
	seats, err := seatsOf(ctx, r.ID)
	if err != nil {
		return Detail{}, err
	}
	return detail(ctx, r, seats)
}

func bounded(s string, most int) string {
	s = strings.TrimSpace(strings.ToValidUTF8(s, ""))
	if r := []rune(s); len(r) > most {
		s = string(r[:most])
	}
	return s
}

// newest is the version that stands now: the open one, else the agreed one; zero for none.
func newest(ctx context.Context, r row) (Version, error) {
	n := r.OpenNo
	if n == 0 {
		n = r.AgreedNo
	}
	if n == 0 {
		return Version{}, nil
	}
	return versionNo(ctx, r.ID, n)
}

func (s *Service) propose(ctx context.Context, actor access.Actor, r *row, seats []Seat, t Terms, words string, counter bool) error {
	if st := State(r.State); st.Over() || st == Ended {
		return fault.New(fault.Conflict, "promo.over", "State", r.State)
	}
	if _, until := t.window(); !until.After(db.Now(ctx)) {
		return fault.InvalidField("until", "promo.window_past")
	}
	if err := sameMoney(ctx, *r, t); err != nil {
		return err
	}
	was, err := newest(ctx, *r)
	if err != nil {
		return err
	}
	body := db.Text(t)
	if was.ID != "" && db.Text(was.Terms) == body && !slices.ContainsFunc(seats, func(x Seat) bool { return x.State == Declined }) {
		return fault.New(fault.Invalid, "promo.unchanged")
	}
	if r.OpenNo != 0 {
		if _, err := moveVersion(ctx, was.ID, VersionOpen, VersionReplaced, nil); err != nil {
			return err
		}
	}
	number := max(r.OpenNo, r.AgreedNo) + 1
	if rows, err := versionsOf(ctx, r.ID); err != nil {
		return err
	} else {
		for _, x := range rows {
			number = max(number, x.Number+1)
		}
	}
	v := versionRow{ID: db.NewID(), PromotionID: r.ID, OwnerID: r.OwnerID, OrgID: actor.Org, Number: number, State: VersionOpen, Body: body, Hash: hashOf(ID(r.ID), r.Number, t), Note: words, MadeBy: actor.Person, Made: db.Micros(db.Now(ctx))}
	if counter {
		v.Counter = 1
	}
	if err := insertVersion(ctx, &v); err != nil {
		return err
	}
	if err := approve(ctx, r.ID, actor.Org, v.Hash, actor.Person); err != nil {
		return err
	}
	r.OpenNo, r.Draft = number, ""
	if State(r.State) == Draft {
		r.State = string(Proposed)
	}
	if r.AgreedNo == 0 {
		r.keep(t)
	}
	if err := addLog(ctx, r.ID, actor.Org, "proposed", actor.Org, actor.Person, int(number), words); err != nil {
		return err
	}
	if err := s.seat(ctx, actor, *r, seats, t, words); err != nil {
		return err
	}
	if err := note(ctx, actor, "promotion.propose", r.ID); err != nil {
		return err
	}
	return s.conclude(ctx, actor, r)
}

// seat puts those who take part before their texts of a version.
func (s *Service) seat(ctx context.Context, actor access.Actor, r row, seats []Seat, t Terms, words string) error {
	now := db.Micros(db.Now(ctx))
	for _, p := range t.Parts {
		h := hashOf(ID(r.ID), r.Number, t.visible(p.Org))
		x := seatRow{ID: db.NewID(), PromotionID: r.ID, OwnerID: r.OwnerID, OrgID: p.Org, Role: p.Role, State: string(Asked), Hash: h, Share: p.Share, Currency: string(p.Currency), Asked: now}
		same := false
		if i := slices.IndexFunc(seats, func(o Seat) bool { return o.Org == p.Org }); i >= 0 {
			was := seats[i]
			x.ID = was.ID
			if same = was.Hash == h && (was.State == Asked || was.State == Approved); same {
				x.Asked = db.Micros(was.Asked)
			}
		}
		ok, err := approved(ctx, r.ID, p.Org, h)
		if err != nil {
			return err
		}
		if ok {
			x.State, x.Answered = string(Approved), now
		}
		if err := saveSeat(ctx, &x); err != nil {
			return err
		}
		if same || ok {
			continue
		}
		if err := addLog(ctx, r.ID, p.Org, "asked", actor.Org, actor.Person, 0, words); err != nil {
			return err
		}
		if err := s.publish(ctx, EventProposed, Event{Promotion: ID(r.ID), Seat: x.ID, Owner: r.OwnerID, Company: p.Org, Org: actor.Org}); err != nil {
			return err
		}
	}
	var inForce Terms
	if r.AgreedNo > 0 {
		v, err := versionNo(ctx, r.ID, r.AgreedNo)
		if err != nil {
			return err
		}
		inForce = v.Terms
	}
	for _, was := range seats {
		if _, sits := t.Part(was.Org); sits || was.State == Dropped {
			continue
		}
		if err := closeCounter(ctx, r.ID, was.Org, VersionDeclined, actor.Person); err != nil {
			return err
		}
		if x := r.asAgreed(ctx, was, inForce); x.State == string(Dropped) {
			if err := s.drop(ctx, r, was, actor.Person); err != nil {
				return err
			}
		} else if was.State != Approved || was.Hash != x.Hash { // it takes part until it is agreed to go on without it
			if err := saveSeat(ctx, &x); err != nil {
				return err
			}
		}
	}
	return nil
}

// drop leaves a company out: the owner did that, whoever agreed to it last.
func (s *Service) drop(ctx context.Context, r row, was Seat, person string) error {
	if err := answerSeat(ctx, r.ID, was.Org, Dropped, "", was.Reason); err != nil || was.State == Declined {
		return err
	}
	if err := addLog(ctx, r.ID, was.Org, "dropped", r.OwnerID, person, 0, ""); err != nil {
		return err
	}
	return s.publish(ctx, EventDropped, Event{Promotion: ID(r.ID), Seat: was.ID, Owner: r.OwnerID, Company: was.Org, Org: r.OwnerID})
}

// conclude makes the open version the agreed one once everybody has approved it, lets the
// promotion go on as its dates say, and writes it.
func (s *Service) conclude(ctx context.Context, actor access.Actor, r *row) error {
	seats, err := seatsOf(ctx, r.ID)
	if err != nil {
		return err
	}
	all := r.OpenNo > 0
	for _, x := range seats {
		all = all && (x.State == Approved || x.State == Dropped)
	}
	if all {
		v, err := versionNo(ctx, r.ID, r.OpenNo)
		if err != nil {
			return err
		}
		if _, err := moveVersion(ctx, v.ID, VersionOpen, VersionAgreed, map[string]any{"agreed": db.Micros(db.Now(ctx))}); err != nil {
			return err
		}
		var before Terms
		if r.AgreedNo > 0 {
			was, err := versionNo(ctx, r.ID, r.AgreedNo)
			if err != nil {
				return err
			}
			if _, err := moveVersion(ctx, was.ID, VersionAgreed, VersionReplaced, nil); err != nil {
				return err
			}
			before = was.Terms
		}
		r.AgreedNo, r.OpenNo = r.OpenNo, 0
		if State(r.State) == Proposed {
			r.State = string(Agreed)
		}
		r.keep(v.Terms)
		if seats, err = s.takesEffect(ctx, *r, seats, before, v, actor.Org); err != nil {
			return err
		}
	}
	if err := s.advance(ctx, r, seats); err != nil {
		return err
	}
	return save(ctx, r)
}

// takesEffect leaves out who is not in a version that was agreed, and tells those whose text is
// another than before: to the others nothing happened, and they do not learn that there are more.
// It returns the seats that are left.
func (s *Service) takesEffect(ctx context.Context, r row, seats []Seat, before Terms, v Version, by string) ([]Seat, error) {
	var stay, told []Seat
	for _, x := range seats {
		_, sits := v.Terms.Part(x.Org)
		_, sat := before.Part(x.Org)
		switch {
		case x.State == Dropped:
			continue
		case !sits:
			if err := s.drop(ctx, r, x, v.By); err != nil {
				return nil, err
			}
			continue
		case !sat || hashOf(ID(r.ID), r.Number, before.visible(x.Org)) != hashOf(ID(r.ID), r.Number, v.Terms.visible(x.Org)):
			told = append(told, x)
			if err := addLog(ctx, r.ID, x.Org, "agreed", r.OwnerID, "", 0, ""); err != nil {
				return nil, err
			}
		}
		stay = append(stay, x)
		was, _ := before.Part(x.Org)
		if now, _ := v.Terms.Part(x.Org); sat && v.Terms.By == ByResale && was.Limit != now.Limit { // what was told is cut by the new one
			touched, from := map[string]bool{r.ID: true}, lateFrom{}
			if err := regrant(ctx, r.OwnerID, x.Org, touched, &from); err != nil {
				return nil, err
			}
			if err := s.turned(ctx, r.OwnerID, x.Org, slices.Sorted(maps.Keys(touched))); err != nil {
				return nil, err
			}
			if err := s.adjusted(ctx, from, x.Org, late{LateCorrected, r.ID, r.Number}); err != nil {
				return nil, err
			}
		}
	}
	if err := addLog(ctx, r.ID, r.OwnerID, "agreed", r.OwnerID, "", 0, ""); err != nil {
		return nil, err
	}
	return stay, s.tell(ctx, EventAgreed, r, told, by, "")
}

// open reads a promotion for an answer of a company that takes part.
func open(ctx context.Context, actor access.Actor, id ID) (row, []Seat, Seat, error) {
	r, seats, err := load(ctx, actor, access.PromoAnswer, id, true)
	if err != nil {
		return r, nil, Seat{}, err
	}
	i := slices.IndexFunc(seats, func(x Seat) bool { return x.Org == actor.Org })
	if i < 0 {
		return r, nil, Seat{}, notFound()
	}
	return r, seats, seats[i], nil
}

// standing refuses an answer that comes too late.
func standing(r row, seat Seat) error {
	switch {
	case seat.State == Declined || seat.State == Dropped:
		return fault.New(fault.Conflict, "promo.answered", "State", string(seat.State))
	case State(r.State).Over() || State(r.State) == Ended:
		return fault.New(fault.Conflict, "promo.over", "State", r.State)
	}
	return nil
}

// Approve agrees to exactly the text that was read, whose hash is given. Safe to repeat.
// Codes: NotFound, Forbidden, Conflict (another text stands now, it declined, it is over).
// Publishes EventApproved, and EventAgreed with the last one.
func (s *Service) Approve(ctx context.Context, actor access.Actor, id ID, hash string) (Joined, error) {
	var out Joined
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, seats, seat, err := open(ctx, actor, id)
		if err != nil {
			return err
		}
		if seat.State == Approved && seat.Hash == hash {
			out, err = joined(ctx, r, seats, actor.Org)
			return err
		}
		if err := standing(r, seat); err != nil {
			return err
		}
		if seat.Hash != hash || r.OpenNo == 0 {
			return fault.New(fault.Conflict, "promo.other_text")
		}
		if err := closeCounter(ctx, r.ID, actor.Org, VersionWithdrawn, actor.Person); err != nil {
			return err
		}
		if err := s.agrees(ctx, r, seat, actor.Person, actor); err != nil {
			return err
		}
		if err := s.conclude(ctx, actor, &r); err != nil {
			return err
		}
		if seats, err = seatsOf(ctx, r.ID); err != nil {
			return err
		}
		out, err = joined(ctx, r, seats, actor.Org)
		return err
	})
	return out, err
}

// agrees notes the approval of a seat's text.
func (s *Service) agrees(ctx context.Context, r row, seat Seat, person string, actor access.Actor) error {
	if err := approve(ctx, r.ID, seat.Org, seat.Hash, person); err != nil {
		return err
	}
	if err := answerSeat(ctx, r.ID, seat.Org, Approved, person, ""); err != nil {
		return err
	}
	if err := addLog(ctx, r.ID, seat.Org, "approved", seat.Org, person, 0, ""); err != nil {
		return err
	}
	if err := note(ctx, actor, "promotion.approve", r.ID); err != nil {
		return err
	}
	return s.publish(ctx, EventApproved, Event{Promotion: ID(r.ID), Seat: seat.ID, Owner: r.OwnerID, Company: seat.Org, Org: actor.Org})
}

// Decline refuses the text. Before anything is agreed the company leaves the promotion;
// afterwards the change alone is refused and what was agreed holds on. Safe to repeat.
// Codes: NotFound, Forbidden, Conflict (agreed already, it is over).
// Publishes EventDeclined.
func (s *Service) Decline(ctx context.Context, actor access.Actor, id ID, reason string) (Joined, error) {
	return s.DeclineText(ctx, actor, id, "", reason)
}

// DeclineText is Decline of exactly the text that was read, whose hash is given; "" is
// whichever stands.
// Codes: as Decline, and Conflict (another text stands now).
func (s *Service) DeclineText(ctx context.Context, actor access.Actor, id ID, hash, reason string) (Joined, error) {
	var out Joined
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, seats, seat, err := open(ctx, actor, id)
		if err != nil {
			return err
		}
		if seat.State == Declined {
			out, err = joined(ctx, r, seats, actor.Org)
			return err
		}
		if err := standing(r, seat); err != nil {
			return err
		}
		if r.OpenNo == 0 {
			return fault.New(fault.Conflict, "promo.agreed")
		}
		if v, err := versionNo(ctx, r.ID, r.OpenNo); err != nil {
			return err
		} else if _, sits := v.Terms.Part(actor.Org); !sits { // it is not asked
			return fault.New(fault.Conflict, "promo.agreed")
		}
		if hash != "" && seat.Hash != hash {
			return fault.New(fault.Conflict, "promo.other_text")
		}
		if err := closeCounter(ctx, r.ID, actor.Org, VersionWithdrawn, actor.Person); err != nil {
			return err
		}
		reason = bounded(reason, 500)
		holds, err := s.holds(ctx, r, actor.Org)
		if err != nil {
			return err
		}
		if holds {
			err = s.restore(ctx, &r, seats)
		} else {
			err = answerSeat(ctx, r.ID, actor.Org, Declined, actor.Person, reason)
		}
		if err != nil {
			return err
		}
		if err := addLog(ctx, r.ID, actor.Org, "declined", actor.Org, actor.Person, 0, reason); err != nil {
			return err
		}
		if err := note(ctx, actor, "promotion.decline", r.ID); err != nil {
			return err
		}
		if err := s.publish(ctx, EventDeclined, Event{Promotion: id, Seat: seat.ID, Owner: r.OwnerID, Company: actor.Org, Org: actor.Org, Reason: reason}); err != nil {
			return err
		}
		if err := save(ctx, &r); err != nil {
			return err
		}
		if seats, err = seatsOf(ctx, r.ID); err != nil {
			return err
		}
		out, err = joined(ctx, r, seats, actor.Org)
		return err
	})
	return out, err
}

// holds says whether the agreed version has the company in it.
func (s *Service) holds(ctx context.Context, r row, org string) (bool, error) {
	if r.AgreedNo == 0 {
		return false, nil
	}
	v, err := versionNo(ctx, r.ID, r.AgreedNo)
	_, ok := v.Terms.Part(org)
	return ok, err
}

// restore gives the open version up: everybody is where the agreed one left them.
func (s *Service) restore(ctx context.Context, r *row, seats []Seat) error {
	v, err := versionNo(ctx, r.ID, r.OpenNo)
	if err != nil {
		return err
	}
	if _, err := moveVersion(ctx, v.ID, VersionOpen, VersionDeclined, nil); err != nil {
		return err
	}
	agreed, err := versionNo(ctx, r.ID, r.AgreedNo)
	if err != nil {
		return err
	}
	r.OpenNo = 0
	for _, x := range seats {
		y := r.asAgreed(ctx, x, agreed.Terms)
		if err := saveSeat(ctx, &y); err != nil {
			return err
		}
	}
	return nil
}

// asAgreed is a seat as terms that were agreed leave it: dropped where they are without it.
func (r row) asAgreed(ctx context.Context, x Seat, t Terms) seatRow {
	y := seatRow{ID: x.ID, PromotionID: r.ID, OwnerID: r.OwnerID, OrgID: x.Org, Role: x.Role, State: string(Dropped), Hash: x.Hash, Asked: db.Micros(x.Asked), Answered: db.Micros(db.Now(ctx)), AnsweredBy: x.AnsweredBy}
	if p, ok := t.Part(x.Org); ok {
		y.Role, y.State, y.Share, y.Currency, y.Hash = p.Role, string(Approved), p.Share, string(p.Currency), hashOf(ID(r.ID), r.Number, t.visible(x.Org))
	}
	return y
}

// Cancel ends a promotion before its time. What was ordered under it before keeps its
// terms. Codes: NotFound, Forbidden, Invalid (a reason is missing), Conflict (changed
// meanwhile, it is over). Publishes EventCancelled.
func (s *Service) Cancel(ctx context.Context, actor access.Actor, id ID, version int64, reason string) (Detail, error) {
	var out Detail
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, seats, err := load(ctx, actor, access.PromoWrite, id, true)
		if err != nil {
			return err
		}
		if r.Version != version {
			return changed(r.Version)
		}
		if st := State(r.State); st.Over() || st == Ended {
			return fault.New(fault.Conflict, "promo.over", "State", r.State)
		}
		reason = bounded(reason, 500)
		if reason == "" && State(r.State) != Draft {
			return fault.InvalidField("reason", "form.missing")
		}
		if err := s.overtaken(ctx, &r); err != nil {
			return err
		}
		if err := s.cancel(ctx, &r, seats, actor.Org, actor.Person, reason); err != nil {
			return err
		}
		if err := note(ctx, actor, "promotion.cancel", r.ID); err != nil {
			return err
		}
		if err := save(ctx, &r); err != nil {
			return err
		}
		out, err = reread(ctx, r)
		return err
	})
	return out, err
}

func (s *Service) cancel(ctx context.Context, r *row, seats []Seat, org, person, reason string) error {
	r.State, r.Reason, r.Cancelled, r.NextAt = string(Cancelled), reason, db.Micros(db.Now(ctx)), 0
	if err := addLog(ctx, r.ID, "", "cancelled", org, person, 0, reason); err != nil {
		return err
	}
	return s.tell(ctx, EventCancelled, *r, seats, org, reason)
}
