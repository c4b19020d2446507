package gateway

import (
	"context"
	"time"

	"entente/edi/doc"
	"entente/edi/translate"
	"entente/prm/access"
)

// Identity is an interchange address: qualifier and id, "ZZ" and "KESTRELSUPPLY".
type Identity struct {
	Qualifier string
	Value     string
}

// String is "ZZ:KESTRELSUPPLY", as stored.
func (i Identity) String() string { return i.Qualifier + ":" + i.Value }

// Written is how people of a standard write it: "ZZ:KESTRELSUPPLY" in X12,
// "KESTRELSUPPLY:ZZZ" in EDIFACT, where the qualifier may be missing.
func (i Identity) Written(syntax string) string {
	switch {
	case IsForm(syntax):
		return i.Value
	case syntax != SyntaxEDIFACT:
		return i.String()
	case i.Qualifier == "":
		return i.Value
	}
	return i.Value + ":" + i.Qualifier
}

// Partnership is a directed partnership of two companies.
type Partnership struct {
	ID       string
	Supplier string // company ids
	Reseller string
}

// Resolved says to whom two identities belong.
type Resolved struct {
	// Sender is the company that owns the sending identity, confirmed or not;
	// empty when nobody does.
	Sender string
	// Receiver is the company of the receiving identity. It is set only
	// together with Active.
	Receiver string
	// Active are the active partnerships between both in which the identities
	// were confirmed: none, one, or one each way. None means: as if the
	// receiver did not exist.
	Active []Partnership
}

// Partners knows who owns an identity and who works with whom. It is implemented
// by portal/app over prm/account and prm/partner.
// syntax is SyntaxX12 or SyntaxEDIFACT: each standard has identities of its own.
type Partners interface {
	Resolve(ctx context.Context, syntax string, sender, receiver Identity) (Resolved, error)
	// Sides gives the supplier and the reseller of a partnership that the actor may
	// see; a fault NotFound otherwise.
	Sides(ctx context.Context, actor access.Actor, partnership string) (supplier, reseller string, err error)
}

// OrderIn is an accepted 850 to be booked.
type OrderIn struct {
	Order         *doc.PurchaseOrder
	Supplier      string // company ids
	Reseller      string
	Partnership   string
	InterchangeID string
	Set           int // position in the interchange, from 1
	// File says that it came in the form of an ERP system or a sheet, whose places may be
	// addresses without a code.
	File bool
}

// OrderOut is what became of it. Outcome is one of BusinessBooked,
// BusinessDuplicate and BusinessHeld; OrderID is the order it made or met.
type OrderOut struct {
	OrderID string
	Outcome string
}

// Orders books orders. ReceiveOrder joins the transaction of ctx and is
// idempotent by (InterchangeID, Set). An error keeps the set unprocessed: it is
// tried again, later parked. Business doubts are no errors. It is implemented by
// portal/app over prm/trade.
type Orders interface {
	ReceiveOrder(ctx context.Context, in OrderIn) (OrderOut, error)
}

// ReplyIn is an accepted answer, ship notice, invoice or credit of the supplier, to be
// booked: Doc is *doc.OrderAck, *doc.OrderChangeAck, *doc.ShipNotice, *doc.Invoice or *doc.CreditDebit; or
// what a reseller sends, *doc.OrderChange, *doc.ReceivingAdvice, *doc.Inventory,
// *doc.SellThrough, *doc.Claim or, what it pays, *doc.Remittance; or *doc.Return of either.
type ReplyIn struct {
	Doc           translate.Document
	Supplier      string // company ids
	Reseller      string
	Partnership   string
	InterchangeID string
	Set           int    // position in the interchange, from 1
	Syntax        string // SyntaxX12 or SyntaxEDIFACT
	FromReseller  bool   // who sent it, for documents that go both ways
}

// ReplyOut is what became of it: BusinessBooked, BusinessDuplicate, BusinessWaiting or
// BusinessHeld, and the document it made, or the record of one that made none.
type ReplyOut struct {
	Kind, ID string
	Outcome  string
}

// Replies books what suppliers send in reply to orders. ReceiveReply joins the
// transaction of ctx and is idempotent by (InterchangeID, Set); what is said of Orders
// holds for it too. It is implemented by portal/app over prm/trade. Without it such
// sets are checked, acknowledged and kept only.
type Replies interface {
	ReceiveReply(ctx context.Context, in ReplyIn) (ReplyOut, error)
}

// Courier carries what goes out to companies that have a station of their own. It is
// implemented by edi/courier.
type Courier interface {
	// Take joins the transaction that stores an outgoing interchange and says
	// whether it is carried; else it waits in the receiver's outbox.
	Take(ctx context.Context, out Interchange) (bool, error)
	// Again joins the transaction too: it carries once more what it gave up or
	// cannot prove, the same bytes. It says false for what it never carried.
	// Codes: Conflict, when it is on its way or proved.
	Again(ctx context.Context, actor access.Actor, out Interchange) (bool, error)
}

// Folders knows the folders that the operator made for companies on this machine
// (Pickup). It is implemented by portal/app.
type Folders interface {
	// FolderOf is the folder of a company, empty where it has none.
	FolderOf(ctx context.Context, org string) (string, error)
}

// Hours knows when the people of companies work. It is implemented by portal/app over
// prm/account.
type Hours interface {
	// Opens joins the transaction of ctx and gives the next instant from at on, at itself
	// included, at which a company is open by its calendar; at for one that never is.
	Opens(ctx context.Context, org string, at time.Time) (time.Time, error)
}

// Agreements knows what companies agreed on. It is implemented by edi/agreement.
type Agreements interface {
	// FixesPatience joins the transaction of ctx and says whether the agreement that
	// holds speaks of how long the supplier, or the reseller, waits.
	FixesPatience(ctx context.Context, partnership string, supplier bool) (bool, error)
	// Terms joins the transaction of ctx and gives what was agreed at an instant; nil
	// where nothing was. The value is shared and must not be changed.
	Terms(ctx context.Context, partnership string, at time.Time) (*Terms, error)
}
