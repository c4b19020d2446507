// Package brokertest is the suite that every broker.Broker must pass.
package brokertest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entente/chat/broker"
)

// Pair makes two ends of one broker, as two nodes hold them. For an in-process
// broker both may be the same value. The suite closes them.
type Pair func(t *testing.T) (a, b broker.Broker)

// Run runs the suite.
func Run(t *testing.T, open Pair) {
	cases := map[string]func(*testing.T, broker.Broker, broker.Broker){
		"reaches both ends, the own included": reaches,
		"exactly the topic":                   exactly,
		"order of one publisher":              order,
		"data is not shared":                  unshared,
		"stop ends delivery":                  stops,
		"stop from within the handler":        stopInside,
		"a slow subscriber delays nobody":     slow,
		"topics and sizes are checked":        checked,
		"closed":                              closed,
		"many at once":                        many,
	}
	for name, fn := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := open(t)
			t.Cleanup(func() { _ = a.Close(); _ = b.Close() })
			fn(t, a, b)
		})
	}
}

const patience = 10 * time.Second

func listen(t *testing.T, b broker.Broker, topic string) (<-chan string, broker.Subscription) {
	t.Helper()
	ch := make(chan string, 10000)
	s, err := b.Subscribe(topic, func(d []byte) { ch <- string(d) })
	if err != nil {
		t.Fatal(err)
	}
	return ch, s
}

func publish(t *testing.T, b broker.Broker, topic, data string) {
	t.Helper()
	if err := b.Publish(context.Background(), topic, []byte(data)); err != nil {
		t.Fatal(err)
	}
}

// settle publishes until a marker arrives at every listener, so that slower
// transports have made their subscriptions known; then it empties them.
func settle(t *testing.T, from broker.Broker, topic string, chs ...<-chan string) {
	t.Helper()
	end := time.After(patience)
	for i, ch := range chs {
		mark := fmt.Sprintf("settle-%d", i)
		for seen := false; !seen; {
			publish(t, from, topic, mark)
			select {
			case got := <-ch:
				seen = got == mark
			case <-time.After(20 * time.Millisecond):
			case <-end:
				t.Fatal("subscription never became known")
			}
		}
	}
	publish(t, from, topic, "settled")
	for _, ch := range chs {
		for next(t, ch) != "settled" {
		}
	}
}

func next(t *testing.T, ch <-chan string) string {
	t.Helper()
	select {
	case s := <-ch:
		return s
	case <-time.After(patience):
		t.Fatal("nothing arrived")
		return ""
	}
}

func want(t *testing.T, ch <-chan string, s string) {
	t.Helper()
	if got := next(t, ch); got != s {
		t.Fatalf("got %q, want %q", got, s)
	}
}

func reaches(t *testing.T, a, b broker.Broker) {
	ca, _ := listen(t, a, "room.1")
	cb, _ := listen(t, b, "room.1")
	settle(t, a, "room.1", ca, cb)
	publish(t, a, "room.1", "x")
	want(t, ca, "x")
	want(t, cb, "x")
}

func exactly(t *testing.T, a, b broker.Broker) {
	c1, _ := listen(t, b, "room.1")
	c2, _ := listen(t, b, "room.12")
	settle(t, a, "room.1", c1)
	settle(t, a, "room.12", c2)
	publish(t, a, "room.12", "twelve")
	publish(t, a, "room.1", "one")
	publish(t, a, "room.12", "end")
	want(t, c1, "one")
	want(t, c2, "twelve")
	want(t, c2, "end")
	if len(c1) != 0 {
		t.Fatalf("a foreign topic arrived: %q", <-c1)
	}
}

func order(t *testing.T, a, b broker.Broker) {
	c, _ := listen(t, b, "r")
	settle(t, a, "r", c)
	for i := range 1000 {
		publish(t, a, "r", fmt.Sprint(i))
	}
	for i := range 1000 {
		want(t, c, fmt.Sprint(i))
	}
}

func unshared(t *testing.T, a, b broker.Broker) {
	c, _ := listen(t, b, "r")
	settle(t, a, "r", c)
	d := []byte("before")
	if err := a.Publish(context.Background(), "r", d); err != nil {
		t.Fatal(err)
	}
	copy(d, "AFTER!")
	want(t, c, "before")
}

