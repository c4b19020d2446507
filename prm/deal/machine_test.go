package deal

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"entente/prm/identity"
)

// Whatever is done in whatever order at whatever time: the position is one that the
// table knows, what is over stays over but for a credit and an appeal, the clock never
// runs backwards, and a dispute takes none of its time.
func TestMachine(t *testing.T) {
	t.Parallel()
	known := map[Position]bool{{PenDraft, None}: true, {PenSettled, Registered}: true}
	for _, s := range steps {
		known[s.to] = true
	}
	over := map[Decision][]Deed{Won: {Reopen}, Lost: nil, Released: nil, Cancelled: nil, Rejected: {Grant}, Duplicate: {Grant}}
	rapid.Check(t, func(t *rapid.T) {
		r := Registration{Position: Position{PenDraft, None}, Share: 100}
		r.Kind = rapid.SampledFrom(Kinds).Draw(t, "kind")
		now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
		day := 24 * time.Hour
		var left time.Duration // of the protection, when a dispute or a win stood it still
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "days")) * day)
			before := r
			if rapid.IntRange(0, 9).Draw(t, "dispute") == 0 {
				switch {
				case r.Disputes > 0:
					r.Disputes--
					r.Guard.thaw(now)
					if got := r.Guard.Until.Sub(now); !before.Guard.From.IsZero() && !before.Guard.Frozen.IsZero() && got != left {
						t.Fatalf("%v left after the dispute, %v before", got, left)
					}
				case r.Decision == Protected || r.Decision == Expired:
					left = r.Guard.Until.Sub(now)
					r.Disputes++
					r.Guard.freeze(now)
				}
				continue
			}
			d := rapid.SampledFrom(Deeds()).Draw(t, "deed")
			can := r.Can(d)
			err := r.move(d)
			if can != (err == nil) {
				t.Fatalf("%s: can %v, got %v", d, can, err)
			}
			if err != nil {
				if r.Position != before.Position {
					t.Fatalf("%s was refused and moved %v to %v", d, before.Position, r.Position)
				}
				continue
			}
			if allowed, ended := over[before.Decision]; ended && before.Pen == PenSettled && !slices.Contains(allowed, d) {
				t.Fatalf("%s moved %v, which is over", d, before.Position)
			}
			if before.Pen == PenWithdrawn {
				t.Fatalf("%s moved a withdrawn one", d)
			}
			if before.Disputes > 0 && d != Yield && d != Grant {
				t.Fatalf("%s in a dispute", d)
			}
			switch d {
			case Approve, Award, Grant:
				r.guard(now, now.Add(90*day))
			case Expire:
				if now.Before(r.Guard.Until) { // only the clock does it, at the end
					now = r.Guard.Until
				}
				r.Guard.Grace = now.Add(10 * day)
			case Postpone:
				r.Postponed = true
				r.Guard.Until, r.Guard.Grace = now.Add(30*day), time.Time{}
			case Win:
				left = r.Guard.Until.Sub(now)
				r.Guard.halt(now)
			case Reopen:
				r.Guard.resume(now)
				if got := r.Guard.Until.Sub(now); got != left {
					t.Fatalf("%v left after it was open again, %v before", got, left)
				}
			}
			if !known[r.Position] {
				t.Fatalf("%s led to %v", d, r.Position)
			}
			if r.Guard.Until.Before(before.Guard.Until) && r.Guard.From == before.Guard.From {
				t.Fatalf("%s moved the end back from %v to %v", d, before.Guard.Until, r.Guard.Until)
			}
			if r.Live() != (r.Decision == Protected || r.Decision == Expired || r.Decision == Registered) || r.Live() && !r.Counting() {
				t.Fatalf("%v: live %v, counting %v", r.Position, r.Live(), r.Counting())
			}
			if r.Decision == Won && !r.next().IsZero() || r.Disputes > 0 && !r.next().IsZero() && r.Pen == PenSettled {
				t.Fatalf("%v looks at its clock at %v", r.Position, r.next())
			}
			if r.Kind == KindTender && (r.Decision == Waiting || d == Approve && r.Decision != Registered) {
				t.Fatalf("a tender came to %v by %s", r.Position, d)
			}
		}
	})
}

// Every way of the table starts where another one, or the draft, ends.
func TestMachineReaches(t *testing.T) {
	t.Parallel()
	seen := map[string]map[Position]bool{}
	for _, kind := range Kinds {
		at := map[Position]bool{{PenDraft, None}: true}
		for grown := true; grown; {
			grown = false
			for p := range at {
				for _, d := range Deeds() {
					r := Registration{Position: p}
					r.Kind = kind
					if r.move(d) == nil && !at[r.Position] {
						at[r.Position], grown = true, true
					}
				}
			}
		}
		seen[kind] = at
	}
	for d, s := range steps {
		for _, p := range s.from {
			if !seen[KindStandard][p] && !seen[KindTender][p] {
				t.Errorf("nothing leads to %v, from where one may %s", p, d)
			}
		}
	}
}

func TestCode(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, err := identity.RandomNumber("D-")
		if err != nil || len(c) != 10 {
			t.Fatal(c, err)
		}
		for _, written := range []string{c, c[2:], "d " + c[2:6] + " " + c[6:], " " + c + " "} {
			if got, ok := ReadCode(written); !ok || got != c {
				t.Fatalf("%q read as %q %v", written, got, ok)
			}
		}
		// one digit wrong is found
		i := rapid.IntRange(2, 9).Draw(t, "place")
		x := []byte(c)
		x[i] = byte('0' + (int(x[i]-'0')+rapid.IntRange(1, 9).Draw(t, "by"))%10)
		if _, ok := ReadCode(string(x)); ok {
			t.Fatalf("%s passes for %s", x, c)
		}
	})
	for _, no := range []string{"", "D-", "PR-2026-017", "4500187342", "D-1234567", "D-123456789", "X-48291573"} {
		if c, ok := ReadCode(no); ok {
			t.Errorf("%q read as %s", no, c)
		}
	}
}

func TestPart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n, b := rapid.Int64Range(0, 1<<60).Draw(t, "n"), rapid.Int64Range(1, 1<<60).Draw(t, "b")
		a := rapid.Int64Range(0, b).Draw(t, "a")
		got := part(n, a, b)
		if got < 0 || got > n || part(n, b, b) != n {
			t.Fatalf("%d × %d / %d = %d", n, a, b, got)
		}
	})
}
