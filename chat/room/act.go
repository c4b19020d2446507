package room

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/fault"
)

// An act is what somebody does to a message that stands: it takes a number of the
// room's sequence, so that whoever was away catches up with it like with a message.
// An act that changes nothing takes none, so that repeating one is harmless.

// MaxPins is how many messages of a room may be pinned.
const MaxPins = 50

// maxEmoji bounds one reaction: an emoji with its joiners and skin tones.
const maxEmoji = 10

// maxReactions is how many different emojis one message bears.
const maxReactions = 20

// Edit changes the text of the actor's own message. Whom the new text names in
// addition is told.
// Codes: NotFound, Forbidden (not the author's), Conflict (read-only, removed), Invalid.
func (s *Service) Edit(ctx context.Context, actor access.Actor, id ID, seq int64, text string) (Message, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	var named naming
	return s.act(ctx, actor, id, seq, ActEdited, func(ctx context.Context, r Room, m *messageRow, out *Message) (bool, error) {
		if m.AuthorID != actor.Person {
			return false, fault.New(fault.Forbidden, "room.not_yours")
		}
		if err := (Draft{Key: "edit", Text: text}).check(); err != nil {
			return false, err
		}
		if m.Text == text {
			return false, nil
		}
		had, err := mentionsOf(ctx, id, []int64{seq})
		if err != nil {
			return false, err
		}
		if err := s.keep(ctx, r, *m); err != nil {
			return false, err
		}
		if err := setText(ctx, id, seq, text, db.Now(ctx)); err != nil {
			return false, err
		}
		files, err := filesOf(ctx, id, []int64{seq})
		if err != nil {
			return false, err
		}
		now := Message{Room: id, Seq: seq, Text: text, Files: files[seq]}
		if err := s.words(ctx, now); err != nil {
			return false, err
		}
		if err := dropMentions(ctx, id, seq); err != nil {
			return false, err
		}
		out.Body, out.Mentions = text, named.shown
		fresh := slices.DeleteFunc(slices.Clone(named.people), func(p Person) bool {
			return slices.ContainsFunc(had[seq], func(x Mention) bool { return x.ID == p.ID })
		})
		if err := keepMentions(ctx, id, seq, named.people); err != nil {
			return false, err
		}
		return true, s.publish(ctx, actor, r, now, fresh)
	}, func(ctx context.Context, r Room) (err error) {
		named, err = s.mentioned(ctx, r, text)
		return err
	})
}

// Remove takes the content of a message away; its number, its author and who removed it
// stay. The author may, and an admin of a company of the room, which is audited.
// Codes: NotFound, Forbidden, Conflict (read-only).
func (s *Service) Remove(ctx context.Context, actor access.Actor, id ID, seq int64) (Message, error) {
	return s.act(ctx, actor, id, seq, ActRemoved, func(ctx context.Context, r Room, m *messageRow, _ *Message) (bool, error) {
		if m.AuthorID != actor.Person {
			if !slices.Contains(actor.Roles, access.Admin) {
				return false, fault.New(fault.Forbidden, "room.not_yours")
			}
			for _, org := range r.Orgs {
				if err := audit.Write(ctx, audit.Entry{Org: org, Person: actor.Person, Via: actor.Via, Action: "room.message_removed", SubjectKind: "room", SubjectID: string(id), Outcome: audit.Done}); err != nil {
					return false, err
				}
			}
		}
		if err := s.keep(ctx, r, *m); err != nil {
			return false, err
		}
		return true, erase(ctx, id, []int64{seq}, db.Now(ctx))
	}, nil)
}

// React sets an emoji under a message or takes the actor's own back.
// Codes: NotFound, Forbidden, Conflict (read-only, removed, too many), Invalid.
func (s *Service) React(ctx context.Context, actor access.Actor, id ID, seq int64, emoji string, on bool) (Message, error) {
	return s.act(ctx, actor, id, seq, ActReacted, func(ctx context.Context, _ Room, _ *messageRow, out *Message) (bool, error) {
		if !isEmoji(emoji) {
			return false, fault.InvalidField("emoji", "room.emoji_wrong")
		}
		out.Emoji, out.On = emoji, on
		if !on {
			return unreact(ctx, id, seq, emoji, actor.Person)
		}
		have, err := reactionsOf(ctx, id, []int64{seq})
		if err != nil {
			return false, err
		}
		if len(have[seq]) >= maxReactions && !slices.ContainsFunc(have[seq], func(x Reaction) bool { return x.Emoji == emoji }) {
			return false, fault.New(fault.Conflict, "room.too_many_reactions")
		}
		return react(ctx, id, seq, emoji, actor.Person, actor.Org)
	}, nil)
}

