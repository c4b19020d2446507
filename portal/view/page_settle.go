package view

import "time"

// InvoicePage is /c/{slug}/invoices/{id}: an invoice or a credit held against what was ordered and delivered, and what became of it.
// Forms post to URL+"/approve" (accept=1 takes what differs) and "/dispute"; GET on the latter opens its form. Fragment "invoice.body".
type InvoicePage struct {
	Base
	URL, Number           string
	Credit                bool
	Status                Status // how far it came
	Match                 Status // whether it matches
	Buyer, Supplier       Company
	OrderNumber, OrderURL string
	Issued, Due           Date
	PDF                   string
	Currency              string
	Told                  []Text // what to do about it, in sentences
	Lines                 []InvoiceLineRow
	Sums                  []KV // net, tax, gross, then what of it is settled
	Facts                 []KV // numbers and dates
	Approve               Text // the button: "Approve £50,464.00 for payment"; zero: none
	AcceptAll             Text // the same with what differs; zero: nothing does
	DisputeURL            string
	Dispute               *DisputeForm
	Form                  Form // of approval, where it was refused
	Disputes              []DisputeRow
	Settled               []SettledRow
	Issues                []IssueBox
	Credits               []SettledRow
}

// CollectPage is /c/{slug}/invoices/collect: one invoice of several orders of a partner. A GET with partner shows what was shipped to it and not invoiced.
// The form posts partner, order (id:version, several), number, date, due, tax, o.{order}.{line}.quantity, .tax, and seen, and do: look adds up, send makes it.
type CollectPage struct {
	Base
	URL, BackURL string
	Partners     []Option
	Partner      string
	Company      Company
	Form         Form
	TaxRates     []Option
	Orders       []CollectOrder
	Sums         []KV   // of the invoice as it would be: net, tax by rate, gross; empty before it was added up
	Seen         string // its gross, so that no other one is sent than was looked at
	Most         int    // orders of one invoice
	More         bool   // there are more orders than are shown
}

// CollectOrder is an order of it. Value is what its box posts, Wrong why it can not be invoiced.
type CollectOrder struct {
	Value, URL, Number string
	Placed             time.Time
	On                 bool
	Net                Money // of what is open; what was added up of it afterwards
	Wrong              []Text
	Lines              []CollectLine
}

// CollectLine is a line with something to invoice. At begins the names of its fields.
type CollectLine struct {
	WorkLine
	At       string
	Amount   Money
	TaxRates []Option // the first is that of the invoice
}

// InvoiceLineRow is a position of the invoice beside its order line. Delivered is shipped, or confirmed where nothing was shipped here.
type InvoiceLineRow struct {
	Position                     int
	Name, SKU, Unit              string
	Ordered, Delivered, Received Cell
	Quantity                     Cell
	OrderPrice, Price, Amount    Cell
	Difference                   string // exact decimal with sign; empty matches
	Notes                        []Text
	Status                       Status
	Bad                          bool
	OrderNumber, OrderURL        string // of an invoice of several orders
}

// DisputeForm disputes positions. Names: reason, note, line.{position}.on (1), line.{position}.net.
type DisputeForm struct {
	Form    Form
	Reasons []Option
	Lines   []DisputeFormLine
}

// DisputeFormLine is a position that may be disputed. Differs says what of it does not match.
type DisputeFormLine struct {
	Position  int
	Name, SKU string
	Amount    Money
	Differs   Text
	On        bool
	Net       string
}

// DisputesPage is /c/{slug}/disputes. Fragment "disputes.list".
type DisputesPage struct {
	Base
	Places  []Tab // invoices, disputes, payments, statements
	Tabs    []Tab
	Rows    []DisputeRow
	Pager   Pager
	Filters Filters
}

// DisputeRow is one dispute of a list.
type DisputeRow struct {
	URL, Number               string
	InvoiceNumber, InvoiceURL string
	Partner                   Company
	Reason                    Text
	Amount                    Money
	Status                    Status
	Turn                      Text // whose turn it is, and until when
	Late                      bool
	At                        time.Time
}

// DisputePage is /c/{slug}/disputes/{id}. Forms post to URL+"/offer" (kind, amount, note), "/answer" (answer, refusal), "/withdraw" (note), "/credit" (number) and "/say" (text).
type DisputePage struct {
	Base
	URL, Number               string
	Status                    Status
	Buyer, Supplier           Company
	InvoiceNumber, InvoiceURL string
	OrderNumber, OrderURL     string
	Version                   string
	Turn, TurnNote            Text
	Late                      bool
	Note                      string
	Facts                     []KV
	Lines                     []DisputeLineRow
	Offer                     *OfferBox
	Steps                     []Entry
	Form                      Form
	CanOffer, CanAnswer       bool
	CanCredit, CanWithdraw    bool
	CreditLabel               Text
	Messages                  []Message
	CanSay                    bool
	RoomURL                   string
	Readers                   []string
	Issues                    []IssueBox
}

// OfferBox is the offer that waits for an answer, or was agreed.
type OfferBox struct {
	Text Text
	Note string
}

// DisputeLineRow is a disputed position.
type DisputeLineRow struct {
	Position  int
	Name, SKU string
	Net       Money
}

