package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"entente/chat/room"
	"entente/db"
	"entente/edi/gateway"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/catalog"
	"entente/prm/deal"
	"entente/prm/fault"
	"entente/prm/lead"
	"entente/prm/promo"
	quotes "entente/prm/quote"
	"entente/prm/trade"
)

// hitsOfAKind is how many hits of one kind a search shows.
const hitsOfAKind = 5

// find searches everything the person may open: orders, deals, quotes, engagements, invoices, messages, documents, topics,
// partners, people, products. It is also the palette.
func find(v *visit) error {
	page := &view.FindPage{Base: v.shell(), URL: v.path("find"), Query: v.search()}
	if page.Query != "" {
		for _, part := range []func(string) ([]view.Hit, error){v.findOrders, v.findDeals, v.findQuotes, v.findEngagements, v.findMappings, v.findInvoices, v.findMessages, v.findDocuments, v.findTopics, v.findPartners, v.findPeople, v.findProducts, v.findCampaigns, v.findSuggestions} {
			hits, err := part(page.Query)
			if err != nil {
				return err
			}
			page.Hits = append(page.Hits, hits...)
		}
	}
	return v.render(page, fragments{"pal-results": "find.results"})
}

func (v *visit) findOrders(q string) ([]view.Hit, error) {
	if !v.lists(access.OrderRead) {
		return nil, nil
	}
	list, err := v.w.d.Trade.List(v.ctx, v.actor(), trade.Filter{Query: q, Limit: hitsOfAKind})
	if err != nil {
		return nil, err
	}
	n, err := v.lookup(orgsOf(list.Items), nil)
	var out []view.Hit
	for _, r := range list.Items {
		state := orderState(r.Order)
		out = append(out, view.Hit{Icon: "package", Title: view.T("order.title", "number", r.Number), Sub: view.Raw(n.org(r.PartnerOf(v.org()))), URL: v.orderURL(r.ID), Status: &state})
	}
	return out, err
}

func (v *visit) findInvoices(q string) ([]view.Hit, error) {
	if !v.lists(access.InvoiceRead) {
		return nil, nil
	}
	list, err := v.w.d.Trade.Invoices(v.ctx, v.actor(), trade.InvoiceFilter{Query: q, Limit: hitsOfAKind})
	if err != nil {
		return nil, err
	}
	var out []view.Hit
	for _, i := range list.Items {
		state := view.Status{State: view.State("invoice." + i.State)}
		out = append(out, view.Hit{Icon: "receipt", Title: view.Raw(i.Number), Sub: view.T("order.title", "number", trade.Orders(i.OrderNumber, i.Orders)), URL: v.path("invoices", string(i.ID)), Status: &state})
	}
	return out, nil
}

func (v *visit) findMessages(q string) ([]view.Hit, error) {
	if !v.lists(access.EDIRead) {
		return nil, nil
	}
	list, err := v.w.d.Gateway.List(v.ctx, v.actor(), gateway.Filter{Query: q, Limit: hitsOfAKind})
	if err != nil {
		return nil, err
	}
	var out []view.Hit
	for _, i := range list.Items {
		state := interchangeStatus(i)
		out = append(out, view.Hit{Icon: "file-code", Title: view.Raw(messageType(i) + " " + i.Control), Sub: view.Raw(i.Reference), URL: v.path("edi", i.ID), Status: &state})
	}
	return out, nil
}

func (v *visit) findPartners(q string) ([]view.Hit, error) {
	c, err := v.partners()
	var out []view.Hit
	for _, p := range c.all {
		if name := c.orgs[p.Other(c.own)].Name; holds(name, q) && len(out) < hitsOfAKind {
			state := view.Status{State: view.State("partner." + string(p.State))}
			out = append(out, view.Hit{Icon: "building-community", Title: view.Raw(name), Sub: view.T("side." + partnerSide(p, c.own)), URL: v.path("partners", p.ID), Status: &state})
		}
	}
	return out, err
}

