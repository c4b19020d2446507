package app

import (
	"bytes"
	"context"
	"time"

	"entente/edi/courier"
	"entente/edi/gateway"
	"entente/portal/demo"
	"entente/prm/access"
	"entente/prm/fault"
)

// demoWire posts the demo's EDI files through the gateway's own door and waits
// until they are processed, so that what follows can build on them.
type demoWire struct{ a *App }

func (w demoWire) Post(ctx context.Context, actor access.Actor, raw []byte) error {
	if _, err := w.a.gateway.Receive(ctx, actor, gateway.Submission{Reader: bytes.NewReader(raw), Door: "api"}); err != nil {
		return err
	}
	return w.a.jobs.Idle(ctx)
}

// makeDemo makes the demo companies on an empty database and starts the jobs.
// Everything that follows from the demo data is handled before, in the caller's
// goroutine and at the instant it happened; it returns once that is done.
func (a *App) makeDemo(ctx context.Context) error {
	began := time.Now()
	services := demo.Services{DB: a.db, Accounts: a.accounts, Partners: a.partners, Catalog: a.catalog, Trade: a.trade, Settle: a.settle, Customers: a.customers, Leads: a.leads, Deals: a.deals, Quotes: a.quotes, Promos: a.promos, Landing: a.landing, Triggers: a.triggers, Engagements: a.engagements, Funds: a.funds, SellThrough: a.sellthrough, Protect: a.protect, Wire: demoWire{a}}
	if !a.mail.Sends() {
		services.Campaigns = a.campaigns
	}
	err := demo.Make(ctx, services)
	if fault.CodeOf(err) == fault.Conflict {
		return a.jobs.Start(ctx) // made before
	}
	if err != nil {
		return err
	}
	if err := a.jobs.Idle(ctx); err != nil {
		return err
	}
	aurelia, err := a.accounts.Directory().OrgBySlug(ctx, "aurelia")
	if err != nil {
		return err
	}
	if _, err := a.courier.AddFile(ctx, access.System("demo", aurelia.ID), courier.CertificateFile{Generate: "AURELIA-AS2"}); err != nil {
		return err
	}
	if err := demo.Talk(ctx, services, a.rooms); err != nil {
		return err
	}
	if err := demo.Forum(ctx, services, a.forum); err != nil {
		return err
	}
	if err := demo.Library(ctx, services, a.library); err != nil {
		return err
	}
	if err := a.fetchDemo(ctx); err != nil {
		return err
	}
	if err := a.db.Weigh(ctx); err != nil {
		return err
	}
	a.log.Info("made the demo companies", "took", time.Since(began).Round(time.Millisecond).String())
	return a.jobs.Start(ctx)
}

// fetchDemo takes what the demo's own files left in the outboxes off them, as the
// distributors' ERPs did long ago.
func (a *App) fetchDemo(ctx context.Context) error {
	for _, slug := range []string{"kestrel", "baltic"} {
		org, err := a.accounts.Directory().OrgBySlug(ctx, slug)
		if err != nil {
			return err
		}
		erp := access.System("demo", org.ID)
		box, err := a.gateway.Outbox(ctx, erp, "", 200)
		if err != nil {
			return err
		}
		for _, it := range box.Items {
			if err := a.gateway.Fetched(ctx, erp, it.ID); err != nil {
				return err
			}
		}
	}
	return nil
}
