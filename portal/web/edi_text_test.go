package web

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"entente/edi/gateway"
	"entente/edi/wire"
	"entente/portal/locale"
	"entente/portal/view"
)

// A refusal deep in a large file is shown where it is: behind ten megabytes of another set
// and behind more segments of its own than a page shows.
func TestDeepInALargeFile(t *testing.T) {
	t.Parallel()
	var x12, edifact strings.Builder
	x12.WriteString("ISA*00*          *00*          *ZZ*KESTREL        *ZZ*AURELIA        *261124*0930*U*00401*000000001*0*P*>~GS*PO*K*A*20261124*0930*1*X*004010~")
	edifact.WriteString("UNB+UNOC:3+KESTREL:14+AURELIA:14+261124:0930+1'")
	for set, n := range []int{200_000, 1_000} {
		fmt.Fprintf(&x12, "ST*850*%04d~", set+1)
		fmt.Fprintf(&edifact, "UNH+%d+ORDERS:D:96A:UN'", set+1)
		for i := range n {
			fmt.Fprintf(&x12, "PO1*%d*1*EA*%s*PE*BP*%d~", i, strings.Repeat("9", 25), i)
			fmt.Fprintf(&edifact, "LIN+%d++%s:SA::92+%d'", i, strings.Repeat("9", 25), i)
		}
		fmt.Fprintf(&x12, "SE*%d*%04d~", n+2, set+1)
		fmt.Fprintf(&edifact, "UNT+%d+%d'", n+2, set+1)
	}
	x12.WriteString("GE*2*1~IEA*1*000000001~")
	edifact.WriteString("UNZ+2+1'")
	if x12.Len() < 10<<20 {
		t.Fatalf("%d bytes", x12.Len())
	}
	for syntax, text := range map[string]string{gateway.SyntaxX12: x12.String(), gateway.SyntaxEDIFACT: edifact.String()} {
		found := []wire.Finding{{Pos: wire.Position{Segment: 900, Element: 1}}}
		raw, cut, err := rawOf(strings.NewReader(text), syntax, 2, found)
		if err != nil || !cut || len(raw) > 2*shownSegments {
			t.Errorf("%s: %d segments, cut %v, %v", syntax, len(raw), cut, err)
		}
		marked := ""
		for _, s := range raw {
			for _, p := range s.Parts {
				if p.Mark {
					marked += fmt.Sprint(s.Number, " ", p.Text, ";")
				}
			}
		}
		if marked != "900 898;" {
			t.Errorf("%s: marked %q", syntax, marked)
		}
		if last := raw[len(raw)-1]; !last.Envelope {
			t.Errorf("%s: ends with %+v", syntax, last)
		}
		if raw, cut, _ := rawOf(strings.NewReader(text), syntax, 1, nil); !cut || len(raw) < shownSegments {
			t.Errorf("%s: of the first set %d segments, cut %v", syntax, len(raw), cut)
		}
		linkedViews(t, syntax, text)
	}
}

// linkedViews: a place deep in the file is chosen in all views and explained, and the page
// stays small.
func linkedViews(t *testing.T, syntax, text string) {
	t.Helper()
	c := fiber.New().AcquireCtx(&fasthttp.RequestCtx{})
	c.Request().SetRequestURI("/c/aurelia/edi/x?at=120000.1&view=tree&set=1")
	v := &visit{Ctx: c, p: locale.New(locale.English, time.UTC, time.Now())}
	in, err := v.inspect(strings.NewReader(text), syntax, 1, []wire.Finding{{Level: wire.LevelElement, SegmentID: "PO1", Pos: wire.Position{Segment: 7, Element: 1}}}, v.documentLinks(""))
	if err != nil || in.At != "120000.1" || in.View != viewTree || in.Chosen == nil || in.Chosen.Number != 120000 || in.Earlier == "" || in.Later == "" || in.Truncated {
		t.Fatalf("%s: %+v %v", syntax, in.Chosen, err)
	}
	c.Request().SetRequestURI("/c/aurelia/edi/x")
	if first, err := v.inspect(strings.NewReader(text), syntax, 1, nil, v.documentLinks("")); err != nil || first.View != viewRaw || first.Here != "?at=" || first.From != 1 {
		t.Errorf("%s: nothing asked for, %q is shown with %q, %v", syntax, first.View, first.Here, err)
	}
	for _, e := range in.Chosen.Elements {
		if e.On != (e.At == "120000.1") {
			t.Errorf("%s: chosen %v at %s", syntax, e.On, e.At)
		}
	}
	for _, query := range []string{"", "?view=none", "?tab=share"} { // something of the document is always shown
		c.Request().SetRequestURI("/c/aurelia/edi/x" + query)
		if plain, err := v.inspect(strings.NewReader(text), syntax, 1, nil, v.documentLinks("")); err != nil || plain.View != viewRaw || !plain.Views[0].On {
			t.Errorf("%s%s: opens with view %q, %v", syntax, query, plain.View, err)
		}
	}
	pages, err := view.New()
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := pages.Render(&page, &view.MessagePage{Base: view.Base{P: v.p}, Inspect: in}, "message.raw"); err != nil {
		t.Fatal(err)
	}
	if page.Len() > 1<<20 {
		t.Errorf("%s: the page has %d bytes", syntax, page.Len())
	}
	if n := strings.Count(page.String(), `data-at="120000.1"`); n != 3 {
		t.Errorf("%s: the place is in %d views", syntax, n)
	}
	if !strings.Contains(page.String(), `href="?set=1&amp;view=tree&amp;at=120000.1"`) {
		t.Errorf("%s: the place is no link", syntax)
	}
}

// TestCarriedReason: what the gateway refuses of an AS2 message is told in words, though
// what the sentence elsewhere speaks of was not kept.
func TestCarriedReason(t *testing.T) {
	t.Parallel()
	for _, lang := range locale.Languages() {
		v := &visit{p: locale.New(lang, time.UTC, time.Now())}
		for _, key := range []string{"edi.too_large", "edi.segment_too_large", "edi.too_many", "edi.not_edi", "edi.not_read", "edi.sender_not_yours", "edi.receiver_unknown", "edi.network_sender", "edi.idempotency_conflict", "receipt_host", "message_id_reused"} {
			if said := v.carriedReason(key, "").In(v.p); said == "" || strings.Contains(said, key) || strings.Contains(said, "<no value>") {
				t.Errorf("%v, %s: %s", lang, key, said)
			}
		}
	}
}
