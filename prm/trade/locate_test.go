package trade

import (
	"context"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/location"
	"entente/prm/money"
)

// pact says for which codes of which partnerships a place is asked.
type pact map[string]bool

func (p pact) ChecksLocation(_ context.Context, partnership, _, code string) (bool, error) {
	return p[partnership] && code != "AGREED", nil
}

func (pact) PricedBy(context.Context, string) (string, string, error) { return "", "", nil }

func (pact) TaxNumbers(context.Context, string, time.Time) (string, string, error) {
	return "", "", nil
}

func (pact) FreeGoods(context.Context, string) (string, error) { return FreeAsOrdered, nil }

func (pact) TaxedBy(context.Context, string, time.Time) (string, bool, error) { return "", false, nil }

func (pact) FixesAnswerTime(context.Context, string) (bool, error) { return false, nil }

// spoken is a pact about prices and tax.
type spoken struct {
	pact
	date, basis  string
	ours, theirs string
	answers      bool
}

func (p spoken) PricedBy(context.Context, string) (string, string, error) {
	return p.date, p.basis, nil
}

func (p spoken) TaxNumbers(context.Context, string, time.Time) (string, string, error) {
	return p.ours, p.theirs, nil
}

func (p spoken) FixesAnswerTime(context.Context, string) (bool, error) { return p.answers, nil }

// What was agreed about prices goes before the price list's own word, and agreed tax
// numbers stand on the invoice.
func TestAgreedPrices(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		l, err := b.cat.CreateList(b.at(), b.ingrid, catalog.ListCmd{Name: "Special", Currency: "GBP", Partner: b.kestrel, Basis: catalog.ByOrderDate})
		b.must(err)
		for _, v := range [][2]string{{"2026-11-16", "80"}, {"2026-11-25", "70"}} {
			b.must(second(b.cat.BeginDraft(b.at(), b.ingrid, l.ID, catalog.DraftCmd{From: v[0]})))
			b.must(b.cat.ChangeDraft(b.at(), b.ingrid, l.ID, []catalog.PriceChange{{SKU: "AUR-D18B", Price: b.micro(v[1])}}))
			b.must(second(b.cat.Publish(b.at(), b.ingrid, l.ID, catalog.PublishCmd{})))
		}
		var first OrderID
		for i, c := range []struct {
			agreed spoken
			want   string
		}{{spoken{}, "80"}, {spoken{date: "requested"}, "70"}, {spoken{date: "order"}, "80"}, {spoken{date: "requested", basis: PriceList}, "84"}, {spoken{basis: PriceNet}, "80"}} {
			b.svc.Heed(nil, c.agreed)
			o := b.get(b.receive(order("P"+itoa(i), [3]string{"AUR-D18B", "1", c.want})).Order) // wanted on the 30th
			eq(t, "list price "+itoa(i), o.Lines[0].ListPrice, b.micro(c.want))
			eq(t, "marks", len(o.Lines[0].Marks), 0)
			if i == 0 {
				first = o.ID
			}
			q, err := b.svc.Quote(b.at(), b.dan, PlaceCmd{Partnership: b.toKestrel, RequestedOn: "2026-11-30", Lines: []PlaceLine{{SKU: "AUR-D18B", Quantity: money.Whole(1)}}})
			b.must(err)
			eq(t, "quoted", q[0].Price, b.micro(c.want))
		}
		b.svc.Heed(nil, spoken{ours: "GB 1", theirs: "GB 2", answers: true})
		id := b.receive(order("T1", [3]string{"AUR-D18B", "1", "80"})).Order
		b.must(second(b.svc.Confirm(b.at(), b.ingrid, id, ConfirmCmd{})))
		inv, err := b.svc.Invoice(b.at(), b.ingrid, id, InvoiceCmd{})
		b.must(err)
		made, _, err := b.svc.InvoiceDoc(b.at(), b.dan, inv)
		b.must(err)
		numbers := map[string]string{}
		for _, p := range made.Parties {
			for _, r := range p.Refs {
				numbers[p.Role] += r.Qualifier + " " + r.Value
			}
		}
		eq(t, "seller", numbers["SE"], "VX GB 1")
		eq(t, "buyer", numbers["BY"], "VX GB 2")
		b.want(b.svc.SetAnswerTime(b.at(), b.ingrid, b.toKestrel, 3), fault.Conflict, "agreement.propose_instead")
		b.want(b.svc.AdoptAnswerTime(b.at(), b.ingrid, b.toKestrel, 3), fault.Forbidden, "")
		b.must(b.svc.AdoptAnswerTime(b.at(), access.System("agreement", b.kestrel), b.toKestrel, 3))
		a, err := b.svc.AnswerTime(b.at(), b.dan, b.toKestrel)
		b.must(err)
		eq(t, "hours", a.Hours, 3)
		// the steps of a price stay as they were, whatever is published or agreed later
		for range 2 {
			o := b.get(first)
			steps := o.PriceSteps(o.Lines[0])
			eq(t, "steps", len(steps), 3)
			eq(t, "list", steps[0].Kind+" "+steps[0].Price.String(), catalog.StepList+" 84")
			eq(t, "partner", steps[1], PriceStep{Kind: catalog.StepPartner, List: string(l.ID), Version: 1, From: "2026-11-16", On: o.OrderedOn, Price: b.micro("80")})
			eq(t, "net", steps[2].Kind+" "+steps[2].Amount.String(), StepNet+" 80.00")
			o.PricesHidden = true
			eq(t, "hidden", len(o.PriceSteps(o.Lines[0])), 0)
			b.must(second(b.cat.BeginDraft(b.at(), b.ingrid, l.ID, catalog.DraftCmd{From: "2026-11-25"})))
			b.must(b.cat.ChangeDraft(b.at(), b.ingrid, l.ID, []catalog.PriceChange{{SKU: "AUR-D18B", Price: b.micro("60")}}))
			b.must(second(b.cat.Publish(b.at(), b.ingrid, l.ID, catalog.PublishCmd{})))
		}
	})
}

