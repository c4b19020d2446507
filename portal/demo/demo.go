// Package demo makes the demo companies of the outside contract on an empty
// database: four companies with their people, partnerships and EDI identities, a
// catalogue of forty products, and two years of orders and invoices.
//
// Everything is made through the ordinary services under a movable clock, from a
// fixed seed, with dates relative to the day of making. Nothing is mailed.
package demo

import (
	"context"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/campaign"
	"entente/prm/catalog"
	"entente/prm/customer"
	"entente/prm/deal"
	"entente/prm/engage"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/landing"
	"entente/prm/lead"
	"entente/prm/money"
	"entente/prm/partner"
	"entente/prm/promo"
	"entente/prm/protect"
	"entente/prm/quote"
	"entente/prm/sellthrough"
	"entente/prm/settle"
	"entente/prm/trade"
	"entente/prm/trigger"
)

// Password is the password of every demo person.
const Password = "entente-demo-1"

// Wire posts raw interchanges as a partner's ERP would, for the examples that
// must have come by EDI. Post returns when the bytes are durable.
type Wire interface {
	Post(ctx context.Context, actor access.Actor, raw []byte) error
}

// Services are what the demo is made with. Without a Wire the examples that come
// by EDI are booked directly, and the refused order is left out.
type Services struct {
	DB          *db.DB
	Accounts    *account.Service
	Partners    *partner.Service
	Catalog     *catalog.Service
	Trade       *trade.Service
	Settle      *settle.Service
	Customers   *customer.Service
	Leads       *lead.Service
	Deals       *deal.Service
	Quotes      *quote.Service
	Promos      *promo.Service
	Landing     *landing.Service
	Triggers    *trigger.Service
	Campaigns   *campaign.Service // nil where mail would leave
	Engagements *engage.Service
	Funds       *fund.Service
	SellThrough *sellthrough.Service
	Protect     *protect.Service
	Wire        Wire
}

// company is one demo company while it is being made.
type company struct {
	org   account.Org
	id    string
	staff map[string]access.Actor // by the part of the address before the @
}

// maker holds what one making needs.
type maker struct {
	Services
	start    time.Time // the moment of making
	hash     string
	aurelia  *company
	kestrel  *company
	baltic   *company
	huadong  *company
	partners map[string]partner.Partnership // by the reseller's slug

	registered map[string]deal.ID // registrations, by the names of bids
}

// Make makes the demo companies and their history. The database must hold no
// company yet. The present instant is that of db.Now.
// Codes: Conflict (there are companies already).
func Make(ctx context.Context, s Services) error {
	m := &maker{Services: s, start: db.Now(ctx).Truncate(time.Second), partners: map[string]partner.Partnership{}}
	var err error
	if m.hash, err = s.Accounts.HashPassword(ctx, Password); err != nil {
		return err
	}
	ctx = trade.Quiet(ctx)
	if err := s.DB.InTx(m.at(ctx, m.start.AddDate(-2, -1, 0)), m.companies); err != nil {
		return err
	}
	if err := m.history(ctx); err != nil {
		return err
	}
	if err := m.showcase(ctx); err != nil {
		return err
	}
	if err := m.payments(settle.Quiet(ctx)); err != nil {
		return err
	}
	if err := m.leads(lead.Quiet(ctx)); err != nil {
		return err
	}
	if err := m.deals(deal.Quiet(ctx)); err != nil {
		return err
	}
	if err := m.quotes(quote.Quiet(ctx)); err != nil {
		return err
	}
	if err := m.promos(promo.Quiet(ctx)); err != nil {
		return err
	}
	if err := m.mailing(ctx); err != nil {
		return err
	}
	if err := m.rules(ctx); err != nil {
		return err
	}
	if err := m.funds(fund.Quiet(ctx)); err != nil {
		return err
	}
	if err := m.protection(protect.Quiet(catalog.Quiet(fund.Quiet(ctx)))); err != nil {
		return err
	}
	if err := m.engagements(engage.Quiet(ctx)); err != nil {
		return err
	}
	return m.sales(sellthrough.Quiet(ctx))
}

// at is ctx at an instant.
func (m *maker) at(ctx context.Context, t time.Time) context.Context { return db.WithNow(ctx, t) }

// day is the civil date of an instant.
func day(t time.Time) string { return t.Format(time.DateOnly) }

type member struct {
	email, name, locale, zone string
	roles                     []access.Role
}

type identity struct {
	kind             account.IdentityKind
	qualifier, value string
}

