package gateway

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"entente/db"
	"entente/edi/wire"
	"entente/prm/access"
	"entente/prm/fault"
)

func TestOrderIsBookedAndAnswered(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		body := fromKestrel(7, order("4500187342")).String()
		a := b.post(maya, body)
		if a.Duplicate || a.Href != Href(a.ID) || len(a.Interchanges) != 1 || a.Interchanges[0].ID != a.ID {
			t.Errorf("answer: %+v", a)
		}
		b.want("state before", b.get(maya, a.ID).State, Received)
		b.work()
		m := b.get(maya, a.ID)
		b.want("state", m.State, Processed)
		b.want("result", m.Result, ResultAccepted)
		b.want("types", m.Types, "[850]")
		if len(m.Sets) != 1 || m.Sets[0].Business != BusinessBooked || m.Sets[0].DocumentKind != "order" || m.Sets[0].BusinessKey != "4500187342" {
			t.Fatalf("sets: %+v", m.Sets)
		}
		b.want("orders", b.count("SELECT count(*) FROM test_order WHERE number = '4500187342' AND reseller_id = ?", kestrel), 1)
		b.want("raw", b.raw(ingrid, a.ID), body)

		texts := b.waiting(maya)
		if len(texts) != 1 {
			t.Fatalf("outbox: %q", texts)
		}
		b.accepted(texts[0])
		holds(t, texts[0], "ISA*00*          *00*          *ZZ*AURELIATOOLS   *ZZ*KESTRELSUPPLY  *", "*000000001*0*P*>~", "AK1*PO*7", "AK2*850*0001", "AK5*A", "AK9*A*1*1*1")
		b.want("nothing waits for the supplier", len(b.waiting(ingrid)), 0)
		if len(m.Acknowledgements) != 1 || m.Acknowledgements[0].Types[0] != "997" || m.Acknowledgements[0].Delivery != DeliveryWaiting {
			t.Fatalf("acknowledgements: %+v", m.Acknowledgements)
		}
		ackID := m.Acknowledgements[0].ID
		if back := b.get(ingrid, ackID).Answers; back == nil || back.ID != a.ID {
			t.Errorf("the acknowledgement does not lead back: %+v", back)
		}
		for range 2 {
			if err := b.s.Fetched(t.Context(), maya, ackID); err != nil {
				t.Fatalf("fetched: %v", err)
			}
		}
		b.want("outbox after", len(b.waiting(maya)), 0)
		b.want("fetch audited once", b.count("SELECT count(*) FROM audit WHERE action = 'edi.fetch'"), 1)
		b.want("events", b.events(EventProcessed), 1)
		if code := fault.CodeOf(b.s.Fetched(t.Context(), maya, a.ID)); code != fault.NotFound {
			t.Errorf("fetching what one sent: %v", code)
		}
	})
}

func TestSameBytesAreOneInterchange(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		m := fromKestrel(8, order("PO8"))
		first := b.post(maya, m.String())
		b.work()
		again := b.post(maya, m.String())
		b.want("again", fmt.Sprint(again.ID, again.Duplicate), fmt.Sprint(first.ID, true))
		m.eol = "\r\n"
		wrapped := b.post(maya, m.String())
		b.want("with line breaks", fmt.Sprint(wrapped.ID, wrapped.Duplicate), fmt.Sprint(first.ID, true))
		b.work()
		b.want("interchanges", b.count("SELECT count(*) FROM interchange WHERE origin = 'sent'"), 1)
		b.want("orders", b.count("SELECT count(*) FROM test_order"), 1)
		b.want("answers", len(b.waiting(maya)), 1)
		b.want("receipts", b.count("SELECT count(*) FROM audit WHERE action = 'edi.receive'"), 3)
		b.want("answers kept without a key", b.count("SELECT count(*) FROM edi_submission"), 0)
	})
}

