package web

import (
	"context"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"entente/chat/room"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/notify"
	"entente/prm/trade"
)

// Gate says who passes to a route at all; what they may do there the services
// decide.
type Gate string

// The gates.
const (
	Public    Gate = "public"    // everybody
	SignedIn  Gate = "signed in" // somebody with a session
	InCompany Gate = "company"   // a member of the company in the address
	Operator  Gate = "operator"  // who runs the platform
)

// Route is one row of the table from which everything is mounted. Action is the
// right that the service behind it asks for, where there is one.
type Route struct {
	Method, Path, Name string
	Gate               Gate
	Action             access.Action
	run                func(*visit) error
}

// Changes reports whether the route changes state and so needs the form's token.
func (r Route) Changes() bool { return r.Method != fiber.MethodGet && r.Method != fiber.MethodHead }

// Routes is the whole table, in the order in which routes are tried.
func Routes() []Route {
	var all []Route
	for _, part := range [][]Route{openRoutes(), accountRoutes(), tradeRoutes(), catalogueRoutes(), ediRoutes(), fileRoutes(), talkRoutes(), roomRoutes(), taskRoutes(), forumRoutes(), libraryRoutes(), leadRoutes(), dealRoutes(), quoteRoutes(), engageRoutes(), promoRoutes(), fundRoutes(), sellRoutes(), settleRoutes(), approvalRoutes(), settingsRoutes()} {
		all = append(all, part...)
	}
	return all
}

func get(path, name string, gate Gate, act access.Action, run func(*visit) error) Route {
	return Route{fiber.MethodGet, path, name, gate, act, run}
}

func post(path, name string, gate Gate, act access.Action, run func(*visit) error) Route {
	return Route{fiber.MethodPost, path, name, gate, act, run}
}

func openRoutes() []Route {
	return []Route{
		get("/livez", "livez", Public, "", livez),
		get("/readyz", "readyz", Public, "", readyz),
		get("/static/*", "asset", Public, "", asset),
		get("/favicon.ico", "favicon", Public, "", favicon),
		get("/robots.txt", "robots", Public, "", robots),
		get("/manifest.webmanifest", "manifest", Public, "", manifest),
		get("/offline", "offline", Public, "", offline),
		get("/help", "help", Public, "", helpIndex),
		get("/help/:name", "help article", Public, "", helpArticle),
		get("/api/docs", "api docs", Public, "", apiDocs),
		get("/api/openapi.json", "api document", Public, "", apiSpec),
	}
}

func accountRoutes() []Route {
	return []Route{
		get("/", "root", Public, "", root),
		get("/signin", "sign-in form", Public, "", signInForm),
		post("/signin", "sign in", Public, "", signIn),
		post("/signout", "sign out", Public, "", signOut),
		get("/setup", "set-up form", Public, "", setupForm),
		post("/setup", "set up", Public, "", setup),
		get("/link/:token", "link", Public, "", linkOpen),
		post("/link/:token", "use link", Public, "", linkUse),
		get("/answer/:token", "link of a mail", Public, "", answerOpen),
		post("/answer/:token", "answer by a link of a mail", Public, "", answerUse),
		get("/f/:token", "form of a company", Public, "", publicForm),
		post("/f/:token", "fill the form of a company", Public, "", publicFormSend),
		get("/l/:company/:token", "landing page", Public, "", landShow),
		post("/l/:company/:token", "fill a landing page", Public, "", landSend),
		get("/l/:company/:token/logo/:whose", "logo on a landing page", Public, "", landLogo),
		get("/shared/:token", "document shared by a link", Public, "", sharedShow),
		get("/shared/:token/file", "file shared by a link", Public, "", sharedFile),
		post("/theme", "theme", Public, "", setTheme),
		post("/language", "language", Public, "", setLanguage),
		get("/platform", "platform", Operator, "", platform),
		post("/platform/deliveries/:id/retry", "retry delivery", Operator, "", platformRetry),
		get("/orders/:id", "order without company", SignedIn, access.OrderRead, bare("orders", seesOrder)),
		get("/invoices/:id", "invoice without company", SignedIn, access.InvoiceRead, bare("invoices", seesInvoice)),
		get("/edi/:id", "message without company", SignedIn, access.EDIRead, bare("edi", seesMessage)),
		get("/partners/:id", "partner without company", SignedIn, access.PartnerRead, bare("partners", seesPartner)),
		get("/rooms/:id", "room without company", SignedIn, access.RoomRead, bare("rooms", seesRoom)),
	}
}

