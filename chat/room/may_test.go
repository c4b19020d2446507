package room

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
)

// TestMayIsWhatGetSays asks about rooms in bulk and one by one.
func TestMayIsWhatGetSays(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		one, other := h.shared(t, "1"), h.shared(t, "2")
		h.refused = other.Subject
		free, err := h.s.Make(ctx, h.actor("maya"), FreeCmd{Title: "of one company", Key: "k"})
		if err != nil {
			t.Fatal(err)
		}
		roleless := h.actor("maya")
		roleless.Roles = nil
		var asks []Ask
		for _, who := range []access.Actor{h.actor("maya"), h.actor("ingrid"), h.actor("kaarel"), roleless, {}, access.System("test", h.org["kestrel"])} {
			for _, id := range []ID{one.ID, other.ID, free.ID, "nowhere"} {
				asks = append(asks, Ask{who, id})
			}
		}
		seen := map[fault.Code]int{}
		for i, err := range h.s.Feed().May(ctx, asks) {
			_, want := h.s.Get(ctx, asks[i].Who, asks[i].Room)
			if (err == nil) != (want == nil) || err != nil && fault.CodeOf(err) != fault.CodeOf(want) {
				t.Errorf("ask %d: %v, and one by one %v", i, err, want)
			}
			if err != nil {
				seen[fault.CodeOf(err)]++
			} else {
				seen[""]++
			}
		}
		if seen[""] < 4 || seen[fault.NotFound] < 6 || seen[fault.Unauthenticated] != 4 {
			t.Errorf("the question was too easy: %v", seen)
		}
	})
}

// TestMayReadsInBulk asks for many people and rooms with a few statements.
func TestMayReadsInBulk(t *testing.T) {
	t.Parallel()
	h := setup(t, dbtest.One(t))
	var asks []Ask
	for i := range 30 {
		r := h.shared(t, fmt.Sprint(i))
		for range 40 {
			asks = append(asks, Ask{h.actor("maya"), r.ID}, Ask{h.actor("ingrid"), r.ID})
		}
	}
	before := h.db.Counts().Run
	for i, err := range h.s.Feed().May(context.Background(), asks) {
		if err != nil {
			t.Fatalf("ask %d: %v", i, err)
		}
	}
	if n := h.db.Counts().Run - before; n > 12 {
		t.Errorf("%d statements for %d questions of 30 rooms", n, len(asks))
	}
}

// gateFunc is a gate of a test.
type gateFunc func(Subject) error

func (g gateFunc) MaySee(_ context.Context, _ access.Actor, s Subject) error { return g(s) }

// TestMayBearsTrouble: what fails for one room is not said of the others, and where all
// fail it soon stops asking.
func TestMayBearsTrouble(t *testing.T) {
	t.Parallel()
	h := setup(t, dbtest.One(t))
	var asks []Ask
	for i := range 20 {
		asks = append(asks, Ask{h.actor("maya"), h.shared(t, fmt.Sprint(i)).ID})
	}
	trouble, asked := errors.New("trouble"), 0
	h.s.gate = gateFunc(func(s Subject) error {
		switch s.ID {
		case "7":
			return trouble
		case "12":
			return fault.New(fault.Forbidden, "error.forbidden")
		}
		return nil
	})
	for i, err := range h.s.Feed().May(context.Background(), asks) {
		want := map[int]fault.Code{7: fault.Internal, 12: fault.NotFound}[i]
		if (err == nil) != (want == "") || err != nil && fault.CodeOf(err) != want {
			t.Errorf("room %d: %v", i, err)
		}
	}
	h.s.gate = gateFunc(func(Subject) error { asked++; return trouble })
	for i, err := range h.s.Feed().May(context.Background(), asks) {
		if fault.CodeOf(err) != fault.Internal {
			t.Errorf("room %d: %v", i, err)
		}
	}
	if asked != mayFail {
		t.Errorf("asked %d times of a gate that fails", asked)
	}
}

// TestManyOfOneRole: a subject is asked for each company and role once, not for each person.
func TestManyOfOneRole(t *testing.T) {
	t.Parallel()
	h := setup(t, dbtest.One(t))
	ctx, r := context.Background(), h.shared(t, "1")
	for i := range 50 {
		id := db.NewID()
		h.person[fmt.Sprint("sales ", i)], h.orgOf[id], h.roles[id] = id, h.org["kestrel"], []access.Role{access.Sales}
	}
	asked := 0
	h.s.gate = gateFunc(func(Subject) error { asked++; return nil })
	owners, err := h.s.TaskOwners(ctx, h.actor("ingrid"), r.ID)
	if err != nil || len(owners) != 52 || asked > 3 { // for who asks, and the two kinds
		t.Errorf("%d owners, asked %d times, %v", len(owners), asked, err)
	}
	h.s.gate = gateFunc(func(Subject) error { return errors.New("trouble") })
	if _, err := h.s.able(ctx, access.RoomPost, r, owners); fault.CodeOf(err) != fault.Internal {
		t.Errorf("trouble is taken for nobody: %v", err)
	}
}

// TestVisibleIsFewStatements: which of many rooms somebody may read costs as much as of few.
func TestVisibleIsFewStatements(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := t.Context()
		var ids []ID
		for i := range 15 {
			ids = append(ids, h.shared(t, fmt.Sprint("V-", i)).ID, ID(db.NewID()))
		}
		for who, sees := range map[string]bool{"maya": true, "kaarel": false} {
			var runs []int64
			for _, n := range []int{4, 30} {
				before := d.Counts().Run
				seen, err := h.s.Feed().Visible(ctx, h.actor(who), ids[:n])
				ok(t, err)
				runs = append(runs, d.Counts().Run-before)
				for i, id := range ids[:n] {
					if seen[id] != (sees && i%2 == 0) {
						t.Errorf("%s, room %d: %v", who, i, seen[id])
					}
				}
			}
			if runs[0] != runs[1] {
				t.Errorf("%s: statements of 4 and 30: %v", who, runs)
			}
		}
		isCode(t, second(h.s.Feed().Visible(ctx, access.Actor{}, ids)), fault.Unauthenticated)
	})
}
