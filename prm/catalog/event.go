package catalog

import (
	"context"

	"entente/db/job"
)

// Kinds of published events; one per partner that is told, so that each hears of its
// own alone. Object is the partnership.
const (
	PricesPublished = "catalog.PricesPublished"
	PricesWithdrawn = "catalog.PricesWithdrawn"
	StockTold       = "catalog.StockTold" // the partner is sent an inventory report
	StockReceived   = "catalog.StockReceived"
	ItemReferred    = "catalog.ItemReferred" // a partner's number stands for a product; once for all of a transaction
	eventVersion    = 1
)

// Kinds of document, for links from and to the gateway.
const (
	DocumentPriceList   = "price_list"
	DocumentStock       = "stock"
	DocumentStockReport = "stock_report"
)

// Event is the payload of all events of this package.
type Event struct {
	Supplier    string `json:"supplier"`
	Reseller    string `json:"reseller"`
	Partnership string `json:"partnership"`
	List        ListID `json:"list,omitempty"`
	Version     int    `json:"version,omitempty"`
	At          int64  `json:"at,omitempty"`  // of the stock, microseconds
	EDI         bool   `json:"edi,omitempty"` // the partner takes it by EDI
	Report      string `json:"report,omitempty"`
}

// Publisher takes events in the caller's transaction; *job.Jobs is one.
type Publisher interface {
	Publish(ctx context.Context, e job.Event) error
}

type quietKey struct{}

// Quiet marks work that makes demo data: it publishes nothing, and nobody is told.
func Quiet(ctx context.Context) context.Context { return context.WithValue(ctx, quietKey{}, true) }

func (s *Service) publish(ctx context.Context, kind string, e Event) error {
	if quiet, _ := ctx.Value(quietKey{}).(bool); s.events == nil || quiet {
		return nil
	}
	return s.events.Publish(ctx, job.Event{Kind: kind, Version: eventVersion, Orgs: []string{e.Supplier, e.Reseller}, Object: e.Partnership, Payload: e})
}