func tradeRoutes() []Route {
	return []Route{
		get("/c/:slug/", "home", InCompany, "", home),
		get("/c/:slug/inbox", "inbox", InCompany, access.NoticeOwn, inbox),
		get("/c/:slug/inbox/count", "count notices", InCompany, access.NoticeOwn, inboxCount),
		post("/c/:slug/inbox/read-all", "read all notices", InCompany, access.NoticeWrite, inboxReadAll),
		post("/c/:slug/inbox/:id/read", "read notice", InCompany, access.NoticeWrite, inboxDeed((*notify.Service).MarkOne, "")),
		post("/c/:slug/inbox/:id/done", "finish notices", InCompany, access.NoticeWrite, inboxDeed((*notify.Service).Finish, "said.notice_done")),
		post("/c/:slug/inbox/:id/reopen", "reopen notices", InCompany, access.NoticeWrite, inboxDeed((*notify.Service).Reopen, "said.notice_reopened")),
		post("/c/:slug/inbox/:id/snooze", "put notices off", InCompany, access.NoticeWrite, inboxSnooze),
		post("/c/:slug/inbox/:id/mute", "end notices", InCompany, access.NoticeWrite, inboxMute),
		get("/c/:slug/find", "find", InCompany, "", find),
		get("/c/:slug/orders", "orders", InCompany, access.OrderRead, orderList),
		get("/c/:slug/orders/new", "order form", InCompany, access.OrderPlace, orderNewForm),
		post("/c/:slug/orders/new", "place order", InCompany, access.OrderPlace, orderNew),
		get("/c/:slug/orders/export", "orders as a table", InCompany, access.OrderRead, orderExport),
		post("/c/:slug/orders/confirm", "confirm many", InCompany, access.OrderConfirm, ordersConfirm),
		post("/c/:slug/orders/views", "save a view of orders", InCompany, access.OrderRead, viewSave("orders")),
		post("/c/:slug/orders/views/:id/remove", "remove a view of orders", InCompany, access.OrderRead, viewDrop("orders")),
		get("/c/:slug/orders/:id", "order", InCompany, access.OrderRead, orderShow),
		get("/c/:slug/orders/:id/pdf", "order on paper", InCompany, access.OrderRead, orderPDF),
		get("/c/:slug/orders/:id/responses/:document/pdf", "answer on paper", InCompany, access.OrderRead, responsePDF),
		get("/c/:slug/orders/:id/shipments/:document/pdf", "delivery note on paper", InCompany, access.OrderRead, shipmentPDF),
		get("/c/:slug/orders/:id/confirm", "confirm form", InCompany, access.OrderConfirm, orderConfirmForm),
		post("/c/:slug/orders/:id/confirm", "confirm", InCompany, access.OrderConfirm, orderConfirm),
		get("/c/:slug/orders/:id/ship", "ship form", InCompany, access.OrderShip, orderWorkForm("ship")),
		post("/c/:slug/orders/:id/ship", "ship", InCompany, access.OrderShip, orderWork("ship")),
		get("/c/:slug/orders/:id/invoice", "invoice form", InCompany, access.OrderInvoice, orderWorkForm("invoice")),
		post("/c/:slug/orders/:id/invoice", "invoice order", InCompany, access.OrderInvoice, orderWork("invoice")),
		get("/c/:slug/orders/:id/receive", "receive form", InCompany, access.OrderReceive, orderWorkForm("receive")),
		post("/c/:slug/orders/:id/receive", "receive", InCompany, access.OrderReceive, orderWork("receive")),
		post("/c/:slug/orders/:id/held", "answer held order", InCompany, access.OrderResolve, orderHeld),
		post("/c/:slug/orders/:id/locate", "say which place is meant", InCompany, access.LocationWrite, orderLocate),
		post("/c/:slug/orders/:id/refuse", "refuse for its ship-to", InCompany, access.OrderConfirm, orderRefuse),
		post("/c/:slug/orders/:id/agree", "agree", InCompany, access.OrderReceive, orderAgree),
		post("/c/:slug/orders/:id/cancel", "cancel order", InCompany, access.OrderPlace, orderCancel),
		get("/c/:slug/invoices", "invoices", InCompany, access.InvoiceRead, invoiceList),
		get("/c/:slug/invoices/export", "invoices as a table", InCompany, access.InvoiceRead, invoiceExport),
		get("/c/:slug/invoices/collect", "invoice of several orders", InCompany, access.OrderInvoice, invoiceCollect),
		post("/c/:slug/invoices/collect", "make an invoice of several orders", InCompany, access.OrderInvoice, invoiceCollected),
		get("/c/:slug/invoices/:id", "invoice", InCompany, access.InvoiceRead, invoiceShow),
		get("/c/:slug/invoices/:id/pdf", "invoice on paper", InCompany, access.InvoiceRead, invoicePDF),
	}
}

