package fund

import (
	"cmp"
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

// MostLines bounds the lines of one claim, so that what they ask for can be added up.
const MostLines = 5000

// ClaimCmd is what a partner wants paid. Lines stand for themselves: good ones are paid
// while another is talked about.
type ClaimCmd struct {
	Program  ProgramID
	Request  RequestID // of a market development programme
	Number   string    // the partner's own; empty takes one
	Nature   string    // of Natures
	Title    string
	Note     string
	Deducted string // number of the payment with which it was deducted already
	Source   string // "form", "api", "edi", "proposed"
	Key      string // made by the sender: the same key is the same claim
	Lines    []LineCmd
	Proof    []string  // of a new one: what it has to prove beside what its programme asks for
	After    []ClaimID // of a document: the claims in whose place it comes; their files are its own too
}

// LineCmd is one line of it.
type LineCmd struct {
	Key       string // what it stands for; "" for nothing that could be claimed twice
	Text      string
	SKU       string
	On        string
	Quantity  money.Quantity
	Price     money.Price
	Amount    money.Amount
	Order     string
	OrderLine int
	Back      money.Amount // of a document: what it took off a line that was granted (Correct)
	BackOf    string       // and of which claim and line
	BackLine  int
}

// Sources of a claim.
const (
	SourceForm     = "form"
	SourceAPI      = "api"
	SourceEDI      = "edi"
	SourceProposed = "proposed" // computed here and confirmed by the partner
)

// check says what is wrong with a claim by itself, in the partner's currency.
func (c *ClaimCmd) check(currency string) error {
	c.Title, c.Note, c.Number, c.Deducted = strings.TrimSpace(c.Title), strings.TrimSpace(c.Note), strings.TrimSpace(c.Number), strings.TrimSpace(c.Deducted)
	bad := fault.New(fault.Invalid, "form.invalid")
	text(bad, "title", c.Title, 120, true)
	text(bad, "note", c.Note, 1000, false)
	text(bad, "number", c.Number, 40, false)
	text(bad, "deducted", c.Deducted, 60, false)
	if !slices.Contains(Natures, c.Nature) {
		bad.With("nature", "form.choice_wrong")
	}
	if len(c.Lines) == 0 {
		bad.With("lines", "form.missing")
	}
	if len(c.Lines) > MostLines {
		bad.With("lines", "form.too_long", "Most", MostLines)
	}
	keys := map[string]bool{}
	sum := money.Amount{Currency: money.Currency(currency)}
	for i := range c.Lines {
		l := &c.Lines[i]
		l.Text, l.SKU = strings.TrimSpace(l.Text), strings.TrimSpace(l.SKU)
		at := fmt.Sprintf("lines.%d.", i)
		text(bad, at+"text", l.Text, 200, true)
		text(bad, at+"sku", l.SKU, 60, false)
		if len(l.Key) > 200 {
			bad.With(at+"key", "form.too_long", "Most", 200)
		}
		if !civil(l.On) {
			bad.With(at+"on", "form.date")
		}
		switch {
		case string(l.Amount.Currency) != currency:
			bad.With(at+"amount", "fund.currency", "Currency", currency)
		case l.Amount.Minor <= 0 || l.Amount.Minor > most:
			bad.With(at+"amount", "fund.amount")
		default:
			var err error
			if sum, err = sum.Add(l.Amount); err != nil || sum.Minor > most {
				bad.With(at+"amount", "fund.amount")
				sum.Minor = 0
			}
		}
		if l.Quantity < 0 || l.Price < 0 {
			bad.With(at+"quantity", "fund.amount")
		}
		if l.Key != "" && keys[l.Key] {
			bad.With(at+"key", "fund.line_twice", "Line", i+1)
		}
		keys[l.Key] = true
		if len(bad.Fields) > 20 {
			break
		}
	}
	return bad.OrNil()
}

// SaveClaim keeps a claim of the actor's company as a draft; id is empty for a new one.
// Only a draft or what came back is changed.
// Codes: NotFound, Forbidden, Invalid (by field), Conflict (changed meanwhile, sent already,
// the number was used before). The same key is the same claim.
func (s *Service) SaveClaim(ctx context.Context, actor access.Actor, id ClaimID, version int64, cmd ClaimCmd) (Claim, error) {
	var out Claim
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, made, err := claimRow{}, false, error(nil)
		if id == "" {
			r, made, err = madeBy(ctx, actor, cmd)
		}
		if err == nil && !made {
			r, err = s.save(ctx, actor, id, version, cmd)
		}
		if err != nil {
			return err
		}
		out, err = s.entire(ctx, actor, r)
		return err
	})
	return out, err
}

