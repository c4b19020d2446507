package gateway

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/db/blob"
	"entente/edi/doc"
	"entente/edi/translate"
	"entente/edi/wire"
	"entente/prm/access"
	"entente/prm/fault"
)

// testDocument is what a supplier would say to a test order that it can fulfil: 855
// accepts every line as asked for, 856 ships them all, 810 invoices them. control is
// the order's interchange control number, from which their own numbers are made.
func testDocument(kind string, o *doc.PurchaseOrder, control string, at time.Time) (translate.Document, string) {
	day := at.UTC().Format(time.DateOnly)
	head := doc.Header{Currency: o.Currency, Parties: o.Parties}
	for _, r := range o.Refs {
		switch r.Qualifier {
		case "PD", "CT", "PR", "DP", "IA", "CO":
			head.Refs = append(head.Refs, r)
		}
	}
	switch kind {
	case "856":
		head.Currency, head.Dates = "", []doc.Date{{Qualifier: "011", Date: day}}
		out := &doc.ShipNotice{Header: head, Purpose: "00", Number: "TS" + control, Date: day, Time: at.UTC().Format("15:04"), Structure: "0004"}
		shipped := doc.ShippedOrder{Number: o.Number, Release: o.Release, Date: o.Date}
		for i := range o.Lines {
			l := testLine(&o.Lines[i])
			l.Price = ""
			shipped.Lines = append(shipped.Lines, doc.ShipLine{Line: l, Ordered: l.Quantity})
		}
		out.Orders = []doc.ShippedOrder{shipped}
		return out, out.Number
	case "810":
		out := &doc.Invoice{Header: head, Number: "TI" + control, Date: day, OrderDate: o.Date, OrderNumber: o.Number, Release: o.Release, Type: "DI", Purpose: "00", Total: "0.00"}
		out.Terms = []doc.Terms{{NetDate: at.UTC().AddDate(0, 0, 30).Format(time.DateOnly)}}
		for i := range o.Lines {
			l := doc.InvoiceLine{Line: testLine(&o.Lines[i])}
			l.Amount = l.Quantity.Mul(l.Price, 2)
			out.Total = out.Total.Add(l.Amount).Round(2)
			out.Lines = append(out.Lines, l)
		}
		return out, out.Number
	}
	out := &doc.OrderAck{Header: head, Purpose: "00", Type: "AD", Number: o.Number, Release: o.Release, Date: o.Date, AckDate: day, Contract: o.Contract}
	wanted := ""
	for _, d := range o.Dates {
		if d.Qualifier == "002" || d.Qualifier == "2" {
			wanted = d.Date
		}
	}
	for i := range o.Lines {
		l := testLine(&o.Lines[i])
		said := doc.Response{Status: "IA", Quantity: l.Quantity, Unit: l.Unit}
		if wanted != "" {
			said.DateQualifier, said.Date = "067", wanted
		}
		out.Lines = append(out.Lines, doc.AckLine{Line: l, Responses: []doc.Response{said}})
	}
	return out, o.Number
}

// testLine keeps of a line what every later document repeats. An order may leave prices
// to the price list; a test document then says 1.00.
func testLine(l *doc.Line) doc.Line {
	out := doc.Line{Number: l.Number, BuyerItem: l.BuyerItem, VendorItem: l.VendorItem, GTIN: l.GTIN, Items: l.Items, Quantity: l.Quantity, Unit: l.Unit, Price: l.Price, Description: l.Description}
	if out.Price == "" {
		out.Price = "1.00"
	}
	return out
}

// What a file would become, before anything of it is kept: it is taken in and booked as
// every other, in a transaction that is rolled back.

// The bounds of an upload that a person looks at before it is booked.
const (
	MaxUpload   = 32 << 20
	MaxUploads  = 10       // that wait, of one company
	uploadBytes = 64 << 20 // of all that wait, of one company
	uploadLife  = 24 * time.Hour
	trialSets   = 200 // of a file that are booked for the report; further ones are only judged
	// TrialsFirst is how many interchanges a report keeps as they come; after them those
	// that need a look, until there are MaxTrials. The others are counted.
	TrialsFirst   = 50
	MaxTrials     = 200
	trialFindings = 1000 // of a report
	trialStored   = 500  // interchanges that are taken in; of further ones nobody knows whether they would be held or are there already
	trialsAtOnce  = 2    // of all companies on a node, one of each
	trialPatience = 30 * time.Second
)

