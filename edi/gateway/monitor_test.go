package gateway

import (
	"fmt"
	"testing"
	"time"

	"entente/db"
	"entente/edi/x12"
	"entente/prm/access"
	"entente/prm/fault"
)

func TestMonitor(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		bad := order("PO601")
		bad[2] = "DTM*002*20261131"
		b.post(maya, fromKestrel(600, order("PO600")).String())
		b.post(maya, fromKestrel(601, bad, bad).String())
		worst := b.post(maya, fromKestrel(602, bad).String())
		b.work()
		late, _ := b.sent(603, false)
		b.later(30)
		held := b.post(maya, fromKestrel(604, order("PO604")).String())
		if err := b.s.Hold(t.Context(), ingrid, held.ID); err != nil {
			t.Fatal(err)
		}
		lost, _ := b.emit(Outgoing{
			Supplier: aurelia, Reseller: kestrel, Partnership: withKestrel.ID, From: aurelia, Sender: idAurelia, Receiver: idKestrel,
			Kind: "855", Doc: ackOf("PO605"), DocumentKind: "order_response", DocumentID: db.NewID(), Number: "PO605",
		})
		b.exec("UPDATE interchange SET delivery = 'failed' WHERE id = ?", lost.ID)

		m, err := b.s.Monitor(t.Context(), ingrid, Span{})
		if err != nil {
			t.Fatal(err)
		}
		in, out, refused := 0, 0, 0
		for _, s := range m.Slots {
			in, out, refused = in+s.In, out+s.Out, refused+s.Refused
		}
		b.want("slots", fmt.Sprint(len(m.Slots), in, out, refused), "24 4 2 2")
		b.want("states", fmt.Sprint(m.States), fmt.Sprint([]StateCount{{false, "rejected", 2}, {false, "accepted", 1}, {false, "held", 1}, {true, "failed", 1}, {true, "fetched", 1}}))
		b.want("late", fmt.Sprint(m.LateCount, m.Late[0].ID, m.Late[0].Reference), fmt.Sprint(1, late, "PO603"))
		b.want("stuck", fmt.Sprint(m.StuckCount, m.Stuck[0].ID), fmt.Sprint(1, held.ID))
		b.want("undelivered", fmt.Sprint(m.LostCount, m.Undelivered[0].ID), fmt.Sprint(1, lost.ID))
		if len(m.Errors) == 0 || m.Errors[0].Sets != 3 || m.Errors[0].Interchange != worst.ID || m.Errors[0].Position != 1 || m.Errors[0].Partner != kestrel || m.Looked != 2 {
			t.Errorf("errors: %d %+v", m.Looked, m.Errors)
		}
		mirror, err := b.s.Monitor(t.Context(), maya, Span{Since: time.Now().Add(-time.Hour), Slot: 2 * time.Hour, Slots: 1})
		if err != nil {
			t.Fatal(err)
		}
		b.want("the other side", fmt.Sprint(mirror.Slots[0].In, mirror.Slots[0].Out, mirror.LateCount, mirror.StuckCount, mirror.LostCount), "2 4 0 1 0")
		other, err := b.s.Monitor(t.Context(), kaarel, Span{})
		b.want("a competitor", fmt.Sprint(len(other.States), len(other.Recent), other.LateCount, other.StuckCount, other.LostCount, len(other.Errors), err), "0 0 0 0 0 0 <nil>")
		_, err = b.s.Monitor(t.Context(), person(aurelia, access.Viewer), Span{})
		b.fault("a viewer", err, fault.Forbidden, "")
	})
}

