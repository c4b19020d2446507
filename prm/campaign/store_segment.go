package campaign

import (
	"context"
	"slices"
	"time"

	"entente/db"
	"entente/prm/customer"
)

// purchasesOf are the last days on which the customers of some contacts bought something of
// the families (none: anything): by the orders that count for the company's own registrations,
// and by what it reported to have sold on, under the customer's number or its exact name.
func purchasesOf(ctx context.Context, org string, families []string, list []candidate) (*purchases, error) {
	out := &purchases{map[string]string{}, map[string]string{}, map[string]string{}}
	ids, codes, names := []string{""}, []string{""}, []string{""}
	for _, k := range list {
		ids, codes, names = append(ids, string(k.Customer)), append(codes, k.external), append(names, k.sorted)
	}
	fam := ""
	with := func(args ...any) []any { return args }
	if len(families) > 0 {
		fam = " AND p.family IN ?"
		with = func(args ...any) []any { return append(args, families) }
	}
	type found struct {
		Of, Day  string
		Happened int64
	}
	var rows []found
	err := db.Tx(ctx).Raw(`SELECT d.account_id AS of, MAX(k.happened) AS happened FROM deal d JOIN deal_line k ON k.deal_id = d.id AND k.counts JOIN product p ON p.org_id = k.supplier_id AND p.sku = k.sku
WHERE d.registrant_id = ? AND d.account_id <> '' AND d.account_id IN ?`+fam+` GROUP BY d.account_id`, with(org, distinct(ids))...).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		out.byID[r.Of] = db.FromMicros(r.Happened).Format(time.DateOnly)
	}
	for _, q := range []struct {
		column, is string
		of         []string
		into       map[string]string
	}{{"customer_code", "l.customer_code", codes, out.byCode}, {"customer_name", "LOWER(l.customer_name)", names, out.byName}} {
		rows = nil
		err = db.Tx(ctx).Raw(`SELECT `+q.is+` AS of, MAX(CASE WHEN l.sold_to <> '' THEN l.sold_to ELSE l.sold_from END) AS day FROM sell_line l JOIN sell_report r ON r.id = l.report_id JOIN product p ON p.org_id = r.supplier_id AND p.id = l.product_id
WHERE l.`+q.column+` <> '' AND `+q.is+` IN ? AND r.reseller_id = ? AND r.state = 'current' AND l.kind = 'sale'`+fam+` GROUP BY `+q.is, with(distinct(q.of), org)...).Scan(&rows).Error
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			q.into[r.Of] = r.Day
		}
	}
	return out, nil
}

func distinct(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

func customersOf(list []candidate) []string {
	out := make([]string, len(list))
	for i, k := range list {
		out[i] = string(k.Customer)
	}
	return distinct(out)
}

// standings say what the leads and registrations of a company are about the customers of some
// contacts.
func standings(ctx context.Context, org string, list []candidate) (map[customer.ID]standing, error) {
	var rows []struct {
		Customer        string
		Open, Won, Lost int
	}
	ids := customersOf(list)
	err := db.Tx(ctx).Raw(`SELECT customer_id AS customer, MAX(CASE WHEN state IN ('new', 'routed', 'unplaced', 'accepted', 'working') THEN 1 ELSE 0 END) AS open, MAX(CASE WHEN state = 'converted' THEN 1 ELSE 0 END) AS won, MAX(CASE WHEN state = 'lost' THEN 1 ELSE 0 END) AS lost FROM lead WHERE org_id = ? AND customer_id IN ? GROUP BY customer_id
UNION ALL SELECT account_id, MAX(CASE WHEN pen <> 'withdrawn' AND decision IN ('none', 'pending', 'registered', 'protected', 'waiting') THEN 1 ELSE 0 END), MAX(CASE WHEN decision = 'won' THEN 1 ELSE 0 END), MAX(CASE WHEN decision = 'lost' THEN 1 ELSE 0 END) FROM deal WHERE registrant_id = ? AND account_id <> '' AND account_id IN ? GROUP BY account_id`, org, ids, org, ids).Scan(&rows).Error
	out := map[customer.ID]standing{}
	for _, r := range rows {
		st := out[customer.ID(r.Customer)]
		out[customer.ID(r.Customer)] = standing{st.open || r.Open == 1, st.won || r.Won == 1, st.lost || r.Lost == 1}
	}
	return out, err
}

// inIndustries are the customers of some contacts that are of some industries by the leads of
// the company.
func inIndustries(ctx context.Context, org string, asked []string, list []candidate) (map[customer.ID]bool, error) {
	var ids []customer.ID
	err := db.Tx(ctx).Raw(`SELECT DISTINCT customer_id FROM lead WHERE org_id = ? AND industry IN ? AND customer_id IN ?`, org, asked, customersOf(list)).Scan(&ids).Error
	out := map[customer.ID]bool{}
	for _, id := range ids {
		out[id] = true
	}
	return out, err
}

// choices are the countries of a company's customers, the industries of its leads, and the
// families its customers bought.
func choices(ctx context.Context, org string) (out Choices, err error) {
	for _, q := range []struct {
		sql  string
		into *[]string
		n    int
	}{
		{`SELECT DISTINCT country FROM customer WHERE org_id = ? AND state = 'active' AND country <> '' ORDER BY country`, &out.Countries, 1},
		{`SELECT DISTINCT industry FROM lead WHERE org_id = ? AND industry <> '' ORDER BY industry LIMIT 100`, &out.Industries, 1},
		{`SELECT p.family FROM deal d JOIN deal_line k ON k.deal_id = d.id AND k.counts JOIN product p ON p.org_id = k.supplier_id AND p.sku = k.sku WHERE d.registrant_id = ? AND d.account_id <> '' AND p.family <> ''
UNION SELECT p.family FROM sell_report r JOIN sell_line l ON l.report_id = r.id JOIN product p ON p.org_id = r.supplier_id AND p.id = l.product_id WHERE r.reseller_id = ? AND r.state = 'current' AND l.kind = 'sale' AND (l.customer_code <> '' OR l.customer_name <> '') AND p.family <> '' ORDER BY 1 LIMIT 100`, &out.Families, 2},
	} {
		args := []any{org, org}[:q.n]
		if err := db.Tx(ctx).Raw(q.sql, args...).Scan(q.into).Error; err != nil {
			return out, err
		}
	}
	return out, nil
}
