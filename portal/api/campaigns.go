package api

import (
	"context"
	"time"

	"entente/prm/access"
	"entente/prm/campaign"
	"entente/prm/promo"
)

type campaignText struct {
	Language string `json:"language" enum:"en,zh-CN"`
	Subject  string `json:"subject"`
	Body     string `json:"body" doc:"may hold {name}, {customer}, {company} and {link}"`
}

type campaignSegment struct {
	Countries  []string `json:"countries,omitempty" doc:"of the customer"`
	Industries []string `json:"industries,omitempty" doc:"of your own leads"`
	Bought     []string `json:"bought,omitempty" doc:"product families, by your registrations and the sell-through you reported"`
	NotSince   int      `json:"not_since,omitempty" doc:"bought nothing (of these families) for so many days"`
	Lead       string   `json:"lead,omitempty" enum:",none,open,won,lost"`
}

// CampaignContent is what is written of a campaign.
type CampaignContent struct {
	Name    string          `json:"name" doc:"for your company only"`
	Page    string          `json:"page,omitempty" doc:"slug of the participant whose landing page it leads to; your own if left out"`
	Segment campaignSegment `json:"segment"`
	Texts   []campaignText  `json:"texts" maxItems:"2"`
	Pause   int             `json:"pause,omitempty" doc:"who had a mail about the promotion within so many days is left out"`
}

type campaignTally struct {
	Posted       int            `json:"posted" doc:"on their way"`
	Sent         int            `json:"sent"`
	Kept         int            `json:"kept" doc:"in the outbox, for lack of a mail server"`
	Refused      int            `json:"refused"`
	Unsubscribed int            `json:"unsubscribed"`
	Left         map[string]int `json:"left" doc:"contacts that got none, by reason"`
	Views        int            `json:"views" doc:"of the landing page by its code, as leads, deals and orders"`
	Leads        int            `json:"leads"`
	Deals        int            `json:"deals"`
	Orders       int            `json:"orders"`
}

type campaignJSON struct {
	ID        string `json:"id"`
	Promotion string `json:"promotion"`
	CampaignContent
	State    string        `json:"state" enum:"draft,scheduled,sending,sent,stopped"`
	Reason   string        `json:"reason,omitempty" doc:"why it ended early: hand, over, page"`
	Code     string        `json:"code,omitempty" doc:"its referral code"`
	Starts   *time.Time    `json:"starts"`
	Finished *time.Time    `json:"finished"`
	Results  campaignTally `json:"results"`
	Version  int64         `json:"version"`
}

type campaignAudience struct {
	Get  int            `json:"get" doc:"contacts that would get it now"`
	Left map[string]int `json:"left" doc:"those that would not, by reason"`
}

type campaignMail struct {
	From    string `json:"from"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html"`
}

func counts(m map[string]int) map[string]int {
	if m == nil {
		return map[string]int{}
	}
	return m
}

func (a *API) campaignsJSON(ctx context.Context, all ...campaign.Shown) ([]campaignJSON, error) {
	orgs := map[string]bool{}
	for _, c := range all {
		orgs[c.PageOrg] = true
	}
	slugs, err := a.slugs(ctx, orgs)
	if err != nil {
		return nil, err
	}
	out := make([]campaignJSON, len(all))
	for i, c := range all {
		x := campaignJSON{ID: string(c.ID), Promotion: string(c.Promotion), State: string(c.State), Reason: c.Reason, Code: c.Ref, Starts: instantOut(c.Starts), Finished: instantOut(c.Finished), Version: c.Version,
			CampaignContent: CampaignContent{Name: c.Name, Page: slugs[c.PageOrg].Slug, Segment: campaignSegment(c.Segment), Texts: []campaignText{}, Pause: c.Pause},
			Results:         campaignTally{c.Tally.Posted, c.Tally.Sent, c.Tally.Kept, c.Tally.Refused, c.Tally.Unsubscribed, counts(c.Tally.Left), c.Funnel.Views, c.Funnel.Leads, c.Funnel.Deals, c.Funnel.Orders}}
		for _, t := range c.Texts {
			x.Texts = append(x.Texts, campaignText(t))
		}
		out[i] = x
	}
	return out, nil
}

func (a *API) campaignOne(ctx context.Context, actor access.Actor, id campaign.ID) (*reply[campaignJSON], error) {
	c, err := a.d.Campaigns.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	out, err := a.campaignsJSON(ctx, c)
	if err != nil {
		return nil, err
	}
	return &reply[campaignJSON]{out[0]}, nil
}

func (a *API) content(ctx context.Context, in CampaignContent) (campaign.Content, error) {
	c := campaign.Content{Name: in.Name, Segment: campaign.Segment(in.Segment), Pause: in.Pause}
	for _, t := range in.Texts {
		c.Texts = append(c.Texts, campaign.Text(t))
	}
	if in.Page != "" {
		var err error // a company that is not here is refused as one without a page
		if c.PageOrg, err = a.partnerSlug(ctx, in.Page); err != nil {
			return c, err
		}
	}
	return c, nil
}