func (v *visit) findPeople(q string) ([]view.Hit, error) {
	if !v.lists(access.PeopleRead) {
		return nil, nil
	}
	members, err := v.w.d.Accounts.Members(v.ctx, v.actor())
	var out []view.Hit
	for _, m := range members {
		if m.State == account.Active && (holds(m.Person.Name, q) || holds(m.Person.Email, q)) && len(out) < hitsOfAKind {
			out = append(out, view.Hit{Icon: "user", Title: view.Raw(m.Person.Name), Sub: view.Raw(m.Person.Email), URL: v.path("people")})
		}
	}
	return out, err
}

func (v *visit) findProducts(q string) ([]view.Hit, error) {
	if !v.lists(access.CatalogRead) {
		return nil, nil
	}
	list, err := v.w.d.Catalog.List(v.ctx, v.actor(), catalog.Filter{Query: q, Limit: hitsOfAKind})
	var out []view.Hit
	for _, e := range list.Items {
		out = append(out, view.Hit{Icon: "book", Title: view.Raw(e.Name(string(v.p.Language()))), Sub: view.Raw(e.SKU), URL: v.path("catalogue") + "?q=" + queryEscape(e.SKU)})
	}
	return out, err
}

// holds reports whether the name holds the words typed, whatever the case.
func holds(name, typed string) bool {
	return strings.Contains(strings.ToLower(name), strings.ToLower(typed))
}

// What a message links to is shown under it as a card, by the rights of whoever reads it: a
// link to what the reader may not open stays the plain link that it is, whether there is
// such an object or not. Only addresses of this house are looked at, and only by what they
// say; nothing is fetched from anywhere.

// cardsMost is how many cards a message has, and cardsOfKind how many objects of one kind
// a page of messages shows.
const (
	cardsMost   = 5
	cardsOfKind = 200
)

// cardRef names an object that an address leads to.
type cardRef struct{ kind, id string }

func (r cardRef) key() string { return r.kind + ":" + r.id }

// cardKinds are the objects that have cards, with how those of a reader are read: all of
// them at once.
var cardKinds = map[string]func(v *visit, ids []string) (map[string]view.Card, error){
	"order": orderCards, "invoice": invoiceCards, "lead": leadCards, "offer": offerCards, "deal": dealCards, "quote": quoteCards, "promotion": promoCards, "interchange": ediCards,
}

// cardPaths are the addresses of these objects below a company's, without their ids.
var cardPaths = func() map[string]string {
	out := map[string]string{"promotions/": "promotion"}
	for kind := range cardKinds {
		out[strings.TrimSuffix(view.SubjectPath(kind, "-"), "-")] = kind
	}
	return out
}()

// cardRef reads an address of this house, whichever company's it is.
func (v *visit) cardRef(address string) (cardRef, bool) {
	u, err := url.Parse(address)
	if err != nil || u.User != nil {
		return cardRef{}, false
	}
	if own, err := url.Parse(v.absolute("/")); err != nil || !strings.EqualFold(u.Host, own.Host) {
		return cardRef{}, false
	}
	rest, ok := strings.CutPrefix(u.Path, "/c/")
	if !ok {
		return cardRef{}, false
	}
	_, rest, _ = strings.Cut(rest, "/")
	at := strings.LastIndexByte(rest, '/') + 1
	kind, id := cardPaths[rest[:at]], rest[at:]
	return cardRef{kind, id}, kind != "" && db.ValidID(id)
}

