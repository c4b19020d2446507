package web

import (
	"context"
	"mime/multipart"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/brand"
	"entente/prm/fault"
	"entente/prm/landing"
	"entente/prm/partner"
)

// switcher is a service method that takes an id and answers nothing.
type switcher func(ctx context.Context, actor access.Actor, id string) error

// tokenDays are the lifetimes a token may be given on the page.
var tokenDays = []string{"30", "90", "180", "365"}

// companyForms are the forms of the page; one of them may have been refused.
type companyForms struct {
	profile, identity, token, logo *view.Form
	scopes                         []string
}

// company is the page of the company's settings.
func company(v *visit) error { return v.companyPage(200, companyForms{}) }

func (v *visit) companyPage(status int, f companyForms) error {
	org, err := v.w.d.Accounts.Org(v.ctx, v.actor())
	if err != nil {
		return err
	}
	logos, err := v.w.d.Brands.Of(v.ctx, v.actor(), v.org())
	if err != nil {
		return err
	}
	own := access.Own(v.org())
	profile := view.Form{Values: map[string]string{"name": org.Name, "city": org.City, "street": org.Street, "postcode": org.Postcode, "tax_id": org.TaxID, "country": org.Country, "currency": string(org.Currency), "zone": org.Zone, "language": org.Locale}}
	if f.profile != nil {
		profile = *f.profile
	}
	page := &view.CompanyPage{Base: v.shell(), URL: v.path("company"), Code: org.ID, Profile: profile, Countries: countries(profile.Value("country"), v.p), Currencies: plainOptions(currencyCodes, profile.Value("currency")),
		Zones: plainOptions(zoneNames, profile.Value("zone")), Calendar: v.path("company", "calendar"), Manage: v.may(access.OrgManage, own), CanToken: v.may(access.TokenOwn, own)}
	page.Logo = v.logo(logos, v.org(), org.Name)
	if page.Stored, page.Quota, err = v.w.d.Stored(v.ctx, v.org()); err != nil {
		return err
	}
	if f.logo != nil {
		page.Picture = *f.logo
	}
	if v.lists(access.ApprovalRead) {
		page.Approvals = v.path("company", "approvals")
	}
	if f.identity != nil {
		page.Identity = *f.identity
	}
	for _, k := range account.IdentityKinds {
		page.Kinds = append(page.Kinds, view.Option{Value: string(k), Label: view.T("identitykind." + string(k)), On: page.Identity.Value("kind") == string(k)})
	}
	if page.Identities, err = v.ownIdentities(page.Manage); err != nil {
		return err
	}
	if page.CanToken {
		v.tokenForm(page, f)
		if page.Tokens, err = v.tokens(v.may(access.TokenManage, own)); err != nil {
			return err
		}
	}
	if o := v.flash().Once; o != nil && o.Kind == "token" {
		page.Secret = o.Secret
	}
	return v.renderAs(status, page, nil)
}

func (v *visit) tokenForm(page *view.CompanyPage, f companyForms) {
	if f.token != nil {
		page.Token = *f.token
	}
	for _, s := range access.ScopeNames() {
		label := view.Raw(s)
		if v.has("scope." + s) {
			label = view.T("scope." + s)
		}
		page.Scopes = append(page.Scopes, view.Option{Value: s, Label: label, On: slices.Contains(f.scopes, s)})
	}
	chosen := or(page.Token.Value("days"), "90")
	for _, d := range tokenDays {
		n, _ := strconv.Atoi(d)
		page.Days = append(page.Days, view.Option{Value: d, Label: view.T("token.days", "n", n), On: d == chosen})
	}
}

