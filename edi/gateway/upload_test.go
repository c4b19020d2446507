package gateway

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entente/db"
	"entente/edi/wire"
	"entente/prm/access"
	"entente/prm/fault"
)

func (b *bench) upload(who access.Actor, body string) Upload {
	b.Helper()
	up, err := b.s.StageUpload(b.Context(), who, Submission{Reader: strings.NewReader(body), Name: "orders.edi", Forms: true})
	if err != nil {
		b.Fatalf("upload: %v", err)
	}
	return up
}

// kept counts all that a booked file would leave.
func (b *bench) kept() string {
	b.Helper()
	return fmt.Sprint(b.count("SELECT count(*) FROM interchange"), b.count("SELECT count(*) FROM edi_set"), b.count("SELECT count(*) FROM test_order"), b.count("SELECT count(*) FROM event"),
		b.count("SELECT count(*) FROM edi_submission"), b.count("SELECT count(*) FROM blob"), b.count("SELECT coalesce(sum(value), 0) FROM counter"), b.count("SELECT count(*) FROM edi_number"))
}

// An upload says all that would become of it, and nothing of it is kept before a person
// books it; booked twice it is one.
func TestAnUploadIsLookedAtFirst(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		before := b.kept()
		bad := order("PO502")
		bad[4] = "PO1*1*twelve*EA*84.00**VP*AUR-D18B"
		text := fromKestrel(501, order("PO501"), bad, order("PO503")).String()
		up := b.upload(maya, text)
		b.want("kept", b.kept(), before)
		if len(up.Report.Trials) != 1 {
			t.Fatalf("%+v", up)
		}
		one := up.Report.Trials[0]
		b.want("head", fmt.Sprint(one.Syntax, one.Control, one.To == aurelia, one.Result, one.SetCount, one.Rejected, one.Cut)+" "+one.Held+" "+one.Duplicate, "x12000000501true"+ResultPartly+"3 1 false  ")
		var sets []string
		for _, s := range one.Sets {
			sets = append(sets, fmt.Sprint(s.Kind, " ", s.BusinessKey, " ", s.Result, " ", s.Business, " ", len(s.Findings)))
		}
		b.want("sets", strings.Join(sets, ", "), "850 PO501 accepted booked 0, 850 PO502 rejected refused 1, 850 PO503 accepted booked 0")
		if len(one.Answers) != 1 || one.Answers[0].Kind != "997" || !strings.Contains(one.Answers[0].Text, "AK9*P*3*3*2~") {
			t.Errorf("answers %+v", one.Answers)
		}
		again := b.upload(maya, text)
		b.want("the same file waits once", fmt.Sprint(again.ID == up.ID, b.count("SELECT count(*) FROM edi_upload")), "true 1")
		seen, err := b.s.GetUpload(ctx, maya, up.ID)
		b.want("read again", fmt.Sprint(seen.State, len(seen.Report.Trials), seen.Name, err), "waiting1orders.edi<nil>")

		// Booked by ten clicks at once.
		var wg sync.WaitGroup
		answers := make([]Answer, 10)
		for i := range answers {
			wg.Go(func() {
				a, err := b.s.BookUpload(ctx, maya, up.ID)
				if err != nil {
					t.Errorf("click %d: %v", i, err)
				}
				answers[i] = a
			})
		}
		wg.Wait()
		b.work()
		for _, a := range answers {
			b.want("one answer", a.ID, answers[0].ID)
		}
		m := b.get(maya, answers[0].ID)
		b.want("booked as it said", fmt.Sprint(m.Door, m.Result, m.SetCount, b.count("SELECT count(*) FROM test_order"), b.count("SELECT count(*) FROM interchange")), "page"+ResultPartly+"3 2 2")
		b.want("the bytes", b.raw(maya, m.ID), text)
		b.want("nothing lies about", b.count("SELECT count(*) FROM edi_upload_part"), 0)
		err = b.s.DropUpload(ctx, maya, up.ID)
		b.want("dropped afterwards", fault.KeyOf(err), "edi.upload_booked")

		// What is there already, and what would be held, is said.
		dup := b.upload(maya, text).Report.Trials[0]
		b.want("there already", fmt.Sprint(dup.Duplicate == m.ID, dup.Result), "true"+ResultPartly)
		held := b.upload(maya, fromKestrel(501, order("PO504")).String()).Report.Trials[0]
		b.want("another under its number", held.Held+" "+held.Sets[0].Business, HeldControlReused+" "+BusinessHeld)

		// Dropped, nothing comes of it.
		before = b.kept()
		gone := b.upload(maya, fromKestrel(505, order("PO505")).String())
		for range 2 {
			if err := b.s.DropUpload(ctx, maya, gone.ID); err != nil {
				t.Fatal(err)
			}
		}
		_, err = b.s.BookUpload(ctx, maya, gone.ID)
		b.want("booked after all", fault.KeyOf(err), "edi.upload_dropped")
		b.want("kept nothing", b.kept(), before)

		// What cannot be read is told at once, and leaves nothing.
		for body, key := range map[string]string{"Dear Ingrid": "edi.not_edi", "": "edi.not_edi", strings.ReplaceAll(text, "KESTRELSUPPLY", "AURELIATOOLS "): "edi.sender_not_yours"} {
			_, err := b.s.StageUpload(ctx, maya, Submission{Reader: strings.NewReader(body), Forms: true})
			b.want("refused", fault.KeyOf(err), key)
		}
		_, err = b.s.StageUpload(ctx, person(kestrel, access.Viewer), Submission{Reader: strings.NewReader(text)})
		b.want("a viewer", fault.CodeOf(err), fault.NotFound)
		b.want("kept nothing of those", b.kept(), before)
	})
}

