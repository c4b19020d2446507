package room

import (
	"context"
	"io"
	"strings"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
)

// calls is every exported method of the service that a person can reach, on one
// room.
func (h *house) calls(r Room) map[string]func(access.Actor) error {
	ctx := context.Background()
	return map[string]func(access.Actor) error{
		"Get":       func(a access.Actor) error { _, err := h.s.Get(ctx, a, r.ID); return err },
		"BySubject": func(a access.Actor) error { _, err := h.s.BySubject(ctx, a, r.Subject); return err },
		"Enter":     func(a access.Actor) error { _, err := h.s.Enter(ctx, a, r.ID); return err },
		"Post": func(a access.Actor) error {
			_, _, err := h.s.Post(ctx, a, Draft{Room: r.ID, Key: "k", Text: "x"})
			return err
		},
		"Event": func(a access.Actor) error {
			_, err := h.s.Event(ctx, a, Line{Room: r.ID, Key: "k", Kind: "x"})
			return err
		},
		"Posted":    func(a access.Actor) error { _, err := h.s.Posted(ctx, a, r.ID, "k"); return err },
		"Read":      func(a access.Actor) error { return h.s.Read(ctx, a, r.ID, 1) },
		"History":   func(a access.Actor) error { _, err := h.s.History(ctx, a, r.ID, Window{}); return err },
		"Mark":      func(a access.Actor) error { _, _, err := h.s.Mark(ctx, a, r.ID); return err },
		"People":    func(a access.Actor) error { _, err := h.s.People(ctx, a, r.ID); return err },
		"Edit":      func(a access.Actor) error { _, err := h.s.Edit(ctx, a, r.ID, 1, "x"); return err },
		"Remove":    func(a access.Actor) error { _, err := h.s.Remove(ctx, a, r.ID, 1); return err },
		"React":     func(a access.Actor) error { _, err := h.s.React(ctx, a, r.ID, 1, "👍", true); return err },
		"Pin":       func(a access.Actor) error { _, err := h.s.Pin(ctx, a, r.ID, 1, true); return err },
		"Pins":      func(a access.Actor) error { _, err := h.s.Pins(ctx, a, r.ID); return err },
		"One":       func(a access.Actor) error { _, err := h.s.One(ctx, a, r.ID, 1); return err },
		"Some":      func(a access.Actor) error { _, err := h.s.Some(ctx, a, r.ID, []int64{1}); return err },
		"SetLevel":  func(a access.Actor) error { return h.s.SetLevel(ctx, a, r.ID, LevelNone) },
		"Standing":  func(a access.Actor) error { _, err := h.s.Standing(ctx, a, r.ID); return err },
		"KeepDraft": func(a access.Actor) error { return h.s.KeepDraft(ctx, a, r.ID, "x") },
		"Bring": func(a access.Actor) error {
			_, err := h.s.Bring(ctx, a, r.ID, "x.txt", strings.NewReader("x"))
			return err
		},
		"Open":    func(a access.Actor) error { _, _, err := h.s.Open(ctx, a, r.ID, h.file); return err },
		"Keeps":   func(a access.Actor) error { _, err := h.s.Keeps(ctx, a, r.ID); return err },
		"Hold":    func(a access.Actor) error { return h.s.Hold(ctx, a, r.ID, "x") },
		"Release": func(a access.Actor) error { return h.s.Release(ctx, a, r.ID) },
		"Export": func(a access.Actor) error {
			_, err := h.s.Export(ctx, a, r.ID, func([]Exported) error { return nil }, func(ExportedFile, io.Reader) error { return nil })
			return err
		},
		"AddTask":     func(a access.Actor) error { return second(h.s.AddTask(ctx, a, r.ID, 1, TaskCmd{Key: "k"})) },
		"TaskOwners":  func(a access.Actor) error { return second(h.s.TaskOwners(ctx, a, r.ID)) },
		"Tasks":       func(a access.Actor) error { return second(h.s.Tasks(ctx, a, r.ID, 0)) },
		"Answer":      func(a access.Actor) error { return h.s.Answer(ctx, a, r.ID, AnswerCmd{Join: true}) },
		"Asked":       func(a access.Actor) error { _, err := h.s.Asked(ctx, a, r.ID); return err },
		"Withdraw":    func(a access.Actor) error { return h.s.Withdraw(ctx, a, r.ID, h.org["baltic"]) },
		"SetReadOnly": func(a access.Actor) error { return h.s.SetReadOnly(ctx, a, r.ID, true) },
		"RemoveOrg":   func(a access.Actor) error { return h.s.RemoveOrg(ctx, a, r.ID, h.org["kestrel"]) },
		"EnsureRoom": func(a access.Actor) error {
			_, err := h.s.EnsureRoom(ctx, a, Spec{Subject: r.Subject, Orgs: r.Orgs})
			return err
		},
	}
}

func TestStrangersFindNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		r := h.shared(t, "1")
		f, err := h.s.Bring(context.Background(), h.actor("maya"), r.ID, "secret.txt", strings.NewReader("not for baltic"))
		if err != nil {
			t.Fatal(err)
		}
		h.file = f.ID
		if _, _, err := h.s.Post(context.Background(), h.actor("maya"), Draft{Room: r.ID, Key: "m", Text: "not for baltic @ingrid", Files: []FileID{f.ID}}); err != nil {
			t.Fatal(err)
		}
		before := h.digest(t)
		published := len(h.pub.published())
		ghost := r
		ghost.ID, ghost.Subject.ID = ID(db.NewID()), "none"
		there, absent := h.calls(r), h.calls(ghost)
		for name := range there {
			for _, a := range []access.Actor{h.actor("kaarel"), h.system("baltic")} {
				got, want := there[name](a), absent[name](a)
				if fault.CodeOf(got) != fault.NotFound {
					t.Errorf("%s by %s: %v", name, a.Via, got)
				}
				if want == nil || got == nil || got.Error() != want.Error() {
					t.Errorf("%s by %s: %v, but for a room that does not exist %v", name, a.Via, got, want)
				}
			}
			if err := there[name](access.Actor{}); name != "EnsureRoom" && name != "Event" && name != "SetReadOnly" && name != "RemoveOrg" && fault.CodeOf(err) != fault.Unauthenticated {
				t.Errorf("%s by nobody: %v", name, err)
			}
		}
		if list, _, err := h.s.List(context.Background(), h.actor("kaarel"), Filter{}); err != nil || len(list) != 0 {
			t.Errorf("List: %v %v", list, err)
		}
		for _, q := range []string{"baltic", "secret", "ingrid"} {
			if got, _, err := h.s.Search(context.Background(), h.actor("kaarel"), Find{Query: q}); err != nil || len(got) != 0 {
				t.Errorf("Search %s: %v %v", q, got, err)
			}
		}
		if n, err := h.s.Unread(context.Background(), h.actor("kaarel")); err != nil || n != 0 {
			t.Errorf("Unread: %d %v", n, err)
		}
		if after := h.digest(t); after != before {
			t.Errorf("rows changed:\n%s\n%s", before, after)
		}
		if n := len(h.pub.published()); n != published {
			t.Errorf("published %d", n-published)
		}
	})
}

