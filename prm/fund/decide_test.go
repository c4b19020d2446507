package fund

import (
	"context"
	"slices"
	"sync"
	"testing"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/job"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

// A draft made twice with one key is one draft; a closed programme takes no new one, and
// what was drafted before stays its partner's to look at.
func TestDraftKey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		cmd := autumn
		cmd.Kind, cmd.Proof = KindEarned, nil
		p, err := b.svc.Create(b.at(), b.ingrid, cmd)
		b.must(err)
		b.must(b.svc.Grant(b.at(), b.ingrid, p.ID, b.toKestrel, gbp(0), "", ""))
		draft := ClaimCmd{Program: p.ID, Key: "form-1", Title: "Flyers", Nature: NatureService, Lines: lines("2026-11-12", 40_00)}
		c, err := b.svc.SaveClaim(b.at(), b.maya, "", 0, draft)
		b.must(err)
		again, err := b.svc.SaveClaim(b.at(), b.maya, "", 0, draft)
		b.must(err)
		if again.ID != c.ID || again.Version != c.Version {
			t.Fatalf("the same key made two drafts: %+v %+v", c, again)
		}
		_, err = b.svc.SaveClaim(b.at(), b.kaarel, "", 0, draft)
		b.wants(err, fault.NotFound, "")
		now, err := b.svc.Get(b.at(), b.ingrid, p.ID)
		b.must(err)
		b.must(b.svc.SetOpen(b.at(), b.ingrid, p.ID, now.Version, false))
		draft.Key = "form-2"
		_, err = b.svc.SaveClaim(b.at(), b.maya, "", 0, draft)
		b.wants(err, fault.Conflict, "fund.closed")
		if list, _, err := b.svc.Claims(b.at(), b.maya, Filter{}); err != nil || len(list) != 1 {
			t.Fatalf("%v %v", err, list)
		}
	})
}

// What the first of two decided falls away when the claim or the request goes another way:
// a second person who later decides the same is again the first of two.
func TestFirstDecisionFallsAway(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		told := &eventLog{}
		b.svc.jobs = told
		p := b.program()
		b.must(b.svc.Put(b.at(), b.ingrid, p, putting(gbp(0), gbp(100_00), "")))
		none := Grants{Amount: gbp(900_00), Proof: []string{}}
		r := b.asked(p, 2_000_00, 900_00)
		r, err := b.svc.ApproveRequest(b.at(), b.wen, r.ID, r.Version, none)
		b.must(err)
		r, err = b.svc.ReturnRequest(b.at(), b.ingrid, r.ID, r.Version, "Which days?")
		b.must(err)
		if r.FirstBy != "" || r.Approved.Minor != 0 || r.ClaimBy != "" || len(r.Proof) != 0 {
			t.Fatalf("%+v", r)
		}
		r, err = b.svc.SubmitRequest(b.at(), b.maya, r.ID, r.Version)
		b.must(err)
		for _, who := range []access.Actor{b.ingrid, b.wen} {
			r, err = b.svc.ApproveRequest(b.at(), who, r.ID, r.Version, none)
			b.must(err)
		}
		if r.State != ReqApproved || r.FirstBy != "" {
			t.Fatalf("%+v", r)
		}
		if seen, err := b.svc.GetRequest(b.at(), b.maya, r.ID); err != nil || seen.Approved != gbp(900_00) || seen.ClaimBy == "" {
			t.Fatalf("%v %+v", err, seen)
		}
		_, err = b.svc.CommitRequest(b.at(), b.maya, r.ID, r.Version)
		b.must(err)
		// a draft that is given up is nobody else's to know
		own, err := b.svc.SaveRequest(b.at(), b.maya, "", 0, RequestCmd{Program: p, Title: "Own", Activity: "print", From: "2026-11-18", Until: "2026-11-20", Cost: gbp(200), Asked: gbp(100)})
		b.must(err)
		told.kinds = nil
		_, err = b.svc.CancelRequest(b.at(), b.maya, own.ID, own.Version, "")
		b.must(err)
		if len(told.kinds) != 0 {
			t.Fatalf("a draft was told of: %v", told.kinds)
		}

		b.day("2026-11-19")
		first := func(c Claim) Claim {
			t.Helper()
			c, err := b.svc.Decide(b.at(), b.wen, c.ID, c.Version, nil, "")
			b.must(err)
			if c.State != ClaimCheck || c.FirstBy != b.wen.Person {
				t.Fatalf("%+v", c)
			}
			if seen, _, err := b.svc.Claims(b.at(), b.maya, Filter{}); err != nil || seen[0].FirstBy != "" {
				t.Fatalf("%v: the partner reads half a decision: %+v", err, seen)
			}
			if of, err := b.svc.GetRequest(b.at(), b.maya, r.ID); err != nil || of.Claims[0].FirstBy != "" {
				t.Fatalf("%v: the partner reads half a decision: %+v", err, of.Claims)
			}
			return c
		}
		file := func(number string) Claim {
			t.Helper()
			c, err := b.svc.FileClaim(b.at(), b.maya, ClaimCmd{Request: r.ID, Number: number, Title: "Stand", Nature: NatureService, Lines: lines("2026-11-18", 300_00)})
			b.must(err)
			return c
		}
		c := first(file("K-1"))
		c, err = b.svc.ReturnClaim(b.at(), b.ingrid, c.ID, c.Version, "Which stand?")
		b.must(err)
		if c.FirstBy != "" {
			t.Fatalf("%+v", c)
		}
		c, err = b.svc.SubmitClaim(b.at(), b.maya, c.ID, c.Version)
		b.must(err)
		c = first(c)
		_, err = b.svc.WithdrawClaim(b.at(), b.maya, c.ID, c.Version)
		b.must(err)
		if c, err = b.svc.GetClaim(b.at(), b.ingrid, c.ID); err != nil || c.State != ClaimWithdrawn || c.FirstBy != "" {
			t.Fatalf("%v %+v", err, c)
		}
		c = first(file("K-2"))
		if c, err = b.svc.DenyClaim(b.at(), b.ingrid, c.ID, c.Version, "No"); err != nil || c.FirstBy != "" {
			t.Fatalf("%v %+v", err, c)
		}
		b.reconciles(p)
	})
}

