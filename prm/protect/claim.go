package protect

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
)

// Confirm files exactly the claim that is proposed, whose mark is given; the actor is of the
// distributor. The same mark is the same claim.
// Codes: NotFound, Forbidden, Conflict (another claim follows now, nothing waits, it is late).
// Publishes EventAnswered and fund.ClaimFiled.
func (s *Service) Confirm(ctx context.Context, actor access.Actor, id ID, mark string) (fund.Claim, error) {
	var out fund.Claim
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, lines, old, err := s.answering(ctx, actor, id, mark, "")
		if err != nil || old.ID != "" {
			out = old
			return err
		}
		out, err = s.file(ctx, actor, &r, lines, nil, "")
		return err
	})
	return out, err
}

// Counter answers with other quantities of some products, in base units; the others stay as they
// were reckoned. A product whose price fell and that was not reckoned may be added. Where one is
// more than was reckoned the claim is a draft until the distributor has added its stock report
// (fund.ProofStock) and sends it; else it is filed at once. With nothing of any product
// nothing is claimed, and the claim is empty. The same mark is the same claim.
// Codes: NotFound, Forbidden, Conflict (as Confirm), Invalid (an item, a quantity).
// Publishes EventAnswered, and fund.ClaimFiled, unless it is a draft.
func (s *Service) Counter(ctx context.Context, actor access.Actor, id ID, mark string, says []Say, words string) (fund.Claim, error) {
	var out fund.Claim
	err := s.change(ctx, actor, func(ctx context.Context) error {
		if words = strings.TrimSpace(words); len([]rune(words)) > 500 {
			return fault.InvalidField("note", "form.too_long", "Most", 500)
		}
		r, lines, old, err := s.answering(ctx, actor, id, mark, ":counter")
		if err != nil || old.ID != "" {
			out = old
			return err
		}
		more, err := s.say(ctx, r, &lines, says)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(lines, func(l lineRow) bool { return l.Said >= 0 && l.Said != l.Quantity }) {
			out, err = s.file(ctx, actor, &r, lines, nil, "")
			return err
		}
		_, sum, err := granted(lines, r.terms(), lineRow.held)
		if err != nil {
			return err
		}
		if sum < r.Least {
			for i := range lines {
				lines[i].Amount = 0
			}
		}
		proof := []string(nil)
		if more {
			proof = []string{fund.ProofStock}
		}
		r.Note = words
		out, err = s.file(ctx, actor, &r, lines, proof, ":counter")
		return err
	})
	return out, err
}

// held is the quantity that a line goes by: as the distributor said, else as it was reckoned.
func (l lineRow) held() int64 {
	if l.Said >= 0 {
		return l.Said
	}
	return l.Quantity
}

// answering reads a protection that its distributor answers, or the claim that the same answer
// made before.
func (s *Service) answering(ctx context.Context, actor access.Actor, id ID, mark, kind string) (row, []lineRow, fund.Claim, error) {
	r, err := byID(ctx, id, true)
	if err == nil {
		err = access.Check(actor, access.ClaimWrite, access.Shared(r.SupplierID, r.ResellerID))
	}
	if err != nil {
		return r, nil, fund.Claim{}, err
	}
	if mark != "" { // tapped twice
		old, err := s.funds.ClaimOf(ctx, actor, r.SupplierID, key(r, mark, kind))
		if err == nil && !old.State.Over() {
			return r, nil, old, nil
		}
		if err != nil && fault.CodeOf(err) != fault.NotFound {
			return r, nil, fund.Claim{}, err
		}
	}
	switch {
	case State(r.State) != Proposed:
		return r, nil, fund.Claim{}, fault.New(fault.Conflict, "protect.not_open")
	case db.Micros(db.Now(ctx)) >= r.AnswerBy:
		return r, nil, fund.Claim{}, fault.New(fault.Conflict, "protect.late")
	case mark != r.Mark:
		return r, nil, fund.Claim{}, fault.New(fault.Conflict, "protect.other_claim")
	}
	lines, err := linesOf(ctx, r.ID)
	return r, lines, fund.Claim{}, err
}

// key is what a claim is made with: one for each answer to what was proposed.
func key(r row, mark, kind string) string {
	return "protect:" + r.ID + ":" + mark[:min(len(mark), 24)] + kind
}