// isEmoji lets signs through that are no letters: an emoji, a flag, a check mark.
func isEmoji(s string) bool {
	if s == "" || !utf8.ValidString(s) || utf8.RuneCountInString(s) > maxEmoji {
		return false
	}
	first, _ := utf8.DecodeRuneInString(s)
	if first < 0x2000 {
		return false
	}
	for _, r := range s {
		switch {
		case r == 0x200d, r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0020 && r <= 0xe007f: // joiner, variation, flag tags
		case r >= 0x203c && r <= 0x2049, r >= 0x2139 && r <= 0x21aa, r >= 0x231a && r <= 0x2bff, r >= 0x1f000 && r <= 0x1faff:
		default:
			return false
		}
	}
	return first != 0x200d
}

// Pin puts a message on top of the room or takes it off.
// Codes: NotFound, Forbidden, Conflict (read-only, removed, too many).
func (s *Service) Pin(ctx context.Context, actor access.Actor, id ID, seq int64, on bool) (Message, error) {
	kind := ActUnpinned
	if on {
		kind = ActPinned
	}
	return s.act(ctx, actor, id, seq, kind, func(ctx context.Context, _ Room, _ *messageRow, _ *Message) (bool, error) {
		if !on {
			return unpin(ctx, id, seq)
		}
		pinned, err := pin(ctx, id, seq, actor.Person, actor.Org)
		if err != nil || !pinned { // it stands there already, also where no other finds room
			return false, err
		}
		n, err := countPins(ctx, id)
		if err == nil && n > MaxPins {
			err = fault.New(fault.Conflict, "room.too_many_pins", "most", MaxPins)
		}
		return err == nil, err
	}, nil)
}

// act does something to a message under the lock of its room. ready runs before the
// transaction, when the actor is known to be in the room.
func (s *Service) act(ctx context.Context, actor access.Actor, id ID, seq int64, kind string,
	do func(ctx context.Context, r Room, m *messageRow, out *Message) (changed bool, err error), ready func(ctx context.Context, r Room) error) (Message, error) {
	var r Room
	check := func(ctx context.Context) (err error) {
		if r, err = s.load(ctx, actor, access.RoomPost, id); err == nil && actor.Person == "" {
			err = errNotFound
		}
		return err
	}
	if err := s.view(ctx, actor, check); err != nil {
		return Message{}, err
	}
	if r.ReadOnly {
		return Message{}, errReadOnly
	}
	if ready != nil {
		if err := ready(ctx, r); err != nil {
			return Message{}, err
		}
	}
	who, err := s.author(ctx, actor.Person, actor.Org)
	if err != nil {
		return Message{}, err
	}
	out := Message{Room: id, Kind: Act, Event: kind, From: who, Target: seq, Subject: subjectOf(seq), Args: map[string]string{"person": who.Name}}
	err = s.change(ctx, actor, func(ctx context.Context) error {
		number, open, err := nextAct(ctx, id)
		if err != nil {
			return err
		}
		if !open {
			return errReadOnly
		}
		if r, err = s.load(ctx, actor, access.RoomPost, id); err != nil { // taken out since the check
			return err
		}
		m, err := readMessage(ctx, id, seq)
		if err != nil {
			return err
		}
		out.Seq, out.At, out.Body, out.Mentions = number, db.Now(ctx), "", nil
		if m.Removed != 0 && kind != ActRemoved {
			return fault.New(fault.Conflict, "room.is_removed")
		}
		changed := false
		if m.Removed == 0 {
			if changed, err = do(ctx, r, &m, &out); err != nil {
				return err
			}
		}
		if !changed {
			out.Seq = number - 1
			return backAct(ctx, id)
		}
		if err := insertAct(ctx, out, actor.Person, actor.Org); err != nil {
			return err
		}
		if err := passMarks(ctx, id, number, 1); err != nil {
			return err
		}
		told := out
		db.AfterCommit(ctx, func() { s.pub.Published(told) })
		return nil
	})
	if err != nil {
		return Message{}, err
	}
	return out, nil
}

func subjectOf(seq int64) Subject { return Subject{SubjectMessage, strconv.FormatInt(seq, 10)} }

// Pins are the pinned messages of a room, the latest pin first.
// Codes: NotFound.
func (s *Service) Pins(ctx context.Context, actor access.Actor, id ID) ([]Message, error) {
	return s.some(ctx, actor, id, func(ctx context.Context) ([]Message, error) { return pinnedIn(ctx, id) })
}

// One is a message with what belongs to it.
// Codes: NotFound.
func (s *Service) One(ctx context.Context, actor access.Actor, id ID, seq int64) (Message, error) {
	got, err := s.some(ctx, actor, id, func(ctx context.Context) ([]Message, error) {
		row, err := readMessage(ctx, id, seq)
		if err != nil {
			return nil, err
		}
		m, err := row.message()
		return []Message{m}, err
	})
	if err != nil {
		return Message{}, err
	}
	return got[0], nil
}

