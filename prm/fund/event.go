package fund

import (
	"context"

	"entente/db/job"
)

// Kinds of published events. Object is the id of the request, the claim or the programme.
const (
	RequestSubmitted = "fund.RequestSubmitted"
	RequestReturned  = "fund.RequestReturned"
	RequestDeclined  = "fund.RequestDeclined"
	RequestApproved  = "fund.RequestApproved"
	RequestCancelled = "fund.RequestCancelled"
	RequestLapsed    = "fund.RequestLapsed"
	ClaimFiled       = "fund.ClaimFiled"
	ClaimReturnedTo  = "fund.ClaimReturned"
	ClaimDeniedTo    = "fund.ClaimDenied"
	ClaimDecided     = "fund.ClaimDecided" // some or all of it was approved, or waits for something
	ClaimSettledTo   = "fund.ClaimSettled"
	ClaimTakenBack   = "fund.ClaimWithdrawn" // by its partner, after it was sent
	SecondAsked      = "fund.SecondAsked"    // one of two people has decided
	Granted          = "fund.Granted"        // a partner was given a part of a programme
	Offered          = "fund.Offered"        // a partner was told of an announced programme
	ClaimDiscussed   = "fund.ClaimDiscussed" // the thread of a line was begun
	ClaimProof       = "fund.ClaimProof"     // its partner added a file to one that was sent
	ProofComplete    = "fund.ProofComplete"  // and with it every piece has one: somebody of the paying side is to look
	ClaimSeen        = "fund.ClaimSeen"      // a person of the paying side accepted all of its proof
	ProofRefusedTo   = "fund.ProofRefused"   // or refused some
	ClaimCorrected   = "fund.ClaimCorrected" // its partner claims less than was granted
	Countered        = "fund.Countered"      // what a claim used of a subject is owed: goods came back, or a step is not reached any more
	Recovered        = "fund.Recovered"      // what was owed came back
	RecoverUndone    = "fund.RecoverUndone"  // that was booked wrongly: it is owed again
)

// ClaimDropped is published of a draft that was computed here and that its partner gave up: for
// what it was computed from, and for nobody else.
const ClaimDropped = "fund.ClaimDropped"

// Events lists those that people and their systems may hear of.
func Events() []string {
	return []string{RequestSubmitted, RequestReturned, RequestDeclined, RequestApproved, RequestCancelled, RequestLapsed, ClaimFiled, ClaimReturnedTo, ClaimDeniedTo, ClaimDecided, ClaimSettledTo, ClaimTakenBack, SecondAsked, Granted, Offered, ClaimDiscussed, ClaimProof, ProofComplete, ClaimSeen, ProofRefusedTo, ClaimCorrected, Countered, Recovered, RecoverUndone}
}

// Event is the payload of all of them: ids, no content.
type Event struct {
	Program  ProgramID `json:"program"`
	Request  RequestID `json:"request,omitempty"`
	Claim    ClaimID   `json:"claim,omitempty"`
	Supplier string    `json:"supplier"`
	Reseller string    `json:"reseller"`
	Org      string    `json:"org,omitempty"` // that acted; empty: a clock
	Person   string    `json:"person,omitempty"`
	Quiet    bool      `json:"quiet,omitempty"`
}

// Publisher is the part of db/job this package needs.
type Publisher interface {
	Publish(ctx context.Context, e job.Event) error
}

type quietKey struct{}

// Quiet marks work that makes demo data: its events say so, and nobody is told.
func Quiet(ctx context.Context) context.Context { return context.WithValue(ctx, quietKey{}, true) }

func (s *Service) publish(ctx context.Context, kind string, e Event) error {
	if s.jobs == nil {
		return nil
	}
	e.Quiet, _ = ctx.Value(quietKey{}).(bool)
	object := string(e.Program)
	if e.Request != "" {
		object = string(e.Request)
	}
	if e.Claim != "" {
		object = string(e.Claim)
	}
	orgs := []string{e.Supplier, e.Reseller}
	if kind == ClaimDropped {
		orgs = orgs[1:]
	}
	return s.jobs.Publish(ctx, job.Event{Kind: kind, Version: 1, Orgs: orgs, Object: object, Payload: e})
}
