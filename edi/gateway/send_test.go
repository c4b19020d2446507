package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"entente/db"
	"entente/edi/doc"
	"entente/edi/x12"
	"entente/prm/access"
	"entente/prm/fault"
)

var edi = access.System("edi", aurelia)

// ackOf is the answer to order(number): the first line accepted.
func ackOf(number string) *doc.OrderAck {
	return &doc.OrderAck{
		Purpose: "00", Type: "AC", Number: number, Date: "2026-11-20",
		Lines: []doc.AckLine{{
			Line:      doc.Line{Number: "1", Quantity: "12", Unit: "EA", Price: "84.00", Items: []doc.ItemID{{Qualifier: "VP", ID: "AUR-D18B"}}, VendorItem: "AUR-D18B"},
			Responses: []doc.Response{{Status: "IA", Quantity: "12", Unit: "EA", DateQualifier: "067", Date: "2026-12-05"}},
		}},
	}
}

func (b *bench) emit(out Outgoing) (Emitted, error) {
	return b.s.Emit(b.Context(), edi, out)
}

func TestEmitAndItsAcknowledgement(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		m := fromKestrel(300, order("PO300"))
		m.version = "004010"
		a := b.post(maya, m.String())
		b.work()
		out := Outgoing{ReplyTo: a.ID, Kind: "855", Doc: ackOf("PO300"), DocumentKind: "order_response", DocumentID: db.NewID(), Number: "PO300"}
		sent, err := b.emit(out)
		if err != nil {
			t.Fatal(err)
		}
		again, err := b.emit(out)
		if err != nil || !again.Duplicate || again.ID != sent.ID || again.Control != sent.Control {
			t.Errorf("again: %+v %v", again, err)
		}
		texts := b.waiting(maya)
		if len(texts) != 2 {
			t.Fatalf("outbox: %q", texts)
		}
		b.accepted(texts[1])
		holds(t, texts[1], "*ZZ*AURELIATOOLS   *ZZ*KESTRELSUPPLY  *", "*U*00401*000000002*0*P*>~GS*PR*AURELIATOOLS*KESTRELSUPPLY*", "*2*X*004010~ST*855*0001~BAK*00*AC*PO300*20261120", "ACK*IA*12*EA*067*20261205~")
		if strings.ContainsAny(texts[1], "\r\n") {
			t.Error("line breaks in what we send")
		}

		// The partner's 997 comes back.
		answer := message{from: idKestrel, to: idAurelia, control: 301, groups: []group{{kind: "FA", sets: [][]string{{
			"997", "AK1*PR*2", "AK2*855*0001", "AK5*A", "AK9*A*1*1*1",
		}}}}}
		answer.version = "004010"
		got := b.post(maya, answer.String())
		b.work()
		made := b.get(ingrid, sent.ID)
		b.want("acknowledged", fmt.Sprintln(made.Acknowledged, made.Sets[0].Answered), "accepted accepted\n")
		if len(made.Acknowledgements) != 1 || made.Acknowledgements[0].ID != got.ID {
			t.Errorf("acknowledgements: %+v", made.Acknowledgements)
		}
		fa := b.get(maya, got.ID)
		b.want("the 997", fmt.Sprint(fa.State, fa.Result, fa.Sets[0].Business, fa.Sets[0].DocumentID), fmt.Sprint(Processed, ResultAccepted, BusinessMatched, sent.ID))
		if fa.Answers == nil || fa.Answers.ID != sent.ID {
			t.Errorf("it answers %+v", fa.Answers)
		}
		b.want("never answered", len(b.waiting(maya))+len(b.waiting(ingrid)), 2)
		b.want("told", b.count("SELECT count(*) FROM event WHERE kind = ? AND object = ?", EventAcknowledged, sent.ID), 1)

		// The number is right, but it was no group of invoices.
		answer.control = 303
		answer.groups[0].sets[0][1] = "AK1*IN*2"
		fa = b.get(maya, b.post(maya, answer.String()).ID)
		b.work()
		b.want("another kind of group", b.get(maya, fa.ID).Sets[0].Business, BusinessUnmatched)

		// One about nothing we sent.
		answer.control = 302
		answer.groups[0].sets[0][1] = "AK1*PR*4711"
		fa = b.get(maya, b.post(maya, answer.String()).ID)
		b.work()
		fa = b.get(maya, fa.ID)
		b.want("unmatched", fmt.Sprint(fa.Result, fa.Sets[0].Business, fa.Sets[0].Findings[0].Key), fmt.Sprint(ResultAccepted, BusinessUnmatched, findingUnmatched))

		links, err := b.s.ForDocument(t.Context(), maya, Ref{"order", b.get(maya, a.ID).Sets[0].DocumentID}, Ref{"order_response", out.DocumentID})
		if err != nil {
			t.Fatal(err)
		}
		var chain []string
		for _, l := range links {
			chain = append(chain, strings.Join(l.Types, "+"))
		}
		b.want("chain", chain, "[850 997 855 997]")
		links, err = b.s.ForDocument(t.Context(), kaarel, Ref{"order_response", out.DocumentID})
		b.want("chain for a competitor", fmt.Sprint(links, err), "[] <nil>")
	})
}