// say writes quantities on lines, and says whether one is more than was reckoned.
func (s *Service) say(ctx context.Context, r row, lines *[]lineRow, says []Say) (bool, error) {
	bad := fault.New(fault.Invalid, "form.invalid")
	more := false
	var fresh []Say
	for i, x := range says {
		k := slices.IndexFunc(*lines, func(l lineRow) bool { return l.SKU == sku(x.SKU) })
		switch {
		case x.Quantity < 0 || x.Quantity > mostQuantity:
			bad.With(fmt.Sprintf("lines.%d.quantity", i), "catalog.quantity_wrong")
		case k < 0:
			fresh = append(fresh, Say{sku(x.SKU), x.Quantity})
		default:
			l := &(*lines)[k]
			l.Said = int64(x.Quantity)
			more = more || l.Said > l.Quantity
		}
	}
	if err := bad.OrNil(); err != nil {
		return false, err
	}
	if len(fresh) == 0 {
		return more, nil
	}
	keys := make([]catalog.ItemKey, len(fresh))
	for i, x := range fresh {
		keys[i] = catalog.ItemKey{SKU: x.SKU}
	}
	items, err := s.catalog.Resolve(ctx, desk(r.SupplierID), r.SupplierID, r.ResellerID, keys)
	if err != nil {
		return false, err
	}
	ids := make([]catalog.ID, 0, len(items))
	for _, it := range items {
		if it.Found {
			ids = append(ids, it.Product.ID)
		}
	}
	falls, err := s.falls(ctx, r, ids)
	if err != nil {
		return false, err
	}
	for i, it := range items {
		l, fell := falls[it.Product.ID]
		if !it.Found || !fell || slices.ContainsFunc(*lines, func(x lineRow) bool { return x.SKU == it.Product.SKU }) {
			return false, fault.InvalidField("lines", "protect.no_fall_of", "SKU", fresh[i].SKU)
		}
		if fresh[i].Quantity == 0 {
			continue
		}
		l.Position, l.SKU, l.Said = int64(len(*lines)+1), it.Product.SKU, int64(fresh[i].Quantity)
		*lines, more = append(*lines, l), true
	}
	return more, nil
}

// mostQuantity bounds what may be said of one product, in base units.
const mostQuantity = money.Quantity(1_000_000_000 * money.One)

// file makes the claim of lines: filed, or with proof that is missing a draft.
func (s *Service) file(ctx context.Context, actor access.Actor, r *row, lines []lineRow, proof []string, kind string) (fund.Claim, error) {
	c := money.Currency(r.Currency)
	p, err := pairOf(ctx, r.PartnershipID)
	if err != nil {
		return fund.Claim{}, err
	}
	cmd := fund.ClaimCmd{Nature: fund.NatureRebate, Title: s.title(p.Locale, r.Day, r.Currency), Note: r.Note, Source: fund.SourceProposed, Key: key(*r, r.Mark, kind), Proof: proof}
	all, err := s.claims(ctx, *r)
	if err != nil {
		return fund.Claim{}, err
	}
	asked, claimed, holds := int64(0), false, false
	for i := range lines {
		l := &lines[i]
		claimed, holds = claimed || l.Claimed > 0, holds || l.held() > 0
		a := l.Amount - l.Claimed
		if a <= 0 {
			continue
		}
		asked += a
		cmd.Lines = append(cmd.Lines, fund.LineCmd{Key: fmt.Sprintf("protect:%s:%s:%d", r.ID, l.SKU, len(all)), Text: fmt.Sprintf("%s → %s", money.Price(l.Was).Fixed(c.Digits()), money.Price(l.Price).Fixed(c.Digits())), SKU: l.SKU, On: r.Day, Quantity: money.Quantity(l.held()), Price: money.Price(l.Was - l.Price), Amount: money.Amount{Minor: a, Currency: c}})
		l.Claimed += a
	}
	r.Answered, r.AnsweredBy, r.NextAt, r.AnswerBy = db.Micros(db.Now(ctx)), actor.Person, 0, 0
	var out fund.Claim
	switch {
	case len(cmd.Lines) == 0 && claimed: // what was claimed before stays
		r.State, r.Why = string(Claimed), ""
	case len(cmd.Lines) == 0 && holds:
		r.State, r.Why = string(Nothing), WhyLeast
	case len(cmd.Lines) == 0:
		r.State, r.Why = string(Nothing), WhyDeclined
	default:
		total, open := r.used(all, lines)
		r.State, r.Why = string(Claimed), ""
		if len(proof) == 0 {
			total, open = total+asked, open+asked
		} else { // it is granted when it is sent: see Followed
			r.State = string(Proving)
		}
		if err := s.earn(ctx, p, r, total, open); err != nil {
			return out, err
		}
		cmd.Program = fund.ProgramID(r.ProgramID)
		if len(proof) > 0 {
			out, err = s.funds.SaveClaim(ctx, actor, "", 0, cmd)
		} else {
			out, err = s.funds.FileClaim(ctx, actor, cmd)
		}
		if err != nil {
			return out, err
		}
		if err := addClaim(ctx, *r, out.ID); err != nil {
			return out, err
		}
	}
	if err := replaceLines(ctx, r.ID, lines); err != nil {
		return out, err
	}
	if err := save(ctx, r); err != nil {
		return out, err
	}
	if err := note(ctx, actor, "protect.answer", Document, r.ID); err != nil || State(r.State) == Proving { // a draft is the distributor's own
		return out, err
	}
	return out, s.publish(ctx, EventAnswered, *r)
}

