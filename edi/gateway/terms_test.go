package gateway

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/edi/ack"
	"entente/edi/doc"
	"entente/edi/guide"
	"entente/edi/translate"
	"entente/edi/x12"
	"entente/prm/access"
	"entente/prm/fault"
)

// agreements is an Agreements with one version, from an instant on.
type agreements struct {
	starts time.Time
	terms  Terms
}

func (agreements) FixesPatience(context.Context, string, bool) (bool, error) { return false, nil }

func (a agreements) Terms(_ context.Context, partnership string, at time.Time) (*Terms, error) {
	if partnership != withKestrel.ID || at.Before(a.starts) {
		return nil, nil
	}
	return &a.terms, nil
}

// postAt receives a body at an instant.
func (b *bench) postAt(at time.Time, body string) Answer {
	b.Helper()
	a, err := b.s.Receive(db.WithNow(b.Context(), at), maya, Submission{Reader: strings.NewReader(body), Door: "api"})
	if err != nil {
		b.Fatal(err)
	}
	return a
}

func guideOf(t *testing.T, text string) *guide.Guide {
	t.Helper()
	g, problems, err := guide.Read(strings.NewReader(text))
	if err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	return g
}

// TestTheGuideOfItsDayJudges: an 850 that breaks the agreed guide is refused with the
// guide's finding; the same order received before the agreement began is accepted, also
// when it is read later.
func TestTheGuideOfItsDayJudges(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		now := time.Now()
		g := guideOf(t, `{"guide":"entente/1","name":"Kestrel orders","version":"005010","set":"850","rules":[{"path":"BEG02","codes":["DS"]},{"path":"PO1/PO103","codes":["EA"]}],"tolerance":[{"rule":"count.*","as":"reject"}]}`)
		b.s.Judge(agreements{starts: now.Add(-time.Hour), terms: Terms{Number: 2, Guides: []*guide.Guide{g}}})
		old := b.postAt(now.Add(-2*time.Hour), fromKestrel(1, order("PO1")).String())
		fresh := b.postAt(now, fromKestrel(2, order("PO1")).String())
		b.work()
		if m := b.get(maya, old.ID); m.Result != ResultAccepted || m.Sets[0].Business != BusinessBooked {
			t.Errorf("before the agreement: %s %+v", m.Result, m.Sets)
		}
		m := b.get(maya, fresh.ID)
		if m.Result != ResultRejected || len(m.Sets[0].Findings) != 1 || m.Sets[0].Findings[0].Key != "guide.code" || m.Sets[0].Findings[0].Value != "SA" {
			t.Fatalf("under the agreement: %s %+v", m.Result, m.Sets)
		}
		b.want("orders", b.count("SELECT count(*) FROM test_order"), 1)
		holds(t, strings.Join(b.waiting(maya), "\n"), "AK3*BEG*2**8~AK4*2*92*7*SA~AK5*R*5~AK9*R*1*1*0~")
	})
}

// changing is an Agreements whose second version replaces the first at an instant.
type changing struct {
	agreements
	at     time.Time
	second Terms
}

func (c changing) Terms(ctx context.Context, partnership string, at time.Time) (*Terms, error) {
	if !at.Before(c.at) {
		return &c.second, nil
	}
	return c.agreements.Terms(ctx, partnership, at)
}

