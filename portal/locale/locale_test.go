package locale

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
)

var now = time.Date(2026, 11, 24, 10, 32, 0, 0, time.UTC)

func printers(t *testing.T) (en, zh *Printer) {
	t.Helper()
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		shanghai = time.FixedZone("Asia/Shanghai", 8*3600)
	}
	return New(English, nil, now), New(Chinese, shanghai, now)
}

// TestKeysAreEqual: every key is there in both languages, once, and speaks of the same values.
func TestKeysAreEqual(t *testing.T) {
	if twice := bundle().twice; twice != nil {
		t.Errorf("keys that two files give: %v", twice)
	}
	en, zh := Keys(English), Keys(Chinese)
	for _, k := range en {
		if !slices.Contains(zh, k) {
			t.Errorf("zh-CN lacks %s", k)
		}
	}
	for _, k := range zh {
		if !slices.Contains(en, k) {
			t.Errorf("en lacks %s", k)
		}
	}
	// These may leave a value out: the Chinese date needs no name of the month, the English one no number; a plural "one" may say it in words.
	for _, lang := range []string{"en", "zh-CN"} {
		if twice := doubled(t, lang); twice != nil {
			t.Errorf("keys that one file gives twice: %v", twice)
		}
	}
	free := func(key string) bool { return strings.HasPrefix(key, "date.") }
	texts := map[Language]map[string]string{English: raw(t, "en"), Chinese: raw(t, "zh-CN")}
	for key, text := range texts[English] {
		if a, b := values(text), values(texts[Chinese][key]); !free(key) && !slices.Equal(a, b) {
			t.Errorf("%s speaks of %v in English and of %v in Chinese", key, a, b)
		}
	}
}

// doubled lists the keys that stand twice in a file: the reader of JSON keeps the last and
// says nothing.
func doubled(t *testing.T, lang string) (twice []string) {
	t.Helper()
	names, err := files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if !strings.HasSuffix(n.Name(), "."+lang+".json") {
			continue
		}
		text, err := files.ReadFile(n.Name())
		if err != nil {
			t.Fatal(err)
		}
		seen, depth, key := map[string]bool{}, 0, true
		for d := json.NewDecoder(bytes.NewReader(text)); ; {
			tok, err := d.Token()
			if err != nil {
				break
			}
			switch x := tok.(type) {
			case json.Delim:
				if x == '{' {
					depth++
				} else if depth--; depth == 1 {
					key = true
				}
			case string:
				if depth == 1 && key {
					if seen[x] {
						twice = append(twice, n.Name()+": "+x)
					}
					seen[x] = true
				}
				if depth == 1 {
					key = !key
				}
			}
		}
	}
	return twice
}

// raw gives the texts of a language as they are written; of a plural its general form.
func raw(t *testing.T, lang string) map[string]string {
	t.Helper()
	out := map[string]string{}
	names, err := files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if !strings.HasSuffix(n.Name(), "."+lang+".json") {
			continue
		}
		b, err := files.ReadFile(n.Name())
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatalf("%s: %v", n.Name(), err)
		}
		for k, v := range m {
			switch v := v.(type) {
			case string:
				out[k] = v
			case map[string]any:
				out[k], _ = v["other"].(string)
			}
		}
	}
	return out
}

var value = regexp.MustCompile(`\{\{\s*\.([A-Za-z_]+)`)

func values(text string) []string {
	var out []string
	for _, m := range value.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	sort.Strings(out)
	return out
}

