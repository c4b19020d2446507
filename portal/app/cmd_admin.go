package app

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"entente/db"
	"entente/db/migrate"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

// machine acts for the commands of the machine itself: whoever may run them on
// the data folder could read it anyway.
var machine = access.Actor{Roles: []access.Role{access.Admin}, Via: "system:command"}

// dataFlags are the settings of commands that open the database beside a running
// server.
var dataFlags = []string{"data", "database-url", "base-url", "addr"}

// accounts opens the database for a command and hands over the accounts.
func (e *env) accounts(ctx context.Context, fs *flag.FlagSet, fn func(cfg Config, s *account.Service) error) error {
	cfg, err := configure(fs, e.getenv)
	if err != nil {
		return misuse("%v", err)
	}
	if err := existing(cfg); err != nil {
		return err
	}
	d, err := openData(ctx, cfg)
	if err != nil {
		return err
	}
	defer d.Close()
	if cfg.BaseURL == "" {
		if cfg.BaseURL, err = notedAddress(ctx, d); err != nil {
			return err
		}
	}
	return fn(cfg, account.NewService(d, account.Options{}))
}

// existing refuses to make a database where a command looks for one.
func existing(cfg Config) error {
	if cfg.DatabaseURL != "" {
		return nil
	}
	if _, err := os.Stat(filepath.Join(cfg.Data, "entente.db")); err != nil {
		return fmt.Errorf("there is no Entente data in %s; name the folder with --data, or run entente serve there first", cfg.Data)
	}
	return nil
}

func openData(ctx context.Context, cfg Config) (*db.DB, error) {
	d, err := db.Open(ctx, cfg.dsn(), db.Options{Readers: 2, Conns: 4})
	if err != nil {
		return nil, fmt.Errorf("the database cannot be opened: %w", err)
	}
	if err := migrate.Up(ctx, d); err != nil {
		_ = d.Close()
		return nil, fmt.Errorf("the database cannot be brought to this version: %w", err)
	}
	return d, nil
}

// say turns a fault into the sentence of its key.
func say(err error) error {
	if err == nil || fault.CodeOf(err) == fault.Internal {
		return err
	}
	f := fault.As(err)
	p := printer("en")
	words := []string{}
	for _, w := range f.Fields {
		words = append(words, w.Name+": "+p.T(w.Key, w.Args))
	}
	if len(words) == 0 {
		words = append(words, p.T(f.Key, f.Args))
	}
	return fmt.Errorf("%s", strings.Join(words, "; "))
}

func tokenCmd(ctx context.Context, e *env, args []string) (int, error) {
	const synopsis = "create --user EMAIL [--org SLUG] --name NAME --scopes a,b"
	fs := e.flags("token")
	register(fs, dataFlags...)
	user := fs.String("user", "", "e-mail address of the person")
	org := fs.String("org", "", "company, when the person is in several")
	name := fs.String("name", "", "what the token is for")
	scopes := fs.String("scopes", "", "comma separated: "+strings.Join(access.ScopeNames(), ", "))
	days := fs.Int("days", account.MaxTokenDays, "life in days")
	asJSON := fs.Bool("json", false, "print JSON")
	rest, err := e.parse(fs, synopsis, args)
	if err != nil {
		return exitUsage, err
	}
	if len(rest) != 1 || rest[0] != "create" || *user == "" || *name == "" || *scopes == "" {
		return exitUsage, misuse("usage: entente token %s", synopsis)
	}
	var list []string
	for s := range strings.SplitSeq(*scopes, ",") {
		if s = strings.TrimSpace(s); s != "" {
			list = append(list, s)
		}
	}
	for _, s := range list {
		if !slices.Contains(access.ScopeNames(), s) {
			return exitUsage, misuse("%q is no scope; these are: %s", s, strings.Join(access.ScopeNames(), ", "))
		}
	}
	err = e.accounts(ctx, fs, func(_ Config, s *account.Service) error {
		secret, t, err := s.CreateTokenFor(ctx, machine, account.TokenForCmd{Email: *user, Slug: *org, TokenCmd: account.TokenCmd{Name: *name, Scopes: list, Days: *days}})
		if err != nil {
			return say(err)
		}
		if *asJSON {
			return json.NewEncoder(e.out).Encode(map[string]any{"token": secret, "id": t.ID, "scopes": t.Scopes, "expires": t.Expires})
		}
		_, err = fmt.Fprintln(e.out, secret)
		return err
	})
	return failed(err), err
}

