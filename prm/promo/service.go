package promo

import (
	"context"
	"slices"
	"strings"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/partner"
)

// Service keeps promotions. Every method checks the actor first; what its company has no
// side on does not exist for it.
type Service struct {
	db        *db.DB
	jobs      Publisher
	partners  *partner.Service
	catalog   *catalog.Service
	resales   Resales   // nil: none are kept
	funds     Funds     // nil: bill-backs are claimed elsewhere
	approvals Approvals // nil: nothing is kept back
	keepFrom  int64
	slice     int // lines of a step of a rebuild
}

// New makes the service.
func New(d *db.DB, jobs Publisher, partners *partner.Service, cat *catalog.Service) *Service {
	return &Service{db: d, jobs: jobs, partners: partners, catalog: cat, keepFrom: keepFrom, slice: rebuildLines}
}

func (s *Service) view(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.View(db.WithOrgs(ctx, a.Org), fn)
}

func (s *Service) change(ctx context.Context, a access.Actor, fn func(ctx context.Context) error) error {
	return s.db.InTx(db.WithOrgs(ctx, a.Org), fn)
}

func note(ctx context.Context, a access.Actor, action string, id string) error {
	return audit.Write(ctx, audit.Entry{Org: a.Org, Person: a.Person, Via: a.Via, Action: action, SubjectKind: "promotion", SubjectID: id, Outcome: audit.Done})
}

// load reads a promotion with its seats and checks the action on it.
func load(ctx context.Context, a access.Actor, act access.Action, id ID, lock bool) (row, []Seat, error) {
	r, err := byID(ctx, id, lock)
	if err != nil {
		return row{}, nil, err
	}
	seats, err := seatsOf(ctx, r.ID)
	if err != nil {
		return row{}, nil, err
	}
	return r, seats, access.Check(a, act, resource(r.OwnerID, seats))
}

