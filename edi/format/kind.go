package format

import "entente/edi/doc"

// kind is a kind of document: the sets that say it, X12 first.
type kind struct {
	sets  []string
	blank func() Document
}

var kinds = []kind{
	{[]string{"850", "ORDERS"}, func() Document { return &doc.PurchaseOrder{} }},
	{[]string{"855", "ORDRSP"}, func() Document { return &doc.OrderAck{} }},
	{[]string{"856", "DESADV"}, func() Document { return &doc.ShipNotice{} }},
	{[]string{"810", "INVOIC"}, func() Document { return &doc.Invoice{} }},
	{[]string{"860", "ORDCHG"}, func() Document { return &doc.OrderChange{} }},
	{[]string{"865"}, func() Document { return &doc.OrderChangeAck{} }},
	{[]string{"861", "RECADV"}, func() Document { return &doc.ReceivingAdvice{} }},
	{[]string{"180", "RETANN", "RETINS"}, func() Document { return &doc.Return{} }},
	{[]string{"870"}, func() Document { return &doc.OrderStatus{} }},
	{[]string{"820", "REMADV"}, func() Document { return &doc.Remittance{} }},
	{[]string{"812"}, func() Document { return &doc.CreditDebit{} }},
	{[]string{"COMDIS"}, func() Document { return &doc.Dispute{} }},
	{[]string{"824", "APERAK"}, func() Document { return &doc.ApplicationAdvice{} }},
	{[]string{"832", "PRICAT"}, func() Document { return &doc.PriceCatalog{} }},
	{[]string{"846", "INVRPT"}, func() Document { return &doc.Inventory{} }},
	{[]string{"852"}, func() Document { return &doc.ProductActivity{} }},
	{[]string{"867", "SLSRPT"}, func() Document { return &doc.SellThrough{} }},
	{[]string{"844"}, func() Document { return &doc.Claim{} }},
	{[]string{"849"}, func() Document { return &doc.ClaimAnswer{} }},
	{[]string{"845"}, func() Document { return &doc.PriceAuthorization{} }},
}

// blank is an empty document of a set; nil for a set that has none.
func blank(set string) Document {
	for _, k := range kinds {
		for _, s := range k.sets {
			if s == set {
				return k.blank()
			}
		}
	}
	return nil
}

// TypeOf is the set of X12 that says what the document says, or else the message.
func TypeOf(d Document) string {
	switch d.(type) {
	case *doc.PurchaseOrder:
		return "850"
	case *doc.OrderAck:
		return "855"
	case *doc.ShipNotice:
		return "856"
	case *doc.Invoice:
		return "810"
	case *doc.OrderChange:
		return "860"
	case *doc.OrderChangeAck:
		return "865"
	case *doc.ReceivingAdvice:
		return "861"
	case *doc.Return:
		return "180"
	case *doc.OrderStatus:
		return "870"
	case *doc.Remittance:
		return "820"
	case *doc.CreditDebit:
		return "812"
	case *doc.Dispute:
		return "COMDIS"
	case *doc.ApplicationAdvice:
		return "824"
	case *doc.PriceCatalog:
		return "832"
	case *doc.Inventory:
		return "846"
	case *doc.ProductActivity:
		return "852"
	case *doc.SellThrough:
		return "867"
	case *doc.Claim:
		return "844"
	case *doc.ClaimAnswer:
		return "849"
	case *doc.PriceAuthorization:
		return "845"
	}
	return ""
}

// NumberOf is the business number of a document: order, shipment or invoice; of an answer
// that of the order.
func NumberOf(d Document) string {
	switch d := d.(type) {
	case *doc.PurchaseOrder:
		return d.Number
	case *doc.OrderAck:
		return d.Number
	case *doc.ShipNotice:
		return d.Number
	case *doc.Invoice:
		return d.Number
	}
	return ""
}
