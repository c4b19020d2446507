package app

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/chat/room"
	"entente/db"
	"entente/db/job"
	"entente/edi/doc"
	"entente/edi/gateway"
	"entente/portal/hook"
	"entente/prm/access"
	"entente/prm/adjust"
	"entente/prm/catalog"
	"entente/prm/fund"
	"entente/prm/notify"
	"entente/prm/protect"
	"entente/prm/trade"
)

// Subjects of notices about money for partners.
const (
	fundSubject    = "fund"
	requestSubject = "fund_request"
	claimSubject   = "fund_claim"
)

// fundTold says who hears of what; urgent is what waits for an answer.
var fundTold = map[string]struct {
	supplier, reseller []access.Role
	urgent             bool
}{
	fund.RequestSubmitted: {supplier: []access.Role{access.Manager}, urgent: true},
	fund.RequestReturned:  {reseller: []access.Role{access.Manager, access.Sales}, urgent: true},
	fund.RequestDeclined:  {reseller: []access.Role{access.Manager, access.Sales}},
	fund.RequestApproved:  {reseller: []access.Role{access.Manager, access.Sales}, urgent: true},
	fund.RequestCancelled: {supplier: []access.Role{access.Manager}, reseller: []access.Role{access.Manager, access.Sales}},
	fund.RequestLapsed:    {supplier: []access.Role{access.Manager}, reseller: []access.Role{access.Manager, access.Sales}},
	fund.ClaimFiled:       {supplier: []access.Role{access.Manager}, urgent: true},
	fund.ClaimReturnedTo:  {reseller: []access.Role{access.Manager, access.Sales, access.Finance}, urgent: true},
	fund.ClaimDeniedTo:    {reseller: []access.Role{access.Manager, access.Sales, access.Finance}},
	fund.ClaimDecided:     {supplier: []access.Role{access.Finance}, reseller: []access.Role{access.Manager, access.Sales, access.Finance}},
	fund.ClaimSettledTo:   {reseller: []access.Role{access.Manager, access.Finance}},
	fund.ProofComplete:    {supplier: []access.Role{access.Manager}, urgent: true},
	fund.ProofRefusedTo:   {reseller: []access.Role{access.Manager, access.Sales, access.Finance}, urgent: true},
	fund.ClaimCorrected:   {supplier: []access.Role{access.Manager, access.Finance}, reseller: []access.Role{access.Manager, access.Finance}},
	fund.SecondAsked:      {supplier: []access.Role{access.Manager}, urgent: true},
	fund.Countered:        {supplier: []access.Role{access.Finance}, reseller: []access.Role{access.Manager, access.Finance}},
	fund.Recovered:        {reseller: []access.Role{access.Manager, access.Finance}},
	fund.RecoverUndone:    {reseller: []access.Role{access.Manager, access.Finance}},
	fund.Granted:          {reseller: []access.Role{access.Manager, access.Sales}},
	fund.Offered:          {reseller: []access.Role{access.Manager, access.Sales}},
	fund.ClaimDiscussed:   {supplier: []access.Role{access.Manager}, reseller: []access.Role{access.Manager, access.Sales, access.Finance}, urgent: true},
}

// fundWord is the last part of the keys of an event's words: "claimfiled".
func fundWord(kind string) string { return strings.ToLower(strings.TrimPrefix(kind, "fund.")) }

// fundAbout is what an event is about, and its title, as a side may read it.
func (a *App) fundAbout(ctx context.Context, actor access.Actor, x fund.Event) (kind, id, title string, err error) {
	switch {
	case x.Claim != "":
		c, err := a.funds.GetClaim(ctx, actor, x.Claim)
		return claimSubject, string(x.Claim), c.Title, err
	case x.Request != "":
		r, err := a.funds.GetRequest(ctx, actor, x.Request)
		return requestSubject, string(x.Request), r.Title, err
	case actor.Org == x.Supplier:
		p, err := a.funds.Get(ctx, actor, x.Program)
		return fundSubject, string(x.Program), p.Title, err
	}
	w, err := a.funds.Wallet(ctx, actor, x.Program)
	return fundSubject, string(x.Program), w.Title, err
}

