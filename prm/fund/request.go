package fund

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// say writes an amount for a sentence.
func say(a money.Amount) string { return a.String() + " " + string(a.Currency) }

// RequestCmd is what a partner wants to do and have paid for in part.
type RequestCmd struct {
	Program     ProgramID
	Title       string
	Activity    string // of Activities
	About       string
	From, Until string
	Cost        money.Amount
	Asked       money.Amount
	Key         string // of a new one: the same key is the same request
}

func (c *RequestCmd) check() error {
	c.Title, c.About = strings.TrimSpace(c.Title), strings.TrimSpace(c.About)
	bad := fault.New(fault.Invalid, "form.invalid")
	text(bad, "title", c.Title, 120, true)
	text(bad, "about", c.About, 2000, false)
	if !slices.Contains(Activities, c.Activity) {
		bad.With("activity", "form.choice_wrong")
	}
	if !civil(c.From) {
		bad.With("from", "form.date")
	}
	if !civil(c.Until) || c.Until < c.From {
		bad.With("until", "fund.window")
	}
	if c.Cost.Minor <= 0 || c.Cost.Minor > most {
		bad.With("cost", "fund.amount")
	}
	if c.Asked.Minor <= 0 || c.Asked.Minor > most {
		bad.With("asked", "fund.amount")
	}
	return bad.OrNil()
}

