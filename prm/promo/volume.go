package promo

import (
	"context"
	"slices"

	"entente/prm/access"
	"entente/prm/fund"
	"entente/prm/money"
	"entente/prm/partner"
)

// Steps of all of a window go by what a company was invoiced under a promotion, less what was
// credited, or by what it sold on less what came back. The step that this volume has reached
// holds for every line of it, those before it too. So a document may change the allowance of
// all lines: they are replaced, as always, and the ledger is told twice, of what the document
// earned at the step as it stood and of what the new step does to the rest. In the end nothing
// is left to be trued up, and a credit that comes late takes a step back in the same way.

// of are the versions of a promotion that a company ever agreed to, the oldest first. What it
// bought under them stays its own when a later one is without it.
func (p pact) of(org string) []Version {
	return slices.DeleteFunc(slices.Clone(p.versions), func(v Version) bool {
		_, in := v.Terms.Part(org)
		return !in
	})
}

// latest is the last version that a company agreed to, of some with the oldest first.
func latest(versions []Version, org string) (Version, bool) {
	for _, v := range slices.Backward(versions) {
		if _, in := v.Terms.Part(org); in {
			return v, true
		}
	}
	return Version{}, false
}

// fund is the programme of a promotion, by the newest of its agreed terms, with the last text of
// those that these are without.
func (p pact) fund() fund.SubjectCmd { return programme(p.row.ID, p.versions) }

func programme(id string, versions []Version) fund.SubjectCmd {
	now := versions[len(versions)-1].Terms
	out := now.fund(id)
	out.Left = map[string]fund.SubjectCmd{}
	for _, v := range versions {
		for _, x := range v.Terms.Parts {
			if _, in := now.Part(x.Org); !in {
				out.Left[x.Org] = v.Terms.fund(id)
			}
		}
	}
	return out
}

// turned brings the ledger to what the lines of a company in some promotions earn, and before
// it, where steps go by all of the window, the lines to the step that its volume has reached
// now. The seats are locked.
func (s *Service) turned(ctx context.Context, owner, org string, promotions []string) error {
	if len(promotions) == 0 {
		return nil
	}
	pacts, err := pactsOf(ctx, owner, org, false)
	if err != nil {
		return err
	}
	for _, p := range pacts {
		if _, ok := latest(p.versions, org); !ok || !slices.Contains(promotions, p.row.ID) {
			continue
		}
		if err := s.accrue(ctx, p, org, nil); err != nil { // at the step as it stood
			return err
		}
		if err := s.stepped(ctx, p, org); err != nil {
			return err
		}
	}
	return nil
}

// stepped brings the lines of a company to the step that its volume has reached, and the ledger
// to what they earn by it.
func (s *Service) stepped(ctx context.Context, p pact, org string) error {
	own := slices.DeleteFunc(p.of(org), func(v Version) bool { return !v.Terms.Cumulative })
	if len(own) == 0 {
		return nil
	}
	t := own[len(own)-1].Terms
	volume, err := volumeOf(ctx, p.row.ID, org, t.By)
	if err != nil {
		return err
	}
	before, err := heldVolume(ctx, p.row.ID, org) // pacts may have been read before the seat was locked
	if err != nil || volume == before {
		return err
	}
	if err := setVolume(ctx, p.row.ID, org, volume); err != nil {
		return err
	}
	moved := false
	for _, v := range own {
		if was, now := v.Terms.step(before), v.Terms.step(volume); was != now {
			moved = true
			if err := restep(ctx, p.row.ID, org, v.Number, now); err != nil {
				return err
			}
		}
	}
	if !moved {
		return nil
	}
	x := &fund.Explained{Why: fund.StepUnits, Units: volume, Was: t.step(before), Now: t.step(volume)}
	if x.Now < x.Was {
		x.Why = fund.StepUnitsFell
	}
	return s.accrue(ctx, p, org, x)
}

