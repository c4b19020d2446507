package api

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"entente/prm/access"
	"entente/prm/adjust"
	"entente/prm/fund"
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

type claimProof struct {
	ID      string `json:"id"`
	Item    string `json:"item,omitempty" doc:"of the proof that is asked for"`
	Name    string `json:"name"`
	Size    int64  `json:"size" doc:"bytes"`
	Verdict string `json:"verdict,omitempty" doc:"accepted or refused by a person of the supplier; left out: nobody has said anything"`
	Reason  string `json:"reason,omitempty" doc:"of a refusal"`
}

type claimLine struct {
	Position int     `json:"position"`
	Key      string  `json:"key,omitempty" doc:"what it stands for: while a line with it lives, no other claim has it"`
	Text     string  `json:"text"`
	SKU      string  `json:"sku,omitempty"`
	On       string  `json:"on"`
	Quantity string  `json:"quantity,omitempty"`
	Price    string  `json:"price,omitempty" doc:"allowance per unit"`
	Asked    *amount `json:"asked"`
	Approved *amount `json:"approved"`
	Verdict  string  `json:"verdict" doc:"open, accepted, changed, rejected, pending, or counter: goods came back, and back was taken off the line it names"`
	Reason   string  `json:"reason,omitempty"`
	Missing  string  `json:"missing,omitempty" doc:"of a line that waits: a person's words, or evidence:invoices, evidence:reports, evidence:step STEP MORE (units) or evidence:proof, each followed by ;NAMES of proof without a file; evidence:look with the names of those at which somebody of the supplier has to look"`
	Due      string  `json:"due,omitempty"`
	Back     *amount `json:"back,omitempty" doc:"of a counter: what it took off a line that was granted"`
	BackOf   string  `json:"back_of,omitempty" doc:"the number of the claim of that line"`
	BackLine int     `json:"back_line,omitempty" doc:"and its position"`
}

// claimLook is what is said of a piece of proof.
type claimLook struct {
	File    string `json:"file" doc:"id"`
	Verdict string `json:"verdict" enum:"accepted,refused"`
	Reason  string `json:"reason,omitempty" doc:"of a refusal"`
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
	handle(a, op("POST", "/api/v1/claims", "funds:write", "File a claim", fmt.Sprintf("All or nothing, of at most %d lines and 1 MiB: send more in several claims. Where proof is asked for, keep it as a draft, add the files, and submit it. Of a promotion or a fall of prices: 409, these follow from documents and are claimed where they are (`POST /api/v1/promotions/{id}/claim`).", fund.MostLines), 201),
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
	type claimLookIn struct {
		ID   string `path:"id"`
		Body struct {
			Files []claimLook `json:"files"`
		}
	}
	handle(a, op("POST", "/api/v1/claims/{id}/proof", "funds:write", "Accept or refuse proof of a claim", "As a person of the supplier who did not file it. Nothing of a claim that asks for proof is granted before each piece of it has a file that was accepted. May be changed until it is decided.", 200),
		func(ctx context.Context, actor access.Actor, in *claimLookIn) (*reply[claimOut], error) {
			var looks []fund.Look
			for _, x := range in.Body.Files {
				looks = append(looks, fund.Look{File: fund.FileID(x.File), Accept: x.Verdict == fund.ProofAccepted, Reason: x.Reason})
			}
			c, err := f.JudgeProof(ctx, actor, fund.ClaimID(in.ID), looks)
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
			Amount    *amount `json:"amount,omitempty" doc:"net; all that is due where it is left out, of an offset no more than was deducted"`
			TaxRate   string  `json:"tax_rate,omitempty" doc:"0.2 is 20 %"`
			On        string  `json:"on,omitempty"`
		}
	}
	handle(a, op("POST", "/api/v1/claims/{id}/settle", "funds:write", "Book the settlement of a claim", "What was deducted already is offset against that payment, no more than was deducted, and never paid: 409 otherwise. The rest goes another way once that is offset.", 200),
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
