package fund

import (
	"strings"
	"sync"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

func (b *bench) proof(c Claim, items ...string) {
	b.t.Helper()
	for _, x := range items {
		_, err := b.svc.AddFile(b.at(), b.maya, FileCmd{Claim: c.ID, Item: x, Name: x + ".pdf", Mime: "application/pdf"}, strings.NewReader("%PDF "+x))
		b.must(err)
	}
}

// looked has a person of the supplier accept every file of a claim.
func (b *bench) looked(c Claim) {
	b.t.Helper()
	c, err := b.svc.GetClaim(b.at(), b.ingrid, c.ID)
	b.must(err)
	var looks []Look
	for _, f := range c.Files {
		looks = append(looks, Look{File: f.ID, Accept: true})
	}
	c, err = b.svc.JudgeProof(b.at(), b.ingrid, c.ID, looks)
	b.must(err)
	if len(c.Unseen) != 0 {
		b.t.Fatalf("%+v", c)
	}
}

// lines are claim lines of one day, one for each amount.
func lines(on string, minor ...int64) []LineCmd {
	var out []LineCmd
	for _, n := range minor {
		out = append(out, LineCmd{Text: "Stand", On: on, Amount: gbp(n)})
	}
	return out
}

// From the wish to the books: asked, approved, done, claimed with proof, decided line by
// line, settled by the partner's invoice, found in the books; and the statement says the
// same as the ledger at every step.
func TestClaimStory(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		p := b.program()
		r := b.request(p)
		if r.State != ReqCommitted || r.ClaimBy != "2026-12-20" || len(r.Proof) != 2 || r.Left != gbp(1_000_00) {
			t.Fatalf("%+v", r)
		}
		c, err := b.svc.SaveClaim(b.at(), b.maya, "", 0, ClaimCmd{Request: r.ID, Nature: NatureService, Title: "Counter days", Lines: lines("2026-11-18", 300_00, 200_00, 100_00)})
		b.must(err)
		if _, err := b.svc.GetClaim(b.at(), b.ingrid, c.ID); fault.CodeOf(err) != fault.NotFound {
			t.Fatalf("the supplier reads a draft: %v", err)
		}
		_, err = b.svc.SubmitClaim(b.at(), b.maya, c.ID, c.Version)
		b.wants(err, fault.Conflict, "fund.claim_early")
		b.day("2026-11-21")
		b.must(b.svc.Tick(b.at()))
		b.must(b.svc.Tick(b.at()))
		if r, err = b.svc.GetRequest(b.at(), b.maya, r.ID); err != nil || r.State != ReqExecuted {
			t.Fatalf("%v %+v", err, r)
		}
		_, err = b.svc.SubmitClaim(b.at(), b.maya, c.ID, c.Version)
		b.wants(err, fault.Conflict, "fund.proof_missing")
		b.proof(c, "Invoice copy", "Photo")
		c, err = b.svc.SubmitClaim(b.at(), b.maya, c.ID, c.Version)
		b.must(err)
		n := b.sound(p)
		st, err := b.svc.Standings(b.at(), b.maya)
		b.must(err)
		if len(st) != 1 || st[0].Pending != gbp(600_00) || st[0].Earned.Minor != 0 || st[0].Lapsing != gbp(1_000_00) {
			t.Fatalf("%+v", st)
		}
		for _, a := range []access.Actor{b.ingrid, b.maya} { // of the partnership: the same, as the statement has it
			with, err := b.svc.StandingsWith(b.at(), a, b.toKestrel)
			b.must(err)
			of, err := b.svc.Statement(b.at(), a, StatementFilter{Partnership: b.toKestrel})
			b.must(err)
			if len(with) != 1 || with[0] != st[0] || with[0] != of.Standing {
				t.Fatalf("%+v, not %+v", with, of.Standing)
			}
		}
		_, err = b.svc.Decide(b.at(), b.ingrid, c.ID, c.Version, []Verdict{{Position: 2, Verdict: LineRejected}}, "")
		b.wants(err, fault.Invalid, "form.choice_wrong")
		_, err = b.svc.Decide(b.at(), b.ingrid, c.ID, c.Version, []Verdict{{Position: 1, Verdict: LineChanged, Amount: gbp(300_01), Reason: "other"}}, "")
		b.wants(err, fault.Invalid, "fund.over_asked")
		// files are not proof before a person of the paying side has looked at each
		if seen, err := b.svc.GetClaim(b.at(), b.maya, c.ID); err != nil || len(seen.Unseen) != 2 || len(seen.Missing) != 0 {
			t.Fatalf("%v %+v", err, seen)
		}
		_, err = b.svc.Decide(b.at(), b.ingrid, c.ID, c.Version, nil, "")
		b.wants(err, fault.Conflict, "fund.proof_unseen")
		judge := func(who access.Actor, looks ...Look) error { return second(b.svc.JudgeProof(b.at(), who, c.ID, looks)) }
		photo := c.Files[1].ID
		b.wants(judge(b.maya, Look{File: photo, Accept: true}), fault.Forbidden, "")
		b.wants(judge(b.kaarel, Look{File: photo, Accept: true}), fault.NotFound, "")
		b.wants(judge(access.System("rules", b.aurelia), Look{File: photo, Accept: true}), fault.Forbidden, "")
		b.wants(judge(b.ingrid, Look{File: photo}), fault.Invalid, "form.missing")
		b.wants(judge(b.ingrid, Look{File: FileID(db.NewID()), Accept: true}), fault.Invalid, "form.choice_wrong")
		b.must(judge(b.ingrid, Look{File: c.Files[0].ID, Accept: true}, Look{File: photo, Reason: "Another shop"}))
		_, err = b.svc.Decide(b.at(), b.ingrid, c.ID, c.Version, nil, "")
		b.wants(err, fault.Conflict, "fund.proof_lacking")
		if b.sound(p) != n {
			t.Fatal("a refused decision wrote to the ledger")
		}
		b.looked(c)
		c, err = b.svc.Decide(b.at(), b.ingrid, c.ID, c.Version, []Verdict{{Position: 1, Verdict: LineChanged, Amount: gbp(250_00), Reason: "wrong_price"}, {Position: 3, Verdict: LinePending, Reason: "no_proof", Missing: "The printer's invoice", Due: "2026-12-05"}}, "")
		b.must(err)
		if c.State != ClaimApproved || c.Approved != gbp(450_00) || c.Pending != 1 || c.Lines[1].Verdict != LineAccepted {
			t.Fatalf("%+v", c)
		}
		_, err = b.svc.Decide(b.at(), b.ingrid, c.ID, c.Version, []Verdict{{Position: 1, Verdict: LineAccepted}}, "")
		b.wants(err, fault.Conflict, "fund.line_decided")
		_, err = b.svc.Settle(b.at(), b.fin, c.ID, c.Version, SettleCmd{Kind: ByCreditNote, Reference: "CN-1"})
		b.wants(err, fault.Invalid, "fund.way")
		_, err = b.svc.Settle(b.at(), b.fin, c.ID, c.Version, SettleCmd{Kind: ByInvoice, Reference: "K-77", Amount: gbp(450_01)})
		b.wants(err, fault.Invalid, "fund.over_due")
		_, err = b.svc.Settle(b.at(), b.wen, c.ID, c.Version, SettleCmd{Kind: ByInvoice, Reference: "K-77"})
		b.wants(err, fault.Forbidden, "")
		c, err = b.svc.Settle(b.at(), b.fin, c.ID, c.Version, SettleCmd{Kind: ByInvoice, Reference: "K-77", TaxRate: 200_000})
		b.must(err)
		if c.State != ClaimApproved || c.Settled != gbp(450_00) || c.Settlements[0].Tax != gbp(90_00) {
			t.Fatalf("good lines are paid while one waits: %+v", c)
		}
		b.proof(c, "The printer's invoice")
		c, err = b.svc.Decide(b.at(), b.ingrid, c.ID, c.Version, []Verdict{{Position: 3, Verdict: LineAccepted}}, "")
		b.must(err)
		_, err = b.svc.Settle(b.at(), b.fin, c.ID, c.Version, SettleCmd{Kind: ByInvoice, Reference: "K-77"})
		b.wants(err, fault.Conflict, "fund.settled_before")
		c, err = b.svc.Settle(b.at(), b.fin, c.ID, c.Version, SettleCmd{Kind: ByInvoice, Reference: "K-78"})
		b.must(err)
		if c.State != ClaimSettled || c.Settled != gbp(550_00) {
			t.Fatalf("%+v", c)
		}
		c, err = b.svc.Unsettle(b.at(), b.fin, c.ID, c.Version, c.Settlements[1].ID, "other invoice")
		b.must(err)
		if c.State != ClaimApproved || c.Due() != gbp(100_00) {
			t.Fatalf("%+v", c)
		}
		c, err = b.svc.Settle(b.at(), b.fin, c.ID, c.Version, SettleCmd{Kind: ByPayment, Reference: "BACS-9"})
		b.must(err)
		for _, x := range c.Settlements {
			if x.Reversed.IsZero() {
				c, err = b.svc.Reconcile(b.at(), b.fin, c.ID, c.Version, x.ID, "GL 2026-11")
				b.must(err)
			}
		}
		if c.State != ClaimReconciled {
			t.Fatalf("%+v", c)
		}
		r, err = b.svc.CloseRequest(b.at(), b.wen, r.ID, r.Version)
		b.must(err)
		w := b.wallet(p)
		if w.Settled != gbp(550_00) || w.Available != gbp(3_450_00) || w.Reserved.Minor != 0 || w.Granted != gbp(4_000_00) {
			t.Fatalf("%+v", w)
		}
		b.reconciles(p)
	})
}

