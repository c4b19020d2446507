package money

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

func TestParseAndFormat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, out string }{{"12.5", "12.5"}, {"0", "0"}, {"-0.000001", "-0.000001"}, {".5", "0.5"}, {"5.", "5"}, {"007", "7"}, {"1.5000000", "1.5"}, {"+3", "3"}} {
		m, err := ParseMicro(c.in)
		if err != nil || m.String() != c.out {
			t.Errorf("ParseMicro(%q) = %v, %v; want %s", c.in, m, err, c.out)
		}
	}
	for _, bad := range []string{"", ".", "-", "1e5", "1,5", "0.0000001", "99999999999999999999", "NaN", "--1", "1.2.3"} {
		if m, err := ParseMicro(bad); err == nil {
			t.Errorf("ParseMicro(%q) = %v, want an error", bad, m)
		}
	}
	if a, _ := ParseAmount("12.5", "GBP"); a.String() != "12.50" || a.Minor != 1250 {
		t.Errorf("12.5 GBP = %v", a)
	}
	if _, err := ParseAmount("1.5", "JPY"); err == nil {
		t.Error("half a yen was accepted")
	}
	if a, _ := ParseAmount("1.125", "KWD"); a.Minor != 1125 {
		t.Errorf("KWD %v", a)
	}
}

func TestExtendRoundsHalfUpPerLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ q, p, want string }{{"3", "0.335", "1.01"}, {"1", "0.005", "0.01"}, {"-1", "0.005", "-0.01"}, {"1", "0.0049", "0.00"}, {"240", "84.00", "20160.00"}, {"0.333333", "3", "1.00"}} {
		q, _ := ParseMicro(c.q)
		p, _ := ParseMicro(c.p)
		a, err := Extend(q, p, "GBP")
		if err != nil || a.String() != c.want {
			t.Errorf("%s × %s = %v, %v; want %s", c.q, c.p, a, err, c.want)
		}
	}
	if _, err := Extend(math.MaxInt64, math.MaxInt64, "GBP"); err != ErrRange {
		t.Errorf("overflow: %v", err)
	}
}

func TestAddRefusesOverflowAndOtherCurrency(t *testing.T) {
	t.Parallel()
	if _, err := (Amount{math.MaxInt64, "GBP"}).Add(Amount{1, "GBP"}); err != ErrRange {
		t.Errorf("overflow: %v", err)
	}
	if _, err := (Amount{math.MinInt64, "GBP"}).Add(Amount{-1, "GBP"}); err != ErrRange {
		t.Errorf("underflow: %v", err)
	}
	if _, err := (Amount{1, "GBP"}).Add(Amount{1, "EUR"}); err != ErrCurrency {
		t.Errorf("currency: %v", err)
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	p := func(s string) Price { m, _ := ParseMicro(s); return m }
	for _, c := range []struct {
		got, want, tol string
		ok             bool
	}{{"46.50", "46.50", "0", true}, {"46.51", "46.50", "0", false}, {"46.73", "46.50", "0.005", true}, {"46.74", "46.50", "0.005", false}, {"46.27", "46.50", "0.005", true}} {
		if Within(p(c.got), p(c.want), p(c.tol)) != c.ok {
			t.Errorf("Within(%s, %s, %s) != %v", c.got, c.want, c.tol, c.ok)
		}
	}
}

// What fits into one word is extended as big numbers say.
func TestExtendAsBigNumbersSay(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, c := range []Currency{"JPY", "GBP", "KWD"} {
		for range 3000 {
			q, p := Quantity(r.Int64()>>r.IntN(63)), Price(r.Int64()>>r.IntN(63))
			if r.IntN(4) == 0 {
				q = -q
			}
			want, wantErr := round(new(big.Int).Mul(big.NewInt(int64(q)), big.NewInt(int64(p))), 2*Scale-c.Digits(), c)
			if got, err := Extend(q, p, c); got != want || err != wantErr {
				t.Fatalf("%d × %d %s: %v %v, want %v %v", q, p, c, got, err, want, wantErr)
			}
		}
	}
}