func (s *Service) save(ctx context.Context, actor access.Actor, id ClaimID, version int64, cmd ClaimCmd) (claimRow, error) {
	var r claimRow
	var err error
	if id != "" {
		if r, err = claim(ctx, actor, access.ClaimWrite, id, true); err != nil {
			return r, err
		}
		if r.Version != version {
			return r, changed(r.Version)
		}
		if st := ClaimState(r.State); st != ClaimDraft && st != ClaimReturned {
			return r, moved(r.State)
		}
		cmd.Program, cmd.Request = ProgramID(r.ProgramID), RequestID(r.RequestID)
	}
	var of requestRow
	if cmd.Request != "" {
		if of, err = request(ctx, actor, access.ClaimWrite, cmd.Request, false); err != nil {
			return r, err
		}
		cmd.Program = ProgramID(of.ProgramID)
		if !RequestState(of.State).Holds() {
			return r, moved(of.State)
		}
	}
	p, err := programByID(ctx, string(cmd.Program), false)
	if err != nil {
		return r, err
	}
	seat, err := seatOf(ctx, p.ID, actor.Org)
	if err != nil {
		return r, err
	}
	if err := access.Check(actor, access.ClaimWrite, access.Shared(p.OwnerID, seat.OrgID)); err != nil {
		return r, err
	}
	p = seat.reads(p)
	if p.Kind == KindMDF && cmd.Request == "" {
		return r, fault.InvalidField("request", "fund.needs_request")
	}
	if err := ByHand(p.Kind, cmp.Or(r.Source, cmd.Source)); err != nil {
		return r, err
	}
	if err := cmd.check(seat.Currency); err != nil {
		return r, err
	}
	fresh := r.ID == ""
	if r.Source == SourceEDI { // its lines are those of the message
		return r, fault.New(fault.Conflict, "fund.by_edi")
	}
	if r.Source == SourceProposed {
		same, err := computed(ctx, r, cmd)
		if err == nil && !same {
			err = fault.New(fault.Conflict, "fund.proposed")
		}
		if err != nil {
			return r, err
		}
	}
	if fresh && cmd.Request == "" && p.State != Open {
		return r, fault.New(fault.Conflict, "fund.closed")
	}
	if fresh {
		if cmd.Number == "" {
			n, err := db.Next(ctx, "fund.claim:"+seat.PartnershipID)
			if err != nil {
				return r, err
			}
			cmd.Number = fmt.Sprintf("CL-%05d", n)
		}
		r = claimRow{ID: db.NewID(), ProgramID: p.ID, RequestID: string(cmd.Request), OwnerID: p.OwnerID, OrgID: actor.Org, PartnershipID: seat.PartnershipID, State: string(ClaimDraft), Currency: seat.Currency, Source: cmd.Source, SourceKey: cmd.Key, Made: db.Micros(db.Now(ctx)), MadeBy: actor.Person, Version: 1}
		if r.Source == "" {
			r.Source = SourceForm
		}
		r.Changed = r.Made
	}
	if cmd.Number == "" {
		cmd.Number = r.Number
	}
	if old, err := claimByNumber(ctx, p.OwnerID, actor.Org, cmd.Number); err == nil && old.ID != r.ID {
		return r, fault.New(fault.Conflict, "fund.number_used", "Number", cmd.Number, "Title", old.Title)
	} else if err != nil && fault.CodeOf(err) != fault.NotFound {
		return r, err
	}
	proof := db.FromText[[]string](p.Proof)
	if of.ID != "" {
		proof = db.FromText[[]string](of.Proof)
	}
	if proof = append(proof, cmd.Proof...); p.Kind == KindProtect && !fresh {
		proof = db.FromText[[]string](r.Proof)
	}
	r.Number, r.Nature, r.Title, r.Note, r.Deducted, r.Proof, r.Asked = cmd.Number, cmd.Nature, cmd.Title, cmd.Note, cmd.Deducted, words(items(proof)), 0
	rows := make([]lineRow, len(cmd.Lines))
	for i, l := range cmd.Lines {
		r.Asked += l.Amount.Minor
		rows[i] = lineRow{ClaimID: r.ID, Position: int64(i + 1), OwnerID: r.OwnerID, OrgID: r.OrgID, LineKey: l.Key, Text: l.Text, SKU: l.SKU, OnDay: l.On, Quantity: int64(l.Quantity), Price: int64(l.Price), Asked: l.Amount.Minor, Verdict: LineOpen, OrderID: l.Order, OrderLine: int64(l.OrderLine)}
	}
	if fresh {
		err = insertClaim(ctx, &r)
	} else {
		err = saveClaim(ctx, &r)
	}
	if err != nil {
		return r, err
	}
	if err := replaceLines(ctx, r.ID, rows); err != nil {
		return r, err
	}
	return r, note(ctx, actor, "fund.claim", "fund_claim", r.ID)
}