// eventLog keeps the kinds of what was published.
type eventLog struct{ kinds []string }

func (l *eventLog) Publish(_ context.Context, e job.Event) error {
	l.kinds = append(l.kinds, e.Kind)
	return nil
}

// What the partner says it deducted stays said when an offset is undone. Where nobody says so, an
// offset of a part says that a part was deducted: the rest is paid another way.
func TestOffsetUndone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b, p, r := asked(t, d)
		approved := func(number, deducted string) Claim {
			t.Helper()
			c, err := b.svc.FileClaim(b.at(), b.maya, ClaimCmd{Request: r.ID, Number: number, Title: "Stand", Nature: NatureService, Deducted: deducted, Lines: lines("2026-11-18", 300_00)})
			b.must(err)
			c, err = b.svc.Decide(b.at(), b.ingrid, c.ID, c.Version, nil, "")
			b.must(err)
			return c
		}
		said := approved("K-1", "BACS-771")
		said, err := b.svc.Settle(b.at(), b.fin, said.ID, said.Version, SettleCmd{Kind: ByOffset, Reference: "BACS-771"})
		b.must(err)
		said, err = b.svc.Unsettle(b.at(), b.fin, said.ID, said.Version, said.Settlements[0].ID, "wrong day")
		b.must(err)
		_, err = b.svc.Settle(b.at(), b.fin, said.ID, said.Version, SettleCmd{Kind: ByPayment, Reference: "BACS-1"})
		b.wants(err, fault.Conflict, "fund.deducted")

		c := approved("K-2", "")
		part := SettleCmd{Kind: ByOffset, Reference: "BACS-9", Amount: gbp(100_00)}
		c, err = b.svc.Settle(b.at(), b.fin, c.ID, c.Version, part)
		b.must(err)
		rest, err := b.svc.Settle(b.at(), b.fin, c.ID, c.Version, part) // one payment offsets it in parts
		b.must(err)
		if rest.Settled != gbp(200_00) {
			t.Fatalf("%+v", rest)
		}
		_, err = b.svc.Settle(b.at(), b.fin, c.ID, rest.Version, SettleCmd{Kind: ByOffset, Reference: "BACS-9", Amount: gbp(100_01)})
		b.wants(err, fault.Invalid, "fund.over_due")
		c, err = b.svc.Unsettle(b.at(), b.fin, c.ID, rest.Version, rest.Settlements[1].ID, "once more")
		b.must(err)
		if c, err = b.svc.GetClaim(b.at(), b.fin, c.ID); err != nil || c.Deducted != "BACS-9" {
			t.Fatalf("%v %+v", err, c)
		}
		c, err = b.svc.Settle(b.at(), b.fin, c.ID, c.Version, SettleCmd{Kind: ByPayment, Reference: "BACS-1", Amount: gbp(200_00)})
		b.must(err)
		if c.State != ClaimSettled {
			t.Fatalf("%+v", c)
		}
		c, err = b.svc.Unsettle(b.at(), b.fin, c.ID, c.Version, c.Settlements[2].ID, "other claim")
		b.must(err)
		c, err = b.svc.Unsettle(b.at(), b.fin, c.ID, c.Version, c.Settlements[0].ID, "other claim")
		b.must(err)
		if c.Deducted != "" {
			t.Fatalf("%+v", c)
		}
		c, err = b.svc.Settle(b.at(), b.fin, c.ID, c.Version, SettleCmd{Kind: ByPayment, Reference: "BACS-1"})
		b.must(err)
		if c.State != ClaimSettled {
			t.Fatalf("%+v", c)
		}
		b.reconciles(p)
	})
}

