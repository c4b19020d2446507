package web

import (
	"encoding/json"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/portal/paper"
	"entente/portal/view"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/promo"
)

func (v *visit) promoURL(id promo.ID) string { return v.path("promotions", string(id)) }

func promoState(s promo.State) view.State { return view.State("promotion." + string(s)) }

// seatState is how a company stands with its text.
func seatState(s promo.SeatState) view.State { return view.State("seat." + string(s)) }

func promoWindow(from, until string) view.Text {
	return view.T("promo.window_is", "from", view.Date(from), "until", view.Date(until))
}

// mostNamed is how many products a sentence names.
const mostNamed = 6

// promoProducts names the families and items of terms.
func (v *visit) promoProducts(t promo.Terms) view.Text {
	var names []string
	for _, f := range t.Families {
		names = append(names, v.family(f).In(v.p))
	}
	names = append(names, t.SKUs...)
	all := view.Raw(v.p.List(names))
	if len(names) > mostNamed {
		all = view.T("promosay.products_more", "products", v.p.List(names[:mostNamed]), "n", len(names)-mostNamed)
	}
	switch {
	case t.Fixed:
		return view.T("promosay.family_fixed", "products", all, "n", len(t.Within))
	case len(t.Families) > 0:
		return view.T("promosay.family_living", "products", all)
	}
	return all
}

// promoSentence reads terms back as one sentence.
func (v *visit) promoSentence(number string, t promo.Terms) view.Text {
	products := v.promoProducts(t)
	var what view.Text
	switch t.Kind {
	case promo.Percent:
		what = view.T("promosay.percent", "percent", percent(t.Percent), "products", products)
	case promo.Amount:
		if len(t.Parts) == 1 {
			what = view.T("promosay.amount", "amount", price(t.Parts[0].Allow, t.Parts[0].Currency), "products", products)
		} else {
			what = view.T("promosay.amounts", "products", products)
		}
	case promo.Free:
		what = view.T("promosay.free", "buy", t.Buy.String(), "free", t.Free.String(), "sku", t.FreeSKU, "products", products)
	case promo.Tiers:
		var steps []string
		for _, x := range t.Tiers {
			steps = append(steps, view.T("promosay.tier", "percent", percent(x.Percent), "from", x.From.String()).In(v.p))
		}
		key := "promosay.tiers"
		if t.Cumulative {
			key = "promosay.volume"
			if t.By == promo.ByResale {
				key = "promosay.volume_resale"
			}
		}
		what = view.T(key, "tiers", v.p.List(steps), "products", products)
	}
	when := view.T("promosay.by."+t.By, "from", view.Date(t.From), "until", view.Date(t.Until))
	switch {
	case t.ShipBy != "" && t.BackDays > 0:
		when = view.T("promosay.shipped_back", "when", when, "ship", view.Date(t.ShipBy), "days", t.BackDays)
	case t.ShipBy != "":
		when = view.T("promosay.shipped", "when", when, "ship", view.Date(t.ShipBy))
	}
	if len(t.Countries) > 0 {
		when = view.T("promosay.where", "when", when, "countries", paper.Where(v.p, t))
	}
	how := view.T("promosay." + t.Settle)
	if t.ClaimBy != "" {
		how = view.T("promosay.claimed", "claim", view.Date(t.ClaimBy))
	}
	quoted := view.T("promosay.unquoted")
	switch {
	case t.Quoted && number != "":
		quoted = view.T("promosay.quoted", "number", number)
	case t.Quoted:
		quoted = view.T("promosay.quoted_new")
	}
	return view.T("promosay.whole", "what", what, "when", when, "zone", t.Zone, "how", how, "quoted", quoted)
}

