package trigger

import (
	"context"
	"slices"
	"strconv"
	"time"

	"entente/db"
	"entente/prm/money"
)

// subject is what a condition is asked about.
type subject struct {
	partner, id, name, occasion string
	env                         any
}

// subjects reads what a rule of a company looks at now. The rows are those of the packages
// of their names; only what the company supplies is read.
func subjects(ctx context.Context, org string, about About) ([]subject, error) {
	switch about {
	case Partners:
		return partnerSubjects(ctx, org)
	case Quotes:
		return quoteSubjects(ctx, org)
	case Stock:
		return stockSubjects(ctx, org)
	case Leads:
		return leadSubjects(ctx, org)
	}
	return nil, nil
}

func daysSince(ctx context.Context, micros int64) int {
	if micros <= 0 {
		return Never
	}
	return int(max(0, db.Now(ctx).Sub(db.FromMicros(micros)).Hours()/24))
}

// daysLeft is Never for what does not end.
func daysLeft(ctx context.Context, micros int64) int {
	if micros <= 0 {
		return Never
	}
	return int(max(0, db.FromMicros(micros).Sub(db.Now(ctx)).Hours()/24))
}

type pairRow struct{ ResellerID, Country string }

// pairsOf are the resellers with which a company does business.
func pairsOf(ctx context.Context, org string) (out []pairRow, err error) {
	err = db.Tx(ctx).Raw(`SELECT p.reseller_id, o.country FROM partnership p JOIN org o ON o.id = p.reseller_id WHERE p.supplier_id = ? AND p.state = 'active' ORDER BY p.reseller_id LIMIT ?`, org, mostSubject).Scan(&out).Error
	return out, err
}

// partnerSubjects: the usual gap is the median of the days between days with orders of the
// last year; it needs three of them. The last order may be older.
func partnerSubjects(ctx context.Context, org string) ([]subject, error) {
	pairs, err := pairsOf(ctx, org)
	if err != nil || len(pairs) == 0 {
		return nil, err
	}
	year := db.Micros(db.Now(ctx).AddDate(-1, 0, 0))
	var days []struct {
		ResellerID string
		Day, N     int64
	}
	err = db.Tx(ctx).Raw(`SELECT reseller_id, received / 86400000000 AS day, COUNT(*) AS n FROM purchase_order WHERE supplier_id = ? AND received > ? AND state NOT IN ('rejected', 'refused', 'cancelled') GROUP BY reseller_id, received / 86400000000 ORDER BY reseller_id, day`, org, year).Scan(&days).Error
	if err != nil {
		return nil, err
	}
	var bought []struct {
		ResellerID, Family string
		Last               int64
	}
	err = db.Tx(ctx).Raw(`SELECT o.reseller_id, p.family, MAX(o.received) AS last FROM purchase_order o JOIN order_line l ON l.order_id = o.id JOIN product p ON p.org_id = o.supplier_id AND p.id = l.product_id
WHERE o.supplier_id = ? AND o.state NOT IN ('rejected', 'refused', 'cancelled') AND p.family <> '' GROUP BY o.reseller_id, p.family`, org).Scan(&bought).Error
	if err != nil {
		return nil, err
	}
	last := map[string]map[string]int64{}
	for _, b := range bought {
		if last[b.ResellerID] == nil {
			last[b.ResellerID] = map[string]int64{}
		}
		last[b.ResellerID][b.Family] = b.Last
	}
	var ever []struct {
		ResellerID string
		Last       int64
	}
	err = db.Tx(ctx).Raw(`SELECT reseller_id, MAX(received) AS last FROM purchase_order WHERE supplier_id = ? AND state NOT IN ('rejected', 'refused', 'cancelled') GROUP BY reseller_id`, org).Scan(&ever).Error
	if err != nil {
		return nil, err
	}
	type history struct {
		days   []int64
		orders int
		last   int64
	}
	of := map[string]history{}
	for _, e := range ever {
		of[e.ResellerID] = history{last: e.Last}
	}
	for _, d := range days {
		h := of[d.ResellerID]
		h.days, h.orders = append(h.days, d.Day), h.orders+int(d.N)
		of[d.ResellerID] = h
	}
	var out []subject
	for _, p := range pairs {
		h, families := of[p.ResellerID], last[p.ResellerID]
		env := partnerFacts{DaysSinceLastOrder: daysSince(ctx, h.last), OrdersInYear: h.orders, UsualGap: median(h.days), Country: p.Country,
			Bought:          func(f string) bool { return families[f] > 0 },
			DaysSinceBought: func(f string) int { return daysSince(ctx, families[f]) },
		}
		occasion := "none"
		if h.last > 0 {
			occasion = db.FromMicros(h.last).Format(time.DateOnly)
		}
		out = append(out, subject{partner: p.ResellerID, occasion: occasion, env: env})
	}
	return out, nil
}

