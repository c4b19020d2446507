package browser

import (
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// promoTitle is the promotion of the run; nothing else carries it.
const promoTitle = "工地亮灯周"

// TestPromotion: Ingrid, in English, builds a promotion with two distributors by clicking,
// reads it back, sees what it would have cost, and sends it. Chen, in Chinese on a
// telephone, joins, compares what changed, approves, orders under it, brings the proof with
// the claim and reads what it earned. For Maya, in English on a telephone, Wen decides in
// Chinese. Neither distributor finds anything of the other.
func TestPromotion(t *testing.T) {
	ingrid := promoter(t, right, "ingrid@aurelia.example", "en", Looks[0])
	open(t, ingrid, "/c/aurelia/promotions/new")
	part := func(company string) string {
		return strings.TrimSuffix(read[string](t, ingrid, `[...document.querySelectorAll(".pf-part")].find((e) => e.querySelector("legend").innerText.includes(`+quote(company)+`)).querySelector("select").name`), "role")
	}
	huadong, kestrel := part("华东五金"), part("Kestrel")
	must(t, ingrid.Fill("[name=title]", promoTitle), ingrid.Click(`[name=families][value=lighting]`), ingrid.Click("#items > summary"), ingrid.Click(`[name=pick][value="AUR-LL3"]`))
	must(t, ingrid.Has("[name=percent]"), ingrid.Run(chosen("[name=settle]", "bill_back")), ingrid.Fill("[name=percent]", "10"))
	if hidden := read[bool](t, ingrid, `["buy", "tiers", `+quote(huadong+"share")+`].every((n) => document.querySelector('[name="' + n + '"]').getClientRects().length === 0)`); !hidden {
		t.Error("the builder asks for what the terms do not have")
	}
	// a day before and a month on: the run may fall on midnight anywhere
	day := func(days int) string { return time.Now().UTC().AddDate(0, 0, days).Format(time.DateOnly) }
	must(t, ingrid.Fill("[name=from]", day(-2)), ingrid.Fill("[name=until]", day(30)), ingrid.Fill("[name=claim_by]", day(60)), ingrid.Fill("[name=proof]", "陈列照片"), ingrid.Fill("[name=share]", "2000"))
	for at, share := range map[string]string{huadong: "7654", kestrel: "876"} {
		must(t, ingrid.Run(chosen(`[name="`+at+`role"]`, "participant")), ingrid.Fill(`[name="`+at+`share"]`, share), ingrid.Fill(`[name="`+at+`target"]`, "200"))
	}
	must(t, ingrid.Fill(`[name="`+huadong+`rate"]`, "9.25"))
	must(t, ingrid.Leave("[name=preview]"), ingrid.Says("#said", "10%"), ingrid.Says("#said", "AUR-LL3"), ingrid.Says("#said", "orders"))
	picture(t, ingrid, "promo-builder", Looks[0])
	picture(t, ingrid, "promo-builder-dark", Looks[1])
	picture(t, ingrid, "promo-builder-phone", Looks[2])
	must(t, ingrid.Show(Looks[0]), ingrid.Leave("form.pf .btn-primary"), ingrid.Says("h1", promoTitle), ingrid.Leave("#send .btn-primary"), ingrid.Says("h1 .st", "approval"))
	id := read[string](t, ingrid, `location.pathname.split("/").pop()`)
	number := read[string](t, ingrid, `document.querySelector(".e-title .sub .num").innerText`)

	began := time.Now()
	chen := promoter(t, left, "chen@huadong.example", "zh-CN", Looks[2])
	open(t, chen, "/c/huadong/promotions")
	mine := "/c/huadong/promotions/" + id
	must(t, chen.Leave(`#list a[href="`+mine+`"]`), chen.Says("#main", "10%"), chen.Says("#main", "7,654"))
	asked := time.Since(began)

	// the terms change before anybody agreed: each sees its own difference
	must(t, ingrid.Leave(`a[href$="/edit"]`), ingrid.Fill("[name=percent]", "12"), ingrid.Fill(`[name="`+huadong+`share"]`, "5432"), ingrid.Leave("form.pf .btn-primary"), ingrid.Fill("[name=note]", "陈列费用由我们多出一些。"), ingrid.Leave("#send .btn-primary"))
	picture(t, ingrid, "promo-sent", Looks[0])
	began = time.Now()
	chen.Quiet(true) // the browser notes the 409
	must(t, chen.Leave("#answer .btn-primary"), chen.Says("[role=alert]", "条款"))
	chen.Quiet(false)
	open(t, chen, mine)
	must(t, chen.Says("#main", "自第 1 版以来的变更"), chen.Says("ins", "12%"), chen.Says("#answer", "陈列费用由我们多出一些。"))
	fits(t, chen, "a promotion that waits for an answer")
	picture(t, chen, "promo-answer-phone", Looks[2])
	must(t, chen.Leave("#answer .btn-primary"), chen.Says("#main", "已同意"))
	joined := time.Since(began)

	third, err := Launch()
	must(t, err)
	t.Cleanup(third.Close)
	maya := promoter(t, third, "maya@kestrel.example", "en", Looks[2])
	theirs := "/c/kestrel/promotions/" + id
	open(t, maya, "/c/kestrel/promotions?view=list")
	must(t, maya.Leave(`#list a[href="`+theirs+`"]`), maya.Says("#main", "12%"), maya.Leave("#answer .btn-primary"), maya.Says("h1 .st", "Running"))
	picture(t, maya, "promo-running-phone-dark", Looks[3])
	must(t, maya.Show(Looks[2]))

	// what each sells under it
	proof := filepath.Join(t.TempDir(), "display.png")
	must(t, os.WriteFile(proof, dot, 0o600))
	earn := func(p, boss *Page, mine, po, units string, total time.Duration, words [4]string) (claim, sum string) {
		t.Helper()
		slug := strings.Split(mine, "/")[2]
		open(t, p, mine)
		must(t, p.Leave(`.only-m a[href*="promo="]`))
		if got := read[string](t, p, `document.querySelector("[name=promo]").value`); got != number {
			t.Errorf("the order names %q, the promotion is %q", got, number)
		}
		must(t, p.Fill("[name=po]", po), p.Fill("[name=requested]", day(14)), p.Fill(`[name="line.0.sku"]`, "AUR-WL20"), p.Fill(`[name="line.0.quantity"]`, units))
		for name, value := range map[string]string{"ship_name": "1", "ship_street": "1 Quay", "ship_city": "Leeds", "ship_postcode": "LS1 4AP"} {
			must(t, p.Fill("[name="+name+"]", value))
		}
		must(t, p.Click("#order-form .row-x > .btn-primary"), p.Says("h1", po))
		order := "/c/aurelia/orders/" + read[string](t, p, `location.pathname.split("/").pop()`)
		for _, step := range []string{"confirm", "ship"} {
			open(t, boss, order+"/"+step)
			must(t, boss.Click("#work .e-card-f .btn-primary"), boss.Until(backAtOrder))
		}
		open(t, boss, order+"/invoice")
		price, _ := new(big.Rat).SetString(read[string](t, boss, `document.querySelector('[name^="line."][name$=".price"]').value`))
		must(t, boss.Fill("[name=number]", "INV-"+po), boss.Click("#work .e-card-f .btn-primary"), boss.Until(backAtOrder))
		n, _ := new(big.Rat).SetString(units)
		sum = new(big.Rat).Mul(new(big.Rat).Mul(price, n), big.NewRat(12, 100)).FloatString(2)

		began := time.Now()
		open(t, p, mine)
		must(t, p.Leave(`a[href="`+mine+`/results"]`), p.Until(`document.querySelector("#claim .btn-primary") || location.reload()`), p.Says("#claim", digits(sum)))
		checks := func(what string) {
			if wide(t, p); p == chen {
				fits(t, p, what)
			}
		}
		checks("the results of a participant")
		picture(t, p, "promo-claim-phone-"+slug, Looks[2])
		must(t, p.Leave("#claim .btn-primary"), p.Has("[name=send]"))
		picture(t, p, "claim-proof-phone-"+slug, Looks[2])
		must(t, p.Run(chromedp.SetUploadFiles("#files [name=file]", []string{proof})), p.Leave("[name=send]"), p.Says("h1 .st", words[0]))
		checks("a claim")
		claim = read[string](t, p, `location.pathname.split("/").pop()`)
		t.Logf("%s: read in %s, joined in %s, claimed with its proof in %s of the machine's time", slug, asked.Round(time.Millisecond), total.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))

		open(t, boss, "/c/aurelia/funds/claims")
		must(t, boss.Leave(`#rows a[href$="`+claim+`"]`), boss.Says("#files", "display.png"))
		picture(t, boss, "claim-decide-"+slug, Looks[0])
		must(t, boss.Leave(`form[action$="/proof"] [value=accepted]`))
		picture(t, boss, "claim-looked-"+slug, Looks[0])
		must(t, boss.Leave(`form[action$="/decide"] .btn-primary`), boss.Says("h1 .st", words[1]))
		if boss == ingrid { // Wen sells, and books nothing
			must(t, boss.Fill("[name=reference]", "CN-"+po), boss.Leave(`form[action$="/settle"] .btn-primary`), boss.Says("#settle", "CN-"+po))
		}
		open(t, p, "/c/"+slug+"/funds/claims/"+claim)
		must(t, p.Says("h1 .st", words[2]), p.Says("#lines", digits(sum)))
		open(t, p, mine+"/results")
		must(t, p.Says("#main", digits(sum)))
		open(t, p, "/c/"+slug+"/funds")
		must(t, p.Says("#main", words[3]), p.Says("#main", promoTitle))
		checks("what it earned")
		picture(t, p, "promo-earned-phone-"+slug, Looks[2])
		return claim, sum
	}
	first, sum := earn(chen, ingrid, mine, "HD-LIGHT-1", "16", joined, [4]string{"已提交", "Approved", "已结算", "已获得"})
	wen := promoter(t, right, "wen@aurelia.example", "zh-CN", Looks[0])
	second, other := earn(maya, wen, theirs, "KS-LIGHT-1", "24", 0, [4]string{"Sent", "已批准", "Approved", "Earned"})
	open(t, wen, "/c/aurelia/promotions/"+id+"/results")
	must(t, wen.Says("#main", "Kestrel"), wen.Says("#main", "华东五金"))
	picture(t, wen, "promo-results", Looks[0])

	// neither sees the other: no name, no money, no order, nothing of its claim
	for _, x := range []struct {
		p                   *Page
		slug, claim, theirs string
		never               []string
	}{{maya, "kestrel", second, first, []string{"华东", "Huadong", "HD-LIGHT", "5,432", "7,654", "CNY", digits(sum)}}, {chen, "huadong", first, second, []string{"Kestrel", "KS-LIGHT", "876", "GBP", digits(other)}}} {
		here := "/c/" + x.slug
		for _, at := range []string{"/promotions/" + id, "/promotions/" + id + "/results", "/promotions/" + id + "/landing", "/promotions?view=list", "/promotions?view=calendar", "/funds", "/funds/claims", "/funds/claims/" + x.claim} {
			open(t, x.p, here+at)
			body := read[string](t, x.p, `document.querySelector("#main").innerHTML`)
			for _, word := range x.never {
				if tells(body, word) {
					t.Errorf("%s%s tells %q of the other one", here, at, word)
				}
			}
		}
		if got := read[int](t, x.p, `(() => { const x = new XMLHttpRequest(); x.open("GET", `+quote(here+"/promotions/"+id+"/results?partner=")+` + `+quote(kestrel+huadong)+`, false); x.send(); return x.status })()`); got != 200 {
			t.Errorf("%s asks for another's part: %d", x.slug, got)
		}
		x.p.Quiet(true) // the browser notes the 404
		if status, err := x.p.Go(server.URL + here + "/funds/claims/" + x.theirs); err != nil || status != 404 {
			t.Errorf("%s opens the other's claim: %d %v", x.slug, status, err)
		}
		x.p.Quiet(false)
	}
}

