package trigger

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/identity"
)

// Proposed is the kind of the event that tells of new suggestions of a rule.
const Proposed = "trigger.Proposed"

// Event is its payload: ids, no content.
type Event struct {
	Org        string `json:"org"`
	Rule       RuleID `json:"rule"`
	Suggestion ID     `json:"suggestion"` // the first of them
	Count      int    `json:"count"`
}

// Events lists the kinds.
func Events() []string { return []string{Proposed} }

// Publisher is the part of db/job this package needs.
type Publisher interface {
	Publish(ctx context.Context, e job.Event) error
}

// Promotions knows whether a promotion is one that a company may write about. It is a port.
type Promotions interface {
	Known(ctx context.Context, actor access.Actor, id string) error
}

// Service keeps rules and what they propose. Every method checks the actor first.
type Service struct {
	db     *db.DB
	jobs   Publisher
	promos Promotions
}

// New makes the service.
func New(d *db.DB, jobs Publisher, promos Promotions) *Service { return &Service{d, jobs, promos} }

const (
	night = 24 * time.Hour   // between two turns of a rule
	rest  = 10 * time.Minute // at least, where events come
)

func notFound() error { return fault.New(fault.NotFound, "error.not_found") }

func (s *Service) view(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.View(db.WithOrgs(ctx, a.Org), fn)
}

func (s *Service) change(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.InTx(db.WithOrgs(ctx, a.Org), fn)
}

func note(ctx context.Context, a access.Actor, action, kind, id string) error {
	return audit.Write(ctx, audit.Entry{Org: a.Org, Person: a.Person, Via: a.Via, Action: action, SubjectKind: kind, SubjectID: id, Outcome: audit.Done})
}

// Rules returns the rules of the actor's company, the oldest first.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Rules(ctx context.Context, actor access.Actor) ([]Rule, error) {
	if err := access.Check(actor, access.TriggerRead, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	var out []Rule
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = rulesOf(ctx, actor.Org)
		return err
	})
	return out, err
}

// SaveRule adds a rule (no id), or changes one over the version that was seen. It takes its
// first turn within a minute.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (with the place of a mistake in the
// condition), Conflict (changed meanwhile, or there are too many).
func (s *Service) SaveRule(ctx context.Context, actor access.Actor, r Rule) (Rule, error) {
	if err := access.Check(actor, access.TriggerWrite, access.Own(actor.Org)); err != nil {
		return Rule{}, err
	}
	var out Rule
	err := s.change(ctx, actor, func(ctx context.Context) error {
		now := db.Now(ctx)
		next := Rule{ID: RuleID(db.NewID()), Org: actor.Org, Made: now, MadeBy: actor.Person}
		if r.ID != "" {
			was, ok, err := ruleByID(ctx, actor.Org, r.ID)
			if err != nil {
				return err
			}
			if !ok {
				return notFound()
			}
			if was.Version != r.Version {
				return fault.New(fault.Conflict, "trigger.changed", "Version", was.Version)
			}
			next = was
		} else if all, err := rulesOf(ctx, actor.Org); err != nil || len(all) >= mostRules {
			if err == nil {
				err = fault.New(fault.Conflict, "trigger.too_many", "Most", mostRules)
			}
			return err
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		next.Name, next.When = strings.TrimSpace(r.Name), strings.TrimSpace(r.When)
		switch {
		case next.Name == "":
			bad.With("name", "form.missing")
		case len(next.Name) > 120:
			bad.With("name", "form.too_long", "Most", 120)
		case !identity.Readable(next.Name, false):
			bad.With("name", "form.text_wrong")
		}
		if _, err := Compile(r.About, next.When); err != nil {
			bad.Fields = append(bad.Fields, fault.As(err).Fields...)
		}
		if !slices.Contains(Actions, r.Action) {
			bad.With("action", "form.choice_wrong")
		}
		if r.Quiet < 1 || r.Quiet > mostQuiet {
			bad.With("quiet", "form.out_of_range")
		}
		if r.Promotion == "" && r.Action == ActCampaign {
			bad.With("promotion", "form.missing")
		}
		if r.Promotion != "" {
			if err := s.promos.Known(ctx, actor, r.Promotion); fault.CodeOf(err) == fault.NotFound || fault.CodeOf(err) == fault.Conflict {
				bad.With("promotion", "form.choice_wrong")
			} else if err != nil {
				return err
			}
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		next.About, next.Action, next.Promotion, next.Quiet, next.Active, next.Changed, next.Version = r.About, r.Action, r.Promotion, r.Quiet, r.Active, now, next.Version+1
		var err error
		if r.ID == "" {
			err = insertRule(ctx, next, now)
		} else {
			var ok bool
			if ok, err = updateRule(ctx, next, now); err == nil && !ok {
				err = fault.New(fault.Conflict, "trigger.changed", "Version", r.Version)
			}
		}
		if err != nil {
			return err
		}
		out = next
		return note(ctx, actor, "trigger.save", "trigger", string(next.ID))
	})
	return out, err
}

// RemoveRule deletes a rule; what it proposed stays. Safe to repeat.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) RemoveRule(ctx context.Context, actor access.Actor, id RuleID) error {
	if err := access.Check(actor, access.TriggerWrite, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		gone, err := removeRule(ctx, actor.Org, id)
		if err != nil || !gone {
			return err
		}
		return note(ctx, actor, "trigger.remove", "trigger", string(id))
	})
}

