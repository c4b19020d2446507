package hub

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/chat/broker"
)

func TestJoinSendsHelloThenGapThenLive(t *testing.T) {
	t.Parallel()
	tab := newTable()
	h := start(t, Options{Source: tab})
	for range 250 {
		tab.add("r")
	}
	c, tp := add(t, h, Who{})
	join(t, c, "r", 20, Prepare([]byte(`{"type":"joined"}`)))
	for range 10 {
		seq, f := tab.add("r")
		h.Publish("r", seq, f)
	}
	tp.exactly(t, 21, 260)
	if tp.msgs[0]["type"] != "joined" {
		t.Fatalf("first frame %v", tp.msgs[0])
	}
}

// busy is a table in which a number is stored and delivered while it is read: the read
// does not have it yet.
type busy struct {
	*table
	during func()
}

func (b *busy) After(ctx context.Context, room string, seq int64, limit int) ([]Numbered, error) {
	rows, err := b.table.After(ctx, room, seq, limit)
	if fn := b.during; fn != nil {
		b.during = nil
		fn()
	}
	return rows, err
}

// A number that is stored and delivered between the joiner's read and its going live is
// not a hole in the table.
func TestJoinLosesNothingThatComesWhileItReads(t *testing.T) {
	t.Parallel()
	tab := &busy{table: newTable()}
	h := start(t, Options{Source: tab})
	other, _ := add(t, h, Who{})
	tab.add("r")
	join(t, other, "r", 0)
	c, tp := add(t, h, Who{})
	tab.during = func() {
		seq, f := tab.add("r")
		h.Publish("r", seq, f)
	}
	join(t, c, "r", 1)
	seq, f := tab.add("r")
	h.Publish("r", seq, f)
	tp.exactly(t, 2, 3)
}

func TestRefusedEntryLeavesNothing(t *testing.T) {
	t.Parallel()
	tab := newTable()
	h := start(t, Options{Source: tab})
	c, tp := add(t, h, Who{})
	no := errors.New("no")
	if err := c.Join(context.Background(), "r", func() (Entry, error) { return Entry{}, no }); !errors.Is(err, no) {
		t.Fatal(err)
	}
	seq, f := tab.add("r")
	h.Publish("r", seq, f)
	if c.In("r") || h.find("r") != nil {
		t.Fatal("the room is still held")
	}
	c.Send(Prepare([]byte(`{"type":"end"}`)))
	tp.until(t, "end", func() bool { return len(tp.msgs) > 0 })
	if len(tp.msgs) != 1 || tp.msgs[0]["type"] != "end" {
		t.Fatalf("got %v", tp.msgs)
	}
}

func TestEveryoneGetsEveryNumberOnceInOrder(t *testing.T) {
	t.Parallel()
	tab := newTable()
	h := start(t, Options{Source: tab, HoleWait: time.Millisecond, QueueFrames: 1 << 16})
	const total = 2000
	var wg sync.WaitGroup
	// publishers overtake each other, lose some frames and repeat some
	for w := range 4 {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(w), 1))
			for range total / 4 {
				seq, f := tab.add("r")
				switch rnd.IntN(8) {
				case 0: // lost
				case 1:
					h.Publish("r", seq, f)
					h.Publish("r", seq, f)
				default:
					h.Publish("r", seq, f)
				}
			}
		})
	}
	// clients come, leave in the middle and come back where they were
	for w := range 8 {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(w), 2))
			var have int64
			for have < total {
				tp := newTap()
				c, err := h.Add(Who{}, tp)
				if err != nil {
					t.Error(err)
					return
				}
				if err := c.Join(context.Background(), "r", at(have)); err != nil {
					t.Error(err)
				}
				want := min(total, have+1+rnd.Int64N(total/3))
				if tab.last("r") == total {
					h.Check(context.Background()) // the last frame may be among the lost
					want = total
				}
				tp.until(t, "some", func() bool { return int64(len(tp.seqs())) >= want-have || tab.last("r") == total })
				c.Remove()
				tp.mu.Lock()
				for _, s := range tp.seqs() {
					if s != have+1 {
						t.Errorf("client %d: %d after %d", w, s, have)
					}
					have = s
				}
				tp.mu.Unlock()
			}
		})
	}
	wg.Wait()
	if n := len(h.rooms); n != 0 {
		t.Fatalf("%d rooms are still held", n)
	}
}

