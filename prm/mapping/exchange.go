package mapping

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/mapping/blind"
)

// commitLine is the header of the first file.
func (s *Service) commitLine(ctx context.Context, w *work, c Commit) (string, error) {
	name, err := orgName(ctx, w.org())
	if err != nil {
		return "", err
	}
	terms := w.run.Terms
	b, err := json.Marshal(header{Run: w.run.Code, Part: partCommit, Role: w.mine.Role, From: name, Terms: &terms, Key: w.mine.DhPublic, Commit: c})
	return string(b), err
}

// lines are the headers of the first files: the starter's, the partner's.
func (x sideRow) lines() (starter, partner string) {
	if x.Role == Starter {
		return x.CommitLine, x.PeerLine
	}
	return x.PeerLine, x.CommitLine
}

// checkCode is what people of both companies compare by telephone: it is the same exactly
// when both have the same first files.
func checkCode(r Run, x sideRow) []string {
	a, b := x.lines()
	if a == "" || b == "" {
		return nil
	}
	sum := strings.ToUpper(digestOf([]byte("check " + r.Code + "\n" + a + "\n" + b)))
	var out []string
	for i := 0; i < 32; i += 4 { // 128 bits: two first files that fit cannot be searched for
		out = append(out, sum[i:i+4])
	}
	return out
}

// awaited is the file that comes next, 0 for none.
func awaited(r Run, x sideRow) int {
	next := int(x.Got) + 1
	if !r.State.Open() || next > partFields || next == partFields && len(r.Terms.Fields) == 0 || next == partMarks && r.Stage < StepSize || next == partFields && r.Stage < StepMine || next > partCommit && x.CommitLine == "" {
		return 0
	}
	return next
}

// ready are the files that may be fetched: each after the other's one before it came.
func ready(r Run, x sideRow) []int {
	if len(x.Secret) == 0 || !r.State.Open() && !r.lasts() {
		return nil
	}
	var out []int
	for part := partCommit; part <= partFields; part++ {
		if x.Phase >= made[part] && (part == partCommit || int(x.Got) >= part-1) {
			out = append(out, part)
		}
	}
	return out
}

// FileName is what a file is called.
func FileName(r Run, role string, part int) string {
	return "entente-mapping-" + r.Code[:8] + "-" + role + "-" + string(rune('0'+part)) + ".emap"
}

// sealers are the keys of both directions of a run with another server.
func (s *Service) sealers(r Run, x sideRow) (out, in sealer, err error) {
	sec, b, err := s.opened(x)
	if err != nil {
		return out, in, err
	}
	b.Erase()
	starter, partner := x.lines()
	key := db.FromText[header](x.PeerLine).Key
	other := Partner
	if x.Role == Partner {
		other = Starter
	}
	if out, err = newSealer(sec.DH, key, r.Code, x.Role, starter, partner); err == nil {
		in, err = newSealer(sec.DH, key, r.Code, other, starter, partner)
	}
	if err != nil {
		err = fault.Wrap(err, fault.Invalid, "mapping.file.header")
	}
	return out, in, err
}