func (b *bench) places() *location.Service {
	s := location.New(b.db, b.events)
	b.svc.Heed(s, pact{b.toKestrel: true})
	return s
}

// to is an order of one line to a code.
func to(number, code string) doc.PurchaseOrder {
	d := order(number, [3]string{"AUR-D18B", "10", "84.00"})
	d.Parties = []doc.Party{{Role: "ST", IDQualifier: "92", ID: code}}
	return d
}

func (b *bench) count(kind string) int {
	n := 0
	for _, k := range b.events.kinds() {
		if k == kind {
			n++
		}
	}
	return n
}

// An order to a code that nobody knows is booked and held with its clock standing still;
// the supplier maps it once, and every order held for the same code goes on.
func TestUnknownLocation(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		places := b.places()
		in := b.incoming(to("L1", " ks-WKF1 "), db.NewID(), 1)
		in.Doc.Parties[0].IDQualifier = "92"
		r, err := b.svc.ReceiveOrder(b.at(), b.gateway(), in)
		b.must(err)
		eq(t, "outcome", r.Outcome, Booked)
		again, err := b.svc.ReceiveOrder(b.at(), b.gateway(), in)
		b.must(err)
		eq(t, "the same set again", again.Order, r.Order)
		eq(t, "told once", b.count(OrderHeld), 1)
		second1, third := b.receive(to("L2", "ks-WKF1")).Order, b.receive(to("L3", "KS-OTHER")).Order
		free := b.receive(order("L4", [3]string{"AUR-D18B", "1", "84.00"})).Order
		agreed := b.receive(to("L5", "AGREED")).Order
		eq(t, "no code", b.get(free).Held, "")
		eq(t, "the agreement knows it", b.get(agreed).Held, "")
		one := b.get(r.Order)
		eq(t, "held", one.Held, HeldLocation)
		eq(t, "state", one.State, Received)
		eq(t, "code", one.Place.Code.String(), "92:ks-WKF1")
		eq(t, "others", one.Place.Others, 1)
		if one.Clock.Paused.IsZero() {
			t.Error("the clock runs")
		}
		_, err = b.svc.Confirm(b.at(), b.ingrid, r.Order, ConfirmCmd{})
		b.want(err, fault.Conflict, "trade.location_unknown")
		items, err := b.svc.Waiting(b.at(), b.ingrid, 50)
		b.must(err)
		waits := map[string]int{}
		for _, i := range items {
			waits[i.Kind]++
		}
		eq(t, "waits for a place", waits[WaitPlace], 3)
		eq(t, "waits for an answer", waits[WaitConfirm], 2)

		place := location.Place{Name: "Kestrel Wakefield", City: "Wakefield", Number: "4711", GLN: "5012345000015"}
		_, err = b.svc.Locate(b.at(), b.dan, r.Order, LocateCmd{New: place})
		b.want(err, fault.Forbidden, "")
		_, err = b.svc.Locate(b.at(), b.kaarel, r.Order, LocateCmd{New: place})
		b.want(err, fault.NotFound, "")
		_, err = b.svc.Locate(b.at(), b.ingrid, r.Order, LocateCmd{New: location.Place{GLN: "5012345000016"}})
		b.want(err, fault.Invalid, "location.gln_wrong")
		n, err := b.svc.Locate(b.at(), b.ingrid, r.Order, LocateCmd{New: place})
		b.must(err)
		eq(t, "released", n, 2)
		eq(t, "told of both", b.count(OrderLocated), 2)
		for _, id := range []OrderID{r.Order, second1} {
			o := b.get(id)
			eq(t, "free", o.Held, "")
			eq(t, "ship to", o.ShipTo, "Kestrel Wakefield")
			if !o.Clock.Paused.IsZero() || o.Place != nil {
				t.Errorf("still held: %+v", o.Clock)
			}
		}
		eq(t, "another code", b.get(third).Held, HeldLocation)
		_, err = b.svc.Locate(b.at(), b.ingrid, r.Order, LocateCmd{New: place})
		b.want(err, fault.Conflict, "trade.not_held_for_place")
		b.must(second(b.svc.Confirm(b.at(), b.ingrid, r.Order, ConfirmCmd{})))

		// From now on the code is known, and so are the place's own number and its GLN.
		for i, p := range []doc.Party{{Role: "ST", ID: "ks-WKF1"}, {Role: "ST", IDQualifier: "91", ID: "4711"}, {Role: "ST", IDQualifier: "UL", ID: "5012345000015"}} {
			d := to("K"+itoa(i), "")
			d.Parties = []doc.Party{p}
			got := b.get(b.receive(d).Order)
			eq(t, "known "+p.ID, got.Held, "")
			eq(t, "its line", got.ShipTo, "Kestrel Wakefield")
		}
		// A known place is chosen for the other code; one of another partnership does not exist.
		list, _, err := places.List(b.at(), b.dan, b.toKestrel, location.Filter{})
		b.must(err)
		eq(t, "places", len(list), 1)
		other, err := places.Add(b.at(), b.ingrid, location.Place{Partnership: b.toBaltic, Name: "Tallinn"})
		b.must(err)
		_, err = b.svc.Locate(b.at(), b.ingrid, third, LocateCmd{Known: other.ID})
		b.want(err, fault.NotFound, "")
		b.must(second(b.svc.Locate(b.at(), b.ingrid, third, LocateCmd{Known: list[0].ID})))
		eq(t, "free", b.get(third).Held, "")
		// What was mapped elsewhere is released by the schedule.
		fourth := b.receive(to("L6", "KS-NEW")).Order
		b.must(second(places.Refer(b.at(), b.ingrid, list[0].ID, location.Code{Qualifier: "92", Code: "KS-NEW"})))
		for range 2 {
			b.must(b.svc.Located(b.at(), ""))
		}
		eq(t, "released", b.get(fourth).Held, "")
		eq(t, "told", b.count(OrderLocated), 4)
	})
}

