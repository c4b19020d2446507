package approval

import (
	"context"
	"strings"

	"entente/db"
	"entente/db/audit"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/blanket"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/promo"
	"entente/prm/quote"
	"entente/prm/settle"
	"entente/prm/trade"
)

// Publisher takes events in the caller's transaction; *job.Jobs is one.
type Publisher interface {
	Publish(ctx context.Context, e job.Event) error
}

// Service keeps rules and requests. Every method checks the actor first.
type Service struct {
	db     *db.DB
	people account.Directory
	trade  *trade.Service
	settle *settle.Service
	quotes *quote.Service // nil: none are kept back
	events Publisher

	blankets *blanket.Service // nil: likewise
	promos   *promo.Service   // nil: likewise
}

// New makes the service and ties it to the desks whose work it keeps back.
func New(d *db.DB, people account.Directory, t *trade.Service, s *settle.Service, events Publisher) *Service {
	out := &Service{db: d, people: people, trade: t, settle: s, events: events}
	t.Approve(out)
	s.Heed(out)
	return out
}

// Quotes ties the desk of quotes, whose offers are kept back too; call it before use.
func (s *Service) Quotes(q *quote.Service) {
	s.quotes = q
	q.Approve(s)
}

// Blankets ties the desk of blanket orders, from which call-offs are kept back too; call it
// before use.
func (s *Service) Blankets(b *blanket.Service) {
	s.blankets = b
	b.Approve(s)
}

// Promos ties the desk of promotions, whose proposals are kept back too; call it before use.
func (s *Service) Promos(p *promo.Service) {
	s.promos = p
	p.Heed(s)
}

// Kinds of published events. Object is the request's id.
const (
	Asked   = "approval.Asked"
	Stepped = "approval.Stepped" // one step is approved, the next waits
	Decided = "approval.Decided" // granted or refused
	Ended   = "approval.Ended"   // withdrawn, or it went another way
	Overdue = "approval.Overdue"

	eventVersion = 1
)

// Events lists them.
func Events() []string { return []string{Asked, Stepped, Decided, Ended, Overdue} }

// Event is the payload: ids, no content.
type Event struct {
	Org      string `json:"org"`
	Approval ID     `json:"approval"`
	Person   string `json:"person,omitempty"` // who did it
}

func (s *Service) tell(ctx context.Context, actor access.Actor, r requestRow, action, kind string) error {
	if action != "" {
		if err := audit.Write(ctx, audit.Entry{Org: r.OrgID, Person: actor.Person, Via: actor.Via, Action: action, SubjectKind: "approval", SubjectID: r.ID, Outcome: audit.Done}); err != nil {
			return err
		}
	}
	if s.events == nil {
		return nil
	}
	return s.events.Publish(ctx, job.Event{Kind: kind, Version: eventVersion, Orgs: []string{r.OrgID}, Object: r.ID, Payload: Event{Org: r.OrgID, Approval: ID(r.ID), Person: actor.Person}})
}

// Rules lists the rules of the actor's company, the oldest first.
// Codes: Forbidden.
func (s *Service) Rules(ctx context.Context, actor access.Actor) ([]Rule, error) {
	scope, err := access.List(actor, access.ApprovalRead)
	if err != nil {
		return nil, err
	}
	var out []Rule
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		rows, err := rulesOf(ctx, scope.Org())
		for _, r := range rows {
			out = append(out, r.rule())
		}
		return err
	})
	return out, err
}

