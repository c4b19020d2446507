package brand

import (
	"bytes"
	"context"
	"io"

	"entente/db"
	"entente/db/audit"
	"entente/db/blob"
	"entente/prm/access"
	"entente/prm/fault"
)

// Service keeps logos. Every method checks the actor first; a company that the actor's
// does not work with has none.
type Service struct {
	db    *db.DB
	blobs *blob.Store
}

// New makes the service.
func New(d *db.DB, blobs *blob.Store) *Service { return &Service{db: d, blobs: blobs} }

// Set takes a picture as the logo of the actor's company, in place of the one before.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (no PNG or JPEG, damaged, too
// large), Unavailable.
func (s *Service) Set(ctx context.Context, actor access.Actor, picture io.Reader) (Logo, error) {
	if err := access.Check(actor, access.OrgManage, access.Own(actor.Org)); err != nil {
		return Logo{}, err
	}
	drawn, width, height, err := clean(ctx, picture)
	if err != nil {
		return Logo{}, err
	}
	staged, err := s.blobs.Stage(ctx, bytes.NewReader(drawn), keptBytes)
	if fault.CodeOf(err) == fault.TooLarge {
		err = wrong("brand.too_large")
	}
	if err != nil {
		return Logo{}, err
	}
	out := Logo{Org: actor.Org, Hash: staged.Hash, Width: width, Height: height}
	err = s.change(ctx, actor, func(ctx context.Context) error {
		if err := staged.InsertFor(ctx, actor.Org); err != nil {
			return err
		}
		out.Changed = db.Now(ctx)
		if err := save(ctx, out, actor.Person); err != nil {
			return err
		}
		return note(ctx, actor, "logo.set")
	})
	return out, err
}

// Drop takes the logo of the actor's company away. Safe to repeat.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Drop(ctx context.Context, actor access.Actor) error {
	if err := access.Check(actor, access.OrgManage, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		gone, err := drop(ctx, actor.Org)
		if err != nil || !gone {
			return err
		}
		return note(ctx, actor, "logo.drop")
	})
}

// Of returns the logos of those companies that the actor may see: its own, and of those it
// works with; of the others nothing. In one query.
// Codes: Unauthenticated, NotFound.
func (s *Service) Of(ctx context.Context, actor access.Actor, orgs ...string) (map[string]Logo, error) {
	if err := access.Check(actor, access.OrgRead, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	var out map[string]Logo
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = logos(ctx, actor.Org, orgs)
		return err
	})
	return out, err
}

// Open returns the picture of a company's logo, a PNG.
// Codes: Unauthenticated, NotFound (none, or not for the actor's company).
func (s *Service) Open(ctx context.Context, actor access.Actor, org string) (Logo, []byte, error) {
	all, err := s.Of(ctx, actor, org)
	if err != nil {
		return Logo{}, nil, err
	}
	l, ok := all[org]
	if !ok {
		return Logo{}, nil, fault.New(fault.NotFound, "error.not_found")
	}
	body, err := s.blobs.Open(ctx, l.Hash)
	if err != nil {
		return Logo{}, nil, err
	}
	defer body.Close()
	b, err := io.ReadAll(io.LimitReader(body, keptBytes))
	if err != nil {
		return Logo{}, nil, fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	return l, b, nil
}

func (s *Service) view(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.View(db.WithOrgs(ctx, a.Org), fn)
}

func (s *Service) change(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.InTx(db.WithOrgs(ctx, a.Org), fn)
}

func note(ctx context.Context, a access.Actor, action string) error {
	return audit.Write(ctx, audit.Entry{Org: a.Org, Person: a.Person, Via: a.Via, Action: action, SubjectKind: "org", SubjectID: a.Org, Outcome: audit.Done})
}
