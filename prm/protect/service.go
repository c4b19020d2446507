package protect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/channel"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
)

// Service keeps protections. Every method checks the actor first; what its company has no side
// on does not exist for it.
type Service struct {
	db      *db.DB
	jobs    Publisher
	catalog *catalog.Service
	channel *channel.Service
	funds   *fund.Service
	title   func(locale, day, currency string) string
}

// New makes the service; title names what is granted for a fall, in the supplier's language.
// jobs may be nil in tests that do not look at events.
func New(d *db.DB, jobs Publisher, cat *catalog.Service, ch *channel.Service, funds *fund.Service, title func(locale, day, currency string) string) *Service {
	return &Service{db: d, jobs: jobs, catalog: cat, channel: ch, funds: funds, title: title}
}

func (s *Service) view(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.View(db.WithOrgs(ctx, a.Org), fn)
}

func (s *Service) change(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.InTx(db.WithOrgs(ctx, a.Org), fn)
}

func (s *Service) publish(ctx context.Context, kind string, r row) error {
	if s.jobs == nil {
		return nil
	}
	quiet, _ := ctx.Value(quietKey{}).(bool)
	return s.jobs.Publish(ctx, job.Event{Kind: kind, Version: eventVersion, Orgs: []string{r.SupplierID, r.ResellerID}, Object: r.ID, Payload: Event{ID(r.ID), r.SupplierID, r.ResellerID, r.PartnershipID, r.Mark, quiet}})
}

// desk is the system that acts for a supplier.
func desk(supplier string) access.Actor { return access.System("protection", supplier) }

// system checks that an actor is the supplier's system.
func system(a access.Actor, reseller string) error {
	if err := access.Check(a, access.ClaimDecide, access.Shared(a.Org, reseller)); err != nil {
		return err
	}
	if a.Person != "" {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	return nil
}

// Published notes that a version of a price list was published for a partner, or taken back
// (catalog.Withdrawn); the actor is the supplier's system. Where prices fall by it and the terms
// protect the partner, they are reckoned on the day they begin; a fall of which no version is
// left comes to nothing. The version of the list that follows is looked at once more, for it falls
// from other prices now. Safe to repeat. Publishes EventProposed where that day is here.
// Codes: NotFound, Forbidden (a person).
func (s *Service) Published(ctx context.Context, actor access.Actor, partnership string, list catalog.ListID, version int) error {
	if _, err := access.List(actor, access.ClaimDecide); err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		p, err := pairOf(ctx, partnership)
		if err == nil {
			err = system(actor, p.ResellerID)
		}
		if err == nil && p.SupplierID != actor.Org {
			err = notFound()
		}
		if err != nil {
			return err
		}
		l, err := s.catalog.PriceList(ctx, actor, list)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(l.Versions, func(v catalog.PriceVersion) bool { return v.Number == version && v.State != catalog.Draft })
		if i < 0 {
			return notFound()
		}
		if err := s.fell(ctx, actor, p, l, l.Versions[i]); err != nil {
			return err
		}
		if next, ok := following(l, l.Versions[i].From); ok {
			return s.fell(ctx, actor, p, l, next)
		}
		return nil
	})
}

// following is the first published version of a list that begins after a day.
func following(l catalog.PriceList, day string) (catalog.PriceVersion, bool) {
	best, found := catalog.PriceVersion{}, false
	for _, v := range l.Versions {
		if v.State == catalog.Published && v.From > day && (!found || v.From < best.From || v.From == best.From && v.Number < best.Number) {
			best, found = v, true
		}
	}
	return best, found
}

