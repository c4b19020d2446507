package mapping

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/fault"
	"entente/prm/identity"
	"entente/prm/mapping/blind"
)

func TestModels(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.CheckModels(t, d, &runRow{}, &sideRow{}, &logRow{}, &pointRow{}, &chunk{}, &matchRow{})
	})
}

// TestOverlap: a known overlap is found exactly, step by step, each only with the consent
// of both; what is exchanged and stored shows nothing else.
func TestOverlap(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		common := numbered("common", 12)
		b.gives(b.aurelia, named(append(numbered("onlyaurelia", 290), common...)...)...)
		b.gives(b.kestrel, named(append(numbered("onlykestrel", 40), common...)...)...)
		b.gives(b.baltic, named(append(numbered("onlybaltic", 40), common...)...)...)

		r, err := b.svc.Propose(b.at(), b.ingrid, ProposeCmd{b.toK, webOnly})
		b.must(err)
		b.turn()
		if n := b.count("SELECT COUNT(*) FROM mapping_row") + b.count("SELECT COUNT(*) FROM mapping_chunk"); n != 0 {
			t.Fatalf("%d rows were computed before the other company agreed", n)
		}
		_, err = b.svc.Get(b.at(), b.kaarel, r.ID)
		b.refused(err, fault.NotFound, "")
		b.refused(b.svc.Accept(b.at(), b.ingrid, r.ID), fault.Conflict, "mapping.not_now")
		b.refused(b.svc.Accept(b.at(), b.dan, r.ID), fault.Forbidden, "")
		b.must(b.svc.Accept(b.at(), b.maya, r.ID))
		b.refused(b.svc.Accept(b.at(), b.maya, r.ID), fault.Conflict, "mapping.not_now")
		b.turn()

		id := r.ID
		x, y := b.get(b.ingrid, id), b.get(b.maya, id)
		if x.State != Sized || x.Overlap != (Bucket{10, 25}) || y.Overlap != (Bucket{10, 25}) || x.Accounts != 0 {
			t.Fatalf("after the first step: %+v and %+v", x, y)
		}
		if x.Mine.Rows != 302 || y.Mine.Rows != 52 || x.Theirs.Commit == nil || *x.Theirs.Commit != *y.Mine.Commit || *y.Theirs.Commit != *x.Mine.Commit || x.Mine.Commit.Rows != 302 {
			t.Fatalf("commitments: %+v, %+v, %+v", x.Mine, x.Theirs, y.Mine)
		}
		if _, _, err := b.svc.Accounts(b.at(), b.ingrid, id, "", 0); fault.KeyOf(err) != "mapping.not_yet" {
			t.Fatalf("accounts are told before the second step: %v", err)
		}
		if all := b.stored(); strings.Contains(all, "onlyaurelia") || strings.Contains(all, "common") || strings.Contains(all, "onlykestrel") {
			t.Fatal("a name stands in what is stored or exchanged")
		}
		b.exchanged(id, 302, 52)

		b.refused(b.svc.Consent(b.at(), b.ingrid, id, StepFields), fault.Conflict, "mapping.not_now")
		b.must(b.svc.Consent(b.at(), b.ingrid, id, StepMine))
		b.must(b.svc.Consent(b.at(), b.ingrid, id, StepMine)) // said before
		b.turn()
		if x = b.get(b.ingrid, id); x.State != Sized || b.count("SELECT COUNT(*) FROM mapping_match") != 0 {
			t.Fatalf("one consent was enough: %+v", x)
		}
		b.must(b.svc.Consent(b.at(), b.maya, id, StepMine))
		b.turn()
		for _, who := range []struct {
			name string
			a    string
		}{{"aurelia", b.aurelia}, {"kestrel", b.kestrel}} {
			if n := b.count("SELECT COUNT(*) FROM mapping_match WHERE org_id = ?", who.a); n != len(common) {
				t.Fatalf("%s has %d matches, want %d", who.name, n, len(common))
			}
		}
		slices.Sort(common)
		names, told := b.accounts(b.ingrid, id)
		if !slices.Equal(names, common) {
			t.Fatalf("Aurelia's matches: %v", names)
		}
		if names, _ := b.accounts(b.maya, id); !slices.Equal(names, common) {
			t.Fatalf("Kestrel's matches: %v", names)
		}
		if len(told["common1"]) != 0 {
			t.Fatal("fields are told before the third step")
		}
		shown, err := b.svc.Shown(b.at(), b.ingrid, id, 5)
		b.must(err)
		if len(shown) != 5 || shown[0].Name == "" || shown[0].Place == "" || shown[0].Web != "" || shown[0].Person != "" {
			t.Fatalf("what the other will see: %+v", shown)
		}
		b.both(id, StepFields)
		if x = b.get(b.ingrid, id); x.State != Done || x.Stage != StepFields || x.Accounts != len(common) {
			t.Fatalf("at the end: %+v", x)
		}
		_, told = b.accounts(b.maya, id)
		if got := told["common3"]; len(got) != 1 || got[0] != (Shared{Name: "common3", Place: "LS1 4AP Leeds, GB"}) {
			t.Fatalf("what Kestrel is told of common3: %+v", got)
		}
		if all := b.stored(); strings.Contains(all, "only") {
			t.Fatal("an account that does not match was told")
		}
		// secrets and points are destroyed
		if n := b.count("SELECT COUNT(*) FROM mapping_chunk") + b.count("SELECT COUNT(*) FROM mapping_row WHERE list = 'theirs' OR length(points) > 0") + b.count("SELECT COUNT(*) FROM mapping_side WHERE length(secret) > 0"); n != 0 {
			t.Fatalf("%d secrets or points are left", n)
		}
		if got := b.events.take(); got != "Proposed Consented Revealed Consented Consented Revealed Consented Consented Closed" {
			t.Fatalf("events: %s", got)
		}
		var did []string
		for _, e := range b.get(b.maya, id).Log {
			did = append(did, e.What)
		}
		if got := strings.Join(did, " "); got != "proposed consented committed committed revealed consented consented revealed consented consented revealed erased" {
			t.Fatalf("the receipt says: %s", got)
		}
		if n := b.count("SELECT COUNT(*) FROM audit WHERE subject_id = ?", string(id)); n < 8 {
			t.Fatalf("%d lines of the audit log", n)
		}
	})
}

