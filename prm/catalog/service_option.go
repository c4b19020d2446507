package catalog

import (
	"context"
	"fmt"
	"slices"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// Options returns what a buyer chooses of a product: of the actor's company or of a supplier
// it has an active partnership with. A product that is sold as it is has no groups.
// Codes: NotFound.
func (s *Service) Options(ctx context.Context, actor access.Actor, id ID) (Options, error) {
	scope, err := access.List(actor, access.CatalogRead)
	if err != nil {
		return Options{}, err
	}
	var out Options
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		sup, err := suppliers(ctx, scope)
		if err != nil {
			return err
		}
		row, err := productByID(ctx, keys(sup), id)
		if err != nil {
			return err
		}
		all, err := optionsOf(ctx, row.OrgID, []ID{id})
		out = all[id]
		out.Product = id
		if row.OrgID != actor.Org {
			out.ChangedBy = ""
		}
		return err
	})
	return out, err
}

// OptionsOf returns the options of a supplier's products, by product; those that are sold as
// they are are absent.
// Codes: NotFound (the actor is neither, or no partnership).
func (s *Service) OptionsOf(ctx context.Context, actor access.Actor, supplier, partner string, ids []ID) (map[ID]Options, error) {
	if err := access.Check(actor, access.CatalogRead, access.Resource{Owner: supplier, Reseller: partner}); err != nil {
		return nil, err
	}
	var out map[ID]Options
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if actor.Org != supplier {
			if err := mustBuy(ctx, supplier, actor.Org); err != nil {
				return err
			}
		}
		all, err := optionsOf(ctx, supplier, ids)
		if out = all; actor.Org != supplier {
			for id, o := range out {
				o.ChangedBy = ""
				out[id] = o
			}
		}
		return err
	})
	return out, err
}

// OptionsCmd writes the options of a product in place of Revision, the one that was looked at.
// With List what they add to the price goes into the draft of that list, as
// ChangeOptionPrices does it.
type OptionsCmd struct {
	Revision int
	Options  Options
	List     ListID
	Prices   []OptionPrice
}

// SetOptions writes the options of a product of the actor's company. Without groups it is sold
// as it is again. Quotes that were made keep what they say.
// Codes: NotFound, Forbidden, Conflict (another revision, no draft), Invalid (as
// Options.Clean, and as ChangeOptionPrices).
func (s *Service) SetOptions(ctx context.Context, actor access.Actor, id ID, cmd OptionsCmd) (Options, error) {
	if err := access.Check(actor, access.CatalogWrite, access.Own(actor.Org)); err != nil {
		return Options{}, err
	}
	o, err := cmd.Options.Clean()
	if err != nil {
		return Options{}, err
	}
	err = s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if _, err := productByID(ctx, []string{actor.Org}, id); err != nil {
			return err
		}
		was, err := lockOptions(ctx, actor.Org, id)
		if err != nil {
			return err
		}
		if was.Revision != cmd.Revision && !(len(was.Groups) == 0 && cmd.Revision == 0) {
			return fault.New(fault.Conflict, "option.changed")
		}
		o.Product, o.Revision, o.Changed, o.ChangedBy = id, was.Revision+1, db.Now(ctx), actor.Person
		ok, err := saveOptions(ctx, actor.Org, o, was.Revision)
		if err == nil && !ok {
			err = fault.New(fault.Conflict, "option.changed")
		}
		if err == nil && cmd.List != "" {
			err = s.ChangeOptionPrices(ctx, actor, cmd.List, id, cmd.Prices)
		}
		if err != nil {
			return err
		}
		return note(ctx, actor, "catalog.options", string(id))
	})
	if err != nil {
		return Options{}, err
	}
	return o, nil
}

// OptionTerms returns what the options of products add to what a partner pays on a civil date,
// by product and option: by the standard list of the currency, or by the partner's own where
// that says something of the option. Options that are in the price are absent.
// Codes: as PricesOn.
func (s *Service) OptionTerms(ctx context.Context, actor access.Actor, supplier, partner string, c money.Currency, on string, ids []ID) (map[ID]map[string]OptionTerm, error) {
	if err := access.Check(actor, access.CatalogPrices, access.Resource{Owner: supplier, Reseller: partner}); err != nil {
		return nil, err
	}
	out := map[ID]map[string]OptionTerm{}
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if actor.Org != supplier {
			if err := mustBuy(ctx, supplier, actor.Org); err != nil {
				return err
			}
		}
		standing, err := inForce(ctx, supplier, partner, []money.Currency{c}, on)
		if err != nil {
			return err
		}
		for _, v := range standing {
			kind := StepList
			if v.PartnerID != "" {
				kind = StepPartner
			}
			found, err := optionPrices(ctx, supplier, v.ListID, v.Version, ids)
			if err != nil {
				return err
			}
			for id, list := range found {
				if out[id] == nil {
					out[id] = map[string]OptionTerm{}
				}
				for _, p := range list {
					out[id][p.Option] = OptionTerm{p, kind, v.Name, int(v.Version), v.ValidFrom}
				}
			}
		}
		return nil
	})
	return out, err
}

