package web

import (
	"context"
	"crypto/rand"
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/chat/call"
	"entente/chat/forum"
	"entente/chat/library"
	"entente/chat/room"
	"entente/db"
	"entente/db/job"
	"entente/edi/agreement"
	"entente/edi/courier"
	"entente/edi/dial"
	"entente/edi/gateway"
	"entente/edi/share"
	"entente/portal/batch"
	"entente/portal/hook"
	"entente/portal/mail"
	"entente/portal/mailin"
	"entente/portal/push"
	"entente/portal/session"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/adjust"
	"entente/prm/approval"
	"entente/prm/blanket"
	"entente/prm/brand"
	"entente/prm/campaign"
	"entente/prm/catalog"
	"entente/prm/channel"
	"entente/prm/customer"
	"entente/prm/deal"
	"entente/prm/engage"
	"entente/prm/fund"
	"entente/prm/landing"
	"entente/prm/lead"
	"entente/prm/location"
	"entente/prm/mapping"
	"entente/prm/notify"
	"entente/prm/orderdesk"
	"entente/prm/partner"
	"entente/prm/precheck"
	"entente/prm/promo"
	"entente/prm/protect"
	quotes "entente/prm/quote"
	"entente/prm/returns"
	"entente/prm/sellthrough"
	"entente/prm/settle"
	"entente/prm/trade"
	"entente/prm/trigger"
)

// Deps are the services the pages call; all of the first block are required.
type Deps struct {
	View        *view.Renderer
	Sessions    *session.Sessions
	Accounts    *account.Service
	Partners    *partner.Service
	Catalog     *catalog.Service
	Trade       *trade.Service
	Returns     *returns.Service
	Blankets    *blanket.Service
	Quotes      *quotes.Service
	Engagements *engage.Service
	Mappings    *mapping.Service
	Settle      *settle.Service
	Approvals   *approval.Service
	Customers   *customer.Service
	Leads       *lead.Service
	Deals       *deal.Service
	Locations   *location.Service
	Promos      *promo.Service
	Landing     *landing.Service
	Campaigns   *campaign.Service
	Brands      *brand.Service
	Triggers    *trigger.Service
	Funds       *fund.Service
	Adjust      *adjust.Service
	Protect     *protect.Service
	SellThrough *sellthrough.Service
	Channel     *channel.Service
	Notify      *notify.Service
	Files       *batch.Service
	Desk        *orderdesk.Service
	Prechecks   *precheck.Service
	Gateway     *gateway.Service
	Courier     *courier.Service
	Shares      *share.Service
	Agreements  *agreement.Service
	Hooks       *hook.Service
	Dialer      *dial.Dialer
	Remotes     *gateway.Remotes
	Rooms       *room.Service
	Talk        func(ctx context.Context, actor access.Actor, interchange string) (room.ID, error) // the room about an interchange, made for the first who asks
	Calls       *call.Service
	Forum       *forum.Service
	Library     *library.Service
	Push        *push.Service
	Mail        *mail.Service
	Notices     *mail.Notices
	Mailings    *mail.Campaigns
	Answers     *mailin.Service
	Stored      func(ctx context.Context, org string) (used, most int64, err error) // bytes of a company's files
	Jobs        *job.Jobs
	DB          *db.DB

	// Ready runs the readiness checks: "ok" or a short stable word for each, and
	// where the program listens.
	Ready func(ctx context.Context) (checks, addresses map[string]string, ok bool)
	// SFTP is where the SFTP door listens and the fingerprint of its host key; both
	// empty where it is closed.
	SFTP func() (addr, hostKey string)
	// Demo says that the demo companies are here: the sign-in page offers them.
	Demo bool
	// BaseURL is the address people type, without a slash at the end; empty:
	// links that leave the house are made of the request's own address.
	BaseURL string
	Version string
	Started time.Time
	// Secret seals the short cookie that carries a message over a redirect.
	// Nodes behind one address share it. Empty: random for this process.
	Secret []byte
	// Clock is the time pages are written for; nil is time.Now.
	Clock func() time.Time
	Log   *slog.Logger
}

// Web is the portal in HTML.
type Web struct {
	d                   Deps
	seal                sealer
	formSource, formAll *session.Limiter // of public forms
	viewSource          *session.Limiter // of counted views
	shareSource         *session.Limiter // of shared documents
	help                *handbook
	spec                func() ([]byte, error)
}

// OpenAPI tells where the API's document comes from. It is called once while
// wiring, since the API is mounted after the pages are made.
func (w *Web) OpenAPI(document func() ([]byte, error)) { w.spec = document }

// New makes the page layer. An error is a fault of the build or of Deps.
func New(d Deps) (*Web, error) {
	if d.Clock == nil {
		d.Clock = time.Now
	}
	if d.Log == nil {
		d.Log = slog.Default()
	}
	if len(d.Secret) == 0 {
		d.Secret = make([]byte, 32)
		_, _ = rand.Read(d.Secret) // never fails: the program ends instead
	}
	seal, err := newSealer(d.Secret)
	if err != nil {
		return nil, err
	}
	help, err := newHandbook()
	if err != nil {
		return nil, err
	}
	return &Web{d: d, seal: seal, help: help, formSource: session.NewLimiter(formBySource, d.Clock), formAll: session.NewLimiter(formByForm, d.Clock), viewSource: session.NewLimiter(viewsBySource, d.Clock), shareSource: session.NewLimiter(sharesBySource, d.Clock)}, nil
}

// Mount adds every route of Routes to the app. The middleware of Deps.Sessions must
// be in use on the app before.
func (w *Web) Mount(app *fiber.App) {
	for _, r := range Routes() {
		if r.Method == fiber.MethodGet {
			app.Get(r.Path, w.handler(r)) // answers HEAD too
			continue
		}
		app.Add(r.Method, r.Path, w.handler(r))
	}
}
