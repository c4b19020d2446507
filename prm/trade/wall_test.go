package trade

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
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

// tables are those that a stranger's call may not change.
var tables = []string{"purchase_order", "order_line", "order_response", "order_response_line", "shipment", "shipment_line", "invoice", "invoice_line", "order_arrival", "order_change", "order_change_line", "trade_reply", "history", "counter", "event", "audit", "product", "price_list", "price_version", "price_entry"}

func state(t *testing.T, d *db.DB) string {
	t.Helper()
	var b strings.Builder
	err := d.View(context.Background(), func(ctx context.Context) error {
		for _, name := range tables {
			var rows []map[string]any
			if err := db.Tx(ctx).Table(name).Find(&rows).Error; err != nil {
				return err
			}
			lines := make([]string, len(rows))
			for i, r := range rows {
				lines[i] = fmt.Sprint(r) // keys come sorted
			}
			slices.Sort(lines)
			fmt.Fprintln(&b, name, lines)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A person of a competing company calls every exported method of the service
// about Kestrel's order: it does not exist, and nothing changes.
func TestStranger(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		r := b.receive(design())
		other := design()
		other.Lines[0].Quantity = "241"
		held := b.receive(other)
		resp, err := b.svc.Confirm(b.at(), b.ingrid, r.Order, ConfirmCmd{Lines: []ConfirmLine{{Line: 1, Action: Accept}, {Line: 2, Action: Accept}, {Line: 3, Action: Change, Quantity: money.Whole(300)}, {Line: 4, Action: Accept}, {Line: 5, Action: Accept}}})
		b.must(err)
		sent, err := b.svc.Ship(b.at(), b.ingrid, r.Order, ShipCmd{Lines: []LineQuantity{{1, money.Whole(10)}}})
		b.must(err)
		inv, err := b.svc.Invoice(b.at(), b.ingrid, r.Order, InvoiceCmd{})
		b.must(err)

		b.receive(small())
		booked := b.reply(ack("PO-1", []string{"10", "AUR-D18B", "100", "IA", "100"}))
		eq(t, "a reply", booked.Outcome, Booked)
		reply := b.reply(notice("ASN-9", design().Number, [3]string{"10", "AUR-D18B", "9999"})).Reply

		change := ChangeID(b.change(amend(small().Number, "W-1", [4]string{"10", "QD", "20", ""})).ID)
		decided := ChangeID(b.change(amend(small().Number, "W-2", [4]string{"20", "QD", "300", ""})).ID)
		answer, err := b.svc.AnswerChange(b.at(), b.ingrid, decided, AnswerCmd{Lines: []ChangeAnswer{{Position: 1, Refuse: true}}})
		b.must(err)

		stop, err := b.svc.Hold(b.at(), b.ingrid, r.Order, HoldCmd{Reason: "credit", Role: access.Finance, By: "2026-11-30"})
		b.must(err)

		ctx := b.at()
		s := b.svc
		place := PlaceCmd{Partnership: b.toKestrel, Lines: []PlaceLine{{SKU: "AUR-D18B", Quantity: money.Whole(1)}}}
		calls := map[string]func(a access.Actor) error{
			"ReceiveOrder": func(a access.Actor) error {
				return second(s.ReceiveOrder(ctx, a, b.incoming(order("9", [3]string{"AUR-D18B", "1", "84"}), db.NewID(), 1)))
			},
			"Quote": func(a access.Actor) error { return second(s.Quote(ctx, a, place)) },
			"Place": func(a access.Actor) error { return second(s.Place(ctx, a, place)) },
			"Resolve": func(a access.Actor) error {
				return second(s.Resolve(ctx, a, held.Arrival, ResolveCmd{Answer: AnswerNew}))
			},
			"Locate": func(a access.Actor) error {
				return second(s.Locate(ctx, a, r.Order, LocateCmd{New: location.Place{Name: "x"}}))
			},
			"RefuseLocation": func(a access.Actor) error { return second(s.RefuseLocation(ctx, a, r.Order, "")) },
			"Unplaced":       func(a access.Actor) error { return second(s.Unplaced(ctx, a, b.toKestrel)) },
			"Cancel":         func(a access.Actor) error { return second(s.Cancel(ctx, a, r.Order, 0, "")) },
			"Confirm":        func(a access.Actor) error { return second(s.Confirm(ctx, a, r.Order, ConfirmCmd{})) },
			"Agree":          func(a access.Actor) error { return s.Agree(ctx, a, resp) },
			"Ship":           func(a access.Actor) error { return second(s.Ship(ctx, a, r.Order, ShipCmd{})) },
			"MarkReceived":   func(a access.Actor) error { return second(s.MarkReceived(ctx, a, r.Order, ReceiveCmd{})) },
			"Invoice":        func(a access.Actor) error { return second(s.Invoice(ctx, a, r.Order, InvoiceCmd{})) },
			"Get":            func(a access.Actor) error { return second(s.Get(ctx, a, r.Order)) },
			"Head":           func(a access.Actor) error { return second(s.Head(ctx, a, r.Order)) },
			"Credit":         func(a access.Actor) error { return second(s.Credit(ctx, a, inv, CreditCmd{})) },
			"GetInvoice":     func(a access.Actor) error { return second(s.GetInvoice(ctx, a, inv)) },
			"PurchaseOrder":  func(a access.Actor) error { _, _, err := s.PurchaseOrder(ctx, a, r.Order); return err },
			"OrderAck":       func(a access.Actor) error { _, _, err := s.OrderAck(ctx, a, resp); return err },
			"ShipNotice":     func(a access.Actor) error { _, _, err := s.ShipNotice(ctx, a, sent); return err },
			"InvoiceDoc":     func(a access.Actor) error { _, _, err := s.InvoiceDoc(ctx, a, inv); return err },
			"ReceiveReply": func(a access.Actor) error {
				return second(s.ReceiveReply(ctx, a, IncomingReply{Ack: &doc.OrderAck{Number: design().Number}, Supplier: b.aurelia, Reseller: b.kestrel, Partnership: b.toKestrel}))
			},
			"AskChange": func(a access.Actor) error {
				return second(s.AskChange(ctx, a, r.Order, AskCmd{Lines: []AskLine{{Line: 1, Quantity: money.Whole(30)}}}))
			},
			"Collect": func(a access.Actor) error {
				return second(s.Collect(ctx, a, CollectCmd{Orders: []CollectOrder{{Order: r.Order}, {Order: r.Order}}}))
			},
			"Rehearse": func(a access.Actor) error {
				return second(s.Rehearse(ctx, a, CollectCmd{Orders: []CollectOrder{{Order: r.Order}, {Order: r.Order}}}))
			},
			"Unfit": func(a access.Actor) error {
				return second(s.Unfit(ctx, a, CollectCmd{Orders: []CollectOrder{{Order: r.Order}}}))
			},
			"WithdrawChange":  func(a access.Actor) error { return s.WithdrawChange(ctx, a, change) },
			"AnswerChange":    func(a access.Actor) error { return second(s.AnswerChange(ctx, a, change, AnswerCmd{})) },
			"GetChange":       func(a access.Actor) error { _, _, _, err := s.GetChange(ctx, a, change); return err },
			"ChangeAck":       func(a access.Actor) error { _, _, err := s.ChangeAck(ctx, a, answer); return err },
			"Body":            func(a access.Actor) error { return second(s.Body(ctx, a, r.Order)) },
			"Named":           func(a access.Actor) error { return second(s.Named(ctx, a, r.Order)) },
			"GetReply":        func(a access.Actor) error { return second(s.GetReply(ctx, a, reply)) },
			"ReplyOf":         func(a access.Actor) error { return second(s.ReplyOf(ctx, a, booked.ID)) },
			"RetryReply":      func(a access.Actor) error { return second(s.RetryReply(ctx, a, reply)) },
			"ReleaseReply":    func(a access.Actor) error { return second(s.ReleaseReply(ctx, a, reply, "x")) },
			"DiscardReply":    func(a access.Actor) error { return second(s.DiscardReply(ctx, a, reply, "x")) },
			"BookWaiting":     func(a access.Actor) error { return s.BookWaiting(ctx, a, r.Order) },
			"AnswerTime":      func(a access.Actor) error { return second(s.AnswerTime(ctx, a, b.toKestrel)) },
			"SetAnswerTime":   func(a access.Actor) error { return s.SetAnswerTime(ctx, a, b.toKestrel, 2) },
			"SetInterchange":  func(a access.Actor) error { return s.SetInterchange(ctx, a, DocumentInvoice, string(inv), "x") },
			"AdoptAnswerTime": func(a access.Actor) error { return s.AdoptAnswerTime(ctx, a, b.toKestrel, 2) },
			"TaxNumbers":      func(a access.Actor) error { _, _, err := s.TaxNumbers(ctx, a, b.toKestrel, b.now); return err },
			"Hold": func(a access.Actor) error {
				return second(s.Hold(ctx, a, r.Order, HoldCmd{Reason: "stock", Role: access.Manager, By: "2026-11-30"}))
			},
			"Release":       func(a access.Actor) error { return s.Release(ctx, a, stop) },
			"GetHold":       func(a access.Actor) error { return second(s.GetHold(ctx, a, stop)) },
			"Approved":      func(a access.Actor) error { return s.Approved(ctx, a, r.Order) },
			"Disapproved":   func(a access.Actor) error { return s.Disapproved(ctx, a, r.Order, "x") },
			"Returned":      func(a access.Actor) error { return s.Returned(ctx, a, r.Order, ReturnDeed{What: ReturnAsked}) },
			"BlanketClosed": func(a access.Actor) error { return s.BlanketClosed(ctx, a, r.Order) },
			"PricedFor":     func(a access.Actor) error { return second(s.PricedFor(ctx, a, b.toKestrel, "2026-11-16")) },
		}
		empty := map[string]func(a access.Actor) (int, error){
			"List": func(a access.Actor) (int, error) { p, err := s.List(ctx, a, Filter{}); return len(p.Items), err },
			"Counts": func(a access.Actor) (int, error) {
				c, err := s.Counts(ctx, a)
				return c.All + c.Waiting + c.Differs, err
			},
			"Some": func(a access.Actor) (int, error) { m, err := s.Some(ctx, a, r.Order, "none"); return len(m), err },
			"SomeInvoices": func(a access.Actor) (int, error) {
				p, err := s.Invoices(ctx, b.ingrid, InvoiceFilter{})
				if err != nil || len(p.Items) == 0 {
					return 0, errors.Join(err, errors.New("there is no invoice"))
				}
				m, err := s.SomeInvoices(ctx, a, p.Items[0].ID, "none")
				return len(m), err
			},
			"Waiting": func(a access.Actor) (int, error) { w, err := s.Waiting(ctx, a, 50); return len(w), err },
			"Summaries": func(a access.Actor) (int, error) {
				m, err := s.Summaries(ctx, a, []string{b.toKestrel, b.toBaltic})
				return len(m), err
			},
			"PricedBy": func(a access.Actor) (int, error) {
				used, err := s.PricedBy(ctx, a, catalog.ListID(b.aurelia+"-eur"), catalog.PriceVersion{Number: 1})
				if used {
					return 1, err
				}
				return 0, err
			},
			"LateAnswers": func(a access.Actor) (int, error) { l, n, err := s.LateAnswers(ctx, a, 50); return len(l) + n, err },
			"Backorders": func(a access.Actor) (int, error) {
				p, err := s.Backorders(ctx, a, BackorderFilter{Side: "supplier"})
				q, err2 := s.Backorders(ctx, a, BackorderFilter{Side: "reseller"})
				return len(p.Items) + len(q.Items), errors.Join(err, err2)
			},
			"Invoices": func(a access.Actor) (int, error) {
				p, err := s.Invoices(ctx, a, InvoiceFilter{})
				return len(p.Items), err
			},
			"Replies": func(a access.Actor) (int, error) { p, err := s.Replies(ctx, a, "", 50); return len(p.Items), err },
			"PromoOrders": func(a access.Actor) (int, error) {
				l, _, err := s.PromoOrders(ctx, a, b.kestrel, time.Time{}, "", 50)
				m, _, err2 := s.PromoOrders(ctx, a, "", time.Time{}, "", 1, r.Order)
				return len(l) + len(m), errors.Join(err, err2)
			},
			"ReadyPromoOrders": func(a access.Actor) (int, error) {
				n := 0
				err := d.View(ctx, func(ctx context.Context) error {
					err := s.ReadyPromoOrders(ctx, a, r.Order)
					if _, ok := db.Known[PromoOrder](ctx, promoKey(a.Org, r.Order)); ok {
						n++
					}
					return err
				})
				return n, err
			},
			"Orders": func(a access.Actor) (int, error) { m, err := s.Orders(ctx, a, []OrderID{r.Order}); return len(m), err },
			"Lines":  func(a access.Actor) (int, error) { m, err := s.Lines(ctx, a, []OrderID{r.Order}); return len(m), err },
		}
		for m := range reflect.TypeFor[*Service]().Methods() {
			if slices.Contains([]string{"AskWaiting", "Clocks", "Located", "Heed", "Promote", "KeepReturns", "KeepBlankets", "KeepQuotes", "Approve", "HoldClocks", "CheckFirst"}, m.Name) { // runs on a schedule and is asked by nobody
				continue
			}
			if calls[m.Name] == nil && empty[m.Name] == nil {
				t.Errorf("method %s is not called by a stranger", m.Name)
			}
		}
		before := state(t, d)
		for _, a := range []access.Actor{b.kaarel, access.System("x", b.baltic), {Person: db.NewID(), Org: db.NewID(), Roles: []access.Role{access.Admin}}} {
			for name, call := range calls {
				if err := call(a); fault.CodeOf(err) != fault.NotFound {
					t.Errorf("%s: %v", name, err)
				}
			}
			for name, call := range empty {
				if n, err := call(a); err != nil || n != 0 {
					t.Errorf("%s: %d, %v", name, n, err)
				}
			}
		}
		for name, call := range calls {
			if err := call(access.Actor{}); fault.CodeOf(err) != fault.Unauthenticated {
				t.Errorf("%s by nobody: %v", name, err)
			}
		}
		if after := state(t, d); after != before {
			t.Fatal("a stranger changed something")
		}
	})
}

// A viewer sees the order without any price; the roles without a right are
// refused, not deceived.
func TestViewer(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		r := b.receive(design())
		b.must(second(b.svc.Confirm(b.at(), b.ingrid, r.Order, ConfirmCmd{})))
		b.must(second(b.svc.Ship(b.at(), b.ingrid, r.Order, ShipCmd{})))
		b.must(second(b.svc.Invoice(b.at(), b.ingrid, r.Order, InvoiceCmd{Lines: []InvoiceCmdLine{{Line: 2, Price: b.micro("48.9")}}})))
		o, err := b.svc.Get(b.at(), b.eyes, r.Order)
		b.must(err)
		if !o.PricesHidden || !o.InvoicesHidden || len(o.Invoices) != 0 {
			t.Fatalf("viewer sees %+v", o.Order)
		}
		text := fmt.Sprintf("%+v", o)
		for _, secret := range []string{"84000000", "5272000", "48900000", "38400", "46500000"} {
			if strings.Contains(text, secret) {
				t.Errorf("a viewer reads %s", secret)
			}
		}
		cid := b.change(amend(design().Number, "V-1", [4]string{"20", "PC", "", "47.77"})).ID
		o, err = b.svc.Get(b.at(), b.eyes, r.Order)
		b.must(err)
		eq(t, "a change", len(o.Changes), 1)
		if strings.Contains(fmt.Sprintf("%+v", o), "477700") {
			t.Error("a viewer reads the price that is asked for")
		}
		_, _, _, err = b.svc.GetChange(b.at(), b.eyes, ChangeID(cid))
		b.want(err, fault.Forbidden, "")
		page, err := b.svc.List(b.at(), b.eyes, Filter{})
		b.must(err)
		eq(t, "total", page.Items[0].Total.Minor, 0)
		some, err := b.svc.Some(b.at(), b.eyes, r.Order, "none")
		b.must(err)
		if o, ok := some[r.Order]; len(some) != 1 || !ok || o.Total.Minor != 0 || !o.PricesHidden {
			t.Errorf("a viewer's card: %+v", some)
		}
		if some, err = b.svc.Some(b.at(), b.dan, r.Order); err != nil || some[r.Order].Total.Minor == 0 {
			t.Errorf("the buyer's card: %+v %v", some, err)
		}
		_, err = b.svc.SomeInvoices(b.at(), b.eyes, "none")
		b.want(err, fault.Forbidden, "")
		_, err = b.svc.Invoices(b.at(), b.eyes, InvoiceFilter{})
		b.want(err, fault.Forbidden, "")
		b.want(second(b.svc.Confirm(b.at(), b.eyes, r.Order, ConfirmCmd{})), fault.Forbidden, "")
		b.want(second(b.svc.Confirm(b.at(), b.dan, r.Order, ConfirmCmd{})), fault.Forbidden, "")
		b.want(second(b.svc.Ship(b.at(), b.dan, r.Order, ShipCmd{})), fault.Forbidden, "")
		b.want(second(b.svc.MarkReceived(b.at(), b.ingrid, r.Order, ReceiveCmd{})), fault.Forbidden, "")
		b.want(b.svc.SetInterchange(b.at(), b.ingrid, DocumentInvoice, "x", "y"), fault.NotFound, "")
		// Both sides read the same history.
		if got, want := o.History, b.get(r.Order).History; !reflect.DeepEqual(got, want) {
			t.Fatal("two histories")
		}
		// Ended: nothing new is booked, what stands is still read.
		b.must(d.InTx(b.at(), func(ctx context.Context) error {
			return db.Tx(ctx).Exec("UPDATE partnership SET state = 'suspended' WHERE id = ?", b.toKestrel).Error
		}))
		_, err = b.svc.ReceiveOrder(b.at(), b.gateway(), b.incoming(order("9", [3]string{"AUR-D18B", "1", "84"}), db.NewID(), 1))
		b.want(err, fault.Conflict, "partner.not_active")
		b.get(r.Order)
	})
}

