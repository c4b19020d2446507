package adjust

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"entente/db"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
)

// rejectCodes are those of X12 (element 901) for our reasons: 04 authorized quantity
// exceeded (a step that was not reached is one too), 15 required application data missing, 42 unable to respond now, 62 date not
// within the allowable period; all others are 33, input errors. Our own word is in REF ZZ.
var rejectCodes = map[string]string{"over_quantity": "04", fund.ReasonStep: "04", "no_proof": "15", "wrong_window": "62", fund.ReasonLate: "62"}

// changes say how a granted line differs (PAD03): QD the quantity is less, PC the price;
// all others are CA.
var changes = map[string]string{"over_quantity": "QD", fund.ReasonLowered: "QD", "wrong_price": "PC", fund.ReasonStep: "PC"}

// Answer makes what is answered to a notice now (849), whose own document is given, and
// keeps that it was. None is made while people have to decide a line first, where nothing
// is another than in the last answer, or where another notice stands in its place. The
// actor is the supplier's system; it joins the transaction of ctx.
// Codes: NotFound, Forbidden.
func (s *Service) Answer(ctx context.Context, actor access.Actor, id ID, claim *doc.Claim) (doc.ClaimAnswer, Answer, bool, error) {
	var out doc.ClaimAnswer
	var sent Answer
	ok := false
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, err := s.notice(ctx, actor, id, access.ClaimDecide)
		if err != nil || r.State == Replaced || r.State == Cancelled {
			return err
		}
		parts, err := partsOf(ctx, r.ID)
		if err != nil {
			return err
		}
		rows, err := linesOf(ctx, r.ID)
		if err != nil {
			return err
		}
		decided, waits, open, err := s.decided(ctx, actor, rows)
		if err != nil || open {
			return err
		}
		out = answered(r, claim, parts, rows, decided)
		old, err := answersOf(ctx, r.ID)
		if err != nil {
			return err
		}
		sum := sha256.Sum256([]byte(db.Text(out)))
		a := answerRow{ID: db.NewID(), NoticeID: r.ID, OwnerID: r.OwnerID, OrgID: r.OrgID, Place: int64(len(old) + 1), Mark: hex.EncodeToString(sum[:]), Made: db.Micros(db.Now(ctx))}
		if len(old) > 0 && old[len(old)-1].Mark == a.Mark {
			return nil
		}
		if !waits {
			a.Final = 1
		}
		out.Date, out.Purpose = day(ctx, ""), "00"
		if len(old) > 0 {
			out.Purpose = "05"
		}
		ok, sent = true, a.answer()
		return insertAnswer(ctx, a)
	})
	return out, sent, ok, err
}

func (r answerRow) answer() Answer { return Answer{r.ID, r.Final == 1, db.FromMicros(r.Made)} }

type place struct {
	claim    string
	position int
}

// decided are the lines of the claims of a notice, with the state of their claim; open says
// that people have not decided one, waits that something is missing on one.
func (s *Service) decided(ctx context.Context, actor access.Actor, rows []lineRow) (lines map[place]fund.Line, waits, open bool, err error) {
	lines = map[place]fund.Line{}
	seen, of := map[string]bool{}, map[place]bool{}
	for _, r := range rows {
		of[place{r.ClaimID, int(r.Position)}] = true
	}
	for _, r := range rows {
		if seen[r.ClaimID] {
			continue
		}
		seen[r.ClaimID] = true
		c, err := s.funds.GetClaim(ctx, actor, fund.ClaimID(r.ClaimID))
		if err != nil {
			return nil, false, false, err
		}
		for _, l := range c.Lines {
			if !of[place{r.ClaimID, l.Position}] {
				continue
			}
			if l.Verdict == fund.LineOpen && c.State.Over() { // as a whole
				l.Verdict, l.Reason = fund.LineRejected, "not_eligible"
			}
			waits, open = waits || l.Verdict == fund.LinePending, open || l.Verdict == fund.LineOpen
			lines[place{r.ClaimID, l.Position}] = l
		}
	}
	return lines, waits, open, nil
}

