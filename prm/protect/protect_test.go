package protect

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"entente/db"
	"entente/db/blob"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/edi/doc"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/catalog"
	"entente/prm/channel"
	"entente/prm/fault"
	"entente/prm/fund"
	"entente/prm/money"
	"entente/prm/partner"
	"entente/prm/sellthrough"
	"entente/prm/trade"
)

// bench is Aurelia, whose prices fall, and two distributors that must not learn of each other.
type bench struct {
	t                        *testing.T
	svc                      *Service
	cat                      *catalog.Service
	funds                    *fund.Service
	orders                   *trade.Service
	sales                    *sellthrough.Service
	aurelia, kestrel, baltic string
	toKestrel, toBaltic      string
	ingrid, wen, fin         access.Actor
	maya, kaarel             access.Actor
	heard                    []job.Event
	now, proposed            time.Time // proposed: when the last one was told
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// Publish keeps what this package tells.
func (b *bench) Publish(ctx context.Context, e job.Event) error {
	if b.heard = append(b.heard, e); e.Kind == EventProposed {
		b.proposed = db.Now(ctx)
	}
	return nil
}

// at is a context a minute later than the last, on a day of 2026.
func (b *bench) at(day string) context.Context {
	b.t.Helper()
	t, err := time.Parse(time.DateOnly, "2026-"+day)
	b.must(err)
	if t = t.Add(9 * time.Hour); t.After(b.now) {
		b.now = t
	}
	b.now = b.now.Add(time.Minute)
	return db.WithNow(context.Background(), b.now)
}

func (b *bench) wants(err error, code fault.Code, key string) {
	b.t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != code || key != "" && f.Key != key {
		b.t.Fatalf("got %v, want %s %s", err, code, key)
	}
}

func gbp(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "GBP"} }

