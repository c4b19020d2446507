package api_test

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

	"github.com/gofiber/fiber/v2"

	"entente/chat/socket"
	"entente/portal/api"
	"entente/prm/access"
	"entente/prm/fault"
)

// TestFailuresAreLogged: what is our own fault stands in the log under the id that the
// answer tells, and nothing of it in the answer; what the caller got wrong is not logged.
func TestFailuresAreLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var broken error
	app := fiber.New()
	api.New(app, api.Deps{
		Log:      slog.New(slog.NewTextHandler(&log, nil)),
		Actor:    func(context.Context) access.Actor { return access.Actor{Person: "p", Org: "o", Via: "token:x"} },
		Identity: func(context.Context) (socket.Identity, error) { return socket.Identity{}, broken },
	})
	ask := func(err error) (int, string, string, string) {
		broken = err
		r, err := app.Test(httptest.NewRequest("POST", "/api/v1/live/ticket", nil))
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
	status, instance, id, body := ask(errors.New("secret of the house"))
	if status != 500 || id == "" || instance != "urn:entente:request:"+id || strings.Contains(body, "secret") || !strings.Contains(log.String(), "secret of the house") || !strings.Contains(log.String(), id) {
		t.Errorf("%d %q %q %s, logged %s", status, instance, id, body, log.String())
	}
	if status, instance, id, body = ask(fault.New(fault.Unavailable, "error.unavailable")); status != 503 || id == "" || instance == "" || !strings.HasSuffix(body, "5") || !strings.Contains(log.String(), id) {
		t.Errorf("%d %q %q %s, logged %s", status, instance, id, body, log.String())
	}
	before := log.Len()
	if status, instance, id, _ = ask(fault.InvalidField("a", "form.missing")); status != 422 || instance != "" || id != "" || log.Len() != before {
		t.Errorf("%d %q %q, logged %s", status, instance, id, log.String())
	}
}