// Followed brings a protection to what became of a claim of it: what is sent is granted, what is
// not approved is granted no more, and one that was taken back in time may be answered again. The actor is the
// supplier's system; claims of anything else are passed over. Safe to repeat.
// Codes: NotFound, Forbidden (a person). Publishes EventProposed where it waits again.
func (s *Service) Followed(ctx context.Context, actor access.Actor, claim fund.ClaimID) error {
	if _, err := access.List(actor, access.ClaimDecide); err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		r, err := ofClaim(ctx, claim, true)
		if fault.CodeOf(err) == fault.NotFound {
			return nil
		}
		if err == nil && r.SupplierID != actor.Org {
			err = notFound()
		}
		if err == nil {
			err = system(actor, r.ResellerID)
		}
		if err != nil {
			return err
		}
		p, err := pairOf(ctx, r.PartnershipID)
		if err != nil {
			return err
		}
		all, err := s.claims(ctx, r)
		if err != nil {
			return err
		}
		lines, err := linesOf(ctx, r.ID)
		if err != nil {
			return err
		}
		denied, live, draft := false, false, false
		asked := map[string]int64{} // by claims that were not taken back, less what was cut since the list was put right
		taken := map[string]bool{}  // back
		for _, c := range all {
			denied, live = denied || c.State == fund.ClaimDenied, live || !c.State.Over()
			draft = draft || c.Submitted.IsZero() && !c.State.Over()
			for _, l := range c.Lines {
				switch {
				case c.State == fund.ClaimWithdrawn:
					taken[l.SKU] = true
				case l.Reason == fund.ReasonList:
					asked[l.SKU] += l.Approved.Minor
				default:
					asked[l.SKU] += l.Asked.Minor
				}
			}
		}
		total, open := r.used(all, lines)
		if err := s.earn(ctx, p, &r, total, open); err != nil {
			return err
		}
		sent := State(r.State) == Proving && live && !draft
		if sent {
			r.State = string(Claimed)
		}
		for i := range lines { // what was cut may be claimed again, should the list be put right once more
			if l := &lines[i]; asked[l.SKU] < l.Claimed && !taken[l.SKU] {
				l.Claimed = asked[l.SKU]
			}
		}
		if err := replaceLines(ctx, r.ID, lines); err != nil {
			return err
		}
		back := slices.ContainsFunc(lines, func(l lineRow) bool { return asked[l.SKU] < l.Claimed })
		switch st := State(r.State); {
		case st != Claimed && st != Proving && (st != Proposed || !back):
			return save(ctx, &r)
		case back: // also where another claim of it stands
			for i := range lines {
				lines[i].Claimed, lines[i].Said = asked[lines[i].SKU], -1
			}
			return s.reopen(ctx, p, &r, lines, live)
		case sent: // a draft was told to nobody
			if err := s.publish(ctx, EventAnswered, r); err != nil {
				return err
			}
		}
		switch {
		case sent && slices.ContainsFunc(lines, func(l lineRow) bool { return l.Amount > l.Claimed }): // the list was put right before it was sent
			return s.conclude(ctx, p, &r, lines, lines, "") // the difference was told to nobody yet
		case live:
			return save(ctx, &r)
		case denied:
			r.State, r.Why = string(Closed), WhyDenied
			return save(ctx, &r)
		}
		return s.reopen(ctx, p, &r, lines, live)
	})
}

// reopen proposes once more what was taken back, while its time is not over; live says that
// another claim of it stands.
func (s *Service) reopen(ctx context.Context, p pairing, r *row, lines []lineRow, live bool) error {
	if err := replaceLines(ctx, r.ID, lines); err != nil {
		return err
	}
	if by := dayStart(p.Zone, shifted(r.Day, MostAnswerDays+1)); !by.After(db.Now(ctx)) {
		if r.State = string(Claimed); !live {
			r.State, r.Why = string(Closed), WhyLate
		}
		return save(ctx, r)
	}
	r.Mark, r.Note, r.Answered, r.AnsweredBy = "", "", 0, ""
	if !live {
		r.ProgramID = ""
	}
	return s.reckon(ctx, p, r)
}
