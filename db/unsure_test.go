package db_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/fault"
)

// between is a PostgreSQL whose connections end before the answer to a commit comes back,
// while armed.
func between(t *testing.T, dsn string) (through string, armed *atomic.Bool) {
	t.Helper()
	to, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	armed = new(atomic.Bool)
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer from.Close()
				network, address := pgconn.NetworkAddress(to.Host, to.Port)
				server, err := net.Dial(network, address)
				if err != nil {
					return
				}
				defer server.Close()
				go func() { _, _ = io.Copy(server, from); _ = server.Close() }()
				for part := make([]byte, 64<<10); ; {
					n, err := server.Read(part)
					if err != nil || armed.Load() && bytes.Contains(part[:n], []byte("COMMIT\x00")) {
						return
					}
					if _, err := from.Write(part[:n]); err != nil {
						return
					}
				}
			}()
		}
	}()
	at := l.Addr().(*net.TCPAddr)
	words := []string{fmt.Sprintf("host=127.0.0.1 port=%d sslmode=disable", at.Port)}
	for name, value := range map[string]string{"user": to.User, "password": to.Password, "dbname": to.Database} {
		if value != "" {
			words = append(words, name+"='"+value+"'")
		}
	}
	return strings.Join(words, " "), armed
}

// A commit whose answer is lost may stand: nobody of a shared one is run again, which would
// write everything twice, and each is told that it is not known.
func TestCommitWithoutAnswer(t *testing.T) {
	dsn := dbtest.PostgresDSN(t)
	through, armed := between(t, dsn)
	d, err := db.Open(context.Background(), through, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	var fns []func(context.Context) error
	var runs atomic.Int64
	for range 3 {
		fns = append(fns, func(ctx context.Context) error {
			armed.Store(true)
			return putLater(ctx, fmt.Sprint("n", runs.Add(1)), 1)
		})
	}
	for i, err := range gather(t, d, fns...) {
		if fault.CodeOf(err) != fault.Unavailable {
			t.Errorf("member %d: %v", i, err)
		}
	}
	armed.Store(false)
	if n := has(t, context.Background(), d, "1 = 1"); n != 3 || runs.Load() != 3 {
		t.Errorf("%d rows stand after %d runs, want 3 and 3", n, runs.Load())
	}
}
