package promo

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/trade"
)

// Rebuilt says what a rebuild found.
type Rebuilt struct {
	Lines   int // rows now
	Changed int // rows and sums that were another before, missing or too many
}

// States of a rebuild.
const (
	RebuildRunning = "running"
	RebuildDone    = "done"
	RebuildStopped = "stopped" // the promotion was settled meanwhile
)

// RebuildProgress is how far the newest rebuild of a promotion is, in orders.
type RebuildProgress struct {
	State       string
	Done, Total int
	Rebuilt
	Started, At time.Time
}

const (
	rebuildOrders = 200   // that are read at once
	rebuildLines  = 8_000 // of them, unless one order has more
	rebuildLease  = 30 * time.Second
)

// StartRebuild has every line of a promotion computed again from the orders and their
// documents, and from the sell-through reports that count, in the order in which they came,
// and put in place of what was there. On figures that were kept as the documents came it
// changes nothing. It is done beside (RebuildSome); Results tell how far it is. Safe to
// repeat: while one runs no other begins.
// Codes: NotFound, Forbidden, Conflict (nothing was agreed, or it is settled).
func (s *Service) StartRebuild(ctx context.Context, actor access.Actor, id ID) error {
	_, err := s.startRebuild(ctx, actor, id, 0)
	return err
}

func (s *Service) startRebuild(ctx context.Context, actor access.Actor, id ID, lease time.Duration) (rebuildRow, error) {
	var out rebuildRow
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, seats, err := load(ctx, actor, access.PromoWrite, id, true)
		if err != nil {
			return err
		}
		if r.AgreedNo == 0 || State(r.State) == Settled {
			return fault.New(fault.Conflict, "promo.not_rebuilt", "State", r.State)
		}
		was, found, err := rebuildOf(ctx, r.ID)
		if err != nil || found && was.State == RebuildRunning {
			out = was
			return err
		}
		now := db.Now(ctx)
		out = rebuildRow{PromotionID: r.ID, OwnerID: r.OwnerID, State: RebuildRunning, Started: db.Micros(now), StartedBy: actor.Person, Changed: db.Micros(now), Lease: db.Micros(now.Add(lease)), Step: was.Step + 1, Taken: "{}"}
		buyers := buyersOf(seats)
		if out.OrgID = after(buyers, ""); out.OrgID == "" {
			out.State = RebuildDone
		}
		for _, org := range buyers {
			from, err := s.since(ctx, r.OwnerID, org)
			if err != nil {
				return err
			}
			n, err := ordersSince(ctx, r.OwnerID, org, from)
			if err != nil {
				return err
			}
			out.Total += n
		}
		if err := insertRebuild(ctx, out); err != nil {
			return err
		}
		return note(ctx, actor, "promotion.rebuild", r.ID)
	})
	return out, err
}

// Rebuilding tells the owner how far the newest rebuild of a promotion is: of Results its
// head and Rebuild, nil where there was none. Codes: NotFound (also for who takes part).
func (s *Service) Rebuilding(ctx context.Context, actor access.Actor, id ID) (Results, error) {
	var out Results
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, _, org, err := results(ctx, actor, id)
		if err == nil && org != "" {
			err = notFound()
		}
		if err != nil {
			return err
		}
		hs, err := heads(ctx, actor.Org, []row{r})
		if err != nil {
			return err
		}
		out.Head = hs[0]
		x, found, err := rebuildOf(ctx, r.ID)
		if found {
			out.Rebuild = x.progress()
		}
		return err
	})
	return out, err
}

// Rebuild is StartRebuild that waits until it is done, for commands.
// Codes: NotFound, Forbidden, Conflict (nothing was agreed, or it is settled).
func (s *Service) Rebuild(ctx context.Context, actor access.Actor, orders Orders, id ID) (Rebuilt, error) {
	x, err := s.startRebuild(ctx, actor, id, rebuildLease)
	for err == nil && x.State == RebuildRunning {
		if err = ctx.Err(); err == nil {
			x, err = s.rebuildStep(ctx, orders, x)
		}
	}
	return Rebuilt{int(x.Found), int(x.Differing)}, err
}