// ownIdentities are the company's EDI identities with the partners that confirmed
// each.
func (v *visit) ownIdentities(manage bool) ([]view.Identity, error) {
	ids, err := v.w.d.Accounts.Identities(v.ctx, v.actor())
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	c, err := v.partners()
	if err != nil {
		return nil, err
	}
	type confirmation struct {
		partner.Identity
		company string
	}
	confirmed := map[string][]confirmation{} // by identity, one for each partner that did
	var people []string
	for _, p := range c.all {
		all, err := v.w.d.Partners.Identities(v.ctx, v.actor(), p.ID)
		if err != nil {
			return nil, err
		}
		for _, i := range all {
			if i.Org == v.org() && !i.Confirmed.IsZero() {
				confirmed[i.ID] = append(confirmed[i.ID], confirmation{i, c.orgs[p.Other(v.org())].Name})
				people = append(people, i.ConfirmedBy)
			}
		}
	}
	n, err := v.lookup(nil, people)
	var out []view.Identity
	for _, i := range ids {
		row := view.Identity{ID: i.ID, Kind: v.p.T("identitykind." + string(i.Kind)), Value: identityText(i), State: "identity.waiting", CanRemove: manage}
		for _, x := range confirmed[i.ID] {
			row.State = "identity.confirmed"
			row.Confirmed = append(row.Confirmed, view.Confirmation{Company: x.company, By: or(n.person(x.ConfirmedBy), v.p.T("app.name")), At: x.Confirmed})
		}
		out = append(out, row)
	}
	return out, err
}

// tokens are the API tokens: the company's for an admin, else one's own.
func (v *visit) tokens(all bool) ([]view.TokenRow, error) {
	read := v.w.d.Accounts.Tokens
	if all {
		read = v.w.d.Accounts.OrgTokens
	}
	list, err := read(v.ctx, v.actor())
	var out []view.TokenRow
	for _, t := range list {
		out = append(out, v.tokenRow(t))
	}
	return out, err
}

func (v *visit) tokenRow(t account.Token) view.TokenRow {
	row := view.TokenRow{ID: t.ID, Name: t.Name, Prefix: t.Hint, Person: t.PersonName, Scopes: t.Scopes, State: "token.active", Created: t.Created, Used: t.Used, Expires: t.Expires, CanRevoke: true}
	switch {
	case !t.Revoked.IsZero():
		row.State, row.CanRevoke = "token.revoked", false
	case !t.Live(v.now):
		row.State, row.CanRevoke = "token.expired", false
	}
	return row
}

