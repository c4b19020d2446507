package api_test

import (
	"net/http"
	"strings"
	"testing"

	"entente/portal/portaltest"
)

// TestForumOverTheAPI: programs of competitors read the same topic and learn nothing of
// each other.
func TestForumOverTheAPI(t *testing.T) {
	t.Parallel()
	maya, kaarel := program(t, portaltest.Maya, "kestrel", "forum:read", "forum:write"), program(t, portaltest.Kaarel, "baltic", "forum:read", "forum:write")
	var cats struct {
		Items []struct{ ID, Name, Owner string }
	}
	maya.do(t, http.MethodGet, "/categories", "", 200, &cats)
	category := ""
	for _, c := range cats.Items {
		if c.Name == "Working with Aurelia" {
			category = c.ID
		}
	}
	if category == "" {
		t.Fatalf("%+v", cats)
	}
	type aTopic struct {
		ID, State, Accepted string
		From                *struct{ Name, Org string }
		Votes               *int
		Posts               struct {
			Items []struct {
				ID, Body string
				From     *struct{ Name, Org string }
				Votes    *int
			}
		}
	}
	var q aTopic
	ask := `{"category":"` + category + `","kind":"question","title":"API torque","body":"how much?","key":"api-forum"}`
	maya.do(t, http.MethodPost, "/topics", ask, 201, &q)
	var again aTopic
	maya.do(t, http.MethodPost, "/topics", ask, 201, &again)
	if again.ID != q.ID || q.From == nil {
		t.Errorf("%+v %+v", q, again)
	}
	var made struct{ ID string }
	kaarel.do(t, http.MethodPost, "/topics/"+q.ID+"/replies", `{"body":"83","key":"api-forum-1"}`, 201, &made)
	kaarel.do(t, http.MethodPost, "/topics/"+q.ID+"/vote", `{}`, 204, nil)
	kaarel.do(t, http.MethodPost, "/topics/"+q.ID+"/accept", `{"post":"`+made.ID+`"}`, 403, nil)
	maya.do(t, http.MethodPost, "/topics/"+q.ID+"/accept", `{"post":"`+made.ID+`"}`, 204, nil)
	maya.do(t, http.MethodPost, "/topics/"+q.ID+"/state", `{"state":"closed"}`, 403, nil)
	var seen aTopic
	kaarel.do(t, http.MethodGet, "/topics/"+q.ID, "", 200, &seen)
	if seen.From != nil || seen.Votes != nil || seen.Accepted != made.ID || seen.State != "answered" || seen.Posts.Items[0].From == nil {
		t.Errorf("%+v", seen)
	}
	seen = aTopic{}
	maya.do(t, http.MethodGet, "/topics/"+q.ID, "", 200, &seen)
	if seen.Posts.Items[0].From != nil || seen.Posts.Items[0].Votes != nil {
		t.Errorf("%+v", seen)
	}
	var list struct{ Items []aTopic }
	kaarel.do(t, http.MethodGet, "/topics?q=torque&category="+category, "", 200, &list)
	if len(list.Items) != 1 || list.Items[0].From != nil {
		t.Errorf("%+v", list)
	}
	// what is reported waits for the owner's moderators and is decided once
	maya.do(t, http.MethodPost, "/topics/"+q.ID+"/report", `{"post":"`+made.ID+`","reason":"api-forum: wrong number"}`, 204, nil)
	var queue struct {
		Items []struct{ ID, Topic, Post, Text, Reason string }
	}
	ingrid := program(t, portaltest.Ingrid, "aurelia", "forum:read", "forum:write")
	ingrid.do(t, http.MethodGet, "/forum-reports", "", 200, &queue)
	report := ""
	for _, r := range queue.Items {
		if r.Topic == q.ID && r.Post == made.ID && r.Text == "83" && r.Reason == "api-forum: wrong number" {
			report = r.ID
		}
	}
	if report == "" {
		t.Errorf("%+v", queue)
	}
	program(t, portaltest.Ingrid, "aurelia", "forum:read").do(t, http.MethodGet, "/forum-reports", "", 403, nil)
	queue.Items = nil
	maya.do(t, http.MethodGet, "/forum-reports", "", 200, &queue)
	if len(queue.Items) != 0 {
		t.Errorf("reports of others: %+v", queue)
	}
	maya.do(t, http.MethodPost, "/forum-reports/"+report+"/decide", `{"remove":true}`, 404, nil)
	ingrid.do(t, http.MethodPost, "/forum-reports/"+report+"/decide", `{"remove":true}`, 204, nil)
	ingrid.do(t, http.MethodPost, "/forum-reports/"+report+"/decide", `{"remove":false}`, 409, nil)
	weak := program(t, portaltest.Maya, "kestrel", "forum:read")
	weak.do(t, http.MethodPost, "/topics/"+q.ID+"/replies", `{"body":"x","key":"api-forum-2"}`, 403, nil)
	kaarel.do(t, http.MethodGet, "/topics/"+strings.Repeat("0", 26), "", 404, nil)
}