// exchanged checks the bytes that changed hands in the first step: as many points as was
// said, every one different, none of them what a third could compute from a key, and the
// answers in another order than the lists.
func (b *bench) exchanged(id ID, aurelia, kestrel int) {
	b.t.Helper()
	sent := map[string]map[blind.Point]bool{}
	b.must(b.db.View(context.Background(), func(ctx context.Context) error {
		var rows []chunk
		if err := db.Tx(ctx).Where("run_id = ?", string(id)).Order("part, number").Find(&rows).Error; err != nil {
			return err
		}
		for _, c := range rows {
			what := fmt.Sprintf("%s %d", c.OrgID, c.Part)
			if c.Part != partList && c.Part != partDouble || len(c.Data) != int(c.RowCount)*blind.Size {
				b.t.Fatalf("something else changed hands: part %d, %d bytes of %d rows", c.Part, len(c.Data), c.RowCount)
			}
			for _, p := range pointsOf(c.Data) {
				if sent[what][p] {
					b.t.Fatal("a point comes twice in a message: two accounts can be told to be the same")
				}
				if sent[what] == nil {
					sent[what] = map[blind.Point]bool{}
				}
				sent[what][p] = true
			}
		}
		return nil
	}))
	list, double := map[string]string{b.aurelia: b.aurelia + " 2", b.kestrel: b.kestrel + " 2"}, map[string]string{b.aurelia: b.aurelia + " 3", b.kestrel: b.kestrel + " 3"}
	for what, want := range map[string]int{list[b.aurelia]: aurelia, list[b.kestrel]: kestrel, double[b.aurelia]: kestrel, double[b.kestrel]: aurelia} {
		if len(sent[what]) != want {
			b.t.Fatalf("%s: %d points, want %d", what, len(sent[what]), want)
		}
	}
	// the answer is Aurelia's list under both secrets, in another order
	b.must(b.db.View(context.Background(), func(ctx context.Context) error {
		sides, err := sidesOf(ctx, id)
		if err != nil {
			return err
		}
		_, sec, err := b.svc.opened(sides[b.kestrel])
		if err != nil {
			return err
		}
		first, _, err := chunkAt(ctx, id, b.aurelia, partList, 0)
		if err != nil {
			return err
		}
		answer, _, err := chunkAt(ctx, id, b.kestrel, partDouble, 0)
		same := 0
		for i, p := range pointsOf(first.Data) {
			q, err := sec.Again(p)
			if err != nil || !sent[double[b.kestrel]][q] {
				b.t.Fatalf("point %d was not answered (%v)", i, err)
			}
			if q == blind.Point(answer.Data[i*blind.Size:]) {
				same++
			}
		}
		if same > 10 { // one is expected
			b.t.Fatalf("%d of 256 answers stand in the place of the question", same)
		}
		return err
	}))
	// the lists of the two sides meet nowhere, and under both secrets in the overlap alone
	for _, x := range []struct {
		a, b string
		want int
	}{{list[b.aurelia], list[b.kestrel], 0}, {list[b.aurelia], double[b.kestrel], 0}, {list[b.aurelia], double[b.aurelia], 0}, {list[b.kestrel], double[b.kestrel], 0}, {double[b.aurelia], double[b.kestrel], 12}} {
		n := 0
		for p := range sent[x.a] {
			if sent[x.b][p] {
				n++
			}
		}
		if n != x.want {
			b.t.Fatalf("%s and %s meet in %d points, want %d", x.a, x.b, n, x.want)
		}
	}
}

