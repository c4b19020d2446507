package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	calling "entente/chat/call"
	"entente/chat/forum"
	"entente/chat/library"
	"entente/chat/room"
	"entente/db"
	"entente/edi/agreement"
	"entente/portal/batch"
	"entente/portal/session"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/campaign"
	"entente/prm/catalog"
	"entente/prm/customer"
	"entente/prm/fault"
	"entente/prm/landing"
	"entente/prm/lead"
	"entente/prm/location"
	"entente/prm/mapping"
	"entente/prm/money"
	"entente/prm/promo"
	"entente/prm/protect"
	"entente/prm/quote"
)

// leftOut are the tables a refused call may touch: a sign of life, a counter of
// tries, a denial line in the audit log. Reviewed; everything else is business
// and must be equal to the byte.
var leftOut = regexp.MustCompile(`^(session|throttle|audit|river_.*|goose_.*|sqlite_.*|(order|customer|lead|deal|message|forum|library)_search_.*)$`)

// digest is a hash of each business table, row by row in a fixed order, and the
// number of audit lines by outcome.
func digest(t *testing.T, d *db.DB) (map[string]string, map[string]int) {
	t.Helper()
	tableOf := map[string]string{}
	audit := map[string]int{}
	err := d.View(t.Context(), func(ctx context.Context) error {
		var tables []string
		if err := db.Tx(ctx).Raw(`SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`).Scan(&tables).Error; err != nil {
			return err
		}
		for _, table := range tables {
			if leftOut.MatchString(table) {
				continue
			}
			var rows []map[string]any
			if err := db.Tx(ctx).Table(table).Find(&rows).Error; err != nil {
				return err
			}
			lines := make([]string, len(rows))
			for i, r := range rows {
				if table == "api_token" {
					delete(r, "used") // when it was last used
				}
				if table == "notice" {
					delete(r, "mailed") // a job of every minute
				}
				if table == "person" {
					delete(r, "last_org")
				}
				lines[i] = fmt.Sprint(r) // maps print sorted by key
			}
			sort.Strings(lines)
			sum := sha256.Sum256([]byte(fmt.Sprintln(len(rows), lines)))
			tableOf[table] = hex.EncodeToString(sum[:])
		}
		var outcomes []struct {
			Outcome string
			N       int
		}
		err := db.Tx(ctx).Raw(`SELECT outcome, COUNT(*) AS n FROM audit GROUP BY outcome`).Scan(&outcomes).Error
		for _, o := range outcomes {
			audit[o.Outcome] = o.N
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tableOf, audit
}

// differing names the tables of two digests that differ.
func differing(a, b map[string]string) (out []string) {
	for table := range a {
		if a[table] != b[table] {
			out = append(out, table)
		}
	}
	sort.Strings(out)
	return out
}

// deeds names what the audit log says of a person.
func deeds(t *testing.T, d *db.DB, person, outcome string) (out []string) {
	t.Helper()
	if err := d.View(t.Context(), func(ctx context.Context) error {
		return db.Tx(ctx).Raw(`SELECT DISTINCT action FROM audit WHERE person_id = ? AND outcome = ? AND via LIKE 'session%'`, person, outcome).Scan(&out).Error
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// demoApp is the whole program with the demo companies, on a free port.
func demoApp(t *testing.T) *App {
	t.Helper()
	made, err := demoData()
	if err != nil {
		t.Fatalf("the demo companies: %v", err)
	}
	data := t.TempDir()
	if out, err := exec.Command("cp", "-a", made+"/.", data).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	a, stop, err := runDemo(data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stop() })
	return a
}

// demoData is a folder with the demo companies, made once: that costs seconds of processor.
var demoData = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(scratch, "demo")
	_, stop, err := runDemo(dir)
	if err != nil {
		return "", err
	}
	return dir, stop()
})

// scratch is a folder of all tests.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "entente-app-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(scratch)
	os.Exit(code)
}

// runDemo runs a server with the demo companies until stop is called.
func runDemo(data string, set ...func(*Config)) (a *App, stop func() error, err error) {
	cfg := Config{Addr: "127.0.0.1:0", Data: data, Demo: true, MailInAddr: "127.0.0.1:0", MailInDomain: "answers.example", Limits: session.Limits{Session: session.Rate{PerSecond: 1e6, Burst: 1e6}, Open: session.Rate{PerSecond: 1e6, Burst: 1e6}}}
	for _, f := range set {
		f(&cfg)
	}
	if a, err = New(context.Background(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil))); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- a.Run(ctx, func(addr string) { ready <- addr }) }()
	stop = func() error {
		cancel()
		return <-done
	}
	select {
	case <-ready:
		return a, stop, nil
	case err := <-done:
		cancel()
		return nil, nil, fmt.Errorf("run: %w", err)
	case <-time.After(5 * time.Minute):
		return nil, nil, errors.Join(errors.New("not ready within five minutes"), stop())
	}
}

