// Package orderdesk is what people who answer orders all day need beside the single
// order: many orders confirmed at once, and lists under a name.
package orderdesk

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/trade"
)

// MostPicks is how many orders may be confirmed at once, MostViews how many lists a
// person may keep.
const (
	MostPicks = 200
	MostViews = 50
)

// Service is the desk.
type Service struct {
	db    *db.DB
	trade *trade.Service
}

// New makes the service.
func New(d *db.DB, t *trade.Service) *Service { return &Service{d, t} }

// Pick is an order to confirm. Version 0 does not check; otherwise it is the version the
// person saw.
type Pick struct {
	Order   trade.OrderID
	Version int64
}

// Outcomes of a pick.
const (
	Clean     = "clean"     // may be confirmed as it stands
	Confirmed = "confirmed" // was confirmed now
	Already   = "already"   // was answered before: nothing was done
	Doubtful  = "doubtful"  // has a doubt: a person looks at it first
	Held      = "held"      // waits for an answer about itself
	Waits     = "waits"     // the answer is kept back until it is approved
	Failed    = "failed"    // could not be confirmed; Key says why
)

// Result is what became of a pick, or would.
type Result struct {
	Order   trade.Order
	ID      trade.OrderID
	Outcome string
	Line    int        // of the first doubt
	Doubt   trade.Mark // the first
	Doubts  int        // lines with one
	Key     string     // of Failed
	Args    map[string]any
}

// Look says of each order whether it may be confirmed as it stands. Nothing is written.
// Orders that the actor may not see are NotFound as a whole.
// Codes: Unauthenticated, Forbidden, NotFound, Invalid (too many).
func (s *Service) Look(ctx context.Context, actor access.Actor, picks []Pick) ([]Result, error) {
	if _, err := access.List(actor, access.OrderConfirm); err != nil {
		return nil, err
	}
	var ids []trade.OrderID
	for _, p := range picks {
		if !slices.Contains(ids, p.Order) {
			ids = append(ids, p.Order)
		}
	}
	if len(ids) > MostPicks {
		return nil, fault.InvalidField("orders", "form.too_many", "most", MostPicks)
	}
	var out []Result
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		orders, err := s.trade.Orders(ctx, actor, ids)
		if err != nil {
			return err
		}
		lines, err := s.trade.Lines(ctx, actor, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			o, ok := orders[id]
			if !ok {
				return fault.New(fault.NotFound, "error.not_found")
			}
			if err := access.Check(actor, access.OrderConfirm, access.Shared(o.Supplier, o.Reseller)); err != nil {
				return err
			}
			out = append(out, look(o, lines[id]))
		}
		return nil
	})
	return out, err
}

func look(o trade.Order, lines []trade.Line) Result {
	r := Result{Order: o, ID: o.ID, Outcome: Clean}
	open := false
	for _, l := range lines {
		if l.Answerable() <= 0 {
			continue
		}
		open = true
		if len(l.Marks) > 0 {
			if r.Doubts++; r.Doubt == "" {
				r.Line, r.Doubt = l.Number, l.Marks[0]
			}
		}
	}
	switch {
	case !open:
		r.Outcome = Already
	case o.Held != "":
		r.Outcome = Held
	case r.Doubts > 0:
		r.Outcome = Doubtful
	}
	return r
}

// Confirm accepts all that is open of the clean orders among the picks, each in a
// transaction of its own, and says of each what became of it. Safe to repeat: what was
// answered before is left alone.
// Codes: Unauthenticated, Forbidden, NotFound, Invalid (too many). Publishes OrderConfirmed.
func (s *Service) Confirm(ctx context.Context, actor access.Actor, picks []Pick) ([]Result, error) {
	all, err := s.Look(ctx, actor, picks)
	if err != nil {
		return nil, err
	}
	seen := map[trade.OrderID]int64{}
	for _, p := range picks {
		seen[p.Order] = p.Version
	}
	for i := range all {
		r := &all[i]
		if r.Outcome != Clean {
			continue
		}
		version := seen[r.ID]
		if version == 0 {
			version = r.Order.Version // what was looked at is what is confirmed
		}
		made, err := s.trade.Confirm(ctx, actor, r.ID, trade.ConfirmCmd{Version: version})
		var f *fault.Error
		switch {
		case err == nil && made == "": // by a rule of the supplier
			r.Outcome = Waits
		case err == nil:
			r.Outcome = Confirmed
		case errors.As(err, &f) && f.Code != fault.Internal && f.Code != fault.Unavailable:
			if f.Code == fault.Conflict { // somebody was quicker: the same answer is no failure
				again, err := s.Look(ctx, actor, []Pick{{Order: r.ID}})
				if err != nil {
					return all[:i], err
				}
				if again[0].Outcome == Already {
					*r = again[0]
					continue
				}
			}
			r.Outcome, r.Key, r.Args = Failed, f.Key, f.Args
			if len(f.Fields) > 0 {
				r.Key, r.Args = f.Fields[0].Key, f.Fields[0].Args
			}
		default:
			return all[:i], err
		}
	}
	return all, nil
}

