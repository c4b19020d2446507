package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/chat/room"
	"entente/db"
	"entente/portal/hook"
	"entente/prm/access"
	"entente/prm/catalog"
	"entente/prm/customer"
	"entente/prm/deal"
	"entente/prm/engage"
	"entente/prm/fund"
	"entente/prm/lead"
	"entente/prm/mapping"
	"entente/prm/money"
	"entente/prm/notify"
	"entente/prm/promo"
	"entente/prm/protect"
	"entente/prm/sellthrough"
	"entente/prm/trade"
)

// TestWebhooksTellBothSidesAlone: an answer to an order of the demo reaches the systems
// of the two companies, as the 855 they see, and never the competitor's; so do money for a
// partner and what it sold on.
func TestWebhooksTellBothSidesAlone(t *testing.T) {
	t.Parallel()
	a := demoApp(t)
	got := make(chan [2]string, 80)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got <- [2]string{r.URL.Path, string(b)}
	}))
	t.Cleanup(srv.Close)
	orgs := map[string]string{}
	var order string
	err := a.db.View(t.Context(), func(ctx context.Context) error {
		for _, slug := range []string{"aurelia", "kestrel", "baltic"} {
			var id string
			if err := db.Tx(ctx).Raw("SELECT id FROM org WHERE slug = ?", slug).Scan(&id).Error; err != nil {
				return err
			}
			orgs[slug] = id
		}
		return db.Tx(ctx).Raw("SELECT id FROM purchase_order WHERE reseller_id = ? AND state = 'received' AND held = '' ORDER BY received DESC LIMIT 1", orgs["kestrel"]).Scan(&order).Error
	})
	if err != nil || order == "" {
		t.Fatalf("%v, order %q", err, order)
	}
	for slug, id := range orgs {
		actor := access.Actor{Person: "somebody", Org: id, Roles: []access.Role{access.EDI}, Via: "token:test"}
		if _, _, err := a.hooks.Add(t.Context(), actor, srv.URL+"/"+slug, hook.Events()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.trade.Confirm(t.Context(), access.System("test", orgs["aurelia"]), trade.OrderID(order), trade.ConfirmCmd{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	if err := a.jobs.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	partner := map[string]string{"/aurelia": "kestrel", "/kestrel": "aurelia"}
	for range len(got) {
		x := <-got
		var b struct {
			Type string
			Data struct {
				Partner, Order, Type string
				Document             struct {
					Number string
					Lines  []struct{ Responses []any }
				}
			}
		}
		if err := json.Unmarshal([]byte(x[1]), &b); err != nil {
			t.Fatal(err)
		}
		if b.Type != hook.OrderConfirmed || b.Data.Partner != partner[x[0]] || b.Data.Order != order || b.Data.Type != "855" || b.Data.Document.Number == "" || len(b.Data.Document.Lines) == 0 {
			t.Errorf("%s: %s", x[0], x[1])
		}
		delete(partner, x[0])
	}
	if len(partner) > 0 {
		t.Errorf("not told: %v", partner)
	}

	// money for partners, and what was sold on
	sides, err := a.partners.Between(t.Context(), access.System("test", orgs["aurelia"]), orgs["kestrel"])
	if err != nil || len(sides) == 0 {
		t.Fatal(err)
	}
	pair := sides[0].ID
	p, err := a.funds.Create(t.Context(), access.System("test", orgs["aurelia"]), fund.ProgramCmd{Title: "Hooks", Kind: fund.KindEarned, From: "2026-01-01", Until: "2026-12-31", Zone: "UTC", Share: money.One})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.funds.Grant(t.Context(), access.System("test", orgs["aurelia"]), p.ID, pair, money.Amount{Currency: "GBP"}, "", ""); err != nil {
		t.Fatal(err)
	}
	r, err := a.sellthrough.Book(t.Context(), access.System("test", orgs["kestrel"]), sellthrough.BookCmd{Partnership: pair, Number: "SR-H", From: "2026-01-05", To: "2026-01-05", Source: sellthrough.FromAPI, Key: "h", Lines: []sellthrough.Line{{SKU: "AUR-D18B", Kind: sellthrough.KindSale, Movement: "SS", Quantity: money.One, Unit: "EA"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.jobs.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for path, other := range map[string]string{"/aurelia": "kestrel", "/kestrel": "aurelia"} {
		want[path+" "+hook.FundGranted+" "+other+" /api/v1/funds/"+string(p.ID)] = true
		want[path+" "+hook.SalesReported+" "+other+" /api/v1/sell-through/"+string(r.Report.ID)] = true
	}
	for range len(got) {
		x := <-got
		var b struct {
			Type string
			Data struct{ Partner, Href string }
		}
		if err := json.Unmarshal([]byte(x[1]), &b); err != nil {
			t.Fatal(err)
		}
		at := x[0] + " " + b.Type + " " + b.Data.Partner + " " + b.Data.Href
		if !want[at] {
			t.Errorf("told %s", at)
		}
		delete(want, at)
	}
	if len(want) > 0 {
		t.Errorf("not told: %v", want)
	}

	engagementHooks(t, ctx, a, orgs, got)
	promotionHooks(t, ctx, a, orgs, got)
	sellingHooks(t, ctx, a, orgs, got, pair)
	certificatesAreTold(t, ctx, a, orgs, pair)
}

// sellingHooks offers a lead, takes a registration up and proposes a comparison of lists: the
// systems of the two companies are told with their own addresses, the rival's of nothing.
func sellingHooks(t *testing.T, ctx context.Context, a *App, orgs map[string]string, got chan [2]string, pair string) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(a.jobs.Idle(ctx))
	for range len(got) {
		<-got
	}
	ingrid, maya := demoPerson(t, a, "ingrid@aurelia.example", access.Admin), demoPerson(t, a, "maya@kestrel.example", access.Admin)
	c, err := a.customers.Create(ctx, ingrid, customer.Draft{Name: "Whinfell Weavers Ltd", Country: "GB"})
	must(err)
	l, _, err := a.leads.Create(ctx, ingrid, lead.Draft{Customer: c.ID, Title: "A weaver wants tools"})
	must(err)
	o, err := a.leads.Offer(ctx, ingrid, lead.OfferCmd{Lead: l.ID, Version: l.Version, Partnership: pair})
	must(err)
	_, err = a.leads.Accept(ctx, maya, o.ID)
	must(err)
	queue, err := a.deals.List(ctx, ingrid, access.Supplier, deal.Filter{View: deal.ViewQueue, Limit: 100})
	must(err)
	i := slices.IndexFunc(queue.Items, func(r deal.Registration) bool { return r.Registrant == maya.Org && r.Pen == deal.PenSubmitted })
	if i < 0 {
		t.Fatal("no registration of Kestrel's waits for a decision")
	}
	id := queue.Items[i].ID
	must(a.deals.Take(ctx, ingrid, id))
	run, err := a.mappings.Propose(ctx, ingrid, mapping.ProposeCmd{Partnership: pair, Terms: mapping.Terms{Kinds: []string{"domain"}}})
	must(err)
	must(a.jobs.Idle(ctx))
	want := map[string]bool{}
	for path, to := range map[string]struct{ other, lead string }{"/aurelia": {"kestrel", "/api/v1/own-leads/" + string(l.ID)}, "/kestrel": {"aurelia", "/api/v1/leads/" + string(o.ID)}} {
		for _, kind := range []string{"lead.offered", "lead.accepted"} {
			want[path+" "+kind+" "+to.other+" "+to.lead] = true
		}
		want[path+" deal.taken "+to.other+" /api/v1/deals/"+string(id)] = true
		want[path+" mapping.proposed "+to.other+" /api/v1/mappings/"+string(run.ID)] = true
	}
	for range len(got) {
		x := <-got
		var b struct {
			Type string
			Data struct{ Partner, Href, Lead string }
		}
		must(json.Unmarshal([]byte(x[1]), &b))
		at := x[0] + " " + b.Type + " " + b.Data.Partner + " " + b.Data.Href
		if !want[at] || strings.Contains(x[1], "Whinfell") || strings.Contains(x[1], "weaver") || x[0] != "/aurelia" && b.Data.Lead != "" {
			t.Errorf("told %s: %s", at, x[1])
		}
		delete(want, at)
	}
	if len(want) > 0 {
		t.Errorf("not told: %v", want)
	}
}

// promotionHooks has two distributors take part in a promotion: each system hears of its own
// company's part alone, the owner's once of what concerns all, and of a document that comes
// after it was settled both, as do their people.
func promotionHooks(t *testing.T, ctx context.Context, a *App, orgs map[string]string, got chan [2]string) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	who := func(slug string) access.Actor { return access.System("test", orgs[slug]) }
	now := time.Now().UTC()
	const canary = "CANARYPROMO"
	terms := promo.Terms{Title: canary, SKUs: []string{"AUR-HT20"}, Kind: promo.Percent, Percent: money.One / 20, Settle: promo.OffInvoice, By: promo.ByOrder, From: now.Format(time.DateOnly), Until: now.AddDate(0, 0, 6).Format(time.DateOnly), Zone: "UTC", Quoted: true, Currency: "GBP",
		Parts: []promo.Part{{Org: orgs["kestrel"], Role: promo.Participant, Currency: "GBP", Rate: money.One}, {Org: orgs["baltic"], Role: promo.Participant, Currency: "EUR", Rate: money.One}}}
	d, err := a.promos.Create(ctx, who("aurelia"), terms)
	must(err)
	d, err = a.promos.Propose(ctx, who("aurelia"), d.ID, d.Version, "")
	must(err)
	j, err := a.promos.Join(ctx, who("kestrel"), d.ID)
	must(err)
	other := j.Text
	other.Percent = money.One / 10
	_, err = a.promos.Counter(ctx, who("kestrel"), d.ID, j.Hash, other, "ten")
	must(err)
	d, err = a.promos.Get(ctx, who("aurelia"), d.ID)
	must(err)
	_, err = a.promos.AnswerCounter(ctx, who("aurelia"), d.ID, d.Counters[0].ID, false, "five")
	must(err)
	for _, slug := range []string{"kestrel", "baltic"} {
		j, err := a.promos.Join(ctx, who(slug), d.ID)
		must(err)
		_, err = a.promos.Approve(ctx, who(slug), d.ID, j.Hash)
		must(err)
	}
	_, err = a.promos.AddTask(ctx, who("aurelia"), d.ID, orgs["baltic"], "Hang the poster", "")
	must(err)
	waits, _, err := a.protect.List(ctx, who("kestrel"), protect.Filter{States: []protect.State{protect.Proposed}})
	if err != nil || len(waits) == 0 {
		t.Fatalf("no price protection waits for Kestrel: %v", err)
	}
	_, err = a.protect.Confirm(ctx, who("kestrel"), waits[0].ID, waits[0].Mark)
	must(err)
	must(a.jobs.Idle(ctx))
	later := db.WithNow(ctx, now.AddDate(0, 0, 8))
	must(a.promos.Tick(later))
	d, err = a.promos.Get(ctx, who("aurelia"), d.ID)
	must(err)
	must(a.promos.Settle(later, who("aurelia"), d.ID, d.Version, "the shop was closed"))
	must(a.jobs.Idle(ctx))
	var product string
	must(a.db.View(ctx, func(ctx context.Context) error {
		return db.Tx(ctx).Raw("SELECT id FROM product WHERE org_id = ? AND sku = 'AUR-HT20'", orgs["aurelia"]).Scan(&product).Error
	}))
	day := now.Format(time.DateOnly)
	must(a.promos.Resold(later, who("aurelia"), promo.Resale{ID: db.NewID(), Number: "SR-LATE", Supplier: orgs["aurelia"], Reseller: orgs["kestrel"], At: now.AddDate(0, 0, 8), Stands: true, Lines: []promo.ResaleLine{{Line: 1, Product: catalog.ID(product), SKU: "AUR-HT20", Sold: money.Whole(3), From: day, To: day, Deal: d.Number}}}))
	must(a.jobs.Idle(ctx))

	want := map[string]int{"/aurelia " + hook.PromotionAnswered + " kestrel": 1, "/kestrel " + hook.PromotionAnswered + " aurelia": 1, "/aurelia " + hook.PromotionCountered + " kestrel": 1, "/kestrel " + hook.PromotionCountered + " aurelia": 1,
		"/aurelia " + hook.PromotionTask + " baltic": 1, "/baltic " + hook.PromotionTask + " aurelia": 1, "/aurelia " + hook.PromotionAdjusted + " kestrel": 1, "/kestrel " + hook.PromotionAdjusted + " aurelia": 1}
	for _, slug := range []string{"kestrel", "baltic"} {
		for _, kind := range []string{hook.PromotionProposed, hook.PromotionApproved} {
			want["/aurelia "+kind+" "+slug], want["/"+slug+" "+kind+" aurelia"] = 1, 1
		}
	}
	for _, kind := range []string{hook.PromotionAgreed, hook.PromotionStarted, hook.PromotionEnded, hook.PromotionSettled} {
		want["/aurelia "+kind+" "], want["/kestrel "+kind+" aurelia"], want["/baltic "+kind+" aurelia"] = 1, 1, 1
	}
	for _, at := range []string{"/aurelia protection.answered kestrel", "/kestrel protection.answered aurelia"} {
		want[at] = 1
	}
	for range len(got) {
		x := <-got
		var b struct {
			Type string
			Data struct {
				Protection, Day, Partner, Promotion, Number, State, Answer, Decision, Href string
				Adjustment                                                                 *struct{ Reason, Number, Amount, Currency string }
			}
		}
		must(json.Unmarshal([]byte(x[1]), &b))
		if b.Data.Protection == string(waits[0].ID) {
			want[x[0]+" "+b.Type+" "+b.Data.Partner]--
			if b.Data.State != string(protect.Claimed) || b.Data.Day != waits[0].Day || b.Data.Href != "/api/v1/price-protections/"+string(waits[0].ID) || strings.Contains(x[1], "amount") {
				t.Errorf("told %s", x[1])
			}
			continue
		}
		if b.Data.Promotion != string(d.ID) { // eight days on, one of the demo's may begin or end
			continue
		}
		at := x[0] + " " + b.Type + " " + b.Data.Partner
		late := b.Data.Adjustment
		if want[at]--; want[at] < 0 || b.Data.Number != d.Number || !strings.HasPrefix(b.Data.Href, "/api/v1/promotions/"+string(d.ID)) || strings.Contains(x[1], canary) || (b.Type == hook.PromotionAnswered) != (b.Data.Decision == "declined") || (b.Type == hook.PromotionAdjusted) != (late != nil && late.Reason == promo.LateReported && late.Number == "SR-LATE") {
			t.Errorf("told %s: %s", at, x[1])
		}
		if x[0] != "/aurelia" && (strings.Contains(x[1], orgs["baltic"]) || strings.Contains(x[1], orgs["kestrel"])) {
			t.Errorf("%s learns of another: %s", x[0], x[1])
		}
	}
	for at, n := range want {
		if n > 0 {
			t.Errorf("not told: %s", at)
		}
	}
	must(a.db.View(ctx, func(ctx context.Context) error {
		var told []string
		err := db.Tx(ctx).Raw("SELECT DISTINCT o.slug FROM notice n JOIN org o ON o.id = n.org_id WHERE n.kind = 'promo.adjusted' AND n.args LIKE '%SR-LATE%' ORDER BY o.slug").Scan(&told).Error
		if fmt.Sprint(told) != "[aurelia kestrel]" {
			t.Errorf("of the late report hear %v", told)
		}
		return err
	}))
}

// certificatesAreTold lets a certificate of Kestrel's end: the managers of Aurelia, and those at
// Kestrel who get its leads, are told in their own languages; nobody of Baltic is.
func certificatesAreTold(t *testing.T, ctx context.Context, a *App, orgs map[string]string, pair string) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ingrid, maya := demoPerson(t, a, "ingrid@aurelia.example", access.Admin), demoPerson(t, a, "maya@kestrel.example", access.Admin)
	at := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	p, err := a.leads.PartnerProfile(ctx, ingrid, pair)
	must(err)
	p.Certificates = []lead.Certificate{{Family: "lasers", Until: "2027-03-31"}}
	_, err = a.leads.SaveProfile(db.WithNow(ctx, at.AddDate(0, -6, 0)), ingrid, p)
	must(err)
	_, err = a.leads.TickCertificates(db.WithNow(ctx, at))
	must(err)
	must(a.jobs.Idle(ctx))
	told := func(who access.Actor) string {
		t.Helper()
		groups, _, err := a.notify.Groups(ctx, who, notify.Open, notify.Filter{Limit: 100})
		must(err)
		for _, g := range groups {
			for _, n := range g.Notices {
				if n.Args["family"] == "lasers" {
					if n.SubjectKind != "partnership" || n.SubjectID != pair || n.Args["date"] != "2027-03-31" {
						t.Errorf("%+v", n)
					}
					return n.Kind + " " + n.Args["partner"]
				}
			}
		}
		return ""
	}
	for _, c := range []struct {
		who  access.Actor
		want string
	}{{ingrid, "lead.certificate_soon Kestrel Supply"}, {maya, "lead.own_certificate_soon Aurelia Tools"}, {demoPerson(t, a, "kaarel@baltic.example", access.Admin), ""}} {
		if got := told(c.who); got != c.want {
			t.Errorf("%s is told %q, want %q", c.who.Org, got, c.want)
		}
	}
}

// engagementHooks has two distributors work with Aurelia without being shown to each other:
// each system is told of its own company's part alone, and what Kestrel keeps to itself is in
// no row but its section, whatever was written of it: notices, rooms, events, webhooks, audit.
func engagementHooks(t *testing.T, ctx context.Context, a *App, orgs map[string]string, got chan [2]string) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	who := func(slug string) access.Actor { return access.System("test", orgs[slug]) }
	e, err := a.engagements.Begin(ctx, who("aurelia"), engage.BeginCmd{Terms: engage.Terms{Customer: "Whinfell Mills", Teaser: "A mill wants tools"}, Role: "manufacturer"})
	must(err)
	for _, slug := range []string{"kestrel", "baltic"} {
		_, err := a.engagements.Invite(ctx, who("aurelia"), e.ID, engage.InviteCmd{Org: orgs[slug], Role: "distributor"})
		must(err)
		seen, err := a.engagements.Get(ctx, who(slug), e.ID)
		must(err)
		_, err = a.engagements.Accept(ctx, who(slug), e.ID, seen.Invitation.Hash)
		must(err)
	}
	const canary = "CANARYWORD"
	_, err = a.engagements.SaveSection(ctx, who("kestrel"), e.ID, engage.Section{Version: 1, Stage: "qualified", OwnStage: canary, Notes: canary, Private: []engage.Private{{Name: canary, Value: canary}}})
	must(err)
	cmd := engage.PublishCmd{Template: "status", To: []string{orgs["aurelia"]}}
	out, err := a.engagements.Preview(ctx, who("kestrel"), e.ID, cmd)
	must(err)
	cmd.Hash = out.Hash
	_, err = a.engagements.Publish(ctx, who("kestrel"), e.ID, cmd)
	must(err)
	must(a.jobs.Idle(ctx))
	want := map[string]int{}
	for _, slug := range []string{"kestrel", "baltic"} {
		want["/"+slug+" "+hook.EngagementInvited+" aurelia"], want["/"+slug+" "+hook.EngagementAccepted+" "] = 1, 1
		want["/aurelia "+hook.EngagementAccepted+" "+slug] = 1
	}
	want["/aurelia "+hook.EngagementInvited+" "] = 2
	want["/aurelia "+hook.EngagementShared+" kestrel"], want["/kestrel "+hook.EngagementShared+" "] = 1, 1
	for range len(got) {
		x := <-got
		var b struct {
			Type string
			Data struct{ Partner, Engagement string }
		}
		must(json.Unmarshal([]byte(x[1]), &b))
		at := x[0] + " " + b.Type + " " + b.Data.Partner
		if want[at]--; want[at] < 0 || b.Data.Engagement != string(e.ID) || strings.Contains(x[1], canary) || strings.Contains(x[1], "Whinfell") {
			t.Errorf("told %s: %s", at, x[1])
		}
	}
	for at, n := range want {
		if n > 0 {
			t.Errorf("not told: %s", at)
		}
	}
	must(a.db.View(ctx, func(ctx context.Context) error {
		var tables, holding []string
		if err := db.Tx(ctx).Raw("SELECT name FROM sqlite_master WHERE type = 'table' AND instr(name, '_fts') = 0").Scan(&tables).Error; err != nil {
			return err
		}
		for _, table := range tables {
			var columns []string
			if err := db.Tx(ctx).Raw("SELECT name FROM pragma_table_info(?) WHERE name <> 'doc'", table).Scan(&columns).Error; err != nil {
				return err
			}
			var n int
			for _, c := range columns {
				var in int
				if err := db.Tx(ctx).Raw("SELECT COUNT(*) FROM \"" + table + "\" WHERE instr(CAST(\"" + c + "\" AS TEXT), '" + canary + "') > 0").Scan(&in).Error; err != nil {
					return err
				}
				n += in
			}
			if n > 0 {
				holding = append(holding, table)
			}
		}
		if len(holding) != 1 || holding[0] != "engagement_section" {
			t.Errorf("a private field is in %v", holding)
		}
		return nil
	}))
	// a task for a person is told to that person
	maya, _, err := a.accounts.Directory().PersonByEmail(ctx, "maya@kestrel.example")
	must(err)
	_, err = a.engagements.AddTask(ctx, who("aurelia"), e.ID, engage.TaskCmd{Org: orgs["kestrel"], Person: maya.ID, Title: "Call the mill"})
	must(err)
	must(a.jobs.Idle(ctx))
	must(a.db.View(ctx, func(ctx context.Context) error {
		var told []string
		err := db.Tx(ctx).Raw("SELECT person_id FROM notice WHERE kind = 'engage.task_given'").Scan(&told).Error
		if len(told) != 1 || told[0] != maya.ID {
			t.Errorf("of the task are told %v, not %s alone", told, maya.ID)
		}
		return err
	}))
	// where companies are shown to each other, all hear that one left: why, only the owner and itself;
	// it is out of the room though it was asked again before anybody was told
	e, err = a.engagements.Begin(ctx, who("aurelia"), engage.BeginCmd{Terms: engage.Terms{Customer: "Whinfell Mills", Teaser: "A mill wants tools", Shown: true}, Role: "manufacturer"})
	must(err)
	for _, slug := range []string{"kestrel", "baltic"} {
		_, err := a.engagements.Invite(ctx, who("aurelia"), e.ID, engage.InviteCmd{Org: orgs[slug], Role: "distributor"})
		must(err)
		seen, err := a.engagements.Get(ctx, who(slug), e.ID)
		must(err)
		_, err = a.engagements.Accept(ctx, who(slug), e.ID, seen.Invitation.Hash)
		must(err)
	}
	must(a.jobs.Idle(ctx))
	in := func() (there bool) {
		r, err := a.rooms.BySubject(ctx, who("aurelia"), room.Subject{Kind: engageRoom, ID: string(e.ID)})
		must(err)
		return slices.Contains(r.Orgs, orgs["baltic"])
	}
	if !in() {
		t.Error("Baltic is not in the room of all")
	}
	for range len(got) {
		<-got
	}
	must(a.db.InTx(ctx, func(ctx context.Context) error {
		must(a.engagements.Leave(ctx, who("baltic"), e.ID, engage.AnswerCmd{Reason: "conflict"}))
		_, err := a.engagements.Invite(ctx, who("aurelia"), e.ID, engage.InviteCmd{Org: orgs["baltic"], Role: "distributor"})
		return err
	}))
	must(a.jobs.Idle(ctx))
	if in() {
		t.Error("Baltic left and is in the room")
	}
	why := map[string]string{"/aurelia": "conflict", "/baltic": "conflict", "/kestrel": ""}
	for range len(got) {
		x := <-got
		var b struct {
			Type string
			Data struct{ Reason string }
		}
		must(json.Unmarshal([]byte(x[1]), &b))
		if b.Type != hook.EngagementLeft {
			continue
		}
		if want, ok := why[x[0]]; !ok || want != b.Data.Reason {
			t.Errorf("%s is told that Baltic left: %s", x[0], x[1])
		}
		delete(why, x[0])
	}
	if len(why) > 0 {
		t.Errorf("not told that Baltic left: %v", why)
	}
}