// answered writes the verdicts beside what was claimed. The amount of a line is what is
// granted of it.
func answered(r noticeRow, d *doc.Claim, parts []partRow, rows []lineRow, decided map[place]fund.Line) doc.ClaimAnswer {
	out := doc.ClaimAnswer{Qualifier: d.Qualifier, Number: d.Number}
	out.Currency, out.Parties = d.Currency, d.Parties
	if r.Reason != "" {
		out.Refs = []doc.Ref{{Qualifier: "ZZ", Value: r.Reason}}
		out.Reasons = []doc.ClaimReason{{Valid: "N", Code: "33", FollowUp: "C"}}
		return out
	}
	total, at := doc.Decimal("0"), map[[2]int][]fund.Line{}
	for _, l := range rows { // in the order of their rows: what a line was raised by comes after it
		k := [2]int{int(l.Part), int(l.Line % raisedRow)}
		at[k] = append(at[k], decided[place{l.ClaimID, int(l.Position)}])
	}
	for i := range d.Contracts {
		c := &d.Contracts[i]
		x := doc.AnsweredContract{Contract: doc.Contract{Qualifier: c.Qualifier, Number: c.Number, Status: c.Status, Refs: slices.Clone(c.Refs)}}
		if k := slices.IndexFunc(parts, func(p partRow) bool { return int(p.Part) == i+1 }); k >= 0 && parts[k].Reason != "" {
			x.Refs = append(room(x.Refs), doc.Ref{Qualifier: "ZZ", Value: parts[k].Reason})
			x.Reasons = []doc.ClaimReason{{Valid: "N", Code: "33", FollowUp: "C"}}
			out.Contracts = append(out.Contracts, x)
			continue
		}
		for n := range c.Lines {
			where, has := at[[2]int{i + 1, n + 1}]
			if !has {
				continue
			}
			l := answer(&c.Lines[n], together(&c.Lines[n], where))
			total = total.Add(l.Amounts[0].Amount)
			x.Lines = append(x.Lines, l)
		}
		out.Contracts = append(out.Contracts, x)
	}
	out.LineCount = len(out.Contracts)
	out.Amounts = []doc.ClaimAmount{{Kind: "TT", Amount: total}}
	return out
}

// together is a line with what it was raised by as one: granted is the sum, and the verdict that
// of what is not simply accepted.
func together(l *doc.ClaimLine, parts []fund.Line) fund.Line {
	out := parts[0]
	if len(parts) == 1 {
		return out
	}
	sum, open, all := int64(0), false, true
	for _, x := range parts {
		if x.Verdict == fund.LineAccepted || x.Verdict == fund.LineChanged {
			sum += x.Approved.Minor
		}
		all = all && x.Verdict == fund.LineAccepted
		switch {
		case open || x.Verdict == fund.LineAccepted:
		case x.Verdict == fund.LinePending:
			out, open = x, true
		default:
			out = x
		}
	}
	out.Approved = money.Amount{Minor: sum, Currency: parts[0].Asked.Currency}
	switch {
	case open:
	case all || l.Claimed() != "" && l.Claimed().Cmp(doc.Decimal(out.Approved.String())) == 0:
		out.Verdict = fund.LineAccepted
	case sum > 0:
		out.Verdict = fund.LineChanged
	}
	return out
}

// room leaves place for one more reference: REF stands at most twelve times.
func room(list []doc.Ref) []doc.Ref { return list[:min(len(list), 11)] }

// answer is one line of it.
func answer(l *doc.ClaimLine, x fund.Line) doc.AnswerLine {
	out := doc.AnswerLine{ClaimLine: *l, Verdict: x.Verdict}
	out.Change, out.Refs, out.Dates = "", slices.Clone(l.Refs), slices.Clone(l.Dates)
	kind, flag := "1", ""
	if len(l.Amounts) > 0 {
		kind, flag = l.Amounts[0].Kind, l.Amounts[0].Flag
	}
	granted := money.Amount{Currency: x.Asked.Currency}
	switch x.Verdict {
	case fund.LineAccepted, fund.LineChanged, fund.LinePending: // of one that waits, what it was before it was raised
		granted = x.Approved
	case fund.LineCounter: // so much was taken back of what was granted before
		granted.Minor = -x.Back.Minor
	}
	asIs := x.Verdict == fund.LineCounter || x.Reason == fund.ReasonLowered && l.Claimed().Cmp(doc.Decimal(granted.String())) == 0
	out.Amounts = []doc.ClaimAmount{{Kind: kind, Amount: doc.Decimal(granted.String()), Flag: flag}}
	switch {
	case x.Verdict == fund.LineAccepted || asIs:
		out.Verdict = fund.LineAccepted
		return out
	case x.Verdict == fund.LineChanged:
		out.Change = cmp.Or(changes[x.Reason], "CA")
	case x.Verdict == fund.LinePending:
		out.Reasons = doc.ReasonsOf(doc.VerdictPending, "42")
		out.Dates = append(out.Dates[:min(len(out.Dates), 9)], doc.Date{Qualifier: "106", Date: x.Due}) // 106 required by
	default:
		out.Reasons = doc.ReasonsOf(doc.VerdictRejected, cmp.Or(rejectCodes[x.Reason], "33"))
	}
	out.Refs = append(room(out.Refs), doc.Ref{Qualifier: "ZZ", Value: x.Reason, Text: cut(lacking(x.Missing), 80)})
	return out
}

