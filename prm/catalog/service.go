package catalog

import (
	"context"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// Service is the catalogue. Every method checks the actor first; what it may not
// see does not exist for it.
type Service struct{ db *db.DB }

// New makes the service on d.
func New(d *db.DB) *Service { return &Service{db: d} }

var errSoon = fault.New(fault.Unavailable, "error.unavailable")

// Put adds products of the actor's company or changes those with the same SKU;
// packs are replaced. Codes: Invalid, Forbidden.
func (s *Service) Put(ctx context.Context, actor access.Actor, ps ...Product) error { return errSoon }

// SetPrices adds or replaces list prices: by product SKU. Codes: Invalid, NotFound.
func (s *Service) SetPrices(ctx context.Context, actor access.Actor, prices map[string][]ListPrice) error {
	return errSoon
}

// SetReference records what a partner of the actor's company calls a product.
func (s *Service) SetReference(ctx context.Context, actor access.Actor, partner, buyerItem, sku string) error {
	return errSoon
}

// Resolve finds the products an order line of the partner may mean. The answer
// has the order of keys.
func (s *Service) Resolve(ctx context.Context, actor access.Actor, supplier, partner string, keys []ItemKey) ([]Item, error) {
	return nil, errSoon
}

// PricesOn returns the supplier's list prices valid on a civil date, by product
// id; products without one are missing.
func (s *Service) PricesOn(ctx context.Context, actor access.Actor, supplier, partner string, c money.Currency, on string, ids []ID) (map[ID]money.Price, error) {
	return nil, errSoon
}

// List returns the products the actor may see, by SKU. Codes: Forbidden.
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) (Page, error) {
	return Page{}, errSoon
}

// Get returns one product of a supplier by SKU. Codes: NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, supplier, sku string) (Entry, error) {
	return Entry{}, errSoon
}
