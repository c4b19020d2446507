package gateway

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/edi/inspect"
	"entente/edi/translate"
	"entente/prm/access"
	"entente/prm/fault"
)

func TestModelsAreTheSchema(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.CheckModels(t, d, &interchangeRow{}, &submissionRow{}, &setRow{}, &groupRow{}, &refusalRow{}, &remoteRow{}, &pickupRow{}, &patienceRow{}, &waitRow{}, &numberRow{})
	})
}

// TestAStrangerFindsNothing calls every method as a competitor and compares the
// tables afterwards.
func TestAStrangerFindsNothing(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		a := b.post(maya, fromKestrel(400, order("PO400")).String())
		b.work()
		held := b.post(maya, fromKestrel(400, order("PO400-B")).String())
		orderID := b.get(maya, a.ID).Sets[0].DocumentID
		ackID := b.get(maya, a.ID).Acknowledgements[0].ID
		up := b.upload(maya, fromKestrel(401, order("PO401")).String())
		digest := func() string {
			return fmt.Sprint(
				b.count("SELECT count(*) FROM interchange"), b.count("SELECT sum(fence + attempts + next_at + fetched + processed) FROM interchange"),
				b.count("SELECT count(*) FROM interchange WHERE delivery = 'waiting'"), b.count("SELECT count(*) FROM interchange WHERE state = 'held'"),
				b.count("SELECT count(*) FROM edi_set"), b.count("SELECT count(*) FROM event"), b.count("SELECT count(*) FROM blob"), b.count("SELECT sum(value) FROM counter"),
			)
		}
		before := digest()
		for _, who := range []access.Actor{kaarel, person(ended, access.Admin)} {
			for _, id := range []string{a.ID, held.ID, ackID, up.ID, db.NewID(), "not an id", ""} {
				calls := map[string]func() error{
					"get":     func() error { _, err := b.s.Get(ctx, who, id); return err },
					"sets":    func() error { _, err := b.s.Sets(ctx, who, id, SetFilter{}); return err },
					"raw":     func() error { _, _, err := b.s.Raw(ctx, who, id); return err },
					"set":     func() error { _, err := b.s.SetAt(ctx, who, id, 1); return err },
					"text":    func() error { _, err := b.s.OpenSet(ctx, who, id, 1); return err },
					"fetched": func() error { return b.s.Fetched(ctx, who, id) },
					"resolve": func() error { return b.s.Resolve(ctx, who, id, AnswerProcess) },
					"upload":  func() error { _, err := b.s.GetUpload(ctx, who, id); return err },
					"book":    func() error { _, err := b.s.BookUpload(ctx, who, id); return err },
					"drop":    func() error { return b.s.DropUpload(ctx, who, id) },
				}
				if id != "" { // an Outgoing without ReplyTo is another thing
					calls["emit"] = func() error {
						_, err := b.s.Emit(ctx, who, Outgoing{ReplyTo: id, Kind: "855", Doc: ackOf("X"), DocumentKind: "order_response", DocumentID: db.NewID()})
						return err
					}
				}
				for name, call := range calls {
					if err := call(); fault.CodeOf(err) != fault.NotFound || fault.KeyOf(err) != "error.not_found" {
						t.Errorf("%s %q: %v", name, id, err)
					}
				}
			}
			some, err := b.s.Some(ctx, who, a.ID, held.ID, ackID, db.NewID())
			b.want("some", fmt.Sprint(len(some), err), "0 <nil>")
			p, err := b.s.List(ctx, who, Filter{})
			b.want("list", fmt.Sprint(len(p.Items), err), "0 <nil>")
			p, err = b.s.List(ctx, who, Filter{Query: "PO400", Partner: kestrel})
			b.want("search", fmt.Sprint(len(p.Items), err), "0 <nil>")
			o, err := b.s.Outbox(ctx, who, "", 0)
			b.want("outbox", fmt.Sprint(len(o.Items), err), "0 <nil>")
			l, err := b.s.ForDocument(ctx, who, Ref{"order", orderID}, Ref{"interchange", a.ID})
			b.want("chain", fmt.Sprint(len(l), err), "0 <nil>")
			if _, err := b.s.Stats(ctx, who); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("stats: %v", err)
			}
			if _, err := b.s.Receive(ctx, who, Submission{Reader: strings.NewReader(fromKestrel(401, order("X")).String())}); fault.KeyOf(err) != "edi.sender_not_yours" {
				t.Errorf("receive: %v", err)
			}
			if _, err := b.s.Emit(ctx, who, Outgoing{From: aurelia, Supplier: aurelia, Reseller: kestrel, Kind: "855"}); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("emit: %v", err)
			}
		}
		b.want("nothing changed", digest(), before)
		// The same bytes under another's identity do not find the earlier one.
		if _, err := b.s.Receive(ctx, kaarel, Submission{Reader: strings.NewReader(b.raw(maya, a.ID))}); fault.KeyOf(err) != "edi.sender_not_yours" {
			t.Errorf("another's bytes: %v", err)
		}
		if _, err := b.s.Get(ctx, access.Actor{}, a.ID); fault.CodeOf(err) != fault.Unauthenticated {
			t.Errorf("nobody: %v", err)
		}
		if _, err := b.s.Get(ctx, person(kestrel, access.Sales), a.ID); err == nil {
			t.Error("a role without EDI reads")
		}
		scoped := maya
		scoped.Scopes = []string{"orders:read"}
		if _, err := b.s.Outbox(ctx, scoped, "", 0); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("a token without the scope: %v", err)
		}
	})
}

