package api

import (
	"context"
	"maps"
	"slices"

	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/lead"
	"entente/prm/money"
)

type leadPicked struct {
	ID      string `json:"id"`
	Version int64  `json:"version,omitempty" doc:"the one you saw; left out: whatever it is now"`
}

type leadBulkResult struct {
	ID      string `json:"id"`
	Outcome string `json:"outcome" doc:"ready (with look), offered, already (the partner has it, nothing was done), not_free, before, consent, no_rule, nobody, changed, names or unfounded"`
	Partner string `json:"partner,omitempty" doc:"slug of who it would go to, or went to"`
	Fit     int    `json:"fit,omitempty" doc:"0 to 1000, where a rule chose"`
	Rule    string `json:"rule,omitempty"`
	Offer   string `json:"offer,omitempty" doc:"id"`
}

type leadBulkBody struct {
	Leads   []leadPicked `json:"leads" maxItems:"200"`
	Partner string       `json:"partner,omitempty" doc:"id of the partnership; left out: by your routing rules"`
	Accept  int          `json:"accept_hours,omitempty" doc:"working hours to answer"`
	Convert int          `json:"convert_hours,omitempty" doc:"working hours to a deal"`
	Note    string       `json:"note,omitempty"`
	Look    bool         `json:"look,omitempty" doc:"only say what would become of them"`
}

type webFormBody struct {
	Active   bool   `json:"active"`
	Confirms bool   `json:"confirms,omitempty" doc:"campaigns write to an address only after whoever reads it confirmed it by a link"`
	Title    string `json:"title" doc:"what partners read first of its leads; names nobody"`
	Intro    string `json:"intro,omitempty"`
	Consent  string `json:"consent" doc:"what people agree to"`
	Version  int64  `json:"version" doc:"0: there is none yet"`
}

type webFormOut struct {
	webFormBody
	Path string `json:"path,omitempty" doc:"of its address on this server"`
}

func webFormJSON(f lead.WebForm) webFormOut {
	out := webFormOut{webFormBody: webFormBody{f.Active, f.Confirms, f.Title, f.Intro, f.Consent, f.Version}}
	if f.Token != "" {
		out.Path = "/f/" + f.Token
	}
	return out
}

// webForm is the public form that makes leads.
func (a *API) webForm() {
	handle(a, op("GET", "/api/v1/lead-form", "leads:read", "Get your public form for leads", "", 200),
		func(ctx context.Context, actor access.Actor, _ *struct{}) (*reply[webFormOut], error) {
			f, err := a.d.Leads.WebForm(ctx, actor)
			if err != nil {
				return nil, err
			}
			return &reply[webFormOut]{webFormJSON(f)}, nil
		})
	type webFormIn struct {
		Renew bool `query:"renew" doc:"give it a new address; the old one then leads nowhere"`
		Body  webFormBody
	}
	handle(a, op("PUT", "/api/v1/lead-form", "leads:write", "Write your public form for leads", "", 200),
		func(ctx context.Context, actor access.Actor, in *webFormIn) (*reply[webFormOut], error) {
			b := in.Body
			f, err := a.d.Leads.SaveWebForm(ctx, actor, lead.WebForm{Active: b.Active, Confirms: b.Confirms, Title: b.Title, Intro: b.Intro, Consent: b.Consent, Version: b.Version}, in.Renew)
			if err != nil {
				return nil, err
			}
			return &reply[webFormOut]{webFormJSON(f)}, nil
		})
}

