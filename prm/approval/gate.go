package approval

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/blanket"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/promo"
	"entente/prm/quote"
	"entente/prm/settle"
	"entente/prm/trade"
)

// The methods of this file are the ports of prm/trade, prm/settle, prm/quote and prm/promo. They are called
// within their transactions, for actors whose right to the deed was checked there.

// Outgoing keeps an order that the reseller's people wrote.
func (s *Service) Outgoing(ctx context.Context, actor access.Actor, f trade.Facts, cmd trade.PlaceCmd) (string, error) {
	if err := access.Check(actor, access.OrderPlace, access.Shared(f.Supplier, f.Reseller)); err != nil {
		return "", err
	}
	steps, err := s.caught(ctx, f.Reseller, AboutOrder, f)
	if err != nil || len(steps) == 0 {
		return "", err
	}
	r := requestRow{OrgID: f.Reseller, PartnerID: f.Supplier, PartnershipID: f.Partnership, About: AboutOrder, Kind: KindOrder, Number: f.Number, AskedBy: actor.Person}
	if cmd.Key != "" {
		r.SourceKey = "order:" + cmd.Key
	}
	return s.ask(ctx, actor, r, f.Total, steps, cmd)
}

// Changing keeps a change that makes an order one that a rule catches. A total that does
// not rise is not asked about again.
func (s *Service) Changing(ctx context.Context, actor access.Actor, f trade.Facts, cmd trade.AskCmd) (string, error) {
	if err := access.Check(actor, access.OrderPlace, access.Shared(f.Supplier, f.Reseller)); err != nil {
		return "", err
	}
	f.NewShipTo = nil
	steps, err := s.caught(ctx, f.Reseller, AboutOrder, f)
	if err != nil || len(steps) == 0 {
		return "", err
	}
	r := requestRow{OrgID: f.Reseller, PartnerID: f.Supplier, PartnershipID: f.Partnership, About: AboutOrder, Kind: KindChange, SubjectID: string(f.Order), Number: f.Number, AskedBy: actor.Person}
	if cmd.Key != "" {
		r.SourceKey = "change:" + r.SubjectID + ":" + cmd.Key
	}
	return s.ask(ctx, actor, r, f.Total, steps, cmd)
}

// CallingOff keeps a call-off that the reseller's people wrote; the facts name the blanket
// order. The same call-off asked for again takes the place of what waits.
func (s *Service) CallingOff(ctx context.Context, actor access.Actor, f trade.Facts, cmd blanket.CallOffCmd) (string, error) {
	if err := access.Check(actor, access.OrderPlace, access.Shared(f.Supplier, f.Reseller)); err != nil {
		return "", err
	}
	steps, err := s.caught(ctx, f.Reseller, AboutOrder, f)
	if err != nil || len(steps) == 0 {
		return "", err
	}
	rows, err := waitingFor(ctx, f.Reseller, string(f.Order), KindCallOff)
	if err != nil {
		return "", err
	}
	rows = slices.DeleteFunc(rows, func(r requestRow) bool { return r.Number != f.Number })
	if err := s.dropped(ctx, actor, rows, Replaced); err != nil {
		return "", err
	}
	r := requestRow{OrgID: f.Reseller, PartnerID: f.Supplier, PartnershipID: f.Partnership, About: AboutOrder, Kind: KindCallOff, SubjectID: string(f.Order), Number: f.Number, AskedBy: actor.Person}
	return s.ask(ctx, actor, r, f.Total, steps, cmd)
}

// Incoming asks about an order that came in and is booked.
func (s *Service) Incoming(ctx context.Context, f trade.Facts) (string, error) {
	steps, err := s.caught(ctx, f.Supplier, AboutIncoming, f)
	if err != nil || len(steps) == 0 {
		return "", err
	}
	r := requestRow{OrgID: f.Supplier, PartnerID: f.Reseller, PartnershipID: f.Partnership, About: AboutIncoming, Kind: KindIncoming, SubjectID: string(f.Order), Number: f.Number}
	return s.ask(ctx, access.System("approval", f.Supplier), r, f.Total, steps, nil)
}

