package api

import (
	"context"
	"time"

	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
)

// fundRule is by what partners earn on the net of what is invoiced to them.
type fundRule struct {
	ID        string     `json:"id,omitempty" readOnly:"true" required:"false"`
	Rate      string     `json:"rate,omitempty" doc:"a ratio: 0.02 is 2 %; left out with tiers"`
	Tiers     []fundTier `json:"tiers,omitempty" maxItems:"20" doc:"by what is bought in the period; a step that is reached, or lost, is trued up"`
	Reach     string     `json:"reach,omitempty" enum:"all,above" doc:"with tiers: what a step holds for"`
	CloseDays int        `json:"close_days,omitempty" doc:"with tiers: days after until in which the period is closed; what comes later is trued up when it comes"`
	SKUs      []string   `json:"skus,omitempty" maxItems:"500" doc:"with no families either: everything"`
	Families  []string   `json:"families,omitempty" maxItems:"100"`
	Fixed     bool       `json:"families_fixed,omitempty" doc:"the products of families as they are when the rule is made"`
	From      string     `json:"from" doc:"civil date of the invoice"`
	Until     string     `json:"until"`
	Days      int        `json:"days" doc:"after which what is earned lapses"`
	Ended     *time.Time `json:"ended,omitempty" readOnly:"true"`
}

// fundThreshold is above what two people decide about the money of promotions or of price protection.
type fundThreshold struct {
	Kind   string  `json:"kind" enum:"promo,protect"`
	Amount *amount `json:"amount"`
}

type fundTier struct {
	From string `json:"from" doc:"whole money of the partner's currency"`
	Rate string `json:"rate" doc:"a ratio"`
}

// fundVolume is where a partner stands with a rule with steps.
type fundVolume struct {
	Rule    string     `json:"rule"`
	Partner string     `json:"partner" doc:"slug"`
	Bought  *amount    `json:"bought"`
	Earned  *amount    `json:"earned"`
	Rate    string     `json:"rate"`
	Missing *amount    `json:"missing,omitempty" doc:"to the next step"`
	Next    string     `json:"next,omitempty" doc:"its rate"`
	Gain    *amount    `json:"gain,omitempty" doc:"what reaching it would add"`
	Closed  *time.Time `json:"closed,omitempty" doc:"when the period was closed"`
}

// fundLiability is what may still have to be paid to a partner of a programme.
type fundLiability struct {
	Fund    string       `json:"fund" doc:"id of the programme"`
	Number  string       `json:"number"`
	Title   string       `json:"title"`
	Partner string       `json:"partner" doc:"slug"`
	Balance fundBalance  `json:"balance" doc:"at the end of the day"`
	Open    *amount      `json:"open" doc:"available, reserved and to pay, less what is owed"`
	Volumes []fundVolume `json:"volumes" doc:"of rules with steps, as they stand now"`
}

// fundEntry is an entry of a programme's ledger.
type fundEntry struct {
	ID         string    `json:"id"`
	At         time.Time `json:"at"`
	Kind       string    `json:"kind"`
	Partner    string    `json:"partner,omitempty" doc:"slug"`
	Subject    string    `json:"subject" doc:"request, claim, invoice, promotion, fund or entry"`
	Of         string    `json:"subject_id"`
	Text       string    `json:"text,omitempty"`
	Amount     *amount   `json:"amount"`
	Reversible bool      `json:"reversible"`
}

func ruleOut(r fund.Rule) fundRule {
	out := fundRule{ID: r.ID, Reach: r.Reach, CloseDays: r.CloseDays, SKUs: r.SKUs, Families: r.Families, Fixed: r.Fixed, From: r.From, Until: r.Until, Days: r.Days, Ended: moment(r.Ended)}
	if r.Rate > 0 {
		out.Rate = r.Rate.String()
	}
	for _, x := range r.Tiers {
		out.Tiers = append(out.Tiers, fundTier{x.From.String(), x.Rate.String()})
	}
	return out
}

func (r fundRule) rule() (fund.Rule, error) {
	var d decimals
	out := fund.Rule{Rate: d.micro("rate", r.Rate), Reach: r.Reach, CloseDays: r.CloseDays, SKUs: r.SKUs, Families: r.Families, Fixed: r.Fixed, From: r.From, Until: r.Until, Days: r.Days}
	for i, x := range r.Tiers {
		at := "tiers." + itoa(i) + "."
		out.Tiers = append(out.Tiers, fund.Step{From: d.micro(at+"from", x.From), Rate: d.micro(at+"rate", x.Rate)})
	}
	return out, d.err
}

