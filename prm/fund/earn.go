package fund

import (
	"context"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// Rule says what partners of an earned programme earn on the net of what is invoiced to
// them: every partner that has a part of the programme, at the same rate, or at that of
// the step which it has reached by what it bought in the period.
type Rule struct {
	ID    string
	Rate  money.Rate // of the net after allowances; 0 with Tiers
	Tiers []Step
	Reach string // with Tiers: what a step holds for
	// CloseDays is how many days after Until a period with Tiers is closed: documents of it
	// that come later are trued up when they come.
	CloseDays int
	SKUs      []string // with no Families either: everything
	// Families of the catalogue: what belongs to them when it is invoiced or, with Fixed, what
	// did when the rule was made (Within).
	Families []string
	Fixed    bool
	Within   []string
	From     string // civil dates of the invoice, both inside
	Until    string
	Days     int // after which a lot lapses
	Made     time.Time
	MadeBy   string
	Ended    time.Time
	Program  ProgramID
}

// mostWithin bounds how many products a rule lists of its families.
const mostWithin = 3000

// ruleCovers says which items of an invoice a rule is about.
func ruleCovers(ctx context.Context, rule ruleRow, lines []trade.InvoiceLine) (func(sku string) bool, error) {
	skus, families, within := db.FromText[[]string](rule.SKUs), db.FromText[[]string](rule.Families), db.FromText[[]string](rule.Within)
	if len(skus)+len(families) == 0 {
		return func(string) bool { return true }, nil
	}
	in := map[string]bool{}
	for _, s := range slices.Concat(skus, within) {
		in[s] = true
	}
	if len(families) > 0 && rule.Fixed == 0 {
		var all []string
		for _, l := range lines {
			all = append(all, l.SKU)
		}
		for part := range slices.Chunk(all, 500) {
			some, err := catalog.OfFamilies(ctx, rule.OwnerID, families, part)
			if err != nil {
				return nil, err
			}
			for _, s := range some {
				in[strings.ToUpper(s)] = true
			}
		}
	}
	return func(sku string) bool { return in[strings.ToUpper(sku)] }, nil
}

// Lot is what one line of an invoice earned.
type Lot struct {
	Invoice string // its number
	SKU     string
	Net     money.Amount
	Rate    money.Rate
	Earned  money.Amount
	Left    money.Amount
	On      string
	Lapses  string
}

// AddRule adds a rule to an earned programme. It holds for invoices that come from now on.
// Codes: NotFound, Forbidden, Invalid (by field), Conflict (it is not an earned one).
func (s *Service) AddRule(ctx context.Context, actor access.Actor, id ProgramID, x Rule) (Rule, error) {
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, err := s.own(ctx, actor, id)
		if err != nil {
			return err
		}
		if r.Kind != KindEarned {
			return fault.New(fault.Conflict, "fund.not_earned")
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		if len(x.Tiers) > 0 {
			x.Rate = 0
			x.checkSteps(bad)
		} else if x.Reach, x.CloseDays = "", 0; x.Rate <= 0 || x.Rate > money.One {
			bad.With("rate", "fund.share_range")
		}
		if !civil(x.From) {
			bad.With("from", "form.date")
		}
		if !civil(x.Until) || x.Until < x.From {
			bad.With("until", "fund.window")
		}
		if x.Days < 1 || x.Days > 1830 {
			bad.With("days", "fund.days")
		}
		for i := range x.SKUs {
			x.SKUs[i] = strings.ToUpper(x.SKUs[i])
		}
		if x.SKUs = items(x.SKUs); len(x.SKUs) > 500 {
			bad.With("skus", "form.too_long", "Most", 500)
		}
		if x.Families = items(x.Families); len(x.Families) > 100 {
			bad.With("families", "form.too_long", "Most", 100)
		}
		x.Within = nil
		if x.Fixed = x.Fixed && len(x.Families) > 0; x.Fixed {
			if x.Within, err = catalog.InFamilies(ctx, r.OwnerID, x.Families, mostWithin); err != nil {
				return err
			}
			switch n := len(x.Within); {
			case n == 0:
				bad.With("families", "fund.family_empty")
			case n > mostWithin:
				bad.With("families", "fund.family_large", "Most", mostWithin)
			}
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		x.ID, x.Made, x.MadeBy, x.Program = db.NewID(), db.Now(ctx), actor.Person, id
		tiers := ""
		if len(x.Tiers) > 0 {
			tiers = db.Text(x.Tiers)
		}
		if err := insertRule(ctx, ruleRow{Families: words(x.Families), Fixed: db.Flag(x.Fixed), Within: words(x.Within), Tiers: tiers, Reach: x.Reach, CloseDays: int64(x.CloseDays), ID: x.ID, ProgramID: r.ID, OwnerID: r.OwnerID, Rate: int64(x.Rate), SKUs: words(x.SKUs), FromOn: x.From, UntilOn: x.Until, Days: int64(x.Days), Made: db.Micros(x.Made), MadeBy: actor.Person}); err != nil {
			return err
		}
		return note(ctx, actor, "fund.rule", "fund", r.ID)
	})
	return x, err
}

// EndRule ends a rule; what it earned stays. Safe to repeat.
// Codes: NotFound, Forbidden.
func (s *Service) EndRule(ctx context.Context, actor access.Actor, id ProgramID, rule string) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		r, err := s.own(ctx, actor, id)
		if err != nil {
			return err
		}
		if err := endRule(ctx, r.ID, rule); err != nil {
			return err
		}
		return note(ctx, actor, "fund.rule_end", "fund", r.ID)
	})
}

