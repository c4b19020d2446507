package notify

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
)

func ctxAt(min int) context.Context {
	return db.WithNow(context.Background(), time.Date(2026, 11, 22, 9, min, 0, 0, time.UTC))
}

func person(org, id string) access.Actor {
	return access.Actor{Person: id, Org: org, Roles: []access.Role{access.Viewer}, Via: "session:x"}
}

var (
	sys  = access.System("notices", "kestrel")
	maya = person("kestrel", "maya")
	dan  = person("kestrel", "dan")
	both = []Target{{"kestrel", "maya"}, {"kestrel", "dan"}, {"kestrel", "maya"}}
)

func each(t *testing.T, fn func(t *testing.T, d *db.DB, s *Service)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, d, NewService(d)) })
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// listed are the open notices of a page, one after the other.
func (s *Service) listed(ctx context.Context, actor access.Actor, f Filter) (out []Notice, next string, err error) {
	groups, next, err := s.Groups(ctx, actor, Open, f)
	for _, g := range groups {
		out = append(out, g.Notices...)
	}
	return out, next, err
}

func TestModelsMatchTheSchema(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, _ *Service) { dbtest.CheckModels(t, d, noticeRow{}, choiceRow{}, offRow{}) })
}

// TestToldOnce: the same event tells nobody twice, however often it comes.
func TestToldOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, s *Service) {
		var wg sync.WaitGroup
		for range 10 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				if err := s.Tell(ctxAt(0), sys, both, Notice{Kind: "order.received", Dedupe: "e1", Args: map[string]string{"number": "4500187342"}, SubjectKind: "order", SubjectID: "o1", Urgent: true}); err != nil {
					t.Error(err)
				}
			}()
		}
		wg.Wait()
		must(t, s.Tell(ctxAt(1), sys, both[:2], Notice{Kind: "order.confirmed", Dedupe: "e2", SubjectKind: "order", SubjectID: "o1"}))
		for _, who := range []access.Actor{maya, dan} {
			c, err := s.Unread(ctxAt(2), who)
			must(t, err)
			if c != (Count{Unread: 2, Urgent: 1}) {
				t.Errorf("%s: %+v", who.Person, c)
			}
		}
		got, _, err := s.listed(ctxAt(2), maya, Filter{})
		must(t, err)
		if len(got) != 2 || got[0].Kind != "order.confirmed" || got[1].Args["number"] != "4500187342" || got[1].SubjectID != "o1" {
			t.Errorf("notices = %+v", got)
		}
	})
}

func TestReadMarks(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, s *Service) {
		for i := range 6 {
			must(t, s.Tell(ctxAt(i), sys, both[:2], Notice{Kind: "k", Dedupe: fmt.Sprint(i), SubjectKind: "order", SubjectID: fmt.Sprint(i % 2)}))
		}
		all, _, err := s.listed(ctxAt(9), maya, Filter{})
		must(t, err)
		must(t, s.MarkSeen(ctxAt(9), maya, all[0].ID, all[0].ID, "unknown"))
		if err := s.MarkSeen(ctxAt(9), dan, all[1].ID); !fault.IsNotFound(err) {
			t.Errorf("marking somebody else's: %v", err)
		}
		unread := func(who access.Actor) int {
			c, err := s.Unread(ctxAt(9), who)
			must(t, err)
			return c.Unread
		}
		if unread(maya) != 5 || unread(dan) != 6 {
			t.Errorf("unread %d and %d", unread(maya), unread(dan))
		}
		must(t, s.MarkSubjectSeen(ctxAt(9), maya, "order", "0"))
		must(t, s.MarkSubjectSeen(ctxAt(9), maya, "order", "0"))
		if unread(maya) != 2 {
			t.Errorf("unread %d, want 2", unread(maya))
		}
		must(t, s.MarkAllSeen(ctxAt(9), dan, time.Date(2026, 11, 22, 9, 3, 0, 0, time.UTC)))
		if unread(dan) != 2 {
			t.Errorf("unread %d, want 2", unread(dan))
		}
		must(t, s.MarkAllSeen(ctxAt(9), dan, time.Time{}))
		if unread(dan) != 0 || unread(maya) != 2 {
			t.Errorf("unread %d and %d, want 0 and 2", unread(dan), unread(maya))
		}
		if left, _, err := s.listed(ctxAt(9), dan, Filter{Unread: true}); err != nil || len(left) != 0 {
			t.Errorf("unread list = %v, %v", left, err)
		}
	})
}