func catalogueRoutes() []Route {
	return []Route{
		get("/c/:slug/catalogue", "catalogue", InCompany, access.CatalogRead, catalogueShow),
		get("/c/:slug/catalogue/new", "product form", InCompany, access.CatalogWrite, productNew),
		post("/c/:slug/catalogue/new", "make product", InCompany, access.CatalogWrite, productSave),
		get("/c/:slug/catalogue/prices", "price lists", InCompany, access.CatalogPrices, priceLists),
		post("/c/:slug/catalogue/prices", "make price list", InCompany, access.CatalogWrite, priceListMake),
		get("/c/:slug/catalogue/prices/:id", "price list", InCompany, access.CatalogPrices, priceListShow),
		get("/c/:slug/catalogue/prices/:id/csv", "price list file", InCompany, access.CatalogPrices, priceListFile),
		post("/c/:slug/catalogue/prices/:id/settings", "save price list", InCompany, access.CatalogWrite, priceListSave),
		post("/c/:slug/catalogue/prices/:id/draft", "begin price version", InCompany, access.CatalogWrite, draftBegin),
		post("/c/:slug/catalogue/prices/:id/draft/change", "change price", InCompany, access.CatalogWrite, draftChange),
		post("/c/:slug/catalogue/prices/:id/draft/drop", "drop price version", InCompany, access.CatalogWrite, draftDrop),
		post("/c/:slug/catalogue/prices/:id/withdraw", "withdraw prices", InCompany, access.CatalogWrite, pricesWithdraw),
		post("/c/:slug/catalogue/prices/:id/publish", "publish prices", InCompany, access.CatalogWrite, pricesPublish),
		get("/c/:slug/catalogue/stock", "stock", InCompany, access.StockRead, stockShow),
		post("/c/:slug/catalogue/stock", "set stock", InCompany, access.StockWrite, stockSet),
		get("/c/:slug/catalogue/stock/csv", "stock file", InCompany, access.StockWrite, stockFile),
		post("/c/:slug/catalogue/stock/terms", "what partners are told", InCompany, access.CatalogWrite, stockTerms),
		get("/c/:slug/catalogue/stock/reports/:id", "stock report", InCompany, access.StockReport, stockReport),
		get("/c/:slug/catalogue/export", "catalogue as a table", InCompany, access.CatalogRead, catalogueExport),
		get("/c/:slug/catalogue/backorders", "back-orders", InCompany, access.OrderRead, backorderList),
		get("/c/:slug/catalogue/:id", "product", InCompany, access.CatalogRead, productShow),
		get("/c/:slug/catalogue/:id/edit", "edit product", InCompany, access.CatalogWrite, productEdit),
		post("/c/:slug/catalogue/:id/edit", "save product", InCompany, access.CatalogWrite, productSave),
		get("/c/:slug/catalogue/:id/options", "options of a product", InCompany, access.CatalogWrite, optionsEdit),
		post("/c/:slug/catalogue/:id/options", "save options", InCompany, access.CatalogWrite, optionsSave),
		get("/c/:slug/catalogue/:id/options/csv", "options as a table", InCompany, access.CatalogWrite, optionsFile),
		post("/c/:slug/catalogue/:id/references", "add reference", InCompany, access.ReferenceWrite, referenceAdd),
		post("/c/:slug/catalogue/:id/references/remove", "remove reference", InCompany, access.ReferenceWrite, referenceDrop),
	}
}