// RebuildSome goes on with one rebuild that is due, by some thousand lines in a transaction
// of their own, and says whether more is. It may be interrupted at any time, and run on
// several nodes at once.
func (s *Service) RebuildSome(ctx context.Context, orders Orders) (more bool, err error) {
	var x rebuildRow
	found := false
	err = s.db.View(ctx, func(ctx context.Context) (err error) {
		x, found, err = rebuildDue(ctx, db.Micros(db.Now(ctx)))
		return err
	})
	if err != nil || !found {
		return false, err
	}
	ctx = db.WithOrgs(ctx, x.OwnerID)
	err = s.db.InTx(ctx, func(ctx context.Context) (err error) {
		now := db.Now(ctx)
		found, err = leaseRebuild(ctx, &x, db.Micros(now), db.Micros(now.Add(rebuildLease)))
		return err
	})
	if err != nil || !found { // another node was faster
		return found, err
	}
	began := db.Now(ctx)
	for x.State == RebuildRunning {
		if x, err = s.rebuildStep(ctx, orders, x); err != nil || ctx.Err() != nil {
			break
		}
		if db.Now(ctx).Sub(began) > rebuildLease/6 {
			break
		}
	}
	if err == nil && x.State == RebuildRunning { // whoever looks next goes on at once
		err = s.db.InTx(ctx, func(ctx context.Context) error {
			_, err := leaseRebuild(ctx, &x, x.Lease, db.Micros(db.Now(ctx)))
			return err
		})
	}
	return err == nil, err
}

func buyersOf(seats []Seat) []string {
	var out []string
	for _, x := range seats {
		if x.Role == Participant {
			out = append(out, x.Org)
		}
	}
	slices.Sort(out)
	return out
}

// after is the one that follows, "" behind the last.
func after(sorted []string, at string) string {
	for _, x := range sorted {
		if x > at {
			return x
		}
	}
	return ""
}

// since is when the first promotion of an owner was agreed with a company: orders before
// it know none.
func (s *Service) since(ctx context.Context, owner, org string) (time.Time, error) {
	pacts, err := pactsOf(ctx, owner, org, false)
	from := time.Time{}
	for _, p := range pacts {
		for _, v := range p.versions {
			if from.IsZero() || v.Agreed.Before(from) {
				from = v.Agreed
			}
		}
	}
	return from, err
}

// slice is what a step found: the rows of some orders as they are and as they should be.
type slice struct {
	was, now []lineRow
	orders   int
	differ   []string // orders
	changed  int
	last     bool   // no order follows
	place    string // of the last one
}

// rebuildStep does the next orders of a rebuild. What it read is judged outside of a writing
// transaction, and only what differs is written, if it is still as it was read.
func (s *Service) rebuildStep(ctx context.Context, orders Orders, x rebuildRow) (rebuildRow, error) {
	ctx = db.WithOrgs(ctx, x.OwnerID)
	var r row
	var got slice
	taken := map[string]money.Quantity{}
	if err := json.Unmarshal([]byte(x.Taken), &taken); err != nil {
		return x, fault.Wrap(err, fault.Internal, "error.internal")
	}
	err := s.db.View(ctx, func(ctx context.Context) (err error) {
		if r, err = byID(ctx, ID(x.PromotionID), false); err == nil {
			got, err = s.replay(ctx, orders, r, x, taken)
		}
		return err
	})
	if err != nil {
		return x, err
	}
	next := x
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		next = x
		if err := lockSeats(ctx, x.OrgID, []string{x.PromotionID}); err != nil {
			return err
		}
		r, err := byID(ctx, ID(x.PromotionID), false)
		if err != nil {
			return err
		}
		next.Changed = db.Micros(db.Now(ctx))
		next.Lease = max(x.Lease, db.Micros(db.Now(ctx).Add(rebuildLease)))
		if State(r.State) == Settled {
			next.State = RebuildStopped
			return saveRebuild(ctx, x.Step, &next)
		}
		if len(got.differ) > 0 {
			was, now := of(got.was, got.differ), of(got.now, got.differ)
			is, err := linesOfOrders(ctx, x.PromotionID, got.differ)
			if err != nil {
				return err
			}
			if !slices.Equal(is, was) {
				return saveRebuild(ctx, x.Step, &next) // somebody was faster: read again
			}
			if err := saveLines(ctx, was, now); err != nil {
				return err
			}
		}
		next.Done, next.Found, next.Differing = x.Done+got.orders, x.Found+int64(len(got.now)), x.Differing+int64(got.changed)
		if got.orders > 0 {
			b, err := json.Marshal(taken)
			if err != nil {
				return fault.Wrap(err, fault.Internal, "error.internal")
			}
			next.Place, next.Taken = got.place, string(b)
		}
		if got.last {
			if err := s.rebuiltOrg(ctx, r, &next); err != nil {
				return err
			}
		}
		return saveRebuild(ctx, x.Step, &next)
	})
	return next, err
}

