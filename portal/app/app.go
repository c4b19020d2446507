package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/chat/broker"
	calling "entente/chat/call"
	"entente/chat/forum"
	"entente/chat/library"
	"entente/chat/relay"
	"entente/chat/room"
	"entente/chat/sfu"
	"entente/chat/socket"
	"entente/db"
	"entente/db/blob"
	"entente/db/job"
	"entente/db/migrate"
	"entente/db/secret"
	"entente/edi/agreement"
	"entente/edi/courier"
	"entente/edi/dial"
	"entente/edi/gateway"
	"entente/edi/sftp"
	"entente/edi/share"
	"entente/portal/api"
	"entente/portal/batch"
	"entente/portal/hook"
	"entente/portal/locale"
	"entente/portal/mail"
	"entente/portal/mailin"
	"entente/portal/push"
	"entente/portal/session"
	"entente/portal/view"
	"entente/portal/web"
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
	"entente/prm/quote"
	"entente/prm/returns"
	"entente/prm/sellthrough"
	"entente/prm/settle"
	"entente/prm/trade"
	"entente/prm/trigger"
)

// App is the whole program, built and ready to run.
type App struct {
	cfg  Config
	log  *slog.Logger
	lock *os.File

	secrets     *secret.Box
	dialer      *dial.Dialer
	db          *db.DB
	jobs        *job.Jobs
	blobs       *blob.Store
	uploads     *blob.Store
	accounts    *account.Service
	partners    *partner.Service
	catalog     *catalog.Service
	trade       *trade.Service
	returns     *returns.Service
	blankets    *blanket.Service
	quotes      *quote.Service
	engagements *engage.Service
	mappings    *mapping.Service
	settle      *settle.Service
	approvals   *approval.Service
	customers   *customer.Service
	sellthrough *sellthrough.Service
	channel     *channel.Service
	leads       *lead.Service
	funds       *fund.Service
	adjust      *adjust.Service
	protect     *protect.Service
	promos      *promo.Service
	landing     *landing.Service
	campaigns   *campaign.Service
	brands      *brand.Service
	triggers    *trigger.Service
	locations   *location.Service
	deals       *deal.Service
	notify      *notify.Service
	mail        *mail.Service
	push        *push.Service
	gateway     *gateway.Service
	courier     *courier.Service
	shares      *share.Service
	agreements  *agreement.Service
	hooks       *hook.Service
	mailbox     *gateway.Mailbox
	answers     *mailin.Service
	rooms       *room.Service
	calls       *calling.Service
	forum       *forum.Service
	library     *library.Service
	live        *socket.Endpoint
	turn        *relay.Server // nil: none here
	sfu         *sfu.Server   // nil: none here
	sessions    *session.Sessions
	files       *batch.Service
	desk        *orderdesk.Service
	prechecks   *precheck.Service
	web         *web.Web
	fiber       *fiber.App

	listener net.Listener
	metrics  *metrics
	addrs    struct{ http, sftp, smtp string }
	started  time.Time
	once     sync.Once

	sftp         *sftp.Server // nil: the door is off
	sftpListener net.Listener
	sftpKey      string // fingerprint of its host key
	remotes      *gateway.Remotes

	nats *broker.NATS // nil: this node alone

	mailDoor     *mailin.Door // nil: off
	mailListener net.Listener
	mailBox      *mailin.Box // nil: none
}

