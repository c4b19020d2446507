package promo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
	"entente/prm/trade"
)

// Funds keeps what bill-back promotions owe (prm/fund.Service).
type Funds interface {
	SetEarned(ctx context.Context, actor access.Actor, cmd fund.SubjectCmd, partnership string, total money.Amount) (fund.ProgramID, error)
	Of(ctx context.Context, actor access.Actor, owner, subject string) (fund.Holding, error)
	Part(ctx context.Context, actor access.Actor, subject, org string) (fund.Balance, bool, error)
	ClaimOf(ctx context.Context, actor access.Actor, owner, key string) (fund.Claim, error)
	FileClaim(ctx context.Context, actor access.Actor, cmd fund.ClaimCmd) (fund.Claim, error)
	SaveClaim(ctx context.Context, actor access.Actor, id fund.ClaimID, version int64, cmd fund.ClaimCmd) (fund.Claim, error)
}

// Pay has what bill-back promotions owe kept; call it before use.
func (s *Service) Pay(f Funds) { s.funds = f }

// Proposal is the claim that follows from the lines of a promotion: what each earned on
// what was invoiced, less what is claimed already. Nobody types it.
type Proposal struct {
	Lines []fund.LineCmd
	Sum   money.Amount
	Mark  string // of exactly these lines; Claim asks for it
	Proof []string
}

// Proposed computes the claim of the actor's company under a bill-back promotion.
// Codes: NotFound, Conflict (nothing is agreed, or it is off the invoice).
func (s *Service) Proposed(ctx context.Context, actor access.Actor, id ID) (Proposal, error) {
	var out Proposal
	err := s.view(ctx, actor, func(ctx context.Context) error {
		p, _, _, err := s.proposal(ctx, actor, id)
		out = p
		return err
	})
	return out, err
}

// proposal computes a claim: what the lines have earned and nobody claimed, as far as it is
// there once all of it is booked. What was taken back of what is used comes off first.
func (s *Service) proposal(ctx context.Context, actor access.Actor, id ID) (Proposal, row, Terms, error) {
	r, _, org, err := results(ctx, actor, id)
	if err == nil && org == "" {
		err = notFound() // the owner claims nothing
	}
	if err != nil {
		return Proposal{}, r, Terms{}, err
	}
	if s.funds == nil {
		return Proposal{}, r, Terms{}, fault.New(fault.Conflict, "promo.no_results")
	}
	v, err := agreed(ctx, r, org)
	if err != nil {
		return Proposal{}, r, Terms{}, err
	}
	part, _ := v.Terms.Part(org)
	if v.Terms.Settle != BillBack {
		return Proposal{}, r, v.Terms, fault.New(fault.Conflict, "promo.not_billed_back")
	}
	has, err := s.funds.Of(ctx, actor, r.OwnerID, r.ID)
	if err != nil {
		return Proposal{}, r, v.Terms, err
	}
	c := kept(has, part)
	total, err := earnedOf(ctx, r.ID, org, string(c), v.Terms.By)
	if err != nil {
		return Proposal{}, r, v.Terms, err
	}
	b, claimed := has.Balance, has.Claimed
	left := max(0, b.Available.Minor-b.Owed.Minor+total-b.Granted.Minor) - has.Pending.Minor
	out := Proposal{Sum: money.Amount{Currency: c}, Proof: v.Terms.Proof}
	type place struct {
		document string
		line     int
	}
	asked := make(map[place]int64, len(claimed))
	for _, x := range claimed {
		asked[place{x.Order, x.Line}] = x.Asked.Minor
	}
	rows, err := lotsOf(ctx, r.ID, org, string(c), v.Terms.By, fund.MostLines, func(l Lot) bool { return l.Earned > asked[place{l.Document, l.Line}] })
	if err != nil {
		return out, r, v.Terms, err
	}
	h := sha256.New()
	if has.Over > 0 { // the same lines once more are another claim
		fmt.Fprintf(h, "%d\n", has.Over)
	}
	for _, l := range rows {
		had := asked[place{l.Document, l.Line}]
		a := min(l.Earned-had, left)
		if a <= 0 {
			continue
		}
		left -= a
		key := fmt.Sprintf("promo:%s:%s:%d:%d", r.ID, l.Document, l.Line, had)
		out.Lines = append(out.Lines, fund.LineCmd{Key: key, Text: l.Number, SKU: l.SKU, On: l.On, Quantity: max(0, l.Quantity), Price: l.Allowance, Amount: money.Amount{Minor: a, Currency: c}, Order: l.Document, OrderLine: l.Line})
		out.Sum.Minor += a
		fmt.Fprintf(h, "%s=%d\n", key, a)
	}
	if len(out.Lines) > 0 {
		out.Mark = hex.EncodeToString(h.Sum(nil))
	}
	return out, r, v.Terms, nil
}

