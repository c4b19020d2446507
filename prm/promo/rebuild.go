package promo

import (
	"context"
	"encoding/json"
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
		if len(buyers) == 0 {
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
	return agreedFirst(pacts), err
}

func agreedFirst(pacts []pact) (from time.Time) {
	for _, p := range pacts {
		for _, v := range p.versions {
			if from.IsZero() || v.Agreed.Before(from) {
				from = v.Agreed
			}
		}
	}
	return from
}

// carried is what a rebuild takes along from slice to slice. The orders of all companies are
// read in the order in which they came, as their rows were written then: what is added to an
// index lies together. Then each company is ended, with the orders of its own that came
// meanwhile: until then its sums are those of before, with what other documents add to them.
type carried struct {
	Place string                               `json:"place,omitempty"` // up to which the orders of all were read
	Taken map[string]map[string]money.Quantity `json:"taken,omitempty"` // what was granted so far, by company and promotion
	Freed map[string][]freeing                 `json:"freed,omitempty"` // what of the promotion will be no part of its limit any more, by company
}

// freeing is what a line held of the limit until its documents came: for orders that came before
// it was still taken.
type freeing struct {
	At       int64
	Quantity money.Quantity
}

// until gives back what was freed before an order of a company came.
func (c carried) until(id, org string, received int64) {
	if len(c.Freed[org]) == 0 {
		return
	}
	c.Freed[org] = slices.DeleteFunc(c.Freed[org], func(f freeing) bool {
		if f.At > received {
			return false
		}
		c.Taken[org][id] -= f.Quantity
		return true
	})
}

func (x rebuildRow) carried() (c carried, err error) {
	if err := json.Unmarshal([]byte(x.Taken), &c); err != nil {
		return c, fault.Wrap(err, fault.Internal, "error.internal")
	}
	if c.Taken == nil {
		c.Taken = map[string]map[string]money.Quantity{}
	}
	if c.Freed == nil {
		c.Freed = map[string][]freeing{}
	}
	return c, nil
}

func (x *rebuildRow) carry(c carried) error {
	b, err := json.Marshal(c)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "error.internal")
	}
	x.Taken = string(b)
	return nil
}

// rebuildStep does the next orders of a rebuild. What it read is judged outside of a writing
// transaction, and only what differs is written, if it is still as it was read.
func (s *Service) rebuildStep(ctx context.Context, orders Orders, x rebuildRow) (rebuildRow, error) {
	ctx = db.WithOrgs(ctx, x.OwnerID)
	var got slice
	c, err := x.carried()
	if err != nil {
		return x, err
	}
	err = s.db.View(ctx, func(ctx context.Context) error {
		r, err := byID(ctx, ID(x.PromotionID), false)
		if err == nil {
			got, err = s.replay(ctx, orders, r, x, c)
		}
		return err
	})
	if err != nil {
		return x, err
	}
	next := x
	err = s.db.InTx(ctx, func(ctx context.Context) error {
		next = x
		locked := got.orgs
		if got.last && x.OrgID != "" {
			locked = []string{x.OrgID}
		}
		if err := lockCompanies(ctx, x.PromotionID, locked); err != nil {
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
			if err := writeLines(ctx, was, now); err != nil { // the sums are counted when the company is ended
				return err
			}
		}
		next.Done, next.Found, next.Differing = x.Done+got.orders, x.Found+int64(len(got.now)), x.Differing+int64(got.changed)
		next.Place = got.place
		switch {
		case !got.last:
		case x.OrgID == "":
			c.Place = next.Place
			err = s.nextToEnd(ctx, r, &next)
		default:
			err = s.rebuiltOrg(ctx, r, c, &next)
		}
		if err != nil {
			return err
		}
		if err := next.carry(c); err != nil {
			return err
		}
		return saveRebuild(ctx, x.Step, &next)
	})
	return next, err
}

// nextToEnd goes on to the company that is ended next.
func (s *Service) nextToEnd(ctx context.Context, r row, x *rebuildRow) error {
	seats, err := seatsOf(ctx, r.ID)
	if err != nil {
		return err
	}
	if x.OrgID = after(buyersOf(seats), x.OrgID); x.OrgID == "" {
		x.State = RebuildDone
	}
	return nil
}

// rebuiltOrg ends a company, if no order of it came meanwhile, and goes on to the next.
func (s *Service) rebuiltOrg(ctx context.Context, r row, c carried, x *rebuildRow) error {
	from, err := s.since(ctx, r.OwnerID, x.OrgID)
	if err != nil {
		return err
	}
	more, err := nextOrders(ctx, r.OwnerID, []string{x.OrgID}, from, x.Place, 1)
	if err != nil || len(more) > 0 {
		return err
	}
	added, strays, err := addUp(ctx, r.ID, x.OrgID)
	if err != nil {
		return err
	}
	if err := setTaken(ctx, r.ID, x.OrgID, added.taken); err != nil {
		return err
	}
	lines, changed, err := s.remeasure(ctx, r, x.OrgID)
	if err != nil {
		return err
	}
	sums, err := recount(ctx, r.ID, x.OrgID, added)
	if err != nil {
		return err
	}
	if err := s.turned(ctx, r.OwnerID, x.OrgID, []string{r.ID}); err != nil {
		return err
	}
	x.Found, x.Differing = x.Found+int64(lines), x.Differing+int64(strays+changed+sums)
	x.Place = c.Place
	return s.nextToEnd(ctx, r, x)
}

