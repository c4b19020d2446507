package api

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"entente/prm/access"
	"entente/prm/adjust"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
	"entente/prm/protect"
)

// claimVerdict decides one line.
type claimVerdict struct {
	Position int     `json:"position"`
	Verdict  string  `json:"verdict" enum:"accepted,changed,rejected,pending"`
	Amount   *amount `json:"amount,omitempty" doc:"of a changed one"`
	Reason   string  `json:"reason,omitempty" enum:"no_proof,wrong_window,wrong_product,wrong_price,over_quantity,claimed_before,not_eligible,other"`
	Missing  string  `json:"missing,omitempty" doc:"of a pending one, and until when"`
	Due      string  `json:"due,omitempty"`
}

type claimNotice struct {
	ID          string          `json:"id"`
	Supplier    string          `json:"supplier"`
	Reseller    string          `json:"reseller"`
	Number      string          `json:"number" doc:"the distributor's (BAA05)"`
	Purpose     string          `json:"purpose" doc:"00 original, 05 in place of the last of its number, 01 taken back"`
	On          string          `json:"on"`
	State       string          `json:"state" enum:"booked,refused,cancelled,replaced"`
	Reason      string          `json:"reason,omitempty" doc:"of one that is refused as a whole"`
	Interchange string          `json:"interchange"`
	Received    time.Time       `json:"received"`
	Contracts   []claimContract `json:"contracts"`
	Answers     []claimAnswer   `json:"answers,omitempty" doc:"849 that went out, the oldest first; only in the answer for one"`
}

type claimContract struct {
	Number string `json:"number"`
	Claim  string `json:"claim,omitempty" doc:"id of the claim it became"`
	Reason string `json:"reason,omitempty" enum:"unknown,off_invoice,number_used,inactive" doc:"why it is none"`
}

type claimAnswer struct {
	Final bool      `json:"final" doc:"no line waits any more"`
	At    time.Time `json:"at"`
}

// noticesOut writes notices for a program.
func (a *API) noticesOut(ctx context.Context, list ...adjust.Notice) ([]claimNotice, error) {
	orgs := map[string]bool{}
	for _, n := range list {
		orgs[n.Supplier], orgs[n.Reseller] = true, true
	}
	names, err := a.slugs(ctx, orgs)
	if err != nil {
		return nil, err
	}
	out := make([]claimNotice, len(list))
	for i, n := range list {
		x := claimNotice{ID: string(n.ID), Supplier: names[n.Supplier].Slug, Reseller: names[n.Reseller].Slug, Number: n.Number, Purpose: n.Purpose, On: n.On, State: n.State, Reason: n.Reason, Interchange: n.Interchange, Received: n.Received, Contracts: []claimContract{}}
		for _, p := range n.Parts {
			x.Contracts = append(x.Contracts, claimContract{p.Number, string(p.Claim), p.Reason})
		}
		for _, r := range n.Answers {
			x.Answers = append(x.Answers, claimAnswer{r.Final, r.Made})
		}
		out[i] = x
	}
	return out, nil
}