// Uploads are bounded in number and size, and go after a day.
func TestUploadsAreBoundedAndExpire(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		large := make([][]string, trialSets+5)
		for i := range large {
			large[i] = order(fmt.Sprint("PO-L", i))
		}
		large[trialSets+1][4] = "PO1*1*twelve*EA*84.00**VP*AUR-D18B"
		first := b.upload(maya, fromKestrel(600, large...).String())
		one := first.Report.Trials[0]
		b.want("of a large one", fmt.Sprint(len(one.Sets), " ", one.SetCount, " ", one.Rejected, " ", one.Cut, " ", len(one.Answers), " ", one.Result), fmt.Sprint(trialSets, " ", trialSets+5, " 1 true 0 ", ResultPartly))
		a, err := b.s.BookUpload(ctx, maya, first.ID)
		if err != nil {
			t.Fatal(err)
		}
		b.work()
		b.want("booked whole", b.get(maya, a.ID).SetCount, trialSets+5)

		for i := range MaxUploads {
			b.upload(maya, fromKestrel(601+i, order(fmt.Sprint("PO6", i))).String())
		}
		body := fromKestrel(650, order("PO650")).String()
		_, err = b.s.StageUpload(ctx, maya, Submission{Reader: strings.NewReader(body)})
		b.want("one too many", fault.KeyOf(err), "edi.uploads_many")
		_, err = b.s.StageUpload(ctx, maya, Submission{Reader: strings.NewReader(body + strings.Repeat(" ", MaxUpload))})
		b.want("too large", fault.CodeOf(err), fault.TooLarge)

		var waits string
		err = b.d.View(ctx, func(ctx context.Context) error {
			return db.Tx(ctx).Raw("SELECT id FROM edi_upload WHERE state = 'waiting' LIMIT 1").Scan(&waits).Error
		})
		if err != nil {
			t.Fatal(err)
		}
		later := db.WithNow(ctx, time.Now().Add(25*time.Hour))
		_, err = b.s.BookUpload(later, maya, waits)
		b.want("after a day", fault.CodeOf(err), fault.NotFound)
		if err := b.s.Overdue(later); err != nil {
			t.Fatal(err)
		}
		b.want("swept", b.count("SELECT count(*) FROM edi_upload")+b.count("SELECT count(*) FROM edi_upload_part"), 0)
	})
}

