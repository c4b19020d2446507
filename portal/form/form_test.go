package form

import (
	"net/url"
	"strings"
	"testing"

	"entente/prm/fault"
)

func TestNumber(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"1632": "1632", "1,632.00": "1632.00", "1.632,00": "1632.00", "1 632,5": "1632.5", "1,632": "1632", "1,5": "1.5", "0,125": "0.125", "1,2345": "1.2345",
		"12.5": "12.5", "1.632": "1.632", "1,234,567.8": "1234567.8", "1.234.567": "1234567", "−3": "-3", "-0": "0", "-0.00": "0.00", "+7": "7", "１２．５": "12.5",
		"007": "7", "1'632.50": "1632.50", "0.0001": "0.0001", ".5": "0.5",
		"": "!", "abc": "!", "1e5": "!", "1,23,456": "!", "1.2.3": "!", "12,": "!", "--3": "!", "£12": "!", "1,234,56": "!", "1,1.1,1": "!", "12 EA": "!", "1_000": "!", "0x10": "!", "NaN": "!",
	} {
		got, ok := Number(in)
		if !ok {
			got = "!"
		}
		if got != want {
			t.Errorf("Number(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestDate(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"2026-11-22": "2026-11-22", "22.11.2026": "2026-11-22", "22/11/2026": "2026-11-22", "11/22/2026": "2026-11-22", "3/4/2026": "2026-04-03", "20261122": "2026-11-22",
		"22 Nov 2026": "2026-11-22", "22nd November 2026": "2026-11-22", "Nov 22, 2026": "2026-11-22", "2026年11月22日": "2026-11-22", "11月23日": "2026-11-23", "22.11.26": "2026-11-22",
		"22 nov": "2026-11-22", "5 Jan": "2027-01-05", "2026/2/28": "2026-02-28", "２０２６-11-22": "2026-11-22", "2028-02-29": "2028-02-29",
		"31 November 2026": "!", "2026-02-29": "!", "2026-13-01": "!", "0": "!", "tomorrow": "!", "": "!", "22.11.20266": "!", "1.1.1.1": "!", "2026-11-22T10:00": "!", "32/1/2026": "!", "22 Novembre 2026": "!",
	} {
		got, ok := Date(in, "2026-11-20")
		if !ok {
			got = "!"
		}
		if got != want {
			t.Errorf("Date(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzValues(f *testing.F) {
	for _, s := range []string{"1,632.00", "2026年11月22日", "−3", "22 Nov", "\xff", "１２．５"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, ok := Number(s); ok {
			if again, ok := Number(n); !ok || again != n && !strings.Contains(n, ".") {
				t.Errorf("Number(%q) = %q, which reads as %q %v", s, n, again, ok)
			}
		}
		if d, ok := Date(s, "2026-11-20"); ok {
			if again, ok := Date(d, ""); !ok || again != d {
				t.Errorf("Date(%q) = %q, which reads as %q", s, d, again)
			}
		}
	})
}

func TestEveryWrongFieldIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	f := New(url.Values{"name": {"  "}, "note": {"a\r\nb\x00"}, "quantity": {"two"}, "date": {"31.11.2026"}, "role": {"admin", "king"}, "days": {"900"}, "price": {"1.1234567"}, "long": {strings.Repeat("长", 11)}})
	if got := f.Text("note", Lines()); got != "a\nb" {
		t.Errorf("note = %q", got)
	}
	f.Text("name", Required())
	f.Decimal("quantity", 6)
	f.Date("date", "2026-11-20")
	f.Choices("role", []string{"admin", "buyer"})
	f.Int("days", 1, 365)
	f.Decimal("price", 6)
	f.Text("long", Max(10))
	f.Choice("state", []string{"open"}, Required())
	want := []string{"name", "quantity", "date", "role", "days", "price", "long", "state"}
	e := fault.As(f.Err())
	if e.Code != fault.Invalid || len(e.Fields) != len(want) {
		t.Fatalf("Err() = %v", e)
	}
	for i, w := range want {
		if e.Fields[i].Name != w {
			t.Errorf("field %d is %s, want %s", i, e.Fields[i].Name, w)
		}
	}
}

func TestWellFormedFormHasNoFault(t *testing.T) {
	t.Parallel()
	f, err := Parse([]byte("name=+%E9%99%88%E9%9D%99+&role=buyer&role=admin&on=1&days=90&price=1%2C632.50&password=++x++"))
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Text("name", Required()); got != "陈静" {
		t.Errorf("name = %q", got)
	}
	if got := f.Choices("role", []string{"admin", "buyer", "sales"}, Required()); strings.Join(got, ",") != "admin,buyer" {
		t.Errorf("roles = %v", got)
	}
	if f.Int("days", 1, 365) != 90 || f.Decimal("price", 2) != "1632.50" || !f.On("on") || f.On("off") || f.Text("password", Raw()) != "  x  " || f.Choice("none", []string{"a", "b"}) != "a" {
		t.Error("a value was read wrong")
	}
	if err := f.Err(); err != nil {
		t.Error(err)
	}
}

func TestParseIsBounded(t *testing.T) {
	t.Parallel()
	if _, err := Parse([]byte(strings.Repeat("a=1&", MaxFields+1))); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("too many fields: %v", err)
	}
	if _, err := Parse(make([]byte, MaxBytes+1)); fault.CodeOf(err) != fault.TooLarge {
		t.Errorf("too large: %v", err)
	}
	if _, err := Parse([]byte("a=%zz")); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("broken escape: %v", err)
	}
}