func (a *API) fundClaims() {
	f := a.d.Funds
	type noticeListIn struct {
		After string `query:"after"`
		Limit int    `query:"limit" minimum:"0" maximum:"200"`
	}
	handle(a, op("GET", "/api/v1/claim-notices", "funds:read", "List claims that came by EDI", "Every 844 with what became of its contracts, the latest first.", 200),
		func(ctx context.Context, actor access.Actor, in *noticeListIn) (*reply[list[claimNotice]], error) {
			got, next, err := a.d.Adjust.List(ctx, actor, in.After, in.Limit)
			if err != nil {
				return nil, err
			}
			items, err := a.noticesOut(ctx, got...)
			if err != nil {
				return nil, err
			}
			return page(items, next), nil
		})
	handle(a, op("GET", "/api/v1/claim-notices/{id}", "funds:read", "Get a claim that came by EDI", "With its contracts and the answers (849) that went out. The verdict on each line is in the claims.", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[claimNotice], error) {
			n, err := a.d.Adjust.Get(ctx, actor, adjust.ID(in.ID))
			if err != nil {
				return nil, err
			}
			items, err := a.noticesOut(ctx, n)
			if err != nil {
				return nil, err
			}
			return &reply[claimNotice]{items[0]}, nil
		})
	handle(a, op("GET", "/api/v1/claims", "funds:read", "List claims", "Of your company on either side, the latest changed first, without lines.", 200),
		func(ctx context.Context, actor access.Actor, in *fundFilter) (*reply[list[claimOut]], error) {
			got, next, err := f.Claims(ctx, actor, in.filter())
			if err != nil {
				return nil, err
			}
			items, err := a.claimsOut(ctx, got...)
			if err != nil {
				return nil, err
			}
			return page(items, next), nil
		})
	handle(a, op("GET", "/api/v1/claims/{id}", "funds:read", "Get a claim", "", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[claimOut], error) {
			c, err := f.GetClaim(ctx, actor, fund.ClaimID(in.ID))
			return a.oneClaim(ctx, c, err)
		})
	type claimFileIn struct{ Body claimBody }
	handle(a, op("POST", "/api/v1/claims", "funds:write", "File a claim", fmt.Sprintf("All or nothing, of at most %d lines and 1 MiB: send more in several claims. Where proof is asked for, keep it as a draft, add the files, and submit it.", fund.MostLines), 201),
		func(ctx context.Context, actor access.Actor, in *claimFileIn) (*reply[claimOut], error) {
			cmd, err := in.Body.cmd()
			if err != nil {
				return nil, err
			}
			if in.Body.Draft {
				c, err := f.SaveClaim(ctx, actor, "", 0, cmd)
				return a.oneClaim(ctx, c, err)
			}
			c, err := f.FileClaim(ctx, actor, cmd)
			return a.oneClaim(ctx, c, err)
		})
	type claimProofIn struct {
		ID      string `path:"id"`
		Name    string `query:"name" required:"true"`
		Item    string `query:"item" doc:"of the proof that is asked for"`
		Type    string `header:"Content-Type"`
		RawBody []byte `contentType:"application/octet-stream"`
	}
	proof := op("POST", "/api/v1/claims/{id}/files", "funds:write", "Add proof to a claim", "The body is the file.", 201)
	proof.MaxBodyBytes = fund.MostFile
	handle(a, proof, func(ctx context.Context, actor access.Actor, in *claimProofIn) (*reply[claimOut], error) {
		if _, err := f.AddFile(ctx, actor, fund.FileCmd{Claim: fund.ClaimID(in.ID), Item: in.Item, Name: in.Name, Mime: in.Type}, bytes.NewReader(in.RawBody)); err != nil {
			return nil, err
		}
		c, err := f.GetClaim(ctx, actor, fund.ClaimID(in.ID))
		return a.oneClaim(ctx, c, err)
	})
	type claimDecideIn struct {
		ID   string `path:"id"`
		Body struct {
			Version int64          `json:"version"`
			Note    string         `json:"note,omitempty"`
			Lines   []claimVerdict `json:"lines,omitempty" doc:"those not named are accepted as claimed"`
		}
	}
	handle(a, op("POST", "/api/v1/claims/{id}/decide", "funds:write", "Decide a claim line by line", "What is accepted is due at once; a pending line is decided later.", 200),
		func(ctx context.Context, actor access.Actor, in *claimDecideIn) (*reply[claimOut], error) {
			var vs []fund.Verdict
			for i, l := range in.Body.Lines {
				m, err := l.Amount.read("lines." + itoa(i) + ".amount")
				if err != nil {
					return nil, err
				}
				vs = append(vs, fund.Verdict{Position: l.Position, Verdict: l.Verdict, Amount: m, Reason: l.Reason, Missing: l.Missing, Due: l.Due})
			}
			c, err := f.Decide(ctx, actor, fund.ClaimID(in.ID), in.Body.Version, vs, in.Body.Note)
			return a.oneClaim(ctx, c, err)
		})
	type claimSettleIn struct {
		ID   string `path:"id"`
		Body struct {
			Version   int64   `json:"version"`
			Kind      string  `json:"kind" enum:"credit_note,invoice,payment,offset"`
			Reference string  `json:"reference"`
			Amount    *amount `json:"amount,omitempty" doc:"net; all that is due where it is left out"`
			TaxRate   string  `json:"tax_rate,omitempty" doc:"0.2 is 20 %"`
			On        string  `json:"on,omitempty"`
		}
	}
	handle(a, op("POST", "/api/v1/claims/{id}/settle", "funds:write", "Book the settlement of a claim", "What was deducted already is offset against that payment and never paid: 409 otherwise.", 200),
		func(ctx context.Context, actor access.Actor, in *claimSettleIn) (*reply[claimOut], error) {
			m, err := in.Body.Amount.read("amount")
			if err != nil {
				return nil, err
			}
			rate, err := quantity("tax_rate", in.Body.TaxRate)
			if err != nil {
				return nil, err
			}
			c, err := f.Settle(ctx, actor, fund.ClaimID(in.ID), in.Body.Version, fund.SettleCmd{Kind: in.Body.Kind, Reference: in.Body.Reference, Amount: m, TaxRate: rate, On: in.Body.On})
			return a.oneClaim(ctx, c, err)
		})
	type claimThread struct {
		Position int    `json:"position" doc:"of the line; 0 where the claim was rewritten without it"`
		Room     string `json:"room" doc:"id"`
		Thread   int64  `json:"thread" doc:"number of the message on which the thread hangs"`
		Said     string `json:"line,omitempty" doc:"what the line was called when the thread began"`
	}
	type claimThreadIn struct {
		ID       string `path:"id"`
		Position int    `path:"position"`
	}
	handle(a, op("POST", "/api/v1/claims/{id}/lines/{position}/thread", "funds:write", "Discuss a line of a claim", "The thread of the line, begun where nobody has. What is said in it goes through its room. The other lines are decided and paid meanwhile.", 200),
		func(ctx context.Context, actor access.Actor, in *claimThreadIn) (*reply[claimThread], error) {
			t, err := f.Discuss(ctx, actor, fund.ClaimID(in.ID), in.Position)
			if err != nil {
				return nil, err
			}
			return &reply[claimThread]{claimThread(t)}, nil
		})
	handle(a, op("GET", "/api/v1/claims/{id}/threads", "funds:read", "List the threads of a claim's lines", "", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[list[claimThread]], error) {
			talks, err := f.Talks(ctx, actor, fund.ClaimID(in.ID))
			if err != nil {
				return nil, err
			}
			items := make([]claimThread, len(talks))
			for i, t := range talks {
				items[i] = claimThread(t)
			}
			return page(items, ""), nil
		})
	type claimReconcileIn struct {
		ID   string `path:"id"`
		Body struct {
			Version    int64  `json:"version"`
			Settlement string `json:"settlement" doc:"id"`
			Reference  string `json:"reference" doc:"in the books"`
		}
	}
	handle(a, op("POST", "/api/v1/claims/{id}/reconcile", "funds:write", "Note that a settlement was found in the books", "", 200),
		func(ctx context.Context, actor access.Actor, in *claimReconcileIn) (*reply[claimOut], error) {
			c, err := f.Reconcile(ctx, actor, fund.ClaimID(in.ID), in.Body.Version, in.Body.Settlement, in.Body.Reference)
			return a.oneClaim(ctx, c, err)
		})
	for _, s := range []struct {
		verb, what, about string
		do                func(ctx context.Context, actor access.Actor, id fund.ClaimID, version int64, reason string) (fund.Claim, error)
	}{
		{"submit", "Send a claim", "", func(ctx context.Context, actor access.Actor, id fund.ClaimID, version int64, _ string) (fund.Claim, error) {
			return f.SubmitClaim(ctx, actor, id, version)
		}},
		{"withdraw", "Take a claim back", "Before it is decided.", func(ctx context.Context, actor access.Actor, id fund.ClaimID, version int64, _ string) (fund.Claim, error) {
			return f.WithdrawClaim(ctx, actor, id, version)
		}},
		{"return", "Send a claim back", "With a reason.", f.ReturnClaim}, {"deny", "Deny a claim", "With a reason; for good.", f.DenyClaim},
	} {
		handle(a, op("POST", "/api/v1/claims/{id}/"+s.verb, "funds:write", s.what, s.about, 200),
			func(ctx context.Context, actor access.Actor, in *fundStepIn) (*reply[claimOut], error) {
				c, err := s.do(ctx, actor, fund.ClaimID(in.ID), in.Body.Version, in.Body.Reason)
				return a.oneClaim(ctx, c, err)
			})
	}
}

