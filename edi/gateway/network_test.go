package gateway

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"entente/db"
	"entente/edi/dial"
	"entente/edi/sftp"
	"entente/prm/access"
	"entente/prm/fault"
)

// From the mailbox of a network come interchanges of many partners. Each is taken where
// its sender's agreement names the network; a stranger, a partner who comes himself, and
// what is for somebody else are refused one by one. What is made for such a partner goes
// to the mailbox, which is told apart from its acknowledgement.
func TestNetwork(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.s.Judge(agreements{terms: Terms{Reseller: SideTerms{Network: "GXS"}}})
		f := openForeign(t)
		p := b.pickup(dial.Loopback, "")
		cmd := kestrelServer(f)
		cmd.Name, cmd.Network = "GXS", true
		if _, err := p.Add(t.Context(), ingrid, cmd); err != nil {
			t.Fatal(err)
		}
		good, again := fromKestrel(1, order("N-1")), fromKestrel(2, order("N-2"))
		himself := message{from: idBaltic, to: idAurelia, control: 3, groups: []group{{kind: "PO", sets: [][]string{order("N-3")}}}}
		stranger := message{from: Identity{"ZZ", "NOBODY"}, to: idAurelia, control: 4, groups: []group{{kind: "PO", sets: [][]string{order("N-4")}}}}
		ours := message{from: idAurelia, to: idKestrel, control: 5, groups: []group{{kind: "PO", sets: [][]string{order("N-5")}}}}
		f.put("/from/mail.edi", good.String()+himself.String()+stranger.String()+ours.String()+again.String())
		for range 3 {
			b.turn(p)
		}
		b.work()
		b.want("orders", b.count("SELECT count(*) FROM test_order"), 2)
		b.want("taken", b.count("SELECT count(*) FROM interchange WHERE origin = 'sent' AND network = 'GXS' AND sender_id = ? AND receiver_id = ? AND delegate_id = ''", kestrel, aurelia), 2)
		b.want("all that was taken", b.count("SELECT count(*) FROM interchange WHERE origin = 'sent'"), 2)
		b.want("refused one by one", strings.Join(b.names(station(aurelia), sftp.Errors), " "), "mail-2.edi mail-3.edi mail-4.edi mail-2.edi.txt mail-3.edi.txt mail-4.edi.txt")
		b.want("with the same words", b.count("SELECT count(*) FROM edi_refusal WHERE reason = 'edi.network_sender'"), 3)
		b.want("nobody else is told", b.count("SELECT count(*) FROM edi_refusal WHERE org_id <> ?", aurelia), 0)
		b.want("put away", f.names("/done"), "mail.edi")

		// the answers lie in the mailbox, and only there
		b.turn(p)
		b.want("in the outbox", len(b.waiting(maya)), 0)
		if got := f.names("/to"); strings.Count(got, "997-") != 2 {
			t.Errorf("in the mailbox: %s", got)
		}
		e, err := b.emit(Outgoing{Partnership: withKestrel.ID, From: aurelia, Supplier: aurelia, Reseller: kestrel, Sender: idAurelia, Receiver: idKestrel, Kind: "855", Doc: ackOf("N-1"), DocumentKind: "order_response", DocumentID: db.NewID(), Number: "N-1"})
		if err != nil {
			t.Fatal(err)
		}
		if m := b.get(ingrid, e.ID); m.Network != "GXS" || m.Delivery != DeliveryWaiting || m.Wait.Open() {
			t.Errorf("before: %+v", m.Interchange)
		}
		if err := b.s.Fetched(t.Context(), maya, e.ID); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("fetched beside the network: %v", err)
		}
		b.turn(p)
		m := b.get(ingrid, e.ID)
		if m.Delivery != DeliveryMailbox || m.Acknowledged != "" || !m.Wait.Open() {
			t.Errorf("in the mailbox: %s, acknowledged %q, waits %v", m.Delivery, m.Acknowledged, m.Wait.Open())
		}
		name := f.names("/to")[strings.Index(f.names("/to"), "855-"):]
		in, err := f.files.Open("/to/" + strings.Fields(name)[0])
		if err != nil {
			t.Fatal(err)
		}
		sent, err := io.ReadAll(in)
		if err != nil || string(sent) != b.raw(ingrid, e.ID) {
			t.Errorf("%v: %q lies there", err, sent)
		}
		f.put("/from/ack.edi", message{from: idKestrel, to: idAurelia, control: 6, groups: []group{{kind: "FA", sets: [][]string{{"997", fmt.Sprint("AK1*PR*", e.Control), "AK9*A*1*1*1"}}}}}.String())
		for range 2 {
			b.turn(p)
		}
		b.work()
		if m := b.get(ingrid, e.ID); m.Delivery != DeliveryMailbox || m.Acknowledged != "accepted" {
			t.Errorf("after the 997: %s, %q", m.Delivery, m.Acknowledged)
		}
	})
}

