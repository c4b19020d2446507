package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
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

// TestLargeBodiesAreStreamed: what is copied to BodyWriter is held in memory as a whole, and
// an export of a room is as large as its files: answers go by stream.
func TestLargeBodiesAreStreamed(t *testing.T) {
	t.Parallel()
	all, err := filepath.Glob("*.go")
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	for _, name := range all {
		code, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "_test.go") && strings.Contains(string(code), ".BodyWriter()") {
			t.Errorf("%s writes a body into memory", name)
		}
	}
}

// TestTalkOverTheAPI: what is done to a message is the event every member catches up with,
// files go to members only, and a competitor's program is told of none of it.
func TestTalkOverTheAPI(t *testing.T) {
	t.Parallel()
	buyer := program(t, portaltest.Dan, "kestrel", "orders:read", "orders:write", "chat:read", "chat:write")
	seller := program(t, portaltest.Ingrid, "aurelia", "chat:read", "chat:write")
	rival := program(t, portaltest.Kaarel, "baltic", "chat:read", "chat:write")
	at := place(t, buyer, "talk")
	var o anOrder
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(20 * time.Second); o.Room == nil; {
		select {
		case <-tick.C:
			buyer.do(t, http.MethodGet, at, "", 200, &o)
		case <-end:
			t.Fatal("the order has no room")
		}
	}
	room := "/rooms/" + *o.Room
	var f struct{ ID, Name, Type, Href string }
	buyer.do(t, http.MethodPost, room+"/files?name=order.edi", "UNB+UNOC:3+A+B+260101:1200+1'", 201, &f)
	if f.Type != "application/edifact" {
		t.Errorf("%+v", f)
	}
	var m struct {
		Seq      int64
		Files    []struct{ ID string }
		Mentions []struct{ Org string }
	}
	buyer.do(t, http.MethodPost, room+"/messages", `{"key":"talk","text":"@Ingrid Dahl 请看附件","files":["`+f.ID+`"]}`, 201, &m)
	if len(m.Files) != 1 || len(m.Mentions) != 1 || m.Mentions[0].Org != "aurelia" {
		t.Fatalf("%+v", m)
	}
	freeRoomsByAPI(t, buyer, seller, rival)
	message := fmt.Sprintf("%s/messages/%d", room, m.Seq)
	seller.do(t, http.MethodPost, message+"/react", `{"emoji":"👍"}`, 200, nil)
	seller.do(t, http.MethodPost, message+"/pin", `{}`, 200, nil)
	seller.do(t, http.MethodPost, message+"/edit", `{"text":"x"}`, 403, nil)
	buyer.do(t, http.MethodPost, message+"/edit", `{"text":"请看新的附件"}`, 200, nil)
	seller.do(t, http.MethodPost, room+"/read", fmt.Sprintf(`{"seq":%d}`, m.Seq), 204, nil)
	var caught struct {
		Items []struct {
			Seq              int64
			Type, Kind, Body string
			Emoji            string
			Target           int64
		}
	}
	seller.do(t, http.MethodGet, fmt.Sprintf("%s/messages?after=%d", room, m.Seq), "", 200, &caught)
	kinds := ""
	for i, x := range caught.Items {
		if x.Seq != m.Seq+int64(i)+1 || x.Type != "event" || x.Target != m.Seq {
			t.Errorf("%+v", x)
		}
		kinds += x.Kind + x.Emoji + x.Body + " "
	}
	if kinds != "message.reacted👍 message.pinned message.edited请看新的附件 " {
		t.Errorf("%s", kinds)
	}
	var found struct{ Items []struct{ Room string } }
	seller.do(t, http.MethodGet, "/messages?q="+url.QueryEscape("附件"), "", 200, &found)
	if !slices.ContainsFunc(found.Items, func(x struct{ Room string }) bool { return x.Room == *o.Room }) {
		t.Error("two Chinese characters do not find the message")
	}
	var members struct {
		Items []struct {
			Org  string
			Read int64
		}
	}
	buyer.do(t, http.MethodGet, room+"/members", "", 200, &members)
	if !slices.ContainsFunc(members.Items, func(x struct {
		Org  string
		Read int64
	}) bool {
		return x.Org == "aurelia" && x.Read >= m.Seq
	}) {
		t.Errorf("%+v", members)
	}
	for _, path := range []string{message, room + "/pins", room + "/members", room + "/files/" + f.ID} {
		seller.do(t, http.MethodGet, path, "", 200, nil)
		rival.do(t, http.MethodGet, path, "", 404, nil)
	}
	for act, body := range map[string]string{"react": `{"emoji":"👍"}`, "pin": `{}`, "edit": `{"text":"x"}`, "remove": ""} {
		rival.do(t, http.MethodPost, message+"/"+act, body, 404, nil)
	}
	// a file comes as it lies in the store, whole or a part of it
	for want, status := range map[string]int{"": 200, "bytes=0-3": 206, "bytes=999999-": 416, "bytes=-0": 416, "pages=0-3": 200, "bytes=x-3": 200, "bytes=3-1": 200, "bytes=0-1,3-4": 200, "BYTES=0-": 206} {
		headers := []string{"Authorization", "Bearer " + seller.token}
		if want != "" {
			headers = append(headers, "Range", want)
		}
		got := seller.browser.Do(t, http.MethodGet, "/api/v1"+room+"/files/"+f.ID, nil, headers...)
		if got.Status != status || want == "bytes=0-3" && len(got.Body) != 4 {
			t.Errorf("%q: %d, %d bytes", want, got.Status, len(got.Body))
		}
	}
	// a task is handed on and deleted
	var task struct {
		ID    string
		Owner struct{ Name, Org string }
	}
	buyer.do(t, http.MethodPost, message+"/tasks", `{"key":"api-task"}`, 201, &task)
	var people struct{ Items []struct{ ID, Org string } }
	buyer.do(t, http.MethodGet, room+"/members", "", 200, &people)
	for _, p := range people.Items {
		if p.Org == "aurelia" && p.ID != "" {
			buyer.do(t, http.MethodPost, "/tasks/"+task.ID+"/hand", `{"person":"`+p.ID+`"}`, 200, &task)
		}
	}
	if task.Owner.Org != "aurelia" {
		t.Errorf("%+v of %+v", task, people)
	}
	rival.do(t, http.MethodPost, "/tasks/"+task.ID+"/hand", `{"person":"`+people.Items[0].ID+`"}`, 404, nil)
	rival.do(t, http.MethodDelete, "/tasks/"+task.ID, "", 404, nil)
	seller.do(t, http.MethodDelete, "/tasks/"+task.ID, "", 403, nil)
	buyer.do(t, http.MethodDelete, "/tasks/"+task.ID, "", 204, nil)
	var none struct{ Items []struct{ Room string } }
	rival.do(t, http.MethodGet, "/messages?q="+url.QueryEscape("附件"), "", 200, &none)
	if len(none.Items) != 0 {
		t.Errorf("a competitor finds %+v", none)
	}
	buyer.do(t, http.MethodPost, message+"/remove", "", 200, nil)
	seller.do(t, http.MethodGet, room+"/files/"+f.ID, "", 404, nil)
}