type fundPlan struct {
	Countries   []string   `json:"countries" doc:"of partners to whom it is open; none: all"`
	Part        *amount    `json:"part,omitempty" doc:"for each of them at most"`
	Alternative string     `json:"alternative,omitempty" doc:"what others may use instead"`
	Announced   *time.Time `json:"announced,omitempty"`
	Offered     int        `json:"offered,omitempty" doc:"partners told; for its owner, as the next three"`
	Used        int        `json:"used,omitempty" doc:"partners that use money of it"`
	Refused     int        `json:"refused,omitempty" doc:"partners that were refused something"`
	OffPlan     int        `json:"off_plan,omitempty" doc:"partners given something beside the plan"`
}

type fundOff struct {
	ID      string    `json:"id"`
	Partner string    `json:"partner" doc:"slug"`
	Amount  *amount   `json:"amount"`
	Reason  string    `json:"reason"`
	State   string    `json:"state" doc:"waiting, approved or refused"`
	Asked   time.Time `json:"asked"`
}

func planOut(p fund.Plan) *fundPlan {
	out := &fundPlan{Countries: nonNil(p.Countries), Alternative: p.Alternative}
	if p.Part.Minor > 0 {
		out.Part = money2(p.Part, false)
	}
	if !p.Announced.IsZero() {
		out.Announced = &p.Announced
	}
	return out
}

