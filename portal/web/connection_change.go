package web

import (
	"context"
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/edi/courier"
	"entente/edi/gateway"
	"entente/portal/locale"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

// refusedForm shows the page again with what is wrong with one form.
func (v *visit) refusedForm(err error, in *input, put func(*linkForms, *view.Form)) error {
	errs, note, status, ok := v.refusal(err)
	if !ok {
		return err
	}
	form := in.form(errs, note)
	var f linkForms
	put(&f, &form)
	if way, ok := v.wizardBack(); ok {
		f.step, f.way = "way", way
		return v.wizardPage(status, f)
	}
	return v.connectionPage(status, f)
}

// linkDone goes back to the page of the partnership.
func (v *visit) linkDone(key string) error {
	if way, ok := v.wizardBack(); ok {
		return v.done(v.wizardURL("way")+"&way="+way, key)
	}
	return v.done(v.path("edi", "connections", v.Params("id")), key)
}

// mayLink refuses an address whose partnership the actor may not see, before anything
// of its own company is changed under it.
func (v *visit) mayLink() error {
	_, err := v.w.d.Courier.Terms(v.ctx, v.actor(), v.Params("id"))
	return err
}

// stationSave says where the company's own AS2 server takes messages.
func stationSave(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	in := v.input()
	cmd := courier.StationCmd{URL: in.text("url"), ReceiptHosts: strings.FieldsFunc(in.text("receipt_hosts"), func(r rune) bool { return strings.ContainsRune(" ,;\r\n\t", r) })}
	if _, asked := in.values["http_user"]; asked {
		cmd.Login = &courier.Login{User: in.text("http_user"), Password: in.values["http_password"]}
	}
	_, err := v.w.d.Courier.SaveStation(v.ctx, v.actor(), cmd)
	if err != nil {
		delete(in.values, "http_password") // it is not sent back to the page
		return v.refusedForm(err, in, func(f *linkForms, form *view.Form) { f.address = form })
	}
	return v.linkDone("said.saved")
}

// certificateAdd adds a certificate from a file or pasted text, or makes one.
func certificateAdd(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	in := v.input()
	cmd := courier.CertificateFile{Purpose: courier.Purpose(in.text("purpose")), UseFrom: v.dayBegins(in, "use_from")}
	generate := in.text("generate") != ""
	if generate {
		cmd.Generate = in.text("generate")
	} else {
		cmd.File, cmd.Password, cmd.Private = v.file("file"), in.values["password"], in.text("private") != ""
		if len(cmd.File) == 0 {
			cmd.File = []byte(in.text("certificate"))
		}
		if len(cmd.File) == 0 {
			in.wrong.With("certificate", "courier.certificate_missing")
		}
	}
	err := in.err()
	if err == nil {
		_, err = v.w.d.Courier.AddFile(v.ctx, v.actor(), cmd)
	}
	if err == nil {
		return v.linkDone("said.certificate_added")
	}
	err = fieldNamed(err, "key", "certificate")
	if cmd.Private || strings.Contains(in.values["certificate"], "PRIVATE KEY") {
		delete(in.values, "certificate") // a key is not sent back to the page
	}
	return v.refusedForm(err, in, func(f *linkForms, form *view.Form) {
		f.private = cmd.Private
		if generate {
			f.generate = form
		} else {
			f.upload = form
		}
	})
}

// dayBegins reads a civil date of the reader's zone as an instant; zero when empty.
func (v *visit) dayBegins(in *input, name string) time.Time {
	d := in.date(name)
	if d == "" {
		return time.Time{}
	}
	t, err := time.ParseInLocation(time.DateOnly, d, v.p.Zone())
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// certificateRetire takes a certificate out of use.
func certificateRetire(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	if err := v.w.d.Courier.RetireCertificate(v.ctx, v.actor(), v.Params("certificate")); err != nil {
		return err
	}
	return v.linkDone("said.certificate_retired")
}

// certificateUnpin has the company's HTTPS server called by the authorities again.
func certificateUnpin(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	if err := v.w.d.Courier.Unpin(v.ctx, v.actor(), v.Params("certificate")); err != nil {
		return err
	}
	return v.linkDone("said.certificate_unpinned")
}

// certificateConfirm says that the company takes the certificate that its partner announced.
func certificateConfirm(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	if _, err := v.w.d.Courier.ConfirmCertificate(v.ctx, v.actor(), v.Params("id"), v.Params("certificate")); err != nil {
		return err
	}
	return v.linkDone("said.certificate_confirmed")
}

// certificateTry asks the partner's software, by a test message signed with the certificate.
func certificateTry(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	select {
	case checks <- struct{}{}:
		defer func() { <-checks }()
	default:
		return fault.New(fault.Unavailable, "error.unavailable")
	}
	ctx, cancel := context.WithTimeout(v.ctx, checkTime)
	defer cancel()
	got, err := v.w.d.Courier.TryCertificate(ctx, v.actor(), v.Params("id"), v.Params("certificate"))
	if err != nil {
		return err
	}
	if !got.Good { // the steps stand with the last test message
		return v.seeOther(v.wizardURL("way") + "&way=as2#echo")
	}
	return v.linkDone("said.certificate_tried")
}

// certificateFile sends a certificate of either side as PEM, never a key.
func certificateFile(v *visit) error {
	l, err := v.link(v.Params("id"))
	if err != nil {
		return err
	}
	for _, s := range []side{l.ours, l.theirs} {
		for _, c := range s.certs {
			if c.ID == v.Params("certificate") {
				name, _ := s.named(account.AS2)
				v.Set(fiber.HeaderContentType, "application/x-pem-file")
				v.Set(fiber.HeaderContentDisposition, `attachment; filename="`+fileName(or(name.Value, "certificate"))+`.pem"`)
				return v.SendString(c.PEM())
			}
		}
	}
	return fault.New(fault.NotFound, "error.not_found")
}

// fileName keeps of a name what every file system takes.
func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '_'
	}, s)
}

