package api

import (
	"context"
	"time"

	"entente/prm/access"
	"entente/prm/engage"
	"entente/prm/fault"
	"entente/prm/money"
)

// EngagementHead is what lists show of an engagement.
type EngagementHead struct {
	ID       string    `json:"id"`
	Number   string    `json:"number"`
	Owner    string    `json:"owner" doc:"slug"`
	State    string    `json:"state" doc:"open or closed"`
	Seat     string    `json:"seat" doc:"where your company stands: invited, active, declined, withdrawn or left"`
	Role     string    `json:"role" doc:"of your company"`
	Teaser   string    `json:"teaser"`
	Title    string    `json:"title,omitempty" doc:"once your company accepted"`
	Customer string    `json:"customer,omitempty" doc:"once your company accepted"`
	Waits    bool      `json:"waits" doc:"your company is to answer something"`
	Changed  time.Time `json:"changed" doc:"for your company"`
}

type engageSeat struct {
	Company string `json:"company" doc:"slug"`
	Role    string `json:"role"`
	State   string `json:"state"`
	Reason  string `json:"reason,omitempty"`
	Comment string `json:"comment,omitempty"`
}

type engageInvited struct {
	Message string     `json:"message,omitempty"`
	Country string     `json:"country,omitempty"`
	Band    string     `json:"band,omitempty" doc:"small, medium, large or very_large"`
	Shown   bool       `json:"shown" doc:"companies that accept are shown to each other"`
	Hash    string     `json:"hash" doc:"of what is accepted: name it in accept"`
	Due     *time.Time `json:"due" doc:"until when it is to be answered; null: as long as it stands"`
}

type engageValue struct {
	Field  string  `json:"field"`
	Text   string  `json:"text,omitempty"`
	Amount *amount `json:"amount,omitempty"`
}

type engageRevision struct {
	From    string        `json:"from,omitempty" doc:"slug"`
	To      string        `json:"to,omitempty" doc:"slug"`
	Rev     int           `json:"revision" doc:"runs for the two companies"`
	At      time.Time     `json:"at"`
	Values  []engageValue `json:"values"`
	Changed []string      `json:"changed,omitempty" doc:"fields that say something else than the revision before"`
}

type engageShare struct {
	Company string `json:"company" doc:"slug"`
	Percent string `json:"percent" doc:"at most two places"`
}

type engageSplit struct {
	Number int           `json:"number" doc:"counts the texts of your company"`
	State  string        `json:"state" doc:"open, given, refused, in_force, replaced or withdrawn"`
	Shares []engageShare `json:"shares" doc:"of all companies where they are shown to each other and for the owner; else your own"`
	Note   string        `json:"note,omitempty"`
	Hash   string        `json:"hash" doc:"of your company's text: name it in agree and refuse"`
	At     time.Time     `json:"at"`
	Since  *time.Time    `json:"in_force_since"`
	Ready  bool          `json:"ready,omitempty" doc:"all others agreed; the owner may put it in force"`
}

type engageTask struct {
	ID      string     `json:"id"`
	Company string     `json:"company" doc:"slug"`
	Title   string     `json:"title"`
	Due     string     `json:"due,omitempty"`
	Done    *time.Time `json:"done"`
}

type engageHand struct {
	ID      string     `json:"id"`
	From    string     `json:"from" doc:"slug"`
	To      string     `json:"to" doc:"slug"`
	What    string     `json:"what"`
	Note    string     `json:"note,omitempty"`
	Due     string     `json:"due,omitempty"`
	State   string     `json:"state" doc:"offered, taken, refused or withdrawn"`
	Comment string     `json:"comment,omitempty"`
	At      time.Time  `json:"at"`
	Decided *time.Time `json:"answered"`
}

