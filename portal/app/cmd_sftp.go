package app

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"entente/db/secret"
	"entente/prm/account"
)

func sftpCmd(ctx context.Context, e *env, args []string) (int, error) {
	const synopsis = "user --org SLUG --name NAME [--key FILE] [--key-only] | list --org SLUG | remove --org SLUG --name NAME | host-key [--new] | refused [--org SLUG] [--hours N] |\n" +
		"    remote --org SLUG --name NAME --server HOST:PORT --login L --host-key K --password-file FILE|--private-key FILE [--in DIR] [--done DIR|--leave] [--out DIR] [--network] |\n" +
		"    change --org SLUG --name NAME and what is to be otherwise | remotes --org SLUG | forget --org SLUG --name NAME | server-key --server HOST:PORT"
	fs := e.flags("sftp")
	register(fs, append([]string{"key-file", "allow-dial"}, dataFlags...)...)
	org := fs.String("org", "", "short name of the company in addresses")
	name := fs.String("name", "", "what the client signs in with, unique on this server; for remote, what the server is called")
	key := fs.String("key", "", "file with public keys that may sign in, a line each as in authorized_keys; - reads standard input")
	keyOnly := fs.Bool("key-only", false, "user: make no password; the keys are the only way in")
	anew := fs.Bool("new", false, "host-key: make a new one; clients will warn that the server changed")
	hours := fs.Int("hours", 24, "refused: those of the last so many hours")
	asJSON := fs.Bool("json", false, "print JSON")
	var remote remoteFlags
	remote.register(fs)
	rest, err := e.parse(fs, synopsis, args)
	if err != nil {
		return exitUsage, err
	}
	what := ""
	if len(rest) == 1 {
		what = rest[0]
	}
	switch {
	case what == "host-key" && *org == "" && *name == "":
		err = e.showHostKey(ctx, fs, *anew, *asJSON)
		return failed(err), err
	case what == "refused" && *name == "":
		err = e.sftpRefused(ctx, fs, *org, *hours, *asJSON)
		return failed(err), err
	case what == "server-key" && remote.cmd.Addr != "":
		err = e.serverKey(ctx, fs, remote.cmd.Addr, *asJSON)
		return failed(err), err
	case what == "remote" && *org != "" && *name != "":
		err = e.addRemote(ctx, fs, *org, *name, remote)
		return failed(err), err
	case what == "change" && *org != "" && *name != "":
		err = e.changeRemote(ctx, fs, *org, *name, remote)
		return failed(err), err
	case what == "remotes" && *org != "":
		err = e.listRemotes(ctx, fs, *org, *asJSON)
		return failed(err), err
	case what == "forget" && *org != "" && *name != "":
		err = e.removeRemote(ctx, fs, *org, *name)
		return failed(err), err
	case what == "user" && *org != "" && *name != "", what == "remove" && *org != "" && *name != "", what == "list" && *org != "":
	default:
		return exitUsage, misuse("usage: entente sftp %s", synopsis)
	}
	var keys []string
	if *key != "" {
		raw, err := e.keyLines(*key)
		if err != nil {
			return exitUsage, misuse("the keys cannot be read: %v", err)
		}
		keys = strings.Split(raw, "\n")
	}
	err = e.accounts(ctx, fs, func(_ Config, s *account.Service) error {
		switch what {
		case "list":
			return e.listSFTPUsers(ctx, s, *org, *asJSON)
		case "remove":
			return e.removeSFTPUser(ctx, s, *org, *name)
		}
		password, u, err := s.CreateSFTPUserFor(ctx, machine, *org, account.SFTPUserCmd{Name: *name, Keys: keys, KeyOnly: *keyOnly})
		if err != nil {
			return say(err)
		}
		if *asJSON {
			return json.NewEncoder(e.out).Encode(map[string]any{"name": u.Name, "password": password, "keys": fingerprints(u)})
		}
		if password == "" {
			return nil
		}
		_, err = fmt.Fprintln(e.out, password)
		return err
	})
	return failed(err), err
}

func (e *env) keyLines(file string) (string, error) {
	in := e.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return "", err
		}
		defer f.Close()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, 64<<10))
	return string(raw), err
}

func fingerprints(u account.SFTPUser) []string {
	out := []string{}
	for _, k := range u.Keys {
		out = append(out, k.Fingerprint)
	}
	return out
}

