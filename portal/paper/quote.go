package paper

import (
	"context"
	"strconv"
	"strings"
	"time"

	"entente/prm/access"
	"entente/prm/money"
	"entente/prm/quote"
	"entente/prm/trade"
)

// Quote is a quote as the reader may see it, in its latest round.
// Codes: NotFound.
func (k Desk) Quote(ctx context.Context, actor access.Actor, id quote.ID, w Wish) (Sheet, error) {
	q, err := k.Quotes.Head(ctx, actor, id)
	if err != nil {
		return Sheet{}, err
	}
	orgs, err := k.Accounts.Directory().OrgsByID(ctx, q.Supplier, q.Reseller)
	if err != nil {
		return Sheet{}, err
	}
	own, supplier := orgs[actor.Org], orgs[q.Supplier]
	s := Source{Order: trade.Detail{Order: trade.Order{Currency: q.Currency}}, Supplier: supplier, Reseller: orgs[q.Reseller], P: w.words(own, supplier)}
	return Sheet{Quote(s, q), SizeFor(w.Paper, own.Country)}, nil
}

// Quote is an offer of the supplier; a request is the reseller's own paper. Steps on the way
// to a price are left out: it is what may be shown to others. Of the source it needs the
// companies, the words and the currency.
func Quote(s Source, q quote.Quote) Document {
	title := "paper.quote"
	if q.Kind == quote.KindRequest {
		title = "paper.quote_request"
	}
	d := s.begin(title, q.Number, "", q.At)
	d.Issuer, d.Parties = s.orgParty("", s.Supplier), []Party{s.orgParty("party.buyer", s.Reseller)}
	if q.Kind == quote.KindRequest {
		d.Issuer, d.Parties = s.orgParty("", s.Reseller), []Party{s.orgParty("party.supplier", s.Supplier)}
	}
	d.Facts = add(d.Facts, s.P.T("paper.date"), s.P.Date(q.At.In(s.P.Zone()).Format(time.DateOnly)))
	d.Facts = add(d.Facts, s.P.T("quote.round"), strconv.Itoa(q.Round))
	d.Facts = add(d.Facts, s.P.T("quote_form.title"), q.Title)
	d.Facts = add(d.Facts, s.P.T("quote.customer"), q.Customer)
	d.Facts = add(d.Facts, s.P.T("quote.deal"), q.DealCode)
	if q.Kind == quote.KindOffer {
		d.Facts = add(d.Facts, s.P.T("quote.valid_until"), s.P.Date(q.ValidUntil))
		d.Facts = add(d.Facts, s.P.T("quote.window"), s.P.T("quote.from_until", "from", s.P.Date(q.From), "until", s.P.Date(q.Until)))
	}
	d.Facts = add(d.Facts, s.P.T("order.currency"), string(q.Currency))
	d.Facts = add(d.Facts, s.P.T("col.state"), s.P.T("state.quote."+string(q.State)))
	d.Columns = s.columns("paper.line", "col.item", "paper.description", "paper.quantity", "col.price", "paper.amount")
	for i, l := range q.Lines {
		cost, sum := s.price(l.Price), s.P.Number(money.Amount{Minor: l.Amount, Currency: q.Currency}.String())
		if l.Price == 0 { // the supplier is to name one
			cost, sum = "–", "–"
		}
		d.Rows = append(d.Rows, Row{Cells: []string{strconv.Itoa(i + 1), l.SKU, strings.Join(append([]string{l.Name(string(s.P.Language()))}, l.Config.Words(string(s.P.Language()))...), "\n"), s.P.Quantity(l.Quantity.String(), l.Unit), cost, sum}})
	}
	d.Sums = []Sum{{s.P.T("col.total"), s.P.Money(q.Sum().String(), string(q.Currency)), true}}
	if q.Note != "" {
		d.Notes = append(d.Notes, Fact{s.P.T("order.note"), q.Note})
	}
	if q.Kind == quote.KindOffer {
		d.Notes = append(d.Notes, Fact{s.P.T("paper.quote_number"), s.P.T("paper.quote_number_text", "number", q.Number)})
	}
	return d
}