func (a *API) fundPlans() {
	type announceIn struct {
		ID   string `path:"id"`
		Body struct {
			Version int64 `json:"version"`
		}
	}
	handle(a, op("POST", "/api/v1/funds/{id}/announce", "funds:write", "Announce a programme", "Every partner that its plan names is told, and later ones when they come; the plan is fixed from then on. Safe to repeat.", 200),
		func(ctx context.Context, actor access.Actor, in *announceIn) (*reply[fundOut], error) {
			if _, err := a.d.Funds.Announce(ctx, actor, fund.ProgramID(in.ID), in.Body.Version); err != nil {
				return nil, err
			}
			return a.fundOne(ctx, actor, fund.ProgramID(in.ID))
		})
	type offPlanIn struct {
		ID    string `path:"id"`
		Grant string `path:"grant"`
		Verb  string `path:"verb" enum:"approve,refuse"`
	}
	handle(a, op("POST", "/api/v1/funds/{id}/off-plan/{grant}/{verb}", "funds:write", "Decide a grant beside the plan", "By another person than who asked; 409 for the same, and where it was decided.", 200),
		func(ctx context.Context, actor access.Actor, in *offPlanIn) (*reply[fundOut], error) {
			if err := a.d.Funds.DecideOffPlan(ctx, actor, fund.ProgramID(in.ID), in.Grant, in.Verb == "approve"); err != nil {
				return nil, err
			}
			return a.fundOne(ctx, actor, fund.ProgramID(in.ID))
		})
}

// fundFilter chooses requests or claims.
type fundFilter struct {
	Paging
	Show string `query:"show" enum:"waiting,open,over" doc:"what waits for you, is under way, or is over"`
	Fund string `query:"fund" doc:"id of the programme"`
}

func (f fundFilter) filter() fund.Filter {
	return fund.Filter{Show: f.Show, Program: fund.ProgramID(f.Fund), After: f.After, Limit: f.Limit}
}