// bulkLeads offers many leads at once.
func (a *API) bulkLeads() {
	type leadBulk struct{ Body leadBulkBody }
	handle(a, op("POST", "/api/v1/own-leads/offer", "leads:write", "Offer many leads", "To one partner or by your routing rules, each by itself; every lead has a result. Safe to repeat: what the partner has is left alone.", 200),
		func(ctx context.Context, actor access.Actor, in *leadBulk) (*reply[list[leadBulkResult]], error) {
			cmd := lead.BulkCmd{Partnership: in.Body.Partner, Accept: in.Body.Accept, Convert: in.Body.Convert, Note: in.Body.Note}
			for _, p := range in.Body.Leads {
				cmd.Picks = append(cmd.Picks, lead.Pick{Lead: lead.ID(p.ID), Version: p.Version})
			}
			do := a.d.Leads.BulkOffer
			if in.Body.Look {
				do = a.d.Leads.Look
			}
			got, err := do(ctx, actor, cmd)
			if err != nil {
				return nil, err
			}
			orgs := map[string]bool{}
			for _, r := range got {
				orgs[r.Reseller] = true
			}
			slugs, err := a.slugs(ctx, orgs)
			if err != nil {
				return nil, err
			}
			items := make([]leadBulkResult, len(got))
			for i, r := range got {
				items[i] = leadBulkResult{string(r.Lead.ID), r.Outcome, slugs[r.Reseller].Slug, r.Fit, r.Rule, string(r.Offer)}
			}
			return page(items, ""), nil
		})
}

// leadProfile says what a partner is sent of a supplier's leads.
type leadProfile struct {
	Partnership  string        `json:"partnership"`
	Supplier     string        `json:"supplier" doc:"slug"`
	Reseller     string        `json:"reseller" doc:"slug"`
	Most         int           `json:"most" doc:"open leads at once"`
	Countries    []string      `json:"countries" doc:"ISO 3166-1; empty: all"`
	Postcodes    []string      `json:"postcodes" doc:"beginnings; empty: all"`
	Families     []string      `json:"families" doc:"product families; empty: all"`
	Certificates []certificate `json:"certificates"`
	Version      int64         `json:"version" doc:"0 where nobody set it yet"`
}

// certificate says that a partner is certified for a product family.
type certificate struct {
	Family string `json:"family"`
	Until  string `json:"until,omitempty" doc:"last day, in the supplier's time zone; left out: without end"`
	Holds  bool   `json:"holds" doc:"it does today; read only" readOnly:"true" required:"false"`
}

type leadProfileIn struct {
	ID   string `path:"id" doc:"of the partnership"`
	Body struct {
		Most         int           `json:"most" minimum:"0" maximum:"10000"`
		Countries    []string      `json:"countries,omitempty"`
		Postcodes    []string      `json:"postcodes,omitempty"`
		Families     []string      `json:"families,omitempty"`
		Certificates []certificate `json:"certificates,omitempty" doc:"leads of a family for which any partner has one go by rule to partners alone whose own holds"`
		Version      int64         `json:"version" doc:"the one that was seen"`
	}
}

// leadRule routes leads.
type leadRule struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Active    bool     `json:"active"`
	Countries []string `json:"countries"`
	Postcodes []string `json:"postcodes"`
	Families  []string `json:"families"`
	Least     *amount  `json:"least" doc:"value at least"`
	Partners  []string `json:"partners" doc:"ids of partnerships; empty: every active one"`
	Accept    int      `json:"accept_hours"`
	Convert   int      `json:"convert_hours"`
	Rounds    int      `json:"rounds" doc:"offers before a person decides"`
	Version   int64    `json:"version"`
}

type leadRuleBody struct {
	Name      string   `json:"name"`
	Active    bool     `json:"active"`
	Countries []string `json:"countries,omitempty"`
	Postcodes []string `json:"postcodes,omitempty"`
	Families  []string `json:"families,omitempty"`
	Least     *amount  `json:"least,omitempty"`
	Partners  []string `json:"partners,omitempty"`
	Accept    int      `json:"accept_hours,omitempty" doc:"working hours to answer"`
	Convert   int      `json:"convert_hours,omitempty" doc:"working hours to a deal"`
	Rounds    int      `json:"rounds,omitempty" doc:"offers before a person decides"`
	Version   int64    `json:"version,omitempty" doc:"the one that was seen, when it is changed"`
}

