package api

import (
	"context"
	"time"

	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/customer"
	"entente/prm/fault"
	"entente/prm/lead"
	"entente/prm/money"
)

type wanted struct {
	SKU      string `json:"sku"`
	Quantity string `json:"quantity"`
}

type teaserOut struct {
	Title    string   `json:"title"`
	Need     string   `json:"need,omitempty"`
	Industry string   `json:"industry,omitempty"`
	Size     string   `json:"size,omitempty"`
	Country  string   `json:"country,omitempty"`
	Area     string   `json:"area,omitempty" doc:"begin of the postcode"`
	Families []string `json:"families"`
	Products []wanted `json:"products"`
	Value    *amount  `json:"value"`
	Expected string   `json:"expected,omitempty" doc:"date of the decision"`
	Source   string   `json:"source"`
	Campaign string   `json:"campaign,omitempty" doc:"the promotion it came from; for its owner, and for the participant whose landing page it came by"`
	Ref      string   `json:"ref,omitempty" doc:"referral code it came by"`
}

type offerOut struct {
	ID        string       `json:"id"`
	Number    int64        `json:"number" doc:"runs per partnership"`
	State     string       `json:"state" doc:"offered, opened, accepted, working, stale, converted, lost, declined, expired, withdrawn, returned or reclaimed"`
	Supplier  string       `json:"supplier" doc:"slug"`
	Reseller  string       `json:"reseller" doc:"slug"`
	Lead      string       `json:"lead,omitempty" doc:"id of the lead, for its owner"`
	Teaser    teaserOut    `json:"teaser" doc:"what is known before acceptance"`
	Customer  *lead.Shared `json:"customer" doc:"null until accepted"`
	Fit       int          `json:"fit" doc:"0 to 1000; 0 where a person chose"`
	Note      string       `json:"note,omitempty"`
	Reason    string       `json:"reason,omitempty"`
	Comment   string       `json:"comment,omitempty"`
	Offered   time.Time    `json:"offered"`
	AcceptBy  *time.Time   `json:"accept_by" doc:"of a paused one: when the pause lasts to its end, at the earliest"`
	ConvertBy *time.Time   `json:"convert_by" doc:"of a paused one: when the pause lasts to its end, at the earliest"`
	Pause     *leadPause   `json:"pause,omitempty" doc:"its running clock stands still"`
	Version   int64        `json:"version"`
}

// leadPause is a pause of the clocks of an accepted lead.
type leadPause struct {
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until"`
	Reason  string    `json:"reason" doc:"customer_budget, customer_date, customer_absent, checking or other"`
	Comment string    `json:"comment,omitempty"`
	Company string    `json:"company" doc:"slug of who paused"`
}

type leadOut struct {
	ID       string    `json:"id"`
	Number   int64     `json:"number"`
	State    string    `json:"state" doc:"new, routed, unplaced, accepted, working, converted or lost"`
	Customer string    `json:"customer" doc:"id"`
	Contact  string    `json:"contact,omitempty" doc:"id"`
	Teaser   teaserOut `json:"teaser"`
	Details  string    `json:"details,omitempty"`
	External string    `json:"external,omitempty"`
	Partner  string    `json:"partner,omitempty" doc:"slug of who has it or was offered it"`
	Offer    string    `json:"offer,omitempty" doc:"id of the present offer"`
	Rounds   int       `json:"rounds" doc:"offers so far"`
	Created  time.Time `json:"created"`
	Version  int64     `json:"version"`
}

type customerOut struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Country  string `json:"country,omitempty"`
	City     string `json:"city,omitempty"`
	Street   string `json:"street,omitempty"`
	Postcode string `json:"postcode,omitempty"`
	TaxID    string `json:"tax_id,omitempty"`
	GLN      string `json:"gln,omitempty"`
	DUNS     string `json:"duns,omitempty"`
	Web      string `json:"web,omitempty"`
	External string `json:"external,omitempty" doc:"number in your CRM"`
	Version  int64  `json:"version"`
}

func wantedOut(ps []lead.Wanted) []wanted {
	out := []wanted{}
	for _, p := range ps {
		out = append(out, wanted{p.SKU, p.Quantity.String()})
	}
	return out
}

