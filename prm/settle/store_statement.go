package settle

import (
	"context"
	"slices"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/money"
	"entente/prm/trade"
)

// balanceBefore adds up all documents before the period.
func balanceBefore(ctx context.Context, st *Statement) (int64, error) {
	var n int64
	err := db.Tx(ctx).Raw(`SELECT COALESCE((SELECT SUM(gross) FROM invoice WHERE supplier_id = ? AND reseller_id = ? AND currency = ? AND issued_on < ?), 0)
		- COALESCE((SELECT SUM(total) FROM payment WHERE supplier_id = ? AND reseller_id = ? AND currency = ? AND paid_on < ? AND outcome = 'booked'), 0)`,
		st.Supplier, st.Reseller, string(st.Currency), st.From, st.Supplier, st.Reseller, string(st.Currency), st.From).Scan(&n).Error
	return n, err
}

type entryRow struct {
	ID, Number, Kind, OrderID, OrderNumber, Day, Due string
	Amount, Settled, Orders                          int64
}

func (r entryRow) entry(c money.Currency) Entry {
	return Entry{Date: r.Day, Kind: r.Kind, ID: r.ID, Number: r.Number, Order: trade.OrderID(r.OrderID), OrderNo: r.OrderNumber, Orders: int(r.Orders), Due: r.Due, Amount: money.Amount{Minor: r.Amount, Currency: c}}
}

// entriesOf reads the documents of the period, one more than a statement holds.
func entriesOf(ctx context.Context, st *Statement) ([]Entry, error) {
	var rows, paid []entryRow
	err := db.Tx(ctx).Raw(`SELECT i.id, i.number, i.kind, i.order_id, o.number AS order_number, i.issued_on AS day, i.due_on AS due, i.orders, i.gross AS amount FROM invoice i JOIN purchase_order o ON o.id = i.order_id
		WHERE i.supplier_id = ? AND i.reseller_id = ? AND i.currency = ? AND i.issued_on >= ? AND i.issued_on <= ? ORDER BY i.issued_on, i.id LIMIT ?`,
		st.Supplier, st.Reseller, string(st.Currency), st.From, st.To, MaxEntries+1).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	err = db.Tx(ctx).Raw(`SELECT id, number, 'payment' AS kind, paid_on AS day, -total AS amount FROM payment WHERE supplier_id = ? AND reseller_id = ? AND currency = ? AND paid_on >= ? AND paid_on <= ? AND outcome = 'booked' ORDER BY paid_on, id LIMIT ?`,
		st.Supplier, st.Reseller, string(st.Currency), st.From, st.To, MaxEntries+1).Scan(&paid).Error
	out := make([]Entry, 0, len(rows)+len(paid))
	for _, r := range append(rows, paid...) {
		out = append(out, r.entry(st.Currency))
	}
	return out, err
}

// openItems are the invoices and credits that are not settled, by due date.
func openItems(ctx context.Context, supplier, reseller, currency string) ([]OpenItem, error) {
	var rows []entryRow
	err := db.Tx(ctx).Raw(`SELECT i.id, i.number, i.kind, i.order_id, o.number AS order_number, i.issued_on AS day, i.due_on AS due, i.orders, i.gross AS amount, COALESCE(s.settled, 0) AS settled
		FROM invoice i JOIN purchase_order o ON o.id = i.order_id LEFT JOIN (SELECT invoice_id, SUM(amount) AS settled FROM settlement WHERE supplier_id = ? AND reseller_id = ? GROUP BY invoice_id) s ON s.invoice_id = i.id
		WHERE i.supplier_id = ? AND i.reseller_id = ? AND i.currency = ? AND i.gross <> COALESCE(s.settled, 0) ORDER BY i.due_on, i.id LIMIT ?`, supplier, reseller, supplier, reseller, currency, MaxEntries).Scan(&rows).Error
	var out []OpenItem
	for _, r := range rows {
		e := r.entry(money.Currency(currency))
		left := e.Amount
		left.Minor -= r.Settled
		out = append(out, OpenItem{Entry: e, Left: left})
	}
	return out, err
}

