package sellthrough

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
)

// Service keeps reports. Every method checks the actor first.
type Service struct {
	db      *db.DB
	catalog *catalog.Service
	events  Publisher
}

// New makes the service. events may be nil in tests that do not look at them.
func New(d *db.DB, c *catalog.Service, events Publisher) *Service {
	return &Service{db: d, catalog: c, events: events}
}

func notFound() error { return fault.New(fault.NotFound, "error.not_found") }

func note(ctx context.Context, actor access.Actor, action, id string) error {
	return audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: action, SubjectKind: DocumentReport, SubjectID: id, Outcome: audit.Done})
}

// pair reads the partnership and checks what the actor wants of its reports.
func pair(ctx context.Context, actor access.Actor, act access.Action, partnership string) (pairRow, error) {
	p, err := pairOf(ctx, partnership)
	if err == nil {
		err = access.Check(actor, act, access.Shared(p.SupplierID, p.ResellerID))
	}
	return p, err
}

// MayReport says whether the actor may bring reports in the partnership.
// Codes: NotFound, Forbidden.
func (s *Service) MayReport(ctx context.Context, actor access.Actor, partnership string) error {
	return s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		_, err := pair(ctx, actor, access.SellReport, partnership)
		return err
	})
}

// Book keeps a report of the actor's company; one without lines says that nothing was sold. A report of the same number and period, and
// one that purpose 05 or Replaces name, is replaced whole; one of equal content is not
// booked again; one that was made before the one that stands is kept beside it and does not
// count. Unknown items and units are kept as doubts. Idempotent by Key.
// Codes: NotFound (no active partnership), Forbidden, Invalid, TooLarge.
// Publishes EventReported, EventCorrected or EventWithdrawn.
func (s *Service) Book(ctx context.Context, actor access.Actor, cmd BookCmd) (Receipt, error) {
	var out Receipt
	if len(cmd.Lines) > MaxLines {
		return out, fault.New(fault.TooLarge, "catalog.too_many", "Most", MaxLines)
	}
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		p, err := pair(ctx, actor, access.SellReport, cmd.Partnership)
		if err != nil {
			return err
		}
		if p.State != "active" {
			return notFound()
		}
		if err := check(&cmd); err != nil {
			return err
		}
		// Two reports of one pair are booked one after the other.
		if _, err := db.Next(ctx, "sellthrough:"+p.ID); err != nil {
			return err
		}
		if known, err := bySource(ctx, p.ID, cmd.Key); err == nil {
			out = Receipt{known, Booked}
			if known.State == Replaced {
				out.Outcome = Late
			}
			return nil
		} else if fault.CodeOf(err) != fault.NotFound {
			return err
		}
		out, err = s.book(ctx, actor, p, cmd)
		return err
	})
	return out, err
}

func (s *Service) book(ctx context.Context, actor access.Actor, p pairRow, cmd BookCmd) (Receipt, error) {
	var out Receipt
	digest := digestOf(cmd)
	same, err := standingFor(ctx, p.ID, cmd)
	if err != nil {
		return out, err
	}
	if cmd.Purpose == PurposeCancel {
		return s.withdraw(ctx, actor, p, same)
	}
	for _, r := range same {
		if r.digest == digest && r.key(cmd) {
			return Receipt{r.Report, Duplicate}, nil
		}
	}
	r := Report{ID: ID(db.NewID()), Supplier: p.SupplierID, Reseller: p.ResellerID, Partnership: p.ID, Number: cmd.Number, Purpose: cmd.Purpose, Made: cmd.Made, From: cmd.From, To: cmd.To, State: Current, Source: cmd.Source,
		Interchange: cmd.Interchange, SetNo: cmd.SetNo, Currency: cmd.Currency, Lines: len(cmd.Lines), Received: db.Now(ctx), ReceivedBy: actor.Person}
	if r.Currency == "" {
		r.Currency = money.Currency(p.Currency)
	}
	for _, x := range same {
		if x.Made != "" && cmd.Made != "" && x.Made > cmd.Made { // made later, came earlier
			r.State, r.ReplacedBy = Replaced, x.ID
		}
	}
	if err := s.recognise(ctx, actor, &r, cmd.Lines); err != nil {
		return out, err
	}
	if err := insert(ctx, r, cmd.Key, digest, cmd.Lines); err != nil {
		return out, err
	}
	if err := note(ctx, actor, "sellthrough.report", string(r.ID)); err != nil {
		return out, err
	}
	out = Receipt{r, Booked}
	if r.State == Replaced {
		out.Outcome = Late
		return out, nil
	}
	e := Event{Supplier: r.Supplier, Reseller: r.Reseller, Partnership: p.ID, Report: r.ID, From: r.From, To: r.To, Doubts: r.Doubts, Org: actor.Org}
	kind := EventReported
	for _, x := range same {
		e.Replaces = append(e.Replaces, x.ID)
	}
	if len(e.Replaces) > 0 {
		kind, out.Outcome = EventCorrected, Corrected
		if err := replace(ctx, e.Replaces, Replaced, r.ID); err != nil {
			return out, err
		}
	}
	if err := s.begin(ctx, p, r); err != nil {
		return out, err
	}
	return out, s.publish(ctx, kind, e)
}