func ediRoutes() []Route {
	return append(append(ediDeskRoutes(), calendarRoutes()...), []Route{
		get("/c/:slug/edi", "messages", InCompany, access.EDIRead, ediList),
		get("/c/:slug/edi/certificates", "certificates", InCompany, access.LinkRead, certificateList),
		get("/c/:slug/edi/maps", "maps and rules", InCompany, access.LinkRead, mapList),
		get("/c/:slug/edi/connect", "connect the first partner", InCompany, access.LinkRead, connectFirst),
		get("/c/:slug/edi/send", "send documents", InCompany, access.EDISend, formSend),
		post("/c/:slug/edi/send", "send a file of documents", InCompany, access.EDISend, formSendNow),
		get("/c/:slug/edi/send/:upload", "report of a file", InCompany, access.EDISend, uploadShow),
		post("/c/:slug/edi/send/:upload/book", "book a file", InCompany, access.EDISend, uploadBook),
		post("/c/:slug/edi/send/:upload/drop", "drop a file", InCompany, access.EDISend, uploadDrop),
		get("/c/:slug/edi/connections", "connections", InCompany, access.LinkRead, connectionList),
		get("/c/:slug/edi/connections/:id", "connection", InCompany, access.LinkRead, connectionShow),
		get("/c/:slug/edi/connections/:id/connect", "connect", InCompany, access.LinkRead, connectShow),
		post("/c/:slug/edi/connections/:id/connect/identity", "add identity in the wizard", InCompany, access.OrgManage, connectIdentity),
		post("/c/:slug/edi/connections/:id/connect/confirm", "confirm identities in the wizard", InCompany, access.PartnerManage, connectConfirm),
		post("/c/:slug/edi/connections/:id/connect/token", "make token in the wizard", InCompany, access.TokenOwn, connectToken),
		post("/c/:slug/edi/connections/:id/connect/test", "test first", InCompany, access.LinkManage, connectTest),
		post("/c/:slug/edi/connections/:id/connect/live", "go live", InCompany, access.LinkManage, connectLive),
		post("/c/:slug/edi/connections/:id/connect/release", "release what waits for production", InCompany, access.EDIResolve, connectRelease),
		post("/c/:slug/edi/connections/:id/connect/echo", "send a test message", InCompany, access.StationManage, connectEcho),
		get("/c/:slug/edi/connections/:id/connect/echo", "wizard after a test message", InCompany, access.LinkRead, connectAgain),
		post("/c/:slug/edi/connections/:id/bench/send", "send as a test", InCompany, access.EDISend, benchSend),
		post("/c/:slug/edi/connections/:id/bench/answer", "answer a test order", InCompany, access.LinkManage, benchAnswer),
		get("/c/:slug/edi/connections/:id/sheet", "connection sheet", InCompany, access.LinkRead, sheetShow),
		get("/c/:slug/edi/connections/:id/bench", "test bench", InCompany, access.LinkRead, benchShow),
		post("/c/:slug/edi/connections/:id/bench", "try on the bench", InCompany, access.LinkRead, benchTry),
		get("/c/:slug/edi/connections/:id/bench/:sample", "sample", InCompany, access.LinkRead, benchSample),
		get("/c/:slug/edi/connections/:id/agreement", "agreement", InCompany, access.AgreementRead, agreementShow),
		get("/c/:slug/edi/connections/:id/agreement/propose", "agreement form", InCompany, access.AgreementSign, agreementForm),
		post("/c/:slug/edi/connections/:id/agreement/propose", "propose agreement", InCompany, access.AgreementSign, agreementPropose),
		get("/c/:slug/edi/connections/:id/agreement/:number", "older agreement", InCompany, access.AgreementRead, agreementOld),
		post("/c/:slug/edi/connections/:id/agreement/:agreement/confirm", "confirm agreement", InCompany, access.AgreementSign, agreementConfirm),
		post("/c/:slug/edi/connections/:id/agreement/:agreement/decline", "decline agreement", InCompany, access.AgreementSign, agreementDecline),
		post("/c/:slug/edi/connections/:id/agreement/:agreement/withdraw", "withdraw agreement", InCompany, access.AgreementSign, agreementWithdraw),
		get("/c/:slug/edi/connections/:id/locations", "places", InCompany, access.LocationRead, locationList),
		post("/c/:slug/edi/connections/:id/locations", "save place", InCompany, access.LocationWrite, locationSave),
		post("/c/:slug/edi/connections/:id/locations/:location/remove", "remove place", InCompany, access.LocationWrite, locationRemove),
		get("/c/:slug/edi/connections/:id/check", "address after a check", InCompany, access.LinkRead, connectionAgain),
		post("/c/:slug/edi/connections/:id/check", "check address", InCompany, access.StationManage, addressCheck),
		post("/c/:slug/edi/connections/:id/station", "save station", InCompany, access.StationManage, stationSave),
		post("/c/:slug/edi/connections/:id/certificates", "add certificate", InCompany, access.StationManage, certificateAdd),
		get("/c/:slug/edi/connections/:id/certificates/:certificate", "certificate", InCompany, access.StationRead, certificateFile),
		post("/c/:slug/edi/connections/:id/certificates/:certificate/retire", "retire certificate", InCompany, access.StationManage, certificateRetire),
		post("/c/:slug/edi/connections/:id/certificates/:certificate/unpin", "take back the pin of a certificate", InCompany, access.StationManage, certificateUnpin),
		post("/c/:slug/edi/connections/:id/certificates/:certificate/confirm", "confirm certificate", InCompany, access.StationManage, certificateConfirm),
		post("/c/:slug/edi/connections/:id/certificates/:certificate/try", "try certificate", InCompany, access.StationManage, certificateTry),
		post("/c/:slug/edi/connections/:id/terms", "save terms", InCompany, access.LinkManage, termsSave),
		post("/c/:slug/edi/connections/:id/routes", "choose routes", InCompany, access.LinkManage, routesSave),
		post("/c/:slug/edi/connections/:id/style", "choose how files look", InCompany, access.LinkManage, styleSave),
		get("/c/:slug/edi/connections/:id/preview", "document in a format", InCompany, access.LinkRead, formPreview),
		get("/c/:slug/edi/connections/:id/preview/file", "document in a format as a file", InCompany, access.LinkRead, formPreviewFile),
		post("/c/:slug/edi/connections/:id/logins", "make login", InCompany, access.EDIDoors, loginMake),
		post("/c/:slug/edi/connections/:id/logins/:login/remove", "remove login", InCompany, access.EDIDoors, loginRemove),
		post("/c/:slug/edi/connections/:id/servers", "add server", InCompany, access.EDIDoors, remoteAdd),
		post("/c/:slug/edi/connections/:id/servers/:remote/check", "check server", InCompany, access.EDIDoors, remoteCheck),
		post("/c/:slug/edi/connections/:id/servers/:remote/change", "change server", InCompany, access.EDIDoors, remoteChange),
		post("/c/:slug/edi/connections/:id/servers/:remote/remove", "remove server", InCompany, access.EDIDoors, remoteRemove),
		post("/c/:slug/edi/:id/messages/:message/resend", "send again", InCompany, access.EDIResolve, carriedResend),
		get("/c/:slug/edi/:id/messages/:message/:part", "proof", InCompany, access.EDIRead, carriedProof),
		post("/c/:slug/edi/:id/shares", "share a document by a link", InCompany, access.EDIShare, ediShare),
		post("/c/:slug/edi/:id/shares/:share/revoke", "take back a link", InCompany, access.EDIShare, ediUnshare),
		get("/c/:slug/edi/:id", "message", InCompany, access.EDIRead, ediShow),
		get("/c/:slug/edi/:id/sets", "documents of a message", InCompany, access.EDIRead, ediSets),
		get("/c/:slug/edi/:id/raw", "message file", InCompany, access.EDIRead, ediRaw),
		post("/c/:slug/edi/:id/room", "room of interchange", InCompany, access.RoomPost, ediTalk),
		post("/c/:slug/edi/:id/held", "answer held message", InCompany, access.EDIResolve, ediHeld),
	}...)
}

