package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"

	"entente/edi/ack"
	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/translate"
	"entente/edi/x12"
)

// demoPassword is the password of every demo person (CONTRACT 2).
const demoPassword = "entente-demo-1"

// erpCompany is what the simulated ERP of a company knows.
type erpCompany struct {
	email    string
	identity string // X12 id with qualifier ZZ
	supplier string // its supplier's X12 id
	manager  string // person of the supplier who answers
	slug     string
	seller   string
}

var erpCompanies = map[string]erpCompany{
	"kestrel": {"maya@kestrel.example", "KESTRELSUPPLY", "AURELIATOOLS", "ingrid@aurelia.example", "kestrel", "aurelia"},
}

func demoCmd(ctx context.Context, e *env, args []string) (int, error) {
	fs := e.flags("demo")
	base := fs.String("url", "http://127.0.0.1:8080", "address of the portal")
	as := fs.String("as", "kestrel", "company to play")
	wait := fs.Duration("wait", 2*time.Minute, "how long to wait for each document")
	via := fs.String("via", "http", "how to send and fetch: http (the API), sftp or as2")
	alone := fs.Bool("no-supplier", false, "do not play the supplier: wait until somebody confirms, ships and invoices on the page")
	rest, err := e.parse(fs, "erp [--url URL] [--as kestrel] [--via http|sftp|as2] [--no-supplier] [--wait 2m]", args)
	if err != nil {
		return exitUsage, err
	}
	if len(rest) != 1 || rest[0] != "erp" {
		return exitUsage, misuse("usage: entente demo erp [--url URL] [--as kestrel] [--via http|sftp|as2]")
	}
	if *via != "http" && *via != "sftp" && *via != "as2" {
		return exitUsage, misuse("--via %q: it is http, sftp or as2", *via)
	}
	company, ok := erpCompanies[*as]
	if !ok {
		return exitUsage, misuse("%q has no X12 address in the demo data; play kestrel", *as)
	}
	erp := &erp{env: e, base: strings.TrimRight(*base, "/"), company: company, wait: *wait}
	if err := erp.run(ctx, *via, !*alone); err != nil {
		return exitFailed, err
	}
	return exitOK, nil
}

type erp struct {
	*env
	base    string
	company erpCompany
	wait    time.Duration
	token   string
	wire    erpWire
}

func (p *erp) say(format string, args ...any) {
	fmt.Fprintf(p.out, "%s  %s\n", time.Now().UTC().Format("15:04:05"), fmt.Sprintf(format, args...))
}

func (p *erp) run(ctx context.Context, via string, answer bool) (err error) {
	if p.token, err = p.signIn(ctx, p.company.email, p.company.slug, "demo ERP", "edi:read", "edi:write", "orders:read", "partners:read", "stations:read", "stations:write"); err != nil {
		return err
	}
	p.say("signed in as %s and made an API token", p.company.email)
	if err := p.connect(ctx, via); err != nil {
		return err
	}
	defer p.wire.close()

	po := fmt.Sprintf("KS-%d", time.Now().Unix()%100000000)
	out, err := p.order(po)
	if err != nil {
		return err
	}
	p.say("sending order %s", po)
	p.show(out)
	id, err := p.wire.send(ctx, out)
	if err != nil {
		return err
	}
	p.say("accepted for processing as %s", id)
	if _, err := p.expect(ctx, "997", po); err != nil {
		return err
	}

	order, err := p.find(ctx, p.token, po)
	if err != nil {
		return err
	}
	p.say("the order stands in the portal: %s/c/%s/orders/%s", p.base, p.company.slug, order)
	supplier := ""
	if answer {
		if supplier, err = p.signIn(ctx, p.company.manager, p.company.seller, "demo answers", "orders:read", "orders:write"); err != nil {
			return err
		}
		p.say("playing the supplier as %s: confirming every line", p.company.manager)
		if err := p.call(ctx, supplier, "POST", "/api/v1/orders/"+order+"/confirm", []byte(`{}`), nil); err != nil {
			return err
		}
	} else {
		p.say("waiting for the supplier to confirm: %s/c/%s/orders/%s", p.base, p.company.seller, order)
	}
	if _, err := p.expect(ctx, "855", po); err != nil {
		return err
	}
	if answer {
		p.say("playing the supplier: shipping and invoicing")
		if err := p.call(ctx, supplier, "POST", "/api/v1/orders/"+order+"/ship", []byte(`{"carrier":"DHL"}`), nil); err != nil {
			return err
		}
		if err := p.call(ctx, supplier, "POST", "/api/v1/orders/"+order+"/invoice", []byte(`{}`), nil); err != nil {
			return err
		}
	} else {
		p.say("waiting for the supplier to ship and invoice")
	}
	if _, err := p.expect(ctx, "810", po); err != nil {
		return err
	}
	p.say("done: order %s is confirmed and invoiced, and both documents are acknowledged", po)
	return nil
}