func TestOtherBytesUnderTheNumberAreHeld(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		first := b.post(maya, fromKestrel(9, order("PO9")).String())
		b.work()
		held := b.post(maya, fromKestrel(9, order("PO9-B")).String())
		thrown := b.post(maya, fromKestrel(9, order("PO9-C")).String())
		b.work()
		m := b.get(ingrid, held.ID)
		b.want("state", m.State, Held)
		b.want("reason", m.HeldFor, HeldControlReused)
		b.want("earlier", m.Earlier, first.ID)
		if len(m.Findings) != 1 || m.Findings[0].Key != findingReused || m.Findings[0].Code != "025" || m.Findings[0].Value != "000000009" {
			t.Errorf("finding: %+v", m.Findings)
		}
		b.want("orders", b.count("SELECT count(*) FROM test_order"), 1)
		b.want("both told", b.count("SELECT count(*) FROM event WHERE kind = ? AND orgs = ?", EventHeld, aurelia+","+kestrel), 2)

		if err := b.s.Resolve(t.Context(), ingrid, held.ID, AnswerProcess); err != nil {
			t.Fatal(err)
		}
		if err := b.s.Resolve(t.Context(), maya, thrown.ID, AnswerDiscard); err != nil {
			t.Fatal(err)
		}
		b.work()
		b.want("released", b.get(maya, held.ID).State, Processed)
		b.want("orders after", b.count("SELECT count(*) FROM test_order"), 2)
		d := b.get(maya, thrown.ID)
		b.want("discarded", fmt.Sprint(d.State, d.Result, d.HeldFor), fmt.Sprint(Processed, ResultRejected, HeldDiscarded))
		if code := fault.CodeOf(b.s.Resolve(t.Context(), maya, thrown.ID, AnswerProcess)); code != fault.Conflict {
			t.Errorf("answering twice: %v", code)
		}
		if err := b.s.Resolve(t.Context(), maya, thrown.ID, "burn"); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("an unknown answer: %v", err)
		}
	})
}

func TestTestNumberMayNotReturnInProduction(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		m := fromKestrel(10, order("PO10"))
		m.usage = "T"
		tested := b.post(maya, m.String())
		b.work()
		got := b.get(maya, tested.ID)
		b.want("test", fmt.Sprint(got.Test, got.State, got.Result, got.Sets[0].Business), fmt.Sprint(true, Processed, ResultAccepted, BusinessTest))
		b.want("orders", b.count("SELECT count(*) FROM test_order"), 0)
		texts := b.waiting(maya)
		if len(texts) != 1 {
			t.Fatalf("outbox: %q", texts)
		}
		holds(t, texts[0], "*000000001*0*T*>~", "AK5*A")
		m.usage = "P"
		b.want("the same number in production", b.get(maya, b.post(maya, m.String()).ID).State, Held)
		b.post(maya, fromKestrel(11, order("PO11")).String())
		b.work()
		texts = b.waiting(maya)
		holds(t, texts[1], "*000000002*0*P*>~")
	})
}

