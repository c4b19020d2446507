package e2e

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"testing"

	"entente/edi/as2"
)

// Who sends a large message slowly holds up nobody else's, and what is left of a
// refused body is not read as a request.
func TestAS2SlowSenders(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, d database) {
		s := start(t, d, "--demo")
		kestrel := s.token("maya@kestrel.example", buyerScopes)
		x := connect(t, s, kestrel, kestrel.partnership("aurelia"))
		host := strings.TrimPrefix(s.url, "http://")
		for range 3 {
			c, err := net.Dial("tcp", host)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Close() })
			head := fmt.Sprintf("POST /as2 HTTP/1.1\r\nHost: x\r\nAS2-From: A\r\nAS2-To: B\r\nMessage-ID: <a@b>\r\nContent-Length: %d\r\n\r\n", 5<<20)
			if _, err := c.Write(append([]byte(head), bytes.Repeat([]byte("x"), 3<<20)...)); err != nil {
				t.Fatal(err)
			}
		}
		large := x.pack(po{control: 881001, number: "SLOW-1"}.String() + strings.Repeat("\r\n", 2<<20))
		a := x.post(large)
		if a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if f := x.verdict(a, large); f.Verdict != as2.Proven {
			t.Errorf("%+v", f)
		}
	})
}
