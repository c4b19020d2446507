package call_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/chat/call"
	"entente/chat/room"
	"entente/db"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
)

// house is a room of aurelia and kestrel; kaarel of baltic is a stranger, dan only reads.
type house struct {
	db     *db.DB
	rooms  *room.Service
	calls  *call.Service
	room   room.ID
	org    map[string]string
	person map[string]string
	staff  []room.Person
	hidden bool // the gate refuses the room's subject to buyers
	relays bool // there is a server for calls
	told   []call.Missed
}

// Publish implements room.Events.
func (h *house) Publish(_ context.Context, e job.Event) error {
	if e.Kind == call.EventMissed {
		h.told = append(h.told, e.Payload.(call.Missed))
	}
	return nil
}

func (h *house) Staff(_ context.Context, orgs []string) (out []room.Person, _ error) {
	for _, p := range h.staff {
		if slices.Contains(orgs, p.Org) {
			out = append(out, p)
		}
	}
	return out, nil
}

func (h *house) Names(_ context.Context, ids []string) (map[string]string, error) {
	out := map[string]string{}
	for _, p := range h.staff {
		if slices.Contains(ids, p.ID) {
			out[p.ID] = p.Name
		}
	}
	return out, nil
}

func (h *house) Companies(_ context.Context, ids []string) (map[string]room.Company, error) {
	out := map[string]room.Company{}
	for slug, id := range h.org {
		if slices.Contains(ids, id) {
			out[id] = room.Company{ID: id, Slug: slug, Name: strings.ToUpper(slug)}
		}
	}
	return out, nil
}

func (h *house) MaySee(_ context.Context, a access.Actor, _ room.Subject) error {
	if h.hidden && slices.Contains(a.Roles, access.Buyer) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return nil
}