// TestBlinded: under other secrets the same list gives other points, so that
// nobody can try names against what was exchanged.
func TestBlinded(t *testing.T) {
	t.Parallel()
	a, c := blind.NewSecret(), blind.NewSecret()
	d := blind.Domain{Run: []byte("r"), Edition: 1}
	if a.Key(d, "domain", "x.com") == c.Key(d, "domain", "x.com") {
		t.Fatal("a key can be tried without the secret")
	}
}

// TestSmallOverlap: fewer than five in common is told as nothing, and there is no further step.
func TestSmallOverlap(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	common := numbered("common", 4)
	b.gives(b.aurelia, named(append(numbered("a", 30), common...)...)...)
	b.gives(b.kestrel, named(append(numbered("k", 30), common...)...)...)
	id := b.sized(webOnly)
	for _, who := range []Detail{b.get(b.ingrid, id), b.get(b.maya, id)} {
		if who.State != Small || who.Overlap != (Bucket{}) || who.Can("consent", b.aurelia) {
			t.Fatalf("%+v", who)
		}
	}
	b.refused(b.svc.Consent(b.at(), b.ingrid, id, StepMine), fault.Conflict, "mapping.not_now")
	if n := b.count("SELECT COUNT(*) FROM mapping_chunk"); n != 0 {
		t.Fatalf("%d pieces are left", n)
	}
}

// TestKeys: an account is one account however many keys match, keys that several accounts
// hold are sent once, and the number of keys of an account is not seen.
func TestKeys(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	full := func(i int) one {
		return one{fmt.Sprintf("full%d", i), identity.Facts{DUNS: fmt.Sprintf("%09d", 100000000+i), Web: []string{fmt.Sprintf("full%d.com", i)}, Mail: []string{fmt.Sprintf("x@second%d.com", i)}}}
	}
	var mine, others []one
	for i := range 20 {
		mine = append(mine, full(i))
		x := full(i)
		if i >= 6 {
			x = one{fmt.Sprintf("other%d", i), identity.Facts{Web: []string{fmt.Sprintf("other%d.com", i)}}}
		}
		others = append(others, x)
	}
	mine = append(mine, one{"branch", identity.Facts{Web: []string{"full1.com"}}}, one{"nothing", identity.Facts{}})
	others = append(others, one{"shares", identity.Facts{Web: []string{"second9.com"}}}) // a third key has no place beside the two kinds
	b.gives(b.aurelia, mine...)
	b.gives(b.kestrel, others...)
	id := b.sized(Terms{Kinds: []string{"domain", "duns"}})
	if d := b.get(b.ingrid, id); d.Mine.Rows != 20 || d.Overlap != (Bucket{5, 10}) || !slices.Equal(d.Terms.Kinds, []string{"duns", "domain"}) {
		t.Fatalf("%+v", d)
	}
	if n := b.count("SELECT COUNT(DISTINCT length(points)) FROM mapping_row"); n != 1 {
		t.Fatal("the number of an account's keys is seen")
	}
	b.both(id, StepMine)
	d := b.get(b.ingrid, id)
	if names, _ := b.accounts(b.ingrid, id); d.Accounts != 6 || len(names) != 6 || d.State != Done {
		t.Fatalf("%d accounts, %s: %v", d.Accounts, d.State, names)
	}
}

