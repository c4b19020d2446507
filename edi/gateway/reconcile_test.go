package gateway

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"entente/db"
	"entente/prm/access"
)

// row inserts a row; columns that are not named are empty, 0 or false.
func row(ctx context.Context, t *testing.T, table string, values map[string]any) {
	t.Helper()
	rows, err := db.Tx(ctx).Raw("SELECT * FROM " + table + " WHERE 1 = 0").Rows()
	if err != nil {
		t.Fatal(err)
	}
	types, err := rows.ColumnTypes()
	_ = rows.Close()
	if err != nil {
		t.Fatal(err)
	}
	var names, marks []string
	var args []any
	for _, c := range types {
		v, named := values[c.Name()]
		switch kind := strings.ToUpper(c.DatabaseTypeName()); {
		case named:
		case strings.Contains(kind, "TEXT"):
			v = ""
		case strings.Contains(kind, "BOOL"):
			v = false
		default:
			v = 0
		}
		names, marks, args = append(names, c.Name()), append(marks, "?"), append(args, v)
	}
	if err := db.Tx(ctx).Exec("INSERT INTO "+table+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(marks, ", ")+")", args...).Error; err != nil {
		t.Fatalf("%s: %v", table, err)
	}
}

// TestReconcileFindsEveryKind: a document of any kind that a set booked and that is gone,
// one that came twice and one that came from nowhere are told, each by its rule, and
// nothing is told of the same documents while they are whole.
func TestReconcileFindsEveryKind(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect()
		id := b.post(maya, fromKestrel(700, order("PO700")).String()).Interchanges[0].ID
		b.work()
		made := b.get(ingrid, id).Sets[0].DocumentID
		undo := errors.New("undo")
		// try changes something, wants the rules that are broken then, and takes it back.
		try := func(what, want string, change func(ctx context.Context, exec func(string, ...any))) {
			t.Helper()
			err := b.d.InTx(t.Context(), func(ctx context.Context) error {
				exec := func(query string, args ...any) {
					t.Helper()
					if err := db.Tx(ctx).Exec(query, args...).Error; err != nil {
						t.Fatalf("%s: %v", what, err)
					}
				}
				row(ctx, t, "purchase_order", map[string]any{"id": made, "supplier_id": aurelia, "reseller_id": kestrel, "partnership_id": withKestrel.ID, "number": "PO700", "interchange_id": id, "set_no": 1})
				change(ctx, exec)
				out, err := b.s.Reconcile(ctx, access.Actor{Person: "op", Operator: true, Via: "session:x"})
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				var got []string
				for _, d := range out.Discrepancies {
					got = append(got, d.Rule)
				}
				slices.Sort(got)
				if text := strings.Join(got, " "); text != want {
					t.Errorf("%s: %q, want %q: %+v", what, text, want, out.Discrepancies)
				}
				return undo
			})
			if !errors.Is(err, undo) {
				t.Fatalf("%s: %v", what, err)
			}
		}
		put := func(ctx context.Context, table, key string, more map[string]any) {
			t.Helper()
			v := map[string]any{"id": key, "order_id": made, "supplier_id": aurelia, "reseller_id": kestrel, "owner_id": aurelia, "org_id": kestrel, "partnership_id": withKestrel.ID,
				"number": key, "source_key": key, "made_by": "somebody", "interchange_id": id, "set_no": 1, "outcome": "booked", "kind": "x"}
			switch table {
			case "invoice", "order_response": // theirs is the interchange that we sent
				v["interchange_id"] = ""
			}
			for k, x := range more {
				v[k] = x
			}
			row(ctx, t, table, v)
		}
		says := "UPDATE edi_set SET document_kind = ?, document_id = ? WHERE interchange_id = ? AND position = 1"
		second := "INSERT INTO edi_set (interchange_id, position, supplier_id, reseller_id, group_no, group_kind, group_control, group_version, kind, control, implementation, segments, start_at, size, result, business, business_key, document_kind, document_id, answered, findings)" +
			" SELECT interchange_id, 2, supplier_id, reseller_id, group_no, group_kind, group_control, group_version, kind, '0002', implementation, segments, start_at, size, result, business, business_key, document_kind, document_id, answered, findings FROM edi_set WHERE interchange_id = ?"
		try("whole", "", func(context.Context, func(string, ...any)) {})
		for kind, table := range documentTables {
			if kind == "order" {
				try("an order is gone", RuleBookedNothing, func(_ context.Context, exec func(string, ...any)) {
					exec("DELETE FROM purchase_order WHERE id = ?", made)
				})
				continue
			}
			try(kind+" is there", "", func(ctx context.Context, exec func(string, ...any)) {
				put(ctx, table, "D1", nil)
				exec(says, kind, "D1", id)
			})
			try(kind+" is gone", RuleBookedNothing, func(ctx context.Context, exec func(string, ...any)) {
				put(ctx, table, "D1", nil)
				exec(says, kind, "D1", id)
				exec("DELETE FROM "+table+" WHERE id = ?", "D1")
			})
			if kind == "order_change" || kind == "goods_return" || kind == "reply" {
				continue
			}
			try(kind+" of two sets", RuleDocumentTwice, func(ctx context.Context, exec func(string, ...any)) {
				put(ctx, table, "D1", nil)
				exec(says, kind, "D1", id)
				exec(second, id)
				exec("UPDATE interchange SET sets_done = 2 WHERE id = ?", id)
			})
		}
		try("a kind that nobody knows", RuleBookedNothing, func(_ context.Context, exec func(string, ...any)) { exec(says, "rumour", "D1", id) })
		try("the record of a reply that waits is gone", RuleBookedNothing, func(_ context.Context, exec func(string, ...any)) {
			exec(says, "reply", "D1", id)
			exec("UPDATE edi_set SET business = ? WHERE interchange_id = ?", BusinessWaiting, id)
		})
		try("an order of two arrivals", RuleDocumentTwice, func(ctx context.Context, _ func(string, ...any)) {
			put(ctx, "order_arrival", "A1", map[string]any{"interchange_id": ""})
			put(ctx, "order_arrival", "A2", map[string]any{"interchange_id": ""})
		})
		for _, table := range settable {
			if table != "claim_notice" {
				try("one set made two of "+table, RuleBookedTwice, func(ctx context.Context, _ func(string, ...any)) {
					if table != "purchase_order" { // one stands there
						put(ctx, table, "D1", nil)
					}
					put(ctx, table, "D2", map[string]any{"outcome": "held"}) // two booked ones break another rule too
				})
			}
			want := RuleStrayDocument
			switch table {
			case "order_arrival":
				want = RuleStrayOrder
			case "purchase_order": // its arrival says where it came from
				continue
			}
			try(table+" of no set", want, func(ctx context.Context, _ func(string, ...any)) { put(ctx, table, "D1", map[string]any{"set_no": 9}) })
			try(table+" of a refused set", want, func(ctx context.Context, exec func(string, ...any)) {
				put(ctx, table, "D1", nil)
				exec("UPDATE edi_set SET business = ? WHERE interchange_id = ?", BusinessRefused, id)
			})
		}
		try("a stock report that no set names", RuleStrayDocument, func(ctx context.Context, _ func(string, ...any)) { put(ctx, "stock_report", "D1", nil) })
		for _, table := range []string{"order_response", "shipment", "invoice"} {
			try(table+" doubled", RuleStrayDocument, func(ctx context.Context, _ func(string, ...any)) {
				put(ctx, table, "D1", map[string]any{"made_by": ""})
				put(ctx, table, "D2", map[string]any{"made_by": ""})
				put(ctx, "trade_reply", "R1", map[string]any{"made_id": "D1", "kind": table})
			})
		}
		try("what a sender was told of is gone", RuleReceiptLost, func(ctx context.Context, _ func(string, ...any)) {
			row(ctx, t, "audit", map[string]any{"id": "L1", "action": "edi.receive", "outcome": "done", "subject_id": "GONE"})
		})
		try("what a sender was told of, the second of a file", RuleReceiptLost, func(ctx context.Context, _ func(string, ...any)) {
			row(ctx, t, "edi_submission", map[string]any{"id": "S1", "answer": `{"interchanges": [{"id": "` + id + `"}, {"id": "GONE"}]}`})
		})
		try("made by no person, and the order has no reply", "", func(ctx context.Context, _ func(string, ...any)) {
			put(ctx, "invoice", "D1", map[string]any{"made_by": ""})
			put(ctx, "invoice", "D2", map[string]any{"made_by": ""})
		})
		try("a ship notice for two orders", "", func(ctx context.Context, _ func(string, ...any)) {
			put(ctx, "shipment", "D1", map[string]any{"made_by": "", "number": "ASN7"})
			put(ctx, "shipment", "D2", map[string]any{"made_by": "", "number": "ASN7/2"})
			put(ctx, "trade_reply", "R1", map[string]any{"made_id": "D1", "kind": "shipment", "number": "ASN7"})
		})
	})
}
