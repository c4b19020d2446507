package web

import (
	"context"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/engage"
	"entente/prm/partner"
)

func (v *visit) engageURL(id engage.ID) string { return v.path("engagements", string(id)) }

// engageList lists the engagements of the company.
func engageList(v *visit) error {
	c, err := v.partners()
	if err != nil {
		return err
	}
	page := &view.EngagementsPage{Base: v.shell()}
	if v.may(access.EngageLead, access.Own(v.org())) && len(v.engagePartners(c)) > 0 {
		page.NewURL = v.path("engagements", "new")
	}
	counts, err := v.w.d.Engagements.Counts(v.ctx, v.actor())
	if err != nil {
		return err
	}
	f := engage.Filter{View: oneOf(v.Query("view"), engage.Views), Query: v.search(), After: v.Query("after"), Partner: v.Query("partner"), Limit: pageRows}
	if f.View == "" {
		if f.View = engage.ViewOpen; counts[engage.ViewInvited] > 0 && v.Query("q") == "" {
			f.View = engage.ViewInvited
		}
	}
	if !c.has(f.Partner) {
		f.Partner = ""
	}
	for _, w := range engage.Views {
		page.Tabs = append(page.Tabs, view.Tab{Label: view.T("engagements." + w), URL: v.again("view", w), Count: counts[w], On: w == f.View})
	}
	page.Filters = v.filters("engagements.search", false, []string{"view"}, choice("partner", "col.partner", f.Partner, c.options()))
	got, err := v.w.d.Engagements.List(v.ctx, v.actor(), f)
	if err != nil {
		return err
	}
	if page.Rows, err = v.engageRows(got.Items); err != nil {
		return err
	}
	page.Pager = view.Pager{Shown: len(got.Items), Total: -1, Next: v.next(got.Next)}
	return v.render(page, fragments{"list": "engagements.list", "rows": "engagements.list"})
}

// engagePartners are the companies with which the company may begin an engagement.
func (v *visit) engagePartners(c circle) []string {
	var out []string
	for _, p := range c.all {
		if p.State == partner.Active {
			out = append(out, p.Other(v.org()))
		}
	}
	return distinct(out)
}

// engageRows are engagements as rows: by the teaser before the company accepted.
func (v *visit) engageRows(list []engage.Item) ([]view.EngagementRow, error) {
	var orgs []string
	for _, x := range list {
		orgs = append(orgs, x.Owner)
	}
	n, err := v.lookup(orgs, nil)
	var out []view.EngagementRow
	for _, x := range list {
		row := view.EngagementRow{URL: v.engageURL(x.ID), Number: x.Number, Title: x.Teaser, Owner: n.company(x.Owner), Role: view.T("engagerole." + x.Role), Status: engageStatus(x.State, x.Seat), Waits: x.Waits, Changed: x.Changed}
		if x.Full != nil {
			row.Title, row.Customer = x.Full.Title, x.Full.Customer
		}
		out = append(out, row)
	}
	return out, err
}

// engageStatus is how a company stands in an engagement.
func engageStatus(e engage.State, s engage.SeatState) view.Status {
	if s == engage.Active && e == engage.Closed {
		return view.Status{State: "engage.closed"}
	}
	return view.Status{State: view.State("engage." + string(s))}
}

// engagementsWaiting is the number beside the entry of the menu.
func (v *visit) engagementsWaiting() int {
	n, err := v.w.d.Engagements.Counts(v.ctx, v.actor())
	if err != nil {
		return 0
	}
	return n[engage.ViewInvited]
}

// homeEngagements adds what waits: invitations, splits, hand-overs and tasks.
func (v *visit) homeEngagements(page *view.HomePage) error {
	if !v.lists(access.EngageRead) {
		return nil
	}
	list, err := v.w.d.Engagements.Waiting(v.ctx, v.actor(), homeNeeds)
	if err != nil {
		return err
	}
	var orgs []string
	for _, x := range list {
		orgs = append(orgs, x.Owner)
	}
	n, err := v.lookup(orgs, nil)
	if err != nil {
		return err
	}
	for _, x := range list {
		title := x.Teaser
		if x.Full != nil {
			title = x.Full.Title
		}
		need := view.Need{Tone: view.Amber, Icon: v.icon("users"), URL: v.engageURL(x.ID), Since: x.Changed, Sub: view.Raw(title), Action: view.T("action.open"), Title: view.T("engageneed."+x.Why, "company", n.org(x.Owner), "number", x.Number, "text", x.Text)}
		page.Needs = append(page.Needs, need)
	}
	return nil
}

