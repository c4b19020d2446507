package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"entente/db"
	"entente/db/fail"
	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/translate"
	"entente/edi/wire"
	"entente/prm/fault"
)

// Small interchanges of a lane are read one after the other and booked in shared
// transactions: a commit and what is asked of the database count once for many. Each
// stands or falls by itself: if a transaction fails, its interchanges are booked one by one.

// smallSize is the largest interchange that shares, in bytes.
const smallSize = 16 << 10

// sharedTime is how long one of these transactions goes on taking interchanges: others
// wait for the writer.
const sharedTime = 100 * time.Millisecond

// batches sorts claimed interchanges into what is worked on at once: small ones of one
// lane together, up to commitSets, every other one by itself.
func batches(rows []interchangeRow) [][]interchangeRow {
	var out [][]interchangeRow
	open := map[string]int{} // by lane
	for _, r := range rows {
		if r.Size > smallSize || IsForm(r.Syntax) || r.Attempts > 1 { // whoever worked on it before may have died of it
			out = append(out, []interchangeRow{r})
			continue
		}
		if i, ok := open[r.Lane]; ok && len(out[i]) < commitSets {
			out[i] = append(out[i], r)
			continue
		}
		open[r.Lane] = len(out)
		out = append(out, []interchangeRow{r})
	}
	return out
}

// inMemory is an interchange that is read where it lies, without a reader's buffers.
type inMemory struct {
	io.ReadCloser
	b []byte
}

// readBody reads an interchange, wherever it lies.
func readBody(body io.Reader, opt schema.Options, w *worker) error {
	if small, ok := body.(inMemory); ok {
		return schema.ReadBytes(small.b, opt, w)
	}
	return schema.Read(body, opt, w)
}

// open gives the bytes of one interchange: a slice of what was submitted.
func (s *Service) open(ctx context.Context, row *interchangeRow) (io.ReadCloser, error) {
	f, err := s.blobs.Open(ctx, row.Blob)
	if err != nil {
		return nil, err
	}
	at, ok := f.(io.ReaderAt)
	if !ok {
		_ = f.Close()
		return nil, fault.New(fault.Internal, "error.internal", "Cause", "a payload that cannot be read at an offset")
	}
	return slice{io.NewSectionReader(at, row.StartAt, row.Size), f}, nil
}

// slice is one interchange of a payload.
type slice struct {
	*io.SectionReader
	io.Closer
}

// readAll reads small interchanges of one lane: what is asked of the database is asked
// once for all. failed holds the reasons of those that could not be read.
func (s *Service) readAll(ctx context.Context, rows []interchangeRow) (ready []*worker, failed map[int]error) {
	failed = map[int]error{}
	hashes := make([]string, len(rows))
	for i := range rows {
		hashes[i] = rows[i].Blob
	}
	err := s.db.View(ctx, func(view context.Context) error {
		bodies, err := s.blobs.Inline(view, hashes)
		if err != nil {
			return err
		}
		for i := range rows {
			w := s.newWorker(ctx, rows[i])
			w.hold = true
			if w.terms, err = s.termsAt(view, rows[i].PartnershipID, rows[i].judged()); err != nil {
				return err
			}
			var body io.ReadCloser
			if b, ok := bodies[rows[i].Blob]; ok && rows[i].StartAt+rows[i].Size <= int64(len(b)) {
				body = inMemory{io.NopCloser(bytes.NewReader(nil)), b[rows[i].StartAt:][:rows[i].Size]}
			} else if body, err = s.open(view, &rows[i]); err != nil {
				failed[i] = err
				continue
			}
			if err := w.read(body); err != nil {
				failed[i] = err
			} else {
				ready = append(ready, w)
			}
			_ = body.Close()
		}
		return nil
	})
	if err != nil { // nobody read anything that counts
		clear(failed)
		for i := range rows {
			failed[i] = err
		}
		return nil, failed
	}
	return ready, failed
}

// workAll processes claimed interchanges of one lane and settles how each went.
func (s *Service) workAll(ctx context.Context, rows []interchangeRow) {
	if len(rows) == 1 {
		s.work(ctx, rows[0])
		return
	}
	fail.At(fail.ProcessClaimed)
	ctx = db.WithOrgs(ctx, rows[0].orgs()...)
	ready, failed := s.readAll(ctx, rows)
	for i, err := range failed {
		s.settle(ctx, rows[i], err)
	}
	if len(ready) == 0 {
		return
	}
	err := s.at(fail.ProcessBefore)
	for err == nil && len(ready) > 1 {
		var outs []written
		err = s.db.Group(ctx, "edi", func(ctx context.Context) error {
			outs = outs[:0]
			began := time.Now()
			for _, w := range ready {
				out, err := w.write(ctx, w.steps, true)
				if err != nil {
					return err
				}
				if outs = append(outs, out); time.Since(began) > sharedTime {
					break
				}
			}
			if err := finish(ctx, ready, outs); err != nil {
				return err
			}
			return s.at(fail.ProcessInside)
		})
		if err == nil {
			for i := range outs {
				ready[i].stored(outs[i], true)
			}
			ready = ready[len(outs):]
			err = s.at(fail.ProcessAfter)
		}
	}
	// What is left is the last one, or failed together with others.
	for _, w := range ready {
		steps := w.steps
		w.steps, w.held = nil, false
		if err := ctx.Err(); err != nil {
			s.settle(ctx, w.row, err)
			continue
		}
		s.settle(ctx, w.row, w.flushSteps(steps, true))
	}
}