func talkRoutes() []Route {
	return []Route{
		get("/c/:slug/rooms", "rooms", InCompany, access.RoomRead, roomList),
		get("/c/:slug/rooms/invitations/:id", "invitation into room", InCompany, access.OrgManage, roomAsked),
		post("/c/:slug/rooms/invitations/:id", "answer invitation into room", InCompany, access.OrgManage, roomAskedAnswer),
		post("/c/:slug/rooms/:id/withdraw", "withdraw invitation into room", InCompany, access.RoomPost, roomWithdraw),
		get("/c/:slug/rooms/holds", "rooms under a hold", InCompany, access.RoomKeep, roomHolds),
		get("/c/:slug/rooms/new", "new room", InCompany, access.RoomMake, roomNew),
		post("/c/:slug/rooms", "make a room", InCompany, access.RoomMake, roomMake),
		get("/c/:slug/rooms/:id", "room", InCompany, access.RoomRead, roomShow),
		get("/c/:slug/rooms/:id/call", "call", InCompany, access.CallJoin, roomCall),
		post("/c/:slug/rooms/:id/messages", "post message", InCompany, access.RoomPost, roomPost),
		get("/c/:slug/partners", "partners", InCompany, access.PartnerRead, partnerList),
		post("/c/:slug/partners", "invite partner", InCompany, access.PartnerManage, partnerInvite),
		post("/c/:slug/partners/new", "invite a new company", InCompany, access.OrgFound, partnerFound),
		post("/c/:slug/partners/:id/again", "make a new link for a new company", InCompany, access.OrgFound, partnerAgain),
		get("/c/:slug/partners/:id", "partner", InCompany, access.PartnerRead, partnerShow),
		post("/c/:slug/partners/:id/settings", "partner settings", InCompany, access.PartnerManage, partnerSettings),
		post("/c/:slug/partners/:id/identities/:identity/confirm", "confirm identity", InCompany, access.PartnerManage, partnerConfirm),
		post("/c/:slug/partners/:id/accept", "accept partnership", InCompany, access.PartnerManage, partnerMove("accept")),
		post("/c/:slug/partners/:id/suspend", "suspend partnership", InCompany, access.PartnerManage, partnerMove("suspend")),
		post("/c/:slug/partners/:id/resume", "resume partnership", InCompany, access.PartnerManage, partnerMove("resume")),
		post("/c/:slug/partners/:id/end", "end partnership", InCompany, access.PartnerManage, partnerMove("end")),
	}
}

