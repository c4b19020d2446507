package api

import (
	"bytes"
	"context"
	"io"
	"mime"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"entente/edi/format"
	"entente/edi/gateway"
	"entente/portal/paper"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/quote"
	"entente/prm/trade"
)

// document is POST /documents. The body is not read by the library, as with intake.
type document struct {
	Key     string `header:"Idempotency-Key" maxLength:"200" doc:"the same key with the same bytes gets the same answer"`
	Type    string `header:"Content-Type"`
	Partner string `query:"partner" maxLength:"60" doc:"short name of the company that the documents are for; not needed where they name it or you have one partner"`
	Form    string `query:"format" doc:"json, csv, xlsx, idoc, idoc-xml or ubl; found out by the content where it is not given"`
	Name    string `query:"name" maxLength:"200" doc:"name of the file"`
	body    io.Reader
}

// Resolve takes hold of the body stream.
func (in *document) Resolve(ctx huma.Context) []error {
	in.body = ctx.BodyReader()
	return nil
}

// form is what the sender says that the body is, empty where the content decides.
func (in *document) form() string {
	if in.Form != "" {
		return in.Form
	}
	t, _, _ := mime.ParseMediaType(in.Type)
	for _, name := range []string{format.JSON, format.CSV, format.XLSX} {
		if media, _, _ := strings.Cut(format.Media(name), ";"); media == t {
			return name
		}
	}
	return ""
}

// DocumentsPath takes documents; its body is streamed like that of IntakePath.
const DocumentsPath = "/api/v1/documents"

func (a *API) documents() {
	const base = DocumentsPath
	o := op("POST", base, "edi:write", "Send documents", "Orders, answers, shipments and invoices as JSON, CSV, XLSX, SAP IDoc (flat or XML), UBL 2.1, X12 or EDIFACT: one file, one partner. The answer comes only after the bytes are durable; checking and booking follow, and `GET /api/v1/documents/{id}` says in words what became of each. The same file twice is one; a known business number with equal content adds nothing. Refused before that with 422 and the place in the file; then nothing is kept.", 202)
	types := []string{"application/xml", "text/plain", "application/edi-x12", "application/edifact", "application/octet-stream"}
	for _, name := range []string{format.JSON, format.CSV, format.XLSX} {
		media, _, _ := strings.Cut(format.Media(name), ";")
		types = append(types, media)
	}
	content := bytesOf(types...)
	content["application/json"].Schema = nil // with one the library would read the body itself
	o.RequestBody = &huma.RequestBody{Required: true, Content: content}
	o.SkipValidateBody = true
	handle(a, o, func(ctx context.Context, actor access.Actor, in *document) (*reply[gateway.Answer], error) {
		if in.body == nil {
			in.body = strings.NewReader("")
		}
		if in.Form != "" && !gateway.IsForm(in.Form) {
			return nil, fault.InvalidField("format", "edi.error.format.unknown", "Value", in.Form)
		}
		out, err := a.d.Gateway.Receive(ctx, actor, gateway.Submission{Reader: in.body, IdempotencyKey: in.Key, Door: "api", Forms: true, Form: in.form(), Partner: in.Partner, Name: in.Name})
		return &reply[gateway.Answer]{out}, err
	})
	handle(a, op("GET", base+"/{id}", "edi:read", "What became of documents", "The same as `GET /api/v1/edi/interchanges/{id}`.", 200),
		func(ctx context.Context, actor access.Actor, in *IDPath) (*reply[interchange], error) {
			m, err := a.d.Gateway.Get(ctx, actor, in.ID)
			if err != nil {
				return nil, err
			}
			return &reply[interchange]{wireInterchange(actor, m)}, nil
		})
	type part struct {
		IDPath
		Set  int    `path:"set" minimum:"1" doc:"position of the document, from 1"`
		Form string `query:"format" default:"json" doc:"json, csv, xlsx, idoc, idoc-xml or ubl"`
	}
	one := op("GET", base+"/{id}/{set}", "edi:read", "One document in a form of your choice", "Any document that came or went, whatever its standard, in the way your files with that partner look.", 200)
	one.Responses = map[string]*huma.Response{"200": {Description: "The document", Content: bytesOf(types...)}}
	handle(a, one, func(ctx context.Context, actor access.Actor, in *part) (*huma.StreamResponse, error) {
		p, err := a.d.Gateway.Convert(ctx, actor, in.ID, in.Set, in.Form)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			stream(hc, io.NopCloser(bytes.NewReader(p.Bytes)), int64(len(p.Bytes)), p.Media, p.Name)
		}}, nil
	})
}

