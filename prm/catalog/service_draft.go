package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// CreateList makes a price list of the actor's company: the standard one of a
// currency, or the special one of a partner.
// Codes: Forbidden, NotFound (no partnership with the partner), Invalid, Conflict
// (there is one already).
func (s *Service) CreateList(ctx context.Context, actor access.Actor, cmd ListCmd) (PriceList, error) {
	if err := access.Check(actor, access.CatalogWrite, access.Own(actor.Org)); err != nil {
		return PriceList{}, err
	}
	l := PriceList{Org: actor.Org, Currency: cmd.Currency, Partner: cmd.Partner}
	err := cmd.onto(&l)
	if err == nil && !cmd.Currency.Valid() {
		err = fault.InvalidField("currency", "form.choice_wrong")
	}
	if err != nil {
		return PriceList{}, err
	}
	err = s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		l.ID = ListID(actor.Org + "-" + strings.ToLower(string(cmd.Currency)))
		if cmd.Partner != "" {
			if err := mustPair(ctx, actor, actor.Org, cmd.Partner); err != nil {
				return err
			}
			l.ID = ListID(db.NewID())
		}
		made, err := insertList(ctx, l)
		if err == nil && !made {
			err = fault.New(fault.Conflict, "catalog.list_taken", "Currency", string(cmd.Currency))
		}
		if err != nil {
			return err
		}
		return note(ctx, actor, "catalog.list", string(l.ID))
	})
	return l, err
}

func (cmd ListCmd) onto(l *PriceList) error {
	l.Name, l.Basis, l.NoticeDays = strings.TrimSpace(cmd.Name), cmd.Basis, cmd.NoticeDays
	if l.Basis == "" {
		l.Basis = ByOrderDate
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	if len(l.Name) > 80 {
		bad.With("name", "form.too_long", "Most", 80)
	}
	if l.Basis != ByOrderDate && l.Basis != ByRequestedDate {
		bad.With("basis", "form.choice_wrong")
	}
	if l.NoticeDays < 0 || l.NoticeDays > 365 {
		bad.With("notice_days", "catalog.notice_range", "Most", 365)
	}
	return bad.OrNil()
}

// own locks a list of the actor's company for writing, with its versions.
func (s *Service) own(ctx context.Context, actor access.Actor, id ListID) (PriceList, error) {
	l, err := listByID(ctx, id)
	if err != nil {
		return l, err
	}
	if l.Org != actor.Org { // seen by a partner, or not at all
		if _, err := seeList(ctx, actor, id); err != nil {
			return l, err
		}
		return l, fault.New(fault.Forbidden, "error.forbidden")
	}
	if err := access.Check(actor, access.CatalogWrite, access.Own(l.Org)); err != nil {
		return l, err
	}
	if l, err = lockList(ctx, l.Org, id); err != nil {
		return l, err
	}
	ls := []PriceList{l}
	err = versions(ctx, actor.Org, ls)
	return ls[0], err
}

// ChangeList changes the name, the price date and the notice period of a list.
// Codes: NotFound, Forbidden, Invalid.
func (s *Service) ChangeList(ctx context.Context, actor access.Actor, id ListID, cmd ListCmd) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		l, err := s.own(ctx, actor, id)
		if err != nil {
			return err
		}
		if err := cmd.onto(&l); err != nil {
			return err
		}
		if err := saveList(ctx, l); err != nil {
			return err
		}
		return note(ctx, actor, "catalog.list", string(id))
	})
}

// BeginDraft makes the next version of a list as a draft.
// Codes: NotFound, Forbidden, Invalid (date, percent), Conflict (there is a draft).
func (s *Service) BeginDraft(ctx context.Context, actor access.Actor, id ListID, cmd DraftCmd) (PriceVersion, error) {
	var out PriceVersion
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		l, err := s.own(ctx, actor, id)
		if err != nil {
			return err
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		if _, err := time.Parse(time.DateOnly, cmd.From); err != nil {
			bad.With("from", "form.date")
		}
		if cmd.Percent <= -money.One || cmd.Percent > 10*money.One {
			bad.With("percent", "catalog.percent_range")
		}
		if cmd.Round < 0 {
			bad.With("round", "form.invalid")
		}
		if len(cmd.Note) > 200 {
			bad.With("note", "form.too_long", "Most", 200)
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		if _, busy := l.Draft(); busy {
			return fault.New(fault.Conflict, "catalog.draft_open")
		}
		if out, err = addVersion(ctx, l, PriceVersion{From: cmd.From, State: Draft, Note: strings.TrimSpace(cmd.Note), CreatedBy: actor.Person}); err != nil {
			return err
		}
		was, any := l.InForce("9999-12-31")
		if !any {
			return note(ctx, actor, "catalog.draft", string(id))
		}
		if cmd.Percent == 0 && cmd.Round == 0 {
			err = copyVersion(ctx, l, was.Number, out.Number)
		} else {
			err = raise(ctx, l, was.Number, out.Number, cmd)
		}
		if err != nil {
			return err
		}
		return note(ctx, actor, "catalog.draft", string(id))
	})
	return out, err
}

