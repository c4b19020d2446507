package browser

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// TestPush: the service worker shows what a push message says, and a click on it opens its
// page and none of another server. The push itself needs a service of the browser's maker and
// is handed in by the protocol; so is the click, which only a person's hand makes a real one.
func TestPush(t *testing.T) {
	p := as(t, right, "ingrid@aurelia.example")
	open(t, p, "/c/aurelia/profile")
	registered := make(chan serviceworker.RegistrationID, 16)
	chromedp.ListenTarget(p.ctx, func(event any) {
		if e, ok := event.(*serviceworker.EventWorkerRegistrationUpdated); ok {
			for _, r := range e.Registrations {
				if !r.IsDeleted {
					select {
					case registered <- r.RegistrationID:
					default:
					}
				}
			}
		}
	})
	must(t, p.Run(serviceworker.Enable(), browser.SetPermission(&browser.PermissionDescriptor{Name: "notifications"}, browser.PermissionSettingGranted).WithOrigin(server.URL)))
	must(t, p.Until(`(() => { const f = document.querySelector("form[data-worker]"); if (!f) return false; window.__at ||= navigator.serviceWorker.register(f.dataset.worker).then((r) => { window.__worker = r; }); return !!(window.__worker && window.__worker.active); })()`))
	var id serviceworker.RegistrationID
	select {
	case id = <-registered:
	case <-time.After(patience):
		t.Fatal("no service worker was registered")
	}
	page := server.URL + "/c/aurelia/inbox"
	said, err := json.Marshal(map[string]string{"title": "订单 4500187588", "body": "Kestrel Supply <b>asks</b>", "tag": "order-1", "url": "/c/aurelia/inbox"})
	must(t, err)
	told := `(() => { window.__worker.getNotifications().then((all) => { window.__told = all.map((n) => [n.title, n.body, n.tag, n.data.url]); }); return (window.__told || []).length; })()`
	for i := 0; read[int](t, p, told) != 1; i++ {
		if i > 90 {
			t.Fatal("the message is not shown")
		}
		if i%20 == 0 { // the browser drops what comes while it begins the worker; the tag makes it one
			must(t, p.Run(serviceworker.DeliverPushMessage(server.URL, id, string(said))))
		}
		<-time.After(patience / 90)
	}
	got := read[[][]string](t, p, `window.__told`)
	if strings.Join(got[0], "|") != "订单 4500187588|Kestrel Supply <b>asks</b>|order-1|/c/aurelia/inbox" {
		t.Errorf("shown: %q", got)
	}

	// In the worker itself: what a click would open.
	targets, err := chromedp.Targets(p.ctx)
	must(t, err)
	var worker target.ID
	for _, x := range targets {
		if x.Type == "service_worker" && strings.HasPrefix(x.URL, server.URL) {
			worker = x.TargetID
		}
	}
	if worker == "" {
		t.Fatal("the worker does not run")
	}
	ctx, stop := chromedp.NewContext(p.ctx, chromedp.WithTargetID(worker))
	defer stop()
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var opened []string
	must(t, chromedp.Run(within, chromedp.Evaluate(`(async () => {
		const opened = [], waits = [];
		self.clients.openWindow = async (url) => { opened.push(url); };
		const click = (n) => {
			const e = new NotificationEvent("notificationclick", { notification: n });
			e.waitUntil = (p) => waits.push(p);
			self.dispatchEvent(e);
		};
		const [first] = await self.registration.getNotifications();
		click(first);
		await self.registration.showNotification("x", { tag: "y", data: { url: "https://elsewhere.example/" } });
		for (const n of await self.registration.getNotifications()) if (n.tag === "y") click(n);
		await Promise.all(waits);
		return opened;
	})()`, &opened, chromedp.EvalAsValue, awaited)))
	if len(opened) != 1 || opened[0] != page {
		t.Errorf("a click opens %q, want %s", opened, page)
	}
	must(t, p.Until(`(() => { window.__worker.getNotifications().then((all) => { window.__left = all.length; }); return window.__left === 0; })()`))
}

func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