// reconciles holds the statement against the ledger and against what claims and
// settlements say, to the cent.
func (b *bench) reconciles(p ProgramID) {
	b.t.Helper()
	b.sound(p)
	st, err := b.svc.Statement(b.at(), b.maya, StatementFilter{Partnership: b.toKestrel, From: "2026-11-01", To: "2027-12-31"})
	b.must(err)
	sum := st.Opening
	for _, m := range st.Moves {
		sum.Available.Minor += m.Change.Available.Minor
		sum.Reserved.Minor += m.Change.Reserved.Minor
		sum.Consumed.Minor += m.Change.Consumed.Minor
		sum.Settled.Minor += m.Change.Settled.Minor
		sum.Lapsed.Minor += m.Change.Lapsed.Minor
		sum.Owed.Minor += m.Change.Owed.Minor
		sum.Granted.Minor += m.Change.Granted.Minor
	}
	if sum != st.Closing {
		b.t.Fatalf("movements come to %+v, the closing balance is %+v", sum, st.Closing)
	}
	if w := b.wallet(p); w != st.Closing {
		b.t.Fatalf("the wallet says %+v, the statement %+v", w, st.Closing)
	}
	var approved, settled int64
	claims, _, err := b.svc.Claims(b.at(), b.maya, Filter{Limit: 200})
	b.must(err)
	for _, c := range claims {
		full, err := b.svc.GetClaim(b.at(), b.maya, c.ID)
		b.must(err)
		approved += full.Approved.Minor
		for _, x := range full.Settlements {
			if x.Reversed.IsZero() {
				settled += x.Amount.Minor
			}
		}
	}
	if st.Earned.Minor != approved || st.Closing.Settled.Minor != settled {
		b.t.Fatalf("the claims say %d approved and %d settled, the statement %s and %s", approved, settled, st.Earned, st.Closing.Settled)
	}
}