// promoFacts are the terms that the sentence leaves out.
func (v *visit) promoFacts(number string, t promo.Terms) []view.KV {
	out := []view.KV{}
	add := func(key string, value view.Text) {
		if !value.IsZero() {
			out = append(out, view.KV{Label: view.T(key), Value: value})
		}
	}
	add("promofield.audience", view.Raw(t.Audience))
	if t.Kind == promo.Amount && len(t.Parts) > 1 {
		var each []string
		for _, p := range t.Parts {
			if p.Role == promo.Participant {
				each = append(each, view.T("promosay.one_amount", "amount", price(p.Allow, p.Currency)).In(v.p))
			}
		}
		add("promofield.allow", view.Raw(v.p.List(each)))
	}
	add("promofield.prices", view.Raw(t.Prices))
	if len(t.Proof) > 0 {
		add("promofield.proof", view.Raw(strings.Join(t.Proof, "; ")))
	}
	if number != "" {
		out = append(out, view.KV{Label: view.T("promo.code_x12"), Value: view.Raw("REF*PD*" + number), Mono: true}, view.KV{Label: view.T("promo.code_edifact"), Value: view.Raw("RFF+PD:" + number), Mono: true})
	}
	return out
}

// promoChanges are differences in words.
func (v *visit) promoChanges(diff []promo.Change, n names) []view.PromoChange {
	var out []view.PromoChange
	for _, c := range diff {
		x := view.PromoChange{Label: view.T("promofield." + c.Field), Was: promoValue(c, c.Was), Now: promoValue(c, c.Now)}
		if c.Org != "" {
			x.Who = n.org(c.Org)
		}
		out = append(out, x)
	}
	return out
}

func promoValue(c promo.Change, value string) view.Text {
	if value == "" {
		return view.Raw("–")
	}
	switch c.Kind {
	case "word", "yes":
		return view.T("promoword." + value)
	case "date":
		return view.T("lead.date_is", "date", view.Date(value))
	case "percent":
		if m, err := money.ParseMicro(value); err == nil {
			return view.Raw(percent(m))
		}
	case "money":
		if m, err := strconv.ParseInt(value, 10, 64); err == nil {
			return view.T("promosay.one_amount", "amount", amount(money.Amount{Minor: m, Currency: c.Currency}))
		}
	case "price":
		if m, err := money.ParseMicro(value); err == nil {
			return view.T("promosay.one_amount", "amount", price(m, c.Currency))
		}
	}
	return view.Raw(value)
}

var promoIcons = map[string]struct {
	icon string
	tone view.Tone
}{
	"created": {"plus", view.Grey}, "proposed": {"send", view.Blue}, "asked": {"send", view.Blue}, "approved": {"check", view.Green}, "countered": {"arrows-split", view.Amber}, "counter_adopted": {"check", view.Green},
	"counter_declined": {"x", view.Grey}, "declined": {"x", view.Red}, "dropped": {"user-off", view.Grey}, "agreed": {"checks", view.Green}, "started": {"circle-arrow-right", view.Blue}, "ended": {"circle-check", view.Blue}, "settled": {"circle-check", view.Green}, "settled_short": {"circle-check", view.Amber}, "adjusted": {"refresh", view.Amber}, "cancelled": {"x", view.Grey}, "kept": {"clock", view.Amber}, "unapproved": {"x", view.Red},
}

func (v *visit) promoLog(log []promo.Entry, n names) []view.Entry {
	var out []view.Entry
	for _, e := range log {
		look := promoIcons[e.Kind]
		text := view.T("promolog."+e.Kind, "number", e.Number)
		switch {
		case e.Text == promo.ReasonNotAgreed:
			text = view.T("promo.not_agreed")
		case e.Text != "":
			text = view.T("promo.log_with", "what", text, "words", e.Text)
		}
		out = append(out, view.Entry{Tone: look.tone, Icon: v.icon(look.icon), Actor: n.actor(e.Person, e.Org), Text: text, At: e.At})
	}
	return out
}

func logPeople(log []promo.Entry) (orgs, people []string) {
	for _, e := range log {
		orgs, people = append(orgs, e.Org), append(people, e.Person)
	}
	return orgs, people
}

// promoTasks are tasks of a promotion; who may tick them off.
func (v *visit) promoTasks(ts []promo.Task, n names, mine bool) (out []view.PromoTask, done int) {
	for _, t := range ts {
		x := view.PromoTask{ID: t.ID, Title: t.Title, Company: n.company(t.Org), Due: view.Date(t.Due), Done: !t.Done.IsZero(), CanDo: mine || t.Org == v.org()}
		x.Late = !x.Done && t.Due != "" && t.Due < v.today()
		if x.Done {
			done++
		}
		out = append(out, x)
	}
	return out, done
}

