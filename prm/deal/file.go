package deal

import (
	"context"
	"io"
	"slices"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/identity"
)

// Limits of evidence.
const (
	MostFile  = 10 << 20 // bytes of one file
	mostFiles = 30       // of one registration
)

// FileCmd is a piece of evidence to be added.
type FileCmd struct {
	Deal ID
	Kind string // an EvidenceKinds word
	Name string
	Mime string
	Note string
}

// AddFile adds a piece of evidence to a registration, as either side. The bytes are safe
// before the registration names them.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid, TooLarge, Conflict (it is over, or
// holds as many as it may).
func (s *Service) AddFile(ctx context.Context, actor access.Actor, cmd FileCmd, body io.Reader) (File, error) {
	cmd.Name, cmd.Note = strings.TrimSpace(cmd.Name), strings.TrimSpace(cmd.Note)
	may := func(r Registration) error {
		act := access.DealWrite
		if actor.Org == r.Supplier {
			act = access.DealDecide
		}
		if err := access.Check(actor, act, r.Resource()); err != nil {
			return err
		}
		if r.Pen == PenWithdrawn || r.Pen == PenSettled && !r.Counting() && !r.CanDispute() && r.Disputes == 0 {
			return fault.New(fault.Conflict, "deal.over")
		}
		return nil
	}
	// before the bytes are read
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, err := load(ctx, actor, access.DealRead, cmd.Deal)
		if err == nil {
			err = may(r)
		}
		return err
	})
	if err != nil {
		return File{}, err
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	if !slices.Contains(EvidenceKinds, cmd.Kind) {
		bad.With("kind", "form.choice_wrong")
	}
	if cmd.Name == "" {
		bad.With("file", "form.missing")
	}
	if len(cmd.Name) > 200 || !identity.Readable(cmd.Name, false) {
		bad.With("file", "form.text_wrong")
	}
	if len(cmd.Note) > 1000 {
		bad.With("note", "form.too_long", "Most", 1000)
	}
	if len(cmd.Mime) > 100 {
		cmd.Mime = ""
	}
	if err := bad.OrNil(); err != nil {
		return File{}, err
	}
	st, err := s.blobs.Stage(ctx, body, MostFile)
	if err != nil {
		return File{}, err
	}
	if st.Size == 0 {
		return File{}, fault.InvalidField("file", "deal.file_empty")
	}
	var out File
	err = s.step(ctx, actor, access.DealRead, cmd.Deal, func(ctx context.Context, r *Registration) error {
		if err := may(*r); err != nil {
			return err
		}
		files, err := filesOf(ctx, r.ID)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(files, func(f File) bool { return f.Hash == st.Hash && f.Org == actor.Org }); i >= 0 {
			out = files[i] // the same again
			return nil
		}
		if len(files) >= mostFiles {
			return fault.New(fault.Conflict, "deal.files_full", "Most", mostFiles)
		}
		if err := st.InsertFor(ctx, actor.Org); err != nil {
			return err
		}
		out = File{FileID(db.NewID()), r.ID, actor.Org, actor.Person, cmd.Kind, cmd.Name, st.Size, cmd.Mime, st.Hash, cmd.Note, db.Now(ctx)}
		if err := insertFile(ctx, out); err != nil {
			return err
		}
		if !r.Submitted.IsZero() {
			r.Score = score(append(files, out))
		}
		if err := save(ctx, r); err != nil {
			return err
		}
		e := Entry{Kind: "file", Org: actor.Org, Person: actor.Person, From: r.State(), To: r.State(), Args: map[string]string{"name": out.Name, "kind": out.Kind}, At: out.At}
		if err := insertEntry(ctx, r.ID, e); err != nil {
			return err
		}
		return note(ctx, actor, "deal.file", "deal", string(r.ID))
	})
	return out, err
}

// RemoveFile takes evidence off a registration that was never submitted.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict.
func (s *Service) RemoveFile(ctx context.Context, actor access.Actor, id ID, file FileID) error {
	return s.step(ctx, actor, access.DealWrite, id, func(ctx context.Context, r *Registration) error {
		if r.Pen != PenDraft {
			return fault.New(fault.Conflict, "deal.file_stays")
		}
		if err := deleteFile(ctx, id, file); err != nil {
			return err
		}
		return note(ctx, actor, "deal.file_removed", "deal", string(id))
	})
}

// OpenFile opens a piece of evidence, for the registrant and the supplier.
// Codes: Unauthenticated, NotFound.
func (s *Service) OpenFile(ctx context.Context, actor access.Actor, id ID, file FileID) (File, io.ReadSeekCloser, error) {
	var out File
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, err := load(ctx, actor, access.DealRead, id)
		if err != nil {
			return err
		}
		if actor.Org != r.Supplier && actor.Org != r.Registrant {
			return notFound()
		}
		files, err := filesOf(ctx, id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(files, func(f File) bool { return f.ID == file })
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
