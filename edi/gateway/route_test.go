package gateway

import (
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
)

// Each company chooses for itself what it receives; a third one sees nothing.
func TestRoutes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.CheckModels(t, d, routeRow{})
		b := setup(t, d, Options{})
		b.connect()
		list, err := b.s.Routes(t.Context(), ingrid, withKestrel.ID)
		if err != nil || len(list) != 1 || list[0].Kind != "850" || list[0].Door != RouteUsual {
			t.Fatalf("%+v, %v", list, err)
		}
		if err := b.s.SetRoutes(t.Context(), ingrid, withKestrel.ID, []Route{{Kind: "850", Door: RouteOutbox, Syntax: SyntaxX12, Version: "004010"}}); err != nil {
			t.Fatal(err)
		}
		for _, r := range []Route{{Kind: "855", Door: RouteOutbox}, {Kind: "850", Door: "mail"}, {Kind: "850", Syntax: SyntaxX12, Version: "D:96A:UN"}} {
			if err := b.s.SetRoutes(t.Context(), ingrid, withKestrel.ID, []Route{r}); fault.CodeOf(err) != fault.Invalid {
				t.Errorf("%+v: %v", r, err)
			}
		}
		theirs, err := b.s.Routes(t.Context(), maya, withKestrel.ID)
		if err != nil || len(theirs) != 3 || theirs[0].Door != RouteUsual {
			t.Fatalf("%+v, %v", theirs, err)
		}
		got, err := b.s.RouteTo(t.Context(), access.System("edi", kestrel), withKestrel.ID, aurelia, "850")
		if err != nil || got.Door != RouteOutbox || got.Version != "004010" {
			t.Fatalf("%+v, %v", got, err)
		}
		if _, err := b.s.RouteTo(t.Context(), maya, withKestrel.ID, aurelia, "850"); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("a person: %v", err)
		}
		for _, err := range []error{second(b.s.Routes(t.Context(), kaarel, withKestrel.ID)), b.s.SetRoutes(t.Context(), kaarel, withKestrel.ID, nil), second(b.s.RouteTo(t.Context(), access.System("edi", baltic), withKestrel.ID, aurelia, "850"))} {
			if fault.CodeOf(err) != fault.NotFound {
				t.Errorf("a stranger: %v", err)
			}
		}
	})
}

// connect makes the row of the partnership with Kestrel, which routes refer to.
func (b *bench) connect() {
	b.Helper()
	b.exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', 'GBP', 0, 0, 1, 1, '')", withKestrel.ID, aurelia, kestrel)
}

// The receiver's outbox, where it chose that, is where a document goes however it comes to
// be let go: when it is made, when its direction goes live, when the network that it
// waited for is none any more, and when its sender held it.
func TestTheChosenOutboxIsKept(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect()
		b.s.Carry(&taken{})
		emit := func(number string) string {
			e, err := b.emit(Outgoing{Partnership: withKestrel.ID, From: aurelia, Supplier: aurelia, Reseller: kestrel, Sender: idAurelia, Receiver: idKestrel, Kind: "855", Doc: ackOf(number), DocumentKind: "order_response", DocumentID: db.NewID(), Number: number})
			if err != nil {
				t.Fatal(err)
			}
			return e.ID
		}
		delivery := func(id string) string { return b.get(ingrid, id).Delivery }
		let := func(id string) string {
			t.Helper()
			if err := b.s.Release(t.Context(), ingrid, id); err != nil {
				t.Fatal(err)
			}
			return delivery(id)
		}
		hold := func(why, number string) string {
			id := emit(number)
			b.exec("UPDATE interchange SET delivery = 'held', held = ? WHERE id = ?", why, id)
			return id
		}
		b.want("nothing chosen", delivery(emit("R-1")), DeliverySending)
		b.want("nothing chosen, released", let(hold(HeldNotLive, "R-2")), DeliverySending)
		if err := b.s.SetRoutes(t.Context(), maya, withKestrel.ID, []Route{{Kind: "855", Door: RouteOutbox}}); err != nil {
			t.Fatal(err)
		}
		b.want("made", delivery(emit("R-3")), DeliveryWaiting)
		for _, why := range []string{HeldNotLive, HeldNoAccount, ""} {
			b.want("held for "+why, let(hold(why, "R-4"+why)), DeliveryWaiting)
		}
	})
}

func second[T any](_ T, err error) error { return err }