// claim reads a claim and checks the action on it. A draft is its partner's alone.
func claim(ctx context.Context, actor access.Actor, act access.Action, id ClaimID, lock bool) (claimRow, error) {
	r, err := claimByID(ctx, string(id), lock)
	if err != nil {
		return r, err
	}
	if r.Submitted == 0 && actor.Org != r.OrgID {
		return r, notFound()
	}
	return r, access.Check(actor, act, access.Shared(r.OwnerID, r.OrgID))
}

// FileClaim makes a claim and sends it, all or nothing. The same key is the same claim.
// Codes: as SaveClaim and SubmitClaim. Publishes ClaimFiled.
func (s *Service) FileClaim(ctx context.Context, actor access.Actor, cmd ClaimCmd) (Claim, error) {
	var out Claim
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, made, err := madeBy(ctx, actor, cmd)
		if err == nil && !made {
			if r, err = s.save(ctx, actor, "", 0, cmd); err == nil {
				err = s.submit(ctx, actor, &r)
			}
		}
		if err != nil {
			return err
		}
		out, err = s.entire(ctx, actor, r)
		return err
	})
	return out, err
}

// madeBy finds the claim that was made by a command with the same key before.
func madeBy(ctx context.Context, actor access.Actor, cmd ClaimCmd) (claimRow, bool, error) {
	program := string(cmd.Program)
	if program == "" {
		of, err := request(ctx, actor, access.ClaimWrite, cmd.Request, false)
		if err != nil {
			return claimRow{}, false, err
		}
		program = of.ProgramID
	}
	p, err := programByID(ctx, program, false)
	if err == nil {
		err = access.Check(actor, access.ClaimWrite, access.Shared(p.OwnerID, actor.Org))
	}
	if err != nil || cmd.Key == "" {
		return claimRow{}, false, err
	}
	old, err := claimBySource(ctx, p.OwnerID, actor.Org, cmd.Key)
	if fault.CodeOf(err) == fault.NotFound {
		return old, false, nil
	}
	return old, err == nil, err
}

// SubmitClaim sends a claim to the supplier.
// Codes: NotFound, Forbidden, Conflict (changed meanwhile, sent already; too early, too
// late, outside the days, more than is left, proof is missing, a line is claimed already).
// Publishes ClaimFiled.
func (s *Service) SubmitClaim(ctx context.Context, actor access.Actor, id ClaimID, version int64) (Claim, error) {
	var out Claim
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, err := claim(ctx, actor, access.ClaimWrite, id, true)
		if err != nil {
			return err
		}
		if r.Version != version {
			return changed(r.Version)
		}
		if err := s.submit(ctx, actor, &r); err != nil {
			return err
		}
		out, err = s.entire(ctx, actor, r)
		return err
	})
	return out, err
}

func (s *Service) submit(ctx context.Context, actor access.Actor, r *claimRow) error {
	if st := ClaimState(r.State); st != ClaimDraft && st != ClaimReturned {
		return moved(r.State)
	}
	lines, err := linesOf(ctx, r.ID)
	if err != nil {
		return err
	}
	if err := s.claimable(ctx, *r, lines); err != nil {
		return err
	}
	files, err := filesOf(ctx, r.ID)
	if err != nil {
		return err
	}
	if lacks := missing(db.FromText[[]string](r.Proof), files); len(lacks) > 0 {
		return fault.New(fault.Conflict, "fund.proof_missing", "Items", strings.Join(lacks, ", "))
	}
	var keys []string
	for _, l := range lines {
		if l.LineKey != "" {
			keys = append(keys, l.LineKey)
		}
	}
	taken, err := takenKeys(ctx, r.OwnerID, r.OrgID, r.ID, keys)
	if err != nil {
		return err
	}
	for _, l := range lines {
		if number, ok := taken[l.LineKey]; ok && l.LineKey != "" {
			return fault.New(fault.Conflict, "fund.line_claimed", "Line", l.Position, "Number", number)
		}
	}
	if err := setLive(ctx, r.ID, 1); err != nil { // the unique index has the last word
		return err
	}
	r.State, r.Reason, r.FirstBy, r.FirstMark = string(ClaimSubmitted), "", "", ""
	r.Submitted, r.SubmittedBy = db.Micros(db.Now(ctx)), actor.Person
	return s.told(ctx, actor, r, "claim_submitted", r.Asked, "", ClaimFiled, "fund.claim_submit")
}

