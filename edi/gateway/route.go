package gateway

import (
	"context"
	"io"
	"slices"
	"time"

	"entente/db"
	"entente/db/audit"
	"entente/edi/format"
	"entente/edi/guide"
	"entente/edi/schema"
	"entente/edi/translate"
	"entente/prm/access"
	"entente/prm/fault"
)

// Route is how a company receives one kind of document of a partner: each chooses for
// itself. Acknowledgements always follow what they answer.
type Route struct {
	Partnership string
	Org         string // company id of the receiver
	Kind        string // "850", "855", "856" or "810", whatever the standard
	Door        string // a Route… word
	Syntax      string // SyntaxX12, SyntaxEDIFACT or a form, see IsForm; empty: that of the order
	Version     string // GS08, or "D:96A:UN" with EANCOM's association; empty: that of the order
	Changed     time.Time
	ChangedBy   string // person id
}

// The doors of a Route.
const (
	// RouteUsual is the house's own way: a reseller gets what answers its orders at its
	// station if it has one, else in its outbox; a supplier reads orders on the pages.
	RouteUsual  = ""
	RoutePages  = "pages"  // nothing is sent
	RouteOutbox = "outbox" // HTTP, SFTP /out and the company's own SFTP servers
	RouteAS2    = "as2"    // the company's station; the outbox while it has none
	RouteFolder = "folder" // the company's folder on this machine, where the operator gave it one
)

// RouteDoors lists the doors in the order of the form.
var RouteDoors = []string{RouteUsual, RoutePages, RouteOutbox, RouteAS2, RouteFolder}

// Doors lists those that the actor's company may choose, and kept, the one it has.
// Codes: NotFound, Forbidden.
func (s *Service) Doors(ctx context.Context, actor access.Actor, kept string) ([]string, error) {
	if _, err := access.List(actor, access.LinkRead); err != nil {
		return nil, err
	}
	if kept != RouteFolder {
		dir := ""
		if s.folders != nil {
			var err error
			if dir, err = s.folders.FolderOf(ctx, actor.Org); err != nil {
				return nil, err
			}
		}
		if dir == "" {
			return RouteDoors[:len(RouteDoors)-1], nil
		}
	}
	return RouteDoors, nil
}

// RouteFormat is a standard with a release, or a form of ERP systems without one, that
// documents are written in.
type RouteFormat struct{ Syntax, Version string }

// RouteFormats lists what a route may name beside nothing.
var RouteFormats = []RouteFormat{
	{SyntaxX12, "004010"}, {SyntaxX12, "005010"}, {SyntaxEDIFACT, "D:96A:UN"}, {SyntaxEDIFACT, "D:96A:UN:EAN008"}, {SyntaxEDIFACT, "D:01B:UN"}, {SyntaxEDIFACT, "D:01B:UN:EAN010"},
	{format.JSON, ""}, {format.CSV, ""}, {format.XLSX, ""}, {format.IDoc, ""}, {format.IDocXML, ""}, {format.UBL, ""},
}

// routeKinds are what a side receives.
func routeKinds(supplier bool) []string {
	if supplier {
		return []string{"850"}
	}
	return []string{"855", "856", "810"}
}

// Routes returns how the actor's company receives each kind of document in a
// partnership; what nobody chose is RouteUsual.
// Codes: NotFound.
func (s *Service) Routes(ctx context.Context, actor access.Actor, partnership string) ([]Route, error) {
	supplier, _, err := s.linked(ctx, actor, access.LinkRead, partnership)
	if err != nil {
		return nil, err
	}
	var out []Route
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		out = nil
		rows, err := routesOf(ctx, partnership, actor.Org)
		for _, kind := range routeKinds(supplier == actor.Org) {
			r := Route{Partnership: partnership, Org: actor.Org, Kind: kind}
			if x := routeFor(rows, kind); x != nil {
				r = x.route()
			}
			out = append(out, r)
		}
		return err
	})
	return out, err
}

// RoutesOf is Routes of many partnerships, by id, in as many statements as of one; what is
// not the actor's has no entry. Codes: NotFound, Forbidden.
func (s *Service) RoutesOf(ctx context.Context, actor access.Actor, partnerships ...string) (map[string][]Route, error) {
	scope, err := access.List(actor, access.LinkRead)
	if err != nil {
		return nil, err
	}
	out := map[string][]Route{}
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		pairs, err := pairsOf(ctx, scope, partnerships)
		if err != nil {
			return err
		}
		chosen, err := routesOfAll(ctx, scope, partnerships)
		for _, p := range pairs {
			for _, kind := range routeKinds(p.SupplierID == scope.Org()) {
				r := Route{Partnership: p.ID, Org: scope.Org(), Kind: kind}
				if x := routeFor(chosen[p.ID], kind); x != nil {
					r = x.route()
				}
				out[p.ID] = append(out[p.ID], r)
			}
		}
		return err
	})
	return out, err
}

