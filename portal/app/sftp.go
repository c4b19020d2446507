package app

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"

	"entente/db"
	"entente/db/secret"
	"entente/edi/gateway"
	"entente/edi/sftp"
	"entente/portal/locale"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

// demoSFTPAddr is where a demo opens the SFTP door when nothing else was said; when it
// is taken, at any free port.
const demoSFTPAddr = "127.0.0.1:2022"

// openSFTP listens and makes the door, if there is to be one.
func (a *App) openSFTP(ctx context.Context) (err error) {
	addr := a.cfg.SFTPAddr
	switch {
	case addr == "off", addr == "" && !a.cfg.Demo:
		return nil
	case addr == "":
		if a.sftpListener, err = net.Listen("tcp", demoSFTPAddr); errors.Is(err, syscall.EADDRINUSE) {
			a.sftpListener, err = net.Listen("tcp", "127.0.0.1:0")
		}
	default:
		a.sftpListener, err = net.Listen("tcp", addr)
	}
	if err != nil {
		return fmt.Errorf("cannot listen for SFTP: %w; choose another address with --sftp-addr", err)
	}
	key, err := hostKey(ctx, a.db, a.secrets, false)
	if err != nil && addr == "" { // a demo restored without its key file
		key, err = hostKey(ctx, a.db, a.secrets, true)
	}
	if err != nil {
		return err
	}
	a.sftp, err = sftp.New(sftp.Config{Users: sftpUsers{a.accounts}, Mailbox: a.mailbox, HostKey: key, Spool: filepath.Join(a.cfg.Data, "uploads"), Log: a.log})
	if err != nil {
		return fmt.Errorf("the folder of unfinished uploads: %w", err)
	}
	public, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		return err
	}
	a.sftpKey = ssh.FingerprintSHA256(public)
	a.addrs.sftp = readable(a.sftpListener.Addr().String())
	return nil
}

// hostKeyName is the fact of the installation that holds the sealed seed of the SFTP
// door's key; every node has the same.
const hostKeyName = "sftp_host_key"

// hostKey reads the key of the SFTP door, or makes it: at first, and when anew.
func hostKey(ctx context.Context, d *db.DB, box *secret.Box, anew bool) (ed25519.PrivateKey, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := rand.Read(seed); err != nil {
		return nil, err
	}
	fresh := base64.StdEncoding.EncodeToString(box.Seal(seed, hostKeyName))
	kept, err := keepFact(ctx, d, hostKeyName, fresh, anew)
	if err != nil {
		return nil, err
	}
	sealed, err := base64.StdEncoding.DecodeString(kept)
	if err == nil {
		seed, err = box.Open(sealed, hostKeyName)
	}
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("the host key of the SFTP door was sealed with another key file: put that one back (--key-file), or make a new host key with: entente sftp host-key --new (%w)", err)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// hostKeyWords are a host key as clients want to see it: a line and its fingerprint.
func hostKeyWords(key ed25519.PrivateKey) (line, fingerprint string, err error) {
	pub, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		return "", "", err
	}
	return string(ssh.MarshalAuthorizedKey(pub)), ssh.FingerprintSHA256(pub), nil
}

// sftpUsers answers the door's question who signs in.
type sftpUsers struct{ s *account.Service }

func from(ctx context.Context, addr string) context.Context {
	return account.WithOrigin(ctx, account.Origin{Addr: addr, Agent: "SFTP"})
}

func (u sftpUsers) Password(ctx context.Context, name, password, addr string) (access.Actor, error) {
	return u.s.SFTPByPassword(from(ctx, addr), name, password)
}

func (u sftpUsers) Knows(ctx context.Context, name string, key []byte) error {
	return u.s.SFTPKnows(ctx, name, key)
}

func (u sftpUsers) Key(ctx context.Context, name string, key []byte, addr string) (access.Actor, error) {
	return u.s.SFTPByKey(from(ctx, addr), name, key)
}

func (u sftpUsers) Refused(ctx context.Context, name, addr string, why error, times int) error {
	reason := account.SFTPReasonOf(why)
	var trouble sftp.Trouble
	if errors.As(why, &trouble) {
		reason = account.SFTPReason(trouble)
	}
	return u.s.SFTPRefused(from(ctx, addr), name, reason, times)
}

func (u sftpUsers) Still(ctx context.Context, actor access.Actor) error {
	return u.s.SFTPStill(ctx, actor)
}

// refusalWords writes the text beside a refused file in the company's language.
type refusalWords struct{ d account.Directory }

func (w refusalWords) Refused(ctx context.Context, org string, r gateway.Refusal) (string, error) {
	got, err := w.d.OrgsByID(ctx, org)
	if err != nil {
		return "", err
	}
	o, ok := got[org]
	if !ok {
		return "", fault.New(fault.NotFound, "error.not_found")
	}
	p := locale.New(locale.Match("", o.Locale), o.Location(), r.At)
	return p.T("sftp.refused", "Name", r.Name, "Size", r.Size, "At", r.At.In(o.Location()).Format(time.RFC3339), "Reason", p.T(locale.Refused(p, r.Key, r.Args), r.Args), "Most", gateway.MaxRefusals), nil
}

// companies finds the company of a folder by its short name.
type companies struct{ d account.Directory }

func (c companies) CompanyOf(ctx context.Context, slug string) (string, error) {
	o, err := c.d.OrgBySlug(ctx, slug)
	if fault.IsNotFound(err) {
		return "", nil
	}
	return o.ID, err
}

// folders finds the folder that the operator made for a company.
type folders struct{ a *App }

func (f folders) FolderOf(ctx context.Context, org string) (string, error) {
	if f.a.cfg.Folder == "" {
		return "", nil
	}
	orgs, err := f.a.accounts.Directory().OrgsByID(ctx, org)
	if err != nil || orgs[org].Slug == "" {
		return "", err
	}
	dir := filepath.Join(f.a.cfg.Folder, orgs[org].Slug)
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() {
		return "", nil
	}
	return dir, nil
}