// fundNotices tells the people of each side; who did it is not told, nor is the company
// that acted, but that a second person is asked for.
func (a *App) fundNotices(ctx context.Context, e job.Received) error {
	var x fund.Event
	if err := e.Decode(&x); err != nil || x.Quiet {
		return err
	}
	who := fundTold[e.Kind]
	orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Supplier, x.Reseller)
	if err != nil {
		return err
	}
	for _, side := range []struct {
		org, other string
		roles      []access.Role
	}{{x.Supplier, x.Reseller, who.supplier}, {x.Reseller, x.Supplier, who.reseller}} {
		own := side.org == x.Org && e.Kind != fund.SecondAsked && e.Kind != fund.ClaimDecided
		if len(side.roles) == 0 || own {
			continue
		}
		kind, id, title, err := a.fundAbout(ctx, access.System("notices", side.org), x)
		if err != nil {
			return err
		}
		n := notify.Notice{Kind: "fund." + fundWord(e.Kind), Dedupe: e.ID, Urgent: who.urgent, SubjectKind: kind, SubjectID: id, Args: map[string]string{"title": title}}
		if err := a.tellSide(ctx, side.org, orgs[side.other].Name, side.roles, n); err != nil {
			return err
		}
	}
	return nil
}

// claimTalk begins the threads of lines of claims, each claim in a room of its own that
// both sides' people of funds may enter.
type claimTalk struct{ a *App }

func (t claimTalk) Begin(ctx context.Context, c fund.Claim, l fund.Line, key string) (string, int64, error) {
	actor, about := access.System("rooms", c.Supplier), room.Subject{Kind: claimSubject, ID: string(c.ID)}
	r, err := t.a.rooms.EnsureRoom(ctx, actor, room.Spec{Subject: about, Title: c.Number + " " + c.Title, Orgs: []string{c.Supplier, c.Reseller}})
	if err != nil {
		return "", 0, err
	}
	m, err := t.a.rooms.Event(ctx, actor, room.Line{Room: r.ID, Key: "claim-line:" + key, Kind: "fund.line_discussed", Subject: about,
		Args: map[string]string{"number": c.Number, "line": strconv.Itoa(l.Position), "what": strings.TrimSpace(l.Text + " " + l.SKU), "amount": l.Asked.String() + " " + string(l.Asked.Currency)}})
	return string(r.ID), m.Seq, err
}

// fundLive refreshes open pages.
func (a *App) fundLive(ctx context.Context, e job.Received) error {
	var x fund.Event
	if err := e.Decode(&x); err != nil || x.Quiet {
		return err
	}
	orgs := e.Orgs
	db.AfterCommit(ctx, func() {
		if x.Claim != "" {
			a.live.Changed(claimSubject, string(x.Claim), orgs)
		}
		if x.Request != "" {
			a.live.Changed(requestSubject, string(x.Request), orgs)
		}
	})
	return nil
}

// fundEarned lets a partner earn by an invoice, or takes back for a credit.
func (a *App) fundEarned(ctx context.Context, e job.Received) error {
	var t trade.Event
	if err := e.Decode(&t); err != nil || t.Invoice == "" || t.Follows {
		return err
	}
	actor := access.System("funds", t.Supplier)
	if some, err := a.funds.Earns(ctx, actor, e.At); err != nil || !some {
		return err
	}
	inv, err := a.trade.GetInvoice(ctx, actor, t.Invoice)
	if err != nil {
		return err
	}
	return a.funds.Invoiced(ctx, actor, inv)
}

// claimProof looks again at what waited for the files that a partner has added, or for a look at them.
func (a *App) claimProof(ctx context.Context, e job.Received) error {
	var x fund.Event
	if err := e.Decode(&x); err != nil {
		return err
	}
	return a.adjust.Recheck(ctx, access.System("claims", x.Supplier), x.Reseller)
}

