package mailin

import (
	"context"
	"slices"

	"entente/db"
	"entente/portal/letter"
)

const sealBounce = "mail bounce"

// Bounces knows the mails that may come back; *mail.Campaigns does.
type Bounces interface {
	// Returnable gives the company of a mail that was sent. Codes: NotFound.
	Returnable(ctx context.Context, mail string) (org string, err error)
	// Returned notes that a mail could not be delivered, with a status of RFC 3463. Safe to repeat.
	Returned(ctx context.Context, org, mail, status string) error
}

// BounceAddress is where a mail comes back to that cannot be delivered, "" where nothing
// comes in. It proves which mail it was: what names another one is not taken.
func (s *Service) BounceAddress(mail string) string {
	if s.Domain == "" || !db.ValidID(mail) {
		return ""
	}
	return s.Name + "+" + mail + b32.EncodeToString(s.Secrets.Sign(mail, sealBounce)[:signed]) + "@" + s.Domain
}

// bounce is the address of a mail that may come back.
func (s *Service) bounce(ctx context.Context, id string) (Reply, error) {
	org, err := s.Bounces.Returnable(ctx, id)
	if err != nil {
		return Reply{}, err
	}
	return Reply{row: replyRow{ID: id, OrgID: org, PersonID: "bounces of " + org}, bounce: true}, nil
}

// returned takes what came to the addresses of mails that may come back, and leaves the
// others. Reports of a failure are noted; all else there, such as an absence, is dropped.
func (s *Service) returned(ctx context.Context, to []Reply, raw []byte) ([]Reply, error) {
	rest := slices.DeleteFunc(slices.Clone(to), func(r Reply) bool { return r.bounce })
	if len(rest) == len(to) {
		return to, nil
	}
	status, ok := letter.Bounce(raw)
	if !ok {
		return rest, nil
	}
	for _, r := range to {
		if r.bounce {
			if err := s.Bounces.Returned(ctx, r.row.OrgID, r.row.ID, status); err != nil {
				return nil, err
			}
		}
	}
	return rest, nil
}