// SaveRequest keeps a request of the actor's company as a draft; id is empty for a new one.
// Only a draft or what came back is changed.
// Codes: NotFound, Forbidden, Invalid (by field), Conflict (changed meanwhile, it is sent,
// the programme is closed).
func (s *Service) SaveRequest(ctx context.Context, actor access.Actor, id RequestID, version int64, cmd RequestCmd) (Request, error) {
	var out Request
	err := s.change(ctx, actor, func(ctx context.Context) error {
		var r requestRow
		var err error
		if id != "" {
			if r, err = request(ctx, actor, access.ClaimWrite, id, true); err != nil {
				return err
			}
			if r.Version != version {
				return changed(r.Version)
			}
			if !RequestState(r.State).Unsent() {
				return moved(r.State)
			}
			cmd.Program = ProgramID(r.ProgramID)
		}
		p, seat, err := s.mine(ctx, actor, cmd.Program)
		if err != nil {
			return err
		}
		if err := cmd.check(); err != nil {
			return err
		}
		if p.Kind != KindMDF {
			return fault.New(fault.Conflict, "fund.no_requests")
		}
		bad := fault.New(fault.Invalid, "form.invalid")
		for name, a := range map[string]money.Amount{"cost": cmd.Cost, "asked": cmd.Asked} {
			if string(a.Currency) != seat.Currency {
				bad.With(name, "fund.currency", "Currency", seat.Currency)
			}
		}
		if cmd.From < p.FromOn || cmd.Until > p.UntilOn {
			bad.With("from", "fund.outside", "From", p.FromOn, "Until", p.UntilOn)
		}
		if top, err := money.Portion(cmd.Cost, money.Rate(p.Share)); err != nil || cmd.Asked.Minor > top.Minor {
			bad.With("asked", "fund.share_over", "Most", say(top), "Percent", (money.Rate(p.Share) * 100).String())
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		fresh := r.ID == ""
		if fresh {
			n, err := db.Next(ctx, "fund.request:"+seat.PartnershipID) // one after the other
			if err != nil {
				return err
			}
			if again, err := requestBySource(ctx, p.ID, actor.Org, cmd.Key); err == nil {
				out, err = s.whole(ctx, actor, again)
				return err
			} else if fault.CodeOf(err) != fault.NotFound {
				return err
			}
			r = requestRow{SourceKey: cmd.Key, ID: db.NewID(), ProgramID: p.ID, OwnerID: p.OwnerID, OrgID: actor.Org, PartnershipID: seat.PartnershipID, Number: fmt.Sprintf("MR-%05d", n), State: string(ReqDraft), Proof: "[]", Made: db.Micros(db.Now(ctx)), MadeBy: actor.Person, Version: 1}
			r.Changed = r.Made
		}
		r.Title, r.Activity, r.About, r.FromOn, r.UntilOn, r.Currency, r.Cost, r.Asked = cmd.Title, cmd.Activity, cmd.About, cmd.From, cmd.Until, seat.Currency, cmd.Cost.Minor, cmd.Asked.Minor
		if fresh {
			err = insertRequest(ctx, &r)
		} else {
			err = saveRequest(ctx, &r)
		}
		if err != nil {
			return err
		}
		if err := note(ctx, actor, "fund.request", "fund_request", r.ID); err != nil {
			return err
		}
		out, err = s.whole(ctx, actor, r)
		return err
	})
	return out, err
}

func moved(state string) error { return fault.New(fault.Conflict, "fund.moved_on", "State", state) }

// mine reads an open programme and the part of the actor's company in it.
func (s *Service) mine(ctx context.Context, actor access.Actor, id ProgramID) (programRow, seatRow, error) {
	p, err := programByID(ctx, string(id), false)
	if err != nil {
		return p, seatRow{}, err
	}
	seat, err := seatOf(ctx, p.ID, actor.Org)
	if err != nil {
		return p, seat, err
	}
	if err := access.Check(actor, access.ClaimWrite, access.Shared(p.OwnerID, seat.OrgID)); err != nil {
		return p, seat, err
	}
	if p.State != Open {
		return p, seat, fault.New(fault.Conflict, "fund.closed")
	}
	return p, seat, nil
}

// request reads a request and checks the action on it. A draft is its partner's alone.
func request(ctx context.Context, actor access.Actor, act access.Action, id RequestID, lock bool) (requestRow, error) {
	r, err := requestByID(ctx, string(id), lock)
	if err != nil {
		return r, err
	}
	if r.Submitted == 0 && actor.Org != r.OrgID {
		return r, notFound()
	}
	return r, access.Check(actor, act, access.Shared(r.OwnerID, r.OrgID))
}

// step moves a request from some states to another, with a line of its history.
type step struct {
	act    access.Action
	from   []RequestState
	to     RequestState
	event  string
	audit  string
	reason bool // words are needed
}

func (s *Service) step(ctx context.Context, actor access.Actor, id RequestID, version int64, words string, st step, do func(ctx context.Context, r *requestRow) error) (Request, error) {
	var out Request
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, err := request(ctx, actor, st.act, id, true)
		if err != nil {
			return err
		}
		if r.Version != version {
			return changed(r.Version)
		}
		if !slices.Contains(st.from, RequestState(r.State)) {
			return moved(r.State)
		}
		if words = cut(words, 500); st.reason && words == "" {
			return fault.InvalidField("reason", "form.missing")
		}
		r.State, r.Reason = string(st.to), words
		if do != nil {
			if err := do(ctx, &r); err != nil {
				return err
			}
		}
		if st := RequestState(r.State); r.FirstBy != "" && st != ReqReview { // the second agreed, or it came to nothing
			if r.FirstBy, r.FirstMark = "", ""; st != ReqApproved {
				r.Approved, r.ClaimBy, r.Proof = 0, "", "[]"
			}
		}
		if err := saveRequest(ctx, &r); err != nil {
			return err
		}
		kind, amount := r.State, int64(0)
		switch {
		case r.State == string(ReqReview) && r.FirstBy != "":
			kind, amount = "first", r.Approved
		case r.State == string(ReqApproved):
			amount = r.Approved
		case r.State == string(ReqSubmitted):
			amount = r.Asked
		}
		if err := addLog(ctx, r.ID, kind, actor, amount, r.Currency, words); err != nil {
			return err
		}
		if err := note(ctx, actor, st.audit, "fund_request", r.ID); err != nil {
			return err
		}
		event := st.event
		if kind == "first" {
			event = SecondAsked
		}
		if event != "" && r.Submitted > 0 { // of a draft the supplier knows nothing
			if err := s.publish(ctx, event, Event{Program: ProgramID(r.ProgramID), Request: id, Supplier: r.OwnerID, Reseller: r.OrgID, Org: actor.Org, Person: actor.Person}); err != nil {
				return err
			}
		}
		out, err = s.whole(ctx, actor, r)
		return err
	})
	return out, err
}