// ready makes terms normal and checks them: by themselves, against the partnerships and
// the catalogue of the owner.
func (s *Service) ready(ctx context.Context, actor access.Actor, t *Terms) error {
	t.normal()
	if err := t.check(actor.Org); err != nil {
		return err
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	asker := actor
	asker.Scopes = nil // what the actor may do with promotions is checked by its own action
	all, err := s.partners.List(ctx, asker, partner.Active)
	if err != nil {
		return err
	}
	for _, p := range t.Parts {
		buys := slices.ContainsFunc(all, func(x partner.Partnership) bool { return x.Supplier == actor.Org && x.Reseller == p.Org })
		knows := slices.ContainsFunc(all, func(x partner.Partnership) bool { return x.Other(actor.Org) == p.Org })
		if p.Role == Participant && !buys || !knows {
			bad.With("parts", "promo.partner_unknown")
		}
	}
	if err := bad.OrNil(); err != nil {
		return err
	}
	return s.known(ctx, actor.Org, t)
}

// known checks the products of terms against the owner's catalogue, and writes down those of
// fixed families where that was not done yet.
func (s *Service) known(ctx context.Context, owner string, t *Terms) error {
	if t.Fixed && len(t.Within) == 0 {
		err := s.db.View(ctx, func(ctx context.Context) (err error) {
			t.Within, err = catalog.InFamilies(ctx, owner, t.Families, mostGoods)
			return err
		})
		if err != nil {
			return err
		}
		if len(t.Within) > mostGoods {
			return fault.InvalidField("families", "promo.family_large", "Most", mostGoods)
		}
		if len(t.Within) == 0 {
			return fault.InvalidField("families", "promo.family_empty")
		}
		t.normal()
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	skus := t.SKUs
	if t.FreeSKU != "" {
		skus = append(slices.Clone(skus), t.FreeSKU)
	}
	if len(skus) == 0 {
		return nil
	}
	keys := make([]catalog.ItemKey, len(skus))
	for i, k := range skus {
		keys[i] = catalog.ItemKey{SKU: k}
	}
	items, err := s.catalog.Resolve(ctx, access.System("promotions", owner), owner, "", keys)
	if err != nil {
		return err
	}
	for i, it := range items {
		if !it.Found {
			field := "skus"
			if i >= len(t.SKUs) {
				field = "free_sku"
			}
			bad.With(field, "promo.sku_unknown", "SKU", skus[i])
		}
	}
	return bad.OrNil()
}

// sameMoney refuses terms that name another currency than an agreed version did, for the
// owner or for a company that takes part again, or another way in which what is earned is paid
// or comes about than the one in force: claims, ledger and results of what was bought are in
// that one. Another currency, or way, is another promotion.
func sameMoney(ctx context.Context, r row, t Terms) error {
	if r.AgreedNo == 0 {
		return nil
	}
	rows, err := versionsOf(ctx, r.ID)
	if err != nil {
		return err
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	told := map[string]bool{}
	refuse := func(field string, was, now money.Currency) {
		if was != now && !told[field] {
			told[field] = true
			bad.With(field, "promo.currency_agreed", "Currency", string(was))
		}
	}
	for _, x := range rows {
		if x.Number == 0 || x.Agreed == 0 {
			continue
		}
		v, err := x.version()
		if err != nil {
			return err
		}
		if x.Number == r.AgreedNo {
			v.Terms.keepsWay(t, bad)
		}
		refuse("currency", v.Terms.Currency, t.Currency)
		for _, p := range v.Terms.Parts {
			if now, sits := t.Part(p.Org); sits {
				refuse("parts."+p.Org+".currency", p.Currency, now.Currency)
			}
		}
	}
	return bad.OrNil()
}

// keep copies what lists show of terms.
func (r *row) keep(t Terms) {
	r.Title, r.FromOn, r.UntilOn, r.Zone, r.Currency, r.Budget = t.Title, t.From, t.Until, t.Zone, string(t.Currency), t.Budget().Minor
}

// Create begins a promotion of the actor's company as a draft that nobody else sees.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (by field).
func (s *Service) Create(ctx context.Context, actor access.Actor, t Terms) (Detail, error) {
	if err := access.Check(actor, access.PromoWrite, access.Own(actor.Org)); err != nil {
		return Detail{}, err
	}
	if err := s.ready(ctx, actor, &t); err != nil {
		return Detail{}, err
	}
	var out Detail
	err := s.change(ctx, actor, func(ctx context.Context) error {
		now := db.Micros(db.Now(ctx))
		r := row{ID: db.NewID(), OwnerID: actor.Org, State: string(Draft), Draft: db.Text(t), MadeBy: actor.Person, Made: now, Changed: now, Version: 1}
		r.keep(t)
		if err := insert(ctx, &r); err != nil {
			return err
		}
		if err := addLog(ctx, r.ID, actor.Org, "created", actor.Org, actor.Person, 0, ""); err != nil {
			return err
		}
		if err := note(ctx, actor, "promotion.create", r.ID); err != nil {
			return err
		}
		var err error
		out, err = detail(ctx, r, nil)
		return err
	})
	return out, err
}

// SaveDraft changes what is being written: the terms of a draft, or of the next version of
// a promotion that was sent; nobody else sees it before Propose.
// Codes: NotFound, Forbidden, Invalid (by field; another currency or way of paying than was agreed), Conflict
// (changed meanwhile, or it is over).
func (s *Service) SaveDraft(ctx context.Context, actor access.Actor, id ID, version int64, t Terms) (Detail, error) {
	if _, err := access.List(actor, access.PromoRead); err != nil {
		return Detail{}, err
	}
	if err := s.visible(ctx, actor, access.PromoWrite, id); err != nil {
		return Detail{}, err
	}
	if err := s.ready(ctx, actor, &t); err != nil {
		return Detail{}, err
	}
	var out Detail
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, seats, err := load(ctx, actor, access.PromoWrite, id, true)
		if err != nil {
			return err
		}
		if r.Version != version {
			return changed(r.Version)
		}
		if st := State(r.State); st.Over() || st == Ended {
			return fault.New(fault.Conflict, "promo.over", "State", r.State)
		}
		if err := sameMoney(ctx, r, t); err != nil {
			return err
		}
		r.Draft = db.Text(t)
		if err := s.overtaken(ctx, &r); err != nil {
			return err
		}
		if State(r.State) == Draft {
			r.keep(t)
		}
		if err := save(ctx, &r); err != nil {
			return err
		}
		if err := note(ctx, actor, "promotion.write", r.ID); err != nil {
			return err
		}
		out, err = detail(ctx, r, seats)
		return err
	})
	return out, err
}

// visible answers as if the promotion did not exist before anything of a command is
// looked at.
func (s *Service) visible(ctx context.Context, actor access.Actor, act access.Action, id ID) error {
	return s.view(ctx, actor, func(ctx context.Context) error {
		_, _, err := load(ctx, actor, act, id, false)
		return err
	})
}

// Get returns a promotion of the actor's own company.
// Codes: Unauthenticated, NotFound (also for who only takes part: see Join).
func (s *Service) Get(ctx context.Context, actor access.Actor, id ID) (Detail, error) {
	var out Detail
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, seats, err := load(ctx, actor, access.PromoRead, id, false)
		if err != nil {
			return err
		}
		if r.OwnerID != actor.Org {
			return notFound()
		}
		out, err = detail(ctx, r, seats)
		return err
	})
	return out, err
}