func setup(t *testing.T, d *db.DB) *house {
	t.Helper()
	h := &house{db: d, org: map[string]string{}, person: map[string]string{}}
	h.rooms = room.NewService(d, room.Deps{People: h, Gate: h})
	h.calls = call.New(d, call.Deps{Rooms: h.rooms, People: h, Events: h, CanRelay: func() bool { return h.relays }})
	err := d.InTx(t.Context(), func(ctx context.Context) error {
		for _, slug := range []string{"aurelia", "kestrel", "baltic"} {
			h.org[slug] = db.NewID()
			if _, err := db.Exec(ctx, "INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', '', 'GBP', 'UTC', 'en', 'active', 0)", h.org[slug], slug, slug); err != nil {
				return err
			}
		}
		for _, p := range []struct {
			name, org string
			role      access.Role
		}{{"ingrid", "aurelia", access.Admin}, {"wen", "aurelia", access.Manager}, {"maya", "kestrel", access.Sales}, {"bob", "kestrel", access.Buyer}, {"dan", "kestrel", access.Viewer}, {"kaarel", "baltic", access.Admin}} {
			id := db.NewID()
			h.person[p.name] = id
			h.staff = append(h.staff, room.Person{ID: id, Name: p.name, Org: h.org[p.org], Roles: []access.Role{p.role}})
			if _, err := db.Exec(ctx, "INSERT INTO person (id, email, name, locale, theme, timezone, password, password_at, operator, state, last_org, created) VALUES (?, ?, ?, 'en', '', 'UTC', '', 0, ?, 'active', '', 0)", id, p.name+"@example", p.name, false); err != nil {
				return err
			}
		}
		return nil
	})
	must(t, err)
	r, err := h.rooms.EnsureRoom(t.Context(), access.System("test", h.org["aurelia"]), room.Spec{Subject: room.Subject{Kind: "order", ID: "1"}, Title: "PO 1", Orgs: []string{h.org["aurelia"], h.org["kestrel"]}})
	must(t, err)
	h.room = r.ID
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is(t *testing.T, err error, c fault.Code, what string) {
	t.Helper()
	if fault.CodeOf(err) != c {
		t.Errorf("%s: %v, want %s", what, err, c)
	}
}

func (h *house) actor(name string) access.Actor {
	i := slices.IndexFunc(h.staff, func(p room.Person) bool { return p.Name == name })
	return access.Actor{Person: h.staff[i].ID, Org: h.staff[i].Org, Roles: h.staff[i].Roles, Via: "session:test"}
}

// lines are the room's lines as "kind person people duration".
func (h *house) lines(t *testing.T) (out []string) {
	t.Helper()
	ms, err := h.rooms.Feed().After(t.Context(), h.room, 0, 100)
	must(t, err)
	for i, m := range ms {
		if m.Seq != int64(i+1) || m.Kind != room.Event || m.Subject.Kind != call.SubjectCall {
			t.Fatalf("line %d: %+v", i, m)
		}
		out = append(out, strings.TrimSpace(m.Event+" "+m.Args["person"]+" "+m.Args["people"]+" "+m.Args["duration"]))
	}
	return out
}

func (h *house) saidLines(t *testing.T, want ...string) {
	t.Helper()
	if got := h.lines(t); !slices.Equal(got, want) {
		t.Errorf("the room says %q, want %q", got, want)
	}
}

func peers(st call.State) (out []string) {
	for _, p := range st.Parties {
		out = append(out, p.From.Name+"@"+p.From.Org)
	}
	return out
}

// A call from its beginning to its end, with the lines it leaves.
func TestCall(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
		now := func(after time.Duration) context.Context { return db.WithNow(t.Context(), at.Add(after)) }

		st, maya, began, err := h.calls.Begin(now(0), h.actor("maya"), h.room, call.Flags{Mic: true})
		must(t, err)
		if !began || !st.Open() || st.By.Name != "maya" || !slices.Equal(peers(st), []string{"maya@kestrel"}) || !st.Parties[0].Mic || st.Parties[0].Camera {
			t.Fatalf("%+v", st)
		}
		// a second beginning is the same call
		two, ingrid, began, err := h.calls.Begin(now(time.Second), h.actor("ingrid"), h.room, call.Flags{})
		must(t, err)
		if began || two.ID != st.ID || two.Rev <= st.Rev || len(two.Parties) != 2 {
			t.Fatalf("%+v after %+v", two, st)
		}
		three, wen, err := h.calls.Join(now(2*time.Second), h.actor("wen"), h.room, st.ID, call.Flags{Camera: true})
		must(t, err)
		if !slices.Equal(peers(three), []string{"maya@kestrel", "ingrid@aurelia", "wen@aurelia"}) {
			t.Fatalf("%v", peers(three))
		}
		if got, err := h.calls.Current(now(0), h.actor("dan"), h.room); err != nil || got.ID != st.ID || len(got.Parties) != 3 {
			t.Errorf("the reader sees %+v, %v", got, err)
		}
		set, err := h.calls.Set(now(0), h.actor("wen"), h.room, wen, call.Flags{Screen: true})
		must(t, err)
		if f := set.Parties[2].Flags; f != (call.Flags{Screen: true}) {
			t.Errorf("wen sends %+v", f)
		}
		_, err = h.calls.Set(now(0), h.actor("ingrid"), h.room, wen, call.Flags{Mic: true})
		is(t, err, fault.NotFound, "another's party")
		_, err = h.calls.Decline(now(0), h.actor("bob"), h.room, st.ID)
		must(t, err)

		desk := h.calls.Desk()
		left, changed, err := desk.Leave(now(time.Minute), maya)
		must(t, err)
		if !changed || !left.Open() || left.Has(maya) {
			t.Errorf("%+v", left)
		}
		if _, changed, err = desk.Leave(now(time.Minute), maya); err != nil || changed {
			t.Errorf("left twice: %v %v", changed, err)
		}
		_, _, err = desk.Leave(now(time.Minute), wen)
		must(t, err)
		end, _, err := desk.Leave(now(62*time.Second), ingrid)
		must(t, err)
		if end.Open() || len(end.Parties) != 0 {
			t.Errorf("%+v", end)
		}
		h.saidLines(t, "call.began maya", "call.ended maya maya, ingrid, wen 1:02")
		_, _, err = h.calls.Join(now(0), h.actor("maya"), h.room, st.ID, call.Flags{})
		is(t, err, fault.Conflict, "a call that is over")
		_, err = h.calls.Decline(now(0), h.actor("bob"), h.room, st.ID)
		is(t, err, fault.Conflict, "declining a call that is over")
		_, err = h.calls.Current(now(0), h.actor("maya"), h.room)
		is(t, err, fault.NotFound, "no call")

		// nobody answered; then one is ended for all by who may
		_, me, _, err := h.calls.Begin(now(time.Hour), h.actor("ingrid"), h.room, call.Flags{})
		must(t, err)
		_, _, err = desk.Leave(now(time.Hour+42*time.Second), me)
		must(t, err)
		st, _, _, err = h.calls.Begin(now(2*time.Hour), h.actor("maya"), h.room, call.Flags{})
		must(t, err)
		_, _, err = h.calls.Join(now(2*time.Hour), h.actor("bob"), h.room, st.ID, call.Flags{})
		must(t, err)
		_, _, err = h.calls.End(now(2*time.Hour), h.actor("bob"), h.room, st.ID)
		is(t, err, fault.Forbidden, "ending another's call")
		over, gone, err := h.calls.End(now(3*time.Hour+5*time.Second), h.actor("maya"), h.room, st.ID)
		must(t, err)
		if over.Open() || len(gone) != 2 {
			t.Errorf("%+v, gone %v", over, gone)
		}
		if _, gone, err = h.calls.End(now(3*time.Hour), h.actor("maya"), h.room, st.ID); err != nil || len(gone) != 0 {
			t.Errorf("ended twice: %v %v", gone, err)
		}
		h.saidLines(t, "call.began maya", "call.ended maya maya, ingrid, wen 1:02", "call.began ingrid", "call.missed ingrid ingrid 0:42", "call.began maya", "call.ended maya maya, bob 1:00:05")
	})
}

