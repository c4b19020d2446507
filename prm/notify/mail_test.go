package notify

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// TestMailedAsChosen: each person gets by mail what they chose and have not seen, once.
func TestMailedAsChosen(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, s *Service) {
		visited := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
		zone, err := time.LoadLocation("Europe/London")
		must(t, err)
		tell := func(min int, urgent bool) {
			t.Helper()
			must(t, s.Tell(ctxAt(min), sys, both[:2], Notice{Kind: "k", Dedupe: fmt.Sprint(min), Urgent: urgent, SubjectKind: "order", SubjectID: fmt.Sprint(min)}))
		}
		collect := func(ctx context.Context, who string, sends bool) Digest {
			t.Helper()
			var got Digest
			must(t, d.InTx(ctx, func(ctx context.Context) (err error) {
				got, err = s.Collect(ctx, sys, Target{"kestrel", who}, zone, sends, visited)
				return err
			}))
			return got
		}
		pending := func(ctx context.Context) int {
			t.Helper()
			got, err := s.Pending(ctx, 10)
			must(t, err)
			return len(got)
		}
		must(t, s.Choose(ctxAt(0), dan, ModeDaily, zone))
		if m, err := s.Mode(ctxAt(0), maya); m != "" || err != nil {
			t.Errorf("maya chose %q, %v", m, err)
		}
		tell(1, true)
		tell(2, false)
		if n := pending(ctxAt(2)); n != 0 {
			t.Errorf("%d are due after a minute", n)
		}
		if n := pending(ctxAt(5)); n != 2 {
			t.Errorf("%d are due", n)
		}
		got := collect(ctxAt(5), "maya", true)
		if got.Mode != ModeUrgent || len(got.Notices) != 1 || !got.Notices[0].Urgent {
			t.Errorf("maya: %+v", got)
		}
		if got := collect(ctxAt(5), "dan", true); len(got.Notices) != 0 {
			t.Errorf("dan before the morning: %+v", got)
		}
		if n := pending(ctxAt(6)); n != 0 {
			t.Errorf("%d are due again", n)
		}
		must(t, s.MarkSubjectSeen(ctxAt(7), dan, "order", "1")) // what was seen is not mailed
		morning := db.WithNow(context.Background(), time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC))
		if n := pending(morning); n != 1 {
			t.Errorf("%d are due in the morning", n)
		}
		if got := collect(morning, "dan", true); len(got.Notices) != 1 || got.Notices[0].SubjectID != "2" {
			t.Errorf("dan in the morning: %+v", got)
		}
		if n := pending(morning); n != 0 {
			t.Errorf("%d are due twice", n)
		}

		// Every one, a bounded list, the seen left out.
		must(t, s.Choose(ctxAt(8), maya, ModeAll, zone))
		for i := 10; i < 40; i++ {
			tell(i, false)
		}
		must(t, s.MarkSubjectSeen(ctxAt(41), maya, "order", "10"))
		if got := collect(ctxAt(45), "maya", true); len(got.Notices) != mailRows || got.More != 29-mailRows || got.Notices[0].SubjectID != "11" {
			t.Errorf("%d and %d more, first %s", len(got.Notices), got.More, got.Notices[0].SubjectID)
		}
		// Without a server nobody is mailed who did not ask for it; what is old is not mailed.
		collect(ctxAt(45), "dan", true) // keeps them for the morning
		nobody := Target{"kestrel", "eve"}
		must(t, s.Tell(ctxAt(46), sys, []Target{nobody}, Notice{Kind: "k", Dedupe: "e", Urgent: true}))
		if got := collect(ctxAt(50), "eve", false); got.Mode != ModeNever || len(got.Notices) != 0 || pending(ctxAt(51)) != 0 {
			t.Errorf("eve: %+v, %d due", got, pending(ctxAt(51)))
		}
		must(t, s.Tell(ctxAt(52), sys, []Target{nobody}, Notice{Kind: "k", Dedupe: "f", Urgent: true}))
		if got := collect(db.WithNow(context.Background(), time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)), "eve", true); len(got.Notices) != 0 {
			t.Errorf("a week later: %+v", got)
		}

		if err := s.Choose(ctxAt(0), maya, "hourly", zone); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("a mode that does not exist: %v", err)
		}
		if _, err := s.Collect(ctxAt(0), maya, both[0], zone, true, time.Time{}); !fault.IsNotFound(err) {
			t.Errorf("a person collected: %v", err)
		}
		if _, err := s.Collect(ctxAt(0), access.System("x", "baltic"), both[0], zone, true, time.Time{}); !fault.IsNotFound(err) {
			t.Errorf("of another company: %v", err)
		}
	})
}

