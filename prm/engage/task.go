package engage

import (
	"cmp"
	"context"
	"slices"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// TaskCmd gives a task to a company that takes part, and to one of its people where one is
// named.
type TaskCmd struct {
	Org    string
	Person string
	Title  string
	Due    string
}

// AddTask gives a task.
// Codes: NotFound, Forbidden, Invalid (company, person, title, due), Conflict (too many, not
// taking part, closed). Publishes EventTask where it is another company's.
func (s *Service) AddTask(ctx context.Context, actor access.Actor, id ID, cmd TaskCmd) (Task, error) {
	var out Task
	err := s.change(ctx, actor, func(ctx context.Context) error {
		e, p, err := s.working(ctx, actor, access.EngageWrite, id)
		if err != nil {
			return err
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		if cmd.Title = bounded(cmd.Title, 200); cmd.Title == "" {
			bad.With("title", "form.missing")
		}
		checkDay(bad, "due", &cmd.Due)
		if !p.knows(cmd.Org) || p.seats[cmd.Org].State != Active {
			bad.With("company", "engage.company_unknown")
		} else if cmd.Person != "" {
			ok, err := s.circle.Belongs(ctx, cmd.Org, cmd.Person)
			if err != nil {
				return err
			}
			if !ok {
				bad.With("person", "engage.person_unknown")
			}
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		if n, err := countTasks(ctx, p, id, cmd.Org); err != nil || n >= MaxTasks {
			if err == nil {
				err = fault.New(fault.Conflict, "engage.too_many", "Most", MaxTasks)
			}
			return err
		}
		t := taskRow{ID: db.NewID(), EngagementID: string(id), OrgID: cmd.Org, PersonID: cmd.Person, Title: cmd.Title, DueOn: cmd.Due, MadeOrg: actor.Org, MadeBy: actor.Person, Made: db.Micros(db.Now(ctx))}
		if err := insertTask(ctx, t); err != nil {
			return err
		}
		out = t.task()
		if err := note(ctx, actor, "engagement.task", id); err != nil || cmd.Org == actor.Org {
			return err
		}
		return s.tell(ctx, actor, EventTask, e, p, said{to: []string{cmd.Org}, person: cmd.Person, company: cmd.Org, whole: true})
	})
	return out, err
}

// SetTask marks a task done, or not done after all: by a person of the company whose it is, or
// of the one that gave it. Repeating it changes nothing.
// Codes: NotFound (also of a task the company does not see), Forbidden, Conflict (not taking
// part, closed). Publishes EventTaskDone.
func (s *Service) SetTask(ctx context.Context, actor access.Actor, id ID, task string, done bool) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		e, p, err := s.working(ctx, actor, access.EngageWrite, id)
		if err != nil {
			return err
		}
		t, ok, err := taskOf(ctx, id, task)
		if err == nil && (!ok || !p.both(t.OrgID, t.MadeOrg)) {
			err = notFound()
		}
		if err == nil && actor.Org != t.OrgID && actor.Org != t.MadeOrg {
			err = fault.New(fault.Forbidden, "engage.task_others")
		}
		if err != nil || done == (t.Done > 0) {
			return err
		}
		t.Done, t.DoneBy = 0, ""
		if done {
			t.Done, t.DoneBy = db.Micros(db.Now(ctx)), actor.Person
		}
		if err := saveTask(ctx, t); err != nil {
			return err
		}
		if err := note(ctx, actor, "engagement.task_done", id); err != nil || !done || t.MadeOrg == t.OrgID {
			return err
		}
		to := t.MadeOrg
		if to == actor.Org {
			to = t.OrgID
		}
		if p.seats[to].State != Active {
			return nil
		}
		return s.tell(ctx, actor, EventTaskDone, e, p, said{to: []string{to}, company: t.OrgID, whole: true})
	})
}

// HandCmd hands something over to another company.
type HandCmd struct {
	To   string
	What string
	Note string
	Due  string
}

