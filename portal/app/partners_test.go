package app

import (
	"context"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/db"
	"entente/db/dbtest"
	"entente/edi/courier"
	"entente/portal/session"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/location"
)

// crowd is a company with any number of partners, on a database of its own; the program
// does not listen and no job runs.
type crowd struct {
	*App
	t    *testing.T
	org  account.Org
	who  access.Actor
	ids  []string // partnerships, the oldest first
	orgs []string // their other companies
	jar  []*http.Cookie
}

func newCrowd(t *testing.T, dsn string) *crowd {
	t.Helper()
	many := session.Rate{PerSecond: 1e6, Burst: 1e6}
	a, err := New(t.Context(), Config{Addr: "127.0.0.1:0", Data: t.TempDir(), DatabaseURL: dsn, Limits: session.Limits{Session: many, Open: many}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	c := &crowd{App: a, t: t}
	sys := access.System("test", "")
	c.org, err = a.accounts.CreateOrg(t.Context(), sys, account.OrgCmd{Slug: "maker", Name: "Maker", Country: "GB", Currency: "GBP", Zone: "UTC", Locale: "en"})
	c.must(err)
	hash, err := a.accounts.HashPassword(t.Context(), demoPassword)
	c.must(err)
	p, err := a.accounts.CreatePerson(t.Context(), sys, account.PersonCmd{Email: "boss@maker.example", Name: "Boss", Org: c.org.ID, PasswordHash: hash, Roles: []access.Role{access.Admin, access.Manager}})
	c.must(err)
	c.who = access.Actor{Person: p.ID, Org: c.org.ID, Roles: []access.Role{access.Admin, access.Manager}, Via: "session:test"}
	res := c.ask("POST", "/signin", url.Values{"email": {"boss@maker.example"}, "password": {demoPassword}}.Encode())
	if c.jar = res.Cookies(); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("sign in: %d", res.StatusCode)
	}
	return c
}

func (c *crowd) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *crowd) ask(method, path, body string) *http.Response {
	c.t.Helper()
	req := httptest.NewRequest(method, c.addrs.http+path, strings.NewReader(body))
	req.Header.Set("Origin", c.addrs.http)
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, k := range c.jar {
		req.AddCookie(k)
	}
	res, err := c.fiber.Test(req, -1)
	c.must(err)
	return res
}

func (c *crowd) page(path string) string {
	c.t.Helper()
	res := c.ask("GET", path, "")
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	c.must(err)
	if res.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: %d %.600s", path, res.StatusCode, raw)
	}
	return string(raw)
}