// Fetch writes a file for the other server. name says what it is called.
// Codes: Unauthenticated, NotFound (no such file now), Forbidden, Conflict (it was destroyed
// while it was read).
func (s *Service) Fetch(ctx context.Context, actor access.Actor, id ID, part int, w io.Writer) (name string, err error) {
	var r Run
	var x sideRow
	var digests []string
	err = s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		if r, err = load(ctx, actor, access.MappingWrite, id, true); err != nil {
			return err
		}
		sides, err := sidesOf(ctx, id)
		if err != nil {
			return err
		}
		x = sides[actor.Org]
		if r.Way != File || !has(ready(r, x), part) {
			return notFound()
		}
		if digests, _, err = digestsOf(ctx, id, actor.Org, part); err != nil {
			return err
		}
		return note(ctx, actor, r, DidSend, part)
	})
	if err != nil {
		return "", err
	}
	name = FileName(r, x.Role, part)
	if part == partCommit {
		return name, newWriter(w, []byte(x.CommitLine)).close()
	}
	out, _, err := s.sealers(r, x)
	if err != nil {
		return "", err
	}
	line, err := json.Marshal(header{Run: r.Code, Part: part, Role: x.Role})
	if err != nil {
		return "", err
	}
	f := newWriter(w, line)
	for n := 0; ; n++ {
		var c chunk
		var ok bool
		err := s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) (err error) {
			c, ok, err = chunkAt(ctx, id, actor.Org, part, n)
			return err
		})
		if err != nil {
			return "", err
		}
		if !ok && n < len(digests) { // who gets it would believe that this is all
			return "", fault.New(fault.Conflict, "mapping.over")
		}
		if !ok {
			f.frame(out.seal(part, n, 0, nil, true))
			return name, f.close()
		}
		f.frame(out.seal(part, n, int(c.RowCount), c.Data, false))
	}
}

func has(list []int, part int) bool {
	for _, p := range list {
		if p == part {
			return true
		}
	}
	return false
}

// Bring takes a file of another server. The first of a run that the other began makes the
// run here, which is this company's consent to the first step; it is given back.
// Codes: Unauthenticated, NotFound, Forbidden, Invalid (what is wrong with the file),
// Conflict (not the one that is awaited), RateLimited.
func (s *Service) Bring(ctx context.Context, actor access.Actor, id ID, src io.Reader) (ID, error) {
	if err := access.Check(actor, access.MappingWrite, access.Own(actor.Org)); err != nil {
		return "", err
	}
	f, err := open(io.LimitReader(src, MaxFile))
	if err != nil {
		return "", err
	}
	h := f.head
	var r Run
	var x sideRow
	err = s.db.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		at, err := byCode(ctx, actor.Org, h.Run)
		if err != nil {
			return err
		}
		if id == "" {
			id = at
		}
		if id == "" {
			return nil
		}
		if r, err = load(ctx, actor, access.MappingWrite, id, false); err != nil {
			return err
		}
		sides, err := sidesOf(ctx, id)
		x = sides[actor.Org]
		return err
	})
	switch {
	case err != nil:
		return "", err
	case id == "" && h.Part == partCommit && h.Role == Starter:
		return s.invited(ctx, actor, f)
	case id == "", r.Way != File, r.Code != h.Run:
		return "", bad("other_run")
	case h.Role == x.Role:
		return "", bad("own")
	case x.Got >= int64(h.Part):
		return id, fault.New(fault.Conflict, "mapping.file_again")
	case awaited(r, x) != h.Part:
		return "", fault.New(fault.Conflict, "mapping.file_not_now", "Part", h.Part)
	}
	if h.Part == partCommit {
		if !h.Terms.Equal(r.Terms) {
			return "", bad("terms")
		}
		if b, err := f.frame(); err != nil || b != nil {
			return "", cmp.Or[error](err, bad("content"))
		}
		return id, s.took(ctx, actor, r, partCommit, "", map[string]any{"peer_line": string(f.line)})
	}
	root, err := s.pieces(ctx, actor, r, x, f)
	if err != nil {
		return "", err
	}
	return id, s.took(ctx, actor, r, h.Part, root, map[string]any{})
}

// invited begins a run that another server's company asks for.
func (s *Service) invited(ctx context.Context, actor access.Actor, f *reader) (ID, error) {
	if b, err := f.frame(); err != nil || b != nil {
		return "", cmp.Or[error](err, bad("content"))
	}
	h := f.head
	id := ID(db.NewID())
	err := s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		now := db.Now(ctx)
		r := Run{ID: id, Way: File, Code: h.Run, Partner: actor.Org, Name: h.From, Terms: *h.Terms, State: Working, Made: now, MadeBy: actor.Person, Changed: now, Expires: until(ctx)}
		if err := s.begin(ctx, actor, r, func(x *sideRow) { x.PeerLine, x.Got = string(f.line), partCommit }); err != nil {
			return err
		}
		return logged(ctx, id, "", Entry{Org: actor.Org, Person: actor.Person, What: DidReceive, Step: partCommit})
	})
	return id, err
}

