package library

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"entente/db"
	"entente/db/blob"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
)

// house is aurelia, who publishes to kestrel (gold, GB), baltic (silver, EE) and huadong
// (no tier, CN), which compete; and nobody, with whom none of them works.
type house struct {
	db     *db.DB
	s      *Service
	org    map[string]string
	actors map[string]access.Actor
	today  string
	gone   string // a company the others stopped working with
	dark   string // one of which nothing is known
	moved  map[string]string
	told   []string
}

func (h *house) Partners(_ context.Context, owner string) ([]Partner, error) {
	if owner != h.org["aurelia"] {
		return []Partner{{Org: h.org["aurelia"], Country: "GB"}}, nil
	}
	out := []Partner{{h.org["kestrel"], "gold", "GB"}, {h.org["baltic"], "silver", "EE"}, {h.org["huadong"], "", "CN"}}
	for i, p := range out {
		if to := h.moved[p.Org]; to != "" {
			out[i].Country = to
		}
	}
	return slices.DeleteFunc(out, func(p Partner) bool { return p.Org == h.gone }), nil
}

func (h *house) Publishers(ctx context.Context, org string) ([]Standing, error) {
	if org == h.org["nobody"] {
		return nil, nil
	}
	if org == h.org["aurelia"] {
		return []Standing{{h.org["kestrel"], "", "GB", h.today}, {h.org["baltic"], "", "GB", h.today}}, nil
	}
	all, err := h.Partners(ctx, h.org["aurelia"])
	for _, p := range all {
		if p.Org == org {
			return []Standing{{h.org["aurelia"], p.Tier, p.Country, h.today}}, err
		}
	}
	return nil, err
}

func (h *house) Tiers(context.Context, string) ([]string, error) {
	return []string{"gold", "silver"}, nil
}
func (h *house) Today(_ context.Context, org string) (string, error) {
	if org == h.dark {
		return "", fault.New(fault.Unavailable, "error.unavailable")
	}
	return h.today, nil
}
func (h *house) Scan(_ context.Context, _ string, body io.Reader) error { return scan(body) }
func (h *house) Publish(_ context.Context, e job.Event) error {
	h.told = append(h.told, fmt.Sprintf("%s %d", e.Kind, e.Payload.(Told).Version))
	return nil
}

func scan(body io.Reader) error {
	b, err := io.ReadAll(body)
	switch {
	case err != nil:
		return err
	case strings.Contains(string(b), "EICAR"):
		return fault.InvalidField("file", "room.file_infected")
	case strings.Contains(string(b), "unscannable"):
		return io.ErrUnexpectedEOF
	}
	return nil
}