// TestTone keeps the words of the design: no "please", no "successfully", no exclamation mark, full-width marks in Chinese.
func TestTone(t *testing.T) {
	never := regexp.MustCompile(`(?i)\b(please|successfully|oops|invalid)\b|!`)
	for key, text := range raw(t, "en") {
		if found := never.FindString(text); found != "" && !strings.HasPrefix(key, "edi.code.") { // code lists speak as the standard does
			t.Errorf("%s says %q: %s", key, found, text)
		}
	}
	half := regexp.MustCompile(`\p{Han}[,;!?]|[！]|请请|\p{Han}[A-Za-z]|[A-Za-z]\p{Han}`)
	for key, text := range raw(t, "zh-CN") {
		if found := half.FindString(value.ReplaceAllString(text, "0")); found != "" && strings.HasPrefix(key, "date.") == false {
			t.Errorf("%s: %q in %s", key, found, text)
		}
	}
}

func TestMatch(t *testing.T) {
	cases := []struct {
		header, own string
		want        Language
	}{
		{"", "", English}, {"zh-CN,zh;q=0.9", "", Chinese}, {"zh", "", Chinese}, {"zh-Hans-CN", "", Chinese}, {"de-DE,de;q=0.9", "", English},
		{"de, zh-CN;q=0.5, en;q=0.4", "", Chinese}, {"zh-CN", "en", English}, {"en-GB", "zh-CN", Chinese}, {"zh-CN", "xx", Chinese}, {";;;", "", English},
	}
	for _, c := range cases {
		if got := Match(c.header, c.own); got != c.want {
			t.Errorf("Match(%q, %q) = %s, want %s", c.header, c.own, got, c.want)
		}
	}
}

func TestMissingKeyIsVisible(t *testing.T) {
	en, _ := printers(t)
	if got := en.T("no.such.key"); got != "⟦no.such.key⟧" {
		t.Errorf("got %q", got)
	}
	if got := New("fr", nil, now).Language(); got != English {
		t.Errorf("an unknown language speaks %s", got)
	}
}