// New opens the data, brings the schema up to date and builds every service. It
// starts nothing. Close it even when Run was never called.
func New(ctx context.Context, cfg Config, log *slog.Logger) (_ *App, err error) {
	a := &App{cfg: cfg, log: log, started: time.Now().UTC()}
	defer func() {
		if err != nil {
			a.Close()
		}
	}()
	if a.lock, err = lockData(cfg.Data); err != nil {
		return nil, err
	}
	if a.secrets, err = secret.Load(cfg.keyFile()); err != nil {
		return nil, err
	}
	if a.dialer, err = cfg.dialer(); err != nil {
		return nil, fmt.Errorf("--allow-dial: %w", err)
	}
	if a.db, err = db.Open(ctx, cfg.dsn(), db.Options{}); err != nil {
		return nil, fmt.Errorf("the database cannot be opened: %w", err)
	}
	if err := migrate.Up(ctx, a.db); err != nil {
		return nil, fmt.Errorf("the database cannot be brought to this version: %w", err)
	}
	if a.listener, err = net.Listen("tcp", cfg.Addr); err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w; choose another address with --addr", cfg.Addr, err)
	}
	a.addrs.http = "http://" + readable(a.listener.Addr().String())
	if a.cfg.BaseURL == "" {
		a.cfg.BaseURL = a.addrs.http
	}
	if err := a.openSFU(); err != nil {
		return nil, err
	}
	if err := a.build(ctx); err != nil {
		return nil, err
	}
	if err := a.openSFTP(ctx); err != nil {
		return nil, err
	}
	if err := a.openMailDoor(); err != nil {
		return nil, err
	}
	if err := a.openTURN(); err != nil {
		return nil, err
	}
	if a.turn != nil && a.sfu != nil {
		a.turn.Neighbour(a.sfu.Addr(), a.sfu.Local())
	}
	return a, nil
}

// openMailDoor listens for answers that come by mail, if there are to be any.
func (a *App) openMailDoor() (err error) {
	if a.cfg.MailInURL != "" {
		if a.mailBox, err = mailin.NewBox(a.answers, mailin.BoxOptions{URL: a.cfg.MailInURL, Dialer: a.dialer, Log: a.log}); err != nil {
			return fmt.Errorf("--mail-in-url: %w", err)
		}
	}
	if a.cfg.MailInAddr == "" {
		return nil
	}
	if a.mailDoor, err = mailin.NewDoor(a.answers, mailin.DoorOptions{Cert: a.cfg.MailInCert, Key: a.cfg.MailInKey, Log: a.log}); err != nil {
		return err
	}
	if a.mailListener, err = net.Listen("tcp", a.cfg.MailInAddr); err != nil {
		return fmt.Errorf("cannot listen for mail: %w; choose another address with --mail-in-addr", err)
	}
	a.addrs.smtp = readable(a.mailListener.Addr().String())
	return nil
}