// TestATA1RefusesWhatWeSent: the partner's refusal of a whole interchange is known at
// once; one that only says it came is not taken for an answer.
func TestATA1RefusesWhatWeSent(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.post(maya, fromKestrel(300, order("PO300")).String())
		b.work()
		sent, err := b.emit(Outgoing{ReplyTo: a.ID, Kind: "855", Doc: ackOf("PO300"), DocumentKind: "order_response", DocumentID: db.NewID(), Number: "PO300"})
		if err != nil {
			t.Fatal(err)
		}
		for i, tc := range []struct{ ta1, want string }{{"A*000", " "}, {"R*025", "rejected rejected"}, {"A*000", "rejected rejected"}} {
			m := message{from: idKestrel, to: idAurelia, control: 310 + i}
			text := strings.Replace(m.String(), "IEA*0*", fmt.Sprintf("TA1*%s*261120*0912*%s~IEA*0*", padded(sent.Control), tc.ta1), 1)
			if !strings.Contains(text, "TA1*") {
				t.Fatal(text)
			}
			b.post(maya, text)
			b.work()
			made := b.get(ingrid, sent.ID)
			b.want(tc.ta1, fmt.Sprintf("%s %s", made.Acknowledged, made.Sets[0].Answered), tc.want)
		}
		b.want("told", b.count("SELECT count(*) FROM event WHERE kind = ? AND object = ?", EventAcknowledged, sent.ID), 1)
	})
}

func TestEmitJoinsTheCallersTransaction(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		out := Outgoing{
			Supplier: aurelia, Reseller: kestrel, Partnership: withKestrel.ID, From: aurelia, Sender: idAurelia, Receiver: idKestrel,
			Kind: "855", Doc: ackOf("PO310"), DocumentKind: "order_response", DocumentID: db.NewID(), Test: true,
		}
		err := b.d.InTx(t.Context(), func(ctx context.Context) error {
			if _, err := b.s.Emit(ctx, edi, out); err != nil {
				return err
			}
			return errBroken
		})
		if !errors.Is(err, errBroken) {
			t.Fatal(err)
		}
		b.want("rolled back", len(b.waiting(maya)), 0)
		sent, err := b.emit(out)
		b.want("the number was not lost", fmt.Sprintln(sent.Control, err), "000000001 <nil>\n")
		holds(t, b.waiting(maya)[0], "*000000001*0*T*>~")

		out.DocumentID = db.NewID()
		bad := ackOf("PO310")
		bad.Number = "PO~310"
		out.Doc = bad
		if _, err := b.emit(out); fault.CodeOf(err) != fault.Invalid || fault.KeyOf(err) != "edi.not_sendable" {
			t.Errorf("a delimiter in the data: %v", err)
		}
		out.Doc, out.Body = nil, &x12.Body{Type: "855", Segs: []x12.Seg{x12.S("BAK", "00", "AC", "PO310", "20261131")}}
		if _, err := b.emit(out); fault.KeyOf(err) != "edi.not_sendable" {
			t.Errorf("31 November: %v", err)
		}
		out.From = kestrel
		if _, err := b.emit(out); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("in another's name: %v", err)
		}
		b.want("sent", len(b.waiting(maya)), 1)
	})
}

func TestControlNumbersAreUniqueAndWrap(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.exec("INSERT INTO counter (name, value) VALUES (?, 999999990)", counterName(idAurelia.String(), idKestrel.String()))
		var all sync.WaitGroup
		errs := make(chan error, 100)
		shared := db.NewID()
		for i := range 40 {
			id := shared // every second one is the same document, sent at the same moment
			if i%2 == 0 {
				id = db.NewID()
			}
			all.Go(func() {
				_, err := b.emit(Outgoing{
					Supplier: aurelia, Reseller: kestrel, Partnership: withKestrel.ID, From: aurelia, Sender: idAurelia, Receiver: idKestrel,
					Kind: "855", Doc: ackOf("PO320"), DocumentKind: "order_response", DocumentID: id, Version: "004010",
				})
				errs <- err
			})
		}
		for i := range 20 {
			b.post(maya, fromKestrel(320+i, order(fmt.Sprint("PO32-", i))).String())
		}
		b.work()
		all.Wait()
		close(errs)
		for err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
		b.want("documents", b.count("SELECT count(*) FROM edi_set WHERE document_kind = 'order_response'"), 21)
		b.want("answers", b.count("SELECT count(*) FROM interchange WHERE types = '997'"), 20)
		b.want("numbers", b.count("SELECT count(DISTINCT control) FROM interchange WHERE origin = 'made'"), 41)
		b.want("after 999999999 comes 1", b.count("SELECT count(*) FROM interchange WHERE origin = 'made' AND control IN ('999999999', '000000001', '000000032')"), 3)
		b.want("zero is no number", b.count("SELECT count(*) FROM interchange WHERE origin = 'made' AND control = '000000000'"), 0)
	})
}

// An answer to a claim goes in the group of claims (GS01 CF), and is listed as what it is.
func TestEmitClaimAnswer(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.post(maya, fromKestrel(301, order("PO301")).String())
		b.work()
		d := &doc.ClaimAnswer{Purpose: "00", Date: "2026-11-20", Qualifier: "CL", Number: "CLM-301", Reasons: []doc.ClaimReason{{Valid: "N", Code: "33", FollowUp: "C"}}}
		d.Refs = []doc.Ref{{Qualifier: "ZZ", Value: "number_used"}}
		sent, err := b.emit(Outgoing{ReplyTo: a.ID, Kind: "849", Doc: d, DocumentKind: "claim_answer", DocumentID: db.NewID(), Number: "CLM-301"})
		if err != nil {
			t.Fatal(err)
		}
		texts := b.waiting(maya)
		b.accepted(texts[len(texts)-1])
		holds(t, texts[len(texts)-1], "~GS*CF*AURELIATOOLS*KESTRELSUPPLY*", "~ST*849*0001~BRC*00*20261120*CL*CLM-301~AAA*N**33*C~REF*ZZ*number_used~CTT*0~")
		x, err := b.s.Get(b.Context(), maya, sent.ID)
		if err != nil || len(x.Types) != 1 || x.Types[0] != "849" {
			t.Fatalf("%v %+v", err, x.Interchange)
		}
	})
}