// rebuiltOrg ends a company, if no order came meanwhile, and goes on to the next.
func (s *Service) rebuiltOrg(ctx context.Context, r row, x *rebuildRow) error {
	from, err := s.since(ctx, r.OwnerID, x.OrgID)
	if err != nil {
		return err
	}
	counts, err := nextOrders(ctx, r.OwnerID, x.OrgID, from, x.Place, 1)
	if err != nil || len(counts) > 0 {
		return err
	}
	strays, err := dropStrays(ctx, r.ID, x.OrgID)
	if err != nil {
		return err
	}
	if err := recountTaken(ctx, r.ID, x.OrgID); err != nil {
		return err
	}
	lines, changed, err := s.remeasure(ctx, r, x.OrgID)
	if err != nil {
		return err
	}
	sums, err := recount(ctx, r.ID, x.OrgID)
	if err != nil {
		return err
	}
	if err := s.turned(ctx, r.OwnerID, x.OrgID, []string{r.ID}); err != nil {
		return err
	}
	x.Found, x.Differing = x.Found+int64(lines), x.Differing+int64(strays+changed+sums)
	seats, err := seatsOf(ctx, r.ID)
	if err != nil {
		return err
	}
	x.Place, x.Taken = "", "{}"
	if x.OrgID = after(buyersOf(seats), x.OrgID); x.OrgID == "" {
		x.State = RebuildDone
	}
	return nil
}

// of are the rows of some orders.
func of(rows []lineRow, orders []string) []lineRow {
	in := map[string]bool{}
	for _, o := range orders {
		in[o] = true
	}
	var out []lineRow
	for _, r := range rows {
		if in[r.OrderID] {
			out = append(out, r)
		}
	}
	return out
}