// finish moves the first interchanges to their end, each under its worker's claim, and tells it.
func finish(ctx context.Context, workers []*worker, outs []written) error {
	const (
		first = "(CAST(? AS text), CAST(? AS bigint), CAST(? AS bigint), CAST(? AS bigint), CAST(? AS text), CAST(? AS text), CAST(? AS bigint), CAST(? AS bigint), CAST(? AS text), CAST(? AS text))"
		next  = ", (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	)
	for at := 0; at < len(outs); {
		n := 64
		for n > len(outs)-at {
			n /= 2 // few texts
		}
		args := []any{string(Processed)}
		for i := at; i < at+n; i++ {
			w, out := workers[i], &outs[i]
			args = append(args, w.row.ID, w.row.Fence, w.done, w.done+int64(len(out.sets)), w.answersText(out), w.result(out.tally), db.Micros(db.Now(ctx)),
				out.tally.total, strings.Join(out.tally.kinds, ","), w.findingsText(out))
		}
		moved, err := db.Exec(ctx, "UPDATE interchange SET state = ?, sets_done = v.column4, answers = v.column5, result = v.column6, processed = v.column7, set_count = v.column8, types = v.column9, findings = v.column10, last_error = ''"+
			" FROM (VALUES "+first+strings.Repeat(next, n-1)+") v WHERE interchange.id = v.column1 AND interchange.state = 'received' AND interchange.fence = v.column2 AND interchange.sets_done = v.column3", args...)
		if err != nil {
			return err
		}
		if moved != int64(n) {
			return errFenced // by itself each shows whose claim was lost
		}
		at += n
	}
	for i := range outs {
		if err := workers[i].tell(ctx, &outs[i]); err != nil {
			return err
		}
	}
	return nil
}

// unbooked is what booking one of the steps said.
type unbooked struct {
	step  int
	cause error
}

func (u *unbooked) Error() string { return u.cause.Error() }
func (u *unbooked) Unwrap() error { return u.cause }

// refusals are the findings for a document that no later try would book: its syntax is sound, and
// what it says is not enough for an order, or more than one may hold.
var refusals = map[string]wire.Finding{
	"trade.too_many_lines": {Key: "set.too_many_lines", Codes: wire.Codes{CONTRL: "36"}},
	"trade.no_lines":       {Key: "set.no_lines", Codes: wire.Codes{CONTRL: "13"}},
	"trade.number_wrong":   {Key: "set.number_wrong", Codes: wire.Codes{CONTRL: "12"}},
}

// refuse marks the set that failed as refused, when it will never be booked, so that it parks
// nothing else of its interchange and its sender is answered. The transaction is to run again.
func refuse(steps []step, err error) bool {
	var u *unbooked
	if !errors.As(err, &u) {
		return false
	}
	row := steps[u.step].set
	head := "ST"
	if row.GroupKind == "" {
		head = "UNH"
	}
	f := refusalOf(u.cause, head, row.StartAt)
	if f == nil || row.Result == ResultRejected {
		return false
	}
	row.Result, row.Findings = ResultRejected, findingsText(append(findingsOf(row.Findings), *f))
	return true
}

// errRefused says that a set of a trial was marked so.
var errRefused = errors.New("gateway: try again without what is refused")

// refusalOf is the finding for what booking said of a set, nil where a later try may book it.
func refusalOf(err error, head string, offset int64) *wire.Finding {
	why := fault.As(err)
	if why.Code != fault.Invalid && why.Code != fault.TooLarge {
		return nil
	}
	key, args := why.Key, why.Args
	if len(why.Fields) > 0 {
		key, args = why.Fields[0].Key, why.Fields[0].Args
	}
	f, ok := refusals[key]
	if !ok {
		return nil
	}
	f.Level, f.Severity, f.Code, f.SegmentID, f.Pos = wire.LevelSet, wire.Reject, "5", head, wire.Position{Offset: offset, Segment: 1}
	if most, ok := args["Most"]; ok {
		f.Args = map[string]string{"most": fmt.Sprint(most)}
	}
	return &f
}

// Unbookable judges orders as booking would: check says why one can never be booked. Production
// refuses such a set, a test bench that books nothing asks here.
func Unbookable(check func(doc.PurchaseOrder) error) func(*schema.Set) []wire.Finding {
	return func(set *schema.Set) []wire.Finding {
		if set.Type != "850" && set.Type != "ORDERS" {
			return nil
		}
		order, more := translate.ReadPurchaseOrder(set)
		if order == nil || wire.VerdictOf(more) == wire.Rejected {
			return more
		}
		if err := check(*order); err != nil {
			if f := refusalOf(err, headOf(set), set.Offset); f != nil {
				more = append(more, *f)
			}
		}
		return more
	}
}
