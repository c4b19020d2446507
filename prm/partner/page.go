package partner

import (
	"context"

	"entente/prm/access"
	"entente/prm/fault"
)

// PageFilter chooses partnerships for Page.
type PageFilter struct {
	// Query is a part of the other company's name, or of an identity of it that the actor
	// may see: of one that has not accepted an invitation none.
	Query string
	Ended bool   // also those that have ended
	After string // cursor
	Limit int    // 1 to 200
}

// Page returns a page of the partnerships of the actor's company that have not ended, the
// oldest first, and the cursor of the next page; limit is 1 to 200.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (the cursor).
func (s *Service) Page(ctx context.Context, actor access.Actor, f PageFilter) (out []Partnership, next string, err error) {
	scope, err := access.List(actor, access.PartnerRead)
	if err != nil {
		return nil, "", err
	}
	if scope.Org() == "" {
		return nil, "", errNotFound
	}
	err = s.view(ctx, actor, func(ctx context.Context) error {
		out, next, err = page(ctx, scope, f)
		return err
	})
	return out, next, err
}

// Some returns those of some partnerships that the actor may see, by id and in one query;
// what is not there, or not the actor's, is left out.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Some(ctx context.Context, actor access.Actor, ids ...string) (map[string]Partnership, error) {
	scope, err := access.List(actor, access.PartnerRead)
	if err != nil {
		return nil, err
	}
	var out map[string]Partnership
	err = s.view(ctx, actor, func(ctx context.Context) error {
		out, err = some(ctx, scope, ids)
		return err
	})
	return out, err
}

// With returns the partnerships of the actor's company with some others that have not
// ended, the oldest first. Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) With(ctx context.Context, actor access.Actor, others ...string) ([]Partnership, error) {
	scope, err := access.List(actor, access.PartnerRead)
	if err != nil || len(others) == 0 {
		return nil, err
	}
	if scope.Org() == "" {
		return nil, errNotFound
	}
	var out []Partnership
	err = s.view(ctx, actor, func(ctx context.Context) error {
		out, err = with(ctx, scope, others)
		return err
	})
	return out, err
}

// IdentitiesOf is Identities of many partnerships, by id, in one statement;
// what is not the actor's has no entry.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) IdentitiesOf(ctx context.Context, actor access.Actor, ids ...string) (map[string][]Identity, error) {
	scope, err := access.List(actor, access.PartnerRead)
	if err != nil {
		return nil, err
	}
	var out map[string][]Identity
	err = s.view(ctx, actor, func(ctx context.Context) error {
		out, err = identitiesOf(ctx, scope, ids)
		return err
	})
	return out, err
}

func badCursor() error { return fault.InvalidField("after", "form.cursor_wrong") }
