package fund

import (
	"cmp"
	"context"
	"slices"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// SubjectCmd is the programme of something else, such as a promotion, whose lines earn.
type SubjectCmd struct {
	Kind        string // KindProtect; empty is KindPromo
	Subject     string // its id
	Title       string
	From, Until string
	Zone        string
	ClaimBy     string // empty: 90 days after Until
	Proof       []string
	Left        map[string]SubjectCmd // by company: the last text of those that this one is without; they are judged by it
	// Resting: the partnership may rest or have ended. No more is earned then than comes off what is owed.
	Resting bool
	Step    *Explained // why what was earned before is worth another amount; nil: a document is booked
	// Open is how much of the total claims ask for that nobody has decided: that is kept for them,
	// and what is owed is brought back by Recover. Nil: what is owed comes off first.
	Open *int64
}

// lateDays is how long what nobody limited may be claimed after its window.
const lateDays = 90

// LastDay is the last day on which something may be claimed.
func (c SubjectCmd) LastDay() string {
	until, err := time.Parse(time.DateOnly, c.Until)
	if c.ClaimBy != "" || err != nil {
		return c.ClaimBy
	}
	return until.AddDate(0, 0, lateDays).Format(time.DateOnly)
}

// SetEarned makes the programme of a subject where there is none yet, or has it follow what
// became of the subject since, gives a partner its place in it, and brings what it earned to a total: more is earned, less is taken back,
// and what of that is used already is owed. Safe to repeat. It joins the transaction of
// ctx; the actor is the system acting for the owner.
// Codes: NotFound, Forbidden, Invalid (the partner, the currency). Publishes Countered when
// what a claim used is owed.
func (s *Service) SetEarned(ctx context.Context, actor access.Actor, cmd SubjectCmd, partnership string, total money.Amount) (ProgramID, error) {
	if err := access.Check(actor, access.FundWrite, access.Own(actor.Org)); err != nil {
		return "", err
	}
	if !db.ValidID(cmd.Subject) || !civil(cmd.From) || !civil(cmd.Until) || total.Minor < 0 || total.Minor > most {
		return "", fault.New(fault.NotFound, "error.not_found")
	}
	var id ProgramID
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, err := programOf(ctx, actor.Org, cmd.Subject)
		if fault.CodeOf(err) == fault.NotFound {
			r, err = s.insert(ctx, actor, cmd.row(actor.Org))
		}
		if err != nil {
			return err
		}
		if r, err = programByID(ctx, r.ID, true); err != nil {
			return err
		}
		if now := cmd.row(actor.Org); now.Title != r.Title || now.FromOn != r.FromOn || now.UntilOn != r.UntilOn || now.Zone != r.Zone || now.ClaimDays != r.ClaimDays || now.Proof != r.Proof {
			r.Title, r.FromOn, r.UntilOn, r.Zone, r.ClaimDays, r.Proof = now.Title, now.FromOn, now.UntilOn, now.Zone, now.ClaimDays, now.Proof
			if err := saveProgram(ctx, &r); err != nil {
				return err
			}
		}
		seat, err := s.seat(ctx, actor, r, partnership, total.Currency, cmd.Resting)
		if err != nil {
			return err
		}
		if err := insertSeat(ctx, seat); err != nil {
			return err
		}
		if r.Kind == KindPromo {
			if err := setTexts(ctx, r, cmd.Left); err != nil {
				return err
			}
		}
		id = ProgramID(r.ID)
		sums, err := sumsOf(ctx, []string{r.ID}, seat.OrgID)
		if err != nil {
			return err
		}
		b := balance(sums, r.ID, seat.OrgID, total.Currency)
		more := total.Minor - b.Granted.Minor
		if cmd.Resting {
			more = min(more, b.Owed.Minor)
		}
		legs, kind, owes := []leg(nil), EntryEarn, b.Owed.Minor
		switch {
		case cmd.Open != nil:
			used := b.Reserved.Minor + b.Consumed.Minor + b.Settled.Minor + b.Lapsed.Minor
			free := max(*cmd.Open, total.Minor-used)
			owes = used + free - total.Minor
			legs = legsOf(leg{kind: accSource, minor: -more}, leg{org: seat.OrgID, kind: accAvailable, minor: free - b.Available.Minor}, leg{org: seat.OrgID, kind: accOwed, minor: b.Owed.Minor - owes})
			if more <= 0 {
				kind = EntryTakeBack
			}
			if len(legs) == 0 {
				return nil
			}
		case more > 0: // what is owed is earned back first
			back := min(more, b.Owed.Minor)
			legs = append(legs, leg{kind: accSource, minor: -more})
			if back > 0 {
				legs = append(legs, leg{org: seat.OrgID, kind: accOwed, minor: back})
			}
			if more > back {
				legs = append(legs, leg{org: seat.OrgID, kind: accAvailable, minor: more - back})
			}
		case more < 0:
			kind = EntryTakeBack
			free := min(-more, b.Available.Minor)
			legs = append(legs, leg{kind: accSource, minor: -more})
			if free > 0 {
				legs = append(legs, leg{org: seat.OrgID, kind: accAvailable, minor: -free})
			}
			if -more > free {
				owes -= more + free
				legs = append(legs, leg{org: seat.OrgID, kind: accOwed, minor: more + free})
			}
		default:
			return nil
		}
		if own, ok := cmd.Left[seat.OrgID]; ok {
			cmd.Title = own.Title
		}
		p := posting{program: r.ID, owner: r.OwnerID, org: seat.OrgID, kind: kind, currency: total.Currency, subject: subjects[r.Kind], id: cmd.Subject, text: cmd.Title, legs: legs}
		if cmd.Step != nil {
			p.kind, p.step = EntryTrueUp, db.Text(*cmd.Step)
		}
		if _, err = post(ctx, actor, p); err != nil || owes <= b.Owed.Minor {
			return err
		}
		return s.publish(ctx, Countered, Event{Program: id, Supplier: r.OwnerID, Reseller: seat.OrgID})
	})
	return id, err
}