func setup(t *testing.T, d *db.DB) *house {
	t.Helper()
	h := &house{db: d, org: map[string]string{}, actors: map[string]access.Actor{}, today: "2026-11-23"}
	blobs, err := blob.New(d, t.TempDir())
	must(t, err)
	h.s = New(d, h, h, blobs, h)
	must(t, d.InTx(context.Background(), func(ctx context.Context) error {
		for _, slug := range []string{"aurelia", "kestrel", "baltic", "huadong", "nobody"} {
			h.org[slug] = db.NewID()
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', '', 'GBP', 'UTC', 'en', 'active', 0)", h.org[slug], slug, slug).Error; err != nil {
				return err
			}
		}
		for _, p := range []string{"ingrid aurelia manager", "wen aurelia sales", "maya kestrel admin", "vic kestrel viewer", "kaarel baltic admin", "chen huadong admin", "zoe nobody admin"} {
			w := strings.Fields(p)
			id := db.NewID()
			h.actors[w[0]] = access.Actor{Person: id, Org: h.org[w[1]], Roles: []access.Role{access.Role(w[2])}, Via: "session:test"}
			if err := db.Tx(ctx).Exec("INSERT INTO person (id, email, name, locale, theme, timezone, password, password_at, operator, state, last_org, created) VALUES (?, ?, ?, 'en', '', 'UTC', '', 0, ?, 'active', '', 0)", id, w[0]+"@example", w[0], false).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func isCode(t *testing.T, what string, err error, c fault.Code) {
	t.Helper()
	if err == nil || fault.CodeOf(err) != c {
		t.Errorf("%s: %v, want %s", what, err, c)
	}
}

func (h *house) publish(t *testing.T, title string, a Audience, change func(*Cmd)) ID {
	t.Helper()
	cmd := Cmd{Title: title, About: "About " + title, Kind: Manual, Language: "en", Audience: a, Key: db.NewID()}
	if change != nil {
		change(&cmd)
	}
	id, err := h.s.Publish(context.Background(), h.actors["ingrid"], cmd, title+".pdf", strings.NewReader("%PDF-1.7 "+title))
	must(t, err)
	return id
}

// reads is what a person finds, as titles with their marks, by a filter.
func (h *house) reads(t *testing.T, who string, f Filter) string {
	t.Helper()
	list, _, err := h.s.List(context.Background(), h.actors[who], f)
	must(t, err)
	var out []string
	for _, d := range list {
		out = append(out, strings.TrimSuffix(d.Title+":"+d.Mark, ":"))
		if d.Owner != h.actors[who].Org && (d.State != "" || d.MadeBy != "" || d.Audience.Everyone || len(d.Audience.Orgs)+len(d.Audience.Tiers)+len(d.Audience.Countries) > 0) {
			t.Errorf("%s learns to whom %s goes: %+v", who, d.Title, d)
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// TestAudience: a document is found by whom it is addressed to and by nobody else, by any
// way; from its first day to its last.
func TestAudience(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, ctx := setup(t, d), context.Background()
		all := h.publish(t, "all", Audience{Everyone: true}, nil)
		gold := h.publish(t, "gold", Audience{Everyone: true, Tiers: []string{"gold"}}, nil)
		h.publish(t, "china", Audience{Everyone: true, Countries: []string{"CN"}, Orgs: []string{h.org["baltic"]}}, func(c *Cmd) { c.Language = "zh-CN" })
		h.publish(t, "gold in estonia", Audience{Everyone: true, Countries: []string{"EE"}, Tiers: []string{"gold"}}, nil)
		prices := h.publish(t, "prices", Audience{Orgs: []string{h.org["kestrel"]}}, func(c *Cmd) { c.Kind = Prices })
		late := h.publish(t, "late", Audience{Everyone: true}, func(c *Cmd) { c.ValidFrom, c.Expires = "2026-12-01", "2026-12-02" })
		for who, want := range map[string]string{"maya": "all:new, gold:new, prices:new", "vic": "all:new, gold:new", "kaarel": "all:new, china:new", "chen": "all:new, china:new", "zoe": "", "ingrid": ""} {
			if got := h.reads(t, who, Filter{}); got != want {
				t.Errorf("%s reads %q, want %q", who, got, want)
			}
		}
		if got := h.reads(t, "wen", Filter{Own: true}); got != "all, china, gold, gold in estonia, late, prices" {
			t.Error(got)
		}
		for f, want := range map[Filter]string{{Query: "GOLD"}: "gold:new", {Kind: Prices}: "prices:new", {Language: "zh-CN"}: "", {Owner: h.org["baltic"]}: "", {Query: "estonia"}: ""} {
			if got := h.reads(t, "maya", f); got != want {
				t.Errorf("%+v: %q, want %q", f, got, want)
			}
		}
		first, next, err := h.s.List(ctx, h.actors["maya"], Filter{Limit: 2})
		if err != nil || len(first) != 2 || next == "" {
			t.Fatal(first, next, err)
		}
		if rest, end, err := h.s.List(ctx, h.actors["maya"], Filter{Limit: 2, After: next}); err != nil || len(rest) != 1 || end != "" {
			t.Error(rest, end, err)
		}
		for what, err := range map[string]error{
			"kaarel reads gold":      second(h.s.Read(ctx, h.actors["kaarel"], gold)),
			"kaarel opens gold":      third(h.s.Open(ctx, h.actors["kaarel"], gold, 0)),
			"vic reads prices":       second(h.s.Read(ctx, h.actors["vic"], prices)),
			"maya reads late":        second(h.s.Read(ctx, h.actors["maya"], late)),
			"zoe reads all":          second(h.s.Read(ctx, h.actors["zoe"], all)),
			"zoe confirms":           h.s.Confirm(ctx, h.actors["zoe"], all, 1),
			"kaarel's register":      second(h.s.Register(ctx, h.actors["kaarel"], gold, 0)),
			"kaarel renews":          second(h.s.Renew(ctx, h.actors["kaarel"], gold, "", "x", strings.NewReader("x"))),
			"kaarel changes":         h.s.Change(ctx, h.actors["kaarel"], gold, Cmd{}),
			"kaarel withdraws":       h.s.Withdraw(ctx, h.actors["kaarel"], gold, true),
			"kaarel reminds":         h.s.Remind(ctx, h.actors["kaarel"], gold),
			"kaarel's versions":      second(h.s.Versions(ctx, h.actors["kaarel"], gold)),
			"maya's versions":        second(h.s.Versions(ctx, h.actors["maya"], gold)),
			"a session as a program": third(h.s.Addressed(ctx, h.actors["ingrid"], gold)),
		} {
			isCode(t, what, err, fault.NotFound)
		}
		isCode(t, "maya's register", second(h.s.Register(ctx, h.actors["maya"], gold, 0)), fault.NotFound)
		isCode(t, "maya withdraws", h.s.Withdraw(ctx, h.actors["maya"], gold, true), fault.NotFound)
		isCode(t, "wen withdraws", h.s.Withdraw(ctx, h.actors["wen"], gold, true), fault.Forbidden)
		h.told = nil
		must(t, h.s.Tick(db.WithNow(ctx, time.Date(2026, 11, 30, 23, 0, 0, 0, time.UTC))))
		if len(h.told) != 0 {
			t.Error("told before it is valid", h.told)
		}
		h.today = "2026-12-01"
		for range 2 {
			must(t, h.s.Tick(db.WithNow(ctx, time.Date(2026, 12, 1, 1, 0, 0, 0, time.UTC))))
		}
		if fmt.Sprint(h.told) != "[library.Published 1]" {
			t.Error(h.told)
		}
		if got := h.reads(t, "chen", Filter{}); got != "all:new, china:new, late:new" {
			t.Error(got)
		}
		h.today = "2026-12-03"
		isCode(t, "expired", second(h.s.Read(ctx, h.actors["maya"], late)), fault.NotFound)
		must(t, h.s.Withdraw(ctx, h.actors["ingrid"], all, true))
		h.gone = h.org["kestrel"]
		if got := h.reads(t, "kaarel", Filter{}) + "/" + h.reads(t, "maya", Filter{}); got != "china:new/" {
			t.Error(got)
		}
	})
}

func second[T any](_ T, err error) error        { return err }
func third[A, B any](_ A, _ B, err error) error { return err }

// TestVersions: the last version counts, is marked and is asked for again; the register says
// who read, took and confirmed which, and who has not.
func TestVersions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, ctx := setup(t, d), context.Background()
		ingrid, maya, kaarel := h.actors["ingrid"], h.actors["maya"], h.actors["kaarel"]
		key := db.NewID()
		cmd := Cmd{Title: "合作条款", Kind: Terms, Confirm: true, Audience: Audience{Everyone: true, Tiers: []string{"gold", "silver"}}, Key: key}
		id, err := h.s.Publish(ctx, ingrid, cmd, "../terms\u202efdp.exe.pdf", strings.NewReader("%PDF-1.7 one"))
		must(t, err)
		if again, err := h.s.Publish(ctx, ingrid, cmd, "terms.pdf", strings.NewReader("%PDF-1.7 one")); err != nil || again != id {
			t.Error("the same key is another document", again, err)
		}
		if again, err := h.s.Publish(ctx, ingrid, cmd, "terms.pdf", iotest.ErrReader(errors.New("read"))); err != nil || again != id {
			t.Error("bytes are read that are not kept", again, err)
		}
		doc, err := h.s.Read(ctx, maya, id)
		if err != nil || doc.Mark != MarkNew || !doc.CanConfirm || doc.CanManage || doc.File.Name != "termsfdp.exe.pdf" || doc.File.Type != "application/pdf" {
			t.Fatalf("%+v %v", doc, err)
		}
		if doc, err = h.s.Read(ctx, maya, id); err != nil || doc.Mark != "" {
			t.Errorf("%+v %v", doc, err)
		}
		must(t, third(opened(h.s.Open(ctx, kaarel, id, 0))))
		must(t, third(opened(h.s.Open(ctx, kaarel, id, 1))))
		must(t, h.s.Confirm(ctx, maya, id, 1))
		must(t, h.s.Confirm(ctx, maya, id, 1))
		if got := h.register(t, id, 0); got != "kestrel yes maya:0 confirmed, baltic no kaarel:2" {
			t.Error(got)
		}
		must(t, h.s.Remind(ctx, ingrid, id))
		isCode(t, "twice a day", h.s.Remind(ctx, ingrid, id), fault.Conflict)
		for body, want := range map[string]fault.Code{"": fault.Invalid, "MZ": fault.Invalid, "EICAR": fault.Invalid, "unscannable": fault.Unavailable} {
			isCode(t, body, second(h.s.Renew(ctx, ingrid, id, "", "x.pdf", strings.NewReader(body))), want)
		}
		for range 2 { // sent twice is one version
			if n, err := h.s.Renew(ctx, ingrid, id, "new rates", "terms-2.pdf", strings.NewReader("%PDF-1.7 two")); err != nil || n != 2 {
				t.Fatal(n, err)
			}
		}
		if got := h.reads(t, "maya", Filter{Fresh: true}) + "/" + h.reads(t, "maya", Filter{Asked: true}); got != "合作条款:changed/合作条款:changed" {
			t.Error(got)
		}
		isCode(t, "confirms the old one", h.s.Confirm(ctx, maya, id, 1), fault.Conflict)
		isCode(t, "reads the old one", third(h.s.Open(ctx, maya, id, 1)), fault.NotFound)
		must(t, third(opened(h.s.Open(ctx, ingrid, id, 1))))
		if list, err := h.s.Versions(ctx, ingrid, id); err != nil || len(list) != 2 || list[0].Note != "new rates" || list[0].Number != 2 {
			t.Errorf("%+v %v", list, err)
		}
		if got := h.register(t, id, 0) + "/" + h.register(t, id, 1); got != "kestrel no, baltic no/kestrel yes maya:0 confirmed, baltic no kaarel:2" {
			t.Error(got)
		}
		must(t, h.s.Confirm(ctx, maya, id, 2))
		if got := h.reads(t, "maya", Filter{Asked: true}) + h.reads(t, "maya", Filter{Fresh: true}); got != "" {
			t.Error(got)
		}
		cmd.Audience = Audience{Everyone: true, Tiers: []string{"silver"}, Orgs: []string{h.org["huadong"]}}
		must(t, h.s.Change(ctx, ingrid, id, cmd))
		isCode(t, "addressed no more", second(h.s.Read(ctx, maya, id)), fault.NotFound)
		if got := h.register(t, id, 0); got != "baltic no, huadong no, kestrel gone yes maya:0 confirmed" {
			t.Error(got)
		}
		if got := h.reads(t, "chen", Filter{Query: "条款"}); got != "合作条款:new" {
			t.Error(got)
		}
		if fmt.Sprint(h.told) != "[library.Published 1 library.Reminded 1 library.Changed 2 library.Published 2]" {
			t.Error(h.told)
		}
		doc, readers, err := h.s.Addressed(ctx, access.System("notices", ingrid.Org), id)
		if err != nil || doc.Title != "合作条款" || len(readers) != 3 || !readers[0].Addressed || readers[2].Addressed {
			t.Errorf("%+v %+v %v", doc, readers, err)
		}
		for field, change := range map[string]func(*Cmd){
			"title": func(c *Cmd) { c.Title = " " }, "kind": func(c *Cmd) { c.Kind = "x" }, "language": func(c *Cmd) { c.Language = "x" }, "expires": func(c *Cmd) { c.ValidFrom, c.Expires = "2026-02-02", "2026-02-01" },
			"valid_from": func(c *Cmd) { c.ValidFrom = "soon" }, "audience": func(c *Cmd) { c.Audience = Audience{Tiers: []string{"gold"}} },
		} {
			bad := cmd
			change(&bad)
			if err := h.s.Change(ctx, ingrid, id, bad); fault.CodeOf(err) != fault.Invalid || fault.As(err).Fields[0].Name != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		h.told = nil
		must(t, h.s.Withdraw(ctx, ingrid, id, true))
		must(t, h.s.Change(ctx, ingrid, id, cmd))
		for range 2 {
			must(t, h.s.Withdraw(ctx, ingrid, id, false))
		}
		if fmt.Sprint(h.told) != "[library.Published 2]" { // who was addressed while it was withdrawn
			t.Error(h.told)
		}
		stranger := cmd
		stranger.Audience.Orgs = []string{h.org["nobody"]}
		isCode(t, "no partner", h.s.Change(ctx, ingrid, id, stranger), fault.Invalid)
	})
}

func opened(f File, body io.ReadCloser, err error) (File, int, error) {
	if err != nil {
		return f, 0, err
	}
	b, err := io.ReadAll(body)
	if e := body.Close(); err == nil {
		err = e
	}
	return f, len(b), err
}

func (h *house) register(t *testing.T, id ID, number int) string {
	t.Helper()
	list, err := h.s.Register(context.Background(), h.actors["ingrid"], id, number)
	must(t, err)
	var out []string
	for _, r := range list {
		line := ""
		for slug, org := range h.org {
			if org == r.Org {
				line = slug
			}
		}
		if !r.Addressed {
			line += " gone"
		}
		line += map[bool]string{true: " yes", false: " no"}[r.Confirmed]
		for _, x := range r.Readings {
			for name, a := range h.actors {
				if a.Person == x.Person {
					line += fmt.Sprintf(" %s:%d", name, x.Fetches)
				}
			}
			if !x.Confirmed.IsZero() {
				line += " confirmed"
			}
		}
		out = append(out, line)
	}
	return strings.Join(out, ", ")
}

// TestManyReaders: who confirmed has confirmed, however many others read it.
func TestManyReaders(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, ctx := setup(t, d), context.Background()
		id := h.publish(t, "terms", Audience{Everyone: true}, func(c *Cmd) { c.Confirm = true })
		must(t, h.s.Confirm(ctx, h.actors["chen"], id, 1))
		must(t, d.InTx(ctx, func(ctx context.Context) error {
			people, rows := []map[string]any{}, []readingRow{}
			for range mostReadings {
				who := "0" + db.NewID()
				people = append(people, map[string]any{"id": who, "email": who, "name": who, "locale": "en", "theme": "", "timezone": "UTC", "password": "", "password_at": 0, "operator": false, "state": "active", "last_org": "", "created": 0})
				rows = append(rows, readingRow{DocumentID: string(id), Number: 1, OrgID: h.org["kestrel"], PersonID: who, Seen: 1})
			}
			if err := db.Tx(ctx).Table("person").CreateInBatches(people, 200).Error; err != nil {
				return err
			}
			return db.Tx(ctx).CreateInBatches(&rows, 200).Error
		}))
		list, err := h.s.Register(ctx, h.actors["ingrid"], id, 0)
		must(t, err)
		for _, r := range list {
			if want := r.Org == h.org["huadong"]; r.Confirmed != want {
				t.Errorf("%s confirmed: %v", r.Org, r.Confirmed)
			}
		}
	})
}

// TestToldAlone: a company whose documents cannot be told of keeps those of others from
// nothing.
func TestToldAlone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		later := func(c *Cmd) { c.ValidFrom = "2026-12-01" }
		bad := h.publish(t, "bad", Audience{Everyone: true}, later)
		h.publish(t, "good", Audience{Everyone: true}, later)
		must(t, d.InTx(context.Background(), func(ctx context.Context) error {
			return db.Tx(ctx).Exec("UPDATE library_document SET owner_id = ? WHERE id = ?", h.org["nobody"], string(bad)).Error
		}))
		h.dark, h.today, h.told = h.org["nobody"], "2026-12-01", nil
		if err := h.s.Tick(db.WithNow(context.Background(), time.Date(2026, 12, 1, 1, 0, 0, 0, time.UTC))); err == nil {
			t.Error("nothing failed")
		}
		if fmt.Sprint(h.told) != "[library.Published 1]" {
			t.Error(h.told)
		}
	})
}