// withdraw takes back what a report names.
func (s *Service) withdraw(ctx context.Context, actor access.Actor, p pairRow, same []stored) (Receipt, error) {
	if len(same) == 0 {
		return Receipt{Outcome: Nothing}, nil
	}
	var ids []ID
	for _, x := range same {
		ids = append(ids, x.ID)
	}
	if err := replace(ctx, ids, Withdrawn, ""); err != nil {
		return Receipt{}, err
	}
	r := same[0].Report
	r.State = Withdrawn
	if err := note(ctx, actor, "sellthrough.withdraw", string(r.ID)); err != nil {
		return Receipt{}, err
	}
	return Receipt{r, Dropped}, s.publish(ctx, EventWithdrawn, Event{Supplier: p.SupplierID, Reseller: p.ResellerID, Partnership: p.ID, Report: r.ID, Replaces: ids, From: r.From, To: r.To, Org: actor.Org})
}

// Withdraw takes back a report of the actor's company that counts. Safe to repeat.
// Codes: NotFound, Forbidden, Conflict (another one took its place). Publishes
// EventWithdrawn.
func (s *Service) Withdraw(ctx context.Context, actor access.Actor, id ID) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := byID(ctx, id)
		if err == nil {
			err = access.Check(actor, access.SellReport, r.Resource())
		}
		if err != nil || r.State == Withdrawn {
			return err
		}
		if _, err := db.Next(ctx, "sellthrough:"+r.Partnership); err != nil {
			return err
		}
		if r, err = byID(ctx, id); err != nil || r.State == Withdrawn {
			return err
		}
		if r.State != Current {
			return fault.New(fault.Conflict, "sellthrough.replaced")
		}
		_, err = s.withdraw(ctx, actor, pairRow{ID: r.Partnership, SupplierID: r.Supplier, ResellerID: r.Reseller}, []stored{{Report: r}})
		return err
	})
}