// However many interchanges a file has, the report books a bounded number of sets, and
// says of the others what is judged.
func TestAnUploadOfManyInterchanges(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		var text strings.Builder
		for i := range trialSets + 10 {
			text.WriteString(fromKestrel(1000+i, order(fmt.Sprint("PO-M", i))).String())
		}
		before := b.kept()
		up := b.upload(maya, text.String())
		b.want("kept", b.kept(), before)
		for i, one := range up.Report.Trials {
			if one.No != i+1 || one.SetCount != 1 || len(one.Sets) != 1 || one.Result != ResultAccepted || one.Rejected != 0 || one.Cut {
				t.Fatalf("%d: %+v", i, one)
			}
		}
		b.want("report", fmt.Sprint(len(up.Report.Trials), " ", up.Report.Interchanges, " ", up.Report.Sets, " ", up.Report.Rejected), fmt.Sprint(TrialsFirst, " ", trialSets+10, " ", trialSets+10, " 0"))
		if _, err := b.s.BookUpload(t.Context(), maya, up.ID); err != nil {
			t.Fatal(err)
		}
		b.work()
		b.want("all of it", b.count("SELECT count(*) FROM test_order"), trialSets+10)
	})
}

// The report of a file says what booking it then does, also where its end refuses it.
func TestAnUploadIsReportedAsItIsBooked(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		control := 700
		for _, n := range []int{3, commitSets + 5, trialSets + 5} {
			for what, spoil := range map[string]func(string) string{
				"another number at the end": func(s string) string { return strings.Replace(s, "IEA*1*000000", "IEA*1*999999", 1) },
				"broken off":                func(s string) string { return s[:strings.LastIndex(s, "PO1*2")] },
				"no end":                    func(s string) string { return s[:strings.LastIndex(s, "IEA*")] },
				"the end of a group":        func(s string) string { return s[:strings.LastIndex(s, "GE*")] + s[strings.LastIndex(s, "IEA*"):] },
				"whole":                     func(s string) string { return s },
			} {
				control++
				sets := make([][]string, n)
				for i := range sets {
					sets[i] = order(fmt.Sprint("PO-", control, "-", i))
				}
				sets[n-1][4] = "PO1*1*twelve*EA*84.00**VP*AUR-D18B"
				up := b.upload(maya, spoil(fromKestrel(control, sets...).String()))
				a, err := b.s.BookUpload(t.Context(), maya, up.ID)
				if err != nil {
					t.Fatal(what, err)
				}
				b.work()
				m, one := b.get(maya, a.ID), up.Report.Trials[0]
				rejected := b.count("SELECT count(*) FROM edi_set WHERE interchange_id = ? AND result = ?", m.ID, ResultRejected)
				b.want(fmt.Sprint(n, " ", what), fmt.Sprint(one.Result, " ", one.SetCount, " ", one.Rejected), fmt.Sprint(m.Result, " ", m.SetCount, " ", rejected))
			}
		}
	})
}

// Many people of a company who bring files at once do not get beyond its bound.
func TestUploadsAtOnceAreBounded(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		var wg sync.WaitGroup
		var stood atomic.Int64
		for i := range 3 * MaxUploads {
			wg.Go(func() {
				_, err := b.s.StageUpload(t.Context(), maya, Submission{Reader: strings.NewReader(fromKestrel(900+i, order(fmt.Sprint("PO-R", i))).String())})
				switch {
				case err == nil:
					stood.Add(1)
				case fault.KeyOf(err) != "edi.uploads_many":
					t.Errorf("%d: %v", i, err)
				}
			})
		}
		wg.Wait()
		b.want("wait", fmt.Sprint(stood.Load(), b.count("SELECT count(*) FROM edi_upload WHERE state = 'waiting'")), fmt.Sprint(MaxUploads, MaxUploads))
		b.want("parts", b.count("SELECT count(*) FROM edi_upload_part"), MaxUploads)
	})
}