// OptionPrices returns what the options of a product add in a version of a price list.
// Codes: NotFound (list, version or product).
func (s *Service) OptionPrices(ctx context.Context, actor access.Actor, id ListID, version int, product ID) ([]OptionPrice, error) {
	var out []OptionPrice
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		l, err := seeList(ctx, actor, id)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(l.Versions, func(v PriceVersion) bool { return v.Number == version }) {
			return fault.New(fault.NotFound, "error.not_found")
		}
		found, err := optionPrices(ctx, l.Org, string(l.ID), int64(version), []ID{product})
		out = found[product]
		return err
	})
	return out, err
}

// ChangeOptionPrices writes into the draft of a list what the options of a product add, in
// place of what the draft said of them. An amount and a part of the price exclude each other.
// Codes: NotFound, Forbidden, Conflict (no draft), Invalid (a field per wrong price:
// prices.N…).
func (s *Service) ChangeOptionPrices(ctx context.Context, actor access.Actor, id ListID, product ID, prices []OptionPrice) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		l, err := s.own(ctx, actor, id)
		if err != nil {
			return err
		}
		d, ok := l.Draft()
		if !ok {
			return fault.New(fault.Conflict, "catalog.no_draft")
		}
		if prices, err = priceable(ctx, l.Org, product, prices); err != nil {
			return err
		}
		if err := putOptionPrices(ctx, l, d.Number, product, prices); err != nil {
			return err
		}
		return note(ctx, actor, "catalog.draft", string(l.ID))
	})
}

// SetOptionPrices loads what the options of products add into the standard list of a currency,
// by SKU, as SetPrices does for prices: a published version from a day on, the one before it
// with the new amounts over it. Partners are not told.
// Codes: as SetPrices.
func (s *Service) SetOptionPrices(ctx context.Context, actor access.Actor, c money.Currency, from string, prices map[string][]OptionPrice) error {
	if err := access.Check(actor, access.CatalogWrite, access.Own(actor.Org)); err != nil {
		return err
	}
	if !c.Valid() || len(from) != len("2006-01-02") {
		return fault.InvalidField("from", "form.date")
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		ids, err := idsBySKU(ctx, actor.Org, keys(prices))
		if err != nil {
			return err
		}
		l, err := standard(ctx, actor.Org, c)
		if err != nil {
			return err
		}
		ls := []PriceList{l}
		if err := versions(ctx, l.Org, ls); err != nil {
			return err
		}
		v, err := addVersion(ctx, l, PriceVersion{From: from, State: Published, CreatedBy: actor.Person, PublishedBy: actor.Person})
		if err != nil {
			return err
		}
		if was, any := ls[0].InForce(from); any {
			if err := copyVersion(ctx, l, was.Number, v.Number); err != nil {
				return err
			}
		}
		for _, sku := range keys(prices) {
			list, err := priceable(ctx, l.Org, ids[foldCode(sku)], prices[sku])
			if err == nil {
				err = putOptionPrices(ctx, l, v.Number, ids[foldCode(sku)], list)
			}
			if err != nil {
				return err
			}
		}
		return note(ctx, actor, "catalog.price", "")
	})
}

// priceable checks amounts against the options of a product; what adds nothing is left out.
func priceable(ctx context.Context, org string, product ID, prices []OptionPrice) ([]OptionPrice, error) {
	if _, err := productByID(ctx, []string{org}, product); err != nil {
		return nil, err
	}
	all, err := optionsOf(ctx, org, []ID{product})
	if err != nil {
		return nil, err
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	seen := map[string]bool{}
	var out []OptionPrice
	for i, p := range prices {
		at := fmt.Sprintf("prices.%d.", i)
		p.Option = foldCode(p.Option)
		_, _, ok := all[product].Find(p.Option)
		switch {
		case !ok:
			bad.With(at+"option", "option.unknown", "Code", short(p.Option, 30))
		case seen[p.Option]:
			bad.With(at+"option", "option.code_twice", "Code", p.Option)
		case p.Price != 0 && p.Percent != 0:
			bad.With(at+"percent", "option.price_both", "Code", p.Option)
		case p.Percent <= -money.One || p.Percent > 10*money.One:
			bad.With(at+"percent", "catalog.percent_range")
		case p.Price > 1_000_000_000*money.One || p.Price < -1_000_000_000*money.One:
			bad.With(at+"price", "catalog.price_wrong", "SKU", p.Option)
		case p.Price != 0 || p.Percent != 0:
			out = append(out, p)
		}
		seen[p.Option] = true
	}
	return out, bad.OrNil()
}
