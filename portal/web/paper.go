package web

import (
	"bytes"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"entente/portal/paper"
	quotes "entente/prm/quote"
	"entente/prm/trade"
)

func (v *visit) desk() paper.Desk {
	return paper.Desk{Trade: v.w.d.Trade, Settle: v.w.d.Settle, Quotes: v.w.d.Quotes, Accounts: v.w.d.Accounts}
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