// Refused, every line is answered as rejected; withdrawn by the buyer, nothing is held;
// a further document keeps its own hold.
func TestUnknownLocationRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		places := b.places()
		id := b.receive(to("R1", "X1")).Order
		_, err := b.svc.RefuseLocation(b.at(), b.dan, id, "")
		b.want(err, fault.Forbidden, "")
		_, err = b.svc.RefuseLocation(b.at(), b.kaarel, id, "")
		b.want(err, fault.NotFound, "")
		desk := access.Actor{Person: db.NewID(), Org: b.aurelia, Roles: []access.Role{access.EDI}, Via: "session:x"}
		_, err = b.svc.RefuseLocation(b.at(), desk, id, "")
		b.want(err, fault.Forbidden, "")
		b.must(second(b.svc.RefuseLocation(b.at(), b.ingrid, id, "")))
		o := b.get(id)
		eq(t, "state", o.State, Rejected)
		eq(t, "held", o.Held, "")
		eq(t, "answer", o.Responses[0].Kind, ResponseRejected)
		eq(t, "reason", o.Responses[0].Lines[0].Reason, "ship_to")
		_, err = b.svc.RefuseLocation(b.at(), b.ingrid, id, "")
		b.want(err, fault.Conflict, "trade.not_held_for_place")

		id = b.receive(to("R2", "X1")).Order
		b.must(second(b.svc.Cancel(b.at(), b.dan, id, 0, "")))
		o = b.get(id)
		eq(t, "withdrawn", o.State, Cancelled)
		eq(t, "held", o.Held, "")

		id = b.receive(to("R3", "X1")).Order
		other := to("R3", "X2")
		held := b.receive(other)
		eq(t, "held", b.get(id).Held, HeldDuplicate)
		b.must(second(b.svc.Resolve(b.at(), b.ingrid, held.Arrival, ResolveCmd{Answer: AnswerRefuse})))
		eq(t, "held again for its ship-to", b.get(id).Held, HeldLocation)
		other.Lines[0].Quantity = "11"
		held = b.receive(other)
		b.must(second(b.svc.Resolve(b.at(), b.ingrid, held.Arrival, ResolveCmd{Answer: AnswerReplace})))
		eq(t, "the ship-to of the new one", b.get(id).Place.Code.Code, "X2")
		p, err := places.Add(b.at(), desk, location.Place{Partnership: b.toKestrel, Name: "Two", Codes: []location.Code{{Qualifier: "92", Code: "X2"}}})
		b.must(err)
		b.must(b.svc.Located(b.at(), p.Partnership))
		eq(t, "free", b.get(id).Held, "")
	})
}