// median is that of the gaps between days, 0 where there are fewer than three.
func median(days []int64) float64 {
	var gaps []int64
	for i := 1; i < len(days); i++ {
		gaps = append(gaps, days[i]-days[i-1])
	}
	if len(gaps) < 3 {
		return 0
	}
	slices.Sort(gaps)
	n := len(gaps)
	return float64(gaps[(n-1)/2]+gaps[n/2]) / 2
}

// quoteSubjects are offers that stand. The occasion is the round: a new one is another offer.
func quoteSubjects(ctx context.Context, org string) ([]subject, error) {
	var rows []struct {
		ID, ResellerID, Number, Currency, Country string
		Round, Total, LineCount, Changed, Expires int64
		Opened, OpenedRound                       int64
	}
	err := db.Tx(ctx).Raw(`SELECT q.id, q.reseller_id, q.number, q.currency, o.country, q.round, q.total, q.line_count, q.changed, q.expires, q.opened, q.opened_round FROM quote q JOIN org o ON o.id = q.reseller_id JOIN partnership p ON p.id = q.partnership_id AND p.state = 'active'
WHERE q.supplier_id = ? AND q.state = 'offered' ORDER BY q.id LIMIT ?`, org, mostSubject).Scan(&rows).Error
	out := make([]subject, len(rows))
	for i, r := range rows {
		if r.OpenedRound != r.Round {
			r.Opened = 0
		}
		out[i] = subject{partner: r.ResellerID, id: r.ID, name: r.Number, occasion: r.ID + ":" + db.Cursor(r.Round, ""), env: quoteFacts{DaysOpen: daysSince(ctx, r.Changed), DaysLeft: daysLeft(ctx, r.Expires), Opened: r.Opened > 0, DaysSinceOpened: daysSince(ctx, r.Opened),
			Lines: int(r.LineCount), Value: amount(r.Total, r.Currency), Currency: r.Currency, Country: r.Country}}
	}
	return out, err
}

type stockReport struct{ ID, ResellerID, Day, Country string }

// stockLine is what a report says of a product, by kind of quantity (17 is on hand).
type stockLine struct {
	ReportID, ProductID, SKU, Family, Kind string
	Pieces                                 float64
}

// reportsRead is how many stock reports are read at once.
const reportsRead = 50

// linesOfReports are the lines of stock reports by report.
func linesOfReports(ctx context.Context, reports []stockReport) (map[string][]stockLine, error) {
	ids := make([]string, len(reports))
	for i, r := range reports {
		ids[i] = r.ID
	}
	var rows []stockLine
	err := db.Tx(ctx).Raw(`SELECT l.report_id, l.product_id, l.sku, p.family, l.kind, SUM(CAST(l.pieces AS DOUBLE PRECISION)) AS pieces FROM stock_report_line l JOIN product p ON p.org_id = l.supplier_id AND p.id = l.product_id
WHERE l.report_id IN ? AND l.product_id <> '' AND l.kind IN ('17', '33') GROUP BY l.report_id, l.product_id, l.sku, p.family, l.kind ORDER BY l.sku, l.kind`, ids).Scan(&rows).Error
	out := map[string][]stockLine{}
	for _, l := range rows {
		out[l.ReportID] = append(out[l.ReportID], l)
	}
	return out, err
}