func TestLostLastFrameIsFoundByTheCheck(t *testing.T) {
	t.Parallel()
	tab := newTable()
	h := start(t, Options{Source: tab, HoleWait: time.Millisecond, CheckEvery: 5 * time.Millisecond})
	c, tp := add(t, h, Who{})
	join(t, c, "r", 0)
	tab.add("r") // committed, never published
	tp.exactly(t, 1, 1)
	if c.Rooms()[0] != "r" {
		t.Fatal("room not listed")
	}
}

func TestUnknownNumberDoesNotStopARoom(t *testing.T) {
	t.Parallel()
	tab := newTable()
	h := start(t, Options{Source: tab, HoleWait: time.Millisecond})
	c, tp := add(t, h, Who{})
	join(t, c, "r", 0)
	h.Publish("r", 999, Prepare([]byte(`{"seq":999}`))) // from nowhere
	for range 3 {
		seq, f := tab.add("r")
		h.Publish("r", seq, f)
	}
	tp.exactly(t, 1, 3)
}

func TestLanguageVariant(t *testing.T) {
	t.Parallel()
	tab := newTable()
	h := start(t, Options{Source: tab})
	c, tp := add(t, h, Who{Lang: "zh-CN"})
	d, other := add(t, h, Who{Lang: "de"})
	join(t, c, "r", 0)
	join(t, d, "r", 0)
	seq, f := tab.add("r")
	h.Publish("r", seq, f)
	tp.exactly(t, 1, 1)
	other.exactly(t, 1, 1)
	numbered := func(x *tap) map[string]any { // a frame of presence may come before it
		x.mu.Lock()
		defer x.mu.Unlock()
		return x.msgs[slices.IndexFunc(x.msgs, func(m map[string]any) bool { return m["seq"] != nil })]
	}
	if a, b := numbered(tp), numbered(other); a["zh"] != true || b["zh"] != nil {
		t.Fatalf("variants: %v, %v", a, b)
	}
}

func TestSlowClientIsClosedAndDelaysNobody(t *testing.T) {
	t.Parallel()
	tab := newTable()
	h := start(t, Options{Source: tab, QueueBytes: 4096})
	slow := newTap()
	slow.hold = make(chan struct{})
	sc, err := h.Add(Who{Person: "slow"}, slow)
	if err != nil {
		t.Fatal(err)
	}
	join(t, sc, "r", 0)
	c, fast := add(t, h, Who{Person: "fast"})
	join(t, c, "r", 0)
	// signals alone never close it
	for i := range 10000 {
		h.Signal("r", fmt.Sprint("typing", i%400), "somebody", Prepare([]byte(`{"type":"typing"}`)))
	}
	select {
	case <-sc.Done():
		t.Fatal("closed by last-value frames")
	default:
	}
	for i := range int64(2000) {
		seq, f := tab.add("r")
		h.Publish("r", seq, f)
		if i%20 == 0 {
			fast.until(t, "progress", func() bool { return int64(len(fast.seqs())) >= seq })
		}
	}
	fast.exactly(t, 1, 2000)
	slow.until(t, "the close", func() bool { return slow.code != 0 })
	if slow.code != CodeSlow {
		t.Fatalf("code %d", slow.code)
	}
	if sc.Send(Prepare([]byte(`{}`))) {
		t.Fatal("a closed connection took a frame")
	}
	close(slow.hold)
	sc.Remove()
	slow.mu.Lock()
	have := slow.seqs()
	slow.mu.Unlock()
	// it comes back and catches up
	back, tp := add(t, h, Who{Person: "slow"})
	join(t, back, "r", int64(len(have)))
	tp.exactly(t, int64(len(have))+1, 2000)
}

