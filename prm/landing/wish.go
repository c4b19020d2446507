package landing

import "context"

// Wish is that of somebody who filled in the form of a page to be written to by mail.
type Wish struct {
	Of       string            // the participant, whose page it is
	Orgs     []string          // the companies that were named: the participant and the owner
	Contacts map[string]string // by company, the contact that the form made, where there is one
	Page     string            // id of the page
	Mail     string
	Name     string
	Language string
	Consent  string // the text that was shown
	From     string // network address: kept as proof of the wish, and nowhere else
}

// Mailing is told who wants to be written to. It is a port: prm/campaign implements it.
type Mailing interface {
	// Ask takes a wish, in the caller's transaction.
	Ask(ctx context.Context, w Wish) error
}

// Tell ties who writes to people who filled in forms, once while wiring.
func (s *Service) Tell(m Mailing) { s.mails = m }