// order writes the scripted 850.
func (p *erp) order(po string) ([]byte, error) {
	now := time.Now().UTC()
	day := now.Format(time.DateOnly)
	line := func(n, sku, qty, price, words string) doc.Line {
		return doc.Line{Number: n, VendorItem: sku, Quantity: doc.Decimal(qty), Unit: "EA", Price: doc.Decimal(price), Description: words}
	}
	d := &doc.PurchaseOrder{
		Purpose: "00", Type: "SA", Number: po, Date: day,
		Header: doc.Header{
			Currency: "GBP",
			Dates:    []doc.Date{{Qualifier: "002", Date: now.AddDate(0, 0, 14).Format(time.DateOnly)}},
			Parties: []doc.Party{
				{Role: "BY", Name: "Kestrel Supply Ltd", IDQualifier: "92", ID: "KS-LEEDS"},
				{Role: "ST", Name: "Kestrel DC Wakefield", IDQualifier: "92", ID: "KS-WKF1", Address: []string{"Unit 4, Calder Park"}, City: "Wakefield", Postcode: "WF2 7AZ", Country: "GB"},
			},
		},
		Lines: []doc.Line{
			line("1", "AUR-D18B", "24", "84.00", "Cordless drill 18 V brushless"),
			line("2", "AUR-B50", "48", "31.20", "Battery 5.0 Ah"),
			line("3", "AUR-BS40", "60", "9.80", "Bit set, 40 pieces"),
		},
	}
	body, findings := translate.WritePurchaseOrder(d, "005010")
	for _, f := range findings {
		if f.Severity == "reject" {
			return nil, fmt.Errorf("the scripted order cannot be written: %s", f.Key)
		}
	}
	return p.interchange("PO", body)
}

// interchange wraps a body. Control numbers follow the clock: they rise and do
// not come back between runs.
func (p *erp) interchange(kind string, body x12.Body) ([]byte, error) {
	now := time.Now().UTC()
	var b bytes.Buffer
	control := fmt.Sprint(now.UnixMilli() / 100 % 1_000_000_000)
	err := x12.WriteInterchange(&b, x12.Outgoing{
		Header: x12.Header{SenderQualifier: "ZZ", Sender: p.company.identity, ReceiverQualifier: "ZZ", Receiver: p.company.supplier, Version: "00501", Control: control, Usage: "P"},
		Group:  x12.Group{FunctionalID: kind, Sender: p.company.identity, Receiver: p.company.supplier, Control: control, Agency: "X", Version: "005010"},
		Bodies: []x12.Body{body},
	}, now)
	return b.Bytes(), err
}

func (p *erp) show(raw []byte) {
	text := strings.ReplaceAll(strings.TrimSpace(string(raw)), "~", "~\n    ")
	fmt.Fprintln(p.out, "    "+strings.TrimSpace(text))
}