// termsSave changes what is asked of messages to the company.
func termsSave(v *visit) error {
	in := v.input()
	l, err := v.link(v.Params("id"))
	if err != nil {
		return err
	}
	var t courier.Terms
	for _, w := range termWords {
		*w.at(&t) = in.text(w.name)
	}
	for _, w := range termTicks {
		*w.at(&t) = in.text(w.name) != ""
	}
	if _, err = v.w.d.Courier.SetTerms(v.ctx, v.actor(), l.p.ID, l.other, in.version(), t); err != nil {
		return v.refusedForm(err, in, func(f *linkForms, form *view.Form) { f.terms = form })
	}
	return v.linkDone("said.saved")
}

// fieldNamed points a service's refusal of one field at the form's field.
func fieldNamed(err error, from, to string) error {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}
	out := *f
	out.Fields = nil
	for _, x := range f.Fields {
		if x.Name == from {
			x.Name = to
		}
		out.Fields = append(out.Fields, x)
	}
	return &out
}

// loginsCard are the company's logins at the SFTP door, where there is one.
func (v *visit) loginsCard(f linkForms) (*view.LoginsCard, error) {
	if !v.may(access.EDIDoors, access.Own(v.org())) {
		return nil, nil
	}
	addr, hostKey := v.w.d.SFTP()
	list, err := v.w.d.Accounts.SFTPUsers(v.ctx, v.actor())
	if err != nil || addr == "" && len(list) == 0 {
		return nil, err
	}
	card := &view.LoginsCard{Address: v.sftpAddress(addr), HostKey: hostKey, Form: view.Form{Values: map[string]string{"name": v.login.Org.Slug}}}
	if len(list) > 0 {
		card.Form.Values["name"] += "."
	}
	if f.login != nil {
		card.Form, card.Open = *f.login, true
	}
	for _, u := range list {
		row := view.LoginRow{ID: u.ID, Name: u.Name, Password: u.Password, Created: u.Created, Used: u.Used}
		for _, k := range u.Keys {
			row.Keys = append(row.Keys, strings.TrimSpace(k.Fingerprint+" "+k.Comment))
		}
		card.Rows = append(card.Rows, row)
	}
	card.Tries, err = v.tries(list)
	return card, err
}

// tries are the failed sign-ins under the company's logins in plain words.
func (v *visit) tries(logins []account.SFTPUser) ([]view.TryRow, error) {
	list, err := v.w.d.Accounts.SFTPTries(v.ctx, v.actor())
	var out []view.TryRow
	for _, t := range list {
		row := view.TryRow{Login: t.Login, Addr: t.Addr, Known: t.Known, Times: t.Times, Last: t.Last, What: view.T("tries.what." + string(t.Reason)), Advice: view.T("tries.do." + string(t.Reason))}
		row.Mended = t.Known && slices.ContainsFunc(logins, func(u account.SFTPUser) bool { return u.Name == t.Login && u.Used.After(t.Last) })
		out = append(out, row)
	}
	return out, err
}

// sftpAddress is the door's address as a partner reaches it: the public host name with
// the port that it listens on.
func (v *visit) sftpAddress(listens string) string {
	if listens == "" {
		return ""
	}
	host, port, err := net.SplitHostPort(listens)
	if err != nil {
		return ""
	}
	if u, err := url.Parse(v.absolute("/")); err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	return "sftp://" + net.JoinHostPort(host, port)
}

// loginMake makes a login at the SFTP door; its password is shown once.
func loginMake(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	in := v.input()
	cmd := account.SFTPUserCmd{Name: in.text("name"), Keys: strings.Split(in.text("key_lines"), "\n"), KeyOnly: in.text("way") == "key"}
	if !cmd.KeyOnly {
		cmd.Keys = nil
	}
	secret, u, err := v.w.d.Accounts.CreateSFTPUser(v.ctx, v.actor(), cmd)
	if err != nil {
		return v.refusedForm(fieldNamed(err, "key", "key_lines"), in, func(f *linkForms, form *view.Form) { f.login = form })
	}
	if secret == "" {
		return v.linkDone("said.login_made")
	}
	v.setFlash(flash{Once: &once{Kind: "sftp", Secret: secret, Name: u.Name}})
	if way, ok := v.wizardBack(); ok {
		return v.seeOther(v.wizardURL("way") + "&way=" + way)
	}
	return v.seeOther(v.path("edi", "connections", v.Params("id")))
}