// SubmitRequest sends a request to the supplier.
// Codes: NotFound, Forbidden, Conflict (changed meanwhile, sent already, the programme is
// closed, its days are over). Publishes RequestSubmitted.
func (s *Service) SubmitRequest(ctx context.Context, actor access.Actor, id RequestID, version int64) (Request, error) {
	return s.step(ctx, actor, id, version, "", step{act: access.ClaimWrite, from: []RequestState{ReqDraft, ReqReturned}, to: ReqSubmitted, event: RequestSubmitted, audit: "fund.request_submit"}, func(ctx context.Context, r *requestRow) error {
		p, _, err := s.mine(ctx, actor, ProgramID(r.ProgramID))
		if err != nil {
			return err
		}
		if r.UntilOn < today(ctx, p.Zone) {
			return fault.New(fault.Conflict, "fund.days_over")
		}
		r.Submitted, r.SubmittedBy = db.Micros(db.Now(ctx)), actor.Person
		return nil
	})
}

// TakeRequest says that the supplier looks at it.
// Codes: NotFound, Forbidden, Conflict.
func (s *Service) TakeRequest(ctx context.Context, actor access.Actor, id RequestID, version int64) (Request, error) {
	return s.step(ctx, actor, id, version, "", step{act: access.ClaimDecide, from: []RequestState{ReqSubmitted}, to: ReqReview, audit: "fund.request_take"}, nil)
}

// ReturnRequest sends it back with words; the partner may change it and send it again.
// Codes: NotFound, Forbidden, Invalid (a reason is missing), Conflict. Publishes RequestReturned.
func (s *Service) ReturnRequest(ctx context.Context, actor access.Actor, id RequestID, version int64, reason string) (Request, error) {
	return s.step(ctx, actor, id, version, reason, step{act: access.ClaimDecide, from: []RequestState{ReqSubmitted, ReqReview}, to: ReqReturned, event: RequestReturned, audit: "fund.request_return", reason: true}, nil)
}

// DeclineRequest refuses it for good.
// Codes: NotFound, Forbidden, Invalid (a reason is missing), Conflict. Publishes RequestDeclined.
func (s *Service) DeclineRequest(ctx context.Context, actor access.Actor, id RequestID, version int64, reason string) (Request, error) {
	return s.step(ctx, actor, id, version, reason, step{act: access.ClaimDecide, from: []RequestState{ReqSubmitted, ReqReview}, to: ReqDeclined, event: RequestDeclined, audit: "fund.request_decline", reason: true}, func(ctx context.Context, r *requestRow) error {
		r.Decided, r.DecidedBy = db.Micros(db.Now(ctx)), actor.Person
		return nil
	})
}

// Grants says how a request is approved.
type Grants struct {
	Amount  money.Amount // at most what was asked for
	ClaimBy string       // empty: the programme's days after the activity
	Proof   []string     // nil: the programme's
}