func TestRefusedAtTheDoor(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		good := fromKestrel(12, order("PO12"))
		foreign, stranger, gone := good, good, good
		foreign.from = idBaltic
		stranger.to = Identity{"ZZ", "NOBODY"}
		gone.to = idEnded
		for name, c := range map[string]struct{ body, key, rule string }{
			"empty":             {"", "edi.not_edi", "empty"},
			"a letter":          {"Dear Sirs, please send twelve drills.", "edi.not_edi", "not_edi"},
			"EDIFACT":           {"UNB+UNOC:3+KESTREL:ZZZ+AURELIA:ZZZ+261122:0912+1'", "edi.sender_not_yours", ""},
			"ODETTE":            {"STX=ANA:1+5000000000000+5000000000001+261122:0912+1+PASS+ORDHDR'", "edi.not_edi", "not_edi.tradacoms"},
			"foreign sender":    {foreign.String(), "edi.sender_not_yours", ""},
			"nobody's receiver": {stranger.String(), "edi.receiver_unknown", ""},
			"no partnership":    {gone.String(), "edi.receiver_unknown", ""},
			"second is foreign": {good.String() + foreign.String(), "edi.sender_not_yours", ""},
			"UTF-16":            {"\xff\xfeI\x00S\x00A\x00*\x00", "edi.not_edi", "utf16"},
			"small letters":     {strings.ToLower(good.String()), "edi.not_edi", "not_edi.case"},
			"more behind it":    {good.String() + "Kind regards", "edi.not_edi", "junk"},
		} {
			_, err := b.s.Receive(t.Context(), maya, Submission{Reader: strings.NewReader(c.body)})
			if fault.CodeOf(err) != fault.Invalid || fault.KeyOf(err) != c.key {
				t.Errorf("%s: %v, want %s", name, err, c.key)
			}
			if rule := fault.As(err).Args["Rule"]; c.key == "edi.not_edi" && rule != c.rule {
				t.Errorf("%s: told as %v, want %s", name, rule, c.rule)
			}
		}
		b.want("kept", b.count("SELECT count(*) FROM interchange")+b.count("SELECT count(*) FROM blob")+b.count("SELECT count(*) FROM edi_submission"), 0)
		b.want("audited", b.count("SELECT count(*) FROM audit WHERE action = 'edi.receive' AND outcome = 'denied' AND org_id = ?", kestrel), 11)

		small := b.s.opt.Limit
		b.s.opt.Limit = 300
		_, err := b.s.Receive(t.Context(), maya, Submission{Reader: strings.NewReader(good.String())})
		b.s.opt.Limit = small
		b.want("too large", fault.CodeOf(err), fault.TooLarge)
		_, err = b.s.Receive(t.Context(), person(kestrel, access.Viewer), Submission{Reader: strings.NewReader(good.String())})
		if c := fault.CodeOf(err); c != fault.NotFound && c != fault.Forbidden {
			t.Errorf("a viewer sends: %v", err)
		}
		_, err = b.s.Receive(t.Context(), maya, Submission{Reader: brokenReader{}})
		b.want("a broken connection", fault.CodeOf(err), fault.Unavailable)
	})
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestSeveralInterchangesInOneBody(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		one, two := fromKestrel(20, order("PO20")), fromKestrel(21, order("PO21"))
		two.eol = "\n"
		a := b.post(maya, one.String()+two.String()+one.String())
		if len(a.Interchanges) != 3 || a.Interchanges[1].Duplicate || !a.Interchanges[2].Duplicate || a.Interchanges[2].ID != a.ID {
			t.Fatalf("answer: %+v", a)
		}
		b.work()
		b.want("orders", b.count("SELECT count(*) FROM test_order"), 2)
		b.want("second, exactly", b.raw(maya, a.Interchanges[1].ID), strings.TrimSuffix(two.String(), "\n"))
		b.want("answers", len(b.waiting(maya)), 2)
	})
}

func TestIdempotencyKey(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		send := func(body, key string) (Answer, error) {
			return b.s.Receive(t.Context(), maya, Submission{Reader: strings.NewReader(body), IdempotencyKey: key})
		}
		body := fromKestrel(30, order("PO30")).String()
		first, err := send(body, "k1")
		if err != nil {
			t.Fatal(err)
		}
		again, err := send(body, "k1")
		if err != nil {
			t.Fatal(err)
		}
		b.want("the stored answer", fmt.Sprintf("%+v", again), fmt.Sprintf("%+v", first))
		_, err = send(fromKestrel(31, order("PO31")).String(), "k1")
		if fault.CodeOf(err) != fault.Conflict || fault.KeyOf(err) != "edi.idempotency_conflict" {
			t.Errorf("other bytes: %v", err)
		}
		b.want("interchanges", b.count("SELECT count(*) FROM interchange"), 1)
		if _, err := send(body, strings.Repeat("k", MaxKey+1)); fault.KeyOf(err) != "edi.key_too_long" {
			t.Errorf("a long key: %v", err)
		}
		other, err := send(body, "k2")
		if err != nil || !other.Duplicate || other.ID != first.ID {
			t.Errorf("another key, same bytes: %+v %v", other, err)
		}
	})
}