// loginRemove ends a login.
func loginRemove(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	if err := v.w.d.Accounts.RemoveSFTPUser(v.ctx, v.actor(), v.Params("login")); err != nil {
		return err
	}
	return v.linkDone("said.login_removed")
}

// remotesCard are the company's own SFTP servers, from which we fetch and to which we
// deliver.
func (v *visit) remotesCard(f linkForms) (*view.RemotesCard, error) {
	if !v.may(access.EDIDoors, access.Own(v.org())) {
		return nil, nil
	}
	list, err := v.w.d.Remotes.List(v.ctx, v.actor())
	if err != nil {
		return nil, err
	}
	card := &view.RemotesCard{}
	if f.remote != nil {
		card.Form, card.Open = *f.remote, true
	}
	for _, r := range list {
		row := view.RemoteRow{ID: r.ID, Name: r.Name, Address: r.Login + "@" + r.Addr, HostKey: r.HostKey, In: r.In, Out: r.Out, Network: r.Network, Every: r.Every, Checked: r.Checked, Left: r.Left, Idle: r.Idle, Stuck: gateway.SomeNames(r.Stuck), State: "remote.new"}
		switch {
		case r.Failing != "":
			row.State, row.Said = "remote.failing", v.plainKey(r.Failing)
		case !r.Checked.IsZero():
			row.State = "remote.working"
		}
		row.Change = view.Form{Values: map[string]string{"remote_name": r.Name, "addr": r.Addr, "login": r.Login, "host_key": r.HostKey, "in": r.In, "done": r.Done, "out": r.Out, "leave": ticked(r.Leave), "network": ticked(r.Network)}}
		switch {
		case r.ID == f.remoteID && f.change != nil:
			row.Change, row.Open = *f.change, true
		case r.ID == f.remoteID:
			row.State, row.Said = "remote.failing", f.remoteSaid
		}
		card.Rows = append(card.Rows, row)
	}
	return card, nil
}

// plainKey is the sentence of a stored key, without what it speaks of.
func (v *visit) plainKey(key string) view.Text {
	if bare, ok := locale.Bare(v.p, key); ok {
		return view.T(bare)
	}
	return view.T("sftp.failed")
}

// remoteAdd adds a server of the company.
func remoteAdd(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	in := v.input()
	if _, err := v.w.d.Remotes.Add(v.ctx, v.actor(), remoteForm(in)); err != nil {
		return v.refusedForm(remoteFields(err), in, func(f *linkForms, form *view.Form) { f.remote = form })
	}
	return v.linkDone("said.remote_added")
}

func remoteForm(in *input) gateway.RemoteCmd {
	return gateway.RemoteCmd{Name: in.text("remote_name"), Addr: in.text("addr"), Login: in.text("login"), Password: in.values["password"], Key: in.text("password_key"), HostKey: in.text("host_key"), In: in.text("in"), Done: in.text("done"), Out: in.text("out"), Leave: in.text("leave") != "", Network: in.text("network") != ""}
}

// remoteFields points a refusal at the fields of the form.
func remoteFields(err error) error {
	return fieldNamed(fieldNamed(err, "key", "password_key"), "name", "remote_name")
}

func ticked(on bool) string {
	if on {
		return "1"
	}
	return ""
}

// remoteCheck signs in at a server of the company and looks into its folders.
func remoteCheck(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	id := v.Params("remote")
	err := v.w.d.Remotes.Check(v.ctx, v.actor(), id)
	if err == nil {
		return v.linkDone("said.remote_works")
	}
	told := fault.As(err)
	if !gateway.ServerSaid(err) {
		return err
	}
	said := v.faultText(told.Code, told.Key, told.Args)
	if said.IsZero() {
		said = view.T("sftp.failed")
	}
	return v.connectionPage(200, linkForms{remoteID: id, remoteSaid: said})
}

// remoteChange makes a server of the company what the form says; how often it is looked at
// stays.
func remoteChange(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	in, id := v.input(), v.Params("remote")
	was, err := v.w.d.Remotes.Get(v.ctx, v.actor(), id)
	if err != nil {
		return err
	}
	cmd := remoteForm(in)
	cmd.Every = was.Every
	if _, err := v.w.d.Remotes.Change(v.ctx, v.actor(), id, cmd); err != nil {
		return v.refusedForm(remoteFields(err), in, func(f *linkForms, form *view.Form) { f.remoteID, f.change = id, form })
	}
	return v.linkDone("said.remote_changed")
}

// remoteRemove ends a server of the company.
func remoteRemove(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	if err := v.w.d.Remotes.Remove(v.ctx, v.actor(), v.Params("remote")); err != nil {
		return err
	}
	return v.linkDone("said.remote_removed")
}
