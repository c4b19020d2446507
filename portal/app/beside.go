package app

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"entente/db"
	"entente/db/blob"
	"entente/db/job"
	"entente/db/secret"
	"entente/edi/agreement"
	"entente/edi/courier"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/partner"
)

// beside builds the services that a command works with beside a running server. It
// drains nothing: what it publishes is bound to the server's subscribers, and the server
// does the work.
func beside(d *db.DB, cfg Config) (*App, error) {
	a := &App{cfg: cfg, log: slog.New(slog.DiscardHandler), db: d, jobs: job.New(d, job.Options{}), blobs: blob.Beside(d, filepath.Join(cfg.Data, "payloads"))}
	if _, err := os.Stat(cfg.keyFile()); err == nil { // the server's; a command makes none
		if a.secrets, err = secret.Load(cfg.keyFile()); err != nil {
			return nil, err
		}
	}
	a.accounts = account.NewService(d, account.Options{})
	a.partners = partner.NewService(d, a.jobs, a.accounts.Directory())
	a.gateway = gateway.New(gateway.Deps{DB: d, Jobs: a.jobs, Blobs: a.blobs, Partners: gatewayPartners{a}}, gateway.Options{})
	a.courier = courier.New(courier.Deps{DB: d, Jobs: a.jobs, Blobs: a.blobs, Secrets: a.secrets, Names: courierNames{a}, Gateway: a.gateway}, courier.Options{})
	a.gateway.Carry(a.courier)
	a.agreements = agreement.New(agreement.Deps{DB: d, Jobs: a.jobs, Partners: agreementPartners{a}, Courier: a.courier, Gateway: a.gateway})
	a.gateway.Judge(a.agreements)
	a.gateway.Know(gatewayPartners{a})
	a.gateway.Folders(folders{a})
	a.subscribe()
	return a, nil
}

// operator acts for the platform in commands of the machine.
var operator = access.Actor{Person: "command", Operator: true, Via: machine.Via}

// beside opens the database for a command. The actor acts for the company of the slug;
// for an empty one it is the platform's operator.
func (e *env) beside(ctx context.Context, fs *flag.FlagSet, slug string, fn func(a *App, actor access.Actor) error) error {
	cfg, err := configure(fs, e.getenv)
	if err != nil {
		return misuse("%v", err)
	}
	if err := existing(cfg); err != nil {
		return err
	}
	d, err := openData(ctx, cfg)
	if err != nil {
		return err
	}
	defer d.Close()
	a, err := beside(d, cfg)
	if err != nil {
		return err
	}
	if slug == "" {
		return fn(a, operator)
	}
	org, err := a.accounts.Directory().OrgBySlug(ctx, slug)
	if fault.CodeOf(err) == fault.NotFound {
		return fmt.Errorf("there is no company %q here; entente partner companies lists them", slug)
	}
	if err != nil {
		return err
	}
	return fn(a, access.System("command", org.ID))
}
