package notify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// piles are the groups of a person as "about:count/unread" by pile.
func piles(t *testing.T, s *Service, ctx context.Context, who access.Actor) string {
	t.Helper()
	var out []string
	for _, p := range Piles {
		list, _, err := s.Groups(ctx, who, p, Filter{})
		must(t, err)
		for _, g := range list {
			word := fmt.Sprintf("%s %s%s:%d/%d", p, g.Notices[0].SubjectKind, g.Notices[0].SubjectID, g.N, g.Unread)
			if g.Muted {
				word += " muted"
			}
			out = append(out, word)
		}
	}
	return strings.Join(out, ", ")
}

// blind sees nothing of some objects.
type blind []Subject

func (b blind) Lost(_ context.Context, _ access.Actor, of []Subject) (map[Subject]bool, error) {
	out := map[Subject]bool{}
	for _, x := range of {
		if slices.Contains(b, x) {
			out[x] = true
		}
	}
	return out, nil
}

// asking counts how often it is asked, and for how many at most.
type asking struct{ times, most int }

func (a *asking) Lost(_ context.Context, _ access.Actor, of []Subject) (map[Subject]bool, error) {
	a.times, a.most = a.times+1, max(a.most, len(of))
	return nil, nil
}

// TestLostFromSight: what somebody was told of a thing that he may not see any more is neither
// shown nor counted, and comes back when he may again.
func TestLostFromSight(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, s *Service) {
		for i, x := range []struct {
			kind, id string
			urgent   bool
		}{{"chat", "r.7", false}, {"chat", "r.9", true}, {"chat", "q.1", false}, {"topic", "t", false}, {"order", "r", false}} {
			must(t, s.Tell(ctxAt(i), sys, both[:1], Notice{Kind: "forum.replied", Dedupe: fmt.Sprint(i), SubjectKind: x.kind, SubjectID: x.id, Urgent: x.urgent}))
		}
		is := func(unread, urgent, groups int) {
			t.Helper()
			n, err := s.Unread(ctxAt(9), maya)
			must(t, err)
			list, _, err := s.Groups(ctxAt(9), maya, Open, Filter{})
			must(t, err)
			if n != (Count{unread, urgent}) || len(list) != groups {
				t.Errorf("%+v, %d groups, want %d, %d and %d", n, len(list), unread, urgent, groups)
			}
		}
		is(5, 1, 4)
		s.Judge(blind{{"chat", "r"}, {"order", "r"}}, "chat", "topic")
		is(3, 0, 3) // of orders nobody is asked
		var all []Notice
		for _, x := range []Subject{{"chat", "r.7"}, {"order", "r"}, {"chat", "q.1"}, {"", ""}} {
			all = append(all, Notice{SubjectKind: x.Kind, SubjectID: x.ID})
		}
		if got, err := s.InSight(ctxAt(9), maya, all); err != nil || len(got) != 3 || got[0].SubjectKind != "order" || len(all) != 4 {
			t.Errorf("%+v %v", got, err)
		}
		s.Judge(blind{{"chat", "r"}, {"topic", "t"}, {"chat", "q"}}, "chat", "topic")
		is(1, 0, 1)
		s.Judge(blind{}, "chat", "topic")
		is(5, 1, 4)
		// of many the newest are counted, with one question to whoever judges
		for i := range unreadMost + 5 {
			must(t, s.Tell(ctxAt(10), sys, both[:1], Notice{Kind: "forum.replied", Dedupe: fmt.Sprint("many", i), SubjectKind: "topic", SubjectID: fmt.Sprint("t", i)}))
		}
		asked := &asking{}
		s.Judge(asked, "chat", "topic")
		before := d.Counts().Run
		n, err := s.Unread(ctxAt(11), maya)
		must(t, err)
		if run := d.Counts().Run - before; n.Unread != unreadMost || asked.times != 1 || asked.most != unreadMost || run > 3 {
			t.Errorf("%+v, asked %d times for at most %d, %d statements", n, asked.times, asked.most, run)
		}
	})
}