func raise(ctx context.Context, l PriceList, from, to int, cmd DraftCmd) error {
	prices, err := entriesOf(ctx, l, from)
	if err != nil {
		return err
	}
	for id, p := range prices {
		up, ok := raised(p, cmd.Percent, cmd.Round)
		if !ok {
			return fault.InvalidField("percent", "catalog.percent_range")
		}
		prices[id] = up
	}
	ok, err := copyOptionPrices(ctx, l, from, to, func(p money.Price) (money.Price, bool) {
		up, ok := raised(max(p, -p), cmd.Percent, cmd.Round)
		if p < 0 {
			up = -up
		}
		return up, ok
	})
	if err != nil {
		return err
	}
	if !ok {
		return fault.InvalidField("percent", "catalog.percent_range")
	}
	return putEntries(ctx, l, to, prices)
}

// ChangeDraft sets or removes prices in the draft of a list.
// Codes: NotFound, Forbidden, Conflict (no draft), Invalid (a field per wrong price).
func (s *Service) ChangeDraft(ctx context.Context, actor access.Actor, id ListID, changes []PriceChange) error {
	if len(changes) > maxPut {
		return fault.New(fault.TooLarge, "catalog.too_many", "Most", maxPut)
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		l, err := s.own(ctx, actor, id)
		if err != nil {
			return err
		}
		d, ok := l.Draft()
		if !ok {
			return fault.New(fault.Conflict, "catalog.no_draft")
		}
		return s.changeDraft(ctx, actor, l, d.Number, changes)
	})
}

func (s *Service) changeDraft(ctx context.Context, actor access.Actor, l PriceList, draft int, changes []PriceChange) error {
	skus := make([]string, len(changes))
	for i, c := range changes {
		skus[i] = strings.ToUpper(strings.TrimSpace(c.SKU))
	}
	known, err := bySKUs(ctx, l.Org, skus)
	if err != nil {
		return err
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	set, gone := map[ID]money.Price{}, []ID{}
	for i, c := range changes {
		p, ok := known[skus[i]]
		switch {
		case !ok:
			bad.With(fmt.Sprintf("prices.%d.sku", i), "catalog.sku_unknown", "SKU", c.SKU)
		case c.Price < 0:
			bad.With(fmt.Sprintf("prices.%d.price", i), "catalog.price_wrong", "SKU", c.SKU)
		case c.Remove:
			gone = append(gone, p.ID)
		default:
			set[p.ID] = c.Price
		}
	}
	if err := bad.OrNil(); err != nil {
		return err
	}
	if err := putEntries(ctx, l, draft, set); err != nil {
		return err
	}
	if err := dropEntries(ctx, l, draft, gone); err != nil {
		return err
	}
	return note(ctx, actor, "catalog.draft", string(l.ID))
}

// DropDraft throws the draft of a list away. Codes: NotFound, Forbidden, Conflict (no draft).
func (s *Service) DropDraft(ctx context.Context, actor access.Actor, id ListID) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		l, err := s.own(ctx, actor, id)
		if err != nil {
			return err
		}
		d, ok := l.Draft()
		if !ok {
			return fault.New(fault.Conflict, "catalog.no_draft")
		}
		if err := dropVersion(ctx, l, d.Number); err != nil {
			return err
		}
		return note(ctx, actor, "catalog.draft_drop", string(id))
	})
}

