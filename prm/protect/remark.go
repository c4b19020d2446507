package protect

import (
	"context"
	"slices"

	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
)

// Remark is what a line of a claim of price protection does not say by itself.
type Remark struct {
	Position int // of the line in the claim
	// Cap, where the most for one fall was used up on this line: Whole is what its quantity
	// would have been granted, Cut what of it was over the cap.
	Cap, Whole, Cut money.Amount
	// Corrected: the price list was put right after the claim was made. By version List/Version a
	// unit became Drop cheaper, not as the line says; Comes is what the line comes to by that,
	// never more than it asks for: what is more is proposed as a claim of its own.
	Corrected bool
	Drop      money.Price
	List      catalog.ListID
	Version   int
	Comes     money.Amount
}

// Lower says that less follows from the corrected list than the line asks for.
func (x Remark) Lower(l fund.Line) bool { return x.Corrected && x.Comes.Minor < l.Asked.Minor }

// Remarks are those on the lines of a claim, and the protection it was made of.
// Codes: Unauthenticated, NotFound (no claim of price protection too).
func (s *Service) Remarks(ctx context.Context, actor access.Actor, claim fund.ClaimID) (ID, []Remark, error) {
	var id ID
	var out []Remark
	err := s.view(ctx, actor, func(ctx context.Context) error {
		c, err := s.funds.GetClaim(ctx, actor, claim)
		if err != nil {
			return err
		}
		r, err := ofClaim(ctx, claim, false)
		if err != nil {
			return err
		}
		id = ID(r.ID)
		out, err = s.remarks(ctx, r, c)
		return err
	})
	return id, out, err
}

func (s *Service) remarks(ctx context.Context, r row, c fund.Claim) ([]Remark, error) {
	lines, err := linesOf(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	all, err := s.claims(ctx, r)
	if err != nil {
		return nil, err
	}
	cur := money.Currency(r.Currency)
	var out []Remark
	for _, l := range c.Lines {
		x := Remark{Position: l.Position}
		before, others := int64(0), false // what other claims that stand ask for of the item; before this one
		earlier := true
		for _, o := range all {
			if o.ID == c.ID {
				earlier = false
				continue
			}
			if o.State.Over() || o.Submitted.IsZero() {
				continue
			}
			for _, y := range o.Lines {
				if y.SKU == l.SKU {
					if others = true; earlier {
						before += standingOf(y)
					}
				}
			}
		}
		if whole, err := money.Extend(l.Quantity, l.Price, cur); err == nil && r.Cap > 0 && !others {
			if whole, err = money.Portion(whole, money.Rate(r.Cover)); err == nil && whole.Minor > l.Asked.Minor {
				x.Cap, x.Whole, x.Cut = money.Amount{Minor: r.Cap, Currency: cur}, whole, money.Amount{Minor: whole.Minor - l.Asked.Minor, Currency: cur}
			}
		}
		k := slices.IndexFunc(lines, func(y lineRow) bool { return y.SKU == l.SKU })
		if k >= 0 && money.Price(lines[k].Was-lines[k].Price) != l.Price {
			x.Corrected, x.Drop, x.List, x.Version = true, money.Price(lines[k].Was-lines[k].Price), catalog.ListID(lines[k].List), int(lines[k].ListVersion)
			x.Comes = money.Amount{Minor: max(0, min(l.Asked.Minor, lines[k].Amount-before)), Currency: cur}
		}
		if x.Corrected || x.Cut.Minor > 0 {
			out = append(out, x)
		}
	}
	return out, nil
}

// standingOf is what a line of a claim comes to by now.
func standingOf(l fund.Line) int64 {
	if l.Verdict == fund.LineOpen || l.Verdict == fund.LinePending {
		return l.Asked.Minor
	}
	return l.Approved.Minor
}

// AnswerCorrected decides a claim by the corrected list: lines of which less follows are granted
// what they come to, or rejected where nothing does, the others as they were asked for. It is a
// decision like any other (fund.Decide), within the person's limit and by two where that is asked.
// Codes: NotFound, Forbidden, Conflict (protect.not_corrected, and as fund.Decide).
// Publishes fund.ClaimDecided or ClaimDenied, or SecondAsked.
func (s *Service) AnswerCorrected(ctx context.Context, actor access.Actor, claim fund.ClaimID, version int64, words string) (fund.Claim, error) {
	var out fund.Claim
	err := s.change(ctx, actor, func(ctx context.Context) error {
		c, err := s.funds.GetClaim(ctx, actor, claim)
		if err != nil {
			return err
		}
		if err := access.Check(actor, access.ClaimDecide, c.Resource()); err != nil {
			return err
		}
		r, err := ofClaim(ctx, claim, true)
		if err != nil {
			return err
		}
		remarks, err := s.remarks(ctx, r, c)
		if err != nil {
			return err
		}
		var verdicts []fund.Verdict
		for _, x := range remarks {
			i := slices.IndexFunc(c.Lines, func(l fund.Line) bool { return l.Position == x.Position })
			switch {
			case !x.Lower(c.Lines[i]) || c.Lines[i].Verdict != fund.LineOpen:
			case x.Comes.Minor == 0:
				verdicts = append(verdicts, fund.Verdict{Position: x.Position, Verdict: fund.LineRejected, Reason: fund.ReasonList})
			default:
				verdicts = append(verdicts, fund.Verdict{Position: x.Position, Verdict: fund.LineChanged, Amount: x.Comes, Reason: fund.ReasonList})
			}
		}
		if len(verdicts) == 0 {
			return fault.New(fault.Conflict, "protect.not_corrected")
		}
		out, err = s.funds.Decide(ctx, actor, claim, version, verdicts, words)
		return err
	})
	return out, err
}

// PricedBy says whether a claim was made by the prices of a version of a price list of the
// actor's company. Codes: Forbidden, NotFound.
func (s *Service) PricedBy(ctx context.Context, actor access.Actor, list catalog.ListID, v catalog.PriceVersion) (bool, error) {
	if err := access.Check(actor, access.CatalogWrite, access.Own(actor.Org)); err != nil {
		return false, err
	}
	out := false
	err := s.view(ctx, actor, func(ctx context.Context) (err error) {
		out, err = pricedBy(ctx, actor.Org, string(list), v.Number)
		return err
	})
	return out, err
}