// kept are deductions by the numbers of what was kept back.
type kept map[string][]Deduction

func (k kept) Deducted(_ context.Context, _, _, number string) ([]Deduction, error) {
	return k[number], nil
}

// A part of a claim was deducted from two payments: exactly that is offset, before anything else
// is paid and never more, and the rest goes another way. An offset undone opens it again.
func TestPartDeducted(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b, p, r := asked(t, d)
		b.svc.Heed(kept{"K-1": {{"RA-1", gbp(60_00)}, {"RA-2", gbp(30_00)}, {"RA-1", gbp(10_00)}}, "K-2": {{"RA-3", money.Amount{Minor: 10_00, Currency: "EUR"}}}, "K-3": {{"RA-4", gbp(400_00)}}})
		approved := func(number, deducted string) Claim {
			t.Helper()
			c, err := b.svc.FileClaim(b.at(), b.maya, ClaimCmd{Request: r.ID, Number: number, Title: "Stand", Nature: NatureService, Deducted: deducted, Lines: lines("2026-11-18", 300_00)})
			b.must(err)
			c, err = b.svc.Decide(b.at(), b.ingrid, c.ID, c.Version, nil, "")
			b.must(err)
			return c
		}
		c := approved("K-1", "ra-2") // its own word, which its payment puts an amount to
		settle := func(kind, reference string, minor int64) error {
			t.Helper()
			cmd := SettleCmd{Kind: kind, Reference: reference}
			if minor > 0 {
				cmd.Amount = gbp(minor)
			}
			now, err := b.svc.Settle(b.at(), b.fin, c.ID, c.Version, cmd)
			if err == nil {
				c = now
			}
			return err
		}
		b.wants(settle(ByPayment, "BACS-1", 200_00), fault.Conflict, "fund.deducted_part")
		b.wants(settle(ByOffset, "RA-9", 70_00), fault.Conflict, "fund.deducted_part")
		b.wants(settle(ByOffset, "RA-1", 70_01), fault.Invalid, "fund.over_deducted")
		b.must(settle(ByOffset, "RA-1", 0)) // no amount: all that was deducted
		b.wants(settle(ByOffset, "RA-1", 1), fault.Invalid, "fund.over_deducted")
		b.wants(settle(ByPayment, "BACS-1", 0), fault.Conflict, "fund.deducted_part")
		b.must(settle(ByOffset, "RA-2", 30_00))
		b.must(settle(ByPayment, "BACS-1", 0))
		if c.State != ClaimSettled || c.Settled != gbp(300_00) || c.Settlements[2].Amount != gbp(200_00) {
			t.Fatalf("%+v", c)
		}
		var err error
		c, err = b.svc.Unsettle(b.at(), b.fin, c.ID, c.Version, c.Settlements[1].ID, "wrong claim")
		b.must(err)
		b.wants(settle(ByPayment, "BACS-2", 0), fault.Conflict, "fund.deducted_part")
		b.must(settle(ByOffset, "RA-2", 0))

		c = approved("K-2", "") // nobody knows what it was in the claim's money: all of it is offset
		b.wants(settle(ByInvoice, "INV-1", 0), fault.Conflict, "fund.deducted")
		b.must(settle(ByOffset, "RA-3", 0))
		c = approved("K-3", "") // more was deducted than is due
		b.must(settle(ByOffset, "RA-4", 0))
		if c.State != ClaimSettled || c.Settled != gbp(300_00) {
			t.Fatalf("%+v", c)
		}
		b.reconciles(p)
	})
}

