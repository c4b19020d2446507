package trade

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/precheck"
)

// DoubtChecks is why a reply is held that could be booked: it differs from the order in
// what its supplier wants to see before it leaves. Findings say in what; the supplier
// mends it and sends it again, or releases it with a reason. The reseller does not see it.
const DoubtChecks = "checks"

// Checks says how strictly a supplier wants what it sends to be checked; prm/precheck
// implements it. It joins the transaction of ctx.
type Checks interface {
	Of(ctx context.Context, partnership string) (precheck.Policy, error)
}

// CheckFirst has the policies of suppliers asked; without it the default holds. Call it
// before use.
func (s *Service) CheckFirst(c Checks) { s.checks = c }

// SentWarning is a document that left for the reseller although something in it differs
// from the order. It is for people of the supplier who may see prices.
type SentWarning struct {
	Kind     string // DocumentResponse, DocumentShipment, DocumentInvoice
	Document string
	Number   string
	Findings []precheck.Finding
	Reason   string // why a person let go what would have been held
	Person   string
	At       time.Time
}

// strict parts findings into what is held and what goes with a warning.
func (s *Service) strict(ctx context.Context, partnership string, found []precheck.Finding, released []precheck.Rule) (stop, warn []precheck.Finding, err error) {
	if len(found) == 0 {
		return nil, nil, nil
	}
	p := precheck.Default()
	if s.checks != nil {
		if p, err = s.checks.Of(ctx, partnership); err != nil {
			return nil, nil, err
		}
	}
	stop, warn = p.Sort(found, released)
	return stop, warn, nil
}

// cleared holds a reply that the policy of its supplier does not let go; what it warns of
// is kept with the reply.
func (s *Service) cleared(ctx context.Context, r *replyRow, found []precheck.Finding) error {
	stop, warn, err := s.strict(ctx, r.PartnershipID, found, r.releasedRules())
	if err != nil {
		return err
	}
	if len(stop) > 0 {
		d := doubted(DoubtChecks, "Count", itoa(len(stop)))
		d.found = stop
		return d
	}
	r.Findings = ""
	if len(warn) > 0 {
		r.Findings = db.Text(warn)
	}
	return nil
}

// warned keeps what a booked reply went with.
func (s *Service) warned(ctx context.Context, r *replyRow) error {
	found := r.findings()
	if len(found) == 0 {
		return nil
	}
	w := warningRow{Kind: r.Kind, DocumentID: r.MadeID, Number: r.Number}
	if r.Released != "" {
		w.Reason, w.PersonID = r.Note, r.SettledBy
	}
	o := orderRow{ID: r.OrderID, SupplierID: r.SupplierID}
	return keepWarning(ctx, o, w, found)
}

func keepWarning(ctx context.Context, o orderRow, w warningRow, found []precheck.Finding) error {
	w.ID, w.OrderID, w.SupplierID, w.Findings, w.Made = db.NewID(), o.ID, o.SupplierID, db.Text(found), db.Micros(db.Now(ctx))
	_, err := insertOnce(ctx, &w)
	return err
}

// mayLeave is what a person is about to send: it is refused with a field for each finding
// that stops it, unless the person says why it goes all the same. at names the field of
// an order line. The caller keeps what comes back, once the document has an id.
func (s *Service) mayLeave(ctx context.Context, partnership, why string, found []precheck.Finding, at func(precheck.Finding) string) ([]precheck.Finding, error) {
	stop, warn, err := s.strict(ctx, partnership, found, nil)
	if err != nil || len(stop) == 0 || strings.TrimSpace(why) != "" {
		return append(stop, warn...), err
	}
	bad := fault.New(fault.Invalid, "trade.checks_stop")
	for _, f := range stop {
		var args []any
		for k, v := range f.Args {
			args = append(args, k, v)
		}
		bad.With(at(f), "check.found."+string(f.Rule), args...)
	}
	return nil, bad.With("release", "trade.release_reason")
}

// ReleaseReply lets a reply go that its supplier's checks hold, with the reason a person
// gives. It comes back as it stands then: booked, or held for something else.
// Codes: NotFound (also for the reseller), Forbidden, Invalid (no reason), Conflict (it is
// settled, or not held by a check, or the partnership not active).
func (s *Service) ReleaseReply(ctx context.Context, actor access.Actor, id ReplyID, reason string) (Reply, error) {
	return s.settleReply(ctx, actor, id, func(ctx context.Context, t terms, r *replyRow) error {
		if r.Reason != DoubtChecks {
			return fault.New(fault.Conflict, "trade.reply_no_check")
		}
		if r.Note = bounded(strings.TrimSpace(reason), 300); r.Note == "" {
			return fault.InvalidField("reason", "trade.release_reason")
		}
		rules := r.releasedRules()
		for _, f := range r.findings() {
			if !slices.Contains(rules, f.Rule) {
				rules = append(rules, f.Rule)
			}
		}
		words := make([]string, len(rules))
		for i, x := range rules {
			words[i] = string(x)
		}
		r.Released, r.SettledBy, r.SettledOrg = strings.Join(words, ","), actor.Person, actor.Org
		if err := audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: "order.release_reply", SubjectKind: DocumentReply, SubjectID: r.ID, Outcome: audit.Done}); err != nil {
			return err
		}
		return s.retry(ctx, t, r)
	})
}

