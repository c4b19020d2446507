package forum

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"entente/chat/text"
	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
)

const maxNDA = 20_000

// NDA is the agreement under which confidential ideas of a category are read. Its text is
// the owner's; another text is another number, and is accepted anew.
type NDA struct {
	Number   int // 0: none
	Text     string
	Hash     string // SHA-256 of the text
	Made     time.Time
	Accepted bool // the viewer accepted this number, for the company acted for
}

// Acceptance is a line of the register: who accepted which text, when.
type Acceptance struct {
	Org, Person string // ids
	Number      int
	Hash        string
	At          time.Time
}

// barred says that a topic stands under an agreement which the actor did not accept. Its
// author reads it; so do subscribers, who pass it on to those alone who may.
func barred(ctx context.Context, actor access.Actor, t topicRow) (bool, error) {
	if t.Nda == 0 || own(actor, t.OrgID, t.PersonID) || strings.HasPrefix(actor.Via, "system:") {
		return false, nil
	}
	ok, err := clearedFor(ctx, t.ID, actor.Person, actor.Org)
	return !ok, err
}

func agreement(r ndaRow, accepted bool) NDA {
	if r.Body == "" {
		return NDA{}
	}
	return NDA{int(r.Number), r.Body, r.Hash, db.FromMicros(r.Made), accepted}
}

// saveNDA keeps another text of the agreement of a category. It is not taken away while
// something stands under it.
func saveNDA(ctx context.Context, actor access.Actor, category, body string) error {
	now, err := ndaOf(ctx, category)
	if err != nil || now.Body == body {
		return err
	}
	if body == "" {
		under, err := underNDA(ctx, category)
		if err != nil {
			return err
		}
		if under {
			return fault.InvalidField("nda", "forum.nda_in_use")
		}
	}
	sum := sha256.Sum256([]byte(body))
	if err := insertNDA(ctx, ndaRow{category, now.Number + 1, body, hex.EncodeToString(sum[:]), db.Micros(db.Now(ctx)), actor.Person}); err != nil {
		return err
	}
	return note(ctx, actor, "forum.nda_changed", category)
}

// AcceptNDA says that the actor read the agreement of a category and accepts it. number is
// that of the text read. Safe to repeat.
// Codes: Unauthenticated, NotFound, Conflict (there is none, or it was changed meanwhile).
func (s *Service) AcceptNDA(ctx context.Context, actor access.Actor, id CategoryID, number int) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		if _, err := enter(ctx, actor, access.ForumRead, id, true); err != nil {
			return err
		}
		if actor.Person == "" {
			return notFound()
		}
		now, err := ndaOf(ctx, string(id))
		switch {
		case err != nil:
			return err
		case now.Body == "":
			return fault.New(fault.Conflict, "forum.nda_none")
		case int(now.Number) != number:
			return fault.New(fault.Conflict, "forum.nda_changed")
		}
		fresh, err := acceptNDA(ctx, acceptRow{string(id), now.Number, actor.Org, actor.Person, db.Micros(db.Now(ctx))})
		if err != nil || !fresh {
			return err
		}
		return note(ctx, actor, "forum.nda_accepted", string(id))
	})
}

// Register lists who accepted which text of a category's agreement, the latest first: all
// for the owner's moderators, for others those of their own company.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Register(ctx context.Context, actor access.Actor, id CategoryID) ([]Acceptance, error) {
	var out []Acceptance
	err := s.view(ctx, actor, func(ctx context.Context) error {
		c, err := enter(ctx, actor, access.ForumRead, id, true)
		if err != nil {
			return err
		}
		org := actor.Org
		if c.Owner == actor.Org {
			if err := access.Check(actor, access.ForumManage, c.resource(actor.Org)); err != nil {
				return err
			}
			org = ""
		}
		rows, err := register(ctx, string(id), org)
		for _, r := range rows {
			out = append(out, Acceptance{r.Accept.OrgID, r.Accept.PersonID, int(r.Accept.Number), r.Hash, db.FromMicros(r.Accept.At)})
		}
		return err
	})
	return out, err
}

// SetNDA puts an idea under the agreement of its category, or takes it out. Its author may;
// a moderator of the owner may put it under.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (no idea, no agreement, removed).
func (s *Service) SetNDA(ctx context.Context, actor access.Actor, id TopicID, on bool) error {
	return s.step(ctx, actor, access.ForumWrite, id, func(ctx context.Context, c Category, row topicRow) error {
		if Kind(row.Kind) != Idea {
			return fault.New(fault.Conflict, "forum.nda_ideas")
		}
		if !own(actor, row.OrgID, row.PersonID) && !(on && access.Allowed(actor, access.ForumManage, c.resource(actor.Org))) {
			return fault.New(fault.Forbidden, "room.not_yours")
		}
		if on == (row.Nda != 0) {
			return nil
		}
		if on {
			if now, err := ndaOf(ctx, row.CategoryID); err != nil {
				return err
			} else if now.Body == "" {
				return fault.New(fault.Conflict, "forum.nda_none")
			}
		}
		if err := setTopic(ctx, row.ID, map[string]any{"nda": db.Flag(on)}); err != nil {
			return err
		}
		return note(ctx, actor, "forum.nda_marked", row.ID)
	})
}

// checkNDA judges the mark of a new topic.
func (cmd TopicCmd) checkNDA(ctx context.Context) error {
	if !cmd.NDA {
		return nil
	}
	if cmd.Kind != Idea {
		return fault.InvalidField("nda", "forum.nda_ideas")
	}
	now, err := ndaOf(ctx, string(cmd.Category))
	if err == nil && now.Body == "" {
		err = fault.InvalidField("nda", "forum.nda_none")
	}
	return err
}

// cleanNDA is the text of an agreement as it is kept.
func cleanNDA(bad *fault.Error, body string) string {
	body = strings.TrimSpace(text.Clean(body))
	text.Check(bad, "nda", body, 0, maxNDA, true)
	return body
}