// Answering keeps an answer of the supplier's people that promises other prices.
func (s *Service) Answering(ctx context.Context, actor access.Actor, f trade.Facts, cmd trade.ConfirmCmd) (string, error) {
	if err := access.Check(actor, access.OrderConfirm, access.Shared(f.Supplier, f.Reseller)); err != nil {
		return "", err
	}
	steps, err := s.caught(ctx, f.Supplier, AboutAnswer, f)
	if err != nil || len(steps) == 0 {
		return "", err
	}
	if err := s.drop(ctx, actor, string(f.Order), KindAnswer, Replaced); err != nil {
		return "", err
	}
	r := requestRow{OrgID: f.Supplier, PartnerID: f.Reseller, PartnershipID: f.Partnership, About: AboutAnswer, Kind: KindAnswer, SubjectID: string(f.Order), Number: f.Number, AskedBy: actor.Person}
	return s.ask(ctx, actor, r, f.Total, steps, cmd)
}

// granted is what is kept of an answer to a change.
type granted struct {
	Change trade.ChangeID
	Answer trade.AnswerCmd
}

// Granting keeps an answer by which an order becomes one that the rules about orders that
// come in, or about promised prices, catch. A later answer takes its place.
func (s *Service) Granting(ctx context.Context, actor access.Actor, f trade.Facts, id trade.ChangeID, cmd trade.AnswerCmd) (string, error) {
	if err := access.Check(actor, access.OrderConfirm, access.Shared(f.Supplier, f.Reseller)); err != nil {
		return "", err
	}
	steps, err := s.caught(ctx, f.Supplier, AboutIncoming, f)
	if err != nil {
		return "", err
	}
	more, err := s.caught(ctx, f.Supplier, AboutAnswer, f)
	if steps = append(steps, more...); err != nil || len(steps) == 0 {
		return "", err
	}
	for i := range steps {
		steps[i].Position = i + 1
	}
	if err := s.drop(ctx, actor, string(f.Order), KindGrant, Replaced); err != nil {
		return "", err
	}
	r := requestRow{OrgID: f.Supplier, PartnerID: f.Reseller, PartnershipID: f.Partnership, About: AboutAnswer, Kind: KindGrant, SubjectID: string(f.Order), Number: f.Number, AskedBy: actor.Person}
	return s.ask(ctx, actor, r, f.Total, steps, granted{id, cmd})
}

// Offering keeps an offer of the supplier's people.
func (s *Service) Offering(ctx context.Context, actor access.Actor, f trade.Facts, q quote.ID, cmd quote.Cmd) (string, error) {
	if err := access.Check(actor, access.QuoteOffer, access.Shared(f.Supplier, f.Reseller)); err != nil {
		return "", err
	}
	steps, err := s.caught(ctx, f.Supplier, AboutQuote, f)
	if err != nil || len(steps) == 0 {
		return "", err
	}
	r := requestRow{OrgID: f.Supplier, PartnerID: f.Reseller, PartnershipID: f.Partnership, About: AboutQuote, Kind: KindQuote, SubjectID: string(q), Number: f.Number, AskedBy: actor.Person}
	if q == "" && cmd.Key != "" {
		r.SourceKey = "quote:" + cmd.Key
	}
	return s.ask(ctx, actor, r, f.Total, steps, cmd)
}

// Proposing keeps a proposal of a promotion that the owner's people wrote. One that waits
// already is replaced.
func (s *Service) Proposing(ctx context.Context, actor access.Actor, f promo.Facts, k promo.Kept) (string, error) {
	if err := access.Check(actor, access.PromoWrite, access.Own(f.Owner)); err != nil {
		return "", err
	}
	steps, err := s.caught(ctx, f.Owner, AboutPromo, trade.Facts{Total: f.Total, Was: f.Was})
	if err != nil || len(steps) == 0 {
		return "", err
	}
	if err := s.drop(ctx, actor, string(f.Promotion), KindPromo, Replaced); err != nil {
		return "", err
	}
	r := requestRow{OrgID: f.Owner, PartnerID: f.Partner, PartnershipID: f.Partnership, About: AboutPromo, Kind: KindPromo, SubjectID: string(f.Promotion), Number: f.Number, AskedBy: actor.Person, Others: strings.Join(f.Others, " ")}
	return s.ask(ctx, actor, r, f.Total, steps, k)
}

