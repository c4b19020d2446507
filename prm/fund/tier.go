package fund

import (
	"context"
	"errors"
	"math/big"
	"slices"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// A rule with steps earns by what a partner bought in all of its period: the net of the
// invoices of its dates less what was credited of them, whenever either comes. What is
// earned follows from that volume alone. So a document moves what was earned so far to what
// the new volume is worth; what it does to purchases before it is an entry of its own, dated
// the day it is posted. Nothing that is posted changes.

// Step is a volume from which on a rate holds, in whole money of the partner's currency.
type Step struct {
	From money.Quantity `json:"from"`
	Rate money.Rate     `json:"rate"`
}

// What a step that is reached holds for.
const (
	ReachAll   = "all"   // everything bought in the period
	ReachAbove = "above" // what is above it
)

// Reaches lists them.
var Reaches = []string{ReachAll, ReachAbove}

// Why an entry of a rule with steps was posted. The key of the words is "fundstep.<why>".
const (
	StepAt      = "at"      // bought at a step
	StepAbove   = "above"   // bought, each part at the rate of its step
	StepBack    = "back"    // credited
	StepReached = "reached" // more on what was bought before
	StepFell    = "fell"    // less on what remains
	StepClosed  = "closed"  // the period was closed

	StepUnits     = "units"      // of a promotion: a step by quantity was reached, and holds for what was bought before
	StepUnitsFell = "units_fell" // and was lost, so that less is earned on what remains
)

// Explained says how an entry came about.
type Explained struct {
	Why    string       `json:"why"`
	Volume money.Amount `json:"volume"` // after it
	Base   money.Amount `json:"base"`   // what it is about
	Was    money.Rate   `json:"was"`
	Now    money.Rate   `json:"now"`
	// Units is the quantity after it, in base units, of a step by quantity; it has no Volume and Base.
	Units money.Quantity `json:"units,omitempty"`
}

// Volume is where a partner stands with a rule with steps. Next is the step ahead: what is
// missing to it, and what reaching it would add.
type Volume struct {
	Rule    string
	Program ProgramID
	Org     string
	Bought  money.Amount
	Earned  money.Amount
	Rate    money.Rate
	Next    *NextStep
	Closed  time.Time
}

// NextStep is a step ahead.
type NextStep struct {
	Rate          money.Rate
	Missing, Gain money.Amount
}

func (x *Rule) checkSteps(bad *fault.Error) {
	if len(x.Tiers) > 10 {
		bad.With("tiers", "fund.tiers")
	}
	for i, t := range x.Tiers {
		if t.From < 0 || t.From > 1_000_000_000*money.One || t.Rate <= 0 || t.Rate > money.One || i > 0 && (t.From <= x.Tiers[i-1].From || t.Rate <= x.Tiers[i-1].Rate) {
			bad.With("tiers", "fund.tiers")
			break
		}
	}
	if !slices.Contains(Reaches, x.Reach) {
		bad.With("reach", "form.choice_wrong")
	}
	if x.CloseDays < 0 || x.CloseDays > 366 {
		bad.With("close_days", "fund.days")
	}
}

// steps are the steps of a rule in a currency.
type steps struct {
	reach string
	from  []int64
	rate  []money.Rate
}

func stepsOf(reach string, tiers []Step, c money.Currency) steps {
	out := steps{reach: reach}
	for _, t := range tiers {
		a, err := money.Extend(t.From, money.One, c)
		if err != nil {
			continue // more than anybody buys
		}
		out.from, out.rate = append(out.from, a.Minor), append(out.rate, t.Rate)
	}
	return out
}

// at is the rate of the step that a volume has reached; 0 below the first.
func (s steps) at(volume int64) money.Rate {
	out := money.Rate(0)
	for i, f := range s.from {
		if volume >= f && volume > 0 {
			out = s.rate[i]
		}
	}
	return out
}

// earned is what a volume is worth, rounded half up once.
func (s steps) earned(volume int64) (int64, error) {
	sum := new(big.Int)
	add := func(minor int64, r money.Rate) {
		sum.Add(sum, new(big.Int).Mul(big.NewInt(minor), big.NewInt(int64(r))))
	}
	if s.reach == ReachAll {
		add(volume, s.at(volume))
	} else {
		for i, f := range s.from {
			top := volume
			if i+1 < len(s.from) {
				top = min(volume, s.from[i+1])
			}
			add(max(0, top-f), s.rate[i])
		}
	}
	sum.Add(sum, big.NewInt(money.One/2))
	sum.Quo(sum, big.NewInt(money.One))
	if !sum.IsInt64() {
		return 0, fault.InvalidField("amount", "fund.amount")
	}
	return sum.Int64(), nil
}

// follow lets a document move the volume of its partner by a rule with steps. Safe to
// repeat, and in any order: what a credit takes back of an invoice that comes later is
// missing when it comes.
func (s *Service) follow(ctx context.Context, actor access.Actor, rule ruleRow, doc trade.Invoice) error {
	p, err := programByID(ctx, rule.ProgramID, true)
	if err != nil {
		return err
	}
	of, debit := string(doc.ID), doc.Kind != trade.InvoiceCredit
	if !debit {
		of = string(doc.CreditOf)
	}
	var covers func(sku string) bool // what was credited is found by its invoice
	if debit {
		if covers, err = ruleCovers(ctx, rule, doc.Lines); err != nil {
			return err
		}
	}
	var rows []volumeLine
	for _, l := range doc.Lines {
		net := l.Amount.Minor - l.Off.Minor
		r := volumeLine{RuleID: rule.ID, DocumentID: string(doc.ID), Position: int64(l.Position), OrgID: doc.Reseller, InvoiceID: of, OrderID: string(l.Order), Line: int64(l.Line)}
		switch {
		case debit && net > 0 && covers(l.SKU):
			r.Net = net
		case !debit && net < 0:
			r.Back = -net
		default:
			continue
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		return nil
	}
	if seen, err := volumeSeen(ctx, rule.ID, string(doc.ID)); err != nil || seen {
		return err
	}
	before, err := volumeOfInvoice(ctx, rule.ID, of)
	if err != nil {
		return err
	}
	if err := insertVolumeLines(ctx, rows); err != nil {
		return err
	}
	after, err := volumeOfInvoice(ctx, rule.ID, of)
	if err != nil || after == before {
		return err
	}
	v, err := s.volume(ctx, p, rule, doc.Reseller, string(doc.Currency))
	if err != nil {
		return err
	}
	return s.trueUp(ctx, actor, p, rule, v, v.Volume+after-before, doc)
}

// volume reads where a partner stands with a rule, or begins it.
func (s *Service) volume(ctx context.Context, p programRow, rule ruleRow, org, currency string) (volumeRow, error) {
	v, found, err := volumeByKey(ctx, rule.ID, org)
	if err != nil || found {
		return v, err
	}
	last, err := time.Parse(time.DateOnly, rule.UntilOn)
	if err != nil {
		return v, err
	}
	at, err := midnight(p.Zone, last.AddDate(0, 0, int(rule.CloseDays)).Format(time.DateOnly), 1)
	if err != nil {
		return v, err
	}
	v = volumeRow{RuleID: rule.ID, OrgID: org, ProgramID: p.ID, OwnerID: p.OwnerID, Currency: currency, CloseAt: at}
	return v, insertVolume(ctx, v)
}

// trueUp brings what a partner earned by a rule to what a volume is worth. Without a
// document the period is closed.
func (s *Service) trueUp(ctx context.Context, actor access.Actor, p programRow, rule ruleRow, v volumeRow, volume int64, doc trade.Invoice) error {
	c := money.Currency(v.Currency)
	amount := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: c} }
	st := stepsOf(rule.Reach, db.FromText[[]Step](rule.Tiers), c)
	target, err := st.earned(volume)
	if err != nil {
		return err
	}
	was, now, moved, delta := st.at(v.Volume), st.at(volume), volume-v.Volume, target-v.Earned
	x := Explained{Why: StepAt, Volume: amount(volume), Base: amount(max(moved, -moved)), Was: was, Now: now}
	own, rest := max(delta, -delta), int64(0) // of this document, and of those before it
	y := x
	switch {
	case doc.ID == "":
		own, rest, y.Why, y.Base = 0, own, StepClosed, amount(volume)
	case delta > 0 && rule.Reach == ReachAll && now != was:
		a, err := money.Portion(amount(moved), now)
		if err != nil {
			return err
		}
		own = min(own, a.Minor)
		rest, y.Why, y.Base = delta-own, StepReached, amount(v.Volume)
	case delta < 0 && rule.Reach == ReachAll && now != was:
		a, err := money.Portion(amount(-moved), was)
		if err != nil {
			return err
		}
		own = min(own, a.Minor)
		rest, y.Why, y.Base = -delta-own, StepFell, amount(volume)
	case delta > 0 && rule.Reach == ReachAbove:
		x.Why = StepAbove
	}
	do, kind := s.give, EntryEarn
	if delta < 0 {
		do, kind, x.Why = s.take, EntryTakeBack, StepBack
	}
	v.Volume, v.Earned, v.Changed = volume, target, db.Micros(db.Now(ctx))
	if err := saveVolume(ctx, v); err != nil {
		return err
	}
	for _, part := range []struct {
		minor int64
		kind  string
		x     Explained
	}{{own, kind, x}, {rest, EntryTrueUp, y}} {
		if part.minor == 0 {
			continue
		}
		if err := do(ctx, actor, p, rule, v, doc, part.kind, part.minor, part.x); err != nil {
			return err
		}
	}
	return nil
}