// A document that cannot be booked today does not keep its file from being looked at and
// booked: it is parked by itself.
func TestAnUploadThatCannotBeBookedIsJudged(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for i, trouble := range []func() error{func() error { return errors.New("trouble") }, func() error { panic("trouble") }} {
			b.orders.before = func(_ context.Context, in OrderIn) error {
				if strings.HasPrefix(in.Order.Number, "POISON") {
					return trouble()
				}
				return nil
			}
			before := b.kept()
			bad := order("PO-BAD")
			bad[4] = "PO1*1*twelve*EA*84.00**VP*AUR-D18B"
			up := b.upload(maya, fromKestrel(950+i, order(fmt.Sprint("PO-OK", i)), order(fmt.Sprint("POISON", i)), bad).String())
			one := up.Report.Trials[0]
			b.want("judged", fmt.Sprint(one.Result, " ", one.SetCount, " ", one.Rejected, " ", len(one.Sets), " ", one.Sets[1].Business, one.Cut), ResultPartly+" 3 1 3 true")
			b.want("kept", b.kept(), before)
			b.orders.before = nil
			if _, err := b.s.BookUpload(t.Context(), maya, up.ID); err != nil {
				t.Fatal(err)
			}
			b.work()
		}
		b.want("booked", b.count("SELECT count(*) FROM test_order"), 4)
	})
}

// The report of a file of ten thousand interchanges is small: it has the first of them and
// those that need a look, up to a bound, and counts the others. Findings are bounded too.
func TestUploadOfTenThousandInterchanges(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		const n = 10_000
		var text strings.Builder
		for i := range n {
			o := order(fmt.Sprint("PO-T", i))
			if i >= 60 && i%20 == 0 {
				o[4] = "PO1*1*twelve*EA*84.00**VP*AUR-D18B"
			}
			text.WriteString(fromKestrel(10_000+i, o).String())
		}
		before := b.kept()
		up := b.upload(maya, text.String())
		b.want("kept", b.kept(), before)
		r := up.Report
		b.want("counted", fmt.Sprint(r.Interchanges, " ", r.Sets, " ", r.Rejected), fmt.Sprint(n, " ", n, " ", (n-60)/20))
		b.want("kept of them", len(r.Trials), MaxTrials)
		for i, one := range r.Trials {
			want := i + 1
			if i >= TrialsFirst {
				want = 61 + (i-TrialsFirst)*20
			}
			if one.No != want || (one.Rejected > 0) != (i >= TrialsFirst) {
				t.Fatalf("%d: %+v", i, one)
			}
		}
		if size := b.count("SELECT length(report) FROM edi_upload"); size > 200_000 {
			t.Errorf("a report of %d bytes", size)
		}
		seen, err := b.s.GetUpload(t.Context(), maya, up.ID)
		b.want("read again", fmt.Sprint(seen.Report.Interchanges, len(seen.Report.Trials), err), fmt.Sprint(n, " ", MaxTrials, " <nil>"))
	})
}

// A report keeps a bounded number of findings, and says how many it left out.
func TestAReportKeepsSoManyFindings(t *testing.T) {
	var r Report
	r.add(Trial{Findings: make([]wire.Finding, trialFindings-10), Sets: []Set{{Findings: make([]wire.Finding, 25)}, {Findings: make([]wire.Finding, 5)}}})
	one := r.Trials[0]
	if len(one.Findings) != trialFindings-10 || len(one.Sets[0].Findings) != 10 || len(one.Sets[1].Findings) != 0 || one.Left != 20 {
		t.Errorf("%d %d %d %d", len(one.Findings), len(one.Sets[0].Findings), len(one.Sets[1].Findings), one.Left)
	}
}

// A report of the release before is read as one of today.
func TestAnOlderReportIsRead(t *testing.T) {
	r := uploadRow{Report: `[{"control":"1","set_count":3,"rejected":1},{"control":"2","set_count":1}]`}
	if up := r.view(); up.Report.Interchanges != 2 || up.Report.Sets != 4 || up.Report.Rejected != 1 || up.Report.Trials[1].No != 2 {
		t.Errorf("%+v", up.Report)
	}
}