// readable turns the wildcard address into one that can be typed.
func readable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// build makes the services and ties their ports.
func (a *App) build(ctx context.Context) error {
	var err error
	a.jobs = job.New(a.db, job.Options{Log: a.log, Revive: true})
	if a.blobs, err = blob.New(a.db, filepath.Join(a.cfg.Data, "payloads")); err != nil {
		return err
	}
	if a.uploads, err = uploadStore(a.db, a.cfg, a.blobs, false); err != nil {
		return err
	}
	a.jobs.Every("sweep-uploads", time.Hour, a.uploads.SweepHourly)
	a.accounts = account.NewService(a.db, account.Options{})
	a.mail = mail.New(a.db, a.jobs, mail.Options{SMTP: a.cfg.SMTPURL, BaseURL: a.cfg.BaseURL, Log: a.log})
	a.partners = partner.NewService(a.db, a.jobs, a.accounts.Directory())
	a.partners.Tie(a.accounts)
	a.notify = notify.NewService(a.db)
	a.catalog = catalog.New(a.db, a.jobs)
	a.trade = trade.New(a.db, a.catalog, a.jobs)
	a.prechecks = precheck.New(a.db)
	a.trade.CheckFirst(a.prechecks)
	a.returns = returns.New(a.db, a.trade)
	a.desk = orderdesk.New(a.db, a.trade)
	a.trade.KeepReturns(a.returns)
	a.blankets = blanket.New(a.db, a.trade, a.catalog)
	a.trade.KeepBlankets(a.blankets)
	a.locations = location.New(a.db, a.jobs)
	a.settle = settle.New(a.db, a.trade, a.jobs)
	a.approvals = approval.New(a.db, a.accounts.Directory(), a.trade, a.settle, a.jobs)
	a.customers = customer.New(a.db)
	a.leads = lead.NewService(a.db, a.jobs, a.customers, leadCalendar{a})
	a.sellthrough, a.channel = sellthrough.New(a.db, a.catalog, a.jobs), channel.New(a.db, a.catalog)
	a.promos = promo.New(a.db, a.jobs, a.partners, a.catalog)
	a.promos.Report(soldOn{a})
	a.landing = landing.New(a.db, a.promos, a.leads, a.jobs)
	a.campaigns = campaign.New(a.db, a.promos, a.landing, a.customers, a.accounts.Directory())
	a.jobs.Every("campaigns", 10*time.Second, a.campaigns.Tick)
	a.brands = brand.New(a.db, a.uploads)
	a.triggers = trigger.New(a.db, a.jobs, triggerPromotions{a})
	a.jobs.Every("suggestions", time.Minute, a.triggers.Tick)
	a.trade.Promote(a.promos)
	a.funds = fund.New(a.db, a.jobs, a.uploads, a.partners)
	a.funds.Heed(fundDeductions{a})
	a.funds.TalkIn(claimTalk{a})
	a.promos.Pay(a.funds)
	a.adjust = adjust.New(a.db, a.jobs, a.funds, a.promos, a.catalog)
	a.funds.Judge(a.adjust)
	a.protect = protect.New(a.db, a.jobs, a.catalog, a.channel, a.funds, protectionTitle)
	a.catalog.Heed(priceUses{a})
	a.jobs.Every("price-protection", time.Minute, a.protect.Tick)
	a.jobs.Every("funds", time.Minute, a.funds.Tick)
	a.jobs.Every("promotions", time.Minute, a.promos.Tick)
	a.jobs.Drain("promotion-rebuilds", func(ctx context.Context) (bool, error) { return a.promos.RebuildSome(ctx, a.trade) })
	a.jobs.Every("promotion-results", 10*time.Minute, a.promos.Measure)
	a.deals = deal.New(deal.Parts{DB: a.db, Jobs: a.jobs, Blobs: a.uploads, Catalog: a.catalog, Customers: a.customers, Leads: a.leads, Calendar: dealCalendar{leadCalendar{a}}})
	a.quotes = quote.New(a.db, a.catalog, a.deals, a.trade, a.jobs)
	a.approvals.Quotes(a.quotes)
	a.approvals.Promos(a.promos)
	a.approvals.Blankets(a.blankets)
	a.engagements = engage.New(a.db, engageCircle{a}, engageCircle{a}, a.jobs)
	a.mappings = mapping.New(a.db, a.secrets, a.jobs, mapping.Options{Log: a.log, Least: map[bool]int{true: 8}[a.cfg.Demo]}) // the lists of a demo are short
	a.gateway = gateway.New(gateway.Deps{DB: a.db, Jobs: a.jobs, Blobs: a.blobs, Partners: gatewayPartners{a}, Orders: gatewayOrders{a}, Replies: gatewayReplies{a}, Log: a.log}, gateway.Options{})
	a.courier = courier.New(courier.Deps{
		DB: a.db, Jobs: a.jobs, Blobs: a.blobs, Secrets: a.secrets, Names: courierNames{a}, Gateway: a.gateway, Log: a.log, Temp: filepath.Join(a.cfg.Data, "uploads"),
		Client: a.dialer.Client(dial.Limits{Total: courier.CallTime(courier.MaxSize)}),
		Pinned: func(certs []*x509.Certificate, only bool) *http.Client {
			return a.dialer.Client(dial.Limits{Total: courier.CallTime(courier.MaxSize), Trust: dial.Trust{Certificates: certs, Only: only}})
		},
	}, courier.Options{URL: a.cfg.BaseURL + api.AS2Path})
	a.gateway.Carry(a.courier)
	a.shares = share.New(a.db, a.gateway)
	a.agreements = agreement.New(agreement.Deps{DB: a.db, Jobs: a.jobs, Partners: agreementPartners{a}, Courier: a.courier, Gateway: a.gateway, Desk: a.trade})
	a.gateway.Judge(a.agreements)
	a.gateway.Know(gatewayPartners{a})
	a.gateway.Folders(folders{a})
	a.gateway.Work(openHours{})
	a.courier.Agreed = a.agreements
	a.partners.Heed(a.agreements)
	a.trade.Heed(a.locations, a.agreements)
	a.jobs.Every("edi-agreements", time.Minute, a.agreements.Begin)
	a.hooks = hook.New(hook.Deps{
		DB: a.db, Jobs: a.jobs, Secrets: a.secrets, Client: a.dialer.Client(dial.Limits{Total: 20 * time.Second, Body: 64 << 10}), Judge: a.dialer.Judge, Log: a.log,
	}, hook.Options{Plain: a.cfg.Demo || a.cfg.AllowDial != ""})
	a.jobs.Every("sweep-webhooks", 24*time.Hour, a.hooks.Sweep)
	a.jobs.Every("edi-clock", 10*time.Minute, a.gateway.Overdue)
	a.jobs.Every("stock-reports", 15*time.Minute, a.catalog.TellStock)
	a.jobs.Every("trade-waiting", time.Minute, a.trade.AskWaiting)
	a.jobs.Every("order-places", time.Minute, func(ctx context.Context) error { return a.trade.Located(ctx, "") })
	a.jobs.Every("order-clock", 5*time.Minute, a.trade.Clocks)
	a.jobs.Every("approval-clock", 5*time.Minute, a.approvals.Clocks)
	a.jobs.Every("hold-clock", 5*time.Minute, a.trade.HoldClocks)
	a.jobs.Every("lead-clock", time.Minute, ticking(a.leads.Tick))
	a.jobs.Every("certificate-clock", 10*time.Minute, ticking(a.leads.TickCertificates))
	a.jobs.Every("deal-clock", time.Minute, ticking(a.deals.Tick))
	a.jobs.Every("sell-clock", time.Hour, a.sellthrough.Begin)
	a.jobs.Every("quote-clock", time.Minute, ticking(a.quotes.Tick))
	a.jobs.Every("engagement-clock", time.Minute, ticking(a.engagements.Tick))
	a.jobs.Every("mapping-clock", time.Minute, ticking(a.mappings.Tick))
	a.jobs.Every("settle-clock", 5*time.Minute, a.settle.Clocks)
	a.jobs.Every("as2-certificates", 24*time.Hour, a.courier.Expire)
	a.files = batch.New(batch.Deps{DB: a.db, Jobs: a.jobs, Blobs: a.uploads, Actor: presentPerson{a.accounts.Directory()}.Actor, Log: a.log,
		Kinds: []batch.Kind{batch.Orders{Trade: a.trade, Partners: a.partners}, batch.Products{Catalog: a.catalog}, batch.References{Catalog: a.catalog, Partners: a.partners}, batch.Sales{SellThrough: a.sellthrough, Catalog: a.catalog, Partners: a.partners}, batch.Leads{Leads: a.leads, Country: locale.CountryCode}}})
	a.jobs.Every("sweep-files", 24*time.Hour, a.files.Sweep)
	a.mailbox = gateway.NewMailbox(a.gateway, refusalWords{a.accounts.Directory()})
	uploads := filepath.Join(a.cfg.Data, "uploads")
	if err := os.MkdirAll(uploads, 0o700); err != nil {
		return fmt.Errorf("the folder of unfinished uploads: %w", err)
	}
	a.remotes = gateway.NewRemotes(a.db, a.secrets, a.dialer)
	gateway.NewPickup(a.gateway, a.mailbox, gateway.PickupConfig{
		Remotes: a.remotes, Companies: companies{a.accounts.Directory()}, Folder: a.cfg.Folder, Temp: uploads,
	})
	a.rooms = room.NewService(a.db, room.Deps{People: roomPeople{a.accounts.Directory()}, Gate: roomGate{a}, Events: a.jobs, Blobs: a.uploads, Scan: a.cfg.scanner(), Partners: forumPartners{a}})
	node := db.NewID()
	a.calls = calling.New(a.db, a.forwarding(calling.Deps{Rooms: a.rooms, People: roomPeople{a.accounts.Directory()}, Events: a.jobs, CanRelay: a.canRelay, Relay: a.cfg.CallsRelay == relayOnly, Node: node}))
	a.forum = forum.New(a.db, forumPartners{a}, a.jobs)
	a.forum.Keep(a.uploads, a.cfg.scanner())
	a.forum.Tier(forumPartners{a})
	a.jobs.Every("sweep-forum-files", time.Hour, a.forum.SweepFiles)
	a.library = library.New(a.db, libraryCircle{a}, a.jobs, a.uploads, a.cfg.scanner())
	a.jobs.Every("library", 5*time.Minute, a.library.Tick)
	a.jobs.Every("sweep-room-files", time.Hour, a.rooms.SweepFiles)
	a.jobs.Every("room-retention", time.Minute, a.rooms.Expire)
	a.jobs.Every("room-search", time.Minute, a.rooms.Index)
	a.sessions = session.New(a.accounts, session.Options{Secure: strings.HasPrefix(a.cfg.BaseURL, "https://"), BaseURL: a.cfg.BaseURL, Limits: a.cfg.Limits})
	live := socket.Config{Rooms: a.rooms, Calls: a.calls, ICE: a.ways, Auth: a.sessions.Live(), Phrase: phrase, Origins: a.origins(), Log: a.log}
	if a.cfg.NATSURL != "" {
		cluster, err := keepFact(ctx, a.db, "cluster", db.NewID(), false)
		if err != nil {
			return err
		}
		if a.nats, err = broker.DialNATS(a.cfg.NATSURL, cluster, a.log); err != nil {
			return fmt.Errorf("--nats-url: %w", err)
		}
		live.Broker, live.Node, live.Tickets = a.nats, node, session.NewTickets(a.db)
	}
	a.live = socket.New(live)
	a.rooms.Publish(a.live)
	a.jobs.Every("calls", time.Minute, a.live.SweepCalls)
	a.jobs.Every("calls-old", time.Hour, a.calls.Desk().Forget)
	a.notify.Live(func(person string) { a.live.Changed("notice", "", nil, person) })
	a.notify.Judge(inSight{a}, "chat", "topic", engageRoom, documentSubject)
	a.accounts.Tie(a.mail, pushDoors{session.Doors{Live: a.live}, a})
	a.subscribe()
	a.jobs.Every("sweep-accounts", 24*time.Hour, a.accounts.Sweep)
	a.jobs.Every("sweep-mail", 24*time.Hour, a.mail.Sweep)
	if err := a.openPush(ctx); err != nil {
		return err
	}
	notices := mail.NewNotices(a.mail, a.notify, a.accounts.Directory(), a.secrets)
	mailings := mail.NewCampaigns(notices, a.campaigns)
	a.landing.Tell(a.campaigns)
	a.leads.Tell(formWishes{a})
	a.answers = mailin.New(mailin.Deps{DB: a.db, Jobs: a.jobs, People: a.accounts.Directory(), Rooms: a.rooms, Forum: a.forum, Out: a.mail, Secrets: a.secrets, Log: a.log, Domain: a.cfg.mailDomain(), Name: a.cfg.mailName(), Bounces: mailings})
	if a.cfg.mailDomain() != "" {
		a.mail.Back(a.answers.BounceAddress)
	}
	notices.Answer(a.answers)
	notices.Act(mail.Objects{Promos: a.promos, Orders: a.trade, Approvals: a.approvals})
	a.jobs.Every("mail-notices", time.Minute, notices.Tell)
	a.jobs.Every("sweep-mail-in", 24*time.Hour, a.answers.Sweep)

	pages, err := view.New()
	if err != nil {
		return err
	}
	deps := web.Deps{
		DB: a.db, Accounts: a.accounts, Partners: a.partners, Catalog: a.catalog, Trade: a.trade, Desk: a.desk, Prechecks: a.prechecks, Returns: a.returns, Blankets: a.blankets, Quotes: a.quotes, Mappings: a.mappings, Engagements: a.engagements, Settle: a.settle, Files: a.files, Approvals: a.approvals, Customers: a.customers, Leads: a.leads, Deals: a.deals, Promos: a.promos, Landing: a.landing, Campaigns: a.campaigns, Mailings: mailings, Brands: a.brands, Triggers: a.triggers, Funds: a.funds, Adjust: a.adjust, Protect: a.protect, SellThrough: a.sellthrough, Channel: a.channel, Locations: a.locations, Gateway: a.gateway, Courier: a.courier, Shares: a.shares, Agreements: a.agreements, Dialer: a.dialer, Remotes: a.remotes,
		SFTP:  func() (string, string) { return a.addrs.sftp, a.sftpKey },
		Hooks: a.hooks, Rooms: a.rooms, Talk: a.talkOfInterchange, Calls: a.calls, Forum: a.forum, Library: a.library, Notify: a.notify, Mail: a.mail, Push: a.push, Notices: notices, Answers: a.answers, Stored: a.uploads.Used,
		Sessions: a.sessions, Jobs: a.jobs, View: pages, Log: a.log, BaseURL: a.cfg.BaseURL, Demo: a.cfg.Demo, Version: Version, Ready: a.Ready, Started: a.started,
	}
	if a.web, err = web.New(deps); err != nil {
		return err
	}
	a.fiber = web.NewServer(web.ServerOptions{TrustedProxies: a.cfg.proxies(), Streamed: []string{api.IntakePath, api.DocumentsPath, api.FilesPath, api.AS2Path}, Large: web.LargeForms, Log: a.log, Error: a.web.Error})
	a.fiber.Use(a.sessions.Middleware)
	if a.cfg.MetricsAddr != "" {
		a.metrics = newMetrics(a)
		a.fiber.Use(a.metrics.observe)
	}
	rest := api.New(a.fiber, api.Deps{
		Version: Version, Accounts: a.accounts, Partners: a.partners, Catalog: a.catalog, Trade: a.trade, Desk: a.desk, Prechecks: a.prechecks, Returns: a.returns, Blankets: a.blankets, Quotes: a.quotes, Mappings: a.mappings, Engagements: a.engagements, Settle: a.settle, Approvals: a.approvals, Customers: a.customers, Leads: a.leads, Deals: a.deals, Promos: a.promos, Landing: a.landing, Brands: a.brands, BaseURL: a.cfg.BaseURL, Campaigns: a.campaigns, Triggers: a.triggers, Funds: a.funds, Adjust: a.adjust, Protect: a.protect, SellThrough: a.sellthrough, Channel: a.channel, Locations: a.locations, Files: a.files, Gateway: a.gateway, Remotes: a.remotes, Courier: a.courier, Shares: a.shares, Agreements: a.agreements, Hooks: a.hooks, Spool: uploads, Rooms: a.rooms, Calls: a.calls, Forum: a.forum, Library: a.library, Notify: a.notify, Push: a.push, Live: a.live,
		Log: a.log, Actor: session.Actor, Identity: a.sessions.Identity,
	})
	a.web.OpenAPI(rest.OpenAPI)
	a.fiber.Get("/live", a.live.Handle)
	a.web.Mount(a.fiber)
	return nil
}