// Views, search and paging, on both sides.
func TestList(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		var all []OrderID
		for i := range 7 {
			o := order("PO-"+itoa(100+i), [3]string{"AUR-D18B", "3", "84"})
			o.Lines[0].Description = "加急订单 drill"
			all = append(all, b.receive(o).Order)
		}
		r, err := b.svc.ReceiveOrder(b.at(), access.System("gateway", b.baltic), Incoming{Doc: func() doc.PurchaseOrder {
			o := order("PO-100", [3]string{"AUR-B50", "1", "37.44"})
			o.Currency = "EUR"
			return o
		}(), Supplier: b.aurelia, Reseller: b.baltic, Partnership: b.toBaltic})
		b.must(err)
		slices.Reverse(all)
		walk := func(a access.Actor, f Filter) []OrderID {
			t.Helper()
			var got []OrderID
			for {
				p, err := b.svc.List(b.at(), a, f)
				b.must(err)
				for _, o := range p.Items {
					got = append(got, o.ID)
				}
				if f.After = p.Next; f.After == "" {
					return got
				}
			}
		}
		if got := walk(b.dan, Filter{Limit: 3}); !slices.Equal(got, all) {
			t.Fatalf("pages of three: %v, want %v", got, all)
		}
		eq(t, "both partners", len(walk(b.ingrid, Filter{Limit: 3})), 8)
		eq(t, "one partner", len(walk(b.ingrid, Filter{Partner: b.baltic})), 1)
		eq(t, "a partner's partner", len(walk(b.dan, Filter{Partner: b.baltic})), 0)
		eq(t, "baltic's own", walk(b.kaarel, Filter{})[0], r.Order)
		for q, n := range map[string]int{"PO-103": 1, "AUR-D18B": 7, "订单": 7, "leeds": 8, "baltic": 1, `"*' OR 1`: 0, "": 8} {
			if got := len(walk(b.ingrid, Filter{Query: q, Limit: 2})); got != n {
				t.Errorf("search %q: %d, want %d", q, got, n)
			}
		}
		b.must(second(b.svc.Confirm(b.at(), b.ingrid, all[0], ConfirmCmd{})))
		b.must(second(b.svc.Ship(b.at(), b.ingrid, all[0], ShipCmd{Tracking: "JD77"})))
		b.must(second(b.svc.Invoice(b.at(), b.ingrid, all[0], InvoiceCmd{Lines: []InvoiceCmdLine{{Line: 1, Price: b.micro("90")}}})))
		c, err := b.svc.Counts(b.at(), b.ingrid)
		b.must(err)
		eq(t, "counts", c, Counts{All: 8, Waiting: 7, Open: 7, Differs: 1})
		c, err = b.svc.Counts(b.at(), b.dan)
		b.must(err)
		eq(t, "counts", c, Counts{All: 7, Waiting: 1, Open: 6, Differs: 1})
		for _, v := range Views {
			eq(t, "view "+string(v), len(walk(b.ingrid, Filter{View: v, Limit: 2})), map[View]int{ViewAll: 8, ViewWaiting: 7, ViewOpen: 7, ViewDiffers: 1}[v])
		}
		eq(t, "found by tracking", len(walk(b.dan, Filter{Query: "JD77"})), 1)
		eq(t, "found by invoice", len(walk(b.dan, Filter{Query: "INV-KESTREL-00001"})), 1)
		eq(t, "states", len(walk(b.ingrid, Filter{States: []State{Received, Differs}})), 8)
		items, err := b.svc.Waiting(b.at(), b.dan, 50)
		b.must(err)
		if len(items) != 2 || items[0].Kind != WaitDiffers || items[0].Difference.String() != "18.00" || items[1].Kind != WaitReceive {
			t.Fatalf("waiting %+v", items)
		}
		p, err := b.svc.Invoices(b.at(), b.dan, InvoiceFilter{State: InvoiceDiffers, Query: "inv-kes"})
		b.must(err)
		if len(p.Items) != 1 || p.Items[0].OrderNumber != "PO-106" || p.Items[0].Difference.String() != "18.00" {
			t.Fatalf("invoices %+v", p.Items)
		}
		_, err = b.svc.List(b.at(), b.dan, Filter{After: "nonsense"})
		b.want(err, fault.Invalid, "")
		// Numbers run per partnership: Baltic's first is its first.
		b.must(second(b.svc.Confirm(b.at(), b.ingrid, r.Order, ConfirmCmd{})))
		id, err := b.svc.Invoice(b.at(), b.ingrid, r.Order, InvoiceCmd{})
		b.must(err)
		inv, err := b.svc.GetInvoice(b.at(), b.kaarel, id)
		b.must(err)
		eq(t, "number", inv.Number, "INV-BALTIC-00001")
		eq(t, "tax", inv.TaxCategory, "G")
	})
}
