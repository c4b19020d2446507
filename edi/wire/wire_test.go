package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
)

func TestVerdictOf(t *testing.T) {
	t.Parallel()
	note, warn, bad := Finding{Severity: Note}, Finding{Severity: AcceptedWithError}, Finding{Severity: Reject}
	for _, tc := range []struct {
		in   []Finding
		want Verdict
	}{
		{nil, Accepted}, {[]Finding{note}, Accepted}, {[]Finding{note, warn}, AcceptedWithErrors},
		{[]Finding{warn, bad, note}, Rejected},
	} {
		if got := VerdictOf(tc.in); got != tc.want {
			t.Errorf("%v: %s", tc.in, got)
		}
	}
}

func TestPlaceAndData(t *testing.T) {
	t.Parallel()
	f := Finding{SegmentID: "DTM", Pos: Position{Element: 2}, Ref: "373", Value: "20261131", Args: map[string]string{"suggest": "20261130"}}
	if f.Place() != "DTM02" {
		t.Error(f.Place())
	}
	d := f.Data()
	if d["Place"] != "DTM02" || d["Segment"] != "DTM" || d["Value"] != "20261131" || d["suggest"] != "20261130" || d["Ref"] != "373" {
		t.Errorf("%v", d)
	}
	f.Pos = Position{Element: 12, Component: 1}
	if f.Place() != "DTM12-1" {
		t.Error(f.Place())
	}
	f.Pos = Position{}
	if f.Place() != "DTM" {
		t.Error(f.Place())
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	l := Limits{Segment: 5}.Filled()
	d := DefaultLimits()
	d.Segment = 5
	if l != d {
		t.Errorf("%+v", l)
	}
}

func TestError(t *testing.T) {
	t.Parallel()
	err := error(&Error{Kind: ErrTooLarge, Key: "limit.file", Value: "x", Pos: Position{Offset: 7}})
	if !errors.Is(err, ErrTooLarge) || errors.Is(err, ErrNotEDI) {
		t.Error("kind is lost")
	}
	if want := `edi: limit.file (larger than allowed) at byte 7: "x"`; err.Error() != want {
		t.Error(err)
	}
}

func TestCodesByFamily(t *testing.T) {
	t.Parallel()
	el := Finding{Level: LevelElement, Code: "7", Codes: Codes{IK: "I6", CONTRL: "12"}}
	for family, want := range map[Family]string{AK: "7", IK: "I6", TA1: "", CONTRL: "12"} {
		if got := el.In(family); got != want {
			t.Errorf("family %d: %q, want %q", family, got, want)
		}
	}
	ic := Finding{Level: LevelInterchange, Code: "021"}
	if ic.In(TA1) != "021" || ic.In(AK) != "" || ic.In(IK) != "" {
		t.Error("a code of the interchange is the TA1's alone")
	}
	if b, err := json.Marshal(ic); err != nil || bytes.Contains(b, []byte("codes")) {
		t.Errorf("%s %v", b, err)
	}
}
