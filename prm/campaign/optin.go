package campaign

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/landing"
)

// OptInLife is how long the link of a confirmation works.
const OptInLife = 7 * 24 * time.Hour

// askPause is how long nobody is asked again at the same address, so that a form cannot
// flood a mailbox.
const askPause = 24 * time.Hour

// OptIn is what is kept of somebody who asked on a public page to be written to: what they
// agreed to word for word, when and from where, and when and from where the address was
// confirmed by its link. Until then no campaign writes to the address.
type OptIn struct {
	Language      string
	Consent       string // the text
	ConsentMark   string // its SHA-256 as 16 hex digits: the version of the text
	Asked         time.Time
	AskedFrom     string // network address
	Expires       time.Time
	Confirmed     time.Time // zero: it was not
	ConfirmedFrom string
}

// Confirmation is a mail that asks whether an address is of whoever wrote it into a form.
type Confirmation struct {
	Wish, Org     string // Org: whose page it was
	Others        []string
	Address, Name string
	Language      string
	Consent       string
	Expires       time.Time
	Key           string
}

// Asks posts confirmations. It is a port: portal/mail implements it.
type Asks interface {
	// PostConfirmation puts one into the outbox, in the caller's transaction.
	PostConfirmation(ctx context.Context, c Confirmation) error
}

// Confirm ties who posts confirmations, once while wiring.
func (s *Service) Confirm(a Asks) { s.asks = a }

// consentMark is the version of a text that people agree to.
func consentMark(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// Ask takes what somebody wrote on a public page: unless the address agreed before, one mail
// asks it to confirm, and no campaign writes to it until then; landing.Mailing. Whoever was
// asked a short while ago gets no second mail. It joins the transaction of ctx.
func (s *Service) Ask(ctx context.Context, w landing.Wish) error {
	if s.asks == nil || w.Mail == "" || len(w.Orgs) == 0 {
		return nil
	}
	return s.db.InTx(db.WithOrgs(ctx, w.Orgs...), func(ctx context.Context) error {
		now, mark, wish := db.Now(ctx), Mark(w.Mail), db.NewID()
		post, some := true, false
		for _, org := range w.Orgs {
			old, err := optInsOf(ctx, org, []string{mark})
			if err != nil {
				return err
			}
			x, asked := old[mark]
			if asked && x.Confirmed > 0 {
				continue
			}
			if !asked {
				known, err := agreedBefore(ctx, org, w.Mail, now)
				if err != nil {
					return err
				}
				if known { // it was written to before, and is not bothered
					continue
				}
			}
			if asked && now.Sub(db.FromMicros(x.Asked)) < askPause {
				post = false
				continue
			}
			some = true
			if err := insertOptIn(ctx, optInRow{ID: db.NewID(), OrgID: org, Address: mark, ContactID: w.Contacts[org], PageID: w.Page, Language: w.Language, Consent: w.Consent, ConsentMark: consentMark(w.Consent), WishID: wish, Asked: db.Micros(now), AskedFrom: w.From, Expires: db.Micros(now.Add(OptInLife))}); err != nil {
				return err
			}
		}
		if !some || !post {
			return nil
		}
		return s.asks.PostConfirmation(ctx, Confirmation{Wish: wish, Org: w.Of, Others: w.Orgs, Address: w.Mail, Name: w.Name, Language: w.Language, Consent: w.Consent, Expires: now.Add(OptInLife), Key: "optin:" + wish})
	})
}

// ConfirmAddress notes that whoever reads an address asked for mail: the link of the mail is
// the proof, and the network address it was opened from is kept with it. A link confirms once; a second use changes nothing.
// Codes: NotFound (no such wish), Conflict (the link is too old).
func (s *Service) ConfirmAddress(ctx context.Context, org, wish, from string) error {
	actor := access.System("optin", org)
	return s.db.InTx(db.WithOrgs(ctx, org), func(ctx context.Context) error {
		rows, err := optInsByWish(ctx, wish)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return notFound()
		}
		now := db.Now(ctx)
		for _, r := range rows {
			switch {
			case r.Confirmed > 0:
				continue
			case db.FromMicros(r.Expires).Before(now):
				return fault.New(fault.Conflict, "optin.late")
			}
			if err := confirmOptIn(ctx, r.ID, db.Micros(now), from); err != nil {
				return err
			}
			if err := audit.Write(ctx, audit.Entry{Org: r.OrgID, Via: actor.Via, Action: "campaign.optin", SubjectKind: "mail_optin", SubjectID: r.ID, Outcome: audit.Done}); err != nil {
				return err
			}
		}
		return nil
	})
}

// OptIns says of mail addresses of the actor's company what is kept of their wish to be
// written to; those that never asked on a page are not in it.
// Codes: Unauthenticated, Forbidden, NotFound.
func (s *Service) OptIns(ctx context.Context, actor access.Actor, addresses []string) (map[string]OptIn, error) {
	if err := access.Check(actor, access.CampaignRead, access.Own(actor.Org)); err != nil {
		return nil, err
	}
	out := map[string]OptIn{}
	err := s.view(ctx, actor, func(ctx context.Context) error {
		marks := make([]string, 0, len(addresses))
		for _, a := range addresses {
			if a != "" {
				marks = append(marks, Mark(a))
			}
		}
		rows, err := optInsOf(ctx, actor.Org, marks)
		for _, a := range addresses {
			if r, ok := rows[Mark(a)]; ok && a != "" {
				out[a] = r.optIn()
			}
		}
		return err
	})
	return out, err
}