func TestAnswersWaitInsteadOfClosing(t *testing.T) {
	t.Parallel()
	tab := newTable()
	for range 3000 {
		tab.add("r")
	}
	h := start(t, Options{Source: tab, QueueBytes: 1024})
	c, tp := add(t, h, Who{})
	join(t, c, "r", 0)
	tp.exactly(t, 1, 3000)
}

func TestManyFramesInOneWrite(t *testing.T) {
	t.Parallel()
	h := start(t, Options{Source: newTable()})
	tp := newTap()
	tp.hold = make(chan struct{})
	c, err := h.Add(Who{}, tp)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		c.Send(Prepare(fmt.Appendf(nil, `{"seq":%d}`, i+1)))
	}
	close(tp.hold)
	tp.exactly(t, 1, 1000)
	if tp.writes > 3 {
		t.Fatalf("%d writes for 1000 frames", tp.writes)
	}
	c.Remove()
}

func TestLastValueReplaces(t *testing.T) {
	t.Parallel()
	h := start(t, Options{Source: newTable()})
	tp := newTap()
	tp.hold = make(chan struct{})
	c, err := h.Add(Who{Person: "p", Org: "o"}, tp)
	if err != nil {
		t.Fatal(err)
	}
	c.Send(Prepare([]byte(`{"first":true}`))) // keeps the writer busy
	for i := range 500 {
		h.ToPerson("p", "k", Prepare(fmt.Appendf(nil, `{"person":%d}`, i)))
		h.ToOrg("o", "k2", Prepare(fmt.Appendf(nil, `{"org":%d}`, i)))
	}
	h.ToPerson("other", "k", Prepare([]byte(`{"wrong":true}`)))
	h.ToOrg("other", "k", Prepare([]byte(`{"wrong":true}`)))
	close(tp.hold)
	tp.until(t, "both", func() bool {
		var p, o bool
		for _, m := range tp.msgs {
			p, o = p || m["person"] == 499.0, o || m["org"] == 499.0
		}
		return p && o
	})
	for _, m := range tp.msgs {
		if m["wrong"] != nil {
			t.Fatal("a foreign person's frame arrived")
		}
	}
	if len(tp.msgs) > 6 {
		t.Fatalf("%d frames, the values did not replace each other", len(tp.msgs))
	}
	c.Remove()
}

func TestDropAndExpelAreImmediate(t *testing.T) {
	t.Parallel()
	tab := newTable()
	h := start(t, Options{Source: tab})
	mk := func(person, org, session string) (*Conn, *tap) {
		c, tp := add(t, h, Who{Person: person, Org: org, Session: session})
		join(t, c, "r", 0)
		return c, tp
	}
	_, a1 := mk("a", "x", "s1")
	_, a2 := mk("a", "y", "s2")
	_, b := mk("b", "x", "s3")
	cc, ct := mk("c", "z", "s4")

	h.Drop(Drop{Person: "a", Org: "y", Code: CodeEnded})
	if a1.code != 0 || a2.code != CodeEnded {
		t.Fatalf("membership: codes %d %d", a1.code, a2.code)
	}
	h.Drop(Drop{Session: "s1", Code: CodeEnded})
	if a1.code != CodeEnded || b.code != 0 {
		t.Fatalf("session: codes %d %d", a1.code, b.code)
	}
	h.Drop(Drop{Code: CodeEnded}) // names nobody
	if b.code != 0 {
		t.Fatal("an empty drop closed somebody")
	}
	h.Expel("r", "", "z")
	seq, f := tab.add("r")
	h.Publish("r", seq, f)
	b.exactly(t, 1, 1)
	ct.until(t, "left", func() bool { return len(ct.msgs) > 0 && ct.msgs[len(ct.msgs)-1]["type"] == "left" })
	if cc.In("r") || ct.code != 0 || len(ct.seqs()) != 0 {
		t.Fatalf("expelled: in %v, code %d, numbers %v", cc.In("r"), ct.code, ct.seqs())
	}
}