// An order that came in a file names its ship-to by address alone: it is held like one with a
// code that nobody knows, mapped once for every order to the same address, however written.
// An order straight to a customer, and one by EDI or by hand, is not.
func TestUnknownAddress(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		places := b.places()
		sent := func(number, name, city string, change func(*Incoming)) Detail {
			t.Helper()
			in := b.incoming(order(number, [3]string{"AUR-D18B", "10", "84.00"}), db.NewID(), 1)
			in.Doc.Parties = []doc.Party{{Role: "ST", Name: name, Address: []string{"1 Canal Road"}, Postcode: "LS1 4AB", City: city}}
			in.Uncoded = true
			if change != nil {
				change(&in)
			}
			r, err := b.svc.ReceiveOrder(b.at(), access.System("gateway", in.Reseller), in)
			b.must(err)
			return b.get(r.Order)
		}
		first := sent("F1", "Kestrel Leeds", "Leeds", nil)
		again := sent("F2", "KESTREL  Leeds", "leeds", nil)
		other := sent("F3", "Kestrel York", "York", nil)
		for _, x := range []Detail{first, again, other} {
			eq(t, "held", x.Held, HeldLocation)
		}
		eq(t, "address", first.Place.Code.Code, "kestrel leeds, 1 canal road, ls1 4ab, leeds")
		eq(t, "party", first.Place.Party.Name, "Kestrel Leeds")
		eq(t, "others", b.get(first.ID).Place.Others, 1)
		eq(t, "to a customer", sent("F4", "Jo Smith", "Hull", func(in *Incoming) { in.Doc.Type = KindDirect }).Held, "")
		eq(t, "by EDI", sent("F5", "Kestrel Leeds", "Leeds", func(in *Incoming) { in.Uncoded = false }).Held, "")
		eq(t, "not agreed", sent("F6", "Baltic", "Tallinn", func(in *Incoming) {
			in.Reseller, in.Partnership = b.baltic, b.toBaltic
		}).Held, "")
		placed := func(number, name string, file bool) Detail {
			t.Helper()
			r, err := b.svc.Place(b.at(), b.dan, PlaceCmd{Partnership: b.toKestrel, Number: number, File: file, ShipTo: doc.Party{Role: "ST", Name: name, City: "Ripon"}, Lines: []PlaceLine{{SKU: "AUR-D18B", Quantity: money.Whole(1)}}})
			b.must(err)
			return b.get(r.Order)
		}
		eq(t, "in a file of the pages", placed("F8", "Kestrel Ripon", true).Held, HeldLocation)
		eq(t, "typed", placed("F9", "Kestrel Ripon", false).Held, "")
		p, err := places.Add(b.at(), b.ingrid, location.Place{Partnership: b.toKestrel, Name: "Leeds hub", City: "Leeds"})
		b.must(err)
		n, err := b.svc.Locate(b.at(), b.ingrid, first.ID, LocateCmd{Known: p.ID})
		b.must(err)
		eq(t, "released", n, 2)
		eq(t, "later ones", sent("F7", "Kestrel Leeds", "LEEDS", nil).Held, "")
		b.must(second(b.svc.RefuseLocation(b.at(), b.ingrid, other.ID, "")))
		eq(t, "refused", b.get(other.ID).State, Rejected)
	})
}