func valueOut(a money.Amount) *amount {
	if a.Currency == "" {
		return nil
	}
	return &amount{a.String(), string(a.Currency)}
}

func instantOut(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func offerJSON(o lead.Offer, slug map[string]account.Org) offerOut {
	t := o.Teaser
	var pause *leadPause
	accept, convert := o.Accept.Due, o.Convert.Due
	if o.State.Unanswered() {
		accept = o.Ends()
	} else if o.State.Held() {
		convert = o.Ends()
	}
	if p := o.Pause; p != nil {
		pause = &leadPause{p.Since.UTC(), p.Until.UTC(), p.Reason, p.Comment, slug[p.Org].Slug}
	}
	return offerOut{Pause: pause, ID: string(o.ID), Number: o.Number, State: string(o.State), Supplier: slug[o.Supplier].Slug, Reseller: slug[o.Reseller].Slug, Lead: string(o.Lead), Customer: o.Shared, Fit: o.Fit, Note: o.Note, Reason: o.Reason, Comment: o.Comment,
		Teaser:  teaserOut{t.Title, t.Need, t.Industry, t.Size, t.Country, t.Area, nonNil(t.Families), wantedOut(t.Products), valueOut(t.Value), t.Expected, t.Source, t.Campaign, t.Ref},
		Offered: o.Offered, AcceptBy: instantOut(accept), ConvertBy: instantOut(convert), Version: o.Version}
}

func (a *API) offerList(ctx context.Context, got lead.Offers, err error) (*reply[list[offerOut]], error) {
	if err != nil {
		return nil, err
	}
	orgs := map[string]bool{}
	for _, o := range got.Items {
		orgs[o.Supplier], orgs[o.Reseller] = true, true
	}
	slugs, err := a.slugs(ctx, orgs)
	if err != nil {
		return nil, err
	}
	items := make([]offerOut, len(got.Items))
	for i, o := range got.Items {
		items[i] = offerJSON(o, slugs)
	}
	return page(items, got.Next), nil
}

func (a *API) offerOne(ctx context.Context, actor access.Actor, id string) (*reply[offerOut], error) {
	o, err := a.d.Leads.GetOffer(ctx, actor, lead.OfferID(id))
	if err != nil {
		return nil, err
	}
	slugs, err := a.slugs(ctx, map[string]bool{o.Supplier: true, o.Reseller: true})
	if err != nil {
		return nil, err
	}
	return &reply[offerOut]{offerJSON(o.Offer, slugs)}, nil
}

type reasonIn struct {
	ID   string `path:"id"`
	Body struct {
		Reason  string `json:"reason" doc:"budget, no_response, other_vendor, unmet, not_customer, timing, spam or other"`
		Comment string `json:"comment,omitempty" doc:"needed where the reason is other"`
	}
}

type pathID struct {
	ID string `path:"id"`
}

// LeadFilter narrows a list of leads.
type LeadFilter struct {
	State    string `query:"state" doc:"one state within the view"`
	Source   string `query:"source" doc:"direct, website, event, promotion, referral, import, api or other"`
	Least    string `query:"least" doc:"value at least; needs currency"`
	Currency string `query:"currency" doc:"ISO 4217"`
}

// filter lays it over a filter. Codes: Invalid.
func (in LeadFilter) filter(f lead.Filter) (lead.Filter, error) {
	f.State, f.Source = in.State, in.Source
	if in.Least == "" {
		return f, nil
	}
	var err error
	if f.Least, err = money.ParseAmount(in.Least, money.Currency(in.Currency)); err != nil {
		return f, fault.InvalidField("least", "form.decimal")
	}
	return f, nil
}

// leads are the operations on what partners offer a company, on its own leads and on
// its end customers.
func (a *API) leads() {
	type filter struct {
		Paging
		Q    string `query:"q"`
		View string `query:"view" doc:"open, offered, accepted, stale or closed"`
		LeadFilter
	}
	handle(a, op("GET", "/api/v1/leads", "leads:read", "List leads offered to you", "Open ones by the end of their clock. The customer is null until you accept.", 200),
		func(ctx context.Context, actor access.Actor, in *filter) (*reply[list[offerOut]], error) {
			f, err := in.filter(lead.Filter{View: in.View, Query: in.Q, After: in.After, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			got, err := a.d.Leads.Received(ctx, actor, f)
			return a.offerList(ctx, got, err)
		})
	handle(a, op("GET", "/api/v1/leads/{id}", "leads:read", "Get an offered lead", "", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[offerOut], error) {
			return a.offerOne(ctx, actor, in.ID)
		})
	handle(a, op("POST", "/api/v1/leads/{id}/accept", "leads:write", "Accept a lead", "The customer is told, and the clock to make it a deal begins. Safe to repeat.", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[offerOut], error) {
			if _, err := a.d.Leads.Accept(ctx, actor, lead.OfferID(in.ID)); err != nil {
				return nil, err
			}
			return a.offerOne(ctx, actor, in.ID)
		})
	for _, x := range []struct {
		verb, words string
		do          func(ctx context.Context, actor access.Actor, id lead.OfferID, reason, comment string) error
	}{
		{"decline", "Decline a lead", a.d.Leads.Decline}, {"return", "Hand an accepted lead back", a.d.Leads.Return}, {"lose", "Close an accepted lead as lost", a.d.Leads.Lose},
	} {
		handle(a, op("POST", "/api/v1/leads/{id}/"+x.verb, "leads:write", x.words, "", 200),
			func(ctx context.Context, actor access.Actor, in *reasonIn) (*reply[offerOut], error) {
				if err := x.do(ctx, actor, lead.OfferID(in.ID), in.Body.Reason, in.Body.Comment); err != nil {
					return nil, err
				}
				return a.offerOne(ctx, actor, in.ID)
			})
	}
	type pauseIn struct {
		ID   string `path:"id"`
		Body struct {
			Reason  string `json:"reason" doc:"customer_budget, customer_date, customer_absent, checking or other"`
			Comment string `json:"comment,omitempty"`
			Until   string `json:"until" doc:"last day, at most 60 days away"`
		}
	}
	handle(a, op("POST", "/api/v1/leads/{id}/pause", "leads:write", "Pause the clock of a lead", "Of an accepted lead for either company, of an offer that waits for its answer for who made it. What is left of the clock runs on afterwards; a paused offer can still be answered.", 200),
		func(ctx context.Context, actor access.Actor, in *pauseIn) (*reply[offerOut], error) {
			if err := a.d.Leads.Pause(ctx, actor, lead.OfferID(in.ID), lead.PauseCmd{Reason: in.Body.Reason, Comment: in.Body.Comment, Until: in.Body.Until}); err != nil {
				return nil, err
			}
			return a.offerOne(ctx, actor, in.ID)
		})
	handle(a, op("POST", "/api/v1/leads/{id}/resume", "leads:write", "Let the clock of a lead run on", "", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[offerOut], error) {
			if err := a.d.Leads.Resume(ctx, actor, lead.OfferID(in.ID)); err != nil {
				return nil, err
			}
			return a.offerOne(ctx, actor, in.ID)
		})
	type workIn struct {
		ID   string `path:"id"`
		Body struct {
			Kind string `json:"kind" doc:"call, mail, meeting, demo, quote or note"`
			Text string `json:"text,omitempty"`
			Next string `json:"next,omitempty" doc:"date of the next step"`
		}
	}
	handle(a, op("POST", "/api/v1/leads/{id}/work", "leads:write", "Say what was done about a lead", "", 200),
		func(ctx context.Context, actor access.Actor, in *workIn) (*reply[offerOut], error) {
			if _, err := a.d.Leads.Work(ctx, actor, lead.OfferID(in.ID), in.Body.Kind, in.Body.Text, in.Body.Next); err != nil {
				return nil, err
			}
			return a.offerOne(ctx, actor, in.ID)
		})
	a.ownLeads()
	a.customers()
}

type leadIn struct {
	Body struct {
		Customer string   `json:"customer" doc:"id of one of your customers"`
		Contact  string   `json:"contact,omitempty"`
		Title    string   `json:"title" doc:"names nobody: partners read it before they accept"`
		Need     string   `json:"need,omitempty"`
		Details  string   `json:"details,omitempty" doc:"for whoever accepts"`
		Industry string   `json:"industry,omitempty"`
		Size     string   `json:"size,omitempty"`
		Families []string `json:"families,omitempty"`
		Products []wanted `json:"products,omitempty"`
		Value    *amount  `json:"value,omitempty"`
		Expected string   `json:"expected,omitempty"`
		Source   string   `json:"source,omitempty"`
		External string   `json:"external,omitempty" doc:"number in your CRM; the same one again adds nothing"`
	}
}

func (in *leadIn) draft() (lead.Draft, error) {
	b := in.Body
	d := lead.Draft{Customer: customer.ID(b.Customer), Contact: customer.ContactID(b.Contact), Title: b.Title, Need: b.Need, Details: b.Details, Industry: b.Industry, Size: b.Size, Families: b.Families, Expected: b.Expected, Source: b.Source, External: b.External}
	if d.Source == "" {
		d.Source = "api"
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	if b.Value != nil {
		v, err := money.ParseAmount(b.Value.Amount, money.Currency(b.Value.Currency))
		if err != nil {
			bad.With("value", "form.decimal")
		}
		d.Value = v
	}
	for _, p := range b.Products {
		q, err := money.ParseMicro(p.Quantity)
		if err != nil {
			bad.With("products", "form.decimal")
			break
		}
		d.Products = append(d.Products, lead.Wanted{SKU: p.SKU, Quantity: q})
	}
	return d, bad.OrNil()
}

func leadJSON(l lead.Lead, partner string) leadOut {
	return leadOut{ID: string(l.ID), Number: l.Number, State: string(l.State), Customer: string(l.Draft.Customer), Contact: string(l.Draft.Contact), Details: l.Details, External: l.External, Partner: partner, Offer: string(l.Offer), Rounds: l.Round, Created: l.Created, Version: l.Version,
		Teaser: teaserOut{Title: l.Title, Need: l.Need, Industry: l.Industry, Size: l.Size, Families: nonNil(l.Families), Products: wantedOut(l.Products), Value: valueOut(l.Value), Expected: l.Expected, Source: l.Source, Campaign: l.Campaign, Ref: l.Ref}}
}

// ownLeads are the operations on the company's own leads.
func (a *API) ownLeads() {
	show := func(ctx context.Context, ls ...lead.Lead) ([]leadOut, error) {
		holders := map[string]bool{}
		for _, l := range ls {
			holders[l.Holder] = true
		}
		slugs, err := a.slugs(ctx, holders)
		out := make([]leadOut, len(ls))
		for i, l := range ls {
			out[i] = leadJSON(l, slugs[l.Holder].Slug)
		}
		return out, err
	}
	type filter struct {
		Paging
		Q    string `query:"q"`
		View string `query:"view" doc:"open, unplaced, offered, accepted or closed"`
		LeadFilter
	}
	handle(a, op("GET", "/api/v1/own-leads", "leads:read", "List your company's own leads", "", 200),
		func(ctx context.Context, actor access.Actor, in *filter) (*reply[list[leadOut]], error) {
			f, err := in.filter(lead.Filter{View: in.View, Query: in.Q, After: in.After, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			got, err := a.d.Leads.List(ctx, actor, f)
			if err != nil {
				return nil, err
			}
			items, err := show(ctx, got.Items...)
			return page(items, got.Next), err
		})
	handle(a, op("GET", "/api/v1/own-leads/{id}", "leads:read", "Get a lead of your company's own", "", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[leadOut], error) {
			d, err := a.d.Leads.Get(ctx, actor, lead.ID(in.ID))
			if err != nil {
				return nil, err
			}
			out, err := show(ctx, d.Lead)
			return &reply[leadOut]{out[0]}, err
		})
	handle(a, op("POST", "/api/v1/own-leads", "leads:write", "Add a lead", "A lead with an external number that is there already is returned as it is.", 200),
		func(ctx context.Context, actor access.Actor, in *leadIn) (*reply[leadOut], error) {
			d, err := in.draft()
			if err != nil {
				return nil, err
			}
			l, _, err := a.d.Leads.Create(ctx, actor, d)
			if err != nil {
				return nil, err
			}
			out, err := show(ctx, l)
			return &reply[leadOut]{out[0]}, err
		})
	type offerIn struct {
		ID   string `path:"id"`
		Body struct {
			Partner string `json:"partner" doc:"id of the partnership"`
			Version int64  `json:"version"`
			Accept  int    `json:"accept_hours,omitempty" doc:"working hours to answer"`
			Convert int    `json:"convert_hours,omitempty" doc:"working hours to a deal"`
			Note    string `json:"note,omitempty"`
		}
	}
	handle(a, op("POST", "/api/v1/own-leads/{id}/offer", "leads:write", "Offer a lead to a partner", "", 200),
		func(ctx context.Context, actor access.Actor, in *offerIn) (*reply[offerOut], error) {
			o, err := a.d.Leads.Offer(ctx, actor, lead.OfferCmd{Lead: lead.ID(in.ID), Version: in.Body.Version, Partnership: in.Body.Partner, Accept: in.Body.Accept, Convert: in.Body.Convert, Note: in.Body.Note})
			if err != nil {
				return nil, err
			}
			return a.offerOne(ctx, actor, string(o.ID))
		})
	a.bulkLeads()
	a.leadRules()
	a.webForm()
	type routed struct {
		Offer string `json:"offer,omitempty" doc:"id"`
		Why   string `json:"why,omitempty" doc:"no_rule, nobody, consent or not_free"`
	}
	handle(a, op("POST", "/api/v1/own-leads/{id}/route", "leads:write", "Offer a lead by your routing rules", "", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[routed], error) {
			got, err := a.d.Leads.Route(ctx, actor, lead.ID(in.ID))
			if err != nil {
				return nil, err
			}
			return &reply[routed]{routed{string(got[0].Offer), got[0].Why}}, nil
		})
}

func customerJSON(c customer.Customer) customerOut {
	return customerOut{string(c.ID), c.Name, c.Country, c.City, c.Street, c.Postcode, c.TaxID, c.GLN, c.DUNS, c.Web, c.External, c.Version}
}

// customers are the operations on the company's end customers.
func (a *API) customers() {
	type filter struct {
		Paging
		Q string `query:"q"`
	}
	handle(a, op("GET", "/api/v1/customers", "customers:read", "List your end customers", "Only your company sees them.", 200),
		func(ctx context.Context, actor access.Actor, in *filter) (*reply[list[customerOut]], error) {
			got, err := a.d.Customers.List(ctx, actor, customer.Filter{Query: in.Q, After: in.After, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			items := make([]customerOut, len(got.Items))
			for i, c := range got.Items {
				items[i] = customerJSON(c)
			}
			return page(items, got.Next), nil
		})
	handle(a, op("GET", "/api/v1/customers/{id}", "customers:read", "Get an end customer", "", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[customerOut], error) {
			d, err := a.d.Customers.Get(ctx, actor, customer.ID(in.ID))
			if err != nil {
				return nil, err
			}
			return &reply[customerOut]{customerJSON(d.Customer)}, nil
		})
	type customerIn struct {
		Body struct {
			Name     string `json:"name"`
			Country  string `json:"country,omitempty" doc:"ISO 3166-1 alpha-2"`
			City     string `json:"city,omitempty"`
			Street   string `json:"street,omitempty"`
			Postcode string `json:"postcode,omitempty"`
			TaxID    string `json:"tax_id,omitempty"`
			GLN      string `json:"gln,omitempty"`
			DUNS     string `json:"duns,omitempty"`
			Web      string `json:"web,omitempty"`
			External string `json:"external,omitempty"`
		}
	}
	handle(a, op("POST", "/api/v1/customers", "customers:write", "Add an end customer, or find it", "One with the same external number, tax number, GLN, D-U-N-S number or domain is returned as it is.", 200),
		func(ctx context.Context, actor access.Actor, in *customerIn) (*reply[customerOut], error) {
			b := in.Body
			c, _, err := a.d.Customers.Ensure(ctx, actor, customer.Draft{Name: b.Name, Country: b.Country, City: b.City, Street: b.Street, Postcode: b.Postcode, TaxID: b.TaxID, GLN: b.GLN, DUNS: b.DUNS, Web: b.Web, External: b.External})
			if err != nil {
				return nil, err
			}
			return &reply[customerOut]{customerJSON(c)}, nil
		})
}
