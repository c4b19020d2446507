package translate

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/schema"
	"entente/edi/wire"
)

var (
	releases = []string{"004010", "005010"}
	early    = edifact.MessageID{Version: "D", Release: "96A", Agency: "UN"}
	late     = edifact.MessageID{Version: "D", Release: "01B", Agency: "UN"}
	earlyEAN = edifact.MessageID{Version: "D", Release: "96A", Agency: "UN", Association: "EAN004"}
	lateEAN  = edifact.MessageID{Version: "D", Release: "01B", Agency: "UN", Association: "EAN005"}
)

// moneyX12 writes a set, lets our own rules judge it and reads it again.
func moneyX12(t *testing.T, d Document, version string) Document {
	t.Helper()
	body, findings := WriteX12(d, version)
	if len(findings) > 0 {
		t.Fatalf("findings of the writer: %s\n%s", text(t, findings), text(t, d))
	}
	bad, err := schema.CheckBody(body, version)
	if err != nil || wire.VerdictOf(bad) != wire.Accepted {
		t.Fatalf("%v %s\n%s", err, text(t, bad), segTexts(body))
	}
	v := &unTranslator{}
	if err := schema.ReadBytes(wrap(t, body, version), schema.Options{}, v); err != nil || len(v.out) != 1 {
		t.Fatal(err, len(v.out))
	}
	if len(v.out[0].Findings) > 0 {
		t.Fatalf("not carried: %s\n%s", text(t, v.out[0].Findings), segTexts(body))
	}
	return v.out[0].Document.(Document)
}

// sameX12 and sameUN want a document back as it was written.
func sameX12(t *testing.T, seed uint64, d Document) {
	t.Helper()
	for _, version := range releases {
		if want, got := text(t, d), text(t, moneyX12(t, d, version)); got != want {
			t.Fatalf("seed %d %s %T:\n%s", seed, version, d, differing(want, got))
		}
	}
}

func sameUN(t *testing.T, seed uint64, d Document, ids ...edifact.MessageID) {
	t.Helper()
	for _, id := range ids {
		if want, got := text(t, d), text(t, roundUN(t, d, id)); got != want {
			t.Fatalf("seed %d %s %T:\n%s", seed, id, d, differing(want, got))
		}
	}
}

// differing shows where two texts part.
func differing(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	near := func(list []string) string {
		return strings.Join(list[max(0, min(i, len(list))-6):min(len(list), i+6)], "\n")
	}
	return "wrote …\n" + near(a) + "\nread …\n" + near(b)
}

func seeded(seed, stream uint64) source { return source{rand.New(rand.NewPCG(seed, stream))} }

// valid wants a document without problems.
func valid(t *testing.T, seed uint64, d Document) {
	t.Helper()
	if p := d.Validate(); len(p) > 0 {
		t.Fatalf("seed %d: %+v\n%s", seed, p, text(t, d))
	}
}

// some gives none to n-1 of what f makes.
func some[T any](s source, n int, f func() T) (out []T) {
	for range s.IntN(n) {
		out = append(out, f())
	}
	return out
}

// x12Text has no character that a delimiter could be.
func (s source) x12Text() string {
	return s.pick("DRILL 18 V", "Bohrmaschine für Holz", "O'Brien & Sons: what", "AUR-D18B", "1.5")
}

func (s source) signed() doc.Decimal {
	if s.maybe() {
		return negated(s.cents())
	}
	return s.cents()
}

func (s source) oneRef() doc.Ref {
	return doc.Ref{Qualifier: s.pick("PO", "PD", "CT", "IV"), Value: s.pick("4500187521", "PR-2026-017", "X1")}
}

func (s source) x12Ref() doc.Ref {
	r := s.oneRef()
	if s.maybe() {
		r.Text = "by agreement"
	}
	return r
}

func (s source) dated(qualifiers ...string) doc.Date {
	return doc.Date{Qualifier: s.pick(qualifiers...), Date: s.day()}
}

func (s source) desk() doc.Contact {
	return doc.Contact{Function: "OC", Name: "Dan", Numbers: []doc.ContactNumber{{Kind: "TE", Number: "555"}}}
}

// partner is a party in full, as X12 has it.
func (s source) partner(role string) doc.Party {
	p := doc.Party{Role: role, Name: s.x12Text(), IDQualifier: "92", ID: "KS-1"}
	if s.maybe() {
		p.MoreNames, p.Address, p.City, p.Region, p.Postcode, p.Country = []string{"Tools"}, []string{"Unit 4"}, "Leeds", s.pick("", "West Yorkshire"), "WF2 7AZ", "GB"
	}
	p.Refs = some(s, 2, s.x12Ref)
	p.Contacts = some(s, 2, s.desk)
	return p
}

// TestFactTexts: every fact of a summary and every problem of a document has its text.
func TestFactTexts(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"en", "zh-CN"} {
		have := map[string]any{}
		files, err := filepath.Glob("../../portal/locale/*." + lang + ".json")
		if err != nil || len(files) == 0 {
			t.Fatal(err)
		}
		for _, name := range files {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.NewDecoder(bytes.NewReader(b)).Decode(&have); err != nil {
				t.Fatal(err)
			}
		}
		for _, k := range FactKeys() {
			if have["edi.summary."+k] == nil {
				t.Errorf("%s: no edi.summary.%s", lang, k)
			}
		}
		for _, k := range doc.Problems() {
			if have["edi.doc."+k] == nil {
				t.Errorf("%s: no edi.doc.%s", lang, k)
			}
		}
	}
}

// TestMoneySamples writes what was read of the samples, what is only carried too, in
// the standard it came in: reading again gives the same document.
func TestMoneySamples(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"820-remittance", "820-deductions", "820-twin", "820-inline", "844-claim", "844-ship-and-debit", "844-bill-back-004010", "849-answer", "849-verdicts", "849-whole-004010",
		"845-authorisation", "845-special-prices", "845-cancelled", "824-refused", "824-invoice", "824-twin", "812-credit", "812-price-and-returns", "812-debit-004010",
	} {
		want := sample(t, name)
		for _, version := range releases {
			body, f := WriteX12(want, version)
			if bad, err := schema.CheckBody(body, version); err != nil || len(bad)+len(f) > 0 {
				t.Errorf("%s %s: %v %s %s", name, version, err, text(t, f), text(t, bad))
				continue
			}
			if a, b := text(t, want), text(t, only(t, wrap(t, body, version))); a != b {
				t.Errorf("%s %s: %s", name, version, differing(a, b))
			}
		}
	}
	for _, name := range []string{
		"remadv-ok-d96a", "remadv-deductions", "remadv-deductions-d01b", "aperak-ok-d96a", "aperak-refused", "aperak-refused-d01b", "comdis-ok-d01b", "comdis-discount", "comdis-answer-d01b",
	} {
		set := judged(t, unCases+"/"+name+"/in.edi")
		want, _ := Read(set)
		if a, b := text(t, want), text(t, roundUN(t, want, *set.Message)); a != b {
			t.Errorf("%s: %s", name, differing(a, b))
		}
	}
}
