package deal

import (
	"time"

	"entente/prm/fault"
)

// Position is where a registration stands on both axes.
type Position struct {
	Pen      Pen
	Decision Decision
}

// Deed is a step of a registration.
type Deed string

// The deeds that move a registration.
const (
	Submit     Deed = "submit"
	Recall     Deed = "recall"
	Withdraw   Deed = "withdraw"
	Take       Deed = "take" // into review
	Approve    Deed = "approve"
	Return     Deed = "return"
	Reject     Deed = "reject"
	MarkCopy   Deed = "duplicate"
	Wait       Deed = "wait"
	Admit      Deed = "admit" // back into review: whom it waited for is gone
	CancelDeed Deed = "cancel"
	Award      Deed = "award" // of a tender
	Pass       Deed = "pass"  // of a tender: another was awarded
	Expire     Deed = "expire"
	Postpone   Deed = "postpone"
	Release    Deed = "release"
	Win        Deed = "win"
	Reopen     Deed = "reopen"
	Lose       Deed = "lose"
	Yield      Deed = "yield" // a ruling takes it away
	Grant      Deed = "grant" // a ruling gives it
)

// The deeds that leave the position as it is.
const (
	Ask         Deed = "ask" // for more time
	GrantMore   Deed = "grant_more"
	DenyMore    Deed = "deny_more"
	OpenDispute Deed = "dispute"
	Rule        Deed = "rule"
)

var (
	reviewed = []Position{{PenSubmitted, Pending}, {PenReview, Pending}}
	writing  = []Position{{PenDraft, None}, {PenReturned, Pending}, {PenRecalled, Pending}}
)

func settled(ds ...Decision) []Position {
	out := make([]Position, len(ds))
	for i, d := range ds {
		out[i] = Position{PenSettled, d}
	}
	return out
}

