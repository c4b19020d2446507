package web

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/db"
	"entente/portal/locale"
	"entente/portal/view"
	"entente/prm/access"
	"entente/static"
)

func (v *visit) has(key string) bool { return locale.Has(v.p.Language(), key) }

// icon is the name when the sprite holds it, else nothing: the part's own default
// shows.
func (v *visit) icon(name string) string {
	if name == "" || !static.HasIcon(name) {
		return ""
	}
	return name
}

// shell fills what every page holds, once per request: who acts for whom, what
// they may open, what waits for them.
func (v *visit) shell() view.Base {
	if v.base != nil {
		return *v.base
	}
	b := view.Base{P: v.p, Theme: v.theme, CSRF: v.login.CSRF, Key: db.NewID(), Path: v.OriginalURL(), Demo: v.w.d.Demo}
	v.base = &b
	if !v.known() {
		if !cookieless(v.Path()) {
			b.CSRF = v.entryToken()
		}
		*v.base = b
		return b
	}
	b.Person = &view.Person{ID: v.login.Person.ID, Name: v.login.Person.Name, Online: true}
	b.Operator = v.login.Person.Operator
	for _, seat := range v.login.Seats {
		b.Companies = append(b.Companies, view.Company{ID: seat.Org.ID, Slug: seat.Org.Slug, Name: seat.Org.Name, Note: view.Raw(seat.Org.City)})
	}
	if v.Method() == "GET" && !v.htmx() && v.route.Name != "error" {
		b.Toasts = v.flash().toast()
	}
	if v.org() != "" {
		b.Company = &view.Company{ID: v.org(), Slug: v.login.Org.Slug, Name: v.login.Org.Name, Note: view.Raw(v.login.Org.City)}
		b.Live = v.lists(access.RoomRead)
		b.Nav = v.nav()
	}
	*v.base = b
	return b
}

// navRights says which right opens which entry; home and inbox are everybody's.
var navRights = []struct {
	id  view.NavID
	act access.Action
}{
	{view.NavLeads, access.OfferRead}, {view.NavDeals, access.DealRead}, {view.NavQuotes, access.QuoteRead}, {view.NavEngagements, access.EngageRead}, {view.NavPromotions, access.PromoRead}, {view.NavFunds, access.FundRead}, {view.NavSellThrough, access.SellRead}, {view.NavCustomers, access.CustomerRead}, {view.NavOrders, access.OrderRead}, {view.NavInvoices, access.InvoiceRead}, {view.NavApprovals, access.ApprovalRead}, {view.NavCatalogue, access.CatalogRead}, {view.NavEDI, access.EDIRead}, {view.NavConnections, access.LinkManage}, {view.NavCertificates, access.LinkManage}, {view.NavMaps, access.LinkManage},
	{view.NavRooms, access.RoomRead}, {view.NavForum, access.ForumRead}, {view.NavLibrary, access.LibraryRead}, {view.NavPartners, access.PartnerRead}, {view.NavPeople, access.PeopleRead}, {view.NavCompany, access.OrgRead}, {view.NavMail, access.MailRead},
}

// nav is what the person may open, with three counters. A counter that cannot be
// read shows none: the page behind it says what is wrong.
func (v *visit) nav() []view.NavItem {
	items := []view.NavItem{{ID: view.NavHome}, {ID: view.NavInbox}}
	if n, err := v.w.d.Notify.Unread(v.ctx, v.actor()); err == nil {
		items[1].Count = n.Unread
		if n.Urgent > 0 {
			items[1].Tone = view.NavWrong
		}
	}
	for _, r := range navRights {
		if !v.lists(r.act) {
			continue
		}
		item := view.NavItem{ID: r.id}
		switch r.id {
		case view.NavOrders:
			if n, err := v.w.d.Trade.Counts(v.ctx, v.actor()); err == nil && n.Waiting > 0 {
				item.Count, item.Tone = n.Waiting, view.NavWaits
			}
		case view.NavApprovals:
			if n, err := v.w.d.Approvals.Waits(v.ctx, v.actor()); err == nil && n > 0 {
				item.Count, item.Tone = n, view.NavWaits
			}
		case view.NavLeads:
			if n, err := v.w.d.Leads.ReceivedCounts(v.ctx, v.actor()); err == nil && n.Offered+n.Stale > 0 {
				item.Count, item.Tone = n.Offered+n.Stale, view.NavWaits
			}
		case view.NavDeals:
			if n := v.dealsWaiting(); n > 0 {
				item.Count, item.Tone = n, view.NavWaits
			}
		case view.NavQuotes:
			if n := v.quotesWaiting(); n > 0 {
				item.Count, item.Tone = n, view.NavWaits
			}
		case view.NavEngagements:
			if n := v.engagementsWaiting(); n > 0 {
				item.Count, item.Tone = n, view.NavWaits
			}
		case view.NavFunds:
			if n, err := v.w.d.Funds.Waiting(v.ctx, v.actor()); err == nil && n > 0 {
				item.Count, item.Tone = n, view.NavWaits
			}
		case view.NavRooms:
			if n, err := v.w.d.Rooms.Unread(v.ctx, v.actor()); err == nil {
				item.Count = n
			}
		}
		items = append(items, item)
	}
	return items
}