// TestCentre: notices stand by object, are done with, put off and ended, and what comes
// later is not lost by any of it.
func TestCentre(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, s *Service) {
		var touched []string
		s.Live(func(person string) { touched = append(touched, person) })
		tell := func(min int, kind, id string, urgent bool) {
			t.Helper()
			must(t, s.Tell(ctxAt(min), sys, both[:2], Notice{Kind: "order.shipped", Reason: ForRole(access.Buyer), Dedupe: fmt.Sprint(min), SubjectKind: kind, SubjectID: id, Urgent: urgent}))
		}
		want := func(min int, what string) {
			t.Helper()
			if got := piles(t, s, ctxAt(min), maya); got != what {
				t.Errorf("after %d: %s\nwant %s", min, got, what)
			}
		}
		head := func(min int, pile Pile, i int) string {
			t.Helper()
			list, _, err := s.Groups(ctxAt(min), maya, pile, Filter{})
			must(t, err)
			return list[i].Notices[0].ID
		}
		tell(1, "order", "1", false)
		tell(2, "chat", "r.7", false)
		tell(3, "order", "2", false)
		tell(4, "chat", "r.9", true)
		tell(5, "", "", false)
		for i := 6; i < 14; i++ {
			tell(i, "order", "1", false)
		}
		want(15, "open order1:9/9, open :1/1, open chatr.9:2/2, open order2:1/1")
		list, _, err := s.Groups(ctxAt(15), maya, "", Filter{Limit: 3})
		must(t, err)
		if g := list[0]; len(g.Notices) != groupRows || g.Notices[0].Dedupe != "13" || g.Urgent || !g.CanMute || g.Notices[0].Reason != "role.buyer" || list[1].CanMute || !list[2].Urgent {
			t.Errorf("%+v", list)
		}

		// done up to what was seen; what comes later is open
		seen := head(15, Open, 0)
		tell(16, "order", "1", false)
		must(t, s.Finish(ctxAt(17), maya, seen))
		must(t, s.Finish(ctxAt(17), maya, seen))
		want(17, "open order1:1/1, open :1/1, open chatr.9:2/2, open order2:1/1, done order1:9/0")
		must(t, s.Reopen(ctxAt(18), maya, seen))
		want(18, "open order1:10/1, open :1/1, open chatr.9:2/2, open order2:1/1")

		// put off: it counts nowhere, then it is on top and unread
		must(t, s.Snooze(ctxAt(20), maya, head(20, Open, 3), ctxTime(30)))
		want(21, "open order1:10/1, open :1/1, open chatr.9:2/2, snoozed order2:1/1")
		if c, err := s.Unread(ctxAt(21), maya); err != nil || c != (Count{Unread: 4, Urgent: 1}) {
			t.Errorf("%+v %v", c, err)
		}
		want(31, "open order2:1/1, open order1:10/1, open :1/1, open chatr.9:2/2")
		for _, until := range []time.Time{ctxTime(20), ctxTime(20).Add(maxSnooze + time.Second)} {
			if err := s.Snooze(ctxAt(20), maya, seen, until); fault.CodeOf(err) != fault.Invalid {
				t.Errorf("until %v: %v", until, err)
			}
		}

		// ended: only what is urgent still comes, for her alone
		must(t, s.Mute(ctxAt(32), maya, head(32, Open, 3), true))
		must(t, s.Mute(ctxAt(32), maya, head(32, Done, 0), true))
		tell(33, "chat", "r.11", false)
		want(34, "open order2:1/1, open order1:10/1, open :1/1, done chatr.9:2/0 muted")
		tell(35, "chat", "r.12", true)
		want(36, "open chatr.12:1/1 muted, open order2:1/1, open order1:10/1, open :1/1, done chatr.9:2/0 muted")
		must(t, s.Mute(ctxAt(37), maya, head(37, Done, 0), false))
		tell(38, "chat", "r.13", false)
		want(39, "open chatr.13:2/2, open order2:1/1, open order1:10/1, open :1/1, done chatr.9:2/0")
		if c, err := s.Unread(ctxAt(39), dan); err != nil || c.Unread != 17 {
			t.Errorf("dan is told %d, %v", c.Unread, err)
		}
		if err := s.Mute(ctxAt(40), maya, head(40, Open, 3), true); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("about nothing: %v", err)
		}

		// nobody else's
		for name, err := range map[string]error{"finish": s.Finish(ctxAt(41), dan, seen), "reopen": s.Reopen(ctxAt(41), person("baltic", "maya"), seen), "snooze": s.Snooze(ctxAt(41), dan, seen, ctxTime(50)), "mute": s.Mute(ctxAt(41), dan, seen, true)} {
			if !fault.IsNotFound(err) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got, _, err := s.Groups(ctxAt(41), person("baltic", "maya"), Open, Filter{}); err != nil || len(got) != 0 {
			t.Errorf("%v %v", got, err)
		}
		if _, _, err := s.Groups(ctxAt(41), maya, "lost", Filter{}); fault.CodeOf(err) != fault.Invalid {
			t.Error(err)
		}
		if !slices.Contains(touched, "maya") || !slices.Contains(touched, "dan") {
			t.Errorf("told: %v", touched)
		}
		reader := maya
		reader.Via, reader.Scopes = "token:x", []string{"notices:read"}
		if err := s.Finish(ctxAt(41), reader, seen); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("a token that reads: %v", err)
		}

		// reading all leaves alone what was put off
		hers, _, err := s.Groups(ctxAt(42), dan, Open, Filter{Limit: 1})
		must(t, err)
		must(t, s.Snooze(ctxAt(42), dan, hers[0].Notices[0].ID, ctxTime(50)))
		must(t, s.MarkAllSeen(ctxAt(43), dan, time.Time{}))
		for min, n := range map[int]int{44: 0, 51: hers[0].N} {
			if c, err := s.Unread(ctxAt(min), dan); err != nil || c.Unread != n {
				t.Errorf("at :%d %d are unread, want %d, %v", min, c.Unread, n, err)
			}
		}

		// page by page, each group once
		var all []string
		for after := ""; ; {
			page, next, err := s.Groups(ctxAt(41), maya, Open, Filter{Limit: 1, After: after})
			must(t, err)
			for _, g := range page {
				all = append(all, g.Notices[0].SubjectKind+g.Notices[0].SubjectID)
			}
			if after = next; next == "" || len(all) > 9 {
				break
			}
		}
		if strings.Join(all, " ") != "chatr.13 order2 order1 " {
			t.Errorf("%q", all)
		}
	})
}