func TestHundredPostsOfTheSameBytes(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for round, key := range []string{"", "same"} {
			body := fromKestrel(40+round, order(fmt.Sprint("PO40-", round))).String()
			var all sync.WaitGroup
			answers := make([]Answer, 100)
			errs := make([]error, 100)
			for i := range answers {
				all.Go(func() {
					answers[i], errs[i] = b.s.Receive(t.Context(), maya, Submission{Reader: strings.NewReader(body), IdempotencyKey: key})
				})
			}
			all.Wait()
			fresh := 0
			for i := range answers {
				if errs[i] != nil {
					t.Fatalf("post %d: %v", i, errs[i])
				}
				if answers[i].ID != answers[0].ID {
					t.Errorf("two ids: %s and %s", answers[i].ID, answers[0].ID)
				}
				if !answers[i].Duplicate {
					fresh++
				}
			}
			if key == "" {
				b.want("answers without duplicate", fresh, 1)
			}
			b.work()
			b.want("interchanges", b.count("SELECT count(*) FROM interchange WHERE origin = 'sent'"), round+1)
			b.want("orders", b.count("SELECT count(*) FROM test_order"), round+1)
		}
	})
}

func TestLargeBodyIsKeptInAFile(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		set := order("PO50")
		for i := range 3000 {
			set = append(set[:len(set)-1], fmt.Sprintf("PO1*%d*1*EA*9.80**VP*AUR-BS40", i+3), fmt.Sprintf("CTT*%d", i+3))
		}
		body := fromKestrel(50, set).String()
		if len(body) < 64<<10 {
			t.Fatalf("only %d bytes", len(body))
		}
		a := b.post(maya, body)
		b.work()
		m := b.get(maya, a.ID)
		b.want("result", m.Result, ResultAccepted)
		b.want("raw", b.raw(maya, a.ID) == body, true)
		b.want("in a file", b.count("SELECT count(*) FROM blob WHERE place = 'file'"), 1)
	})
}

// TestIntakeIsFewStatements: a new interchange against which nothing speaks is stored by
// four statements and the commit, on PostgreSQL in two answers of the server.
func TestIntakeIsFewStatements(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.post(maya, fromKestrel(1, order("PO1")).String())
		was := b.d.Counts()
		b.post(maya, fromKestrel(2, order("PO2")).String())
		now := b.d.Counts()
		b.want("statements", now.Run-was.Run, map[db.Dialect]int64{db.SQLite: 4, db.Postgres: 2}[b.d.Dialect()])
		b.want("compiled", now.Compiled-was.Compiled, 0)
	})
}