// Publish publishes the draft of a list: from then on it never changes. It is valid
// from its date, not before today, and within the notice period only where cmd.Short
// says so. Orders that are open keep their prices. Every partner it holds for is told
// by an event of its own.
// Codes: NotFound, Forbidden, Conflict (no draft, or another one), Invalid (from).
// Publishes PricesPublished.
func (s *Service) Publish(ctx context.Context, actor access.Actor, id ListID, cmd PublishCmd) (PriceVersion, error) {
	var out PriceVersion
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		l, err := s.own(ctx, actor, id)
		if err != nil {
			return err
		}
		d, ok := l.Draft()
		if !ok || cmd.Version != 0 && cmd.Version != d.Number {
			return fault.New(fault.Conflict, "catalog.no_draft")
		}
		now := db.Now(ctx)
		switch {
		case d.Items == 0:
			return fault.InvalidField("from", "catalog.draft_empty")
		case d.From < now.Format(time.DateOnly):
			return fault.InvalidField("from", "catalog.from_past", "From", d.From)
		case d.From < now.AddDate(0, 0, l.NoticeDays).Format(time.DateOnly) && !cmd.Short:
			return fault.InvalidField("short", "catalog.notice_short", "Days", l.NoticeDays)
		}
		if ok, err := setPublished(ctx, l, d.Number, actor.Person); err != nil || !ok {
			return fault.Wrap(err, fault.Conflict, "catalog.no_draft")
		}
		d.State, d.Published, d.PublishedBy = Published, now, actor.Person
		out = d
		if err := s.tellPrices(ctx, PricesPublished, l, d); err != nil {
			return err
		}
		return note(ctx, actor, "catalog.publish", string(id))
	})
	return out, err
}

// Uses says what was priced by versions of price lists.
type Uses interface {
	// PricedBy says whether anything that stands was priced by a version of a list of the
	// actor's company: then it cannot be withdrawn.
	PricedBy(ctx context.Context, actor access.Actor, list ListID, v PriceVersion) (bool, error)
}

// Heed has withdrawals ask for what was priced by a version; call it before use. Without it
// nothing is withdrawn.
func (s *Service) Heed(u Uses) { s.uses = u }

// Withdraw takes a published version of a list back, as long as nothing was priced by it: an
// order, or a claim of price protection. It stays in the list as withdrawn, and what held before
// it holds again. Every partner that it held for is told by an event of its own. What was priced
// by it is put right by a new version instead, valid from today. Safe to repeat.
// Codes: NotFound, Forbidden, Conflict (catalog.priced_by; catalog.not_published: a draft).
// Publishes PricesWithdrawn.
func (s *Service) Withdraw(ctx context.Context, actor access.Actor, id ListID, version int) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		l, err := s.own(ctx, actor, id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(l.Versions, func(v PriceVersion) bool { return v.Number == version })
		switch {
		case i < 0:
			return fault.New(fault.NotFound, "error.not_found")
		case l.Versions[i].State == Withdrawn:
			return nil
		case l.Versions[i].State != Published:
			return fault.New(fault.Conflict, "catalog.not_published")
		}
		used := s.uses == nil
		if !used {
			if used, err = s.uses.PricedBy(ctx, actor, id, l.Versions[i]); err != nil {
				return err
			}
		}
		if used {
			return fault.New(fault.Conflict, "catalog.priced_by", "Version", version)
		}
		if ok, err := setWithdrawn(ctx, l, version); err != nil || !ok {
			return err
		}
		if err := s.tellPrices(ctx, PricesWithdrawn, l, l.Versions[i]); err != nil {
			return err
		}
		return note(ctx, actor, "catalog.withdraw", string(id))
	})
}

// tellPrices publishes one event per partner that a version holds for.
func (s *Service) tellPrices(ctx context.Context, kind string, l PriceList, v PriceVersion) error {
	ps, err := pairs(ctx, l.Org, false)
	if err != nil {
		return err
	}
	all, err := termsOf(ctx, l.Org)
	if err != nil {
		return err
	}
	for _, p := range ps {
		if p.Currency != string(l.Currency) || l.Partner != "" && l.Partner != p.ResellerID {
			continue
		}
		e := Event{Supplier: l.Org, Reseller: p.ResellerID, Partnership: p.ID, List: l.ID, Version: v.Number, EDI: all[p.ResellerID].PricesEDI}
		if err := s.publish(ctx, kind, e); err != nil {
			return err
		}
	}
	return nil
}
