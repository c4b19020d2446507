package fund

import (
	"cmp"
	"context"
	"slices"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// Kinds of account. The owner's are of the programme; the others of one partner, reserved
// of one request and consumed of one claim.
const (
	accSource    = "source" // what the owner put in, below zero
	accBudget    = "budget" // what no partner has
	accAvailable = "available"
	accReserved  = "reserved"
	accConsumed  = "consumed"
	accSettled   = "settled"
	accLapsed    = "lapsed"
	accOwed      = "owed" // taken back of what was used already, below zero
)

// Kinds of entry. The key of the words is "fundentry.<kind>".
const (
	EntryFund     = "fund"     // the owner puts money in
	EntryGrant    = "grant"    // a partner is given a part
	EntryEarn     = "earn"     // a partner earned by what was invoiced
	EntryTrueUp   = "trueup"   // a step was reached or lost: what was bought before earns more or less
	EntryTakeBack = "takeback" // what was earned is taken back for a credit
	EntryReserve  = "reserve"
	EntryRelease  = "release" // what a request does not need any more
	EntryConsume  = "consume"
	EntrySettle   = "settle"
	EntryLapse    = "lapse"
	EntryReverse  = "reverse"
	EntryCorrect  = "correct" // a claim was lowered by its sender after it was granted
	EntryRecover  = "recover" // what was owed came back
)

// most is the largest amount of one posting, in minor units.
const most = int64(1_000_000_000_000_000)

// leg is one posting of an entry: what is added to an account.
type leg struct {
	org, kind, ref string
	minor          int64
}

// move takes an amount from one account to another.
func move(from, to leg, minor int64) []leg {
	from.minor, to.minor = -minor, minor
	return []leg{from, to}
}

// posting is an entry to be written.
type posting struct {
	program  string
	owner    string
	org      string // the partner it concerns, "" for none
	kind     string
	currency money.Currency
	subject  string // kind of what it is about
	id       string
	text     string
	reverses string
	key      string // of the command, if it came with one
	step     string
	legs     []leg
}

// post writes a balanced entry and moves the balances with it. A balance that would go
// below zero refuses the whole, in the transaction of ctx.
// Codes: Conflict (fund.short), Invalid (the amount).
func post(ctx context.Context, actor access.Actor, p posting) (string, error) {
	sum, gross := int64(0), int64(0)
	for _, l := range p.legs {
		if l.minor == 0 || l.minor > most || l.minor < -most {
			return "", fault.InvalidField("amount", "fund.amount")
		}
		sum += l.minor
		if l.minor > 0 {
			gross += l.minor
		}
	}
	if sum != 0 || len(p.legs) < 2 || !p.currency.Valid() {
		return "", fault.New(fault.Internal, "error.internal")
	}
	legs := slices.Clone(p.legs)
	// always in the same order: two entries never wait for each other
	slices.SortFunc(legs, func(a, b leg) int {
		return cmp.Or(cmp.Compare(a.org, b.org), cmp.Compare(a.kind, b.kind), cmp.Compare(a.ref, b.ref))
	})
	e := entryRow{ID: db.NewID(), ProgramID: p.program, OwnerID: p.owner, OrgID: p.org, Kind: p.kind, Currency: string(p.currency), Amount: gross, SubjectKind: p.subject, SubjectID: p.id, Text: cut(p.text, 300), Reverses: p.reverses,
		PersonID: actor.Person, ActedID: actor.Org, Happened: db.Micros(db.Now(ctx)), SourceKey: p.key, Step: p.step}
	if err := insertEntry(ctx, &e); err != nil {
		return "", err
	}
	for i, l := range legs {
		id, err := book(ctx, p, l)
		if err != nil {
			return "", err
		}
		if err := insertPost(ctx, postRow{EntryID: e.ID, Position: int64(i), AccountID: id, Amount: l.minor}); err != nil {
			return "", err
		}
	}
	return e.ID, nil
}

// short says which balance does not suffice.
func short(kind string) error {
	return fault.New(fault.Conflict, "fund.short_"+kind)
}

// Tally is what the check of a ledger found.
type Tally struct {
	Entries  int
	Unequal  []string // entries whose postings do not sum to zero
	Drifted  []string // accounts whose balance is not the sum of their postings
	Negative []string // accounts below zero that may not be
}

// OK says that it found nothing wrong.
func (t Tally) OK() bool { return len(t.Unequal)+len(t.Drifted)+len(t.Negative) == 0 }

// Check adds the ledger of a programme up again from its postings.
// Codes: NotFound, Forbidden.
func (s *Service) Check(ctx context.Context, actor access.Actor, id ProgramID) (Tally, error) {
	var out Tally
	err := s.view(ctx, actor, func(ctx context.Context) error {
		p, err := s.program(ctx, actor, access.FundRead, id, false)
		if err != nil {
			return err
		}
		if p.OwnerID != actor.Org {
			return notFound()
		}
		out, err = tally(ctx, p.ID)
		return err
	})
	return out, err
}

// Reverse undoes an entry by its opposite: money put in, or a part given, while it is still
// there; and that what was owed came back (Recover), in a programme of any kind, by who may
// settle: it is owed again. What belongs to a request or a claim is undone by its own steps.
// Codes: NotFound, Forbidden, Invalid (a reason is missing), Conflict (reversed before, it
// is used already, or not of a kind that is reversed). Publishes RecoverUndone.
func (s *Service) Reverse(ctx context.Context, actor access.Actor, id ProgramID, entry, reason string) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		p, err := s.program(ctx, actor, access.FundRead, id, true)
		if err == nil && p.OwnerID != actor.Org { // a partner reads it and writes nothing
			if _, err = s.own(ctx, actor, id); err == nil {
				err = notFound()
			}
		}
		if err != nil {
			return err
		}
		e, legs, err := entryOf(ctx, p.ID, entry)
		if err == nil && e.Kind == EntryRecover {
			err = access.Check(actor, access.ClaimSettle, access.Shared(p.OwnerID, e.OrgID))
		} else if _, no := s.own(ctx, actor, id); no != nil { // before it is said whether there is such an entry
			return no
		}
		if err != nil {
			return err
		}
		if reason = cut(reason, 300); reason == "" {
			return fault.InvalidField("reason", "form.missing")
		}
		if !e.undoable() {
			return fault.New(fault.Conflict, "fund.not_reversible")
		}
		if done, err := reversed(ctx, e.ID); err != nil || done {
			if err == nil {
				err = fault.New(fault.Conflict, "fund.reversed_before")
			}
			return err
		}
		for i := range legs {
			legs[i].minor = -legs[i].minor
		}
		_, err = post(ctx, actor, posting{program: p.ID, owner: p.OwnerID, org: e.OrgID, kind: EntryReverse, currency: money.Currency(e.Currency), subject: "entry", id: e.ID, text: reason, reverses: e.ID, legs: legs})
		if err != nil {
			return err
		}
		if err := note(ctx, actor, "fund.reverse", "fund", p.ID); err != nil || e.Kind != EntryRecover {
			return err
		}
		return s.publish(ctx, RecoverUndone, Event{Program: id, Supplier: p.OwnerID, Reseller: e.OrgID, Org: actor.Org, Person: actor.Person})
	})
}

