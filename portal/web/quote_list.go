package web

import (
	"context"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/partner"
	quotes "entente/prm/quote"
)

// quoteViews are the views of a side, in the order of their tabs.
var quoteViews = []string{quotes.ViewMine, quotes.ViewTheirs, quotes.ViewAccepted, quotes.ViewClosed}

func (v *visit) quoteURL(id quotes.ID) string { return v.path("quotes", string(id)) }

// quoteRes is an object of one side of the company, for a right.
func (v *visit) quoteRes(side access.Side) access.Resource {
	if side == access.Supplier {
		return access.Resource{Supplier: v.org()}
	}
	return access.Resource{Reseller: v.org()}
}

// quoteSides are the sides on which the person may see quotes: those of the company's
// partnerships, present or past.
func (v *visit) quoteSides() ([]access.Side, error) {
	c, err := v.partners()
	if err != nil {
		return nil, err
	}
	var out []access.Side
	for _, side := range []access.Side{access.Reseller, access.Supplier} {
		any := false
		for _, p := range c.all {
			any = any || side == access.Supplier && p.Supplier == v.org() || side == access.Reseller && p.Reseller == v.org()
		}
		if any && v.may(access.QuoteRead, v.quoteRes(side)) {
			out = append(out, side)
		}
	}
	return out, nil
}

// quotePairs are the active partnerships in which the company stands on a side.
func (v *visit) quotePairs(c circle, side access.Side) []partner.Partnership {
	var out []partner.Partnership
	for _, p := range c.all {
		if p.State == partner.Active && (side == access.Supplier && p.Supplier == v.org() || side == access.Reseller && p.Reseller == v.org()) {
			out = append(out, p)
		}
	}
	return out
}

// quoteList lists quotes by who is to act.
func quoteList(v *visit) error {
	sides, err := v.quoteSides()
	if err != nil {
		return err
	}
	c, err := v.partners()
	if err != nil {
		return err
	}
	page := &view.QuotesPage{Base: v.shell()}
	if len(v.quotePairs(c, access.Reseller)) > 0 && v.may(access.QuoteWrite, v.quoteRes(access.Reseller)) {
		page.AskURL = v.path("quotes", "new")
	}
	if len(v.quotePairs(c, access.Supplier)) > 0 && v.may(access.QuoteOffer, v.quoteRes(access.Supplier)) {
		page.OfferURL = v.path("quotes", "offer")
	}
	f := quotes.Filter{View: quotes.ViewMine, Query: v.search(), After: v.Query("after"), Partner: v.Query("partner"), Limit: pageRows}
	if !c.has(f.Partner) {
		f.Partner = ""
	}
	side := access.Reseller
	if len(sides) > 0 {
		side = sides[0]
	}
	name := v.Query("view")
	for _, s := range sides {
		n, err := v.w.d.Quotes.Counts(v.ctx, v.actor(), s)
		if err != nil {
			return err
		}
		for i, w := range quoteViews {
			on := name == string(s)+"."+w || name == "" && i == 0 && s == sides[0]
			if on {
				side, f.View = s, w
			}
			page.Tabs = append(page.Tabs, view.Tab{Label: view.T("quotes." + string(s) + "." + w), URL: v.again("view", string(s)+"."+w), Count: n[w], On: on})
		}
	}
	page.Filters = v.filters("quotes.search", false, []string{"view"}, choice("partner", "col.partner", f.Partner, c.options()))
	var got quotes.Page
	if len(sides) > 0 {
		if got, err = v.w.d.Quotes.List(v.ctx, v.actor(), side, f); err != nil {
			return err
		}
	}
	if page.Rows, err = v.quoteRows(got.Items); err != nil {
		return err
	}
	page.Pager = view.Pager{Shown: len(got.Items), Total: -1, Next: v.next(got.Next)}
	return v.render(page, fragments{"list": "quotes.list", "rows": "quotes.list"})
}

// quoteRows are quotes as rows of a list.
func (v *visit) quoteRows(list []quotes.Quote) ([]view.QuoteRow, error) {
	var orgs []string
	for _, q := range list {
		orgs = append(orgs, v.quoteOther(q))
	}
	n, err := v.lookup(orgs, nil)
	var out []view.QuoteRow
	for _, q := range list {
		row := view.QuoteRow{URL: v.quoteURL(q.ID), Number: q.Number, Title: q.Title, Customer: q.Customer, Partner: n.company(v.quoteOther(q)), Value: amount(q.Sum()), Status: quoteState(q), Waits: q.Waits(v.org()), Changed: q.Changed}
		if q.State == quotes.Offered {
			row.Since, row.Due = q.Changed, q.Expires
		}
		out = append(out, row)
	}
	return out, err
}

func (v *visit) quoteOther(q quotes.Quote) string {
	if v.org() == q.Supplier {
		return q.Reseller
	}
	return q.Supplier
}

func quoteState(q quotes.Quote) view.Status {
	return view.Status{State: view.State("quote." + string(q.State))}
}

// acting are the sides on which the person does the next step of quotes.
func (v *visit) acting() []access.Side {
	var out []access.Side
	if v.may(access.QuoteOffer, v.quoteRes(access.Supplier)) {
		out = append(out, access.Supplier)
	}
	if v.may(access.QuoteWrite, v.quoteRes(access.Reseller)) {
		out = append(out, access.Reseller)
	}
	return out
}

