package catalog

import (
	"context"
	"slices"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// SetReference records what a partner calls a product of the actor's company; an
// existing number of that partner is moved to the product.
// Codes: Forbidden, Invalid, NotFound (the SKU, or no partnership with partner).
func (s *Service) SetReference(ctx context.Context, actor access.Actor, partner, buyerItem, sku string) error {
	return s.Refer(ctx, actor, Reference{Supplier: actor.Org, Partner: partner, BuyerItem: buyerItem, SKU: sku})
}

// Refer records what a partner calls a product: the supplier may, and the partner
// itself. A number of that partner that stood for another product is moved.
// Codes: NotFound (not one of both, no partnership, the SKU), Forbidden, Invalid.
// Publishes ItemReferred.
func (s *Service) Refer(ctx context.Context, actor access.Actor, r Reference) error {
	if err := access.Check(actor, access.ReferenceWrite, access.Resource{Owner: r.Supplier, Reseller: r.Partner}); err != nil {
		return err
	}
	r.BuyerItem, r.SKU = strings.TrimSpace(r.BuyerItem), strings.ToUpper(strings.TrimSpace(r.SKU))
	if r.BuyerItem == "" || len(r.BuyerItem) > 48 {
		return fault.InvalidField("buyer_item", "form.missing")
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if err := mustPair(ctx, actor, r.Supplier, r.Partner); err != nil {
			return err
		}
		ids, err := idsBySKU(ctx, r.Supplier, []string{r.SKU})
		if err != nil {
			return err
		}
		if err := putReference(ctx, r.Supplier, r.Partner, r.BuyerItem, ids[r.SKU]); err != nil {
			return err
		}
		if err := note(ctx, actor, "catalog.reference", string(ids[r.SKU])); err != nil {
			return err
		}
		told := "catalog.referred:" + r.Supplier + ":" + r.Partner
		if _, ok := db.Known[bool](ctx, told); ok {
			return nil
		}
		db.Know(ctx, told, nil, true)
		return s.publish(ctx, ItemReferred, Event{Supplier: r.Supplier, Reseller: r.Partner})
	})
}

// DropReference takes a cross reference away. Safe to repeat.
// Codes: NotFound (not one of both, no partnership), Forbidden.
func (s *Service) DropReference(ctx context.Context, actor access.Actor, supplier, partner, buyerItem string) error {
	if err := access.Check(actor, access.ReferenceWrite, access.Resource{Owner: supplier, Reseller: partner}); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if err := mustPair(ctx, actor, supplier, partner); err != nil {
			return err
		}
		gone, err := dropReference(ctx, supplier, partner, strings.TrimSpace(buyerItem))
		if err != nil || !gone {
			return err
		}
		return note(ctx, actor, "catalog.unreference", "")
	})
}

// References lists the cross references of a product by partner: the supplier sees
// those of all its partners, a partner its own.
// Codes: NotFound.
func (s *Service) References(ctx context.Context, actor access.Actor, id ID) ([]Reference, error) {
	scope, err := access.List(actor, access.CatalogRead)
	if err != nil {
		return nil, err
	}
	var out []Reference
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		sup, err := suppliers(ctx, scope)
		if err != nil {
			return err
		}
		row, err := productByID(ctx, keys(sup), id)
		if err != nil {
			return err
		}
		partner := ""
		if row.OrgID != actor.Org {
			partner = actor.Org
		}
		out, err = references(ctx, row.OrgID, partner, []ID{id})
		return err
	})
	return out, err
}

// mustPair answers NotFound unless both have a partnership: for the partner an
// active one, for the supplier in any state.
func mustPair(ctx context.Context, actor access.Actor, supplier, partner string) error {
	if actor.Org != supplier {
		return mustBuy(ctx, supplier, partner)
	}
	ok, err := sells(ctx, supplier, partner)
	if err == nil && !ok {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	return err
}

// Referred tells what numbers of a partner stand for: its number to the SKU; unknown
// ones are absent. The supplier may ask, and the partner itself.
// Codes: NotFound (not one of both, no partnership).
func (s *Service) Referred(ctx context.Context, actor access.Actor, supplier, partner string, items []string) (map[string]string, error) {
	if err := access.Check(actor, access.CatalogRead, access.Resource{Owner: supplier, Reseller: partner}); err != nil {
		return nil, err
	}
	out := map[string]string{}
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if err := mustPair(ctx, actor, supplier, partner); err != nil {
			return err
		}
		for part := range slices.Chunk(items, 3000) {
			if err := referred(ctx, supplier, partner, part, out); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// CountReferences says how many numbers of the reseller each of some partnerships has, up to
// most, by partnership and in one statement; what is not the actor's has no entry, nor has
// one in which its company buys and that is not active. Codes: NotFound, Forbidden.
func (s *Service) CountReferences(ctx context.Context, actor access.Actor, most int, partnerships ...string) (map[string]int, error) {
	scope, err := access.List(actor, access.CatalogRead)
	if err != nil {
		return nil, err
	}
	var out map[string]int
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		out, err = countReferences(ctx, scope, min(max(most, 1), 10_000), partnerships)
		return err
	})
	return out, err
}

// ReferencesOf lists the numbers of one partner by number, after one of them, for a
// file. Codes: NotFound (not one of both, no partnership).
func (s *Service) ReferencesOf(ctx context.Context, actor access.Actor, supplier, partner, after string, most int) ([]Reference, error) {
	if err := access.Check(actor, access.CatalogRead, access.Resource{Owner: supplier, Reseller: partner}); err != nil {
		return nil, err
	}
	var out []Reference
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if err := mustPair(ctx, actor, supplier, partner); err != nil {
			return err
		}
		var err error
		out, err = referencesAfter(ctx, supplier, partner, after, most)
		return err
	})
	return out, err
}