// TestPiles: what is done to a group in one pile is not done to the rest of it in another.
func TestPiles(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, s *Service) {
		tell := func(min int) string {
			must(t, s.Tell(ctxAt(min), sys, both[:1], Notice{Kind: "order.shipped", Dedupe: fmt.Sprint(min), SubjectKind: "order", SubjectID: "1"}))
			list, _, err := s.Groups(ctxAt(min), maya, Open, Filter{})
			must(t, err)
			return list[0].Notices[0].ID
		}
		old := tell(1)
		must(t, s.Finish(ctxAt(2), maya, old))
		late := tell(3)
		must(t, s.Snooze(ctxAt(4), maya, late, ctxTime(30)))
		must(t, s.Reopen(ctxAt(5), maya, late))
		if got := piles(t, s, ctxAt(6), maya); got != "open order1:1/1, done order1:1/0" {
			t.Error(got)
		}
		must(t, s.Snooze(ctxAt(7), maya, late, ctxTime(30)))
		must(t, s.Reopen(ctxAt(8), maya, old))
		if got := piles(t, s, ctxAt(9), maya); got != "open order1:1/0, snoozed order1:1/1" {
			t.Error(got)
		}
		must(t, s.Finish(ctxAt(10), maya, old))
		tell(11)
		must(t, s.Finish(ctxAt(12), maya, late))
		if got := piles(t, s, ctxAt(13), maya); got != "open order1:1/1, done order1:2/0" {
			t.Error(got)
		}
	})
}