// Invoiced lets a partner earn by an invoice, or takes back for a credit what its invoice
// had earned, at the rate at which it was earned. Safe to repeat: a line of an invoice
// makes one lot per rule, a line of a credit is taken back once. The actor is the system
// acting for the supplier. Codes: NotFound, Forbidden.
func (s *Service) Invoiced(ctx context.Context, actor access.Actor, inv trade.Invoice) error {
	if err := access.Check(actor, access.FundWrite, access.Own(actor.Org)); err != nil {
		return err
	}
	if inv.Supplier != actor.Org {
		return notFound()
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		if inv.Kind == trade.InvoiceCredit {
			if err := s.takeBack(ctx, actor, inv); err != nil || inv.CreditOf == "" {
				return err
			}
			rules, err := steppedRules(ctx, inv.Supplier, inv.Reseller, string(inv.Currency))
			if err != nil {
				return err
			}
			for _, rule := range rules {
				if err := s.follow(ctx, actor, rule, inv); err != nil {
					return err
				}
			}
			return nil
		}
		rules, err := rulesFor(ctx, inv.Supplier, inv.Reseller, string(inv.Currency), inv.IssuedOn)
		if err != nil {
			return err
		}
		for _, rule := range rules {
			do := s.earn
			if rule.Tiers != "" {
				do = s.follow
			}
			if err := do(ctx, actor, rule, inv); err != nil {
				return err
			}
		}
		return nil
	})
}

// Earns says whether anybody may earn by what the actor's company invoices at an instant,
// so that an invoice is not read for nothing. Its date may be up to a month ahead.
// Codes: NotFound, Forbidden.
func (s *Service) Earns(ctx context.Context, actor access.Actor, at time.Time) (bool, error) {
	if err := access.Check(actor, access.FundWrite, access.Own(actor.Org)); err != nil {
		return false, err
	}
	some := false
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		some, err = anyRule(ctx, actor.Org, at.AddDate(0, 1, 0).Format(time.DateOnly))
		return err
	})
	return some, err
}

// earn makes the lots of one rule, and one entry of the ledger for all of them.
func (s *Service) earn(ctx context.Context, actor access.Actor, rule ruleRow, inv trade.Invoice) error {
	p, err := programByID(ctx, rule.ProgramID, true)
	if err != nil {
		return err
	}
	sum := int64(0)
	covers, err := ruleCovers(ctx, rule, inv.Lines)
	if err != nil {
		return err
	}
	lapses, err := time.Parse(time.DateOnly, inv.IssuedOn)
	if err != nil {
		return nil // an invoice without a date earns nothing
	}
	lapses = lapses.AddDate(0, 0, int(rule.Days))
	at, err := midnight(p.Zone, lapses.Format(time.DateOnly), 1)
	if err != nil {
		return err
	}
	for _, l := range inv.Lines {
		net := money.Amount{Minor: l.Amount.Minor - l.Off.Minor, Currency: inv.Currency}
		if !covers(l.SKU) || net.Minor <= 0 {
			continue
		}
		earned, err := money.Portion(net, money.Rate(rule.Rate))
		if err != nil || earned.Minor <= 0 {
			continue
		}
		ok, err := insertLot(ctx, lotRow{ID: db.NewID(), ProgramID: p.ID, RuleID: rule.ID, OwnerID: p.OwnerID, OrgID: inv.Reseller, InvoiceID: string(inv.ID), InvoiceNumber: inv.Number, Position: int64(l.Position), OrderLine: int64(l.Line), OrderID: string(l.Order), SKU: l.SKU, Currency: string(inv.Currency), Net: net.Minor, Rate: rule.Rate, Earned: earned.Minor, Remaining: earned.Minor,
			EarnedOn: inv.IssuedOn, LapsesAt: at, LapsesOn: lapses.Format(time.DateOnly), Made: db.Micros(db.Now(ctx))})
		if err != nil {
			return err
		}
		if ok {
			sum += earned.Minor
		}
	}
	if sum == 0 {
		return nil
	}
	if _, err := post(ctx, actor, posting{program: p.ID, owner: p.OwnerID, org: inv.Reseller, kind: EntryEarn, currency: inv.Currency, subject: "invoice", id: string(inv.ID), text: inv.Number, legs: move(leg{kind: accSource}, leg{org: inv.Reseller, kind: accAvailable}, sum)}); err != nil {
		return err
	}
	return s.payOwed(ctx, actor, p, inv)
}

