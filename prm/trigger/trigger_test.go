package trigger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
)

type events struct {
	mu   sync.Mutex
	list []Event
	bad  string
}

func (e *events) Publish(ctx context.Context, x job.Event) error {
	if e.bad == x.Orgs[0] {
		return errors.New("no events of this company")
	}
	db.AfterCommit(ctx, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.list = append(e.list, x.Payload.(Event))
	})
	return nil
}

type promos struct{}

func (promos) Known(_ context.Context, _ access.Actor, id string) error {
	if id != "p1" {
		return notFound()
	}
	return nil
}

type stage struct {
	t                        testing.TB
	db                       *db.DB
	svc                      *Service
	told                     *events
	aurelia, kestrel, baltic string
	ingrid, wen, maya        access.Actor
	now                      time.Time
}

func (f *stage) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatalf("%v %+v", err, fault.As(err).Fields)
	}
}

func (f *stage) at() context.Context {
	f.now = f.now.Add(time.Second)
	return db.WithNow(context.Background(), f.now)
}

func (f *stage) exec(query string, args ...any) {
	f.t.Helper()
	f.must(f.db.InTx(context.Background(), func(ctx context.Context) error { return db.Tx(ctx).Exec(query, args...).Error }))
}

// order is an order of a reseller some days ago.
func (f *stage) order(reseller string, days int, family string) {
	f.t.Helper()
	id, at := db.NewID(), db.Micros(f.now.AddDate(0, 0, -days))
	f.exec("INSERT INTO purchase_order (id, supplier_id, reseller_id, partnership_id, number, release_no, purpose, kind, state, held, marks, currency, total, confirmed_total, invoiced_total, line_count, ordered_on, requested_on, ship_to, parties, references_json, note, source, interchange_id, set_no, source_key, copy, content_hash, placed_by, received, changed, version) VALUES (?, ?, ?, ?, ?, '', '', '', 'received', '', 0, 'GBP', 0, 0, 0, 1, '', '', '', '', '', '', '', '', 0, ?, 0, '', '', ?, ?, 1)",
		id, f.aurelia, reseller, "p"+reseller[1:], id, id, at, at)
	f.exec("INSERT INTO order_line (order_id, line, supplier_id, reseller_id, reference, product_id, sku, buyer_item, gtin, description, unit, price, list_price, amount, mark, state, requested_on, promised_on, deal_number, ordered, confirmed, backordered, cancelled, shipped, received, invoiced, credited, returned) VALUES (?, 1, ?, ?, '', ?, '', '', '', '', 'EA', 0, 0, 0, '', 'open', '', '', '', 1, 0, 0, 0, 0, 0, 0, 0, 0)",
		id, f.aurelia, reseller, f.aurelia[:8]+family)
}

func setup(t testing.TB, d *db.DB) *stage {
	t.Helper()
	f := &stage{t: t, db: d, told: &events{}, aurelia: db.NewID(), kestrel: db.NewID(), baltic: db.NewID(), now: time.Date(2026, 12, 7, 9, 0, 0, 0, time.UTC)}
	f.svc = New(d, f.told, promos{})
	act := func(org string, r access.Role) access.Actor {
		return access.Actor{Person: db.NewID(), Org: org, Roles: []access.Role{r}, Via: "session:x"}
	}
	f.ingrid, f.wen, f.maya = act(f.aurelia, access.Manager), act(f.aurelia, access.Sales), act(f.kestrel, access.Admin)
	for slug, id := range map[string]string{"aurelia": f.aurelia, "kestrel": f.kestrel, "baltic": f.baltic} {
		f.exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', 'GB', 'GBP', 'Europe/London', 'en', 'active', 1)", id, slug, slug)
	}
	for _, id := range []string{f.kestrel, f.baltic} {
		f.exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', 'GBP', 0, 0, 1, 1, '')", "p"+id[1:], f.aurelia, id)
	}
	for _, family := range []string{"battery", "saw"} {
		f.exec("INSERT INTO product (org_id, id, sku, name_en, name_zh, family, unit, gtin, state, created) VALUES (?, ?, ?, '', '', ?, 'EA', '', 'active', 1)", f.aurelia, f.aurelia[:8]+family, family, family)
	}
	return f
}

func each(t *testing.T, fn func(f *stage)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(setup(t, d)) })
}

