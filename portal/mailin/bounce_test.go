package mailin

import (
	"context"
	"strings"
	"testing"

	"entente/db"
	"entente/prm/fault"
)

// comeBack is a company's one mail that may come back.
type comeBack struct {
	id, org string
	got     []string
	fail    error
}

func (c *comeBack) Returnable(_ context.Context, mail string) (string, error) {
	if mail != c.id {
		return "", fault.New(fault.NotFound, "error.not_found")
	}
	return c.org, nil
}

func (c *comeBack) Returned(_ context.Context, org, mail, status string) error {
	c.got = append(c.got, org+" "+mail+" "+status)
	return c.fail
}

const failure = "From: MAILER-DAEMON@mx.shop.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nsorry\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; ann@shop.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"

// TestBounced: a report at the address of a mail is noted of that mail alone; an address that
// was not made here, or for another purpose, is none of ours; an absence is dropped, and
// nothing of it is kept.
func TestBounced(t *testing.T) {
	each(t, func(w *world) {
		c := &comeBack{id: db.NewID(), org: w.org["kestrel"]}
		if _, err := w.s.Known(w.ctx(), w.s.BounceAddress(c.id)); !fault.IsNotFound(err) {
			t.Errorf("where nothing comes back: %v", err)
		}
		w.s.Bounces = c
		at := w.s.BounceAddress(c.id)
		if local, _, _ := strings.Cut(at, "@"); len(local) > 64 || !strings.HasSuffix(at, "@answers.example") {
			t.Fatal(at)
		}
		r, err := w.s.Known(w.ctx(), strings.ToUpper(at))
		w.must(err)
		other := w.s.BounceAddress(db.NewID())
		forged := []byte(at)
		forged[len("reply+")+26] ^= 1 // of the signature
		swapped := "reply+" + c.id + other[len("reply+")+26:]
		for _, bad := range []string{string(forged), swapped, other, at[:len("reply+")+26] + "@answers.example", strings.Replace(at, "answers.", "elsewhere.", 1)} {
			if _, err := w.s.Known(w.ctx(), bad); !fault.IsNotFound(err) {
				t.Errorf("%s: %v", bad, err)
			}
		}
		rows := func() (n int64) {
			w.must(w.d.Gorm().Raw("SELECT COUNT(*) FROM mail_in").Scan(&n).Error)
			return n
		}
		was := rows()
		w.must(w.s.Take(w.ctx(), []Reply{r}, true, []byte("From: ann@shop.example\r\nAuto-Submitted: auto-replied\r\nSubject: Away\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n")))
		w.must(w.s.Take(w.ctx(), []Reply{r}, false, []byte("From: ann@shop.example\r\n\r\nHow dare you\r\n")))
		if len(c.got) != 0 {
			t.Fatalf("what is no report: %v", c.got)
		}
		w.must(w.s.Take(w.ctx(), []Reply{r}, true, []byte(failure)))
		if want := c.org + " " + c.id + " 5.1.1"; len(c.got) != 1 || c.got[0] != want {
			t.Fatalf("%v, want %s", c.got, want)
		}
		if rows() != was {
			t.Error("a report is kept as an answer")
		}
		c.fail = fault.New(fault.Unavailable, "error.unavailable")
		if err := w.s.Take(w.ctx(), []Reply{r}, true, []byte(failure)); fault.CodeOf(err) != fault.Unavailable {
			t.Errorf("what could not be noted was taken: %v", err)
		}
		w.s.Domain = ""
		if got := w.s.BounceAddress(c.id); got != "" {
			t.Error(got)
		}
	})
}
