package view

// meta says how a page is framed: its root block, its layout, its place in the navigation.
type meta struct {
	block  string // the page's block; "<block>.title" is its title, "<block>.crumb" and "<block>.actions" are optional
	layout string // app: the shell; plain: a bare page
	nav    NavID
	head   bool // the title in the header bar is the page's h1 (lists); otherwise the page brings its own
	bare   bool // no header bar at all: the page has its own
	fixed  bool // exactly one viewport high, with panes of its own (wide screens)
}

func (*SignInPage) meta() meta  { return meta{block: "signin", layout: "plain"} }
func (*SetupPage) meta() meta   { return meta{block: "setup", layout: "plain"} }
func (*AnswerPage) meta() meta  { return meta{block: "answer", layout: "plain"} }
func (*LinkPage) meta() meta    { return meta{block: "link", layout: "plain"} }
func (*OfflinePage) meta() meta { return meta{block: "offline", layout: "plain"} }
func (*ApprovalsPage) meta() meta {
	return meta{block: "approvals", layout: "app", nav: NavApprovals, head: true}
}
func (*ApprovalPage) meta() meta { return meta{block: "approval", layout: "app", nav: NavApprovals} }
func (*ApprovalRulesPage) meta() meta {
	return meta{block: "approval_rules", layout: "app", nav: NavCompany}
}
func (*HomePage) meta() meta  { return meta{block: "home", layout: "app", nav: NavHome} }
func (*InboxPage) meta() meta { return meta{block: "inbox", layout: "app", nav: NavInbox, head: true} }
func (*FindPage) meta() meta  { return meta{block: "find", layout: "app", head: true} }
func (*OrdersPage) meta() meta {
	return meta{block: "orders", layout: "app", nav: NavOrders, head: true}
}
func (*OrderPage) meta() meta       { return meta{block: "order", layout: "app", nav: NavOrders} }
func (*BulkConfirmPage) meta() meta { return meta{block: "bulk", layout: "app", nav: NavOrders} }
func (*FilesPage) meta() meta       { return meta{block: "files", layout: "app"} }
func (*FilePage) meta() meta        { return meta{block: "file", layout: "app"} }
func (*NewOrderPage) meta() meta    { return meta{block: "order_new", layout: "app", nav: NavOrders} }
func (*CollectPage) meta() meta     { return meta{block: "collect", layout: "app", nav: NavInvoices} }
func (*InvoicesPage) meta() meta {
	return meta{block: "invoices", layout: "app", nav: NavInvoices, head: true}
}
func (*CataloguePage) meta() meta {
	return meta{block: "catalogue", layout: "app", nav: NavCatalogue, head: true}
}
func (*ProductPage) meta() meta {
	return meta{block: "product", layout: "app", nav: NavCatalogue}
}
func (*OptionsPage) meta() meta { return meta{block: "options", layout: "app", nav: NavCatalogue} }
func (*ProductFormPage) meta() meta {
	return meta{block: "product_form", layout: "app", nav: NavCatalogue}
}
func (*PriceListsPage) meta() meta {
	return meta{block: "price_lists", layout: "app", nav: NavCatalogue, head: true}
}
func (*PriceListPage) meta() meta {
	return meta{block: "price_list", layout: "app", nav: NavCatalogue}
}
func (*StockPage) meta() meta {
	return meta{block: "stock", layout: "app", nav: NavCatalogue, head: true}
}
func (*StockReportPage) meta() meta {
	return meta{block: "stock_report", layout: "app", nav: NavCatalogue}
}
func (*BackordersPage) meta() meta {
	return meta{block: "backorders", layout: "app", nav: NavCatalogue, head: true}
}
func (*LeadsPage) meta() meta {
	return meta{block: "leads", layout: "app", nav: NavLeads, head: true, fixed: true}
}
func (*PublicFormPage) meta() meta { return meta{block: "public_form", layout: "plain"} }
func (*LandingPage) meta() meta    { return meta{block: "landing", layout: "landing"} }
func (*SharedPage) meta() meta     { return meta{block: "shared", layout: "shared"} }
func (*WebFormPage) meta() meta    { return meta{block: "webform", layout: "app", nav: NavLeads} }
func (*LeadBulkPage) meta() meta   { return meta{block: "lead_bulk", layout: "app", nav: NavLeads} }
func (*OfferPage) meta() meta      { return meta{block: "offer", layout: "app", nav: NavLeads} }
func (*LeadPage) meta() meta       { return meta{block: "lead", layout: "app", nav: NavLeads} }
func (*LeadFormPage) meta() meta   { return meta{block: "lead_form", layout: "app", nav: NavLeads} }
func (*LeadRulesPage) meta() meta  { return meta{block: "lead_rules", layout: "app", nav: NavLeads} }
func (*PromosPage) meta() meta {
	return meta{block: "promos", layout: "app", nav: NavPromotions, head: true}
}
func (*PromoPage) meta() meta { return meta{block: "promo", layout: "app", nav: NavPromotions} }
func (*SuggestionsPage) meta() meta {
	return meta{block: "suggestions", layout: "app", nav: NavPromotions, head: true}
}
func (*SuggestionPage) meta() meta {
	return meta{block: "suggestion", layout: "app", nav: NavPromotions}
}
func (*TriggerRulesPage) meta() meta {
	return meta{block: "trigger_rules", layout: "app", nav: NavPromotions}
}
func (*CampaignsPage) meta() meta {
	return meta{block: "campaigns", layout: "app", nav: NavPromotions}
}
func (*CampaignFormPage) meta() meta {
	return meta{block: "campaign_form", layout: "app", nav: NavPromotions}
}
func (*CampaignPage) meta() meta { return meta{block: "campaign", layout: "app", nav: NavPromotions} }
func (*StopPage) meta() meta     { return meta{block: "stop_mail", layout: "landing"} }
func (*LandingEditPage) meta() meta {
	return meta{block: "landing_edit", layout: "app", nav: NavPromotions}
}
func (*PromoFormPage) meta() meta {
	return meta{block: "promo_form", layout: "app", nav: NavPromotions}
}
func (*DealsPage) meta() meta {
	return meta{block: "deals", layout: "app", nav: NavDeals, head: true}
}
func (*DealPage) meta() meta      { return meta{block: "deal", layout: "app", nav: NavDeals} }
func (*DealFormPage) meta() meta  { return meta{block: "deal_form", layout: "app", nav: NavDeals} }
func (*DealTermsPage) meta() meta { return meta{block: "deal_terms", layout: "app", nav: NavDeals} }
func (*QuotesPage) meta() meta {
	return meta{block: "quotes", layout: "app", nav: NavQuotes, head: true}
}
func (*HoldsPage) meta() meta { return meta{block: "room_holds", layout: "app", nav: NavRooms} }
func (*MakePage) meta() meta  { return meta{block: "make_of", layout: "app", nav: NavRooms} }
func (*RoomFilePage) meta() meta {
	return meta{block: "room_file", layout: "app", nav: NavRooms, fixed: true}
}
func (*QuotePage) meta() meta     { return meta{block: "quote", layout: "app", nav: NavQuotes} }
func (*QuoteFormPage) meta() meta { return meta{block: "quote_form", layout: "app", nav: NavQuotes} }
func (*EngagementsPage) meta() meta {
	return meta{block: "engagements", layout: "app", nav: NavEngagements, head: true}
}
func (*EngagementPage) meta() meta {
	return meta{block: "engagement", layout: "app", nav: NavEngagements}
}
func (*EngagementInvitationPage) meta() meta {
	return meta{block: "engagement_invitation", layout: "app", nav: NavEngagements}
}
func (*EngagementFormPage) meta() meta {
	return meta{block: "engagement_form", layout: "app", nav: NavEngagements}
}
func (*EngagementSharePage) meta() meta {
	return meta{block: "engagement_share", layout: "app", nav: NavEngagements}
}
func (*EngagementRevisionsPage) meta() meta {
	return meta{block: "engagement_revisions", layout: "app", nav: NavEngagements}
}
func (*SellReportsPage) meta() meta {
	return meta{block: "sell", layout: "app", nav: NavSellThrough, head: true}
}
func (*SellReportPage) meta() meta {
	return meta{block: "sell_report", layout: "app", nav: NavSellThrough}
}
func (*SellCoveragePage) meta() meta {
	return meta{block: "sell_coverage", layout: "app", nav: NavSellThrough, head: true}
}
func (*SellStockPage) meta() meta {
	return meta{block: "sell_stock", layout: "app", nav: NavSellThrough, head: true}
}
func (*CustomersPage) meta() meta {
	return meta{block: "customers", layout: "app", nav: NavCustomers, head: true}
}
func (*MappingsPage) meta() meta {
	return meta{block: "mappings", layout: "app", nav: NavCustomers, head: true}
}
func (*MappingPage) meta() meta { return meta{block: "mapping", layout: "app", nav: NavCustomers} }
func (*MappingFormPage) meta() meta {
	return meta{block: "mapping_form", layout: "app", nav: NavCustomers}
}
func (*CustomerPage) meta() meta { return meta{block: "customer", layout: "app", nav: NavCustomers} }
func (*CustomerFormPage) meta() meta {
	return meta{block: "customer_form", layout: "app", nav: NavCustomers}
}
func (*MergePage) meta() meta { return meta{block: "merge", layout: "app", nav: NavCustomers} }
func (*MessagesPage) meta() meta {
	return meta{block: "edi", layout: "app", nav: NavEDI, head: true}
}
func (*MonitorPage) meta() meta {
	return meta{block: "monitor", layout: "app", nav: NavEDI, head: true}
}
func (*SetsPage) meta() meta { return meta{block: "sets", layout: "app", nav: NavEDI} }
func (*MessagePage) meta() meta {
	return meta{block: "message", layout: "app", nav: NavEDI, fixed: true}
}
func (*ConnectionsPage) meta() meta {
	return meta{block: "connections", layout: "app", nav: NavConnections, head: true}
}
func (*ConnectionPage) meta() meta {
	return meta{block: "connection", layout: "app", nav: NavConnections}
}
func (*BenchPage) meta() meta { return meta{block: "bench", layout: "app", nav: NavConnections} }
func (*AgreementPage) meta() meta {
	return meta{block: "agreement", layout: "app", nav: NavConnections}
}
func (*AgreementFormPage) meta() meta {
	return meta{block: "agreement_form", layout: "app", nav: NavConnections}
}
func (*LocationsPage) meta() meta {
	return meta{block: "locations", layout: "app", nav: NavConnections}
}
func (*WizardPage) meta() meta {
	return meta{block: "wizard", layout: "app", nav: NavConnections}
}
func (*FormPreviewPage) meta() meta {
	return meta{block: "form_preview", layout: "app", nav: NavConnections}
}
func (*CertificatesPage) meta() meta {
	return meta{block: "certificates", layout: "app", nav: NavCertificates, head: true}
}
func (*MapsPage) meta() meta  { return meta{block: "maps", layout: "app", nav: NavMaps, head: true} }
func (*HooksPage) meta() meta { return meta{block: "hooks", layout: "app", nav: NavConnections} }
func (*HookPage) meta() meta  { return meta{block: "hook", layout: "app", nav: NavConnections} }
func (*FormSendPage) meta() meta {
	return meta{block: "form_send", layout: "app", nav: NavEDI}
}
func (*UploadPage) meta() meta { return meta{block: "upload", layout: "app", nav: NavEDI} }
func (*SheetPage) meta() meta  { return meta{block: "sheet", layout: "app", nav: NavConnections} }
func (*PartnersPage) meta() meta {
	return meta{block: "partners", layout: "app", nav: NavPartners, head: true}
}
func (*PartnerPage) meta() meta { return meta{block: "partner", layout: "app", nav: NavPartners} }
func (*PeoplePage) meta() meta {
	return meta{block: "people", layout: "app", nav: NavPeople, head: true}
}
func (*CompanyPage) meta() meta {
	return meta{block: "company", layout: "app", nav: NavCompany, head: true}
}
func (*CalendarPage) meta() meta {
	return meta{block: "calendar", layout: "app", nav: NavCompany, head: true}
}
func (*ProfilePage) meta() meta { return meta{block: "profile", layout: "app", head: true} }
func (*RoomsPage) meta() meta {
	return meta{block: "rooms", layout: "app", nav: NavRooms, fixed: true, bare: true}
}
func (*CallPage) meta() meta {
	return meta{block: "call", layout: "app", nav: NavRooms, fixed: true, bare: true}
}
func (*RoomFormPage) meta() meta  { return meta{block: "room_form", layout: "app", nav: NavRooms} }
func (*RoomAskedPage) meta() meta { return meta{block: "room_asked", layout: "app", nav: NavRooms} }
func (*ForumPage) meta() meta {
	return meta{block: "forum", layout: "app", nav: NavForum, head: true}
}
func (*TopicFormPage) meta() meta { return meta{block: "topic_form", layout: "app", nav: NavForum} }
func (*TopicPage) meta() meta     { return meta{block: "topic", layout: "app", nav: NavForum} }
func (*CategoryFormPage) meta() meta {
	return meta{block: "category_form", layout: "app", nav: NavForum}
}
func (*ReportsPage) meta() meta {
	return meta{block: "reports", layout: "app", nav: NavForum, head: true}
}
func (*NDAPage) meta() meta {
	return meta{block: "forum_nda", layout: "app", nav: NavForum}
}
func (*LibraryPage) meta() meta {
	return meta{block: "library", layout: "app", nav: NavLibrary, head: true}
}
func (*DocumentPage) meta() meta { return meta{block: "document", layout: "app", nav: NavLibrary} }
func (*DocumentFormPage) meta() meta {
	return meta{block: "document_form", layout: "app", nav: NavLibrary}
}
func (*OutboxPage) meta() meta { return meta{block: "mail", layout: "app", nav: NavMail, head: true} }
func (*MailPage) meta() meta   { return meta{block: "mail_one", layout: "app", nav: NavMail} }
func (*PlatformPage) meta() meta {
	return meta{block: "platform", layout: "app", head: true}
}
func (*HelpPage) meta() meta  { return meta{block: "help", layout: "app"} }
func (*APIPage) meta() meta   { return meta{block: "api", layout: "app"} }
func (*ErrorPage) meta() meta { return meta{block: "error", layout: "app"} }