// restItems are the payments of which something settled nothing, below zero.
func restItems(ctx context.Context, supplier, reseller, currency string) ([]OpenItem, error) {
	var rows []entryRow
	err := db.Tx(ctx).Raw(`SELECT p.id, p.number, 'payment' AS kind, p.paid_on AS day, -p.total AS amount, -COALESCE(s.settled, 0) AS settled FROM payment p
		LEFT JOIN (SELECT by_id, SUM(amount) AS settled FROM settlement WHERE supplier_id = ? AND reseller_id = ? AND by_kind = 'payment' GROUP BY by_id) s ON s.by_id = p.id
		WHERE p.supplier_id = ? AND p.reseller_id = ? AND p.currency = ? AND p.outcome = 'booked' AND p.total <> COALESCE(s.settled, 0) ORDER BY p.paid_on, p.id LIMIT ?`, supplier, reseller, supplier, reseller, currency, MaxEntries).Scan(&rows).Error
	var out []OpenItem
	for _, r := range rows {
		e := r.entry(money.Currency(currency))
		left := e.Amount
		left.Minor -= r.Settled
		out = append(out, OpenItem{Entry: e, Left: left})
	}
	return out, err
}

func pairDisputes(ctx context.Context, st *Statement) ([]disputeRow, error) {
	var rows []disputeRow
	return rows, db.Tx(ctx).Where("supplier_id = ? AND reseller_id = ? AND currency = ? AND state <> 'closed'", st.Supplier, st.Reseller, string(st.Currency)).Order("opened, id").Limit(500).Find(&rows).Error
}

// balances adds up the accounts of a company, both sides.
func balances(ctx context.Context, scope access.Scope, today string) ([]Balance, error) {
	type sum struct {
		SupplierID, ResellerID, Currency string
		Amount                           int64
	}
	at := map[[3]string]*Balance{}
	get := func(r sum) *Balance {
		k := [3]string{r.SupplierID, r.ResellerID, r.Currency}
		if at[k] == nil {
			c := money.Currency(r.Currency)
			zero := money.Amount{Currency: c}
			at[k] = &Balance{Supplier: r.SupplierID, Reseller: r.ResellerID, Currency: c, Balance: zero, Overdue: zero, Disputed: zero}
		}
		return at[k]
	}
	for _, q := range []struct {
		sql string
		put func(*Balance, int64)
		day bool
	}{
		{"SELECT supplier_id, reseller_id, currency, SUM(gross) AS amount FROM invoice WHERE (supplier_id = ? OR reseller_id = ?) GROUP BY supplier_id, reseller_id, currency", func(b *Balance, n int64) { b.Balance.Minor += n }, false},
		{"SELECT supplier_id, reseller_id, currency, SUM(total) AS amount FROM payment WHERE (supplier_id = ? OR reseller_id = ?) AND outcome = 'booked' GROUP BY supplier_id, reseller_id, currency", func(b *Balance, n int64) { b.Balance.Minor -= n }, false},
		{"SELECT i.supplier_id, i.reseller_id, i.currency, SUM(i.gross - COALESCE((SELECT SUM(s.amount) FROM settlement s WHERE s.invoice_id = i.id), 0)) AS amount FROM invoice i WHERE (i.supplier_id = ? OR i.reseller_id = ?) AND i.kind = 'invoice' AND i.due_on < ? GROUP BY i.supplier_id, i.reseller_id, i.currency", func(b *Balance, n int64) { b.Overdue.Minor += n }, true},
		{"SELECT supplier_id, reseller_id, currency, SUM(amount) AS amount FROM dispute WHERE (supplier_id = ? OR reseller_id = ?) AND state <> 'closed' GROUP BY supplier_id, reseller_id, currency", func(b *Balance, n int64) { b.Disputed.Minor += n }, false},
		{"SELECT supplier_id, reseller_id, currency, COUNT(*) AS amount FROM payment_issue WHERE (supplier_id = ? OR reseller_id = ?) AND state = 'open' GROUP BY supplier_id, reseller_id, currency", func(b *Balance, n int64) { b.Issues += int(n) }, false},
	} {
		args := []any{scope.Org(), scope.Org()}
		if q.day {
			args = append(args, today)
		}
		var rows []sum
		if err := db.Tx(ctx).Raw(q.sql, args...).Scan(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			q.put(get(r), r.Amount)
		}
	}
	var pairs []pair
	if err := db.Tx(ctx).Raw("SELECT id, supplier_id, reseller_id, state, currency FROM partnership WHERE supplier_id = ? OR reseller_id = ?", scope.Org(), scope.Org()).Scan(&pairs).Error; err != nil {
		return nil, err
	}
	ids := map[[2]string]string{}
	for _, p := range pairs {
		ids[[2]string{p.SupplierID, p.ResellerID}] = p.ID
	}
	var out []Balance
	for _, b := range at {
		b.Partnership = ids[[2]string{b.Supplier, b.Reseller}]
		out = append(out, *b)
	}
	slices.SortFunc(out, func(a, b Balance) int {
		return strings.Compare(a.Supplier+a.Reseller+string(a.Currency), b.Supplier+b.Reseller+string(b.Currency))
	})
	return out, nil
}
