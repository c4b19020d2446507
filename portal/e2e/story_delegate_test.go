package e2e

import (
	"net/url"
	"strings"
	"testing"
)

// TestStoryDelegate: as two companies agreed, a third sends orders for one of them over
// its own SFTP login and its own AS2 station. It sees those messages and their answers,
// and nothing that came of them.
func TestStoryDelegate(t *testing.T) {
	t.Parallel()
	needOpenSSH(t)
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		ingrid, kaarel, maya := s.signIn(t, "ingrid@aurelia.example"), s.signIn(t, "kaarel@baltic.example"), s.signIn(t, "maya@kestrel.example")
		code := maya.open("/c/kestrel/company").found(`>([0-9a-v]{26})<`)
		agree(t, s, ingrid, kaarel, "Baltic Trade", "baltic", url.Values{"reseller_delegates": {code + " | Kestrel Supply | ORDERS"}})
		baltic := s.token("kaarel@baltic.example", "edi:read,edi:write,orders:read")
		carrier := s.token("maya@kestrel.example", "edi:read,edi:write,orders:read,partners:read,stations:read,stations:write")
		own := baltic.send(strings.ReplaceAll(unOrder("BD0000", "DEL-0", "LIN+1++AUR-D18B:SA", "QTY+21:10:PCE", "PRI+AAA:97.00"), "ü", "\xfc"))

		text := func(control, number string) string {
			return strings.ReplaceAll(unOrder(control, number, "LIN+1++AUR-D18B:SA", "QTY+21:10:PCE", "PRI+AAA:97.00"), "ü", "\xfc")
		}
		files := s.sftp("kestrel", "entente-demo-1", "")
		files.write("for-baltic.edi", text("BD0001", "DEL-1"))
		files.run("put -p for-baltic.edi /in/for-baltic.edi")
		x := connect(t, s, carrier, carrier.partnership("aurelia"))
		r := x.pack(text("BD0002", "DEL-2"))
		if f := x.verdict(x.post(r), r); !f.OK() {
			t.Fatalf("the receipt: %+v", f)
		}
		for _, number := range []string{"DEL-1", "DEL-2"} {
			eventually(t, number+" is an order of Baltic", func() bool {
				got := baltic.orders(number)
				return len(got) == 1 && got[0].Reseller == "baltic"
			})
			if len(carrier.orders(number)) > 0 {
				t.Errorf("the carrier sees order %s", number)
			}
		}
		baltic.await("CONTRL", "UCI+BD0001+")
		baltic.await("CONTRL", "UCI+BD0002+")
		var list struct {
			Items []struct{ ID, Control, Direction, Sender string }
		}
		carrier.get("/api/v1/edi/interchanges?limit=200&type=ORDERS", &list)
		seen := map[string]string{}
		for _, i := range list.Items {
			seen[i.Control] = i.ID
		}
		if len(list.Items) != 2 || seen["BD0001"] == "" || seen["BD0002"] == "" {
			t.Fatalf("the carrier lists %+v", list.Items)
		}
		for control, id := range seen {
			m := carrier.processed(id)
			if m.Result == nil || *m.Result != "accepted" || m.Sets[0].Document != nil || len(m.Acknowledgements) != 1 {
				t.Errorf("%s: %+v", control, m)
				continue
			}
			if raw := string(carrier.raw(m.Acknowledgements[0].Href)); !strings.Contains(raw, "UCI+"+control+"+") {
				t.Errorf("its answer: %s", raw)
			}
			maya.open("/c/kestrel/edi/" + id).says("sent by Kestrel Supply for Baltic Trade")
			kaarel.open("/c/baltic/edi/" + id).says("sent by Kestrel Supply for Baltic Trade")
		}
		if a := carrier.do("GET", "/api/v1/edi/interchanges/"+own.ID, "", nil); a.status != 404 {
			t.Errorf("what Baltic sent itself: %d", a.status)
		}
		s.command("reconcile")
	})
}