func setup(t *testing.T, d *db.DB) *bench {
	b := &bench{t: t, aurelia: db.NewID(), kestrel: db.NewID(), baltic: db.NewID(), toKestrel: db.NewID(), toBaltic: db.NewID()}
	blobs, err := blob.New(d, t.TempDir())
	b.must(err)
	dir := account.NewService(d, account.Options{}).Directory()
	b.cat = catalog.New(d, nil)
	b.funds = fund.New(d, nil, blobs, partner.NewService(d, nil, dir))
	b.orders, b.sales = trade.New(d, b.cat, nil), sellthrough.New(d, b.cat, nil)
	b.svc = New(d, b, b.cat, channel.New(d, b.cat), b.funds, func(_, day, currency string) string { return "Protection " + day + " " + currency })
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
		for _, p := range [][2]string{{b.toKestrel, b.kestrel}, {b.toBaltic, b.baltic}} {
			if err := db.Tx(ctx).Exec("INSERT INTO partnership (id, supplier_id, reseller_id, state, currency, price_tolerance, quantity_tolerance, created, version, moved_by) VALUES (?, ?, ?, 'active', 'GBP', 5000, 0, 1, 1, '')", p[0], b.aurelia, p[1]).Error; err != nil {
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
	b.must(b.cat.Put(b.at("01-02"), b.ingrid, catalog.Product{SKU: "AUR-D18B", NameEN: "Drill", Family: "tools", Unit: "EA"}, catalog.Product{SKU: "AUR-B50", NameEN: "Battery", Family: "tools", Unit: "EA"}, catalog.Product{SKU: "AUR-H26", NameEN: "Hammer", Family: "tools", Unit: "EA"}))
	b.must(b.cat.SetPrices(b.at("01-02"), b.ingrid, map[string][]catalog.ListPrice{"AUR-D18B": {{Currency: "GBP", From: "2026-01-01", Price: 84_000_000}}, "AUR-B50": {{Currency: "GBP", From: "2026-01-01", Price: 39_990_000}}, "AUR-H26": {{Currency: "GBP", From: "2026-01-01", Price: 129_000_000}}}))
	return b
}

// lower publishes a version of the standard list and lets both partners hear of it, twice.
func (b *bench) lower(day, from string, prices ...catalog.PriceChange) {
	b.t.Helper()
	id := catalog.ListID(b.aurelia + "-gbp")
	_, err := b.cat.BeginDraft(b.at(day), b.ingrid, id, catalog.DraftCmd{From: "2026-" + from})
	b.must(err)
	b.must(b.cat.ChangeDraft(b.at(day), b.ingrid, id, prices))
	v, err := b.cat.Publish(b.at(day), b.ingrid, id, catalog.PublishCmd{})
	b.must(err)
	for _, p := range []string{b.toKestrel, b.toBaltic, b.toKestrel} {
		b.must(b.svc.Published(b.at(day), access.System("x", b.aurelia), p, id, v.Number))
	}
}

func (b *bench) deliver(number, day, sku, quantity string) {
	b.t.Helper()
	x := doc.PurchaseOrder{Purpose: "00", Type: "SA", Number: number, Date: "2026-" + day}
	x.Currency = "GBP"
	x.Lines = []doc.Line{{Number: "1", VendorItem: sku, Quantity: doc.Decimal(quantity), Unit: "EA"}}
	r, err := b.orders.ReceiveOrder(b.at(day), access.System("edi", b.kestrel), trade.Incoming{Doc: x, Supplier: b.aurelia, Reseller: b.kestrel, Partnership: b.toKestrel, Interchange: db.NewID(), SetNo: 1})
	b.must(err)
	_, err = b.orders.Confirm(b.at(day), b.ingrid, r.Order, trade.ConfirmCmd{})
	b.must(err)
	_, err = b.orders.Ship(b.at(day), b.ingrid, r.Order, trade.ShipCmd{ShippedOn: "2026-" + day})
	b.must(err)
}

func (b *bench) sold(from, to, sku string, q int64) {
	b.t.Helper()
	_, err := b.sales.Book(b.at(to), b.maya, sellthrough.BookCmd{Partnership: b.toKestrel, Number: from + sku, From: "2026-" + from, To: "2026-" + to, Source: sellthrough.FromEDI, Key: from + sku, Lines: []sellthrough.Line{{SKU: sku, Kind: sellthrough.KindSale, Movement: "SS", Quantity: money.Whole(q), Unit: "EA"}}})
	b.must(err)
}

func (b *bench) stock(day string, lines map[string]int64) {
	b.t.Helper()
	cmd := catalog.ReportCmd{Supplier: b.aurelia, Reseller: b.kestrel, Partnership: b.toKestrel, Number: "S-" + day, Day: "2026-" + day, Source: catalog.FromEDI, Key: day}
	for sku, q := range lines {
		cmd.Lines = append(cmd.Lines, catalog.ReportLine{SKU: sku, Kind: "17", Quantity: money.Whole(q), Unit: "EA"})
	}
	_, err := b.cat.ReceiveStock(b.at(day), b.maya, cmd)
	b.must(err)
	b.must(b.svc.Refresh(b.at(day), access.System("x", b.aurelia), b.kestrel))
}

// one is the only protection of an actor's company, whole.
func (b *bench) one(a access.Actor, state State) Protection {
	b.t.Helper()
	list, _, err := b.svc.List(b.at("01-03"), a, Filter{})
	b.must(err)
	if len(list) != 1 {
		b.t.Fatalf("%d protections", len(list))
	}
	x, err := b.svc.Get(b.at("01-03"), a, list[0].ID)
	b.must(err)
	if x.State != state || list[0].State != state || x.Open != list[0].Open {
		b.t.Fatalf("%s in the list, %s %s, %v and %v open, want %s", list[0].State, x.State, x.Why, list[0].Open, x.Open, state)
	}
	return x
}

func (b *bench) told(kind string) (n int) {
	for _, e := range b.heard {
		if e.Kind == kind && e.Payload.(Event).Reseller == b.kestrel {
			n++
		}
	}
	return n
}

// follow hands what became of a claim on, as the subscriber does.
func (b *bench) follow(day string, c fund.Claim) {
	b.t.Helper()
	b.must(b.svc.Followed(b.at(day), access.System("x", b.aurelia), c.ID))
	b.must(b.svc.Followed(b.at(day), access.System("x", b.aurelia), c.ID))
}

// Prices fall: what came in within the window less what was sold on is proposed on the day, and
// with a report of stock that instead; a list put right before its day makes no second claim;
// one tap claims it, the supplier decides, it is settled in the ledger; a competitor sees
// nothing; nothing moves when the same is heard again.
func TestProtection(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.CheckModels(t, d, termsRow{}, row{}, lineRow{}, claimRow{})
		b := setup(t, d)
		b.wants(b.svc.SetTerms(b.at("10-01"), b.maya, Terms{Currency: "GBP", Days: 30, Cover: money.One, AnswerDays: 14, Partner: b.baltic}), fault.NotFound, "")
		b.must(b.svc.SetTerms(b.at("10-01"), b.ingrid, Terms{Currency: "GBP", Days: 30, Cover: money.One, AnswerDays: 14}))
		b.must(b.svc.SetTerms(b.at("10-01"), b.ingrid, Terms{Currency: "GBP", Partner: b.baltic}))
		b.deliver("PO-0", "10-20", "AUR-D18B", "7") // before the window
		b.deliver("PO-1", "11-05", "AUR-D18B", "40")
		b.deliver("PO-2", "11-06", "AUR-B50", "9")
		b.deliver("PO-3", "11-06", "AUR-H26", "5")
		b.sold("11-01", "11-15", "AUR-D18B", 12)
		b.lower("11-20", "12-01", catalog.PriceChange{SKU: "AUR-D18B", Price: 70_000_000}, catalog.PriceChange{SKU: "AUR-B50", Price: 39_000_000})
		b.one(b.maya, Coming)
		// put right before its day: the drill falls less, and the hammer costs more
		b.lower("11-21", "12-01", catalog.PriceChange{SKU: "AUR-D18B", Price: 79_500_000}, catalog.PriceChange{SKU: "AUR-H26", Price: 131_000_000})
		b.must(b.svc.Tick(b.at("11-30")))
		b.one(b.maya, Coming)
		for range 2 {
			b.must(b.svc.Tick(b.at("12-01")))
		}
		x := b.one(b.maya, Proposed)
		// 28 × 4.50 + 9 × 0.99
		if x.Amount != gbp(13491) || len(x.Lines) != 2 || x.Stock.Basis != channel.ByMoves || x.Stock.From != "2026-11-01" || x.Stock.To != "2026-11-30" || x.Stock.Complete {
			t.Fatalf("%+v", x)
		}
		if l := x.Lines[1]; l.SKU != "AUR-D18B" || l.Came != money.Whole(40) || l.Sold != money.Whole(12) || l.Quantity != money.Whole(28) || l.Drop() != 4_500_000 || l.Amount != gbp(12600) || l.Version != 3 || l.WasVersion != 1 {
			t.Fatalf("%+v", l)
		}
		if by := x.AnswerBy; by != time.Date(2026, 12, 16, 0, 0, 0, 0, time.UTC) || b.told(EventProposed) != 1 {
			t.Fatal(by, b.heard)
		}
		// the report of stock of the day before comes late and says more; what was proposed keeps
		// its terms
		b.must(b.svc.SetTerms(b.at("12-01"), b.ingrid, Terms{Currency: "GBP"}))
		b.stock("11-30", map[string]int64{"AUR-D18B": 31, "AUR-B50": 9, "AUR-H26": 5})
		was := x.Mark
		x = b.one(b.maya, Proposed)
		if x.Amount != gbp(14841) || x.Stock.Basis != channel.ByReport || x.Stock.Number != "S-11-30" || x.Stock.From != "" || b.told(EventProposed) != 2 {
			t.Fatalf("%+v", x)
		}
		for _, a := range []access.Actor{b.kaarel, access.System("x", b.baltic)} {
			_, err := b.svc.Get(b.at("12-02"), a, x.ID)
			b.wants(err, fault.NotFound, "")
			_, err = b.svc.Confirm(b.at("12-02"), a, x.ID, x.Mark)
			b.wants(err, fault.NotFound, "")
			if list, _, err := b.svc.List(b.at("12-02"), a, Filter{}); err != nil || len(list) != 0 {
				t.Fatal(list, err)
			}
		}
		b.wants(b.svc.Refresh(b.at("12-02"), b.maya, b.kestrel), fault.Forbidden, "")
		_, err := b.svc.Confirm(b.at("12-02"), b.ingrid, x.ID, x.Mark)
		b.wants(err, fault.Forbidden, "")
		_, err = b.svc.Confirm(b.at("12-02"), b.maya, x.ID, was)
		b.wants(err, fault.Conflict, "protect.other_claim")
		c, err := b.svc.Confirm(b.at("12-02"), b.maya, x.ID, x.Mark)
		b.must(err)
		again, err := b.svc.Confirm(b.at("12-02"), b.maya, x.ID, x.Mark)
		b.must(err)
		if again.ID != c.ID || c.State != fund.ClaimSubmitted || c.Asked != gbp(14841) || len(c.Lines) != 2 || c.Lines[1].Quantity != money.Whole(31) || c.Lines[1].Price != 4_500_000 || c.Source != fund.SourceProposed || c.Nature != fund.NatureRebate {
			t.Fatalf("%+v", c)
		}
		b.follow("12-02", c)
		b.stock("11-29", map[string]int64{"AUR-D18B": 500}) // what comes now changes nothing
		if x = b.one(b.ingrid, Claimed); len(x.Claims) != 1 || x.Open != gbp(0) {
			t.Fatalf("%+v", x)
		}
		c, err = b.funds.Decide(b.at("12-03"), b.ingrid, c.ID, c.Version, []fund.Verdict{{Position: 2, Verdict: fund.LineChanged, Amount: gbp(12600), Reason: "over_quantity"}}, "")
		b.must(err)
		b.follow("12-03", c)
		c, err = b.funds.Settle(b.at("12-04"), b.fin, c.ID, c.Version, fund.SettleCmd{Kind: fund.ByCreditNote, Reference: "CN-7", TaxRate: money.One / 5})
		b.must(err)
		w, err := b.funds.Wallet(b.at("12-04"), b.maya, c.Program)
		b.must(err)
		if bal := w.Balance; w.Kind != fund.KindProtect || bal.Granted != gbp(13491) || bal.Settled != gbp(13491) || bal.Available.Minor != 0 || bal.Owed.Minor != 0 || c.State != fund.ClaimSettled {
			t.Fatalf("%+v %s", bal, c.State)
		}
		if _, err := b.funds.Wallet(b.at("12-04"), b.kaarel, c.Program); fault.CodeOf(err) != fault.NotFound {
			t.Fatal(err)
		}
		_, err = b.funds.SaveClaim(b.at("12-04"), b.maya, "", 0, fund.ClaimCmd{Program: c.Program, Nature: fund.NatureRebate, Title: "More", Lines: []fund.LineCmd{{Text: "x", On: "2026-12-01", Amount: gbp(1)}}})
		b.wants(err, fault.Conflict, "fund.of_protection")
	})
}