// The room is the wall, and roles and the end of a partnership count.
func TestCallRefuses(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := t.Context()
		st, maya, _, err := h.calls.Begin(ctx, h.actor("maya"), h.room, call.Flags{})
		must(t, err)
		for name, want := range map[string]fault.Code{"kaarel": fault.NotFound, "dan": fault.Forbidden} {
			who := h.actor(name)
			_, _, _, err := h.calls.Begin(ctx, who, h.room, call.Flags{})
			is(t, err, want, name+" begins")
			_, _, err = h.calls.Join(ctx, who, h.room, st.ID, call.Flags{})
			is(t, err, want, name+" joins")
			_, err = h.calls.Decline(ctx, who, h.room, st.ID)
			is(t, err, want, name+" declines")
			_, _, err = h.calls.End(ctx, who, h.room, st.ID)
			is(t, err, want, name+" ends")
			_, err = h.calls.Set(ctx, who, h.room, maya, call.Flags{})
			is(t, err, want, name+" sets")
		}
		_, err = h.calls.Current(ctx, h.actor("kaarel"), h.room)
		is(t, err, fault.NotFound, "kaarel looks")
		// a stranger's own room is no door to the call of this one
		own, err := h.rooms.EnsureRoom(ctx, access.System("test", h.org["baltic"]), room.Spec{Subject: room.Subject{Kind: "order", ID: "2"}, Orgs: []string{h.org["baltic"]}})
		must(t, err)
		_, _, err = h.calls.Join(ctx, h.actor("kaarel"), own.ID, st.ID, call.Flags{})
		is(t, err, fault.NotFound, "by another room")
		_, _, err = h.calls.End(ctx, h.actor("kaarel"), own.ID, st.ID)
		is(t, err, fault.NotFound, "ended by another room")
		_, err = h.calls.Set(ctx, h.actor("kaarel"), own.ID, maya, call.Flags{})
		is(t, err, fault.NotFound, "set by another room")

		h.hidden = true
		_, _, err = h.calls.Join(ctx, h.actor("bob"), h.room, st.ID, call.Flags{})
		is(t, err, fault.NotFound, "bob may not see the subject")
		h.hidden = false

		// many at once: the bound holds
		var wg sync.WaitGroup
		var mu sync.Mutex
		in, full := 0, 0
		for range call.MaxParties + 3 {
			wg.Go(func() {
				_, _, err := h.calls.Join(ctx, h.actor("ingrid"), h.room, st.ID, call.Flags{})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					in++
				case fault.KeyOf(err) == "call.full":
					full++
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if in != call.MaxParties-1 || full != 4 {
			t.Errorf("%d came in, %d found it full", in, full)
		}
		// two who call at once are in one call
		_, _, err = h.calls.End(ctx, h.actor("maya"), h.room, st.ID)
		must(t, err)
		ids := map[call.ID]int{}
		begun := 0
		for _, name := range []string{"maya", "ingrid", "wen", "bob"} {
			wg.Go(func() {
				st, _, began, err := h.calls.Begin(ctx, h.actor(name), h.room, call.Flags{})
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				ids[st.ID]++
				if began {
					begun++
				}
			})
		}
		wg.Wait()
		if len(ids) != 1 || begun != 1 {
			t.Errorf("calls %v, begun %d times", ids, begun)
		}
		must(t, h.rooms.SetReadOnly(ctx, access.System("test", h.org["aurelia"]), h.room, true))
		is(t, h.calls.May(ctx, h.actor("maya"), h.room), fault.Conflict, "a room that is read only")
	})
}

// TestManyTurns: whoever came back a thousand times is one person, and does not hide who
// came after.
func TestManyTurns(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		st, maya, _, err := h.calls.Begin(t.Context(), h.actor("maya"), h.room, call.Flags{})
		must(t, err)
		must(t, d.InTx(t.Context(), func(ctx context.Context) error {
			_, err := db.Exec(ctx, `INSERT INTO room_call_party (id, call_id, person_id, org_id, mic, camera, screen, joined, beat, gone)
				WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)
				SELECT 'turn' || i, p.call_id, p.person_id, p.org_id, 0, 0, 0, p.joined, p.beat, p.joined + 1 FROM n CROSS JOIN room_call_party p`)
			return err
		}))
		_, ingrid, err := h.calls.Join(t.Context(), h.actor("ingrid"), h.room, st.ID, call.Flags{})
		must(t, err)
		for _, p := range []call.Peer{maya, ingrid} {
			_, _, err := h.calls.Desk().Leave(t.Context(), p)
			must(t, err)
		}
		if got := h.lines(t); len(got) != 2 || !strings.HasPrefix(got[1], "call.ended maya maya, ingrid") {
			t.Errorf("%q", got)
		}
	})
}

