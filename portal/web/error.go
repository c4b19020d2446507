package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/db"
	"entente/portal/locale"
	"entente/portal/problem"
	"entente/portal/session"
	"entente/portal/view"
	"entente/prm/fault"
)

// Error is the one renderer of errors, fiber's ErrorHandler. What it answers
// follows what was asked for: a problem document (RFC 9457) under /api, /as2 and
// /live and where the client takes JSON but no HTML; the sentence alone for a
// fragment; else a page, within the shell for somebody signed in. The text of a
// foreign error never leaves the house: it is logged under the id that the
// answer shows.
func (w *Web) Error(c *fiber.Ctx, err error) error {
	setHeaders(c)
	f := asFault(err)
	status := f.Code.Status()
	var fe *fiber.Error
	if errors.As(err, &fe) && fe.Code >= 400 && fe.Code < 500 {
		status = fe.Code
	}
	var doc *problem.Problem
	if errors.As(err, &doc) {
		status = doc.Status
	}
	id := requestID(c)
	c.Set("X-Request-Id", id)
	if status >= 500 {
		w.d.Log.Error("request failed", "request", id, "method", c.Method(), "route", routePath(c), "status", status, "error", err.Error())
	}
	wait := retryAfter(f)
	if wait > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	}
	c.Vary("HX-Request", fiber.HeaderAccept)
	if wantsProblem(c) {
		return w.problem(c, err, f, status, id)
	}
	if f.Code == fault.Unauthenticated {
		return w.signedOut(c)
	}
	if err := w.errorPage(c, f, status, id, wait); err != nil {
		w.d.Log.Error("error page failed", "request", id, "error", err.Error())
		c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
		return c.Status(fiber.StatusInternalServerError).SendString("500 " + id + "\n")
	}
	return nil
}

// asFault turns what fiber and fasthttp refuse into a fault of ours.
func asFault(err error) *fault.Error {
	var fe *fiber.Error
	if !errors.As(err, &fe) {
		return fault.As(err)
	}
	switch {
	case fe.Code == fiber.StatusNotFound:
		return fault.New(fault.NotFound, "error.not_found")
	case fe.Code == fiber.StatusMethodNotAllowed:
		return fault.New(fault.NotFound, "error.method")
	case fe.Code == fiber.StatusRequestEntityTooLarge:
		return fault.New(fault.TooLarge, "error.too_large", "Limit", "1 MiB")
	case fe.Code == fiber.StatusTooManyRequests:
		return fault.New(fault.RateLimited, "error.rate_limited")
	case fe.Code == fiber.StatusUnauthorized:
		return fault.New(fault.Unauthenticated, "error.signed_out")
	case fe.Code == fiber.StatusServiceUnavailable, fe.Code == fiber.StatusRequestTimeout:
		return fault.New(fault.Unavailable, "error.unavailable")
	case fe.Code >= 400 && fe.Code < 500:
		return fault.New(fault.Invalid, "error.request")
	}
	return fault.Wrap(err, fault.Internal, "error.internal")
}

// requestID names the request in the log and on the page of its error.
func requestID(c *fiber.Ctx) string {
	if id, ok := c.Locals("request").(string); ok {
		return id
	}
	id := db.NewID()
	c.Locals("request", id)
	return id
}

func routePath(c *fiber.Ctx) string {
	if r := c.Route(); r != nil {
		return r.Path
	}
	return ""
}

// retryAfter is how long to wait before trying again, zero when waiting changes
// nothing. Services say it as the argument "wait" or "Wait".
func retryAfter(f *fault.Error) time.Duration {
	if f.Code != fault.RateLimited && f.Code != fault.Unavailable {
		return 0
	}
	for _, name := range []string{"seconds", "wait"} {
		switch d := f.Args[name].(type) {
		case time.Duration:
			return max(d, time.Second)
		case int:
			return time.Duration(max(d, 1)) * time.Second
		case int64:
			return time.Duration(max(d, 1)) * time.Second
		}
	}
	if f.Code == fault.RateLimited {
		return time.Minute
	}
	return 10 * time.Second
}

// machinePaths are spoken to by programs: their errors are problem documents.
var machinePaths = []string{"/api", "/as2", "/live", "/readyz", "/livez"}

func wantsProblem(c *fiber.Ctx) bool {
	path := c.Path()
	if path != "/api/docs" && slices.ContainsFunc(machinePaths, func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") }) {
		return true
	}
	accept := c.Get(fiber.HeaderAccept)
	return (strings.Contains(accept, "application/json") || strings.Contains(accept, problem.ContentType)) && !strings.Contains(accept, "text/html")
}

