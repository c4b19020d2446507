package socket

import (
	"strings"
	"testing"
)

// TestHide: of what a party says only the ways through the server are left, whatever it
// tries to say beside them.
func TestHide(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"candidate:1 1 udp 2122260223 192.168.7.3 54321 typ host generation 0":                                                      "",
		"candidate:2 1 udp 1686052607 203.0.113.9 54321 typ srflx raddr 192.168.7.3 rport 54321":                                    "",
		"candidate:3 1 udp 1 203.0.113.9 5 typ prflx raddr 192.168.7.3 rport 5":                                                     "",
		"candidate:4 1 udp 41885439 198.51.100.1 3333 typ relay raddr 203.0.113.9 rport 54321 generation 0 ufrag abcd network-id 1": "candidate:4 1 udp 41885439 198.51.100.1 3333 typ relay raddr 0.0.0.0 rport 0 generation 0 ufrag abcd",
		"candidate:4 1 udp 1 198.51.100.1 3333 typ relay":                                                                           "candidate:4 1 udp 1 198.51.100.1 3333 typ relay raddr 0.0.0.0 rport 0",
		"candidate:5 1 udp 1 10.0.0.1 9 typ host typ relay":                                                                         "",
		"nonsense": "", "candidate:": "",
	} {
		if got := hideCandidate(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	sdp := "v=0\r\no=- 46117 2 IN IP4 192.168.7.3\r\ns=-\r\nt=0 0\r\nm=audio 54321 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 203.0.113.9\r\na=rtcp:9 IN IP4 203.0.113.9\r\n" +
		"a=candidate:1 1 udp 2122260223 192.168.7.3 54321 typ host\na = x\r\n a=candidate:1 1 udp 2122260223 fd00::7 54321 typ host\ra=candidate:4 1 udp 1 198.51.100.1 3333 typ relay raddr 203.0.113.9 rport 5\r\n" +
		"a=remote-candidates:1 203.0.113.9 5\r\na=ice-ufrag:abcd\r\na=fingerprint:sha-256 AA:BB\r\n"
	got := hideSDP(sdp)
	for _, secret := range []string{"192.168.7.3", "203.0.113.9", "fd00"} {
		if strings.Contains(got, secret) {
			t.Errorf("%s is said: %s", secret, got)
		}
	}
	for _, kept := range []string{"o=- 46117 2 IN IP4 0.0.0.0\r\n", "m=audio 54321 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n", "198.51.100.1 3333 typ relay raddr 0.0.0.0 rport 0\r\n", "a=ice-ufrag:abcd\r\na=fingerprint:sha-256 AA:BB\r\n"} {
		if !strings.Contains(got, kept) {
			t.Errorf("%q is missing: %s", kept, got)
		}
	}
}