// LastOf says when the last interchange of each of some partnerships was received, by id, in
// one statement; one without any, or that is not the actor's, has no entry.
// Codes: NotFound, Forbidden.
func (s *Service) LastOf(ctx context.Context, actor access.Actor, partnerships ...string) (map[string]time.Time, error) {
	scope, err := access.List(actor, access.EDIRead)
	if err != nil {
		return nil, err
	}
	var out map[string]time.Time
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		out, err = lastOf(ctx, scope, partnerships)
		return err
	})
	return out, err
}

// SetRoutes chooses how the actor's company receives documents in a partnership: those
// named, the others stay. What was made before keeps its way.
// Codes: NotFound, Forbidden, Invalid (a kind that it does not receive, an unknown door
// or format).
func (s *Service) SetRoutes(ctx context.Context, actor access.Actor, partnership string, routes []Route) error {
	supplier, reseller, err := s.linked(ctx, actor, access.LinkManage, partnership)
	if err != nil {
		return err
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	kinds := routeKinds(supplier == actor.Org)
	for _, r := range routes {
		if !slices.Contains(kinds, r.Kind) {
			bad.With("kind", "edi.route_kind", "Kind", text(r.Kind, 10))
			continue
		}
		if !slices.Contains(RouteDoors, r.Door) {
			bad.With("door_"+r.Kind, "edi.route_door")
		}
		if r.Door == RouteFolder {
			if doors, err := s.Doors(ctx, actor, ""); err != nil {
				return err
			} else if !slices.Contains(doors, RouteFolder) {
				bad.With("door_"+r.Kind, "edi.no_folder")
			}
		}
		if f := (RouteFormat{r.Syntax, r.Version}); f != (RouteFormat{}) && !slices.Contains(RouteFormats, f) {
			bad.With("format_"+r.Kind, "edi.route_format")
		}
	}
	if err := bad.OrNil(); err != nil {
		return err
	}
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		for _, r := range routes {
			err := saveRoute(ctx, &routeRow{
				PartnershipID: partnership, OrgID: actor.Org, Kind: r.Kind, SupplierID: supplier, ResellerID: reseller, Door: r.Door, Syntax: r.Syntax, Version: r.Version,
				Changed: db.Micros(db.Now(ctx)), ChangedBy: actor.Person,
			})
			if err != nil {
				return err
			}
		}
		return audit.Write(ctx, audit.Entry{Org: actor.Org, Person: actor.Person, Via: actor.Via, Action: "edi.routes", SubjectKind: "partnership", SubjectID: partnership, Outcome: audit.Done})
	})
}

// linked checks that the actor may do something about a partnership's connection.
func (s *Service) linked(ctx context.Context, actor access.Actor, do access.Action, partnership string) (supplier, reseller string, err error) {
	if _, err := access.List(actor, access.LinkRead); err != nil {
		return "", "", err
	}
	supplier, reseller, err = s.partners.Sides(ctx, actor, partnership)
	if err == nil {
		err = access.Check(actor, do, access.Shared(supplier, reseller))
	}
	return supplier, reseller, err
}