// told saves a claim with a line of its history and an event.
func (s *Service) told(ctx context.Context, actor access.Actor, r *claimRow, kind string, amount int64, words, event, action string) error {
	if err := saveClaim(ctx, r); err != nil {
		return err
	}
	if err := addLog(ctx, r.ID, kind, actor, amount, r.Currency, words); err != nil {
		return err
	}
	if err := note(ctx, actor, action, "fund_claim", r.ID); err != nil {
		return err
	}
	if event == "" {
		return nil
	}
	return s.publish(ctx, event, Event{Program: ProgramID(r.ProgramID), Request: "", Claim: ClaimID(r.ID), Supplier: r.OwnerID, Reseller: r.OrgID, Org: actor.Org, Person: actor.Person})
}

// claimable checks a claim against its request, or its programme where it has none: the
// days, and what is left.
func (s *Service) claimable(ctx context.Context, r claimRow, lines []lineRow) error {
	p, err := programFor(ctx, r.ProgramID, r.OrgID)
	if err == nil {
		err = ByHand(p.Kind, r.Source)
	}
	if err != nil {
		return err
	}
	now := today(ctx, p.Zone)
	from, until, by := p.FromOn, p.UntilOn, ""
	kind, ref := accAvailable, ""
	if r.RequestID != "" {
		of, err := requestByID(ctx, r.RequestID, true) // two claims of one request are checked one after the other
		if err != nil {
			return err
		}
		switch st := RequestState(of.State); {
		case st == ReqApproved || st == ReqCommitted:
			if err := advance(ctx, p, &of); err != nil {
				return err
			}
			if RequestState(of.State) == ReqApproved {
				return fault.New(fault.Conflict, "fund.not_committed")
			}
			if RequestState(of.State) == ReqCommitted {
				return fault.New(fault.Conflict, "fund.claim_early", "From", of.FromOn)
			}
		case !st.Holds():
			return moved(of.State)
		}
		from, until, by = of.FromOn, of.UntilOn, of.ClaimBy
		kind, ref = accReserved, of.ID
	} else if t, err := time.Parse(time.DateOnly, p.UntilOn); err == nil {
		by = t.AddDate(0, 0, int(p.ClaimDays)).Format(time.DateOnly)
	}
	if now > by {
		return fault.New(fault.Conflict, "fund.claim_late", "By", by)
	}
	if p.Kind != KindPromo { // the days of a promotion were judged line by line
		for _, l := range lines {
			if l.OnDay < from || l.OnDay > until {
				return fault.New(fault.Conflict, "fund.line_outside", "Line", l.Position, "On", l.OnDay, "From", from, "Until", until)
			}
		}
	}
	if p.Kind == KindProtect { // what is sent is granted: the supplier decides how much of it
		return nil
	}
	left, err := balanceOf(ctx, r.ProgramID, r.OrgID, kind, ref, money.Currency(r.Currency))
	if err != nil {
		return err
	}
	if kind == accAvailable { // what is owed of it comes off first
		owed, err := balanceOf(ctx, r.ProgramID, r.OrgID, accOwed, "", money.Currency(r.Currency))
		if err != nil {
			return err
		}
		left += owed
	}
	others, err := askedBeside(ctx, r)
	if err != nil {
		return err
	}
	if r.Asked > left-others {
		return fault.New(fault.Conflict, "fund.over_claim", "Asked", say(money.Amount{Minor: r.Asked, Currency: money.Currency(r.Currency)}), "Most", say(money.Amount{Minor: max(0, left-others), Currency: money.Currency(r.Currency)}))
	}
	return nil
}