// origins are the addresses a browser may open the live socket from.
func (a *App) origins() []string {
	if u, err := url.Parse(a.cfg.BaseURL); err == nil && u.Host != "" {
		return []string{u.Scheme + "://" + u.Host}
	}
	return nil
}

// Start brings jobs and the live side to life and, with --demo on an empty
// database, makes the demo companies first.
func (a *App) Start(ctx context.Context) error {
	if err := noteAddress(ctx, a.db, a.cfg.BaseURL); err != nil {
		return err
	}
	if err := a.live.Start(ctx); err != nil {
		return err
	}
	if a.cfg.Demo {
		if err := a.makeDemo(ctx); err != nil {
			return fmt.Errorf("the demo companies cannot be made: %w", err)
		}
		return nil
	}
	return a.jobs.Start(ctx)
}

// Run serves until ctx ends, then stops in order: no new work, what runs is
// finished or parked, connections are told to come back.
func (a *App) Run(ctx context.Context, ready func(addr string)) error {
	if err := a.Start(ctx); err != nil {
		return err
	}
	if a.sftp != nil {
		if err := a.sftp.Start(a.sftpListener); err != nil {
			return fmt.Errorf("the SFTP door cannot be opened: %w", err)
		}
	}
	if a.mailDoor != nil {
		if err := a.mailDoor.Start(a.mailListener); err != nil {
			return fmt.Errorf("the mail door cannot be opened: %w", err)
		}
	}
	if a.mailBox != nil {
		a.mailBox.Start()
	}
	failed := make(chan error, 2)
	go func() { failed <- a.fiber.Listener(web.Whole(a.listener)) }()
	if a.metrics != nil {
		go func() { failed <- a.metrics.serve(a.cfg.MetricsAddr) }()
	}
	ready(a.addrs.http)
	a.announceSetup(ctx)
	select {
	case <-ctx.Done():
		a.Close()
		return nil
	case err := <-failed:
		a.Close()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		return err
	}
}

