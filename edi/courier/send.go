package courier

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"entente/db"
	"entente/db/fail"
	"entente/edi/as2"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/fault"
)

// Take says whether an outgoing interchange is carried by AS2, and puts it in the queue
// of its lane, in the gateway's transaction: the receiver has a station of its own, the
// sender's lives here, and both names are confirmed.
func (s *Service) Take(ctx context.Context, out gateway.Interchange) (bool, error) {
	st, err := stationOf(ctx, out.To)
	if err != nil || st.URL == "" {
		return false, err
	}
	from, to, ok, err := s.Names.Between(ctx, out.Partnership, out.From, out.To)
	if err != nil || !ok {
		return false, err
	}
	certs, err := certificatesOf(ctx, false, out.From, out.To)
	if err != nil {
		return false, err
	}
	own, theirs := false, false
	for _, c := range certs {
		own = own || c.OrgID == out.From && len(c.Private) > 0
		theirs = theirs || c.OrgID == out.To && Purpose(c.Purpose) != ForServer
	}
	t, err := agreed(ctx, out.Partnership, out.From)
	if err != nil {
		return false, err
	}
	// an address alone is a station half set up: nothing could be written to it
	if full := t.Terms.Filled(); !theirs && (full.Encrypt != "none" || full.Receipt == "signed") {
		own = false
	}
	if !own {
		return false, nil
	}
	now := db.Micros(db.Now(ctx))
	_, err = insertMessage(ctx, &messageRow{
		ID: db.NewID(), Direction: Out, PartnershipID: out.Partnership, SupplierID: out.Supplier, ResellerID: out.Reseller, SenderID: out.From, ReceiverID: out.To,
		As2From: from, As2To: to, Interchanges: out.ID, SubmissionID: out.ID, Size: out.Size, State: string(Queued), Lane: out.Partnership + ":as2:" + out.From,
		NextAt: now, Happened: now,
	})
	if err != nil {
		return false, err
	}
	return true, s.wake(ctx)
}

// pauses are those between tries, the last repeated. Each is stretched by up to a
// fifth, so that what failed together does not come again together.
var pauses = []time.Duration{5 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 40 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour}

func pause(attempts int64, spread func(n int64) int64) time.Duration {
	d := pauses[min(int(attempts), len(pauses))-1]
	return d + time.Duration(spread(int64(d)/5+1))
}

// lease is how long a claim stands when whoever has it died; while he works it is renewed.
const lease = 3 * time.Minute

// CallTime is the longest that a call with a body of a size may take: the sender's line and
// the receiver's work before it answers.
func CallTime(size int64) time.Duration {
	return 2*time.Minute + time.Duration(size/100_000)*time.Second
}

// renew keeps the claim of a row until stop is called.
func (s *Service) renew(ctx context.Context, r *messageRow) (held context.Context, stop func() bool) {
	id, fence := r.ID, r.Fence
	return s.DB.Renew(ctx, s.Log.With(slog.String("message", id)), s.lease, func(ctx context.Context, until int64) (bool, error) {
		return changeMessage(ctx, id, map[string]any{"next_at": until}, "fence = ?", fence)
	}, r.SupplierID, r.ResellerID)
}

// claim takes a row for this worker, if nobody else did.
func (s *Service) claim(ctx context.Context, r *messageRow) (bool, error) {
	next := db.Micros(s.DB.Clock().Add(s.lease))
	var ok bool
	err := s.DB.InTx(db.WithOrgs(ctx, r.SupplierID, r.ResellerID), func(ctx context.Context) (err error) {
		ok, err = changeMessage(ctx, r.ID, map[string]any{"fence": r.Fence + 1, "attempts": r.Attempts + 1, "next_at": next}, "fence = ? AND next_at = ? AND state = ?", r.Fence, r.NextAt, r.State)
		return err
	})
	r.Fence, r.Attempts, r.NextAt = r.Fence+1, r.Attempts+1, next
	return ok, err
}

