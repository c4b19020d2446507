package app

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"entente/chat/room"
)

// TestOperating shares one running program: to make its demo companies is most of the
// work.
func TestOperating(t *testing.T) {
	t.Parallel()
	a := demoApp(t)
	t.Run("days", func(t *testing.T) { demoRoomsInOrder(t, a) })
	t.Run("commands", func(t *testing.T) { interchangeCommands(t, a) })
	t.Run("overdue", func(t *testing.T) { overdueIsToldAndAskedFor(t, a) })
	t.Run("replies", func(t *testing.T) { repliedByMail(t, a) })
	t.Run("holds", func(t *testing.T) { holdStays(t, a) })
	t.Run("answers", func(t *testing.T) { answeredByMail(t, a) })
	t.Run("desk", func(t *testing.T) { deskDeeds(t, a) }) // the last: it changes what the two agreed
}

// What the demo's rooms tell stands in the order of its days.
func demoRoomsInOrder(t *testing.T, a *App) {
	for _, email := range []string{"maya@kestrel.example", "kaarel@baltic.example", "chen@huadong.example"} {
		who := demoPerson(t, a, email)
		list, _, err := a.rooms.List(t.Context(), who, room.Filter{})
		if err != nil || len(list) == 0 {
			t.Fatal(len(list), err)
		}
		for _, r := range list {
			lines, err := a.rooms.History(t.Context(), who, r.ID, room.Window{Limit: room.MaxHistory})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.IsSortedFunc(lines, func(x, y room.Message) int { return x.At.Compare(y.At) }) {
				t.Errorf("%s %s of %s is told out of order", r.Subject.Kind, r.Title, email)
			}
		}
	}
}

// The operator's commands work beside a running server, for one company only.
func interchangeCommands(t *testing.T, a *App) {
	dir := a.cfg.Data
	code, out, errs := typed(t, nil, "", "interchange", "list", "--org", "aurelia", "--state", "processed", "--limit", "200", "--json", "--data", dir)
	var rows []listedInterchange
	if err := json.Unmarshal([]byte(out), &rows); err != nil || code != 0 || len(rows) == 0 {
		t.Fatalf("exit %d %v %.300s %s", code, err, out, errs)
	}
	refused := ""
	for _, r := range rows {
		if r.Direction == "in" && r.Result == "rejected" {
			refused = r.ID
		}
	}
	if refused == "" {
		t.Fatal("the demo data hold no refused message")
	}
	for org, want := range map[string]string{"baltic": "", "kestrel": "receive", "nobody": ""} {
		if code, out, errs := typed(t, nil, "", "interchange", "reprocess", refused, "--org", org, "--data", dir); code != 1 || out != "" || errs == "" || !strings.Contains(errs, want) {
			t.Errorf("%s: exit %d %s%s", org, code, out, errs)
		}
	}
	if code, out, errs := typed(t, nil, "", "interchange", "hold", refused, "--org", "aurelia", "--data", dir); code != 1 || !strings.Contains(errs, "too late") {
		t.Errorf("held: exit %d %s%s", code, out, errs)
	}
	if code, out, errs := typed(t, nil, "", "interchange", "reprocess", refused, "--org", "aurelia", "--data", dir); code != 0 || !strings.Contains(out, "again") {
		t.Fatalf("exit %d %s%s", code, out, errs)
	}
	if err := a.jobs.Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	code, out, errs = typed(t, nil, "", "interchange", "list", "--org", "aurelia", "--limit", "200", "--data", dir)
	if code != 0 || !strings.Contains(out, refused) || strings.Contains(out, "received\n") {
		t.Errorf("exit %d %s%s", code, out, errs)
	}
}
