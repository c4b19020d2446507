package api_test

import (
	"net/http"
	"slices"
	"testing"

	"entente/portal/portaltest"
)

type aGroup struct {
	ID      string
	N       int
	Until   *string
	Muted   bool
	Notices []struct{ ID, Kind, Text, Path string }
}

// TestNoticesOverTheAPI: a program does with its person's notices what the inbox does, no
// other person's, and only with the scope.
func TestNoticesOverTheAPI(t *testing.T) {
	t.Parallel()
	maya, reader := program(t, portaltest.Maya, "kestrel", "notices:read", "notices:write"), program(t, portaltest.Maya, "kestrel", "notices:read")
	kaarel := program(t, portaltest.Kaarel, "baltic", "notices:read", "notices:write")
	pile := func(name string) (out []aGroup) {
		t.Helper()
		var l struct{ Items []aGroup }
		maya.do(t, http.MethodGet, "/notices?pile="+name, "", 200, &l)
		return l.Items
	}
	open := pile("open")
	if len(open) < 3 || open[0].N < 1 || open[0].Notices[0].Text == "" || open[0].Notices[0].ID != open[0].ID {
		t.Fatalf("%+v", open)
	}
	at := "/notices/" + open[0].ID
	reader.do(t, http.MethodPost, at+"/done", "", 403, nil)
	for _, deed := range []string{"/read", "/done", "/reopen"} {
		kaarel.do(t, http.MethodPost, at+deed, "", 404, nil)
		maya.do(t, http.MethodPost, at+deed, "", 204, nil)
	}
	kaarel.do(t, http.MethodPost, at+"/mute", `{}`, 404, nil)
	kaarel.do(t, http.MethodPost, at+"/snooze", `{"until":"2999-01-01T00:00:00Z"}`, 404, nil)
	maya.do(t, http.MethodPost, at+"/snooze", `{"until":"2999-01-01T00:00:00Z"}`, 422, nil)
	maya.do(t, http.MethodPost, at+"/mute", `{}`, 204, nil)
	done := pile("done")
	if len(done) == 0 || done[0].ID != open[0].ID || !done[0].Muted || slices.ContainsFunc(pile("open"), func(g aGroup) bool { return g.ID == open[0].ID }) { // others are told of other things meanwhile
		t.Errorf("%+v", done)
	}
	maya.do(t, http.MethodPost, at+"/mute", `{"on":false}`, 204, nil)

	var set struct {
		Mail, QuietFrom string
		From            string `json:"quiet_from"`
		Off             map[string][]string
	}
	reader.do(t, http.MethodPut, "/notice-settings", `{"mail":"daily","quiet_from":"","quiet_to":"","off":{}}`, 403, nil)
	maya.do(t, http.MethodPut, "/notice-settings", `{"mail":"daily","quiet_from":"25:00","quiet_to":"07:00","off":{}}`, 422, nil)
	maya.do(t, http.MethodPut, "/notice-settings", `{"mail":"daily","quiet_from":"22:00","quiet_to":"07:00","off":{"forum":["mail"]}}`, 200, nil)
	reader.do(t, http.MethodGet, "/notice-settings", "", 200, &set)
	if set.Mail != "daily" || set.From != "22:00" || len(set.Off["forum"]) != 1 {
		t.Errorf("%+v", set)
	}
}
