// Package doc holds the business documents as the portal knows them, whatever
// syntax they came in. Types are plain values with JSON tags; numbers are Decimal,
// exact and with the digits of the wire; dates are civil dates as text
// "2026-11-22". The only behaviour is Validate, which never changes anything.
// It imports nothing of the project.
package doc

// Party is one company or place with its role.
type Party struct {
	// Role is the entity code: BY buyer, SE seller, SU supplier, ST ship to,
	// BT bill to, RE remit to, VN vendor, SF ship from, UD end user.
	Role string `json:"role"`
	Name string `json:"name,omitempty"`
	// IDQualifier says who gave ID: 92 the buyer, 91 the seller, 9 DUNS+4,
	// 1 DUNS, UL GLN, ZZ by agreement.
	IDQualifier string    `json:"id_qualifier,omitempty"`
	ID          string    `json:"id,omitempty"`
	MoreNames   []string  `json:"more_names,omitempty"`
	Address     []string  `json:"address,omitempty"`
	City        string    `json:"city,omitempty"`
	Region      string    `json:"region,omitempty"`
	Postcode    string    `json:"postcode,omitempty"`
	Country     string    `json:"country,omitempty"`
	Refs        []Ref     `json:"refs,omitempty"`
	Contacts    []Contact `json:"contacts,omitempty"`
}

// Ref is a reference number. Qualifiers of note: PD promotion or deal number,
// CT contract, AH agreement, QK sales programme, PR price quote, PO purchase
// order, VX VAT number, DP department, IA internal vendor number.
type Ref struct {
	Qualifier string `json:"qualifier"`
	Value     string `json:"value,omitempty"`
	Text      string `json:"text,omitempty"`
}

// Contact is a person or desk with the ways to reach it.
type Contact struct {
	Function string `json:"function"` // BD buyer, AR receivables, OC order contact
	Name     string `json:"name,omitempty"`
	// Numbers are pairs of kind (TE, EM, FX) and number.
	Numbers []ContactNumber `json:"numbers,omitempty"`
}

// ContactNumber is one way to reach a contact.
type ContactNumber struct {
	Kind   string `json:"kind"`
	Number string `json:"number"`
}

// Date is a date with its meaning: 002 delivery requested, 010 ship requested,
// 001 cancel after, 011 shipped, 017 estimated delivery, 037 and 038 ship not
// before and not later, 063 and 064 deliver not after and not before.
type Date struct {
	Qualifier string `json:"qualifier"`
	Date      string `json:"date,omitempty"` // "2026-11-22"
	Time      string `json:"time,omitempty"` // "09:12" or "09:12:30"
	Zone      string `json:"zone,omitempty"` // code as written, "UT"
}

// Allowance is an allowance or a charge.
type Allowance struct {
	// Charge is true for a charge (C), false for an allowance (A).
	Charge bool `json:"charge"`
	// Indicator is SAC01 as written: A, C, N no charge, P, Q, R.
	Indicator string `json:"indicator"`
	// Code is SAC02, "F800" promotional allowance; Agency and AgencyCode are
	// SAC03 and SAC04.
	Code       string `json:"code,omitempty"`
	Agency     string `json:"agency,omitempty"`
	AgencyCode string `json:"agency_code,omitempty"`
	// Amount is money without sign.
	Amount       Decimal `json:"amount,omitempty"`
	PercentBasis string  `json:"percent_basis,omitempty"` // SAC06
	Percent      Decimal `json:"percent,omitempty"`       // SAC07
	Rate         Decimal `json:"rate,omitempty"`          // SAC08
	Unit         string  `json:"unit,omitempty"`          // SAC09
	Quantity     Decimal `json:"quantity,omitempty"`      // SAC10
	// Method is SAC12: 01 bill back, 02 off invoice, 03 vendor cheque to
	// customer, 04 credit to account, 15 information only.
	Method string `json:"method,omitempty"`
	// Reference is SAC13, the promotion number at this level; Option SAC14.
	Reference string `json:"reference,omitempty"`
	Option    string `json:"option,omitempty"`
	Text      string `json:"text,omitempty"`
}

// ChangesTotal says whether the amount is part of the invoice total: only method
// 02 (off invoice) or none. Bill-back and information are carried, never summed.
func (a Allowance) ChangesTotal() bool {
	if a.Indicator != "A" && a.Indicator != "C" {
		return false
	}
	return a.Method == "" || a.Method == "02"
}

