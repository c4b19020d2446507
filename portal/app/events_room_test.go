package app

import (
	"slices"
	"testing"

	"entente/chat/room"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/notify"
	"entente/prm/trade"
)

// TestRoomLinesOfUnknownOrders: what is said of a reply whose order nobody knows names
// that order.
func TestRoomLinesOfUnknownOrders(t *testing.T) {
	t.Parallel()
	a := demoApp(t)
	ctx := t.Context()
	ids := map[string]string{}
	for _, slug := range []string{"aurelia", "kestrel"} {
		org, err := a.accounts.Directory().OrgBySlug(ctx, slug)
		if err != nil {
			t.Fatal(err)
		}
		ids[slug] = org.ID
	}
	actor := access.System("edi", ids["aurelia"])
	ps, err := a.partners.List(ctx, actor)
	if err != nil {
		t.Fatal(err)
	}
	partnership := ""
	for _, p := range ps {
		if p.Reseller == ids["kestrel"] {
			partnership = p.ID
		}
	}
	for i, quantity := range []doc.Decimal{"5", "5", "6"} { // waits, a copy, and the number again
		n := doc.ShipNotice{Purpose: "00", Number: "ASN-NONE", Date: "2026-11-20", Orders: []doc.ShippedOrder{{Number: "PO-NONE", Packs: []doc.Pack{{Kind: "P",
			Lines: []doc.ShipLine{{Line: doc.Line{Number: "1", VendorItem: "AUR-D18B", Quantity: quantity, Unit: "EA"}}}}}}}}
		if _, err := a.trade.ReceiveReply(ctx, actor, trade.IncomingReply{Notice: &n, Supplier: ids["aurelia"], Reseller: ids["kestrel"], Partnership: partnership, Interchange: "x", SetNo: i + 1, Syntax: "x12"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.jobs.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	r, err := a.partnershipRoom(ctx, partnership, ids["aurelia"], ids["kestrel"])
	if err != nil {
		t.Fatal(err)
	}
	lines, err := a.rooms.History(ctx, access.System("rooms", ids["aurelia"]), r.ID, room.Window{Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, l := range lines {
		if l.Event == "order.reply_held" || l.Event == "order.reply_duplicate" {
			told[l.Event] = true
			if l.Args["number"] != "PO-NONE" {
				t.Errorf("%s: %v", l.Event, l.Args)
			}
		}
	}
	if len(told) != 2 {
		t.Errorf("told %v", told)
	}

	// what came by EDI was taken in the company's own name, and still wants its people
	for _, email := range []string{"tomas@aurelia.example", "wen@aurelia.example"} {
		asked := 0
		groups, _, err := a.notify.Groups(ctx, demoPerson(t, a, email), notify.Open, notify.Filter{Limit: 200})
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range groups {
			for _, n := range g.Notices {
				if n.Kind == "order.reply_held" && n.SubjectKind == "interchange" && n.SubjectID == "x" && n.Urgent {
					asked++
				}
			}
		}
		if asked != 1 {
			t.Errorf("%s was told %d times of a document that is held", email, asked)
		}
	}
}

// TestWatchingHeldDocuments: the page of a buyer is not told of what its supplier's own
// checks hold.
func TestWatchingHeldDocuments(t *testing.T) {
	t.Parallel()
	both := []string{"supplier", "buyer"}
	for reason, want := range map[string][]string{trade.DoubtChecks: {"supplier"}, trade.DoubtLine: both, "": both} {
		if got := watching(trade.Event{Supplier: "supplier", Reason: reason}, both); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", reason, got, want)
		}
	}
}
