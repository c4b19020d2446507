package access

import "slices"

// Action is something an actor wants to do to an object.
type Action string

// The actions of the house. A new object kind adds its rows here and to the
// golden matrix.
const (
	OrgRead       Action = "org.read"
	OrgManage     Action = "org.manage"
	OrgFound      Action = "org.found"
	PeopleRead    Action = "people.read"
	PeopleManage  Action = "people.manage"
	TokenOwn      Action = "token.own"
	TokenManage   Action = "token.manage"
	MailRead      Action = "mail.read"
	AuditRead     Action = "audit.read"
	PartnerRead   Action = "partner.read"
	PartnerManage Action = "partner.manage"
	CatalogRead   Action = "catalog.read"
	CatalogPrices Action = "catalog.prices"
	CatalogWrite  Action = "catalog.write"
	CustomerRead  Action = "customer.read"
	CustomerWrite Action = "customer.write"
	LeadRead      Action = "lead.read"
	LeadWrite     Action = "lead.write"
	LeadOffer     Action = "lead.offer"
	OfferRead     Action = "offer.read"
	OfferAnswer   Action = "offer.answer"
	OfferManage   Action = "offer.manage"
	PromoRead     Action = "promotion.read"
	PromoWrite    Action = "promotion.write"
	PromoAnswer   Action = "promotion.answer"
	PromoTask     Action = "promotion.task"
	CampaignRead  Action = "campaign.read" // mail to the own contacts about a promotion
	CampaignWrite Action = "campaign.write"
	TriggerRead   Action = "trigger.read" // rules that propose an offer, and what they proposed
	TriggerWrite  Action = "trigger.write"
	TriggerDecide Action = "trigger.decide"
	DealRead      Action = "deal.read"
	DealWrite     Action = "deal.write"
	DealDecide    Action = "deal.decide"
	DealTerms     Action = "deal.terms"
	OrderRead     Action = "order.read"
	OrderPrices   Action = "order.prices"
	OrderPlace    Action = "order.place"
	OrderConfirm  Action = "order.confirm"
	OrderShip     Action = "order.ship"
	OrderInvoice  Action = "order.invoice"
	OrderReceive  Action = "order.receive"
	OrderResolve  Action = "order.resolve"
	InvoiceRead   Action = "invoice.read"
	EDIRead       Action = "edi.read"
	EDISend       Action = "edi.send"
	EDIFetch      Action = "edi.fetch"
	EDIResolve    Action = "edi.resolve"
	EDIShare      Action = "edi.share"
	EDIDoors      Action = "edi.doors"
	EDIDoorsRead  Action = "edi.doors.read"
	StationRead   Action = "station.read"
	StationManage Action = "station.manage"
	LinkRead      Action = "link.read"
	LinkManage    Action = "link.manage"
	AgreementRead Action = "agreement.read"
	AgreementSign Action = "agreement.sign"
	HookRead      Action = "hook.read"
	HookManage    Action = "hook.manage"
	RoomRead      Action = "room.read"
	RoomPost      Action = "room.post"
	CallJoin      Action = "call.join" // begin a call in a room, join it, be rung
	RoomMake      Action = "room.make"
	RoomKeep      Action = "room.keep"   // how long what the own people write is kept, holds, exports
	RoomBots      Action = "room.bots"   // let a program speak in a room, end one
	CallPolicy    Action = "call.policy" // how calls go in the rooms of a company
	NoticeOwn     Action = "notice.own"
	NoticeWrite   Action = "notice.write"
)

// The actions of item numbers, and of stock.
const (
	ReferenceWrite Action = "reference.write" // an item number of the reseller for a product of the owner
	StockRead      Action = "stock.read"      // as much of it as the owner shows
	StockWrite     Action = "stock.write"
	StockReport    Action = "stock.report"  // what the reseller told the supplier of its own stock
	LocationRead   Action = "location.read" // places to which a reseller has goods sent
	LocationWrite  Action = "location.write"
)

// The actions of approvals: what the rules of a company keep back until one of its own
// people lets it go. And of a hold that a supplier puts on an order.
const (
	ApprovalRead   Action = "approval.read"
	ApprovalDecide Action = "approval.decide"
	ApprovalRules  Action = "approval.rules"
	OrderHold      Action = "order.hold"
	OrderChecks    Action = "order.checks" // how a supplier checks what it sends, before it leaves
)

