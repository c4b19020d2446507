package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestKill kills the server at random moments while orders are posted. Every
// order that was answered with 202 becomes exactly one order and one 997; one
// that got no answer becomes at most one of each.
func TestKill(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		rounds, each := 10, 20
		if d.name == "postgres" {
			rounds, each = 5, 20
		}
		s := start(t, d, "--demo")
		kestrel := s.token("maya@kestrel.example", "edi:read,edi:write,orders:read")
		random := rand.New(rand.NewPCG(1, uint64(len(d.name))))
		accepted := map[string]bool{}
		sent := map[string]bool{}
		var mu sync.Mutex
		control := 880000
		for round := range rounds {
			var answered atomic.Int64
			after := int64(random.IntN(each-2) + 1)
			hit := make(chan struct{})
			var once sync.Once
			var posts sync.WaitGroup
			todo := make(chan po, each)
			for i := range each {
				control++
				todo <- po{control: control, number: fmt.Sprintf("KILL-%02d-%02d", round, i)}
			}
			close(todo)
			for range 8 {
				posts.Go(func() {
					for p := range todo {
						mu.Lock()
						sent[p.number] = true
						mu.Unlock()
						ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
						a, err := kestrel.try(ctx, "POST", "/api/v1/edi/interchanges", "application/edi-x12", []byte(p.String()))
						cancel()
						if err != nil {
							continue // no answer: at most once
						}
						if a.status != 202 {
							t.Errorf("%s: %d %s", p.number, a.status, a.body)
							continue
						}
						mu.Lock()
						accepted[p.number] = true
						mu.Unlock()
						if answered.Add(1) == after {
							once.Do(func() { close(hit) })
						}
					}
				})
			}
			go func() { posts.Wait(); once.Do(func() { close(hit) }) }()
			<-hit
			<-time.After(time.Duration(random.IntN(12)) * time.Millisecond) // the random moment
			s.kill()
			posts.Wait()
			s.run()
		}
		if len(accepted) < rounds {
			t.Fatalf("only %d of %d were answered", len(accepted), len(sent))
		}
		eventually(t, "nothing waits to be processed", func() bool {
			var list struct{ Items []struct{ ID string } }
			kestrel.get("/api/v1/edi/interchanges?state=received&limit=1", &list)
			return len(list.Items) == 0
		})
		s.command("reconcile")
		orders := map[string]int{}
		for _, o := range kestrel.ordersAll("KILL") {
			orders[o.Number]++
		}
		acks := map[string]int{}
		for _, it := range kestrel.outboxAll() {
			if it.Type == "997" {
				if raw := string(kestrel.raw(it.Href)); strings.Contains(raw, "AK1*PO*88") {
					acks[element(find([]byte(raw), "AK1"), 2)]++
				}
			}
		}
		for n := range accepted {
			if orders[n] != 1 {
				t.Errorf("%s was acknowledged and became %d orders", n, orders[n])
			}
		}
		for n := range sent {
			if orders[n] > 1 {
				t.Errorf("%s became %d orders", n, orders[n])
			}
		}
		for c, n := range acks {
			if n != 1 {
				t.Errorf("group %s has %d acknowledgements", c, n)
			}
		}
		if len(acks) != len(orders) {
			t.Errorf("%d orders and %d acknowledgements", len(orders), len(acks))
		}
		t.Logf("%d sent, %d answered, %d booked over %d kills", len(sent), len(accepted), len(orders), rounds)
	})
}

// outboxAll pages through the whole outbox.
func (c *client) outboxAll() []outboxItem {
	c.t.Helper()
	var all []outboxItem
	pages(c, "/api/v1/edi/outbox?limit=200", func(raw json.RawMessage) {
		var it outboxItem
		if err := json.Unmarshal(raw, &it); err != nil {
			c.t.Fatal(err)
		}
		all = append(all, it)
	})
	return all
}

// ordersAll pages through the orders of a search.
func (c *client) ordersAll(q string) []order {
	c.t.Helper()
	var all []order
	pages(c, "/api/v1/orders?limit=200&q="+q, func(raw json.RawMessage) {
		var o order
		if err := json.Unmarshal(raw, &o); err != nil {
			c.t.Fatal(err)
		}
		all = append(all, o)
	})
	return all
}

func pages(c *client, path string, fn func(json.RawMessage)) {
	c.t.Helper()
	after := ""
	for {
		var list struct {
			Items []json.RawMessage
			Next  *string
		}
		c.get(path+after, &list)
		for _, it := range list.Items {
			fn(it)
		}
		if list.Next == nil {
			return
		}
		after = "&after=" + *list.Next
	}
}
