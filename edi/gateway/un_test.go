package gateway

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/fail"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/fault"
)

// unOrders writes an interchange of EDIFACT from Baltic to Aurelia, one ORDERS for
// each number; a number that begins with X gets a line without an item number.
func unOrders(reference string, numbers ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "UNA:+.? 'UNB+UNOC:3+BALTICTRADE:ZZZ+AURELIATOOLS:ZZZ+261122:0912+%s'", reference)
	for i, n := range numbers {
		quantity := "QTY+21:12:PCE'"
		if n[0] == 'X' {
			quantity = "QTY+21:twelve:PCE'"
		}
		fmt.Fprintf(&b, "UNH+M%d+ORDERS:D:96A:UN:EAN008'BGM+220+%s+9'DTM+137:20261122:102'NAD+BY+5012345000015::9'NAD+SU+5098765000016::9'LIN+1++5012345678900:EN'%sPRI+AAA:84.00'UNS+S'CNT+2:1'UNT+11+M%d'", i+1, n, quantity, i+1)
	}
	fmt.Fprintf(&b, "UNZ+%d+%s'", len(numbers), reference)
	return b.String()
}

// An interchange of EDIFACT goes the way of one of X12: every message on its own
// fate, one CONTRL for the whole, whatever breaks off in between.
func TestEDIFACT(t *testing.T) {
	for _, edge := range []string{"", fail.ProcessBefore, fail.ProcessInside, fail.ProcessAfter} {
		t.Run("broken off "+edge, func(t *testing.T) {
			each(t, func(t *testing.T, b *bench) {
				b.s.opt.Backoff = time.Nanosecond
				body := unOrders("R7001", "PO9001", "X9002", "PO9003")
				broke := false
				b.s.probe = func(at string) error {
					if at != edge || broke {
						return nil
					}
					broke = true
					return errBroken
				}
				a := b.post(kaarel, body)
				_, _ = b.s.drain(t.Context())
				b.work()
				m := b.get(kaarel, a.ID)
				b.want("state", fmt.Sprint(m.State, m.Result, m.Syntax, m.Version, m.Types), fmt.Sprint(Processed, ResultPartly, SyntaxEDIFACT, "D:96A:UN:EAN008", "[ORDERS]"))
				b.want("numbers", fmt.Sprint(m.Sets[0].BusinessKey, m.Sets[1].BusinessKey, m.Sets[2].Business), "PO9001X9002"+BusinessBooked)
				b.want("orders", b.count("SELECT count(*) FROM test_order"), 2)
				waiting := b.waiting(kaarel)
				b.want("answers", len(waiting), 1)
				b.want("tied to it", len(m.Acknowledgements), 1)
				got := waiting[0]
				for _, part := range []string{"UCI+R7001+BALTICTRADE:ZZZ+AURELIATOOLS:ZZZ+7'", "UCM+M1+ORDERS:D:96A:UN:EAN008+7'", "UCM+M2+ORDERS:D:96A:UN:EAN008+4'UCS+7'UCD+37+2:2'", "UCM+M3+ORDERS:D:96A:UN:EAN008+7'"} {
					if !strings.Contains(got, part) {
						t.Errorf("the CONTRL lacks %s:\n%s", part, got)
					}
				}
				b.accepted(got)

				again := b.post(kaarel, strings.ReplaceAll(body, "'", "'\r\n"))
				b.want("the same with other line ends", fmt.Sprint(again.ID, again.Duplicate), fmt.Sprint(a.ID, true))
				other := b.post(kaarel, unOrders("R7001", "PO9009"))
				b.want("reference used again", b.get(kaarel, other.ID).HeldFor, HeldControlReused)
			})
		})
	}
}