// The distributor holds more than was reckoned: the claim waits for its proof and the supplier
// sees nothing of it before; a draft that is given up may be answered again; share, cap and
// least; nobody answers; a list that is put right on its day after the claim.
func TestProtectionCounter(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.must(b.svc.SetTerms(b.at("10-01"), b.ingrid, Terms{Currency: "GBP", Partner: b.kestrel, Days: 60, Cover: money.One / 2, Cap: gbp(20000), Least: gbp(1000), AnswerDays: 10}))
		if got, err := b.svc.Agreed(b.at("10-01"), b.maya); err != nil || got[b.aurelia].Cap != gbp(20000) {
			t.Fatal(got, err)
		}
		if got, err := b.svc.Agreed(b.at("10-01"), b.kaarel); err != nil || len(got) != 0 {
			t.Fatal(got, err)
		}
		b.stock("11-28", map[string]int64{"AUR-D18B": 20, "AUR-B50": 4})
		b.deliver("PO-1", "11-30", "AUR-D18B", "10")
		b.lower("12-01", "12-01", catalog.PriceChange{SKU: "AUR-D18B", Price: 74_000_000}, catalog.PriceChange{SKU: "AUR-H26", Price: 120_000_000})
		x := b.one(b.maya, Proposed)
		// 20 of the 28th and 10 that came on the 30th, × 10.00, half of it
		if x.Amount != gbp(15000) || x.Stock.From != "2026-11-29" || x.Lines[0].Opening != money.Whole(20) || x.Lines[0].Came != money.Whole(10) {
			t.Fatalf("%+v", x)
		}
		say := func(day string, says ...Say) (fund.Claim, error) {
			return b.svc.Counter(b.at(day), b.maya, x.ID, x.Mark, says, "Counted on the 30th")
		}
		_, err := say("12-02", Say{"AUR-B50", money.Whole(3)})
		b.wants(err, fault.Invalid, "form.invalid")
		// 36 drills, and 8 hammers that nobody knew of: 180.00 + 36.00, of which the cap leaves 200.00
		c, err := say("12-02", Say{"aur-d18b", money.Whole(36)}, Say{"AUR-H26", money.Whole(8)})
		b.must(err)
		if c.State != fund.ClaimDraft || c.Asked != gbp(20000) || len(c.Lines) != 2 || len(c.Missing) != 1 || c.Missing[0] != fund.ProofStock {
			t.Fatalf("%+v", c)
		}
		b.one(b.maya, Proving)
		if s := b.one(b.ingrid, Proposed); len(s.Claims) != 0 || s.Note != "" || len(s.Lines) != 1 || s.Lines[0].Countered || s.Open != gbp(15000) || !s.Answered.IsZero() {
			t.Fatalf("the supplier reads the draft: %+v", s)
		}
		_, err = b.funds.SubmitClaim(b.at("12-02"), b.maya, c.ID, c.Version)
		b.wants(err, fault.Conflict, "fund.proof_missing")
		_, err = b.funds.WithdrawClaim(b.at("12-03"), b.maya, c.ID, c.Version)
		b.must(err)
		b.follow("12-03", c)
		x = b.one(b.maya, Proposed)
		again, err := say("12-04", Say{"AUR-D18B", money.Whole(32)})
		b.must(err)
		if again.ID == c.ID || again.Asked != gbp(16000) {
			t.Fatalf("%+v", again)
		}
		_, err = b.funds.AddFile(b.at("12-04"), b.maya, fund.FileCmd{Claim: again.ID, Item: fund.ProofStock, Name: "stock.pdf", Mime: "application/pdf"}, bytes.NewReader([]byte("%PDF-1.4 stock")))
		b.must(err)
		c, err = b.funds.GetClaim(b.at("12-04"), b.maya, again.ID)
		b.must(err)
		c, err = b.funds.SubmitClaim(b.at("12-04"), b.maya, c.ID, c.Version)
		b.must(err)
		answered := b.told(EventAnswered)
		b.follow("12-04", c)
		if b.told(EventAnswered) != answered+1 {
			t.Fatal("that a draft was sent is told once")
		}
		if s := b.one(b.ingrid, Claimed); s.Note == "" || s.Lines[0].Said != money.Whole(32) || len(s.Claims) != 1 {
			t.Fatalf("%+v", s)
		}
		part := []fund.Verdict{{Position: 1, Verdict: fund.LineChanged, Amount: gbp(15500), Reason: "over_quantity"}}
		_, err = b.funds.Decide(b.at("12-05"), b.ingrid, c.ID, c.Version, part, "")
		b.wants(err, fault.Conflict, "fund.proof_unseen") // the report is looked at first
		c, err = b.funds.JudgeProof(b.at("12-05"), b.ingrid, c.ID, []fund.Look{{File: c.Files[0].ID, Accept: true}})
		b.must(err)
		c, err = b.funds.Decide(b.at("12-05"), b.ingrid, c.ID, c.Version, part, "")
		b.must(err)
		b.follow("12-05", c)
		w, err := b.funds.Wallet(b.at("12-05"), b.maya, c.Program)
		b.must(err)
		if w.Balance.Granted != gbp(15500) || w.Balance.Available.Minor != 0 {
			t.Fatalf("%+v", w.Balance)
		}
	})
}

