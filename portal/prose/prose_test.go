package prose

import (
	"html"
	"net/url"
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

// hostile are addresses as they are typed to lead elsewhere than they seem to, or to run:
// none may become a link. In a room they stay words as well (TestSaid of portal/web).
var hostile = []string{
	"javascript:alert(1)", "JAVASCRIPT:alert(1)", "java\tscript:alert(1)", "\x01javascript:alert(1)", "javascript&colon;alert(1)", "vbscript:msgbox(1)",
	"data:text/html,<script>alert(1)</script>", "data:text/html;base64,PHNjcmlwdD4=", "data:image/svg+xml,<svg/onload=alert(1)>", "blob:https://a.example/1", "filesystem:https://a.example/t",
	"file:///etc/passwd", "about:blank", "ws://a.example", "ftp://a.example/x", "//evil.example", "///evil.example", `\\evil.example`, "/signout", "?x=1", "#x", "https:evil.example", "https:/evil.example", "http://",
	"https://entente.example@evil.example/", "https://entente.example%40evil.example@evil.example/", "https://a:b@evil.example/", "https://@evil.example/", `https://entente.example\@evil.example/`, `https:\\evil.example`,
	"https://a.example/\u202egpj.exe", "https://a.ex\u200bample/", "https://a.example/\u2066x\u2069", "https://\ufeffa.example/", "https://a.example/\u00adx", "https://a.example:99999x/", "https://[::1", "mailto:a@b.example\u202e",
}

// TestHostileLinks: none of them is a link, written as Markdown, as an address between
// brackets, as a picture, by reference or alone; what is a link says where it leads.
func TestHostileLinks(t *testing.T) {
	t.Parallel()
	href := regexp.MustCompile(`href="([^"]*)"`)
	for _, to := range hostile {
		for _, in := range []string{"[x](" + to + ")", "[x](<" + to + ">)", "![x](" + to + ")", "[x][1]\n\n[1]: " + to, "<" + to + ">"} {
			out := string(Render(in))
			for _, m := range href.FindAllStringSubmatch(out, -1) {
				if u, err := url.Parse(html.UnescapeString(m[1])); err != nil || u.User != nil || u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "mailto" || u.Scheme != "mailto" && u.Host == "" || strings.ContainsFunc(m[1], unseen) {
					t.Errorf("%q leads to %q: %s", in, m[1], out)
				}
			}
			if tag.MatchString(out) {
				t.Errorf("%q becomes %s", in, out)
			}
		}
	}
	for in, want := range map[string]string{ // a name in other letters is a link to what stands there
		"[x](https://xn--80ak6aa92e.com/)": "https://xn--80ak6aa92e.com/", "[x](https://bücher.example/ü?q=1&b=2)": "https://b%C3%BCcher.example/%C3%BC?q=1&amp;b=2", "[x](mailto:a@b.example)": "mailto:a@b.example",
	} {
		if m := href.FindStringSubmatch(string(Render(in))); m == nil || m[1] != want {
			t.Errorf("%q leads to %v", in, m)
		}
	}
}

// FuzzRender: whatever is typed, nothing of it runs and nothing panics.
func FuzzRender(f *testing.F) {
	for _, s := range []string{"# a", "[x](javascript:x)", "<b>", "![a](b)", "|a|b|\n|-|-|\n|c|d|", "> - a", "~~x~~", "\x00\xff"} {
		f.Add(s)
	}
	for _, to := range hostile {
		f.Add("[x](" + to + ") <" + to + "> ![y](" + to + ") " + to)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if out := string(Render(in)); tag.MatchString(out) {
			t.Errorf("%q becomes %s", in, out)
		}
	})
}