// TestLists: a list that is too short, or is the last one with a few names more, is not
// compared; only its own company is told why.
func TestLists(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	b.gives(b.aurelia, named(numbered("a", 30)...)...)
	b.gives(b.kestrel, named(numbered("a", least-1)...)...)
	id := b.sized(webOnly)
	if x, y := b.get(b.ingrid, id), b.get(b.maya, id); x.State != Failed || x.Reason != "other_list" || y.Reason != "list_small" || x.Stage != 0 {
		t.Fatalf("%s and %s", x.Reason, y.Reason)
	}
	b.gives(b.kestrel, named("a25", "a26", "a27")...)
	if d := b.get(b.ingrid, b.sized(webOnly)); d.State != Sized {
		t.Fatalf("%+v", d)
	} else {
		b.must(b.svc.End(b.at(), b.maya, d.ID))
		b.turn()
	}
	b.gives(b.kestrel, named("probe")...)
	if d := b.get(b.maya, b.sized(webOnly)); d.State != Failed || d.Reason != "list_same" {
		t.Fatalf("a list with one name more: %s %s", d.State, d.Reason)
	}
	b.gives(b.kestrel, named(numbered("probe2", 30)...)...)
	if d := b.get(b.maya, b.sized(webOnly)); d.State != Failed || d.Reason != "list_edited" {
		t.Fatalf("another list: %s %s", d.State, d.Reason)
	}
	_, err := b.svc.Propose(b.at(), b.maya, ProposeCmd{b.toK, webOnly})
	b.refused(err, fault.RateLimited, "mapping.too_often")
	b.now = b.now.Add(Month + time.Hour)
	r, err := b.svc.Propose(b.at(), b.maya, ProposeCmd{b.toK, webOnly})
	b.must(err)
	_, err = b.svc.Propose(b.at(), b.ingrid, ProposeCmd{b.toK, webOnly})
	b.refused(err, fault.Conflict, "mapping.one_at_a_time")
	b.refused(b.svc.Decline(b.at(), b.maya, r.ID), fault.Conflict, "mapping.not_now")
	b.must(b.svc.Decline(b.at(), b.ingrid, r.ID))
	b.refused(b.svc.Cancel(b.at(), b.maya, r.ID), fault.Conflict, "mapping.not_now")
	for range perMonth + 1 { // what is taken back before anybody agreed is no comparison
		r, err = b.svc.Propose(b.at(), b.maya, ProposeCmd{b.toK, webOnly})
		b.must(err)
		b.must(b.svc.Cancel(b.at(), b.maya, r.ID))
	}
	// one that nobody answers
	r, err = b.svc.Propose(b.at(), b.maya, ProposeCmd{b.toK, webOnly})
	b.must(err)
	b.now = b.now.Add(patience + time.Hour)
	if _, err := b.svc.Tick(b.at()); err != nil {
		t.Fatal(err)
	}
	if d := b.get(b.ingrid, r.ID); d.State != Expired {
		t.Fatalf("%s", d.State)
	}
	page, err := b.svc.List(b.at(), b.maya, Filter{Limit: 2})
	b.must(err)
	if len(page.Items) != 2 || page.Next == "" || page.Items[0].ID != r.ID {
		t.Fatalf("%+v", page)
	}
	if page, err = b.svc.List(b.at(), b.kaarel, Filter{}); err != nil || len(page.Items) != 0 {
		t.Fatalf("a stranger lists %d runs (%v)", len(page.Items), err)
	}
}

// TestStates: whatever people and the program do in whatever order, a step is made only
// with the consent of both, the state never goes back, and what is over has no secrets.
func TestStates(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	common := numbered("common", 8)
	b.gives(b.aurelia, named(append(numbered("a", 12), common...)...)...)
	b.gives(b.kestrel, named(append(numbered("k", 12), common...)...)...)
	rapid.Check(t, func(rt *rapid.T) {
		b.now = b.now.Add(Month + time.Hour)
		r, err := b.svc.Propose(b.at(), b.ingrid, ProposeCmd{b.toK, webOnly})
		if err != nil {
			rt.Fatal(err)
		}
		agreed := map[string]int{b.aurelia: 1}
		last := Detail{Run: r}
		for range rapid.IntRange(1, 12).Draw(rt, "acts") {
			a := b.ingrid
			if rapid.Bool().Draw(rt, "maya") {
				a = b.maya
			}
			var err error
			switch rapid.SampledFrom([]string{"turn", "turn", "accept", "two", "two", "three", "three", "cancel", "end", "decline"}).Draw(rt, "act") {
			case "turn":
				for range rapid.IntRange(1, 5).Draw(rt, "n") {
					if _, err := b.svc.Turn(b.at()); err != nil {
						rt.Fatal(err)
					}
				}
			case "accept":
				if err = b.svc.Accept(b.at(), a, r.ID); err == nil {
					agreed[a.Org] = 1
				}
			case "two":
				if err = b.svc.Consent(b.at(), a, r.ID, StepMine); err == nil {
					agreed[a.Org] = max(agreed[a.Org], StepMine)
				}
			case "three":
				if err = b.svc.Consent(b.at(), a, r.ID, StepFields); err == nil {
					agreed[a.Org] = max(agreed[a.Org], StepFields)
				}
			case "cancel":
				err = b.svc.Cancel(b.at(), a, r.ID)
			case "end":
				err = b.svc.End(b.at(), a, r.ID)
			case "decline":
				err = b.svc.Decline(b.at(), a, r.ID)
			}
			if err != nil && fault.CodeOf(err) != fault.Conflict {
				rt.Fatalf("refused as %v", err)
			}
			d := b.get(b.ingrid, r.ID)
			if d.Stage < last.Stage || !last.State.Open() && last.State != "" && d.State != last.State {
				rt.Fatalf("from %s %d to %s %d", last.State, last.Stage, d.State, d.Stage)
			}
			if d.Stage > min(agreed[b.aurelia], agreed[b.kestrel]) {
				rt.Fatalf("step %d was made with consents %v", d.Stage, agreed)
			}
			if n := b.count("SELECT COUNT(*) FROM mapping_side WHERE run_id = ? AND length(secret) > 0", string(r.ID)); !d.State.Open() && n > 0 {
				rt.Fatalf("%s, and %d secrets are left", d.State, n)
			}
			last = d
		}
		if last.State.Open() {
			for _, end := range []error{b.svc.Cancel(b.at(), b.ingrid, r.ID), b.svc.End(b.at(), b.ingrid, r.ID)} {
				if end != nil && fault.CodeOf(end) != fault.Conflict {
					rt.Fatal(end)
				}
			}
		}
		b.turn()
	})
}

