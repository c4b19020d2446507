package batch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"slices"
	"time"

	"entente/db"
	"entente/db/blob"
	"entente/db/job"
	"entente/portal/sheet"
	"entente/prm/access"
	"entente/prm/fault"
)

// drain is the name of the loop that reads and applies.
const drain = "files"

// Deps are what the service stands on. Actor gives a person as it may act in a company
// now; NotFound where it is no longer one of its people.
type Deps struct {
	DB    *db.DB
	Jobs  *job.Jobs
	Blobs *blob.Store
	Actor func(ctx context.Context, org, person string) (access.Actor, error)
	Kinds []Kind
	Log   *slog.Logger
	Step  func(File) // for tests: called between two steps
}

// Service keeps the files. A file belongs to one company: nobody else learns of it.
type Service struct {
	d     Deps
	me    string
	kinds map[string]Kind
}

// New makes the service and binds its loop to the jobs.
func New(d Deps) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{d: d, me: db.NewID(), kinds: map[string]Kind{}}
	for _, k := range d.Kinds {
		s.kinds[k.Name()] = k
	}
	if d.Jobs != nil {
		d.Jobs.Drain(drain, s.Turn)
	}
	return s
}

// Kind is the kind of a name. Codes: NotFound.
func (s *Service) Kind(name string) (Kind, error) {
	k, ok := s.kinds[name]
	if !ok {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return k, nil
}

func short(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:16])
}

// Take keeps a file and has it read. The columns are those remembered for this layout,
// else guessed. Head is what is said for all of it.
// Codes: NotFound, Forbidden (may not bring such files), Invalid (no table), TooLarge,
// Unavailable.
func (s *Service) Take(ctx context.Context, actor access.Actor, kind, partnership, name string, head Head, src io.Reader) (File, error) {
	k, err := s.Kind(kind)
	if err != nil {
		return File{}, err
	}
	if err := k.Check(ctx, actor, partnership); err != nil {
		return File{}, err
	}
	staged, err := s.d.Blobs.Stage(ctx, src, MaxBytes)
	if err != nil {
		return File{}, err
	}
	body, err := staged.Bytes()
	if err != nil {
		return File{}, err
	}
	defer body.Close()
	f := File{ID: db.NewID(), Org: actor.Org, Kind: kind, Partnership: partnership, Name: clip(name, 200), Size: staged.Size, State: Reading, Head: head, MadeBy: actor.Person, hash: staged.Hash}
	if err := s.look(ctx, actor, k, &f, body, sheet.Options{}); err != nil {
		return File{}, err
	}
	err = s.d.DB.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if err := staged.InsertFor(ctx, actor.Org); err != nil {
			return err
		}
		if m, ok, err := layoutOf(ctx, f.Org, kind, f.shape); err != nil {
			return err
		} else if ok {
			f.Mapping, f.Known = k.Clean(m), true
		}
		now := db.Micros(db.Now(ctx))
		r := fileRow{ID: f.ID, OrgID: f.Org, Kind: kind, PartnershipID: partnership, Name: f.Name, Hash: f.hash, Size: f.Size, Shape: f.shape, Mapping: text(f.Mapping, false), Sample: text(f.Sample, false), Head: text(f.Head, len(f.Head) == 0),
			State: string(Reading), Generation: 1, Turn: now, Made: now, MadeBy: f.MadeBy, Changed: now}
		if f.Known {
			r.Known = 1
		}
		r.source(f.Source)
		if err := insertFile(ctx, &r); err != nil {
			return err
		}
		return s.wake(ctx)
	})
	return f, err
}

func (r *fileRow) source(s sheet.Source) {
	r.Format, r.Charset, r.Sheet = string(s.Format), string(s.Charset), s.Sheet
	if s.Delimiter != 0 {
		r.Delimiter = string(rune(s.Delimiter))
	}
}

func (s *Service) wake(ctx context.Context) error {
	if s.d.Jobs == nil {
		return nil
	}
	return s.d.Jobs.Wake(ctx, drain)
}

// sampled is how many of the first rows are kept to show, seen how many decide about
// columns.
const (
	sampled = 8
	seen    = sheet.Sample
)

// look reads the first rows and guesses the columns.
func (s *Service) look(ctx context.Context, actor access.Actor, k Kind, f *File, body io.ReadSeeker, o sheet.Options) error {
	at, ok := body.(io.ReaderAt)
	if !ok {
		return fault.New(fault.Internal, "error.internal")
	}
	r, err := sheet.Open(at, f.Size, o)
	if err != nil {
		return err
	}
	defer r.Close()
	var rows []sheet.Row
	for len(rows) < seen {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		row.Cells = slices.Clone(row.Cells)
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return fault.New(fault.Invalid, "sheet.empty")
	}
	f.Source, f.Mapping = r.Source, k.Guess(ctx, actor, *f, rows)
	f.Sample = rows[:min(sampled, len(rows))]
	titles := rows[0].Cells
	for i, row := range rows {
		if row.No == f.Mapping.Header {
			titles = row.Cells
			f.Sample = rows[i:min(i+sampled, len(rows))]
		}
	}
	if f.Mapping.Header == 0 && slices.ContainsFunc(titles, func(c sheet.Cell) bool { _, ok := sheet.Decimal(c, ""); return ok }) {
		titles = make([]sheet.Cell, len(titles)) // without titles the layout is the number of columns
	}
	f.shape = sheet.Shape(titles)
	return nil
}