// companySave changes the profile of the company.
func companySave(v *visit) error {
	in := v.input()
	org, err := v.w.d.Accounts.Org(v.ctx, v.actor())
	if err != nil {
		return err
	}
	keep := func(name, old string) string {
		if _, sent := in.values[name]; sent {
			return in.text(name)
		}
		return old
	}
	_, err = v.w.d.Accounts.ChangeOrg(v.ctx, v.actor(), account.OrgCmd{Name: in.text("name"), City: keep("city", org.City), Street: keep("street", org.Street), Postcode: keep("postcode", org.Postcode), TaxID: keep("tax_id", org.TaxID), Country: in.text("country"), Currency: in.text("currency"), Zone: in.text("zone"), Locale: keep("language", org.Locale)})
	if err == nil {
		return v.done(v.path("company"), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	form := in.form(errs, note)
	return v.companyPage(422, companyForms{profile: &form})
}

// logo is how a page shows one of those that the reader may see; nil where there is none.
func (v *visit) logo(all map[string]brand.Logo, org, name string) *view.Logo {
	l, ok := all[org]
	if !ok {
		return nil
	}
	return &view.Logo{URL: v.path("logos", org) + "?v=" + l.Hash[:12], Alt: name, Width: l.Width, Height: l.Height}
}

// logoSave takes the picture of a form as the company's logo.
func logoSave(v *visit) error {
	head, err := v.FormFile("file")
	if err != nil {
		err = fault.InvalidField("file", "form.missing")
	} else if err = v.takeLogo(head); err == nil {
		return v.done(v.path("company")+"#logo", "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	form := v.input().form(errs, note)
	return v.companyPage(422, companyForms{logo: &form})
}

func (v *visit) takeLogo(head *multipart.FileHeader) error {
	f, err := head.Open()
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	defer f.Close()
	_, err = v.w.d.Brands.Set(v.ctx, v.actor(), f)
	return err
}

// logoDrop takes it away.
func logoDrop(v *visit) error {
	if err := v.w.d.Brands.Drop(v.ctx, v.actor()); err != nil {
		return err
	}
	return v.done(v.path("company")+"#logo", "said.saved")
}

// logoShow is the logo of the company, or of one it works with.
func logoShow(v *visit) error {
	_, b, err := v.w.d.Brands.Open(v.ctx, v.actor(), v.Params("org"))
	if err != nil {
		return err
	}
	v.Set(fiber.HeaderCacheControl, "private, max-age=86400")
	return v.picture(b)
}

// picture answers with a PNG that is nothing but that.
func (v *visit) picture(b []byte) error {
	v.Set(fiber.HeaderContentType, "image/png")
	v.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	v.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'")
	return v.Send(b)
}

// landLogos are those of the two companies of a page, at addresses below its own.
func (v *visit) landLogos(p landing.Public) ([]view.Logo, error) {
	all, err := v.w.d.Brands.Of(v.ctx, access.System("landing", p.Page.Org), p.Page.Org, p.Page.Owner)
	if err != nil {
		return nil, err
	}
	var out []view.Logo
	for _, x := range []struct{ whose, org string }{{"own", p.Page.Org}, {"owner", p.Page.Owner}} {
		if l, ok := all[x.org]; ok {
			out = append(out, view.Logo{URL: p.Page.At(v.Params("company"), "", "") + "/logo/" + x.whose + "?v=" + l.Hash[:12], Width: l.Width, Height: l.Height})
		}
	}
	return out, nil
}

// landLogo is one of them, as long as the page is there and runs.
func landLogo(v *visit) error {
	p, err := v.landing()
	org := map[string]string{"own": p.Page.Org, "owner": p.Page.Owner}[v.Params("whose")]
	if err == nil && (org == "" || p.Phase != landing.Live) {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	if err != nil {
		return err
	}
	_, b, err := v.w.d.Brands.Open(v.ctx, access.System("landing", p.Page.Org), org)
	if err != nil {
		return err
	}
	v.Set(fiber.HeaderCacheControl, "private, max-age=3600")
	return v.picture(b)
}

// identityAdd gives the company an EDI identity.
func identityAdd(v *visit) error {
	in := v.input()
	_, err := v.w.d.Accounts.AddIdentity(v.ctx, v.actor(), account.IdentityCmd{Kind: account.IdentityKind(in.text("kind")), Qualifier: in.text("qualifier"), Value: in.text("value")})
	if err == nil {
		return v.done(v.path("company"), "said.identity_added")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	form := in.form(errs, note)
	return v.companyPage(422, companyForms{identity: &form})
}

// identityRemove takes an EDI identity away.
func identityRemove(v *visit) error {
	if err := v.w.d.Accounts.RemoveIdentity(v.ctx, v.actor(), v.Params("id")); err != nil {
		return err
	}
	return v.done(v.path("company"), "said.identity_removed")
}

// tokenMake makes an API token of one's own; its secret is shown once.
func tokenMake(v *visit) error {
	in, scopes := v.input(), v.all("scope")
	days, _ := strconv.Atoi(in.text("days"))
	secret, t, err := v.w.d.Accounts.CreateToken(v.ctx, v.actor(), account.TokenCmd{Name: in.text("name"), Scopes: scopes, Days: days})
	if err != nil {
		errs, note, ok := v.formErrors(err)
		if !ok {
			return err
		}
		form := in.form(errs, note)
		return v.companyPage(422, companyForms{token: &form, scopes: scopes})
	}
	v.setFlash(flash{Once: &once{Kind: "token", Secret: secret, Name: t.Name, Expires: t.Expires}})
	return v.seeOther(v.path("company"))
}

// tokenRevoke ends an API token; back says which page asked.
func tokenRevoke(back string) func(*visit) error {
	return func(v *visit) error {
		if err := v.w.d.Accounts.RevokeToken(v.ctx, v.actor(), v.Params("id")); err != nil {
			return err
		}
		return v.done(v.path(back), "said.token_revoked")
	}
}
