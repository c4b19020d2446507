package api

import (
	"context"
	"time"

	"entente/prm/access"
	"entente/prm/trigger"
)

type triggerFact struct {
	Name  string `json:"name"`
	Of    string `json:"of,omitempty" doc:"what was asked, as the family in bought(\"battery\")"`
	Value string `json:"value" doc:"a number, yes, no, never, or words"`
}

type triggerRule struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	About     string     `json:"about" enum:"partner,quote,stock,lead"`
	When      string     `json:"when" doc:"the condition"`
	Action    string     `json:"action" enum:"message,promotion,campaign"`
	Promotion string     `json:"promotion,omitempty"`
	Quiet     int        `json:"quiet" doc:"days in which the same is not proposed again"`
	Active    bool       `json:"active"`
	Ran       *time.Time `json:"ran" doc:"its last turn"`
	Version   int64      `json:"version"`
}

// TriggerRuleIn is what is written of a rule.
type TriggerRuleIn struct {
	Name      string `json:"name"`
	About     string `json:"about" enum:"partner,quote,stock,lead"`
	When      string `json:"when" doc:"such as days_since_last_order > 1.5 * usual_gap and bought(\"battery\"); a mistake is answered with its place"`
	Action    string `json:"action" enum:"message,promotion,campaign" doc:"what a suggestion opens; nothing is sent by it"`
	Promotion string `json:"promotion,omitempty" doc:"id; for campaign"`
	Quiet     int    `json:"quiet" minimum:"1" maximum:"365"`
	Active    bool   `json:"active,omitempty"`
	Version   int64  `json:"version,omitempty" doc:"that you read; of a change"`
}

type triggerMatch struct {
	Partner string        `json:"partner" doc:"slug"`
	Object  string        `json:"object,omitempty" doc:"number of a quote or lead, or a SKU"`
	Facts   []triggerFact `json:"facts"`
}

type triggerTried struct {
	Seen    int            `json:"seen" doc:"what was looked at"`
	Found   int            `json:"found"`
	Matches []triggerMatch `json:"matches" doc:"the first 50"`
}

type suggestionJSON struct {
	ID        string        `json:"id"`
	Rule      string        `json:"rule" doc:"id"`
	RuleName  string        `json:"rule_name"`
	About     string        `json:"about" enum:"partner,quote,stock,lead"`
	When      string        `json:"when" doc:"the condition as it was"`
	Partner   string        `json:"partner" doc:"slug"`
	Object    string        `json:"object,omitempty" doc:"number of a quote or lead, or a SKU"`
	Facts     []triggerFact `json:"facts"`
	ObjectID  string        `json:"object_id,omitempty"`
	Action    string        `json:"action" enum:"message,promotion,campaign"`
	Promotion string        `json:"promotion,omitempty"`
	State     string        `json:"state" enum:"open,snoozed,accepted,dismissed"`
	Until     *time.Time    `json:"until"`
	Reason    string        `json:"reason,omitempty" enum:"known,agreed,not_now,wrong,other"`
	Words     string        `json:"words,omitempty"`
	Made      *time.Time    `json:"made"`
	Decided   *time.Time    `json:"decided"`
}

func triggerFacts(facts []trigger.Fact) []triggerFact {
	out := make([]triggerFact, len(facts))
	for i, f := range facts {
		out[i] = triggerFact{f.Name, f.Arg, f.Value}
	}
	return out
}

func triggerRuleJSON(r trigger.Rule) triggerRule {
	return triggerRule{string(r.ID), r.Name, string(r.About), r.When, r.Action, r.Promotion, r.Quiet, r.Active, instantOut(r.Ran), r.Version}
}

func (in TriggerRuleIn) rule(id string) trigger.Rule {
	return trigger.Rule{ID: trigger.RuleID(id), Name: in.Name, About: trigger.About(in.About), When: in.When, Action: in.Action, Promotion: in.Promotion, Quiet: in.Quiet, Active: in.Active, Version: in.Version}
}

func (a *API) suggestionsJSON(ctx context.Context, all ...trigger.Suggestion) ([]suggestionJSON, error) {
	orgs := map[string]bool{}
	for _, s := range all {
		orgs[s.Partner] = true
	}
	slugs, err := a.slugs(ctx, orgs)
	if err != nil {
		return nil, err
	}
	out := make([]suggestionJSON, len(all))
	for i, s := range all {
		out[i] = suggestionJSON{string(s.ID), string(s.Rule), s.RuleName, string(s.About), s.When, slugs[s.Partner].Slug, s.Object, triggerFacts(s.Facts), s.ObjectID, s.Action, s.Promotion, string(s.State), instantOut(s.Until), s.Reason, s.Words, instantOut(s.Made), instantOut(s.Decided)}
	}
	return out, nil
}

func (a *API) suggestionOne(ctx context.Context, s trigger.Suggestion, err error) (*reply[suggestionJSON], error) {
	if err != nil {
		return nil, err
	}
	out, err := a.suggestionsJSON(ctx, s)
	if err != nil {
		return nil, err
	}
	return &reply[suggestionJSON]{out[0]}, nil
}