// accrue books what the lines of a company earn, or takes back what they do not any more; step
// says why what was bought before earns another amount. Without steps of all of a window nothing
// is booked before the first claim, since all of it can still be claimed. While the partnership
// rests, or has ended, only what comes back is booked, and what earns that back: the next claim does
// the rest.
func (s *Service) accrue(ctx context.Context, p pact, org string, step *fund.Explained) error {
	own := p.of(org)
	t := own[len(own)-1].Terms
	if s.funds == nil || t.Settle != BillBack {
		return nil
	}
	owner := access.System("promotions", p.row.OwnerID)
	b, has, err := s.funds.Part(ctx, owner, p.row.ID, org)
	if err != nil || !has && !slices.ContainsFunc(own, func(v Version) bool { return v.Terms.Cumulative }) {
		return err
	}
	had := b.Granted
	if !has {
		part, _ := t.Part(org)
		had.Currency = part.Currency
	}
	// An earlier text may have been in another currency: what was earned in it follows its
	// documents. What is earned in the new one has no place, as the next claim says.
	total, err := earnedOf(ctx, p.row.ID, org, string(had.Currency), t.By)
	if err != nil || has && total == had.Minor {
		return err
	}
	between, err := s.partners.Between(ctx, owner, org)
	if err != nil {
		return err
	}
	between = slices.DeleteFunc(between, func(x partner.Partnership) bool { return x.Supplier != p.row.OwnerID || x.Reseller != org })
	i := slices.IndexFunc(between, func(x partner.Partnership) bool { return x.State == partner.Active })
	cmd := p.fund()
	cmd.Step = step
	if i < 0 {
		if i, cmd.Resting = len(between)-1, true; i < 0 || !has || total > had.Minor && b.Owed.Minor == 0 {
			return nil
		}
	}
	_, err = s.funds.SetEarned(ctx, owner, cmd, between[i].ID, money.Amount{Minor: total, Currency: had.Currency})
	return err
}

// Volume is where a company stands with steps of all of a window. Next is the step ahead:
// what is missing to it, and about what it adds to what was earned.
type Volume struct {
	Org    string
	Volume money.Quantity
	Step   money.Rate
	Next   *NextStep
}

// NextStep is a step ahead.
type NextStep struct {
	From, Missing money.Quantity
	Step          money.Rate
	Gain          money.Amount
}

// volumes says where the companies of a promotion stand; none where its steps go by the order.
func (t Terms) volumes(seats []Seat, org string, worth map[string]money.Amount) []Volume {
	if !t.Cumulative {
		return nil
	}
	var out []Volume
	for _, x := range seats {
		p, ok := t.Part(x.Org)
		if !ok || p.Role != Participant || org != "" && x.Org != org {
			continue
		}
		v := Volume{Org: x.Org, Volume: x.Volume, Step: t.step(x.Volume)}
		for _, y := range t.Tiers {
			if y.From <= x.Volume {
				continue
			}
			v.Next = &NextStep{From: y.From, Missing: y.From - x.Volume, Step: y.Percent, Gain: money.Amount{Currency: p.Currency}}
			if a, err := money.Portion(worth[x.Org], y.Percent-v.Step); err == nil && worth[x.Org].Currency == p.Currency {
				v.Next.Gain = a
			}
			break
		}
		out = append(out, v)
	}
	return out
}

// restep gives the lines of a version that count another step: a few statements, however many
// they are.
func restep(ctx context.Context, id, org string, version int, step money.Rate) error {
	lines, err := steppedLines(ctx, id, org, version)
	if err != nil {
		return err
	}
	now := slices.Clone(lines)
	for i := range now {
		r := &now[i]
		if r.Granted <= 0 || r.Base <= 0 {
			continue
		}
		r.Allowance = int64(times(money.Price(r.Base), step))
		r.reckon()
	}
	if err := saveLines(ctx, lines, now); err != nil {
		return err
	}
	sold, err := steppedResales(ctx, id, org, version)
	if err != nil {
		return err
	}
	resold := slices.Clone(sold)
	for i := range resold {
		r := &resold[i]
		r.Allowance = int64(times(money.Price(r.Price), step))
		r.worth()
	}
	return saveResales(ctx, sold, resold)
}