// HandOver offers something to another company; it passes when that company takes it.
// Codes: NotFound, Forbidden, Invalid (to, what, due), Conflict (too many, not taking part,
// closed). Publishes EventHandedOver.
func (s *Service) HandOver(ctx context.Context, actor access.Actor, id ID, cmd HandCmd) (Handover, error) {
	var out Handover
	err := s.change(ctx, actor, func(ctx context.Context) error {
		e, p, err := s.working(ctx, actor, access.EngageWrite, id)
		if err != nil {
			return err
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		if cmd.What = bounded(cmd.What, 200); cmd.What == "" {
			bad.With("what", "form.missing")
		}
		checkDay(bad, "due", &cmd.Due)
		if cmd.To == actor.Org || !p.knows(cmd.To) || p.seats[cmd.To].State != Active {
			bad.With("company", "engage.company_unknown")
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		if n, err := countHands(ctx, p, id, cmd.To); err != nil || n >= MaxHands {
			if err == nil {
				err = fault.New(fault.Conflict, "engage.too_many", "Most", MaxHands)
			}
			return err
		}
		h := handRow{ID: db.NewID(), EngagementID: string(id), FromID: actor.Org, ToID: cmd.To, What: cmd.What, Note: bounded(cmd.Note, 2000), DueOn: cmd.Due, State: HandOffered, Made: db.Micros(db.Now(ctx)), MadeBy: actor.Person}
		if err := insertHand(ctx, h); err != nil {
			return err
		}
		out = h.hand()
		if err := note(ctx, actor, "engagement.handover", id); err != nil {
			return err
		}
		return s.tell(ctx, actor, EventHandedOver, e, p, said{to: []string{cmd.To}, company: cmd.To, whole: true})
	})
	return out, err
}

// AnswerHand takes or refuses what is handed over to the own company, or takes the own offer
// back (HandWithdrawn). Of two at once one does it; the same answer again changes nothing.
// Codes: NotFound (also of one the company does not see), Forbidden (not its to answer),
// Invalid (answer, comment of a refusal), Conflict (answered otherwise, not taking part,
// closed). Publishes EventHandAnswered.
func (s *Service) AnswerHand(ctx context.Context, actor access.Actor, id ID, hand, answer, comment string) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		e, p, err := s.working(ctx, actor, access.EngageWrite, id)
		if err != nil {
			return err
		}
		h, ok, err := handOf(ctx, id, hand)
		if err == nil && (!ok || !p.both(h.FromID, h.ToID)) {
			err = notFound()
		}
		if err != nil {
			return err
		}
		comment = bounded(comment, 1000)
		to := h.FromID
		switch {
		case answer == HandWithdrawn && actor.Org == h.FromID:
			to = h.ToID
		case (answer == HandTaken || answer == HandRefused) && actor.Org == h.ToID:
		case answer != HandTaken && answer != HandRefused && answer != HandWithdrawn:
			return fault.InvalidField("answer", "form.choice_wrong")
		default:
			return fault.New(fault.Forbidden, "engage.hand_others")
		}
		switch {
		case h.State == answer:
			return nil
		case h.State != HandOffered:
			return fault.New(fault.Conflict, "engage.hand_answered", "State", h.State)
		case answer == HandRefused && comment == "":
			return fault.InvalidField("comment", "form.missing")
		}
		h.State, h.Comment, h.Answered, h.AnsweredBy = answer, comment, db.Micros(db.Now(ctx)), actor.Person
		if err := saveHand(ctx, h); err != nil {
			return err
		}
		if err := note(ctx, actor, "engagement.handover_"+answer, id); err != nil || p.seats[to].State != Active {
			return err
		}
		return s.tell(ctx, actor, EventHandAnswered, e, p, said{to: []string{to}, company: to, reason: answer, whole: true})
	})
}

// Visible are those of some subjects of which MaySee says so, or with known those
// engagements that the actor's company knows of, as Label does.
func (s *Service) Visible(ctx context.Context, actor access.Actor, subjects []string, known bool) (map[string]bool, error) {
	out := map[string]bool{}
	if len(subjects) == 0 {
		return out, nil
	}
	err := s.view(ctx, actor, func(ctx context.Context) error {
		at, err := subjectsAt(ctx, subjects)
		if err != nil {
			return err
		}
		var ids []string
		for _, x := range subjects {
			ids = append(ids, string(cmp.Or(at[x], ID(x))))
		}
		slices.Sort(ids)
		parties, err := partiesAt(ctx, actor.Org, slices.Compact(ids))
		if err != nil {
			return err
		}
		for _, x := range subjects {
			seat, id := "", ID(x)
			if e, is := at[x]; is {
				seat, id = x, e
			}
			p, there := parties[id]
			if !there || check(actor, access.EngageRead, p) != nil {
				continue
			}
			mine := p.seats[actor.Org]
			out[x] = known && seat == "" || !known && mine.State == Active && (seat == "" && p.shown || seat != "" && (seat == mine.ID || actor.Org == p.owner))
		}
		return nil
	})
	return out, err
}