// asked is a programme with a request of which claims are filed.
func asked(t *testing.T, d *db.DB) (*bench, ProgramID, Request) {
	b := setup(t, d)
	p := b.program()
	r := b.request(p, []string{}...)
	b.day("2026-11-19")
	return b, p, r
}

// Each wrong claim is refused in words, and the ledger stays as it was.
func TestClaimRefusals(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b, p, r := asked(t, d)
		b.must(b.svc.Tick(b.at()))
		file := func(cmd ClaimCmd) (Claim, error) {
			cmd.Request, cmd.Title = r.ID, "Stand"
			if cmd.Nature == "" {
				cmd.Nature = NatureService
			}
			return b.svc.FileClaim(b.at(), b.maya, cmd)
		}
		n := b.sound(p)
		_, err := file(ClaimCmd{Lines: lines("2026-11-18", 1_000_01)})
		b.wants(err, fault.Conflict, "fund.over_claim")
		_, err = file(ClaimCmd{Lines: lines("2026-11-17", 10_00)})
		b.wants(err, fault.Conflict, "fund.line_outside")
		_, err = file(ClaimCmd{Lines: []LineCmd{{Text: "Stand", On: "2026-11-18", Amount: money.Amount{Minor: 10_00, Currency: "EUR"}}}})
		b.wants(err, fault.Invalid, "fund.currency")
		_, err = file(ClaimCmd{})
		b.wants(err, fault.Invalid, "form.missing")
		_, err = b.svc.FileClaim(b.at(), b.maya, ClaimCmd{Program: p, Title: "x", Nature: NatureService, Lines: lines("2026-11-18", 1)})
		b.wants(err, fault.Invalid, "fund.needs_request")
		_, err = b.svc.FileClaim(b.at(), b.ingrid, ClaimCmd{Request: r.ID, Title: "x", Nature: NatureService, Lines: lines("2026-11-18", 1)})
		b.wants(err, fault.Forbidden, "")
		first := ClaimCmd{Number: "INV-1", Key: "key-1", Lines: []LineCmd{{Key: "stand-1", Text: "Stand", On: "2026-11-18", Amount: gbp(600_00)}}}
		c, err := file(first)
		b.must(err)
		again, err := file(first)
		b.must(err)
		if again.ID != c.ID {
			t.Fatal("the same key made two claims")
		}
		_, err = file(ClaimCmd{Number: "INV-1", Lines: lines("2026-11-18", 1_00)})
		b.wants(err, fault.Conflict, "fund.number_used")
		_, err = file(ClaimCmd{Number: "INV-2", Lines: first.Lines})
		b.wants(err, fault.Conflict, "fund.over_claim") // 600 of the 1 000 are asked for
		first.Lines[0].Amount = gbp(100_00)
		_, err = file(ClaimCmd{Number: "INV-2", Lines: first.Lines})
		b.wants(err, fault.Conflict, "fund.line_claimed")
		_, err = b.svc.CloseRequest(b.at(), b.ingrid, r.ID, versionOf(b, r.ID))
		b.wants(err, fault.Conflict, "fund.claims_open")
		_, err = b.svc.CancelRequest(b.at(), b.ingrid, r.ID, versionOf(b, r.ID), "no")
		b.wants(err, fault.Conflict, "fund.is_claimed")
		if b.sound(p) != n {
			t.Fatal("a refused claim wrote to the ledger")
		}
		// denied: its line is free for another claim
		c, err = b.svc.DenyClaim(b.at(), b.ingrid, c.ID, c.Version, "not the stand that was agreed")
		b.must(err)
		other, err := file(ClaimCmd{Number: "INV-2", Lines: first.Lines, Deducted: "BACS-771"})
		b.must(err)
		other, err = b.svc.Decide(b.at(), b.ingrid, other.ID, other.Version, nil, "")
		b.must(err)
		n = b.sound(p)
		_, err = b.svc.Settle(b.at(), b.fin, other.ID, other.Version, SettleCmd{Kind: ByPayment, Reference: "BACS-1"})
		b.wants(err, fault.Conflict, "fund.deducted")
		_, err = b.svc.Settle(b.at(), b.fin, other.ID, other.Version, SettleCmd{Kind: ByOffset, Reference: "BACS-2"})
		b.wants(err, fault.Conflict, "fund.deducted")
		if b.sound(p) != n {
			t.Fatal("a refused settlement wrote to the ledger")
		}
		_, err = b.svc.Settle(b.at(), b.fin, other.ID, other.Version, SettleCmd{Kind: ByOffset, Reference: "BACS-771"})
		b.must(err)
		b.day("2026-12-21")
		_, err = file(ClaimCmd{Lines: lines("2026-11-18", 1_00)})
		b.wants(err, fault.Conflict, "fund.claim_late")
		b.must(b.svc.Tick(b.at()))
		if r, err = b.svc.GetRequest(b.at(), b.maya, r.ID); err != nil || r.State != ReqClosed || r.Left.Minor != 0 {
			t.Fatalf("%v %+v", err, r)
		}
		b.reconciles(p)
	})
}