func TestModels(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { dbtest.CheckModels(t, d, ruleRow{}, suggestionRow{}) })
}

// TestCompile: what a condition may be, and where a mistake is said to stand.
func TestCompile(t *testing.T) {
	t.Parallel()
	for _, x := range Templates {
		if c, err := Compile(x.About, x.When); err != nil || c.Tree.Kind == "" || len(c.Asked) == 0 {
			t.Errorf("%s: %v %+v", x.Key, err, fault.As(err).Fields)
		}
	}
	if _, err := Compile(Partners, `country in ["GB", "FR"] || !bought("saw") && -1 < (2 + usual_gap) / 2`); err != nil {
		t.Errorf("%v %+v", err, fault.As(err).Fields)
	}
	for _, x := range []struct{ when, key, near string }{
		{"days_since_last_ordr > 3", "trigger.unknown", "1 days_since_last_ordr"},
		{"usual_gap > 3 and lead_age > 1", "trigger.unknown", "19 lead_age"},
		{"usual_gap >", "trigger.unreadable", ""},
		{"usual_gap > 3 3", "trigger.unreadable", "15 3"},
		{"usual_gap + 1", "trigger.not_yes_no", ""},
		{`usual_gap > "three"`, "trigger.mismatch", ""},
		{`bought(country)`, "trigger.argument", "1 bought"},
		{`bought("a", "b")`, "trigger.argument", ""},
		{`country matches "^(a+)+$"`, "trigger.operator", ""},
		{`all(1..100000000, true)`, "trigger.part", ""},
		{`len(country) > 2`, "trigger.part", ""},
		{`country[0] == "G"`, "trigger.part", ""},
		{`let x = 1; x > 0`, "trigger.part", ""},
		{`usual_gap > 1 ? true : false`, "trigger.part", ""},
		{`env("HOME") == ""`, "trigger.unknown", ""},
		{`usual_gap ** 99 > 1`, "trigger.operator", ""},
		{strings.Repeat("(", 200) + "usual_gap > 1" + strings.Repeat(")", 200), "", ""},
		{strings.Repeat("usual_gap > 1 and ", 60) + "true", "form.too_long", ""},
		{"", "form.missing", ""},
	} {
		_, err := Compile(Partners, x.when)
		if x.key == "" {
			continue // it must come back, whatever it says
		}
		fields := fault.As(err).Fields
		if err == nil || len(fields) != 1 || fields[0].Key != x.key || x.near != "" && fmt.Sprint(fields[0].Args["At"], " ", fields[0].Args["Near"]) != x.near {
			t.Errorf("%.60s: %v %+v, want %s %s", x.when, err, fields, x.key, x.near)
		}
	}
	// division by nothing is no crash
	c, err := Compile(Quotes, "value / lines > 1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.applies(quoteFacts{Value: 3}); err != nil {
		t.Fatal(err)
	}
}