// TestReceiptsThatShareACommit: interchanges that wait for one commit are stored by one
// statement, and each is judged as if they had come one after the other.
func TestReceiptsThatShareACommit(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.post(maya, fromKestrel(1, order("PO1")).String())
		// together posts bodies that wait for one commit, in their order, and counts what it took.
		together := func(bodies ...string) (answers []Answer, statements int64) {
			t.Helper()
			entered, release := make(chan bool), make(chan bool)
			var all sync.WaitGroup
			all.Go(func() {
				if err := b.d.Group(t.Context(), "intake", func(context.Context) error { close(entered); <-release; return nil }); err != nil {
					t.Error(err)
				}
			})
			<-entered
			was := b.d.Counts()
			answers = make([]Answer, len(bodies))
			for i, body := range bodies {
				all.Go(func() {
					var err error
					if answers[i], err = b.s.Receive(t.Context(), maya, Submission{Reader: strings.NewReader(body), Door: "api"}); err != nil {
						t.Error(err)
					}
				})
				for b.d.Waiting("intake") <= i {
					runtime.Gosched()
				}
			}
			close(release)
			all.Wait()
			return answers, b.d.Counts().Run - was.Run
		}
		var many []string
		for i := range 8 {
			many = append(many, fromKestrel(10+i, order(fmt.Sprint("PO", 10+i))).String())
		}
		answers, statements := together(many...)
		b.want("statements", statements, map[db.Dialect]int64{db.SQLite: 4, db.Postgres: 3}[b.d.Dialect()])
		for i, a := range answers {
			m := b.get(maya, a.ID)
			b.want("stored", fmt.Sprint(a.Duplicate, m.State, m.Control, m.Submission == a.Submission, b.raw(maya, a.ID) == many[i]), fmt.Sprint(false, Received, fmt.Sprintf("%09d", 10+i), true, true))
		}
		a, _ := together(fromKestrel(20, order("PO20")).String(), fromKestrel(1, order("PO1")).String(), fromKestrel(1, order("PO1B")).String(),
			fromKestrel(20, order("PO20B")).String(), fromKestrel(21, order("PO21")).String(), fromKestrel(21, order("PO21")).String())
		var got []string
		for _, x := range a {
			m := b.get(maya, x.ID)
			got = append(got, fmt.Sprint(x.Duplicate, " ", m.State, m.HeldFor))
		}
		b.want("judged", strings.Join(got, ", "), "false received, true received, false heldcontrol_reused, false heldcontrol_reused, false received, true received")
		b.want("the same one", a[4].ID == a[5].ID, true)
		b.want("earlier", b.get(maya, a[3].ID).Earlier, a[0].ID)
		b.want("receipts", b.count("SELECT count(*) FROM audit WHERE action = 'edi.receive'"), 15)
		b.work()
		b.want("orders", b.count("SELECT count(*) FROM test_order"), 11)
	})
}

// A segment that is too long is told from a file that is, and from one with too many interchanges.
func TestScanFault(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{"limit.segment": "edi.segment_too_large", "limit.element": "edi.segment_too_large", "limit.elements": "edi.segment_too_large", "limit.file": "edi.too_large", "limit.interchanges": "edi.too_many"} {
		err := scanFault(nil, &wire.Error{Kind: wire.ErrTooLarge, Key: key, Pos: wire.Position{Offset: 7}})
		if fault.CodeOf(err) != fault.TooLarge || fault.KeyOf(err) != want {
			t.Errorf("%s: %v %s", key, fault.CodeOf(err), fault.KeyOf(err))
		}
	}
}

// Of 32 senders who race with other contents under one control number one is booked; the
// others are held. The same content is there once.
func TestOneControlNumberRaced(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		race := func(body func(i int) string) {
			var wg sync.WaitGroup
			for i := range 32 {
				wg.Go(func() {
					if _, err := b.s.Receive(t.Context(), maya, Submission{Reader: strings.NewReader(body(i))}); err != nil {
						t.Error(i, err)
					}
				})
			}
			wg.Wait()
			b.work()
		}
		race(func(int) string { return fromKestrel(41, order("PO41")).String() })
		b.want("the same", fmt.Sprint(b.count("SELECT count(*) FROM interchange WHERE origin = 'sent'"), b.count("SELECT count(*) FROM test_order")), "1 1")
		race(func(i int) string { return fromKestrel(42, order(fmt.Sprint("PO42-", i))).String() })
		b.want("others", fmt.Sprint(b.count("SELECT count(*) FROM interchange WHERE control = '000000042' AND origin = 'sent'"), b.count("SELECT count(*) FROM interchange WHERE control = '000000042' AND held = ?", HeldControlReused), b.count("SELECT count(*) FROM test_order")), "32 31 2")
	})
}