// promoter is somebody in a tab who speaks a language.
func promoter(t *testing.T, c *Chrome, email, language string, l Look) *Page {
	t.Helper()
	p := as(t, c, email)
	must(t, p.Size(l.Width, l.Height, l.Scale()), p.Speak(language))
	return p
}

// tells says that a page holds a word; a number only as one, since an id may hold its digits.
func tells(body, word string) bool {
	if strings.Trim(word, "0123456789.,") != "" {
		return strings.Contains(body, word)
	}
	return regexp.MustCompile(`(^|[^\w.,])` + regexp.QuoteMeta(word) + `($|\W)`).MatchString(body)
}

// digits is a sum as pages write it.
func digits(s string) string {
	whole, rest, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return fmt.Sprintf("%s.%s", whole, rest)
}

// dot is a picture of one pixel.
var dot = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82")

// TestPromoBoardByKeyboard: Ingrid in English and Wen in Chinese go over the board with the
// keyboard alone: from column to column and card to card, open the moves of a card, leave
// them, take one, and open a card.
func TestPromoBoardByKeyboard(t *testing.T) {
	for email, language := range map[string]string{"ingrid@aurelia.example": "en", "wen@aurelia.example": "zh-CN"} {
		t.Run(language, func(t *testing.T) {
			p := promoter(t, left, email, language, Looks[0])
			open(t, p, "/c/aurelia/promotions")
			press := func(key string) { t.Helper(); must(t, p.Run(chromedp.KeyEvent(key))) }
			in := func(column string) {
				t.Helper()
				must(t, p.Until(`document.activeElement.closest("[data-row]") && document.activeElement.closest("[data-column]").dataset.column === `+quote(column)))
			}
			columns := read[[]string](t, p, `[...document.querySelectorAll("[data-board] [data-column]")].filter((c) => c.querySelector("[data-row]")).map((c) => c.dataset.column)`)
			if len(columns) < 3 {
				t.Fatalf("cards in %v alone", columns)
			}
			for _, c := range columns[:3] {
				press(kb.ArrowRight)
				in(c)
			}
			press(kb.ArrowLeft)
			in(columns[1])
			press("k") // the card before it is the last of the column before
			in(columns[0])
			press("j")
			in(columns[1])
			for range read[int](t, p, `document.querySelectorAll("[data-row]").length`) { // to a card that can be moved
				if read[bool](t, p, `!!document.activeElement.closest("[data-row]").querySelector("[data-moves]")`) {
					break
				}
				press("j")
			}
			card := read[string](t, p, `new URL(document.activeElement.href).pathname`)
			press("m")
			must(t, p.Until(`document.activeElement.matches("[data-moves][open] .o")`))
			press("\u001b")
			must(t, p.Until(`!document.querySelector("[data-moves][open]") && document.activeElement.matches("[data-moves] > summary")`))
			press("m")
			must(t, p.Until(`document.activeElement.matches("[data-moves][open] .o")`))
			press("\r")
			must(t, p.Until(`location.pathname.startsWith(`+quote(card)+`) && location.hash.length > 1 && !!document.querySelector(location.hash)`))
			open(t, p, "/c/aurelia/promotions")
			press(kb.ArrowRight)
			in(columns[0])
			card = read[string](t, p, `new URL(document.activeElement.href).pathname`)
			press("\r")
			must(t, p.Until(`location.pathname === `+quote(card)))
			open(t, p, "/c/aurelia/promotions")
			wide(t, p)
			if language != "en" {
				must(t, p.Says(".e-board-say", "方向键"))
			}
		})
	}
}

