package fund

import (
	"context"
	"slices"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// Look is what a person of the paying side says of a piece of proof.
type Look struct {
	File   FileID
	Accept bool
	Reason string // of a refusal, for the partner to read
}

// JudgeProof takes what a person of the paying side says of the proof of a claim: what a
// programme asks to be proven is granted only when each piece of it has a file that a person
// has accepted (reference: issue 7, claims checked by the evidence that a programme asks for). A word may be changed until nothing of the claim waits any more; the history
// keeps each. Safe to repeat.
// Codes: NotFound, Forbidden (nobody: a program of its own), Invalid (a file, a reason),
// Conflict (it is decided; the same person filed it). Publishes ClaimSeen when all of it is
// accepted, ProofRefusedTo where some was refused.
func (s *Service) JudgeProof(ctx context.Context, actor access.Actor, id ClaimID, looks []Look) (Claim, error) {
	var out Claim
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, err := claim(ctx, actor, access.ClaimDecide, id, true)
		if err == nil && actor.Person == "" {
			err = fault.New(fault.Forbidden, "error.forbidden")
		}
		if err != nil {
			return err
		}
		if !ClaimState(r.State).Waits() && r.Pending == 0 {
			return moved(r.State)
		}
		files, err := filesOf(ctx, r.ID)
		if err != nil {
			return err
		}
		proof := db.FromText[[]string](r.Proof)
		bad := fault.New(fault.Invalid, "form.invalid")
		if len(looks) == 0 {
			bad.With("files", "form.missing")
		}
		refused, some := false, false
		for _, l := range looks {
			i := slices.IndexFunc(files, func(f File) bool { return f.ID == l.File && slices.Contains(proof, f.Item) })
			l.Reason = cut(l.Reason, 300)
			switch {
			case i < 0:
				bad.With("proof."+string(l.File), "form.choice_wrong")
				continue
			case actor.Person == files[i].Person || actor.Person == r.MadeBy || actor.Person == r.SubmittedBy:
				return fault.New(fault.Conflict, "fund.self_approval")
			case !l.Accept && l.Reason == "":
				bad.With("proof."+string(l.File)+".reason", "form.missing")
				continue
			}
			verdict, words := ProofRefused, files[i].Name+": "+l.Reason
			if l.Accept {
				verdict, words, l.Reason = ProofAccepted, files[i].Name, ""
			}
			if files[i].Verdict == verdict && files[i].Reason == l.Reason {
				continue
			}
			some, refused = true, refused || !l.Accept
			files[i].Verdict, files[i].Reason = verdict, l.Reason
			if err := judgeFile(ctx, r.ID, l.File, verdict, l.Reason, actor.Person); err != nil {
				return err
			}
			if err := addLog(ctx, r.ID, "proof_"+verdict, actor, 0, "", words); err != nil {
				return err
			}
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		if some {
			if err := note(ctx, actor, "fund.proof", "fund_claim", r.ID); err != nil {
				return err
			}
			event := ""
			switch {
			case refused:
				event = ProofRefusedTo
			case len(missing(proof, files)) == 0 && len(unseen(proof, files)) == 0:
				event = ClaimSeen
			}
			if event != "" {
				if err := s.publish(ctx, event, Event{Program: ProgramID(r.ProgramID), Claim: id, Supplier: r.OwnerID, Reseller: r.OrgID, Org: actor.Org, Person: actor.Person}); err != nil {
					return err
				}
			}
		}
		out, err = s.entire(ctx, actor, r)
		return err
	})
	return out, err
}

// proven refuses to grant anything of a claim while a piece of the proof that is asked for
// has no file that a person of the paying side has accepted.
// Codes: Conflict.
func proven(ctx context.Context, r claimRow) error {
	proof := db.FromText[[]string](r.Proof)
	if len(proof) == 0 {
		return nil
	}
	files, err := filesOf(ctx, r.ID)
	if err != nil {
		return err
	}
	if lacks := missing(proof, files); len(lacks) > 0 {
		return fault.New(fault.Conflict, "fund.proof_lacking", "Items", strings.Join(lacks, ", "))
	}
	if waits := unseen(proof, files); len(waits) > 0 {
		return fault.New(fault.Conflict, "fund.proof_unseen", "Items", strings.Join(waits, ", "))
	}
	return nil
}

// missing are the pieces of proof without a file, or with refused ones only.
func missing(proof []string, files []File) []string {
	return slices.DeleteFunc(slices.Clone(proof), func(p string) bool {
		return slices.ContainsFunc(files, func(f File) bool { return f.Item == p && f.Verdict != ProofRefused })
	})
}

// unseen are the pieces of proof with a file, of which none was accepted.
func unseen(proof []string, files []File) []string {
	return slices.DeleteFunc(slices.Clone(proof), func(p string) bool {
		there := slices.ContainsFunc(files, func(f File) bool { return f.Item == p && f.Verdict == "" })
		return !there || slices.ContainsFunc(files, func(f File) bool { return f.Item == p && f.Verdict == ProofAccepted })
	})
}