// stockSubjects are the products of the newest stock report of each partner, with what it
// sold on of them in thirteen weeks. The occasion is the month of the report: a product that
// stays low is said once a month at most. Sums are not exact, and of any size: what one
// partner reports must not keep the rules from the others.
func stockSubjects(ctx context.Context, org string) ([]subject, error) {
	var reports []stockReport
	err := db.Tx(ctx).Raw(`SELECT r.id, r.reseller_id, r.day, o.country FROM stock_report r JOIN org o ON o.id = r.reseller_id JOIN partnership p ON p.supplier_id = r.supplier_id AND p.reseller_id = r.reseller_id AND p.state = 'active'
WHERE r.supplier_id = ? AND r.day >= ? ORDER BY r.reseller_id, r.day DESC, r.received DESC`, org, db.Now(ctx).AddDate(0, -3, 0).Format(time.DateOnly)).Scan(&reports).Error
	if err != nil {
		return nil, err
	}
	var sold []struct {
		ResellerID, ProductID string
		Pieces                float64
	}
	err = db.Tx(ctx).Raw(`SELECT r.reseller_id, l.product_id, SUM(CAST(CASE WHEN l.kind = 'return' THEN -l.pieces ELSE l.pieces END AS DOUBLE PRECISION)) AS pieces FROM sell_report r JOIN sell_line l ON l.report_id = r.id
WHERE r.supplier_id = ? AND r.state = 'current' AND l.kind IN ('sale', 'return') AND l.product_id <> '' AND l.sold_to >= ? GROUP BY r.reseller_id, l.product_id`, org, db.Now(ctx).AddDate(0, 0, -91).Format(time.DateOnly)).Scan(&sold).Error
	if err != nil {
		return nil, err
	}
	type key struct{ org, product string }
	weekly := map[key]float64{}
	for _, s := range sold {
		weekly[key{s.ResellerID, s.ProductID}] = s.Pieces / float64(money.One) / 13
	}
	var out []subject
	var chunk map[string][]stockLine
	reports = slices.CompactFunc(reports, func(a, b stockReport) bool { return a.ResellerID == b.ResellerID }) // the newest of each
	for i, r := range reports {
		if len(out) >= mostSubject {
			break
		}
		if i%reportsRead == 0 {
			if chunk, err = linesOfReports(ctx, reports[i:min(i+reportsRead, len(reports))]); err != nil {
				return nil, err
			}
		}
		lines := chunk[r.ID]
		hand := map[string]bool{}
		for _, l := range lines {
			hand[l.ProductID] = hand[l.ProductID] || l.Kind == "17"
		}
		day, err := time.Parse(time.DateOnly, r.Day)
		if err != nil {
			continue
		}
		for _, l := range lines {
			if hand[l.ProductID] && l.Kind != "17" {
				continue
			}
			on, week := l.Pieces/float64(money.One), max(0, weekly[key{r.ResellerID, l.ProductID}])
			weeks := float64(Never)
			if week > 0 {
				weeks = round(on / week)
			}
			out = append(out, subject{partner: r.ResellerID, id: l.SKU, name: l.SKU, occasion: l.SKU + ":" + r.Day[:7], env: stockFacts{SKU: l.SKU, Family: l.Family, OnHand: round(on), SoldPerWeek: round(week), WeeksOfStock: weeks, DaysSinceReport: daysSince(ctx, db.Micros(day)), Country: r.Country}})
		}
	}
	return out, nil
}

// leadSubjects are leads that partners took and did not turn into business yet. The occasion
// is what was last done.
func leadSubjects(ctx context.Context, org string) ([]subject, error) {
	var rows []struct {
		ID, LeadID, ResellerID, State, Industry, Country string
		Number, Answered, Worked, ConvertDue             int64
	}
	err := db.Tx(ctx).Raw(`SELECT f.id, f.lead_id, f.reseller_id, f.state, l.industry, o.country, l.number, f.answered, f.worked, f.convert_due FROM lead_offer f JOIN lead l ON l.org_id = f.supplier_id AND l.id = f.lead_id JOIN org o ON o.id = f.reseller_id JOIN partnership p ON p.id = f.partnership_id AND p.state = 'active'
WHERE f.supplier_id = ? AND f.state IN ('accepted', 'working', 'stale') ORDER BY f.id LIMIT ?`, org, mostSubject).Scan(&rows).Error
	out := make([]subject, len(rows))
	for i, r := range rows {
		did := max(r.Worked, r.Answered)
		out[i] = subject{partner: r.ResellerID, id: r.LeadID, name: "L-" + strconv.FormatInt(r.Number, 10), occasion: r.ID + ":" + db.FromMicros(did).Format(time.DateOnly), env: leadFacts{DaysSinceAnswer: daysSince(ctx, r.Answered), DaysSinceWorked: daysSince(ctx, did), DaysLeft: daysLeft(ctx, r.ConvertDue), Stale: r.State == "stale", Industry: r.Industry, Country: r.Country}}
	}
	return out, err
}

func amount(minor int64, currency string) float64 {
	x, err := strconv.ParseFloat(money.Amount{Minor: minor, Currency: money.Currency(currency)}.String(), 64)
	if err != nil {
		return 0
	}
	return x
}