// stepPosting is the entry of a step, about its document or, at the close, its programme.
func stepPosting(p programRow, v volumeRow, doc trade.Invoice, kind string, x Explained) posting {
	out := posting{program: p.ID, owner: p.OwnerID, org: v.OrgID, kind: kind, currency: money.Currency(v.Currency), subject: "invoice", id: string(doc.ID), text: doc.Number, step: db.Text(x)}
	if doc.ID == "" {
		out.subject, out.id = "fund", p.ID
	}
	return out
}

// give adds a lot and its entry. What is bought lapses by its invoice, what is trued up by
// the day on which that is posted.
func (s *Service) give(ctx context.Context, actor access.Actor, p programRow, rule ruleRow, v volumeRow, doc trade.Invoice, kind string, minor int64, x Explained) error {
	lot := lotRow{ID: db.NewID(), ProgramID: p.ID, RuleID: rule.ID, OwnerID: p.OwnerID, OrgID: v.OrgID, InvoiceID: string(doc.ID), InvoiceNumber: doc.Number, OrderLine: lotOfStep, Currency: v.Currency, Net: x.Base.Minor, Rate: int64(x.Now), Earned: minor, Remaining: minor, EarnedOn: doc.IssuedOn, Made: db.Micros(db.Now(ctx))}
	if kind == EntryTrueUp {
		lot.Position, lot.EarnedOn = -1, today(ctx, p.Zone)
	}
	if doc.ID == "" {
		lot.InvoiceID = rule.ID + ":" + v.OrgID
	}
	on, err := time.Parse(time.DateOnly, lot.EarnedOn)
	if err != nil {
		return err
	}
	lot.LapsesOn = on.AddDate(0, 0, int(rule.Days)).Format(time.DateOnly)
	if lot.LapsesAt, err = midnight(p.Zone, lot.LapsesOn, 1); err != nil {
		return err
	}
	if ok, err := insertLot(ctx, lot); err != nil || !ok {
		return err
	}
	e := stepPosting(p, v, doc, kind, x)
	e.legs = move(leg{kind: accSource}, leg{org: v.OrgID, kind: accAvailable}, minor)
	if _, err := post(ctx, actor, e); err != nil {
		return err
	}
	return s.payOwed(ctx, actor, p, trade.Invoice{ID: doc.ID, Number: doc.Number, Reseller: v.OrgID, Currency: money.Currency(v.Currency)})
}