// settling has the sums of a promotion that is settled in the middle of a rebuild be those
// of its lines as they stand: it stops. The seats are locked.
func settling(ctx context.Context, id string, seats []Seat) error {
	x, found, err := rebuildOf(ctx, id)
	if err != nil || !found || x.State != RebuildRunning {
		return err
	}
	for _, org := range buyersOf(seats) {
		added, _, err := addUp(ctx, id, org)
		if err != nil {
			return err
		}
		if _, err := recount(ctx, id, org, added); err != nil {
			return err
		}
	}
	return nil
}

// replay judges and follows the next orders of the companies, or of the one that is ended,
// since the first promotion of each was agreed; what c has taken goes on.
func (s *Service) replay(ctx context.Context, orders Orders, r row, x rebuildRow, c carried) (slice, error) {
	out := slice{last: true, place: x.Place}
	orgs := []string{x.OrgID}
	if x.OrgID == "" {
		seats, err := seatsOf(ctx, r.ID)
		if err != nil {
			return out, err
		}
		orgs = buyersOf(seats)
	}
	pacts, err := readPacts(ctx, r.OwnerID, orgs, false)
	if err != nil {
		return out, err
	}
	from, since := time.Time{}, map[string]int64{}
	for org, ps := range pacts {
		if at := agreedFirst(ps); !at.IsZero() {
			since[org] = db.Micros(at)
			if from.IsZero() || at.Before(from) {
				from = at
			}
		}
	}
	versions := map[int]*Terms{}
	for _, ps := range pacts {
		for _, p := range ps {
			for i, v := range p.versions {
				if p.row.ID == r.ID {
					versions[v.Number] = &p.versions[i].Terms
				}
			}
		}
	}
	next, err := nextOrders(ctx, r.OwnerID, orgs, from, x.Place, rebuildOrders)
	if err != nil {
		return out, err
	}
	out.last = len(next) < rebuildOrders
	var ids []trade.OrderID
	lines := 0
	for _, o := range next {
		if at, ok := since[o.ResellerID]; ok && o.Received >= at {
			if lines += o.LineCount; lines > s.slice && len(ids) > 0 {
				out.last = false
				break
			}
			ids = append(ids, trade.OrderID(o.ID))
		}
		out.place = db.Cursor(o.Received, o.ID)
	}
	if len(ids) == 0 {
		return out, nil
	}
	got, _, err := orders.PromoOrders(ctx, access.System("promotions", r.OwnerID), "", time.Time{}, "", len(ids), ids...)
	if err != nil || len(got) == 0 {
		return out, err
	}
	named := make([]string, len(ids))
	for i, id := range ids {
		named[i] = string(id)
	}
	if out.was, err = linesOfOrders(ctx, r.ID, named); err != nil {
		return out, err
	}
	moved, err := catalog.MovedSince(ctx, r.OwnerID, got[0].Received)
	if err != nil {
		return out, err
	}
	belonged(out.was, versions, moved, got)
	rows, groups := make([]lineRow, 0, lines), make([][]lineRow, 0, len(got)) // of each order
	for _, o := range got {
		begin := len(rows)
		ls := liveAt(pacts[o.Reseller], o.Reseller, o.Received)
		received := db.Micros(o.Received)
		c.until(r.ID, o.Reseller, received)
		taken := c.Taken[o.Reseller]
		for _, l := range ls {
			l.taken = taken[l.id]
		}
		asked, kept := asJudged(out.was, o)
		vs := judge(ls, asked)
		for _, l := range ls {
			if l.taken == taken[l.id] {
				continue
			}
			if taken == nil {
				taken = map[string]money.Quantity{}
				c.Taken[o.Reseller] = taken
			}
			taken[l.id] = l.taken
		}
		for k := range vs {
			if vs[k].Promotion != r.ID {
				continue
			}
			y := judgedLine(&o, &asked.Lines[k], &vs[k], versions[vs[k].Version])
			if kept[k] != nil {
				y.Freed = kept[k].Freed // no document says it
			}
			if y.follow(&o.Lines[k], versions[vs[k].Version], received); y.Freed != 0 && y.Free == 0 {
				c.Freed[o.Reseller] = append(c.Freed[o.Reseller], freeing{y.Freed, money.Quantity(y.Granted)})
			}
			rows = append(rows, y)
		}
		if len(rows) > begin {
			groups = append(groups, rows[begin:len(rows):len(rows)])
		}
	}
	slices.SortFunc(groups, func(a, b []lineRow) int { return strings.Compare(a[0].OrderID, b[0].OrderID) })
	out.now = slices.Concat(groups...)
	out.orders = len(got)
	out.compare()
	return out, nil
}
