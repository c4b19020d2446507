package web_test

import (
	"net/url"
	"testing"
	"time"

	"entente/portal/portaltest"
)

// TestCalendarPages sets the hours of a company, special days, an absence with cover and
// the time to answer orders, and looks where they show.
func TestCalendarPages(t *testing.T) {
	t.Parallel()
	p := portaltest.Demo(t)
	ingrid, maya, kaarel := p.As(t, portaltest.Ingrid), p.As(t, portaltest.Maya), p.As(t, portaltest.Kaarel)
	const page = "/c/aurelia/company/calendar"
	version := ingrid.Find(t, page, `name="version" value="(\d+)"`)
	week := func(v, friday string) url.Values {
		return url.Values{"version": {v}, "day1": {"9-17"}, "day2": {"9-17"}, "day3": {"09:00-12:00，13:00-18:00"}, "day4": {"9-17"}, "day5": {friday}, "public": {"1"}}
	}
	partner := ingrid.Find(t, "/c/aurelia/partners", `href="(/c/aurelia/partners/[0-9a-v]{26})"`)
	theirs := maya.Find(t, "/c/kestrel/partners", `href="(/c/kestrel/partners/[0-9a-v]{26})"`)
	none := url.Values{}
	today, later := time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly), time.Now().UTC().AddDate(0, 0, 4).Format(time.DateOnly)
	portaltest.Run(t, []portaltest.Scenario{
		{Name: "linked", As: ingrid, Path: "/c/aurelia/company", Contains: []string{`href="` + page + `"`}},
		{Name: "calendar", As: ingrid, Path: page, Contains: []string{"09:00-17:00", "Business calendar", "Public days"}},
		{Name: "in Chinese", As: ingrid, Path: page, Headers: []string{"Accept-Language", "zh-CN"}, Status: 200},
		{Name: "hours wrong", As: ingrid, Path: page, Form: week(version, "17-9"), Status: 422, Contains: []string{"17-9", "without overlap"}},
		{Name: "old version", As: ingrid, Path: page, Form: week("99", "9-12"), Status: 422, Contains: []string{"Somebody changed"}},
		{Name: "save", As: ingrid, Path: page, Form: week(version, "9-12"), Status: 303},
		{Name: "saved", As: ingrid, Path: page, Contains: []string{`value="09:00-12:00"`, `value="09:00-12:00, 13:00-18:00"`}},
	})
	version = ingrid.Find(t, page, `name="version" value="(\d+)"`)
	portaltest.Run(t, []portaltest.Scenario{
		{Name: "no date", As: ingrid, Path: page + "/days", Form: url.Values{"version": {version}, "on": {"soon"}, "kind": {"off"}}, Status: 422},
		{Name: "half a day without hours", As: ingrid, Path: page + "/days", Form: url.Values{"version": {version}, "on": {"2027-03-05"}, "kind": {"hours"}}, Status: 422},
		{Name: "a day", As: ingrid, Path: page + "/days", Form: url.Values{"version": {version}, "on": {"2027-03-05"}, "kind": {"off"}, "name": {"Works outing"}}, Status: 303},
		{Name: "it stands there", As: ingrid, Path: page, Contains: []string{"Works outing", "/days/2027-03-05/remove"}},
		{Name: "not for others", As: maya, Path: page, Status: 404},
		{Name: "not for a competitor", As: kaarel, Path: page + "/days", Form: url.Values{"version": {version}, "on": {"2027-03-05"}, "kind": {"off"}}, Status: 404},
		{Name: "remove", As: ingrid, Path: page + "/days/2027-03-05/remove", Form: url.Values{"version": {version}}, Status: 409},
	})
	version = ingrid.Find(t, page, `name="version" value="(\d+)"`)
	portaltest.Run(t, []portaltest.Scenario{
		{Name: "removed", As: ingrid, Path: page + "/days/2027-03-05/remove", Form: url.Values{"version": {version}}, Status: 303},
		{Name: "gone", As: ingrid, Path: page, Lacks: []string{"Works outing"}},

		{Name: "answer time", As: ingrid, Path: partner, Contains: []string{`name="answer_hours"`, `value="16"`}},
		{Name: "set wrong", As: ingrid, Path: partner + "/answer", Form: url.Values{"answer_hours": {"soon"}}, Status: 422},
		{Name: "set", As: ingrid, Path: partner + "/answer", Form: url.Values{"answer_hours": {"12"}}, Status: 303},
		{Name: "set by the buyer", As: maya, Path: theirs + "/answer", Form: url.Values{"answer_hours": {"1"}}, Status: 403},
		{Name: "read by the buyer", As: maya, Path: theirs, Contains: []string{"working hours of its business calendar"}, Lacks: []string{`name="answer_hours"`}},

		{Name: "late answers", As: ingrid, Path: "/c/aurelia/orders?view=late", Status: 200, Contains: []string{"Answer overdue"}},
		{Name: "profile", As: ingrid, Path: "/c/aurelia/profile", Contains: []string{"Who covers", `name="cover"`}},
		{Name: "away before it begins", As: ingrid, Path: "/c/aurelia/profile/absences", Form: url.Values{"away_from": {later}, "to": {today}}, Status: 422, Contains: []string{"before the first"}},
		{Name: "away", As: ingrid, Path: "/c/aurelia/profile/absences", Form: url.Values{"away_from": {today}, "to": {later}, "cover": {""}}, Status: 303},
		{Name: "it is noted", As: ingrid, Path: "/c/aurelia/profile", Contains: []string{"Nobody covers", "/absences/"}},
	})
	absence := ingrid.Find(t, "/c/aurelia/profile", `action="/c/aurelia/profile/absences/([0-9a-v]{26})/remove"`)
	portaltest.Run(t, []portaltest.Scenario{
		{Name: "another person's", As: maya, Path: "/c/kestrel/profile/absences/" + absence + "/remove", Form: none, Status: 404},
		{Name: "back", As: ingrid, Path: "/c/aurelia/profile/absences/" + absence + "/remove", Form: none, Status: 303},
		{Name: "there again", As: ingrid, Path: "/c/aurelia/profile", Lacks: []string{absence}},
	})
}
