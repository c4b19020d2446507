package fund

import (
	"context"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// LapsingDays is how far ahead a statement looks for what lapses.
const LapsingDays = 60

// Standing is where a partner's money with one supplier stands in one currency, over all
// programmes. All of it is read from the ledger but Pending, which nobody has decided.
type Standing struct {
	Partnership string
	Supplier    string
	Reseller    string
	Currency    money.Currency
	Balance     Balance
	Earned      money.Amount // approved so far: paid, and to be paid
	Pending     money.Amount // claimed and not decided
	Lapsing     money.Amount // lapses within LapsingDays if it is not claimed
	LapsesBy    string       // the day until which that looks
}

// Move is one entry of the ledger as it changed a partner's money.
type Move struct {
	Entry       string
	At          time.Time
	Kind        string // Entry… words
	Program     ProgramID
	Title       string // of the programme
	SubjectKind string // "request", "claim", "invoice", "fund"
	Subject     string
	Text        string
	Amount      money.Amount
	Change      Balance // what it added to each
	Step        *Explained
}

// Statement is a Standing with the movements of a period. The opening balance and the
// movements come to the closing one.
type Statement struct {
	Standing
	From, To string // civil dates (UTC), both inside
	Opening  Balance
	Closing  Balance
	Moves    []Move // oldest first
	// Owing is what is owed now, by programme; with it Due are claims it can be taken off, the
	// oldest first, at most 20.
	Owing []Owing
	Due   []Due
}

// StatementFilter chooses a statement. To empty is today, From empty a year before.
type StatementFilter struct {
	Partnership string
	Currency    money.Currency // empty: that of the partner's first programme
	From, To    string
}

// MostMoves is how many movements one statement holds.
const MostMoves = 5000

// Standings lists where the money stands with every partner the actor may see it of.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Standings(ctx context.Context, actor access.Actor) ([]Standing, error) {
	scope, sides, err := sidesOf(actor)
	if err != nil {
		return nil, err
	}
	var out []Standing
	err = s.view(ctx, actor, func(ctx context.Context) error {
		pairs, err := pairsOf(ctx, scope.Org(), sides)
		if err != nil {
			return err
		}
		out, err = standings(ctx, pairs)
		return err
	})
	return out, err
}

// StandingsWith is where the money of one partnership stands, by currency: the figures of
// its statements. Empty where it has a part in no programme.
// Codes: NotFound, Forbidden.
func (s *Service) StandingsWith(ctx context.Context, actor access.Actor, partnership string) ([]Standing, error) {
	var out []Standing
	err := s.view(ctx, actor, func(ctx context.Context) error {
		p, err := pairOf(ctx, partnership)
		if err == nil {
			err = access.Check(actor, access.FundRead, access.Shared(p.OwnerID, p.OrgID))
		}
		if err != nil {
			return err
		}
		pairs, err := pairsWith(ctx, partnership)
		if err != nil {
			return err
		}
		out, err = standings(ctx, pairs)
		return err
	})
	return out, err
}

// standings reads where the money stands for pairs of companies.
func standings(ctx context.Context, pairs []seatRow) ([]Standing, error) {
	if len(pairs) == 0 {
		return nil, nil
	}
	end := db.Now(ctx).AddDate(0, 0, LapsingDays)
	by := end.Format(time.DateOnly)
	posted, err := standing(ctx, pairs, db.Micros(db.Now(ctx))+1)
	if err != nil {
		return nil, err
	}
	pending, err := pendingOf(ctx, pairs)
	if err != nil {
		return nil, err
	}
	lapses, err := lapsing(ctx, pairs, db.Micros(end), by)
	if err != nil {
		return nil, err
	}
	out := make([]Standing, len(pairs))
	for i, p := range pairs {
		c, k := money.Currency(p.Currency), pairKey{p.OwnerID, p.OrgID, p.Currency}
		x := Standing{Partnership: p.PartnershipID, Supplier: p.OwnerID, Reseller: p.OrgID, Currency: c, Balance: total(posted[k], c), LapsesBy: by}
		x.Earned = money.Amount{Minor: x.Balance.Consumed.Minor + x.Balance.Settled.Minor, Currency: c}
		x.Pending, x.Lapsing = money.Amount{Minor: pending[k], Currency: c}, money.Amount{Minor: lapses[k], Currency: c}
		out[i] = x
	}
	return out, nil
}