// The actions of sell-through: what a reseller tells its supplier of what it sold on.
// SellEnd is to see end customers and resale prices where the supplier sells beside its
// resellers: its sales people do not.
const (
	SellRead   Action = "sell.read"
	SellReport Action = "sell.report"
	SellMend   Action = "sell.mend"
	SellPlan   Action = "sell.plan"
	SellEnd    Action = "sell.end"
)

// The actions of what follows an invoice.
const (
	InvoiceApprove Action = "invoice.approve"
	DisputeRead    Action = "dispute.read"
	DisputeOpen    Action = "dispute.open"
	DisputeOffer   Action = "dispute.offer"
	PaymentRead    Action = "payment.read"
	PaymentRecord  Action = "payment.record"
	PaymentSettle  Action = "payment.settle"
)

// The actions of quotes. Who accepts one orders.
const (
	QuoteRead   Action = "quote.read"
	QuoteWrite  Action = "quote.write"  // ask for one, for another round, say no
	QuoteOffer  Action = "quote.offer"  // make an offer, take it back, make none
	QuoteAccept Action = "quote.accept" // by who may order
)

// The actions of engagements, in which several companies work on one customer.
const (
	EngageRead   Action = "engagement.read"
	EngageWrite  Action = "engagement.write"  // the own section, snapshots, tasks, hand-overs
	EngageLead   Action = "engagement.lead"   // begin one, invite, remove, close
	EngageAnswer Action = "engagement.answer" // an invitation; leave
	EngageAgree  Action = "engagement.agree"  // to a split of revenue
)

// The actions of account mapping. A run shows which customers two companies share.
const (
	MappingRead  Action = "mapping.read"
	MappingWrite Action = "mapping.write" // begin a run, consent to its steps, carry its files
)

// The actions of the forum.
const (
	ForumRead   Action = "forum.read"
	ForumWrite  Action = "forum.write"
	ForumManage Action = "forum.manage" // its categories, what is reported, the states of ideas
	ForumAgree  Action = "forum.agree"  // to be named among the companies of an open category
)

// The actions of the library.
const (
	LibraryRead     Action = "library.read"
	LibraryPrices   Action = "library.prices"   // documents with prices
	LibraryManage   Action = "library.manage"   // publish, renew, change, withdraw, remind
	LibraryRegister Action = "library.register" // who read what
	LibraryConfirm  Action = "library.confirm"  // to have read
)

// The actions of the money that a supplier gives its partners: programmes, requests, claims.
const (
	FundRead    Action = "fund.read"
	FundWrite   Action = "fund.write"   // programmes, budgets, what a partner may draw on
	FundLimits  Action = "fund.limits"  // what a person may decide alone
	ClaimWrite  Action = "claim.write"  // requests and claims of the partner
	ClaimDecide Action = "claim.decide" // by the supplier
	ClaimSettle Action = "claim.settle" // by its finance people
)

type rule struct {
	scope string          // scope a token needs; "" = not by token
	read  Action          // the action that makes the object visible; "" = this one
	sides map[Side][]Role // who may
}

var (
	anyone   = Roles
	priced   = []Role{Manager, Sales, Buyer, Finance, EDI}
	writers  = []Role{Manager, Sales, Buyer, Finance, EDI}
	deciders = []Role{Manager}
	buyers   = []Role{Buyer}
	ediers   = []Role{Manager, Buyer, Finance, EDI}
	senders  = []Role{Manager, Buyer, EDI}
	bookers  = []Role{Manager, Buyer, Finance}
	traders  = []Role{Manager, Sales, Buyer, Finance}
	admins   = []Role{}
)