// DryRun asks a condition of what the actor's company sees today, and keeps nothing.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (with the place of a mistake).
func (s *Service) DryRun(ctx context.Context, actor access.Actor, about About, when string) (Tried, error) {
	var out Tried
	if err := access.Check(actor, access.TriggerRead, access.Own(actor.Org)); err != nil {
		return out, err
	}
	c, err := Compile(about, when)
	if err != nil {
		return out, err
	}
	err = s.view(ctx, actor, func(ctx context.Context) error {
		all, err := subjects(ctx, actor.Org, about)
		if err != nil {
			return err
		}
		out.Seen = len(all)
		for _, x := range all {
			yes, err := c.applies(x.env)
			if err != nil {
				return err
			}
			if !yes {
				continue
			}
			if out.Found++; len(out.Matches) < 50 {
				out.Matches = append(out.Matches, Match{Partner: x.partner, Object: x.name, Facts: read(x.env, c.Asked)})
			}
		}
		return nil
	})
	return out, err
}

// List returns suggestions of the actor's company, the newest first.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (state, cursor).
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) ([]Suggestion, string, error) {
	if err := access.Check(actor, access.TriggerRead, access.Own(actor.Org)); err != nil {
		return nil, "", err
	}
	if f.State == "" {
		f.State = Open
	}
	if !slices.Contains(States, f.State) {
		return nil, "", fault.InvalidField("state", "form.choice_wrong")
	}
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	var out []Suggestion
	next := ""
	err := s.view(ctx, actor, func(ctx context.Context) error {
		all, more, ok, err := list(ctx, actor.Org, f)
		if err == nil && !ok {
			err = fault.InvalidField("after", "form.cursor")
		}
		out, next = all, more
		return err
	})
	return out, next, err
}

// Count is how many suggestions are open. Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Count(ctx context.Context, actor access.Actor) (int, error) {
	if err := access.Check(actor, access.TriggerRead, access.Own(actor.Org)); err != nil {
		return 0, err
	}
	n := 0
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		n, err = openCount(ctx, actor.Org)
		return err
	})
	return n, err
}

// Get returns a suggestion. Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Get(ctx context.Context, actor access.Actor, id ID) (Suggestion, error) {
	if err := access.Check(actor, access.TriggerRead, access.Own(actor.Org)); err != nil {
		return Suggestion{}, err
	}
	var out Suggestion
	err := s.view(ctx, actor, func(ctx context.Context) error {
		x, ok, err := suggestionByID(ctx, actor.Org, id)
		if err == nil && !ok {
			err = notFound()
		}
		out = x
		return err
	})
	return out, err
}

// Accept notes that somebody takes a suggestion up and returns it: its action is opened, and
// nothing is sent. Safe to repeat.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (it was dismissed).
func (s *Service) Accept(ctx context.Context, actor access.Actor, id ID) (Suggestion, error) {
	return s.decide(ctx, actor, id, func(_ context.Context, x *Suggestion) error {
		x.State, x.Until = Accepted, time.Time{}
		return nil
	})
}

// Dismiss says no to a suggestion, for one of Reasons. Safe to repeat.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict (it was accepted).
func (s *Service) Dismiss(ctx context.Context, actor access.Actor, id ID, reason, words string) (Suggestion, error) {
	return s.decide(ctx, actor, id, func(_ context.Context, x *Suggestion) error {
		bad := fault.New(fault.Invalid, "form.invalid")
		if !slices.Contains(Reasons, reason) {
			bad.With("reason", "form.choice_wrong")
		}
		if words = strings.TrimSpace(words); len(words) > 500 {
			bad.With("words", "form.too_long", "Most", 500)
		}
		if !identity.Readable(words, true) {
			bad.With("words", "form.text_wrong")
		}
		x.State, x.Until, x.Reason, x.Words = Dismissed, time.Time{}, reason, words
		return bad.OrNil()
	})
}

