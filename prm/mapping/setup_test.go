package mapping

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/db"
	"entente/db/job"
	"entente/db/secret"
	"entente/prm/access"
	"entente/prm/customer"
	"entente/prm/fault"
	"entente/prm/identity"
)

// recorder takes the place of the jobs: the test turns the loop itself.
type recorder struct {
	mu     sync.Mutex
	events []job.Event
}

func (r *recorder) Publish(_ context.Context, e job.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	return nil
}
func (r *recorder) Wake(context.Context, string) error                    { return nil }
func (r *recorder) Drain(string, func(ctx context.Context) (bool, error)) {}

// take returns the kinds published since the last call.
func (r *recorder) take() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, e := range r.events {
		out = append(out, strings.TrimPrefix(e.Kind, "mapping."))
	}
	r.events = nil
	return strings.Join(out, " ")
}

// bench is a supplier with two resellers that do not know of each other, and a watcher.
type bench struct {
	t                                  testing.TB
	db                                 *db.DB
	svc                                *Service
	events                             *recorder
	aurelia, kestrel, baltic, toK, toB string
	ingrid, maya, dan, kaarel          access.Actor
	now                                time.Time
}

const least = 10

func setup(t testing.TB, d *db.DB) *bench {
	t.Helper()
	b := &bench{t: t, db: d, events: &recorder{}, aurelia: db.NewID(), kestrel: db.NewID(), baltic: db.NewID(), toK: db.NewID(), toB: db.NewID(), now: time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)}
	b.svc = New(d, secret.Random(), b.events, Options{Least: least})
	who := func(org string, r ...access.Role) access.Actor {
		return access.Actor{Person: db.NewID(), Org: org, Roles: r, Via: "session:x"}
	}
	b.ingrid, b.maya, b.dan, b.kaarel = who(b.aurelia, access.Manager), who(b.kestrel, access.Manager), who(b.kestrel, access.Sales), who(b.baltic, access.Admin)
	b.must(d.InTx(context.Background(), func(ctx context.Context) error {
		for _, o := range [][2]string{{b.aurelia, "aurelia"}, {b.kestrel, "kestrel"}, {b.baltic, "baltic"}} {
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', 'GB', 'GBP', 'Europe/London', 'en', 'active', 1)", o[0], o[1], o[1]).Error; err != nil {
				return err
			}
		}
		for _, p := range [][2]string{{b.toK, b.kestrel}, {b.toB, b.baltic}} {
			if err := db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', 'GBP', 5000, 0, 1, 1, '')", p[0], b.aurelia, p[1]).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	return b
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) at() context.Context { return db.WithNow(b.t.Context(), b.now) }

// refused checks the code and the key of a refusal.
func (b *bench) refused(err error, code fault.Code, key string) {
	b.t.Helper()
	if fault.CodeOf(err) != code || key != "" && fault.KeyOf(err) != key {
		b.t.Fatalf("refused as %s %s (%v), want %s %s", fault.CodeOf(err), fault.KeyOf(err), err, code, key)
	}
}

// one is a customer of a list: its facts make its keys.
type one struct {
	name string
	f    identity.Facts
}

// gives puts customers into a company's list, straight into the tables: a list is large.
func (b *bench) gives(org string, list ...one) {
	b.t.Helper()
	var rows, keys []string
	var args, keyArgs []any
	flush := func() {
		b.must(b.db.InTx(context.Background(), func(ctx context.Context) error {
			if len(rows) > 0 {
				if err := db.Tx(ctx).Exec("INSERT INTO customer (org_id, id, name, country, city, street, postcode, tax_id, gln, duns, web, note, external, sorted, block, state, into_id, made_by, created, changed, version) VALUES "+strings.Join(rows, ", "), args...).Error; err != nil {
					return err
				}
			}
			if len(keys) > 0 {
				return db.Tx(ctx).Exec("INSERT INTO customer_key (org_id, kind, value, customer_id) VALUES "+strings.Join(keys, ", "), keyArgs...).Error
			}
			return nil
		}))
		rows, keys, args, keyArgs = nil, nil, nil, nil
	}
	for _, c := range list {
		id := db.NewID()
		rows = append(rows, "(?, ?, ?, 'GB', 'Leeds', '', 'LS1 4AP', ?, '', '', '', '', '', ?, '', ?, '', '', 1, 1, 1)")
		args = append(args, org, id, c.name, c.f.TaxID, c.name, customer.Active)
		ks, _ := identity.Of(c.f)
		for _, k := range ks {
			keys = append(keys, "(?, ?, ?, ?)")
			keyArgs = append(keyArgs, org, string(k.Kind), k.Value, id)
		}
		if len(rows) == 200 {
			flush()
		}
	}
	flush()
}

// named makes customers with a domain of their name.
func named(names ...string) []one {
	out := make([]one, len(names))
	for i, n := range names {
		out[i] = one{n, identity.Facts{Web: []string{n + ".example.com"}}}
		out[i].f.Web[0] = n + ".com"
	}
	return out
}

func numbered(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s%d", prefix, i)
	}
	return out
}

// turn lets the loop work until there is nothing left.
func (b *bench) turn() {
	b.t.Helper()
	for range 10_000 {
		more, err := b.svc.Turn(b.at())
		b.must(err)
		if !more {
			return
		}
	}
	b.t.Fatal("the loop never comes to rest")
}

var webOnly = Terms{Kinds: []string{"domain"}, Fields: []string{FieldName, FieldPlace}}

// sized is a run between Aurelia and Kestrel of which the size is told.
func (b *bench) sized(t Terms) ID {
	b.t.Helper()
	r, err := b.svc.Propose(b.at(), b.ingrid, ProposeCmd{b.toK, t})
	b.must(err)
	b.must(b.svc.Accept(b.at(), b.maya, r.ID))
	b.turn()
	return r.ID
}

func (b *bench) get(a access.Actor, id ID) Detail {
	b.t.Helper()
	d, err := b.svc.Get(b.at(), a, id)
	b.must(err)
	return d
}

// accounts are the names of the matched accounts, with what the other tells of them.
func (b *bench) accounts(a access.Actor, id ID) (names []string, told map[string][]Shared) {
	b.t.Helper()
	told = map[string][]Shared{}
	for after := ""; ; {
		list, next, err := b.svc.Accounts(b.at(), a, id, after, 3)
		b.must(err)
		for _, x := range list {
			names, told[x.Name] = append(names, x.Name), append(told[x.Name], x.Theirs...)
		}
		if after = next; next == "" {
			break
		}
	}
	slices.Sort(names)
	return slices.Compact(names), told
}

// both agrees to a step for both companies.
func (b *bench) both(id ID, step int) {
	b.t.Helper()
	b.must(b.svc.Consent(b.at(), b.ingrid, id, step))
	b.must(b.svc.Consent(b.at(), b.maya, id, step))
	b.turn()
}

// stored reads every row of the tables of mapping as text, for canaries.
func (b *bench) stored() string {
	b.t.Helper()
	var out strings.Builder
	b.must(b.db.View(context.Background(), func(ctx context.Context) error {
		var errs []error
		for _, table := range []string{"mapping_run", "mapping_side", "mapping_row", "mapping_chunk", "mapping_log", "mapping_match"} {
			var rows []map[string]any
			errs = append(errs, db.Tx(ctx).Table(table).Find(&rows).Error)
			for _, r := range rows {
				for _, v := range r {
					if raw, ok := v.([]byte); ok {
						out.Write(raw)
					} else {
						fmt.Fprint(&out, v)
					}
					out.WriteByte('\n')
				}
			}
		}
		return errors.Join(errs...)
	}))
	return out.String()
}

func (b *bench) count(query string, args ...any) (n int) {
	b.t.Helper()
	b.must(b.db.View(context.Background(), func(ctx context.Context) error { return db.Tx(ctx).Raw(query, args...).Scan(&n).Error }))
	return n
}
