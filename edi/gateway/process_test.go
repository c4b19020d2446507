package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/fail"
	"entente/edi/wire"
	"entente/prm/fault"
)

// replaced returns a copy of set with one segment put in place of another.
func replaced(set []string, old, text string) []string {
	out := append([]string(nil), set...)
	for i := range out {
		if out[i] == old {
			out[i] = text
		}
	}
	return out
}

func TestRefusedOrdersAreAnsweredWithTheirCodes(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		good := order("PO60")
		for i, c := range []struct {
			name string
			set  []string
			want []string
		}{
			{"SE01 wrong", append(good, "SE*99*0001"), []string{"AK2*850*0001", "AK5*R*4", "AK9*R*1*1*0"}},
			{"31 November", replaced(good, "DTM*002*20261205", "DTM*002*20261131"), []string{"AK3*DTM*3**8~", "AK4*2*373*8*20261131~", "AK5*R*5~", "AK9*R*1*1*0~"}},
			{"no BEG", append([]string{"850"}, good[2:]...), []string{"AK3*", "AK5*R"}},
		} {
			m := fromKestrel(60+i, c.set)
			m.version = "004010"
			a := b.post(maya, m.String())
			b.work()
			got := b.get(ingrid, a.ID)
			if got.State != Processed || got.Result != ResultRejected || len(got.Sets) != 1 || got.Sets[0].Result != ResultRejected || got.Sets[0].Business != BusinessRefused {
				t.Errorf("%s: %+v", c.name, got)
			}
			texts := b.waiting(maya)
			last := texts[len(texts)-1]
			b.accepted(last)
			holds(t, last, append(c.want, fmt.Sprintf("AK1*PO*%d~", 60+i))...)
			b.want(c.name+": told", b.count("SELECT count(*) FROM event WHERE kind = ? AND object = ? AND orgs = ?", EventDocumentRejected, a.ID, aurelia+","+kestrel), 1)
		}
		b.want("orders", b.count("SELECT count(*) FROM test_order"), 0)
		m := b.get(maya, b.post(maya, fromKestrel(61, replaced(good, "DTM*002*20261205", "DTM*002*20261131")).String()).ID)
		b.want("the number of a refused message is used too", m.State, Held)
	})
}

func TestOneBadSetDoesNotTakeItsNeighbours(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.post(maya, fromKestrel(70, order("PO70"), replaced(order("PO71"), "PO1*1*12*EA*84.00**VP*AUR-D18B", "PO1*1*12*EACH*84.00**VP*AUR-D18B"), order("PO72")).String())
		b.work()
		m := b.get(maya, a.ID)
		b.want("result", m.Result, ResultPartly)
		b.want("outcomes", fmt.Sprint(m.Sets[0].Business, m.Sets[1].Business, m.Sets[2].Business), fmt.Sprint(BusinessBooked, BusinessRefused, BusinessBooked))
		if f := m.Sets[1].Findings; len(f) == 0 || f[0].Code != "5" || f[0].Value != "EACH" || f[0].Pos.Element != 3 {
			t.Errorf("findings: %+v", f)
		}
		texts := b.waiting(maya)
		holds(t, texts[0], "AK5*A~AK2*850*0002~AK3*PO1*", "AK4*3*355*5*EACH~", "AK9*P*3*3*2~")
	})
}