// fundStepIn is a step of a request or a claim.
type fundStepIn struct {
	ID   string `path:"id"`
	Body struct {
		Version int64  `json:"version"`
		Reason  string `json:"reason,omitempty"`
	}
}

type fundStep struct {
	Why    string  `json:"why" doc:"at or above (bought), back (credited), reached, fell, closed; units, units_fell (a promotion by quantity)"`
	Volume *amount `json:"volume,omitempty" doc:"after it"`
	Base   *amount `json:"base,omitempty" doc:"what it is about"`
	Was    string  `json:"was" doc:"a ratio: 0.03 is 3 %"`
	Now    string  `json:"now"`
	Units  string  `json:"units,omitempty" doc:"of a promotion whose steps go by quantity (units, units_fell): the quantity after it"`
}

func stepOut(x *fund.Explained) *fundStep {
	if x == nil {
		return nil
	} else if x.Why == fund.StepUnits || x.Why == fund.StepUnitsFell {
		return &fundStep{Why: x.Why, Was: x.Was.String(), Now: x.Now.String(), Units: x.Units.String()}
	}
	return &fundStep{x.Why, money2(x.Volume, false), money2(x.Base, false), x.Was.String(), x.Now.String(), ""}
}

// protectTerms are what a supplier grants on stock when its prices fall.
type protectTerms struct {
	Currency   string  `json:"currency"`
	Partner    string  `json:"partner,omitempty" doc:"slug of the partner they are for; left out: of all that trade in the currency"`
	Supplier   string  `json:"supplier,omitempty" doc:"slug of the supplier that grants them, where they are for your company"`
	Days       int     `json:"days" doc:"what came in within so many days is protected where no report of stock says more; 0 grants nothing"`
	Cover      string  `json:"cover" doc:"share of the fall: 1 is all of it"`
	Cap        *amount `json:"cap,omitempty" doc:"the most for one fall"`
	Least      *amount `json:"least,omitempty" doc:"below it nothing is paid"`
	AnswerDays int     `json:"answer_days" doc:"within which the distributor answers"`
}

type protection struct {
	ID       string           `json:"id"`
	Supplier string           `json:"supplier" doc:"slug"`
	Reseller string           `json:"reseller" doc:"slug"`
	Currency string           `json:"currency"`
	Day      string           `json:"day" doc:"the first of the lower prices"`
	State    string           `json:"state" enum:"coming,proposed,proving,claimed,nothing,lapsed,closed"`
	Why      string           `json:"why,omitempty" enum:"no_stock,no_fall,least,no_terms,inactive,declined,denied,late"`
	Basis    string           `json:"basis,omitempty" enum:"report,moves" doc:"a report of stock, or what came in within the window less what left"`
	Report   string           `json:"report,omitempty" doc:"number of the report of stock"`
	Reported string           `json:"report_day,omitempty"`
	From     string           `json:"from,omitempty" doc:"first day whose movements were counted"`
	To       string           `json:"to,omitempty"`
	Complete bool             `json:"sold_on_complete" doc:"sell-through covers every one of these days"`
	Amount   *amount          `json:"amount"`
	Open     *amount          `json:"open" doc:"what no claim asks for yet"`
	Mark     string           `json:"mark,omitempty" doc:"of exactly what is proposed; confirm and counter ask for it"`
	AnswerBy *time.Time       `json:"answer_by,omitempty"`
	Lines    []protectionLine `json:"lines,omitempty" doc:"only in the answer for one"`
	Claims   []string         `json:"claims,omitempty" doc:"ids; only in the answer for one"`
}

type protectionLine struct {
	SKU      string  `json:"sku"`
	Was      *amount `json:"was"`
	Price    *amount `json:"price"`
	Version  int     `json:"price_version" doc:"of the list by which the price fell"`
	Quantity string  `json:"quantity" doc:"base units, as reckoned"`
	Said     string  `json:"said,omitempty" doc:"as the distributor says"`
	Amount   *amount `json:"amount" doc:"after share and cap"`
}