// receiveClaim books an 844.
func (g gatewayReplies) receiveClaim(ctx context.Context, in gateway.ReplyIn, d *doc.Claim) (gateway.ReplyOut, error) {
	got, err := g.a.adjust.Receive(ctx, access.System("edi", in.Supplier), adjust.Incoming{Doc: d, Supplier: in.Supplier, Reseller: in.Reseller, Partnership: in.Partnership, Interchange: in.InterchangeID, SetNo: in.Set})
	if err != nil {
		return gateway.ReplyOut{}, err
	}
	return gateway.ReplyOut{Kind: adjust.DocumentNotice, ID: string(got.Notice.ID), Outcome: claimOutcomes[got.Outcome]}, nil
}

// claimOutcomes are the gateway's words for what became of a claim.
var claimOutcomes = map[adjust.Outcome]string{
	adjust.Taken: gateway.BusinessBooked, adjust.Duplicate: gateway.BusinessDuplicate, adjust.Nothing: gateway.BusinessDiscarded,
}

// to849 answers a claim that came by EDI when its lines are decided, and again when those
// that waited are: by the way it came, unless its sender chose another.
func (a *App) to849(ctx context.Context, e job.Received) error {
	var t adjust.Event
	if err := e.Decode(&t); err != nil {
		return err
	}
	actor := access.System("edi", t.Supplier)
	ids := []adjust.ID{t.Notice}
	if e.Kind != adjust.EventTaken {
		var x fund.Event
		if err := e.Decode(&x); err != nil {
			return err
		}
		list, err := a.adjust.Of(ctx, actor, x.Claim)
		if err != nil {
			return err
		}
		ids = ids[:0]
		for _, n := range list {
			ids = append(ids, n.ID)
		}
	}
	for _, id := range ids {
		if err := a.answerClaim(ctx, actor, id); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) answerClaim(ctx context.Context, actor access.Actor, id adjust.ID) error {
	n, err := a.adjust.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	read, err := a.gateway.Document(ctx, actor, n.Interchange, n.SetNo)
	if err != nil {
		return err
	}
	claim, ok := read.(*doc.Claim)
	if !ok {
		return nil // its payload is gone: it was answered long ago
	}
	d, sent, ok, err := a.adjust.Answer(ctx, actor, id, claim)
	if err != nil || !ok {
		return err
	}
	return a.emit(ctx, actor, trade.Event{Supplier: n.Supplier, Reseller: n.Reseller, Partnership: n.Partnership, Interchange: n.Interchange}, trade.Parties{},
		gateway.Outgoing{Kind: "849", Doc: &d, DocumentKind: adjust.DocumentAnswer, DocumentID: sent.ID, Number: n.Number})
}

// claimNotices tells both companies of a claim by EDI of which something names nothing we
// know; of the others they hear as of every claim.
func (a *App) claimNotices(ctx context.Context, e job.Received) error {
	var t adjust.Event
	if err := e.Decode(&t); err != nil {
		return err
	}
	got, err := a.adjust.Get(ctx, access.System("notices", t.Supplier), t.Notice)
	if err != nil {
		return err
	}
	if got.State != adjust.Refused && !slices.ContainsFunc(got.Parts, func(p adjust.Part) bool { return p.Reason != "" }) {
		return nil
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, t.Supplier, t.Reseller)
	if err != nil {
		return err
	}
	n := notify.Notice{Kind: "claim.refused", Dedupe: e.ID, Urgent: true, SubjectKind: adjust.DocumentNotice, SubjectID: string(t.Notice), Args: map[string]string{"number": got.Number}}
	if err := a.tellSide(ctx, t.Supplier, orgs[t.Reseller].Name, []access.Role{access.Manager}, n); err != nil {
		return err
	}
	return a.tellSide(ctx, t.Reseller, orgs[t.Supplier].Name, []access.Role{access.Manager, access.EDI, access.Finance}, n)
}

// fundHookKinds names the webhook of each event. That a second person is asked is the
// supplier's own matter.
var fundHookKinds = map[string]string{
	fund.Granted: hook.FundGranted, fund.RequestSubmitted: hook.RequestSubmitted, fund.RequestReturned: hook.RequestReturned, fund.RequestDeclined: hook.RequestDeclined, fund.RequestApproved: hook.RequestApproved, fund.RequestCancelled: hook.RequestCancelled, fund.RequestLapsed: hook.RequestLapsed,
	fund.ClaimFiled: hook.ClaimFiled, fund.ClaimReturnedTo: hook.ClaimReturned, fund.ClaimDecided: hook.ClaimDecided, fund.ClaimCorrected: hook.ClaimDecided, fund.ClaimDeniedTo: hook.ClaimDenied, fund.ClaimSettledTo: hook.ClaimSettled,
}

// fundHook is the data of these webhooks: ids and numbers, and where to read more.
type fundHook struct {
	Partner string         `json:"partner"` // slug of the other company
	Fund    fund.ProgramID `json:"fund"`
	Request fund.RequestID `json:"request,omitempty"`
	Claim   fund.ClaimID   `json:"claim,omitempty"`
	Number  string         `json:"number,omitempty"` // of the claim or the request
	State   string         `json:"state,omitempty"`  // as it stands now
	Pending int            `json:"pending,omitempty"`
	Href    string         `json:"href"`
}

// fundHooks tells the systems of both companies what happened.
func (a *App) fundHooks(ctx context.Context, e job.Received) error {
	var x fund.Event
	if err := e.Decode(&x); err != nil || x.Quiet || fundHookKinds[e.Kind] == "" {
		return err
	}
	return a.tellHooks(ctx, e, fundHookKinds[e.Kind], x.Supplier, x.Reseller, func(actor access.Actor, partner string) (any, error) {
		d := fundHook{Partner: partner, Fund: x.Program, Request: x.Request, Claim: x.Claim, Href: "/api/v1/funds/" + string(x.Program)}
		switch {
		case x.Claim != "":
			c, err := a.funds.GetClaim(ctx, actor, x.Claim)
			d.Number, d.State, d.Pending, d.Request, d.Href = c.Number, string(c.State), c.Pending, c.Request, "/api/v1/claims/"+string(x.Claim)
			return d, err
		case x.Request != "":
			r, err := a.funds.GetRequest(ctx, actor, x.Request)
			d.Number, d.State, d.Href = r.Number, string(r.State), "/api/v1/fund-requests/"+string(x.Request)
			return d, err
		}
		return d, nil
	})
}

// tellHooks tells the systems of two companies that want to hear of a kind; data is what
// one of them may read, the name is that of the other.
func (a *App) tellHooks(ctx context.Context, e job.Received, kind, supplier, reseller string, data func(actor access.Actor, partner string) (any, error)) error {
	if err := a.tellHook(ctx, e, kind, supplier, reseller, data); err != nil {
		return err
	}
	return a.tellHook(ctx, e, kind, reseller, supplier, data)
}

// tellHook tells the systems of one company; other is the one it happened with, "" for none.
func (a *App) tellHook(ctx context.Context, e job.Received, kind, org, other string, data func(actor access.Actor, partner string) (any, error)) error {
	actor := access.System("webhooks", org)
	wanted, err := a.hooks.Wants(ctx, actor, kind)
	if err != nil || !wanted {
		return err
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, other)
	if err != nil {
		return err
	}
	d, err := data(actor, orgs[other].Slug)
	if err != nil {
		return err
	}
	return a.hooks.Tell(ctx, actor, hook.Message{Event: e.ID, Place: e.Position, Kind: kind, At: e.At, Data: d}, d)
}

// fundDeductions asks the payments of a partner what it took off already.
type fundDeductions struct{ a *App }

// Deducted gives what was deducted in the name of a claim, by payment.
func (f fundDeductions) Deducted(ctx context.Context, supplier, reseller, claim string) ([]fund.Deduction, error) {
	found, err := f.a.settle.Deducted(ctx, access.System("funds", supplier), reseller, claim)
	out := make([]fund.Deduction, len(found))
	for i, d := range found {
		out[i] = fund.Deduction(d)
	}
	return out, err
}

// protectionTitle names what is granted for a fall of prices, in the supplier's language.
func protectionTitle(lang, day, currency string) string {
	return printer(lang).T("protect.title", "Day", day, "Currency", currency)
}

// toProtection has falls of prices reckoned, and follows what becomes of the claims made of them.
func (a *App) toProtection(ctx context.Context, e job.Received) error {
	if strings.HasPrefix(e.Kind, "fund.") {
		var x fund.Event
		if err := e.Decode(&x); err != nil {
			return err
		}
		return a.protect.Followed(ctx, access.System("protection", x.Supplier), x.Claim)
	}
	var c catalog.Event
	if err := e.Decode(&c); err != nil {
		return err
	}
	actor := access.System("protection", c.Supplier)
	if e.Kind == catalog.PricesPublished || e.Kind == catalog.PricesWithdrawn {
		return a.protect.Published(ctx, actor, c.Partnership, c.List, c.Version)
	}
	return a.protect.Refresh(ctx, actor, c.Reseller) // a report of stock, or of sales: both name the pair alike
}

// protectionNotices tells the distributor what waits for it and until when, and that it was not
// answered; of that the supplier hears too.
func (a *App) protectionNotices(ctx context.Context, e job.Received) error {
	var x protect.Event
	if err := e.Decode(&x); err != nil || x.Quiet {
		return err
	}
	db.AfterCommit(ctx, func() { a.live.Changed(protect.Document, string(x.Protection), e.Orgs) })
	got, err := a.protect.Get(ctx, access.System("notices", x.Reseller), x.Protection)
	if err != nil {
		return err
	}
	orgs, err := a.accounts.Directory().OrgsByID(ctx, x.Supplier, x.Reseller)
	if err != nil {
		return err
	}
	n := notify.Notice{Kind: "protect." + strings.ToLower(strings.TrimPrefix(e.Kind, "protect.")), Dedupe: e.ID, Urgent: e.Kind != protect.EventLapsed, SubjectKind: protect.Document, SubjectID: string(x.Protection), Args: map[string]string{"date": got.Day}}
	if e.Kind != protect.EventLapsed {
		if got.State != protect.Proposed || got.Mark != x.Mark { // it was answered, or another sum is told of
			return nil
		}
		n.Args["amount"] = got.Open.String() + " " + string(got.Currency)
		loc, err := time.LoadLocation(orgs[x.Reseller].Zone)
		if err != nil {
			loc = time.UTC
		}
		n.Args["by"] = got.AnswerBy.Add(-time.Minute).In(loc).Format(time.DateOnly)
	}
	if err := a.tellSide(ctx, x.Reseller, orgs[x.Supplier].Name, []access.Role{access.Manager, access.Sales, access.Finance}, n); err != nil || e.Kind != protect.EventLapsed {
		return err
	}
	return a.tellSide(ctx, x.Supplier, orgs[x.Reseller].Name, []access.Role{access.Manager}, n)
}

// protectHookKinds names the webhook of each event.
var protectHookKinds = map[string]string{protect.EventProposed: hook.ProtectProposed, protect.EventReminded: hook.ProtectReminded, protect.EventAnswered: hook.ProtectAnswered, protect.EventLapsed: hook.ProtectLapsed}

// protectHook is the data of a webhook about price protection: ids and states, and where to read
// more.
type protectHook struct {
	Partner    string     `json:"partner"`       // slug of the other company
	Own        bool       `json:"own,omitempty"` // the company's own doing
	Protection protect.ID `json:"protection"`
	Day        string     `json:"day"` // the first of the lower prices
	State      string     `json:"state"`
	Why        string     `json:"why,omitempty"`
	AnswerBy   *time.Time `json:"answer_by,omitempty"`
	Href       string     `json:"href"`
}

// protectionHooks tells the systems of both companies what happened, as each may read it.
func (a *App) protectionHooks(ctx context.Context, e job.Received) error {
	var x protect.Event
	if err := e.Decode(&x); err != nil || x.Quiet {
		return err
	}
	return a.tellHooks(ctx, e, protectHookKinds[e.Kind], x.Supplier, x.Reseller, func(actor access.Actor, partner string) (any, error) {
		got, err := a.protect.Get(ctx, actor, x.Protection)
		d := protectHook{Partner: partner, Own: e.Kind == protect.EventAnswered && actor.Org == x.Reseller, Protection: x.Protection, Day: got.Day, State: string(got.State), Why: got.Why, Href: "/api/v1/price-protections/" + string(x.Protection)}
		if !got.AnswerBy.IsZero() {
			d.AnswerBy = &got.AnswerBy
		}
		return d, err
	})
}
