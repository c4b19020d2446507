package web

import (
	"bytes"
	"context"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/portal/paper"
	"entente/portal/sheet"
	"entente/portal/view"
	"entente/prm/money"
	quotes "entente/prm/quote"
	"entente/prm/trade"
)

const (
	exportRows = 200              // read at a time
	exportTime = 10 * time.Minute // of one export
)

// export streams a table as CSV or XLSX (?format=). Rows calls put for each row; what
// it returns breaks the download off, so that half a file is never taken for a whole.
func (v *visit) export(name string, columns []sheet.Column, rows func(ctx context.Context, put func(...sheet.Cell) error) error) error {
	format := sheet.CSV
	if v.Query("format") == string(sheet.XLSX) {
		format = sheet.XLSX
	}
	// The body is written after the handler returned and its context ended.
	ctx, stop := context.WithTimeout(context.WithoutCancel(v.ctx), exportTime)
	out, in := io.Pipe()
	go func() {
		defer stop()
		w, err := sheet.NewWriter(in, format, name, columns)
		if err == nil {
			err = rows(ctx, w.Row)
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			v.w.d.Log.Warn("export broke off", "error", err)
		}
		_ = in.CloseWithError(err)
	}()
	v.Vary("HX-Request")
	v.Set(fiber.HeaderContentType, format.Type())
	v.Set(fiber.HeaderContentDisposition, disposition("attachment", name+" "+v.today()+"."+string(format)))
	v.Context().SetBodyStream(out, -1) // closed by the server once sent or broken off
	return nil
}

// exports are the downloads of a list, with the filters of the address.
func (v *visit) exports(list string, lines bool) []view.Export {
	q, _ := url.ParseQuery(string(v.Request().URI().QueryString()))
	q.Del("after")
	var out []view.Export
	for _, l := range []bool{false, true} {
		if l && !lines {
			break
		}
		for _, f := range []sheet.Format{sheet.XLSX, sheet.CSV} {
			q.Set("format", string(f))
			label := "export." + string(f)
			if l {
				q.Set("lines", "1")
				label += "_lines"
			}
			out = append(out, view.Export{Label: view.T(label), URL: v.path(list, "export") + "?" + q.Encode()})
		}
	}
	return out
}

// sendFile gives a file that somebody added, always as a download: it is not ours.
func (v *visit) sendFile(name string, body io.Reader, most int64) error {
	b, err := io.ReadAll(io.LimitReader(body, most))
	if err != nil {
		return err
	}
	v.Set(fiber.HeaderContentType, fiber.MIMEOctetStream)
	v.Set(fiber.HeaderContentDisposition, disposition("attachment", name))
	v.Set(fiber.HeaderContentLength, strconv.Itoa(len(b)))
	return v.Send(b)
}

func (v *visit) titles(keys ...string) []sheet.Column {
	wide := map[string]int{"col.partner": 28, "export.name": 40, "col.state": 18, "col.order": 16, "col.invoice": 16, "col.item": 18}
	out := make([]sheet.Column, len(keys))
	for i, k := range keys {
		out[i] = sheet.Column{Title: v.p.T(k), Width: max(12, wide[k])}
	}
	return out
}

func words(s string) sheet.Cell             { return sheet.Cell{Text: s} }
func day(s string) sheet.Cell               { return sheet.Cell{Text: s, Kind: sheet.Date} }
func number(q money.Micro) sheet.Cell       { return sheet.Cell{Text: q.String(), Kind: sheet.Number} }
func whole(n int) sheet.Cell                { return sheet.Cell{Text: strconv.Itoa(n), Kind: sheet.Number} }
func coins(a money.Amount) sheet.Cell       { return sheet.Cell{Text: a.String(), Kind: sheet.Number} }
func unit(p *visit, code string) sheet.Cell { return words(p.p.Unit(code)) }

// companies looks up names within another context than the visit's.
func (v *visit) companies(ctx context.Context, ids []string) (n names, err error) {
	n.orgs, err = v.w.d.Accounts.Directory().OrgsByID(ctx, distinct(ids)...)
	return n, err
}

// orderExport is the list of orders with its filters, a row for each order or, with
// ?lines=1, for each line. Prices are in it for whoever may see them.
func orderExport(v *visit) error {
	f := v.orderFilter()
	f.After, f.Limit = "", exportRows
	page, err := v.w.d.Trade.List(v.ctx, v.actor(), f)
	if err != nil {
		return err
	}
	lines := v.Query("lines") == "1"
	prices := len(page.Items) > 0 && !page.Items[0].PricesHidden
	keys := []string{"col.order", "col.partner", "col.state", "order.ordered_on", "col.wanted"}
	if lines {
		keys = append(keys, "paper.line", "col.item", "export.buyer_item", "export.gtin", "export.name", "export.unit", "col.ordered", "col.confirmed", "col.shipped", "col.received", "col.invoiced", "export.promised")
	} else {
		keys = append(keys, "col.lines")
	}
	switch {
	case prices && lines:
		keys = append(keys, "order.currency", "col.price", "export.amount")
	case prices:
		keys = append(keys, "order.currency", "col.total", "export.confirmed_total", "export.invoiced_total")
	}
	return v.export(v.p.T("nav.orders"), v.titles(keys...), func(ctx context.Context, put func(...sheet.Cell) error) error {
		for {
			n, err := v.companies(ctx, orgsOf(page.Items))
			if err != nil {
				return err
			}
			var of map[trade.OrderID][]trade.Line
			if lines {
				ids := make([]trade.OrderID, len(page.Items))
				for i, r := range page.Items {
					ids[i] = r.ID
				}
				if of, err = v.w.d.Trade.Lines(ctx, v.actor(), ids); err != nil {
					return err
				}
			}
			for _, r := range page.Items {
				head := []sheet.Cell{words(r.Number), words(n.org(r.PartnerOf(v.org()))), words(v.p.T("state.order." + string(r.Shown()))), day(r.OrderedOn), day(r.RequestedOn)}
				if !lines {
					row := append(head, whole(r.LineCount))
					if prices {
						row = append(row, words(string(r.Currency)), coins(r.Total), coins(r.ConfirmedTotal), coins(r.InvoicedTotal))
					}
					if err := put(row...); err != nil {
						return err
					}
					continue
				}
				for _, l := range of[r.ID] {
					row := append(head[:len(head):len(head)], whole(l.Number), words(l.SKU), words(l.BuyerItem), words(l.GTIN), words(l.Name(string(v.p.Language()))), unit(v, l.Unit),
						number(l.Ordered), number(l.Confirmed), number(l.Shipped), number(l.Received), number(l.Invoiced), day(l.PromisedOn))
					if prices {
						row = append(row, words(string(r.Currency)), sheet.Cell{Text: l.Price.Fixed(r.Currency.Digits()), Kind: sheet.Number}, coins(money.Amount{Minor: l.Amount.Minor, Currency: r.Currency}))
					}
					if err := put(row...); err != nil {
						return err
					}
				}
			}
			if page.Next == "" {
				return nil
			}
			f.After = page.Next
			if page, err = v.w.d.Trade.List(ctx, v.actor(), f); err != nil {
				return err
			}
		}
	})
}