// foreign are ids of objects of Kestrel and Aurelia, by table, and words that
// only they may read.
func foreign(t *testing.T, a *App) (ids []string, canaries []string) {
	t.Helper()
	err := a.db.View(t.Context(), func(ctx context.Context) error {
		for _, q := range []string{
			`SELECT o.id FROM purchase_order o JOIN org r ON r.id = o.reseller_id WHERE r.slug = 'kestrel' ORDER BY o.received DESC LIMIT 2`,
			`SELECT x.id FROM order_response x JOIN org r ON r.id = x.reseller_id WHERE r.slug = 'kestrel' LIMIT 1`,
			`SELECT x.id FROM shipment x JOIN org r ON r.id = x.reseller_id WHERE r.slug = 'kestrel' LIMIT 1`,
			`SELECT x.id FROM invoice x JOIN org r ON r.id = x.reseller_id WHERE r.slug = 'kestrel' LIMIT 1`,
			`SELECT x.id FROM dispute x JOIN org r ON r.id = x.reseller_id WHERE r.slug = 'kestrel' LIMIT 1`,
			`SELECT x.id FROM payment x JOIN org r ON r.id = x.reseller_id WHERE r.slug = 'kestrel' ORDER BY x.made DESC LIMIT 1`,
			`SELECT x.id FROM payment_issue x JOIN org r ON r.id = x.reseller_id WHERE r.slug = 'kestrel' LIMIT 1`,
			`SELECT p.id FROM partnership p JOIN org r ON r.id = p.reseller_id WHERE r.slug = 'kestrel'`,
			`SELECT x.id FROM interchange x JOIN org r ON r.id = x.reseller_id WHERE r.slug = 'kestrel' LIMIT 1`,
			`SELECT DISTINCT ro.room_id FROM room_org ro JOIN org r ON r.id = ro.org_id WHERE r.slug = 'kestrel' LIMIT 2`,
			`SELECT id FROM org WHERE slug = 'kestrel'`,
			`SELECT x.id FROM lead_offer x JOIN org r ON r.id = x.reseller_id WHERE r.slug = 'kestrel' ORDER BY x.offered DESC LIMIT 3`,
			`SELECT x.lead_id FROM lead_offer x JOIN org r ON r.id = x.reseller_id WHERE r.slug = 'kestrel' ORDER BY x.offered DESC LIMIT 2`,
			`SELECT x.id FROM promotion_seat x JOIN org r ON r.id = x.org_id WHERE r.slug = 'kestrel' ORDER BY x.asked DESC LIMIT 2`,
			`SELECT p.id FROM promotion p WHERE p.title = 'Grinder safety month'`,
			`SELECT s.program_id FROM fund_seat s JOIN org r ON r.id = s.org_id WHERE r.slug = 'kestrel' ORDER BY s.added LIMIT 2`,
			`SELECT x.id FROM fund_request x JOIN org r ON r.id = x.org_id WHERE r.slug = 'kestrel' ORDER BY x.made DESC LIMIT 2`,
			`SELECT x.id FROM fund_claim x JOIN org r ON r.id = x.org_id WHERE r.slug = 'kestrel' ORDER BY x.made DESC LIMIT 2`,
			`SELECT x.id FROM price_protection x JOIN org r ON r.id = x.reseller_id WHERE r.slug = 'kestrel'`,
			`SELECT x.id FROM fund_file x JOIN org r ON r.id = x.org_id WHERE r.slug = 'kestrel' LIMIT 1`,
			`SELECT x.id FROM fund_settlement x JOIN org r ON r.id = x.org_id WHERE r.slug = 'kestrel' LIMIT 1`,
			`SELECT t.id FROM promotion_task t JOIN org r ON r.id = t.org_id WHERE r.slug = 'kestrel' LIMIT 1`,
			`SELECT x.id FROM promotion_adjustment x JOIN org r ON r.id = x.org_id WHERE r.slug = 'kestrel' LIMIT 1`,
			`SELECT v.id FROM promotion_version v JOIN org r ON r.id = v.org_id WHERE r.slug = 'huadong' LIMIT 1`,
			`SELECT x.id FROM deal x JOIN org r ON r.id = x.registrant_id WHERE r.slug = 'kestrel' ORDER BY x.created DESC LIMIT 4`,
			`SELECT x.id FROM engagement x JOIN engagement_seat s ON s.engagement_id = x.id JOIN org o ON o.id = s.org_id WHERE o.slug = 'kestrel' AND x.id NOT IN (SELECT b.engagement_id FROM engagement_seat b JOIN org p ON p.id = b.org_id WHERE p.slug = 'baltic') LIMIT 2`,
			`SELECT x.id FROM quote x JOIN org r ON r.id = x.reseller_id WHERE r.slug = 'kestrel' LIMIT 2`,
			`SELECT x.id FROM mapping_run x JOIN org r ON r.id = x.partner_id WHERE r.slug = 'kestrel'`,
			`SELECT x.id FROM deal_file x JOIN org r ON r.id = x.org_id WHERE r.slug = 'kestrel' LIMIT 1`,
			`SELECT x.id FROM customer x JOIN org r ON r.id = x.org_id WHERE r.slug = 'kestrel' LIMIT 2`,
			`SELECT x.id FROM contact x JOIN org r ON r.id = x.org_id WHERE r.slug = 'aurelia' LIMIT 1`,
			`SELECT x.id FROM lead_rule x JOIN org r ON r.id = x.org_id WHERE r.slug = 'aurelia' LIMIT 1`,
			`SELECT m.person_id FROM membership m JOIN org r ON r.id = m.org_id WHERE r.slug = 'kestrel'`,
			`SELECT n.id FROM notice n JOIN org r ON r.id = n.org_id WHERE r.slug = 'kestrel' LIMIT 1`,
			`SELECT i.id FROM edi_identity i JOIN org r ON r.id = i.org_id WHERE r.slug = 'kestrel' LIMIT 1`,
			`SELECT x.id FROM edi_agreement x JOIN org r ON r.id = x.reseller_id WHERE r.slug = 'kestrel' LIMIT 1`,
			`SELECT x.id FROM location x JOIN org r ON r.id = x.reseller_id WHERE r.slug = 'kestrel' LIMIT 1`,
			`SELECT x.id FROM data_file x JOIN org r ON r.id = x.org_id WHERE r.slug = 'kestrel' LIMIT 1`,
			`SELECT x.id FROM sell_report x JOIN org r ON r.id = x.reseller_id WHERE r.slug = 'kestrel' ORDER BY x.received DESC LIMIT 2`,
			`SELECT x.id FROM room_task x JOIN org r ON r.id = x.org_id WHERE r.slug = 'kestrel' LIMIT 1`,
			`SELECT x.id FROM forum_category x WHERE x.name = 'Harrow Fabrication'`,
			`SELECT x.id FROM forum_topic x JOIN forum_category c ON c.id = x.category_id WHERE c.name = 'Harrow Fabrication'`,
			`SELECT x.id FROM forum_post x JOIN forum_topic t ON t.id = x.topic_id JOIN forum_category c ON c.id = t.category_id WHERE c.name = 'Harrow Fabrication'`,
			`SELECT x.id FROM forum_flag x`,
			`SELECT x.id FROM library_document x WHERE x.title = 'Harrow Fabrication terms'`,
			`SELECT x.id FROM library_document x JOIN library_target t ON t.document_id = x.id AND t.kind = 'country' WHERE t.value = 'CN' AND NOT EXISTS (SELECT 1 FROM library_target y WHERE y.document_id = x.id AND y.value = 'EE')`,
			`SELECT x.id FROM room_file x JOIN org r ON r.id = x.org_id WHERE r.slug = 'kestrel' LIMIT 1`,
			`SELECT x.id FROM room_call x JOIN org r ON r.id = x.org_id WHERE r.slug = 'kestrel' LIMIT 1`,
			`SELECT x.id FROM room_call_party x JOIN org r ON r.id = x.org_id WHERE r.slug = 'kestrel' LIMIT 1`,
			`SELECT x.id FROM data_file x JOIN org r ON r.id = x.org_id WHERE r.slug = 'aurelia' AND x.kind = 'leads'`,
			`SELECT l.id FROM lead l JOIN org r ON r.id = l.org_id WHERE r.slug = 'aurelia' AND l.state = 'new' LIMIT 1`,
			`SELECT id FROM promotion_template`,
			`SELECT x.id FROM landing_page x JOIN org r ON r.id = x.org_id WHERE r.slug = 'kestrel'`,
			`SELECT x.promotion_id FROM landing_page x JOIN org r ON r.id = x.org_id WHERE r.slug = 'kestrel' AND NOT EXISTS (SELECT 1 FROM promotion_seat s JOIN org y ON y.id = s.org_id WHERE s.promotion_id = x.promotion_id AND y.slug = 'baltic')`,
			`SELECT x.id FROM campaign x JOIN org r ON r.id = x.org_id WHERE r.slug = 'kestrel'`,
			`SELECT id FROM trigger_rule LIMIT 2`,
			`SELECT x.id FROM suggestion x JOIN org r ON r.id = x.partner_id WHERE r.slug = 'kestrel' LIMIT 2`,
			`SELECT x.lead_id FROM landing_lead x JOIN org r ON r.id = x.org_id WHERE r.slug = 'kestrel'`,
			`SELECT x.id FROM edi_share x JOIN org r ON r.id = x.org_id WHERE r.slug = 'kestrel'`,
			`SELECT x.id FROM order_arrival x JOIN org r ON r.id = x.reseller_id WHERE r.slug = 'kestrel' LIMIT 1`,
		} {
			var got []string
			if err := db.Tx(ctx).Raw(q).Scan(&got).Error; err != nil {
				return fmt.Errorf("%s: %w", q, err)
			}
			ids = append(ids, got...)
		}
		var numbers []string
		if err := db.Tx(ctx).Raw(`SELECT o.number FROM purchase_order o JOIN org r ON r.id = o.reseller_id WHERE r.slug = 'kestrel' AND o.number NOT IN (SELECT x.number FROM purchase_order x JOIN org y ON y.id = x.reseller_id WHERE y.slug <> 'kestrel')`).Scan(&numbers).Error; err != nil {
			return err
		}
		var codes []string
		if err := db.Tx(ctx).Raw(`SELECT x.code FROM deal x JOIN org r ON r.id = x.registrant_id WHERE r.slug = 'kestrel'`).Scan(&codes).Error; err != nil {
			return err
		}
		canaries = append(append(numbers, codes...), "Maya Osei", "Dan Whitlock", "maya@kestrel.example", "KESTRELSUPPLY", "Kestrel Supply", "Steel fabrication", "Harrow Fabrication", "Northgate Rail", "Tees Valley Homes", "Selby Foundry", "Grimsby", "Q-5510", "Aire Joinery", "Toolroom of the quarry", "Quarry Works Ltd", "Ask about the quarry", "North England", "Grinder safety month", "Counter display in three branches", "Marketing fund, half year", "Counter days in Leeds", "Demo van", "KS-MDF-11", "KS-90211", "安装工培训日", "上海仓库备货有限", "Tees Valley Homes Ltd", "KS-88-214", "Warm hands in Leeds", "LEEDS-FAIR")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(ids) < 12 || len(canaries) < 50 {
		t.Fatalf("the demo data hold only %d foreign ids and %d words", len(ids), len(canaries))
	}
	return ids, append(canaries, ids...)
}

// agreeWithKestrel proposes an agreement to Kestrel.
func agreeWithKestrel(t *testing.T, a *App) {
	t.Helper()
	var ids []string
	if err := a.db.View(t.Context(), func(ctx context.Context) error {
		return db.Tx(ctx).Raw(`SELECT p.id FROM partnership p JOIN org r ON r.id = p.reseller_id WHERE r.slug = 'kestrel'`).Scan(&ids).Error
	}); err != nil || len(ids) != 1 {
		t.Fatal(ids, err)
	}
	ingrid := demoPerson(t, a, "ingrid@aurelia.example", access.Admin)
	if _, err := a.locations.Add(t.Context(), ingrid, location.Place{Partnership: ids[0], Name: "Harrow Fabrication yard", Codes: []location.Code{{Qualifier: "92", Code: "KESTRELSUPPLY"}}}); err != nil {
		t.Fatal(err)
	}
	_, err := a.agreements.Propose(t.Context(), ingrid, agreement.ProposeCmd{Partnership: ids[0], Body: agreement.Body{Reseller: agreement.Side{X12: "ZZ:KESTRELSUPPLY", Network: "Kestrel Supply"}}})
	if err != nil {
		t.Fatal(err)
	}
}

// mapWithKestrel proposes to Kestrel to compare lists.
func mapWithKestrel(t *testing.T, a *App) {
	t.Helper()
	kestrel, err := a.accounts.Directory().OrgBySlug(t.Context(), "kestrel")
	if err != nil {
		t.Fatal(err)
	}
	ingrid := demoPerson(t, a, "ingrid@aurelia.example", access.Admin)
	list, err := a.partners.Between(t.Context(), ingrid, kestrel.ID)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	if _, err := a.mappings.Propose(t.Context(), ingrid, mapping.ProposeCmd{Partnership: list[0].ID, Terms: mapping.Terms{Kinds: []string{"domain"}}}); err != nil {
		t.Fatal(err)
	}
}

// quoteOfKestrel asks for a quote and gets an offer.
func quoteOfKestrel(t *testing.T, a *App) {
	t.Helper()
	ingrid, maya := demoPerson(t, a, "ingrid@aurelia.example", access.Admin), demoPerson(t, a, "maya@kestrel.example", access.Admin)
	list, err := a.partners.List(t.Context(), maya)
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	lines := []quote.LineCmd{{SKU: "AUR-D18B", Quantity: money.Whole(77), Price: money.Whole(61)}}
	q, err := a.quotes.Ask(t.Context(), maya, quote.Cmd{Partnership: list[0].ID, Title: "Harrow Fabrication", Customer: "Harrow Fabrication", Lines: lines})
	if err != nil {
		t.Fatal(err)
	}
	if q, err = a.quotes.Offer(t.Context(), ingrid, quote.Cmd{Quote: q.ID, Round: q.Round, Lines: lines}); err != nil {
		t.Fatal(err)
	}
	for end, told := time.Now().Add(time.Minute), 0; told < 2; { // its room has both lines
		if r, err := a.rooms.BySubject(t.Context(), ingrid, room.Subject{Kind: quoteRoom, ID: string(q.ID)}); err == nil {
			told = int(r.LastSeq)
		}
		if time.Now().After(end) {
			t.Fatal("the room of the quote says nothing")
		}
	}
}

// pageOfKestrel publishes the landing page of a promotion at Kestrel, with a referral code,
// a view and a lead, and keeps the promotion as a template of Aurelia's.
func pageOfKestrel(t *testing.T, a *App) {
	t.Helper()
	ingrid := demoPerson(t, a, "ingrid@aurelia.example", access.Admin)
	maya := demoPerson(t, a, "maya@kestrel.example", access.Admin)
	list, err := a.promos.List(t.Context(), maya, promo.Filter{States: []promo.State{promo.Running}})
	if err != nil || len(list.Items) == 0 {
		t.Fatal(list, err)
	}
	id := list.Items[0].ID
	if err := a.db.InTx(t.Context(), func(ctx context.Context) error { // a document came after it was settled
		_, err := db.Exec(ctx, "INSERT INTO promotion_adjustment (id, promotion_id, owner_id, org_id, reason, document_id, number, currency, invoiced, sold, earned, made) VALUES (?, ?, ?, ?, 'credited', '', 'Harrow Fabrication', 'GBP', -1, 0, -100, 1)", db.NewID(), string(id), ingrid.Org, maya.Org)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.promos.SaveTemplate(t.Context(), ingrid, id, "Warm hands in Leeds", false); err != nil {
		t.Fatal(err)
	}
	was, err := a.landing.Own(t.Context(), maya, id)
	if err != nil {
		t.Fatal(err)
	}
	page, err := a.landing.Save(t.Context(), maya, id, landing.Page{Live: true, Version: was.Version, Texts: []landing.Text{{Language: "en", Title: "Warm hands in Leeds", Consent: "Kestrel Supply"}}}, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.landing.AddCode(t.Context(), maya, id, "LEEDS-FAIR", "Harrow Fabrication"); err != nil {
		t.Fatal(err)
	}
	seen, err := a.landing.Public(t.Context(), "kestrel", page.Token, "LEEDS-FAIR")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.landing.Seen(t.Context(), seen); err != nil {
		t.Fatal(err)
	}
	in := lead.Filled{Company: "Harrow Fabrication", Country: "GB", Name: "Harrow Fabrication", Mail: "x@harrow.example", Contact: true, Stamp: seen.Stamp(time.Now().Add(-time.Minute))}
	if err := a.landing.Fill(t.Context(), "kestrel", page.Token, "LEEDS-FAIR", "en", in); err != nil {
		t.Fatal(err)
	}
}

// mailOfKestrel sends a mail of Kestrel's to a contact about the promotion with its page,
// keeps a draft, and lets the contact say no: by the page of the link without a sign-in, by
// a mail program, and never by a link that was made up.
func mailOfKestrel(t *testing.T, a *App) {
	t.Helper()
	maya := demoPerson(t, a, "maya@kestrel.example", access.Admin)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%v %+v", err, fault.As(err).Fields)
		}
	}
	one := func(query string) (out string) {
		t.Helper()
		must(a.db.View(t.Context(), func(ctx context.Context) error { return db.Tx(ctx).Raw(query).Scan(&out).Error }))
		return out
	}
	c, err := a.customers.Create(t.Context(), maya, customer.Draft{Name: "Harrow Fabrication Mail", Country: "GB", City: "Harrow Fabrication"})
	must(err)
	k, err := a.customers.SaveContact(t.Context(), maya, c.ID, "", 0, customer.ContactDraft{Name: "Ann <b>Fitter</b>", Mail: "ann@campaign-shop.example"}, customer.Consent{Contact: true, Basis: customer.BasisForm})
	must(err)
	id := promo.ID(one(`SELECT x.promotion_id FROM landing_page x JOIN org r ON r.id = x.org_id WHERE r.slug = 'kestrel'`))
	content := campaign.Content{Name: "Harrow Fabrication", Pause: 7, Texts: []campaign.Text{{Language: "en", Subject: "Warm hands in Leeds, {name}", Body: "Harrow Fabrication\n\nfor {customer}"}}}
	_, err = a.campaigns.Create(t.Context(), maya, id, content)
	must(err)
	x, err := a.campaigns.Create(t.Context(), maya, id, content)
	must(err)
	x, err = a.campaigns.Start(t.Context(), maya, x.ID, x.Version, time.Time{})
	must(err)
	mailed := `SELECT body FROM mail WHERE dedupe = 'campaign:` + string(x.ID) + ":" + string(k.ID) + `'`
	for end := time.Now().Add(20 * time.Second); one(mailed) == "" && time.Now().Before(end); {
		must(a.campaigns.Tick(t.Context()))
	}
	body := one(mailed)
	link := regexp.MustCompile(`(/answer/[A-Za-z0-9_-]+)`).FindString(body)
	for _, want := range []string{"for Harrow Fabrication Mail", "/l/kestrel/", "in=en&ref=" + x.Ref, "you agreed that Kestrel Supply", "Ann <b>Fitter</b>"} {
		if !strings.Contains(body+one(strings.Replace(mailed, "body", "subject", 1)), want) {
			t.Errorf("the mail has no %q: %s", want, body)
		}
	}
	if html := one(strings.Replace(mailed, "body", "html", 1)); html != "" {
		t.Errorf("a mail that no server takes is kept in HTML: %s", html)
	}
	if got, err := a.mail.Get(t.Context(), maya, one(strings.Replace(mailed, "body", "id", 1))); err != nil || strings.Contains(got.Body, link) {
		t.Errorf("an admin reads the link of a contact: %v", err)
	}
	ask := func(method, path, body string) (int, string, http.Header) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, a.addrs.http+path, strings.NewReader(body))
		must(err)
		if body != "" {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		res, err := http.DefaultClient.Do(req)
		must(err)
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		must(err)
		return res.StatusCode, string(raw), res.Header
	}
	agreed := func() bool {
		t.Helper()
		d, err := a.customers.Get(t.Context(), maya, c.ID)
		must(err)
		return d.Contacts[0].Consent.Contact
	}
	for _, in := range []string{"", "?in=zh-CN"} {
		code, page, h := ask("GET", link+in, "")
		if code != 200 || !strings.Contains(page, map[bool]string{true: "No more mail?", false: "退订邮件"}[in == ""]) || strings.Contains(page, "Harrow") || h.Get("Set-Cookie") != "" || !agreed() {
			t.Errorf("the page of the link%s: %d, agreed %v, %v", in, code, agreed(), h)
		}
	}
	if code, _, _ := ask("POST", link[:len(link)-3]+"abc", "List-Unsubscribe=One-Click"); code != 404 || !agreed() {
		t.Errorf("a link that was made up: %d", code)
	}
	for range 2 {
		if code, page, _ := ask("POST", link, "List-Unsubscribe=One-Click"); code != 200 || !strings.Contains(page, "no more such mail") || agreed() {
			t.Errorf("saying no: %d, agreed %v", code, agreed())
		}
	}
	if got, err := a.campaigns.Get(t.Context(), maya, x.ID); err != nil || got.Tally.Unsubscribed != 1 || got.Tally.Kept < 1 {
		t.Errorf("%v %+v", err, got.Tally)
	}
}

// fileOfKestrel brings a file of orders of Kestrel's.
func fileOfKestrel(t *testing.T, a *App) {
	t.Helper()
	maya := demoPerson(t, a, "maya@kestrel.example", access.Admin)
	list, err := a.partners.List(t.Context(), maya)
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	f, err := a.files.Take(t.Context(), maya, batch.KindOrders, list[0].ID, "Harrow Fabrication.csv", nil, strings.NewReader("Order no,Item,Qty\nHarrow Fabrication,AUR-D18B,1\n"))
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); f.State == batch.Reading; {
		if f, err = a.files.Get(t.Context(), maya, f.ID); err != nil || time.Now().After(end) {
			t.Fatal(f.State, err)
		}
	}
}

// leadsOfAurelia brings a file of leads of Aurelia's, and turns its web form on.
func leadsOfAurelia(t *testing.T, a *App) {
	t.Helper()
	ingrid := demoPerson(t, a, "ingrid@aurelia.example", access.Admin)
	f, err := a.files.Take(t.Context(), ingrid, batch.KindLeads, "", "Quarry Works Ltd.csv", nil, strings.NewReader("title,company,country\nToolroom of the quarry,Quarry Works Ltd,GB\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.leads.SaveWebForm(t.Context(), ingrid, lead.WebForm{Active: true, Title: "Ask about the quarry", Consent: "Quarry Works Ltd"}, false); err != nil {
		t.Fatal(err)
	}
	for end, applied := time.Now().Add(time.Minute), false; f.State != batch.Done; {
		if f, err = a.files.Get(t.Context(), ingrid, f.ID); err != nil || time.Now().After(end) {
			t.Fatal(f.State, err)
		}
		if f.State == batch.Ready && !applied {
			applied = true
			if err := a.files.Apply(t.Context(), ingrid, f.ID, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// protectKestrel lowers a price of what Kestrel holds: by the events of the list it is
// proposed a claim, and told.
func protectKestrel(t *testing.T, a *App) {
	t.Helper()
	ingrid, maya := demoPerson(t, a, "ingrid@aurelia.example", access.Admin), demoPerson(t, a, "maya@kestrel.example", access.Admin)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(a.protect.SetTerms(t.Context(), ingrid, protect.Terms{Currency: "GBP", Partner: maya.Org, Days: protect.MostDays, Cover: money.One, AnswerDays: 10}))
	lists, err := a.catalog.Lists(t.Context(), maya)
	must(err)
	l := lists[slices.IndexFunc(lists, func(l catalog.PriceList) bool { return l.Org == ingrid.Org && l.Currency == "GBP" && l.Partner == "" })]
	if own, err := a.catalog.PriceList(t.Context(), ingrid, l.ID); err != nil {
		t.Fatal(err)
	} else if _, open := own.Draft(); open {
		must(a.catalog.DropDraft(t.Context(), ingrid, l.ID))
	}
	_, err = a.catalog.BeginDraft(t.Context(), ingrid, l.ID, catalog.DraftCmd{From: time.Now().UTC().Format(time.DateOnly), Percent: -money.One / 10})
	must(err)
	_, err = a.catalog.Publish(t.Context(), ingrid, l.ID, catalog.PublishCmd{Short: true})
	must(err)
	must(a.jobs.Idle(t.Context()))
	got, _, err := a.protect.List(t.Context(), maya, protect.Filter{States: []protect.State{protect.Proposed}})
	got = slices.DeleteFunc(got, func(x protect.Protection) bool { return x.Day != time.Now().UTC().Format(time.DateOnly) }) // the demo has one of its own
	if err != nil || len(got) != 1 || got[0].Open.Minor <= 0 {
		t.Fatalf("%+v %v", got, err)
	}
	must(a.jobs.Idle(t.Context()))
	var told int64
	must(a.db.View(t.Context(), func(ctx context.Context) error {
		return db.Tx(ctx).Table("notice").Where("org_id = ? AND kind = 'protect.proposed' AND subject_id = ?", maya.Org, string(got[0].ID)).Count(&told).Error
	}))
	if told == 0 {
		t.Error("nobody of Kestrel was told")
	}
	path := "/funds/protection/" + string(got[0].ID)
	ask, _ := signedIn(t, a, "ingrid@aurelia.example", "aurelia")
	if code, page := ask("GET", "/c/aurelia"+path, nil); code != 200 || strings.Contains(page, path+"/confirm") {
		t.Fatalf("the supplier's page: %d %.2000s", code, page)
	}
	if code, page := ask("GET", "/c/aurelia/funds/protection", nil); code != 200 || !strings.Contains(page, path) || !strings.Contains(page, "/funds/protection/terms") {
		t.Fatalf("the supplier's list: %d %.2000s", code, page)
	}
	if code, page := ask("GET", "/c/aurelia/", nil); code != 200 || strings.Contains(page, path) {
		t.Fatalf("the supplier's start page asks for an answer of the distributor: %d", code)
	}
	ask, token := signedIn(t, a, "maya@kestrel.example", "kestrel")
	if code, page := ask("GET", "/c/kestrel/", nil); code != 200 || !strings.Contains(page, path) {
		t.Fatalf("the start page does not say what waits for a yes: %d", code)
	}
	if code, page := ask("GET", "/c/kestrel/funds/protection", nil); code != 200 || !strings.Contains(page, path) || strings.Contains(page, "/funds/protection/terms") {
		t.Fatalf("the list: %d %.2000s", code, page)
	}
	code, page := ask("GET", "/c/kestrel"+path, nil)
	mark := regexp.MustCompile(`name="mark" value="([0-9a-f]{64})"`).FindStringSubmatch(page)
	if code != 200 || mark == nil || strings.Contains(page, "0 days to answer") {
		t.Fatalf("the page: %d %.2000s", code, page)
	}
	var order string
	must(a.db.View(t.Context(), func(ctx context.Context) error {
		return db.Tx(ctx).Raw("SELECT order_id FROM order_line WHERE reseller_id = ? AND price_trail <> '' LIMIT 1", maya.Org).Scan(&order).Error
	}))
	if code, page := ask("GET", "/c/kestrel/orders/"+order, nil); code != 200 || !strings.Contains(page, "How the price came about") || !strings.Contains(page, "/catalogue/prices/"+string(l.ID)+"?version=") {
		t.Fatalf("the steps of a price: %d", code)
	}
	secret, _, err := a.accounts.CreateToken(t.Context(), maya, account.TokenCmd{Name: "ERP", Days: 1, Scopes: []string{"funds:read", "funds:write", "orders:read"}})
	must(err)
	bearer := []string{"Authorization", "Bearer " + secret, "Content-Type", "application/json"}
	if code, body := ask("GET", "/api/v1/price-protections/"+string(got[0].ID), nil, bearer...); code != 200 || !strings.Contains(body, mark[1]) || !strings.Contains(body, `"state":"proposed"`) {
		t.Fatalf("over the API: %d %s", code, body)
	}
	if code, body := ask("GET", "/api/v1/price-protection-terms", nil, bearer...); code != 200 || !strings.Contains(body, `"supplier":"aurelia"`) {
		t.Fatalf("terms over the API: %d %s", code, body)
	}
	if code, body := ask("GET", "/api/v1/orders/"+order, nil, bearer...); code != 200 || !strings.Contains(body, `"price_steps":[{"kind":"list"`) {
		t.Fatalf("the steps over the API: %d %.2000s", code, body)
	}
	if code, page := ask("POST", "/c/kestrel"+path+"/confirm", url.Values{"csrf": {token}, "mark": mark[1:]}); code != 303 {
		t.Fatalf("confirmed: %d %.2000s", code, page)
	}
	if code, body := ask("POST", "/api/v1/price-protections/"+string(got[0].ID)+"/confirm", url.Values{"json": {`{"mark":"` + mark[1] + `"}`}}, bearer...); code != 200 || !strings.Contains(body, `"state":"submitted"`) {
		t.Fatalf("confirmed again over the API: %d %s", code, body)
	}
	x, err := a.protect.Get(t.Context(), maya, got[0].ID)
	if err != nil || x.State != protect.Claimed || len(x.Claims) != 1 {
		t.Fatalf("%+v %v", x, err)
	}
	if code, body := ask("GET", "/api/v1/claims/"+string(x.Claims[0])+"/remarks", nil, bearer...); code != 200 || !strings.Contains(body, `"items":[]`) {
		t.Errorf("remarks over the API: %d %s", code, body)
	}
	if code, page := ask("GET", "/c/kestrel/sell-through/export?format=csv&show=current", nil); code != 200 || !strings.Contains(page, "SR-") {
		t.Errorf("the list of reports as a table: %d %.300s", code, page)
	}
	// what was claimed by is not withdrawn any more, and says what to do instead
	ask, token = signedIn(t, a, "ingrid@aurelia.example", "aurelia")
	if code, page := ask("POST", "/c/aurelia/catalogue/prices/"+string(l.ID)+"/withdraw", url.Values{"csrf": {token}, "version": {strconv.Itoa(x.Lines[0].Version)}}); code != 422 || !strings.Contains(page, "Publish a new version") {
		t.Errorf("withdrawn: %d %.2000s", code, page)
	}
	if code, page := ask("GET", "/c/aurelia/funds/claims/"+string(x.Claims[0]), nil); code != 200 || !strings.Contains(page, path) || strings.Contains(page, "/corrected") {
		t.Errorf("the claim: %d %.2000s", code, page)
	}
	if code, page := ask("POST", "/c/aurelia/funds/limits/two", url.Values{"csrf": {token}, "kind": {"promo"}, "currency": {"JPY"}, "amount": {"900"}}); code != 303 {
		t.Errorf("a threshold: %d %.2000s", code, page)
	}
	if code, page := ask("GET", "/c/aurelia/funds/limits", nil); code != 200 || !strings.Contains(page, "Two people decide above") {
		t.Errorf("the thresholds: %d %.2000s", code, page)
	}
}

// signedIn is a browser of a person of a company, with its token for forms: a form is sent as
// such, one with "json" as that text.
func signedIn(t *testing.T, a *App, email, slug string) (ask func(method, path string, form url.Values, header ...string) (int, string), token string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask = func(method, path string, form url.Values, header ...string) (int, string) {
		t.Helper()
		body := form.Encode()
		if form.Has("json") {
			body = form.Get("json")
		}
		req, err := http.NewRequestWithContext(t.Context(), method, a.addrs.http+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", a.addrs.http)
		for i := 0; i+1 < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(raw)
	}
	if code, body := ask("POST", "/signin", url.Values{"email": {email}, "password": {demoPassword}}); code != 303 {
		t.Fatalf("sign in: %d %.200s", code, body)
	}
	_, page := ask("GET", "/c/"+slug+"/", nil)
	m := csrfField.FindStringSubmatch(page)
	if m == nil {
		t.Fatal("no csrf field on the home page")
	}
	return ask, m[1]
}

// talkOfKestrel sends a file in each of two rooms of Kestrel's, names somebody and holds
// one of them.
func talkOfKestrel(t *testing.T, a *App) {
	t.Helper()
	maya := demoPerson(t, a, "maya@kestrel.example", access.Admin)
	list, _, err := a.rooms.List(t.Context(), maya, room.Filter{Limit: 2})
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	for _, r := range list {
		f, err := a.rooms.Bring(t.Context(), maya, r.ID, "Harrow Fabrication drawings.pdf", strings.NewReader("%PDF-1.7 Harrow Fabrication"))
		if err != nil {
			t.Fatal(err)
		}
		m, _, err := a.rooms.Post(t.Context(), maya, room.Draft{Room: r.ID, Key: "stranger", Text: "@Ingrid Dahl Harrow Fabrication 上海仓库备货有限", Files: []room.FileID{f.ID}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.rooms.React(t.Context(), maya, r.ID, m.Seq, "👍", true); err != nil {
			t.Fatal(err)
		}
		if _, err := a.rooms.Pin(t.Context(), maya, r.ID, m.Seq, true); err != nil {
			t.Fatal(err)
		}
		if _, err := a.rooms.AddTask(t.Context(), maya, r.ID, m.Seq, room.TaskCmd{Due: "2027-03-09", Key: "stranger-" + string(r.ID)}); err != nil {
			t.Fatal(err)
		}
		if err := a.rooms.Hold(t.Context(), maya, r.ID, "Harrow Fabrication"); err != nil {
			t.Fatal(err)
		}
	}
	// a call that is over: an open one would be ended by a job while the rows are compared
	_, me, _, err := a.calls.Begin(t.Context(), maya, list[0].ID, calling.Flags{})
	if err == nil {
		_, _, err = a.calls.Desk().Leave(t.Context(), me)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// forumOfKestrel makes a category shared with Kestrel alone, with a topic, a reply and a
// report; the demo's own category is shared with Kaarel too.
func forumOfKestrel(t *testing.T, a *App) {
	t.Helper()
	ingrid, maya := demoPerson(t, a, "ingrid@aurelia.example", access.Admin), demoPerson(t, a, "maya@kestrel.example", access.Admin)
	c, err := a.forum.SaveCategory(t.Context(), ingrid, forum.CategoryCmd{Name: "Harrow Fabrication", Seats: []forum.Seat{{Org: maya.Org, Reply: true, Create: true}}})
	if err != nil {
		t.Fatal(err)
	}
	q, err := a.forum.Ask(t.Context(), maya, forum.TopicCmd{Category: c, Kind: forum.Question, Title: "Harrow Fabrication 上海仓库备货有限", Body: "Kestrel Supply", Tags: []string{"harrow"}, Key: "stranger"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := a.forum.Reply(t.Context(), maya, q.ID, "Harrow Fabrication, again", "stranger-1")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.forum.Report(t.Context(), maya, q.ID, p, "Harrow Fabrication"); err != nil {
		t.Fatal(err)
	}
}

// libraryOfKestrel publishes a document of Aurelia's to Kestrel, who reads and confirms it,
// and one of Kestrel's to Aurelia.
func libraryOfKestrel(t *testing.T, a *App) {
	t.Helper()
	ingrid, maya := demoPerson(t, a, "ingrid@aurelia.example", access.Admin), demoPerson(t, a, "maya@kestrel.example", access.Admin)
	for _, d := range []struct{ by, to access.Actor }{{ingrid, maya}, {maya, ingrid}} {
		cmd := library.Cmd{Title: "Harrow Fabrication terms", Kind: library.Terms, Confirm: true, Audience: library.Audience{Orgs: []string{d.to.Org}}, Key: "stranger"}
		id, err := a.library.Publish(t.Context(), d.by, cmd, "Harrow Fabrication.pdf", strings.NewReader("%PDF-1.7 Harrow Fabrication"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.library.Read(t.Context(), d.to, id); err != nil {
			t.Fatal(err)
		}
		if err := a.library.Confirm(t.Context(), d.to, id, 1); err != nil {
			t.Fatal(err)
		}
	}
}

// demoPerson is somebody of the demo at their only company, with the roles named or, where
// none are, with their own.
func demoPerson(t testing.TB, a *App, email string, roles ...access.Role) access.Actor {
	t.Helper()
	p, seats, err := a.accounts.Directory().PersonByEmail(t.Context(), email)
	if err != nil || len(seats) != 1 {
		t.Fatalf("%s: %d companies, %v", email, len(seats), err)
	}
	if len(roles) == 0 {
		roles = seats[0].Roles
	}
	return access.Actor{Person: p.ID, Org: seats[0].Org.ID, Roles: roles, Via: "session:test"}
}

// stranger is Kaarel of Baltic, with every role.
func stranger(t *testing.T, a *App) access.Actor {
	t.Helper()
	return demoPerson(t, a, "kaarel@baltic.example", access.Admin, access.Manager, access.Sales, access.Buyer, access.Finance, access.EDI)
}

// TestStranger calls every method of every service, and every page and API
// route, as a person of a competing company, with the ids of Kestrel's objects.
// Each answers as if the object did not exist, tells none of Kestrel's words,
// and changes no row.
func TestStranger(t *testing.T) {
	t.Parallel()
	a := demoApp(t)
	quoteOfKestrel(t, a)
	agreeWithKestrel(t, a)
	pageOfKestrel(t, a)
	mailOfKestrel(t, a)
	mapWithKestrel(t, a)
	fileOfKestrel(t, a)
	talkOfKestrel(t, a)
	forumOfKestrel(t, a)
	libraryOfKestrel(t, a)
	leadsOfAurelia(t, a)
	shareOfKestrel(t, a)
	protectKestrel(t, a)
	if err := a.jobs.Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.jobs.Stop() // what changes from here on, no clock has changed
	ids, canaries := foreign(t, a)
	who := stranger(t, a)
	// pages first: the calls below include wrong passwords, which then throttle
	t.Run("http", func(t *testing.T) { strangerHTTP(t, a, ids, canaries) })
	before, auditBefore := digest(t, a.db)

	services := map[string]any{"account": a.accounts, "partner": a.partners, "catalog": a.catalog, "trade": a.trade, "returns": a.returns, "blanket": a.blankets, "settle": a.settle, "approval": a.approvals, "notify": a.notify, "mail": a.mail, "gateway": a.gateway, "agreement": a.agreements, "share": a.shares, "hook": a.hooks, "room": a.rooms, "call": a.calls, "forum": a.forum, "library": a.library, "push": a.push, "files": a.files, "desk": a.desk, "customer": a.customers, "lead": a.leads, "promo": a.promos, "landing": a.landing, "campaign": a.campaigns, "brand": a.brands, "trigger": a.triggers, "fund": a.funds, "location": a.locations, "deal": a.deals, "sellthrough": a.sellthrough, "channel": a.channel, "adjust": a.adjust, "protect": a.protect, "quote": a.quotes, "mapping": a.mappings, "engage": a.engagements}
	actorType, ctxType := reflect.TypeFor[access.Actor](), reflect.TypeFor[context.Context]()
	calls := 0
	for name, svc := range services {
		v := reflect.ValueOf(svc)
		for m := range v.NumMethod() {
			method, info := v.Method(m), v.Type().Method(m)
			mt := method.Type()
			if mt.NumIn() < 2 || mt.In(0) != ctxType || mt.In(1) != actorType {
				continue
			}
			if own[name+"."+info.Name] {
				continue
			}
			for _, id := range ids {
				args := []reflect.Value{reflect.ValueOf(t.Context()), reflect.ValueOf(who)}
				for i := 2; i < mt.NumIn(); i++ {
					if mt.IsVariadic() && i == mt.NumIn()-1 {
						args = append(args, fill(mt.In(i).Elem(), id, 0))
						continue
					}
					args = append(args, fill(mt.In(i), id, 0))
				}
				out := method.Call(args)
				calls++
				var err error
				for _, o := range out {
					if e, ok := o.Interface().(error); ok {
						err = e
					}
				}
				if c := fault.CodeOf(err); c == fault.Internal {
					t.Errorf("%s.%s(%s): %v", name, info.Name, id, err)
				}
				for _, o := range out {
					if e, ok := o.Interface().(error); ok {
						leak(t, name+"."+info.Name+" error", fault.KeyOf(e)+fmt.Sprint(fault.As(e).Args), canaries, id)
						continue
					}
					leak(t, name+"."+info.Name, fmt.Sprintf("%+v", o.Interface()), canaries, id)
				}
			}
		}
	}
	if calls < 500 {
		t.Errorf("only %d calls were made", calls)
	}
	after, auditAfter := digest(t, a.db)
	if was := differing(before, after); len(was) > 0 {
		t.Errorf("a stranger's call changed business tables: %v", was)
	}
	for o, n := range auditAfter {
		if n != auditBefore[o] && o != "denied" {
			t.Errorf("a stranger's calls left %d audit lines %q: %v", n-auditBefore[o], o, deeds(t, a.db, who.Person, o))
		}
	}
	t.Logf("%d calls", calls)
}

// own are methods that have nothing to do with foreign objects and would, with
// any arguments, act on the caller's own company; their own tests cover them.
var own = map[string]bool{
	"account.SignOutEverywhere": true,
	"notify.MarkAllSeen":        true,
	"push.Forget":               true,
	// each makes something of the caller's own company, whatever id it is given as text
	"room.SetRetention": true, "call.SetRelay": true, "forum.SaveCategory": true,
	"customer.Create": true, "desk.Save": true, "customer.Ensure": true, "customer.EnsureAlike": true, "lead.SaveRule": true, "lead.Bring": true, "lead.SaveWebForm": true,
}

// fill makes an argument: strings and ids become the foreign id, structs and
// slices are filled alike.
func fill(t reflect.Type, id string, depth int) reflect.Value {
	v := reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.String:
		v.SetString(id)
	case reflect.Slice:
		if depth < 3 && t.Elem().Kind() != reflect.Uint8 {
			v = reflect.Append(v, fill(t.Elem(), id, depth+1))
		}
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			return v
		}
		for i := range t.NumField() {
			if t.Field(i).IsExported() && depth < 3 {
				v.Field(i).Set(fill(t.Field(i).Type, id, depth+1))
			}
		}
	case reflect.Interface:
		if t == reflect.TypeFor[io.Reader]() {
			v.Set(reflect.ValueOf(strings.NewReader("ISA")))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(t))
		if depth < 3 {
			v.SetMapIndex(fill(t.Key(), id, depth+1), fill(t.Elem(), id, depth+1))
		}
	}
	return v
}

// leak fails when text holds a word of Kestrel's that was not in the question.
func leak(t *testing.T, what, text string, canaries []string, asked string) {
	t.Helper()
	for _, c := range canaries {
		if c != asked && strings.Contains(text, c) {
			t.Errorf("%s told a stranger %q", what, c)
			return
		}
	}
}

// strangerHTTP signs Kaarel in and opens every route with foreign ids.
func strangerHTTP(t *testing.T, a *App, ids, canaries []string) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	base := a.addrs.http
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(method, path, body string, header ...string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatalf("%s %s: %v", method, path, err)
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(raw)
	}
	form := url.Values{"email": {"kaarel@baltic.example"}, "password": {demoPassword}}
	if code, body := ask("POST", "/signin", form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Origin", base); code != 303 {
		t.Fatalf("sign in: %d %.200s", code, body)
	}
	_, page := ask("GET", "/c/baltic/", "")
	token := csrfField.FindStringSubmatch(page)
	if token == nil {
		t.Fatal("no csrf field on the home page")
	}
	before, _ := digest(t, a.db)
	seen := 0
	param := regexp.MustCompile(`:[a-zA-Z_]+\??|\*`)
	done := map[string]bool{}
	for _, r := range a.fiber.GetRoutes(true) {
		if r.Method == "HEAD" || r.Path == "/live" || r.Path == "/signout" || done[r.Method+r.Path] || r.Method != "GET" && r.Method != "POST" {
			continue
		}
		done[r.Method+r.Path] = true
		targets := map[string]string{}
		if strings.HasPrefix(r.Path, "/c/:slug") {
			rest := strings.TrimPrefix(r.Path, "/c/:slug")
			targets["/c/kestrel"+param.ReplaceAllString(rest, ids[0])] = ids[0]
			if strings.Contains(rest, ":") {
				for _, id := range ids {
					targets["/c/baltic"+param.ReplaceAllString(rest, id)] = id
				}
			}
		} else if strings.Contains(r.Path, ":") {
			for _, id := range ids {
				targets[param.ReplaceAllString(r.Path, id)] = id
			}
		}
		for path, id := range targets {
			body, header := "", []string{}
			if r.Method == "POST" {
				body = url.Values{"csrf": {token[1]}, "answer": {"refuse"}, "text": {"x"}, "key": {"k"}, "role": {"admin"}}.Encode()
				header = []string{"Content-Type", "application/x-www-form-urlencoded", "Origin", base}
			}
			if id != ids[0] { // the page that says no is looked at once for each address
				header = append(header, "Accept", "application/problem+json")
			}
			code, text := ask(r.Method, path, body, header...)
			seen++
			switch {
			case strings.HasPrefix(path, "/c/kestrel"):
				if code != 404 {
					t.Errorf("%s %s: %d, want 404", r.Method, path, code)
				}
			case code < 300 && !strings.HasPrefix(path, "/static") && !strings.HasPrefix(path, "/help") && !strings.HasPrefix(path, "/link/"):
				t.Errorf("%s %s: %d", r.Method, path, code)
			case code >= 500:
				t.Errorf("%s %s: %d", r.Method, path, code)
			}
			leak(t, r.Method+" "+path, strings.ReplaceAll(text, path, ""), canaries, id)
		}
	}
	if seen < 200 {
		t.Errorf("only %d requests were made", seen)
	}
	// the pages a stranger may open hold nothing of Kestrel's either
	for _, path := range []string{"/", "/orders", "/invoices", "/catalogue", "/catalogue/prices", "/catalogue/stock", "/catalogue/backorders", "/edi", "/edi/certificates", "/edi/certificates?show=ending", "/edi/maps", "/rooms", "/partners", "/people", "/company", "/profile", "/inbox", "/mail", "/find?q=450", "/find?q=Kestrel", "/rooms?q=Harrow", "/library", "/library?q=Harrow", "/library?view=own", "/library/new", "/find?q=terms", "/forum", "/forum?q=Harrow", "/forum?q=deliver", "/forum?view=ideas", "/forum/new", "/forum/related?title=Harrow", "/forum/related?title=deliver", "/rooms?q=" + url.QueryEscape("备货"), "/orders?q=450", "/orders?partner=kestrel", "/quotes", "/quotes?q=Harrow", "/quotes/new", "/mappings", "/mappings/new", "/find?q=Harrow", "/engagements", "/engagements?q=Harrow", "/engagements/new"} {
		code, text := ask("GET", "/c/baltic"+path, "")
		if code >= 500 || code == 404 && !strings.Contains(path, "kestrel") {
			t.Errorf("GET %s: %d", path, code)
		}
		leak(t, path, strings.ReplaceAll(text, "q=Kestrel", ""), canaries, "")
	}
	if after, _ := digest(t, a.db); len(differing(before, after)) > 0 {
		t.Errorf("a stranger's request changed business tables: %v", differing(before, after))
	}
	t.Logf("%d requests", seen)
}
