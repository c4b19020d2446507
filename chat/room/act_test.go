package room

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
)

// TestActsTakeNumbers: what is done to a message is a row of the sequence, without gap,
// and whoever reads from before catches up with the present text and never an old one.
func TestActsTakeNumbers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		r := h.shared(t, "1")
		maya, ingrid := h.actor("maya"), h.actor("ingrid")
		m := h.post(t, "maya", r.ID, "k", "the old wording")
		edited, err := h.s.Edit(ctx, maya, r.ID, m.Seq, "the new wording @ingrid")
		if err != nil || edited.Seq != 2 || edited.Body != "the new wording @ingrid" || len(edited.Mentions) != 1 || edited.Mentions[0].Org != "aurelia" {
			t.Fatalf("%+v %v", edited, err)
		}
		for range 2 { // the second changes nothing and takes no number
			if a, err := h.s.React(ctx, ingrid, r.ID, m.Seq, "👍", true); err != nil || a.Seq > 3 {
				t.Fatalf("%+v %v", a, err)
			}
		}
		if _, err := h.s.Pin(ctx, ingrid, r.ID, m.Seq, true); err != nil {
			t.Fatal(err)
		}
		answer, _, err := h.s.Post(ctx, ingrid, Draft{Room: r.ID, Key: "a", Text: "seen", Thread: m.Seq})
		if err != nil || answer.Seq != 5 {
			t.Fatalf("%+v %v", answer, err)
		}
		one, err := h.s.One(ctx, ingrid, r.ID, m.Seq)
		if err != nil || !one.Edited || !one.Pinned || one.Answers != 1 || one.LastAnswer.IsZero() || len(one.Reactions) != 1 || !slices.Equal(one.Reactions[0].Persons, []string{ingrid.Person}) || len(one.Mentions) != 1 {
			t.Fatalf("%+v %v", one, err)
		}
		if pins, err := h.s.Pins(ctx, maya, r.ID); err != nil || len(pins) != 1 || pins[0].From.Name != "maya" {
			t.Fatalf("%+v %v", pins, err)
		}
		caught, err := h.s.Feed().After(ctx, r.ID, 0, 100)
		if err != nil || len(caught) != 5 {
			t.Fatalf("%+v %v", caught, err)
		}
		for i, c := range caught {
			if c.Seq != int64(i+1) {
				t.Fatalf("gap at %d: %+v", i, c)
			}
		}
		if c := caught[1]; c.Kind != Act || c.Event != ActEdited || c.Target != 1 || c.Body != "the new wording @ingrid" || c.From.Name != "maya" || c.Args["person"] != "maya" {
			t.Errorf("%+v", c)
		}
		if c := caught[2]; c.Event != ActReacted || c.Emoji != "👍" || !c.On || c.From.Org != "aurelia" {
			t.Errorf("%+v", c)
		}
		if _, err := h.s.React(ctx, ingrid, r.ID, m.Seq, "👍", false); err != nil {
			t.Fatal(err)
		}
		gone, err := h.s.Remove(ctx, maya, r.ID, m.Seq)
		if err != nil || gone.Seq != 7 {
			t.Fatalf("%+v %v", gone, err)
		}
		if again, err := h.s.Remove(ctx, maya, r.ID, m.Seq); err != nil || again.Seq != 7 {
			t.Fatalf("%+v %v", again, err)
		}
		all, err := h.s.History(ctx, ingrid, r.ID, Window{})
		if err != nil || len(all) != 7 {
			t.Fatalf("%d %v", len(all), err)
		}
		for _, c := range all {
			if text := fmt.Sprintf("%+v", c); strings.Contains(text, "wording") || strings.Contains(text, "👍") {
				t.Errorf("a removed message is still told: %s", text)
			}
		}
		if all[0].RemovedBy.Name != "maya" || !all[0].Removed || all[0].Pinned {
			t.Errorf("%+v", all[0])
		}
		if pins, _ := h.s.Pins(ctx, maya, r.ID); len(pins) != 0 {
			t.Errorf("%+v", pins)
		}
		for name, err := range map[string]error{
			"edit":  second(h.s.Edit(ctx, maya, r.ID, m.Seq, "back")),
			"react": second(h.s.React(ctx, ingrid, r.ID, m.Seq, "👍", true)),
			"pin":   second(h.s.Pin(ctx, ingrid, r.ID, m.Seq, true)),
		} {
			if fault.CodeOf(err) != fault.Conflict {
				t.Errorf("%s a removed message: %v", name, err)
			}
		}
		if n := len(h.pub.published()); n != 7 {
			t.Errorf("%d published", n)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestWhoMayDoWhatToAMessage(t *testing.T) {
	t.Parallel()
	h := setup(t, dbtest.One(t))
	ctx := context.Background()
	r := h.shared(t, "1")
	m := h.post(t, "ingrid", r.ID, "k", "hers")
	isCode(t, second(h.s.Edit(ctx, h.actor("maya"), r.ID, m.Seq, "mine")), fault.Forbidden)
	isCode(t, second(h.s.Remove(ctx, h.actor("maya"), r.ID, m.Seq)), fault.Forbidden)
	isCode(t, second(h.s.React(ctx, h.actor("dan"), r.ID, m.Seq, "👍", true)), fault.Forbidden) // a viewer reads
	for _, bad := range []string{"", "x", "<b>", "👍 ", "12", strings.Repeat("👍", 11), "\u200d", "a👍"} {
		isCode(t, second(h.s.React(ctx, h.actor("maya"), r.ID, m.Seq, bad, true)), fault.Invalid)
	}
	for _, good := range []string{"👍🏽", "👩‍🔧", "✅", "🇨🇳", "❤️"} {
		if _, err := h.s.React(ctx, h.actor("maya"), r.ID, m.Seq, good, true); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, seq := range []int64{0, -1, 2, 99} { // 2 is an act
		isCode(t, second(h.s.Pin(ctx, h.actor("maya"), r.ID, seq, true)), fault.NotFound)
	}
	theirs := h.post(t, "maya", r.ID, "k", "theirs")
	if _, err := h.s.Remove(ctx, h.actor("ingrid"), r.ID, theirs.Seq); err != nil { // an admin of a company of the room
		t.Fatal(err)
	}
	lines := 0
	if err := h.db.View(ctx, func(ctx context.Context) error {
		_, err := db.Row(ctx, "SELECT COUNT(*) FROM audit WHERE action = 'room.message_removed'", nil, &lines)
		return err
	}); err != nil || lines != 2 {
		t.Errorf("%d audit lines, %v", lines, err)
	}
	if err := h.s.SetReadOnly(ctx, h.system("aurelia"), r.ID, true); err != nil {
		t.Fatal(err)
	}
	isCode(t, second(h.s.React(ctx, h.actor("maya"), r.ID, m.Seq, "👎", true)), fault.Conflict)
}

// TestActsLeaveNothingUnread: marks of those who had read all pass over an act, and lists
// count only what there is to read.
func TestActsLeaveNothingUnread(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		r := h.shared(t, "1")
		m := h.post(t, "maya", r.ID, "1", "one")
		if err := h.s.Read(ctx, h.actor("ingrid"), r.ID, 1); err != nil {
			t.Fatal(err)
		}
		unread := func(want int64) {
			t.Helper()
			list, _, err := h.s.List(ctx, h.actor("ingrid"), Filter{})
			if err != nil || len(list) != 1 || list[0].Unread != want {
				t.Fatalf("list: %+v %v, want %d", list, err, want)
			}
			st, err := h.s.Standing(ctx, h.actor("ingrid"), r.ID)
			if err != nil || st.Unread != want {
				t.Fatalf("%+v %v, want %d", st, err, want)
			}
			n, err := h.s.Unread(ctx, h.actor("ingrid"))
			if err != nil || n != min(int(want), 1) {
				t.Fatalf("rooms: %d %v, want %d", n, err, want)
			}
		}
		react := func(emoji string) {
			if _, err := h.s.React(ctx, h.actor("maya"), r.ID, m.Seq, emoji, true); err != nil {
				t.Fatal(err)
			}
		}
		react("👍")
		unread(0)
		h.post(t, "maya", r.ID, "2", "two")
		react("👎")
		react("🎉")
		h.post(t, "maya", r.ID, "3", "three")
		react("✅")
		unread(2)
		list, _, _ := h.s.List(ctx, h.actor("ingrid"), Filter{})
		if list[0].Last.Text != "three" {
			t.Errorf("last: %+v", list[0].Last)
		}
		if err := h.s.SetLevel(ctx, h.actor("ingrid"), r.ID, LevelNone); err != nil {
			t.Fatal(err)
		}
		if n, err := h.s.Unread(ctx, h.actor("ingrid")); err != nil || n != 0 {
			t.Errorf("a silenced room counts: %d %v", n, err)
		}
		isCode(t, h.s.SetLevel(ctx, h.actor("ingrid"), r.ID, "loud"), fault.Invalid)
	})
}

