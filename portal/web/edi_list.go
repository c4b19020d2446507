package web

import (
	"slices"
	"strconv"
	"strings"

	"entente/edi/gateway"
	"entente/edi/wire"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/fault"
)

// The views of the list of messages.
const (
	ediAll     = ""
	ediIn      = "in"
	ediOut     = "out"
	ediWaiting = "waiting" // held or parked
	ediFailed  = "failed"  // refused
	ediLate    = "late"    // acknowledgement overdue
)

var ediViews = []string{ediAll, ediIn, ediOut, ediFailed, ediWaiting, ediLate}

var ediTypes = []string{"850", "855", "856", "810", "997"}

// ediList is the list of EDI messages.
func ediList(v *visit) error {
	which := oneOf(v.Query("view"), ediViews)
	f := gateway.Filter{Type: oneOf(v.Query("type"), ediTypes), Partner: v.Query("partner"), Query: v.search(), After: v.Query("after"), Limit: pageRows}
	switch which {
	case ediIn, ediOut:
		f.Direction = which
	case ediFailed:
		f.Result = gateway.ResultRejected
	case ediLate:
		f.Late = true
	case ediWaiting:
		f.State = gateway.Held
	}
	partners, err := v.partners()
	if err != nil {
		return err
	}
	if !partners.has(f.Partner) {
		f.Partner = ""
	}
	list, err := v.w.d.Gateway.List(v.ctx, v.actor(), f)
	if err != nil {
		return err
	}
	var orgs []string
	for _, i := range list.Items {
		orgs = append(orgs, i.Partner(v.org()))
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	page := &view.MessagesPage{Base: v.shell(), MonitorURL: v.path("edi", "monitor"), RepliesURL: v.path("edi", "replies"), Pager: view.Pager{Shown: len(list.Items), Total: -1, Next: v.next(list.Next)}}
	if v.may(access.EDISend, access.Own(v.org())) {
		page.SendURL = v.path("edi", "send")
	}
	labels := map[string]string{ediAll: "list.all", ediIn: "edi.in", ediOut: "edi.out", ediFailed: "state.edi.rejected", ediWaiting: "state.edi.held", ediLate: "state.edi.overdue"}
	for _, w := range ediViews {
		page.Tabs = append(page.Tabs, view.Tab{Label: view.T(labels[w]), URL: v.again("view", w), Count: -1, On: w == which})
	}
	var types []view.Option
	for _, t := range ediTypes {
		types = append(types, view.Option{Value: t, Label: view.T("edi.type_of", "code", t, "name", view.T("document."+t))})
	}
	page.Filters = v.filters("edi.search", false, []string{"view"}, choice("type", "edi.type", f.Type, types), choice("partner", "col.partner", f.Partner, partners.options()))
	for _, i := range list.Items {
		page.Rows = append(page.Rows, v.messageRow(i, n))
	}
	return v.render(page, fragments{"list": "edi.list", "rows": "edi.list"})
}

// setViews are the lists of the documents of an interchange, by result.
var setViews = []string{"", gateway.ResultRejected, string(wire.AcceptedWithErrors), gateway.ResultAccepted}

// ediSets is the list of the documents of one interchange, in their order.
func ediSets(v *visit) error {
	f := gateway.SetFilter{Result: oneOf(v.Query("result"), setViews), Query: v.search(), Limit: pageRows, Counted: true}
	if after := v.Query("after"); after != "" {
		n, err := strconv.Atoi(after)
		if err != nil || n < 0 {
			return fault.InvalidField("after", "form.invalid")
		}
		f.After = n
	}
	list, err := v.w.d.Gateway.Sets(v.ctx, v.actor(), v.Params("id"), f)
	if err != nil {
		return err
	}
	i := list.Interchange
	n, err := v.lookup([]string{i.Partner(v.org())}, nil)
	if err != nil {
		return err
	}
	url := v.path("edi", i.ID)
	page := &view.SetsPage{Base: v.shell(), URL: url, Type: messageType(i), Out: i.Out(v.org()), Partner: n.company(i.Partner(v.org())), Control: i.Control, Pager: view.Pager{Shown: len(list.Items), Total: -1}}
	if list.Next > 0 {
		page.Pager.Next = v.next(strconv.Itoa(list.Next))
	}
	for _, r := range setViews {
		tab := view.Tab{Label: view.T("state.edi." + r), URL: v.again("result", r), Count: list.Results[r], On: r == f.Result}
		if r == "" {
			tab.Label = view.T("list.all")
			for _, n := range list.Results {
				tab.Count += n
			}
		}
		if tab.On && f.Query == "" {
			page.Pager.Total = tab.Count
		}
		page.Tabs = append(page.Tabs, tab)
	}
	page.Filters = v.filters("sets.search", false, []string{"result"})
	for _, s := range list.Items {
		page.Rows = append(page.Rows, v.setRow(url, s))
	}
	return v.render(page, fragments{"list": "sets.list", "rows": "sets.list"})
}

func (v *visit) setRow(url string, s gateway.Set) view.SetRow {
	row := view.SetRow{URL: url + "?set=" + strconv.Itoa(s.Position), No: s.Position, Type: s.Kind, Number: s.BusinessKey, Control: s.Control, Segments: s.Segments, Status: view.Status{State: view.State("edi." + s.Result)}}
	if s.Business != "" && v.has("state.edi."+s.Business) {
		row.Made.State = view.State("edi." + s.Business)
	}
	if s.DocumentID != "" {
		row.MadeURL = v.subjectURL(s.DocumentKind, s.DocumentID)
	}
	if len(s.Findings) > 0 {
		row.Finding, row.More = v.findings(s.Findings[:1], s.Kind)[0].Title, len(s.Findings)-1
	}
	return row
}

func (v *visit) messageRow(i gateway.Interchange, n names) view.MessageRow {
	row := view.MessageRow{URL: v.path("edi", i.ID), Out: i.Out(v.org()), Partner: n.company(i.Partner(v.org())), Types: slices.Clone(i.Types), Reference: i.Reference, Control: i.Control,
		Channel: v.channel(i), At: i.Received, Status: interchangeStatus(i), Pips: messagePips(i.Origin, i.State, i.Result, i.Delivery, or(i.Refused(), i.Acknowledged))}
	if i.Wait.Late() {
		row.Pips = latePips(row.Pips)
	}
	if !i.Processed.IsZero() && i.Origin == gateway.OriginSent {
		row.Took = i.Processed.Sub(i.Received)
	}
	return row
}

// byCourier are the states of delivery to a station of the receiver.
var byCourier = []string{gateway.DeliverySending, gateway.DeliveryDelivered, gateway.DeliveryUnproved, gateway.DeliveryFailed}

// channel is the door a message came in by or goes out by.
func (v *visit) channel(i gateway.Interchange) view.Text {
	door := i.Door
	switch {
	case i.Network != "":
		return view.T("channel.network", "name", i.Network)
	case i.Origin == gateway.OriginMade && slices.Contains(byCourier, i.Delivery):
		door = or(i.Way, gateway.RouteAS2)
	case i.Origin == gateway.OriginMade:
		door = or(i.Way, gateway.RouteOutbox)
	case door == "page":
		door = "pages"
	}
	if key := "channel." + door; v.has(key) {
		return view.T(key)
	}
	return view.Raw(strings.ToUpper(door))
}

// interchangeStatus is the one pill of an interchange. Test traffic says so.
func interchangeStatus(i gateway.Interchange) view.Status {
	if i.Wait.Late() {
		return view.Status{State: "edi.overdue"}
	}
	if i.Test && i.State == gateway.Processed && i.Result != gateway.ResultRejected {
		return view.Status{State: "edi.test"}
	}
	return view.Status{State: view.State("edi." + or(partnerWord(i.Refused()), linkWord(i.State, i.Result, i.Delivery, i.Origin)))}
}

// partnerWord is the state of what a partner refused; empty for what it did not.
func partnerWord(refused string) string {
	if refused == "" {
		return ""
	}
	return "partner_" + refused
}

// messagePips is how far an interchange came: kept here, sent, received,
// accepted. What a partner sent us has the first three from the beginning; what
// we made waits in the outbox, is fetched, is acknowledged.
func messagePips(origin string, state gateway.State, result, delivery, acknowledged string) view.Pips {
	p := view.Pips{Steps: [4]view.Pip{view.PipOn}}
	if origin == gateway.OriginMade {
		switch {
		case delivery == gateway.DeliveryFailed:
			p.Steps[1], p.Words = view.PipBad, view.T("pips.failed")
			return p
		case delivery == gateway.DeliveryWaiting || delivery == gateway.DeliverySending:
			p.Steps[1], p.Words = view.PipWait, view.T("pips.saved")
			return p
		case delivery == gateway.DeliveryMailbox:
			p.Steps[1], p.Steps[2], p.Words = view.PipOn, view.PipWait, view.T("pips.mailbox")
			return verdictPip(p, acknowledged)
		case delivery == gateway.DeliveryUnproved:
			p.Steps[1], p.Steps[2], p.Words = view.PipOn, view.PipWait, view.T("pips.unproved")
			return verdictPip(p, acknowledged)
		case delivery == "":
			p.Words = view.T("pips.saved")
			return p
		}
		p.Steps[1], p.Steps[2], p.Words = view.PipOn, view.PipOn, view.T("pips.received")
		return verdictPip(p, acknowledged)
	}
	p.Steps[1], p.Steps[2] = view.PipOn, view.PipOn
	switch state {
	case gateway.Received:
		p.Steps[3], p.Words = view.PipNow, view.T("pips.received")
	case gateway.Held, gateway.Failed:
		p.Steps[3], p.Words = view.PipWait, view.T("pips.waiting")
	case gateway.Processed:
		return verdictPip(p, result)
	default:
		p.Steps[3], p.Words = view.PipBad, view.T("pips.refused")
	}
	return p
}

// latePips says that the last step is overdue.
func latePips(p view.Pips) view.Pips {
	p.Steps[3], p.Words = view.PipWait, view.T("pips.overdue")
	return p
}

func verdictPip(p view.Pips, verdict string) view.Pips {
	switch verdict {
	case "":
		return p
	case gateway.ResultRejected:
		p.Steps[3], p.Words = view.PipBad, view.T("pips.refused")
	case gateway.ResultPartly:
		p.Steps[3], p.Words = view.PipWait, view.T("pips.partly")
	default:
		p.Steps[3], p.Words = view.PipOn, view.T("pips.accepted")
	}
	return p
}
