package web

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/edi/doc"
	"entente/edi/edifact"
	"entente/edi/gateway"
	"entente/edi/translate"
	"entente/edi/x12"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/catalog"
	"entente/prm/fault"
	"entente/prm/partner"
)

// sampleLines is how many products a sample order asks for.
const sampleLines = 3

// sampleKinds are the samples: an order in each standard, one that is taken and one
// with two mistakes that people make.
var sampleKinds = []struct {
	name   string // in the address
	kind   account.IdentityKind
	syntax string
	bad    bool
}{
	{"850", account.X12, gateway.SyntaxX12, false}, {"850-wrong", account.X12, gateway.SyntaxX12, true},
	{"orders", account.EDIFACT, gateway.SyntaxEDIFACT, false}, {"orders-wrong", account.EDIFACT, gateway.SyntaxEDIFACT, true},
}

// buyerAndSeller are the sides of a link that order and deliver.
func (l link) buyerAndSeller() (buyer, seller side) {
	if l.p.Reseller == l.own {
		return l.ours, l.theirs
	}
	return l.theirs, l.ours
}

// samples are those that both companies have addresses for.
func (v *visit) samples(l link) []view.Sample {
	if !v.lists(access.CatalogRead) {
		return nil
	}
	buyer, seller := l.buyerAndSeller()
	var out []view.Sample
	for _, k := range sampleKinds {
		if !buyer.has(k.kind) || !seller.has(k.kind) {
			continue
		}
		s := view.Sample{URL: v.path("edi", "connections", l.p.ID, "bench", k.name), Name: map[bool]string{true: "850", false: "ORDERS"}[k.kind == account.X12], Bad: k.bad, About: view.T("bench.sample.good")}
		if k.bad {
			s.About = view.T("bench.sample.bad")
		}
		out = append(out, s)
	}
	return out
}

// benchSample makes a sample and sends it as a file.
func benchSample(v *visit) error {
	l, err := v.link(v.Params("id"))
	if err != nil {
		return err
	}
	for _, k := range sampleKinds {
		if k.name != v.Params("sample") {
			continue
		}
		buyer, seller := l.buyerAndSeller()
		from, _ := buyer.named(k.kind)
		to, _ := seller.named(k.kind)
		if from.ID == "" || to.ID == "" {
			break
		}
		items, err := v.w.d.Catalog.List(v.ctx, v.actor(), catalog.Filter{Supplier: l.p.Supplier, Limit: sampleLines})
		if err != nil {
			return err
		}
		order := v.sampleOrder(l, items.Items, k.bad)
		raw, err := writeSample(order, k.syntax, from, to, v.now)
		if err != nil {
			return fault.Wrap(err, fault.Internal, "error.internal")
		}
		v.Set(fiber.HeaderContentType, gateway.Interchange{Syntax: k.syntax}.MediaType())
		v.Set(fiber.HeaderContentDisposition, `attachment; filename="test-`+k.name+`.edi"`)
		return v.Send(raw)
	}
	return fault.New(fault.NotFound, "error.not_found")
}

// sampleOrder is an order of the first products of the catalogue. The wrong one asks
// for delivery on a day that does not exist, and counts in a unit that does not.
func (v *visit) sampleOrder(l link, items []catalog.Entry, bad bool) *doc.PurchaseOrder {
	wanted := v.now.AddDate(0, 0, 14).Format(time.DateOnly)
	if bad {
		wanted = fmt.Sprintf("%d-11-31", v.now.Year())
	}
	d := &doc.PurchaseOrder{
		Purpose: "00", Type: "SA", Number: "TEST-" + v.now.UTC().Format("060102-1504"), Date: v.now.UTC().Format(time.DateOnly),
		Header: doc.Header{
			Currency: string(l.p.Currency), Dates: []doc.Date{{Qualifier: "002", Date: wanted}},
			Parties: []doc.Party{{Role: "BY", Name: l.n.org(l.p.Reseller), IDQualifier: "92", ID: "TEST-BY"}, {Role: "ST", Name: l.n.org(l.p.Reseller), IDQualifier: "92", ID: "TEST-ST"}},
		},
	}
	for i, e := range items {
		line := doc.Line{Number: fmt.Sprint(i + 1), VendorItem: e.SKU, GTIN: e.GTIN, Quantity: doc.Decimal(fmt.Sprint(12 * (i + 1))), Unit: or(e.Unit, "EA"), Description: e.Name("en")}
		for _, p := range e.Prices {
			if p.Currency == l.p.Currency {
				line.Price = doc.Decimal(p.Price.String())
				break
			}
		}
		if bad && i == 0 {
			line.Unit = "XYZQ"
		}
		d.Lines = append(d.Lines, line)
	}
	return d
}

// writeSample puts an order into an interchange of a standard with the test indicator
// set. Its control number follows the clock.
func writeSample(d *doc.PurchaseOrder, syntax string, from, to partner.Identity, at time.Time) ([]byte, error) {
	var b bytes.Buffer
	control := at.Unix() % 1e9
	if syntax == gateway.SyntaxEDIFACT {
		body, _ := translate.WriteUN(d, edifact.MessageID{Version: "D", Release: "96A", Agency: "UN", Association: "EAN008"})
		h := edifact.Header{Syntax: "UNOC", SyntaxVersion: "3", Sender: from.Value, SenderQualifier: from.Qualifier, Recipient: to.Value, RecipientQualifier: to.Qualifier, Reference: fmt.Sprintf("%09d", control), Test: true}
		err := edifact.WriteInterchange(&b, edifact.Outgoing{Header: h, Bodies: []edifact.Body{body}}, at)
		var unfit *edifact.DataError
		if errors.As(err, &unfit) { // a name beyond Latin-1
			b.Reset()
			h.Syntax, h.SyntaxVersion = "UNOY", "4"
			err = edifact.WriteInterchange(&b, edifact.Outgoing{Header: h, Bodies: []edifact.Body{body}}, at)
		}
		return b.Bytes(), err
	}
	body, _ := translate.WritePurchaseOrder(d, "005010")
	err := x12.WriteInterchange(&b, x12.Outgoing{
		Header: x12.Header{SenderQualifier: from.Qualifier, Sender: from.Value, ReceiverQualifier: to.Qualifier, Receiver: to.Value, Control: fmt.Sprintf("%09d", control), Usage: "T"},
		Group:  x12.Group{FunctionalID: "PO", Sender: from.Value, Receiver: to.Value, Control: fmt.Sprint(control), Agency: "X", Version: "005010"}, Bodies: []x12.Body{body}, EOL: "\n",
	}, at)
	return b.Bytes(), err
}