// TestActsAtOnce: one emoji by many at once is one row each and no number is lost.
func TestActsAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		r := h.shared(t, "1")
		m := h.post(t, "maya", r.ID, "1", "one")
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				who := h.actor([]string{"maya", "ingrid"}[i%2])
				if _, err := h.s.React(ctx, who, r.ID, m.Seq, "👍", true); err != nil {
					t.Error(err)
				}
				if _, err := h.s.Edit(ctx, h.actor("maya"), r.ID, m.Seq, fmt.Sprint("text ", i)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		all, err := h.s.Feed().After(ctx, r.ID, 0, 100)
		if err != nil || len(all) != 1+2+8 {
			t.Fatalf("%d %v", len(all), err)
		}
		for i, x := range all {
			if x.Seq != int64(i+1) {
				t.Fatalf("%d at %d", x.Seq, i)
			}
		}
	})
}

// TestMentions: only people of the room can be named, and each is told once.
func TestMentions(t *testing.T) {
	t.Parallel()
	h := setup(t, dbtest.One(t))
	ctx := context.Background()
	r := h.shared(t, "1")
	if _, err := h.s.Enter(ctx, h.actor("ingrid"), r.ID); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		text string
		want []string
	}{
		{"@Ingrid please look", []string{"ingrid"}},
		{"mail ingrid@ingrid.example", nil},
		{"@kaarel is not here, nor is @BALTIC", nil}, // a company that is not in the room
		{"@ingridx", nil},
		{"@ingrid，请看 @dan", []string{"ingrid", "dan"}},
		{"@KESTREL", []string{"dan", "maya"}},
		{"@room", []string{"ingrid", "maya"}}, // who entered
		{"@所有人请看", []string{"ingrid", "maya"}},
		{"@", nil}, {"@@@@", nil}, {"@maya", []string{"maya"}},
	} {
		m := h.post(t, "maya", r.ID, fmt.Sprint(i), c.text)
		var got []string
		for _, x := range m.Mentions {
			got = append(got, x.Name)
		}
		slices.Sort(got)
		want := slices.Sorted(slices.Values(c.want))
		if !slices.Equal(got, want) {
			t.Errorf("%q names %v, want %v", c.text, got, want)
		}
	}
	for _, e := range h.told {
		if slices.Contains(e.Persons, h.person["maya"]) || slices.Contains(e.Persons, h.person["kaarel"]) {
			t.Errorf("%+v", e)
		}
	}
	if len(h.told) != 5 {
		t.Errorf("%d told", len(h.told))
	}
	if err := h.s.SetLevel(ctx, h.actor("ingrid"), r.ID, LevelNone); err != nil {
		t.Fatal(err)
	}
	h.post(t, "maya", r.ID, "quiet", "@ingrid")
	if len(h.told) != 5 {
		t.Error("a person who wants nothing of the room is told")
	}
}