// take takes back what lots of a rule gave, those of the document's invoice first, then the
// newest. What of it is used already is owed, what lapsed is nobody's any more.
func (s *Service) take(ctx context.Context, actor access.Actor, p programRow, rule ruleRow, v volumeRow, doc trade.Invoice, kind string, minor int64, x Explained) error {
	free, owed := int64(0), int64(0)
	for minor > 0 {
		lots, err := stepLots(ctx, rule.ID, v.OrgID, string(doc.CreditOf), 200)
		if err != nil {
			return err
		}
		if len(lots) == 0 {
			return short(accAvailable)
		}
		for _, lot := range lots {
			back := min(minor, lot.Earned-lot.Taken)
			f := min(back, lot.Remaining)
			lapsed := min(back-f, lot.Lapsed)
			lot.Remaining, lot.Taken, lot.Lapsed = lot.Remaining-f, lot.Taken+back, lot.Lapsed-lapsed
			if err := saveLot(ctx, lot); err != nil {
				return err
			}
			free, owed = free+f, owed+back-f-lapsed
			if minor -= back; minor == 0 {
				break
			}
		}
	}
	e := stepPosting(p, v, doc, kind, x)
	if free > 0 {
		e.legs = append(e.legs, leg{org: v.OrgID, kind: accAvailable, minor: -free})
	}
	if owed > 0 {
		e.legs = append(e.legs, leg{org: v.OrgID, kind: accOwed, minor: -owed})
	}
	if len(e.legs) == 0 {
		return nil
	}
	e.legs = append(e.legs, leg{kind: accSource, minor: free + owed})
	_, err := post(ctx, actor, e)
	return err
}