// cards are the cards of messages by their numbers: each kind of object is read once.
func (v *visit) cards(lines ...room.Message) (map[int64][]view.Card, error) {
	asked, of := map[string][]string{}, map[int64][]cardRef{}
	for _, m := range lines {
		if m.Kind != room.Said || m.Removed || !strings.Contains(m.Text, "/c/") {
			continue
		}
		for _, at := range linksIn(m.Text) {
			ref, ok := v.cardRef(m.Text[at[0]:at[1]])
			if !ok || len(of[m.Seq]) == cardsMost || slices.Contains(of[m.Seq], ref) {
				continue
			}
			if !slices.Contains(asked[ref.kind], ref.id) {
				if len(asked[ref.kind]) == cardsOfKind {
					continue
				}
				asked[ref.kind] = append(asked[ref.kind], ref.id)
			}
			of[m.Seq] = append(of[m.Seq], ref)
		}
	}
	got := map[cardRef]view.Card{}
	for kind, ids := range asked {
		found, err := cardKinds[kind](v, ids)
		if c := fault.CodeOf(err); c == fault.Forbidden || c == fault.NotFound { // the role reads none of these
			continue
		}
		if err != nil {
			return nil, err
		}
		for id, card := range found {
			card.Key = cardRef{kind, id}.key()
			got[cardRef{kind, id}] = card
		}
	}
	out := map[int64][]view.Card{}
	for seq, refs := range of {
		for _, ref := range refs {
			if card, ok := got[ref]; ok {
				out[seq] = append(out[seq], card)
			}
		}
	}
	return out, nil
}

// roomCards are the cards of some messages of a room, ?m=, with a comma between their
// numbers: what a page that stays open asks for when one is said or its object changes.
func roomCards(v *visit) error {
	var seqs []int64
	for word := range strings.SplitSeq(v.Query("m"), ",") {
		if n, err := strconv.ParseInt(word, 10, 64); err == nil && n > 0 && len(seqs) < roomRows {
			seqs = append(seqs, n)
		}
	}
	said, err := v.w.d.Rooms.Some(v.ctx, v.actor(), room.ID(v.Params("id")), seqs)
	if err != nil {
		return err
	}
	cards, err := v.cards(said...)
	if err != nil {
		return err
	}
	page := &view.RoomsPage{Base: view.Base{P: v.p}, Room: &view.Room{}}
	for _, m := range said {
		page.Room.Messages = append(page.Room.Messages, view.Message{Seq: m.Seq, Cards: cards[m.Seq]})
	}
	return v.send(fiber.StatusOK, page, "rooms.cards")
}

// cardsOf makes the cards of what was found of one kind.
func cardsOf[K ~string, T any](ids []string, some func(ids ...K) (map[K]T, error), card func(T) view.Card) (map[string]view.Card, error) {
	keys := make([]K, len(ids))
	for i, id := range ids {
		keys[i] = K(id)
	}
	found, err := some(keys...)
	out := map[string]view.Card{}
	for id, x := range found {
		out[string(id)] = card(x)
	}
	return out, err
}

// worth is an amount as a fact of a card, left out where there is none.
func worth(m view.Money) []view.Text {
	if m.Currency == "" {
		return nil
	}
	return []view.Text{view.T("card.amount", "amount", m)}
}

func orderCards(v *visit, ids []string) (map[string]view.Card, error) {
	return cardsOf(ids, func(ids ...trade.OrderID) (map[trade.OrderID]trade.Row, error) {
		return v.w.d.Trade.Some(v.ctx, v.actor(), ids...)
	}, func(r trade.Row) view.Card {
		card := view.Card{Icon: "package", Title: view.T("order.title", "number", r.Number), URL: v.orderURL(r.ID), Status: orderState(r.Order)}
		if !r.PricesHidden {
			card.Facts = worth(amount(r.Total))
		}
		if r.OrderedOn != "" {
			card.Facts = append(card.Facts, view.T("card.on", "date", view.Date(r.OrderedOn)))
		}
		return card
	})
}

func invoiceCards(v *visit, ids []string) (map[string]view.Card, error) {
	return cardsOf(ids, func(ids ...trade.InvoiceID) (map[trade.InvoiceID]trade.Invoice, error) {
		return v.w.d.Trade.SomeInvoices(v.ctx, v.actor(), ids...)
	}, func(i trade.Invoice) view.Card {
		card := view.Card{Icon: "receipt", Title: view.T("card.invoice", "number", i.Number), URL: v.path("invoices", string(i.ID)), Status: view.Status{State: view.State("invoice." + i.State)}}
		if !i.PricesHidden {
			card.Facts = worth(amount(i.Gross))
		}
		if i.DueOn != "" {
			card.Facts = append(card.Facts, view.T("card.due", "date", view.Date(i.DueOn)))
		}
		return card
	})
}