// freeRoomsByAPI makes, renames, archives and leaves a room about no object; a competitor
// finds nothing of it.
func freeRoomsByAPI(t *testing.T, buyer, seller, rival caller) {
	t.Helper()
	var one, again struct{ ID string }
	const body = `{"title":"Fair","partner":"aurelia","key":"fair","agreed":true}`
	buyer.do(t, http.MethodPost, "/rooms", body, 201, &one)
	buyer.do(t, http.MethodPost, "/rooms", body, 201, &again)
	if one.ID == "" || one.ID != again.ID {
		t.Errorf("made twice: %v %v", one, again)
	}
	for _, partner := range []string{"baltic", "no-such-company", "kestrel"} {
		buyer.do(t, http.MethodPost, "/rooms", `{"title":"Fair","partner":"`+partner+`","key":"`+partner+`"}`, 422, nil)
	}
	at := "/rooms/" + one.ID
	rival.do(t, http.MethodGet, at, "", 404, nil)
	for path, in := range map[string]string{"/title": `{"title":"x"}`, "/people": `{"people":[]}`, "/archive": `{"on":true}`, "/leave": ""} {
		rival.do(t, http.MethodPost, at+path, in, 404, nil)
	}
	seller.do(t, http.MethodPost, at+"/title", `{"title":"Fair in Leeds"}`, 204, nil)
	seller.do(t, http.MethodPost, at+"/archive", `{"on":true}`, 403, nil)
	buyer.do(t, http.MethodPost, at+"/archive", `{"on":true}`, 204, nil)
	buyer.do(t, http.MethodPost, at+"/messages", `{"key":"late","text":"x"}`, 409, nil)
	buyer.do(t, http.MethodPost, at+"/archive", `{"on":false}`, 204, nil)
	buyer.do(t, http.MethodPost, at+"/leave", "", 403, nil) // the whole company is in it
	buyer.do(t, http.MethodPost, at+"/people", `{"people":["x"]}`, 422, nil)
	buyer.do(t, http.MethodPost, at+"/people", `{"people":["`+people(t, buyer, at)+`"]}`, 204, nil)
	buyer.do(t, http.MethodPost, at+"/leave", "", 204, nil)
	var shown struct{ Title string }
	seller.do(t, http.MethodGet, at, "", 200, &shown)
	if shown.Title != "Fair in Leeds" {
		t.Errorf("%+v", shown)
	}
}

