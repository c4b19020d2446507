package e2e

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestStoryNetwork: Aurelia has an account at a network (VAN), and Kestrel is reached
// through it, as both agreed. One file in its mailbox holds an order of Kestrel, one in
// Baltic's name, whose agreement says nothing of a network, and one of a stranger: the
// first is booked, the others are refused with their reason. The 997 and the 855 for
// Kestrel lie in the mailbox and not in its outbox; that they lie there acknowledges
// nothing.
func TestStoryNetwork(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		ingrid, maya := s.signIn(t, "ingrid@aurelia.example"), s.signIn(t, "maya@kestrel.example")
		kestrel := s.token("maya@kestrel.example", "edi:read,edi:write,orders:read")
		baltic := s.token("kaarel@baltic.example", "edi:read,orders:read")
		aurelia := s.token("ingrid@aurelia.example", sellerScopes)
		before := len(kestrel.outbox())
		ours := agree(t, s, ingrid, maya, "Kestrel Supply", "kestrel", url.Values{"reseller_network": {"GXS"}})
		ingrid.open(ours + "/agreement").says("GXS")

		van := openForeign(t)
		secret := filepath.Join(t.TempDir(), "password")
		if err := os.WriteFile(secret, []byte("right\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		s.command("sftp", "remote", "--org", "aurelia", "--name", "GXS", "--network", "--server", van.addr, "--login", "entente", "--host-key", van.hostKey,
			"--password-file", secret, "--in", "/from", "--done", "/done", "--out", "/to", "--every", "1s", "--allow-dial", "127.0.0.1")
		ingrid.open(ours).says("Network (VAN)")
		stranger := strings.ReplaceAll(po{control: 770002, number: "VAN-2"}.String(), "KESTRELSUPPLY  ", "NOBODY         ")
		rival := strings.ReplaceAll(unOrder("VAN003", "VAN-3", "LIN+1++AUR-D18B:SA", "QTY+21:10:PCE", "PRI+AAA:97.00"), "ü", "\xfc")
		if err := putFile(van.files, "/from", "mail.edi", po{control: 770001, number: "VAN-1"}.String()+stranger+rival); err != nil {
			t.Fatal(err)
		}
		lies := func(kind, text string) (found string) {
			list, err := van.files.ReadDir("/to")
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range list {
				if !strings.HasPrefix(i.Name(), kind+"-") {
					continue
				}
				if in, err := van.files.Open("/to/" + i.Name()); err == nil {
					var b strings.Builder
					_, _ = in.WriteTo(&b)
					_ = in.Close()
					if strings.Contains(b.String(), text) {
						found = b.String()
					}
				}
			}
			return found
		}
		eventually(t, "Kestrel's order is booked", func() bool { return len(kestrel.orders("VAN-1")) == 1 })
		eventually(t, "its 997 lies in the mailbox", func() bool { return lies("997", "AK1*PO*770001") != "" })
		order := aurelia.orders("VAN-1")[0]
		aurelia.post("/api/v1/orders/"+order.ID+"/confirm", `{}`, 200, nil)
		eventually(t, "the 855 lies in the mailbox", func() bool { return lies("855", "VAN-1") != "" })
		if n := len(kestrel.outbox()); n != before {
			t.Errorf("%d wait in the outbox beside the network", n-before)
		}
		var list struct {
			Items []struct{ ID, Control string }
		}
		aurelia.get("/api/v1/edi/interchanges?limit=5&type=855", &list)
		if len(list.Items) == 0 {
			t.Fatal("no 855 is listed")
		}
		var m struct{ Delivery, Acknowledged string }
		eventually(t, "the network has it", func() bool {
			aurelia.get("/api/v1/edi/interchanges/"+list.Items[0].ID, &m)
			return m.Delivery == "mailbox"
		})
		if m.Acknowledged != "" {
			t.Errorf("the mailbox acknowledged it: %q", m.Acknowledged)
		}
		ingrid.open("/c/aurelia/edi/" + list.Items[0].ID).says("In the mailbox")
		for _, c := range []*client{aurelia, baltic} {
			if len(c.orders("VAN-2"))+len(c.orders("VAN-3")) > 0 {
				t.Error("an order in another's name is booked")
			}
		}
		s.command("reconcile")
	})
}