func (m *maker) companies(ctx context.Context) error {
	machine := access.System("demo", "")
	if _, err := m.Accounts.CreatePerson(ctx, machine, account.PersonCmd{Email: "ops@entente.example", Name: "Operations", Locale: "en", Theme: "system", Zone: "UTC", PasswordHash: m.hash, Operator: true}); err != nil {
		return err
	}
	const london, shanghai = "Europe/London", "Asia/Shanghai"
	var err error
	if m.aurelia, err = m.company(ctx, account.OrgCmd{Slug: "aurelia", Name: "Aurelia Tools", City: "Sheffield", Street: "18 Kelham Island", Postcode: "S3 8RY", TaxID: "GB 123 4567 82", Country: "GB", Currency: "GBP", Zone: london, Locale: "en"},
		[]member{{"ingrid@aurelia.example", "Ingrid Dahl", "en", london, []access.Role{access.Admin, access.Manager}}, {"tomas@aurelia.example", "Tomás Vega", "en", london, []access.Role{access.EDI}}, {"wen@aurelia.example", "李雯", "zh-CN", shanghai, []access.Role{access.Manager}}},
		[]identity{{account.X12, "ZZ", "AURELIATOOLS"}, {account.EDIFACT, "ZZZ", "AURELIATOOLS"}, {account.AS2, "", "AURELIA-AS2"}}); err != nil {
		return err
	}
	if m.kestrel, err = m.company(ctx, account.OrgCmd{Slug: "kestrel", Name: "Kestrel Supply", City: "Leeds", Street: "Unit 4, Canal Wharf", Postcode: "LS11 5PS", TaxID: "GB 234 5678 93", Country: "GB", Currency: "GBP", Zone: london, Locale: "en"},
		[]member{{"maya@kestrel.example", "Maya Osei", "en", london, []access.Role{access.Admin, access.Sales}}, {"dan@kestrel.example", "Dan Whitlock", "en", london, []access.Role{access.Buyer, access.Finance}}},
		[]identity{{account.X12, "ZZ", "KESTRELSUPPLY"}, {account.AS2, "", "KESTREL-AS2"}}); err != nil {
		return err
	}
	if m.baltic, err = m.company(ctx, account.OrgCmd{Slug: "baltic", Name: "Baltic Trade Oü", City: "Tallinn", Street: "Pärnu maantee 21", Postcode: "10141", TaxID: "EE 100 594 102", Country: "EE", Currency: "EUR", Zone: "Europe/Tallinn", Locale: "en"},
		[]member{{"kaarel@baltic.example", "Kaarel Tamm", "en", "Europe/Tallinn", []access.Role{access.Admin, access.Sales, access.Buyer}}},
		[]identity{{account.EDIFACT, "ZZZ", "BALTICTRADE"}, {account.AS2, "", "BALTIC-AS2"}}); err != nil {
		return err
	}
	if m.huadong, err = m.company(ctx, account.OrgCmd{Slug: "huadong", Name: "华东五金", City: "上海", Street: "黄浦区北京东路 668 号", Postcode: "200001", TaxID: "91310101MA1FL0AB3X", Country: "CN", Currency: "CNY", Zone: shanghai, Locale: "zh-CN"},
		[]member{{"chen@huadong.example", "陈静", "zh-CN", shanghai, []access.Role{access.Admin, access.Sales, access.Buyer}}}, nil); err != nil {
		return err
	}
	if _, _, err := m.Accounts.CreateSFTPUserFor(ctx, machine, m.kestrel.org.Slug, account.SFTPUserCmd{Name: m.kestrel.org.Slug, PasswordHash: m.hash}); err != nil {
		return err
	}
	for _, c := range []*company{m.kestrel, m.baltic, m.huadong} {
		if err := m.partnership(ctx, c); err != nil {
			return err
		}
	}
	boss := access.System("demo", m.aurelia.id)
	if err := m.Catalog.Put(ctx, boss, products()...); err != nil {
		return err
	}
	if err := m.Catalog.SetPrices(ctx, boss, prices(day(m.start.AddDate(-3, 0, 0)), day(m.start.AddDate(0, -11, 0)))); err != nil {
		return err
	}
	if err := m.options(ctx, boss, day(m.start.AddDate(0, -11, 0))); err != nil {
		return err
	}
	if err := m.shelves(ctx, boss); err != nil {
		return err
	}
	for i, a := range articles[:12] { // what Kestrel calls the things it buys most
		if err := m.Catalog.SetReference(ctx, boss, m.kestrel.id, "KS-"+itoa(40100+i*7), a.sku); err != nil {
			return err
		}
	}
	return nil
}

func (m *maker) company(ctx context.Context, cmd account.OrgCmd, people []member, ids []identity) (*company, error) {
	org, err := m.Accounts.CreateOrg(ctx, access.System("demo", ""), cmd)
	if fault.CodeOf(err) == fault.Conflict {
		return nil, fault.Wrap(err, fault.Conflict, "demo.not_empty")
	}
	if err != nil {
		return nil, err
	}
	c := &company{org: org, id: org.ID, staff: map[string]access.Actor{}}
	for _, p := range people {
		made, err := m.Accounts.CreatePerson(ctx, access.System("demo", ""), account.PersonCmd{Email: p.email, Name: p.name, Locale: p.locale, Theme: "system", Zone: p.zone, PasswordHash: m.hash, Org: c.id, Roles: p.roles, FirstCompanyToOpen: true})
		if err != nil {
			return nil, err
		}
		c.staff[localPart(p.email)] = access.Actor{Person: made.ID, Org: c.id, Roles: p.roles, Via: "system:demo"}
	}
	for _, i := range ids {
		if _, err := m.Accounts.AddIdentity(ctx, access.System("demo", c.id), account.IdentityCmd{Kind: i.kind, Qualifier: i.qualifier, Value: i.value}); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// partnership makes Aurelia the supplier of c, active, with every identity of
// both sides confirmed by the other.
func (m *maker) partnership(ctx context.Context, c *company) error {
	from, to := access.System("demo", m.aurelia.id), access.System("demo", c.id)
	p, err := m.Partners.Invite(ctx, from, partner.InviteCmd{Company: c.id, As: access.Supplier, Terms: partner.Terms{Currency: c.org.Currency, PriceTolerance: money.One / 200}})
	if err != nil {
		return err
	}
	if p, err = m.Partners.Accept(ctx, to, p.ID); err != nil {
		return err
	}
	m.partners[c.org.Slug] = p
	all, err := m.Partners.Identities(ctx, from, p.ID)
	if err != nil {
		return err
	}
	for _, i := range all {
		who := from
		if i.Org == m.aurelia.id {
			who = to
		}
		if err := m.Partners.ConfirmIdentity(ctx, who, p.ID, i.ID); err != nil {
			return err
		}
	}
	return nil
}
