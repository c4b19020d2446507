package fund

import (
	"context"
	"io"
	"slices"
	"strings"

	"entente/db"
	"entente/db/blob"
	"entente/prm/access"
	"entente/prm/fault"
)

// Limits of proof.
const (
	MostFile  = 10 << 20 // bytes of one file
	mostFiles = 40       // of one claim or request
)

// FileCmd adds a piece of proof to a claim, or a paper to a request.
type FileCmd struct {
	Claim   ClaimID
	Request RequestID // where there is no claim
	Item    string    // of the proof that is asked for; empty for another paper
	Name    string
	Mime    string
}

// paperOf reads what a file belongs to and says whether its partner may add one now.
func paperOf(ctx context.Context, actor access.Actor, act access.Action, c ClaimID, r RequestID, lock bool) (kind, id, owner, org string, open, draft bool, err error) {
	if c != "" {
		x, err := claim(ctx, actor, act, c, lock)
		st := ClaimState(x.State)
		draft = st == ClaimDraft || st == ClaimReturned
		return "claim", x.ID, x.OwnerID, x.OrgID, draft || st.Waits() || x.Pending > 0, draft, err
	}
	x, err := request(ctx, actor, act, r, lock)
	st := RequestState(x.State)
	return "request", x.ID, x.OwnerID, x.OrgID, !st.Over(), st == ReqDraft || st == ReqReturned, err
}

// AddFile adds a file as the partner. The bytes are safe before anything names them; the
// same file for the same item is one.
// Codes: NotFound, Forbidden, Invalid, TooLarge, Conflict (it is decided, or holds as many
// as it may). Publishes ClaimProof of a claim that was sent, and ProofComplete with the last piece.
func (s *Service) AddFile(ctx context.Context, actor access.Actor, cmd FileCmd, body io.Reader) (File, error) {
	cmd.Name, cmd.Item = strings.TrimSpace(cmd.Name), strings.TrimSpace(cmd.Item)
	may := func(ctx context.Context, lock bool) (fileRow, error) {
		kind, id, owner, org, open, _, err := paperOf(ctx, actor, access.ClaimWrite, cmd.Claim, cmd.Request, lock)
		if err == nil && !open {
			err = fault.New(fault.Conflict, "fund.files_closed")
		}
		return fileRow{SubjectKind: kind, SubjectID: id, OwnerID: owner, OrgID: org}, err
	}
	// before the bytes are read
	if err := s.view(ctx, actor, func(ctx context.Context) error { _, err := may(ctx, false); return err }); err != nil {
		return File{}, err
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	text(bad, "file", cmd.Name, 200, true)
	text(bad, "item", cmd.Item, 100, false)
	if err := bad.OrNil(); err != nil {
		return File{}, err
	}
	if len(cmd.Mime) > 100 {
		cmd.Mime = ""
	}
	st, err := s.blobs.Stage(ctx, body, MostFile)
	if err != nil {
		return File{}, err
	}
	if st.Size == 0 {
		return File{}, fault.InvalidField("file", "fund.file_empty")
	}
	return s.keep(ctx, actor, cmd, st, may)
}

func (s *Service) keep(ctx context.Context, actor access.Actor, cmd FileCmd, st *blob.Staged, may func(context.Context, bool) (fileRow, error)) (File, error) {
	var out File
	err := s.change(ctx, actor, func(ctx context.Context) error {
		r, err := may(ctx, true)
		if err != nil {
			return err
		}
		files, err := filesOf(ctx, r.SubjectID)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(files, func(f File) bool { return f.Hash == st.Hash && f.Item == cmd.Item }); i >= 0 { // what was said of it holds
			out = files[i]
			return nil
		}
		if len(files) >= mostFiles {
			return fault.New(fault.Conflict, "fund.files_full", "Most", mostFiles)
		}
		if err := st.InsertFor(ctx, actor.Org); err != nil {
			return err
		}
		r.ID, r.Item, r.Name, r.Mime, r.Size, r.Hash, r.Made, r.MadeBy = db.NewID(), cmd.Item, cmd.Name, cmd.Mime, st.Size, st.Hash, db.Micros(db.Now(ctx)), actor.Person
		if err := insertFile(ctx, r); err != nil {
			return err
		}
		out = r.file()
		if err := addLog(ctx, r.SubjectID, "file", actor, 0, "", cmd.Name); err != nil {
			return err
		}
		if err := note(ctx, actor, "fund.file", "fund_"+r.SubjectKind, r.SubjectID); err != nil || cmd.Claim == "" {
			return err
		}
		c, err := claimByID(ctx, r.SubjectID, false)
		if st := ClaimState(c.State); err != nil || st == ClaimDraft || st == ClaimReturned {
			return err
		}
		e := Event{Program: ProgramID(c.ProgramID), Claim: cmd.Claim, Supplier: r.OwnerID, Reseller: r.OrgID, Org: actor.Org, Person: actor.Person}
		if proof := db.FromText[[]string](c.Proof); len(missing(proof, files)) > 0 && len(missing(proof, append(files, out))) == 0 {
			if err := s.publish(ctx, ProofComplete, e); err != nil {
				return err
			}
		}
		return s.publish(ctx, ClaimProof, e)
	})
	return out, err
}

// RemoveFile takes a file off what was not sent yet.
// Codes: NotFound, Forbidden, Conflict.
func (s *Service) RemoveFile(ctx context.Context, actor access.Actor, c ClaimID, r RequestID, id FileID) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		kind, subject, _, _, _, draft, err := paperOf(ctx, actor, access.ClaimWrite, c, r, true)
		if err != nil {
			return err
		}
		if !draft {
			return fault.New(fault.Conflict, "fund.files_closed")
		}
		if err := dropFile(ctx, subject, id); err != nil {
			return err
		}
		return note(ctx, actor, "fund.file_removed", "fund_"+kind, subject)
	})
}

// OpenFile opens a file for either side.
// Codes: Unauthenticated, NotFound.
func (s *Service) OpenFile(ctx context.Context, actor access.Actor, c ClaimID, r RequestID, id FileID) (File, io.ReadSeekCloser, error) {
	var out File
	err := s.view(ctx, actor, func(ctx context.Context) error {
		_, subject, _, _, _, _, err := paperOf(ctx, actor, access.FundRead, c, r, false)
		if err != nil {
			return err
		}
		files, err := filesOf(ctx, subject)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(files, func(f File) bool { return f.ID == id })
		if i < 0 {
			return notFound()
		}
		out = files[i]
		return nil
	})
	if err != nil {
		return File{}, nil, err
	}
	body, err := s.blobs.Open(ctx, out.Hash)
	return out, body, err
}