// TestPropose: a rule finds whom it means, once for an occasion and not within the quiet
// days; a refusal stands; what is put off comes back.
func TestPropose(t *testing.T) {
	each(t, func(f *stage) {
		for _, d := range []int{60, 50, 40, 30} {
			f.order(f.kestrel, d, "battery")
		}
		f.order(f.baltic, 3, "saw")
		when := `orders_in_year >= 4 and days_since_last_order > 1.5 * usual_gap and bought("battery")`
		tried, err := f.svc.DryRun(f.at(), f.ingrid, Partners, when)
		f.must(err)
		want := "[{orders_in_year  4} {days_since_last_order  30} {usual_gap  10} {bought battery yes}]"
		if tried.Seen != 2 || tried.Found != 1 || tried.Matches[0].Partner != f.kestrel || fmt.Sprint(tried.Matches[0].Facts) != want {
			t.Fatalf("%+v", tried)
		}
		r, err := f.svc.SaveRule(f.at(), f.ingrid, Rule{Name: "Overdue", About: Partners, When: when, Action: ActMessage, Quiet: 14, Active: true})
		f.must(err)
		for range 3 {
			f.must(f.svc.Tick(f.at()))
		}
		got, _, err := f.svc.List(f.at(), f.ingrid, Filter{})
		f.must(err)
		if len(got) != 1 || got[0].Partner != f.kestrel || fmt.Sprint(got[0].Facts) != want || got[0].RuleName != "Overdue" || len(f.told.list) != 1 || f.told.list[0].Suggestion != got[0].ID {
			t.Fatalf("%+v %+v", got, f.told.list)
		}
		// nobody else sees it, and of its own company not who may not read quotes
		for _, who := range []access.Actor{f.maya, f.wen} {
			if _, err := f.svc.Get(f.at(), who, got[0].ID); err == nil {
				t.Fatal("seen by a stranger")
			}
			if list, _, err := f.svc.List(f.at(), who, Filter{}); len(list) > 0 {
				t.Fatal(err, list)
			}
			if _, err := f.svc.Accept(f.at(), who, got[0].ID); err == nil {
				t.Fatal("taken by a stranger")
			}
		}
		x, err := f.svc.Snooze(f.at(), f.ingrid, got[0].ID, 3)
		f.must(err)
		if n, err := f.svc.Count(f.at(), f.ingrid); n != 0 || err != nil || x.State != Snoozed {
			t.Fatal(n, err, x)
		}
		f.now = f.now.AddDate(0, 0, 3)
		f.must(f.svc.Tick(f.at()))
		if n, err := f.svc.Count(f.at(), f.ingrid); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if _, err = f.svc.Dismiss(f.at(), f.ingrid, x.ID, "nonsense", ""); fault.CodeOf(err) != fault.Invalid {
			t.Fatal(err)
		}
		if x, err = f.svc.Dismiss(f.at(), f.ingrid, x.ID, "known", "They moved house."); err != nil || x.State != Dismissed || x.DecidedBy != f.ingrid.Person {
			t.Fatal(err, x)
		}
		if _, err = f.svc.Accept(f.at(), f.ingrid, x.ID); fault.CodeOf(err) != fault.Conflict {
			t.Fatal(err)
		}
		// the quiet days over, the same occasion is not proposed again; a new one is
		f.now = f.now.AddDate(0, 0, 20)
		f.must(f.svc.Tick(f.at()))
		if n, _ := f.svc.Count(f.at(), f.ingrid); n != 0 {
			t.Fatal("the same occasion again")
		}
		f.order(f.kestrel, 0, "battery")
		f.now = f.now.AddDate(0, 0, 40)
		f.must(f.svc.Tick(f.at()))
		got, _, err = f.svc.List(f.at(), f.ingrid, Filter{})
		f.must(err)
		if len(got) != 1 || got[0].ID == x.ID {
			t.Fatalf("%+v", got)
		}
		if x, err = f.svc.Accept(f.at(), f.ingrid, got[0].ID); err != nil || x.State != Accepted {
			t.Fatal(err, x)
		}
		// what happened brings the turn forward, once in ten minutes
		r.Active, r.Name = true, "Overdue orders"
		r, err = f.svc.SaveRule(f.at(), f.ingrid, r)
		f.must(err)
		f.must(f.svc.Tick(f.at()))
		ran := func() time.Time {
			rules, err := f.svc.Rules(f.at(), f.ingrid)
			f.must(err)
			return rules[0].Ran
		}
		first := ran()
		var asked int64
		f.must(f.db.InTx(f.at(), func(ctx context.Context) error { // of a batch of events the first says it
			for range 3 {
				was := f.db.Counts().Run
				if err := f.svc.Touched(ctx, f.aurelia, Partners); err != nil {
					return err
				}
				asked += min(1, f.db.Counts().Run-was)
			}
			return nil
		}))
		if asked != 1 {
			t.Fatalf("%d of three in one transaction asked the database", asked)
		}
		f.must(f.svc.Tick(f.at()))
		if !ran().Equal(first) {
			t.Fatal("it took its turn twice within ten minutes")
		}
		f.now = f.now.Add(11 * time.Minute)
		f.must(f.svc.Tick(f.at()))
		if ran().Equal(first) {
			t.Fatal("what happened did not bring its turn forward")
		}
		// rules: versions, places of mistakes, promotions that are no such
		stale := r
		stale.Version--
		if _, err = f.svc.SaveRule(f.at(), f.ingrid, stale); fault.CodeOf(err) != fault.Conflict {
			t.Fatal(err)
		}
		_, err = f.svc.SaveRule(f.at(), f.ingrid, Rule{Name: "x", About: Partners, When: "nothing > 1", Action: ActCampaign, Promotion: "p2", Quiet: 14})
		var keys []string
		for _, x := range fault.As(err).Fields {
			keys = append(keys, x.Name+" "+x.Key)
		}
		if !slices.Equal(keys, []string{"when trigger.unknown", "promotion form.choice_wrong"}) {
			t.Fatal(keys)
		}
		f.must(f.svc.RemoveRule(f.at(), f.maya, r.ID))
		if rules, _ := f.svc.Rules(f.at(), f.ingrid); len(rules) != 1 {
			t.Fatal("removed by a stranger")
		}
	})
}

