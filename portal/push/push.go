package push

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"entente/db"
	"entente/portal/locale"
	"entente/portal/mail"
	"entente/portal/view"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
	"entente/prm/notify"
)

// Limits.
const (
	mostDevices = 10   // of a person in a company
	maxEndpoint = 1000 // bytes of an address
	maxBody     = 400  // characters of what is said
	mostTries   = 6
	messageLife = 12 * time.Hour
	atOnce      = 200 // messages
	mostCalls   = 16  // devices called beside each other
)

// Device is a browser that is told.
type Device struct {
	ID    string
	Agent string // what the browser says of itself
	Made  time.Time
}

// Subscription is what a browser gives who may tell it something.
type Subscription struct {
	Endpoint string
	P256dh   string // base64url
	Auth     string
	Agent    string
}

// People knows who is present in companies; account.Directory does.
type People interface {
	People(ctx context.Context, orgs ...string) ([]account.Colleague, error)
	OrgsByID(ctx context.Context, ids ...string) (map[string]account.Org, error)
}

// Deps are what the service stands on.
type Deps struct {
	DB     *db.DB
	Notify *notify.Service
	People People
	Key    []byte // 32 bytes: who this server is
	Client *http.Client
	Judge  func(ctx context.Context, host string) error // refuses hosts that may not be called
	URL    string                                       // of the portal: whom a push service may ask
	Plain  bool                                         // endpoints without TLS are taken, too: for the demo
	Log    *slog.Logger
}

// Service keeps devices and tells them.
type Service struct {
	Deps
	key    *ecdsa.PrivateKey
	public string
}

// New makes the service.
func New(d Deps) (*Service, error) {
	key, err := keyOf(d.Key)
	if err != nil {
		return nil, err
	}
	public, err := key.PublicKey.ECDH()
	if err != nil {
		return nil, err
	}
	return &Service{Deps: d, key: key, public: b64.EncodeToString(public.Bytes())}, nil
}

// PublicKey is what a browser must know to subscribe.
func (s *Service) PublicKey() string { return s.public }

func own(actor access.Actor, act access.Action) error {
	if err := access.Check(actor, act, access.Own(actor.Org)); err != nil {
		return err
	}
	if actor.Person == "" {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return nil
}

func (s *Service) change(ctx context.Context, org string, fn func(context.Context) error) error {
	return s.DB.InTx(db.WithOrgs(ctx, org), fn)
}

// Subscribe adds a browser of the actor. The same one again is changed.
// Codes: Unauthenticated, NotFound, Forbidden, Conflict (too many), Invalid.
func (s *Service) Subscribe(ctx context.Context, actor access.Actor, sub Subscription) error {
	if err := own(actor, access.NoticeWrite); err != nil {
		return err
	}
	wrong := fault.InvalidField("endpoint", "push.wrong")
	u, err := url.Parse(sub.Endpoint)
	if err != nil || len(sub.Endpoint) > maxEndpoint || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && !(s.Plain && u.Scheme == "http") {
		return wrong
	}
	p256dh, err1 := b64.DecodeString(strings.TrimRight(sub.P256dh, "="))
	auth, err2 := b64.DecodeString(strings.TrimRight(sub.Auth, "="))
	if err1 != nil || err2 != nil || len(auth) != authSize || len(p256dh) != pointSize {
		return wrong
	}
	if _, err := seal(nil, p256dh, auth); err != nil {
		return wrong
	}
	if err := s.Judge(ctx, u.Hostname()); err != nil { // and again at each call
		return wrong
	}
	if r := []rune(strings.ToValidUTF8(sub.Agent, "")); len(r) > 300 {
		sub.Agent = string(r[:300])
	}
	session, _ := strings.CutPrefix(actor.Via, "session:")
	return s.change(ctx, actor.Org, func(ctx context.Context) error {
		row := deviceRow{ID: db.NewID(), OrgID: actor.Org, PersonID: actor.Person, Session: session, Hash: hashOf(sub.Endpoint), Endpoint: sub.Endpoint, P256dh: b64.EncodeToString(p256dh), Auth: b64.EncodeToString(auth), Agent: sub.Agent, Made: db.Micros(db.Now(ctx))}
		have, err := devicesOf(ctx, actor.Org, actor.Person)
		if err != nil {
			return err
		}
		if len(have) >= mostDevices && !slices.ContainsFunc(have, func(d deviceRow) bool { return d.Hash == row.Hash }) {
			return fault.New(fault.Conflict, "push.too_many", "most", mostDevices)
		}
		return putDevice(ctx, row)
	})
}

func hashOf(endpoint string) string {
	sum := sha256.Sum256([]byte(endpoint))
	return hex.EncodeToString(sum[:])
}

// Devices are the actor's own in the actor's company.
// Codes: Unauthenticated, NotFound, Forbidden.
func (s *Service) Devices(ctx context.Context, actor access.Actor) ([]Device, error) {
	if err := own(actor, access.NoticeOwn); err != nil {
		return nil, err
	}
	var out []Device
	err := s.DB.View(db.WithOrgs(ctx, actor.Org), func(ctx context.Context) error {
		rows, err := devicesOf(ctx, actor.Org, actor.Person)
		for _, r := range rows {
			out = append(out, Device{r.ID, r.Agent, db.FromMicros(r.Made)})
		}
		return err
	})
	return out, err
}

// Remove ends that one of the actor's own devices is told.
// Codes: Unauthenticated, NotFound (not the actor's own), Forbidden.
func (s *Service) Remove(ctx context.Context, actor access.Actor, id string) error {
	if err := own(actor, access.NoticeWrite); err != nil {
		return err
	}
	return s.change(ctx, actor.Org, func(ctx context.Context) error {
		n, err := dropDevice(ctx, actor.Org, actor.Person, id)
		if err == nil && n == 0 {
			err = fault.New(fault.NotFound, "error.not_found")
		}
		return err
	})
}

// Forget removes all devices of the actor, in every company: who signs out everywhere is
// told nowhere.
// Codes: Unauthenticated.
func (s *Service) Forget(ctx context.Context, actor access.Actor) error {
	if actor.Person == "" {
		return fault.New(fault.Unauthenticated, "error.signed_out")
	}
	return s.change(ctx, actor.Org, func(ctx context.Context) error { return forget(ctx, actor.Person, "") })
}

// Ended removes the devices that were added in sessions which are over.
func (s *Service) Ended(ctx context.Context, sessions []string) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error { return endSessions(ctx, sessions) })
}

