package web

import (
	"context"

	"entente/edi/courier"
	"entente/portal/view"
	"entente/prm/fault"
)

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
	_, ours := l.ours.inUse(v)
	_, theirs := l.theirs.inUse(v)
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
		args[k] = x
	}
	row.Note = view.Keyed(s.Key, args)
	return row
}