// legsOf are those of some legs that move something.
func legsOf(legs ...leg) []leg {
	return slices.DeleteFunc(legs, func(l leg) bool { return l.minor == 0 })
}

// subjects are the kinds of subject of what such programmes post.
var subjects = map[string]string{KindPromo: "promotion", KindProtect: "price_protection"}

func (c SubjectCmd) row(owner string) programRow {
	days := int64(lateDays)
	until, err1 := time.Parse(time.DateOnly, c.Until)
	by, err2 := time.Parse(time.DateOnly, c.LastDay())
	if err1 == nil && err2 == nil {
		days = max(0, int64(by.Sub(until).Hours()/24))
	}
	return programRow{OwnerID: owner, Title: cut(c.Title, 120), Kind: cmp.Or(c.Kind, KindPromo), State: Open, FromOn: c.From, UntilOn: c.Until, Zone: c.Zone, ClaimDays: days, Share: money.One, Proof: words(items(c.Proof)), SubjectID: c.Subject}
}

// ByHand says why no claim of a kind of programme is written by hand: what a promotion earns and
// what is granted on stock follow from documents, and are claimed where those are.
func ByHand(kind, source string) error {
	switch {
	case source == SourceProposed || source == SourceEDI:
	case kind == KindPromo:
		return fault.New(fault.Conflict, "fund.claim_of_promotion")
	case kind == KindProtect:
		return fault.New(fault.Conflict, "fund.of_protection")
	}
	return nil
}

// Claimed is what claims hold of one line of an order: asked for, and not sent back,
// denied or withdrawn.
type Claimed struct {
	Order string
	Line  int
	Asked money.Amount
}

// Holding is what a company has claimed of a subject, and what is there.
type Holding struct {
	Program ProgramID // empty: nothing was claimed yet
	Claimed []Claimed
	Balance Balance
	Pending money.Amount // asked for and not decided
	Over    int64        // claims that were withdrawn or denied: what they asked for may be claimed again
}

// Of returns what the actor's company has claimed of a subject of a supplier.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Of(ctx context.Context, actor access.Actor, owner, subject string) (Holding, error) {
	if err := access.Check(actor, access.FundRead, access.Shared(owner, actor.Org)); err != nil {
		return Holding{}, err
	}
	var out Holding
	err := s.view(ctx, actor, func(ctx context.Context) error {
		out = Holding{}
		r, b, has, err := part(ctx, owner, subject, actor.Org)
		if err != nil || !has {
			return err
		}
		c := b.Granted.Currency
		out.Program, out.Balance, out.Pending.Currency = ProgramID(r.ID), b, c
		if out.Pending.Minor, err = askedBeside(ctx, claimRow{ProgramID: r.ID, OrgID: actor.Org}); err != nil {
			return err
		}
		if out.Over, err = claimsOver(ctx, r.ID, actor.Org); err != nil {
			return err
		}
		out.Claimed, err = claimedOf(ctx, r.ID, actor.Org, c)
		return err
	})
	return out, err
}

// Part is what a partner has of a subject of the actor's company, in the currency in which its
// part is kept; false where it has none yet.
// Codes: NotFound, Forbidden.
func (s *Service) Part(ctx context.Context, actor access.Actor, subject, org string) (b Balance, has bool, err error) {
	if err := access.Check(actor, access.FundWrite, access.Own(actor.Org)); err != nil {
		return Balance{}, false, err
	}
	err = s.view(ctx, actor, func(ctx context.Context) (err error) {
		_, b, has, err = part(ctx, actor.Org, subject, org)
		return err
	})
	return b, has, err
}

// part reads the programme of a subject and a partner's balance in it; false where it has none.
func part(ctx context.Context, owner, subject, org string) (programRow, Balance, bool, error) {
	r, err := programOf(ctx, owner, subject)
	var seat seatRow
	if err == nil {
		seat, err = seatOf(ctx, r.ID, org)
	}
	if fault.CodeOf(err) == fault.NotFound {
		return r, Balance{}, false, nil
	}
	if err != nil {
		return r, Balance{}, false, err
	}
	sums, err := sumsOf(ctx, []string{r.ID}, org)
	return r, balance(sums, r.ID, org, money.Currency(seat.Currency)), err == nil, err
}

// ClaimOf returns the claim of the actor's company that was made with a key.
// Codes: Unauthenticated, NotFound.
func (s *Service) ClaimOf(ctx context.Context, actor access.Actor, owner, key string) (Claim, error) {
	if err := access.Check(actor, access.FundRead, access.Shared(owner, actor.Org)); err != nil {
		return Claim{}, err
	}
	var out Claim
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, err := claimBySource(ctx, owner, actor.Org, key)
		if err != nil {
			return err
		}
		out, err = s.entire(ctx, actor, r)
		return err
	})
	return out, err
}