// TestReprocessByTheGuideOfToday: what the guide of its day refused is refused again while
// that guide stands, and accepted when it is read again after the guide was changed.
func TestReprocessByTheGuideOfToday(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		now := time.Now().Truncate(time.Second)
		text := `{"guide":"entente/1","name":"Kestrel orders","version":"005010","set":"850","rules":[{"path":"BEG02","codes":[%s]}]}`
		first := Terms{Number: 1, Guides: []*guide.Guide{guideOf(t, fmt.Sprintf(text, `"DS"`))}}
		second := Terms{Number: 2, Guides: []*guide.Guide{guideOf(t, fmt.Sprintf(text, `"DS","SA"`))}}
		b.s.Judge(changing{agreements{now.Add(-3 * time.Hour), first}, now, second})
		m := b.postAt(now.Add(-2*time.Hour), fromKestrel(1, order("PO1")).String())
		b.work()
		b.want("under the first", b.get(maya, m.ID).Result, ResultRejected)
		for _, again := range []struct {
			at   time.Time
			want string
		}{{now.Add(-time.Hour), ResultRejected}, {now, ResultAccepted}} {
			if err := b.s.Reprocess(db.WithNow(t.Context(), again.at), ingrid, m.ID); err != nil {
				t.Fatal(err)
			}
			b.work()
			b.want("again", b.get(maya, m.ID).Result, again.want)
		}
		b.want("orders", b.count("SELECT count(*) FROM test_order"), 1)
	})
}

// TestSetsAndGroupsAsAgreed: what was not agreed on is refused with its code,
// acknowledgements pass, and so does everything without an agreement.
func TestSetsAndGroupsAsAgreed(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.s.Judge(agreements{terms: Terms{Sets: []TermsSet{{"850", false}, {"860", true}}, Reseller: SideTerms{Groups: []string{"KESTREL-NORTH"}}}})
		north := func(m message) string {
			return strings.Replace(m.String(), "GS*PO*KESTRELSUPPLY*", "GS*PO*KESTREL-NORTH*", 1)
		}
		change := message{from: idKestrel, to: idAurelia, control: 3, groups: []group{{kind: "PC", sets: [][]string{{"860", "BCH*04*SA*PO1***20261120", "POC*1*CA*12**EA*84.00**VP*AUR-D18B", "CTT*1"}}}}}
		good, strange := b.post(maya, north(fromKestrel(1, order("PO1")))), b.post(maya, fromKestrel(2, order("PO2")).String())
		other := b.post(maya, strings.Replace(change.String(), "GS*PC*KESTRELSUPPLY*", "GS*PC*KESTREL-NORTH*", 1))
		b.work()
		b.want("agreed", b.get(maya, good.ID).Result, ResultAccepted)
		m := b.get(maya, strange.ID)
		b.want("strange group", fmt.Sprint(m.Result, m.Sets[0].Findings[0].Key), ResultRejected+findingGroup)
		m = b.get(maya, other.ID)
		b.want("set", fmt.Sprint(m.Result, m.Sets[0].Findings[len(m.Sets[0].Findings)-1].Key), ResultRejected+findingAgreed)
		b.s.Judge(agreements{terms: Terms{Supplier: SideTerms{Groups: []string{"AURELIA-EU"}}}})
		to, eu := b.post(maya, fromKestrel(5, order("PO5")).String()), b.post(maya, strings.Replace(fromKestrel(6, order("PO6")).String(), "*AURELIATOOLS*20", "*AURELIA-EU*20", 1))
		b.work()
		m = b.get(maya, to.ID)
		b.want("strange receiver", fmt.Sprint(m.Result, m.Sets[0].Findings[0].Key), ResultRejected+findingGroupTo)
		b.want("agreed receiver", b.get(maya, eu.ID).Result, ResultAccepted)
		all := strings.Join(b.waiting(maya), "\n")
		holds(t, all, "AK2*850*0001~AK5*R~AK9*R*1*1*0*1~", "AK2*860*0001~AK5*R*1~")
		made := b.post(ingrid, message{from: idAurelia, to: idKestrel, control: 9, groups: []group{{kind: "FA", sets: [][]string{{"997", "AK1*PO*77", "AK9*A*1*1*1"}}}}}.String())
		b.work()
		b.want("a 997", b.get(ingrid, made.ID).Result, ResultAccepted)
	})
}

