package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"

	"entente/prm/access"
	"entente/prm/fault"
)

// TestFailuresAreLogged: what is our own fault stands in the log under the id that the
// answer tells, and nothing of it in the answer; what the caller got wrong is not logged.
func TestFailuresAreLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	app := fiber.New()
	a := &API{huma: humafiber.New(app, huma.DefaultConfig("t", "1")), d: Deps{
		Log:   slog.New(slog.NewTextHandler(&log, nil)),
		Actor: func(context.Context) access.Actor { return access.Actor{Person: "p", Org: "o", Via: "token:x"} },
	}}
	for path, err := range map[string]error{"/broken": errors.New("secret of the house"), "/wrong": fault.InvalidField("a", "form.missing"), "/busy": fault.New(fault.Unavailable, "error.unavailable")} {
		handle(a, op("GET", path, "", "s", "", 200), func(context.Context, access.Actor, *struct{}) (*reply[string], error) { return nil, err })
	}
	ask := func(path string) (int, string, string, string) {
		r, err := app.Test(httptest.NewRequest("GET", path, nil))
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := io.ReadAll(r.Body)
		var d struct{ Instance string }
		if err := json.Unmarshal(raw, &d); err != nil {
			t.Fatalf("%v in %s", err, raw)
		}
		return r.StatusCode, d.Instance, r.Header.Get("X-Request-Id"), string(raw) + r.Header.Get("Retry-After")
	}
	status, instance, id, body := ask("/broken")
	if status != 500 || id == "" || instance != "urn:entente:request:"+id || strings.Contains(body, "secret") || !strings.Contains(log.String(), "secret of the house") || !strings.Contains(log.String(), id) {
		t.Errorf("%d %q %q %s, logged %s", status, instance, id, body, log.String())
	}
	if status, instance, id, body = ask("/busy"); status != 503 || id == "" || instance == "" || !strings.HasSuffix(body, "5") || !strings.Contains(log.String(), id) {
		t.Errorf("%d %q %q %s, logged %s", status, instance, id, body, log.String())
	}
	before := log.Len()
	if status, instance, id, _ = ask("/wrong"); status != 422 || instance != "" || id != "" || log.Len() != before {
		t.Errorf("%d %q %q, logged %s", status, instance, id, log.String())
	}
}
