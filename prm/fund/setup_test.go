package fund

import (
	"context"
	"errors"
	"testing"
	"time"

	"entente/db"
	"entente/db/blob"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/money"
	"entente/prm/partner"
)

// bench is Aurelia with two partners who must not learn of each other.
type bench struct {
	t                        testing.TB
	svc                      *Service
	db                       *db.DB
	aurelia, kestrel, baltic string
	toKestrel, toBaltic      string // partnerships
	ingrid, wen, fin         access.Actor
	maya, kaarel             access.Actor
	now                      time.Time
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// at is a context a minute later than the last.
func (b *bench) at() context.Context {
	b.now = b.now.Add(time.Minute)
	return db.WithNow(context.Background(), b.now)
}

func (b *bench) day(s string) {
	b.t.Helper()
	t, err := time.Parse(time.DateOnly, s)
	b.must(err)
	b.now = t.Add(12 * time.Hour)
}

// wants fails unless err is of a code and speaks with a key, itself or of a field.
func (b *bench) wants(err error, code fault.Code, key string) {
	b.t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != code {
		b.t.Fatalf("got %v, want %s %s", err, code, key)
	}
	if key == "" || f.Key == key {
		return
	}
	for _, x := range f.Fields {
		if x.Key == key {
			return
		}
	}
	b.t.Fatalf("got %v, want %s", err, key)
}

func gbp(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "GBP"} }

func setup(t testing.TB, d *db.DB) *bench {
	b := &bench{t: t, db: d, aurelia: db.NewID(), kestrel: db.NewID(), baltic: db.NewID(), toKestrel: db.NewID(), toBaltic: db.NewID(), now: time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)}
	blobs, err := blob.New(d, t.TempDir())
	b.must(err)
	dir := account.NewService(d, account.Options{}).Directory()
	b.svc = New(d, nil, blobs, partner.NewService(d, nil, dir))
	person := func(org string, roles ...access.Role) access.Actor {
		return access.Actor{Person: db.NewID(), Org: org, Roles: roles, Via: "session:x"}
	}
	b.ingrid, b.wen, b.fin = person(b.aurelia, access.Admin), person(b.aurelia, access.Manager), person(b.aurelia, access.Finance)
	b.maya, b.kaarel = person(b.kestrel, access.Admin), person(b.baltic, access.Admin)
	b.must(d.InTx(context.Background(), func(ctx context.Context) error {
		for _, o := range [][2]string{{b.aurelia, "aurelia"}, {b.kestrel, "kestrel"}, {b.baltic, "baltic"}} {
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', 'GB', 'GBP', 'Europe/London', 'en', 'active', 1)", o[0], o[1], o[1]).Error; err != nil {
				return err
			}
		}
		for _, p := range [][3]string{{b.toKestrel, b.kestrel, "GBP"}, {b.toBaltic, b.baltic, "EUR"}} {
			if err := db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', ?, 5000, 0, 1, 1, '')", p[0], b.aurelia, p[1], p[2]).Error; err != nil {
				return err
			}
		}
		for _, a := range []access.Actor{b.ingrid, b.wen, b.fin} {
			if err := db.Tx(ctx).Exec("INSERT INTO person (id, email, name, locale, theme, timezone, password, password_at, operator, state, last_org, created) VALUES (?, ?, 'x', 'en', '', 'UTC', '', 0, ?, 'active', '', 1)", a.Person, a.Person+"@x.example", false).Error; err != nil {
				return err
			}
			if err := db.Tx(ctx).Exec("INSERT INTO membership (org_id, person_id, roles, state, created, ended) VALUES (?, ?, 'manager', 'active', 1, 0)", a.Org, a.Person).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	return b
}

// autumn is an open MDF programme of a quarter that pays half, with proof.
var autumn = ProgramCmd{Title: "Autumn marketing", Kind: KindMDF, About: "Half of the cost of what is agreed before.", From: "2026-10-01", Until: "2026-12-31", Zone: "Europe/London", ClaimDays: 30, Share: money.One / 2, Proof: []string{"Invoice copy", "Photo"}}

// program makes it with a budget of 10 000 and 4 000 of it for Kestrel.
func (b *bench) program() ProgramID {
	b.t.Helper()
	p, err := b.svc.Create(b.at(), b.ingrid, autumn)
	b.must(err)
	b.must(b.svc.Put(b.at(), b.ingrid, p.ID, putting(gbp(10_000_00), gbp(0), "Board, 1 October")))
	b.must(b.svc.Grant(b.at(), b.ingrid, p.ID, b.toKestrel, gbp(4_000_00), "", ""))
	return p.ID
}

// putting is money with a threshold for two.
func putting(amount, four money.Amount, words string) PutCmd {
	return PutCmd{Amount: amount, FourEyes: &four, Words: words}
}

// request is one of Kestrel for 1 000 of a cost of 2 000, approved and taken, with the
// proof that the programme asks for unless another is named.
func (b *bench) request(p ProgramID, proof ...string) Request {
	b.t.Helper()
	r := b.asked(p, 2_000_00, 1_000_00)
	r, err := b.svc.ApproveRequest(b.at(), b.ingrid, r.ID, r.Version, Grants{Amount: gbp(1_000_00), Proof: proof})
	b.must(err)
	r, err = b.svc.CommitRequest(b.at(), b.maya, r.ID, r.Version)
	b.must(err)
	return r
}

func (b *bench) asked(p ProgramID, cost, asked int64) Request {
	b.t.Helper()
	r, err := b.svc.SaveRequest(b.at(), b.maya, "", 0, RequestCmd{Program: p, Title: "Counter days", Activity: "event", From: "2026-11-18", Until: "2026-11-20", Cost: gbp(cost), Asked: gbp(asked)})
	b.must(err)
	r, err = b.svc.SubmitRequest(b.at(), b.maya, r.ID, r.Version)
	b.must(err)
	return r
}

func (b *bench) wallet(p ProgramID) Balance {
	b.t.Helper()
	w, err := b.svc.Wallet(b.at(), b.maya, p)
	b.must(err)
	return w.Balance
}

// sound fails unless the ledger of a programme adds up.
func (b *bench) sound(p ProgramID) int {
	b.t.Helper()
	got, err := b.svc.Check(b.at(), b.ingrid, p)
	b.must(err)
	if !got.OK() {
		b.t.Fatalf("the ledger does not add up: %+v", got)
	}
	return got.Entries
}
