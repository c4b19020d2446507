package fund

import (
	"context"
	"slices"
	"strings"

	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// What was paid and is taken back later is owed. While a programme goes on it is earned back
// first; after its end somebody has to settle it, and what that was is booked here.

// ByDebit is a debit note to the partner; what is owed is also paid back (ByPayment) or taken
// off what the partner is paid next (ByOffset).
const ByDebit = "debit_note"

// RecoverWays are the ways in which what is owed comes back.
var RecoverWays = []string{ByOffset, ByDebit, ByPayment}

// Owing is what a partner owes of one programme.
type Owing struct {
	Program ProgramID
	Title   string
	Ended   bool // nothing more is earned in it by itself
	Amount  money.Amount
}

// Due is a claim of which something is to be paid: what is owed can be taken off it.
type Due struct {
	Claim  ClaimID
	Number string
	Amount money.Amount
}

// RecoverCmd says how what is owed came back.
type RecoverCmd struct {
	Org       string // the partner
	Kind      string // of RecoverWays
	Reference string // number of the debit note, the payment, or the credit note it came off
	Amount    money.Amount
	Key       string // of the command: the same is booked once
}

// Recover books that a partner gave back what it owes of a programme: less counts as paid to
// it. The same key, or the same kind and reference, is booked once, unless that was reversed
// (Reverse).
// Codes: NotFound, Forbidden, Invalid (by field), Conflict (nothing is owed any more, the
// reference stands for another amount already).
// Publishes Recovered.
func (s *Service) Recover(ctx context.Context, actor access.Actor, id ProgramID, cmd RecoverCmd) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		r, err := s.program(ctx, actor, access.FundRead, id, true)
		if err != nil {
			return err
		}
		if r.OwnerID != actor.Org {
			return notFound()
		}
		if err := access.Check(actor, access.ClaimSettle, access.Shared(r.OwnerID, cmd.Org)); err != nil {
			return err
		}
		if _, err := seatOf(ctx, r.ID, cmd.Org); err != nil {
			return err
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		cmd.Reference = strings.TrimSpace(cmd.Reference)
		text(bad, "reference", cmd.Reference, 60, true)
		if !slices.Contains(RecoverWays, cmd.Kind) {
			bad.With("kind", "fund.way")
		}
		if !cmd.Amount.Currency.Valid() || cmd.Amount.Minor <= 0 || cmd.Amount.Minor > most {
			bad.With("amount", "fund.amount")
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		if done, err := enteredBy(ctx, r.ID, cmd.Key); err != nil || done {
			return err
		}
		if had, err := recovered(ctx, r.ID, cmd); err == nil { // the same paper, entered by somebody else
			if was := (money.Amount{Minor: had.Amount, Currency: money.Currency(had.Currency)}); was != cmd.Amount {
				err = fault.New(fault.Conflict, "fund.recovered_before", "Reference", cmd.Reference, "Amount", say(was))
			}
			return err
		} else if fault.CodeOf(err) != fault.NotFound {
			return err
		}
		owed, err := balanceOf(ctx, r.ID, cmd.Org, accOwed, "", cmd.Amount.Currency)
		if err != nil {
			return err
		}
		if owed >= 0 {
			return fault.New(fault.Conflict, "fund.nothing_owed")
		}
		if cmd.Amount.Minor > -owed {
			return fault.InvalidField("amount", "fund.over_owed", "Most", say(money.Amount{Minor: -owed, Currency: cmd.Amount.Currency}))
		}
		_, err = post(ctx, actor, posting{program: r.ID, owner: r.OwnerID, org: cmd.Org, kind: EntryRecover, currency: cmd.Amount.Currency, subject: cmd.Kind, text: cmd.Reference, key: cmd.Key, legs: move(leg{org: cmd.Org, kind: accSettled}, leg{org: cmd.Org, kind: accOwed}, cmd.Amount.Minor)})
		if err != nil {
			return err
		}
		if err := note(ctx, actor, "fund.recover", "fund", r.ID); err != nil {
			return err
		}
		return s.publish(ctx, Recovered, Event{Program: id, Supplier: r.OwnerID, Reseller: cmd.Org, Org: actor.Org, Person: actor.Person})
	})
}