// What a node that fell over leaves behind is ended when nobody speaks for it.
func TestSweep(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		desk := h.calls.Desk()
		at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
		now := func(after time.Duration) context.Context { return db.WithNow(t.Context(), at.Add(after)) }
		st, maya, _, err := h.calls.Begin(now(0), h.actor("maya"), h.room, call.Flags{})
		must(t, err)
		_, ingrid, err := h.calls.Join(now(0), h.actor("ingrid"), h.room, st.ID, call.Flags{})
		must(t, err)
		lost, err := desk.Beat(now(time.Minute), []call.Peer{maya})
		must(t, err)
		if len(lost) != 0 {
			t.Errorf("lost %v", lost)
		}
		changed, err := desk.Sweep(now(30 * time.Second))
		must(t, err)
		if len(changed) != 0 {
			t.Errorf("swept too early: %+v", changed)
		}
		changed, err = desk.Sweep(now(90 * time.Second))
		must(t, err)
		if len(changed) != 1 || !changed[0].Open() || !slices.Equal(peers(changed[0]), []string{"maya@kestrel"}) {
			t.Fatalf("%+v", changed)
		}
		if lost, err = desk.Beat(now(91*time.Second), []call.Peer{ingrid, maya}); err != nil || !slices.Equal(lost, []call.Peer{ingrid}) {
			t.Errorf("lost %v, %v", lost, err)
		}
		// the company of who began it has left the room meanwhile: it ends all the same
		must(t, h.rooms.RemoveOrg(t.Context(), access.System("test", h.org["aurelia"]), h.room, h.org["kestrel"]))
		changed, err = desk.Sweep(now(10 * time.Minute))
		must(t, err)
		if len(changed) != 1 || changed[0].Open() {
			t.Fatalf("%+v", changed)
		}
		h.saidLines(t, "call.began maya", "call.ended maya maya, ingrid 1:31")
		if changed, err = desk.Sweep(now(time.Hour)); err != nil || len(changed) != 0 {
			t.Errorf("swept twice: %+v %v", changed, err)
		}
	})
}

