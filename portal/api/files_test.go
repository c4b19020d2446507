package api_test

import (
	"encoding/json"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"entente/portal/portaltest"
)

// TestOrderFiles: a program sends a file of orders, follows it, reads what is wrong in it and
// places the rest; sent again nothing is placed twice, and nobody else sees it.
func TestOrderFiles(t *testing.T) {
	t.Parallel()
	buyer, other := program(t, portaltest.Dan, "kestrel", "orders:write", "orders:read"), program(t, portaltest.Ingrid, "aurelia", "orders:write")
	type file struct {
		ID, State            string
		Wrong, Orders, Clean int
		Outcomes             map[string]int
	}
	settled := func(id string) (f file) {
		t.Helper()
		for end := time.Now().Add(time.Minute); ; runtime.Gosched() {
			buyer.do(t, http.MethodGet, "/order-files/"+id, "", 200, &f)
			if f.State != "reading" && f.State != "applying" {
				return f
			}
			if time.Now().After(end) {
				t.Fatalf("still %s", f.State)
			}
		}
	}
	const rows = "Order number,Item,Quantity\nAPI-F-1,AUR-D18B,7\nAPI-F-1,AUR-G125,3\nAPI-F-2,AUR-D18B,=BAD\n"
	for _, outcome := range []string{"made", "same"} {
		var f file
		a := buyer.browser.Do(t, http.MethodPost, "/api/v1/order-files?partner=aurelia&name=orders.csv", strings.NewReader(rows), "Authorization", "Bearer "+buyer.token, "Content-Type", "text/csv")
		if a.Status != 201 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		if err := json.Unmarshal([]byte(a.Body), &f); err != nil {
			t.Fatal(err)
		}
		if f = settled(f.ID); f.State != "ready" || f.Wrong != 1 || f.Orders != 2 || f.Clean != 1 {
			t.Fatalf("%+v", f)
		}
		var wrong struct {
			Items []struct {
				Row   int
				Order string
				Wrong []struct{ Field, Code, Message string }
			}
		}
		buyer.do(t, http.MethodGet, "/order-files/"+f.ID+"/wrong", "", 200, &wrong)
		if len(wrong.Items) != 1 || wrong.Items[0].Row != 4 || wrong.Items[0].Order != "API-F-2" || wrong.Items[0].Wrong[0].Field != "quantity" || wrong.Items[0].Wrong[0].Message == "" {
			t.Errorf("%+v", wrong)
		}
		other.do(t, http.MethodGet, "/order-files/"+f.ID, "", 404, nil)
		other.do(t, http.MethodPost, "/order-files/"+f.ID+"/apply", "", 404, nil)
		buyer.do(t, http.MethodPost, "/order-files/"+f.ID+"/apply", "", 202, nil)
		if f = settled(f.ID); f.Outcomes[outcome] != 1 {
			t.Errorf("%s: %+v", outcome, f)
		}
		var results struct {
			Items []struct{ Number, Outcome, Order string }
		}
		buyer.do(t, http.MethodGet, "/order-files/"+f.ID+"/results", "", 200, &results)
		if len(results.Items) == 0 || results.Items[0].Outcome != outcome || results.Items[0].Number != "API-F-1" {
			t.Fatalf("%+v", results)
		}
		buyer.do(t, http.MethodGet, "/orders/"+results.Items[0].Order, "", 200, nil)
		buyer.do(t, http.MethodDelete, "/order-files/"+f.ID, "", 204, nil)
		buyer.do(t, http.MethodGet, "/order-files/"+f.ID, "", 404, nil)
	}
}
