// Package api is the JSON API of version 1, for ERPs and scripts. The OpenAPI 3.1
// document comes from the Go types in this package. Handlers decode, make one
// service call and answer; every error is a problem document with a stable code.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"

	"entente/chat/call"
	"entente/chat/forum"
	"entente/chat/library"
	"entente/chat/room"
	"entente/chat/socket"
	"entente/db"
	"entente/edi/agreement"
	"entente/edi/courier"
	"entente/edi/gateway"
	"entente/edi/share"
	"entente/portal/batch"
	"entente/portal/hook"
	"entente/portal/problem"
	"entente/portal/push"
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
	"entente/prm/fault"
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

// IntakePath takes interchanges; its body is streamed.
const IntakePath = "/api/v1/edi/interchanges"

// Deps are the services the API calls.
type Deps struct {
	Version     string
	Accounts    *account.Service
	Partners    *partner.Service
	Catalog     *catalog.Service
	Trade       *trade.Service
	Desk        *orderdesk.Service
	Prechecks   *precheck.Service
	Returns     *returns.Service
	Blankets    *blanket.Service
	Quotes      *quote.Service
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
	Brands      *brand.Service
	Campaigns   *campaign.Service
	Triggers    *trigger.Service
	Funds       *fund.Service
	Adjust      *adjust.Service
	Protect     *protect.Service
	SellThrough *sellthrough.Service
	Channel     *channel.Service
	Files       *batch.Service
	Gateway     *gateway.Service
	Remotes     *gateway.Remotes
	Courier     *courier.Service
	Shares      *share.Service
	// Agreements are the EDI agreements.
	Agreements *agreement.Service
	Hooks      *hook.Service
	Spool      string // folder of large AS2 messages
	BaseURL    string // of this server, for links
	Rooms      *room.Service
	Calls      *call.Service
	Forum      *forum.Service
	Library    *library.Service
	Notify     *notify.Service
	Push       *push.Service
	Live       *socket.Endpoint
	Log        *slog.Logger
	// Actor returns who calls, as the session middleware found out.
	Actor func(ctx context.Context) access.Actor
	// Identity is the caller as the live socket knows them, for a ticket.
	Identity func(ctx context.Context) (socket.Identity, error)
}

// API is the mounted API.
type API struct {
	d    Deps
	huma huma.API
}

// New registers every operation on app under /api/v1.
func New(app *fiber.App, d Deps) *API {
	cfg := huma.DefaultConfig("Entente API", d.Version)
	cfg.Info.Description = "Orders, invoices, EDI interchanges and rooms of your company. A token belongs to one person in one company: it may do what its scopes and the person's present roles both allow. What your company may not see does not exist (404)."
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", ""
	cfg.CreateHooks = nil // no $schema links built from the Host header
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer", Description: "An API token, made on the company page or with: entente token create"}}
	cfg.Security = []map[string][]string{{"token": {}}}
	huma.NewError = humaProblem
	a := &API{d: d, huma: humafiber.New(app, cfg)}
	a.edi()
	a.documents()
	a.files()
	a.orders()
	a.desk()
	a.checks()
	a.agreements()
	a.locations()
	a.settlements()
	a.approvalDesk()
	a.papers()
	a.people()
	a.catalogue()
	a.rooms()
	a.forum()
	a.library()
	a.leads()
	a.deals()
	a.quotes()
	a.engagements()
	a.mappings()
	a.promos()
	a.promoWrites()
	a.promoRuns()
	a.landings()
	a.mailings()
	a.suggestions()
	a.promoTemplates()
	a.sellThrough()
	a.funds()
	a.stations()
	a.hooks()
	a.as2Door(app)
	return a
}

// OpenAPI is the OpenAPI 3.1 document as JSON.
func (a *API) OpenAPI() ([]byte, error) { return json.Marshal(a.huma.OpenAPI()) }

