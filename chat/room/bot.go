package room

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"entente/db"
	"entente/db/audit"
	"entente/prm/access"
	"entente/prm/fault"
)

// A bot is a program of a company that says something in one room: it has a name, marked as
// a bot's, and a token that is good for that room alone. It reads nothing and names nobody.
// It is of its company, not of who made it, and ends when an admin of either company ends
// it or its company leaves the room.

// BotID names a bot.
type BotID string

// ViaBot is by what a bot's messages come.
const ViaBot = "bot"

// BotPrefix begins the tokens of bots, so that one is known where it was lost.
const BotPrefix = "ebot_"

// Limits of bots.
const (
	MaxBots    = 10 // of a company in one room
	maxBotName = 40
	botRate    = 1.0 // messages per second
	botBurst   = 20.0
)

// Bot is a bot of a room.
type Bot struct {
	ID   BotID
	Room ID
	Org  string // company id
	Name string
	By   string // id of who made it
	Made time.Time
	Used time.Time // zero: never
}

func botDigest(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}

// MakeBot makes a bot of the actor's company in a room. The token is told this once: only
// its hash is kept. Told in the room, and audited.
// Codes: NotFound, Forbidden (not an admin), Conflict (read-only, too many), Invalid (name).
func (s *Service) MakeBot(ctx context.Context, actor access.Actor, id ID, name string) (b Bot, token string, err error) {
	err = s.change(ctx, actor, func(ctx context.Context) error {
		r, err := s.load(ctx, actor, access.RoomPost, id)
		if err != nil {
			return err
		}
		if err := access.Check(actor, access.RoomBots, r.Resource()); err != nil {
			return err
		}
		switch {
		case actor.Person == "":
			return errNotFound
		case r.ReadOnly:
			return errReadOnly
		}
		if err := lock(ctx, id); err != nil {
			return err
		}
		there, err := botsIn(ctx, id)
		if err != nil {
			return err
		}
		if b.Name, err = s.botName(ctx, r, there, name); err != nil {
			return err
		}
		own := 0
		for _, x := range there {
			if x.OrgID == actor.Org {
				own++
			}
		}
		if own >= MaxBots {
			return fault.New(fault.Conflict, "room.too_many_bots", "most", MaxBots)
		}
		var raw [32]byte
		_, _ = rand.Read(raw[:]) // never fails: the program ends instead
		token = BotPrefix + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw[:]))
		b = Bot{ID: BotID(db.NewID()), Room: id, Org: actor.Org, Name: b.Name, By: actor.Person, Made: db.Now(ctx)}
		if err := insertBot(ctx, b, botDigest(token)); err != nil {
			return err
		}
		if err := s.note(ctx, actor, "room.bot", id); err != nil {
			return err
		}
		return s.trace(ctx, actor, id, "room.bot_made", "bot", b.Name)
	})
	if err != nil {
		return Bot{}, "", err
	}
	return b, token, nil
}

// botName refuses names that somebody else bears in the room: nobody is to take a bot for a
// person or a company.
func (s *Service) botName(ctx context.Context, r Room, there []botRow, name string) (string, error) {
	name, err := title(name)
	if f := fault.As(err); err != nil && len(f.Fields) > 0 {
		return "", fault.InvalidField("name", f.Fields[0].Key)
	}
	switch {
	case len([]rune(name)) > maxBotName:
		return "", fault.InvalidField("name", "form.too_long", "Most", maxBotName)
	case strings.ContainsFunc(name, unseen): // it would look like another one
		return "", fault.InvalidField("name", "form.text_wrong")
	}
	staff, err := s.people.Staff(ctx, r.Orgs)
	if err != nil {
		return "", err
	}
	companies, err := s.people.Companies(ctx, r.Orgs)
	if err != nil {
		return "", err
	}
	taken := slices.ContainsFunc(staff, func(p Person) bool { return strings.EqualFold(p.Name, name) }) || slices.ContainsFunc(there, func(b botRow) bool { return strings.EqualFold(b.Name, name) })
	for _, c := range companies {
		taken = taken || strings.EqualFold(c.Name, name)
	}
	if taken {
		return "", fault.InvalidField("name", "room.bot_name_taken")
	}
	return name, nil
}

// unseen says that a sign of a name takes no place of its own: letters that join and fill,
// and marks that stand on the letter before.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me) || r == 0x3164 || r == 0xffa0 || r >= 0x115f && r <= 0x1160 || r == 0x2800
}

// Bots are the bots of a room, those of every company of it: who reads there knows who
// speaks there.
// Codes: NotFound.
func (s *Service) Bots(ctx context.Context, actor access.Actor, id ID) ([]Bot, error) {
	var out []Bot
	err := s.view(ctx, actor, func(ctx context.Context) error {
		if _, err := s.load(ctx, actor, access.RoomRead, id); err != nil {
			return err
		}
		rows, err := botsIn(ctx, id)
		for _, b := range rows {
			out = append(out, b.bot())
		}
		return err
	})
	return out, err
}