// TestWrittenAsAgreed: release, delimiters, line ends, group ids, codes and the 999 of
// the agreement, in the answer to an order and in what follows it.
func TestWrittenAsAgreed(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.s.Judge(agreements{terms: Terms{
			X12: "004010", Reseller: SideTerms{X12: Identity{"ZZ", "KESTREL-TWO"}}, Supplier: SideTerms{Groups: []string{"AURELIA-EU"}},
			Answers: ack.Style{Implementation: true, OnlyErrors: true, Delimiters: x12.Delimiters{Element: '|', Component: ':', Repetition: '^', Terminator: '!'}, EOL: "\n"},
			Codes:   translate.Profile{Units: []translate.Pair{{Theirs: "CT", Ours: "EA"}}, Items: []translate.Cross{{TheirQualifier: "BP", Theirs: "K-1", OurQualifier: "VP", Ours: "AUR-D18B"}}},
		}})
		var booked *doc.PurchaseOrder
		b.orders.before = func(_ context.Context, in OrderIn) error { booked = in.Order; return nil }
		set := []string{"850", "BEG*00*SA*PO1**20261120", "N1*ST*Kestrel*92*K1", "PO1*1*12*CT*84.00**BP*K-1", "CTT*1"}
		a := b.post(maya, strings.Replace(fromKestrel(1, set).String(), "*AURELIATOOLS*20", "*AURELIA-EU*20", 1))
		b.work()
		if booked == nil || booked.Lines[0].Unit != "EA" || booked.Lines[0].VendorItem != "AUR-D18B" {
			t.Fatalf("booked %+v", booked)
		}
		d, err := b.s.Document(t.Context(), ingrid, a.ID, 1)
		if err != nil || d.(*doc.PurchaseOrder).Lines[0].Unit != "EA" {
			t.Fatalf("read again: %+v, %v", d, err)
		}
		answer := b.waiting(maya)[0]
		holds(t, answer, "ST|999|0001!\n", "AK9|A|1|1|1!\n", ":!\nGS|FA|")
		if strings.Contains(answer, "AK2") {
			t.Errorf("an accepted set is listed:\n%s", answer)
		}
		b.want("known as a 999", b.count("SELECT count(*) FROM interchange WHERE types = '999'"), 1)
		answerOf := ackOf("PO1")
		answerOf.Lines[0].Description = "Drill | 18 V"
		sent, err := b.emit(Outgoing{ReplyTo: a.ID, Kind: "855", Doc: answerOf, DocumentKind: "order_response", DocumentID: db.NewID(), Number: "PO1"})
		if err != nil {
			t.Fatal(err)
		}
		text := b.raw(maya, sent.ID)
		holds(t, text, "GS|PR|AURELIA-EU|KESTRELSUPPLY|", "|X|004010!\n", "|12|CT|84.00|", "BP|K-1", "ACK|IA|12|CT")
		b.accepted(text)
		fresh, err := b.emit(Outgoing{Supplier: aurelia, Reseller: kestrel, Partnership: withKestrel.ID, From: aurelia, Sender: idAurelia, Receiver: idKestrel, Kind: "855", Doc: answerOf, DocumentKind: "order_response", DocumentID: db.NewID(), Number: "PO1"})
		if err != nil {
			t.Fatal(err)
		}
		holds(t, b.raw(maya, fresh.ID), "|ZZ|AURELIATOOLS   |ZZ|KESTREL-TWO    |", "GS|PR|AURELIA-EU|KESTREL-TWO|")
		if answerOf.Lines[0].Unit != "EA" {
			t.Error("the document itself was changed")
		}
	})
}

// TestControlNumbersAreRememberedAsAgreed, not by the house's own days.
func TestControlNumbersAreRememberedAsAgreed(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.s.Judge(agreements{terms: Terms{Reuse: 60 * 24 * time.Hour}})
		now := time.Now()
		b.postAt(now.Add(-100*24*time.Hour), fromKestrel(1, order("PO1")).String())
		b.postAt(now.Add(-45*24*time.Hour), fromKestrel(2, order("PO2")).String())
		first, second := b.postAt(now, fromKestrel(1, order("PO3")).String()), b.postAt(now, fromKestrel(2, order("PO4")).String())
		b.work()
		b.want("after the window", b.get(maya, first.ID).HeldFor, "")
		b.want("within it", b.get(maya, second.ID).HeldFor, HeldControlReused)
	})
}

