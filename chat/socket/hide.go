package socket

import "strings"

// Where the parties of a call are to see nothing of each other's addresses, browsers are
// told to use the TURN server alone. What one says to another is held to it here all the
// same: the page of the other end is not ours to trust.

// hideCandidate is a candidate (RFC 8839 section 5.1) without the address behind it; ""
// where it is none of a TURN server.
func hideCandidate(c string) string {
	head := "candidate:"
	rest, ok := strings.CutPrefix(strings.TrimSpace(c), head)
	if !ok {
		rest, ok = strings.CutPrefix(strings.TrimSpace(c), "a="+head)
		head = "a=" + head
	}
	f := strings.Fields(rest)
	if !ok || len(f) < 8 || f[6] != "typ" || f[7] != "relay" {
		return ""
	}
	out := append(f[:8:8], "raddr", "0.0.0.0", "rport", "0")
	for i := 8; i+1 < len(f); i += 2 {
		if f[i] == "generation" || f[i] == "ufrag" {
			out = append(out, f[i], f[i+1])
		}
	}
	return head + strings.Join(out, " ")
}

// hideSDP is a description (RFC 8866) without addresses but those of a TURN server.
func hideSDP(sdp string) string {
	var out []string
	for l := range strings.SplitSeq(strings.ReplaceAll(strings.ReplaceAll(sdp, "\r\n", "\n"), "\r", "\n"), "\n") {
		l = strings.TrimSpace(l) // nothing is hidden behind a space
		switch {
		case l == "", strings.HasPrefix(l, "a=remote-candidates:"):
			continue
		case strings.HasPrefix(l, "a=candidate:"):
			if l = hideCandidate(l); l == "" {
				continue
			}
		case strings.HasPrefix(l, "c="):
			l = "c=IN IP4 0.0.0.0"
		case strings.HasPrefix(l, "a=rtcp:"):
			l = "a=rtcp:9 IN IP4 0.0.0.0"
		case strings.HasPrefix(l, "o="):
			if f := strings.Fields(l); len(f) == 6 {
				l = strings.Join(append(f[:4:4], "IP4", "0.0.0.0"), " ")
			} else {
				continue
			}
		}
		out = append(out, l)
	}
	return strings.Join(out, "\r\n") + "\r\n"
}