func TestPlaces(t *testing.T) {
	en, _ := printers(t)
	for _, c := range []struct{ got, want string }{
		{en.T("time.ago", "duration", "5 min"), "5 min ago"},
		{en.T("time.ago", map[string]any{"duration": "5 min"}), "5 min ago"},
		{en.T("time.ago", "duration", "1 min", "duration", "2 min"), "2 min ago"},
		{en.T("time.ago"), "⟦duration⟧ ago"},
		{en.T("duration.s", "n", 38), "38 s"},
		{en.T("app.name"), "Entente"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	if _, ok := compile("{{if .x}}a{{end}}"); ok {
		t.Error("a text with a condition was taken for a plain one")
	}
}

func TestNumbers(t *testing.T) {
	en, _ := printers(t)
	same := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	same(en.Money("1632.00", "GBP"), "£1,632.00")
	same(en.Money("15320.00", "CNY"), "¥15,320.00")
	same(en.Money("-1008.00", "EUR"), "−€1,008.00")
	same(en.Money("+384.00", ""), "+384.00")
	same(en.Money("12", "SEK"), "SEK\u00a012")
	same(en.Money("", "GBP"), "–")
	same(en.Number("999"), "999")
	same(en.Number("1000"), "1,000")
	same(en.Number("123456789012345678901234567890.12"), "123,456,789,012,345,678,901,234,567,890.12")
	same(en.Number("EACH"), "EACH")
	same(en.Quantity("240.000", ""), "240")
	same(en.Quantity("0.500", "KG"), "0.5\u00a0kg")
	same(en.Quantity("12", "ZZZ"), "12\u00a0ZZZ")
	same(en.Bytes(999), "999 B")
	same(en.Bytes(1234), "1.2 kB")
	same(en.Bytes(5_000_000_000), "5.0 GB")
	same(en.List([]string{"a", "b", "c"}), "a, b and c")
}

func TestTimes(t *testing.T) {
	en, zh := printers(t)
	same := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	then := time.Date(2026, 11, 16, 9, 12, 4, 0, time.UTC)
	same(en.Instant(then), "16 Nov 09:12")
	same(zh.Instant(then), "11月16日 17:12")
	same(en.Stamp(then), "16 Nov 09:12:04")
	same(en.Instant(then.AddDate(-1, 0, 0)), "16 Nov 2025 09:12")
	same(zh.Instant(then.AddDate(-1, 0, 0)), "2025年11月16日 17:12")
	same(en.Instant(time.Time{}), "–")
	same(en.Date("2026-11-30"), "30 Nov")
	same(en.Date("2027-01-02"), "2 Jan 2027")
	same(zh.Date("2026-11-30"), "11月30日")
	same(en.Date("31.11."), "31.11.")
	for _, c := range []struct {
		p                        *Printer
		from, until, first, last string
	}{
		{en, "2024-11-03", "2024-11-30", "3 Nov", "30 Nov 2024"},
		{zh, "2024-11-03", "2024-11-30", "2024年11月3日", "11月30日"},
		{en, "2024-11-03", "2025-01-04", "3 Nov 2024", "4 Jan 2025"},
		{en, "2026-11-03", "2026-11-30", "3 Nov", "30 Nov"},
		{en, "2024-11-03", "", "3 Nov 2024", "–"},
		{zh, "2024-11-03", "2024-11-03", "2024年11月3日", "2024年11月3日"},
	} {
		first, last := c.p.Span(c.from, c.until)
		same(first, c.first)
		same(last, c.last)
	}
	same(en.Day(then), "Monday 16 November")
	same(zh.Day(then), "11月16日 星期一")
	same(en.Moment(now.Add(-time.Hour)), "09:32")
	same(en.Moment(then.AddDate(0, 0, 5)), "Sat 09:12")
	same(en.Moment(then), "16 Nov")
	// the day of the reader decides, not the day of UTC
	same(zh.Moment(time.Date(2026, 11, 23, 17, 0, 0, 0, time.UTC)), "01:00")
	same(en.Duration(400*time.Millisecond), "400 ms")
	same(en.Duration(38*time.Second), "38 s")
	same(en.Duration(160*time.Minute), "2 h 40 min")
	same(en.Duration(27*time.Hour), "1 d 3 h")
	same(zh.Duration(160*time.Minute), "2 小时 40 分钟")
	same(en.Left(now.Add(160*time.Minute)), "2 h 40 min left")
	same(en.Left(now.Add(-18*time.Minute)), "18 min late")
	same(en.Relative(now.Add(-5*time.Minute)), "5 min ago")
	same(en.Relative(now.Add(10*time.Second)), "just now")
	same(en.N("home.needs", 1), "1 thing needs you.")
	same(en.N("home.needs", 1200), "1,200 things need you.")
	same(zh.N("home.needs", 1), "有 1 件事等您处理。")
}

// What a network says of an interchange (TA3) is told in words, also what it says by a code
// that nobody knows.
func TestNoticeWords(t *testing.T) {
	for _, c := range []struct {
		lang  Language
		facts map[string]string
		want  string
	}{
		{"en", map[string]string{"Control": "000000911", "Action": "DL", "Error": "000", "Date": "20261122", "Time": "0915"}, "The network says of interchange 000000911: delivered to the receiver’s mailbox · 2026-11-22 09:15. "},
		{"en", map[string]string{"Control": "911", "Action": "RJ", "Error": "020", "Date": "261122", "Time": "09"}, "The network says of interchange 911: refused by the network · control number used before. "},
		{"zh-CN", map[string]string{"Control": "911", "Action": "QQ"}, "网络就交换 911 回报：代码 QQ。"},
		{"en", map[string]string{}, "A network reports"},
	} {
		p := New(c.lang, nil, time.Now())
		c.facts["Value"] = "TA3*ZZ"
		if got := Finding(p, "interchange.notice", c.facts); !strings.HasPrefix(got, c.want) {
			t.Errorf("%v: %q", c.facts, got)
		}
	}
}

// What a refused file is instead of EDI is said at each door in the words of its reader.
func TestRefused(t *testing.T) {
	en, zh := printers(t)
	for _, p := range []*Printer{en, zh} {
		for key, args := range map[string]map[string]any{
			"edi.not_edi":            nil,
			"edi.error.utf16":        {"Rule": "utf16"},
			"edi.error.not_edi.case": {"Rule": "not_edi.case", "Value": "isa"},
			"edi.error.junk":         {"Rule": "junk", "Value": "Kind regards"},
		} {
			if got := Refused(p, "edi.not_edi", args); got != key || !Has(p.Language(), got) {
				t.Errorf("%v: %s", args, got)
			}
		}
		if got := Refused(p, "edi.not_edi", map[string]any{"Rule": "nobody.knows"}); got != "edi.not_edi" {
			t.Error(got)
		}
		if got := Refused(p, "edi.too_large", map[string]any{"Rule": "utf16"}); got != "edi.too_large" {
			t.Error(got)
		}
	}
}

// What is kept as text in a notice is written as the language does; what only looks like it is not.
func TestStoredValues(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	for lang, want := range map[Language]string{
		English: "Aurelia lowers prices on 28 Nov: £5,000.00 on your stock wait for your yes until 12 Jan 2027",
		Chinese: "Aurelia 自 11月28日 起降价：您的库存可获 £5,000.00，请于 2027年1月12日 前确认",
	} {
		got := New(lang, time.UTC, at).T("notice.protect.proposed", "partner", "Aurelia", "date", "2026-11-28", "amount", "5000.00 GBP", "by", "2027-01-12")
		if got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
	p := New(English, time.UTC, at)
	for _, text := range []string{"PO 123", "12 ABCD", "- GBP", "x GBP", "2026-13-01", "4500187619", "3 gbp"} {
		if got := p.value(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// TestTextsAreHeldOnce: what is written without the template engine is not held by it too.
func TestTextsAreHeldOnce(t *testing.T) {
	plain, other := 0, 0
	for _, lang := range Languages() {
		for _, key := range Keys(lang) {
			_, simple := bundle().simple[lang][key]
			_, err := bundle().localizers[lang].Localize(&i18n.LocalizeConfig{MessageID: key, PluralCount: 2, TemplateData: map[string]any{}})
			var none *i18n.MessageNotFoundErr
			if simple != errors.As(err, &none) {
				t.Errorf("%s %s: simple %v, %v", lang, key, simple, err)
			}
			if simple {
				plain++
			} else {
				other++
			}
		}
	}
	if plain < 10*other || other == 0 {
		t.Errorf("%d texts are simple, %d are not", plain, other)
	}
}

// TestSpaces: one space stands between Chinese and Latin whatever company a text names, and none inside Chinese.
func TestSpaces(t *testing.T) {
	for _, c := range []struct{ text, name, value, want string }{
		{"由 {{.company}} 确认", "company", "Kestrel Supply", "由 Kestrel Supply 确认"},
		{"由 {{.company}} 确认", "company", "华东五金", "由华东五金确认"},
		{"{{.company}}的单据发给{{.company}}", "company", "Aurelia Tools", "Aurelia Tools 的单据发给 Aurelia Tools"},
		{"{{.company}}，请查看", "company", "Aurelia Tools", "Aurelia Tools，请查看"},
		{"促销 {{.title}} 已开始", "title", "秋季电钻", "促销 秋季电钻 已开始"},
		{"还剩{{.n}}天", "n", "3", "还剩 3 天"},
		{"由 {{.company}} 确认", "company", "", "由  确认"},
	} {
		m, ok := compile(c.text)
		if !ok {
			t.Fatal(c.text)
		}
		m.spaced = true
		if got := m.write([]any{c.name, c.value}); got != c.want {
			t.Errorf("%s with %q is %q, want %q", c.text, c.value, got, c.want)
		}
	}
	zh := New(Chinese, time.UTC, now)
	if got := zh.T("date.short", "m", 11, "day", 3); got != "11月3日" {
		t.Errorf("a date is %q", got)
	}
}