// ApproveRequest reserves money of the partner's part for it. Above the budget's threshold
// the first person's decision waits for the same by a second.
// Codes: NotFound, Forbidden, Invalid, Conflict (changed meanwhile, decided already, filed
// by the same person, over the person's limit, the part does not suffice).
// Publishes RequestApproved, or SecondAsked.
func (s *Service) ApproveRequest(ctx context.Context, actor access.Actor, id RequestID, version int64, g Grants) (Request, error) {
	return s.step(ctx, actor, id, version, "", step{act: access.ClaimDecide, from: []RequestState{ReqSubmitted, ReqReview}, to: ReqApproved, event: RequestApproved, audit: "fund.request_approve"}, func(ctx context.Context, r *requestRow) error {
		p, err := programByID(ctx, r.ProgramID, false)
		if err != nil {
			return err
		}
		if g.ClaimBy == "" {
			until, err := time.Parse(time.DateOnly, r.UntilOn)
			if err != nil {
				return err
			}
			g.ClaimBy = until.AddDate(0, 0, int(p.ClaimDays)).Format(time.DateOnly)
		}
		if g.Proof == nil {
			g.Proof = db.FromText[[]string](p.Proof)
		}
		g.Proof = items(g.Proof)
		bad := fault.New(fault.Invalid, "form.invalid")
		asked := money.Amount{Minor: r.Asked, Currency: money.Currency(r.Currency)}
		switch {
		case g.Amount.Currency != asked.Currency:
			bad.With("amount", "fund.currency", "Currency", r.Currency)
		case g.Amount.Minor <= 0 || g.Amount.Minor > asked.Minor:
			bad.With("amount", "fund.over_asked", "Most", say(asked))
		}
		if !civil(g.ClaimBy) || g.ClaimBy < r.UntilOn {
			bad.With("claim_by", "fund.claim_by_early")
		}
		for _, x := range g.Proof {
			text(bad, "proof", x, 100, true)
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		r.Approved, r.ClaimBy, r.Proof = g.Amount.Minor, g.ClaimBy, words(g.Proof)
		ok, err := s.second(ctx, actor, r.OwnerID, r.ProgramID, g.Amount, &r.FirstBy, &r.FirstMark, db.Text(g), r.MadeBy, r.SubmittedBy)
		if err != nil {
			return err
		}
		if !ok {
			r.State = string(ReqReview)
			return nil
		}
		r.Decided, r.DecidedBy = db.Micros(db.Now(ctx)), actor.Person
		if err := advance(ctx, p, r); err != nil {
			return err
		}
		if err := unowed(ctx, r.ProgramID, r.OrgID, g.Amount.Currency, r.Approved); err != nil {
			return err
		}
		_, err = post(ctx, actor, posting{program: r.ProgramID, owner: r.OwnerID, org: r.OrgID, kind: EntryReserve, currency: g.Amount.Currency, subject: "request", id: r.ID, text: r.Number, legs: move(leg{org: r.OrgID, kind: accAvailable}, leg{org: r.OrgID, kind: accReserved, ref: r.ID}, r.Approved)})
		return err
	})
}

// second checks that a person may decide about an amount, and says whether that is
// enough: above the threshold of the budget, or for the money of promotions and falls of prices
// that of the company, two people have to decide the same.
func (s *Service) second(ctx context.Context, actor access.Actor, owner, program string, amount money.Amount, firstBy, firstMark *string, mark string, filed ...string) (bool, error) {
	if actor.Person != "" && slices.Contains(filed, actor.Person) {
		return false, fault.New(fault.Conflict, "fund.self_approval")
	}
	if actor.Person != "" {
		limit, has, err := limitOf(ctx, owner, actor.Person, amount.Currency)
		if err != nil {
			return false, err
		}
		if has && amount.Minor > limit {
			return false, fault.New(fault.Conflict, "fund.over_limit", "Limit", say(money.Amount{Minor: limit, Currency: amount.Currency}))
		}
	}
	above, err := threshold(ctx, program, amount.Currency)
	if err != nil {
		return false, err
	}
	// What two began to decide two decide, whatever the threshold is by now.
	if *firstBy == "" && (above == 0 || amount.Minor <= above) {
		return true, nil
	}
	switch {
	case actor.Person == "":
		return false, fault.New(fault.Conflict, "fund.needs_people")
	case *firstBy == "" || *firstMark != mark: // the first, or somebody who decides otherwise
		*firstBy, *firstMark = actor.Person, mark
		return false, nil
	case *firstBy == actor.Person:
		return false, fault.New(fault.Conflict, "fund.second_needed")
	}
	return true, nil
}

// midnight is the beginning of a civil day in a zone, some days later.
func midnight(zone, day string, days int) (int64, error) {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	t, err := time.ParseInLocation(time.DateOnly, day, loc)
	if err != nil {
		return 0, err
	}
	return db.Micros(t.AddDate(0, 0, days)), nil
}

// CommitRequest takes a request as it was approved.
// Codes: NotFound, Forbidden, Conflict.
func (s *Service) CommitRequest(ctx context.Context, actor access.Actor, id RequestID, version int64) (Request, error) {
	return s.step(ctx, actor, id, version, "", step{act: access.ClaimWrite, from: []RequestState{ReqApproved}, to: ReqCommitted, audit: "fund.request_commit"}, func(ctx context.Context, r *requestRow) error {
		p, err := programByID(ctx, r.ProgramID, false)
		if err != nil {
			return err
		}
		return advance(ctx, p, r)
	})
}

// CancelRequest gives a request up: the partner before its days begin, the supplier while
// nothing is claimed. What was reserved goes back.
// Codes: NotFound, Forbidden, Invalid (the supplier gives a reason), Conflict (it began, it
// is claimed). Publishes RequestCancelled.
func (s *Service) CancelRequest(ctx context.Context, actor access.Actor, id RequestID, version int64, reason string) (Request, error) {
	act, from, needs := access.ClaimWrite, []RequestState{ReqDraft, ReqSubmitted, ReqReview, ReqReturned, ReqApproved, ReqCommitted}, false
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, err := request(ctx, actor, access.FundRead, id, false)
		if err == nil && actor.Org == r.OwnerID {
			act, from, needs = access.ClaimDecide, []RequestState{ReqApproved, ReqCommitted, ReqRunning, ReqExecuted}, true
		}
		return err
	})
	if err != nil {
		return Request{}, err
	}
	return s.step(ctx, actor, id, version, reason, step{act: act, from: from, to: ReqCancelled, event: RequestCancelled, audit: "fund.request_cancel", reason: needs}, func(ctx context.Context, r *requestRow) error {
		live, err := liveClaims(ctx, r.ID)
		if err != nil {
			return err
		}
		if live > 0 {
			return fault.New(fault.Conflict, "fund.is_claimed")
		}
		return s.release(ctx, actor, r)
	})
}