// The states of an upload.
const (
	UploadWaiting = "waiting"
	UploadBooked  = "booked"
	UploadDropped = "dropped"
)

// Upload is a file that waits for a person.
type Upload struct {
	ID, Org, Person string
	Name, Partner   string
	Size            int64
	State           string
	Made, Expires   time.Time
	Report          Report // not of those in a list
	Answer          Answer // of one that was booked
}

// Report says what would become of a file.
type Report struct {
	// Interchanges, Sets and Rejected count the whole file: its interchanges, their
	// documents, and those of them that would be refused.
	Interchanges int     `json:"interchanges"`
	Sets         int     `json:"sets"`
	Rejected     int     `json:"rejected"`
	Trials       []Trial `json:"trials"` // in the order of the file, see TrialsFirst
	findings     int
}

// add counts an interchange, and keeps it where there is room for it.
func (r *Report) add(t Trial) {
	r.Interchanges++
	r.Sets, r.Rejected = r.Sets+t.SetCount, r.Rejected+t.Rejected
	look := t.Held != "" || t.Rejected > 0 || t.Result == ResultRejected || len(t.Findings) > 0
	if r.Interchanges > TrialsFirst && (!look || len(r.Trials) >= MaxTrials) {
		return
	}
	t.No = r.Interchanges
	keep := func(f []wire.Finding) []wire.Finding {
		n := min(len(f), trialFindings-r.findings)
		r.findings, t.Left = r.findings+n, t.Left+len(f)-n
		return f[:n:n]
	}
	t.Findings = keep(t.Findings)
	for i := range t.Sets {
		t.Sets[i].Findings = keep(t.Sets[i].Findings)
	}
	r.Trials = append(r.Trials, t)
}

// turns lets trials follow each other: each holds a file in memory, and on SQLite nobody
// else writes while it books.
type turns struct {
	mu       sync.Mutex
	running  map[string]bool // by company
	freed    chan struct{}   // closed at the end of the next one
	patience time.Duration
}

// take waits for the turn of a company; done ends it.
// Codes: RateLimited edi.trials_busy (it did not come in time), Unavailable (ctx ended).
func (t *turns) take(ctx context.Context, org string) (done func(), err error) {
	limit := time.NewTimer(t.patience)
	defer limit.Stop()
	for {
		t.mu.Lock()
		if !t.running[org] && len(t.running) < trialsAtOnce {
			t.running[org] = true
			t.mu.Unlock()
			return func() { t.end(org) }, nil
		}
		freed := t.freed
		t.mu.Unlock()
		select {
		case <-freed:
		case <-limit.C:
			return nil, fault.New(fault.RateLimited, "edi.trials_busy")
		case <-ctx.Done():
			return nil, fault.Wrap(ctx.Err(), fault.Unavailable, "error.unavailable")
		}
	}
}

func (t *turns) end(org string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.running, org)
	close(t.freed)
	t.freed = make(chan struct{})
}

// Trial says what would become of one interchange of a file.
type Trial struct {
	No        int            `json:"no"` // in the file, from 1
	Syntax    string         `json:"syntax"`
	Version   string         `json:"version"`
	Types     []string       `json:"types"`
	Control   string         `json:"control"`
	To        string         `json:"to"` // company id
	Test      bool           `json:"test,omitempty"`
	Duplicate string         `json:"duplicate,omitempty"` // the interchange that it is already
	Held      string         `json:"held,omitempty"`      // a Held… reason
	Result    string         `json:"result"`
	Findings  []wire.Finding `json:"findings,omitempty"`
	Sets      []Set          `json:"sets,omitempty"` // at most trialSets
	SetCount  int            `json:"set_count"`
	Rejected  int            `json:"rejected"`
	// Cut: there are more sets than Sets, and Answers are not known.
	Cut     bool          `json:"cut,omitempty"`
	Left    int           `json:"left,omitempty"` // findings beyond what a report keeps
	Answers []TrialAnswer `json:"answers,omitempty"`
}

// TrialAnswer is an acknowledgement that would be sent, Text its beginning.
type TrialAnswer struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
}

// errTrial rolls a trial back.
var errTrial = errors.New("gateway: a trial is never kept")

