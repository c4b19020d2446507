package api

import (
	"context"
	"strings"
	"time"

	"entente/prm/access"
	"entente/prm/deal"
	"entente/prm/fault"
	"entente/prm/lead"
	"entente/prm/money"
)

type dealItem struct {
	SKU      string `json:"sku"`
	Quantity string `json:"quantity" doc:"in base units"`
	Price    string `json:"price,omitempty" doc:"expected net price of one"`
}

type dealOut struct {
	ID         string       `json:"id"`
	Code       string       `json:"number" doc:"the number that orders carry"`
	State      string       `json:"state" doc:"both axes in one word"`
	Pen        string       `json:"pen" doc:"draft, submitted, in_review, returned, recalled, withdrawn or settled"`
	Decision   string       `json:"decision" doc:"none, pending, registered, protected, waiting, rejected, duplicate, expired, released, won, lost or cancelled"`
	Supplier   string       `json:"supplier" doc:"slug"`
	Registrant string       `json:"registrant" doc:"slug"`
	Fulfiller  string       `json:"fulfiller,omitempty" doc:"slug of the distributor that will order"`
	Kind       string       `json:"kind" doc:"standard or tender"`
	Title      string       `json:"title"`
	Customer   deal.Party   `json:"customer"`
	Contact    deal.Contact `json:"contact"`
	OnBehalf   string       `json:"on_behalf,omitempty"`
	Need       string       `json:"need,omitempty"`
	Items      []dealItem   `json:"items"`
	Families   []string     `json:"families"`
	Value      *amount      `json:"value"`
	CloseOn    string       `json:"close_on,omitempty"`
	Tender     string       `json:"tender,omitempty"`
	External   string       `json:"external,omitempty" doc:"number in your CRM"`
	Reason     string       `json:"reason,omitempty"`
	Comment    string       `json:"comment,omitempty"`
	DecideBy   *time.Time   `json:"decide_by"`
	Until      *time.Time   `json:"protected_until"`
	Grace      *time.Time   `json:"grace_until"`
	Disputed   bool         `json:"disputed"`
	Asked      bool         `json:"extension_asked"`
	Ordered    *amount      `json:"ordered"`
	Invoiced   *amount      `json:"invoiced"`
	Resold     *amount      `json:"resold" doc:"sold on to the customer or with the number, less returns, at the registered price"`
	Won        *amount      `json:"won" doc:"what counts towards the agreed share"`
	Percent    int          `json:"won_percent"`
	Share      int          `json:"share" doc:"percent of the deal; 100 but after a split"`
	Similar    []dealLike   `json:"similar,omitempty" doc:"other registrations for what may be the same customer; for the supplier"`
	Disputes   []string     `json:"disputes,omitempty" doc:"ids of open disputes"`
	Version    int64        `json:"version"`
}

type dealLike struct {
	ID         string   `json:"id"`
	Registrant string   `json:"registrant" doc:"slug"`
	State      string   `json:"state"`
	By         []string `json:"by" doc:"identity keys in common; none: the names are near"`
	Evidence   int      `json:"evidence"`
}

func (a *API) dealJSON(ctx context.Context, ds ...deal.Detail) ([]dealOut, error) {
	orgs := map[string]bool{}
	for _, d := range ds {
		orgs[d.Supplier], orgs[d.Registrant], orgs[d.Fulfiller] = true, true, true
		for _, s := range d.Similar {
			orgs[s.Registrant] = true
		}
	}
	slug, err := a.slugs(ctx, orgs)
	if err != nil {
		return nil, err
	}
	out := []dealOut{}
	for _, d := range ds {
		sum := func(minor int64) *amount { return valueOut(money.Amount{Minor: minor, Currency: d.Value.Currency}) }
		x := dealOut{ID: string(d.ID), Code: d.Code, State: string(d.State()), Pen: string(d.Pen), Decision: string(d.Decision), Supplier: slug[d.Supplier].Slug, Registrant: slug[d.Registrant].Slug, Fulfiller: slug[d.Fulfiller].Slug, Kind: d.Kind, Title: d.Title,
			Customer: d.Draft.Customer, Contact: d.Contact, OnBehalf: d.OnBehalf, Need: d.Need, Items: []dealItem{}, Families: nonNil(d.Families), Value: valueOut(d.Value), CloseOn: d.CloseOn, Tender: d.Tender, External: d.External, Reason: d.Reason, Comment: d.Comment,
			DecideBy: instantOut(d.Review.Due), Until: instantOut(d.Guard.Until), Grace: instantOut(d.Guard.Grace), Disputed: d.Registration.Disputes > 0, Asked: !d.Asked.At.IsZero(), Ordered: sum(d.Sums.Ordered), Invoiced: sum(d.Sums.Invoiced), Resold: sum(d.Sums.Resold), Won: sum(d.Sums.Won), Percent: d.Percent(), Share: d.Share, Version: d.Version}
		for _, p := range d.Items {
			i := dealItem{SKU: p.SKU, Quantity: p.Quantity.String()}
			if p.Price > 0 {
				i.Price = p.Price.String()
			}
			x.Items = append(x.Items, i)
		}
		for _, s := range d.Similar {
			like := dealLike{ID: string(s.ID), Registrant: slug[s.Registrant].Slug, State: string(s.State()), By: []string{}, Evidence: s.Score}
			for _, k := range s.By {
				like.By = append(like.By, string(k.Kind))
			}
			x.Similar = append(x.Similar, like)
		}
		for _, y := range d.Disputes {
			if y.Ruling == "" {
				x.Disputes = append(x.Disputes, string(y.ID))
			}
		}
		out = append(out, x)
	}
	return out, nil
}