// grow adds partners, to n of them: each with all that the pages show. Of every other one
// the company is the customer.
func (c *crowd) grow(n int) {
	c.t.Helper()
	now := c.db.Clock()
	c.must(c.db.InTx(c.t.Context(), func(ctx context.Context) error {
		for i := len(c.ids); i < n; i++ {
			put := func(table string, row map[string]any) {
				c.t.Helper()
				c.must(db.Tx(ctx).Table(table).Create(row).Error)
			}
			org, id, at := db.NewID(), db.NewID(), db.Micros(now.Add(time.Duration(i/2)*time.Millisecond)) // some at one instant
			supplier, reseller := c.org.ID, org
			if i%2 == 1 {
				supplier, reseller = org, c.org.ID
			}
			both := func(row map[string]any) map[string]any {
				row["partnership_id"], row["supplier_id"], row["reseller_id"] = id, supplier, reseller
				return row
			}
			put("org", map[string]any{"id": org, "slug": fmt.Sprintf("partner-%03d", i), "name": fmt.Sprintf("Partner %03d", i), "city": "", "country": "GB", "currency": "GBP", "timezone": "UTC", "locale": "en", "state": "active", "created": at})
			put("partnership", map[string]any{"id": id, "supplier_id": supplier, "reseller_id": reseller, "state": "active", "currency": "GBP", "price_tolerance": 0, "quantity_tolerance": 0, "created": at, "version": 1})
			name := db.NewID()
			put("edi_identity", map[string]any{"org_id": org, "id": name, "kind": "as2", "qualifier": "", "value": fmt.Sprintf("PARTNER-%03d", i), "created": at})
			put("edi_identity", map[string]any{"org_id": org, "id": db.NewID(), "kind": "x12", "qualifier": "ZZ", "value": fmt.Sprintf("PARTNER%03d", i), "created": at})
			put("edi_identity_confirmation", map[string]any{"partnership_id": id, "org_id": org, "identity_id": name, "confirmed_by": c.who.Person, "confirmed": at})
			for k := range 2 { // the second was announced; of every third it is confirmed
				cert := db.NewID()
				ends := now.AddDate(0, 0, 10+(i*37)%400+k)
				put("as2_certificate", map[string]any{"org_id": org, "id": cert, "purpose": "both", "der": []byte{1}, "fingerprint": cert, "subject": fmt.Sprintf("CN=PARTNER-%03d-%d", i, k), "issuer": "CN=X", "serial": "1", "algorithm": "RSA 3072", "not_before": at - 1, "not_after": db.Micros(ends), "use_from": at, "retired": 0, "warned": 0, "made_by": "", "created": at + int64(k), "announced": int64(k) * at})
				if k == 1 && i%3 == 0 {
					put("as2_confirmation", both(map[string]any{"org_id": org, "certificate_id": cert, "how": "person", "person_id": c.who.Person, "at": at}))
				}
			}
			put("as2_station", map[string]any{"org_id": org, "url": fmt.Sprintf("https://partner-%03d.example/as2", i), "receipt_hosts": "", "changed": at, "changed_by": "", "http_user": "secret-name"})
			put("as2_terms", both(map[string]any{"sender_id": org, "terms": `{"sign":"sha1"}`, "version": 1, "changed": at, "changed_by": c.who.Person}))
			put("edi_route", both(map[string]any{"org_id": c.org.ID, "kind": map[bool]string{true: "850", false: "855"}[supplier == c.org.ID], "door": "outbox", "syntax": "x12", "version": "005010", "changed": at, "changed_by": ""}))
			for v := 1; v <= 2; v++ {
				put("edi_agreement", both(map[string]any{"id": db.NewID(), "number": v, "state": "confirmed", "valid_from": "2026-01-01", "starts": at - 10 + int64(v), "applied": at, "body": fmt.Sprintf(`{"x12":"005010","codes":{"units":[{"theirs":"A%d","ours":"EA"}]}}`, v), "hash": "", "note": "", "proposed_org": org, "proposed_by": "", "proposed": at, "answered_org": c.org.ID, "answered_by": "", "answered": at, "reason": ""}))
			}
			for k := range i%3 + 1 {
				put("location", both(map[string]any{"id": db.NewID(), "number": "", "gln": "", "name": fmt.Sprint("Dock ", k), "street": "", "city": "", "postcode": "", "country": "", "made": at, "changed": at, "changed_by": ""}))
			}
			if supplier == c.org.ID {
				put("send_check", map[string]any{"partnership_id": id, "rule": "price", "supplier_id": supplier, "severity": "off", "changed": at, "changed_by": ""})
			}
			c.ids, c.orgs = append(c.ids, id), append(c.orgs, org)
		}
		return nil
	}))
	slices.SortFunc(c.ids, func(a, b string) int { return strings.Compare(a, b) }) // made in this order, and so is the page
}

// statements is how many a call runs, at its best of two: sessions are renewed now and then.
func (c *crowd) statements(run func()) int64 {
	best := int64(1 << 40)
	for range 2 {
		was := c.db.Counts().Run
		run()
		best = min(best, c.db.Counts().Run-was)
	}
	return best
}

var (
	nextPage = regexp.MustCompile(`id="list-foot".*?href="([^"]*after=[^"]*)"`)
	certName = regexp.MustCompile(`CN=PARTNER-[0-9]{3}-[01]`)
	mainText = regexp.MustCompile(`(?s)<div id="list">.*`)
	ofOne    = regexp.MustCompile(`/c/maker/edi/connections/([0-9a-v]{26})"`)
)

// walk follows a list to its end and gives what a pattern finds on its pages, in order.
func (c *crowd) walk(path string, what *regexp.Regexp) (found []string) {
	c.t.Helper()
	for range 50 {
		body := c.page(path)
		for _, m := range what.FindAllStringSubmatch(mainText.FindString(body), -1) {
			if id := m[len(m)-1]; len(found) == 0 || found[len(found)-1] != id {
				found = append(found, id)
			}
		}
		m := nextPage.FindStringSubmatch(body)
		if m == nil {
			return found
		}
		path = html.UnescapeString(m[1])
	}
	c.t.Fatalf("%s has no end", path)
	return nil
}

