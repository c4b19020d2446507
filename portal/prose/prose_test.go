package prose

import (
	"regexp"
	"strings"
	"testing"
)

// tag finds what a browser would take for a tag with something that runs or is fetched.
var tag = regexp.MustCompile(`(?i)<(script|img|iframe|object|embed|svg|style|form|input|meta|link|base|audio|video|math)\b|<[^>]+\son\w+\s*=|href="(?:[^"]*(?:javascript|vbscript|data|file):|//)`)

// TestNothingOfTheirsRuns: the usual ways to get a script, a picture or a frame in.
func TestNothingOfTheirsRuns(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		`<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `[x](javascript:alert(1))`, `[x](JaVaScRiPt:alert(1))`, "[x](java\nscript:alert(1))", `[x](&#106;avascript:alert(1))`,
		`[x](data:text/html;base64,PHNjcmlwdD4=)`, `![x](https://tracker.example/p.png)`, `![x](data:image/svg+xml;base64,AA)`, `<javascript:alert(1)>`, `[x](vbscript:x)`, `[x](file:///etc/passwd)`,
		`[x]: javascript:alert(1)` + "\n\n[x]", `<a href="javascript:alert(1)">x</a>`, `<iframe src="https://x.example"></iframe>`, `[a](https://x.example "onmouseover=alert(1)")`, "`<script>`", "```html\n<script>alert(1)</script>\n```",
		`<svg/onload=alert(1)>`, `[x](//evil.example)`, `[x](/signout)`, `<style>*{display:none}</style>`, `<base href="https://x.example">`, "<!-- <script> -->", `<details open ontoggle=alert(1)>`, `**<b onclick=x>**`,
		`| a | <img src=x onerror=x> |` + "\n|---|---|\n| x | y |", strings.Repeat("> ", 5000) + "deep", strings.Repeat("[", 5000), strings.Repeat("*", 5000), strings.Repeat("- ", 3000),
	} {
		if out := string(Render(in)); tag.MatchString(out) {
			t.Errorf("%.80q becomes %.300s", in, out)
		}
	}
}

func TestWhatPeopleWrite(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"# Title":                      "<h3>Title</h3>",
		"**bold** and `code`":          "<p><strong>bold</strong> and <code>code</code></p>",
		"[a](https://x.example/y)":     `<p><a href="https://x.example/y" rel="nofollow noopener noreferrer">a</a></p>`,
		"see https://x.example/y now":  `<p>see <a href="https://x.example/y" rel="nofollow noopener noreferrer">https://x.example/y</a> now</p>`,
		"![plan](https://x.example/p)": `<p><a href="https://x.example/p" rel="nofollow noopener noreferrer">plan</a></p>`,
		"[x](javascript:alert(1))":     "<p><em>x</em></p>",
		"DTM*064*20261202~ 不早于":        "<p>DTM<em>064</em>20261202~ 不早于</p>",
		"```\nDTM*064~\n```":           "<pre><code>DTM*064~\n</code></pre>",
		"a < b & c":                    "<p>a &lt; b &amp; c</p>",
	} {
		if got := strings.TrimSpace(string(Render(in))); got != want {
			t.Errorf("%q becomes %s, want %s", in, got, want)
		}
	}
}

// TestWhatCostsMuch: a text that would cost far more to render than it took to type is
// shown as typed; what looks alike and costs nothing is rendered.
func TestWhatCostsMuch(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"short rows of a wide table": strings.Repeat("|a", 1000) + "\n" + strings.Repeat("|-", 1000) + "\n" + strings.Repeat("|\n", 6000),
		"many wide tables":           strings.Repeat(strings.Repeat("|a", 50)+"\n"+strings.Repeat("|-", 50)+"\n"+strings.Repeat("|\n", 50)+"\n", 5),
		"a table in a quote":         "> " + strings.Repeat("|a", 200) + "\n> " + strings.Repeat("|-", 200) + "\n" + strings.Repeat("> |\n", 200),
		"numbers in one another":     strings.Repeat("1. ", 13) + "a",
		"numbers and quotes":         strings.Repeat("1)\t> ", 7) + "a",
		"signs in one another":       strings.Repeat("- ", 13) + "a",
		"links never ended":          strings.Repeat("[a](", 3000),
		"too long":                   strings.Repeat("字", longest+1),
	} {
		if out := string(Render(in)); !strings.HasPrefix(out, "<pre>") {
			t.Errorf("%s: %d characters become %d: %.80s", name, len(in), len(out), out)
		}
	}
	rows := "| a | b | c |\n|---|---|---|\n" + strings.Repeat("| 1 | 2 | 3 |\n", 1000)
	for in, want := range map[string]string{
		"Title\n--------------------": "<h4>", "above\n\n****************\n": "<hr>", "a | b\n---------------- | ---": "<table>", rows: "<table>", strings.Repeat("字", longest): "<p>",
		"**bold** -+-+-+-+-+-+-+-+-": "<p>", "2026.01.02.03.04.05.06.07.08.09.10.11.12": "<p>", strings.Repeat("> ", 12) + "a": "<blockquote>", strings.Repeat("a | b\n", 900): "<p>",
	} {
		if out := string(Render(in)); !strings.Contains(out, want) || strings.HasPrefix(out, "<pre>") {
			t.Errorf("%.40q becomes %.80s", in, out)
		}
	}
}

// FuzzRender: whatever is typed, nothing of it runs and nothing panics.
func FuzzRender(f *testing.F) {
	for _, s := range []string{"# a", "[x](javascript:x)", "<b>", "![a](b)", "|a|b|\n|-|-|\n|c|d|", "> - a", "~~x~~", "\x00\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if out := string(Render(in)); tag.MatchString(out) {
			t.Errorf("%q becomes %s", in, out)
		}
	})
}