// SaveRule adds a rule, or changes the one it names if it still has that version. Requests
// that wait keep the rule they were caught by.
// Codes: NotFound, Forbidden, Invalid, Conflict (changed meanwhile, too many).
func (s *Service) SaveRule(ctx context.Context, actor access.Actor, r Rule) (RuleID, error) {
	if err := access.Check(actor, access.ApprovalRules, access.Own(actor.Org)); err != nil {
		return "", err
	}
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if err := s.checkRule(ctx, actor.Org, &r); err != nil {
			return err
		}
		r.Changed, r.ChangedBy = db.Now(ctx), actor.Person
		action := "approval.rule_change"
		if r.ID == "" {
			have, err := rulesOf(ctx, actor.Org)
			if err != nil {
				return err
			}
			if len(have) >= MaxRules {
				return fault.New(fault.Conflict, "approval.too_many", "Most", MaxRules)
			}
			r.ID, r.Version, action = RuleID(db.NewID()), 1, "approval.rule_add"
			if err := insertRule(ctx, actor.Org, r); err != nil {
				return err
			}
		} else if err := changeRule(ctx, actor.Org, r); err != nil {
			return err
		}
		return audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: action, SubjectKind: "approval_rule", SubjectID: string(r.ID), Outcome: audit.Done})
	})
	return r.ID, err
}

// RemoveRule takes a rule away. Requests that wait keep their steps.
// Codes: NotFound, Forbidden.
func (s *Service) RemoveRule(ctx context.Context, actor access.Actor, id RuleID) error {
	if err := access.Check(actor, access.ApprovalRules, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if err := deleteRule(ctx, actor.Org, id); err != nil {
			return err
		}
		return audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: "approval.rule_remove", SubjectKind: "approval_rule", SubjectID: string(id), Outcome: audit.Done})
	})
}

func (s *Service) checkRule(ctx context.Context, org string, r *Rule) error {
	bad := fault.New(fault.Invalid, "form.invalid")
	known := false
	for _, a := range Abouts {
		for _, t := range a.Tests {
			known = known || a.About == r.About && t == r.Test
		}
	}
	if !known {
		bad.With("kind", "approval.rule_test")
	}
	if r.Test != TestLimit {
		r.Amount = money.Amount{}
	} else if !r.Amount.Currency.Valid() {
		bad.With("currency", "account.currency_wrong")
	} else if r.Amount.Minor < 0 {
		bad.With("ceiling", "approval.rule_amount")
	}
	if r.Test != TestPrice {
		r.Percent = 0
	} else if r.Percent < 0 || r.Percent > money.One {
		bad.With("apart", "approval.rule_percent")
	}
	if r.Person != "" {
		r.Role = ""
		people, err := s.people.People(ctx, org)
		if err != nil {
			return err
		}
		ok := false
		for _, p := range people {
			ok = ok || p.ID == r.Person && mayDecide(org, p)
		}
		if !ok {
			bad.With("approver", "approval.rule_person")
		}
		return bad.OrNil()
	}
	ok := false
	for _, role := range Roles {
		ok = ok || role == r.Role
	}
	if !ok {
		bad.With("approver", "approval.rule_role")
	}
	return bad.OrNil()
}

// mayDecide says that the roles of a colleague let them decide requests at all.
func mayDecide(org string, c account.Colleague) bool {
	return access.Allowed(access.Actor{Person: c.ID, Org: org, Roles: c.Roles, Via: "session:approval"}, access.ApprovalDecide, access.Own(org))
}

// Approvers are those who may decide an open step now: those the rule means, or who covers
// for them; where none of them may, the admins. It may be nobody.
func (s *Service) approvers(ctx context.Context, r requestRow, st Step) ([]account.Colleague, error) {
	return s.people.Deciders(ctx, r.OrgID, db.Now(ctx), func(c account.Colleague) bool {
		return mayDecide(r.OrgID, c) && !(st.FourEyes && c.ID == r.AskedBy)
	}, st.Person, st.Role)
}

// entitled says whether the actor may decide a step: as one of its approvers, or as one
// whom the rule means, away or not.
func (s *Service) entitled(ctx context.Context, actor access.Actor, r requestRow, st Step) (bool, error) {
	if actor.Person == "" || st.FourEyes && actor.Person == r.AskedBy {
		return false, nil
	}
	if st.Person == actor.Person || st.Person == "" && actor.Has(st.Role) {
		return true, nil
	}
	list, err := s.approvers(ctx, r, st)
	for _, c := range list {
		if c.ID == actor.Person {
			return true, err
		}
	}
	return false, err
}

func bounded(s string, n int) string {
	s = strings.TrimSpace(s)
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
