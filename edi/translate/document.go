package translate

import (
	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// Document is a business document of any kind of package doc: *doc.PurchaseOrder,
// *doc.Invoice, *doc.Remittance and so on.
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
	case "820", "REMADV":
		return ReadRemittance(set)
	case "844":
		return ReadClaim(set)
	case "849":
		return ReadClaimAnswer(set)
	case "845":
		return ReadPriceAuthorization(set)
	case "824", "APERAK":
		return ReadAdvice(set)
	case "812":
		return ReadCreditDebit(set)
	case "COMDIS":
		return ReadDispute(set)
	case "860", "ORDCHG":
		return ReadOrderChange(set)
	case "865":
		return ReadOrderChangeAck(set)
	case "861", "RECADV":
		return ReadReceivingAdvice(set)
	case "180", "RETANN", "RETINS":
		return ReadReturn(set)
	case "870":
		return ReadOrderStatus(set)
	case "867", "SLSRPT":
		return ReadSellThrough(set)
	case "846", "INVRPT":
		return ReadInventory(set)
	case "852":
		return ReadProductActivity(set)
	case "832", "PRICAT":
		return ReadPriceCatalog(set)
	}
	return nil, nil
}

// WriteX12 makes the body of a document as a transaction set of X12. version is GS08,
// "004010" or "005010". Findings of severity Reject mean that the body must not be
// sent; a document that X12 has no set for here is one of them.
func WriteX12(d Document, version string) (x12.Body, []wire.Finding) {
	body, findings := writeX12(d, version)
	if extra := extraOf(d); len(extra) > 0 {
		findings = append(findings, weave(&body, extra, version)...)
	}
	return body, findings
}

func writeX12(d Document, version string) (x12.Body, []wire.Finding) {
	switch d := d.(type) {
	case *doc.PurchaseOrder:
		return WritePurchaseOrder(d, version)
	case *doc.OrderAck:
		return WriteOrderAck(d, version)
	case *doc.ShipNotice:
		return WriteShipNotice(d, version)
	case *doc.Invoice:
		return WriteInvoice(d, version)
	case *doc.Remittance:
		return WriteRemittance(d, version)
	case *doc.Claim:
		return WriteClaim(d, version)
	case *doc.ClaimAnswer:
		return WriteClaimAnswer(d, version)
	case *doc.PriceAuthorization:
		return WritePriceAuthorization(d, version)
	case *doc.ApplicationAdvice:
		return WriteAdvice(d, version)
	case *doc.CreditDebit:
		return WriteCreditDebit(d, version)
	case *doc.OrderChange:
		return WriteOrderChange(d, version)
	case *doc.OrderChangeAck:
		return WriteOrderChangeAck(d, version)
	case *doc.ReceivingAdvice:
		return WriteReceivingAdvice(d, version)
	case *doc.Return:
		return WriteReturn(d, version)
	case *doc.OrderStatus:
		return WriteOrderStatus(d, version)
	case *doc.SellThrough:
		return WriteSellThrough(d, version)
	case *doc.Inventory:
		return WriteInventory(d, version)
	case *doc.ProductActivity:
		return WriteProductActivity(d, version)
	case *doc.PriceCatalog:
		return WritePriceCatalog(d, version)
	}
	return x12.Body{}, []wire.Finding{{Level: wire.LevelSet, Severity: wire.Reject, Key: "translate.wrong_set"}}
}