func TestListFiltersAndPages(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for i := range 7 {
			b.post(maya, fromKestrel(500+i, order(fmt.Sprint("PO50", i))).String())
		}
		other := fromKestrel(500, order("PO500"))
		other.from = idBaltic
		b.post(kaarel, other.String())
		bad := b.post(maya, fromKestrel(507, append(order("PO507"), "SE*1*0001")).String())
		b.work()
		list := func(who access.Actor, f Filter) []Interchange {
			t.Helper()
			p, err := b.s.List(t.Context(), who, f)
			if err != nil {
				t.Fatal(err)
			}
			return p.Items
		}
		for name, c := range map[string]struct {
			who  access.Actor
			f    Filter
			want int
		}{
			"all of kestrel's":    {maya, Filter{}, 16},
			"all of aurelia's":    {ingrid, Filter{}, 18},
			"all of baltic's":     {kaarel, Filter{}, 2},
			"sent":                {maya, Filter{Direction: "out"}, 8},
			"received":            {maya, Filter{Direction: "in"}, 8},
			"sent, by the other":  {ingrid, Filter{Direction: "in", Partner: kestrel}, 8},
			"type":                {ingrid, Filter{Type: "850"}, 9},
			"type is no pattern":  {ingrid, Filter{Type: "8%"}, 0},
			"result":              {ingrid, Filter{Result: ResultRejected}, 1},
			"state":               {ingrid, Filter{State: Held}, 0},
			"partner":             {ingrid, Filter{Partner: baltic}, 2},
			"no partner of mine":  {maya, Filter{Partner: baltic}, 0},
			"control":             {maya, Filter{Query: "000000503"}, 1},
			"control, short":      {maya, Filter{Query: "503"}, 2}, // and the 997 to that group
			"business number":     {maya, Filter{Query: "PO503"}, 1},
			"a competitor's":      {kaarel, Filter{Query: "PO503"}, 0},
			"number of two":       {ingrid, Filter{Query: "PO500"}, 2},
			"quotes and patterns": {ingrid, Filter{Query: `%' OR 1=1 --_`}, 0},
		} {
			if got := list(c.who, c.f); len(got) != c.want {
				t.Errorf("%s: %d, want %d", name, len(got), c.want)
			}
		}
		with := list(ingrid, Filter{Partner: baltic})[0].Partnership
		if ours, theirs := len(list(ingrid, Filter{Partnership: with})), len(list(maya, Filter{Partnership: with})); ours != 2 || theirs != 0 {
			t.Errorf("of one partnership: %d, of a competitor's %d", ours, theirs)
		}
		for _, odd := range []string{"订单订单订单订单订单订单订单订单订单订单订单订单订单订单订单", "a\x00b", "\xff\xfe", strings.Repeat("é", 60), "''"} {
			list(ingrid, Filter{Query: odd, Type: odd, State: State(odd), Result: odd, Partner: odd, Direction: odd})
		}
		var seen []string
		f := Filter{Limit: 5}
		for range 10 {
			p, err := b.s.List(t.Context(), ingrid, f)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range p.Items {
				if len(seen) > 0 && i.ID == seen[len(seen)-1] {
					t.Error("a row came twice")
				}
				seen = append(seen, i.ID)
			}
			if f.After = p.Next; p.Next == "" {
				break
			}
		}
		all := list(ingrid, Filter{Limit: 200})
		b.want("pages", fmt.Sprint(seen), fmt.Sprint(ids(all)))
		for i := 1; i < len(all); i++ {
			if all[i].Received.After(all[i-1].Received) {
				t.Error("not newest first")
			}
		}
		for _, i := range all {
			if i.ID == bad.ID {
				b.want("reference", i.Reference, "PO507")
			}
		}
		if _, err := b.s.List(t.Context(), ingrid, Filter{After: "nonsense"}); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("a broken cursor: %v", err)
		}
		var fetched []string
		o := Outbox{Next: ""}
		for {
			var err error
			if o, err = b.s.Outbox(t.Context(), maya, o.Next, 3); err != nil {
				t.Fatal(err)
			}
			for _, i := range o.Items {
				fetched = append(fetched, i.Control)
			}
			if o.Next == "" {
				break
			}
		}
		b.want("outbox, oldest first", fmt.Sprint(fetched), "[000000001 000000002 000000003 000000004 000000005 000000006 000000007 000000008]")
		s, err := b.s.Stats(t.Context(), access.Actor{Person: "ops", Operator: true, Via: "session:x"})
		b.want("stats", fmt.Sprint(s.States, s.Waiting, err), "map[processed:18] 9 <nil>")
	})
}

