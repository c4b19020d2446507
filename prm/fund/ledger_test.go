package fund

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// Money only moves where it is: the budget bounds what partners get, the part what is
// reserved, and what is reversed is reversed once, while it is there.
func TestLedgerBounds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		p := b.program()
		err := b.svc.Grant(b.at(), b.ingrid, p, b.toBaltic, gbp(6_000_01), "", "")
		b.wants(err, fault.Conflict, "fund.short_budget")
		if _, err := b.svc.Wallet(b.at(), b.kaarel, p); fault.CodeOf(err) != fault.NotFound {
			t.Fatalf("a refused grant left a part: %v", err)
		}
		b.must(b.svc.Put(b.at(), b.ingrid, p, PutCmd{Amount: money.Amount{Minor: 500_00, Currency: "EUR"}}))
		b.must(b.svc.Grant(b.at(), b.ingrid, p, b.toBaltic, money.Amount{Minor: 500_00, Currency: "EUR"}, "", ""))
		b.wants(b.svc.Grant(b.at(), b.ingrid, p, b.toBaltic, gbp(1), "", ""), fault.Invalid, "fund.currency")
		got, err := b.svc.Get(b.at(), b.ingrid, p)
		b.must(err)
		if len(got.Budgets) != 2 || got.Budgets[0].Currency != "EUR" || got.Budgets[0].Free.Minor != 0 || got.Budgets[1].Whole != gbp(10_000_00) || got.Budgets[1].Free != gbp(6_000_00) {
			t.Fatalf("%+v", got.Budgets)
		}
		st, err := b.svc.Statement(b.at(), b.ingrid, StatementFilter{Partnership: b.toKestrel})
		b.must(err)
		if len(st.Moves) != 1 || st.Moves[0].Kind != EntryGrant || st.Closing.Available != gbp(4_000_00) {
			t.Fatalf("%+v", st)
		}
		grant := st.Moves[0].Entry
		b.wants(b.svc.Reverse(b.at(), b.ingrid, p, grant, ""), fault.Invalid, "form.missing")
		b.wants(b.svc.Reverse(b.at(), b.maya, p, grant, "mine"), fault.Forbidden, "")
		r := b.request(p)
		b.wants(b.svc.Reverse(b.at(), b.ingrid, p, grant, "typed twice"), fault.Conflict, "fund.short_available")
		r, err = b.svc.CancelRequest(b.at(), b.maya, r.ID, r.Version, "")
		b.must(err)
		b.must(b.svc.Reverse(b.at(), b.ingrid, p, grant, "typed twice"))
		b.wants(b.svc.Reverse(b.at(), b.ingrid, p, grant, "again"), fault.Conflict, "fund.reversed_before")
		if w := b.wallet(p); w.Granted.Minor != 0 || w.Available.Minor != 0 {
			t.Fatalf("%+v", w)
		}
		b.sound(p)
	})
}

// The database itself refuses to change the ledger, or a balance below zero.
func TestLedgerOnlyGrows(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		p := b.program()
		for _, q := range []string{"UPDATE fund_entry SET amount = 1", "DELETE FROM fund_entry", "UPDATE fund_post SET amount = 1", "DELETE FROM fund_post"} {
			err := d.InTx(context.Background(), func(ctx context.Context) error { return db.Tx(ctx).Exec(q).Error })
			if err == nil || !strings.Contains(err.Error(), "only grows") {
				t.Errorf("%s: %v", q, err)
			}
		}
		for _, q := range []string{"UPDATE fund_account SET balance = -1 WHERE kind = 'available'", "UPDATE fund_account SET balance = 200000000000000000 WHERE kind = 'available'"} {
			if err := d.InTx(context.Background(), func(ctx context.Context) error { return db.Tx(ctx).Exec(q).Error }); err == nil {
				t.Errorf("%s went through", q)
			}
		}
		b.sound(p)
	})
}

// model is the money of one programme and partner as a book-keeper would write it down.
type model struct{ whole, free, available, reserved, consumed, settled int64 }

