package translate

import (
	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
)

// Document is a business document of any kind: *doc.PurchaseOrder, *doc.OrderAck,
// *doc.ShipNotice or *doc.Invoice.
type Document interface{ Validate() []doc.Problem }

// Read turns a judged set into its business document. It gives nil for a set that
// has none, such as a 997.
func Read(set *schema.Set) (Document, []wire.Finding) {
	switch set.Type {
	case "850", "ORDERS":
		return ReadPurchaseOrder(set)
	case "855", "ORDRSP":
		return ReadOrderAck(set)
	case "810", "INVOIC":
		return ReadInvoice(set)
	case "856", "DESADV":
		return ReadShipNotice(set)
	}
	return nil, nil
}