// TestFacts: quotes, stock and leads.
func TestFacts(t *testing.T) {
	each(t, func(f *stage) {
		ago := func(days int) int64 { return db.Micros(f.now.AddDate(0, 0, -days)) }
		for i, opened := range []int64{ago(4), 0} {
			f.exec("INSERT INTO quote (id, supplier_id, reseller_id, partnership_id, number, source_key, state, lane, round, currency, deal_id, deal_code, title, customer, total, line_count, made, made_by, made_org, changed, expires, next_at, warned, reason, comment, decided, decided_by, decided_org, order_id, order_number, offer_approval, order_approval, tries, opened, opened_round) VALUES (?, ?, ?, ?, ?, ?, 'offered', '', 2, 'GBP', '', '', '', '', 125050, 3, 1, '', '', ?, ?, 0, 0, '', '', 0, '', '', '', '', '', '', 0, ?, ?)",
				fmt.Sprint("q", i), f.aurelia, f.kestrel, "p"+f.kestrel[1:], fmt.Sprint("Q-", i), fmt.Sprint("q", i), ago(6), ago(-5), opened, 2)
		}
		f.exec("INSERT INTO stock_report (id, supplier_id, reseller_id, partnership_id, number, day, source, source_key, interchange_id, line_count, unknown, received) VALUES ('s1', ?, ?, '', '1', '2026-12-04', '', 's1', '', 1, 0, 1)", f.aurelia, f.kestrel)
		f.exec("INSERT INTO stock_report_line (report_id, position, supplier_id, reseller_id, product_id, sku, buyer_item, gtin, place, kind, quantity, unit, pieces) VALUES ('s1', 1, ?, ?, ?, 'AUR-B50', '', '', '', '33', 0, 'EA', 10000000)", f.aurelia, f.kestrel, f.aurelia[:8]+"battery")
		f.exec("INSERT INTO stock_report_line (report_id, position, supplier_id, reseller_id, product_id, sku, buyer_item, gtin, place, kind, quantity, unit, pieces) VALUES ('s1', 2, ?, ?, ?, 'AUR-D18B', '', '', '', '17', 0, 'EA', 90000000)", f.aurelia, f.kestrel, f.aurelia[:8]+"saw") // told as on hand, which the other is not
		f.exec("INSERT INTO sell_report (id, supplier_id, reseller_id, partnership_id, number, purpose, made, period_from, period_to, state, replaced_by, source, source_key, interchange_id, set_no, currency, digest, lines, doubts, received, received_by) VALUES ('r1', ?, ?, ?, '1', '', '', '', '', 'current', '', '', 'r1', '', 0, 'GBP', '', 1, 0, 1, '')", f.aurelia, f.kestrel, "p"+f.kestrel[1:])
		f.exec("INSERT INTO sell_line (report_id, position, product_id, sku, buyer_item, gtin, description, kind, movement, quantity, unit, pieces, doubts, price, currency, sold_from, sold_to, customer_name, customer_city, customer_postcode, customer_country, customer_list, customer_code, place, promotion, deal, reference) VALUES ('r1', 1, ?, 'AUR-B50', '', '', '', 'sale', '', 1, 'EA', 130000000, '', 0, '', '2026-11-01', '2026-11-30', '', '', '', '', '', '', '', '', '', '')", f.aurelia[:8]+"battery")
		f.exec("INSERT INTO lead (org_id, id, number, customer_id, contact_id, title, need, details, industry, size, families, products, value, currency, expected, source, campaign, external, state, holder_id, offer_id, round, reason, unplaced, made_by, created, changed, version) VALUES (?, 'l1', 7, '', '', '', '', '', 'Steel', '', '', '', 0, '', '', '', '', '', 'working', '', '', 0, '', 0, '', 1, 1, 1)", f.aurelia)
		f.exec("INSERT INTO lead_offer (id, lead_id, supplier_id, reseller_id, partnership_id, number, state, phase, due, teaser, shared, rule_id, rule, fit, factors, note, convert_hours, offered, offered_by, opened, opened_by, answered, answered_by, reason, comment, accept_half, accept_most, accept_due, convert_start, convert_half, convert_most, convert_due, worked, ended, deal_id, warned, next_at, version) VALUES ('o1', 'l1', ?, ?, ?, 1, 'working', '', 0, '', '', '', '', 0, '', '', 0, 1, '', 1, '', ?, '', '', '', 0, 0, 0, 0, 0, 0, 0, ?, 0, '', 0, 0, 1)", f.aurelia, f.kestrel, "p"+f.kestrel[1:], ago(20), ago(9))
		for _, x := range []struct {
			about      About
			when, want string
		}{
			{Quotes, "opened and days_since_opened >= 3 and days_left >= 4 and value == 1250.5 and lines == 3", "1/2 Q-0"},
			{Quotes, "not opened and days_open == 6", "1/2 Q-1"},
			{Stock, `on_hand == 10 and sold_per_week == 10 and weeks_of_stock == 1 and days_since_report == 3 and family == "battery"`, "1/2 AUR-B50"},
			{Leads, `days_since_worked == 9 and days_since_answer == 20 and industry == "Steel" and not stale`, "1/1 L-7"},
		} {
			got, err := f.svc.DryRun(f.at(), f.ingrid, x.about, x.when)
			f.must(err)
			name := ""
			if len(got.Matches) > 0 {
				name = got.Matches[0].Object
			}
			if s := fmt.Sprintf("%d/%d %s", got.Found, got.Seen, name); s != x.want {
				all, _ := f.svc.DryRun(f.at(), f.ingrid, x.about, x.when+" or true")
				t.Errorf("%s: %s, want %s: %+v", x.when, s, x.want, all.Matches)
			}
			if mine, err := f.svc.DryRun(f.at(), f.maya, x.about, x.when); err != nil || mine.Seen != 0 {
				t.Errorf("%v: a partner looks at what its supplier sees: %+v", err, mine)
			}
		}
	})
}

