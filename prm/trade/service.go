package trade

import (
	"entente/db"
	"entente/prm/catalog"
	"entente/prm/location"
)

// Service is the order desk. Every method checks the actor first; an order that
// its company is not party to does not exist for it.
type Service struct {
	db     *db.DB
	cat    *catalog.Service
	events Publisher
	places *location.Service // nil: ship-to codes are not looked up
	agreed Agreed
}

// New makes the service. events may be nil in tests that do not look at them.
func New(d *db.DB, cat *catalog.Service, events Publisher) *Service {
	return &Service{db: d, cat: cat, events: events}
}
