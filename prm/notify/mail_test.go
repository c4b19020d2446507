package notify

import (
	"context"
	"fmt"
	"testing"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// TestMailedAsChosen: each person gets by mail what they chose and have not seen, once.
func TestMailedAsChosen(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, s *Service) {
		var visited time.Time
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