// payOwed gives back at once what is owed from before.
func (s *Service) payOwed(ctx context.Context, actor access.Actor, p programRow, inv trade.Invoice) error {
	owed, err := balanceOf(ctx, p.ID, inv.Reseller, accOwed, "", inv.Currency)
	if err != nil || owed >= 0 {
		return err
	}
	there, err := balanceOf(ctx, p.ID, inv.Reseller, accAvailable, "", inv.Currency)
	if err != nil {
		return err
	}
	back := min(-owed, there)
	if back <= 0 {
		return nil
	}
	if err := useLots(ctx, p.ID, inv.Reseller, back); err != nil {
		return err
	}
	_, err = post(ctx, actor, posting{program: p.ID, owner: p.OwnerID, org: inv.Reseller, kind: EntryTakeBack, currency: inv.Currency, subject: "invoice", id: string(inv.ID), text: inv.Number, legs: move(leg{org: inv.Reseller, kind: accAvailable}, leg{org: inv.Reseller, kind: accOwed}, back)})
	return err
}

// takeBack takes back what the lines of a credited invoice had earned. What of it is used
// already is owed: it is taken from what is earned next.
func (s *Service) takeBack(ctx context.Context, actor access.Actor, credit trade.Invoice) error {
	if credit.CreditOf == "" {
		return nil
	}
	lots, err := lotsOfInvoice(ctx, string(credit.CreditOf), credit.Reseller, actor.Org)
	if err != nil || len(lots) == 0 {
		return err
	}
	if done, err := takenBack(ctx, string(credit.ID), lots); err != nil || done {
		return err
	}
	type sums struct{ free, owed int64 }
	by := map[string]*sums{}
	for _, l := range credit.Lines {
		net := money.Amount{Minor: -(l.Amount.Minor - l.Off.Minor), Currency: credit.Currency}
		if net.Minor <= 0 {
			continue
		}
		left := map[string]int64{} // of what each rule gave for it: an invoice may have a line of the order twice
		for i := range lots {
			lot := &lots[i]
			if int(lot.OrderLine) != l.Line || lot.OrderID != "" && lot.OrderID != string(l.Order) {
				continue
			}
			if _, ok := left[lot.RuleID]; !ok {
				want, err := money.Portion(net, money.Rate(lot.Rate))
				if err != nil {
					return err
				}
				left[lot.RuleID] = want.Minor
			}
			back := min(left[lot.RuleID], lot.Earned-lot.Taken)
			if back <= 0 {
				continue
			}
			left[lot.RuleID] -= back
			if err := insertBack(ctx, backRow{LotID: lot.ID, CreditID: string(credit.ID), Position: int64(l.Position), OwnerID: actor.Org, Amount: back}); err != nil {
				return err
			}
			free := min(back, lot.Remaining)
			lapsed := min(back-free, lot.Lapsed) // what lapsed is nobody's any more
			lot.Remaining, lot.Taken, lot.Lapsed = lot.Remaining-free, lot.Taken+back, lot.Lapsed-lapsed
			if err := saveLot(ctx, *lot); err != nil {
				return err
			}
			x := by[lot.ProgramID]
			if x == nil {
				x = &sums{}
				by[lot.ProgramID] = x
			}
			x.free, x.owed = x.free+free, x.owed+back-free-lapsed
		}
	}
	var ids []string
	for id := range by {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		x := by[id]
		var legs []leg
		if x.free > 0 {
			legs = append(legs, leg{org: credit.Reseller, kind: accAvailable, minor: -x.free})
		}
		if x.owed > 0 {
			legs = append(legs, leg{org: credit.Reseller, kind: accOwed, minor: -x.owed})
		}
		if len(legs) == 0 {
			continue
		}
		legs = append(legs, leg{kind: accSource, minor: x.free + x.owed})
		if _, err := post(ctx, actor, posting{program: id, owner: actor.Org, org: credit.Reseller, kind: EntryTakeBack, currency: credit.Currency, subject: "invoice", id: string(credit.ID), text: credit.Number, legs: legs}); err != nil {
			return err
		}
	}
	return nil
}