// A call rings those who entered the room, may take part and want to be told, and somebody
// called by name though he never entered it.
func TestRing(t *testing.T) {
	t.Parallel()
	h := setup(t, dbtest.One(t))
	ctx := t.Context()
	for _, name := range []string{"maya", "ingrid", "bob", "dan"} {
		_, err := h.rooms.Enter(ctx, h.actor(name), h.room)
		must(t, err)
	}
	rung := func(only string) (out []string) {
		t.Helper()
		r, who, err := h.calls.Desk().Ring(ctx, h.room, h.person["maya"], only)
		must(t, err)
		if r.Title != "PO 1" {
			t.Errorf("%+v", r)
		}
		for _, m := range who {
			for name, id := range h.person {
				if id == m.Person {
					out = append(out, name)
				}
			}
		}
		return out
	}
	if got := rung(""); !slices.Equal(got, []string{"ingrid", "bob"}) { // wen never came, dan may not call
		t.Errorf("%v", got)
	}
	for name, want := range map[string][]string{"wen": {"wen"}, "ingrid": {"ingrid"}, "dan": nil, "maya": nil} {
		if got := rung(h.person[name]); !slices.Equal(got, want) {
			t.Errorf("%s called by name: %v", name, got)
		}
	}
	h.hidden = true
	must(t, h.rooms.SetLevel(ctx, h.actor("ingrid"), h.room, room.LevelNone))
	for _, only := range []string{"", h.person["ingrid"]} {
		if got := rung(only); len(got) != 0 {
			t.Errorf("%v", got)
		}
	}
}

// TestMissed: whoever was rung and neither came nor declined has missed the call, told once
// when it is over; who was not rung has missed nothing.
func TestMissed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx, desk := t.Context(), h.calls.Desk()
		for _, name := range []string{"maya", "ingrid", "wen", "bob", "dan"} { // dan may read and not call
			_, err := h.rooms.Enter(ctx, h.actor(name), h.room)
			must(t, err)
		}
		st, maya, _, err := h.calls.Begin(ctx, h.actor("maya"), h.room, call.Flags{})
		must(t, err)
		_, rung, err := desk.Ring(ctx, h.room, h.person["maya"], "")
		must(t, err)
		must(t, desk.Rang(ctx, st.ID, rung))
		must(t, desk.Rang(ctx, st.ID, rung)) // safe to repeat
		if got, err := desk.Rung(ctx, st.ID); err != nil || len(got) != 3 {
			t.Errorf("rung: %v %v", got, err)
		}
		_, err = h.calls.Decline(ctx, h.actor("bob"), h.room, st.ID)
		must(t, err)
		_, err = h.calls.Decline(ctx, h.actor("bob"), h.room, st.ID)
		must(t, err)
		_, ingrid, err := h.calls.Join(ctx, h.actor("ingrid"), h.room, st.ID, call.Flags{})
		must(t, err)
		for _, p := range []call.Peer{ingrid, maya} {
			if len(h.told) != 0 {
				t.Error("told while it runs")
			}
			_, _, err = desk.Leave(ctx, p)
			must(t, err)
		}
		if len(h.told) != 1 || len(h.told[0].Persons) != 1 || h.told[0].Persons[0] != h.person["wen"] || h.told[0].Orgs[0] != h.org["aurelia"] || h.told[0].Person != h.person["maya"] || h.told[0].Org != h.org["kestrel"] || h.told[0].Room != h.room || h.told[0].Seq != 2 {
			t.Fatalf("%+v", h.told)
		}
		// nobody was rung: nobody missed it
		_, maya, _, err = h.calls.Begin(ctx, h.actor("maya"), h.room, call.Flags{})
		must(t, err)
		_, _, err = desk.Leave(ctx, maya)
		must(t, err)
		if len(h.told) != 1 {
			t.Errorf("%+v", h.told)
		}
	})
}

