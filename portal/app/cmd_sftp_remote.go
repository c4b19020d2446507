package app

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"strings"
	"time"

	"entente/db/secret"
	"entente/edi/dial"
	"entente/edi/gateway"
	"entente/edi/sftp"
	"entente/portal/locale"
	"entente/prm/access"
	"entente/prm/account"
)

// remoteFlags describe a company's own server.
type remoteFlags struct {
	cmd                   gateway.RemoteCmd
	keyFile, passwordFile string
}

func (r *remoteFlags) register(fs *flag.FlagSet) {
	fs.StringVar(&r.cmd.Addr, "server", "", "remote, server-key: host:port of the company's own SFTP server")
	fs.StringVar(&r.cmd.Login, "login", "", "remote: what we sign in with there")
	fs.StringVar(&r.passwordFile, "password-file", "", "remote: file with the password; - reads standard input")
	fs.StringVar(&r.keyFile, "private-key", "", "remote: file with a private key in PEM form, without a passphrase")
	fs.StringVar(&r.cmd.HostKey, "host-key", "", "remote: the server's key or fingerprint, as agreed on; server-key shows it")
	fs.StringVar(&r.cmd.In, "in", "", "remote: folder there to fetch from")
	fs.StringVar(&r.cmd.Done, "done", "", "remote: folder there for what was taken; empty = it is removed")
	fs.BoolVar(&r.cmd.Leave, "leave", false, "remote: what was taken stays where it is, and is not taken again")
	fs.StringVar(&r.cmd.Out, "out", "", "remote: folder there to deliver to")
	fs.BoolVar(&r.cmd.Network, "network", false, "remote: it is an account at a network (VAN): what lies there comes from partners whose agreement names it, and what is for them goes there")
	fs.DurationVar(&r.cmd.Every, "every", time.Minute, "remote: how often it is looked at")
}

// remotes opens the data for a command about a company's own servers.
func (e *env) remotes(ctx context.Context, set *flag.FlagSet, slug string, fn func(s *gateway.Remotes, boss access.Actor) error) error {
	cfg, err := configure(set, e.getenv)
	if err != nil {
		return misuse("%v", err)
	}
	if err := existing(cfg); err != nil {
		return err
	}
	box, err := secret.Load(cfg.keyFile())
	if err != nil {
		return err
	}
	dialer, err := cfg.dialer()
	if err != nil {
		return misuse("%v", err)
	}
	d, err := openData(ctx, cfg)
	if err != nil {
		return err
	}
	defer d.Close()
	o, err := account.NewService(d, account.Options{}).Directory().OrgBySlug(ctx, slug)
	if err != nil {
		return say(err)
	}
	boss := machine
	boss.Org = o.ID
	return fn(gateway.NewRemotes(d, box, dialer), boss)
}

// addRemote makes a company's own server known and tries it at once.
func (e *env) addRemote(ctx context.Context, set *flag.FlagSet, slug, name string, r remoteFlags) error {
	r.cmd.Name = name
	if err := e.remoteSecrets(&r); err != nil {
		return err
	}
	return e.remotes(ctx, set, slug, func(s *gateway.Remotes, boss access.Actor) error {
		made, err := s.Add(ctx, boss, r.cmd)
		if err != nil {
			return say(err)
		}
		return e.tryRemote(ctx, s, boss, made)
	})
}

func (e *env) tryRemote(ctx context.Context, s *gateway.Remotes, boss access.Actor, r gateway.Remote) error {
	if err := s.Check(ctx, boss, r.ID); err != nil {
		fmt.Fprintf(e.err, "%s is kept, but the first try failed: %v\n", r.Name, say(err))
		return nil
	}
	_, err := fmt.Fprintf(e.out, "%s works and is looked at every %s\n", r.Name, r.Every)
	return err
}

// changeRemote changes of a company's own server what is named, and tries it.
func (e *env) changeRemote(ctx context.Context, set *flag.FlagSet, slug, name string, r remoteFlags) error {
	if err := e.remoteSecrets(&r); err != nil {
		return err
	}
	named := map[string]bool{}
	set.Visit(func(f *flag.Flag) { named[f.Name] = true })
	return e.remotes(ctx, set, slug, func(s *gateway.Remotes, boss access.Actor) error {
		was, err := remoteNamed(ctx, s, boss, slug, name)
		if err != nil {
			return err
		}
		cmd := gateway.RemoteCmd{
			Name: name, Addr: was.Addr, Login: was.Login, HostKey: was.HostKey, In: was.In, Done: was.Done, Out: was.Out,
			Leave: was.Leave, Network: was.Network, Every: was.Every, Password: r.cmd.Password, Key: r.cmd.Key,
		}
		for name, to := range map[string][2]*string{
			"server": {&cmd.Addr, &r.cmd.Addr}, "login": {&cmd.Login, &r.cmd.Login}, "host-key": {&cmd.HostKey, &r.cmd.HostKey},
			"in": {&cmd.In, &r.cmd.In}, "done": {&cmd.Done, &r.cmd.Done}, "out": {&cmd.Out, &r.cmd.Out},
		} {
			if named[name] {
				*to[0] = *to[1]
			}
		}
		if named["leave"] {
			cmd.Leave = r.cmd.Leave
		}
		if named["network"] {
			cmd.Network = r.cmd.Network
		}
		if named["every"] {
			cmd.Every = r.cmd.Every
		}
		changed, err := s.Change(ctx, boss, was.ID, cmd)
		if err != nil {
			return say(err)
		}
		return e.tryRemote(ctx, s, boss, changed)
	})
}