// policy is the whole of it. Admin is allowed wherever a side is listed.
var policy = map[Action]rule{
	OrgRead:      {scope: "org:read", sides: map[Side][]Role{Owner: anyone}},
	OrgManage:    {read: OrgRead, sides: map[Side][]Role{Owner: admins}},
	OrgFound:     {read: OrgRead, sides: map[Side][]Role{Owner: deciders}}, // invite a company that is not here yet
	PeopleRead:   {scope: "org:read", sides: map[Side][]Role{Owner: anyone}},
	PeopleManage: {read: PeopleRead, sides: map[Side][]Role{Owner: admins}},
	TokenOwn:     {sides: map[Side][]Role{Owner: anyone}},
	TokenManage:  {read: OrgRead, sides: map[Side][]Role{Owner: admins}},
	MailRead:     {read: OrgRead, sides: map[Side][]Role{Owner: admins}},
	AuditRead:    {read: OrgRead, sides: map[Side][]Role{Owner: admins}},

	PartnerRead:   {scope: "partners:read", sides: map[Side][]Role{Supplier: anyone, Reseller: anyone}},
	PartnerManage: {scope: "partners:write", read: PartnerRead, sides: map[Side][]Role{Supplier: deciders, Reseller: deciders}},

	CatalogRead:   {scope: "catalog:read", sides: map[Side][]Role{Owner: anyone, Reseller: anyone}},
	CatalogPrices: {scope: "catalog:read", read: CatalogRead, sides: map[Side][]Role{Owner: priced, Reseller: priced}},
	CatalogWrite:  {scope: "catalog:write", read: CatalogRead, sides: map[Side][]Role{Owner: deciders}},

	CustomerRead:  {scope: "customers:read", sides: map[Side][]Role{Owner: {Manager, Sales}}},
	CustomerWrite: {scope: "customers:write", read: CustomerRead, sides: map[Side][]Role{Owner: {Manager, Sales}}},

	// A run of account mapping is of those who take part; to begin one is the company's own.
	MappingRead:  {scope: "mappings:read", sides: map[Side][]Role{Owner: {Manager, Sales}, Member: {Manager, Sales}}},
	MappingWrite: {scope: "mappings:write", read: MappingRead, sides: map[Side][]Role{Owner: deciders, Member: deciders}},

	// A lead is its owner's; an offer of it is shared with one partner.
	LeadRead:    {scope: "leads:read", sides: map[Side][]Role{Owner: {Manager, Sales}}},
	LeadWrite:   {scope: "leads:write", read: LeadRead, sides: map[Side][]Role{Owner: {Manager, Sales}}},
	LeadOffer:   {scope: "leads:write", read: LeadRead, sides: map[Side][]Role{Owner: deciders}},
	OfferRead:   {scope: "leads:read", sides: map[Side][]Role{Supplier: {Manager, Sales}, Reseller: {Manager, Sales}}},
	OfferAnswer: {scope: "leads:write", read: OfferRead, sides: map[Side][]Role{Reseller: {Manager, Sales}}},
	OfferManage: {scope: "leads:write", read: OfferRead, sides: map[Side][]Role{Supplier: deciders}},

	// A promotion is its owner's; each who takes part reads a text of its own.
	PromoRead:   {scope: "promotions:read", sides: map[Side][]Role{Owner: traders, Member: traders}},
	PromoWrite:  {scope: "promotions:write", read: PromoRead, sides: map[Side][]Role{Owner: deciders}},
	PromoAnswer: {scope: "promotions:write", read: PromoRead, sides: map[Side][]Role{Member: {Manager, Sales}}},
	PromoTask:   {scope: "promotions:write", read: PromoRead, sides: map[Side][]Role{Owner: {Manager, Sales}, Member: {Manager, Sales}}},
	// A campaign is written to the company's own contacts; nobody else knows of it.
	CampaignRead:  {scope: "campaigns:read", sides: map[Side][]Role{Owner: {Manager, Sales}}},
	CampaignWrite: {scope: "campaigns:write", read: CampaignRead, sides: map[Side][]Role{Owner: {Manager, Sales}}},
	// A rule looks at quotes and leads of all partners: who sees those may read what it found.
	TriggerRead:   {scope: "suggestions:read", sides: map[Side][]Role{Owner: deciders}},
	TriggerWrite:  {scope: "suggestions:write", read: TriggerRead, sides: map[Side][]Role{Owner: deciders}},
	TriggerDecide: {scope: "suggestions:write", read: TriggerRead, sides: map[Side][]Role{Owner: deciders}},
	// A programme is its owner's; a partner reads its own part. Requests and claims are of the two.
	FundRead:    {scope: "funds:read", sides: map[Side][]Role{Owner: {Manager, Finance}, Member: {Manager, Sales, Finance}, Supplier: {Manager, Finance}, Reseller: {Manager, Sales, Finance}}},
	FundWrite:   {scope: "funds:write", read: FundRead, sides: map[Side][]Role{Owner: deciders}},
	FundLimits:  {scope: "funds:write", read: FundRead, sides: map[Side][]Role{Owner: admins}},
	ClaimWrite:  {scope: "funds:write", read: FundRead, sides: map[Side][]Role{Reseller: {Manager, Sales, Finance}}},
	ClaimDecide: {scope: "funds:write", read: FundRead, sides: map[Side][]Role{Supplier: deciders}},
	ClaimSettle: {scope: "funds:write", read: FundRead, sides: map[Side][]Role{Supplier: {Finance}}},
	// A registration is the registrant's until it is submitted; then its supplier decides it,
	// and who is to fulfil it (a member) sees what it needs. The supplier's sales do not: it
	// may sell beside its partners.
	DealRead:   {scope: "deals:read", sides: map[Side][]Role{Supplier: deciders, Reseller: {Manager, Sales}, Member: {Manager, Sales}}},
	DealWrite:  {scope: "deals:write", read: DealRead, sides: map[Side][]Role{Reseller: {Manager, Sales}}},
	DealDecide: {scope: "deals:write", read: DealRead, sides: map[Side][]Role{Supplier: deciders}},
	DealTerms:  {scope: "deals:write", sides: map[Side][]Role{Owner: deciders}},

	// A quote may name an end customer: the supplier's sales people, who may sell beside its
	// partners, do not read it.
	QuoteRead:   {scope: "quotes:read", sides: map[Side][]Role{Supplier: deciders, Reseller: {Manager, Sales, Buyer}}},
	QuoteWrite:  {scope: "quotes:write", read: QuoteRead, sides: map[Side][]Role{Reseller: {Manager, Sales, Buyer}}},
	QuoteOffer:  {scope: "quotes:write", read: QuoteRead, sides: map[Side][]Role{Supplier: deciders}},
	QuoteAccept: {scope: "quotes:write", read: QuoteRead, sides: map[Side][]Role{Reseller: buyers}},

	// An engagement is its owner's; who was invited is a member. A company that is the supplier
	// of another one in it is there as such first: its sales people, who may sell beside its
	// partners, do not read it.
	EngageRead:   {scope: "engagements:read", sides: map[Side][]Role{Owner: {Manager, Sales}, Supplier: deciders, Member: {Manager, Sales}}},
	EngageWrite:  {scope: "engagements:write", read: EngageRead, sides: map[Side][]Role{Owner: {Manager, Sales}, Member: {Manager, Sales}}},
	EngageLead:   {scope: "engagements:write", read: EngageRead, sides: map[Side][]Role{Owner: {Manager, Sales}}},
	EngageAnswer: {scope: "engagements:write", read: EngageRead, sides: map[Side][]Role{Owner: {Manager, Sales}, Member: {Manager, Sales}}},
	EngageAgree:  {scope: "engagements:write", read: EngageRead, sides: map[Side][]Role{Owner: deciders, Member: deciders}},

	ReferenceWrite: {scope: "catalog:write", read: CatalogRead, sides: map[Side][]Role{Owner: deciders, Reseller: {Manager, Buyer}}},
	StockRead:      {scope: "stock:read", sides: map[Side][]Role{Owner: anyone, Reseller: anyone}},
	StockWrite:     {scope: "stock:write", read: StockRead, sides: map[Side][]Role{Owner: {Manager, EDI}}},
	StockReport:    {scope: "stock:read", sides: map[Side][]Role{Supplier: priced, Reseller: priced}},

	SellRead:   {scope: "sellthrough:read", sides: map[Side][]Role{Supplier: priced, Reseller: priced}},
	SellReport: {scope: "sellthrough:write", read: SellRead, sides: map[Side][]Role{Reseller: {Manager, Sales, Buyer, EDI}}},
	SellMend:   {scope: "sellthrough:write", read: SellRead, sides: map[Side][]Role{Supplier: {Manager, EDI}, Reseller: {Manager, Sales, Buyer, EDI}}},
	SellPlan:   {scope: "sellthrough:write", read: SellRead, sides: map[Side][]Role{Supplier: deciders}},
	SellEnd:    {scope: "sellthrough:read", read: SellRead, sides: map[Side][]Role{Supplier: {Manager, Buyer, Finance, EDI}, Reseller: priced}},

	// The supplier says what a ship-to code of the reseller means; both see it.
	LocationRead:  {scope: "locations:read", sides: map[Side][]Role{Supplier: ediers, Reseller: ediers}},
	LocationWrite: {scope: "locations:write", read: LocationRead, sides: map[Side][]Role{Supplier: {Manager, EDI}}},

	OrderRead:    {scope: "orders:read", sides: map[Side][]Role{Supplier: anyone, Reseller: anyone}},
	OrderPrices:  {scope: "orders:read", read: OrderRead, sides: map[Side][]Role{Supplier: priced, Reseller: priced}},
	OrderPlace:   {scope: "orders:write", read: OrderRead, sides: map[Side][]Role{Reseller: buyers}},
	OrderConfirm: {scope: "orders:write", read: OrderRead, sides: map[Side][]Role{Supplier: deciders}},
	OrderShip:    {scope: "orders:write", read: OrderRead, sides: map[Side][]Role{Supplier: deciders}},
	OrderInvoice: {scope: "orders:write", read: OrderRead, sides: map[Side][]Role{Supplier: {Manager, Finance}}},
	OrderReceive: {scope: "orders:write", read: OrderRead, sides: map[Side][]Role{Reseller: buyers}},
	OrderResolve: {scope: "orders:write", read: OrderRead, sides: map[Side][]Role{Supplier: deciders, Reseller: buyers}},
	InvoiceRead:  {scope: "invoices:read", sides: map[Side][]Role{Supplier: bookers, Reseller: bookers}},

	OrderHold:   {scope: "orders:write", read: OrderRead, sides: map[Side][]Role{Supplier: {Manager, Finance}}},
	OrderChecks: {scope: "orders:write", read: OrderRead, sides: map[Side][]Role{Supplier: {Manager, EDI}}},

	// Rules and requests are the company's own; no partner sees them. Who decides a request is
	// named by its rule, among those who may decide at all.
	ApprovalRead:   {scope: "approvals:read", sides: map[Side][]Role{Owner: bookers}},
	ApprovalDecide: {scope: "approvals:write", read: ApprovalRead, sides: map[Side][]Role{Owner: bookers}},
	ApprovalRules:  {scope: "approvals:rules", read: ApprovalRead, sides: map[Side][]Role{Owner: admins}},

	// What is owed is seen by who sees invoices. The reseller approves and disputes, the supplier offers and credits; both may tell of a payment.
	InvoiceApprove: {scope: "invoices:write", read: InvoiceRead, sides: map[Side][]Role{Reseller: {Buyer, Finance}}},
	DisputeRead:    {scope: "invoices:read", sides: map[Side][]Role{Supplier: bookers, Reseller: bookers}},
	DisputeOpen:    {scope: "invoices:write", read: DisputeRead, sides: map[Side][]Role{Reseller: {Buyer, Finance}}},
	DisputeOffer:   {scope: "invoices:write", read: DisputeRead, sides: map[Side][]Role{Supplier: {Manager, Finance}}},
	PaymentRead:    {scope: "payments:read", sides: map[Side][]Role{Supplier: bookers, Reseller: bookers}},
	PaymentRecord:  {scope: "payments:write", read: PaymentRead, sides: map[Side][]Role{Supplier: {Manager, Finance}, Reseller: {Finance}}},
	PaymentSettle:  {scope: "payments:write", read: PaymentRead, sides: map[Side][]Role{Supplier: {Manager, Finance}, Reseller: {Buyer, Finance}}},

	// Owner is a company that sent an interchange for another.
	EDIRead:      {scope: "edi:read", sides: map[Side][]Role{Owner: ediers, Supplier: ediers, Reseller: ediers}},
	EDISend:      {scope: "edi:write", sides: map[Side][]Role{Owner: senders}},
	EDIFetch:     {scope: "edi:read", sides: map[Side][]Role{Owner: senders}},
	EDIDoors:     {scope: "stations:write", read: OrgRead, sides: map[Side][]Role{Owner: {EDI}}},
	EDIDoorsRead: {scope: "stations:read", read: OrgRead, sides: map[Side][]Role{Owner: {EDI}}},
	// A link shows a document to people outside without its prices: whoever decides for the company or runs its EDI makes it, never who only carried it.
	EDIShare:   {scope: "shares:write", read: EDIRead, sides: map[Side][]Role{Supplier: {Manager, EDI}, Reseller: {Manager, EDI}}},
	EDIResolve: {scope: "edi:write", read: EDIRead, sides: map[Side][]Role{Supplier: senders, Reseller: senders}},

	// A station is how a company is reached, a link what two agreed about it.
	StationRead:   {scope: "stations:read", sides: map[Side][]Role{Owner: ediers, Supplier: ediers, Reseller: ediers}},
	StationManage: {scope: "stations:write", read: StationRead, sides: map[Side][]Role{Owner: {EDI}}},
	LinkRead:      {scope: "stations:read", sides: map[Side][]Role{Supplier: ediers, Reseller: ediers}},
	LinkManage:    {scope: "stations:write", read: LinkRead, sides: map[Side][]Role{Supplier: {EDI}, Reseller: {EDI}}},

	// The agreement is proposed and confirmed by those who run EDI or decide for the company.
	AgreementRead: {scope: "agreements:read", sides: map[Side][]Role{Supplier: ediers, Reseller: ediers}},
	AgreementSign: {scope: "agreements:write", read: AgreementRead, sides: map[Side][]Role{Supplier: {Manager, EDI}, Reseller: {Manager, EDI}}},
	// A webhook tells a company's own system, which sees what its EDI people see.
	HookRead:   {scope: "webhooks:read", sides: map[Side][]Role{Owner: {EDI}}},
	HookManage: {scope: "webhooks:write", read: HookRead, sides: map[Side][]Role{Owner: {EDI}}},

	RoomRead: {scope: "chat:read", sides: map[Side][]Role{Owner: anyone, Member: anyone}},
	RoomPost: {scope: "chat:write", read: RoomRead, sides: map[Side][]Role{Owner: writers, Member: writers}},
	CallJoin: {scope: "chat:write", read: RoomRead, sides: map[Side][]Role{Owner: writers, Member: writers}},
	// A free room is made by whoever may write, for the own company or with one partner.
	RoomMake:   {scope: "chat:write", read: RoomRead, sides: map[Side][]Role{Owner: writers}},
	RoomKeep:   {scope: "retention:write", read: RoomRead, sides: map[Side][]Role{Owner: admins}},
	RoomBots:   {scope: "chat:write", read: RoomRead, sides: map[Side][]Role{Owner: admins, Member: admins}},
	CallPolicy: {scope: "chat:write", read: RoomRead, sides: map[Side][]Role{Owner: admins}},

	// A category is its owner's; the companies it is shared with are members.
	ForumRead:   {scope: "forum:read", sides: map[Side][]Role{Owner: anyone, Member: anyone}},
	ForumWrite:  {scope: "forum:write", read: ForumRead, sides: map[Side][]Role{Owner: writers, Member: writers}},
	ForumManage: {scope: "forum:write", read: ForumRead, sides: map[Side][]Role{Owner: deciders}},
	ForumAgree:  {scope: "forum:consent", read: ForumRead, sides: map[Side][]Role{Member: admins}},

	// A document is its owner's; the companies it is addressed to are members.
	LibraryRead:     {scope: "library:read", sides: map[Side][]Role{Owner: anyone, Member: anyone}},
	LibraryPrices:   {scope: "library:read", read: LibraryRead, sides: map[Side][]Role{Owner: priced, Member: priced}},
	LibraryManage:   {scope: "library:write", read: LibraryRead, sides: map[Side][]Role{Owner: deciders}},
	LibraryRegister: {scope: "library:read", read: LibraryRead, sides: map[Side][]Role{Owner: deciders}},
	LibraryConfirm:  {scope: "library:write", read: LibraryRead, sides: map[Side][]Role{Member: anyone}},

	NoticeOwn:   {scope: "notices:read", sides: map[Side][]Role{Owner: anyone}},
	NoticeWrite: {scope: "notices:write", read: NoticeOwn, sides: map[Side][]Role{Owner: anyone}},
}

func (p rule) allows(a Actor, side Side) bool {
	roles, ok := p.sides[side]
	if !ok {
		return false
	}
	for _, r := range a.Roles {
		if r == Admin || slices.Contains(roles, r) {
			return true
		}
	}
	return false
}

func (p rule) visible(a Actor, side Side) bool {
	if p.read == "" {
		return p.allows(a, side)
	}
	return policy[p.read].allows(a, side)
}

// Actions lists all actions, sorted, for the matrix and the arch test.
func Actions() []Action {
	out := make([]Action, 0, len(policy))
	for a := range policy {
		out = append(out, a)
	}
	slices.Sort(out)
	return out
}