// ItemID is one item number with who gave it: VP and VN vendor, BP and IN buyer,
// UP UPC (12), EN EAN (13), UK GTIN (14).
type ItemID struct {
	Qualifier string `json:"qualifier"`
	ID        string `json:"id"`
}

// Terms are terms of payment.
type Terms struct {
	Type            string  `json:"type,omitempty"`
	Basis           string  `json:"basis,omitempty"`
	DiscountPercent Decimal `json:"discount_percent,omitempty"`
	DiscountDate    string  `json:"discount_date,omitempty"`
	DiscountDays    string  `json:"discount_days,omitempty"`
	NetDate         string  `json:"net_date,omitempty"`
	NetDays         string  `json:"net_days,omitempty"`
	DiscountAmount  Decimal `json:"discount_amount,omitempty"`
	Text            string  `json:"text,omitempty"`
}

// Tax is one tax. Amount and the rest are R, exact as written.
type Tax struct {
	Type         string  `json:"type"`             // VA VAT, ST state, GS goods and services
	Amount       Decimal `json:"amount,omitempty"` // in document currency
	Percent      Decimal `json:"percent,omitempty"`
	Jurisdiction string  `json:"jurisdiction,omitempty"`
	Exempt       string  `json:"exempt,omitempty"`
	Taxable      Decimal `json:"taxable,omitempty"`
	TaxID        string  `json:"tax_id,omitempty"`
}

// Line is what the lines of all documents share.
type Line struct {
	// Number is the line number as the buyer wrote it (PO101); it travels
	// through every later document.
	Number string `json:"number,omitempty"`
	// BuyerItem, VendorItem and GTIN are taken from Items; GTIN has 14 digits,
	// filled with zeros on the left.
	BuyerItem  string   `json:"buyer_item,omitempty"`
	VendorItem string   `json:"vendor_item,omitempty"`
	GTIN       string   `json:"gtin,omitempty"`
	Items      []ItemID `json:"items,omitempty"`
	Quantity   Decimal  `json:"quantity,omitempty"`
	Unit       string   `json:"unit,omitempty"`
	Price      Decimal  `json:"price,omitempty"`
	// PriceBasis is PO105: PE per each, CT contract, NT net, QT quoted, NC no charge.
	PriceBasis  string      `json:"price_basis,omitempty"`
	Description string      `json:"description,omitempty"`
	Pack        Decimal     `json:"pack,omitempty"`
	Refs        []Ref       `json:"refs,omitempty"`
	Dates       []Date      `json:"dates,omitempty"`
	Allowances  []Allowance `json:"allowances,omitempty"`
	Taxes       []Tax       `json:"taxes,omitempty"`
	Notes       []string    `json:"notes,omitempty"`
	Parties     []Party     `json:"parties,omitempty"`
	// Schedules are part deliveries asked for.
	Schedules []Schedule `json:"schedules,omitempty"`
}

// NoCharge is the price basis (PO105) of goods free of charge.
const NoCharge = "NC"

// Free says that the line is free of charge: by its price basis, with no price or none
// above zero. A ship notice has the basis alone.
func (l Line) Free() bool {
	return l.PriceBasis == NoCharge && (l.Price == "" || l.Price.Valid() && l.Price.Sign() == 0)
}

// Schedule is one part delivery of a line.
type Schedule struct {
	Quantity Decimal `json:"quantity"`
	Unit     string  `json:"unit,omitempty"`
	Dates    []Date  `json:"dates,omitempty"`
}

// Header is what the heads of all documents share.
type Header struct {
	Currency   string      `json:"currency,omitempty"` // ISO 4217, empty when not said
	Refs       []Ref       `json:"refs,omitempty"`
	Contacts   []Contact   `json:"contacts,omitempty"`
	Dates      []Date      `json:"dates,omitempty"`
	Terms      []Terms     `json:"terms,omitempty"`
	Parties    []Party     `json:"parties,omitempty"`
	Allowances []Allowance `json:"allowances,omitempty"`
	Notes      []string    `json:"notes,omitempty"`
	// Requirements are CSH01 as written: the buyer's policy on back-orders,
	// substitutes and complete shipment.
	Requirements []string `json:"requirements,omitempty"`
	// LineCount is what the document says of itself (CTT01), 0 when silent.
	LineCount int `json:"line_count,omitempty"`
	// Extra is what the document has no field for.
	Extra []Extra `json:"extra,omitempty"`
}

