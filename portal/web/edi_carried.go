package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/db"
	"entente/edi/as2"
	"entente/edi/courier"
	"entente/edi/gateway"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
)

// carried are the AS2 messages that brought or took an interchange; full with what of
// each was kept.
func (v *visit) carried(m gateway.Message, full bool) ([]view.Carried, error) {
	if !v.lists(access.EDIRead) {
		return nil, nil
	}
	list, err := v.w.d.Courier.Messages(v.ctx, v.actor(), m.Interchange)
	if err != nil {
		return nil, err
	}
	var out []view.Carried
	for _, c := range list {
		row := view.Carried{ID: c.ID, URL: v.path("edi", m.ID, "messages", c.ID), Out: c.Direction == courier.Out, Status: view.Status{State: view.State("as2." + string(c.State))}, At: c.At}
		fact := func(key string, value view.Text, mono bool) {
			if !value.IsZero() {
				row.Facts = append(row.Facts, view.KV{Label: view.T(key), Value: value, Mono: mono})
			}
		}
		fact("carried.names", view.Raw(c.From+" → "+c.To), true)
		fact("carried.id", view.Raw(c.MessageID), true)
		fact("carried.security", v.security(c.Security, c.State), false)
		fact("carried.mic", view.Raw(c.MIC), true)
		fact("carried.receipt", v.receiptWord(c), false)
		if c.Reason != "" {
			row.Reason = v.carriedReason(c.Reason, lastDetail(c.Tries))
		}
		if !c.NextAt.IsZero() && c.NextAt.After(v.now) && c.State == courier.Queued {
			row.Next = c.NextAt
		}
		for _, a := range c.Tries {
			row.Tries = append(row.Tries, v.try(a))
		}
		row.CanResend = c.Direction == courier.Out && c.Sender == v.org() && (c.State == courier.Failed || c.State == courier.Unproved) && v.may(access.EDIResolve, access.Shared(c.Supplier, c.Reseller))
		if full {
			e, err := v.w.d.Courier.Evidence(v.ctx, v.actor(), c.ID)
			if err != nil {
				return nil, err
			}
			if row.Kept = e.Body != nil; row.Kept {
				_ = e.Body.Close()
			}
			row.Receipt = len(e.Receipt) > 0
		}
		out = append(out, row)
	}
	return out, nil
}

// security says in words how a message was protected.
func (v *visit) security(words []string, state courier.State) view.Text {
	var said []string
	for _, w := range words {
		kind, rest, _ := strings.Cut(w, " ")
		algorithm, option, _ := strings.Cut(rest, " ")
		if a := algorithms[algorithm]; a != "" {
			algorithm = a
		}
		if option != "" {
			algorithm += " " + strings.ToUpper(option)
		}
		said = append(said, v.p.T("carried.security."+kind, "how", algorithm))
	}
	if len(said) == 0 {
		if state == courier.Queued {
			return view.Text{}
		}
		return view.T("carried.security.none")
	}
	return view.Raw(v.p.List(said))
}

func (v *visit) receiptWord(c courier.Carried) view.Text {
	switch {
	case c.ReceiptOK:
		return view.T("carried.receipt.proves")
	case c.Direction == courier.In && c.Disposition != "":
		return view.T("carried.receipt.given", "disposition", c.Disposition)
	case c.Disposition != "":
		return view.T("carried.receipt.got", "disposition", c.Disposition)
	case c.State == courier.AwaitingReceipt:
		return view.T("carried.receipt.awaited")
	}
	return view.Text{}
}

// carriedReason is a reason in words: a key of the courier, of the dialer or the
// gateway, or one of those edi/as2 gives. What the key speaks of was not kept beside
// it, but for the server's own words in the detail of a try.
func (v *visit) carriedReason(reason, detail string) view.Text {
	if reason == "courier.http_status" {
		status, _, _ := strings.Cut(detail, ":")
		if status == "" {
			return view.T("carried.http_error")
		}
		return view.T("carried.http_status", "status", clean([]byte(status)))
	}
	for _, key := range []string{reason, "courier.reason." + reason, "courier." + reason} {
		if !v.has(key) {
			continue
		}
		if t := view.T(key); !strings.Contains(t.In(v.p), "<no value>") {
			return t
		}
	}
	return view.T("carried.other_reason", "reason", clean([]byte(reason)))
}

func lastDetail(tries []courier.Attempt) string {
	if len(tries) == 0 {
		return ""
	}
	return tries[len(tries)-1].Detail
}

func (v *visit) try(a courier.Attempt) view.Attempt {
	out := view.Attempt{Number: a.Number, At: db.FromMicros(a.At), Took: time.Duration(a.Took) * time.Microsecond, Status: view.Status{State: "as2.failed", Words: v.carriedReason(a.Outcome, a.Detail)}}
	switch s := courier.State(a.Outcome); s {
	case courier.Delivered, courier.AwaitingReceipt, courier.Unproved, courier.Received:
		out.Status = view.Status{State: view.State("as2." + string(s))}
	}
	return out
}

// carriedResend sends a message again, the same bytes or as a new message.
func carriedResend(v *visit) error {
	id, err := v.carriedID()
	if err != nil {
		return err
	}
	fresh := v.input().text("fresh") != ""
	if err := v.w.d.Courier.Resend(v.ctx, v.actor(), id, fresh); err != nil {
		return err
	}
	return v.done(v.path("edi", v.Params("id"))+"?tab="+tabAttempts, map[bool]string{true: "said.sent_anew", false: "said.sent_again"}[fresh])
}

// carriedID is the message of the address, when it carried the interchange of the
// address.
func (v *visit) carriedID() (string, error) {
	m, err := v.w.d.Gateway.Get(v.ctx, v.actor(), v.Params("id"))
	if err != nil {
		return "", err
	}
	list, err := v.w.d.Courier.Messages(v.ctx, v.actor(), m.Interchange)
	if err != nil {
		return "", err
	}
	for _, c := range list {
		if c.ID == v.Params("message") {
			return c.ID, nil
		}
	}
	return "", fault.New(fault.NotFound, "error.not_found")
}

// carriedProof sends what was kept of a message as one file: the request with its
// headers, then the receipt.
func carriedProof(v *visit) error {
	id, err := v.carriedID()
	if err != nil {
		return err
	}
	e, err := v.w.d.Courier.Evidence(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	switch v.Params("part") {
	case "message":
		if e.Body == nil {
			return fault.New(fault.NotFound, "error.not_found")
		}
		defer e.Body.Close()
		writeHeaders(&b, e.Headers)
		if _, err := io.Copy(&b, io.LimitReader(e.Body, v.w.d.Courier.Limit())); err != nil {
			return fault.Wrap(err, fault.Internal, "error.internal")
		}
	case "receipt":
		if e.Body != nil {
			_ = e.Body.Close()
		}
		if len(e.Receipt) == 0 {
			return fault.New(fault.NotFound, "error.not_found")
		}
		writeHeaders(&b, e.ReceiptHeaders)
		b.Write(e.Receipt)
	default:
		if e.Body != nil {
			_ = e.Body.Close()
		}
		return fault.New(fault.NotFound, "error.not_found")
	}
	v.Set(fiber.HeaderContentType, "application/octet-stream")
	v.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="%s-%s.mime"`, id, v.Params("part")))
	v.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	return v.Send(b.Bytes())
}

func writeHeaders(b *bytes.Buffer, kept []byte) {
	var h as2.Header
	_ = json.Unmarshal(kept, &h)
	for _, f := range h {
		fmt.Fprintf(b, "%s: %s\r\n", f.Name, f.Value)
	}
	b.WriteString("\r\n")
}