// Where the sender has no account at the network that the agreement names, what is for the
// partner is held, its sender is told once, and it goes when there is one; without it, it
// waits visibly instead of for ever.
func TestNetworkWithoutAccount(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.s.Judge(agreements{terms: Terms{Reseller: SideTerms{Network: "GXS"}}})
		f := openForeign(t)
		p := b.pickup(dial.Loopback, "")
		emit := func(number string) string {
			e, err := b.emit(Outgoing{Partnership: withKestrel.ID, From: aurelia, Supplier: aurelia, Reseller: kestrel, Sender: idAurelia, Receiver: idKestrel, Kind: "855", Doc: ackOf(number), DocumentKind: "order_response", DocumentID: db.NewID(), Number: number})
			if err != nil {
				t.Fatal(err)
			}
			return e.ID
		}
		delivery := func(id string) string { return b.get(ingrid, id).Delivery }
		first, second := emit("A-1"), emit("A-2")
		b.want("told", b.count("SELECT count(*) FROM event WHERE kind = ?", EventHeld), 1)
		b.want("first", delivery(first)+" "+b.get(ingrid, first).HeldFor, "held no_account")
		m, err := b.s.Monitor(t.Context(), ingrid, Span{})
		if err != nil || m.LostCount != 2 {
			t.Fatalf("%v: the monitor shows %d", err, m.LostCount)
		}
		if m, err := b.s.Monitor(t.Context(), maya, Span{}); err != nil || m.LostCount != 0 {
			t.Fatalf("%v: the receiver's monitor shows %d", err, m.LostCount)
		}
		b.fault("released without", b.s.Release(t.Context(), ingrid, first), fault.Conflict, "edi.no_account")
		cmd := kestrelServer(f)
		cmd.Name, cmd.Network = "gxs", true // another name
		if _, err := p.Add(t.Context(), ingrid, cmd); err != nil {
			t.Fatal(err)
		}
		b.want("under another name", delivery(first), DeliveryHeld)
		cmd.Name = "GXS"
		account, err := p.Add(t.Context(), ingrid, cmd)
		if err != nil {
			t.Fatal(err)
		}
		b.want("with the account", delivery(first)+delivery(second), DeliveryWaiting+DeliveryWaiting)
		if err := p.Remove(t.Context(), ingrid, account.ID); err != nil {
			t.Fatal(err)
		}
		b.want("without it again", delivery(first)+delivery(second), DeliveryHeld+DeliveryHeld)
		b.s.Judge(agreements{}) // no network any more
		if err := b.s.Release(t.Context(), ingrid, first); err != nil {
			t.Fatal(err)
		}
		b.want("the usual way", delivery(first)+b.get(ingrid, first).Network, DeliveryWaiting)
		b.want("in the outbox", len(b.waiting(maya)), 1)
	})
}

// A network speaks only to the company whose account it is, and only under the name that
// the agreement says; a partner's own server is no network.
func TestNetworkSpeaksForItsOwn(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.s.Judge(agreements{terms: Terms{Reseller: SideTerms{Network: "GXS"}}})
		text := fromKestrel(1, order("N-1")).String()
		for what, err := range map[string]error{
			"another network":         receiveFrom(b, aurelia, "Other VAN", text),
			"another's account":       receiveFrom(b, baltic, "GXS", text),
			"the sender's account":    receiveFrom(b, kestrel, "GXS", text),
			"a company without a VAN": receiveFrom(b, aurelia, "GXS", message{from: idBaltic, to: idAurelia, control: 2, groups: []group{{kind: "PO", sets: [][]string{order("N-2")}}}}.String()),
		} {
			b.fault(what, err, fault.Invalid, "edi.network_sender")
		}
		b.want("taken", b.count("SELECT count(*) FROM interchange"), 0)
		if err := receiveFrom(b, aurelia, "GXS", text); err != nil {
			t.Error(err)
		}
		b.post(maya, text) // the company's own way stays open, and it is the same interchange
		b.want("taken", b.count("SELECT count(*) FROM interchange"), 1)
	})
}

func receiveFrom(b *bench, org, network, text string) error {
	_, err := b.s.Receive(b.Context(), station(org), Submission{Reader: strings.NewReader(text), Door: DoorSFTP, Receiver: org, Network: network})
	return err
}