// Whatever is done in whatever order, by whomever and however wrong the amounts: what is
// allowed happens, what is not leaves every balance as it was, and the ledger adds up.
func TestLedgerProperty(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		rapid.Check(t, func(rt *rapid.T) {
			b.day("2026-11-18")
			cmd := autumn
			cmd.Share, cmd.Proof = money.One, nil
			p, err := b.svc.Create(b.at(), b.ingrid, cmd)
			b.must(err)
			var m model
			var reqs []Request
			var claims []Claim
			left := map[RequestID]int64{}
			amount := rapid.Int64Range(1, 900)
			seated := false
			for range rapid.IntRange(1, 14).Draw(rt, "steps") {
				was, n := m, b.sound(p.ID)
				ok := true
				switch rapid.IntRange(0, 6).Draw(rt, "deed") {
				case 0:
					a := amount.Draw(rt, "put")
					err = b.svc.Put(b.at(), b.ingrid, p.ID, putting(gbp(a), gbp(0), ""))
					m.whole, m.free = m.whole+a, m.free+a
				case 1:
					a := amount.Draw(rt, "grant")
					err = b.svc.Grant(b.at(), b.ingrid, p.ID, b.toKestrel, gbp(a), "", "")
					if ok = a <= m.free; ok {
						m.free, m.available, seated = m.free-a, m.available+a, true
					}
				case 2, 3:
					if !seated {
						continue
					}
					a := amount.Draw(rt, "reserve")
					r := b.asked(p.ID, a, a)
					r, err = b.svc.ApproveRequest(b.at(), b.ingrid, r.ID, r.Version, Grants{Amount: gbp(a)})
					if ok = a <= m.available; ok {
						r, err = b.svc.CommitRequest(b.at(), b.maya, r.ID, r.Version)
						b.must(err)
						m.available, m.reserved, left[r.ID] = m.available-a, m.reserved+a, a
						reqs = append(reqs, r)
					}
				case 4:
					if len(reqs) == 0 {
						continue
					}
					r := rapid.SampledFrom(reqs).Draw(rt, "of")
					a := amount.Draw(rt, "claim")
					var c Claim
					c, err = b.svc.FileClaim(b.at(), b.maya, ClaimCmd{Request: r.ID, Nature: NatureService, Title: "x", Lines: []LineCmd{{Text: "x", On: "2026-11-18", Amount: gbp(a)}}})
					if ok = a <= left[r.ID]; ok {
						c, err = b.svc.Decide(b.at(), b.wen, c.ID, c.Version, nil, "")
						left[r.ID], m.reserved, m.consumed = left[r.ID]-a, m.reserved-a, m.consumed+a
						claims = append(claims, c)
					}
				case 5:
					if len(claims) == 0 {
						continue
					}
					i := rapid.IntRange(0, len(claims)-1).Draw(rt, "settle")
					c := claims[i]
					a := amount.Draw(rt, "pay")
					var now Claim
					now, err = b.svc.Settle(b.at(), b.fin, c.ID, c.Version, SettleCmd{Kind: ByPayment, Reference: db.NewID(), Amount: gbp(a)})
					if ok = a <= c.Due().Minor; ok {
						m.consumed, m.settled = m.consumed-a, m.settled+a
						claims[i] = now
					}
				case 6:
					if len(reqs) == 0 {
						continue
					}
					i := rapid.IntRange(0, len(reqs)-1).Draw(rt, "close")
					r, e := b.svc.GetRequest(b.at(), b.ingrid, reqs[i].ID)
					b.must(e)
					_, err = b.svc.CloseRequest(b.at(), b.ingrid, r.ID, r.Version)
					m.reserved, m.available = m.reserved-left[r.ID], m.available+left[r.ID]
					left[r.ID] = 0
					reqs = append(reqs[:i:i], reqs[i+1:]...)
				}
				if (err == nil) != ok {
					rt.Fatalf("allowed %v, got %v", ok, err)
				}
				now := b.sound(p.ID)
				if !ok && (m != was || now != n) {
					rt.Fatalf("a refused deed wrote to the ledger")
				}
				full, err := b.svc.Get(b.at(), b.ingrid, p.ID)
				b.must(err)
				got := model{}
				if len(full.Budgets) > 0 {
					got.whole, got.free = full.Budgets[0].Whole.Minor, full.Budgets[0].Free.Minor
				}
				if len(full.Seats) > 0 {
					x := full.Seats[0].Balance
					got.available, got.reserved, got.consumed, got.settled = x.Available.Minor, x.Reserved.Minor, x.Consumed.Minor, x.Settled.Minor
					if x.Granted.Minor != m.whole-m.free {
						rt.Fatalf("granted %d, the partners have %d", x.Granted.Minor, m.whole-m.free)
					}
				}
				if got != m {
					rt.Fatalf("the ledger says %+v, the book-keeper %+v", got, m)
				}
			}
		})
	})
}