func volumesOut(slug func(org string) string, list []fund.Volume) []fundVolume {
	out := make([]fundVolume, len(list))
	for i, v := range list {
		out[i] = fundVolume{Rule: v.Rule, Partner: slug(v.Org), Bought: money2(v.Bought, false), Earned: money2(v.Earned, false), Rate: v.Rate.String(), Closed: moment(v.Closed)}
		if n := v.Next; n != nil {
			out[i].Missing, out[i].Next, out[i].Gain = money2(n.Missing, false), n.Rate.String(), money2(n.Gain, false)
		}
	}
	return out
}

// fundBooks are the operations on the books of funds: rules by which is earned, the ledger, and
// what may still have to be paid.
func (a *API) fundBooks() {
	f := a.d.Funds
	type ruleIn struct {
		ID   string `path:"id"`
		Body fundRule
	}
	handle(a, op("POST", "/api/v1/funds/{id}/rules", "funds:write", "Add a rule by which partners earn", "To an earned programme; it holds for invoices that come from now on. Steps are trued up as documents come, and the period closes by itself.", 201),
		func(ctx context.Context, actor access.Actor, in *ruleIn) (*reply[fundOut], error) {
			r, err := in.Body.rule()
			if err != nil {
				return nil, err
			}
			if _, err := f.AddRule(ctx, actor, fund.ProgramID(in.ID), r); err != nil {
				return nil, err
			}
			return a.fundOne(ctx, actor, fund.ProgramID(in.ID))
		})
	type ruleEndIn struct {
		ID   string `path:"id"`
		Rule string `path:"rule"`
	}
	handle(a, op("POST", "/api/v1/funds/{id}/rules/{rule}/end", "funds:write", "End a rule by which partners earn", "What it earned stays. Safe to repeat.", 200),
		func(ctx context.Context, actor access.Actor, in *ruleEndIn) (*reply[fundOut], error) {
			if err := f.EndRule(ctx, actor, fund.ProgramID(in.ID), in.Rule); err != nil {
				return nil, err
			}
			return a.fundOne(ctx, actor, fund.ProgramID(in.ID))
		})
	type openIn struct {
		ID   string `path:"id"`
		Body struct {
			Version int64 `json:"version"`
			Open    bool  `json:"open" doc:"false closes it for new requests and claims"`
		}
	}
	handle(a, op("POST", "/api/v1/funds/{id}/open", "funds:write", "Close a programme, or open it again", "Safe to repeat.", 200),
		func(ctx context.Context, actor access.Actor, in *openIn) (*reply[fundOut], error) {
			if err := f.SetOpen(ctx, actor, fund.ProgramID(in.ID), in.Body.Version, in.Body.Open); err != nil {
				return nil, err
			}
			return a.fundOne(ctx, actor, fund.ProgramID(in.ID))
		})
	type entriesIn struct {
		ID string `path:"id"`
		Paging
	}
	handle(a, op("GET", "/api/v1/funds/{id}/entries", "funds:read", "List the ledger of a programme", "For its owner, the latest first.", 200),
		func(ctx context.Context, actor access.Actor, in *entriesIn) (*reply[list[fundEntry]], error) {
			got, next, err := f.Entries(ctx, actor, fund.ProgramID(in.ID), in.After, in.Limit)
			if err != nil {
				return nil, err
			}
			orgs := map[string]bool{}
			for _, e := range got {
				orgs[e.Org] = true
			}
			names, err := a.slugs(ctx, orgs)
			if err != nil {
				return nil, err
			}
			items := make([]fundEntry, len(got))
			for i, e := range got {
				items[i] = fundEntry{e.Entry, e.At, e.Kind, names[e.Org].Slug, e.SubjectKind, e.Subject, e.Text, money2(e.Amount, false), e.Undoable}
			}
			return page(items, next), nil
		})
	type reverseIn struct {
		ID    string `path:"id"`
		Entry string `path:"entry"`
		Body  struct {
			Reason string `json:"reason"`
		}
	}
	handle(a, op("POST", "/api/v1/funds/{id}/entries/{entry}/reverse", "funds:write", "Reverse an entry of a ledger", "Money put in, or a part given, while it is still there, and that what was owed came back (recover): by its opposite. 409 for the same again.", 200),
		func(ctx context.Context, actor access.Actor, in *reverseIn) (*reply[fundOut], error) {
			if err := f.Reverse(ctx, actor, fund.ProgramID(in.ID), in.Entry, in.Body.Reason); err != nil {
				return nil, err
			}
			return a.fundOne(ctx, actor, fund.ProgramID(in.ID))
		})
	handle(a, op("GET", "/api/v1/fund-thresholds", "funds:read", "List above what two people decide", "About claims on the money of promotions and of price protection, by currency; programmes that people make have theirs in their budget.", 200),
		func(ctx context.Context, actor access.Actor, _ *struct{}) (*reply[list[fundThreshold]], error) {
			got, err := f.FourEyes(ctx, actor)
			if err != nil {
				return nil, err
			}
			items := []fundThreshold{}
			for _, x := range got {
				items = append(items, fundThreshold{x.Kind, money2(x.Amount, false)})
			}
			return page(items, ""), nil
		})
	type thresholdIn struct{ Body fundThreshold }
	handle(a, op("PUT", "/api/v1/fund-thresholds", "funds:write", "Say above what two people decide", "0.00: one always. To raise it or take it away is for admins.", 200),
		func(ctx context.Context, actor access.Actor, in *thresholdIn) (*reply[fundThreshold], error) {
			x, err := in.Body.Amount.read("amount")
			if err == nil {
				err = f.SetFourEyes(ctx, actor, fund.FourEyes{Kind: in.Body.Kind, Amount: x})
			}
			if err != nil {
				return nil, err
			}
			return &reply[fundThreshold]{fundThreshold{in.Body.Kind, money2(x, false)}}, nil
		})
	type recoverIn struct {
		ID   string `path:"id"`
		Body struct {
			Partner   string  `json:"partner" doc:"slug"`
			Kind      string  `json:"kind" enum:"offset,debit_note,payment"`
			Reference string  `json:"reference" maxLength:"60" doc:"number of the debit note, the payment, or the settlement it was taken off"`
			Amount    *amount `json:"amount"`
			Key       string  `json:"key,omitempty" maxLength:"64" doc:"yours: the same key is booked once; without it the same kind and reference are"`
		}
	}
	handle(a, op("POST", "/api/v1/funds/{id}/recover", "funds:write", "Book that what a partner owes came back", "What was paid and is taken back for a credit or a lost step is owed; the statement names it, and the claims it can be taken off.", 200),
		func(ctx context.Context, actor access.Actor, in *recoverIn) (*reply[fundOut], error) {
			p, err := f.Get(ctx, actor, fund.ProgramID(in.ID)) // before anything of the body is looked at
			if err != nil {
				return nil, err
			}
			m, err := in.Body.Amount.read("amount")
			if err != nil {
				return nil, err
			}
			org, err := a.partnerID(ctx, actor, in.Body.Partner)
			if err != nil {
				return nil, fault.InvalidField("partner", "promo.partner_unknown")
			}
			if err := f.Recover(ctx, actor, p.ID, fund.RecoverCmd{Org: org, Kind: in.Body.Kind, Reference: in.Body.Reference, Amount: m, Key: in.Body.Key}); err != nil {
				return nil, err
			}
			return a.fundOne(ctx, actor, p.ID)
		})
	type liabilityIn struct {
		On string `query:"on" doc:"civil date (UTC); now if left out"`
	}
	handle(a, op("GET", "/api/v1/fund-liabilities", "funds:read", "List what may still have to be paid", "By partner, programme and currency as it stood at the end of a day, from the postings themselves; for the owner of programmes.", 200),
		func(ctx context.Context, actor access.Actor, in *liabilityIn) (*reply[list[fundLiability]], error) {
			got, err := f.Liabilities(ctx, actor, in.On)
			if err != nil {
				return nil, err
			}
			orgs := map[string]bool{}
			for _, l := range got {
				orgs[l.Org] = true
			}
			names, err := a.slugs(ctx, orgs)
			if err != nil {
				return nil, err
			}
			slug := func(org string) string { return names[org].Slug }
			items := make([]fundLiability, len(got))
			for i, l := range got {
				b := l.Balance
				open := money.Amount{Minor: b.Available.Minor + b.Reserved.Minor + b.Consumed.Minor - b.Owed.Minor, Currency: l.Currency}
				items[i] = fundLiability{Fund: string(l.Program), Number: l.Number, Title: l.Title, Partner: slug(l.Org), Balance: balanceOut(b), Open: money2(open, false), Volumes: volumesOut(slug, l.Volumes)}
			}
			return page(items, ""), nil
		})
}
