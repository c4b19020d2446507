package api_test

import (
	"strings"
	"testing"
)

// TestConfirmMany: clean orders are confirmed, doubtful ones are not, the same call again
// does nothing, and another company's order does not exist.
func TestConfirmMany(t *testing.T) {
	t.Parallel()
	buyer, desk := program(t, "dan@kestrel.example", "kestrel", "orders:write"), program(t, "ingrid@aurelia.example", "aurelia", "orders:write", "catalog:write")
	clean := strings.TrimPrefix(place(t, buyer, "bulk-1"), "/orders/")
	var dear anOrder
	buyer.do(t, "POST", "/orders", `{"supplier":"aurelia","number":"BULK-DEAR","lines":[{"sku":"AUR-D18B","quantity":"1","price":"1.00"}]}`, 201, &dear)
	type result struct {
		ID, Outcome, Doubt string
		Version            int64
	}
	var got struct{ Items []result }
	body := `{"orders":[{"id":"` + clean + `"},{"id":"` + dear.ID + `"}]`
	desk.do(t, "POST", "/orders/confirm", body+`,"look":true}`, 200, &got)
	if len(got.Items) != 2 || got.Items[0].Outcome != "clean" || got.Items[1].Outcome != "doubtful" || got.Items[1].Doubt != "price_differs" {
		t.Fatalf("%+v", got)
	}
	seen := got.Items[0].Version
	for _, want := range []string{"confirmed doubtful", "already doubtful"} {
		got.Items = nil
		desk.do(t, "POST", "/orders/confirm", body+`}`, 200, &got)
		if got.Items[0].Outcome+" "+got.Items[1].Outcome != want {
			t.Errorf("%+v, want %s", got.Items, want)
		}
	}
	var o anOrder
	desk.do(t, "GET", "/orders/"+clean, "", 200, &o)
	if o.State != "confirmed" || o.Version <= seen {
		t.Errorf("%+v", o)
	}
	desk.do(t, "GET", "/orders/"+dear.ID, "", 200, &o)
	if o.State != "received" {
		t.Errorf("the doubtful one is %s", o.State)
	}
	old := strings.TrimPrefix(place(t, buyer, "bulk-2"), "/orders/")
	got.Items = nil
	desk.do(t, "POST", "/orders/confirm", `{"orders":[{"id":"`+old+`","version":99}]}`, 200, &got)
	if got.Items[0].Outcome != "failed" {
		t.Errorf("another version: %+v", got.Items)
	}
	buyer.do(t, "POST", "/orders/confirm", `{"orders":[{"id":"`+old+`"}]}`, 403, nil)
	program(t, "kaarel@baltic.example", "baltic", "orders:write").do(t, "POST", "/orders/confirm", `{"orders":[{"id":"`+old+`"}]}`, 404, nil)
}

// TestPutProduct writes a product with its packs, twice, and refuses a wrong check digit
// and those who may not.
func TestPutProduct(t *testing.T) {
	t.Parallel()
	desk := program(t, "ingrid@aurelia.example", "aurelia", "catalog:write")
	body := `{"name":"By program","unit":"EA","gtin":"4006381333931","packs":[{"level":"case","unit":"CA","quantity":"12","gtin":"14006381333938"}]}`
	var p struct {
		SKU, GTIN, State string
		Packs            []struct{ Level, Quantity string }
	}
	for range 2 {
		desk.do(t, "PUT", "/products/API-1", body, 200, &p)
		if p.SKU != "API-1" || p.GTIN != "04006381333931" || p.State != "active" || len(p.Packs) != 1 || p.Packs[0].Quantity != "12" {
			t.Fatalf("%+v", p)
		}
	}
	desk.do(t, "PUT", "/products/API-2", strings.Replace(body, "4006381333931", "4006381333932", 1), 422, nil)
	program(t, "dan@kestrel.example", "kestrel", "catalog:read").do(t, "PUT", "/products/API-1", body, 403, nil)
	var mine struct{ Items []struct{ Supplier string } }
	desk.do(t, "GET", "/products?q=API-1", "", 200, &mine)
	if len(mine.Items) != 1 || mine.Items[0].Supplier != "aurelia" {
		t.Errorf("%+v", mine)
	}
}