// kept is the currency in which the money of a company is kept: that of the text under which
// it began to be. A later text may name another one for what is bought from then on.
func kept(has fund.Holding, part Part) money.Currency {
	if has.Program == "" {
		return part.Currency
	}
	return has.Balance.Granted.Currency
}

// Claim files exactly the claim that was proposed, whose mark is given. Where proof is
// asked for it is a draft until the files are there. The same mark is the same claim.
// Codes: NotFound, Forbidden, Conflict (another claim follows from the lines now, there is
// nothing to claim, it is late).
func (s *Service) Claim(ctx context.Context, actor access.Actor, id ID, mark string) (fund.Claim, error) {
	var out fund.Claim
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, _, org, err := results(ctx, actor, id)
		if err == nil && org == "" {
			err = notFound()
		}
		if err == nil {
			err = access.Check(actor, access.ClaimWrite, access.Shared(r.OwnerID, actor.Org))
		}
		if err != nil {
			return err
		}
		if s.funds != nil && mark != "" { // tapped twice
			old, err := s.funds.ClaimOf(ctx, actor, r.OwnerID, "promo:"+mark)
			if fault.CodeOf(err) != fault.NotFound {
				out = old
				return err
			}
		}
		if err := lockSeats(ctx, actor.Org, []string{r.ID}); err != nil { // nothing else is earned until it is booked
			return err
		}
		p, r, t, err := s.proposal(ctx, actor, id)
		if err != nil {
			return err
		}
		if len(p.Lines) == 0 {
			return fault.New(fault.Conflict, "promo.nothing_to_claim")
		}
		if p.Mark != mark {
			return fault.New(fault.Conflict, "promo.other_claim")
		}
		owner := access.System("promotions", r.OwnerID)
		ps, err := s.partners.List(ctx, owner)
		if err != nil {
			return err
		}
		partnership := ""
		for _, x := range ps {
			if x.Supplier == r.OwnerID && x.Reseller == actor.Org {
				partnership = x.ID
			}
		}
		total, err := earnedOf(ctx, r.ID, actor.Org, string(p.Sum.Currency), t.By)
		if err != nil {
			return err
		}
		versions, err := agreedOf(ctx, []string{r.ID})
		if err != nil {
			return err
		}
		program, err := s.funds.SetEarned(ctx, owner, programme(r.ID, versions[r.ID]), partnership, money.Amount{Minor: total, Currency: p.Sum.Currency})
		if err != nil {
			return err
		}
		cmd := fund.ClaimCmd{Program: program, Nature: fund.NatureRebate, Title: t.Title, Source: fund.SourceProposed, Key: "promo:" + p.Mark, Lines: p.Lines}
		if len(t.Proof) > 0 {
			out, err = s.funds.SaveClaim(ctx, actor, "", 0, cmd)
		} else {
			out, err = s.funds.FileClaim(ctx, actor, cmd)
		}
		if err != nil {
			return err
		}
		return note(ctx, actor, "promotion.claim", r.ID)
	})
	return out, err
}

// billed are the methods of lines that are claimed afterwards.
var billed = []string{trade.DealBillBack}

// fund is the programme of what these terms earn.
func (t Terms) fund(id string) fund.SubjectCmd {
	return fund.SubjectCmd{Subject: id, Title: t.Title, From: t.From, Until: t.Until, Zone: t.Zone, ClaimBy: t.ClaimBy, Proof: t.Proof}
}

// Lot is what one line of a document earned a company under a promotion: of an order that
// was invoiced, or of a report of what was sold on.
type Lot struct {
	Document  string // id
	Line      int
	Number    string // of the order or the report
	SKU       string
	On        string
	Quantity  money.Quantity // base units
	Allowance money.Price    // for one base unit
	Earned    int64          // minor units; below zero where goods came back
}