func versionOf(b *bench, id RequestID) int64 {
	b.t.Helper()
	r, err := b.svc.GetRequest(b.at(), b.ingrid, id)
	b.must(err)
	return r.Version
}

// What is filed by no claim in time lapses, and goes back to the partner's part.
func TestRequestLapses(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		p := b.program()
		r := b.request(p)
		b.day("2026-12-20")
		b.must(b.svc.Tick(b.at()))
		if got, err := b.svc.GetRequest(b.at(), b.maya, r.ID); err != nil || got.State != ReqExecuted {
			t.Fatalf("%v %+v", err, got)
		}
		b.day("2026-12-21")
		b.must(b.svc.Tick(b.at()))
		b.must(b.svc.Tick(b.at()))
		if got, err := b.svc.GetRequest(b.at(), b.maya, r.ID); err != nil || got.State != ReqLapsed {
			t.Fatalf("%v %+v", err, got)
		}
		if w := b.wallet(p); w.Available != gbp(4_000_00) {
			t.Fatalf("%+v", w)
		}
		b.reconciles(p)
	})
}

// Nobody approves what they filed, nor more than they may; above the threshold two people
// decide the same, and of two at once one is told that it changed.
func TestApprovers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		p := b.program()
		b.must(b.svc.Put(b.at(), b.ingrid, p, putting(gbp(0), gbp(500_00), "")))
		b.wants(b.svc.SetLimit(b.at(), b.wen, b.wen.Person, gbp(1)), fault.Forbidden, "")
		b.must(b.svc.SetLimit(b.at(), b.ingrid, b.wen.Person, gbp(800_00)))
		big := b.asked(p, 2_000_00, 1_000_00)
		_, err := b.svc.ApproveRequest(b.at(), b.wen, big.ID, big.Version, Grants{Amount: gbp(1_000_00)})
		b.wants(err, fault.Conflict, "fund.over_limit")
		n := b.sound(p)
		r, err := b.svc.ApproveRequest(b.at(), b.wen, big.ID, big.Version, Grants{Amount: gbp(700_00)})
		b.must(err)
		if r.State != ReqReview || r.FirstBy != b.wen.Person || b.sound(p) != n {
			t.Fatalf("one of two is enough: %+v", r)
		}
		seen, err := b.svc.GetRequest(b.at(), b.maya, r.ID)
		b.must(err)
		if seen.FirstBy != "" || seen.Approved.Minor != 0 || len(seen.Proof) != 0 {
			t.Fatalf("the partner reads half a decision: %+v", seen)
		}
		for _, e := range seen.Log {
			if e.Kind == "first" {
				t.Fatal("the partner reads half a decision")
			}
		}
		_, err = b.svc.ApproveRequest(b.at(), b.wen, r.ID, r.Version, Grants{Amount: gbp(700_00)})
		b.wants(err, fault.Conflict, "fund.second_needed")
		r, err = b.svc.ApproveRequest(b.at(), b.ingrid, r.ID, r.Version, Grants{Amount: gbp(750_00)}) // another amount: the first again
		b.must(err)
		if r.State != ReqReview || r.FirstBy != b.ingrid.Person {
			t.Fatalf("%+v", r)
		}
		var wg sync.WaitGroup
		errs := make([]error, 2)
		ctx := []func() error{
			func() error {
				_, err := b.svc.ApproveRequest(db.WithNow(t.Context(), b.now), b.wen, r.ID, r.Version, Grants{Amount: gbp(750_00)})
				return err
			},
			func() error {
				_, err := b.svc.DeclineRequest(db.WithNow(t.Context(), b.now), b.ingrid, r.ID, r.Version, "no")
				return err
			},
		}
		for i := range ctx {
			wg.Go(func() { errs[i] = ctx[i]() })
		}
		wg.Wait()
		lost := 0
		for _, err := range errs {
			if err != nil {
				b.wants(err, fault.Conflict, "fund.changed")
				lost++
			}
		}
		if lost != 1 {
			t.Fatalf("%v", errs)
		}
		// a manager who is also with the partner filed it
		both := access.Actor{Person: b.wen.Person, Org: b.kestrel, Roles: []access.Role{access.Manager}, Via: "session:x"}
		x, err := b.svc.SaveRequest(b.at(), both, "", 0, RequestCmd{Program: p, Title: "Own", Activity: "print", From: "2026-11-18", Until: "2026-11-20", Cost: gbp(200), Asked: gbp(100)})
		b.must(err)
		x, err = b.svc.SubmitRequest(b.at(), both, x.ID, x.Version)
		b.must(err)
		_, err = b.svc.ApproveRequest(b.at(), b.wen, x.ID, x.Version, Grants{Amount: gbp(100)})
		b.wants(err, fault.Conflict, "fund.self_approval")
		_, err = b.svc.ApproveRequest(b.at(), b.ingrid, x.ID, x.Version, Grants{Amount: gbp(101)})
		b.wants(err, fault.Invalid, "fund.over_asked")
		x, err = b.svc.ApproveRequest(b.at(), b.ingrid, x.ID, x.Version, Grants{Amount: gbp(100)})
		b.must(err)
		b.reconciles(p)

		// a claim above the threshold
		y := b.asked(p, 4_000_00, 900_00)
		g := Grants{Amount: gbp(900_00), Proof: []string{}}
		y, err = b.svc.ApproveRequest(b.at(), b.ingrid, y.ID, y.Version, g)
		b.must(err)
		b.must(b.svc.SetLimit(b.at(), b.ingrid, b.wen.Person, gbp(-1)))
		y, err = b.svc.ApproveRequest(b.at(), b.wen, y.ID, y.Version, g)
		b.must(err)
		_, err = b.svc.CommitRequest(b.at(), b.maya, y.ID, y.Version)
		b.must(err)
		b.day("2026-11-19")
		c, err := b.svc.FileClaim(b.at(), b.maya, ClaimCmd{Request: y.ID, Title: "Big", Nature: NatureService, Lines: lines("2026-11-18", 400_00, 300_00)})
		b.must(err)
		n = b.sound(p)
		c, err = b.svc.Decide(b.at(), b.ingrid, c.ID, c.Version, nil, "")
		b.must(err)
		if c.State != ClaimCheck || c.FirstBy != b.ingrid.Person || c.Approved.Minor != 0 || b.sound(p) != n {
			t.Fatalf("%+v", c)
		}
		_, err = b.svc.Decide(b.at(), access.System("rules", b.aurelia), c.ID, c.Version, nil, "")
		b.wants(err, fault.Conflict, "fund.needs_people")
		c, err = b.svc.Decide(b.at(), b.wen, c.ID, c.Version, nil, "")
		b.must(err)
		if c.State != ClaimApproved || c.Approved != gbp(700_00) {
			t.Fatalf("%+v", c)
		}
		b.reconciles(p)
	})
}

