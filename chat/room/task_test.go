package room

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
)

// TestTasks: a task of a message is somebody's of the room, told to him and in the room; it
// says what the message says and nothing else, is done once, and is gone from the sight of
// whoever is no longer in the room.
func TestTasks(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		r := h.shared(t, "1")
		ingrid, maya, dan, kaarel := h.actor("ingrid"), h.actor("maya"), h.actor("dan"), h.actor("kaarel")
		m := h.post(t, "ingrid", r.ID, "k", "check the pallet")
		for name, c := range map[string]struct {
			who  access.Actor
			seq  int64
			cmd  TaskCmd
			want fault.Code
		}{
			"stranger":      {kaarel, m.Seq, TaskCmd{Key: "x"}, fault.NotFound},
			"viewer":        {dan, m.Seq, TaskCmd{Key: "x"}, fault.Forbidden},
			"no message":    {maya, 99, TaskCmd{Key: "x"}, fault.NotFound},
			"for a rival":   {ingrid, m.Seq, TaskCmd{Person: kaarel.Person, Org: kaarel.Org, Key: "x"}, fault.Invalid},
			"for nobody":    {ingrid, m.Seq, TaskCmd{Person: db.NewID(), Key: "x"}, fault.Invalid},
			"for a viewer":  {ingrid, m.Seq, TaskCmd{Person: dan.Person, Org: dan.Org, Key: "x"}, fault.Invalid},
			"wrong company": {ingrid, m.Seq, TaskCmd{Person: maya.Person, Org: ingrid.Org, Key: "x"}, fault.Invalid},
			"no day":        {ingrid, m.Seq, TaskCmd{Due: "2026-02-30", Key: "x"}, fault.Invalid},
			"no key":        {ingrid, m.Seq, TaskCmd{}, fault.Invalid},
		} {
			if _, err := h.s.AddTask(ctx, c.who, r.ID, c.seq, c.cmd); fault.CodeOf(err) != c.want {
				t.Errorf("%s: %v", name, err)
			}
		}
		if owners, err := h.s.TaskOwners(ctx, ingrid, r.ID); err != nil || len(owners) != 2 {
			t.Errorf("%+v %v", owners, err)
		}
		cmd := TaskCmd{Person: maya.Person, Org: maya.Org, Due: "2026-03-09", Key: "one"}
		task, err := h.s.AddTask(ctx, ingrid, r.ID, m.Seq, cmd)
		ok(t, err)
		again, err := h.s.AddTask(ctx, ingrid, r.ID, m.Seq, cmd)
		ok(t, err)
		if again.ID != task.ID || task.Text != "check the pallet" || task.Owner.Name != "maya" || task.Owner.Org != "kestrel" || task.By.Name != "ingrid" || task.Due != "2026-03-09" || !task.Open() {
			t.Errorf("%+v %+v", task, again)
		}
		if e := h.told[len(h.told)-1]; len(h.told) != 1 || e.Seq != m.Seq || !slices.Equal(e.Persons, []string{maya.Person}) || e.Author != ingrid.Person {
			t.Errorf("told %+v", h.told)
		}
		_, err = h.s.AddTask(ctx, maya, r.ID, m.Seq, TaskCmd{Key: "two"}) // her own: nobody is told
		ok(t, err)
		if len(h.told) != 1 {
			t.Errorf("told %+v", h.told)
		}
		lines, err := h.s.History(ctx, maya, r.ID, Window{})
		ok(t, err)
		if n := len(lines); n != 3 || lines[1].Event != "room.task_made" || lines[1].Args["owner"] != "maya" || lines[1].Args["person"] != "ingrid" || len(lines[1].Args) != 3 {
			t.Errorf("%+v", lines)
		}
		mine, err := h.s.MyTasks(ctx, maya, 10)
		ok(t, err)
		if len(mine) != 2 || mine[0].ID != task.ID { // the one with a day first
			t.Errorf("%+v", mine)
		}
		// what he was given in a room that he is out of takes nobody's place
		gone := h.shared(t, "2")
		old := h.post(t, "ingrid", gone.ID, "old", "long ago")
		for _, key := range []string{"x1", "x2", "x3"} {
			ok(t, second(h.s.AddTask(ctx, ingrid, gone.ID, old.Seq, TaskCmd{Person: maya.Person, Org: maya.Org, Due: "2026-01-02", Key: key})))
		}
		ok(t, h.s.RemoveOrg(ctx, h.system("aurelia"), gone.ID, h.org["kestrel"]))
		for n, want := range map[int]int{1: 1, 2: 2, 10: 2} {
			if got, err := h.s.MyTasks(ctx, maya, n); err != nil || len(got) != want || got[0].ID != task.ID {
				t.Errorf("%d tasks of %d: %+v %v", len(got), n, got, err)
			}
		}
		// of a message without words it says what files it has
		other := h.shared(t, "3")
		var files []FileID
		for _, name := range []string{"价目表.csv", "terms.txt"} {
			f, err := h.s.Bring(ctx, ingrid, other.ID, name, strings.NewReader("a,b"))
			ok(t, err)
			files = append(files, f.ID)
		}
		bare, _, err := h.s.Post(ctx, ingrid, Draft{Room: other.ID, Key: "bare", Files: files})
		ok(t, err)
		if of, err := h.s.AddTask(ctx, ingrid, other.ID, bare.Seq, TaskCmd{Key: "bare"}); err != nil || of.Text != "价目表.csv, terms.txt" || of.Removed {
			t.Errorf("%+v %v", of, err)
		}
		if got, _, err := h.s.Search(ctx, ingrid, Find{Query: "价目", Limit: 5}); err != nil || len(got) != 1 || got[0].Opening() != "价目表.csv, terms.txt" {
			t.Errorf("%+v %v", got, err)
		}
		for _, a := range []access.Actor{kaarel, h.system("baltic")} {
			if list, err := h.s.MyTasks(ctx, a, 10); err != nil || len(list) != 0 {
				t.Errorf("%+v %v", list, err)
			}
			isCode(t, second(h.s.Task(ctx, a, task.ID)), fault.NotFound)
			isCode(t, second(h.s.SetTask(ctx, a, task.ID, true)), fault.NotFound)
		}
		isCode(t, second(h.s.SetTask(ctx, dan, task.ID, true)), fault.Forbidden)
		// it follows its message
		ok(t, second(h.s.Edit(ctx, ingrid, r.ID, m.Seq, "check both pallets")))
		if now, err := h.s.Task(ctx, maya, task.ID); err != nil || now.Text != "check both pallets" {
			t.Errorf("%+v %v", now, err)
		}
		for range 2 {
			if done, err := h.s.SetTask(ctx, maya, task.ID, true); err != nil || done.Open() || done.DoneBy.Name != "maya" {
				t.Errorf("%+v %v", done, err)
			}
		}
		lines, err = h.s.History(ctx, ingrid, r.ID, Window{})
		ok(t, err)
		if n := len(lines); n != 5 || lines[4].Event != "room.task_done" {
			t.Errorf("%+v", lines)
		}
		if list, err := h.s.Tasks(ctx, ingrid, r.ID, m.Seq); err != nil || len(list) != 2 || !list[0].Open() || list[1].ID != task.ID {
			t.Errorf("%+v %v", list, err)
		}
		// handed on to somebody of the room, and deleted by its maker; both are told there
		next, err := h.s.AddTask(ctx, ingrid, r.ID, m.Seq, TaskCmd{Person: maya.Person, Org: maya.Org, Key: "next"})
		ok(t, err)
		if !next.CanSet || !next.CanDrop {
			t.Errorf("%+v", next)
		}
		hand := func(a access.Actor, to access.Actor) error {
			return second(h.s.HandTask(ctx, a, next.ID, to.Person, to.Org))
		}
		isCode(t, hand(kaarel, kaarel), fault.NotFound)
		isCode(t, hand(dan, dan), fault.Forbidden)
		isCode(t, hand(maya, kaarel), fault.Invalid)
		isCode(t, hand(maya, dan), fault.Invalid) // a viewer
		isCode(t, second(h.s.HandTask(ctx, maya, task.ID, ingrid.Person, "")), fault.Conflict)
		h.told = nil
		ok(t, hand(maya, maya))
		ok(t, hand(maya, ingrid))
		if now, err := h.s.Task(ctx, maya, next.ID); err != nil || now.Owner.Name != "ingrid" || now.By.Name != "ingrid" || len(h.told) != 1 || h.told[0].Persons[0] != ingrid.Person || h.told[0].Author != maya.Person {
			t.Errorf("%+v %v, told %+v", now, err, h.told)
		}
		isCode(t, h.s.DropTask(ctx, kaarel, next.ID), fault.NotFound)
		isCode(t, h.s.DropTask(ctx, maya, next.ID), fault.Forbidden)
		ok(t, h.s.DropTask(ctx, ingrid, next.ID))
		isCode(t, h.s.DropTask(ctx, ingrid, next.ID), fault.NotFound)
		lines, err = h.s.History(ctx, ingrid, r.ID, Window{})
		ok(t, err)
		if n := len(lines); n != 8 || lines[6].Event != "room.task_handed" || lines[6].Args["from"] != "maya" || lines[6].Args["owner"] != "ingrid" || lines[7].Event != "room.task_dropped" || lines[7].Args["person"] != "ingrid" {
			t.Errorf("%+v", lines)
		}
		// an export holds it, for either side
		found := 0
		_, err = h.s.Export(ctx, ingrid, r.ID, func(page []Exported) error {
			for _, l := range page {
				found += len(l.Tasks)
				if l.Seq == m.Seq && (len(l.Tasks) != 2 || l.Tasks[0].Owner.Name != "maya" || l.Tasks[0].Done == nil) {
					t.Errorf("%+v", l)
				}
			}
			return nil
		}, func(ExportedFile, io.Reader) error { return nil })
		if err != nil || found != 2 {
			t.Errorf("%d tasks, %v", found, err)
		}
		// nothing is left of what was said
		ok(t, second(h.s.Remove(ctx, ingrid, r.ID, m.Seq)))
		if now, err := h.s.Task(ctx, maya, task.ID); err != nil || now.Text != "" || !now.Removed {
			t.Errorf("%+v %v", now, err)
		}
		isCode(t, second(h.s.AddTask(ctx, maya, r.ID, m.Seq, TaskCmd{Key: "late"})), fault.Conflict)
		// a room that is closed takes no new ones, and lets old ones be done
		m2 := h.post(t, "maya", r.ID, "k2", "count again")
		ok(t, h.s.SetReadOnly(ctx, h.system("aurelia"), r.ID, true))
		isCode(t, second(h.s.AddTask(ctx, maya, r.ID, m2.Seq, TaskCmd{Key: "closed"})), fault.Conflict)
		isCode(t, second(h.s.HandTask(ctx, maya, mine[1].ID, ingrid.Person, ingrid.Org)), fault.Conflict)
		if back, err := h.s.SetTask(ctx, ingrid, task.ID, false); err != nil || !back.Open() {
			t.Errorf("%+v %v", back, err)
		}
		// and who is out of it finds none
		ok(t, h.s.RemoveOrg(ctx, h.system("aurelia"), r.ID, h.org["kestrel"]))
		if list, err := h.s.MyTasks(ctx, maya, 10); err != nil || len(list) != 0 {
			t.Errorf("%+v %v", list, err)
		}
		isCode(t, second(h.s.SetTask(ctx, maya, task.ID, true)), fault.NotFound)
		if got, want := columns(t, d, &taskRow{}), 13; len(got) != want {
			t.Errorf("%d columns, want %d: %v", len(got), want, got)
		}
	})
}
