package api

import (
	"context"
	"time"

	"entente/edi/agreement"
	"entente/prm/access"
)

type agreementHead struct {
	ID         string    `json:"id"`
	Partner    string    `json:"partner" doc:"slug of the other company"`
	Side       string    `json:"side" doc:"what your company is: supplier or reseller"`
	Number     int       `json:"number" doc:"from 1, per partnership"`
	State      string    `json:"state" doc:"proposed, confirmed, declined, withdrawn or superseded"`
	ValidFrom  string    `json:"valid_from,omitempty" doc:"civil date where the supplier is; empty: from the confirmation"`
	Starts     time.Time `json:"starts,omitzero" doc:"when it begins; left out before it is confirmed"`
	Hash       string    `json:"hash" doc:"of number, date and body; a confirmation names it"`
	Note       string    `json:"note,omitempty" doc:"of who proposed it"`
	ProposedBy string    `json:"proposed_by" doc:"slug of the company"`
	ProposedAt time.Time `json:"proposed_at"`
	AnsweredBy string    `json:"answered_by,omitempty" doc:"slug of the company that confirmed, declined or withdrew it"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`
	Reason     string    `json:"reason,omitempty" doc:"why it was declined"`
}

type agreementFull struct {
	agreementHead
	Body agreement.Body `json:"body" doc:"what was agreed; what is left out was not"`
}

// agreements are the EDI agreements of the actor's company.
func (a *API) agreements() {
	const base = "/api/v1/agreements"
	type agreementFilter struct {
		Paging
		Partner string `query:"partner" doc:"slug of the other company"`
		Side    string `query:"side" enum:"supplier,reseller" doc:"with partner, what your company is, where the two trade both ways"`
		State   string `query:"state" enum:"proposed,confirmed,declined,withdrawn,superseded"`
	}
	handle(a, op("GET", base, "agreements:read", "List agreements", "The versions of all your agreements, the newest first, without their bodies. The one that holds is the confirmed one that has started.", 200),
		func(ctx context.Context, actor access.Actor, in *agreementFilter) (*reply[list[agreementHead]], error) {
			f := agreement.Filter{State: agreement.State(in.State), After: in.After, Limit: in.Limit}
			if in.Partner != "" {
				p, err := a.between(ctx, actor, in.Partner, in.Side)
				if err != nil {
					return nil, err
				}
				f.Partnership = p.ID
			}
			got, next, err := a.d.Agreements.List(ctx, actor, f)
			if err != nil {
				return nil, err
			}
			items, err := a.wireAgreements(ctx, actor, got)
			return page(items, next), err
		})
	handle(a, op("GET", base+"/{id}", "agreements:read", "Get a version of an agreement", "", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[agreementFull], error) {
			v, err := a.d.Agreements.Get(ctx, actor, in.ID)
			return a.oneAgreement(ctx, actor, v, err)
		})
	type agreementPropose struct {
		Body struct {
			Partner   string         `json:"partner" doc:"slug of the other company"`
			Side      string         `json:"side,omitempty" enum:"supplier,reseller" doc:"what your company is, where the two trade both ways"`
			Base      int            `json:"base,omitempty" minimum:"0" doc:"number of the newest confirmed version that you saw, 0 for none; 409 when another was confirmed meanwhile"`
			ValidFrom string         `json:"valid_from,omitempty" doc:"civil date where the supplier is; empty: from the confirmation"`
			Note      string         `json:"note,omitempty" maxLength:"500"`
			Body      agreement.Body `json:"body" doc:"the whole agreement, not only what changes"`
		}
	}
	handle(a, op("POST", base, "agreements:write", "Propose a version", "It holds once a person or program of the other company confirmed it. One is open at a time.", 201),
		func(ctx context.Context, actor access.Actor, in *agreementPropose) (*reply[agreementFull], error) {
			p, err := a.between(ctx, actor, in.Body.Partner, in.Body.Side)
			if err != nil {
				return nil, err
			}
			v, err := a.d.Agreements.Propose(ctx, actor, agreement.ProposeCmd{Partnership: p.ID, Base: in.Body.Base, ValidFrom: in.Body.ValidFrom, Note: in.Body.Note, Body: in.Body.Body})
			return a.oneAgreement(ctx, actor, v, err)
		})
	type agreementConfirm struct {
		IDPath
		Body struct {
			Hash string `json:"hash" minLength:"64" maxLength:"64" doc:"of the text that you read"`
		}
	}
	handle(a, op("POST", base+"/{id}/confirm", "agreements:write", "Confirm the other company's proposal", "Exactly the text that was read, by its hash. The same call again changes nothing.", 200),
		func(ctx context.Context, actor access.Actor, in *agreementConfirm) (*reply[agreementFull], error) {
			v, err := a.d.Agreements.Confirm(ctx, actor, in.ID, in.Body.Hash)
			return a.oneAgreement(ctx, actor, v, err)
		})
	type agreementDecline struct {
		IDPath
		Body struct {
			Reason string `json:"reason,omitempty" maxLength:"500"`
		} `required:"false"`
	}
	handle(a, op("POST", base+"/{id}/decline", "agreements:write", "Decline the other company's proposal", "", 200),
		func(ctx context.Context, actor access.Actor, in *agreementDecline) (*reply[agreementFull], error) {
			v, err := a.d.Agreements.Decline(ctx, actor, in.ID, in.Body.Reason)
			return a.oneAgreement(ctx, actor, v, err)
		})
	handle(a, op("POST", base+"/{id}/withdraw", "agreements:write", "Take your own proposal back", "", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[agreementFull], error) {
			v, err := a.d.Agreements.Withdraw(ctx, actor, in.ID)
			return a.oneAgreement(ctx, actor, v, err)
		})
}

func (a *API) wireAgreements(ctx context.Context, actor access.Actor, versions []agreement.Version) ([]agreementHead, error) {
	ids := map[string]bool{}
	for _, v := range versions {
		ids[v.Supplier], ids[v.Reseller] = true, true
	}
	orgs, err := a.slugs(ctx, ids)
	out := make([]agreementHead, len(versions))
	for i, v := range versions {
		h := agreementHead{ID: v.ID, Partner: orgs[v.Reseller].Slug, Side: "supplier", Number: v.Number, State: string(v.State), ValidFrom: v.ValidFrom, Starts: v.Starts, Hash: v.Hash, Note: v.Note,
			ProposedBy: orgs[v.ProposedOrg].Slug, ProposedAt: v.Proposed, AnsweredBy: orgs[v.AnsweredOrg].Slug, AnsweredAt: v.Answered, Reason: v.Reason}
		if v.Supplier != actor.Org {
			h.Partner, h.Side = orgs[v.Supplier].Slug, "reseller"
		}
		out[i] = h
	}
	return out, err
}

func (a *API) oneAgreement(ctx context.Context, actor access.Actor, v agreement.Version, err error) (*reply[agreementFull], error) {
	if err != nil {
		return nil, err
	}
	heads, err := a.wireAgreements(ctx, actor, []agreement.Version{v})
	if err != nil {
		return nil, err
	}
	return &reply[agreementFull]{agreementFull{heads[0], v.Body}}, nil
}
