package trade

import (
	"slices"
	"testing"
	"time"

	"entente/db"
	"entente/edi/doc"
)

// TestWrittenNamesPromotion: an order that a person places carries the number of a
// promotion as one by EDI does, beside that of a registration.
func TestWrittenNamesPromotion(t *testing.T) {
	t.Parallel()
	ctx := db.WithNow(t.Context(), time.Date(2026, 12, 7, 9, 0, 0, 0, time.UTC))
	d := written(ctx, terms{Currency: "GBP", SupplierZone: "Europe/London"}, PlaceCmd{Number: "4500", Deal: "D-7", Promotion: "PR-2026-7K4F"}, nil)
	for _, want := range []doc.Ref{{Qualifier: "CT", Value: "D-7"}, {Qualifier: "PD", Value: "PR-2026-7K4F"}} {
		if !slices.Contains(d.Refs, want) {
			t.Errorf("no %v in %v", want, d.Refs)
		}
	}
	if got := promoNumber(deal(d.Refs)); got != "PR-2026-7K4F" {
		t.Errorf("judged by %q", got)
	}
}
