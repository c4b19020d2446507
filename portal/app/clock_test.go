package app

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/job"
	"entente/edi/courier"
	"entente/edi/doc"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/account"
)

// An overdue acknowledgement is told to the EDI people of the company that waits; the
// question for it goes to the other company and into the room of both, with the numbers.
func overdueIsToldAndAskedFor(t *testing.T, a *App) {
	var id, control, sender, receiver string
	scan := func(to *string, query string, args ...any) {
		t.Helper()
		if err := a.db.View(t.Context(), func(ctx context.Context) error { return db.Tx(ctx).Raw(query, args...).Scan(to).Error }); err != nil {
			t.Fatal(err)
		}
	}
	var partnership string
	scan(&partnership, "SELECT p.id FROM partnership p JOIN org r ON r.id = p.reseller_id WHERE r.slug = 'kestrel'")
	scan(&sender, "SELECT supplier_id FROM partnership WHERE id = ?", partnership)
	scan(&receiver, "SELECT reseller_id FROM partnership WHERE id = ?", partnership)
	answer := doc.OrderAck{Purpose: "00", Type: "AD", Number: "CLOCK-1", Date: "2026-11-20", Lines: []doc.AckLine{{
		Line:      doc.Line{Number: "1", Quantity: "12", Unit: "EA", Price: "84.00", Items: []doc.ItemID{{Qualifier: "VP", ID: "AUR-D18B"}}, VendorItem: "AUR-D18B"},
		Responses: []doc.Response{{Status: "IA", Quantity: "12", Unit: "EA"}},
	}}}
	sent, err := a.gateway.Emit(t.Context(), access.System("test", sender), gateway.Outgoing{
		Supplier: sender, Reseller: receiver, Partnership: partnership, From: sender, Sender: gateway.Identity{Qualifier: "ZZ", Value: "AURELIATOOLS"}, Receiver: gateway.Identity{Qualifier: "ZZ", Value: "KESTRELSUPPLY"},
		Kind: "855", Doc: &answer, DocumentKind: "order_response", DocumentID: db.NewID(), Number: "CLOCK-1",
	})
	if err != nil {
		t.Fatal(err)
	}
	id, control = sent.ID, sent.Control
	if err := a.gateway.Fetched(t.Context(), access.System("test", receiver), id); err != nil {
		t.Fatal(err)
	}
	notices := func(org, kind, part string) string {
		var n string
		scan(&n, "SELECT CAST(count(*) AS TEXT) FROM notice WHERE org_id = ? AND kind = ? AND subject_id = ? AND args LIKE ?", org, kind, id, "%"+part+"%")
		return n
	}
	idle := func() {
		t.Helper()
		if err := a.jobs.Idle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	a.overdueTold(t, sender)
	if us, them := notices(sender, "edi.overdue", control), notices(receiver, "edi.overdue", ""); us == "0" || them != "0" {
		t.Errorf("told of what is overdue: %s of ours, %s of theirs", us, them)
	}
	if err := a.gateway.AskAcknowledgement(t.Context(), access.System("test", sender), id); err != nil {
		t.Fatal(err)
	}
	idle()
	if us, them := notices(sender, "edi.asked", ""), notices(receiver, "edi.asked", control); us != "0" || them == "0" {
		t.Errorf("told of the question: %s of ours, %s of theirs", us, them)
	}
	var lines string
	scan(&lines, `SELECT CAST(count(*) AS TEXT) FROM message m JOIN room r ON r.id = m.room_id WHERE m.event_kind = 'edi.asked' AND r.subject_kind = 'partnership' AND m.args LIKE ?`, "%"+control+"%")
	if lines != "1" {
		t.Errorf("%s lines in the room", lines)
	}

	// A receipt (MDN) that does not come is told to the company that sent, by its own words.
	err = a.db.InTx(db.WithOrgs(t.Context(), sender, receiver), func(ctx context.Context) error {
		return a.jobs.Publish(ctx, job.Event{Kind: courier.EventUnproved, Version: 1, Orgs: []string{sender, receiver}, Object: id, Payload: courier.MessageEvent{
			Message: db.NewID(), Interchange: id, Partnership: partnership, Supplier: sender, Reseller: receiver, Sender: sender, Reason: courier.ReceiptOverdue,
		}})
	})
	if err != nil {
		t.Fatal(err)
	}
	idle()
	if us, them := notices(sender, "as2.overdue", ""), notices(receiver, "as2.overdue", ""); us == "0" || them != "0" {
		t.Errorf("told of a receipt that is overdue: %s of ours, %s of theirs", us, them)
	}

	// A server that lets nobody in is told to both at once, in words for how it said so: the
	// name and password, or whom it lets in, are its company's. That of a company's own SFTP server is told to it alone.
	err = a.db.InTx(db.WithOrgs(t.Context(), sender, receiver), func(ctx context.Context) error {
		locked := func(reason string) courier.MessageEvent {
			return courier.MessageEvent{Message: db.NewID(), Interchange: id, Partnership: partnership, Supplier: sender, Reseller: receiver, Sender: sender, Reason: reason}
		}
		for _, payload := range []any{
			locked("courier.http_login_refused"), locked(courier.Denied),
			gateway.RemoteEvent{Org: sender, Remote: db.NewID(), Name: "Leeds", Reason: "sftp.signin_refused", Refused: true},
		} {
			kind := courier.EventLocked
			if _, ok := payload.(gateway.RemoteEvent); ok {
				kind = gateway.EventRemote
			}
			if err := a.jobs.Publish(ctx, job.Event{Kind: kind, Version: 1, Orgs: []string{sender, receiver}, Object: id, Payload: payload}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	idle()
	for kind, want := range map[string][2]bool{"as2.locked": {true, false}, "as2.locked_own": {false, true}, "as2.denied": {true, false}, "as2.denied_own": {false, true}, "edi.server_refused": {true, false}} {
		var us, them string
		scan(&us, "SELECT CAST(count(*) AS TEXT) FROM notice WHERE org_id = ? AND kind = ?", sender, kind)
		scan(&them, "SELECT CAST(count(*) AS TEXT) FROM notice WHERE org_id = ? AND kind = ?", receiver, kind)
		if (us != "0") != want[0] || (them != "0") != want[1] {
			t.Errorf("told of %s: %s of ours, %s of theirs", kind, us, them)
		}
	}

	// An order is told to its supplier by whatever door it came, once to each of those who confirm
	// orders, and not to the company that ordered.
	const number = "CLOCK-EDI-1"
	order := interchange850(77_700_001, []string{number})
	if _, err := a.gateway.Receive(t.Context(), access.Station("token:clock", receiver), gateway.Submission{Reader: bytes.NewReader(order), Door: "api"}); err != nil {
		t.Fatal(err)
	}
	idle()
	var us, them, managers string
	scan(&us, "SELECT CAST(count(*) AS TEXT) FROM notice WHERE org_id = ? AND kind = 'order.received' AND args LIKE ?", sender, "%"+number+"%")
	scan(&them, "SELECT CAST(count(*) AS TEXT) FROM notice WHERE org_id = ? AND kind = 'order.received' AND args LIKE ?", receiver, "%"+number+"%")
	scan(&managers, "SELECT CAST(count(*) AS TEXT) FROM membership WHERE org_id = ? AND state = 'active' AND roles LIKE '%manager%'", sender)
	if us != managers || us == "0" || them != "0" {
		t.Errorf("%s of %s managers of the supplier are told of an order by EDI, and %s of the company that ordered", us, managers, them)
	}

	overdueIsToldToWhoCovers(t, a, sender, receiver, partnership, answer)
	overdueOnAHoliday(t, a, sender, receiver, partnership, answer)
}

// opens is when the company is open from at on.
func (a *App) opens(t *testing.T, org string, at time.Time) (out time.Time) {
	t.Helper()
	if err := a.db.View(db.WithOrgs(t.Context(), org), func(ctx context.Context) (err error) {
		out, err = openHours{}.Opens(ctx, org, at)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func (a *App) clockAt(t *testing.T, at time.Time) {
	t.Helper()
	err := a.gateway.Overdue(db.WithNow(t.Context(), at))
	if err == nil {
		err = a.jobs.Idle(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// overdueTold runs the clock in the first open hour of the company after what was sent
// now is overdue, whatever the weekday.
func (a *App) overdueTold(t *testing.T, org string) {
	t.Helper()
	a.clockAt(t, a.opens(t, org, time.Now().Add(25*time.Hour)))
}

// What is overdue on 25 December is late on the page at once; people are told in the next
// open hour, once, and who covers is reckoned then.
func overdueOnAHoliday(t *testing.T, a *App, sender, receiver, partnership string, answer doc.OrderAck) {
	answer.Number = "CLOCK-4"
	sent, err := a.gateway.Emit(t.Context(), access.System("test", sender), gateway.Outgoing{
		Supplier: sender, Reseller: receiver, Partnership: partnership, From: sender, Sender: gateway.Identity{Qualifier: "ZZ", Value: "AURELIATOOLS"}, Receiver: gateway.Identity{Qualifier: "ZZ", Value: "KESTRELSUPPLY"},
		Kind: "855", Doc: &answer, DocumentKind: "order_response", DocumentID: db.NewID(), Number: answer.Number,
	})
	if err == nil {
		err = a.gateway.Fetched(t.Context(), access.System("test", receiver), sent.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	told := func() (out string) {
		t.Helper()
		if err := a.db.View(t.Context(), func(ctx context.Context) error {
			var emails []string
			err := db.Tx(ctx).Raw("SELECT p.email FROM notice n JOIN person p ON p.id = n.person_id WHERE n.org_id = ? AND n.kind = 'edi.overdue' AND n.subject_id = ? ORDER BY p.email", sender, sent.ID).Scan(&emails).Error
			out = strings.Join(emails, " ")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return out
	}
	late := func() bool {
		t.Helper()
		m, err := a.gateway.Get(t.Context(), access.System("test", sender), sent.ID)
		if err != nil {
			t.Fatal(err)
		}
		return m.Wait.Late()
	}
	now := time.Now().UTC()
	christmas := time.Date(now.Year(), 12, 25, 10, 0, 0, 0, time.UTC)
	if christmas.Before(now.Add(25 * time.Hour)) {
		christmas = christmas.AddDate(1, 0, 0)
	}
	opens := a.opens(t, sender, christmas)
	if opens.Sub(christmas) < 24*time.Hour-10*time.Hour {
		t.Fatalf("it works at Christmas: %v", opens)
	}
	a.clockAt(t, christmas)
	if got := told(); !late() || got != "" {
		t.Errorf("on the holiday: late %t, told %q", late(), got)
	}
	var tomas, ingrid string
	if err := a.db.View(t.Context(), func(ctx context.Context) error {
		return db.Tx(ctx).Raw("SELECT (SELECT id FROM person WHERE email = 'tomas@aurelia.example'), (SELECT id FROM person WHERE email = 'ingrid@aurelia.example')").Row().Scan(&tomas, &ingrid)
	}); err != nil {
		t.Fatal(err)
	}
	who := access.Actor{Person: tomas, Org: sender, Roles: []access.Role{access.EDI}, Via: "session:test"}
	away, err := a.accounts.AddAbsence(t.Context(), who, account.AbsenceCmd{From: opens.AddDate(0, 0, -2).Format(time.DateOnly), To: opens.AddDate(0, 0, 5).Format(time.DateOnly), Cover: ingrid})
	if err != nil {
		t.Fatal(err)
	}
	a.clockAt(t, opens.Add(-time.Minute))
	if got := told(); got != "" {
		t.Errorf("before it opens: %q", got)
	}
	a.clockAt(t, opens)
	a.clockAt(t, opens.Add(time.Hour))
	if got := told(); got != "ingrid@aurelia.example" {
		t.Errorf("when it opened: %q", got)
	}
	if err := a.accounts.RemoveAbsence(t.Context(), who, away.ID); err != nil {
		t.Fatal(err)
	}
}

// While who holds the role is away, who covers is told of an overdue acknowledgement, and
// nobody else; afterwards the holder again.
func overdueIsToldToWhoCovers(t *testing.T, a *App, sender, receiver, partnership string, answer doc.OrderAck) {
	person := func(email string) (id string) {
		t.Helper()
		if err := a.db.View(t.Context(), func(ctx context.Context) error {
			return db.Tx(ctx).Raw("SELECT id FROM person WHERE email = ?", email).Scan(&id).Error
		}); err != nil || id == "" {
			t.Fatal(email, err)
		}
		return id
	}
	tomas, ingrid, wen := person("tomas@aurelia.example"), person("ingrid@aurelia.example"), person("wen@aurelia.example")
	told := func(number string) (out map[string]int) {
		t.Helper()
		answer.Number = number
		sent, err := a.gateway.Emit(t.Context(), access.System("test", sender), gateway.Outgoing{
			Supplier: sender, Reseller: receiver, Partnership: partnership, From: sender, Sender: gateway.Identity{Qualifier: "ZZ", Value: "AURELIATOOLS"}, Receiver: gateway.Identity{Qualifier: "ZZ", Value: "KESTRELSUPPLY"},
			Kind: "855", Doc: &answer, DocumentKind: "order_response", DocumentID: db.NewID(), Number: number,
		})
		if err == nil {
			err = a.gateway.Fetched(t.Context(), access.System("test", receiver), sent.ID)
		}
		if err == nil {
			a.overdueTold(t, sender)
		}
		if err != nil {
			t.Fatal(err)
		}
		out = map[string]int{}
		for _, id := range []string{tomas, ingrid, wen} {
			var n int
			if err := a.db.View(t.Context(), func(ctx context.Context) error {
				return db.Tx(ctx).Raw("SELECT count(*) FROM notice WHERE org_id = ? AND person_id = ? AND kind = 'edi.overdue' AND subject_id = ?", sender, id, sent.ID).Scan(&n).Error
			}); err != nil {
				t.Fatal(err)
			}
			out[id] = n
		}
		return out
	}
	who := access.Actor{Person: tomas, Org: sender, Roles: []access.Role{access.EDI}, Via: "session:test"}
	away, err := a.accounts.AddAbsence(t.Context(), who, account.AbsenceCmd{From: time.Now().AddDate(0, 0, -2).Format(time.DateOnly), To: time.Now().AddDate(0, 0, 5).Format(time.DateOnly), Cover: ingrid})
	if err != nil {
		t.Fatal(err)
	}
	if got := told("CLOCK-2"); got[tomas] != 0 || got[ingrid] != 1 || got[wen] != 0 {
		t.Errorf("while the holder is away: %v", got)
	}
	if err := a.accounts.RemoveAbsence(t.Context(), who, away.ID); err != nil {
		t.Fatal(err)
	}
	if got := told("CLOCK-3"); got[tomas] != 1 || got[ingrid] != 0 || got[wen] != 0 {
		t.Errorf("back again: %v", got)
	}
}