// A list that is put right after other quantities were sent is followed: the claim says so, the
// supplier answers by the corrected list, and what is more is proposed as a claim of its own. The
// cap that was used up on a line is said there with what was cut. While the answer is a draft
// nothing of it moves but what it comes to.
func TestCorrectedAfterCounter(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	b.must(b.svc.SetTerms(b.at("10-01"), b.ingrid, Terms{Currency: "GBP", Partner: b.kestrel, Days: 60, Cover: money.One, Cap: gbp(20000), AnswerDays: 10}))
	b.stock("11-30", map[string]int64{"AUR-B50": 4, "AUR-D18B": 20})
	b.lower("12-01", "12-01", catalog.PriceChange{SKU: "AUR-D18B", Price: 74_000_000}, catalog.PriceChange{SKU: "AUR-B50", Price: 37_990_000})
	x := b.one(b.maya, Proposed)
	c, err := b.svc.Counter(b.at("12-01"), b.maya, x.ID, x.Mark, []Say{{"AUR-D18B", money.Whole(18)}, {"AUR-B50", money.Whole(3)}}, "Two were lost")
	b.must(err)
	if c.Asked != gbp(18600) || c.State != fund.ClaimSubmitted {
		t.Fatalf("%+v", c)
	}
	b.follow("12-01", c)
	remarks := func(a access.Actor, id fund.ClaimID, want ...Remark) {
		t.Helper()
		of, got, err := b.svc.Remarks(b.at("12-01"), a, id)
		if err != nil || of != x.ID || len(got) != len(want) {
			t.Fatalf("%v %s %+v", err, of, got)
		}
		for i, w := range want {
			if got[i].List = ""; got[i] != w {
				t.Fatalf("%+v, want %+v", got[i], w)
			}
		}
	}
	remarks(b.ingrid, c.ID)
	_, err = b.svc.AnswerCorrected(b.at("12-01"), b.ingrid, c.ID, c.Version, "")
	b.wants(err, fault.Conflict, "protect.not_corrected")

	// the drill falls less, and the battery not at all
	b.lower("12-01", "12-01", catalog.PriceChange{SKU: "AUR-D18B", Price: 79_000_000}, catalog.PriceChange{SKU: "AUR-B50", Price: 39_990_000})
	b.stock("11-29", map[string]int64{"AUR-D18B": 500}) // and what it said it holds stands
	if x = b.one(b.maya, Claimed); x.Lines[0].Said+x.Lines[1].Said != money.Whole(21) {
		t.Fatalf("%+v", x)
	}
	drill, battery := Remark{Position: 2, Corrected: true, Drop: 5_000_000, Version: 3, Comes: gbp(9000)}, Remark{Position: 1, Corrected: true, Version: 2, Comes: gbp(0)}
	remarks(b.maya, c.ID, battery, drill)
	if _, _, err := b.svc.Remarks(b.at("12-01"), b.kaarel, c.ID); fault.CodeOf(err) != fault.NotFound {
		t.Fatal(err)
	}
	_, err = b.svc.AnswerCorrected(b.at("12-01"), b.kaarel, c.ID, c.Version, "")
	b.wants(err, fault.NotFound, "")
	_, err = b.svc.AnswerCorrected(b.at("12-01"), b.maya, c.ID, c.Version, "")
	b.wants(err, fault.Forbidden, "")
	_, err = b.funds.Decide(b.at("12-01"), b.ingrid, c.ID, c.Version, nil, "") // all of it is not there any more
	b.wants(err, fault.Conflict, "fund.short_available")
	c, err = b.svc.AnswerCorrected(b.at("12-01"), b.ingrid, c.ID, c.Version, "")
	b.must(err)
	if c.Approved != gbp(9000) || c.Lines[0].Verdict != fund.LineRejected || c.Lines[1].Verdict != fund.LineChanged || c.Lines[1].Reason != fund.ReasonList {
		t.Fatalf("%+v", c)
	}
	b.follow("12-01", c)
	money := func(granted, owed int64) {
		t.Helper()
		w, err := b.funds.Wallet(b.at("12-01"), b.maya, c.Program)
		b.must(err)
		if bal := w.Balance; bal.Granted != gbp(granted) || bal.Owed != gbp(owed) {
			t.Fatalf("%+v", bal)
		}
		if tally, err := b.funds.Check(b.at("12-01"), b.ingrid, c.Program); err != nil || !tally.OK() {
			t.Fatalf("%v %+v", err, tally)
		}
	}
	money(9000, 0)

	// and further than before: the difference is proposed, by the quantities that were said
	b.lower("12-01", "12-01", catalog.PriceChange{SKU: "AUR-D18B", Price: 70_000_000})
	if x = b.one(b.maya, Proposed); x.Open != gbp(11000) { // to the cap
		t.Fatalf("%+v", x)
	}
	more, err := b.svc.Confirm(b.at("12-01"), b.maya, x.ID, x.Mark)
	b.must(err)
	if l := more.Lines[0]; len(more.Lines) != 1 || more.Asked != gbp(11000) || l.SKU != "AUR-D18B" {
		t.Fatalf("%+v", more)
	}
	b.follow("12-01", more)
	money(20000, 0)
}

