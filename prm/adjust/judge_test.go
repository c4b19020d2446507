package adjust

import (
	"fmt"
	"testing"

	"entente/prm/fund"
	"entente/prm/money"
	"entente/prm/promo"
)

func gbp(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "GBP"} }

// orders is a bill-back by the date of the order: 10 drills at 4.00 in two orders, of which
// one unit was claimed before; 30 were invoiced, so 20 are over what was agreed.
func orders() promo.Basis {
	return promo.Basis{
		Terms: promo.Terms{SKUs: []string{"AUR-D18B", "AUR-B50"}, Families: []string{"power"}, By: promo.ByOrder, Settle: promo.BillBack, From: "2026-11-01", Until: "2026-11-30"}, Currency: "GBP", Left: 100_00,
		Lots:    []promo.Lot{{Document: "o1", Line: 1, SKU: "AUR-D18B", Allowance: 4_000_000, Earned: 16_00}, {Document: "o2", Line: 3, SKU: "AUR-D18B", Allowance: 4_000_000, Earned: 24_00}},
		Seen:    map[string]money.Quantity{"AUR-D18B": money.Whole(30)},
		Claimed: []fund.Claimed{{Order: "o1", Line: 1, Asked: gbp(4_00)}},
	}
}

// steps is a bill-back with steps of all of a window, 5 % from 20 units and 10 % from 60, of
// which a company has been invoiced some, at 84.00 each.
func steps(units int64) promo.Basis {
	b := orders()
	b.Terms.Kind, b.Terms.Cumulative = promo.Tiers, true
	b.Terms.Tiers = []promo.Tier{{From: money.Whole(20), Percent: money.One / 20}, {From: money.Whole(60), Percent: money.One / 10}}
	b.Lots, b.Claimed, b.Left = nil, nil, 10_000_00
	b.Seen = map[string]money.Quantity{"AUR-D18B": money.Whole(units)}
	b.Counts = b.Seen
	b.Volume = &promo.Volume{Volume: money.Whole(units)}
	switch {
	case units < 20:
		b.Volume.Next = &promo.NextStep{From: money.Whole(20), Missing: money.Whole(20 - units), Step: money.One / 20}
		return b
	case units < 60:
		b.Volume.Step = money.One / 20
		b.Volume.Next = &promo.NextStep{From: money.Whole(60), Missing: money.Whole(60 - units), Step: money.One / 10}
	default:
		b.Volume.Step = money.One / 10
	}
	each := money.Price(84 * int64(b.Volume.Step))
	b.Lots = []promo.Lot{{Document: "o1", Line: 1, SKU: "AUR-D18B", Allowance: each, Quantity: money.Whole(units), Earned: units * int64(each) / 10_000}}
	return b
}