// people is somebody of kestrel who may read the room.
func people(t *testing.T, c caller, at string) string {
	t.Helper()
	var list struct {
		Items []struct{ ID, Org string }
	}
	c.do(t, http.MethodGet, at+"/members", "", 200, &list)
	for _, p := range list.Items {
		if p.Org == "kestrel" {
			return p.ID
		}
	}
	t.Fatal("nobody")
	return ""
}

// TestBots: a bot speaks by a token that opens nothing else, in one room.
func TestBots(t *testing.T) {
	t.Parallel()
	admin, stranger := program(t, portaltest.Maya, "kestrel", "chat:read", "chat:write"), program(t, portaltest.Kaarel, "baltic", "chat:read", "chat:write")
	var made struct{ ID, Token string }
	admin.do(t, http.MethodPost, "/rooms", `{"title":"Programs","key":"bots"}`, 201, &made)
	at := "/rooms/" + made.ID
	admin.do(t, http.MethodPost, at+"/bots", `{"name":"Price watch"}`, 201, &made)
	stranger.do(t, http.MethodPost, at+"/bots", `{"name":"x"}`, 404, nil)
	stranger.do(t, http.MethodGet, at+"/bots", "", 404, nil)
	stranger.do(t, http.MethodPost, at+"/bots/"+made.ID+"/end", "", 404, nil)
	var one, two struct {
		Room string
		Seq  int64
	}
	admin.do(t, http.MethodPost, "/bots/"+made.Token+"/messages", `{"text":"cheaper","key":"a"}`, 201, &one)
	admin.do(t, http.MethodPost, "/bots/"+made.Token+"/messages", `{"text":"cheaper","key":"a"}`, 201, &two)
	if one != two || at != "/rooms/"+one.Room {
		t.Errorf("%+v %+v", one, two)
	}
	admin.do(t, http.MethodPost, "/bots/none/messages", `{"text":"x"}`, 401, nil)
	admin.do(t, http.MethodPost, "/bots/messages", `{"text":"x"}`, 422, nil) // no header
	var list struct {
		Items []struct {
			Name, Org string
			Used      *time.Time
		}
	}
	admin.do(t, http.MethodGet, at+"/bots", "", 200, &list)
	if len(list.Items) != 1 || list.Items[0].Name != "Price watch" || list.Items[0].Org != "kestrel" || list.Items[0].Used == nil {
		t.Errorf("%+v", list)
	}
	var said struct {
		Items []struct {
			Via, Text string
			From      struct{ Name string }
		}
	}
	admin.do(t, http.MethodGet, at+"/messages", "", 200, &said)
	if n := len(said.Items); n != 3 || said.Items[2].Via != "bot" || said.Items[2].From.Name != "Price watch" {
		t.Errorf("%+v", said)
	}
	admin.do(t, http.MethodPost, at+"/bots/"+made.ID+"/end", "", 204, nil)
	admin.do(t, http.MethodPost, "/bots/"+made.Token+"/messages", `{"text":"x"}`, 401, nil)
}