// What two people began to decide is not decided by one because money was put in meanwhile:
// who puts money in leaves the threshold, and only who may set limits raises it.
func TestThresholdStands(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		p := b.program()
		b.must(b.svc.Put(b.at(), b.wen, p, putting(gbp(0), gbp(100_00), "")))
		r := b.asked(p, 2_000_00, 900_00)
		r, err := b.svc.ApproveRequest(b.at(), b.wen, r.ID, r.Version, Grants{Amount: gbp(900_00)})
		b.must(err)
		b.must(b.svc.Put(b.at(), b.wen, p, PutCmd{Amount: gbp(1)}))
		four := func() int64 {
			x, err := b.svc.Get(b.at(), b.ingrid, p)
			b.must(err)
			return x.Budgets[0].FourEyes.Minor
		}
		if four() != 100_00 {
			t.Fatal("putting money in changed the threshold")
		}
		for _, to := range []int64{0, 100_01} {
			b.wants(b.svc.Put(b.at(), b.wen, p, putting(gbp(0), gbp(to), "")), fault.Forbidden, "")
		}
		b.must(b.svc.Put(b.at(), b.ingrid, p, putting(gbp(0), gbp(0), "")))
		if four() != 0 {
			t.Fatal("an admin may take it away")
		}
		_, err = b.svc.ApproveRequest(b.at(), b.wen, r.ID, r.Version, Grants{Amount: gbp(900_00)})
		b.wants(err, fault.Conflict, "fund.second_needed")
		r, err = b.svc.ApproveRequest(b.at(), b.ingrid, r.ID, r.Version, Grants{Amount: gbp(900_00)})
		b.must(err)
		if r.State != ReqApproved {
			t.Fatalf("%+v", r)
		}
	})
}

// A form sent twice at once does once what it says.
func TestSentTwice(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		p := b.program()
		at := b.at()
		var wait sync.WaitGroup
		ids := make([]RequestID, 4)
		for i := range ids {
			wait.Go(func() {
				if err := b.svc.Put(at, b.ingrid, p, PutCmd{Amount: gbp(10_00), Key: "form-0001"}); err != nil {
					t.Error(err)
				}
				if err := b.svc.Grant(at, b.ingrid, p, b.toKestrel, gbp(5_00), "", "form-0002"); err != nil {
					t.Error(err)
				}
				r, err := b.svc.SaveRequest(at, b.maya, "", 0, RequestCmd{Program: p, Title: "Twice", Activity: "print", From: "2026-11-18", Until: "2026-11-20", Cost: gbp(200), Asked: gbp(100), Key: "form-0003"})
				if err != nil {
					t.Error(err)
				}
				ids[i] = r.ID
			})
		}
		wait.Wait()
		x, err := b.svc.Get(b.at(), b.ingrid, p)
		b.must(err)
		if x.Budgets[0].Whole != gbp(10_010_00) || b.wallet(p).Available != gbp(4_005_00) {
			t.Errorf("%+v %+v", x.Budgets, b.wallet(p))
		}
		if slices.Sort(ids); ids[0] != ids[3] {
			t.Errorf("%v", ids)
		}
	})
}

// What was computed here and confirmed is not rewritten by hand.
func TestComputedStays(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		r := b.request(b.program(), []string{}...)
		b.day("2026-11-19")
		cmd := ClaimCmd{Request: r.ID, Title: "Computed", Nature: NatureRebate, Source: SourceProposed, Key: "promo:1", Lines: lines("2026-11-18", 300_00)}
		c, err := b.svc.SaveClaim(b.at(), b.maya, "", 0, cmd)
		b.must(err)
		for name, change := range map[string]func(*ClaimCmd){
			"nature": func(x *ClaimCmd) { x.Nature = NatureService }, "amount": func(x *ClaimCmd) { x.Lines = lines("2026-11-18", 299_00) },
			"more": func(x *ClaimCmd) { x.Lines = append(lines("2026-11-18", 300_00), lines("2026-11-18", 1_00)...) }, "key": func(x *ClaimCmd) { x.Lines = lines("2026-11-18", 300_00); x.Lines[0].Key = "other" },
		} {
			x := cmd
			change(&x)
			if _, err := b.svc.SaveClaim(b.at(), b.maya, c.ID, c.Version, x); err == nil || fault.As(err).Key != "fund.proposed" {
				t.Errorf("%s: %v", name, err)
			}
		}
		cmd.Note = "Goods were collected"
		c, err = b.svc.SaveClaim(b.at(), b.maya, c.ID, c.Version, cmd)
		if err != nil || c.Note != cmd.Note || c.Asked != gbp(300_00) {
			t.Fatalf("%v %+v", err, c)
		}
	})
}