// work does what is due with one claimed row.
func (s *Service) work(ctx context.Context, r messageRow) {
	o, wait, err := s.waits(ctx, &r)
	if err == nil && wait {
		if err := s.settle(context.WithoutCancel(ctx), &r, o, 0); err != nil {
			s.Log.Error("that an AS2 message waits could not be stored", slog.String("message", r.ID), slog.Any("cause", err))
		}
		return
	}
	ok := false
	if err == nil {
		ok, err = s.claim(ctx, &r)
	}
	if err != nil || !ok {
		if err != nil {
			s.Log.Error("an AS2 message could not be claimed", slog.String("message", r.ID), slog.Any("cause", err))
		}
		return
	}
	if s.edge(fail.SendClaimed) != nil {
		return
	}
	began := s.DB.Clock()
	held, stop := s.renew(ctx, &r)
	switch {
	case r.Direction == In:
		o = s.sendReceipt(held, &r)
	case r.State == string(AwaitingReceipt):
		o = outcome{state: Unproved, reason: ReceiptOverdue, delivery: gateway.DeliveryUnproved, event: EventUnproved}
		if r.Reason != "" { // one came that proves nothing, see doubted
			o.values = map[string]any{"reason": r.Reason}
		}
	default:
		o = s.sendMessage(held, &r)
	}
	if !stop() {
		return // it is another's now, or settled by its receipt
	}
	if ctx.Err() != nil && o.failed {
		// We are stopping: not the partner's fault, and no try of it.
		o.state, o.again, o.delivery, o.event = State(r.State), time.Second, "", ""
		o.values = map[string]any{"attempts": r.Attempts - 1}
	}
	if s.edge(fail.SendTried) != nil {
		return
	}
	if err := s.settle(context.WithoutCancel(ctx), &r, o, s.DB.Clock().Sub(began)); err != nil {
		s.Log.Error("what became of an AS2 message could not be stored", slog.String("message", r.ID), slog.Any("cause", err))
	}
	fail.At(fail.SendSettled)
}

// outcome is what became of one try.
type outcome struct {
	state    State
	reason   string // key
	detail   string // technical, for the log of tries
	delivery string // of the interchange
	event    string
	again    time.Duration // until the next try; 0: none
	failed   bool          // the call failed, or could not be made
	locked   bool          // the server did not let us in
	denied   bool          // the server refuses this sender
	letIn    bool          // the server let us in, whatever it said of the message
	quiet    bool          // nothing was tried
	heard    bool          // the partner signed that it has the message, or something in its place
	values   map[string]any
	signer   *x509.Certificate // the pinned one that a receipt was verified with
}

// settle writes the outcome, fenced by the claim.
func (s *Service) settle(ctx context.Context, r *messageRow, o outcome, took time.Duration) error {
	return s.DB.InTx(db.WithOrgs(ctx, r.SupplierID, r.ResellerID), func(ctx context.Context) error {
		now := db.Now(ctx)
		values := map[string]any{"last_error": o.reason, "next_at": int64(0)}
		if o.again > 0 {
			values["next_at"] = db.Micros(s.DB.Clock().Add(o.again))
		}
		if r.Direction == Out { // of one that came in, only its receipt is on its way
			values["state"], values["reason"] = string(o.state), o.reason
			if o.again == 0 {
				values["last_error"], values["settled"] = "", db.Micros(now)
			}
		}
		for k, v := range o.values {
			values[k] = v
		}
		where, args := "fence = ?", []any{r.Fence}
		if o.quiet { // nothing was claimed, or it was freed meanwhile
			where, args = where+" AND next_at = ? AND state = ?", append(args, r.NextAt, r.State)
		}
		ok, err := changeMessage(ctx, r.ID, values, where, args...)
		if err != nil || !ok {
			return err
		}
		what := o.reason
		if what == "" {
			what = string(o.state)
		}
		if !o.quiet {
			if err := insertAttempt(ctx, &attemptRow{
				MessageID: r.ID, Number: r.Fence, SupplierID: r.SupplierID, ResellerID: r.ResellerID, Happened: db.Micros(now), Took: took.Microseconds(), Outcome: what, Detail: nameOf(o.detail),
			}); err != nil {
				return err
			}
		}
		if err := s.gate(ctx, r, o); err != nil {
			return err
		}
		if o.delivery != "" && r.Direction == Out {
			if err := s.Gateway.Carried(ctx, access.System("as2", r.SenderID), r.Interchanges, o.delivery); err != nil {
				return err
			}
		}
		if err := s.witness(ctx, r.PartnershipID, r.SupplierID, r.ResellerID, r.ReceiverID, o.signer, HowReceipt, access.Actor{}); err != nil {
			return err
		}
		fail.At(fail.SendSettling)
		if o.event != "" {
			r.Reason = o.reason
			return s.tell(ctx, o.event, r)
		}
		return nil
	})
}