// WithdrawClaim takes a claim back before it is decided.
// Codes: NotFound, Forbidden, Conflict. Publishes ClaimTakenBack, but of a draft, of which
// the supplier knows nothing: of one that was computed here ClaimDropped.
func (s *Service) WithdrawClaim(ctx context.Context, actor access.Actor, id ClaimID, version int64) (Claim, error) {
	return s.act(ctx, actor, access.ClaimWrite, id, version, []ClaimState{ClaimDraft, ClaimSubmitted, ClaimCheck, ClaimReturned}, func(ctx context.Context, r *claimRow) error {
		event := ClaimTakenBack
		if r.Submitted == 0 {
			event = ""
			if r.Source == SourceProposed {
				event = ClaimDropped
			}
		}
		r.State, r.FirstBy, r.FirstMark = string(ClaimWithdrawn), "", ""
		if err := setLive(ctx, r.ID, 0); err != nil {
			return err
		}
		return s.told(ctx, actor, r, "claim_withdrawn", 0, "", event, "fund.claim_withdraw")
	})
}

// act does something with a claim in some states.
func (s *Service) act(ctx context.Context, actor access.Actor, may access.Action, id ClaimID, version int64, from []ClaimState, do func(ctx context.Context, r *claimRow) error) (Claim, error) {
	var out Claim
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, err := claim(ctx, actor, may, id, true)
		if err != nil {
			return err
		}
		if r.Version != version {
			return changed(r.Version)
		}
		if !slices.Contains(from, ClaimState(r.State)) {
			return moved(r.State)
		}
		if err := do(ctx, &r); err != nil {
			return err
		}
		out, err = s.entire(ctx, actor, r)
		return err
	})
	return out, err
}

// GetClaim returns a claim with its lines, files, settlements and history.
// Codes: Unauthenticated, NotFound.
func (s *Service) GetClaim(ctx context.Context, actor access.Actor, id ClaimID) (Claim, error) {
	var out Claim
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, err := claim(ctx, actor, access.FundRead, id, false)
		if err != nil {
			return err
		}
		out, err = s.entire(ctx, actor, r)
		return err
	})
	return out, err
}

// seen is a claim as a company reads it: who of two decided first is the supplier's own
// matter.
func (r claimRow) seen(org string) Claim {
	out := r.claim()
	if org == r.OrgID {
		out.FirstBy = ""
	}
	return out
}

// entire reads what belongs to a claim.
func (s *Service) entire(ctx context.Context, actor access.Actor, r claimRow) (Claim, error) {
	out := r.seen(actor.Org)
	p, err := programFor(ctx, r.ProgramID, r.OrgID)
	if err != nil {
		return out, err
	}
	out.ProgramTitle = p.Title
	if r.RequestID != "" {
		of, err := requestByID(ctx, r.RequestID, false)
		if err != nil {
			return out, err
		}
		out.RequestTitle = of.Title
	}
	lines, err := linesOf(ctx, r.ID)
	if err != nil {
		return out, err
	}
	for _, l := range lines {
		out.Lines = append(out.Lines, l.line(money.Currency(r.Currency)))
	}
	if out.Files, err = filesOf(ctx, r.ID); err != nil {
		return out, err
	}
	out.Missing, out.Unseen = missing(out.Proof, out.Files), unseen(out.Proof, out.Files)
	rows, err := settlementsOf(ctx, r.ID)
	if err != nil {
		return out, err
	}
	out.Deducted = r.took(rows)
	for _, x := range rows {
		out.Settlements = append(out.Settlements, x.settlement())
	}
	out.Log, err = logOf(ctx, r.ID, actor.Org == r.OrgID)
	return out, err
}

// Claims lists claims of the actor's company on either side, without lines, the latest
// changed first. Codes: Unauthenticated, Forbidden, Invalid (cursor).
func (s *Service) Claims(ctx context.Context, actor access.Actor, f Filter) ([]Claim, string, error) {
	scope, sides, err := sidesOf(actor)
	if err != nil {
		return nil, "", err
	}
	f.Limit = page(f.Limit)
	var out []Claim
	next := ""
	err = s.view(ctx, actor, func(ctx context.Context) error {
		rows, n, err := listClaims(ctx, scope, sides, f)
		if err != nil {
			return err
		}
		next = n
		titles, err := titlesOf(ctx, rows, func(r claimRow) seat { return seat{r.ProgramID, r.OrgID} })
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