// CloseRequest ends a request whose claims are decided; what is left goes back.
// Codes: NotFound, Forbidden, Conflict (a claim is not decided).
func (s *Service) CloseRequest(ctx context.Context, actor access.Actor, id RequestID, version int64) (Request, error) {
	return s.step(ctx, actor, id, version, "", step{act: access.ClaimDecide, from: []RequestState{ReqRunning, ReqExecuted}, to: ReqClosed, audit: "fund.request_close"}, func(ctx context.Context, r *requestRow) error {
		open, err := openClaims(ctx, r.ID)
		if err != nil {
			return err
		}
		if open > 0 {
			return fault.New(fault.Conflict, "fund.claims_open")
		}
		return s.release(ctx, actor, r)
	})
}

// release gives what is still reserved back to the partner's part.
func (s *Service) release(ctx context.Context, actor access.Actor, r *requestRow) error {
	r.NextAt = 0
	left, err := balanceOf(ctx, r.ProgramID, r.OrgID, accReserved, r.ID, money.Currency(r.Currency))
	if err != nil || left == 0 {
		return err
	}
	_, err = post(ctx, actor, posting{program: r.ProgramID, owner: r.OwnerID, org: r.OrgID, kind: EntryRelease, currency: money.Currency(r.Currency), subject: "request", id: r.ID, text: r.Number, legs: move(leg{org: r.OrgID, kind: accReserved, ref: r.ID}, leg{org: r.OrgID, kind: accAvailable}, left)})
	return err
}