func failed(err error) int {
	if err != nil {
		return exitFailed
	}
	return exitOK
}

func userCmd(ctx context.Context, e *env, args []string) (int, error) {
	const synopsis = "create --org SLUG --email EMAIL --name NAME --role r,r  |  create --operator --email EMAIL --name NAME"
	fs := e.flags("user")
	register(fs, dataFlags...)
	org := fs.String("org", "", "company")
	email := fs.String("email", "", "e-mail address")
	name := fs.String("name", "", "name of the person")
	role := fs.String("role", "", "comma separated: admin, manager, sales, buyer, finance, edi, viewer")
	operator := fs.Bool("operator", false, "the person runs the platform")
	company := fs.String("company", "", "name of the company, to make it when --org is new on this server")
	city := fs.String("city", "", "its city")
	country := fs.String("country", "GB", "its country, two letters")
	currency := fs.String("currency", "GBP", "its home currency, three letters")
	zone := fs.String("zone", "Europe/London", "its time zone")
	language := fs.String("language", "en", "its language: en or zh-CN")
	asJSON := fs.Bool("json", false, "print JSON")
	rest, err := e.parse(fs, synopsis, args)
	if err != nil {
		return exitUsage, err
	}
	if len(rest) != 1 || rest[0] != "create" || *email == "" || *name == "" || *org == "" && !*operator {
		return exitUsage, misuse("usage: entente user %s", synopsis)
	}
	var roles []access.Role
	if *org != "" {
		if roles, err = access.ParseRoles(*role); err != nil {
			return exitUsage, misuse("%v", say(err))
		}
	}
	if *company != "" && *org == "" {
		return exitUsage, misuse("--company needs --org, the short name of the company in addresses")
	}
	err = e.accounts(ctx, fs, func(cfg Config, s *account.Service) error {
		if *company != "" {
			_, err := s.CreateOrg(ctx, machine, account.OrgCmd{Slug: *org, Name: *company, City: *city, Country: *country, Currency: *currency, Zone: *zone, Locale: *language})
			if err != nil && fault.KeyOf(err) != "account.slug_taken" { // made before: only the link is new
				return say(err)
			}
		}
		link, err := s.CreateUserLink(ctx, machine, account.UserCmd{Slug: *org, Email: *email, Name: *name, Roles: roles, Operator: *operator})
		if err != nil {
			return say(err)
		}
		base := cfg.BaseURL
		if base == "" {
			base = "http://" + readable(cfg.Addr)
		}
		if *asJSON {
			return json.NewEncoder(e.out).Encode(map[string]any{"url": base + link.Path(), "email": link.Email, "expires": link.Expires})
		}
		_, err = fmt.Fprintln(e.out, base+link.Path())
		return err
	})
	return failed(err), err
}

func migrateCmd(ctx context.Context, e *env, args []string) (int, error) {
	fs := e.flags("migrate")
	register(fs, "data", "database-url")
	asJSON := fs.Bool("json", false, "print JSON")
	if _, err := e.parse(fs, "[flags]", args); err != nil {
		return exitUsage, err
	}
	cfg, err := configure(fs, e.getenv)
	if err != nil {
		return exitUsage, misuse("%v", err)
	}
	d, err := openData(ctx, cfg)
	if err != nil {
		return exitFailed, err
	}
	defer d.Close()
	if *asJSON {
		return exitOK, json.NewEncoder(e.out).Encode(map[string]any{"version": Version, "migrated": true})
	}
	fmt.Fprintln(e.out, "the database is at this version")
	return exitOK, nil
}