func TestEnvelopeFaults(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		count, control, nogroup := fromKestrel(80, order("PO80")), fromKestrel(81, order("PO81")), fromKestrel(82, order("PO82"))
		count.groups[0].ge = "GE*2*80"
		control.groups[0].ge = "GE*1*99"
		nogroup.groups[0].ge = "-"
		for _, c := range []struct {
			m    message
			code string
		}{{count, "5"}, {control, "4"}, {nogroup, "3"}} {
			a := b.post(maya, c.m.String())
			b.work()
			texts := b.waiting(maya)
			last := texts[len(texts)-1]
			b.accepted(last)
			i := strings.Index(last, "AK9*E*")
			if i < 0 || !strings.Contains(last[i:], "*"+c.code+"~") {
				t.Errorf("code %s is missing in %s", c.code, last)
			}
			b.want("booked all the same", b.get(maya, a.ID).Sets[0].Business, BusinessBooked)
		}
		// What is refused as a whole gets a TA1 and no 997, also unasked.
		codes := []string{"023", "001", "021"}
		for i, iea := range []string{"-", "IEA*1*000000999", "IEA*7*000000085"} {
			m := fromKestrel(83+i, order(fmt.Sprint("PO83-", i)))
			m.iea = iea
			a := b.post(maya, m.String())
			b.work()
			got := b.get(maya, a.ID)
			b.want(iea+": refused", fmt.Sprint(got.State, got.Result, got.Sets[0].Business), fmt.Sprint(Processed, ResultRejected, BusinessRefused))
			if len(got.Findings) != 1 || got.Findings[0].Level != wire.LevelInterchange {
				t.Errorf("%s: findings %+v", iea, got.Findings)
			}
			texts := b.waiting(maya)
			last := texts[len(texts)-1]
			holds(t, last, fmt.Sprintf("TA1*%09d*261122*0912*R*%s~IEA*0*", 83+i, codes[i]))
			if strings.Contains(last, "~ST*") || len(got.Acknowledgements) != 1 {
				t.Errorf("%s: answered by more than a TA1: %s", iea, last)
			}
			b.accepted(last)
		}
		// ISA14 asks for one: beside the 997 of a good order.
		asked := fromKestrel(86, order("PO86")).String()
		asked = strings.Replace(asked, "*0*P*", "*1*P*", 1)
		a := b.post(maya, asked)
		b.work()
		if got := b.get(maya, a.ID); got.Result != ResultAccepted || len(got.Acknowledgements) != 2 {
			t.Errorf("asked for a TA1: %+v", got.Acknowledgements)
		}
		texts := b.waiting(maya)
		holds(t, strings.Join(texts[len(texts)-2:], ""), "TA1*000000086*261122*0912*A*000~", "AK9*A*1*1*1~")
		b.want("orders", b.count("SELECT count(*) FROM test_order"), 4)
	})
}

func TestDirectionAndWhatIsNotBooked(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		wrong := fromKestrel(90, order("PO90"))
		wrong.from, wrong.to = idAurelia, idKestrel
		a := b.post(ingrid, wrong.String())
		b.work()
		m := b.get(ingrid, a.ID)
		b.want("an order from the supplier", fmt.Sprint(m.Result, m.Sets[0].Business, m.Sets[0].Findings[len(m.Sets[0].Findings)-1].Key), fmt.Sprint(ResultRejected, BusinessRefused, findingSide))
		holds(t, b.waiting(ingrid)[0], "AK5*R*1", "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *")

		invoice := message{from: idAurelia, to: idKestrel, control: 91, groups: []group{{kind: "IN", sets: [][]string{{
			"810", "BIG*20261122*INV91*20261120*PO12", "IT1*1*12*EA*84.00**VP*AUR-D18B", "TDS*100800", "CTT*1",
		}}}}}
		a = b.post(ingrid, invoice.String())
		b.work()
		m = b.get(maya, a.ID)
		b.want("a foreign invoice", fmt.Sprint(m.Result, m.Sets[0].Business, m.Sets[0].BusinessKey), fmt.Sprint(ResultAccepted, BusinessNotBooked, "INV91"))
		b.want("answered", len(b.waiting(ingrid)), 2)
	})
}

