package view

import "entente/portal/locale"

// Tone is the meaning of a colour: one colour per meaning, in pills, timelines and event lines.
type Tone string

// The tones: nothing happens; moving by itself; a person must act; wrong or too late; finished well; not real traffic.
const (
	Grey   Tone = ""
	Blue   Tone = "blue"
	Amber  Tone = "amber"
	Red    Tone = "red"
	Green  Tone = "green"
	Violet Tone = "violet"
)

// icon is the symbol that goes with a tone; colour never stands alone.
func (t Tone) icon() string {
	switch t {
	case Blue:
		return "circle-arrow-right"
	case Amber:
		return "clock"
	case Red:
		return "alert-circle"
	case Green:
		return "circle-check"
	case Violet:
		return "flask-2"
	}
	return "circle-dashed"
}

// State names a state of one kind of object: "order.confirmed". Its word is the key "state." + State.
type State string

// states is the one table of tones. A state that is not in it shows grey with its key visible, and fails the tests when a sample uses it.
var states = map[State]Tone{
	"order.received": Amber, "order.confirmed": Blue, "order.partly_confirmed": Blue, "order.rejected": Red, "order.shipped": Blue, "order.partly_shipped": Blue,
	"order.invoiced": Blue, "order.closed": Green, "order.cancelled": Grey, "order.held": Amber, "order.differs": Red, "order.refused": Red, "order.draft": Grey,
	"line.open": Amber, "line.confirmed": Green, "line.changed": Amber, "line.backordered": Amber, "line.rejected": Red, "line.cancelled": Grey,
	"line.shipped": Blue, "line.received": Green, "line.invoiced": Green, "line.unknown_item": Red, "line.price_differs": Red,
	"invoice.draft": Grey, "invoice.sent": Blue, "invoice.received": Blue, "invoice.differs": Red, "invoice.matched": Green, "invoice.refused": Red, "invoice.paid": Green,
	"settle.open": Blue, "settle.approved": Blue, "settle.disputed": Amber, "settle.part_paid": Amber, "settle.paid": Green, "settle.cleared": Green, "settle.credit_open": Blue,
	"approval.waiting": Amber, "approval.granted": Green, "approval.refused": Red, "approval.withdrawn": Grey, "approval.replaced": Grey,
	"dispute.open": Amber, "dispute.offered": Amber, "dispute.agreed": Blue, "dispute.closed": Green,
	"payment.booked": Green, "payment.duplicate": Grey, "payment.held": Amber, "payment.discarded": Grey,
	"issue.open": Amber, "issue.matched": Blue, "issue.settled": Green,
	"edi.received": Blue, "edi.queued": Blue, "edi.processed": Green, "edi.held": Amber, "edi.failed": Red, "edi.waiting": Amber, "edi.fetched": Blue, "edi.delivered": Green, "edi.mailbox": Blue, "edi.sending": Blue, "edi.unproved": Amber, "edi.overdue": Red, "edi.confirmed": Green,
	"edi.accepted": Green, "edi.accepted_with_errors": Amber, "edi.partly": Amber, "edi.rejected": Red, "edi.duplicate": Grey, "edi.test": Violet, "edi.none": Grey,
	"edi.booked": Green, "edi.waiting_order": Amber, "edi.not_booked": Grey, "edi.refused": Red, "edi.matched": Green, "edi.unmatched": Amber, "edi.changed": Amber, "edi.partner_partly": Amber, "edi.partner_rejected": Red, "edi.made": Blue, "edi.released": Blue, "edi.discarded": Grey,
	"document.none": Grey, "document.saved": Grey, "document.sent": Blue, "document.received": Blue, "document.accepted": Green, "document.rejected": Red, "document.waiting": Amber, "document.differs": Red, "document.short": Amber, "document.partly": Amber,
	"leadbulk.ready": Green, "leadbulk.offered": Green, "leadbulk.already": Grey, "leadbulk.not_free": Grey, "leadbulk.before": Amber, "leadbulk.consent": Amber, "leadbulk.no_rule": Amber, "leadbulk.nobody": Amber, "leadbulk.changed": Amber, "leadbulk.names": Red, "leadbulk.unfounded": Red,
	"bulk.clean": Green, "bulk.confirmed": Green, "bulk.already": Grey, "bulk.doubtful": Amber, "bulk.held": Amber, "bulk.waits": Amber, "bulk.failed": Red,
	"topic.open": Blue, "topic.answered": Green, "topic.closed": Grey, "topic.review": Blue, "topic.planned": Amber, "topic.trial": Amber, "topic.released": Green, "topic.declined": Grey,
	"document.scheduled": Blue, "document.current": Green, "document.expired": Grey, "document.withdrawn": Grey,
	"file.reading": Blue, "file.ready": Amber, "file.applying": Blue, "file.done": Green, "file.failed": Red,
	"outcome.made": Green, "outcome.changed": Green, "outcome.same": Grey, "outcome.held": Amber, "outcome.kept": Amber, "outcome.refused": Red,
	"return.asked": Amber, "return.granted": Blue, "return.refused": Red, "return.arrived": Amber, "return.credited": Green,
	"change.open": Amber, "change.granted": Green, "change.partly": Amber, "change.refused": Red, "change.withdrawn": Grey,
	"finding.error": Red, "finding.warning": Amber, "finding.note": Blue,
	"partner.invited": Amber, "partner.active": Green, "partner.suspended": Red, "partner.ended": Grey,
	"connection.none": Grey, "connection.partly": Amber, "connection.ready": Green, "connection.paused": Red,
	"agreement.proposed": Amber, "agreement.confirmed": Green, "agreement.coming": Blue, "agreement.declined": Red, "agreement.withdrawn": Grey, "agreement.superseded": Grey,
	"promotion.draft": Grey, "promotion.proposed": Amber, "promotion.agreed": Blue, "promotion.running": Blue, "promotion.ended": Amber, "promotion.settled": Green, "promotion.cancelled": Grey,
	"suggestion.open": Amber, "suggestion.snoozed": Grey, "suggestion.accepted": Green, "suggestion.dismissed": Grey,
	"campaign.draft": Grey, "campaign.scheduled": Amber, "campaign.sending": Blue, "campaign.sent": Green, "campaign.stopped": Red,
	"seat.asked": Amber, "seat.approved": Green, "seat.declined": Red, "seat.dropped": Grey,
	"promoline.counts": Green, "promoline.part": Amber, "promoline.out": Grey,
	"fundoff.waiting": Amber, "fundoff.approved": Green, "fundoff.refused": Grey,
	"fund.open": Green, "fund.closed": Grey,
	"fundreq.draft": Grey, "fundreq.submitted": Amber, "fundreq.in_review": Amber, "fundreq.returned": Amber, "fundreq.declined": Red, "fundreq.approved": Green, "fundreq.committed": Blue, "fundreq.running": Blue, "fundreq.executed": Blue, "fundreq.closed": Green, "fundreq.lapsed": Red, "fundreq.cancelled": Grey,
	"protect.coming": Blue, "protect.proposed": Amber, "protect.proving": Amber, "protect.claimed": Green, "protect.nothing": Grey, "protect.lapsed": Red, "protect.closed": Grey,
	"claimnotice.booked": Green, "claimnotice.refused": Red, "claimnotice.cancelled": Grey, "claimnotice.replaced": Grey,
	"fundclaim.draft": Grey, "fundclaim.submitted": Amber, "fundclaim.proof_check": Amber, "fundclaim.returned": Amber, "fundclaim.denied": Red, "fundclaim.approved": Blue, "fundclaim.pending": Amber, "fundclaim.settled": Green, "fundclaim.reconciled": Green, "fundclaim.withdrawn": Grey,
	"fundline.open": Grey, "fundline.accepted": Green, "fundline.changed": Amber, "fundline.rejected": Red, "fundline.pending": Amber, "fundline.counter": Grey,
	"fundsettle.booked": Blue, "fundsettle.reconciled": Green, "fundsettle.reversed": Grey,
	"lead.new": Amber, "lead.routed": Blue, "lead.unplaced": Red, "lead.accepted": Blue, "lead.working": Blue, "lead.converted": Green, "lead.lost": Grey,
	"offer.offered": Amber, "offer.opened": Amber, "offer.accepted": Blue, "offer.working": Blue, "offer.stale": Red, "offer.paused": Grey, "offer.converted": Green, "offer.lost": Grey, "offer.declined": Grey, "offer.expired": Red, "offer.withdrawn": Grey, "offer.returned": Grey, "offer.reclaimed": Red,
	"deal.draft": Grey, "deal.submitted": Blue, "deal.in_review": Blue, "deal.returned": Amber, "deal.recalled": Grey, "deal.withdrawn": Grey, "deal.registered": Blue, "deal.protected": Green, "deal.partly_won": Blue, "deal.waiting": Amber,
	"deal.rejected": Red, "deal.duplicate": Red, "deal.expired": Red, "deal.released": Grey, "deal.won": Green, "deal.lost": Grey, "deal.cancelled": Red, "deal.asked": Amber, "deal.disputed": Amber,
	"engage.invited": Amber, "engage.active": Green, "engage.declined": Red, "engage.withdrawn": Grey, "engage.expired": Grey, "engage.left": Grey, "engage.closed": Grey,
	"split.open": Amber, "split.given": Blue, "split.refused": Red, "split.in_force": Green, "split.replaced": Grey, "split.withdrawn": Grey,
	"handover.offered": Amber, "handover.taken": Green, "handover.refused": Red, "handover.withdrawn": Grey,
	"quote.requested": Amber, "quote.offered": Blue, "quote.accepted": Green, "quote.declined": Red, "quote.expired": Red, "quote.withdrawn": Grey,
	"mapping.proposed": Amber, "mapping.working": Blue, "mapping.sized": Amber, "mapping.matched": Amber, "mapping.done": Green, "mapping.small": Grey, "mapping.ended": Grey, "mapping.declined": Red, "mapping.cancelled": Grey, "mapping.expired": Red, "mapping.failed": Red,
	"certificate.used": Green, "certificate.trusted": Green, "certificate.next": Blue, "certificate.waiting": Amber, "certificate.ending": Amber, "certificate.ended": Red, "certificate.retired": Grey, "certificate.early": Amber,
	"share.live": Green, "share.ended": Grey, "share.revoked": Grey,
	"hook.working": Green, "hook.failing": Amber, "hook.paused": Red, "hook.off": Grey, "hook.queued": Amber, "hook.delivered": Green, "hook.parked": Red, "hook.failed": Red,
	"remote.new": Grey, "remote.working": Green, "remote.failing": Red,
	"as2.received": Green, "as2.refused": Red, "as2.queued": Blue, "as2.awaiting_receipt": Amber, "as2.delivered": Green, "as2.unproved": Amber, "as2.failed": Red,
	"person.active": Green, "person.invited": Amber, "person.deactivated": Grey, "person.ended": Grey,
	"identity.confirmed": Green, "identity.waiting": Amber,
	"token.active": Green, "token.expired": Grey, "token.revoked": Grey,
	"mail.queued": Blue, "mail.sent": Green, "mail.failed": Red, "mail.kept": Grey,
	"mailin.received": Blue, "mailin.posted": Green, "mailin.dropped": Grey, "mailin.refused": Red,
	"job.available": Blue, "job.running": Blue, "job.scheduled": Grey, "job.retryable": Amber, "job.discarded": Red, "job.completed": Green, "job.cancelled": Grey, "job.pending": Grey,
	"delivery.due": Blue, "delivery.parked": Red, "delivery.done": Green,
	"stage.test": Violet, "stage.live": Green,
	"check.ok": Green, "check.failed": Red,
	"product.active": Green, "product.discontinued": Grey, "product.replaced": Amber, "stock.in": Green, "stock.low": Amber, "stock.out": Red,
	"sell.current": Green, "sell.replaced": Grey, "sell.withdrawn": Red,
	"period.running": Grey, "period.awaited": Blue, "period.missing": Red, "period.partial": Amber, "period.complete": Green, "period.unplanned": Grey,
	"price.draft": Grey, "price.coming": Blue, "price.current": Green, "price.past": Grey, "price.withdrawn": Grey,
}

// Tone is the colour of the state.
func (s State) Tone() Tone { return states[s] }

func (s State) word(p *locale.Printer) string {
	if s == "" {
		return ""
	}
	return p.T("state." + string(s))
}