func TestAddressCode(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("very long street name ", 6)
	a, b := location.AddressCode("A", long+"1"), location.AddressCode("A", long+"2")
	if a == b || len([]rune(a.Code)) > 80 || location.AddressCode(" ", "-").Code != "" || location.AddressCode("上海仓库", "浦东") != (location.Code{Qualifier: location.Address, Code: "上海仓库, 浦东"}) {
		t.Fatal(a, b)
	}
}

// taxed is a pact about tax.
type taxed struct {
	pact
	rounding string
	reverse  bool
}

func (p taxed) TaxedBy(context.Context, string, time.Time) (string, bool, error) {
	return p.rounding, p.reverse, nil
}

// The tax of an invoice is judged as the agreement says: off by a unit for each line, by
// nothing, or none at all where the reseller owes it.
func TestTaxIsJudgedAsAgreed(t *testing.T) {
	t.Parallel()
	amount := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "GBP"} }
	for _, c := range []struct {
		agreed Agreed
		tax    int64 // on 10.00 at 20 %
		marked bool
	}{
		{nil, 202, false}, {nil, 203, true}, {pact{}, 202, false}, {taxed{rounding: TaxByLine}, 202, false}, {taxed{rounding: TaxByLine}, 197, true},
		{taxed{rounding: TaxByRate}, 200, false}, {taxed{rounding: TaxByRate}, 201, true}, {taxed{reverse: true}, 200, true}, {taxed{reverse: true}, 0, false},
	} {
		s := &Service{agreed: c.agreed}
		tax, err := s.taxingOf(t.Context(), "p", 2)
		if err != nil {
			t.Fatal(err)
		}
		found := noteSums(nil, invoiceRow{Currency: "GBP"}, make([]invoiceLineRow, 2), []TaxRow{{Rate: 200_000, Basis: amount(1000), Amount: amount(c.tax)}}, tax, false)
		if marked := len(found) > 0; marked != c.marked {
			t.Errorf("%+v, tax %d: %v", c.agreed, c.tax, found)
		}
	}
}
