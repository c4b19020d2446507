package web

import (
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