// expect fetches the outbox until an interchange of the type about the order is
// there, prints it, acknowledges it and, unless it is a 997, answers with one.
// Others that wait are fetched and answered as well: an ERP takes what it gets.
func (p *erp) expect(ctx context.Context, kind, po string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, p.wait)
	defer cancel()
	for {
		items, err := p.wire.waiting(ctx)
		if err != nil {
			return nil, err
		}
		var found []byte
		for _, it := range items {
			raw, err := p.wire.fetch(ctx, it)
			if err != nil {
				return nil, err
			}
			p.say("fetched a %s, control number %s", it.Type, it.Control)
			p.show(raw)
			if err := p.wire.done(ctx, it); err != nil {
				return nil, err
			}
			if it.Type != "997" {
				if err := p.acknowledge(ctx, raw); err != nil {
					return nil, err
				}
			}
			if it.Type == kind && (kind == "997" || bytes.Contains(raw, []byte(po))) {
				found = raw
			}
		}
		if found != nil {
			return found, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("no %s for %s came within %s", kind, po, p.wait)
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// acknowledge checks a document as a real ERP would and posts its 997.
func (p *erp) acknowledge(ctx context.Context, raw []byte) error {
	report, err := schema.Check(bytes.NewReader(raw), schema.Options{})
	if err != nil {
		return fmt.Errorf("the portal sent something unreadable: %w", err)
	}
	for _, ic := range report.Interchanges {
		var groups []ack.Group
		for i := range ic.GroupReports {
			g := &ic.GroupReports[i]
			var sets []ack.Set
			for j := range g.SetReports {
				sets = append(sets, ack.SetOf(&g.SetReports[j]))
			}
			groups = append(groups, ack.GroupOf(&g.Group, sets))
		}
		n := time.Now().UnixMilli() / 100 % 1_000_000_000
		var b bytes.Buffer
		if err := ack.Write997(&b, ic.Header, groups, ack.Numbers{Interchange: n, Group: n}, time.Now().UTC()); errors.Is(err, ack.ErrNoAnswer) {
			continue
		} else if err != nil {
			return err
		}
		if _, err := p.wire.send(ctx, b.Bytes()); err != nil {
			return err
		}
		p.say("answered with a 997")
	}
	return nil
}

func (p *erp) find(ctx context.Context, token, po string) (string, error) {
	var list struct {
		Items []struct{ ID, Number string }
	}
	if err := p.call(ctx, token, "GET", "/api/v1/orders?q="+url.QueryEscape(po), nil, &list); err != nil {
		return "", err
	}
	for _, o := range list.Items {
		if o.Number == po {
			return o.ID, nil
		}
	}
	return "", fmt.Errorf("the portal does not list order %s", po)
}

var (
	csrfField   = regexp.MustCompile(`name="csrf" value="([^"]+)"`)
	keyField    = regexp.MustCompile(`name="key" value="([^"]+)"`)
	tokenSecret = regexp.MustCompile(`\bent_[a-z0-9]{20,}\b`)
)

// signIn signs a demo person in on the page, as they would, and makes an API
// token on the company page.
func (p *erp) signIn(ctx context.Context, email, slug, name string, scopes ...string) (string, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", err
	}
	client := &http.Client{Jar: jar}
	get := func(path string) (string, error) {
		req, err := http.NewRequestWithContext(ctx, "GET", p.base+path, nil)
		if err != nil {
			return "", err
		}
		return p.page(client, req)
	}
	post := func(path, page string, form url.Values) (string, error) {
		for field, re := range map[string]*regexp.Regexp{"csrf": csrfField, "key": keyField} {
			if m := re.FindStringSubmatch(page); m != nil {
				form.Set(field, html.UnescapeString(m[1]))
			}
		}
		req, err := http.NewRequestWithContext(ctx, "POST", p.base+path, strings.NewReader(form.Encode()))
		if err != nil {
			return "", err
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", p.base)
		return p.page(client, req)
	}
	in, err := get("/signin")
	if err != nil {
		return "", err
	}
	if _, err := post("/signin", in, url.Values{"email": {email}, "password": {demoPassword}}); err != nil {
		return "", fmt.Errorf("sign in as %s: %w", email, err)
	}
	path := "/c/" + slug + "/company"
	company, err := get(path)
	if err != nil {
		return "", err
	}
	page, err := post(path+"/tokens", company, url.Values{"name": {name}, "days": {"30"}, "scope": scopes})
	if err != nil {
		return "", fmt.Errorf("make a token: %w", err)
	}
	secret := tokenSecret.FindString(page)
	if secret == "" {
		return "", errors.New("the company page showed no token; is this a demo portal (serve --demo)?")
	}
	return secret, nil
}

func (p *erp) page(client *http.Client, req *http.Request) (string, error) {
	res, err := client.Do(req)
	if err != nil {
		return "", fmt.Errorf("the portal at %s does not answer: %w", p.base, err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 4<<20))
	if err == nil && res.StatusCode >= 400 {
		err = fmt.Errorf("%s %s: %s", req.Method, req.URL.Path, res.Status)
	}
	return string(raw), err
}