// TestNewestStock: of each partner the newest report, with its own lines.
func TestNewestStock(t *testing.T) {
	each(t, func(f *stage) {
		for _, x := range []struct {
			id, org, day string
			pieces       int64
		}{{"s1", f.kestrel, "2026-12-01", 10_000_000}, {"s2", f.kestrel, "2026-12-04", 20_000_000}, {"s3", f.baltic, "2026-12-02", 30_000_000}} {
			f.exec("INSERT INTO stock_report (id, supplier_id, reseller_id, partnership_id, number, day, source, source_key, interchange_id, line_count, unknown, received) VALUES (?, ?, ?, '', '1', ?, '', ?, '', 1, 0, 1)", x.id, f.aurelia, x.org, x.day, x.id)
			f.exec("INSERT INTO stock_report_line (report_id, position, supplier_id, reseller_id, product_id, sku, buyer_item, gtin, place, kind, quantity, unit, pieces) VALUES (?, 1, ?, ?, ?, 'AUR-B50', '', '', '', '17', 0, 'EA', ?)", x.id, f.aurelia, x.org, f.aurelia[:8]+"battery", x.pieces)
		}
		got, err := f.svc.DryRun(f.at(), f.ingrid, Stock, "on_hand > 0")
		f.must(err)
		has := map[string]string{}
		for _, m := range got.Matches {
			has[m.Partner] += m.Facts[0].Value + ";"
		}
		if want := map[string]string{f.kestrel: "20;", f.baltic: "30;"}; !maps.Equal(has, want) {
			t.Errorf("on hand %v, want %v", has, want)
		}
	})
}