func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// open reads a file that is the actor's company's and that it may still bring.
func (s *Service) open(ctx context.Context, actor access.Actor, id string) (File, Kind, error) {
	if actor.Org == "" || !actor.Known() {
		return File{}, nil, fault.New(fault.NotFound, "error.not_found")
	}
	r, err := fileOf(ctx, actor.Org, id)
	if err != nil {
		return File{}, nil, err
	}
	k, err := s.Kind(r.Kind)
	if err == nil {
		err = k.Check(ctx, actor, r.PartnershipID)
	}
	return r.file(), k, err
}

// Get is one file with its counts.
// Codes: NotFound (another company's), Forbidden.
func (s *Service) Get(ctx context.Context, actor access.Actor, id string) (File, error) {
	var f File
	err := s.d.DB.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
		if f, _, err = s.open(ctx, actor, id); err == nil && f.State != Reading {
			f.Counts, err = countRows(ctx, f)
		}
		return err
	})
	return f, err
}

// Before is the newest earlier file of equal bytes, empty where there is none.
func (s *Service) Before(ctx context.Context, actor access.Actor, id string) (out File, err error) {
	err = s.d.DB.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		f, _, err := s.open(ctx, actor, id)
		if err != nil {
			return err
		}
		rows, err := sameFile(ctx, f)
		if err == nil && len(rows) > 0 {
			out = rows[0].file()
		}
		return err
	})
	return out, err
}

// List is the newest files of a kind that the actor may bring.
// Codes: NotFound, Forbidden.
func (s *Service) List(ctx context.Context, actor access.Actor, kind string) ([]File, error) {
	k, err := s.Kind(kind)
	if err != nil {
		return nil, err
	}
	var out []File
	err = s.d.DB.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		rows, err := filesOf(ctx, actor.Org, kind, 50)
		may := map[string]bool{} // by partnership
		for _, r := range rows {
			ok, known := may[r.PartnershipID]
			if !known {
				ok = k.Check(ctx, actor, r.PartnershipID) == nil
				may[r.PartnershipID] = ok
			}
			if ok {
				out = append(out, r.file())
			}
		}
		return err
	})
	return out, err
}

// Rows reads rows after a row number, those in which something is wrong alone where
// asked for. Codes: NotFound, Forbidden.
func (s *Service) Rows(ctx context.Context, actor access.Actor, id string, wrong bool, after, limit int) ([]Row, error) {
	var out []Row
	err := s.d.DB.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		f, _, err := s.open(ctx, actor, id)
		if err == nil {
			out, err = rowsOf(ctx, f, wrong, after, limit)
		}
		return err
	})
	return out, err
}

// Groups reads what became of the groups, after a place. Codes: NotFound, Forbidden.
func (s *Service) Groups(ctx context.Context, actor access.Actor, id string, after, limit int) ([]Group, error) {
	var out []Group
	err := s.d.DB.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		f, _, err := s.open(ctx, actor, id)
		if err == nil {
			out, err = groupsOf(ctx, f, after, limit)
		}
		return err
	})
	return out, err
}

// idle says that nothing works on the file now and that it was read.
func idle(f File) error {
	if f.State != Ready && f.State != Done {
		return fault.New(fault.Conflict, "batch.busy")
	}
	return nil
}

// Columns has the file read again with other columns; they are remembered for files of
// this layout. Repairs are lost. What was applied stays so.
// Codes: NotFound, Forbidden, Conflict (being applied).
func (s *Service) Columns(ctx context.Context, actor access.Actor, id string, m sheet.Mapping) error {
	return s.d.DB.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		f, k, err := s.open(ctx, actor, id)
		if err != nil {
			return err
		}
		if f.State == Applying || f.State == Failed {
			return fault.New(fault.Conflict, "batch.busy")
		}
		if c, err := countRows(ctx, f); err != nil || c.Applied() > 0 {
			if err == nil {
				err = fault.New(fault.Conflict, "batch.applied")
			}
			return err
		}
		f.Mapping = k.Clean(m)
		if err := saveLayout(ctx, f); err != nil {
			return err
		}
		now := db.Micros(db.Now(ctx))
		err = changeFile(ctx, f, map[string]any{"mapping": text(f.Mapping, false), "state": string(Reading), "read_to": 0, "read_rows": 0, "generation": f.generation + 1, "lease_by": "", "lease_until": 0, "tries": 0, "turn": now})
		if err == nil {
			err = emptyFile(ctx, f)
		}
		if err == nil {
			err = s.wake(ctx)
		}
		return err
	})
}

