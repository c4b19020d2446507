package api

import (
	"context"
	"io"
	"time"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/sync/semaphore"

	"entente/edi/as2"
	"entente/edi/courier"
	"entente/edi/gateway"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

// AS2Path is the door of AS2 stations; its body is streamed.
const AS2Path = "/as2"

// Bodies beyond smallMessage stay on disk, and are opened once they are complete, in one of
// largeMessages places, and one beyond hugeMessage in all of them; a smaller one takes a
// place where it inflates to a large one. So processor and disk stay bounded whatever comes
// at once, and who sends slowly holds up nobody: the server bounds each step of reading. A
// place is waited for for placeTimeout.
const (
	smallMessage  = 2 << 20
	hugeMessage   = 32 << 20
	largeMessages = 2
	placeTimeout  = 30 * time.Second
)

// as2Door takes messages and receipts. Who sends is proved by the message itself.
func (a *API) as2Door(app *fiber.App) {
	large := semaphore.NewWeighted(largeMessages)
	app.Post(AS2Path, func(c *fiber.Ctx) error {
		body, err := readMessage(c, a.d.Courier.Limit(), a.d.Spool, large)
		if body.release != nil {
			defer body.release()
		}
		if err != nil {
			return err
		}
		var h as2.Header
		c.Request().Header.VisitAll(func(k, v []byte) { h = append(h, as2.Field{Name: string(k), Value: string(v)}) })
		r := a.d.Courier.Receive(c.UserContext(), courier.Arrival{Header: h, Body: body.in, Grow: body.grow, Addr: c.IP()})
		for _, f := range r.Header {
			c.Response().Header.Set(f.Name, f.Value)
		}
		return c.Status(r.Status).Send(r.Body)
	})
	app.Get(AS2Path, func(c *fiber.Ctx) error {
		return c.SendString("This is an AS2 station (RFC 4130). Messages come by POST.\n")
	})
}

type messageBody struct {
	in      as2.Body
	grow    func() bool // takes a place; nil: it has one
	release func()
}

// takePlaces waits placeTimeout for n of the places, in the order of asking.
func takePlaces(places *semaphore.Weighted, n int64) bool {
	ctx, done := context.WithTimeout(context.Background(), placeTimeout)
	defer done()
	return places.Acquire(ctx, n) == nil
}

// readMessage reads a body up to the limit. A large one waits for a place when it is
// complete; who waits too long is asked to come again.
func readMessage(c *fiber.Ctx, limit int64, spool string, large *semaphore.Weighted) (messageBody, error) {
	tooLarge := fault.New(fault.TooLarge, "edi.too_large", "Offset", limit)
	broken := func(err error) error { return fault.Wrap(err, fault.Invalid, "error.truncated") }
	n := int64(c.Request().Header.ContentLength())
	if n > limit {
		return messageBody{}, tooLarge
	}
	in := c.Context().RequestBodyStream()
	if in == nil { // none was sent
		return messageBody{}, nil
	}
	head, err := io.ReadAll(io.LimitReader(in, smallMessage+1))
	if err != nil {
		return messageBody{}, broken(err)
	}
	if len(head) <= smallMessage {
		taken := int64(0)
		return messageBody{in: as2.InMemory(head), grow: func() bool {
			if takePlaces(large, 1) {
				taken = 1
			}
			return taken == 1
		}, release: func() { large.Release(taken) }}, nil
	}
	file, err := gateway.Unnamed(spool)
	if err != nil {
		return messageBody{}, fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	kept := false
	defer func() {
		if !kept {
			_ = file.Close()
		}
	}()
	if _, err := file.Write(head); err != nil {
		return messageBody{}, fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	head = nil
	size, err := io.Copy(file, io.LimitReader(in, limit-smallMessage))
	if err != nil {
		return messageBody{}, broken(err)
	}
	if size += smallMessage + 1; size > limit {
		return messageBody{}, tooLarge
	}
	places := int64(1)
	if size > hugeMessage {
		places = largeMessages
	}
	if !takePlaces(large, places) {
		return messageBody{}, fault.New(fault.Unavailable, "error.unavailable")
	}
	kept = true
	return messageBody{in: as2.InFile(file, int(size)), release: func() {
		_ = file.Close()
		large.Release(places)
	}}, nil
}

type certificateOut struct {
	ID          string     `json:"id"`
	Purpose     string     `json:"purpose" doc:"both, sign or encrypt; https: that of the HTTPS server, or of the authority that issued it"`
	HTTPS       bool       `json:"https,omitempty" doc:"the HTTPS server is called only where it shows it, also where it is for messages too"`
	Own         bool       `json:"own" doc:"its private key lies here: the station lives on this server"`
	Subject     string     `json:"subject"`
	Issuer      string     `json:"issuer"`
	Serial      string     `json:"serial"`
	Key         string     `json:"key"`
	Fingerprint string     `json:"sha256"`
	NotBefore   time.Time  `json:"not_before"`
	NotAfter    time.Time  `json:"not_after"`
	UseFrom     time.Time  `json:"use_from"`
	Retired     *time.Time `json:"retired"`
	Announced   *time.Time `json:"announced,omitempty" doc:"when it followed another: it is used in a partnership once it is confirmed there"`
	Confirmed   *time.Time `json:"confirmed,omitempty" doc:"when the other company of the partnership confirmed it"`
	How         string     `json:"confirmed_by,omitempty" enum:",person,message,receipt" doc:"by what: its people, a document signed with it, a receipt"`
	PEM         string     `json:"pem"`
}

type stationOut struct {
	Company      string           `json:"company" doc:"slug"`
	Names        []string         `json:"names" doc:"AS2 names"`
	URL          string           `json:"url" doc:"where it takes messages; empty when it only sends"`
	ReceiptHosts []string         `json:"receipt_hosts" doc:"further hosts to which it may ask for receipts"`
	Login        *stationLogin    `json:"login,omitempty" doc:"what your server asks of who calls it; of your own station only"`
	Locked       *stationLocked   `json:"locked,omitempty" doc:"the server does not let us in: it is called once an hour until it does, or the station is saved again"`
	Certificates []certificateOut `json:"certificates"`
}

type stationLocked struct {
	Reason string     `json:"reason" enum:"courier.http_login,courier.http_login_refused,courier.http_denied" doc:"it asks for a login and none is kept, refuses the one that is, or refuses whoever comes from here"`
	Last   *time.Time `json:"last,omitempty" doc:"when it was last called; absent: it is called with the next message"`
}

type stationLogin struct {
	User     string `json:"user" maxLength:"200" doc:"empty: your server asks for none"`
	Password string `json:"password,omitempty" maxLength:"200" doc:"never given out; absent: the one of before holds for the same user"`
}

type stationIn struct {
	Body struct {
		URL          string        `json:"url" maxLength:"500"`
		ReceiptHosts []string      `json:"receipt_hosts,omitempty" maxItems:"20"`
		Login        *stationLogin `json:"login,omitempty" doc:"HTTP basic authentication at your server, over https only; absent: what was said before holds"`
	}
}

type certificateIn struct {
	Body struct {
		Certificate string    `json:"certificate,omitempty" maxLength:"200000" doc:"PEM, or base64 of DER, PKCS #7 or, with a key, PKCS #12"`
		Password    string    `json:"password,omitempty" doc:"of a PKCS #12 file"`
		Private     bool      `json:"private,omitempty" doc:"the file holds a private key that this server is to use"`
		Generate    string    `json:"generate,omitempty" doc:"make a self-signed one for this AS2 name instead, one of your company"`
		Purpose     string    `json:"purpose,omitempty" enum:"both,sign,encrypt,https" doc:"https: your HTTPS server is called only where it shows this certificate, or one that this authority issued for its name"`
		UseFrom     time.Time `json:"use_from,omitzero" doc:"when to begin to use it; at once when absent"`
	}
}

type termsOut struct {
	Sender  string        `json:"sender" doc:"slug: the terms of messages from this company"`
	Version int64         `json:"version" doc:"0: nothing was agreed, the defaults hold"`
	Terms   courier.Terms `json:"terms"`
	Weak    []string      `json:"weak" doc:"terms below today's practice"`
}

type linkOut struct {
	Partnership string       `json:"partnership"`
	Stations    []stationOut `json:"stations" doc:"yours first"`
	Terms       []termsOut   `json:"terms"`
	Networks    []networkOut `json:"networks,omitempty" doc:"the networks (VAN) that the agreement names"`
}

type networkOut struct {
	Company string `json:"company" doc:"slug of who is reached through it"`
	Network string `json:"network"`
	By      string `json:"by" enum:",account,company" doc:"how your company reaches its partner through it: its account there, or the company here that is the network; empty: not at all, or it is your own"`
}

type termsIn struct {
	IDPath
	Body struct {
		Sender  string        `json:"sender" doc:"slug; the receiving company decides"`
		Version int64         `json:"version" doc:"the one that was seen"`
		Terms   courier.Terms `json:"terms"`
	}
}

type sftpTry struct {
	Login   string    `json:"login" doc:"as it was named; empty: further sources"`
	Known   bool      `json:"known" doc:"the login exists"`
	Address string    `json:"address" doc:"empty: further sources"`
	Reason  string    `json:"reason" enum:"unknown,password,no_password,key,signature,paused,disabled,method,sessions,failed"`
	Times   int       `json:"times"`
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
}

func (a *API) stations() {
	handle(a, op("GET", "/api/v1/edi/station", "stations:read", "Your AS2 station", "", 200),
		func(ctx context.Context, actor access.Actor, _ *struct{}) (*reply[stationOut], error) {
			out, err := a.stationOf(ctx, actor, "", actor.Org)
			return &reply[stationOut]{out}, err
		})
	handle(a, op("PUT", "/api/v1/edi/station", "stations:write", "Say where your AS2 server listens", "", 200),
		func(ctx context.Context, actor access.Actor, in *stationIn) (*reply[stationOut], error) {
			cmd := courier.StationCmd{URL: in.Body.URL, ReceiptHosts: in.Body.ReceiptHosts}
			if l := in.Body.Login; l != nil {
				cmd.Login = &courier.Login{User: l.User, Password: l.Password}
			}
			if _, err := a.d.Courier.SaveStation(ctx, actor, cmd); err != nil {
				return nil, err
			}
			out, err := a.stationOf(ctx, actor, "", actor.Org)
			return &reply[stationOut]{out}, err
		})
	handle(a, op("POST", "/api/v1/edi/station/certificates", "stations:write", "Add a certificate of your station", "It is trusted for what you sign from now on, and messages to you are encrypted for it from `use_from`; where it follows another, once the partner confirmed it. The old one stays valid until it is retired.", 201),
		func(ctx context.Context, actor access.Actor, in *certificateIn) (*reply[certificateOut], error) {
			cmd := courier.CertificateFile{
				File: []byte(in.Body.Certificate), Password: in.Body.Password, Private: in.Body.Private, Generate: in.Body.Generate,
				Purpose: courier.Purpose(in.Body.Purpose), UseFrom: in.Body.UseFrom,
			}
			c, err := a.d.Courier.AddFile(ctx, actor, cmd)
			if err != nil {
				return nil, err
			}
			return &reply[certificateOut]{certificateView(c)}, nil
		})
	handle(a, op("POST", "/api/v1/edi/station/certificates/{id}/retire", "stations:write", "Take a certificate out of use", "", 204),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*struct{}, error) {
			return nil, a.d.Courier.RetireCertificate(ctx, actor, in.ID)
		})
	handle(a, op("POST", "/api/v1/edi/station/certificates/{id}/unpin", "stations:write", "Take back that a certificate is pinned for your HTTPS server", "It stays what it is for messages; one that is for the server alone is taken out of use. Where no other is pinned, the known authorities are believed again.", 204),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*struct{}, error) {
			return nil, a.d.Courier.Unpin(ctx, actor, in.ID)
		})
	handle(a, op("POST", "/api/v1/partners/{id}/as2/certificates/{certificate}/confirm", "stations:write", "Confirm a certificate that your partner announced", "From then on, and from its `use_from`, it is the one that the partner signs with and that messages to it are encrypted for. Both are taken meanwhile.", 200),
		func(ctx context.Context, actor access.Actor, in *partnerCertificate) (*reply[certificateOut], error) {
			c, err := a.d.Courier.ConfirmCertificate(ctx, actor, in.ID, in.Certificate)
			if err != nil {
				return nil, err
			}
			return &reply[certificateOut]{certificateView(c)}, nil
		})
	handle(a, op("POST", "/api/v1/partners/{id}/as2/certificates/{certificate}/try", "stations:write", "Ask your partner's software whether it takes your next certificate", "Sends a test message signed with it. A signed receipt that takes it confirms the certificate.", 200),
		func(ctx context.Context, actor access.Actor, in *partnerCertificate) (*reply[triedOut], error) {
			got, err := a.d.Courier.TryCertificate(ctx, actor, in.ID, in.Certificate)
			if err != nil {
				return nil, err
			}
			return &reply[triedOut]{triedOut{got.Good, got.Advice}}, nil
		})
	handle(a, op("GET", "/api/v1/edi/sftp/refused", "stations:read", "Sign-ins at the SFTP door that failed", "Under your company's logins and names, of the last 30 days, counted by source, login, reason and hour; the newest 20.", 200),
		func(ctx context.Context, actor access.Actor, _ *struct{}) (*reply[list[sftpTry]], error) {
			got, err := a.d.Accounts.SFTPTries(ctx, actor)
			items := make([]sftpTry, len(got))
			for i, t := range got {
				items[i] = sftpTry{t.Login, t.Known, t.Addr, string(t.Reason), t.Times, t.First, t.Last}
			}
			return &reply[list[sftpTry]]{list[sftpTry]{Items: items}}, err
		})
	handle(a, op("GET", "/api/v1/partners/{id}/as2", "stations:read", "How you and a partner exchange AS2", "Both stations with their certificates, and the terms of each direction.", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[linkOut], error) {
			out, err := a.linkOf(ctx, actor, in.ID)
			return &reply[linkOut]{out}, err
		})
	handle(a, op("GET", "/api/v1/partners/{id}/clock", "stations:read", "How long your company waits for acknowledgements", "In elapsed hours, from when the partner has your document; 0: it does not wait.", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[clockOut], error) {
			p, err := a.d.Gateway.Patience(ctx, actor, in.ID)
			return &reply[clockOut]{clockOut{p.Hours, p.ReceiptHours}}, err
		})
	handle(a, op("PUT", "/api/v1/partners/{id}/clock", "stations:write", "Set how long your company waits for acknowledgements", "Clocks that run already keep their end.", 200),
		func(ctx context.Context, actor access.Actor, in *clockIn) (*reply[clockOut], error) {
			return &reply[clockOut]{in.Body}, a.d.Gateway.SetPatience(ctx, actor, in.ID, in.Body.Hours, in.Body.ReceiptHours)
		})
	handle(a, op("GET", "/api/v1/partners/{id}/routes", "stations:read", "How your company receives each document of a partner", "", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[routesBody], error) {
			return a.routes(ctx, actor, in.ID)
		})
	handle(a, op("PUT", "/api/v1/partners/{id}/routes", "stations:write", "Choose how your company receives documents of a partner", "Those named change, the others stay; what was made before keeps its way.", 200),
		func(ctx context.Context, actor access.Actor, in *routesIn) (*reply[routesBody], error) {
			var routes []gateway.Route
			for _, r := range in.Body.Routes {
				routes = append(routes, gateway.Route{Kind: r.Type, Door: r.Door, Syntax: r.Standard, Version: r.Version})
			}
			if err := a.d.Gateway.SetRoutes(ctx, actor, in.ID, routes); err != nil {
				return nil, err
			}
			return a.routes(ctx, actor, in.ID)
		})
	handle(a, op("PUT", "/api/v1/partners/{id}/as2/terms", "stations:write", "Set the terms of messages to you", "", 200),
		func(ctx context.Context, actor access.Actor, in *termsIn) (*reply[linkOut], error) {
			sender, err := a.companyID(ctx, actor, in.Body.Sender)
			if err != nil {
				return nil, err
			}
			if _, err := a.d.Courier.SetTerms(ctx, actor, in.ID, sender, in.Body.Version, in.Body.Terms); err != nil {
				return nil, err
			}
			out, err := a.linkOf(ctx, actor, in.ID)
			return &reply[linkOut]{out}, err
		})
}

type routesBody struct {
	Routes []routeOut `json:"routes" maxItems:"20"`
}

type routeOut struct {
	Type     string `json:"type" enum:"850,855,856,810" doc:"the document by its X12 name, whatever the standard"`
	Door     string `json:"door" enum:",pages,outbox,as2,folder" doc:"empty: a reseller's station, else its outbox; a supplier's pages. folder: the one that the operator gave your company on the server"`
	Standard string `json:"standard" enum:",x12,edifact,json,csv,xlsx,idoc,idoc-xml,ubl" doc:"empty: that of the order; json and the following are forms of ERP systems, without version"`
	Version  string `json:"version" doc:"GS08 or D:96A:UN and the like; empty with standard"`
}

type routesIn struct {
	IDPath
	Body routesBody
}

// routes are how the actor's company receives documents.
func (a *API) routes(ctx context.Context, actor access.Actor, id string) (*reply[routesBody], error) {
	list, err := a.d.Gateway.Routes(ctx, actor, id)
	out := routesBody{Routes: []routeOut{}}
	for _, r := range list {
		out.Routes = append(out.Routes, routeOut{r.Kind, r.Door, r.Syntax, r.Version})
	}
	return &reply[routesBody]{out}, err
}

type clockOut struct {
	Hours int `json:"hours" minimum:"0" maximum:"720" doc:"elapsed hours, 1 to 720; 0 for not at all"`
	// ReceiptHours came later: who does not send it changes nothing.
	ReceiptHours int `json:"receipt_hours,omitempty" minimum:"0" maximum:"720" doc:"elapsed hours for an asynchronous AS2 receipt, 1 to 720; left out when set: as it was"`
}

type clockIn struct {
	IDPath
	Body clockOut
}

func certificateView(c courier.Certificate) certificateOut {
	out := certificateOut{
		ID: c.ID, Purpose: string(c.Purpose), HTTPS: c.Server, Own: c.Own, Subject: c.Subject, Issuer: c.Issuer, Serial: c.Serial, Key: c.Algorithm, Fingerprint: c.Fingerprint,
		NotBefore: c.NotBefore, NotAfter: c.NotAfter, UseFrom: c.UseFrom, PEM: c.PEM(),
	}
	if !c.Retired.IsZero() {
		out.Retired = &c.Retired
	}
	if !c.Announced.IsZero() {
		out.Announced = &c.Announced
	}
	if !c.Confirmed.IsZero() {
		out.Confirmed, out.How = &c.Confirmed, c.How
	}
	return out
}

type partnerCertificate struct {
	IDPath
	Certificate string `path:"certificate"`
}

type triedOut struct {
	Good   bool   `json:"good" doc:"a receipt says that the message was taken"`
	Advice string `json:"advice,omitempty" doc:"key of what to do"`
}

func (a *API) stationOf(ctx context.Context, actor access.Actor, partnership, org string) (stationOut, error) {
	st, certs, err := a.d.Courier.Station(ctx, actor, partnership, org)
	if err != nil {
		return stationOut{}, err
	}
	orgs, err := a.d.Accounts.Directory().OrgsByID(ctx, org)
	if err != nil {
		return stationOut{}, err
	}
	out := stationOut{Company: orgs[org].Slug, URL: st.URL, ReceiptHosts: nonNil(st.ReceiptHosts), Names: []string{}, Certificates: []certificateOut{}}
	if org == actor.Org && st.User != "" {
		out.Login = &stationLogin{User: st.User}
	}
	if st.LockedBy != "" {
		out.Locked = &stationLocked{Reason: st.LockedBy}
		if st.Locked.Unix() > 1 {
			out.Locked.Last = &st.Locked
		}
	}
	for _, c := range certs {
		out.Certificates = append(out.Certificates, certificateView(c))
	}
	names, err := a.as2Names(ctx, actor, partnership, org)
	out.Names = append(out.Names, names...)
	return out, err
}

// as2Names are the AS2 names of the actor's company, or of the other side of a
// partnership.
func (a *API) as2Names(ctx context.Context, actor access.Actor, partnership, org string) ([]string, error) {
	actor.Scopes = nil // naming needs no scope of its own
	var out []string
	if partnership == "" {
		own, err := a.d.Accounts.Identities(ctx, actor)
		for _, i := range own {
			if i.Kind == account.AS2 {
				out = append(out, i.Value)
			}
		}
		return out, err
	}
	all, err := a.d.Partners.Identities(ctx, actor, partnership)
	for _, i := range all {
		if i.Kind == account.AS2 && i.Org == org {
			out = append(out, i.Value)
		}
	}
	return out, err
}

func (a *API) linkOf(ctx context.Context, actor access.Actor, partnership string) (linkOut, error) {
	terms, err := a.d.Courier.Terms(ctx, actor, partnership)
	if err != nil {
		return linkOut{}, err
	}
	out := linkOut{Partnership: partnership, Terms: []termsOut{}}
	ids := []string{actor.Org}
	for _, t := range terms {
		if t.Sender != actor.Org {
			ids = append(ids, t.Sender)
		}
	}
	for _, id := range ids {
		st, err := a.stationOf(ctx, actor, partnership, id)
		if err != nil {
			return linkOut{}, err
		}
		out.Stations = append(out.Stations, st)
	}
	orgs, err := a.d.Accounts.Directory().OrgsByID(ctx, ids...)
	if err != nil {
		return linkOut{}, err
	}
	for _, t := range terms {
		out.Terms = append(out.Terms, termsOut{orgs[t.Sender].Slug, t.Version, t.Terms.Filled(), nonNil(t.Terms.Weak())})
	}
	through, err := a.d.Gateway.Through(ctx, actor, partnership)
	for _, t := range through {
		out.Networks = append(out.Networks, networkOut{orgs[t.Org].Slug, t.Network, t.By})
	}
	return out, err
}
