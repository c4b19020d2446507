package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

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
	// a topic of two partners goes where fewer read it, and not back; who loses it is told
	var two, one struct{ ID string }
	ingrid.do(t, http.MethodPost, "/categories", `{"name":"API two","seats":[{"org":"kestrel","create":true},{"org":"baltic","reply":true}]}`, 201, &two)
	ingrid.do(t, http.MethodPost, "/categories", `{"name":"API one","seats":[{"org":"kestrel","create":true}]}`, 201, &one)
	maya.do(t, http.MethodPost, "/topics", `{"category":"`+two.ID+`","kind":"question","title":"API goes away","body":"?","key":"api-move"}`, 201, &q)
	kaarel.do(t, http.MethodPost, "/topics/"+q.ID+"/replies", `{"body":"me too","key":"api-move-1"}`, 201, &made)
	type moves struct {
		Items []struct {
			Category, Bar string
			Possible      bool
			Gains, Loses  []string
		}
	}
	move := func(to string) string {
		t.Helper()
		var got moves
		ingrid.do(t, http.MethodGet, "/topics/"+q.ID+"/moves", "", 200, &got)
		for _, m := range got.Items {
			if m.Category == to {
				return fmt.Sprint(m.Possible, m.Bar, m.Gains, m.Loses)
			}
		}
		return ""
	}
	if got := move(one.ID); got != "true[] [baltic]" {
		t.Error(got)
	}
	maya.do(t, http.MethodGet, "/topics/"+q.ID+"/moves", "", 403, nil)
	maya.do(t, http.MethodPost, "/topics/"+q.ID+"/move", `{"category":"`+one.ID+`"}`, 403, nil)
	ingrid.do(t, http.MethodPost, "/topics/"+q.ID+"/move", `{"category":"`+one.ID+`"}`, 204, nil)
	kaarel.do(t, http.MethodGet, "/topics/"+q.ID, "", 404, nil)
	maya.do(t, http.MethodGet, "/topics/"+q.ID, "", 200, nil)
	if got := move(two.ID); got != "falsereaders[baltic] []" {
		t.Error(got)
	}
	ingrid.do(t, http.MethodPost, "/topics/"+q.ID+"/move", `{"category":"`+two.ID+`"}`, 409, nil)
	told := program(t, portaltest.Kaarel, "baltic", "notices:read")
	gone := func() bool {
		var got struct {
			Items []struct{ Notices []struct{ Kind, Text string } }
		}
		told.do(t, http.MethodGet, "/notices?limit=200", "", 200, &got)
		for _, g := range got.Items {
			for _, n := range g.Notices {
				if strings.Contains(n.Text, "API one") {
					t.Errorf("told where it went: %s", n.Text)
				}
				if n.Kind == "forum.moved" && strings.Contains(n.Text, "API goes away") && strings.Contains(n.Text, "API two") {
					return true
				}
			}
		}
		return false
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(time.Minute); !gone(); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("who lost the topic is not told")
		}
	}
	// to be named is agreed to by an admin whose token says so
	var round struct {
		ID     string
		Agreed bool
	}
	ingrid.do(t, http.MethodPost, "/categories", `{"name":"API round","open":true,"seats":[{"org":"kestrel","create":true}]}`, 201, &round)
	maya.do(t, http.MethodPost, "/categories/"+round.ID+"/agree", `{}`, 403, nil)
	agrees := program(t, portaltest.Maya, "kestrel", "forum:read", "forum:consent")
	agrees.do(t, http.MethodPost, "/categories/"+round.ID+"/agree", `{}`, 200, &round)
	if !round.Agreed {
		t.Errorf("%+v", round)
	}
	agrees.do(t, http.MethodPost, "/categories/"+one.ID+"/agree", `{}`, 409, nil)
	program(t, portaltest.Kaarel, "baltic", "forum:read", "forum:consent").do(t, http.MethodPost, "/categories/"+round.ID+"/agree", `{}`, 404, nil)
	agrees.do(t, http.MethodPost, "/categories/"+round.ID+"/agree", `{"on":false}`, 200, &round)
	if round.Agreed {
		t.Errorf("%+v", round)
	}
	weak := program(t, portaltest.Maya, "kestrel", "forum:read")
	weak.do(t, http.MethodPost, "/topics/"+q.ID+"/replies", `{"body":"x","key":"api-forum-2"}`, 403, nil)
	kaarel.do(t, http.MethodGet, "/topics/"+strings.Repeat("0", 26), "", 404, nil)
}