func leadCards(v *visit, ids []string) (map[string]view.Card, error) {
	return cardsOf(ids, func(ids ...lead.ID) (map[lead.ID]lead.Lead, error) { return v.w.d.Leads.Some(v.ctx, v.actor(), ids...) }, func(l lead.Lead) view.Card {
		return view.Card{Icon: "user-plus", Title: view.Raw(leadNumber(l.Number) + " · " + l.Title), URL: v.leadURL(l.ID), Status: view.Status{State: view.State("lead." + string(l.State))}, Facts: worth(leadValue(l.Draft))}
	})
}

func offerCards(v *visit, ids []string) (map[string]view.Card, error) {
	return cardsOf(ids, func(ids ...lead.OfferID) (map[lead.OfferID]lead.Offer, error) {
		return v.w.d.Leads.SomeOffers(v.ctx, v.actor(), ids...)
	}, func(o lead.Offer) view.Card {
		card := view.Card{Icon: "user-plus", Title: view.Raw(leadNumber(o.Number) + " · " + o.Teaser.Title), URL: v.offerURL(o.ID), Status: view.Status{State: offerState(o)}}
		if o.Teaser.Value.Currency != "" {
			card.Facts = worth(amount(o.Teaser.Value))
		}
		return card
	})
}

func dealCards(v *visit, ids []string) (map[string]view.Card, error) {
	return cardsOf(ids, func(ids ...deal.ID) (map[deal.ID]deal.Registration, error) {
		return v.w.d.Deals.Some(v.ctx, v.actor(), ids...)
	}, func(r deal.Registration) view.Card {
		row := v.dealRow(r, names{})
		card := view.Card{Icon: "shield-check", Title: view.Raw(r.Code + " · " + r.Title), URL: row.URL, Status: row.Status, Facts: worth(row.Value)}
		if r.CloseOn != "" {
			card.Facts = append(card.Facts, view.T("card.on", "date", view.Date(r.CloseOn)))
		}
		return card
	})
}

func quoteCards(v *visit, ids []string) (map[string]view.Card, error) {
	return cardsOf(ids, func(ids ...quotes.ID) (map[quotes.ID]quotes.Quote, error) {
		return v.w.d.Quotes.Some(v.ctx, v.actor(), ids...)
	}, func(q quotes.Quote) view.Card {
		card := view.Card{Icon: "file-text", Title: view.Raw(q.Number), URL: v.quoteURL(q.ID), Status: quoteState(q), Facts: worth(amount(q.Sum()))}
		if q.Title != "" {
			card.Title = view.Raw(q.Number + " · " + q.Title)
		}
		return card
	})
}

// promoCards lead the owner to the promotion and whoever takes part to its own seat; other
// seats are nobody else's to know.
func promoCards(v *visit, ids []string) (map[string]view.Card, error) {
	return cardsOf(ids, func(ids ...string) (map[string]promo.Head, error) { return v.w.d.Promos.Some(v.ctx, v.actor(), ids...) }, func(h promo.Head) view.Card {
		return view.Card{Icon: "speakerphone", Title: view.Raw(h.Title), URL: v.promoURL(h.ID), Status: view.Status{State: promoState(h.State)}, Facts: []view.Text{promoWindow(h.From, h.Until)}}
	})
}

func ediCards(v *visit, ids []string) (map[string]view.Card, error) {
	return cardsOf(ids, func(ids ...string) (map[string]gateway.Interchange, error) {
		return v.w.d.Gateway.Some(v.ctx, v.actor(), ids...)
	}, func(i gateway.Interchange) view.Card {
		card := view.Card{Icon: "file-code", Title: view.Raw(messageType(i) + " " + i.Control), URL: v.path("edi", i.ID), Status: interchangeStatus(i)}
		if i.Reference != "" {
			card.Facts = []view.Text{view.Raw(i.Reference)}
		}
		return card
	})
}
