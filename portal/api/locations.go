package api

import (
	"context"

	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/location"
	"entente/prm/partner"
	"entente/prm/trade"
)

type locationItem struct {
	ID       string      `json:"id"`
	Partner  string      `json:"partner" doc:"slug of the other company"`
	Side     string      `json:"side" doc:"what your company is: supplier or reseller"`
	Name     string      `json:"name"`
	Number   string      `json:"number,omitempty" doc:"the supplier's own number of it; orders go to its system under it"`
	GLN      string      `json:"gln,omitempty"`
	Street   string      `json:"street,omitempty"`
	Postcode string      `json:"postcode,omitempty"`
	City     string      `json:"city,omitempty"`
	Country  string      `json:"country,omitempty"`
	Codes    []placeCode `json:"codes"`
}

type placeCode struct {
	Qualifier string `json:"qualifier,omitempty" maxLength:"3" doc:"92 (the buyer's own, when left out), 91, UL"`
	Code      string `json:"code" maxLength:"80"`
}

// LocationBody is a place as it is written. Exported, else huma would not see its fields where
// it is embedded.
type LocationBody struct {
	Name     string      `json:"name" maxLength:"120"`
	Number   string      `json:"number,omitempty" maxLength:"80"`
	GLN      string      `json:"gln,omitempty" maxLength:"13"`
	Street   string      `json:"street,omitempty" maxLength:"200"`
	Postcode string      `json:"postcode,omitempty" maxLength:"20"`
	City     string      `json:"city,omitempty" maxLength:"80"`
	Country  string      `json:"country,omitempty" maxLength:"2"`
	Codes    []placeCode `json:"codes,omitempty" maxItems:"50" doc:"what the buyer's documents call it; a code that stood for another place moves"`
}

func (b LocationBody) place() location.Place {
	p := location.Place{Name: b.Name, Number: b.Number, GLN: b.GLN, Street: b.Street, Postcode: b.Postcode, City: b.City, Country: b.Country}
	for _, c := range b.Codes {
		if c.Qualifier == "" {
			c.Qualifier = location.ByBuyer
		}
		p.Codes = append(p.Codes, location.Code{Qualifier: c.Qualifier, Code: c.Code})
	}
	return p
}

// between finds the partnership with the company behind a slug in which the actor's
// company has a side; without one, the one it supplies in, else the other.
func (a *API) between(ctx context.Context, actor access.Actor, slug, side string) (partner.Partnership, error) {
	_, ps, err := a.partnerships(ctx, actor, slug)
	if err != nil {
		return partner.Partnership{}, err
	}
	var found *partner.Partnership
	for i, p := range ps {
		supplies := p.Supplier == actor.Org
		if side == "supplier" && !supplies || side == "reseller" && supplies {
			continue
		}
		if found == nil || supplies {
			found = &ps[i]
		}
	}
	if found == nil {
		return partner.Partnership{}, fault.New(fault.NotFound, "error.not_found")
	}
	return *found, nil
}

func (a *API) wirePlaces(ctx context.Context, actor access.Actor, places []location.Place) ([]locationItem, error) {
	orgs := map[string]bool{}
	for _, p := range places {
		orgs[p.Supplier], orgs[p.Reseller] = true, true
	}
	names, err := a.slugs(ctx, orgs)
	if err != nil {
		return nil, err
	}
	out := make([]locationItem, len(places))
	for i, p := range places {
		out[i] = locationItem{ID: string(p.ID), Partner: names[p.Reseller].Slug, Side: "supplier", Name: p.Name, Number: p.Number, GLN: p.GLN, Street: p.Street, Postcode: p.Postcode, City: p.City, Country: p.Country, Codes: []placeCode{}}
		if p.Supplier != actor.Org {
			out[i].Partner, out[i].Side = names[p.Supplier].Slug, "reseller"
		}
		for _, c := range p.Codes {
			out[i].Codes = append(out[i].Codes, placeCode{c.Qualifier, c.Code})
		}
	}
	return out, nil
}

func (a *API) onePlace(ctx context.Context, actor access.Actor, p location.Place, err error) (*reply[locationItem], error) {
	if err != nil {
		return nil, err
	}
	out, err := a.wirePlaces(ctx, actor, []location.Place{p})
	if err != nil {
		return nil, err
	}
	return &reply[locationItem]{out[0]}, nil
}

