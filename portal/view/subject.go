package view

import (
	"slices"
	"strings"

	"entente/prm/access"
	"entente/prm/notify"
)

// SubjectPath is the page of an object below /c/{slug}/, empty where it has none: where
// a room, an event or a notice about it leads.
func SubjectPath(kind, id string) string {
	if id == "" {
		return ""
	}
	switch kind {
	case "roomhold":
		return "rooms/holds"
	case "forumreport":
		return "forum/reports"
	case "roominvite":
		return "rooms/invitations/" + id
	case "order":
		return "orders/" + id
	case "invoice":
		return "invoices/" + id
	case "interchange", "message":
		return "edi/" + id
	case "approval":
		return "approvals/" + id
	case "dispute":
		return "disputes/" + id
	case "payment":
		return "payments/" + id
	case "lead":
		return "leads/" + id
	case "offer":
		return "leads/offers/" + id
	case "promotion":
		return "promotions/seats/" + id
	case "fund":
		return "funds/" + id
	case "fund_request":
		return "funds/requests/" + id
	case "fund_claim":
		return "funds/claims/" + id
	case "price_protection":
		return "funds/protection/" + id
	case "claim_notice":
		return "funds/claims/edi/" + id
	case "mapping":
		return "mappings/" + id
	case "suggestion":
		return "suggestions/" + id
	case "quote":
		return "quotes/" + id
	case "engagement":
		return "engagements/" + id
	case "deal":
		return "deals/" + id
	case "partnership":
		return "partners/" + id
	case "agreement":
		return "edi/connections/" + id + "/agreement"
	case "connection":
		return "edi/connections/" + id + "/connect"
	case "price_list":
		return "catalogue/prices/" + id
	case "stock_report":
		return "catalogue/stock/reports/" + id
	case "sell_report":
		return "sell-through/" + id
	case "sell_coverage":
		return "sell-through/coverage#p-" + id
	case "document":
		return "library/" + id
	case "topic":
		return "forum/topics/" + id
	case "room":
		return "rooms/" + id
	case "chat": // "room.number": the page of a room adds the number
		in, _, _ := strings.Cut(id, ".")
		return "rooms/" + in
	}
	return ""
}

// NoticeReason says why somebody is told; zero where that is not known.
func NoticeReason(reason string) Text {
	role, held := strings.CutPrefix(reason, "role.")
	if held && slices.Contains(access.Roles, access.Role(role)) || slices.Contains(notify.Reasons, reason) {
		return T("why." + reason)
	}
	return Text{}
}