// Steps of all of a window: what is not reached yet is waited for by its name, to a day after
// the window; in the end what the step that holds gives is granted.
func TestJudgeSteps(t *testing.T) {
	t.Parallel()
	drills := func(n, asked int64) line { return line{sku: "AUR-D18B", quantity: money.Whole(n), asked: gbp(asked)} }
	claimed := steps(40)
	claimed.Claimed = []fund.Claimed{{Order: "o1", Line: 1, Asked: gbp(168_00)}}
	for name, c := range map[string]struct {
		basis promo.Basis
		last  bool
		line  line
		want  string
	}{
		"below the first":             {steps(10), false, drills(10, 42_00), "pending below_step 0.00 evidence:step 20 10 2026-12-30"},
		"below the first at last":     {steps(10), true, drills(10, 42_00), "rejected below_step 0.00  "},
		"below, not all of it seen":   {steps(10), false, drills(12, 50_40), "pending no_proof 0.00 evidence:invoices 2026-12-20"},
		"below, of an unseen product": {steps(10), false, line{sku: "AUR-B50", quantity: money.Whole(1), asked: gbp(1_00)}, "pending no_proof 0.00 evidence:invoices 2026-12-20"},
		"at the step":                 {steps(40), false, drills(40, 168_00), "accepted  0.00  "},
		"at the next rate":            {steps(40), false, drills(40, 336_00), "pending below_step 0.00 evidence:step 60 20 2026-12-30"},
		"at the next rate at last":    {steps(40), true, drills(40, 336_00), "changed below_step 168.00  "},
		"above every rate":            {steps(40), false, drills(40, 337_00), "changed wrong_price 168.00  "},
		"without a quantity":          {steps(40), false, line{sku: "AUR-D18B", asked: gbp(336_00)}, "pending below_step 0.00 evidence:step 60 20 2026-12-30"},
		"claimed once more":           {claimed, false, drills(40, 168_00), "pending no_proof 0.00 evidence:invoices 2026-12-20"},
		"the last step":               {steps(60), false, drills(60, 504_00), "accepted  0.00  "},
		"above the last step":         {steps(60), false, drills(60, 600_00), "changed wrong_price 504.00  "},
	} {
		v := newJudgement(c.basis, "2026-11-20", c.last).verdict(c.line)
		if got := fmt.Sprint(v.Verdict, " ", v.Reason, " ", v.Amount, " ", v.Missing, " ", v.Due); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	after := newJudgement(steps(10), "2027-01-10", false).verdict(drills(10, 42_00)) // and always long enough
	if after.Due != "2027-02-09" {
		t.Errorf("%+v", after)
	}
}

// The proof that the terms ask for: nothing is granted without it, and what else lacks is
// named beside it.
func TestJudgeProof(t *testing.T) {
	t.Parallel()
	asks := func(b promo.Basis) promo.Basis { b.Terms.Proof = []string{"Photo", "Price tag; front"}; return b }
	for name, c := range map[string]struct {
		basis promo.Basis
		last  bool
		line  line
		want  string
	}{
		"shown":      {asks(orders()), false, line{sku: "AUR-D18B", quantity: money.Whole(4), asked: gbp(16_00)}, "pending no_proof 0.00 evidence:proof;Photo, Price tag; front 2026-12-20 []"},
		"dear":       {asks(orders()), false, line{sku: "AUR-D18B", quantity: money.Whole(2), asked: gbp(9_00)}, "pending no_proof 0.00 evidence:proof;Photo, Price tag; front 2026-12-20 []"},
		"not shown":  {asks(orders()), false, line{sku: "AUR-B50", quantity: money.Whole(1), asked: gbp(1_00)}, "pending no_proof 0.00 evidence:invoices;Photo, Price tag; front 2026-12-20 []"},
		"below step": {asks(steps(10)), false, line{sku: "AUR-D18B", quantity: money.Whole(10), asked: gbp(42_00)}, "pending below_step 0.00 evidence:step 20 10;Photo, Price tag; front 2026-12-30 []"},
		"at last":    {asks(orders()), true, line{sku: "AUR-D18B", quantity: money.Whole(4), asked: gbp(16_00)}, "rejected no_proof 0.00   []"},
		"early":      {asks(orders()), false, line{sku: "AUR-D18B", on: "2026-10-31", asked: gbp(1_00)}, "rejected wrong_window 0.00   []"},
	} {
		j := newJudgement(c.basis, "2026-11-20", c.last)
		v := j.verdict(c.line)
		if got := fmt.Sprint(v.Verdict, " ", v.Reason, " ", v.Amount, " ", v.Missing, " ", v.Due, " ", v.Parts); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if n := newJudgement(c.basis, "2026-11-20", c.last); j.whole != n.whole || fmt.Sprint(j.left) != fmt.Sprint(n.left) {
			t.Errorf("%s: it took something", name)
		}
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	less := orders()
	less.Left = 5_00
	back := orders()
	back.Lots = append(back.Lots, promo.Lot{Document: "r1", Line: 1, SKU: "AUR-D18B", Allowance: 4_000_000, Earned: -20_00})
	for name, c := range map[string]struct {
		basis promo.Basis
		last  bool
		today string
		line  line
		want  string
	}{
		"oldest first":           {orders(), false, "", line{sku: "AUR-D18B", quantity: money.Whole(4), asked: gbp(16_00)}, "accepted  0.00 [{o1 1 1200} {o2 3 400}]"},
		"price":                  {orders(), false, "", line{sku: "AUR-D18B", quantity: money.Whole(2), asked: gbp(9_00)}, "changed wrong_price 8.00 [{o1 1 800}]"},
		"less than agreed":       {orders(), false, "", line{sku: "AUR-D18B", quantity: money.Whole(4), asked: gbp(1_00)}, "accepted  0.00 [{o1 1 100}]"},
		"no quantity":            {orders(), false, "", line{sku: "AUR-D18B", asked: gbp(36_00)}, "accepted  0.00 [{o1 1 1200} {o2 3 2400}]"},
		"over the limit":         {orders(), false, "", line{sku: "AUR-D18B", quantity: money.Whole(12), asked: gbp(48_00)}, "changed over_quantity 36.00 [{o1 1 1200} {o2 3 2400}]"},
		"more than was seen":     {orders(), false, "", line{sku: "AUR-D18B", quantity: money.Whole(40), asked: gbp(160_00)}, "pending no_proof 0.00 []"},
		"dear and not seen":      {orders(), false, "", line{sku: "AUR-D18B", quantity: money.Whole(40), asked: gbp(900_00)}, "pending no_proof 0.00 []"},
		"at last what is there":  {orders(), true, "", line{sku: "AUR-D18B", quantity: money.Whole(40), asked: gbp(160_00)}, "changed over_quantity 36.00 [{o1 1 1200} {o2 3 2400}]"},
		"nothing seen":           {orders(), false, "", line{sku: "AUR-B50", quantity: money.Whole(1), asked: gbp(1_00)}, "pending no_proof 0.00 []"},
		"nothing seen at last":   {orders(), true, "", line{sku: "AUR-B50", quantity: money.Whole(1), asked: gbp(1_00)}, "rejected no_proof 0.00 []"},
		"no more than the money": {less, true, "", line{sku: "AUR-D18B", quantity: money.Whole(4), asked: gbp(16_00)}, "changed over_quantity 5.00 [{o1 1 500}]"},
		"returns come off":       {back, false, "", line{sku: "AUR-D18B", quantity: money.Whole(9), asked: gbp(36_00)}, "changed return 16.00 [{o1 1 1200} {o2 3 400}]"},
		"of a family":            {orders(), false, "", line{sku: "AUR-G125", family: "power", asked: gbp(1_00)}, "pending no_proof 0.00 []"},
		"another product":        {orders(), false, "", line{sku: "AUR-X", family: "garden", asked: gbp(1_00)}, "rejected wrong_product 0.00 []"},
		"early":                  {orders(), false, "", line{sku: "AUR-D18B", on: "2026-10-31", asked: gbp(1_00)}, "rejected wrong_window 0.00 []"},
		"invoiced afterwards":    {orders(), false, "", line{sku: "AUR-D18B", on: "2026-12-05", asked: gbp(4_00)}, "accepted  0.00 [{o1 1 400}]"},
		"late":                   {orders(), false, "2027-03-01", line{sku: "AUR-D18B", asked: gbp(4_00)}, "rejected late 0.00 []"},
		"in time":                {orders(), false, "2027-02-28", line{sku: "AUR-D18B", asked: gbp(4_00)}, "accepted  0.00 [{o1 1 400}]"},
		"currency":               {orders(), false, "", line{sku: "AUR-D18B", asked: money.Amount{Minor: 4_00, Currency: "EUR"}}, "rejected currency 0.00 []"},
		"odd unit":               {orders(), false, "", line{sku: "AUR-D18B", odd: true, asked: gbp(4_00)}, "rejected unit 0.00 []"},
		"nothing asked":          {orders(), false, "", line{sku: "AUR-D18B", quantity: money.Whole(1), asked: gbp(0)}, "rejected wrong_price 0.00 []"},
		"return":                 {orders(), false, "", line{sku: "AUR-D18B", back: true, asked: gbp(4_00)}, "rejected return 0.00 []"},
	} {
		today := c.today
		if today == "" {
			today = "2026-11-20"
		}
		v := newJudgement(c.basis, today, c.last).verdict(c.line)
		if got := fmt.Sprint(v.Verdict, " ", v.Reason, " ", v.Amount, " ", v.Parts); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	// what one line takes is not there for the next, and one that waits takes nothing
	j := newJudgement(orders(), "2026-11-20", false)
	for i, want := range []string{"accepted", "pending", "accepted", "rejected"} {
		l := []line{{sku: "AUR-D18B", asked: gbp(30_00)}, {sku: "AUR-D18B", asked: gbp(500_00)}, {sku: "AUR-D18B", asked: gbp(6_00)}, {sku: "AUR-D18B", quantity: money.Whole(1), asked: gbp(4_00)}}[i]
		if v := j.verdict(l); v.Verdict != want {
			t.Errorf("line %d: %+v, want %s", i+1, v, want)
		}
	}
}

// A claim under a request for market development is judged by its days and what is left;
// the proof it asks for is added on the pages.
func TestJudgeActivity(t *testing.T) {
	t.Parallel()
	of := fund.Request{State: fund.ReqExecuted, From: "2026-11-18", Until: "2026-11-20", ClaimBy: "2026-12-20", Asked: gbp(0), Left: gbp(100_00)}
	lines := []line{{position: 1, on: "2026-11-18", asked: gbp(60_00)}, {position: 2, on: "2026-11-21", asked: gbp(10_00)}, {position: 3, on: "2026-11-19", asked: gbp(60_00)}, {position: 4, on: "2026-11-19", asked: gbp(1_00)}}
	say := func(vs []fund.Verdict) (out []string) {
		for _, v := range vs {
			out = append(out, fmt.Sprint(v.Verdict, " ", v.Reason, " ", v.Amount, " ", v.Missing, " ", v.Due))
		}
		return out
	}
	same(t, say(activity(of, lines, "2026-11-22")), []string{"accepted  0.00  ", "rejected wrong_window 0.00  ", "changed over_quantity 40.00  ", "rejected over_quantity 0.00  "})
	of.Proof = []string{"Photo", "Invoice copy"}
	same(t, say(activity(of, lines[:2], "2026-11-22")), []string{"pending no_proof 0.00 Photo, Invoice copy 2026-12-20", "rejected wrong_window 0.00  "})
	same(t, say(activity(of, lines[:1], "2026-12-21")), []string{"rejected late 0.00  "})
	for _, st := range []fund.RequestState{fund.ReqApproved, fund.ReqCommitted, fund.ReqCancelled} {
		of.State = st // not taken by its partner yet, not begun, given up
		for _, today := range []string{"2026-11-10", "2026-11-19"} {
			same(t, say(activity(of, lines[:1], today)), []string{"rejected not_eligible 0.00  "})
		}
	}
}