// humaProblem turns what the library itself refuses (a body that does not fit
// its schema) into our problem document.
func humaProblem(status int, msg string, errs ...error) huma.StatusError {
	code := fault.Invalid
	switch status {
	case http.StatusRequestEntityTooLarge:
		code = fault.TooLarge
	case http.StatusNotFound:
		code = fault.NotFound
	}
	if status >= 500 {
		code = fault.Internal
	}
	d := problem.Of(fault.New(code, "error.body"), "", "")
	if code == fault.Invalid && status >= 400 && status < 500 {
		d.Status = status
	}
	if len(errs) == 0 && code == fault.Invalid && msg != "" {
		d.Detail = msg
	}
	for _, e := range errs {
		if ed, ok := e.(huma.ErrorDetailer); ok {
			x := ed.ErrorDetail()
			d.Errors = append(d.Errors, problem.Field{Location: x.Location, Code: "error.body", Message: x.Message})
		}
	}
	return d
}

// op describes an operation; the id is made from method and path.
func op(method, path, scope, summary, about string, status int) huma.Operation {
	id := strings.ToLower(method) + strings.NewReplacer("/api/v1", "", "/", "-", "{", "", "}", "").Replace(path)
	if about != "" && scope != "" {
		about += "\n\n"
	}
	if scope != "" {
		about += "Scope: `" + scope + "`."
	}
	tag, _, _ := strings.Cut(strings.TrimPrefix(path, "/api/v1/"), "/")
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Description: about, Tags: []string{tag}, DefaultStatus: status, BodyReadTimeout: -1, Extensions: map[string]any{"x-scope": scope}}
}

// reply carries a JSON body.
type reply[T any] struct{ Body T }

// list is the form of every list.
type list[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next" doc:"cursor for after; null at the end"`
}

func page[T any](items []T, next string) *reply[list[T]] {
	l := list[T]{Items: items}
	if l.Items == nil {
		l.Items = []T{}
	}
	if next != "" {
		l.Next = &next
	}
	return &reply[list[T]]{l}
}

// Paging is what every list takes.
type Paging struct {
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"rows of a page"`
	After string `query:"after" doc:"cursor from next of the page before"`
}

// handle registers an operation whose handler gets the actor; its errors become
// problem documents.
//
// A Body tagged required:"false" may be left out whole: the zero body is meant. The
// library makes every body that is no pointer required, so it is told after.
func handle[I, O any](a *API, o huma.Operation, fn func(ctx context.Context, actor access.Actor, in *I) (*O, error)) {
	for i := range reflect.TypeFor[I]().NumField() {
		if f := reflect.TypeFor[I]().Field(i); f.Anonymous && !f.IsExported() {
			panic("api: parameters of " + o.Path + " in an embedded type that is not exported, where huma does not look: " + f.Name)
		}
	}
	if b, ok := reflect.TypeFor[I]().FieldByName("Body"); ok && b.Tag.Get("required") == "false" {
		body := &huma.RequestBody{}
		o.RequestBody = body
		defer func() { body.Required = false }()
	}
	huma.Register(a.huma, o, func(ctx context.Context, in *I) (*O, error) {
		actor := a.d.Actor(ctx)
		if !actor.Known() || actor.Org == "" {
			return nil, refusal(fault.New(fault.Unauthenticated, "error.token_missing"))
		}
		out, err := fn(ctx, actor, in)
		if err != nil {
			return nil, a.failed(refusal(err), o, err)
		}
		return out, nil
	})
}

// failed logs what is no fault of the caller under a reference that the document tells:
// the text of a foreign error never leaves the house.
func (a *API) failed(refused error, o huma.Operation, err error) error {
	var d *problem.Problem
	if !errors.As(refused, &d) || d.Status < 500 {
		return refused
	}
	id := db.NewID()
	a.d.Log.Error("request failed", "request", id, "method", o.Method, "route", o.Path, "status", d.Status, "error", err.Error())
	told := *d
	told.Instance = problem.Request(id)
	headers := http.Header{"X-Request-Id": {id}}
	if h, ok := refused.(huma.HeadersError); ok {
		for k, v := range h.GetHeaders() {
			headers[k] = v
		}
	}
	return huma.ErrorWithHeaders(&told, headers)
}

// refusal is the problem document of an error, with the header that tells a
// program what to do next.
func refusal(err error) error {
	p := problem.Of(err, "", "")
	switch p.Status {
	case http.StatusUnauthorized:
		return huma.ErrorWithHeaders(p, http.Header{"WWW-Authenticate": {"Bearer"}})
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {"5"}})
	}
	return p
}