// Close stops everything in the reverse order of starting; safe to call twice.
func (a *App) Close() {
	a.once.Do(func() {
		if a.live != nil {
			a.live.Stop()
		}
		if a.fiber != nil {
			_ = a.fiber.ShutdownWithTimeout(4 * time.Second)
		}
		if a.metrics != nil {
			a.metrics.stop()
		}
		if a.listener != nil {
			_ = a.listener.Close()
		}
		if a.sftpListener != nil {
			_ = a.sftpListener.Close()
		}
		if a.sftp != nil {
			a.sftp.Stop()
		}
		if a.mailListener != nil {
			_ = a.mailListener.Close()
		}
		if a.mailDoor != nil {
			a.mailDoor.Stop()
		}
		if a.mailBox != nil {
			a.mailBox.Stop()
		}
		if a.sfu != nil {
			a.sfu.Close()
		}
		if a.turn != nil {
			a.turn.Close()
		}
		if a.courier != nil {
			a.courier.Stop()
		}
		if a.hooks != nil {
			a.hooks.Stop()
		}
		if a.gateway != nil {
			a.gateway.Stop()
		}
		if a.jobs != nil {
			a.jobs.Stop()
		}
		if a.nats != nil {
			_ = a.nats.Close()
		}
		if a.db != nil {
			_ = a.db.Close()
		}
		if a.lock != nil {
			_ = a.lock.Close()
		}
	})
}

