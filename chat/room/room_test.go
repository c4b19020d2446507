package room

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/db"
	"entente/db/blob"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
)

// house is three companies and their people: aurelia supplies kestrel and
// baltic, who compete.
type house struct {
	db       *db.DB
	s        *Service
	pub      *recorder
	org      map[string]string // slug → id
	person   map[string]string // name → id
	orgOf    map[string]string // person id → org id
	roles    map[string][]access.Role
	refused  Subject // the gate refuses this
	told     []Mentioned
	invited  []Mentioned
	scanned  []string
	apart    bool   // nobody works with anybody
	competes bool   // kestrel works with baltic too
	blobs    string // their folder
	file     FileID
}

// Publish implements Events.
func (h *house) Publish(_ context.Context, e job.Event) error {
	h.pub.mu.Lock()
	defer h.pub.mu.Unlock()
	if e.Kind == EventInvited {
		h.invited = append(h.invited, e.Payload.(Mentioned))
		return nil
	}
	h.told = append(h.told, e.Payload.(Mentioned))
	return nil
}

// Scan implements Scanner: it refuses one word and fails at another.
func (h *house) Scan(_ context.Context, name string, body io.Reader) error {
	b, err := io.ReadAll(body)
	h.scanned = append(h.scanned, name)
	switch {
	case err != nil:
		return err
	case strings.Contains(string(b), "EICAR"):
		return fault.InvalidField("file", "room.file_infected")
	case strings.Contains(string(b), "no scanner"):
		return errors.New("the scanner is gone")
	}
	return nil
}

type recorder struct {
	mu   sync.Mutex
	msgs []Message
	left []string
}

func (r *recorder) Published(m Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.msgs = append(r.msgs, m)
}

func (r *recorder) LeftPerson(id ID, person, _ string) { r.Left(id, person) }

func (r *recorder) Left(id ID, org string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = append(r.left, string(id)+" "+org)
}

func (r *recorder) published() []Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.msgs)
}