func promoRoutes() []Route {
	return []Route{
		get("/c/:slug/promotions", "promotions", InCompany, access.PromoRead, promoList),
		get("/c/:slug/promotions/new", "promotion form", InCompany, access.PromoWrite, promoNew),
		post("/c/:slug/promotions/new", "add promotion", InCompany, access.PromoWrite, promoCreate),
		get("/c/:slug/promotions/seats/:seat", "promotion of a seat", InCompany, access.PromoRead, promoSeat),
		post("/c/:slug/promotions/templates/:template/drop", "remove template of promotions", InCompany, access.PromoWrite, promoForget),
		post("/c/:slug/promotions/:id/template", "keep promotion as a template", InCompany, access.PromoWrite, promoKeep),
		get("/c/:slug/promotions/:id", "promotion", InCompany, access.PromoRead, promoShow),
		get("/c/:slug/promotions/:id/edit", "promotion edit form", InCompany, access.PromoWrite, promoEdit),
		post("/c/:slug/promotions/:id/edit", "save promotion", InCompany, access.PromoWrite, promoSave),
		post("/c/:slug/promotions/:id/propose", "propose promotion", InCompany, access.PromoWrite, promoPropose),
		post("/c/:slug/promotions/:id/approve", "approve promotion", InCompany, access.PromoAnswer, promoApprove),
		get("/c/:slug/promotions/:id/counter", "counter-proposal form", InCompany, access.PromoAnswer, promoCounterForm),
		post("/c/:slug/promotions/:id/counter", "send counter-proposal", InCompany, access.PromoAnswer, promoCounterSend),
		post("/c/:slug/promotions/:id/counters/:counter/adopt", "adopt counter-proposal", InCompany, access.PromoWrite, promoAdopt),
		post("/c/:slug/promotions/:id/counters/:counter/decline", "decline counter-proposal", InCompany, access.PromoWrite, promoRefuse),
		post("/c/:slug/promotions/:id/decline", "decline promotion", InCompany, access.PromoAnswer, promoDecline),
		post("/c/:slug/promotions/:id/cancel", "cancel promotion", InCompany, access.PromoWrite, promoCancel),
		get("/c/:slug/promotions/:id/landing", "landing pages of promotion", InCompany, access.PromoRead, landEdit),
		post("/c/:slug/promotions/:id/landing", "save landing page", InCompany, access.PromoAnswer, landSave),
		get("/c/:slug/promotions/:id/landing/flyer", "flyer of landing page", InCompany, access.PromoRead, landFlyer),
		post("/c/:slug/promotions/:id/landing/text", "propose words of landing pages", InCompany, access.PromoWrite, landPropose),
		post("/c/:slug/promotions/:id/landing/codes", "referral codes of landing page", InCompany, access.PromoAnswer, landCode),
		get("/c/:slug/suggestions", "suggestions", InCompany, access.TriggerRead, suggestionList),
		get("/c/:slug/suggestions/rules", "rules of suggestions", InCompany, access.TriggerRead, triggerRules),
		post("/c/:slug/suggestions/rules", "save rule of suggestions", InCompany, access.TriggerWrite, triggerSave),
		post("/c/:slug/suggestions/rules/:rule/remove", "remove rule of suggestions", InCompany, access.TriggerWrite, triggerRemove),
		get("/c/:slug/suggestions/:id", "suggestion", InCompany, access.TriggerRead, suggestionShow),
		post("/c/:slug/suggestions/:id/accept", "accept suggestion", InCompany, access.TriggerDecide, suggestionAccept),
		post("/c/:slug/suggestions/:id/dismiss", "dismiss suggestion", InCompany, access.TriggerDecide, suggestionDismiss),
		post("/c/:slug/suggestions/:id/snooze", "put suggestion off", InCompany, access.TriggerDecide, suggestionSnooze),
		get("/c/:slug/promotions/:id/campaigns", "campaigns about promotion", InCompany, access.CampaignRead, campaignList),
		get("/c/:slug/promotions/:id/campaigns/new", "campaign form", InCompany, access.CampaignWrite, campaignNew),
		post("/c/:slug/promotions/:id/campaigns", "add campaign", InCompany, access.CampaignWrite, campaignSave),
		get("/c/:slug/campaigns/:id", "campaign", InCompany, access.CampaignRead, campaignShow),
		get("/c/:slug/campaigns/:id/mail", "mail of campaign", InCompany, access.CampaignRead, campaignMail),
		get("/c/:slug/campaigns/:id/edit", "campaign edit form", InCompany, access.CampaignWrite, campaignEdit),
		post("/c/:slug/campaigns/:id/edit", "save campaign", InCompany, access.CampaignWrite, campaignSave),
		post("/c/:slug/campaigns/:id/try", "send campaign to oneself", InCompany, access.CampaignWrite, campaignTry),
		post("/c/:slug/campaigns/:id/start", "start campaign", InCompany, access.CampaignWrite, campaignStart),
		post("/c/:slug/campaigns/:id/stop", "stop campaign", InCompany, access.CampaignWrite, campaignStop),
		post("/c/:slug/campaigns/:id/drop", "delete campaign", InCompany, access.CampaignWrite, campaignDrop),
		get("/c/:slug/promotions/:id/results", "promotion results", InCompany, access.PromoRead, promoResults),
		post("/c/:slug/promotions/:id/claim", "confirm claim of promotion", InCompany, access.ClaimWrite, promoClaimFile),
		get("/c/:slug/promotions/:id/funnel.csv", "rows of the funnel", InCompany, access.PromoRead, funnelExport),
		get("/c/:slug/promotions/:id/lines.csv", "promotion lines", InCompany, access.PromoRead, promoExport),
		get("/c/:slug/promotions/:id/periods.csv", "promotion periods", InCompany, access.PromoRead, promoPeriods),
		get("/c/:slug/promotions/:id/documents.csv", "promotion documents", InCompany, access.PromoRead, promoDocuments),
		post("/c/:slug/promotions/:id/margin", "set margin of promotion", InCompany, access.PromoWrite, promoMargin),
		get("/c/:slug/promotions/:id/rebuild", "how far a promotion is computed again", InCompany, access.PromoRead, promoRebuildShow),
		post("/c/:slug/promotions/:id/rebuild", "compute promotion again", InCompany, access.PromoWrite, promoRebuild),
		post("/c/:slug/promotions/:id/settle", "settle promotion", InCompany, access.PromoWrite, promoSettle),
		post("/c/:slug/promotions/:id/tasks", "give task", InCompany, access.PromoTask, promoTaskAdd),
		post("/c/:slug/promotions/:id/tasks/:task", "do task", InCompany, access.PromoTask, promoTaskDo),
	}
}