// PurchaseOrder is an order (850).
type PurchaseOrder struct {
	Header
	Purpose  string  `json:"purpose"` // BEG01: 00 original, 01 cancel, 05 replace, 07 duplicate
	Type     string  `json:"type"`    // BEG02: SA stand-alone, NE new, BK blanket, RL release, DS drop ship
	Number   string  `json:"number"`
	Release  string  `json:"release,omitempty"`
	Date     string  `json:"date"`
	Contract string  `json:"contract,omitempty"` // BEG06
	Carrier  Carrier `json:"carrier,omitzero"`   // asked for, TD5
	Total    Decimal `json:"total,omitempty"`    // AMT TT
	Lines    []Line  `json:"lines"`
}

// OrderAck is the answer to an order (855).
type OrderAck struct {
	Header
	Purpose string `json:"purpose"` // BAK01: 00 original, 06 confirmation
	// Type is BAK02: AC with detail and change, AD with detail no change, AE
	// with exception detail only, AK no detail or change, RD reject with
	// detail, RJ reject without.
	Type     string    `json:"type"`
	Number   string    `json:"number"`            // the purchase order's
	Date     string    `json:"date"`              // the purchase order's, BAK04
	Release  string    `json:"release,omitempty"` // BAK05
	Request  string    `json:"request,omitempty"` // BAK06
	Contract string    `json:"contract,omitempty"`
	Seller   string    `json:"seller,omitempty"` // BAK08, seller's own order number
	AckDate  string    `json:"ack_date,omitempty"`
	Carrier  Carrier   `json:"carrier,omitzero"`
	Lines    []AckLine `json:"lines"`
}

// AckLine is a line of the order with what the seller says to it.
type AckLine struct {
	Line
	Responses []Response `json:"responses"`
}

// Response is one ACK: a part of the line's quantity and what happens to it.
type Response struct {
	// Status is ACK01: IA accepted, IB back-ordered, IC changed, ID deleted,
	// IP price changed, IQ quantity changed, IR rejected, IS substituted, DR
	// date rescheduled, BP part now and balance back-ordered, IE price
	// pending, IH on hold, AC and AR shipped or released.
	Status        string   `json:"status"`
	Quantity      Decimal  `json:"quantity,omitempty"`
	Unit          string   `json:"unit,omitempty"`
	DateQualifier string   `json:"date_qualifier,omitempty"`
	Date          string   `json:"date,omitempty"`
	Request       string   `json:"request,omitempty"`
	Items         []ItemID `json:"items,omitempty"` // of a substitute
	// Industry is ACK29, a reason code of the trade.
	Industry string `json:"industry,omitempty"`
	Dates    []Date `json:"dates,omitempty"`
}

// Invoice is an invoice or credit note (810).
type Invoice struct {
	Header
	Number      string `json:"number"`
	Date        string `json:"date"`
	OrderDate   string `json:"order_date,omitempty"`
	OrderNumber string `json:"order_number,omitempty"`
	Release     string `json:"release,omitempty"`
	// Type is BIG07: DI debit invoice, CR credit memo, CN credit invoice, PR
	// product or service. Purpose is BIG08.
	Type    string        `json:"type,omitempty"`
	Purpose string        `json:"purpose,omitempty"`
	Lines   []InvoiceLine `json:"lines"`
	Taxes   []Tax         `json:"taxes,omitempty"`
	// Total is TDS01, what is to be paid before terms discount; with two
	// decimals. Discountable is TDS02, DiscountedTotal TDS03, Discount TDS04.
	Total           Decimal `json:"total"`
	Discountable    Decimal `json:"discountable,omitempty"`
	DiscountedTotal Decimal `json:"discounted_total,omitempty"`
	Discount        Decimal `json:"discount,omitempty"`
	// ShippedUnits is ISS01 with its unit.
	ShippedUnits Decimal `json:"shipped_units,omitempty"`
	ShippedUnit  string  `json:"shipped_unit,omitempty"`
}

// InvoiceLine is a line of an invoice. Amount is derived on reading: quantity
// times price, rounded half up to two decimals, never sent by itself.
type InvoiceLine struct {
	Line
	Amount Decimal `json:"amount,omitempty"`
}