func TestManySetsGroupsAndResume(t *testing.T) {
	t.Parallel()
	build := func() message {
		var a, c [][]string
		for i := range 230 {
			a = append(a, order(fmt.Sprintf("A%03d", i)))
		}
		a[7] = append(a[7], "SE*1*0008")
		for i := range 25 {
			c = append(c, order(fmt.Sprintf("C%03d", i)))
		}
		return message{from: idKestrel, to: idAurelia, control: 100, groups: []group{{kind: "PO", sets: a}, {kind: "PO"}, {kind: "PO", sets: c}}}
	}
	check := func(t *testing.T, b *bench, id string) {
		t.Helper()
		m := b.get(maya, id)
		b.want("state", fmt.Sprint(m.State, m.Result, m.SetsDone, m.SetCount), fmt.Sprint(Processed, ResultPartly, 255, 255))
		b.want("orders", b.count("SELECT count(*) FROM test_order"), 254)
		b.want("numbers", b.count("SELECT count(DISTINCT number) FROM test_order"), 254)
		texts := b.waiting(maya)
		if len(texts) != 3 {
			t.Fatalf("%d answers", len(texts))
		}
		holds(t, texts[0], "AK1*PO*100", "AK9*P*230*230*229")
		holds(t, texts[1], "AK1*PO*101")
		holds(t, texts[2], "AK1*PO*102", "AK9*A*25*25*25")
		b.want("acknowledged sets", strings.Count(texts[0], "AK2*850*"), 230)
		b.want("groups", b.count("SELECT count(*) FROM edi_group WHERE interchange_id = ?", id), 3)
	}
	t.Run("whole", func(t *testing.T) {
		each(t, func(t *testing.T, b *bench) {
			a := b.post(maya, build().String())
			b.work()
			check(t, b, a.ID)
			sets, err := b.s.Sets(t.Context(), maya, a.ID, SetFilter{After: 200})
			if err != nil || len(sets.Items) != 55 || sets.Items[0].Position != 201 || sets.Next != 0 {
				t.Errorf("sets after 200: %d, %v", len(sets.Items), err)
			}
		})
	})
	// Broken off at every edge of every transaction in turn, by an error, a panic
	// and a stopping process.
	for _, how := range []string{"error", "panic", "stop"} {
		t.Run(how, func(t *testing.T) {
			each(t, func(t *testing.T, b *bench) {
				b.s.opt.Backoff, b.s.opt.Attempts = time.Nanosecond, 1000
				a := b.post(maya, build().String())
				breakAtEveryEdge(t, b, how, 200)
				check(t, b, a.ID)
			})
		})
	}
}

var errBroken = errors.New("broken off")

// breakAtEveryEdge processes again and again. Every run is broken off twice: at one
// of the first edges, after which sets are written one by one, and at one further
// on, each time another. It ends when a run comes through, at most after atMost.
func breakAtEveryEdge(t *testing.T, b *bench, how string, atMost int) {
	t.Helper()
	for n := 1; ; n++ {
		if n > atMost {
			t.Fatalf("still not through after %d runs", n)
		}
		ctx, cancel := context.WithCancel(t.Context())
		edge, first := 0, 1+n%4
		b.s.probe = func(string) error {
			if edge++; edge != first && edge != first+1+n*29%90 {
				return nil
			}
			switch how {
			case "panic":
				panic("at an edge")
			case "stop":
				cancel()
				return context.Canceled
			}
			return errBroken
		}
		// One attempt: claim and work, as the drain would.
		rows, err := b.s.claim(ctx, 1, map[string]int{})
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) == 0 {
			cancel()
			b.s.probe = nil
			b.work()
			return
		}
		b.s.work(ctx, rows[0])
		cancel()
		if b.count("SELECT count(*) FROM interchange WHERE state = 'received'") == 0 {
			b.s.probe = nil
			return
		}
	}
}

func TestSingleOrderBrokenOffAtEveryEdge(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"error", "panic", "stop"} {
		for _, edge := range []string{fail.ProcessBefore, fail.ProcessInside, fail.ProcessAfter} {
			t.Run(how+" "+edge, func(t *testing.T) {
				each(t, func(t *testing.T, b *bench) {
					b.s.opt.Backoff = time.Nanosecond
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					a := b.post(maya, fromKestrel(110, order("PO110")).String())
					broke := 0
					b.s.probe = func(at string) error {
						if at != edge || broke > 0 {
							return nil
						}
						broke++
						switch how {
						case "panic":
							panic("at an edge")
						case "stop":
							cancel()
							return context.Canceled
						}
						return errBroken
					}
					_, _ = b.s.drain(ctx)
					b.want("was broken off", broke, 1)
					b.work()
					b.want("state", b.get(maya, a.ID).State, Processed)
					b.want("orders", b.count("SELECT count(*) FROM test_order"), 1)
					b.want("answers", len(b.waiting(maya)), 1)
					b.want("events", b.events(EventProcessed), 1)
				})
			})
		}
	}
}