func leadRoutes() []Route {
	return []Route{
		get("/c/:slug/leads", "leads", InCompany, access.OfferRead, leadList),
		get("/c/:slug/leads/new", "lead form", InCompany, access.LeadWrite, leadNew),
		post("/c/:slug/leads/new", "add lead", InCompany, access.LeadWrite, leadCreate),
		get("/c/:slug/leads/rules", "lead rules", InCompany, access.LeadRead, leadRules),
		post("/c/:slug/leads/rules", "save lead rule", InCompany, access.LeadOffer, leadRuleSave),
		post("/c/:slug/leads/rules/partners", "save lead profile", InCompany, access.OfferManage, leadProfileSave),
		post("/c/:slug/leads/rules/:rule/up", "move lead rule", InCompany, access.LeadOffer, leadRuleUp),
		post("/c/:slug/leads/rules/:rule/remove", "remove lead rule", InCompany, access.LeadOffer, leadRuleRemove),
		get("/c/:slug/leads/form", "web form for leads", InCompany, access.LeadRead, leadFormShow),
		post("/c/:slug/leads/form", "save the web form for leads", InCompany, access.LeadOffer, leadFormSave),
		post("/c/:slug/leads/bulk", "offer many leads", InCompany, access.LeadOffer, leadBulk),
		post("/c/:slug/leads/views", "save a view of leads", InCompany, access.OfferRead, viewSave("leads")),
		post("/c/:slug/leads/views/:id/remove", "remove a view of leads", InCompany, access.OfferRead, viewDrop("leads")),
		post("/c/:slug/leads/route", "route leads", InCompany, access.LeadOffer, leadRoute),
		get("/c/:slug/leads/offers/:id", "offered lead", InCompany, access.OfferRead, offerShow),
		post("/c/:slug/leads/offers/:id/accept", "accept lead", InCompany, access.OfferAnswer, offerAccept),
		post("/c/:slug/leads/offers/:id/decline", "decline lead", InCompany, access.OfferAnswer, offerDecline),
		post("/c/:slug/leads/offers/:id/work", "work on lead", InCompany, access.OfferAnswer, offerWork),
		post("/c/:slug/leads/offers/:id/return", "return lead", InCompany, access.OfferAnswer, offerReturn),
		post("/c/:slug/leads/offers/:id/lose", "lose lead", InCompany, access.OfferAnswer, offerLose),
		post("/c/:slug/leads/offers/:id/pause", "pause lead", InCompany, access.OfferRead, offerPause),
		post("/c/:slug/leads/offers/:id/resume", "resume lead", InCompany, access.OfferRead, offerResume),
		post("/c/:slug/leads/offers/:id/withdraw", "withdraw offer", InCompany, access.OfferManage, offerWithdraw),
		post("/c/:slug/leads/offers/:id/reclaim", "reclaim lead", InCompany, access.OfferManage, offerReclaim),
		get("/c/:slug/leads/:id", "lead", InCompany, access.LeadRead, leadShow),
		get("/c/:slug/leads/:id/edit", "lead edit form", InCompany, access.LeadWrite, leadEdit),
		post("/c/:slug/leads/:id/edit", "save lead", InCompany, access.LeadWrite, leadSave),
		post("/c/:slug/leads/:id/offer", "offer lead", InCompany, access.LeadOffer, leadOffer),
		post("/c/:slug/leads/:id/route", "route lead", InCompany, access.LeadOffer, leadRouteOne),
		post("/c/:slug/leads/:id/close", "close lead", InCompany, access.LeadWrite, leadClose),
		get("/c/:slug/customers", "customers", InCompany, access.CustomerRead, customerList),
		get("/c/:slug/customers/new", "customer form", InCompany, access.CustomerWrite, customerNew),
		post("/c/:slug/customers/new", "add customer", InCompany, access.CustomerWrite, customerCreate),
		get("/c/:slug/mappings", "account mappings", InCompany, access.MappingRead, mappingList),
		get("/c/:slug/mappings/new", "account mapping form", InCompany, access.MappingWrite, mappingNew),
		post("/c/:slug/mappings/new", "begin account mapping", InCompany, access.MappingWrite, mappingBegin),
		post("/c/:slug/mappings/bring", "bring first mapping file", InCompany, access.MappingWrite, mappingBring),
		get("/c/:slug/mappings/:id", "account mapping", InCompany, access.MappingRead, mappingShow),
		get("/c/:slug/mappings/:id/receipt", "mapping receipt", InCompany, access.MappingRead, mappingReceipt),
		post("/c/:slug/mappings/:id/files/:part", "fetch mapping file", InCompany, access.MappingWrite, mappingFetch),
		post("/c/:slug/mappings/:id/bring", "bring mapping file", InCompany, access.MappingWrite, mappingBring),
		post("/c/:slug/mappings/:id/:act", "answer account mapping", InCompany, access.MappingWrite, mappingAct),
		get("/c/:slug/customers/:id", "customer", InCompany, access.CustomerRead, customerShow),
		post("/c/:slug/customers/:id", "save customer", InCompany, access.CustomerWrite, customerSave),
		post("/c/:slug/customers/:id/contacts", "save contact", InCompany, access.CustomerWrite, contactSave),
		post("/c/:slug/customers/:id/contacts/:contact/remove", "remove contact", InCompany, access.CustomerWrite, contactRemove),
		get("/c/:slug/customers/:id/merge", "merge preview", InCompany, access.CustomerWrite, mergeLook),
		post("/c/:slug/customers/:id/merge", "merge customers", InCompany, access.CustomerWrite, mergeDo),
		post("/c/:slug/customers/:id/merges/:merge/undo", "undo merge", InCompany, access.CustomerWrite, mergeUndo),
	}
}