// A list that is put right while the answer is a draft: what is more is told once it is sent.
func TestCorrectedDraft(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	b.must(b.svc.SetTerms(b.at("10-01"), b.ingrid, Terms{Currency: "GBP", Days: 60, Cover: money.One, AnswerDays: 10}))
	b.stock("11-30", map[string]int64{"AUR-D18B": 20})
	b.lower("12-01", "12-01", catalog.PriceChange{SKU: "AUR-D18B", Price: 74_000_000})
	x := b.one(b.maya, Proposed)
	c, err := b.svc.Counter(b.at("12-01"), b.maya, x.ID, x.Mark, []Say{{"AUR-D18B", money.Whole(22)}}, "")
	b.must(err)
	b.lower("12-01", "12-01", catalog.PriceChange{SKU: "AUR-D18B", Price: 70_000_000})
	b.one(b.maya, Proving)
	proposed, answered := b.told(EventProposed), b.told(EventAnswered)
	_, err = b.funds.AddFile(b.at("12-01"), b.maya, fund.FileCmd{Claim: c.ID, Item: fund.ProofStock, Name: "stock.pdf", Mime: "application/pdf"}, bytes.NewReader([]byte("%PDF-1.4 stock")))
	b.must(err)
	c, err = b.funds.GetClaim(b.at("12-01"), b.maya, c.ID)
	b.must(err)
	c, err = b.funds.SubmitClaim(b.at("12-01"), b.maya, c.ID, c.Version)
	b.must(err)
	b.follow("12-01", c)
	if x = b.one(b.maya, Proposed); x.Open != gbp(8800) || b.told(EventProposed) != proposed+1 || b.told(EventAnswered) != answered+1 {
		t.Fatalf("%+v, %d and %d told", x, b.told(EventProposed)-proposed, b.told(EventAnswered)-answered)
	}
}

