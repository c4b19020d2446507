package account

import (
	"context"
	"strings"

	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/fault"
)

// via is the door without the id behind it: "session", "token", "system".
func via(a access.Actor) string {
	w, _, _ := strings.Cut(a.Via, ":")
	return w
}

// trail writes an audit line of a thing done, in the caller's transaction.
func trail(ctx context.Context, a access.Actor, action, kind, id string) error {
	return audit.Write(ctx, audit.Entry{Org: a.Org, Person: a.Person, Via: via(a), Action: action, SubjectKind: kind, SubjectID: id,
		Outcome: audit.Done, Addr: OriginOf(ctx).Addr})
}

// denied writes the audit line of a refusal in a transaction of its own and
// returns the refusal; nil passes. A reader's curiosity is no denial: only
// changes are checked through it.
func (s *Service) denied(ctx context.Context, a access.Actor, act access.Action, err error) error {
	c := fault.CodeOf(err)
	if err == nil || !a.Known() || c != fault.Forbidden && c != fault.NotFound {
		return err
	}
	werr := s.tx(ctx, a, func(ctx context.Context) error {
		return audit.Write(ctx, audit.Entry{Org: a.Org, Person: a.Person, Via: via(a), Action: string(act), Outcome: audit.Denied, Addr: OriginOf(ctx).Addr})
	})
	if werr != nil {
		return werr
	}
	return err
}