type engageOut struct {
	EngagementHead
	Invitation *engageInvited   `json:"invitation,omitempty" doc:"before your company accepted; then nothing below is there"`
	Purpose    string           `json:"purpose,omitempty"`
	Country    string           `json:"country,omitempty"`
	Shown      bool             `json:"shown" doc:"companies that accepted are shown to each other"`
	Outcome    string           `json:"outcome,omitempty" doc:"won, lost or stopped"`
	Companies  []engageSeat     `json:"companies,omitempty" doc:"those your company knows in it"`
	Section    *engageSection   `json:"section,omitempty" doc:"your company's own; nobody else reads it"`
	Received   []engageRevision `json:"received,omitempty" doc:"the newest of each company"`
	Sent       []engageRevision `json:"sent,omitempty" doc:"the newest to each company"`
	Splits     []engageSplit    `json:"splits,omitempty"`
	Tasks      []engageTask     `json:"tasks,omitempty"`
	Handovers  []engageHand     `json:"handovers,omitempty"`
}

type engagePrivate struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type engageSection struct {
	Version     int64           `json:"version" doc:"that was read"`
	Stage       string          `json:"stage" doc:"prospect, qualified, technical, business, committed, launched or lost"`
	OwnStage    string          `json:"own_stage,omitempty"`
	Amount      *amount         `json:"amount,omitempty"`
	Close       string          `json:"close,omitempty"`
	Probability int             `json:"probability,omitempty"`
	NextStep    string          `json:"next_step,omitempty"`
	Needs       string          `json:"needs,omitempty"`
	Products    string          `json:"products,omitempty"`
	Contact     string          `json:"contact,omitempty"`
	Notes       string          `json:"notes,omitempty" doc:"can never be shared"`
	Private     []engagePrivate `json:"private,omitempty" doc:"can never be shared"`
}

func engageValues(in []engage.Value) []engageValue {
	out := []engageValue{}
	for _, v := range in {
		x := engageValue{Field: v.Field, Text: v.Text}
		if v.Amount != nil {
			x.Amount = valueOut(*v.Amount)
		}
		out = append(out, x)
	}
	return out
}

func engageChanged(in []engage.Change) []string {
	var out []string
	for _, c := range in {
		out = append(out, c.Field)
	}
	return out
}

// engageSlugs are the short names of the companies that a detail names.
func (a *API) engageSlugs(ctx context.Context, owner string, d *engage.Detail) (func(id string) string, error) {
	ids := map[string]bool{owner: true}
	if d != nil {
		for _, s := range d.Seats {
			ids[s.Org] = true
		}
		for _, x := range d.Got {
			ids[x.From] = true
		}
		for _, x := range d.Sent {
			ids[x.To] = true
		}
		for _, x := range d.Splits {
			for _, s := range x.Shares {
				ids[s.Org] = true
			}
		}
		for _, x := range d.Tasks {
			ids[x.Org] = true
		}
		for _, x := range d.Hands {
			ids[x.From], ids[x.To] = true, true
		}
	}
	got, err := a.slugs(ctx, ids)
	return func(id string) string { return got[id].Slug }, err
}

