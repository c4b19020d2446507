package courier

import (
	"context"
	"fmt"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/fault"
)

// Reconcile is silent about what is whole and about what a killed process leaves, and
// names each thing that was lost or altered, and only that.
func TestReconcile(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := openDesk(t, d)
		k.order()
		exec := func(query string, args ...any) {
			t.Helper()
			if err := d.InTx(t.Context(), func(ctx context.Context) error { return db.Tx(ctx).Exec(query, args...).Error }); err != nil {
				t.Fatal(err)
			}
		}
		row := func(where string) messageRow {
			t.Helper()
			var r messageRow
			if err := d.View(t.Context(), func(ctx context.Context) error { return db.Tx(ctx).Where(where).Take(&r).Error }); err != nil {
				t.Fatal(err)
			}
			return r
		}
		operator := access.Actor{Person: "command", Operator: true, Via: "system:command"}
		found := func() string {
			t.Helper()
			var out gateway.Reconciled
			if err := Reconcile(t.Context(), operator, d, k.s.Blobs, &out); err != nil {
				t.Fatal(err)
			}
			if out.Messages != 2 {
				t.Errorf("%d messages compared", out.Messages)
			}
			said := ""
			for _, x := range out.Discrepancies {
				said += fmt.Sprintln(x.Rule, x.ID)
			}
			return said
		}
		if said := found(); said != "" {
			t.Fatalf("of what is whole: %s", said)
		}
		in, out := row("direction = 'in'"), row("direction = 'out'")

		// What a kill leaves: a message claimed and not packed, one sent and not settled,
		// one whose receipt is still to be sent, bytes that no row names.
		exec("UPDATE as2_message SET state = 'queued', proved = ?, blob = '', message_id = '', next_at = 9, attempts = 1, fence = 1, receipt = NULL WHERE id = ?", false, out.ID)
		exec("UPDATE interchange SET delivery = 'sending' WHERE id = ?", out.Interchanges)
		var half gateway.Reconciled
		if err := Reconcile(t.Context(), operator, d, k.s.Blobs, &half); err != nil || len(half.Discrepancies) > 0 {
			t.Errorf("claimed, not packed: %v %v", half.Discrepancies, err)
		}
		exec("UPDATE as2_message SET proved = ?, blob = ?, message_id = ?, next_at = 9 WHERE id = ?", true, out.Blob, out.MessageID, out.ID)
		exec("UPDATE as2_message SET next_at = 9 WHERE id = ?", in.ID)
		if said := found(); said != "" {
			t.Errorf("sent, not settled: %s", said)
		}
		// The same, and nobody will come back to it.
		exec("UPDATE as2_message SET next_at = 0 WHERE id = ?", out.ID)
		if said := found(); said != fmt.Sprintln(RuleCarriedByNone, out.Interchanges) {
			t.Errorf("forgotten: %s", said)
		}
		exec("UPDATE interchange SET delivery = 'delivered' WHERE id = ?", out.Interchanges)
		exec("UPDATE as2_message SET state = 'delivered', receipt = ? WHERE id = ?", out.Receipt, out.ID)
		if said := found(); said != "" {
			t.Fatalf("put back: %s", said)
		}

		missing := db.NewID()
		for _, c := range []struct{ rule, id, column, value string }{
			{RuleMessageMissing, in.ID, "blob", fmt.Sprintf("%064d", 0)},
			{RuleMessageAltered, in.ID, "body_hash", fmt.Sprintf("%064d", 0)},
			{RuleMessageAltered, out.ID, "blob", in.Blob},
			{RuleMessageEmpty, in.ID, "interchanges", ""},
			{RuleMessageStray, in.ID, "interchanges", in.Interchanges + "," + missing},
			{RuleMessageStray, out.ID, "interchanges", missing},
			{RuleReceiptMissing, in.ID, "receipt", ""},
			{RuleReceiptMissing, out.ID, "receipt", ""},
			{RuleReceiptOther, in.ID, "receipt", string(out.Receipt)},
			{RuleReceiptOther, in.ID, "message_id", "another@kestrel"},
			{RuleReceiptOther, in.ID, "mic", "AAAA, sha-256"},
			{RuleReceiptOther, out.ID, "message_id", "another@entente"},
			{RuleStrayArrival, in.Interchanges, "submission_id", "lost"},
		} {
			message := c.id
			if c.rule == RuleStrayArrival {
				message = in.ID
			}
			was := row(fmt.Sprintf("id = '%s'", message))
			value := any(c.value)
			if c.column == "receipt" {
				value = []byte(c.value)
			}
			exec("UPDATE as2_message SET "+c.column+" = ? WHERE id = ?", value, message)
			if said := found(); said != fmt.Sprintln(c.rule, c.id) {
				t.Errorf("%s with another %s: %s", c.rule, c.column, said)
			}
			exec("UPDATE as2_message SET blob = ?, body_hash = ?, interchanges = ?, receipt = ?, message_id = ?, mic = ?, submission_id = ? WHERE id = ?",
				was.Blob, was.BodyHash, was.Interchanges, was.Receipt, was.MessageID, was.Mic, was.SubmissionID, message)
		}
		if said := found(); said != "" {
			t.Errorf("put back: %s", said)
		}
		if err := Reconcile(t.Context(), admin(aurelia), d, k.s.Blobs, &gateway.Reconciled{}); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a company's admin: %v", err)
		}
	})
}
