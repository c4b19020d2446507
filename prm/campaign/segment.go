package campaign

import (
	"context"
	"time"

	"entente/db"
	"entente/prm/customer"
)

// candidate is a contact with what is asked of its customer.
type candidate struct {
	Recipient
	external, sorted string
	may              bool
	basis            string
	given, withdrawn time.Time
}

// lens holds what a segment asks for of the customers of some contacts.
type lens struct {
	segment  Segment
	since    string // civil date; who bought after it is left out
	bought   *purchases
	standing map[customer.ID]standing
	trade    map[customer.ID]bool // of the industries
}

// standing is what a customer's leads and registrations say.
type standing struct{ open, won, lost bool }

// purchases are the last days on which customers bought.
type purchases struct{ byID, byCode, byName map[string]string }

func (p *purchases) last(k candidate) string {
	day := p.byID[string(k.Customer)]
	if k.external != "" {
		day = max(day, p.byCode[k.external])
	}
	return max(day, p.byName[k.sorted])
}

// look reads what a segment needs of some contacts.
func look(ctx context.Context, org string, s Segment, list []candidate) (lens, error) {
	l := lens{segment: s}
	var err error
	if len(list) == 0 {
		return l, nil
	}
	if len(s.Bought) > 0 || s.NotSince > 0 {
		if l.bought, err = purchasesOf(ctx, org, s.Bought, list); err != nil {
			return l, err
		}
		if s.NotSince > 0 {
			l.since = db.Now(ctx).AddDate(0, 0, -s.NotSince).Format(time.DateOnly)
		}
	}
	if s.Lead != "" {
		if l.standing, err = standings(ctx, org, list); err != nil {
			return l, err
		}
	}
	if len(s.Industries) > 0 {
		l.trade, err = inIndustries(ctx, org, s.Industries, list)
	}
	return l, err
}

// in says whether a contact is of the segment.
func (l lens) in(k candidate) bool {
	if l.bought != nil {
		last := l.bought.last(k)
		if len(l.segment.Bought) > 0 && last == "" || l.since != "" && last >= l.since {
			return false
		}
	}
	if l.trade != nil && !l.trade[k.Customer] {
		return false
	}
	st, known := l.standing[k.Customer]
	switch l.segment.Lead {
	case LeadNone:
		return !known
	case LeadOpen:
		return st.open
	case LeadWon:
		return st.won
	case LeadLost:
		return st.lost && !st.open && !st.won
	}
	return true
}

// stop is why an address is not written to any more.
type stop struct {
	reason string
	at     time.Time
}

// rules are what is known of the addresses of some contacts.
type rules struct {
	stops  map[string]stop
	recent map[string]bool     // had a mail about the promotion
	taken  map[string]bool     // have a mail of the campaign
	wishes map[string]optInRow // asked for mail on a public page
}

// judge says why a contact gets no mail, empty for one that does.
func (r rules) judge(k candidate) string {
	mark := Mark(k.Mail)
	st := r.stops[mark]
	switch {
	case k.Mail == "":
		return NoAddress
	case !k.may && !k.withdrawn.IsZero(), st.reason == Unsubscribed && !k.given.After(st.at):
		return Unsubscribed
	case !k.may:
		return NoConsent
	case !agreed(k.basis):
		return OtherBasis
	case k.basis == customer.BasisForm && r.wishes[mark].ID != "" && r.wishes[mark].Confirmed == 0:
		return Unconfirmed
	case st.reason == Refused && !k.given.After(st.at): // whoever agrees anew has an address
		return Refused
	case r.recent[mark]:
		return Recent
	case r.taken[mark]:
		return Twice
	}
	return ""
}

// rulesFor reads what is known of the addresses of contacts.
func rulesFor(ctx context.Context, c Campaign, list []candidate) (rules, error) {
	marks := make([]string, len(list))
	for i, k := range list {
		marks[i] = Mark(k.Mail)
	}
	var r rules
	var err error
	if r.stops, err = stopsOf(ctx, c.Org, marks); err != nil {
		return r, err
	}
	if r.wishes, err = optInsOf(ctx, c.Org, marks); err != nil {
		return r, err
	}
	r.recent, r.taken, err = mailedOf(ctx, c, marks, db.Now(ctx).AddDate(0, 0, -c.Pause))
	return r, err
}
