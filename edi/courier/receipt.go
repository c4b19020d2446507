package courier

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"entente/db"
	"entente/db/fail"
	"entente/edi/as2"
	"entente/edi/gateway"
	"entente/prm/fault"
)

// judge holds a receipt against what was sent.
func (s *Service) judge(h as2.Header, body []byte, sent as2.Sent, rel as2.Relation) outcome {
	values := map[string]any{"receipt_headers": headerText(h), "receipt": body[:min(len(body), 1<<20)]}
	report, err := as2.ParseMDN(h, body, as2.Limits{})
	var f as2.Finding
	if err != nil {
		f = as2.Finding{Verdict: as2.VerdictOf(err), Err: err}
	} else {
		f = report.Check(sent, pinned(rel), rel.Agreement.AllowSHA1)
		values["disposition"], values["receipt_mic"] = nameOf(report.Disposition.String()), nameOf(report.RawMIC)
	}
	o := outcome{values: values, reason: "courier.mdn_" + string(f.Verdict)}
	if f.Verdict == as2.Proven || f.Verdict == as2.Refused {
		o.signer = f.Certificate
	}
	if f.Err != nil {
		o.detail = f.Err.Error()
	}
	o.heard = f.Arrived() && f.Certificate != nil
	switch f.Verdict {
	case as2.Proven, as2.Confirmed:
		values["receipt_proved"] = f.Verdict == as2.Proven
		o.state, o.reason, o.delivery = Delivered, "", gateway.DeliveryDelivered
	case as2.Refused:
		o.state, o.delivery, o.event = Failed, gateway.DeliveryFailed, EventFailed
	default:
		o.state, o.delivery, o.event = Unproved, gateway.DeliveryUnproved, EventUnproved
	}
	return o
}

func pinned(rel as2.Relation) []*x509.Certificate { return rel.Keys.Verify }

// maxReceipt is the longest receipt that is read, in bytes.
const maxReceipt = 1 << 20

// receipt takes an asynchronous receipt. It counts only for a message that awaits one, or
// that was sent and of which no receipt came yet, and only as far as it proves something.
func (s *Service) receipt(ctx context.Context, in Arrival) Reply {
	body, err := in.Body.At(0, maxReceipt+1)
	if err != nil {
		return s.busy(err)
	}
	report, err := as2.ParseMDN(in.Header, body, as2.Limits{MDN: maxReceipt})
	if err != nil {
		return Reply{Status: http.StatusBadRequest, Header: plainText, Body: []byte("This is not a receipt that can be read (RFC 4130 7.4).\n")}
	}
	var row *messageRow
	err = s.DB.View(ctx, func(ctx context.Context) error {
		row, err = provedMessage(ctx, Out, report.To, report.From, bare(report.OriginalID))
		return err
	})
	if err != nil {
		return s.busy(err)
	}
	if row == nil || row.State == string(Delivered) {
		return Reply{Status: http.StatusOK} // nothing awaits it: no answer tells a stranger so
	}
	rel, _, err := s.outgoing(ctx, row)
	if err != nil {
		return s.busy(err)
	}
	var sent as2.Sent
	if err := json.Unmarshal([]byte(row.Sent), &sent); err != nil {
		return s.busy(err)
	}
	o := s.judge(in.Header, body, sent, rel)
	refusal := o.reason == "courier.mdn_"+string(as2.Refused)
	switch {
	case o.state == Delivered, row.State == string(AwaitingReceipt), refusal && row.State != string(Failed):
	case o.heard && row.Attempts > 0 && row.Disposition == "" && row.Reason != noStation:
		// Nobody else could say so: it came before our call ended, or after it was given up.
	case row.State == string(Queued) && row.Attempts > 0 && row.Disposition == "" && sent.Receipt == as2.UnsignedReceipt:
		// Our call may be under way, and anybody could have sent it: it counts once the call says that it arrived.
		return s.busy(fault.New(fault.Conflict, "error.conflict"))
	default: // it says no more than is known
		return Reply{Status: http.StatusOK}
	}
	if sent.Receipt == as2.SignedReceipt && !report.Signed || o.reason == "courier.mdn_"+string(as2.OtherMDNSigner) || o.reason == "courier.mdn_"+string(as2.BadMDNSignature) {
		// Anybody could have sent it: the true one may still come.
		s.Log.Warn("an AS2 receipt proves nothing", slog.String("message", row.ID), slog.String("reason", o.reason), slog.String("addr", in.Addr))
		if err := s.doubted(ctx, row, o.reason); err != nil {
			return s.busy(err)
		}
		return Reply{Status: http.StatusOK}
	}
	row.Fence++
	err = s.DB.InTx(db.WithOrgs(ctx, row.SupplierID, row.ResellerID), func(ctx context.Context) error {
		ok, err := changeMessage(ctx, row.ID, map[string]any{"fence": row.Fence}, "fence = ?", row.Fence-1)
		if err != nil {
			return err
		}
		if !ok { // a try began meanwhile: the partner sends the receipt again
			return fault.New(fault.Conflict, "error.conflict")
		}
		return s.settle(ctx, row, o, 0)
	})
	if err != nil {
		return s.busy(err)
	}
	fail.At(fail.ReceiptTaken)
	return Reply{Status: http.StatusOK}
}

// doubted keeps, of a message that awaits its receipt, why the first one that came does not
// count: nothing else would tell its people that their partner signs with another
// certificate, or not at all.
func (s *Service) doubted(ctx context.Context, row *messageRow, reason string) error {
	if row.State != string(AwaitingReceipt) || row.Reason != "" {
		return nil
	}
	return s.DB.InTx(db.WithOrgs(ctx, row.SupplierID, row.ResellerID), func(ctx context.Context) error {
		_, err := changeMessage(ctx, row.ID, map[string]any{"reason": reason}, "state = ? AND reason = ''", string(AwaitingReceipt))
		return err
	})
}

// sendReceipt sends the asynchronous receipt of a message that came in.
func (s *Service) sendReceipt(ctx context.Context, r *messageRow) outcome {
	keep := State(r.State)
	allowed, err := s.mayCallBack(ctx, r.SenderID, r.ReceiptURL)
	if err == nil && !allowed {
		return outcome{state: keep, reason: "courier.receipt_host"}
	}
	var to reach
	var pause time.Duration
	if err == nil {
		to, err = s.reach(ctx, r.SenderID, r.ReceiptURL)
	}
	if wait := to.barred(s.DB.Clock()); err == nil && wait > 0 { // it is not called, and that is no try
		return outcome{state: keep, reason: to.lockedBy, again: wait, quiet: true, values: map[string]any{"attempts": r.Attempts - 1}}
	}
	if err == nil {
		var status int
		size, open := bytesBody(r.Receipt)
		status, _, _, err = s.post(ctx, to, headerOf(r.ReceiptHeaders), size, open)
		if err == nil && status >= 200 && status <= 299 {
			return outcome{state: keep, values: map[string]any{"receipt_proved": true}}
		}
		if key := lockedOut(status, to.user); err == nil && key != "" {
			// It says nothing of the station: whoever wrote the message chose the address.
			pause, err = lockedPause, fault.New(fault.Unavailable, key)
		} else if err == nil {
			err = fault.New(fault.Unavailable, "courier.http_status", "Status", status)
		}
	}
	o := s.retry(ctx, r, reasonOf(err, "courier.unreachable"), err)
	o.state, o.delivery, o.event = keep, "", ""
	if o.again > 0 {
		o.again = max(o.again, pause)
	}
	return o
}
