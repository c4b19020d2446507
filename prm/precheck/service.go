package precheck

import (
	"context"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/fault"
)

// Service keeps what suppliers chose.
type Service struct{ db *db.DB }

// New makes the service.
func New(d *db.DB) *Service { return &Service{db: d} }

// Get returns how what the actor's company sends to a partner is checked. It is the
// supplier's own matter: its partner does not see it.
// Codes: NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, partnership string) (Policy, error) {
	var out Policy
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		supplier, err := supplierOf(ctx, partnership)
		if err == nil {
			err = access.Check(actor, access.OrderRead, access.Shared(supplier, ""))
		}
		if err != nil {
			return err
		}
		out, err = s.Of(ctx, partnership)
		return err
	})
	return out, err
}

// GetMany is Get of many partnerships, by id and in one statement; one in which the actor's
// company does not supply has no entry. Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) GetMany(ctx context.Context, actor access.Actor, partnerships ...string) (map[string]Policy, error) {
	if err := access.Check(actor, access.OrderRead, access.Shared(actor.Org, "")); err != nil {
		return nil, err
	}
	var out map[string]Policy
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		chosen, err := rulesOfMany(ctx, actor.Org, partnerships)
		out = make(map[string]Policy, len(chosen))
		for id, rules := range chosen {
			out[id] = Default().with(rules)
		}
		return err
	})
	return out, err
}

// Set chooses severities; rules that are not named stay as they are.
// Codes: NotFound, Forbidden, Invalid (a rule or severity that there is not).
func (s *Service) Set(ctx context.Context, actor access.Actor, partnership string, chosen map[Rule]Severity) (Policy, error) {
	var out Policy
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		supplier, err := supplierOf(ctx, partnership)
		if err == nil {
			err = access.Check(actor, access.OrderChecks, access.Shared(supplier, ""))
		}
		if err != nil {
			return err
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		known := Default()
		for r, v := range chosen {
			if _, ok := known[r]; !ok || v != Off && v != Warn && v != Stop {
				bad.With("checks."+string(r), "form.choice_wrong")
			}
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		for r, v := range chosen {
			row := ruleRow{PartnershipID: partnership, Rule: string(r), SupplierID: supplier, Severity: string(v), Changed: db.Micros(db.Now(ctx)), ChangedBy: actor.Person}
			if err := put(ctx, &row); err != nil {
				return err
			}
		}
		if out, err = s.Of(ctx, partnership); err != nil {
			return err
		}
		return audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: "order.checks", SubjectKind: "partnership", SubjectID: partnership, Outcome: audit.Done})
	})
	return out, err
}

// Of is the policy of a partnership, in the transaction of ctx. It checks no rights: it
// is for the order desk.
func (s *Service) Of(ctx context.Context, partnership string) (Policy, error) {
	chosen, err := rulesOf(ctx, partnership)
	if err != nil {
		return nil, err
	}
	return Default().with(chosen), nil
}