// protectSay is a quantity as the distributor says it.
type protectSay struct {
	SKU      string `json:"sku"`
	Quantity string `json:"quantity" doc:"base units"`
}

func (a *API) protectionsOut(ctx context.Context, list ...protect.Protection) ([]protection, error) {
	orgs := map[string]bool{}
	for _, x := range list {
		orgs[x.Supplier], orgs[x.Reseller] = true, true
	}
	names, err := a.slugs(ctx, orgs)
	if err != nil {
		return nil, err
	}
	out := make([]protection, len(list))
	for i, x := range list {
		p := protection{ID: string(x.ID), Supplier: names[x.Supplier].Slug, Reseller: names[x.Reseller].Slug, Currency: string(x.Currency), Day: x.Day, State: string(x.State), Why: x.Why, Basis: x.Stock.Basis, Report: x.Stock.Number, Reported: x.Stock.ReportDay, From: x.Stock.From, To: x.Stock.To, Complete: x.Stock.Complete, Amount: money2(x.Amount, false), Open: money2(x.Open, false), Mark: x.Mark}
		if !x.AnswerBy.IsZero() {
			p.AnswerBy = &x.AnswerBy
		}
		for _, l := range x.Lines {
			w := protectionLine{SKU: l.SKU, Was: &amount{l.Was.Fixed(x.Currency.Digits()), string(x.Currency)}, Price: &amount{l.Price.Fixed(x.Currency.Digits()), string(x.Currency)}, Version: l.Version, Quantity: l.Quantity.String(), Amount: money2(l.Amount, false)}
			if l.Countered {
				w.Said = l.Said.String()
			}
			p.Lines = append(p.Lines, w)
		}
		for _, id := range x.Claims {
			p.Claims = append(p.Claims, string(id))
		}
		out[i] = p
	}
	return out, nil
}

func protectTermsOut(t protect.Terms) protectTerms {
	out := protectTerms{Currency: string(t.Currency), Days: t.Days, Cover: t.Cover.String(), AnswerDays: t.AnswerDays}
	if t.Cap.Minor > 0 {
		out.Cap = money2(t.Cap, false)
	}
	if t.Least.Minor > 0 {
		out.Least = money2(t.Least, false)
	}
	return out
}