// enough lets go of the documents of a trial beyond its bound; their verdicts are counted.
func (w *worker) enough() {
	if w.most == 0 || len(w.steps) <= max(w.most, 0) {
		return
	}
	last := w.steps[len(w.steps)-1]
	w.steps, w.bytes = w.steps[:len(w.steps)-1], w.bytes-last.size
	w.beyond.add(last.set.Kind, last.set.Result)
}

// trialled is how many sets are kept of a trial.
func (w *worker) trialled() (n int) {
	for i := range w.steps {
		if w.steps[i].set != nil {
			n++
		}
	}
	return n
}

// StageUpload takes a file that a person wants to look at before it is booked, and says
// what would become of it: findings, what would be booked, held, refused and answered.
// Nothing of that is kept. The same file once more is the one that waits. Companies and
// their people take turns, see turns.
// Codes: Forbidden; those of Receive; Conflict edi.uploads_many; TooLarge; RateLimited
// edi.trials_busy.
func (s *Service) StageUpload(ctx context.Context, actor access.Actor, in Submission) (Upload, error) {
	if err := access.Check(actor, access.EDISend, access.Own(actor.Org)); err != nil {
		return Upload{}, err
	}
	done, err := s.trials.take(ctx, actor.Org)
	if err != nil {
		return Upload{}, err
	}
	defer done()
	data, err := io.ReadAll(io.LimitReader(in.Reader, MaxUpload+1))
	if err != nil {
		return Upload{}, fault.Wrap(err, fault.Invalid, "error.truncated")
	}
	if len(data) > MaxUpload {
		return Upload{}, s.refuse(ctx, actor, fault.New(fault.TooLarge, "error.too_large"))
	}
	sum := sha256.Sum256(data)
	row := uploadRow{OrgID: actor.Org, PersonID: actor.Person, Name: text(in.Name, 200), Partner: text(in.Partner, 80), Sha256: hex.EncodeToString(sum[:]), Size: int64(len(data)), State: UploadWaiting}
	var found bool
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		if found, err = sameUpload(ctx, &row); found || err != nil {
			return err
		}
		return roomFor(ctx, &row)
	})
	if err != nil {
		return Upload{}, s.refuse(ctx, actor, err)
	}
	if found {
		return row.view(), nil
	}
	report, err := s.try(ctx, actor, in, data)
	if err != nil {
		return Upload{}, s.refuse(ctx, actor, err)
	}
	row.Report = db.Text(report)
	var out Upload
	err = s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		now := db.Now(ctx)
		if err := sweepUploads(ctx, db.Micros(now)); err != nil {
			return err
		}
		r := row
		r.ID, r.Made, r.Expires = db.NewID(), db.Micros(now), db.Micros(now.Add(uploadLife))
		isNew, err := insertUpload(ctx, &r, data)
		if err != nil {
			return err
		}
		out = r.view()
		if isNew {
			return s.noteUpload(ctx, actor, "edi.upload", r.ID)
		}
		return nil
	})
	return out, err
}

// Uploads are the files of the actor's company that wait, oldest first, at most
// MaxUploads, without their reports. Codes: NotFound, Forbidden.
func (s *Service) Uploads(ctx context.Context, actor access.Actor) ([]Upload, error) {
	if err := access.Check(actor, access.EDISend, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	var out []Upload
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		rows, err := uploadsOf(ctx, actor.Org)
		out = make([]Upload, len(rows))
		for i := range rows {
			out[i] = rows[i].view()
		}
		return err
	})
	return out, err
}

// GetUpload gives a file of the actor's company that waits, was booked or dropped in the
// last day. Codes: NotFound, Forbidden.
func (s *Service) GetUpload(ctx context.Context, actor access.Actor, id string) (Upload, error) {
	if err := access.Check(actor, access.EDISend, access.Own(actor.Org)); err != nil {
		return Upload{}, err
	}
	var out Upload
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := uploadByID(ctx, actor.Org, id)
		if err == nil {
			out = r.view()
		}
		return err
	})
	return out, err
}

