package trade

import (
	"math/rand/v2"
	"testing"

	"entente/db/dbtest"
	"entente/prm/fault"
	"entente/prm/money"
)

// Whatever people do in whatever order, the quantities of a line obey the rules
// of the desk, and the state is what the quantities say. Random commands, right
// and wrong ones, with a fixed seed; a refused one changes nothing.
func TestQuantities(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	rnd := rand.New(rand.NewPCG(7, 7))
	states := map[State]int{}
	refused := 0
	for n := range 40 {
		r := b.receive(order("Q"+itoa(n), [3]string{"AUR-D18B", "10", "84"}, [3]string{"AUR-B50", "7.5", "31.2"}, [3]string{"AUR-H26", "1", "129"}))
		for range 14 {
			before := b.get(r.Order)
			q := func() money.Quantity { return money.Micro(rnd.IntN(24)) * money.One / 2 }
			line := func() int { return 1 + rnd.IntN(3) }
			var err error
			switch rnd.IntN(6) {
			case 0, 1:
				var cmd ConfirmCmd
				for range rnd.IntN(4) {
					cmd.Lines = append(cmd.Lines, ConfirmLine{Line: line(), Action: Actions[rnd.IntN(4)], Quantity: q()})
				}
				_, err = b.svc.Confirm(b.at(), b.ingrid, r.Order, cmd)
			case 2:
				var cmd ShipCmd
				if rnd.IntN(2) == 0 {
					cmd.Lines = []LineQuantity{{line(), q()}, {line(), q()}}
				}
				_, err = b.svc.Ship(b.at(), b.ingrid, r.Order, cmd)
			case 3:
				var cmd InvoiceCmd
				if rnd.IntN(2) == 0 {
					cmd.Lines = []InvoiceCmdLine{{Line: line(), Quantity: q()}}
				}
				_, err = b.svc.Invoice(b.at(), b.ingrid, r.Order, cmd)
			case 4:
				cmd := ReceiveCmd{Short: rnd.IntN(4) == 0}
				if rnd.IntN(2) == 0 {
					cmd.Lines = []LineQuantity{{line(), q()}}
				}
				_, err = b.svc.MarkReceived(b.at(), b.dan, r.Order, cmd)
			case 5:
				if rnd.IntN(4) == 0 {
					_, err = b.svc.Cancel(b.at(), b.dan, r.Order, 0, "")
				}
			}
			o := b.get(r.Order)
			if err != nil {
				refused++
				if c := fault.CodeOf(err); c != fault.Invalid && c != fault.Conflict {
					t.Fatalf("order %d: %v", n, err)
				}
				if o.Version != before.Version {
					t.Fatalf("a refused command changed order %d: %v", n, err)
				}
			}
			check(t, o)
			states[o.State]++
		}
	}
	for _, s := range []State{Received, Confirmed, PartlyConfirmed, Rejected, PartlyShipped, Shipped, Invoiced, Closed, Cancelled} {
		if states[s] == 0 {
			t.Errorf("the walk never came to %s: %v", s, states)
		}
	}
	if refused == 0 {
		t.Error("nothing was refused")
	}
}

// check says what must hold of any order.
func check(t *testing.T, o Detail) {
	t.Helper()
	shipped, received, invoiced := map[int]money.Quantity{}, map[int]money.Quantity{}, map[int]money.Quantity{}
	for _, s := range o.Shipments {
		for _, l := range s.Lines {
			shipped[l.Line] += l.Quantity
			received[l.Line] += l.Received
		}
	}
	net := int64(0)
	for _, i := range o.Invoices {
		sum := int64(0)
		for _, l := range i.Lines {
			invoiced[l.Line] += l.Quantity
			sum += l.Amount.Minor
		}
		if sum != i.Net.Minor || i.Net.Minor+i.Tax.Minor != i.Gross.Minor {
			t.Fatalf("invoice %s does not add up", i.Number)
		}
		net += sum
	}
	if net != o.InvoicedTotal.Minor {
		t.Fatalf("invoiced %d, the invoices say %d", o.InvoicedTotal.Minor, net)
	}
	differs := false
	for _, l := range o.Lines {
		if !l.holds() || l.Unanswered() < 0 {
			t.Fatalf("line %d: %+v", l.Number, l)
		}
		if l.Shipped != shipped[l.Number] || l.Received != received[l.Number] || l.Invoiced != invoiced[l.Number] {
			t.Fatalf("line %d: %+v, the documents say %v %v %v", l.Number, l, shipped[l.Number], received[l.Number], invoiced[l.Number])
		}
		if wrong := l.PriceWrong || l.QuantityWrong; !wrong && l.Difference.Minor != 0 {
			t.Fatalf("line %d differs by %s and matches", l.Number, l.Difference)
		} else if wrong {
			differs = true
		}
	}
	if differs != o.Differs {
		t.Fatalf("differs %v, lines say %v", o.Differs, differs)
	}
	if o.State != derive(o.Lines) {
		t.Fatalf("state %s, lines say %s", o.State, derive(o.Lines))
	}
	for _, r := range o.Responses {
		if len(r.Lines) == 0 {
			t.Fatal("an empty response")
		}
	}
}
