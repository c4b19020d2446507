package web

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"entente/portal/hook"
	"entente/portal/view"
	"entente/prm/access"
)

// hookName is an event in words.
func hookName(kind string) view.Text { return view.T("hooks.name." + kind) }

func hookStatus(h hook.Hook) view.Status {
	switch {
	case !h.Paused.IsZero():
		return view.Status{State: "hook.paused"}
	case !h.Active:
		return view.Status{State: "hook.off"}
	case !h.Failing.IsZero():
		return view.Status{State: "hook.failing"}
	}
	return view.Status{State: "hook.working"}
}

// hookKinds are the objects by which events are shown, with the first words of their names.
var hookKinds = []struct {
	kind string
	of   []string
}{
	{"order", []string{"order"}}, {"delivery", []string{"shipment", "goods", "return"}}, {"invoice", []string{"invoice", "dispute"}},
	{"payment", []string{"payment"}}, {"edi", []string{"document"}}, {"lead", []string{"lead"}}, {"deal", []string{"deal"}}, {"quote", []string{"quote"}},
	{"engagement", []string{"engagement"}}, {"mapping", []string{"mapping"}}, {"promotion", []string{"promotion"}}, {"protection", []string{"protection"}},
	{"fund", []string{"fund", "request"}}, {"claim", []string{"claim"}}, {"sell_through", []string{"sell_through"}}, {"library", []string{"library"}},
}

// hookEvents are all events by their objects, those in on ticked.
func hookEvents(on []string) []view.HookKind {
	var out []view.HookKind
	for _, k := range hookKinds {
		group := view.HookKind{Name: view.T("hooks.kind." + k.kind), On: true}
		for _, e := range hook.Events() {
			if of, _, _ := strings.Cut(e, "."); slices.Contains(k.of, of) {
				o := view.Option{Value: e, Label: hookName(e), On: slices.Contains(on, e)}
				group.Events, group.On = append(group.Events, o), group.On && o.On
			}
		}
		out = append(out, group)
	}
	return out
}

// hookTold says of what an address is told in few words: everything, a whole kind, or single events.
func hookTold(on []string) []view.Text {
	if len(on) == len(hook.Events()) {
		return []view.Text{view.T("hooks.everything")}
	}
	var out []view.Text
	for _, k := range hookEvents(on) {
		if k.On && len(k.Events) > 1 {
			out = append(out, view.T("hooks.whole_kind", "kind", k.Name))
			continue
		}
		for _, e := range k.Events {
			if e.On {
				out = append(out, e.Label)
			}
		}
	}
	return out
}

// hookList is the company's webhooks, and the form for another.
func hookList(v *visit) error { return v.hooksPage(200, view.Form{}, hook.Events()) }

func (v *visit) hooksPage(status int, f view.Form, on []string) error {
	list, err := v.w.d.Hooks.List(v.ctx, v.actor())
	if err != nil {
		return err
	}
	page := &view.HooksPage{Base: v.shell(), URL: v.path("edi", "hooks"), Form: f, Events: hookEvents(on), Manage: v.may(access.HookManage, access.Own(v.org())), APIURL: "/api/docs"}
	for _, h := range list {
		page.Rows = append(page.Rows, view.HookRow{URL: v.path("edi", "hooks", h.ID), Address: h.URL, Events: hookTold(h.Events), Status: hookStatus(h), Created: h.Created})
	}
	return v.renderAs(status, page, nil)
}

// hookAdd adds one; its secret is shown once, on its page.
func hookAdd(v *visit) error {
	in, events := v.input(), v.all("events")
	h, secret, err := v.w.d.Hooks.Add(v.ctx, v.actor(), in.text("url"), events)
	if err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		return v.hooksPage(422, in.form(errs, note), events)
	}
	return v.hookSecret(h.ID, secret)
}

func (v *visit) hookSecret(id, secret string) error {
	v.setFlash(flash{Once: &once{Kind: "hook", Secret: secret}})
	return v.seeOther(v.path("edi", "hooks", id))
}

// hookShow is one webhook with what was sent; ?message= shows one with its tries.
func hookShow(v *visit) error { return v.hookPage(200, nil, nil) }