// TestSettleWithoutReports: a month of Kestrel's reports is missing in the window of a
// promotion that is over. Ingrid asks for it from the results, is refused by its name, and
// settles with a reason; Maya reads the reason and her own month. The page of each one's
// partner has the figures of the statement.
func TestSettleWithoutReports(t *testing.T) {
	ingrid := promoter(t, left, "ingrid@aurelia.example", "en", Looks[0])
	open(t, ingrid, "/c/aurelia/promotions?view=list&q=Autumn")
	must(t, ingrid.Leave("#rows a.plain"))
	path := read[string](t, ingrid, `location.pathname`)
	open(t, ingrid, path+"/results")
	must(t, ingrid.Says("#reports", "Kestrel Supply"), ingrid.Says("#reports", "Missing"), ingrid.Says("#settle", "Kestrel Supply"))
	must(t, ingrid.Leave(`#reports form .btn`), ingrid.Until(`location.pathname === `+quote(path+"/results")), ingrid.Says("#reports", "reminded"))
	const reason = "The branch was closed in that month."
	ingrid.Quiet(true) // 409
	must(t, ingrid.Fill("#settle [name=reason]", "  "), ingrid.Leave("#settle .btn"), ingrid.Says("#settle", "Not settled"), ingrid.Says("#settle", "Kestrel Supply"))
	ingrid.Quiet(false)
	picture(t, ingrid, "promo-settle-refused", Looks[0])
	must(t, ingrid.Fill("#settle [name=reason]", reason), ingrid.Leave("#settle .btn"), ingrid.Says("#waived", reason), ingrid.Says("#waived", "Kestrel Supply"))
	picture(t, ingrid, "promo-settled-short", Looks[0])
	picture(t, ingrid, "promo-settled-short-phone", Looks[2])

	maya := promoter(t, right, "maya@kestrel.example", "zh-CN", Looks[0])
	open(t, maya, strings.Replace(path, "/c/aurelia/", "/c/kestrel/", 1)+"/results")
	must(t, maya.Says("#waived", reason), maya.Says("#waived", "Kestrel Supply"), maya.Says("#reports", "缺"))
	if read[bool](t, maya, `document.querySelector("#reports").innerText.includes("Baltic") || !!document.querySelector("#reports form") || !!document.querySelector("#settle")`) {
		t.Error("a partner sees another's reports, or may ask for its own")
	}

	figures := func(p *Page, company, with string) {
		t.Helper()
		open(t, p, "/c/"+company+"/partners")
		open(t, p, read[string](t, p, `[...document.querySelectorAll('#main tr')].find((r) => r.innerText.includes(`+quote(with)+`)).querySelector('a[href*="/partners/"]').getAttribute("href")`))
		must(t, p.Has("#promotions dl"), p.Has("#sell-through dl"), p.Has("#funds-GBP dl"))
		picture(t, p, "partner-"+company, Looks[0])
		here := read[string](t, p, `document.querySelector("#funds-GBP dl").innerText`)
		must(t, p.Leave("#funds-GBP .act a"))
		if there := read[string](t, p, `document.querySelector("#main dl.e-ages").innerText`); there != here || !strings.ContainsAny(here, "123456789") {
			t.Errorf("the partner's page says\n%s\nthe statement\n%s", here, there)
		}
	}
	figures(ingrid, "aurelia", "Kestrel Supply")
	figures(maya, "kestrel", "Aurelia Tools")
}