func TestParkedAfterTooManyTriesAndSetFree(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.s.opt.Backoff = time.Nanosecond
		bad := true
		b.orders.before = func(_ context.Context, in OrderIn) error {
			if bad && in.Order.Number == "PO121" {
				return fault.New(fault.Conflict, "partner.not_active", "State", "suspended")
			}
			return nil
		}
		a := b.post(maya, fromKestrel(120, order("PO120"), order("PO121"), order("PO122")).String())
		eventually(t, "parked", func() bool { b.work(); return b.get(maya, a.ID).State == Failed })
		m := b.get(maya, a.ID)
		b.want("parked", fmt.Sprint(m.Attempts, m.LastError, m.LastArgs, m.SetsDone, len(m.Sets)), fmt.Sprint(3, "partner.not_active", map[string]any{"State": "suspended"}, 1, 1))
		b.want("orders so far", b.count("SELECT count(*) FROM test_order"), 1)
		b.want("told", b.events(EventFailed), 1)
		b.want("no answer yet", len(b.waiting(maya)), 0)
		bad = false
		if err := b.s.Resolve(t.Context(), ingrid, a.ID, AnswerProcess); err != nil {
			t.Fatal(err)
		}
		b.work()
		b.want("after", fmt.Sprint(b.get(maya, a.ID).State, b.count("SELECT count(*) FROM test_order")), fmt.Sprint(Processed, 3))
		holds(t, b.waiting(maya)[0], "AK9*A*3*3*3")
	})
}

// A document that no try would ever book is refused by itself and told in the answer: the
// others of its interchange are booked, and nothing is parked.
func TestNeverBooked(t *testing.T) {
	tooMany := fault.New(fault.TooLarge, "trade.too_many_lines", "Most", 7)
	noLines := fault.New(fault.Invalid, "form.invalid").With("lines", "trade.no_lines")
	each(t, func(t *testing.T, b *bench) {
		b.orders.before = func(_ context.Context, in OrderIn) error {
			switch in.Order.Number {
			case "PO141", "UN141":
				return tooMany
			case "PO143":
				return noLines
			}
			return nil
		}
		a := b.post(maya, fromKestrel(140, order("PO140"), order("PO141"), order("PO142"), order("PO143")).String())
		small := b.post(maya, fromKestrel(145, order("PO145")).String()) // shares a transaction with the one before
		b.work()
		m := b.get(maya, a.ID)
		b.want("state", fmt.Sprint(m.State, m.Result, m.Attempts), fmt.Sprint(Processed, ResultPartly, 1))
		var said []string
		for _, s := range m.Sets {
			said = append(said, s.Result)
			for _, f := range s.Findings {
				said = append(said, f.Key, f.Data()["most"])
			}
		}
		b.want("sets", fmt.Sprint(said), "[accepted rejected set.too_many_lines 7 accepted rejected set.no_lines ]")
		b.want("orders", b.count("SELECT count(*) FROM test_order"), 3)
		b.want("beside it", b.get(maya, small.ID).Result, ResultAccepted)
		holds(t, b.waiting(maya)[0], "AK5*R*5", "AK9*P*4*4*2")

		un := b.post(kaarel, unOrders("R141", "UN140", "UN141"))
		b.work()
		b.want("EDIFACT", fmt.Sprint(b.get(kaarel, un.ID).State, b.get(kaarel, un.ID).Result), fmt.Sprint(Processed, ResultPartly))
		holds(t, b.waiting(kaarel)[0], "+4+36+UNH'")
	})
}

func TestBackOff(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.orders.before = func(context.Context, OrderIn) error { return errBroken }
		a := b.post(maya, fromKestrel(130, order("PO130")).String())
		b.work()
		m := b.get(maya, a.ID)
		if wait := time.Until(m.NextAt); m.Attempts != 1 || wait < 8*time.Second || wait > 13*time.Second {
			t.Errorf("attempt %d, next in %v", m.Attempts, wait)
		}
		b.work()
		b.want("not before its time", b.get(maya, a.ID).Attempts, 1)
	})
}