// closeVolumes ends the periods of rules with steps whose day has come: the volume is added
// up again from its documents, and what was earned is trued up to it.
func (s *Service) closeVolumes(ctx context.Context) error {
	var errs []error
	var due []volumeRow
	err := s.db.View(ctx, func(ctx context.Context) (err error) {
		due, err = volumesToClose(ctx, db.Micros(db.Now(ctx)), tickBatch)
		return err
	})
	for _, v := range due {
		if err := ctx.Err(); err != nil {
			return err
		}
		errs = append(errs, s.db.InTx(db.WithOrgs(ctx, v.OwnerID), func(ctx context.Context) error {
			p, err := programByID(ctx, v.ProgramID, true)
			if err != nil {
				return err
			}
			v, found, err := volumeByKey(ctx, v.RuleID, v.OrgID)
			if err != nil || !found || v.Closed > 0 {
				return err // somebody was faster
			}
			rule, err := ruleByID(ctx, v.RuleID)
			if err != nil {
				return err
			}
			volume, err := volumeFromLines(ctx, v.RuleID, v.OrgID)
			if err != nil {
				return err
			}
			v.Closed = db.Micros(db.Now(ctx))
			return s.trueUp(ctx, access.System("funds", v.OwnerID), p, rule, v, volume, trade.Invoice{})
		}))
	}
	return errors.Join(append(errs, err)...)
}

// stand tells where partners stand with the rules of a programme.
func stand(v volumeRow, rule ruleRow) (Volume, error) {
	c := money.Currency(v.Currency)
	amount := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: c} }
	st := stepsOf(rule.Reach, db.FromText[[]Step](rule.Tiers), c)
	out := Volume{Rule: v.RuleID, Program: ProgramID(v.ProgramID), Org: v.OrgID, Bought: amount(v.Volume), Earned: amount(v.Earned), Rate: st.at(v.Volume), Closed: db.FromMicros(v.Closed)}
	for i, f := range st.from {
		if f <= v.Volume || v.Closed > 0 {
			continue
		}
		then, err := st.earned(f)
		if err != nil {
			return out, err
		}
		out.Next = &NextStep{st.rate[i], amount(f - v.Volume), amount(then - v.Earned)}
		break
	}
	return out, nil
}
