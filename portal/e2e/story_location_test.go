package e2e

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// agree has Ingrid propose a body of an agreement to a partner and somebody there confirm
// it; it returns the address of the connection on Aurelia's side.
func agree(t *testing.T, s *server, ingrid, them *visitor, partner, slug string, body url.Values) string {
	t.Helper()
	ingrid.open("/c/aurelia/edi/connections")
	ours := ingrid.found(`href="(/c/aurelia/edi/connections/[0-9a-v]{26})">` + partner)
	ingrid.open(ours + "/agreement/propose")
	body.Set("version", ingrid.found(`name="version" value="([0-9]+)"`))
	ingrid.post(ours+"/agreement/propose", body)
	theirs := strings.Replace(ours, "/c/aurelia/", "/c/"+slug+"/", 1)
	them.open(theirs + "/agreement")
	id, hash := them.found(theirs+`/agreement/([0-9a-v]{26})/confirm`), them.found(`name="hash" value="([0-9a-f]{64})"`)
	them.post(theirs+"/agreement/"+id+"/confirm", url.Values{"hash": {hash}})
	ingrid.open(ours + "/agreement").says("In force")
	return ours
}

// TestStoryLocations: as agreed, orders to a ship-to code that nobody listed are booked
// and held; one answer of the supplier frees them all, under its own number of the
// place; another code is refused.
func TestStoryLocations(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		ingrid, kaarel := s.signIn(t, "ingrid@aurelia.example"), s.signIn(t, "kaarel@baltic.example")
		baltic := s.token("kaarel@baltic.example", "edi:read,edi:write,orders:read,locations:read")
		aurelia := s.token("ingrid@aurelia.example", "edi:read,edi:write,orders:read,orders:write,locations:read,locations:write")
		kestrel := s.token("maya@kestrel.example", "edi:read,orders:read,orders:write,locations:read,locations:write")
		ours := agree(t, s, ingrid, kaarel, "Baltic Trade", "baltic", url.Values{"check_locations": {"1"}, "edifact": {"D:96A:UN:EAN008"}})
		ingrid.says("Orders to a ship-to code that is not listed are held")
		ingrid.open(ours).post(ours+"/routes", url.Values{"door_850": {"outbox"}})

		send := func(control, number, code string) order {
			t.Helper()
			text := unOrder(control, number, "LIN+1++AUR-D18B:SA", "QTY+21:10:PCE", "PRI+AAA:97.00")
			text = strings.Replace(text, "NAD+SU+AURELIA::92", "NAD+DP+"+code+"::92", 1)
			ic := baltic.processed(baltic.send(strings.ReplaceAll(text, "ü", "\xfc")).ID)
			if ic.Result == nil || *ic.Result != "accepted" || ic.Sets[0].Business != "booked" {
				t.Fatalf("%s: %+v", number, ic)
			}
			got := aurelia.orders(number)
			if len(got) != 1 {
				t.Fatalf("%s: %+v", number, got)
			}
			return got[0]
		}
		one, two, three := send("BL0001", "LOC-1", "BT-TRT"), send("BL0002", "LOC-2", "BT-TRT"), send("BL0003", "LOC-3", "BT-XXX")
		for _, o := range []order{one, two, three} {
			if o.Held != "location" {
				t.Errorf("%s is held for %q", o.Number, o.Held)
			}
		}
		if a := aurelia.do("POST", "/api/v1/orders/"+one.ID+"/confirm", "application/json", []byte("{}")); a.status != 409 || !strings.Contains(string(a.body), "trade.location_unknown") {
			t.Errorf("confirmed while held: %d %s", a.status, a.body)
		}
		for _, path := range []string{"/api/v1/orders/" + one.ID + "/locate", "/api/v1/orders/" + one.ID + "/refuse"} {
			if a := kestrel.do("POST", path, "application/json", []byte(`{"new":{"name":"x"}}`)); a.status != 404 && a.status != 422 {
				t.Errorf("a competitor: %s %d", path, a.status)
			}
		}
		kaarel.open("/c/baltic/orders/"+one.ID).says("The ship-to is not known", "the time to answer stands still")
		if strings.Contains(kaarel.page, one.ID+"/locate") || strings.Contains(kaarel.page, one.ID+"/refuse") {
			t.Error("the buyer is asked to decide")
		}
		ingrid.open("/c/aurelia/").says("goes to BT-TRT")
		ingrid.open("/c/aurelia/orders/"+one.ID).says("92:BT-TRT", "one other order is held for the same code", "Record it as a new place")
		ingrid.post("/c/aurelia/orders/"+one.ID+"/locate", url.Values{"name": {"Baltic Tartu"}, "city": {"Tartu"}, "country": {"ee"}, "number": {"4711"}}).says("Orders released: 2", "Known here as Baltic Tartu")
		for _, o := range []order{one, two} {
			raw := string(aurelia.await("ORDERS", "+"+o.Number+"+"))
			if !strings.Contains(raw, "NAD+DP+4711::91") {
				t.Errorf("%s for the supplier's system: %s", o.Number, raw)
			}
			if got := aurelia.orders(o.Number)[0]; got.Held != "" || got.ShipTo != "Baltic Tartu" {
				t.Errorf("%+v", got)
			}
		}
		if got := aurelia.orders("LOC-3")[0]; got.Held != "location" {
			t.Errorf("another code is free: %+v", got)
		}
		// Known from now on, to both, and to nobody else.
		four := send("BL0004", "LOC-4", "BT-TRT")
		if four.Held != "" {
			t.Errorf("held again: %+v", four)
		}
		var places struct {
			Items []struct {
				ID, Name, Side string
				Codes          []struct{ Qualifier, Code string }
			}
		}
		baltic.get("/api/v1/locations?partner=aurelia", &places)
		if len(places.Items) != 1 || places.Items[0].Side != "reseller" || fmt.Sprint(places.Items[0].Codes) != "[{92 BT-TRT}]" {
			t.Fatalf("%+v", places)
		}
		aurelia.post("/api/v1/locations", `{"partner":"baltic","name":"Baltic Riga","codes":[{"code":"BT-RIX"}]}`, 201, nil)
		if a := kestrel.do("POST", "/api/v1/locations/"+places.Items[0].ID, "application/json", []byte(`{"name":"x"}`)); a.status != 404 {
			t.Errorf("a competitor: %d", a.status)
		}
		kaarel.open(strings.Replace(ours, "/c/aurelia/", "/c/baltic/", 1)+"/locations").says("Baltic Tartu", "92:BT-TRT")
		// Refused: the buyer hears it as any answer, and the supplier's system never had it.
		var done order
		aurelia.post("/api/v1/orders/"+three.ID+"/refuse", `{}`, 200, &done)
		if done.State != "rejected" || done.Held != "" {
			t.Errorf("%+v", done)
		}
		if raw := string(baltic.await("ORDRSP", "LOC-3")); !strings.Contains(raw, "BGM+231+") {
			t.Error(raw)
		}
		for _, x := range aurelia.outboxAll() {
			if raw := string(aurelia.raw(x.Href)); strings.Contains(raw, "LOC-3") {
				t.Errorf("went to the supplier's system: %s", raw)
			}
		}
		// A code is added in the list; what is held for it goes on by itself.
		five := send("BL0005", "LOC-5", "BT-NEW")
		if five.Held != "location" {
			t.Fatalf("%+v", five)
		}
		ingrid.open(ours + "/locations").says("One order is held")
		ingrid.open(ingrid.found(`href="([^"]+/locations\?edit=[0-9a-v]{26}#edit)"`)).says("Change the place")
		ingrid.post(ours+"/locations", url.Values{"id": {places.Items[0].ID}, "name": {"Baltic Tartu"}, "number": {"4711"}, "codes": {"BT-TRT\nBT-NEW"}}).says("92:BT-NEW")
		eventually(t, "the order goes on", func() bool { return aurelia.orders("LOC-5")[0].Held == "" })
		// By program: a version without the check is proposed by one side and confirmed by
		// the other, and from then on nothing is held.
		buyer, seller := s.token("kaarel@baltic.example", "agreements:read,agreements:write"), s.token("ingrid@aurelia.example", "agreements:read,agreements:write")
		var v struct {
			ID, Hash, State string
			Body            map[string]any
		}
		buyer.post("/api/v1/agreements", `{"partner":"aurelia","base":1,"body":{"edifact":"D:96A:UN:EAN008","duplicate_days":45}}`, 201, &v)
		seller.get("/api/v1/agreements/"+v.ID, &v)
		if v.State != "proposed" || v.Body["duplicate_days"] != 45.0 {
			t.Errorf("%+v", v)
		}
		if a := kestrel.do("GET", "/api/v1/agreements/"+v.ID, "", nil); a.status != 404 && a.status != 403 {
			t.Errorf("a competitor: %d", a.status)
		}
		seller.post("/api/v1/agreements/"+v.ID+"/confirm", `{"hash":"`+v.Hash+`"}`, 200, &v)
		if six := send("BL0006", "LOC-6", "BT-YYY"); six.Held != "" || v.State != "confirmed" {
			t.Errorf("%+v, %+v", six, v)
		}
		s.command("reconcile")
	})
}
