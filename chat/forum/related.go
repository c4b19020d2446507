package forum

import (
	"context"
	"strings"

	"entente/db/search"
	"entente/prm/access"
	"entente/prm/fault"
)

// Related are topics like what is being typed, so that a question is asked once: those with
// most of its words, then those with rarer ones, then the latest.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Related(ctx context.Context, actor access.Actor, title string) ([]Topic, error) {
	scope, err := access.List(actor, access.ForumRead)
	if err != nil {
		return nil, err
	}
	words := search.Telling(title)
	if len(words) == 0 {
		return nil, nil
	}
	var out []Topic
	err = s.view(ctx, actor, func(ctx context.Context) error {
		rows, err := likeTopics(ctx, scope.Org(), actor.Person, words, 5)
		if err == nil {
			out, err = s.dress(ctx, actor, rows)
		}
		return err
	})
	return out, err
}

// Said is the text of a reply, or without one of the topic itself.
// Codes: Unauthenticated, NotFound (removed, too).
func (s *Service) Said(ctx context.Context, actor access.Actor, id TopicID, post PostID) (string, error) {
	text := ""
	err := s.view(ctx, actor, func(ctx context.Context) error {
		_, row, err := load(ctx, actor, access.ForumRead, id)
		if err != nil {
			return err
		}
		if post == "" {
			if text = row.Body; row.Removed != 0 {
				return notFound()
			}
			return nil
		}
		p, err := readPost(ctx, id, post)
		if err != nil {
			return err
		}
		if text = p.Body; p.Removed != 0 || row.Removed != 0 {
			return notFound()
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return text, nil
}

// Readable are those of some topics that the actor may read.
// Codes: Unauthenticated, Forbidden.
func (s *Service) Readable(ctx context.Context, actor access.Actor, ids []TopicID) (map[TopicID]bool, error) {
	scope, err := access.List(actor, access.ForumRead)
	if err != nil {
		return nil, err
	}
	out := map[TopicID]bool{}
	err = s.view(ctx, actor, func(ctx context.Context) error {
		got, err := readable(ctx, scope.Org(), actor.Person, ids)
		for _, id := range got {
			out[id] = true
		}
		return err
	})
	return out, err
}

// Watch chooses whether the actor is told of a topic: Watching, Muted or "".
// Codes: Unauthenticated, NotFound, Invalid.
func (s *Service) Watch(ctx context.Context, actor access.Actor, id TopicID, level string) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		_, row, err := load(ctx, actor, access.ForumRead, id)
		switch {
		case err != nil:
			return err
		case actor.Person == "":
			return notFound()
		case level == "":
			return dropWatch(ctx, id, actor.Person, actor.Org)
		case level != Watching && level != Muted:
			return fault.InvalidField("level", "form.choice_wrong")
		}
		return putWatch(ctx, watchRow{row.ID, actor.Person, actor.Org, level, row.Active})
	})
}

// Watched is a topic with those who are told of it.
type Watched struct {
	Title    string
	Category string // its name
	Sealed   bool   // read by who accepted an agreement alone
	From     [2]string
	Who      map[string][]string // people by company; of a sealed one those who may read it
}

// Watchers are who is told of a topic, by company. For subscribers: system actors of the
// category's owner.
// Codes: NotFound.
func (s *Service) Watchers(ctx context.Context, actor access.Actor, id TopicID) (Watched, error) {
	if !strings.HasPrefix(actor.Via, "system:") {
		return Watched{}, notFound()
	}
	out := Watched{}
	var given map[string]string
	if s.tiers != nil {
		var err error
		if given, err = s.tiers.Given(ctx, actor.Org); err != nil {
			return Watched{}, err
		}
	}
	err := s.view(ctx, actor, func(ctx context.Context) error {
		c, row, err := load(ctx, actor, access.ForumRead, id)
		if err != nil {
			return err
		}
		if c.Owner != actor.Org {
			return notFound()
		}
		out = Watched{row.Title, c.Name, row.Nda != 0, [2]string{row.OrgID, row.PersonID}, map[string][]string{}}
		rows, err := watchers(ctx, id, given)
		for _, w := range rows {
			out.Who[w.OrgID] = append(out.Who[w.OrgID], w.PersonID)
		}
		return err
	})
	return out, err
}

// via is what is kept of how an actor came to write.
func via(a access.Actor) string {
	if a.Via == ViaMail {
		return ViaMail
	}
	return ""
}