// Two people decide one claim at the same moment: one does, the other is told.
func TestTwoDecisionsAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b, p, r := asked(t, d)
		c, err := b.svc.FileClaim(b.at(), b.maya, ClaimCmd{Request: r.ID, Title: "x", Nature: NatureService, Lines: lines("2026-11-18", 900_00)})
		b.must(err)
		var wg sync.WaitGroup
		errs := make([]error, 4)
		who := []access.Actor{b.ingrid, b.wen}
		for i := range errs {
			wg.Go(func() {
				_, errs[i] = b.svc.Decide(db.WithNow(t.Context(), b.now), who[i%2], c.ID, c.Version, nil, "")
			})
		}
		wg.Wait()
		done := 0
		for _, err := range errs {
			if err == nil {
				done++
				continue
			}
			b.wants(err, fault.Conflict, "fund.changed")
		}
		if done != 1 {
			t.Fatalf("%v", errs)
		}
		if w := b.wallet(p); w.Consumed != gbp(900_00) || w.Reserved != gbp(100_00) {
			t.Fatalf("%+v", w)
		}
		b.reconciles(p)
	})
}

// A competing partner with a part of the same programme learns nothing of the other's: not
// its requests, claims, files or balance, nor that it takes part.
func TestPartnersStayApart(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		p := b.program()
		b.must(b.svc.Put(b.at(), b.ingrid, p, PutCmd{Amount: money.Amount{Minor: 100_00, Currency: "EUR"}}))
		b.must(b.svc.Grant(b.at(), b.ingrid, p, b.toBaltic, money.Amount{Minor: 100_00, Currency: "EUR"}, "", ""))
		r := b.request(p)
		b.day("2026-11-19")
		c, err := b.svc.SaveClaim(b.at(), b.maya, "", 0, ClaimCmd{Request: r.ID, Title: "x", Nature: NatureService, Lines: lines("2026-11-18", 900_00)})
		b.must(err)
		b.proof(c, "Photo", "Invoice copy")
		c, err = b.svc.SubmitClaim(b.at(), b.maya, c.ID, c.Version)
		b.must(err)
		k := b.kaarel
		for name, err := range map[string]error{
			"Get": second(b.svc.Get(b.at(), k, p)), "GetRequest": second(b.svc.GetRequest(b.at(), k, r.ID)), "GetClaim": second(b.svc.GetClaim(b.at(), k, c.ID)),
			"Statement": second(b.svc.Statement(b.at(), k, StatementFilter{Partnership: b.toKestrel})), "Check": second(b.svc.Check(b.at(), k, p)), "StandingsWith": second(b.svc.StandingsWith(b.at(), k, b.toKestrel)),
			"Decide": second(b.svc.Decide(b.at(), k, c.ID, c.Version, nil, "")), "Settle": second(b.svc.Settle(b.at(), k, c.ID, c.Version, SettleCmd{})), "Withdraw": second(b.svc.WithdrawClaim(b.at(), k, c.ID, c.Version)),
			"Approve": second(b.svc.ApproveRequest(b.at(), k, r.ID, r.Version, Grants{})), "Cancel": second(b.svc.CancelRequest(b.at(), k, r.ID, r.Version, "x")), "AddFile": second(b.svc.AddFile(b.at(), k, FileCmd{Claim: c.ID, Name: "x"}, strings.NewReader("x"))),
			"OpenFile": third(b.svc.OpenFile(b.at(), k, c.ID, "", c.Files[0].ID)), "SaveClaim": second(b.svc.SaveClaim(b.at(), k, "", 0, ClaimCmd{Request: r.ID})), "FileClaim": second(b.svc.FileClaim(b.at(), k, ClaimCmd{Request: r.ID})),
		} {
			if fault.CodeOf(err) != fault.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
		w, err := b.svc.Wallet(b.at(), k, p)
		b.must(err)
		if w.Balance.Granted != (money.Amount{Minor: 100_00, Currency: "EUR"}) {
			t.Errorf("%+v", w)
		}
		if rs, _, err := b.svc.Requests(b.at(), k, Filter{}); err != nil || len(rs) != 0 {
			t.Errorf("%v %v", rs, err)
		}
		if cs, _, err := b.svc.Claims(b.at(), k, Filter{Partner: b.kestrel}); err != nil || len(cs) != 0 {
			t.Errorf("%v %v", cs, err)
		}
		if st, err := b.svc.Standings(b.at(), k); err != nil || len(st) != 1 || st[0].Currency != "EUR" || st[0].Pending.Minor != 0 {
			t.Errorf("%v %v", st, err)
		}
		// the sales people of the supplier see none of it
		sales := access.Actor{Person: db.NewID(), Org: b.aurelia, Roles: []access.Role{access.Sales}, Via: "session:x"}
		if cs, _, err := b.svc.Claims(b.at(), sales, Filter{}); err != nil || len(cs) != 0 {
			t.Errorf("%v %v", cs, err)
		}
		if _, err := b.svc.GetClaim(b.at(), sales, c.ID); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("%v", err)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func third[T, U any](_ T, _ U, err error) error { return err }