// TestManyPartners: the pages of connections, certificates, maps and rules and the monitor
// cost as many statements with sixty partners as with six, end where the partners end, and
// show each once; what is read for many at once is what is read of each.
func TestManyPartners(t *testing.T) {
	t.Parallel()
	for name, dsn := range map[string]func(testing.TB) string{"sqlite": dbtest.SQLiteDSN, "postgres": dbtest.PostgresDSN} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCrowd(t, dsn(t))
			paths := []string{"/c/maker/edi/connections", "/c/maker/edi/certificates", "/c/maker/edi/certificates?show=ending", "/c/maker/edi/maps", "/c/maker/edi/monitor"}
			few := map[string]int64{}
			c.grow(6)
			for _, p := range paths {
				few[p] = c.statements(func() { c.page(p) })
			}
			c.grow(60)
			for _, p := range paths {
				if n := c.statements(func() { c.page(p) }); n > few[p] {
					t.Errorf("%s: %d statements with 6 partners, %d with 60", p, few[p], n)
				}
			}
			for _, p := range []string{paths[0], paths[3]} {
				if got := c.walk(p, ofOne); !slices.Equal(slices.Sorted(slices.Values(got)), c.ids) {
					t.Errorf("%s shows %d partners, want each of 60 once", p, len(got))
				}
			}
			certs := c.walk(paths[1], certName)
			if want := c.certificates(0); !slices.Equal(certs, want) {
				t.Errorf("certificates: %d, want %d, those that end first at the top\n%v\n%v", len(certs), len(want), certs, want)
			}
			if got, want := c.walk(paths[2], certName), c.certificates(32); len(want) == 0 || !slices.Equal(got, want) {
				t.Errorf("certificates that end soon: %v, want %v", got, want)
			}
			c.sameAsEach()
		})
	}
}