// advance takes a request as far as its days say, and sets when to look again.
func advance(ctx context.Context, p programRow, r *requestRow) (err error) {
	now := today(ctx, p.Zone)
	if RequestState(r.State) == ReqCommitted && r.FromOn <= now {
		r.State = string(ReqRunning)
	}
	if RequestState(r.State) == ReqRunning && r.UntilOn < now {
		r.State = string(ReqExecuted)
	}
	switch RequestState(r.State) {
	case ReqCommitted:
		r.NextAt, err = midnight(p.Zone, r.FromOn, 0)
	case ReqRunning:
		r.NextAt, err = midnight(p.Zone, r.UntilOn, 1)
	case ReqApproved, ReqExecuted:
		r.NextAt, err = midnight(p.Zone, r.ClaimBy, 1)
	}
	return err
}

// GetRequest returns a request with its files, claims and history.
// Codes: Unauthenticated, NotFound.
func (s *Service) GetRequest(ctx context.Context, actor access.Actor, id RequestID) (Request, error) {
	var out Request
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, err := request(ctx, actor, access.FundRead, id, false)
		if err != nil {
			return err
		}
		out, err = s.whole(ctx, actor, r)
		return err
	})
	return out, err
}

// seen is a request as a company reads it: what one of two people decided is the
// supplier's own matter.
func (r requestRow) seen(org string) Request {
	out := r.request()
	if out.ByPartner = org == r.OrgID; out.ByPartner && out.FirstBy != "" {
		if out.FirstBy = ""; !out.State.Holds() && !out.State.Over() {
			out.Approved.Minor, out.ClaimBy, out.Proof = 0, "", nil
		}
	}
	return out
}

// whole reads what belongs to a request.
func (s *Service) whole(ctx context.Context, actor access.Actor, r requestRow) (Request, error) {
	p, err := programByID(ctx, r.ProgramID, false)
	if err != nil {
		return Request{}, err
	}
	out := r.seen(actor.Org)
	out.ProgramTitle = p.Title
	left, err := balanceOf(ctx, r.ProgramID, r.OrgID, accReserved, r.ID, money.Currency(r.Currency))
	if err != nil {
		return out, err
	}
	out.Left.Minor = left
	if out.Files, err = filesOf(ctx, r.ID); err != nil {
		return out, err
	}
	if out.Log, err = logOf(ctx, r.ID, out.ByPartner); err != nil {
		return out, err
	}
	rows, err := claimsOf(ctx, r.ID, actor.Org == r.OwnerID)
	for _, c := range rows {
		out.Claims = append(out.Claims, c.seen(actor.Org))
	}
	return out, err
}

// Filter chooses requests or claims. Show is "open" for what is under way, "waiting" for
// what the viewer's side is to do next, "over", or empty for all.
type Filter struct {
	Show    string
	Program ProgramID
	Partner string // the other company
	After   string
	Limit   int // default 50, at most 200
}

// Requests lists requests of the actor's company on either side, the latest changed first.
// Codes: Unauthenticated, Forbidden, Invalid (cursor).
func (s *Service) Requests(ctx context.Context, actor access.Actor, f Filter) ([]Request, string, error) {
	scope, sides, err := sidesOf(actor)
	if err != nil {
		return nil, "", err
	}
	f.Limit = page(f.Limit)
	var out []Request
	next := ""
	err = s.view(ctx, actor, func(ctx context.Context) error {
		rows, n, err := listRequests(ctx, scope, sides, f)
		if err != nil {
			return err
		}
		next = n
		titles, err := titlesOf(ctx, rows, func(r requestRow) seat { return seat{r.ProgramID, r.OrgID} })
		if err != nil {
			return err
		}
		for _, r := range rows {
			x := r.seen(actor.Org)
			x.ProgramTitle = titles[seat{r.ProgramID, r.OrgID}]
			out = append(out, x)
		}
		return nil
	})
	return out, next, err
}

// sides says on which side of a partnership the actor may read.
type sides struct{ supplier, reseller bool }

func sidesOf(actor access.Actor) (access.Scope, sides, error) {
	scope, err := access.List(actor, access.FundRead)
	return scope, sides{access.Allowed(actor, access.FundRead, access.Resource{Supplier: actor.Org}), access.Allowed(actor, access.FundRead, access.Resource{Reseller: actor.Org})}, err
}