// mailings are the operations on mail to a company's own contacts about a promotion.
func (a *API) mailings() {
	const base = "/api/v1/campaigns/{id}"
	type campaignListIn struct {
		ID string `path:"id"`
		Paging
	}
	handle(a, op("GET", "/api/v1/promotions/{id}/campaigns", "campaigns:read", "List your campaigns about a promotion", "Mail of your company to its own contacts, with what became of it. No other company sees it.", 200),
		func(ctx context.Context, actor access.Actor, in *campaignListIn) (*reply[list[campaignJSON]], error) {
			all, next, err := a.d.Campaigns.List(ctx, actor, promo.ID(in.ID), in.After, in.Limit)
			if err != nil {
				return nil, err
			}
			items, err := a.campaignsJSON(ctx, all...)
			if err != nil {
				return nil, err
			}
			return page(items, next), nil
		})
	type campaignCreateIn struct {
		ID   string `path:"id"`
		Body CampaignContent
	}
	handle(a, op("POST", "/api/v1/promotions/{id}/campaigns", "campaigns:write", "Write a campaign about a promotion", "A draft. It leads to a published landing page and goes only to contacts that agreed to be written to.", 201),
		func(ctx context.Context, actor access.Actor, in *campaignCreateIn) (*reply[campaignJSON], error) {
			content, err := a.content(ctx, in.Body)
			if err != nil {
				return nil, err
			}
			c, err := a.d.Campaigns.Create(ctx, actor, promo.ID(in.ID), content)
			if err != nil {
				return nil, err
			}
			return a.campaignOne(ctx, actor, c.ID)
		})
	handle(a, op("GET", base, "campaigns:read", "Get a campaign", "With what became of it.", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[campaignJSON], error) {
			return a.campaignOne(ctx, actor, campaign.ID(in.ID))
		})
	type campaignSaveIn struct {
		ID   string `path:"id"`
		Body struct {
			CampaignContent
			Version int64 `json:"version" doc:"that you read"`
		}
	}
	handle(a, op("PUT", base, "campaigns:write", "Change the draft of a campaign", "", 200),
		func(ctx context.Context, actor access.Actor, in *campaignSaveIn) (*reply[campaignJSON], error) {
			content, err := a.content(ctx, in.Body.CampaignContent)
			if err != nil {
				return nil, err
			}
			if _, err := a.d.Campaigns.Save(ctx, actor, campaign.ID(in.ID), in.Body.Version, content); err != nil {
				return nil, err
			}
			return a.campaignOne(ctx, actor, campaign.ID(in.ID))
		})
	handle(a, op("GET", base+"/audience", "campaigns:read", "Count who would get a campaign", "And who would not, by reason: address, unsubscribed, consent, basis, refused, recent, twice.", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[campaignAudience], error) {
			x, err := a.d.Campaigns.Audience(ctx, actor, campaign.ID(in.ID))
			if err != nil {
				return nil, err
			}
			return &reply[campaignAudience]{campaignAudience{x.Get, counts(x.Left)}}, nil
		})
	type campaignMailIn struct {
		ID       string `path:"id"`
		Language string `query:"language" enum:"en,zh-CN" default:"en"`
	}
	handle(a, op("GET", base+"/mail", "campaigns:read", "Get the mail of a campaign as its reader gets it", "The link that ends such mails is left out.", 200),
		func(ctx context.Context, actor access.Actor, in *campaignMailIn) (*reply[campaignMail], error) {
			w, err := a.d.Campaigns.Preview(ctx, actor, campaign.ID(in.ID), in.Language)
			if err != nil {
				return nil, err
			}
			return &reply[campaignMail]{campaignMail(w)}, nil
		})
	handle(a, op("POST", base+"/test", "campaigns:write", "Send the mail of a campaign to yourself", "At most once a minute and language.", 204),
		func(ctx context.Context, actor access.Actor, in *campaignMailIn) (*struct{}, error) {
			return nil, a.d.Campaigns.Try(ctx, actor, campaign.ID(in.ID), in.Language)
		})
	type campaignStartIn struct {
		ID   string `path:"id"`
		Body struct {
			Version int64      `json:"version" doc:"that you read"`
			At      *time.Time `json:"at,omitempty" doc:"at once if left out"`
		}
	}
	handle(a, op("POST", base+"/start", "campaigns:write", "Send a campaign", "At once or at an hour to come. Answers go to who starts it.", 200),
		func(ctx context.Context, actor access.Actor, in *campaignStartIn) (*reply[campaignJSON], error) {
			var at time.Time
			if in.Body.At != nil {
				at = *in.Body.At
			}
			if _, err := a.d.Campaigns.Start(ctx, actor, campaign.ID(in.ID), in.Body.Version, at); err != nil {
				return nil, err
			}
			return a.campaignOne(ctx, actor, campaign.ID(in.ID))
		})
	handle(a, op("POST", base+"/stop", "campaigns:write", "Stop a campaign", "Before its hour it is a draft again; under way nobody else gets it. Safe to repeat.", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[campaignJSON], error) {
			if _, err := a.d.Campaigns.Stop(ctx, actor, campaign.ID(in.ID)); err != nil {
				return nil, err
			}
			return a.campaignOne(ctx, actor, campaign.ID(in.ID))
		})
	type campaignDropIn struct {
		ID      string `path:"id"`
		Version int64  `query:"version" doc:"that you read"`
	}
	handle(a, op("DELETE", base, "campaigns:write", "Delete the draft of a campaign", "", 204),
		func(ctx context.Context, actor access.Actor, in *campaignDropIn) (*struct{}, error) {
			return nil, a.d.Campaigns.Drop(ctx, actor, campaign.ID(in.ID), in.Version)
		})
}
