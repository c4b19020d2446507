package mapping

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"strconv"
	"strings"

	"entente/db"
	"entente/prm/identity"
)

// tell writes the agreed fields of some matched accounts, and nothing else, to their places
// in the other's list.
func (s *Service) tell(ctx context.Context, w *work) error {
	customer, place := w.mine.Place, int64(-1)
	if c, p, ok := strings.Cut(w.mine.Place, "."); ok {
		customer = c
		place, _ = strconv.ParseInt(p, 10, 64)
	}
	var rows []matchRow
	var fields map[string]Shared
	err := s.db.View(db.WithOrgs(ctx, w.org()), func(ctx context.Context) (err error) {
		if rows, err = matchesAfter(ctx, w.id(), w.org(), customer, place, chunkRows); err != nil {
			return err
		}
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = r.CustomerID
		}
		fields, err = fieldsOf(ctx, w.org(), ids)
		return err
	})
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return s.keep(ctx, w, map[string]any{"phase": phaseTold}, nil)
	}
	var data []byte
	for _, r := range rows {
		text, err := json.Marshal(fields[r.CustomerID].only(w.run.Terms.Fields))
		if err != nil {
			return err
		}
		data = binary.BigEndian.AppendUint32(data, uint32(r.Theirs)) // lists are bounded
		data = binary.BigEndian.AppendUint32(data, uint32(r.Mine))
		data = append(binary.BigEndian.AppendUint16(data, uint16(len(text))), text...) // under mostTold
	}
	last := rows[len(rows)-1]
	out := w.chunk(partFields, w.piece(), len(rows), data)
	return s.keep(ctx, w, map[string]any{"place": last.CustomerID + "." + strconv.FormatInt(last.Theirs, 10), "done": w.mine.Done + int64(len(rows))}, func(ctx context.Context) error { return insertChunk(ctx, out) })
}

// mostTold bounds what is told of an account.
const mostTold = 8192

// hear reads what the other tells of its matched accounts. What is about none of mine, or
// holds more than was agreed, is refused or left out.
func (s *Service) hear(ctx context.Context, w *work) error {
	n, _ := strconv.Atoi(w.mine.Place)
	c, ok, err := s.read(ctx, w, partFields, n)
	if err != nil {
		return err
	}
	if !ok {
		return s.keep(ctx, w, map[string]any{"phase": phaseEnd}, nil)
	}
	wrong := refused{word: "answer_wrong", org: w.from()}
	var rows []matchRow
	var places []int64
	for b := c.Data; len(b) > 0; {
		if len(b) < 10 || len(rows) >= int(c.RowCount) {
			return wrong
		}
		size := int(binary.BigEndian.Uint16(b[8:]))
		if size > mostTold || len(b) < 10+size {
			return wrong
		}
		var x Shared
		dec := json.NewDecoder(bytes.NewReader(b[10 : 10+size]))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&x); err != nil || dec.More() {
			return wrong
		}
		x = x.only(w.run.Terms.Fields)
		for _, text := range []*string{&x.Name, &x.Place, &x.Web, &x.Person} {
			if !identity.Readable(*text, false) {
				*text = ""
			}
		}
		m := matchRow{RunID: string(w.id()), OrgID: w.org(), Mine: int64(binary.BigEndian.Uint32(b)), Theirs: int64(binary.BigEndian.Uint32(b[4:])), Told: db.Text(x)}
		if m.Theirs >= int64(w.theirCommit().Rows) {
			return wrong
		}
		rows, places = append(rows, m), append(places, m.Mine)
		b = b[10+size:]
	}
	return s.keep(ctx, w, map[string]any{"place": strconv.Itoa(n + 1), "done": w.mine.Done + int64(len(rows))}, func(ctx context.Context) error {
		of, err := matchedAt(ctx, w.id(), w.org(), places)
		if err != nil {
			return err
		}
		for _, m := range rows {
			if m.CustomerID = of[m.Mine]; m.CustomerID == "" {
				return wrong // it is told of an account that does not match
			}
			if err := tellMatch(ctx, m); err != nil {
				return err
			}
		}
		return nil
	})
}
