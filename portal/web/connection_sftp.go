package web

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"entente/edi/gateway"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

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
	return card, nil
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
		row := view.RemoteRow{ID: r.ID, Name: r.Name, Address: r.Login + "@" + r.Addr, HostKey: r.HostKey, In: r.In, Out: r.Out, Every: r.Every, Checked: r.Checked, State: "remote.new"}
		switch {
		case r.Failing != "":
			row.State, row.Said = "remote.failing", v.plainKey(r.Failing)
		case !r.Checked.IsZero():
			row.State = "remote.working"
		}
		if r.ID == f.remoteID {
			row.State, row.Said = "remote.failing", f.remoteSaid
		}
		card.Rows = append(card.Rows, row)
	}
	return card, nil
}

// plainKey is the sentence of a stored key, without what it speaks of.
func (v *visit) plainKey(key string) view.Text {
	if v.has(key) {
		if t := view.T(key); !strings.Contains(t.In(v.p), "<no value>") {
			return t
		}
	}
	return view.T("sftp.failed")
}

// remoteAdd adds a server of the company.
func remoteAdd(v *visit) error {
	if err := v.mayLink(); err != nil {
		return err
	}
	in := v.input()
	cmd := gateway.RemoteCmd{Name: in.text("remote_name"), Addr: in.text("addr"), Login: in.text("login"), Password: in.values["password"], Key: in.text("password_key"), HostKey: in.text("host_key"), In: in.text("in"), Done: in.text("done"), Out: in.text("out")}
	if _, err := v.w.d.Remotes.Add(v.ctx, v.actor(), cmd); err != nil {
		err = fieldNamed(fieldNamed(err, "key", "password_key"), "name", "remote_name")
		return v.refusedForm(err, in, func(f *linkForms, form *view.Form) { f.remote = form })
	}
	return v.linkDone("said.remote_added")
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
	if !slices.Contains([]fault.Code{fault.Unavailable, fault.Invalid, fault.Conflict}, told.Code) {
		return err
	}
	said := v.faultText(told.Code, told.Key, told.Args)
	if said.IsZero() {
		said = view.T("sftp.failed")
	}
	return v.connectionPage(200, linkForms{remoteID: id, remoteSaid: said})
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