// Unproposed ends what waits for a promotion that goes another way.
func (s *Service) Unproposed(ctx context.Context, id promo.ID) error {
	return s.drop(ctx, access.Actor{Via: "system:approval"}, string(id), KindPromo, Replaced)
}

// Overtaken ends what waits for an offer that goes another way.
func (s *Service) Overtaken(ctx context.Context, q quote.ID) error {
	return s.drop(ctx, access.Actor{Via: "system:approval"}, string(q), KindQuote, Replaced)
}

// Lapsed ends a request for an order on a quote that went another way.
func (s *Service) Lapsed(ctx context.Context, request string) error {
	r, err := requestByID(ctx, ID(request), true)
	if err != nil {
		return err
	}
	return s.dropped(ctx, access.Actor{Via: "system:approval"}, []requestRow{r}, Withdrawn)
}

// Paying keeps an invoice from being paid until those above approved it.
func (s *Service) Paying(ctx context.Context, actor access.Actor, f settle.Facts, cmd settle.ApproveCmd) (string, error) {
	if err := access.Check(actor, access.InvoiceApprove, access.Shared(f.Supplier, f.Reseller)); err != nil {
		return "", err
	}
	var lines []trade.PricedLine
	for _, l := range f.Lines {
		lines = append(lines, trade.PricedLine{Line: l.Position, SKU: l.SKU, Price: l.Price, Agreed: l.Agreed})
	}
	steps, err := s.caught(ctx, f.Reseller, AboutInvoice, trade.Facts{Total: f.Amount, Lines: lines})
	if err != nil || len(steps) == 0 {
		return "", err
	}
	have, err := waitingFor(ctx, f.Reseller, string(f.Invoice), KindInvoice)
	if err != nil {
		return "", err
	}
	r := requestRow{OrgID: f.Reseller, PartnerID: f.Supplier, PartnershipID: f.Partnership, About: AboutInvoice, Kind: KindInvoice, SubjectID: string(f.Invoice), Number: f.Number, AskedBy: actor.Person}
	if len(have) > 0 {
		if have[0].Amount == f.Amount.Minor {
			return have[0].ID, nil
		}
		if err := s.drop(ctx, actor, string(f.Invoice), KindInvoice, Replaced); err != nil { // the sum moved
			return "", err
		}
	}
	// Who asks and may decide every step by himself has decided.
	all := true
	for _, st := range steps {
		ok, err := s.entitled(ctx, actor, r, st)
		if err != nil {
			return "", err
		}
		all = all && ok && !st.FourEyes
	}
	if all {
		return "", nil
	}
	return s.ask(ctx, actor, r, f.Amount, steps, cmd)
}

// Waiting gives those of the invoices whose approval a company's own people have still to
// decide on.
func (s *Service) Waiting(ctx context.Context, org string, invoices []trade.InvoiceID) ([]trade.InvoiceID, error) {
	return invoicesWaiting(ctx, org, invoices)
}

// ChangeAnswered ends the answers to a change that waited.
func (s *Service) ChangeAnswered(ctx context.Context, order trade.OrderID) error {
	return s.drop(ctx, access.Actor{Via: "system:approval"}, string(order), KindGrant, Withdrawn)
}

// Dropped ends what waits for an order that waits no more.
func (s *Service) Dropped(ctx context.Context, order trade.OrderID) error {
	return s.drop(ctx, access.Actor{Via: "system:approval"}, string(order), "", Withdrawn)
}

// drop ends the requests that wait for a subject.
func (s *Service) drop(ctx context.Context, actor access.Actor, subject, kind, state string) error {
	rows, err := waitingFor(ctx, "", subject, kind)
	if err != nil {
		return err
	}
	return s.dropped(ctx, actor, rows, state)
}

func (s *Service) dropped(ctx context.Context, actor access.Actor, rows []requestRow, state string) error {
	for _, r := range rows {
		r.State, r.Decided, r.DecidedBy = state, db.Micros(db.Now(ctx)), actor.Person
		if ok, err := decide(ctx, r); err != nil {
			return err
		} else if !ok { // decided meanwhile; the others still wait
			continue
		}
		if err := s.tell(ctx, actor, r, "approval."+state, Ended); err != nil {
			return err
		}
	}
	return nil
}