// invoiceExport is the list of invoices with its filters.
func invoiceExport(v *visit) error {
	f := v.invoiceFilter()
	f.After, f.Limit = "", exportRows
	page, err := v.w.d.Trade.Invoices(v.ctx, v.actor(), f)
	if err != nil {
		return err
	}
	columns := v.titles("col.invoice", "col.partner", "col.order", "col.state", "field.invoice_date", "col.due", "order.currency", "col.net", "export.tax", "col.gross")
	return v.export(v.p.T("nav.invoices"), columns, func(ctx context.Context, put func(...sheet.Cell) error) error {
		for {
			var orgs []string
			for _, i := range page.Items {
				orgs = append(orgs, i.PartnerOf(v.org()))
			}
			n, err := v.companies(ctx, orgs)
			if err != nil {
				return err
			}
			for _, i := range page.Items {
				row := []sheet.Cell{words(i.Number), words(n.org(i.PartnerOf(v.org()))), words(trade.Orders(i.OrderNumber, i.Orders)), words(v.p.T("state.invoice." + i.State)), day(i.IssuedOn), day(i.DueOn)}
				if !i.PricesHidden {
					row = append(row, words(string(i.Currency)), coins(i.Net), coins(i.Tax), coins(i.Gross))
				}
				if err := put(row...); err != nil {
					return err
				}
			}
			if page.Next == "" {
				return nil
			}
			f.After = page.Next
			if page, err = v.w.d.Trade.Invoices(ctx, v.actor(), f); err != nil {
				return err
			}
		}
	})
}

func (v *visit) desk() paper.Desk {
	return paper.Desk{Trade: v.w.d.Trade, Settle: v.w.d.Settle, Quotes: v.w.d.Quotes, Accounts: v.w.d.Accounts, Promos: v.w.d.Promos, Landing: v.w.d.Landing, Catalog: v.w.d.Catalog, Brands: v.w.d.Brands}
}

func (v *visit) wish() paper.Wish {
	return paper.Wish{Lang: v.Query("lang"), Paper: v.Query("paper"), Own: v.p.Language()}
}

// pdf answers with a document, shown in the browser.
func (v *visit) pdf(s paper.Sheet, err error) error {
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := paper.Write(v.ctx, &buf, s.Document, s.Size); err != nil {
		return err
	}
	v.Set(fiber.HeaderContentType, "application/pdf")
	v.Set("Content-Language", s.Lang)
	v.Set(fiber.HeaderContentDisposition, disposition("inline", s.Number+".pdf"))
	return v.Send(buf.Bytes())
}

// disposition names a file in every alphabet (RFC 6266).
func disposition(how, name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\/:*?<>|`, r) {
			return '_'
		}
		return r
	}, name)
	return how + `; filename="` + plain + `"; filename*=UTF-8''` + url.PathEscape(name)
}

// orderPDF, responsePDF, shipmentPDF and invoicePDF give the documents on paper.
func orderPDF(v *visit) error {
	return v.pdf(v.desk().Order(v.ctx, v.actor(), trade.OrderID(v.Params("id")), v.wish()))
}

func responsePDF(v *visit) error {
	return v.pdf(v.desk().Response(v.ctx, v.actor(), trade.OrderID(v.Params("id")), trade.ResponseID(v.Params("document")), v.wish()))
}

func shipmentPDF(v *visit) error {
	return v.pdf(v.desk().Shipment(v.ctx, v.actor(), trade.OrderID(v.Params("id")), trade.ShipmentID(v.Params("document")), v.wish()))
}

func invoicePDF(v *visit) error {
	return v.pdf(v.desk().Invoice(v.ctx, v.actor(), trade.InvoiceID(v.Params("id")), v.wish()))
}

// quotePDF is a quote on paper.
func quotePDF(v *visit) error {
	return v.pdf(v.desk().Quote(v.ctx, v.actor(), quotes.ID(v.Params("id")), v.wish()))
}

// statementPDF is a statement on paper.
func statementPDF(v *visit) error {
	return v.pdf(v.desk().Statement(v.ctx, v.actor(), v.statementFilter(), v.wish()))
}