// retry says that a try failed and another one follows, or that a person is needed.
func (s *Service) retry(ctx context.Context, r *messageRow, reason string, err error) outcome {
	o := outcome{state: Queued, reason: reason, again: pause(r.Attempts, rand.Int64N), failed: true}
	if f := (*fault.Error)(nil); errors.As(err, &f) {
		o.detail = f.Error() // without the address that net/http puts before it
	} else if err != nil {
		o.detail = err.Error()
	}
	if int(r.Attempts) >= s.tries(ctx, r) {
		o.state, o.again, o.delivery, o.event = Failed, 0, gateway.DeliveryFailed, EventFailed
	}
	return o
}

// tries is how often a message is tried before a person is asked: as both companies
// agreed, else as the house does.
func (s *Service) tries(ctx context.Context, r *messageRow) int {
	if s.Agreed == nil || r.Direction != Out {
		return s.opt.Tries
	}
	var n int
	err := s.DB.View(db.WithOrgs(ctx, r.SupplierID, r.ResellerID), func(ctx context.Context) (err error) {
		n, err = s.Agreed.Tries(ctx, r.PartnershipID, r.SenderID == r.SupplierID)
		return err
	})
	if err != nil {
		s.Log.Warn("the agreed tries could not be read", slog.String("message", r.ID), slog.Any("cause", err))
	}
	if n > 0 {
		return n
	}
	return s.opt.Tries
}

// reasonOf is the key of a failure: the guarded dialer has one for each.
func reasonOf(err error, other string) string {
	if key := fault.KeyOf(err); key != "" && key != "error.internal" {
		return key
	}
	return other
}

// Why a message is not sent by AS2 any more: its receiver has no station, and the outbox
// has it now; or a person decides, because it may have arrived.
const (
	noStation      = "courier.no_station"
	noStationDoubt = "courier.no_station_doubt"
)

// sure says of the outcome of a try that it did not bring the message to the partner: it
// was never sent, or the partner's server said no.
func sure(outcome string) bool {
	switch outcome {
	case "courier.internal", "courier.pack", "courier.no_key", loginMissing, loginRefused, Denied, "courier.http_status":
		return true
	case "dial.timeout", "dial.reset", "dial.failed": // on the way there, or after the last byte
		return false
	}
	return strings.HasPrefix(outcome, "dial.")
}

// mayHaveArrived says whether an earlier try of a claimed message may have brought it to
// the partner: its outcome says so, or it has none, since the program died in it.
func (s *Service) mayHaveArrived(ctx context.Context, r *messageRow) (bool, error) {
	if r.Blob == "" { // never written down, so never sent
		return false, nil
	}
	var tries []attemptRow
	err := s.DB.View(db.WithOrgs(ctx, r.SupplierID, r.ResellerID), func(ctx context.Context) (err error) {
		tries, err = attemptsOf(ctx, r.ID)
		return err
	})
	known := int64(0)
	for _, a := range tries {
		if !sure(a.Outcome) {
			return true, err
		}
		if a.Number > r.Fence-r.Attempts && a.Number < r.Fence {
			known++
		}
	}
	return known < r.Attempts-1, err
}