// undoable says that an entry is of a kind that is reversed as such.
func (e entryRow) undoable() bool {
	return e.Kind == EntryFund || e.Kind == EntryGrant || e.Kind == EntryRecover
}

// Posted is an entry of a programme's ledger as its owner sees it.
type Posted struct {
	Move
	Org      string // the partner it concerns
	Person   string
	Undoable bool // it may be reversed, and was not
}

// Entries lists the ledger of a programme, the latest first.
// Codes: NotFound, Invalid (cursor).
func (s *Service) Entries(ctx context.Context, actor access.Actor, id ProgramID, after string, limit int) ([]Posted, string, error) {
	var out []Posted
	next := ""
	err := s.view(ctx, actor, func(ctx context.Context) error {
		p, err := s.program(ctx, actor, access.FundRead, id, false)
		if err != nil {
			return err
		}
		if p.OwnerID != actor.Org {
			return notFound()
		}
		rows, undone, n, err := listEntries(ctx, p.ID, after, page(limit))
		if err != nil {
			return err
		}
		next = n
		for _, e := range rows {
			x := Posted{Move: Move{Entry: e.ID, At: db.FromMicros(e.Happened), Kind: e.Kind, Program: id, Title: p.Title, SubjectKind: e.SubjectKind, Subject: e.SubjectID, Text: e.Text, Amount: money.Amount{Minor: e.Amount, Currency: money.Currency(e.Currency)}}, Org: e.OrgID, Person: e.PersonID}
			x.Undoable = e.undoable() && !undone[e.ID]
			out = append(out, x)
		}
		return nil
	})
	return out, next, err
}