func (b leadRuleBody) rule(id string) (lead.Rule, error) {
	r := lead.Rule{ID: lead.RuleID(id), Name: b.Name, Active: b.Active, Countries: b.Countries, Postcodes: b.Postcodes, Families: b.Families, Partners: b.Partners, Accept: b.Accept, Convert: b.Convert, Rounds: b.Rounds, Version: b.Version}
	if b.Least == nil {
		return r, nil
	}
	var err error
	if r.Least, err = money.ParseAmount(b.Least.Amount, money.Currency(b.Least.Currency)); err != nil {
		return r, fault.InvalidField("least", "form.decimal")
	}
	return r, nil
}

func ruleJSON(r lead.Rule) leadRule {
	return leadRule{string(r.ID), r.Name, r.Active, nonNil(r.Countries), nonNil(r.Postcodes), nonNil(r.Families), valueOut(r.Least), nonNil(r.Partners), r.Accept, r.Convert, r.Rounds, r.Version}
}

func (a *API) profilesJSON(ctx context.Context, list ...lead.Profile) ([]leadProfile, error) {
	orgs := map[string]bool{}
	for _, p := range list {
		orgs[p.Supplier], orgs[p.Reseller] = true, true
	}
	slugs, err := a.slugs(ctx, orgs)
	out := make([]leadProfile, len(list))
	for i, p := range list {
		out[i] = leadProfile{Partnership: p.Partnership, Supplier: slugs[p.Supplier].Slug, Reseller: slugs[p.Reseller].Slug, Most: p.Most, Countries: nonNil(p.Countries), Postcodes: nonNil(p.Postcodes), Families: nonNil(p.Families), Certificates: []certificate{}, Version: p.Version}
		for _, c := range p.Certificates {
			out[i].Certificates = append(out[i].Certificates, certificate{c.Family, c.Until, c.Holds(p.Day)})
		}
	}
	return out, err
}