// mendable says that a document was held before it left: another under its number takes
// its place.
func (r *replyRow) mendable() bool {
	return Outcome(r.Outcome) == HeldBack && r.Reason == DoubtChecks
}

// mended takes out what a document corrects that was held under the same number, once it
// is booked itself or held by the checks again.
func (s *Service) mended(ctx context.Context, actor access.Actor, r *replyRow, mends []string) error {
	if Outcome(r.Outcome) != Booked && !r.mendable() {
		return nil
	}
	for _, id := range mends {
		old, err := lockReply(ctx, id)
		if err != nil {
			return err
		}
		if !old.mendable() {
			continue
		}
		old.Outcome, old.Settled = string(Discarded), db.Micros(db.Now(ctx))
		if err := saveReply(ctx, &old); err != nil {
			return err
		}
		if err := s.tell(ctx, actor, &old); err != nil {
			return err
		}
	}
	return nil
}

func (r *replyRow) releasedRules() (out []precheck.Rule) {
	for w := range strings.SplitSeq(r.Released, ",") {
		if w != "" {
			out = append(out, precheck.Rule(w))
		}
	}
	return out
}

func (r *replyRow) findings() (out []precheck.Finding) {
	if r.Findings == "" || json.Unmarshal([]byte(r.Findings), &out) != nil {
		return nil
	}
	return out
}

// visible says whether a company may see a reply at all: what a supplier's own checks hold
// has not left it yet.
func (r *replyRow) visible(actor access.Actor) bool {
	return actor.Org == r.SupplierID || r.Reason != DoubtChecks
}

// seenBy is the reply without what is not for the actor.
func (r *replyRow) seenBy(actor access.Actor) Reply {
	out := r.reply()
	if actor.Org != r.SupplierID {
		out.Findings, out.Note = nil, ""
	} else if !access.Allowed(actor, access.OrderPrices, access.Shared(r.SupplierID, r.ResellerID)) {
		out.Findings = nil
	}
	return out
}

// dated refuses days that cannot be meant.
func dated(ctx context.Context, t terms, days ...string) error {
	for _, day := range days {
		if oddDay(day, today(ctx, t.SupplierZone)) {
			return doubted(DoubtDate, "Date", day)
		}
	}
	return nil
}

// finished is why nothing more can be sent for an order that is at its end; nil while it
// is not.
func finished(o orderRow) *doubt {
	switch State(o.State) {
	case Cancelled, Rejected, Closed:
		return doubted(DoubtFinished, "Order", o.Number)
	}
	return nil
}

// note keeps a rule that the reply breaks at a line.
func (p *placer) note(r precheck.Rule, l *Line, args ...string) {
	if l == nil {
		p.found = precheck.Note(p.found, r, "", args...)
		return
	}
	p.found = precheck.Note(p.found, r, l.Reference, append(args, "Item", firstOf(l.SKU, l.BuyerItem, l.GTIN, "?"), "Unit", l.Unit)...)
}

// named looks at how a line of the reply names the order's line it is about.
func (p *placer) named(d *doc.Line, l *Line) {
	if d.Unit != "" && catalog.SameUnit(d.Unit) != catalog.SameUnit(l.Unit) {
		p.note(precheck.Unit, l, "Now", bounded(d.Unit, 10))
	}
	numbers := []string{d.Number}
	if p.loose {
		numbers = nil
	}
	for _, r := range d.Refs {
		if r.Qualifier == "LI" || r.Qualifier == "FJ" {
			numbers = append(numbers, r.Value)
		}
	}
	for _, n := range numbers {
		for _, i := range p.numbered[numberKey(n)] {
			if k := &p.lines[i]; n != "" && k.Number != l.Number {
				p.note(precheck.Item, l, "Other", k.Reference)
			}
		}
	}
}

// notePrice compares a price with the one that was agreed on a line.
func notePrice(found []precheck.Finding, r precheck.Rule, l Line, now money.Price, tolerance money.Rate) []precheck.Finding {
	if now == l.Price || money.Within(now, l.Price, tolerance) {
		return found
	}
	return precheck.Note(found, r, l.Reference, "Item", firstOf(l.SKU, l.BuyerItem, l.GTIN, "?"), "Unit", l.Unit, "Was", l.Price.Fixed(2), "Now", now.Fixed(2))
}