// TestNamings: the places are those of the text as it is written, the longest name that
// ends there wins, and a long text costs no more than its length.
func TestNamings(t *testing.T) {
	t.Parallel()
	names := []string{"Al", "Al Gore", "ALMA", "李雷", "İpek"}
	for text, want := range map[string]string{
		"":                               "",
		"İİİİ @al gore, @İpek":           "@al gore|@İpek", // lower case is longer than what is written
		"@Alma and @Al":                  "@Alma|@Al",
		"@Almanac @al@example.org":       "@al",
		"请看@李雷谢谢":                        "@李雷",
		"mail al@al.example, 1@al":       "",
		"@@al @ al":                      "@al",
		strings.Repeat("@nobody ", 2000): "",
	} {
		var got []string
		for _, n := range Namings(text, names) {
			got = append(got, text[n.From:n.To])
			if !strings.EqualFold(text[n.From+1:n.To], names[n.Which]) {
				t.Errorf("%q: %+v", text, n)
			}
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%.40q names %q, want %q", text, got, want)
		}
	}
}

func TestDrafts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		r := h.shared(t, "1")
		for _, text := range []string{"be", "begun"} {
			if err := h.s.KeepDraft(ctx, h.actor("maya"), r.ID, text); err != nil {
				t.Fatal(err)
			}
		}
		if st, err := h.s.Standing(ctx, h.actor("maya"), r.ID); err != nil || st.Draft != "begun" {
			t.Fatalf("%+v %v", st, err)
		}
		if st, err := h.s.Standing(ctx, h.actor("ingrid"), r.ID); err != nil || st.Draft != "" {
			t.Fatalf("%+v %v", st, err)
		}
		if err := h.s.KeepDraft(ctx, h.actor("maya"), r.ID, " "); err != nil {
			t.Fatal(err)
		}
		if st, _ := h.s.Standing(ctx, h.actor("maya"), r.ID); st.Draft != "" {
			t.Fatalf("%+v", st)
		}
	})
}

