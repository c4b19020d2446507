package room

import (
	"context"
	"strconv"
	"strings"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

// Find chooses messages by their words.
type Find struct {
	Query string // every word must occur; two Chinese characters are a word
	Room  ID     // "" = all rooms of the company
	After string // cursor of an earlier answer
	Limit int    // 1 to 100, 0 = 20
}

// FoundMessage is a message with the room it was said in.
type FoundMessage struct {
	Message
	In Room
}

// Search finds messages in the rooms of the actor's company whose subject he may see,
// the latest first. A part may be shorter than Limit where rooms were not for the actor.
// Codes: Unauthenticated, Forbidden, Invalid (limit, cursor).
func (s *Service) Search(ctx context.Context, actor access.Actor, f Find) ([]FoundMessage, string, error) {
	scope, err := access.List(actor, access.RoomRead)
	if err != nil {
		return nil, "", err
	}
	if f.Limit == 0 {
		f.Limit = 20
	}
	if f.Limit < 1 || f.Limit > 100 {
		return nil, "", fault.InvalidField("limit", "form.out_of_range")
	}
	var kept []Message
	rooms := map[ID]Room{}
	next := ""
	err = s.view(ctx, actor, func(ctx context.Context) error {
		rows, err := findMessages(ctx, scope.Org(), f, f.Limit+1)
		if err != nil {
			return err
		}
		if len(rows) > f.Limit {
			rows = rows[:f.Limit]
			last := rows[f.Limit-1]
			next = db.Cursor(last.Happened, last.RoomID) + "." + strconv.FormatInt(last.Seq, 10)
		}
		var ids []string
		for _, r := range rows {
			ids = appendNew(ids, r.RoomID)
		}
		all, err := readRooms(ctx, ids)
		if err != nil {
			return err
		}
		for _, r := range all {
			switch err := s.see(ctx, actor, access.RoomRead, r); {
			case err == nil:
				rooms[r.ID] = r
			case !fault.IsNotFound(err):
				return err
			}
		}
		files, err := filesWith(ctx, rows)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if _, ok := rooms[ID(r.RoomID)]; !ok {
				continue
			}
			m, err := r.message()
			if err != nil {
				return err
			}
			m.Files = files[MessageRef(m.Room, m.Seq)]
			kept = append(kept, m)
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	if err := s.name(ctx, kept); err != nil {
		return nil, "", err
	}
	out := make([]FoundMessage, len(kept))
	for i, m := range kept {
		out[i] = FoundMessage{m, rooms[m.Room]}
	}
	return out, next, nil
}

// parseFound reads the cursor of a search.
func parseFound(c string) (at int64, room string, seq int64, err error) {
	head, tail, _ := strings.Cut(c, ".")
	if at, room, err = parseCursor(head); err == nil {
		if seq, err = strconv.ParseInt(tail, 10, 64); err != nil {
			err = fault.InvalidField("after", "form.cursor_wrong")
		}
	}
	return at, room, seq, err
}

// words makes a message findable, by its text and the names of its files.
func (s *Service) words(ctx context.Context, m Message) error {
	texts := []string{m.Text}
	for _, f := range m.Files {
		texts = append(texts, f.Name)
	}
	return found.PutAt(ctx, []any{string(m.Room), m.Seq}, texts...)
}

// indexSlice is how many messages one run of Index takes.
const indexSlice = 500

// Index makes messages findable that were written before there was a search. It does
// nothing once all are.
func (s *Service) Index(ctx context.Context) error {
	if s.indexed.Load() {
		return nil
	}
	var n int
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		rows, err := unfound(ctx, indexSlice)
		n = len(rows)
		for _, r := range rows {
			if err := s.words(ctx, Message{Room: ID(r.RoomID), Seq: r.Seq, Text: r.Text}); err != nil {
				return err
			}
		}
		return err
	})
	if err == nil && n == 0 {
		s.indexed.Store(true)
	}
	return err
}