// lacking is what a line waits for as REF03 says it: a word and its figures, then the names
// of the proof; or the words of a person.
func lacking(missing string) string {
	l, ok := fund.LackOf(missing)
	switch {
	case !ok:
		return missing
	case l.Word == fund.LackProof:
		return l.Proof
	}
	out := l.Word
	if l.Word == fund.LackStep {
		out = fmt.Sprintf("step %s, %s missing", l.Step, l.More)
	}
	if l.Proof != "" {
		out += "; " + l.Proof
	}
	return out
}

// notice reads one and checks the action on it.
func (s *Service) notice(ctx context.Context, actor access.Actor, id ID, act access.Action) (noticeRow, error) {
	r, err := noticeByID(ctx, string(id))
	if err != nil {
		return r, err
	}
	return r, access.Check(actor, act, access.Shared(r.OwnerID, r.OrgID))
}

// Get returns a notice with its contracts and answers, for either side.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Get(ctx context.Context, actor access.Actor, id ID) (Notice, error) {
	var out Notice
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, err := s.notice(ctx, actor, id, access.FundRead)
		if err != nil {
			return err
		}
		out = r.notice()
		parts, err := partsOf(ctx, r.ID)
		if err != nil {
			return err
		}
		for _, p := range parts {
			out.Parts = append(out.Parts, p.part())
		}
		list, err := answersOf(ctx, r.ID)
		for _, a := range list {
			out.Answers = append(out.Answers, a.answer())
		}
		return err
	})
	return out, err
}

// List lists the notices of the actor's company on the sides that it may read, the latest
// first, with their contracts. Codes: Unauthenticated, Forbidden, Invalid (cursor).
func (s *Service) List(ctx context.Context, actor access.Actor, after string, limit int) ([]Notice, string, error) {
	scope, err := access.List(actor, access.FundRead)
	if err != nil {
		return nil, "", err
	}
	supplier, reseller := access.Allowed(actor, access.FundRead, access.Resource{Supplier: actor.Org}), access.Allowed(actor, access.FundRead, access.Resource{Reseller: actor.Org})
	if limit <= 0 || limit > 200 {
		limit = 50
	}
	var out []Notice
	next := ""
	err = s.view(ctx, actor, func(ctx context.Context) error {
		out = nil
		rows, n, err := listed(ctx, scope, supplier, reseller, after, limit)
		if err != nil || len(rows) == 0 {
			return err
		}
		next = n
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		parts, err := partsOf(ctx, ids...)
		if err != nil {
			return err
		}
		for _, r := range rows {
			x := r.notice()
			for _, p := range parts {
				if p.NoticeID == r.ID {
					x.Parts = append(x.Parts, p.part())
				}
			}
			out = append(out, x)
		}
		return nil
	})
	return out, next, err
}

func (p partRow) part() Part {
	return Part{Number: p.Number, Claim: fund.ClaimID(p.ClaimID), Reason: p.Reason}
}