// Statement returns the account of a partnership in one currency.
// Codes: NotFound, Invalid (a date, the currency), TooLarge (the period holds too many
// movements).
func (s *Service) Statement(ctx context.Context, actor access.Actor, f StatementFilter) (Statement, error) {
	var out Statement
	err := s.view(ctx, actor, func(ctx context.Context) error {
		p, err := pairOf(ctx, f.Partnership)
		if err == nil {
			err = access.Check(actor, access.FundRead, access.Shared(p.OwnerID, p.OrgID))
		}
		if err != nil {
			return err
		}
		if p.Currency = string(f.Currency); p.Currency == "" {
			if p.Currency, err = firstCurrency(ctx, p.PartnershipID); err != nil {
				return err
			}
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		if !money.Currency(p.Currency).Valid() {
			bad.With("currency", "form.choice_wrong")
		}
		if f.To == "" {
			f.To = db.Now(ctx).Format(time.DateOnly)
		}
		to, err := time.Parse(time.DateOnly, f.To)
		if err != nil {
			bad.With("to", "form.date")
		}
		if f.From == "" {
			f.From = to.AddDate(-1, 0, 1).Format(time.DateOnly)
		}
		from, err := time.Parse(time.DateOnly, f.From)
		if err != nil || f.From > f.To {
			bad.With("from", "form.date")
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		list, err := standings(ctx, []seatRow{p})
		if err != nil {
			return err
		}
		out.Standing, out.From, out.To = list[0], f.From, f.To
		if out.Balance.Owed.Minor > 0 {
			if out.Owing, err = owingOf(ctx, p); err != nil {
				return err
			}
			if out.Due, err = dueOf(ctx, p); err != nil {
				return err
			}
		}
		return s.moves(ctx, &out, db.Micros(from), db.Micros(to.AddDate(0, 0, 1)))
	})
	if err != nil {
		return Statement{}, err
	}
	return out, nil
}

// moves fills the movements of a period and the balances around it.
func (s *Service) moves(ctx context.Context, st *Statement, from, until int64) error {
	pair := []seatRow{{OwnerID: st.Supplier, OrgID: st.Reseller}}
	k := pairKey{st.Supplier, st.Reseller, string(st.Currency)}
	rows, err := standing(ctx, pair, from)
	if err != nil {
		return err
	}
	st.Opening = total(rows[k], st.Currency)
	if rows, err = standing(ctx, pair, until); err != nil {
		return err
	}
	st.Closing = total(rows[k], st.Currency)
	list, err := movesOf(ctx, st.Supplier, st.Reseller, string(st.Currency), from, until, 2*MostMoves+1)
	if err != nil {
		return err
	}
	var ids []string
	byEntry := map[string][]sumRow{}
	for _, m := range list {
		if _, ok := byEntry[m.ID]; !ok {
			ids = append(ids, m.ProgramID)
			var step *Explained
			if m.Step != "" {
				x := db.FromText[Explained](m.Step)
				step = &x
			}
			st.Moves = append(st.Moves, Move{Step: step, Entry: m.ID, At: db.FromMicros(m.Happened), Kind: m.Kind, Program: ProgramID(m.ProgramID), SubjectKind: m.SubjectKind, Subject: m.SubjectID, Text: m.Text, Amount: money.Amount{Minor: m.Amount, Currency: st.Currency}})
		}
		byEntry[m.ID] = append(byEntry[m.ID], sumRow{Kind: m.Account, Balance: m.Minor})
	}
	if len(st.Moves) > MostMoves {
		return fault.New(fault.TooLarge, "fund.period_long", "Most", MostMoves)
	}
	titles, err := titlesOf(ctx, ids, func(id string) seat { return seat{id, st.Reseller} })
	if err != nil {
		return err
	}
	for i := range st.Moves {
		m := &st.Moves[i]
		m.Title, m.Change = titles[seat{string(m.Program), st.Reseller}], total(byEntry[m.Entry], st.Currency)
	}
	return nil
}

// Waiting is how many requests and claims wait for the actor's side.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Waiting(ctx context.Context, actor access.Actor) (int, error) {
	scope, sides, err := sidesOf(actor)
	if err != nil {
		return 0, err
	}
	n := 0
	err = s.view(ctx, actor, func(ctx context.Context) (err error) {
		n, err = countWaiting(ctx, scope, sides)
		return err
	})
	return n, err
}