// Repair is what a person typed into a row: field to value, or that it is left out.
type Repair struct {
	Row     int
	Fields  map[string]string
	Dropped bool
}

// Repair writes what was typed into rows and judges them again.
// Codes: NotFound, Forbidden, Conflict (being read or applied).
func (s *Service) Repair(ctx context.Context, actor access.Actor, id string, today string, fixes []Repair) error {
	return s.d.DB.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		f, k, err := s.open(ctx, actor, id)
		if err == nil {
			err = idle(f)
		}
		if err != nil || len(fixes) == 0 {
			return err
		}
		by := map[int]Repair{}
		var nos []int
		for _, x := range fixes {
			by[x.Row] = x
			nos = append(nos, x.Row)
		}
		rows, err := rowsByNo(ctx, f, nos)
		if err != nil {
			return err
		}
		var changed []Row
		for _, r := range rows {
			x := by[r.No]
			fields := map[string]string{}
			for name, value := range r.Fields {
				fields[name] = value
			}
			same := x.Dropped == r.Dropped
			for name, value := range x.Fields {
				if fields[name] != value {
					fields[name], same = value, false
				}
			}
			if same {
				continue
			}
			again, ok := k.Read(sheet.Mapping{Columns: k.Fields()}, cellsOf(k, r.No, fields), today)
			if !ok {
				again = Row{No: r.No, Fields: fields}
			}
			again.Cells, again.Dropped = r.Cells, x.Dropped || !ok
			changed = append(changed, again)
		}
		if len(changed) == 0 {
			return nil
		}
		if err := k.Judge(ctx, actor, f, changed); err != nil {
			return err
		}
		for _, r := range changed {
			if err := saveRow(ctx, f, r); err != nil {
				return err
			}
		}
		if k.Single() {
			if err := markTwice(ctx, f); err != nil {
				return err
			}
		}
		return changeFile(ctx, f, map[string]any{"state": string(Ready)})
	})
}

func cellsOf(k Kind, no int, fields map[string]string) sheet.Row {
	row := sheet.Row{No: no}
	for _, name := range k.Fields() {
		row.Cells = append(row.Cells, sheet.Cell{Text: fields[name]})
	}
	return row
}

// Apply has the groups without a wrong row applied, in the background. Head adds to what
// is said for the whole file.
// Codes: NotFound, Forbidden, Conflict (being read or applied, nothing to apply).
func (s *Service) Apply(ctx context.Context, actor access.Actor, id string, head Head) error {
	return s.d.DB.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		f, _, err := s.open(ctx, actor, id)
		if err == nil {
			err = idle(f)
		}
		if err != nil {
			return err
		}
		c, err := countRows(ctx, f)
		if err == nil && c.Clean == 0 {
			err = fault.New(fault.Conflict, "batch.nothing")
		}
		if err == nil {
			err = makeGroups(ctx, f)
		}
		if err != nil {
			return err
		}
		for name, value := range head {
			f.Head[name] = value
		}
		err = changeFile(ctx, f, map[string]any{"state": string(Applying), "head": text(f.Head, len(f.Head) == 0), "made_by": actor.Person, "tries": 0, "turn": db.Micros(db.Now(ctx)), "lease_by": "", "lease_until": 0})
		if err == nil {
			err = s.wake(ctx)
		}
		return err
	})
}

// Remove forgets a file. What was applied of it stays.
// Codes: NotFound, Forbidden, Conflict (being applied).
func (s *Service) Remove(ctx context.Context, actor access.Actor, id string) error {
	return s.d.DB.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		f, _, err := s.open(ctx, actor, id)
		if err != nil {
			return err
		}
		if f.State == Applying {
			return fault.New(fault.Conflict, "batch.busy")
		}
		if err := changeFile(ctx, f, map[string]any{"generation": f.generation + 1}); err != nil {
			return err
		}
		return removeFile(ctx, f)
	})
}

// Sweep removes files that nobody touched for three months.
func (s *Service) Sweep(ctx context.Context) error {
	for {
		gone := 0
		err := s.d.DB.InTx(ctx, func(ctx context.Context) error {
			rows, err := oldFiles(ctx, db.Micros(db.Now(ctx).Add(-keepDays*24*time.Hour)), 5)
			for _, r := range rows {
				if err == nil {
					err = removeFile(ctx, r.file())
				}
			}
			gone = len(rows)
			return err
		})
		if err != nil || gone == 0 {
			return err
		}
	}
}
