package web

import (
	"entente/edi/gateway"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/partner"
	"entente/prm/precheck"
	"entente/prm/trade"
)

// replyList is what suppliers' systems sent and what is not booked.
func replyList(v *visit) error {
	list, err := v.w.d.Trade.Replies(v.ctx, v.actor(), v.Query("after"), pageRows)
	if err != nil {
		return err
	}
	var orgs []string
	for _, r := range list.Items {
		orgs = append(orgs, r.Supplier, r.Reseller)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	page := &view.RepliesPage{Base: v.shell(), Pager: view.Pager{Shown: len(list.Items), Total: -1, Next: v.next(list.Next)}}
	for _, r := range list.Items {
		page.Rows = append(page.Rows, v.replyBox(r, n))
	}
	return v.render(page, fragments{"list": "replies.list", "rows": "replies.list"})
}

// replyCodes are the X12 names of what a supplier sends, as the chain shows them.
var replyCodes = map[string]string{trade.DocumentResponse: "855", trade.DocumentShipment: "856", trade.DocumentInvoice: "810", trade.DocumentCredit: "810", trade.DocumentChange: "860", trade.DocumentChangeAck: "865", trade.DocumentAdvice: "861", trade.DocumentReturn: "180", trade.DocumentReturnAnswer: "180"}

func (v *visit) replyBox(r trade.Reply, n names) view.ReplyBox {
	both := access.Shared(r.Supplier, r.Reseller)
	b := view.ReplyBox{
		URL: v.path("edi", "replies", string(r.ID)), Code: replyCodes[r.Kind], Number: r.Number, Partner: n.company(r.PartnerOf(v.org())), Status: view.Status{State: "edi.held"}, Order: r.OrderNumber,
		Owner: n.org(sender(r)), At: r.At, CanDecide: r.Open() && v.may(access.OrderResolve, both),
	}
	if r.Order != "" {
		b.OrderURL = v.orderURL(r.Order)
	}
	if r.Interchange != "" && v.may(access.EDIRead, both) {
		b.MessageURL = v.path("edi", r.Interchange)
	}
	b.Reason, b.Next = v.doubt(r)
	b.Findings = v.differs(r.Findings)
	b.CanRelease = b.CanDecide && r.Reason == trade.DoubtChecks
	if r.Outcome == trade.Waits {
		b.Status.State, b.Due = "edi.waiting_order", r.Due
		b.Next = view.T("reply.next.waiting")
	}
	return b
}

// sender is the company whose system sent it: it mends what is wrong.
func sender(r trade.Reply) string {
	if r.Kind == trade.DocumentChange || r.Kind == trade.DocumentAdvice || r.Kind == trade.DocumentReturn {
		return r.Reseller
	}
	return r.Supplier
}

// doubt says why a reply is not booked, and what to do about it.
func (v *visit) doubt(r trade.Reply) (why, next view.Text) {
	args := pairs(r.Args)
	if r.Reason == trade.DoubtOther {
		why = view.T(r.Args["Key"], args...)
	} else {
		why = view.T("trade.doubt."+r.Reason, args...)
	}
	if key := "reply.next." + r.Reason; v.has(key) {
		return why, view.T(key)
	}
	return why, view.T("reply.next.mend")
}

// differs are the words of what a document differs in.
func (v *visit) differs(all []precheck.Finding) []view.Text {
	out := make([]view.Text, len(all))
	for i, f := range all {
		out[i] = view.T("check.found."+string(f.Rule), pairs(f.Args)...)
	}
	return out
}

// warnings are the documents of an order that left although something in them differs.
func (v *visit) warnings(d trade.Detail) ([]view.SentWarning, error) {
	if len(d.Warnings) == 0 {
		return nil, nil
	}
	var people []string
	for _, w := range d.Warnings {
		people = append(people, w.Person)
	}
	n, err := v.lookup(nil, people)
	out := make([]view.SentWarning, len(d.Warnings))
	for i, w := range d.Warnings {
		out[i] = view.SentWarning{Code: replyCodes[w.Kind], Number: w.Number, At: w.At, Findings: v.differs(w.Findings), Reason: w.Reason, By: n.person(w.Person)}
	}
	return out, err
}

// openReplies are the boxes of an order's page.
func (v *visit) openReplies(d trade.Detail, n names) []view.ReplyBox {
	var out []view.ReplyBox
	for _, r := range d.Replies {
		if r.Open() {
			b := v.replyBox(r, n)
			b.OrderURL = ""
			out = append(out, b)
		}
	}
	return out
}

// messageReply says what became of an answer, ship notice or invoice that the supplier
// sent: the order it is booked in, or what is in the way.
func (v *visit) messageReply(page *view.MessagePage, m gateway.Message, s gateway.Set) error {
	if m.Origin != gateway.OriginSent || s.DocumentID == "" || !v.lists(access.OrderRead) {
		return nil
	}
	var r trade.Reply
	var err error
	switch s.DocumentKind {
	case trade.DocumentReply:
		r, err = v.w.d.Trade.GetReply(v.ctx, v.actor(), trade.ReplyID(s.DocumentID))
	case trade.DocumentResponse, trade.DocumentShipment, trade.DocumentInvoice, trade.DocumentChange:
		r, err = v.w.d.Trade.ReplyOf(v.ctx, v.actor(), s.DocumentID)
	default:
		return nil
	}
	if fault.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if r.Order != "" {
		page.SubjectURL, page.SubjectName = v.orderURL(r.Order), r.OrderNumber
	}
	if r.Inferred {
		page.Plain = append(page.Plain, view.KV{Label: view.T("reply.lines"), Value: view.T("reply.inferred")})
	}
	if !r.Open() {
		return nil
	}
	n, err := v.lookup([]string{r.Supplier, r.Reseller}, nil)
	if err != nil {
		return err
	}
	b := v.replyBox(r, n)
	b.MessageURL = ""
	page.Replies = append(page.Replies, b)
	return nil
}

func replyRetry(v *visit) error {
	r, err := v.w.d.Trade.RetryReply(v.ctx, v.actor(), trade.ReplyID(v.Params("id")))
	if err != nil {
		return err
	}
	if r.Open() {
		return v.done(v.replyHome(r), "said.reply_still")
	}
	return v.done(v.replyHome(r), "said.reply_booked")
}

func replyDiscard(v *visit) error {
	r, err := v.w.d.Trade.DiscardReply(v.ctx, v.actor(), trade.ReplyID(v.Params("id")), v.input().text("reason"))
	if err != nil {
		return err
	}
	return v.done(v.replyHome(r), "said.reply_discarded")
}

func replyRelease(v *visit) error {
	r, err := v.w.d.Trade.ReleaseReply(v.ctx, v.actor(), trade.ReplyID(v.Params("id")), v.input().text("reason"))
	if err != nil {
		return err
	}
	if r.Open() {
		return v.done(v.replyHome(r), "said.reply_still")
	}
	return v.done(v.replyHome(r), "said.reply_released")
}

// partnerChecks is how what the viewer's company sends to the partner is checked before
// it leaves.
func (v *visit) partnerChecks(page *view.PartnerPage, p partner.Partnership) error {
	if p.Supplier != v.org() || p.State == partner.Ended || !v.may(access.OrderRead, p.Resource()) {
		return nil
	}
	policy, err := v.w.d.Prechecks.Get(v.ctx, v.actor(), p.ID)
	if err != nil {
		return err
	}
	page.Checks = &view.CheckSetting{Editable: v.may(access.OrderChecks, p.Resource())}
	for _, r := range precheck.Rules {
		row := view.SendCheckRow{Name: "check." + string(r), Label: view.T("check.rule." + string(r))}
		for _, s := range precheck.Severities {
			row.Choices = append(row.Choices, view.Option{Value: string(s), Label: view.T("check.severity." + string(s)), On: policy.Of(r) == s})
		}
		page.Checks.Rows = append(page.Checks.Rows, row)
	}
	return nil
}

func partnerChecksSave(v *visit) error {
	in, id := v.input(), v.Params("id")
	chosen := map[precheck.Rule]precheck.Severity{}
	for _, r := range precheck.Rules {
		if s := in.text("check." + string(r)); s != "" {
			chosen[r] = precheck.Severity(s)
		}
	}
	if _, err := v.w.d.Prechecks.Set(v.ctx, v.actor(), id, chosen); err != nil {
		return err
	}
	return v.done(v.path("partners", id), "said.saved")
}

// replyHome is where a reply is seen: at its order, else in the list.
func (v *visit) replyHome(r trade.Reply) string {
	if r.Order != "" {
		return v.orderURL(r.Order)
	}
	return v.path("edi", "replies")
}

// replyRoutes are the list of what is not booked and what is decided there.
func replyRoutes() []Route {
	return []Route{
		get("/c/:slug/edi/replies", "replies", InCompany, access.OrderRead, replyList),
		post("/c/:slug/edi/replies/:id/retry", "retry reply", InCompany, access.OrderResolve, replyRetry),
		post("/c/:slug/edi/replies/:id/discard", "discard reply", InCompany, access.OrderResolve, replyDiscard),
		post("/c/:slug/edi/replies/:id/release", "release reply", InCompany, access.OrderResolve, replyRelease),
		post("/c/:slug/partners/:id/checks", "checks before sending", InCompany, access.OrderChecks, partnerChecksSave),
	}
}