func stops(t *testing.T, a, b broker.Broker) {
	c, s := listen(t, b, "r")
	other, _ := listen(t, b, "r")
	settle(t, a, "r", c, other)
	for len(c) > 0 {
		<-c
	}
	s.Stop()
	s.Stop()
	publish(t, a, "r", "late")
	want(t, other, "late")
	if len(c) != 0 {
		t.Fatalf("arrived after Stop: %q", <-c)
	}
}

func stopInside(t *testing.T, a, b broker.Broker) {
	other, _ := listen(t, b, "r")
	settle(t, a, "r", other)
	var s broker.Subscription
	var calls atomic.Int32
	ready, done := make(chan struct{}), make(chan struct{})
	s, err := b.Subscribe("r", func([]byte) {
		<-ready
		s.Stop()
		if calls.Add(1) == 1 {
			close(done)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	close(ready)
	end := time.After(patience)
	for waiting := true; waiting; {
		publish(t, a, "r", "x")
		select {
		case <-done:
			waiting = false
		case <-time.After(20 * time.Millisecond):
		case <-end:
			t.Fatal("handler never ran to its end")
		}
	}
	publish(t, a, "r", "last")
	for next(t, other) != "last" {
	}
	if n := calls.Load(); n != 1 {
		t.Fatalf("handler ran %d times", n)
	}
}

func slow(t *testing.T, a, b broker.Broker) {
	hold := make(chan struct{})
	s, err := b.Subscribe("r", func([]byte) { <-hold })
	if err != nil {
		t.Fatal(err)
	}
	fast, _ := listen(t, b, "fast")
	settle(t, a, "fast", fast)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		for range 20000 {
			_ = a.Publish(context.Background(), "r", []byte("x"))
		}
		_ = a.Publish(context.Background(), "fast", []byte("quick"))
	}()
	want(t, fast, "quick")
	<-finished
	s.Stop()
	close(hold)
}

func checked(t *testing.T, a, b broker.Broker) {
	for _, topic := range []string{"", ".", "a.", ".a", "a..b", "a b", "a*", "a.>", "é", strings.Repeat("x", broker.MaxTopic+1)} {
		if err := a.Publish(context.Background(), topic, nil); !errors.Is(err, broker.ErrTopic) {
			t.Errorf("Publish %q: %v", topic, err)
		}
		if _, err := a.Subscribe(topic, func([]byte) {}); !errors.Is(err, broker.ErrTopic) {
			t.Errorf("Subscribe %q: %v", topic, err)
		}
	}
	if err := a.Publish(context.Background(), "r", make([]byte, broker.MaxData+1)); !errors.Is(err, broker.ErrSize) {
		t.Errorf("too big: %v", err)
	}
	c, _ := listen(t, b, "r")
	settle(t, a, "r", c)
	big := strings.Repeat("y", broker.MaxData)
	publish(t, a, "r", big)
	want(t, c, big)
}

func closed(t *testing.T, a, b broker.Broker) {
	_, s := listen(t, a, "r")
	for range 2 {
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s.Stop()
	if err := a.Publish(context.Background(), "r", nil); !errors.Is(err, broker.ErrClosed) {
		t.Errorf("Publish: %v", err)
	}
	if _, err := a.Subscribe("r", func([]byte) {}); !errors.Is(err, broker.ErrClosed) {
		t.Errorf("Subscribe: %v", err)
	}
}

func many(t *testing.T, a, b broker.Broker) {
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			topic := fmt.Sprintf("r.%d", i)
			ch := make(chan string, 10000)
			s, err := b.Subscribe(topic, func(d []byte) { ch <- string(d) })
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Stop()
			end := time.After(patience)
			for {
				if err := a.Publish(context.Background(), topic, []byte("x")); err != nil {
					t.Error(err)
					return
				}
				select {
				case <-ch:
					return
				case <-time.After(20 * time.Millisecond):
				case <-end:
					t.Error("nothing arrived")
					return
				}
			}
		})
	}
	wg.Wait()
}