// caught are the rules of a company that catch something, each as a step.
func (s *Service) caught(ctx context.Context, org, about string, f trade.Facts) ([]Step, error) {
	rules, err := db.Remember(ctx, "approval.rules:"+org, []string{"approval_rule"}, func() ([]ruleRow, error) { return rulesOf(ctx, org) })
	if err != nil {
		return nil, err
	}
	var out []Step
	for _, row := range rules {
		r := row.rule()
		if !r.Active || r.About != about {
			continue
		}
		facts, ok, err := r.catches(ctx, f)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, Step{Position: len(out) + 1, Rule: r.ID, Test: r.Test, Facts: facts, Role: r.Role, Person: r.Person, FourEyes: r.FourEyes})
		}
	}
	return out, nil
}

// catches holds a rule against the facts.
func (r Rule) catches(ctx context.Context, f trade.Facts) (Facts, bool, error) {
	switch r.Test {
	case TestLimit:
		over := f.Total.Currency == r.Amount.Currency && f.Total.Minor > r.Amount.Minor
		if f.Was.Currency == f.Total.Currency && f.Was.Minor >= f.Total.Minor { // it is above already, and does not rise
			over = false
		}
		return Facts{Total: f.Total, Limit: r.Amount}, over, nil
	case TestPrice:
		out := Facts{Most: r.Percent, Total: money.Amount{Currency: f.Total.Currency}}
		for _, l := range f.Lines {
			if l.Agreed <= 0 || money.Within(l.Price, l.Agreed, r.Percent) {
				continue
			}
			out.Lines++
			if by := away(l.Price, l.Agreed); by >= out.Percent || out.Lines == 1 {
				out.Line, out.SKU, out.Price, out.Agreed, out.Percent = l.Line, l.SKU, l.Price, l.Agreed, by
			}
		}
		return out, out.Lines > 0, nil
	case TestShipTo:
		if f.NewShipTo == nil {
			return Facts{}, false, nil
		}
		fresh, err := f.NewShipTo(ctx)
		return Facts{ShipTo: f.ShipTo}, fresh, err
	}
	return Facts{}, false, nil
}

// away is how far a price is from another, as a ratio of that, to four places.
func away(price, agreed money.Price) money.Rate {
	d := price - agreed
	if d < 0 {
		d = -d
	}
	whole, rest := d/agreed, d%agreed
	if whole > 99 {
		return 99 * money.One
	}
	part := money.Micro(0)
	for range 4 {
		if rest > (1<<62)/10 {
			break
		}
		rest *= 10
		part = part*10 + rest/agreed
		rest %= agreed
	}
	return whole*money.One + part*(money.One/10_000)
}

// ask writes a request; the same source gives the first one again.
func (s *Service) ask(ctx context.Context, actor access.Actor, r requestRow, amount money.Amount, steps []Step, cmd any) (string, error) {
	if r.SourceKey != "" {
		if was, ok, err := bySource(ctx, r.OrgID, r.SourceKey); err != nil || ok {
			return was.ID, err
		}
	}
	content, err := json.Marshal(cmd)
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "error.internal")
	}
	now := db.Now(ctx)
	r.ID, r.State, r.Currency, r.Amount, r.Content, r.Asked = db.NewID(), Waiting, string(amount.Currency), amount.Minor, string(content), db.Micros(now)
	if r.Due, err = due(ctx, r.OrgID, now); err != nil {
		return "", err
	}
	if err := insertRequest(ctx, r, steps); err != nil {
		return "", err
	}
	return r.ID, s.tell(ctx, actor, r, "approval.ask", Asked)
}

// due is when a request is late, by the calendar of the company.
func due(ctx context.Context, org string, now time.Time) (int64, error) {
	country, zone, err := placeOf(ctx, org)
	if err != nil {
		return 0, err
	}
	cal, err := account.StandingCalendar(ctx, org, country, cmp.Or(zone, "UTC"))
	if err != nil {
		return 0, err
	}
	at, ok := cal.Add(now, WorkHours*time.Hour)
	if !ok {
		return 0, nil
	}
	return db.Micros(at), nil
}