func join(lists ...[]Position) (out []Position) {
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// steps is the whole machine: from where a deed may be done, and where it leads.
var steps = map[Deed]struct {
	from []Position
	to   Position
}{
	Submit:     {writing, Position{PenSubmitted, Pending}},
	Recall:     {reviewed[:1], Position{PenRecalled, Pending}},
	Withdraw:   {join(writing, reviewed, settled(Waiting)), Position{PenWithdrawn, None}},
	Take:       {reviewed[:1], Position{PenReview, Pending}},
	Return:     {reviewed, Position{PenReturned, Pending}},
	Reject:     {reviewed, Position{PenSettled, Rejected}},
	MarkCopy:   {reviewed, Position{PenSettled, Duplicate}},
	Wait:       {reviewed, Position{PenSettled, Waiting}},
	Approve:    {reviewed, Position{PenSettled, Protected}}, // a tender: Registered
	Admit:      {settled(Waiting), Position{PenReview, Pending}},
	CancelDeed: {join(reviewed, []Position{{PenReturned, Pending}}, settled(Waiting, Registered, Protected, Expired)), Position{PenSettled, Cancelled}},
	Award:      {settled(Registered), Position{PenSettled, Protected}},
	Pass:       {settled(Registered), Position{PenSettled, Lost}},
	Expire:     {settled(Protected, Registered), Position{PenSettled, Expired}},
	Postpone:   {settled(Expired), Position{PenSettled, Protected}},
	Release:    {settled(Expired), Position{PenSettled, Released}},
	Win:        {settled(Protected, Expired, Registered), Position{PenSettled, Won}},
	Reopen:     {settled(Won), Position{PenSettled, Protected}},
	Lose:       {settled(Protected, Expired, Registered), Position{PenSettled, Lost}},
	Yield:      {settled(Protected, Expired), Position{PenSettled, Released}},
	Grant:      {settled(Waiting, Rejected, Duplicate), Position{PenSettled, Protected}},
}

// Deeds lists the deeds that move a registration.
func Deeds() []Deed {
	return []Deed{Submit, Recall, Withdraw, Take, Approve, Return, Reject, MarkCopy, Wait, Admit, CancelDeed, Award, Pass, Expire, Postpone, Release, Win, Reopen, Lose, Yield, Grant}
}

// Can says whether the deed may be done now. A registration in dispute stands still
// until the ruling.
func (r Registration) Can(d Deed) bool {
	if r.Disputes > 0 && d != Yield && d != Grant {
		return false
	}
	s, ok := steps[d]
	if !ok || r.Kind == KindTender && d == Wait || r.Kind != KindTender && (d == Award || d == Pass) {
		return false
	}
	if d == Postpone && r.Postponed || d == Admit && r.Decision != Waiting {
		return false
	}
	for _, p := range s.from {
		if p == r.Position {
			return true
		}
	}
	return false
}

// CanAsk says whether more time may be asked for. most is how often it is given.
func (r Registration) CanAsk(most int) bool {
	return r.Disputes == 0 && r.Decision == Protected && r.Asked.At.IsZero() && r.Extensions < most
}

// CanDispute says whether the registrant may contest what was decided.
func (r Registration) CanDispute() bool {
	return r.Disputes == 0 && r.Pen == PenSettled && (r.Decision == Waiting || r.Decision == Rejected || r.Decision == Duplicate)
}

// move does the part of a deed that is the position. Codes: Conflict.
func (r *Registration) move(d Deed) error {
	if !r.Can(d) {
		switch {
		case r.Disputes > 0:
			return fault.New(fault.Conflict, "deal.disputed")
		case d == Postpone && r.Postponed:
			return fault.New(fault.Conflict, "deal.postponed")
		}
		return fault.New(fault.Conflict, "deal.not_now", "State", string(r.State()))
	}
	r.Position = steps[d].to
	if d == Approve && r.Kind == KindTender {
		r.Decision = Registered
	}
	return nil
}

// guard begins a protection.
func (r *Registration) guard(now, until time.Time) {
	r.Guard = Guard{From: now, Until: until}
	r.kept.warned = 0
}

// running says that the clock of the protection counts.
func (g Guard) running() bool {
	return !g.From.IsZero() && g.Frozen.IsZero() && g.Halted.IsZero()
}

// freeze stands the clock still for a dispute; a second one changes nothing.
func (g *Guard) freeze(now time.Time) {
	if !g.From.IsZero() && g.Frozen.IsZero() {
		g.Frozen = now
	}
}

// thaw gives back the time a dispute took.
func (g *Guard) thaw(now time.Time) {
	if !g.Frozen.IsZero() {
		g.push(now.Sub(g.Frozen))
		g.Frozen = time.Time{}
	}
}

// halt keeps the rest of the time of a won one, resume gives it back.
func (g *Guard) halt(now time.Time) {
	if g.Halted.IsZero() {
		g.Halted = now
	}
}

func (g *Guard) resume(now time.Time) {
	if !g.Halted.IsZero() {
		g.push(now.Sub(g.Halted))
		g.Halted = time.Time{}
	}
}

func (g *Guard) push(d time.Duration) {
	g.Until = g.Until.Add(max(0, d))
	if !g.Grace.IsZero() {
		g.Grace = g.Grace.Add(max(0, d))
	}
}

// warnings are told this many days before the end of a protection.
var warnings = []int{14, 3}

// next is when the clocks want to be looked at again; zero: never.
func (r Registration) next() time.Time {
	g := r.Guard
	switch {
	case r.Pen == PenSubmitted || r.Pen == PenReview:
		if r.kept.late {
			return time.Time{}
		}
		return r.Review.Due
	case r.Pen != PenSettled || !g.running():
		return time.Time{}
	case r.Decision == Expired:
		return g.Grace
	case r.Decision != Protected && r.Decision != Registered:
		return time.Time{}
	}
	for _, days := range warnings {
		if at := g.Until.AddDate(0, 0, -days); (r.kept.warned == 0 || days < r.kept.warned) && at.After(g.From) {
			return at
		}
	}
	return g.Until
}