// remoteSecrets reads the files that hold what is signed in with.
func (e *env) remoteSecrets(r *remoteFlags) error {
	for file, to := range map[string]*string{r.passwordFile: &r.cmd.Password, r.keyFile: &r.cmd.Key} {
		if file == "" {
			continue
		}
		raw, err := e.keyLines(file)
		if err != nil {
			return misuse("%v", err)
		}
		*to = strings.TrimRight(raw, "\r\n")
		if to == &r.cmd.Key {
			*to += "\n"
		}
	}
	return nil
}

func (e *env) listRemotes(ctx context.Context, set *flag.FlagSet, slug string, asJSON bool) error {
	return e.remotes(ctx, set, slug, func(s *gateway.Remotes, boss access.Actor) error {
		list, err := s.List(ctx, boss)
		if err != nil {
			return say(err)
		}
		p := printer("en")
		type line struct {
			Name    string     `json:"name"`
			Server  string     `json:"server"`
			Failing string     `json:"failing,omitempty"`
			Left    int        `json:"left,omitempty"` // taken files that it lets us neither move nor remove
			Stuck   []string   `json:"incomplete,omitempty"`
			Idle    string     `json:"idle,omitempty"` // the server that gets what this one was to get
			Checked *time.Time `json:"checked"`
		}
		lines := []line{}
		for _, r := range list {
			l := line{Name: r.Name, Server: r.Addr, Failing: r.Failing, Left: r.Left, Stuck: r.Stuck, Idle: r.Idle}
			if r.Checked.Unix() > 0 {
				l.Checked = &r.Checked
			}
			lines = append(lines, l)
		}
		if asJSON {
			return json.NewEncoder(e.out).Encode(lines)
		}
		for _, l := range lines {
			state := "not tried yet"
			switch {
			case l.Failing != "":
				state = p.T("sftp.failed")
				if key, ok := locale.Bare(p, l.Failing); ok {
					state = p.T(key)
				}
			case l.Checked != nil:
				state = "worked at " + l.Checked.Format(time.RFC3339)
			}
			fmt.Fprintf(e.out, "%s  %s  %s\n", l.Name, l.Server, state)
			if len(l.Stuck) > 0 {
				fmt.Fprintln(e.out, "  "+p.T("remotes.stuck", "names", gateway.SomeNames(l.Stuck)))
			}
			if l.Idle != "" {
				fmt.Fprintln(e.out, "  "+p.T("remotes.idle", "name", l.Idle))
			}
			if l.Left > 0 {
				fmt.Fprintln(e.out, "  "+p.N("remotes.left", l.Left))
			}
		}
		return nil
	})
}

func (e *env) removeRemote(ctx context.Context, set *flag.FlagSet, slug, name string) error {
	return e.remotes(ctx, set, slug, func(s *gateway.Remotes, boss access.Actor) error {
		r, err := remoteNamed(ctx, s, boss, slug, name)
		if err != nil {
			return err
		}
		return say(s.Remove(ctx, boss, r.ID))
	})
}

func remoteNamed(ctx context.Context, s *gateway.Remotes, boss access.Actor, slug, name string) (gateway.Remote, error) {
	list, err := s.List(ctx, boss)
	if err != nil {
		return gateway.Remote{}, say(err)
	}
	for _, r := range list {
		if r.Name == name {
			return r, nil
		}
	}
	return gateway.Remote{}, fmt.Errorf("%s has no server %q; entente sftp remotes --org %s shows those it has", slug, name, slug)
}

// serverKey shows the key of somebody's server, for two people to compare.
func (e *env) serverKey(ctx context.Context, set *flag.FlagSet, addr string, asJSON bool) error {
	cfg, err := configure(set, e.getenv)
	if err != nil {
		return misuse("%v", err)
	}
	allow, err := dial.ParseAllow(cfg.AllowDial)
	if err != nil {
		return misuse("%v", err)
	}
	line, fingerprint, err := sftp.HostKey(ctx, dial.New(dial.Options{Allow: allow}), addr)
	if err != nil {
		return say(err)
	}
	if asJSON {
		return json.NewEncoder(e.out).Encode(map[string]string{"key": line, "fingerprint": fingerprint})
	}
	_, err = fmt.Fprintf(e.out, "%s\n%s\n", line, fingerprint)
	return err
}
