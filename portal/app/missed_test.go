package app

import (
	"testing"

	calling "entente/chat/call"
	"entente/prm/access"
	"entente/prm/notify"
)

// TestMissedCall: whoever was rung and did not come finds it in the inbox when the call is
// over; nobody else does.
func TestMissedCall(t *testing.T) {
	t.Parallel()
	a := demoApp(t)
	ctx := t.Context()
	maya, ingrid, wen, kaarel := demoPerson(t, a, "maya@kestrel.example"), demoPerson(t, a, "ingrid@aurelia.example"), demoPerson(t, a, "wen@aurelia.example"), demoPerson(t, a, "kaarel@baltic.example")
	ps, err := a.partners.List(ctx, access.System("test", maya.Org))
	if err != nil || len(ps) == 0 {
		t.Fatalf("%v %v", ps, err)
	}
	r, err := a.partnershipRoom(ctx, ps[0].ID, ps[0].Supplier, ps[0].Reseller)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []access.Actor{maya, ingrid, wen} {
		if _, err := a.rooms.Enter(ctx, p, r.ID); err != nil {
			t.Fatal(err)
		}
	}
	st, me, _, err := a.calls.Begin(ctx, maya, r.ID, calling.Flags{})
	if err != nil {
		t.Fatal(err)
	}
	desk := a.calls.Desk()
	_, rung, err := desk.Ring(ctx, r.ID, maya.Person, "")
	if err == nil {
		err = desk.Rang(ctx, st.ID, rung)
	}
	if err == nil {
		_, err = a.calls.Decline(ctx, wen, r.ID, st.ID)
	}
	if err == nil {
		_, _, err = desk.Leave(ctx, me)
	}
	if err == nil {
		err = a.jobs.Idle(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]access.Actor{"maya": maya, "ingrid": ingrid, "wen": wen, "kaarel": kaarel} {
		groups, _, err := a.notify.Groups(ctx, p, notify.Open, notify.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		var got []notify.Notice
		for _, g := range groups {
			for _, n := range g.Notices {
				if notify.Topic(n.Kind) == "call" {
					got = append(got, n)
				}
			}
		}
		if want := name == "ingrid"; want != (len(got) == 1) {
			t.Errorf("%s has %+v", name, got)
		} else if want && (got[0].Kind != "call.missed" || got[0].Args["person"] != "Maya Osei" || got[0].SubjectKind != "chat") {
			t.Errorf("%+v", got[0])
		}
	}
}