// TestDelegatesSpeakForASide: for the sets that the agreement names and to that
// partner only; the company it was sent for has the message, its answer and the audit
// line, and nobody learns why another is refused.
func TestDelegatesSpeakForASide(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		provider := person(ended, access.Admin)
		send := func(m message) (Answer, error) {
			return b.s.Receive(t.Context(), provider, Submission{Reader: strings.NewReader(m.String()), Door: "api"})
		}
		refused := func(what string, m message) {
			t.Helper()
			if _, err := send(m); fault.KeyOf(err) != "edi.sender_not_yours" {
				t.Errorf("%s: %v", what, err)
			}
		}
		refused("without an agreement", fromKestrel(1, order("PO1")))
		b.s.Judge(agreements{terms: Terms{Reseller: SideTerms{Delegates: []TermsDelegate{{Org: ended, Sets: []string{"850"}}}}}})
		refused("another set", message{from: idKestrel, to: idAurelia, control: 2, groups: []group{{kind: "RA", sets: [][]string{{"820"}}}}})
		refused("the other side", message{from: idAurelia, to: idKestrel, control: 3, groups: []group{{kind: "PO", sets: [][]string{order("PO1")}}}})
		refused("another partner", message{from: idBaltic, to: idAurelia, control: 4, groups: []group{{kind: "PO", sets: [][]string{order("PO1")}}}})
		a, err := send(fromKestrel(5, order("PO5")))
		if err != nil {
			t.Fatal(err)
		}
		b.work()
		m := b.get(maya, a.ID)
		b.want("for whom", fmt.Sprint(m.From, m.Result, m.Sets[0].Business), fmt.Sprint(kestrel, ResultAccepted, BusinessBooked))
		b.want("its answer", len(b.waiting(maya)), 1)
		b.want("audit", b.count("SELECT count(*) FROM audit WHERE org_id = ? AND action = 'edi.receive_delegated' AND subject_id = ?", kestrel, a.ID), 1)
		// It sees what it sent and the answer, whatever became of it; nothing else of the pair.
		own := fromKestrel(6, order("PO6"))
		theirs := b.post(maya, own.String())
		b.work()
		seen, err := b.s.Get(t.Context(), provider, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		b.want("carried", fmt.Sprint(seen.Delegate == ended, seen.Out(ended), seen.Result, seen.Sets[0].Business, seen.Sets[0].DocumentID == "", len(seen.Acknowledgements)), fmt.Sprint(true, true, ResultAccepted, BusinessBooked, true, 1))
		if raw := b.raw(provider, seen.Acknowledgements[0].ID); !strings.Contains(raw, "AK1*PO*5") {
			t.Errorf("its answer:\n%s", raw)
		}
		list, err := b.s.List(t.Context(), provider, Filter{})
		if err != nil || len(list.Items) != 2 {
			t.Fatalf("listed %d, %v", len(list.Items), err)
		}
		for _, i := range list.Items {
			if i.ID != a.ID && i.ID != seen.Acknowledgements[0].ID {
				t.Errorf("lists %+v", i)
			}
		}
		for what, who := range map[string]access.Actor{theirs.ID: provider, a.ID: person(baltic, access.Admin)} {
			if _, err := b.s.Get(t.Context(), who, what); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("read by %s: %v", who.Org, err)
			}
		}
		if err := b.s.Hold(t.Context(), provider, a.ID); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("held by the provider: %v", err)
		}
		b.want("its outbox", len(b.waiting(provider)), 0)
	})
}