// RouteTo says how the receiver of a document wants it: the partner's choice, for those
// who make documents. The actor is the system of the sending company.
// Codes: NotFound, Forbidden (a person).
func (s *Service) RouteTo(ctx context.Context, actor access.Actor, partnership, org, kind string) (Route, error) {
	if _, _, err := s.linked(ctx, actor, access.LinkRead, partnership); err != nil {
		return Route{}, err
	}
	if actor.Person != "" {
		return Route{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	out := Route{Partnership: partnership, Org: org, Kind: kind}
	err := s.db.View(db.WithOrgs(ctx, actor.Org, org), func(ctx context.Context) error {
		r, err := routeLike(ctx, partnership, org, kind)
		if r != nil {
			out = r.route()
			out.Kind = kind
		}
		return err
	})
	return out, err
}

// twinKinds are the X12 names of messages that have a route.
var twinKinds = map[string]string{"ORDERS": "850", "ORDRSP": "855", "DESADV": "856", "INVOIC": "810", "ORDCHG": "860", "RETANN": "180", "RETINS": "180", "RECADV": "861", "REMADV": "820"}

// likeKinds are the kinds whose way a document takes: what follows an order goes as the
// order does to the supplier, and as its answer to the reseller.
var likeKinds = map[string][]string{"860": {"850"}, "861": {"850"}, "820": {"850"}, "865": {"855"}, "180": {"850", "855"}}

// routeLike is the way that a company chose for a kind, nil where it chose none.
func routeLike(ctx context.Context, partnership, org, kind string) (*routeRow, error) {
	routes, err := routesOf(ctx, partnership, org)
	return likeAmong(routes, kind), err
}

func likeAmong(routes []routeRow, kind string) *routeRow {
	kinds := likeKinds[kind]
	if kinds == nil {
		kinds = []string{kind}
	}
	for _, k := range kinds {
		if r := routeFor(routes, k); r != nil {
			return r
		}
	}
	return nil
}

// offer decides by which door a document goes that we made and nothing holds, by what its
// receiver chose: into its folder, its outbox, or to the courier, where neither was chosen
// and no network carries it. It joins the transaction that stores r.
// Codes: Conflict edi.no_account (of byNetwork).
func (s *Service) offer(ctx context.Context, r *interchangeRow, t *Terms) error {
	r.Delivery, r.Way = DeliveryWaiting, RouteUsual
	if r.Network != "" {
		return s.byNetwork(ctx, r)
	}
	door, err := s.doorOf(ctx, r, t)
	switch {
	case err != nil:
		return err
	case door == RouteFolder:
		r.Way = RouteFolder
	case door != RouteOutbox && s.courier != nil:
		taken, err := s.courier.Take(ctx, r.view())
		if err != nil {
			return err
		}
		if taken {
			r.Delivery, r.Way = DeliverySending, RouteAS2
		}
	}
	return nil
}

// doorOf is the door that the receiver of r chose. Acknowledgements go into its folder
// where it has anything of the partnership put there. An agreement that says folder is
// the choice of who made none, where the operator gave it a folder.
func (s *Service) doorOf(ctx context.Context, r *interchangeRow, t *Terms) (string, error) {
	routes, err := routesOf(ctx, r.PartnershipID, r.ReceiverID)
	if err != nil {
		return "", err
	}
	kind := r.Types
	if k := twinKinds[kind]; k != "" {
		kind = k
	}
	door := RouteUsual
	if acknowledges(kind) {
		if slices.ContainsFunc(routes, func(x routeRow) bool { return x.Door == RouteFolder }) {
			door = RouteFolder
		}
	} else if x := likeAmong(routes, kind); x != nil {
		door = x.Door
	}
	if door != RouteUsual || !t.side(r.ReceiverID == r.SupplierID).Folder || s.folders == nil {
		return door, nil
	}
	dir, err := s.folders.FolderOf(ctx, r.ReceiverID)
	if err == nil && dir != "" {
		door = RouteFolder
	}
	return door, err
}

// Document reads the business document of one set again, as it was translated when it
// came, in the supplier's codes where those were agreed; nil where it has none.
// Codes: NotFound.
func (s *Service) Document(ctx context.Context, actor access.Actor, id string, position int) (translate.Document, error) {
	var r *interchangeRow
	var terms *Terms
	err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		if r, err = interchangeByID(ctx, id); err != nil {
			return err
		}
		if err = access.Check(actor, access.EDIRead, r.resource()); err != nil {
			return err
		}
		terms, err = s.termsAt(ctx, r.PartnershipID, r.judged())
		return err
	})
	if err != nil {
		return nil, err
	}
	if IsForm(r.Syntax) {
		d, err := s.formDocument(ctx, r, position)
		x, ok := d.(translate.Document)
		if err == nil && ok && r.SenderID == r.ResellerID {
			terms.Codes.In(x)
		}
		return x, err
	}
	body, err := s.open(ctx, r)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	v := &oneDocument{}
	err = schema.Read(body, terms.options(guide.WithAssociations(schema.Options{Limits: s.opt.Limits, SkipSets: position - 1})), v)
	if v.found {
		if v.doc != nil && r.SenderID == r.ResellerID {
			terms.Codes.In(v.doc)
		}
		return v.doc, nil
	}
	if err == nil {
		err = notFound()
	}
	return nil, err
}

// oneDocument stops after the first set it is shown.
type oneDocument struct {
	doc   translate.Document
	found bool
}

func (*oneDocument) Interchange(*schema.Interchange) error    { return nil }
func (*oneDocument) Group(*schema.Group) error                { return nil }
func (*oneDocument) GroupEnd(*schema.Group) error             { return nil }
func (*oneDocument) InterchangeEnd(*schema.Interchange) error { return nil }

// Set translates the set and ends the reading.
func (v *oneDocument) Set(set *schema.Set) error {
	v.doc, _ = translate.Read(set)
	v.found = true
	return io.EOF
}