func ids(list []Interchange) []string {
	var out []string
	for _, i := range list {
		out = append(out, i.ID)
	}
	return out
}

// A set of a refused group only says that its group was refused, so the message says why.
func TestGroupIsExplained(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		id := b.post(maya, strings.Replace(fromKestrel(71, order("PO71")).String(), "*X*005010", "*X*003040", 1)).ID
		b.work()
		if m := b.get(maya, id); len(m.Findings) != 1 || m.Findings[0].Key != "group.version" || m.Findings[0].Value != "003040" {
			t.Errorf("%+v", m.Findings)
		}
	})
}

// TestOpenSet: any document of an interchange is read alone, with its envelope and without
// the others, in whichever group of whichever standard; the one shown first is refused.
func TestOpenSet(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		bad := replaced(order("PO604"), "DTM*002*20261205", "DTM*002*20261131")
		x12 := message{from: idKestrel, to: idAurelia, control: 600, eol: "\r\n", groups: []group{{kind: "PO", sets: [][]string{order("PO600"), order("PO601")}}, {kind: "PO"}, {kind: "PO", sets: [][]string{order("PO602"), order("PO603"), bad, order("PO605")}}}}
		wrapped := ""
		flat := x12
		flat.eol, flat.control = "", 601
		for text := strings.ReplaceAll(flat.String(), "PO60", "PO61"); text != ""; text = text[min(len(text), 80):] {
			wrapped += text[:min(len(text), 80)] + "\n"
		}
		for name, c := range map[string]struct {
			who    access.Actor
			text   string
			bad    int
			number func(n int) string
			alone  bool
		}{
			"X12":         {maya, x12.String(), 5, func(n int) string { return fmt.Sprint("PO60", n-1) }, true},
			"X12 wrapped": {maya, wrapped, 5, func(n int) string { return fmt.Sprint("PO61", n-1) }, false},
			"EDIFACT":     {kaarel, unOrders("R600", "PO620", "PO621", "X622", "PO623"), 3, func(n int) string { return []string{"PO620", "PO621", "X622", "PO623"}[n-1] }, true},
		} {
			id := b.post(c.who, c.text).ID
			b.work()
			m := b.get(c.who, id)
			if len(m.Sets) < 4 {
				t.Fatalf("%s: %d sets, %+v", name, len(m.Sets), m.Findings)
			}
			for n := 0; n <= len(m.Sets); n++ {
				d, err := b.s.OpenSet(t.Context(), ingrid, id, n)
				if err != nil {
					t.Fatal(name, err)
				}
				want := n
				if n == 0 {
					want = c.bad
				}
				b.want(name+" is", fmt.Sprint(d.Set.Position, d.Set.BusinessKey, d.Interchange.ID), fmt.Sprint(want, c.number(want), id))
				for range 2 { // as often as one likes
					text, err := io.ReadAll(d.Text())
					if err != nil {
						t.Fatal(err)
					}
					joined := strings.ReplaceAll(string(text), "\n", "")
					for i := range m.Sets {
						if has, alone := strings.Contains(joined, c.number(i+1)), c.alone; has != (i+1 == want || !alone) {
							t.Errorf("%s, set %d: holds number %d: %v\n%s", name, want, i+1, has, text)
						}
					}
					if c.alone && (!strings.HasSuffix(strings.TrimSpace(string(text)), strings.TrimSpace(c.text[len(c.text)-12:])) || !strings.HasPrefix(string(text), c.text[:40])) {
						t.Errorf("%s, set %d: without its envelope:\n%s", name, want, text)
					}
				}
				w, err := inspect.Read(d.Text(), inspect.Options{EDIFACT: m.Syntax == SyntaxEDIFACT, Set: d.Place, Size: 100})
				if shown := fmt.Sprintf("%+v", w.Segments); err != nil || !strings.Contains(shown, c.number(want)) || w.Total != m.Sets[want-1].Segments {
					t.Errorf("%s, set %d: %d segments are shown, %v", name, want, w.Total, err)
				}
				facts, long, err := d.Summary(t.Context())
				if err != nil || long || !slices.Contains(facts, translate.Fact{Key: "number", Value: c.number(want), Kind: "text"}) {
					t.Errorf("%s, set %d: %v %v %v", name, want, facts, long, err)
				}
				if err := d.Close(); err != nil {
					t.Error(err)
				}
			}
			for _, n := range []int{-1, len(m.Sets) + 1, 201} {
				if _, err := b.s.OpenSet(t.Context(), ingrid, id, n); fault.CodeOf(err) != fault.NotFound {
					t.Errorf("%s, a set that is not there: %v", name, err)
				}
			}
		}
	})
}