func (a *API) dealOne(ctx context.Context, actor access.Actor, id deal.ID) (*reply[dealOut], error) {
	d, err := a.d.Deals.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	out, err := a.dealJSON(ctx, d)
	if err != nil {
		return nil, err
	}
	return &reply[dealOut]{out[0]}, nil
}

type dealBody struct {
	Partner   string        `json:"partner,omitempty" doc:"id of the partnership with the supplier; for a new one"`
	Version   int64         `json:"version,omitempty" doc:"that was seen; for a change"`
	Kind      string        `json:"kind,omitempty"`
	Title     string        `json:"title,omitempty"`
	Customer  deal.Party    `json:"customer"`
	Contact   *deal.Contact `json:"contact,omitempty"`
	OnBehalf  string        `json:"on_behalf,omitempty"`
	Fulfiller string        `json:"fulfiller,omitempty" doc:"slug"`
	Need      string        `json:"need,omitempty"`
	Items     []dealItem    `json:"items,omitempty"`
	Families  []string      `json:"families,omitempty"`
	Value     *amount       `json:"value,omitempty"`
	CloseOn   string        `json:"close_on,omitempty"`
	Tender    string        `json:"tender,omitempty"`
	Source    string        `json:"source,omitempty"`
	Special   string        `json:"special,omitempty"`
	Private   string        `json:"private,omitempty" doc:"for your company alone"`
	External  string        `json:"external,omitempty" doc:"number in your CRM; the same one again adds nothing"`
}