// BookUpload takes the file in as the other doors do. A second call gets the same answer.
// Codes: NotFound (also once it expired), Forbidden, Conflict edi.upload_dropped, those of
// Receive.
func (s *Service) BookUpload(ctx context.Context, actor access.Actor, id string) (Answer, error) {
	up, err := s.GetUpload(ctx, actor, id)
	switch {
	case err != nil:
		return Answer{}, err
	case up.State == UploadBooked:
		return up.Answer, nil
	case up.State == UploadDropped:
		return Answer{}, fault.New(fault.Conflict, "edi.upload_dropped")
	}
	var data []byte
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		data, err = uploadData(ctx, actor.Org, id)
		return err
	})
	if err == nil && int64(len(data)) != up.Size { // another call booked or dropped it meanwhile
		if up, err = s.GetUpload(ctx, actor, id); err == nil && up.State == UploadBooked {
			return up.Answer, nil
		}
		if err == nil {
			err = fault.New(fault.Conflict, "edi.upload_dropped")
		}
	}
	if err != nil {
		return Answer{}, err
	}
	return s.Receive(ctx, actor, Submission{
		Reader: bytes.NewReader(data), IdempotencyKey: "upload " + id, Door: "page", Forms: true, Partner: up.Partner, Name: up.Name,
		Also: func(ctx context.Context, a Answer) error {
			ok, err := settleUpload(ctx, actor.Org, id, UploadBooked, db.Text(a))
			if err != nil || ok {
				return err
			}
			if r, err := uploadByID(ctx, actor.Org, id); err != nil || r.State == UploadDropped {
				return fault.New(fault.Conflict, "edi.upload_dropped")
			}
			return nil
		},
	})
}

// DropUpload lets go of a file that waits. Safe to repeat.
// Codes: NotFound, Forbidden, Conflict edi.upload_booked.
func (s *Service) DropUpload(ctx context.Context, actor access.Actor, id string) error {
	if err := access.Check(actor, access.EDISend, access.Own(actor.Org)); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		r, err := uploadByID(ctx, actor.Org, id)
		if err != nil || r.State == UploadDropped {
			return err
		}
		ok, err := settleUpload(ctx, actor.Org, id, UploadDropped, "")
		if err == nil && !ok {
			err = fault.New(fault.Conflict, "edi.upload_booked")
		}
		if err != nil {
			return err
		}
		return s.noteUpload(ctx, actor, "edi.upload_drop", id)
	})
}

func (s *Service) noteUpload(ctx context.Context, actor access.Actor, action, id string) error {
	return audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: action, SubjectKind: "upload", SubjectID: id, Outcome: audit.Done})
}

// try takes a file in and books it in a transaction that is rolled back.
func (s *Service) try(ctx context.Context, actor access.Actor, in Submission, data []byte) (Report, error) {
	body := bufio.NewReaderSize(bytes.NewReader(data), headSize)
	form, err := in.begins(body)
	if err != nil {
		return Report{}, err
	}
	staged := s.blobs.Trial(data)
	var rows []interchangeRow
	if form == "" {
		rows, err = s.inspect(ctx, actor, &in, staged)
	} else {
		rows, err = s.inspectForm(ctx, actor, &in, form, staged)
	}
	if err != nil {
		return Report{}, err
	}
	orgs := []string{actor.Org}
	workers := make([]*worker, len(rows))
	left := trialSets
	terms := map[string]*Terms{} // by partnership
	for i := range rows {
		orgs = append(orgs, rows[i].SupplierID, rows[i].ResellerID)
		most := left
		if most == 0 {
			most = -1
		}
		if workers[i], err = s.tried(ctx, rows[i], terms, data, most); err != nil {
			return Report{}, err
		}
		left = max(0, left-workers[i].trialled())
	}
	out, err := Report{}, errRefused
	for errors.Is(err, errRefused) { // again for each set that booking refuses by itself
		out, err = s.rehearse(ctx, actor, orgs, staged, rows, workers, true)
	}
	if fault.CodeOf(err) == fault.Internal { // booking parks such a document by itself, and goes on
		out, err = s.rehearse(ctx, actor, orgs, staged, rows, workers, false)
	}
	return out, err
}