// TestPagesHaveNoGap: many at one instant, paged by three.
func TestPagesHaveNoGap(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, s *Service) {
		for i := range 20 {
			must(t, s.Tell(ctxAt(i/7), sys, both[:1], Notice{Kind: "k", Dedupe: fmt.Sprint(i)}))
		}
		seen, after := map[string]bool{}, ""
		for pages := 0; ; pages++ {
			got, next, err := s.listed(ctxAt(9), maya, Filter{After: after, Limit: 3})
			must(t, err)
			for _, n := range got {
				if seen[n.ID] {
					t.Errorf("%s came twice", n.ID)
				}
				seen[n.ID] = true
			}
			if next == "" {
				break
			}
			if after = next; pages > 10 {
				t.Fatal("the pages do not end")
			}
		}
		if len(seen) != 20 {
			t.Errorf("%d of 20 came", len(seen))
		}
		for _, bad := range []Filter{{After: "x"}, {After: "1.2"}, {Limit: 201}, {Limit: -1}} {
			if _, _, err := s.listed(ctxAt(9), maya, bad); fault.CodeOf(err) != fault.Invalid {
				t.Errorf("%+v: %v", bad, err)
			}
		}
	})
}

func TestStrangerMeetsNothing(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, s *Service) {
		must(t, s.Tell(ctxAt(0), sys, both, Notice{Kind: "k", Dedupe: "1", SubjectKind: "order", SubjectID: "o"}))
		all, _, err := s.listed(ctxAt(0), maya, Filter{})
		must(t, err)
		digest := func() string {
			var rows []noticeRow
			must(t, d.Gorm().Order("id").Find(&rows).Error)
			return fmt.Sprint(rows)
		}
		before := digest()
		kaarel := person("baltic", "kaarel")
		mayaElsewhere := person("baltic", "maya") // the same person for another company sees that company's notices only
		for name, who := range map[string]access.Actor{"kaarel": kaarel, "maya elsewhere": mayaElsewhere} {
			got, _, err := s.listed(ctxAt(0), who, Filter{})
			must(t, err)
			c, err := s.Unread(ctxAt(0), who)
			must(t, err)
			if len(got) != 0 || c.Unread != 0 {
				t.Errorf("%s sees %v %v", name, got, c)
			}
			if err := s.MarkSeen(ctxAt(0), who, all[0].ID); !fault.IsNotFound(err) {
				t.Errorf("%s marks: %v", name, err)
			}
			must(t, s.MarkAllSeen(ctxAt(5), who, time.Time{}))
			must(t, s.MarkSubjectSeen(ctxAt(5), who, "order", "o"))
			if err := s.Tell(ctxAt(5), who, []Target{{who.Org, who.Person}}, Notice{Kind: "k", Dedupe: "2"}); !fault.IsNotFound(err) {
				t.Errorf("%s tells: %v", name, err)
			}
		}
		if err := s.Tell(ctxAt(5), access.System("notices", "baltic"), both, Notice{Kind: "k", Dedupe: "2"}); !fault.IsNotFound(err) {
			t.Errorf("telling another company: %v", err)
		}
		for name, err := range map[string]error{
			"list":  func() error { _, _, err := s.listed(ctxAt(0), access.Actor{}, Filter{}); return err }(),
			"count": func() error { _, err := s.Unread(ctxAt(0), access.Actor{}); return err }(),
			"mark":  s.MarkSeen(ctxAt(0), access.Actor{}, all[0].ID),
			"all":   s.MarkAllSeen(ctxAt(0), access.Actor{}, time.Time{}),
			"about": s.MarkSubjectSeen(ctxAt(0), access.Actor{}, "order", "o"),
		} {
			if fault.CodeOf(err) != fault.Unauthenticated {
				t.Errorf("%s by nobody: %v", name, err)
			}
		}
		if digest() != before {
			t.Error("a refused call changed something")
		}
	})
}