// digest is all rows of the package's tables as text.
func (h *house) digest(t testing.TB) string {
	t.Helper()
	out := ""
	err := h.db.View(context.Background(), func(ctx context.Context) error {
		for _, table := range []string{"room", "room_org", "room_member", "message", "message_reaction", "message_pin", "message_mention", "room_draft", "room_file", "room_invite", "room_hold", "message_kept", "room_task"} {
			var rows []map[string]any
			if err := db.Tx(ctx).Table(table).Order("1, 2").Find(&rows).Error; err != nil {
				return err
			}
			for _, r := range rows {
				out += table
				for _, k := range sortedKeys(r) {
					out += " " + k + "=" + show(r[k])
				}
				out += "\n"
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSubjectOutsideTheRoleIsAbsent(t *testing.T) {
	t.Parallel()
	h := setup(t, dbtest.One(t))
	ctx := context.Background()
	r := h.shared(t, "1")
	other := h.shared(t, "2")
	for _, id := range []ID{r.ID, other.ID} {
		if _, err := h.s.Enter(ctx, h.actor("maya"), id); err != nil {
			t.Fatal(err)
		}
		h.post(t, "ingrid", id, "k", "x")
	}
	h.refused = r.Subject
	for name, call := range h.calls(r) {
		if err := call(h.actor("maya")); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list, _, err := h.s.List(ctx, h.actor("maya"), Filter{}); err != nil || len(list) != 1 || list[0].ID != other.ID {
		t.Errorf("List: %+v %v", list, err)
	}
	if n, err := h.s.Unread(ctx, h.actor("maya")); err != nil || n != 1 {
		t.Errorf("Unread: %d %v", n, err)
	}
}

func TestTokenNeedsItsScope(t *testing.T) {
	t.Parallel()
	h := setup(t, dbtest.One(t))
	ctx := context.Background()
	r := h.shared(t, "1")
	a := h.actor("maya")
	a.Scopes = []string{"chat:read"}
	if _, err := h.s.History(ctx, a, r.ID, Window{}); err != nil {
		t.Fatal(err)
	}
	_, _, err := h.s.Post(ctx, a, Draft{Room: r.ID, Key: "k", Text: "x"})
	isCode(t, err, fault.Forbidden)
	a.Scopes = []string{"orders:write"}
	_, err = h.s.History(ctx, a, r.ID, Window{})
	isCode(t, err, fault.Forbidden)
	_, _, err = h.s.List(ctx, a, Filter{})
	isCode(t, err, fault.Forbidden)
	a.Scopes = []string{"chat:write"}
	if _, _, err := h.s.Post(ctx, a, Draft{Room: r.ID, Key: "k", Text: "x"}); err != nil {
		t.Fatal(err)
	}
}

func TestRemovedCompanyFindsNothingAndItsWordsStay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		r := h.shared(t, "1")
		h.post(t, "maya", r.ID, "k", "said")
		for range 2 {
			if err := h.s.RemoveOrg(ctx, h.system("aurelia"), r.ID, h.org["kestrel"]); err != nil {
				t.Fatal(err)
			}
		}
		_, err := h.s.Get(ctx, h.actor("maya"), r.ID)
		isCode(t, err, fault.NotFound)
		ms, err := h.s.History(ctx, h.actor("ingrid"), r.ID, Window{})
		if err != nil || len(ms) != 1 || ms[0].From.Org != "kestrel" {
			t.Fatalf("%+v %v", ms, err)
		}
		if who, err := h.s.Feed().Entered(ctx, r.ID); err != nil || len(who) != 0 {
			t.Fatalf("%v %v", who, err)
		}
		if people, err := h.s.People(ctx, h.actor("ingrid"), r.ID); err != nil || len(people) != 1 || people[0].Name != "ingrid" {
			t.Fatalf("%+v %v", people, err)
		}
		if len(h.pub.left) != 2 || h.pub.left[0] != string(r.ID)+" "+h.org["kestrel"] {
			t.Fatalf("%v", h.pub.left)
		}
	})
}

// TestModelsMatchTheSchema inserts and reads a row of each model with every
// column set, so that a renamed or missing column fails here.
func TestModelsMatchTheSchema(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m := d.Gorm().Migrator()
		for _, model := range []any{&roomRow{}, &orgRow{}, &memberRow{}, &messageRow{}, &reactionRow{}, &pinRow{}, &mentionRow{}, &draftRow{}, &fileRow{}, &policyRow{}, &holdRow{}, &keptRow{}, &freeRow{}, &guestRow{}, &inviteRow{}} {
			types, err := m.ColumnTypes(model)
			if err != nil {
				t.Fatal(err)
			}
			var have []string
			for _, c := range types {
				have = append(have, c.Name())
				if !m.HasColumn(model, c.Name()) {
					t.Errorf("%T has no field for %s", model, c.Name())
				}
			}
			for _, f := range columns(t, d, model) {
				if !contains(have, f) {
					t.Errorf("%T: column %s is not in the schema", model, f)
				}
			}
			if got := len(columns(t, d, model)); got != len(have) {
				t.Errorf("%T: %d fields, %d columns", model, got, len(have))
			}
		}
	})
}