// EndBot ends a bot; its token is worthless at once, what it said stays. It is for the
// admins of every company of the room. Told in the room, and audited. Safe to repeat.
// Codes: NotFound, Forbidden (not an admin).
func (s *Service) EndBot(ctx context.Context, actor access.Actor, id ID, bot BotID) error {
	return s.change(ctx, actor, func(ctx context.Context) error {
		r, err := s.load(ctx, actor, access.RoomRead, id)
		if err != nil {
			return err
		}
		if err := access.Check(actor, access.RoomBots, r.Resource()); err != nil {
			return err
		}
		b, there, err := readBot(ctx, id, bot)
		if err != nil || !there {
			return cmp.Or[error](err, errNotFound)
		}
		ended, err := endBot(ctx, b.ID, db.Now(ctx))
		if err != nil || !ended {
			return err
		}
		if err := s.note(ctx, actor, "room.bot_ended", id); err != nil {
			return err
		}
		if b.OrgID != actor.Org {
			if err := audit.Write(ctx, audit.Entry{Org: b.OrgID, Person: actor.Person, Via: actor.Via, Action: "room.bot_ended", SubjectKind: "room", SubjectID: string(id), Outcome: audit.Done}); err != nil {
				return err
			}
		}
		if actor.Person == "" {
			return nil
		}
		return s.trace(ctx, actor, id, "room.bot_ended", "bot", b.Name)
	})
}

// errBot is all that is told of a token that is none, was ended, or is of a company that
// left the room.
var errBot = fault.New(fault.Unauthenticated, "room.bot_unknown")

// PostAsBot says something as the bot whose token it is; the room of the draft is the
// bot's. repeated is as of Post.
// Codes: Unauthenticated (no such token), RateLimited, Conflict (read-only), Invalid.
func (s *Service) PostAsBot(ctx context.Context, token string, d Draft) (m Message, repeated bool, err error) {
	if !strings.HasPrefix(token, BotPrefix) || len(token) > 100 {
		return Message{}, false, errBot
	}
	d.Text, d.Files = strings.TrimSpace(strings.ReplaceAll(d.Text, "\r\n", "\n")), nil
	if d.Key == "" {
		d.Key = db.NewID()
	}
	var b botRow
	var r Room
	err = s.db.View(ctx, func(ctx context.Context) error {
		var there bool
		if b, there, err = botOf(ctx, botDigest(token)); err != nil || !there {
			return cmp.Or[error](err, errBot)
		}
		if r, err = readRoom(ctx, ID(b.RoomID)); err != nil {
			return err
		}
		if !slices.Contains(r.Orgs, b.OrgID) {
			return errBot
		}
		return nil
	})
	if err != nil {
		return Message{}, false, err
	}
	d.Room = r.ID
	if !s.bots.take(b.ID, time.Now()) {
		return Message{}, false, fault.New(fault.RateLimited, "error.rate_limited")
	}
	if err := d.check(); err != nil {
		return Message{}, false, err
	}
	if r.ReadOnly {
		return Message{}, false, errReadOnly
	}
	companies, err := s.people.Companies(ctx, []string{b.OrgID})
	if err != nil {
		return Message{}, false, err
	}
	c := companies[b.OrgID]
	end, err := s.sending.begin(ctx, string(d.Room)+" "+b.ID+" "+d.Key)
	if err != nil {
		return Message{}, false, err
	}
	defer end()
	sent := func() error {
		return s.db.Glance(db.WithOrgs(ctx, b.OrgID), func(ctx context.Context) (err error) {
			m, repeated, err = byKey(ctx, d.Room, b.ID, d.Key)
			return err
		})
	}
	if err := sent(); err != nil || repeated {
		return m, repeated, err
	}
	thread := d.Thread
	err = s.db.GroupAhead(db.WithOrgs(ctx, b.OrgID), "chat", posting{room: d.Room}, takeNumbers, func(ctx context.Context) error {
		seq, err := numbered(ctx, d.Room, b.OrgID)
		if fault.IsNotFound(err) { // its company left meanwhile
			err = errBot
		}
		if err != nil {
			return err
		}
		used, err := useBot(ctx, b.ID, db.Now(ctx))
		if err != nil || !used { // ended meanwhile
			return cmp.Or[error](err, errBot)
		}
		root, err := threadRoot(ctx, d.Room, thread)
		if err != nil {
			return err
		}
		m = Message{Room: d.Room, Seq: seq, Kind: Said, Key: d.Key, From: Author{ID: b.ID, Name: b.Name, Org: c.Slug, Company: c.Name}, Text: d.Text, Thread: root, At: db.Now(ctx), Via: ViaBot}
		return s.store(ctx, m, b.ID, b.OrgID)
	})
	if db.IsDuplicate(err) { // another program has stored the key meanwhile
		if again := sent(); again != nil || repeated {
			return m, repeated, again
		}
	}
	if err != nil {
		return Message{}, false, err
	}
	return m, false, nil
}

// botBuckets bound how much each bot says, on this node. Only bots that are get one.
type botBuckets struct {
	mu   sync.Mutex
	bots map[string]*botBucket
}

type botBucket struct {
	tokens float64
	at     time.Time
}

func (b *botBuckets) take(bot string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bots == nil {
		b.bots = map[string]*botBucket{}
	}
	x := b.bots[bot]
	if x == nil {
		for id, old := range b.bots { // full again
			if now.Sub(old.at).Seconds()*botRate > botBurst {
				delete(b.bots, id)
			}
		}
		x = &botBucket{tokens: botBurst, at: now}
		b.bots[bot] = x
	}
	if d := now.Sub(x.at).Seconds(); d > 0 {
		x.tokens, x.at = min(botBurst, x.tokens+d*botRate), now
	}
	if x.tokens < 1 {
		return false
	}
	x.tokens--
	return true
}