func (h *house) Staff(_ context.Context, orgs []string) ([]Person, error) {
	var out []Person
	for name, id := range h.person {
		if slices.Contains(orgs, h.orgOf[id]) {
			out = append(out, Person{ID: id, Name: name, Org: h.orgOf[id], Roles: h.roles[id]})
		}
	}
	slices.SortFunc(out, func(a, b Person) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func (h *house) Names(_ context.Context, ids []string) (map[string]string, error) {
	out := map[string]string{}
	for name, id := range h.person {
		if slices.Contains(ids, id) {
			out[id] = name
		}
	}
	return out, nil
}

func (h *house) Companies(_ context.Context, ids []string) (map[string]Company, error) {
	out := map[string]Company{}
	for slug, id := range h.org {
		if slices.Contains(ids, id) {
			out[id] = Company{id, slug, strings.ToUpper(slug)}
		}
	}
	return out, nil
}

func (h *house) MaySee(_ context.Context, _ access.Actor, s Subject) error {
	if s == h.refused {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	return nil
}

func setup(t testing.TB, d *db.DB) *house {
	t.Helper()
	h := &house{db: d, pub: &recorder{}, org: map[string]string{}, person: map[string]string{}, orgOf: map[string]string{}, roles: map[string][]access.Role{}}
	h.blobs = t.TempDir()
	blobs, err := blob.New(d, h.blobs)
	if err != nil {
		t.Fatal(err)
	}
	h.s = NewService(d, Deps{People: h, Gate: h, Events: h, Blobs: blobs, Scan: h, Partners: h})
	h.s.Publish(h.pub)
	err = d.InTx(context.Background(), func(ctx context.Context) error {
		for _, slug := range []string{"aurelia", "kestrel", "baltic"} {
			h.org[slug] = db.NewID()
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', '', 'GBP', 'UTC', 'en', 'active', 0)",
				h.org[slug], slug, slug).Error; err != nil {
				return err
			}
		}
		for _, p := range []struct {
			name, org string
			role      access.Role
		}{{"ingrid", "aurelia", access.Admin}, {"maya", "kestrel", access.Sales}, {"dan", "kestrel", access.Viewer}, {"kaarel", "baltic", access.Admin}} {
			id := db.NewID()
			h.person[p.name], h.orgOf[id], h.roles[id] = id, h.org[p.org], []access.Role{p.role}
			if err := db.Tx(ctx).Exec("INSERT INTO person (id, email, name, locale, theme, timezone, password, password_at, operator, state, last_org, created) VALUES (?, ?, ?, 'en', '', 'UTC', '', 0, ?, 'active', '', 0)",
				id, p.name+"@example", p.name, false).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) actor(name string) access.Actor {
	id := h.person[name]
	return access.Actor{Person: id, Org: h.orgOf[id], Roles: h.roles[id], Via: "session:test"}
}

func (h *house) system(slug string) access.Actor { return access.System("test", h.org[slug]) }

// shared makes a room of aurelia and kestrel.
func (h *house) shared(t testing.TB, subject string) Room {
	t.Helper()
	r, err := h.s.EnsureRoom(context.Background(), h.system("aurelia"), Spec{Subject: Subject{"order", subject}, Title: "PO " + subject,
		Orgs: []string{h.org["aurelia"], h.org["kestrel"]}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (h *house) post(t testing.TB, who string, id ID, key, text string) Message {
	t.Helper()
	m, _, err := h.s.Post(context.Background(), h.actor(who), Draft{Room: id, Key: key, Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func isCode(t testing.TB, err error, c fault.Code) {
	t.Helper()
	if fault.CodeOf(err) != c {
		t.Fatalf("got %v, want %s", err, c)
	}
}

func TestEnsureRoomIsOneHoweverOften(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		var wg sync.WaitGroup
		ids := make([]ID, 8)
		for i := range ids {
			wg.Go(func() {
				slug := []string{"aurelia", "kestrel"}[i%2]
				r, err := h.s.EnsureRoom(context.Background(), h.system(slug), Spec{Subject: Subject{"order", "1"}, Title: "PO 1",
					Orgs: []string{h.org["kestrel"], h.org["aurelia"], h.org[slug]}})
				if err != nil {
					t.Error(err)
				}
				ids[i] = r.ID
			})
		}
		wg.Wait()
		if len(slices.Compact(ids)) != 1 || ids[0] == "" {
			t.Fatalf("rooms %v", ids)
		}
		r, err := h.s.BySubject(context.Background(), h.actor("maya"), Subject{"order", "1"})
		if err != nil || len(r.Orgs) != 2 || r.Title != "PO 1" || r.Epoch == "" {
			t.Fatalf("%+v, %v", r, err)
		}
		// persons make no rooms, nor companies that would not be in it
		_, err = h.s.EnsureRoom(context.Background(), h.actor("ingrid"), Spec{Subject: Subject{"order", "2"}, Orgs: []string{h.org["aurelia"]}})
		isCode(t, err, fault.NotFound)
		_, err = h.s.EnsureRoom(context.Background(), h.system("baltic"), Spec{Subject: Subject{"order", "2"}, Orgs: []string{h.org["aurelia"]}})
		isCode(t, err, fault.NotFound)
		_, err = h.s.EnsureRoom(context.Background(), h.system("aurelia"), Spec{Orgs: []string{h.org["aurelia"]}})
		isCode(t, err, fault.Invalid)
	})
}

func TestSequenceHasNoGapAndNoRepeat(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		r := h.shared(t, "1")
		const workers, each = 6, 15
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for i := range each {
					// two workers send the same keys: resends at the same time
					key := fmt.Sprintf("k%d-%d", w/2, i)
					if _, _, err := h.s.Post(context.Background(), h.actor("maya"), Draft{Room: r.ID, Key: key, Text: key}); err != nil {
						t.Error(err)
					}
					line := Line{Room: r.ID, Key: "e" + key, Kind: "order.received", Args: map[string]string{"number": key}}
					if _, err := h.s.Event(context.Background(), h.system("kestrel"), line); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		const total = workers / 2 * each * 2
		var got []Message
		for after := int64(0); ; {
			page, err := h.s.Feed().After(context.Background(), r.ID, after, 40)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
			after = page[len(page)-1].Seq
		}
		if len(got) != total {
			t.Fatalf("%d messages, want %d", len(got), total)
		}
		keys := map[string]bool{}
		for i, m := range got {
			if m.Seq != int64(i+1) {
				t.Fatalf("place %d has number %d", i, m.Seq)
			}
			if keys[m.Key] {
				t.Fatalf("key %q twice", m.Key)
			}
			keys[m.Key] = true
		}
		at, err := h.s.Feed().Positions(context.Background(), []ID{r.ID, "nowhere"})
		if err != nil || len(at) != 1 || at[r.ID] != total {
			t.Fatalf("positions %v, %v", at, err)
		}
		if n := len(h.pub.published()); n != total {
			t.Fatalf("published %d times for %d messages", n, total)
		}
	})
}

func TestPostSaysWhoWhatWhen(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		r := h.shared(t, "1")
		ctx := context.Background()
		first := h.post(t, "maya", r.ID, "k", "  hello\r\n李雯 ")
		want := Author{h.person["maya"], "maya", "kestrel", "KESTREL"}
		if first.Seq != 1 || first.From != want || first.Text != "hello\n李雯" || first.Kind != Said || time.Since(first.At) > time.Minute {
			t.Fatalf("%+v", first)
		}
		again, repeated, err := h.s.Post(ctx, h.actor("maya"), Draft{Room: r.ID, Key: "k", Text: "other"})
		if err != nil || !repeated || again.Seq != 1 || again.Text != first.Text || again.From != want || !again.At.Equal(first.At) {
			t.Fatalf("%+v %v %v", again, repeated, err)
		}
		// the key belongs to the author: another may use it
		if m := h.post(t, "ingrid", r.ID, "k", "mine"); m.Seq != 2 || m.From.Org != "aurelia" {
			t.Fatalf("%+v", m)
		}
		// an answer to an answer belongs to the root
		a, _, err := h.s.Post(ctx, h.actor("maya"), Draft{Room: r.ID, Key: "a", Text: "answer", Thread: 2})
		if err != nil || a.Thread != 2 {
			t.Fatalf("%+v %v", a, err)
		}
		b, _, err := h.s.Post(ctx, h.actor("ingrid"), Draft{Room: r.ID, Key: "b", Text: "answer", Thread: a.Seq})
		if err != nil || b.Thread != 2 {
			t.Fatalf("%+v %v", b, err)
		}
		ev, err := h.s.Event(ctx, h.system("aurelia"), Line{Room: r.ID, Key: "ev", Kind: "order.confirmed", Args: map[string]string{"number": "45"}})
		if err != nil || ev.Seq != 5 || ev.Subject != r.Subject || ev.From != (Author{}) {
			t.Fatalf("%+v %v", ev, err)
		}
		all, err := h.s.History(ctx, h.actor("dan"), r.ID, Window{})
		if err != nil || len(all) != 5 {
			t.Fatalf("%v %v", all, err)
		}
		if all[0].From != want || all[4].Event != "order.confirmed" || all[4].Args["number"] != "45" || all[4].Kind != Event {
			t.Fatalf("%+v", all)
		}
	})
}

func TestPostRefuses(t *testing.T) {
	t.Parallel()
	h := setup(t, dbtest.One(t))
	r := h.shared(t, "1")
	ctx := context.Background()
	for name, d := range map[string]Draft{
		"no key":        {Key: "", Text: "x"},
		"long key":      {Key: strings.Repeat("k", MaxKey+1), Text: "x"},
		"key not utf-8": {Key: "\xff", Text: "x"},
		"no text":       {Key: "k", Text: " \n\t "},
		"long text":     {Key: "k", Text: strings.Repeat("x", MaxText+1)},
		"not utf-8":     {Key: "k", Text: "a\xffb"},
		"zero byte":     {Key: "k", Text: "a\x00b"},
		"thread ahead":  {Key: "k", Text: "x", Thread: 7},
		"thread below":  {Key: "k", Text: "x", Thread: -1},
	} {
		d.Room = r.ID
		_, _, err := h.s.Post(ctx, h.actor("maya"), d)
		if fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, _, err := h.s.Post(ctx, h.actor("dan"), Draft{Room: r.ID, Key: "k", Text: "a viewer reads only"})
	isCode(t, err, fault.Forbidden)
	_, _, err = h.s.Post(ctx, h.system("kestrel"), Draft{Room: r.ID, Key: "k", Text: "x"})
	isCode(t, err, fault.NotFound)
	if got, err := h.s.Get(ctx, h.actor("maya"), r.ID); err != nil || got.LastSeq != 0 {
		t.Fatalf("a refused post took a number: %+v %v", got, err)
	}
	if m := h.post(t, "maya", r.ID, "k", strings.Repeat("李", MaxText)); m.Seq != 1 {
		t.Fatalf("number %d", m.Seq)
	}
}

func TestReadOnlyRoomIsReadAndTakesEvents(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		r := h.shared(t, "1")
		ctx := context.Background()
		h.post(t, "maya", r.ID, "k", "before")
		for range 2 {
			if err := h.s.SetReadOnly(ctx, h.system("aurelia"), r.ID, true); err != nil {
				t.Fatal(err)
			}
		}
		_, _, err := h.s.Post(ctx, h.actor("maya"), Draft{Room: r.ID, Key: "k2", Text: "after"})
		isCode(t, err, fault.Conflict)
		if m, repeated, err := h.s.Post(ctx, h.actor("maya"), Draft{Room: r.ID, Key: "k", Text: "before"}); err != nil || !repeated || m.Seq != 1 {
			t.Fatalf("a resend after the end: %+v %v %v", m, repeated, err)
		}
		if _, err := h.s.Event(ctx, h.system("aurelia"), Line{Room: r.ID, Key: "e", Kind: "partner.ended"}); err != nil {
			t.Fatal(err)
		}
		if all, err := h.s.History(ctx, h.actor("maya"), r.ID, Window{}); err != nil || len(all) != 2 {
			t.Fatalf("%v %v", all, err)
		}
		if err := h.s.SetReadOnly(ctx, h.system("aurelia"), r.ID, false); err != nil {
			t.Fatal(err)
		}
		if m := h.post(t, "maya", r.ID, "k2", "again"); m.Seq != 3 {
			t.Fatalf("number %d", m.Seq)
		}
	})
}

func TestRolledBackEventIsNotPublished(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		r := h.shared(t, "1")
		stop := fault.New(fault.Conflict, "test.stop")
		line := Line{Room: r.ID, Key: "e", Kind: "order.received"}
		err := d.InTx(context.Background(), func(ctx context.Context) error {
			if _, err := h.s.Event(ctx, h.system("aurelia"), line); err != nil {
				return err
			}
			return stop
		})
		isCode(t, err, fault.Conflict)
		if n := len(h.pub.published()); n != 0 {
			t.Fatalf("published %d", n)
		}
		for range 2 {
			m, err := h.s.Event(context.Background(), h.system("aurelia"), line)
			if err != nil || m.Seq != 1 {
				t.Fatalf("%+v %v", m, err)
			}
		}
		if n := len(h.pub.published()); n != 1 {
			t.Fatalf("published %d", n)
		}
	})
}

func TestHistoryWindows(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		r := h.shared(t, "1")
		for i := range 30 {
			h.post(t, "maya", r.ID, fmt.Sprint(i), fmt.Sprint(i))
		}
		for _, c := range []struct {
			w        Window
			from, to int64
		}{
			{Window{}, 1, 30}, {Window{Limit: 10}, 21, 30}, {Window{Before: 21, Limit: 10}, 11, 20},
			{Window{After: 5, Limit: 10}, 6, 15}, {Window{After: 25, Limit: 10}, 26, 30}, {Window{After: 5, Before: 9}, 6, 8}, {Window{After: 30}, 0, -1},
		} {
			ms, err := h.s.History(context.Background(), h.actor("ingrid"), r.ID, c.w)
			if err != nil {
				t.Fatal(err)
			}
			if len(ms) != int(c.to-c.from+1) {
				t.Fatalf("%+v: %d messages", c.w, len(ms))
			}
			for i, m := range ms {
				if m.Seq != c.from+int64(i) {
					t.Fatalf("%+v: place %d has %d", c.w, i, m.Seq)
				}
			}
		}
		for _, w := range []Window{{Limit: -1}, {Limit: MaxHistory + 1}, {After: -1}, {Before: -1}} {
			_, err := h.s.History(context.Background(), h.actor("ingrid"), r.ID, w)
			isCode(t, err, fault.Invalid)
		}
	})
}

func TestUnreadCountsOnlyRoomsEntered(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		a, b := h.shared(t, "1"), h.shared(t, "2")
		for i := range 3 {
			h.post(t, "ingrid", a.ID, fmt.Sprint(i), "x")
			h.post(t, "ingrid", b.ID, fmt.Sprint(i), "x")
		}
		want := func(unread int) {
			t.Helper()
			n, err := h.s.Unread(ctx, h.actor("maya"))
			if err != nil || n != unread {
				t.Fatalf("%d unread rooms, want %d (%v)", n, unread, err)
			}
		}
		want(0)
		if r, err := h.s.Enter(ctx, h.actor("maya"), a.ID); err != nil || r.LastSeq != 3 {
			t.Fatalf("%+v %v", r, err)
		}
		want(0) // what was before the first visit is history
		h.post(t, "ingrid", a.ID, "new", "x")
		h.post(t, "ingrid", a.ID, "new2", "x")
		want(1)
		list, next, err := h.s.List(ctx, h.actor("maya"), Filter{})
		if err != nil || next != "" || len(list) != 2 || list[0].ID != a.ID || list[0].Unread != 2 || !list[0].Entered || list[1].Unread != 0 || list[1].Entered {
			t.Fatalf("%+v %q %v", list, next, err)
		}
		if l := list[0].Last; l.Seq != 5 || l.Text != "x" || l.From.Name != "ingrid" || l.From.Org != "aurelia" {
			t.Fatalf("%+v", l)
		}
		if len(list[0].Companies) != 2 || list[0].LastAt.Before(list[1].LastAt) {
			t.Fatalf("%+v", list[0])
		}
		for _, f := range []Filter{{Unread: true}, {Mine: true}, {Query: "po 1"}, {Kind: "order", Query: "1"}} {
			if list, _, err := h.s.List(ctx, h.actor("maya"), f); err != nil || len(list) != 1 || list[0].ID != a.ID {
				t.Fatalf("%+v: %+v %v", f, list, err)
			}
		}
		for _, f := range []Filter{{Query: "%"}, {Query: "_O"}, {Kind: "deal"}} {
			if list, _, err := h.s.List(ctx, h.actor("maya"), f); err != nil || len(list) != 0 {
				t.Fatalf("%+v: %+v %v", f, list, err)
			}
		}
		// marks move forward only and never beyond the end
		for seq, left := range map[int64]int64{4: 1} {
			if err := h.s.Read(ctx, h.actor("maya"), a.ID, seq); err != nil {
				t.Fatal(err)
			}
			if err := h.s.Read(ctx, h.actor("maya"), a.ID, 1); err != nil {
				t.Fatal(err)
			}
			if list, _, _ := h.s.List(ctx, h.actor("maya"), Filter{Unread: true}); len(list) != 1 || list[0].Unread != left || list[0].ReadSeq != 4 {
				t.Fatalf("%+v", list)
			}
		}
		if err := h.s.Read(ctx, h.actor("maya"), a.ID, 1<<40); err != nil {
			t.Fatal(err)
		}
		want(0)
		if seq, in, err := h.s.Mark(ctx, h.actor("maya"), a.ID); err != nil || !in || seq != 5 {
			t.Fatalf("%d %v %v", seq, in, err)
		}
		if seq, in, err := h.s.Mark(ctx, h.actor("dan"), a.ID); err != nil || in || seq != 0 {
			t.Fatalf("%d %v %v", seq, in, err)
		}
		h.post(t, "ingrid", a.ID, "new3", "x")
		want(1)
		// posting is reading
		h.post(t, "maya", a.ID, "own", "x")
		want(0)
		who, err := h.s.Feed().Entered(ctx, a.ID)
		if err != nil || !slices.Equal(who, sortedIDs(h.person["maya"], h.person["ingrid"])) {
			t.Fatalf("%v %v", who, err)
		}
	})
}

