package mapping

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"entente/db"
	"entente/prm/identity"
	"entente/prm/mapping/blind"
)

// collect reads some customers of the company and blinds their keys. Only points are kept:
// the keys stay where they are.
func (s *Service) collect(ctx context.Context, w *work) error {
	const many = 400
	after, chain, _ := strings.Cut(w.mine.Place, ".")
	var batch []keyed
	err := s.db.View(db.WithOrgs(ctx, w.org()), func(ctx context.Context) (err error) {
		batch, err = customersAfter(ctx, w.org(), after, w.run.Terms.Kinds, many)
		return err
	})
	if err != nil {
		return err
	}
	if len(batch) == 0 {
		if err := s.judge(ctx, w); err != nil {
			return err
		}
		return s.keep(ctx, w, map[string]any{"phase": phaseList, "commitment": db.Text(Commit{List: chain})}, nil)
	}
	x, sec, err := s.opened(w.mine)
	if err != nil {
		return err
	}
	defer sec.Erase()
	var rows []pointRow
	for _, c := range batch {
		keys := chosen(c.Keys, w.run.Terms)
		if len(keys) == 0 {
			continue
		}
		points := make([]blind.Point, 0, w.slots())
		text := ""
		for _, k := range keys {
			points = append(points, sec.Key(w.domain(), string(k.Kind), k.Value))
			text += k.String() + "\n"
		}
		for len(points) < w.slots() {
			points = append(points, blind.Dummy())
		}
		blind.Shuffle(points) // the place among an account's points says nothing of the kind
		mac := hmac.New(sha256.New, x.List)
		mac.Write([]byte(chain + "\n" + c.ID + "\n" + text))
		chain = hex.EncodeToString(mac.Sum(nil))
		rows = append(rows, pointRow{RunID: string(w.id()), OrgID: w.org(), List: own, Token: token(), CustomerID: c.ID, Digest: hex.EncodeToString(s.box.Sign(text, "mapping list "+w.org())[:16]), Points: flat(points)})
	}
	n := w.mine.ListRows + int64(len(rows))
	if n > Most {
		return refused{word: "list_large", org: w.org()}
	}
	return s.keep(ctx, w, map[string]any{"place": batch[len(batch)-1].ID + "." + chain, "list_rows": n, "done": n}, func(ctx context.Context) error { return insertRows(ctx, rows) })
}

// judge says whether a list may be compared: it is long enough, and not the last one with a
// few names more, by which one could learn of those.
func (s *Service) judge(ctx context.Context, w *work) error {
	if w.mine.ListRows < int64(s.least) {
		return refused{word: "list_small", org: w.org()}
	}
	return s.db.View(db.WithOrgs(ctx, w.org()), func(ctx context.Context) error {
		before, err := previous(ctx, w.run, w.org(), db.Micros(db.Now(ctx).Add(-compared)))
		if err != nil || before == "" {
			return err
		}
		added, gone, was, err := edited(ctx, before, w.id(), w.org())
		switch {
		case err != nil:
			return err
		case was == 0:
			return nil // nothing of it was kept
		case added+gone > 0 && added+gone < leastEdit:
			return refused{word: "list_same", org: w.org()}
		case added > max(was/4, leastEdit):
			return refused{word: "list_edited", org: w.org()}
		}
		return nil
	})
}

