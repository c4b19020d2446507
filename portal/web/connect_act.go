package web

import (
	"bytes"
	"context"
	"strconv"
	"strings"

	"entente/edi/courier"
	"entente/edi/gateway"
	"entente/edi/guide"
	"entente/edi/schema"
	"entente/portal/view"
	"entente/prm/account"
	"entente/prm/fault"
)

// wizardURL is the wizard at a step.
func (v *visit) wizardURL(step string) string {
	return v.path("edi", "connections", v.Params("id")) + "/connect?step=" + step
}

// connectIdentity gives the company an identity.
func connectIdentity(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	in := v.input()
	_, err := v.w.d.Accounts.AddIdentity(v.ctx, v.actor(), account.IdentityCmd{Kind: account.IdentityKind(in.text("kind")), Qualifier: in.text("qualifier"), Value: in.text("value")})
	if err == nil {
		return v.done(v.wizardURL("ids"), "said.saved")
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	form := in.form(errs, note)
	return v.wizardPage(422, linkForms{step: "ids", identity: &form})
}

// connectConfirm says that the identities shown are known to be the other company's.
func connectConfirm(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	for _, id := range v.all("identity") {
		if err := v.w.d.Partners.ConfirmIdentity(v.ctx, v.actor(), v.Params("id"), id); err != nil {
			return err
		}
	}
	return v.done(v.path("edi", "connections", v.Params("id"))+"/connect", "said.identity_confirmed")
}

// wizardTokenDays is the life of a token made in the wizard.
const wizardTokenDays = 180

// connectToken makes a token that may send and fetch; it is shown once.
func connectToken(v *visit) error {
	l, err := v.link(v.Params("id"))
	if err != nil {
		return err
	}
	secret, _, err := v.w.d.Accounts.CreateToken(v.ctx, v.actor(), account.TokenCmd{Name: "EDI, " + clip(l.n.org(l.other), 40), Scopes: []string{"edi:read", "edi:write"}, Days: wizardTokenDays})
	if err != nil {
		return err
	}
	v.setFlash(flash{Once: &once{Kind: "token", Secret: secret}})
	return v.seeOther(v.wizardURL("way") + "&way=http")
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// connectTest has production held until both companies say that it goes live.
func connectTest(v *visit) error {
	if err := v.w.d.Gateway.StartTest(v.ctx, v.actor(), v.Params("id")); err != nil {
		return err
	}
	return v.done(v.wizardURL("test"), "said.test_started")
}

// connectLive says that a direction goes live, or takes it back.
func connectLive(v *visit) error {
	in := v.input()
	yes := in.text("yes") == "1"
	if err := v.w.d.Gateway.SayLive(v.ctx, v.actor(), v.Params("id"), in.text("sender"), yes); err != nil {
		return err
	}
	key := "said.live_said"
	if !yes {
		key = "said.live_taken_back"
	}
	return v.done(v.wizardURL("live"), key)
}

// connectRelease releases what the gate held.
func connectRelease(v *visit) error {
	n, err := v.w.d.Gateway.ReleaseNotLive(v.ctx, v.actor(), v.Params("id"))
	if err != nil {
		return err
	}
	return v.done(v.wizardURL("live"), "said.released_n", "n", strconv.Itoa(n))
}

// benchAnswer sends the next document of the chain, made from the test order.
func benchAnswer(v *visit) error {
	if err := v.w.d.Gateway.Rehearse(v.ctx, v.actor(), v.Params("id")); err != nil {
		return err
	}
	if v.FormValue("back") == "connect" {
		return v.done(v.wizardURL("test"), "said.test_sent")
	}
	return v.done(v.path("edi", "connections", v.Params("id"), "bench"), "said.test_sent")
}

// benchSend sends pasted test traffic for real, as the company's own program would. What
// is not marked as test is refused here: nothing is ordered by trying.
func benchSend(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	in := v.input()
	raw := []byte(strings.TrimLeft(in.values["edi"], " \r\n\t"))
	err := v.onlyTest(raw)
	if err == nil {
		var a gateway.Answer
		if a, err = v.w.d.Gateway.Receive(v.ctx, v.actor(), gateway.Submission{Reader: bytes.NewReader(raw), Door: "page"}); err == nil {
			if v.FormValue("back") == "connect" {
				return v.done(v.wizardURL("test"), "said.test_sent")
			}
			return v.done(v.path("edi", a.ID), "said.test_sent")
		}
	}
	errs, note, ok := v.formErrors(err)
	if !ok {
		return err
	}
	return v.benchPage(422, in.form(errs, note), nil)
}

func (v *visit) onlyTest(raw []byte) error {
	if !gateway.LooksLikeEDI(raw) {
		return fault.InvalidField("edi", "bench.nothing")
	}
	report, err := schema.Check(bytes.NewReader(raw), guide.WithAssociations(schema.Options{}))
	if err != nil && (report == nil || len(report.Interchanges) == 0) {
		return fault.InvalidField("edi", "edi.not_edi")
	}
	for _, i := range report.Interchanges {
		if i.UNB != nil && !i.UNB.Test || i.UNB == nil && i.Header.Usage == "P" {
			return fault.InvalidField("edi", "bench.only_test")
		}
	}
	return nil
}

// wizardBack says that a form of the connection was sent from the wizard, and at which
// way.
func (v *visit) wizardBack() (way string, ok bool) {
	if v.FormValue("back") != "connect" {
		return "", false
	}
	return oneOf(v.FormValue("back_way"), wayKeys), true
}

// connectEcho sends a test message to the partner's AS2 station and shows what came back.
func connectEcho(v *visit) error {
	select {
	case checks <- struct{}{}:
		defer func() { <-checks }()
	default:
		return fault.New(fault.Unavailable, "error.unavailable")
	}
	ctx, cancel := context.WithTimeout(v.ctx, checkTime)
	defer cancel()
	if _, err := v.w.d.Courier.Echo(ctx, v.actor(), v.Params("id")); err != nil {
		return err
	}
	return v.seeOther(v.wizardURL("way") + "&way=as2#echo")
}

// connectAgain is the address of a form asked for as a page, after a change of theme or
// language.
func connectAgain(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	return v.seeOther(v.wizardURL("way") + "&way=as2")
}

// echoCard is the last test message; nil where none can be sent.
func (v *visit) echoCard(l link, manage bool) (*view.EchoCard, error) {
	_, ours := l.ours.inUse(v, l.dated(l.own))
	_, theirs := l.theirs.inUse(v, l.dated(l.own))
	if !manage || l.theirs.st.URL == "" || !l.ours.here() || !ours || !theirs {
		return nil, nil
	}
	last, err := v.w.d.Courier.LastEcho(v.ctx, v.actor(), l.p.ID)
	if err != nil {
		return nil, err
	}
	n, err := v.lookup(nil, []string{last.By})
	if err != nil {
		return nil, err
	}
	card := &view.EchoCard{Company: l.n.company(l.other), At: last.At, By: n.person(last.By), Good: last.Good}
	for _, s := range last.Steps {
		card.Rows = append(card.Rows, echoRow(s))
	}
	if last.Advice != "" {
		card.Advice = view.T(last.Advice)
	}
	return card, nil
}

func echoRow(s courier.EchoStep) view.CheckRow {
	row := view.CheckRow{Name: s.Name, State: "check.ok", Took: s.Took}
	if s.Bad {
		row.State = "check.failed"
	}
	args := map[string]any{}
	for k, x := range s.Args {
		if args[k] = x; k == "fingerprint" {
			args[k] = pairsOf(x)
		}
	}
	row.Note = view.Keyed(s.Key, args)
	return row
}
