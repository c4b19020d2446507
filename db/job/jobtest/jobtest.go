// Package jobtest lets tests of services see what was published.
package jobtest

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"entente/db"
)

// Event is a published event as it lies in the table.
type Event struct {
	ID, Kind, Object string
	Position         int64
	Orgs             []string
	Payload          string
}

// Decode reads the payload into v.
func (e Event) Decode(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(e.Payload), v); err != nil {
		t.Fatalf("event %s: %v", e.Kind, err)
	}
}

// Events returns what was published so far, in the order of making.
func Events(t testing.TB, d *db.DB) []Event {
	t.Helper()
	var rows []struct {
		ID, Kind, Object, Orgs, Payload string
		Position                        int64
	}
	if err := d.View(context.Background(), func(ctx context.Context) error {
		return db.Tx(ctx).Raw("SELECT id, kind, object, orgs, payload, position FROM event ORDER BY id").Scan(&rows).Error
	}); err != nil {
		t.Fatalf("read the events: %v", err)
	}
	list := make([]Event, len(rows))
	for i, r := range rows {
		list[i] = Event{ID: r.ID, Kind: r.Kind, Object: r.Object, Position: r.Position, Payload: r.Payload}
		if r.Orgs != "" {
			list[i].Orgs = strings.Split(r.Orgs, ",")
		}
	}
	return list
}

// Kinds fails the test unless exactly these kinds were published, in this order.
func Kinds(t testing.TB, d *db.DB, want ...string) {
	t.Helper()
	var got []string
	for _, e := range Events(t, d) {
		got = append(got, e.Kind)
	}
	if !slices.Equal(got, want) {
		t.Errorf("published %v, want %v", got, want)
	}
}