// A line that waited until its day for what nobody brought is rejected with its code; what
// else was decided stands. It happens once, however often the clock runs.
func TestPendingLineEnds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		told := &eventLog{}
		b.svc.jobs = told
		p := b.program()
		r := b.request(p, []string{}...)
		b.day("2026-11-19")
		c, err := b.svc.FileClaim(b.at(), b.maya, ClaimCmd{Request: r.ID, Number: "K-1", Title: "Stand", Nature: NatureService, Lines: lines("2026-11-18", 300_00, 200_00, 100_00)})
		b.must(err)
		pending := func(position int, due string) Verdict {
			return Verdict{Position: position, Verdict: LinePending, Reason: "no_proof", Missing: "A photo", Due: due}
		}
		c, err = b.svc.Decide(b.at(), b.ingrid, c.ID, c.Version, []Verdict{pending(2, "2026-12-05"), pending(3, "2026-12-07")}, "")
		b.must(err)
		b.day("2026-12-05")
		b.must(b.svc.Tick(b.at()))
		if c, err = b.svc.GetClaim(b.at(), b.ingrid, c.ID); err != nil || c.Pending != 2 {
			t.Fatalf("%v: its day is not over: %+v", err, c)
		}
		told.kinds = nil
		b.day("2026-12-06")
		for range 2 {
			b.must(b.svc.Tick(b.at()))
		}
		if c, err = b.svc.GetClaim(b.at(), b.ingrid, c.ID); err != nil || c.Pending != 1 || c.Lines[1].Verdict != LineRejected || c.Lines[1].Reason != "no_proof" || c.Lines[2].Verdict != LinePending || c.Approved != gbp(300_00) {
			t.Fatalf("%v %+v", err, c)
		}
		if len(told.kinds) != 1 || told.kinds[0] != ClaimDecided {
			t.Fatalf("%v", told.kinds)
		}
		b.reconciles(p)
	})
}