// digestOf is equal for reports that say the same.
func digestOf(cmd BookCmd) string {
	b, err := json.Marshal(struct {
		From, To string
		Currency money.Currency
		Lines    []Line
	}{cmd.From, cmd.To, cmd.Currency, cmd.Lines})
	if err != nil { // plain values
		panic(err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// recognise finds the products of lines and writes what is in doubt.
func (s *Service) recognise(ctx context.Context, actor access.Actor, r *Report, lines []Line) error {
	keys := make([]catalog.ItemKey, len(lines))
	for i, l := range lines {
		keys[i] = catalog.ItemKey{SKU: l.SKU, BuyerItem: l.BuyerItem, GTIN: l.GTIN}
	}
	items, err := s.catalog.Resolve(ctx, actor, r.Supplier, r.Reseller, keys)
	if err != nil {
		return err
	}
	r.Doubts = 0
	left := MostPieces
	for i := range lines {
		l := &lines[i]
		settled(l, DoubtItem, DoubtUnit, DoubtKind, DoubtDate, DoubtSize, DoubtFuture)
		if l.Kind == KindReturn && l.Quantity > 0 {
			l.Quantity = -l.Quantity
		}
		if l.Currency == "" {
			l.Currency = r.Currency
		}
		if l.From > r.To || l.To < r.From {
			doubt(l, DoubtDate)
		}
		if l.Kind == KindOther {
			doubt(l, DoubtKind)
		}
		if l.From > furthest(ctx) {
			doubt(l, DoubtFuture)
		}
		count(l, items[i])
		fit(l, &left)
		if len(l.Doubts) > 0 {
			r.Doubts++
		}
	}
	return nil
}

// furthest is the last day that has begun somewhere.
func furthest(ctx context.Context) string { return db.Now(ctx).UTC().Add(14 * time.Hour).Format(day) }

// count says what a line counts, now that its product is looked up.
func count(l *Line, it catalog.Item) {
	settled(l, DoubtItem, DoubtUnit, DoubtSize)
	l.Pieces = 0
	if it.Found {
		if it.By == catalog.BySKU && l.BuyerItem == l.SKU { // a column that may hold either
			l.BuyerItem = ""
		}
		l.Product, l.SKU = string(it.Product.ID), it.Product.SKU
	}
	switch {
	case !l.Counts():
		return
	case !it.Found:
		doubt(l, DoubtItem)
		return
	}
	unit := l.Unit
	if unit == "" {
		unit = it.Unit
	}
	n, ok := it.Product.Pieces(l.Quantity, unit)
	if !ok {
		doubt(l, DoubtUnit)
	} else if less(MostPieces, n) < 0 {
		doubt(l, DoubtSize)
	} else if len(l.Doubts) == 0 {
		l.Pieces = n
	}
}

// Mend looks up again the lines of a pair that are in doubt for their item or unit: a
// cross reference or a product may be known now. It returns how many lines became known.
// Codes: NotFound, Forbidden. Publishes EventMended for each report that changed.
func (s *Service) Mend(ctx context.Context, actor access.Actor, partnership string) (int, error) {
	all := 0
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		all = 0
		p, err := pair(ctx, actor, access.SellMend, partnership)
		if err != nil {
			return err
		}
		if _, err := db.Next(ctx, "sellthrough:"+p.ID); err != nil {
			return err
		}
		rs, err := doubtful(ctx, p.ID)
		if err != nil {
			return err
		}
		for _, r := range rs {
			n, err := s.mend(ctx, access.System("sell-through", p.SupplierID), r)
			if err != nil {
				return err
			}
			if all += n; n == 0 {
				continue
			}
			if err := s.publish(ctx, EventMended, Event{Supplier: r.Supplier, Reseller: r.Reseller, Partnership: p.ID, Report: r.ID, From: r.From, To: r.To, Doubts: r.Doubts - n, Org: actor.Org}); err != nil {
				return err
			}
		}
		if all == 0 {
			return nil
		}
		return note(ctx, actor, "sellthrough.mend", p.ID)
	})
	return all, err
}

// MendPair is Mend for what a supplier and a reseller have between them.
func (s *Service) MendPair(ctx context.Context, actor access.Actor, supplier, reseller string) error {
	if err := access.Check(actor, access.SellMend, access.Shared(supplier, reseller)); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		ids, err := between(ctx, supplier, reseller)
		for _, id := range ids {
			if err == nil {
				_, err = s.Mend(ctx, actor, id)
			}
		}
		return err
	})
}

// Begin looks again at lines that were sold on days to come, once these have begun. It may
// run late or twice; each pair is looked at in a transaction of its own.
func (s *Service) Begin(ctx context.Context) error {
	var pairs []pairRow
	err := s.db.View(ctx, func(ctx context.Context) (err error) {
		pairs, err = begun(ctx, furthest(ctx))
		return err
	})
	for _, p := range pairs {
		_, bad := s.Mend(ctx, access.System("sell-through", p.SupplierID), p.ID)
		err = errors.Join(err, bad)
	}
	return err
}

// chunk is how many lines are read at once.
const chunk = 1000

func (s *Service) mend(ctx context.Context, actor access.Actor, r Report) (int, error) {
	sum, err := totals(ctx, r.ID)
	if err != nil {
		return 0, err
	}
	mended, left := 0, MostPieces-sum.Sold-sum.Returned
	for after := 0; ; {
		lines, err := lines(ctx, r.ID, LineFilter{After: after, Limit: chunk, Doubts: true})
		if err != nil || len(lines) == 0 {
			if err == nil && mended > 0 {
				err = lessDoubts(ctx, r.ID, mended)
			}
			return mended, err
		}
		keys := make([]catalog.ItemKey, len(lines))
		for i, l := range lines {
			keys[i] = catalog.ItemKey{SKU: l.SKU, BuyerItem: l.BuyerItem, GTIN: l.GTIN}
		}
		items, err := s.catalog.Resolve(ctx, actor, r.Supplier, r.Reseller, keys)
		if err != nil {
			return 0, err
		}
		for i := range lines {
			l := &lines[i]
			after = l.Position
			was := slices.Clone(l.Doubts)
			if l.From <= furthest(ctx) {
				settled(l, DoubtFuture)
			}
			count(l, items[i])
			if fit(l, &left); slices.Equal(was, l.Doubts) {
				continue
			}
			if err := saveLine(ctx, r.ID, *l); err != nil {
				return 0, err
			}
			if len(l.Doubts) == 0 {
				mended++
			}
		}
	}
}