// suggestions are the operations on rules that propose offers, and on what they proposed.
func (a *API) suggestions() {
	const base, rules = "/api/v1/suggestions", "/api/v1/suggestion-rules"
	type suggestionsIn struct {
		State string `query:"state" enum:"open,snoozed,accepted,dismissed" default:"open"`
		Paging
	}
	handle(a, op("GET", base, "suggestions:read", "List suggestions", "What your rules propose, the newest first. No other company sees them.", 200),
		func(ctx context.Context, actor access.Actor, in *suggestionsIn) (*reply[list[suggestionJSON]], error) {
			all, next, err := a.d.Triggers.List(ctx, actor, trigger.Filter{State: trigger.State(in.State), After: in.After, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			items, err := a.suggestionsJSON(ctx, all...)
			if err != nil {
				return nil, err
			}
			return page(items, next), nil
		})
	handle(a, op("GET", base+"/{id}", "suggestions:read", "Get a suggestion", "", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[suggestionJSON], error) {
			s, err := a.d.Triggers.Get(ctx, actor, trigger.ID(in.ID))
			return a.suggestionOne(ctx, s, err)
		})
	handle(a, op("POST", base+"/{id}/accept", "suggestions:write", "Take a suggestion up", "Nothing is sent: its action is yours to do. Safe to repeat.", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[suggestionJSON], error) {
			s, err := a.d.Triggers.Accept(ctx, actor, trigger.ID(in.ID))
			return a.suggestionOne(ctx, s, err)
		})
	type suggestionDismissIn struct {
		ID   string `path:"id"`
		Body struct {
			Reason string `json:"reason" enum:"known,agreed,not_now,wrong,other"`
			Words  string `json:"words,omitempty"`
		}
	}
	handle(a, op("POST", base+"/{id}/dismiss", "suggestions:write", "Say no to a suggestion", "Safe to repeat.", 200),
		func(ctx context.Context, actor access.Actor, in *suggestionDismissIn) (*reply[suggestionJSON], error) {
			s, err := a.d.Triggers.Dismiss(ctx, actor, trigger.ID(in.ID), in.Body.Reason, in.Body.Words)
			return a.suggestionOne(ctx, s, err)
		})
	type suggestionSnoozeIn struct {
		ID   string `path:"id"`
		Body struct {
			Days int `json:"days" minimum:"1" maximum:"90"`
		}
	}
	handle(a, op("POST", base+"/{id}/snooze", "suggestions:write", "Put a suggestion off", "It is open again after so many days.", 200),
		func(ctx context.Context, actor access.Actor, in *suggestionSnoozeIn) (*reply[suggestionJSON], error) {
			s, err := a.d.Triggers.Snooze(ctx, actor, trigger.ID(in.ID), in.Body.Days)
			return a.suggestionOne(ctx, s, err)
		})
	handle(a, op("GET", rules, "suggestions:read", "List the rules that propose offers", "", 200),
		func(ctx context.Context, actor access.Actor, _ *struct{}) (*reply[list[triggerRule]], error) {
			all, err := a.d.Triggers.Rules(ctx, actor)
			if err != nil {
				return nil, err
			}
			items := make([]triggerRule, len(all))
			for i, r := range all {
				items[i] = triggerRuleJSON(r)
			}
			return page(items, ""), nil
		})
	type triggerAddIn struct{ Body TriggerRuleIn }
	handle(a, op("POST", rules, "suggestions:write", "Add a rule that proposes offers", "It takes its turn within a minute, each night, and soon after an order, offer, report or lead.", 201),
		func(ctx context.Context, actor access.Actor, in *triggerAddIn) (*reply[triggerRule], error) {
			r, err := a.d.Triggers.SaveRule(ctx, actor, in.Body.rule(""))
			if err != nil {
				return nil, err
			}
			return &reply[triggerRule]{triggerRuleJSON(r)}, nil
		})
	type triggerChangeIn struct {
		ID   string `path:"id"`
		Body TriggerRuleIn
	}
	handle(a, op("PUT", rules+"/{id}", "suggestions:write", "Change a rule that proposes offers", "", 200),
		func(ctx context.Context, actor access.Actor, in *triggerChangeIn) (*reply[triggerRule], error) {
			r, err := a.d.Triggers.SaveRule(ctx, actor, in.Body.rule(in.ID))
			if err != nil {
				return nil, err
			}
			return &reply[triggerRule]{triggerRuleJSON(r)}, nil
		})
	handle(a, op("DELETE", rules+"/{id}", "suggestions:write", "Remove a rule that proposes offers", "What it proposed stays.", 204),
		func(ctx context.Context, actor access.Actor, in *pathID) (*struct{}, error) {
			return nil, a.d.Triggers.RemoveRule(ctx, actor, trigger.RuleID(in.ID))
		})
	type triggerTryIn struct {
		Body struct {
			About string `json:"about" enum:"partner,quote,stock,lead"`
			When  string `json:"when"`
		}
	}
	handle(a, op("POST", rules+"/try", "suggestions:read", "Try a condition on the partners of today", "Nothing is kept.", 200),
		func(ctx context.Context, actor access.Actor, in *triggerTryIn) (*reply[triggerTried], error) {
			t, err := a.d.Triggers.DryRun(ctx, actor, trigger.About(in.Body.About), in.Body.When)
			if err != nil {
				return nil, err
			}
			orgs := map[string]bool{}
			for _, m := range t.Matches {
				orgs[m.Partner] = true
			}
			slugs, err := a.slugs(ctx, orgs)
			if err != nil {
				return nil, err
			}
			out := triggerTried{t.Seen, t.Found, []triggerMatch{}}
			for _, m := range t.Matches {
				out.Matches = append(out.Matches, triggerMatch{slugs[m.Partner].Slug, m.Object, triggerFacts(m.Facts)})
			}
			return &reply[triggerTried]{out}, nil
		})
}