func settingsRoutes() []Route {
	return []Route{
		get("/c/:slug/people", "people", InCompany, access.PeopleRead, people),
		post("/c/:slug/people", "invite", InCompany, access.PeopleManage, peopleInvite),
		post("/c/:slug/people/:id/roles", "roles", InCompany, access.PeopleManage, peopleRoles),
		post("/c/:slug/people/:id/link", "make link", InCompany, access.PeopleManage, peopleLink),
		post("/c/:slug/people/:id/deactivate", "deactivate", InCompany, access.PeopleManage, peopleDeactivate),
		post("/c/:slug/people/:id/activate", "activate", InCompany, access.PeopleManage, peopleActivate),
		get("/c/:slug/company", "company", InCompany, access.OrgRead, company),
		post("/c/:slug/company", "save company", InCompany, access.OrgManage, companySave),
		post("/c/:slug/company/logo", "set the company's logo", InCompany, access.OrgManage, logoSave),
		post("/c/:slug/company/logo/remove", "take the company's logo away", InCompany, access.OrgManage, logoDrop),
		get("/c/:slug/logos/:org", "logo of a company", InCompany, access.OrgRead, logoShow),
		post("/c/:slug/company/identities", "add identity", InCompany, access.OrgManage, identityAdd),
		post("/c/:slug/company/identities/:id/remove", "remove identity", InCompany, access.OrgManage, identityRemove),
		post("/c/:slug/company/tokens", "make token", InCompany, access.TokenOwn, tokenMake),
		post("/c/:slug/company/tokens/:id/revoke", "revoke token", InCompany, access.TokenOwn, tokenRevoke("company")),
		get("/c/:slug/profile", "profile", InCompany, "", profile),
		post("/c/:slug/profile/name", "save profile", InCompany, "", profileName),
		post("/c/:slug/profile/mail", "choose mail", InCompany, access.NoticeWrite, profileMail),
		post("/c/:slug/profile/push", "tell a device", InCompany, access.NoticeWrite, pushAdd),
		post("/c/:slug/profile/push/:id/remove", "tell a device no more", InCompany, access.NoticeWrite, pushRemove),
		post("/c/:slug/profile/password", "change password", InCompany, "", profilePassword),
		post("/c/:slug/profile/address", "change address", InCompany, "", profileAddress),
		post("/c/:slug/profile/sessions/end-all", "sign out everywhere", InCompany, "", sessionEndAll),
		post("/c/:slug/profile/sessions/:id/end", "end session", InCompany, "", sessionEnd),
		post("/c/:slug/profile/tokens/:id/revoke", "revoke own token", InCompany, access.TokenOwn, tokenRevoke("profile")),
		get("/c/:slug/mail", "mail", InCompany, access.MailRead, mailList),
		get("/c/:slug/mail/:id", "mail text", InCompany, access.MailRead, mailShow),
	}
}

// handler wraps a route's function: who asks, the gate, a deadline.
func (w *Web) handler(r Route) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, cancel := context.WithTimeout(c.UserContext(), visitTimeout)
		defer cancel()
		c.SetUserContext(ctx)
		login, err := w.pass(c, r)
		if err != nil {
			return err
		}
		v := w.visit(c, r, login)
		if r.Changes() {
			if err := v.entered(); err != nil && !oneClick(v) {
				return err
			}
		}
		if r.Gate == InCompany && r.Method == fiber.MethodGet {
			v.opened(r.Path)
		}
		return r.run(v)
	}
}

func queryEscape(s string) string { return url.QueryEscape(s) }

// bare sends a link without a company ("/orders/{id}") to the company through
// which the person sees the object. Where none or several do, it does not exist.
func bare(section string, sees func(ctx context.Context, w *Web, actor access.Actor, id string) error) func(*visit) error {
	return func(v *visit) error {
		id, slug := v.Params("id"), ""
		for _, seat := range v.login.Seats {
			actor := v.login.Actor
			actor.Org, actor.Roles = seat.Org.ID, seat.Roles
			err := sees(account.Acting(v.ctx, actor), v.w, actor, id)
			if c := fault.CodeOf(err); c == fault.NotFound || c == fault.Forbidden {
				continue
			}
			if err != nil {
				return err
			}
			if slug != "" {
				return fault.New(fault.NotFound, "error.not_found")
			}
			slug = seat.Org.Slug
		}
		if slug == "" {
			return fault.New(fault.NotFound, "error.not_found")
		}
		return v.Redirect("/c/"+slug+"/"+section+"/"+url.PathEscape(id), fiber.StatusSeeOther)
	}
}

func seesOrder(ctx context.Context, w *Web, actor access.Actor, id string) error {
	_, err := w.d.Trade.Get(ctx, actor, trade.OrderID(id))
	return err
}

func seesInvoice(ctx context.Context, w *Web, actor access.Actor, id string) error {
	_, err := w.d.Trade.GetInvoice(ctx, actor, trade.InvoiceID(id))
	return err
}

func seesMessage(ctx context.Context, w *Web, actor access.Actor, id string) error {
	_, err := w.d.Gateway.Get(ctx, actor, id)
	return err
}

func seesPartner(ctx context.Context, w *Web, actor access.Actor, id string) error {
	_, err := w.d.Partners.Get(ctx, actor, id)
	return err
}

func seesRoom(ctx context.Context, w *Web, actor access.Actor, id string) error {
	_, err := w.d.Rooms.Get(ctx, actor, room.ID(id))
	return err
}

// unescape undoes the escaping of a part of an address.
func unescape(s string) string {
	if out, err := url.PathUnescape(s); err == nil {
		return out
	}
	return s
}