// TestPolicy: a company chooses, for calls that begin in its rooms from then on, that they
// go through the server; the server may choose it for all.
func TestPolicy(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := t.Context()
		is(t, h.calls.SetRelay(ctx, h.actor("maya"), true), fault.Forbidden, "not an admin")
		is(t, h.calls.SetRelay(ctx, h.actor("ingrid"), true), fault.Conflict, "no server")
		h.relays = true
		must(t, h.calls.SetRelay(ctx, h.actor("kaarel"), true)) // of another company: nothing to this room
		run := func(s *call.Service) bool {
			t.Helper()
			st, me, _, err := s.Begin(ctx, h.actor("maya"), h.room, call.Flags{})
			must(t, err)
			again, other, err := s.Join(ctx, h.actor("wen"), h.room, st.ID, call.Flags{})
			must(t, err)
			if again.Relay != st.Relay {
				t.Error("two ways in one call")
			}
			for _, p := range []call.Peer{me, other} {
				_, _, err = s.Desk().Leave(ctx, p)
				must(t, err)
			}
			return st.Relay
		}
		if run(h.calls) {
			t.Error("nobody of the room chose it")
		}
		must(t, h.calls.SetRelay(ctx, h.actor("ingrid"), true))
		if p, err := h.calls.Policy(ctx, h.actor("wen")); err != nil || p != (call.Policy{Relay: true, Can: true}) {
			t.Errorf("%+v %v", p, err)
		}
		if p, err := h.calls.Policy(ctx, h.actor("maya")); err != nil || p.Relay {
			t.Errorf("another company's: %+v %v", p, err)
		}
		if !run(h.calls) {
			t.Error("chosen by one company of the room")
		}
		must(t, h.calls.SetRelay(ctx, h.actor("ingrid"), false))
		if run(h.calls) {
			t.Error("taken back")
		}
		if !run(call.New(d, call.Deps{Rooms: h.rooms, People: h, Relay: true})) {
			t.Error("the server's choice")
		}
		// whoever comes into a call that runs is hidden too: his company may be in the room since
		st, _, _, err := h.calls.Begin(ctx, h.actor("maya"), h.room, call.Flags{})
		must(t, err)
		must(t, h.calls.SetRelay(ctx, h.actor("ingrid"), true))
		if st.Relay {
			t.Error("hidden before anybody wanted it")
		}
		if st, _, err = h.calls.Join(ctx, h.actor("wen"), h.room, st.ID, call.Flags{}); err != nil || !st.Relay {
			t.Errorf("comes into a call that shows his address: %v", err)
		}
		if st, err = h.calls.Current(ctx, h.actor("maya"), h.room); err != nil || !st.Relay {
			t.Errorf("the others are not told: %v", err)
		}
		_, _, err = h.calls.End(ctx, h.actor("maya"), h.room, st.ID)
		must(t, err)
		h.relays = false // the server for it is gone: no call rather than one that shows addresses
		_, _, _, err = h.calls.Begin(ctx, h.actor("maya"), h.room, call.Flags{})
		is(t, err, fault.Conflict, "a call that shows addresses")
		err = d.View(ctx, func(ctx context.Context) error {
			var n int64
			if err := db.Tx(ctx).Raw("SELECT COUNT(*) FROM audit WHERE action = 'call.relay' AND org_id = ?", h.org["aurelia"]).Scan(&n).Error; err != nil || n != 3 {
				t.Errorf("audited %d times, %v", n, err)
			}
			return nil
		})
		must(t, err)
	})
}

// none forwards nothing.
type none struct{}

func (none) Open(string, string, func(int64, string, map[string][2]string)) error { return nil }
func (none) Answer(string, string, int64, string) error                           { return nil }
func (none) Leave(string, string)                                                 {}
func (none) Keep(string, []string)                                                {}
func (none) Calls() []string                                                      { return nil }

