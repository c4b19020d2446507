package web

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/edi/as2"
	"entente/edi/courier"
	"entente/edi/gateway"
	"entente/portal/batch"
	"entente/portal/locale"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/adjust"
	"entente/prm/approval"
	"entente/prm/campaign"
	"entente/prm/catalog"
	"entente/prm/customer"
	"entente/prm/engage"
	"entente/prm/fund"
	"entente/prm/identity"
	"entente/prm/landing"
	"entente/prm/lead"
	"entente/prm/mapping"
	"entente/prm/notify"
	"entente/prm/partner"
	"entente/prm/promo"
	"entente/prm/protect"
	quotes "entente/prm/quote"
	"entente/prm/returns"
	"entente/prm/sellthrough"
	"entente/prm/trade"
	"entente/prm/trigger"
	"entente/static"
)

// madeUp are the keys that handlers put together from values of the services.
func madeUp(t *testing.T) []string {
	var keys []string
	add := func(prefix string, words ...string) {
		for _, w := range words {
			keys = append(keys, prefix+w)
		}
	}
	add("topic.", notify.Topics...)
	add("why.", notify.Reasons...)
	for _, r := range access.Roles {
		add("why.", notify.ForRole(r))
	}
	for _, m := range []trade.Mark{trade.UnknownItem, trade.Discontinued, trade.UnitUnknown, trade.PriceMissing, trade.PriceDiffers, trade.NoListPrice, trade.CurrencyDiffers, trade.QuantityUnread, trade.AmountRange, trade.AllowanceUnknown, trade.BelowMinimum, trade.NotMultiple, trade.Superseded, trade.PromotionRefused, trade.PromotionPart, trade.FreeGoods, trade.ReleaseUnknown, trade.ReleaseItem, trade.ReleaseOver, trade.ReleaseOutside, trade.ReleaseClosed, trade.ReleasePrice, trade.QuoteUnknown, trade.QuoteItem, trade.QuoteOver, trade.QuoteOutside, trade.QuotePrice} {
		add("mark.", string(m))
		add("mark.short.", string(m))
	}
	add("reason.", trade.Reasons...)
	for _, a := range formActions {
		add("action.line.", string(a))
	}
	for _, s := range append(orderStates, trade.Held, trade.Differs) {
		add("state.order.", string(s))
	}
	for _, w := range trade.Views {
		if w != trade.ViewAll {
			add("orders.", string(w))
		}
	}
	for _, s := range []trade.LineState{trade.LineOpen, trade.LineConfirmed, trade.LineChanged, trade.LineBackordered, trade.LineRejected, trade.LineCancelled, trade.LineShipped, trade.LineReceived, trade.LineInvoiced} {
		add("state.line.", string(s))
	}
	for kind := range needLooks {
		add("need.", kind)
	}
	add("leadreason.", lead.Reasons...)
	add("landing.colour.", landing.Colours...)
	add("funnel.", landing.Stages...)
	for _, a := range trigger.Abouts {
		add("trigger.about.", string(a))
		add("trigger.sentence.", string(a))
		add("trigger.message.", string(a))
		for _, f := range trigger.FactsOf(a) {
			add("trigger.fact.", f.Name)
			switch f.Kind {
			case "yes_no":
				add("trigger.is.", f.Name)
				add("trigger.is_not.", f.Name)
			case "function":
				add("trigger.call.", f.Name)
				add("trigger.call_not.", f.Name)
			}
		}
	}
	for _, x := range trigger.Templates {
		add("trigger.template.", x.Key)
	}
	for _, x := range trigger.States {
		add("state.suggestion.", string(x))
	}
	add("trigger.action.", trigger.Actions...)
	add("trigger.reason.", trigger.Reasons...)
	add("trigger.value.", "yes", "no", "never", "endless")
	add("trigger.op.", "and", "or", "eq", "ne", "lt", "le", "gt", "ge", "add", "sub", "mul", "div", "in", "not", "minus")
	add("campaign.left.", campaign.Reasons...)
	add("campaign.lead.", append(campaign.LeadStates, "all")...)
	add("campaign.end.", campaign.Ends...)
	for _, s := range campaign.States {
		add("state.campaign.", string(s))
	}
	add("funnel.rows.", landing.Stages...)
	add("language.", landing.Languages...)
	add("leadsource.", lead.Sources...)
	add("leadact.", lead.Activities...)
	add("leadfactor.", lead.FactorTerritory, lead.FactorFamilies, lead.FactorSpeed, lead.FactorRoom)
	add("leadout.", lead.FactorTerritory, lead.FactorFamilies, lead.FactorRoom, "had")
	add("files.leads.", batch.Leads{}.Fields()...)
	add("leads.view.", offerViews...)
	for _, cols := range [][]boardColumn{offerColumns, ownColumns} {
		for _, c := range cols {
			add("leads.col.", c.id)
		}
	}
	add("leads.own.", ownViews...)
	for _, s := range []lead.State{lead.New, lead.Routed, lead.Unplaced, lead.Accepted, lead.Working, lead.Converted, lead.Lost} {
		add("state.lead.", string(s))
	}
	for _, s := range []lead.OfferState{lead.OfferSent, lead.OfferOpened, lead.OfferAccepted, lead.OfferWorking, lead.OfferStale, lead.OfferConverted, lead.OfferLost, lead.OfferDeclined, lead.OfferExpired, lead.OfferWithdrawn, lead.OfferReturned, lead.OfferReclaimed} {
		add("state.offer.", string(s))
	}
	for _, s := range promo.States {
		add("state.promotion.", string(s))
	}
	for _, s := range []promo.SeatState{promo.Asked, promo.Approved, promo.Declined, promo.Dropped} {
		add("state.seat.", string(s))
	}
	for _, st := range []fund.RequestState{fund.ReqDraft, fund.ReqSubmitted, fund.ReqReview, fund.ReqReturned, fund.ReqDeclined, fund.ReqApproved, fund.ReqCommitted, fund.ReqRunning, fund.ReqExecuted, fund.ReqClosed, fund.ReqLapsed, fund.ReqCancelled} {
		add("state.fundreq.", string(st))
		if st != fund.ReqDraft {
			add("fundlog.", string(st))
		}
	}
	add("fundrequestneed.", string(fund.ReqDraft), string(fund.ReqReturned), string(fund.ReqApproved), string(fund.ReqSubmitted), string(fund.ReqReview))
	for _, st := range []fund.ClaimState{fund.ClaimDraft, fund.ClaimSubmitted, fund.ClaimCheck, fund.ClaimReturned, fund.ClaimDenied, fund.ClaimApproved, fund.ClaimSettled, fund.ClaimReconciled, fund.ClaimWithdrawn} {
		add("state.fundclaim.", string(st))
	}
	add("fundclaimneed.", string(fund.ClaimDraft), string(fund.ClaimReturned), "decide", "settle", "pending")
	add("fundlog.", "first", "file", "claim_submitted", "claim_withdrawn", "claim_check", "claim_returned", "claim_denied", "claim_decided", "claim_unsettled", "claim_reconciled", "claim_corrected", "proof_accepted", "proof_refused")
	for _, way := range []string{fund.ByCreditNote, fund.ByInvoice, fund.ByPayment, fund.ByOffset} {
		add("fundway.", way)
		add("fundlog.", "claim_"+way)
	}
	add("fundverdict.", fund.Verdicts...)
	add("state.fundline.", append([]string{fund.LineOpen, fund.LineCounter}, fund.Verdicts...)...)
	add("state.fundsettle.", "booked", "reconciled", "reversed")
	add("fundreason.", append(fund.DocumentReasons, fund.LineReasons...)...)
	add("fundmissing.", fund.LackInvoices, fund.LackReports, fund.LackStep, fund.LackLook)
	add("claimrefusal.", adjust.Reasons()...)
	for _, st := range protect.States() {
		add("state.protect.", string(st))
	}
	add("protectwhy.", protect.Whys()...)
	for _, e := range protect.Events() {
		add("notice.protect.", strings.ToLower(strings.TrimPrefix(e, "protect.")))
	}
	add("fundproof.", fund.ProofStock)
	add("pricestep.", trade.StepKinds...)
	add("pricerule.", trade.Rules...)
	add("state.claimnotice.", adjust.Booked, adjust.Refused, adjust.Cancelled, adjust.Replaced)
	add("claimpurpose.", "00", "01", "05", "other")
	add("fundact.", fund.Activities...)
	add("fundnature.", fund.Natures...)
	add("fundkind.", fund.KindMDF, fund.KindEarned, fund.KindPromo, fund.KindProtect)
	add("fundsource.", fund.SourceForm, fund.SourceAPI, fund.SourceEDI, fund.SourceProposed)
	add("fundshow.", fundShows...)
	add("fundplace.", "overview", "requests", "claims", "protection", "edi")
	add("fundstep.", fund.StepAt, fund.StepAbove, fund.StepBack, fund.StepReached, fund.StepFell, fund.StepClosed, fund.StepUnits, fund.StepUnitsFell)
	add("fundreach.", fund.Reaches...)
	add("fundrule.", fund.Reaches...)
	add("fundliability.", "xlsx", "csv")
	add("state.fund.", fund.Open, fund.Closed)
	add("fundsum.", "granted", "available", "reserved", "to_pay", "settled", "lapsed", "owed", "earned", "pending", "to_draw", "asked", "approved", "liability", "surplus")
	add("fundentry.", fund.EntryFund, fund.EntryGrant, fund.EntryEarn, fund.EntryTrueUp, fund.EntryTakeBack, fund.EntryReserve, fund.EntryRelease, fund.EntryConsume, fund.EntrySettle, fund.EntryLapse, fund.EntryReverse, fund.EntryCorrect)
	for kind := range promoIcons {
		add("promolog.", kind)
	}
	for _, c := range promoColumns {
		add("promos.col.", c.id)
	}
	add("promos.", promoViews...)
	add("promowhy.", promo.Whys()...)
	add("promocut.", promo.WhyLimit, promo.WhyUsed, promo.WhyFreePart, promo.WhyShipDay, promo.WhyBillDay)
	add("fundtwo.", fund.FourEyesKinds...)
	add("mark.goes.", trade.GoesPlace, trade.GoesTold, trade.GoesHome)
	add("promohow.", trade.DealInPrice, trade.DealOffInvoice, trade.DealBillBack)
	add("state.promoline.", promo.LineCounts, promo.LinePart, promo.LineOut)
	add("promo.show.", "all", "in", "out")
	add("promosay.", promo.Settlements...)
	add("promosay.by.", promo.Dates...)
	add("promoword.", slices.Concat(promo.Kinds, promo.Settlements, promo.Dates, []string{promo.Participant, promo.Sponsor, "yes", "no"})...)
	for _, c := range promo.Diff(promo.Terms{}, promo.Terms{Title: "a", Summary: "a", Kind: "a", Percent: 1, Buy: 1, Free: 1, FreeSKU: "a", Tiers: []promo.Tier{{}}, Families: []string{"a"}, SKUs: []string{"a"}, Settle: "a", By: "a", From: "a", Until: "a", ShipBy: "a", BackDays: 1, Zone: "a", Prices: "a", Countries: []string{"a"}, Audience: "a", Quoted: true, Named: true, ClaimBy: "a", Proof: []string{"a"}, Share: 1, Parts: []promo.Part{{Org: "x", Role: "a", Currency: "a", Rate: 1, Share: 1, Allow: 1, Target: 1, Limit: 1}}}) {
		add("promofield.", c.Field)
	}
	add("promofield.", "role", "currency", "rate")
	add("notrouted.", "no_rule", "nobody", "consent", "not_free")
	add("leadneed.", lead.ViewOffered, lead.ViewStale)
	add("consentbasis.", customer.Bases...)
	for _, k := range identity.Kinds {
		add("identitykey.", string(k))
	}
	add("field.", "name", "country", "city", "street", "postcode", "tax_id", "gln", "duns", "web", "external", "note")
	add("field.", "activity", "alternative", "amount", "asked", "claim_by", "claim_days", "close_days", "cost", "due", "four_eyes", "lines", "missing", "nature", "part", "reach", "reason", "request", "tax_rate", "verdict") // of programmes, requests and claims
	add("state.invoice.", invoiceStates...)
	add("catalogue.tab.", "products", "prices", "stock", "backorders")
	add("prices.basis.", catalog.Bases...)
	add("stock.show.", catalog.Showings...)
	add("stock.kind.", "17", "33", "63", "27", "20", "other")
	add("sell.doubt.", sellthrough.DoubtItem, sellthrough.DoubtUnit, sellthrough.DoubtKind, sellthrough.DoubtDate, sellthrough.DoubtSize, sellthrough.DoubtFuture)
	add("sell.kind.", sellthrough.KindSale, sellthrough.KindReturn, sellthrough.KindMove, sellthrough.KindNone, sellthrough.KindOther)
	add("sell.from.", sellthrough.FromEDI, sellthrough.FromFile, sellthrough.FromAPI)
	add("sell.plan.", append([]string{"none"}, sellthrough.Grains...)...)
	add("sell.grain.", append([]string{"none"}, sellthrough.Grains...)...)
	add("state.sell.", sellthrough.Current, sellthrough.Replaced, sellthrough.Withdrawn)
	add("state.period.", sellthrough.Running, sellthrough.Awaited, sellthrough.Missing, sellthrough.Partial, sellthrough.Complete)
	add("price.step.", catalog.StepList, catalog.StepPartner)
	add("level.", append([]string{"each"}, catalog.Levels...)...)
	add("state.stock.", catalog.InStock, catalog.LowStock, catalog.NoStock)
	add("state.product.", catalog.Active, catalog.Discontinued, "replaced")
	add("hold.", trade.HeldDuplicate, trade.HeldReplace, trade.HeldCancel, gateway.HeldControlReused, "failed")
	add("hold.", trade.HeldDuplicate+"_text", trade.HeldReplace+"_text", trade.HeldCancel+"_text", gateway.HeldControlReused+"_text", "failed_text")
	add("hold.field.", "quantity", "unit", "price", "item", "requested", "currency", "ship_to", "line", "date", "other")
	add("return.reason.", returns.Reasons...)
	add("holdreason.", trade.HoldReasons...)
	add("stop.title_", append([]string{trade.HeldApproval}, trade.HoldReasons...)...)
	for _, k := range []string{approval.KindOrder, approval.KindChange, approval.KindIncoming, approval.KindAnswer, approval.KindInvoice, approval.KindQuote, approval.KindPromo} {
		add("approval.what.", k)
		add("approval.next.", k)
		add("notice.approval.asked_", k)
	}
	add("approval.what.", approval.KindOrder+"_new", approval.KindQuote+"_new")
	for _, s := range quotes.States {
		add("state.quote.", string(s))
	}
	for _, d := range quotes.Deeds {
		add("quotereason.", quotes.ReasonsFor(d)...)
	}
	add("quotekind.", quotes.KindRequest, quotes.KindOffer)
	add("quotestep.", quotes.StepList, quotes.StepPartner, quotes.StepAsked, quotes.StepSpecial, quotes.StepList+"_plain", quotes.StepPartner+"_plain")
	add("quotediff.", "added", "removed", "quantity", "price", "asked", "title", "customer", "valid_until", "from", "until", "note")
	add("quote_form.hint.", string(quotes.Ask), string(quotes.Offer))
	for _, s := range engage.SeatStates {
		add("state.engage.", string(s))
	}
	add("state.engage.", string(engage.Closed))
	for _, d := range engage.Deeds {
		add("engagereason.", engage.ReasonsFor(d)...)
	}
	add("engagereason.", engage.ReasonPartnership)
	add("engagerole.", engage.Roles...)
	add("engagestage.", engage.Stages...)
	add("engageband.", engage.Bands...)
	add("engageoutcome.", engage.Outcomes...)
	add("engagefield.", engage.Fields...)
	add("engagements.", engage.Views...)
	add("engagefrom.", engage.FromDeal, engage.FromLead, engage.FromOffer)
	add("engageneed.", "invited", "split", "handover", "task")
	add("state.split.", engage.SplitOpen, engage.SplitGiven, engage.SplitRefused, engage.SplitInForce, engage.SplitReplaced, engage.SplitWithdrawn)
	add("engageanswer.", engage.SplitOpen, engage.SplitGiven, engage.SplitRefused)
	add("state.handover.", engage.HandOffered, engage.HandTaken, engage.HandRefused, engage.HandWithdrawn)
	for _, t := range engage.BuiltIn {
		add("engagetemplate.", t.Name)
	}
	add("quotepdf.", "en", "zh-CN", "a4", "letter")
	for _, side := range []string{"supplier", "reseller"} {
		add("quotes."+side+".", quotes.ViewMine, quotes.ViewTheirs, quotes.ViewAccepted, quotes.ViewClosed)
	}
	for _, x := range mapping.States {
		add("state.mapping.", string(x))
	}
	for _, e := range mapping.Events() {
		add("notice.mapping.", strings.ToLower(strings.TrimPrefix(e, "mapping.")))
	}
	add("mapping.did.", mapping.Doings...)
	add("mapping.field.", mapping.AllFields...)
	add("mapping.way.", mapping.Here, mapping.File)
	add("mapping.reason.", mapping.Reasons...)
	add("mapping.file.", mapping.Wrongs...)
	for _, w := range []string{"step.", "step_note.", "ask.", "mine.", "theirs."} {
		add("mapping."+w, "1", "2", "3")
	}
	add("mapping.part.", "1", "2", "3", "4", "5")
	for _, e := range quotes.Events() {
		word := strings.ToLower(strings.TrimPrefix(e, "quote."))
		add("notice.quote.", word)
		if e != quotes.EventEnding {
			add("event.quote.", word)
			add("hooks.name.quote.", word)
		}
	}
	add("approval.next.", approval.Granted, approval.Refused, approval.Withdrawn, approval.Replaced)
	add("state.approval.", approval.Waiting, approval.Granted, approval.Refused, approval.Withdrawn, approval.Replaced)
	add("approval.view.", "mine", "asked", "open", "closed", "all")
	for _, a := range approval.Abouts {
		for _, x := range a.Tests {
			add("approval.rule.", a.About+"_"+x)
			add("approval.says.", a.About+"_"+x)
		}
	}
	for _, x := range []returns.State{returns.Asked, returns.Granted, returns.Refused, returns.Arrived, returns.Credited} {
		add("state.return.", string(x))
	}
	add("history.order.return_", "asked", "granted", "refused", "arrived")
	add("change.what.", string(trade.ChangeAdd), string(trade.ChangeCancel), string(trade.ChangeValues))
	add("change.limit.quantity.", trade.LimitShipped, trade.LimitInvoiced, trade.LimitCancelled)
	add("change.limit.none.", trade.LimitShipped, trade.LimitInvoiced, trade.LimitCancelled)
	add("change.limit.", trade.FieldPrice+"."+trade.LimitInvoiced, trade.FieldDate+"."+trade.LimitShipped)
	add("change.reason.", trade.LimitShipped, trade.LimitInvoiced, trade.LimitCancelled)
	add("state.change.", "open", trade.VerdictGranted, trade.VerdictPartly, trade.VerdictRefused)
	for _, a := range []view.HeldAnswer{view.AnswerNew, view.AnswerReplace, view.AnswerRefuse, view.AnswerProcess, view.AnswerDiscard} {
		add("hold.answer_", string(a))
	}
	add("state.edi.", string(gateway.Received), string(gateway.Processed), string(gateway.Held), string(gateway.Failed), gateway.ResultAccepted, gateway.ResultPartly, gateway.ResultRejected, gateway.DeliveryWaiting, gateway.DeliveryFetched,
		gateway.BusinessBooked, gateway.BusinessDuplicate, gateway.BusinessHeld, gateway.BusinessTest, gateway.BusinessNotBooked, gateway.BusinessRefused, gateway.BusinessMatched, gateway.BusinessUnmatched, gateway.BusinessMade, gateway.AdvisedChanged, gateway.AdvisedErrors, partnerWord(gateway.ResultPartly), partnerWord(gateway.ResultRejected))
	for _, s := range []partner.State{partner.Invited, partner.Active, partner.Suspended, partner.Ended} {
		add("state.partner.", string(s))
	}
	for _, s := range []courier.State{courier.Received, courier.Refused, courier.Queued, courier.AwaitingReceipt, courier.Delivered, courier.Unproved, courier.Failed} {
		add("state.as2.", string(s))
	}
	for _, r := range []as2.Reason{as2.BadHeader, as2.UnknownPair, as2.BadAsk, as2.Oversize, as2.Empty, as2.BadMIME, as2.BadCMS, as2.NotSupported, as2.Nested, as2.OtherRecipient, as2.NotDecrypted, as2.NotDecompressed,
		as2.OtherSigner, as2.BadSignature, as2.Changed, as2.NotSigned, as2.NotEncrypted, as2.WeakDigest, as2.WeakCipher, "message_id_reused"} {
		add("courier.reason.", string(r))
	}
	for _, v := range []as2.Verdict{as2.MICDiffers, as2.MICMissing, as2.NotSignedMDN, as2.Refused, as2.UnsignedRefusal, as2.BadMDNSignature, as2.OtherMDNSigner, as2.WeakMDNDigest, as2.WeakRefusal, as2.WrongOriginal, as2.WrongParty, as2.EmptyMDN, as2.NoMDN} {
		add("courier.mdn_", string(v))
	}
	add("courier.reason.edi.", "idempotency_conflict", "network_sender", "not_read", "receiver_unknown", "segment_too_large", "sender_not_yours", "too_many")
	add("state.", "connection.none", "connection.partly", "connection.ready", "connection.paused", "certificate.used", "certificate.trusted", "certificate.next", "certificate.waiting", "certificate.ending", "certificate.ended", "certificate.early", "certificate.retired", "remote.new", "remote.working", "remote.failing")
	add("certificate.by.", courier.HowPerson, courier.HowMessage, courier.HowReceipt)
	add("purpose.", string(courier.ForBoth), string(courier.ForSigning), string(courier.ForCipher), string(courier.ForServer), "both_https", "sign_https", "encrypt_https")
	for _, w := range termWords {
		add("terms.", w.name)
		if len(courier.Choices(w.name)) < 2 {
			t.Errorf("%s is no term", w.name)
		}
		for _, c := range courier.Choices(w.name) {
			if algorithms[c] == "" {
				add("terms."+w.name+".", c)
			}
		}
	}
	for _, w := range termTicks {
		add("terms.", w.name, w.name+"_hint")
	}
	for _, w := range []string{"sign", "encrypt"} {
		add("terms.weak.", w)
	}
	add("connection.tab.", "setup", "bench", "sheet")
	add("carried.security.", "signed", "encrypted", "compressed")
	add("bench.step.", scenarioWords...)
	add("bench.seen_", "live", "test")
	add("partner.move.", "accept", "suspend", "resume", "end")
	for _, k := range account.IdentityKinds {
		add("identitykind.", string(k))
	}
	for _, r := range access.Roles {
		add("role.", string(r))
	}
	for _, c := range countryCodes {
		add("country.", c)
	}
	for _, s := range mailStates {
		add("state.", string(s))
	}
	kind := regexp.MustCompile(`history: +"([a-z_.]+)"|kind :?= "(order\.[a-z_]+)"`)
	files, err := fs.Glob(os.DirFS("../../prm/trade"), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range files {
		src, err := os.ReadFile("../../prm/trade/" + f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range kind.FindAllStringSubmatch(string(src), -1) {
			switch k := m[1] + m[2]; k {
			case "order.":
				add("history.order.", string(trade.Duplicate), string(trade.HeldBack))
			case "order.answer_":
				add("history.order.answer_", trade.ResponseAccepted, trade.ResponseChanged, trade.ResponseRejected)
			case "order.change_":
				add("history.order.change_", trade.ResponseAccepted, trade.ResponsePartly, trade.ResponseRejected)
			default:
				add("history.", k)
			}
			n++
		}
	}
	if n < 8 {
		t.Errorf("only %d kinds of history found", n)
	}
	return keys
}

// TestEveryMadeUpKeyHasWords in both languages.
func TestEveryMadeUpKeyHasWords(t *testing.T) {
	t.Parallel()
	for _, key := range madeUp(t) {
		for _, lang := range locale.Languages() {
			if !locale.Has(lang, key) {
				t.Errorf("%s has no words for %s", lang, key)
			}
		}
	}
}

// TestEveryNoticeHasATopic: else nobody could choose how it comes.
func TestEveryNoticeHasATopic(t *testing.T) {
	t.Parallel()
	kind := regexp.MustCompile(`"notice\.([a-z0-9_]+\.[a-z0-9_.]+)"`)
	files, err := fs.Glob(os.DirFS("../locale"), "*.en.json")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range files {
		src, err := os.ReadFile("../locale/" + f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range kind.FindAllStringSubmatch(string(src), -1) {
			if n++; notify.Topic(m[1]) == "" {
				t.Errorf("%s: %s is of no topic", f, m[1])
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d kinds found", n)
	}
}

// TestEveryKeyInTheCodeHasWords: keys written out in handlers.
func TestEveryKeyInTheCodeHasWords(t *testing.T) {
	t.Parallel()
	used := regexp.MustCompile(`(?:view\.T|p\.T|done)\([^"\n]*"([a-z_]+(?:\.[a-zA-Z0-9_]+)+)"`)
	files, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range used.FindAllStringSubmatch(string(src), -1) {
			n++
			for _, lang := range locale.Languages() {
				if !locale.Has(lang, m[1]) {
					t.Errorf("%s: %s has no words for %s", f, lang, m[1])
				}
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d keys found", n)
	}
}

// TestIconsAreInTheSprite: a name that is not there would fail the page.
func TestIconsAreInTheSprite(t *testing.T) {
	t.Parallel()
	icons := []string{"hash", "user", "bell", "file-code", "receipt", "book", "building-community", "package", "download", "checks", "lock"}
	for _, look := range historyIcons {
		icons = append(icons, look.icon)
	}
	for _, look := range needLooks {
		icons = append(icons, look.icon)
	}
	for _, i := range roomIcons {
		icons = append(icons, i)
	}
	for _, i := range icons {
		if !static.HasIcon(i) {
			t.Errorf("the sprite has no %s", i)
		}
	}
}

// TestClaimStatus: a claim with lines that wait is not called approved.
func TestClaimStatus(t *testing.T) {
	for want, c := range map[view.State]fund.Claim{
		"fundclaim.approved": {State: fund.ClaimApproved}, "fundclaim.pending": {State: fund.ClaimApproved, Pending: 1}, "fundclaim.denied": {State: fund.ClaimDenied, Pending: 1},
	} {
		if got := claimStatus(c).State; got != want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// TestNearestFirst: a task that is late stands before what has days left, whatever kind it is.
func TestNearestFirst(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 11, d, 9, 0, 0, 0, time.UTC) }
	list := []view.Need{{Icon: "waits"}, {Icon: "week", Due: day(20)}, {Icon: "wrong", Tone: view.Red, Since: day(12)}, {Icon: "waits too", Since: day(1)}, {Icon: "late", Due: day(10)}, {Icon: "soon", Due: day(14)}}
	nearestFirst(list)
	var got []string
	for _, x := range list {
		got = append(got, x.Icon)
	}
	if want := []string{"late", "wrong", "soon", "week", "waits", "waits too"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestRefusalsAreWritten: amounts and days that a service names in what it refuses are
// written as on the rest of the page.
func TestRefusalsAreWritten(t *testing.T) {
	v := &visit{p: locale.New(locale.Chinese, time.UTC, time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC))}
	given := map[string]any{"Most": "50000.00 GBP", "From": "2026-09-12", "Line": 2, "Number": "KS 14", "Percent": "50"}
	got := v.written(given)
	for name, want := range map[string]any{"Most": "£50,000.00", "From": "9月12日", "Line": 2, "Number": "KS 14", "Percent": "50"} {
		if got[name] != want {
			t.Errorf("%s: %v, not %v", name, got[name], want)
		}
	}
	if given["Most"] != "50000.00 GBP" {
		t.Error("the refusal itself was changed")
	}
}