// Having implements notify.Devices.
func (s *Service) Having(ctx context.Context, org string, people []string) (map[string]bool, error) {
	return having(ctx, org, people)
}

// said is what a device is told.
type said struct {
	Title string `json:"title"`
	Body  string `json:"body"`
	URL   string `json:"url"` // within the portal
	Tag   string `json:"tag"` // what is about the same object takes its place
}

// Tell writes what people are to be told on their devices; a job of every minute. It is
// written in the transaction that settles the notices.
func (s *Service) Tell(ctx context.Context) error {
	due, err := s.Notify.PendingPush(ctx, 500)
	if err != nil || len(due) == 0 {
		return err
	}
	var ids []string
	for _, t := range due {
		if !slices.Contains(ids, t.Org) {
			ids = append(ids, t.Org)
		}
	}
	all, err := s.People.People(ctx, ids...)
	if err != nil {
		return err
	}
	orgs, err := s.People.OrgsByID(ctx, ids...)
	if err != nil {
		return err
	}
	for _, t := range due {
		i := slices.IndexFunc(all, func(c account.Colleague) bool { return c.ID == t.Person && c.Org == t.Org })
		var p account.Colleague
		if i >= 0 {
			p = all[i]
		}
		err = errors.Join(err, s.tell(ctx, t, p, orgs[t.Org]))
	}
	return err
}

// tell writes for one person; p is the zero value of who has left, whose devices go.
func (s *Service) tell(ctx context.Context, t notify.Target, p account.Colleague, org account.Org) error {
	zone, err := time.LoadLocation(p.Zone)
	if err != nil {
		zone = time.UTC
	}
	ask := func(ctx context.Context, list []notify.Notice) ([]notify.Notice, error) {
		return s.Notify.InSight(ctx, access.Actor{Org: t.Org, Person: t.Person, Roles: p.Roles, Via: "push"}, list)
	}
	return notify.Apart(ctx, ask, func(ctx context.Context, told func([]notify.Notice) ([]notify.Notice, error)) error {
		return s.change(ctx, t.Org, func(ctx context.Context) error {
			if p.ID == "" {
				if err := forget(ctx, t.Person, t.Org); err != nil {
					return err
				}
			}
			list, err := s.Notify.CollectPush(ctx, access.System("push", t.Org), t, zone)
			if err != nil || len(list) == 0 || p.ID == "" {
				return err
			}
			if list, err = told(list); err != nil {
				return err
			}
			named, err := s.People.OrgsByID(ctx, mail.Named(list)...)
			if err != nil {
				return err
			}
			devices, err := devicesOf(ctx, t.Org, t.Person)
			if err != nil {
				return err
			}
			words := locale.New(locale.Language(p.Locale), zone, db.Now(ctx))
			slices.Reverse(list) // the oldest first
			for _, n := range list {
				m := said{Title: org.Name, Body: mail.Subject(words, n, named), URL: "/c/" + org.Slug + "/inbox", Tag: n.SubjectKind + "/" + n.SubjectID}
				if path := view.SubjectPath(n.SubjectKind, n.SubjectID); path != "" {
					m.URL = "/c/" + org.Slug + "/" + path
				}
				if r := []rune(m.Body); len(r) > maxBody {
					m.Body = string(r[:maxBody]) + "…"
				}
				raw, err := json.Marshal(m)
				if err != nil {
					return fault.Wrap(err, fault.Internal, "error.internal")
				}
				for _, d := range devices {
					if err := insertMessage(ctx, messageRow{ID: db.NewID(), DeviceID: d.ID, Body: string(raw), Made: db.Micros(db.Now(ctx)), NextAt: db.Micros(db.Now(ctx))}); err != nil {
						return err
					}
				}
			}
			return nil
		})
	})
}