// TestOneFailsAlone: rules that fail keep those of other companies from nothing, however many
// they are; and what a partner reports, however much, does not make them fail.
func TestOneFailsAlone(t *testing.T) {
	each(t, func(f *stage) {
		save := func(who access.Actor, about About, when string) {
			t.Helper()
			_, err := f.svc.SaveRule(f.at(), who, Rule{Name: "Any", About: about, When: when, Action: ActMessage, Quiet: 14, Active: true})
			f.must(err)
		}
		for range mostRules {
			save(f.ingrid, Partners, "days_since_last_order > 0")
		}
		save(f.maya, Partners, "orders_in_year > 0")
		f.told.bad = f.aurelia
		if err := f.svc.Tick(f.at()); err == nil {
			t.Fatal("nothing failed")
		}
		rules, err := f.svc.Rules(f.at(), f.maya)
		f.must(err)
		if rules[0].Ran.IsZero() {
			t.Error("the rule of another company had no turn")
		}
		f.told.bad = ""
		f.must(f.svc.Tick(f.at()))
		if n, err := f.svc.Count(f.at(), f.ingrid); err != nil || n != 0 {
			t.Error("what failed had another turn at once", n, err)
		}
		f.now = f.now.Add(rest)
		f.must(f.svc.Tick(f.at()))
		if n, err := f.svc.Count(f.at(), f.ingrid); err != nil || n != 2*mostRules {
			t.Error(n, err)
		}
		f.exec("INSERT INTO stock_report (id, supplier_id, reseller_id, partnership_id, number, day, source, source_key, interchange_id, line_count, unknown, received) VALUES ('s1', ?, ?, '', '1', '2026-12-04', '', 's1', '', 1, 0, 1)", f.aurelia, f.kestrel)
		for i := range 2 {
			f.exec("INSERT INTO stock_report_line (report_id, position, supplier_id, reseller_id, product_id, sku, buyer_item, gtin, place, kind, quantity, unit, pieces) VALUES ('s1', ?, ?, ?, ?, 'AUR-B50', '', '', '', '17', 0, 'EA', 9000000000000000000)", i+1, f.aurelia, f.kestrel, f.aurelia[:8]+"battery")
		}
		f.exec("INSERT INTO sell_report (id, supplier_id, reseller_id, partnership_id, number, purpose, made, period_from, period_to, state, replaced_by, source, source_key, interchange_id, set_no, currency, digest, lines, doubts, received, received_by) VALUES ('r1', ?, ?, ?, '1', '', '', '', '', 'current', '', '', 'r1', '', 0, 'GBP', '', 1, 0, 1, '')", f.aurelia, f.kestrel, "p"+f.kestrel[1:])
		for i := range 2 {
			f.exec("INSERT INTO sell_line (report_id, position, product_id, sku, buyer_item, gtin, description, kind, movement, quantity, unit, pieces, doubts, price, currency, sold_from, sold_to, customer_name, customer_city, customer_postcode, customer_country, customer_list, customer_code, place, promotion, deal, reference) VALUES ('r1', ?, ?, 'AUR-B50', '', '', '', 'sale', '', 1, 'EA', 9000000000000000000, '', 0, '', '2026-11-01', '2026-11-30', '', '', '', '', '', '', '', '', '', '')", i+1, f.aurelia[:8]+"battery")
		}
		got, err := f.svc.DryRun(f.at(), f.ingrid, Stock, "on_hand > 9000000000000 and sold_per_week > 1000000000000")
		if err != nil || got.Found != 1 {
			t.Errorf("%+v %v", got, err)
		}
	})
}

// TestFactsSaid: a fact is said as it is. An order older than a year is no order that never
// was, and many orders are not never.
func TestFactsSaid(t *testing.T) {
	each(t, func(f *stage) {
		f.order(f.kestrel, 400, "battery")
		got, err := f.svc.DryRun(f.at(), f.ingrid, Partners, "days_since_last_order >= 400 and orders_in_year == 0")
		f.must(err)
		if len(got.Matches) != 2 {
			t.Fatalf("%+v", got)
		}
		for _, m := range got.Matches {
			want := map[string]string{f.kestrel: "400", f.baltic: "never"}[m.Partner]
			if m.Facts[0].Value != want {
				t.Errorf("%+v, want %s", m.Facts, want)
			}
		}
		if s := fmt.Sprint(read(partnerFacts{OrdersInYear: 12_000, DaysSinceLastOrder: Never}, []Fact{{Name: "orders_in_year"}, {Name: "days_since_last_order"}})); s != "[{orders_in_year  12000} {days_since_last_order  never}]" {
			t.Error(s)
		}
		if _, err := Compile(Partners, "bought == bought"); fault.CodeOf(err) != fault.Invalid {
			t.Error("a function without its argument is a fact")
		}
	})
}