// Demo data are posted and processed at an instant of the past; the claim must not
// lapse because of it, or a second worker takes the same interchange.
func TestAClaimMadeInThePastStands(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		past := db.WithNow(t.Context(), time.Now().Add(-30*time.Hour))
		b.post(maya, fromKestrel(141, order("PO141")).String())
		if first, err := b.s.claim(past, 1, map[string]int{}); err != nil || len(first) != 1 {
			t.Fatal(first, err)
		}
		if second, err := b.s.claim(past, 1, map[string]int{}); err != nil || len(second) != 0 {
			t.Errorf("claimed twice: %v %v", second, err)
		}
	})
}

func TestAWorkerThatLostItsClaimWritesNothing(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.s.opt.Lease = time.Nanosecond
		a := b.post(maya, fromKestrel(140, order("PO140")).String())
		first, err := b.s.claim(t.Context(), 1, map[string]int{})
		if err != nil || len(first) != 1 {
			t.Fatal(first, err)
		}
		second, err := b.s.claim(t.Context(), 1, map[string]int{})
		if err != nil || len(second) != 1 || second[0].Fence != first[0].Fence+1 {
			t.Fatal(second, err)
		}
		if err := b.s.process(t.Context(), first[0]); !errors.Is(err, errFenced) {
			t.Errorf("the first worker: %v", err)
		}
		b.want("orders", b.count("SELECT count(*) FROM test_order"), 0)
		if err := b.s.process(t.Context(), second[0]); err != nil {
			t.Errorf("the second worker: %v", err)
		}
		if err := b.s.process(t.Context(), second[0]); err == nil {
			t.Error("the second worker again: no error")
		}
		b.want("state", b.get(maya, a.ID).State, Processed)
		b.want("orders", b.count("SELECT count(*) FROM test_order"), 1)
		b.want("answers", len(b.waiting(maya)), 1)
	})
}

// Interchanges that share a transaction come to their end by one statement, those alone whose
// claim still stands.
func TestSharedEndUnderEachClaim(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		var ids []string
		for i := range 7 {
			set := order(fmt.Sprint("PO7", i))
			if i == 3 {
				set = append(set, "SE*99*0001")
			}
			ids = append(ids, b.post(maya, fromKestrel(700+i, set).String()).ID)
		}
		rows, err := b.s.claim(t.Context(), 32, map[string]int{})
		if err != nil || len(rows) != 7 {
			t.Fatal(len(rows), err)
		}
		lost := rows[5]
		if err := b.s.release(t.Context(), lost); err != nil {
			t.Fatal(err)
		}
		again, err := b.s.claim(t.Context(), 32, map[string]int{})
		if err != nil || len(again) != 1 || again[0].ID != lost.ID {
			t.Fatal(again, err)
		}
		b.s.workAll(t.Context(), rows)
		for i, id := range ids {
			m, result := b.get(maya, id), ResultAccepted
			if i == 3 {
				result = ResultRejected
			}
			if id == lost.ID {
				b.want("the one that another holds", fmt.Sprint(m.State, m.Result, m.SetsDone), fmt.Sprint(Received, "", 0))
			} else {
				b.want(fmt.Sprint("state ", i), fmt.Sprint(m.State, m.Result, m.SetsDone, m.SetCount, m.Types), fmt.Sprint(Processed, result, 1, 1, []string{"850"}))
			}
		}
		b.want("orders", b.count("SELECT count(*) FROM test_order"), 5)
		b.want("answers", len(b.waiting(maya)), 6)
		b.want("processed", b.events(EventProcessed), 6)
		if err := b.s.process(t.Context(), again[0]); err != nil {
			t.Error(err)
		}
		// without such trouble all share it
		for i := range 5 {
			b.post(maya, fromKestrel(720+i, order(fmt.Sprint("PO72", i))).String())
		}
		b.work()
		b.want("orders then", b.count("SELECT count(*) FROM test_order"), 11)
		b.want("answers then", len(b.waiting(maya)), 12)
	})
}