// took notes that a file came, once, and goes on. What is there must be what the file held
// (root): the same file may have been brought beside it.
func (s *Service) took(ctx context.Context, actor access.Actor, r Run, part int, root string, values map[string]any) error {
	return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		now, err := load(ctx, actor, access.MappingWrite, r.ID, true)
		if err != nil {
			return err
		}
		if !now.State.Open() {
			return notNow(now.State)
		}
		if part != partCommit {
			digests, _, err := digestsOf(ctx, r.ID, "", part)
			if err != nil {
				return err
			}
			if rootOf(digests) != root {
				return fault.New(fault.Conflict, "mapping.changed")
			}
		}
		ok, err := received(ctx, r.ID, actor.Org, part, values)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Conflict, "mapping.file_again")
		}
		if err := note(ctx, actor, now, DidReceive, part); err != nil {
			return err
		}
		was := now
		now.Expires = until(ctx)
		if err := saveRun(ctx, was, now); err != nil {
			return err
		}
		return s.wake(ctx)
	})
}

// pieces keeps what a file holds, some at a time; they count only once all came and the
// file's end was right. root is the hash of all of them.
func (s *Service) pieces(ctx context.Context, actor access.Actor, r Run, x sideRow, f *reader) (root string, err error) {
	_, in, err := s.sealers(r, x)
	if err != nil {
		return "", err
	}
	part := f.head.Part
	limit, total := 0, 0
	rowSize := r.Terms.Slots() * blind.Size
	switch part {
	case partList:
		limit = db.FromText[header](x.PeerLine).Commit.Rows
	case partDouble, partMarks:
		limit = int(x.ListRows)
	case partFields:
		limit = int(x.ListRows) * r.Terms.Slots()
	}
	var waiting []chunk
	var digests []string
	began, short, ended := false, false, false
	keep := func() error {
		list := waiting
		waiting = nil
		first := !began
		began = true
		return s.db.InTx(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
			now, err := load(ctx, actor, access.MappingWrite, r.ID, true)
			if err == nil && !now.State.Open() { // ended meanwhile: its points are destroyed
				err = notNow(now.State)
			}
			if err != nil {
				return err
			}
			sides, err := sidesOf(ctx, r.ID)
			if err != nil {
				return err
			}
			if sides[actor.Org].Got != x.Got {
				return fault.New(fault.Conflict, "mapping.file_again")
			}
			if first { // what a broken file left
				if err := dropChunks(ctx, r.ID, "", part); err != nil {
					return err
				}
			}
			for _, c := range list {
				if err := insertChunk(ctx, c); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for n := 0; ; n++ {
		b, err := f.frame()
		if err != nil {
			return "", err
		}
		if b == nil {
			break
		}
		if ended {
			return "", bad("content")
		}
		rows, data, last, err := in.open(part, n, b)
		if err != nil {
			return "", err
		}
		if last {
			if rows != 0 || len(data) != 0 {
				return "", bad("content")
			}
			ended = true
			continue
		}
		total += rows
		points := part == partList || part == partDouble
		if points && (rows < 1 || rows > chunkRows || short || len(data) != rows*rowSize) || total > limit*r.Terms.Slots() || points && total > limit {
			return "", bad("content")
		}
		short = rows < chunkRows
		if data == nil {
			data = []byte{}
		}
		digests = append(digests, digestOf(data))
		waiting = append(waiting, chunk{RunID: string(r.ID), Part: int64(part), Number: int64(n), RowCount: int64(rows), Digest: digests[len(digests)-1], Data: data})
		if len(waiting) == 16 {
			if err := keep(); err != nil {
				return "", err
			}
		}
	}
	if !ended {
		return "", bad("content")
	}
	if (part == partList || part == partDouble) && total != limit {
		return "", bad("rows")
	}
	return rootOf(digests), keep()
}
