package api_test

import (
	"net/http"
	"testing"
	"time"

	"entente/portal/portaltest"
)

// TestMappingsOverTheAPI: proposed, agreed to and read by programs, step by step.
func TestMappingsOverTheAPI(t *testing.T) {
	t.Parallel()
	ingrid := program(t, portaltest.Ingrid, "aurelia", "mappings:write", "partners:read")
	maya := program(t, portaltest.Maya, "kestrel", "mappings:write")
	kaarel := program(t, portaltest.Kaarel, "baltic", "mappings:write")
	reader := program(t, portaltest.Maya, "kestrel", "mappings:read")
	type run struct {
		ID, State      string
		Step, Accounts int
		Waits          bool
		Overlap        *struct{ From, To int }
	}
	var x run
	ingrid.do(t, http.MethodPost, "/mappings", `{"partner":"kestrel","kinds":["domain"],"fields":["name"]}`, 201, &x)
	at := "/mappings/" + x.ID
	kaarel.do(t, http.MethodGet, at, "", 404, nil)
	kaarel.do(t, http.MethodPost, at+"/accept", "", 404, nil)
	reader.do(t, http.MethodPost, at+"/accept", "", 403, nil)
	maya.do(t, http.MethodGet, at, "", 200, &x)
	if x.State != "proposed" || !x.Waits || x.Overlap != nil {
		t.Fatalf("%+v", x)
	}
	maya.do(t, http.MethodPost, at+"/accept", "", 200, &x)
	reached := func(step int) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); x.Step < step && time.Now().Before(end); {
			ingrid.do(t, http.MethodGet, at, "", 200, &x)
		}
		if x.Step != step {
			t.Fatalf("step %d was not reached: %+v", step, x)
		}
	}
	reached(1)
	if x.Overlap == nil || x.Overlap.From != 5 || x.Overlap.To != 9 || x.Accounts != 0 {
		t.Fatalf("%+v", x)
	}
	ingrid.do(t, http.MethodGet, at+"/accounts", "", 409, nil)
	for step, body := range map[int]string{2: `{"step":2}`} {
		ingrid.do(t, http.MethodPost, at+"/consent", body, 200, &x)
		maya.do(t, http.MethodPost, at+"/consent", body, 200, &x)
		reached(step)
	}
	var list struct {
		Items []struct{ Customer, Name string }
	}
	maya.do(t, http.MethodGet, at+"/accounts", "", 200, &list)
	if len(list.Items) != 8 || x.Accounts != 8 {
		t.Fatalf("%d accounts: %+v", x.Accounts, list)
	}
	maya.do(t, http.MethodPost, at+"/end", "", 200, &x)
	if x.State != "ended" {
		t.Fatalf("%+v", x)
	}
	maya.do(t, http.MethodPost, "/mappings/files", "ISA*00*", 422, nil)
}