// findEngagements are the engagements a search finds.
func (v *visit) findEngagements(q string) ([]view.Hit, error) {
	if !v.lists(access.EngageRead) {
		return nil, nil
	}
	list, err := v.w.d.Engagements.List(v.ctx, v.actor(), engage.Filter{Query: q, Limit: hitsOfAKind})
	var out []view.Hit
	for _, x := range list.Items {
		state := engageStatus(x.State, x.Seat)
		title := x.Teaser
		if x.Full != nil {
			title = x.Full.Title
		}
		out = append(out, view.Hit{Icon: "users", Title: view.Raw(title), Sub: view.Raw(x.Number), URL: v.engageURL(x.ID), Status: &state})
	}
	return out, err
}

func seesEngagement(ctx context.Context, w *Web, actor access.Actor, id string) error {
	_, _, err := w.d.Engagements.Label(ctx, actor, engage.ID(id))
	return err
}

func engageRoutes() []Route {
	const at = "/c/:slug/engagements/:id"
	return []Route{
		get("/engagements/:id", "engagement without company", SignedIn, access.EngageRead, bare("engagements", seesEngagement)),
		get("/c/:slug/engagements", "engagements", InCompany, access.EngageRead, engageList),
		get("/c/:slug/engagements/new", "engagement form", InCompany, access.EngageLead, engageNew),
		post("/c/:slug/engagements/new", "begin an engagement", InCompany, access.EngageLead, engageBegin),
		get(at, "engagement", InCompany, access.EngageRead, engageShow),
		get(at+"/edit", "engagement terms form", InCompany, access.EngageLead, engageEdit),
		post(at+"/edit", "change engagement terms", InCompany, access.EngageLead, engageSave),
		get(at+"/as/:org", "engagement as a partner sees it", InCompany, access.EngageRead, engageAs),
		get(at+"/share", "preview of a snapshot", InCompany, access.EngageWrite, engageShare),
		post(at+"/share", "share a snapshot", InCompany, access.EngageWrite, engagePublish),
		post(at+"/template", "keep a field template", InCompany, access.EngageWrite, engageTemplate),
		get(at+"/snapshots/:from/:to", "revisions of snapshots", InCompany, access.EngageRead, engageRevisions),
		post(at+"/section", "keep own section", InCompany, access.EngageWrite, engageDo("section", "said.saved", engageSection)),
		post(at+"/invite", "invite to engagement", InCompany, access.EngageLead, engageDo("invite", "said.engage_invited", engageInvite)),
		post(at+"/accept", "accept engagement", InCompany, access.EngageAnswer, engageDo("accept", "said.engage_joined", engageAccept)),
		post(at+"/decline", "decline engagement", InCompany, access.EngageAnswer, engageDo("end", "said.engage_declined", engageDecline)),
		post(at+"/leave", "leave engagement", InCompany, access.EngageAnswer, engageDo("end", "said.engage_left", engageLeave)),
		post(at+"/withdraw", "withdraw invitation", InCompany, access.EngageLead, engageDo("seat", "said.engage_withdrawn", engageWithdraw)),
		post(at+"/remove", "remove company from engagement", InCompany, access.EngageLead, engageDo("seat", "said.engage_removed", engageRemove)),
		post(at+"/close", "close engagement", InCompany, access.EngageLead, engageDo("close", "said.engage_closed", engageClose)),
		post(at+"/split", "propose split", InCompany, access.EngageAgree, engageDo("split", "said.engage_proposed", engagePropose)),
		post(at+"/split/agree", "agree to split", InCompany, access.EngageAgree, engageDo("agree", "said.engage_agreed", engageAgree)),
		post(at+"/split/refuse", "refuse split", InCompany, access.EngageAgree, engageDo("agree", "said.engage_refused", engageRefuse)),
		post(at+"/split/withdraw", "withdraw split", InCompany, access.EngageAgree, engageDo("split", "said.engage_unproposed", engageUnpropose)),
		post(at+"/tasks", "add engagement task", InCompany, access.EngageWrite, engageDo("task", "said.engage_task", engageAddTask)),
		post(at+"/tasks/:task", "set engagement task", InCompany, access.EngageWrite, engageDo("task", "said.saved", engageSetTask)),
		post(at+"/handovers", "hand over", InCompany, access.EngageWrite, engageDo("hand", "said.engage_handed", engageHand)),
		post(at+"/handovers/:hand", "answer hand-over", InCompany, access.EngageWrite, engageDo("answer", "said.saved", engageAnswerHand)),
	}
}

// engagedIn are the engagements that the company began from a deal, a lead or an offer.
func (v *visit) engagedIn(kind, id string) ([]view.EngagementRow, error) {
	if !v.lists(access.EngageRead) {
		return nil, nil
	}
	got, err := v.w.d.Engagements.List(v.ctx, v.actor(), engage.Filter{Kind: kind, Ref: id, Limit: 20})
	if err != nil {
		return nil, err
	}
	return v.engageRows(got.Items)
}