// noteBilled compares quantities about to be invoiced with what left; where the supplier
// keeps no shipments here, with what it promised. It is asked before they are counted.
func noteBilled(found []precheck.Finding, lines []Line, billed map[int]money.Quantity, spare money.Rate) []precheck.Finding {
	kept := slices.ContainsFunc(lines, func(l Line) bool { return l.Shipped > 0 })
	for i := range lines {
		l := &lines[i]
		q := billed[l.Number]
		if q <= 0 {
			continue
		}
		item := firstOf(l.SKU, l.BuyerItem, l.GTIN, "?")
		if l.Shipped == 0 {
			found = precheck.Note(found, precheck.BeforeShipment, l.Reference, "Item", item, "Unit", l.Unit, "Now", q.String())
		}
		rule, have := precheck.AboveConfirmed, l.Confirmed
		if kept {
			rule, have = precheck.AboveShipped, l.Shipped
		}
		all := l.Invoiced - l.Credited + q
		if over, ok := times(have, spare); all-have > over || !ok && all > have {
			found = precheck.Note(found, rule, l.Reference, "Item", item, "Unit", l.Unit, "Was", have.String(), "Now", all.String())
		}
	}
	return found
}

// noteLate compares a day with the one that was asked for, or promised.
func noteLate(found []precheck.Finding, r precheck.Rule, l Line, was, now string) []precheck.Finding {
	if was == "" || now <= was {
		return found
	}
	return precheck.Note(found, r, l.Reference, "Item", firstOf(l.SKU, l.BuyerItem, l.GTIN, "?"), "Was", was, "Now", now)
}

// noteSums looks at what an invoice has beside its lines: allowances and charges that the
// order does not have, and taxes that are not their rate of their base, or that nobody
// owes here. A unit of rounding for each line is no charge, that of tax is as agreed.
func noteSums(found []precheck.Finding, r invoiceRow, rows []invoiceLineRow, taxes []TaxRow, tax taxing, credit bool) []precheck.Finding {
	n, beside := int64(len(rows)), r.Net
	for _, x := range rows {
		beside -= x.Amount - x.Allowance
	}
	c := money.Currency(r.Currency)
	if !credit && (beside > n || -beside > n) {
		found = precheck.Note(found, precheck.Charge, "", "Amount", money.Amount{Minor: beside, Currency: c}.String(), "Currency", r.Currency)
	}
	for _, x := range taxes {
		if x.Basis.Minor == 0 && (!tax.reverse || x.Amount.Minor == 0) {
			continue
		}
		want, err := money.Portion(x.Basis, x.Rate)
		spare := tax.spare
		if tax.reverse {
			want.Minor, spare = 0, 0
		}
		if off := x.Amount.Minor - want.Minor; err == nil && (off > spare || -off > spare) {
			found = precheck.Note(found, precheck.Tax, "", "Rate", (money.Micro(x.Rate) * 100).String(), "Basis", x.Basis.String(), "Was", want.String(), "Now", x.Amount.String(), "Currency", r.Currency)
		}
	}
	return found
}

// notePacks looks at the SSCC of a ship notice: each stands for one pack, its last digit
// is computed from the others, and it comes once a year (GS1 General Specifications,
// 4.3.2).
func notePacks(ctx context.Context, found []precheck.Finding, supplier string, d *doc.ShipNotice) ([]precheck.Finding, []string, error) {
	var codes []string
	seen := map[string]bool{}
	var twice, wrong []string
	eachPack(d, func(code string) {
		if seen[code] {
			twice = append(twice, code)
			return
		}
		seen[code] = true
		codes = append(codes, code)
		if catalog.CheckDigit(code[:17]) != code {
			wrong = append(wrong, code)
		}
	})
	again, err := packsKnown(ctx, supplier, codes, db.Micros(db.Now(ctx).AddDate(-1, 0, 0)))
	if err != nil {
		return nil, nil, err
	}
	for _, x := range []struct {
		rule  precheck.Rule
		codes []string
	}{{precheck.PackTwice, twice}, {precheck.PackAgain, again}, {precheck.PackWrong, wrong}} {
		if len(x.codes) > 0 {
			found = precheck.Note(found, x.rule, "", "Code", x.codes[0], "Count", itoa(len(x.codes)))
		}
	}
	return found, codes, nil
}

// billing is what is about to be invoiced, held against the order.
func billing(taken []InvoiceCmdLine, lines []Line, t terms) (found []precheck.Finding) {
	billed := map[int]money.Quantity{}
	for _, c := range taken {
		found = notePrice(found, precheck.Price, lines[c.Line-1], c.Price, money.Rate(t.PriceTolerance))
		billed[c.Line] += c.Quantity
	}
	return noteBilled(found, lines, billed, money.Rate(t.QuantityTolerance))
}

// sentWith keeps what a document that a person made went with, and why.
func sentWith(ctx context.Context, actor access.Actor, o orderRow, w warningRow, found []precheck.Finding) error {
	if len(found) == 0 {
		return nil
	}
	if w.Reason = bounded(strings.TrimSpace(w.Reason), 300); w.Reason != "" {
		w.PersonID = actor.Person
	}
	return keepWarning(ctx, o, w, found)
}