// The cap that is used up line by line is said on the line, with what was cut of it.
func TestCapIsSaid(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.One(t))
	b.must(b.svc.SetTerms(b.at("10-01"), b.ingrid, Terms{Currency: "GBP", Days: 60, Cover: money.One / 2, Cap: gbp(6000), AnswerDays: 10}))
	b.stock("11-30", map[string]int64{"AUR-B50": 4, "AUR-D18B": 20})
	b.lower("12-01", "12-01", catalog.PriceChange{SKU: "AUR-D18B", Price: 74_000_000}, catalog.PriceChange{SKU: "AUR-B50", Price: 37_990_000})
	x := b.one(b.maya, Proposed)
	c, err := b.svc.Confirm(b.at("12-01"), b.maya, x.ID, x.Mark)
	b.must(err)
	_, got, err := b.svc.Remarks(b.at("12-01"), b.maya, c.ID)
	if err != nil || len(got) != 1 || got[0].Position != 2 || got[0].Cap != gbp(6000) || got[0].Whole != gbp(10000) || got[0].Cut != gbp(4400) || c.Lines[1].Asked != gbp(5600) || got[0].Corrected {
		t.Fatalf("%v %+v", err, got)
	}

	// a version by which something was claimed cannot be withdrawn, and one by which nothing was can:
	// what was proposed by it comes to nothing
	b.cat.Heed(b.svc)
	list := catalog.ListID(b.aurelia + "-gbp")
	b.wants(b.cat.Withdraw(b.at("12-01"), b.ingrid, list, 2), fault.Conflict, "catalog.priced_by")
	b.wants(b.cat.Withdraw(b.at("12-01"), b.maya, list, 2), fault.Forbidden, "")
	withdrawn := func(day string, version int) {
		t.Helper()
		for range 2 {
			b.must(b.cat.Withdraw(b.at(day), b.ingrid, list, version))
			for _, p := range []string{b.toKestrel, b.toBaltic} {
				b.must(b.svc.Published(b.at(day), access.System("x", b.aurelia), p, list, version))
			}
		}
	}
	of := func(day string, state State, why string) {
		t.Helper()
		all, _, err := b.svc.List(b.at("12-01"), b.maya, Filter{})
		b.must(err)
		for _, x := range all {
			if x.Day == "2026-"+day {
				if x.State != state || x.Why != why {
					t.Fatalf("%+v", x)
				}
				return
			}
		}
		t.Fatalf("none of %s in %+v", day, all)
	}
	b.lower("12-02", "12-20", catalog.PriceChange{SKU: "AUR-D18B", Price: 60_000_000})
	of("12-20", Coming, "")
	withdrawn("12-03", 3)
	of("12-20", Nothing, WhyWithdrawn)
	b.lower("12-03", "12-20", catalog.PriceChange{SKU: "AUR-D18B", Price: 61_000_000})
	of("12-20", Coming, "")
	b.stock("12-19", map[string]int64{"AUR-D18B": 20})
	b.must(b.svc.Tick(b.at("12-20")))
	of("12-20", Proposed, "")
	withdrawn("12-20", 4)
	of("12-20", Nothing, WhyNoFall)
	l, err := b.cat.PriceList(b.at("12-20"), b.ingrid, list)
	if err != nil || l.Versions[0].State != catalog.Withdrawn {
		t.Fatalf("%v %+v", err, l.Versions)
	} else if now, ok := l.InForce("2026-12-20"); !ok || now.Number != 2 {
		t.Fatalf("%+v", now)
	}
	// a version that kept the price of the one before falls once that is withdrawn, and no more once
	// that one is put right; a list in another currency that begins on its day keeps nothing
	eur, err := b.cat.CreateList(b.at("12-20"), b.ingrid, catalog.ListCmd{Name: "Euro", Currency: "EUR", Basis: catalog.ByOrderDate})
	b.must(err)
	_, err = b.cat.BeginDraft(b.at("12-20"), b.ingrid, eur.ID, catalog.DraftCmd{From: "2026-12-26"})
	b.must(err)
	b.must(b.cat.ChangeDraft(b.at("12-20"), b.ingrid, eur.ID, []catalog.PriceChange{{SKU: "AUR-D18B", Price: 70_000_000}}))
	_, err = b.cat.Publish(b.at("12-20"), b.ingrid, eur.ID, catalog.PublishCmd{})
	b.must(err)
	b.lower("12-20", "12-26", catalog.PriceChange{SKU: "AUR-D18B", Price: 50_000_000})
	b.lower("12-20", "12-28", catalog.PriceChange{SKU: "AUR-D18B", Price: 50_000_000})
	if all, _, err := b.svc.List(b.at("12-20"), b.maya, Filter{}); err != nil || slices.ContainsFunc(all, func(x Protection) bool { return x.Day == "2026-12-28" }) {
		t.Fatalf("%v %+v", err, all)
	}
	withdrawn("12-20", 5)
	of("12-26", Nothing, WhyWithdrawn)
	of("12-28", Coming, "")
	b.stock("12-27", map[string]int64{"AUR-D18B": 20})
	b.must(b.svc.Tick(b.at("12-28")))
	of("12-28", Proposed, "")
}

