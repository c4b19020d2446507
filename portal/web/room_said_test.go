package web

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"entente/chat/room"
	"entente/portal/view"
)

// TestSaid: the pieces of a text are the text, and a name is where the rooms found it.
func TestSaid(t *testing.T) {
	t.Parallel()
	named := []room.Mention{{Name: "Al"}, {Name: "Al Gore"}, {Name: "İpek"}}
	for text, want := range map[string]string{
		"":                              "",
		"@al gore, see x@al.example":    "[@al gore], see x@al.example",
		"İİ @İpek\n@Almanac":            "İİ [@İpek]\n@Almanac",
		"(https://a.example/@Al) @Al.":  "(<https://a.example/@Al>) [@Al].",
		"http:// is none, javascript:1": "http:// is none, javascript:1",
		"https://entente.example@evil.example/c https://a:b@c.example https://@c.example": "https://entente.example@evil.example/c https://a:b@c.example https://@c.example",
		"https://a.example/\u202egpj.exe https://a.ex\u200bample":                         "https://a.example/\u202egpj.exe https://a.ex\u200bample",
		"https://a.example\\@evil.example data:text/html,1 https://a.example:99999x/":     "https://a.example\\@evil.example data:text/html,1 https://a.example:99999x/",
		"https://a.example/@b?c=@d": "<https://a.example/@b?c=@d>",
	} {
		var got, all strings.Builder
		for _, p := range said(text, named) {
			all.WriteString(p.Text)
			switch {
			case p.Mention:
				got.WriteString("[" + p.Text + "]")
			case p.URL != "":
				got.WriteString("<" + p.URL + ">")
			default:
				got.WriteString(p.Text)
			}
		}
		if got.String() != want || all.String() != text {
			t.Errorf("%q is %q, want %q", text, got.String(), want)
		}
	}
}

// FuzzSaid: the pieces of whatever is typed are the text; a link is an address of the web that
// leads where it seems to, and a piece has one meaning.
func FuzzSaid(f *testing.F) {
	for _, s := range []string{"", "@Al https://a.example", "javascript:alert(1) data:text/html,1 //evil.example \\\\evil", "https://a:b@c.example https://@c.example https://a.example@evil.example",
		"https://a.example/\u202egpj.exe https://a.ex\u200bample https://\ufeffa.example", "https://xn--80ak6aa92e.com/ https://bücher.example", "http://[::1]:1/ http://[::1 https://a.example:99999x/", "（https://a.example/甲）。https://b.example，", "https://a.example\\@evil.example \x00https://a\xff.example"} {
		f.Add(s)
	}
	named := []room.Mention{{Name: "Al"}, {Name: "Al Gore"}}
	f.Fuzz(func(t *testing.T, text string) {
		var all strings.Builder
		for _, p := range said(text, named) {
			all.WriteString(p.Text)
			if p.URL == "" {
				continue
			}
			u, err := url.Parse(p.URL)
			if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.ContainsFunc(p.URL, unseen) || p.URL != p.Text || p.Mention {
				t.Errorf("%q has the link %+v", text, p)
			}
		}
		if all.String() != text {
			t.Errorf("%q is told as %q", text, all.String())
		}
	})
}

// TestQuote: an answer quotes what it answers; what answers a line of the system leads
// nowhere.
func TestQuote(t *testing.T) {
	t.Parallel()
	asked := room.Message{Seq: 2, Kind: room.Said, From: room.Author{Name: "Al"}, Text: "when?\nsay"}
	lines := []room.Message{{Seq: 1, Kind: room.Event}, asked, {Seq: 3, Thread: 2}, {Seq: 4, Thread: 1}}
	shown := []view.Message{{Seq: 2}, {Seq: 3}, {Seq: 4}}
	quote(shown, lines, map[int64]room.Message{2: asked}, func(seq int64) string { return strconv.FormatInt(seq, 10) })
	if q := shown[1].Quote; q == nil || *q != (view.Quote{Name: "Al", Text: "when? say", URL: "2"}) {
		t.Errorf("%+v", q)
	}
	if shown[0].Quote != nil || shown[2].Quote != nil {
		t.Errorf("%+v %+v", shown[0].Quote, shown[2].Quote)
	}
}