// quantityText is a number for a table; none is a dash.
func quantityText(v *visit, q money.Quantity) string {
	if q == 0 {
		return ""
	}
	return v.p.Quantity(q.String(), "")
}

// cardPartners are the companies on a card beside the viewer, by name.
func (v *visit) cardPartners(h promo.Head, n names) []view.Company {
	ids := h.Partners
	if h.Owner != v.org() {
		ids = []string{h.Owner}
	}
	var out []view.Company
	for _, id := range ids {
		out = append(out, n.company(id))
	}
	slices.SortFunc(out, func(a, b view.Company) int { return compareText(a.Name, b.Name) })
	return out
}

// signed is a number of units with its sign.
func (v *visit) signed(q money.Quantity) string {
	s := q.String()
	if q > 0 {
		s = "+" + s
	}
	return v.p.Quantity(s, "")
}

func (v *visit) share(part, of money.Quantity) string {
	if of <= 0 {
		return "–"
	}
	return v.signed(money.Whole(int64(math.Round(100*float64(part)/float64(of))))) + "%"
}

// cents is a ratio at two places.
func (v *visit) cents(r money.Rate) string {
	n, half := int64(r), int64(5000)
	if n < 0 {
		half = -half
	}
	return v.p.Number(money.Rate((n + half) / 10000 * 10000).Fixed(2))
}

// returned says between what the return on one unit of cost lies.
func (v *visit) returned(perCost, net *promo.Ratio) view.Text {
	switch {
	case net != nil:
		return view.T("lift.return_is", "low", v.cents(net.Low), "high", v.cents(net.High))
	case perCost != nil:
		return view.T("lift.sales_are", "low", v.cents(perCost.Low), "high", v.cents(perCost.High))
	}
	return view.Text{}
}

// added says an effect in words: more, less, or not different from zero.
func (v *visit) added(e promo.Effect) view.Text {
	key := "lift.none"
	switch {
	case e.Differs && e.Value > 0:
		key = "lift.more"
	case e.Differs:
		key = "lift.less"
	}
	return view.T(key, "n", v.p.Quantity(max(e.Value, -e.Value).String(), ""), "extra", v.signed(e.Value), "low", v.signed(e.Low), "high", v.signed(e.High))
}

func (v *visit) liftWords(out *view.PromoLift, m promo.Measured, got promo.Lifted) {
	s := m.Main
	grain := view.T("lift.grain." + s.Grain)
	if s.Why != "" {
		out.Say = append(out.Say, view.T("lift.why."+s.Why))
	} else {
		out.Say = append(out.Say, v.added(s.Extra))
		out.Method = append(out.Method, view.T("lift.method", "periods", view.T("lift.fitted."+s.Grain, "n", s.Fitted), "from", view.Date(s.From), "to", view.Date(s.To), "what", view.T("lift.of."+s.By)), view.T("lift.method_range"))
		if !s.Siblings {
			out.Method = append(out.Method, view.T("lift.no_siblings"))
		} else if s.SiblingsWhy != "" {
			out.Method = append(out.Method, view.T("lift.siblings_short"))
		}
		if s.Price > 0 {
			out.Method = append(out.Method, view.T("lift.priced", "price", each(s.Price, s.Worth.Value.Currency)))
		}
		switch {
		case s.Open:
			out.Notes = append(out.Notes, view.T("lift.open"))
		case s.AfterOpen:
			out.Notes = append(out.Notes, view.T("lift.after_open"))
		}
	}
	if s.First != "" {
		out.Notes = append(out.Notes, view.T("lift.measured", "grain", grain, "from", view.Date(s.First), "to", view.Date(s.Last)))
	}
	if len(s.Others) > 0 {
		out.Notes = append(out.Notes, view.T("lift.others", "numbers", v.p.List(s.Others)))
	}
	other := &m.Out
	if m.Main == other {
		other = &m.In
	}
	if other.Why == "" {
		out.Notes = append(out.Notes, view.T("lift.beside."+other.By, "said", v.added(other.Extra)))
	}
	if m.Gapped {
		key := "lift.gap"
		if m.Gap < 0 {
			key = "lift.gap_less"
		}
		out.Notes = append(out.Notes, view.T(key, "n", v.p.Quantity(max(m.Gap, -m.Gap).String(), ""), "from", view.Date(m.Out.First), "to", view.Date(m.Out.Last)))
	}
}