// fell notes that prices may fall on the day a version begins, or reckons what does.
func (s *Service) fell(ctx context.Context, actor access.Actor, p pairing, l catalog.PriceList, v catalog.PriceVersion) error {
	day, gone := v.From, v.State == catalog.Withdrawn
	r, err := byDay(ctx, p.SupplierID, p.ResellerID, string(l.Currency), day)
	if fault.CodeOf(err) == fault.NotFound { // nothing was to fall on that day before
		t, err := termsFor(ctx, p.SupplierID, string(l.Currency), p.ResellerID)
		if err != nil || gone || t.Days == 0 || p.State != "active" {
			return err
		}
		falls, err := s.catalog.Falls(ctx, actor, l.ID, v.Number)
		if err != nil || !falls {
			return err
		}
		r = row{ID: db.NewID(), SupplierID: p.SupplierID, ResellerID: p.ResellerID, PartnershipID: p.ID, Currency: string(l.Currency), Day: day, State: string(Coming), Ceiling: -1, Made: db.Micros(db.Now(ctx)), Version: 1}
		r.Changed, r.SubjectID = r.Made, r.ID
		if of, err := subjectOf(ctx, r.SupplierID, r.Currency, day); err != nil {
			return err
		} else if of != "" {
			r.SubjectID = of
		}
		if _, err := insert(ctx, r); err != nil {
			return err
		}
		if r, err = byDay(ctx, r.SupplierID, r.ResellerID, r.Currency, day); err != nil {
			return err
		}
		if err := note(ctx, actor, "protect.coming", Document, r.ID); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	begins := dayStart(p.Zone, day)
	if begins.After(db.Now(ctx)) {
		switch {
		case gone && !begin(l, day): // nothing of this list falls on that day any more; of another one it may still
			others, err := s.begin(ctx, actor, p, l, day)
			if err != nil {
				return err
			}
			if !others {
				r.State, r.Why, r.NextAt = string(Nothing), WhyWithdrawn, 0
				return save(ctx, &r)
			}
		case State(r.State) == Nothing && !gone:
			r.State, r.Why = string(Coming), ""
		}
		r.NextAt = db.Micros(begins)
		return save(ctx, &r)
	}
	return s.reckon(ctx, p, &r)
}

// begin says whether a published version of a list begins on a day.
func begin(l catalog.PriceList, day string) bool {
	return slices.ContainsFunc(l.Versions, func(v catalog.PriceVersion) bool { return v.State == catalog.Published && v.From == day })
}

// begin says whether one of another list does by which a partner pays in the same currency.
func (s *Service) begin(ctx context.Context, actor access.Actor, p pairing, not catalog.PriceList, day string) (bool, error) {
	all, err := s.catalog.Lists(ctx, actor)
	return slices.ContainsFunc(all, func(l catalog.PriceList) bool {
		return l.Org == p.SupplierID && l.ID != not.ID && l.Currency == not.Currency && (l.Partner == "" || l.Partner == p.ResellerID) && begin(l, day)
	}), err
}

// dayStart is the first instant of a civil day in a time zone.
func dayStart(zone, day string) time.Time {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	t, err := time.ParseInLocation(time.DateOnly, day, loc)
	if err != nil {
		return time.Time{}
	}
	return t
}

func shifted(day string, days int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.AddDate(0, 0, days).Format(time.DateOnly)
}

// Refresh reckons what is not answered of a partner once more, since a report of its stock or of
// its sales came; the actor is the supplier's system. Safe to repeat. Publishes EventProposed
// where another sum follows. Codes: NotFound, Forbidden (a person).
func (s *Service) Refresh(ctx context.Context, actor access.Actor, reseller string) error {
	if err := system(actor, reseller); err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		ids, err := openOf(ctx, actor.Org, reseller, shifted(db.Now(ctx).Format(time.DateOnly), -MostAnswerDays))
		if err != nil {
			return err
		}
		for _, id := range ids {
			r, err := byID(ctx, id, true)
			if err != nil {
				return err
			}
			if State(r.State) != Proposed && (State(r.State) != Nothing || r.Why == WhyDeclined) {
				continue
			}
			p, err := pairOf(ctx, r.PartnershipID)
			if err != nil {
				return err
			}
			if err := s.reckon(ctx, p, &r); err != nil {
				return err
			}
		}
		return nil
	})
}

// reckon computes what is granted for a fall whose day is here and saves it, with what follows
// for what was claimed already.
func (s *Service) reckon(ctx context.Context, p pairing, r *row) error {
	old, err := linesOf(ctx, r.ID)
	if err != nil {
		return err
	}
	was, kept := r.Mark, *r
	said := slices.ContainsFunc(old, func(l lineRow) bool { return l.Said >= 0 })
	lines, err := s.compute(ctx, p, r, old, said)
	if err != nil {
		return err
	}
	if said { // people are at it: their quantities stand, and are priced anew where the list was put right
		if !repriced(old, lines) {
			*r = kept
			r.NextAt = 0
			return save(ctx, r)
		}
		r.Basis, r.ReportID, r.ReportNo, r.ReportDay, r.FromDay, r.ToDay, r.Covered, r.Straddling = kept.Basis, kept.ReportID, kept.ReportNo, kept.ReportDay, kept.FromDay, kept.ToDay, kept.Covered, kept.Straddling
	}
	if said && kept.Why == WhyDeclined && r.Why == WhyLeast {
		r.Why = WhyDeclined
	}
	return s.conclude(ctx, p, r, old, lines, was)
}