// TestMoved: a company that says it is in another country now reads nothing more by it, and
// loses nothing, until the owner saves the document again; a partner that came later is
// where it was when it came.
func TestMoved(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, ctx := setup(t, d), context.Background()
		h.gone = h.org["huadong"]
		uk := Audience{Everyone: true, Countries: []string{"GB"}}
		id := h.publish(t, "britain", uk, nil)
		h.publish(t, "estonia", Audience{Everyone: true, Countries: []string{"EE"}, Tiers: []string{"silver", "gold"}}, nil)
		h.gone = "" // comes now
		must(t, h.s.Tick(ctx))
		h.moved = map[string]string{h.org["kestrel"]: "EE", h.org["baltic"]: "GB", h.org["huadong"]: "GB"}
		for who, want := range map[string]string{"maya": "britain:new", "kaarel": "estonia:new", "chen": ""} {
			if got := h.reads(t, who, Filter{}); got != want {
				t.Errorf("%s reads %q, want %q", who, got, want)
			}
		}
		isCode(t, "kaarel opens britain", third(h.s.Open(ctx, h.actors["kaarel"], id, 0)), fault.NotFound)
		if got := h.register(t, id, 0); got != "kestrel no" {
			t.Error(got)
		}
		must(t, h.s.Change(ctx, h.actors["ingrid"], id, Cmd{Title: "britain", Kind: Manual, Audience: uk}))
		must(t, h.s.Tick(ctx))
		if got := h.register(t, id, 0); got != "baltic no, huadong no" {
			t.Error(got)
		}
		if got := h.reads(t, "maya", Filter{}) + "/" + h.reads(t, "chen", Filter{}); got != "/britain:new" {
			t.Error(got)
		}
	})
}

// TestVisibleIsFewStatements: which of many documents somebody may see costs as much as of few.
func TestVisibleIsFewStatements(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		maya := h.actors["maya"]
		var ids []ID
		for i := range 15 {
			ids = append(ids, h.publish(t, fmt.Sprint("for kestrel ", i), Audience{Orgs: []string{maya.Org}}, nil), h.publish(t, fmt.Sprint("for baltic ", i), Audience{Orgs: []string{h.actors["kaarel"].Org}}, nil))
		}
		var runs []int64
		for _, n := range []int{4, 30} {
			before := d.Counts().Run
			seen, err := h.s.Visible(ctx, maya, ids[:n])
			must(t, err)
			runs = append(runs, d.Counts().Run-before)
			for i, id := range ids[:n] {
				if seen[id] != (i%2 == 0) {
					t.Errorf("document %d: %v", i, seen[id])
				}
			}
		}
		if runs[0] != runs[1] {
			t.Errorf("statements of 4 and 30: %v", runs)
		}
	})
}
