package api

import (
	"context"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"

	"entente/edi/gateway"
	"entente/edi/share"
	"entente/edi/wire"
	"entente/portal/locale"
	"entente/portal/problem"
	"entente/prm/access"
	"entente/prm/fault"
)

// intake is POST /edi/interchanges. The body is not read by the library: the
// gateway streams it, counts it and stops at its limit.
type intake struct {
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"the same key with the same bytes gets the same answer"`
	body io.Reader
	size int64 // as the sender named it
}

// Resolve takes hold of the body stream.
func (in *intake) Resolve(ctx huma.Context) []error {
	in.body = ctx.BodyReader()
	in.size, _ = strconv.ParseInt(ctx.Header("Content-Length"), 10, 64)
	return nil
}

// IDPath names one object. It is exported because the library binds no fields
// of an unexported embedded struct.
type IDPath struct {
	ID string `path:"id" doc:"id of the object"`
}

type finding struct {
	Level    string `json:"level" doc:"interchange, group, set, segment or element"`
	Severity string `json:"severity" doc:"reject, accepted_with_error or note"`
	Code     string `json:"code" doc:"code of the acknowledgement for its level: AK304, AK403, AK502, AK905, TA105"`
	Key      string `json:"key" doc:"stable name of the rule"`
	Segment  string `json:"segment,omitempty"`
	Position int    `json:"position,omitempty" doc:"number of the segment in its set, ST = 1"`
	Element  int    `json:"element,omitempty"`
	Offset   int64  `json:"offset" doc:"byte offset in the submitted body"`
	Value    string `json:"value,omitempty"`
	Text     string `json:"text" doc:"what is wrong, where, and how to mend it"`
}

type ediSet struct {
	Position int        `json:"position" doc:"place in the interchange, from 1"`
	Control  string     `json:"control"`
	Type     string     `json:"type"`
	Result   string     `json:"result" doc:"accepted, accepted_with_errors or rejected"`
	Business string     `json:"business" doc:"booked, duplicate, held, test, not_booked, refused, matched, unmatched or made"`
	Number   string     `json:"number" doc:"business number: purchase order or invoice"`
	Document *reference `json:"document"`
	Findings []finding  `json:"findings"`
	Advised  string     `json:"advised,omitempty" doc:"of what was made here, what the partner's application made of it (824, APERAK): accepted, accepted_with_errors, changed, partly or rejected"`
	Said     []ediSaid  `json:"said,omitempty" doc:"of what was made here, what the partner said of it, oldest first; only by one interchange"`
}

type ediSaid struct {
	Type        string    `json:"type" doc:"997, 999, CONTRL, 824 or APERAK"`
	Verdict     string    `json:"verdict" doc:"empty: it names sets that are not in what was sent, and settles nothing"`
	Interchange string    `json:"interchange" doc:"that said it"`
	At          time.Time `json:"at"`
	Findings    []finding `json:"findings" doc:"its errors, in the places of your set"`
}

type failure struct {
	Code     string `json:"code"`
	Text     string `json:"text"`
	Attempts int    `json:"attempts"`
}

type reference struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	Href string `json:"href,omitempty"`
}

type ediLink struct {
	ID      string    `json:"id"`
	Type    string    `json:"type"`
	Control string    `json:"control"`
	At      time.Time `json:"at"`
	Href    string    `json:"href"`
}

type interchange struct {
	ID           string     `json:"id"`
	Href         string     `json:"href"`
	Direction    string     `json:"direction" doc:"in or out, seen from your company"`
	Sender       string     `json:"sender"`
	Receiver     string     `json:"receiver"`
	Control      string     `json:"control"`
	Format       string     `json:"format" doc:"x12, edifact, or a form of ERP systems: json, csv, xlsx, idoc, idoc-xml, ubl"`
	Version      string     `json:"version"`
	Types        []string   `json:"types"`
	Test         bool       `json:"test"`
	State        string     `json:"state" doc:"received, processed, held or failed"`
	Result       *string    `json:"result" doc:"accepted, partly or rejected; null before it is processed"`
	Held         string     `json:"held,omitempty" doc:"why it waits for a person"`
	Failure      *failure   `json:"failure,omitempty" doc:"how the last try to read it ended: why it is parked (failed), or tried again"`
	Received     time.Time  `json:"received"`
	Processed    *time.Time `json:"processed"`
	Size         int64      `json:"size"`
	SHA256       string     `json:"sha256"`
	Delivery     string     `json:"delivery,omitempty" doc:"of what was made here: waiting, fetched, held, sending, delivered, unproved, failed, or mailbox: a network (VAN) has it for the receiver"`
	Way          string     `json:"way,omitempty" doc:"of what was made here, the door it goes out by where that is not the outbox: as2, folder, or sftp: your partner's own server"`
	Acknowledged string     `json:"acknowledged,omitempty" doc:"the partner's verdict on what was made here"`
	Advised      string     `json:"advised,omitempty" doc:"what the partner's application made of it (824, APERAK): accepted, accepted_with_errors, changed, partly or rejected"`
	// of what was made here and is to be acknowledged
	AcknowledgementDue *time.Time `json:"acknowledgement_due,omitempty" doc:"when the partner's acknowledgement is due"`
	Overdue            bool       `json:"overdue,omitempty" doc:"it is awaited and did not come in time"`
	Findings           []finding  `json:"findings"`
	SetCount           int        `json:"set_count" doc:"sets in it; sets lists the first 200, /sets all"`
	Sets               []ediSet   `json:"sets"`
	Acknowledgements   []ediLink  `json:"acknowledgements"`
	Raw                string     `json:"raw" doc:"address of the exact bytes"`
}

type setFilter struct {
	IDPath
	Paging
	Result string `query:"result" enum:"accepted,accepted_with_errors,rejected"`
	Q      string `query:"q" maxLength:"80" doc:"a position, or the begin of a business number"`
}

type interchangeFilter struct {
	Paging
	Direction string `query:"direction" enum:"in,out"`
	Type      string `query:"type" doc:"transaction set, such as 850"`
	State     string `query:"state" enum:"received,processed,held,failed"`
	Result    string `query:"result" enum:"accepted,partly,rejected"`
	Q         string `query:"q" doc:"begin of a control number or of a business number (also of an order that it names), or a whole SSCC, Message-ID or file name"`
}

func (a *API) edi() {
	a.shares()
	a.servers()
	const base = "/api/v1/edi"
	o := op("POST", IntakePath, "edi:write", "Send interchanges", "The body is the raw file: one or several X12 interchanges. The answer comes only after the bytes are durable; checking, booking and the 997 follow. Refused before that with 422 `edi.not_edi`, `edi.sender_not_yours` or `edi.receiver_unknown`, or 413; then nothing of the body is kept.", 202)
	o.RequestBody = &huma.RequestBody{Required: true, Content: bytesOf("application/edi-x12", "application/edifact", "application/octet-stream")}
	o.SkipValidateBody = true
	handle(a, o, func(ctx context.Context, actor access.Actor, in *intake) (*reply[gateway.Answer], error) {
		if most := a.d.Courier.Limit(); in.size > most { // before a byte of it is read
			return nil, fault.New(fault.TooLarge, "edi.too_large", "Offset", most)
		}
		body := in.body
		if body == nil {
			body = strings.NewReader("")
		}
		out, err := a.d.Gateway.Receive(ctx, actor, gateway.Submission{Reader: body, IdempotencyKey: in.Key, Door: "api"})
		return &reply[gateway.Answer]{out}, err
	})
	handle(a, op("GET", base+"/interchanges", "edi:read", "List interchanges", "Newest first, both directions.", 200),
		func(ctx context.Context, actor access.Actor, in *interchangeFilter) (*reply[list[interchange]], error) {
			got, err := a.d.Gateway.List(ctx, actor, gateway.Filter{Direction: in.Direction, Type: in.Type, State: gateway.State(in.State), Result: in.Result, Query: in.Q, After: in.After, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			items := make([]interchange, len(got.Items))
			for i, x := range got.Items {
				items[i] = wireInterchange(actor, gateway.Message{Interchange: x})
			}
			return page(items, got.Next), nil
		})
	handle(a, op("GET", base+"/interchanges/{id}", "edi:read", "Get one interchange", "With the result of each set, its findings and its acknowledgements.", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[interchange], error) {
			m, err := a.d.Gateway.Get(ctx, actor, in.ID)
			if err != nil {
				return nil, err
			}
			return &reply[interchange]{wireInterchange(actor, m)}, nil
		})
	handle(a, op("GET", base+"/interchanges/{id}/sets", "edi:read", "List the sets of one interchange", "In their order, each with its result and findings.", 200),
		func(ctx context.Context, actor access.Actor, in *setFilter) (*reply[list[ediSet]], error) {
			f := gateway.SetFilter{Result: in.Result, Query: in.Q, Limit: in.Limit}
			if in.After != "" {
				n, err := strconv.Atoi(in.After)
				if err != nil || n < 0 {
					return nil, fault.InvalidField("after", "form.invalid")
				}
				f.After = n
			}
			got, err := a.d.Gateway.Sets(ctx, actor, in.ID, f)
			if err != nil {
				return nil, err
			}
			items, next := make([]ediSet, len(got.Items)), ""
			for i, s := range got.Items {
				items[i] = wireSet(s)
			}
			if got.Next > 0 {
				next = strconv.Itoa(got.Next)
			}
			return page(items, next), nil
		})
	raw := op("GET", base+"/interchanges/{id}/raw", "edi:read", "Get the exact bytes", "", 200)
	raw.Responses = map[string]*huma.Response{"200": {Description: "The interchange as it came or went", Content: bytesOf("application/edi-x12", "application/edifact")}}
	handle(a, raw, func(ctx context.Context, actor access.Actor, in *IDPath) (*huma.StreamResponse, error) {
		r, head, err := a.d.Gateway.Raw(ctx, actor, in.ID)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			stream(hc, r, head.Size, head.MediaType(), in.ID+ending(head.Syntax))
		}}, nil
	})
	proof := op("GET", base+"/interchanges/{id}/proof", "edi:read", "Get the proof of one interchange", "One ZIP: the exact bytes, the AS2 messages that carried it with their signed receipts, acknowledgements, certificates, findings, audit lines of your company, and a README with the openssl commands that check it.", 200)
	proof.Responses = map[string]*huma.Response{"200": {Description: "The archive", Content: bytesOf("application/zip")}}
	handle(a, proof, func(ctx context.Context, actor access.Actor, in *IDPath) (*huma.StreamResponse, error) {
		p, err := a.d.Courier.Prove(ctx, actor, in.ID)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			stream(hc, p.Stream(ctx, locale.ProofReadme()), -1, "application/zip", p.Name+".zip")
		}}, nil
	})
	handle(a, op("GET", base+"/outbox", "edi:read", "What waits for your company", "Oldest first. Fetch the bytes at `href`, then acknowledge the item: it leaves the list.", 200),
		func(ctx context.Context, actor access.Actor, in *Paging) (*reply[list[gateway.OutboxItem]], error) {
			got, err := a.d.Gateway.Outbox(ctx, actor, in.After, in.Limit)
			if err != nil {
				return nil, err
			}
			return page(got.Items, got.Next), nil
		})
	handle(a, op("POST", base+"/outbox/{id}/ack", "edi:read", "Mark an outbox item fetched", "Safe to repeat.", 204),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*struct{}, error) {
			return nil, a.d.Gateway.Fetched(ctx, actor, in.ID)
		})
	type answer struct {
		IDPath
		Body struct {
			Answer string `json:"answer" enum:"process,discard"`
		}
	}
	handle(a, op("POST", base+"/interchanges/{id}/resolve", "edi:write", "Answer a held interchange", "Process it after all, or discard it.", 204),
		func(ctx context.Context, actor access.Actor, in *answer) (*struct{}, error) {
			return nil, a.d.Gateway.Resolve(ctx, actor, in.ID, in.Body.Answer)
		})
	for _, d := range []struct {
		name, title, words string
		run                func(ctx context.Context, actor access.Actor, id string) error
	}{
		{"resend", "Send an interchange again", "The same bytes under the same control number.", a.d.Gateway.Resend},
		{"reprocess", "Read an interchange again", "For one that failed, or whose sets were refused by a guide that has changed.", a.d.Gateway.Reprocess},
		{"hold", "Hold an interchange", "It stays where it is until it is released.", a.d.Gateway.Hold},
		{"release", "Release an interchange", "", a.d.Gateway.Release},
		{"ask", "Ask for an overdue acknowledgement", "The partner's people are told; once a day.", a.d.Gateway.AskAcknowledgement},
	} {
		handle(a, op("POST", base+"/interchanges/{id}/"+d.name, "edi:write", d.title, d.words, 204),
			func(ctx context.Context, actor access.Actor, in *IDPath) (*struct{}, error) {
				return nil, d.run(ctx, actor, in.ID)
			})
	}
	type reason struct {
		IDPath
		Body struct {
			Reason string `json:"reason" maxLength:"500" doc:"how you know that the partner has it"`
		}
	}
	handle(a, op("POST", base+"/interchanges/{id}/confirm", "edi:write", "Say that the partner has it", "Ends the wait for an acknowledgement without one.", 204),
		func(ctx context.Context, actor access.Actor, in *reason) (*struct{}, error) {
			return nil, a.d.Gateway.ConfirmAcknowledgement(ctx, actor, in.ID, in.Body.Reason)
		})
}

// ending is that of a file of the exact bytes.
func ending(syntax string) string {
	if syntax == gateway.SyntaxX12 {
		return ".x12"
	}
	return gateway.Ending(syntax)
}

func wireInterchange(actor access.Actor, m gateway.Message) interchange {
	x := interchange{
		ID: m.ID, Href: gateway.Href(m.ID), Direction: "in", Sender: m.Sender.Written(m.Syntax), Receiver: m.Receiver.Written(m.Syntax), Control: m.Control, Format: m.Syntax, Version: m.Version, Types: nonNil(m.Types), Test: m.Test, SetCount: m.SetCount,
		State: string(m.State), Held: m.HeldFor, Received: m.Received, Size: m.Size, SHA256: m.SHA256, Delivery: m.Delivery, Way: m.Way, Acknowledged: m.Acknowledged, Advised: m.Advised,
		Findings: wireFindings(m.Findings), Sets: []ediSet{}, Acknowledgements: []ediLink{}, Raw: gateway.Href(m.ID) + "/raw",
	}
	if m.Out(actor.Org) {
		x.Direction = "out"
	}
	if m.Result != "" {
		x.Result = &m.Result
	}
	if !m.Interchange.Processed.IsZero() {
		x.Processed = &m.Interchange.Processed
	}
	if m.LastError != "" && m.Origin == gateway.OriginSent && (m.State == gateway.Failed || m.State == gateway.Received) {
		p := locale.New(locale.English, time.UTC, time.Now())
		x.Failure = &failure{strings.TrimPrefix(m.LastError, "error."), problem.Text(p, fault.Unavailable, m.LastError, m.LastArgs), m.Attempts}
	}
	for _, s := range m.Sets {
		x.Sets = append(x.Sets, wireSet(s))
	}
	for _, l := range m.Acknowledgements {
		x.Acknowledgements = append(x.Acknowledgements, ediLink{ID: l.ID, Type: strings.Join(l.Types, ","), Control: l.Control, At: l.At, Href: gateway.Href(l.ID) + "/raw"})
	}
	if w := m.Wait; !w.Started.IsZero() {
		x.AcknowledgementDue, x.Overdue = &w.Due, w.Late()
	}
	return x
}

func wireSet(s gateway.Set) ediSet {
	out := ediSet{Position: s.Position, Control: s.Control, Type: s.Kind, Result: s.Result, Business: s.Business, Number: s.BusinessKey, Findings: wireFindings(s.Findings), Advised: s.Advised}
	for _, a := range s.Said {
		out.Said = append(out.Said, ediSaid{a.Kind, a.Verdict, a.Answer, a.At, wireFindings(a.Findings)})
	}
	if s.DocumentID != "" {
		out.Document = &reference{Kind: s.DocumentKind, ID: s.DocumentID, Href: documentHref(s.DocumentKind, s.DocumentID)}
	}
	return out
}

func documentHref(kind, id string) string {
	switch kind {
	case "order":
		return "/api/v1/orders/" + id
	case "invoice":
		return "/api/v1/invoices/" + id
	case "interchange":
		return gateway.Href(id)
	}
	return ""
}

// shareLink is a link that shows one document without its prices.
type shareLink struct {
	ID          string     `json:"id"`
	Interchange string     `json:"interchange"`
	Document    int        `json:"document" doc:"place of the document in the interchange, from 1"`
	Note        string     `json:"note,omitempty"`
	Made        time.Time  `json:"made"`
	Expires     time.Time  `json:"expires"`
	Revoked     *time.Time `json:"revoked,omitempty"`
	Opened      int64      `json:"opened" doc:"how often it was looked at"`
	URL         string     `json:"url,omitempty" doc:"only in the answer that makes it"`
}

func (a *API) wireShare(l share.Link, token string) shareLink {
	out := shareLink{ID: l.ID, Interchange: l.Interchange, Document: l.Position, Note: l.Note, Made: l.Made, Expires: l.Expires, Opened: l.Opened}
	if !l.Revoked.IsZero() {
		out.Revoked = &l.Revoked
	}
	if token != "" {
		out.URL = a.d.BaseURL + "/shared/" + token
	}
	return out
}

// shares are the links that show documents to people without a sign-in.
func (a *API) shares() {
	const base = "/api/v1/edi"
	handle(a, op("POST", base+"/interchanges/{id}/shares", "shares:write", "Share a document by a link", "Whoever has the address sees one document with prices, amounts and percentages masked, in the file too, until the link ends or is taken back. The address is in this answer only.", 201),
		func(ctx context.Context, actor access.Actor, in *struct {
			IDPath
			Body struct {
				Document int    `json:"document,omitempty" minimum:"1" doc:"default 1"`
				Days     int    `json:"days,omitempty" minimum:"1" maximum:"90" doc:"default 7"`
				Note     string `json:"note,omitempty" maxLength:"120"`
			}
		}) (*reply[shareLink], error) {
			l, token, err := a.d.Shares.Make(ctx, actor, share.Cmd{Interchange: in.ID, Position: in.Body.Document, Days: in.Body.Days, Note: in.Body.Note})
			if err != nil {
				return nil, err
			}
			return &reply[shareLink]{a.wireShare(l, token)}, nil
		})
	handle(a, op("GET", base+"/interchanges/{id}/shares", "shares:write", "List the links to an interchange", "Of your company, the newest first.", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[list[shareLink]], error) {
			links, err := a.d.Shares.List(ctx, actor, in.ID)
			if err != nil {
				return nil, err
			}
			items := make([]shareLink, len(links))
			for i, l := range links {
				items[i] = a.wireShare(l, "")
			}
			return page(items, ""), nil
		})
	handle(a, op("POST", base+"/shares/{id}/revoke", "shares:write", "Take a link back", "It stops working at once. Safe to repeat.", 204),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*struct{}, error) {
			return nil, a.d.Shares.Revoke(ctx, actor, in.ID)
		})
}

// server is a company's own SFTP server; its secrets are never given out.
type server struct {
	ID      string `json:"id"`
	Name    string `json:"name" doc:"unique in your company; of an account at a network what agreements call that"`
	Addr    string `json:"addr" doc:"host and port"`
	Login   string `json:"login"`
	HostKey string `json:"host_key" doc:"as agreed on: no other server is talked to"`
	In      string `json:"in,omitempty" doc:"folder that is fetched from"`
	Done    string `json:"done,omitempty" doc:"folder for what was taken"`
	Leave   bool   `json:"leave,omitempty" doc:"what was taken stays where it is"`
	Out     string `json:"out,omitempty" doc:"folder that is delivered to"`
	Network bool   `json:"network,omitempty" doc:"it is an account at a network (VAN)"`
	Seconds int    `json:"every_seconds" doc:"how often it is looked at"`

	Failing string     `json:"failing,omitempty" doc:"key of what failed last; absent when it worked"`
	Text    string     `json:"failing_text,omitempty" doc:"what failed, and what to do"`
	Checked *time.Time `json:"checked" doc:"when it last worked"`
	Next    time.Time  `json:"next" doc:"when it is looked at next"`
	Left    int        `json:"left,omitempty" doc:"taken files that it lets us neither move nor remove"`
	Stuck   []string   `json:"incomplete,omitempty" doc:"names of files that lie there incomplete and are not taken: put them there again whole, or remove them"`
	Idle    string     `json:"idle,omitempty" doc:"nothing is delivered to it, as this server of your company gets it: remove one of the two, or its out"`
}

type serverIn struct {
	Name     string `json:"name" maxLength:"60"`
	Addr     string `json:"addr" maxLength:"300" doc:"host and port, such as edi.example:22"`
	Login    string `json:"login" maxLength:"120"`
	Password string `json:"password,omitempty" maxLength:"1000" doc:"never given out"`
	Key      string `json:"key,omitempty" maxLength:"20000" doc:"private key in PEM form without a passphrase, with or instead of the password; never given out"`
	HostKey  string `json:"host_key" maxLength:"2000" doc:"one line (ssh-ed25519 AAAA…) or a fingerprint (SHA256:…), compared by people; POST /edi/servers/host-key shows what a server has"`
	In       string `json:"in,omitempty" maxLength:"300" doc:"folder to fetch from; absent: none"`
	Done     string `json:"done,omitempty" maxLength:"300" doc:"folder to move taken files to; absent: they are removed"`
	Leave    bool   `json:"leave,omitempty" doc:"taken files stay where they are; not with done"`
	Out      string `json:"out,omitempty" maxLength:"300" doc:"folder to deliver to; absent: none. One server of a company has one, accounts at networks aside"`
	Network  bool   `json:"network,omitempty" doc:"it is an account at a network (VAN)"`
	Seconds  int    `json:"every_seconds,omitempty" minimum:"0" maximum:"86400" doc:"how often it is looked at: default 60, at least 15"`
}

func (in serverIn) cmd() gateway.RemoteCmd {
	return gateway.RemoteCmd{
		Name: in.Name, Addr: in.Addr, Login: in.Login, Password: in.Password, Key: in.Key, HostKey: in.HostKey, In: in.In, Done: in.Done, Leave: in.Leave, Out: in.Out,
		Network: in.Network, Every: time.Duration(in.Seconds) * time.Second,
	}
}

func wireServer(r gateway.Remote) server {
	out := server{
		ID: r.ID, Name: r.Name, Addr: r.Addr, Login: r.Login, HostKey: r.HostKey, In: r.In, Done: r.Done, Leave: r.Leave, Out: r.Out, Network: r.Network,
		Seconds: int(r.Every / time.Second), Failing: r.Failing, Next: r.Next, Left: r.Left, Stuck: r.Stuck, Idle: r.Idle,
	}
	if r.Failing != "" {
		p := locale.New(locale.English, time.UTC, time.Now())
		out.Text = p.T("sftp.failed")
		if key, ok := locale.Bare(p, r.Failing); ok {
			out.Text = p.T(key)
		}
	}
	if r.Checked.Unix() > 0 {
		out.Checked = &r.Checked
	}
	return out
}

type serverTried struct {
	Works  bool   `json:"works"`
	Reason string `json:"reason,omitempty" doc:"key of what failed"`
	Text   string `json:"text,omitempty" doc:"what failed, and what to do"`
}

type shownKey struct {
	Key         string `json:"key" doc:"the line to agree on"`
	Fingerprint string `json:"fingerprint" doc:"for two people to compare"`
}

// servers are companies' own SFTP servers.
func (a *API) servers() {
	const base = "/api/v1/edi/servers"
	one := func(r gateway.Remote, err error) (*reply[server], error) { return &reply[server]{wireServer(r)}, err }
	handle(a, op("GET", base, "stations:read", "List your company's SFTP servers", "Those that are fetched from and delivered to. Passwords and keys are never given out.", 200),
		func(ctx context.Context, actor access.Actor, _ *struct{}) (*reply[list[server]], error) {
			got, err := a.d.Remotes.List(ctx, actor)
			items := make([]server, len(got))
			for i := range got {
				items[i] = wireServer(got[i])
			}
			return page(items, ""), err
		})
	handle(a, op("POST", base, "stations:write", "Add an SFTP server of your company", "It is looked at soon; `check` tries it at once. At most ten.", 201),
		func(ctx context.Context, actor access.Actor, in *struct{ Body serverIn }) (*reply[server], error) {
			return one(a.d.Remotes.Add(ctx, actor, in.Body.cmd()))
		})
	handle(a, op("POST", base+"/host-key", "stations:write", "See the host key of a server", "Without signing in. Compare it with the people of the server before you agree on it: it is what proves that no other server is talked to.", 200),
		func(ctx context.Context, actor access.Actor, in *struct {
			Body struct {
				Addr string `json:"addr" maxLength:"300"`
			}
		}) (*reply[shownKey], error) {
			line, fingerprint, err := a.d.Remotes.HostKey(ctx, actor, in.Body.Addr)
			return &reply[shownKey]{shownKey{line, fingerprint}}, err
		})
	handle(a, op("GET", base+"/{id}", "stations:read", "One SFTP server", "", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[server], error) {
			return one(a.d.Remotes.Get(ctx, actor, in.ID))
		})
	handle(a, op("PUT", base+"/{id}", "stations:write", "Change an SFTP server", "What is absent becomes empty. Without a password and a key those of before hold; with another host key they must be given. What was taken from it stays remembered. It is looked at at once.", 200),
		func(ctx context.Context, actor access.Actor, in *struct {
			IDPath
			Body serverIn
		}) (*reply[server], error) {
			return one(a.d.Remotes.Change(ctx, actor, in.ID, in.Body.cmd()))
		})
	handle(a, op("DELETE", base+"/{id}", "stations:write", "Remove an SFTP server", "What waits stays in the outbox; what waits for a network is held until there is an account again.", 204),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*struct{}, error) {
			return nil, a.d.Remotes.Remove(ctx, actor, in.ID)
		})
	handle(a, op("POST", base+"/{id}/check", "stations:write", "Try an SFTP server", "Signs in, looks into its folders, and writes, renames and removes a hidden file in `out`.", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[serverTried], error) {
			err := a.d.Remotes.Check(ctx, actor, in.ID)
			if err == nil {
				return &reply[serverTried]{serverTried{Works: true}}, nil
			}
			if !gateway.ServerSaid(err) {
				return nil, err
			}
			p := problem.Of(err, "", "")
			return &reply[serverTried]{serverTried{Reason: p.Code, Text: p.Detail}}, nil
		})
}

func wireFindings(fs []wire.Finding) []finding {
	p := locale.New(locale.English, time.UTC, time.Now())
	out := make([]finding, 0, len(fs))
	for _, f := range fs {
		out = append(out, finding{string(f.Level), string(f.Severity), f.Code, f.Key, f.SegmentID, f.Pos.Segment, f.Pos.Element, f.Pos.Offset, f.Value, locale.Finding(p, f.Key, f.Data())})
	}
	return out
}

func nonNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// stream writes a body of known size; a large one is not held in memory. The
// server closes the reader once it was sent.
func stream(hc huma.Context, r io.ReadCloser, size int64, kind, name string) {
	hc.SetHeader("Content-Type", kind)
	hc.SetHeader("Content-Disposition", `attachment; filename="`+name+`"`)
	hc.SetStatus(200)
	humafiber.Unwrap(hc).Context().Response.SetBodyStream(r, int(size))
}

// bytesOf describes a body of plain bytes in some media types.
func bytesOf(types ...string) map[string]*huma.MediaType {
	out := map[string]*huma.MediaType{}
	for _, t := range types {
		out[t] = &huma.MediaType{Schema: &huma.Schema{Type: "string", Format: "binary"}}
	}
	return out
}