// Send sends what waits; a job of every minute. What a push service does not take is tried
// again later and later, and what else waits for the device with it; a device that it does
// not know any more (404, 410) is removed. Devices are called beside each other: one whose
// service does not answer keeps few others waiting.
func (s *Service) Send(ctx context.Context) error {
	for end := time.Now().Add(8 * time.Second); time.Now().Before(end); {
		var due []dueRow
		if err := s.DB.View(ctx, func(ctx context.Context) (err error) {
			due, err = dueMessages(ctx, atOnce)
			return err
		}); err != nil || len(due) == 0 {
			return err
		}
		var orgs []string
		var devices [][]dueRow // by device, in their order
		at := map[string]int{}
		for _, m := range due {
			if !slices.Contains(orgs, m.OrgID) {
				orgs = append(orgs, m.OrgID)
			}
			i, ok := at[m.DeviceID]
			if !ok {
				i = len(devices)
				at[m.DeviceID], devices = i, append(devices, nil)
			}
			devices[i] = append(devices[i], m)
		}
		present, err := s.People.People(ctx, orgs...)
		if err != nil {
			return err
		}
		errs := make([]error, len(devices))
		var wait sync.WaitGroup
		callers := make(chan struct{}, mostCalls)
		for i, list := range devices {
			callers <- struct{}{}
			wait.Go(func() {
				defer func() { <-callers }()
				errs[i] = s.sendTo(ctx, list, present, end)
			})
		}
		wait.Wait()
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
	return nil
}

// sendTo sends what waits for one device, until one of it was not taken.
func (s *Service) sendTo(ctx context.Context, list []dueRow, present []account.Colleague, end time.Time) error {
	here := slices.ContainsFunc(present, func(c account.Colleague) bool { return c.ID == list[0].PersonID && c.Org == list[0].OrgID })
	slices.SortFunc(list, func(a, b dueRow) int { return cmp.Or(cmp.Compare(a.Made, b.Made), cmp.Compare(a.ID, b.ID)) }) // the newest is shown last
	for _, m := range list {
		if time.Now().After(end) {
			return nil
		}
		status := http.StatusGone // of who has left
		if here {
			status = s.post(ctx, m)
		}
		if taken, err := s.settle(ctx, m, status); err != nil || !taken {
			return err
		}
	}
	return nil
}

// post sends one message and gives the status of the answer, 0 for none.
func (s *Service) post(ctx context.Context, m dueRow) int {
	p256dh, _ := b64.DecodeString(m.P256dh)
	auth, _ := b64.DecodeString(m.Auth)
	body, err := seal([]byte(m.Body), p256dh, auth)
	if err != nil {
		return http.StatusGone // never to be sent to
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.Endpoint, bytes.NewReader(body))
	if err != nil {
		return http.StatusGone
	}
	token, err := pass(s.key, m.Endpoint, s.URL, db.Now(ctx))
	if err != nil {
		return http.StatusGone
	}
	req.Header.Set("Authorization", token)
	req.Header.Set("Content-Encoding", "aes128gcm")
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("TTL", strconv.Itoa(int(messageLife/time.Second)))
	req.Header.Set("Urgency", "normal")
	res, err := s.Client.Do(req)
	if err != nil {
		s.Log.Info("a device was not told", "error", err)
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// settle writes down what became of a message. taken says that the next one may be sent.
func (s *Service) settle(ctx context.Context, m dueRow, status int) (taken bool, err error) {
	err = s.change(ctx, m.OrgID, func(ctx context.Context) error {
		now := db.Now(ctx)
		taken = false
		switch {
		case status == http.StatusNotFound || status == http.StatusGone:
			return dropDeviceByID(ctx, m.DeviceID)
		case status >= 200 && status < 300, status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge:
			taken = true
			return dropMessage(ctx, m.ID)
		}
		if err := delayDevice(ctx, m.DeviceID, db.Micros(now.Add(time.Minute<<min(2*m.Tries, 8)))); err != nil {
			return err
		}
		if m.Tries+1 >= mostTries || now.Sub(db.FromMicros(m.Made)) > messageLife {
			return dropMessage(ctx, m.ID)
		}
		return countTry(ctx, m.ID)
	})
	return taken, err
}