// each is a price in coins: an average has no more to tell.
func each(p money.Price, c money.Currency) view.Money {
	a, _ := money.Extend(money.Whole(1), p, c)
	return amount(a)
}

// chartData is a chart for its script: numbers to draw, and for each period what it says in
// the reader's words. Nothing is where nothing is known.
func (v *visit) chartData(c *view.PromoChart, rows []view.PromoPeriod, shown []promo.Weighed, in, sold map[string]promo.Weighed) string {
	var d struct {
		X    []int64    `json:"x"`
		In   []*float64 `json:"in"`
		Sold []*float64 `json:"sold"`
		Base []*float64 `json:"base"`
		High []*float64 `json:"high"`
		Low  []*float64 `json:"low"`
		Win  []bool     `json:"win"`
		Say  []string   `json:"say"`
	}
	number := func(q money.Quantity, known bool) *float64 {
		if !known {
			return nil
		}
		n := float64(q) / float64(money.One)
		return &n
	}
	for i, w := range shown {
		at, err := time.Parse(time.DateOnly, w.From)
		if err != nil {
			return ""
		}
		a, isIn := in[w.From]
		b, isSold := sold[w.From]
		d.X, d.Win = append(d.X, at.Unix()), append(d.Win, w.Part == promo.InWindow)
		d.In, d.Sold = append(d.In, number(a.Actual, isIn)), append(d.Sold, number(b.Actual, isSold))
		d.Base, d.High, d.Low = append(d.Base, number(w.Base, w.Fitted)), append(d.High, number(w.High, w.Fitted)), append(d.Low, number(w.Low, w.Fitted))
		var parts []string
		say := func(known bool, what view.Text, value string) {
			if known && !what.IsZero() {
				parts = append(parts, v.p.T("lift.at_part", "what", what.In(v.p), "n", value))
			}
		}
		row := rows[i]
		say(isIn, c.In, row.In)
		say(isSold, c.Sold, row.Sold)
		base := row.Base
		if row.Span != "" {
			base = v.p.T("lift.with_span", "n", base, "span", row.Span)
		}
		say(w.Fitted, view.T("lift.at_base"), base)
		d.Say = append(d.Say, v.p.T("lift.at", "from", v.p.Date(string(row.From)), "to", v.p.Date(string(row.To)), "parts", strings.Join(parts, v.p.T("lift.at_and"))))
	}
	b, err := json.Marshal(d)
	if err != nil {
		return ""
	}
	return string(b)
}

// lineQuery is the query of an export that has the lines of the page.
func lineQuery(f promo.LineFilter) string {
	q := url.Values{}
	for _, x := range [][2]string{{"partner", f.Org}, {"sku", f.SKU}, {"show", f.Show}} {
		if x[1] != "" {
			q.Set(x[0], x[1])
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// lineFilter are the lines that a page of results, or an export of it, is asked for. Who takes
// part has its own alone, whatever is asked.
func (v *visit) lineFilter(mine bool) promo.LineFilter {
	f := promo.LineFilter{SKU: v.Query("sku"), Show: oneOf(v.Query("show"), []string{"in", "out"})}
	if mine {
		f.Org = v.Query("partner")
	}
	return f
}

// promoSettle closes a promotion that has ended.
func promoSettle(v *visit) error {
	in := v.input()
	id := promo.ID(v.Params("id"))
	err := v.w.d.Promos.Settle(v.ctx, v.actor(), id, in.version(), in.text("reason"))
	if err == nil {
		return v.done(v.promoURL(id)+"/results", "said.saved")
	}
	errs, note, status, ok := v.refusal(err)
	if !ok {
		return err
	}
	if fault.KeyOf(err) == "promo.reports_missing" {
		if note, err = v.missingReports(id); err != nil {
			return err
		}
	}
	return v.resultsPage(status, in.form(errs, note))
}
