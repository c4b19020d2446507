package mail

import (
	"strings"
	"testing"
	"time"

	"entente/portal/locale"
)

// TestNoticePage: the page of a mail says what its text says, with links in words; what a partner wrote is text.
func TestNoticePage(t *testing.T) {
	for _, c := range []struct {
		lang                locale.Language
		at, answer, link, o string
	}{
		{locale.English, "Accept or decline without signing in:", "Accept or decline without signing in", "Open in the portal", "Answer above this line"},
		{locale.Chinese, "无需登录即可接受或婉拒：", "无需登录即可接受或婉拒", "在门户中打开", "请在此行上方回复"},
	} {
		mark := "##- " + c.o + " -##"
		words := locale.New(c.lang, time.UTC, time.Now())
		page, err := asPage(words, "Two", "Kestrel & Sons", mark, []string{mark, "", "Hello Maya,", "", "• Lead <b>L-9</b> was offered", "  You are its owner", "  https://p.example/c/kestrel/leads/offers/1", "  " + c.at + " https://p.example/answer/abc", "",
			"• Ingrid wrote", saidMark + "see <script>", saidMark + "thank you", "  " + words.T("mail.reply.at") + " reply+1@p.example", "", "--", "Why.", "Stop: https://p.example/answer/stop"})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{mark, "Kestrel &amp; Sons", "Lead &lt;b&gt;L-9&lt;/b&gt;", "see &lt;script&gt;", `href="https://p.example/answer/abc"`, ">" + c.answer + "</a>", `href="https://p.example/c/kestrel/leads/offers/1"`, ">" + c.link + "</a>", `href="mailto:reply&#43;1@p.example"`, `href="https://p.example/answer/stop"`, "prefers-color-scheme:dark"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: no %q in\n%s", c.lang, want, page)
			}
		}
		if strings.Contains(page, "⟦") || strings.Contains(page, "<script>") || strings.Contains(page, ">https://") || strings.Count(page, mark) != 1 {
			t.Errorf("%s:\n%s", c.lang, page)
		}
	}
}