// leadRules are the operations on how leads find their partner: what each is sent, its
// certificates, and the rules.
func (a *API) leadRules() {
	one := func(ctx context.Context, p lead.Profile, err error) (*reply[leadProfile], error) {
		if err != nil {
			return nil, err
		}
		out, err := a.profilesJSON(ctx, p)
		return &reply[leadProfile]{out[0]}, err
	}
	handle(a, op("GET", "/api/v1/lead-profiles", "leads:read", "List what your partners are sent", "Territory, product families, open leads at once and certificates, as routing weighs them; of partners for whom somebody set it.", 200),
		func(ctx context.Context, actor access.Actor, _ *struct{}) (*reply[list[leadProfile]], error) {
			all, err := a.d.Leads.Profiles(ctx, actor)
			if err != nil {
				return nil, err
			}
			var ps []lead.Profile
			for _, id := range slices.Sorted(maps.Keys(all)) {
				ps = append(ps, all[id])
			}
			out, err := a.profilesJSON(ctx, ps...)
			return page(out, ""), err
		})
	handle(a, op("GET", "/api/v1/lead-profiles/{id}", "leads:read", "Get what the partner of a partnership is sent", "For both of its companies: a partner reads its own territory and certificates.", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[leadProfile], error) {
			p, err := a.d.Leads.PartnerProfile(ctx, actor, in.ID)
			return one(ctx, p, err)
		})
	handle(a, op("PUT", "/api/v1/lead-profiles/{id}", "leads:write", "Change what a partner is sent", "For the supplier.", 200),
		func(ctx context.Context, actor access.Actor, in *leadProfileIn) (*reply[leadProfile], error) {
			b := in.Body
			p := lead.Profile{Partnership: in.ID, Most: b.Most, Countries: b.Countries, Postcodes: b.Postcodes, Families: b.Families, Version: b.Version}
			for _, c := range b.Certificates {
				p.Certificates = append(p.Certificates, lead.Certificate{Family: c.Family, Until: c.Until})
			}
			p, err := a.d.Leads.SaveProfile(ctx, actor, p)
			return one(ctx, p, err)
		})
	handle(a, op("GET", "/api/v1/lead-rules", "leads:read", "List your routing rules", "In the order in which they count.", 200),
		func(ctx context.Context, actor access.Actor, _ *struct{}) (*reply[list[leadRule]], error) {
			rules, err := a.d.Leads.Rules(ctx, actor)
			if err != nil {
				return nil, err
			}
			var out []leadRule
			for _, r := range rules {
				out = append(out, ruleJSON(r))
			}
			return page(out, ""), nil
		})
	save := func(ctx context.Context, actor access.Actor, id string, b leadRuleBody) (*reply[leadRule], error) {
		r, err := b.rule(id)
		if err == nil {
			r, err = a.d.Leads.SaveRule(ctx, actor, r)
		}
		if err != nil {
			return nil, err
		}
		return &reply[leadRule]{ruleJSON(r)}, nil
	}
	type addIn struct{ Body leadRuleBody }
	handle(a, op("POST", "/api/v1/lead-rules", "leads:write", "Add a routing rule", "It counts after the others.", 200),
		func(ctx context.Context, actor access.Actor, in *addIn) (*reply[leadRule], error) {
			return save(ctx, actor, "", in.Body)
		})
	type changeIn struct {
		ID   string `path:"id"`
		Body leadRuleBody
	}
	handle(a, op("PUT", "/api/v1/lead-rules/{id}", "leads:write", "Change a routing rule", "", 200),
		func(ctx context.Context, actor access.Actor, in *changeIn) (*reply[leadRule], error) {
			return save(ctx, actor, in.ID, in.Body)
		})
	handle(a, op("DELETE", "/api/v1/lead-rules/{id}", "leads:write", "Remove a routing rule", "Offers that it made stay. Safe to repeat.", 204),
		func(ctx context.Context, actor access.Actor, in *pathID) (*struct{}, error) {
			return nil, a.d.Leads.RemoveRule(ctx, actor, lead.RuleID(in.ID))
		})
	type moveIn struct {
		ID   string `path:"id"`
		Body struct {
			Before string `json:"before,omitempty" doc:"id of the rule that is to come next; left out: it comes last"`
		}
	}
	handle(a, op("POST", "/api/v1/lead-rules/{id}/move", "leads:write", "Put a routing rule before another one", "", 204),
		func(ctx context.Context, actor access.Actor, in *moveIn) (*struct{}, error) {
			return nil, a.d.Leads.MoveRule(ctx, actor, lead.RuleID(in.ID), lead.RuleID(in.Body.Before))
		})
	type candidate struct {
		Partnership string   `json:"partnership"`
		Partner     string   `json:"partner" doc:"slug"`
		Fit         int      `json:"fit" doc:"0 to 1000"`
		Out         string   `json:"out,omitempty" doc:"why no rule chooses it: territory, families, certified, room or had"`
		Factors     []factor `json:"factors"`
	}
	handle(a, op("GET", "/api/v1/own-leads/{id}/candidates", "leads:read", "List the partners that a lead could be offered to", "Those that a rule may choose first, the best first, each with its factors.", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[list[candidate]], error) {
			cs, err := a.d.Leads.Candidates(ctx, actor, lead.ID(in.ID))
			if err != nil {
				return nil, err
			}
			orgs := map[string]bool{}
			for _, c := range cs {
				orgs[c.Reseller] = true
			}
			slugs, err := a.slugs(ctx, orgs)
			out := make([]candidate, len(cs))
			for i, c := range cs {
				out[i] = candidate{c.Partnership, slugs[c.Reseller].Slug, c.Fit, c.Out, []factor{}}
				for _, f := range c.Factors {
					out[i].Factors = append(out[i].Factors, factor{f.Kind, f.Score, f.Text, f.N, f.Of})
				}
			}
			return page(out, ""), err
		})
}

// factor is one reason why a partner fits a lead.
type factor struct {
	Kind  string `json:"kind" doc:"territory, families, certified, speed, room or turn"`
	Score int    `json:"score" doc:"0 to 1000"`
	Text  string `json:"text,omitempty"`
	N     int    `json:"n,omitempty" doc:"of speed: minutes until it answers; of room: leads that it has"`
	Of    int    `json:"of,omitempty" doc:"of room: leads that it may have at once"`
}