func sortedIDs(ids ...string) []string { slices.Sort(ids); return ids }

func TestListPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := db.WithNow(context.Background(), time.Unix(1e9, 0)) // all at one instant: the id decides
		for i := range 7 {
			if _, err := h.s.EnsureRoom(ctx, h.system("aurelia"), Spec{Subject: Subject{"order", fmt.Sprint(i)}, Orgs: []string{h.org["aurelia"]}}); err != nil {
				t.Fatal(err)
			}
		}
		seen := map[ID]bool{}
		after := ""
		for pages := 1; ; pages++ {
			list, next, err := h.s.List(ctx, h.actor("ingrid"), Filter{Limit: 3, After: after})
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range list {
				if seen[l.ID] {
					t.Fatalf("%s twice", l.ID)
				}
				seen[l.ID] = true
			}
			if after = next; next == "" {
				if pages != 3 || len(seen) != 7 {
					t.Fatalf("%d pages, %d rooms", pages, len(seen))
				}
				break
			}
		}
		for _, f := range []Filter{{After: "x"}, {After: "MS4y"}, {Limit: 201}, {Limit: -1}} {
			_, _, err := h.s.List(ctx, h.actor("ingrid"), f)
			isCode(t, err, fault.Invalid)
		}
	})
}

func TestRemovedContentKeepsItsNumber(t *testing.T) {
	t.Parallel()
	h := setup(t, dbtest.One(t))
	r := h.shared(t, "1")
	h.post(t, "maya", r.ID, "k", "secret")
	err := h.db.InTx(context.Background(), func(ctx context.Context) error {
		return db.Tx(ctx).Exec("UPDATE message SET removed = 1 WHERE room_id = ?", string(r.ID)).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	ms, err := h.s.History(context.Background(), h.actor("maya"), r.ID, Window{})
	if err != nil || len(ms) != 1 || !ms[0].Removed || ms[0].Text != "" || ms[0].Seq != 1 {
		t.Fatalf("%+v %v", ms, err)
	}
}