// Of are the notices by which a claim came: more than one where a correction repeated some
// of its lines. Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Of(ctx context.Context, actor access.Actor, claim fund.ClaimID) ([]Notice, error) {
	if _, err := access.List(actor, access.FundRead); err != nil {
		return nil, err
	}
	var out []Notice
	err := s.view(ctx, actor, func(ctx context.Context) error {
		out = nil
		rows, err := noticesOf(ctx, claim)
		for _, r := range rows {
			if err == nil {
				err = access.Check(actor, access.FundRead, access.Shared(r.OwnerID, r.OrgID))
			}
			out = append(out, r.notice())
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Numbers are those of the notices by which a claim came (fund.Checks).
func (s *Service) Numbers(ctx context.Context, actor access.Actor, claim fund.ClaimID) ([]string, error) {
	list, err := s.Of(ctx, actor, claim)
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = n.Number
	}
	return out, err
}

// Recheck looks at the lines of a partner's claims that wait, since a document or a piece of
// proof came; the actor is the supplier's system. It joins the transaction of ctx and is safe to repeat.
// Codes: NotFound, Forbidden.
func (s *Service) Recheck(ctx context.Context, actor access.Actor, org string) error {
	if err := access.Check(actor, access.ClaimDecide, access.Shared(actor.Org, org)); err != nil {
		return err
	}
	return s.change(ctx, actor, func(ctx context.Context) error {
		var j *judgement // of the claims of a programme, which come one after the other
		of, noted := "", map[fund.Awaited][]fund.ClaimID{}
		for after := (fund.Claim{}); ; {
			list, err := s.funds.Unproven(ctx, actor, org, after)
			if err != nil {
				return err
			}
			if len(list) == 0 {
				return s.funds.Await(ctx, actor, org, noted)
			}
			after = list[len(list)-1]
			subjects, err := subjectsOf(ctx, actor.Org, list)
			if err != nil {
				return err
			}
			for _, c := range list {
				subject := subjects[c.ID]
				if subject == "" {
					continue
				}
				if subject != of {
					if j, err = s.standing(ctx, actor, subject, org, false); err != nil {
						return err
					}
					of = subject
				}
				if j == nil { // nothing is given under it any more
					continue
				}
				verdicts := still(c, j.again(c), noted)
				if len(verdicts) == 0 {
					continue
				}
				of = "" // what is taken now is not there for the next
				if _, err := s.funds.Decide(ctx, actor, c.ID, c.Version, verdicts, ""); err != nil && !fund.NeedsPeople(err) {
					return fmt.Errorf("claim %s: %w", c.ID, err)
				}
			}
		}
	})
}

// still takes out of new verdicts those on lines that wait for the same as before: what has
// changed of it, such as how much is missing to a step, is only noted, until the day that
// was told. One that waits for something else now is a verdict of its own, and answered.
func still(c fund.Claim, verdicts []fund.Verdict, noted map[fund.Awaited][]fund.ClaimID) []fund.Verdict {
	lines := map[int]fund.Line{}
	for _, l := range c.Lines {
		lines[l.Position] = l
	}
	var out []fund.Verdict
	for _, v := range verdicts {
		l := lines[v.Position]
		was, _ := fund.LackOf(l.Missing)
		now, _ := fund.LackOf(v.Missing)
		x := fund.Awaited{Was: l.Missing, Now: v.Missing}
		switch {
		case v.Verdict != fund.LinePending || was.Word != now.Word || was.Step != now.Step:
			out = append(out, v)
		case x.Was != x.Now && !slices.Contains(noted[x], c.ID):
			noted[x] = append(noted[x], c.ID)
		}
	}
	return out
}

// Last is the final word on lines that have waited long enough (fund.Checks).
func (s *Service) Last(ctx context.Context, actor access.Actor, c fund.Claim) ([]fund.Verdict, error) {
	if err := access.Check(actor, access.ClaimDecide, access.Shared(actor.Org, c.Reseller)); err != nil {
		return nil, err
	}
	var out []fund.Verdict
	err := s.change(ctx, actor, func(ctx context.Context) error {
		subjects, err := subjectsOf(ctx, actor.Org, []fund.Claim{c})
		if err != nil || subjects[c.ID] == "" {
			return err // of a request: people look at its proof
		}
		j, err := s.standing(ctx, actor, subjects[c.ID], c.Reseller, true)
		if err == nil && j != nil {
			out = j.again(c)
		}
		return err
	})
	return out, err
}

// standing is what may be claimed under a promotion now, nil where nothing is given under it
// any more.
func (s *Service) standing(ctx context.Context, actor access.Actor, number, org string, last bool) (*judgement, error) {
	b, err := s.promos.Basis(ctx, actor, number, org)
	switch fault.CodeOf(err) {
	case fault.NotFound, fault.Conflict, fault.Invalid:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return newJudgement(b, day(ctx, b.Terms.Zone), last), nil
}

// again judges the lines of a claim that wait by the documents and files that are there now.
func (j *judgement) again(c fund.Claim) []fund.Verdict {
	j.proof, j.look = c.Missing, c.Unseen
	var out []fund.Verdict
	for _, l := range c.Lines {
		if _, ours := fund.LackOf(l.Missing); ours && l.Verdict == fund.LinePending {
			out = append(out, j.shown(line{position: l.Position, sku: l.SKU, on: l.On, quantity: l.Quantity, asked: l.Asked}))
		}
	}
	return out
}