// A message from the wrong side, a refused envelope and a CONTRL of something
// unknown: answered or not, booked never.
func TestEDIFACTOdd(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		wrong := strings.NewReplacer("BALTICTRADE", "AURELIATOOLS", "AURELIATOOLS", "BALTICTRADE").Replace(unOrders("R1", "PO1"))
		a := b.post(ingrid, wrong)
		count := b.post(kaarel, strings.Replace(unOrders("R2", "PO2"), "UNZ+1", "UNZ+2", 1))
		contrl := b.post(kaarel, "UNB+UNOC:3+BALTICTRADE:ZZZ+AURELIATOOLS:ZZZ+261122:0912+R3'UNH+1+CONTRL:D:3:UN'UCI+000000042+AURELIATOOLS:ZZZ+BALTICTRADE:ZZZ+7'UNT+3+1'UNZ+1+R3'")
		test := b.post(kaarel, strings.Replace(unOrders("R4", "PO4"), ":0912+R4'", ":0912+R4++++++1'", 1))
		b.work()
		b.want("orders", b.count("SELECT count(*) FROM test_order"), 0)
		b.want("wrong side", b.get(ingrid, a.ID).Result, ResultRejected)
		b.want("wrong count", b.get(kaarel, count.ID).Result, ResultRejected)
		b.want("unmatched", b.get(kaarel, contrl.ID).Sets[0].Business, BusinessUnmatched)
		b.want("test", b.get(kaarel, test.ID).Sets[0].Business, BusinessTest)
		b.want("answers to Aurelia", len(b.waiting(ingrid)), 1)
		waiting := b.waiting(kaarel)
		b.want("answers to Baltic", len(waiting), 2)
		if got := waiting[0] + waiting[1]; !strings.Contains(got, "UCI+R2+BALTICTRADE:ZZZ+AURELIATOOLS:ZZZ+4+29+UNZ+2'") || !strings.Contains(got, "UCI+R4+") {
			t.Error(got)
		}
		if _, err := b.s.Get(context.Background(), maya, count.ID); err == nil {
			t.Error("a competitor reads it")
		}
	})
}

// An answer goes out in the syntax and directory that the order came in, once, and
// the partner's CONTRL finds it.
func TestEDIFACTAnswered(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		edi := access.System("edi", aurelia)
		verdicts := map[string]string{"7": "accepted", "4": "rejected", "8": ""}
		for i, action := range []string{"7", "4", "8"} {
			a := b.post(kaarel, unOrders(fmt.Sprint("R", i), fmt.Sprint("PO", i)))
			b.work()
			d := ackOf(fmt.Sprint("PO", i))
			d.AckDate = "2026-11-23"
			out := Outgoing{ReplyTo: a.ID, Kind: "855", Doc: d, DocumentKind: "order_response", DocumentID: db.NewID(), Number: "PO"}
			sent, err := b.s.Emit(t.Context(), edi, out)
			if err != nil {
				t.Fatal(err, fault.As(err).Args)
			}
			again, err := b.s.Emit(t.Context(), edi, out)
			if err != nil || !again.Duplicate || again.ID != sent.ID {
				t.Errorf("twice: %+v %v", again, err)
			}
			m := b.get(ingrid, sent.ID)
			b.want("sent", fmt.Sprint(m.Syntax, m.Types, m.Version, m.Sender.Written(m.Syntax)), "edifact[ORDRSP]D:96A:UN:EAN005AURELIATOOLS:ZZZ")
			raw := b.raw(kaarel, sent.ID)
			b.accepted(raw)
			if !strings.Contains(raw, "+"+sent.Control+"'UNH+1+ORDRSP:D:96A:UN:EAN005'") {
				t.Error(raw)
			}
			ucm := ""
			if action == "4" {
				ucm = "UCM+1+ORDRSP:D:96A:UN:EAN005+4+12'"
				action = "7"
			}
			answer := b.post(kaarel, fmt.Sprintf("UNB+UNOC:3+BALTICTRADE:ZZZ+AURELIATOOLS:ZZZ+261122:0912+C%d'UNH+1+CONTRL:D:3:UN'UCI+%s+AURELIATOOLS:ZZZ+BALTICTRADE:ZZZ+%s'%sUNT+%d+1'UNZ+1+C%d'", i, sent.Control, action, ucm, 3+strings.Count(ucm, "'"), i))
			b.work()
			b.want("matched", b.get(ingrid, answer.ID).Sets[0].Business, BusinessMatched)
			b.want("acknowledged", b.get(ingrid, sent.ID).Acknowledged, verdicts[[]string{"7", "4", "8"}[i]])
		}
	})
}

// A name that Latin-1 cannot hold goes out in UTF-8.
func TestEDIFACTBeyondLatin(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		d := ackOf("PO-ZH")
		d.AckDate = "2026-11-23"
		d.Parties = []doc.Party{{Role: "BY", Name: "华东五金", City: "上海", Address: []string{"共和新路 1988 号"}}}
		sent, err := b.s.Emit(t.Context(), access.System("edi", aurelia), Outgoing{
			Syntax: SyntaxEDIFACT, Supplier: aurelia, Reseller: baltic, Partnership: withBaltic.ID, From: aurelia, Sender: unAurelia, Receiver: unBaltic,
			Kind: "855", Doc: d, DocumentKind: "order_response", DocumentID: db.NewID(), Number: "PO-ZH",
		})
		if err != nil {
			t.Fatal(err, fault.As(err).Args)
		}
		raw := b.raw(kaarel, sent.ID)
		if !strings.HasPrefix(raw, "UNB+UNOY:4") || !strings.Contains(raw, "华东五金") {
			t.Error(raw)
		}
		b.accepted(raw)
	})
}
