package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"entente/chat/room"
	"entente/chat/socket"
	"entente/db"
	"entente/db/migrate"
	"entente/prm/access"
	"entente/prm/fault"
)

// ours is the product's own chat: rooms of two companies in a database, the live
// endpoint with rights, presence, pings and rechecks behind fiber. Only its rate
// limits are lifted.
type ours struct {
	live    *socket.Endpoint
	service *room.Service
	rooms   []room.Room
	seq     []int64
	folk    *folk
}

// folk are the people of two companies. Person i is of company i modulo 2 and
// signs in by the cookie session=i.
type folk struct {
	orgs  [2]room.Company
	ids   []string
	index map[string]int
}

func (f *folk) name(i int) string { return "Person " + strconv.Itoa(i) }

func (f *folk) person(i int) room.Person {
	return room.Person{ID: f.ids[i], Name: f.name(i), Org: f.orgs[i%2].ID, Roles: []access.Role{access.Admin}}
}

// Staff implements room.People.
func (f *folk) Staff(_ context.Context, orgs []string) (out []room.Person, _ error) {
	for i := range f.ids {
		for _, o := range orgs {
			if f.orgs[i%2].ID == o {
				out = append(out, f.person(i))
			}
		}
	}
	return out, nil
}

// Names implements room.People.
func (f *folk) Names(_ context.Context, ids []string) (map[string]string, error) {
	out := make(map[string]string, len(ids))
	for _, id := range ids {
		if i, ok := f.index[id]; ok {
			out[id] = f.name(i)
		}
	}
	return out, nil
}

// Companies implements room.People.
func (f *folk) Companies(_ context.Context, ids []string) (map[string]room.Company, error) {
	out := map[string]room.Company{}
	for _, id := range ids {
		for _, c := range f.orgs {
			if c.ID == id {
				out[id] = c
			}
		}
	}
	return out, nil
}

// Authenticate implements socket.Authenticator.
func (f *folk) Authenticate(_ context.Context, c socket.Credentials) (socket.Identity, error) {
	i, err := strconv.Atoi(c.Cookies["session"])
	if err != nil || i < 0 || i >= len(f.ids) {
		return socket.Identity{}, fault.New(fault.Unauthenticated, "error.signed_out")
	}
	p := f.person(i)
	return socket.Identity{Session: c.Cookies["session"], Lang: "en",
		Actor: access.Actor{Person: p.ID, Org: p.Org, Roles: p.Roles, Via: "session:" + c.Cookies["session"]}}, nil
}

// Recheck implements socket.Authenticator.
func (f *folk) Recheck(_ context.Context, id socket.Identity) (socket.Identity, error) {
	return id, nil
}

func newEntente(dsn string, rooms, people int) (*ours, error) {
	ctx := context.Background()
	d, err := db.Open(ctx, dsn, db.Options{})
	if err != nil {
		return nil, err
	}
	if err := migrate.Up(ctx, d); err != nil {
		return nil, err
	}
	f := &folk{index: map[string]int{}}
	err = d.InTx(ctx, func(ctx context.Context) error {
		for i, slug := range []string{"aurelia", "kestrel"} {
			f.orgs[i] = room.Company{ID: db.NewID(), Slug: slug, Name: slug}
			if err := db.Tx(ctx).Exec("INSERT INTO org (id, slug, name, city, country, currency, timezone, locale, state, created) VALUES (?, ?, ?, '', '', 'GBP', 'UTC', 'en', 'active', 0)",
				f.orgs[i].ID, slug, slug).Error; err != nil {
				return err
			}
		}
		for i := range people {
			id := db.NewID()
			f.ids, f.index[id] = append(f.ids, id), i
			if err := db.Tx(ctx).Exec("INSERT INTO person (id, email, name, locale, theme, timezone, password, password_at, operator, state, last_org, created) VALUES (?, ?, ?, 'en', '', 'UTC', '', 0, ?, 'active', '', 0)",
				id, fmt.Sprintf("p%d@example", i), f.name(i), false).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s := &ours{folk: f, seq: make([]int64, rooms), service: room.NewService(d, room.Deps{People: f})}
	for i := range rooms {
		n := strconv.Itoa(i)
		r, err := s.service.EnsureRoom(ctx, access.System("chatbench", f.orgs[0].ID), room.Spec{
			Subject: room.Subject{Kind: "order", ID: n}, Title: n, Orgs: []string{f.orgs[0].ID, f.orgs[1].ID}})
		if err != nil {
			return nil, err
		}
		s.rooms = append(s.rooms, r)
	}
	const free = 1e9
	s.live = socket.New(socket.Config{
		Rooms: s.service, Auth: f, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Phrase: func(_, kind string, _ map[string]string) string { return kind },
		Limits: socket.Limits{Connections: 1 << 30, PostRate: free, PostBurst: free, FrameRate: free, FrameBurst: free,
			PongWait: 5 * time.Minute}, // the process is halted while another is measured
	})
	s.service.Publish(s.live)
	return s, s.live.Start(ctx)
}

// Rooms are the ids by which clients join.
func (s *ours) Rooms() (out []string) {
	for _, r := range s.rooms {
		out = append(out, string(r.ID))
	}
	return out
}

func (s *ours) Start(ln net.Listener) error {
	app := fiber.New(fiber.Config{DisableStartupMessage: true, Immutable: true, ReadBufferSize: 16 << 10, ErrorHandler: func(c *fiber.Ctx, err error) error {
		var fe *fiber.Error
		if errors.As(err, &fe) {
			return c.SendStatus(fe.Code)
		}
		return c.Status(fault.CodeOf(err).Status()).SendString(err.Error())
	}})
	app.Server().KeepHijackedConns = true // as the portal does
	app.Get("/live", s.live.Handle)
	return app.Listener(ln)
}

// Publish is what follows the commit of a message: the fan-out without the database.
func (s *ours) Publish(n int, text string) error {
	s.seq[n]++
	p := s.folk.person(0)
	s.live.Published(room.Message{Room: s.rooms[n].ID, Seq: s.seq[n], Kind: room.Said, Key: strconv.FormatInt(s.seq[n], 10),
		From: room.Author{ID: p.ID, Name: p.Name, Org: s.folk.orgs[0].Slug}, Text: text, At: time.Now()})
	return nil
}