func TestSearch(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		ctx := context.Background()
		r := h.shared(t, "1")
		m := h.post(t, "maya", r.ID, "1", "7 月价目表已从映射规则中移除")
		h.post(t, "ingrid", r.ID, "2", "The credit note for line 2 comes today")
		for range 3 {
			h.post(t, "ingrid", r.ID, db.NewID(), "credit again")
		}
		find := func(q string) int {
			t.Helper()
			got, _, err := h.s.Search(ctx, h.actor("maya"), Find{Query: q})
			if err != nil {
				t.Fatal(err)
			}
			return len(got)
		}
		for q, want := range map[string]int{"映射": 1, "价目表": 1, "credit": 4, "CRED": 4, "credit line": 1, "nothing": 0, "": 0, "'\"*()": 0} {
			if n := find(q); n != want {
				t.Errorf("%q finds %d, want %d", q, n, want)
			}
		}
		first, next, err := h.s.Search(ctx, h.actor("maya"), Find{Query: "credit", Limit: 3})
		if err != nil || len(first) != 3 || next == "" {
			t.Fatalf("%d %q %v", len(first), next, err)
		}
		rest, end, err := h.s.Search(ctx, h.actor("maya"), Find{Query: "credit", Limit: 3, After: next})
		if err != nil || len(rest) != 1 || end != "" || rest[0].Seq >= first[2].Seq {
			t.Fatalf("%+v %q %v", rest, end, err)
		}
		if _, err := h.s.Edit(ctx, h.actor("maya"), r.ID, m.Seq, "改过了"); err != nil {
			t.Fatal(err)
		}
		if find("映射") != 0 || find("改过") != 1 {
			t.Error("an edit is not found anew")
		}
		if _, err := h.s.Remove(ctx, h.actor("maya"), r.ID, m.Seq); err != nil {
			t.Fatal(err)
		}
		if find("改过") != 0 {
			t.Error("a removed message is found")
		}
		// what was written before there was a search
		if err := d.InTx(ctx, func(ctx context.Context) error { return db.Tx(ctx).Exec("DELETE FROM message_search").Error }); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := h.s.Index(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if find("credit") != 4 {
			t.Error("old messages are not found")
		}
		h.refused = r.Subject
		if find("credit") != 0 {
			t.Error("a message of a subject outside the role is found")
		}
	})
}