func TestSearchByAnyNumber(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.post(maya, fromKestrel(610, order("PO610")).String())
		b.work()
		id, number := b.sent(611, false)
		insert := `INSERT INTO as2_message (id, direction, partnership_id, supplier_id, reseller_id, sender_id, receiver_id, as2_from, as2_to, message_id, proved, interchanges, submission_id, headers, sent, blob, size, body_hash, content_hash, mic, mic_algorithm, security, file_names, state, disposition, reason, receipt_headers, receipt_url, receipt_mic, receipt_proved, lane, next_at, attempts, fence, last_error, happened, settled)
VALUES (?, ?, ?, ?, ?, ?, ?, 'A', 'B', ?, true, '', ?, '', '', '', 0, '', '', '', '', '', ?, 'delivered', '', '', '', '', '', true, '', 0, 0, 0, '', 0, 0)`
		b.exec(insert, db.NewID(), "out", withKestrel.ID, aurelia, kestrel, aurelia, kestrel, "m1@example", id, "855-x.x12")
		b.exec(insert, db.NewID(), "in", withKestrel.ID, aurelia, kestrel, kestrel, aurelia, "m2@example", b.get(maya, a.ID).Submission, "orders.edi")
		find := func(who access.Actor, direction, q string) string {
			page, err := b.s.List(t.Context(), who, Filter{Query: q, Direction: direction})
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, i := range page.Items {
				out = append(out, i.ID)
			}
			return fmt.Sprint(out)
		}
		b.exec(insert, db.NewID(), "in", withKestrel.ID, aurelia, kestrel, kestrel, aurelia, "m3@example", "", "lost.x12") // nothing could be read of it
		b.want("of no interchange", find(ingrid, "", "m3@example"), "[]")
		for _, q := range []string{"PO611", "PO61", "po611", number, "<m1@example>", "m1@example", "855-x.x12"} {
			if q == "PO61" {
				b.want("the beginning of a number", find(ingrid, "in", q), fmt.Sprint([]string{a.ID}))
			}
			b.want(q, find(ingrid, "out", q), fmt.Sprint([]string{id}))
			b.want(q+" for a competitor", find(kaarel, "", q), "[]")
		}
		b.want("a Message-ID that came in", find(ingrid, "in", "m2@example"), fmt.Sprint([]string{a.ID}))
	})
}

func TestNumbersOfADocument(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		sscc := "000123456789012345675"[1:] // with 00 before it
		ship := message{from: idAurelia, to: idKestrel, control: 620, groups: []group{{kind: "SH", sets: [][]string{{
			"856", "BSN*00*ASN620*20261122*0912*0001", "HL*1**S", "HL*2*1*O", "PRF*PO620***20261120", "HL*3*2*P", "MAN*GM*" + sscc, "HL*4*3*I", "LIN*1*VP*AUR-D18B", "SN1*1*12*EA", "CTT*4",
		}}}}}
		a := b.post(ingrid, ship.String())
		b.work()
		made, err := b.emit(Outgoing{
			Supplier: aurelia, Reseller: kestrel, Partnership: withKestrel.ID, From: aurelia, Sender: idAurelia, Receiver: idKestrel, Kind: "856", DocumentKind: "shipment", DocumentID: db.NewID(), Number: "ASN621",
			Body: &x12.Body{Type: "856", Segs: []x12.Seg{
				x12.S("BSN", "00", "ASN621", "20261122", "0912", "0001"), x12.S("HL", "1", "", "S"), x12.S("HL", "2", "1", "O"), x12.S("PRF", "PO621", "", "", "20261120"), x12.S("HL", "3", "2", "P"), x12.S("MAN", "GM", sscc), x12.S("HL", "4", "3", "I"),
				x12.S("LIN", "1", "VP", "AUR-D18B"), x12.S("SN1", "1", "12", "EA"), x12.S("CTT", "4"),
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
		find := func(who access.Actor, q string) (out []string) {
			page, err := b.s.List(t.Context(), who, Filter{Query: q, Type: "856"})
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range page.Items {
				out = append(out, i.ID)
			}
			return out
		}
		b.want("by its order", fmt.Sprint(find(maya, "PO620"), find(maya, "PO621")), fmt.Sprint([]string{a.ID}, []string{made.ID}))
		for _, q := range []string{sscc, sscc[2:], "(00)" + sscc[2:]} {
			b.want(q, fmt.Sprint(len(find(maya, q)), len(find(kaarel, q))), "2 0")
		}
	})
}

func TestNumbersOfEDIFACT(t *testing.T) {
	t.Parallel()
	text := "UNB+UNOC:3+AURELIATOOLS:ZZZ+BALTICTRADE:ZZZ+261122:0912+1'UNH+1+DESADV:D:96A:UN'BGM+351+ASN1+9'RFF+ON:PO77'CPS+1'PAC+1'GIN+BJ+001234567890123456+001234567890123457:001234567890123458'UNT+7+1'UNZ+1+1'"
	got := fmt.Sprint(numbersOf([]byte(text)))
	if got != "[PO77 001234567890123456 001234567890123457 001234567890123458]" {
		t.Error(got)
	}
	for in, want := range map[string]string{"00001234567890123456": "001234567890123456", "(00)001234567890123456": "001234567890123456", "0000123456789012345A": "0000123456789012345A", "PO1": "PO1", "": ""} {
		if got := plainSSCC(in); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}
