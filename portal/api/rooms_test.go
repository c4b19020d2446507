package api_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"entente/portal/portaltest"
)

type aRoom struct {
	ID     string
	Seq    int64
	Unread int64
	LastAt time.Time `json:"last_at"`
}

// TestARoomSaysTheSameAloneAndInTheList: unread messages and the last one are
// counted for one room as in the list.
func TestARoomSaysTheSameAloneAndInTheList(t *testing.T) {
	t.Parallel()
	buyer := program(t, portaltest.Dan, "kestrel", "orders:read", "orders:write", "chat:read", "chat:write")
	seller := program(t, portaltest.Ingrid, "aurelia", "orders:read", "chat:write")
	at := place(t, buyer, "unread")
	var o anOrder
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(20 * time.Second); o.Room == nil; { // it opens after the order is booked
		select {
		case <-tick.C:
			buyer.do(t, http.MethodGet, at, "", 200, &o)
		case <-end:
			t.Fatal("the order has no room")
		}
	}
	room := "/rooms/" + *o.Room
	buyer.do(t, http.MethodPost, room+"/messages", `{"key":"a","text":"hello"}`, 201, nil)
	for _, k := range []string{"b", "c"} {
		seller.do(t, http.MethodPost, room+"/messages", `{"key":"`+k+`","text":"good day"}`, 201, nil)
	}
	var alone aRoom
	var list struct{ Items []aRoom }
	buyer.do(t, http.MethodGet, room, "", 200, &alone)
	buyer.do(t, http.MethodGet, "/rooms?limit=200", "", 200, &list)
	i := slices.IndexFunc(list.Items, func(r aRoom) bool { return r.ID == *o.Room })
	if i < 0 {
		t.Fatal("the list lacks the room")
	}
	if alone.Unread != 2 || !alone.LastAt.Equal(list.Items[i].LastAt) || alone.Unread != list.Items[i].Unread || alone.Seq != list.Items[i].Seq {
		t.Errorf("alone %+v, in the list %+v", alone, list.Items[i])
	}
}