// detail reads all of a promotion for its owner.
func detail(ctx context.Context, r row, seats []Seat) (Detail, error) {
	hs, err := heads(ctx, r.OwnerID, []row{r})
	if err != nil {
		return Detail{}, err
	}
	out := Detail{Head: hs[0], Seats: seats, Reason: r.Reason, MadeBy: r.MadeBy, Settled: instant(r.Settled), Approval: r.Approval}
	if r.Draft != "" {
		t, err := decode(r.Draft)
		if err != nil {
			return out, err
		}
		out.Draft = &t
	}
	rows, err := versionsOf(ctx, r.ID)
	if err != nil {
		return out, err
	}
	for _, x := range rows {
		v, err := x.version()
		if err != nil {
			return out, err
		}
		switch {
		case x.Number == 0:
			if x.State == VersionOpen {
				out.Counters = append(out.Counters, v)
			}
			continue
		case x.Number == r.OpenNo:
			open := v
			out.Open = &open
		case x.Number == r.AgreedNo:
			agreed := v
			out.InForce = &agreed
		}
		out.Versions = append(out.Versions, v)
	}
	if out.Tasks, err = tasksOf(ctx, r.ID, r.OwnerID, r.OwnerID); err != nil {
		return out, err
	}
	out.Log, err = logOf(ctx, r.ID, r.OwnerID, r.OwnerID)
	return out, err
}

// Join returns a promotion that the actor's company takes part in, as it may see it.
// Codes: Unauthenticated, NotFound.
func (s *Service) Join(ctx context.Context, actor access.Actor, id ID) (Joined, error) {
	var out Joined
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, seats, err := load(ctx, actor, access.PromoRead, id, false)
		if err != nil {
			return err
		}
		if r.OwnerID == actor.Org {
			return notFound()
		}
		out, err = joined(ctx, r, seats, actor.Org)
		return err
	})
	return out, err
}

// joined is the promotion of a seat. A company that declined or was left out keeps its
// last text and learns nothing of what came later.
func joined(ctx context.Context, r row, seats []Seat, org string) (Joined, error) {
	i := slices.IndexFunc(seats, func(x Seat) bool { return x.Org == org })
	if i < 0 {
		return Joined{}, notFound()
	}
	seat := seats[i]
	rows, err := versionsOf(ctx, r.ID)
	if err != nil {
		return Joined{}, err
	}
	hs, err := heads(ctx, org, []row{r})
	if err != nil {
		return Joined{}, err
	}
	out := Joined{Head: hs[0], Hash: seat.Hash, Reason: r.Reason}
	out.Seat = &seat
	gone := seat.State == Declined || seat.State == Dropped
	slices.Reverse(rows) // the oldest first
	type words struct {
		hash, note string
		terms      Terms
	}
	var texts []words // that were put to it
	for _, x := range rows {
		if x.Number == 0 {
			if x.OrgID == org && x.State == VersionOpen {
				v, err := x.version()
				if err != nil {
					return out, err
				}
				out.Counter = &v
			}
			continue
		}
		v, err := x.version()
		if err != nil {
			return out, err
		}
		if _, sits := v.Terms.Part(org); !sits {
			continue
		}
		t := words{note: v.Note, terms: v.Terms.visible(org)}
		t.hash = hashOf(out.ID, r.Number, t.terms)
		if x.Counter != 0 && v.Org != org {
			t.note = ""
		}
		if x.Number == r.AgreedNo && !gone {
			out.InForce = &t.terms
		}
		if len(texts) == 0 || texts[len(texts)-1].hash != t.hash {
			texts = append(texts, t)
		}
	}
	out.Number = len(texts)
	// It stands before the text of its seat: what came later was given up, or was refused.
	for i, t := range texts {
		if t.hash == seat.Hash {
			out.Number = i + 1
		}
	}
	if out.Number > 0 {
		t := texts[out.Number-1]
		out.Text, out.Note = t.terms, t.note
	}
	if out.Number > 1 {
		out.Before = &texts[out.Number-2].terms
	}
	out.reads(out.Text, org)
	if gone {
		out.leaves(out.Text, org)
		out.Reason = seat.Reason
		if _, err := agreed(ctx, r, org); err == nil {
			out.Held = true
		} else if fault.CodeOf(err) != fault.Conflict {
			return out, err
		}
	}
	if out.InForce != nil && out.InForce.Named { // nobody is named before all have agreed to it, and nobody who agreed to other words
		v, err := versionNo(ctx, r.ID, r.AgreedNo)
		if err != nil {
			return out, err
		}
		for _, p := range v.Terms.Parts {
			if p.Org != org {
				out.Named = append(out.Named, p.Org)
			}
		}
	}
	if out.Tasks, err = tasksOf(ctx, r.ID, r.OwnerID, org); err != nil {
		return out, err
	}
	if out.Log, err = logOf(ctx, r.ID, r.OwnerID, org); err == nil && gone {
		last := seat.Answered
		out.Log = slices.DeleteFunc(out.Log, func(e Entry) bool { return e.Org != org && e.At.After(last) && e.Kind != "dropped" })
	}
	return out, err
}