// TestForwarded: one more than may send to each other has a call forwarded, to its end; a
// node that is silent loses it to the next that is asked.
func TestForwarded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		at := func(node string, fw call.Forwarder) *call.Service {
			return call.New(d, call.Deps{Rooms: h.rooms, People: h, Node: node, Forwarder: fw, Mesh: 2, Most: 3})
		}
		one, two, bare := at("one", none{}), at("two", none{}), at("bare", nil)
		now := func(after time.Duration) context.Context { return db.WithNow(t.Context(), time.Now().Add(after)) }
		st, maya, _, err := one.Begin(now(0), h.actor("maya"), h.room, call.Flags{})
		must(t, err)
		_, ingrid, err := two.Join(now(0), h.actor("ingrid"), h.room, st.ID, call.Flags{})
		must(t, err)
		if _, _, err := one.Desk().Seat(now(0), maya); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a seat in a call that is not forwarded: %v", err)
		}
		st, wen, err := two.Join(now(0), h.actor("wen"), h.room, st.ID, call.Flags{})
		must(t, err)
		if !st.SFU || st.Node != "two" || st.Most != 3 {
			t.Fatalf("the third: %+v", st)
		}
		_, _, err = one.Join(now(0), h.actor("bob"), h.room, st.ID, call.Flags{})
		is(t, err, fault.Conflict, "one more than may")

		got, moved, err := one.Desk().Seat(now(40*time.Second), maya)
		must(t, err)
		if moved || got.Node != "two" {
			t.Errorf("a node that is there: %v %+v", moved, got)
		}
		if held, err := two.Desk().Hosted(now(30*time.Second), []string{string(st.ID), "other"}); err != nil || len(held) != 1 || len(held[0].Parties) != 3 {
			t.Errorf("held %+v %v", held, err)
		}
		if got, moved, err = one.Desk().Seat(now(70*time.Second), maya); err != nil || moved || got.Node != "two" {
			t.Errorf("a node that spoke since: %v %+v %v", moved, got, err)
		}
		_, _, err = bare.Desk().Seat(now(80*time.Second), maya)
		is(t, err, fault.Unavailable, "a node that forwards nothing")
		if got, moved, err = one.Desk().Seat(now(80*time.Second), maya); err != nil || !moved || got.Node != "one" || got.Rev <= st.Rev {
			t.Errorf("a silent node: %v %+v %v", moved, got, err)
		}
		if held, err := two.Desk().Hosted(now(81*time.Second), []string{string(st.ID)}); err != nil || len(held) != 0 {
			t.Errorf("who lost it holds %+v %v", held, err)
		}
		must(t, one.Desk().Unhost(now(82*time.Second)))
		if got, moved, err = two.Desk().Seat(now(82*time.Second), wen); err != nil || !moved || got.Node != "two" {
			t.Errorf("after a stop: %v %+v %v", moved, got, err)
		}
		for _, p := range []call.Peer{wen, ingrid} {
			_, _, err := one.Desk().Leave(now(90*time.Second), p)
			must(t, err)
		}
		if _, _, err := two.Desk().Seat(now(90*time.Second), wen); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a seat of who left: %v", err)
		}
		if st, err = one.Current(now(90*time.Second), h.actor("wen"), h.room); err != nil || !st.SFU {
			t.Errorf("a call of one goes back: %+v %v", st, err)
		}
		_, _, err = one.Desk().Leave(now(90*time.Second), maya)
		must(t, err)

		// what ended long ago is forgotten, and its lines stand
		rows := func() (n int64) {
			must(t, d.View(t.Context(), func(ctx context.Context) error {
				return db.Tx(ctx).Raw("SELECT (SELECT COUNT(*) FROM room_call) + (SELECT COUNT(*) FROM room_call_party) + (SELECT COUNT(*) FROM room_call_rung)").Scan(&n).Error
			}))
			return n
		}
		must(t, one.Desk().Rang(now(0), st.ID, []call.Member{{Person: h.person["bob"], Org: h.org["kestrel"]}}))
		st, _, _, err = one.Begin(now(91*time.Second), h.actor("maya"), h.room, call.Flags{}) // runs for weeks
		must(t, err)
		must(t, one.Desk().Forget(now(call.KeepFor)))
		if n := rows(); n != 7 {
			t.Errorf("%d rows before the time, want 7", n)
		}
		must(t, one.Desk().Forget(now(3*call.KeepFor)))
		if n := rows(); n != 2 {
			t.Errorf("%d rows after it, want those of the call that runs", n)
		}
		if got := h.lines(t); len(got) != 3 {
			t.Errorf("the room says %q", got)
		}
	})
}