// repriced says that other versions of price lists price lines than priced them before.
func repriced(old, lines []lineRow) bool {
	by := func(list []lineRow, l lineRow) bool {
		return slices.ContainsFunc(list, func(x lineRow) bool { return x.List == l.List && x.ListVersion == l.ListVersion })
	}
	return slices.ContainsFunc(lines, func(l lineRow) bool { return !by(old, l) }) || slices.ContainsFunc(old, func(l lineRow) bool {
		return l.Was != l.Price && !slices.ContainsFunc(lines, func(x lineRow) bool { return x.SKU == l.SKU })
	})
}

// conclude saves what was reckoned, with what follows for what was claimed already.
func (s *Service) conclude(ctx context.Context, p pairing, r *row, old, lines []lineRow, was string) error {
	draft, had := State(r.State) == Proving, slices.ContainsFunc(old, func(l lineRow) bool { return l.Claimed > 0 })
	ids, err := claimsOf(ctx, r.ID)
	if err != nil {
		return err
	}
	r.NextAt, r.Reminded = 0, 0
	if had && slices.Contains([]string{WhyInactive, WhyNoTerms, WhyNoStock}, r.Why) { // what was claimed stands
		r.Why = ""
		return save(ctx, r)
	}
	open, claimed := int64(0), int64(0)
	h := sha256.New()
	fmt.Fprintf(h, "%d\n", len(ids)) // what is claimed after another answer was taken back is another claim
	for i := range lines {
		l := &lines[i]
		open += max(0, l.Amount-l.Claimed)
		claimed += l.Claimed
		fmt.Fprintf(h, "%s %d %d %d %d\n", l.SKU, l.Was, l.Price, l.held(), l.Amount-l.Claimed)
	}
	r.Mark = hex.EncodeToString(h.Sum(nil))
	if st := State(r.State); r.Mark == was && (st == Lapsed || st == Closed) { // it is over, and nothing else follows
		return nil
	}
	for _, l := range old { // what was claimed for a product whose price does not fall any more
		if l.Claimed > 0 && !slices.ContainsFunc(lines, func(x lineRow) bool { return x.SKU == l.SKU }) {
			l.Position, l.Quantity, l.Amount, l.Price = int64(len(lines)+1), 0, 0, l.Was
			claimed += l.Claimed
			lines = append(lines, l)
		}
	}
	switch {
	case claimed > 0:
		if err := s.adjust(ctx, p, r, lines); err != nil {
			return err
		}
		switch r.State = string(Claimed); {
		case draft: // it is not sent yet: see Followed
			r.State = string(Proving)
		case open > 0:
			r.State = string(Proposed)
		}
	case open > 0:
		r.State, r.Why = string(Proposed), ""
	default:
		if r.State = string(Nothing); r.Why == "" && len(lines) > 0 {
			r.Why = WhyDeclined
		}
	}
	tell := State(r.State) == Proposed && r.Mark != was
	switch {
	case State(r.State) != Proposed:
		r.AnswerBy = 0
	case tell || r.AnswerBy == 0:
		today := max(db.Now(ctx).In(zone(p.Zone)).Format(time.DateOnly), r.Day) // what happened before it may be heard of after it
		t, err := termsFor(ctx, r.SupplierID, r.Currency, r.ResellerID)
		if err != nil {
			return err
		}
		if t.AnswerDays > 0 || r.AnswerBy == 0 { // else there are no terms any more, and the day that was told stands
			r.AnswerBy = max(r.AnswerBy, db.Micros(dayStart(p.Zone, shifted(today, max(1, t.AnswerDays)+1)))) // the end of the last day; never before one that was told
		}
	}
	if r.AnswerBy > 0 {
		r.NextAt = remind(r.AnswerBy, db.Micros(db.Now(ctx)))
	}
	if err := replaceLines(ctx, r.ID, lines); err != nil {
		return err
	}
	if err := save(ctx, r); err != nil {
		return err
	}
	if err := note(ctx, desk(r.SupplierID), "protect.reckon", Document, r.ID); err != nil || !tell {
		return err
	}
	if day := dayStart(p.Zone, r.Day); db.Now(ctx).Before(day) { // by what was told before the prices fell, and is heard of after it
		ctx = db.WithNow(ctx, day)
	}
	return s.publish(ctx, EventProposed, *r)
}

func zone(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return loc
}

// remindBefore is how long before the last instant people are reminded.
const remindBefore = 48 * time.Hour