// TestMorning: the hour of a daily mail is the person's, over changes of the clock.
func TestMorning(t *testing.T) {
	for zone, cases := range map[string][][2]string{
		"Europe/London": {{"2026-10-24T07:30:00Z", "2026-10-25T08:00:00Z"}, {"2026-11-22T07:59:59Z", "2026-11-22T08:00:00Z"}, {"2026-11-22T08:00:00Z", "2026-11-23T08:00:00Z"}},
		"Asia/Shanghai": {{"2026-11-22T08:00:00Z", "2026-11-23T00:00:00Z"}},
	} {
		l, err := time.LoadLocation(zone)
		must(t, err)
		for _, c := range cases {
			at, _ := time.Parse(time.RFC3339, c[0])
			if got := morning(at, l).UTC().Format(time.RFC3339); got != c[1] {
				t.Errorf("%s %s: %s, want %s", zone, c[0], got, c[1])
			}
		}
	}
}

// TestAway: who never chose and was never at the portal gets what is urgent at once and all
// the rest at eight in the morning of the own zone, however many; what is told after that
// hour waits for the next one. A visit ends it, and what was told before it is not listed.
func TestAway(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, s *Service) {
		zone, err := time.LoadLocation("Asia/Shanghai")
		must(t, err)
		at := func(day, hour, min int) context.Context {
			return db.WithNow(context.Background(), time.Date(2026, 11, day, hour, min, 0, 0, zone))
		}
		wei := Target{"huadong", "wei"}
		house := access.System("test", "huadong")
		tell := func(ctx context.Context, key string, urgent bool) {
			t.Helper()
			must(t, s.Tell(ctx, house, []Target{wei}, Notice{Kind: "k", Dedupe: key, Urgent: urgent, SubjectKind: "order", SubjectID: key}))
		}
		collect := func(ctx context.Context, visited time.Time) (keys []string, mode Mode) {
			t.Helper()
			due, err := s.Pending(ctx, 10)
			must(t, err)
			if len(due) == 0 {
				return nil, ""
			}
			var got Digest
			must(t, d.InTx(ctx, func(ctx context.Context) (err error) {
				got, err = s.Collect(ctx, house, due[0], zone, true, visited)
				return err
			}))
			for _, n := range got.Notices {
				keys = append(keys, n.SubjectID)
			}
			if due, err = s.Pending(ctx, 10); err != nil || len(due) != 0 {
				t.Errorf("still due after a mail: %v, %v", due, err)
			}
			return keys, got.Mode
		}
		want := func(ctx context.Context, visited time.Time, mode Mode, keys ...string) {
			t.Helper()
			if got, m := collect(ctx, visited); !slices.Equal(got, keys) || m != mode {
				t.Errorf("%v %q, want %v %q", got, m, keys, mode)
			}
		}
		never := time.Time{}
		tell(at(22, 9, 0), "a", false)
		tell(at(22, 9, 1), "b", true)
		want(at(22, 9, 10), never, ModeAway, "b")
		tell(at(22, 23, 0), "c", false)
		want(at(22, 23, 10), never, ModeAway)
		want(at(23, 7, 59), never, "")
		want(at(23, 8, 0), never, ModeAway, "a", "c")
		want(at(23, 8, 5), never, "")
		// Nothing for a day, then something in the afternoon: it does not come at once.
		tell(at(25, 15, 0), "d", false)
		want(at(25, 15, 10), never, ModeAway)
		want(at(26, 8, 1), never, ModeAway, "d")
		var many []string
		for i := range 30 {
			many = append(many, fmt.Sprint("m", i+10))
			tell(at(26, 10, i), many[i], false)
		}
		want(at(26, 11, 0), never, ModeAway)
		want(at(27, 8, 0), never, ModeAway, many...)
		// After a first visit only what is urgent comes, and nothing stays behind.
		tell(at(27, 10, 0), "e", false)
		want(at(27, 10, 10), never, ModeAway)
		want(at(28, 8, 0), time.Date(2026, 11, 27, 12, 0, 0, 0, zone), ModeUrgent)

		// A daily mail lists what came since the last visit.
		must(t, s.Choose(at(28, 9, 0), access.Actor{Org: wei.Org, Person: wei.Person, Roles: []access.Role{access.Sales}, Via: "session:test"}, ModeDaily, zone))
		tell(at(28, 10, 0), "before", false)
		tell(at(28, 14, 0), "after", false)
		want(at(28, 14, 10), time.Date(2026, 11, 28, 12, 0, 0, 0, zone), ModeDaily)
		want(at(29, 8, 0), time.Date(2026, 11, 28, 12, 0, 0, 0, zone), ModeDaily, "after")
	})
}