// consume moves what was approved of a claim to its account; of an earned programme the
// oldest lots go first.
func (s *Service) consume(ctx context.Context, actor access.Actor, r claimRow, from leg, minor int64) (string, error) {
	p, err := programByID(ctx, r.ProgramID, true)
	if err != nil {
		return "", err
	}
	if from.kind == accAvailable && p.Kind != KindProtect { // there it is kept for the claims that were sent
		if err := unowed(ctx, r.ProgramID, r.OrgID, money.Currency(r.Currency), minor); err != nil {
			return "", err
		}
	}
	entry, err := post(ctx, actor, posting{program: r.ProgramID, owner: r.OwnerID, org: r.OrgID, kind: EntryConsume, currency: money.Currency(r.Currency), subject: "claim", id: r.ID, text: r.Number, legs: move(from, leg{org: r.OrgID, kind: accConsumed, ref: r.ID}, minor)})
	if err == nil && p.Kind == KindEarned {
		err = useLots(ctx, p.ID, r.OrgID, minor)
	}
	return entry, err
}

// unowed refuses to use more of a partner's part than is there once what it owes of it came
// off.
func unowed(ctx context.Context, program, org string, c money.Currency, minor int64) error {
	have, err := balanceOf(ctx, program, org, accAvailable, "", c)
	if err != nil {
		return err
	}
	owed, err := balanceOf(ctx, program, org, accOwed, "", c)
	if err == nil && have+owed < minor {
		err = short(accAvailable)
	}
	return err
}

// useLots takes an amount from the lots of a partner, the oldest first.
func useLots(ctx context.Context, program, org string, minor int64) error {
	for minor > 0 {
		lots, err := openLots(ctx, program, org, 200)
		if err != nil {
			return err
		}
		if len(lots) == 0 {
			return short(accAvailable)
		}
		for _, lot := range lots {
			take := min(minor, lot.Remaining)
			lot.Remaining -= take
			if err := saveLot(ctx, lot); err != nil {
				return err
			}
			if minor -= take; minor == 0 {
				break
			}
		}
	}
	return nil
}

// Liability is what a company may still have to pay a partner, at a day.
type Liability struct {
	Program  ProgramID
	Number   string
	Title    string
	Org      string
	Currency money.Currency
	Balance  Balance
	Volumes  []Volume // of rules with steps, as they stand now
}

// Liabilities lists the parts of all programmes of the actor's company as they stood at
// the end of a civil day (UTC), from the postings themselves; empty is now.
// Codes: Unauthenticated, Forbidden, NotFound, Invalid (the day).
func (s *Service) Liabilities(ctx context.Context, actor access.Actor, on string) ([]Liability, error) {
	if err := access.Check(actor, access.FundRead, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	until := int64(0)
	if on != "" {
		t, err := time.Parse(time.DateOnly, on)
		if err != nil {
			return nil, fault.InvalidField("on", "form.date")
		}
		until = db.Micros(t.AddDate(0, 0, 1))
	}
	var out []Liability
	err := s.view(ctx, actor, func(ctx context.Context) error {
		if until == 0 {
			until = db.Micros(db.Now(ctx)) + 1
		}
		sums, err := postedUntil(ctx, actor.Org, until)
		if err != nil {
			return err
		}
		type place struct{ program, org, currency string }
		var places []place
		var ids []string
		for _, x := range sums {
			k := place{x.ProgramID, x.OrgID, x.Currency}
			if x.OrgID == "" || slices.Contains(places, k) {
				continue
			}
			places, ids = append(places, k), append(ids, x.ProgramID)
		}
		heads, err := headsOf(ctx, ids)
		if err != nil {
			return err
		}
		volumes, err := volumesOf(ctx, ids, "")
		if err != nil {
			return err
		}
		for _, k := range places {
			h := heads[k.program]
			x := Liability{Program: ProgramID(k.program), Number: h.Number, Title: h.Title, Org: k.org, Currency: money.Currency(k.currency), Balance: balance(sums, k.program, k.org, money.Currency(k.currency))}
			for _, v := range volumes {
				if string(v.Program) == k.program && v.Org == k.org && v.Bought.Currency == x.Currency {
					x.Volumes = append(x.Volumes, v)
				}
			}
			out = append(out, x)
		}
		return nil
	})
	return out, err
}
