package api

import (
	"bytes"
	"context"

	"github.com/danielgtaylor/huma/v2"

	"entente/portal/paper"
	"entente/prm/access"
	"entente/prm/quote"
	"entente/prm/trade"
)

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