// remind is when to look again: to remind, or where it is too late for that, at the end.
func remind(by, now int64) int64 {
	if at := by - remindBefore.Microseconds(); at > now {
		return at
	}
	return by
}

// compute reckons stock, prices and amounts. Position and what was claimed follow from the SKU;
// and where the distributor said quantities, these.
func (s *Service) compute(ctx context.Context, p pairing, r *row, old []lineRow, said bool) ([]lineRow, error) {
	t, err := termsFor(ctx, r.SupplierID, r.Currency, r.ResellerID)
	if err != nil {
		return nil, err
	}
	if r.Days > 0 && State(r.State) != Coming && State(r.State) != Nothing { // what was proposed keeps its terms
		t = r.terms()
	}
	r.Why, r.Whole, r.Amount = "", 0, 0
	switch {
	case p.State != "active":
		r.Why = WhyInactive
		return nil, nil
	case t.Days == 0:
		r.Why = WhyNoTerms
		return nil, nil
	}
	r.Days, r.Cover, r.Cap, r.Least = int64(t.Days), int64(t.Cover), t.Cap.Minor, t.Least.Minor
	held, err := s.channel.Held(ctx, desk(r.SupplierID), r.PartnershipID, shifted(r.Day, -1), t.Days, freshDays)
	if err != nil {
		return nil, err
	}
	r.Basis, r.ReportID, r.ReportNo, r.ReportDay = held.Basis, held.Report.ID, held.Report.Number, held.Report.Day
	r.FromDay, r.ToDay, r.Covered, r.Straddling = held.From, held.Day, db.Flag(held.Complete), int64(held.Straddling)
	if len(held.Rows) == 0 && !said {
		r.Why = WhyNoStock
		return nil, nil
	}
	ids := make([]catalog.ID, len(held.Rows))
	for i, h := range held.Rows {
		ids[i] = h.Product
	}
	for _, l := range old {
		if said && !slices.Contains(ids, catalog.ID(l.ProductID)) {
			ids = append(ids, catalog.ID(l.ProductID))
		}
	}
	falls, err := s.falls(ctx, *r, ids)
	if err != nil {
		return nil, err
	}
	var lines []lineRow
	for _, h := range held.Rows {
		l, fell := falls[h.Product]
		if !fell {
			continue
		}
		l.Position, l.SKU, l.Said = int64(len(lines)+1), h.SKU, -1
		l.Opening, l.Came, l.Sold, l.Back, l.Quantity = int64(h.Opening), int64(h.In), int64(h.Sold), int64(h.Back), int64(h.Expected)
		if k := slices.IndexFunc(old, func(x lineRow) bool { return x.SKU == h.SKU }); k >= 0 {
			if l.Claimed = old[k].Claimed; said {
				l.standing(old[k])
			}
		}
		lines = append(lines, l)
	}
	for _, o := range old {
		if l, fell := falls[catalog.ID(o.ProductID)]; said && fell && !slices.ContainsFunc(lines, func(x lineRow) bool { return x.SKU == o.SKU }) {
			l.Position, l.SKU, l.Claimed = int64(len(lines)+1), o.SKU, o.Claimed
			l.standing(o)
			lines = append(lines, l)
		}
	}
	if len(lines) == 0 {
		r.Why = WhyNoFall
		return nil, nil
	}
	if r.Whole, r.Amount, err = granted(lines, t, lineRow.held); err != nil {
		return nil, err
	}
	if r.Amount < t.Least.Minor || r.Amount == 0 {
		r.Why, r.Amount = WhyLeast, 0
		for i := range lines {
			lines[i].Amount = 0
		}
	}
	return lines, nil
}

// standing keeps the quantities of a line as they were answered.
func (l *lineRow) standing(o lineRow) {
	l.Opening, l.Came, l.Sold, l.Back, l.Quantity, l.Said = o.Opening, o.Came, o.Sold, o.Back, o.Quantity, o.Said
}