func (e *env) listSFTPUsers(ctx context.Context, s *account.Service, slug string, asJSON bool) error {
	o, err := s.Directory().OrgBySlug(ctx, slug)
	if err != nil {
		return say(err)
	}
	boss := machine
	boss.Org = o.ID
	list, err := s.SFTPUsers(ctx, boss)
	if err != nil {
		return say(err)
	}
	type line struct {
		Name     string   `json:"name"`
		Password bool     `json:"password"`
		Keys     []string `json:"keys"`
	}
	lines := []line{}
	for _, u := range list {
		lines = append(lines, line{u.Name, u.Password, fingerprints(u)})
	}
	if asJSON {
		return json.NewEncoder(e.out).Encode(lines)
	}
	for _, l := range lines {
		ways := l.Keys
		if l.Password {
			ways = append([]string{"password"}, ways...)
		}
		fmt.Fprintf(e.out, "%s  %s\n", l.Name, strings.Join(ways, ", "))
	}
	return nil
}

func (e *env) removeSFTPUser(ctx context.Context, s *account.Service, slug, name string) error {
	o, err := s.Directory().OrgBySlug(ctx, slug)
	if err != nil {
		return say(err)
	}
	boss := machine
	boss.Org = o.ID
	list, err := s.SFTPUsers(ctx, boss)
	if err != nil {
		return say(err)
	}
	for _, u := range list {
		if u.Name == name {
			return say(s.RemoveSFTPUser(ctx, boss, u.ID))
		}
	}
	return fmt.Errorf("%s has no SFTP login %q; entente sftp list --org %s shows those it has", slug, name, slug)
}

// showHostKey prints the key that clients of the SFTP door should see, making it when
// there is none yet.
func (e *env) showHostKey(ctx context.Context, set *flag.FlagSet, anew, asJSON bool) error {
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
	d, err := openData(ctx, cfg)
	if err != nil {
		return err
	}
	defer d.Close()
	key, err := hostKey(ctx, d, box, anew)
	if err != nil {
		return err
	}
	line, fingerprint, err := hostKeyWords(key)
	if err != nil {
		return err
	}
	line = strings.TrimSpace(line)
	if asJSON {
		return json.NewEncoder(e.out).Encode(map[string]string{"key": line, "fingerprint": fingerprint})
	}
	_, err = fmt.Fprintf(e.out, "%s\n%s\n", line, fingerprint)
	return err
}

// sftpRefused prints failed sign-ins: of a company's logins, or of strangers.
func (e *env) sftpRefused(ctx context.Context, set *flag.FlagSet, slug string, hours int, asJSON bool) error {
	return e.accounts(ctx, set, func(_ Config, s *account.Service) error {
		since := time.Now().Add(-time.Duration(hours) * time.Hour)
		var list []account.SFTPTry
		var err error
		if slug == "" {
			list, err = s.SFTPStrangers(ctx, operator, since)
		} else {
			var o account.Org
			if o, err = s.Directory().OrgBySlug(ctx, slug); err == nil {
				boss := machine
				boss.Org = o.ID
				list, err = s.SFTPTries(ctx, boss)
			}
		}
		if err != nil {
			return say(err)
		}
		type row struct {
			Login  string    `json:"login"`
			Known  bool      `json:"known"`
			Addr   string    `json:"address"` // empty: further sources
			Reason string    `json:"reason"`
			Times  int       `json:"times"`
			First  time.Time `json:"first"`
			Last   time.Time `json:"last"`
		}
		rows := []row{}
		for _, t := range list {
			if t.Last.After(since) {
				rows = append(rows, row{t.Login, t.Known, t.Addr, string(t.Reason), t.Times, t.First, t.Last})
			}
		}
		if asJSON {
			return json.NewEncoder(e.out).Encode(rows)
		}
		p := printer("en")
		for _, r := range rows {
			if r.Addr == "" {
				r.Addr = "other sources"
			}
			if _, err := fmt.Fprintf(e.out, "%s  %-39s  %-20s  %d times since %s: %s\n", r.Last.Format(time.RFC3339), r.Addr, r.Login, r.Times, r.First.Format(time.RFC3339), p.T("tries.what."+r.Reason)); err != nil {
				return err
			}
		}
		return nil
	})
}