// Ready says for each part whether it works, and where the program listens.
func (a *App) Ready(ctx context.Context) (checks map[string]string, addresses map[string]string, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	checks, ok = map[string]string{}, true
	parts := map[string]func(context.Context) error{"database": a.db.Ping, "blobs": a.blobs.Check, "files": a.uploads.Check, "jobs": a.jobs.Check, "mail": func(context.Context) error { return a.mail.Check() }}
	if a.nats != nil {
		parts["nats"] = a.nats.Check
	}
	for name, fn := range parts {
		checks[name] = "ok"
		if err := fn(ctx); err != nil {
			a.log.Error("not ready", "part", name, "err", err)
			checks[name], ok = "failed", false
		}
	}
	addresses = map[string]string{"http": a.addrs.http}
	if a.sftp != nil {
		addresses["sftp"] = a.addrs.sftp
	}
	if a.mailDoor != nil {
		addresses["smtp"] = a.addrs.smtp
	}
	if a.turn != nil {
		addresses["turn"] = a.turn.Addr().String()
	}
	if a.sfu != nil {
		addresses["sfu"] = a.sfu.Addr().String()
	}
	return checks, addresses, ok
}

// phrase is the sentence of a room event.
func phrase(lang, kind string, args map[string]string) string {
	return locale.New(locale.Match("", lang), time.UTC, time.Now()).Fill("event."+kind, args)
}