// pdfFile is a document as a file.
type pdfFile struct {
	Type string `header:"Content-Type"`
	Lang string `header:"Content-Language"`
	Body []byte
}

// PaperWish is how a document is wanted. It is exported because huma looks for parameters in
// exported fields alone, and an embedded type is one.
type PaperWish struct {
	Lang  string `query:"lang" enum:"en,zh-CN" doc:"default: your company's language"`
	Paper string `query:"paper" enum:"a4,letter" doc:"default: what is usual in your country"`
}

func (w PaperWish) wish() paper.Wish { return paper.Wish{Lang: w.Lang, Paper: w.Paper} }

func (a *API) papers() {
	desk := paper.Desk{Trade: a.d.Trade, Quotes: a.d.Quotes, Accounts: a.d.Accounts}
	pdf := func(o huma.Operation) huma.Operation {
		o.Responses = map[string]*huma.Response{"200": {Description: "The PDF", Content: bytesOf("application/pdf")}}
		return o
	}
	file := func(ctx context.Context, s paper.Sheet, err error) (*pdfFile, error) {
		if err != nil {
			return nil, err
		}
		var buf bytes.Buffer
		if err := paper.Write(ctx, &buf, s.Document, s.Size); err != nil {
			return nil, err
		}
		return &pdfFile{Type: "application/pdf", Lang: s.Lang, Body: buf.Bytes()}, nil
	}
	type one struct {
		IDPath
		PaperWish
	}
	type part struct {
		IDPath
		PaperWish
		Document string `path:"document" doc:"id of the document"`
	}
	const base = "/api/v1/orders/{id}"
	handle(a, pdf(op("GET", base+"/pdf", "orders:read", "Get an order as PDF", "Without prices for whoever may not see them.", 200)),
		func(ctx context.Context, actor access.Actor, in *one) (*pdfFile, error) {
			s, err := desk.Order(ctx, actor, trade.OrderID(in.ID), in.wish())
			return file(ctx, s, err)
		})
	handle(a, pdf(op("GET", base+"/responses/{document}/pdf", "orders:read", "Get an order answer as PDF", "", 200)),
		func(ctx context.Context, actor access.Actor, in *part) (*pdfFile, error) {
			s, err := desk.Response(ctx, actor, trade.OrderID(in.ID), trade.ResponseID(in.Document), in.wish())
			return file(ctx, s, err)
		})
	handle(a, pdf(op("GET", base+"/shipments/{document}/pdf", "orders:read", "Get a delivery note as PDF", "Never with prices; for a drop ship it names the reseller only.", 200)),
		func(ctx context.Context, actor access.Actor, in *part) (*pdfFile, error) {
			s, err := desk.Shipment(ctx, actor, trade.OrderID(in.ID), trade.ShipmentID(in.Document), in.wish())
			return file(ctx, s, err)
		})
	handle(a, pdf(op("GET", "/api/v1/quotes/{id}/pdf", "quotes:read", "Get a quote as PDF", "The latest round.", 200)),
		func(ctx context.Context, actor access.Actor, in *one) (*pdfFile, error) {
			s, err := desk.Quote(ctx, actor, quote.ID(in.ID), in.wish())
			return file(ctx, s, err)
		})
	handle(a, pdf(op("GET", "/api/v1/invoices/{id}/pdf", "invoices:read", "Get an invoice as PDF", "", 200)),
		func(ctx context.Context, actor access.Actor, in *one) (*pdfFile, error) {
			s, err := desk.Invoice(ctx, actor, trade.InvoiceID(in.ID), in.wish())
			return file(ctx, s, err)
		})
}