func TestStopClosesAllAndRefusesNew(t *testing.T) {
	t.Parallel()
	h := start(t, Options{Source: newTable()})
	_, tp := add(t, h, Who{})
	h.Stop()
	if tp.code != CodeAway {
		t.Fatalf("code %d", tp.code)
	}
	if _, err := h.Add(Who{}, newTap()); !errors.Is(err, ErrStopped) {
		t.Fatal(err)
	}
	if err := h.Start(context.Background()); !errors.Is(err, ErrStopped) {
		t.Fatal(err)
	}
}

// lossy loses and repeats, as a broker may.
type lossy struct {
	broker.Broker
	mu  sync.Mutex
	rnd *rand.Rand
}

func (l *lossy) Publish(ctx context.Context, topic string, data []byte) error {
	l.mu.Lock()
	n := l.rnd.IntN(6)
	l.mu.Unlock()
	if n == 0 {
		return nil
	}
	if n == 1 {
		_ = l.Broker.Publish(ctx, topic, data)
	}
	return l.Broker.Publish(ctx, topic, data)
}

func TestTwoNodesOverALossyBroker(t *testing.T) {
	t.Parallel()
	tab, m := newTable(), broker.NewMemory()
	t.Cleanup(func() { _ = m.Close() })
	b := &lossy{Broker: m, rnd: rand.New(rand.NewPCG(7, 7))}
	o := Options{Source: tab, Broker: b, HoleWait: time.Millisecond, CheckEvery: 20 * time.Millisecond, QueueFrames: 1 << 16}
	o.Node = "one"
	one := start(t, o)
	o.Node = "two"
	two := start(t, o)
	var taps []*tap
	for i := range 6 {
		h := []*Hub{one, two}[i%2]
		c, tp := add(t, h, Who{})
		join(t, c, "r", 0)
		taps = append(taps, tp)
	}
	var wg sync.WaitGroup
	for _, h := range []*Hub{one, two} {
		wg.Go(func() {
			for range 500 {
				seq, f := tab.add("r")
				h.Publish("r", seq, f)
			}
		})
	}
	wg.Wait()
	for _, tp := range taps {
		tp.exactly(t, 1, 1000)
	}
}

func TestTwoNodesShareWhatIsNotNumbered(t *testing.T) {
	t.Parallel()
	tab, m := newTable(), broker.NewMemory()
	t.Cleanup(func() { _ = m.Close() })
	one := start(t, Options{Source: tab, Broker: m, Node: "one"})
	two := start(t, Options{Source: tab, Broker: m, Node: "two"})
	ann := Who{Person: "ann", Org: "x", Face: Face{ID: "ann", Name: "Ann", Org: "x"}}
	ben := Who{Person: "ben", Org: "y", Session: "sb", Face: Face{ID: "ben", Name: "Ben", Org: "y"}}
	ca, a := add(t, one, ann)
	cb, b := add(t, two, ben)
	join(t, ca, "r", 0)
	join(t, cb, "r", 0)
	online := func(tp *tap, n int) func() bool {
		return func() bool {
			for i := len(tp.msgs) - 1; i >= 0; i-- {
				if tp.msgs[i]["type"] == "presence" {
					return len(tp.msgs[i]["online"].([]any)) == n
				}
			}
			return false
		}
	}
	a.until(t, "both present", online(a, 2))
	b.until(t, "both present", online(b, 2))

	one.Signal("r", "typing", "ann", Prepare([]byte(`{"type":"typing"}`)))
	b.until(t, "typing", has(b, "typing"))
	one.ToPerson("ben", "k", Prepare([]byte(`{"type":"changed"}`)))
	b.until(t, "changed", has(b, "changed"))
	two.ToOrg("x", "k", Prepare([]byte(`{"type":"org"}`)))
	a.until(t, "org", has(a, "org"))
	a.mu.Lock()
	if has(a, "typing")() {
		t.Error("typing came back to the typist")
	}
	a.mu.Unlock()

	two.Expel("r", "ann", "")
	a.until(t, "left", has(a, "left"))
	b.until(t, "ann gone", online(b, 1))
	one.Drop(Drop{Session: "sb", Code: CodeEnded})
	b.until(t, "the close", func() bool { return b.code == CodeEnded })
}

