package xlsx

import "testing"

func TestDigits(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"0.30000000000000004": "0.3", "1E+3": "1000", "-2.5E-3": "-0.0025", "12": "12", "5012345678900": "5012345678900", "1.1000000000000001": "1.1", "0": "0", "-1E-20": "-0.00000000000000000001"} {
		if got, ok := digits(in); !ok || got != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
}