// The programme of a promotion follows the promotion: nobody puts money into it, closes it
// or gives parts of it by hand.
func TestProgramOfPromotion(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		sys := access.System("promotions", b.aurelia)
		cmd := SubjectCmd{Subject: db.NewID(), Title: "Winter", From: "2026-11-01", Until: "2026-12-31", Zone: "Europe/London"}
		id, err := b.svc.SetEarned(b.at(), sys, cmd, b.toKestrel, gbp(100_00))
		b.must(err)
		p, err := b.svc.Get(b.at(), b.ingrid, id)
		b.must(err)
		_, rule := b.svc.AddRule(b.at(), b.ingrid, id, Rule{Rate: 10_000, From: "2026-11-01", Until: "2026-12-31", Days: 10})
		_, change := b.svc.Change(b.at(), b.ingrid, id, p.Version, autumn)
		for name, err := range map[string]error{
			"AddRule": rule, "Change": change, "EndRule": b.svc.EndRule(b.at(), b.ingrid, id, db.NewID()), "SetOpen": b.svc.SetOpen(b.at(), b.ingrid, id, p.Version, false),
			"Put": b.svc.Put(b.at(), b.ingrid, id, putting(gbp(1), gbp(0), "")), "Grant": b.svc.Grant(b.at(), b.ingrid, id, b.toKestrel, gbp(1), "", ""), "Reverse": b.svc.Reverse(b.at(), b.ingrid, id, db.NewID(), "x"),
		} {
			if f := (*fault.Error)(nil); !errors.As(err, &f) || f.Key != "fund.of_promotion" {
				t.Errorf("%s: %v", name, err)
			}
		}
		// nobody writes a claim of it by hand, whatever nature and days it names; a draft of before
		// that was refused is not sent
		hand := ClaimCmd{Program: id, Nature: NatureService, Title: "Foreign", Lines: []LineCmd{{Text: "Foreign", SKU: "FOREIGN", On: "2020-01-01", Amount: gbp(10_00)}}}
		for _, source := range []string{"", SourceForm, SourceAPI} {
			hand.Source = source
			_, err = b.svc.FileClaim(b.at(), b.maya, hand)
			b.wants(err, fault.Conflict, "fund.claim_of_promotion")
			_, err = b.svc.SaveClaim(b.at(), b.maya, "", 0, hand)
			b.wants(err, fault.Conflict, "fund.claim_of_promotion")
		}
		hand.Source, hand.Nature, hand.Key = SourceProposed, NatureRebate, "promo:x"
		old, err := b.svc.SaveClaim(b.at(), b.maya, "", 0, hand)
		b.must(err)
		b.must(d.InTx(t.Context(), func(ctx context.Context) error {
			return db.Tx(ctx).Exec("UPDATE fund_claim SET source = ? WHERE id = ?", SourceForm, string(old.ID)).Error
		}))
		_, err = b.svc.SubmitClaim(b.at(), b.maya, old.ID, old.Version)
		b.wants(err, fault.Conflict, "fund.claim_of_promotion")
		_, err = b.svc.WithdrawClaim(b.at(), b.maya, old.ID, old.Version)
		b.must(err)
		// both agreed to another window since
		cmd.Title, cmd.Until, cmd.ClaimBy = "Winter and spring", "2027-03-31", "2027-04-30"
		for range 2 {
			_, err = b.svc.SetEarned(b.at(), sys, cmd, b.toKestrel, gbp(100_00))
			b.must(err)
		}
		if now, err := b.svc.Get(b.at(), b.ingrid, id); err != nil || now.Title != cmd.Title || now.Until != cmd.Until || now.ClaimDays != 30 || now.Version != p.Version+1 {
			t.Fatalf("%v %+v", err, now)
		}
		// its text is without Kestrel, and with it again
		was := cmd
		cmd.Title, cmd.Proof, cmd.Left = "Spring alone", []string{"photo"}, map[string]SubjectCmd{b.kestrel: was}
		for _, want := range []SubjectCmd{was, was, {Title: "Spring for all", Proof: []string{"photo"}}} {
			if want.Subject == "" {
				cmd.Title, cmd.Left = want.Title, nil
			}
			_, err = b.svc.SetEarned(b.at(), sys, cmd, b.toKestrel, gbp(100_00))
			b.must(err)
			w, err := b.svc.Wallet(b.at(), b.maya, id)
			b.must(err)
			if now, err := b.svc.Get(b.at(), b.ingrid, id); err != nil || now.Title != cmd.Title || w.Title != want.Title || !slices.Equal(w.Proof, want.Proof) {
				t.Fatalf("%v %+v %+v", err, now, w)
			}
		}
		// of a partner of somebody else, or one that is over, it is the partner that is wrong
		_, err = b.svc.SetEarned(b.at(), sys, cmd, db.NewID(), gbp(1))
		b.wants(err, fault.Invalid, "fund.partner")
		b.must(d.InTx(t.Context(), func(ctx context.Context) error {
			return db.Tx(ctx).Exec("UPDATE partnership SET state = 'suspended' WHERE id = ?", b.toBaltic).Error
		}))
		_, err = b.svc.SetEarned(b.at(), sys, cmd, b.toBaltic, gbp(1))
		b.wants(err, fault.Invalid, "fund.partner")
		if w := b.wallet(id); w.Available != gbp(100_00) {
			t.Fatalf("%+v", w)
		}
	})
}
