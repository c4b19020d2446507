// Package cluster holds what several nodes need a NATS server for: the suite of brokers run
// against a real one, in this process. It is a module of its own, so that the server is no
// dependency of the product.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"entente/chat/broker"
	"entente/chat/broker/brokertest"
)

func serve(t *testing.T, port int) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(s.Shutdown)
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("the NATS server does not come up")
	}
	return s
}

func dial(t *testing.T, s *server.Server, cluster string) *broker.NATS {
	t.Helper()
	b, err := broker.DialNATS(s.ClientURL(), cluster, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// until polls for something that has no signal.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

var clusters atomic.Int64

func TestNATS(t *testing.T) {
	t.Parallel()
	s := serve(t, -1)
	brokertest.Run(t, func(t *testing.T) (a, b broker.Broker) {
		name := fmt.Sprint("c", clusters.Add(1))
		return dial(t, s, name), dial(t, s, name)
	})
}

// Another installation on the same server hears nothing; a name that is none is refused.
func TestClusters(t *testing.T) {
	t.Parallel()
	s := serve(t, -1)
	a, b := dial(t, s, "one"), dial(t, s, "two")
	heard := make(chan string, 10)
	for _, x := range []*broker.NATS{a, b} {
		if _, err := x.Subscribe("room.1", func(d []byte) { heard <- string(d) }); err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range []struct {
		from *broker.NATS
		data string
	}{{a, "of one"}, {b, "of two"}} {
		if err := x.from.Publish(context.Background(), "room.1", []byte(x.data)); err != nil {
			t.Fatal(err)
		}
	}
	if x, y := <-heard, <-heard; x == y {
		t.Errorf("%q twice", x)
	}
	if len(heard) > 0 {
		t.Errorf("heard %q", <-heard)
	}
	for _, name := range []string{"", "a.b", "a b", "*"} {
		if x, err := broker.DialNATS(s.ClientURL(), name, slog.New(slog.DiscardHandler)); err == nil {
			_ = x.Close()
			t.Errorf("%q is taken", name)
		}
	}
}

// A server that is not there yet, or goes and comes back, is joined without anybody's doing;
// meanwhile a node hears itself.
func TestComesBack(t *testing.T) {
	t.Parallel()
	first := serve(t, -1)
	port := first.Addr().(*net.TCPAddr).Port
	a, b := dial(t, first, "one"), dial(t, first, "one")
	heard := map[string]chan string{"a": make(chan string, 1000), "b": make(chan string, 1000)}
	for name, x := range map[string]*broker.NATS{"a": a, "b": b} {
		if _, err := x.Subscribe("room.1", func(d []byte) { heard[name] <- string(d) }); err != nil {
			t.Fatal(err)
		}
	}
	say := func(data string) {
		if err := a.Publish(context.Background(), "room.1", []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	arrives := func(what string) {
		t.Helper()
		until(t, what+" does not arrive", func() bool {
			say(what)
			select {
			case got := <-heard["b"]:
				return got == what
			default:
				return false
			}
		})
	}
	arrives("before")
	first.Shutdown()
	until(t, "nobody noticed", func() bool { return a.Check(context.Background()) != nil && b.Check(context.Background()) != nil })
	for len(heard["a"]) > 0 {
		<-heard["a"]
	}
	say("alone")
	if got := <-heard["a"]; got != "alone" {
		t.Errorf("heard %q", got)
	}
	serve(t, port)
	arrives("after")
	if a.Check(context.Background()) != nil || b.Check(context.Background()) != nil {
		t.Error("joined, and not said")
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.Publish(context.Background(), "room.1", nil); !errors.Is(err, broker.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

// A node starts while there is no server.
func TestStartsAlone(t *testing.T) {
	t.Parallel()
	s := serve(t, -1)
	port, url := s.Addr().(*net.TCPAddr).Port, s.ClientURL()
	s.Shutdown()
	s.WaitForShutdown()
	b, err := broker.DialNATS(url, "one", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	if b.Check(context.Background()) == nil {
		t.Error("reached what is not there")
	}
	serve(t, port)
	until(t, "never joined", func() bool { return b.Check(context.Background()) == nil })
}