func (w *Web) problem(c *fiber.Ctx, err error, f *fault.Error, status int, id string) error {
	var d problem.Problem
	var ready *problem.Problem
	if errors.As(err, &ready) {
		d = *ready
	} else {
		d = *problem.Of(f, c.Get(fiber.HeaderAcceptLanguage), "")
		d.Status = status
	}
	if status >= 500 {
		d.Instance = problem.Request(id)
	}
	raw, jerr := json.Marshal(d)
	if jerr != nil {
		return fmt.Errorf("web: %w", jerr)
	}
	if status == fiber.StatusUnauthorized {
		c.Set(fiber.HeaderWWWAuthenticate, "Bearer")
	}
	c.Set(fiber.HeaderContentType, problem.ContentType)
	return c.Status(status).Send(raw)
}

// signedOut sends a browser to the sign-in page, and tells a fragment's request
// to open the dialog there.
func (w *Web) signedOut(c *fiber.Ctx) error {
	if wantsFragment(c) {
		c.Set("HX-Trigger", "entente:signedout")
		c.Set("HX-Reswap", "none")
		c.Status(fiber.StatusUnauthorized)
		return nil
	}
	next := ""
	if c.Method() == fiber.MethodGet {
		next = c.OriginalURL()
	}
	return c.Redirect(session.SignInPath(next), fiber.StatusSeeOther)
}

// errorPage writes the page or, for a fragment, its box.
func (w *Web) errorPage(c *fiber.Ctx, f *fault.Error, status int, id string, wait time.Duration) error {
	v := w.visit(c, Route{Name: "error"}, w.whoever(c))
	page := &view.ErrorPage{Base: v.shell(), Status: status, Retry: wait}
	if f.Key != "" && f.Code != fault.Internal && !plainKeys[f.Key] {
		page.Message = v.faultText(f.Code, f.Key, f.Args)
	}
	if status >= 500 {
		page.Reference = id
	}
	if f.Code == fault.Conflict {
		page.Code = f.Key
		page.Was, page.Now = v.bothValues(f)
		page.BackURL = v.Path()
	}
	block := ""
	if v.htmx() {
		block = "error.box"
	}
	return v.send(status, page, block)
}

// plainKeys say nothing beyond the words of their status.
var plainKeys = map[string]bool{"error.internal": true, "error.not_found": true, "error.unavailable": true, "error.rate_limited": true, "error.too_large": true, "error.conflict": true, "error.forbidden": true, "error.method": true}

// faultText is the sentence of a fault; a key without a text gives nothing, and
// the words of the status stand alone.
func (v *visit) faultText(code fault.Code, key string, args map[string]any) view.Text {
	if code == fault.Internal || !v.has(key) {
		return view.Text{}
	}
	return view.Keyed(locale.Refused(v.p, key, args), v.written(args))
}

// sum is an amount as services name it in what they refuse: "310.00 GBP".
var sum = regexp.MustCompile(`^(-?\d+(?:\.\d+)?) ([A-Z]{3})$`)

// written are args with amounts and civil dates as the person writes them.
func (v *visit) written(args map[string]any) map[string]any {
	out := maps.Clone(args)
	for name, a := range out {
		s, ok := a.(string)
		if !ok {
			continue
		}
		if m := sum.FindStringSubmatch(s); m != nil {
			out[name] = v.p.Money(m[1], m[2])
		} else if _, err := time.Parse(time.DateOnly, s); err == nil {
			out[name] = v.p.Date(s)
		}
	}
	return out
}

// bothValues are what a conflict found and what was asked for, when the service
// names them as "was" and "now".
func (v *visit) bothValues(f *fault.Error) (was, now view.Text) {
	text := func(name string) view.Text {
		a, ok := f.Args[name]
		if !ok {
			return view.Text{}
		}
		s, ok := a.(string)
		if !ok {
			return view.Raw(fmt.Sprint(a))
		}
		if key := "state.order." + s; v.has(key) {
			return view.T(key)
		}
		return view.Raw(s)
	}
	return text("was"), text("now")
}

// formErrors are the faults of a submitted form, for the form's page; false when
// the error is of another kind and goes to the renderer.
func (v *visit) formErrors(err error) ([]view.FieldError, view.Text, bool) {
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != fault.Invalid && f.Code != fault.Conflict && f.Code != fault.RateLimited {
		return nil, view.Text{}, false
	}
	var out []view.FieldError
	for _, w := range f.Fields {
		out = append(out, view.FieldError{Field: w.Name, Text: v.sentence(f.Code, w.Key, w.Args)})
	}
	if len(out) > 0 {
		return out, view.Text{}, true
	}
	return nil, v.sentence(f.Code, f.Key, f.Args), true
}

// refusal is formErrors with the status of the page that shows the form again.
func (v *visit) refusal(err error) (errs []view.FieldError, note view.Text, status int, ok bool) {
	errs, note, ok = v.formErrors(err)
	if status = 422; fault.CodeOf(err) == fault.Conflict {
		status = 409
	}
	return errs, note, status, ok
}

// sentence is faultText with the general words of the code for an unknown key.
func (v *visit) sentence(code fault.Code, key string, args map[string]any) view.Text {
	if t := v.faultText(code, key, args); !t.IsZero() {
		return t
	}
	return view.T("error." + string(code))
}