// What is put right on its day after the claim makes a claim of the difference, or takes the
// difference back; less than the least pays nothing; what nobody answers lapses, after a word.
func TestProtectionAdjusted(t *testing.T) {
	t.Parallel()
	d := dbtest.One(t)
	b := setup(t, d)
	b.must(b.svc.SetTerms(b.at("10-01"), b.ingrid, Terms{Currency: "GBP", Days: 30, Cover: money.One, Least: gbp(1000), AnswerDays: 5}))
	b.stock("11-30", map[string]int64{"AUR-D18B": 10, "AUR-B50": 2})
	b.lower("12-01", "12-01", catalog.PriceChange{SKU: "AUR-B50", Price: 38_990_000})
	if x := b.one(b.maya, Nothing); x.Why != WhyLeast || x.Whole != gbp(200) || x.Amount.Minor != 0 {
		t.Fatalf("%+v", x)
	}
	b.lower("12-01", "12-01", catalog.PriceChange{SKU: "AUR-D18B", Price: 80_000_000})
	x := b.one(b.maya, Proposed)
	c, err := b.svc.Confirm(b.at("12-01"), b.maya, x.ID, x.Mark)
	b.must(err)
	if c.Asked != gbp(4200) {
		t.Fatal(c.Asked)
	}
	b.follow("12-01", c)
	b.lower("12-01", "12-01", catalog.PriceChange{SKU: "AUR-D18B", Price: 79_000_000}) // more
	if x = b.one(b.maya, Proposed); x.Open != gbp(1000) || len(x.Claims) != 1 {
		t.Fatalf("%+v", x)
	}
	more, err := b.svc.Confirm(b.at("12-01"), b.maya, x.ID, x.Mark)
	b.must(err)
	if more.ID == c.ID || more.Asked != gbp(1000) {
		t.Fatalf("%+v", more)
	}
	b.follow("12-01", more)
	c, err = b.funds.Decide(b.at("12-01"), b.ingrid, c.ID, c.Version, nil, "")
	b.must(err)
	b.follow("12-01", c)
	more, err = b.funds.Decide(b.at("12-01"), b.ingrid, more.ID, more.Version, nil, "")
	b.must(err)
	b.follow("12-01", more)
	b.lower("12-01", "12-01", catalog.PriceChange{SKU: "AUR-D18B", Price: 82_000_000}) // and less
	w, err := b.funds.Wallet(b.at("12-01"), b.maya, c.Program)
	b.must(err)
	if w.Balance.Granted != gbp(2200) || w.Balance.Owed != gbp(3000) || w.Balance.Consumed != gbp(5200) {
		t.Fatalf("%+v", w.Balance)
	}
	if x = b.one(b.maya, Claimed); len(x.Claims) != 2 {
		t.Fatalf("%+v", x)
	}

	// another product falls further the same day: its claim brings nothing back of what was taken
	// back, and one that is taken back while others stand is proposed again
	b.lower("12-01", "12-01", catalog.PriceChange{SKU: "AUR-B50", Price: 30_000_000})
	for again := range 2 {
		if x = b.one(b.maya, Proposed); x.Open != gbp(1798) || len(x.Claims) != 2+again {
			t.Fatalf("%+v", x)
		}
		third, err := b.svc.Confirm(b.at("12-01"), b.maya, x.ID, x.Mark)
		b.must(err)
		b.follow("12-01", third)
		if w, err = b.funds.Wallet(b.at("12-01"), b.maya, c.Program); err != nil || w.Balance.Granted != gbp(3998) || w.Balance.Owed != gbp(3000) || w.Balance.Available != gbp(1798) {
			t.Fatalf("%v %+v", err, w.Balance)
		}
		if again == 0 {
			third, err = b.funds.WithdrawClaim(b.at("12-01"), b.maya, third.ID, third.Version)
		} else {
			third, err = b.funds.Decide(b.at("12-01"), b.ingrid, third.ID, third.Version, nil, "")
		}
		b.must(err)
		b.follow("12-01", third)
	}
	if w, err = b.funds.Wallet(b.at("12-01"), b.maya, c.Program); err != nil || w.Balance.Granted != gbp(3998) || w.Balance.Owed != gbp(3000) || w.Balance.Consumed != gbp(6998) {
		t.Fatalf("%v %+v", err, w.Balance)
	}
	if ledger, err := b.funds.Check(b.at("12-01"), b.ingrid, c.Program); err != nil || !ledger.OK() {
		t.Fatalf("%v %+v", err, ledger)
	}

	b.lower("12-05", "12-05", catalog.PriceChange{SKU: "AUR-D18B", Price: 60_000_000})
	// a report of long ago is heard of late: the last day is not before the one that was told
	b.must(b.svc.Refresh(db.WithNow(context.Background(), time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)), access.System("x", b.aurelia), b.kestrel))
	b.must(b.svc.Tick(b.at("12-08")))
	if b.told(EventReminded) != 0 {
		t.Fatal("too early")
	}
	for range 2 {
		b.must(b.svc.Tick(b.at("12-09")))
	}
	if b.told(EventReminded) != 1 || b.told(EventLapsed) != 0 {
		t.Fatal(b.heard)
	}
	list, _, err := b.svc.List(b.at("12-09"), b.maya, Filter{States: []State{Proposed}})
	b.must(err)
	for range 2 {
		b.must(b.svc.Tick(b.at("12-11")))
	}
	_, err = b.svc.Confirm(b.at("12-11"), b.maya, list[0].ID, list[0].Mark)
	b.wants(err, fault.Conflict, "protect.not_open")
	l, err := b.cat.PriceList(b.at("12-11"), b.ingrid, catalog.ListID(b.aurelia+"-gbp"))
	b.must(err)
	b.must(b.svc.Published(b.at("12-11"), access.System("x", b.aurelia), b.toKestrel, l.ID, l.Versions[0].Number)) // heard once more
	if x, err := b.svc.Get(b.at("12-11"), b.maya, list[0].ID); err != nil || x.State != Lapsed || b.told(EventLapsed) != 1 {
		t.Fatal(x.State, err)
	}

	// who says that it holds less than the least sum claims nothing
	b.lower("12-11", "12-11", catalog.PriceChange{SKU: "AUR-D18B", Price: 59_000_000})
	// a report that is heard of in the name of a day before the prices fell proposes nothing before it
	_, err = b.cat.ReceiveStock(b.at("12-11"), b.maya, catalog.ReportCmd{Supplier: b.aurelia, Reseller: b.kestrel, Partnership: b.toKestrel, Number: "S-LATE", Day: "2026-12-10", Source: catalog.FromEDI, Key: "late", Lines: []catalog.ReportLine{{SKU: "AUR-D18B", Kind: "17", Quantity: money.Whole(33), Unit: "EA"}}})
	b.must(err)
	b.proposed = time.Time{}
	b.must(b.svc.Refresh(db.WithNow(context.Background(), time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)), access.System("x", b.aurelia), b.kestrel))
	if want := time.Date(2026, 12, 11, 0, 0, 0, 0, time.UTC); !b.proposed.Equal(want) {
		t.Fatalf("told at %s, prices fall at %s", b.proposed, want)
	}
	b.stock("12-10", map[string]int64{"AUR-D18B": 12})
	if list, _, err = b.svc.List(b.at("12-11"), b.maya, Filter{States: []State{Proposed}}); err != nil || len(list) != 1 || list[0].Open != gbp(1200) {
		t.Fatalf("%v %+v", err, list)
	}
	none, err := b.svc.Counter(b.at("12-11"), b.maya, list[0].ID, list[0].Mark, []Say{{"AUR-D18B", money.Whole(9)}}, "")
	b.must(err)
	if x, err := b.svc.Get(b.at("12-11"), b.maya, list[0].ID); err != nil || none.ID != "" || x.State != Nothing || x.Why != WhyLeast {
		t.Fatalf("%v %s %s %+v", err, x.State, x.Why, none)
	}
}
