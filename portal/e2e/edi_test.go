package e2e

import (
	"fmt"
	"strings"
)

// po is an 850 to be written for the tests, by hand and not by our own writer,
// so that reader and writer do not agree on the same mistake.
type po struct {
	sender, receiver string // 15 characters are padded
	control          int
	number           string
	usage            string   // P
	date             string   // requested, CCYYMMDD
	ordered          string   // on, CCYYMMDD
	lines            []string // PO1 segments
	segments         int      // SE01; 0 = right
	version          string   // 005010
}

func (p po) String() string {
	if p.sender == "" {
		p.sender = "KESTRELSUPPLY"
	}
	if p.receiver == "" {
		p.receiver = "AURELIATOOLS"
	}
	if p.usage == "" {
		p.usage = "P"
	}
	if p.date == "" {
		p.date = "20261215"
	}
	if p.ordered == "" {
		p.ordered = "20261122"
	}
	if p.version == "" {
		p.version = "005010"
	}
	if p.lines == nil {
		p.lines = []string{"PO1*1*240*EA*84.00*PE*VP*AUR-D18B", "PO1*2*160*EA*46.50*PE*VP*AUR-G125"}
	}
	body := append([]string{"ST*850*0001", "BEG*00*SA*" + p.number + "**" + p.ordered, "CUR*BY*GBP", "DTM*002*" + p.date, "N1*BY*KESTREL SUPPLY LTD*92*KS-LEEDS", "N1*ST*KESTREL DC WAKEFIELD*92*KS-WKF1"}, p.lines...)
	body = append(body, fmt.Sprintf("CTT*%d", len(p.lines)))
	n := len(body) + 1
	if p.segments != 0 {
		n = p.segments
	}
	body = append(body, fmt.Sprintf("SE*%d*0001", n))
	isa, rep := "00501", "^"
	if p.version == "004010" {
		isa, rep = "00401", "U"
	}
	out := []string{
		fmt.Sprintf("ISA*00*          *00*          *ZZ*%-15s*ZZ*%-15s*261122*1030*%s*%s*%09d*0*%s*>", p.sender, p.receiver, rep, isa, p.control, p.usage),
		fmt.Sprintf("GS*PO*%s*%s*20261122*1030*%d*X*%s", p.sender, p.receiver, p.control, p.version),
	}
	out = append(out, body...)
	out = append(out, fmt.Sprintf("GE*1*%d", p.control), fmt.Sprintf("IEA*1*%09d", p.control))
	return strings.Join(out, "~") + "~"
}

// segments splits an interchange of ours into its segments.
func segments(raw []byte) []string {
	return strings.Split(strings.TrimSuffix(strings.TrimSpace(string(raw)), "~"), "~")
}

// find returns the first segment with the tag.
func find(raw []byte, tag string) string {
	for _, s := range segments(raw) {
		if strings.HasPrefix(s, tag+"*") {
			return s
		}
	}
	return ""
}

func element(seg string, n int) string {
	w := strings.Split(seg, "*")
	if n >= len(w) {
		return ""
	}
	return w[n]
}