// Trials of a company follow each other, two companies' run beside each other; who waited
// too long is told, and what finds no room is not tried at all.
func TestTrialsTakeTurns(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		var inside, most, tried atomic.Int64
		b.orders.before = func(context.Context, OrderIn) error {
			tried.Add(1)
			n := inside.Add(1)
			defer inside.Add(-1)
			for {
				was := most.Load()
				if n <= was || most.CompareAndSwap(was, n) {
					break
				}
			}
			for range 1000 { // two at once would meet
				runtime.Gosched()
			}
			return nil
		}
		var wg sync.WaitGroup
		for i := range 6 {
			wg.Go(func() { b.upload(maya, fromKestrel(2000+i, order(fmt.Sprint("PO-W", i))).String()) })
		}
		wg.Wait()
		b.want("of one company at once", most.Load(), int64(1))

		stage := func(ctx context.Context, control int) error {
			_, err := b.s.StageUpload(ctx, maya, Submission{Reader: strings.NewReader(fromKestrel(control, order(fmt.Sprint("PO-", control))).String())})
			return err
		}
		b.s.trials.patience = time.Millisecond
		done, err := b.s.trials.take(ctx, kestrel)
		if err != nil {
			t.Fatal(err)
		}
		b.want("its own runs", fault.KeyOf(stage(ctx, 2100)), "edi.trials_busy")
		other, err := b.s.trials.take(ctx, baltic)
		if err != nil {
			t.Fatal("another company waits: ", err)
		}
		_, err = b.s.trials.take(ctx, aurelia)
		b.want("a third", fault.KeyOf(err), "edi.trials_busy")
		done()
		if err := stage(ctx, 2101); err != nil {
			t.Error("its turn:", err)
		}
		other()
		// One who waits goes on as soon as the turn ends, one who leaves takes none.
		b.s.trials.patience = time.Minute
		if done, err = b.s.trials.take(ctx, kestrel); err != nil {
			t.Fatal(err)
		}
		gone, leave := context.WithCancel(ctx)
		leave()
		b.want("one who left", fault.CodeOf(stage(gone, 2102)), fault.Unavailable)
		waits := make(chan error, 1)
		go func() { waits <- stage(ctx, 2103) }()
		done()
		if err := <-waits; err != nil {
			t.Error("who waited:", err)
		}

		for i := range MaxUploads {
			_ = stage(ctx, 2200+i)
		}
		before := tried.Load()
		b.want("no room", fault.KeyOf(stage(ctx, 2300)), "edi.uploads_many")
		b.want("tried all the same", tried.Load(), before)
		list, err := b.s.Uploads(ctx, maya)
		if err != nil || len(list) != MaxUploads {
			t.Fatalf("%d %v", len(list), err)
		}
		for i, up := range list {
			if up.Person != maya.Person || up.State != UploadWaiting || up.Size == 0 || up.Report.Trials != nil || i > 0 && up.Made.Before(list[i-1].Made) {
				t.Errorf("%+v", up)
			}
		}
		if theirs, err := b.s.Uploads(ctx, ingrid); err != nil || len(theirs) != 0 {
			t.Errorf("another company sees %d %v", len(theirs), err)
		}
		_, err = b.s.Uploads(ctx, person(kestrel, access.Viewer))
		b.want("a viewer", fault.CodeOf(err), fault.NotFound)
		if err := b.s.DropUpload(ctx, maya, list[0].ID); err != nil {
			t.Fatal(err)
		}
		b.want("room again", stage(ctx, 2300), nil)
		later := db.WithNow(ctx, time.Now().Add(25*time.Hour))
		list, err = b.s.Uploads(later, maya)
		b.want("after a day", fmt.Sprint(len(list), err), "0 <nil>")
	})
}

// A set that booking would refuse by itself is refused in the report, as it then is.
func TestAnUploadShowsWhatBookingRefuses(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.orders.before = func(_ context.Context, in OrderIn) error {
			if in.Order.Number == "PO971" || in.Order.Number == "PO973" {
				return fault.New(fault.Invalid, "form.invalid").With("lines", "trade.no_lines")
			}
			return nil
		}
		before := b.kept()
		up := b.upload(maya, fromKestrel(970, order("PO970"), order("PO971"), order("PO972"), order("PO973")).String())
		b.want("kept", b.kept(), before)
		one := up.Report.Trials[0]
		var sets []string
		for _, s := range one.Sets {
			sets = append(sets, s.Business)
		}
		b.want("report", fmt.Sprint(one.Result, one.Rejected, sets), "partly2 [booked refused booked refused]")
		b.want("finding", one.Sets[1].Findings[0].Key, "set.no_lines")
		holds(t, one.Answers[0].Text, "AK9*P*4*4*2")
	})
}
