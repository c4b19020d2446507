package broker_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"entente/chat/broker"
)

// told hands on what is logged.
type told chan string

func (t told) Write(p []byte) (int, error) {
	t <- string(bytes.Clone(p))
	return len(p), nil
}

// TestRefusedUser: a server that refuses the user again and again, until it knows him, is
// joined then.
func TestRefusedUser(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c, n < 3)
		}
	}()
	log := make(told, 100)
	b, err := broker.DialNATS("nats://app:secret@"+l.Addr().String(), "one", slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	end := time.After(20 * time.Second)
	for {
		select {
		case line := <-log:
			if strings.Contains(line, "secret") {
				t.Error(line)
			}
			if !strings.Contains(line, "joined the other nodes") {
				continue
			}
			if err := b.Publish(context.Background(), "r", nil); err != nil {
				t.Error(err)
			}
			return
		case <-end:
			t.Fatal("never joined: ", b.Check(context.Background()))
		}
	}
}

// serve speaks as much of a NATS server as joining takes.
func serve(c net.Conn, refuse bool) {
	defer c.Close()
	_, _ = fmt.Fprint(c, "INFO {\"server_id\":\"x\",\"version\":\"2.10.0\",\"proto\":1,\"headers\":true,\"auth_required\":true,\"max_payload\":1048576}\r\n")
	for in := bufio.NewScanner(c); in.Scan(); {
		switch {
		case strings.HasPrefix(in.Text(), "CONNECT") && refuse:
			_, _ = fmt.Fprint(c, "-ERR 'Authorization Violation'\r\n")
			return
		case strings.HasPrefix(in.Text(), "PING"):
			_, _ = fmt.Fprint(c, "PONG\r\n")
		}
	}
}