// sendMessage sends a message, or sends it again: with the Message-ID and the bytes of
// the first try, unless the terms want a new one.
func (s *Service) sendMessage(ctx context.Context, r *messageRow) outcome {
	to, err := s.reach(ctx, r.ReceiverID, "")
	if err != nil {
		return s.retry(ctx, r, "courier.internal", err)
	}
	if to.url == "" {
		// The station was taken away meanwhile: the outbox holds it, unless a try of which
		// nobody knows what became of it may have brought it there.
		doubt, err := s.mayHaveArrived(ctx, r)
		switch {
		case err != nil:
			return s.retry(ctx, r, "courier.internal", err)
		case doubt:
			return outcome{state: Unproved, reason: noStationDoubt, delivery: gateway.DeliveryUnproved, event: EventUnproved}
		}
		return outcome{state: Failed, reason: noStation, delivery: gateway.DeliveryWaiting}
	}
	rel, fresh, err := s.outgoing(ctx, r)
	if err != nil {
		return s.retry(ctx, r, reasonOf(err, "courier.internal"), err)
	}
	if r.Blob == "" || fresh {
		if err := s.pack(ctx, r, rel); err != nil {
			return s.retry(ctx, r, reasonOf(err, "courier.pack"), err)
		}
	}
	var sent as2.Sent
	if err := json.Unmarshal([]byte(r.Sent), &sent); err != nil {
		return s.retry(ctx, r, "courier.internal", err)
	}
	if err := s.edge(fail.SendPacked); err != nil {
		return s.retry(ctx, r, "courier.internal", err)
	}
	status, header, answer, err := s.post(ctx, to, headerOf(r.Headers), r.Size, func() (io.ReadCloser, error) { return s.Blobs.Open(ctx, r.Blob) })
	o := s.answered(ctx, r, to, rel, sent, status, header, answer, err)
	o.letIn = err == nil && letIn(status)
	return o
}

// answered says what became of a call.
func (s *Service) answered(ctx context.Context, r *messageRow, to reach, rel as2.Relation, sent as2.Sent, status int, header as2.Header, answer []byte, err error) outcome {
	said := string(answer[:min(len(answer), 200)])
	if err == nil && (status < 200 || status > 299) && as2.IsMDN(header, answer) { // as some stacks refuse
		o := s.judge(header, answer, sent, rel)
		if o.signer != nil || o.heard { // what the partner signed counts more than the status
			return o
		}
		if d, _ := o.values["disposition"].(string); d != "" {
			said = d
		}
	}
	switch {
	case errors.Is(err, errNoBody):
		return s.retry(ctx, r, "courier.internal", err)
	case err != nil:
		return s.retry(ctx, r, reasonOf(err, "courier.unreachable"), err)
	case lockedOut(status, to.user) != "":
		o := s.retry(ctx, r, lockedOut(status, to.user), errors.New(http.StatusText(status)))
		o.denied = o.reason == Denied
		o.locked, o.delivery = !o.denied, gateway.DeliveryFailed
		if o.again > 0 {
			o.again = lockedPause + time.Duration(rand.Int64N(int64(lockedPause)/20))
		}
		return o
	case status < 200 || status > 299:
		return s.retry(ctx, r, "courier.http_status", errors.New(http.StatusText(status)+": "+said))
	case sent.Receipt == as2.NoReceipt:
		return outcome{state: Delivered, delivery: gateway.DeliveryDelivered}
	case headerOf(r.Headers).Get("Receipt-Delivery-Option") != "" && !as2.IsMDN(header, answer):
		wait, err := s.Gateway.ReceiptPatience(ctx, r.PartnershipID, r.SenderID)
		if err != nil { // it arrived, and must not be sent again
			s.Log.Error("how long to wait for an AS2 receipt could not be read", slog.String("message", r.ID), slog.Any("cause", err))
			wait = gateway.DefaultReceipt * time.Hour
		}
		return outcome{state: AwaitingReceipt, again: wait, delivery: gateway.DeliverySending}
	}
	return s.judge(header, answer, sent, rel)
}