// A claim that came as a document is decided by its checks, but above the threshold by two
// people, who read on each line what the checks say.
func TestBookAboveTheThreshold(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		p := b.program()
		told := &eventLog{}
		b.svc.jobs = told
		r := b.request(p, []string{}...)
		b.must(b.svc.Put(b.at(), b.ingrid, p, putting(gbp(0), gbp(100_00), "")))
		b.day("2026-11-19")
		sys := access.System("edi", b.aurelia)
		book := func(minor ...int64) Claim {
			t.Helper()
			c, err := b.svc.Book(b.at(), sys, b.kestrel, ClaimCmd{Program: p, Request: r.ID, Number: "CLM-1", Nature: NatureService, Title: "Stand", Source: SourceEDI, Lines: lines("2026-11-18", minor...)}, []Verdict{{Position: 1, Verdict: LineAccepted}, {Position: 2, Verdict: LineRejected, Reason: ReasonLate}})
			b.must(err)
			return c
		}
		small := book(90_00, 10_00)
		if small.State != ClaimApproved || small.Approved != gbp(90_00) || small.MadeBy != "" {
			t.Fatalf("%+v", small)
		}
		n := b.sound(p)
		c := book(300_00, 10_00)
		if c.Number != "CLM-1/2" || c.State != ClaimSubmitted || c.Approved.Minor != 0 || c.Lines[1].Verdict != LineOpen || c.Lines[1].Reason != ReasonLate || b.sound(p) != n {
			t.Fatalf("%+v", c)
		}
		_, err := b.svc.Decide(b.at(), b.ingrid, c.ID, c.Version, nil, "") // what the checks speak against is not granted by silence
		b.wants(err, fault.Invalid, "form.missing")
		reject := []Verdict{{Position: 2, Verdict: LineRejected, Reason: "other"}}
		c, err = b.svc.Decide(b.at(), b.ingrid, c.ID, c.Version, reject, "")
		b.must(err)
		c, err = b.svc.Decide(b.at(), b.wen, c.ID, c.Version, reject, "")
		b.must(err)
		if c.State != ClaimApproved || c.Approved != gbp(300_00) {
			t.Fatalf("%+v", c)
		}
		// sent back it is not edited here: a correction by EDI takes its place
		back := book(200_00, 10_00)
		back, err = b.svc.ReturnClaim(b.at(), b.ingrid, back.ID, back.Version, "Which stand?")
		b.must(err)
		_, err = b.svc.SaveClaim(b.at(), b.maya, back.ID, back.Version, ClaimCmd{Request: r.ID, Title: "x", Nature: NatureService, Lines: lines("2026-11-18", 1)})
		b.wants(err, fault.Conflict, "fund.by_edi")
		told.kinds = nil
		for range 2 {
			b.must(b.svc.Supersede(b.at(), sys, back.ID, []int{1, 2}))
		}
		open := book(200_00, 10_00)
		_, err = b.svc.WithdrawClaim(b.at(), b.maya, open.ID, open.Version)
		b.must(err)
		if want := []string{ClaimTakenBack, ClaimFiled, ClaimTakenBack}; !slices.Equal(told.kinds, want) { // it is answered
			t.Fatalf("%v", told.kinds)
		}
		if back, err = b.svc.GetClaim(b.at(), b.maya, back.ID); err != nil || back.State != ClaimWithdrawn || back.Lines[0].Reason != ReasonReplaced {
			t.Fatalf("%v %+v", err, back)
		}
		if _, err := b.svc.Book(b.at(), access.System("edi", b.aurelia), b.baltic, ClaimCmd{Program: p, Number: "X", Lines: lines("2026-11-18", 1)}, nil); fault.CodeOf(err) != fault.NotFound {
			t.Fatalf("who has no part is paid: %v", err)
		}
		of, day, err := b.svc.Numbered(b.at(), sys, b.kestrel, r.Number)
		b.must(err)
		if of.ID != r.ID || of.Left != gbp(610_00) || of.State != ReqRunning || day != "2026-11-19" {
			t.Fatalf("%+v", of)
		}
		_, _, err = b.svc.Numbered(b.at(), access.System("edi", b.baltic), b.kestrel, r.Number)
		b.wants(err, fault.NotFound, "")
		b.reconciles(p)
	})
}

// A line that waits for people who have not looked yet at what its partner brought in time is
// not rejected by the clock.
func TestBroughtInTime(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		p := b.program()
		r := b.request(p)
		b.day("2026-11-19")
		sys := access.System("edi", b.aurelia)
		c, err := b.svc.Book(b.at(), sys, b.kestrel, ClaimCmd{Program: p, Request: r.ID, Number: "CLM-1", Nature: NatureService, Title: "Stand", Source: SourceEDI, Lines: lines("2026-11-18", 300_00)}, []Verdict{{Position: 1, Verdict: LinePending, Reason: "no_proof", Missing: "Invoice copy, Photo", Due: "2026-12-05"}})
		b.must(err)
		b.proof(c, "Photo")
		for _, day := range []string{"2026-12-06", "2026-12-08"} {
			b.day(day)
			b.must(b.svc.Tick(b.at()))
			if c, err = b.svc.GetClaim(b.at(), b.maya, c.ID); err != nil || c.Pending != 1 || c.Lines[0].Verdict != LinePending {
				t.Fatalf("%v %+v", err, c)
			}
		}
		// a person says what is missing still, and nothing comes
		c, err = b.svc.Decide(b.at(), b.ingrid, c.ID, c.Version, []Verdict{{Position: 1, Verdict: LinePending, Reason: "no_proof", Missing: "Invoice copy", Due: "2026-12-10"}}, "")
		b.must(err)
		b.day("2026-12-11")
		b.must(b.svc.Tick(b.at()))
		if c, err = b.svc.GetClaim(b.at(), b.maya, c.ID); err != nil || c.State != ClaimDenied || c.Lines[0].Reason != "no_proof" {
			t.Fatalf("%v %+v", err, c)
		}
		b.reconciles(p)
	})
}
