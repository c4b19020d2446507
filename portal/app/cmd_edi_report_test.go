package app

import (
	"fmt"
	"strings"
	"testing"
)

// TestEDICheckLong: a report longer than what is kept in memory is in the order of the
// file, each verdict before what it is about.
func TestEDICheckLong(t *testing.T) {
	t.Parallel()
	const sets = 60_000
	var in strings.Builder
	for ic := 1; ic <= 2; ic++ {
		n := sets
		if ic == 2 {
			n = 2
		}
		fmt.Fprintf(&in, "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261122*0912*^*00501*%09d*0*P*>~"+
			"GS*PO*KESTRELSUPPLY*AURELIATOOLS*20261122*0912*%d*X*005010~", ic, ic)
		for i := range n {
			fmt.Fprintf(&in, "ST*850*%05d~BEG*00*SA*%d**20261122~PO1*1*1*EA***VP*A~SE*4*%05d~", i, i, i)
		}
		fmt.Fprintf(&in, "GE*%d*%d~IEA*1*%09d~", n+ic-1, ic, ic) // the count of the second is wrong
	}
	out, errs, code := call(t, in.String(), "edi", "check", "-")
	if code != exitOK || errs != "" {
		t.Fatal(code, errs)
	}
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	for at, want := range map[int]string{
		0: "Interchange 000000001", 1: "  Group PO 1  accepted", 2: "    850 00000", sets + 1: fmt.Sprintf("    850 %05d", sets-1),
		sets + 2: "Interchange 000000002", sets + 3: "  Group PO 2", sets + 4: "    GE01 ", sets + 5: "    850 00000",
	} {
		if at >= len(lines) || !strings.HasPrefix(lines[at], want) {
			t.Errorf("line %d of %d is not %q", at, len(lines), want)
		}
	}
}

// TestSpool: what is written comes back once, in order, from memory and from a file.
func TestSpool(t *testing.T) {
	t.Parallel()
	var s spool
	defer s.Close()
	for round, size := range []int{10, 3*spoolMemory + 7, 0, spoolMemory + 1, 5} {
		var want, got strings.Builder
		for i := 0; want.Len() < size; i++ {
			fmt.Fprintf(&want, "%d,%d;", round, i)
			fmt.Fprintf(&s, "%d,%d;", round, i)
		}
		if s.mem.Len() > spoolMemory {
			t.Errorf("round %d keeps %d bytes in memory", round, s.mem.Len())
		}
		if err := s.drain(&got); err != nil || got.String() != want.String() {
			t.Errorf("round %d: %d bytes of %d, %v", round, got.Len(), want.Len(), err)
		}
	}
}

// TestEDIExplainEnvelope: a fault of the envelope is told by explain as by check, with
// the same exit code.
func TestEDIExplainEnvelope(t *testing.T) {
	t.Parallel()
	in := "ISA*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261122*0912*^*00501*000000001*0*P*>~" +
		"GS*PO*KESTRELSUPPLY*AURELIATOOLS*20261122*0912*1*X*005010~" +
		"ST*850*0001~BEG*00*SA*1**20261122~PO1*1*1*EA***VP*A~SE*4*0001~SE*4*0001~GE*1*1~IEA*1*000000001~"
	if out, errs, code := call(t, in, "edi", "explain", "-"); code != exitFailed || errs != "" || !strings.Contains(out, "SE stands outside any transaction set") {
		t.Error(code, errs, out)
	}
	fine := strings.Replace(in, "SE*4*0001~SE", "SE", 1)
	if out, errs, code := call(t, fine, "edi", "explain", "-"); code != exitOK || errs != "" || strings.Contains(out, "!") {
		t.Error(code, errs, out)
	}
}