// flashCookie carries what a redirect has to say to the next page: toasts, and
// secrets that are shown once. It is sealed (AES-256-GCM), bound to the session
// and lives a minute.
const (
	flashCookie = "entente_flash"
	flashLife   = time.Minute
)

// flash is the content of the cookie.
type flash struct {
	Key  string            `json:"k,omitempty"` // locale key of the toast
	Args map[string]string `json:"a,omitempty"`
	Bad  bool              `json:"b,omitempty"`
	Once *once             `json:"o,omitempty"`
	Till int64             `json:"t"` // seconds since the epoch
}

// once is a secret that the next page shows, and no page after it.
type once struct {
	Kind    string    `json:"k"` // "link", "token" or "sftp"
	Purpose string    `json:"p,omitempty"`
	Secret  string    `json:"s"`
	Name    string    `json:"n,omitempty"`
	Email   string    `json:"e,omitempty"`
	Expires time.Time `json:"x"`
}

type sealer struct{ aead cipher.AEAD }

func newSealer(secret []byte) (sealer, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "entente flash cookie", 32)
	if err != nil {
		return sealer{}, fmt.Errorf("web: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, fmt.Errorf("web: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return sealer{}, fmt.Errorf("web: %w", err)
	}
	return sealer{aead}, nil
}

// close seals the value for one session.
func (s sealer) close(value any, session string) (string, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("web: %w", err)
	}
	nonce := make([]byte, s.aead.NonceSize())
	_, _ = rand.Read(nonce)
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nonce, nonce, raw, []byte(session))), nil
}

// open reads what close wrote; false for anything else.
func (s sealer) open(sealed, session string, value any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(raw) < s.aead.NonceSize() {
		return false
	}
	n := s.aead.NonceSize()
	plain, err := s.aead.Open(nil, raw[:n], raw[n:], []byte(session))
	return err == nil && json.Unmarshal(plain, value) == nil
}

// setFlash leaves a message for the next page.
func (v *visit) setFlash(f flash) {
	f.Till = v.now.Add(flashLife).Unix()
	text, err := v.w.seal.close(f, v.sessionID())
	if err != nil {
		v.w.d.Log.Error("flash not written", "error", err)
		return
	}
	v.Cookie(&fiber.Cookie{Name: flashCookie, Value: text, Path: "/", HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode, Secure: v.secure(), MaxAge: int(flashLife / time.Second)})
}

// flash reads the message and takes the cookie away; the same visit may ask again.
func (v *visit) flash() flash {
	if v.said != nil {
		return *v.said
	}
	f := v.takeFlash()
	v.said = &f
	return f
}

func (v *visit) takeFlash() flash {
	text := v.Cookies(flashCookie)
	if text == "" {
		return flash{}
	}
	v.Cookie(&fiber.Cookie{Name: flashCookie, Path: "/", HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode, Secure: v.secure(), MaxAge: -1, Expires: time.Unix(1, 0)})
	var f flash
	if !v.w.seal.open(text, v.sessionID(), &f) || v.now.Unix() > f.Till {
		return flash{}
	}
	return f
}

// toast is the flash as the page shows it.
func (f flash) toast() []view.Toast {
	if f.Key == "" {
		return nil
	}
	return []view.Toast{{Text: view.T(f.Key, pairs(f.Args)...), Bad: f.Bad}}
}

// pairs turns named values into name, value pairs.
func pairs[V any](m map[string]V) []any {
	out := make([]any, 0, 2*len(m))
	for k, v := range m {
		out = append(out, k, v)
	}
	return out
}