// View is a list under a name: its address's query. Own says that the reader made it.
type View struct {
	ID     string
	List   string
	Name   string
	Query  string
	Shared bool
	Own    bool
	Person string
	Made   time.Time
}

// lists are those that can be kept: who may read one, and the parameters that are kept.
var lists = map[string]struct {
	act  access.Action
	keep []string
}{
	"orders": {access.OrderRead, []string{"view", "state", "partner", "from", "to", "q"}},
	"leads":  {access.OfferRead, []string{"view", "as", "state", "partner", "source", "least", "q"}},
}

// within is the scope of who may read a list.
// Codes: Unauthenticated, Forbidden, NotFound (no such list).
func within(actor access.Actor, list string) (access.Scope, error) {
	l, ok := lists[list]
	if !ok && actor.Known() {
		return access.Scope{}, fault.New(fault.NotFound, "error.not_found")
	}
	return access.List(actor, l.act)
}

// Views are the actor's own views of a list and those shared in its company, by name.
// Codes: Unauthenticated, Forbidden, NotFound (no such list).
func (s *Service) Views(ctx context.Context, actor access.Actor, list string) ([]View, error) {
	scope, err := within(actor, list)
	if err != nil {
		return nil, err
	}
	var out []View
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		rows, err := viewsOf(ctx, scope, actor.Person, list)
		for _, r := range rows {
			out = append(out, r.view(actor.Person))
		}
		return err
	})
	return out, err
}

// Save keeps filters under a name; an own view of that name is replaced.
// Codes: Unauthenticated, Forbidden, NotFound (no such list), Invalid (name), TooLarge.
func (s *Service) Save(ctx context.Context, actor access.Actor, v View) (View, error) {
	scope, err := within(actor, v.List)
	if err != nil {
		return View{}, err
	}
	keep := lists[v.List].keep
	if actor.Person == "" {
		return View{}, fault.New(fault.NotFound, "error.not_found")
	}
	if v.Name = strings.TrimSpace(v.Name); v.Name == "" {
		return View{}, fault.InvalidField("name", "form.missing")
	}
	if utf8.RuneCountInString(v.Name) > 40 {
		return View{}, fault.InvalidField("name", "form.too_long", "Most", 40)
	}
	q, _ := url.ParseQuery(v.Query)
	kept := url.Values{}
	for _, name := range keep {
		if s := q.Get(name); s != "" && len(s) <= 400 {
			kept.Set(name, s)
		}
	}
	v.Query = kept.Encode()
	err = s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		n, err := countViews(ctx, scope, actor.Person, v.Name)
		if err == nil && n >= MostViews {
			err = fault.New(fault.TooLarge, "orderdesk.too_many", "Most", MostViews)
		}
		if err != nil {
			return err
		}
		r := viewRow{ID: db.NewID(), OrgID: scope.Org(), PersonID: actor.Person, List: v.List, Name: v.Name, Query: v.Query, Made: db.Micros(db.Now(ctx))}
		if v.Shared {
			r.Shared = 1
		}
		if err := putView(ctx, r); err != nil {
			return err
		}
		r, err = viewNamed(ctx, scope, actor.Person, v.List, v.Name)
		v = r.view(actor.Person)
		return err
	})
	return v, err
}

// Drop forgets a view: one's own, and a manager one that is shared.
// Codes: Unauthenticated, Forbidden (another's shared one), NotFound.
func (s *Service) Drop(ctx context.Context, actor access.Actor, id string) error {
	var scope access.Scope
	var err error
	for _, list := range slices.Sorted(maps.Keys(lists)) { // any of them; which one it is, its row says
		if scope, err = within(actor, list); err == nil {
			break
		}
	}
	if err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := viewByID(ctx, scope, id)
		if err != nil {
			return err
		}
		if _, err := within(actor, r.List); err != nil {
			return fault.New(fault.NotFound, "error.not_found")
		}
		switch {
		case r.PersonID == actor.Person:
		case r.Shared == 0:
			return fault.New(fault.NotFound, "error.not_found")
		case !actor.Has(access.Manager):
			return fault.New(fault.Forbidden, "error.forbidden")
		}
		return dropView(ctx, scope, id)
	})
}