// Get returns a report. Codes: NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, id ID) (Report, error) {
	var out Report
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := byID(ctx, id)
		if err == nil {
			out, err = seen(ctx, actor, r)
		}
		return err
	})
	return out, err
}

// seen checks the right to read a report and says what of it is hidden.
func seen(ctx context.Context, actor access.Actor, r Report) (Report, error) {
	if err := access.Check(actor, access.SellRead, r.Resource()); err != nil {
		return Report{}, err
	}
	p, err := planOf(ctx, r.Partnership)
	if err != nil {
		return Report{}, err
	}
	r.Hidden = p.Dual && !endsSeen(actor, r.Resource())
	return r, nil
}

// endsSeen says that the actor may see end customers and resale prices where the supplier
// sells beside its resellers. The scopes of a token were checked for the report.
func endsSeen(actor access.Actor, r access.Resource) bool {
	actor.Scopes = nil
	return access.Allowed(actor, access.SellEnd, r)
}

// Filter chooses reports for List.
type Filter struct {
	Partnership string
	Doubts      bool   // only those with lines in doubt
	State       string // "" is all
	Query       string // in the number
	After       string
	Limit       int // to 200; 0 is 50
}

// List returns the reports of the actor's company on either side, newest first, and the
// cursor of the next page. Codes: Forbidden, Invalid (cursor).
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) ([]Report, string, error) {
	scope, err := access.List(actor, access.SellRead)
	if err != nil {
		return nil, "", err
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 200)
	var micros int64
	var id string
	if f.After != "" {
		var ok bool
		if micros, id, ok = db.ReadCursor(f.After); !ok {
			return nil, "", fault.InvalidField("after", "form.cursor")
		}
	}
	var out []Report
	next := ""
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		out, err = page(ctx, scope, f, micros, id)
		if err != nil {
			return err
		}
		if len(out) > f.Limit {
			out = out[:f.Limit]
			last := out[f.Limit-1]
			next = db.Cursor(db.Micros(last.Received), string(last.ID))
		}
		return nil
	})
	return out, next, err
}

// LineFilter chooses lines.
type LineFilter struct {
	After  int // position
	Limit  int // to 1000; 0 is 50
	Doubts bool
}

// Totals are sums over a report: Sold and Returned in base units of what counts.
type Totals struct{ Sold, Returned money.Quantity }

// Detail is a report with a page of its lines. Overlaps are other reports that count and
// speak of some of the same days: both are counted.
type Detail struct {
	Report
	Totals   Totals
	Page     []Line
	Next     int // position to go on after, 0: no more
	Overlaps []Report
}

// Show returns a report with a page of its lines. Codes: NotFound.
func (s *Service) Show(ctx context.Context, actor access.Actor, id ID, f LineFilter) (Detail, error) {
	var out Detail
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 1000)
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := byID(ctx, id)
		if err == nil {
			out.Report, err = seen(ctx, actor, r)
		}
		if err != nil {
			return err
		}
		f.Limit++
		if out.Page, err = lines(ctx, id, f); err != nil {
			return err
		}
		if len(out.Page) == f.Limit {
			out.Page = out.Page[:f.Limit-1]
			out.Next = out.Page[f.Limit-2].Position
		}
		if out.Hidden {
			for i, l := range out.Page {
				out.Page[i] = l.hide()
			}
		}
		if out.Totals, err = totals(ctx, id); err != nil {
			return err
		}
		if r.State == Current {
			out.Overlaps, err = overlapping(ctx, r)
		}
		return err
	})
	return out, err
}

// Each calls fn with all lines of a report, a chunk at a time, in the order they stood in.
// It joins the transaction of ctx. Codes: NotFound.
func (s *Service) Each(ctx context.Context, actor access.Actor, id ID, fn func([]Line) error) error {
	for after := 0; ; {
		d, err := s.chunk(ctx, actor, id, after)
		if err != nil {
			return err
		}
		if len(d) > 0 {
			after = d[len(d)-1].Position
			if err := fn(d); err != nil {
				return err
			}
		}
		if len(d) < chunk {
			return nil
		}
	}
}

func (s *Service) chunk(ctx context.Context, actor access.Actor, id ID, after int) (out []Line, err error) {
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := byID(ctx, id)
		if err == nil {
			r, err = seen(ctx, actor, r)
		}
		if err != nil {
			return err
		}
		if out, err = lines(ctx, id, LineFilter{After: after, Limit: chunk}); err == nil && r.Hidden {
			for i, l := range out {
				out[i] = l.hide()
			}
		}
		return err
	})
	return out, err
}

func joined(list []string) string { return strings.Join(list, ",") }

func parted(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}