func TestPresenceCountsConnectionsOfOnePersonOnce(t *testing.T) {
	t.Parallel()
	h := start(t, Options{Source: newTable()})
	ann := Who{Person: "ann", Face: Face{ID: "ann", Name: "Ann", Org: "x"}}
	c1, _ := add(t, h, ann)
	c2, _ := add(t, h, ann)
	w, tp := add(t, h, Who{Person: "w", Face: Face{ID: "w", Name: "Wen", Org: "y"}})
	join(t, c1, "r", 0)
	join(t, c2, "r", 0)
	join(t, w, "r", 0)
	names := func() string {
		for i := len(tp.msgs) - 1; i >= 0; i-- {
			if on, ok := tp.msgs[i]["online"].([]any); ok {
				return fmt.Sprint(on)
			}
		}
		return ""
	}
	both := "[map[id:ann name:Ann org:x] map[id:w name:Wen org:y]]"
	tp.until(t, "both", func() bool { return names() == both })
	c1.Remove()
	if all, own := h.Connections("ann"); all != 2 || own != 1 {
		t.Fatalf("connections %d, %d", all, own)
	}
	c2.Remove()
	tp.until(t, "one", func() bool { return names() == "[map[id:w name:Wen org:y]]" })
}

// TestRejoinRefused: who begins anew in a room and may not any more is shown to nobody.
func TestRejoinRefused(t *testing.T) {
	t.Parallel()
	h := start(t, Options{Source: newTable()})
	ann, _ := add(t, h, Who{Person: "ann", Face: Face{ID: "ann", Name: "Ann", Org: "x"}})
	w, tp := add(t, h, Who{Person: "w", Face: Face{ID: "w", Name: "Wen", Org: "y"}})
	join(t, w, "r", 0)
	join(t, ann, "r", 0)
	names := func() string {
		for i := len(tp.msgs) - 1; i >= 0; i-- {
			if on, ok := tp.msgs[i]["online"].([]any); ok {
				return fmt.Sprint(on)
			}
		}
		return ""
	}
	tp.until(t, "both", func() bool { return strings.Contains(names(), "ann") })
	no := errors.New("no")
	if err := ann.Join(context.Background(), "r", func() (Entry, error) { return Entry{}, no }); !errors.Is(err, no) {
		t.Fatal(err)
	}
	tp.until(t, "one", func() bool { return names() == "[map[id:w name:Wen org:y]]" })
}

func TestEnvelopeSurvivesAnything(t *testing.T) {
	t.Parallel()
	f := Prepare([]byte("a")).With("zh-CN", make([]byte, 70000))
	b, err := envelope{Node: "n", Kind: kindFrame, Room: "r", Seq: 5}.encode(f)
	if err != nil {
		t.Fatal(err)
	}
	e, g, ok := decode(b)
	if !ok || e.Seq != 5 || string(g.For("")) != string(f.For("")) || string(g.For("zh-CN")) != string(f.For("zh-CN")) {
		t.Fatal("changed on the way")
	}
	for i := range len(b) {
		if i > 300 && i%1000 != 0 {
			continue
		}
		if _, _, ok := decode(b[:i]); ok {
			t.Fatalf("cut at %d was taken", i)
		}
	}
	for _, bad := range []string{"", "\n", "{}", `{"p":[{"n":-1}]}` + "\n", `{"p":[{"n":9}]}` + "\nabc"} {
		if _, _, ok := decode([]byte(bad)); ok {
			t.Fatalf("%q was taken", bad)
		}
	}
}