// quotesWaiting is the number beside the entry of the menu.
func (v *visit) quotesWaiting() int {
	total := 0
	for _, side := range v.acting() {
		if n, err := v.w.d.Quotes.Waiting(v.ctx, v.actor(), side); err == nil {
			total += n
		}
	}
	return total
}

// homeQuotes adds the quotes that wait: requests to price, offers to answer.
func (v *visit) homeQuotes(page *view.HomePage) error {
	for _, side := range v.acting() {
		list, err := v.w.d.Quotes.List(v.ctx, v.actor(), side, quotes.Filter{View: quotes.ViewMine, Limit: homeNeeds})
		if err != nil {
			return err
		}
		var orgs []string
		for _, q := range list.Items {
			orgs = append(orgs, v.quoteOther(q))
		}
		n, err := v.lookup(orgs, nil)
		if err != nil {
			return err
		}
		for _, q := range list.Items {
			need := view.Need{Tone: view.Amber, Icon: v.icon("file-text"), URL: v.quoteURL(q.ID), Since: q.Changed, Sub: view.Raw(q.Title), Action: view.T("quote.offer"), Title: view.T("quoteneed.price", "company", n.org(q.Reseller), "number", q.Number)}
			if side == access.Reseller {
				need.Due, need.Action, need.Title = q.Expires, view.T("action.open"), view.T("quoteneed.answer", "company", n.org(q.Supplier), "number", q.Number)
			}
			page.Needs = append(page.Needs, need)
		}
	}
	return nil
}

// findQuotes are the quotes a search finds.
func (v *visit) findQuotes(q string) ([]view.Hit, error) {
	var out []view.Hit
	for _, side := range []access.Side{access.Supplier, access.Reseller} {
		if !v.may(access.QuoteRead, v.quoteRes(side)) {
			continue
		}
		list, err := v.w.d.Quotes.List(v.ctx, v.actor(), side, quotes.Filter{Query: q, Limit: hitsOfAKind})
		if err != nil {
			return nil, err
		}
		for _, x := range list.Items {
			state := quoteState(x)
			if len(out) < hitsOfAKind {
				out = append(out, view.Hit{Icon: "file-text", Title: view.Raw(x.Title), Sub: view.Raw(x.Number), URL: v.quoteURL(x.ID), Status: &state})
			}
		}
	}
	return out, nil
}

func seesQuote(ctx context.Context, w *Web, actor access.Actor, id string) error {
	return w.d.Quotes.MaySee(ctx, actor, quotes.ID(id))
}

func quoteRoutes() []Route {
	return []Route{
		get("/quotes/:id", "quote without company", SignedIn, access.QuoteRead, bare("quotes", seesQuote)),
		get("/c/:slug/quotes", "quotes", InCompany, access.QuoteRead, quoteList),
		get("/c/:slug/quotes/new", "quote request form", InCompany, access.QuoteWrite, quoteNew(quotes.Ask)),
		post("/c/:slug/quotes/new", "ask for a quote", InCompany, access.QuoteWrite, quoteSend(quotes.Ask)),
		get("/c/:slug/quotes/offer", "quote form", InCompany, access.QuoteOffer, quoteNew(quotes.Offer)),
		post("/c/:slug/quotes/offer", "make a quote", InCompany, access.QuoteOffer, quoteSend(quotes.Offer)),
		get("/c/:slug/quotes/:id", "quote", InCompany, access.QuoteRead, quoteShow),
		get("/c/:slug/quotes/:id/pdf", "quote on paper", InCompany, access.QuoteRead, quotePDF),
		get("/c/:slug/quotes/:id/ask", "form of another round", InCompany, access.QuoteWrite, quoteNew(quotes.Ask)),
		post("/c/:slug/quotes/:id/ask", "ask for another round", InCompany, access.QuoteWrite, quoteSend(quotes.Ask)),
		get("/c/:slug/quotes/:id/offer", "form of an offer", InCompany, access.QuoteOffer, quoteNew(quotes.Offer)),
		post("/c/:slug/quotes/:id/offer", "offer a quote", InCompany, access.QuoteOffer, quoteSend(quotes.Offer)),
		post("/c/:slug/quotes/:id/accept", "accept quote", InCompany, access.QuoteAccept, quoteAccept),
		post("/c/:slug/quotes/:id/decline", "decline quote", InCompany, access.QuoteWrite, quoteEnd("said.quote_declined", (*quotes.Service).Decline)),
		post("/c/:slug/quotes/:id/recall", "recall quote request", InCompany, access.QuoteWrite, quoteEnd("said.quote_recalled", (*quotes.Service).Recall)),
		post("/c/:slug/quotes/:id/refuse", "make no offer", InCompany, access.QuoteOffer, quoteEnd("said.quote_refused", (*quotes.Service).Refuse)),
		post("/c/:slug/quotes/:id/withdraw", "withdraw quote", InCompany, access.QuoteOffer, quoteEnd("said.quote_withdrawn", (*quotes.Service).Withdraw)),
	}
}