func (a *API) dealDraft(ctx context.Context, actor access.Actor, b dealBody) (deal.Draft, error) {
	d := deal.Draft{Kind: b.Kind, Title: b.Title, Customer: b.Customer, OnBehalf: b.OnBehalf, Need: b.Need, Families: b.Families, CloseOn: b.CloseOn, Tender: b.Tender, Source: b.Source, Special: b.Special, Private: b.Private, External: b.External}
	if b.Contact != nil {
		d.Contact = *b.Contact
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	if b.Value != nil {
		v, err := money.ParseAmount(b.Value.Amount, money.Currency(b.Value.Currency))
		if err != nil {
			bad.With("value", "form.decimal")
		}
		d.Value = v
	}
	for i, p := range b.Items {
		q, err := money.ParseMicro(p.Quantity)
		price := money.Price(0)
		if err == nil && p.Price != "" {
			price, err = money.ParseMicro(p.Price)
		}
		if err != nil {
			bad.With("items", "deal.item_wrong", "Row", i+1)
			break
		}
		d.Items = append(d.Items, deal.Item{SKU: strings.TrimSpace(p.SKU), Quantity: q, Price: price})
	}
	if b.Fulfiller != "" {
		id, err := a.partnerID(ctx, actor, b.Fulfiller)
		if err != nil {
			bad.With("fulfiller", "deal.fulfiller_wrong")
		}
		d.Fulfiller = id
	}
	return d, bad.OrNil()
}

// deals are the operations on registrations of deals.
func (a *API) deals() {
	type filter struct {
		Paging
		Q    string `query:"q"`
		Side string `query:"side" doc:"registrant (default), supplier or fulfiller"`
		View string `query:"view" doc:"draft, review, live, closed; of the supplier queue, waiting, live, away, closed"`
	}
	handle(a, op("GET", "/api/v1/deals", "deals:read", "List registrations", "Those you made; with side=supplier those you decide, the next deadline first.", 200),
		func(ctx context.Context, actor access.Actor, in *filter) (*reply[list[dealOut]], error) {
			side, view := access.Reseller, in.View
			switch in.Side {
			case "supplier":
				side = access.Supplier
			case "fulfiller":
				side = access.Member
			case "", "registrant":
			default:
				return nil, fault.InvalidField("side", "form.choice_wrong")
			}
			if view == "" {
				view = map[access.Side]string{access.Supplier: deal.ViewQueue, access.Reseller: deal.ViewLive, access.Member: deal.ViewLive}[side]
			}
			got, err := a.d.Deals.List(ctx, actor, side, deal.Filter{View: view, Query: in.Q, After: in.After, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			ds := make([]deal.Detail, len(got.Items))
			for i, r := range got.Items {
				ds[i].Registration = r
			}
			items, err := a.dealJSON(ctx, ds...)
			return page(items, got.Next), err
		})
	handle(a, op("GET", "/api/v1/deals/{id}", "deals:read", "Get a registration", "", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[dealOut], error) {
			return a.dealOne(ctx, actor, deal.ID(in.ID))
		})
	type newIn struct{ Body dealBody }
	handle(a, op("POST", "/api/v1/deals", "deals:write", "Begin a registration", "A draft; add evidence, then submit it.", 200),
		func(ctx context.Context, actor access.Actor, in *newIn) (*reply[dealOut], error) {
			d, err := a.dealDraft(ctx, actor, in.Body)
			if err != nil {
				return nil, err
			}
			r, _, err := a.d.Deals.Create(ctx, actor, in.Body.Partner, d)
			if err != nil {
				return nil, err
			}
			return a.dealOne(ctx, actor, r.ID)
		})
	type changeIn struct {
		ID   string `path:"id"`
		Body dealBody
	}
	handle(a, op("PUT", "/api/v1/deals/{id}", "deals:write", "Change a registration", "While you hold the pen.", 200),
		func(ctx context.Context, actor access.Actor, in *changeIn) (*reply[dealOut], error) {
			if _, err := a.d.Deals.Get(ctx, actor, deal.ID(in.ID)); err != nil {
				return nil, err
			}
			d, err := a.dealDraft(ctx, actor, in.Body)
			if err != nil {
				return nil, err
			}
			if _, err := a.d.Deals.Update(ctx, actor, deal.ID(in.ID), in.Body.Version, d); err != nil {
				return nil, err
			}
			return a.dealOne(ctx, actor, deal.ID(in.ID))
		})
	type fileIn struct {
		ID   string `path:"id"`
		Body struct {
			Kind    string `json:"kind" doc:"purchase_order, customer_letter, tender, quote, meeting_note, mail or other"`
			Name    string `json:"name"`
			Type    string `json:"type,omitempty" doc:"media type"`
			Content []byte `json:"content" doc:"base64"`
		}
	}
	handle(a, op("POST", "/api/v1/deals/{id}/files", "deals:write", "Add evidence", "", 200),
		func(ctx context.Context, actor access.Actor, in *fileIn) (*reply[dealOut], error) {
			if _, err := a.d.Deals.AddFile(ctx, actor, deal.FileCmd{Deal: deal.ID(in.ID), Kind: in.Body.Kind, Name: in.Body.Name, Mime: in.Body.Type}, strings.NewReader(string(in.Body.Content))); err != nil {
				return nil, err
			}
			return a.dealOne(ctx, actor, deal.ID(in.ID))
		})
	plain := func(verb, words, more string, do func(ctx context.Context, actor access.Actor, id deal.ID) error) {
		handle(a, op("POST", "/api/v1/deals/{id}/"+verb, "deals:write", words, more, 200),
			func(ctx context.Context, actor access.Actor, in *pathID) (*reply[dealOut], error) {
				if err := do(ctx, actor, deal.ID(in.ID)); err != nil {
					return nil, err
				}
				return a.dealOne(ctx, actor, deal.ID(in.ID))
			})
	}
	plain("submit", "Submit a registration", "The answer is the same whether or not somebody else registered the customer.", func(ctx context.Context, actor access.Actor, id deal.ID) error {
		_, err := a.d.Deals.Submit(ctx, actor, id)
		return err
	})
	plain("recall", "Take a submitted registration back", "", a.d.Deals.Recall)
	plain("withdraw", "Give a registration up", "", a.d.Deals.Withdraw)
	plain("postpone", "Take an expired registration back into protection", "Once, within the grace.", a.d.Deals.Postpone)
	plain("take", "Take a registration into review", "", a.d.Deals.Take)
	plain("award", "Award a tender to a registration", "", a.d.Deals.Award)
	plain("extend", "Grant the extension that was asked for", "", a.d.Deals.Extend)
	type wordsIn struct {
		ID   string `path:"id"`
		Body struct {
			Reason  string `json:"reason,omitempty" doc:"a code"`
			Comment string `json:"comment,omitempty"`
			Of      string `json:"of,omitempty" doc:"id of the other registration"`
			Beside  bool   `json:"beside,omitempty" doc:"of approve: another one for the customer is protected, and the comment says why both stand"`
		}
	}
	for _, x := range []struct {
		verb, words, more string
		do                func(ctx context.Context, actor access.Actor, in *wordsIn) error
	}{
		{"approve", "Protect a registration", "", func(ctx context.Context, actor access.Actor, in *wordsIn) error {
			return a.d.Deals.Approve(ctx, actor, deal.ApproveCmd{Deal: deal.ID(in.ID), Beside: in.Body.Beside, Comment: in.Body.Comment})
		}},
		{"return", "Return a registration to be completed", "", func(ctx context.Context, actor access.Actor, in *wordsIn) error {
			return a.d.Deals.Return(ctx, actor, deal.ID(in.ID), in.Body.Reason, in.Body.Comment)
		}},
		{"reject", "Reject a registration", "", func(ctx context.Context, actor access.Actor, in *wordsIn) error {
			return a.d.Deals.Reject(ctx, actor, deal.ID(in.ID), in.Body.Reason, in.Body.Comment)
		}},
		{"cancel", "Cancel a registration", "", func(ctx context.Context, actor access.Actor, in *wordsIn) error {
			return a.d.Deals.Cancel(ctx, actor, deal.ID(in.ID), in.Body.Reason, in.Body.Comment)
		}},
		{"duplicate", "Mark a registration as a duplicate", "", func(ctx context.Context, actor access.Actor, in *wordsIn) error {
			return a.d.Deals.MarkCopy(ctx, actor, deal.ID(in.ID), deal.ID(in.Body.Of), in.Body.Comment)
		}},
		{"wait", "Let a registration wait behind a protected one", "", func(ctx context.Context, actor access.Actor, in *wordsIn) error {
			return a.d.Deals.Wait(ctx, actor, deal.ID(in.ID), deal.ID(in.Body.Of))
		}},
		{"ask", "Ask for more time", "The comment says why.", func(ctx context.Context, actor access.Actor, in *wordsIn) error {
			return a.d.Deals.Ask(ctx, actor, deal.ID(in.ID), in.Body.Comment)
		}},
		{"deny", "Refuse more time", "", func(ctx context.Context, actor access.Actor, in *wordsIn) error {
			return a.d.Deals.Deny(ctx, actor, deal.ID(in.ID), in.Body.Reason, in.Body.Comment)
		}},
		{"lose", "Close a registration as lost", "", func(ctx context.Context, actor access.Actor, in *wordsIn) error {
			return a.d.Deals.Lose(ctx, actor, deal.ID(in.ID), in.Body.Reason, in.Body.Comment)
		}},
		{"contest", "Contest what was decided", "Opens a dispute that stands the clock of the protected one still.", func(ctx context.Context, actor access.Actor, in *wordsIn) error {
			return a.d.Deals.Contest(ctx, actor, deal.ID(in.ID), in.Body.Reason, in.Body.Comment)
		}},
	} {
		handle(a, op("POST", "/api/v1/deals/{id}/"+x.verb, "deals:write", x.words, x.more, 200),
			func(ctx context.Context, actor access.Actor, in *wordsIn) (*reply[dealOut], error) {
				if err := x.do(ctx, actor, in); err != nil {
					return nil, err
				}
				return a.dealOne(ctx, actor, deal.ID(in.ID))
			})
	}
	type ruleIn struct {
		ID   string `path:"id"`
		Body struct {
			Dispute string `json:"dispute"`
			Ruling  string `json:"ruling" doc:"uphold, split or transfer"`
			Percent int    `json:"percent,omitempty" doc:"the holder's part of a split"`
			Note    string `json:"note" doc:"stays with the supplier"`
		}
	}
	handle(a, op("POST", "/api/v1/deals/{id}/rule", "deals:write", "Rule a dispute", "", 200),
		func(ctx context.Context, actor access.Actor, in *ruleIn) (*reply[dealOut], error) {
			if err := a.d.Deals.Rule(ctx, actor, deal.RuleCmd{Dispute: deal.DisputeID(in.Body.Dispute), Ruling: deal.Ruling(in.Body.Ruling), Percent: in.Body.Percent, Note: in.Body.Note}); err != nil {
				return nil, err
			}
			return a.dealOne(ctx, actor, deal.ID(in.ID))
		})
	handle(a, op("POST", "/api/v1/leads/{id}/register", "deals:write", "Make a registration of an accepted lead", "The lead ends as converted, in one step. Safe to repeat.", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[dealOut], error) {
			r, err := a.d.Deals.FromLead(ctx, actor, lead.OfferID(in.ID))
			if err != nil {
				return nil, err
			}
			return a.dealOne(ctx, actor, r.ID)
		})
}