// chosen are the keys that stand for an account: one of each kind, the strongest first,
// then others while there is room.
func chosen(keys []identity.Key, t Terms) []identity.Key {
	var out []identity.Key
	for _, kind := range t.Kinds {
		if i := slices.IndexFunc(keys, func(k identity.Key) bool { return string(k.Kind) == kind }); i >= 0 {
			out = append(out, keys[i])
		}
	}
	for _, kind := range t.Kinds {
		for _, k := range keys {
			if len(out) < t.Slots() && string(k.Kind) == kind && !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	return out
}

func token() string { return hex.EncodeToString(random(16)) }

func flat(points []blind.Point) []byte {
	out := make([]byte, 0, len(points)*blind.Size)
	for _, p := range points {
		out = append(out, p[:]...)
	}
	return out
}

func pointsOf(b []byte) []blind.Point {
	out := make([]blind.Point, len(b)/blind.Size)
	for i := range out {
		out[i] = blind.Point(b[i*blind.Size:])
	}
	return out
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// rootOf is the hash of a message by those of its pieces.
func rootOf(digests []string) string { return digestOf([]byte(strings.Join(digests, "\n"))) }

func (w *work) chunk(part, number, rows int, data []byte) chunk {
	return chunk{RunID: string(w.id()), OrgID: w.org(), Part: int64(part), Number: int64(number), RowCount: int64(rows), Digest: digestOf(data), Data: data}
}

// arrange puts the list into its order by chance, as it will be sent, and commits to it.
func (s *Service) arrange(ctx context.Context, w *work) error {
	return s.inOrder(ctx, w, own, partList, phaseDouble, func(p []blind.Point) []blind.Point { return p }, func(ctx context.Context, values map[string]any) error {
		digests, rows, err := digestsOf(ctx, w.id(), w.org(), partList)
		if err != nil {
			return err
		}
		_, sec, err := s.opened(w.mine)
		if err != nil {
			return err
		}
		defer sec.Erase()
		pub := sec.Public()
		c := db.FromText[Commit](w.mine.Commitment)
		c.Rows, c.Root, c.Public = rows, rootOf(digests), hex.EncodeToString(pub[:])
		values["commitment"] = db.Text(c)
		if w.run.Way == File {
			values["commit_line"], err = s.commitLine(ctx, w, c)
		}
		return err
	})
}

// scatter puts the other's list, blinded again, into an order by chance, so that it cannot
// tell which of its accounts match.
func (s *Service) scatter(ctx context.Context, w *work) error {
	return s.inOrder(ctx, w, theirs, partDouble, phaseCount, func(p []blind.Point) []blind.Point { blind.Shuffle(p); return p }, nil)
}

// inOrder writes a list in its order by chance as pieces of a message.
func (s *Service) inOrder(ctx context.Context, w *work, list string, part, next int, each func([]blind.Point) []blind.Point, end func(ctx context.Context, values map[string]any) error) error {
	var rows []pointRow
	values := map[string]any{"phase": next}
	err := s.db.View(db.WithOrgs(ctx, w.org()), func(ctx context.Context) (err error) {
		if rows, err = rowsAfter(ctx, w.id(), w.org(), list, w.mine.Place, chunkRows); err != nil || len(rows) > 0 || end == nil {
			return err
		}
		return end(ctx, values)
	})
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return s.keep(ctx, w, values, nil)
	}
	data := make([]byte, 0, len(rows)*w.rowSize())
	for _, r := range rows {
		data = append(data, flat(each(pointsOf(r.Points)))...)
	}
	c := w.chunk(part, w.piece(), len(rows), data)
	return s.keep(ctx, w, map[string]any{"place": rows[len(rows)-1].Token, "done": w.mine.Done + int64(len(rows))}, func(ctx context.Context) error { return insertChunk(ctx, c) })
}

// read reads a piece of a message of the other side. Pieces are in order; ok is false after
// the last.
func (s *Service) read(ctx context.Context, w *work, part, number int) (c chunk, ok bool, err error) {
	err = s.db.View(db.WithOrgs(ctx, w.run.Orgs()...), func(ctx context.Context) (err error) {
		c, ok, err = chunkAt(ctx, w.id(), w.from(), part, number)
		return err
	})
	return c, ok, err
}

// piece is the number of the piece after the rows that are done: all but the last are full.
func (w *work) piece() int { return (int(w.mine.Done) + chunkRows - 1) / chunkRows }

// double blinds a piece of the other's list again. Before the first it is checked that the
// list is the one that was committed to.
func (s *Service) double(ctx context.Context, w *work) error {
	n := w.piece()
	commit := w.theirCommit()
	if n == 0 {
		err := s.db.View(db.WithOrgs(ctx, w.run.Orgs()...), func(ctx context.Context) error {
			digests, rows, err := digestsOf(ctx, w.id(), w.from(), partList)
			if err == nil && (rootOf(digests) != commit.Root || rows != commit.Rows) {
				err = refused{word: "not_committed", org: w.from()}
			}
			return err
		})
		if err != nil {
			return err
		}
		if commit.Rows < s.least || commit.Rows > Most {
			return refused{word: "list_small", org: w.from()}
		}
	}
	c, ok, err := s.read(ctx, w, partList, n)
	if err != nil {
		return err
	}
	if !ok {
		return s.keep(ctx, w, map[string]any{"phase": phaseSend}, nil)
	}
	if len(c.Data) != int(c.RowCount)*w.rowSize() || digestOf(c.Data) != c.Digest {
		return refused{word: "not_committed", org: w.from()}
	}
	_, sec, err := s.opened(w.mine)
	if err != nil {
		return err
	}
	defer sec.Erase()
	rows := make([]pointRow, c.RowCount)
	for i := range rows {
		points := pointsOf(c.Data[i*w.rowSize() : (i+1)*w.rowSize()])
		for k, p := range points {
			if points[k], err = sec.Again(p); err != nil {
				return refused{word: "points_wrong", org: w.from()}
			}
		}
		rows[i] = pointRow{RunID: string(w.id()), OrgID: w.org(), List: theirs, Token: token(), Place: w.mine.Done + int64(i), Points: flat(points)}
	}
	return s.keep(ctx, w, map[string]any{"place": strconv.Itoa(n), "done": w.mine.Done + c.RowCount}, func(ctx context.Context) error { return insertRows(ctx, rows) })
}

// fill reads points into w.known: those of the other's list as this side made them
// (theirs), with their places, or as the other side made this one's (doubled). Neither
// changes once it is there.
func (s *Service) fill(ctx context.Context, w *work, of string) error {
	s.mu.Lock()
	k := s.kept
	s.mu.Unlock()
	if k != nil && k.run == w.id() && k.org == w.org() && k.of == of {
		w.known = k.points
		return nil
	}
	s.forget() // never two at a time
	points := make(map[[16]byte]uint32, int(w.mine.ListRows)*w.slots())
	err := s.db.View(db.WithOrgs(ctx, w.run.Orgs()...), func(ctx context.Context) error {
		put := func(b []byte, place int) {
			for ; len(b) >= blind.Size; b = b[blind.Size:] {
				points[[16]byte(b)] = uint32(place) // lists are bounded
			}
		}
		if of == theirs {
			return s.eachTheirs(ctx, w, func(r pointRow) { put(r.Points, int(r.Place)) })
		}
		return eachDouble(ctx, w, func(b []byte) { put(b, 0) })
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w.known, s.kept = points, &known{w.id(), w.org(), of, points}
	return nil
}

// doubled is this side's list as the other side made it.
const doubled = "doubled"

func (s *Service) eachTheirs(ctx context.Context, w *work, fn func(r pointRow)) error {
	for after := ""; ; {
		rows, err := rowsAfter(ctx, w.id(), w.org(), theirs, after, 2000)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			fn(r)
		}
		after = rows[len(rows)-1].Token
	}
}

// eachDouble reads this side's list as the other made it, account by account.
func eachDouble(ctx context.Context, w *work, fn func(row []byte)) error {
	for n := 0; ; n++ {
		c, ok, err := chunkAt(ctx, w.id(), w.from(), partDouble, n)
		if err != nil || !ok {
			return err
		}
		for b := c.Data; len(b) >= w.rowSize(); b = b[w.rowSize():] {
			fn(b[:w.rowSize()])
		}
	}
}

func (w *work) meets(row []byte) bool {
	for ; len(row) >= blind.Size; row = row[blind.Size:] {
		if _, ok := w.known[[16]byte(row)]; ok {
			return true
		}
	}
	return false
}

// count compares the two lists under both secrets: how many accounts of each have a point
// in the other. Which they are stays unknown, since both came in an order by chance.
func (s *Service) count(ctx context.Context, w *work) error {
	err := s.db.View(db.WithOrgs(ctx, w.run.Orgs()...), func(ctx context.Context) error {
		_, rows, err := digestsOf(ctx, w.id(), w.from(), partDouble)
		if err == nil && rows != int(w.mine.ListRows) {
			err = refused{word: "answer_wrong", org: w.from()}
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := s.fill(ctx, w, theirs); err != nil {
		return err
	}
	mine, other := 0, 0
	err = s.db.View(db.WithOrgs(ctx, w.run.Orgs()...), func(ctx context.Context) error {
		return eachDouble(ctx, w, func(row []byte) {
			if w.meets(row) {
				mine++
			}
		})
	})
	if err != nil {
		return err
	}
	if err := s.fill(ctx, w, doubled); err != nil {
		return err
	}
	err = s.db.View(db.WithOrgs(ctx, w.run.Orgs()...), func(ctx context.Context) error {
		return s.eachTheirs(ctx, w, func(r pointRow) {
			if w.meets(r.Points) {
				other++
			}
		})
	})
	if err != nil {
		return err
	}
	return s.keep(ctx, w, map[string]any{"phase": phaseMarks, "own_count": mine, "their_count": other}, nil)
}

// markSize is a mark: the place in the other's list, which of its points, and the point
// under both secrets.
const markSize = 4 + 1 + blind.Size

func (w *work) proves(role string, number int) []byte {
	return []byte("marks " + w.run.Code + " " + role + " " + strconv.Itoa(number))
}

// mark says which accounts of a piece of the other's list match, and proves that the points
// were made of that piece: with copied points one could claim accounts one does not have,
// and be told their fields.
func (s *Service) mark(ctx context.Context, w *work) error {
	if err := s.fill(ctx, w, doubled); err != nil {
		return err
	}
	n := w.piece()
	var made []pointRow
	var c chunk
	var ok bool
	err := s.db.View(db.WithOrgs(ctx, w.run.Orgs()...), func(ctx context.Context) (err error) {
		if c, ok, err = chunkAt(ctx, w.id(), w.from(), partList, n); err == nil && ok {
			made, err = rowsAt(ctx, w.id(), w.org(), n*chunkRows, (n+1)*chunkRows)
		}
		return err
	})
	if err != nil {
		return err
	}
	if !ok {
		return s.keep(ctx, w, map[string]any{"phase": phaseLink}, nil)
	}
	var data []byte
	var pairs []blind.Pair
	rows := 0
	for _, r := range made {
		sent := pointsOf(c.Data[(int(r.Place)-n*chunkRows)*w.rowSize():][:w.rowSize()])
		for k, p := range pointsOf(r.Points) {
			if _, meets := w.known[[16]byte(p[:16])]; meets {
				data = append(binary.BigEndian.AppendUint32(data, uint32(r.Place)), byte(k)) // small
				data = append(data, p[:]...)
				pairs, rows = append(pairs, blind.Pair{Sent: sent[k], Made: p}), rows+1
			}
		}
	}
	if rows > 0 {
		_, sec, err := s.opened(w.mine)
		if err != nil {
			return err
		}
		defer sec.Erase()
		proof, err := sec.Prove(w.proves(w.mine.Role, n), pairs)
		if err != nil {
			return err
		}
		data = append(data, proof...)
	}
	if data == nil {
		data = []byte{}
	}
	out := w.chunk(partMarks, n, rows, data)
	return s.keep(ctx, w, map[string]any{"place": strconv.Itoa(n), "done": w.mine.Done + c.RowCount}, func(ctx context.Context) error { return insertChunk(ctx, out) })
}

// link reads which accounts of a piece of this side's list match, after checking the proof
// that the other side made the points of that very piece.
func (s *Service) link(ctx context.Context, w *work) error {
	if err := s.fill(ctx, w, theirs); err != nil {
		return err
	}
	n := w.piece()
	wrong := refused{word: "answer_wrong", org: w.from()}
	var list []pointRow
	var sent chunk
	var ok bool
	err := s.db.View(db.WithOrgs(ctx, w.run.Orgs()...), func(ctx context.Context) (err error) {
		if list, err = rowsAfter(ctx, w.id(), w.org(), own, w.mine.Place, chunkRows); err == nil {
			sent, ok, err = chunkAt(ctx, w.id(), w.org(), partList, n)
		}
		return err
	})
	if err != nil {
		return err
	}
	c, came, err := s.read(ctx, w, partMarks, n)
	if err != nil {
		return err
	}
	if !ok {
		if came {
			return wrong
		}
		var matched int
		err := s.db.View(db.WithOrgs(ctx, w.org()), func(ctx context.Context) (err error) {
			matched, err = countMatched(ctx, w.id(), w.org())
			return err
		})
		if err != nil {
			return err
		}
		if int64(matched) != w.mine.OwnCount {
			return wrong // what is claimed now is not what was counted
		}
		return s.keep(ctx, w, map[string]any{"phase": phaseFields}, nil)
	}
	if !came || len(list) != int(sent.RowCount) {
		return wrong
	}
	matches, good := w.proved(c, sent, list, n)
	if !good {
		return wrong
	}
	return s.keep(ctx, w, map[string]any{"place": list[len(list)-1].Token, "done": w.mine.Done + int64(len(list))}, func(ctx context.Context) error { return insertMatches(ctx, matches) })
}

// proved reads the marks of a piece and checks everything about them.
func (w *work) proved(c, sent chunk, list []pointRow, n int) (out []matchRow, good bool) {
	if c.RowCount == 0 {
		return nil, len(c.Data) == 0
	}
	if len(c.Data) != int(c.RowCount)*markSize+blind.ProofSize || int(c.RowCount) > len(list)*w.slots() {
		return nil, false
	}
	var pairs []blind.Pair
	seen := map[matchRow]bool{}
	for b := c.Data[:int(c.RowCount)*markSize]; len(b) > 0; b = b[markSize:] {
		at, slot := int(binary.BigEndian.Uint32(b))-n*chunkRows, int(b[4])
		if at < 0 || at >= len(list) || slot >= w.slots() {
			return nil, false
		}
		made := blind.Point(b[5:markSize])
		place, ok := w.known[[16]byte(made[:16])]
		if !ok {
			return nil, false // such a point was never sent
		}
		pairs = append(pairs, blind.Pair{Sent: blind.Point(sent.Data[at*w.rowSize()+slot*blind.Size:]), Made: made})
		m := matchRow{RunID: string(w.id()), OrgID: w.org(), CustomerID: list[at].CustomerID, Theirs: int64(place), Mine: int64(at + n*chunkRows)}
		if !seen[m] {
			seen[m] = true
			out = append(out, m)
		}
	}
	public, err := hex.DecodeString(w.theirCommit().Public)
	if err != nil || len(public) != blind.Size {
		return nil, false
	}
	role := Starter
	if w.mine.Role == Starter {
		role = Partner
	}
	return out, blind.Verify(blind.Point(public), w.proves(role, n), pairs, c.Data[int(c.RowCount)*markSize:]) == nil
}