// A network that is a company here speaks by its own token, login or station for the
// partners whose agreement names it, to companies that work with it, and what is for them
// lies in its outbox or goes to its station. Nobody else gains by it.
func TestNetworkHere(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.s.Know(counterparts{})
		text := fromKestrel(1, order("H-1")).String()
		post := func(who access.Actor, text string) error {
			_, err := b.s.Receive(t.Context(), who, Submission{Reader: strings.NewReader(text), Door: "api"})
			return err
		}
		b.fault("no agreement names it", post(kaarel, text), fault.Invalid, "edi.sender_not_yours")
		b.s.Judge(agreements{terms: Terms{Reseller: SideTerms{Network: "Baltic"}}})
		ours := message{from: idAurelia, to: idKestrel, control: 5, groups: []group{{kind: "PR", sets: [][]string{{"855", "BAK*00*AC*H-1*20261101"}}}}}.String()
		b.fault("the other side's documents", post(kaarel, ours), fault.Invalid, "edi.sender_not_yours")
		b.fault("another company", post(person(ended, access.Admin), text), fault.Invalid, "edi.sender_not_yours")
		if err := post(kaarel, text); err != nil {
			t.Fatal(err)
		}
		b.work()
		b.want("orders", b.count("SELECT count(*) FROM test_order WHERE reseller_id = ?", kestrel), 1)
		b.want("taken", b.count("SELECT count(*) FROM interchange WHERE origin = 'sent' AND network = 'Baltic' AND sender_id = ? AND delegate_id = ?", kestrel, baltic), 1)

		emit := func(number string) string {
			e, err := b.emit(Outgoing{Partnership: withKestrel.ID, From: aurelia, Supplier: aurelia, Reseller: kestrel, Sender: idAurelia, Receiver: idKestrel, Kind: "855", Doc: ackOf(number), DocumentKind: "order_response", DocumentID: db.NewID(), Number: number})
			if err != nil {
				t.Fatal(err)
			}
			return e.ID
		}
		id := emit("H-1")
		b.want("its outbox", len(b.waiting(kaarel)), 2) // the 997 and the 855
		b.want("the receiver's outbox", len(b.waiting(maya)), 0)
		b.fault("fetched beside the network", b.s.Fetched(t.Context(), maya, id), fault.NotFound, "")
		if _, err := b.s.Waiting(t.Context(), kaarel, id); err != nil {
			t.Error(err)
		}
		if err := b.s.Fetched(t.Context(), kaarel, id); err != nil {
			t.Fatal(err)
		}
		m := b.get(ingrid, id)
		b.want("fetched", fmt.Sprint(m.Delivery, m.Way, m.Network, m.Wait.Open()), fmt.Sprint(DeliveryMailbox, RouteNetwork, "Baltic", true))
		if m := b.get(kaarel, id); len(m.Sets) != 1 || m.Sets[0].DocumentID != "" {
			t.Errorf("what came of it is shown to the network: %+v", m.Sets)
		}

		c := &offered{}
		b.s.Carry(c)
		id = emit("H-2")
		b.want("offered to its station", fmt.Sprint(c.out.To == baltic, c.out.Partnership == withBaltic.ID, c.out.From == aurelia, c.out.Reseller == baltic, b.get(ingrid, id).Delivery), fmt.Sprint(true, true, true, true, DeliverySending))
		if err := b.s.Carried(t.Context(), edi, id, DeliveryDelivered); err != nil {
			t.Fatal(err)
		}
		m = b.get(ingrid, id)
		b.want("at its station", fmt.Sprint(m.Delivery, m.Wait.Open(), m.Fetched.IsZero()), fmt.Sprint(DeliveryMailbox, true, false))
		id = emit("H-3")
		if err := b.s.Carried(t.Context(), edi, id, DeliveryWaiting); err != nil { // its station is gone
			t.Fatal(err)
		}
		b.want("its outbox again", len(b.waiting(kaarel)), 2)

		// an account of that name comes first; without either it is held
		f := openForeign(t)
		p := b.pickup(dial.Loopback, "")
		cmd := kestrelServer(f)
		cmd.Name, cmd.Network = "Baltic", true
		if _, err := p.Add(t.Context(), ingrid, cmd); err != nil {
			t.Fatal(err)
		}
		b.want("to the account", b.get(ingrid, emit("H-4")).Way, RouteUsual)
		b.turn(p)
		b.want("in the mailbox there", strings.Count(f.names("/to"), "855-"), 1)
		through := func(who access.Actor) string {
			t.Helper()
			list, err := b.s.Through(t.Context(), who, withKestrel.ID)
			if err != nil {
				t.Fatal(err)
			}
			return strings.ReplaceAll(fmt.Sprint(list), kestrel, "Kestrel")
		}
		b.want("by the account", through(ingrid), "[{Kestrel Baltic account}]")
		b.want("its own side", through(maya), "[{Kestrel Baltic }]")
		b.exec("DELETE FROM edi_remote")
		b.want("by the company", through(ingrid), "[{Kestrel Baltic company}]")
		b.fault("a stranger asks", second(b.s.Through(t.Context(), kaarel, withKestrel.ID)), fault.NotFound, "")
		b.s.Judge(agreements{terms: Terms{Reseller: SideTerms{Network: "nobody"}}})
		b.want("by nobody", through(ingrid), "[{Kestrel nobody }]")
		b.want("nobody's", b.get(ingrid, emit("H-5")).HeldFor, HeldNoAccount)
	})
}

// offered is a courier that takes everything and remembers what it was offered last.
type offered struct{ out Interchange }

func (c *offered) Take(_ context.Context, out Interchange) (bool, error) {
	c.out = out
	return true, nil
}

func (*offered) Again(context.Context, access.Actor, Interchange) (bool, error) { return false, nil }
