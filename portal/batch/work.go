package batch

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"entente/db"
	"entente/portal/sheet"
	"entente/prm/access"
	"entente/prm/fault"
)

const (
	lease    = 20 * time.Second
	maxTries = 8
)

// errLost says that another node, or a person, has the file now.
var errLost = errors.New("batch: the file is no longer this node's")

// Turn works on the file whose turn it is: some steps of it, then the next file has its
// turn. More is true while any may be left.
func (s *Service) Turn(ctx context.Context) (more bool, err error) {
	r, ok, err := s.claim(ctx)
	if err != nil || !ok {
		return false, err
	}
	f := r.file()
	k, err := s.Kind(f.Kind)
	if err == nil {
		if f.State == Reading {
			err = s.read(ctx, k, f)
		} else {
			err = s.apply(ctx, k, f)
		}
	}
	switch {
	case err == nil, errors.Is(err, errLost):
		return true, nil
	case ctx.Err() != nil:
		return false, ctx.Err()
	}
	s.d.Log.Warn("a file did not go on", "file", f.ID, "kind", f.Kind, "error", err)
	return true, s.failed(ctx, f, err)
}

// failed puts a file off, or ends it: at once where it can never be read, after some
// tries otherwise.
func (s *Service) failed(ctx context.Context, f File, cause error) error {
	p := fault.As(cause)
	final := p.Code == fault.Invalid || p.Code == fault.TooLarge || p.Code == fault.NotFound || p.Code == fault.Forbidden || p.Code == fault.Conflict
	return s.d.DB.InTx(db.WithOrgs(ctx, f.Org), func(ctx context.Context) error {
		now := db.Now(ctx)
		values := map[string]any{"tries": f.tries + 1, "turn": db.Micros(now.Add(time.Duration(f.tries+1) * 5 * time.Second)), "lease_by": "", "lease_until": 0}
		if final || f.tries+1 >= maxTries {
			if !final {
				p = fault.New(fault.Unavailable, "batch.gave_up")
			}
			values["problem"] = text(Problem{Key: p.Key, Args: p.Args}, false)
			values["state"] = string(Failed)
			if f.State == Applying { // its rows stay, to be applied again
				values["state"] = string(Ready)
			}
		}
		_, err := held(ctx, f, s.me, values)
		return err
	})
}

// claim takes the lease of the file whose turn it is.
func (s *Service) claim(ctx context.Context) (out fileRow, ok bool, err error) {
	now := db.Micros(s.d.DB.Clock())
	var due []fileRow
	err = s.d.DB.Glance(ctx, func(ctx context.Context) (err error) {
		due, err = dueFiles(ctx, now, s.d.DB.Dialect() == db.SQLite, s.me)
		return err
	})
	if err != nil || len(due) == 0 {
		return fileRow{}, false, err
	}
	err = s.d.DB.InTx(ctx, func(ctx context.Context) error {
		for _, r := range due {
			got, err := claimFile(ctx, r, s.me, db.Micros(s.d.DB.Clock().Add(lease)))
			if err != nil {
				return err
			}
			if got {
				out, ok = r, true
				return nil
			}
		}
		return nil
	})
	return out, ok, err
}

// moved writes where the file stands, in the transaction of the step, with the lease made
// longer, or ended at once where it is given away.
func (s *Service) moved(ctx context.Context, f File, values map[string]any) error {
	values["tries"] = 0
	values["lease_until"] = db.Micros(s.d.DB.Clock().Add(lease))
	if _, away := values["lease_by"]; away {
		values["lease_until"] = 0
	}
	ok, err := held(ctx, f, s.me, values)
	if err == nil && !ok {
		err = errLost
	}
	return err
}

// read reads the rows after the last one that is kept.
func (s *Service) read(ctx context.Context, k Kind, f File) error {
	actor, err := s.d.Actor(ctx, f.Org, f.MadeBy)
	if err != nil {
		return err
	}
	body, err := s.d.Blobs.Open(ctx, f.hash)
	if err != nil {
		return err
	}
	defer body.Close()
	at, ok := body.(io.ReaderAt)
	if !ok {
		return fault.New(fault.Internal, "error.internal")
	}
	r, err := sheet.Open(at, f.Size, sheet.Options{Charset: f.Source.Charset, Delimiter: f.Source.Delimiter, Sheet: f.Source.Sheet})
	if err != nil {
		return err
	}
	defer r.Close()
	today := s.d.DB.Clock().Format(time.DateOnly)
	for range slice {
		rows, to, end, err := some(r, k, f, today)
		if err != nil {
			return err
		}
		if err := s.keep(ctx, k, &f, actor, rows, to, end); err != nil || end {
			return err
		}
		if s.d.Step != nil {
			s.d.Step(f)
		}
	}
	return s.yield(ctx, f)
}

