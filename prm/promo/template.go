package promo

import (
	"context"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/identity"
)

// Template is a text of terms that a company keeps to begin promotions from: without
// dates, which are each promotion's own. Nobody else sees it.
type Template struct {
	ID     string
	Name   string
	Terms  Terms
	Made   time.Time
	MadeBy string
}

// mostTemplates bounds the templates of a company.
const mostTemplates = 100

// Blank is the terms as another promotion begins with them: its dates are its own.
func (t Terms) Blank() Terms {
	t.From, t.Until, t.ShipBy, t.ClaimBy = "", "", "", ""
	return t
}

// SaveTemplate keeps the terms of a promotion of the actor's company as a template: those
// that are being written, else those that stand. Under a name that is there already it
// takes their place only where replace says so.
// Codes: NotFound, Forbidden, Invalid (name; too many), Conflict (the name is taken).
func (s *Service) SaveTemplate(ctx context.Context, actor access.Actor, id ID, name string, replace bool) (Template, error) {
	name = strings.TrimSpace(name)
	var out Template
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, seats, err := load(ctx, actor, access.PromoWrite, id, false)
		if err != nil {
			return err
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		switch {
		case name == "":
			bad.With("name", "form.missing")
		case len(name) > 80:
			bad.With("name", "form.too_long", "Most", 80)
		case !identity.Readable(name, false):
			bad.With("name", "form.text_wrong")
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		d, err := detail(ctx, r, seats)
		if err != nil {
			return err
		}
		t := d.Text()
		if d.Draft != nil {
			t = *d.Draft
		}
		n, err := otherTemplates(ctx, actor.Org, name)
		if err != nil {
			return err
		}
		if n >= mostTemplates {
			return fault.InvalidField("name", "form.too_many")
		}
		out = Template{ID: db.NewID(), Name: name, Terms: t.Blank(), Made: db.Now(ctx), MadeBy: actor.Person}
		ok, err := saveTemplate(ctx, actor.Org, &out, replace)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Conflict, "promo.template_taken", "Name", name)
		}
		return note(ctx, actor, "promotion.template", r.ID)
	})
	return out, err
}

// Templates returns the templates of the actor's company by name.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Templates(ctx context.Context, actor access.Actor) ([]Template, error) {
	if err := access.Check(actor, access.PromoWrite, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	var out []Template
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = templatesOf(ctx, actor.Org)
		return err
	})
	return out, err
}

// Template returns one of them.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Template(ctx context.Context, actor access.Actor, id string) (Template, error) {
	if err := access.Check(actor, access.PromoWrite, access.Own(actor.Org)); err != nil {
		return Template{}, err
	}
	var out Template
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = templateByID(ctx, actor.Org, id)
		return err
	})
	return out, err
}

// DropTemplate takes a template away; promotions that began from it stay as they are.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) DropTemplate(ctx context.Context, actor access.Actor, id string) error {
	if err := access.Check(actor, access.PromoWrite, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		if _, err := templateByID(ctx, actor.Org, id); err != nil {
			return err
		}
		if err := dropTemplate(ctx, actor.Org, id); err != nil {
			return err
		}
		return note(ctx, actor, "promotion.template_drop", id)
	})
}