func (v *visit) hookPage(status int, f *view.Form, on []string) error {
	h, err := v.w.d.Hooks.Get(v.ctx, v.actor(), v.Params("id"))
	if err != nil {
		return err
	}
	sent, next, err := v.w.d.Hooks.Deliveries(v.ctx, v.actor(), h.ID, v.Query("after"), pageRows)
	if err != nil {
		return err
	}
	page := &view.HookPage{Base: v.shell(), URL: v.path("edi", "hooks", h.ID), Address: h.URL, Status: hookStatus(h), Paused: !h.Paused.IsZero(), Active: h.Active, Events: hookEvents(h.Events),
		Form: view.Form{Values: map[string]string{"url": h.URL}}, Manage: v.may(access.HookManage, access.Own(v.org())), Pager: view.Pager{Shown: len(sent), Total: -1, Next: v.next(next)}}
	if f != nil {
		page.Form, page.Events = *f, hookEvents(on)
	}
	if h.OldUntil.After(v.now) {
		page.OldUntil = h.OldUntil
	}
	if o := v.flash().Once; o != nil && o.Kind == "hook" {
		page.Secret = o.Secret
	}
	for _, d := range sent {
		page.Sent = append(page.Sent, v.hookMessage(page, d))
	}
	if id := v.Query("message"); id != "" {
		d, err := v.w.d.Hooks.Delivery(v.ctx, v.actor(), h.ID, id)
		if err != nil {
			return err
		}
		page.One = &view.HookOne{HookMessage: v.hookMessage(page, d), Body: indented(d.Body)}
		for _, a := range d.Tries {
			try := view.Attempt{Number: a.Number, At: a.At, Took: a.Took, Status: view.Status{State: "hook.delivered"}}
			if a.Result != string(hook.Delivered) {
				try.Status, try.Note = view.Status{State: "hook.failed"}, view.T(a.Result, "Status", a.Status)
			}
			page.One.Tries = append(page.One.Tries, try)
		}
	}
	return v.renderAs(status, page, nil)
}

func (v *visit) hookMessage(page *view.HookPage, d hook.Delivery) view.HookMessage {
	m := view.HookMessage{URL: page.URL + "?message=" + d.ID + "#message", ID: d.ID, Name: hookName(d.Kind), Kind: d.Kind, At: d.Created, Attempts: d.Attempts, Status: view.Status{State: view.State("hook." + string(d.State))}, CanAgain: page.Manage && d.State != hook.Queued}
	if d.State == hook.Queued && d.Attempts > 0 {
		m.Next = d.Next
	}
	return m
}

func indented(body string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(body), "", "  ") != nil {
		return clean([]byte(body))
	}
	return b.String()
}

// hookChange changes the address, its events and whether it is told at all.
func hookChange(v *visit) error {
	in, events := v.input(), v.all("events")
	if _, err := v.w.d.Hooks.Change(v.ctx, v.actor(), v.Params("id"), in.text("url"), events, in.text("active") == "1"); err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		f := in.form(errs, note)
		return v.hookPage(422, &f, events)
	}
	return v.done(v.path("edi", "hooks", v.Params("id")), "said.saved")
}

func hookTest(v *visit) error {
	d, err := v.w.d.Hooks.Test(v.ctx, v.actor(), v.Params("id"))
	if err != nil {
		return err
	}
	return v.done(v.path("edi", "hooks", v.Params("id"))+"?message="+d.ID, "hooks.test_sent")
}

func hookRotate(v *visit) error {
	_, secret, err := v.w.d.Hooks.Rotate(v.ctx, v.actor(), v.Params("id"))
	if err != nil {
		return err
	}
	return v.hookSecret(v.Params("id"), secret)
}

func hookResume(v *visit) error {
	if _, err := v.w.d.Hooks.Resume(v.ctx, v.actor(), v.Params("id")); err != nil {
		return err
	}
	return v.done(v.path("edi", "hooks", v.Params("id")), "said.saved")
}

func hookRemove(v *visit) error {
	if err := v.w.d.Hooks.Remove(v.ctx, v.actor(), v.Params("id")); err != nil {
		return err
	}
	return v.done(v.path("edi", "hooks"), "said.removed")
}

func hookAgain(v *visit) error {
	d, err := v.w.d.Hooks.Redeliver(v.ctx, v.actor(), v.Params("id"), v.Params("message"))
	if err != nil {
		return err
	}
	return v.done(v.path("edi", "hooks", v.Params("id"))+"?message="+d.ID, "hooks.sent_again")
}

// hookRoutes are the pages of webhooks.
func hookRoutes() []Route {
	return []Route{
		get("/c/:slug/edi/hooks", "webhooks", InCompany, access.HookRead, hookList),
		post("/c/:slug/edi/hooks", "add webhook", InCompany, access.HookManage, hookAdd),
		get("/c/:slug/edi/hooks/:id", "webhook", InCompany, access.HookRead, hookShow),
		post("/c/:slug/edi/hooks/:id", "change webhook", InCompany, access.HookManage, hookChange),
		post("/c/:slug/edi/hooks/:id/test", "test webhook", InCompany, access.HookManage, hookTest),
		post("/c/:slug/edi/hooks/:id/rotate", "new secret of webhook", InCompany, access.HookManage, hookRotate),
		post("/c/:slug/edi/hooks/:id/resume", "resume webhook", InCompany, access.HookManage, hookResume),
		post("/c/:slug/edi/hooks/:id/remove", "remove webhook", InCompany, access.HookManage, hookRemove),
		post("/c/:slug/edi/hooks/:id/:message/again", "send webhook message again", InCompany, access.HookManage, hookAgain),
	}
}