// SettledRow is a payment or a credit that settled part of an invoice, or a credit that names it.
type SettledRow struct {
	Text   Text
	URL    string
	Amount Money
	At     time.Time
}

// PaymentsPage is /c/{slug}/payments. Fragment "payments.list".
type PaymentsPage struct {
	Base
	Places  []Tab
	Tabs    []Tab
	Filters Filters
	Rows    []PaymentRow
	Pager   Pager
	NewURL  string // empty: not for this reader
	Exports []Export
}

// PaymentRow is one payment of a list.
type PaymentRow struct {
	URL, Number string
	Partner     Company
	Paid        Date
	Total, Rest Money
	Status      Status
	Note        Text
	At          time.Time
}

// PaymentPage is /c/{slug}/payments/{id}. A held one posts to URL+"/retry" (again=1: a payment of its own) and "/discard" (reason).
type PaymentPage struct {
	Base
	URL, Number     string
	Status          Status
	Buyer, Supplier Company
	Facts           []KV
	MessageURL      string
	Held            Text // why it is not booked
	HeldNext        Text
	Same            bool // its number was used before
	CanDecide       bool
	Lines           []PaymentLineRow
	Currency        string
	Issues          []IssueBox
	Form            Form
}

// PaymentLineRow is one document of a payment.
type PaymentLineRow struct {
	Number, URL             string
	Kind                    Text
	Paid, Applied, Discount string
	Unknown                 bool
}

// IssuesPage is /c/{slug}/payments/issues: what is in question of payments. Fragment "issues.list".
type IssuesPage struct {
	Base
	Places []Tab
	Tabs   []Tab
	Rows   []IssueBox
	Pager  Pager
}

// IssueBox is something of a payment that is in question. Each answer posts answer, note and reference to URL.
type IssueBox struct {
	URL                   string
	Title, Why, Next      Text
	Status                Status
	Turn                  Text
	Late                  bool
	Partner               Company
	Amount                Money
	PaymentNo, PaymentURL string
	InvoiceNo, InvoiceURL string
	At                    time.Time
	Answers               []IssueAnswer
}

// IssueAnswer is a button. Note asks for words, Reference for a number (its label); Danger colours it.
type IssueAnswer struct {
	Value     string
	Label     Text
	Note      bool
	Reference Text
	Danger    bool
}

// NewPaymentPage is /c/{slug}/payments/new. Names: partnership, number, paid_on, method, line.{i}.number (hidden), .on, .paid, .less, .reason, .note.
type NewPaymentPage struct {
	Base
	URL      string
	Form     Form
	Partners []Option
	Methods  []Option
	Reasons  []Option
	Currency string
	Lines    []NewPaymentLine
	Chosen   bool // a partner is chosen; its open items are listed
}

// NewPaymentLine is an open item. Paid, Less, Reason and Note are what stands in the inputs.
type NewPaymentLine struct {
	Index                    int
	Number                   string
	Credit                   bool
	Due                      Date
	Open                     Money
	Told                     Text
	On                       bool
	Paid, Less, Reason, Note string
}

// StatementsPage is /c/{slug}/statements: where the accounts with all partners stand.
type StatementsPage struct {
	Base
	Places []Tab
	Rows   []BalanceRow
}

// BalanceRow is the account with one partner in one currency.
type BalanceRow struct {
	URL                        string
	Partner                    Company
	Side                       Text // who owes
	Balance, Overdue, Disputed Money
	Issues                     int
}

// StatementPage is /c/{slug}/statements/{partnership}. Fragment "statement.body".
type StatementPage struct {
	Base
	URL              string
	Partner          Company
	Supplier, Buyer  Company
	Currency         string
	From, To         Date
	Opening, Closing Money
	Sentence         Text
	Ages             []KV
	Entries          []StatementRow
	Open             []StatementRow
	Disputes         []DisputeRow
	Issues           []IssueBox
	PDF              string
	Exports          []Export
}

// StatementRow is a document of a statement, or an open item of it (then Balance is what is left).
type StatementRow struct {
	Date, Due       Date
	Kind            Text
	Number, URL     string
	Order, OrderURL string
	Amount, Balance string
	Days            Text
	Late            bool
	Note            Text
}

func (p *InvoicePage) meta() meta { return meta{block: "invoice", layout: "app", nav: NavInvoices} }
func (p *DisputesPage) meta() meta {
	return meta{block: "disputes", layout: "app", nav: NavInvoices, head: true}
}
func (p *DisputePage) meta() meta { return meta{block: "dispute", layout: "app", nav: NavInvoices} }
func (p *PaymentsPage) meta() meta {
	return meta{block: "payments", layout: "app", nav: NavInvoices, head: true}
}
func (p *PaymentPage) meta() meta { return meta{block: "payment", layout: "app", nav: NavInvoices} }
func (p *IssuesPage) meta() meta {
	return meta{block: "issues", layout: "app", nav: NavInvoices, head: true}
}
func (p *NewPaymentPage) meta() meta {
	return meta{block: "payment_new", layout: "app", nav: NavInvoices}
}
func (p *StatementsPage) meta() meta {
	return meta{block: "statements", layout: "app", nav: NavInvoices, head: true}
}
func (p *StatementPage) meta() meta {
	return meta{block: "statement", layout: "app", nav: NavInvoices}
}