// TestPartnershipEnds: a consent that was given before the partnership was suspended is not
// made use of after it.
func TestPartnershipEnds(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	b.gives(b.aurelia, named(numbered("common", 12)...)...)
	b.gives(b.kestrel, named(numbered("common", 12)...)...)
	is := func(state string) {
		b.must(b.db.InTx(context.Background(), func(ctx context.Context) error {
			return db.Tx(ctx).Exec("UPDATE partnership SET state = ? WHERE id = ?", state, b.toK).Error
		}))
	}
	r, err := b.svc.Propose(b.at(), b.ingrid, ProposeCmd{b.toK, webOnly})
	b.must(err)
	is("suspended")
	b.refused(b.svc.Accept(b.at(), b.maya, r.ID), fault.Conflict, "mapping.partnership")
	is("active")
	b.must(b.svc.Accept(b.at(), b.maya, r.ID))
	b.turn()
	b.must(b.svc.Consent(b.at(), b.ingrid, r.ID, StepMine))
	is("ended")
	b.refused(b.svc.Consent(b.at(), b.maya, r.ID, StepMine), fault.Conflict, "mapping.partnership")
	b.turn()
	if d := b.get(b.maya, r.ID); d.Stage != StepSize || d.State != Sized || d.Accounts != 0 {
		t.Fatalf("%+v", d)
	}
	b.must(b.svc.End(b.at(), b.maya, r.ID)) // that is always possible
}

// TestEndedMidway: what was found or heard for a step that is not made, since a company
// ended the run meanwhile, is destroyed with the rest.
func TestEndedMidway(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.gives(b.aurelia, named(numbered("common", 12)...)...)
		b.gives(b.kestrel, named(numbered("common", 12)...)...)
		id := b.sized(webOnly)
		until := func(query string) {
			row, ok, err := b.svc.claim(b.at())
			if b.must(err); !ok {
				t.Fatal("nothing is due")
			}
			for b.count(query) == 0 {
				w, err := b.svc.next(b.at(), row.run())
				if b.must(err); w == nil {
					t.Fatalf("at rest before %s", query)
				}
				b.must(b.svc.step(b.at(), w))
			}
		}
		const told = "SELECT COUNT(*) FROM mapping_match WHERE told <> ''"
		b.must(b.svc.Consent(b.at(), b.ingrid, id, StepMine))
		b.must(b.svc.Consent(b.at(), b.maya, id, StepMine))
		until("SELECT COUNT(*) FROM mapping_match")
		b.must(b.svc.End(b.at(), b.maya, id))
		b.turn()
		if n := b.count("SELECT COUNT(*) FROM mapping_match"); n != 0 {
			t.Fatalf("%d matches of a step that was not made are left", n)
		}
		id = b.sized(webOnly)
		b.both(id, StepMine)
		b.must(b.svc.Consent(b.at(), b.ingrid, id, StepFields))
		b.must(b.svc.Consent(b.at(), b.maya, id, StepFields))
		until(told)
		b.must(b.svc.End(b.at(), b.maya, id))
		b.turn()
		if n, all := b.count(told), b.count("SELECT COUNT(*) FROM mapping_match"); n != 0 || all != 24 {
			t.Fatalf("of %d matches %d hold what was not to be told", all, n)
		}
	})
}
