package account

import (
	"context"
	"errors"
	"strings"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/fault"
)

// SFTPReason is why a sign-in at the SFTP door failed. The client is never told: to it
// every refusal is alike.
type SFTPReason string

// The reasons.
const (
	SFTPUnknown    SFTPReason = "unknown"     // no login has this name
	SFTPPassword   SFTPReason = "password"    // it is another one
	SFTPNoPassword SFTPReason = "no_password" // the login takes keys only
	SFTPKey        SFTPReason = "key"         // it is none of the login's
	SFTPPaused     SFTPReason = "paused"      // too many tries from there: a pause runs
	SFTPDisabled   SFTPReason = "disabled"    // the company is suspended
	// What the door itself says, before or beside a proof:
	SFTPSignature  SFTPReason = "signature"  // the key is known, its signature is wrong
	SFTPMethod     SFTPReason = "method"     // neither a password nor a key was offered
	SFTPAlgorithms SFTPReason = "algorithms" // no key exchange, cipher or the like in common
	SFTPProtocol   SFTPReason = "protocol"   // it does not speak SSH 2
	SFTPLeft       SFTPReason = "left"       // hung up, or said nothing in time
	SFTPCrowded    SFTPReason = "crowded"    // too many connections at once
	SFTPSessions   SFTPReason = "sessions"   // too many of one login at once
	SFTPFailed     SFTPReason = "failed"     // our own trouble
)

// Error is the word.
func (r SFTPReason) Error() string { return string(r) }

// wrong is errWrong with its reason as the cause.
func wrong(r SFTPReason) error {
	return fault.Wrap(r, fault.Unauthenticated, errWrong.Key)
}

// SFTPReasonOf is why SFTPByPassword, SFTPKnows or SFTPByKey refused.
func SFTPReasonOf(err error) SFTPReason {
	var r SFTPReason
	if errors.As(err, &r) {
		return r
	}
	return SFTPFailed
}

// SFTPTry counts the sign-ins of one source that failed for one reason in one hour.
type SFTPTry struct {
	Login       string // empty: none was named, or too many sources in this hour
	Known       bool   // the login exists
	Addr        string // empty: further sources
	Reason      SFTPReason
	Times       int
	First, Last time.Time
}

// Bounds of what is kept: a stranger must not fill the disk.
const (
	maxTrySources = 40 // of one company, or of strangers, in one hour
	maxTries      = 20 // shown
)

// SFTPRefused counts sign-ins that failed, by company, source, reason and hour: those
// under a login, or under a name below a company's own short name, are that company's;
// all others are strangers, of whom no company learns. The first of an hour leaves an
// audit line. It is the door's call, before anybody has signed in.
func (s *Service) SFTPRefused(ctx context.Context, name string, why SFTPReason, times int) error {
	if times <= 0 {
		return nil
	}
	r := sftpTryRow{Addr: OriginOf(ctx).Addr, Reason: string(why), Times: int64(times)}
	if sftpName.MatchString(name) {
		r.Login = name
	}
	err := s.db.View(ctx, func(ctx context.Context) error {
		r.OrgID, r.LoginID = "", ""
		if r.Login == "" {
			return nil
		}
		u, err := findSFTPUser(ctx, "name", r.Login)
		if err != nil || u.ID != "" {
			r.OrgID, r.LoginID = u.OrgID, u.ID
			return err
		}
		slug, _, _ := strings.Cut(r.Login, ".")
		r.OrgID, err = orgIDBySlug(ctx, slug)
		return err
	})
	if err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, r.OrgID), func(ctx context.Context) error {
		row := r
		row.LastAt = db.Micros(db.Now(ctx))
		row.FirstAt = row.LastAt
		first, err := countSFTPTry(ctx, row)
		if err != nil || !first {
			return err
		}
		return audit.Write(ctx, audit.Entry{Org: r.OrgID, Via: "sftp", Action: "sftp.start", SubjectKind: "sftp_user", SubjectID: r.LoginID, Outcome: audit.Denied, Addr: r.Addr})
	})
}

// SFTPTries lists the last sign-ins that failed under logins of the actor's company, the
// newest first. Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) SFTPTries(ctx context.Context, actor access.Actor) ([]SFTPTry, error) {
	if err := access.Check(actor, access.EDIDoorsRead, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	return s.sftpTries(ctx, actor.Org, time.Time{}, maxTries)
}

// SFTPStrangers lists who failed to sign in under no company's name since an instant. It
// is for the platform's operator. Codes: NotFound, Unauthenticated.
func (s *Service) SFTPStrangers(ctx context.Context, actor access.Actor, since time.Time) ([]SFTPTry, error) {
	if err := access.CheckOperator(actor); err != nil {
		return nil, err
	}
	return s.sftpTries(ctx, "", since, 500)
}

func (s *Service) sftpTries(ctx context.Context, org string, since time.Time, most int) ([]SFTPTry, error) {
	out := []SFTPTry{}
	err := s.db.View(db.WithOrgs(ctx, org), func(ctx context.Context) error {
		rows, err := sftpTriesOf(ctx, org, db.Micros(since), most)
		out = out[:0]
		for _, r := range rows {
			out = append(out, SFTPTry{Login: r.Login, Known: r.LoginID != "", Addr: r.Addr, Reason: SFTPReason(r.Reason), Times: int(r.Times), First: db.FromMicros(r.FirstAt), Last: db.FromMicros(r.LastAt)})
		}
		return err
	})
	return out, err
}