// Some are messages by their numbers, at most MaxHistory; what is none is left out.
// Codes: NotFound (the room).
func (s *Service) Some(ctx context.Context, actor access.Actor, id ID, seqs []int64) ([]Message, error) {
	return s.some(ctx, actor, id, func(ctx context.Context) ([]Message, error) {
		return messagesAt(ctx, id, seqs[:min(len(seqs), MaxHistory)])
	})
}

// some reads messages of a room that the actor may see.
func (s *Service) some(ctx context.Context, actor access.Actor, id ID, read func(ctx context.Context) ([]Message, error)) ([]Message, error) {
	var out []Message
	err := s.view(ctx, actor, func(ctx context.Context) error {
		if _, err := s.load(ctx, actor, access.RoomRead, id); err != nil {
			return err
		}
		var err error
		if out, err = read(ctx); err != nil {
			return err
		}
		if err := dress(ctx, id, out); err != nil {
			return err
		}
		return adorn(ctx, id, out)
	})
	if err != nil {
		return nil, err
	}
	return out, s.name(ctx, out)
}

// Level says of which messages of a room a member is told.
type Level string

// The levels. A mention is told at each but LevelNone.
const (
	LevelAll      Level = "all"      // the room counts as unread
	LevelMentions Level = "mentions" // as all; only being named gives a notice
	LevelNone     Level = "none"     // neither counter nor notice
)

// SetLevel chooses what the actor is told of a room. Entering is implied.
// Codes: NotFound, Invalid.
func (s *Service) SetLevel(ctx context.Context, actor access.Actor, id ID, level Level) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		r, err := s.load(ctx, actor, access.RoomRead, id)
		if err != nil {
			return err
		}
		if actor.Person == "" {
			return errNotFound
		}
		if !slices.Contains([]Level{LevelAll, LevelMentions, LevelNone}, level) {
			return fault.InvalidField("level", "form.choice_wrong")
		}
		if _, entered, err := readMark(ctx, id, actor.Person, actor.Org); err != nil {
			return err
		} else if !entered {
			if err := enter(ctx, id, actor.Person, actor.Org, r.LastSeq); err != nil {
				return err
			}
		}
		return setLevel(ctx, id, actor.Person, actor.Org, level)
	})
}

// Reader is how far a person who entered has read.
type Reader struct {
	Person string // id
	Org    string // company id
	Seq    int64
}

// Standing is what a person sees of a room beside its messages.
type Standing struct {
	Read    int64 // the actor's own mark
	Unread  int64 // messages and events above it; 0 when never entered
	Entered bool
	Level   Level
	Draft   string   // what the actor began to write
	Readers []Reader // everyone's marks
}

// By is how far a person of a company has read, and whether he entered.
func (st Standing) By(person, org string) (seq int64, entered bool) {
	for _, r := range st.Readers {
		if r.Person == person && r.Org == org {
			return r.Seq, true
		}
	}
	return 0, false
}

// Standing tells the actor's own mark, level and draft, and how far the others have read:
// one mark each, never a row per message.
// Codes: NotFound.
func (s *Service) Standing(ctx context.Context, actor access.Actor, id ID) (Standing, error) {
	out := Standing{Level: LevelAll}
	err := s.view(ctx, actor, func(ctx context.Context) error {
		r, err := s.load(ctx, actor, access.RoomRead, id)
		if err != nil {
			return err
		}
		rows, err := marksOf(ctx, id)
		if err != nil {
			return err
		}
		for _, m := range rows {
			if !slices.Contains(r.Orgs, m.OrgID) {
				continue
			}
			out.Readers = append(out.Readers, Reader{m.PersonID, m.OrgID, m.LastRead})
			if m.PersonID == actor.Person && m.OrgID == actor.Org {
				out.Read, out.Entered, out.Level = m.LastRead, true, Level(m.Level)
			}
		}
		if out.Entered {
			acts, err := actsUnread(ctx, actor.Org, actor.Person, []string{string(id)})
			if err != nil {
				return err
			}
			out.Unread = max(r.ToldSeq-out.Read-acts[string(id)], 0)
		}
		out.Draft, err = draftOf(ctx, id, actor.Person, actor.Org)
		return err
	})
	return out, err
}

// KeepDraft keeps what the actor began to write in a room; empty forgets it.
// Codes: NotFound, Forbidden, Invalid.
func (s *Service) KeepDraft(ctx context.Context, actor access.Actor, id ID, text string) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		if _, err := s.load(ctx, actor, access.RoomPost, id); err != nil {
			return err
		}
		if actor.Person == "" {
			return errNotFound
		}
		if strings.TrimSpace(text) == "" {
			return dropDraft(ctx, id, actor.Person, actor.Org)
		}
		if err := (Draft{Key: "draft", Text: text}).check(); err != nil {
			return err
		}
		return putDraft(ctx, id, actor.Person, actor.Org, text)
	})
}