// protections are the routes of price protection.
func (a *API) protections() {
	s := a.d.Protect
	const base = "/api/v1/price-protections"
	type protectListIn struct {
		State string `query:"state" enum:"coming,proposed,proving,claimed,nothing,lapsed,closed"`
		After string `query:"after"`
		Limit int    `query:"limit" minimum:"0" maximum:"200"`
	}
	handle(a, op("GET", base, "funds:read", "List price protections", "Falls of prices as they touch the stock of a distributor, the latest changed first, without lines.", 200),
		func(ctx context.Context, actor access.Actor, in *protectListIn) (*reply[list[protection]], error) {
			f := protect.Filter{After: in.After, Limit: in.Limit}
			if in.State != "" {
				f.States = []protect.State{protect.State(in.State)}
			}
			got, next, err := s.List(ctx, actor, f)
			if err != nil {
				return nil, err
			}
			items, err := a.protectionsOut(ctx, got...)
			if err != nil {
				return nil, err
			}
			return page(items, next), nil
		})
	handle(a, op("GET", base+"/{id}", "funds:read", "Get a price protection", "With its lines: stock as it was reckoned × what a unit became cheaper, and the claims made of it.", 200),
		func(ctx context.Context, actor access.Actor, in *pathID) (*reply[protection], error) {
			x, err := s.Get(ctx, actor, protect.ID(in.ID))
			if err != nil {
				return nil, err
			}
			items, err := a.protectionsOut(ctx, x)
			if err != nil {
				return nil, err
			}
			return &reply[protection]{items[0]}, nil
		})
	type protectConfirmIn struct {
		ID   string `path:"id"`
		Body struct {
			Mark string `json:"mark" doc:"as it was read; 409 where another claim follows now"`
		}
	}
	handle(a, op("POST", base+"/{id}/confirm", "funds:write", "Confirm a price protection", "Files the claim as it is proposed. The same mark is the same claim.", 200),
		func(ctx context.Context, actor access.Actor, in *protectConfirmIn) (*reply[claimOut], error) {
			c, err := s.Confirm(ctx, actor, protect.ID(in.ID), in.Body.Mark)
			return a.oneClaim(ctx, c, err)
		})
	type protectCounterIn struct {
		ID   string `path:"id"`
		Body struct {
			Mark  string       `json:"mark"`
			Note  string       `json:"note,omitempty" maxLength:"500"`
			Lines []protectSay `json:"lines" doc:"those not named stay as they were reckoned" minItems:"1" maxItems:"1000"`
		}
	}
	handle(a, op("POST", base+"/{id}/counter", "funds:write", "Answer a price protection with other quantities", "Where one is more than was reckoned the claim is a draft: add the stock report as its proof (item stock_report) and submit it. With nothing of anything 409, and nothing is claimed.", 200),
		func(ctx context.Context, actor access.Actor, in *protectCounterIn) (*reply[claimOut], error) {
			var says []protect.Say
			for i, l := range in.Body.Lines {
				q, err := quantity("lines."+itoa(i)+".quantity", l.Quantity)
				if err != nil {
					return nil, err
				}
				says = append(says, protect.Say{SKU: l.SKU, Quantity: q})
			}
			c, err := s.Counter(ctx, actor, protect.ID(in.ID), in.Body.Mark, says, in.Body.Note)
			if err == nil && c.ID == "" {
				err = fault.New(fault.Conflict, "protect.nothing_claimed")
			}
			return a.oneClaim(ctx, c, err)
		})
	handle(a, op("GET", "/api/v1/price-protection-terms", "funds:read", "List the terms of price protection", "Those your company grants, and those its suppliers grant it.", 200),
		func(ctx context.Context, actor access.Actor, _ *struct{}) (*reply[list[protectTerms]], error) {
			agreed, err := s.Agreed(ctx, actor)
			if err != nil {
				return nil, err
			}
			var own []protect.Terms
			if access.Allowed(actor, access.FundRead, access.Own(actor.Org)) {
				if own, err = s.Terms(ctx, actor); err != nil {
					return nil, err
				}
			}
			orgs := map[string]bool{}
			for _, t := range own {
				if t.Partner != "" {
					orgs[t.Partner] = true
				}
			}
			for id := range agreed {
				orgs[id] = true
			}
			names, err := a.slugs(ctx, orgs)
			if err != nil {
				return nil, err
			}
			items := []protectTerms{}
			for _, t := range own {
				x := protectTermsOut(t)
				x.Partner = names[t.Partner].Slug
				items = append(items, x)
			}
			for _, id := range slices.Sorted(maps.Keys(agreed)) {
				x := protectTermsOut(agreed[id])
				x.Supplier = names[id].Slug
				items = append(items, x)
			}
			return page(items, ""), nil
		})
	type protectTermsIn struct{ Body protectTerms }
	handle(a, op("PUT", "/api/v1/price-protection-terms", "funds:write", "Set the terms of price protection", "For all partners of a currency, or for one.", 200),
		func(ctx context.Context, actor access.Actor, in *protectTermsIn) (*reply[protectTerms], error) {
			b := in.Body
			t := protect.Terms{Currency: money.Currency(b.Currency), Days: b.Days, AnswerDays: b.AnswerDays}
			var err error
			if b.Partner != "" {
				if t.Partner, err = a.partnerID(ctx, actor, b.Partner); err != nil {
					return nil, err
				}
			}
			if t.Cover, err = quantity("cover", b.Cover); err == nil {
				t.Cap, err = b.Cap.read("cap")
			}
			if err == nil {
				t.Least, err = b.Least.read("least")
			}
			if err == nil {
				err = s.SetTerms(ctx, actor, t)
			}
			if err != nil {
				return nil, err
			}
			out := protectTermsOut(t)
			out.Partner = b.Partner
			return &reply[protectTerms]{out}, nil
		})
}