// TestSetsByResult: the list of the sets of an interchange is read page by page, by result
// and by number, and counts what it holds.
func TestSetsByResult(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		var sets [][]string
		for i := range 12 {
			o := order(fmt.Sprintf("PO7%02d", i))
			if i == 4 || i == 10 {
				o = replaced(o, "DTM*002*20261205", "DTM*002*20261131")
			}
			sets = append(sets, o)
		}
		id := b.post(maya, fromKestrel(700, sets...).String()).ID
		b.work()
		read := func(f SetFilter) string {
			t.Helper()
			f.Counted = true
			p, err := b.s.Sets(t.Context(), ingrid, id, f)
			if err != nil {
				t.Fatal(err)
			}
			b.want("counts", fmt.Sprint(p.Results), "map[accepted:10 rejected:2]")
			b.want("of", p.Interchange.ID, id)
			var at []int
			for _, s := range p.Items {
				at = append(at, s.Position)
			}
			return fmt.Sprint(at, p.Next)
		}
		for want, f := range map[string]SetFilter{
			"[1 2 3 4 5] 5":                  {Limit: 5},
			"[11 12] 0":                      {After: 10},
			"[5 11] 0":                       {Result: ResultRejected},
			"[5] 5":                          {Result: ResultRejected, Limit: 1},
			"[11] 0":                         {Result: ResultRejected, Limit: 1, After: 5},
			"[7] 0":                          {Query: " po706 "},
			"[3] 0":                          {Query: "3"},
			"[1 2 3 4 5 6 7 8 9 10] 0":       {Query: "PO70"},
			"[] 0":                           {Query: "%"},
			"[1 2 3 4 5 6 7 8 9 10 11 12] 0": {After: -7, Limit: 1000},
			"[1 2 3 4 6 7 8 9 10 12] 0":      {Result: ResultAccepted},
		} {
			b.want(fmt.Sprintf("%+v", f), read(f), want)
		}
		if _, err := b.s.Sets(t.Context(), kaarel, id, SetFilter{}); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a competitor: %v", err)
		}
	})
}

func TestBytesOfAMiddleInterchangeStream(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		var body strings.Builder
		for i := range 3 {
			body.WriteString(fromKestrel(610+i, order(fmt.Sprint("PO61", i))).String())
		}
		a := b.post(maya, body.String())
		r, head, err := b.s.Raw(t.Context(), maya, a.Interchanges[1].ID)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		text, _ := io.ReadAll(r)
		b.want("bytes", string(text), fromKestrel(611, order("PO611")).String())
		b.want("size", head.Size, int64(len(text)))
	})
}

// TestByItself runs the gateway as the program does: nobody calls the drain.
func TestByItself(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, Options{})
		if err := b.jobs.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.s.Stop(); b.jobs.Stop() })
		start := time.Now()
		a := b.post(maya, fromKestrel(620, order("PO620")).String())
		eventually(t, "processed", func() bool { return b.get(maya, a.ID).State == Processed })
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("it took %v", took)
		}
		b.want("answers", len(b.waiting(maya)), 1)
	})
}
