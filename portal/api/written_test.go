package api_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"entente/portal/portaltest"
)

// calls are programs of a supplier, of a partner and of its rival, with what each step of a
// sequence leaves for the next: {name} in a path or body is what was kept under it.
type calls struct {
	who  map[string]caller
	kept map[string]string
}

// step is one request. keep names fields of the answer, as "id" or "files.0.id", to keep; has
// must be in the answer and lacks not.
type step struct {
	who, method, path, body string
	status                  int
	keep                    map[string]string
	has, lacks              string
}

func (c calls) run(t *testing.T, steps []step) {
	t.Helper()
	for _, s := range steps {
		for k, v := range c.kept {
			s.path, s.body, s.has, s.lacks = strings.ReplaceAll(s.path, "{"+k+"}", v), strings.ReplaceAll(s.body, "{"+k+"}", v), strings.ReplaceAll(s.has, "{"+k+"}", v), strings.ReplaceAll(s.lacks, "{"+k+"}", v)
		}
		p, headers, body := c.who[s.who], []string(nil), io.Reader(nil)
		if s.body != "" {
			kind := "application/json"
			if !json.Valid([]byte(s.body)) {
				kind = "application/octet-stream"
			}
			body, headers = strings.NewReader(s.body), []string{"Content-Type", kind}
		}
		a := p.browser.Do(t, s.method, "/api/v1"+s.path, body, append(headers, "Authorization", "Bearer "+p.token)...)
		if a.Status != s.status || !strings.Contains(a.Body, s.has) || s.lacks != "" && strings.Contains(a.Body, s.lacks) {
			t.Fatalf("%s: %s %s: %d, want %d with %q without %q\n%s", s.who, s.method, s.path, a.Status, s.status, s.has, s.lacks, a.Body)
		}
		for name, at := range s.keep {
			var v any
			if err := json.Unmarshal([]byte(a.Body), &v); err != nil {
				t.Fatal(err)
			}
			for _, w := range strings.Split(at, ".") {
				switch x := v.(type) {
				case map[string]any:
					v = x[w]
				case []any:
					if v = nil; len(x) > 0 && w == "0" {
						v = x[0]
					}
				}
			}
			text, ok := v.(string)
			if !ok {
				raw, _ := json.Marshal(v)
				text = string(raw)
			}
			if c.kept[name] = text; text == "" || text == "null" {
				t.Fatalf("%s: no %s in %s", s.path, at, a.Body)
			}
		}
	}
}