// rehearse stores what was tried, and books it or only says how it was judged, in a
// transaction that is rolled back.
func (s *Service) rehearse(ctx context.Context, actor access.Actor, orgs []string, staged *blob.Staged, rows []interchangeRow, workers []*worker, book bool) (out Report, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.Wrap(fmt.Errorf("panic: %v", r), fault.Internal, "error.internal")
		}
	}()
	err = s.db.InTx(db.WithOrgs(ctx, orgs...), func(ctx context.Context) error {
		out = Report{}
		a, err := s.store(ctx, actor, submissionRow{OrgID: actor.Org, Sha256: staged.Hash, MadeBy: actor.Person}, "page", staged, rows[:min(len(rows), trialStored)])
		if err != nil {
			return err
		}
		for i, m := range a.Interchanges {
			one, err := s.trialOf(ctx, workers[i], m, book)
			if refuse(workers[i].steps, err) {
				err = errRefused
			}
			if err != nil {
				return err
			}
			out.add(one)
		}
		return errTrial
	})
	if !errors.Is(err, errTrial) {
		return Report{}, err
	}
	for i := trialStored; i < len(rows); i++ {
		out.add(workers[i].judged(workers[i].head(&rows[i])))
	}
	return out, nil
}

// tried judges one interchange, of which nothing is stored; known are the terms read so far.
func (s *Service) tried(ctx context.Context, row interchangeRow, known map[string]*Terms, data []byte, most int) (*worker, error) {
	w := s.newWorker(ctx, row)
	w.hold, w.most = true, most
	if w.terms = known[row.PartnershipID]; w.terms == nil {
		err := s.db.View(w.ctx, func(ctx context.Context) (err error) {
			w.terms, err = s.termsAt(ctx, row.PartnershipID, db.Now(ctx))
			return err
		})
		if err != nil {
			return nil, err
		}
		known[row.PartnershipID] = w.terms
	}
	body := bytes.NewReader(data[row.StartAt : row.StartAt+row.Size])
	if IsForm(row.Syntax) {
		return w, w.processForm(body)
	}
	return w, w.read(body)
}

// head is what is known of an interchange before its sets.
func (w *worker) head(r *interchangeRow) Trial {
	return Trial{Syntax: r.Syntax, Version: r.Version, Types: split(r.Types), Control: r.Control, To: r.ReceiverID, Test: r.Test, Held: r.Held, Findings: merged(findingsOf(r.Findings), w.extra)}
}

// judged says of an interchange how its sets are judged, and nothing of what they become.
func (w *worker) judged(out Trial) Trial {
	all := w.beyond.copied()
	for i := range w.steps {
		if row := w.steps[i].set; row != nil {
			all.add(row.Kind, row.Result)
			out.Sets = append(out.Sets, row.view())
		}
	}
	if w.doomed { // refused as a whole
		all.rejected = all.total
	}
	out.Cut, out.Result, out.SetCount, out.Rejected = true, w.result(all), int(all.total), int(all.rejected)
	return out
}

// trialOf books what a worker prepared, in the transaction of the trial.
func (s *Service) trialOf(ctx context.Context, w *worker, m ReceivedMessage, book bool) (Trial, error) {
	r, err := interchangeByID(ctx, m.ID)
	if err != nil {
		return Trial{}, err
	}
	out := w.head(r)
	if m.Duplicate {
		out.Duplicate, out.Result = m.ID, r.Result
		return out, nil
	}
	out.Cut = w.beyond.total > 0
	if !book || out.Cut && w.trialled() == 0 { // nothing of it is booked
		return w.judged(out), nil
	}
	if w.doomed { // refused as a whole
		w.beyond.rejected = w.beyond.total
	}
	held := r.State == string(Held)
	if _, err := change(ctx, r.ID, map[string]any{"state": string(Received), "fence": 1}, "fence = 0"); err != nil {
		return Trial{}, err
	}
	r.State, r.Fence = string(Received), 1
	w.row = *r
	for i := range w.steps {
		if w.steps[i].set != nil {
			w.steps[i].set.InterchangeID = r.ID
		}
		if out.Cut {
			w.steps[i].ends = nil // what is not stored cannot be answered
		}
	}
	got, err := w.write(ctx, w.steps, !out.Cut)
	if err != nil {
		return Trial{}, err
	}
	all := got.tally
	all.total, all.rejected = all.total+w.beyond.total, all.rejected+w.beyond.rejected
	out.Result, out.SetCount, out.Rejected = w.result(all), int(all.total), int(all.rejected)
	for i := range got.sets {
		one := got.sets[i].view()
		if held && one.Business != BusinessRefused {
			one.Business = BusinessHeld // not before somebody answered
		}
		out.Sets = append(out.Sets, one)
	}
	for _, id := range got.answers {
		one, err := s.trialAnswer(ctx, id)
		if err != nil {
			return Trial{}, err
		}
		out.Answers = append(out.Answers, one)
	}
	return out, nil
}
