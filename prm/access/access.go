// Package access decides who may do what. It is pure: an Actor asks to do an
// Action on a Resource; the answer follows from the side the actor's company
// has on the object and the roles of the membership, never from a kind of
// company. The table in policy.go is the whole policy; its golden matrix is
// testdata/matrix.golden.
//
// What a company has no side on does not exist for it: Check answers NotFound.
// Forbidden is said only about an object the actor may see.
package access

import (
	"slices"
	"strings"

	"entente/prm/fault"
)

// Role is one of the roles of a membership (PRODUCT.md, People).
type Role string

// The roles. Admin stands for people, settings and all the others.
const (
	Admin   Role = "admin"
	Manager Role = "manager"
	Sales   Role = "sales"
	Buyer   Role = "buyer"
	Finance Role = "finance"
	EDI     Role = "edi"
	Viewer  Role = "viewer"
)

// Roles lists every role in the order of the matrix.
var Roles = []Role{Admin, Manager, Sales, Buyer, Finance, EDI, Viewer}

// ParseRoles reads "admin,sales"; unknown words are an Invalid fault.
func ParseRoles(s string) ([]Role, error) {
	var out []Role
	for w := range strings.SplitSeq(s, ",") {
		r := Role(strings.TrimSpace(w))
		if r == "" {
			continue
		}
		if !slices.Contains(Roles, r) {
			return nil, fault.InvalidField("role", "account.unknown_role", "Role", string(r))
		}
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		return nil, fault.InvalidField("role", "account.role_missing")
	}
	return out, nil
}

// JoinRoles writes roles as ParseRoles reads them.
func JoinRoles(rs []Role) string {
	w := make([]string, len(rs))
	for i, r := range rs {
		w[i] = string(r)
	}
	return strings.Join(w, ",")
}

// Side is what the actor's company is to an object.
type Side string

// The sides. Member is a company that takes part without being owner, supplier
// or reseller (a room, a promotion); None sees nothing.
const (
	None     Side = "none"
	Owner    Side = "owner"
	Supplier Side = "supplier"
	Reseller Side = "reseller"
	Member   Side = "member"
)

// Sides lists the sides in the order of the matrix.
var Sides = []Side{Owner, Supplier, Reseller, Member, None}

// Actor is who acts: a person in one company, through a session or a token.
// The zero Actor is anonymous and may do nothing.
type Actor struct {
	Person   string   // person id
	Org      string   // id of the company acted for; "" outside any company
	Roles    []Role   // present roles in that company
	Operator bool     // platform operator: sees sizes and states, never content
	Scopes   []string // scopes of an API token; nil for a session (all)
	Via      string   // "session:ID", "token:ID", "system:NAME", for the audit log
}

// System is an actor for background work on behalf of one company; name appears
// in the audit log.
func System(name, org string) Actor {
	return Actor{Org: org, Roles: []Role{Admin}, Via: "system:" + name}
}

// Station is a company's own system at a door that no person stands behind, such as
// SFTP: it sends and fetches the company's documents and does nothing else. name
// appears in the audit log.
func Station(name, org string) Actor {
	return Actor{Org: org, Roles: []Role{EDI}, Scopes: []string{"edi:read", "edi:write"}, Via: "station:" + name}
}

// Known reports whether the actor is somebody.
func (a Actor) Known() bool {
	return a.Person != "" || strings.HasPrefix(a.Via, "system:") || strings.HasPrefix(a.Via, "station:")
}

// Has reports whether the actor holds the role (admin holds all).
func (a Actor) Has(r Role) bool {
	return slices.Contains(a.Roles, r) || slices.Contains(a.Roles, Admin)
}

// Resource names the companies of an object. Empty fields match nobody.
type Resource struct {
	Owner    string   // the company that owns it alone
	Supplier string   // supplying company of a shared object
	Reseller string   // reselling company of a shared object
	Members  []string // companies taking part
}

// Own is a resource of one company.
func Own(org string) Resource { return Resource{Owner: org} }

// Shared is a resource of a partnership.
func Shared(supplier, reseller string) Resource {
	return Resource{Supplier: supplier, Reseller: reseller}
}

// SideOf returns what org is to the resource.
func (r Resource) SideOf(org string) Side {
	switch {
	case org == "":
		return None
	case org == r.Owner:
		return Owner
	case org == r.Supplier:
		return Supplier
	case org == r.Reseller:
		return Reseller
	case slices.Contains(r.Members, org):
		return Member
	}
	return None
}

// Check says whether the actor may do the action on the resource.
// Codes: Unauthenticated (nobody), NotFound (no side, or may not even read it),
// Forbidden (may read it but not this; or the token lacks the scope).
func Check(a Actor, act Action, r Resource) error {
	if !a.Known() {
		return fault.New(fault.Unauthenticated, "error.signed_out")
	}
	p, ok := policy[act]
	if !ok {
		return fault.New(fault.Internal, "error.internal", "Action", string(act))
	}
	side := r.SideOf(a.Org)
	if side == None || !p.visible(a, side) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	if !p.allows(a, side) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	return scope(a, p)
}

// Allowed is Check as a boolean, for templates that hide a button.
func Allowed(a Actor, act Action, r Resource) bool { return Check(a, act, r) == nil }

// Scope is the proof that a list query was asked for by somebody who may read
// such objects. Stores take it instead of a bare company id, so that no list can
// be written without one; every row returned has Org as one of its companies.
type Scope struct{ org string }

// Org is the company whose rows may be returned.
func (s Scope) Org() string { return s.org }

// List returns the scope for reading many objects of a kind.
// Codes: Unauthenticated, Forbidden (no role on any side, or the token's scope).
func List(a Actor, act Action) (Scope, error) {
	if !a.Known() {
		return Scope{}, fault.New(fault.Unauthenticated, "error.signed_out")
	}
	p, ok := policy[act]
	if !ok || a.Org == "" {
		return Scope{}, fault.New(fault.NotFound, "error.not_found")
	}
	for side := range p.sides {
		if p.allows(a, side) {
			if err := scope(a, p); err != nil {
				return Scope{}, err
			}
			return Scope{a.Org}, nil
		}
	}
	return Scope{}, fault.New(fault.Forbidden, "error.forbidden")
}

// CheckOperator says whether the actor runs the platform.
func CheckOperator(a Actor) error {
	if !a.Known() {
		return fault.New(fault.Unauthenticated, "error.signed_out")
	}
	if !a.Operator || a.Scopes != nil {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return nil
}

// ScopeNames lists the scopes a token may be given.
func ScopeNames() []string {
	var out []string
	for _, p := range policy {
		if p.scope != "" && !slices.Contains(out, p.scope) {
			out = append(out, p.scope)
		}
	}
	slices.Sort(out)
	return out
}

func scope(a Actor, p rule) error {
	if a.Scopes == nil {
		return nil
	}
	if p.scope != "" {
		if slices.Contains(a.Scopes, p.scope) {
			return nil
		}
		// writing includes reading what one writes
		if res, ok := strings.CutSuffix(p.scope, ":read"); ok && slices.Contains(a.Scopes, res+":write") {
			return nil
		}
	}
	return fault.New(fault.Forbidden, "token.scope_missing", "Scope", p.scope)
}
