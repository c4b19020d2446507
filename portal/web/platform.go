package web

import (
	"slices"
	"strings"

	"entente/edi/gateway"
	"entente/portal/view"
	"entente/prm/fault"
)

// platform is the page of the operator: states, sizes, ids and company names,
// never a document.
func platform(v *visit) error {
	page := &view.PlatformPage{Base: v.shell(), URL: "/platform", Facts: []view.KV{{Label: view.T("platform.version"), Value: view.Raw(v.w.d.Version)}}}
	if v.w.d.DB != nil {
		page.Facts = append(page.Facts, view.KV{Label: view.T("platform.check.database"), Value: view.Raw(string(v.w.d.DB.Dialect()))})
	}
	if !v.w.d.Started.IsZero() {
		page.Facts = append(page.Facts, view.KV{Label: view.T("platform.started"), Value: view.T("platform.since", "when", v.w.d.Started)})
	}
	if v.w.d.Ready != nil {
		checks, _, _ := v.w.d.Ready(v.ctx)
		for _, name := range sortedKeys(checks) {
			c := view.Check{Name: view.Raw(name), State: "check.ok"}
			if v.has("platform.check." + name) {
				c.Name = view.T("platform.check." + name)
			}
			if checks[name] != "ok" {
				c.State = "check.failed"
			}
			page.Checks = append(page.Checks, c)
		}
	}
	orgs, err := v.w.d.Accounts.PlatformOrgs(v.ctx, v.actor())
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, o := range orgs {
		names[o.ID] = o.Name
		page.Companies = append(page.Companies, view.PlatformCompany{ID: o.ID, Name: o.Name, Slug: o.Slug, People: o.People, Created: o.Created})
	}
	if err := v.platformWork(page, names); err != nil {
		return err
	}
	stats, err := v.w.d.Gateway.Stats(v.ctx, v.actor())
	if err != nil {
		return err
	}
	for _, s := range []gateway.State{gateway.Received, gateway.Processed, gateway.Held, gateway.Failed} {
		t := view.Tally{State: view.State("edi." + string(s)), Count: int(stats.States[s])}
		if s == gateway.Received && !stats.OldestDue.IsZero() {
			t.Old = v.now.Sub(stats.OldestDue)
		}
		page.Messages = append(page.Messages, t)
	}
	page.Messages = append(page.Messages, view.Tally{State: "edi.waiting", Count: int(stats.Waiting)})
	return v.render(page, nil)
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// platformWork counts jobs and deliveries by state and lists what is parked.
func (v *visit) platformWork(page *view.PlatformPage, names map[string]string) error {
	stats, err := v.w.d.Jobs.Stats(v.ctx)
	if err != nil {
		return err
	}
	tally := func(list *[]view.Tally, state view.State, n int64, i int) {
		at := slices.IndexFunc(*list, func(t view.Tally) bool { return t.State == state })
		if at < 0 {
			*list = append(*list, view.Tally{State: state})
			at = len(*list) - 1
		}
		t := &(*list)[at]
		t.Count += int(n)
		if old := stats[i].Oldest; !old.IsZero() {
			t.Old = max(t.Old, v.now.Sub(old))
		}
	}
	for i, s := range stats {
		switch {
		case !s.Single:
			tally(&page.Events, view.State("delivery."+s.State), s.Count, i)
		case s.State == "parked":
			tally(&page.Jobs, "job.discarded", s.Count, i)
		default:
			tally(&page.Jobs, view.State("job."+s.State), s.Count, i)
		}
	}
	parked, err := v.w.d.Jobs.Parked(v.ctx)
	if err != nil {
		return err
	}
	for _, p := range parked {
		row := view.ParkedRow{ID: deliveryID(p.Subscriber, p.EventID), Subscriber: p.Subscriber, Event: p.Kind, Attempts: p.Tries, At: p.At, Code: errorCode(p.LastError)}
		var who []string
		for _, org := range p.Orgs {
			if names[org] != "" {
				who = append(who, names[org])
			}
		}
		row.Company = v.p.List(who)
		page.Parked = append(page.Parked, row)
	}
	return nil
}

// deliveryID names a delivery in an address: subscriber and event.
func deliveryID(subscriber, event string) string { return subscriber + "~" + event }

// errorCode is the code at the beginning of an error's text, "conflict:
// trade.changed"; the rest may hold content and stays in the log.
func errorCode(text string) string {
	code, rest, _ := strings.Cut(text, ": ")
	key, _, _ := strings.Cut(rest, ":")
	if key != "" && !strings.ContainsAny(key, " \"'") {
		code += " " + key
	}
	if len(code) > 80 || strings.ContainsAny(code, "\"'") {
		return "internal"
	}
	return code
}

// platformRetry makes a parked delivery due again.
func platformRetry(v *visit) error {
	subscriber, event, ok := strings.Cut(unescape(v.Params("id")), "~")
	if !ok {
		return fault.New(fault.NotFound, "error.not_found")
	}
	if err := v.w.d.Jobs.Retry(v.ctx, subscriber, event); err != nil {
		return err
	}
	return v.done("/platform", "said.retried")
}