// locations are the places of partnerships and the orders that are held for one.
func (a *API) locations() {
	const base = "/api/v1/locations"
	type locationFilter struct {
		Paging
		Partner string `query:"partner" required:"true" doc:"slug of the other company"`
		Side    string `query:"side" enum:"supplier,reseller" doc:"what your company is, where the two trade both ways"`
		Q       string `query:"q" doc:"in name, town, number and codes"`
	}
	handle(a, op("GET", base, "locations:read", "List places", "The places to which goods go in the trade with a partner, and the codes that stand for them in orders, the newest first.", 200),
		func(ctx context.Context, actor access.Actor, in *locationFilter) (*reply[list[locationItem]], error) {
			p, err := a.between(ctx, actor, in.Partner, in.Side)
			if err != nil {
				return nil, err
			}
			places, next, err := a.d.Locations.List(ctx, actor, p.ID, location.Filter{Query: in.Q, After: in.After, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			items, err := a.wirePlaces(ctx, actor, places)
			return page(items, next), err
		})
	type locationAdd struct {
		Body struct {
			LocationBody
			Partner string `json:"partner" doc:"slug of the other company"`
		}
	}
	handle(a, op("POST", base, "locations:write", "Add a place", "For the supplier. Orders that are held for one of its codes are released.", 201),
		func(ctx context.Context, actor access.Actor, in *locationAdd) (*reply[locationItem], error) {
			w, err := a.between(ctx, actor, in.Body.Partner, "")
			if err != nil {
				return nil, err
			}
			p := in.Body.place()
			p.Partnership = w.ID
			p, err = a.d.Locations.Add(ctx, actor, p)
			return a.onePlace(ctx, actor, p, err)
		})
	type locationChange struct {
		IDPath
		Body LocationBody
	}
	handle(a, op("POST", base+"/{id}", "locations:write", "Change a place", "All of it is written anew, its codes too.", 200),
		func(ctx context.Context, actor access.Actor, in *locationChange) (*reply[locationItem], error) {
			p := in.Body.place()
			p.ID = location.ID(in.ID)
			p, err := a.d.Locations.Change(ctx, actor, p)
			return a.onePlace(ctx, actor, p, err)
		})
	handle(a, op("POST", base+"/{id}/remove", "locations:write", "Remove a place", "Orders that came stay as they are.", 204),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*struct{}, error) {
			return nil, a.d.Locations.Remove(ctx, actor, location.ID(in.ID))
		})
	type orderLocate struct {
		IDPath
		Body struct {
			Location string        `json:"location,omitempty" doc:"id of a known place"`
			New      *LocationBody `json:"new,omitempty" doc:"or a new one"`
		}
	}
	handle(a, op("POST", "/api/v1/orders/{id}/locate", "locations:write", "Say which place a held order goes to", "For an order with held = location: its ship-to code stands for this place from now on. The other orders that are held for the same code are released too.", 200),
		func(ctx context.Context, actor access.Actor, in *orderLocate) (*reply[located], error) {
			if (in.Body.Location == "") == (in.Body.New == nil) {
				return nil, fault.InvalidField("location", "location.one_of")
			}
			cmd := trade.LocateCmd{Known: location.ID(in.Body.Location)}
			if in.Body.New != nil {
				cmd.New = in.Body.New.place()
			}
			n, err := a.d.Trade.Locate(ctx, actor, trade.OrderID(in.ID), cmd)
			if err != nil {
				return nil, err
			}
			return &reply[located]{located{n}}, nil
		})
	type orderRefuse struct {
		IDPath
		Body struct {
			Reason string `json:"reason,omitempty" maxLength:"80"`
		} `required:"false"`
	}
	handle(a, op("POST", "/api/v1/orders/{id}/refuse", "orders:write", "Refuse a held order for its ship-to", "Every line is answered as rejected.", 200),
		func(ctx context.Context, actor access.Actor, in *orderRefuse) (*reply[order], error) {
			if _, err := a.d.Trade.RefuseLocation(ctx, actor, trade.OrderID(in.ID), in.Body.Reason); err != nil {
				return nil, err
			}
			return a.order(ctx, actor, trade.OrderID(in.ID))
		})
}

type located struct {
	Released int `json:"released" doc:"orders; more may follow at once by themselves"`
}