// engageOne is an engagement as the token's company sees it.
func (a *API) engageOne(ctx context.Context, actor access.Actor, id engage.ID) (*reply[engageOut], error) {
	seen, err := a.d.Engagements.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if v := seen.Invitation; v != nil {
		slug, err := a.engageSlugs(ctx, v.Owner, nil)
		out := engageOut{EngagementHead: EngagementHead{ID: string(v.ID), Number: v.Number, Owner: slug(v.Owner), State: string(v.State), Seat: string(v.Seat.State), Role: v.Seat.Role, Teaser: v.Teaser, Waits: v.Seat.State == engage.Invited, Changed: v.Seat.Invited.UTC()}, Shown: v.Shown,
			Invitation: &engageInvited{Message: v.Seat.Message, Country: v.Country, Band: v.Band, Shown: v.Shown, Hash: v.Hash, Due: instantOut(v.Seat.Due)}}
		return &reply[engageOut]{out}, err
	}
	d := seen.Detail
	slug, err := a.engageSlugs(ctx, d.Owner, d)
	if err != nil {
		return nil, err
	}
	x, err := a.d.Engagements.Section(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	out := engageOut{EngagementHead: EngagementHead{ID: string(d.ID), Number: d.Number, Owner: slug(d.Owner), State: string(d.State), Seat: string(d.Mine.State), Role: d.Mine.Role, Teaser: d.Teaser, Title: d.Title, Customer: d.Customer, Changed: x.Changed.UTC()}, Purpose: d.Purpose, Country: d.Country, Shown: d.Shown, Outcome: d.Outcome}
	for _, s := range d.Seats {
		out.Companies = append(out.Companies, engageSeat{slug(s.Org), s.Role, string(s.State), s.Reason, s.Comment})
	}
	out.Section = &engageSection{Version: x.Version, Stage: x.Stage, OwnStage: x.OwnStage, Amount: valueOut(x.Amount), Close: x.Close, Probability: x.Probability, NextStep: x.NextStep, Needs: x.Needs, Products: x.Products, Contact: x.Contact, Notes: x.Notes}
	for _, p := range x.Private {
		out.Section.Private = append(out.Section.Private, engagePrivate(p))
	}
	for _, r := range d.Got {
		out.Received = append(out.Received, engageRevision{From: slug(r.From), Rev: r.Rev, At: r.Made.UTC(), Values: engageValues(r.Values), Changed: engageChanged(r.Changes)})
	}
	for _, r := range d.Sent {
		out.Sent = append(out.Sent, engageRevision{To: slug(r.To), Rev: r.Rev, At: r.Made.UTC(), Values: engageValues(r.Values), Changed: engageChanged(r.Changes)})
	}
	for _, v := range d.Splits {
		s := engageSplit{Number: v.Number, State: v.State, Shares: []engageShare{}, Note: v.Note, Hash: v.Hash, At: v.Made.UTC(), Since: instantOut(v.Since), Ready: v.Ready}
		for _, p := range v.Shares {
			s.Shares = append(s.Shares, engageShare{slug(p.Org), money.Micro(p.Part * engageStep).Fixed(2)})
		}
		out.Splits = append(out.Splits, s)
		out.Waits = out.Waits || v.State == engage.SplitOpen && (v.Ready || d.Owner != actor.Org || d.Shown)
	}
	for _, t := range d.Tasks {
		out.Tasks = append(out.Tasks, engageTask{t.ID, slug(t.Org), t.Title, t.Due, instantOut(t.Done)})
	}
	for _, h := range d.Hands {
		out.Handovers = append(out.Handovers, engageHand{h.ID, slug(h.From), slug(h.To), h.What, h.Note, h.Due, h.State, h.Comment, h.Made.UTC(), instantOut(h.Answered)})
		out.Waits = out.Waits || h.State == engage.HandOffered && h.To == actor.Org
	}
	out.Waits = out.Waits && d.State == engage.Open && d.Mine.State == engage.Active // as lists say
	return &reply[engageOut]{out}, nil
}

// engageStep is a hundredth of a percent, counted in millionths of a percent.
const engageStep = 10_000

// engageCompany is the id of a company that the token's company knows in an engagement.
func (a *API) engageCompany(ctx context.Context, actor access.Actor, id engage.ID, slug string) (string, error) {
	seen, err := a.d.Engagements.Get(ctx, actor, id)
	if err != nil {
		return "", err
	}
	if seen.Detail != nil {
		name, err := a.engageSlugs(ctx, seen.Detail.Owner, seen.Detail)
		if err != nil {
			return "", err
		}
		for _, s := range seen.Detail.Seats {
			if slug != "" && name(s.Org) == slug {
				return s.Org, nil
			}
		}
	}
	return "", fault.InvalidField("company", "engage.company_unknown")
}

// EngagementTerms are what the owner says of one.
type EngagementTerms struct {
	Title    string `json:"title,omitempty"`
	Customer string `json:"customer"`
	Purpose  string `json:"purpose,omitempty"`
	Teaser   string `json:"teaser" doc:"all of the case that is read before acceptance, beside country and band: it names nobody"`
	Country  string `json:"country,omitempty"`
	Band     string `json:"band,omitempty"`
	Shown    bool   `json:"shown,omitempty" doc:"companies that accept are shown to each other"`
}

func (b EngagementTerms) terms() engage.Terms {
	return engage.Terms{Title: b.Title, Customer: b.Customer, Purpose: b.Purpose, Teaser: b.Teaser, Country: b.Country, Band: b.Band, Shown: b.Shown}
}

// engagements are the operations on engagements.
func (a *API) engagements() {
	const base, one = "/api/v1/engagements", "/api/v1/engagements/{id}"
	s := a.d.Engagements
	type filter struct {
		Paging
		Q    string `query:"q"`
		View string `query:"view" doc:"invited (you are to answer), open or over; all where it is left out"`
	}
	handle(a, op("GET", base, "engagements:read", "List engagements", "What changed last for your company comes first.", 200),
		func(ctx context.Context, actor access.Actor, in *filter) (*reply[list[EngagementHead]], error) {
			got, err := s.List(ctx, actor, engage.Filter{View: in.View, Query: in.Q, After: in.After, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			ids := map[string]bool{}
			for _, x := range got.Items {
				ids[x.Owner] = true
			}
			slug, err := a.slugs(ctx, ids)
			var items []EngagementHead
			for _, x := range got.Items {
				i := EngagementHead{ID: string(x.ID), Number: x.Number, Owner: slug[x.Owner].Slug, State: string(x.State), Seat: string(x.Seat), Role: x.Role, Teaser: x.Teaser, Waits: x.Waits, Changed: x.Changed.UTC()}
				if x.Full != nil {
					i.Title, i.Customer = x.Full.Title, x.Full.Customer
				}
				items = append(items, i)
			}
			return page(items, got.Next), err
		})
	handle(a, op("GET", one, "engagements:read", "Get an engagement", "As your company sees it: an invitation before it accepted.", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[engageOut], error) {
			return a.engageOne(ctx, actor, engage.ID(in.ID))
		})
	type engageBeginIn struct {
		Body struct {
			EngagementTerms
			Key  string `json:"key,omitempty" maxLength:"64" doc:"made by you; the same key is the same engagement"`
			Role string `json:"role" doc:"of your company: manufacturer, distributor, reseller, services, integrator, referrer or other"`
			Kind string `json:"from,omitempty" doc:"deal, lead or offer: what it begins from"`
			Ref  string `json:"from_id,omitempty"`
		}
	}
	handle(a, op("POST", base, "engagements:write", "Begin an engagement", "Nobody else sees it before you invite.", 200),
		func(ctx context.Context, actor access.Actor, in *engageBeginIn) (*reply[engageOut], error) {
			b := in.Body
			d, err := s.Begin(ctx, actor, engage.BeginCmd{Terms: b.terms(), Key: b.Key, Role: b.Role, Kind: b.Kind, Ref: b.Ref})
			if err != nil {
				return nil, err
			}
			return a.engageOne(ctx, actor, d.ID)
		})
	type engageInviteIn struct {
		ID   string `path:"id"`
		Body struct {
			Company string `json:"company" doc:"slug of a partner"`
			Days    int    `json:"days,omitempty" minimum:"0" maximum:"60" doc:"to answer; 14 where it is left out"`
			Role    string `json:"role"`
			Message string `json:"message,omitempty"`
		}
	}
	handle(a, op("POST", one+"/invite", "engagements:write", "Invite a company", "A company of yours by an active partnership. What began from a partner's case asks that partner first.", 200),
		func(ctx context.Context, actor access.Actor, in *engageInviteIn) (*reply[engageOut], error) {
			id := engage.ID(in.ID)
			if _, err := s.Get(ctx, actor, id); err != nil {
				return nil, err
			}
			org, err := a.partnerID(ctx, actor, in.Body.Company)
			if err != nil {
				return nil, err
			}
			if _, err = s.Invite(ctx, actor, id, engage.InviteCmd{Org: org, Role: in.Body.Role, Message: in.Body.Message, Days: in.Body.Days}); err != nil {
				return nil, err
			}
			return a.engageOne(ctx, actor, id)
		})
	type engageHashIn struct {
		ID   string `path:"id"`
		Body struct {
			Hash    string `json:"hash" doc:"of the text that was read"`
			Comment string `json:"comment,omitempty"`
		}
	}
	answered := func(ctx context.Context, actor access.Actor, id string, err error) (*reply[engageOut], error) {
		if err != nil {
			return nil, err
		}
		return a.engageOne(ctx, actor, engage.ID(id))
	}
	handle(a, op("POST", one+"/accept", "engagements:write", "Accept an invitation", "On the terms whose hash was read, among them whether companies are shown to each other.", 200),
		func(ctx context.Context, actor access.Actor, in *engageHashIn) (*reply[engageOut], error) {
			_, err := s.Accept(ctx, actor, engage.ID(in.ID), in.Body.Hash)
			return answered(ctx, actor, in.ID, err)
		})
	type engageReasonIn struct {
		ID   string `path:"id"`
		Body struct {
			Reason  string `json:"reason" doc:"decline: no_capacity, conflict, unknown_customer, terms, other; leave: no_capacity, conflict, customer_wish, done, other"`
			Comment string `json:"comment,omitempty"`
		}
	}
	for _, x := range []struct {
		verb, words string
		do          func(context.Context, access.Actor, engage.ID, engage.AnswerCmd) error
	}{{"decline", "Decline an invitation", s.Decline}, {"leave", "Leave an engagement", s.Leave}} {
		handle(a, op("POST", one+"/"+x.verb, "engagements:write", x.words, "", 200),
			func(ctx context.Context, actor access.Actor, in *engageReasonIn) (*reply[engageOut], error) {
				return answered(ctx, actor, in.ID, x.do(ctx, actor, engage.ID(in.ID), engage.AnswerCmd{Reason: in.Body.Reason, Comment: in.Body.Comment}))
			})
	}
	type engageLeaverIn struct {
		ID   string `path:"id"`
		Body struct {
			Company string `json:"company" doc:"slug"`
			Reason  string `json:"reason,omitempty" doc:"of remove: done, customer_wish, other"`
			Comment string `json:"comment,omitempty"`
		}
	}
	for _, x := range []struct {
		verb, words string
		do          func(context.Context, access.Actor, engage.ID, string, engage.AnswerCmd) error
	}{{"withdraw", "Take an invitation back", func(ctx context.Context, actor access.Actor, id engage.ID, org string, _ engage.AnswerCmd) error {
		return s.Withdraw(ctx, actor, id, org)
	}}, {"remove", "End a company's part", s.Remove}} {
		handle(a, op("POST", one+"/"+x.verb, "engagements:write", x.words, "", 200),
			func(ctx context.Context, actor access.Actor, in *engageLeaverIn) (*reply[engageOut], error) {
				org, err := a.engageCompany(ctx, actor, engage.ID(in.ID), in.Body.Company)
				if err == nil {
					err = x.do(ctx, actor, engage.ID(in.ID), org, engage.AnswerCmd{Reason: in.Body.Reason, Comment: in.Body.Comment})
				}
				return answered(ctx, actor, in.ID, err)
			})
	}
	type engageCloseIn struct {
		ID   string `path:"id"`
		Body struct {
			Outcome string `json:"outcome" doc:"won, lost or stopped"`
			Comment string `json:"comment,omitempty"`
		}
	}
	handle(a, op("POST", one+"/close", "engagements:write", "Close an engagement", "For all companies; by the owner.", 200),
		func(ctx context.Context, actor access.Actor, in *engageCloseIn) (*reply[engageOut], error) {
			return answered(ctx, actor, in.ID, s.Close(ctx, actor, engage.ID(in.ID), engage.CloseCmd{Outcome: in.Body.Outcome, Comment: in.Body.Comment}))
		})
	type engageOwnIn struct {
		ID   string `path:"id"`
		Body engageSection
	}
	handle(a, op("PUT", one+"/section", "engagements:write", "Keep your own section", "Nobody else reads it; others see what you publish.", 200),
		func(ctx context.Context, actor access.Actor, in *engageOwnIn) (*reply[engageOut], error) {
			b := in.Body
			x := engage.Section{Version: b.Version, Stage: b.Stage, OwnStage: b.OwnStage, Close: b.Close, Probability: b.Probability, NextStep: b.NextStep, Needs: b.Needs, Products: b.Products, Contact: b.Contact, Notes: b.Notes}
			if b.Amount != nil {
				m, err := money.ParseAmount(b.Amount.Amount, money.Currency(b.Amount.Currency))
				if err != nil {
					return nil, fault.InvalidField("amount", "engage.amount_range")
				}
				x.Amount = m
			}
			for _, p := range b.Private {
				x.Private = append(x.Private, engage.Private(p))
			}
			_, err := s.SaveSection(ctx, actor, engage.ID(in.ID), x)
			return answered(ctx, actor, in.ID, err)
		})
	a.engageWork(one)
}