// some reads the rows of one step.
func some(r *sheet.Reader, k Kind, f File, today string) (rows []Row, to int, end bool, err error) {
	to = f.readTo
	for len(rows) < step {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return rows, to, true, nil
		}
		if err != nil {
			return nil, 0, false, err
		}
		if row.No <= f.readTo {
			continue // kept before
		}
		to = row.No
		if out, ok := k.Read(f.Mapping, row, today); ok {
			out.Cells = make([]string, len(row.Cells))
			for i, c := range row.Cells {
				out.Cells[i] = c.Text
			}
			rows = append(rows, out)
		}
	}
	if f.Read+len(rows) > MaxRows {
		return nil, 0, false, fault.New(fault.TooLarge, "sheet.rows", "Most", MaxRows)
	}
	return rows, to, false, nil
}

// keep judges rows and writes them with the mark of how far the file was read. The last
// step counts keys that come twice and makes the file ready.
func (s *Service) keep(ctx context.Context, k Kind, f *File, actor access.Actor, rows []Row, to int, end bool) error {
	if len(rows) > 0 {
		if err := k.Judge(ctx, actor, *f, rows); err != nil {
			return err
		}
	}
	err := s.d.DB.InTx(db.WithOrgs(ctx, f.Org), func(ctx context.Context) error {
		values := map[string]any{"read_to": to, "read_rows": f.Read + len(rows)}
		if end {
			values["state"], values["lease_by"] = string(Ready), ""
		}
		if err := s.moved(ctx, *f, values); err != nil {
			return err
		}
		if err := insertRows(ctx, *f, rows); err != nil {
			return err
		}
		if end && k.Single() {
			return markTwice(ctx, *f)
		}
		return nil
	})
	f.readTo, f.Read = to, f.Read+len(rows)
	return err
}

// yield lets the next file have its turn.
func (s *Service) yield(ctx context.Context, f File) error {
	return s.d.DB.InTx(db.WithOrgs(ctx, f.Org), func(ctx context.Context) error {
		return s.moved(ctx, f, map[string]any{"turn": db.Micros(s.d.DB.Clock()), "lease_by": ""})
	})
}

// apply applies groups, some in a transaction with their outcomes.
func (s *Service) apply(ctx context.Context, k Kind, f File) error {
	actor, err := s.d.Actor(ctx, f.Org, f.MadeBy)
	if err == nil {
		err = k.Check(ctx, actor, f.Partnership)
	}
	if err != nil {
		return err
	}
	for range slice {
		end := false
		err := s.d.DB.InTx(db.WithOrgs(ctx, f.Org), func(ctx context.Context) error {
			groups, err := nextGroups(ctx, f, k.Together())
			if err != nil {
				return err
			}
			if end = len(groups) == 0; end {
				return s.finish(ctx, f)
			}
			if err := s.moved(ctx, f, map[string]any{}); err != nil {
				return err
			}
			if err := k.Apply(ctx, actor, f, groups); err != nil {
				return err
			}
			for _, g := range groups {
				if err := saveGroup(ctx, f, g); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || end {
			return err
		}
		if s.d.Step != nil {
			s.d.Step(f)
		}
	}
	return s.yield(ctx, f)
}

// finish ends an application: what is wrong or was refused waits for a person.
func (s *Service) finish(ctx context.Context, f File) error {
	c, err := countRows(ctx, f)
	if err != nil {
		return err
	}
	state := Done
	if c.Wrong > 0 || c.Outcomes[Refused] > 0 {
		state = Ready
	}
	return s.moved(ctx, f, map[string]any{"state": string(state), "problem": "", "lease_by": ""})
}

// Errors hands out the rows that are not taken, as they stand in the file,
// for put to write with their reasons.
func (s *Service) Errors(ctx context.Context, actor access.Actor, id string, put func(cells []string, r Row) error) error {
	for after := 0; ; {
		rows, err := s.Rows(ctx, actor, id, true, after, step)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := put(slices.Clone(r.Cells), r); err != nil {
				return err
			}
			after = r.No
		}
		if len(rows) < step {
			return nil
		}
	}
}