// TestIndexLeavesWhatIsBeingRemoved: the words of a message whose removal is under way are
// not written behind it. SQLite has one writer.
func TestIndexLeavesWhatIsBeingRemoved(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t)
	h := setup(t, d)
	ctx := context.Background()
	r := h.shared(t, "1")
	m := h.post(t, "maya", r.ID, "1", "written long ago")
	if err := d.InTx(ctx, func(ctx context.Context) error { return db.Tx(ctx).Exec("DELETE FROM message_search").Error }); err != nil {
		t.Fatal(err)
	}
	err := d.InTx(ctx, func(removing context.Context) error {
		if err := erase(removing, r.ID, []int64{m.Seq}, db.Now(removing)); err != nil {
			return err
		}
		return h.s.Index(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
	left := 0
	if err := d.View(ctx, func(ctx context.Context) error {
		_, err := db.Row(ctx, "SELECT COUNT(*) FROM message_search", nil, &left)
		return err
	}); err != nil || left != 0 {
		t.Errorf("the words of %d removed messages are left, %v", left, err)
	}
}

// TestAnswersOnly: a thread holds what was said in it, however much was done to its
// beginning; an act cannot be answered.
func TestAnswersOnly(t *testing.T) {
	t.Parallel()
	h := setup(t, dbtest.One(t))
	ctx := context.Background()
	r := h.shared(t, "1")
	m := h.post(t, "maya", r.ID, "1", "one")
	answer, _, err := h.s.Post(ctx, h.actor("ingrid"), Draft{Room: r.ID, Key: "a", Text: "seen", Thread: m.Seq})
	if err != nil {
		t.Fatal(err)
	}
	act, err := h.s.React(ctx, h.actor("ingrid"), r.ID, answer.Seq, "👍", true)
	if err != nil {
		t.Fatal(err)
	}
	for _, emoji := range []string{"👍", "🎉", "✅"} {
		if _, err := h.s.React(ctx, h.actor("ingrid"), r.ID, m.Seq, emoji, true); err != nil {
			t.Fatal(err)
		}
	}
	got, err := h.s.History(ctx, h.actor("maya"), r.ID, Window{Thread: m.Seq, Limit: 3})
	if err != nil || len(got) != 1 || got[0].Text != "seen" {
		t.Errorf("%+v %v", got, err)
	}
	_, _, err = h.s.Post(ctx, h.actor("maya"), Draft{Room: r.ID, Key: "b", Text: "what for?", Thread: act.Seq})
	isCode(t, err, fault.Invalid)
}

// TestRetentionHoldExport: each company's rules work on its own messages, a hold of one
// side keeps what the other removes, and each export holds all that its company may see.
func TestRetentionHoldExport(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := setup(t, d)
		at := func(day int) context.Context {
			return db.WithNow(context.Background(), time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC).AddDate(0, 0, day))
		}
		r := h.shared(t, "1")
		admin := h.actor("maya")
		admin.Roles = []access.Role{access.Admin}
		ingrid := h.actor("ingrid")
		say := func(day int, a access.Actor, key, text string, files ...FileID) Message {
			t.Helper()
			m, _, err := h.s.Post(at(day), a, Draft{Room: r.ID, Key: key, Text: text, Files: files})
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		f, err := h.s.Bring(at(0), ingrid, r.ID, "offer.pdf", strings.NewReader("%PDF-1.7 offer"))
		if err != nil {
			t.Fatal(err)
		}
		say(0, ingrid, "1", "supplier old", f.ID)
		say(0, admin, "2", "reseller old")
		say(40, ingrid, "3", "supplier new")
		isCode(t, h.s.SetRetention(at(40), h.actor("maya"), 30), fault.Forbidden) // sales
		isCode(t, h.s.SetRetention(at(40), ingrid, -1), fault.Invalid)
		if err := h.s.Hold(at(40), admin, r.ID, "dispute over INV-88213"); err != nil {
			t.Fatal(err)
		}
		isCode(t, h.s.Hold(at(40), h.actor("maya"), r.ID, "x"), fault.Forbidden)
		isCode(t, h.s.Hold(at(40), ingrid, r.ID, " "), fault.Invalid)
		for _, a := range []access.Actor{ingrid, admin} { // aurelia keeps 30 days, kestrel too but under a hold
			if err := h.s.SetRetention(at(40), a, 30); err != nil {
				t.Fatal(err)
			}
		}
		if days, err := h.s.Retention(at(40), ingrid); err != nil || days != 30 {
			t.Errorf("%d %v", days, err)
		}
		for range 2 {
			if err := h.s.Expire(at(41)); err != nil {
				t.Fatal(err)
			}
		}
		all, err := h.s.History(at(41), ingrid, r.ID, Window{})
		if err != nil || len(all) != 4 || !all[0].Removed || all[1].Removed || all[2].Removed || all[3].Event != ActRemoved || all[3].From.ID != "" {
			t.Fatalf("%+v %v", all, err)
		}
		keeps, err := h.s.Keeps(at(41), ingrid, r.ID)
		if err != nil || len(keeps) != 2 {
			t.Fatalf("%+v %v", keeps, err)
		}
		for _, k := range keeps {
			if k.Days != 30 || k.Hold { // kestrel's hold is not aurelia's to know
				t.Errorf("%+v", k)
			}
		}
		export := func(a access.Actor) (string, map[string]string) {
			t.Helper()
			out, files := "", map[string]string{}
			_, err := h.s.Export(at(42), a, r.ID, func(lines []Exported) error {
				out += db.Text(lines)
				return nil
			}, func(f ExportedFile, body io.Reader) error {
				b, err := io.ReadAll(body)
				files[f.Path] = string(b)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return out, files
		}
		mine, files := export(admin)
		for _, want := range []string{"supplier old", "reseller old", "supplier new", "offer.pdf"} {
			if !strings.Contains(mine, want) {
				t.Errorf("the holder's export lacks %q: %s", want, mine)
			}
		}
		if files["files/"+string(f.ID)+"-offer.pdf"] != "%PDF-1.7 offer" {
			t.Errorf("%v", files)
		}
		theirs, files := export(ingrid)
		if strings.Contains(theirs, "supplier old") || !strings.Contains(theirs, "reseller old") || len(files) != 0 {
			t.Errorf("the other export: %s %v", theirs, files)
		}
		isCode(t, second(h.s.Export(at(42), h.actor("maya"), r.ID, nil, nil)), fault.Forbidden)
		// the hold outlives the company's place: its export is what it could read, as it stood
		ok(t, second(h.s.Edit(at(42), ingrid, r.ID, 3, "supplier newer")))
		// so it does with tasks: whose they were, and those that their maker deletes
		maya := h.actor("maya")
		given := func(key string) Task {
			t.Helper()
			x, err := h.s.AddTask(at(42), ingrid, r.ID, 3, TaskCmd{Person: maya.Person, Org: maya.Org, Due: "2031-01-0" + key, Key: key})
			ok(t, err)
			return x
		}
		dropped, handed, closed := given("1"), given("2"), given("3")
		ok(t, h.s.DropTask(at(42), ingrid, dropped.ID))
		isCode(t, second(h.s.Task(at(42), ingrid, dropped.ID)), fault.NotFound)
		if list, err := h.s.Tasks(at(42), admin, r.ID, 3); err != nil || len(list) != 2 {
			t.Errorf("%+v %v", list, err)
		}
		if theirs, _ := export(ingrid); strings.Contains(theirs, `"due":"2031-01-01","by":`) {
			t.Errorf("what was deleted is in the export of who holds nothing: %s", theirs)
		}
		if mine, _ := export(admin); strings.Count(mine, `"due":"2031-01-01","by":`) != 1 {
			t.Errorf("a deleted task is not kept: %s", mine)
		}
		ok(t, h.s.RemoveOrg(at(43), h.system("aurelia"), r.ID, h.org["kestrel"]))
		_, err = h.s.EnsureRoom(at(43), h.system("aurelia"), Spec{Subject: r.Subject, Orgs: []string{h.org["aurelia"], h.org["baltic"]}})
		ok(t, err)
		kaarel := h.actor("kaarel")
		ok(t, second(h.s.HandTask(at(44), ingrid, handed.ID, kaarel.Person, kaarel.Org)))
		ok(t, second(h.s.HandTask(at(44), ingrid, handed.ID, ingrid.Person, ingrid.Org)))
		ok(t, h.s.DropTask(at(44), ingrid, closed.ID))
		ok(t, second(h.s.Edit(at(44), ingrid, r.ID, 3, "not for kestrel")))
		ok(t, second(h.s.Edit(at(45), ingrid, r.ID, 3, "nor this")))
		say(45, ingrid, "9", "said afterwards")
		if err := h.s.SetRetention(at(120), ingrid, 30); err != nil {
			t.Fatal(err)
		}
		ok(t, h.s.Expire(at(120)))
		held, _, err := h.s.Holds(at(120), admin, "", 0)
		if err != nil || len(held) != 1 || held[0].Room != r.ID || held[0].Left.IsZero() || held[0].Reason != "dispute over INV-88213" {
			t.Errorf("%+v %v", held, err)
		}
		_, _, err = h.s.Holds(at(120), h.actor("maya"), "", 0)
		isCode(t, err, fault.Forbidden)
		if one, err := h.s.HoldOn(at(120), admin, r.ID); err != nil || one != held[0] {
			t.Errorf("%+v %v", one, err)
		}
		isCode(t, second(h.s.HoldOn(at(120), admin, ID(db.NewID()))), fault.NotFound)
		isCode(t, second(h.s.HoldOn(at(120), h.actor("maya"), r.ID)), fault.Forbidden)
		isCode(t, second(h.s.HoldOn(at(120), h.actor("ingrid"), r.ID)), fault.NotFound)
		mine, files = export(admin)
		for _, want := range []string{"supplier old", "reseller old", "supplier new", "supplier newer"} {
			if !strings.Contains(mine, want) {
				t.Errorf("the export after leaving lacks %q: %s", want, mine)
			}
		}
		for _, day := range []string{"2031-01-01", "2031-01-02", "2031-01-03"} { // as they stood then, each once
			if n := strings.Count(mine, `"due":"`+day+`","by":`); n != 1 {
				t.Errorf("the export after leaving has task %s %d times: %s", day, n, mine)
			}
		}
		if strings.Contains(mine, "kaarel") || strings.Contains(mine, kaarel.Person) {
			t.Errorf("the export after leaving names who came later: %s", mine)
		}
		for _, never := range []string{"not for kestrel", "nor this", "said afterwards"} {
			if strings.Contains(mine, never) {
				t.Errorf("the export after leaving has %q: %s", never, mine)
			}
		}
		if len(files) != 1 {
			t.Errorf("%v", files)
		}
		isCode(t, second(h.s.Export(at(120), h.actor("maya"), r.ID, nil, nil)), fault.NotFound)
		isCode(t, second(h.s.History(at(120), admin, r.ID, Window{})), fault.NotFound)
		ok(t, h.s.Release(at(121), admin, r.ID))
		if n := keptTasks(t, d); n != 0 {
			t.Errorf("%d tasks are kept for nobody", n)
		}
		isCode(t, h.s.Release(at(121), admin, r.ID), fault.NotFound)
		isCode(t, second(h.s.Export(at(121), admin, r.ID, nil, nil)), fault.NotFound)
		_, err = h.s.EnsureRoom(at(121), h.system("aurelia"), Spec{Subject: r.Subject, Orgs: r.Orgs})
		ok(t, err)
		if err := h.s.Expire(at(43)); err != nil {
			t.Fatal(err)
		}
		if mine, _ := export(admin); strings.Contains(mine, " old") { // an id may hold "old"
			t.Errorf("after the hold: %s", mine)
		}
	})
}

// TestPinFull: where no pin finds room any more, one that stands is pinned again without a
// complaint and without a number; the next one is refused until one is taken off.
func TestPinFull(t *testing.T) {
	t.Parallel()
	h := setup(t, dbtest.One(t))
	ctx := context.Background()
	r := h.shared(t, "1")
	maya := h.actor("maya")
	var seqs []int64
	for i := range MaxPins + 1 {
		seqs = append(seqs, h.post(t, "maya", r.ID, fmt.Sprint("k", i), "x").Seq)
	}
	for _, seq := range seqs[:MaxPins] {
		ok(t, second(h.s.Pin(ctx, maya, r.ID, seq, true)))
	}
	at, err := h.s.Get(ctx, maya, r.ID)
	ok(t, err)
	for range 2 {
		if _, err := h.s.Pin(ctx, maya, r.ID, seqs[0], true); err != nil {
			t.Errorf("pinned again: %v", err)
		}
	}
	isCode(t, second(h.s.Pin(ctx, maya, r.ID, seqs[MaxPins], true)), fault.Conflict)
	if pins, err := h.s.Pins(ctx, maya, r.ID); err != nil || len(pins) != MaxPins {
		t.Errorf("%d pins, %v", len(pins), err)
	}
	if now, err := h.s.Get(ctx, maya, r.ID); err != nil || now.LastSeq != at.LastSeq {
		t.Errorf("numbers taken: %d, then %d, %v", at.LastSeq, now.LastSeq, err)
	}
	ok(t, second(h.s.Pin(ctx, maya, r.ID, seqs[0], false)))
	ok(t, second(h.s.Pin(ctx, maya, r.ID, seqs[MaxPins], true)))
}

// keptTasks counts how many tasks are kept as they stood once.
func keptTasks(t *testing.T, d *db.DB) (n int64) {
	t.Helper()
	ok(t, d.View(context.Background(), func(ctx context.Context) error {
		return db.Tx(ctx).Model(&taskRow{}).Where("done < 0").Count(&n).Error
	}))
	return n
}