// reads has a head say what stands in the text of a company.
func (h *Head) reads(t Terms, org string) {
	h.Title, h.From, h.Until, h.Zone = t.Title, t.From, t.Until, t.Zone
	if p, ok := t.Part(org); ok {
		h.Budget = p.Pledge()
	}
}

// leaves is reads for a company that takes part no more: to it the promotion is over.
func (h *Head) leaves(t Terms, org string) {
	h.reads(t, org)
	h.State, h.Waiting = Cancelled, false
}

// OfSeat returns the promotion of a seat for notices and rooms: Join for who takes part,
// the same with nothing but the head for the owner.
// Codes: NotFound.
func (s *Service) OfSeat(ctx context.Context, actor access.Actor, seat string) (Joined, error) {
	var out Joined
	err := s.view(ctx, actor, func(ctx context.Context) error {
		if _, err := access.List(actor, access.PromoRead); err != nil {
			return err
		}
		id, err := bySeat(ctx, seat)
		if err != nil {
			return err
		}
		r, seats, err := load(ctx, actor, access.PromoRead, id, false)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(seats, func(x Seat) bool { return x.ID == seat })
		if i < 0 || r.OwnerID != actor.Org && seats[i].Org != actor.Org {
			return notFound()
		}
		if r.OwnerID == actor.Org {
			hs, err := heads(ctx, actor.Org, []row{r})
			if err != nil {
				return err
			}
			out = Joined{Head: hs[0]}
			out.Seat = &seats[i]
			return nil
		}
		out, err = joined(ctx, r, seats, actor.Org)
		return err
	})
	return out, err
}

// List returns the promotions of the actor's company and those it takes part in.
// Codes: Unauthenticated, Forbidden, Invalid (cursor).
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter) (Page, error) {
	scope, err := access.List(actor, access.PromoRead)
	if err != nil {
		return Page{}, err
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit, f.Query = min(f.Limit, 200), strings.TrimSpace(f.Query)
	var out Page
	err = s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = list(ctx, scope, f)
		return err
	})
	return out, err
}

// Some are promotions, by their ids or by those of seats, that the actor's company made or
// takes part in, as List shows them; by a seat only where it is the company's own or of a
// promotion it made. What it may not read is left out as what does not exist is.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Some(ctx context.Context, actor access.Actor, ids ...string) (map[string]Head, error) {
	scope, err := access.List(actor, access.PromoRead)
	if err != nil {
		return nil, err
	}
	var out map[string]Head
	err = s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = some(ctx, scope, ids)
		return err
	})
	return out, err
}

// Counts are the numbers of the company's promotions by state.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Counts(ctx context.Context, actor access.Actor) (map[State]int, error) {
	scope, err := access.List(actor, access.PromoRead)
	if err != nil {
		return nil, err
	}
	var out map[State]int
	err = s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = counts(ctx, scope)
		return err
	})
	return out, err
}
