package letter

import (
	"strings"
	"testing"
)

// dsn is a report as a mail server writes it.
func dsn(kind, groups string) string {
	return strings.ReplaceAll(`From: MAILER-DAEMON@mx.shop.example
To: reply+x@answers.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=`+kind+`;
	boundary="b1/mx.shop.example"

--b1/mx.shop.example
Content-Type: text/plain

I'm sorry. Action: failed
Status: 5.1.1

--b1/mx.shop.example
Content-Type: message/delivery-status

`+groups+`
--b1/mx.shop.example
Content-Type: message/rfc822

Subject: Warm hands

words
--b1/mx.shop.example--
`, "\n", "\r\n")
}

// TestBounce: only a report that says of a recipient that the delivery failed for good is
// one.
func TestBounce(t *testing.T) {
	t.Parallel()
	const head = "Reporting-MTA: dns; mx.shop.example\nArrival-Date: Tue, 1 Dec 2026 09:00:00 +0000\n\n"
	const gone = "Final-Recipient: rfc822; ann@shop.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n"
	for name, c := range map[string]struct{ raw, status string }{
		"gone":            {dsn("delivery-status", head+gone), "5.1.1"},
		"with comments":   {dsn("Delivery-Status", head+"Final-Recipient: rfc822; a@b.example\naction: Failed (no luck)\nstatus: 5.2.1 (disabled)\n"), "5.2.1"},
		"the second":      {dsn("delivery-status", head+"Final-Recipient: rfc822; c@d.example\nAction: delivered\nStatus: 2.0.0\n\n"+gone), "5.1.1"},
		"delayed":         {dsn("delivery-status", head+"Final-Recipient: rfc822; a@b.example\nAction: delayed\nStatus: 4.4.1\n"), ""},
		"passing failure": {dsn("delivery-status", head+"Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 4.4.7\n"), ""},
		"delivered":       {dsn("delivery-status", head+"Final-Recipient: rfc822; a@b.example\nAction: delivered\nStatus: 2.1.5\n"), ""},
		"odd status":      {dsn("delivery-status", head+"Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.<b>\n"), ""},
		"read receipt":    {dsn("disposition-notification", head+gone), ""},
		"absence":         {"From: ann@shop.example\r\nAuto-Submitted: auto-replied\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n", ""},
		"cut off":         {strings.SplitAfter(dsn("delivery-status", head+gone), "Content-Type: message/delivery-status")[0], ""},
		"no mail":         {"x", ""},
		"empty":           {"", ""},
	} {
		if status, ok := Bounce([]byte(c.raw)); status != c.status || ok != (c.status != "") {
			t.Errorf("%s: %q %v", name, status, ok)
		}
	}
}