// TestWrittenOverTheAPI: what companies write to each other and for themselves goes the whole
// way by programs, and a rival finds nothing of it.
func TestWrittenOverTheAPI(t *testing.T) {
	t.Parallel()
	scopes := []string{"library:read", "library:write", "forum:read", "forum:write", "notices:read", "notices:write", "promotions:read", "promotions:write", "campaigns:read", "campaigns:write", "suggestions:read", "suggestions:write", "funds:read", "funds:write", "chat:read", "chat:write", "retention:write"}
	people := map[string]caller{
		"owner": program(t, portaltest.Ingrid, "aurelia", scopes...), "partner": program(t, portaltest.Maya, "kestrel", scopes...),
		"rival": program(t, portaltest.Kaarel, "baltic", scopes...), "buyer": program(t, portaltest.Dan, "kestrel", scopes...),
		"weak": program(t, portaltest.Maya, "kestrel", "chat:read", "chat:write", "forum:read"),
	}
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	key := rand.Text()
	point, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	device := `{"endpoint":"http://127.0.0.1:9/push/` + key + `","p256dh":"` + base64.RawURLEncoding.EncodeToString(point.PublicKey().Bytes()) + `","auth":"` + base64.RawURLEncoding.EncodeToString([]byte("0123456789abcdef")) + `","agent":"Firefox, API"}`
	last, next := time.Now().UTC().AddDate(0, 0, -30).Format(time.DateOnly), time.Now().UTC().AddDate(0, 1, 0).Format(time.DateOnly)
	publish := "/library?" + url.Values{"name": {"terms.txt"}, "title": {"Terms " + key}, "kind": {"terms"}, "language": {"en"}, "confirm": {"true"}, "partners": {"kestrel"}, "key": {key}}.Encode()
	for name, steps := range map[string][]step{
		"library": {
			{"owner", post, publish, "Return within 14 days.", 201, map[string]string{"doc": "id"}, `"version":1`, ""},
			{"owner", post, publish, "Return within 14 days.", 201, nil, `"id":"{doc}"`, ""},
			{"owner", post, "/library/{doc}/versions?name=terms.txt&note=30+days", "Return within 30 days.", 201, nil, `"version":2`, ""},
			{"partner", get, "/library/{doc}", "", 200, nil, "Terms " + key, `"audience"`},
			{"partner", get, "/library/{doc}/file", "", 200, nil, "within 30 days", ""},
			{"partner", get, "/library/{doc}/versions/1/file", "", 404, nil, "", ""},
			{"owner", get, "/library/{doc}/versions/1/file", "", 200, nil, "within 14 days", ""},
			{"partner", post, "/library/{doc}/confirm", `{"version":1}`, 409, nil, "library.newer", ""},
			{"partner", post, "/library/{doc}/confirm", `{"version":2}`, 204, nil, "", ""},
			{"partner", get, "/library?q=" + key, "", 200, nil, "{doc}", ""},
			{"owner", get, "/library/{doc}/readers", "", 200, nil, "Maya Osei", "baltic"},
			{"partner", get, "/library/{doc}/readers", "", 404, nil, "", ""},
			{"rival", get, "/library?q=" + key, "", 200, nil, `"items":[]`, ""},
			{"rival", get, "/library/{doc}", "", 404, nil, "", ""},
			{"rival", get, "/library/{doc}/file", "", 404, nil, "", ""},
			{"rival", post, "/library/{doc}/versions?name=x.txt", "mine", 404, nil, "", ""},
			{"owner", put, "/library/{doc}", `{"title":"Terms, changed ` + key + `","kind":"terms","audience":{"partners":["kestrel"]}}`, 200, nil, "changed", ""},
			{"owner", post, "/library/{doc}/withdraw", `{}`, 204, nil, "", ""},
			{"partner", get, "/library/{doc}", "", 404, nil, "", ""},
		},
		"forum": {
			{"owner", post, "/categories", `{"name":"Written ` + key + `","seats":[{"org":"kestrel","create":true},{"org":"baltic","create":true}]}`, 201, map[string]string{"category": "id"}, "", ""},
			{"partner", post, "/categories/{category}/files?name=torque.txt", "83 Nm", 201, map[string]string{"file": "id"}, "torque.txt", ""},
			{"rival", post, "/topics", `{"category":"{category}","kind":"question","title":"Stolen ` + key + `","body":"x","key":"s` + key + `","files":["{file}"]}`, 422, nil, "", ""},
			{"partner", post, "/topics", `{"category":"{category}","kind":"question","title":"Torque ` + key + `","body":"See the file.","key":"t` + key + `","files":["{file}"]}`, 201, map[string]string{"topic": "id"}, "torque.txt", ""},
			{"owner", get, "/topics/{topic}/files/{file}", "", 200, nil, "83 Nm", ""},
			{"owner", post, "/topics/{topic}/files?name=answer.txt", "84 Nm, cold", 201, map[string]string{"more": "id"}, "", ""},
			{"partner", get, "/topics/{topic}/files/{more}", "", 404, nil, "", ""}, // not posted yet
			{"owner", post, "/topics/{topic}/replies", `{"body":"Here.","key":"r` + key + `","files":["{more}"]}`, 201, nil, "", ""},
			{"partner", get, "/topics/{topic}/files/{more}", "", 200, nil, "84 Nm", ""},
			{"partner", del, "/topics/{topic}/files/{more}", "", 403, nil, "", ""},
			{"partner", del, "/topics/{topic}/files/{file}", "", 204, nil, "", ""},
			{"owner", get, "/topics/{topic}/files/{file}", "", 404, nil, "", ""},
		},
		"devices": {
			{"buyer", post, "/push-devices", device, 204, nil, "", ""},
			{"buyer", post, "/push-devices", device, 204, nil, "", ""},
			{"buyer", post, "/push-devices", strings.Replace(device, "127.0.0.1:9", "10.0.0.1", 1), 422, nil, "", ""},
			{"buyer", get, "/push-devices", "", 200, map[string]string{"device": "items.0.id"}, "Firefox, API", ""},
			{"partner", get, "/push-devices", "", 200, nil, `"items":[]`, ""},
			{"partner", del, "/push-devices/{device}", "", 404, nil, "", ""},
			{"buyer", del, "/push-devices/{device}", "", 204, nil, "", ""},
			{"buyer", get, "/push-devices", "", 200, nil, `"items":[]`, ""},
		},
		"campaigns": {
			{"partner", get, "/promotions?state=running", "", 200, map[string]string{"promo": "items.0.id"}, "", ""},
			{"partner", post, "/promotions/{promo}/campaigns", `{"name":"Guards ` + key + `","segment":{"countries":["GB"]},"texts":[{"language":"en","subject":"{name}","body":"{name}: {link}"}],"pause":7}`, 201, map[string]string{"campaign": "id"}, `"state":"draft"`, ""},
			{"partner", get, "/promotions/{promo}/campaigns", "", 200, nil, "{campaign}", ""},
			{"partner", get, "/campaigns/{campaign}/audience", "", 200, nil, `"get":`, ""},
			{"partner", get, "/campaigns/{campaign}/mail?language=en", "", 200, nil, `"subject"`, ""},
			{"partner", put, "/campaigns/{campaign}", `{"version":99,"name":"x","segment":{},"texts":[]}`, 409, nil, "", ""},
			{"owner", get, "/campaigns/{campaign}", "", 404, nil, "", ""},
			{"rival", get, "/campaigns/{campaign}", "", 404, nil, "", ""},
			{"rival", get, "/promotions/{promo}/campaigns", "", 404, nil, "", ""},
			{"partner", get, "/campaigns/{campaign}", "", 200, map[string]string{"version": "version"}, "Guards " + key, ""},
			{"partner", del, "/campaigns/{campaign}?version={version}", "", 204, nil, "", ""},
			{"partner", get, "/campaigns/{campaign}", "", 404, nil, "", ""},
		},
		"promotions run": {
			{"owner", post, "/promotion-replay", `{"title":"Last year","mechanism":"percent","percent":"0.05","skus":["AUR-D18B","AUR-G125"],"from":"` + last + `","until":"` + next + `","parts":[{"company":"kestrel"}]}`, 200, nil, `"company":"kestrel"`, ""},
			{"partner", post, "/promotion-replay", `{"title":"Last year","mechanism":"percent","percent":"0.05","skus":["AUR-D18B"],"from":"` + last + `","until":"` + next + `","parts":[]}`, 422, nil, "", ""},
			{"owner", post, "/promotions", `{"title":"Run ` + key + `","mechanism":"percent","percent":"0.05","skus":["AUR-I18"],"from":"2031-05-01","until":"2031-05-31","parts":[{"company":"kestrel"}]}`, 201, map[string]string{"run": "id", "v": "version"}, "", ""},
			{"owner", post, "/promotions/{run}/propose", `{"version":{v}}`, 200, nil, "", ""},
			{"owner", get, "/promotion-calendar?from=2031-05-31&until=2031-06-30", "", 200, nil, "{run}", ""},
			{"partner", get, "/promotion-calendar?from=2031-04-01&until=2031-05-01", "", 200, nil, "{run}", ""},
			{"rival", get, "/promotion-calendar?from=2031-04-01&until=2031-05-01", "", 200, nil, "", "{run}"},
			{"owner", get, "/promotion-calendar?from=never&until=2031-05-01", "", 422, nil, "form.date", ""},
			{"owner", post, "/promotions/{run}/tasks", `{"company":"kestrel","title":"Poster ` + key + `","due":"2031-04-20"}`, 201, nil, "Poster " + key, ""},
			{"owner", post, "/promotions/{run}/tasks", `{"company":"baltic","title":"Not in it"}`, 422, nil, `"company"`, ""},
			{"partner", post, "/promotions/{run}/tasks", `{"title":"Own ` + key + `"}`, 201, map[string]string{"task": "items.0.id"}, "Own " + key, ""},
			{"partner", post, "/promotions/{run}/tasks", `{"company":"aurelia","title":"Yours"}`, 422, nil, `"company"`, ""},
			{"rival", get, "/promotions/{run}/tasks", "", 404, nil, "", ""},
			{"rival", post, "/promotions/{run}/tasks", `{"title":"x"}`, 404, nil, "", ""},
			{"rival", post, "/promotions/{run}/tasks/{task}/tick", `{"done":true}`, 404, nil, "", ""},
			{"partner", post, "/promotions/{run}/tasks/{task}/tick", `{"done":true}`, 200, nil, `"done":"`, ""},
			{"partner", post, "/promotions/{run}/tasks/{task}/tick", `{"done":true}`, 200, nil, `"done":"`, ""},
			{"owner", get, "/promotions/{run}/tasks", "", 200, nil, "Own " + key, ""},
			{"owner", post, "/promotions/{run}/settle", `{"version":99}`, 409, nil, "", ""},
			{"rival", post, "/promotions/{run}/settle", `{"version":1}`, 404, nil, "", ""},
			{"rival", get, "/promotions/{run}/reports", "", 404, nil, "", ""},
			{"owner", get, "/promotions?state=ended&q=Autumn", "", 200, map[string]string{"ended": "items.0.id", "ev": "items.0.version"}, "", ""},
			{"partner", get, "/promotions/{ended}/reports", "", 200, nil, `"company":"kestrel"`, "baltic"},
			{"partner", post, "/promotions/{ended}/settle", `{"version":{ev}}`, 403, nil, "", ""},
			{"owner", post, "/promotions/{ended}/settle", `{"version":{ev},"reason":"The year is over"}`, 200, nil, `"settled":[`, ""},
			{"owner", post, "/promotions/{ended}/settle", `{"version":{ev}}`, 200, nil, `"state":"settled"`, `"adjustments"`},
			{"partner", get, "/promotions/{ended}/results", "", 200, nil, `"settled":[`, "baltic"},
		},
		"books of funds": {
			{"owner", post, "/funds", `{"title":"Books ` + key + `","kind":"earned","from":"2031-01-01","until":"2031-12-31","zone":"UTC","share":"1"}`, 201, map[string]string{"fund": "id", "fv": "version"}, "", ""},
			{"owner", post, "/funds/{fund}/rules", `{"from":"2031-01-01","until":"2031-12-31","days":90,"close_days":10,"reach":"all","tiers":[{"from":"0","rate":"0.02"},{"from":"1000","rate":"0.04"}]}`, 201, map[string]string{"rule": "rules.0.id"}, `"close_days":10`, ""},
			{"owner", post, "/funds/{fund}/rules", `{"from":"2031-01-01","until":"2030-12-31","days":90,"rate":"0.02"}`, 422, nil, "fund.window", ""},
			{"partner", post, "/funds/{fund}/rules", `{"from":"2031-01-01","until":"2031-12-31","days":90,"rate":"0.02"}`, 404, nil, "", ""},
			{"rival", post, "/funds/{fund}/rules/{rule}/end", "", 404, nil, "", ""},
			{"owner", post, "/funds/{fund}/rules/{rule}/end", "", 200, nil, `"ended":"`, ""},
			{"owner", post, "/funds/{fund}/put", `{"amount":{"amount":"10.00","currency":"GBP"},"key":"k` + key + `"}`, 200, nil, "", ""},
			{"owner", get, "/funds/{fund}/entries", "", 200, map[string]string{"entry": "items.0.id"}, `"reversible":true`, ""},
			{"partner", get, "/funds/{fund}/entries", "", 404, nil, "", ""},
			{"rival", post, "/funds/{fund}/entries/{entry}/reverse", `{"reason":"x"}`, 404, nil, "", ""},
			{"owner", post, "/funds/{fund}/entries/{entry}/reverse", `{"reason":"Twice"}`, 200, nil, `"whole":{"amount":"0.00"`, ""},
			{"owner", post, "/funds/{fund}/entries/{entry}/reverse", `{"reason":"Twice"}`, 409, nil, "fund.reversed_before", ""},
			{"owner", get, "/funds/{fund}", "", 200, map[string]string{"fv": "version"}, "", ""},
			{"rival", post, "/funds/{fund}/open", `{"version":{fv},"open":false}`, 404, nil, "", ""},
			{"owner", post, "/funds/{fund}/open", `{"version":{fv},"open":false}`, 200, nil, `"state":"closed"`, ""},
			{"owner", get, "/fund-liabilities", "", 200, map[string]string{"owing": "items.0.fund"}, `"partner":"kestrel"`, ""},
			{"owner", get, "/fund-liabilities?on=2020-01-01", "", 200, nil, `"items":[]`, ""},
			{"partner", get, "/fund-liabilities", "", 200, nil, `"items":[]`, ""},
			{"owner", post, "/funds/{owing}/recover", `{"partner":"kestrel","kind":"offset","reference":"CN-1","amount":{"amount":"1.00","currency":"GBP"}}`, 409, nil, "fund.nothing_owed", ""},
			{"rival", post, "/funds/{owing}/recover", `{"partner":"kestrel","kind":"offset","reference":"CN-1","amount":{"amount":"1.00","currency":"GBP"}}`, 404, nil, "", ""},
		},
		"suggestions": {
			{"owner", post, "/suggestion-rules/try", `{"about":"partner","when":"orders_in_year >= 1"}`, 200, nil, `"partner":"kestrel"`, ""},
			{"owner", post, "/suggestion-rules", `{"name":"Rule ` + key + `","about":"partner","when":"orders_in_year >=","action":"message","quiet":14}`, 422, nil, "", ""},
			{"owner", post, "/suggestion-rules", `{"name":"Rule ` + key + `","about":"partner","when":"orders_in_year >= 4","action":"message","quiet":14}`, 201, map[string]string{"rule": "id", "rversion": "version"}, "", ""},
			{"owner", put, "/suggestion-rules/{rule}", `{"name":"Rule, changed ` + key + `","about":"partner","when":"orders_in_year >= 5","action":"message","quiet":21,"version":{rversion}}`, 200, nil, "changed", ""},
			{"partner", get, "/suggestion-rules", "", 200, nil, "", "Rule, changed"},
			{"rival", del, "/suggestion-rules/{rule}", "", 204, nil, "", ""}, // as of one that never was
			{"owner", get, "/suggestion-rules", "", 200, nil, "{rule}", ""},
			{"owner", del, "/suggestion-rules/{rule}", "", 204, nil, "", ""},
			{"owner", get, "/suggestion-rules", "", 200, nil, "", "Rule, changed"},
			{"owner", get, "/suggestions", "", 200, map[string]string{"suggestion": "items.0.id"}, "", ""},
			{"rival", get, "/suggestions/{suggestion}", "", 404, nil, "", ""},
			{"partner", post, "/suggestions/{suggestion}/accept", "", 404, nil, "", ""},
			{"owner", post, "/suggestions/{suggestion}/snooze", `{"days":3}`, 200, nil, `"state":"snoozed"`, ""},
			{"owner", post, "/suggestions/{suggestion}/dismiss", `{"reason":"known"}`, 200, nil, `"state":"dismissed"`, ""},
			{"owner", get, "/suggestions?state=dismissed", "", 200, nil, "{suggestion}", ""},
		},
		"rooms": {
			{"partner", post, "/rooms", `{"title":"Pallets ` + key + `","partner":"aurelia","key":"p` + key + `","agreed":true}`, 201, map[string]string{"room": "id"}, "", ""},
			{"partner", post, "/rooms/{room}/messages", `{"key":"m","text":"count the pallets ` + key + `"}`, 201, map[string]string{"seq": "seq"}, "", ""},
			{"owner", put, "/rooms/{room}/draft", `{"text":"half a word"}`, 204, nil, "", ""},
			{"owner", put, "/rooms/{room}/level", `{"level":"mentions"}`, 204, nil, "", ""},
			{"owner", put, "/rooms/{room}/level", `{"level":"loud"}`, 422, nil, "", ""},
			{"owner", get, "/rooms/{room}/standing", "", 200, nil, `"level":"mentions","draft":"half a word"`, ""},
			{"partner", get, "/rooms/{room}/standing", "", 200, nil, `"level":"all"`, "half a word"},
			{"owner", put, "/rooms/{room}/draft", `{"text":""}`, 204, nil, "", ""},
			{"owner", get, "/rooms/{room}/standing", "", 200, nil, `"draft":""`, ""},
			{"rival", get, "/rooms/{room}/standing", "", 404, nil, "", ""},
			{"rival", put, "/rooms/{room}/draft", `{"text":"x"}`, 404, nil, "", ""},
			{"rival", put, "/rooms/{room}/level", `{"level":"none"}`, 404, nil, "", ""},
			{"owner", post, "/rooms/{room}/messages/{seq}/tasks", `{"due":"2027-03-09","key":"t` + key + `"}`, 201, map[string]string{"task": "id", "person": "owner.id"}, "count the pallets", ""},
			{"owner", post, "/rooms/{room}/messages/{seq}/tasks", `{"due":"2027-03-09","key":"t` + key + `"}`, 201, nil, "{task}", ""},
			{"partner", post, "/rooms/{room}/messages/{seq}/tasks", `{"person":"{person}","key":"u` + key + `"}`, 201, nil, `"done":null`, ""},
			{"partner", post, "/rooms/{room}/messages/{seq}/tasks", `{"due":"9 March","key":"v` + key + `"}`, 422, nil, "", ""},
			{"rival", post, "/rooms/{room}/messages/{seq}/tasks", `{"key":"w` + key + `"}`, 404, nil, "", ""},
			{"owner", get, "/tasks", "", 200, nil, "{task}", ""},
			{"partner", get, "/tasks", "", 200, nil, "", key},
			{"partner", get, "/rooms/{room}/tasks?message={seq}", "", 200, nil, "{task}", ""},
			{"rival", get, "/rooms/{room}/tasks", "", 404, nil, "", ""},
			{"rival", post, "/tasks/{task}/done", `{}`, 404, nil, "", ""},
			{"partner", post, "/tasks/{task}/done", `{}`, 403, nil, "room.not_yours", ""}, // made by the owner's company for itself
			{"owner", post, "/tasks/{task}/done", `{}`, 200, nil, `"done_by":{`, ""},
			{"owner", post, "/tasks/{task}/done", `{"on":false}`, 200, nil, `"done":null`, ""},
			{"owner", get, "/rooms-retention", "", 200, map[string]string{"days": "days"}, "", ""},
			{"owner", put, "/rooms-retention", `{"days":{days}}`, 204, nil, "", ""},
			{"buyer", put, "/rooms-retention", `{"days":1}`, 403, nil, "", ""},
			{"weak", put, "/rooms-retention", `{"days":1}`, 403, nil, "token.scope_missing", ""},
			{"partner", post, "/rooms/{room}/hold", `{"reason":"dispute ` + key + `"}`, 204, nil, "", ""},
			{"weak", post, "/rooms/{room}/release", "", 403, nil, "", ""},
			{"partner", get, "/rooms/{room}/retention", "", 200, nil, `"hold":true`, ""},
			{"owner", get, "/rooms/{room}/retention", "", 200, nil, `"org":"kestrel"`, `"hold":true`},
			{"rival", get, "/rooms/{room}/retention", "", 404, nil, "", ""},
			{"rival", post, "/rooms/{room}/hold", `{"reason":"x"}`, 404, nil, "", ""},
			{"rival", post, "/rooms/{room}/release", "", 404, nil, "", ""},
			{"partner", get, "/rooms/{room}/export", "", 200, nil, "messages.jsonl", ""},
			{"weak", get, "/rooms/{room}/export", "", 403, nil, "", ""},
			{"buyer", get, "/rooms/{room}/export", "", 403, nil, "", ""},
			{"rival", get, "/rooms/{room}/export", "", 404, nil, "", ""},
			{"partner", post, "/rooms/{room}/release", "", 204, nil, "", ""},
		},
		"categories": {
			{"owner", post, "/categories", `{"name":"Ours ` + key + `","seats":[{"org":"kestrel","create":true},{"org":"baltic","reply":true}]}`, 201, map[string]string{"cat": "id"}, `"org":"baltic","reply":true,"create":false`, ""},
			{"owner", post, "/categories", `{"name":"Ours ` + key + `"}`, 409, nil, "forum.name_taken", ""},
			{"owner", post, "/categories", `{"name":"Not ours ` + key + `","seats":[{"org":"nobody"}]}`, 422, nil, "", ""},
			{"owner", post, "/categories", `{"name":"Not ours ` + key + `","tiers":[{"tier":"` + key + `"}]}`, 422, nil, "", ""},
			{"partner", get, "/categories/{cat}", "", 200, nil, `"create":true`, "baltic"},
			{"partner", put, "/categories/{cat}", `{"name":"Theirs"}`, 403, nil, "", ""},
			{"rival", get, "/categories/{cat}", "", 200, nil, `"create":false`, "kestrel"},
			{"partner", post, "/topics", `{"category":"{cat}","kind":"talk","title":"Loud ` + key + `","body":"x","key":"l` + key + `"}`, 201, map[string]string{"loud": "id"}, "", ""},
			{"owner", post, "/topics/{loud}/state", `{"state":"closed"}`, 204, nil, "", ""},
			{"partner", post, "/topics/{loud}/replies", `{"body":"x","key":"m` + key + `"}`, 409, nil, "", ""},
			{"owner", put, "/categories/{cat}", `{"name":"Ours, changed ` + key + `","seats":[{"org":"kestrel","create":true}]}`, 200, nil, "changed", "baltic"},
			{"rival", get, "/categories/{cat}", "", 404, nil, "", ""},
			{"rival", put, "/categories/{cat}", `{"name":"Theirs"}`, 404, nil, "", ""},
			{"owner", put, "/categories/{cat}", `{"name":"Ours, changed ` + key + `","tiers":[{"tier":"Silver","reply":true}]}`, 200, nil, `"tiers":[{"tier":"Silver","reply":true`, "kestrel"},
			{"rival", get, "/categories/{cat}", "", 200, nil, `"reply":true,"create":false`, "Silver"},
			{"partner", get, "/categories/{cat}", "", 404, nil, "", ""},
			{"owner", put, "/categories/{cat}", `{"name":"Ours, changed ` + key + `","closed":true}`, 200, nil, `"closed":true`, ""},
			{"partner", get, "/categories/{cat}", "", 404, nil, "", ""},
		},
		"threads": {
			{"partner", get, "/claims", "", 200, map[string]string{"claim": "items.0.id"}, "", ""},
			{"owner", get, "/claims/{claim}", "", 200, map[string]string{"line": "lines.0.position"}, "", ""},
			{"owner", post, "/claims/{claim}/lines/{line}/thread", "", 200, map[string]string{"room": "room", "thread": "thread"}, "", ""},
			{"owner", post, "/claims/{claim}/lines/{line}/thread", "", 200, nil, `"thread":{thread}`, ""},
			{"owner", post, "/claims/{claim}/lines/999/thread", "", 404, nil, "", ""},
			{"owner", get, "/claims/{claim}/threads", "", 200, nil, "{room}", ""},
			{"rival", get, "/claims/{claim}/threads", "", 404, nil, "", ""},
			{"rival", post, "/claims/{claim}/lines/{line}/thread", "", 404, nil, "", ""},
			{"rival", get, "/rooms/{room}", "", 404, nil, "", ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls{people, map[string]string{}}.run(t, steps)
		})
	}
}
