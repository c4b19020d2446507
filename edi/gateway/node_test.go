package gateway

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"entente/db"
	"entente/db/dbtest"
)

// TestTwoNodes runs two gateways with connections of their own on one PostgreSQL
// database: both take the same submissions in, both process.
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	dsn, dir := dbtest.PostgresDSN(t), t.TempDir()
	var nodes []*bench
	for i := range 2 {
		d, err := db.Open(t.Context(), dsn, db.Options{Conns: 8})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		if i == 0 {
			seed(t, d)
		}
		b := &bench{TB: t, d: d}
		b.jobs, b.s, b.orders = node(t, d, dir, Options{})
		nodes = append(nodes, b)
	}
	const messages = 60
	var all sync.WaitGroup
	for _, b := range nodes {
		for sender := range 4 {
			all.Go(func() {
				for i := range messages {
					n := (i + sender*15) % messages
					a, err := b.s.Receive(t.Context(), maya, Submission{Reader: strings.NewReader(fromKestrel(700+n, order(fmt.Sprint("PO7-", n))).String()), IdempotencyKey: fmt.Sprint("key", n)})
					if err != nil || a.ID == "" {
						t.Errorf("receive: %v", err)
					}
				}
			})
		}
		all.Go(func() {
			for range 20 {
				if _, err := b.s.drain(t.Context()); err != nil {
					t.Errorf("drain: %v", err)
				}
			}
		})
	}
	all.Wait()
	b := nodes[0]
	b.work()
	b.want("interchanges", b.count("SELECT count(*) FROM interchange WHERE origin = 'sent' AND state = 'processed'"), messages)
	b.want("orders", b.count("SELECT count(*) FROM test_order"), messages)
	b.want("numbers", b.count("SELECT count(DISTINCT number) FROM test_order"), messages)
	b.want("answers", b.count("SELECT count(DISTINCT control) FROM interchange WHERE origin = 'made'"), messages)
	b.want("events", b.events(EventProcessed), messages)
	b.want("tries", b.count("SELECT max(attempts) FROM interchange"), 1)
}

// TestReusedNumberThatIntakeCouldNotSee: two nodes took the same control number in
// at the same moment, neither saw the other's row.
func TestReusedNumberThatIntakeCouldNotSee(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.Postgres(t), Options{})
	first := b.post(maya, fromKestrel(800, order("PO800")).String())
	second := b.post(maya, fromKestrel(800, order("PO800-B")).String())
	b.exec("DELETE FROM event")
	b.exec("UPDATE interchange SET state = 'received', held = '', duplicate_of = '', findings = ''")
	b.work()
	b.want("states", fmt.Sprint(b.get(maya, first.ID).State, " ", b.get(maya, second.ID).State), "processed held")
	b.want("earlier", b.get(maya, second.ID).Earlier, first.ID)
	b.want("orders", b.count("SELECT count(*) FROM test_order"), 1)
	b.want("told", b.events(EventHeld), 1)
	if err := b.s.Resolve(t.Context(), maya, second.ID, AnswerProcess); err != nil {
		t.Fatal(err)
	}
	b.work()
	b.want("released", b.count("SELECT count(*) FROM test_order"), 2)
}