func TestABlockedLaneDelaysNobody(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.s.opt.Workers, b.s.opt.PerLane = 3, 2
		free := make(chan struct{})
		b.orders.before = func(ctx context.Context, in OrderIn) error {
			// A lane whose business hangs. SQLite has one writer, so it must not
			// hang inside the transaction: it fails, and its lane is due at once.
			select {
			case <-free:
				return nil
			default:
			}
			if in.Reseller == kestrel {
				return errBroken
			}
			return nil
		}
		b.s.opt.Backoff, b.s.opt.Attempts = time.Nanosecond, 1<<30
		for i := range 40 {
			b.post(maya, fromKestrel(150+i, order(fmt.Sprint("PO150-", i))).String())
		}
		other := fromKestrel(1, order("BALTIC-1"))
		other.from = idBaltic
		a := b.post(kaarel, other.String())
		done := make(chan error, 1)
		go func() { _, err := b.s.drain(t.Context()); done <- err }()
		eventually(t, "the other lane is served", func() bool { return b.get(kaarel, a.ID).State == Processed })
		b.want("kestrel's still wait", b.count("SELECT count(*) FROM interchange WHERE state = 'received'"), 40)
		close(free)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		b.want("all", b.count("SELECT count(*) FROM test_order"), 41)
	})
}

func TestLanesTakeTurns(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for i := range wholeShare + 1 {
			b.post(maya, fromKestrel(200+i, order(fmt.Sprint("K", i))).String())
		}
		for i := range wholeShare + 1 {
			m := fromKestrel(200+i, order(fmt.Sprint("B", i)))
			m.from = idBaltic
			b.post(kaarel, m.String())
		}
		b.s.opt.PerLane = 1
		shares := func(rows []interchangeRow) map[string]int {
			lanes := map[string]int{}
			for _, r := range rows {
				lanes[r.Lane] += r.share()
			}
			return lanes
		}
		rows, err := b.s.claim(t.Context(), 2*wholeShare, map[string]int{})
		if err != nil {
			t.Fatal(err)
		}
		lanes := shares(rows)
		b.want("claimed", fmt.Sprint(len(rows), len(lanes)), fmt.Sprint(2*wholeShare, 2))
		more, err := b.s.claim(t.Context(), 2*wholeShare, lanes)
		b.want("never more than PerLane of a lane", fmt.Sprint(len(more), err), "0 <nil>")

		b.exec("UPDATE interchange SET size = 1000000, next_at = 0 WHERE state = 'received'")
		rows, err = b.s.claim(t.Context(), 2*wholeShare, map[string]int{})
		b.want("a large one takes a whole place", fmt.Sprint(len(rows), len(shares(rows)), err), "2 2 <nil>")
		b.exec("UPDATE interchange SET next_at = 0 WHERE state = 'received'")
		rows, err = b.s.claim(t.Context(), wholeShare-1, map[string]int{})
		b.want("and waits for it", fmt.Sprint(len(rows), err), "0 <nil>")
	})
}

func TestReviveAndStop(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.work()
		a := b.post(maya, fromKestrel(210, order("PO210")).String())
		if rows, err := b.s.claim(t.Context(), 1, map[string]int{}); err != nil || len(rows) != 1 {
			t.Fatal(rows, err)
		}
		b.work() // the claim of the dead process stands
		b.want("claimed", b.get(maya, a.ID).State, Received)
		_, next, _ := node(t, b.d, t.TempDir(), Options{})
		if _, err := next.drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := Processed
		if b.d.Dialect() == db.Postgres {
			want = Received // another node may be at work: the claim lapses by itself
			b.exec("UPDATE interchange SET next_at = 0 WHERE state = 'received'")
		}
		b.want("by the next process", b.get(maya, a.ID).State, want)
		b.work()
		b.want("in the end", b.get(maya, a.ID).State, Processed)

		a = b.post(maya, fromKestrel(211, order("PO211")).String())
		b.s.Stop()
		b.s.Stop()
		b.work()
		b.want("stopped", b.get(maya, a.ID).State, Received)
	})
}