// Snooze puts a suggestion off for days.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, Conflict (it is decided).
func (s *Service) Snooze(ctx context.Context, actor access.Actor, id ID, days int) (Suggestion, error) {
	return s.decide(ctx, actor, id, func(ctx context.Context, x *Suggestion) error {
		if days < 1 || days > 90 {
			return fault.InvalidField("days", "form.out_of_range")
		}
		x.State, x.Until = Snoozed, db.Now(ctx).AddDate(0, 0, days)
		return nil
	})
}

func (s *Service) decide(ctx context.Context, actor access.Actor, id ID, fn func(ctx context.Context, x *Suggestion) error) (Suggestion, error) {
	if err := access.Check(actor, access.TriggerDecide, access.Own(actor.Org)); err != nil {
		return Suggestion{}, err
	}
	var out Suggestion
	err := s.change(ctx, actor, func(ctx context.Context) error {
		was, ok, err := suggestionByID(ctx, actor.Org, id)
		if err != nil {
			return err
		}
		if !ok {
			return notFound()
		}
		out = was
		if err := fn(ctx, &out); err != nil {
			return err
		}
		if was.State == out.State && was.State != Snoozed {
			out = was
			return nil
		}
		out.Decided, out.DecidedBy = db.Now(ctx), actor.Person
		if ok, err = decide(ctx, out); err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Conflict, "trigger.decided")
		}
		return note(ctx, actor, "suggestion."+string(out.State), "suggestion", string(id))
	})
	return out, err
}

// Touched says that something happened which rules of a company look at: they take their
// turn soon, at most once in ten minutes. Called by subscribers, in their transaction.
func (s *Service) Touched(ctx context.Context, org string, about About) error {
	return s.change(ctx, access.System("trigger", org), func(ctx context.Context) error { return touch(ctx, org, about, rest) })
}

// Tick gives rules their turn: each night, and soon after something happened; a scheduled
// job. One company's trouble delays nobody else.
func (s *Service) Tick(ctx context.Context) error {
	var failed error
	tried := map[string]bool{}
	for end := s.db.Clock().Add(8 * time.Second); s.db.Clock().Before(end); {
		var todo []struct{ OrgID, ID string }
		err := s.db.View(ctx, func(ctx context.Context) (err error) {
			todo, err = due(ctx, 50)
			return err
		})
		todo = slices.DeleteFunc(todo, func(x struct{ OrgID, ID string }) bool { return tried[x.ID] })
		if err != nil || len(todo) == 0 {
			return errors.Join(failed, err)
		}
		for _, x := range todo {
			tried[x.ID] = true
			err := s.turn(ctx, x.OrgID, RuleID(x.ID))
			if err != nil { // or fifty that fail are all that is ever looked at
				err = errors.Join(err, s.later(ctx, x.OrgID, RuleID(x.ID)))
			}
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// later puts off a rule whose turn failed.
func (s *Service) later(ctx context.Context, org string, id RuleID) error {
	return s.change(ctx, access.System("trigger", org), func(ctx context.Context) error {
		return delay(ctx, org, id, db.Now(ctx).Add(rest))
	})
}

// turn asks one rule of everything that it looks at, in one transaction.
func (s *Service) turn(ctx context.Context, org string, id RuleID) error {
	return s.change(ctx, access.System("trigger", org), func(ctx context.Context) error {
		r, ok, err := ruleByID(ctx, org, id)
		if err != nil || !ok {
			return err
		}
		now := db.Now(ctx)
		if ok, err = claim(ctx, r, now.Add(night)); err != nil || !ok {
			return err
		}
		c, err := Compile(r.About, r.When)
		if err != nil { // it was kept by an older release: the form says what is wrong
			return nil
		}
		all, err := subjects(ctx, org, r.About)
		if err != nil {
			return err
		}
		before, err := proposedSince(ctx, id, now.AddDate(0, 0, -r.Quiet))
		if err != nil {
			return err
		}
		e := Event{Org: org, Rule: id}
		for _, x := range all {
			if before[[2]string{x.partner, x.id}] {
				continue
			}
			yes, err := c.applies(x.env)
			if err != nil {
				return err
			}
			if !yes {
				continue
			}
			sg := Suggestion{ID: ID(db.NewID()), Org: org, Rule: id, RuleName: r.Name, About: r.About, When: r.When, Partner: x.partner, ObjectID: x.id, Object: x.name, Occasion: x.occasion, Facts: read(x.env, c.Asked), Action: r.Action, Promotion: r.Promotion, State: Open, Made: now}
			made, err := propose(ctx, sg)
			if err != nil {
				return err
			}
			if made {
				if e.Count++; e.Count == 1 {
					e.Suggestion = sg.ID
				}
			}
		}
		if e.Count == 0 || s.jobs == nil {
			return nil
		}
		return s.jobs.Publish(ctx, job.Event{Kind: Proposed, Version: 1, Orgs: []string{org}, Object: string(id), Payload: e})
	})
}