// TestSettings: a topic comes by the ways its reader wants, and no mail in quiet hours.
func TestSettings(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, s *Service) {
		zone, err := time.LoadLocation("Asia/Shanghai") // 17:00 when it is 9:00 UTC
		must(t, err)
		set := Settings{Mode: ModeAll, Quiet: Quiet{16 * 60, 17*60 + 30}, Off: map[string][]string{"forum": {WayInbox, WayMail}, "order": {WayInbox}, "edi": {WayMail}}}
		must(t, s.SaveSettings(ctxAt(0), maya, set, zone))
		must(t, s.SaveSettings(ctxAt(0), maya, set, zone))
		got, err := s.Settings(ctxAt(0), maya)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(set) {
			t.Errorf("%+v %v", got, err)
		}
		for i, kind := range []string{"forum.replied", "order.shipped", "as2.failed", "deal.won"} {
			must(t, s.Tell(ctxAt(1), sys, both[:1], Notice{Kind: kind, Dedupe: kind, SubjectKind: "x", SubjectID: fmt.Sprint(i)}))
		}
		if got := piles(t, s, ctxAt(2), maya); got != "open x3:1/1, open x2:1/1, done x1:1/1" && got != "open x2:1/1, open x3:1/1, done x1:1/1" {
			t.Error(got)
		}
		if c, err := s.Unread(ctxAt(2), maya); err != nil || c.Unread != 2 {
			t.Errorf("%+v %v", c, err)
		}
		collect := func(min int) (kinds []string) {
			must(t, d.InTx(ctxAt(min), func(ctx context.Context) error {
				got, err := s.Collect(ctx, sys, both[0], zone, true, time.Time{})
				for _, n := range got.Notices {
					kinds = append(kinds, n.Kind)
				}
				return err
			}))
			slices.Sort(kinds)
			return kinds
		}
		if k := collect(10); len(k) != 0 {
			t.Errorf("in quiet hours: %v", k)
		}
		for min, n := range map[int]int{11: 0, 29: 0, 31: 1} {
			if due, err := s.Pending(ctxAt(min), 9); err != nil || len(due) != n {
				t.Errorf("%d due at :%d, %v", len(due), min, err)
			}
		}
		if k := strings.Join(collect(31), " "); k != "deal.won order.shipped" {
			t.Errorf("after quiet hours: %s", k)
		}
		for _, bad := range []Settings{{Mode: "x"}, {Mode: ModeAll, Quiet: Quiet{-1, 0}}, {Mode: ModeAll, Quiet: Quiet{0, 1440}}, {Mode: ModeAll, Off: map[string][]string{"x": {WayMail}}}, {Mode: ModeAll, Off: map[string][]string{"order": {wayAll}}}} {
			if err := s.SaveSettings(ctxAt(0), maya, bad, zone); fault.CodeOf(err) != fault.Invalid {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		if got, err := s.Settings(ctxAt(0), dan); err != nil || got.Mode != "" || len(got.Off) != 0 {
			t.Errorf("dan: %+v %v", got, err)
		}
		// a daily mail leaves out what came before the last visit
		must(t, s.SaveSettings(ctxAt(32), dan, Settings{Mode: ModeDaily}, time.UTC))
		must(t, s.Tell(ctxAt(33), sys, both[1:2], Notice{Kind: "deal.won", Dedupe: "a"}))
		must(t, s.Tell(ctxAt(43), sys, both[1:2], Notice{Kind: "deal.lost", Dedupe: "b"}))
		morning := db.WithNow(context.Background(), time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC))
		must(t, d.InTx(morning, func(ctx context.Context) error {
			got, err := s.Collect(ctx, sys, both[1], time.UTC, true, ctxTime(40))
			if len(got.Notices) != 1 || got.Notices[0].Kind != "deal.lost" {
				t.Errorf("in the morning: %+v", got)
			}
			return err
		}))
	})
}

func ctxTime(min int) time.Time { return db.Now(ctxAt(min)) }

// TestThread: a mail about one object belongs to its thread, one about several to none.
func TestThread(t *testing.T) {
	t.Parallel()
	order, room, other, none := Notice{SubjectKind: "order", SubjectID: "1"}, Notice{SubjectKind: "chat", SubjectID: "r.7"}, Notice{SubjectKind: "chat", SubjectID: "r.9"}, Notice{}
	for want, d := range map[string]Digest{"order/1": {Notices: []Notice{order, order}}, "chat/r": {Notices: []Notice{room, other}}} {
		if d.Thread() != want {
			t.Errorf("%q, want %q", d.Thread(), want)
		}
	}
	for _, d := range []Digest{{}, {Notices: []Notice{order, room}}, {Notices: []Notice{none}}, {Notices: []Notice{order, none}}, {Notices: []Notice{order}, More: 1}} {
		if d.Thread() != "" {
			t.Errorf("%+v: %q", d, d.Thread())
		}
	}
}

// TestQuiet: the hours are of the person's day, over midnight and over changes of the clock.
func TestQuiet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone     string
		from, to int
		at, end  string
	}{
		{"UTC", 0, 0, "2026-11-22T03:00:00Z", ""},
		{"UTC", 22 * 60, 7 * 60, "2026-11-22T23:00:00Z", "2026-11-23T07:00:00Z"},
		{"UTC", 22 * 60, 7 * 60, "2026-11-22T06:59:00Z", "2026-11-22T07:00:00Z"},
		{"UTC", 22 * 60, 7 * 60, "2026-11-22T07:00:00Z", ""},
		{"Europe/London", 22 * 60, 7 * 60, "2026-10-24T22:00:00Z", "2026-10-25T07:00:00Z"},
		{"Asia/Shanghai", 12 * 60, 13*60 + 30, "2026-11-22T04:00:00Z", "2026-11-22T05:30:00Z"},
	} {
		l, err := time.LoadLocation(c.zone)
		must(t, err)
		at, _ := time.Parse(time.RFC3339, c.at)
		got := ""
		if end := (Quiet{c.from, c.to}).End(at, l); !end.IsZero() {
			got = end.UTC().Format(time.RFC3339)
		}
		if got != c.end {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