// certificates are the subjects of those that grow made, by their end; within days, or all.
func (c *crowd) certificates(within int) (out []string) {
	type one struct{ days, n, k int }
	var all []one
	for i := range c.ids {
		for k := range 2 {
			if d := 10 + (i*37)%400 + k; within == 0 || d < within {
				all = append(all, one{d, i, k})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b one) int { return a.days - b.days })
	for _, x := range all {
		out = append(out, fmt.Sprintf("CN=PARTNER-%03d-%d", x.n, x.k))
	}
	return out
}

// sameAsEach compares what is read of many partnerships with what is read of each, and
// with what a partner may know of the others.
func (c *crowd) sameAsEach() {
	t, ctx := c.t, c.t.Context()
	t.Helper()
	same := func(what string, many, one any) {
		t.Helper()
		if !reflect.DeepEqual(many, one) {
			t.Errorf("%s: %+v of many, %+v of one", what, many, one)
		}
	}
	links, err := c.courier.Links(ctx, c.who, c.ids...)
	c.must(err)
	named, err := c.partners.IdentitiesOf(ctx, c.who, c.ids...)
	c.must(err)
	routes, err := c.gateway.RoutesOf(ctx, c.who, c.ids...)
	c.must(err)
	agreed, err := c.agreements.ValidOf(ctx, c.who, c.ids...)
	c.must(err)
	places, err := c.locations.Counts(ctx, c.who, 2, c.ids...)
	c.must(err)
	checks, err := c.prechecks.GetMany(ctx, c.who, c.ids...)
	c.must(err)
	refs, err := c.catalog.CountReferences(ctx, c.who, 10, c.ids...)
	c.must(err)
	last, err := c.gateway.LastOf(ctx, c.who, c.ids...)
	c.must(err)
	if len(last) != 0 || len(refs) != len(c.ids) || len(places) != len(c.ids) || len(checks) != len(c.ids)/2 {
		t.Errorf("%d interchanges, %d references, %d places, %d policies", len(last), len(refs), len(places), len(checks))
	}
	for _, id := range c.ids[:4] {
		p, err := c.partners.Get(ctx, c.who, id)
		c.must(err)
		for _, org := range []string{p.Supplier, p.Reseller} {
			st, certs, err := c.courier.Station(ctx, c.who, id, org)
			c.must(err)
			same("station", links[id].Stations[org], st)
			same("certificates", append([]courier.Certificate{}, links[id].Certificates[org]...), append([]courier.Certificate{}, certs...))
		}
		terms, err := c.courier.Terms(ctx, c.who, id)
		c.must(err)
		same("terms", links[id].Terms, terms)
		ids, err := c.partners.Identities(ctx, c.who, id)
		c.must(err)
		same("identities", named[id], ids)
		way, err := c.gateway.Routes(ctx, c.who, id)
		c.must(err)
		same("routes", routes[id], way)
		now, err := c.agreements.Present(ctx, c.who, id)
		c.must(err)
		same("agreement", agreed[id], *now.Valid)
		at, _, err := c.locations.List(ctx, c.who, id, location.Filter{})
		c.must(err)
		same("places", places[id], min(len(at), 2))
		if p.Supplier == c.org.ID {
			policy, err := c.prechecks.Get(ctx, c.who, id)
			c.must(err)
			same("checks", checks[id], policy)
		}
	}
	for _, l := range links {
		for org, st := range l.Stations {
			if org != c.org.ID && st.User != "" {
				t.Errorf("the name at the server of %s is read", org)
			}
		}
	}
	c.onlyInvited()
	theirs := access.Actor{Person: c.who.Person, Org: c.orgs[0], Roles: c.who.Roles, Via: c.who.Via}
	if got, err := c.courier.Links(ctx, theirs, c.ids...); err != nil || len(got) != 1 {
		t.Errorf("a partner reads %d connections, %v", len(got), err)
	}
	if got, err := c.partners.IdentitiesOf(ctx, theirs, c.ids...); err != nil || len(got) != 1 {
		t.Errorf("a partner reads the addresses of %d, %v", len(got), err)
	}
	if got, err := c.gateway.RoutesOf(ctx, theirs, c.ids...); err != nil || len(got) != 1 {
		t.Errorf("a partner reads the routes of %d, %v", len(got), err)
	}
	if got, err := c.agreements.ValidOf(ctx, theirs, c.ids...); err != nil || len(got) != 1 {
		t.Errorf("a partner reads %d agreements, %v", len(got), err)
	}
	if got, err := c.locations.Counts(ctx, theirs, 9, c.ids...); err != nil || len(got) != 1 {
		t.Errorf("a partner counts the places of %d, %v", len(got), err)
	}
	if got, err := c.catalog.CountReferences(ctx, theirs, 9, c.ids...); err != nil || len(got) != 1 {
		t.Errorf("a partner counts the numbers of %d, %v", len(got), err)
	}
	if got, err := c.prechecks.GetMany(ctx, theirs, c.ids...); err != nil || len(got) != 0 {
		t.Errorf("a customer reads the checks of %d, %v", len(got), err)
	}
	got, err := c.courier.Certificates(ctx, theirs, courier.CertificateFilter{}, time.Time{})
	if err != nil || len(got.Items) != 2 {
		t.Errorf("a partner lists %d certificates, %v", len(got.Items), err)
	}
}

// onlyInvited: of a company that the actor's invited and that has not accepted, nothing is
// read of how it is reached by EDI, in one nor among many; it reads of who invited.
func (c *crowd) onlyInvited() {
	t, ctx, id, other := c.t, c.t.Context(), c.ids[0], c.orgs[0]
	t.Helper()
	state := func(to, by string) {
		c.must(c.db.InTx(ctx, func(ctx context.Context) error {
			return db.Tx(ctx).Exec("UPDATE partnership SET state = ?, moved_by = ? WHERE id = ?", to, by, id).Error
		}))
	}
	// read counts what of the other company is read, and what of it is among many.
	read := func() (n int) {
		st, certs, err := c.courier.Station(ctx, c.who, id, other)
		c.must(err)
		links, err := c.courier.Links(ctx, c.who, id)
		c.must(err)
		believed, _, err := c.courier.Believed(ctx, c.who, id, other)
		if err == nil {
			n += len(believed)
		}
		list, err := c.courier.Certificates(ctx, c.who, courier.CertificateFilter{Limit: 200}, time.Time{})
		c.must(err)
		for _, x := range list.Items {
			if x.Org == other {
				n++
			}
		}
		one, err := c.partners.Identities(ctx, c.who, id)
		c.must(err)
		many, err := c.partners.IdentitiesOf(ctx, c.who, id)
		c.must(err)
		for _, x := range append(one, many[id]...) {
			if x.Org == other {
				n++
			}
		}
		return n + len(st.URL+links[id].Stations[other].URL) + len(certs) + len(links[id].Certificates[other])
	}
	state("invited", c.org.ID)
	if n := read(); n > 0 {
		t.Errorf("%d things of a company that has not accepted are read", n)
	}
	state("invited", other)
	if read() == 0 {
		t.Error("who is invited reads nothing of who invited")
	}
	state("active", "")
}
