package api

import (
	"context"

	"entente/prm/access"
	"entente/prm/lead"
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
	Active  bool   `json:"active"`
	Title   string `json:"title" doc:"what partners read first of its leads; names nobody"`
	Intro   string `json:"intro,omitempty"`
	Consent string `json:"consent" doc:"what people agree to"`
	Version int64  `json:"version" doc:"0: there is none yet"`
}

type webFormOut struct {
	webFormBody
	Path string `json:"path,omitempty" doc:"of its address on this server"`
}

func webFormJSON(f lead.WebForm) webFormOut {
	out := webFormOut{webFormBody: webFormBody{f.Active, f.Title, f.Intro, f.Consent, f.Version}}
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
			f, err := a.d.Leads.SaveWebForm(ctx, actor, lead.WebForm{Active: b.Active, Title: b.Title, Intro: b.Intro, Consent: b.Consent, Version: b.Version}, in.Renew)
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