// replay judges and follows the next orders of a company since its first promotion was
// agreed; taken is carried on.
func (s *Service) replay(ctx context.Context, orders Orders, r row, x rebuildRow, taken map[string]money.Quantity) (slice, error) {
	out := slice{last: true}
	pacts, err := pactsOf(ctx, r.OwnerID, x.OrgID, false)
	if err != nil {
		return out, err
	}
	from, err := s.since(ctx, r.OwnerID, x.OrgID)
	if err != nil || from.IsZero() {
		return out, err
	}
	versions := map[int]Terms{}
	for _, p := range pacts {
		for _, v := range p.versions {
			if p.row.ID == r.ID {
				versions[v.Number] = v.Terms
			}
		}
	}
	counts, err := nextOrders(ctx, r.OwnerID, x.OrgID, from, x.Place, rebuildOrders)
	if err != nil || len(counts) == 0 {
		return out, err
	}
	n, lines := 0, 0
	for n < len(counts) && (n == 0 || lines+counts[n] <= s.slice) {
		lines += counts[n]
		n++
	}
	got, next, err := orders.PromoOrders(ctx, access.System("promotions", r.OwnerID), x.OrgID, from, x.Place, n)
	if err != nil || len(got) == 0 {
		return out, err
	}
	ids := make([]string, len(got))
	for i, o := range got {
		ids[i] = string(o.ID)
	}
	if out.was, err = linesOfOrders(ctx, r.ID, ids); err != nil {
		return out, err
	}
	moved, err := catalog.MovedSince(ctx, r.OwnerID, got[0].Received)
	if err != nil {
		return out, err
	}
	belonged(out.was, versions, moved, got)
	for _, o := range got {
		ls := liveAt(pacts, x.OrgID, o.Received)
		for _, l := range ls {
			l.taken = taken[l.id]
		}
		vs := judge(ls, o)
		for _, l := range ls {
			taken[l.id] = l.taken
		}
		for k, v := range vs {
			if v.Promotion != r.ID {
				continue
			}
			y := lineOf(o, o.Lines[k], v, versions[v.Version])
			y.follow(o.Lines[k], versions[v.Version])
			out.now = append(out.now, y)
		}
	}
	end := got[len(got)-1]
	out.orders, out.last, out.place = len(got), next == "", db.Cursor(db.Micros(end.Received), string(end.ID))
	out.compare()
	return out, nil
}

// belonged gives order lines the family by which they were judged when they came: where terms
// name families as they are, what moved to another one since neither gains nor loses by that.
// A line that nothing was kept of is judged by what the catalogue says of that instant.
func belonged(rows []lineRow, versions map[int]Terms, moved catalog.Moved, got []trade.PromoOrder) {
	type key struct {
		order trade.OrderID
		line  int
	}
	was := map[key]lineRow{}
	for _, r := range rows {
		was[key{trade.OrderID(r.OrderID), int(r.Line)}] = r
	}
	for i, o := range got {
		own := false
		for k, l := range o.Lines {
			r, ok := was[key{o.ID, l.Number}]
			t := versions[int(r.VersionNo)]
			if then := moved.At(catalog.ID(l.Product), o.Received, l.Family); !ok && then != l.Family {
				if !own {
					got[i].Lines, own = slices.Clone(o.Lines), true
				}
				got[i].Lines[k].Family = then
				continue
			}
			if !ok || t.Fixed || len(t.Families) == 0 || r.SKU != l.SKU || t.Kind == Free && l.SKU == t.FreeSKU {
				continue
			}
			family := l.Family
			switch covers := t.Covers(l.SKU, l.Family); {
			case !covers && r.Verdict != LineOut:
				family = t.Families[0]
			case covers && r.Verdict == LineOut && r.Reason == WhyProduct:
				family = ""
			}
			if family == l.Family {
				continue
			}
			if !own {
				got[i].Lines, own = slices.Clone(o.Lines), true
			}
			got[i].Lines[k].Family = family
		}
	}
}

// compare finds the orders whose rows are not the same.
func (b *slice) compare() {
	sortLines(b.now)
	type key struct {
		order string
		line  int64
	}
	old := make(map[key]lineRow, len(b.was))
	for _, r := range b.was {
		old[key{r.OrderID, r.Line}] = r
	}
	add := func(order string) {
		b.changed++
		if !slices.Contains(b.differ, order) {
			b.differ = append(b.differ, order)
		}
	}
	for _, r := range b.now {
		k := key{r.OrderID, r.Line}
		if o, ok := old[k]; !ok || o != r {
			add(r.OrderID)
		}
		delete(old, k)
	}
	for k := range old {
		add(k.order)
	}
}

// sortLines puts rows in the order in which linesOfOrders reads them.
func sortLines(rows []lineRow) {
	slices.SortFunc(rows, func(a, b lineRow) int {
		return cmp.Or(cmp.Compare(a.OrderID, b.OrderID), cmp.Compare(a.Line, b.Line))
	})
}