// falls are the products whose price for the partner is lower on the day than on the day
// before, with both prices and the versions they are of.
func (s *Service) falls(ctx context.Context, r row, ids []catalog.ID) (map[catalog.ID]lineRow, error) {
	c := money.Currency(r.Currency)
	before, err := s.catalog.Steps(ctx, desk(r.SupplierID), r.SupplierID, r.ResellerID, c, shifted(r.Day, -1), ids)
	if err != nil {
		return nil, err
	}
	now, err := s.catalog.Steps(ctx, desk(r.SupplierID), r.SupplierID, r.ResellerID, c, r.Day, ids)
	if err != nil {
		return nil, err
	}
	out := map[catalog.ID]lineRow{}
	for id, steps := range now {
		if len(steps) == 0 || len(before[id]) == 0 {
			continue
		}
		a, b := before[id][len(before[id])-1], steps[len(steps)-1]
		if b.Price < a.Price {
			out[id] = lineRow{ProtectionID: r.ID, SupplierID: r.SupplierID, ResellerID: r.ResellerID, ProductID: string(id), Was: int64(a.Price), WasList: string(a.List), WasVersion: int64(a.Version), Price: int64(b.Price), List: string(b.List), ListVersion: int64(b.Version), Said: -1}
		}
	}
	return out, nil
}

// granted sets what lines are granted: quantity × fall × share, line by line, until the cap is
// reached. It returns the sum before the cap and after it.
func granted(lines []lineRow, t Terms, quantity func(lineRow) int64) (whole, sum int64, err error) {
	for i := range lines {
		l := &lines[i]
		a, err := money.Extend(money.Quantity(quantity(*l)), money.Price(l.Was-l.Price), t.Currency)
		if err == nil {
			a, err = money.Portion(a, t.Cover)
		}
		if err != nil || whole > mostMinor-a.Minor {
			return 0, 0, fault.New(fault.Invalid, "protect.too_much")
		}
		whole += a.Minor
		if l.Amount = a.Minor; t.Cap.Minor > 0 {
			l.Amount = min(a.Minor, t.Cap.Minor-sum)
		}
		sum += l.Amount
	}
	return whole, sum, nil
}

// adjust brings what is granted in the ledger to what follows now, where something was claimed
// before: less is taken back, and what is used of it already is owed.
func (s *Service) adjust(ctx context.Context, p pairing, r *row, lines []lineRow) error {
	sum := int64(0)
	for _, l := range lines {
		sum += min(l.Amount, l.Claimed)
	}
	r.Ceiling = sum
	all, err := s.claims(ctx, *r)
	if err != nil {
		return err
	}
	total, open := r.used(all, lines)
	return s.earn(ctx, p, r, total, open)
}

// claims are those that were made of a protection, with their lines: hardly ever more than one.
func (s *Service) claims(ctx context.Context, r row) ([]fund.Claim, error) {
	ids, err := claimsOf(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	out := make([]fund.Claim, len(ids))
	for i, id := range ids {
		if out[i], err = s.funds.GetClaim(ctx, access.System("protection", r.ResellerID), id); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// used is what claims of a protection come to that were sent: approved of lines that are decided,
// asked of the others, and how much of it the others are. Once something was put right after a
// claim, of each product it is no more than what follows from its line by now: what was taken
// back stays taken back.
func (r row) used(all []fund.Claim, lines []lineRow) (total, open int64) {
	type sums struct{ decided, asked int64 }
	by := map[string]sums{}
	for _, c := range all {
		if c.Submitted.IsZero() || c.State.Over() {
			continue
		}
		for _, l := range c.Lines {
			x := by[l.SKU]
			if l.Verdict == fund.LineOpen || l.Verdict == fund.LinePending {
				x.asked += l.Asked.Minor
			} else {
				x.decided += l.Approved.Minor
			}
			by[l.SKU] = x
		}
	}
	for sku, x := range by {
		n := x.decided + x.asked
		if i := slices.IndexFunc(lines, func(l lineRow) bool { return l.SKU == sku }); r.Ceiling >= 0 && i >= 0 {
			n = min(n, lines[i].Amount)
		}
		total, open = total+n, open+min(x.asked, max(0, n-x.decided))
	}
	return total, open
}

// earn brings the partner's part of the money of a fall to a total, of which claims ask for
// open that are not decided.
func (s *Service) earn(ctx context.Context, p pairing, r *row, total, open int64) error {
	if p.State != "active" { // what stands there stands
		return nil
	}
	cmd := fund.SubjectCmd{Kind: fund.KindProtect, Subject: r.SubjectID, Title: s.title(p.Locale, r.Day, r.Currency), From: r.Day, Until: r.Day, Zone: p.Zone, Open: &open}
	id, err := s.funds.SetEarned(ctx, desk(r.SupplierID), cmd, r.PartnershipID, money.Amount{Minor: total, Currency: money.Currency(r.Currency)})
	r.ProgramID = string(id)
	return err
}

// sku folds an item number as the catalogue keeps it.
func sku(s string) string { return strings.ToUpper(strings.TrimSpace(s)) }