// outgoing is the relation of a message that we send, and whether a further try of it
// is to have a Message-ID of its own.
func (s *Service) outgoing(ctx context.Context, r *messageRow) (rel as2.Relation, fresh bool, err error) {
	err = s.DB.View(db.WithOrgs(ctx, r.SupplierID, r.ResellerID), func(ctx context.Context) error {
		var ok bool
		rel, ok, err = s.relation(ctx, Route{Partnership: r.PartnershipID}, r.SenderID, r.As2From, r.As2To, r.SenderID, r.ReceiverID, db.Now(ctx))
		if err != nil {
			return err
		}
		t, err := agreed(ctx, r.PartnershipID, r.SenderID)
		if err == nil && !ok {
			err = fault.New(fault.Conflict, "courier.no_key")
		}
		if t.Terms.Async && s.opt.URL != "" {
			rel.Agreement.AsyncURL = s.opt.URL
		}
		fresh = t.Terms.NewID
		return err
	})
	return rel, fresh, err
}

// pack makes the request and keeps it: every further try is these bytes.
func (s *Service) pack(ctx context.Context, r *messageRow, rel as2.Relation) error {
	select {
	case s.pens <- struct{}{}:
		defer func() { <-s.pens }()
	case <-ctx.Done():
		return ctx.Err()
	}
	content, i, err := s.Gateway.Raw(ctx, access.System("as2", r.SenderID), r.Interchanges)
	if err != nil {
		return err
	}
	files := &tempFiles{dir: s.Temp}
	defer files.close()
	body, hash, err := files.keep(content, i.Size)
	if cerr := content.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	kind, name := as2.TypeX12, i.Control+".x12"
	if i.Syntax == gateway.SyntaxEDIFACT {
		kind, name = as2.TypeEDIFACT, i.Control+".edi"
	}
	if len(i.Types) == 1 {
		name = i.Types[0] + "-" + name
	}
	at := s.DB.Clock()
	m := as2.Message{ID: as2.NewID(agent), Subject: "EDI " + i.Control, Date: at, Payloads: []as2.Payload{as2.NewPayload(kind, name, body)}}
	req, err := as2.PackIn(m, rel, files.make)
	if errors.Is(err, as2.ErrFile) {
		return fault.Wrap(err, fault.Unavailable, "courier.internal")
	}
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "courier.pack")
	}
	sent, err := json.Marshal(req.Sent)
	if err != nil {
		return err
	}
	staged, err := s.Blobs.Stage(ctx, req.Body.Reader(), s.opt.Limit)
	if err != nil {
		return err
	}
	r.Blob, r.Sent, r.Headers, r.MessageID = staged.Hash, string(sent), headerText(req.Header), bare(req.Sent.MessageID)
	r.Size = staged.Size
	mic := ""
	if len(req.Sent.MICs) > 0 {
		mic = req.Sent.MICs[0].String()
	}
	return s.DB.InTx(db.WithOrgs(ctx, r.SupplierID, r.ResellerID), func(ctx context.Context) error {
		if err := staged.Insert(ctx); err != nil {
			return err
		}
		ok, err := changeMessage(ctx, r.ID, map[string]any{
			"blob": r.Blob, "sent": r.Sent, "headers": r.Headers, "message_id": r.MessageID, "proved": true, "size": r.Size, "body_hash": staged.Hash,
			"content_hash": hash, "mic": mic, "file_names": name, "security": securityWords(rel.Agreement),
		}, "fence = ?", r.Fence)
		if err == nil && !ok {
			err = fault.New(fault.Conflict, "error.conflict")
		}
		return err
	})
}

func securityWords(a as2.Agreement) string {
	var like as2.Received
	if a.Sign {
		like.Signature = &as2.Signature{Hash: a.Digest, PSS: a.PSS}
	}
	if a.Cipher != "" {
		like.Encryption = &as2.Encryption{Cipher: a.Cipher, OAEP: a.OAEP != ""}
	}
	like.Compressed = a.Compression != as2.NoCompression
	return strings.Join(securityOf(&like), ",")
}

// errNoBody says that what is to be sent cannot be read.
var errNoBody = errors.New("courier: the message cannot be read")

func bytesBody(b []byte) (int64, func() (io.ReadCloser, error)) {
	return int64(len(b)), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
}