// FuzzEnvelope: whatever another node sends is refused or read whole; what was
// read is written the same again.
func FuzzEnvelope(f *testing.F) {
	b, err := envelope{Node: "n", Kind: kindFaces, Room: "r", Faces: []Face{{ID: "a", Name: "A"}}}.encode(Prepare([]byte("{}")).With("zh-CN", []byte("[]")))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte("{}\n"))
	f.Add([]byte(`{"p":[{"n":1},{"n":1}]}` + "\nab"))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, fr, ok := decode(data)
		if !ok {
			return
		}
		e.Parts = nil
		again, err := e.encode(fr)
		if err != nil {
			t.Fatal(err)
		}
		e2, fr2, ok := decode(again)
		if !ok || e2.Kind != e.Kind || e2.Seq != e.Seq || string(fr2.For("")) != string(fr.For("")) || string(fr2.For("zh-CN")) != string(fr.For("zh-CN")) {
			t.Fatalf("%q came back as %q", data, again)
		}
	})
}

// A named connection is reached alone, on whichever node, as long as it is in the room; to
// join anew keeps the name, to be taken out ends it and is told.
func TestNamedConnections(t *testing.T) {
	t.Parallel()
	tab, m := newTable(), broker.NewMemory()
	t.Cleanup(func() { _ = m.Close() })
	gone := make(chan string, 4)
	one := start(t, Options{Source: tab, Broker: m, Node: "one", Gone: func(room, name string) { gone <- room + " " + name }})
	two := start(t, Options{Source: tab, Broker: m, Node: "two"})
	tab.add("r")
	ca, a := add(t, one, Who{Person: "ann", Org: "x"})
	_, other := add(t, one, Who{Person: "ann", Org: "y"})
	cb, b := add(t, two, Who{Person: "ben", Org: "x"})
	if ca.Name("r", "A") {
		t.Error("named outside the room")
	}
	join(t, ca, "r", 0)
	join(t, cb, "r", 0)
	if !ca.Name("r", "A") || !cb.Name("r", "B") || ca.Named("r") != "A" || ca.Name("r", "A") {
		t.Error("not named")
	}
	word := func(s string) Frame { return Prepare([]byte(`{"type":"` + s + `"}`)) }
	one.To("r", "B", word("b1"))
	two.To("r", "A", word("a1"))
	b.until(t, "b1", has(b, "b1"))
	a.until(t, "a1", has(a, "a1"))
	join(t, ca, "r", 0) // catches up anew
	two.To("r", "A", word("a2"))
	a.until(t, "a2", has(a, "a2"))
	one.ToMember("ann", "y", "k", word("y1"))
	two.ToMember("ann", "x", "k", word("x1"))
	other.until(t, "y1", has(other, "y1"))
	a.until(t, "x1", has(a, "x1"))

	one.Unname("r", "B")
	one.To("r", "A", word("a3"))
	a.until(t, "a3", has(a, "a3"))
	one.To("r", "B", word("b2"))
	one.ToPerson("ben", "k", word("b3")) // comes after it
	b.until(t, "b3", has(b, "b3"))
	one.Expel("r", "ann", "")
	if got := <-gone; got != "r A" {
		t.Errorf("gone %q", got)
	}
	one.To("r", "A", word("a4"))
	ca.Send(word("last"))
	a.until(t, "last", has(a, "last"))
	a.mu.Lock()
	defer a.mu.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	other.mu.Lock()
	defer other.mu.Unlock()
	if has(a, "a4")() || has(b, "b2")() || has(a, "y1")() || has(other, "x1")() || has(other, "a1")() || len(one.Names()) != 0 {
		t.Error("a frame came where it should not")
	}
	if len(gone) != 0 {
		t.Errorf("gone %q as well", <-gone)
	}
}
